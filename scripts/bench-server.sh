#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 OR MIT
#
# Measures codeexec-server with wrk: latencies and executions per second with 1, 8, 32 and 128 connections,
# /healthz meanwhile, what HTTP adds to ce_execute, and what is left afterwards.
#
#   sh scripts/bench-server.sh [BUILD-DIRECTORY] [SECONDS]
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$here/build}
seconds=${2:-30}
server=$build/examples/server/codeexec-server
work=$(mktemp -d)
pid=

finish() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	[ -z "$pid" ] || wait "$pid" 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

command -v wrk >/dev/null || { echo "bench-server: wrk is missing (apt-get install wrk)" >&2; exit 1; }
[ -x "$server" ] || { echo "bench-server: $server is missing (ninja -C $build)" >&2; exit 1; }

cat >"$work/run.lua" <<'LUA'
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = string.format('{"language": "%s", "code": "%s"}', os.getenv("BENCH_LANGUAGE"), os.getenv("BENCH_CODE"))
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() bad, busy = 0, 0 end
function response(status)
	if status == 429 then busy = busy + 1 elseif status ~= 200 then bad = bad + 1 end
end
function done(summary, latency, requests)
	local bad, busy = 0, 0
	for _, t in ipairs(threads) do bad = bad + t:get("bad"); busy = busy + t:get("busy") end
	local e = summary.errors
	io.write(string.format("%9.1f %9.2f %9.2f %9.2f %7d %7d\n",
		(summary.requests - busy - bad) / summary.duration * 1e6, latency:percentile(50) / 1000,
		latency:percentile(95) / 1000, latency:percentile(99) / 1000, busy,
		bad + e.connect + e.read + e.write + e.timeout))
end
LUA

CODE_EXEC_PORT=0 CODE_EXEC_LOG_REQUESTS=false CODE_EXEC_QUEUE_LIMIT=200 \
	CODEEXEC_EXECUTORS_DIR=$here/executors CODEEXEC_PLUGIN_DIR=$build/executors \
	CODEEXEC_SUPERVISOR=$build/lib/codeexec-supervisor "$server" 2>"$work/log" &
pid=$!
for _ in $(seq 100); do
	grep -q '"ready"' "$work/log" && break
	sleep 0.1
done
port=$(sed -n 's/.*listening on .* port \([0-9]*\)".*/\1/p' "$work/log")
[ -n "$port" ] || { cat "$work/log" >&2; exit 1; }
url=http://127.0.0.1:$port

state() { # resident KiB, descriptors, cgroups of ours
	rss=$(awk '/^VmRSS/ {print $2}' "/proc/$pid/status")
	fds=$(find "/proc/$pid/fd" -mindepth 1 | wc -l)
	groups=$(find /sys/fs/cgroup -type d -path '*codeexec*' 2>/dev/null | wc -l)
	echo "$rss KiB resident, $fds descriptors, $groups cgroups"
}

load() { # language code connections seconds
	threads=2
	[ "$3" -ge 2 ] || threads=1
	BENCH_LANGUAGE=$1 BENCH_CODE=$2 wrk -t"$threads" -c"$3" -d"$4s" --timeout 60s -s "$work/run.lua" \
		"$url/execute" | tail -n 1
}

load python 'print(1)' 128 5 >/dev/null # fill what is kept, connections' memory too
sleep 2
echo "before: $(state)"
printf '%-24s %9s %9s %9s %9s %7s %7s\n' 'python hello' per_s p50_ms p95_ms p99_ms 429 errors
for connections in 1 8 32 128; do
	printf '%-24s ' "$connections connections"
	load python 'print(1)' "$connections" "$seconds"
done
printf '%-24s ' 'bash, 1 connection'
load bash 'echo 1' 1 "$seconds"

# /healthz while all slots are taken: a connection of its own, one request after the other.
load python 'print(1)' 32 "$seconds" >/dev/null &
saturating=$!
sleep 1
python3 - "$port" "$((seconds > 3 ? seconds - 2 : 1))" <<'PYTHON'
import http.client, sys, time
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
times, end = [], time.monotonic() + int(sys.argv[2])
while time.monotonic() < end:
    started = time.perf_counter()
    connection.request("GET", "/healthz")
    connection.getresponse().read()
    times.append((time.perf_counter() - started) * 1000)
    time.sleep(0.01)
times.sort()
print("healthz while saturated: n %d, p50 %.2f ms, p95 %.2f ms, p99 %.2f ms" %
      (len(times), *(times[int(len(times) * p / 100)] for p in (50, 95, 99))))
PYTHON
wait "$saturating"

# What HTTP adds: the time that a client waits, less what the server says that it had the execution for. A bare
# socket, because a client library of Python's would be most of what is measured.
python3 - "$port" <<'PYTHON'
import json, socket, sys, time
connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
body = b'{"language": "bash", "code": "echo 1"}'
run = (b"POST /execute HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
       b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

def ask(request):
    connection.sendall(request)
    answer = connection.recv(1 << 20)
    head, rest = answer.split(b"\r\n\r\n", 1)
    length = int(head.lower().split(b"content-length: ")[1].split()[0])
    while len(rest) < length:
        rest += connection.recv(1 << 20)
    return rest

added, total = [], []
for _ in range(300):
    started = time.perf_counter()
    answer = ask(run)
    waited = (time.perf_counter() - started) * 1e6
    shown = ask(b"GET /executions/%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % json.loads(answer)["id"].encode())
    added.append(waited - json.loads(shown)["elapsed_us"])
    total.append(waited)
added.sort(), total.sort()
print("HTTP adds to ce_execute: least %.3f ms, p50 %.3f ms, p95 %.3f ms (of %.3f ms in all)" %
      (added[0] / 1000, added[150] / 1000, added[285] / 1000, total[150] / 1000))
PYTHON
sleep 1
echo "after:  $(state)"
