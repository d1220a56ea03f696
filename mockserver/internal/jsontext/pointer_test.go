package jsontext

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Looking for a value takes time in proportion to the text, however deep it
// and the pointer are.
func TestPointersAreQuick(t *testing.T) {
	const depth = 400_000
	for name, c := range map[string]struct{ text, pointer string }{
		"objects":            {strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth), strings.Repeat("/a", depth)},
		"arrays":             {strings.Repeat("[", depth) + "1" + strings.Repeat("]", depth), strings.Repeat("/0", depth)},
		"open objects":       {strings.Repeat(`{"a":`, depth), strings.Repeat("/a", depth)},
		"twice":              {strings.Repeat(`{"a":1,"a":`, depth) + "1" + strings.Repeat("}", depth), strings.Repeat("/a", depth)},
		"the other way":      {strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat(`,"a":1}`, depth), strings.Repeat("/a", depth)},
		"long arrays":        {"[" + strings.Repeat("1,", depth) + "1]", "/" + strconv.Itoa(depth)},
		"a longer pointer":   {`{"a":1}`, strings.Repeat("/a", 4*depth)},
		"many that are like": {"{" + strings.Repeat(`"\u0061":1,`, depth/10) + `"b":1}`, "/a"},
	} {
		began := time.Now()
		ValueAt([]byte(c.text), c.pointer)
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
	items := "[" + strings.Repeat("{},", depth/10) + "{}]"
	began := time.Now()
	if out, ok := AddMember([]byte(items), "", "a", "1"); !ok || string(out) != strings.ReplaceAll(items, "{}", `{"a":1}`) {
		t.Errorf("%d bytes, %t", len(out), ok)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("adding members took %s", took)
	}
}

// lookUp finds a value in what encoding/json read.
func lookUp(value any, steps []string) (any, bool) {
	for _, step := range steps {
		switch v := value.(type) {
		case map[string]any:
			var ok bool
			if value, ok = v[step]; !ok {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) || strconv.Itoa(i) != step {
				return nil, false
			}
			value = v[i]
		default:
			return nil, false
		}
	}
	return value, true
}

// A pointer names in the text what it names in the value.
func FuzzPointer(f *testing.F) {
	for _, text := range []string{
		`{"a":{"b":[1,{"c":"d"}]}}`, `{"a":{"b":1},"a":2}`, `{"a":1,"a":{"b":2}}`, `{"a":{"b":1},"a":{"c":2}}`, `[[1,2],[3,[4,"a"]]]`,
		`{"":{"":1}}`, `{"a/b":{"m~n":1}}`, ` { "a" : [ ] , "b" : { } } `, `["a","b",{"a":["x","y"]},"c"]`, `"a"`, `{"\u0061":{"b":1}}`, `[{"0":1},{"0":{"0":[7]}}]`,
	} {
		for _, pointer := range []string{"", "/a", "/a/b", "/a/b/1/c", "/0", "/1/1/0", "/", "//", "/a~1b/m~0n", "/2/a/1", "/3", "/1/0/0/0", "/a/c", "/b"} {
			f.Add(text, pointer)
		}
	}
	f.Fuzz(func(t *testing.T, text, pointer string) {
		got, ok := ValueAt([]byte(text), "/"+strings.TrimPrefix(pointer, "/"))
		var whole any
		if json.Unmarshal([]byte(text), &whole) != nil || isReplaced(text) {
			return
		}
		want, there := lookUp(whole, splitPointer("/"+strings.TrimPrefix(pointer, "/")))
		var value any
		if ok != there || ok && (json.Unmarshal(got, &value) != nil || !reflect.DeepEqual(value, want)) {
			t.Errorf("%s in %s: %s, %t; want %v, %t", pointer, text, got, ok, want, there)
		}
	})
}

// isReplaced reports whether a text has what is no UTF-8, which encoding/json
// replaces.
func isReplaced(text string) bool {
	return strings.ToValidUTF8(text, "") != text || strings.Contains(text, `\ud`) || strings.Contains(text, `\uD`)
}

func TestOfMembersThatAreThereTwiceTheLastCounts(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":{"b":1},"a":{"b":2}}`:       "2",
		`{"a":{"b":1},"a":{"c":2}}`:       "",
		`{"a":{"b":1},"a":5}`:             "",
		`{"a":5,"a":{"b":1,"b":[2]}}`:     "[2]",
		`{"a":{"b":1},"x":[{"b":2}]}`:     "1",
		`{"a":{"b":1,"c":"cut off in the`: "1",
	} {
		got, ok := ValueAt([]byte(text), "/a/b")
		if string(got) != want || ok != (want != "") {
			t.Errorf("%s: %s, %t", text, got, ok)
		}
	}
}
