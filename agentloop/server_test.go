package agentloop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

// server is a small Everruns server in memory, behind a RoundTripper: sessions
// with messages and events, and turns that do what a script says.
type server struct {
	t        testing.TB
	mu       sync.Mutex
	sessions []*room
	requests []string            // "send message", or "stream events ?since_id=…"
	faults   map[string][]string // of an operation, for its requests in their order
	script   []string            // of every turn
	followUp bool                // a message while a turn runs gets one of its own afterwards
	delivery string              // of messages, "" on older servers
	slow     time.Duration       // how long after its response was lost a message is stored
	sent     []string            // the faults of its messages, for the messages of tests
	turns    int
	made     int
}

type room struct {
	id, status string
	tags       []string
	messages   []json.RawMessage
	events     []json.RawMessage
	kinds      []string // of the events
	busy       string   // the message of the running turn
	queue      []string // messages that wait
	changed    chan struct{}
}

// A step of a script is a kind of an event and its data, or "wait" and a
// duration, or "read" and a message that is stored without an event. $T is the
// turn and $M the message that started it.
var plain = []string{
	`session.activated {"turn_id":"$T","input_message_id":"$M"}`,
	`turn.started {"turn_id":"$T","input_message_id":"$M"}`,
	`reason.started {"agent_id":"` + testID + `"}`,
	`output.message.started {"turn_id":"$T"}`,
	`output.message.delta {"turn_id":"$T","delta":"Yes, ","accumulated":"Yes, "}`,
	`output.message.delta {"turn_id":"$T","delta":"until ten.","accumulated":"Yes, until ten."}`,
	`llm.generation {"messages":[],"tools":[],"output":{"text":"Yes, until ten."},"metadata":{"model":"llmsim-model","success":true}}`,
	`output.message.completed ` + says("Yes, until ten."),
	`reason.completed {"success":true,"has_tool_calls":false,"tool_call_count":0}`,
	`turn.completed {"turn_id":"$T","iterations":1,"usage":{"input_tokens":12,"output_tokens":5}}`,
	`session.idled {"turn_id":"$T","iterations":1,"usage":{"input_tokens":12,"output_tokens":5}}`,
}

func says(text string) string {
	return fmt.Sprintf(`{"message":{"id":"message_%032x","role":"agent","content":[{"type":"text","text":%q}],"created_at":"2026-02-08T09:00:00Z"}}`, len(text), text)
}

func newServer(t testing.TB) *server {
	return &server{t: t, faults: map[string][]string{}, script: plain}
}

func (s *server) client(change ...func(*agentclients.Options)) *Client {
	options := agentclients.Options{HTTPClient: &http.Client{Transport: s}}
	for _, f := range change {
		f(&options)
	}
	return newTestClient(s.t, options)
}

// open makes a session and returns it.
func (s *server) open(tags ...string) *room {
	s.made++
	r := &room{id: fmt.Sprintf("session_%032x", s.made), status: "started", tags: tags, changed: make(chan struct{})}
	s.sessions = append(s.sessions, r)
	return r
}

// stored counts the messages of the user.
func (s *server) stored() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.sessions {
		for _, kind := range r.kinds {
			if kind == "input.message" {
				n++
			}
		}
	}
	return n
}

// count counts the requests for an operation.
func (s *server) count(op string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, request := range s.requests {
		if request == op || strings.HasPrefix(request, op+" ?") {
			n++
		}
	}
	return n
}

func opOf(request *http.Request) string {
	path := strings.Split(strings.TrimPrefix(request.URL.Path, "/api/v1/sessions"), "/")
	return map[string]string{
		"POST 1": "create session", "GET 1": "list sessions", "GET 2": "get session", "DELETE 2": "delete session",
		"POST 3 messages": "send message", "GET 3 messages": "list messages", "GET 3 events": "list events",
		"GET 3 sse": "stream events", "POST 3 cancel": "cancel turn",
	}[strings.TrimSpace(fmt.Sprintf("%s %d %s", request.Method, len(path), strings.Join(path[min(2, len(path)):], "/")))]
}

func (s *server) RoundTrip(request *http.Request) (*http.Response, error) {
	op := opOf(request)
	var body []byte
	if request.Body != nil {
		body, _ = io.ReadAll(request.Body)
	}
	s.mu.Lock()
	seen := op
	if request.URL.RawQuery != "" {
		seen += " ?" + request.URL.RawQuery
	}
	s.requests = append(s.requests, seen)
	fault := ""
	if queue := s.faults[op]; len(queue) > 0 {
		fault, s.faults[op] = queue[0], queue[1:]
	}
	s.mu.Unlock()
	ctx := request.Context()
	if late, ok := strings.CutPrefix(fault, "late "); ok { // it takes effect, and the response is lost
		response, _ := s.serve(ctx, op, request, body, "")
		return spoil(ctx, late, response)
	}
	if op == "stream events" {
		switch kind, _, _ := strings.Cut(fault, " "); kind {
		case "cut", "end", "half", "close", "silent", "mute", "again":
			return s.serve(ctx, op, request, body, fault)
		}
	}
	if fault == "slow" {
		time.AfterFunc(s.slow, func() {
			s.serve(context.Background(), op, request, body, "") //nolint:errcheck // nobody hears it
		})
		fault = "drop"
	}
	if fault != "" {
		return spoil(ctx, fault, nil)
	}
	return s.serve(ctx, op, request, body, "")
}

// spoil returns what a fault makes of a response.
func spoil(ctx context.Context, fault string, response *http.Response) (*http.Response, error) {
	kind, text, _ := strings.Cut(fault, " ")
	status, err := strconv.Atoi(kind)
	switch {
	case err == nil:
		return respond(status, text), nil
	case kind == "drop":
		return nil, io.ErrUnexpectedEOF
	case kind == "reset":
		return nil, errors.New("connection reset by peer")
	case kind == "stall":
		<-ctx.Done()
		return nil, ctx.Err()
	case kind == "truncate" && response != nil:
		whole, _ := io.ReadAll(response.Body)
		response.Body = io.NopCloser(io.MultiReader(strings.NewReader(string(whole[:len(whole)/2])), broken{}))
		return response, nil
	}
	return nil, errors.New("a fault that does not exist: " + fault)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func respond(status int, body string) *http.Response {
	header := http.Header{"Content-Type": {"application/json"}}
	if strings.HasPrefix(body, "<") {
		header.Set("Content-Type", "text/html")
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body))}
}

func (s *server) serve(ctx context.Context, op string, request *http.Request, body []byte, fault string) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var r *room
	if path := strings.Split(request.URL.Path, "/"); len(path) > 4 {
		for _, one := range s.sessions {
			if one.id == path[4] {
				r = one
			}
		}
		if r == nil {
			return respond(404, `{"error":"Session not found"}`), nil
		}
	}
	switch op {
	case "create session":
		var sent CreateSessionRequest
		if err := json.Unmarshal(body, &sent); err != nil {
			s.t.Errorf("%v in %s", err, body)
		}
		return respond(201, s.open(sent.Tags...).json()), nil
	case "list sessions":
		var all []string
		for i := range s.sessions { // the newest first
			all = append(all, s.sessions[len(s.sessions)-1-i].json())
		}
		return respond(200, fmt.Sprintf(`{"data":[%s],"total":%d,"offset":0,"limit":20}`, strings.Join(all, ","), len(all))), nil
	case "get session":
		return respond(200, r.json()), nil
	case "send message":
		return respond(201, s.store(r, body)), nil
	case "list messages":
		return respond(200, list(r.messages)), nil
	case "list events":
		var events []json.RawMessage
		for _, event := range r.events {
			if idOf(event) > request.URL.Query().Get("since_id") {
				events = append(events, event)
			}
		}
		return respond(200, list(events)), nil
	case "stream events":
		stream := &eventStream{ctx: ctx, server: s, room: r, since: request.URL.Query().Get("since_id"), left: -1}
		stream.fault, _, _ = strings.Cut(fault, " ")
		if _, n, ok := strings.Cut(fault, " "); ok {
			stream.left, _ = strconv.Atoi(n)
		}
		if stream.fault == "again" {
			stream.since = ""
		}
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: stream}, nil
	}
	s.t.Errorf("unexpected %s %s", request.Method, request.URL)
	return respond(501, ""), nil
}

func list(items []json.RawMessage) string {
	if items == nil {
		return `{"data":[]}`
	}
	all, _ := json.Marshal(items)
	return `{"data":` + string(all) + `}`
}

func idOf(object []byte) string {
	var read struct{ ID string }
	json.Unmarshal(object, &read) //nolint:errcheck // it was made here
	return read.ID
}

func (r *room) json() string {
	tags, _ := json.Marshal(r.tags)
	return fmt.Sprintf(`{"id":%q,"organization_id":"org_1","agent_id":%q,"status":%q,"tags":%s,"created_at":"2026-02-08T09:00:00Z","updated_at":"2026-02-08T09:00:00Z"}`,
		r.id, testID, r.status, tags)
}

// store stores a message of the user, and starts its turn.
func (s *server) store(r *room, body []byte) string {
	var sent struct {
		Message  struct{ Content json.RawMessage }
		Metadata json.RawMessage
	}
	if err := json.Unmarshal(body, &sent); err != nil {
		s.t.Errorf("%v in %s", err, body)
	}
	s.made++
	id := fmt.Sprintf("message_%032x", s.made)
	message := fmt.Sprintf(`{"id":%q,"session_id":%q,"role":"user","content":%s,"metadata":%s,"created_at":"2026-02-08T09:00:00Z"}`,
		id, r.id, sent.Message.Content, sent.Metadata)
	r.messages = append(r.messages, json.RawMessage(message))
	s.emit(r, "", "", "input.message", `{"message":`+message+`}`)
	switch {
	case r.busy == "":
		s.start(r, id)
	case s.followUp:
		r.queue = append(r.queue, id)
	}
	if s.delivery != "" {
		return strings.Replace(message, `"role"`, `"delivery":"`+s.delivery+`","role"`, 1)
	}
	return message
}

func (s *server) start(r *room, message string) {
	if len(s.script) == 0 {
		return // it was lost on the way to the workers
	}
	s.turns++
	r.busy = message
	s.play(r, message, fmt.Sprintf("turn_%032x", s.turns), s.script)
}

// play carries out a script up to its end or to the next wait.
func (s *server) play(r *room, message, turn string, script []string) {
	for i, step := range script {
		kind, data, _ := strings.Cut(strings.NewReplacer("$T", turn, "$M", message).Replace(step), " ")
		switch kind {
		case "wait":
			wait, err := time.ParseDuration(data)
			if err != nil {
				s.t.Error(err)
			}
			time.AfterFunc(wait, func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.play(r, message, turn, script[i+1:])
			})
			return
		case "status":
			r.status = data
		case "foreign": // it does not say which turn it belongs to
			kind, data, _ := strings.Cut(data, " ")
			s.emit(r, "turn_made_up", "message_made_up", kind, data)
		case "read":
			r.messages = append(r.messages, json.RawMessage(data))
		default:
			s.emit(r, turn, message, kind, data)
		}
	}
	r.busy = ""
	if len(r.queue) > 0 {
		message, r.queue = r.queue[0], r.queue[1:]
		s.start(r, message)
	}
}

// emit adds an event to a session.
func (s *server) emit(r *room, turn, message, kind, data string) {
	s.made++
	belongs := "{}"
	if turn != "" {
		belongs = fmt.Sprintf(`{"turn_id":%q,"input_message_id":%q}`, turn, message)
	}
	switch {
	case kind == "session.activated":
		r.status = "active"
	case kind == "output.message.completed":
		var done struct{ Message json.RawMessage }
		json.Unmarshal([]byte(data), &done) //nolint:errcheck // it was made here
		r.messages = append(r.messages, done.Message)
	case strings.HasPrefix(kind, "turn.") && kind != "turn.started", kind == "session.idled":
		r.status = "idle"
	}
	r.kinds = append(r.kinds, kind)
	r.events = append(r.events, json.RawMessage(fmt.Sprintf(`{"id":"event_%032x","type":%q,"ts":"2026-02-08T09:00:00.100Z","session_id":%q,"context":%s,"data":%s,"sequence":%d}`,
		s.made, kind, r.id, belongs, data, len(r.events)+1)))
	close(r.changed)
	r.changed = make(chan struct{})
}

// eventStream is the body of a stream. Its fault comes when as many events as
// left were sent.
type eventStream struct {
	ctx    context.Context
	server *server
	room   *room
	since  string
	next   int
	hello  bool
	buffer []byte
	fault  string
	left   int
}

func (e *eventStream) Close() error { return nil }

func (e *eventStream) Read(p []byte) (int, error) {
	for len(e.buffer) == 0 {
		if err := e.ctx.Err(); err != nil {
			return 0, err
		}
		if err := e.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, e.buffer)
	e.buffer = e.buffer[n:]
	return n, nil
}

func (e *eventStream) fill() error {
	e.server.mu.Lock()
	defer e.server.mu.Unlock()
	if !e.hello {
		e.hello = true
		e.buffer = []byte("event: connected\ndata: {\"status\":\"connected\"}\n\n")
		return nil
	}
	if e.fault == "mute" { // nothing for as many seconds as left
		e.fault = ""
		e.server.mu.Unlock()
		defer e.server.mu.Lock()
		select {
		case <-time.After(time.Duration(e.left) * time.Second):
		case <-e.ctx.Done():
		}
		return nil
	}
	if e.left == 0 {
		switch e.fault {
		case "cut":
			return io.ErrUnexpectedEOF
		case "end", "again":
			return io.EOF
		case "half":
			e.fault = "cut"
			if e.next < len(e.room.events) {
				frame := e.frame(e.next)
				e.buffer = frame[:len(frame)-3]
				return nil
			}
			return io.ErrUnexpectedEOF
		case "close": // the rest comes in the same chunk, after the word of the close
			e.fault = "end"
			e.buffer = []byte("event: disconnecting\nid: event_ffffffffffffffffffffffffffffffff\ndata: {\"reason\":\"connection_cycle\",\"retry_ms\":100}\n\n")
			for ; e.next < len(e.room.events); e.next++ {
				e.buffer = append(e.buffer, e.frame(e.next)...)
			}
			return nil
		}
	}
	for e.next < len(e.room.events) && e.fault != "silent" {
		i := e.next
		e.next++
		if idOf(e.room.events[i]) > e.since {
			e.left--
			e.buffer = e.frame(i)
			return nil
		}
	}
	changed := e.room.changed
	e.server.mu.Unlock()
	defer e.server.mu.Lock()
	heartbeat := time.NewTimer(15 * time.Second)
	defer heartbeat.Stop()
	select {
	case <-changed:
	case <-heartbeat.C:
		e.buffer = []byte(": heartbeat\n\n")
	case <-e.ctx.Done():
		return e.ctx.Err()
	}
	return nil
}

func (e *eventStream) frame(i int) []byte {
	event := e.room.events[i]
	return fmt.Appendf(nil, "event: %s\nid: %s\nretry: 100\ndata: %s\n\n", e.room.kinds[i], idOf(event), event)
}
