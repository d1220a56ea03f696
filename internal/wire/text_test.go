package wire

import "testing"

func TestSameText(t *testing.T) {
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{"a b", "a b", true},
		{" a\n", "a", true},
		{"a\r\nb\r\n", "a\nb", true},
		{" ", "", true},
		{"a  b", "a b", false},
		{"a\n\nb", "a\nb", false},
		{"a", "A", false},
	} {
		if SameText(test.a, test.b) != test.same || SameText(test.b, test.a) != test.same {
			t.Errorf("%q and %q: %v", test.a, test.b, !test.same)
		}
	}
}
