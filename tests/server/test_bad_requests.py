#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What makes no sense gets a clear 4xx, and nothing is run."""
import unittest

from harness import Case

GOOD = '{"language": "bash", "code": "echo ran"'


class BadRequests(Case):
    settings = {"CODE_EXEC_MAX_MEMORY": "64MiB", "CODE_EXEC_MAX_TIMEOUT": "10s", "CODE_EXEC_DEFAULT_TIMEOUT": "5s",
                "CODE_EXEC_MAX_BODY_BYTES": "1MiB"}

    def tearDown(self):
        self.assert_alive()

    def send(self, text, **more):
        body = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        headers = {"Content-Type": "application/json"}
        headers.update(more.pop("headers", {}))
        return self.server.post("/execute", body, headers=headers, **more)

    def refuse(self, text, code, field=None, status=400):
        answer = self.send(text)
        self.assert_error(answer, status, code, field)
        return answer.json["error"]["message"]

    def refuse_field(self, name, value, code="invalid_request", field=None):
        return self.refuse('%s, "%s": %s}' % (GOOD, name, value), code, field or name)

    def test_what_is_no_json(self):
        for text in ("", "{", "nonsense", GOOD, GOOD + "} x", "[1]", "null", "3", "'a'", GOOD + ", }", "{language: 1}",
                     '{"language": "bash", "code": "a\nb"}', "\ufeff" + GOOD + "}"):
            self.refuse(text, "invalid_json")

    def test_duplicate_keys(self):
        self.refuse(GOOD + ', "code": "echo other"}', "invalid_json")
        self.refuse(GOOD + ', "limits": {"memory": 10000000, "memory": 10000000}}', "invalid_json")

    def test_lone_surrogates_and_bytes_that_are_not_utf8(self):
        self.refuse('{"language": "bash", "code": "\\ud800"}', "invalid_json")
        self.refuse('{"language": "bash", "code": "\\udc00\\ud800"}', "invalid_json")
        self.refuse(b'{"language": "bash", "code": "\xff"}', "invalid_json")
        self.refuse(b'{"language": "bash", "code": "\xed\xa0\x80"}', "invalid_json")
        self.assertEqual(self.send('{"language": "bash", "code": "echo \\ud83d\\ude00"}').json["stdout"], "😀\n")

    def test_deep_nesting(self):
        self.refuse('{"language": ' + "[" * 10000 + "]" * 10000 + "}", "invalid_json")
        self.refuse('{"a":' * 10000 + "1" + "}" * 10000, "invalid_json")

    def test_nul(self):
        self.refuse(b'{"language": "bash", "code": "a\0b"}', "invalid_json")
        self.refuse('{"language": "ba\\u0000sh", "code": ""}', "invalid_request", "language")
        self.refuse('{"language\\u0000": "bash", "code": ""}', "invalid_json")
        self.refuse_field("args", '["a\\u0000b"]', field="args[0]")
        self.refuse_field("env_vars", '{"A": "a\\u0000b"}', field="env_vars.A")
        self.refuse_field("files", '[{"name": "a\\u0000", "content": ""}]', field="files[0].name")

    def test_wrong_types(self):
        for name, values in {
                "language": ("3", "null", "[]", "{}", "true"), "code": ("3", "[]", "{}", "false"), "input": ("3", "[]"),
                "timeout": ('"3"', "[]", "true"), "args": ('"a"', "{}", "3"), "env_vars": ("[]", '"a"'),
                "limits": ("[]", "3"), "compile_limits": ("[]",), "files": ("{}", '"a"'), "outputs": ("{}", '"a"'),
                "encoding": ("null", "3", '"utf-16"'), "network": ("true", '"host"'), "stdout_base64": ("1", '"yes"')}.items():
            for value in values:
                text = {"language": '{"code": "", "language": %s}', "code": '{"language": "bash", "code": %s}'}.get(name)
                if text:
                    self.refuse(text % value, "invalid_request", name)
                else:
                    self.refuse_field(name, value)
        self.refuse_field("args", "[1]", field="args[0]")
        self.refuse_field("env_vars", '{"A": 1}', field="env_vars.A")
        self.refuse_field("env_vars", '{"A=B": "1"}', field="env_vars.A=B")
        self.refuse_field("files", "[1]", field="files[0]")
        self.refuse_field("files", '[{"name": "a"}]', field="files[0].content")
        self.refuse_field("files", '[{"name": "a", "content": "", "mode": 1}]', field="files[0]")

    def test_numbers(self):
        for value in ("0", "-1", "0.0", "-0.5"):
            self.refuse_field("timeout", value)
        for value in ("1e999", "-1e999", "1" + "0" * 400, "99999999999999999999"):
            self.refuse('%s, "timeout": %s}' % (GOOD, value), "invalid_json")
        for value in ("NaN", "Infinity", "01", "+1", ".5", "0x10"):
            self.refuse('%s, "timeout": %s}' % (GOOD, value), "invalid_json")
        self.refuse_field("timeout", "1e300", "over_limit")
        self.refuse_field("limits", '{"memory": 1.5}', field="limits.memory")
        self.refuse_field("limits", '{"memory": -1}', field="limits.memory")
        self.refuse_field("limits", '{"processes": 0}', field="limits.processes")
        self.refuse_field("limits", '{"memory": 1}', field="limits.memory")

    def test_above_the_ceiling_says_the_ceiling(self):
        self.assertIn("67108864", self.refuse_field("limits", '{"memory": 67108865}', "over_limit", "limits.memory"))
        self.assertIn("ceiling", self.refuse('{"language": "c", "code": "", "compile_limits": {"memory": 1099511627776}}',
                                             "invalid_request", "compile_limits.memory"))
        self.assertIn("10 s", self.refuse_field("timeout", "10.001", "over_limit"))

    def test_unknown_fields_have_a_hint(self):
        self.assertIn("did you mean timeout?", self.refuse_field("timeuot", "3", "unknown_field"))
        self.assertIn("did you mean memory?",
                      self.refuse_field("limits", '{"memroy": 3}', "unknown_field", "limits.memroy"))
        self.refuse_field("interactive", "true", "unknown_field")
        self.refuse_field("inputs", "[]", "unknown_field")

    def test_missing_fields(self):
        self.refuse('{"code": "x"}', "missing_field", "language")
        self.refuse('{"language": "bash"}', "missing_field", "code")
        self.refuse('{"language": "bash", "code": null}', "missing_field", "code")

    def test_unknown_languages_list_near_names(self):
        self.assertIn("python", self.refuse('{"language": "pyton", "code": ""}', "unknown_language", "language"))

    def test_file_names_stay_inside(self):
        for name in ("../a", "/etc/passwd", "a/../b", "", "a//b", "."):
            message = self.refuse('%s, "files": [{"name": "%s", "content": ""}]}' % (GOOD, name), "invalid_request")
            self.assertNotIn("limits", message)

    def test_base64_is_strict(self):
        for text in ("a", "YQ", "YQ=", "YR==", "Y Q==", "YQ==YQ==", "\\u00e9A=="):
            self.refuse('{"language": "bash", "encoding": "base64", "code": "%s"}' % text, "invalid_request", "code")

    def test_content_types(self):
        for headers in ({"Content-Type": "text/plain"}, {"Content-Type": "application/jsonx"},
                        {"Content-Type": "multipart/form-data; boundary=x"},
                        {"Content-Type": "application/x-www-form-urlencoded"}):
            answer = self.server.post("/execute", GOOD + "}", headers=headers)
            self.assert_error(answer, 415, "unsupported_type")
        answer = self.send(GOOD + "}", headers={"Content-Encoding": "gzip"})
        self.assert_error(answer, 415, "unsupported_encoding")
        answer = self.send(GOOD + "}", headers={"Content-Type": "application/json; charset=utf-8"})
        self.assertEqual(answer.json["stdout"], "ran\n")

    def test_the_largest_body_and_one_byte_more(self):
        room = (1 << 20) - len(GOOD) - len(', "input": ""}')
        fits = GOOD + ', "input": "%s"}'
        self.assertEqual(self.send(fits % ("x" * room)).json["status"], "success")
        self.refuse(fits % ("x" * (room + 1)), "body_too_large", status=413)


if __name__ == "__main__":
    unittest.main()
