package orq

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/run"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// The states of a task.
const (
	submitted     = "submitted"
	working       = "working"
	inputRequired = "input-required"
	completed     = "completed"
	failed        = "failed"
)

var taskStates = []string{submitted, working, inputRequired, "auth-required", completed, failed, "canceled", "rejected"}

// The roles of messages.
const (
	roleUser  = "user"
	roleAgent = "agent"
	roleTool  = "tool"
)

// task is a conversation with an agent. All surfaces show it: a run that one
// of them began is a turn of a task for all others.
type task struct {
	ID          string          `json:"id"`
	ContextID   string          `json:"context_id"`
	AgentID     string          `json:"agent_id"`
	WorkspaceID string          `json:"workspace_id"`
	Metadata    json.RawMessage `json:"metadata"`
	History     []message       `json:"history"`
	Turns       []*turn         `json:"turns"` // never empty
	Actions     []*action       `json:"actions,omitempty"`

	next time.Time // when there is more of the last turn
}

// turn is one run of the agent: what was asked, and what comes of it.
type turn struct {
	ID       string           `json:"id"` // a ULID; on the router it begins with resp_
	AgentKey string           `json:"agent_key"`
	Model    string           `json:"model"` // of the agent
	TraceID  string           `json:"trace_id"`
	From     int              `json:"from"`         // its input in the history
	To       int              `json:"to,omitempty"` // where it ends there; 0: it is not over
	Created  time.Time        `json:"created"`
	Changed  time.Time        `json:"changed"`
	Started  bool             `json:"started,omitempty"`
	Ended    time.Time        `json:"ended,omitzero"`
	Finish   string           `json:"finish_reason,omitempty"`
	Error    *runError        `json:"error,omitempty"`
	Usage    *script.Usage    `json:"usage,omitempty"`
	Pending  []pendingCall    `json:"pending_tool_calls,omitempty"` // what the caller has to run
	Waiting  string           `json:"waiting,omitempty"`            // for a review: the id of its action, or execution
	Calls    []string         `json:"calls,omitempty"`              // the ids of the calls of the reply
	Said     string           `json:"said,omitempty"`
	SayingID string           `json:"saying_id,omitempty"` // of the message that is being said
	Steps    int              `json:"steps,omitempty"`     // calls of the model
	Request  *responseRequest `json:"request,omitempty"`   // what the router was asked
	Run      *run.Run         `json:"run,omitempty"`       // nil: it is over
	Agent    *agent           `json:"agent,omitempty"`     // as it runs; nil: the turn is over
	Becomes  *agent           `json:"becomes,omitempty"`   // what the agent is after the run

	// surface is for the one request that began the turn and streams it. No
	// other request can join in, not even after a snapshot.
	surface surface
}

// execution is what a turn waits for that wants a review, but of no action.
const execution = "execution"

// runError is why a run failed.
type runError struct {
	Code    string `json:"code,omitempty"`
	Message string `json:"message"`
}

// pendingCall is a call of a function that the caller has to run.
type pendingCall struct {
	ID       string          `json:"id"`
	Type     string          `json:"type"` // "function"
	Function pendingFunction `json:"function"`
}

type pendingFunction struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"` // JSON as text
}

// message is one of the history of a task.
type message struct {
	Kind      string            `json:"kind,omitempty"`
	MessageID string            `json:"messageId"`
	Role      string            `json:"role"`
	Parts     []json.RawMessage `json:"parts"`
	TaskID    string            `json:"taskId,omitempty"`
	ContextID string            `json:"contextId,omitempty"`
}

// The parts of messages that an agent makes.
type (
	textPart struct {
		Kind string `json:"kind"`
		Text string `json:"text"`
	}
	toolCallPart struct {
		Kind       string          `json:"kind"`
		ToolName   string          `json:"tool_name"`
		ToolCallID string          `json:"tool_call_id"`
		Arguments  json.RawMessage `json:"arguments"`
	}
	toolResultPart struct {
		Kind       string          `json:"kind"`
		ToolCallID string          `json:"tool_call_id"`
		Result     json.RawMessage `json:"result,omitempty"`
	}
)

func newText(text string) json.RawMessage { return jsontext.MustMarshal(textPart{"text", text}) }

// textOf joins the texts of a message; of results of tools their text.
func (m message) textOf() string {
	var texts []string
	for _, raw := range m.Parts {
		members, _ := jsontext.Members(raw)
		switch kind, _ := jsontext.String(members["kind"]); kind {
		case "text":
			text, _ := jsontext.String(members["text"])
			texts = append(texts, text)
		case "tool_result":
			texts = append(texts, plainText(members["result"]))
		}
	}
	return strings.Join(texts, "\n")
}

// plainText is a JSON string as it is, and any other value as JSON.
func plainText(raw json.RawMessage) string {
	if text, ok := jsontext.String(raw); ok {
		return text
	}
	return string(raw)
}

// action is a call of a tool.
type action struct {
	ID               string      `json:"_id"`
	AgentToolCallID  string      `json:"agent_tool_call_id"`
	Tool             actionTool  `json:"tool"`
	Created          string      `json:"created"`
	Updated          string      `json:"updated"`
	Started          string      `json:"started,omitempty"`
	Finished         string      `json:"finished,omitempty"`
	AgentID          string      `json:"agent_id"`
	ActionType       string      `json:"action_type"`
	AgentExecutionID string      `json:"agent_execution_id"` // the task
	WorkspaceID      string      `json:"workspace_id"`
	State            actionState `json:"state"`
}

type actionTool struct {
	ID               string `json:"id"`
	DisplayName      string `json:"display_name"`
	RequiresApproval bool   `json:"requires_approval"`
}

type actionState struct {
	Review       *string         `json:"review"`
	ReviewSource string          `json:"review_source,omitempty"`
	ReviewedByID string          `json:"reviewed_by_id,omitempty"`
	Executed     bool            `json:"executed"`
	Error        string          `json:"error,omitempty"`
	Input        json.RawMessage `json:"input"`
	Output       json.RawMessage `json:"output"`
}

// The reviews of an action.
const (
	approved = "approved"
	rejected = "rejected"
)

// ReadRecord reads a task from a document. What no turn can be played or shown
// of is refused.
func (t *task) ReadRecord(_, id string, document json.RawMessage) error {
	if err := json.Unmarshal(document, t); err != nil {
		return err
	}
	t.ID = cmp.Or(t.ID, id)
	if len(t.Turns) == 0 {
		return fmt.Errorf("task %.80q has no turns", id)
	}
	for i, of := range t.Turns {
		switch {
		case of == nil, of.over() && !(0 <= of.From && of.From < of.To && of.To <= len(t.History)):
			return fmt.Errorf("task %.80q: turn %d is not in the history", id, i+1)
		case of.over() && len(of.Pending) > 0 && (of.Run == nil || of.Run.Reply == nil):
			return fmt.Errorf("task %.80q: turn %d left functions to the caller, and has no reply that goes on", id, i+1)
		case !of.over() && (i < len(t.Turns)-1 || of.Run == nil || of.Agent == nil || of.From >= len(t.History)):
			return fmt.Errorf("task %.80q: turn %d is not over, and cannot go on", id, i+1)
		}
	}
	t.Actions = slices.DeleteFunc(t.Actions, func(a *action) bool { return a == nil })
	return nil
}

// Summary tells the state of the task, and its responses: on the router they
// are what requests name.
func (t *task) Summary() emulate.Summary {
	summary := emulate.Summary{Status: t.latest().state()}
	for _, of := range t.Turns {
		if of.Request != nil {
			summary.IDs = append(summary.IDs, responsePrefix+of.ID)
		}
	}
	return summary
}

// latest is the turn that the task is at.
func (t *task) latest() *turn { return t.Turns[len(t.Turns)-1] }

func (t *turn) over() bool { return !t.Ended.IsZero() }

// state is that of a task whose latest turn this is.
func (t *turn) state() string {
	switch {
	case t.Error != nil:
		return failed
	case len(t.Pending) > 0 || t.Waiting != "":
		return inputRequired
	case t.over():
		return completed
	case t.Started:
		return working
	}
	return submitted
}

// output are the messages of the agent and its tools in a turn. There are none
// before it is over.
func (t *task) output(of *turn) []message {
	if !of.over() {
		return nil
	}
	return t.History[of.From+1 : of.To]
}

// action finds the latest call of an id.
func (t *task) action(callID string) *action {
	for _, a := range slices.Backward(t.Actions) {
		if a.AgentToolCallID == callID {
			return a
		}
	}
	return nil
}

// said is a history as scripts have it.
func said(history []message) []script.Message {
	var messages []script.Message
	for _, m := range history {
		if text := m.textOf(); text != "" && m.Role != roleTool {
			messages = append(messages, script.Message{Role: m.Role, Text: text})
		}
	}
	return messages
}

// taskBody is a task as responses have it.
type taskBody struct {
	ID        string          `json:"id"`
	ContextID string          `json:"contextId"`
	Kind      string          `json:"kind"`
	Status    taskStatus      `json:"status"`
	Messages  []message       `json:"messages,omitempty"` // of a request that waited
	History   []message       `json:"history,omitempty"`
	Metadata  json.RawMessage `json:"metadata"`
}

type taskStatus struct {
	State     string   `json:"state"`
	Timestamp string   `json:"timestamp"`
	Message   *message `json:"message,omitempty"`
}

// body is the task as it is at a turn.
func (t *task) body(at *turn) taskBody {
	b := taskBody{
		ID: t.ID, ContextID: t.ContextID, Kind: "task", Metadata: t.Metadata,
		Status: taskStatus{State: at.state(), Timestamp: at.Changed.UTC().Format(timeLayout)},
	}
	output := t.output(at)
	switch {
	case at.Error != nil: // the agent did not say it
		b.Status.Message = &message{Kind: "message", MessageID: at.ID, Role: roleAgent, Parts: []json.RawMessage{newText(at.Error.Message)}}
	case len(output) > 0 && output[len(output)-1].Role == roleAgent:
		b.Status.Message = &output[len(output)-1]
	}
	return b
}

// full is the task as it is, with all that was said.
func (t *task) full() taskBody {
	b := t.body(t.latest())
	b.History = t.History
	return b
}
