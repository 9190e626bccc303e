#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# abi.sh compare LIBRARY HEADERS BASELINE: compares the library with the baseline that is checked in. New functions and new
#   enumerators pass. Everything else fails, also a struct that grows at its end as it may: abidiff's suppressions for that
#   would let changed types through as well. A change that is meant: scripts/update-abi-baseline.sh.
# abi.sh write LIBRARY HEADERS OUTPUT: writes what the library's ABI is now.
set -eu
verb=$1 library=$2 headers=$3 file=$4

# skip REASON [always]: no test, unless this is where all of them must run; `always`: this machine never could.
skip() {
	echo "skipped: $1"
	if [ "${CE_TESTS_MUST_RUN:-}" = 1 ] && [ "${2:-}" != always ]; then
		exit 1
	fi
	exit 77
}

# Only what the public headers show, and nothing that depends on where or by whom it was built.
write_abi() {
	abidw --headers-dir "$headers" --drop-private-types --exported-interfaces-only --no-corpus-path \
		--no-comp-dir-path --no-show-locs --no-elf-needed --type-id-style hash --out-file "$1.whole" "$library"
	sed "s|path='[^']*/lib/|path='lib/|" "$1.whole" >"$1"
	rm "$1.whole"
}

[ -e "$library" ] || {
	echo "no such library: $library"
	exit 1
}
if [ "$verb" = write ]; then
	write_abi "$file"
	exit 0
fi

command -v abidiff >/dev/null 2>&1 || skip "abidiff is not installed (package abigail-tools)"
command -v readelf >/dev/null 2>&1 || skip "readelf is not installed (package binutils)"
machine=$(readelf -hW "$library" | sed -n 's/^ *Machine: *//p')
case $machine in
*X86-64*) ;;
*) skip "the baseline is of x86-64, this is $machine" always ;;
esac
readelf -SW "$library" | grep -q '\.debug_info' || skip "the library was built without debug information" always

work=$(mktemp -d "${TMPDIR:-/tmp}/codeexec-abi-XXXXXX")
trap 'rm -rf "$work"' EXIT
write_abi "$work/now.abi"
status=0
# Two descriptions of the same kind: one of them has no more private types than the other.
abidiff --no-added-syms "$file" "$work/now.abi" || status=$?
if [ "$status" -ne 0 ]; then
	echo "abidiff: $status; if this is meant: sh scripts/update-abi-baseline.sh, and say in the commit what breaks"
	exit 1
fi
echo "the ABI is that of the baseline, or has more functions"
