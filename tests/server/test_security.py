#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Who may do what: keys, hosts, origins."""
import hashlib
import os
import signal
import subprocess
import tempfile
import unittest

from harness import BINARY, Case, Server, clean_environment, wait_until

ALICE, BOB, SLOW = "alice-key-0123456789", "bob-key-0123456789abc", "slow-key-0123456789abc"
LOOP = {"language": "bash", "code": "while :; do :; done"}


def digest(key):
    return hashlib.sha256(key.encode()).hexdigest()


def bearer(key):
    return {"Authorization": "Bearer " + key}


class Keys(Case):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.path = os.path.join(cls.directory.name, "keys")
        cls.write("alice %s" % digest(ALICE), "bob %s concurrency=1" % digest(BOB), "slow %s rate=2" % digest(SLOW))
        cls.server = Server({"CODE_EXEC_API_KEYS_FILE": cls.path})

    @classmethod
    def write(cls, *lines):
        with open(cls.path, "w", encoding="utf-8") as f:
            f.write("# name sha256\n\n" + "\n".join(lines) + "\n")
        os.chmod(cls.path, 0o600)

    def assert_alive(self):
        self.assertEqual(self.server.get("/healthz").status, 200)

    def start(self, key, body=None):
        answer = self.server.post("/executions", body or LOOP, headers=bearer(key))
        self.assertEqual(answer.status, 202, answer.body)
        return answer.json["id"]

    def status(self, id, key):
        return self.server.get("/executions/" + id, headers=bearer(key)).json["status"]

    def cancel(self, id, key):
        self.server.request("DELETE", "/executions/" + id, headers=bearer(key))
        wait_until(lambda: self.status(id, key) == "cancelled", "the end")

    def test_without_a_key_nothing_is_shown_but_health(self):
        for path in ("/healthz", "/readyz", "/openapi.json"):
            self.assertEqual(self.server.get(path).status, 200)
        for path in ("/languages", "/metrics", "/executions", "/executions/" + "0" * 32):
            answer = self.server.get(path)
            self.assert_error(answer, 401, "unauthorized")
            self.assertEqual(answer.headers["WWW-Authenticate"], "Bearer")
        self.assert_error(self.server.post("/execute", LOOP), 401, "unauthorized")

    def test_wrong_keys(self):
        for key in ("x", ALICE + "x", ALICE[:-1], digest(ALICE), "", " ", ALICE.upper(), "é" * 10):
            answer = self.server.get("/languages", headers={"X-API-Key": key.encode()})
            self.assert_error(answer, 401, "unauthorized")
        answer = self.server.get("/languages", headers={"Authorization": "Basic " + ALICE})
        self.assert_error(answer, 401, "unauthorized")

    def test_both_headers_work(self):
        self.assertEqual(self.server.get("/languages", headers={"X-API-Key": ALICE}).status, 200)
        self.assertEqual(self.server.get("/languages", headers={"Authorization": "bearer " + ALICE}).status, 200)

    def test_a_key_sees_only_its_own_executions(self):
        id = self.start(ALICE)
        for method, path in (("GET", ""), ("GET", "/events"), ("DELETE", ""), ("POST", "/stdin")):
            answer = self.server.request(method, "/executions/%s%s" % (id, path), headers=bearer(BOB),
                                         body=b"" if method == "POST" else None)
            self.assert_error(answer, 404, "unknown_execution")
        listed = self.server.get("/executions", headers=bearer(BOB)).json["executions"]
        self.assertNotIn(id, [e["id"] for e in listed])
        self.assertEqual(self.status(id, ALICE), "running")
        self.cancel(id, ALICE)

    def test_concurrency_of_a_key(self):
        first, second = self.start(BOB), self.start(BOB)
        wait_until(lambda: self.status(first, BOB) == "running", "the first to run")
        self.assertEqual(self.status(second, BOB), "queued")
        other = self.start(ALICE)
        wait_until(lambda: self.status(other, ALICE) == "running", "another key's to run")
        self.cancel(first, BOB)
        wait_until(lambda: self.status(second, BOB) == "running", "the second to run")
        self.cancel(second, BOB)
        self.cancel(other, ALICE)

    def test_rate_of_a_key(self):
        body = {"language": "bash", "code": ":"}
        answers = [self.server.post("/execute", body, headers=bearer(SLOW)) for _ in range(3)]
        self.assertEqual([a.status for a in answers[:2]], [200, 200])
        self.assert_error(answers[2], 429, "rate_limit")
        self.assertTrue(1 <= int(answers[2].headers["Retry-After"]) <= 61)

    def test_keys_are_read_again_on_sighup(self):
        new = "carol-key-0123456789"
        self.assertEqual(self.server.get("/languages", headers=bearer(new)).status, 401)
        self.write("carol " + digest(new), "alice " + digest(ALICE), "bob %s concurrency=1" % digest(BOB),
                   "slow %s rate=2" % digest(SLOW))
        self.server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.server.get("/languages", headers=bearer(new)).status == 200, "the new key")
        self.write("nonsense")
        self.server.process.send_signal(signal.SIGHUP)
        self.server.wait_logged("the keys stay as they were")
        self.assertEqual(self.server.get("/languages", headers=bearer(new)).status, 200)

    def test_neither_log_nor_listing_has_a_key(self):
        self.server.get("/languages", headers=bearer(ALICE))
        self.assertTrue(wait_until(lambda: self.server.logged('"key":"alice"'), "the log line"))
        self.assertFalse(self.server.logged(ALICE) or self.server.logged(digest(ALICE)))

    def test_files_of_keys_that_are_refused(self):
        bad = os.path.join(self.directory.name, "bad")
        good = "a " + digest(ALICE)
        for text, mode, wanted in ((good, 0o622, "chmod go-w"), ("", 0o600, "no key"), ("a b", 0o600, ":1:"),
                                   (good + "\n" + good, 0o600, ":2:"), (good + " rate=0", 0o600, "rate=N"),
                                   (good + " colour=1", 0o600, ":1:"), ("a " + digest(ALICE).upper(), 0o600, ":1:")):
            with open(bad, "w", encoding="utf-8") as f:
                f.write(text + "\n")
            os.chmod(bad, mode)
            done = subprocess.run([BINARY, "--check-config", "--api-keys-file", bad], env=clean_environment(),
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2, text)
            self.assertIn(wanted, done.stderr)

    def test_hash_key(self):
        done = subprocess.run([BINARY, "--hash-key"], input=ALICE + "\n", capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout.strip(), digest(ALICE))
        for n in (55, 56, 63, 64, 65, 119, 120, 1000):
            done = subprocess.run([BINARY, "--hash-key"], input="k" * n, capture_output=True, text=True, check=True)
            self.assertEqual(done.stdout.strip(), digest("k" * n))


class Browsers(Case):
    settings = {"CODE_EXEC_CORS_ORIGINS": "https://good.example, http://also.example:8000",
                "CODE_EXEC_ALLOWED_HOSTS": "code.example"}

    def test_hosts(self):
        for host in ("localhost", "localhost:1", "127.0.0.1", "[::1]:80", "code.example:443", "CODE.example", "10.0.0.1"):
            self.assertEqual(self.server.get("/healthz", headers={"Host": host}).status, 200, host)
        for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "[::1", "a b", "localhost:x"):
            self.assert_error(self.server.get("/healthz", headers={"Host": host}), 421, "host_not_allowed")

    def test_origins(self):
        own = "localhost:%d" % self.server.port
        body = {"language": "bash", "code": "echo ran"}
        for origin in ("http://evil.example", "null", "http://localhost:1", "https://good.example.evil.example", "x",
                       "http://" + own + ".evil.example"):
            answer = self.server.post("/execute", body, headers={"Host": own, "Origin": origin})
            self.assert_error(answer, 403, "origin_not_allowed")
        answer = self.server.post("/execute", body, headers={"Host": own, "Origin": "http://" + own})
        self.assertEqual(answer.status, 200)
        self.assertNotIn("Access-Control-Allow-Origin", answer.headers)
        answer = self.server.post("/execute", body, headers={"Sec-Fetch-Site": "cross-site"})
        self.assert_error(answer, 403, "origin_not_allowed")

    def test_cors_for_those_who_are_named(self):
        body = {"language": "bash", "code": "echo ran"}
        answer = self.server.post("/execute", body, headers={"Origin": "https://good.example"})
        self.assertEqual((answer.status, answer.headers["Access-Control-Allow-Origin"]), (200, "https://good.example"))
        asked = {"Origin": "http://also.example:8000", "Access-Control-Request-Method": "POST"}
        answer = self.server.request("OPTIONS", "/execute", headers=asked, check=False)
        self.assertEqual((answer.status, answer.headers["Access-Control-Allow-Origin"]), (204, asked["Origin"]))
        self.assertIn("POST", answer.headers["Access-Control-Allow-Methods"])
        asked["Origin"] = "http://evil.example"
        answer = self.server.request("OPTIONS", "/execute", headers=asked, check=False)
        self.assertEqual(answer.status, 403)
        self.assertNotIn("Access-Control-Allow-Origin", answer.headers)


if __name__ == "__main__":
    unittest.main()
