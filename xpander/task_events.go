package xpander

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/redact"
	"github.com/agentclients/agentclients-go/internal/sse"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// TaskEventType says what happened to a task. The API may add types.
type TaskEventType string

// The documented types of events. Each stream begins with created and ends
// with finished.
const (
	TaskEventCreated         TaskEventType = "task_created"
	TaskEventUpdated         TaskEventType = "task_updated"
	TaskEventThink           TaskEventType = "think"
	TaskEventAnalyze         TaskEventType = "analyze"
	TaskEventToolCallRequest TaskEventType = "tool_call_request"
	TaskEventToolCallResult  TaskEventType = "tool_call_result"
	TaskEventChunk           TaskEventType = "chunk"
	TaskEventSubAgentTrigger TaskEventType = "sub_agent_trigger"
	TaskEventPlanUpdated     TaskEventType = "plan_updated"
	TaskEventAuth            TaskEventType = "auth_event"
	TaskEventCompactization  TaskEventType = "task_compactization"
	TaskEventFinished        TaskEventType = "task_finished"
)

// taskEventError is of an older description of the stream.
const taskEventError TaskEventType = "error"

// TaskEvent is one event of the stream of a task. Which of Task, Text,
// ToolCall, Plan and Auth is set depends on Type; Data has what no field has.
type TaskEvent struct {
	// Type says what happened.
	Type TaskEventType `json:"type"`
	// TaskID is the task that it happened to.
	TaskID string `json:"task_id,omitempty"`
	// OrganizationID is the organization that the task belongs to.
	OrganizationID string `json:"organization_id,omitempty"`
	// Time is when it happened.
	Time agentclients.Timestamp `json:"time,omitempty"`
	// Data is the member data as the API wrote it, or the whole event if it
	// has no such member.
	Data json.RawMessage `json:"data,omitempty"`

	// Task is the state of the task: of created, updated and finished.
	Task *Task `json:"-"`
	// Text is a piece of the answer in chunk, and what the agent thinks in
	// think and analyze if that is a text.
	Text string `json:"-"`
	// ToolCall is the call of a tool: of tool_call_request and
	// tool_call_result.
	ToolCall *ToolCall `json:"-"`
	// Plan is the plan of the agent: of plan_updated.
	Plan *DeepPlanning `json:"-"`
	// Auth is about the sign-in of a user: of auth_event.
	Auth *AuthEvent `json:"-"`
}

// ToolCall is the call of a tool by an agent.
type ToolCall struct {
	// RequestID identifies the call; the result has that of the request.
	RequestID string `json:"request_id,omitempty"`
	// OperationID is the operation that is called.
	OperationID string `json:"operation_id,omitempty"`
	// ToolCallID is what the model calls the call, if it does.
	ToolCallID string `json:"tool_call_id,omitempty"`
	// GraphNodeID is the node of the agent's graph that calls, if any.
	GraphNodeID string `json:"graph_node_id,omitempty"`
	// ToolName is the tool.
	ToolName string `json:"tool_name,omitempty"`
	// Payload is what the tool is given, as JSON.
	Payload json.RawMessage `json:"payload,omitempty"`
	// Reasoning says why, if the agent tells.
	Reasoning *ToolCallReasoning `json:"reasoning,omitempty"`
	// Result is what the tool returned, as JSON. Nil in a request.
	Result json.RawMessage `json:"result,omitempty"`
	// IsError reports that the tool failed. The agent goes on all the same.
	IsError bool `json:"is_error,omitempty"`
}

// ToolCallReasoning says why an agent calls a tool.
type ToolCallReasoning struct {
	// Title is the reason in short.
	Title string `json:"title,omitempty"`
	// Description is the reason in full.
	Description string `json:"description,omitempty"`
}

// AuthEventType says what happened to a sign-in. The API may add types.
type AuthEventType string

// The documented types of events about a sign-in.
const (
	AuthEventNotSupported  AuthEventType = "not_supported"
	AuthEventLoginRequired AuthEventType = "login_required"
	AuthEventTokenIssue    AuthEventType = "token_issue"
	AuthEventTokenReady    AuthEventType = "token_ready"
)

// AuthEvent is about the sign-in of a user for a tool.
type AuthEvent struct {
	// Type says what happened.
	Type AuthEventType `json:"type,omitempty"`
	// Data has what belongs to it.
	Data AuthEventData `json:"data,omitzero"`
}

// AuthEventData is what belongs to an event about a sign-in.
type AuthEventData struct {
	// URL is where the user signs in, if that is required.
	URL string `json:"url,omitempty"`
	// ServerURL is the server that wants it.
	ServerURL string `json:"server_url,omitempty"`
	// ServerName is the name of that server.
	ServerName string `json:"server_name,omitempty"`
	// AccessToken is the token, if there is one. It is a secret.
	AccessToken Secret `json:"access_token,omitempty"`
	// Message is for people.
	Message string `json:"message,omitempty"`
}

// UnmarshalJSON reads an event. A member of an unexpected type leaves its
// field zero.
func (e *TaskEvent) UnmarshalJSON(data []byte) error {
	type plain TaskEvent
	var read plain
	if err := lenient(json.Unmarshal(data, &read)); err != nil {
		return err
	}
	*e = TaskEvent(read)
	if e.Data == nil {
		e.Data = slices.Clone(data)
		return nil
	}
	if bytes.Equal(e.Data, []byte("null")) {
		return nil
	}
	switch e.Type {
	case TaskEventChunk, TaskEventThink, TaskEventAnalyze:
		e.Text = wire.String(e.Data)
	case TaskEventCreated, TaskEventUpdated, TaskEventFinished:
		e.Task = object[Task](e.Data)
	case TaskEventToolCallRequest, TaskEventToolCallResult:
		e.ToolCall = object[ToolCall](e.Data)
	case TaskEventPlanUpdated:
		e.Plan = object[DeepPlanning](e.Data)
	case TaskEventAuth:
		e.Auth = object[AuthEvent](e.Data)
	}
	return nil
}

// lenient returns nil for a member of an unexpected type.
func lenient(err error) error {
	if err == nil {
		return nil
	}
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) {
		return nil
	}
	return err
}

// object reads an object, nil if it is none.
func object[T any](data json.RawMessage) *T {
	value, err := wire.Decode[T](data)
	if err != nil {
		return nil
	}
	return value
}

// String describes the event in one line: its type, its task, and what it is
// about.
func (e TaskEvent) String() string {
	line := fmt.Sprintf("%s of task %s", word(string(e.Type)), word(e.TaskID))
	switch {
	case e.Task != nil:
		return fmt.Sprintf("%s (%s)", line, word(string(e.Task.Status)))
	case e.ToolCall != nil:
		return fmt.Sprintf("%s (%s)", line, word(e.ToolCall.ToolName))
	case e.Auth != nil:
		return fmt.Sprintf("%s (%s)", line, word(string(e.Auth.Type)))
	case e.Text != "":
		return fmt.Sprintf("%s: %q", line, e.Text)
	}
	return line
}

// Format prints the line of String for %v and %s, and for other verbs the
// event without secrets.
func (e TaskEvent) Format(state fmt.State, verb rune) {
	type plain TaskEvent
	if len(e.Data) > 0 { // the fields have what may be seen of it
		e.Data = hidden(e.Data)
	}
	format(state, verb, e.String(), plain(e))
}

// LogValue describes the event to log/slog without its data.
func (e TaskEvent) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("type", string(e.Type)),
		slog.String("task_id", e.TaskID),
		slog.String("time", string(e.Time)),
	)
}

// Format prints the event without secrets.
func (e AuthEvent) Format(state fmt.State, verb rune) {
	type plain AuthEvent
	redact.Format(state, verb, plain(e))
}

// LogValue describes the event to log/slog without secrets.
func (e AuthEvent) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", e)) }

// Format prints the data without secrets.
func (d AuthEventData) Format(state fmt.State, verb rune) {
	type plain AuthEventData
	redact.Format(state, verb, plain(d))
}

// LogValue describes the data to log/slog without secrets.
func (d AuthEventData) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", d)) }

// isEvent reports whether a message of the stream is an event, and no ping or
// the mark that other APIs put at the end.
func isEvent(message sse.Event) bool {
	switch string(bytes.TrimSpace(message.Data)) {
	case "", "null", "[DONE]":
		return message.Type == string(taskEventError)
	}
	return true
}

// complaint returns what an event says that went wrong with the task, in the
// forms of an older description and of gateways. named says that its message is
// named error, whatever its own type is. ok is false if it says no such thing:
// the error of a tool is none.
func (e *TaskEvent) complaint(raw []byte, named bool) (code, message string, ok bool) {
	found := e.Type == taskEventError || named && e.Task == nil
	if !found && e.Type != "" {
		return "", "", false
	}
	members, _ := wire.Members(raw)
	for _, name := range []string{"error", "detail"} {
		switch string(members[name]) {
		case "", "null", "false", `""`, "{}", "[]":
		default:
			found = true
		}
	}
	if !found {
		return "", "", false
	}
	var words agentclients.Error
	if data := members["data"]; len(data) > 0 && data[0] == '"' {
		words.Message = wire.String(data)
	} else if data != nil {
		words.Body = e.Data
		readError(&words)
	} else {
		words.Body = raw
		readError(&words)
	}
	return words.Code, words.Message, true
}
