package mockserver

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadFrontMatter(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "\n# only a comment\n", `{}`},
		{"plain", "a: b c # d\nurl: http://x/#y\nn: 7\nyes: true", `{"a":"b c","n":"7","url":"http://x/#y","yes":"true"}`},
		{"null", "a:\nb: null\nc: ~", `{"a":null,"b":null,"c":null}`},
		{"quoted", `a: "x: \"y\" # z"` + "\nb: 'it''s # so'", `{"a":"x: \"y\" # z","b":"it's # so"}`},
		{"list", "a:\n  - x\n  - \"y z\"\nb:\n- 1", `{"a":["x","y z"],"b":["1"]}`},
		{"list in brackets", "a: [x, 'y', \"z\"]\nb: []\nc: [\"p, q\"] # r", `{"a":["x","y","z"],"b":[],"c":["p, q"]}`},
		{"JSON", `a: {"b": [1, null]}`, `{"a":{"b":[1,null]}}`},
		{"mapping", "a:\n  b: c\n  d:\n    e: f\ng: h", `{"a":{"b":"c","d":{"e":"f"}},"g":"h"}`},
		{"list of mappings", "a:\n  - b: c\n    d: e\n  -\n    b: f\n  - b:\n      - g", `{"a":[{"b":"c","d":"e"},{"b":"f"},{"b":["g"]}]}`},
		{"block", "a: |\n  x\n    y\n\n  z\nb: c", `{"a":"x\n  y\n\nz\n","b":"c"}`},
		{"block without end", "a: |-\n  x\n", `{"a":"x"}`},
		{"empty block", "a: |\nb: c", `{"a":"","b":"c"}`},
		{"folded block", "a: >\n  x\n  y\n\n  z", `{"a":"x y\nz\n"}`},
		{"block in a list", "a:\n  - |\n    x\n  - y", `{"a":["x\n","y"]}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			members, err := readFrontMatter(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(jsonAnswer(0, members).body)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadFrontMatterRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"a":                      "line 1: expected key: value",
		"a: b\n  c: d":           "line 2: unexpected indentation",
		"  a: b\nc: d":           "line 2: unexpected indentation",
		"a: b\na: c":             "line 2: key a is there twice",
		"a: b: c":                "line 1: a value with a colon must be quoted",
		"a: \"b":                 "line 1: expected JSON on one line",
		"a: \"b\" c":             "line 1: unexpected text after the value",
		"a: 'b":                  "line 1: expected a single quote at the end",
		"a: {b: c}":              "line 1: expected JSON on one line",
		"a: [b":                  "line 1: expected ] at the end of the list",
		"a: [b,, c]":             "line 1: an item of the list is empty",
		"a: *b":                  "line 1: a value must not begin with *",
		"a: |2\n  b":             "line 1: unknown kind of block string",
		"a: |\n    b\n  c":       "line 3: unexpected indentation",
		"a:\n  - b\n    - c":     "line 3: unexpected indentation",
		"\ta: b\n\tc: d\n\te: -": "",
	} {
		_, err := readFrontMatter(text)
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", text, err)
		case want != "" && (err == nil || !strings.HasSuffix(err.Error(), want)):
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
}

func FuzzReadFrontMatter(f *testing.F) {
	f.Add("a: b\nc:\n  - d\n  - e: |\n      f\n")
	f.Add("a: [b, 'c']\nd: {\"e\": 1}")
	f.Add("- a\n -  b: >-\n c")
	f.Fuzz(func(t *testing.T, text string) {
		members, err := readFrontMatter(text)
		if (members == nil) == (err == nil) {
			t.Errorf("%q: %v, %v", text, members, err)
		}
	})
}
