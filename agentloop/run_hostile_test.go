package agentloop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
)

// responsesLost are faults of a request that changes something. The second
// half takes effect.
func responsesLost() (faults []string) {
	for _, stage := range []string{"", "late "} {
		for _, fault := range []string{
			"drop", "reset", "stall", "408", "500", `500 {"error":"Internal server error"}`, "502 <html>", "503", "504",
			"201", "201 {}", "201 null", "200 <html>", `201 {"id":`, `201 {"id":"message_1","metadata":{"` + ClientMessageKey + `":"another"}}`,
		} {
			faults = append(faults, stage+fault)
		}
	}
	return append(faults, "late truncate", "429", "401", "403", "404", "409", "422", `400 {"error":"Too many active turns"}`)
}

// verdictIsTrue checks what a run reports against what happened.
func verdictIsTrue(t *testing.T, s *server, h heard) {
	t.Helper()
	name := fmt.Sprintf("after %q", s.requests)
	if s.turns > 1 || s.stored() > 1 {
		t.Fatalf("%d turns, %d messages %s", s.turns, s.stored(), name)
	}
	unknown := errors.Is(h.err, agentclients.ErrOutcomeUnknown)
	switch {
	case h.err == nil:
		if s.turns != 1 || h.run == nil || h.run.Text != "Yes, until ten." || h.text != h.run.Text {
			t.Errorf("printed %q, got %v of %d turns %s", h.text, h.run, s.turns, name)
		}
	case unknown:
		if h.run == nil || h.run.ID == "" || h.run.MessageID != "" {
			t.Errorf("unknown, with %v: %v %s", h.run, h.err, name)
		}
	case h.run == nil || h.run.MessageID == "":
		if s.stored() != 0 {
			t.Errorf("denies a message that is there: %v %s", h.err, name)
		}
	case s.stored() != 1:
		t.Errorf("invents a message: %v %s", h.err, name)
	}
	var e *agentclients.Error
	if h.err != nil && h.run != nil && errors.As(h.err, &e) && (unknown || h.run.MessageID != "") && e.ResourceID != h.run.ID {
		t.Errorf("the error does not name the session: %v", h.err)
	}
	if sent := s.count("send message"); sent > 1 && s.stored() > 0 && !strings.Contains(strings.Join(s.sent, " "), "429") {
		t.Errorf("sent %d times: %q", sent, s.sent)
	}
}

// Whatever becomes of a response, a run starts at most one turn, and what it
// reports is true.
func TestPromiseOfRuns(t *testing.T) {
	try := func(t *testing.T, faults map[string][]string) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			s := newServer(t)
			for op, list := range faults {
				s.faults[op] = append([]string(nil), list...)
				if op == "send message" {
					s.sent = list
				}
			}
			verdictIsTrue(t, s, ask(t.Context(), s))
		})
	}
	for _, first := range responsesLost() {
		for _, op := range []string{"create session", "send message"} {
			t.Run(op+" "+first, func(t *testing.T) {
				try(t, map[string][]string{op: {first}})
				try(t, map[string][]string{op: {first, first, first}})
				try(t, map[string][]string{op: {"429", first, "429", first}})
				for _, second := range []string{"drop", "500", "503", "stall", "200 {}", "404", "401", "200 <html>"} {
					look := map[string]string{"create session": "list sessions", "send message": "list messages"}[op]
					try(t, map[string][]string{op: {first, first}, look: {second}})
					try(t, map[string][]string{op: {first}, look: strings.Split(strings.Repeat(second+"|", 12), "|")})
				}
			})
		}
		t.Run("both "+first, func(t *testing.T) { try(t, map[string][]string{"create session": {first}, "send message": {first}}) })
	}
}

// A message that a server stores late, when its response is lost already, is
// found by the later looks.
func TestMessageThatIsStoredLate(t *testing.T) {
	for _, after := range []time.Duration{0, time.Second, 1900 * time.Millisecond, 10 * time.Second} {
		inBubble(t, after.String(), func(t *testing.T) {
			s := newServer(t)
			s.slow = after
			s.faults["send message"] = []string{"slow"}
			h := ask(t.Context(), s)
			if after > 2*time.Second {
				if !errors.Is(h.err, agentclients.ErrOutcomeUnknown) || s.count("list messages") != 3 {
					t.Errorf("%v after %q", h.err, s.requests)
				}
				<-time.After(time.Minute)
				synctest.Wait() // the server has stored it
			} else {
				h.check(t, s)
			}
			verdictIsTrue(t, s, h)
		})
	}
}

// The context ends a run at any moment; what it reports is true then, too.
func TestPromiseWhenTheContextEnds(t *testing.T) {
	for _, end := range []time.Duration{1, time.Second, 5 * time.Second, 59 * time.Second, 61 * time.Second, 3 * time.Minute} {
		for _, faults := range []map[string][]string{
			{"create session": {"stall"}}, {"create session": {"late stall"}}, {"send message": {"stall"}}, {"send message": {"late stall"}},
			{"send message": {"429", "late drop"}, "list messages": {"stall"}}, {"stream events": {"stall"}}, {"stream events": {"cut 3", "stall", "stall"}},
			{"stream events": {"silent"}, "get session": {"stall"}}, {"stream events": {"401"}, "get session": {"stall", "stall"}},
		} {
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t)
				for op, list := range faults {
					s.faults[op] = append([]string(nil), list...)
				}
				s.sent = faults["send message"]
				why := errors.New("the shop closed")
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				timer := time.AfterFunc(end, func() { cancel(why) })
				defer timer.Stop()
				start := time.Now()
				h := ask(ctx, s)
				verdictIsTrue(t, s, h)
				if elapsed := time.Since(start); elapsed > end || h.err != nil && elapsed == end && (!errors.Is(h.err, context.Canceled) || !errors.Is(h.err, why)) {
					t.Errorf("%v after %v, %q: %v", elapsed, end, s.requests, h.err)
				}
			})
		}
	}
}

// A stream may break at every event, in every way, twice: nothing is lost or
// printed twice.
func TestRunOverBreaks(t *testing.T) {
	for _, kind := range []string{"cut", "end", "half", "close", "again"} {
		for _, reconnects := range []int{0, 1, -1} {
			t.Run(fmt.Sprintf("%s, %d", kind, reconnects), func(t *testing.T) {
				for first := range len(plain) + 2 {
					for _, second := range []int{0, 1, 5} {
						synctest.Test(t, func(t *testing.T) {
							s := newServer(t)
							s.faults["stream events"] = []string{fmt.Sprintf("%s %d", kind, first), fmt.Sprintf("%s %d", kind, second)}
							h := ask(t.Context(), s, func(o *agentclients.Options) { o.Stream.MaxReconnects = reconnects })
							h.check(t, s)
							if len(h.kinds) != len(plain) {
								t.Errorf("cut at %d and %d: %q", first, second, h.kinds)
							}
						})
					}
				}
			})
		}
	}
}

// A stream that cannot be had is no reason to lose the run.
func TestRunWithoutAStream(t *testing.T) {
	for name, faults := range map[string][]string{
		"refused":                 {"400"},
		"not found":               {"404"},
		"too many":                {"429", "429", "429", "429", "429", "429"},
		"failing":                 {"500", "500", "500", "500", "500", "500"},
		"refused after events":    {"cut 3", `400 {"error":"unknown since_id"}`},
		"gone after events":       {"cut 7", "410"},
		"an object":               {`200 {"detail":"quota exceeded"}`},
		"a page":                  {"200 <html>Sign in</html>"},
		"dropped again and again": {"drop", "drop", "drop", "drop", "drop", "drop"},
		"cut again and again":     {"cut 0", "cut 0", "cut 0", "cut 0", "cut 0", "cut 0"},
	} {
		inBubble(t, name, func(t *testing.T) {
			s := newServer(t)
			s.script = append([]string{"wait 3s"}, plain...)
			s.faults["stream events"] = faults
			h := ask(t.Context(), s)
			h.check(t, s)
			if len(h.kinds) != len(plain) {
				t.Errorf("%q", h.kinds)
			}
		})
	}
	inBubble(t, "and with looks that fail", func(t *testing.T) {
		s := newServer(t)
		s.script = append([]string{"wait 3s"}, plain...)
		s.faults["stream events"] = []string{"400"}
		s.faults["get session"] = []string{"502", "502", "502", "drop", "502", "502"}
		s.faults["list events"] = []string{"503", "503", "503"}
		ask(t.Context(), s).check(t, s)
	})
	inBubble(t, "and with events that are refused or too long", func(t *testing.T) {
		for _, fault := range []string{"400", "404", "410", "422"} {
			s := newServer(t)
			s.faults["stream events"] = []string{"cut 3", fault}
			s.faults["list events"] = []string{fault}
			ask(t.Context(), s).check(t, s)
		}
		s := newServer(t)
		s.faults["stream events"] = []string{"400"}
		h := ask(t.Context(), s, func(o *agentclients.Options) { o.MaxResponseBytes = 1500 })
		h.check(t, s)
		if h.run.End != "" || s.count("list messages") == 0 {
			t.Errorf("%v after %q", h.run, s.requests)
		}
	})
	inBubble(t, "and with messages of a turn that goes on", func(t *testing.T) {
		s := newServer(t)
		s.script = append([]string{plain[0], `output.message.completed ` + says("Let me look."), "wait 9s"}, plain[1:]...)
		s.faults["stream events"] = []string{"400"}
		s.faults["get session"] = []string{fmt.Sprintf(`200 {"id":"session_%032x","status":"started"}`, 1)} // a moment before
		h := ask(t.Context(), s, func(o *agentclients.Options) { o.MaxResponseBytes = 1000 })
		h.check(t, s)
	})
	inBubble(t, "and with a session that is gone", func(t *testing.T) {
		s := newServer(t)
		s.faults["stream events"] = []string{"404"}
		s.faults["get session"] = []string{`404 {"error":"Session not found"}`}
		h := ask(t.Context(), s)
		verdictIsTrue(t, s, h)
		if !errors.Is(h.err, agentclients.ErrNotFound) || !strings.Contains(h.err.Error(), h.run.MessageID) {
			t.Errorf("%v", h.err)
		}
	})
}

// An event beyond the limit is read once; the outcome is read elsewhere.
func TestRunWithALongEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.script = append([]string{`tool.completed {"tool_call_id":"c1","tool_name":"search","success":true,"result":["` + strings.Repeat("x", 2048) + `"]}`}, plain...)
		h := ask(t.Context(), s, func(o *agentclients.Options) { o.Stream.MaxEventBytes = 1024 })
		h.check(t, s)
		if s.count("stream events") != 1 {
			t.Errorf("%q", s.requests)
		}
	})
}

// Heartbeats do not hide a run that is dead, and a run that thinks in silence
// is not taken for dead.
func TestRunInSilence(t *testing.T) {
	inBubble(t, "its end was lost", func(t *testing.T) {
		s := newServer(t)
		s.faults["stream events"] = []string{"silent"}
		start := time.Now()
		ask(t.Context(), s).check(t, s)
		if elapsed := time.Since(start); elapsed != 30*time.Second {
			t.Errorf("it took %v: %q", elapsed, s.requests)
		}
	})
	inBubble(t, "its end was never stored", func(t *testing.T) {
		s := newServer(t)
		s.script = append(plain[:8:8], "status idle")
		h := ask(t.Context(), s)
		h.check(t, s)
		if h.run.End != "" {
			t.Errorf("ended with %q", h.run.End)
		}
	})
	inBubble(t, "it left nothing at all", func(t *testing.T) {
		s := newServer(t)
		s.script = append(plain[:3:3], "status idle")
		if h := ask(t.Context(), s); !errors.Is(h.err, agentclients.ErrRunFailed) || h.run.TurnID == "" || s.turns != 1 {
			t.Errorf("%v, %v", h.run, h.err)
		}
	})
	inBubble(t, "the turn was never started", func(t *testing.T) {
		s := newServer(t)
		s.script = nil
		start := time.Now()
		h := ask(t.Context(), s)
		verdictIsTrue(t, s, h)
		if !errors.Is(h.err, context.DeadlineExceeded) || !strings.Contains(h.err.Error(), h.run.ID) || !strings.Contains(h.err.Error(), h.run.MessageID) {
			t.Errorf("%v", h.err)
		}
		if elapsed := time.Since(start); elapsed != 10*time.Minute || s.count("send message") != 1 {
			t.Errorf("it took %v", elapsed)
		}
	})
	inBubble(t, "the turn starts late", func(t *testing.T) {
		s := newServer(t)
		s.script = append([]string{"wait 95s"}, plain...)
		ask(t.Context(), s).check(t, s)
	})
	inBubble(t, "the model thinks for minutes", func(t *testing.T) {
		s := newServer(t)
		s.script = append(append(plain[:3:3], "wait 5m"), plain[3:]...)
		ask(t.Context(), s).check(t, s)
	})
	inBubble(t, "a look fails", func(t *testing.T) {
		s := newServer(t)
		s.script = append(append(plain[:3:3], "wait 50s"), plain[3:]...)
		s.faults["get session"] = []string{"500", "500", "500"}
		h := ask(t.Context(), s)
		h.check(t, s)
		if s.count("stream events") != 1 || s.count("list events") != 0 {
			t.Errorf("%q", s.requests)
		}
	})
	inBubble(t, "the stream comes after a look", func(t *testing.T) {
		s := newServer(t)
		s.script = append(append(plain[:6:6], "wait 50s"), plain[6:]...)
		s.faults["stream events"] = []string{"mute 40"}
		h := ask(t.Context(), s)
		h.check(t, s)
		if len(h.kinds) != len(plain) || s.count("list events") != 1 {
			t.Errorf("%q after %q", h.kinds, s.requests)
		}
	})
	inBubble(t, "the header is held back", func(t *testing.T) {
		s := newServer(t)
		s.faults["stream events"] = []string{"stall", "stall", "stall"}
		start := time.Now()
		ask(t.Context(), s).check(t, s)
		if elapsed := time.Since(start); elapsed > 31*time.Second || s.count("stream events") != 1 {
			t.Errorf("it took %v: %q", elapsed, s.requests)
		}
	})
	inBubble(t, "limits for short calls", func(t *testing.T) {
		s := newServer(t)
		var slow []string
		for _, step := range plain {
			slow = append(slow, "wait 200ms", step)
		}
		s.script = slow
		ask(t.Context(), s, func(o *agentclients.Options) {
			o.HTTPClient.Timeout = 150 * time.Millisecond
			o.Retry.AttemptTimeout = 100 * time.Millisecond
		}).check(t, s)
	})
	inBubble(t, "the caller is slow", func(t *testing.T) {
		s := newServer(t)
		n := 0
		for _, err := range s.client(func(o *agentclients.Options) { o.Stream.IdleTimeout = 200 * time.Millisecond }).StreamRun(t.Context(), testID, question) {
			if err != nil {
				t.Fatal(err)
			}
			n++
			<-time.After(40 * time.Second)
		}
		if n != len(plain) || s.count("stream events") != 1 {
			t.Errorf("%d events, %q", n, s.requests)
		}
	})
}

// Every end is an end: there is no waiting after it, and the error tells which
// it was.
func TestEndsOfRuns(t *testing.T) {
	begin := func(steps ...string) []string { return append(plain[:6:6], steps...) }
	for name, test := range map[string]struct {
		script []string
		end    EventType
		text   string
		kind   error
		words  string
	}{
		"failed": {begin(
			`output.message.completed `+says("I encountered an error while processing your request. Please try again later."),
			`reason.completed {"success":false,"error":"overloaded"}`,
			`turn.failed {"turn_id":"$T","error":"overloaded","error_code":"llm_error"}`, `session.idled {"turn_id":"$T"}`,
		), EventTurnFailed, "I encountered an error while processing your request. Please try again later.", agentclients.ErrRunFailed, "overloaded"},
		"cancelled":          {begin(`turn.cancelled {"turn_id":"$T","reason":"user_requested"}`), EventTurnCancelled, "Yes, until ten.", agentclients.ErrRunFailed, "turn.cancelled user_requested"},
		"sealed":             {begin(`turn.sealed {"turn_id":"$T"}`), EventTurnSealed, "Yes, until ten.", agentclients.ErrRunFailed, "turn.sealed"},
		"of an unknown kind": {begin(`turn.expired {"turn_id":"$T"}`, `session.idled {"turn_id":"$T"}`), "turn.expired", "Yes, until ten.", agentclients.ErrRunFailed, "turn.expired"},
		"after an unknown event": {begin(`turn.checkpointed {"turn_id":"$T"}`, `output.message.completed `+says("Yes, until ten."),
			`turn.completed {"turn_id":"$T","iterations":1}`), EventTurnCompleted, "Yes, until ten.", nil, ""},
		"idle only": {begin(`output.message.completed `+says("Yes, until ten."), `session.idled {"turn_id":"$T"}`), EventSessionIdled, "Yes, until ten.", nil, ""},
		"of a silent turn": {append(plain[:3:3], `output.message.completed `+says(""), `turn.completed {"turn_id":"$T","iterations":1}`),
			EventTurnCompleted, "", nil, ""},
		"waiting for tools":                        {begin("status waitingfortoolresults", "wait 1h"), "", "Yes, until ten.", agentclients.ErrInputRequired, "waitingfortoolresults"},
		"waiting for tools, as documents write it": {begin("status waiting_for_tool_results", "wait 1h"), "", "Yes, until ten.", agentclients.ErrInputRequired, "waiting_for_tool_results"},
		"paused": {begin("status paused", "wait 1h"), "", "Yes, until ten.", agentclients.ErrInputRequired, "paused"},
	} {
		for way, faults := range map[string][]string{"stream": nil, "read": {"400"}} {
			inBubble(t, name+", "+way, func(t *testing.T) {
				s := newServer(t)
				s.script = test.script
				s.faults["stream events"] = faults
				start := time.Now()
				h := ask(t.Context(), s)
				if !errors.Is(h.err, test.kind) || test.kind == nil && h.err != nil || h.err != nil && !strings.Contains(h.err.Error(), test.words) ||
					errors.Is(h.err, agentclients.ErrStreamEnded) || errors.Is(h.err, agentclients.ErrOutcomeUnknown) {
					t.Errorf("error %v", h.err)
				}
				if h.run == nil || h.run.End != test.end || h.run.Text != test.text || s.turns != 1 || time.Since(start) > 31*time.Second {
					t.Errorf("after %v: %v", time.Since(start), h.run)
				}
				var e *agentclients.Error
				if errors.As(h.err, &e); e != nil && (e.ResourceID != h.run.ID || name == "failed" && e.Code != "llm_error" ||
					test.kind == agentclients.ErrInputRequired && e.Code != test.words) {
					t.Errorf("%q %q", e.ResourceID, e.Code)
				}
				if s.count("stream events") != 1 {
					t.Errorf("%q", s.requests)
				}
				<-time.After(2 * time.Hour) // for what the server still has to do
			})
		}
	}
}

// Texts of several messages are printed with a line between them, and a text
// whose deltas are missing or repeated is printed once.
func TestTextsOfRuns(t *testing.T) {
	delta := func(text, whole string) string {
		return fmt.Sprintf(`output.message.delta {"turn_id":"$T","delta":%q,"accumulated":%q}`, text, whole)
	}
	for name, test := range map[string]struct {
		script        []string
		printed, text string
	}{
		"no deltas":          {[]string{`output.message.completed ` + says("one")}, "one", "one"},
		"the last one lost":  {[]string{delta("o", "o"), `output.message.completed ` + says("one")}, "one", "one"},
		"the first one lost": {[]string{delta("ne", "one"), `output.message.completed ` + says("one")}, "one", "one"},
		"not accumulated":    {[]string{delta("o", ""), delta("ne", ""), `output.message.completed ` + says("one")}, "one", "one"},
		"trimmed at the end": {[]string{delta("one ", "one "), `output.message.completed ` + says("one")}, "one ", "one"},
		"two messages": {[]string{delta("one", "one"), `output.message.completed ` + says("one"), `act.started {"tool_calls":[]}`,
			delta("two", "two"), `output.message.completed ` + says("two")}, "one\n\ntwo", "two"},
		"a message that was given up": {[]string{delta("on", "on"), `output.message.started {"turn_id":"$T"}`, delta("two", "two"),
			`output.message.completed ` + says("two")}, "on\n\ntwo", "two"},
		"a tool call in between": {[]string{delta("one", "one"), `output.message.completed ` + says("one"),
			`output.message.completed {"message":{"id":"m","role":"agent","content":[{"type":"tool_call","id":"c","name":"n","arguments":{}}]}}`}, "one", "one"},
	} {
		inBubble(t, name, func(t *testing.T) {
			s := newServer(t)
			s.script = append(append(plain[:3:3], test.script...), plain[9])
			h := ask(t.Context(), s)
			if h.err != nil || h.text != test.printed || h.run.Text != test.text {
				t.Errorf("printed %q, got %v, %v", h.text, h.run, h.err)
			}
		})
	}
}

// In a session that others use, too, a run picks its own turn.
func TestRunInABusySession(t *testing.T) {
	busy := func(t *testing.T, other []string, change func(*server), options ...func(*agentclients.Options)) (*server, heard) {
		s := newServer(t)
		client := s.client(options...)
		r := s.open()
		s.script = other
		if _, err := client.SendMessage(t.Context(), r.id, SendMessageRequest{Text: "something else"}); err != nil {
			t.Fatal(err)
		}
		s.script = plain
		change(s)
		request := question
		request.SessionID = r.id
		h := hear(client.StreamRun(t.Context(), testID, request))
		if s.count("send message") != 2 || s.stored() != 2 {
			t.Errorf("%q", s.requests)
		}
		return s, h
	}
	// The other turn asks its model again after our message came.
	again := []string{
		plain[0], plain[1], plain[2], `tool.started {"tool_call":{"id":"c1","name":"search","arguments":{}}}`, "wait 5s", plain[2],
		`output.message.completed ` + says("Both, then."), `turn.completed {"turn_id":"$T","iterations":2}`, plain[10],
	}
	// It does not.
	once := []string{plain[0], plain[1], plain[2], "wait 5s", `output.message.completed ` + says("The other."), `turn.completed {"turn_id":"$T","iterations":1}`, plain[10]}

	for name, other := range map[string][]string{"again": again, "once": once} {
		inBubble(t, "its own turn follows, "+name, func(t *testing.T) {
			s, h := busy(t, other, func(s *server) { s.followUp = true })
			if h.err != nil || h.text != "Yes, until ten." || h.run.Text != h.text || h.run.TurnID != fmt.Sprintf("turn_%032x", 2) || s.turns != 2 {
				t.Errorf("printed %q, got %v, %v", h.text, h.run, h.err)
			}
		})
	}
	inBubble(t, "the other turn answers", func(t *testing.T) {
		s, h := busy(t, again, func(*server) {})
		if h.err != nil || h.text != "Both, then." || h.run.Text != h.text || h.run.TurnID != fmt.Sprintf("turn_%032x", 1) || s.turns != 1 {
			t.Errorf("printed %q, got %v, %v", h.text, h.run, h.err)
		}
	})
	inBubble(t, "the server says that the other turn answers", func(t *testing.T) {
		start := time.Now()
		_, h := busy(t, again, func(s *server) { s.delivery = "steered" })
		if h.err != nil || h.text != "Both, then." || h.run.Text != h.text || time.Since(start) != 5*time.Second {
			t.Errorf("after %v printed %q, got %v, %v", time.Since(start), h.text, h.run, h.err)
		}
	})
	inBubble(t, "nobody answers", func(t *testing.T) {
		_, h := busy(t, once, func(*server) {})
		if !errors.Is(h.err, context.DeadlineExceeded) || h.run.Text != "" || h.run.TurnID != "" {
			t.Errorf("got %v, %v", h.run, h.err)
		}
	})
	inBubble(t, "nobody answers, and everything is read from the beginning", func(t *testing.T) {
		_, h := busy(t, once, func(s *server) { s.faults["list events"] = []string{"200 " + strings.Repeat(" ", 5000)} },
			func(o *agentclients.Options) { o.MaxResponseBytes = 4000 })
		if !errors.Is(h.err, context.DeadlineExceeded) || h.run.Text != "" || h.run.TurnID != "" {
			t.Errorf("got %v, %v", h.run, h.err)
		}
	})
	inBubble(t, "the other turn is cancelled", func(t *testing.T) {
		cancelled := []string{plain[0], plain[1], plain[2], "wait 5s", `turn.cancelled {"turn_id":"made_up"}`, `session.idled {"turn_id":"$T"}`}
		_, h := busy(t, cancelled, func(s *server) { s.followUp = true })
		if h.err != nil || h.run.Text != "Yes, until ten." {
			t.Errorf("got %v, %v", h.run, h.err)
		}
	})
}

// Older servers make up the ids of a cancelled turn, and may leave the session
// active forever.
func TestCancelledTurnOfAnOlderServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.script = append(plain[:5:5], "foreign turn.cancelled {\"turn_id\":\"turn_made_up\"}", "status active", "wait 1h")
		start := time.Now()
		h := ask(t.Context(), s)
		if !errors.Is(h.err, agentclients.ErrRunFailed) || h.run.End != EventTurnCancelled || h.run.Text != "Yes, " || time.Since(start) != 0 {
			t.Errorf("%v, %v", h.run, h.err)
		}
		<-time.After(2 * time.Hour)
	})
}

// What is wrong with a request is told before anything is sent.
func TestRunRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		agent   string
		request RunRequest
		want    []string
	}{
		"nothing":     {"", RunRequest{}, []string{"agent_id", "message.content"}},
		"a short id":  {"agent_1", RunRequest{Text: "x", SessionID: "sess_1"}, []string{"agent_id", "session_id"}},
		"both":        {testID, RunRequest{Text: "x", Content: []ContentPart{{}}}, []string{"message.content", "message.content[0].type"}},
		"the members": {testID, RunRequest{Text: "x", Metadata: map[string]any{ClientMessageKey: "x"}, ExtraFields: map[string]any{"metadata": 1, "client_message_id": 1}}, []string{"metadata." + ClientMessageKey, "client_message_id", "metadata"}},
	} {
		t.Run(name, func(t *testing.T) {
			suite.Refuses(t, func(ctx context.Context, c *Client) error {
				_, err := c.RunAgent(ctx, test.agent, test.request)
				return err
			}, test.want)
			suite.Refuses(t, func(ctx context.Context, c *Client) error {
				return hear(c.StreamRun(ctx, test.agent, test.request)).err
			}, test.want)
		})
	}
	suite.Refuses(t, func(_ context.Context, c *Client) error {
		var none context.Context
		_, err := c.RunAgent(none, testID, question)
		return err
	}, []string{"ctx"})
}

func TestRunString(t *testing.T) {
	run := Run{ID: "session_1", TurnID: "turn_1", End: EventTurnCompleted, Text: "Yes,\nuntil ten."}
	if diff := cmp.Diff(`session_1 turn_1 turn.completed "Yes,\nuntil ten."`, run.String()); diff != "" {
		t.Error(diff)
	}
}

// What a stream said is told if the context ends before anything else tells of
// the run.
func TestWordsOfAStreamOutliveIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.script = append([]string{"wait 1h"}, plain...)
		s.faults["stream events"] = []string{`200 {"detail":"quota exceeded"}`}
		h := ask(t.Context(), s)
		var e *agentclients.Error
		if !errors.As(h.err, &e) || !errors.Is(h.err, context.DeadlineExceeded) || e.Message != "quota exceeded" || h.run == nil {
			t.Errorf("run %v, %v", h.run, h.err)
		}
		verdictIsTrue(t, s, h)
		<-time.After(time.Hour) // the turn ends
		synctest.Wait()
	})
}

// A stream that is to be asked again only later does not keep the answer back:
// it is looked for meanwhile, and at once if there is no time to wait.
func TestRunWhoseStreamIsPutOff(t *testing.T) {
	const busy = `429 {"detail":"slow down","status":429,"retry_after_seconds":50}`
	for _, test := range []struct{ limit, took time.Duration }{{40 * time.Second, 10 * time.Second}, {10 * time.Minute, 40 * time.Second}} {
		for _, faults := range [][]string{{busy}, {"cut 3", busy}} {
			inBubble(t, fmt.Sprintf("%v after %d", test.limit, len(faults)), func(t *testing.T) {
				s := newServer(t)
				s.script = append([]string{"wait 3s"}, plain...)
				s.faults["stream events"] = faults
				ctx, cancel := context.WithTimeout(t.Context(), test.limit)
				defer cancel()
				began := time.Now()
				h := ask(ctx, s)
				if h.check(t, s); time.Since(began) > test.took {
					t.Errorf("after %v", time.Since(began))
				}
			})
		}
	}
}

// A status of the server's own words does not carry the key into an error.
func TestRedactedStatuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t)
		s.script = append([]string{"wait 1h"}, plain...)
		s.faults["stream events"] = []string{"400"}
		s.faults["get session"] = slices.Repeat([]string{fmt.Sprintf(`200 {"id":"session_%032x","status":"%s"}`, 1, testKey)}, 1000)
		h := ask(t.Context(), s)
		if !errors.Is(h.err, context.DeadlineExceeded) || !strings.Contains(h.err.Error(), "the last status was") || strings.Contains(h.err.Error(), testKey) {
			t.Errorf("the error has the key: %v", h.err)
		}
		<-time.After(time.Hour) // the turn ends
		synctest.Wait()
	})
}
