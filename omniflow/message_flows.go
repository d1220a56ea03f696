package omniflow

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/poll"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// Direction says who writes: of a message flow, who begins its conversations;
// of a message, who wrote it. The API may add directions.
type Direction string

// The documented directions.
const (
	// DirectionInbound: the contact.
	DirectionInbound Direction = "inbound"
	// DirectionOutbound: the agent.
	DirectionOutbound Direction = "outbound"
	// DirectionBidirectional: both. Only message flows have it.
	DirectionBidirectional Direction = "bidirectional"
)

// MessageChannel is how messages travel. The API may add channels.
type MessageChannel string

// The documented channels.
const (
	// MessageChannelSMS: contacts are phone numbers in E.164 form, such as
	// "+12025550123".
	MessageChannelSMS MessageChannel = "SMS"
	// MessageChannelEmail: contacts are mail addresses.
	MessageChannelEmail MessageChannel = "Email"
)

// MessageFlow says how an agent talks to contacts over one channel. A contact
// has one conversation with each flow.
type MessageFlow struct {
	// ID identifies the flow.
	ID string `json:"_id"`
	// WorkspaceID is the workspace that the flow belongs to.
	WorkspaceID string `json:"workspaceId,omitempty"`
	// Name is the flow's name for people. Several flows may share one.
	Name string `json:"name"`
	// Description says for people what the flow is for.
	Description string `json:"description,omitempty"`
	// Direction says who begins its conversations.
	Direction Direction `json:"direction"`
	// AgentID is the Omni Flow agent that writes.
	AgentID string `json:"agent"`
	// InitiationMessage is the first message of a conversation, which
	// GenerateMessage writes.
	InitiationMessage string `json:"initiationMessage"`
	// Prompt tells the agent what to do.
	Prompt string `json:"prompt"`
	// MessageChannel is how its messages travel.
	MessageChannel MessageChannel `json:"messageChannel"`
	// IsActive says whether it works: GenerateMessage needs an active flow.
	IsActive bool `json:"isActive"`
	// Autopilot says whether the replies of the agent are sent by themselves.
	// Without it they wait for ApproveMessage, EditMessage or RejectMessage.
	Autopilot bool `json:"autopilot"`
	// Settings are the settings of the flow, nil if the response has none.
	Settings *MessageFlowSettings `json:"settings,omitempty"`
	// CreatedAt is when the flow was created.
	CreatedAt agentclients.Timestamp `json:"createdAt,omitempty"`
	// UpdatedAt is when the flow was last changed.
	UpdatedAt agentclients.Timestamp `json:"updatedAt,omitempty"`
	// Version counts the changes of the record. The API shows it and does not
	// document it.
	Version int `json:"__v,omitempty"`
}

// CreateMessageFlowRequest says what message flow to create.
type CreateMessageFlowRequest struct {
	// Name is the flow's name for people. Required. It need not be unique.
	Name string `json:"name"`
	// Direction says who begins its conversations. Required.
	Direction Direction `json:"direction"`
	// AgentID is the Omni Flow agent that writes. Required.
	AgentID string `json:"agent"`
	// InitiationMessage is the first message of a conversation. Required.
	InitiationMessage string `json:"initiationMessage"`
	// Prompt tells the agent what to do. Required.
	Prompt string `json:"prompt"`
	// MessageChannel is how its messages travel. Required.
	MessageChannel MessageChannel `json:"messageChannel"`
	// Description says for people what the flow is for. Default none.
	Description *string `json:"description,omitempty"`
	// IsActive says whether it works. Default false; GenerateMessage needs an
	// active flow.
	IsActive *bool `json:"isActive,omitempty"`
	// Autopilot says whether the replies of the agent are sent by themselves.
	// Default false.
	Autopilot *bool `json:"autopilot,omitempty"`
	// Settings are the settings of the flow. Nil leaves them out.
	Settings *MessageFlowSettings `json:"settings,omitempty"`

	// ExtraFields are put into the request last: for fields that this package
	// does not know. A nil value sends null.
	ExtraFields map[string]any `json:"-"`
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. CreateMessageFlow calls it.
func (r CreateMessageFlowRequest) Validate() error {
	var problems validate.Problems
	problems.Required("name", r.Name)
	problems.Required("direction", string(r.Direction))
	problems.Required("agent", r.AgentID)
	problems.Required("initiationMessage", r.InitiationMessage)
	problems.Required("prompt", r.Prompt)
	problems.Required("messageChannel", string(r.MessageChannel))
	r.Settings.validate(&problems)
	problems.UTF8(createMessageFlowBody(r))
	return problems.Err(provider, "create message flow")
}

// MarshalJSON returns the request as JSON, as it is sent: with ExtraFields.
func (r CreateMessageFlowRequest) MarshalJSON() ([]byte, error) {
	return wire.Encode(createMessageFlowBody(r), r.ExtraFields)
}

// createMessageFlowBody is the request without its extra fields.
type createMessageFlowBody CreateMessageFlowRequest

// CreateMessageFlow creates a message flow of an agent.
//
// It makes at most one flow. It is not repeated when the response is lost,
// since the API would make a second one. The error then matches
// [agentclients.ErrOutcomeUnknown]: look with ListMessageFlows for one with the
// Name and the AgentID of the request and a CreatedAt that is not before the
// call. If there is none, nothing was created.
//
// Errors: [agentclients.ErrBadRequest] if the API refuses the request,
// [agentclients.ErrNotFound] if the workspace has no such agent,
// [agentclients.ErrOutcomeUnknown] if the flow may have been created.
//
// API reference: Create Message Flow, POST /v1/api/message-flows,
// https://docs.trillet.ai/v1/api-reference/endpoints/flows/message-flows/create.
func (c *Client) CreateMessageFlow(ctx context.Context, request CreateMessageFlowRequest, options ...agentclients.CallOption) (*MessageFlow, error) {
	if err := request.Validate(); err != nil {
		return nil, err
	}
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "create message flow",
		Method: http.MethodPost,
		Path:   "/v1/api/message-flows",
		Body:   createMessageFlowBody(request),
		Extra:  request.ExtraFields,
		Replay: transport.ReplayNever,
	}, options, decodeMessageFlow)
}

// GetMessageFlow reads one message flow. It is repeated after every transient
// failure.
//
// Errors: [agentclients.ErrNotFound] if the workspace has no such flow.
//
// API reference: Get Message Flow, GET /v1/api/message-flows/{id},
// https://docs.trillet.ai/v1/api-reference/endpoints/flows/message-flows/get.
func (c *Client) GetMessageFlow(ctx context.Context, flowID string, options ...agentclients.CallOption) (*MessageFlow, error) {
	return c.readMessageFlow(ctx, "get message flow", flowID, options, decodeMessageFlow)
}

// readMessageFlow reads a flow, also for calls that take several requests.
func (c *Client) readMessageFlow(ctx context.Context, op, flowID string, options []agentclients.CallOption, decode func([]byte) (*MessageFlow, error)) (*MessageFlow, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   op,
		Method: http.MethodGet,
		Path:   "/v1/api/message-flows/{id}",
		Params: []string{flowID},
		Replay: transport.ReplaySafe,
	}, options, decode)
}

// MessageFlowList is the list of the message flows of a workspace.
type MessageFlowList struct {
	// MessageFlows are all flows: the API has no pages.
	MessageFlows []MessageFlow `json:"messageFlows"`
}

// ListMessageFlows reads all message flows of the workspace: the API has no
// pages. It is repeated after every transient failure.
//
// API reference: List Message Flows, GET /v1/api/message-flows,
// https://docs.trillet.ai/v1/api-reference/endpoints/flows/message-flows/list.
func (c *Client) ListMessageFlows(ctx context.Context, options ...agentclients.CallOption) (*MessageFlowList, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "list message flows",
		Method: http.MethodGet,
		Path:   "/v1/api/message-flows",
		Replay: transport.ReplaySafe,
	}, options, decodeMessageFlowList)
}

// UpdateMessageFlowRequest says what to change. Nil fields stay as they are.
type UpdateMessageFlowRequest struct {
	// Description is the new description.
	Description *string `json:"description,omitempty"`
	// ToggleAutopilot turns the autopilot on if it is off, and off if it is
	// on. SetAutopilot says what it should be instead, which is safe.
	ToggleAutopilot bool `json:"toggleAutopilot,omitempty"`
	// Settings are the new settings. The API does not say whether those that
	// are left out stay: to be sure, change those that GetMessageFlow read.
	Settings *MessageFlowSettings `json:"settings,omitempty"`

	// ExtraFields are put into the request last: for fields that this package
	// does not know. A nil value sends null. toggleAutopilot cannot be set
	// here.
	ExtraFields map[string]any `json:"-"`
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. UpdateMessageFlow calls it.
func (r UpdateMessageFlowRequest) Validate() error {
	var problems validate.Problems
	if r.Description == nil && !r.ToggleAutopilot && r.Settings == nil && len(r.ExtraFields) == 0 {
		problems.Add("", "nothing to change: set description, settings or toggleAutopilot")
	}
	r.Settings.validate(&problems)
	problems.NotExtra("toggleAutopilot", r.ExtraFields) // it decides whether the request may be repeated
	problems.UTF8(updateMessageFlowBody(r))
	return problems.Err(provider, "update message flow")
}

// MarshalJSON returns the request as JSON, as it is sent: with ExtraFields.
func (r UpdateMessageFlowRequest) MarshalJSON() ([]byte, error) {
	return wire.Encode(updateMessageFlowBody(r), r.ExtraFields)
}

// updateMessageFlowBody is the request without its extra fields.
type updateMessageFlowBody UpdateMessageFlowRequest

// UpdateMessageFlow changes a message flow. Only the fields that are set are
// sent. It is repeated after every transient failure: it sets values, so a
// repeat changes nothing but updatedAt. With ToggleAutopilot it is not, since
// two of them are none: if the response is lost the error matches
// [agentclients.ErrOutcomeUnknown], and GetMessageFlow tells.
//
// Errors: [agentclients.ErrNotFound] if the workspace has no such flow,
// [agentclients.ErrBadRequest] if the API refuses a value.
//
// API reference: Update Message Flow, PUT /v1/api/message-flows/{id},
// https://docs.trillet.ai/v1/api-reference/endpoints/flows/message-flows/update.
func (c *Client) UpdateMessageFlow(ctx context.Context, flowID string, request UpdateMessageFlowRequest, options ...agentclients.CallOption) (*MessageFlow, error) {
	op := transport.Op{
		Name:    "update message flow",
		Method:  http.MethodPut,
		Path:    "/v1/api/message-flows/{id}",
		Params:  []string{flowID},
		Invalid: request.Validate(),
		Body:    updateMessageFlowBody(request),
		Extra:   request.ExtraFields,
		Replay:  transport.ReplaySafe,
	}
	if request.ToggleAutopilot {
		op.Replay, op.Starts, op.ResourceID = transport.ReplayNever, true, flowID
	}
	return transport.Call(ctx, c.transport, op, options, decodeMessageFlow)
}

// DeleteMessageFlow removes a message flow. It is repeated after every
// transient failure; 404 to a repeat means that an earlier try removed the
// flow.
//
// Errors: [agentclients.ErrNotFound] if the workspace has no such flow.
//
// API reference: Delete Message Flow, DELETE /v1/api/message-flows/{id},
// https://docs.trillet.ai/v1/api-reference/endpoints/flows/message-flows/delete.
func (c *Client) DeleteMessageFlow(ctx context.Context, flowID string, options ...agentclients.CallOption) error {
	return transport.Do(ctx, c.transport, transport.Op{
		Name:   "delete message flow",
		Method: http.MethodDelete,
		Path:   "/v1/api/message-flows/{id}",
		Params: []string{flowID},
		Replay: transport.ReplaySafe,
	}, options)
}

// SetAutopilot turns the autopilot of a message flow on or off, and returns the
// flow. The API only has a way to toggle it: so the flow is read, toggled if it
// is not as it should be, and read again.
//
// It toggles at most once. The toggle is not repeated when its response is
// lost: the flow is then read, up to three times in two seconds, and if it is
// as it should be the call succeeded. If it is not, or cannot be read, the error
// matches [agentclients.ErrOutcomeUnknown] and has the id of the flow as
// ResourceID: the toggle may be on its way yet. Two programs at once may undo
// each other's toggle.
//
// Errors: [agentclients.ErrNotFound] if the workspace has no such flow,
// [agentclients.ErrConflict] if the toggle was carried out and the flow is not
// as it should be: somebody else toggled it, too,
// [agentclients.ErrOutcomeUnknown]. What CaptureResponse captures is the last
// response; its Attempts and Elapsed count all.
//
// API reference: Get Message Flow, GET /v1/api/message-flows/{id}; Toggle
// Autopilot, PUT /v1/api/message-flows/{id}/toggle-autopilot,
// https://docs.trillet.ai/v1/api-reference/endpoints/flows/message-flows/toggle-autopilot.
func (c *Client) SetAutopilot(ctx context.Context, flowID string, on bool, options ...agentclients.CallOption) (*MessageFlow, error) {
	const op = "set autopilot"
	tally, options := transport.NewTally(options)
	defer tally.Report()
	flow, err := c.readMessageFlow(ctx, op, flowID, options, decodeAutopilot)
	if err != nil || flow.Autopilot == on {
		return flow, err
	}
	toggled, err := transport.Call(ctx, c.transport, transport.Op{
		Name:       op,
		Method:     http.MethodPut,
		Path:       "/v1/api/message-flows/{id}/toggle-autopilot",
		Params:     []string{flowID},
		Replay:     transport.ReplayNever,
		Starts:     true,
		ResourceID: flowID,
	}, options, decodeAutopilot)
	var open *agentclients.Error
	if errors.As(err, &open) && !open.OutcomeUnknown {
		return nil, err
	}
	keep := tally.Keep() // the response to the toggle, unless the flow is seen as it should be
	var seen *MessageFlow
	found := poll.Looks(ctx, func() bool {
		flow, err := c.readMessageFlow(ctx, op, flowID, options, decodeAutopilot)
		if err == nil {
			seen = flow
		}
		return err == nil && flow.Autopilot == on
	})
	if found {
		if open != nil {
			tally.Settle()
		}
		return seen, nil
	}
	keep()
	switch {
	case open != nil:
		open.Err = poll.Interrupted(ctx, "flow", open.Err)
		return nil, err
	case seen == nil && toggled.Autopilot == on: // its word is good enough
		return toggled, nil
	case toggled.Autopilot == on && ctx.Err() != nil: // what was seen may be from before
		return nil, &agentclients.Error{Provider: provider, Op: op, ResourceID: flowID, Err: poll.Interrupted(ctx, "flow", nil)}
	}
	return nil, &agentclients.Error{Provider: provider, Op: op, ResourceID: flowID, Err: fmt.Errorf(
		"%w: the autopilot was toggled, and is not %s: somebody else toggled it, too", agentclients.ErrConflict, onOrOff(on))}
}

func onOrOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func decodeMessageFlow(body []byte) (*MessageFlow, error) {
	return wire.DecodeWith(body, "_id", func(f *MessageFlow) bool { return f.ID != "" })
}

// decodeAutopilot reads a flow of which the autopilot matters: one that does
// not tell it is not one whose autopilot is off.
func decodeAutopilot(body []byte) (*MessageFlow, error) {
	flow, err := decodeMessageFlow(body)
	if err != nil {
		return nil, err
	}
	members, err := wire.Members(body)
	if told := strings.Trim(string(members["autopilot"]), `"`); err != nil || told != "true" && told != "false" {
		return nil, wire.Missing("autopilot")
	}
	return flow, nil
}

func decodeMessageFlowList(body []byte) (*MessageFlowList, error) {
	flows, err := wire.DecodeArray[MessageFlow](body)
	if err != nil {
		return nil, err
	}
	return &MessageFlowList{MessageFlows: flows}, nil
}
