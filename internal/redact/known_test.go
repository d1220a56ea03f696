package redact

import (
	"runtime"
	"strings"
	"testing"
)

func TestKnown(t *testing.T) {
	type owner struct{ name string }
	remember := func(secrets ...string) *owner {
		o := &owner{"x"}
		HiderFor(o, secrets)
		return o
	}
	first, second := remember("first/secret<1>", "short"), remember("second-secret", "first/secret<2>")
	again := remember("second-secret")
	const text = "a first/secret<1>, first%2Fsecret%3C2%3E, second-secret, short, first/secret<3>"
	hidden := "a " + Placeholder + ", " + Placeholder + ", " + Placeholder + ", short, first/secret<3>"
	if got := Known(text); got != hidden {
		t.Errorf("%q", got)
	}
	if got := Known("second-"); got != "second-" {
		t.Errorf("%q", got)
	}
	runtime.KeepAlive(first)
	runtime.KeepAlive(second)
	// What nobody uses any more is forgotten.
	for range 100 {
		runtime.GC()
		if got := Known(text); strings.Contains(got, "first/secret<1>") && strings.Contains(got, "%2Fsecret") {
			if !strings.Contains(got, "second-secret") {
				runtime.KeepAlive(again)
				return
			}
			t.Fatalf("a secret that is in use is forgotten: %q", got)
		}
		runtime.Gosched()
	}
	t.Error("secrets are never forgotten")
}
