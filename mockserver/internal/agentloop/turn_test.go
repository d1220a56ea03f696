package agentloop_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/roomtest"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

const toolRound = "llm.generation output.message.completed reason.completed act.started "

// What happens in a turn, in its order.
func TestTurns(t *testing.T) {
	tools := []script.ToolCall{{Name: "gate", ID: "c1", Arguments: map[string]any{"side": "north"}, Result: map[string]any{"open": true}}, {Name: "clock", Error: "broken"}}
	failing := strings.Replace(turnEnds, "turn.completed", "turn.failed", 1)
	for name, c := range map[string]struct {
		reply    *script.Reply
		types    string
		end      string // the data of the end of the turn
		messages []string
	}{
		"usual": {nil, oneTurn, `{"iterations":1,"duration_ms":0,"usage":{"input_tokens":1,"output_tokens":9}}`,
			[]string{"user: x", "agent: Hello! I'm a simulated LLM response."}},
		"empty": {&script.Reply{}, "input.message " + turnBegins + turnEnds, `{"iterations":1,"duration_ms":0,"usage":{"input_tokens":1,"output_tokens":1}}`,
			[]string{"user: x", "agent: "}},
		"tools": {&script.Reply{Text: "a", Tools: tools, Usage: &script.Usage{Input: 12, Output: 5}}, "input.message " + turnBegins + toolRound +
			"tool.started tool.completed tool.started tool.completed act.completed reason.started output.message.started output.message.delta " + turnEnds,
			`{"iterations":2,"duration_ms":0,"usage":{"input_tokens":12,"output_tokens":5}}`,
			[]string{"user: x", "agent: gate,clock", "tool_result: c1", "tool_result: call_", "agent: a"}},
		"failed": {&script.Reply{Error: "the model is busy"}, "input.message " + turnBegins + failing,
			`{"error":"the model is busy","error_code":"llm_error"}`,
			[]string{"user: x", "agent: I encountered an error while processing your request. Please try again later."}},
		"failed in the middle": {&script.Reply{Text: "well", Error: "no", Code: "max_iterations"}, "input.message " + turnBegins + "output.message.delta " + failing,
			`{"error":"no","error_code":"max_iterations"}`,
			[]string{"user: x", "agent: I encountered an error while processing your request. Please try again later."}},
		"sealed": {&script.Reply{Error: "it goes round", Code: "no_progress"}, "input.message " + turnBegins + strings.Replace(failing, "turn.failed", "turn.sealed", 1),
			`{"iterations":1,"reason":"no_progress","detail":"it goes round"}`,
			[]string{"user: x", "agent: I encountered an error while processing your request. Please try again later."}},
	} {
		inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
			if c.reply != nil {
				l.script(*c.reply)
			}
			one := l.session()
			sent := l.say(one, "x")
			events := l.events(one, "")
			if got := types(events); got != c.types {
				t.Errorf("%s: events are\n%s, want\n%s", name, got, c.types)
			}
			turnID := events[1].Context.TurnID
			for i, e := range events {
				if e.Sequence != i+1 || i > 0 && e.ID <= events[i-1].ID || !isID("event", e.ID) {
					t.Errorf("%s: event %d is %+v", name, i, e)
				}
				if first := i == 0; first != (e.Context.TurnID == "") || !first && (e.Context.TurnID != turnID || e.Context.InputMessageID != sent.ID) {
					t.Errorf("%s: the context of %s is %+v", name, e.Type, e.Context)
				}
			}
			end := strings.Replace(string(events[len(events)-2].Data), fmt.Sprintf(`"turn_id":%q,`, turnID), "", 1)
			if end != c.end {
				t.Errorf("%s: the end is %s, want %s", name, end, c.end)
			}
			got := l.messages(one)
			for i := range got {
				if c.messages[i] == "tool_result: call_" {
					got[i] = got[i][:len(c.messages[i])]
				}
			}
			if diff := cmp.Diff(c.messages, got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
			var x sessionView
			if x = read[sessionView](l, "GET", one, "", 200); x.Status != "idle" || x.StartedAt == nil || (x.Usage == nil) != (c.reply != nil && c.reply.Error != "") {
				t.Errorf("%s: the session is %+v", name, x)
			}
		})
	}
}

// A tool call and what came of it, word for word.
func TestToolRound(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		one := l.session()
		l.script(script.Reply{Text: "Yes", Pace: time.Second, Tools: []script.ToolCall{
			{Name: "gate", ID: "c1", Arguments: map[string]any{"side": "north"}, Result: map[string]any{"open": true}},
			{Name: "clock", ID: "c2", Error: "broken"}, {Name: "say", ID: "c3", Result: "plain"},
		}})
		l.say(one, "x")
		l.do("GET", one, "", 200)
		<-time.After(time.Minute) // virtual
		got := make(map[string][]string)
		for _, e := range l.events(one, "") {
			got[e.Type] = append(got[e.Type], string(e.Data))
		}
		for kind, want := range map[string][]string{
			"act.started":  {`{"tool_calls":[{"id":"c1","name":"gate"},{"id":"c2","name":"clock"},{"id":"c3","name":"say"}]}`},
			"tool.started": {`{"tool_call":{"id":"c1","name":"gate","arguments":{"side":"north"}}}`, `{"tool_call":{"id":"c2","name":"clock","arguments":{}}}`, `{"tool_call":{"id":"c3","name":"say","arguments":{}}}`},
			"tool.completed": {
				`{"tool_call_id":"c1","tool_name":"gate","success":true,"status":"success","result":[{"type":"text","text":"{\"open\":true}"}],"duration_ms":1000}`,
				`{"tool_call_id":"c2","tool_name":"clock","success":false,"status":"error","error":"broken","duration_ms":1000}`,
				`{"tool_call_id":"c3","tool_name":"say","success":true,"status":"success","result":[{"type":"text","text":"plain"}],"duration_ms":1000}`,
			},
			"act.completed": {`{"completed":true,"success_count":2,"error_count":1,"duration_ms":5000}`},
			"reason.completed": {`{"success":true,"has_tool_calls":true,"tool_call_count":3,"duration_ms":0}`,
				`{"success":true,"has_tool_calls":false,"tool_call_count":0,"text_preview":"Yes","duration_ms":1000,"usage":{"input_tokens":1,"output_tokens":1}}`},
		} {
			if diff := cmp.Diff(want, got[kind]); diff != "" {
				t.Errorf("%s: %s", kind, diff)
			}
		}
		parts := read[listOf[messageView]](l, "GET", one+"/messages", "", 200).Data
		if call, result, failed := parts[1].Content[0], parts[2].Content[0], parts[3].Content[0]; call.Type != "tool_call" || call.ID != "c1" || string(call.Arguments) != `{"side":"north"}` ||
			result.Type != "tool_result" || result.CallID != "c1" || fmt.Sprint(result.Result) != "map[open:true]" || failed.Error != "broken" {
			t.Errorf("messages are %+v", parts)
		}
	})
}

// Pieces of a text come together for 100 ms, unless the script has chunks of
// its own.
func TestDeltas(t *testing.T) {
	for name, c := range map[string]struct {
		reply script.Reply
		want  []string // delta at milliseconds
	}{
		"at once":     {script.Reply{Text: "a b c"}, []string{"a b c@0"}},
		"fast":        {script.Reply{Text: "a b c d e", Pace: 40 * time.Millisecond}, []string{"a b c @80", "d e@160"}},
		"slow":        {script.Reply{Text: "a b c", Pace: time.Second, Delay: time.Second}, []string{"a @1000", "b @2000", "c@3000"}},
		"own chunks":  {script.Reply{Chunks: []string{"Yes, ", "until ", "ten."}}, []string{"Yes, @0", "until @0", "ten.@0"}},
		"with a tool": {script.Reply{Text: "a b", Tools: []script.ToolCall{{Name: "t"}}, Pace: time.Second}, []string{"a @2000", "b@3000"}},
	} {
		inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
			one := l.session()
			l.script(c.reply)
			began := l.say(one, "x").CreatedAt
			l.do("GET", one, "", 200)
			<-time.After(time.Minute) // virtual; nobody looks in between
			var got []string
			whole := ""
			for _, e := range l.events(one, "?types=output.message.delta") {
				var data struct{ Delta, Accumulated string }
				if err := json.Unmarshal(e.Data, &data); err != nil {
					t.Fatal(err)
				}
				if whole += data.Delta; data.Accumulated != whole {
					t.Errorf("%s: accumulated %q", name, data.Accumulated)
				}
				got = append(got, fmt.Sprintf("%s@%d", data.Delta, e.TS.Sub(began).Milliseconds()))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	const cancelled, noOp = `{"status":"cancelled","message":"Turn cancelled successfully"}`, `{"status":"no_op","message":"No turn currently running"}`
	for name, c := range map[string]struct {
		variants []string
		reply    script.Reply
		types    string // behind the beginning of the turn
		status   string
		madeUp   bool
	}{
		"held":     {nil, script.Reply{Hold: true}, "turn.cancelled input.message output.message.completed session.idled", "idle", false},
		"thinking": {nil, script.Reply{Text: "a", Delay: time.Hour}, "turn.cancelled input.message output.message.completed session.idled", "idle", false},
		"talking":  {nil, script.Reply{Text: "a b", Pace: time.Hour}, "output.message.delta turn.cancelled input.message output.message.completed session.idled", "idle", false},
		"made up":  {[]string{mockserver.AgentloopCancelIDs}, script.Reply{Hold: true}, "turn.cancelled input.message output.message.completed session.idled", "idle", true},
		"stuck":    {[]string{mockserver.AgentloopCancelStuck}, script.Reply{Hold: true}, "turn.cancelled input.message", "active", false},
	} {
		inBubble(t, mockserver.Config{Variants: c.variants}, func(t *testing.T, l live) {
			one := l.session()
			if got := l.do("POST", one+"/cancel", "", 200); got != noOp {
				t.Errorf("%s: %s", name, got)
			}
			l.script(c.reply)
			sent := l.say(one, "x")
			l.do("GET", one, "", 200)
			<-time.After(time.Second)
			if got := l.do("POST", one+"/cancel", "", 200); got != cancelled {
				t.Errorf("%s: %s", name, got)
			}
			if got := l.do("POST", one+"/cancel", "", 200); got != noOp {
				t.Errorf("%s, the second time: %s", name, got)
			}
			<-time.After(2 * time.Hour)
			events := l.events(one, "")
			if got := types(events); got != "input.message "+turnBegins+c.types {
				t.Errorf("%s: %s", name, got)
			}
			at := slices.IndexFunc(events, func(e eventView) bool { return e.Type == "turn.cancelled" })
			end, real := events[at], events[1].Context
			if madeUp := end.Context.TurnID != real.TurnID && end.Context.InputMessageID != sent.ID; madeUp != c.madeUp {
				t.Errorf("%s: the context is %+v, that of the turn %+v", name, end.Context, real)
			}
			if want := fmt.Sprintf(`{"turn_id":%q,"reason":"User requested cancellation"}`, end.Context.TurnID); string(end.Data) != want {
				t.Errorf("%s: %s", name, end.Data)
			}
			messages := l.messages(one)
			if want := []string{"user: x", "user: User requested to cancel the work.", "agent: Work was cancelled by user."}; !slices.Equal(messages, want[:len(messages)]) || c.status == "idle" && len(messages) != 3 {
				t.Errorf("%s: messages are %q", name, messages)
			}
			if x := read[sessionView](l, "GET", one, "", 200); x.Status != c.status {
				t.Errorf("%s: the session is %s", name, x.Status)
			}
			l.say(one, "again")
			if x := read[sessionView](l, "GET", one, "", 200); x.Status != "idle" || len(l.events(one, "?types=turn.completed")) != 1 {
				t.Errorf("%s: after another message the session is %s", name, x.Status)
			}
		})
	}
}

// A message that waits for a turn is answered after a cancel.
func TestCancelLeavesWaitingMessages(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		one := l.session()
		l.script(script.Reply{Hold: true}, script.Reply{Text: "later"})
		l.say(one, "x")
		l.say(one, "y")
		l.do("POST", one+"/cancel", "", 200)
		want := []string{"user: x", "user: y", "user: User requested to cancel the work.", "agent: Work was cancelled by user.", "agent: later"}
		if got := l.messages(one); !slices.Equal(got, want) {
			t.Errorf("messages are %q", got)
		}
	})
}

func TestHold(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		one, other := l.session(), l.session()
		l.script(script.Reply{Text: "a", Hold: true}, script.Reply{Text: "b", Ask: "may I?"})
		l.say(one, "x")
		l.say(other, "x")
		s := l.stream(one, "")
		s.until("output.message.started")
		<-time.After(20 * time.Second)
		thread := strings.TrimPrefix(one, "/v1/sessions/")
		if n := l.Release(mockserver.Agentloop, thread); n != 1 {
			t.Errorf("released %d", n)
		}
		if got := types(s.until("session.idled")); got != "output.message.delta "+turnEnds {
			t.Errorf("after the release: %s", got)
		}
		if n := l.Release(mockserver.Agentloop, ""); n != 1 || l.messages(other)[1] != "agent: b" {
			t.Errorf("released %d; messages are %q", n, l.messages(other))
		}
	})
}

// Scripts are fed and holds are lifted over HTTP, too.
func TestScriptsOverHTTP(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		roomtest.Admin(t, l.Server, 201, "POST", "/replies", `{"api":"agentloop","replies":[{"text":"one two","pace":"1s","hold":true}]}`)
		one := l.session()
		l.say(one, "x")
		s := l.stream(one, "")
		s.until("output.message.started")
		roomtest.Admin(t, l.Server, 200, "POST", "/release", `{"api":"agentloop"}`)
		if got := types(s.until("session.idled")); got != "output.message.delta output.message.delta "+turnEnds {
			t.Error(got)
		}
	})
}

// What a function of a test is told, and that it decides.
func TestScriptFunc(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		one := l.session()
		var turns []script.Turn
		l.ScriptFunc(mockserver.Agentloop, func(turn script.Turn) script.Reply {
			turns = append(turns, turn)
			l.Now() // it may call the mock
			return script.Echo(turn)
		})
		l.say(one, "a")
		l.messages(one) // somebody looks
		l.say(one, "b")
		if got := l.messages(one); !slices.Equal(got, []string{"user: a", "agent: Echo: a", "user: b", "agent: Echo: b"}) {
			t.Errorf("messages are %q", got)
		}
		thread := strings.TrimPrefix(one, "/v1/sessions/")
		want := []script.Turn{
			{API: "agentloop", Agent: agentID, Thread: thread, Input: "a"},
			{API: "agentloop", Agent: agentID, Thread: thread, Input: "b", History: []script.Message{{Role: "user", Text: "a"}, {Role: "agent", Text: "Echo: a"}}},
		}
		if diff := cmp.Diff(want, turns); diff != "" {
			t.Error(diff)
		}
	})
}

// Requests that start nothing take no reply.
func TestRepliesAreNotWasted(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		one := l.session()
		l.script(script.Reply{Text: "A"}, script.Reply{Text: "B"})
		for _, c := range []struct {
			path, body string
			status     int
		}{
			{unknownSession + "/messages", textBody("x"), 404}, {"/v1/sessions/x/messages", textBody("x"), 400},
			{one + "/messages", "{}", 422}, {one + "/messages", `{"message":{"role":"agent","content":[]}}`, 400},
		} {
			l.do("POST", c.path, c.body, c.status)
		}
		l.Fail(mockserver.AgentloopSendMessage, fault.Status(503, fault.BeforeCommit), fault.UnknownField("", fault.BeforeCommit))
		l.do("POST", one+"/messages", textBody("x"), 503)
		l.do("POST", one+"/messages", textBody("x"), 201) // it only pretends
		l.do("POST", one+"/messages", withClientID("x", clientID), 201)
		l.do("POST", one+"/messages", withClientID("x", clientID), 201)
		l.say(one, "y")
		if got := l.messages(one); !slices.Equal(got, []string{"user: x", "agent: A", "user: y", "agent: B"}) {
			t.Errorf("messages are %q", got)
		}
	})
}

// Tokens add up in the session and in its agent.
func TestUsage(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		one, other := l.session(), l.session()
		for range 3 {
			l.script(script.Reply{Usage: &script.Usage{Input: 3, Output: 2}})
		}
		l.say(one, "x")
		l.say(one, "x")
		l.say(other, "x")
		if got := l.do("GET", one, "", 200); !strings.Contains(got, `"usage":{"input_tokens":6,"output_tokens":4}`) {
			t.Error(got)
		}
		if got := l.do("GET", "/v1/agents/"+agentID, "", 200); !strings.Contains(got, `"usage":{"input_tokens":9,"output_tokens":6}`) {
			t.Error(got)
		}
		list := read[listOf[sessionView]](l, "GET", "/v1/sessions", "", 200)
		if x := list.Data[1]; *x.Preview != "x" || x.OutputPreview != nil {
			t.Errorf("in the list: %+v", x)
		}
	})
}

// Turns go by the clock of the mock, whether it runs, stands or is moved.
func TestTurnsFollowTheClock(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		start := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
		l.SetTime(start)
		one := l.session()
		l.script(script.Reply{Text: "a b", Delay: time.Hour, Pace: time.Minute})
		l.say(one, "x")
		s := l.stream(one, "")
		s.until("output.message.started")
		l.do("GET", one, "", 200)
		<-time.After(24 * time.Hour) // virtual: nothing moves the clock
		if got := l.messages(one); len(got) != 1 {
			t.Errorf("although the clock stands: %q", got)
		}
		l.Advance(time.Hour)
		first := s.event()
		if first.Type != "output.message.delta" || !first.TS.Equal(start.Add(time.Hour)) {
			t.Errorf("%+v", first)
		}
		if frame := s.next(); !strings.HasPrefix(frame, "event: disconnecting\n") { // it was open for an hour
			t.Errorf("%q", frame)
		}
		l.Advance(-30 * time.Minute)
		if got := l.messages(one); len(got) != 1 {
			t.Errorf("after the clock was moved back: %q", got)
		}
		s = l.stream(one, "?since_id="+first.ID)
		s.next()
		l.Advance(10 * time.Hour)
		events := s.until("session.idled")
		if !events[0].TS.Equal(start.Add(time.Hour + time.Minute)) {
			t.Errorf("it is dated %s", events[0].TS)
		}
	})
	mock := mockserver.StartInMemory(t, mockserver.Config{}) // in real time
	l := live{t, mock, mock.Client()}
	l.do("PUT", "/v1/agents/"+agentID, `{"name":"a","system_prompt":"b"}`, http.StatusCreated)
	one := l.session()
	l.script(script.Reply{Text: "a b", Pace: 5 * time.Millisecond})
	s := l.stream(one, "")
	l.say(one, "x")
	if got := types(s.until("session.idled")); got != oneTurn {
		t.Error(got)
	}
}

// Turns survive a snapshot in the middle, also those that wait to be decided,
// and documents from before there were sessions are read.
func TestTurnsSurviveSnapshots(t *testing.T) {
	inBubble(t, mockserver.Config{}, func(t *testing.T, l live) {
		paced, held, open := l.session(), l.session(), l.session()
		l.script(script.Reply{Text: "a b", Pace: time.Hour, Tools: []script.ToolCall{{Name: "t"}}}, script.Reply{Text: "h", Hold: true})
		l.say(paced, "x")
		l.say(paced, "y") // it waits
		l.say(held, "x")
		l.ScriptFunc(mockserver.Agentloop, func(script.Turn) script.Reply { return script.Reply{Text: "never"} })
		document := l.Snapshot()
		l.say(open, "x")
		undecided := l.Snapshot()
		<-time.After(90 * time.Minute) // virtual
		for name, document := range map[string]json.RawMessage{"before": document, "undecided": undecided} {
			if err := l.Reset(); err != nil {
				t.Fatal(err)
			}
			if err := l.Restore(document); err != nil {
				t.Fatal(err)
			}
			l.messages(open) // somebody looks, so that functions are asked
			<-time.After(10 * time.Hour)
			got := types(l.events(paced, ""))
			got = got[:strings.Index(got, " session.idled")] + " session.idled"
			if want := "input.message " + turnBegins + toolRound + "tool.started input.message tool.completed act.completed reason.started output.message.started output.message.delta output.message.delta " + turnEnds; got != want {
				t.Errorf("%s: %s", name, got)
			}
			if n := l.Release(mockserver.Agentloop, ""); n != 1 || l.messages(held)[1] != "agent: h" {
				t.Errorf("%s: %d released, %q", name, n, l.messages(held))
			}
			if got := l.messages(open); name == "undecided" && (len(got) != 2 || got[1] != "agent: Hello! I'm a simulated LLM response.") {
				t.Errorf("%s: %q", name, got)
			}
		}
		old := `{"version":1,"apis":{"agentloop":{"agents":[]}}}`
		if err := l.Load(json.RawMessage(old)); err != nil {
			t.Error(err)
		}
		if got := l.do("GET", "/v1/sessions", "", 200); got != `{"data":[],"total":0,"offset":0,"limit":20}` {
			t.Error(got)
		}
		odd := `{"version":1,"apis":{"agentloop":{"agents":[],"sessions":[{"id":"session_01933b5a000070008000000000000001","record":
			{"id":"session_01933b5a000070008000000000000001","turn":{"id":"t"},"events":[{"id":"1\r\nid: 2","type":"a\nevent: b"}]}}]}}}`
		if err := l.Load(json.RawMessage(odd)); err != nil {
			t.Error(err)
		}
		s := l.stream("/v1/sessions/session_01933b5a000070008000000000000001", "")
		s.next()
		if frame := s.next(); !strings.HasPrefix(frame, "event: aevent: b\nid: 1id: 2\nretry: 100\ndata: {") {
			t.Errorf("%q", frame)
		}
	})
}

// Ids ascend in a session although the clock is moved back.
func TestEventIDsAscend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock := mockserver.StartInMemory(t, mockserver.Config{}) // with ids as they are made at random
		l := live{t, mock, mock.Client()}
		l.do("PUT", "/v1/agents/"+agentID, `{"name":"a","system_prompt":"b"}`, http.StatusCreated)
		one := l.session()
		for range 20 {
			l.say(one, "x")
			l.do("GET", one, "", 200)
			l.Advance(-time.Hour)
		}
		events := l.events(one, "")
		if len(events) != 20*11 || !slices.IsSortedFunc(events, func(a, b eventView) int { return strings.Compare(a.ID, b.ID) }) {
			t.Errorf("%d events", len(events))
		}
		for i, e := range events {
			if i > 0 && e.ID == events[i-1].ID || !isID("event", e.ID) {
				t.Errorf("event %d has the id %s", i, e.ID)
			}
		}
	})
}
