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
	Nested nested   `json:"nested"`
	Last   string   `json:"last"`
}

type nested struct {
	On bool `json:"on"`
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
		`{"id":"1","count":1.5,"tags":["a",7,"b"],"nested":{"on":"yes"},"last":"z"}`: {ID: "1", Tags: []string{"a", "7", "b"}, Last: "z"},
		`{"id":7,"count":"2","nested":{"on":"true"},"tags":[1,true,"b"]}`:            {ID: "7", Count: 2, Tags: []string{"1", "", "b"}, Nested: nested{true}},
		`{"id":9007199254740993,"count":2.0}`:                                        {ID: "9007199254740993", Count: 2},
		`{"id":1e3,"count":2e0}`:                                                     {ID: "1e3", Count: 2},
		`{"id":"1","count":1e300,"last":"z"}`:                                        {ID: "1", Last: "z"},
		`{"id":7,"count":"1.5","last":"z"}`:                                          {ID: "7", Last: "z"},
		"\xef\xbb\xbf{\"id\":\"1\"}":                                                 {ID: "1"},
		`{}`:                                                                         {},
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
	for _, body := range []string{"", "  ", "null", "[]", `[{"id":"1"}]`, `"x"`, "7", "true", "<html>", "{", `{"id":"1"`, `{"id":"1"}{}`, `{"id":}`,
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
	if got, err := DecodeArray[record]([]byte(" null\n")); err != nil || got == nil || len(got) != 0 {
		t.Errorf("null is read as %v, %v", got, err)
	}
	for _, body := range []string{"", "{}", "[", `"x"`} {
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
	if got := Missing("agent_id").Error(); got != `the response has no "agent_id"` {
		t.Error(got)
	}
}

func TestDecodeWith(t *testing.T) {
	hasID := func(r *record) bool { return r.ID != "" }
	for body, want := range map[string]string{
		`{"id":"1"}`:  "",
		`{"id":7}`:    "",
		`{"id":true}`: `the response has no "id"`,
		`{}`:          `the response has no "id"`,
		`null`:        "the body is not an object",
		``:            "the body is empty",
		`{"id":"1"}}`: "invalid character",
	} {
		value, err := DecodeWith([]byte(body), "id", hasID)
		switch {
		case want == "" && (err != nil || value.ID == ""):
			t.Errorf("%s: %v, %v", body, value, err)
		case want != "" && (value != nil || err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, %v", body, value, err)
		}
	}
}

func TestDecodeList(t *testing.T) {
	type list struct {
		Records []record `json:"data"`
		Total   int      `json:"total"`
	}
	for body, want := range map[string]int{
		`{"data":[{"id":"1"},{"id":2}],"total":"2"}`: 2, `{"data":[]}`: 0, `{"data":null,"total":0}`: 0,
		`{}`: -1, `{"data":{}}`: -1, `{"data":"x"}`: -1, `null`: -1, ``: -1, `[]`: -1,
	} {
		got, err := DecodeList([]byte(body), "data", func(l *list) *[]record { return &l.Records })
		switch {
		case want < 0 && (got != nil || err == nil):
			t.Errorf("%s is read as %v", body, got)
		case want >= 0 && (err != nil || got.Records == nil || len(got.Records) != want):
			t.Errorf("%s is read as %v, %v", body, got, err)
		}
	}
}
