package main

import (
	"fmt"
	"sync"
)

type result struct{ part, sum int }

func main() {
	results := make(chan result)
	var group sync.WaitGroup
	for part := 0; part < 4; part++ {
		group.Add(1)
		go func(part int) {
			defer group.Done()
			sum := 0
			for i := 1; i <= 4000; i++ {
				if i%4 == part {
					sum += i * i
				}
			}
			results <- result{part, sum}
		}(part)
	}
	go func() {
		group.Wait()
		close(results)
	}()
	total, best := 0, result{}
	for r := range results {
		total += r.sum
		if r.sum > best.sum {
			best = r
		}
	}
	fmt.Println("sum", total)
	fmt.Println("largest", best.part, best.sum)
}
