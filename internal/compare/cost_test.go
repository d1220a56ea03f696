package main

import "testing"

func TestCost(t *testing.T) {
	for range 3 {
		for _, s := range subjects()[:4] {
			c, err := measure(s, 500)
			t.Log(s.name, c.allocations, c.canned, c.socket, err)
		}
	}
}
