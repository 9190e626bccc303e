package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func walk(visit func(path string, size int64)) {
	check(filepath.WalkDir("tree", func(path string, entry fs.DirEntry, err error) error {
		check(err)
		if info, err := entry.Info(); err == nil && !entry.IsDir() {
			visit(path, info.Size())
		}
		return nil
	}))
}

func main() {
	for name, text := range map[string]string{"a.txt": "hello", "b/c.txt": "hello world", "b/d.txt": ""} {
		path := filepath.Join("tree", name)
		check(os.MkdirAll(filepath.Dir(path), 0o755))
		check(os.WriteFile(path, []byte(text), 0o644))
	}
	var total int64
	walk(func(path string, size int64) {
		relative, _ := filepath.Rel("tree", path)
		fmt.Println(relative, size)
		total += size
	})
	fmt.Println("total", total)
	check(os.Rename("tree/b/c.txt", "tree/moved.txt"))
	text, err := os.ReadFile("tree/moved.txt")
	check(err)
	fmt.Println("renamed", string(text))
	check(os.Remove("tree/b/d.txt"))
	left := 0
	walk(func(string, int64) { left++ })
	fmt.Println("left", left)
}
