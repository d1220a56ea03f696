package wire

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
)

type request struct {
	Name   string   `json:"name"`
	Score  *float64 `json:"score,omitempty"`
	On     *bool    `json:"on,omitempty"`
	Tags   []string `json:"tags,omitzero"`
	Nested *request `json:"nested,omitempty"`
}

func TestEncode(t *testing.T) {
	for _, test := range []struct {
		name  string
		value any
		extra map[string]any
		want  string
	}{
		{"absent", request{Name: "n"}, nil, `{"name":"n"}`},
		{"zero values that are set", request{Score: new(0.0), On: new(false), Tags: []string{}}, nil, `{"name":"","score":0,"on":false,"tags":[]}`},
		{"empty extra", request{Name: "n"}, map[string]any{}, `{"name":"n"}`},
		{"new members are sorted", request{Name: "n"}, map[string]any{"z": 1, "a": nil, "m": []int{1}}, `{"name":"n","a":null,"m":[1],"z":1}`},
		{"override in place", request{Name: "n", On: new(true)}, map[string]any{"name": map[string]any{"k": "v"}}, `{"name":{"k":"v"},"on":true}`},
		{"override with null", request{Name: "n", On: new(true)}, map[string]any{"on": nil}, `{"name":"n","on":null}`},
		{"nested values are kept", request{Name: "<&>", Nested: &request{Name: "\u2028\"\\"}}, map[string]any{"x<": "<"}, `{"name":"<&>","nested":{"name":"\u2028\"\\"},"x<":"<"}`},
		{"names are matched exactly", request{Name: "n"}, map[string]any{"Name": 1}, `{"name":"n","Name":1}`},
		{"raw JSON", request{Name: "n"}, map[string]any{"r": json.RawMessage(`{"b":1, "a":9007199254740993}`)}, `{"name":"n","r":{"b":1,"a":9007199254740993}}`},
		{"empty object", struct{}{}, map[string]any{"a": 1}, `{"a":1}`},
		{"names that need quotes", struct{}{}, map[string]any{`a"b`: 1, "": 2}, `{"":2,"a\"b":1}`},
		{"a list without extra", []int{1}, nil, `[1]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Encode(test.value, test.extra)
			if err != nil || string(got) != test.want {
				t.Errorf("%s, %v, not %s", got, err, test.want)
			}
		})
	}
}

func TestEncodeRefuses(t *testing.T) {
	for _, test := range []struct {
		value any
		extra map[string]any
	}{
		{func() {}, nil},
		{math.NaN(), nil},
		{request{}, map[string]any{"f": func() {}}},
		{request{}, map[string]any{"f": json.RawMessage(`{`)}},
		{[]string{"a", "b"}, map[string]any{"c": 1}},
		{"text", map[string]any{"c": 1}},
		{nil, map[string]any{"c": 1}},
	} {
		if got, err := Encode(test.value, test.extra); err == nil {
			t.Errorf("%v with %v is encoded as %s", test.value, test.extra, got)
		}
	}
}

// FuzzEncodeExtra: whatever is merged into a request, the result is a JSON
// object with exactly the members of both.
func FuzzEncodeExtra(f *testing.F) {
	f.Add("n", "name", `"x"`, "on", "null")
	f.Add("<&>", "a\"b", `{"c":[1,2]}`, "é", "1e400")
	f.Add("\xff", "", "", "\xff\xfe", " 1 ")
	f.Fuzz(func(t *testing.T, name, key1, value1, key2, value2 string) {
		extra := map[string]any{key1: json.RawMessage(value1), key2: value2}
		body, err := Encode(request{Name: name, On: new(true)}, extra)
		if err != nil {
			if raw, ok := extra[key1].(json.RawMessage); ok && json.Valid(raw) {
				t.Fatal(err)
			}
			return
		}
		members, err := Members(body)
		if err != nil || !json.Valid(body) {
			t.Fatalf("%s: %v", body, err)
		}
		want := map[string]bool{"name": true, "on": true}
		for key := range extra {
			want[strings.ToValidUTF8(key, "\uFFFD")] = true
		}
		// A name that is not UTF-8 is written with replacement characters,
		// one for each byte.
		for _, key := range slices.Collect(maps.Keys(want)) {
			if strings.Contains(key, "\uFFFD") {
				return
			}
		}
		for key := range want {
			if _, ok := members[key]; !ok {
				t.Errorf("%q is missing in %s", key, body)
			}
		}
		if len(members) != len(want) {
			t.Errorf("%d members in %s, not %d", len(members), body, len(want))
		}
		if raw, ok := extra[key1].(json.RawMessage); ok {
			var compact bytes.Buffer
			if err := json.Compact(&compact, raw); err == nil && !bytes.Equal(members[key1], compact.Bytes()) {
				t.Errorf("%q became %s, not %s", key1, members[key1], compact.Bytes())
			}
		}
	})
}
