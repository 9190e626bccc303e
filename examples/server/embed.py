#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Writes openapi.json and the files of a directory as C tables: embed.py OUT DEPFILE OPENAPI DIRECTORY"""
import hashlib
import json
import os
import sys

out, depfile, openapi, directory = sys.argv[1:]


def numbers(data):
    lines = [",".join(map(str, data[i:i + 32])) for i in range(0, len(data), 32)]
    return ",\n".join(lines)


names = []
for root, _, files in os.walk(directory):
    names += [os.path.relpath(os.path.join(root, f), directory) for f in files if not f.startswith(".")]
names.sort()
with open(openapi, encoding="utf-8") as f:
    # Small on the wire, readable in the tree.
    api = json.dumps(json.load(f), separators=(",", ":"), ensure_ascii=False).encode() + b"\n"

text = ['#include "embedded.h"', "const unsigned char embedded_openapi[] = {%s};" % numbers(api),
        "const size_t embedded_openapi_size = %d;" % len(api)]
table = []
for i, name in enumerate(names):
    with open(os.path.join(directory, name), "rb") as f:
        data = f.read()
    tag = hashlib.sha256(data).hexdigest()[:32]
    text.append("static const unsigned char file_%d[] = {%s};" % (i, numbers(data) or "0"))
    table.append('{"%s", file_%d, %d, "\\"%s\\""},' % (name, i, len(data), tag))
text.append("const struct embedded_file embedded_files[] = {%s{0}};" % "".join(table))
text.append("const size_t embedded_file_count = %d;" % len(table))
with open(out, "w") as f:
    f.write("\n".join(text) + "\n")
with open(depfile, "w") as f:
    # The directory too: a file that is new or gone changes it. Where there is none yet, its parent.
    watched = [openapi] + [os.path.join(directory, n) for n in names]
    watched.append(directory if os.path.isdir(directory) else os.path.dirname(directory))
    f.write("%s: %s\n" % (out, " ".join(w.replace(" ", "\\ ") for w in watched)))
