#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# kernel.sh CACHE_DIR: prints the path of Debian's current cloud kernel, which it fetches into CACHE_DIR by package name
# unless one is there. The package is unpacked, never installed: this machine's own kernel is left alone.
set -eu

cache=${1:?usage: kernel.sh CACHE_DIR}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

for image in "$cache"/boot/vmlinuz-6.1.*-cloud-amd64; do
	[ -f "$image" ] && echo "$image" && exit 0
done

# The metapackage depends on the one real package of the day. An old package list may name one that is gone from the
# mirror, so a failure is tried again with a fresh list.
find_package() {
	apt-cache depends linux-image-cloud-amd64 2>/dev/null |
		sed -n 's/^ *Depends: \(linux-image-6\.1\.[^ ]*-cloud-amd64\)$/\1/p' | head -n 1
}

update_lists() {
	if [ "$(id -u)" -eq 0 ]; then
		apt-get -qq -o Acquire::Retries=3 update >&2
	else
		sudo -n apt-get -qq -o Acquire::Retries=3 update >&2
	fi
}

fetch() {
	package=$(find_package)
	[ -n "$package" ] || return 1
	echo "fetching $package into $cache (unpacked, not installed)" >&2
	# The download runs as root without a user of its own: the cache need not be open to others.
	(cd "$cache" && apt-get -qq -o Acquire::Retries=3 -o APT::Sandbox::User=root download "$package" >&2)
}

fetch || { update_lists && fetch; } || {
	echo "kernel.sh: cannot fetch the package that linux-image-cloud-amd64 depends on" >&2
	exit 1
}
dpkg-deb --fsys-tarfile "$cache"/linux-image-6.1.*-cloud-amd64_*.deb |
	tar -x -C "$cache" --wildcards './boot/vmlinuz-*' './boot/config-*'
rm -f "$cache"/linux-image-6.1.*-cloud-amd64_*.deb

for image in "$cache"/boot/vmlinuz-6.1.*-cloud-amd64; do
	[ -f "$image" ] && echo "$image" && exit 0
done
echo "kernel.sh: the package holds no kernel" >&2
exit 1
