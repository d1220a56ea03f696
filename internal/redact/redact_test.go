package redact

import (
	"fmt"
	"strings"
	"testing"
)

type config struct {
	Key  string
	Name string
	n    int
}

func (c config) Format(state fmt.State, verb rune) {
	type plain config
	c.Key = Secret(c.Key)
	Format(state, verb, plain(c))
}

func TestFormat(t *testing.T) {
	value := config{"hush", "n", 7}
	for format, want := range map[string]string{
		"%v":  "{[redacted] n 7}",
		"%+v": "{Key:[redacted] Name:n n:7}",
		"%#v": `redact.plain{Key:"[redacted]", Name:"n", n:7}`,
		"%s":  "{[redacted] n %!s(int=7)}",
		"%q":  `{"[redacted]" "n" '\a'}`,
	} {
		if got := fmt.Sprintf(format, value); got != want {
			t.Errorf("%s of the value: %s, not %s", format, got, want)
		}
		if got := fmt.Sprintf(format, &value); got != want {
			t.Errorf("%s of a pointer: %s, not %s", format, got, want)
		}
	}
	for _, format := range []string{"%x", "%X", "%10v", "%-20s", "%t", "%d", "% x"} {
		for _, secret := range []string{"hush", fmt.Sprintf("%x", "hush"), fmt.Sprintf("%X", "hush"), fmt.Sprintf("% x", "hush")} {
			if got := fmt.Sprintf(format, []config{value}); strings.Contains(got, secret) {
				t.Errorf("%s shows the secret: %s", format, got)
			}
		}
	}
}

func TestSecret(t *testing.T) {
	if Secret("") != "" || Secret("hush") != Placeholder {
		t.Errorf("%q %q", Secret(""), Secret("hush"))
	}
}

func TestValues(t *testing.T) {
	if got := fmt.Sprint(Values(map[string]string{"b": "hush", "a": ""})); got != "map[a:[redacted] b:[redacted]]" {
		t.Errorf("got %s", got)
	}
	if got := Values(map[string]any{}); got != nil {
		t.Errorf("an empty map became %v", got)
	}
}
