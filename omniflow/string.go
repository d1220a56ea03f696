package omniflow

import (
	"fmt"

	"github.com/agentclients/agentclients-go/internal/wire"
)

// String returns the id, the name and the status in one line.
func (a Agent) String() string { return fmt.Sprintf("%s %q %s", a.ID, a.Name, a.Status) }

// String returns the id, "none" if there is no phone number.
func (p PhoneNumberID) String() string {
	switch {
	case p.ID != "":
		return p.ID
	case p.Assigned():
		return "unknown"
	}
	return "none"
}

// String returns the request as JSON in one line.
func (r CreateAgentRequest) String() string { return wire.Line(r) }

// String returns the request as JSON in one line.
func (r UpdateAgentRequest) String() string { return wire.Line(r) }

// String returns the voice in one line.
func (m TTSModel) String() string { return wire.Line(m) }
