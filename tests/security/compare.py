# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The same attempts in several sandboxes, side by side: what does each let through?

usage: compare.py CODEEXEC PROBE.c [--write FILE]
Without --write: a test (TAP) that nothing gets through ours, and that the attempts do get through where there is no sandbox.
With it: runs them in Debian's bubblewrap and firejail too, where they are there, and writes the table."""
import ctypes
import datetime
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile

codeexec, probe = sys.argv[1:3]
ATTEMPTS = [
    ('read-file', 'read a file of the host that is readable for all'), ('write-file', 'write into a host directory that all may write'),
    ('environment', "read the caller's environment"), ('descriptor', "use a descriptor that the caller left open"),
    ('lock-file', 'lock a program of the host against others'), ('watch-files', 'watch what others do to files'),
    ('sysfs', 'read /sys'), ('kernel-log', "read the kernel's log"), ('kernel-symbols', 'read /proc/kallsyms'),
    ('loopback', "connect to a server on the host's loopback"), ('abstract-socket', "connect to an abstract socket of the host"),
    ('shared-memory', 'attach System V memory of the host'), ('signal', 'signal a process of the host'),
    ('processes', "see the host's processes"), ('user-namespace', 'make a user namespace'), ('mount', 'mount in it'),
    ('ptrace', 'trace a process'), ('i386', 'make system calls of the 32-bit interface'), ('io-uring', 'set up an io_uring'),
    ('keyrings', 'use keyrings'), ('userfaultfd', 'create a userfaultfd'), ('netlink', 'open a netlink socket'),
    ('file-handles', 'get file handles'), ('memfd-exec', 'execute a file without a name'),
    ('capabilities', 'have capabilities'), ('new-privileges', 'gain privileges from set-uid programs'),
    ('system-calls', 'make any system call (no seccomp filter)'), ('memory', 'use 512 MiB of memory'),
    ('tasks', 'have 400 processes'), ('disk', 'write 300 MiB to /tmp'),
]


class Host:
    """What there is to be reached."""

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix='codeexec-compare-', dir='/var/tmp')
        os.chmod(self.directory, 0o777)
        with open(self.directory + '/secret', 'w', encoding='utf-8') as f:
            f.write('secret')
        os.chmod(self.directory + '/secret', 0o644)
        # not beside it: firejail hides /var/tmp
        self.programs = tempfile.mkdtemp(prefix='codeexec-compare-', dir='/opt' if os.access('/opt', os.W_OK) else None)
        os.chmod(self.programs, 0o755)
        self.binary = self.programs + '/probe'
        subprocess.run(['cc', '-O1', '-static', '-o', self.binary, probe], check=True)
        self.server = socket.create_server(('127.0.0.1', 0))
        self.name = 'codeexec-compare-%d' % os.getpid()
        self.abstract = socket.socket(socket.AF_UNIX)
        self.abstract.bind('\0' + self.name)
        self.abstract.listen()
        self.libc = ctypes.CDLL(None)
        self.shm = self.libc.shmget(0, 4096, 0o1666)
        return self

    def __exit__(self, *_):
        self.libc.shmctl(self.shm, 0, None)
        self.server.close()
        self.abstract.close()
        shutil.rmtree(self.directory)
        shutil.rmtree(self.programs)

    def arguments(self):
        return [self.directory, str(self.server.getsockname()[1]), self.name, str(self.shm), str(os.getpid())]


def run_with_secrets(command):
    """With a variable and a descriptor that nobody in a sandbox should have."""
    fd = os.open('/dev/null', os.O_RDONLY)
    os.dup2(fd, 9, inheritable=True)
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, pass_fds=[9],
                              env=dict(os.environ, COMPARE_SECRET='secret'))
    finally:
        os.close(9)
        os.close(fd)


def answers(text):
    return dict(line.split(' ', 1) for line in text.splitlines() if ' ' in line)


def run(command):
    """What the attempts said, or None where the sandbox did not start."""
    try:
        found = answers(run_with_secrets(command).stdout)
    except FileNotFoundError:
        return None
    return found if found.keys() >= {key for key, _ in ATTEMPTS} else None


def run_ours(host):
    p = run_with_secrets([codeexec, 'run', '--json', '-l', 'c', probe, '--', *host.arguments()])
    if not p.stdout:
        sys.exit('codeexec: %s' % p.stderr)
    result = json.loads(p.stdout)
    found = answers(result['stdout'])
    if result['status'] == 'memory_limit':
        found.setdefault('memory', 'stopped')
    return found


def version(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0].strip()
    except (FileNotFoundError, IndexError):
        return None


def peers(host):
    binary = [host.binary, *host.arguments()]
    bwrap = ['bwrap', '--unshare-all', '--die-with-parent', '--new-session', '--ro-bind', '/', '/', '--dev', '/dev', '--proc',
             '/proc', '--tmpfs', '/tmp', *binary]
    firejail = ['firejail', '--quiet', *binary]
    return [('no sandbox', binary, 'an ordinary process'),
            ('bubblewrap', bwrap, version('bwrap', '--version')),
            ('firejail', firejail, version('firejail', '--version'))]


def write(host, file):
    columns = [(name, run(command), label) for name, command, label in peers(host)]
    columns.append(('codeexec', run_ours(host), version(codeexec, '--version')))
    there = [(name, found, label) for name, found, label in columns if found]
    lines = ['# What gets through', '',
             'The same %d attempts in several sandboxes on one machine, made by `tests/security/compare.py --write`: **open** got through, '
             'a dash was stopped.' % len(ATTEMPTS), '']
    lines += ['- %s: %s' % (name, label) for name, _, label in there]
    lines += ['- not run here: %s' % name for name, found, _ in columns if not found]
    lines += ['', 'bubblewrap is a tool to build sandboxes with, run as its users often do: `bwrap --unshare-all --ro-bind / / --dev /dev '
              '--proc /proc --tmpfs /tmp`. firejail runs with its default profile, codeexec with its defaults; all as %s.' % ('root' if os.geteuid() == 0 else 'an ordinary user'), '',
              'Linux %s, %s.' % (platform.release(), datetime.date.today().isoformat()), '',
              '| attempt | ' + ' | '.join(name for name, _, _ in there) + ' |', '|---|' + '---|' * len(there)]
    for key, text in ATTEMPTS:
        lines.append('| %s | ' % text + ' | '.join('**open**' if f[key] == 'open' else '–' for _, f, _ in there) + ' |')
    lines.append('| got through | ' + ' | '.join('%d of %d' % (list(f.values()).count('open'), len(ATTEMPTS)) for _, f, _ in there) + ' |')
    with open(file, 'w', encoding='utf-8') as f:
        f.write('\n'.join(lines) + '\n')
    print('\n'.join(lines))


def test(host):
    ours, bare = run_ours(host), run([host.binary, *host.arguments()])
    through = [key for key, _ in ATTEMPTS if ours.get(key) != 'stopped']
    print('%s 1 - nothing gets through' % ('not ok' if through else 'ok'))
    for key in through:
        print('# %s: %s' % (key, ours.get(key, 'no answer')))
    blunt = [key for key, _ in ATTEMPTS if bare[key] != 'open']
    # What the machine itself forbids, or what root alone has, may be stopped there as well.
    good = len(blunt) <= 10
    print('%s 2 - the attempts succeed without a sandbox' % ('ok' if good else 'not ok'))
    print('# stopped by the machine itself: %s' % ' '.join(blunt))
    print('1..2')
    sys.exit(1 if through or not good else 0)


with Host() as the_host:
    if '--write' in sys.argv:
        write(the_host, sys.argv[sys.argv.index('--write') + 1])
    else:
        test(the_host)
