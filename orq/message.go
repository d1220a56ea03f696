package orq

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// MessageRole says who wrote a message. The API may add roles.
type MessageRole string

// The documented roles. Requests have user and tool only.
const (
	RoleUser   MessageRole = "user"
	RoleAgent  MessageRole = "agent"
	RoleTool   MessageRole = "tool"
	RoleSystem MessageRole = "system"
)

// Message is a message of a task, in the form of the A2A protocol.
type Message struct {
	// ID identifies the message, a ULID. "" in a request: the server makes
	// one.
	ID string `json:"messageId,omitempty"`
	// Role says who wrote it. Required. In a request RoleUser, or RoleTool
	// with nothing but results of tools.
	Role MessageRole `json:"role"`
	// Parts are what it consists of. At least one is required.
	Parts []Part `json:"parts"`

	// Kind is "message" where the API states it. Responses only.
	Kind string `json:"kind,omitempty"`
	// TaskID is the task that it belongs to, "" if the response does not say.
	TaskID string `json:"taskId,omitempty"`
	// ContextID is the context of that task, "" if the response does not say.
	ContextID string `json:"contextId,omitempty"`
	// Metadata is what is noted on it, of any names. Responses only.
	Metadata map[string]any `json:"metadata,omitzero"`
}

// UserMessage returns the message of a user who says a text.
func UserMessage(text string) Message {
	return Message{Role: RoleUser, Parts: []Part{{Kind: PartText, Text: text}}}
}

// ToolMessage returns the message that gives an agent the results of the tools
// that it waits for.
func ToolMessage(results ...Part) Message { return Message{Role: RoleTool, Parts: results} }

// ToolResult returns the result of a tool, for [ToolMessage]: callID is the id
// of the [PendingToolCall], and result anything that encodes to JSON.
func ToolResult(callID string, result any) Part {
	return Part{Kind: PartToolResult, ToolCallID: callID, Result: result}
}

// Text returns the texts of the message, joined.
func (m Message) Text() string {
	var text strings.Builder
	for _, part := range m.Parts {
		if part.Kind == PartText {
			text.WriteString(part.Text)
		}
	}
	return text.String()
}

// String returns the role and the text, or the number of parts if there is
// none, in one line.
func (m Message) String() string {
	if text := m.Text(); text != "" {
		return wire.Linef("%s: %q", m.Role, text)
	}
	return wire.Linef("%s: %d parts", m.Role, len(m.Parts))
}

// PartKind says what a part of a message is. The API may add kinds.
type PartKind string

// The documented kinds. Requests have text, file, tool_result and error.
const (
	PartText       PartKind = "text"
	PartFile       PartKind = "file"
	PartData       PartKind = "data"
	PartToolCall   PartKind = "tool_call"
	PartToolResult PartKind = "tool_result"
	PartError      PartKind = "error"
	PartReasoning  PartKind = "reasoning"
)

// Part is a part of a message. Which fields are set depends on the kind.
type Part struct {
	// Kind says what it is. Required.
	Kind PartKind `json:"kind"`
	// ID identifies a part of reasoning.
	ID string `json:"_id,omitempty"`
	// Text is the text, of PartText.
	Text string `json:"text,omitempty"`
	// File is the file, of PartFile.
	File *File `json:"file,omitempty"`
	// Data are data, of PartData.
	Data map[string]any `json:"data,omitzero"`
	// ToolName is the tool that is called, of PartToolCall.
	ToolName string `json:"tool_name,omitempty"`
	// ToolCallID identifies the call, of PartToolCall and PartToolResult.
	ToolCallID string `json:"tool_call_id,omitempty"`
	// Arguments are what the tool is given, of PartToolCall.
	Arguments map[string]any `json:"arguments,omitzero"`
	// Result is what the tool returned, of PartToolResult: anything that
	// encodes to JSON.
	Result any `json:"result,omitempty"`
	// Error says what went wrong, of PartError.
	Error string `json:"error,omitempty"`
	// Code is the number of the error, of PartError. Nil leaves it out.
	Code *float64 `json:"code,omitempty"`
	// Reasoning is what the model thought, of PartReasoning.
	Reasoning string `json:"reasoning,omitempty"`
	// Signature is the model's signature under its reasoning.
	Signature string `json:"signature,omitempty"`
	// ThoughtSignature is the model's signature under a call of a tool.
	ThoughtSignature string `json:"thought_signature,omitempty"`
	// Metadata is what is noted on the part, of any names.
	Metadata map[string]any `json:"metadata,omitzero"`

	// Raw is a part of another kind, as it came. If it is set, it is sent in
	// the place of everything else.
	Raw json.RawMessage `json:"-"`
}

// MarshalJSON returns the part as an object.
func (p Part) MarshalJSON() ([]byte, error) {
	if p.Raw != nil {
		return p.Raw, nil
	}
	type plain Part
	return wire.Encode(plain(p), nil)
}

// UnmarshalJSON reads a part of a documented kind, and keeps any other one in
// Raw.
func (p *Part) UnmarshalJSON(data []byte) error {
	*p = Part{}
	if isNull(data) {
		return nil
	}
	type plain Part
	if part, err := wire.Decode[plain](data); err == nil {
		*p = Part(*part)
	}
	switch p.Kind {
	case PartText, PartFile, PartData, PartToolCall, PartToolResult, PartError, PartReasoning:
	default:
		*p = Part{Kind: p.Kind, Raw: bytes.Clone(data)}
	}
	return nil
}

// File is a file, by its content or by where it is.
type File struct {
	// Bytes is the content in base64. It or URI is required.
	Bytes string `json:"bytes,omitempty"`
	// URI is where the file is.
	URI string `json:"uri,omitempty"`
	// MIMEType is the kind of file, such as "image/png". "" leaves it out.
	MIMEType string `json:"mimeType,omitempty"`
	// Name is the name of the file. "" leaves it out.
	Name string `json:"name,omitempty"`
}

// validate checks a message of a request.
func (m Message) validate(problems *validate.Problems) {
	switch m.Role {
	case RoleUser, RoleTool:
	case "":
		problems.Required("message.role", "")
	default:
		problems.Add("message.role", `must be "user" or "tool"`)
	}
	if len(m.Parts) == 0 {
		problems.Add("message.parts", "must have at least one part")
	}
	for i, part := range m.Parts {
		path := fmt.Sprintf("message.parts[%d]", i)
		if part.Raw == nil {
			part.validate(problems, path)
		}
		if m.Role == RoleTool && part.Kind != PartToolResult && part.Raw == nil {
			problems.Add(path+".kind", `must be "tool_result" in a message of a tool`)
		}
	}
}

func (p Part) validate(problems *validate.Problems, path string) {
	problems.Required(path+".kind", string(p.Kind))
	switch p.Kind {
	case PartText:
		problems.Required(path+".text", p.Text)
	case PartFile:
		if p.File == nil || p.File.Bytes == "" && p.File.URI == "" {
			problems.Add(path+".file", "must have bytes or a uri")
		}
	case PartToolResult:
		problems.Required(path+".tool_call_id", p.ToolCallID)
	case PartError:
		problems.Required(path+".error", p.Error)
	}
}

// Identity is the person that an agent works for.
type Identity struct {
	// ID identifies the person in the caller's own system. Required.
	ID string `json:"id"`
	// DisplayName is the name for people. "" leaves it out.
	DisplayName string `json:"display_name,omitempty"`
	// Email is the address of the person. "" leaves it out.
	Email string `json:"email,omitempty"`
	// Metadata are objects with more about the person.
	Metadata []map[string]any `json:"metadata,omitzero"`
	// LogoURL is the address of a picture. "" leaves it out. v3 responses do
	// not know it.
	LogoURL string `json:"logo_url,omitempty"`
	// Tags are words by which to find the person's runs.
	Tags []string `json:"tags,omitzero"`
}

// Thread groups runs that belong together.
type Thread struct {
	// ID identifies the thread in the caller's own system. Required.
	ID string `json:"id"`
	// Tags are words by which to find the thread.
	Tags []string `json:"tags,omitzero"`
}

// Memory says whose memories an agent reads and writes.
type Memory struct {
	// EntityID is the person or thing that the memories are about. Required.
	EntityID string `json:"entity_id"`
}

// validateContext checks what all requests for runs may have.
func validateContext(problems *validate.Problems, identity *Identity, thread *Thread, memory *Memory) {
	if identity != nil {
		problems.Required("identity.id", identity.ID)
	}
	if thread != nil {
		problems.Required("thread.id", thread.ID)
	}
	if memory != nil {
		problems.Required("memory.entity_id", memory.EntityID)
	}
}

// FinishReason says why a run came to its end. The API may add reasons.
type FinishReason string

// The documented reasons. After tool_calls and function_call the run waits for
// results of tools.
const (
	FinishStop          FinishReason = "stop"
	FinishLength        FinishReason = "length"
	FinishToolCalls     FinishReason = "tool_calls"
	FinishContentFilter FinishReason = "content_filter"
	FinishFunctionCall  FinishReason = "function_call"
	FinishMaxIterations FinishReason = "max_iterations"
	FinishMaxTime       FinishReason = "max_time"
)

// PendingToolCall is the call of a tool of the caller's own, whose result the
// agent waits for.
type PendingToolCall struct {
	// ID identifies the call, for [ToolResult].
	ID string `json:"id"`
	// Type is the kind of tool, always "function".
	Type string `json:"type,omitempty"`
	// Function says what is called.
	Function FunctionCall `json:"function,omitzero"`
}

// FunctionCall names a function and what it is given.
type FunctionCall struct {
	// Name is the name of the function.
	Name string `json:"name,omitempty"`
	// Arguments are what it is given, as the text of a JSON object.
	Arguments string `json:"arguments,omitempty"`
}

// TokenUsage counts the tokens of a run.
type TokenUsage struct {
	// PromptTokens is how many the models read.
	PromptTokens int `json:"prompt_tokens"`
	// CompletionTokens is how many they wrote.
	CompletionTokens int `json:"completion_tokens"`
	// TotalTokens is the sum.
	TotalTokens int `json:"total_tokens"`
	// PromptTokensDetails says more of those that were read. Nil: not stated.
	PromptTokensDetails *PromptTokensDetails `json:"prompt_tokens_details,omitempty"`
	// CompletionTokensDetails says more of those that were written. Nil: not
	// stated.
	CompletionTokensDetails *CompletionTokensDetails `json:"completion_tokens_details,omitempty"`
}

// PromptTokensDetails says more of the tokens that models read.
type PromptTokensDetails struct {
	// CachedTokens is how many came from a cache.
	CachedTokens int `json:"cached_tokens,omitempty"`
	// CacheCreationTokens is how many were put into a cache.
	CacheCreationTokens int `json:"cache_creation_tokens,omitempty"`
	// AudioTokens is how many are of sound.
	AudioTokens int `json:"audio_tokens,omitempty"`
}

// CompletionTokensDetails says more of the tokens that models wrote.
type CompletionTokensDetails struct {
	// ReasoningTokens is how many they thought with.
	ReasoningTokens int `json:"reasoning_tokens,omitempty"`
	// AcceptedPredictionTokens is how many were predicted rightly.
	AcceptedPredictionTokens int `json:"accepted_prediction_tokens,omitempty"`
	// RejectedPredictionTokens is how many were predicted wrongly.
	RejectedPredictionTokens int `json:"rejected_prediction_tokens,omitempty"`
	// AudioTokens is how many are of sound.
	AudioTokens int `json:"audio_tokens,omitempty"`
}
