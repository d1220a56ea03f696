package orq

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/poll"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// TaskEventType says what happened to a task. The API may add types.
type TaskEventType string

// The documented types of events. A stream ends with one of inactive, errored,
// timeout and error.
const (
	TaskEventExecutionStarted        TaskEventType = "agents.execution_started"
	TaskEventStarted                 TaskEventType = "event.agents.started"
	TaskEventThought                 TaskEventType = "event.agents.thought"
	TaskEventActionReviewRequested   TaskEventType = "event.agents.action_review_requested"
	TaskEventActionReviewed          TaskEventType = "event.agents.action_reviewed"
	TaskEventExecutionReviewRequired TaskEventType = "event.agents.execution_review_required"
	TaskEventExecutionReviewed       TaskEventType = "event.agents.execution_reviewed"
	TaskEventExecutionNamed          TaskEventType = "event.agents.execution_named"
	TaskEventHandedOff               TaskEventType = "event.agents.handed_off"
	TaskEventMessageCreated          TaskEventType = "event.agents.message-created"
	TaskEventToolStarted             TaskEventType = "event.workflow_events.tool_execution_started"
	TaskEventToolFinished            TaskEventType = "event.workflow_events.tool_execution_finished"
	TaskEventToolFailed              TaskEventType = "event.workflow_events.tool_execution_failed"
	// TaskEventInactive: the agent is done, or waits for the result of a tool.
	TaskEventInactive TaskEventType = "event.agents.inactive"
	// TaskEventErrored: the task failed.
	TaskEventErrored TaskEventType = "event.agents.errored"
	// TaskEventTimeout: the stream is over, and the task goes on.
	TaskEventTimeout TaskEventType = "agents.timeout"
	// TaskEventError: the task failed.
	TaskEventError TaskEventType = "agents.error"
)

// TaskEvent is one event of the stream of a task. Which fields are set depends
// on Type; Data has what no field has.
type TaskEvent struct {
	// Type says what happened.
	Type TaskEventType `json:"type"`
	// Timestamp is when it happened.
	Timestamp agentclients.Timestamp `json:"timestamp,omitempty"`
	// Data is the member data as the API wrote it, or the whole event if it
	// has no such member.
	Data json.RawMessage `json:"data,omitempty"`

	// TaskID is the task, once an event of the stream has named it.
	TaskID string `json:"-"`
	// Text is what the agent said: new text in thought, all of its last
	// message in inactive.
	Text string `json:"-"`
	// Messages are the new messages, of thought: texts, calls of tools and
	// their results.
	Messages []Message `json:"-"`
	// ActionID is the action that waits for a review or has one, for
	// ReviewAction: of action_review_requested and action_reviewed.
	ActionID string `json:"-"`
	// Review is what was said to the action: of action_reviewed.
	Review Review `json:"-"`
	// FinishReason says why the agent is done: of inactive.
	FinishReason FinishReason `json:"-"`
	// PendingToolCalls are the calls whose results the task waits for: of
	// inactive.
	PendingToolCalls []PendingToolCall `json:"-"`
	// Usage counts the tokens: of thought for this step, of inactive for the
	// run. Nil: not stated.
	Usage *TokenUsage `json:"-"`
	// Failure says what went wrong: of errored and error, and of
	// tool_execution_failed, after which the agent goes on. Nil: nothing.
	Failure *Failure `json:"-"`
}

// Failure says what went wrong.
type Failure struct {
	// Code is the server's word or number for it, "" if there is none.
	Code string
	// Message says it in words.
	Message string
}

// taskEventData are the members of the data of events that have a field.
type taskEventData struct {
	TaskID           string             `json:"agent_task_id"`
	Messages         map[string]Message `json:"message_difference"`
	ActionID         string             `json:"action_id"`
	Review           Review             `json:"review"`
	LastMessage      string             `json:"last_message"`
	FinishReason     FinishReason       `json:"finish_reason"`
	PendingToolCalls []PendingToolCall  `json:"pending_tool_calls"`
	Usage            *TokenUsage        `json:"usage"`
}

// UnmarshalJSON reads an event. A member of an unexpected type leaves its
// field zero.
func (e *TaskEvent) UnmarshalJSON(data []byte) error {
	type plain TaskEvent
	*e = TaskEvent{}
	err := unmarshalEvent(data, (*plain)(e), &e.Data)
	if err == nil {
		e.read()
	}
	return err
}

// read fills the fields from the data.
func (e *TaskEvent) read() {
	data, err := wire.Decode[taskEventData](e.Data)
	if err != nil {
		return
	}
	switch e.Type {
	case TaskEventExecutionStarted:
		e.TaskID = data.TaskID
	case TaskEventThought:
		e.Usage = data.Usage
		var text strings.Builder
		for _, id := range slices.Sorted(maps.Keys(data.Messages)) { // ULIDs: in the order of time
			message := data.Messages[id]
			e.Messages = append(e.Messages, message)
			if message.Role == RoleAgent {
				text.WriteString(message.Text())
			}
		}
		e.Text = text.String()
	case TaskEventActionReviewRequested, TaskEventActionReviewed:
		e.ActionID, e.Review = data.ActionID, data.Review
	case TaskEventInactive:
		e.Text, e.FinishReason, e.PendingToolCalls, e.Usage = data.LastMessage, data.FinishReason, data.PendingToolCalls, data.Usage
	case TaskEventErrored, TaskEventError, TaskEventToolFailed:
		code, message := words(e.Data)
		e.Failure = &Failure{Code: code, Message: message}
	}
}

// Err tells how the task ended, as an [*agentclients.Error]: nil for an event
// after which more comes and for one after which the agent is done,
// [agentclients.ErrInputRequired] if the task waits for results of tools,
// [agentclients.ErrRunFailed] if it failed or came to a limit, and
// [agentclients.ErrStreamEnded] if the stream took too long and the task goes
// on.
func (e *TaskEvent) Err() error {
	failure := &agentclients.Error{Provider: provider, Op: streamTask, ResourceID: e.TaskID}
	switch e.Type {
	case TaskEventInactive:
		return ended(failure, e.FinishReason, e.PendingToolCalls)
	case TaskEventErrored, TaskEventError:
		if e.Failure != nil {
			failure.Code, failure.Message = e.Failure.Code, e.Failure.Message
		}
		failure.Err = agentclients.ErrRunFailed
	case TaskEventTimeout:
		failure.Err = fmt.Errorf("%w: it took too long, and the task goes on", agentclients.ErrStreamEnded)
	default:
		return nil
	}
	return transport.CleanKnown(failure)
}

// ended puts into an error what the end of a run means, and returns nil if it
// is a good one.
func ended(e *agentclients.Error, reason FinishReason, pending []PendingToolCall) error {
	e.Code = string(reason)
	switch {
	case len(pending) > 0:
		e.Err = fmt.Errorf("%w: the result of %s", agentclients.ErrInputRequired, named(pending))
	case reason == FinishToolCalls, reason == FinishFunctionCall:
		e.Err = fmt.Errorf("%w: the result of a tool", agentclients.ErrInputRequired)
	case reason == FinishStop, reason == "":
		return nil
	default:
		e.Err = fmt.Errorf("%w: it ended with %q", agentclients.ErrRunFailed, reason)
	}
	return transport.CleanKnown(e)
}

// named names the tools that are waited for.
func named(pending []PendingToolCall) string {
	names := make([]string, len(pending))
	for i, call := range pending {
		names[i] = fmt.Sprintf("%s (%s)", call.Function.Name, call.ID)
	}
	return strings.Join(names, ", ")
}

// String describes the event in one line.
func (e TaskEvent) String() string {
	switch {
	case e.Type == TaskEventExecutionStarted:
		return wire.Linef("%s %s", e.Type, e.TaskID)
	case e.Failure != nil:
		return wire.Linef("%s %s: %q", e.Type, e.Failure.Code, e.Failure.Message)
	case e.ActionID != "":
		return wire.Linef("%s %s", e.Type, e.ActionID)
	case e.Text != "":
		return wire.Linef("%s: %q", e.Type, e.Text)
	}
	return wire.Linef("%s", e.Type)
}

// The methods by which the events of a stream are read.

func (e *TaskEvent) kind() string  { return string(e.Type) }
func (e *TaskEvent) runID() string { return e.TaskID }

func (e *TaskEvent) isLast() bool {
	switch e.Type {
	case TaskEventInactive, TaskEventErrored, TaskEventTimeout, TaskEventError:
		return true
	}
	return false
}

func (e *TaskEvent) setRunID(id string) { e.TaskID = id }
func (e *TaskEvent) position() int      { return 0 }

// readObject makes the last event of a task that came instead of a stream.
func (e *TaskEvent) readObject(object []byte) (over bool, err error) {
	task, err := decodeTask(object)
	if err != nil {
		return false, err
	}
	*e = TaskEvent{Type: TaskEventInactive, Timestamp: task.Status.Timestamp, TaskID: task.ID, Text: task.Text(), Data: slices.Clone(object)}
	state, word := task.state()
	switch {
	case state == poll.Running:
		return false, nil
	case state == poll.InputRequired:
		e.FinishReason = FinishToolCalls
	case task.Status.State == TaskCompleted:
		e.FinishReason = FinishStop
	case state == poll.Ended:
		e.Type, e.Failure = TaskEventErrored, &Failure{Code: word, Message: task.Text()}
	default:
		return false, errors.New(unknownState(word))
	}
	return true, nil
}
