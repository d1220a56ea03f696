package agentloop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/sse"
)

// connections are what a server does with requests for a stream, one after the
// other: it sends texts, waits, holds, or breaks with an error. One that begins
// with a number is a status with a body.
type connections struct {
	t     *testing.T
	steps [][]any
	seen  []*http.Request
	at    []time.Duration
	start time.Time
}

const hold = time.Duration(1<<63 - 1)

func newConnections(t *testing.T, steps ...[]any) *connections {
	return &connections{t: t, steps: steps, start: time.Now()}
}

func (c *connections) RoundTrip(request *http.Request) (*http.Response, error) {
	c.seen, c.at = append(c.seen, request), append(c.at, time.Since(c.start))
	if len(c.steps) == 0 {
		c.t.Errorf("unexpected %s", request.URL)
		return respond(501, ""), nil
	}
	parts := c.steps[0]
	c.steps = c.steps[1:]
	if len(parts) > 0 {
		switch first := parts[0].(type) {
		case int:
			return respond(first, parts[1].(string)), nil
		case error:
			return nil, first
		case time.Duration:
			if first == hold { // the header, too
				<-request.Context().Done()
				return nil, request.Context().Err()
			}
		}
	}
	header := http.Header{"Content-Type": {"Text/Event-Stream;charset=UTF-8"}}
	return &http.Response{StatusCode: 200, Header: header, Body: &parted{ctx: request.Context(), parts: slices.Clone(parts)}}, nil
}

// since returns the cursors of the requests.
func (c *connections) since() string {
	var all []string
	for _, request := range c.seen {
		all = append(all, request.URL.Query().Get("since_id"))
	}
	return strings.Join(all, ",")
}

type parted struct {
	ctx   context.Context
	parts []any
}

func (p *parted) Close() error { return nil }

func (p *parted) Read(b []byte) (int, error) {
	for len(p.parts) > 0 {
		switch part := p.parts[0].(type) {
		case string:
			n := copy(b, part)
			if p.parts[0] = part[n:]; n == len(part) {
				p.parts = p.parts[1:]
			}
			return n, nil
		case error:
			return 0, part
		case time.Duration:
			select {
			case <-time.After(part):
				p.parts = p.parts[1:]
			case <-p.ctx.Done():
				return 0, p.ctx.Err()
			}
		}
	}
	return 0, io.EOF
}

const greeting = "event: connected\ndata: {\"status\":\"connected\"}\n\n"

// stored returns frames of events with these ids.
func stored(ids ...string) string {
	var all strings.Builder
	for _, id := range ids {
		fmt.Fprintf(&all, "event: turn.started\nid: %s\ndata: {\"id\":%q,\"type\":\"turn.started\",\"context\":{},\"data\":{}}\n\n", id, id)
	}
	return all.String()
}

func disconnecting(delay string) string {
	return "event: disconnecting\nid: event_zzz\ndata: {\"reason\":\"connection_cycle\"" + delay + "}\n\n"
}

// follow ranges over the events of a session until there is an error or the
// event "end".
func follow(ctx context.Context, c *connections, request ListEventsRequest, change ...func(*agentclients.Options)) (ids string, err error) {
	options := agentclients.Options{HTTPClient: &http.Client{Transport: c}}
	for _, f := range change {
		f(&options)
	}
	var got []string
	for event, failure := range newTestClient(c.t, options).StreamEvents(ctx, testSession, request) {
		if failure != nil {
			err = failure
			continue // there must be nothing after it
		}
		got = append(got, event.ID)
		if event.ID == "f_end" {
			break
		}
	}
	return strings.Join(got, " "), err
}

// The stream of one turn, frame by frame.
func TestStreamEvents(t *testing.T) {
	const input = `{"id":"event_019c4b1e00007000800000000000a001","type":"input.message","ts":"2026-02-08T09:00:00.100Z","session_id":"` + testSession + `","context":{},"data":{"message":` +
		`{"id":"` + testMessage + `","role":"user","content":[{"type":"text","text":"Is the north gate open?"}],"metadata":{"run":"r-17"},"created_at":"2026-02-08T09:00:00.100Z"}},"sequence":1}`
	const started = `{"id":"event_019c4b1e00007000800000000000a003","type":"turn.started","ts":"2026-02-08T09:00:00.140Z","session_id":"` + testSession + `","context":{"turn_id":"` + testTurn + `","input_message_id":"` + testMessage + `"},` +
		`"data":{"turn_id":"` + testTurn + `","input_message_id":"` + testMessage + `"},"sequence":3}`
	const delta = `{"id":"event_019c4b1e00007000800000000000a006","type":"output.message.delta","ts":"2026-02-08T09:00:00.200Z","session_id":"` + testSession + `","context":{"turn_id":"` + testTurn + `","trace_id":"t","span_id":"s","parent_span_id":"p","exec_id":"e"},` +
		`"data":{"turn_id":"` + testTurn + `","delta":"Yes, ","accumulated":"Yes, "},"sequence":6,"metadata":{"a":1},"tags":["b"]}`
	const odd = `{"id":"event_019c4b1e00007000800000000000a007","type":"weather.changed","ts":1,"session_id":"` + testSession + `","context":null,"data":[1],"sequence":null}`
	const idled = `{"id":"event_019c4b1e00007000800000000000a00b","type":"session.idled","ts":"2026-02-08T09:00:01Z","session_id":"` + testSession + `","context":{"turn_id":"` + testTurn + `"},` +
		`"data":{"turn_id":"` + testTurn + `","iterations":1,"usage":{"input_tokens":12,"output_tokens":5}},"sequence":11}`
	body := greeting
	for _, event := range []string{input, started, delta, odd, idled} {
		var read Event
		if err := json.Unmarshal([]byte(event), &read); err != nil {
			t.Fatal(err)
		}
		body += fmt.Sprintf("event: %s\nid: %s\nretry: 100\ndata: %s\n\n", read.Type, read.ID, event)
	}
	belongs := EventContext{TurnID: testTurn}
	want := []Event{
		{ID: "event_019c4b1e00007000800000000000a001", Type: EventInputMessage, Time: "2026-02-08T09:00:00.100Z", Sequence: 1},
		{ID: "event_019c4b1e00007000800000000000a003", Type: EventTurnStarted, Time: "2026-02-08T09:00:00.140Z", Sequence: 3,
			Context: EventContext{TurnID: testTurn, InputMessageID: testMessage}},
		{ID: "event_019c4b1e00007000800000000000a006", Type: EventOutputMessageDelta, Time: "2026-02-08T09:00:00.200Z", Sequence: 6,
			Context: EventContext{TurnID: testTurn, TraceID: "t", SpanID: "s", ParentSpanID: "p", ExecID: "e"}, Metadata: json.RawMessage(`{"a":1}`), Tags: []string{"b"}},
		{ID: "event_019c4b1e00007000800000000000a007", Type: "weather.changed", Time: "1"},
		{ID: "event_019c4b1e00007000800000000000a00b", Type: EventSessionIdled, Time: "2026-02-08T09:00:01Z", Sequence: 11, Context: belongs},
	}
	details := []any{
		&InputMessage{Message{ID: testMessage, Role: RoleUser, Content: []ContentPart{TextPart("Is the north gate open?")}, Metadata: map[string]any{"run": "r-17"}, CreatedAt: "2026-02-08T09:00:00.100Z"}},
		&TurnDetail{TurnID: testTurn, InputMessageID: testMessage},
		&OutputDelta{TurnID: testTurn, Delta: "Yes, ", Accumulated: "Yes, "},
		json.RawMessage(`[1]`),
		&SessionDetail{TurnID: testTurn, Iterations: 1, Usage: &TokenUsage{InputTokens: 12, OutputTokens: 5}},
	}
	synctest.Test(t, func(t *testing.T) {
		c := newConnections(t, []any{body, hold})
		client := newTestClient(t, agentclients.Options{HTTPClient: &http.Client{Transport: c}})
		i := 0
		for event, err := range client.StreamEvents(t.Context(), testSession, ListEventsRequest{SinceID: "event_0", Exclude: []EventType{EventLLMGeneration}}) {
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(details[i], event.Detail()); diff != "" {
				t.Errorf("detail (-want +got):\n%s", diff)
			}
			want[i].SessionID, want[i].Data = testSession, event.Data
			if diff := cmp.Diff(want[i], event); diff != "" {
				t.Errorf("event (-want +got):\n%s", diff)
			}
			if i++; i == len(want) {
				break
			}
		}
		request := c.seen[0]
		if got := request.Method + " " + request.URL.String(); got != "GET "+testBaseURL+"/v1/sessions/"+testSession+"/sse?exclude=llm.generation&since_id=event_0" {
			t.Error(got)
		}
		if request.Header.Get("Accept") != "text/event-stream" || request.Header.Get("Accept-Encoding") != "identity" {
			t.Errorf("%v", request.Header)
		}
	})
	if got := want[1].String(); got != "event_019c4b1e00007000800000000000a003 turn.started "+testTurn {
		t.Error(got)
	}
}

// Every documented kind of event has its detail, and one whose data is of
// another form keeps it.
func TestDetails(t *testing.T) {
	for kind, test := range map[EventType]struct {
		data string
		want any
	}{
		EventSessionStarted:   {`{"agent_id":"a","model_id":"m"}`, &SessionDetail{AgentID: "a", ModelID: "m"}},
		EventSessionActivated: {`{"turn_id":"t","input_message_id":"m"}`, &SessionDetail{TurnID: "t", InputMessageID: "m"}},
		EventTurnCompleted: {`{"turn_id":"t","iterations":2,"duration_ms":5,"usage":{"input_tokens":1,"output_tokens":2},"input_content":"x"}`,
			&TurnDetail{TurnID: "t", Iterations: 2, DurationMS: 5, Usage: &TokenUsage{InputTokens: 1, OutputTokens: 2}, InputContent: "x"}},
		EventTurnFailed:             {`{"turn_id":"t","error":"e","error_code":"llm_error"}`, &TurnDetail{TurnID: "t", Error: "e", ErrorCode: "llm_error"}},
		EventTurnCancelled:          {`{"turn_id":"t","reason":"r"}`, &TurnDetail{TurnID: "t", Reason: "r"}},
		EventTurnSealed:             {`{"turn_id":"t"}`, &TurnDetail{TurnID: "t"}},
		EventReasonStarted:          {`{"agent_id":"a","metadata":{}}`, &ReasonDetail{AgentID: "a", Metadata: json.RawMessage(`{}`)}},
		EventReasonCompleted:        {`{"success":true,"has_tool_calls":true,"tool_call_count":2,"text_preview":"x","error":null,"duration_ms":3}`, &ReasonDetail{Success: true, HasToolCalls: true, ToolCallCount: 2, TextPreview: "x", DurationMS: 3}},
		EventThinkingStarted:        {`{"turn_id":"t","model":"m"}`, &OutputDelta{TurnID: "t", Model: "m"}},
		EventThinkingDelta:          {`{"turn_id":"t","delta":"d","accumulated":"ad"}`, &OutputDelta{TurnID: "t", Delta: "d", Accumulated: "ad"}},
		EventThinkingCompleted:      {`{"turn_id":"t","thinking":"all"}`, &OutputDelta{TurnID: "t", Thinking: "all"}},
		EventOutputMessageStarted:   {`{"turn_id":"t","model":null}`, &OutputDelta{TurnID: "t"}},
		EventOutputMessageCompleted: {`{"message":{"id":"m"},"metadata":{"model":"x"}}`, &OutputMessage{Message: Message{ID: "m"}, Metadata: json.RawMessage(`{"model":"x"}`)}},
		EventLLMGeneration: {`{"messages":[],"tools":[],"output":{},"metadata":{}}`,
			&LLMGeneration{Messages: json.RawMessage(`[]`), Tools: json.RawMessage(`[]`), Output: json.RawMessage(`{}`), Metadata: json.RawMessage(`{}`)}},
		EventActStarted:    {`{"tool_calls":[{"id":"c","name":"n"}]}`, &ActDetail{ToolCalls: []ToolCall{{ID: "c", Name: "n"}}}},
		EventActCompleted:  {`{"completed":true,"success_count":1,"error_count":2,"duration_ms":3}`, &ActDetail{Completed: true, SuccessCount: 1, ErrorCount: 2, DurationMS: 3}},
		EventToolStarted:   {`{"tool_call":{"id":"c","name":"n","arguments":{"q":1}}}`, &ToolDetail{ToolCall: ToolCall{ID: "c", Name: "n", Arguments: json.RawMessage(`{"q":1}`)}}},
		EventToolCompleted: {`{"tool_call_id":"c","tool_name":"n","success":false,"status":"timeout","error":"e","duration_ms":3}`, &ToolDetail{ToolCallID: "c", ToolName: "n", Status: "timeout", Error: "e", DurationMS: 3}},
	} {
		if diff := cmp.Diff(test.want, Event{Type: kind, Data: json.RawMessage(test.data)}.Detail()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
		for _, other := range []string{"null", `"x"`, "[]"} {
			if diff := cmp.Diff(json.RawMessage(other), Event{Type: kind, Data: json.RawMessage(other)}.Detail()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", kind, diff)
			}
		}
		if detail := (Event{Type: kind, Data: json.RawMessage(`{"turn_id":5,"message":"x","usage":[],"tool_calls":{}}`)}).Detail(); detail == nil {
			t.Errorf("%s: no detail", kind)
		} else if _, raw := detail.(json.RawMessage); raw {
			t.Errorf("%s: members of other types cost the detail", kind)
		}
	}
	if detail := (Event{Type: EventTurnStarted}).Detail(); detail == nil {
		t.Error("no data is no raw detail")
	}
}

// What a stream may look like, and what is read of it.
func TestFormsOfStreams(t *testing.T) {
	data := func(id string) string { return `{"id":"` + id + `","type":"turn.started","context":{},"data":{}}` }
	frame := func(id string) string { return "id: " + id + "\ndata: " + data(id) + "\n\n" }
	for name, stream := range map[string]string{
		"nothing but data":          ": busy\n\nretry: 3000\n\nevent: ping\n\n" + frame("f_end"),
		"many comments":             strings.Repeat(": heartbeat\n\n", 10000) + frame("f_end"),
		"empty data":                "data:\n\ndata\n\nevent: x\ndata: \n\n" + frame("f_end"),
		"no blank after a colon":    "id:f_end\ndata:" + data("f_end") + "\n\n",
		"several lines":             "id: f_end\ndata: {\"id\":\"f_end\",\ndata: \"type\":\"turn.started\",\ndata: \"data\":{}}\n\n",
		"CR and CRLF":               strings.ReplaceAll(strings.ReplaceAll(greeting, "\n", "\r")+frame("f_end"), "\n", "\r\n"),
		"a byte order mark":         "\ufeff" + frame("f_end"),
		"an id in the frame only":   "id: f_end\nevent: turn.started\ndata: {\"data\":{}}\n\n",
		"an id in the data only":    "data: " + data("f_end") + "\n\n",
		"control frames":            greeting + "event: ping\ndata: ping\n\nevent: x\ndata: {\"status\":\"ok\",\"error\":null}\n\n" + frame("f_end"),
		"in one chunk with a close": disconnecting(`,"retry_ms":100`) + frame("f_end"),
	} {
		inBubble(t, name, func(t *testing.T) {
			for _, size := range []int{1, 7, 1 << 20} {
				if size == 1 && len(stream) > 1000 {
					continue
				}
				var parts []any
				for rest := stream; rest != ""; {
					n := min(size, len(rest))
					parts, rest = append(parts, rest[:n]), rest[n:]
				}
				c := newConnections(t, append(parts, hold))
				if got, err := follow(t.Context(), c, ListEventsRequest{}); got != "f_end" || err != nil || len(c.seen) != 1 {
					t.Errorf("in pieces of %d: %q, %v", size, got, err)
				}
			}
		})
	}
	inBubble(t, "a break within a character", func(t *testing.T) {
		text := "id: f_end\ndata: {\"id\":\"f_end\",\"type\":\"x\",\"data\":\"…\"}\n\n"
		cut := strings.Index(text, "…") + 1
		c := newConnections(t, []any{text[:cut], time.Second, text[cut:], hold})
		if got, err := follow(t.Context(), c, ListEventsRequest{}); got != "f_end" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// Whatever becomes of its connections, a stream loses and repeats nothing.
func TestStreamEventsGoesOn(t *testing.T) {
	cut := io.ErrUnexpectedEOF
	quiet := []any{greeting, 150 * time.Second, ": heartbeat\n\n", 150 * time.Second}
	for name, test := range map[string]struct {
		steps [][]any
		got   string
		since string
	}{
		"a cut":                         {[][]any{{stored("e1", "e2"), cut}, {greeting, cut}, {stored("e3", "f_end")}}, "e1 e2 e3 f_end", ",e2,e2"},
		"a cut within a frame":          {[][]any{{stored("e1") + stored("e2")[:30], cut}, {stored("e2", "f_end")}}, "e1 e2 f_end", ",e1"},
		"an end within a frame":         {[][]any{{stored("e1") + strings.TrimSuffix(stored("e2"), "\n")}, {stored("e2", "f_end")}}, "e1 e2 f_end", ",e1"},
		"a close":                       {[][]any{{stored("e1"), disconnecting(`,"retry_ms":100`)}, {stored("f_end")}}, "e1 f_end", ",e1"},
		"events in the chunk of it":     {[][]any{{stored("e1") + disconnecting("") + stored("e2", "e3")}, {stored("f_end")}}, "e1 e2 e3 f_end", ",e3"},
		"a close that does not come":    {[][]any{{stored("e1") + disconnecting(""), hold}, {stored("f_end")}}, "e1 f_end", ",e1"},
		"a repeated event":              {[][]any{{stored("e1", "e2"), cut}, {stored("e2", "e3", "f_end")}}, "e1 e2 e3 f_end", ",e2"},
		"everything again":              {[][]any{{stored("e1", "e2"), cut}, {stored("e1", "e2", "e3", "f_end")}}, "e1 e2 e3 f_end", ",e2"},
		"refusals for the moment":       {[][]any{{stored("e1"), cut}, {503, ""}, {429, ""}, {cut}, {stored("f_end")}}, "e1 f_end", ",e1,e1,e1,e1"},
		"a header that is held back":    {[][]any{{hold}, {hold}, {hold}, {hold}, {hold}, {hold}, {hold}, {hold}, {stored("f_end")}}, "f_end", ",,,,,,,,"},
		"a quiet session":               {[][]any{quiet, quiet, quiet, quiet, quiet, quiet, quiet, {stored("f_end")}}, "f_end", ",,,,,,,"},
		"a session that begins refused": {[][]any{{502, ""}, {stored("f_end")}}, "f_end", ","},
	} {
		inBubble(t, name, func(t *testing.T) {
			c := newConnections(t, test.steps...)
			got, err := follow(t.Context(), c, ListEventsRequest{}, func(o *agentclients.Options) { o.Stream.IdleTimeout = 200 * time.Second })
			if diff := cmp.Diff(test.got+"|"+test.since, got+"|"+c.since()); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
	inBubble(t, "from where it was asked to begin, every time", func(t *testing.T) {
		c := newConnections(t, []any{stored("e4"), cut}, []any{stored("e5"), hold}, []any{stored("e4"), hold})
		events := newTestClient(t, agentclients.Options{HTTPClient: &http.Client{Transport: c}}).StreamEvents(t.Context(), testSession, ListEventsRequest{SinceID: "e3"})
		for range 2 {
			for event, err := range events {
				if err != nil {
					t.Fatal(err)
				}
				if event.ID == "e5" || len(c.seen) == 3 {
					break
				}
			}
		}
		if c.since() != "e3,e4,e3" {
			t.Error(c.since())
		}
	})
	inBubble(t, "while the caller is slow", func(t *testing.T) {
		c := newConnections(t, []any{stored("e1", "e2", "e3", "e4", "f_end"), hold})
		client := newTestClient(t, agentclients.Options{HTTPClient: &http.Client{Transport: c}, Stream: agentclients.StreamPolicy{IdleTimeout: 200 * time.Millisecond}})
		n := 0
		for _, err := range client.StreamEvents(t.Context(), testSession, ListEventsRequest{}) {
			if err != nil {
				t.Fatal(err)
			}
			<-time.After(time.Second)
			if n++; n == 5 {
				break
			}
		}
		if len(c.seen) != 1 {
			t.Errorf("%d connections", len(c.seen))
		}
	})
}

// The server's delay is for the next connection, and within bounds.
func TestDelaysOfStreams(t *testing.T) {
	for delay, want := range map[string]time.Duration{
		"": 100 * time.Millisecond, `,"retry_ms":0`: 100 * time.Millisecond, `,"retry_ms":-5`: 100 * time.Millisecond, `,"retry_ms":"7000"`: 100 * time.Millisecond,
		`,"retry_ms":7000`: 7 * time.Second, `,"retry_ms":86400000`: 30 * time.Second, `,"retry_ms":9223372036854775807`: 30 * time.Second, `,"retry_ms":null`: 100 * time.Millisecond,
	} {
		inBubble(t, delay, func(t *testing.T) {
			c := newConnections(t, []any{disconnecting(delay)}, []any{stored("f_end")})
			if _, err := follow(t.Context(), c, ListEventsRequest{}); err != nil || c.at[1] != want {
				t.Errorf("%v, at %v", err, c.at)
			}
		})
	}
	if delay := readDelay([]byte("{")); delay != 0 {
		t.Error(delay)
	}
}

// What ends a stream says why, and names the session and the last event.
func TestEndsOfStreams(t *testing.T) {
	small := func(o *agentclients.Options) { o.Stream.MaxEventBytes = 1024 }
	nothing := []any{greeting, ": hello\n\n"}
	for name, test := range map[string]struct {
		second []any
		kind   error
		words  string
		more   int // connections after the second one
	}{
		"a session that was deleted":     {[]any{404, `{"error":"Session not found"}`}, agentclients.ErrNotFound, "Session not found", 0},
		"a cursor that is refused":       {[]any{400, `{"error":"unknown since_id"}`}, agentclients.ErrBadRequest, "unknown since_id", 0},
		"an old cursor":                  {[]any{410, ""}, nil, "410", 0},
		"a key that expired":             {[]any{401, `{"error":"API key expired"}`}, agentclients.ErrUnauthorized, "API key expired", 0},
		"an object":                      {[]any{200, `{"detail":"quota exceeded"}`}, agentclients.ErrDecode, "quota exceeded", 0},
		"a page":                         {[]any{200, "<html>Sign in</html>"}, agentclients.ErrDecode, "Sign in", 0},
		"a long event":                   {[]any{"data: " + strings.Repeat("x", 2048) + "\n\n", hold}, agentclients.ErrResponseTooLarge, "1024", 0},
		"an unreadable event":            {[]any{"id: e2\ndata: {\n\n", hold}, agentclients.ErrDecode, "", 0},
		"an error in the stream":         {[]any{"event: error\ndata: {\"error\":\"busy\"}\n\n", hold}, agentclients.ErrDecode, "busy", 0},
		"an error as a text":             {[]any{"event: error\ndata: busy, try later\n\n", hold}, agentclients.ErrDecode, "busy, try later", 0},
		"an error without words":         {[]any{"event: error\ndata:\n\n", hold}, agentclients.ErrDecode, "reports an error", 0},
		"an error with ids of its own":   {[]any{"event: error\nid: 1\ndata: {\"id\":\"a\",\"type\":\"busy\",\"message\":\"try later\"}\n\n", hold}, agentclients.ErrDecode, "try later", 0},
		"connections that bring nothing": {nothing, agentclients.ErrStreamEnded, "", 4},
	} {
		inBubble(t, name, func(t *testing.T) {
			steps := [][]any{{stored("e1")}, test.second}
			for range test.more {
				steps = append(steps, test.second)
			}
			c := newConnections(t, steps...)
			got, err := follow(t.Context(), c, ListEventsRequest{}, small)
			var e *agentclients.Error
			if !errors.As(err, &e) || test.kind != nil && !errors.Is(err, test.kind) || !strings.Contains(err.Error(), test.words) || !strings.Contains(err.Error(), "e1") {
				t.Fatalf("error %v", err)
			}
			if got != "e1" || len(c.seen) != 2+test.more || e.ResourceID != testSession || errors.Is(err, agentclients.ErrOutcomeUnknown) {
				t.Errorf("%q, %d connections, id %q", got, len(c.seen), e.ResourceID)
			}
		})
	}
}

// The words of an error in a stream are told without the key.
func TestErrorInAStreamWithTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newConnections(t, []any{"event: error\ndata: {\"code\":\"c " + testKey + "\",\"message\":\"busy for " + testKey + "\"}\n\n", hold})
		_, err := follow(t.Context(), c, ListEventsRequest{})
		var e *agentclients.Error
		if !errors.As(err, &e) || !strings.HasPrefix(e.Message, "busy for ") || strings.Contains(err.Error()+e.Message+e.Code, testKey) {
			t.Errorf("the error has the key: %v", err)
		}
	})
}

// The context ends a stream wherever it is, at once and with its cause.
func TestContextEndsAStream(t *testing.T) {
	for name, steps := range map[string][][]any{
		"in a read":          {{stored("e1"), hold}},
		"between heartbeats": {{stored("e1"), 3 * time.Second, ": \n\n", hold}},
		"in a wait":          {{stored("e1"), disconnecting(`,"retry_ms":20000`)}},
		"while it connects":  {{stored("e1"), io.ErrUnexpectedEOF}, {hold}},
		"at a reset":         {{stored("e1"), 5 * time.Second, io.ErrUnexpectedEOF}},
	} {
		inBubble(t, name, func(t *testing.T) {
			why := errors.New("the shop closed")
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			time.AfterFunc(5*time.Second, func() { cancel(why) })
			start := time.Now()
			got, err := follow(ctx, newConnections(t, steps...), ListEventsRequest{})
			if got != "e1" || time.Since(start) != 5*time.Second {
				t.Errorf("%q after %v: %v", got, time.Since(start), err)
			}
			if name != "at a reset" && (!errors.Is(err, context.Canceled) || !errors.Is(err, why) || errors.Is(err, agentclients.ErrStreamEnded)) {
				t.Errorf("error %v", err)
			}
			if err == nil {
				t.Error("a silent end")
			}
		})
		inBubble(t, "a deadline "+name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
			defer cancel()
			if _, err := follow(ctx, newConnections(t, steps...), ListEventsRequest{}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v", err)
			}
		})
	}
	inBubble(t, "in the loop", func(t *testing.T) {
		c := newConnections(t, []any{stored("e1", "e2"), hold})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		var last error
		for _, err := range newTestClient(t, agentclients.Options{HTTPClient: &http.Client{Transport: c}}).StreamEvents(ctx, testSession, ListEventsRequest{}) {
			n, last = n+1, err
			cancel()
		}
		if n != 2 || !errors.Is(last, context.Canceled) {
			t.Errorf("%d pairs, %v", n, last)
		}
	})
}

func FuzzReadFrame(f *testing.F) {
	f.Add("connected", "", `{"status":"connected"}`)
	f.Add("disconnecting", "", `{"reason":"connection_cycle","retry_ms":100}`)
	f.Add("turn.started", "event_1", `{"id":"event_1","type":"turn.started","data":{"turn_id":"t"}}`)
	f.Add("input.message", "event_1", `{"id":"event_1","type":"input.message","data":{"message":{"content":[{"type":"x"},1]}}}`)
	f.Fuzz(func(t *testing.T, kind, id, data string) {
		frame, err := readFrame(sse.Event{Type: kind, ID: id, Data: []byte(data)})
		if err == nil && !frame.Control && (frame.ID == "" || frame.ID != frame.Value.ID) || frame.Closing && !frame.Control || frame.Delay < 0 {
			t.Errorf("%+v", frame)
		}
		if detail := frame.Value.Detail(); detail == nil {
			t.Error("no detail")
		}
		if err == nil && !frame.Control {
			if _, err := json.Marshal(frame.Value); err != nil && json.Valid(frame.Value.Data) {
				t.Error(err)
			}
		}
	})
}
