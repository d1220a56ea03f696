package orq

import "github.com/agentclients/agentclients-go/internal/wire"

// String returns the key, the name and the status in one line.
func (a Agent) String() string { return wire.Linef("%s %q %s", a.Key, a.DisplayName, a.Status) }

// String returns the model as JSON in one line.
func (m Model) String() string { return wire.Line(m) }

// String returns the model as JSON in one line.
func (m AgentModel) String() string { return wire.Line(m) }

// String returns the parameters as JSON in one line.
func (p ModelParameters) String() string { return wire.Line(p) }

// String returns the settings as JSON in one line.
func (s Settings) String() string { return wire.Line(s) }

// String returns the settings as JSON in one line.
func (s AgentSettings) String() string { return wire.Line(s) }

// String returns the tool as JSON in one line.
func (t Tool) String() string { return wire.Line(t) }

// String returns the key or the id, and the kind of tool, in one line.
func (t AgentTool) String() string {
	if t.Key == "" {
		return wire.Linef("%s %s", t.ActionType, t.ID)
	}
	return wire.Linef("%s %s", t.ActionType, t.Key)
}

// String returns the evaluator as JSON in one line.
func (e Evaluator) String() string { return wire.Line(e) }

// String returns the request as JSON in one line.
func (r CreateAgentRequest) String() string { return wire.Line(r) }

// String returns the request as JSON in one line.
func (r UpdateAgentRequest) String() string { return wire.Line(r) }
