package orq

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

// platform is a server that runs agents on all three surfaces. A turn is
// queued, works after one second and is done after two.
type platform struct {
	client *http.Client

	mu       sync.Mutex
	began    map[string]time.Time // turns, by id
	requests []string             // "POST v3 stream", "GET task", …
	bodies   []string
	faults   map[string][]fault
	frames   func(surface, id string) []any  // of a stream
	respond  func(shown map[string]any) bool // changes what a GET shows; false: there is none
	forever  bool                            // turns never end
}

// fault happens to one request, before or after it took effect.
type fault struct {
	after bool
	do    http.HandlerFunc
}

const (
	four = "Four."
	// The surfaces.
	surfaceV3    = "v3"
	surfaceV2    = "responses"
	surfaceTasks = "task"
)

func newPlatform(t *testing.T) *platform {
	p := &platform{began: map[string]time.Time{}, faults: map[string][]fault{}}
	p.client = testkit.Serve(t, p)
	return p
}

// open returns a client of the platform.
func (p *platform) open(t testing.TB, change ...func(*agentclients.Options)) *Client {
	options := agentclients.Options{BaseURL: "http://orq.localhost", HTTPClient: p.client}
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

func jsonResponse(status int, body string) http.HandlerFunc {
	return testkit.RespondWith(status, "application/json", body)
}

// ServeHTTP knows the operations that run agents.
func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	op, surface, id := operationOf(r, body)
	p.mu.Lock()
	p.requests, p.bodies = append(p.requests, op), append(p.bodies, string(body))
	var next fault
	if queue := p.faults[op]; len(queue) > 0 {
		next, p.faults[op] = queue[0], queue[1:]
	}
	p.mu.Unlock()
	if next.do != nil && !next.after {
		next.do(w, r)
		return
	}
	if r.Method == http.MethodPost {
		p.mu.Lock()
		id = fmt.Sprintf("run_%d", len(p.began)+1)
		p.began[id] = time.Now()
		p.mu.Unlock()
	}
	if next.do != nil {
		next.do(w, r)
		return
	}
	switch {
	case strings.HasSuffix(op, " stream"):
		frames := p.frames
		if frames == nil {
			frames = ordinary
		}
		testkit.SendStream(w, r, frames(surface, id))
		return
	case r.Method == http.MethodPost && surface != surfaceTasks:
		select {
		case <-time.After(2 * time.Second):
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
	text, ok := p.show(surface, id)
	if !ok {
		jsonResponse(http.StatusNotFound, `{"message":"not found"}`)(w, r)
		return
	}
	jsonResponse(http.StatusOK, text)(w, r)
}

// operationOf returns what a request asks for, and the run that it names.
func operationOf(r *http.Request, body []byte) (op, surface, id string) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case parts[0] == "v3":
		surface, parts = surfaceV3, parts[3:]
	default:
		surface, parts = strings.TrimSuffix(parts[3], "s"), parts[4:]
		if surface == "response" {
			surface = surfaceV2
		}
	}
	if len(parts) > 0 {
		id = parts[0]
	}
	var sent struct{ Stream bool }
	json.Unmarshal(body, &sent) //nolint:errcheck // a GET has none
	op = r.Method + " " + surface
	if sent.Stream {
		op += " stream"
	}
	if surface == "stream-task" {
		surface, op = surfaceTasks, "POST task stream"
	}
	return op, surface, id
}

// show returns a run as one of the surfaces shows it.
func (p *platform) show(surface, id string) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	began, ok := p.began[id]
	if !ok {
		return "", false
	}
	age := time.Since(began)
	if p.forever {
		age = min(age, time.Second)
	}
	var shown map[string]any
	text := responseObject(id, "queued", "")
	switch surface {
	case surfaceV3:
		if age >= 2*time.Second {
			text = responseObject(id, "completed", four)
		} else if age >= time.Second {
			text = responseObject(id, "in_progress", "")
		}
	case surfaceV2:
		text = fmt.Sprintf(`{"_id":"r_%s","task_id":%q,"output":[],"created_at":"2025-11-21T08:00:00.000Z","model":"openai/gpt-4o","status":"in_progress"}`, id, id)
		if age >= 2*time.Second {
			text = agentResponseObject(id)
		}
	case surfaceTasks:
		text = taskObject(id, "submitted", "")
		if age >= 2*time.Second {
			text = taskObject(id, "completed", four)
		} else if age >= time.Second {
			text = taskObject(id, "working", "")
		}
	}
	if p.respond == nil {
		return text, true
	}
	if err := json.Unmarshal([]byte(text), &shown); err != nil {
		panic(err)
	}
	if !p.respond(shown) {
		return "", false
	}
	changed, err := json.Marshal(shown)
	if err != nil {
		panic(err)
	}
	return string(changed), true
}

func responseObject(id, status, text string) string {
	output := "[]"
	if text != "" {
		output = fmt.Sprintf(`[{"type":"message","id":"msg_1","role":"assistant","status":"completed","content":[{"type":"output_text","text":%q,"annotations":[],"logprobs":[]}]}]`, text)
	}
	return fmt.Sprintf(`{"id":%q,"object":"response","status":%q,"model":"agent/calc","created_at":1763712000,"output":%s,"usage":{"input_tokens":9,"output_tokens":2,"total_tokens":11},"error":null}`, id, status, output)
}

func agentResponseObject(id string) string {
	return fmt.Sprintf(`{"_id":"r_%s","task_id":%q,"output":[{"messageId":"m1","role":"agent","parts":[{"kind":"text","text":%q}]}],"created_at":"2025-11-21T08:00:00.000Z","model":"openai/gpt-4o","finish_reason":"stop","status":"completed"}`, id, id, four)
}

func taskObject(id, state, text string) string {
	message := ""
	if text != "" {
		message = fmt.Sprintf(`,"message":{"kind":"message","messageId":"m1","role":"agent","parts":[{"kind":"text","text":%q}]}`, text)
	}
	return fmt.Sprintf(`{"id":%q,"contextId":"c1","kind":"task","status":{"state":%q%s},"history":[]}`, id, state, message)
}

// data returns one message of a stream.
func data(text string) string { return "data: " + text + "\n\n" }

// wrapped returns one event of the two older surfaces.
func wrapped(kind, members string) string {
	return data(fmt.Sprintf(`{"type":%q,"timestamp":"2025-11-21T08:00:00.000Z","data":%s}`, kind, members))
}

// numbered returns one event of the v3 surface.
func numbered(kind string, number int, members string) string {
	return fmt.Sprintf("event: %s\n", kind) + data(fmt.Sprintf(`{"type":%q,"sequence_number":%d,%s}`, kind, number, members))
}

func created(id string) string {
	return numbered("response.created", 0, `"response":`+responseObject(id, "in_progress", ""))
}
func delta(number int, text string) string {
	return numbered("response.output_text.delta", number, fmt.Sprintf(`"item_id":"msg_1","output_index":0,"content_index":0,"delta":%q,"logprobs":[]`, text))
}
func completed(number int, id string) string {
	return numbered("response.completed", number, `"response":`+responseObject(id, "completed", four))
}

// ordinary are the messages of a turn that ends well: one that names the run,
// two in its middle, the last one and [DONE].
func ordinary(surface, id string) []any {
	switch surface {
	case surfaceV3:
		return []any{created(id), time.Second, delta(1, "Fo"), delta(2, "ur."), time.Second, completed(3, id), "data: [DONE]\n\n"}
	case surfaceV2:
		return []any{
			wrapped("response.started", fmt.Sprintf(`{"responseId":"r_%s","taskId":%q,"model":"openai/gpt-4o","workflowRunId":"w1"}`, id, id)), time.Second,
			wrapped("part.delta", `{"partId":"text_1","delta":{"kind":"text","text":"Fo"}}`),
			wrapped("part.delta", `{"partId":"text_1","delta":{"kind":"text","text":"ur."}}`), time.Second,
			wrapped("response.done", `{"finishReason":"stop","usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}`), "data: [DONE]\n\n",
		}
	}
	thought := func(message, text string) string {
		return wrapped("event.agents.thought", fmt.Sprintf(`{"agent_id":"a1","message_difference":{%q:{"messageId":%q,"role":"agent","parts":[{"kind":"text","text":%q}]}},"iteration":1}`, message, message, text))
	}
	return []any{
		wrapped("agents.execution_started", fmt.Sprintf(`{"agent_task_id":%q,"workspace_id":"ws-1","trace_id":"t1"}`, id)), time.Second,
		thought("m1", "Fo"), thought("m2", "ur."), time.Second,
		wrapped("event.agents.inactive", `{"last_message":"Four.","finish_reason":"stop","workflowRunId":"w1"}`), "data: [DONE]\n\n",
	}
}

// asked returns the requests so far, and how many turns they began.
func (p *platform) asked() (requests []string, turns int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.requests...), len(p.began)
}

// checkTurns checks how many turns there were, by how many requests.
func (p *platform) checkTurns(t *testing.T, want, sent int) {
	t.Helper()
	requests, turns := p.asked()
	posts := 0
	for _, request := range requests {
		if strings.HasPrefix(request, "POST") {
			posts++
		}
	}
	if turns != want || posts != sent {
		t.Errorf("%d turns, not %d, by %d requests, not %d: %q", turns, want, posts, sent, requests)
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

// hearAll ranges over the events of one of the streams. It returns their texts
// and kinds, and what the last one says of the end.
func hearAll[E any, P event[E]](t *testing.T, events func(yield func(E, error) bool), text func(E) string, verdict func(P) error) (heard, error) {
	t.Helper()
	var h heard
	var err error
	for event, e := range events {
		if err != nil {
			t.Errorf("%v comes after an error", event)
		}
		if err = e; e != nil {
			continue
		}
		h.types = append(h.types, P(&event).kind())
		h.id, h.verdict = P(&event).runID(), verdict(&event)
		if !P(&event).isLast() {
			h.text += text(event)
		}
	}
	return h, err
}

// heard is what a stream said.
type heard struct {
	id, text string
	types    []string
	verdict  error
}
