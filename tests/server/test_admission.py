#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Who runs when, and who is turned away."""
import hashlib
import os
import tempfile
import threading
import unittest

from harness import Case, Server, wait_until

LOOP = {"language": "bash", "code": "while :; do :; done"}


class Queue(Case):
    settings = {"MAX_CONCURRENT_EXECUTIONS": "1", "CODE_EXEC_QUEUE_LIMIT": "2", "CODE_EXEC_QUEUE_TIMEOUT": "1500ms"}

    def start(self, body=None):
        return self.server.post("/executions", body or LOOP)

    def finish(self, *ids):
        for id in ids:
            self.server.request("DELETE", "/executions/" + id)
        self.server.wait_idle()

    def test_beyond_the_queue_there_is_429(self):
        ids = [self.start().json["id"] for _ in range(3)]
        self.assertEqual(self.server.metric("codeexec_queue_depth"), 2)
        answer = self.start()
        self.assert_error(answer, 429, "queue_full")
        self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
        self.assert_error(self.server.post("/execute", LOOP), 429, "queue_full")
        self.assert_alive()
        self.finish(*reversed(ids))
        self.assertEqual(self.server.run("echo free").json["stdout"], "free\n")

    def test_a_queued_one_can_be_cancelled(self):
        first, second = self.start().json["id"], self.start().json["id"]
        self.server.request("DELETE", "/executions/" + second)
        shown = self.server.get("/executions/" + second).json
        self.assertEqual((shown["status"], shown["result"]["execution_time"]), ("cancelled", 0))
        self.finish(first)

    def test_patience_ends(self):
        first = self.start().json["id"]
        answer = self.server.post("/execute", {"language": "bash", "code": ":"})
        self.assert_error(answer, 503, "queue_timeout")
        self.assertIn("Retry-After", answer.headers)
        self.finish(first)

    def test_who_waits_and_leaves_is_forgotten(self):
        first = self.start().json["id"]
        with self.server.connect() as s:
            text = b'{"language":"bash","code":":"}'
            s.sendall(b"POST /execute HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                      b"Content-Length: %d\r\n\r\n%s" % (len(text), text))
            wait_until(lambda: self.server.metric("codeexec_queue_depth") == 1, "it to wait")
        wait_until(lambda: self.server.metric("codeexec_queue_depth") == 0, "it to be forgotten", 1)
        self.finish(first)


class FairShares(Case):
    """A client with many executions does not keep another one waiting for all of them."""

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        path = os.path.join(cls.directory.name, "keys")
        with open(path, "w", encoding="utf-8") as f:
            for name in ("many", "one"):
                f.write("%s %s\n" % (name, hashlib.sha256(name.encode() * 8).hexdigest()))
        os.chmod(path, 0o600)
        cls.server = Server({"CODE_EXEC_API_KEYS_FILE": path, "MAX_CONCURRENT_EXECUTIONS": "1"})

    def test_clients_take_turns(self):
        order, threads = [], []

        def run(name, number):
            answer = self.server.post("/execute", {"language": "bash", "code": "sleep 0.05"}, headers={"X-API-Key": name * 8})
            order.append((name, number, answer.status))

        def begin(name, number, depth):
            threads.append(threading.Thread(target=run, args=(name, number)))
            threads[-1].start()
            key = {"X-API-Key": "one" * 8}
            wait_until(lambda: self.server.metric("codeexec_queue_depth", key) + self.server.metric("codeexec_running", key)
                       + len(order) >= depth, "it to be there")

        for i in range(8):
            begin("many", i, i + 1)
        begin("one", 0, 9)
        for thread in threads:
            thread.join()
        self.assertEqual([status for _, _, status in order], [200] * 9)
        self.assertEqual([n for name, n, _ in order if name == "many"], list(range(8)), "not first come first served")
        self.assertLess([name for name, _, _ in order].index("one"), 8, "the one waited for all of the many: %s" % order)


class Buffered(Case):
    settings = {"MAX_CONCURRENT_EXECUTIONS": "1", "CODE_EXEC_MAX_BUFFERED_BYTES": "300KiB"}

    def test_bodies_in_memory_are_bounded(self):
        big = dict(LOOP, input="x" * 200000)
        first = self.server.post("/executions", LOOP).json["id"]
        second = self.server.post("/executions", big).json["id"]
        self.assert_error(self.server.post("/executions", big), 503, "busy")
        for id in (second, first):
            self.server.request("DELETE", "/executions/" + id)
        self.server.wait_idle()
        self.assertEqual(self.server.post("/execute", dict(big, code=":")).status, 200)


if __name__ == "__main__":
    unittest.main()
