package main

import (
	"bufio"
	"fmt"
	"os"
	"time"
)

func main() {
	const layout = "2006-01-02"
	var first, last time.Time
	scanner := bufio.NewScanner(os.Stdin)
	for scanner.Scan() {
		date, err := time.Parse(layout, scanner.Text())
		if err != nil {
			panic(err)
		}
		fmt.Println(date.Format(layout+" Mon"), date.AddDate(0, 0, 45).Format(layout))
		if first.IsZero() || date.Before(first) {
			first = date
		}
		if date.After(last) {
			last = date
		}
	}
	fmt.Println("days", int(last.Sub(first).Hours()/24))
}
