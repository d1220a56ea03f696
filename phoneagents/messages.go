package phoneagents

import (
	"context"
	"iter"
	"net/http"
	"net/url"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/pages"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// Sender is who says a message. The API may add senders.
type Sender string

// The documented senders.
const (
	SenderUser  Sender = "user"  // the person
	SenderAgent Sender = "agent" // the agent
)

// MessageStatus is what became of a message. The API may add words.
type MessageStatus string

// The documented words.
const (
	MessageSent    MessageStatus = "sent"
	MessageFailed  MessageStatus = "failed"
	MessagePending MessageStatus = "pending"
)

// Message is one message of a conversation.
type Message struct {
	// ID identifies the message. It may have characters of all sorts.
	ID string `json:"message_id"`
	// ConversationID is the conversation that the message is in.
	ConversationID string `json:"conversation_id"`
	// Sender is who says it.
	Sender Sender `json:"sender"`
	// Text is what is said.
	Text string `json:"text"`
	// Timestamp is when it was said.
	Timestamp agentclients.Timestamp `json:"timestamp"`
	// Status is what became of it.
	Status MessageStatus `json:"status"`
	// SequenceNo is the number of the message in its conversation, from 1 on.
	// The answer to a message has the next number.
	SequenceNo int `json:"sequence_no"`
	// PlatformMessageID is what the platform calls the message, "" if it has
	// no name for it.
	PlatformMessageID string `json:"platform_message_id,omitempty"`

	// AgentID is the agent of the conversation. This and what follows are ""
	// or false in the response to ListConversationMessages, which tells it once
	// for all of them.
	AgentID string `json:"agent_id,omitempty"`
	// AgentName is the agent's name for people.
	AgentName string `json:"agent_name,omitempty"`
	// CustomerPhone is the person: a phone number, or the visitor of a web chat.
	CustomerPhone string `json:"customer_phone,omitempty"`
	// ConversationActive says that the conversation goes on.
	ConversationActive bool `json:"conversation_active,omitempty"`
	// PhoneNumberID is the phone number of the agent.
	PhoneNumberID string `json:"phone_number_id,omitempty"`
	// Platform is where the message was said.
	Platform Platform `json:"platform,omitempty"`
	// PhoneDisplayName is the phone number's name for people, "" if it has none.
	PhoneDisplayName string `json:"phone_display_name,omitempty"`
}

// Pagination says which part of a list a response is.
type Pagination struct {
	// Total is how many items the whole list has.
	Total int `json:"total"`
	// Limit is how many items a response has at most.
	Limit int `json:"limit"`
	// Offset is how many items were left out at the beginning.
	Offset int `json:"offset"`
	// HasMore says that the list goes on after this part.
	HasMore bool `json:"hasMore"`
}

// ListMessagesRequest says which messages to list. The zero value is the first
// page of all, the newest first.
type ListMessagesRequest struct {
	// ConversationID lists only the messages of this conversation. "": all.
	ConversationID string
	// PhoneNumberID lists only messages on this phone number. "": all.
	PhoneNumberID string
	// AgentID lists only messages to and from this agent. "": all.
	AgentID string
	// Sender lists only what this one says. "": both.
	Sender Sender
	// Status lists only messages with this status. "": all.
	Status MessageStatus
	// StartDate lists only messages of this moment and later. "": all.
	StartDate agentclients.Timestamp
	// EndDate lists only messages of this moment and earlier. "": all.
	EndDate agentclients.Timestamp
	// Limit is how many messages to return at most. 0: 50.
	Limit int
	// Offset is how many messages to leave out at the beginning.
	Offset int
	// OrderBy is the field to sort by: timestamp (default), sequence_no, status
	// or sender.
	OrderBy string
	// OrderDirection is ASC or DESC (default).
	OrderDirection string
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. ListMessages calls it.
func (r ListMessagesRequest) Validate() error {
	var problems validate.Problems
	validateListing(&problems, r.Limit, r.Offset, r.OrderBy, r.OrderDirection, "timestamp", "sequence_no", "status", "sender")
	validateTime(&problems, "start_date", r.StartDate)
	validateTime(&problems, "end_date", r.EndDate)
	return problems.Err(provider, "list messages")
}

func (r ListMessagesRequest) query() url.Values {
	query := wire.Query{Values: listingQuery(r.Limit, r.Offset, r.OrderBy, r.OrderDirection)}
	query.Text("conversation_id", r.ConversationID)
	query.Text("phone_number_id", r.PhoneNumberID)
	query.Text("agent_id", r.AgentID)
	query.Text("sender", string(r.Sender))
	query.Text("status", string(r.Status))
	query.Text("start_date", string(r.StartDate))
	query.Text("end_date", string(r.EndDate))
	return query.Values
}

// MessageList is one page of the messages of a user.
type MessageList struct {
	// Messages are the messages of this page.
	Messages []Message `json:"messages"`
	// Pagination says which part of the list it is. Nil if the server does not
	// tell, not even whether the list goes on.
	Pagination *Pagination `json:"pagination,omitempty"`
}

// ListMessages reads one page of the messages of a user, the newest first
// unless the request says otherwise. It is repeated after every transient
// failure.
//
// Errors: [agentclients.ErrBadRequest] for a sender or a status that the
// server does not know.
//
// API reference: List Messages, GET /users/{user_id}/messages.
func (c *Client) ListMessages(ctx context.Context, userID string, request ListMessagesRequest, options ...agentclients.CallOption) (*MessageList, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:    "list messages",
		Method:  http.MethodGet,
		Path:    "/users/{user_id}/messages",
		Params:  []string{userID},
		Invalid: request.Validate(),
		Query:   request.query(),
		Replay:  transport.ReplaySafe,
	}, options, decodeMessageList)
}

// AllMessages reads the messages of a user page by page, Limit of them at a
// time (50 by default), beginning at Offset. The loop ends after the last
// message, or after one error. Messages that come while it runs are left out or
// not, but none is given twice.
//
// API reference: List Messages, GET /users/{user_id}/messages.
func (c *Client) AllMessages(ctx context.Context, userID string, request ListMessagesRequest, options ...agentclients.CallOption) iter.Seq2[Message, error] {
	return pages.Windows(provider, "list messages", request.Offset, messageID, func(offset int) (pages.Window[Message], error) {
		request := request
		request.Offset = offset
		list, err := c.ListMessages(ctx, userID, request, options...)
		if err != nil {
			return pages.Window[Message]{}, err
		}
		return window(list.Messages, offset, list.Pagination), nil
	})
}

func messageID(m Message) string { return m.ID }

// TimeRange is a time up to now that statistics are about.
type TimeRange string

// The documented ranges.
const (
	TimeRangeHour  TimeRange = "hour"
	TimeRangeDay   TimeRange = "day"
	TimeRangeWeek  TimeRange = "week"
	TimeRangeMonth TimeRange = "month"
)

// GetMessageStatsRequest says what to count. The zero value is everything of
// the last day.
type GetMessageStatsRequest struct {
	// AgentID counts only messages to and from this agent. "": all.
	AgentID string
	// PhoneNumberID counts only messages on this phone number. "": all.
	PhoneNumberID string
	// TimeRange counts only messages of this time. "": the last day.
	TimeRange TimeRange
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. GetMessageStats calls it.
func (r GetMessageStatsRequest) Validate() error {
	var problems validate.Problems
	switch r.TimeRange {
	case "", TimeRangeHour, TimeRangeDay, TimeRangeWeek, TimeRangeMonth:
	default: // of which the server would count a day, and call it by that name
		problems.Add("time_range", "must be one of hour, day, week, month")
	}
	return problems.Err(provider, "get message stats")
}

// MessageStats is how many messages there were.
type MessageStats struct {
	// TotalMessages is how many in all.
	TotalMessages int `json:"total_messages"`
	// BySender is how many of whom.
	BySender SenderCounts `json:"by_sender"`
	// ByStatus is what became of how many.
	ByStatus StatusCounts `json:"by_status"`
	// ActiveConversations is how many conversations go on.
	ActiveConversations int `json:"active_conversations"`
	// TimeRange is the time that was counted.
	TimeRange TimeRange `json:"time_range"`
}

// SenderCounts counts messages by their senders.
type SenderCounts struct {
	// User is how many messages persons sent.
	User int `json:"user"`
	// Agent is how many messages agents sent.
	Agent int `json:"agent"`
}

// StatusCounts counts messages by their status.
type StatusCounts struct {
	// Sent is how many messages were sent.
	Sent int `json:"sent"`
	// Failed is how many messages could not be delivered.
	Failed int `json:"failed"`
	// Pending is how many messages are still to be sent.
	Pending int `json:"pending"`
}

// GetMessageStats counts the messages of a user. It is repeated after every
// transient failure.
//
// API reference: Get Message Stats, GET /users/{user_id}/messages/stats.
func (c *Client) GetMessageStats(ctx context.Context, userID string, request GetMessageStatsRequest, options ...agentclients.CallOption) (*MessageStats, error) {
	query := wire.NewQuery()
	query.Text("agent_id", request.AgentID)
	query.Text("phone_number_id", request.PhoneNumberID)
	query.Text("time_range", string(request.TimeRange))
	return transport.Call(ctx, c.transport, transport.Op{
		Name:    "get message stats",
		Method:  http.MethodGet,
		Path:    "/users/{user_id}/messages/stats",
		Params:  []string{userID},
		Invalid: request.Validate(),
		Query:   query.Values,
		Replay:  transport.ReplaySafe,
	}, options, decodeMessageStats)
}

// DeliveryStatus is how far a message got on its platform. The API may add
// words.
type DeliveryStatus string

// The documented words.
const (
	DeliveryPending   DeliveryStatus = "pending"
	DeliverySent      DeliveryStatus = "sent"
	DeliveryDelivered DeliveryStatus = "delivered"
	DeliveryRead      DeliveryStatus = "read"
	DeliveryFailed    DeliveryStatus = "failed"
)

// Delivery is what a platform tells of a message.
type Delivery struct {
	// Status is how far the message got.
	Status DeliveryStatus `json:"status"`
	// ErrorReason is why it failed, "" if it did not.
	ErrorReason string `json:"error_reason,omitempty"`
	// UpdatedAt is when the platform last told.
	UpdatedAt agentclients.Timestamp `json:"updated_at"`
}

// MessageReport is a message with what became of it. The ConversationActive of
// its Message is not told here.
type MessageReport struct {
	Message
	// Delivery is what the platform tells. Nil if it tells nothing: of messages
	// of persons, and of web chat.
	Delivery *Delivery `json:"delivery_status,omitempty"`
	// IsFailed says that the message was not sent.
	IsFailed bool `json:"is_failed"`
	// FailureReason is why not, "" if it was sent or nobody knows.
	FailureReason string `json:"failure_reason,omitempty"`
}

// GetMessageStatus reads a message with what became of it. It is repeated after
// every transient failure.
//
// Errors: [agentclients.ErrNotFound] if there is no such message, or if it is
// another user's.
//
// API reference: Get Message Status, GET
// /users/{user_id}/messages/{message_id}/status.
func (c *Client) GetMessageStatus(ctx context.Context, userID, messageID string, options ...agentclients.CallOption) (*MessageReport, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "get message status",
		Method: http.MethodGet,
		Path:   "/users/{user_id}/messages/{message_id}/status",
		Params: []string{userID, messageID},
		Replay: transport.ReplaySafe,
	}, options, decodeMessageReport)
}

func decodeMessageList(body []byte) (*MessageList, error) {
	messages, err := decodeList[Message](body, "messages")
	if err != nil {
		return nil, err
	}
	return &MessageList{Messages: messages, Pagination: decodePagination(body)}, nil
}

func decodeMessageStats(body []byte) (*MessageStats, error) {
	body = unwrap(body)
	members, err := wire.Members(body)
	if err == nil && members["total_messages"] == nil {
		err = wire.Missing("total_messages")
	}
	if err != nil {
		return nil, err
	}
	return wire.Decode[MessageStats](body)
}

func decodeMessageReport(body []byte) (*MessageReport, error) {
	return wire.DecodeWith(unwrap(body), "message_id", func(m *MessageReport) bool { return m.ID != "" })
}
