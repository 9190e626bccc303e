#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# update-abi-baseline.sh: writes tests/abi/codeexec.abi anew from a fresh build. Run it when the ABI is meant to change, and
# look at the difference that it shows: what disappears breaks programs that are out there.
set -eu
. "$(dirname "$0")/lib.sh"

have abidw || need_packages abigail-tools
baseline=$ce_root/tests/abi/codeexec.abi
build=$ce_root/build/abi
work=$(mktemp -d "${TMPDIR:-/tmp}/codeexec-abi-XXXXXX")
trap 'rm -rf "$work"' EXIT

say "Building $build"
CC=gcc setup_build "$build" --buildtype=debugoptimized -Dtests=false -Dexamples=false -Ddocs=false
run ninja -C "$build"

say "Reading its ABI"
sh "$ce_root/tests/abi/abi.sh" write "$build/lib/libcodeexec.so" "$ce_root/include/codeexec" "$work/abi"
if grep -q "$ce_root" "$work/abi"; then
	die "the baseline would name a directory of this machine"
fi
if [ -f "$baseline" ]; then
	say "Difference"
	abidiff "$baseline" "$work/abi" || true
fi
cp "$work/abi" "$baseline"
say "Wrote $baseline ($(wc -c <"$baseline") bytes)"
