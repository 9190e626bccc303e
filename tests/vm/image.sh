#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# image.sh OUT.cpio WORK_DIR [BUILD_DIR]: makes the VM's whole file system: busybox, bash, python3 with its standard
# library, and what `meson install` of BUILD_DIR installs, at the same paths, with every shared library that any of
# them loads. Uncompressed: unpacking costs more under emulation than reading.
set -eu

out=${1:?usage: image.sh OUT.cpio WORK_DIR [BUILD_DIR]}
root=${2:?usage: image.sh OUT.cpio WORK_DIR [BUILD_DIR]}
build=${3:-}
here=$(cd "$(dirname "$0")" && pwd)
source_root=$(cd "$here/../.." && pwd)

rm -rf "$root"
mkdir -p "$root"
root=$(cd "$root" && pwd)
for dir in usr/bin usr/sbin usr/lib usr/lib64 usr/share etc proc sys dev run tmp root home/user tests; do
	mkdir -p "$root/$dir"
done
for dir in bin sbin lib lib64; do
	ln -s "usr/$dir" "$root/$dir"
done
chmod 1777 "$root/tmp"

# copy_file PATH: the file itself under its own name, links followed. /lib and /usr/lib are one directory here.
copy_file() {
	case $1 in
	/lib/* | /lib64/* | /bin/* | /sbin/*) target=$root/usr$1 ;;
	*) target=$root$1 ;;
	esac
	[ -e "$target" ] && return 0
	mkdir -p "$(dirname "$target")"
	cp -L "$1" "$target"
}

# copy_libraries FILE...: what the dynamic linker would load for them.
copy_libraries() {
	for object in "$@"; do
		ldd "$object" 2>/dev/null | sed -n 's/^.*=> \(\/[^ ]*\) .*$/\1/p; s/^[[:space:]]*\(\/[^ ]*\) (.*$/\1/p'
	done | grep -v '/libcodeexec\.' | sort -u | while read -r library; do
		copy_file "$library"
	done
}

copy_program() {
	for program in "$@"; do
		copy_file "$program"
		copy_libraries "$program"
	done
}

copy_python() {
	version=$(/usr/bin/python3 -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
	copy_program "$(readlink -f /usr/bin/python3)"
	ln -sf "$version" "$root/usr/bin/python3"
	mkdir -p "$root/usr/lib/$version"
	tar -c -C "/usr/lib/$version" --exclude='./config-*' --exclude=./test --exclude=./idlelib \
		--exclude=./lib2to3 --exclude=./tkinter --exclude=./ensurepip --exclude=./pydoc_data \
		--exclude=./distutils --exclude=./unittest --exclude=./site-packages --exclude=./dist-packages . |
		tar -x -C "$root/usr/lib/$version"
	copy_libraries "$root/usr/lib/$version"/lib-dynload/*.so
}

copy_busybox() {
	busybox=$(command -v busybox)
	cp -L "$busybox" "$root/usr/bin/busybox"
	for applet in $("$busybox" --list); do
		[ -e "$root/usr/bin/$applet" ] || ln -s busybox "$root/usr/bin/$applet"
	done
}

# The installed form of the build, so that compiled-in paths hold, and the tests' own programs.
copy_build() {
	DESTDIR=$root meson install -C "$build" --no-rebuild --quiet >/dev/null
	find "$root" -type f \( -name '*.so*' -o -perm -u+x \) -path '*codeexec*' >"$out.objects"
	while read -r object; do
		LD_LIBRARY_PATH=$build/lib copy_libraries "$object"
	done <"$out.objects"
	rm -f "$out.objects"
	(
		cd "$root"
		echo "export CODEEXEC_SUPERVISOR=/$(find . -name codeexec-supervisor -type f | cut -c3-)"
		echo "export CODEEXEC_EXECUTORS_DIR=/$(find . -path '*/codeexec/executors' -type d | cut -c3-)"
		echo "export CODEEXEC_PLUGIN_DIR=/$(find . -path '*/codeexec/plugins' -type d | cut -c3-)"
	) >"$root/tests/environment"
	for object in "$build"/tests/integration/test_* "$build"/tests/security/test_*; do
		if [ -f "$object" ] && [ -x "$object" ]; then
			mkdir -p "$root/tests/programs"
			cp "$object" "$root/tests/programs/"
			copy_libraries "$object"
		fi
	done
	if [ -d "$source_root/tests/integration" ]; then
		mkdir -p "$root/tests/integration"
		find "$source_root/tests/integration" -maxdepth 1 -name '*.sh' -exec cp {} "$root/tests/integration/" \;
	fi
}

copy_program /usr/bin/bash /usr/bin/setpriv /usr/bin/jq /usr/bin/env
copy_python
copy_busybox
# GNU's own where busybox's differ from what scripts expect.
for program in pgrep stat timeout head tail dd seq sleep cat id mktemp mkfifo wc od tr cmp sha256sum sed grep find; do
	rm -f "$root/usr/bin/$program"
	copy_program "$(command -v "$program")"
done
mkdir -p "$root/usr/lib/locale"
[ ! -d /usr/lib/locale/C.utf8 ] || cp -r /usr/lib/locale/C.utf8 "$root/usr/lib/locale/"
[ -z "$build" ] || copy_build
[ -z "${CE_VM_COUNTS:-}" ] || echo "$CE_VM_COUNTS" >"$root/tests/counts"

cat >"$root/etc/passwd" <<'EOF'
root:x:0:0:root:/root:/bin/bash
user:x:1000:1000:user:/home/user:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
EOF
printf 'root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n' >"$root/etc/group"
printf 'codeexec-vm\n' >"$root/etc/hostname"
chown 1000:1000 "$root/home/user" 2>/dev/null || true
mkdir -p "$root/etc/ld.so.conf.d"
cp /etc/ld.so.conf "$root/etc/"
cp /etc/ld.so.conf.d/*.conf "$root/etc/ld.so.conf.d/"
/sbin/ldconfig -r "$root" 2>/dev/null || true

install -m 755 "$here/init" "$root/init"
install -m 755 "$here/guest.sh" "$root/tests/guest.sh"
# cpio keeps owners: all but the user's home belong to root, whoever ran the build.
(cd "$root" && find . -print0 | cpio --null --create --format=newc --owner=0:0 --quiet) >"$out"
