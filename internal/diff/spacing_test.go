package diff

import "testing"

func TestButForSpacing(t *testing.T) {
	for name, test := range map[string]struct {
		want, have any
		same       bool
	}{
		"blanks at the ends":    {" a b\n", "a b", true},
		"ends of lines":         {"a\r\nb", "a\nb", true},
		"blanks within":         {"a b", "a  b", false},
		"another text":          {"a ", "b", false},
		"nothing but blanks":    {" ", "", true},
		"a text, and no text":   {"1", 1, false},
		"a list":                {[]any{"a ", "b"}, []any{"a", "b"}, true},
		"a longer list":         {[]any{"a "}, []any{"a", "b"}, false},
		"an object":             {map[string]any{"x": "a "}, map[string]any{"x": "a"}, true},
		"an object with more":   {map[string]any{"x": "a "}, map[string]any{"x": "a", "y": "b"}, false},
		"another truth":         {true, false, false},
		"what was not told":     {"a", nil, false},
		"an object, and a list": {map[string]any{}, []any{"a"}, false},
	} {
		var result Result
		result.Add("x", test.want, test.have)
		if got := len(result.ButForSpacing().All()) == 0; got != test.same {
			t.Errorf("%s: %v", name, got)
		}
		if len(result.All()) != 1 {
			t.Errorf("%s: the result itself was changed", name)
		}
	}
}
