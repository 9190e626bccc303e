package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
)

type person struct {
	Name string   `json:"name"`
	Born int      `json:"born"`
	Tags []string `json:"tags"`
}

type totals struct {
	Count int `json:"count"`
	Tags  int `json:"tags"`
	Born  int `json:"born"`
}

func main() {
	var people []person
	if err := json.NewDecoder(os.Stdin).Decode(&people); err != nil {
		panic(err)
	}
	sort.Slice(people, func(i, j int) bool { return people[i].Born < people[j].Born })
	t := totals{Count: len(people)}
	for _, p := range people {
		fmt.Println(p.Name, p.Born, len(p.Tags))
		t.Tags += len(p.Tags)
		t.Born += p.Born
	}
	json.NewEncoder(os.Stdout).Encode(t)
}
