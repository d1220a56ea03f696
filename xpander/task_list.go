package xpander

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// ListTasksRequest says which part of a list of tasks to read. The zero value
// is the first page of all.
type ListTasksRequest struct {
	// Page is the number of the page, the first one is 1. 0: the first.
	Page int
	// PerPage is how many tasks a page has, at most 50. 0: as many as the
	// server likes, which is 20.
	PerPage int
	// AgentID restricts the list to the tasks of an agent. ListAgentTasks and
	// AllAgentTasks, which have an agent already, refuse it.
	AgentID string
	// UserID restricts the list to the tasks for a user: User.ID of the input.
	UserID string
	// ParentTaskID restricts the list to the parts of a task.
	ParentTaskID string
	// TriggeringAgentID restricts the list to the tasks that an agent started.
	TriggeringAgentID string
	// Status restricts the list to tasks in a state.
	Status TaskStatus
	// InternalStatus restricts the list to tasks with a word of the agent's
	// own for their state.
	InternalStatus string
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. The methods that read lists
// of tasks call it.
func (r ListTasksRequest) Validate() error {
	var problems validate.Problems
	r.validate(&problems)
	return problems.Err(provider, "list tasks")
}

func (r ListTasksRequest) validate(problems *validate.Problems) {
	problems.NotNegative("page", r.Page)
	problems.NotNegative("per_page", r.PerPage)
}

func (r ListTasksRequest) query() url.Values {
	query := wire.NewQuery()
	query.Number("page", r.Page)
	query.Number("per_page", r.PerPage)
	query.Text("agent_id", r.AgentID)
	query.Text("user_id", r.UserID)
	query.Text("parent_task_id", r.ParentTaskID)
	query.Text("triggering_agent_id", r.TriggeringAgentID)
	query.Text("status", string(r.Status))
	query.Text("internal_status", r.InternalStatus)
	return query.Values
}

// TaskSummary is what a list says of a task. GetTask reads the rest.
type TaskSummary struct {
	// ID identifies the task.
	ID string `json:"id"`
	// AgentID is the agent that works on it.
	AgentID string `json:"agent_id,omitempty"`
	// OrganizationID is the organization that the task belongs to.
	OrganizationID string `json:"organization_id,omitempty"`
	// Status says how far the latest turn is.
	Status TaskStatus `json:"status,omitempty"`
	// UserID is the user that it is for, if any.
	UserID string `json:"user_id,omitempty"`
	// ParentTaskID is the task that it is a part of, if any.
	ParentTaskID string `json:"parent_task_id,omitempty"`
	// TriggeringAgentID is the agent that started it, if any.
	TriggeringAgentID string `json:"triggering_agent_id,omitempty"`
	// CreatedAt is when the first turn was started.
	CreatedAt agentclients.Timestamp `json:"created_at,omitempty"`
	// UpdatedAt is when something changed last.
	UpdatedAt agentclients.Timestamp `json:"updated_at,omitempty"`
	// SourceNodeType is the way by which it came, such as webhook.
	SourceNodeType SourceNodeType `json:"source_node_type,omitempty"`
	// Result is what the agent answered, "" as long as it did not.
	Result string `json:"result,omitempty"`
	// Title is the title of the task, if any.
	Title string `json:"title,omitempty"`
}

// String describes the task in one line: its id, status and title.
func (t TaskSummary) String() string {
	return Task{ID: t.ID, Status: t.Status, Title: t.Title}.String()
}

// TaskList is one page of tasks.
type TaskList struct {
	// Tasks are the tasks of this page, the newest first. A task that is
	// continued stays one.
	Tasks []TaskSummary `json:"items"`
	// Total is how many tasks there are on all pages.
	Total int `json:"total"`
	// Page is the number of this page, the first one is 1.
	Page int `json:"page"`
	// PerPage is how many tasks a full page has.
	PerPage int `json:"per_page"`
	// TotalPages is how many pages there are.
	TotalPages int `json:"total_pages"`
}

// String describes the page in one line.
func (l TaskList) String() string {
	return fmt.Sprintf("page %d of %d: %d of %d tasks", l.Page, l.TotalPages, len(l.Tasks), l.Total)
}

// ListTasks reads one page of the tasks of the organization, the newest first.
// A page after the last one is empty. It is repeated after every transient
// failure.
//
// Errors: [agentclients.ErrBadRequest] for a PerPage or a Status that the
// server does not know.
//
// API reference: List Tasks, GET /v1/tasks, https://docs.xpander.ai.
func (c *Client) ListTasks(ctx context.Context, request ListTasksRequest, options ...agentclients.CallOption) (*TaskList, error) {
	if err := request.Validate(); err != nil {
		return nil, err
	}
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "list tasks",
		Method: http.MethodGet,
		Path:   "/v1/tasks",
		Query:  request.query(),
		Replay: transport.ReplaySafe,
	}, options, decodeTaskList)
}

// AllTasks reads the tasks of the organization page by page, PerPage of them
// at a time (20 by default), beginning with Page. A task that moves to the
// next page meanwhile is not given twice. The loop ends after the last task,
// or after one error.
//
// API reference: List Tasks, GET /v1/tasks, https://docs.xpander.ai.
func (c *Client) AllTasks(ctx context.Context, request ListTasksRequest, options ...agentclients.CallOption) iter.Seq2[TaskSummary, error] {
	return allTasks("list tasks", request, func(request ListTasksRequest) (*TaskList, error) {
		return c.ListTasks(ctx, request, options...)
	})
}

// ListAgentTasks reads one page of the tasks of an agent, the newest first. A
// page after the last one is empty. It is repeated after every transient
// failure.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent,
// [agentclients.ErrBadRequest] for a PerPage or a Status that the server does
// not know.
//
// API reference: List Agent Tasks, GET /v1/agents/{agent_id}/tasks,
// https://docs.xpander.ai.
func (c *Client) ListAgentTasks(ctx context.Context, agentID string, request ListTasksRequest, options ...agentclients.CallOption) (*TaskList, error) {
	const op = "list agent tasks"
	var problems validate.Problems
	request.validate(&problems)
	if request.AgentID != "" {
		problems.Add("agent_id", "must not be set in the request: the agent is given already")
	}
	return transport.Call(ctx, c.transport, transport.Op{
		Name:     op,
		Method:   http.MethodGet,
		Path:     "/v1/agents/{agent_id}/tasks",
		Params:   []string{agentID},
		Invalid:  problems.Err(provider, op),
		Query:    request.query(),
		Replay:   transport.ReplaySafe,
		Reserved: reservedIDs,
	}, options, decodeTaskList)
}

// AllAgentTasks reads the tasks of an agent like AllTasks. The loop ends after
// the last task, or after one error.
//
// API reference: List Agent Tasks, GET /v1/agents/{agent_id}/tasks,
// https://docs.xpander.ai.
func (c *Client) AllAgentTasks(ctx context.Context, agentID string, request ListTasksRequest, options ...agentclients.CallOption) iter.Seq2[TaskSummary, error] {
	return allTasks("list agent tasks", request, func(request ListTasksRequest) (*TaskList, error) {
		return c.ListAgentTasks(ctx, agentID, request, options...)
	})
}

// allTasks walks a list from the page of the request on.
func allTasks(op string, request ListTasksRequest, fetch func(ListTasksRequest) (*TaskList, error)) iter.Seq2[TaskSummary, error] {
	id := func(task TaskSummary) string { return task.ID }
	return walk(op, request.Page, request.PerPage, id, func(page int) (numberedPage[TaskSummary], error) {
		request := request
		request.Page = page
		list, err := fetch(request)
		if err != nil {
			return numberedPage[TaskSummary]{}, err
		}
		return numberedPage[TaskSummary]{list.Tasks, list.Page, list.PerPage, list.Total, list.TotalPages}, nil
	})
}

func decodeTaskList(body []byte) (*TaskList, error) {
	return wire.DecodeList(body, "items", func(l *TaskList) *[]TaskSummary { return &l.Tasks })
}
