#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# sh scripts/fuzz.sh libfuzzer|afl SECONDS [TARGET...]: builds the fuzz targets with ASan and UBSan and runs each for so long, two
# at a time, from the checked-in corpus. What a target finds is kept in build/fuzz-ENGINE/found; there being any is a failure.
set -eu
. "$(dirname "$0")/lib.sh"

engine=${1:?usage: fuzz.sh libfuzzer|afl SECONDS [TARGET...]}
seconds=${2:?usage: fuzz.sh libfuzzer|afl SECONDS [TARGET...]}
shift 2
tree=$ce_root/build/fuzz-$engine
cd "$ce_root"
mkdir -p "$tree/found" "$tree/corpus"

case $engine in
libfuzzer)
	need_packages clang libclang-rt-14-dev
	compiler=clang
	;;
afl)
	need_packages afl++
	compiler=afl-clang-fast
	export AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_QUIET=1
	;;
*) die "no such engine: $engine" ;;
esac
# afl++ keeps what it says of its compiler out of the way of meson
CC=$compiler setup_build "$tree/build" -Dfuzzers=true -Dtests=true -Db_lundef=false -Db_sanitize=address,undefined \
	--buildtype=debugoptimized
# The server's lie among its tests.
# shellcheck disable=SC2046 # names without spaces
run ninja -C "$tree/build" $(ninja -C "$tree/build" -t targets all | sed -n -E 's/^(tests\/[a-z]+\/fuzz_[a-z_]+): .*/\1/p')

# fuzz_one PROGRAM
fuzz_one() {
	target=$(basename "$1")
	seeds=$tree/corpus/$target.seeds
	rm -rf "$seeds" "$tree/corpus/$target.afl"
	mkdir -p "$seeds" "$tree/corpus/$target"
	for directory in "tests/fuzz/corpus/${target#fuzz_}" "tests/server/corpus/${target#fuzz_server_}"; do
		[ ! -d "$directory" ] || cp -r "$directory/." "$seeds/"
	done
	[ -n "$(ls -A "$seeds")" ] || echo seed >"$seeds/seed"
	if [ "$engine" = libfuzzer ]; then
		"$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$tree/found/$target-" \
			"$tree/corpus/$target" "$seeds" >"$tree/$target.log" 2>&1 || return 1
		grep -a 'stat::\|Done' "$tree/$target.log" | tail -n 1 | sed "s/^/    $target: /"
	else
		afl-fuzz -V "$seconds" -i "$seeds" -o "$tree/corpus/$target.afl" -t 5000+ -m none -- "$1" >"$tree/$target.log" 2>&1 || return 1
		stats=$tree/corpus/$target.afl/default/fuzzer_stats
		for kind in crashes hangs; do
			find "$tree/corpus/$target.afl/default/$kind" -name 'id:*' -exec cp '{}' "$tree/found/" ';'
		done
		printf '    %s: %s runs, %s edges\n' "$target" "$(sed -n 's/^execs_done *: //p' "$stats")" \
			"$(sed -n 's/^edges_found *: //p' "$stats")"
	fi
}

# shellcheck disable=SC2046 # names without spaces
[ $# -gt 0 ] || set -- $(find "$tree/build/tests" -name 'fuzz_*' -type f -perm -u+x -exec basename '{}' ';' | sort)
failed=0
while [ $# -gt 0 ]; do
	first=$(find "$tree/build/tests" -name "$1" -type f -perm -u+x)
	fuzz_one "$first" &
	first_pid=$!
	shift
	second_pid=
	if [ $# -gt 0 ]; then
		fuzz_one "$(find "$tree/build/tests" -name "$1" -type f -perm -u+x)" &
		second_pid=$!
		shift
	fi
	wait "$first_pid" || failed=1
	[ -z "$second_pid" ] || wait "$second_pid" || failed=1
done
if [ "$failed" -ne 0 ] || [ -n "$(ls -A "$tree/found")" ]; then
	tail -n 20 "$tree"/fuzz_*.log
	die "found: $(ls "$tree/found")"
fi
