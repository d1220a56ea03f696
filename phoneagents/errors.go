package phoneagents

import (
	"net/http"
	"strings"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// readError reads the documented error body,
//
//	{"error":"Conflict","message":"…","correlation_id":"req_abc123","timestamp":"…"}
//
// whose class becomes the Code of the error, and the camel-case correlationId
// that some servers of this API send. A conflict is not always a 409: that an
// id is taken, and that a phone number is registered, comes with a 400.
func readError(e *agentclients.Error) {
	wire.ReadError(e)
	taken := strings.Contains(e.Message, "already exists") || strings.Contains(e.Message, "already registered")
	if taken && e.StatusCode == http.StatusBadRequest {
		e.Err = agentclients.ErrConflict
	}
}
