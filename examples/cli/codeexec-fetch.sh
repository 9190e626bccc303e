#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# codeexec-fetch.sh KIND OUT FROM NAME@VERSION...: brings the archives of packages for `codeexec layer build` into the directory
# OUT and checks their digests; unpacks nothing and runs nothing of theirs. KIND is npm, pip, or a language without a registry;
# FROM is a directory to take them from instead of the registry, or empty. Writes OUT/index: lines "package NAME VERSION" and
# "archive TARGET FILE", where TARGET is the place in the layer.
set -eu
kind=$1 out=$2 from=$3
shift 3

die() {
	printf '%s\n' "$*" >&2
	exit 1
}

# If the directory has SHA256SUMS, what is taken from it must be in there.
check_sum() {
	[ -f "$from/SHA256SUMS" ] || return 0
	wanted=$(awk -v name="$1" '{ n = $2; sub(/^\*/, "", n) } n == name { print $1 }' "$from/SHA256SUMS")
	[ -n "$wanted" ] || die "$1 is not in $from/SHA256SUMS"
	[ "$(sha256sum <"$from/$1" | cut -d ' ' -f 1)" = "$wanted" ] || die "$1 is not what $from/SHA256SUMS says"
}

# A name as pip compares it (PEP 503); npm's names are in lower case, but for old ones.
plain() {
	printf '%s' "$1" | tr '[:upper:]' '[:lower:]' | sed 's/[-_.]\{1,\}/-/g'
}

# find_archive NAME VERSION: as npm, pip, gem and Maven name their files, in any case.
find_archive() {
	npm=$(printf '%s' "$1" | sed 's|^@||; s|/|-|g')
	case $kind in
	pip) of_kind=whl ;;
	npm) of_kind=tgz ;;
	ruby) of_kind=gem ;;
	java | kotlin) of_kind=jar ;;
	*) of_kind='*' ;;
	esac
	for path in "$from"/*; do
		file=${path##*/}
		case $file in
		*.$of_kind) ;;
		*) continue ;;
		esac
		case $file in
		*.whl) stem=$(printf '%s' "$file" | cut -d - -f 1) rest=$(printf '%s' "$file" | cut -d - -f 2) ;;
		*.tgz | *.gem | *.jar) stem=${file%"-$2."???} rest=$2 ;;
		*) continue ;;
		esac
		if [ "$rest" != "$2" ] || [ "$stem" = "$file" ] || [ ! -f "$path" ]; then
			continue
		fi
		wanted=$1
		case $file in
		*.tgz) wanted=$npm ;;
		*.jar) wanted=${1##*/} ;;
		esac
		if [ "$(plain "$stem")" = "$(plain "$wanted")" ]; then
			printf '%s' "$file"
			return
		fi
	done
}

from_directory() {
	for package in "$@"; do
		name=${package%@*} version=${package##*@}
		found=$(find_archive "$name" "$version")
		[ -n "$found" ] || die "$from has no archive of $package (NAME-VERSION.tgz, NAME-VERSION-*.whl, .gem or .jar)"
		check_sum "$found"
		cp "$from/$found" "$out/$found"
		case $found in
		*.tgz) target=node_modules/$name.tgz ;;
		*) target=$found ;;
		esac
		printf 'package %s %s\narchive %s %s\n' "$name" "$version" "$target" "$found" >>"$out/index"
	done
}

# npm resolves, and says the integrity of each; npm pack fetches without unpacking; both without scripts.
from_npm() {
	command -v npm >/dev/null || die "npm is not installed (package npm)"
	mkdir "$out/work"
	cd "$out/work"
	printf '{"private": true}\n' >package.json
	npm install --package-lock-only --ignore-scripts --no-audit --no-fund --loglevel=error "$@" >&2
	cat >fetch.js <<'EOF'
const crypto = require("crypto"), fs = require("fs"), { execFileSync } = require("child_process");
const out = process.argv[2], lock = JSON.parse(fs.readFileSync("package-lock.json"));
for (const [place, entry] of Object.entries(lock.packages)) {
	if (!place || entry.dev || entry.optional || entry.link) continue;
	const name = entry.name || place.replace(/^.*node_modules\//, "");
	const made = JSON.parse(execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--loglevel=error",
		"--pack-destination", out, `${name}@${entry.version}`], { maxBuffer: 1 << 28 }));
	const file = made[0].filename.replace(/^@/, "").replace(/\//g, "-");
	const data = fs.readFileSync(`${out}/${file}`);
	const [algorithm, digest] = entry.integrity.split(" ")[0].split(/-(.*)/s);
	if (crypto.createHash(algorithm).update(data).digest("base64") !== digest)
		throw new Error(`${name}@${entry.version}: the archive is not what the registry's digest says`);
	fs.appendFileSync(`${out}/index`, `package ${name} ${entry.version}\narchive ${place}.tgz ${file}\n`);
}
EOF
	node fetch.js "$out"
}

# NAME@VERSION in pip's words. A version of one number is any that begins with it, as for runtimes.
pin() {
	printf '%s\n' "$1" | sed -E '
		s/@\*$//; t
		s/@\^0\.([0-9]+)(.*)$/>=0.\1\2,==0.\1.*/; t
		s/@\^([0-9]+)(.*)$/>=\1\2,==\1.*/; t
		s/@~([0-9]+\.[0-9]+)(.*)$/>=\1\2,==\1.*/; t
		s/@~?([0-9]+)$/==\1.*/; t
		s/@=?([^@<>=]*)$/==\1/; t
		s/@([^@]*)$/\1/'
}

# Wheels only: nothing of theirs runs. pip itself compares them with the digests of the index.
from_pip() {
	count=$#
	for package in "$@"; do
		set -- "$@" "$(pin "$package")"
	done
	wanted=$(printf '%s\n' "$@" | head -n "$count")
	shift "$count"
	PATH=/usr/bin:/bin python3 -m pip download --quiet --no-input --disable-pip-version-check --only-binary=:all: --dest "$out" -- "$@" >&2 ||
		die "pip could not fetch them (package python3-pip)"
	for path in "$out"/*.whl; do
		file=${path##*/}
		name=$(printf '%s' "$file" | cut -d - -f 1) version=$(printf '%s' "$file" | cut -d - -f 2)
		# As it was asked for, if it was.
		asked=$(printf '%s\n' "$wanted" | while read -r package; do
			[ "$(plain "${package%@*}")" != "$(plain "$name")" ] || printf '%s\n' "${package%@*}"
		done | head -n 1)
		printf 'package %s %s\narchive %s %s\n' "${asked:-$name}" "$version" "$file" "$file" >>"$out/index"
	done
}

: >"$out/index"
for package in "$@"; do
	case $package in
	?*@?*) ;;
	*) die "'$package' is not NAME@VERSION" ;;
	esac
done
if [ -n "$from" ]; then
	from_directory "$@"
elif [ "$kind" = npm ]; then
	from_npm "$@"
elif [ "$kind" = pip ]; then
	from_pip "$@"
else
	die "there is no registry that archives of $kind are fetched from: give a directory with --from"
fi
