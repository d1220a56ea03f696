package xpander

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/poll"
	"github.com/agentclients/agentclients-go/internal/redact"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
)

// InvokeRequest says what an agent is to do.
type InvokeRequest struct {
	// Input is what the agent is given. A text or a file is required.
	Input TaskInput `json:"input"`
	// ID identifies the task and its thread. "" makes a new one with a random
	// UUID; the id of a task that exists continues its thread with one more
	// turn. It may be any text.
	ID string `json:"id,omitempty"`
	// Title is the title of the task. Default none.
	Title *string `json:"title,omitempty"`
	// OutputFormat is the form of the answer. Default text.
	OutputFormat *OutputFormat `json:"output_format,omitempty"`
	// OutputSchema is the JSON Schema of the answer, for OutputFormatJSON.
	// Default none.
	OutputSchema json.RawMessage `json:"output_schema,omitempty"`
	// AdditionalContext is told to the agent besides the input. Default none.
	AdditionalContext *string `json:"additional_context,omitempty"`
	// ExpectedOutput describes in words what the answer should be. Default
	// none.
	ExpectedOutput *string `json:"expected_output,omitempty"`
	// InstructionsOverride is told to the agent instead of its instructions.
	// Default none.
	InstructionsOverride *string `json:"instructions_override,omitempty"`
	// ThinkMode says how hard the agent thinks. Default default.
	ThinkMode *ThinkMode `json:"think_mode,omitempty"`
	// DisableAttachmentInjection keeps the files out of what the model reads.
	// Default false.
	DisableAttachmentInjection *bool `json:"disable_attachment_injection,omitempty"`
	// EventsStreaming makes the stream of the task have all events, those
	// about tools included. Default false.
	EventsStreaming *bool `json:"events_streaming,omitempty"`
	// PayloadExtension is a JSON object that is added to the payloads of tool
	// calls. It may hold secrets and is not printed. Default none.
	PayloadExtension json.RawMessage `json:"payload_extension,omitempty"`
	// ParentExecutionID is the task that this one is a part of. Default none.
	ParentExecutionID *string `json:"parent_execution_id,omitempty"`
	// TriggeringAgentID is the agent that starts it. Default none.
	TriggeringAgentID *string `json:"triggering_agent_id,omitempty"`
	// WorkerID is the worker that is to run it. Default any.
	WorkerID *string `json:"worker_id,omitempty"`
	// Source says where it comes from. Default "api".
	Source *string `json:"source,omitempty"`
	// MCPServers are MCP servers that the agent may use for this task. Default
	// none.
	MCPServers []MCPSettings `json:"mcp_servers,omitzero"`
	// RunLocally leaves the work to a worker of the caller's own. Default
	// false.
	RunLocally *bool `json:"run_locally,omitempty"`

	// Version is the version of the agent to run: a number, or "draft" for
	// what was changed since the last deploy. Default the deployed one.
	Version string `json:"-"`

	// ExtraFields are put into the request last: for fields that this package
	// does not know. A nil value sends null. Their values are never printed.
	ExtraFields map[string]any `json:"-"`
}

// Format prints the request without secrets.
func (r InvokeRequest) Format(state fmt.State, verb rune) {
	type plain InvokeRequest
	r.ExtraFields = redact.Values(r.ExtraFields) // may hold tokens of the user
	r.PayloadExtension = hidden(r.PayloadExtension)
	redact.Format(state, verb, plain(r))
}

// LogValue describes the request to log/slog without secrets.
func (r InvokeRequest) LogValue() slog.Value {
	return slog.StringValue(fmt.Sprintf("%+v", r))
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. The methods that start a task
// call it.
func (r InvokeRequest) Validate() error { return r.validate("invoke agent") }

func (r InvokeRequest) validate(op string) error {
	var problems validate.Problems
	if _, replaced := r.ExtraFields["input"]; !replaced {
		r.Input.validate(&problems)
	}
	if r.ID == "." || r.ID == ".." {
		problems.Add("id", `must not be "." or "..": the task could not be read`)
	}
	problems.NotExtra("id", r.ExtraFields)
	r.Version = "" // it is no part of the body
	problems.UTF8(r)
	return problems.Err(provider, op)
}

func (i TaskInput) validate(problems *validate.Problems) {
	if i.Text == "" && len(i.Files) == 0 {
		problems.Add("input.text", "is required, unless there are input.files")
	}
	for n, file := range i.Files {
		if file == "" {
			problems.Addf(fmt.Sprintf("input.files[%d]", n), "must not be empty")
		}
	}
	if i.User != nil {
		problems.Required("input.user.email", i.User.Email)
	}
}

// InvokeAgent gives an agent something to do and waits for the response, which
// comes when the agent is done. One attempt is bounded by RunTimeout of the
// retry policy (10 minutes by default). A task that did not end well is no
// error: [Task.Err] tells.
//
// It starts at most one turn. It is not repeated when the response is lost:
// the task is then looked up by its id, and waited for. If it cannot be found,
// the error matches [agentclients.ErrOutcomeUnknown] and has the id as
// ResourceID, to be read with GetTask later. A new task can be told by the id
// that the client makes; of one with an ID of the request's own, the text is
// read before and after, so that a turn with the same text as the one before
// it stays unknown.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent,
// [agentclients.ErrBadRequest] for a value that the server does not know or an
// agent that is not active, [agentclients.ErrConflict] if the task still runs,
// [agentclients.ErrOutcomeUnknown] if the turn may have been started.
//
// API reference: Invoke Agent (Sync), POST /v1/agents/{agent_id}/invoke,
// https://docs.xpander.ai.
func (c *Client) InvokeAgent(ctx context.Context, agentID string, request InvokeRequest, options ...agentclients.CallOption) (*Task, error) {
	t, err := c.newTurn(ctx, "invoke agent", "/invoke", agentID, request, options)
	if err != nil {
		return nil, err
	}
	defer t.tally.Report()
	run, cancel := transport.RunContext(ctx, c.transport, options)
	defer cancel()
	task, err := t.start(ctx)
	if err == nil {
		return task, nil
	}
	if task, err = t.find(ctx, err); err != nil {
		return nil, err
	}
	// The response would have had any state that goes on no more. Of one that
	// is not known the time of the end tells.
	ends := func(task *Task) (poll.State, string) {
		state, status := task.state()
		if state == poll.InputRequired || state == poll.Unknown && task.FinishedAt != "" {
			state = poll.Ended
		}
		return state, status
	}
	if state, _ := ends(task); state == poll.Ended {
		return task, nil
	}
	return t.wait(run, task, ends)
}

// StartTask gives an agent something to do and does not wait for it: the task
// is usually pending. WaitTask waits for its end.
//
// It starts at most one turn. It is not repeated when the response is lost:
// the task is then looked up by its id, as InvokeAgent does. If it cannot be
// found, the error matches [agentclients.ErrOutcomeUnknown] and has the id as
// ResourceID.
//
// Errors: those of InvokeAgent.
//
// API reference: Invoke Agent (Async), POST
// /v1/agents/{agent_id}/invoke/async, https://docs.xpander.ai.
func (c *Client) StartTask(ctx context.Context, agentID string, request InvokeRequest, options ...agentclients.CallOption) (*Task, error) {
	t, err := c.newTurn(ctx, "start task", "/invoke/async", agentID, request, options)
	if err != nil {
		return nil, err
	}
	defer t.tally.Report()
	task, err := t.start(ctx)
	if err != nil {
		return t.find(ctx, err)
	}
	return task, nil
}

// StreamTask gives an agent something to do and returns what happens, event by
// event. The last event has the type [TaskEventFinished]. Nothing is sent
// before the events are ranged over, which can be done once. Breaking out of
// the loop leaves the task going on: StopTask stops it.
//
// It starts at most one turn and is never repeated when a response is lost,
// and the stream cannot be resumed. If it ends before its last event, the last
// pair has an error that matches [agentclients.ErrStreamEnded], with the id of
// the task as ResourceID for WaitTask or GetTask. If the response breaks
// before its first event, the task is looked up by its id, as InvokeAgent
// does, and if it cannot be found the error matches
// [agentclients.ErrOutcomeUnknown]. StreamRun goes on by reading instead.
//
// Errors: those of InvokeAgent, and [agentclients.ErrStreamEnded],
// [agentclients.ErrResponseTooLarge] for an event beyond
// StreamPolicy.MaxEventBytes, [agentclients.ErrRunFailed] if the stream breaks
// after the server said that something failed.
//
// API reference: Invoke Agent (Stream), POST
// /v1/agents/{agent_id}/invoke/stream, https://docs.xpander.ai.
func (c *Client) StreamTask(ctx context.Context, agentID string, request InvokeRequest, options ...agentclients.CallOption) iter.Seq2[TaskEvent, error] {
	const op = "stream task"
	return transport.Once(c.transport, op, func(yield func(TaskEvent, error) bool) {
		t, err := c.newTurn(ctx, op, "/invoke/stream", agentID, request, options)
		if err == nil {
			err = t.stream(ctx, func(event TaskEvent) bool {
				t.tally.Report()
				return yield(event, nil)
			})
			t.tally.Report()
		}
		if err != nil {
			yield(TaskEvent{}, err)
		}
	})
}

// GetTask reads one task. It is repeated after every transient failure.
//
// Errors: [agentclients.ErrNotFound] if there is no such task.
//
// API reference: Get Task, GET /v1/tasks/{task_id}, https://docs.xpander.ai.
func (c *Client) GetTask(ctx context.Context, taskID string, options ...agentclients.CallOption) (*Task, error) {
	task, _, err := c.readTask(ctx, "get task", taskID, options)
	return task, err
}

// readTask reads a task, also for calls that take several requests. It returns
// the wait that the server names, too.
func (c *Client) readTask(ctx context.Context, op, taskID string, options []agentclients.CallOption) (*Task, time.Duration, error) {
	var wait time.Duration
	task, err := transport.Call(ctx, c.transport, transport.Op{
		Name:       op,
		Method:     http.MethodGet,
		Path:       "/v1/tasks/{task_id}",
		Params:     []string{taskID},
		Replay:     transport.ReplaySafe,
		RetryAfter: &wait,
	}, options, decodeTask)
	return task, wait, err
}

// longestWait is the longest wait between two looks at a task: a fourth of the
// limit of 1,000 requests an hour.
const longestWait = 15 * time.Second

// WaitTask waits until a task is done, and returns it, also beside an error if
// it was seen. A task that did not end well is no error: [Task.Err] tells. It
// looks again and again, after waits that grow from half a second to 15
// seconds; a wait that the server names is kept. progress is told of every
// look; it may be nil.
//
// Looks are repeated after every transient failure, and a few in a row may
// fail. A task that does not exist yet is waited for, for some seconds. If ctx
// has no deadline, the wait ends after RunTimeout of the retry policy (10
// minutes by default); the task goes on.
//
// Errors: [agentclients.ErrInputRequired] if the task is paused, which is an
// end of the wait and not of the task, [agentclients.ErrNotFound] if there is
// no such task, the error of the context with the id and the last status, and
// an error that names the status if it is none that this package knows.
//
// API reference: Get Task, GET /v1/tasks/{task_id}, https://docs.xpander.ai.
func (c *Client) WaitTask(ctx context.Context, taskID string, progress func(*Task), options ...agentclients.CallOption) (*Task, error) {
	const op = "wait for task"
	ctx, cancel := transport.RunContext(ctx, c.transport, options)
	defer cancel()
	tally, options := transport.NewTally(options)
	defer tally.Report()
	task, err := poll.Wait(ctx, poll.Poll[*Task]{
		Provider: provider, Op: op, ID: taskID, Ceiling: longestWait,
		Look: func(ctx context.Context) (*Task, time.Duration, error) {
			return c.readTask(ctx, op, taskID, options)
		},
		State:    (*Task).state,
		Progress: progress,
	})
	return task, c.transport.Clean(err)
}

// StopTask stops a task, and returns it. One that is done already is returned
// as it is. It is repeated after every transient failure.
//
// Errors: [agentclients.ErrNotFound] if there is no such task.
//
// API reference: Stop Task, POST /v1/tasks/{task_id}/stop,
// https://docs.xpander.ai.
func (c *Client) StopTask(ctx context.Context, taskID string, options ...agentclients.CallOption) (*Task, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "stop task",
		Method: http.MethodPost,
		Path:   "/v1/tasks/{task_id}/stop",
		Params: []string{taskID},
		Replay: transport.ReplaySafe,
	}, options, decodeTask)
}

// DeleteTask removes a task and its thread. One that runs is stopped before.
// It is repeated after every transient failure; 404 to a repeat means that an
// earlier try removed the task.
//
// Errors: [agentclients.ErrNotFound] if there is no such task.
//
// API reference: Delete Task, DELETE /v1/tasks/{task_id},
// https://docs.xpander.ai.
func (c *Client) DeleteTask(ctx context.Context, taskID string, options ...agentclients.CallOption) error {
	return transport.Do(ctx, c.transport, transport.Op{
		Name:   "delete task",
		Method: http.MethodDelete,
		Path:   "/v1/tasks/{task_id}",
		Params: []string{taskID},
		Replay: transport.ReplaySafe,
	}, options)
}
