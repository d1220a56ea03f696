package compare

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func value(t *testing.T, text string) any {
	t.Helper()
	v, ok := decode([]byte(text))
	if !ok {
		t.Fatalf("%s is no JSON", text)
	}
	return v
}

func TestPairLearnsWhichIDIsWhich(t *testing.T) {
	for name, c := range map[string]struct {
		known      map[string]string
		real, mock string
		want       map[string]string // learnt, besides what was known
		compared   string            // what is left of the real one; "": all
	}{
		"members":          {nil, `{"id":"r","agent_id":"a","name":"x","next":"c1"}`, `{"id":"m","agent_id":"b","name":"y","next":"c2"}`, map[string]string{"r": "m", "a": "b", "c1": "c2"}, ""},
		"keys that are it": {nil, `{"key":"k","Key":"x"}`, `{"key":"k","Key":"y"}`, map[string]string{"k": "k"}, ""},
		"other keys":       {nil, `{"key":"k"}`, `{"key":"l"}`, map[string]string{}, ""},
		"no strings":       {nil, `{"id":1,"tool_id":null}`, `{"id":2,"tool_id":"x"}`, map[string]string{}, ""},
		"ids in a list":    {nil, `{"tool_ids":["a","b"]}`, `{"tool_ids":["c","d"]}`, map[string]string{"a": "c", "b": "d"}, ""},
		"other numbers":    {nil, `{"tool_ids":["a","b"]}`, `{"tool_ids":["c"]}`, map[string]string{}, ""},
		"records of others": {map[string]string{"r2": "m2"}, `{"data":[{"id":"r1","run_id":"x"},{"id":"r2","run_id":"y"}]}`, `{"data":[{"id":"m2","run_id":"z"}]}`,
			map[string]string{"y": "z"}, `{"data":[{"id":"r2","run_id":"y"}]}`},
		"another order":      {map[string]string{"r1": "m1", "r2": "m2"}, `[{"id":"r1","run_id":"x"},{"id":"r2"}]`, `[{"id":"m2"},{"id":"m1","run_id":"z"}]`, map[string]string{"x": "z"}, ""},
		"new ones":           {map[string]string{"r1": "m1"}, `[{"id":"r2"},{"id":"r1"}]`, `[{"id":"m1"},{"id":"m2"}]`, map[string]string{"r2": "m2"}, `[{"id":"r1"},{"id":"r2"}]`},
		"one id for two":     {nil, `{"id":"r","a_id":"r"}`, `{"id":"m","a_id":"n"}`, map[string]string{"r": "n"}, ""},
		"two ids for one":    {map[string]string{"r1": "m"}, `{"id":"r2"}`, `{"id":"m"}`, map[string]string{}, ""},
		"without records":    {nil, `[{"type":"a"},{"type":"b"}]`, `[{"type":"a"}]`, map[string]string{}, ""},
		"records of nobody":  {nil, `[{"id":"r1"},{"id":"r2"}]`, `[{"id":"m1"}]`, map[string]string{}, ""},
		"ids that are twice": {nil, `[{"id":"r1"},{"id":"r1"}]`, `[{"id":"m1"},{"id":"m2"}]`, map[string]string{"r1": "m1"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var i ids
			for real, mock := range c.known {
				i.add(real, mock)
			}
			left, _ := i.pair("", value(t, c.real), value(t, c.mock), 0)
			if c.compared == "" {
				c.compared = c.real
			}
			if diff := cmp.Diff(value(t, c.compared), left); diff != "" {
				t.Errorf("compared is (-want +got):\n%s", diff)
			}
			got := map[string]string{}
			for real, mock := range i.mock {
				if c.known[real] == "" {
					got[real] = mock
				}
				if i.real[mock] != real {
					t.Errorf("%s is %s, which is %s", real, mock, i.real[mock])
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("learnt (-want +got):\n%s", diff)
			}
		})
	}
}

func TestIDsAreBounded(t *testing.T) {
	var i ids
	for n := range maxIDs + 10 {
		i.add(fmt.Sprint("r", n), fmt.Sprint("m", n))
	}
	i.add(strings.Repeat("r", 300), "m")
	if len(i.mock) != maxIDs || len(i.real) != maxIDs || len(i.oldest) != maxIDs {
		t.Errorf("%d, %d and %d ids", len(i.mock), len(i.real), len(i.oldest))
	}
	if _, ok := i.of("r9"); ok {
		t.Error("the oldest ones are still there")
	}
	if mock, _ := i.of("r10"); mock != "m10" {
		t.Errorf("r10 is %q", mock)
	}
}

func TestIDsAreReplacedWhole(t *testing.T) {
	var i ids
	i.add("a/b c", "m/1 ")
	i.add("r", "m&2")
	for path, want := range map[string]string{
		"/v1/a%2Fb%20c/r": "/v1/m%2F1%20/m&2", "/r/": "/m&2/", "//rr/%zz": "//rr/%zz", "": "",
	} {
		if got := i.inPath(path); got != want {
			t.Errorf("%s became %s, want %s", path, got, want)
		}
	}
	for query, want := range map[string]string{
		"a=r&b=rr&r=1&c": "a=m%262&b=rr&r=1&c", "x=a%2Fb+c": "x=m%2F1+", "": "", "%zz=%zz": "%zz=%zz",
	} {
		if got := i.inQuery(query); got != want {
			t.Errorf("%s became %s, want %s", query, got, want)
		}
	}
}

// FuzzPair: whatever two documents are, the ids that are learnt are one to one.
func FuzzPair(f *testing.F) {
	f.Add(`{"data":[{"id":"a"},{"id":"b"}],"next":"c"}`, `{"data":[{"id":"d"}],"next":"e"}`)
	f.Add(`[[{"_id":"a","k":[{"key":"x"}]}]]`, `[[{"_id":"b","k":[{"key":"x"}]}],1]`)
	f.Fuzz(func(t *testing.T, real, mock string) {
		var r, m any
		if json.Unmarshal([]byte(real), &r) != nil || json.Unmarshal([]byte(mock), &m) != nil {
			t.Skip()
		}
		var i ids
		i.pair("", r, m, 0)
		if len(i.mock) != len(i.real) {
			t.Errorf("%v and %v", i.mock, i.real)
		}
		for id, other := range i.mock {
			if i.real[other] != id {
				t.Errorf("%q is %q, which is %q", id, other, i.real[other])
			}
		}
	})
}
