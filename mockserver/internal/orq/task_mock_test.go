package orq_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// taskMock is a server in memory with the agent desk, in a bubble where time
// is virtual.
type taskMock struct {
	t *testing.T
	*mockserver.Server
	key string
}

// desk is the path of the agent.
const desk = "/v2/agents/desk"

// router is the path of the responses of the router.
const router = "/v3/router/responses"

// withTasks runs a test on one. Its agent has a platform tool, one that needs
// approval, and a function.
func withTasks(t *testing.T, config mockserver.Config, test func(*taskMock)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		config.Deterministic = true
		m := &taskMock{t: t, Server: mockserver.StartInMemory(t, config), key: "k"}
		m.do(201, "POST", "/v2/agents", agentBody(t, map[string]string{"key": `"desk"`, "settings": `{"tools":[
			{"type":"current_date"},{"type":"web_scraper","requires_approval":true},{"type":"function","key":"weather"}]}`}))
		test(m)
	})
}

// replies queues what the agents do.
func (m *taskMock) replies(replies ...script.Reply) {
	m.t.Helper()
	m.Script(mockserver.Orq, replies...)
}

func (m *taskMock) try(ctx context.Context, method, path, body string) (*http.Response, error) {
	m.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, m.URL(mockserver.Orq)+path, strings.NewReader(body))
	if err != nil {
		m.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if m.key != "" {
		r.Header.Set("Authorization", "Bearer "+m.key)
	}
	return m.Client().Do(r)
}

// do sends a request and returns the whole response, which must have a status.
func (m *taskMock) do(status int, method, path, body string) string {
	m.t.Helper()
	text, err := m.text(status, method, path, body)
	if err != nil {
		m.t.Fatalf("%s %s: %v", method, path, err)
	}
	return text
}

// text is do for a response that may break.
func (m *taskMock) text(status int, method, path, body string) (string, error) {
	m.t.Helper()
	response, err := m.try(m.t.Context(), method, path, body)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if response.StatusCode != status {
		m.t.Fatalf("%s %s %.200s: status %d, want %d; %.500s", method, path, body, response.StatusCode, status, text)
	}
	return string(text), err
}

// read sends a request and decodes the response.
func read[T any](m *taskMock, method, path, body string) (into T) {
	m.t.Helper()
	text := m.do(200, method, path, body)
	if err := json.Unmarshal([]byte(text), &into); err != nil {
		m.t.Fatalf("%s %s: %v in %.300s", method, path, err, text)
	}
	return into
}

// aPart is one of a message.
type aPart struct {
	Kind       string
	Text       string
	ToolName   string `json:"tool_name"`
	ToolCallID string `json:"tool_call_id"`
	Arguments  json.RawMessage
	Result     json.RawMessage
}

// aMessage is one of a task, or of a response.
type aMessage struct {
	Kind, MessageID, Role, TaskID, ContextID string
	Parts                                    []aPart
}

// line says in one line what was said.
func (m aMessage) line() string {
	parts := []string{m.Role + ":"}
	for _, p := range m.Parts {
		switch p.Kind {
		case "tool_call":
			parts = append(parts, p.ToolName+string(p.Arguments))
		case "tool_result":
			parts = append(parts, "="+string(p.Result))
		default:
			parts = append(parts, p.Text)
		}
	}
	return strings.Join(parts, " ")
}

func said(messages []aMessage) string {
	var lines []string
	for _, m := range messages {
		lines = append(lines, m.line())
	}
	return strings.Join(lines, "; ")
}

type aCall struct {
	ID, Type string
	Function struct{ Name, Arguments string }
}

// aTask is what the tests look at of a task.
type aTask struct {
	ID, ContextID, Kind string
	Status              struct {
		State, Timestamp string
		Message          *aMessage
	}
	Messages, History []aMessage
	Metadata          map[string]any
}

func (t aTask) line() string {
	if t.Status.Message == nil {
		return t.Status.State
	}
	return t.Status.State + " " + t.Status.Message.line()
}

// anAgentResponse is what the tests look at of a response of an agent.
type anAgentResponse struct {
	ID               string `json:"_id"`
	TaskID           string `json:"task_id"`
	Output           []aMessage
	CreatedAt        string `json:"created_at"`
	Model            string
	FinishReason     string  `json:"finish_reason"`
	PendingToolCalls []aCall `json:"pending_tool_calls"`
	Status, Error    string
	Usage            *struct {
		Total int `json:"total_tokens"`
	}
}

func (r anAgentResponse) line() string {
	out := []string{r.Status, r.FinishReason, r.Error, said(r.Output)}
	return strings.Join(slices.DeleteFunc(out, func(word string) bool { return word == "" }), " ")
}

// aResponse is what the tests look at of a response of the router.
type aResponse struct {
	ID, Object, Status, Model string
	CreatedAt                 int64  `json:"created_at"`
	CompletedAt               *int64 `json:"completed_at"`
	PreviousResponseID        string `json:"previous_response_id"`
	Background, Store         bool
	Error                     *struct{ Code, Message string }
	IncompleteDetails         *struct{ Reason string } `json:"incomplete_details"`
	Output                    []anItem
	Usage                     *struct {
		Input  int `json:"input_tokens"`
		Output int `json:"output_tokens"`
		Total  int `json:"total_tokens"`
	}
}

type anItem struct {
	Type, ID, Status, Name, Arguments string
	CallID                            string `json:"call_id"`
	Result                            json.RawMessage
	Content                           []struct{ Text string }
}

func (r aResponse) line() string {
	out := []string{r.Status}
	if r.Error != nil {
		out = append(out, r.Error.Code, r.Error.Message)
	}
	if r.IncompleteDetails != nil {
		out = append(out, r.IncompleteDetails.Reason)
	}
	for _, item := range r.Output {
		out = append(out, item.line())
	}
	return strings.Join(out, " ")
}

func (i anItem) line() string {
	switch i.Type {
	case "message":
		var texts []string
		for _, c := range i.Content {
			texts = append(texts, c.Text)
		}
		return fmt.Sprintf("message(%s %s)", i.Status, strings.Join(texts, "|"))
	case "function_call":
		return fmt.Sprintf("%s(%s)", i.Name, i.Arguments)
	}
	return fmt.Sprintf("%s=%s", i.Type, i.Result)
}

// asks is the body that asks an agent something.
func asks(text string, more ...string) string {
	quoted, _ := json.Marshal(text)
	return fmt.Sprintf(`{"message":{"role":"user","parts":[{"kind":"text","text":%s}]}%s}`, quoted, strings.Join(append([]string{""}, more...), ","))
}

// routes is the body that asks the router something.
func routes(text string, more ...string) string {
	quoted, _ := json.Marshal(text)
	return fmt.Sprintf(`{"model":"agent/desk","input":%s%s}`, quoted, strings.Join(append([]string{""}, more...), ","))
}

// returns is the body that brings what a function returned.
func returns(taskID, callID, result string, more ...string) string {
	return fmt.Sprintf(`{"task_id":%q,"message":{"role":"tool","parts":[{"kind":"tool_result","tool_call_id":%q,"result":%s}]}%s}`,
		taskID, callID, result, strings.Join(append([]string{""}, more...), ","))
}

func (m *taskMock) task(id string) aTask {
	m.t.Helper()
	return read[aTask](m, "GET", desk+"/tasks/"+id, "")
}

// tasks lists the tasks, the newest first.
func (m *taskMock) tasks() []aTask {
	m.t.Helper()
	return read[struct{ Tasks []aTask }](m, "GET", desk+"/tasks?limit=200", "").Tasks
}

// frames reads a stream as what follows data: in each frame, which must be one
// line, with the name of the event if there is one.
func frames(t *testing.T, stream string) (names, data []string) {
	t.Helper()
	for frame := range strings.SplitAfterSeq(stream, "\n\n") {
		if frame == "" {
			continue
		}
		name := ""
		if rest, named := strings.CutPrefix(frame, "event: "); named {
			name, frame, _ = strings.Cut(rest, "\n")
		}
		text, ok := strings.CutPrefix(frame, "data: ")
		text, whole := strings.CutSuffix(text, "\n\n")
		if !ok || !whole || strings.ContainsAny(text, "\r\n") || strings.ContainsAny(name, "\r\n") {
			t.Fatalf("a frame is %q", frame)
		}
		names, data = append(names, name), append(data, text)
	}
	return names, data
}

// kinds reads a stream as the types of its events.
func kinds(t *testing.T, stream string) string {
	t.Helper()
	names, data := frames(t, stream)
	var out []string
	for i, text := range data {
		var e struct{ Type string }
		if text == "[DONE]" {
			e.Type = text
		} else if err := json.Unmarshal([]byte(text), &e); err != nil || names[i] != "" && names[i] != e.Type {
			t.Fatalf("%v in %q %s", err, names[i], text)
		}
		if n := len(out); n > 0 && strings.TrimSuffix(out[n-1], "+") == e.Type { // one after the other
			out[n-1] = e.Type + "+"
			continue
		}
		out = append(out, e.Type)
	}
	return strings.Join(out, "\n")
}

// masked replaces what is made up in a text by its name.
func masked(text string, names map[string]string) string {
	values := make([]string, 0, len(names))
	for value := range names {
		values = append(values, value)
	}
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) })
	for _, value := range values {
		text = strings.ReplaceAll(text, value, names[value])
	}
	return text
}
