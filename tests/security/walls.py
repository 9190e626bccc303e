# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Two walls at least: with any one of them switched off, none of the attempts in walls_probe.c gets through.

usage: walls.py CODEEXEC PROBE.c"""
import ctypes
import platform
import re
import subprocess
import sys

import tap

codeexec, probe = sys.argv[1:3]
WALLS = ('seccomp', 'landlock', 'no_capabilities', 'private_proc', 'read_only_root', 'session_keyring', 'cgroup_ns', 'uts_ns', 'ipc_ns',
         'time_ns', 'network_ns', 'own_uid')
ALL = WALLS + ('no_new_privs', 'landlock_scope')


def attempts_without(walls):
    options = [word for wall in walls for word in ('--disable', wall)]
    run = subprocess.run([codeexec, *options, 'run', '--allow-weaker', '-l', 'c', probe], capture_output=True, text=True, timeout=60)
    if run.returncode:
        sys.exit('the probe failed: %s' % run.stderr)
    return dict(line.split() for line in run.stdout.splitlines())


def put_key():
    """Into our session keyring, which the supervisor inherits: nobody in a cell may find it."""
    if platform.machine() == 'x86_64':
        libc = ctypes.CDLL(None)
        libc.syscall(250, 1, None)  # a session keyring of our own
        libc.syscall(248, b'user', b'codeexec-walls', b'secret', 6, -3)


known = set(re.findall(r'tell\("([a-z-]+)"', open(probe, encoding='utf-8').read()))
put_key()
for wall in (None,) + WALLS:
    found = attempts_without([wall] if wall else [])
    through = sorted(key for key in known if found.get(key) != 'stopped')
    tap.ok(not through, 'without %s nothing gets through' % (wall or 'nothing being switched off'),
       ['%s: %s' % (key, found.get(key, 'no answer')) for key in through])
# The attempts are no pretence: with nothing but the namespaces left, one that they do not stop succeeds.
found = attempts_without(ALL)
tap.ok(found.get('mount-after-unshare') == 'open',
   'without any of them a mount in a namespace of its own succeeds', ['still stopped: %d of %d' % (
       sum(v == 'stopped' for v in found.values()), len(found))])
tap.done()
