package omniflow

import (
	"testing"

	"github.com/agentclients/agentclients-go/internal/testkit"
)

// What is printed is one line, whatever a server puts into ids and names.
func TestStringsAreOneLine(t *testing.T) {
	testkit.OneLine(t,
		new(Agent),
		new(Conversation),
		new(CreateAgentRequest),
		new(CreateMessageFlowRequest),
		new(DecidedMessage),
		new(GenerateMessageRequest),
		new(GeneratedMessage),
		new(Message),
		new(MessageFlow),
		new(MessageFlowSettings),
		new(PhoneNumber),
		new(Reference),
		new(SendMessageRequest),
		new(TTSModel),
		new(UpdateAgentRequest),
		new(UpdateMessageFlowRequest),
	)
}
