#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# sh scripts/test.sh [--quick|--long] [--languages SET] [--only WORD]: installs what the tests need, then builds and tests in every way that
# counts. A step that fails does not stop the others; the end is a table of the steps and one line of sums. Logs:
# build/test/*.log
set -eu
. "$(dirname "$0")/lib.sh"

usage() {
	cat <<'EOF'
usage: sh scripts/test.sh [--quick | --long] [--languages SET] [--only WORD]
  --quick  the gcc build with its tests, the clang build and the acceptance of an installed prefix
  --long   all of it, and the soak tests, stress-ng, the fuzz targets (10 minutes each, twice), coverage and valgrind
  --languages SET   what scripts/install-languages.sh installs first (ci); with `full` nothing is done but to build, to check
           every language, and to write docs/languages.md
  --only WORD   of the steps those whose names contain WORD, such as `ASan` or `VM`
CE_TESTS_MUST_RUN=1 in the environment turns tests that would be skipped into failures.
EOF
}

mode=normal
languages=ci
only=''
while [ "$#" -gt 0 ]; do
	argument=$1
	shift
	case $argument in
	--quick) mode=quick ;;
	--long) mode=long ;;
	--languages)
		[ "$#" -gt 0 ] || die "--languages: a set or a name is missing"
		languages=$1
		shift
		;;
	--only)
		[ "$#" -gt 0 ] || die "--only: a word is missing"
		only=$1
		shift
		;;
	-h | --help)
		usage
		exit 0
		;;
	*)
		usage >&2
		die "unknown argument '$argument'"
		;;
	esac
done

out=$ce_root/build/test
mkdir -p "$out"
cd "$ce_root"
table=$out/steps.txt
: >"$table"
failures=$out/failures.txt
: >"$failures"
tests_passed=0 tests_failed=0 steps_passed=0 steps_failed=0 steps_run=0

install_packages() {
	say "Packages"
	# shellcheck disable=SC2086
	need_packages $ce_build_packages g++ jq libcmocka-dev clang clang-tidy libclang-rt-14-dev cppcheck valgrind \
		abigail-tools bubblewrap chromium curl util-linux scdoc qemu-system-x86 busybox-static cpio procps shellcheck \
		python3-jsonschema python3-yaml python3-numpy python3-pip
	have npm || need_packages npm
	need_languages "$languages"
	[ "$mode" != long ] || need_packages stress-ng
	need_promtool
}

# promtool alone, unpacked under build/: the package would bring a service that starts at once.
need_promtool() {
	tools=$ce_root/build/tools
	if ! have promtool && [ ! -x "$tools/usr/bin/promtool" ]; then
		note "fetching promtool into build/tools (unpacked, not installed)"
		apt_update_once || die "apt-get update failed"
		mkdir -p "$tools"
		(cd "$tools" && rm -f prometheus_*.deb && retry 3 apt-get -qq download prometheus &&
			dpkg-deb -x prometheus_*.deb . && rm -f prometheus_*.deb) || die "could not fetch promtool"
	fi
	PATH=$PATH:$tools/usr/bin
	export PATH
}

# ---- steps ----------------------------------------------------------------------------------------

# step NAME COMMAND...: runs it with its output in a log, of which the end is shown if it fails.
step() {
	name=$1
	shift
	wanted "$name" || return 0
	say "$name"
	started=$(date +%s)
	code=0
	# A subshell, so that what a step exports and where it goes ends with it.
	("$@") >"$(log_of "$name")" 2>&1 || code=$?
	tell_step "$name" "$code" "$started"
}

# step_beside NAME COMMAND...: begins it and goes on to other steps; one at a time. Its end is told by end_step_beside.
step_beside() {
	beside=''
	wanted "$1" || return 0
	beside=$1
	shift
	say "$beside (beside the next ones)"
	beside_started=$(date +%s)
	("$@") >"$(log_of "$beside")" 2>&1 &
	beside_pid=$!
	trap 'kill "$beside_pid" 2>/dev/null || true' EXIT
}

end_step_beside() {
	[ -n "$beside" ] || return 0
	code=0
	wait "$beside_pid" || code=$?
	trap - EXIT
	tell_step "$beside" "$code" "$beside_started"
}

wanted() {
	case $1 in *"$only"*) ;; *) return 1 ;; esac
	steps_run=$((steps_run + 1))
}

log_of() {
	printf '%s/%s.log' "$out" "$(printf '%s' "$1" | tr -c 'a-zA-Z0-9\n' '-')"
}

# tell_step NAME EXIT-STATUS STARTED
tell_step() {
	log=$(log_of "$1")
	if [ "$2" -eq 0 ]; then
		word=passed
		steps_passed=$((steps_passed + 1))
	else
		word=FAILED
		steps_failed=$((steps_failed + 1))
		warn "$1 failed; the end of $log:"
		tail -n 60 "$log" | sed 's/^/    /'
		list_failures "$1" "$log"
	fi
	count_tests "$log"
	printf '%-46s %s %5d s  %s\n' "$1" "$word" "$(($(date +%s) - $3))" "$counted" >>"$table"
	tail -n 1 "$table" | sed 's/^/    /'
	show_skips "$log"
}

# list_failures STEP LOG: what failed in it, for the end: an output that is cut keeps its end.
list_failures() {
	{
		printf '%s\n' "$1"
		grep -E '^ *[0-9]+/[0-9]+ .* (FAIL|ERROR|TIMEOUT|UNEXPECTEDPASS) |^ *not ok |^\[  FAILED  \] [a-z]|(^|[^a-z])(error|ERROR):' "$2" |
			awk '!seen[$0]++ && n++ < 40 { sub(/^ */, ""); print "    " substr($0, 1, 200) }' || true
	} >>"$failures"
}

# count_tests LOG: adds up what `meson test` said of its tests in it.
count_tests() {
	counted=''
	good=$(sum_lines 'Ok|Expected Fail' "$1")
	bad=$(sum_lines 'Fail|Unexpected Pass|Timeout' "$1")
	skipped=$(sum_lines 'Skipped' "$1")
	[ "$((good + bad + skipped))" -gt 0 ] || return 0
	tests_passed=$((tests_passed + good))
	tests_failed=$((tests_failed + bad))
	counted="$good tests ok, $bad failed, $skipped skipped"
}

sum_lines() {
	sed -n -E "s/^($1): +([0-9]+) *$/\\2/p" "$2" | awk '{ sum += $1 } END { print sum + 0 }'
}

show_skips() {
	grep -E '(# SKIP|^\[  SKIPPED \]|^ *[0-9]+/[0-9]+ .* SKIP )' "$1" | sort -u | head -n 30 | sed 's/^/    skipped: /' || true
}

# build NAME COMPILER OPTION...: configures and compiles build/test/NAME.
build() {
	name_of_build=$1 compiler=$2
	shift 2
	CC=$compiler setup_build "$out/$name_of_build" -Dwerror=true -Dtests=true "$@" &&
		run ninja -C "$out/$name_of_build"
}

# run_tests BUILD OPTION...: what fails prints its log. No test matching the options is a failure too.
run_tests() {
	tree=$out/$1
	shift
	run meson test -C "$tree" --no-rebuild --print-errorlogs --no-stdsplit "$@" | tee "$out/meson-test.out"
	! grep -q 'No suitable tests defined\|No tests defined' "$out/meson-test.out" || return 1
	grep -q '^Fail: *0 *$' "$out/meson-test.out" && grep -q '^Timeout: *0 *$' "$out/meson-test.out"
}

# ---- what is run ----------------------------------------------------------------------------------

shell_scripts() {
	shellcheck -x -P scripts scripts/*.sh tests/vm/*.sh tests/vm/init .ci/run
}

gcc_tests() {
	build gcc gcc --buildtype=debugoptimized && run_tests gcc --no-suite long
}

# The self-tests of the languages of the set, with what is made once. What else a machine has is not asked for here.
check_languages() {
	[ -f "$out/gcc/build.ninja" ] || build gcc gcc --buildtype=debugoptimized || return 1
	use_build_tree "$out/gcc"
	PATH=$out/gcc/examples/cli:$PATH
	CODEEXEC=$out/gcc/examples/cli/codeexec sh scripts/install-languages.sh "$languages" || return 1
	if [ "$languages" = full ]; then
		run codeexec check --all
	else
		# shellcheck disable=SC2046 # names without spaces
		run codeexec check $(sh scripts/install-languages.sh --names "$languages")
	fi
}

# The same as a page of the documentation.
write_languages() {
	use_build_tree "$out/gcc"
	"$out/gcc/examples/cli/codeexec" check --all --markdown >"$out/languages.md" || return 1
	cp "$out/languages.md" docs/languages.md
	note "wrote docs/languages.md"
}

clang_build() {
	build clang clang --buildtype=debugoptimized
}

asan_tests() {
	build asan gcc --buildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false || return 1
	export ASAN_OPTIONS=abort_on_error=1:strict_string_checks=1:detect_stack_use_after_return=1
	export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
	# Programs by the hundred run the same code of ours again and again: the gcc build has them.
	run_tests asan --no-suite long --no-suite abi --no-suite bench --no-suite page --no-suite rootless --no-suite programs \
		--no-suite differential --no-suite kernel --timeout-multiplier 4
}

# With address space randomisation this TSan cannot map its shadow on kernels that randomise many bits.
tsan_tests() {
	build tsan gcc --buildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false || return 1
	export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
	tree=$out/tsan
	run setarch -R meson test -C "$tree" --no-rebuild --print-errorlogs --no-stdsplit --timeout-multiplier 8 \
		--suite api --suite threads | tee "$out/meson-test.out"
	grep -q '^Fail: *0 *$' "$out/meson-test.out" && grep -q '^Timeout: *0 *$' "$out/meson-test.out"
}

# Debian 12's valgrind does not know openat2, on which collect stands, nor what the tests of filters and cgroups do.
valgrind_tests() {
	run_tests gcc base plan capture manifest registry plugins_explain limits_parse cli_units --timeout-multiplier 20 \
		--wrapper 'valgrind --error-exitcode=99 --leak-check=full --trace-children=no -q'
}

soak_tests() {
	run_tests gcc --suite long --timeout-multiplier 4 || return 1
	use_build_tree "$out/gcc"
	CODEEXEC_SERVER=$out/gcc/examples/server/codeexec-server run python3 -B tests/server/soak.py 20000 4
}

# ---- in order -------------------------------------------------------------------------------------

started_at=$(date +%s)
install_packages
if [ "$languages" = full ]; then
	step "languages: self-tests of all" check_languages
	step "languages: docs/languages.md" write_languages
	mode=none
else
	step "gcc: build and tests" gcc_tests
	step "languages: self-tests" check_languages
	step "acceptance of an installed prefix" sh scripts/acceptance.sh
fi
if [ "$mode" = quick ]; then
	step "clang: build" clang_build
elif [ "$mode" != none ]; then
	step "ASan and UBSan: build and tests" asan_tests
	# An emulated machine has one processor, and what stands beside it asserts no times, or gives them eightfold.
	step_beside "VM: Linux 6.1, pure cgroup v2" bash tests/vm/run.sh "$out/gcc"
	step "TSan: build and thread tests" tsan_tests
	step "clang: build" clang_build
	step "clang-tidy, gcc -fanalyzer and cppcheck" sh scripts/static-analysis.sh "$out/clang"
	step "shellcheck" shell_scripts
	end_step_beside
fi
if [ "$mode" = long ]; then
	step "soak" soak_tests
	step "libFuzzer: every target for 10 minutes" sh scripts/fuzz.sh libfuzzer 600
	step "AFL++: every target for 10 minutes" sh scripts/fuzz.sh afl 600
	step "coverage of lib/" sh scripts/coverage.sh
	step "valgrind: unit tests" valgrind_tests
fi

printf '\n'
say "Summary after $(($(date +%s) - started_at)) s"
sed 's/^/    /' "$table"
[ ! -s "$failures" ] || sed 's/^/    failed: /' "$failures"
printf '%d passed, %d failed\n' "$((tests_passed + steps_passed))" "$((tests_failed + steps_failed))"
[ "$steps_run" -gt 0 ] || die "--only $only: no step has that in its name"
[ "$((tests_failed + steps_failed))" -eq 0 ]
