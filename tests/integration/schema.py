# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The JSON Schema that editors use and the reader of the library agree: about every manifest that there is, and about some
thousand wrong ones, made by changing one place of a good one. Prints TAP.

CODEEXEC         path of the program; its `lint` is the reader
argv[1]          directory of the executors
"""
import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import jsonschema
    import yaml
except ImportError as missing:
    if os.environ.get("CE_TESTS_MUST_RUN") == "1":
        sys.exit(f"must run, but: {missing}")
    print(f"1..0 # SKIP {missing} (packages python3-jsonschema, python3-yaml)")
    sys.exit(0)

EXECUTORS = pathlib.Path(sys.argv[1])


class Loader(yaml.SafeLoader):
    """YAML 1.2 as editors read it: only true, false, null and numbers are no texts."""


Loader.yaml_implicit_resolvers = {}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", yaml.resolver.re.compile(r"^(true|false)$"), list("tf"))
Loader.add_implicit_resolver("tag:yaml.org,2002:null", yaml.resolver.re.compile(r"^(~|)$"), ["~", ""])
Loader.add_implicit_resolver("tag:yaml.org,2002:int", yaml.resolver.re.compile(r"^-?(0|[1-9][0-9]*)$"), list("-0123456789"))
Loader.add_implicit_resolver("tag:yaml.org,2002:float", yaml.resolver.re.compile(r"^-?[0-9]+\.[0-9]+$"), list("-0123456789"))

# Every key there is. The plugin is one that gives diagnostics.
FULL = {
    "abi": 1,
    "name": "x",
    "title": "X",
    "aliases": ["y", "z+"],
    "extensions": ["x"],
    "shebangs": ["x"],
    "source": "main.x",
    "plugin": "c",
    "limits": {"compile": {"timeout": "20s", "memory": "64MiB"}, "run": {"processes": 8, "output": "1MiB"}},
    "diagnostics": ["{file}:{line}: {severity}: {message}", "{file}({line})\n{any}: {message} {{x"],
    "cannot": {"exit_code": "none"},
    "runtimes": [
        {
            "name": "r",
            "aliases": ["s"],
            "shortcuts": ["q"],
            "packages": ["a", "a | b", "npm:c@1"],
            "requires": ["ld", "/usr/x", "{runtimes}/x"],
            "opt_in": True,
            "cannot": {"two_files": "none"},
            "prebuild": {"command": ["sh", "{prebuilt}"], "files": {"a/b": "c"}, "outputs": ["d/*"], "limits": {"inodes": 9}},
            "layers": {"env": "X_PATH", "path": "a/b", "root": "/x", "registry": "npm", "compile_option": "-cp", "run_option": "-c"},
            "version": ["{runtimes}/x", "--version"],
            "mounts": ["/opt/a", {"source": "/opt/b", "target": "/opt/c", "optional": True}],
            "env": {"A": "b"},
            "options": {"std": {"a": ["-a"], "b": []}},
            "compile": {
                "command": ["cc", "{options}", "{sources}", "-o{stem}", "{{x}"],
                "artifacts": ["main"],
                "env": {"B": "c"},
                "limits": {"cpu_time": "1min", "disk_space": "1GB", "file_size": "1kB", "stack": "1 MiB"},
                "seccomp": ["numa"],
                "rlimit_as": True,
                "cache": "shared",
                "toolchain": ["/usr/bin/cc*"],
            },
            "run": {"command": ["./main", "{args}"], "warm": {"mode": "park"}, "limits": {"open_files": 5}},
        }
    ],
    "tests": [
        {"name": "h", "kind": "hello", "code": "x", "expect": {"stdout": "x"}},
        {
            "name": "t",
            "code": "x",
            "input": "y",
            "args": ["", "1"],
            "options": {"std": "b"},
            "files": {"z": "z"},
            "runtimes": ["r"],
            "limits": {"timeout": "1h"},
            "compile_limits": {"timeout": "1ms"},
            "expect": {
                "status": ["error", "timeout"],
                "stdout_has": "a",
                "stderr_has": "b",
                "exit_code": 3,
                "diagnostic": {"type": "T", "line": 7},
            },
        },
    ],
}

# Strange values for any place; whether they are wrong there is for both to say alike.
STRANGE = [{}, [], "", "x y", "x\ny", "-1", -1, 0, "0s", "1s", "5B", 7, True, "Big", "../x", "/proc", "{nope}", "{args}", "x{args}",
           "a" * 33, "b" * 81, ["x", "x"], "hello", "error", "none", "/a//b", "a/./b", "\x7f"]

# Differences that are meant: the schema cannot know these, or knows better what people want than what can be read.
# (path pattern, words of the reader's message)
ONLY_THE_READER = [
    "has no option",
    "cannot be",
    "appears twice",
    "are called",
    "means something else already",
    "pattern \"",
    "its own name as an alias",
    "nothing can be mounted in",
    "the first key in",
    "expects a",
    "goes with exit_code",
    "must expect the status",
    "of kind",
    "which there is not",
    "that it cannot do",
    "twice: it is its code",
    "is too large",
    "is too long",
    "nested too deeply",
]


def changed(document, path, change):
    copied = copy.deepcopy(document)
    place = copied
    for step in path[:-1]:
        place = place[step]
    change(place, path[-1])
    return copied


def places(document, path=()):
    items = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    for key, value in items:
        yield path + (key,)
        yield from places(value, path + (key,))


def rename(place, key):
    entries = list(place.items())
    place.clear()
    for name, value in entries:
        place[name + "_" if name == key else name] = value


def mutations():
    yield "as it is", FULL
    for path in places(FULL):
        shown = ".".join(str(step) for step in path)
        yield f"without {shown}", changed(FULL, path, lambda place, key: place.pop(key))
        if isinstance(path[-1], str):
            yield f"{shown} renamed", changed(FULL, path, rename)
        for value in STRANGE:
            yield f"{shown} = {value!r}", changed(FULL, path, lambda place, key, value=value: place.__setitem__(key, value))


def lint(directory, names):
    """What the reader says of each file: None if it is good."""
    said = {}
    for start in range(0, len(names), 400):
        run = subprocess.run([os.environ["CODEEXEC"], "lint", *names[start:start + 400]], cwd=directory, capture_output=True,
                             text=True, errors="replace", check=False)
        for line in run.stderr.splitlines():
            name, _, words = line.partition(":")
            if ": warning: " not in line and name.isdigit():
                said.setdefault(name, words)
        for line in run.stdout.splitlines():
            said.setdefault(line.rsplit(":", 1)[0], None)
    return said


def main():
    schema = json.loads((EXECUTORS / "manifest.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    number = failures = 0

    def result(good, words):
        nonlocal number, failures
        number += 1
        failures += not good
        print(f"{'ok' if good else 'not ok'} {number} - {words}")

    for path in sorted(EXECUTORS.glob("*/*.yaml")):
        problems = [f"{error.json_path}: {error.message[:200]}"
                    for error in validator.iter_errors(yaml.load(path.read_text(), Loader))]
        result(not problems, f"{path.name} is good for the schema")
        for problem in problems[:5]:
            print(f"# {problem}")
        first_lines = path.read_text().splitlines()[:3]
        result(any(line.startswith("# yaml-language-server: $schema=") for line in first_lines), f"{path.name} names the schema")

    cases = list(mutations())
    accepted = refused = 0
    with tempfile.TemporaryDirectory() as directory:
        for index, (_, document) in enumerate(cases):
            # JSON is YAML; what stands in quotes is a text for both.
            pathlib.Path(directory, str(index)).write_text(json.dumps(document))
        said = lint(directory, [str(index) for index in range(len(cases))])
    result(len(said) == len(cases), f"the reader judged all of {len(cases)} manifests")
    differences = []
    for index, (words, document) in enumerate(cases):
        reader = said.get(str(index), "nothing was said")
        mine = validator.is_valid(document)
        accepted += reader is None and mine
        refused += reader is not None and not mine
        if mine == (reader is None):
            continue
        if mine and any(known in reader for known in ONLY_THE_READER):
            continue
        differences.append(f"{words}: schema {'accepts' if mine else 'refuses'}, reader says {reader or 'ok'}")
    result(not differences, "schema and reader agree about each of them")
    for difference in differences[:60]:
        print(f"# {difference}")
    result(accepted > 100 and refused > 1000, f"{accepted} are good for both, {refused} for neither")
    print(f"1..{number}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
