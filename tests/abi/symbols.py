#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What the shared library exports is what the version script lists and what the headers declare, no more and no less:
symbols.py NM SHARED_LIBRARY VERSION_SCRIPT HEADER..."""
import re
import subprocess
import sys


def exported(nm, library):
    out = subprocess.run([nm, "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    names = {}
    for line in out.splitlines():
        kind, name = line.split()[-2:]
        plain, _, node = name.partition("@@")
        if kind != "A":  # the version nodes themselves
            names[plain] = node
    return names


def without_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def scripted(path):
    """Symbol -> node. A symbol stands in the node of the release that brought it."""
    symbols = {}
    text = without_comments(open(path, encoding="utf-8").read())
    for node, body in re.findall(r"(\w[\w.]*)\s*\{(.*?)\}", text, flags=re.S):
        scope = "global"
        for word in re.findall(r"(\w+\s*:|[\w*]+\s*;)", body):
            if word.rstrip().endswith(":"):
                scope = word.rstrip(" :\t\n")
            elif scope == "global":
                symbols[word.rstrip(" ;\t\n")] = node
    return symbols


def declared(paths):
    names = set()
    for path in paths:
        text = without_comments(open(path, encoding="utf-8").read())
        names.update(re.findall(r"^CE_API\b[^;(]*?(\w+)\s*\(", text, flags=re.M))
    return names


def main():
    nm, library, script, *headers = sys.argv[1:]
    binary, listed, public = exported(nm, library), scripted(script), declared(headers)
    failures = []
    for title, left, right in (("exported, but not in the version script", set(binary), set(listed)),
                               ("in the version script, but not exported", set(listed), set(binary)),
                               ("declared with CE_API, but not exported", public, set(binary)),
                               ("exported, but not declared with CE_API", set(binary), public)):
        failures += [f"{name}: {title}" for name in sorted(left - right)]
    failures += [f"{name}: exported in node {node or 'none'}, the script says {listed[name]}"
                 for name, node in sorted(binary.items()) if name in listed and node != listed[name]]
    if len(public) < 50:
        failures.append(f"only {len(public)} declarations found: this test cannot read the headers any more")
    print("\n".join(failures) if failures else f"{len(binary)} symbols, all declared and listed")
    return 1 if failures else 0


sys.exit(main())
