package transport

import (
	"bytes"
	"encoding/json"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// saysFailed reports whether the body of a 2xx says that the request failed:
// {"success":false} always does, and {"error":…} if there is nothing else of
// use in the body. (What an agent did may have failed, and be told in a member
// of that name; the request did not.)
func saysFailed(body []byte, useless bool) bool {
	// A look that costs nothing: it is hardly ever so. It does not begin with
	// a quotation mark, of which JSON is full.
	if !bytes.Contains(body, []byte(`success"`)) && !(useless && bytes.Contains(body, []byte(`error"`))) {
		return false
	}
	members, err := wire.Members(body)
	if err != nil {
		return false
	}
	var success *bool
	if json.Unmarshal(members["success"], &success) == nil && success != nil {
		return !*success
	}
	switch string(bytes.TrimSpace(members["error"])) {
	case "", "null", "false", `""`, "{}", "[]":
		return false
	}
	return useless
}

// refused returns the error of a 2xx whose body says that the request failed.
// A keyed create is worth a look all the same; any other one is taken at its
// word.
func (c *call) refused() error {
	e := c.newError()
	c.readWords(e)
	if e.Message == "" && len(e.Fields) == 0 {
		e.Message = "the response says that it failed"
	}
	e.OutcomeUnknown = c.op.changesState() && (c.lost || c.op.Replay == ReplayKeyed)
	c.nameResource(e)
	return e
}

// readWords reads what the body of a 2xx says is wrong, if it is an object
// that says so. Any other text of it may be what nobody should see.
func (c *call) readWords(e *agentclients.Error) {
	members, err := wire.Members(withoutMark(c.body))
	if err != nil {
		return
	}
	for _, name := range []string{"error", "errors", "message", "detail", "title", "issues"} {
		if value := members[name]; len(value) > 0 && string(value) != "null" {
			c.readError(e)
			return
		}
	}
}
