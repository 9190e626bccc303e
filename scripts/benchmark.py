#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""benchmark.py [--rounds N] [--seconds S] BUILD_DIRECTORY: measures every row of the table of goals in under ten minutes, beside what
Debian packages for the same purpose, and writes docs/performance.md (between its marks) and docs/performance.svg. For a quiet machine;
what else it did is written down with the rest. Needs nothing but Python's standard library."""
import argparse
import html
import json
import math
import os
import pathlib
import platform
import re
import shutil
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def output_of(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def first_line(text):
    return re.sub(r" ?[(\[].*?[)\]]", "", text.splitlines()[0]).split("  ")[0] if text else ""


def crun_bundle(directory):
    """A bundle as small as it can be: the host's tree, all namespaces, no capabilities."""
    spaces = [{"type": t} for t in ("pid", "mount", "network", "ipc", "uts", "cgroup")]
    config = {
        "ociVersion": "1.0.2",
        "process": {"terminal": False, "user": {"uid": 0, "gid": 0}, "args": ["/bin/true"], "env": ["PATH=/usr/bin:/bin"],
                    "cwd": "/", "noNewPrivileges": True, "capabilities": {}},
        "root": {"path": "/", "readonly": True},
        "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
        "linux": {"namespaces": spaces},
    }
    (directory / "config.json").write_text(json.dumps(config))


def peers(directory):
    found = []
    if shutil.which("bwrap"):
        found.append(("bubblewrap", "/usr/bin/bwrap --unshare-all --die-with-parent --new-session --ro-bind /usr /usr --symlink usr/bin "
                      "/bin --symlink usr/lib /lib --symlink usr/lib64 /lib64 --proc /proc --dev /dev --tmpfs /tmp /bin/true",
                      "no limits, no filter of system calls"))
    if shutil.which("firejail"):
        found.append(("firejail", "/usr/bin/firejail --quiet --noprofile --net=none --private-tmp --seccomp --caps.drop=all /bin/true",
                      "with its filter, no cgroup"))
    if shutil.which("crun"):
        crun_bundle(directory)
        found.append(("crun", f"/usr/bin/crun --root {directory}/state --cgroup-manager=disabled run --bundle {directory} "
                      "codeexec-bench", "no cgroup, no filter"))
    if shutil.which("systemd-nspawn"):
        found.append(("systemd-nspawn", "/usr/bin/systemd-nspawn -q --volatile=yes --register=no --keep-unit -D / /bin/true", ""))
    return found


class Server:
    """codeexec-server on a port of its own, for as long as the block lasts."""

    def __init__(self, build, environment):
        self.binary = build / "examples/server/codeexec-server"
        settings = {"PATH": "/usr/local/bin:/usr/bin:/bin", "CODE_EXEC_PORT": "0", "CODE_EXEC_LOG_REQUESTS": "false",
                    "CODE_EXEC_PREWARM": "python", "CODE_EXEC_WARM_MEMORY": "256MiB"}
        self.environment = settings | environment
        self.process, self.port = None, 0

    def __enter__(self):
        if self.binary.exists():
            self.process = subprocess.Popen([self.binary], env=self.environment, stderr=subprocess.PIPE, text=True)
            ready = False
            for line in self.process.stderr:
                match = re.search(r"listening on .* port (\d+)", line)
                self.port = int(match.group(1)) if match else self.port
                ready = ready or '"ready"' in line
                if self.port and ready:
                    break
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            self.process.stderr.close()
            self.process.wait(timeout=60)


def measure(build, rounds, seconds, log):
    supervisor = build / "lib/codeexec-supervisor"
    environment = {"CODEEXEC_EXECUTORS_DIR": str(ROOT / "executors"), "CODEEXEC_PLUGIN_DIR": str(build / "executors"),
                   "CODEEXEC_SUPERVISOR": str(supervisor)}
    with tempfile.TemporaryDirectory() as scratch, Server(build, environment) as server:
        others = peers(pathlib.Path(scratch))
        command = [build / "tests/bench/bench_all", "--executors", ROOT / "executors", "--bench-executors",
                   ROOT / "tests/bench/executors", "--plugins", build / "executors", "--supervisor", supervisor,
                   "--rounds", str(rounds), "--seconds", str(seconds), "--http", str(server.port)]
        for name, line, _ in others:
            command += ["--peer", f"{name}={line}"]
        rows = []
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                rows.append(json.loads(line))
                print(verdict(rows[-1]).ljust(7), rows[-1]["row"], file=log, flush=True)
        if process.returncode:
            raise SystemExit(f"bench_all failed: {process.returncode}")
        command = [build / "tests/bench/bench_languages", "--executors", ROOT / "executors", "--plugins", build / "executors",
                   "--supervisor", supervisor, "--rounds", str(max(rounds // 20, 3))]
        compiled = [json.loads(line) for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()]
        steps = output_of(build / "tests/bench/bench_cold", "--executors", ROOT / "tests/bench/executors", "--plugins",
                          build / "executors", "--supervisor", supervisor, "--rounds", str(min(rounds, 100)), "--seconds", "0.01",
                          "--steps")
    return rows, {name: note for name, _, note in others}, compiled, steps


def verdict(row):
    if "skipped" in row:
        return "skipped"
    return {True: "ok", False: "short", None: ""}[row.get("ok")]


def goal_text(row):
    if row["unit"] == "us":
        return f"<= {row['goal']:.2f} x" if row["goal"] else ""
    return f">= {row['goal']:.0f} x" if row["unit"] == "1/s" else "0.0 % CPU, <= 3 MB"


def table(rows):
    lines = ["| work | goal | reached | | bare, median | ours: least | median | p95 |", "|---|---:|---:|---|---:|---:|---:|---:|"]
    for row in rows:
        if "skipped" in row:
            lines.append(f"| {row['row']} | | | skipped: {row['skipped']} | | | | |")
        elif row["unit"] == "us":
            lines.append(f"| {row['row']} | {goal_text(row)} | {row['ratio']:.2f} x | {verdict(row)} | {row['bare']['median']:.0f} us | "
                         f"{row['ours']['min']:.0f} us | {row['ours']['median']:.0f} us | {row['ours']['p95']:.0f} us |")
        elif row["unit"] == "1/s":
            lines.append(f"| {row['row']} | {goal_text(row)} | {row['ratio']:.2f} x | {verdict(row)} | {row['bare_rate']:.0f}/s | | "
                         f"{row['our_rate']:.0f}/s | |")
        elif row["unit"] == "idle":
            percent = 100 * row["ticks"] / os.sysconf("SC_CLK_TCK") / row["seconds"]
            lines.append(f"| {row['row']} | {goal_text(row)} | {percent:.1f} %, {row['rss_kib'] / 1024:.1f} MB | {verdict(row)} "
                         "| | | | |")
    return lines


def peer_table(rows, notes):
    ours = next((r for r in rows if r["row"] == "true, cold" and "ours" in r), None)
    lines = ["| `/bin/true` | median | p95 | over bare | |", "|---|---:|---:|---:|---|"]
    if ours:
        over = ours["ours"]["median"] - ours["bare"]["median"]
        lines.append(f"| codeexec, everything on | {ours['ours']['median']:.0f} us | {ours['ours']['p95']:.0f} us | {over:.0f} us | |")
    for row in rows:
        if row["row"] not in notes:
            continue
        if "skipped" in row:
            lines.append(f"| {row['row']} | | | | {row['skipped']} |")
        else:
            over = row["ours"]["median"] - row["bare"]["median"]
            lines.append(f"| {row['row']} | {row['ours']['median']:.0f} us | {row['ours']['p95']:.0f} us | {over:.0f} us | "
                         f"{notes[row['row']]} |")
    bwrap = next((r for r in rows if r["row"] == "bubblewrap" and "ours" in r), None)
    if ours and bwrap:
        share = (ours["ours"]["median"] - ours["bare"]["median"]) / (bwrap["ours"]["median"] - bwrap["bare"]["median"])
        lines += ["", f"Overhead over bwrap's: {share:.2f}; goal <= 0.25: {'ok' if share <= 0.25 else 'short'}."]
    return lines


def compiled_table(rows):
    """What is compiled, run included: the first time beside the bare tools, and what a source costs that was compiled before."""
    lines = ["Compiled languages, from source to output, with what `codeexec prebuild` made:", "",
             "| hello | goal | reached | | bare compiler and run | ours, median | p95 |", "|---|---:|---:|---|---:|---:|---:|"]
    for row in rows:
        if "skipped" in row:
            lines.append(f"| {row['row']} | | | skipped: {row['skipped']} | | | |")
            continue
        if row["unit"] == "us":
            goal, reached = f"<= {row['goal']:.2f} x" if row["goal"] else "", f"{row['ratio']:.2f} x"
        else:
            goal, reached = f"<= {row['goal_us'] / 1000:.0f} ms more than its run", f"{row['added_us'] / 1000:.1f} ms"
        lines.append(f"| {row['row']} | {goal} | {reached} | {verdict(row)} | {row['bare']['median'] / 1000:.1f} ms | "
                     f"{row['ours']['median'] / 1000:.1f} ms | "
                     + (f"{row['ours']['p95'] / 1000:.1f} ms |" if row["rounds"] >= 20 else "too few |"))
    return lines


def machine(load):
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    versions = [first_line(output_of(*c)) for c in (("/usr/bin/python3", "--version"), ("ruby", "--version"), ("php", "--version"),
                                                    ("bash", "--version"), ("lua", "-v"), ("node", "--version"), ("gcc", "--version"))]
    perl = re.search(r"v[\d.]+", output_of("perl", "--version"))
    versions += [f"perl {perl.group(0)}"] if perl else []
    system = re.search(r'PRETTY_NAME="(.*)"', pathlib.Path("/etc/os-release").read_text())
    return [f"Measured on {time.strftime('%Y-%m-%d')}: {os.cpu_count()} processors ({cpu.group(1) if cpu else 'unknown'}), Linux "
            f"{platform.release().split('-')[0]}, {system.group(1) if system else ''}, {'root' if os.geteuid() == 0 else 'an ordinary user'}; "
            f"load average {load[0]:.1f} before and {os.getloadavg()[0]:.1f} after.", "",
            "With " + "; ".join(v for v in versions if v) + "."]


def chart(rows):
    """Bars of the ratio to the bare spawn on a logarithmic axis, with a mark at each goal; light and dark."""
    shown = [r for r in rows if r.get("unit") == "us" and r["goal"]]
    left, right, step, top = 250, 60, 34, 64
    width, height = 900, top + step * len(shown) + 46
    low, high = 0.05, max([4.0] + [r["ratio"] * 1.3 for r in shown])

    def x(value):
        return left + (width - left - right) * math.log(max(value, low) / low) / math.log(high / low)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
           'aria-label="Time of an execution as a multiple of the bare spawn of the same program">',
           "<style>text{font:14px system-ui,sans-serif;fill:#1b2230}.s{font-size:12px;fill:#5a6475}.g{stroke:#dbdfe6}.one{stroke:#5a6475}"
           ".ok{fill:#1d5fd6}.short{fill:#b35c00}.goal{stroke:#1b2230;stroke-width:2.5}.ground{fill:#fff}"
           "@media(prefers-color-scheme:dark){text{fill:#e4e8ef}.s{fill:#9aa5b6}.g{stroke:#2d3543}.one{stroke:#9aa5b6}.ok{fill:#7aa7ff}"
           ".short{fill:#f0b45c}.goal{stroke:#e4e8ef}.ground{fill:#181d26}}</style>",
           f'<rect class="ground" width="{width}" height="{height}"/>',
           '<text x="16" y="26" font-weight="600">Time of an execution, as a multiple of the bare spawn of the same program</text>',
           '<text class="s" x="16" y="46">median; logarithmic; the upright mark is the goal; blue: reached, orange: short of it</text>']
    for tick in (0.05, 0.1, 0.2, 0.5, 1, 2, 4):
        kind = "one" if tick == 1 else "g"
        out.append(f'<line class="{kind}" x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{top - 6}" y2="{height - 36}"/>'
                   f'<text class="s" text-anchor="middle" x="{x(tick):.1f}" y="{height - 18}">{tick:g} x</text>')
    for i, row in enumerate(shown):
        y = top + i * step
        out.append(f'<text text-anchor="end" x="{left - 10}" y="{y + 17}">{html.escape(row["row"])}</text>'
                   f'<rect class="{verdict(row)}" x="{left}" y="{y + 4}" width="{max(x(row["ratio"]) - left, 1):.1f}" height="18" rx="3"/>'
                   f'<line class="goal" x1="{x(row["goal"]):.1f}" x2="{x(row["goal"]):.1f}" y1="{y}" y2="{y + 26}"/>'
                   f'<text class="s" x="{max(x(row["ratio"]), x(row["goal"])) + 8:.1f}" y="{y + 17}">{row["ratio"]:.2f} x</text>')
    return "\n".join(out) + "\n</svg>\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs", help="directory with performance.md")
    options = parser.parse_args()
    load, begin = os.getloadavg(), time.monotonic()
    rows, notes, compiled, steps = measure(options.build.resolve(), options.rounds, options.seconds, os.sys.stderr)
    own = [r for r in rows if r["row"] not in notes]
    steps = steps.split("\nLinux ")[0]  # what follows is bench_cold's own table
    page = machine(load) + ["", f"`python3 scripts/benchmark.py BUILD`: {options.rounds} rounds each, bare and ours in turn, "
                            f"each after a pause of 5 to 80 ms, in "
                            f"{time.monotonic() - begin:.0f} seconds.", "", "![ratios to the bare spawn](performance.svg)", ""]
    page += table(own) + [""] + peer_table(rows, notes) + [""] + compiled_table(compiled)
    if steps:
        page += ["", "### Where the time goes", "", "By the library's own trace points (`CE_REQUEST_TRACE`), microseconds:", "", "```",
                 steps.strip("\n"), "```"]
    path = options.output / "performance.md"
    text = path.read_text()
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    path.write_text(text[:start] + "\n\n" + "\n".join(page) + "\n\n" + text[end:])
    (options.output / "performance.svg").write_text(chart(own))
    print("\n".join(page))


if __name__ == "__main__":
    main()
