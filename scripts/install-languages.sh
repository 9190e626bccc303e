#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# sh scripts/install-languages.sh [--list] SET|NAME...: installs what the languages' manifests name under `packages:`. Debian
# packages by name; npm packages at the versions of executors/npm/package-lock.json, their integrity checked, none of their
# scripts run, into the runtimes directory. Then `codeexec prebuild` makes what manifests want made once. What is there already
# is left alone, and if all of it is, nothing is fetched. Prints what is missing and how large it is before it begins.
set -eu
. "$(dirname "$0")/lib.sh"

usage() {
	cat <<'EOF'
usage: sh scripts/install-languages.sh [--list|--names] [--no-prebuild] SET|NAME...
  small    a dozen of the most used languages (under 400 MB)
  ci       small, every language that is started ahead by forking, and at least one of each plugin
  full     all but those that are opt-in (about 6.5 GB)
  NAME     a language (`lua`) or one of its runtimes (`c@clang`); opt-in ones only so
  --list   print what would be installed, install nothing
  --names  print the names of the languages that these are, nothing else
  --no-prebuild   leave out what is made once
Environment: CODEEXEC_RUNTIMES_DIR (/usr/local/lib/codeexec/runtimes), CODEEXEC (the program that prebuilds; by default the
one in PATH), CODEEXEC_EXECUTORS_DIR (manifests; by default this tree's).
EOF
}

runtimes_dir=${CODEEXEC_RUNTIMES_DIR:-/usr/local/lib/codeexec/runtimes}
executors=${CODEEXEC_EXECUTORS_DIR:-$ce_root/executors}
npm_dir=$ce_root/executors/npm
small='bash python@cpython javascript@node c@gcc cpp@gcc ruby perl lua@lua5.4 awk@gawk sqlite jq typescript@esbuild'
list_only='' names_only='' prebuild=yes wanted=''
for argument in "$@"; do
	case $argument in
	--list) list_only=yes ;;
	--names) names_only=yes ;;
	--no-prebuild) prebuild='' ;;
	-h | --help)
		usage
		exit 0
		;;
	-*)
		usage >&2
		die "unknown option '$argument'"
		;;
	*) wanted="$wanted $argument" ;;
	esac
done
[ -n "$wanted" ] || {
	usage >&2
	die "a set or a name is missing"
}
work=$(mktemp -d "${TMPDIR:-/tmp}/codeexec-install-XXXXXX")
trap 'rm -rf "$work"' EXIT
awk -f "$ce_root/scripts/manifests.awk" "$executors"/*/*.yaml >"$work/all"

# ---- what ----

# rows NAME: the lines of a language or of one of its runtimes. A language that has any other leaves out its opt-in ones.
rows() {
	awk -F '\t' -v name="$1" '
		BEGIN { at = index(name, "@"); l = at ? substr(name, 1, at - 1) : name; r = at ? substr(name, at + 1) : "" }
		$1 == l && (r == "" || $2 == r) { line[++n] = $0; opt[n] = $3; plain += !$3 }
		END { for (i = 1; i <= n; i++) if (r != "" || !opt[i] || !plain) print line[i] }' "$work/all"
}

need_rows() {
	rows "$1" >"$work/rows"
	[ -s "$work/rows" ] || return 1
	cat "$work/rows" >>"$work/chosen"
}

small_set() {
	for name in $small; do
		need_rows "$name" || warn "the set small has $name, and there is no such manifest"
	done
}

: >"$work/chosen"
for name in $wanted; do
	case $name in
	small) small_set ;;
	ci)
		small_set
		need_rows php || die "no manifest of php"
		awk -F '\t' '!$3 && !seen[$5]++' "$work/all" >>"$work/chosen"
		;;
	full) awk -F '\t' '!$3' "$work/all" >>"$work/chosen" ;;
	*) need_rows "$name" || die "no manifest of '$name' in $executors" ;;
	esac
done
sort -u "$work/chosen" -o "$work/chosen"
if [ -n "$names_only" ]; then
	cut -f 1 "$work/chosen" | sort -u
	exit 0
fi

is_installed() {
	[ -z "$(missing_packages "$1")" ]
}

exists_here() {
	apt-cache show "$1" >/dev/null 2>&1
}

# one_of "a | b": the first that is installed, else the first that apt knows, else the first.
one_of() {
	alternatives=$(printf '%s' "$1" | tr '|' ' ')
	for test in is_installed exists_here; do
		for package in $alternatives; do
			if $test "$package"; then
				printf '%s\n' "$package"
				return
			fi
		done
	done
	printf '%s\n' "$alternatives" | awk '{ print $1 }'
}

cut -f 6 "$work/chosen" | tr ';' '\n' | grep . | sort -u >"$work/packages"
sed -n 's/^npm://p' "$work/packages" >"$work/npm"
grep -v '^npm:' "$work/packages" >"$work/debian.raw" || true
while read -r package; do
	one_of "$package"
done <"$work/debian.raw" | sort -u >"$work/debian"

# An npm package is there if its package.json says the version that is wanted.
npm_is_there() {
	installed=$runtimes_dir/node_modules/${1%@*}/package.json
	[ -f "$installed" ] && grep -qE "^ *\"version\": *\"${1##*@}\"" "$installed"
}

: >"$work/npm.missing"
while read -r package; do
	npm_is_there "$package" || printf '%s\n' "$package" >>"$work/npm.missing"
done <"$work/npm"

if [ -n "$list_only" ]; then
	sed 's/^/debian /' "$work/debian"
	sed 's/^/npm /' "$work/npm"
	exit 0
fi

# ---- how much ----

say "$(cut -f 1 "$work/chosen" | sort -u | grep -c .) languages, $(grep -c . <"$work/chosen") runtimes"
# shellcheck disable=SC2046
missing=$(missing_packages $(cat "$work/debian"))
if [ -n "$missing" ]; then
	apt_update_once || die "apt-get update failed"
	note "Debian packages missing: $missing"
	# shellcheck disable=SC2086
	apt-get install --no-install-recommends --assume-no $missing 2>/dev/null |
		sed -n -e 's/^Need to get/    to fetch:/p' -e 's/^After this operation,/    on disk:/p'
else
	note "all of the $(grep -c . <"$work/debian") Debian packages are there"
fi
if [ -s "$work/npm.missing" ]; then
	note "npm packages missing: $(tr '\n' ' ' <"$work/npm.missing")(1.1 GB if it is all of them)"
else
	note "all of the $(grep -c . <"$work/npm") npm packages are there"
fi

# ---- install ----

# In portions: a set of a hundred packages shows where it is, and one that fails is named by itself.
# shellcheck disable=SC2086 # lists of words on purpose
install_debian() {
	total=$(printf '%s\n' $missing | grep -c .) done_so_far=0
	while [ -n "$missing" ]; do
		portion=$(printf '%s\n' $missing | head -n 10 | tr '\n' ' ')
		need_packages $portion
		done_so_far=$((done_so_far + $(printf '%s\n' $portion | grep -c .)))
		missing=$(printf '%s\n' $missing | tail -n +11 | tr '\n' ' ' | sed 's/ *$//')
		note "$done_so_far of $total"
	done
}
[ -z "$missing" ] || install_debian

# The lock has more than is wanted, so npm gets a package.json with what was wanted before and is wanted now.
install_npm() {
	have npm || need_packages npm
	as_root mkdir -p "$runtimes_dir"
	{
		cat "$work/npm"
		[ ! -f "$runtimes_dir/package.json" ] ||
			sed -n -E 's/^    "([^"]+)": "([0-9][^"]*)",?$/\1@\2/p' "$runtimes_dir/package.json"
	} | sort -u >"$work/npm.all"
	# What this tree's lock does not know any more goes.
	while read -r package; do
		grep -qF "\"${package%@*}\": \"${package##*@}\"" "$npm_dir/package.json" && printf '%s\n' "$package"
	done <"$work/npm.all" >"$work/npm.known" || true
	while read -r package; do
		grep -qxF "$package" "$work/npm.known" || die "$package is not in executors/npm/package.json at that version"
	done <"$work/npm"
	{
		printf '{\n  "name": "codeexec-runtimes",\n  "private": true,\n  "dependencies": {\n'
		sed -E 's/^(.*)@([^@]*)$/    "\1": "\2",/; $ s/,$//' "$work/npm.known"
		printf '  }\n}\n'
	} >"$work/package.json"
	as_root cp "$work/package.json" "$npm_dir/package-lock.json" "$runtimes_dir/"
	note "\$ npm install --ignore-scripts (in $runtimes_dir)"
	(cd "$runtimes_dir" && umask 022 && as_root npm install --ignore-scripts --no-audit --no-fund --omit=dev --prefer-offline \
		--omit-lockfile-registry-resolved --loglevel=error) || die "npm could not install all of it"
	while read -r package; do
		npm_is_there "$package" || die "npm says that all went well, but there is no $package in $runtimes_dir"
	done <"$work/npm"
}
[ ! -s "$work/npm.missing" ] || install_npm

# ---- make once ----

run_prebuild() {
	set --
	while IFS="$(printf '\t')" read -r language runtime _ has_prebuild _; do
		[ "$has_prebuild" = 0 ] || set -- "$@" "$language@$runtime"
	done <"$work/chosen"
	[ "$#" -gt 0 ] || return 0
	program=${CODEEXEC:-codeexec}
	if ! have "$program"; then
		note "to make once, when codeexec is installed: codeexec prebuild"
		return 0
	fi
	for name in "$@"; do
		note "\$ $program --runtimes-dir $runtimes_dir prebuild $name"
		as_root env CODEEXEC_EXECUTORS_DIR="$executors" CODEEXEC_PLUGIN_DIR="${CODEEXEC_PLUGIN_DIR:-}" \
			CODEEXEC_SUPERVISOR="${CODEEXEC_SUPERVISOR:-}" \
			"$program" --runtimes-dir "$runtimes_dir" prebuild "$name" || warn "without it $name only is slower"
	done
}
[ -z "$prebuild" ] || run_prebuild
say "Done: $(grep -c . <"$work/debian") Debian and $(grep -c . <"$work/npm") npm packages are there"
