import collections
import itertools
import sys

counts = collections.Counter()
pairs = (line.split() for line in sys.stdin)
values = []
for key, value in pairs:
    counts[key] += int(value)
    values.append(int(value))
for i, total in enumerate(itertools.accumulate(values), 1):
    if i % 20 == 0:
        print(i, total)
for key in sorted(counts):
    print(key, counts[key])
