# SPDX-License-Identifier: Apache-2.0 OR MIT
# The kernel's own file systems: no cgroupfs, no sysfs, nothing of /proc/sys can be written, nothing tells of other processes.
# attack-stdout: sysfs: absent
# attack-stdout: cgroupfs: absent
# attack-stdout: debugfs: absent
# attack-stdout: written in /proc: []
# attack-stdout: of others: []
import os

for name, path in ('sysfs', '/sys'), ('cgroupfs', '/sys/fs/cgroup'), ('debugfs', '/sys/kernel/debug'):
    print(name + ':', 'BROKEN' if os.path.exists(path) and os.listdir(path) else 'absent')

null = os.stat('/dev/null').st_rdev
written = []
for directory, names, files in os.walk('/proc/sys'):
    for name in files:
        path = os.path.join(directory, name)
        try:
            fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            continue
        # A masked file is /dev/null; an open for writing that succeeds on anything else has got through.
        if os.fstat(fd).st_rdev != null:
            written.append(path)
        os.close(fd)
for name in 'sysrq-trigger', 'self/oom_score_adj', 'self/uid_map', 'self/gid_map', 'self/setgroups', 'self/attr/current':
    try:
        fd = os.open('/proc/' + name, os.O_WRONLY)
        if os.fstat(fd).st_rdev != null:
            os.write(fd, b'-1000' if 'oom' in name else b'0 0 1')
            written.append(name)
        os.close(fd)
    except OSError:
        pass
print('written in /proc:', ['BROKEN ' + w for w in written])

others = []
for pid in range(1, 65536):
    if pid != os.getpid() and os.path.exists('/proc/%d' % pid) and not os.path.exists('/proc/%d/task/%d' % (os.getpid(), pid)):
        others.append('BROKEN %d' % pid)
print('of others:', others)
