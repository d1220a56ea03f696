package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// inVirtualTime runs a test for every subject.
func inVirtualTime(t *testing.T, test func(*testing.T, subject)) {
	for _, s := range subjects() {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, s) })
		})
	}
}

func isOurs(s subject) bool { return strings.HasPrefix(s.name, "ours") }

func TestX(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, s subject) {
		a, err := commitAndReset(s)
		t.Log(a, err)
		b, err := failAndSucceed(s, 100)
		t.Log(b, err)
		for _, v := range []string{"0", "3600", "9223372036854775807"} {
			c, err := obey(s, v)
			t.Log(v, c, err)
		}
	})
}

var _ = time.Second
