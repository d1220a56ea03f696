package agentloop

import (
	"encoding/json"
	"errors"
)

// EventType says what kind of event it is. The API may add kinds.
type EventType string

// The documented kinds, each with what [Event.Detail] returns for it.
const (
	EventInputMessage           EventType = "input.message"             // [InputMessage]: a message of the user was stored
	EventSessionStarted         EventType = "session.started"           // [SessionDetail]: documented, and not known to be sent
	EventSessionActivated       EventType = "session.activated"         // [SessionDetail]: a turn is running
	EventSessionIdled           EventType = "session.idled"             // [SessionDetail]: the turn has ended
	EventTurnStarted            EventType = "turn.started"              // [TurnDetail]
	EventTurnCompleted          EventType = "turn.completed"            // [TurnDetail]: the turn ended well
	EventTurnFailed             EventType = "turn.failed"               // [TurnDetail]: the turn ended with Error
	EventTurnCancelled          EventType = "turn.cancelled"            // [TurnDetail]: somebody cancelled the turn
	EventTurnSealed             EventType = "turn.sealed"               // [TurnDetail]: the turn was closed; newest servers
	EventReasonStarted          EventType = "reason.started"            // [ReasonDetail]: the model is asked
	EventReasonCompleted        EventType = "reason.completed"          // [ReasonDetail]: the model has responded
	EventThinkingStarted        EventType = "reason.thinking.started"   // [OutputDelta]: only with a reasoning effort
	EventThinkingDelta          EventType = "reason.thinking.delta"     // [OutputDelta]: only with a reasoning effort
	EventThinkingCompleted      EventType = "reason.thinking.completed" // [OutputDelta]: only with a reasoning effort
	EventOutputMessageStarted   EventType = "output.message.started"    // [OutputDelta]: the agent begins to write
	EventOutputMessageDelta     EventType = "output.message.delta"      // [OutputDelta]: the agent wrote more; not every server sends it
	EventOutputMessageCompleted EventType = "output.message.completed"  // [OutputMessage]: a message of the agent was stored
	EventLLMGeneration          EventType = "llm.generation"            // [LLMGeneration]: what the model was asked and said
	EventActStarted             EventType = "act.started"               // [ActDetail]: tools are called
	EventActCompleted           EventType = "act.completed"             // [ActDetail]: all of them are done
	EventToolStarted            EventType = "tool.started"              // [ToolDetail]: one tool is called
	EventToolCompleted          EventType = "tool.completed"            // [ToolDetail]: it is done
)

// InputMessage is the Detail of [EventInputMessage].
type InputMessage struct {
	// Message is the message of the user.
	Message Message `json:"message"`
}

// SessionDetail is the Detail of events about the session.
type SessionDetail struct {
	// AgentID is the agent, of [EventSessionStarted].
	AgentID string `json:"agent_id,omitempty"`
	// InputMessageID is the message that started the turn, of
	// [EventSessionActivated].
	InputMessageID string `json:"input_message_id,omitempty"`
	// Iterations is how often the model was asked, of [EventSessionIdled]. 0
	// if it is not told.
	Iterations int `json:"iterations,omitempty"`
	// ModelID is the language model, of [EventSessionStarted].
	ModelID string `json:"model_id,omitempty"`
	// TurnID is the turn that began or ended.
	TurnID string `json:"turn_id,omitempty"`
	// Usage counts the tokens of the session up to now, of
	// [EventSessionIdled]. Nil if it is not told.
	Usage *TokenUsage `json:"usage,omitempty"`
}

// TurnDetail is the Detail of events about a turn.
type TurnDetail struct {
	// DurationMS is how long the turn took, in milliseconds. 0 if it is not
	// told.
	DurationMS int64 `json:"duration_ms,omitempty"`
	// Error says what went wrong, of [EventTurnFailed].
	Error string `json:"error,omitempty"`
	// ErrorCode is the server's word for it, such as "llm_error" or
	// "max_iterations".
	ErrorCode string `json:"error_code,omitempty"`
	// InputContent is what the message that started the turn says. "" if it is
	// not told.
	InputContent string `json:"input_content,omitempty"`
	// InputMessageID is the message that started the turn.
	InputMessageID string `json:"input_message_id,omitempty"`
	// Iterations is how often the model was asked, of [EventTurnCompleted].
	Iterations int `json:"iterations,omitempty"`
	// Reason says why, of [EventTurnCancelled] and [EventTurnSealed]. "" if it
	// is not told.
	Reason string `json:"reason,omitempty"`
	// TurnID is the turn. Servers of before October 2026 make one up for
	// [EventTurnCancelled].
	TurnID string `json:"turn_id,omitempty"`
	// Usage counts the tokens of the turn. Nil if it is not told.
	Usage *TokenUsage `json:"usage,omitempty"`
}

// ReasonDetail is the Detail of events about one question to the model.
type ReasonDetail struct {
	// AgentID is the agent, of [EventReasonStarted].
	AgentID string `json:"agent_id,omitempty"`
	// DurationMS is how long it took, in milliseconds. 0 if it is not told.
	DurationMS int64 `json:"duration_ms,omitempty"`
	// Error says what went wrong, "" if nothing did.
	Error string `json:"error,omitempty"`
	// HasToolCalls reports that the model wants tools to be called.
	HasToolCalls bool `json:"has_tool_calls,omitempty"`
	// Metadata is more about it, as it came.
	Metadata json.RawMessage `json:"metadata,omitempty"`
	// Success reports that the model responded, of [EventReasonCompleted].
	Success bool `json:"success,omitempty"`
	// TextPreview is the beginning of the text, at most 200 characters.
	TextPreview string `json:"text_preview,omitempty"`
	// ToolCallCount is how many tools the model wants to be called.
	ToolCallCount int `json:"tool_call_count,omitempty"`
	// Usage counts the tokens of this question. Nil if it is not told.
	Usage *TokenUsage `json:"usage,omitempty"`
}

// OutputDelta is the Detail of events about a text that grows.
type OutputDelta struct {
	// Accumulated is the whole text up to now.
	Accumulated string `json:"accumulated,omitempty"`
	// Delta is what is new of it.
	Delta string `json:"delta,omitempty"`
	// Model is the language model, of [EventOutputMessageStarted]. "" if it is
	// not told.
	Model string `json:"model,omitempty"`
	// Thinking is the whole text, of [EventThinkingCompleted].
	Thinking string `json:"thinking,omitempty"`
	// TurnID is the turn.
	TurnID string `json:"turn_id,omitempty"`
}

// OutputMessage is the Detail of [EventOutputMessageCompleted].
type OutputMessage struct {
	// Message is the message of the agent.
	Message Message `json:"message"`
	// Metadata is more about it, such as the model, as it came.
	Metadata json.RawMessage `json:"metadata,omitempty"`
	// Usage counts the tokens of the message. Nil if it is not told.
	Usage *TokenUsage `json:"usage,omitempty"`
}

// LLMGeneration is the Detail of [EventLLMGeneration]. Its members are as they
// came.
type LLMGeneration struct {
	// Messages are what the model was asked.
	Messages json.RawMessage `json:"messages,omitempty"`
	// Metadata says which model it was, and how it went.
	Metadata json.RawMessage `json:"metadata,omitempty"`
	// Output is what the model said: a text, calls of tools, or both.
	Output json.RawMessage `json:"output,omitempty"`
	// Tools are the tools that the model could choose from.
	Tools json.RawMessage `json:"tools,omitempty"`
}

// ActDetail is the Detail of events about calls of tools, all together.
type ActDetail struct {
	// Completed reports that all calls are done, of [EventActCompleted].
	Completed bool `json:"completed,omitempty"`
	// DurationMS is how long they took, in milliseconds. 0 if it is not told.
	DurationMS int64 `json:"duration_ms,omitempty"`
	// ErrorCount is how many of them failed.
	ErrorCount int `json:"error_count,omitempty"`
	// SuccessCount is how many of them did not.
	SuccessCount int `json:"success_count,omitempty"`
	// ToolCalls are the calls, without their arguments, of [EventActStarted].
	ToolCalls []ToolCall `json:"tool_calls,omitzero"`
}

// ToolDetail is the Detail of events about one call of a tool.
type ToolDetail struct {
	// DurationMS is how long it took, in milliseconds. 0 if it is not told.
	DurationMS int64 `json:"duration_ms,omitempty"`
	// Error says what went wrong, "" if nothing did.
	Error string `json:"error,omitempty"`
	// Result is what the tool returned, as it came. Nil if it is not told.
	Result json.RawMessage `json:"result,omitempty"`
	// Status is how it went: "success", "error", "timeout" or "cancelled".
	Status string `json:"status,omitempty"`
	// Success reports that nothing went wrong, of [EventToolCompleted].
	Success bool `json:"success,omitempty"`
	// ToolCall is the call, of [EventToolStarted].
	ToolCall ToolCall `json:"tool_call,omitzero"`
	// ToolCallID is the call, of [EventToolCompleted].
	ToolCallID string `json:"tool_call_id,omitempty"`
	// ToolName is the tool, of [EventToolCompleted].
	ToolName string `json:"tool_name,omitempty"`
}

// ToolCall is a call of a tool.
type ToolCall struct {
	// ID identifies the call.
	ID string `json:"id"`
	// Arguments are what the tool is called with: JSON that it defines. Nil if
	// they are not told.
	Arguments json.RawMessage `json:"arguments,omitempty"`
	// Name is the tool.
	Name string `json:"name"`
}

// Detail reads what happened: a pointer to one of the types that the constants
// of [EventType] name. For an event of a kind that is not known, or whose Data
// is no object, it is Data itself, a [json.RawMessage].
//
//	switch detail := event.Detail().(type) {
//	case *agentloop.OutputDelta:
//		fmt.Print(detail.Delta)
//	case *agentloop.ToolDetail:
//		fmt.Println(event.Type, detail.ToolName)
//	}
func (e Event) Detail() any {
	switch e.Type {
	case EventInputMessage:
		return read[InputMessage](e.Data)
	case EventSessionStarted, EventSessionActivated, EventSessionIdled:
		return read[SessionDetail](e.Data)
	case EventTurnStarted, EventTurnCompleted, EventTurnFailed, EventTurnCancelled, EventTurnSealed:
		return read[TurnDetail](e.Data)
	case EventReasonStarted, EventReasonCompleted:
		return read[ReasonDetail](e.Data)
	case EventOutputMessageStarted, EventOutputMessageDelta, EventThinkingStarted, EventThinkingDelta, EventThinkingCompleted:
		return read[OutputDelta](e.Data)
	case EventOutputMessageCompleted:
		return read[OutputMessage](e.Data)
	case EventLLMGeneration:
		return read[LLMGeneration](e.Data)
	case EventActStarted, EventActCompleted:
		return read[ActDetail](e.Data)
	case EventToolStarted, EventToolCompleted:
		return read[ToolDetail](e.Data)
	}
	return e.Data
}

// read reads data that must be an object into a T. A member of an unexpected
// type keeps its zero value.
func read[T any](data json.RawMessage) any {
	value := new(T)
	var mismatch *json.UnmarshalTypeError
	err := json.Unmarshal(data, value)
	if err != nil && !errors.As(err, &mismatch) || len(data) == 0 || data[0] != '{' {
		return data
	}
	return value
}
