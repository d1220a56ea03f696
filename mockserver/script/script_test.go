package script

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReplyJSON(t *testing.T) {
	full := Reply{
		Agent: "a", Thread: "t", Input: "i", Delay: time.Minute, Tools: []ToolCall{{ID: "1", Name: "n", Arguments: "x", Result: true, Error: "e"}},
		Text: "b c", Chunks: []string{"b ", "c"}, Pace: 50 * time.Millisecond, Error: "w", Code: "c", Usage: &Usage{1, 2}, Hold: true, Ask: "q",
	}
	const text = `{"agent":"a","thread":"t","input":"i","delay":"1m0s","tools":[{"id":"1","name":"n","arguments":"x","result":true,"error":"e"}],` +
		`"text":"b c","chunks":["b ","c"],"pace":"50ms","error":"w","code":"c","usage":{"input":1,"output":2},"hold":true,"ask":"q"}`
	for want, reply := range map[string]Reply{"{}": {}, text: full} {
		got, err := json.Marshal(reply)
		if err != nil || string(got) != want {
			t.Errorf("wrote %s, %v", got, err)
		}
		var read Reply
		if err := json.Unmarshal([]byte(want), &read); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(reply, read); diff != "" {
			t.Errorf("read (-want +got):\n%s", diff)
		}
	}
	for body, want := range map[string]string{
		`{"txt":"a"}`:                    `reply: unknown member "txt"; a reply has agent, thread,`,
		`{"tools":[{"nme":"a"}]}`:        `reply: unknown member "nme"; a reply has agent, `,
		`{"pace":"1"}`:                   "reply: pace must be a duration",
		`{"delay":5}`:                    "reply: delay must be a duration",
		`{"text":5}`:                     "reply: text must be a string, not number",
		`{"tools":{}}`:                   "reply: tools must be a list, not object",
		`{"tools":[{"name":["clock"]}]}`: "reply: tools.name must be a string, not array",
		`{"usage":3}`:                    "reply: usage must be an object, not number",
		`{"usage":{"input":1.5}}`:        "reply: usage.input must be an integer, not number 1.5",
		`{"hold":"yes"}`:                 "reply: hold must be true or false, not string",
		`{"delay":""}`:                   "",
	} {
		var read Reply
		err := json.Unmarshal([]byte(body), &read)
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestValidate(t *testing.T) {
	for want, reply := range map[string]Reply{
		"":                      {Text: "a b", Chunks: []string{"a", " b"}, Tools: []ToolCall{{Name: "n"}}},
		"delay is -1s":          {Delay: -time.Second},
		"pace is -1s":           {Pace: -time.Second},
		"chunks do not join":    {Text: "a", Chunks: []string{"b"}},
		"usage must not be":     {Usage: &Usage{Input: -1}},
		"tools[1].name is miss": {Tools: []ToolCall{{Name: "n"}, {}}},
		"tools[0].arguments c":  {Tools: []ToolCall{{Name: "n", Arguments: make(chan int)}}},
		"tools[0].result canno": {Tools: []ToolCall{{Name: "n", Result: func() {}}}},
	} {
		err := reply.Validate()
		if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%+v: %v", reply, err)
		}
	}
}

// The pieces are words with the blanks behind them, and join to the whole.
func TestPieces(t *testing.T) {
	for text, want := range map[string][]string{
		"":              nil,
		"one":           {"one"},
		"one two":       {"one ", "two"},
		" one\n\ttwo  ": {" ", "one\n\t", "two  "},
		"  ":            {"  "},
		"Grüße, 世界!":    {"Grüße, ", "世界!"},
	} {
		got := Reply{Text: text}.Pieces()
		if strings.Join(got, "") != text {
			t.Errorf("%q: %q", text, got)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, not %q", text, got, want)
		}
	}
	chunked := Reply{Chunks: []string{"a", "b"}}
	if chunked.Whole() != "ab" || len(chunked.Pieces()) != 2 {
		t.Errorf("%q of %q", chunked.Whole(), chunked.Pieces())
	}
}

func TestFits(t *testing.T) {
	turn := Turn{Agent: "a", Thread: "t", Input: "Is it open?"}
	for reply, want := range map[*Reply]bool{
		{}: true, {Agent: "a", Thread: "t", Input: "open"}: true, {Agent: "b"}: false, {Thread: "u"}: false, {Input: "closed"}: false,
	} {
		if reply.Fits(turn) != want {
			t.Errorf("%+v: %v", reply, !want)
		}
	}
}

func TestTokens(t *testing.T) {
	turn := Turn{Input: strings.Repeat("x", 40)}
	if got := (Reply{Text: "ab"}).Tokens(turn); got != (Usage{10, 1}) {
		t.Errorf("%+v", got)
	}
	if got := (Reply{Text: "ab", Usage: &Usage{3, 4}}).Tokens(turn); got != (Usage{3, 4}) {
		t.Errorf("%+v", got)
	}
	if got := Echo(turn); got.Text != "Echo: "+turn.Input {
		t.Errorf("%+v", got)
	}
}

func TestInboundThatIsWrong(t *testing.T) {
	const bad = "Gr\xfc\xdfe"
	for want, m := range map[string]Inbound{
		"":                          {From: "v", Text: "x"},
		"conversation or from is":   {Text: "x"},
		"text is missing":           {From: "v"},
		"conversation is not UTF-8": {Conversation: bad, Text: "x"},
		"from is not UTF-8":         {From: bad, Text: "x"},
		"to is not UTF-8":           {From: "v", To: bad, Text: "x"},
		"text is not UTF-8":         {From: "v", Text: bad},
	} {
		err := m.Validate()
		if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
