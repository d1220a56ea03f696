package agentloop_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// One turn, frame by frame.
func TestStreamOfOneTurn(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		l.SetTime(time.Date(2026, 2, 8, 9, 0, 0, 100e6, time.UTC))
		one := l.session()
		s := l.stream(one, "")
		if header := s.response.Header; header.Get("Content-Type") != "text/event-stream" || header.Get("Cache-Control") != "no-cache" || header.Get("Content-Length") != "" {
			t.Errorf("headers are %v", header)
		}
		l.script(script.Reply{Chunks: []string{"Yes, ", "until ten."}, Usage: &script.Usage{Input: 12, Output: 5}})
		sent := read[messageView](l, "POST", one+"/messages", strings.TrimSuffix(textBody("Is the north gate open?"), "}")+`,"metadata":{"run":"r-17"}}`, 201)
		session := strings.TrimPrefix(one, "/v1/sessions/")
		events := l.events(one, "")
		turn, reply := events[1].Context.TurnID, read[listOf[messageView]](l, "GET", one+"/messages", "", 200).Data[1].ID
		const ts = "2026-02-08T09:00:00.1Z"
		input := `{"id":"` + sent.ID + `","role":"user","content":[{"type":"text","text":"Is the north gate open?"}],"metadata":{"run":"r-17"},"created_at":"` + ts + `"}`
		usage := `{"input_tokens":12,"output_tokens":5}`
		about := `{"turn_id":"` + turn + `","input_message_id":"` + sent.ID + `"}`
		want := []string{`event: connected` + "\n" + `data: {"status":"connected"}`}
		for i, e := range [][2]string{
			{"input.message", `{"message":` + input + `}`},
			{"session.activated", about},
			{"turn.started", about},
			{"reason.started", `{"agent_id":"` + agentID + `","metadata":{"model":"llmsim-model"}}`},
			{"output.message.started", `{"turn_id":"` + turn + `","model":"llmsim-model"}`},
			{"output.message.delta", `{"turn_id":"` + turn + `","delta":"Yes, ","accumulated":"Yes, "}`},
			{"output.message.delta", `{"turn_id":"` + turn + `","delta":"until ten.","accumulated":"Yes, until ten."}`},
			{"llm.generation", `{"messages":[` + input + `],"tools":[],"output":{"text":"Yes, until ten.","tool_calls":[]},"metadata":{"model":"llmsim-model","provider":"llmsim","success":true,"duration_ms":0,"finish_reasons":["stop"],"usage":` + usage + `}}`},
			{"output.message.completed", `{"message":{"id":"` + reply + `","role":"agent","content":[{"type":"text","text":"Yes, until ten."}],"created_at":"` + ts + `"},"metadata":{"model":"llmsim-model"},"usage":` + usage + `}`},
			{"reason.completed", `{"success":true,"has_tool_calls":false,"tool_call_count":0,"text_preview":"Yes, until ten.","duration_ms":0,"usage":` + usage + `}`},
			{"turn.completed", `{"turn_id":"` + turn + `","iterations":1,"duration_ms":0,"usage":` + usage + `}`},
			{"session.idled", `{"turn_id":"` + turn + `","iterations":1,"usage":` + usage + `}`},
		} {
			id, belongs, retry := events[i].ID, about, ""
			if i == 0 {
				belongs, retry = "{}", "retry: 100\n"
			}
			want = append(want, fmt.Sprintf("event: %s\nid: %s\n%sdata: {\"id\":%q,\"type\":%q,\"ts\":%q,\"session_id\":%q,\"context\":%s,\"data\":%s,\"sequence\":%d}",
				e[0], id, retry, id, e[0], ts, session, belongs, e[1], i+1))
		}
		for i, frame := range want {
			if diff := cmp.Diff(frame, s.next()); diff != "" {
				t.Errorf("frame %d: %s", i, diff)
			}
		}
		synctest.Wait()
		call := l.Calls(journal.Match{Op: mockserver.AgentloopStreamEvents})[0]
		if call.Outcome != journal.Open || call.Events != len(want)-1 || !strings.HasPrefix(call.Response, want[0]) {
			t.Errorf("the journal has %d events, %s", call.Events, call.Outcome)
		}
	})
}

func TestResume(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		one := l.session()
		l.say(one, "x")
		all := l.events(one, "")
		for i, e := range all[:len(all)-1] {
			s := l.stream(one, "?since_id="+e.ID)
			if got := s.until("session.idled"); len(got) != len(all)-i-1 || got[0].ID != all[i+1].ID {
				t.Errorf("behind %s: %s", e.Type, types(got))
			}
			s.end()
			if got := l.events(one, "?since_id="+e.ID); len(got) != len(all)-i-1 {
				t.Errorf("the list behind %s: %s", e.Type, types(got))
			}
		}
		// The end of the log, an id that is not there, and the header that nobody reads.
		s := l.stream(one, "?since_id="+all[len(all)-1].ID)
		s.next()
		beyond := l.stream(one, "?since_id=event_"+strings.Repeat("0", 32))
		if got := types(beyond.until("session.idled")); got != oneTurn {
			t.Error(got)
		}
		l.say(one, "y")
		if e := s.event(); e.Type != "input.message" || e.Sequence != len(all)+1 {
			t.Errorf("%+v", e)
		}
	})
}

func TestFilters(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		one := l.session()
		l.say(one, "x")
		for query, want := range map[string]string{
			"?exclude=output.message.delta&exclude=llm.generation": strings.NewReplacer("output.message.delta ", "", "llm.generation ", "").Replace(oneTurn),
			"?types=turn.started&types=session.idled":              "turn.started session.idled",
			"?types=session.idled&types=turn.failed":               "session.idled",
		} {
			if got := types(l.events(one, query)); got != want {
				t.Errorf("the list %s: %s", query, got)
			}
			s := l.stream(one, query)
			if got := types(s.until("session.idled")); got != want {
				t.Errorf("the stream %s: %s", query, got)
			}
		}
		for query, want := range map[string]string{
			"?exclude=turn.ended": `{"error":"Invalid event type: turn.ended"}`,
			"?types=":             `{"error":"Invalid event type: "}`,
			"?" + strings.Repeat("exclude=turn.started&", 26): `{"error":"Too many exclude values: at most 25 are allowed"}`,
			"?since_id=event_1": "Failed to deserialize query string: since_id: invalid value",
		} {
			for _, path := range []string{"/events", "/sse"} {
				if got := l.do("GET", one+path+query, "", http.StatusBadRequest); got != want {
					t.Errorf("%s%s: %s", path, query, got)
				}
			}
		}
		l.events(one, "?"+strings.Repeat("exclude=turn.started&", 25))
	})
}

// A silent stream says that it lives, and is closed after a while.
func TestHeartbeats(t *testing.T) {
	for name, c := range map[string]struct {
		variants []string
		comment  string
		every    time.Duration
		cycle    time.Duration
	}{
		"usual":       {nil, ":", 15 * time.Second, 300 * time.Second},
		"later":       {[]string{mockserver.AgentloopHeartbeat30s}, ": heartbeat", 30 * time.Second, 300 * time.Second},
		"short cycle": {[]string{mockserver.AgentloopShortCycle}, "", 0, 5 * time.Second},
	} {
		inBubble(t, mockserver.Config{Variants: c.variants}, func(t *testing.T, l live) {
			s := l.stream(l.session(), "")
			began := time.Now()
			s.next()
			for i := 1; c.every > 0 && time.Duration(i)*c.every < c.cycle; i++ {
				if frame := s.next(); frame != c.comment || time.Since(began) != time.Duration(i)*c.every {
					t.Errorf("%s: %q after %s", name, frame, time.Since(began))
				}
			}
			if frame := s.next(); frame != "event: disconnecting\ndata: {\"reason\":\"connection_cycle\",\"retry_ms\":100}" || time.Since(began) != c.cycle {
				t.Errorf("%s: %q after %s", name, frame, time.Since(began))
			}
			if frame, err := s.frame(); frame != "" || err != io.EOF {
				t.Errorf("%s: %q %v", name, frame, err)
			}
			synctest.Wait()
			if call := l.Calls(journal.Match{Op: mockserver.AgentloopStreamEvents})[0]; call.Outcome != journal.Complete || call.Events != 0 {
				t.Errorf("%s: the journal has %+v", name, call)
			}
		})
	}
	// Silence begins with the last event, and makes the time before a reconnect grow.
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		one := l.session()
		s := l.stream(one, "")
		s.next()
		<-time.After(10 * time.Second)
		l.say(one, "x")
		if frame := s.next(); !strings.Contains(frame, "\nretry: 500\n") {
			t.Errorf("%q", frame)
		}
		if frame := s.next(); !strings.Contains(frame, "\nretry: 100\n") {
			t.Errorf("%q", frame)
		}
		s.until("session.idled")
		quiet := time.Now()
		if frame := s.next(); frame != ":" || time.Since(quiet) != 15*time.Second {
			t.Errorf("%q after %s", frame, time.Since(quiet))
		}
	})
}

// What is sent at once comes in one piece, the farewell with it.
func TestDisconnectingComesWithEvents(t *testing.T) {
	inBubble(t, mockserver.Config{Variants: []string{mockserver.AgentloopDisconnecting}}, func(t *testing.T, l live) {
		one := l.session()
		l.script(script.Reply{Text: "a b", Pace: time.Second})
		l.say(one, "x")
		l.do("GET", one, "", 200)
		var got []eventView
		since, streams := "", 0
		for len(got) == 0 || got[len(got)-1].Type != "session.idled" {
			s := l.stream(one, since)
			streams++
			if frame := s.next(); !strings.HasPrefix(frame, "event: connected\n") {
				t.Errorf("%q", frame)
			}
			whole, err := io.ReadAll(s.reader)
			if err != nil {
				t.Fatal(err)
			}
			frames := strings.Split(strings.TrimSuffix(string(whole), "\n\n"), "\n\n")
			if last := frames[len(frames)-1]; !strings.HasPrefix(last, "event: disconnecting\n") || strings.Contains(last, "\nid:") {
				t.Errorf("%q", last)
			}
			for _, frame := range frames[:len(frames)-1] {
				kind, id, _ := fields(frame)
				got = append(got, eventView{ID: id, Type: kind})
			}
			since = "?since_id=" + got[len(got)-1].ID
		}
		if want := "input.message " + turnBegins + "output.message.delta output.message.delta " + turnEnds; types(got) != want || streams != 2 {
			t.Errorf("%d streams: %s", streams, types(got))
		}
	})
}

func TestVariantsOfStreams(t *testing.T) {
	inBubble(t, mockserver.Config{Variants: []string{mockserver.AgentloopCRLF, mockserver.AgentloopMultiline}}, func(t *testing.T, l live) {
		one := l.session()
		l.say(one, "x")
		s := l.stream(one, "")
		if frame := s.next(); frame != "event: connected\r\ndata: {\"status\":\"connected\"}\r" {
			t.Errorf("%q", frame)
		}
		frame := s.next()
		if strings.Count(frame, "\n") != strings.Count(frame, "\r\n") || strings.Count(frame, "\ndata: ") < 10 {
			t.Errorf("%q", frame)
		}
		if got := types(s.until("session.idled")); "input.message "+got != oneTurn { // the data of each can be read
			t.Error(got)
		}
	})
	for variant, want := range map[string]string{
		mockserver.AgentloopSinceInclusive: "turn.completed session.idled", mockserver.AgentloopSinceIgnored: oneTurn,
	} {
		inBubble(t, mockserver.Config{Variants: []string{variant}}, func(t *testing.T, l live) {
			one := l.session()
			l.say(one, "x")
			all := l.events(one, "")
			s := l.stream(one, "?since_id="+all[len(all)-2].ID)
			if got := types(s.until("session.idled")); got != want {
				t.Errorf("%s: %s", variant, got)
			}
		})
	}
	inBubble(t, mockserver.Config{Variants: []string{mockserver.AgentloopLateHeader}}, func(t *testing.T, l live) {
		one := l.session()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if _, err := l.open(ctx, "GET", one+"/sse", ""); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the header came: %v", err)
		}
		var group sync.WaitGroup
		group.Go(func() {
			<-time.After(time.Minute)
			l.say(one, "x")
		})
		began := time.Now()
		s := l.stream(one, "")
		if got := types(s.until("session.idled")); got != oneTurn || time.Since(began) != time.Minute {
			t.Errorf("after %s: %s", time.Since(began), got)
		}
		group.Wait()
	})
}

// Whatever a script says, a frame has one event, and its data is one line.
func TestControlCharacters(t *testing.T) {
	const nasty = "a\r\nevent: turn.completed\r\ndata: {}\r\n\r\n\x00\u2028é\"</script>"
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		one := l.session()
		l.script(
			script.Reply{Text: nasty, Tools: []script.ToolCall{{ID: nasty, Name: nasty, Arguments: nasty, Result: nasty, Error: nasty}}},
			script.Reply{Error: nasty, Code: nasty},
		)
		for range 2 {
			l.do("POST", one+"/messages", textBody(nasty), 201)
			l.do("GET", one, "", 200)
		}
		s := l.stream(one, "")
		s.next()
		ended := 0
		for ended < 2 {
			frame := s.next()
			lines := strings.Split(frame, "\n")
			kind, id, data := fields(frame)
			if strings.ContainsAny(frame, "\r\x00") || !strings.HasPrefix(lines[len(lines)-1], "data: {") || len(lines) > 4 || !isID("event", id) || strings.Contains(data, "\n") {
				t.Errorf("%q", frame)
			}
			if kind == "session.idled" {
				ended++
			}
		}
		texts := l.messages(one)
		if !slices.Contains(texts, "agent: "+nasty) || !slices.Contains(texts, "user: "+nasty) {
			t.Errorf("%q", texts)
		}
	})
}

func TestFaultsOfStreams(t *testing.T) {
	for name, c := range map[string]struct {
		faults  []fault.Fault
		want    string
		cut     bool
		outcome journal.Outcome
	}{
		"cut at once":   {[]fault.Fault{fault.CutStream(0)}, "", true, journal.Truncated},
		"cut":           {[]fault.Fault{fault.CutStream(3)}, "input.message session.activated turn.started", true, journal.Truncated},
		"repeated":      {[]fault.Fault{fault.RepeatEvent(2)}, strings.Replace(oneTurn, "session.activated", "session.activated session.activated", 1), false, journal.Complete},
		"split":         {[]fault.Fault{fault.SplitWrites(1)}, oneTurn, false, journal.Complete},
		"paused":        {[]fault.Fault{fault.PauseStream(4, time.Minute)}, oneTurn, false, journal.Complete},
		"no last event": {[]fault.Fault{fault.NoLastEvent()}, strings.TrimSuffix(oneTurn, " turn.completed session.idled"), false, journal.Complete},
		"several":       {[]fault.Fault{fault.SplitWrites(7), fault.RepeatEvent(1), fault.CutStream(2)}, "input.message input.message session.activated", true, journal.Truncated},
	} {
		inBubble(t, mockserver.Config{Variants: []string{mockserver.AgentloopShortCycle}}, func(t *testing.T, l live) {
			one := l.session()
			l.say(one, "Grüße")
			l.AddRule(fault.Rule{Op: mockserver.AgentloopStreamEvents, Times: 1, Do: c.faults})
			s := l.stream(one, "")
			var got []eventView
			var err error
			for {
				var frame string
				if frame, err = s.frame(); err != nil {
					break
				}
				if kind, id, _ := fields(frame); id != "" {
					got = append(got, eventView{Type: kind})
				}
			}
			if types(got) != c.want || (err != io.EOF) != c.cut {
				t.Errorf("%s: %s %v", name, types(got), err)
			}
			synctest.Wait()
			if call := l.Calls(journal.Match{Op: mockserver.AgentloopStreamEvents})[0]; call.Outcome != c.outcome {
				t.Errorf("%s: the journal has %s", name, call.Outcome)
			}
			if got := types(l.events(one, "")); got != oneTurn {
				t.Errorf("%s: the log has %s", name, got)
			}
		})
	}
}

// A stream ends with the session that it shows.
func TestStreamsEnd(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		one := l.session()
		l.script(script.Reply{Hold: true})
		l.say(one, "x")
		s := l.stream(one, "")
		s.until("output.message.started")
		l.do("DELETE", one, "", 204)
		if frame, err := s.frame(); frame != "" || err != io.EOF {
			t.Errorf("deleted: %q %v", frame, err)
		}
		s = l.stream(l.session(), "")
		s.next()
		if err := l.Reset(mockserver.PartState); err != nil {
			t.Fatal(err)
		}
		if frame, err := s.frame(); err == nil || err == io.EOF {
			t.Errorf("reset: %q %v", frame, err)
		}
	})
}

// Of one session twelve streams can be open, where limits are enforced.
func TestLimitOfStreams(t *testing.T) {
	for _, enforced := range []bool{true, false} {
		inBubble(t, mockserver.Config{RateLimits: enforced}, func(t *testing.T, l live) {
			one, other := l.session(), l.session()
			var streams []*stream
			for range 12 {
				streams = append(streams, l.stream(one, ""))
			}
			l.stream(other, "")
			if !enforced {
				l.stream(one, "")
				return
			}
			if got := l.do("GET", one+"/sse", "", http.StatusTooManyRequests); got != `{"error":"Too many requests. Please try again later."}` {
				t.Error(got)
			}
			streams[3].end()
			synctest.Wait()
			l.stream(one, "")
		})
	}
}
