#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
# Runs the example out of its build directory with the installed `codeexec`, before anything of it is installed:
#   sh try.sh BUILD [OPTION OF "codeexec run" ...]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:?usage: sh try.sh BUILD}" && pwd)
shift
plugins=$(pkg-config --variable=plugindir codeexec)

run() {
	codeexec --executors-dir "$here" --plugin-dir "$build" --plugin-dir "$plugins" run -l rot13 "$@"
}

expect() {
	if [ "$1" = "$2" ]; then
		echo "ok: $1"
	else
		echo "expected: $1" >&2
		echo "     got: $2" >&2
		exit 1
	fi
}

codeexec lint "$here/rot13.yaml"
expect "hello, world" "$(run "$@" -c 'uryyb, jbeyq')"
expect "HAL" "$(run "$@" -c IBM -- 25)"
if message=$(run "$@" -c IBM -- 26 2>&1); then
	echo "an argument of 26 was accepted" >&2
	exit 1
fi
case $message in
*"the argument must be a number from 1 to 25"*) echo "ok: $message" ;;
*)
	echo "$message" >&2
	exit 1
	;;
esac
