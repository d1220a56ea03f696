package phoneagents

import (
	"net/http"
	"slices"
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
// id is taken, that a phone number is registered, and that it has an agent,
// whose conversations stand in the way, comes with a 400.
func readError(e *agentclients.Error) {
	wire.ReadError(e)
	if e.StatusCode == http.StatusBadRequest && slices.ContainsFunc(conflicts, func(words string) bool { return strings.Contains(e.Message, words) }) {
		e.Err = agentclients.ErrConflict
	}
}

// conflicts are the words by which a 400 is told to be a conflict.
var conflicts = []string{"already exists", "already registered", "Failed to archive existing conversations"}
