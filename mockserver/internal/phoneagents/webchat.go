package phoneagents

import (
	"net/http"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// webchat is the platform of channels, which visitors of web pages write to.
const webchat = "webchat"

// channel is a phone number of the platform webchat, and the agent on it.
type channel struct {
	tenant string
	number *phoneNumber
	agent  *agent // nil: there is none
}

// findChannel returns the channel that the path names. Nobody who writes to it
// has a key, so that it is looked for in all organizations.
func findChannel(r *emulate.Request, s *state) (found channel, exists bool) {
	for tenant, n := range s.PhoneNumbers.All() {
		if n.Platform == webchat && n.MetaID == r.Params["webchat_id"] {
			return channel{tenant, n, s.agentOn(tenant, n.ID)}, true
		}
	}
	return channel{}, false
}

// channelWithAgent is findChannel for what needs the agent. The error is a
// refusal.
func channelWithAgent(r *emulate.Request, s *state) (channel, error) {
	found, _ := findChannel(r, s)
	if found.agent == nil {
		return found, refuse(r, http.StatusNotFound, "", "Webchat channel "+r.Params["webchat_id"]+" not found or no agent configured",
			"webchat_id: expected the meta_phone_number_id of a phone number of the platform webchat that has an agent")
	}
	return found, nil
}

// channelView is a new channel as a response has it.
type channelView struct {
	WebchatID     string `json:"webchat_id"`
	PhoneNumberID string `json:"phone_number_id"`
	AgentID       string `json:"agent_id"`
	PromptID      string `json:"prompt_id"`
	Name          string `json:"name"`
	EmbedCode     string `json:"embed_code"`
	ConfigURL     string `json:"config_url"`
	CreatedAt     string `json:"created_at"`
}

// createChannel makes a phone number and its agent. The published code takes no
// key for that, either.
func createChannel(r *emulate.Request, s *state, members jsontext.Object) (emulate.Response, error) {
	r.Guess("channel-key")
	if err := checkAll(r, members, "Missing required fields", "prompt_id and name are required"); err != nil {
		return emulate.Response{}, err
	}
	now, user, name := r.Now(), r.Params["user_id"], stringOf(members, "name")
	id := s.PhoneNumbers.FreeID(r.Tenant, func() string { return "pn_webchat_" + user + "_" + emulate.HexID(r, "channel", 9) })
	webchatID := strings.TrimPrefix(id, "pn_")
	n := &phoneNumber{ID: id, UserID: user, Platform: webchat, MetaID: webchatID, DisplayName: &name, stamps: stamps{now, now}}
	a := &agent{ID: "agent_" + webchatID, UserID: user, PhoneNumberID: id, PromptID: stringOf(members, "prompt_id"), Name: name, stamps: stamps{now, now}}
	r.Commit(func() {
		s.PhoneNumbers.Add(r.Tenant, n.ID, n)
		s.Agents.Add(r.Tenant, a.ID, a)
	})
	const host = "https://api.example.com"
	return enveloped(r, http.StatusCreated, envelope{Data: channelView{
		WebchatID: webchatID, PhoneNumberID: n.ID, AgentID: a.ID, PromptID: a.PromptID, Name: name,
		EmbedCode: `<webchat-widget agent-id="` + webchatID + `"></webchat-widget><script src="` + host + `/widget.js" async></script>`,
		ConfigURL: host + "/widget-config.html?agent_id=" + webchatID,
		CreatedAt: now.Format(codeTime),
	}}), nil
}

// queuedMessage is what a visitor is told of a message.
type queuedMessage struct {
	MessageID      string `json:"message_id"`
	ConversationID string `json:"conversation_id"`
	Status         string `json:"status"`
}

func sendWebchatMessage(r *emulate.Request, s *state, members jsontext.Object) (emulate.Response, error) {
	if err := checkAll(r, members, "Missing required fields", "webchat_id, message, session_id, and visitor_phone are required"); err != nil {
		return emulate.Response{}, err
	}
	to, err := channelWithAgent(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	m := newInbound(r, s, to.tenant, to.agent, to.number, stringOf(members, "visitor_phone"), stringOf(members, "message"))
	r.Commit(func() { m.accept(r, s) })
	return enveloped(r, http.StatusOK, envelope{Data: queuedMessage{m.messageID, m.conversation.ID, "queued"}}), nil
}

// webchatHistory is what a visitor and the agent said.
type webchatHistory struct {
	Messages       []webchatMessage `json:"messages"`
	ConversationID *string          `json:"conversation_id"`
}

type webchatMessage struct {
	MessageID   string `json:"message_id"`
	MessageText string `json:"message_text"`
	Sender      string `json:"sender"`
	Timestamp   string `json:"timestamp"`
	SequenceNo  int    `json:"sequence_no"`
}

func listWebchatMessages(r *emulate.Request, s *state) (emulate.Response, error) {
	customer := r.Query.Get("visitor_phone")
	if customer == "" {
		return emulate.Response{}, refuse(r, http.StatusBadRequest, "Missing required parameter", "visitor_phone is required",
			"query visitor_phone: expected who writes, got nothing")
	}
	var since time.Time
	if text := r.Query.Get("since"); text != "" {
		var problem string
		if since, problem = readTime("since", text); problem != "" {
			return emulate.Response{}, refuseQuery(r, problem)
		}
	}
	at, err := channelWithAgent(r, s)
	if err != nil {
		r.Guess("404-history") // the published code finds nothing and says so
		return emulate.Response{}, err
	}
	history := webchatHistory{Messages: []webchatMessage{}}
	if c := s.openConversation(visitor{at.tenant, at.number.ID, customer}, r.Now()); c != nil {
		history.ConversationID = &c.ID
		for _, m := range c.Messages {
			if m.Timestamp.After(since) {
				history.Messages = append(history.Messages, webchatMessage{m.ID, m.Text, m.Sender, m.Timestamp.UTC().Format(codeTime), m.SequenceNo})
			}
		}
	}
	return enveloped(r, http.StatusOK, envelope{Data: history}), nil
}

// webchatSession is what a page is told about its visitor.
type webchatSession struct {
	SessionID          string  `json:"session_id"`
	IsReturningVisitor bool    `json:"is_returning_visitor"`
	ConversationID     *string `json:"conversation_id"`
	PreviousMessages   int     `json:"previous_messages"`
	PreviousPlatform   *string `json:"previous_platform"`
}

// initWebchat tells whether the visitor has a conversation with any agent of
// the user: the one with the last message.
func initWebchat(r *emulate.Request, s *state, members jsontext.Object) (emulate.Response, error) {
	if err := checkAll(r, members, "Missing required fields", "visitor_phone and session_id are required"); err != nil {
		return emulate.Response{}, err
	}
	at, exists := findChannel(r, s)
	if !exists {
		return emulate.Response{}, refuse(r, http.StatusNotFound, "", "", "webchat_id: expected the meta_phone_number_id of a phone number of the platform webchat")
	}
	var last *conversation
	owner := at.number.UserID
	for c := range s.Conversations.OldestFirst(at.tenant) {
		if (owner == "" || c.belongsTo(owner)) && c.CustomerPhone == stringOf(members, "visitor_phone") && c.isOpen(r.Now()) &&
			(last == nil || !c.LastMessageAt.Before(last.LastMessageAt)) {
			last = c
		}
	}
	session := webchatSession{SessionID: stringOf(members, "session_id")}
	if last != nil {
		session.IsReturningVisitor, session.ConversationID = true, &last.ID
		session.PreviousMessages, session.PreviousPlatform = len(last.Messages), &last.Platform
	}
	return enveloped(r, http.StatusOK, envelope{Data: session}), nil
}

// verifiedPhone is what is known of the person behind a phone number, which is
// nothing: the mock extracts nothing from what people say.
type verifiedPhone struct {
	Phone   string  `json:"phone"`
	HasName bool    `json:"has_name"`
	Name    *string `json:"name"`
	Email   *string `json:"email"`
	Company *string `json:"company"`
}

// verifyWebchatPhone does not look at the channel.
func verifyWebchatPhone(r *emulate.Request, _ *state, members jsontext.Object) (emulate.Response, error) {
	if err := checkAll(r, members, "Missing phone number", "phone is required"); err != nil {
		return emulate.Response{}, err
	}
	phone := strings.Map(func(c rune) rune {
		if strings.ContainsRune(" \t\r\n-+", c) {
			return -1
		}
		return c
	}, stringOf(members, "phone"))
	isOther := func(c rune) bool { return c < '0' || c > '9' }
	if len(phone) < 10 || len(phone) > 15 || strings.ContainsFunc(phone, isOther) {
		return emulate.Response{}, refuse(r, http.StatusBadRequest, "Invalid phone format", "Phone should be 10-15 digits",
			"/phone: expected 10 to 15 digits, got something else")
	}
	return enveloped(r, http.StatusOK, envelope{Data: verifiedPhone{Phone: phone}}), nil
}
