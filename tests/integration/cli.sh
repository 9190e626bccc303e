#!/bin/bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Holds the `codeexec` program to what its help promises, with real runs. Prints TAP.
#
# CODEEXEC        path of the program; CODEEXEC_EXECUTORS_DIR, CODEEXEC_PLUGIN_DIR and CODEEXEC_SUPERVISOR as the
#                 program itself takes them, for build trees
# CODEEXEC_FLAGS  options for every run, for instance --allow-weaker where there is no cgroup
# CE_TESTS_MUST_RUN=1 turns a skip into a failure

# The programs in single quotes are meant as they stand.
# shellcheck disable=SC2016,SC2094
set -u
shopt -s lastpipe # the functions below count, also at the end of a pipe
: "${CODEEXEC:?path of the codeexec program}"
read -r -a flags <<<"${CODEEXEC_FLAGS:-}"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work" || exit 1
unset NO_COLOR
number=0 failures=0

# ---- harness ----

result() { # result STATUS DESCRIPTION
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number - $2"
	else
		failures=$((failures + 1))
		echo "not ok $number - $2"
		printf '# status: %s\n' "${status:-}"
		head -c 2000 out | sed 's/^/# stdout: /'
		head -c 2000 err | sed 's/^/# stderr: /'
	fi
}

skip() { # skip DESCRIPTION REASON
	if [ "${CE_TESTS_MUST_RUN:-}" = 1 ]; then
		echo "# must run, but: $2"
		result 1 "$1"
	else
		number=$((number + 1))
		echo "ok $number - $1 # SKIP $2"
	fi
}

cx() { # any command, with empty standard input unless redirected
	"$CODEEXEC" "$@" >out 2>err
	status=$?
}

run() { cx run "${flags[@]}" "$@" </dev/null; }

want() { # want DESCRIPTION STATUS [STDOUT]
	local bad=0
	[ "$status" = "$2" ] || bad=1
	if [ $# -ge 3 ]; then
		printf '%s' "$3" >wanted
		cmp -s wanted out || bad=1
	fi
	result $bad "$1"
}

refused() { # refused DESCRIPTION WORDS...: an error of codeexec's own, in one line with these words
	local bad=0 word
	[ "$status" = 125 ] || bad=1
	[ "$(wc -l <err)" = 1 ] || bad=1
	grep -q '^codeexec: ' err || bad=1
	for word in "${@:2}"; do
		grep -qF -- "$word" err || bad=1
	done
	[ -s out ] && bad=1
	result $bad "$1"
}

json() { # json DESCRIPTION FILTER: the last output is one object for which the filter is true
	local bad=0
	[ "$(jq -s length <out 2>/dev/null)" = 1 ] || bad=1
	jq -e "$2" <out >/dev/null 2>&1 || bad=1
	result $bad "$1"
}

said() { # said DESCRIPTION WORDS...: on standard error
	local bad=0 word
	for word in "${@:2}"; do
		grep -qF -- "$word" err || bad=1
	done
	result $bad "$1"
}

have() { # is the language there?
	jq -e --arg l "$1" 'any(.[]; .name == $l and .available)' <languages >/dev/null
}

"$CODEEXEC" languages --json >languages 2>err || { cat err; echo "Bail out! languages --json failed"; exit 1; }
have bash || { echo "Bail out! bash is not available"; exit 1; }

# ---- where the program comes from and which language it is in ----

echo 'echo from a file' >hello.sh
run hello.sh
want 'a file runs, its language known by the extension' 0 $'from a file\n'
printf '#!/bin/bash\necho by its first line\n' >noext
run noext
want 'a file without extension runs by its #! line' 0 $'by its first line\n'
printf '#!/usr/bin/env -S LANG=C bash -e\necho env\n' >odd.xyz
run odd.xyz
want 'a #! line through env decides when the extension is unknown' 0 $'env\n'
printf 'echo plain\n' >plain
run plain
refused 'a file of no known language is refused with what to do' 'cannot tell the language of plain' '-l' bash
cx run "${flags[@]}" -l bash - <hello.sh
want '- reads the program from standard input' 0 $'from a file\n'
cx run "${flags[@]}" - <noext
want '- takes the language from the #! line' 0 $'by its first line\n'
run -l bash -c 'echo code'
want '-c gives the program' 0 $'code\n'
run -lbash -c 'echo joined'
want 'short options may be joined to their value' 0 $'joined\n'
run --language=sh --code='echo long'
want 'long options take = and languages go by their aliases' 0 $'long\n'
run -l bash -c ''
want 'an empty program runs' 0 ''
run -c 'echo x'
refused '-c without a language is refused with a hint' '-l'
run -l pyhton -c 'x'
refused 'an unknown language is refused with near names' pyhton python
run missing.sh
refused 'a file that is not there is named' missing.sh 'No such file'
run .
refused 'a directory is no program' directory
run
refused 'no program at all is refused with a hint' --help

# ---- arguments, environment, files, standard input ----

run -l bash -c 'printf "<%s>" "$@"' -- one 'two  words' '' --json -c
want 'what follows -- reaches the program as it is' 0 '<one><two  words><><--json><-c>'
run hello.sh extra
refused 'arguments before -- are refused with a hint' extra --
SECRET=s3cret run -l bash -c 'echo "${SECRET-none}"'
want 'our environment does not reach the program' 0 $'none\n'
run -l bash --env 'A=1 2' --env B= -c 'echo "$A,${B-unset}"'
want '--env adds to the environment' 0 $'1 2,\n'
run -l bash --env NOVALUE -c ':'
refused '--env without = is refused' NOVALUE NAME=VALUE
printf 'a\0b' >data.bin
run -l bash --file data.bin --file data.bin:sub/other.bin -c 'wc -c <data.bin; wc -c <sub/other.bin'
want '--file brings files under their own or another name' 0 $'3\n3\n'
printf x >'a:b'
run -l bash --file a:b:colon -c 'cat colon'
want '--file splits at the last colon' 0 x
run -l bash --file data.bin:../evil -c ':'
refused '--file refuses names that lead outside' ../evil
run -l bash --file nowhere -c ':'
refused '--file names what is not there' nowhere
printf 'in\0put' >in.bin
run -l bash --stdin in.bin -c 'cat'
cmp -s in.bin out
result $? '--stdin passes a file on byte by byte'
cx run "${flags[@]}" -l bash -c cat <in.bin
cmp -s in.bin out
result $? 'standard input of a file is passed on byte by byte'
printf piped | cx run "${flags[@]}" -l bash -c 'cat; echo end'
want 'standard input of a pipe is passed on' 0 $'pipedend\n'
head -c 5000000 /dev/urandom >big.bin
cx run "${flags[@]}" -l bash -c 'sha256sum' <big.bin
want '5 MB of standard input arrive whole' 0 "$(sha256sum <big.bin)"$'\n'
cx run "${flags[@]}" -l bash --stdin - --json -c cat <hello.sh
json '--stdin - reads all of standard input, also with --json' '.stdout == "echo from a file\n"'
cx run "${flags[@]}" -l bash --json -c 'cat; echo end' <hello.sh
json 'with --json standard input is empty by default' '.stdout == "end\n"'
cx run "${flags[@]}" --stdin - - <hello.sh
refused '- and --stdin - cannot both have standard input' --stdin
cx run "${flags[@]}" -l bash -c 'exec 0<&-; echo no reader' < <(yes)
want 'endless input that nobody reads does not keep the program from ending' 0 $'no reader\n'

coproc TALK { "$CODEEXEC" run "${flags[@]}" -l bash -c 'while read -r a; do echo "got $a"; done' 2>err; }
talk=$TALK_PID
echo first >&"${TALK[1]}"
read -r -t 20 reply1 <&"${TALK[0]}"
echo second >&"${TALK[1]}"
read -r -t 20 reply2 <&"${TALK[0]}"
eval "exec ${TALK[1]}>&-"
wait "$talk"
status=$?
[ "$status/${reply1-}/${reply2-}" = '0/got first/got second' ]
result $? 'a program can be talked to while it runs'

"$CODEEXEC" run "${flags[@]}" -l bash -c 'sleep 1; grep -c . </dev/null; exit 0' >out 2>err < <(yes) &
pid=$!
peak=0
while read -r name value _ < <(grep -s VmHWM /proc/$pid/status); do
	[ "$name" = VmHWM: ] && peak=$value
	sleep 0.1
done
wait $pid
[ "$peak" -gt 0 ] && [ "$peak" -lt 65536 ]
result $? "input that nobody reads is not read far ahead (peak $peak KiB)"

# ---- exit status for each outcome ----

run -l bash -c 'echo out; echo err >&2; exit 7'
want 'the exit status is the program'"'"'s' 7 $'out\n'
[ "$(cat err)" = err ]
result $? 'standard error is passed on, with nothing added'
run -l bash -c 'kill -SEGV $$'
want 'a signal gives 128+N' 139
said 'a signal is told on standard error' 'signal 11'
run -l bash --limit timeout=500ms -c 'echo before; sleep 20'
want 'the wall clock gives 124, with what was captured' 124 $'before\n'
said 'the limit and how to raise it are told' timeout '--limit timeout='
run -l bash --limit cpu_time=500ms -c 'while :; do :; done'
want 'the CPU clock gives 124' 124
said 'the CPU limit is told apart' '--limit cpu_time='
if have c; then
	printf 'int main(void) { return x; }\n' >broken.c
	run broken.c
	want 'a compilation error gives 123' 123 ''
	said 'the compiler'"'"'s words are on standard error' undeclared
	run --json broken.c
	json '--json tells of the compilation' '.status == "compilation_error" and (.compile.stderr | test("undeclared"))
		and .compile.status == "error" and .compile.exit_code > 0
		and (.diagnostics | length > 0) and .diagnostics[0].line == 1 and .diagnostics[0].stage == "compile"'
	printf '#include <stdio.h>\nint main(void) { puts("compiled"); return 3; }\n' >good.c
	run good.c
	want 'a compiled program runs' 3 $'compiled\n'
	run --json good.c
	json '--json has both stages' '.compile.status == "success" and .compile.execution_time > 0
		and .compile.memory_usage > 0 and .exit_code == 3'
	run --compile-limit timeout=1ms good.c
	want '--compile-limit limits the compiler' 123
	run --compile-limit timeout=90s --compile-limit memory=600MiB good.c
	want '--compile-limit may be raised' 3 $'compiled\n'
else
	skip 'a compilation error gives 123' 'no C compiler'
fi
run -l bash --limit memory=16MiB -c 'a=x; while :; do a=$a$a; done'
want 'the memory limit gives 122' 122
run -l bash --limit disk_space=1MiB -c 'set -e; head -c 3000000 /dev/zero >file'
want 'the disk limit gives 122' 122
run -l bash --limit file_size=64KiB -c 'head -c 100000 /dev/zero >file || exit 1'
want 'the file size limit gives 122' 122
run -l bash --limit processes=4 -c 'for i in 1 2 3 4 5 6 7 8; do sleep 5 & done; wait; exit 1'
[ "$status" = 122 ] || [ "$status" = 254 ]
result $? 'the process limit gives 122 when the program fails of it'
run -l bash --limit output=1000 --kill-on-output-limit -c 'while :; do echo line; done'
want 'the output limit gives 122 with --kill-on-output-limit' 122
run -l bash --limit output=1000 -c 'head -c 5000 /dev/zero | tr "\0" x'
[ "$status" = 0 ] && [ "$(wc -c <out)" = 1000 ]
result $? 'cut output alone stays success'
said 'cut output is told' 'cut after 1000 of 5000 bytes'
run -l bash --limit timeout=60s --limit memory=512MiB --limit output=4MiB --limit processes=64 --limit open_files=512 \
	-c 'ulimit -n; head -c 3000000 /dev/zero | wc -c'
want 'limits may be raised above the defaults' 0 $'512\n3000000\n'
run -l bash --limit open_files=40 --limit stack=1MiB -c 'ulimit -n; ulimit -s'
want 'open_files and stack reach the program' 0 $'40\n1024\n'

# ---- bad values ----

for bad in timeout=0 timeout=-1 timeout=abc timeout=99999999999999999999 memory=0 memory=1XB processes=3.5 \
	output= cpu_time=5MiB stack=-64M open_files=1e3 disk_space=0x10 file_size=18446744073709551615; do
	run -l bash --limit "$bad" -c ':'
	refused "--limit $bad is refused by name" "--limit ${bad%%=*}:"
done
run -l bash --limit memroy=1M -c ':'
refused 'an unknown limit is refused with a near one' memroy 'did you mean memory'
run -l bash --limit timeout -c ':'
refused 'a limit without a value is refused' 'timeout=2s'
run -l bash --compile-limit zzz=1 -c ':'
refused 'an unknown compile limit is refused with the list' cpu_time
run -l bash --network host -c ':'
refused '--network refuses what there is not' loopback
cx rnu
refused 'an unknown command gets a near one' "did you mean 'run'"
run --jsno hello.sh
refused 'an unknown option gets a near one' --jsno --json
run -l
refused 'an option without its value is refused' --language
cx --disable seccmop doctor
refused 'an unknown protection gets a near one' 'did you mean seccomp'
run --output x.txt hello.sh
refused '--output needs a place' --output-dir

# ---- --json ----

run -l bash --json -c 'echo out; echo err >&2; exit 5'
want '--json keeps the exit status' 5
json 'stdout, stderr, status' '.stdout == "out\n" and .stderr == "err\n" and .status == "error"'
json 'exit_code, and signal null' '.exit_code == 5 and .signal == null and .signal_name == null'
json 'execution_time is an integer of ms' '.execution_time | type == "number" and . == floor and . >= 0 and . < 20000'
json 'wall_us agrees with it' '(.wall_us / 1000 | floor) == .execution_time'
json 'memory_usage in KiB' '.memory_usage > 100 and .memory_usage < 262144'
json 'memory_source' '.memory_source == "cgroup" or .memory_source == "rss"'
json 'limit_hit' '.limit_hit == []'
json 'truncated' '.truncated == {"stdout": false, "stderr": false}'
json 'compile is null without a compile stage' '.compile == null'
json 'language, runtime, message' '.language == "bash" and .runtime == "bash" and (.message | type == "string")'
json 'diagnostics and outputs are arrays' '(.diagnostics | type == "array") and .outputs == []'
json 'process_stats' '.process_stats | .max_rss > 100 and .minor_faults > 0 and .tasks_peak >= 1 and
	has("major_faults") and has("voluntary_switches") and has("involuntary_switches") and has("blocks_read") and
	has("blocks_written") and has("user_time_us") and has("system_time_us") and has("cpu_time_us")'
json 'isolation' '.isolation | (.protections | index("seccomp") and index("pid_ns")) and (.missing | type == "array") and
	(.limits_backend | test("^(cgroup-v[12]|rlimits)$")) and (.host_uid | type == "number")'
json 'no base64 for text' 'has("stdout_base64") or has("stderr_base64") | not'
run -l bash --json -c 'printf "a\000b"; printf "\303\244\377z" >&2'
json 'NUL bytes survive' '.stdout == "a\u0000b" and (has("stdout_base64") | not)'
json 'what is not UTF-8 becomes U+FFFD, with the bytes beside it' '.stderr == "ä\ufffdz" and .stderr_base64 == "w6T/eg=="'
run -l bash --json --limit output=10 -c 'echo 0123456789abcdef'
json 'truncated output' '.status == "success" and .truncated.stdout and (.truncated.stderr | not) and
	.stdout == "0123456789" and .total_bytes.stdout == 17 and (.limit_hit | index("output"))'
run -l bash --json -c 'kill -TERM $$'
json 'signal and its name' '.status == "error" and .signal == 15 and .signal_name == "SIGTERM" and .exit_code == null'
want 'the exit status of a signal with --json' 143
run -l bash --json --limit timeout=300ms -c 'sleep 20'
json 'timeout with its clock' '.status == "timeout" and .limit_hit == ["wall_time"] and .execution_time >= 300'
want 'the exit status of a timeout with --json' 124
run -l bash --json --limit memory=16MiB -c 'a=x; while :; do a=$a$a; done'
json 'memory_limit' '.status == "memory_limit" and (.limit_hit | index("memory"))'
run -l bash --json --limit disk_space=1MiB -c 'set -e; head -c 3000000 /dev/zero >file'
json 'disk_limit' '.status == "disk_limit" and (.limit_hit | index("disk_space"))'
run -l bash --json --limit file_size=64KiB -c 'head -c 100000 /dev/zero >file || exit 1'
json 'file_size_limit' '.status == "file_size_limit" and (.limit_hit | index("file_size"))'
run -l bash --json --limit output=1000 --kill-on-output-limit -c 'while :; do echo line; done'
json 'output_limit' '.status == "output_limit" and (.limit_hit | index("output"))'
if have python; then
	run -l python --json -c 'print(1)'
	json 'python says 1' '.status == "success" and .stdout == "1\n"'
	run -l python --json -c 'print(1/0)'
	json 'a traceback becomes a diagnostic' '.diagnostics[0] | .type == "ZeroDivisionError" and .line == 1'
	echo 'print("py")' >p.py
	run p.py
	want 'python by its extension' 0 $'py\n'
	run -l python --network loopback -c 'import socket; s=socket.create_server(("127.0.0.1",0)); socket.create_connection(s.getsockname()); print("ok")'
	want '--network loopback has a loopback' 0 $'ok\n'
	run -l python --network none -c 'import socket
try: socket.create_connection(("127.0.0.1", 9)); print("reached")
except OSError as e: print(e.errno)'
	want '--network none has none (ENETUNREACH)' 0 $'101\n'
else
	skip 'python says 1' 'no python'
fi

# ---- files brought back ----

run -l bash --output '*.txt' --output sub/deep.bin --output-dir back -c \
	'echo one >1.txt; echo two >2.txt; mkdir sub; printf "\377\0" >sub/deep.bin; echo no >no.log'
[ "$status/$(cat back/1.txt back/2.txt 2>&1)/$(od -An -tx1 back/sub/deep.bin 2>&1)" = $'0/one\ntwo/ ff 00' ] && [ ! -e back/no.log ]
result $? '--output brings names and globs back into --output-dir'
mkdir trap outside && ln -s ../outside trap/sub && ln -s ../outside/victim trap/1.txt
run -l bash --output '*.txt' --output 'sub/*' --output-dir trap -c 'echo evil >1.txt; mkdir sub; echo evil >sub/x'
[ -z "$(ls outside)" ] && [ "$status" = 125 ]
result $? 'nothing is written through symbolic links'
run -l bash --json --output '*.txt' --output '*.bin' -c 'echo one >1.txt; printf "\377" >2.bin'
json 'outputs are in the object' '.outputs | length == 2 and .[0].name == "1.txt" and .[0].content == "one\n" and
	.[0].size == 4 and .[1].content_base64 == "/w==" and (.[1].skipped | not)'

# ---- signals and broken outputs ----

mkfifo live
for pair in INT:130 TERM:143; do
	env --default-signal=INT "$CODEEXEC" run "${flags[@]}" -l bash -c 'echo captured; exec sleep 60' >live 2>err </dev/null &
	pid=$!
	exec 7<live
	read -r -t 30 line <&7
	kill -"${pair%:*}" $pid
	wait $pid
	status=$?
	{ echo "$line"; cat <&7; } >out
	exec 7<&-
	want "SIG${pair%:*} ends the run and exits with ${pair#*:}, what was written is printed" "${pair#*:}" $'captured\n'
done
"$CODEEXEC" run "${flags[@]}" --json -l bash -c "echo captured; exec sleep 60.$$" >out 2>err </dev/null &
pid=$!
for _ in $(seq 600); do # the program's output cannot be seen from here before the end, but its next command can
	pgrep -xf "sleep 60.$$" >/dev/null && break
	sleep 0.05
done
kill -TERM $pid
wait $pid
status=$?
want 'SIGTERM with --json still exits with 143' 143
json 'and the object says cancelled, with what was captured' '.status == "cancelled" and .stdout == "captured\n"'
if [ -w /dev/full ]; then
	"$CODEEXEC" run "${flags[@]}" -l bash -c 'echo x' >/dev/full 2>err </dev/null
	status=$?
	: >out
	refused 'a full disk under standard output is told' 'standard output' 'No space'
	"$CODEEXEC" run "${flags[@]}" --json -l bash -c 'echo x' >/dev/full 2>err </dev/null
	status=$?
	refused 'also with --json' 'standard output' 'No space'
	"$CODEEXEC" --help >/dev/full 2>err
	status=$?
	refused 'also for --help' 'standard output'
else
	skip 'a full disk under standard output is told' 'no /dev/full'
fi
mkfifo gone
true <gone &
exec 8>gone
wait $!
"$CODEEXEC" run "${flags[@]}" -l bash -c 'while :; do echo y; done' >&8 2>err </dev/null
status=$?
exec 8>&-
: >out
refused 'a reader that went away ends the run' 'Broken pipe'
"$CODEEXEC" run "${flags[@]}" -l bash -c 'echo x' >&- 2>err </dev/null
status=$?
refused 'a closed standard output is told' 'standard output'

# ---- the other commands ----

cx version
[ "$status" = 0 ] && grep -qE '^codeexec [0-9]+\.[0-9]+\.[0-9]+ \(libcodeexec [0-9.]+\)$' out
result $? 'version'
for command in '' run languages doctor check lint prebuild version; do
	cx $command --help
	[ "$status" = 0 ] && [ ! -s err ] && grep -q '^Usage: codeexec' out && grep -q -- --executors-dir out
	result $? "${command:-codeexec} --help helps"
done
cx languages
[ "$status" = 0 ] && grep -q '^NAME' out && grep -q '^bash ' out
result $? 'languages prints a table'
cp languages out
json 'languages --json' 'all(.[]; (.name | length > 0) and (.aliases | type == "array") and (.title | length > 0) and
	(.version | type == "string") and (.stages | index("run")) and (.available or (.reason | length > 0))) and
	any(.[]; .name == "bash" and .stages == ["run"] and (.version | test("[0-9]")))'
cx doctor "${flags[@]}"
want 'doctor is content' 0
grep -q 'seccomp' out && grep -q "$(uname -r)" out && grep -q '^Limits' out
result $? 'doctor names protections, kernel and limits'
cx doctor "${flags[@]}" --json
json 'doctor --json' '.ok and (.protections | length > 15) and all(.protections[]; (.state | test("^(available|missing|tolerated)$"))
	and (.name | length > 0) and (.state == "available" or ((.reason | length > 0) and (.remedy | length > 0))))
	and (.limits.backend | length > 0) and (.limits.detail | length > 0) and (.system.kernel | length > 0)
	and (.system.user | length > 0) and any(.executors[]; .name == "bash" and .available)'
cx check "${flags[@]}" bash
[ "$status" = 0 ] && grep -qE '^pass +bash +bash +hello' out && grep -qE '^[0-9]+ passed, 0 failed$' out
result $? 'check runs the self-tests of one language'
cx check no-such-language
refused 'check refuses an unknown language' no-such-language
mkdir -p dirs/wrong
cat >dirs/wrong/wrong.yaml <<'EOF'
abi: 1
name: wrong
title: Wrong
source: main.sh
runtimes:
  - name: bash
    packages: [bash]
    version: [bash, --version]
    run:
      command: [bash, "{source}", "{args}"]
tests:
  - name: hello
    code: |
      echo goodbye
    expect:
      stdout: "hello\n"
EOF
cx --executors-dir dirs check "${flags[@]}"
[ "$status" = 1 ] && grep -qE '^FAIL +wrong +bash +hello' out && grep -qE '0 passed, 1 failed' out
result $? 'check exits with 1 when a test fails'
cx lint dirs/wrong/wrong.yaml
want 'lint of a good manifest' 0 $'dirs/wrong/wrong.yaml: ok\n'
lint_broken() { # lint_broken DESCRIPTION LINE WORDS...: the manifest is on standard input
	local bad=0 word
	cat >broken.yaml
	cx lint broken.yaml
	[ "$status" = 1 ] || bad=1
	[ "$(wc -l <err)" = 1 ] || bad=1
	grep -qE "^broken\.yaml:$2:[0-9]+: " err || bad=1
	for word in "${@:3}"; do grep -qF -- "$word" err || bad=1; done
	result $bad "$1"
}
sed 's/^title:/titel:/' dirs/wrong/wrong.yaml | lint_broken 'lint: an unknown key, with the near one' 3 titel title
sed 's/^name: wrong/name: wrong\nname: again/' dirs/wrong/wrong.yaml | lint_broken 'lint: a duplicate key' 3 name
sed 's/^abi: 1/abi: 99/' dirs/wrong/wrong.yaml | lint_broken 'lint: another ABI' 1 ABI
sed 's/packages: \[bash\]/packages: [bash/' dirs/wrong/wrong.yaml | lint_broken 'lint: YAML that does not parse' '[0-9]+'
sed 's/^title: .*/title: [a, b]/' dirs/wrong/wrong.yaml | lint_broken 'lint: a list for a text' 3
cx lint dirs/wrong/wrong.yaml broken.yaml
[ "$status" = 1 ] && grep -q 'wrong.yaml: ok' out && grep -q '^broken.yaml:' err
result $? 'lint of several goes on after a mistake'
cx lint
refused 'lint without a file' FILE.yaml
cx lint nowhere.yaml
refused 'lint of a file that is not there' nowhere.yaml

# ---- global options ----

mkdir -p dirs/bad && echo 'abi: [' >dirs/bad/bad.yaml
cx --executors-dir dirs languages --json
json '--executors-dir replaces the installed executors' 'length == 1 and .[0].name == "wrong"'
said 'a broken manifest is told, and the others load' bad.yaml
(
	unset CODEEXEC_EXECUTORS_DIR
	CODEEXEC_EXECUTORS_DIR=$work/dirs "$CODEEXEC" languages --json >out 2>err
)
json 'CODEEXEC_EXECUTORS_DIR means the same' 'length == 1 and .[0].name == "wrong"'
cx run --supervisor /nowhere/supervisor -l bash -c ':' </dev/null
refused '--supervisor is used' /nowhere/supervisor
run --disable seccomp --json -l bash -c ':'
json '--disable takes one protection away, and the result says so' '.isolation.missing | index("seccomp")'

# ---- terminals ----

if command -v script >/dev/null && script --version 2>/dev/null | grep -q util-linux; then
	quoted=$(printf '%q ' "$CODEEXEC")
	opts=$(printf '%q ' "${flags[@]}")
	TERM=xterm script -qec "$quoted run ${flags[*]:+$opts} -l bash -c 'sleep 2; echo done'" /dev/null >out 2>err </dev/null
	status=$?
	# a last sample may come between the output and the end
	grep -q 'cpu .* s  memory ' out && grep -q 'done' out
	result $? 'a long run on a terminal shows the meter'
	grep -aq $'\r\033\[Kdone' out
	result $? 'the meter is erased before output'
	TERM=xterm script -qec "$quoted run ${flags[*]:+$opts} -l bash -c 'echo quick'" /dev/null >out 2>err </dev/null
	! grep -aq 'memory' out
	result $? 'a short run shows none'
	TERM=xterm script -qec "$quoted rnu" /dev/null >out 2>err </dev/null
	grep -aq $'\033\[1;31mcodeexec:' out
	result $? 'errors are coloured on a terminal'
	NO_COLOR=1 TERM=xterm script -qec "$quoted rnu" /dev/null >out 2>err </dev/null
	! grep -aq $'\033\[' out
	result $? 'NO_COLOR is honoured'
else
	skip 'a long run on a terminal shows the meter' 'no util-linux script'
fi
cx rnu
! grep -q $'\033' err
result $? 'no colours on a pipe'

# ---- the systemd user scope ----

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null && setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$CODEEXEC"; then
	mkdir -p fake runtime/systemd
	cat >fake/systemd-run <<'EOF'
#!/bin/sh
echo "systemd-run $*" >&2
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
EOF
	chmod -R a+rx fake runtime
	as_nobody() { PATH=$work/fake:$PATH XDG_RUNTIME_DIR=$work/runtime setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
	as_nobody "$CODEEXEC" run -l bash -c 'env' >out 2>err </dev/null
	status=$?
	if [ "$status" = 125 ]; then
		[ "$(grep -c '^systemd-run --user --scope --quiet -p Delegate=yes -- /' err)" = 1 ] &&
			grep -q '^codeexec: .*Delegate=yes' err
		result $? 'an ordinary user without a cgroup is taken to a systemd scope once, then told the remedy'
		as_nobody "$CODEEXEC" run --allow-weaker -l bash -c 'echo weak; env | grep -c SCOPE' >out 2>err </dev/null
		status=$?
		[ "$(grep -c '^systemd-run ' err)" = 1 ] && grep -q weak out && grep -qx 0 out
		result $? '--allow-weaker prefers the scope, then makes do; the mark is gone'
	else
		skip 'an ordinary user without a cgroup is taken to a systemd scope once' 'there is a cgroup for everybody'
	fi
else
	skip 'an ordinary user without a cgroup is taken to a systemd scope once' 'not root, no setpriv or a private build tree'
fi

echo "1..$number"
[ $failures = 0 ]
