package phoneagents

import (
	"testing"

	"github.com/agentclients/agentclients-go/internal/testkit"
)

// What is printed is one line, whatever a server puts into ids and names.
func TestStringsAreOneLine(t *testing.T) {
	testkit.OneLine(t,
		new(AddPhoneNumberRequest),
		new(Agent),
		new(Conversation),
		new(CreateAgentRequest),
		new(Message),
		new(MessageReport),
		new(MessageStats),
		new(PhoneNumber),
		new(QueuedMessage),
		new(Run),
		new(RunEvent),
		new(SendWebchatMessageRequest),
		new(UpdateAgentRequest),
		new(WebchatEvent),
		new(WebchatMessage),
	)
}
