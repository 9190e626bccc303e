#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Every route, with programs that end in every way."""
import base64
import os
import shutil
import subprocess
import unittest

import schema
from harness import Case, skip_unless, wait_until


class Execute(Case):
    settings = {"CODE_EXEC_BATCH_LIMIT": "5", "CODE_EXEC_MAX_TIMEOUT": "20s", "CODE_EXEC_DEFAULT_TIMEOUT": "10s"}

    def test_the_documented_request_gives_the_documented_answer(self):
        answer = self.server.post("/execute", {"language": "python", "code": "print(\"Hello, World!\")", "input": None,
                                               "timeout": 20})
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.json["stdout"], "Hello, World!\n")
        self.assertEqual(answer.json["stderr"], "")
        self.assertEqual(answer.json["status"], "success")
        self.assertGreater(answer.json["memory_usage"], 500)
        self.assertEqual(answer.json["execution_time"], answer.json["wall_us"] // 1000)
        self.assertIn("seccomp", answer.json["isolation"]["protections"])

    def test_a_failing_program_is_an_ordinary_answer(self):
        answer = self.server.run("echo out; echo err >&2; exit 7")
        self.assertEqual((answer.status, answer.json["status"], answer.json["exit_code"]), (200, "error", 7))
        self.assertEqual((answer.json["stdout"], answer.json["stderr"]), ("out\n", "err\n"))

    def test_a_language_is_chosen_by_version(self):
        self.assertEqual(self.server.run("print(6 * 7)", "python@>=3.9,<4").json["stdout"], "42\n")
        answer = self.server.run("print(1)", "python@2")
        self.assertGreaterEqual(answer.status, 400)
        self.assertIn('no runtime or version \\"2\\" (python has cpython 3.', answer.body.decode())

    def test_a_signal_is_told_by_number_and_name(self):
        answer = self.server.run("kill -SEGV $$").json
        self.assertEqual((answer["status"], answer["signal"], answer["signal_name"]), ("error", 11, "SIGSEGV"))

    def test_the_timeout_is_of_the_run_stage(self):
        answer = self.server.run("while :; do :; done", timeout=0.3).json
        self.assertEqual((answer["status"], answer["limit_hit"]), ("timeout", ["wall_time"]))
        self.assertGreaterEqual(answer["execution_time"], 299)

    def test_the_cpu_clock_is_another(self):
        answer = self.server.run("while :; do :; done", limits={"cpu_time": 0.2}).json
        self.assertEqual((answer["status"], answer["limit_hit"]), ("timeout", ["cpu_time"]))

    def test_memory_limit(self):
        answer = self.server.run("x = bytearray(100 << 20)", "python", limits={"memory": 30 << 20}).json
        self.assertEqual(answer["status"], "memory_limit", answer)

    def test_output_beyond_the_limit_is_cut_and_counted(self):
        answer = self.server.run("printf 0123456789abcdef", limits={"output": 10}).json
        self.assertEqual((answer["status"], answer["stdout"]), ("success", "0123456789"))
        self.assertEqual(answer["truncated"], {"stdout": True, "stderr": False})
        self.assertEqual(answer["total_bytes"], {"stdout": 16, "stderr": 0})

    def test_a_compiler_says_where(self):
        answer = self.server.run("int main(void)\n{\n\treturn x;\n}\n", "c").json
        self.assertEqual(answer["status"], "compilation_error")
        self.assertEqual(answer["execution_time"], 0)
        self.assertEqual(answer["compile"]["diagnostics"][0]["line"], 3)

    def test_what_was_compiled_is_not_compiled_again(self):
        code = '#include <stdio.h>\nint main(void) { puts("kept"); return 0; }\n'
        hits = self.server.metric("codeexec_cache_hits_total")
        first, second = (self.server.run(code, "c").json for _ in range(2))
        self.assertEqual((first["stdout"], second["stdout"]), ("kept\n", "kept\n"))
        self.assertEqual((first["compile"]["cached"], second["compile"]["cached"]), (False, True))
        self.assertEqual((second["compile"]["status"], second["compile"]["wall_us"]), ("success", 0))
        self.assertEqual(self.server.metric("codeexec_cache_hits_total"), hits + 1)
        self.assertGreater(self.server.metric("codeexec_cache_bytes"), 0)

    def test_a_traceback_is_read(self):
        answer = self.server.run("1/0", "python").json
        self.assertEqual((answer["diagnostics"][0]["type"], answer["diagnostics"][0]["line"]), ("ZeroDivisionError", 1))

    def test_input_args_env_and_files(self):
        answer = self.server.run("cat; echo $1 $GREETING; cat data/one; cat two", input="in\n", args=["a b"],
                                 env_vars={"GREETING": "hi"},
                                 files=[{"name": "data/one", "content": "1\n"},
                                        {"name": "two", "content": base64.b64encode(b"2\n").decode(), "encoding": "base64"}])
        self.assertEqual(answer.json["stdout"], "in\na b hi\n1\n2\n", answer.body)

    def test_files_alone_have_the_program_first(self):
        answer = self.server.post("/execute", {"language": "bash", "files": [{"name": "x.sh", "content": "echo $0"}]})
        self.assertEqual(answer.json["status"], "success", answer.body)

    def test_bytes_come_back_as_they_were(self):
        answer = self.server.run(r"printf '\377\0a'").json
        self.assertEqual(answer["stdout"], "\ufffd\0a")
        self.assertEqual(base64.b64decode(answer["stdout_base64"]), b"\xff\0a")
        self.assertNotIn("stderr_base64", answer)
        answer = self.server.run("echo a", stdout_base64=True).json
        self.assertEqual(base64.b64decode(answer["stdout_base64"]), b"a\n")

    def test_base64_requests_are_byte_exact(self):
        answer = self.server.post("/execute", {"language": "bash", "encoding": "base64",
                                               "code": base64.b64encode(b"od -An -tx1").decode(),
                                               "input": base64.b64encode(b"\x00\xff\n").decode()})
        self.assertEqual(answer.json["stdout"].split(), ["00", "ff", "0a"])

    def test_a_nul_in_the_input_arrives(self):
        self.assertEqual(self.server.run("od -An -tx1", input="a\0b").json["stdout"].split(), ["61", "00", "62"])

    def test_files_are_brought_back(self):
        answer = self.server.run("echo made > made.txt; mkdir no", outputs=["*.txt", "no"]).json
        found = {f["name"]: f for f in answer["outputs"]}
        self.assertEqual(base64.b64decode(found["made.txt"]["content_base64"]), b"made\n")
        self.assertTrue(found["no"]["skipped"])

    def test_names_of_languages_are_aliases_and_runtimes_too(self):
        self.assertEqual(self.server.run("print(1)", "py").json["language"], "python")
        self.assertEqual(self.server.run("print(1)", "python@cpython").json["runtime"], "cpython")

    def test_batch_runs_each_input_in_a_fresh_sandbox(self):
        answer = self.server.post("/execute/batch", {"language": "bash", "code": "read x; ls; touch $x; echo $x",
                                                     "inputs": ["a\n", "b\n", None]}).json
        self.assertEqual([r["stdout"] for r in answer["results"]], ["main.sh\na\n", "main.sh\nb\n", "main.sh\n\n"])
        self.assertEqual(answer["stopped"], False)

    def test_batch_stops_at_the_first_failure_if_asked(self):
        body = {"language": "bash", "code": "read x; exit $x", "inputs": ["0\n", "3\n", "0\n"]}
        answer = self.server.post("/execute/batch", dict(body, stop_on="failure")).json
        self.assertEqual([r["exit_code"] for r in answer["results"]], [0, 3])
        self.assertEqual((answer["stopped"], answer["status"]), (True, "error"))
        answer = self.server.post("/execute/batch", dict(body, stop_on=None)).json
        self.assertEqual([r["exit_code"] for r in answer["results"]], [0, 3, 0])

    def test_batch_compiles_once(self):
        code = '#include <stdio.h>\nint main(void) { int n; return scanf("%d", &n) == 1 ? printf("%d\\n", n * n), 0 : 1; }'
        before = self.server.count("codeexec_stage_duration_seconds_count")
        answer = self.server.post("/execute/batch", {"language": "c", "code": code, "inputs": ["2", "3", "x"]}).json
        self.assertEqual([r["stdout"] for r in answer["results"]], ["4\n", "9\n", ""])
        self.assertEqual((answer["compile"]["status"], answer["status"]), ("success", "error"))
        text = self.server.get("/metrics").body.decode()
        self.assertIn('codeexec_stage_duration_seconds_count{stage="compile"} ', text)
        # One wait, one compilation, three runs, one total.
        self.assertEqual(self.server.count("codeexec_stage_duration_seconds_count") - before, 6)

    def test_a_batch_that_does_not_compile_has_one_result(self):
        answer = self.server.post("/execute/batch", {"language": "c", "code": "int main(void) { return x; }",
                                                     "inputs": ["", ""]}).json
        self.assertEqual([r["status"] for r in answer["results"]], ["compilation_error"])
        self.assertEqual((answer["stopped"], answer["status"]), (True, "compilation_error"))
        self.assertEqual(answer["compile"]["diagnostics"][0]["line"], 1)

    def test_batch_is_bounded(self):
        answer = self.server.post("/execute/batch", {"language": "bash", "code": ":", "inputs": [""] * 6})
        self.assert_error(answer, 400, "over_limit", "inputs")


class Information(Case):
    def test_healthz_and_its_alias(self):
        for path in ("/healthz", "/health"):
            answer = self.server.get(path)
            self.assertEqual((answer.status, answer.json["status"]), (200, "ok"))
        self.assertEqual(self.server.request("HEAD", "/healthz").body, b"")

    def test_readyz(self):
        self.assertEqual(self.server.get("/readyz").json["status"], "ready")

    def test_languages(self):
        def languages():
            return {l["name"]: l for l in self.server.get("/languages").json["languages"]}

        # Versions are asked for one after the other; each request sees more of them.
        wait_until(lambda: languages()["python"]["version"], "python's version", patience=120)
        found = languages()
        self.assertLessEqual({"python", "bash", "c", "javascript"}, set(found))
        self.assertTrue(found["python"]["available"])
        self.assertRegex(found["python"]["version"], r"^3\.")
        self.assertIn("py", found["python"]["aliases"])

    def test_metrics_count_what_ran(self):
        self.server.run("exit 3")
        text = self.server.get("/metrics").body.decode()
        self.assertIn('codeexec_executions_total{language="bash",status="error"} 1\n', text)
        self.assertIn('codeexec_stage_duration_seconds_count{stage="run"} 1\n', text)

    def test_metrics_please_promtool(self):
        skip_unless(shutil.which("promtool"), "promtool is not installed (package prometheus)")
        self.server.run("exit 0")
        done = subprocess.run(["promtool", "check", "metrics"], input=self.server.get("/metrics").body,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, b""))

    def test_the_description_is_served_and_sound(self):
        self.assertEqual(self.server.get("/openapi.json").json, schema.API)
        self.assertEqual(list(schema.lint()), [])

    def test_the_page_is_served_with_a_strict_policy(self):
        answer = self.server.get("/")
        self.assertEqual(answer.status, 200)
        self.assertIn("default-src 'none'; script-src 'self';", answer.headers["Content-Security-Policy"])
        self.assertNotIn("unsafe", answer.headers["Content-Security-Policy"])
        for name, kind in (("app.js", "text/javascript"), ("app.css", "text/css"), ("index.html", "text/html")):
            answer = self.server.get("/" + name)
            self.assertTrue(answer.headers["Content-Type"].startswith(kind))
            again = self.server.get("/" + name, headers={"If-None-Match": answer.headers["ETag"]})
            self.assertEqual((again.status, again.body), (304, b""))
            self.assertEqual(self.server.get("/" + name, headers={"If-None-Match": '"other"'}).body, answer.body)
        for path in ("/../meson.build", "/%2e%2e/meson.build", "//etc/passwd", "/app.js/"):
            self.assertEqual(self.server.get(path).status, 404)

    def test_unknown_paths_and_methods(self):
        self.assert_error(self.server.get("/nothing"), 404, "not_found")
        self.assert_error(self.server.get("/executions/../healthz"), 404, "not_found")
        self.assert_error(self.server.request("PUT", "/execute", {}, check=False), 405, "method_not_allowed")
        self.assert_error(self.server.request("GET", "/execute", check=False), 405, "method_not_allowed")
        self.assert_error(self.server.get("/executions/" + "0" * 32), 404, "unknown_execution")

    def test_every_answer_has_an_id_and_keeps_the_trace(self):
        trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        answer = self.server.get("/healthz", headers={"traceparent": "00-%s-00f067aa0ba902b7-01" % trace})
        self.assertRegex(answer.headers["traceparent"], "^00-%s-[0-9a-f]{16}-01$" % trace)
        line = wait_until(lambda: self.server.logged(answer.headers["X-Request-Id"]), "the log line")
        self.assertIn('"trace_id":"%s"' % trace, line)
        answer = self.server.get("/healthz", headers={"traceparent": "00-%s-00f067aa0ba902b7-01" % ("0" * 32)})
        self.assertNotIn("0" * 32, answer.headers["traceparent"])

    def test_the_log_has_neither_code_nor_input(self):
        answer = self.server.run("cat # secret-code", input="secret-input\n")
        wait_until(lambda: self.server.logged(answer.json["id"]), "the log line")
        self.assertFalse(self.server.logged("secret-"))


class PageDirectory(Case):
    arguments = ("--page-dir", os.path.join(os.path.dirname(os.path.abspath(__file__)), "page-directory"))

    def test_the_page_of_a_directory(self):
        answer = self.server.get("/")
        self.assertIn(b"another page", answer.body)
        self.assertEqual(self.server.get("/", headers={"If-None-Match": answer.headers["ETag"]}).status, 304)
        self.assertEqual(self.server.get("/app.js").status, 404)


if __name__ == "__main__":
    unittest.main()
