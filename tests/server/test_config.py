#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Settings: where they come from, and what is said of wrong ones."""
import os
import re
import subprocess
import tempfile
import unittest

from harness import BINARY, clean_environment

MANUAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/codeexec-server.1.scd")


class Config(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.file = os.path.join(directory.name, "server.yaml")

    def call(self, *arguments, yaml=None, **environment):
        if yaml is not None:
            with open(self.file, "w", encoding="utf-8") as f:
                f.write(yaml)
            arguments = ("--config", self.file, *arguments)
        return subprocess.run([BINARY, *arguments], env=clean_environment(environment), capture_output=True, text=True,
                              check=False, timeout=20)

    def printed(self, *arguments, **more):
        done = self.call("--print-config", *arguments, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return dict(line.split(": ", 1) for line in done.stdout.splitlines())

    def refuse(self, wanted, *arguments, **more):
        done = self.call("--check-config", *arguments, **more)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1)
        self.assertIn(wanted, done.stderr)

    def test_later_sources_win(self):
        self.assertEqual(self.printed()["port"], "8080")
        self.assertEqual(self.printed(yaml="port: 1")["port"], "1")
        self.assertEqual(self.printed(yaml="port: 1", CODE_EXEC_PORT="2")["port"], "2")
        self.assertEqual(self.printed("--port", "3", yaml="port: 1", CODE_EXEC_PORT="2")["port"], "3")
        self.assertEqual(self.printed("--port=4")["port"], "4")

    def test_max_concurrent_executions_has_no_prefix(self):
        self.assertEqual(self.printed(MAX_CONCURRENT_EXECUTIONS="3")["max_concurrent_executions"], "3")

    def test_units_lists_and_switches(self):
        printed = self.printed("--allow-weaker", yaml="max_memory: 64MiB\ndrain_timeout: 1.5s\n"
                               "allowed_hosts: [a.example, b.example]\nlog_requests: false\n")
        self.assertEqual((printed["max_memory"], printed["drain_timeout"], printed["allowed_hosts"]),
                         ("67108864", "1500ms", '"a.example,b.example"'))
        self.assertEqual((printed["allow_weaker"], printed["log_requests"]), ("true", "false"))

    def test_what_is_printed_can_be_read(self):
        printed = self.call("--print-config", "--max-memory", "100MiB").stdout
        self.assertEqual(self.call("--print-config", yaml=printed).stdout, printed)

    def test_unknown_names_have_a_hint(self):
        self.refuse("CODE_EXEC_PORRT: unknown setting (did you mean CODE_EXEC_PORT?)", CODE_EXEC_PORRT="1")
        self.refuse("did you mean MAX_CONCURRENT_EXECUTIONS?", CODE_EXEC_MAX_CONCURRENT_EXECUTIONS="1")
        self.refuse("CODE_EXEC_XYZ: unknown setting", CODE_EXEC_XYZ="1")
        self.refuse(":2:1: drain_timout: unknown setting (did you mean drain_timeout?)", yaml="port: 1\ndrain_timout: 2s\n")
        self.refuse("'--prot' is no option", "--prot", "1")

    def test_wrong_values(self):
        for value in ("x", "-1", "65536", "1.5", "", "0x10", "99999999999999999999"):
            self.refuse("CODE_EXEC_PORT: '%s'" % value, CODE_EXEC_PORT=value)
        self.refuse("CODE_EXEC_MAX_BODY_BYTES: '1XB'", CODE_EXEC_MAX_BODY_BYTES="1XB")
        self.refuse("MAX_CONCURRENT_EXECUTIONS: '0' is out of range", MAX_CONCURRENT_EXECUTIONS="0")
        self.refuse("neither true nor false", CODE_EXEC_ALLOW_WEAKER="maybe")
        self.refuse("--port: a value is missing", "--port")
        self.refuse("is over CODE_EXEC_MAX_TIMEOUT", CODE_EXEC_DEFAULT_TIMEOUT="2h")

    def test_wrong_files(self):
        for yaml, wanted in (("port: 1\nport: 2\n", ":2:1: this setting stands here twice"), ("- a\n", ":1:1: a mapping"),
                             ("port: [1, [2]]\n", "expected here"), ("port: {a: 1}\n", "expected here"),
                             ("port: *x\n", ":1:7:"), ("port: !!int 1\n", "tags"), ("port: {: c\n", ":1:"),
                             ("port: x\n", ":1:7: port: 'x'"), ("port: 1\n---\nport: 2\n", "the end of the file"),
                             ("\t", ":1:"), ("port: \"a\\0b\"\n", "NUL")):
            self.refuse(wanted, yaml=yaml)
        self.refuse("No such file", "--config", "/nonexistent")

    def test_open_doors_need_a_word(self):
        for address in ("0.0.0.0", "::", "192.0.2.1"):
            self.refuse("CODE_EXEC_API_KEYS_FILE", CODE_EXEC_BIND=address)
        done = self.call("--check-config", "--bind", "0.0.0.0", "--allow-no-keys")
        self.assertEqual((done.returncode, done.stdout), (0, "the settings are fine\n"))

    def test_help_and_manual_list_every_setting(self):
        shown = self.call("--help").stdout
        with open(MANUAL, encoding="utf-8") as f:
            manual = f.read()
        names = re.findall(r"; ((?:CODE_EXEC|MAX_CONCURRENT)_[A-Z_]+)", shown)
        self.assertEqual(len(names), len(self.printed()))
        self.assertEqual([n for n in names if "*%s*" % n not in manual], [])
        self.assertEqual([n for n in re.findall(r"^\*((?:CODE_EXEC|MAX)_[A-Z_]+)\*", manual, re.M) if n not in names], [])

    def test_version(self):
        self.assertRegex(self.call("--version").stdout, r"^codeexec-server \d+\.\d+\.\d+ ")


if __name__ == "__main__":
    unittest.main()
