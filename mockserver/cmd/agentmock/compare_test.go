package main

import (
	"io"
	"strings"
	"testing"
)

func TestCompareFlag(t *testing.T) {
	none := func(string) string { return "" }
	s, err := readSettings([]string{"-compare", "orq=https://api.orq.ai, xpander=https://h/a=b", "-compare-keep"}, none, io.Discard)
	if err != nil || s.compare["orq"] != "https://api.orq.ai" || s.compare["xpander"] != "https://h/a=b" || !s.compareKeep {
		t.Errorf("%v, %v", s, err)
	}
	for _, args := range [][]string{
		{"-compare", "https://u:secret@h"}, {"-compare", "orq="}, {"-compare", "orq=https://secret,orq=https://h"}, {"-compare-keep"},
	} {
		if _, err := readSettings(args, none, io.Discard); err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "-compare") {
			t.Errorf("%v: %v", args, err)
		}
	}
}
