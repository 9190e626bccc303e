# SPDX-License-Identifier: Apache-2.0 OR MIT
# shellcheck shell=sh disable=SC2034 # it is sourced: what it sets is used elsewhere
#
# What the scripts of this directory share. POSIX sh; sourced, never run. They say what they do before they do it and
# ask nothing: they are meant for a bare machine and for CI alike.

ce_root=$(cd "$(dirname "$0")/.." && pwd)
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	ce_bold=$(printf '\033[1m') ce_green=$(printf '\033[32m') ce_red=$(printf '\033[31m') ce_plain=$(printf '\033[0m')
else
	ce_bold='' ce_green='' ce_red='' ce_plain=''
fi

say() {
	printf '%s==>%s %s\n' "$ce_bold" "$ce_plain" "$*"
}

note() {
	printf '    %s\n' "$*"
}

warn() {
	printf '%s!!!%s %s\n' "$ce_red" "$ce_plain" "$*" >&2
}

die() {
	warn "$*"
	exit 1
}

# run COMMAND...: prints it, then runs it.
run() {
	printf '    $ %s\n' "$*"
	"$@"
}

have() {
	command -v "$1" >/dev/null 2>&1
}

# as_root COMMAND...: directly when we are root, through sudo otherwise. Without a terminal sudo must not ask.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif ! have sudo; then
		warn "this needs root, and there is no sudo: $*"
		return 1
	elif [ -t 0 ]; then
		sudo DEBIAN_FRONTEND=noninteractive "$@"
	else
		sudo -n DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

# retry COUNT COMMAND...: mirrors and dpkg's lock are at times busy for a moment.
retry() {
	ce_left=$1
	shift
	until "$@"; do
		ce_left=$((ce_left - 1))
		[ "$ce_left" -gt 0 ] || return 1
		note "failed; trying again ($ce_left left)"
		sleep 5
	done
}

# missing_packages NAME...: those that dpkg does not call installed, on one line.
missing_packages() {
	ce_missing=''
	for ce_name in "$@"; do
		# shellcheck disable=SC2016 # dpkg-query's own format, not the shell's
		case $(dpkg-query -W -f '${db:Status-Status}' "$ce_name" 2>/dev/null) in
		installed*) ;;
		*) ce_missing="$ce_missing $ce_name" ;;
		esac
	done
	printf '%s' "${ce_missing# }"
}

ce_apt_updated=''

# The package lists are fetched at most once in a run, and only when they are needed.
apt_update_once() {
	[ -z "$ce_apt_updated" ] || return 0
	note "\$ apt-get update"
	retry 3 as_root apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 update || return 1
	ce_apt_updated=yes
}

# need_packages NAME...: installs what is missing, by name.
need_packages() {
	if ! have dpkg-query || ! have apt-get; then
		die "no apt here: install by hand what README.md lists under Requirements"
	fi
	ce_wanted=$(missing_packages "$@")
	if [ -z "$ce_wanted" ]; then
		note "all there: $*"
		return 0
	fi
	note "missing: $ce_wanted"
	apt_update_once || die "apt-get update failed"
	note "\$ apt-get install $ce_wanted"
	# shellcheck disable=SC2086 # a list of words on purpose
	retry 3 as_root apt-get -qq -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
		install --no-install-recommends $ce_wanted >"${TMPDIR:-/tmp}/codeexec-apt.$$" 2>&1 || {
		cat "${TMPDIR:-/tmp}/codeexec-apt.$$" >&2
		rm -f "${TMPDIR:-/tmp}/codeexec-apt.$$"
		die "could not install: $ce_wanted"
	}
	rm -f "${TMPDIR:-/tmp}/codeexec-apt.$$"
}

# What the library, its CLI and its server are built from.
ce_build_packages='gcc libc6-dev meson ninja-build pkg-config libseccomp-dev libyaml-dev libjansson-dev libmicrohttpd-dev'
ce_language_packages='python3 gcc libc6-dev bash'

# need_languages [SET...]: without a set the four that everybody has; node is left alone where there is one already, whoever
# brought it.
need_languages() {
	if [ "$#" -gt 0 ]; then
		sh "$ce_root/scripts/install-languages.sh" --no-prebuild "$@" || die "could not install the languages: $*"
		return 0
	fi
	# shellcheck disable=SC2086
	set -- $ce_language_packages
	if [ -x /usr/bin/node ] || [ -x /usr/local/bin/node ]; then
		note "node is there already: $(PATH=/usr/local/bin:/usr/bin node --version 2>/dev/null)"
	else
		set -- "$@" nodejs
	fi
	need_packages "$@"
}

# setup_build DIR OPTION...: configures DIR, or brings what is configured there up to date.
setup_build() {
	ce_dir=$1
	shift
	note "\$ meson setup $ce_dir $*"
	mkdir -p "$(dirname "$ce_dir")"
	if [ -f "$ce_dir/meson-private/coredata.dat" ]; then
		meson setup --reconfigure "$ce_dir" "$ce_root" "$@" >"$ce_dir.log" 2>&1 && return 0
		note "the old configuration does not fit any more; starting afresh"
		rm -rf "$ce_dir"
	fi
	meson setup "$ce_dir" "$ce_root" "$@" >"$ce_dir.log" 2>&1 || {
		cat "$ce_dir.log" >&2
		return 1
	}
}

# use_build_tree DIR: makes the CLI of a build directory find what it would find installed.
use_build_tree() {
	export CODEEXEC_EXECUTORS_DIR="$ce_root/executors"
	export CODEEXEC_PLUGIN_DIR="$1/executors"
	export CODEEXEC_SUPERVISOR="$1/lib/codeexec-supervisor"
}
