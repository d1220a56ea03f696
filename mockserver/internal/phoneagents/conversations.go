package phoneagents

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
)

// idleTime is how long a conversation stays active without a message.
const idleTime = 21 * 24 * time.Hour

// conversation is what a person and an agent say to each other, as it is kept.
type conversation struct {
	ID            string    `json:"conversation_id"`
	UserID        string    `json:"user_id"`
	AgentID       string    `json:"agent_id"`
	AgentName     string    `json:"agent_name"` // this and the prompt once the agent is gone
	PromptID      string    `json:"prompt_id"`
	PhoneNumberID string    `json:"phone_number_id"`
	Platform      string    `json:"platform"`
	DisplayName   *string   `json:"phone_display_name"`
	CustomerPhone string    `json:"customer_phone"`
	OpenAIID      *string   `json:"openai_conversation_id"`
	CreatedAt     time.Time `json:"created_at"`
	LastMessageAt time.Time `json:"last_message_at"`
	IsActive      bool      `json:"is_active"`
	Messages      []message `json:"messages,omitempty"`
	Numbers       int       `json:"numbers,omitempty"` // how many numbers of messages were given out
	Turns         []*turn   `json:"turns,omitempty"`   // the first one is at work

	pushes []push    // what streams were told
	due    time.Time // when the turn at work goes on; zero: when something happens
}

// Summary tells with whom the conversation is, and whether it goes on.
func (c *conversation) Summary() emulate.Summary {
	summary := emulate.Summary{Name: c.CustomerPhone, Status: "archived"}
	if c.IsActive {
		summary.Status = "active"
	}
	return summary
}

// ReadRecord reads a conversation from a document. One without a user belongs
// to all of them.
func (c *conversation) ReadRecord(_, id string, document json.RawMessage) error {
	*c = conversation{ID: id, Platform: platforms[0], IsActive: true}
	if err := json.Unmarshal(document, c); err != nil {
		return err
	}
	if c.CreatedAt.IsZero() {
		c.CreatedAt = time.Unix(0, 0).UTC()
	}
	if c.LastMessageAt.IsZero() {
		c.LastMessageAt = c.CreatedAt
	}
	for i := range c.Messages {
		c.Messages[i].complete(c, i)
	}
	if c.Numbers == 0 && len(c.Messages) > 0 {
		c.Numbers = c.Messages[len(c.Messages)-1].SequenceNo
	}
	for i, t := range c.Turns {
		if t == nil || t.Run == nil {
			return fmt.Errorf("turn %d has no run", i)
		}
	}
	return nil
}

// belongsTo reports whether the conversation is one of a user.
func (c *conversation) belongsTo(user string) bool { return c.UserID == "" || c.UserID == user }

// isOpen reports whether the conversation is active: neither archived nor idle
// for too long.
func (c *conversation) isOpen(now time.Time) bool {
	return c.IsActive && now.Sub(c.LastMessageAt) < idleTime
}

// agentOf returns what the agent is called and which prompt it follows.
func (s *state) agentOf(tenant string, c *conversation) (name, prompt string) {
	if a := s.Agents.Get(tenant, c.AgentID); a != nil {
		return a.Name, a.PromptID
	}
	return c.AgentName, c.PromptID
}

// conversationFilter is which conversations a request is about.
type conversationFilter struct {
	agent, number, customer, id string
	active                      *bool
}

func readConversationFilter(r *emulate.Request) conversationFilter {
	f := conversationFilter{agent: r.Query.Get("agent_id"), number: r.Query.Get("phone_number_id")}
	return f
}

// conversations lists those of the user in the path that a filter wants,
// oldest first.
func (s *state) conversations(r *emulate.Request, f conversationFilter) (found []*conversation) {
	wants := func(wanted, is string) bool { return wanted == "" || wanted == is }
	for c := range s.Conversations.OldestFirst(r.Tenant) {
		if c.belongsTo(r.Params["user_id"]) && wants(f.agent, c.AgentID) && wants(f.number, c.PhoneNumberID) &&
			wants(f.customer, c.CustomerPhone) && wants(f.id, c.ID) && (f.active == nil || *f.active == c.isOpen(r.Now())) {
			found = append(found, c)
		}
	}
	return found
}

// conversationView is a conversation as responses have it. The list has the
// last message, the single one who said how much.
type conversationView struct {
	ConversationID       string  `json:"conversation_id"`
	AgentID              string  `json:"agent_id"`
	CustomerPhone        string  `json:"customer_phone"`
	OpenAIConversationID *string `json:"openai_conversation_id"`
	CreatedAt            string  `json:"created_at"`
	LastMessageAt        string  `json:"last_message_at"`
	IsActive             bool    `json:"is_active"`
	AgentName            string  `json:"agent_name"`
	PhoneNumberID        string  `json:"phone_number_id"`
	Platform             string  `json:"platform"`
	PhoneDisplayName     *string `json:"phone_display_name"`
	MessageCount         any     `json:"message_count"`
}

type listedConversation struct {
	conversationView
	LastMessageText   *string `json:"last_message_text"`
	LastMessageSender *string `json:"last_message_sender"`
}

type singleConversation struct {
	conversationView
	PromptID          string `json:"prompt_id"`
	UserID            string `json:"user_id"`
	UserMessageCount  any    `json:"user_message_count"`
	AgentMessageCount any    `json:"agent_message_count"`
}

// count is a number of messages, which the published code sends as a string.
func count(r *emulate.Request, n int) any {
	if r.Variant(upstream) {
		return strconv.Itoa(n)
	}
	return n
}

func (s *state) conversationView(r *emulate.Request, c *conversation) conversationView {
	name, _ := s.agentOf(r.Tenant, c)
	return conversationView{
		ConversationID:       c.ID,
		AgentID:              c.AgentID,
		CustomerPhone:        c.CustomerPhone,
		OpenAIConversationID: c.OpenAIID,
		CreatedAt:            c.CreatedAt.UTC().Format(codeTime),
		LastMessageAt:        c.LastMessageAt.UTC().Format(codeTime),
		IsActive:             c.isOpen(r.Now()),
		AgentName:            name,
		PhoneNumberID:        c.PhoneNumberID,
		Platform:             c.Platform,
		PhoneDisplayName:     c.DisplayName,
		MessageCount:         count(r, len(c.Messages)),
	}
}

func listConversations(r *emulate.Request, s *state) (emulate.Response, error) {
	f := readConversationFilter(r)
	f.customer = r.Query.Get("customer_phone")
	if r.Query.Has("is_active") {
		f.active = new(r.Query.Get("is_active") == "true")
	}
	records, window, err := paginated(r, 50, s.conversations(r, f), []column[conversation]{
		{"last_message_at", func(a, b *conversation) int { return a.LastMessageAt.Compare(b.LastMessageAt) }},
		{"created_at", func(a, b *conversation) int { return a.CreatedAt.Compare(b.CreatedAt) }},
		{"is_active", func(a, b *conversation) int {
			return order(a.isOpen(r.Now())) - order(b.isOpen(r.Now()))
		}},
	})
	if err != nil {
		return emulate.Response{}, err
	}
	views := make([]listedConversation, len(records))
	for i, c := range records {
		views[i].conversationView = s.conversationView(r, c)
		if n := len(c.Messages); n > 0 {
			views[i].LastMessageText, views[i].LastMessageSender = &c.Messages[n-1].Text, &c.Messages[n-1].Sender
		}
	}
	return enveloped(r, http.StatusOK, envelope{Data: views, Pagination: &window}), nil
}

// order sorts false before true.
func order(b bool) int {
	if b {
		return 1
	}
	return 0
}

// findConversation returns the conversation that the path names.
func findConversation(r *emulate.Request, s *state) (*conversation, error) {
	c := s.Conversations.Get(r.Tenant, r.Params["conversation_id"])
	switch {
	case c == nil:
		return nil, refuse(r, http.StatusNotFound, "", "", "there is no conversation with the id in the path")
	case !c.belongsTo(r.Params["user_id"]):
		return nil, refuse(r, http.StatusForbidden, "", "", "the conversation belongs to another user than the one in the path")
	}
	return c, nil
}

func getConversation(r *emulate.Request, s *state) (emulate.Response, error) {
	c, err := findConversation(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	said := 0
	for _, m := range c.Messages {
		if m.Sender == senderUser {
			said++
		}
	}
	_, prompt := s.agentOf(r.Tenant, c)
	return enveloped(r, http.StatusOK, envelope{Data: singleConversation{
		conversationView:  s.conversationView(r, c),
		PromptID:          prompt,
		UserID:            r.Params["user_id"],
		UserMessageCount:  count(r, said),
		AgentMessageCount: count(r, len(c.Messages)-said),
	}}), nil
}

// conversationMessages are the messages of one conversation, as a response has
// them.
type conversationMessages struct {
	ConversationID   string           `json:"conversation_id"`
	Messages         []messageRow     `json:"messages"`
	ConversationInfo conversationInfo `json:"conversation_info"`
}

type conversationInfo struct {
	AgentID       string `json:"agent_id"`
	CustomerPhone string `json:"customer_phone"`
	IsActive      bool   `json:"is_active"`
	CreatedAt     string `json:"created_at"`
	LastMessageAt string `json:"last_message_at"`
}

// listConversationMessages responds with messages in their order. With
// before_sequence these are the newest before that one, and the offset does
// not count.
func listConversationMessages(r *emulate.Request, s *state) (emulate.Response, error) {
	c, err := findConversation(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	window, problem := readPagination(r.Query, 50)
	before := -1
	if problem == "" {
		problem = readNumber(r.Query, "before_sequence", &before)
	}
	if problem != "" {
		return emulate.Response{}, refuseQuery(r, problem)
	}
	messages := c.Messages
	if before >= 0 {
		for len(messages) > 0 && messages[len(messages)-1].SequenceNo >= before {
			messages = messages[:len(messages)-1]
		}
		window.Offset, window.Total, window.HasMore = 0, len(messages), len(messages) > window.Limit
		messages = messages[max(0, len(messages)-window.Limit):]
	} else {
		messages = cutPage(&window, messages)
	}
	data := conversationMessages{ConversationID: c.ID, Messages: make([]messageRow, len(messages)), ConversationInfo: conversationInfo{
		AgentID:       c.AgentID,
		CustomerPhone: c.CustomerPhone,
		IsActive:      c.isOpen(r.Now()),
		CreatedAt:     c.CreatedAt.UTC().Format(codeTime),
		LastMessageAt: c.LastMessageAt.UTC().Format(codeTime),
	}}
	for i := range messages {
		data.Messages[i] = messages[i].row(c)
	}
	return enveloped(r, http.StatusOK, envelope{Data: data, Pagination: &window}), nil
}
