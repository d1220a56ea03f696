package xpander

import "github.com/agentclients/agentclients-go/internal/wire"

// String returns the id, the name and the type in one line.
func (i GraphItem) String() string { return wire.Linef("%s %q %s", i.ID, i.Name, i.Type) }

// String returns the settings as JSON in one line.
func (s AgnoSettings) String() string { return wire.Line(s) }

// String returns the settings as JSON in one line.
func (s LLMSettings) String() string { return wire.Line(s) }
