package phoneagents

import (
	"fmt"

	"github.com/agentclients/agentclients-go/internal/wire"
)

// String returns the id, the name and the phone number in one line.
func (a Agent) String() string { return fmt.Sprintf("%s %q on %s", a.ID, a.Name, a.PhoneNumberID) }

// String returns the id, the name and the platform in one line.
func (n PhoneNumber) String() string { return fmt.Sprintf("%s %q %s", n.ID, n.DisplayName, n.Platform) }

// String returns the request as JSON in one line.
func (r CreateAgentRequest) String() string { return wire.Line(r) }

// String returns the request as JSON in one line.
func (r UpdateAgentRequest) String() string { return wire.Line(r) }
