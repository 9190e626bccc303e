#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Many executions of every kind and outcome, after which nothing has grown: soak.py [COUNT [CLIENTS]]

Resident memory is taken when a tenth has run and again at the end: the difference stays under 1 MiB. Descriptors,
children and cgroups are as before."""
import collections
import glob
import http.client
import json
import os
import sys
import threading
import time

from harness import Server, wait_until

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 20000
CLIENTS = int(sys.argv[2]) if len(sys.argv) > 2 else 4
GROWTH_MAX_KIB = 1024

REQUESTS = [
    {"language": "bash", "code": "echo hello"},
    {"language": "python", "code": "print('hello')"},
    {"language": "bash", "code": "exit 3"},
    {"language": "c", "code": "int main(void) { return 0; }"},
    {"language": "bash", "code": "kill -KILL $$"},
    {"language": "python", "code": "1 / 0"},
    {"language": "c", "code": "int main(void) { return x; }"},
    {"language": "bash", "code": "while :; do :; done", "timeout": 0.05},
    {"language": "javascript", "code": "console.log(1)"},
    {"language": "bash", "code": "head -c 100000 /dev/zero", "limits": {"output": 1000}},
    {"language": "python", "code": "x = bytearray(1 << 27)", "limits": {"memory": 32 << 20}},
    {"language": "bash", "code": "cat", "input": "x" * 10000},
]


def resident_kib(server):
    with open("/proc/%d/status" % server.process.pid, encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


def state(server):
    groups = [g for g in glob.glob("/sys/fs/cgroup/**/*codeexec*", recursive=True) if os.path.isdir(g)]
    return server.descriptors(), len(server.supervisors()), len(groups)


def client(server, numbers, seen, lock):
    connection = http.client.HTTPConnection("localhost", server.port, timeout=120)
    while True:
        with lock:
            number = next(numbers, None)
        if number is None:
            break
        request = REQUESTS[number % len(REQUESTS)]
        path = "/execute" if number % 5 else "/execute?stream=1"
        connection.request("POST", path, json.dumps(request), {"Content-Type": "application/json"})
        response = connection.getresponse()
        body = response.read()
        with lock:
            seen[response.status if number % 5 == 0 else json.loads(body)["status"]] += 1
    connection.close()


def run(server, start, end, seen):
    numbers, lock = iter(range(start, end)), threading.Lock()
    threads = [threading.Thread(target=client, args=(server, numbers, seen, lock)) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.wait_idle()
    time.sleep(1)


def main():
    server, seen = Server({"CODE_EXEC_LOG_REQUESTS": "false"}), collections.Counter()
    try:
        run(server, 0, COUNT // 10, seen)
        before, groups = resident_kib(server), state(server)
        started = time.monotonic()
        run(server, COUNT // 10, COUNT, seen)
        seconds = time.monotonic() - started
        growth = resident_kib(server) - before
        print("%d executions, %.1f per second: %s" % (COUNT, COUNT * 0.9 / seconds, dict(seen)))
        print("resident %d KiB, grown by %d KiB; descriptors, supervisors, cgroups %s" % (before, growth, groups))
        wait_until(lambda: state(server) == groups, "descriptors, supervisors and cgroups as before: %s" % (state(server),), 10)
        if growth > GROWTH_MAX_KIB or seen[500] or seen["system_error"] or sum(seen.values()) != COUNT:
            raise SystemExit("it has grown, or something went wrong")
    finally:
        status = server.stop()
    if status:
        raise SystemExit("the server ended with %d" % status)


if __name__ == "__main__":
    main()
