#!/bin/bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Languages as the `codeexec` program shows them: chosen by version, checked, made ahead, added without any C. With
# manifests of its own, whose runtimes are shells under other names. Prints TAP.
#
# CODEEXEC, CODEEXEC_PLUGIN_DIR and CODEEXEC_SUPERVISOR as for cli.sh; CODEEXEC_EXECUTORS_DIR is the real one.
# shellcheck disable=SC2016
set -u
: "${CODEEXEC:?path of the codeexec program}" "${CODEEXEC_EXECUTORS_DIR:?}"
docs=$CODEEXEC_EXECUTORS_DIR/../docs/executors.md
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work" || exit 1
number=0 failures=0

result() { # result STATUS DESCRIPTION
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number - $2"
	else
		failures=$((failures + 1))
		echo "not ok $number - $2"
		printf '# status: %s\n' "$status"
		head -c 2000 out | sed 's/^/# stdout: /'
		head -c 2000 err | sed 's/^/# stderr: /'
	fi
}

cx() {
	"$CODEEXEC" --executors-dir "$work/dirs" --runtimes-dir "$work/runtimes" "$@" >out 2>err </dev/null
	status=$?
}

want() { # want DESCRIPTION STATUS STDOUT
	printf '%s' "$3" >wanted
	[ "$status" = "$2" ] && cmp -s wanted out
	result $? "$1"
}

said() { # said DESCRIPTION STATUS WORDS: on standard error
	[ "$status" = "$2" ] && grep -qF -- "$3" err
	result $? "$1"
}

shown() { # shown DESCRIPTION STATUS PATTERN: a line of standard output
	[ "$status" = "$2" ] && grep -qE -- "$3" out
	result $? "$1"
}

# ---- chosen by version ----

mkdir -p dirs
cat >dirs/demo.yaml <<'EOF'
abi: 1
name: demo
title: Demo
aliases: [dm]
source: main.sh
limits: {run: {memory: 128MiB, processes: 16}}
runtimes:
  - {name: new, packages: [demo-new], version: [echo, "Demo 3.11.2 (build 7)"], run: {command: [bash, -c, "echo new; . ./main.sh"]}}
  - {name: old, aliases: [was], options: {level: {low: [], high: []}}, version: [echo, "v2.7.18"], run: {command: [bash, -c, "echo old; . ./main.sh"]}}
  - {name: gone, packages: ["npm:gone@1.0.0"], run: {command: ["{runtimes}/gone"]}}
cannot: {stdin: not today, exit_code: no, runtime_error: no, compile_error: no, endless_loop: no, memory: no}
tests:
  - {name: hello, kind: hello, code: "echo hello", expect: {stdout_has: "hello\n"}}
  - {name: two, kind: two_files, runtimes: [new], code: ". ./x.sh", files: {x.sh: "echo x"}, expect: {stdout: "new\nx\n"}}
EOF
for pair in demo:new dm@3:new demo@3.11:new 'demo@2:old' 'demo@>=2,<3:old' 'demo@*:new' demo@old@2.7:old demo@old:old; do
	cx run -l "${pair%:*}" -c 'echo ran'
	want "${pair%:*} is runtime ${pair##*:}" 0 "${pair##*:}"$'\nran\n'
done
cx run -l demo@4 -c :
said 'a version that there is not: what there is' 125 \
	'language "demo" has no runtime or version "4" (demo has new 3.11.2, old 2.7.18, gone (not available))'
cx run -l demo@gone -c :
said 'a runtime that is not installed: what to install' 125 'install the package npm:gone@1.0.0'

# ---- listed ----

cx languages
shown 'languages shows version, stages, warm mode, needs and packages' 0 '^demo +new\* +3\.11\.2 +run +none +128 MiB, 16 tasks +demo-new +dm +Demo$'
shown 'the other runtimes in rows of their own' 0 '^demo +old +2\.7\.18 +run +none +128 MiB, 16 tasks +- +was +Demo$'
shown 'and those that are not there, with what to install' 0 '^demo +gone +- .*unavailable: .*npm:gone@1\.0\.0'
cx languages --json
status=$(jq -c '.[0].runtimes | map([.name, .version, .warm, .needs.processes, .packages[0], .available])' out)
[ "$status" = '[["new","3.11.2","none",16,"demo-new",true],["old","2.7.18","none",16,null,true],["gone","","none",16,"npm:gone@1.0.0",false]]' ]
result $? 'languages --json has the same of each runtime'
status=$(jq -c '.[0].runtimes | map([.default, .aliases, .options])' out)
[ "$status" = '[[true,[],{}],[false,["was"],{"level":["low","high"]}],[false,[],{}]]' ]
result $? 'and which is the default, its aliases and its options'

# ---- checked ----

cx check --all
[ "$status" = 1 ] && grep -qE '^demo +new +3\.11\.2 +run +ok +- +- +- +- +- +- +ok +2/2 +- ' out &&
	grep -qE '^demo +old .* ok +- +- +- +- +- +- +\? +1/1 ' out &&
	grep -qF 'MISSING demo@old: neither tested nor under "cannot": two_files' out &&
	grep -qF '1 languages, 2 runtimes; 3 tests passed, 0 failed, 1 missing' out
result $? 'check --all: a kind that is neither tested nor excused is a failure'
sed -i 's/run: {command: \[bash, -c, "echo old/cannot: {two_files: none}, &/' dirs/demo.yaml
cx check --all -j 4
shown 'check --all: all tested or excused' 0 '^1 languages, 2 runtimes; 3 tests passed, 0 failed, 0 missing$'
cx check --all --json demo@new
status=$(jq -c '[.runtimes, .passed, .rows[0].kinds.hello, .rows[0].kinds.stdin, .rows[0].cannot.stdin, .rows[0].run_ms > 0, .unavailable[0].runtime]' out)
[ "$status" = '[1,2,"ok","-","not today",true,"gone"]' ]
result $? 'check --all --json of one runtime'
cx check --all --markdown
shown 'check --all --markdown' 0 '^\| demo \| old \| 2\.7\.18 \| run \| ok \| - \| - \| - \| - \| - \| - \| - \| 1/1 \| - \| [0-9.]+ \|$'
sed 's/echo hello/echo goodbye/' dirs/demo.yaml >changed && cp changed dirs/demo.yaml
cx check --all
[ "$status" = 1 ] && grep -qE '^demo +new .* NO +-' out && grep -q '^FAIL demo@new: hello: stdout lacks "hello' out
result $? 'check --all: a test that fails'
cx check --all -j 0
said 'check --all: a number of jobs that makes no sense' 125 "--jobs: '0' is not a number"
cx check --all demo@gone
said 'check --all: a runtime that is not there' 125 'demo@gone: not installed here'
cx check --all demo@new demo@gone
said 'check --all: one that is not there among others' 125 'demo@gone: not installed here'
cat >dirs/absent.yaml <<'EOF'
abi: 1
name: absent
title: Absent
source: main.x
runtimes:
  - {name: absent, packages: [absent-package], run: {command: [no-such-program]}}
EOF
cx check --all absent
said 'check --all: a language that is not there' 125 'install the package absent-package'
rm dirs/absent.yaml
printf 'abi: 1\nname: broken\ntitel: x\n' >dirs/broken.yaml
cx run -l broken -c :
said 'an unknown language, and a manifest that was left out' 125 'an executor was left out: '
said 'the manifest with the mistake is named' 125 'broken.yaml:3:1'
rm dirs/broken.yaml
cx check --json
said 'check --json without --all' 125 'go with --all'
cx lint dirs/demo.yaml
want 'lint: complete' 0 $'dirs/demo.yaml: ok\n'
sed '/^cannot:/d' dirs/demo.yaml >bare.yaml
cx lint bare.yaml
said 'lint: warns of what is missing' 0 'bare.yaml:8:5: warning: runtime "new" has no test of kind stdin, nor a reason under "cannot"'

# ---- made ahead ----

cat >dirs/ahead.yaml <<'EOF'
abi: 1
name: ahead
title: Ahead
source: main.sh
runtimes:
  - name: sh
    version: [echo, "1.0"]
    prebuild:
      command: [sh, -c, "cat seed.txt seed.txt >made.txt; mkdir -p d; echo '{prebuilt}' >d/x.dat; id -u"]
      files: {seed.txt: "seed\n"}
      outputs: [made.txt, "d/*.dat"]
    run: {command: [sh, -c, "cat {prebuilt}/made.txt {prebuilt}/d/x.dat; . ./main.sh"]}
EOF
cx run -l ahead -c 'echo ran'
[ "$status" = 0 ] && [ "$(cat out)" = ran ] && grep -q 'made.txt: No such file' err
result $? 'a runtime works before anything was made ahead'
cx prebuild
want 'prebuild makes it' 0 $'ahead@sh: built\n'
cx run -l ahead -c 'echo ran'
want 'cells show what was made, at the place that it was made for' 0 $'seed\nseed\n/opt/codeexec/prebuilt/ahead-sh\nran\n'
cx run -l ahead -c 'echo x >/opt/codeexec/prebuilt/ahead-sh/made.txt'
[ "$status" != 0 ] && [ "$(cat runtimes/prebuilt/ahead-sh/made.txt)" = $'seed\nseed' ]
result $? 'and nobody can write there'
cx prebuild ahead
want 'what is there is left alone' 0 $'ahead: nothing to do\n'
sed -i 's/"1.0"/"1.1"/' dirs/ahead.yaml
cx prebuild ahead
want 'a new version is made anew' 0 $'ahead: built\n'
sed -i 's/id -u/echo broken >\&2; exit 3/' dirs/ahead.yaml
cx prebuild ahead
[ "$status" = 125 ] && grep -qE '^codeexec: prebuild of ahead@sh ended with error .*: broken$' err && [ -f runtimes/prebuilt/ahead-sh/made.txt ] &&
	[ "$(ls runtimes/prebuilt)" = ahead-sh ]
result $? 'one that fails says so, and leaves what was there'

# ---- added as the documentation says, with no C ----

rm -rf dirs && mkdir -p dirs/awk
awk '/^# file: awk\/awk.yaml/ { on = 1 } /^```$/ { on = 0 } on' "$docs" >dirs/awk/awk.yaml
cx lint dirs/awk/awk.yaml
[ "$status" = 0 ] && [ ! -s err ] && grep -q ok out
result $? 'the example of docs/executors.md is complete'
cx check --all awk
shown 'and passes all of its tests' 0 '^1 languages, 1 runtimes; 7 tests passed, 0 failed, 0 missing$'
cx run -l mawk -c 'BEGIN { print 6 * 7 }'
want 'and runs' 0 $'42\n'

echo "1..$number"
[ $failures = 0 ]
