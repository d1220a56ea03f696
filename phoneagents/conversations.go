package phoneagents

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/pages"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// Conversation is what a person and an agent say to each other.
type Conversation struct {
	// ID identifies the conversation, such as "conv_1770541200000_p2x".
	ID string `json:"conversation_id"`
	// AgentID is the agent. It may be deleted by now.
	AgentID string `json:"agent_id"`
	// AgentName is the agent's name for people.
	AgentName string `json:"agent_name"`
	// CustomerPhone is the person: a phone number, or the visitor of a web chat.
	CustomerPhone string `json:"customer_phone"`
	// OpenAIConversationID is what OpenAI calls the conversation, "" if it does
	// not know it.
	OpenAIConversationID string `json:"openai_conversation_id,omitempty"`
	// CreatedAt is when the conversation began.
	CreatedAt agentclients.Timestamp `json:"created_at"`
	// LastMessageAt is when something was last said.
	LastMessageAt agentclients.Timestamp `json:"last_message_at"`
	// IsActive says that the conversation goes on: its agent is still there, and
	// something was said in the last 21 days. A person and an agent have one
	// such conversation at most.
	IsActive bool `json:"is_active"`
	// PhoneNumberID is the phone number of the agent.
	PhoneNumberID string `json:"phone_number_id"`
	// Platform is where they talk.
	Platform Platform `json:"platform"`
	// PhoneDisplayName is the phone number's name for people, "" if it has none.
	PhoneDisplayName string `json:"phone_display_name,omitempty"`
	// MessageCount is how many messages there are.
	MessageCount int `json:"message_count"`

	// LastMessageText is what was last said. Of lists only, "" if nothing was.
	LastMessageText string `json:"last_message_text,omitempty"`
	// LastMessageSender is who said that. Of lists only.
	LastMessageSender Sender `json:"last_message_sender,omitempty"`

	// PromptID is the prompt of the agent. Of GetConversation only.
	PromptID string `json:"prompt_id,omitempty"`
	// UserID is the user whose agent it is. Of GetConversation only.
	UserID string `json:"user_id,omitempty"`
	// UserMessageCount is how many messages are the person's. Of
	// GetConversation only.
	UserMessageCount int `json:"user_message_count,omitempty"`
	// AgentMessageCount is how many messages are the agent's. Of
	// GetConversation only.
	AgentMessageCount int `json:"agent_message_count,omitempty"`
}

// ListConversationsRequest says which conversations to list. The zero value is
// the first page of all, the one with the newest message first.
type ListConversationsRequest struct {
	// AgentID lists only the conversations of this agent. "": all.
	AgentID string
	// PhoneNumberID lists only conversations on this phone number. "": all.
	PhoneNumberID string
	// CustomerPhone lists only the conversations of this person. "": all.
	CustomerPhone string
	// IsActive lists only conversations that go on, or only others. Nil: all.
	IsActive *bool
	// Limit is how many conversations to return at most. 0: 50.
	Limit int
	// Offset is how many conversations to leave out at the beginning.
	Offset int
	// OrderBy is the field to sort by: last_message_at (default), created_at or
	// is_active.
	OrderBy string
	// OrderDirection is ASC or DESC (default).
	OrderDirection string
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. ListConversations calls it.
func (r ListConversationsRequest) Validate() error {
	var problems validate.Problems
	validateListing(&problems, r.Limit, r.Offset, r.OrderBy, r.OrderDirection, "last_message_at", "created_at", "is_active")
	return problems.Err(provider, "list conversations")
}

func (r ListConversationsRequest) query() url.Values {
	query := wire.Query{Values: listingQuery(r.Limit, r.Offset, r.OrderBy, r.OrderDirection)}
	query.Text("agent_id", r.AgentID)
	query.Text("phone_number_id", r.PhoneNumberID)
	query.Text("customer_phone", r.CustomerPhone)
	if r.IsActive != nil {
		query.Text("is_active", strconv.FormatBool(*r.IsActive))
	}
	return query.Values
}

// ConversationList is one page of the conversations of a user.
type ConversationList struct {
	// Conversations are the conversations of this page.
	Conversations []Conversation `json:"conversations"`
	// Pagination says which part of the list it is. Nil if the server does not
	// tell, not even whether the list goes on.
	Pagination *Pagination `json:"pagination,omitempty"`
}

// ListConversations reads one page of the conversations of a user, the one with
// the newest message first unless the request says otherwise. It is repeated
// after every transient failure.
//
// API reference: List Conversations, GET /users/{user_id}/conversations.
func (c *Client) ListConversations(ctx context.Context, userID string, request ListConversationsRequest, options ...agentclients.CallOption) (*ConversationList, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:    "list conversations",
		Method:  http.MethodGet,
		Path:    "/users/{user_id}/conversations",
		Params:  []string{userID},
		Invalid: request.Validate(),
		Query:   request.query(),
		Replay:  transport.ReplaySafe,
	}, options, decodeConversationList)
}

// AllConversations reads the conversations of a user page by page, Limit of
// them at a time (50 by default), beginning at Offset. The loop ends after the
// last conversation, or after one error. None is given twice; in the order by
// last_message_at one in which something is said while the loop runs may be
// missed: sort by created_at where that matters.
//
// API reference: List Conversations, GET /users/{user_id}/conversations.
func (c *Client) AllConversations(ctx context.Context, userID string, request ListConversationsRequest, options ...agentclients.CallOption) iter.Seq2[Conversation, error] {
	return pages.Windows(provider, "list conversations", request.Offset, conversationID, func(offset int) (pages.Window[Conversation], error) {
		request := request
		request.Offset = offset
		list, err := c.ListConversations(ctx, userID, request, options...)
		if err != nil {
			return pages.Window[Conversation]{}, err
		}
		return window(list.Conversations, offset, list.Pagination), nil
	})
}

func conversationID(c Conversation) string { return c.ID }

// GetConversation reads one conversation, without its messages. It is repeated
// after every transient failure.
//
// Errors: [agentclients.ErrNotFound] if there is no such conversation,
// [agentclients.ErrForbidden] if it is another user's.
//
// API reference: Get Conversation, GET
// /users/{user_id}/conversations/{conversation_id}.
func (c *Client) GetConversation(ctx context.Context, userID, conversationID string, options ...agentclients.CallOption) (*Conversation, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "get conversation",
		Method: http.MethodGet,
		Path:   "/users/{user_id}/conversations/{conversation_id}",
		Params: []string{userID, conversationID},
		Replay: transport.ReplaySafe,
	}, options, decodeConversation)
}

// ListConversationMessagesRequest says which messages of a conversation to
// list. The zero value is the first page.
type ListConversationMessagesRequest struct {
	// Limit is how many messages to return at most. 0: 50.
	Limit int
	// Offset is how many messages to leave out at the beginning.
	Offset int
	// BeforeSequence returns the newest messages whose SequenceNo is lower. It
	// does not go with Offset. 0: from the first message on.
	BeforeSequence int
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. ListConversationMessages
// calls it.
func (r ListConversationMessagesRequest) Validate() error {
	var problems validate.Problems
	validateListing(&problems, r.Limit, r.Offset, "", "")
	problems.NotNegative("before_sequence", r.BeforeSequence)
	if r.Offset > 0 && r.BeforeSequence > 0 {
		problems.Add("offset", "is ignored by the server beside before_sequence: set one of them")
	}
	return problems.Err(provider, "list conversation messages")
}

// ConversationMessageList is one page of the messages of a conversation.
type ConversationMessageList struct {
	// ConversationID is the conversation.
	ConversationID string `json:"conversation_id"`
	// Messages are the messages of this page, in the order of their SequenceNo.
	Messages []Message `json:"messages"`
	// Info says more about the conversation.
	Info ConversationInfo `json:"conversation_info"`
	// Pagination says which part of the list it is. Nil if the server does not
	// tell, not even whether the list goes on.
	Pagination *Pagination `json:"pagination,omitempty"`
}

// ConversationInfo is what a list of messages says about their conversation.
type ConversationInfo struct {
	// AgentID is the agent.
	AgentID string `json:"agent_id"`
	// CustomerPhone is the person: a phone number, or the visitor of a web chat.
	CustomerPhone string `json:"customer_phone"`
	// IsActive says that the conversation goes on.
	IsActive bool `json:"is_active"`
	// CreatedAt is when the conversation began.
	CreatedAt agentclients.Timestamp `json:"created_at"`
	// LastMessageAt is when something was last said.
	LastMessageAt agentclients.Timestamp `json:"last_message_at"`
}

// ListConversationMessages reads one page of the messages of a conversation, in
// their order. It is repeated after every transient failure.
//
// Errors: [agentclients.ErrNotFound] if there is no such conversation,
// [agentclients.ErrForbidden] if it is another user's.
//
// API reference: Get Conversation Messages, GET
// /users/{user_id}/conversations/{conversation_id}/messages.
func (c *Client) ListConversationMessages(ctx context.Context, userID, conversationID string, request ListConversationMessagesRequest, options ...agentclients.CallOption) (*ConversationMessageList, error) {
	query := wire.NewQuery()
	query.Number("limit", request.Limit)
	query.Number("offset", request.Offset)
	query.Number("before_sequence", request.BeforeSequence)
	return transport.Call(ctx, c.transport, transport.Op{
		Name:    "list conversation messages",
		Method:  http.MethodGet,
		Path:    "/users/{user_id}/conversations/{conversation_id}/messages",
		Params:  []string{userID, conversationID},
		Invalid: request.Validate(),
		Query:   query.Values,
		Replay:  transport.ReplaySafe,
	}, options, decodeConversationMessageList)
}

// AllConversationMessages reads the messages of a conversation page by page, in
// their order, Limit of them at a time (50 by default), beginning at Offset and
// ending before BeforeSequence. The loop ends after the last message, or after
// one error.
//
// API reference: Get Conversation Messages, GET
// /users/{user_id}/conversations/{conversation_id}/messages.
func (c *Client) AllConversationMessages(ctx context.Context, userID, conversationID string, request ListConversationMessagesRequest, options ...agentclients.CallOption) iter.Seq2[Message, error] {
	end := request.BeforeSequence
	var problems validate.Problems
	problems.NotNegative("before_sequence", end)
	if err := problems.Err(provider, "list conversation messages"); err != nil {
		return func(yield func(Message, error) bool) { yield(Message{}, err) }
	}
	all := pages.Windows(provider, "list conversation messages", request.Offset, messageID, func(offset int) (pages.Window[Message], error) {
		request := request
		request.Offset, request.BeforeSequence = offset, 0
		list, err := c.ListConversationMessages(ctx, userID, conversationID, request, options...)
		if err != nil {
			return pages.Window[Message]{}, err
		}
		return window(list.Messages, offset, list.Pagination), nil
	})
	if end == 0 {
		return all
	}
	return func(yield func(Message, error) bool) {
		for message, err := range all {
			if err == nil && message.SequenceNo >= end || !yield(message, err) {
				return
			}
		}
	}
}

func decodeConversation(body []byte) (*Conversation, error) {
	return wire.DecodeWith(unwrap(body), "conversation_id", func(c *Conversation) bool { return c.ID != "" })
}

func decodeConversationList(body []byte) (*ConversationList, error) {
	conversations, err := decodeList[Conversation](body, "conversations")
	if err != nil {
		return nil, err
	}
	return &ConversationList{Conversations: conversations, Pagination: decodePagination(body)}, nil
}

// decodeConversationMessageList reads the messages of a conversation, whose
// list is within data or, as other servers send it, in its place.
func decodeConversationMessageList(body []byte) (*ConversationMessageList, error) {
	list, err := wire.Decode[ConversationMessageList](unwrap(body))
	if err != nil {
		list = new(ConversationMessageList)
	}
	if list.Messages == nil {
		inner := unwrap(body)
		if members, err := wire.Members(inner); err != nil || members["messages"] == nil {
			inner = body
		}
		if list.Messages, err = decodeList[Message](inner, "messages"); err != nil {
			return nil, err
		}
	}
	if list.Pagination = decodePagination(unwrap(body)); list.Pagination == nil {
		list.Pagination = decodePagination(body)
	}
	return list, nil
}
