package xpander

import (
	"testing"

	"github.com/agentclients/agentclients-go/internal/testkit"
)

// What is printed is one line, whatever a server puts into ids and names.
func TestStringsAreOneLine(t *testing.T) {
	testkit.OneLine(t,
		new(Agent),
		new(AgentList),
		new(AgnoSettings),
		new(CreateAgentRequest),
		new(GraphItem),
		new(LLMSettings),
		new(Run),
		new(RunEvent),
		new(Task),
		new(TaskEvent),
		new(TaskList),
		new(TaskSummary),
		new(ThreadMessage),
		new(UpdateAgentRequest),
	)
}
