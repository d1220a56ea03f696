package agentloop

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"

	"github.com/google/uuid"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/poll"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// MessageRole is whose message it is. The API may add roles.
type MessageRole string

// The documented roles.
const (
	RoleUser       MessageRole = "user"
	RoleAgent      MessageRole = "agent"
	RoleSystem     MessageRole = "system"
	RoleToolResult MessageRole = "tool_result"
	// RoleAssistant is what some servers and documents call RoleAgent.
	RoleAssistant MessageRole = "assistant"
)

// Message is one message of a session.
type Message struct {
	// ID identifies the message, such as
	// "message_01933b5a000070008000000000000001".
	ID string `json:"id"`
	// Content are the parts of the message.
	Content []ContentPart `json:"content"`
	// Controls are what the message asked for besides its text, nil if
	// nothing.
	Controls *Controls `json:"controls,omitempty"`
	// CreatedAt is when the message was stored.
	CreatedAt agentclients.Timestamp `json:"created_at"`
	// Delivery says what the message did. Newest servers, and only in the
	// response to SendMessage.
	Delivery Delivery `json:"delivery,omitempty"`
	// Metadata is what its sender wrote to it. Messages of this client have
	// their ClientMessageID under [ClientMessageKey].
	Metadata map[string]any `json:"metadata,omitempty"`
	// Role is whose message it is.
	Role MessageRole `json:"role"`
	// Sequence is the number of the event of the message in its session, from
	// 1 on. 0 if the server does not tell.
	Sequence int64 `json:"sequence,omitempty"`
	// SessionID is the session of the message, "" if the server does not tell.
	SessionID string `json:"session_id,omitempty"`
	// Tags are the tags of the message.
	Tags []string `json:"tags,omitzero"`
	// Thinking is what the model thought, "" if it did not or does not tell.
	Thinking string `json:"thinking,omitempty"`
	// ThinkingSignature is the model's signature under Thinking.
	ThinkingSignature string `json:"thinking_signature,omitempty"`
}

// Text returns the texts of the message, joined.
func (m Message) Text() string { return textOf(m.Content) }

// String returns the id, the role and the beginning of the text in one line.
func (m Message) String() string { return line(m.ID, string(m.Role), quoted(m.Text())) }

// fromAgent reports whether the message is one of the agent.
func (m Message) fromAgent() bool { return m.Role == RoleAgent || m.Role == RoleAssistant }

// carries reports whether the message was sent with a ClientMessageID.
func (m Message) carries(clientMessageID string) bool {
	return m.Metadata[ClientMessageKey] == clientMessageID || m.Metadata["everruns_client_message_id"] == clientMessageID
}

// Delivery says what a message did. The API may add words.
type Delivery string

// The documented words.
const (
	// DeliveryStarted: the message started a turn.
	DeliveryStarted Delivery = "started"
	// DeliverySteered: a turn was running, and reads the message at its next
	// step.
	DeliverySteered Delivery = "steered"
	// DeliveryResumed: the message resumed a turn.
	DeliveryResumed Delivery = "resumed"
	// DeliveryDuplicate: the session had a message with this ClientMessageID.
	// That one is returned, and nothing was started.
	DeliveryDuplicate Delivery = "duplicate"
)

// Controls are what a message asks for besides its text.
type Controls struct {
	// ModelID is the language model to use, by its id. Nil: the session's.
	ModelID *string `json:"model_id,omitempty"`
	// Reasoning says how the model thinks. Nil: the server's choice.
	Reasoning *Reasoning `json:"reasoning,omitempty"`
}

// Reasoning says how a language model thinks.
type Reasoning struct {
	// Effort says how much it thinks. "": the model's default.
	Effort Effort `json:"effort,omitempty"`
}

// Effort says how much a language model thinks. The API may add words.
type Effort string

// The documented words.
const (
	EffortLow    Effort = "low"
	EffortMedium Effort = "medium"
	EffortHigh   Effort = "high"
)

// ClientMessageKey is the member of the metadata of a message under which
// SendMessage puts the ClientMessageID, by which it finds the message again.
const ClientMessageKey = "agentclients_client_message_id"

// SendMessageRequest says what message to send.
type SendMessageRequest struct {
	// Text is the message, if it is nothing but a text. It or Content is
	// required.
	Text string
	// Content are the parts of the message: texts and pictures. Nil: Text.
	Content []ContentPart
	// ClientMessageID is a UUID that names the message. Newest servers store a
	// second message with this id in the same session not again, but return
	// the first; older ones ignore it. "" makes a new one.
	ClientMessageID string
	// Controls are what the message asks for besides. Nil: nothing.
	Controls *Controls
	// Metadata is stored with the message. Names that begin with "everruns_"
	// are the server's own. Nil: none, but for [ClientMessageKey].
	Metadata map[string]any
	// Tags are stored with the message. Nil leaves them out.
	Tags []string

	// ExtraFields are put into the request last: for fields that this package
	// does not know. A nil value sends null. The id and the metadata cannot be
	// set here.
	ExtraFields map[string]any
}

type (
	sendMessageBody struct {
		ClientMessageID string         `json:"client_message_id,omitempty"`
		Controls        *Controls      `json:"controls,omitempty"`
		Message         inputMessage   `json:"message"`
		Metadata        map[string]any `json:"metadata,omitempty"`
		Tags            []string       `json:"tags,omitzero"`
	}
	inputMessage struct {
		Content []ContentPart `json:"content"`
	}
)

// MarshalJSON returns the request as it is sent, with ExtraFields.
func (r SendMessageRequest) MarshalJSON() ([]byte, error) {
	return wire.Encode(r.body(), r.ExtraFields)
}

// body returns the request as it is sent, without ExtraFields.
func (r SendMessageRequest) body() sendMessageBody {
	body := sendMessageBody{ClientMessageID: r.ClientMessageID, Controls: r.Controls, Metadata: r.Metadata, Tags: r.Tags}
	body.Message.Content = r.Content
	if r.Content == nil {
		body.Message.Content = []ContentPart{{Type: PartText, Text: r.Text}}
	}
	if r.ClientMessageID != "" {
		body.Metadata = maps.Clone(r.Metadata)
		if body.Metadata == nil {
			body.Metadata = map[string]any{}
		}
		body.Metadata[ClientMessageKey] = r.ClientMessageID
	}
	return body
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. SendMessage calls it.
func (r SendMessageRequest) Validate() error {
	var problems validate.Problems
	r.validate(&problems)
	return problems.Err(provider, sendMessage)
}

func (r SendMessageRequest) validate(problems *validate.Problems) {
	const content = "message.content"
	switch {
	case r.Text == "" && len(r.Content) == 0:
		problems.Add(content, "is required: set Text or Content")
	case r.Text != "" && r.Content != nil:
		problems.Add(content, "is set by Text and by Content: set one of them")
	}
	for i, part := range r.Content {
		problems.RequiredItem(content, i, "type", string(part.Type))
	}
	if r.ClientMessageID != "" && (uuid.Validate(r.ClientMessageID) != nil || len(r.ClientMessageID) != len(uuid.UUID{}.String())) {
		problems.Add("client_message_id", `must be a UUID, such as "123e4567-e89b-42d3-a456-426614174000"`)
	}
	if _, found := r.Metadata[ClientMessageKey]; found {
		problems.Add("metadata."+ClientMessageKey, "is set by the client")
	}
	problems.NotExtra("client_message_id", r.ExtraFields)
	problems.NotExtra("metadata", r.ExtraFields)
	problems.UTF8(r.body())
	problems.UTF8(r.ExtraFields)
}

const sendMessage = "send message"

// SendMessage sends a message of the user to a session, and returns it when it
// is stored: [Client.StreamEvents] then shows what the agent does, and
// [Client.RunAgent] also waits for it. The message starts a turn. If one is
// running, that one reads the message at its next step; what comes after the
// last step waits for the next message, or for a turn of its own on newest
// servers.
//
// One call stores at most one message. It is repeated only if it surely did
// nothing. After a lost response the messages of the session are read, up to
// three times in two seconds: if the message is there, it is returned. If it
// is not, or cannot be read, the error matches [agentclients.ErrOutcomeUnknown]:
// the message may be stored yet. Its ResourceID is the ClientMessageID, which
// is under [ClientMessageKey] in the metadata of the message, if it exists.
//
// Errors: [agentclients.ErrNotFound] if there is no such session,
// [agentclients.ErrBadRequest] also if too many turns are running,
// [agentclients.ErrConflict] if the session cannot take the message now.
//
// API reference: create_message, POST /v1/sessions/{session_id}/messages,
// https://github.com/everruns/everruns.
func (c *Client) SendMessage(ctx context.Context, sessionID string, request SendMessageRequest, options ...agentclients.CallOption) (*Message, error) {
	if err := refuse(sendMessage, checkSessionID(sendMessage, sessionID), request.Validate()); err != nil {
		return nil, err
	}
	if request.ClientMessageID == "" {
		request.ClientMessageID = newClientMessageID()
	}
	tally, options := transport.NewTally(options)
	defer tally.Report()
	return c.postMessage(ctx, sessionID, request, tally, options)
}

// postMessage posts a message once, and looks for it if the response was lost.
// The options are those of the tally.
func (c *Client) postMessage(ctx context.Context, sessionID string, request SendMessageRequest, tally *transport.Tally, options []agentclients.CallOption) (*Message, error) {
	message, err := transport.Call(ctx, c.transport, transport.Op{
		Name:   sendMessage,
		Method: http.MethodPost,
		Path:   "/v1/sessions/{session_id}/messages",
		Params: []string{sessionID},
		Body:   request,
		Replay: transport.ReplayNever,
		Starts: true,
	}, options, func(body []byte) (*Message, error) { return decodeSent(body, request.ClientMessageID) })
	var open *agentclients.Error
	if err == nil || !errors.As(err, &open) || !open.OutcomeUnknown {
		return message, err
	}
	keep := tally.Keep() // the response that left it open, unless the message is found
	if found := c.findMessage(ctx, sessionID, request.ClientMessageID, options); found != nil {
		tally.Settle()
		return found, nil
	}
	keep()
	open.ResourceID = request.ClientMessageID
	open.Err = poll.Interrupted(ctx, "message", open.Err)
	return nil, err
}

func newClientMessageID() string { return uuid.NewString() }

// decodeSent decodes the response to a message. One that has another
// ClientMessageID is the response to another message.
func decodeSent(body []byte, clientMessageID string) (*Message, error) {
	message, err := decodeMessage(body)
	if err != nil {
		return nil, err
	}
	if other, found := message.Metadata[ClientMessageKey]; found && other != clientMessageID {
		return nil, fmt.Errorf("it is about another message, which has the client message id %v", other)
	}
	return message, nil
}

// findMessage looks for a message by its ClientMessageID. It returns nil if it
// does not see it.
func (c *Client) findMessage(ctx context.Context, sessionID, clientMessageID string, options []agentclients.CallOption) (found *Message) {
	poll.Looks(ctx, func() bool {
		list, err := c.ListMessages(ctx, sessionID, options...)
		if err != nil {
			return false
		}
		for i := range list.Messages {
			if list.Messages[i].carries(clientMessageID) {
				found = &list.Messages[i]
			}
		}
		return found != nil
	})
	return found
}

// MessageList is the list of the messages of a session.
type MessageList struct {
	// Messages are the messages, the oldest first.
	Messages []Message `json:"data"`
}

// ListMessages reads the messages of a session, the oldest first: those of the
// user and those of the agent. Calls of tools are messages, too: one of the
// agent with parts of the type [PartToolCall], and one with the results. It is
// repeated after every transient failure.
//
// Errors: [agentclients.ErrNotFound] if there is no such session.
//
// API reference: list_messages, GET /v1/sessions/{session_id}/messages,
// https://github.com/everruns/everruns.
func (c *Client) ListMessages(ctx context.Context, sessionID string, options ...agentclients.CallOption) (*MessageList, error) {
	const op = "list messages"
	if err := checkSessionID(op, sessionID); err != nil {
		return nil, err
	}
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   op,
		Method: http.MethodGet,
		Path:   "/v1/sessions/{session_id}/messages",
		Params: []string{sessionID},
		Replay: transport.ReplaySafe,
	}, options, decodeMessageList)
}

func decodeMessage(body []byte) (*Message, error) {
	return wire.DecodeWith(body, "id", func(m *Message) bool { return m.ID != "" })
}

func decodeMessageList(body []byte) (*MessageList, error) {
	return wire.DecodeList(body, "data", func(l *MessageList) *[]Message { return &l.Messages })
}
