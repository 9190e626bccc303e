# SPDX-License-Identifier: Apache-2.0 OR MIT
"""A server of one's own for each test class, a client that holds every answer against the API's description, and
counts of what a server must not leave behind."""
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import schema

BINARY = os.environ["CODEEXEC_SERVER"]
PATIENCE_S = 60


def clean_environment(extra=None):
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("CODE_EXEC_", "MAX_CONCURRENT", "LISTEN_", "NOTIFY_"))}
    keep.update(extra or {})
    return keep


def wait_until(condition, what, patience=PATIENCE_S):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError("in vain: " + what)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json["error"]["code"]


class Server:
    def __init__(self, environment=None, arguments=(), wait=True, unix=None, pass_fds=(), shell=None):
        settings = {"CODE_EXEC_PORT": "0"}
        settings.update(environment or {})
        self.unix, self.port, self.log = unix, None, []
        command = ["sh", "-c", shell, BINARY] if shell else [BINARY, *arguments]
        self.process = subprocess.Popen(command, env=clean_environment(settings), stderr=subprocess.PIPE,
                                        stdin=subprocess.DEVNULL, pass_fds=pass_fds)
        self.reader = threading.Thread(target=self._read_log, daemon=True)
        self.reader.start()
        if wait:
            self.wait_ready()

    def _read_log(self):
        for line in self.process.stderr:
            self.log.append(line.decode("utf-8", "replace"))
        self.process.stderr.close()

    def logged(self, text):
        return next((line for line in list(self.log) if text in line), None)

    def wait_logged(self, text, patience=PATIENCE_S):
        return wait_until(lambda: self.logged(text) or (self.process.poll() is not None and self.logged(text)),
                          "%r in the log:\n%s" % (text, "".join(self.log[-20:])), patience)

    def wait_listening(self):
        line = self.wait_logged("listening on")
        found = re.search(r"port (\d+)", line)
        self.port = int(found.group(1)) if found else None

    def wait_ready(self):
        self.wait_listening()
        self.wait_logged('"ready"')

    def connect(self, timeout=PATIENCE_S):
        if self.unix:
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(timeout)
            s.connect(self.unix)
            return s
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def request(self, method, path, body=None, headers=None, check=True):
        connection = http.client.HTTPConnection("localhost", self.port, timeout=PATIENCE_S)
        connection.sock = self.connect()
        all_headers = {}
        if isinstance(body, (dict, list)):
            body, all_headers = json.dumps(body), {"Content-Type": "application/json"}
        all_headers.update(headers or {})
        try:
            connection.request(method, path, body, all_headers)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        if check:
            schema.check_answer(method, path, answer.status, answer.headers.get("Content-Type", ""), answer.body)
        return answer

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body, **more):
        return self.request("POST", path, body, **more)

    def run(self, code, language="bash", **fields):
        return self.post("/execute", dict({"language": language, "code": code}, **fields))

    def raw(self, data, timeout=PATIENCE_S, close=True):
        """Sends the bytes as they are, and gives all that comes back until the end (or until it falls silent)."""
        with self.connect(timeout) as s:
            out = b""
            try:
                s.sendall(data)
                if close is True:
                    s.shutdown(socket.SHUT_WR)
                while True:
                    part = s.recv(65536)
                    if not part:
                        break
                    out += part
            except (ConnectionError, socket.timeout):
                pass
            return out

    def metric(self, name, headers=None):
        for line in self.get("/metrics", headers=headers).body.decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        return 0.0

    def count(self, name, headers=None):
        """The sum over all labels."""
        text = self.get("/metrics", headers=headers).body.decode()
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith((name + "{", name + " ")))

    def wait_idle(self):
        wait_until(lambda: self.metric("codeexec_running") == 0 and self.metric("codeexec_queue_depth") == 0, "idle")

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))

    def supervisors(self):
        """Children of the server: its supervisors."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/stat" % pid) as f:
                    fields = f.read().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[1]) == self.process.pid and fields[0] != "Z":
                found.append(int(pid))
        return found

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(PATIENCE_S)
        self.reader.join(PATIENCE_S)
        return status


def read_events(response):
    """Server-sent events of a file-like response, one by one: (id, event, data)."""
    number = name = None
    data = []
    for line in response:
        line = line.decode().rstrip("\n")
        if line.startswith("id: "):
            number = int(line[4:])
        elif line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            data.append(line[6:])
        elif not line and name:
            yield number, name, json.loads("\n".join(data))
            number = name = None
            data = []


class Case(unittest.TestCase):
    """One server per class; after the class it stops cleanly and nothing of it is left."""
    settings = {}
    arguments = ()

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.server = Server(cls.settings, cls.arguments)

    @classmethod
    def tearDownClass(cls):
        supervisors = cls.server.supervisors()
        status = cls.server.stop()
        log = "".join(cls.server.log)
        cls.directory.cleanup()
        if status != 0 or "Sanitizer" in log:
            raise AssertionError("the server ended with %d:\n%s" % (status, log[-4000:]))
        for pid in supervisors:
            wait_until(lambda: not os.path.exists("/proc/%d" % pid), "the end of supervisor %d" % pid)

    def assert_alive(self):
        self.assertEqual(self.server.get("/healthz").status, 200)

    def assert_error(self, answer, status, code, field=None):
        self.assertEqual((answer.status, answer.code), (status, code), answer.body)
        if field:
            self.assertEqual(answer.json["error"]["field"], field, answer.body)


def skip_unless(condition, reason):
    if condition:
        return
    if os.environ.get("CE_TESTS_MUST_RUN") == "1":
        raise AssertionError("must run, but: " + reason)
    raise unittest.SkipTest(reason)


if __name__ == "__main__":
    raise SystemExit("run one of test_*.py")
