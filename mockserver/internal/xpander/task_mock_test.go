package xpander_test

import (
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

// taskMock is a server in memory with one agent, in a bubble where time is
// virtual.
type taskMock struct {
	t *testing.T
	*mockserver.Server
	key   string
	agent string // its path
	id    string
}

// withTasks runs a test on one.
func withTasks(t *testing.T, config mockserver.Config, test func(*taskMock)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		config.Deterministic = true
		m := &taskMock{t: t, Server: mockserver.StartInMemory(t, config), key: "k"}
		m.agent, m.id = m.newAgent()
		test(m)
	})
}

func (m *taskMock) newAgent() (path, id string) {
	m.t.Helper()
	var made struct{ ID string }
	m.read(201, &made, "POST", "/v1/agents", `{"name":"Ada"}`)
	return "/v1/agents/" + made.ID, made.ID
}

// replies queues what the agents do.
func (m *taskMock) replies(replies ...script.Reply) {
	m.t.Helper()
	m.Script(mockserver.Xpander, replies...)
}

func (m *taskMock) try(ctx context.Context, method, path, body string) (*http.Response, error) {
	m.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, m.URL(mockserver.Xpander)+path, strings.NewReader(body))
	if err != nil {
		m.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if m.key != "" {
		r.Header.Set("X-Api-Key", m.key)
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
		m.t.Fatalf("%s %s: status %d, want %d; %.500s", method, path, response.StatusCode, status, text)
	}
	return string(text), err
}

// read sends a request and decodes the response.
func (m *taskMock) read(status int, into any, method, path, body string) {
	m.t.Helper()
	text := m.do(status, method, path, body)
	if err := json.Unmarshal([]byte(text), into); err != nil {
		m.t.Fatalf("%s %s: %v in %.300s", method, path, err, text)
	}
}

// aTask is what the tests look at of a task.
type aTask struct {
	ID                    string
	AgentID               string `json:"agent_id"`
	Status                string
	Result                *string
	Title                 *string
	CreatedAt             string   `json:"created_at"`
	StartedAt             *string  `json:"started_at"`
	PausedAt              *string  `json:"paused_at"`
	FinishedAt            *string  `json:"finished_at"`
	SubExecutions         []string `json:"sub_executions"`
	FinishedSubExecutions []string `json:"finished_sub_executions"`
	IsManuallyStopped     bool     `json:"is_manually_stopped"`
	AgentVersion          *string  `json:"agent_version"`
	Input                 struct {
		Text  string
		Files []string
		User  *struct {
			DisplayName string `json:"display_name"`
		}
	}
	HITLRequest *struct{ Content string } `json:"hitl_request"`
	Tokens      *struct {
		Total int `json:"total_tokens"`
	}
}

// line says in one line what became of the task.
func (t aTask) line() string {
	if t.Result == nil {
		return t.Status
	}
	return t.Status + " " + *t.Result
}

func (m *taskMock) task(method, path, body string) (t aTask) {
	m.t.Helper()
	m.read(200, &t, method, path, body)
	return t
}

// start starts a task.
func (m *taskMock) start(id, text string) aTask {
	m.t.Helper()
	return m.task("POST", m.agent+"/invoke/async", asks(id, text))
}

func (m *taskMock) get(id string) aTask {
	m.t.Helper()
	return m.task("GET", "/v1/tasks/"+id, "")
}

// asks is the body of an invoke.
func asks(id, text string, more ...string) string {
	name, _ := json.Marshal(id)
	input, _ := json.Marshal(text)
	return fmt.Sprintf(`{"id":%s,"input":{"text":%s}%s}`, name, input, strings.Join(append([]string{""}, more...), ","))
}

// anEvent is one of a stream.
type anEvent struct {
	Type, Time     string
	TaskID         string `json:"task_id"`
	OrganizationID string `json:"organization_id"`
	Data           json.RawMessage
}

// line says in one line what the event is about.
func (e anEvent) line(t *testing.T) string {
	if strings.HasPrefix(e.Type, "task_") {
		var about aTask
		if err := json.Unmarshal(e.Data, &about); err != nil {
			t.Fatal(err)
		}
		return e.Type + " " + about.line()
	}
	return e.Type + " " + string(e.Data)
}

// events reads a stream, of which every frame must be one line of data.
func events(t *testing.T, stream string) (all []anEvent) {
	t.Helper()
	for frame := range strings.SplitAfterSeq(stream, "\n\n") {
		if frame == "" {
			continue
		}
		data, ok := strings.CutPrefix(frame, "data: ")
		data, whole := strings.CutSuffix(data, "\n\n")
		if !ok || !whole || strings.ContainsAny(data, "\r\n") {
			t.Fatalf("a frame is %q", frame)
		}
		var e anEvent
		decoder := json.NewDecoder(strings.NewReader(data))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&e); err != nil {
			t.Fatalf("%v in %s", err, data)
		}
		all = append(all, e)
	}
	return all
}

// lines reads a stream as one line for each event.
func lines(t *testing.T, stream string) string {
	t.Helper()
	var out []string
	for _, e := range events(t, stream) {
		out = append(out, e.line(t))
	}
	return strings.Join(out, "\n")
}

// stream invokes the agent, and returns the lines of the stream.
func (m *taskMock) stream(body string) string {
	m.t.Helper()
	return lines(m.t, m.do(200, "POST", m.agent+"/invoke/stream", body))
}

// messages are the thread of a task: one line each.
func (m *taskMock) messages(id string) string {
	m.t.Helper()
	var thread []aMessage
	m.read(200, &thread, "GET", "/v1/tasks/"+id+"/thread", "")
	return said(thread)
}

type aMessage struct {
	ID, Role, Content string
	CreatedAt         int64 `json:"created_at"`
}

func said(thread []aMessage) string {
	var out []string
	for _, message := range thread {
		out = append(out, message.Role+": "+message.Content)
	}
	return strings.Join(out, "\n")
}

// tasks counts the tasks, and the turns that they had.
func (m *taskMock) tasks() (tasks, turns int) {
	m.t.Helper()
	var page struct {
		Items []struct{ ID string }
		Total int
	}
	m.read(200, &page, "GET", "/v1/tasks?per_page=50", "")
	for _, item := range page.Items {
		turns += strings.Count(m.messages(item.ID), "user: ")
	}
	return page.Total, turns
}

// after is how long after the beginning of the bubble a moment is.
func after(t *testing.T, moment *string) time.Duration {
	t.Helper()
	if moment == nil {
		t.Fatal("a moment is null")
	}
	at, err := time.Parse("2006-01-02T15:04:05.000000Z", *moment)
	if err != nil {
		t.Fatal(err)
	}
	return at.Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
}
