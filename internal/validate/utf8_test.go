package validate

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
)

type message struct {
	Text  string            `json:"text"`
	More  *string           `json:"more,omitempty"`
	Tags  []string          `json:"tags"`
	Parts []part            `json:"parts"`
	Map   map[string]string `json:"map"`
	Any   any               `json:"any"`
	JSON  json.RawMessage   `json:"json"`
	Bytes []byte            `json:"bytes"`
	Extra map[string]any    `json:"-"`
	own   string
}

type part struct {
	Name string `json:"name"`
	Raw  json.RawMessage
}

func TestTextsThatJSONCannotCarryAreNamed(t *testing.T) {
	const bad = "Gr\xfc\xdfe"
	var self struct {
		Any any `json:"any"`
	}
	self.Any = &self
	for _, test := range []struct {
		request any
		want    []string
	}{
		{message{Text: "Grüße", More: new("\ufffd"), Tags: []string{"a"}, Bytes: []byte(bad), own: bad}, nil},
		{&message{Text: bad, More: new(bad), Tags: []string{"a", bad}}, []string{"text", "more", "tags[1]"}},
		{message{Parts: []part{{}, {Name: bad, Raw: json.RawMessage(bad)}}}, []string{"parts[1].name", "parts[1]"}},
		{message{Map: map[string]string{"a": bad}, Any: []any{map[string]any{"b": bad}}, JSON: json.RawMessage(`"` + bad + `"`)}, []string{"map.a", "any[0].b", "json"}},
		{message{Map: map[string]string{bad: "a"}}, []string{"map"}},
		{message{Extra: map[string]any{"e": bad}}, []string{"e"}},
		{message{JSON: json.RawMessage(`{"a":`)}, []string{"json"}},
		{message{JSON: json.RawMessage{}, Any: []any{json.RawMessage(`null`), json.RawMessage(`x`)}}, []string{"any[1]"}},
		{message{Parts: []part{{Raw: json.RawMessage(`"a" "b"`)}}}, []string{"parts[0]"}},
		{self, nil},
		{nil, nil},
	} {
		var problems Problems
		problems.UTF8(test.request)
		var got []string
		var e *agentclients.Error
		if errors.As(problems.Err("test", "send"), &e) {
			for _, field := range e.Fields {
				got = append(got, field.Path)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", test.request, diff)
		}
	}
}
