# SPDX-License-Identifier: Apache-2.0 OR MIT
"""stress-ng in a cell, class by class, under the default limits, while a neighbour says hello again and again.

usage: stress.py CODEEXEC [SECONDS]
Each class runs for some seconds (2) with one worker per stressor. What must hold: a result comes, in time; the neighbour always
gets through, with a median below ten times its idle one; nothing is left behind."""
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

import tap

codeexec = sys.argv[1]
seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 2


def classes():
    run = subprocess.run(['stress-ng', '--class', '?'], capture_output=True, text=True)
    return (run.stdout + run.stderr).split('available classes:')[-1].split()


def hello():
    begin = time.monotonic()
    run = subprocess.run([codeexec, 'run', '-l', 'bash', '-c', 'echo hello'], capture_output=True, text=True, timeout=120)
    return time.monotonic() - begin if run.stdout == 'hello\n' else None


def survivors():
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open('/proc/%s/comm' % pid, encoding='utf-8', errors='replace') as f:
                if f.read().startswith('stress-ng'):
                    found.append(pid)
        except OSError:
            pass
    return found


def stress(name, idle):
    limit = 20 * seconds + 60
    script = 'exec stress-ng --class %s --all 1 --timeout %d --temp-path /tmp --oomable --no-rand-seed -q 2>&1 | tail -n 3' % (name, seconds)
    attack = subprocess.Popen([codeexec, 'run', '--json', '-l', 'bash', '--limit', 'timeout=%ds' % limit, '--limit', 'cpu_time=%ds' % limit,
                               '-c', script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    times, lost = [], 0
    while attack.poll() is None and len(times) < 200:
        took = hello()
        lost += took is None
        times.append(took if took is not None else 0)
    try:
        out, errors = attack.communicate(timeout=limit + 30)
        status = json.loads(out)['status'] if out else errors.strip()
    except subprocess.TimeoutExpired:
        attack.kill()
        attack.communicate()
        status = 'no result'
    middle = statistics.median(times) if times else 0
    tap.ok(status in ('success', 'error', 'timeout', 'memory_limit', 'process_limit', 'disk_limit', 'file_size_limit') and not lost and
       middle < 10 * idle and not survivors(), 'class %s' % name,
       ['%s; neighbours %d, lost %d, median %.1f ms (idle %.1f); left: %s' % (
           status, len(times), lost, middle * 1e3, idle * 1e3, survivors() or 'nothing')])


if not shutil.which('stress-ng'):
    tap.skip('stress-ng is not installed')
if survivors():
    tap.skip('stress-ng runs here already')
names = classes()
if hello() is None:
    tap.skip('no sandbox here')
idle_median = statistics.median([hello() or 9 for _ in range(11)])
tap.ok(len(names) > 8, 'stress-ng has %d classes: %s' % (len(names), ' '.join(names)))
for name in names:
    stress(name, idle_median)
tap.done()
