# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What happens on machines that lack something: each is made here out of this one, in namespaces of its own, and one program is run.
It either runs with all walls, or is refused with an error that names what is missing; nothing is weakened unasked. The table in
README.md is held against what was seen.

usage: degradation.py CODEEXEC README.md"""
import ctypes
import json
import os
import re
import shutil
import struct
import subprocess
import sys

import tap

codeexec, readme = sys.argv[1:3]
libc = ctypes.CDLL(None, use_errno=True)
REFUSED, RUNS = 125, 0
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LANDLOCK_CALLS = (444, 445, 446)


def install_filter(refused_calls):
    """Lets everything pass but these calls, which are unknown (ENOSYS), as on a kernel without them."""
    program = [(0x20, 0, 0, 0)]  # load the number
    for call in refused_calls:
        program += [(0x15, 0, 1, call), (0x06, 0, 0, 0x00050000 | 38)]
    program.append((0x06, 0, 0, 0x7fff0000))
    code = b''.join(struct.pack('HBBI', *step) for step in program)
    buffer = ctypes.create_string_buffer(code)
    fprog = struct.pack('HxxxxxxP', len(program), ctypes.addressof(buffer))
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, fprog, 0, 0):
        raise OSError(ctypes.get_errno(), 'prctl')


def run(script='exec "$@"', options=(), before=None, wrapper=()):
    """The outcome's word or the refusal's message, the exit status, and the protections that the program had."""
    command = [*wrapper, 'sh', '-euc', script, 'sh', codeexec, 'run', *options, '--json', '-l', 'bash', '-c', 'echo here']
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, preexec_fn=before)
    try:
        answer = json.loads(done.stdout)
        return answer['status'], done.returncode, answer
    except (ValueError, KeyError):
        return done.stderr.strip(), done.returncode, {}


def rows_of_readme():
    text = open(readme, encoding='utf-8').read()
    part = text.split('<!-- degradation: begin -->')[1].split('<!-- degradation: end -->')[0]
    return {cells[0].strip(): cells[1].strip() for cells in (line.strip('|').split('|') for line in part.splitlines() if '|' in line)}


if os.geteuid() != 0:
    tap.skip('only root can take these things away')
table = rows_of_readme()


def case(name, expected, pattern, **how):
    """`expected`: 'runs' or 'refused'; `pattern` is for the refusal's message. README must say the same word."""
    word, status, answer = run(**how)
    said = table.pop(name, '')
    if expected == 'runs':
        good = word == 'success' and status == RUNS and answer.get('stdout') == 'here\n'
    else:
        good = status == REFUSED and re.search(pattern, word) is not None and not answer
    tap.ok(good and said.startswith(expected), '%s: %s' % (name, expected),
           ['seen: status %d, %s' % (status, word), 'README: %s' % (said or 'no such row')])


USER = ('setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', 'env', '-u', 'XDG_RUNTIME_DIR')
MOUNTS = ('unshare', '-m', '--propagation', 'private')
CGROUPS = r"""awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) ~ /^cgroup/) print $5 }' /proc/self/mountinfo | sort -r"""
weaker = ('--allow-weaker',)
case('nothing is missing', 'runs', '')
case('a seccomp filter around it, eight deep', 'runs', '', before=lambda: [install_filter([]) for _ in range(8)])
case('no Landlock', 'runs', '', before=lambda: install_filter(LANDLOCK_CALLS))
case('no user namespaces', 'refused', 'user.namespace|max_user_namespaces',
     wrapper=(*USER, 'unshare', '--map-current-user', '--keep-caps'), script='echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"', options=weaker)
case('cgroups read-only', 'refused', 'cgroup|limit', wrapper=MOUNTS,
     script='for m in $(%s); do mount -o remount,bind,ro "$m"; done; exec "$@"' % CGROUPS)
case('cgroups read-only, `--allow-weaker`', 'runs', '', wrapper=MOUNTS, options=weaker,
     script='for m in $(%s); do mount -o remount,bind,ro "$m"; done; exec "$@"' % CGROUPS)
case('no cgroup file system', 'refused', 'cgroup|limit', wrapper=MOUNTS,
     script='for m in $(%s); do umount -l "$m"; done; exec "$@"' % CGROUPS)
case('no cgroup file system, `--allow-weaker`', 'runs', '', wrapper=MOUNTS, options=weaker,
     script='for m in $(%s); do umount -l "$m"; done; exec "$@"' % CGROUPS)
case('no /proc', 'refused', '/proc', wrapper=MOUNTS, script='umount -l /proc; exec "$@"', options=weaker)
case('parts of /proc covered, as in containers', 'refused', 'private_proc|proc', wrapper=(*USER, 'unshare', '--map-current-user', '--keep-caps', '-mpf', '--mount-proc'),
     script='mount --bind /dev/null /proc/meminfo; exec "$@"', options=weaker)
case('the state directory\'s disk is full', 'refused', 'space', wrapper=MOUNTS,
     script='mkdir -p /run/codeexec; mount -t tmpfs -o size=4k,mode=0700 none /run/codeexec; '
            'head -c 4096 /dev/zero >/run/codeexec/full; exec "$@"')
if shutil.which('bwrap'):
    case('inside `bwrap --unshare-all`, `--allow-weaker`', 'runs', '', options=weaker,
         wrapper=(*USER, 'bwrap', '--unshare-all', '--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--tmpfs', '/run',
                  '--setenv', 'XDG_RUNTIME_DIR', '/run'))
else:
    tap.ok(not os.environ.get('CE_TESTS_MUST_RUN'), 'inside bubblewrap # SKIP it is not installed')
tap.ok(set(table) <= {'machine', '---'}, 'README tells of no other', sorted(table))
tap.done()
