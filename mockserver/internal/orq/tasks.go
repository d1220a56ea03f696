package orq

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
)

// invokeBody is the body that asks an agent something.
var invokeBody = schema.Shape{
	schema.Required("message", schema.Object(schema.Shape{
		schema.Optional("messageId", schema.Text),
		schema.Required("role", schema.Enum(roleUser, roleTool)),
		schema.Required("parts", schema.List(schema.Tagged("kind",
			schema.Branch{Name: "text", Shape: schema.Shape{schema.Required("text", schema.Text)}},
			schema.Branch{Name: "file", Shape: schema.Shape{
				schema.Required("file", schema.Object(schema.Names("bytes", "uri", "mimeType", "name"))),
				schema.Optional("metadata", schema.AnyObject),
			}},
			schema.Branch{Name: "tool_result", Shape: schema.Shape{
				schema.Required("tool_call_id", schema.String(1, 0)),
				schema.Optional("result", schema.Any),
				schema.Optional("metadata", schema.AnyObject),
			}},
			schema.Branch{Name: "error", Shape: schema.Shape{
				schema.Required("error", schema.Text),
				schema.Optional("code", schema.AnyNumber),
			}},
		), 1, 0)),
	})),
	schema.Optional("task_id", schema.Text),
	schema.Optional("variables", schema.AnyObject),
	schema.Optional("metadata", schema.AnyObject),
	schema.Optional("identity", contactRule),
	schema.Deprecated("contact", "identity", contactRule),
	schema.Optional("thread", schema.Object(schema.Shape{
		schema.Required("id", schema.Text),
		schema.Optional("tags", listOf(schema.Text)),
	})),
	schema.Optional("memory", schema.Object(schema.Shape{schema.Required("entity_id", schema.Text)})),
	schema.Optional("engine", schema.Enum("text", "jinja", "mustache")),
	schema.Optional("configuration", schema.Object(schema.Shape{schema.Optional("blocking", schema.Boolean)})),
}

// contactRule is for the person on whose behalf an agent is asked.
var contactRule = schema.Object(schema.Shape{
	schema.Required("id", schema.Text),
	schema.Optional("display_name", schema.Text),
	schema.Optional("email", schema.Text),
	schema.Optional("metadata", listOf(schema.AnyObject)),
	schema.Optional("logo_url", schema.Text),
	schema.Optional("tags", listOf(schema.Text)),
})

// streamTimeout is a member of the bodies that stream a task.
var streamTimeout = schema.Optional("stream_timeout_seconds", schema.Number(1, 3600))

var streamBody = invokeBody.With(streamTimeout)

var reviewBody = schema.Shape{
	schema.Required("review", schema.Enum(approved, rejected)),
	schema.Optional("mock_output", schema.AnyObject),
	schema.Optional("source", schema.Text),
}

// readOrder reads a body that asks an agent something, and finds the task that
// it goes on with. A nil agent has none.
func (s *state) readOrder(r *emulate.Request, a *agent, body jsontext.Object) (o order, err error) {
	o.agent = a
	message, _ := jsontext.Members(body["message"])
	jsontext.Assign(message, "messageId", &o.input.MessageID, jsontext.String)
	jsontext.Assign(message, "role", &o.input.Role, jsontext.String)
	jsontext.Assign(message, "parts", &o.input.Parts, jsontext.ListOf(jsontext.Raw))
	jsontext.Assign(body, "metadata", &o.metadata, jsontext.Raw)
	if o.results, err = readResults(r, o.input); err != nil {
		return o, err
	}
	id, _ := jsontext.String(body["task_id"])
	if id == "" {
		if o.input.Role == roleTool {
			r.Guess("400-tool-message")
			return o, refuseInput(r, "invalid_request_body", "Invalid request body", []schema.Violation{{
				Path: []any{"task_id"}, Detail: "is required with a message of the role tool",
			}})
		}
		return o, nil
	}
	t := s.Tasks.Get(r.Tenant, id)
	if t == nil || a == nil || t.AgentID != a.ID {
		r.Guess("404-task")
		return o, refuse(r, http.StatusNotFound, "", "Task not found",
			"/task_id: expected the id of a task of the agent, got "+jsontext.Excerpt(id))
	}
	if last := t.latest(); !last.over() {
		r.Guess("409-running-task")
		return o, refuse(r, http.StatusConflict, "", "Task must be inactive to be continued, it is "+last.state(),
			"/task_id: expected a task that is inactive, got one that is "+last.state())
	}
	o.task = t
	return o, o.answers(r)
}

// readResults reads what functions returned. A message of a tool has nothing
// else.
func readResults(r *emulate.Request, input message) (results map[string]json.RawMessage, err error) {
	for i, raw := range input.Parts {
		members, _ := jsontext.Members(raw)
		kind, _ := jsontext.String(members["kind"])
		if input.Role == roleTool && kind != "tool_result" {
			return nil, refuseInput(r, "invalid_request_body", "Invalid request body", []schema.Violation{{
				Path: []any{"message", "parts", i, "kind"}, Detail: `must be "tool_result" in a message of the role tool`,
			}})
		}
		if kind == "tool_result" {
			if results == nil {
				results = make(map[string]json.RawMessage)
			}
			id, _ := jsontext.String(members["tool_call_id"])
			results[id] = members["result"]
		}
	}
	return results, nil
}

// answers checks results against the functions that the task has left to the
// caller: all of them, and no others. A message of the user goes by them.
func (o *order) answers(r *emulate.Request) error {
	if o.results == nil {
		return nil
	}
	o.left = o.task.latest()
	var violations []schema.Violation
	wrong := func(message string) {
		violations = append(violations, schema.Violation{Path: []any{"message", "parts"}, Detail: message})
	}
	for _, id := range slices.Sorted(maps.Keys(o.results)) {
		if !o.left.pends(id) {
			wrong("have a result for " + jsontext.Excerpt(id) + ", which is no pending tool call of the task")
		}
	}
	for _, c := range o.left.Pending {
		if _, there := o.results[c.ID]; !there {
			wrong("must have a result for the pending tool call " + jsontext.Excerpt(c.ID))
		}
	}
	if violations == nil {
		return nil
	}
	r.Guess("400-tool-call-id")
	return refuseInput(r, "invalid_request_body", "Invalid request body", violations)
}

// ask reads who is asked what: the agent of the path comes first.
func (s *state) ask(r *emulate.Request) (o order, body jsontext.Object, err error) {
	a, err := s.findRunning(r)
	if err != nil {
		return o, nil, err
	}
	if body, err = readBody(r); err != nil {
		return o, nil, err
	}
	if o, err = s.readOrder(r, a, body); err != nil {
		return o, nil, err
	}
	if o.task == nil {
		o.task = s.newTask(r, a)
	}
	return o, body, nil
}

func invokeAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	o, body, err := s.ask(r)
	if err != nil {
		return emulate.Response{}, err
	}
	return s.invoke(r, o, body), nil
}

// invoke begins a turn, and waits for its end if the body asks for it: also
// for one that is a wait for the caller.
func (s *state) invoke(r *emulate.Request, o order, body jsontext.Object) emulate.Response {
	configuration, _ := jsontext.Members(body["configuration"])
	o.waits, _ = jsontext.Bool(configuration["blocking"])
	t, begun := s.begin(r, o)
	respond := func() emulate.Response {
		b := t.body(begun)
		if o.waits {
			b.Messages = t.output(begun)
		}
		return emulate.JSON(http.StatusOK, b)
	}
	if !o.waits {
		return respond()
	}
	return waitFor(t, func() bool { return begun.over() || begun.Waiting != "" }, respond)
}

func streamTask(r *emulate.Request, s *state) (emulate.Response, error) {
	o, body, err := s.ask(r)
	if err != nil {
		return emulate.Response{}, err
	}
	return s.streamTask(r, o, body), nil
}

// usualStreamTimeout is how long a stream of a task lasts, in seconds.
const usualStreamTimeout = 1800

// streamTask begins a turn and tells of it.
func (s *state) streamTask(r *emulate.Request, o order, body jsontext.Object) emulate.Response {
	told := &taskEvents{isContinuation: len(o.task.Turns) > 0}
	o.surface = told
	t, begun := s.begin(r, o)
	seconds := float64(usualStreamTimeout)
	jsontext.Assign(body, "stream_timeout_seconds", &seconds, jsontext.Number)
	limit := r.Now().Add(time.Duration(seconds * float64(time.Second)))
	return told.follow(t, begun, limit, func() []emulate.Frame { return told.timeout(r, limit) })
}

// findRunning returns the agent that the path of a run or of its task names.
func (s *state) findRunning(r *emulate.Request) (*agent, error) {
	a, reason := s.findVersion(r.Tenant, r.Params["agent_key"])
	if a == nil {
		return nil, refuse(r, http.StatusNotFound, "", "Agent not found", "path: "+reason)
	}
	return a, nil
}

// findTask returns the task that the path names.
func (s *state) findTask(r *emulate.Request) (*task, error) {
	a, err := s.findRunning(r)
	if err != nil {
		return nil, err
	}
	id := r.Params["task_id"]
	if t := s.Tasks.Get(r.Tenant, id); t != nil && t.AgentID == a.ID {
		return t, nil
	}
	return nil, refuse(r, http.StatusNotFound, "", "Task not found", "path: the agent has no task with the id "+jsontext.Excerpt(id))
}

func getTask(r *emulate.Request, s *state) (emulate.Response, error) {
	t, err := s.findTask(r)
	if err != nil {
		return emulate.Response{}, err
	}
	return emulate.JSON(http.StatusOK, t.full()), nil
}

// listTasks responds with the tasks of an agent, the newest first.
func listTasks(r *emulate.Request, s *state) (emulate.Response, error) {
	a, err := s.findRunning(r)
	if err != nil {
		return emulate.Response{}, err
	}
	limit, violations := readListQuery(r)
	if !r.Query.Has("limit") {
		limit = 10
	}
	var states []string
	for _, name := range r.Query["status"] {
		states = append(states, strings.Split(name, ",")...)
	}
	for i, name := range states {
		if states[i] = strings.TrimSpace(name); !slices.Contains(taskStates, states[i]) {
			violations = append(violations, schema.Violation{Path: []any{"status"}, Detail: "must be some of " + jsontext.Quote(taskStates) + ", not " + jsontext.Excerpt(name)})
		}
	}
	if len(violations) > 0 {
		return emulate.Response{}, refuseInput(r, "", "Invalid query parameters", violations)
	}
	var all []*task
	for t := range s.Tasks.NewestFirst(r.Tenant) {
		if t.AgentID == a.ID && (states == nil || slices.Contains(states, t.latest().state())) {
			all = append(all, t)
		}
	}
	page, _ := pageOf(r, all, func(t *task) string { return t.ID }, limit)
	shown := struct {
		Tasks        []taskBody `json:"tasks"`
		OverallTotal int        `json:"overall_total"`
	}{make([]taskBody, len(page)), len(all)}
	for i, t := range page {
		shown.Tasks[i] = t.full()
	}
	return emulate.JSON(http.StatusOK, shown), nil
}

func listActions(r *emulate.Request, s *state) (emulate.Response, error) {
	t, err := s.findTask(r)
	if err != nil {
		return emulate.Response{}, err
	}
	return emulate.JSON(http.StatusOK, struct {
		Object  string    `json:"object"`
		Data    []*action `json:"data"`
		HasMore bool      `json:"has_more"`
	}{"list", orEmpty(t.Actions), false}), nil
}

// findAction returns the action that the path names, and its task.
func (s *state) findAction(r *emulate.Request) (*task, *action, error) {
	t, err := s.findTask(r)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range t.Actions {
		if a.ID == r.Params["action_id"] {
			return t, a, nil
		}
	}
	return nil, nil, refuse(r, http.StatusNotFound, "", "Action not found", "path: the task has no action with this id")
}

func getAction(r *emulate.Request, s *state) (emulate.Response, error) {
	_, a, err := s.findAction(r)
	if err != nil {
		return emulate.Response{}, err
	}
	return emulate.JSON(http.StatusOK, a), nil
}

// reviewAction lets a call of a tool go on, or not.
func reviewAction(r *emulate.Request, s *state) (emulate.Response, error) {
	t, a, err := s.findAction(r)
	if err != nil {
		return emulate.Response{}, err
	}
	body, err := readBody(r)
	if err != nil {
		return emulate.Response{}, err
	}
	if t.latest().Waiting != a.ID {
		r.Guess("409-review")
		return emulate.Response{}, refuse(r, http.StatusConflict, "", "Action does not wait for a review",
			"path: expected an action that waits for a review")
	}
	w := s.workspaceOf(r)
	r.Commit(func() {
		jsontext.Assign(body, "review", &a.State.Review, jsontext.PointerTo(jsontext.String))
		jsontext.Assign(body, "mock_output", &a.State.Output, jsontext.Raw)
		a.State.ReviewSource, a.State.ReviewedByID = "api", w.UserID
		jsontext.Assign(body, "source", &a.State.ReviewSource, jsontext.String)
		a.Updated = r.Now().Format(timeLayout)
		t.latest().Run.Release(r.Now())
	})
	return emulate.JSON(http.StatusOK, map[string]any{"success": true, "message": "Action reviewed"}), nil
}
