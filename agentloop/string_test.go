package agentloop

import (
	"testing"

	"github.com/agentclients/agentclients-go/internal/testkit"
)

// What is printed is one line, whatever a server puts into ids and names.
func TestStringsAreOneLine(t *testing.T) {
	testkit.OneLine(t,
		new(Agent),
		new(AgentList),
		new(Capability),
		new(CapabilityInfo),
		new(CreateAgentRequest),
		new(Event),
		new(Message),
		new(Model),
		new(ModelCost),
		new(ModelProfile),
		new(Run),
		new(RunEvent),
		new(Session),
		new(UpdateAgentRequest),
	)
}
