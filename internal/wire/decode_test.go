package wire

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type record struct {
	ID     string   `json:"id"`
	Count  int      `json:"count"`
	Tags   []string `json:"tags"`
	Nested struct {
		On bool `json:"on"`
	} `json:"nested"`
	Last string `json:"last"`
}

func TestDecode(t *testing.T) {
	full := record{ID: "1", Count: 2, Tags: []string{"a"}, Last: "z"}
	full.Nested.On = true
	for body, want := range map[string]record{
		`{"id":"1","count":2,"tags":["a"],"nested":{"on":true},"last":"z"}`:          full,
		" \n{\"id\":\"1\",\"last\":\"z\"} ":                                          {ID: "1", Last: "z"},
		`{"id":"1","new":{"x":[1,{"y":null}]},"last":"z"}`:                           {ID: "1", Last: "z"},
		`{"id":"1","count":null,"tags":null,"nested":null,"last":"z"}`:               {ID: "1", Last: "z"},
		`{"id":"1","count":"many","tags":{"a":1},"nested":[true],"last":"z"}`:        {ID: "1", Last: "z"},
		`{"id":"1","count":1.5,"tags":["a",7,"b"],"nested":{"on":"yes"},"last":"z"}`: {ID: "1", Tags: []string{"a", "", "b"}, Last: "z"},
		`{"id":7,"last":"z"}`: {Last: "z"},
		`{}`:                  {},
	} {
		got, err := Decode[record]([]byte(body))
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, body := range []string{"", "  ", "null", "[]", `[{"id":"1"}]`, `"x"`, "7", "true", "<html>", "{", `{"id":"1"`, `{"id":"1"}{}`, `{"id":}`, "\xef\xbb\xbf{}",
		strings.Repeat(`{"nested":`, 20_000)} {
		if got, err := Decode[record]([]byte(body)); err == nil || got != nil {
			t.Errorf("%.40q is read as %+v, %v", body, got, err)
		}
	}
}

func TestDecodeArray(t *testing.T) {
	got, err := DecodeArray[record]([]byte(`[{"id":"1"},null,7,{"id":"2","count":"x"}]`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]record{{ID: "1"}, {}, {}, {ID: "2"}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, err := DecodeArray[record]([]byte("[]")); err != nil || got == nil || len(got) != 0 {
		t.Errorf("an empty list is read as %v, %v", got, err)
	}
	for _, body := range []string{"", "null", "{}", "[", `"x"`} {
		if got, err := DecodeArray[record]([]byte(body)); err == nil || got != nil {
			t.Errorf("%q is read as %v, %v", body, got, err)
		}
	}
}

func TestScalars(t *testing.T) {
	for raw, want := range map[string][2]string{ // String, Scalar
		`"a"`: {"a", "a"}, `""`: {}, "7": {"", "7"}, "1e3": {"", "1e3"}, "null": {}, "true": {}, "{}": {}, "[]": {}, "": {}, "9007199254740993": {"", "9007199254740993"},
	} {
		if got := [2]string{String([]byte(raw)), Scalar([]byte(raw))}; got != want {
			t.Errorf("%s: %q, not %q", raw, got, want)
		}
	}
	if got := Missing("agent_id").Error(); got != `the answer has no "agent_id"` {
		t.Error(got)
	}
}

func TestDecodeWith(t *testing.T) {
	hasID := func(r *record) bool { return r.ID != "" }
	for body, want := range map[string]string{
		`{"id":"1"}`:  "",
		`{"id":7}`:    `the answer has no "id"`,
		`{}`:          `the answer has no "id"`,
		`null`:        "the body is not an object",
		``:            "the body is empty",
		`{"id":"1"}}`: "invalid character",
	} {
		value, err := DecodeWith([]byte(body), "id", hasID)
		switch {
		case want == "" && (err != nil || value.ID != "1"):
			t.Errorf("%s: %v, %v", body, value, err)
		case want != "" && (value != nil || err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, %v", body, value, err)
		}
	}
}

func TestSent(t *testing.T) {
	type request struct {
		ID string `json:"id"`
	}
	got, err := Sent[record](request{"1"}, map[string]any{"id": "2"})
	if err != nil || got.ID != "2" {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := Sent[record](request{"1"}, map[string]any{"f": func() {}}); got != nil || err == nil {
		t.Errorf("got %v, %v", got, err)
	}
}
