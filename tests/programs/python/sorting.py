import statistics
import sys

words = sys.stdin.read().split()
words.sort(key=lambda w: (-len(w), w))
print(*words, sep="\n")
print(f"median {statistics.median(map(len, words)):.1f}")
