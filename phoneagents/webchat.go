package phoneagents

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"

	"github.com/google/uuid"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/poll"
	"github.com/agentclients/agentclients-go/internal/sse"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// The paths of web chat. They are beside the version of the base URL, and take
// no key.
const (
	webchatMessagesPath = "/api/webchat/{webchat_id}/messages"
	webchatStreamPath   = "/api/webchat/{webchat_id}/stream"
)

// longestVisitorID is how many characters the id of a visitor can have.
const longestVisitorID = 50

// newVisitorID returns an id that nobody else has.
func newVisitorID() string { return "visitor-" + uuid.NewString() }

func validateVisitor(problems *validate.Problems, path, id string) {
	problems.MaxCharacters(path, id, longestVisitorID)
	problems.Text(path, id)
}

// WebchatMessage is a message of a web chat.
type WebchatMessage struct {
	// ID identifies the message. An answer has another one in the stream than
	// in the history.
	ID string `json:"message_id"`
	// Text is what is said.
	Text string `json:"message_text"`
	// Sender is who says it.
	Sender Sender `json:"sender"`
	// Timestamp is when it was said.
	Timestamp agentclients.Timestamp `json:"timestamp"`
	// SequenceNo is the number of the message in its conversation, from 1 on. 0
	// in a stream.
	SequenceNo int `json:"sequence_no,omitempty"`
}

// SendWebchatMessageRequest says what a visitor of a web page writes.
type SendWebchatMessageRequest struct {
	// Text is what the visitor writes. Required.
	Text string
	// VisitorID is who writes: at most 50 characters of the caller's choice. The
	// same visitor goes on with the same conversation. "" makes a new visitor.
	VisitorID string

	// ExtraFields are put into the request last: for fields that this package
	// does not know. A nil value sends null. The visitor cannot be set here.
	ExtraFields map[string]any
}

// webchatMessageBody is the request as it is sent. The session is what streams
// are known by: it must be the visitor, or the answer goes nowhere.
type webchatMessageBody struct {
	Message      string `json:"message"`
	SessionID    string `json:"session_id"`
	VisitorPhone string `json:"visitor_phone"`
}

func (r SendWebchatMessageRequest) body() webchatMessageBody {
	return webchatMessageBody{Message: r.Text, SessionID: r.VisitorID, VisitorPhone: r.VisitorID}
}

// MarshalJSON returns the request as JSON, as it is sent: with ExtraFields.
func (r SendWebchatMessageRequest) MarshalJSON() ([]byte, error) {
	return wire.Encode(r.body(), r.ExtraFields)
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. SendWebchatMessage calls it.
func (r SendWebchatMessageRequest) Validate() error { return r.validate(sendWebchatMessage) }

func (r SendWebchatMessageRequest) validate(op string) error {
	var problems validate.Problems
	problems.Required("message", r.Text)
	problems.Text("message", r.Text)
	validateVisitor(&problems, "visitor_phone", r.VisitorID)
	problems.NotExtra("visitor_phone", r.ExtraFields)
	problems.NotExtra("session_id", r.ExtraFields)
	problems.UTF8(r.ExtraFields)
	return problems.Err(provider, op)
}

// QueuedMessage is a message that waits for its agent.
type QueuedMessage struct {
	// MessageID identifies the message. "" if its response was lost and the
	// agent has not read it yet.
	MessageID string `json:"message_id"`
	// ConversationID is the conversation that it is in.
	ConversationID string `json:"conversation_id"`
	// Status is what the server says of it: "queued". "" if its response was
	// lost.
	Status string `json:"status"`
	// VisitorID is who wrote it, for the stream and the history.
	VisitorID string `json:"-"`
}

const sendWebchatMessage = "send webchat message"

// SendWebchatMessage writes to an agent as a visitor of a web page, and returns
// when the message is queued: [Client.StreamWebchat] then shows what the agent
// says, if it is open already, and [Client.ListWebchatMessages] later on.
// [Client.RunAgent] does all of it. webchatID is the MetaPhoneNumberID of a
// phone number of the platform [PlatformWebchat] that has an agent.
//
// One call sends at most one message. It is repeated only if it surely did
// nothing. After a lost response of a new visitor the history of the visitor is
// read, up to three times in two seconds: nobody else knows this visitor, so
// that a conversation shows that the message is there. Else the error matches
// [agentclients.ErrOutcomeUnknown], and its ResourceID is the visitor.
//
// Errors: [agentclients.ErrNotFound] if there is no such web chat, or no agent
// on it.
//
// Experimental: only the code of the server documents web chat. It takes no
// key, and is not below the version of the base URL: "/v1" at its end is left
// out.
//
// API reference: Send Message, POST /api/webchat/{webchat_id}/messages.
func (c *Client) SendWebchatMessage(ctx context.Context, webchatID string, request SendWebchatMessageRequest, options ...agentclients.CallOption) (*QueuedMessage, error) {
	tally, options := transport.NewTally(options)
	defer tally.Report()
	isNew := request.VisitorID == ""
	if isNew {
		request.VisitorID = newVisitorID()
	}
	sent, err := c.postWebchat(ctx, c.webchatOp(sendWebchatMessage, webchatID, request), request, options)
	if err == nil || !isNew {
		return sent, err
	}
	return c.settleWebchat(ctx, webchatID, err, tally, options, func(history *WebchatHistory) *QueuedMessage {
		return history.queued(request, 0, true)
	})
}

// webchatOp is the operation that sends a message.
func (c *Client) webchatOp(name, webchatID string, request SendWebchatMessageRequest) transport.Op {
	return transport.Op{
		Name:    name,
		Method:  http.MethodPost,
		Path:    webchatMessagesPath,
		Params:  []string{webchatID},
		Invalid: request.validate(name),
		Body:    request.body(),
		Extra:   request.ExtraFields,
		Replay:  transport.ReplayNever,
		Starts:  true,
		Public:  true,

		ResourceID: request.VisitorID,
	}
}

// postWebchat sends a message once.
func (c *Client) postWebchat(ctx context.Context, op transport.Op, request SendWebchatMessageRequest, options []agentclients.CallOption) (*QueuedMessage, error) {
	sent, err := transport.Call(ctx, c.transport, op, options, decodeQueuedMessage)
	if err != nil {
		return nil, err
	}
	sent.VisitorID = request.VisitorID
	return sent, nil
}

// settleWebchat looks for a message whose response was lost. find returns nil
// if a history does not show it. The options are those of the tally.
func (c *Client) settleWebchat(ctx context.Context, webchatID string, lost error, tally *transport.Tally, options []agentclients.CallOption, find func(*WebchatHistory) *QueuedMessage) (*QueuedMessage, error) {
	var open *agentclients.Error
	if !errors.As(lost, &open) || !open.OutcomeUnknown {
		return nil, lost
	}
	keep := tally.Keep() // the response that left it open, unless the message is found
	var found *QueuedMessage
	if poll.Looks(ctx, func() bool {
		history, err := c.webchatHistory(ctx, webchatID, ListWebchatMessagesRequest{VisitorID: open.ResourceID}, options)
		if err == nil {
			found = find(history)
		}
		return found != nil
	}) {
		tally.Settle()
		return found, nil
	}
	keep()
	open.Err = poll.Interrupted(ctx, "message", open.Err)
	return nil, lost
}

// ListWebchatMessagesRequest says what part of a web chat to read.
type ListWebchatMessagesRequest struct {
	// VisitorID is whose web chat it is. Required.
	VisitorID string
	// Since returns only messages after this moment. "": all.
	Since agentclients.Timestamp
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. ListWebchatMessages calls it.
func (r ListWebchatMessagesRequest) Validate() error {
	var problems validate.Problems
	problems.Required("visitor_phone", r.VisitorID)
	validateVisitor(&problems, "visitor_phone", r.VisitorID)
	validateTime(&problems, "since", r.Since)
	return problems.Err(provider, "list webchat messages")
}

// WebchatHistory is what a visitor and an agent said to each other.
type WebchatHistory struct {
	// ConversationID is their conversation. "" if there is none that goes on.
	ConversationID string `json:"conversation_id,omitempty"`
	// Messages are the messages, in the order of their SequenceNo. Those that
	// the agent has not read yet are not there.
	Messages []WebchatMessage `json:"messages"`
}

// queued returns the message of a request, if the history shows that it is
// there: in the history of a visitor that nobody else knows anything does, in
// any other one a message with its text behind a number.
func (h *WebchatHistory) queued(request SendWebchatMessageRequest, behind int, isNew bool) *QueuedMessage {
	found := &QueuedMessage{ConversationID: h.ConversationID, VisitorID: request.VisitorID}
	for _, m := range h.Messages {
		if m.Sender == SenderUser && m.SequenceNo > behind && wire.SameText(m.Text, request.Text) {
			found.MessageID = m.ID
			return found
		}
	}
	if isNew && (h.ConversationID != "" || len(h.Messages) > 0) {
		return found
	}
	return nil
}

// last returns the highest number of a message.
func (h *WebchatHistory) last() (number int) {
	for _, m := range h.Messages {
		number = max(number, m.SequenceNo)
	}
	return number
}

// ListWebchatMessages reads what a visitor and an agent said to each other, in
// the conversation that goes on. A visitor whom nobody knows has said nothing.
// It is repeated after every transient failure.
//
// Errors: [agentclients.ErrNotFound] from servers that tell that there is no
// such web chat.
//
// Experimental: only the code of the server documents web chat. See
// [Client.SendWebchatMessage].
//
// API reference: Get Messages, GET /api/webchat/{webchat_id}/messages.
func (c *Client) ListWebchatMessages(ctx context.Context, webchatID string, request ListWebchatMessagesRequest, options ...agentclients.CallOption) (*WebchatHistory, error) {
	return c.webchatHistory(ctx, webchatID, request, options)
}

func (c *Client) webchatHistory(ctx context.Context, webchatID string, request ListWebchatMessagesRequest, options []agentclients.CallOption) (*WebchatHistory, error) {
	query := wire.NewQuery()
	query.Text("visitor_phone", request.VisitorID)
	query.Text("since", string(request.Since))
	return transport.Call(ctx, c.transport, transport.Op{
		Name:    "list webchat messages",
		Method:  http.MethodGet,
		Path:    webchatMessagesPath,
		Params:  []string{webchatID},
		Invalid: request.Validate(),
		Query:   query.Values,
		Replay:  transport.ReplaySafe,
		Public:  true,
	}, options, decodeWebchatHistory)
}

// WebchatEventType is a kind of event of a web chat. The API may add kinds.
type WebchatEventType string

// The documented kinds.
const (
	// WebchatEventConnected: from now on the stream shows what the agent says.
	WebchatEventConnected WebchatEventType = "connected"
	// WebchatEventTyping: the agent begins to work, or ends.
	WebchatEventTyping WebchatEventType = "typing"
	// WebchatEventMessageSent: the agent says something.
	WebchatEventMessageSent WebchatEventType = "message"
)

// WebchatEvent is one event of a web chat.
type WebchatEvent struct {
	// Type says what kind of event it is. "" if it has no name and is no message.
	Type WebchatEventType
	// Message is what the agent says. Nil unless Type is [WebchatEventMessageSent].
	Message *WebchatMessage
	// ConversationID is the conversation of the message, "" if there is none.
	ConversationID string
	// IsTyping says that the agent is at work, if Type is [WebchatEventTyping].
	IsTyping bool
	// Data is the event as it came.
	Data json.RawMessage
}

// StreamWebchatRequest says what web chat to listen to.
type StreamWebchatRequest struct {
	// VisitorID is whose web chat it is. Required.
	VisitorID string
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. StreamWebchat calls it.
func (r StreamWebchatRequest) Validate() error {
	var problems validate.Problems
	problems.Required("session_id", r.VisitorID)
	validateVisitor(&problems, "session_id", r.VisitorID)
	return problems.Err(provider, streamWebchat)
}

const streamWebchat = "stream webchat"

// StreamWebchat returns what an agent says to a visitor from now on. It does
// not end by itself: break out of the loop, or end the context. It can be
// ranged over again, and then begins again.
//
// The request is repeated after every transient failure, but a connection that
// breaks is not followed by another one, since nobody would know what was said
// in between: the error then matches [agentclients.ErrStreamEnded], and
// ListWebchatMessages tells what was missed. A visitor has one stream: another
// one for the same visitor ends it.
//
// Errors: [agentclients.ErrNotFound] if there is no such web chat, the error of
// the context.
//
// Experimental: only the code of the server documents web chat. See
// [Client.SendWebchatMessage].
//
// API reference: Stream Messages, GET /api/webchat/{webchat_id}/stream.
func (c *Client) StreamWebchat(ctx context.Context, webchatID string, request StreamWebchatRequest, options ...agentclients.CallOption) iter.Seq2[WebchatEvent, error] {
	return func(yield func(WebchatEvent, error) bool) {
		stream, err := c.openWebchat(ctx, streamWebchat, webchatID, request.VisitorID, options)
		if err != nil {
			yield(WebchatEvent{}, err)
			return
		}
		defer stream.Close()
		for {
			frame, err := stream.Next()
			if err == nil && saysNothing(frame) {
				continue
			}
			var event WebchatEvent
			if err == nil {
				event, err = readWebchatEvent(stream, frame)
			}
			if !yield(event, err) || err != nil {
				return
			}
		}
	}
}

// openWebchat opens the stream of a visitor.
func (c *Client) openWebchat(ctx context.Context, op, webchatID, visitorID string, options []agentclients.CallOption) (*transport.Stream, error) {
	query := wire.NewQuery()
	query.Text("session_id", visitorID)
	stream, err := transport.Open(ctx, c.transport, transport.Op{
		Name:    op,
		Method:  http.MethodGet,
		Path:    webchatStreamPath,
		Params:  []string{webchatID},
		Invalid: StreamWebchatRequest{VisitorID: visitorID}.Validate(),
		Query:   query.Values,
		Replay:  transport.ReplaySafe,
		Public:  true,

		ResourceID: visitorID,
	}, options)
	if err == nil && stream.Object != nil {
		return nil, stream.Unreadable(errors.New("it is an object and no stream"))
	}
	return stream, err
}

// webchatData is the data of an event.
type webchatData struct {
	WebchatMessage
	ConversationID string          `json:"conversation_id"`
	IsTyping       bool            `json:"isTyping"`
	Error          json.RawMessage `json:"error"`
}

// saysNothing reports whether an event is only there to keep a connection open.
func saysNothing(frame sse.Event) bool {
	return (frame.Type == "" || frame.Type == string(WebchatEventMessageSent)) && len(wire.Trim(frame.Data)) == 0
}

// readWebchatEvent reads an event. A message of the agent has no name, or
// that of a message. The error of one that tells of an error has the server's
// words.
func readWebchatEvent(stream *transport.Stream, frame sse.Event) (WebchatEvent, error) {
	event := WebchatEvent{Type: WebchatEventType(frame.Type), Data: json.RawMessage(string(frame.Data))}
	mayBeMessage := event.Type == "" || event.Type == WebchatEventMessageSent
	data, err := wire.Decode[webchatData](frame.Data)
	switch {
	case frame.Type == "error" || err == nil && data.fails():
		var told agentclients.Error
		wire.ReadErrorFrom(&told, frame.Data)
		return event, stream.Failed(told.Code, told.Message)
	case err != nil && mayBeMessage:
		return WebchatEvent{}, stream.Unreadable(err)
	case err != nil:
		return event, nil // it says all by its name
	}
	event.ConversationID, event.IsTyping = data.ConversationID, data.IsTyping
	if mayBeMessage && (data.ID != "" || data.Text != "") {
		event.Type, event.Message = WebchatEventMessageSent, &data.WebchatMessage
	}
	return event, nil
}

// fails reports whether an event tells of an error, and not of a message that
// has none.
func (d *webchatData) fails() bool {
	switch string(d.Error) {
	case "", "null", "false", `""`, "{}", "[]":
		return false
	}
	return d.Text == ""
}

func decodeQueuedMessage(body []byte) (*QueuedMessage, error) {
	return wire.DecodeWith(unwrap(body), "message_id", func(m *QueuedMessage) bool { return m.MessageID != "" })
}

func decodeWebchatHistory(body []byte) (*WebchatHistory, error) {
	return wire.DecodeList(unwrap(body), "messages", func(h *WebchatHistory) *[]WebchatMessage { return &h.Messages })
}
