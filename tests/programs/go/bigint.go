package main

import (
	"fmt"
	"math/big"
)

func main() {
	factorial := new(big.Int).MulRange(1, 60)
	fmt.Println(factorial)
	sum := 0
	for _, digit := range factorial.String() {
		sum += int(digit - '0')
	}
	fmt.Println(sum)
	fmt.Println(new(big.Int).Lsh(big.NewInt(1), 200))
	a, b := big.NewInt(0), big.NewInt(1)
	for i := 0; i < 300; i++ {
		a.Add(a, b)
		a, b = b, a
	}
	fmt.Println(a)
}
