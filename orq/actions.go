package orq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// Review is what a person says to an action that needs approval. The API may
// add words.
type Review string

// The documented reviews.
const (
	ReviewApproved Review = "approved"
	ReviewRejected Review = "rejected"
)

// Action is one call of a tool in a task.
type Action struct {
	// ID identifies the action.
	ID string `json:"_id"`
	// ToolCallID is what the model calls the call.
	ToolCallID string `json:"agent_tool_call_id,omitempty"`
	// Tool is the tool that is called.
	Tool ActionTool `json:"tool,omitzero"`
	// Created is when the agent wanted the call.
	Created agentclients.Timestamp `json:"created,omitempty"`
	// Updated is when something changed last.
	Updated agentclients.Timestamp `json:"updated,omitempty"`
	// Started is when the call began, "" as long as it did not.
	Started agentclients.Timestamp `json:"started,omitempty"`
	// Finished is when the call ended, "" as long as it did not.
	Finished agentclients.Timestamp `json:"finished,omitempty"`
	// AgentID is the server's id of the agent.
	AgentID string `json:"agent_id,omitempty"`
	// ActionType is the kind of tool.
	ActionType ToolType `json:"action_type,omitempty"`
	// TaskID is the task that the call belongs to.
	TaskID string `json:"agent_execution_id,omitempty"`
	// WorkspaceID is the workspace that the agent belongs to.
	WorkspaceID string `json:"workspace_id,omitempty"`
	// State says how far the call is.
	State ActionState `json:"state,omitzero"`
}

// ActionTool is the tool of an action.
type ActionTool struct {
	// ID is the server's id of the tool.
	ID string `json:"id"`
	// DisplayName is the tool's name for people.
	DisplayName string `json:"display_name,omitempty"`
	// RequiresApproval reports that a person must approve the call.
	RequiresApproval bool `json:"requires_approval,omitempty"`
}

// ActionState says how far an action is.
type ActionState struct {
	// Review is what a person said to it, "" as long as nobody did.
	Review Review `json:"review,omitempty"`
	// ReviewSource says where that was, "" if it is not stated.
	ReviewSource string `json:"review_source,omitempty"`
	// ReviewedByID is who said it, "" if it is not stated.
	ReviewedByID string `json:"reviewed_by_id,omitempty"`
	// Executed reports that the tool was called.
	Executed bool `json:"executed,omitempty"`
	// Error says what went wrong, "" if nothing did.
	Error string `json:"error,omitempty"`
	// Input is what the tool is given, as a JSON object.
	Input json.RawMessage `json:"input,omitempty"`
	// Output is what it returned, as a JSON object.
	Output json.RawMessage `json:"output,omitempty"`
}

// String describes the action in one line: its id, its tool, and what was said
// to it.
func (a Action) String() string {
	line := wire.Linef("action %s of %s", a.ID, a.ActionType)
	if a.State.Review != "" {
		line += wire.Linef(" %s", a.State.Review)
	}
	return line
}

// ActionList are the actions of a task.
type ActionList struct {
	// Object is the kind of the response, always "list".
	Object string `json:"object"`
	// Actions are the actions of the task.
	Actions []Action `json:"data"`
	// HasMore reports that the task has more actions than these.
	HasMore bool `json:"has_more"`
}

// String returns how many actions there are in one line.
func (l ActionList) String() string { return fmt.Sprintf("%d actions", len(l.Actions)) }

// ListActions reads the calls of tools in a task. It is repeated after every
// transient failure. Only the servers of 2025 have it.
//
// Errors: [agentclients.ErrNotFound] if there is no such task.
//
// API reference: List all actions, GET
// /v2/agents/{agent_key}/tasks/{task_id}/actions, https://docs.orq.ai.
func (c *Client) ListActions(ctx context.Context, agentKey, taskID string, options ...agentclients.CallOption) (*ActionList, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "list actions",
		Method: http.MethodGet,
		Path:   "/v2/agents/{agent_key}/tasks/{task_id}/actions",
		Params: []string{agentKey, taskID},
		Replay: transport.ReplaySafe,
	}, options, decodeActionList)
}

// GetAction reads one call of a tool in a task. It is repeated after every
// transient failure. Only the servers of 2025 have it.
//
// Errors: [agentclients.ErrNotFound] if there is no such action.
//
// API reference: Retrieve an action executed by an agent task, GET
// /v2/agents/{agent_key}/tasks/{task_id}/actions/{action_id},
// https://docs.orq.ai.
func (c *Client) GetAction(ctx context.Context, agentKey, taskID, actionID string, options ...agentclients.CallOption) (*Action, error) {
	return c.readAction(ctx, "get action", agentKey, taskID, actionID, options)
}

func (c *Client) readAction(ctx context.Context, op, agentKey, taskID, actionID string, options []agentclients.CallOption) (*Action, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   op,
		Method: http.MethodGet,
		Path:   "/v2/agents/{agent_key}/tasks/{task_id}/actions/{action_id}",
		Params: []string{agentKey, taskID, actionID},
		Replay: transport.ReplaySafe,
	}, options, decodeAction)
}

// ReviewActionRequest is what a person says to an action that needs approval.
type ReviewActionRequest struct {
	// Review is what they say. Required.
	Review Review `json:"review"`
	// MockOutput is taken as the result of the tool, which is then not
	// called: members of any names. Nil leaves it out.
	MockOutput map[string]any `json:"mock_output,omitzero"`
	// Source says where they said it. "" leaves it out.
	Source string `json:"source,omitempty"`

	// ExtraFields are put into the request last: for fields that this package
	// does not know. A nil value sends null.
	ExtraFields map[string]any `json:"-"`
}

const reviewAction = "review action"

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. ReviewAction calls it.
func (r ReviewActionRequest) Validate() error {
	var problems validate.Problems
	problems.Required("review", string(r.Review))
	problems.NotExtra("review", r.ExtraFields)
	problems.UTF8(reviewActionBody(r))
	return problems.Err(provider, reviewAction)
}

// MarshalJSON returns the request as JSON, as it is sent: with ExtraFields.
func (r ReviewActionRequest) MarshalJSON() ([]byte, error) {
	return wire.Encode(reviewActionBody(r), r.ExtraFields)
}

// String returns the request as JSON in one line.
func (r ReviewActionRequest) String() string { return wire.Line(r) }

// reviewActionBody is the request without its extra fields.
type reviewActionBody ReviewActionRequest

// ReviewAction approves or rejects an action, and the task goes on. WaitTask
// waits for its end. Only the older of the
// servers of 2025 have it.
//
// It reviews at most once. It is not repeated when the response is lost: the
// action is then read, once. If it has this review, ReviewAction has done what
// it should. (That proves that somebody said so, not who.) If it has another
// one, the error is [agentclients.ErrConflict]; if it has none yet, or cannot
// be read, [agentclients.ErrOutcomeUnknown].
//
// Errors: [agentclients.ErrNotFound] if there is no such action,
// [agentclients.ErrBadRequest] if the server finds the request wrong, and the
// above.
//
// API reference: Review an action, POST
// /v2/agents/{agent_key}/tasks/{task_id}/actions/{action_id}/review,
// https://docs.orq.ai.
func (c *Client) ReviewAction(ctx context.Context, agentKey, taskID, actionID string, request ReviewActionRequest, options ...agentclients.CallOption) error {
	tally, options := transport.NewTally(options)
	defer tally.Report()
	err := transport.Do(ctx, c.transport, transport.Op{
		Name:       reviewAction,
		Method:     http.MethodPost,
		Path:       "/v2/agents/{agent_key}/tasks/{task_id}/actions/{action_id}/review",
		Params:     []string{agentKey, taskID, actionID},
		Invalid:    request.Validate(),
		Body:       reviewActionBody(request),
		Extra:      request.ExtraFields,
		Replay:     transport.ReplayNever,
		Starts:     true,
		ResourceID: actionID,
	}, options)
	var lost *agentclients.Error
	if !errors.As(err, &lost) || !lost.OutcomeUnknown || ctx.Err() != nil {
		return err
	}
	action, failure := c.readAction(ctx, reviewAction, agentKey, taskID, actionID, options)
	switch {
	case failure != nil || action.State.Review == "":
		return err
	case action.State.Review == request.Review:
		tally.Settle()
		return nil
	}
	lost.OutcomeUnknown = false
	lost.Err = fmt.Errorf("%w: the review is %q", agentclients.ErrConflict, action.State.Review)
	return c.transport.Clean(lost)
}

func decodeAction(body []byte) (*Action, error) {
	return wire.DecodeWith(body, "_id", func(a *Action) bool { return a.ID != "" })
}

func decodeActionList(body []byte) (*ActionList, error) {
	return wire.DecodeList(body, "data", func(l *ActionList) *[]Action { return &l.Actions })
}
