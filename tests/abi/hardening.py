#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Looks at built files for what the build promises: hardening.py READELF FILE...

Every file: full RELRO (read-only relocations, bound at start), no executable stack, no segment that is both writable and
executable, no text relocations, a stack protector. Programs: position independent."""
import re
import subprocess
import sys


def read(readelf, *words):
    return subprocess.run([readelf, "-W", *words], check=True, capture_output=True, text=True).stdout


def check(readelf, path):
    segments, dynamic = read(readelf, "-l", path), read(readelf, "-d", path)
    # A static program imports nothing: it has the symbol itself, unless it is stripped.
    static = "(NEEDED)" not in dynamic and "INTERP" not in segments
    symbols = read(readelf, "-s" if static else "--dyn-syms", path)
    wrong = []
    if "GNU_RELRO" not in segments:
        wrong.append("no RELRO segment")
    if "BIND_NOW" not in dynamic and not re.search(r"\(FLAGS_1\).*\bNOW\b", dynamic):
        wrong.append("no BIND_NOW")
    stack = re.search(r"GNU_STACK\s+(?:0x\w+\s+){5}([RWE ]+?)\s+0x", segments)
    if not stack or "E" in stack.group(1):
        wrong.append("the stack is executable")
    for flags in re.findall(r"^\s+LOAD\s+(?:0x\w+\s+){5}([RWE ]+?)\s+0x", segments, flags=re.M):
        if "W" in flags and "E" in flags:
            wrong.append("a segment is writable and executable")
    if "TEXTREL" in dynamic:
        wrong.append("text relocations")
    if "__stack_chk_fail" not in symbols:
        wrong.append("no stack protector")
    # The same ELF type serves libraries and position independent programs.
    if not re.search(r"^\s*Type:\s+DYN\b", read(readelf, "-h", path), flags=re.M):
        wrong.append("not position independent")
    if re.search(r"\((?:RPATH)\)", dynamic):
        wrong.append("an RPATH, which wins over LD_LIBRARY_PATH")
    return wrong


def main():
    readelf, *paths = sys.argv[1:]
    failures = [f"{path}: {text}" for path in paths for text in check(readelf, path)]
    print("\n".join(failures) if failures else f"{len(paths)} files are hardened as promised")
    return 1 if failures or not paths else 0


sys.exit(main())
