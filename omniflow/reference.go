package omniflow

import (
	"bytes"
	"cmp"
	"encoding/json"

	"github.com/agentclients/agentclients-go/internal/wire"
)

// Reference is what one thing says of another that it belongs to, such as the
// phone number of an agent. The API sends null, the id, or the other thing as
// an object; all of them can be read, and are written again as they came. The
// zero value stands for null.
type Reference struct {
	// ID identifies the other thing. It is "" if there is none, and if the API
	// sent an object that does not say.
	ID string
	// Raw is the JSON that came, if it was neither null nor an id.
	Raw json.RawMessage
}

// Assigned reports whether there is another thing, which is also so if its id
// is not known.
func (r Reference) Assigned() bool { return r.ID != "" || bytes.HasPrefix(r.Raw, []byte("{")) }

// UnmarshalJSON reads null, a string, a number or an object with the id in its member
// _id or id. Any other value is kept in Raw.
func (r *Reference) UnmarshalJSON(data []byte) error {
	*r = Reference{ID: wire.String(data)}
	if r.ID != "" || string(data) == "null" {
		return nil
	}
	r.Raw = bytes.Clone(data)
	r.ID = wire.Scalar(data)
	if members, err := wire.Members(data); err == nil {
		r.ID = cmp.Or(wire.Scalar(members["_id"]), wire.Scalar(members["id"]))
	}
	return nil
}

// MarshalJSON writes Raw if it is set, else the id, else null.
func (r Reference) MarshalJSON() ([]byte, error) {
	switch {
	case len(r.Raw) > 0:
		return r.Raw, nil
	case r.ID != "":
		return json.Marshal(r.ID)
	}
	return []byte("null"), nil
}
