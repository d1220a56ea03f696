package xpander

import (
	"encoding/json"
	"strings"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// readError reads the error bodies of this API. All have a member detail,
// which is a text or a list of the fields that are wrong; the message of a
// plan's limit comes in details within details, some of them printed by
// Python:
//
//	{"detail":"429: {'detail': {'detail': 'You have reached the limit'}}"}
func readError(e *agentclients.Error) {
	wire.ReadError(e)
	if inner := innermost(e.Body); inner != nil { // it says better what is wrong
		e.Message, e.Fields = "", nil
		wire.ReadErrorFrom(e, inner)
	}
}

// deepest bounds how many details within details are opened.
const deepest = 16

// innermost returns the object that the details of a body end in, nil if the
// body has no detail that is an object or printed like one.
func innermost(body []byte) (inner []byte) {
	for range deepest {
		members, err := wire.Members(body)
		if err != nil {
			break
		}
		body = nested(members["detail"])
		if body == nil {
			break
		}
		inner = body
	}
	return inner
}

// nested returns a detail that is an object, or a text that is one. A text
// that is a list is put under detail again, where lists are looked for.
func nested(detail json.RawMessage) []byte {
	if len(detail) > 0 && detail[0] == '{' {
		return detail
	}
	object, ok := pythonToJSON(withoutStatus(wire.String(detail)))
	switch {
	case ok && object[0] == '{':
		return object
	case ok && object[0] == '[':
		return []byte(`{"detail":` + string(object) + `}`)
	}
	return nil
}

// withoutStatus cuts off the status that the API puts before some texts:
// "429: …".
func withoutStatus(text string) string {
	status, rest, ok := strings.Cut(text, ": ")
	if ok && len(status) == 3 && strings.Trim(status, "0123456789") == "" {
		return rest
	}
	return text
}
