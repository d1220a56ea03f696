package phoneagents

import (
	"cmp"

	"github.com/agentclients/agentclients-go/internal/wire"
)

// String returns the id, the name and the phone number in one line.
func (a Agent) String() string { return wire.Linef("%s %q on %s", a.ID, a.Name, a.PhoneNumberID) }

// String returns the id, the name and the platform in one line.
func (n PhoneNumber) String() string { return wire.Linef("%s %q %s", n.ID, n.DisplayName, n.Platform) }

// String returns the id, the sender and the text in one line.
func (m Message) String() string { return saying(m.ID, m.Sender, m.Text) }

// String returns the id, the sender, the status and the text in one line.
func (m MessageReport) String() string {
	return wire.Linef("%s (%s)", m.Message, cmp.Or(m.FailureReason, string(m.Status)))
}

// String returns the id, the sender and the text in one line.
func (m WebchatMessage) String() string { return saying(m.ID, m.Sender, m.Text) }

func saying(id string, sender Sender, text string) string {
	return wire.Linef("%s %s: %q", id, sender, text)
}

// String returns the id, the person, the agent, and whether it goes on, in one
// line.
func (c Conversation) String() string {
	state := "archived"
	if c.IsActive {
		state = "active"
	}
	return wire.Linef("%s of %s with %s (%s)", c.ID, c.CustomerPhone, c.AgentID, state)
}

// String returns the numbers in one line.
func (s MessageStats) String() string {
	return wire.Linef("%d messages of the last %s: %d of users, %d of agents, %d failed; %d active conversations",
		s.TotalMessages, s.TimeRange, s.BySender.User, s.BySender.Agent, s.ByStatus.Failed, s.ActiveConversations)
}

// String returns the message, its conversation and its status in one line.
func (m QueuedMessage) String() string {
	return wire.Linef("%s in %s of %s (%s)", m.MessageID, m.ConversationID, m.VisitorID, m.Status)
}

// String returns the kind of the event and what is said in one line.
func (e WebchatEvent) String() string {
	if e.Message != nil {
		return wire.Linef("%s %q", e.Type, e.Message.Text)
	}
	return wire.Linef("%s", e.Type)
}

// String returns the visitor, the conversation and the answer in one line.
func (r Run) String() string { return wire.Linef("%s %s %q", r.ID, r.ConversationID, r.Text) }

// String describes the event in one line.
func (e RunEvent) String() string { return e.Event.String() }

// String returns the request as JSON in one line.
func (r SendWebchatMessageRequest) String() string { return wire.Line(r) }

// String returns the request as JSON in one line.
func (r CreateAgentRequest) String() string { return wire.Line(r) }

// String returns the request as JSON in one line.
func (r UpdateAgentRequest) String() string { return wire.Line(r) }
