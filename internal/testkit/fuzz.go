package testkit

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// FuzzAgent checks a decoder of agents: whatever the bytes are, there is an
// agent or an error. An agent that was read can be written, and is read again
// as the same.
func FuzzAgent[T any](f *testing.F, decode func([]byte) (*T, error), samples ...[]byte) {
	for _, sample := range append(samples, []byte("null"), []byte("[]"), []byte("")) {
		f.Add(sample)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		agent, err := decode(body)
		if (agent == nil) == (err == nil) {
			t.Fatalf("agent %v and error %v", agent, err)
		}
		if err != nil {
			return
		}
		first, err := wire.Encode(agent, nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := decode(first)
		if err != nil {
			t.Fatalf("%v in %s", err, first)
		}
		second, err := wire.Encode(again, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(first), string(second)); diff != "" {
			t.Fatalf("it came back differently (-first +second):\n%s", diff)
		}
	})
}

// FuzzList checks a decoder of lists: whatever the bytes are, there is a list
// or an error.
func FuzzList[T any](f *testing.F, decode func([]byte) (*T, error), samples ...string) {
	for _, sample := range append(samples, "null", "[]", "{}", "") {
		f.Add([]byte(sample))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if list, err := decode(body); (list == nil) == (err == nil) {
			t.Fatalf("list %v and error %v", list, err)
		}
	})
}

// FuzzError checks a reader of error bodies: it keeps the body, and the error
// prints in one line.
func FuzzError(f *testing.F, readError func(*agentclients.Error), samples ...string) {
	for _, sample := range append(samples, "<html><body>Bad gateway</body></html>", "") {
		f.Add([]byte(sample))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		e := &agentclients.Error{Provider: "test", Op: "create agent", StatusCode: 400, Body: body}
		readError(e)
		if string(e.Body) != string(body) {
			t.Fatal("the body changed")
		}
		for _, c := range e.Error() {
			if c == '\n' || c == '\r' {
				t.Fatalf("more than one line: %q", e.Error())
			}
		}
	})
}
