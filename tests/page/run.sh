#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# run.sh mock|server|dist DIRECTORY: one part of the page's tests. Everything that it makes, pictures of the
# page included, is left in DIRECTORY. 77: skipped, and why on stdout.
set -eu

part=$1
mkdir -p "$2"
work=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

skip() {
	printf '# SKIP %s\n' "$*"
	exit 77
}

for tool in node npm; do
	command -v "$tool" >/dev/null 2>&1 || skip "$tool is not installed"
done
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || skip "node is older than 20"

if [ "$part" = dist ]; then
	exec sh "$root/scripts/build-page.sh" --check
fi

PAGE_CHROMIUM=${PAGE_CHROMIUM:-/usr/bin/chromium}
[ -x "$PAGE_CHROMIUM" ] || skip "$PAGE_CHROMIUM is not installed"
[ "$part" != server ] || [ -x "${PAGE_SERVER:-}" ] || skip "codeexec-server was not built"

# A copy: node looks for packages beside the file that asks for them, and the tree is to stay clean.
cp "$here"/*.mjs "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$work"
cd "$work"
if ! cmp -s package-lock.json installed-lock.json; then
	if ! npm ci --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel=error; then
		[ -z "${CE_TESTS_MUST_RUN:-}" ] || exit 1
		skip "npm cannot install playwright-core"
	fi
	cp package-lock.json installed-lock.json
fi

rm -rf pictures
PAGE_DIST=$root/examples/server/page/dist
PAGE_PICTURES=$work/pictures
export PAGE_CHROMIUM PAGE_DIST PAGE_PICTURES
node --test --test-reporter=tap --test-concurrency=1 "$part.test.mjs"
printf 'pictures: %s\n' "$PAGE_PICTURES"
