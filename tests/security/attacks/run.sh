#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Runs each hostile program of this directory through the CLI, holds the result against the promises in the program's own
# header (check.py), and then looks whether an innocent program fares well. As root: all of it, then once more as an ordinary user.
# usage: run.sh CODEEXEC [ATTACK...]
set -u
codeexec=$(realpath "$1")
shift
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cp "$here"/attack.h "$here"/*.c "$here"/*.py "$here"/*.sh "$work"
number=0 failed=0

report() { # ok|not NAME [PROBLEMS]
	number=$((number + 1))
	if [ "$1" = ok ]; then
		echo "ok $number - $2"
	else
		failed=1
		echo "not ok $number - $2"
		echo "$3" | sed 's/^/# /'
	fi
}

execute() { # AS_USER OPTIONS...: codeexec run --json
	if [ "$1" = user ]; then
		shift
		(cd / && exec setpriv --reuid=12345 --regid=12345 --clear-groups "$codeexec" run --allow-weaker --json "$@")
	else
		shift
		"$codeexec" run --json $weaker_option "$@"
	fi
}

promise() { # FILE KEY
	sed -n "s|^[/#]* attack-$2: ||p" "$work/$1"
}

survivors() {
	for comm in /proc/[0-9]*/comm; do
		read -r name <"$comm" || continue
		[ "$name" = "$1" ] && echo "still there: $1 (${comm%/comm})"
	done 2>/dev/null
}

attack() { # FILE WHO STRENGTH
	name="$1 ($2)"
	plan=$(python3 "$here/check.py" options "$work/$1" "$3")
	case $plan in
	SKIP*)
		number=$((number + 1))
		echo "ok $number - $name # $plan"
		return
		;;
	esac
	set -f
	set -- "$1" "$2" "$3" ${plan#RUN}
	set +f
	file=$1 who=$2 strength=$3
	shift 3
	case $file in
	*.c) language=c extra="--file $work/attack.h" ;;
	*.py) language=python extra= ;;
	*) language=bash extra= ;;
	esac
	for more in $(promise "$file" files); do
		extra="$extra --file $work/$more"
	done
	begin=$(date +%s)
	execute "$who" -l $language $extra "$@" "$work/$file" >"$work/result" 2>"$work/errors" </dev/null
	again=$(promise "$file" twice)
	if [ -n "$again" ]; then
		first=$(python3 "$here/check.py" stdout "$work/result")
		execute "$who" -l $language $extra "$@" "$work/$file" >"$work/result" 2>"$work/errors" </dev/null
	fi
	took=$(($(date +%s) - begin))
	problems=$(python3 "$here/check.py" result "$work/$file" "$strength" "$work/result")
	if [ "$again" = differ ] && [ "$first" = "$(python3 "$here/check.py" stdout "$work/result")" ]; then
		problems="$problems
BROKEN: the same twice: $first"
	fi
	allowed=$(promise "$file" seconds)
	[ "$took" -le "${allowed:-60}" ] || problems="$problems
took $took s"
	name_left=$(promise "$file" survivors)
	[ -z "$name_left" ] || problems="$problems$(survivors "$name_left")"
	after=$(execute "$who" -l bash -c 'echo fine' 2>&1)
	case $after in
	*'"stdout": "fine\n"'*) ;;
	*) problems="$problems
the next execution: $after" ;;
	esac
	if [ -n "$problems" ]; then
		report not "$name" "$problems
$(head -c 500 "$work/errors")"
	else
		report ok "$name"
	fi
}

if [ $# -eq 0 ]; then
	set -- $(cd "$here" && ls *.c *.py *.sh | grep -v -e '^run\.sh$' -e '^check\.py$')
fi

# Which limits there are decides what can be promised.
weaker_option= strength=full
if ! "$codeexec" run -l bash -c : >/dev/null 2>&1; then
	weaker_option=--allow-weaker strength=weaker
	if ! "$codeexec" run --allow-weaker -l bash -c : >/dev/null 2>"$work/errors"; then
		echo "1..0 # SKIP no sandbox here: $(head -n 1 "$work/errors")"
		[ -z "${CE_TESTS_MUST_RUN:-}" ] || exit 1
		exit 0
	fi
fi
for file; do
	attack "$file" self $strength
done
if [ "$(id -u)" = 0 ]; then
	if (cd / && setpriv --reuid=12345 --regid=12345 --clear-groups "$codeexec" run --allow-weaker -l bash -c : \
		>/dev/null 2>"$work/errors"); then
		for file; do
			attack "$file" user weaker
		done
	elif [ -n "${CE_TESTS_MUST_RUN:-}" ]; then
		report not "as an ordinary user" "$(cat "$work/errors")"
	else
		number=$((number + 1))
		echo "ok $number - as an ordinary user # SKIP $(head -n 1 "$work/errors")"
	fi
fi
echo "1..$number"
exit $failed
