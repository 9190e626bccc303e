package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"sort"
)

func main() {
	in, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	defer out.Flush()
	counts := map[string]int{}
	sum := 0
	for i := 1; ; i++ {
		var key string
		var value int
		if _, err := fmt.Fscanln(in, &key, &value); err == io.EOF {
			break
		} else if err != nil {
			panic(err)
		}
		counts[key] += value
		sum += value
		if i%20 == 0 {
			fmt.Fprintln(out, i, sum)
		}
	}
	keys := make([]string, 0, len(counts))
	for key := range counts {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		fmt.Fprintln(out, key, counts[key])
	}
}
