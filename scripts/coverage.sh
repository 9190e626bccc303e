#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# sh scripts/coverage.sh [MESON-TEST-ARGUMENT...]: which lines and branches of lib/ the tests reach, here and, beside that, in the
# virtual machine of tests/vm. Builds with clang's coverage in build/coverage, writes docs/coverage.md, and build/coverage/report, which
# has each line with its count.
#
# Counters live in files that every process maps ("continuous mode"), so that they also count in a cell's init, which
# ends by _exit and sees no file of the host, and in a supervisor that a test kills.
set -eu
. "$(dirname "$0")/lib.sh"

tree=$ce_root/build/coverage
counts=$tree/counts

cd "$ce_root"
need_packages clang llvm libclang-rt-14-dev qemu-system-x86 busybox-static cpio jq
mkdir -p "$tree"
flags="-fprofile-instr-generate=$counts/%p-%m%c.profraw -fcoverage-mapping -mllvm -runtime-counter-relocation"
say "Build"
CC=clang CFLAGS=$flags LDFLAGS=$flags setup_build "$tree/build" -Dtests=true --buildtype=debug -Db_lundef=false
run ninja -C "$tree/build"
rm -rf "$counts"
mkdir -p "$counts"
chmod 1777 "$counts" # ordinary users run tests too

say "Tests"
CE_VM_COUNTS=$counts CE_VM_MEGABYTES=6144 CE_VM_TIMEOUT=3600 bash tests/vm/run.sh "$tree/build" >"$tree/vm.log" 2>&1 &
machine=$!
[ $# -gt 0 ] || set -- --no-suite long --no-suite page --no-suite abi
meson test -C "$tree/build" --no-rebuild --timeout-multiplier 4 "$@" >"$tree/tests.log" 2>&1 || tail -n 30 "$tree/tests.log"

wait "$machine" || grep '^not ok\|^Bail' "$tree/vm.log" || tail -n 3 "$tree/vm.log"

say "Counts"
find "$counts" -name '*.profraw' -size +0 >"$tree/files"
note "$(wc -l <"$tree/files") processes counted"
llvm-profdata merge -sparse --failure-mode=all -f "$tree/files" -o "$tree/all.profdata" 2>"$tree/merge.log" ||
	tail -n 3 "$tree/merge.log"
set --
for object in "$tree"/build/lib/libcodeexec.so.*.*.* "$tree"/build/lib/codeexec-supervisor "$tree"/build/tests/unit/test_*; do
	if [ -f "$object" ] && [ -x "$object" ] && [ "${object%.p}" = "$object" ]; then
		set -- "$@" -object "$object"
	fi
done
shift
llvm-cov export -format=lcov "$@" -instr-profile "$tree/all.profdata" >"$tree/lcov.txt"
python3 scripts/coverage-report.py "$tree/lcov.txt" docs/coverage.md
llvm-cov show "$@" -instr-profile "$tree/all.profdata" -format html -output-dir "$tree/report" >/dev/null 2>&1
note "$tree/report/index.html has each line; docs/coverage.md was written"
