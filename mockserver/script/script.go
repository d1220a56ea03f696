// Package script says what the agents of a mock server say when they run.
//
//	mock.Script(mockserver.Agentloop, script.Reply{Text: "Hello"}, script.Reply{Error: "the model is busy"})
//
// queues two replies: the next run gets the first one, the one after it fails.
// A run for which none is left gets the fixed text of its API. ScriptFunc
// decides by what was asked instead:
//
//	mock.ScriptFunc(mockserver.Agentloop, func(t script.Turn) script.Reply {
//		return script.Reply{Text: "You said: " + t.Input}
//	})
package script

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
)

// Reply is what one run of an agent does: it waits, calls tools, and says
// something or fails. The zero value says nothing and ends well.
//
// In JSON the members have the names of the fields in lower case, and durations
// are text:
//
//	{"input": "gate", "delay": "1s", "tools": [{"name": "clock", "result": "9:00"}], "text": "Until ten.", "pace": "50ms"}
type Reply struct {
	// Agent, Thread and Input say which run the reply is for: of that agent,
	// in that thread (a session, a task), with an input that contains that
	// text. Empty: any. A run takes the first queued reply that fits.
	Agent, Thread, Input string

	// Delay is how long the agent thinks before anything else happens, by the
	// clock of the mock.
	Delay time.Duration
	// Tools are the tools that it calls first, one after the other. On orq a
	// tool that the agent, or the request, has as a function is left to the
	// caller: the run ends behind the other tools, and the rest of the reply
	// follows when the caller brings the results; the next reply if there is no
	// rest. One that needs approval there waits for a review.
	Tools []ToolCall
	// Text is what it says.
	Text string
	// Chunks are the pieces in which a stream gives the text; they are all of
	// it if Text is empty. Nil: the words of Text, each with the blanks behind
	// it; agentloop joins those that come at the same time, phoneagents says all
	// of it at the end.
	Chunks []string
	// Pace is the time between two tools and between two pieces of the text.
	Pace time.Duration
	// Error makes the run fail with these words, after Text.
	Error string
	// Code is the API's word for the error. On agentloop it is the error_code of
	// turn.failed; "no_progress" and "budget" seal the turn instead. On xpander
	// it is the status of the task, such as "error" or "stopped"; a word that
	// the API does not have plays a status of tomorrow, and one that is no
	// failure is not used. On orq it is the code of the error; a number on the
	// surfaces below /v2, where other words are 500. "length", "content_filter",
	// "max_iterations" and "max_time" end the run there before its time, but not
	// as a failure. Empty: the usual one, on xpander "failed".
	Code string
	// Usage are the tokens that the run costs. Nil: about one for four
	// characters.
	Usage *Usage
	// Hold keeps the run active, after the tools and before the text, until
	// it is released, stopped or cancelled.
	Hold bool
	// Ask makes the run wait for a person, with this question: on xpander the
	// task is paused, on orq the task requires input until it is released, and
	// a response is in progress all the while, as that API has it. Agentloop
	// does not know that, and it is like Hold.
	Ask string
}

// ToolCall is a tool that an agent calls, with what comes back.
type ToolCall struct {
	// ID identifies the call. Empty: one is made up.
	ID string `json:"id,omitempty"`
	// Name is the tool.
	Name string `json:"name"`
	// Arguments is what the agent gives it: any JSON value. Nil: {}.
	Arguments any `json:"arguments,omitempty"`
	// Result is what comes back: any JSON value.
	Result any `json:"result,omitempty"`
	// Error is what went wrong with the tool, in its own words.
	Error string `json:"error,omitempty"`
}

// Usage are tokens.
type Usage struct {
	// Input are the tokens that were read.
	Input int `json:"input"`
	// Output are the tokens that were written.
	Output int `json:"output"`
}

// Turn is what an agent is asked.
type Turn struct {
	// API is the API, such as "agentloop".
	API string `json:"api"`
	// Agent is what the API calls the agent: its id, or its key on orq.
	Agent string `json:"agent"`
	// Thread is what the turn belongs to: a session or a task.
	Thread string `json:"thread"`
	// Input is the text that was sent.
	Input string `json:"input"`
	// History is what was said before, oldest first.
	History []Message `json:"history,omitempty"`
}

// Message is something that was said.
type Message struct {
	// Role is who said it: "user" or "agent".
	Role string `json:"role"`
	// Text is what was said.
	Text string `json:"text"`
}

// Func decides what an agent replies. It is called without any lock, and may
// call the mock.
type Func func(Turn) Reply

// Echo replies with what was asked.
func Echo(t Turn) Reply { return Reply{Text: "Echo: " + t.Input} }

// Fits reports whether the reply is for a turn.
func (r Reply) Fits(t Turn) bool {
	return (r.Agent == "" || r.Agent == t.Agent) && (r.Thread == "" || r.Thread == t.Thread) && strings.Contains(t.Input, r.Input)
}

// Whole is all of the text.
func (r Reply) Whole() string {
	if r.Text == "" {
		return strings.Join(r.Chunks, "")
	}
	return r.Text
}

// Pieces are the pieces in which the text comes. They join to Whole.
func (r Reply) Pieces() []string {
	if r.Chunks != nil {
		return r.Chunks
	}
	var pieces []string
	for rest := r.Text; rest != ""; {
		word := strings.IndexFunc(rest, isBlank)
		end := len(rest)
		if word >= 0 {
			if next := strings.IndexFunc(rest[word:], isWord); next >= 0 {
				end = word + next
			}
		}
		pieces = append(pieces, rest[:end])
		rest = rest[end:]
	}
	return pieces
}

func isBlank(c rune) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func isWord(c rune) bool { return !isBlank(c) }

// Tokens are what the reply to a turn costs.
func (r Reply) Tokens(t Turn) Usage {
	if r.Usage != nil {
		return *r.Usage
	}
	count := func(text string) int { return max(1, utf8.RuneCountInString(text)/4) }
	return Usage{Input: count(t.Input), Output: count(r.Whole())}
}

// Validate says in one line what is wrong with the reply and what is allowed.
func (r Reply) Validate() error {
	switch {
	case r.Delay < 0:
		return fmt.Errorf("delay is %s; it must not be negative", r.Delay)
	case r.Pace < 0:
		return fmt.Errorf("pace is %s; it must not be negative", r.Pace)
	case r.Chunks != nil && r.Text != "" && strings.Join(r.Chunks, "") != r.Text:
		return errors.New("chunks do not join to text; give only one of them, or the same text in both")
	case r.Usage != nil && (r.Usage.Input < 0 || r.Usage.Output < 0):
		return errors.New("usage must not be negative")
	}
	for i, tool := range r.Tools {
		if tool.Name == "" {
			return fmt.Errorf("tools[%d].name is missing", i)
		}
		for name, value := range map[string]any{"arguments": tool.Arguments, "result": tool.Result} {
			if _, err := json.Marshal(value); err != nil {
				return fmt.Errorf("tools[%d].%s cannot be written as JSON: %w", i, name, err)
			}
		}
	}
	return nil
}

// wire is a Reply in JSON: durations are texts such as "50ms".
type wire struct {
	Agent  string     `json:"agent,omitempty"`
	Thread string     `json:"thread,omitempty"`
	Input  string     `json:"input,omitempty"`
	Delay  string     `json:"delay,omitempty"`
	Tools  []ToolCall `json:"tools,omitempty"`
	Text   string     `json:"text,omitempty"`
	Chunks []string   `json:"chunks,omitempty"`
	Pace   string     `json:"pace,omitempty"`
	Error  string     `json:"error,omitempty"`
	Code   string     `json:"code,omitempty"`
	Usage  *Usage     `json:"usage,omitempty"`
	Hold   bool       `json:"hold,omitempty"`
	Ask    string     `json:"ask,omitempty"`
}

// explain says what is wrong with the JSON of a reply in words of JSON.
func explain(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		switch wrong.Field {
		case "delay", "pace":
			return notDuration(wrong.Field)
		}
		kind := map[reflect.Kind]string{
			reflect.String: "a string", reflect.Int: "an integer", reflect.Bool: "true or false", reflect.Slice: "a list", reflect.Struct: "an object",
		}[wrong.Type.Kind()]
		return fmt.Errorf("%s must be %s, not %s", wrong.Field, kind, wrong.Value)
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return fmt.Errorf("unknown member %s; a reply has agent, thread, input, delay, tools, text, chunks, pace, error, code, usage, hold, ask, "+
			"one of its tools id, name, arguments, result, error, and its usage input, output", name)
	}
	return err
}

func notDuration(name string) error {
	return fmt.Errorf(`%s must be a duration such as "50ms" or "2s"`, name)
}

// MarshalJSON writes the reply with durations such as "50ms".
func (r Reply) MarshalJSON() ([]byte, error) {
	return json.Marshal(wire{
		r.Agent, r.Thread, r.Input, durationText(r.Delay), r.Tools, r.Text, r.Chunks, durationText(r.Pace),
		r.Error, r.Code, r.Usage, r.Hold, r.Ask,
	})
}

func durationText(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// UnmarshalJSON reads what MarshalJSON writes. It refuses members that a
// reply does not have.
func (r *Reply) UnmarshalJSON(data []byte) error {
	var w wire
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&w); err != nil {
		return fmt.Errorf("reply: %w", explain(err))
	}
	*r = Reply{
		Agent: w.Agent, Thread: w.Thread, Input: w.Input, Tools: w.Tools, Text: w.Text, Chunks: w.Chunks,
		Error: w.Error, Code: w.Code, Usage: w.Usage, Hold: w.Hold, Ask: w.Ask,
	}
	for _, d := range []struct {
		name, text string
		into       *time.Duration
	}{{"delay", w.Delay, &r.Delay}, {"pace", w.Pace, &r.Pace}} {
		if d.text == "" {
			continue
		}
		var err error
		if *d.into, err = time.ParseDuration(d.text); err != nil {
			return fmt.Errorf("reply: %w", notDuration(d.name))
		}
	}
	if err := r.Validate(); err != nil {
		return fmt.Errorf("reply: %w", err)
	}
	return nil
}
