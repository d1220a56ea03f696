package orq

import (
	"testing"

	"github.com/agentclients/agentclients-go/internal/testkit"
)

// What is printed is one line, whatever a server puts into ids and names.
func TestStringsAreOneLine(t *testing.T) {
	testkit.OneLine(t,
		new(Action),
		new(ActionList),
		new(Agent),
		new(AgentModel),
		new(AgentResponse),
		new(AgentResponseEvent),
		new(AgentResponseRequest),
		new(AgentSettings),
		new(AgentTool),
		new(CreateAgentRequest),
		new(CreateResponseRequest),
		new(Evaluator),
		new(InvokeRequest),
		new(Message),
		new(Model),
		new(ModelParameters),
		new(OutputItem),
		new(Response),
		new(ResponseEvent),
		new(ReviewActionRequest),
		new(Run),
		new(RunEvent),
		new(RunRequest),
		new(Settings),
		new(Task),
		new(TaskEvent),
		new(TaskList),
		new(Tool),
		new(UpdateAgentRequest),
		&OutputItem{Type: ItemMessage},
		&AgentResponseEvent{Type: AgentResponseEventStarted},
		&TaskEvent{Type: TaskEventExecutionStarted},
		&Message{Parts: []Part{{Kind: PartText}}},
	)
}
