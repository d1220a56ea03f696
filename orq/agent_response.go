package orq

import (
	"errors"
	"fmt"
	"strings"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// AgentResponseStatus says how far an agent response is. The API may add
// states.
type AgentResponseStatus string

// The documented states.
const (
	AgentResponseInProgress AgentResponseStatus = "in_progress"
	AgentResponseCompleted  AgentResponseStatus = "completed"
	AgentResponseFailed     AgentResponseStatus = "failed"
)

// AgentResponse is what an agent answered in one turn of a task.
type AgentResponse struct {
	// ID identifies the response.
	ID string `json:"_id"`
	// TaskID is the task that it belongs to: GetAgentResponse takes it, and a
	// request with it continues the task.
	TaskID string `json:"task_id"`
	// Output are the messages of the turn: texts of the agent, calls of tools
	// and their results. Empty as long as the agent works.
	Output []Message `json:"output"`
	// CreatedAt is when the turn began.
	CreatedAt agentclients.Timestamp `json:"created_at,omitempty"`
	// Model is the model of the agent.
	Model string `json:"model,omitempty"`
	// Usage counts the tokens. Nil: not stated.
	Usage *TokenUsage `json:"usage,omitempty"`
	// FinishReason says why the agent is done. "" as long as it works.
	FinishReason FinishReason `json:"finish_reason,omitempty"`
	// PendingToolCalls are the calls whose results the task waits for: send
	// them in a [ToolMessage], with the TaskID.
	PendingToolCalls []PendingToolCall `json:"pending_tool_calls,omitzero"`
	// Telemetry names the trace of the turn. Nil: not stated.
	Telemetry *Telemetry `json:"telemetry,omitempty"`
	// Status says how far the turn is. Only GetAgentResponse tells it.
	Status AgentResponseStatus `json:"status,omitempty"`
	// Error says what went wrong, "" if nothing did or the response does not
	// say.
	Error string `json:"error,omitempty"`
}

// Telemetry names the trace of a run.
type Telemetry struct {
	// TraceID identifies the trace.
	TraceID string `json:"trace_id"`
	// SpanID identifies the span in it.
	SpanID string `json:"span_id,omitempty"`
}

// Text returns the texts of the agent's messages, joined.
func (r *AgentResponse) Text() string {
	var text strings.Builder
	for _, message := range r.Output {
		if message.Role == RoleAgent {
			text.WriteString(message.Text())
		}
	}
	return text.String()
}

// Err tells how the turn ended, as an [*agentclients.Error] with the id of the
// task: nil if it ended well and as long as the agent works,
// [agentclients.ErrInputRequired] if it waits for results of tools,
// [agentclients.ErrRunFailed] if it failed or came to a limit, and an error of
// no kind for a status that this package does not know.
func (r *AgentResponse) Err() error {
	e := &agentclients.Error{Provider: provider, Op: "run agent response", ResourceID: r.TaskID, Message: r.Error}
	switch r.Status {
	case "", AgentResponseInProgress, AgentResponseCompleted:
		return ended(e, r.FinishReason, r.PendingToolCalls)
	case AgentResponseFailed:
		e.Err = fmt.Errorf("%w: the status is %q", agentclients.ErrRunFailed, r.Status)
	default:
		e.Err = errors.New(unknownStatus(string(r.Status)))
	}
	e.Code = string(r.Status)
	return transport.CleanKnown(e)
}

// isOver reports whether the turn is one that goes on no more.
func (r *AgentResponse) isOver() bool {
	switch r.Status {
	case AgentResponseCompleted, AgentResponseFailed:
		return true
	case "":
		return r.FinishReason != ""
	}
	return false
}

// String describes the response in one line: its id, its task, and how it
// ended.
func (r AgentResponse) String() string {
	line := wire.Linef("response %s of task %s", r.ID, r.TaskID)
	if r.FinishReason != "" {
		return line + wire.Linef(" %s", r.FinishReason)
	}
	if r.Status != "" {
		return line + wire.Linef(" %s", r.Status)
	}
	return line
}

func decodeAgentResponse(body []byte) (*AgentResponse, error) {
	return wire.DecodeWith(body, "task_id", func(r *AgentResponse) bool { return r.TaskID != "" })
}
