#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Calls of the server that fail, one at a time (helpers/failcall.c makes them fail): every answer is right, or an error in the usual form,
the server lives on, and what comes next is answered as if nothing had been."""
import http.client
import mmap
import os
import random
import signal
import struct
import sys
import tempfile
import time
import unittest

from harness import Server

OBJECT = os.environ["CODEEXEC_FAILCALL"]
LONG = "--long" in sys.argv
BUDGET_S = 12  # of each sweep in the ordinary run; beyond it only every n-th call fails
ALLOCATIONS, OTHERS = 1, 2
# As in helpers/failcall.h: eight bytes each, the name after sixteen numbers of processes.
FIELDS = {name: 8 * i for i, name in enumerate(("armed", "nth", "error", "what", "odds", "seed", "owner", "count", "hits"))}
NAME_AT, NAME_SIZE, FILE_SIZE = 8 * 11 + 8 * 16, 32, 8192


class Control:
    def __init__(self, path):
        with open(path, "wb") as f:
            f.truncate(FILE_SIZE)
        with open(path, "r+b") as f:
            self.map = mmap.mmap(f.fileno(), FILE_SIZE)

    def get(self, field):
        return struct.unpack_from("Q", self.map, FIELDS[field])[0]

    def set(self, **fields):
        for field, value in fields.items():
            struct.pack_into("Q", self.map, FIELDS[field], value)

    def failed(self):
        """Its name, and who called it."""
        trace = self.map[NAME_AT + NAME_SIZE + 8:]
        return (self.map[NAME_AT:NAME_AT + NAME_SIZE].split(b"\0")[0] + trace.split(b"\0")[0]).decode()


class Faults(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        path = os.path.join(directory.name, "control")
        self.control = Control(path)
        self.environment = {"FAILCALL": path, "LD_PRELOAD": OBJECT, "CODE_EXEC_LOG_REQUESTS": "false"}

    def serve(self):
        server = Server(environment=self.environment)
        self.addCleanup(server.stop, signal.SIGKILL)
        return server

    def ask(self, server, what, method, path, body, status, says=None):
        """An answer that is right, or an error, or none: where there is no memory for a connection there cannot be one. What is an answer
        at all is held against the API's description by the harness."""
        try:
            answer = server.request(method, path, body, {"Content-Type": "application/json"} if body else None)
        except TimeoutError:
            self.fail("no answer to %s: %s, %s" % (path, what, self.control.failed()))
        except (ConnectionError, http.client.HTTPException):
            return
        if answer.status == status:
            if says is not None and answer.json["status"] != "system_error":
                self.assertEqual((answer.json["status"], answer.json["stdout"]), ("success", says), what)
        else:
            self.assertIn(answer.status, (429, 500, 503), "%s: %s: %s" % (what, path, answer.body))

    def use(self, server, what):
        self.ask(server, what, "POST", "/execute", {"language": "bash", "code": "read x; echo \"$x\"", "input": "hello\n"}, 200, "hello\n")
        self.ask(server, what, "POST", "/execute", "{\"language\": ", 400)
        self.ask(server, what, "GET", "/healthz", None, 200)
        self.ask(server, what, "GET", "/metrics", None, 200)

    def sweep(self, what):
        server = self.serve()
        self.use(server, "warming up")
        self.control.set(what=what, nth=0, count=0, hits=0, armed=1)
        started = time.monotonic()
        self.use(server, "without a failure")
        cost = time.monotonic() - started + 0.01
        self.control.set(armed=0)
        calls = self.control.get("count")
        self.assertGreater(calls, 20)
        stride = 1 if LONG else max(1, int(calls * cost * 2 / BUDGET_S) + 1)
        for nth in range(1 + random.randrange(stride), calls + 1, stride):
            self.control.set(nth=nth, count=0, hits=0, armed=1)
            self.use(server, "call %d" % nth)
            self.control.set(armed=0)
            what = "after call %d, %s" % (nth, self.control.failed())
            self.assertIsNone(server.process.poll(), what + "".join(server.log[-3:]))
            good = server.run("echo fine")
            self.assertEqual((good.status, good.json["status"], good.json["stdout"]), (200, "success", "fine\n"), what)
        self.assertEqual(server.stop(), 0)
        print("# every %d. of %d calls" % (stride, calls))

    def test_allocations_that_fail(self):
        self.sweep(ALLOCATIONS)

    def test_other_calls_that_fail(self):
        self.sweep(OTHERS)


if __name__ == "__main__":
    unittest.main(argv=[a for a in sys.argv if a != "--long"])
