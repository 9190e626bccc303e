#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# acceptance.sh: installs into a temporary prefix and uses what is there as a user of the library would: through
# pkg-config, the CLI, an executor of one's own, a meson subproject. Nothing may be left after uninstalling.
set -eu
. "$(dirname "$0")/lib.sh"

build=$ce_root/build/test/acceptance
work=$(mktemp -d "${TMPDIR:-/tmp}/codeexec-acceptance-XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
prefix=$work/prefix
passed=0 failed=0

# check NAME COMMAND...: one line each; what COMMAND says is shown if it fails.
check() {
	check_name=$1
	shift
	if ("$@") >"$work/said" 2>&1; then
		passed=$((passed + 1))
		printf '    %sok%s   %s\n' "$ce_green" "$ce_plain" "$check_name"
	else
		failed=$((failed + 1))
		printf '    %sFAIL%s %s\n' "$ce_red" "$ce_plain" "$check_name"
		tail -n 40 "$work/said" | sed 's/^/         /'
	fi
}

install_prefix() {
	setup_build "$build" --prefix="$prefix" --libdir=lib -Dtests=false --buildtype=debugoptimized || return 1
	ninja -C "$build" && meson install -C "$build" --no-rebuild
}

use_prefix() {
	export PKG_CONFIG_PATH="$prefix/lib/pkgconfig" LD_LIBRARY_PATH="$prefix/lib" PATH="$prefix/bin:$PATH"
	unset CODEEXEC_EXECUTORS_DIR CODEEXEC_PLUGIN_DIR CODEEXEC_SUPERVISOR
}

# ---- what is installed ----------------------------------------------------------------------------

installs_its_parts() {
	for part in include/codeexec/codeexec.h include/codeexec/plugin.h lib/libcodeexec.so lib/libcodeexec.a \
		lib/pkgconfig/codeexec.pc libexec/codeexec/codeexec-supervisor bin/codeexec \
		share/codeexec/executors/python/python.yaml lib/codeexec/plugins; do
		[ -e "$prefix/$part" ] || {
			echo "not installed: $part"
			find "$prefix" -type f
			return 1
		}
	done
}

installs_man_pages() {
	[ -e "$prefix/share/man/man1/codeexec.1" ] && [ -e "$prefix/share/man/man3/libcodeexec.3" ]
}

pkg_config_tells() {
	[ "$(pkg-config --variable=executorsdir codeexec)" = "$prefix/share/codeexec/executors" ] &&
		[ "$(pkg-config --variable=plugindir codeexec)" = "$prefix/lib/codeexec/plugins" ] &&
		[ "$(pkg-config --variable=plugin_abi codeexec)" = 1 ]
}

# ---- C --------------------------------------------------------------------------------------------

# The program in README.md is the one that is tried.
compile_readme_program() {
	awk '/^```c$/ { on = 1; next } /^```$/ { if (on) exit } on' "$ce_root/README.md" >"$work/app.c"
	[ -s "$work/app.c" ] || return 1
	# shellcheck disable=SC2046 # a list of words on purpose
	cc -Wall -Wextra -Werror -o "$work/app" "$work/app.c" $(pkg-config --cflags --libs codeexec)
}

readme_program_runs() {
	"$work/app" >"$work/app.out" || return 1
	cat "$work/app.out"
	grep -q success "$work/app.out"
}

links_statically() {
	# shellcheck disable=SC2046
	cc -o "$work/app-static" "$work/app.c" $(pkg-config --cflags codeexec) "$prefix/lib/libcodeexec.a" \
		$(pkg-config --libs --static codeexec | sed 's/-lcodeexec//') && "$work/app-static" | grep -q success
}

headers_are_c99() {
	for header in codeexec plugin; do
		printf '#include <codeexec/%s.h>\nint main(void) { return 0; }\n' "$header" >"$work/header.c"
		cc -std=c99 -Wall -Wextra -pedantic -Wshadow -Wconversion -Wundef -Wstrict-prototypes -Werror \
			-I"$prefix/include" -c -o "$work/header.o" "$work/header.c" || return 1
	done
}

headers_are_cxx11() {
	for header in codeexec plugin; do
		printf '#include <codeexec/%s.h>\nint main() { return 0; }\n' "$header" >"$work/header.cc"
		g++ -std=c++11 -Wall -Wextra -pedantic -Wshadow -Wconversion -Wundef -Wold-style-cast -Werror \
			-I"$prefix/include" -c -o "$work/header.o" "$work/header.cc" || return 1
	done
}

# ---- CLI ------------------------------------------------------------------------------------------

run_prints_json() {
	codeexec run -l python -c 'print(1)' --json >"$work/run.json"
	cat "$work/run.json"
	jq -e '.status=="success" and .stdout=="1\n"' "$work/run.json"
}

# refuses FILE LINE PATTERN: lint must fail, name the line, and say what is wrong.
refuses() {
	status=0
	said=$(codeexec lint "$work/$1" 2>&1) || status=$?
	echo "status $status: $said"
	[ "$status" -ne 0 ] && printf '%s' "$said" | grep -q "$1:$2:[0-9]*: " && printf '%s' "$said" | grep -qi "$3"
}

broken_manifests_are_refused() {
	good=$prefix/share/codeexec/executors/bash/bash.yaml
	last=$(wc -l <"$good")
	sed 's/^title:/tittle:/' "$good" >"$work/unknown-key.yaml"
	refuses unknown-key.yaml "$(grep -n '^title:' "$good" | cut -d: -f1)" 'title' || return 1
	{ cat "$good" && echo 'name: again'; } >"$work/duplicate-key.yaml"
	refuses duplicate-key.yaml "$((last + 1))" 'name' || return 1
	sed 's/^name:.*/name: &anchor bash/' "$good" >"$work/anchor.yaml"
	refuses anchor.yaml "$(grep -n '^name:' "$good" | cut -d: -f1)" 'anchor\|alias' || return 1
	sed 's/^name:.*/name: [unclosed/' "$good" >"$work/syntax.yaml"
	refuses syntax.yaml '[0-9]*' '.' || return 1
	sed 's/^name:.*/name: {a: b}/' "$good" >"$work/wrong-type.yaml"
	refuses wrong-type.yaml "$(grep -n '^name:' "$good" | cut -d: -f1)" '.'
}

good_manifests_pass_lint() {
	for manifest in "$prefix"/share/codeexec/executors/*/*.yaml; do
		codeexec lint "$manifest" || return 1
	done
}

# ---- from outside the tree ------------------------------------------------------------------------

plugin_from_outside_runs() {
	cp -r "$ce_root/examples/plugin" "$work/plugin"
	cd "$work/plugin"
	meson setup "$work/plugin-build" . --prefix="$work/plugin-prefix" --libdir=lib && ninja -C "$work/plugin-build" || return 1
	sh ./try.sh "$work/plugin-build"
}

subproject_consumer_builds() {
	mkdir -p "$work/consumer/subprojects/libcodeexec"
	(cd "$ce_root" && tar -c --exclude='./build*' --exclude=./.git .) | tar -x -C "$work/consumer/subprojects/libcodeexec"
	cp "$work/app.c" "$work/consumer/app.c"
	cat >"$work/consumer/meson.build" <<'EOF'
project('consumer', 'c', default_options: ['c_std=gnu17'])
executable('app', 'app.c', dependencies: dependency('codeexec', fallback: 'libcodeexec',
  default_options: ['tests=false', 'docs=false']))
EOF
	cd "$work/consumer"
	PKG_CONFIG_PATH='' meson setup build --wrap-mode=forcefallback && ninja -C build app && [ -x build/app ]
}

uninstall_leaves_nothing() {
	ninja -C "$build" uninstall || return 1
	left=$(find "$prefix" -not -type d)
	[ -z "$left" ] || {
		echo "left: $left"
		return 1
	}
}

say "Acceptance of what is installed into $prefix"
check "installs into a prefix" install_prefix
use_prefix
check "library, headers, pkg-config file, supervisor, CLI and executors are there" installs_its_parts
check "man pages are there" installs_man_pages
check "pkg-config tells executorsdir, plugindir and plugin_abi" pkg_config_tells
check "the headers are clean C99" headers_are_c99
check "the headers are clean C++11" headers_are_cxx11
check "README's C program compiles through pkg-config" compile_readme_program
check "README's C program runs" readme_program_runs
check "README's C program links with the static library" links_statically
check "codeexec run --json" run_prints_json
check "codeexec doctor" codeexec doctor
# Of the others the manifests are read here; their self-tests are a step of scripts/test.sh.
check "codeexec check: the self-tests of a script's, a compiler's and a plugin's language" codeexec check bash c javascript
check "codeexec lint accepts the installed manifests" good_manifests_pass_lint
check "codeexec lint refuses five broken manifests, each at its line" broken_manifests_are_refused
check "an executor from outside the tree builds and runs" plugin_from_outside_runs
check "a meson subproject consumer builds" subproject_consumer_builds
check "uninstalling leaves no file" uninstall_leaves_nothing
say "$passed ok, $failed failed"
[ "$failed" -eq 0 ]
