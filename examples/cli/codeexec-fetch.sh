#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# codeexec-fetch.sh KIND OUT FROM NAME@VERSION...: brings the archives of packages for `codeexec layer build` into the directory
# OUT and checks their digests; unpacks nothing and runs nothing of theirs. KIND is npm, pip or files; FROM is a directory to
# take them from instead of the language's registry, or empty. Writes OUT/index: lines "package NAME VERSION" and
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

from_directory() {
	for package in "$@"; do
		name=${package%@*} version=${package##*@} found=''
		# npm's and pip's own ways to write a name in a file's
		flat=$(printf '%s' "$name" | sed 's|^@||; s|/|-|g')
		under=$(printf '%s' "$name" | tr '.-' '__')
		for file in "$flat-$version.tgz" "$name-$version"-*.whl "$under-$version"-*.whl "$name-$version.gem" "$name-$version.jar"; do
			for path in "$from"/$file; do
				if [ ! -f "$path" ] || [ -n "$found" ]; then
					continue
				fi
				found=$(basename "$path")
			done
		done
		[ -n "$found" ] || die "$from has no archive of $package (looked for $flat-$version.tgz, $name-$version-*.whl, .gem, .jar)"
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

# Wheels only: nothing of theirs runs. pip itself compares them with the digests of the index.
from_pip() {
	pins=$(printf '%s\n' "$@" | sed 's/@\([^@]*\)$/==\1/')
	# shellcheck disable=SC2086 # a list of words on purpose
	PATH=/usr/bin:/bin python3 -m pip download --quiet --no-input --disable-pip-version-check --only-binary=:all: --dest "$out" $pins >&2 ||
		die "pip could not fetch them (package python3-pip)"
	for path in "$out"/*.whl; do
		file=$(basename "$path")
		name=$(printf '%s' "$file" | cut -d - -f 1) version=$(printf '%s' "$file" | cut -d - -f 2)
		for package in "$@"; do
			wanted=$(printf '%s' "${package%@*}" | tr '.-' '__')
			[ "$wanted" != "$name" ] || name=${package%@*}
		done
		printf 'package %s %s\narchive %s %s\n' "$name" "$version" "$file" "$file" >>"$out/index"
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
	die "there is no registry that archives of this language are fetched from: give a directory with --from"
fi
