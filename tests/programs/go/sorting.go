package main

import (
	"bufio"
	"fmt"
	"os"
	"sort"
)

type byLength []string

func (w byLength) Len() int      { return len(w) }
func (w byLength) Swap(i, j int) { w[i], w[j] = w[j], w[i] }
func (w byLength) Less(i, j int) bool {
	if len(w[i]) != len(w[j]) {
		return len(w[i]) > len(w[j])
	}
	return w[i] < w[j]
}

func main() {
	var words []string
	scanner := bufio.NewScanner(os.Stdin)
	scanner.Split(bufio.ScanWords)
	for scanner.Scan() {
		words = append(words, scanner.Text())
	}
	sort.Sort(byLength(words))
	lengths := make([]int, len(words))
	for i, w := range words {
		fmt.Println(w)
		lengths[i] = len(w)
	}
	sort.Ints(lengths)
	middle := len(lengths) / 2
	median := float64(lengths[middle])
	if len(lengths)%2 == 0 {
		median = float64(lengths[middle-1]+lengths[middle]) / 2
	}
	fmt.Printf("median %.1f\n", median)
}
