package orq

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/poll"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// ResponseStatus says how far a response is. The API may add states.
type ResponseStatus string

// The documented states. Completed, failed and incomplete are ends.
const (
	ResponseQueued     ResponseStatus = "queued"
	ResponseInProgress ResponseStatus = "in_progress"
	ResponseCompleted  ResponseStatus = "completed"
	ResponseFailed     ResponseStatus = "failed"
	ResponseIncomplete ResponseStatus = "incomplete"
)

// Response is what an agent answered, and how far it is with that.
type Response struct {
	// ID identifies the response: GetResponse takes it, and a request goes on
	// from it with PreviousResponseID.
	ID string `json:"id"`
	// Object is the kind of the object, always "response".
	Object string `json:"object,omitempty"`
	// Status says how far it is.
	Status ResponseStatus `json:"status"`
	// Model is what answers, as it was sent: "agent/" and the key of the
	// agent.
	Model string `json:"model,omitempty"`
	// CreatedAt is when it began, in seconds since 1970.
	CreatedAt agentclients.Timestamp `json:"created_at,omitempty"`
	// CompletedAt is when it ended, in seconds since 1970. "" as long as it
	// did not.
	CompletedAt agentclients.Timestamp `json:"completed_at,omitempty"`
	// Output are the messages of the agent and the calls of its tools, in
	// their order.
	Output []OutputItem `json:"output"`
	// Usage counts the tokens. Nil as long as it is not known.
	Usage *ResponseUsage `json:"usage,omitempty"`
	// Error says what went wrong, of a response that failed. Nil: nothing.
	Error *ResponseError `json:"error,omitempty"`
	// IncompleteDetails says what the response lacks its end for. Nil: it
	// does not.
	IncompleteDetails *IncompleteDetails `json:"incomplete_details,omitempty"`
	// PreviousResponseID is the response that this one goes on from, "" if it
	// begins.
	PreviousResponseID string `json:"previous_response_id,omitempty"`
	// Conversation is the conversation that it belongs to. Nil: none.
	Conversation *Conversation `json:"conversation,omitempty"`
	// Instructions are what the request told the agent besides its own
	// instructions, "" if nothing.
	Instructions string `json:"instructions,omitempty"`
	// Background reports that nobody waits for it.
	Background bool `json:"background,omitempty"`
	// Store reports that GetResponse can read it later.
	Store bool `json:"store,omitempty"`
	// Metadata is what the request noted on it.
	Metadata map[string]string `json:"metadata,omitzero"`
	// Variables are those of the request, by name.
	Variables map[string]any `json:"variables,omitzero"`
	// Memory says whose memories the agent uses. Nil: none.
	Memory *Memory `json:"memory,omitempty"`
	// Telemetry names the trace of the response. Nil: not stated.
	Telemetry *Telemetry `json:"telemetry,omitempty"`

	// Raw is the response as the API wrote it, with the members that have no
	// field. Encoding a response leaves it out.
	Raw json.RawMessage `json:"-"`
}

// ResponseError says why a response failed.
type ResponseError struct {
	// Code is the server's word for it, such as "server_error".
	Code string `json:"code"`
	// Message says it in words.
	Message string `json:"message"`
}

// IncompleteDetails says why a response has no proper end.
type IncompleteDetails struct {
	// Reason is the limit that was met, such as "max_output_tokens".
	Reason string `json:"reason"`
}

// Conversation names a conversation.
type Conversation struct {
	// ID identifies the conversation. Required.
	ID string `json:"id"`
}

// ResponseUsage counts the tokens of a response, and what they cost.
type ResponseUsage struct {
	// InputTokens is how many the models read.
	InputTokens int `json:"input_tokens"`
	// OutputTokens is how many they wrote.
	OutputTokens int `json:"output_tokens"`
	// TotalTokens is the sum.
	TotalTokens int `json:"total_tokens"`
	// InputTokensDetails says more of those that were read.
	InputTokensDetails InputTokensDetails `json:"input_tokens_details,omitzero"`
	// OutputTokensDetails says more of those that were written.
	OutputTokensDetails OutputTokensDetails `json:"output_tokens_details,omitzero"`
	// InputCost is the price of what was read, in US dollars. Nil: not
	// stated.
	InputCost *float64 `json:"input_cost,omitempty"`
	// OutputCost is the price of what was written, in US dollars. Nil: not
	// stated.
	OutputCost *float64 `json:"output_cost,omitempty"`
	// TotalCost is the whole price, in US dollars. Nil: not stated.
	TotalCost *float64 `json:"total_cost,omitempty"`
	// WebSearchRequests is how often the web was searched.
	WebSearchRequests int `json:"web_search_requests,omitempty"`
}

// InputTokensDetails says more of the tokens that models read.
type InputTokensDetails struct {
	// CachedTokens is how many came from a cache.
	CachedTokens int `json:"cached_tokens,omitempty"`
	// CacheCreationTokens is how many made a cache.
	CacheCreationTokens int `json:"cache_creation_tokens,omitempty"`
	// CacheWriteTokens is how many were written into a cache.
	CacheWriteTokens int `json:"cache_write_tokens,omitempty"`
}

// OutputTokensDetails says more of the tokens that models wrote.
type OutputTokensDetails struct {
	// ReasoningTokens is how many they thought with.
	ReasoningTokens int `json:"reasoning_tokens,omitempty"`
}

// ItemType says what an item of the input or output of a response is. The API
// may add types: tools of the platform show as items such as
// "orq:current_date".
type ItemType string

// The types of items that have fields here.
const (
	ItemMessage              ItemType = "message"
	ItemFunctionCall         ItemType = "function_call"
	ItemFunctionCallOutput   ItemType = "function_call_output"
	ItemCustomToolCall       ItemType = "custom_tool_call"
	ItemCustomToolCallOutput ItemType = "custom_tool_call_output"
	ItemMCPApprovalRequest   ItemType = "mcp_approval_request"
	ItemMCPApprovalResponse  ItemType = "mcp_approval_response"
	ItemReasoning            ItemType = "reasoning"
)

// OutputItem is a message of an agent, the call of a tool, or another step.
// Which fields are set depends on Type; Raw has what no field has.
type OutputItem struct {
	// Type says what it is.
	Type ItemType `json:"type"`
	// ID identifies the item.
	ID string `json:"id,omitempty"`
	// Status says how far it is, such as "completed".
	Status string `json:"status,omitempty"`
	// Role is who wrote a message: "assistant".
	Role string `json:"role,omitempty"`
	// Content are the parts of a message.
	Content []OutputContent `json:"content,omitzero"`
	// CallID identifies the call of a tool, for [FunctionCallOutput].
	CallID string `json:"call_id,omitempty"`
	// Name is the tool that is called.
	Name string `json:"name,omitempty"`
	// Arguments are what a function is given, as the text of a JSON object.
	Arguments string `json:"arguments,omitempty"`
	// Input is what a custom tool is given.
	Input string `json:"input,omitempty"`

	// Raw is the item as the API wrote it. If it is set, encoding the item
	// returns it.
	Raw json.RawMessage `json:"-"`
}

// MarshalJSON returns the item as it came, if it came.
func (i OutputItem) MarshalJSON() ([]byte, error) {
	if i.Raw != nil {
		return i.Raw, nil
	}
	type plain OutputItem
	return wire.Encode(plain(i), nil)
}

// UnmarshalJSON reads an item of any type. A member of an unexpected type
// leaves its field zero.
func (i *OutputItem) UnmarshalJSON(data []byte) error {
	*i = OutputItem{}
	if isNull(data) {
		return nil
	}
	type plain OutputItem
	if item, err := wire.Decode[plain](data); err == nil {
		*i = OutputItem(*item)
	}
	i.Raw = bytes.Clone(data)
	return nil
}

// String describes the item in one line.
func (i OutputItem) String() string {
	switch {
	case i.Type == ItemMessage:
		return wire.Linef("%s: %q", i.Type, i.text())
	case i.Name != "":
		return wire.Linef("%s %s (%s)", i.Type, i.Name, i.CallID)
	}
	return wire.Linef("%s", i.Type)
}

// text returns the texts of a message, joined.
func (i *OutputItem) text() string {
	if i.Type != ItemMessage {
		return ""
	}
	var text strings.Builder
	for _, part := range i.Content {
		if part.Type == ContentOutputText {
			text.WriteString(part.Text)
		}
	}
	return text.String()
}

// ContentType says what a part of a message is. The API may add types.
type ContentType string

// The documented types. Those of output are in responses, the others in
// requests.
const (
	ContentOutputText ContentType = "output_text"
	ContentRefusal    ContentType = "refusal"
	ContentInputText  ContentType = "input_text"
	ContentInputImage ContentType = "input_image"
	ContentInputFile  ContentType = "input_file"
)

// OutputContent is a part of a message of an agent.
type OutputContent struct {
	// Type says what it is.
	Type ContentType `json:"type"`
	// Text is the text, of ContentOutputText.
	Text string `json:"text,omitempty"`
	// Refusal is why the model does not answer, of ContentRefusal.
	Refusal string `json:"refusal,omitempty"`
	// Annotations are sources of the text, as the API wrote them.
	Annotations []json.RawMessage `json:"annotations,omitzero"`
}

// Text returns the texts of the agent's messages, joined.
func (r *Response) Text() string {
	var text strings.Builder
	for i := range r.Output {
		text.WriteString(r.Output[i].text())
	}
	return text.String()
}

// answers are the items by which the caller answers to a call of a tool that
// is not the platform's, and how they name the call.
var answers = map[ItemType]struct {
	answer ItemType
	names  string
}{
	ItemFunctionCall:       {ItemFunctionCallOutput, "call_id"},
	ItemCustomToolCall:     {ItemCustomToolCallOutput, "call_id"},
	"computer_call":        {"computer_call_output", "call_id"},
	"local_shell_call":     {"local_shell_call_output", "call_id"},
	"apply_patch_call":     {"apply_patch_call_output", "call_id"},
	ItemMCPApprovalRequest: {ItemMCPApprovalResponse, "approval_request_id"},
}

// Pending returns the items that wait for the caller: calls of functions of
// the caller's own, and requests for an approval. Answer them in the Items of
// a request that goes on from the response: see [FunctionCallOutput] and
// [MCPApproval].
func (r *Response) Pending() []OutputItem {
	switch r.Status {
	case ResponseFailed, ResponseIncomplete:
		return nil
	}
	var pending []OutputItem
	for _, item := range r.Output {
		kind, waits := answers[item.Type]
		if !waits {
			continue
		}
		id := item.CallID
		if item.Type == ItemMCPApprovalRequest {
			id = item.ID
		}
		if !r.has(kind.answer, kind.names, id) {
			pending = append(pending, item)
		}
	}
	return pending
}

// has reports whether the output has an answer to a call.
func (r *Response) has(answer ItemType, name, id string) bool {
	for _, item := range r.Output {
		if item.Type != answer {
			continue
		}
		members, _ := wire.Members(item.Raw)
		if wire.String(members[name]) == id || item.CallID == id && name == "call_id" {
			return true
		}
	}
	return false
}

// Err tells how the response ended, as an [*agentclients.Error] with its id:
// nil if it is completed and as long as it is queued or in progress,
// [agentclients.ErrRunFailed] with the server's words if it failed, and with
// the reason as Code if it is incomplete, [agentclients.ErrInputRequired] if
// something in it is [Response.Pending], and an error of no kind for a status
// that this package does not know.
func (r *Response) Err() error {
	if e := r.verdict("run response"); e != nil {
		return transport.CleanKnown(e)
	}
	return nil
}

// verdict is Err with the name of the operation.
func (r *Response) verdict(op string) *agentclients.Error {
	state, word := r.state()
	e := &agentclients.Error{Provider: provider, Op: op, ResourceID: r.ID, Code: word}
	switch {
	case state == poll.InputRequired:
		e.Err = fmt.Errorf("%w: %s", agentclients.ErrInputRequired, word)
		if names := r.pendingNames(); names != "" {
			e.Err = fmt.Errorf("%w of %s", e.Err, names)
		}
	case state == poll.Running, r.Status == ResponseCompleted:
		return nil
	case state == poll.Ended:
		e.Err = fmt.Errorf("%w: the status is %q", agentclients.ErrRunFailed, word)
		if r.IncompleteDetails != nil && r.IncompleteDetails.Reason != "" {
			e.Code = r.IncompleteDetails.Reason
			e.Err = fmt.Errorf("%w because of %q", e.Err, e.Code)
		}
		if r.Error != nil {
			e.Message = r.Error.Message
			if r.Error.Code != "" {
				e.Code = r.Error.Code
			}
		}
	default:
		e.Err = errors.New(unknownStatus(word))
	}
	return e
}

func unknownStatus(word string) string { return fmt.Sprintf("the status %q is not known", word) }

// pendingNames names the tools that wait for the caller.
func (r *Response) pendingNames() string {
	var names []string
	for _, item := range r.Pending() {
		if item.Name != "" {
			names = append(names, item.Name)
		}
	}
	return strings.Join(names, ", ")
}

// state says what the status means for who waits. The word of one that waits
// for the caller is the type of what does.
func (r *Response) state() (poll.State, string) {
	word := string(r.Status)
	switch r.Status {
	case ResponseQueued, ResponseInProgress:
		return poll.Running, word
	case ResponseCompleted:
		if pending := r.Pending(); len(pending) > 0 {
			return poll.InputRequired, string(pending[0].Type)
		}
		return poll.Ended, word
	case ResponseFailed, ResponseIncomplete:
		return poll.Ended, word
	}
	return poll.Unknown, word
}

// UnmarshalJSON reads a response, and keeps it in Raw, too. What is no object
// is none.
func (r *Response) UnmarshalJSON(data []byte) error {
	*r = Response{}
	type plain Response
	if read, err := wire.Decode[plain](data); err == nil {
		*r = Response(*read)
		r.Raw = bytes.Clone(data)
	}
	return nil
}

// String describes the response in one line: its id and status.
func (r Response) String() string { return wire.Linef("response %s %s", r.ID, r.Status) }

func decodeResponse(body []byte) (*Response, error) {
	return wire.DecodeWith(body, "id", func(r *Response) bool { return r.ID != "" })
}
