#!/bin/bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Runs inside the VM as root and reports as TAP behind a mark that run.sh looks for. Everything is tried three times: as
# root, as an ordinary user with a delegated cgroup, and as an ordinary user without one.
tap() {
	echo "@TAP@ $*"
}

count=0
# ok NAME COMMAND...: one test; what COMMAND prints is shown only if it fails.
ok() {
	local name=$1 said
	shift
	count=$((count + 1))
	if said=$("$@" 2>&1); then
		tap "ok $count - $name"
	else
		tap "not ok $count - $name"
		# Of a program that prints TAP itself what failed, and of all the end.
		{ grep -A 8 '^not ok' <<<"$said" | head -n 60; tail -n 25 <<<"$said"; } | while IFS= read -r line; do
			tap "#   $line"
		done
	fi
}

skip() {
	count=$((count + 1))
	tap "ok $count - $1 # SKIP $2"
}

# ---- the machine ----------------------------------------------------------------------------------

cgroup=/sys/fs/cgroup

set_up_cgroups() {
	echo '+cpu +io +memory +pids' >$cgroup/cgroup.subtree_control
	mkdir -p $cgroup/user.slice $cgroup/system.slice
	echo '+cpu +io +memory +pids' >$cgroup/user.slice/cgroup.subtree_control
	mkdir -p $cgroup/system.slice/test.service
	echo $$ >$cgroup/system.slice/test.service/cgroup.procs
}

only_cgroup_v2() {
	[ "$(grep -c ' - cgroup' /proc/self/mountinfo)" -eq 1 ] && grep -q ' - cgroup2 ' /proc/self/mountinfo &&
		grep -qw memory $cgroup/cgroup.controllers && grep -qw pids $cgroup/cgroup.controllers
}

user_namespaces_for_all() {
	setpriv --reuid 1000 --regid 1000 --clear-groups unshare -Urm sh -c \
		'mount -t tmpfs none /tmp && cd /tmp && mkdir old && pivot_root . old'
}

# scope KIND COMMAND...: runs COMMAND as KIND says in a fresh cgroup, as `systemd-run --scope` would, and takes the
# cgroup away afterwards. The status is COMMAND's, or 99 if it left processes or cgroups below its own.
scopes=0
scope() {
	local kind=$1 status=0 dir leaf=${SCOPE_LEAF:-}
	shift
	scopes=$((scopes + 1))
	dir=$cgroup/user.slice/run-$scopes.scope
	mkdir "$dir" || return 1
	[ -z "$leaf" ] || mkdir "$dir/$leaf"
	if [ "$kind" = delegated ]; then
		find "$dir" \( -type d -o -name cgroup.procs -o -name cgroup.subtree_control -o -name cgroup.threads \) \
			-exec chown 1000:1000 {} +
	fi
	(
		echo "$BASHPID" >"$dir/$leaf/cgroup.procs"
		cd /tmp || exit 1
		if [ "$kind" = root ]; then
			exec "$@"
		fi
		export HOME=/home/user XDG_RUNTIME_DIR=/run/user/1000
		cd "$HOME" || exit 1
		exec setpriv --reuid 1000 --regid 1000 --clear-groups "$@"
	) || status=$?
	take_away "$dir" || status=99
	return "$status"
}

# A script that runs the CLI again and again cannot sit where the CLI's cgroups go: it sits in a leaf beside them, and
# its CLI is told the directory. (root finds one by itself.)
script_in_scope() {
	local kind=$1 script=$2 program
	program=$(command -v codeexec)
	if [ "$kind" = delegated ]; then
		printf '#!/bin/sh\nexec %s --cgroup %s "$@"\n' "$program" "$cgroup/user.slice/run-$((scopes + 1)).scope" \
			>/tests/codeexec-in-scope
		chmod 755 /tests/codeexec-in-scope
		program=/tests/codeexec-in-scope
	fi
	SCOPE_LEAF=script scope "$kind" env CODEEXEC="$program" bash "$script"
}

# What the build tree's tests get from meson, they get here from the installed paths.
# Nothing may stand between the scope and the program: on cgroup v2 its host moves to a leaf only if it is alone. run.sh has
# the clock.
test_program() {
	# shellcheck source=/dev/null # made by image.sh
	(. /tests/environment && scope "$1" env CE_TEST_KIND="$1" CE_TEST_PATIENCE=10 "$2")
}

take_away() {
	local left=() dir
	for ((i = 0; i < 20; i++)); do
		grep -q 'populated 0' "$1/cgroup.events" && break
		sleep 0.1
	done
	if ! grep -q 'populated 0' "$1/cgroup.events"; then
		echo "processes left in $1: $(find "$1" -name cgroup.procs -exec cat {} + | tr '\n' ' ')" >&2
		echo 1 >"$1/cgroup.kill"
		sleep 1
		left+=(processes)
	fi
	while read -r dir; do
		case ${dir#"$1"} in
		'' | "/$leaf") ;;
		*) left+=("$dir") ;;
		esac
		rmdir "$dir"
	done < <(find "$1" -depth -type d)
	[ ${#left[@]} -eq 0 ] || echo "left behind: ${left[*]}" >&2
	[ ${#left[@]} -eq 0 ]
}

# ---- what is asked of every kind of user -----------------------------------------------------------

weaker=()

# answer KIND JQ_TEST ARGUMENTS...: runs the CLI with --json and holds its answer against JQ_TEST.
answer() {
	local kind=$1 test=$2 json status=0
	shift 2
	json=$(scope "$kind" codeexec run "${weaker[@]}" --json "$@" 2>/tmp/answer.stderr) || status=$?
	[ "$status" -ne 99 ] && printf '%s' "$json" | jq -e "$test" >/dev/null 2>&1 && return
	echo "wanted: $test"
	echo "got: $json"
	cat /tmp/answer.stderr
	return 1
}

runs_snippets() {
	local kind=$1
	ok "$kind: bash says hello" answer "$kind" \
		'.status == "success" and .stdout == "hello\n" and .exit_code == 0' -l bash -c 'echo hello'
	ok "$kind: python adds" answer "$kind" '.status == "success" and .stdout == "5\n"' \
		-l python -c 'print(2 + 3)'
	ok "$kind: a python error has its exit code" answer "$kind" '.status == "error" and .exit_code == 3' \
		-l python -c 'raise SystemExit(3)'
	ok "$kind: standard input arrives" answer "$kind" '.stdout == "user:x:1000:1000:user:/home/user:/bin/bash\n"' \
		--stdin /etc/passwd -l bash -c 'grep ^user:'
}

keeps_limits() {
	local kind=$1
	ok "$kind: the wall clock ends a program that sleeps" answer "$kind" '.status == "timeout"' \
		--limit timeout=1s -l bash -c 'sleep 60'
	ok "$kind: the CPU clock ends a program that spins" answer "$kind" '.status == "timeout"' \
		--limit cpu_time=1s --limit timeout=20s -l bash -c 'while :; do :; done'
	ok "$kind: output beyond the limit is cut and counted" answer "$kind" \
		'.status == "success" and .truncated.stdout and .total_bytes.stdout == 5000 and (.stdout | length) == 1024' \
		--limit output=1KiB -l bash -c 'printf "%05000d" 1'
	ok "$kind: a full disk is said" answer "$kind" '.status == "disk_limit"' \
		--limit disk_space=1MiB --limit file_size=8MiB -l bash -c 'dd if=/dev/zero of=big bs=64k count=64'
	[ "$kind" != undelegated ] || return 0
	ok "$kind: memory beyond the limit is the outcome" answer "$kind" '.status == "memory_limit"' \
		--limit memory=48MiB -l python -c 'x = bytearray(200_000_000)'
	ok "$kind: a fork bomb is held and killed" answer "$kind" '.status != "success" and .status != "system_error"' \
		--limit processes=8 --limit timeout=5s -l bash -c 'f() { f | f & }; f; wait; exit 1'
}

# shellcheck disable=SC2016 # it is the sandbox's bash that expands these
keeps_walls() {
	local kind=$1
	ok "$kind: the program sees its own processes only" answer "$kind" '.stdout | tonumber < 6' \
		-l bash -c 'set -- /proc/[0-9]*; echo $#'
	ok "$kind: the root is read-only" answer "$kind" '.status == "error"' -l bash -c ': >/usr/x || exit 1'
	ok "$kind: there is no network" answer "$kind" '.status == "error"' \
		-l bash -c 'exec 3<>/dev/tcp/127.0.0.1/22 || exit 1'
	ok "$kind: no capability is left" answer "$kind" \
		'.stdout == "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n"' \
		-l bash -c 'while read -r l; do case $l in Cap*|NoNewPrivs*|Seccomp:*) echo "$l";; esac; done </proc/self/status'
}

# Nothing of ours goes by a clock that somebody can set.
clock_jumps() {
	local status=0
	(
		sleep 1
		date -s '2040-01-01'
		sleep 1
		date -s '2020-01-01'
	) >/dev/null 2>&1 &
	answer root "$@" || status=1
	wait $!
	return "$status"
}

refuses_to_weaken() {
	local said status=0
	said=$(scope undelegated codeexec run -l bash -c : 2>&1) || status=$?
	[ "$status" -eq 125 ] && [[ $said == *Delegate* || $said == *weaker* ]] && return
	echo "exit status $status: $said"
	return 1
}

all_for() {
	local kind=$1
	weaker=()
	if [ "$kind" = undelegated ]; then
		ok "undelegated: without a cgroup it refuses and names the remedy" refuses_to_weaken
		weaker=(--allow-weaker)
	fi
	tap "# $kind: codeexec doctor"
	scope "$kind" codeexec doctor "${weaker[@]}" 2>&1 | while IFS= read -r line; do tap "#   $line"; done
	runs_snippets "$kind"
	keeps_limits "$kind"
	keeps_walls "$kind"
	case $kind in
	undelegated) ok "$kind: the limits are said to be weaker" answer "$kind" '.isolation.limits_backend == "rlimits"' \
		-l bash -c : ;;
	*) ok "$kind: the limits are cgroup v2's" answer "$kind" '.isolation.limits_backend == "cgroup-v2"' -l bash -c : ;;
	esac
	ok "$kind: python passes its self-tests" scope "$kind" codeexec check "${weaker[@]}" python
	ok "$kind: bash passes its self-tests" scope "$kind" codeexec check "${weaker[@]}" bash
	for program in /tests/programs/*; do
		case $kind/${program##*/} in
		*/test_faults | */test_faults_host | */test_report)
			skip "$kind: ${program##*/}" "it needs a compiler or its helper, which the image does not have"
			continue
			;;
		*/test_kill | */test_kill_warm)
			skip "$kind: ${program##*/}" "everything is to be gone within a second, too short for emulated processors"
			continue
			;;
		*/test_threads | */test_async | */test_park | */test_zygote | */test_many)
			skip "$kind: ${program##*/}" "thousands of executions, milliseconds, or node: not under emulation"
			continue
			;;
		root/* | delegated/test_run | delegated/test_disable) ;;
		delegated/test_files | delegated/test_streams) ;;
		*)
			skip "$kind: ${program##*/}" "root's run and the machine outside have it; emulation is slow"
			continue
			;;
		esac
		[ ! -x "$program" ] || ok "$kind: ${program##*/}" test_program "$kind" "$program"
	done
	for script in /tests/integration/*.sh; do
		if [ ! -f "$script" ]; then
			continue
		elif [ "${script##*/}" != cli.sh ]; then
			skip "$kind: ${script##*/}" "it needs the source tree, which the image does not have"
		elif [ "$kind" = undelegated ]; then
			skip "$kind: ${script##*/}" "it expects the outcomes of limits that a cgroup keeps"
		else
			ok "$kind: ${script##*/}" script_in_scope "$kind" "$script"
		fi
	done
}

set_up_cgroups
tap "# Linux $(uname -r), $(cat /sys/kernel/security/lsm 2>/dev/null || echo 'LSMs not listed')"
ok "machine: one pure cgroup v2 hierarchy with memory and pids" only_cgroup_v2
ok "machine: an ordinary user may have a user namespace and pivot its root" user_namespaces_for_all
ok "machine: python starts" python3 -c 'import json, ctypes, hashlib'
if command -v codeexec >/dev/null; then
	for kind in root delegated undelegated; do
		all_for "$kind"
	done
	ok "root: a clock that jumps twenty years is no timeout" clock_jumps '.status == "success" and .stdout == "whole\n"' \
		--limit timeout=60s -l bash -c 'sleep 4; echo whole'
	ok "root: a clock that jumps back does not stop the wall clock" clock_jumps '.status == "timeout"' \
		--limit timeout=4s -l bash -c 'sleep 1000'
	sleep 1
	ok "machine: no process of ours is left" bash -c '! pgrep codeexec-superv'
	ok "machine: no mount of ours is left" bash -c '! grep codeexec /proc/mounts'
else
	skip "the sandbox" "the image was made without a build"
fi
tap "# guest finished"
