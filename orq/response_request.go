package orq

import (
	"fmt"

	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// AgentModelPrefix begins the Model of a CreateResponseRequest that an agent
// answers. The key of the agent follows, and it may end with "@" and a version:
// "agent/support", "agent/support@1.2.0".
const AgentModelPrefix = "agent/"

// CreateResponseRequest says what an agent is to respond to.
type CreateResponseRequest struct {
	// Model is who responds: [AgentModelPrefix] and the key of an agent.
	// Required.
	Model string `json:"model"`
	// Input is what the agent is told: a text, or items. Required, unless
	// there is a Conversation.
	Input ResponseInput `json:"input,omitzero"`
	// Instructions are told to the agent besides its own. Nil leaves them
	// out.
	Instructions *string `json:"instructions,omitempty"`
	// PreviousResponseID goes on from this response. "": a new thread.
	PreviousResponseID string `json:"previous_response_id,omitempty"`
	// Conversation is the conversation that the response belongs to. Nil
	// leaves it out.
	Conversation *Conversation `json:"conversation,omitempty"`
	// Background makes CreateResponse not wait for the agent: WaitResponse
	// does. Default false.
	Background *bool `json:"background,omitempty"`
	// Store keeps the response, so that it can be read later and gone on from.
	// Default true. Background needs it.
	Store *bool `json:"store,omitempty"`
	// Variables replace the variables in the instructions, by name.
	Variables map[string]any `json:"variables,omitzero"`
	// Metadata is noted on the response.
	Metadata map[string]string `json:"metadata,omitzero"`
	// Identity is who the agent works for. Nil leaves it out.
	Identity *Identity `json:"identity,omitempty"`
	// Thread groups the response with others. Nil leaves it out.
	Thread *Thread `json:"thread,omitempty"`
	// Memory says whose memories the agent uses. Nil leaves it out.
	Memory *Memory `json:"memory,omitempty"`
	// Limits end a run that takes too much. Nil leaves them out.
	Limits *ResponseLimits `json:"limits,omitempty"`
	// Tools are tools that the agent may use besides its own.
	Tools []ResponseTool `json:"tools,omitzero"`
	// Reasoning says how the model thinks. Nil leaves it out.
	Reasoning *Reasoning `json:"reasoning,omitempty"`
	// TemplateEngine fills in the variables. Nil leaves it out.
	TemplateEngine *Engine `json:"template_engine,omitempty"`

	// ExtraFields are put into the request last: for the other members, such
	// as text, tool_choice, temperature and fallbacks, and for those that this
	// package does not know. A nil value sends null.
	ExtraFields map[string]any `json:"-"`
}

// ResponseInput is what an agent is told. In JSON it is a string, or an array
// of items. The zero value leaves it out.
type ResponseInput struct {
	// Text is a text.
	Text string
	// Items are items, in the place of a text.
	Items []InputItem
}

// MarshalJSON returns the text as a string, or the items as an array.
func (i ResponseInput) MarshalJSON() ([]byte, error) {
	if i.Items != nil {
		return wire.Encode(i.Items, nil)
	}
	return wire.Encode(i.Text, nil)
}

// UnmarshalJSON reads a string or an array of items, and leaves anything else
// out.
func (i *ResponseInput) UnmarshalJSON(data []byte) error {
	*i = ResponseInput{Text: wire.String(data)}
	if i.Text == "" {
		i.Items, _ = wire.DecodeArray[InputItem](data)
	}
	return nil
}

// InputItem is a message to an agent, the result of a tool, or another item.
type InputItem struct {
	// Type says what it is. Required.
	Type ItemType `json:"type"`
	// Role is who wrote a message: "user", "assistant", "system" or
	// "developer".
	Role string `json:"role,omitempty"`
	// Content are the parts of a message.
	Content []InputContent `json:"content,omitzero"`
	// CallID identifies the call whose result it is.
	CallID string `json:"call_id,omitempty"`
	// Output is the result of a call: a text, often that of a JSON value. Nil
	// leaves it out.
	Output *string `json:"output,omitempty"`
	// ApprovalRequestID identifies the request for an approval that it
	// answers.
	ApprovalRequestID string `json:"approval_request_id,omitempty"`
	// Approve is the answer to it. Nil leaves it out.
	Approve *bool `json:"approve,omitempty"`

	// ExtraFields are put into the item last: for fields that this package
	// does not know. A nil value sends null. Reading does not fill it.
	ExtraFields map[string]any `json:"-"`
}

// MarshalJSON returns the item as JSON, with the extra fields.
func (i InputItem) MarshalJSON() ([]byte, error) {
	type plain InputItem
	return wire.Encode(plain(i), i.ExtraFields)
}

// InputContent is a part of a message to an agent.
type InputContent struct {
	// Type says what it is. Required.
	Type ContentType `json:"type"`
	// Text is the text, of ContentInputText.
	Text string `json:"text,omitempty"`
	// ImageURL is where the picture is, of ContentInputImage; a data URL holds
	// the picture itself.
	ImageURL string `json:"image_url,omitempty"`
	// FileURL is where the file is, of ContentInputFile.
	FileURL string `json:"file_url,omitempty"`
	// FileData is the file in base64, of ContentInputFile.
	FileData string `json:"file_data,omitempty"`
	// Filename is the name of the file. "" leaves it out.
	Filename string `json:"filename,omitempty"`
}

// UserInput returns the message of a user, for the Items of a request.
func UserInput(content ...InputContent) InputItem {
	return InputItem{Type: ItemMessage, Role: "user", Content: content}
}

// FunctionCallOutput returns the result of a function that a response waits
// for, for the Items of a request: callID is the CallID of the item in
// [Response.Pending], and output a text, often that of a JSON value.
func FunctionCallOutput(callID, output string) InputItem {
	return InputItem{Type: ItemFunctionCallOutput, CallID: callID, Output: &output}
}

// MCPApproval returns the answer to a request for an approval, for the Items
// of a request: requestID is the ID of the item in [Response.Pending].
func MCPApproval(requestID string, approve bool) InputItem {
	return InputItem{Type: ItemMCPApprovalResponse, ApprovalRequestID: requestID, Approve: &approve}
}

// ResponseLimits end a run that takes too much.
type ResponseLimits struct {
	// MaxIterations is how often the agent may call the model. Nil leaves it
	// out.
	MaxIterations *int `json:"max_iterations,omitempty"`
	// MaxExecutionTime is how long the agent may think, in seconds. Nil leaves
	// it out.
	MaxExecutionTime *int `json:"max_execution_time,omitempty"`
	// MaxCost is the most that the run may cost, in US dollars. Nil leaves it
	// out.
	MaxCost *float64 `json:"max_cost,omitempty"`
	// MaxDepth is how deep agents may call agents. Nil leaves it out.
	MaxDepth *int `json:"max_depth,omitempty"`
	// ToolTimeout is how long a tool may take, in seconds. Nil leaves it out.
	ToolTimeout *int `json:"tool_timeout,omitempty"`
}

// ResponseTool is a tool that an agent may use for one response.
type ResponseTool struct {
	// Type is the kind of tool: "function" for one that the caller carries
	// out, "mcp", or one of the platform such as "orq:current_date". Required.
	Type string `json:"type"`
	// Name is the name of a function.
	Name string `json:"name,omitempty"`
	// Description says what a function does.
	Description string `json:"description,omitempty"`
	// Parameters is the JSON Schema of what a function is given: anything
	// that encodes to one. Nil leaves it out.
	Parameters any `json:"parameters,omitempty"`
	// Strict makes the model follow the schema to the letter. Nil leaves it
	// out.
	Strict *bool `json:"strict,omitempty"`

	// ExtraFields are put into the tool last: for fields that this package
	// does not know. A nil value sends null.
	ExtraFields map[string]any `json:"-"`
}

// MarshalJSON returns the tool as JSON, with the extra fields.
func (t ResponseTool) MarshalJSON() ([]byte, error) {
	type plain ResponseTool
	return wire.Encode(plain(t), t.ExtraFields)
}

// Reasoning says how a model thinks before it answers.
type Reasoning struct {
	// Effort is how much: "none", "minimal", "low", "medium", "high", "xhigh"
	// or "max", as far as the model knows them. "" leaves it out.
	Effort string `json:"effort,omitempty"`
	// Summary says how to tell about it: "auto", "concise" or "detailed". ""
	// leaves it out.
	Summary string `json:"summary,omitempty"`
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. CreateResponse and
// StreamResponse call it.
func (r CreateResponseRequest) Validate() error { return r.validate(createResponse) }

func (r CreateResponseRequest) validate(op string) error {
	var problems validate.Problems
	problems.Required("model", r.Model)
	r.validateRest(&problems)
	return problems.Err(provider, op)
}

// validateRest checks all but the model.
func (r CreateResponseRequest) validateRest(problems *validate.Problems) {
	_, replaced := r.ExtraFields["input"]
	if r.Input.Text == "" && len(r.Input.Items) == 0 && r.Conversation == nil && !replaced {
		problems.Add("input", "is required: a text or items")
	}
	if r.Input.Text != "" && len(r.Input.Items) > 0 {
		problems.Add("input", "must be a text or items, not both")
	}
	for i, item := range r.Input.Items {
		problems.RequiredItem("input", i, "type", string(item.Type))
		for j, part := range item.Content {
			problems.RequiredItem(fmt.Sprintf("input[%d].content", i), j, "type", string(part.Type))
		}
	}
	if r.Conversation != nil {
		problems.Required("conversation.id", r.Conversation.ID)
	}
	if r.Background != nil && *r.Background && r.Store != nil && !*r.Store {
		problems.Add("store", "must not be false with background: nobody could read the response")
	}
	validateContext(problems, r.Identity, r.Thread, r.Memory)
	for i, tool := range r.Tools {
		problems.RequiredItem("tools", i, "type", tool.Type)
		if tool.Type == "function" {
			problems.RequiredItem("tools", i, "name", tool.Name)
		}
	}
	refuseStream(problems, r.ExtraFields)
	problems.Text("input", r.Input.Text)
	problems.UTF8(struct {
		Items []InputItem `json:"input"`
	}{r.Input.Items})
	r.Input = ResponseInput{}
	problems.UTF8(createResponseFields(r))
}

// MarshalJSON returns the request as JSON, as CreateResponse sends it: with
// ExtraFields.
func (r CreateResponseRequest) MarshalJSON() ([]byte, error) {
	return wire.Encode(createResponseFields(r), r.ExtraFields)
}

// String returns the request as JSON in one line.
func (r CreateResponseRequest) String() string { return wire.Line(r) }

// createResponseFields is the request without its extra fields.
type createResponseFields CreateResponseRequest
