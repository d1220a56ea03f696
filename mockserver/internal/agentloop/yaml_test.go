package agentloop

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

func TestReadYAML(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "\n# only a comment\n", `{}`},
		{"plain", "a: b c # d\nurl: http://x/#y\nc: yes", `{"a":"b c","c":"yes","url":"http://x/#y"}`},
		{"null", "a:\nb: null\nc: ~", `{"a":null,"b":null,"c":null}`},
		{"quoted", `a: "x: \"y\" # z"` + "\nb: 'it''s # so'", `{"a":"x: \"y\" # z","b":"it's # so"}`},
		{"quoted keys", `"a b": 1` + "\n'5': 2\n\"true\": 3", `{"5":2,"a b":1,"true":3}`},
		{"list", "a:\n  - x\n  - \"y z\"\nb:\n- 1", `{"a":["x","y z"],"b":[1]}`},
		{"list in brackets", "a: [x, 'y', \"z\"]\nb: []\nc: [\"p, q\"] # r", `{"a":["x","y","z"],"b":[],"c":["p, q"]}`},
		{"list over lines", "a: [\n  x,\n  y, # why\n  z,\n]", `{"a":["x","y","z"]}`},
		{"JSON", `a: {"b": [1, null],"c":{"d":"e"}}`, `{"a":{"b":[1,null],"c":{"d":"e"}}}`},
		{"mapping in braces", "config: {max_bytes: 5, cache: true}", `{"config":{"max_bytes":5,"cache":true}}`},
		{"mapping", "a:\n  b: c\n  d:\n    e: f\ng: h", `{"a":{"b":"c","d":{"e":"f"}},"g":"h"}`},
		{"order of members", "a: {z: 1, b: 2}", `{"a":{"z":1,"b":2}}`},
		{"list of mappings", "a:\n  - b: c\n    d: e\n  -\n    b: f\n  - b:\n      - g", `{"a":[{"b":"c","d":"e"},{"b":"f"},{"b":["g"]}]}`},
		{"block", "a: |\n  x\n    y\n\n  z\nb: c", `{"a":"x\n  y\n\nz\n","b":"c"}`},
		{"block without end", "a: |-\n  x\n", `{"a":"x"}`},
		{"block with an indentation", "a: |2\n   x\n", `{"a":" x\n"}`},
		{"empty block", "a: |\nb: c", `{"a":"","b":"c"}`},
		{"folded block", "a: >\n  x\n  y\n\n  z", `{"a":"x y\nz\n"}`},
		{"block in a list", "a:\n  - |\n    x\n  - y", `{"a":["x\n","y"]}`},
		{"booleans", "a: true\nb: False\nc: \"true\"\nd: on", `{"a":true,"b":false,"c":"true","d":"on"}`},
		{"numbers", "a: 7\nb: -1.50\nc: 1e3\nd: \"7\"\ne: 12345678901234567890123\nf: 1.2.3", `{"a":7,"b":-1.50,"c":1e3,"d":"7","e":12345678901234567890123,"f":"1.2.3"}`},
		{"numbers that JSON has not", "a: 0x1F\nb: .5\nc: +3\nd: 1_000\ne: 0o17", `{"a":31,"b":0.5,"c":3,"d":1000,"e":15}`},
		{"times", "a: 2026-02-07\nb: 2026-02-07T10:00:00Z\n2026-02-08: c", `{"2026-02-08":"c","a":"2026-02-07","b":"2026-02-07T10:00:00Z"}`},
		{"tags", "a: !!str 7\nb: !!int \"7\"\nc: !!bool True\nd: !other x\ne: !!binary aGk=", `{"a":"7","b":7,"c":true,"d":"x","e":"aGk="}`},
		{"anchors", "a: &x [1, &y two]\nb: *x\nc: {d: *y}\n*y : e", `{"a":[1,"two"],"b":[1,"two"],"c":{"d":"two"},"two":"e"}`},
		{"merged mapping", "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3", `{"a":{"p":1,"q":2},"b":{"q":3,"p":1}}`},
		{"merged mappings", "a: &x {p: 1}\nb: &y {<<: *x, q: 2}\nc: {<<: [*y, {p: 5, r: 3}], s: 4}", `{"a":{"p":1},"b":{"q":2,"p":1},"c":{"s":4,"q":2,"p":1,"r":3}}`},
		{"quoted merge key", `a: {"<<": {p: 1}}`, `{"a":{"<<":{"p":1}}}`},
		{"end of document", "a: b\n...\n", `{"a":"b"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			members, err := readYAML(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(jsontext.MustMarshal(members))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadYAMLRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"a":                            "line 1: expected key: value",
		"\n- a":                        "line 2: expected key: value",
		"a: b\n  c: d":                 "line 2: mapping values are not allowed in this context",
		"a: b\na: c":                   `line 2: key "a" is there twice`,
		"x: {\"a\": 1, a: 2}":          `line 1: key "a" is there twice`,
		"a: b: c":                      "cannot be read: mapping values are not allowed in this context",
		"a: 'b":                        "line 2: found unexpected end of stream",
		"a: [b,, c]":                   "cannot be read: did not find expected node content",
		"a: *b":                        "cannot be read: unknown anchor 'b' referenced",
		"a: b\n5: c":                   `line 2: a key must be a string: put "5" in quotes`,
		"a:\n  true: c":                `line 2: a key must be a string: put "true" in quotes`,
		"a: {~: b}":                    `line 1: a key must be a string: put "~" in quotes`,
		"? [a]\n: b":                   "line 1: a key must be a string",
		"a: .inf":                      `line 1: JSON has no number like ".inf"`,
		"a: !!int b":                   "line 1: expected a number",
		"a: !!bool b":                  "line 1: expected true or false",
		"a: &x [1, *x]":                "line 1: the value of anchor x contains itself",
		"a: &x {<<: *x}":               "line 1: the value of anchor x contains itself",
		"a: {<<: 5}":                   "line 1: expected a mapping to merge, or a list of them",
		"a: b\n---\nc: d":              "has more than one document",
		"a: " + nested("[", "]", 1001): "line 1: nested more than 1000 deep",
	} {
		if _, err := readYAML(text); err == nil || err.Error() != want {
			t.Errorf("%.80q: error %v, want %s", text, err, want)
		}
	}
}

func nested(open, closing string, depth int) string {
	return strings.Repeat(open, depth) + strings.Repeat(closing, depth)
}

// TestReadYAMLBoundsAliases: a short text cannot stand for a long document,
// nor for much work.
func TestReadYAMLBoundsAliases(t *testing.T) {
	const many = 20_000
	repeat := func(alias string, n int) string { return strings.Repeat(alias+",", n) }
	doubled := func(format string) string {
		text := "a0: &a0 {k: v}\n"
		for i := range 40 {
			from, to := string(rune('a'+i/10))+string(rune('0'+i%10)), string(rune('a'+(i+1)/10))+string(rune('0'+(i+1)%10))
			text += strings.NewReplacer("FROM", from, "TO", to).Replace(format)
		}
		return text
	}
	for name, text := range map[string]string{
		"doubled lists":    doubled("TO: &TO [*FROM, *FROM]\n"),
		"doubled merges":   doubled("TO: &TO {<<: [*FROM, *FROM]}\n"),
		"one long string":  "a: &a " + strings.Repeat("x", 1<<20) + "\nb: [" + repeat("*a", many) + "]",
		"merges of much":   "a: &a {" + repeat("k1: v", 1) + repeat("k2: "+strings.Repeat("x", 500), 1) + numbered(500) + "}\nb: {<<: [" + repeat("*a", many) + "]}",
		"long key by name": "a: &a " + strings.Repeat("x", 1<<20) + "\nb: [" + repeat("{*a : 1}", many) + "]",
	} {
		if _, err := readYAML(text); err == nil || !strings.HasSuffix(err.Error(), "aliases make the document too long") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	members, err := readYAML("a: &a {k: [1, 2, 3]}\nb: [" + repeat("*a", many) + "]")
	if err != nil || len(members["b"]) < many {
		t.Errorf("%d aliases: %d bytes, error %v", many, len(members["b"]), err)
	}
}

func numbered(n int) string {
	var out strings.Builder
	for i := range n {
		out.WriteString(",n" + string(jsontext.MustMarshal(i)) + ": v")
	}
	return out.String()[1:]
}

// TestReadYAMLTakesAnyLength: the bounds are for aliases only.
func TestReadYAMLTakesAnyLength(t *testing.T) {
	if _, err := readYAML("a: [" + strings.Repeat("1,", maxBody/2-4) + "]"); err != nil {
		t.Error(err)
	}
}

func FuzzReadYAML(f *testing.F) {
	f.Add("a: b\nc:\n  - d\n  - e: |\n      f\n")
	f.Add("a: [b, 'c']\nd: {\"e\": 1}")
	f.Add("- a\n -  b: >-\n c")
	f.Add("a: &x {p: 1}\nb: {<<: [*x, *x], q: !!int 0x1}\n? c\n: 2026-02-07")
	f.Fuzz(func(t *testing.T, text string) {
		members, err := readYAML(text)
		if (members == nil) == (err == nil) {
			t.Fatalf("%q: %v, %v", text, members, err)
		}
		for name, value := range members {
			if !json.Valid(value) {
				t.Errorf("%q: member %q is %q", text, name, value)
			}
		}
	})
}

// TestMarkdownIsReadBack: what an export writes, an import reads.
func TestMarkdownIsReadBack(t *testing.T) {
	hard := "\u0085 \u2028 \u2029 \u007f \ufeff \uffff \U0001f600 \t \x00 \n --- # ' \" \\ : - [ { & * ! | > % @ ` é <b>"
	written := agent{
		ID: "agent_01933b5a000070008000000000000001", Name: hard, Description: &hard, SystemPrompt: "Be kind.",
		Tags: []string{hard, "true", "7", "", "~", "<<"},
		Capabilities: []capability{
			{Ref: hard},
			{Ref: "a", Config: json.RawMessage(`{"z":"\ud83d\ude00\/\u00e9","y":[1,1.0,-2e5,12345678901234567890,true,null,{}],"a key":"2026-02-07"}`)},
		},
	}
	members, err := readFile(string(written.markdown()))
	if err != nil {
		t.Fatal(err)
	}
	if problem, _ := describe(agentFile.Check(members)); problem != "" {
		t.Fatal(problem)
	}
	read := readInput(members)
	written.Capabilities[1].Config = json.RawMessage(strings.Replace(string(written.Capabilities[1].Config), `\ud83d\ude00\/\u00e9`, "\U0001f600/é", 1))
	for name, pair := range map[string][2]any{
		"id": {written.ID, *read.id}, "name": {hard, *read.name}, "description": {hard, *read.description},
		"system_prompt": {written.SystemPrompt, *read.systemPrompt}, "tags": {written.Tags, read.tags}, "capabilities": {written.Capabilities, read.capabilities},
	} {
		if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
			t.Errorf("%s (-written +read):\n%s", name, diff)
		}
	}
}
