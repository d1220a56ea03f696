package phoneagents

import (
	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// readError reads the documented error body,
//
//	{"error":"Conflict","message":"…","correlation_id":"req_abc123","timestamp":"…"}
//
// whose class becomes the Code of the error, and the camel-case correlationId
// that some servers of this API send.
func readError(e *agentclients.Error) { wire.ReadError(e) }
