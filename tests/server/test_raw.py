#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Bytes that no decent client sends: a clear 4xx or a clean close, and the server goes on."""
import re
import socket
import time
import unittest

from harness import Case, wait_until

BODY = b'{"language":"bash","code":"echo ran"}'


def head(*lines, method=b"POST /execute HTTP/1.1", host=b"Host: localhost"):
    return b"\r\n".join([method, *([host] if host else []), *lines, b"", b""])


JSON = b"Content-Type: application/json"
LENGTH = b"Content-Length: %d" % len(BODY)


class Raw(Case):
    settings = {"CODE_EXEC_REQUEST_TIMEOUT": "1s", "CODE_EXEC_CONNECTION_TIMEOUT": "2s",
                "CODE_EXEC_MAX_BODY_BYTES": "64KiB", "CODE_EXEC_MAX_CONNECTIONS": "600"}

    def tearDown(self):
        self.assert_alive()

    def statuses(self, out):
        return [int(found) for found in re.findall(rb"HTTP/1\.[01] (\d{3}) ", out)]

    def refuse(self, data, status=400):
        """One answer with that status (or none), no more, and the connection is closed."""
        before = self.server.count("codeexec_executions_total")
        started = time.monotonic()
        out = self.server.raw(data, close=False)
        self.assertIn(self.statuses(out), ([status], []), out)
        self.assertLess(time.monotonic() - started, 10)
        self.assertEqual(self.server.count("codeexec_executions_total"), before, "something ran")
        return out

    # ---- framing

    def test_a_good_request(self):
        out = self.server.raw(head(JSON, LENGTH, b"Connection: close") + BODY, close=False)
        self.assertEqual(self.statuses(out), [200])
        self.assertIn(b"ran\\n", out)

    def test_a_chunked_request(self):
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (BODY[:5], BODY[5:]))
        out = self.server.raw(head(JSON, b"Transfer-Encoding: chunked", b"Connection: close") + chunks + b"0\r\n\r\n",
                              close=False)
        self.assertIn(b"ran\\n", out)

    def test_repeated_and_differing_lengths(self):
        follow = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        for lines in ((LENGTH, LENGTH), (LENGTH, b"Content-Length: 0"), (b"Content-Length: 0", LENGTH),
                      (b"Content-Length: %d, %d" % (len(BODY), len(BODY)),)):
            out = self.refuse(head(JSON, *lines) + BODY + follow)
            self.assertNotIn(b'"ok"', out)

    def test_lengths_that_are_no_numbers(self):
        for value in (b"+5", b"-1", b"0x10", b"5 ", b"5a", b"", b"99999999999999999999999", b"1e1", b"\xb2"):
            out = self.server.raw(head(JSON, b"Content-Length: " + value) + BODY, timeout=5, close=False)
            # "5 " is five after trimming: five bytes of JSON are not enough.
            self.assertTrue(set(self.statuses(out)) <= {400, 413} and out.count(b"HTTP/1.1 200") == 0, (value, out))

    def test_length_and_transfer_encoding(self):
        for lines in ((LENGTH, b"Transfer-Encoding: chunked"), (b"Transfer-Encoding: chunked", LENGTH),
                      (b"Transfer-Encoding: chunked", b"Content-Length: 0")):
            self.refuse(head(JSON, *lines) + b"0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")

    def test_unknown_transfer_encodings(self):
        for value in (b"gzip", b"gzip, chunked", b"chunked, identity", b"identity", b"xchunked", b"chunked, chunked",
                      b"\x0bchunked", b"chunked;a=b", b"\"chunked\""):
            self.refuse(head(JSON, b"Transfer-Encoding: " + value) + b"0\r\n\r\n")
        self.refuse(head(JSON, b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked") + b"0\r\n\r\n")
        self.refuse(head(JSON, b"Transfer-Encoding: chunked", method=b"POST /execute HTTP/1.0") + b"0\r\n\r\n")

    def test_spaces_around_names(self):
        self.refuse(head(JSON, b"Content-Length : %d" % len(BODY)) + BODY)
        self.refuse(head(JSON, b"Transfer-Encoding : chunked") + b"0\r\n\r\n")
        self.refuse(head(JSON, b"Transfer-Encoding\t: chunked", LENGTH) + BODY)
        self.refuse(head(JSON, b"X Y: 1", LENGTH) + BODY)
        self.refuse(b"POST /execute HTTP/1.1\r\n Host: localhost\r\nContent-Length: 0\r\n\r\n")

    def test_host(self):
        self.refuse(head(JSON, LENGTH, host=None) + BODY)
        self.refuse(head(JSON, LENGTH, b"Host: localhost") + BODY)
        self.refuse(head(JSON, LENGTH, b"Host: other.example") + BODY)
        wait_until(lambda: self.server.logged('"reason":"Host is missing"'), "the log line")
        out = self.server.raw(b"GET /healthz HTTP/1.0\r\n\r\n", close=False)
        self.assertIn(b'"ok"', out)

    def test_bodies_of_methods_that_have_none_do_not_become_requests(self):
        follow = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        inner = b"GET /languages HTTP/1.1\r\nHost: localhost\r\n\r\n"
        for method in (b"GET", b"DELETE"):
            for path in (b"/healthz", b"/nothing"):
                first = b"%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (method, path, len(inner))
                out = self.server.raw(first + inner + follow, close=False)
                self.assertNotIn(b'"languages"', out)
                self.assertLessEqual(len(self.statuses(out)), 2)

    def test_broken_chunks(self):
        for chunks in (b"zz\r\n", b"-1\r\nx\r\n", b"5\r\nabcdefgh\r\n0\r\n\r\n", b"ffffffffffffffffffff\r\n",
                       b"5;ext\nabc", b"0x5\r\nabcde\r\n0\r\n\r\n", b" 5\r\nabcde\r\n0\r\n\r\n"):
            out = self.server.raw(head(JSON, b"Transfer-Encoding: chunked") + chunks, timeout=5, close=False)
            self.assertTrue(set(self.statuses(out)) <= {400}, (chunks, out))

    # ---- request lines and heads

    def test_broken_heads(self):
        for data in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\r\n" * 100, b"GET\r\n\r\n", b"\0\0\0\0\r\n\r\n",
                     b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", b"GET  /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
                     b"GET /healthz\r\nHost: localhost\r\n\r\n", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX\r\n\r\n",
                     b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n",
                     b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n",
                     b"G\xc3\x89T /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
                     b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /" + b"%" * 100 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"):
            out = self.server.raw(data, timeout=5, close=False)
            self.assertTrue(all(400 <= s < 600 for s in self.statuses(out)), (data, out))
            self.assertLessEqual(len(self.statuses(out)), 1)

    def test_a_lone_carriage_return_is_no_line_end(self):
        for inner in (b"X: a\rContent-Length: 0", b"X: a\rTransfer-Encoding: chunked", b"X: a\r\rGET /metrics HTTP/1.1"):
            out = self.server.raw(head(JSON, inner, LENGTH) + BODY, timeout=5, close=False)
            self.assertTrue(set(self.statuses(out)) <= {400}, (inner, out))

    def test_heads_that_are_too_large(self):
        for data in (b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
                     head(b"X: " + b"a" * 100000), head(*[b"X%d: y" % i for i in range(5000)])):
            out = self.server.raw(data, timeout=5, close=False)
            self.assertTrue(set(self.statuses(out)) <= {400, 413, 414, 431}, out[:200])

    # ---- bodies

    def test_a_length_over_the_limit_is_refused_before_the_body(self):
        with self.server.connect() as s:
            s.sendall(head(JSON, b"Content-Length: 100000000"))
            self.assertTrue(s.recv(65536).startswith(b"HTTP/1.1 413"))
        with self.server.connect() as s:
            s.sendall(head(JSON, b"Content-Length: 100000000", b"Expect: 100-continue"))
            self.assertTrue(s.recv(65536).startswith(b"HTTP/1.1 413"))

    def test_a_client_that_sends_all_of_it_can_read_the_refusal(self):
        out = self.server.raw(head(JSON, b"Content-Length: 2000000") + b"x" * 2000000, close=False)
        self.assertEqual(self.statuses(out), [413], out[:200])

    def test_a_chunked_body_is_refused_as_it_crosses_the_limit(self):
        chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
        with self.server.connect() as s:
            s.sendall(head(JSON, b"Transfer-Encoding: chunked"))
            for _ in range(17):
                s.sendall(chunk)
            self.assertTrue(s.recv(65536).startswith(b"HTTP/1.1 413"))
            self.assertIn(s.recv(65536), (b"",))

    def test_truncated_bodies(self):
        started = time.monotonic()
        self.refuse(head(JSON, LENGTH) + BODY[:-5])
        self.assertLess(time.monotonic() - started, 5)
        for close in (True, False):
            out = self.server.raw(head(JSON, b"Transfer-Encoding: chunked") + b"10\r\nabc", timeout=5, close=close)
            self.assertTrue(set(self.statuses(out)) <= {400}, out)

    def test_expect_continue(self):
        with self.server.connect() as s:
            s.sendall(head(JSON, LENGTH, b"Expect: 100-continue", b"Connection: close"))
            self.assertTrue(s.recv(100).startswith(b"HTTP/1.1 100"))
            s.sendall(BODY)
            self.assertIn(b"HTTP/1.1 200", s.recv(65536))

    # ---- many and slow

    def test_pipelined_requests_are_answered_in_order(self):
        one = head(JSON, LENGTH) + BODY
        health = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        last = b"GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        out = self.server.raw(one + health + one + last, close=False)
        self.assertEqual(self.statuses(out), [200, 200, 200, 404])
        self.assertEqual(out.count(b"ran\\n"), 2)

    def test_keep_alive_after_an_early_error(self):
        bad = head(b"Content-Type: text/plain", LENGTH) + BODY
        out = self.server.raw(bad + head(JSON, LENGTH, b"Connection: close") + BODY, close=False)
        self.assertEqual(self.statuses(out), [415, 200])

    def test_slow_loris(self):
        started = time.monotonic()
        slow = [self.server.connect() for _ in range(50)]
        for s in slow:
            s.sendall(b"POST /execute HTTP/1.1\r\nHost: localhost\r\n")
        open_ones = set(slow)
        while open_ones and time.monotonic() - started < 15:
            for s in list(open_ones):
                try:
                    s.sendall(b"X: y\r\n")
                    s.setblocking(False)
                    if s.recv(1000) == b"":
                        open_ones.discard(s)
                except BlockingIOError:
                    pass
                except ConnectionError:
                    open_ones.discard(s)
                s.setblocking(True)
            time.sleep(0.1)
        for s in slow:
            s.close()
        self.assertFalse(open_ones)
        self.assertLess(time.monotonic() - started, 10)

    def test_five_hundred_connections_at_once(self):
        idle = self.server.descriptors()
        sockets = [self.server.connect() for _ in range(500)]
        for s in sockets:
            s.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for s in sockets:
            self.assertIn(b"200 OK", s.recv(65536))
        for s in sockets:
            s.close()
        wait_until(lambda: self.server.descriptors() <= idle + 3, "the descriptors to be closed")

    def test_connections_that_end_at_any_byte(self):
        data = head(JSON, LENGTH) + BODY
        before = self.server.descriptors()
        for n in range(0, len(data), 7):
            with self.server.connect() as s:
                s.sendall(data[:n])
                if n % 2:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.server.wait_idle()
        wait_until(lambda: self.server.descriptors() <= before + 2, "the descriptors to be closed")


if __name__ == "__main__":
    unittest.main()
