package orq

import (
	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// readError reads the documented error body,
//
//	{"message":"…"}
//
// and the other ones that this API and the gateways before it send: with a
// code that is a string or a number, with a list of issues, or with all of it
// inside of error.
func readError(e *agentclients.Error) { wire.ReadError(e) }
