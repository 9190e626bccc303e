package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
)

var pattern = regexp.MustCompile(`(?m)^(\d{4}-\d{2}-\d{2}) ([A-Z]+) (.+) id=(\d+)$`)

func main() {
	text, _ := io.ReadAll(os.Stdin)
	errors := 0
	for _, m := range pattern.FindAllStringSubmatch(string(text), -1) {
		fmt.Printf("%s %s %s [%s]\n", m[4], m[2], m[1], m[3])
		if m[2] == "ERROR" {
			errors++
		}
	}
	fmt.Println("errors", errors)
}
