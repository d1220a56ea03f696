package orq

import (
	"encoding/json"
	"slices"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// AgentResponseEventType says what happened in a turn. The API may add types.
type AgentResponseEventType string

// The documented types of events. A stream begins with started, and ends with
// done or failed.
const (
	AgentResponseEventStarted         AgentResponseEventType = "response.started"
	AgentResponseEventPartDelta       AgentResponseEventType = "part.delta"
	AgentResponseEventPartDone        AgentResponseEventType = "part.done"
	AgentResponseEventToolStarted     AgentResponseEventType = "tool.started"
	AgentResponseEventToolDone        AgentResponseEventType = "tool.done"
	AgentResponseEventToolFailed      AgentResponseEventType = "tool.failed"
	AgentResponseEventReviewRequested AgentResponseEventType = "tool.review.requested"
	AgentResponseEventReviewDone      AgentResponseEventType = "tool.review.done"
	// AgentResponseEventDone: the agent is done, or waits for the result of a tool.
	AgentResponseEventDone AgentResponseEventType = "response.done"
	// AgentResponseEventErrored: the turn failed.
	AgentResponseEventErrored AgentResponseEventType = "response.failed"
)

// AgentResponseEvent is one event of the stream of an agent response. Which
// fields are set depends on Type; Data has what no field has.
type AgentResponseEvent struct {
	// Type says what happened.
	Type AgentResponseEventType `json:"type"`
	// Timestamp is when it happened.
	Timestamp agentclients.Timestamp `json:"timestamp,omitempty"`
	// Data is the member data as the API wrote it, or the whole event if it
	// has no such member.
	Data json.RawMessage `json:"data,omitempty"`

	// TaskID is the task, once an event of the stream has named it.
	TaskID string `json:"-"`
	// ResponseID is the response: of started.
	ResponseID string `json:"-"`
	// Text is new text of the agent: of a part.delta of text.
	Text string `json:"-"`
	// PartID is the part that the event is about: of part.delta and
	// part.done. It begins with the kind of the part.
	PartID string `json:"-"`
	// Part is what is new of it in part.delta, and all of it in part.done.
	Part *Part `json:"-"`
	// ToolCallID is the call that the event is about: of the events of tools.
	ToolCallID string `json:"-"`
	// ToolID is the tool that is called: of the events of tools.
	ToolID string `json:"-"`
	// FinishReason says why the agent is done: of done.
	FinishReason FinishReason `json:"-"`
	// PendingToolCalls are the calls whose results the task waits for: of
	// done.
	PendingToolCalls []PendingToolCall `json:"-"`
	// Usage counts the tokens of the turn: of done. Nil: not stated.
	Usage *TokenUsage `json:"-"`
	// Failure says what went wrong: of failed, and of tool.failed, after
	// which the agent goes on. Nil: nothing.
	Failure *Failure `json:"-"`
}

// agentResponseEventData are the members of the data of events that have a
// field.
type agentResponseEventData struct {
	TaskID           string            `json:"taskId"`
	ResponseID       string            `json:"responseId"`
	PartID           string            `json:"partId"`
	Delta            *Part             `json:"delta"`
	Part             *Part             `json:"part"`
	ToolCallID       string            `json:"toolCallId"`
	ToolID           string            `json:"toolId"`
	FinishReason     FinishReason      `json:"finishReason"`
	PendingToolCalls []PendingToolCall `json:"pendingToolCalls"`
	Usage            *TokenUsage       `json:"usage"`
}

// UnmarshalJSON reads an event. A member of an unexpected type leaves its
// field zero.
func (e *AgentResponseEvent) UnmarshalJSON(data []byte) error {
	type plain AgentResponseEvent
	*e = AgentResponseEvent{}
	err := unmarshalEvent(data, (*plain)(e), &e.Data)
	if err == nil {
		e.read()
	}
	return err
}

// read fills the fields from the data.
func (e *AgentResponseEvent) read() {
	data, err := wire.Decode[agentResponseEventData](e.Data)
	if err != nil {
		return
	}
	switch e.Type {
	case AgentResponseEventStarted:
		e.TaskID, e.ResponseID = data.TaskID, data.ResponseID
	case AgentResponseEventPartDelta:
		e.PartID, e.Part = data.PartID, data.Delta
		if e.Part != nil && e.Part.Kind == PartText {
			e.Text = e.Part.Text
		}
	case AgentResponseEventPartDone:
		e.PartID, e.Part = data.PartID, data.Part
	case AgentResponseEventToolStarted, AgentResponseEventToolDone, AgentResponseEventToolFailed, AgentResponseEventReviewRequested, AgentResponseEventReviewDone:
		e.ToolCallID, e.ToolID = data.ToolCallID, data.ToolID
	case AgentResponseEventDone:
		e.FinishReason, e.PendingToolCalls, e.Usage = data.FinishReason, data.PendingToolCalls, data.Usage
	}
	switch e.Type {
	case AgentResponseEventErrored, AgentResponseEventToolFailed:
		code, message := words(e.Data)
		e.Failure = &Failure{Code: code, Message: message}
	}
}

// Err tells how the turn ended, as an [*agentclients.Error] with the id of the
// task: nil for an event after which more comes and for one after which the
// agent is done, [agentclients.ErrInputRequired] if the task waits for results
// of tools, and [agentclients.ErrRunFailed] if it failed or came to a limit.
func (e *AgentResponseEvent) Err() error {
	failure := &agentclients.Error{Provider: provider, Op: streamAgentResponse, ResourceID: e.TaskID}
	switch e.Type {
	case AgentResponseEventDone:
		return ended(failure, e.FinishReason, e.PendingToolCalls)
	case AgentResponseEventErrored:
		if e.Failure != nil {
			failure.Code, failure.Message = e.Failure.Code, e.Failure.Message
		}
		failure.Err = agentclients.ErrRunFailed
		return transport.CleanKnown(failure)
	}
	return nil
}

// String describes the event in one line.
func (e AgentResponseEvent) String() string {
	switch {
	case e.Type == AgentResponseEventStarted:
		return wire.Linef("%s %s", e.Type, e.TaskID)
	case e.Failure != nil:
		return wire.Linef("%s %s: %q", e.Type, e.Failure.Code, e.Failure.Message)
	case e.ToolCallID != "":
		return wire.Linef("%s %s", e.Type, e.ToolCallID)
	case e.Text != "":
		return wire.Linef("%s: %q", e.Type, e.Text)
	case e.FinishReason != "":
		return wire.Linef("%s %s", e.Type, e.FinishReason)
	}
	return wire.Linef("%s", e.Type)
}

// The methods by which the events of a stream are read.

func (e *AgentResponseEvent) kind() string       { return string(e.Type) }
func (e *AgentResponseEvent) runID() string      { return e.TaskID }
func (e *AgentResponseEvent) setRunID(id string) { e.TaskID = id }
func (e *AgentResponseEvent) position() int      { return 0 }
func (e *AgentResponseEvent) isLast() bool {
	return e.Type == AgentResponseEventDone || e.Type == AgentResponseEventErrored
}

// readObject makes the last event of a response that came instead of a stream.
func (e *AgentResponseEvent) readObject(object []byte) (over bool, err error) {
	response, err := decodeAgentResponse(object)
	if err != nil {
		return false, err
	}
	*e = AgentResponseEvent{
		Type: AgentResponseEventDone, TaskID: response.TaskID, ResponseID: response.ID, Text: response.Text(), FinishReason: response.FinishReason,
		PendingToolCalls: response.PendingToolCalls, Usage: response.Usage, Data: slices.Clone(object),
	}
	if response.Status == AgentResponseFailed {
		e.Type, e.Failure = AgentResponseEventErrored, &Failure{Code: string(response.Status), Message: response.Error}
	}
	return response.isOver(), nil
}
