package agentloop

import "github.com/agentclients/agentclients-go/internal/wire"

// String returns the id, the name and the status in one line.
func (a Agent) String() string { return wire.Linef("%s %q %s", a.ID, a.Name, a.Status) }

// String returns how many agents there are, and which, in one line.
func (l AgentList) String() string {
	if l.Total == nil {
		return wire.Linef("%d agents %v", len(l.Agents), l.Agents)
	}
	return wire.Linef("%d of %d agents %v", len(l.Agents), *l.Total, l.Agents)
}

// String returns the id and the configuration in one line.
func (c Capability) String() string {
	if len(c.Config) == 0 {
		return wire.Linef("%s", c.Ref)
	}
	return wire.Linef("%s %s", c.Ref, c.Config)
}

// String returns the id, the name and the status in one line.
func (c CapabilityInfo) String() string { return wire.Linef("%s %q %s", c.ID, c.Name, c.Status) }

// String returns the id, the name and the status in one line.
func (m Model) String() string { return wire.Linef("%s %q %s", m.ID, m.DisplayName, m.Status) }

// String returns the profile as JSON in one line.
func (p ModelProfile) String() string { return wire.Line(p) }

// String returns the prices as JSON in one line.
func (c ModelCost) String() string { return wire.Line(c) }

// String returns the request as JSON in one line.
func (r CreateAgentRequest) String() string { return wire.Line(r) }

// String returns the request as JSON in one line.
func (r UpdateAgentRequest) String() string { return wire.Line(r) }
