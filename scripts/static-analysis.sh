#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# static-analysis.sh BUILD_DIR: clang-tidy, gcc -fanalyzer and cppcheck over lib/; all must be silent. BUILD_DIR is one that clang was
# configured for: its compile_commands.json says how each file is compiled.
set -eu
. "$(dirname "$0")/lib.sh"

build=$(cd "${1:?usage: static-analysis.sh BUILD_DIR}" && pwd)
cd "$ce_root"
failed=0

say "clang-tidy on lib/"
# One file at a time, and each once though several targets compile it: a second run in one process confuses this version's
# va_list check.
mkdir -p "$build/tidy"
jq 'unique_by(.file)' "$build/compile_commands.json" >"$build/tidy/compile_commands.json"
tidy() {
	xargs -P 2 -n 1 clang-tidy -p "$build/tidy" --quiet "$@" >>"$build/clang-tidy.log" 2>>"$build/clang-tidy.err" || failed=1
}
rm -f "$build/clang-tidy.log" "$build/clang-tidy.err"
# Those that define what clang-analyzer.h explains go without it.
printf '%s\n' lib/base/failure.c lib/error/error.c >"$build/clang-tidy.plain"
tidy <"$build/clang-tidy.plain"
find lib -name '*.c' | sort | grep -vxF -f "$build/clang-tidy.plain" >"$build/clang-tidy.files"
tidy "--extra-arg=-include$ce_root/scripts/clang-analyzer.h" <"$build/clang-tidy.files"
if [ "$failed" -ne 0 ]; then
	cat "$build/clang-tidy.log"
	grep -v 'warnings\{0,1\} generated\|errors\{0,1\} generated' "$build/clang-tidy.err" >&2 || true
fi
if grep -s 'Compile command not found' "$build/clang-tidy.err"; then
	warn "not part of the build, so not checked"
	failed=1
fi

say "gcc -fanalyzer on lib/"
# Without two of its searches, in which GCC 12 errs: it calls memory lost that was stored in a struct of the caller's, and a
# variable with a cleanup function uninitialised. Clang's analyser above, LeakSanitizer and valgrind look for both.
analyze() {
	xargs -P 2 -I '{}' gcc -std=gnu17 -D_GNU_SOURCE -O2 -fanalyzer -Wno-analyzer-malloc-leak \
		-Wno-analyzer-use-of-uninitialized-value -Werror -I lib -I include \
		-I "$build" "$@" -c '{}' -o /dev/null || failed=1
}
analyze <"$build/clang-tidy.plain"
analyze -D__clang_analyzer__ -include scripts/clang-analyzer.h <"$build/clang-tidy.files"

say "cppcheck on lib/"
cppcheck --quiet --std=c11 --language=c --enable=warning,performance,portability --inline-suppr \
	--suppressions-list=scripts/cppcheck.suppressions --error-exitcode=1 -j 2 \
	--cppcheck-build-dir="$(mkdir -p "$build/cppcheck" && echo "$build/cppcheck")" \
	-D__x86_64__ -D_GNU_SOURCE -D__GNUC__=12 -I include -I lib lib || failed=1

[ "$failed" -eq 0 ] || die "static analysis has something to say"
say "all are silent"
