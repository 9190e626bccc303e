from pathlib import Path

root = Path("tree")
for name, text in {"a.txt": "hello", "b/c.txt": "hello world", "b/d.txt": ""}.items():
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
total = 0
for path in sorted(p for p in root.rglob("*") if p.is_file()):
    size = path.stat().st_size
    total += size
    print(path.relative_to(root), size)
print("total", total)
(root / "b/c.txt").rename(root / "moved.txt")
print("renamed", (root / "moved.txt").read_text())
(root / "b/d.txt").unlink()
print("left", sum(p.is_file() for p in root.rglob("*")))
