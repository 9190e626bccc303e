# SPDX-License-Identifier: Apache-2.0 OR MIT
# The root: nothing of the host but what a language needs, and nothing of it can be written.
# attack-stdout: extra: []
# attack-stdout: secrets: []
# attack-stdout: written: []
# attack-stdout: devices: ['fd', 'full', 'null', 'random', 'shm', 'stderr', 'stdin', 'stdout', 'urandom', 'zero']
# attack-stdout: descriptors: ['0', '1', '2']
# attack-stdout: chmod of a device refused
import os

usual = {'bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'usr', 'dev', 'etc', 'proc', 'run', 'tmp', 'var', 'work'}
print('extra:', sorted(set(os.listdir('/')) - usual))
print('secrets:', [p for p in ('/root', '/home', '/etc/shadow', '/var/lib', '/var/run', '/sys', '/boot', '/mnt',
                               '/run/user', '/run/dbus', '/dev/mem', '/dev/kmsg', '/dev/ptmx', '/dev/tty', '/dev/fuse',
                               '/dev/net', '/dev/vda', '/dev/sda') if os.path.lexists(p)])
written = []
for d in ('/', '/usr', '/usr/bin', '/usr/lib', '/etc', '/dev', '/proc', '/run', '/var', '/var/empty', '/etc/alternatives',
          '/proc/self', '/proc/sys'):
    try:
        os.close(os.open(d + '/planted', os.O_CREAT | os.O_WRONLY, 0o644))
        written.append(d)
    except OSError:
        pass
    try:
        os.rename(d, d + '.old')
        written.append(d)
    except OSError:
        pass
for f in '/etc/passwd', '/etc/ld.so.cache', '/usr/bin/env':
    for flags in os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC:
        try:
            os.close(os.open(f, flags))
            written.append(f)
        except OSError:
            pass
print('written:', written)
print('devices:', sorted(os.listdir('/dev')))
fds = []
for fd in os.listdir('/proc/self/fd'):
    try:
        if not os.readlink('/proc/self/fd/' + fd).startswith('/proc/'):
            fds.append(fd)
    except OSError:
        pass
fds = [fd for fd in fds if os.readlink('/proc/self/fd/' + fd) != '/work/main.py']
print('descriptors:', sorted(fds))
try:
    os.chmod('/dev/null', 0o600)
    print('chmod of a device BROKEN')
except OSError:
    print('chmod of a device refused')
