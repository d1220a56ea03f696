package agentloop

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
)

var question = RunRequest{Text: "Is the north gate open?"}

// heard is what came of one run.
type heard struct {
	text  string // all new text
	kinds []string
	run   *Run
	err   error
	pairs int
}

func hear(events iter.Seq2[RunEvent, error]) heard {
	var h heard
	for event, err := range events {
		h.pairs++
		h.text += event.Text
		if event.Event.Type != "" {
			h.kinds = append(h.kinds, string(event.Event.Type))
		}
		h.run, h.err = event.Run, err
	}
	return h
}

// ask runs the question on a server.
func ask(ctx context.Context, s *server, change ...func(*agentclients.Options)) heard {
	return hear(s.client(change...).StreamRun(ctx, testID, question))
}

// check checks the answer of a plain turn, and that there was one.
func (h heard) check(t *testing.T, s *server) {
	t.Helper()
	if h.err != nil {
		t.Fatalf("%v after %q", h.err, s.requests)
	}
	if h.run == nil || h.run.Text != "Yes, until ten." || h.text != h.run.Text {
		t.Errorf("printed %q, got %v", h.text, h.run)
	}
	if s.turns != 1 || s.stored() != 1 || s.count("send message") != 1 {
		t.Errorf("%d turns, %d messages, sent %d times", s.turns, s.stored(), s.count("send message"))
	}
}

func inBubble(t *testing.T, name string, f func(*testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

// A run creates a session, posts the message, and reads from the beginning.
func TestRunAgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		start := time.Now()
		var response agentclients.Response
		run, err := s.client().RunAgent(t.Context(), testID, question, agentclients.CaptureResponse(&response))
		if err != nil {
			t.Fatal(err)
		}
		r := s.sessions[0]
		want := &Run{
			Text: "Yes, until ten.", ID: r.id, MessageID: idOf(r.messages[0]), TurnID: fmt.Sprintf("turn_%032x", 1),
			End: EventTurnCompleted, Message: run.Message, Usage: &TokenUsage{InputTokens: 12, OutputTokens: 5},
		}
		if diff := cmp.Diff(want, run); diff != "" || run.Message == nil || run.Message.Text() != run.Text {
			t.Errorf("run (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"create session", "send message", "stream events"}, s.requests); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
		if len(r.tags) != 1 || !strings.HasPrefix(r.tags[0], "run:") || !strings.Contains(string(r.messages[0]), r.tags[0][4:]) {
			t.Errorf("tags %q, message %s", r.tags, r.messages[0])
		}
		if response.Attempts != 3 || response.StatusCode != 200 || response.Settled {
			t.Errorf("captured %+v", response)
		}
		if elapsed := time.Since(start); elapsed != 0 {
			t.Errorf("it took %v", elapsed)
		}
	})
}

// The events of the turn come as they are, and the last one has the Run.
func TestStreamRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		var response agentclients.Response
		h := heard{}
		for event, err := range s.client().StreamRun(t.Context(), testID, question, agentclients.CaptureResponse(&response)) {
			if err != nil {
				t.Fatal(err)
			}
			if response.Attempts != 3 || response.Body != nil {
				t.Errorf("captured %+v", response)
			}
			h.kinds, h.run = append(h.kinds, string(event.Event.Type)), event.Run
			if last := event.Event.Type == EventTurnCompleted; last != (event.Run != nil) {
				t.Errorf("%s has the run %v", event.Event.Type, event.Run)
			}
		}
		want := []string{"input.message"}
		for _, step := range plain[:len(plain)-1] {
			kind, _, _ := strings.Cut(step, " ")
			want = append(want, kind)
		}
		if diff := cmp.Diff(want, h.kinds); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

// A session goes on: reading begins after its last event.
func TestRunInASession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		client := s.client()
		first, err := client.RunAgent(t.Context(), testID, question)
		if err != nil {
			t.Fatal(err)
		}
		last := idOf(s.sessions[0].events[len(plain)])
		s.requests = nil
		second, err := client.RunAgent(t.Context(), testID, RunRequest{Text: "And now?", SessionID: first.ID})
		if err != nil || second.ID != first.ID || second.TurnID == first.TurnID || s.turns != 2 {
			t.Errorf("%v, %v", second, err)
		}
		want := []string{
			"list events ?exclude=output.message.delta&exclude=reason.thinking.delta&exclude=llm.generation",
			"send message", "stream events ?since_id=" + last,
		}
		if diff := cmp.Diff(want, s.requests); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	})
	inBubble(t, "that does not exist", func(t *testing.T) {
		s := newServer(t)
		_, err := s.client().RunAgent(t.Context(), testID, RunRequest{Text: "x", SessionID: "session_" + testID[len("agent_"):]})
		if !errors.Is(err, agentclients.ErrNotFound) || s.count("send message") != 0 {
			t.Errorf("%v after %q", err, s.requests)
		}
		if !strings.HasPrefix(err.Error(), "agentloop: run agent: 404") {
			t.Errorf("the error does not name what was tried: %v", err)
		}
	})
	inBubble(t, "with more events than can be read at once", func(t *testing.T) {
		s := newServer(t)
		client := s.client(func(o *agentclients.Options) { o.MaxResponseBytes = 4096 })
		first, err := client.RunAgent(t.Context(), testID, question)
		if err != nil {
			t.Fatal(err)
		}
		if run, err := client.RunAgent(t.Context(), testID, RunRequest{Text: "x", SessionID: first.ID}); err != nil || run.TurnID == first.TurnID || s.turns != 2 {
			t.Errorf("%v, %v", run, err)
		}
	})
}

// Nothing is sent before the range, and a second one sends nothing.
func TestStreamRunStartsOneTurn(t *testing.T) {
	inBubble(t, "twice", func(t *testing.T) {
		s := newServer(t)
		events := s.client().StreamRun(t.Context(), testID, question)
		if len(s.requests) != 0 {
			t.Errorf("%q before the range", s.requests)
		}
		hear(events).check(t, s)
		if h := hear(events); !errors.Is(h.err, agentclients.ErrInvalidRequest) || h.pairs != 1 || s.turns != 1 {
			t.Errorf("a second range: %+v", h)
		}
	})
	inBubble(t, "after a break", func(t *testing.T) {
		for at := 1; at < len(plain); at++ {
			s := newServer(t)
			events := s.client().StreamRun(t.Context(), testID, question)
			n := 0
			for range events {
				if n++; n == at {
					break
				}
			}
			requests := len(s.requests)
			if h := hear(events); !errors.Is(h.err, agentclients.ErrInvalidRequest) || s.turns != 1 || len(s.requests) != requests {
				t.Errorf("a range after a break at %d: %+v", at, h)
			}
		}
	})
	inBubble(t, "at once", func(t *testing.T) {
		s := newServer(t)
		events := s.client().StreamRun(t.Context(), testID, question)
		var wait sync.WaitGroup
		var refused [4]bool
		for i := range refused {
			wait.Go(func() { refused[i] = errors.Is(hear(events).err, agentclients.ErrInvalidRequest) })
		}
		wait.Wait()
		n := 0
		for _, one := range refused {
			if one {
				n++
			}
		}
		if n != 3 || s.turns != 1 || s.stored() != 1 {
			t.Errorf("%v, %d turns", refused, s.turns)
		}
	})
}
