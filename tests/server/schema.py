# SPDX-License-Identifier: Apache-2.0 OR MIT
"""As much of JSON Schema as the server's OpenAPI description uses; a keyword that is not known here is an error, so
that nothing goes unchecked by oversight."""
import json
import os
import re

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/server/openapi.json")
with open(PATH, encoding="utf-8") as f:
    API = json.load(f)

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
SILENT = {"description", "contentEncoding", "summary"}


def has_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def resolve(reference):
    node = API
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def check_object(value, schema, where):
    properties = schema.get("properties", {})
    for name in schema.get("required", []):
        if name not in value:
            yield "%s: %s is missing" % (where, name)
    for name, item in value.items():
        if name in properties:
            yield from problems(item, properties[name], where + "." + name)
        elif schema.get("additionalProperties", True) is False:
            yield "%s: %s is not described" % (where, name)
        elif isinstance(schema.get("additionalProperties"), dict):
            yield from problems(item, schema["additionalProperties"], where + "." + name)


def problems(value, schema, where="$"):
    if "$ref" in schema:
        yield from problems(value, resolve(schema["$ref"]), where)
        return
    unknown = set(schema) - SILENT - {"type", "enum", "pattern", "anyOf", "properties", "required", "items", "minItems",
                                      "additionalProperties", "minimum", "maximum", "exclusiveMinimum"}
    if unknown:
        raise AssertionError("schema keyword %s is not known to the tests" % unknown)
    if "anyOf" in schema and not any(not list(problems(value, s, where)) for s in schema["anyOf"]):
        yield "%s: fits none of anyOf: %s" % (where, [list(problems(value, s, where))[:3] for s in schema["anyOf"]])
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(has_type(value, t) for t in types):
        yield "%s: %r is not of type %s" % (where, value, types)
        return
    if "enum" in schema and value not in schema["enum"]:
        yield "%s: %r is none of %s" % (where, value, schema["enum"])
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield "%s: %r does not match" % (where, value)
    if has_type(value, "number"):
        if value < schema.get("minimum", value) or value > schema.get("maximum", value) or \
                ("exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]):
            yield "%s: %r is out of range" % (where, value)
    if isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            yield "%s: too few items" % where
        for i, item in enumerate(value):
            yield from problems(item, schema.get("items", {}), "%s[%d]" % (where, i))
    if isinstance(value, dict):
        yield from check_object(value, schema, where)


def operation(method, path):
    path = path.split("?")[0]
    for pattern, item in API["paths"].items():
        if re.fullmatch(re.sub(r"\{id\}", "[0-9a-f]{32}", pattern), path):
            return item.get("get" if method == "HEAD" else method.lower())
    return None


def check_answer(method, path, status, content_type, body):
    """Holds an answer against the description: is the status foreseen, and is the body as it says?"""
    described = operation(method, path)
    if described is None:
        assert status in (200, 304, 400, 403, 404, 405, 421), "%s %s: %d" % (method, path, status)
        if status >= 400:
            assert not list(problems(json.loads(body), resolve("#/components/schemas/Error")))
        return
    response = described["responses"].get(str(status))
    assert response, "%s %s: %d is not described: %r" % (method, path, status, body[:300])
    if method == "HEAD":
        return
    content = response["content"].get(content_type.split(";")[0])
    assert content, "%s %s: %s is not described" % (method, path, content_type)
    if content_type.startswith("application/json"):
        found = list(problems(json.loads(body), content["schema"]))
        assert not found, "%s %s %d: %s" % (method, path, status, found[:5])


def check_event(name, data):
    components = "#/components/schemas/"
    if name == "finished":
        found = list(problems(data, resolve(components + "Result")))
    elif name == "usage":
        found = list(problems({k: v for k, v in data.items() if k != "stage"}, resolve(components + "Usage")))
    else:
        found = [] if name in ("status", "stdout", "stderr", "gap") else ["unknown event " + name]
    assert not found, found[:5]


def lint():
    """What is wrong with the description itself."""
    seen = set()
    if not re.fullmatch(r"3\.1\.\d+", API.get("openapi", "")) or not API["info"].get("title"):
        yield "openapi or info.title is missing"

    def references(node):
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            for item in node.values():
                yield from references(item)
        elif isinstance(node, list):
            for item in node:
                yield from references(item)

    for reference in references(API):
        try:
            resolve(reference)
        except KeyError:
            yield "%s leads nowhere" % reference
    used = set(references(API))
    for name in API["components"]["schemas"]:
        if "#/components/schemas/" + name not in used:
            yield "schema %s is not used" % name
    for path, item in API["paths"].items():
        wanted = set(re.findall(r"\{(\w+)\}", path))
        for method, described in item.items():
            if method == "parameters":
                continue
            if described["operationId"] in seen:
                yield "operationId %s is there twice" % described["operationId"]
            seen.add(described["operationId"])
            given = {p["name"] for p in described.get("parameters", []) + item.get("parameters", []) if p["in"] == "path"}
            if given != wanted:
                yield "%s %s: path parameters %s, not %s" % (method, path, given, wanted)
            for status, response in described["responses"].items():
                if not response.get("description"):
                    yield "%s %s %s: no description" % (method, path, status)
