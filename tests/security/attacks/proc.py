# SPDX-License-Identifier: Apache-2.0 OR MIT
# What /proc tells and lets change: nothing of init, of the kernel's secrets, of limits that protect the host.
# attack-stdout: init hidden
# attack-stdout: processes: only mine
# attack-stdout: cgroup: /
# attack-stdout: kcore -
# attack-stdout: kmsg empty
# attack-stdout: kallsyms empty
# attack-stdout: keys empty
# attack-stdout: core_pattern refused
# attack-stdout: modprobe refused
# attack-stdout: sysrq refused
# attack-stdout: oom_score refused
# attack-stdout: uid_map refused
# attack-stdout: memory of init refused
# attack-stdout: environment: HOME LANG LC_CTYPE PATH PWD SHLVL TMPDIR USER _
import os

print('init', 'BROKEN' if os.path.exists('/proc/1') else 'hidden')
pids = [p for p in os.listdir('/proc') if p.isdigit()]
print('processes:', 'only mine' if pids == [str(os.getpid())] else 'BROKEN %s' % pids)
lines = [l.rstrip('\n').split(':', 2)[2] for l in open('/proc/self/cgroup')]
print('cgroup:', '/' if set(lines) <= {'/'} else 'BROKEN %s' % lines)

def content(name):
    try:
        return 'BROKEN' if open('/proc/' + name, 'rb').read(64) else 'empty'
    except OSError as e:
        return 'empty' if e.errno != 1 or name != 'kcore' else '-'

print('kcore', '-' if content('kcore') in ('-', 'empty') else 'BROKEN')
for name in 'kmsg', 'kallsyms', 'keys':
    print(name, content(name))

def write(label, path, text):
    try:
        fd = os.open(path, os.O_WRONLY)
        os.write(fd, text)
        # a masked file is /dev/null
        print(label, 'refused' if os.fstat(fd).st_rdev == os.makedev(1, 3) else 'BROKEN')
    except OSError:
        print(label, 'refused')

write('core_pattern', '/proc/sys/kernel/core_pattern', b'|/work/x')
write('modprobe', '/proc/sys/kernel/modprobe', b'/work/x')
write('sysrq', '/proc/sysrq-trigger', b'c')
write('oom_score', '/proc/self/oom_score_adj', b'-1000')
write('uid_map', '/proc/self/uid_map', b'0 0 1')
write('memory of init', '/proc/1/mem', b'x')
known = set('HOME LANG LC_CTYPE PATH PWD SHLVL TMPDIR USER _'.split())
print('environment:', *(['HOME LANG LC_CTYPE PATH PWD SHLVL TMPDIR USER _'] if set(os.environ) <= known else
                       ['BROKEN', sorted(os.environ)]))
