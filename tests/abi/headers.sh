#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# headers.sh HEADERS VERSION CC...: every public header compiles alone and together with the others, in C99 and C++11, with
# the warnings that careful callers use. The version in codeexec.h is the project's.
set -eu
include=$1 version=$2
shift 2
work=$(mktemp -d "${TMPDIR:-/tmp}/codeexec-headers-XXXXXX")
trap 'rm -rf "$work"' EXIT
warnings='-Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion'
failed=0 tried=0

# compile LANGUAGE COMPILER... < program: any word of it said is a failure.
compile() {
	language=$1
	shift
	# shellcheck disable=SC2086 # a list of words on purpose
	if "$@" -x "$language" $warnings -I"$include" -fsyntax-only -; then
		tried=$((tried + 1))
	else
		failed=$((failed + 1))
		echo "failed: $*"
	fi
}

program() {
	for header in "$@"; do
		printf '#include <codeexec/%s>\n' "$header"
	done
	cat <<'EOF'
int uses_it(void);
int uses_it(void)
{
	ce_limits limits = ce_limits_init();
	ce_request request = ce_request_init();
	ce_sandbox_options options = ce_sandbox_options_init();

	limits.wall_time_ms = 1;
	request.limits = &limits;
	options.limits = &limits;
	return (int)(request.size + options.size) + CE_ERR_INVALID;
}
EOF
}

names=$(cd "$include/codeexec" && ls -- *.h)
for set in $names "$(echo "$names" | tr '\n' ' ')" "codeexec.h codeexec.h"; do
	# shellcheck disable=SC2086
	program $set >"$work/program"
	compile c "$@" -std=c99 -Wstrict-prototypes <"$work/program"
	compile c "$@" -std=c11 -Wstrict-prototypes <"$work/program"
	if command -v c++ >/dev/null 2>&1; then
		compile c++ c++ -std=c++11 <"$work/program"
		compile c++ c++ -std=c++20 <"$work/program"
	elif [ "${CE_TESTS_MUST_RUN:-}" = 1 ]; then
		echo "failed: there is no c++ (package g++)"
		exit 1
	fi
done

value() {
	sed -n "s/^#define CE_VERSION$1 //p" "$include/codeexec/codeexec.h"
}

dotted="$(value _MAJOR).$(value _MINOR).$(value _PATCH)"
if [ "$dotted" != "$version" ] || [ "$(value '')" != "\"$version\"" ]; then
	echo "codeexec.h says $dotted and $(value ''), the build says $version"
	failed=$((failed + 1))
fi
echo "$tried compilations, $failed failures"
[ "$failed" -eq 0 ] && [ "$tried" -gt 0 ]
