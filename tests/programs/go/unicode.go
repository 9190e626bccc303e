package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"
)

func main() {
	line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	line = strings.TrimSuffix(line, "\n")
	fmt.Println(utf8.RuneCountInString(line), len(line))
	var reversed []rune
	var numbers []string
	for _, r := range line {
		reversed = append([]rune{r}, reversed...)
		if r > 127 {
			numbers = append(numbers, fmt.Sprintf("%x", r))
		}
	}
	fmt.Println(string(reversed))
	fmt.Println(strings.Join(numbers, " "))
}
