#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# sh scripts/quickstart.sh [--serve]: from a bare Debian 12 to snippets in four languages, each run in a sandbox, with an account of
# what it did and what held it. Root, or a user with sudo (only for apt). Asks nothing and may be run again.
set -eu
. "$(dirname "$0")/lib.sh"

build=$ce_root/build/quickstart
failed=0
serve=no

case ${1:-} in
'') ;;
--serve) serve=yes ;;
-h | --help)
	echo "usage: sh scripts/quickstart.sh [--serve]"
	echo "Installs what is missing, builds into build/quickstart and runs a snippet in each language."
	echo "--serve ends with the HTTP server on 127.0.0.1:8080 (CODE_EXEC_PORT), until Ctrl-C."
	exit 0
	;;
*) die "unknown argument '$1'; usage: sh scripts/quickstart.sh [--serve]" ;;
esac

show_machine() {
	say "This machine"
	# shellcheck source=/dev/null
	note "$(. /etc/os-release && echo "${PRETTY_NAME:-unknown system}"), Linux $(uname -r), $(uname -m)"
	note "user $(id -un) (uid $(id -u))"
	case $(uname -m) in
	x86_64) ;;
	*) warn "only x86-64 is tested; going on all the same" ;;
	esac
}

install_packages() {
	say "Packages"
	# shellcheck disable=SC2086
	need_packages $ce_build_packages jq curl
	need_languages
}

build_it() {
	say "Build into build/quickstart"
	setup_build "$build" --buildtype=release -Dtests=false || die "meson could not configure the build"
	note "\$ ninja -C build/quickstart"
	ninja -C "$build" >"$build.log" 2>&1 || {
		cat "$build.log" >&2
		die "the build failed"
	}
	tail -n 1 "$build.log" | sed 's/^/    /'
	use_build_tree "$build"
	codeexec=$build/examples/cli/codeexec
	server=$build/examples/server/codeexec-server
}

# Full protection first. Only if this user cannot have it are the limits weakened, and then that is said.
choose_strength() {
	say "Can everything be enforced here?"
	weaker=''
	if why=$("$codeexec" run -l bash -c : 2>&1 >/dev/null); then
		note "yes: nothing is left out"
		return
	fi
	note "no: $why"
	if ! why=$("$codeexec" run --allow-weaker -l bash -c : 2>&1 >/dev/null); then
		warn "$why"
		"$codeexec" doctor || true
		die "no sandbox can be had here; the lines above say what is missing and how to get it"
	fi
	weaker=--allow-weaker
	note "Going on with --allow-weaker. Without a delegated cgroup the limits are rlimits and sampling: a program can"
	note "overshoot its memory limit between two samples, and all programs run as this one user. What is in force and what"
	note "is not, each account below shows."
}

# snippet TITLE LANGUAGE STATUS OUTPUT CODE [OPTION...]: runs CODE and holds the answer against STATUS and OUTPUT.
snippet() {
	title=$1 language=$2 want_status=$3 want_output=$4 code=$5
	shift 5
	printf '\n%s%s%s\n' "$ce_bold" "$title" "$ce_plain"
	printf '%s\n' "$code" | sed 's/^/    | /'
	# shellcheck disable=SC2086 # $weaker is empty or one option
	json=$("$codeexec" run $weaker -l "$language" "$@" --json -c "$code") || true
	status=$(printf '%s' "$json" | jq -r '.status' 2>/dev/null) || status=''
	if [ -z "$status" ]; then
		warn "no answer from codeexec"
		failed=$((failed + 1))
		return
	fi
	printf '%s' "$json" | jq -r -f "$ce_root/scripts/account.jq"
	output=$(printf '%s' "$json" | jq -r '.stdout')
	if [ "$status" = "$want_status" ] && [ "$output" = "$want_output" ]; then
		printf '    %sas expected%s\n' "$ce_green" "$ce_plain"
	else
		warn "expected status '$want_status' and this output:"
		printf '%s\n' "$want_output" | sed 's/^/    | /' >&2
		failed=$((failed + 1))
	fi
}

# The code is for the sandbox to expand, not for this shell.
# shellcheck disable=SC2016
run_snippets() {
	say "Snippets"
	snippet "Python" python success 'squares: [0, 1, 4, 9, 16, 25]' \
		'print("squares:", [n * n for n in range(6)])'
	snippet "JavaScript" javascript success '{"evens":[2,4,6]}' \
		'console.log(JSON.stringify({ evens: [1, 2, 3, 4, 5, 6].filter(n => n % 2 === 0) }))'
	snippet "C: compiled in one cell, run in the next" c success '10! = 3628800' '#include <stdio.h>
int main(void)
{
	long product = 1;
	for (int n = 2; n <= 10; n++)
		product *= n;
	printf("10! = %ld\n", product);
}'
	snippet "Bash" bash success 'hello 1 2 3' 'echo hello "${1:-1}" 2 3'
	snippet "A program that never ends, with half a second to live" bash timeout 'for ever' \
		'echo for ever; while :; do :; done' --limit timeout=500ms
	snippet "A program that fails" python error '' 'print(1 / 0)'
	if [ -z "$weaker" ]; then
		snippet "A program that wants more memory than it may have" python memory_limit '' \
			'x = bytearray(500_000_000)' --limit memory=64MiB
	fi
}

# Ends as the server, in the foreground, so that Ctrl-C and the exit status are its own.
run_server() {
	port=${CODE_EXEC_PORT:-8080}
	weaker_setting=''
	[ -z "$weaker" ] || weaker_setting=--allow-weaker
	say "The HTTP server on 127.0.0.1:$port (Ctrl-C ends it)"
	note "The page: http://127.0.0.1:$port/"
	note "In another terminal:"
	printf '%s\n' "curl -s http://127.0.0.1:$port/execute -H 'Content-Type: application/json' -d '{\"language\": \"python\", \"code\": \"print(\\\"Hello, World!\\\")\", \"input\": null, \"timeout\": 30}'"
	# shellcheck disable=SC2086 # empty or one option
	exec "$server" --bind 127.0.0.1 --port "$port" $weaker_setting
}

show_machine
install_packages
build_it
choose_strength
run_snippets
printf '\n'
say "What holds here (codeexec doctor)"
"$codeexec" doctor || note "doctor names what is missing; see above"
printf '\n'
if [ "$failed" -gt 0 ]; then
	die "$failed snippet(s) did not give what was expected"
fi
if [ "$serve" = yes ]; then
	run_server
fi
say "All snippets gave what was expected. Next:"
note "export CODEEXEC_EXECUTORS_DIR=$CODEEXEC_EXECUTORS_DIR"
note "export CODEEXEC_PLUGIN_DIR=$CODEEXEC_PLUGIN_DIR CODEEXEC_SUPERVISOR=$CODEEXEC_SUPERVISOR"
note "$codeexec run -l python -c 'print(1)'"
note "or install it: meson setup build && ninja -C build && meson install -C build"
