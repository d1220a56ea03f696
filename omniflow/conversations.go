package omniflow

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// Conversation is what a message flow and a contact wrote to each other. There
// is one for each flow and contact.
type Conversation struct {
	// ID identifies the conversation.
	ID string `json:"_id"`
	// UserID is the user that it belongs to.
	UserID string `json:"userId,omitempty"`
	// MessageFlowID is the message flow.
	MessageFlowID string `json:"pathwayId,omitempty"`
	// AgentID is the agent that writes.
	AgentID string `json:"agentId,omitempty"`
	// Customer is the contact.
	Customer Customer `json:"customer"`
	// Messages are the messages of both, the oldest first.
	Messages []Message `json:"messages"`
	// CreatedAt is when the conversation began.
	CreatedAt agentclients.Timestamp `json:"createdAt,omitempty"`
	// UpdatedAt is when something in it changed last.
	UpdatedAt agentclients.Timestamp `json:"updatedAt,omitempty"`
}

// Message returns the message with an id, nil if there is none.
func (c *Conversation) Message(messageID string) *Message {
	for i := range c.Messages {
		if c.Messages[i].ID == messageID {
			return &c.Messages[i]
		}
	}
	return nil
}

// Customer is a contact of a message flow.
type Customer struct {
	// Name is the contact's name, "" if it is not known.
	Name string `json:"name,omitempty"`
	// Email is the mail address, "" if it is not known.
	Email string `json:"email,omitempty"`
	// Phone is the phone number in E.164 form, "" if it is not known.
	Phone string `json:"phone,omitempty"`
}

// Contact returns the phone number or, if there is none, the mail address.
func (c Customer) Contact() string { return cmp.Or(c.Phone, c.Email) }

// is reports whether the contact is reached at an address.
func (c Customer) is(contact string) bool {
	contact = strings.TrimSpace(contact) // as servers do
	return contact != "" && (c.Phone == contact || strings.EqualFold(c.Email, contact))
}

// Message is one message of a conversation.
type Message struct {
	// ID identifies the message.
	ID string `json:"_id"`
	// Direction says who wrote it.
	Direction Direction `json:"direction"`
	// Sent says whether a message of the agent was sent.
	Sent bool `json:"sent"`
	// Text is what was written.
	Text string `json:"message"`
	// Status says what became of it.
	Status MessageStatus `json:"status"`
	// CreatedAt is when it was written.
	CreatedAt agentclients.Timestamp `json:"createdAt,omitempty"`
	// UpdatedAt is when it changed last.
	UpdatedAt agentclients.Timestamp `json:"updatedAt,omitempty"`
}

// isPending reports whether somebody has to decide about the message.
func (m *Message) isPending() bool {
	return m.Direction == DirectionOutbound && m.Status == MessagePending && !m.Sent
}

// MessageStatus says what became of a message. The API may add words.
type MessageStatus string

// The words that are known. Only approved and received are documented.
const (
	// MessagePending: it waits for ApproveMessage, EditMessage or
	// RejectMessage.
	MessagePending MessageStatus = "pending"
	// MessageApproved: it was sent, or will be when the delay of its flow is
	// over; Sent tells.
	MessageApproved MessageStatus = "approved"
	// MessageRejected: it will not be sent.
	MessageRejected MessageStatus = "rejected"
	// MessageReceived: the contact wrote it.
	MessageReceived MessageStatus = "received"
)

// GenerateMessageRequest says which message to generate.
type GenerateMessageRequest struct {
	// FlowID is the message flow, which must be active. Required.
	FlowID string
	// To is the contact: a phone number in E.164 form for the channel SMS, a
	// mail address for Email. Required.
	To string
	// Autopilot says whether the message is sent by itself, after the delay of
	// the flow. If it is false, the message is pending until it is decided
	// about.
	Autopilot bool
	// CustomerName is the name of the contact. "" leaves it out.
	CustomerName string
	// Dynamic are values of any names for the flow. The API does not say what
	// it does with them. Nil leaves them out, an empty map sends {}.
	Dynamic map[string]any

	// ExtraFields are put into the request last: for fields that this package
	// does not know. A nil value sends null.
	ExtraFields map[string]any
}

type (
	generateMessageBody struct {
		FlowID    string           `json:"flowId"`
		To        string           `json:"to"`
		Autopilot bool             `json:"autopilot"`
		Metadata  *messageMetadata `json:"metadata,omitempty"`
		Dynamic   map[string]any   `json:"dynamic,omitzero"`
	}
	messageMetadata struct {
		CustomerDetails customerDetails `json:"customerDetails"`
	}
	customerDetails struct {
		Name string `json:"name"`
	}
)

// body returns the request as it is sent, without ExtraFields.
func (r GenerateMessageRequest) body() generateMessageBody {
	body := generateMessageBody{FlowID: r.FlowID, To: r.To, Autopilot: r.Autopilot, Dynamic: r.Dynamic}
	if r.CustomerName != "" {
		body.Metadata = &messageMetadata{customerDetails{r.CustomerName}}
	}
	return body
}

// MarshalJSON returns the request as it is sent, with ExtraFields.
func (r GenerateMessageRequest) MarshalJSON() ([]byte, error) {
	return wire.Encode(r.body(), r.ExtraFields)
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. GenerateMessage calls it.
func (r GenerateMessageRequest) Validate() error { return r.validate("generate message") }

func (r GenerateMessageRequest) validate(op string) error {
	var problems validate.Problems
	problems.Required("flowId", r.FlowID)
	problems.Required("to", r.To)
	problems.UTF8(r.body())
	problems.UTF8(r.ExtraFields)
	return problems.Err(provider, op)
}

// GeneratedMessage is a message that was generated.
type GeneratedMessage struct {
	// Status is "success".
	Status string `json:"status"`
	// ConversationID is the conversation that the message is in.
	ConversationID string `json:"conversation_id"`
	// MessageID identifies the message.
	MessageID string `json:"message_id"`
	// Text is the message: the InitiationMessage of the flow.
	Text string `json:"message"`
}

// GenerateMessage writes the first message of a message flow into the
// conversation of the flow and a contact, which it begins if there is none.
// With Autopilot the message is sent by itself, and costs money; else it waits
// for a decision.
//
// It makes at most one message. It is not repeated when the response is lost,
// since the API would make a second one. The error then matches
// [agentclients.ErrOutcomeUnknown]: look with FindConversation for an outbound
// message with a CreatedAt that is not before the call. [Client.SendMessage]
// finds out by itself.
//
// Errors: [agentclients.ErrBadRequest] if the flow is not active, or the
// contact is not one for its channel (Code "invalid_number"),
// [agentclients.ErrNotFound] if the workspace has no such flow,
// [agentclients.ErrOutcomeUnknown] if the message may have been made.
//
// API reference: Generate Message, POST
// /v1/api/conversations/message/generate,
// https://docs.trillet.ai/v1/api-reference/endpoints/conversations/generateMessage.
func (c *Client) GenerateMessage(ctx context.Context, request GenerateMessageRequest, options ...agentclients.CallOption) (*GeneratedMessage, error) {
	if err := request.Validate(); err != nil {
		return nil, err
	}
	return transport.Call(ctx, c.transport, generateOp("generate message", request), options, decodeGeneratedMessage)
}

// generateOp generates a message, also for SendMessage.
func generateOp(name string, request GenerateMessageRequest) transport.Op {
	return transport.Op{
		Name:   name,
		Method: http.MethodPost,
		Path:   "/v1/api/conversations/message/generate",
		Body:   request.body(),
		Extra:  request.ExtraFields,
		Replay: transport.ReplayNever,
		Starts: true,
	}
}

// ConversationList is the list of the conversations of a workspace.
type ConversationList struct {
	// Conversations are all conversations: the API has no pages.
	Conversations []Conversation `json:"conversations"`
}

// ListConversations reads all conversations of the workspace: the API has no
// pages. It is repeated after every transient failure.
//
// API reference: Get All Conversations, GET /v1/api/conversations,
// https://docs.trillet.ai/v1/api-reference/endpoints/conversations/getAll.
func (c *Client) ListConversations(ctx context.Context, options ...agentclients.CallOption) (*ConversationList, error) {
	return c.listConversations(ctx, "list conversations", options)
}

func (c *Client) listConversations(ctx context.Context, op string, options []agentclients.CallOption) (*ConversationList, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   op,
		Method: http.MethodGet,
		Path:   "/v1/api/conversations",
		Replay: transport.ReplaySafe,
	}, options, decodeConversationList)
}

// GetConversation reads one conversation with its messages. It is repeated
// after every transient failure.
//
// Errors: [agentclients.ErrNotFound] if the workspace has no such conversation.
//
// API reference: Get Conversation, GET /v1/api/conversations/{conversationId},
// https://docs.trillet.ai/v1/api-reference/endpoints/conversations/getById.
func (c *Client) GetConversation(ctx context.Context, conversationID string, options ...agentclients.CallOption) (*Conversation, error) {
	return c.readConversation(ctx, "get conversation", conversationID, options)
}

func (c *Client) readConversation(ctx context.Context, op, conversationID string, options []agentclients.CallOption) (*Conversation, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   op,
		Method: http.MethodGet,
		Path:   "/v1/api/conversations/{conversationId}",
		Params: []string{conversationID},
		Replay: transport.ReplaySafe,
	}, options, decodeConversation)
}

// FindConversation reads the conversations of the workspace and returns that of
// a message flow with a contact: a phone number in E.164 form, or a mail
// address. If the API has several, which it should not, it is the first of the
// list. It is repeated after every transient failure.
//
// Errors: [agentclients.ErrNotFound] if the flow has no conversation with the
// contact.
//
// API reference: Get All Conversations, GET /v1/api/conversations,
// https://docs.trillet.ai/v1/api-reference/endpoints/conversations/getAll.
func (c *Client) FindConversation(ctx context.Context, flowID, contact string, options ...agentclients.CallOption) (*Conversation, error) {
	const op = "find conversation"
	var problems validate.Problems
	problems.Required("flowId", flowID)
	problems.Required("to", contact)
	if err := problems.Err(provider, op); err != nil {
		return nil, err
	}
	found, err := c.conversationsOf(ctx, op, flowID, contact, options)
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, &agentclients.Error{Provider: provider, Op: op, Err: fmt.Errorf("%w: the message flow has no conversation with this contact", agentclients.ErrNotFound)}
	}
	return &found[0], nil
}

// conversationsOf returns the conversations of a flow with a contact.
func (c *Client) conversationsOf(ctx context.Context, op, flowID, contact string, options []agentclients.CallOption) ([]Conversation, error) {
	list, err := c.listConversations(ctx, op, options)
	if err != nil {
		return nil, err
	}
	var found []Conversation
	for _, conversation := range list.Conversations {
		if conversation.MessageFlowID == flowID && conversation.Customer.is(contact) {
			found = append(found, conversation)
		}
	}
	return found, nil
}

func decodeGeneratedMessage(body []byte) (*GeneratedMessage, error) {
	generated, err := wire.DecodeWith(body, "message_id", func(m *GeneratedMessage) bool { return m.MessageID != "" })
	switch {
	case err != nil:
		return nil, err
	case generated.ConversationID == "":
		return nil, wire.Missing("conversation_id")
	case saysFailed(generated.Status):
		return nil, fmt.Errorf("the response says %q", generated.Status)
	}
	return generated, nil
}

func decodeConversation(body []byte) (*Conversation, error) {
	return wire.DecodeWith(body, "_id", func(c *Conversation) bool { return c.ID != "" })
}

func decodeConversationList(body []byte) (*ConversationList, error) {
	conversations, err := wire.DecodeArray[Conversation](body)
	if err != nil {
		return nil, err
	}
	return &ConversationList{Conversations: conversations}, nil
}
