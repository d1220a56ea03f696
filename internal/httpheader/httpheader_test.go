package httpheader

import "testing"

func TestIsName(t *testing.T) {
	for name, want := range map[string]bool{
		"X-Request-Id": true, "accept": true, "x_y.z~1!": true,
		"": false, "a b": false, "a:": false, "a\r\n": false, "é": false, "a\x00": false, "(x)": false, "a\"b": false, "a\x7f": false,
	} {
		if IsName(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}

func TestIsValue(t *testing.T) {
	for value, want := range map[string]bool{
		"": true, "a b": true, "a\tb": true, "é": true, "\xff": true,
		"a\r\nX-Evil: 1": false, "a\n": false, "a\r": false, "\x00": false, "\x7f": false, "\x1b[31m": false,
	} {
		if IsValue(value) != want {
			t.Errorf("%q: %v", value, !want)
		}
	}
}
