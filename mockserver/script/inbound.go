package script

import (
	"errors"
	"unicode/utf8"
)

// Inbound is a message that a person writes to an agent: what reaches an API
// over the phone network or by mail, not by a request to it. Over HTTP it is
// {"api": "omniflow", "from": "+12025550123", "to": "…", "text": "When?"}.
type Inbound struct {
	// Conversation is the id of the conversation that it goes on with. Empty:
	// From and To say which.
	Conversation string
	// From is the address of the person, such as a phone number. It may be left
	// out with Conversation.
	From string
	// To is what the person writes to, where From alone does not tell: on
	// omniflow the id of a message flow, on phoneagents a phone number.
	To string
	// Text is what the person writes.
	Text string
}

// Received says where an inbound message is.
type Received struct {
	// Conversation is the id of its conversation.
	Conversation string
	// Message is the id of the message.
	Message string
}

// Validate says in one line what is wrong with the message and what is
// allowed.
func (m Inbound) Validate() error {
	switch {
	case m.Conversation == "" && m.From == "":
		return errors.New("conversation or from is missing: which person writes")
	case m.Text == "":
		return errors.New("text is missing")
	}
	for _, field := range [...]struct{ name, value string }{
		{"conversation", m.Conversation}, {"from", m.From}, {"to", m.To}, {"text", m.Text},
	} {
		if !utf8.ValidString(field.value) {
			return errors.New(field.name + " is not UTF-8")
		}
	}
	return nil
}
