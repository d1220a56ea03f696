package omniflow

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/diff"
	"github.com/agentclients/agentclients-go/internal/poll"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// DecidedMessage is a message that was decided about.
type DecidedMessage struct {
	// ConversationID is the conversation that the message is in.
	ConversationID string `json:"-"`
	// ID identifies the message.
	ID string `json:"_id"`
	// Text is the message.
	Text string `json:"message"`
	// To is the contact.
	To string `json:"to"`
	// Sent says whether it was sent.
	Sent bool `json:"sent"`
	// Status says what became of it.
	Status MessageStatus `json:"status"`
	// Timestamp is when that was.
	Timestamp agentclients.Timestamp `json:"timestamp,omitempty"`
}

// decision is what somebody decides about a message.
type decision struct {
	Action string  `json:"action"`
	Edited *string `json:"editedMessage,omitempty"`
}

type decisionBody struct {
	Metadata decision `json:"metadata"`
}

const (
	actionApprove = "Approve"
	actionEdit    = "Edit"
	actionReject  = "Reject"
)

// ApproveMessage sends a message that is pending.
//
// It sends the message at most once. It is not repeated when the response is
// lost: the conversation is then read, up to three times in two seconds. If the
// message was approved, the call succeeded, although it may have been somebody
// else who approved it. If it is still pending, or cannot be read, the error
// matches [agentclients.ErrOutcomeUnknown] and has the id of the conversation
// as ResourceID.
//
// Errors: [agentclients.ErrConflict] if the message is not pending, also if the
// response is a success that tells of another decision and the conversation
// shows that one,
// [agentclients.ErrNotFound] if there is no such conversation or message,
// [agentclients.ErrOutcomeUnknown] if it may have been sent.
//
// API reference: Message Action, POST
// /v1/api/conversations/{conversationId}/message/{messageId}/action,
// https://docs.trillet.ai/v1/api-reference/endpoints/conversations/messageAction.
func (c *Client) ApproveMessage(ctx context.Context, conversationID, messageID string, options ...agentclients.CallOption) (*DecidedMessage, error) {
	return c.decide(ctx, "approve message", conversationID, messageID, decision{Action: actionApprove}, options)
}

// EditMessage sends another text in the place of a message that is pending.
// The text is required.
//
// It sends the message at most once. It is not repeated when the response is
// lost: the conversation is then read as ApproveMessage does. If the message
// was sent with this text, the call succeeded.
//
// Errors: those of ApproveMessage; [agentclients.ErrConflict] also if the
// response was lost and the message was sent with another text. White space
// around it does not count.
//
// API reference: Message Action, POST
// /v1/api/conversations/{conversationId}/message/{messageId}/action,
// https://docs.trillet.ai/v1/api-reference/endpoints/conversations/messageAction.
func (c *Client) EditMessage(ctx context.Context, conversationID, messageID, text string, options ...agentclients.CallOption) (*DecidedMessage, error) {
	return c.decide(ctx, "edit message", conversationID, messageID, decision{actionEdit, &text}, options)
}

// RejectMessage gives up a message that is pending: it is not sent.
//
// It is not repeated when the response is lost: the conversation is then read
// as ApproveMessage does. If the message was rejected, the call succeeded.
//
// Errors: those of ApproveMessage.
//
// API reference: Message Action, POST
// /v1/api/conversations/{conversationId}/message/{messageId}/action,
// https://docs.trillet.ai/v1/api-reference/endpoints/conversations/messageAction.
func (c *Client) RejectMessage(ctx context.Context, conversationID, messageID string, options ...agentclients.CallOption) (*DecidedMessage, error) {
	return c.decide(ctx, "reject message", conversationID, messageID, decision{Action: actionReject}, options)
}

// decide decides about a message, and reads what became of it if the response
// was lost.
func (c *Client) decide(ctx context.Context, op, conversationID, messageID string, what decision, options []agentclients.CallOption) (*DecidedMessage, error) {
	tally, options := transport.NewTally(options)
	defer tally.Report()
	var problems validate.Problems
	if what.Edited != nil {
		problems.Required("metadata.editedMessage", *what.Edited)
		problems.Text("metadata.editedMessage", *what.Edited)
	}
	decided, err := transport.Call(ctx, c.transport, transport.Op{
		Name:       op,
		Method:     http.MethodPost,
		Path:       "/v1/api/conversations/{conversationId}/message/{messageId}/action",
		Params:     []string{conversationID, messageID},
		Invalid:    problems.Err(provider, op),
		Body:       decisionBody{what},
		Replay:     transport.ReplayNever,
		Starts:     true,
		ResourceID: conversationID,
	}, options, func(body []byte) (*DecidedMessage, error) { return what.decode(body, conversationID, messageID) })
	var open *agentclients.Error
	if !errors.As(err, &open) {
		return decided, err
	}
	// A server that turned an earlier attempt away may have carried it out all
	// the same, and then finds the message decided about.
	open.OutcomeUnknown = open.OutcomeUnknown || open.StatusCode == http.StatusConflict && open.Attempts > 1
	if !open.OutcomeUnknown {
		return nil, err
	}
	decided, err = transport.Settling[DecidedMessage]{
		Find: func(options ...agentclients.CallOption) (*DecidedMessage, error) {
			return c.findDecided(ctx, op, conversationID, messageID, what, options)
		},
		Compare: what.compare,
	}.Settle(err, tally, options)
	if err != nil && open.OutcomeUnknown {
		open.ResourceID = conversationID
		open.Err = poll.Interrupted(ctx, "message", open.Err)
	}
	return decided, err
}

// findDecided looks for a message that is decided about. It returns nil if it
// is not, as far as it is known.
func (c *Client) findDecided(ctx context.Context, op, conversationID, messageID string, what decision, options []agentclients.CallOption) (found *DecidedMessage, err error) {
	poll.Looks(ctx, func() bool {
		var conversation *Conversation
		if conversation, err = c.readConversation(ctx, op, conversationID, options); err != nil {
			return false
		}
		m := conversation.Message(messageID)
		if m == nil || !m.Sent && (m.Status == MessagePending || m.Status == "") {
			return false
		}
		found = &DecidedMessage{ConversationID: conversationID, ID: m.ID, Text: m.Text, To: conversation.Customer.Contact(),
			Sent: m.Sent, Status: m.Status, Timestamp: m.UpdatedAt}
		return true
	})
	return found, err
}

// compare compares what became of a message with what was decided.
func (d decision) compare(m *DecidedMessage) (result diff.Result) {
	want, has := MessageApproved, m.Sent || m.Status == MessageApproved
	if d.Action == actionReject {
		want, has = MessageRejected, m.Status == MessageRejected
	}
	known := has || m.Sent || m.Status == MessageApproved || m.Status == MessageRejected
	different := agentclients.FieldDiff{Path: "status", Want: want, Have: m.Status}
	switch {
	case !known: // a word of tomorrow
		result.Untold = append(result.Untold, different)
	case !has:
		result.Different = append(result.Different, different)
	case d.Edited == nil:
	case m.Text == "":
		result.Untold = append(result.Untold, agentclients.FieldDiff{Path: "message", Want: *d.Edited, Have: m.Text})
	case !wire.SameText(*d.Edited, m.Text):
		result.Add("message", *d.Edited, m.Text)
	}
	return result
}

// saysFailed reports whether the status of a response, "success" as a rule, says
// that the request failed.
func saysFailed(status string) bool {
	switch strings.ToLower(status) {
	case "error", "fail", "failed", "failure":
		return true
	}
	return false
}

// decode reads the response to a decision. One that tells of another decision
// is about somebody else's, and one that tells that there is none is no better
// than one that is lost.
func (d decision) decode(body []byte, conversationID, messageID string) (*DecidedMessage, error) {
	type response struct {
		Status  string          `json:"status"`
		Message *DecidedMessage `json:"message"`
	}
	read, err := wire.DecodeWith(body, "message", func(r *response) bool { return r.Message != nil && r.Message.ID != "" })
	switch {
	case err != nil:
		return nil, err
	case read.Message.ID != messageID:
		return nil, wire.Other("message", read.Message.ID, messageID)
	}
	result := d.compare(read.Message)
	switch {
	case len(result.Different) > 0:
		different := result.Different[0]
		return nil, fmt.Errorf("the response is about another decision: the %s is %q, not %q", different.Path, different.Have, different.Want)
	case len(result.Untold) == 0:
	case saysFailed(read.Status), read.Message.Status == MessagePending:
		return nil, fmt.Errorf("the response says %q, and that the message is %q", read.Status, read.Message.Status)
	}
	read.Message.ConversationID = conversationID
	return read.Message, nil
}
