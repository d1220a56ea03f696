package omniflow

import "github.com/agentclients/agentclients-go/internal/wire"

// String returns the id, the name and the status in one line.
func (a Agent) String() string { return wire.Linef("%s %q %s", a.ID, a.Name, a.Status) }

// String returns the id, "none" if there is nothing.
func (r Reference) String() string {
	switch {
	case r.ID != "":
		return wire.Linef("%s", r.ID)
	case r.Assigned():
		return "unknown"
	}
	return "none"
}

// String returns the id, the name and the channel in one line.
func (f MessageFlow) String() string { return wire.Linef("%s %q %s", f.ID, f.Name, f.MessageChannel) }

// String returns the id, the contact and how many messages there are in one
// line.
func (c Conversation) String() string {
	return wire.Linef("%s %q %d messages", c.ID, c.Customer.Contact(), len(c.Messages))
}

// String returns the id, the direction, the status and the text in one line.
func (m Message) String() string {
	return wire.Linef("%s %s %s %q", m.ID, m.Direction, m.Status, m.Text)
}

// String returns the id, the status and the text in one line.
func (m DecidedMessage) String() string { return wire.Linef("%s %s %q", m.ID, m.Status, m.Text) }

// String returns the id of the message and the text in one line.
func (m GeneratedMessage) String() string { return wire.Linef("%s %q", m.MessageID, m.Text) }

// String returns the id, the number and the status in one line.
func (n PhoneNumber) String() string { return wire.Linef("%s %s %s", n.ID, n.PhoneNumber, n.Status) }

// String returns the request as JSON in one line.
func (r CreateMessageFlowRequest) String() string { return wire.Line(r) }

// String returns the request as JSON in one line.
func (r UpdateMessageFlowRequest) String() string { return wire.Line(r) }

// String returns the request as JSON in one line.
func (r GenerateMessageRequest) String() string { return wire.Line(r) }

// String returns the request in one line, as JSON.
func (r SendMessageRequest) String() string { return wire.Line(r) }

// String returns the settings as JSON in one line.
func (s MessageFlowSettings) String() string { return wire.Line(s) }

// String returns the request as JSON in one line.
func (r CreateAgentRequest) String() string { return wire.Line(r) }

// String returns the request as JSON in one line.
func (r UpdateAgentRequest) String() string { return wire.Line(r) }

// String returns the voice in one line.
func (m TTSModel) String() string { return wire.Line(m) }
