package omniflow

import (
	"bytes"
	"cmp"
	"encoding/json"

	"github.com/agentclients/agentclients-go/internal/wire"
)

// PhoneNumberID is the phone number that an agent answers on. The API sends
// null, the id, or the phone number as an object; all of them can be read,
// and are written again as they came. The zero value stands for null.
type PhoneNumberID struct {
	// ID identifies the phone number. It is "" if the agent has none, and if
	// the API sent an object that does not say.
	ID string
	// Raw is the JSON that came, if it was neither null nor an id.
	Raw json.RawMessage
}

// Assigned reports whether the agent has a phone number, which is also so if
// its id is not known.
func (p PhoneNumberID) Assigned() bool { return p.ID != "" || bytes.HasPrefix(p.Raw, []byte("{")) }

// UnmarshalJSON reads null, a string, a number or an object with the id in its member
// _id or id. Any other value is kept in Raw.
func (p *PhoneNumberID) UnmarshalJSON(data []byte) error {
	*p = PhoneNumberID{ID: wire.String(data)}
	if p.ID != "" || string(data) == "null" {
		return nil
	}
	p.Raw = bytes.Clone(data)
	p.ID = wire.Scalar(data)
	if members, err := wire.Members(data); err == nil {
		p.ID = cmp.Or(wire.Scalar(members["_id"]), wire.Scalar(members["id"]))
	}
	return nil
}

// MarshalJSON writes Raw if it is set, else the id, else null.
func (p PhoneNumberID) MarshalJSON() ([]byte, error) {
	switch {
	case len(p.Raw) > 0:
		return p.Raw, nil
	case p.ID != "":
		return json.Marshal(p.ID)
	}
	return []byte("null"), nil
}
