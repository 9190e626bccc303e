#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Executions that are started, watched, fed and cancelled."""
import http.client
import json
import time
import unittest

import schema
from harness import PATIENCE_S, Case, read_events, wait_until

LOOP = "while :; do :; done"


class Executions(Case):
    settings = {"CODE_EXEC_EVENT_BUFFER": "8KiB", "CODE_EXEC_KEEP_RESULTS": "20"}

    def start(self, code, language="bash", **fields):
        answer = self.server.post("/executions", dict({"language": language, "code": code}, **fields))
        self.assertEqual(answer.status, 202, answer.body)
        self.assertEqual(answer.headers["Location"], answer.json["url"])
        return answer.json["id"]

    def wait_state(self, id, *states):
        return wait_until(lambda: (lambda e: e if e["status"] in states else None)(
            self.server.get("/executions/" + id).json), "%s to be %s" % (id, states))

    def wait_finished(self, id):
        return wait_until(lambda: (lambda e: e if e["finished"] else None)(self.server.get("/executions/" + id).json),
                          "the end of " + id)

    def open_events(self, path, method="GET", body=None, headers=None):
        connection = http.client.HTTPConnection("localhost", self.server.port, timeout=PATIENCE_S)
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        self.assertEqual(response.status, 200)
        self.assertTrue(response.headers["Content-Type"].startswith("text/event-stream"))
        self.addCleanup(connection.close)
        return connection, response

    def events(self, *arguments, **more):
        events = list(read_events(self.open_events(*arguments, **more)[1]))
        for _, name, data in events:
            schema.check_event(name, data)
        return events

    def test_a_result_waits_to_be_fetched(self):
        id = self.start("echo hello")
        shown = self.wait_finished(id)
        self.assertEqual((shown["status"], shown["result"]["stdout"]), ("success", "hello\n"))
        self.assertEqual(shown["result"]["id"], id)
        self.assertLessEqual(shown["created_at"], shown["finished_at"])
        self.assertLess(abs(shown["created_at"] / 1000 - time.time()), 60)

    def test_events_tell_everything_in_order(self):
        events = self.events("/executions/%s/events" % self.start("echo a; echo b >&2; sleep 0.25; exit 2"))
        self.assertEqual([n for n, _, _ in events], list(range(1, len(events) + 1)))
        names = [name for _, name, _ in events]
        self.assertEqual(names[:2], ["status", "status"])
        self.assertEqual([d["status"] for _, n, d in events if n == "status"], ["queued", "running"])
        self.assertEqual("".join(d["data"] for _, n, d in events if n == "stdout"), "a\n")
        self.assertEqual("".join(d["data"] for _, n, d in events if n == "stderr"), "b\n")
        self.assertGreaterEqual(names.count("usage"), 2)
        self.assertEqual(names[-1], "finished")
        self.assertEqual(events[-1][2]["exit_code"], 2)

    def test_a_compiled_language_tells_of_its_stages(self):
        events = self.events("/executions/%s/events" % self.start('#include <stdio.h>\nint main(void){puts("x");}', "c"))
        self.assertEqual([d["status"] for _, n, d in events if n == "status"], ["queued", "compiling", "running"])

    def test_last_event_id_resumes(self):
        id = self.start("echo a; sleep 0.1; echo b")
        self.wait_finished(id)
        events = self.events("/executions/%s/events" % id)
        resumed = self.events("/executions/%s/events" % id, headers={"Last-Event-ID": "3"})
        self.assertEqual(resumed, events[3:])
        self.assertEqual(self.events("/executions/%s/events?last_event_id=4" % id), events[4:])
        self.assertEqual(self.events("/executions/%s/events" % id, headers={"Last-Event-ID": "999"}), [])
        answer = self.server.get("/executions/%s/events" % id, headers={"Last-Event-ID": "x"})
        self.assert_error(answer, 400, "invalid_request")

    def test_the_buffer_is_bounded_and_a_gap_is_told(self):
        id = self.start("for i in {1..400}; do echo $i 0123456789012345678901234567890123456789; "
                        "[ $((i % 50)) = 0 ] && sleep 0.02; done", limits={"output": 1 << 20})
        self.wait_finished(id)
        events = self.events("/executions/%s/events" % id)
        self.assertEqual(events[0][1], "gap")
        self.assertEqual(events[0][2]["from"], 1)
        self.assertEqual(events[0][2]["to"] + 1, events[1][0])
        self.assertEqual(events[-1][1], "finished")
        self.assertIn("400 0123", events[-1][2]["stdout"])

    def test_characters_are_never_cut(self):
        code = "import os, time\nfor b in '€𝄞é'.encode(): os.write(1, bytes([b])); time.sleep(0.02)\nos.write(1, b'\\xe2\\x82')"
        events = self.events("/executions/%s/events" % self.start(code, "python"))
        parts = [d["data"] for _, n, d in events if n == "stdout"]
        self.assertEqual("".join(parts), "€𝄞é\ufffd")
        self.assertLessEqual(set("".join(parts[:-1])), set("€𝄞é"))

    def test_stdin_is_fed_while_it_runs(self):
        id = self.start("while read x; do echo got $x; done; echo end", interactive=True)
        connection, response = self.open_events("/executions/%s/events" % id)
        events = read_events(response)
        fed = self.server.post("/executions/%s/stdin" % id, b"one\n", headers={"Content-Type": "text/plain"})
        self.assertEqual((fed.status, fed.json["accepted"], fed.json["closed"]), (200, 4, False))
        self.assertEqual(next(d["data"] for _, n, d in events if n == "stdout"), "got one\n")
        self.assertEqual(self.server.post("/executions/%s/stdin?close=1" % id, b"two\n").json["closed"], True)
        rest = list(events)
        self.assertEqual("".join(d["data"] for _, n, d in rest if n == "stdout"), "got two\nend\n")
        self.assert_error(self.server.post("/executions/%s/stdin" % id, b"x"), 409, "finished")

    def test_stdin_of_others_is_closed(self):
        id = self.start("sleep 5")
        self.assert_error(self.server.post("/executions/%s/stdin" % id, b"x"), 409, "not_interactive")
        self.server.request("DELETE", "/executions/" + id)

    def test_cancel(self):
        id = self.start("echo before; " + LOOP)
        self.wait_state(id, "running")
        wait_until(lambda: self.server.get("/executions/" + id).json["usage"], "a sample")
        self.assertEqual(self.server.request("DELETE", "/executions/" + id).status, 202)
        shown = self.wait_finished(id)
        self.assertEqual((shown["status"], shown["result"]["stdout"]), ("cancelled", "before\n"))
        self.assertEqual(self.server.request("DELETE", "/executions/" + id).status, 200)

    def test_a_list_of_what_runs_and_ran(self):
        done, id = self.start("exit 4"), self.start(LOOP)
        self.wait_finished(done)
        self.wait_state(id, "running")
        listed = self.server.get("/executions").json
        found = {e["id"]: e for e in listed["executions"]}
        self.assertEqual((found[done]["exit_code"], found[id]["status"]), (4, "running"))
        self.assertEqual(listed["summary"]["running"], 1)
        self.assertIsNotNone(listed["summary"]["total_ms"]["p99"])
        self.server.request("DELETE", "/executions/" + id)
        self.wait_finished(id)

    def test_only_so_many_are_remembered(self):
        first = self.start(":")
        for _ in range(25):
            self.server.run(":")
        self.assertEqual(self.server.get("/executions/" + first).status, 404)
        self.assertEqual(len(self.server.get("/executions").json["executions"]), 20)

    def test_stream_of_execute(self):
        events = self.events("/execute?stream=1", method="POST",
                             body=json.dumps({"language": "bash", "code": "echo hi"}),
                             headers={"Content-Type": "application/json"})
        self.assertEqual(events[-1][1], "finished")
        self.assertEqual(events[-1][2]["stdout"], "hi\n")

    def test_a_client_that_leaves_cancels_its_execution(self):
        for path in ("/execute", "/execute?stream=1", "/execute/batch"):
            body = {"language": "bash", "code": LOOP}
            body.update({"inputs": [""]} if "batch" in path else {})
            before = self.server.count("codeexec_executions_total")
            with self.server.connect() as s:
                text = json.dumps(body).encode()
                s.sendall(b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                          % (path.encode(), len(text), text))
                wait_until(lambda: self.server.metric("codeexec_running") == 1, "it to run")
            started = time.monotonic()
            wait_until(lambda: self.server.count("codeexec_executions_total") == before + 1, "its end", 5)
            self.assertLess(time.monotonic() - started, 3)
            self.assertEqual(self.server.get("/executions").json["executions"][0]["status"], "cancelled")

    def test_a_reader_of_events_that_leaves_cancels_nothing(self):
        id = self.start("sleep 0.6; echo done")
        connection, response = self.open_events("/executions/%s/events" % id)
        next(read_events(response))
        connection.close()
        self.assertEqual(self.wait_finished(id)["result"]["stdout"], "done\n")


if __name__ == "__main__":
    unittest.main()
