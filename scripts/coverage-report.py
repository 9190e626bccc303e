#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""coverage-report.py LCOV [PAGE]: what of lib/ the tests reach, by file, and each line that they do not, with the reason that its text or
its file gives. With PAGE, writes it there as Markdown. Needs nothing but Python's standard library."""
import collections
import datetime
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Of a file, then of a stretch of lines that were not reached: the first that fits counts.
FILES = [
    (r"limits/cgroup2", "cgroup v2 with controllers: where only the machine in `tests/vm` comes, in which no call is made to fail"),
]
TEXTS = [
    (r"no_memory|NO_MEMORY|ENOMEM|out of memory", "no memory"),
    (r"CE_ERR_OS|errno|_exit\(|ce__failure_set|CE_ERR_TIMEOUT|-E[A-Z]{3,}|EINTR|abandon\(|pidfd_send_signal|waitid", "a system call that fails"),
    (r"CE_ERR_UNSUPPORTED|tolerate|probe", "a kernel, or a libseccomp, that lacks something"),
    (r"CE_ERR_INVALID|CE_ERR_PLUGIN|CE_ERR_TOO_NEW", "a caller's mistake that no test makes"),
    (r"free\(|_free|_finish|ce__base_close|return NULL;|return false;|return r;|return -1;", "what is undone after one of the above"),
]
LEFT = "none of these: see the line"
GOAL_LINES, GOAL_BRANCHES = 90, 80


class File:
    def __init__(self):
        self.lines = {}     # number: was it reached?
        self.branches = {}  # where: was it taken?


def read(path):
    files, current = collections.defaultdict(File), None
    for line in pathlib.Path(path).read_text().splitlines():
        kind, _, rest = line.partition(":")
        if kind == "SF":
            name = pathlib.Path(rest).resolve()
            inside = ROOT in name.parents and name.relative_to(ROOT).parts[0] == "lib" and name.suffix == ".c"
            current = files[str(name.relative_to(ROOT))] if inside else None
        elif current and kind == "DA":
            number, count = rest.split(",")[:2]
            current.lines[int(number)] = current.lines.get(int(number), False) or int(count) > 0
        elif current and kind == "BRDA":
            number, block, branch, taken = rest.split(",")
            where = (int(number), block, branch)
            current.branches[where] = current.branches.get(where, False) or taken not in ("-", "0")
    return dict(sorted(files.items()))


def stretches(file):
    """Runs of lines that were not reached, with none between them that was."""
    runs, last = [], None
    for number in sorted(file.lines):
        if not file.lines[number]:
            if last is not None and runs and runs[-1][1] == last:
                runs[-1][1] = number
            else:
                runs.append([number, number])
            last = number
        else:
            last = None
    return runs


def reason(name, source, first, last):
    for pattern, text in FILES:
        if re.search(pattern, name):
            return text
    # The condition that led there tells as well as what is done.
    text = "\n".join(source[max(first - 2, 0):last])
    for pattern, why in TEXTS:
        if re.search(pattern, text):
            return why
    return LEFT


def share(reached, all_of):
    return 100.0 * reached / all_of if all_of else 100.0


def main():
    files = read(sys.argv[1])
    lines = [sum(len(f.lines) for f in files.values()), sum(sum(f.lines.values()) for f in files.values())]
    branches = [sum(len(f.branches) for f in files.values()), sum(sum(f.branches.values()) for f in files.values())]
    groups = collections.defaultdict(lambda: collections.defaultdict(list))
    counts = collections.Counter()
    for name, file in files.items():
        source = (ROOT / name).read_text().splitlines()
        for first, last in stretches(file):
            why = reason(name, source, first, last)
            groups[why][name].append((first, last))
            counts[why] += sum(not file.lines[n] for n in file.lines if first <= n <= last)
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    out = ["# Coverage", "",
           "Which lines and branches of `lib/` the tests reach, written by `sh scripts/coverage.sh`: every test of the gcc build but the long ones,",
           "the page's and the ABI's, and those in the virtual machine, with clang's counters. `lib/park/` is not counted: it is preloaded into other people's interpreters.", "",
           f"Measured on {datetime.date.today()} at {commit}; lines are numbered as they were then. Goals: {GOAL_LINES} % of the lines, {GOAL_BRANCHES} % of the branches.", "",
           "| | lines | branches |", "|---|---:|---:|",
           f"| all | {share(lines[1], lines[0]):.1f} % of {lines[0]} | {share(branches[1], branches[0]):.1f} % of {branches[0]} |"]
    out += ["", "## What is not reached, and why", "",
            "By the text of the lines and of the condition before them. Failing calls of the library are made to fail by `faults_host`, those of the",
            "supervisor and of its cells by `faults`, some each time: what a run of them met is counted.", "",
            "| reason | lines |", "|---|---:|"]
    out += [f"| {why} | {counts[why]} |" for why, _ in counts.most_common()]
    for why, _ in counts.most_common():
        out += ["", f"### {why[0].upper()}{why[1:]}", ""]
        for name, runs in groups[why].items():
            out.append(f"- `{name}`: " + ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs))
    out += ["", "## By file", "", "| file | lines | branches |", "|---|---:|---:|"]
    for name, f in files.items():
        out.append(f"| `{name}` | {share(sum(f.lines.values()), len(f.lines)):.0f} % of {len(f.lines)} | "
                   f"{share(sum(f.branches.values()), len(f.branches)):.0f} % of {len(f.branches)} |")
    text = "\n".join(out) + "\n"
    if len(sys.argv) > 2:
        pathlib.Path(sys.argv[2]).write_text(text)
    print("\n".join(out[6:11]))
    for why, _ in counts.most_common():
        print(f"{counts[why]:5} {why}")
    return 0 if lines[0] else 1


if __name__ == "__main__":
    sys.exit(main())
