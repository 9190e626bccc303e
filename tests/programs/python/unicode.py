import sys

text = sys.stdin.readline().rstrip("\n")
print(len(text), len(text.encode()))
print(text[::-1])
print(*(f"{ord(c):x}" for c in text if ord(c) > 127))
