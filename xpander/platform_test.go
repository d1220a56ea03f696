package xpander

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

// platform is a server that runs agents, behind a real http.Transport. A turn
// is executing after one second and done after two.
type platform struct {
	client *http.Client

	mu       sync.Mutex
	tasks    map[string]*conversation
	turns    int
	requests []string // "GET task", "POST invoke/async", …
	faults   map[string][]fault
	ends     func(*conversation)            // how a turn ends; nil: completed, with "There are nine."
	frames   func(id string) []any          // of a stream: texts, times to wait, and the word of how it is cut
	respond  func(task map[string]any) bool // changes what a task looks like; false: there is none
}

// conversation is a task with its turns.
type conversation struct {
	id, text       string
	turns          int
	began          time.Time
	status, result string // in the end
	stopped        bool
}

// fault happens to one request, before or after it took effect.
type fault struct {
	after bool
	do    http.HandlerFunc
}

const nine = "There are nine."

func newPlatform(t *testing.T) *platform {
	p := &platform{tasks: map[string]*conversation{}, faults: map[string][]fault{}}
	p.client = testkit.Serve(t, p)
	return p
}

// open returns a client of the platform.
func (p *platform) open(t testing.TB, change ...func(*agentclients.Options)) *Client {
	options := agentclients.Options{BaseURL: "http://xpander.localhost", HTTPClient: p.client}
	for _, set := range change {
		set(&options)
	}
	return newTestClient(t, options)
}

// fail makes the next requests of an operation fail.
func (p *platform) fail(op string, faults ...fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults[op] = append(p.faults[op], faults...)
}

func before(do http.HandlerFunc) fault { return fault{false, do} }
func after(do http.HandlerFunc) fault  { return fault{true, do} }

// What a fault does.
var (
	drop   http.HandlerFunc = testkit.Drop
	stall  http.HandlerFunc = testkit.Stall
	cutOff http.HandlerFunc = testkit.CutOff
)

func respondWith(status int, kind, body string, header ...string) http.HandlerFunc {
	return testkit.RespondWith(status, kind, body, header...)
}

func jsonResponse(status int, body string) http.HandlerFunc {
	return respondWith(status, "application/json", body)
}

// ServeHTTP knows the operations that run agents.
func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	op, id := operationOf(r)
	p.mu.Lock()
	p.requests = append(p.requests, op)
	var next fault
	if queue := p.faults[op]; len(queue) > 0 {
		next, p.faults[op] = queue[0], queue[1:]
	}
	p.mu.Unlock()
	if next.do != nil && !next.after {
		next.do(w, r)
		return
	}
	var task *conversation
	if strings.HasPrefix(op, "POST invoke") {
		task = p.begin(body)
		id = task.id
	}
	if next.do != nil {
		next.do(w, r)
		return
	}
	switch op {
	case "POST invoke":
		select {
		case <-time.After(2 * time.Second):
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	case "POST invoke/stream":
		p.stream(w, r, id)
		return
	case "POST stop":
		p.mu.Lock()
		if found := p.tasks[id]; found != nil {
			found.stopped = true
		}
		p.mu.Unlock()
	}
	p.mu.Lock()
	text, ok := p.show(id)
	p.mu.Unlock()
	if !ok {
		jsonResponse(http.StatusNotFound, `{"detail":"Task not found"}`)(w, r)
		return
	}
	jsonResponse(http.StatusOK, text)(w, r)
}

// operationOf returns what a request asks for, and the task that it names.
func operationOf(r *http.Request) (op, id string) {
	parts := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/v1/"), "/")
	id, err := url.PathUnescape(parts[1])
	if err != nil {
		panic(err)
	}
	if parts[0] == "agents" {
		return r.Method + " " + strings.Join(parts[2:], "/"), ""
	}
	if len(parts) == 2 {
		return r.Method + " task", id
	}
	return r.Method + " " + strings.Join(parts[2:], "/"), id
}

// begin begins a turn.
func (p *platform) begin(body []byte) *conversation {
	p.mu.Lock()
	defer p.mu.Unlock()
	var sent struct {
		ID    string
		Input struct{ Text string }
	}
	if err := json.Unmarshal(body, &sent); err != nil {
		panic(err)
	}
	task := p.tasks[sent.ID]
	if task == nil {
		task = &conversation{id: sent.ID}
		p.tasks[sent.ID] = task
	}
	p.turns++
	task.turns++
	task.text, task.began, task.stopped = strings.TrimSpace(sent.Input.Text), time.Now(), false
	task.status, task.result = "completed", nine
	if p.ends != nil {
		p.ends(task)
	}
	return task
}

// show returns a task as the API shows it.
func (p *platform) show(id string) (string, bool) {
	task := p.tasks[id]
	if task == nil {
		return "", false
	}
	shown := map[string]any{
		"id": task.id, "agent_id": "a1", "organization_id": "o1", "created_at": "2026-02-08T09:00:00.000000Z",
		"input": map[string]any{"text": task.text, "files": []string{}, "user": nil}, "result": nil,
	}
	age := time.Since(task.began)
	switch {
	case task.stopped:
		shown["status"], shown["is_manually_stopped"] = "stopped", true
	case age < time.Second:
		shown["status"] = "pending"
	case age < 2*time.Second:
		shown["status"] = "executing"
	default:
		shown["status"], shown["result"] = task.status, task.result
		if task.status != "paused" && task.status != "executing" {
			shown["finished_at"] = task.began.Add(2 * time.Second).UTC().Format("2006-01-02T15:04:05.000000Z")
		}
	}
	if p.respond != nil && !p.respond(shown) {
		return "", false
	}
	text, err := json.Marshal(shown)
	if err != nil {
		panic(err)
	}
	return string(text), true
}

// event returns one message of a stream.
func event(kind, id, data string) string {
	return fmt.Sprintf(`data: {"type":%q,"task_id":%q,"organization_id":"o1","time":"2026-02-08T09:00:00.000000Z","data":%s}`+"\n\n", kind, id, data)
}

func taskEvent(kind, id, status, result string) string {
	return event(kind, id, fmt.Sprintf(`{"id":%q,"agent_id":"a1","status":%q,"result":%q}`, id, status, result))
}

// ordinary are the messages of a turn that ends well.
func ordinary(id string) []any {
	return []any{
		taskEvent("task_created", id, "pending", ""),
		200 * time.Millisecond,
		taskEvent("task_updated", id, "executing", ""),
		time.Second,
		event("chunk", id, `"There are "`),
		event("chunk", id, `"nine."`),
		800 * time.Millisecond,
		taskEvent("task_finished", id, "completed", nine),
	}
}

// stream sends the messages of a stream.
func (p *platform) stream(w http.ResponseWriter, r *http.Request, id string) {
	frames := p.frames
	if frames == nil {
		frames = ordinary
	}
	testkit.SendStream(w, r, frames(id))
}

// asked returns the requests so far, and how many turns they began.
func (p *platform) asked() (requests []string, turns int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.requests...), p.turns
}

// checkTurns checks how many turns there were, and that no more than one
// request was sent for each.
func (p *platform) checkTurns(t *testing.T, want int) {
	t.Helper()
	requests, turns := p.asked()
	if turns != want {
		t.Errorf("%d turns, not %d, by %q", turns, want, requests)
	}
}

// asError returns an error as what it must be, of these kinds.
func asError(t *testing.T, err error, kinds ...error) *agentclients.Error {
	t.Helper()
	var e *agentclients.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T)", err, err)
	}
	for _, kind := range kinds {
		if !errors.Is(err, kind) {
			t.Errorf("error %v is not %v", err, kind)
		}
	}
	if e.OutcomeUnknown && e.ResourceID == "" {
		t.Errorf("error %v does not name the task", err)
	}
	if errors.Is(err, agentclients.ErrOutcomeUnknown) && errors.Is(err, agentclients.ErrStreamEnded) {
		t.Errorf("error %v says that the turn began, and that it is not known", err)
	}
	return e
}

// hear ranges over the events of a run. It returns the texts, the types of the
// events, and what the last pair has.
func hear(t *testing.T, events func(yield func(RunEvent, error) bool)) (text string, types []string, run *Run, err error) {
	t.Helper()
	for event, e := range events {
		if run != nil || err != nil {
			t.Errorf("%v comes after the last pair", event)
		}
		text += event.Text
		if event.Event.Type != "" {
			types = append(types, string(event.Event.Type))
		}
		run, err = event.Run, e
	}
	if run == nil && err == nil {
		t.Error("the run ends without a word")
	}
	return text, types, run, err
}

// hearTask ranges over the events of a task.
func hearTask(t *testing.T, events func(yield func(TaskEvent, error) bool)) (types []string, err error) {
	t.Helper()
	for event, e := range events {
		if err != nil {
			t.Errorf("%v comes after an error", event)
		}
		if err = e; e == nil {
			types = append(types, string(event.Type))
		}
	}
	return types, err
}
