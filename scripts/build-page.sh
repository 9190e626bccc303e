#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# sh scripts/build-page.sh [--check]: bundles the server's page into examples/server/page/dist, which is
# checked in: only who changes the page needs node and npm. --check bundles it elsewhere and fails unless
# the bytes are the same.
set -eu
. "$(dirname "$0")/lib.sh"

check=no
case ${1-} in
'') ;;
--check) check=yes ;;
*)
	printf 'usage: sh scripts/build-page.sh [--check]\n' >&2
	exit 2
	;;
esac

if ! have node || ! have npm; then
	die "the page is built with node (20 or later) and npm"
fi

page=$ce_root/examples/server/page
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# A copy, so that nothing of npm's is left in the tree and the bytes cannot depend on what lies there.
cp -R "$page/src" "$page/build.mjs" "$page/package.json" "$page/package-lock.json" "$page/tsconfig.json" \
	"$page/.npmrc" "$work"
cd "$work"
say "Packages of the lock file"
if ! run npm ci --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel=error; then
	if [ "$check" = no ] || [ -n "${CE_TESTS_MUST_RUN:-}" ]; then
		die "npm cannot install the packages of the lock file"
	fi
	warn "npm cannot install the packages of the lock file: not checked"
	exit 77
fi
say "Type check"
run node_modules/.bin/tsc --noEmit
say "Bundle"
run node build.mjs "$work/dist"

if [ "$check" = yes ]; then
	say "The same bytes as examples/server/page/dist?"
	diff -r "$work/dist" "$page/dist" >&2 ||
		die "they differ: run sh scripts/build-page.sh and commit examples/server/page/dist"
	note "yes"
else
	mkdir -p "$page/dist"
	cp "$work/dist"/* "$page/dist/"
	note "written: examples/server/page/dist"
fi
