package diff

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/internal/wire"
)

type thing struct {
	Base
	Name     string          `json:"name"`
	Note     string          `json:"note,omitempty"`
	Count    int             `json:"count,omitempty"`
	On       bool            `json:"on,omitempty"`
	Rate     *float64        `json:"rate,omitempty"`
	Tags     []string        `json:"tags,omitzero"`
	Steps    []string        `json:"steps,omitzero"`
	Tools    []tool          `json:"tools,omitzero"`
	Settings *settings       `json:"settings,omitempty"`
	Free     map[string]any  `json:"free,omitzero"`
	Raw      json.RawMessage `json:"raw,omitempty"`
	Choice   choice          `json:"choice,omitzero"`
}

type Base struct {
	Key string `json:"key,omitempty"`
}

type tool struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

type settings struct {
	Max   int      `json:"max,omitempty"`
	Inner *inner   `json:"inner,omitempty"`
	Stop  []string `json:"stop,omitzero"`
}

type inner struct {
	Deep string `json:"deep,omitempty"`
}

// choice has no members of its own: it may be anything in JSON.
type choice struct{ Raw json.RawMessage }

var rules = Rules{Own: []string{"tools.id", "settings.stop"}, Unordered: []string{"tags", "tools"}, Omitted: []string{"note"}}

func TestOf(t *testing.T) {
	for _, test := range []struct {
		name, want, have  string
		different, untold []string
	}{
		{"the same", `{"name":"n","tags":["a"],"settings":{"max":1}}`, `{"name":"n","tags":["a"],"settings":{"max":1}}`, nil, nil},
		{"more than was asked for", `{"name":"n"}`, `{"name":"n","note":"x","tags":["a"]}`, nil, nil},
		{"another text", `{"name":"n","note":"x"}`, `{"name":"m","note":"x"}`, []string{"name"}, nil},
		{"a member of what is embedded", `{"key":"a"}`, `{"key":"b"}`, []string{"key"}, nil},
		{"a member that is left out", `{"name":"n","note":"x"}`, `{"name":"n"}`, []string{"note"}, nil},
		{"a member that is not told", `{"name":"n","tags":["a"],"settings":{"max":1}}`, `{"name":""}`, nil, []string{"name", "settings.max", "tags"}},
		{"one that is left out beside one that is not told", `{"name":"n","note":"x"}`, `{}`, nil, []string{"name", "note"}},
		{"a member of one that is told", `{"settings":{"max":1,"inner":{"deep":"d"}}}`, `{"settings":{"max":2}}`, []string{"settings.inner.deep", "settings.max"}, nil},
		{"an empty list", `{"tags":["a"]}`, `{"tags":[]}`, []string{"tags"}, nil},
		{"no list was asked for", `{"tags":[]}`, `{"tags":["a"]}`, []string{"tags"}, nil},
		{"zero values are nothing", `{"note":"","count":0,"on":false,"tags":[],"free":{},"rate":null}`, `{}`, nil, nil},
		{"a zero value for another", `{"count":0,"on":false}`, `{"count":1,"on":true}`, []string{"count", "on"}, nil},
		{"numbers by value", `{"count":1,"rate":0.50,"free":{"a":1e2}}`, `{"count":1.0,"rate":0.5,"free":{"a":100}}`, nil, nil},
		{"large numbers", `{"free":{"a":9007199254740993}}`, `{"free":{"a":9007199254740992}}`, []string{"free"}, nil},
		{"order where it counts", `{"steps":["a","b"]}`, `{"steps":["b","a"]}`, []string{"steps"}, nil},
		{"order where it does not", `{"tags":["a","b","a"]}`, `{"tags":["a","a","b"]}`, nil, nil},
		{"other items", `{"tags":["a","b","a"]}`, `{"tags":["a","b","b"]}`, []string{"tags"}, nil},
		{"a longer list", `{"steps":["a"]}`, `{"steps":["a","b"]}`, []string{"steps"}, nil},
		{"what the server spells itself", `{"tools":[{"id":"a","type":"t"}],"settings":{"stop":["x"]}}`, `{"tools":[{"id":"b","type":"t","x":1}],"settings":{"stop":["y"]}}`, nil, nil},
		{"an item that is other", `{"tools":[{"type":"t"}]}`, `{"tools":[{"type":"u"}]}`, []string{"tools"}, nil},
		{"an item of another kind", `{"tools":[{"type":"t"}]}`, `{"tools":["t"]}`, []string{"tools"}, nil},
		{"a member that the type does not know", `{"new":1,"settings":{"new":1},"tools":[{"type":"t","new":1}]}`, `{"settings":{},"tools":[{"type":"t"}]}`, nil, nil},
		{"what may be anything", `{"free":{"a":{"b":[1]}},"raw":{"a":1},"choice":{"type":"f","function":{"name":"x"}}}`,
			`{"free":{"a":{"b":[2]}},"raw":{"a":1,"b":2},"choice":{"type":"f","function":{"name":"y"}}}`, []string{"choice", "free", "raw"}, nil},
		{"the same of what may be anything", `{"free":{"a":{"b":[1.0],"c":null}},"raw":[{}],"choice":"x"}`, `{"free":{"a":{"b":[1]}},"raw":[null],"choice":"x"}`, nil, nil},
		{"nothing of what may be anything", `{"raw":{},"free":{}}`, `{"raw":{"a":1},"free":{"a":1}}`, []string{"free", "raw"}, nil},
		{"another kind of value", `{"choice":"auto","raw":[1]}`, `{"choice":{"a":1},"raw":{"a":1}}`, []string{"choice", "raw"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			result := Of[thing](parse(t, test.want), parse(t, test.have), rules)
			var different, untold []string
			for _, d := range result.Different {
				different = append(different, d.Path)
			}
			for _, d := range result.Untold {
				untold = append(untold, d.Path)
			}
			if diff := cmp.Diff(test.different, different) + cmp.Diff(test.untold, untold); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(result.All()) != len(different)+len(untold) {
				t.Errorf("all are %v", result.All())
			}
		})
	}
}

func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	value, err := wire.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return value.(map[string]any)
}

func TestObject(t *testing.T) {
	got, err := Object(struct {
		A int `json:"a"`
	}{1}, map[string]any{"b": "x"})
	if diff := cmp.Diff(map[string]any{"a": json.Number("1"), "b": "x"}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if got, err := Object(struct{}{}, map[string]any{"f": func() {}}); got != nil || err == nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestSame(t *testing.T) {
	a := thing{Name: "n", Count: 1, Tags: []string{"a"}}
	b := a
	b.Count = 2
	if !Same(a, &b, "count") || Same(a, b) || Same(a, func() {}) || Same(func() {}, a) {
		t.Error("wrong about what is the same")
	}
}
