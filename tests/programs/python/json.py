import json
import sys

people = json.load(sys.stdin)
for person in sorted(people, key=lambda p: p["born"]):
    print(person["name"], person["born"], len(person["tags"]))
total = {"count": len(people), "tags": sum(len(p["tags"]) for p in people), "born": sum(p["born"] for p in people)}
print(json.dumps(total, separators=(",", ":")))
