package agentloop

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/agentclients/agentclients-go/internal/validate"
)

const (
	agentPrefix = "agent_"
	agentDigits = 32
)

// NewAgentID returns an id for a new agent: "agent_" and the 32 digits of a
// random UUID that begins with the time, so that newer ids sort after older
// ones. CreateAgent makes one by itself; call it to know the id before the
// agent exists.
func NewAgentID() string {
	id := uuid.Must(uuid.NewV7()) // fails only without a source of randomness
	var text [len(agentPrefix) + agentDigits]byte
	copy(text[:], agentPrefix)
	hex.Encode(text[len(agentPrefix):], id[:])
	return string(text[:])
}

// AgentIDFor returns the id that belongs to a name: the same one each time.
// Programs that use it for the same agent need not agree on an id, or keep it.
func AgentIDFor(name string) string {
	id := uuid.NewSHA1(agentNames, []byte(name))
	return agentPrefix + hex.EncodeToString(id[:])
}

// agentNames is the name space of the names of agents. It must never change.
var agentNames = uuid.MustParse("7d9f6e1c-6d0b-5b64-9f0e-3a3c1f0d2b58")

// validateAgentID checks the form of an id that is to be sent. The id itself
// is not repeated in the message: it may be a key that was misplaced.
func validateAgentID(problems *validate.Problems, path, id string) {
	validateID(problems, path, agentPrefix, id)
}

// validateID is validateAgentID for an id of another kind.
func validateID(problems *validate.Problems, path, prefix, id string) {
	digits, ok := strings.CutPrefix(id, prefix)
	problem := ""
	switch {
	case id == "":
		problems.Add(path, "is required")
	case !ok:
		problem = "it does not begin with " + prefix
	case len(digits) != agentDigits:
		problem = fmt.Sprintf("it has %d characters after %s", len(digits), prefix)
	case strings.Trim(digits, "0123456789abcdef") != "":
		problem = "it has other characters"
	}
	if problem != "" {
		problems.Addf(path, "must be %s and 32 lower-case hexadecimal digits; %s", prefix, problem)
	}
}

// refuse returns one error with the problems of several, nil if there are none.
func refuse(op string, errs ...error) error {
	var problems validate.Problems
	for _, err := range errs {
		problems.AppendOf(err)
	}
	return problems.Err(provider, op)
}

// checkAgentID returns the error of an operation on an agent whose id cannot
// be one, else nil.
func checkAgentID(op, agentID string) error {
	var problems validate.Problems
	validateAgentID(&problems, "agent_id", agentID)
	return problems.Err(provider, op)
}
