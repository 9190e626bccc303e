#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""fork_floor.py [SECONDS]: how many hellos a second this machine makes without any sandbox: by starting Python each time, and by a Python
that forks itself, which is the least that a warm start can do; each with one worker and with two. What two workers gain over one says
how much of it the machine does one at a time."""
import multiprocessing
import os
import sys
import time

SOURCE = "print('hello')\n"


def spawn():
    pid = os.posix_spawn("/usr/bin/python3", ["python3", "-c", SOURCE], os.environ,
                         file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
    os.waitpid(pid, 0)


def fork():
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
        exec(compile(SOURCE, "main.py", "exec"), {"__name__": "__main__"})
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(pid, 0)


def work(how, seconds, counts):
    end, done = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        how()
        done += 1
    counts.put(done)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5
    for how in (spawn, fork):
        for workers in (1, 2):
            counts = multiprocessing.Queue()
            processes = [multiprocessing.Process(target=work, args=(how, seconds, counts)) for _ in range(workers)]
            for process in processes:
                process.start()
            done = sum(counts.get() for _ in processes)
            for process in processes:
                process.join()
            print(f"{how.__name__}, {workers} worker{'s' * (workers > 1)}: {done / seconds:.0f}/s", flush=True)


if __name__ == "__main__":
    main()
