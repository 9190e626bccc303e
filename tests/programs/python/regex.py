import re
import sys

pattern = re.compile(r"^(?P<date>\d{4}-\d{2}-\d{2}) (?P<level>[A-Z]+) (?P<text>.+) id=(?P<id>\d+)$", re.MULTILINE)
errors = 0
for m in pattern.finditer(sys.stdin.read()):
    print(f"{m['id']} {m['level']} {m['date']} [{m['text']}]")
    errors += m["level"] == "ERROR"
print("errors", errors)
