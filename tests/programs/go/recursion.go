package main

import "fmt"

func ackermann(m, n int) int {
	switch {
	case m == 0:
		return n + 1
	case n == 0:
		return ackermann(m-1, 1)
	}
	return ackermann(m-1, ackermann(m, n-1))
}

func hanoi(n int) int {
	if n == 0 {
		return 0
	}
	return 2*hanoi(n-1) + 1
}

func queens(n, row int, columns, down, up uint) (count int) {
	if row == n {
		return 1
	}
	for free := (1<<n - 1) &^ (columns | down | up); free != 0; free &= free - 1 {
		c := free & -free
		count += queens(n, row+1, columns|c, (down|c)<<1, (up|c)>>1)
	}
	return count
}

func permutations[T any](items []T, visit func([]T), chosen ...T) {
	if len(items) == 0 {
		visit(chosen)
	}
	for i, item := range items {
		rest := append(append([]T{}, items[:i]...), items[i+1:]...)
		permutations(rest, visit, append(chosen[:len(chosen):len(chosen)], item)...)
	}
}

var known = map[int]int{0: 0, 1: 1}

func fibonacci(n int) int {
	if _, ok := known[n]; !ok {
		known[n] = fibonacci(n-1) + fibonacci(n-2)
	}
	return known[n]
}

func main() {
	count := 0
	permutations([]rune("abcd"), func([]rune) { count++ })
	fmt.Printf("%d\n%d\n%d\n%d\n%d\n", ackermann(2, 3), hanoi(10), queens(8, 0, 0, 0, 0), count, fibonacci(20))
}
