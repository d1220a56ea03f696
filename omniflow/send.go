package omniflow

import (
	"context"
	"errors"
	"fmt"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/poll"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// SendMessageRequest says which message to send.
type SendMessageRequest struct {
	// FlowID is the message flow, which must be active. Required.
	FlowID string
	// To is the contact: a phone number in E.164 form for the channel SMS, a
	// mail address for Email. Required.
	To string
	// CustomerName is the name of the contact. "" leaves it out.
	CustomerName string
	// Dynamic are values of any names for the flow. The API does not say what
	// it does with them. Nil leaves them out, an empty map sends {}.
	Dynamic map[string]any

	// ExtraFields are put into the request that generates the message last: for
	// fields that this package does not know. A nil value sends null.
	// autopilot cannot be set here.
	ExtraFields map[string]any
}

// generate is the request that generates the message.
func (r SendMessageRequest) generate() GenerateMessageRequest {
	return GenerateMessageRequest{FlowID: r.FlowID, To: r.To, CustomerName: r.CustomerName, Dynamic: r.Dynamic, ExtraFields: r.ExtraFields}
}

// MarshalJSON returns the request that generates the message as it is sent.
func (r SendMessageRequest) MarshalJSON() ([]byte, error) { return r.generate().MarshalJSON() }

const sendMessage = "send message"

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. SendMessage calls it.
func (r SendMessageRequest) Validate() error {
	var problems validate.Problems
	for _, name := range []string{"autopilot", "flowId", "to"} {
		problems.NotExtra(name, r.ExtraFields) // they decide what is sent, and where it is looked for
	}
	if err := problems.Err(provider, sendMessage); err != nil {
		return err
	}
	return r.generate().validate(sendMessage)
}

// SendMessage sends the first message of a message flow to a contact, exactly
// once: it generates the message unapproved, so that nothing is sent yet, and
// approves it.
//
// One call sends at most one message: neither step is repeated when its
// response is lost. If that is the response to the first one, the conversation
// is read, up to three times in two seconds: if exactly one message was added
// to it that is pending and is that of the flow, it is approved. If there is
// none, or several, since others are sending at the same time, nothing is
// approved; the error matches [agentclients.ErrOutcomeUnknown] and has the id
// of the conversation as ResourceID, as far as there is one. The second step is
// that of ApproveMessage. If it fails, the message may stay in the
// conversation, pending: RejectMessage gives it up.
//
// The messages of a flow are all the same. Of two calls for one contact at the
// same time, one of which never reached the server, both may succeed with the
// one message that was made: compare their IDs, or send one after the other.
//
// It reads the conversations of the workspace before it generates anything.
//
// Errors: those of GenerateMessage and ApproveMessage. What CaptureResponse
// captures is the last response; its Attempts and Elapsed count all.
//
// API reference: Get All Conversations, GET /v1/api/conversations; Generate
// Message, POST /v1/api/conversations/message/generate; Message Action, POST
// /v1/api/conversations/{conversationId}/message/{messageId}/action,
// https://docs.trillet.ai/v1/api-reference/endpoints/conversations/generateMessage.
func (c *Client) SendMessage(ctx context.Context, request SendMessageRequest, options ...agentclients.CallOption) (*DecidedMessage, error) {
	if err := request.Validate(); err != nil {
		return nil, err
	}
	generate := generateOp(sendMessage, request.generate())
	if err := transport.Check(ctx, c.transport, generate, options); err != nil {
		return nil, err
	}
	tally, options := transport.NewTally(options)
	defer tally.Report()
	s := sending{client: c, request: request, options: options}
	before, err := s.messages(ctx)
	if err != nil {
		return nil, err
	}
	s.before = before
	made, err := transport.Call(ctx, c.transport, generate, options, s.decode)
	if err != nil {
		if made, err = s.find(ctx, err, tally); err != nil {
			return nil, err
		}
	}
	decided, err := c.decide(ctx, sendMessage, made.ConversationID, made.MessageID, decision{Action: actionApprove}, options)
	var e *agentclients.Error
	if errors.As(err, &e) {
		e.ResourceID = made.ConversationID
	}
	return decided, err
}

// sending is one message that is being sent.
type sending struct {
	client  *Client
	request SendMessageRequest
	options []agentclients.CallOption // of the tally
	before  map[string]foundMessage   // what there was before, by id
}

// foundMessage is a message, and where it was found.
type foundMessage struct {
	Message
	conversationID string
}

// messages reads the messages of the flow and the contact, by id. It keeps the
// id of their conversation, as far as there is one.
func (s *sending) messages(ctx context.Context) (map[string]foundMessage, error) {
	conversations, err := s.client.conversationsOf(ctx, sendMessage, s.request.FlowID, s.request.To, s.options)
	if err != nil {
		return nil, err
	}
	all := make(map[string]foundMessage)
	unreadable := func() error { // it has no id that it could be told from others by
		return &agentclients.Error{Provider: provider, Op: sendMessage, Err: fmt.Errorf("%w: %w", agentclients.ErrDecode, wire.Missing("_id"))}
	}
	for _, conversation := range conversations {
		if conversation.ID == "" {
			return nil, unreadable()
		}
		if conversation.Messages == nil { // the list does not show them
			whole, err := s.client.readConversation(ctx, sendMessage, conversation.ID, s.options)
			if err != nil {
				return nil, err
			}
			conversation = *whole
		}
		for _, m := range conversation.Messages {
			if m.ID == "" {
				return nil, unreadable()
			}
			all[m.ID] = foundMessage{m, conversation.ID}
		}
	}
	return all, nil
}

// decode reads the response to the first step. One about a message that was
// decided about before is about another one.
func (s *sending) decode(body []byte) (*GeneratedMessage, error) {
	made, err := decodeGeneratedMessage(body)
	if err != nil {
		return nil, err
	}
	if old, known := s.before[made.MessageID]; known && !old.isPending() {
		return nil, errors.New("it is about a message that was there before")
	}
	return made, nil
}

// find looks for the message after the response to the first step was lost. The
// error is the one that it is given if that leaves it open.
func (s *sending) find(ctx context.Context, lost error, tally *transport.Tally) (*GeneratedMessage, error) {
	var open *agentclients.Error
	if !errors.As(lost, &open) || !open.OutcomeUnknown {
		return nil, lost
	}
	keep := tally.Keep() // the response that left it open, unless the message is found
	var conversationID string
	for _, m := range s.before {
		conversationID = m.conversationID
	}
	var text *string // of the first message of the flow
	var candidates []foundMessage
	poll.Looks(ctx, func() bool {
		if text == nil {
			flow, err := s.client.readMessageFlow(ctx, sendMessage, s.request.FlowID, s.options, decodeMessageFlow)
			if err != nil {
				return false
			}
			text = &flow.InitiationMessage
		}
		messages, err := s.messages(ctx)
		if err != nil {
			return false
		}
		candidates = nil
		for id, m := range messages {
			conversationID = m.conversationID
			if _, known := s.before[id]; !known && m.isPending() && wire.SameText(m.Text, *text) {
				candidates = append(candidates, m)
			}
		}
		return len(candidates) > 0
	})
	if len(candidates) == 1 {
		tally.Settle()
		return &GeneratedMessage{ConversationID: candidates[0].conversationID, MessageID: candidates[0].ID, Text: candidates[0].Text}, nil
	}
	keep()
	open.ResourceID = conversationID
	open.Err = poll.Interrupted(ctx, "message", open.Err)
	if len(candidates) > 1 {
		open.Err = several(len(candidates), open.Err)
	}
	return nil, lost
}

// several adds to the cause of an error that there are several messages that
// may be the one.
func several(n int, cause error) error {
	if cause == nil {
		return fmt.Errorf("%d messages may be the one that was generated; none was approved", n)
	}
	return fmt.Errorf("%d messages may be the one that was generated; none was approved, after: %w", n, cause)
}
