package xpander

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// invokeBody is what the members of the body of the three invokes must be.
var invokeBody = schema.Shape{
	schema.Present("input", schema.Object(schema.Shape{
		optional("text", schema.Text),
		optional("files", schema.List(schema.Text, 0, 0)),
		optional("user", schema.Object(schema.Shape{
			schema.Present("email", schema.Text),
			optional("id", schema.Text),
			optional("first_name", schema.Text),
			optional("last_name", schema.Text),
			optional("display_name", schema.Text), // of responses; people send back what they got
			optional("additional_attributes", dictionary(schema.AnyObject)),
			optional("timezone", schema.Text),
			optional("role", schema.Text),
			optional("is_super_admin", schema.Boolean),
		})),
	})),
	optional("id", schema.Text),
	optional("title", schema.Text),
	optional("output_format", word("text", "markdown", "json")),
	optional("output_schema", dictionary(schema.AnyObject)),
	optional("additional_context", schema.Text),
	optional("expected_output", schema.Text),
	optional("instructions_override", schema.Text),
	optional("think_mode", word("default", "harder")),
	optional("disable_attachment_injection", schema.Boolean),
	optional("events_streaming", schema.Boolean),
	optional("payload_extension", dictionary(schema.AnyObject)),
	optional("parent_execution_id", schema.Text),
	optional("triggering_agent_id", schema.Text),
	optional("worker_id", schema.Text),
	optional("source", schema.Text),
	optional("mcp_servers", schema.List(dictionary(schema.AnyObject), 0, 0)),
	optional("run_locally", schema.Boolean),
	optional("user_oidc_token", schema.Text),
	optional("user_tokens", dictionary(schema.AnyObject)),
	optional("test_run_node_id", schema.Text),
	optional("return_metrics", schema.Boolean),
	optional("llm_model_provider", schema.Text),
	optional("llm_model_name", schema.Text),
	optional("llm_reasoning_effort", word("low", "medium", "high", "xhigh")),
}

// invokeAgent waits for the end of the turn.
func invokeAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	return invoke(r, s, false, func(t *taskRecord, begun *turn) emulate.Response {
		return emulate.Response{Alone: true, Wait: func(time.Time) (response emulate.Response, next time.Time, done bool) {
			if begun.ended == nil {
				return response, t.next, false
			}
			return emulate.JSON(http.StatusOK, taskView(r, *begun.ended)), next, true
		}}
	})
}

// startTask leaves the turn to itself.
func startTask(r *emulate.Request, s *state) (emulate.Response, error) {
	return invoke(r, s, false, func(t *taskRecord, begun *turn) emulate.Response {
		shown := t.task
		if begun.Order != nil { // it waits for another one
			shown = begun.Order.Task
		}
		return emulate.JSON(http.StatusOK, startedView(r, shown))
	})
}

// streamTask tells of the turn as it goes. What else ends the turn, such as a
// delete, ends the stream, too, with its last event.
func streamTask(r *emulate.Request, s *state) (emulate.Response, error) {
	return invoke(r, s, true, func(t *taskRecord, begun *turn) emulate.Response {
		told := 0
		return emulate.Response{
			Status: http.StatusOK,
			Header: http.Header{"Content-Type": {"text/event-stream"}},
			Alone:  true,
			Events: &emulate.Events{Next: func(time.Time) ([]emulate.Frame, time.Time, bool) {
				frames := begun.log[told:]
				told = len(begun.log)
				return frames, t.next, begun.ended != nil
			}},
		}
	})
}

// invoke begins a turn, of a new task or of one that is there, and lets
// respond make the response of it.
func invoke(r *emulate.Request, s *state, streams bool, respond func(*taskRecord, *turn) emulate.Response) (emulate.Response, error) {
	agent, err := find(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	members, err := readBody(r)
	if err != nil {
		return emulate.Response{}, err
	}
	if err := checkInput(r, members); err != nil {
		return emulate.Response{}, err
	}
	if agent.Status != nil && *agent.Status == inactive {
		r.Guess("400-inactive-agent")
		return emulate.Response{}, refuse(r, http.StatusBadRequest, "Agent is inactive").
			Because("agent_id: expected an agent that is not INACTIVE").Refuse()
	}
	version, err := askedVersion(r, agent)
	if err != nil {
		return emulate.Response{}, err
	}
	var id string
	jsontext.Assign(members, "id", &id, jsontext.String)
	found := s.Tasks.Get(r.Tenant, id)
	if err := mayFollow(r, found); err != nil {
		return emulate.Response{}, err
	}
	if id == "" {
		id = s.Tasks.FreeID(r.Tenant, func() string { return emulate.UUID(r, "task") })
	}
	asked := newTask(r, agent, id)
	if found != nil {
		asked = found.follow()
	}
	asked.apply(members)
	asked.AgentVersion = version
	begun := &turn{streams: streams, Order: &order{
		Turn:      script.Turn{Agent: agent.ID, Thread: id, Input: asked.Input.Text},
		Otherwise: defaultReply(asked),
		Task:      asked,
	}}
	if r.Pretends {
		return respond(pretend(r, found, begun), begun), nil
	}
	r.Commit(func() {
		o := begun.Order
		o.Reply = r.Reply(o.Turn, o.Otherwise)
		if found == nil {
			found = new(taskRecord)
			s.Tasks.Add(r.Tenant, id, found)
		}
		if parent := s.Tasks.Get(r.Tenant, value(asked.ParentExecution)); parent != nil && parent != found {
			parent.SubExecutions = appendNew(parent.SubExecutions, id)
		}
		if found.Turn == nil {
			s.running = append(s.active(), activeTask{r.Tenant, found})
		}
		s.player(r, r.Tenant, found).begin(begun, r.Now())
	})
	return respond(found, begun), nil
}

// pretend plays a turn on a copy of its task, to the end if somebody waits
// for it. No script says anything about it.
func pretend(r *emulate.Request, found *taskRecord, begun *turn) *taskRecord {
	begun.Order.Reply = &begun.Order.Otherwise
	p := &player{World: r, record: new(taskRecord)}
	if found != nil {
		p.record.Thread = slices.Clone(found.Thread)
	}
	p.begin(begun, r.Now())
	shown := *p.record
	p.advance()
	return &shown
}

// checkInput wants a text or a file.
func checkInput(r *emulate.Request, members jsontext.Object) error {
	input, _ := jsontext.Members(members["input"])
	text, _ := jsontext.String(input["text"])
	files, _ := jsontext.Items(input["files"])
	if text != "" || len(files) > 0 {
		return nil
	}
	r.Guess("422-empty-input")
	var wrong problems
	wrong.add("value_error", "Value error, either text or files must be provided", "body", "input")
	return wrong.refuse()
}

// mayFollow refuses a turn on a task that cannot have one now.
func mayFollow(r *emulate.Request, found *taskRecord) error {
	switch {
	case found == nil:
	case found.AgentID != r.Params["agent_id"]:
		r.Guess("409-task-of-another-agent")
		return refuse(r, http.StatusConflict, "Task belongs to another agent").
			Because("/id: expected a task of the agent of the path, got one of another").Refuse()
	case found.Turn != nil && !r.Variant(queueFollowUps):
		r.Guess("409-running-task")
		return refuse(r, http.StatusConflict, "Task is already running").
			Because("/id: expected a task that is not running").Refuse()
	}
	return nil
}

// draft asks for the changes of an agent that are not deployed.
const draft = "draft"

// askedVersion is the version of the agent that the query asks for.
func askedVersion(r *emulate.Request, agent *record) (*string, error) {
	if !r.Query.Has("version") {
		return new(strconv.Itoa(agent.Version)), nil
	}
	version := r.Query.Get("version")
	number, err := strconv.Atoi(version)
	if version == draft || err == nil && number >= 1 && number <= agent.Version {
		return &version, nil
	}
	r.Guess("404-version")
	return nil, refuse(r, http.StatusNotFound, "Agent version not found").
		Because("version: expected draft or a version of the agent").Refuse()
}

// newTask is a task of which nothing was said.
func newTask(r *emulate.Request, agent *record, id string) task {
	return task{
		ID:                    id,
		AgentID:               agent.ID,
		OrganizationID:        organizationID(r),
		Status:                pending,
		CreatedAt:             stamp(r.Now()),
		SubExecutions:         []string{},
		FinishedSubExecutions: []string{},
		Source:                new("api"),
		OutputFormat:          "text",
		MCPServers:            []json.RawMessage{},
		ThinkMode:             "default",
		ExecutionAttempts:     1,
		LLMModelProvider:      agent.ModelProvider,
		LLMModelName:          agent.ModelName,
	}
}

// apply puts the members of a body that is known to fit into a task. Members
// that are left out, or null, stay as they are. Tokens of users are taken and
// never shown.
func (t *task) apply(members jsontext.Object) {
	input, _ := jsontext.Members(members["input"])
	t.Input = taskInput{Files: []string{}}
	jsontext.Assign(input, "text", &t.Input.Text, jsontext.String)
	jsontext.Assign(input, "files", &t.Input.Files, jsontext.Strings)
	jsontext.Assign(input, "user", &t.Input.User, jsontext.PointerTo(readUser))
	jsontext.Assign(members, "title", &t.Title, nullableText)
	jsontext.Assign(members, "output_format", &t.OutputFormat, jsontext.String)
	jsontext.Assign(members, "output_schema", &t.OutputSchema, jsontext.Raw)
	jsontext.Assign(members, "additional_context", &t.AdditionalContext, nullableText)
	jsontext.Assign(members, "expected_output", &t.ExpectedOutput, nullableText)
	jsontext.Assign(members, "instructions_override", &t.InstructionsOverride, nullableText)
	jsontext.Assign(members, "think_mode", &t.ThinkMode, jsontext.String)
	jsontext.Assign(members, "disable_attachment_injection", &t.DisableAttachmentInjection, jsontext.Bool)
	jsontext.Assign(members, "events_streaming", &t.EventsStreaming, jsontext.Bool)
	jsontext.Assign(members, "payload_extension", &t.PayloadExtension, jsontext.Raw)
	jsontext.Assign(members, "parent_execution_id", &t.ParentExecution, nullableText)
	jsontext.Assign(members, "triggering_agent_id", &t.TriggeringAgentID, nullableText)
	jsontext.Assign(members, "worker_id", &t.WorkerID, nullableText)
	jsontext.Assign(members, "source", &t.Source, nullableText)
	jsontext.Assign(members, "mcp_servers", &t.MCPServers, jsontext.ListOf(jsontext.Raw))
	jsontext.Assign(members, "test_run_node_id", &t.TestRunNodeID, nullableText)
	jsontext.Assign(members, "return_metrics", &t.ReturnMetrics, jsontext.Bool)
	jsontext.Assign(members, "llm_model_provider", &t.LLMModelProvider, nullableText)
	jsontext.Assign(members, "llm_model_name", &t.LLMModelName, nullableText)
	jsontext.Assign(members, "llm_reasoning_effort", &t.LLMReasoningEffort, nullableText)
}

func readUser(raw json.RawMessage) (into user, ok bool) {
	members, ok := jsontext.Members(raw)
	jsontext.Assign(members, "id", &into.ID, nullableText)
	jsontext.Assign(members, "first_name", &into.FirstName, nullableText)
	jsontext.Assign(members, "last_name", &into.LastName, nullableText)
	jsontext.Assign(members, "email", &into.Email, jsontext.String)
	jsontext.Assign(members, "additional_attributes", &into.AdditionalAttributes, jsontext.Raw)
	jsontext.Assign(members, "timezone", &into.Timezone, nullableText)
	jsontext.Assign(members, "role", &into.Role, nullableText)
	jsontext.Assign(members, "is_super_admin", &into.IsSuperAdmin, jsontext.PointerTo(jsontext.Bool))
	into.DisplayName = displayName(into.FirstName, into.LastName, into.Email)
	return into, ok
}

// value is what a pointer points to; "" if it is nil.
func value(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// appendNew appends a name unless it is there.
func appendNew(names []string, name string) []string {
	if slices.Contains(names, name) {
		return names
	}
	return append(names, name)
}
