package main

import (
	"bytes"
	"slices"
	"testing"
)

func TestReadersAgree(t *testing.T) {
	stream := manyEvents(100)
	var all [][]int
	for _, r := range readers() {
		var sizes []int
		if err := r.read(packets{bytes.NewReader(stream)}, func(size int) { sizes = append(sizes, size) }); err != nil {
			t.Fatalf("%s: %v", r.name, err)
		}
		all = append(all, sizes)
	}
	for i, sizes := range all {
		if len(sizes) != 100 || !slices.Equal(sizes, all[0]) {
			t.Errorf("%s reads events of %v bytes", readers()[i].name, sizes)
		}
	}
}
