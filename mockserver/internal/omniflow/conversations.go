package omniflow

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/run"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
)

// The states of a message. Only approved and received are documented.
const (
	messagePending  = "pending"
	messageApproved = "approved"
	messageRejected = "rejected"
	messageReceived = "received"
)

// The decisions about a message.
const (
	approve = "Approve"
	edit    = "Edit"
	reject  = "Reject"
)

var (
	generateBody = schema.Shape{
		schema.Required("flowId", needed),
		schema.Required("to", needed),
		schema.Optional("autopilot", schema.Boolean),
		schema.Optional("metadata", schema.Object(schema.Shape{
			schema.Optional("customerDetails", schema.Object(schema.Shape{schema.Optional("name", schema.Text)})),
		})),
		schema.Optional("dynamic", schema.AnyObject),
	}
	actionBody = schema.Shape{schema.Required("metadata", action)}
)

// action wants a decision, and for Edit the new text.
func action(v *schema.Verdict, raw json.RawMessage) {
	shape := schema.Shape{
		schema.Required("action", schema.NotEmpty(schema.Enum(approve, edit, reject))),
		schema.Optional("editedMessage", schema.Text),
	}
	members, _ := jsontext.Members(raw)
	if decision, _ := jsontext.String(members["action"]); decision == edit {
		shape[1] = schema.Required("editedMessage", needed)
	}
	schema.Object(shape)(v, raw)
}

// conversation is what a flow and a contact said, as responses have it.
type conversation struct {
	ID        string    `json:"_id"`
	UserID    string    `json:"userId"`
	PathwayID string    `json:"pathwayId"` // the flow
	AgentID   string    `json:"agentId"`
	Customer  customer  `json:"customer"`
	Messages  []message `json:"messages"`
	CreatedAt string    `json:"createdAt"`
	UpdatedAt string    `json:"updatedAt"`
}

// customer is the contact.
type customer struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	Phone string `json:"phone,omitempty"`
}

// message is one message of a conversation.
type message struct {
	ID        string `json:"_id"`
	Direction string `json:"direction"`
	Sent      bool   `json:"sent"`
	Message   string `json:"message"`
	Status    string `json:"status"`
	CreatedAt string `json:"createdAt"`
	UpdatedAt string `json:"updatedAt"`
}

// storedConversation is a conversation with what responses do not have.
type storedConversation struct {
	conversation
	WorkspaceID string `json:"workspaceId"`
	// Due are the messages that are sent later, by id.
	Due map[string]time.Time `json:"due,omitempty"`
	// Runs are those of the agent that are not over.
	Runs []*run.Run `json:"runs,omitempty"`
}

// ReadRecord reads a conversation from a document. One without a workspace is
// in all of them.
func (c *storedConversation) ReadRecord(tenant, id string, document json.RawMessage) error {
	c.conversation = conversation{ID: id, UserID: userOf(tenant), Messages: []message{},
		CreatedAt: time.Unix(0, 0).UTC().Format(timeLayout)}
	if err := json.Unmarshal(document, c); err != nil {
		return err
	}
	c.UpdatedAt = cmp.Or(c.UpdatedAt, c.CreatedAt)
	for i := range c.Messages {
		m := &c.Messages[i]
		m.ID = cmp.Or(m.ID, fmt.Sprintf("%s-%d", id, i+1))
		m.Direction = cmp.Or(m.Direction, outbound)
		m.Status = cmp.Or(m.Status, map[string]string{inbound: messageReceived, outbound: messageApproved}[m.Direction])
		m.CreatedAt = cmp.Or(m.CreatedAt, c.CreatedAt)
		m.UpdatedAt = cmp.Or(m.UpdatedAt, m.CreatedAt)
	}
	if c.Messages == nil {
		c.Messages = []message{}
	}
	c.Runs = slices.DeleteFunc(c.Runs, func(r *run.Run) bool { return r == nil })
	return nil
}

// contact is the address that the contact is reached at.
func (c *conversation) contact() string { return cmp.Or(c.Customer.Phone, c.Customer.Email) }

// Summary tells with whom the conversation is, and what its last message is;
// pending, while a message waits for a decision.
func (c *storedConversation) Summary() emulate.Summary {
	summary := emulate.Summary{Name: strings.TrimSpace(c.Customer.Name + " " + c.contact())}
	for _, m := range c.Messages {
		if summary.Status != messagePending {
			summary.Status = m.Status
		}
	}
	return summary
}

// find returns a message; nil if there is none.
func (c *conversation) find(id string) *message {
	for i := range c.Messages {
		if c.Messages[i].ID == id {
			return &c.Messages[i]
		}
	}
	return nil
}

// isIn reports whether the conversation is in a workspace.
func (c *storedConversation) isIn(workspace string) bool {
	return c.WorkspaceID == "" || c.WorkspaceID == workspace
}

// add puts a message at the end.
func (c *storedConversation) add(m message) {
	c.Messages = append(c.Messages, m)
	c.UpdatedAt = m.UpdatedAt
}

// send sends an approved message, now or when the delay of its flow is over.
func (c *storedConversation) send(m *message, at time.Time, delay time.Duration) {
	if delay <= 0 {
		m.Sent = true
		return
	}
	if c.Due == nil {
		c.Due = make(map[string]time.Time)
	}
	c.Due[m.ID] = run.Later(at, delay)
}

// newConversation makes the conversation of a flow and a contact, who has a
// phone number or a mail address as the channel of the flow wants.
func newConversation(w emulate.World, s *state, tenant, workspace string, f *flow, contact string) *storedConversation {
	now := w.Now().Format(timeLayout)
	made := &storedConversation{WorkspaceID: workspace, conversation: conversation{
		ID:        s.Conversations.FreeID(tenant, func() string { return emulate.HexID(w, "conversation", 24) }),
		UserID:    userOf(tenant),
		PathwayID: f.ID,
		AgentID:   f.Agent,
		Messages:  []message{},
		CreatedAt: now,
		UpdatedAt: now,
	}}
	if f.MessageChannel == channelEmail {
		made.Customer.Email = contact
	} else {
		made.Customer.Phone = contact
	}
	return made
}

// between returns the conversation of a flow and a contact; nil if there is
// none. There is at most one.
func (s *state) between(tenant, workspace, flowID, contact string) *storedConversation {
	for c := range s.Conversations.NewestFirst(tenant) {
		if c.PathwayID == flowID && c.contact() == contact && c.isIn(workspace) {
			return c
		}
	}
	return nil
}

// generateResponse is the only one with such names.
type generateResponse struct {
	Status         string `json:"status"`
	ConversationID string `json:"conversation_id"`
	MessageID      string `json:"message_id"`
	Message        string `json:"message"`
}

// generateMessage writes the first message of a flow into the conversation of
// the flow and a contact.
func generateMessage(r *emulate.Request, s *state, members jsontext.Object) (emulate.Response, error) {
	id, _ := jsontext.String(members["flowId"])
	to, _ := jsontext.String(members["to"])
	autopilot, _ := jsontext.Bool(members["autopilot"])
	f, err := findFlow(r, s, id)
	if err != nil {
		return emulate.Response{}, err
	}
	if !f.IsActive {
		r.Guess("400-inactive-flow")
		return emulate.Response{}, refuse(r, http.StatusBadRequest, "Message flow is not active", "/flowId: expected an active flow, got one with isActive false")
	}
	if err := findAgentOf(r, s, f); err != nil {
		return emulate.Response{}, err
	}
	if err := checkContact(r, f, to); err != nil {
		return emulate.Response{}, err
	}

	now := r.Now().Format(timeLayout)
	made := message{ID: emulate.HexID(r, "message", 24), Direction: outbound, Message: f.InitiationMessage,
		Status: messagePending, CreatedAt: now, UpdatedAt: now}
	found := s.between(r.Tenant, workspace(r), f.ID, to)
	isNew := found == nil
	if isNew {
		found = newConversation(r, s, r.Tenant, workspace(r), f, to)
	}
	r.Commit(func() {
		s.listActive()
		if name, ok := customerName(members); ok {
			found.Customer.Name = name
		}
		if autopilot {
			made.Status = messageApproved
			found.send(&made, r.Now(), f.delay())
		}
		found.add(made)
		if isNew {
			s.Conversations.Add(r.Tenant, found.ID, found)
		}
		s.watch(r.Tenant, found)
	})
	r.Guess("conversation-of-flow-and-contact")
	return emulate.JSON(http.StatusOK, generateResponse{"success", found.ID, made.ID, made.Message}), nil
}

// customerName is the name of the contact, if the request says one.
func customerName(members jsontext.Object) (name string, given bool) {
	metadata, _ := jsontext.Members(members["metadata"])
	details, _ := jsontext.Members(metadata["customerDetails"])
	return jsontext.String(details["name"])
}

var phoneNumberForm = regexp.MustCompile(`^\+[1-9][0-9]{1,14}$`)

// fits reports whether a contact can be reached over the channel of the flow.
func (f *flow) fits(contact string) bool {
	if f.MessageChannel == channelSMS {
		return phoneNumberForm.MatchString(contact)
	}
	address, err := mail.ParseAddress(contact)
	return err == nil && address.Address == contact
}

// checkContact refuses a contact of a form that the channel of the flow does
// not have.
func checkContact(r *emulate.Request, f *flow, contact string) error {
	if f.fits(contact) {
		return nil
	}
	if f.MessageChannel == channelSMS {
		return failureOf(r, http.StatusBadRequest, invalidNumber).
			Because("/to: expected a phone number in E.164 form such as +12025550123").Refuse()
	}
	return refuse(r, http.StatusBadRequest, "to must be an email address", "/to: expected a mail address")
}

func listConversations(r *emulate.Request, s *state) (emulate.Response, error) {
	conversations := []*conversation{}
	for c := range s.Conversations.NewestFirst(r.Tenant) {
		if c.isIn(workspace(r)) {
			conversations = append(conversations, &c.conversation)
		}
	}
	r.Guess("list-order")
	return emulate.JSON(http.StatusOK, conversations), nil
}

func getConversation(r *emulate.Request, s *state) (emulate.Response, error) {
	found, err := findConversation(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	return emulate.JSON(http.StatusOK, &found.conversation), nil
}

// findConversation returns the conversation that the path names.
func findConversation(r *emulate.Request, s *state) (*storedConversation, error) {
	found := s.Conversations.Get(r.Tenant, r.Params["conversationId"])
	if found == nil || !found.isIn(workspace(r)) {
		return nil, refuse(r, http.StatusNotFound, "Conversation not found", "the workspace has no conversation with the id in the path")
	}
	return found, nil
}

// actionResponse says what became of a message.
type actionResponse struct {
	Status  string         `json:"status"`
	Message decidedMessage `json:"message"`
}

type decidedMessage struct {
	ID        string `json:"_id"`
	Message   string `json:"message"`
	To        string `json:"to"`
	Sent      bool   `json:"sent"`
	Status    string `json:"status"`
	Timestamp string `json:"timestamp"`
}

// messageAction decides about a message that is pending, and only once.
func messageAction(r *emulate.Request, s *state, members jsontext.Object) (emulate.Response, error) {
	found, err := findConversation(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	stored := found.find(r.Params["messageId"])
	switch {
	case stored == nil:
		return emulate.Response{}, refuse(r, http.StatusNotFound, "Message not found", "the conversation has no message with the id in the path")
	case stored.Status != messagePending:
		r.Guess("409-decided")
		return emulate.Response{}, refuse(r, http.StatusConflict, "Message is not pending", "a message is decided about once; this one is "+stored.Status)
	}
	decided := *stored
	metadata, _ := jsontext.Members(members["metadata"])
	switch decision, _ := jsontext.String(metadata["action"]); decision {
	case reject:
		decided.Status = messageRejected
	case edit:
		decided.Message, _ = jsontext.String(metadata["editedMessage"])
		fallthrough
	default:
		decided.Status, decided.Sent = messageApproved, true
	}
	decided.UpdatedAt = r.Now().Format(timeLayout)
	r.Commit(func() {
		*stored = decided
		found.UpdatedAt = decided.UpdatedAt
	})
	r.Guess("message-status")
	return emulate.JSON(http.StatusOK, actionResponse{"success", decidedMessage{
		decided.ID, decided.Message, found.contact(), decided.Sent, decided.Status, decided.UpdatedAt,
	}}), nil
}
