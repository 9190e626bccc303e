#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Starting, reloading, stopping, and the death of the supervisor."""
import json
import os
import signal
import socket
import tempfile
import threading
import time
import unittest

from harness import Server, wait_until

LOOP = {"language": "bash", "code": "echo begun; while :; do :; done"}


class Lifecycle(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = os.path.join(directory.name, "socket")

    def serve(self, **more):
        server = Server(**more)
        self.addCleanup(server.stop, signal.SIGKILL)
        return server

    def background(self, function, *arguments):
        results = []
        thread = threading.Thread(target=lambda: results.append(function(*arguments)))
        thread.start()
        return thread, results

    def test_sigterm_lets_what_runs_finish(self):
        server = self.serve()
        thread, results = self.background(server.post, "/execute", {"language": "bash", "code": "sleep 0.7; echo done"})
        wait_until(lambda: server.metric("codeexec_running") == 1, "it to run")
        with server.connect() as kept:
            kept.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertIn(b"200 OK", kept.recv(4096))
            server.process.send_signal(signal.SIGTERM)
            server.wait_logged("stopping")
            kept.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = kept.recv(4096)
            self.assertIn(b" 503 ", answer)
            self.assertIn(b"Connection: close", answer)
        self.assertRaises(OSError, server.connect)
        thread.join()
        self.assertEqual((results[0].status, results[0].json["stdout"]), (200, "done\n"))
        self.assertEqual(server.stop(), 0)

    def test_draining_ends_with_cancelling(self):
        server = self.serve(environment={"CODE_EXEC_DRAIN_TIMEOUT": "300ms"})
        thread, results = self.background(server.post, "/execute", LOOP)
        wait_until(lambda: server.metric("codeexec_running") == 1, "it to run")
        started = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertLess(time.monotonic() - started, 5)
        thread.join()
        self.assertEqual(results[0].json["status"], "cancelled")

    def test_a_second_signal_is_less_patient(self):
        server = self.serve()
        server.post("/executions", LOOP)
        wait_until(lambda: server.metric("codeexec_running") == 1, "it to run")
        server.process.send_signal(signal.SIGTERM)
        server.wait_logged("stopping")
        started = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertLess(time.monotonic() - started, 5)

    def test_stopping_with_readers_of_events(self):
        server = self.serve(environment={"CODE_EXEC_DRAIN_TIMEOUT": "200ms"})
        id = server.post("/executions", LOOP).json["id"]
        with server.connect() as s:
            s.sendall(b"GET /executions/%s/events HTTP/1.1\r\nHost: localhost\r\n\r\n" % id.encode())
            seen = b""
            while b"queued" not in seen:
                part = s.recv(4096)
                self.assertTrue(part, seen)
                seen += part
            self.assertEqual(server.stop(), 0)

    def test_reload_keeps_what_runs(self):
        server = self.serve()
        old = server.supervisors()
        thread, results = self.background(server.post, "/execute", {"language": "bash", "code": "sleep 1; echo done"})
        wait_until(lambda: server.metric("codeexec_running") == 1, "it to run")
        server.process.send_signal(signal.SIGHUP)
        server.wait_logged("executors were reloaded")
        self.assertEqual(server.run("echo new").json["stdout"], "new\n")
        thread.join()
        self.assertEqual(results[0].json["stdout"], "done\n")
        wait_until(lambda: len(server.supervisors()) == 1 and server.supervisors() != old, "the old sandbox to go")
        self.assertEqual(server.stop(), 0)

    def test_the_death_of_the_supervisor_is_survived(self):
        server = self.serve()
        thread, results = self.background(server.post, "/execute", LOOP)
        wait_until(lambda: server.metric("codeexec_running") == 1, "it to run")
        os.kill(server.supervisors()[0], signal.SIGKILL)
        thread.join()
        self.assertEqual((results[0].status, results[0].json["status"]), (500, "system_error"))
        self.assertEqual(server.run("echo next").json["stdout"], "next\n")
        self.assertEqual(server.metric("codeexec_supervisor_restarts_total"), 1)
        self.assertEqual(server.stop(), 0)

    def test_while_it_starts_it_is_alive_but_not_ready(self):
        wrapper, go = self.path + ".sh", self.path + ".go"
        with open(wrapper, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\nwhile [ ! -e %s ]; do sleep 0.02; done\nexec %s\n" %
                    (go, os.environ["CODEEXEC_SUPERVISOR"]))
        os.chmod(wrapper, 0o755)
        server = self.serve(environment={"CODE_EXEC_SUPERVISOR": wrapper}, wait=False)
        server.wait_listening()
        self.assertEqual(server.get("/healthz").status, 200)
        for method, path in (("GET", "/readyz"), ("GET", "/languages"), ("POST", "/execute"), ("POST", "/executions")):
            answer = server.request(method, path, LOOP if method == "POST" else None)
            self.assertEqual((answer.status, answer.code), (503, "starting"))
            self.assertIn("Retry-After", answer.headers)
        with open(go, "w", encoding="utf-8"):
            pass
        server.wait_logged('"ready"')
        self.assertEqual(server.get("/readyz").status, 200)
        self.assertEqual(server.stop(), 0)

    def test_ipv6(self):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError as error:
            self.skipTest("no IPv6 loopback: %s" % error)
        server = self.serve(environment={"CODE_EXEC_BIND": "::1"})
        with socket.create_connection(("::1", server.port)) as s:
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: [::1]:%d\r\n\r\n" % server.port)
            self.assertIn(b"200 OK", s.recv(4096))
        self.assertEqual(server.stop(), 0)

    def test_a_start_that_fails_says_why(self):
        server = self.serve(environment={"CODE_EXEC_SUPERVISOR": "/nonexistent"}, wait=False)
        self.assertEqual(server.process.wait(30), 1)
        server.wait_logged("/nonexistent")

    def test_a_port_that_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            server = self.serve(environment={"CODE_EXEC_PORT": str(taken.getsockname()[1])}, wait=False)
            self.assertEqual(server.process.wait(30), 1)
        server.wait_logged("Address already in use")

    def test_unix_socket(self):
        server = self.serve(environment={"CODE_EXEC_SOCKET": self.path}, unix=self.path)
        self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o660)
        self.assertEqual(server.run("echo hi").json["stdout"], "hi\n")
        self.assertEqual(server.stop(), 0)
        self.assertFalse(os.path.exists(self.path))

    def test_a_stale_unix_socket_is_replaced_and_a_live_one_is_not(self):
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(self.path)
        server = self.serve(environment={"CODE_EXEC_SOCKET": self.path}, unix=self.path)
        other = self.serve(environment={"CODE_EXEC_SOCKET": self.path}, unix=self.path, wait=False)
        self.assertEqual(other.process.wait(30), 1)
        self.assertEqual(server.get("/healthz").status, 200)

    def test_a_socket_from_systemd_and_word_to_it(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, socket.create_server(("127.0.0.1", 0)) as passed:
            notify.bind(self.path)
            notify.settimeout(30)

            server = self.with_listen_pid(passed, notify)
            self.assertEqual(notify.recv(100), b"READY=1")
            self.assertEqual(server.get("/healthz").status, 200)
            server.process.send_signal(signal.SIGHUP)
            self.assertRegex(notify.recv(100), rb"^RELOADING=1\nMONOTONIC_USEC=\d+$")
            self.assertEqual(notify.recv(100), b"READY=1")
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(notify.recv(100), b"STOPPING=1")
            self.assertEqual(server.stop(), 0)

    def with_listen_pid(self, passed, notify):
        """A shell knows its own pid, which the server then has."""
        server = self.serve(arguments=(), wait=False, pass_fds=(passed.fileno(),),
                            shell="exec 3<&%d; LISTEN_PID=$$ LISTEN_FDS=1 NOTIFY_SOCKET=%s exec \"$0\"" %
                            (passed.fileno(), notify.getsockname()))
        server.wait_logged('"ready"')
        server.port = passed.getsockname()[1]
        return server

    def test_log_lines_are_json(self):
        server = self.serve()
        server.run("echo hi")
        server.raw(b'GET /"\\\x80 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', close=False)
        self.assertEqual(server.stop(), 0)
        for line in server.log:
            parsed = json.loads(line)
            self.assertLessEqual({"time", "level", "message"}, set(parsed))
        requests = [json.loads(line) for line in server.log if '"request"' in line]
        self.assertEqual(requests[0]["status"], 200)
        self.assertEqual(len(requests[0]["execution_id"]), 32)

    def test_a_language_gets_what_it_needs_unless_somebody_said_otherwise(self):
        """Its manifest asks for files of 64 MiB; the standard ceiling is 10."""
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        with open(os.path.join(directory.name, "roomy.yaml"), "w", encoding="utf-8") as f:
            f.write("abi: 1\nname: roomy\ntitle: Roomy\nextensions: [roomy]\nsource: main.sh\nlimits: {run: {file_size: 64MiB}}\n"
                    "runtimes:\n  - name: bash\n    run:\n      command: [bash, \"{source}\"]\n")
        os.chmod(directory.name, 0o755)
        code = "head -c 20000000 /dev/zero >f && stat -c %s f"
        for settings, wanted in (({}, ("success", "20000000\n")),
                                 ({"CODE_EXEC_MAX_FILE_SIZE": "10MiB"}, ("file_size_limit", ""))):
            server = self.serve(environment={"CODE_EXEC_EXECUTORS_DIR": directory.name, **settings})
            answer = server.run(code, "roomy").json
            self.assertEqual((answer["status"], answer["stdout"]), wanted, answer)
            refused = server.run(code, "roomy", limits={"file_size": 20 << 20})
            self.assertEqual(refused.status, 400, refused.body)

    def test_what_was_started_ahead_serves_the_first_request(self):
        server = self.serve(environment={"CODE_EXEC_PREWARM": "bash"})
        self.assertEqual(server.metric("codeexec_warm_waiting"), 1)
        self.assertEqual(server.run("echo hello").json["stdout"], "hello\n")
        self.assertEqual((server.metric("codeexec_warm_hits_total"), server.metric("codeexec_warm_misses_total")), (1, 0))
        self.assertGreater(server.metric("codeexec_warm_start_seconds_total"), 0)
        self.assertGreater(server.metric("codeexec_warm_bytes"), 0)


if __name__ == "__main__":
    unittest.main()
