package phoneagents_test

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

const (
	chat  = "/api/webchat/webchat_1"
	user1 = "/users/usr_1"
)

// live is a server in memory with an agent of usr_1 on the web chat webchat_1.
// Its time is virtual, and begins at nine.
type live struct {
	t *testing.T
	*mockserver.Server
	key, agent string
}

// inBubble runs a test against a server in a bubble of its own.
func inBubble(t *testing.T, config mockserver.Config, test func(*testing.T, live)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		config.Deterministic = true
		start := time.Now()
		config.Now = func() time.Time { return time.Date(2026, 2, 8, 9, 0, 0, 0, time.UTC).Add(time.Since(start)) }
		l := live{t: t, Server: mockserver.StartInMemory(t, config), key: "sk_live_0123456789"}
		l.do("POST", user1+"/phone_numbers", `{"platform":"webchat","meta_phone_number_id":"webchat_1","access_token":"not_needed","display_name":"Shop","id":"pn_web"}`, 201)
		l.agent = l.newAgent("pn_web")
		test(t, l)
	})
}

// newAgent makes an agent on a phone number, and returns its id.
func (l live) newAgent(number string) string {
	l.t.Helper()
	return read[agent](l, "POST", user1+"/agents", agentBody(number, "p_1", "Ada"), 201).AgentID
}

func (l live) open(ctx context.Context, method, path, body string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, l.URL(mockserver.Phoneagents)+path, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Correlation-Id", "c-1")
	if !strings.Contains(path, "/api/webchat/") {
		request.Header.Set("X-Api-Key", l.key)
	}
	return l.Client().Do(request)
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

// data is the envelope of what only the code of the server documents.
type data[T any] struct {
	Success    bool
	Data       T
	Pagination *page
}

type page struct {
	Total, Limit, Offset int
	HasMore              bool
}

func (l live) script(replies ...script.Reply) {
	l.t.Helper()
	l.Script(mockserver.Phoneagents, replies...)
}

type queued struct {
	MessageID      string `json:"message_id"`
	ConversationID string `json:"conversation_id"`
	Status         string
}

// say writes as a visitor.
func (l live) say(visitor, text string) queued {
	l.t.Helper()
	return read[data[queued]](l, "POST", chat+"/messages", visitorBody(visitor, text), 200).Data
}

func visitorBody(visitor, text string) string {
	return fmt.Sprintf(`{"message":%q,"session_id":%q,"visitor_phone":%q}`, text, visitor, visitor)
}

type history struct {
	Messages []struct {
		MessageID   string `json:"message_id"`
		MessageText string `json:"message_text"`
		Sender      string
		Timestamp   string
		SequenceNo  int `json:"sequence_no"`
	}
	ConversationID *string `json:"conversation_id"`
}

// history is what the visitor can read, a message a line.
func (l live) history(visitor string) string {
	l.t.Helper()
	var lines []string
	for _, m := range read[data[history]](l, "GET", chat+"/messages?visitor_phone="+visitor, "", 200).Data.Messages {
		lines = append(lines, fmt.Sprintf("%d %s %s", m.SequenceNo, m.Sender, m.MessageText))
	}
	return strings.Join(lines, "\n")
}

// stream is an open stream of a visitor.
type stream struct {
	l        live
	response *http.Response
	reader   *bufio.Reader
	end      context.CancelFunc
}

func (l live) stream(visitor string) *stream {
	l.t.Helper()
	ctx, cancel := context.WithCancel(l.t.Context())
	l.t.Cleanup(cancel)
	response, err := l.open(ctx, "GET", chat+"/stream?session_id="+visitor, "")
	if err != nil || response.StatusCode != 200 {
		l.t.Fatalf("%v %v", response, err)
	}
	return &stream{l, response, bufio.NewReader(response.Body), cancel}
}

// next is the next frame, without the blank line; the error at the end.
func (s *stream) next() string {
	var lines []string
	for {
		line, err := s.reader.ReadString('\n')
		switch line = strings.TrimSuffix(line, "\n"); {
		case err != nil:
			return err.Error()
		case line != "":
			lines = append(lines, line)
		case len(lines) > 0:
			return strings.Join(lines, "\n")
		}
	}
}

// greeted skips what every stream begins with.
func (s *stream) greeted() *stream {
	s.l.t.Helper()
	for _, want := range []string{": SSE connection established", "event: connected\ndata: {\"status\":\"connected\"}"} {
		if got := s.next(); got != want {
			s.l.t.Fatalf("the stream begins with %q", got)
		}
	}
	return s
}

// said is what the agent says next; the error at the end.
func (s *stream) said() string {
	for {
		frame := s.next()
		text, ok := strings.CutPrefix(frame, "data: ")
		if !ok && !strings.HasPrefix(frame, "event: ") && !strings.HasPrefix(frame, ": ") {
			return frame
		}
		var message struct {
			MessageText string `json:"message_text"`
		}
		if ok && json.Unmarshal([]byte(text), &message) == nil {
			return message.MessageText
		}
	}
}
