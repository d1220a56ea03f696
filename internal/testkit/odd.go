package testkit

import (
	"encoding/json"
	"fmt"
	"testing"
)

// SurvivesOddValues checks a decoder with a sample of which every value, one
// after the other, is of every other type: it must not panic, and it may fail
// only over a member in needed, which it cannot do without. What it reads can
// be printed and written.
func SurvivesOddValues[T any](t *testing.T, sample []byte, decode func([]byte) (*T, error), needed ...string) {
	t.Helper()
	var value any
	if err := json.Unmarshal(sample, &value); err != nil {
		t.Fatal(err)
	}
	changed := 0
	try := func(path string) {
		body, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		changed++
		read, err := decode(body)
		if (read == nil) == (err == nil) {
			t.Errorf("%s: %v and error %v", path, read, err)
		}
		if err == nil {
			_ = fmt.Sprintf("%v %+v %#v", read, read, read)
			if _, err := json.Marshal(read); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			return
		}
		for _, name := range needed {
			if path == "/"+name {
				return
			}
		}
		t.Errorf("%s: %v in %s", path, err, body)
	}
	oddValues(value, "", try)
	if changed == 0 {
		t.Errorf("the sample has no values: %s", sample)
	}
}

// oddValues puts every odd value in the place of every value below a value,
// one after the other.
func oddValues(value any, path string, try func(path string)) {
	odd := []any{nil, true, -1.5, 1e300, "", "odd", []any{}, []any{nil, 1, "x"}, map[string]any{}, map[string]any{"x": nil}}
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			for _, other := range odd {
				value[name] = other
				try(path + "/" + name)
			}
			value[name] = member
			oddValues(member, path+"/"+name, try)
		}
	case []any:
		for i, item := range value {
			for _, other := range odd {
				value[i] = other
				try(fmt.Sprintf("%s/%d", path, i))
			}
			value[i] = item
			oddValues(item, fmt.Sprintf("%s/%d", path, i), try)
		}
	}
}
