#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Reads who includes whom and holds it to one table: layers.py SOURCE_ROOT

A failure names file and line. A new edge is a decision about the design: it belongs into the table below, with lib/README.md
brought up to date in the same commit."""
import pathlib
import re
import sys

# What the files of a room may include of ours, besides their own room. "room/*" is all of a room.
ALLOWED = {
    "base": [],
    "error": ["base/*", "<codeexec/codeexec.h>"],
    "capture": ["base/*"],
    # Runs inside interpreters, with libc alone. A zygote's child enters its cell by the steps of everybody's.
    "park": ["base/*", "plan/plan.h", "sandbox/cell.h", "<codeexec/codeexec.h>"],
    "limits": ["base/*", "<codeexec/codeexec.h>"],
    # The plan's format and the names of its system call groups, so that a manifest is refused where it is read.
    "executor": ["base/*", "error/*", "plan/plan.h", "plan/seccomp.h", "<codeexec/codeexec.h>", "<codeexec/plugin.h>"],
    # What a plugin made of a request becomes a plan.
    "plan": ["base/*", "error/*", "executor/executor.h", "<codeexec/codeexec.h>"],
    # From here on code of the supervisor: it knows plans, and nothing of where they come from.
    "sandbox": ["base/*", "plan/plan.h", "<codeexec/codeexec.h>"],
    "monitor": ["base/*", "limits/limits.h", "park/park.h", "plan/plan.h", "sandbox/cell.h", "sandbox/collect.h",
                "<codeexec/codeexec.h>"],
    # What the supervisor brought back and what a plugin made of a request, kept.
    "cache": ["base/*", "capture/*", "error/*", "executor/executor.h", "monitor/message.h", "<codeexec/codeexec.h>"],
    # The library's end of the sockets.
    "client": ["base/*", "error/*", "capture/*", "cache/cache.h", "executor/executor.h", "monitor/counters.h", "monitor/message.h", "monitor/sweep.h",
               "<codeexec/codeexec.h>"],
    # Checks arguments and calls the rooms: the only one that sees them all, and the build's configuration.
    "api": ["*/*", "config.h", "<codeexec/codeexec.h>", "<codeexec/plugin.h>"],
}
# Files of the supervisor: what they include must not lead, over any number of headers, to one of these.
SUPERVISOR_ROOMS = ["sandbox", "monitor", "limits"]
SUPERVISOR_NEVER = ["executor/", "client/", "api/", "error/", "capture/", "plan/build.h", "plan/effective.h"]

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def includes(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) == '"', match.group(2)


def sources(directory):
    return sorted(p for p in directory.rglob("*") if p.suffix in (".c", ".h"))


def allowed(room, name, quoted):
    if not quoted:
        name = f"<{name}>"
    if quoted and name.startswith(room + "/"):
        return True
    return any(name == rule or (rule.endswith("/*") and "/" in name and rule[:-2] in ("*", name.split("/")[0]))
               for rule in ALLOWED[room])


def check_library(root, report):
    for path in sources(root / "lib"):
        room = path.relative_to(root / "lib").parts[0]
        if room not in ALLOWED:
            report(path, 1, f"room {room}/ is not in the table of tests/abi/layers.py")
            continue
        for number, quoted, name in includes(path):
            ours = quoted or name.startswith("codeexec/")
            if ours and not allowed(room, name, quoted):
                report(path, number, f"{room}/ must not include {name}")
            if quoted and name != "config.h" and not (root / "lib" / name).exists():
                report(path, number, f"{name} is not named by its path below lib/")


def reach(root, path, seen):
    for _, quoted, name in includes(path):
        target = root / "lib" / name
        if quoted and name not in seen and target.exists():
            seen.add(name)
            reach(root, target, seen)
    return seen


def check_supervisor(root, report):
    for room in SUPERVISOR_ROOMS:
        for path in sources(root / "lib" / room):
            for name in sorted(reach(root, path, set())):
                if any(name.startswith(never) for never in SUPERVISOR_NEVER):
                    report(path, 1, f"code of the supervisor reaches {name}")


def check_users(root, report):
    """The programs and the plugins build against an installed library: what they include of ours is public."""
    for directory in ("examples", "executors"):
        for path in sources(root / directory):
            # The server shares some files with the CLI.
            own = {p.name for p in sources(root / directory)}
            # Plugins share some by their path below executors/.
            own |= {str(p.relative_to(root / directory)) for p in sources(root / directory)}
            for number, quoted, name in includes(path):
                if quoted and name not in own:
                    report(path, number, f"{name} is not the program's own")
                if not quoted and (root / "lib" / name).exists():
                    report(path, number, f"{name} is internal")
                if not quoted and name.startswith("codeexec/") and not (root / "include" / name).exists():
                    report(path, number, f"{name} is not a public header")


def check_public(root, report):
    for path in sources(root / "include"):
        for number, quoted, name in includes(path):
            if quoted:
                report(path, number, "a public header names others as <codeexec/...>")


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    failures = []

    def report(path, number, text):
        failures.append(f"{path.relative_to(root)}:{number}: {text}")

    for check in (check_library, check_supervisor, check_users, check_public):
        check(root, report)
    count = len(sources(root / "lib"))
    if count < 50:
        failures.append(f"only {count} files found below {root}/lib")
    print("\n".join(failures) if failures else f"{count} files of the library keep to the table")
    return 1 if failures else 0


sys.exit(main())
