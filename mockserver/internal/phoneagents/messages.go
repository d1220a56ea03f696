package phoneagents

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
)

// Who says a message.
const (
	senderUser  = "user"
	senderAgent = "agent"
)

// The states of a message.
const (
	statusSent    = "sent"
	statusFailed  = "failed"
	statusPending = "pending"
)

// message is a message as it is kept.
type message struct {
	ID                string    `json:"message_id"`
	Sender            string    `json:"sender"`
	Text              string    `json:"text"`
	Timestamp         time.Time `json:"timestamp"`
	Status            string    `json:"status"`
	SequenceNo        int       `json:"sequence_no"`
	PlatformMessageID *string   `json:"platform_message_id"`
	Delivery          *delivery `json:"delivery_status"`
}

// delivery is what the platform told of a message of the agent.
type delivery struct {
	Status      string    `json:"status"`
	ErrorReason *string   `json:"error_reason"`
	UpdatedAt   time.Time `json:"updated_at"`
}

// complete sets what a document left out of a message, the one at an index of
// its conversation.
func (m *message) complete(c *conversation, i int) {
	m.ID = cmp.Or(m.ID, fmt.Sprintf("%s_%d", c.ID, i+1))
	m.Sender = cmp.Or(m.Sender, senderUser)
	m.Status = cmp.Or(m.Status, statusSent)
	m.SequenceNo = cmp.Or(m.SequenceNo, i+1)
	if m.Timestamp.IsZero() {
		m.Timestamp = c.LastMessageAt
	}
}

// messageRow is a message in the list of its conversation.
type messageRow struct {
	MessageID         string  `json:"message_id"`
	ConversationID    string  `json:"conversation_id"`
	Sender            string  `json:"sender"`
	Text              string  `json:"text"`
	Timestamp         string  `json:"timestamp"`
	Status            string  `json:"status"`
	SequenceNo        int     `json:"sequence_no"`
	PlatformMessageID *string `json:"platform_message_id"`
}

func (m *message) row(c *conversation) messageRow {
	return messageRow{m.ID, c.ID, m.Sender, m.Text, m.Timestamp.UTC().Format(codeTime), m.Status, m.SequenceNo, m.PlatformMessageID}
}

// messageView is a message in the list of all messages of a user.
type messageView struct {
	messageRow
	AgentID            string  `json:"agent_id"`
	CustomerPhone      string  `json:"customer_phone"`
	ConversationActive bool    `json:"conversation_active"`
	PhoneNumberID      string  `json:"phone_number_id"`
	AgentName          string  `json:"agent_name"`
	Platform           string  `json:"platform"`
	PhoneDisplayName   *string `json:"phone_display_name"`
}

// messageStatus is what became of a message, as a response has it.
type messageStatus struct {
	MessageID         string        `json:"message_id"`
	ConversationID    string        `json:"conversation_id"`
	CustomerPhone     string        `json:"customer_phone"`
	AgentID           string        `json:"agent_id"`
	AgentName         string        `json:"agent_name"`
	Platform          string        `json:"platform"`
	PhoneNumberID     string        `json:"phone_number_id"`
	PhoneDisplayName  *string       `json:"phone_display_name"`
	Sender            string        `json:"sender"`
	Text              string        `json:"text"`
	Timestamp         string        `json:"timestamp"`
	SequenceNo        int           `json:"sequence_no"`
	Status            string        `json:"status"`
	PlatformMessageID *string       `json:"platform_message_id"`
	DeliveryStatus    *deliveryView `json:"delivery_status"`
	IsFailed          bool          `json:"is_failed"`
	FailureReason     *string       `json:"failure_reason"`
}

type deliveryView struct {
	Status      string  `json:"status"`
	ErrorReason *string `json:"error_reason"`
	UpdatedAt   string  `json:"updated_at"`
}

// foundMessage is a message with the conversation that it is in.
type foundMessage struct {
	*message
	in *conversation
}

// messages lists those of conversations that a filter wants.
func messages(conversations []*conversation, wants func(*message) bool) (found []*foundMessage) {
	for _, c := range conversations {
		for i := range c.Messages {
			if m := &c.Messages[i]; wants(m) {
				found = append(found, &foundMessage{m, c})
			}
		}
	}
	return found
}

// readMessageFilter reads which messages a query wants.
func readMessageFilter(r *emulate.Request) (func(*message) bool, error) {
	sender, status := r.Query.Get("sender"), r.Query.Get("status")
	switch {
	case sender != "" && sender != senderUser && sender != senderAgent:
		return nil, refuse(r, http.StatusBadRequest, "Invalid sender", `Sender must be either "user" or "agent"`, "query sender: expected user or agent, got another word")
	case status != "" && !slices.Contains([]string{statusSent, statusFailed, statusPending}, status):
		return nil, refuse(r, http.StatusBadRequest, "Invalid status", "Status must be one of: sent, failed, pending", "query status: expected sent, failed or pending, got another word")
	}
	var bounds [2]time.Time
	for i, name := range []string{"start_date", "end_date"} {
		text := r.Query.Get(name)
		if text == "" {
			continue
		}
		var problem string
		if bounds[i], problem = readTime(name, text); problem != "" {
			return nil, refuseQuery(r, problem)
		}
	}
	return func(m *message) bool {
		return (sender == "" || sender == m.Sender) && (status == "" || status == m.Status) &&
			!m.Timestamp.Before(bounds[0]) && (bounds[1].IsZero() || !m.Timestamp.After(bounds[1]))
	}, nil
}

// readTime reads a moment: a time, or a day, which begins it.
func readTime(name, text string) (moment time.Time, problem string) {
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if moment, err := time.Parse(layout, text); err == nil {
			return moment, ""
		}
	}
	return moment, name + " must be a time such as 2026-02-08T09:00:00Z"
}

func listMessages(r *emulate.Request, s *state) (emulate.Response, error) {
	wants, err := readMessageFilter(r)
	if err != nil {
		return emulate.Response{}, err
	}
	f := readConversationFilter(r)
	f.id = r.Query.Get("conversation_id")
	records, window, err := paginated(r, 50, messages(s.conversations(r, f), wants), []column[foundMessage]{
		{"timestamp", func(a, b *foundMessage) int { return a.Timestamp.Compare(b.Timestamp) }},
		{"sequence_no", func(a, b *foundMessage) int { return a.SequenceNo - b.SequenceNo }},
		{"status", func(a, b *foundMessage) int { return strings.Compare(a.Status, b.Status) }},
		{"sender", func(a, b *foundMessage) int { return strings.Compare(a.Sender, b.Sender) }},
	})
	if err != nil {
		return emulate.Response{}, err
	}
	views := make([]messageView, len(records))
	for i, m := range records {
		name, _ := s.agentOf(r.Tenant, m.in)
		views[i] = messageView{
			messageRow: m.row(m.in), AgentID: m.in.AgentID, CustomerPhone: m.in.CustomerPhone, ConversationActive: m.in.isOpen(r.Now()),
			PhoneNumberID: m.in.PhoneNumberID, AgentName: name, Platform: m.in.Platform, PhoneDisplayName: m.in.DisplayName,
		}
	}
	return enveloped(r, http.StatusOK, envelope{Data: views, Pagination: &window}), nil
}

// timeRanges are the ranges of statistics by name.
var timeRanges = map[string]time.Duration{
	"hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour, "month": 30 * 24 * time.Hour,
}

// messageStats is how many messages there were.
type messageStats struct {
	TotalMessages       int          `json:"total_messages"`
	BySender            senderCounts `json:"by_sender"`
	ByStatus            statusCounts `json:"by_status"`
	ActiveConversations int          `json:"active_conversations"`
	TimeRange           string       `json:"time_range"`
}

type senderCounts struct {
	User  int `json:"user"`
	Agent int `json:"agent"`
}

type statusCounts struct {
	Sent    int `json:"sent"`
	Failed  int `json:"failed"`
	Pending int `json:"pending"`
}

// getMessageStats takes an unknown range for a day, and tells it all the same.
// Which conversations are active has nothing to do with it.
func getMessageStats(r *emulate.Request, s *state) (emulate.Response, error) {
	stats := messageStats{TimeRange: cmp.Or(r.Query.Get("time_range"), "day")}
	since := r.Now().Add(-cmp.Or(timeRanges[stats.TimeRange], timeRanges["day"]))
	conversations := s.conversations(r, readConversationFilter(r))
	for _, c := range conversations {
		stats.ActiveConversations += order(c.isOpen(r.Now()))
	}
	for _, m := range messages(conversations, func(m *message) bool { return !m.Timestamp.Before(since) }) {
		stats.TotalMessages++
		stats.BySender.User += order(m.Sender == senderUser)
		stats.BySender.Agent += order(m.Sender == senderAgent)
		stats.ByStatus.Sent += order(m.Status == statusSent)
		stats.ByStatus.Failed += order(m.Status == statusFailed)
		stats.ByStatus.Pending += order(m.Status == statusPending)
	}
	return enveloped(r, http.StatusOK, envelope{Data: stats}), nil
}

func getMessageStatus(r *emulate.Request, s *state) (emulate.Response, error) {
	found := messages(s.conversations(r, conversationFilter{}), func(m *message) bool { return m.ID == r.Params["message_id"] })
	if len(found) == 0 {
		return emulate.Response{}, refuse(r, http.StatusNotFound, "", "", "the user has no message with the id in the path")
	}
	m := found[0]
	name, _ := s.agentOf(r.Tenant, m.in)
	view := messageStatus{
		MessageID: m.ID, ConversationID: m.in.ID, CustomerPhone: m.in.CustomerPhone, AgentID: m.in.AgentID, AgentName: name,
		Platform: m.in.Platform, PhoneNumberID: m.in.PhoneNumberID, PhoneDisplayName: m.in.DisplayName, Sender: m.Sender, Text: m.Text,
		Timestamp: m.Timestamp.UTC().Format(codeTime), SequenceNo: m.SequenceNo, Status: m.Status, PlatformMessageID: m.PlatformMessageID,
		IsFailed: m.Status == statusFailed,
	}
	if d := m.Delivery; d != nil {
		view.DeliveryStatus = &deliveryView{d.Status, d.ErrorReason, d.UpdatedAt.UTC().Format(codeTime)}
		view.FailureReason = d.ErrorReason
	}
	return enveloped(r, http.StatusOK, envelope{Data: view}), nil
}
