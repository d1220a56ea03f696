package orq

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/pages"
	"github.com/agentclients/agentclients-go/internal/poll"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// InvokeRequest says what an agent is to do in a task.
type InvokeRequest struct {
	// TaskID continues the task with this id, which must not be working. "":
	// a new task.
	TaskID string `json:"task_id,omitempty"`
	// Message is what the agent is told: see [UserMessage] and
	// [ToolMessage]. Required.
	Message Message `json:"message"`
	// Variables replace the variables in the instructions, by name.
	Variables map[string]any `json:"variables,omitzero"`
	// Identity is who the agent works for, for newer servers. Nil leaves it
	// out.
	Identity *Identity `json:"identity,omitempty"`
	// Contact is who the agent works for, for the servers of 2025. Nil leaves
	// it out.
	Contact *Identity `json:"contact,omitempty"`
	// Thread groups the task with others. Nil leaves it out.
	Thread *Thread `json:"thread,omitempty"`
	// Memory says whose memories the agent uses. Nil leaves it out.
	Memory *Memory `json:"memory,omitempty"`
	// Metadata is noted on the task, of any names.
	Metadata map[string]any `json:"metadata,omitzero"`
	// Engine fills in the variables. Only newer servers know it. Nil leaves
	// it out.
	Engine *Engine `json:"engine,omitempty"`
	// Configuration says how the response comes. Only newer servers know it.
	// Nil leaves it out.
	Configuration *InvokeConfiguration `json:"configuration,omitempty"`
	// StreamTimeoutSeconds is how long StreamTask may stream, 1 to 3600.
	// Default 1800. The task goes on after that. Nil leaves it out.
	StreamTimeoutSeconds *int `json:"stream_timeout_seconds,omitempty"`

	// ExtraFields are put into the request last: for fields that this package
	// does not know. A nil value sends null.
	ExtraFields map[string]any `json:"-"`
}

// InvokeConfiguration says how the response to an InvokeRequest comes.
type InvokeConfiguration struct {
	// Blocking makes the response come when the agent is done, with its
	// messages. Default false.
	Blocking *bool `json:"blocking,omitempty"`
}

// maxStreamTimeout is the longest stream of a task, in seconds.
const maxStreamTimeout = 3600

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. InvokeAgent and StreamTask
// call it.
func (r InvokeRequest) Validate() error { return r.validate(invokeAgent) }

const (
	invokeAgent = "invoke agent"
	streamTask  = "stream task"
)

func (r InvokeRequest) validate(op string) error {
	var problems validate.Problems
	r.Message.validate(&problems)
	validateContext(&problems, r.Identity, r.Thread, r.Memory)
	if r.Contact != nil {
		problems.Required("contact.id", r.Contact.ID)
	}
	if seconds := r.StreamTimeoutSeconds; seconds != nil && (*seconds < 1 || *seconds > maxStreamTimeout) {
		problems.Addf("stream_timeout_seconds", "must be from 1 to %d, not %d", maxStreamTimeout, *seconds)
	}
	problems.UTF8(invokeBody(r))
	return problems.Err(provider, op)
}

// MarshalJSON returns the request as JSON, as it is sent: with ExtraFields.
func (r InvokeRequest) MarshalJSON() ([]byte, error) {
	return wire.Encode(invokeBody(r), r.ExtraFields)
}

// String returns the request as JSON in one line.
func (r InvokeRequest) String() string { return wire.Line(r) }

// invokeBody is the request without its extra fields.
type invokeBody InvokeRequest

// op returns the operation that starts the task at a path below the agent's.
func (r InvokeRequest) op(name, path, agentKey string) transport.Op {
	return transport.Op{
		Name:       name,
		Method:     http.MethodPost,
		Path:       "/v2/agents/{key}" + path,
		Params:     []string{agentKey},
		Invalid:    r.validate(name),
		Body:       invokeBody(r),
		Extra:      r.ExtraFields,
		Replay:     transport.ReplayNever,
		Starts:     true,
		ResourceID: r.TaskID,
	}
}

// InvokeAgent gives an agent something to do, or goes on with a task, and does
// not wait for it: the task is usually submitted. WaitTask waits for its end.
// With Configuration.Blocking the response comes when the agent is done; one
// attempt is then bounded by RunTimeout of the retry policy (10 minutes by
// default). A task that did not end well is no error: [Task.Err] tells.
//
// agentKey is the key of the agent or its id, and may end with "@" and a
// version.
//
// It starts at most one turn. It is not repeated when the response is lost,
// and the error then matches [agentclients.ErrOutcomeUnknown]: nothing in this
// API names a task before its response does. ListTasks shows the newest tasks
// of the agent, on servers that have it; a task that is continued shows its
// history.
//
// The vendor has deprecated this operation since the end of 2025 and
// recommends what [Client.CreateResponse] does.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent or task,
// [agentclients.ErrConflict] if the task is still working,
// [agentclients.ErrBadRequest] if the server finds the request wrong,
// [agentclients.ErrOutcomeUnknown] if the turn may have been started.
//
// API reference: Invoke an agent, POST /v2/agents/{key}/task,
// https://docs.orq.ai.
func (c *Client) InvokeAgent(ctx context.Context, agentKey string, request InvokeRequest, options ...agentclients.CallOption) (*Task, error) {
	op := request.op(invokeAgent, "/task", agentKey)
	op.Waits = request.Configuration != nil && request.Configuration.Blocking != nil && *request.Configuration.Blocking
	return transport.Call(ctx, c.transport, op, options, decodeTask)
}

// StreamTask gives an agent something to do, or goes on with a task, and
// returns what happens, event by event. The last event is of the type
// [TaskEventInactive], [TaskEventErrored], [TaskEventTimeout] or
// [TaskEventError]; [TaskEvent.Err] tells what that means. Nothing is sent
// before the events are ranged over, which can be done once. Breaking out of
// the loop leaves the task going on.
//
// agentKey is the key of the agent or its id, and may end with "@" and a
// version.
//
// It starts at most one turn and is never repeated when a response is lost,
// and the stream cannot be resumed. If it ends before its last event, the last
// pair has an error that matches [agentclients.ErrStreamEnded], with the id of
// the task as ResourceID for WaitTask or GetTask. If it breaks before an event
// that names the task, the error matches [agentclients.ErrOutcomeUnknown].
//
// The vendor has deprecated this operation since the end of 2025 and
// recommends what [Client.StreamResponse] does.
//
// Errors: those of InvokeAgent, and [agentclients.ErrStreamEnded],
// [agentclients.ErrResponseTooLarge] for an event beyond
// StreamPolicy.MaxEventBytes, [agentclients.ErrRunFailed] if the stream ends
// after the server said that something failed.
//
// API reference: Stream agent execution in real-time, POST
// /v2/agents/{key}/stream-task, https://docs.orq.ai.
func (c *Client) StreamTask(ctx context.Context, agentKey string, request InvokeRequest, options ...agentclients.CallOption) iter.Seq2[TaskEvent, error] {
	return transport.Once(c.transport, streamTask, func(yield func(TaskEvent, error) bool) {
		streamEvents(ctx, c, request.op(streamTask, "/stream-task", agentKey), options, yield)
	})
}

// ListTasksRequest says which part of the tasks of an agent to read. The zero
// value is the first page.
type ListTasksRequest struct {
	// Limit is how many tasks to return at most, 1 to 200. 0: as many as the
	// server likes, which is 10.
	Limit int
	// StartingAfter is the ID of the task before the first one to return.
	StartingAfter string
	// EndingBefore is the ID of the task after the last one to return.
	EndingBefore string
	// States restrict the list to tasks in one of these states. None: all.
	States []TaskState
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. ListTasks calls it.
func (r ListTasksRequest) Validate() error {
	var problems validate.Problems
	if r.Limit < 0 || r.Limit > maxLimit {
		problems.Addf("limit", "must be from 1 to %d, or 0 for the server's own", maxLimit)
	}
	problems.Text("starting_after", r.StartingAfter)
	problems.Text("ending_before", r.EndingBefore)
	for i, state := range r.States {
		path := fmt.Sprintf("status[%d]", i)
		problems.Text(path, string(state))
		if state == "" || strings.Contains(string(state), ",") {
			problems.Add(path, "must be one state")
		}
	}
	return problems.Err(provider, listTasks)
}

const listTasks = "list tasks"

func (r ListTasksRequest) query() url.Values {
	query := wire.NewQuery()
	query.Number("limit", r.Limit)
	query.Text("starting_after", r.StartingAfter)
	query.Text("ending_before", r.EndingBefore)
	states := make([]string, len(r.States))
	for i, state := range r.States {
		states[i] = string(state)
	}
	query.Text("status", strings.Join(states, ","))
	return query.Values
}

// ListTasks reads one page of the tasks of an agent, the newest first. It is
// repeated after every transient failure. Only the servers of 2025 have it.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent, or if the
// server has no lists of tasks, [agentclients.ErrBadRequest] for an id that
// cannot be one.
//
// API reference: List all tasks for an agent, GET
// /v2/agents/{agent_key}/tasks, https://docs.orq.ai.
func (c *Client) ListTasks(ctx context.Context, agentKey string, request ListTasksRequest, options ...agentclients.CallOption) (*TaskList, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:    listTasks,
		Method:  http.MethodGet,
		Path:    "/v2/agents/{agent_key}/tasks",
		Params:  []string{agentKey},
		Invalid: request.Validate(),
		Query:   request.query(),
		Replay:  transport.ReplaySafe,
	}, options, decodeTaskList)
}

// AllTasks reads the tasks of an agent page by page, Limit of them at a time
// (200 by default), the newest first, beginning after StartingAfter. If
// EndingBefore alone is set it walks the other way: from there to the newest.
// The loop ends after the last task, or after one error. Only the servers of
// 2025 have it.
//
// API reference: List all tasks for an agent, GET
// /v2/agents/{agent_key}/tasks, https://docs.orq.ai.
func (c *Client) AllTasks(ctx context.Context, agentKey string, request ListTasksRequest, options ...agentclients.CallOption) iter.Seq2[Task, error] {
	request.Limit = cmp.Or(request.Limit, maxLimit)
	back := request.StartingAfter == "" && request.EndingBefore != ""
	whole := request.StartingAfter == "" && request.EndingBefore == ""
	first := request.StartingAfter
	if back {
		first = request.EndingBefore
	}
	return func(yield func(Task, error) bool) {
		seen := 0 // of this loop
		pages.All(provider, listTasks, first, taskID, func(cursor string) (pages.Page[Task, string], error) {
			request := request
			if back {
				request.EndingBefore = cursor
			} else {
				request.StartingAfter = cursor
			}
			list, err := c.ListTasks(ctx, agentKey, request, options...)
			if err != nil {
				return pages.Page[Task, string]{}, err
			}
			if back {
				slices.Reverse(list.Tasks)
			}
			seen += len(list.Tasks)
			page := pages.Page[Task, string]{Items: list.Tasks, Next: cursor}
			if n := len(list.Tasks); n > 0 {
				page.Next = cmp.Or(list.Tasks[n-1].ID, cursor)
				page.More = !whole || list.OverallTotal == 0 || seen < list.OverallTotal
			}
			return page, nil
		})(yield)
	}
}

func taskID(task Task) string { return task.ID }

// GetTask reads one task with its history. It is repeated after every
// transient failure. Only the servers of 2025 have it.
//
// Errors: [agentclients.ErrNotFound] if there is no such task, or if the
// server has no such operation: then [Client.GetAgentResponse] reads it.
//
// API reference: Retrieve a specific agent task, GET
// /v2/agents/{agent_key}/tasks/{task_id}, https://docs.orq.ai.
func (c *Client) GetTask(ctx context.Context, agentKey, taskID string, options ...agentclients.CallOption) (*Task, error) {
	task, _, err := c.readTask(ctx, "get task", agentKey, taskID, options)
	return task, err
}

// readTask reads a task, also for calls that take several requests. It returns
// the wait that the server names, too.
func (c *Client) readTask(ctx context.Context, op, agentKey, taskID string, options []agentclients.CallOption) (*Task, time.Duration, error) {
	var wait time.Duration
	task, err := transport.Call(ctx, c.transport, transport.Op{
		Name:       op,
		Method:     http.MethodGet,
		Path:       "/v2/agents/{agent_key}/tasks/{task_id}",
		Params:     []string{agentKey, taskID},
		Replay:     transport.ReplaySafe,
		RetryAfter: &wait,
	}, options, decodeTask)
	return task, wait, err
}

// WaitTask waits until a task is done, and returns it, also beside an error if
// it was seen. A task that did not end well is no error: [Task.Err] tells. It
// looks again and again, after waits that grow from half a second to 5
// seconds; a wait that the server names is kept. progress is told of every
// look; it may be nil.
//
// Looks are repeated after every transient failure, and a few in a row may
// fail. A task that does not exist yet is waited for, for some seconds. If ctx
// has no deadline, the wait ends after RunTimeout of the retry policy (10
// minutes by default); the task goes on. Only the servers of 2025 have it.
//
// Errors: [agentclients.ErrInputRequired] if the task waits for the result or
// the approval of a tool, which is an end of the wait and not of the task,
// [agentclients.ErrNotFound] if there is no such task, the error of the
// context with the id and the last state, and an error that names the state if
// it is none that this package knows.
//
// API reference: Retrieve a specific agent task, GET
// /v2/agents/{agent_key}/tasks/{task_id}, https://docs.orq.ai.
func (c *Client) WaitTask(ctx context.Context, agentKey, taskID string, progress func(*Task), options ...agentclients.CallOption) (*Task, error) {
	const op = "wait for task"
	ctx, cancel := transport.RunContext(ctx, c.transport, options)
	defer cancel()
	tally, options := transport.NewTally(options)
	defer tally.Report()
	task, err := poll.Wait(ctx, poll.Poll[*Task]{
		Provider: provider, Op: op, ID: taskID,
		Look: func(ctx context.Context) (*Task, time.Duration, error) {
			return c.readTask(ctx, op, agentKey, taskID, options)
		},
		State:    (*Task).state,
		Progress: progress,
	})
	return task, c.transport.Clean(err)
}
