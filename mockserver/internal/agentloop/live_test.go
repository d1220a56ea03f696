package agentloop_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// live is a server in memory that has one agent. Its time is virtual.
type live struct {
	t *testing.T
	*mockserver.Server
	client *http.Client
}

// inBubble runs a test against a server in a bubble of its own.
func inBubble(t *testing.T, config mockserver.Config, test func(*testing.T, live)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		config.Deterministic = true
		server := mockserver.StartInMemory(t, config)
		l := live{t, server, server.Client()}
		l.do("PUT", "/v1/agents/"+agentID, `{"name":"Gate","system_prompt":"Be brief"}`, http.StatusCreated)
		test(t, l)
	})
}

func (l live) open(ctx context.Context, method, path, body string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, l.URL(mockserver.Agentloop)+path, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	request.Header.Set("Authorization", validKey)
	request.Header.Set("Content-Type", "application/json")
	return l.client.Do(request)
}

// do sends a request, checks the status of the response, and returns its body.
func (l live) do(method, path, body string, status int) string {
	l.t.Helper()
	response, err := l.open(l.t.Context(), method, path, body)
	if err != nil {
		l.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status {
		l.t.Fatalf("%s %s %.300s: status %d, want %d; %.500s %v", method, path, body, response.StatusCode, status, text, err)
	}
	return string(text)
}

// read is do, and reads the body.
func read[T any](l live, method, path, body string, status int) (value T) {
	l.t.Helper()
	if text := l.do(method, path, body, status); json.Unmarshal([]byte(text), &value) != nil {
		l.t.Fatalf("%s %s: %s", method, path, text)
	}
	return value
}

func (l live) script(replies ...script.Reply) {
	l.t.Helper()
	l.Script(mockserver.Agentloop, replies...)
}

// session makes a session, and returns the path to it.
func (l live) session() string {
	l.t.Helper()
	return "/v1/sessions/" + read[sessionView](l, "POST", "/v1/sessions", `{"agent_id":"`+agentID+`"}`, http.StatusCreated).ID
}

type sessionView struct {
	ID, Status     string
	OrganizationID string `json:"organization_id"`
	AgentID        string `json:"agent_id"`
	Title          *string
	Tags           []string
	Preview        *string
	OutputPreview  *string    `json:"output_preview"`
	StartedAt      *time.Time `json:"started_at"`
	UpdatedAt      time.Time  `json:"updated_at"`
	Usage          map[string]int
}

type listOf[T any] struct {
	Data                 []T
	Total, Offset, Limit *int
}

type messageView struct {
	ID, Role string
	Content  []struct {
		Type, Text string
		ID, Name   string
		Arguments  json.RawMessage
		CallID     string `json:"tool_call_id"`
		Result     any
		Error      string
	}
	Metadata  map[string]any
	Controls  json.RawMessage
	Delivery  string
	SessionID string    `json:"session_id"`
	Sequence  int       `json:"sequence"`
	CreatedAt time.Time `json:"created_at"`
}

// text is what the message says, or does.
func (m messageView) text() string {
	parts := []string{}
	for _, p := range m.Content {
		parts = append(parts, p.Text+p.Name+p.CallID)
	}
	return m.Role + ": " + strings.Join(parts, ",")
}

// textBody is the body of a message.
func textBody(text string) string {
	quoted, _ := json.Marshal(text)
	return fmt.Sprintf(`{"message":{"content":[{"type":"text","text":%s}]}}`, quoted)
}

// say sends a message.
func (l live) say(session, text string) messageView {
	l.t.Helper()
	return read[messageView](l, "POST", session+"/messages", textBody(text), http.StatusCreated)
}

func (l live) messages(session string) (texts []string) {
	l.t.Helper()
	for _, m := range read[listOf[messageView]](l, "GET", session+"/messages", "", http.StatusOK).Data {
		texts = append(texts, m.text())
	}
	return texts
}

type eventView struct {
	ID, Type string
	TS       time.Time
	Context  struct {
		TurnID         string `json:"turn_id"`
		InputMessageID string `json:"input_message_id"`
	}
	Data     json.RawMessage
	Sequence int
	Tags     []string
}

func (l live) events(session, query string) []eventView {
	l.t.Helper()
	return read[listOf[eventView]](l, "GET", session+"/events"+query, "", http.StatusOK).Data
}

// types are the kinds of events, in one line.
func types(events []eventView) string {
	var all []string
	for _, e := range events {
		all = append(all, e.Type)
	}
	return strings.Join(all, " ")
}

// The kinds of events that a turn begins and ends with.
const (
	turnBegins = "session.activated turn.started reason.started output.message.started "
	turnEnds   = "llm.generation output.message.completed reason.completed turn.completed session.idled"
	oneTurn    = "input.message " + turnBegins + "output.message.delta " + turnEnds
)

// stream is an open stream of events.
type stream struct {
	t        *testing.T
	response *http.Response
	reader   *bufio.Reader
	close    context.CancelFunc
}

func (l live) stream(session, query string) *stream {
	l.t.Helper()
	ctx, cancel := context.WithCancel(l.t.Context())
	response, err := l.open(ctx, "GET", session+"/sse"+query, "")
	if err != nil {
		l.t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(response.Body)
		l.t.Fatalf("status %d: %s", response.StatusCode, text)
	}
	s := &stream{l.t, response, bufio.NewReader(response.Body), cancel}
	l.t.Cleanup(s.end)
	return s
}

func (s *stream) end() {
	s.close()
	s.response.Body.Close()
}

// frame reads one frame, without the empty line behind it.
func (s *stream) frame() (string, error) {
	var out strings.Builder
	for {
		line, err := s.reader.ReadString('\n')
		if err != nil {
			return out.String() + line, err
		}
		if line == "\n" || line == "\r\n" {
			return strings.TrimSuffix(out.String(), "\n"), nil
		}
		out.WriteString(line)
	}
}

// next reads one frame, which must be there.
func (s *stream) next() string {
	s.t.Helper()
	frame, err := s.frame()
	if err != nil {
		s.t.Fatalf("%q %v", frame, err)
	}
	return frame
}

// event reads the next event, and passes over everything else.
func (s *stream) event() (e eventView) {
	s.t.Helper()
	for {
		kind, id, data := fields(s.next())
		if id == "" {
			continue
		}
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			s.t.Fatalf("%v in %q", err, data)
		}
		if e.Type != kind || e.ID != id {
			s.t.Errorf("the frame says %s %s, its data %s %s", kind, id, e.Type, e.ID)
		}
		return e
	}
}

// until reads events up to one of a kind.
func (s *stream) until(kind string) (events []eventView) {
	s.t.Helper()
	for {
		e := s.event()
		events = append(events, e)
		if e.Type == kind {
			return events
		}
	}
}

// fields are what a frame has.
func fields(frame string) (kind, id, data string) {
	var lines []string
	for line := range strings.Lines(frame) {
		line = strings.TrimRight(line, "\r\n")
		if text, ok := strings.CutPrefix(line, "event: "); ok {
			kind = text
		} else if text, ok := strings.CutPrefix(line, "id: "); ok {
			id = text
		} else if text, ok := strings.CutPrefix(line, "data: "); ok {
			lines = append(lines, text)
		}
	}
	return kind, id, strings.Join(lines, "\n")
}
