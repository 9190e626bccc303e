#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# as-user.sh delegated|undelegated COMMAND...: runs COMMAND as an ordinary user that is in no list of users, either in
# cgroups of its own, which it may divide further, or in none that it may write. Needs root; takes the cgroups away
# afterwards. Exit status 77 (skipped) where that cannot be had.
set -eu

kind=${1:?usage: as-user.sh delegated|undelegated COMMAND...}
shift
: "${1:?usage: as-user.sh delegated|undelegated COMMAND...}"
uid=$((1900000000 + $$))
made=''
populated=''

no() {
	echo "skipped: $*" >&2
	[ "${CE_TESTS_MUST_RUN:-}" != 1 ] || exit 1
	exit 77
}

# shellcheck disable=SC2317 # called by the trap
remove_cgroups() {
	for dir in $made; do
		# What is left would be ours: COMMAND is over.
		find "$dir" -depth -type d 2>/dev/null | while read -r below; do
			rmdir "$below" 2>/dev/null || echo "left behind: $below: $(tr '\n' ' ' <"$below/cgroup.procs")" >&2
		done
	done
}

give_away() {
	chown "$uid:$uid" "$1"
	for file in "$1"/cgroup.procs "$1"/tasks "$1"/cgroup.subtree_control "$1"/cgroup.threads; do
		[ ! -e "$file" ] || chown "$uid:$uid" "$file"
	done
}

# Where this shell is in the hierarchy with controller $1 ("" for v2), as a directory.
own_cgroup() {
	path=$(awk -F: -v c="$1" '{ n = split($2, a, ","); if (c == "" && $1 == 0) print $3; for (i = 1; i <= n; i++) if (c != "" && a[i] == c) print $3 }' /proc/self/cgroup)
	# fields: ... root(4) mountpoint(5) ... - type source options
	awk -v c="$1" -v p="$path" '{
		for (i = 7; i < NF && $i != "-"; i++);
		if ($(i + 1) == (c == "" ? "cgroup2" : "cgroup") && (c == "" || ("," $(i + 3) ",") ~ ("," c ","))) {
			root = $4 == "/" ? "" : $4
			if (p == "/" || index(p, root) != 1) p = root
			print $5 substr(p, length(root) + 1)
			exit
		}
	}' /proc/self/mountinfo
}

# make_cgroup CONTROLLER: one of our own below the one we are in, or at the top of what is mounted.
make_cgroup() {
	base=$(own_cgroup "$1")
	[ -n "$base" ] || return 0
	dir=${base%/}/codeexec-test-$$
	case " $made " in
	*" $dir "*) return 0 ;; # cpu and cpuacct may be one hierarchy
	esac
	mkdir "$dir" 2>/dev/null || return 0
	made="$made $dir"
	if [ -e "$dir/cpuset.cpus" ]; then
		cat "$base/cpuset.cpus" >"$dir/cpuset.cpus"
		cat "$base/cpuset.mems" >"$dir/cpuset.mems"
	fi
	give_away "$dir"
	populated="$populated $dir/cgroup.procs"
}

make_cgroups() {
	for controller in memory pids cpuacct cpu freezer; do
		make_cgroup "$controller"
	done
	case $made in
	*memory*pids* | *pids*memory*) return 0 ;;
	esac
	# Not v1: then v2 with the controllers, if they are here.
	base=$(own_cgroup "")
	grep -qw memory "${base:-/nonexistent}/cgroup.controllers" 2>/dev/null || no "no cgroup with memory and pids to give away"
	make_cgroup ""
	[ -n "$made" ] || no "no cgroup can be created in $base"
}

[ "$(id -u)" = 0 ] || no "only root can become another user"
command -v setpriv >/dev/null || no "setpriv (util-linux) is not installed"
setpriv --reuid=$uid --regid=$uid --clear-groups test -x "$1" ||
	no "an ordinary user cannot reach $1: the build directory must be readable for others"
for path in "${CE_TEST_SUPERVISOR:-}" "${CE_TEST_EXECUTORS_DIR:-}" "${CE_TEST_PLUGIN_DIR:-}"; do
	[ -z "$path" ] || setpriv --reuid=$uid --regid=$uid --clear-groups test -r "$path" ||
		no "an ordinary user cannot read $path"
done
setpriv --reuid=$uid --regid=$uid --clear-groups unshare -Ur true 2>/dev/null ||
	no "user namespaces are not for ordinary users here"

trap remove_cgroups EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
[ "$kind" != delegated ] || make_cgroups
status=0
(
	for file in $populated; do
		# The subshell: $$ would be its parent.
		sh -c 'echo "$PPID"' >"$file"
	done
	unset XDG_RUNTIME_DIR
	HOME=/ CE_TEST_KIND=$kind exec setpriv --reuid=$uid --regid=$uid --clear-groups "$@"
) || status=$?
exit "$status"
