#!/bin/bash
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# run.sh [BUILD_DIR]: boots Debian 12's cloud kernel under plain emulation, never KVM, with a file system of its own that
# holds what BUILD_DIR installs, and repeats as TAP what guest.sh reports from inside. Without BUILD_DIR only the machine
# itself is tried. What was printed on the console stays in the work directory. With CE_VM_COUNTS, the directory where the programs
# of a build with coverage write their counts, what they wrote in the machine is unpacked there, into vm/.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
source_root=$(cd "$here/../.." && pwd)
cache=${CE_VM_CACHE:-$source_root/build/vm}
timeout=${CE_VM_TIMEOUT:-1500}
counts=${CE_VM_COUNTS:-}
build=${1:-}
[ -z "$build" ] || build=$(cd "$build" && pwd)

work=$(mktemp -d "${TMPDIR:-/tmp}/codeexec-vm-XXXXXX")
trap 'rm -rf "$work"' EXIT
console=$cache/console.log
mkdir -p "$cache"

bail_out() {
	echo "Bail out! $1"
	exit 1
}

for tool in qemu-system-x86_64 busybox cpio jq setpriv; do
	command -v "$tool" >/dev/null || bail_out "$tool is missing; sh scripts/test.sh installs it"
done
kernel=$(sh "$here/kernel.sh" "$cache") || bail_out "there is no kernel to boot"
sh "$here/image.sh" "$work/image.cpio" "$work/root" "$build" || bail_out "the image could not be made"
echo "# kernel $(basename "$kernel"), image $(du -m "$work/image.cpio" | cut -f1) MiB, console in $console"

status=0
timeout "$timeout" qemu-system-x86_64 -M q35 -accel tcg -cpu max -m "${CE_VM_MEGABYTES:-2048}" -smp 2 \
	-kernel "$kernel" -initrd "$work/image.cpio" \
	-append 'console=ttyS0 quiet panic=-1' \
	-nodefaults -nographic -serial stdio -serial "file:$work/counts" -no-reboot </dev/null >"$console" 2>&1 || status=$?

if [ -n "$counts" ]; then
	mkdir -p "$counts/vm"
	gzip -dc <"$work/counts" 2>/dev/null | tar -x -C "$counts/vm" || echo "# the counts did not arrive whole"
fi

# guest.sh ends each report with a mark, so that a machine that died half-way cannot pass.
tap=$work/tap
tr -d '\r' <"$console" | sed -n 's/^.*@TAP@ //p' >"$tap"
cat "$tap"
count=$(grep -c -E '^(ok|not ok) ' "$tap" || true)
if ! grep -q '^# guest finished$' "$tap"; then
	echo "not ok $((count + 1)) - the machine reached the end of its tests (qemu: $status)"
	echo "1..$((count + 1))"
	echo "# the console's last lines:"
	tr -d '\r' <"$console" | tail -n 30 | sed 's/^/# /'
	exit 1
fi
echo "1..$count"
if grep -q '^not ok ' "$tap"; then
	echo "# see $console"
	exit 1
fi
[ "$count" -gt 0 ] || bail_out "no test ran"
