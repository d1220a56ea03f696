package wire

import (
	"cmp"
	"encoding/json"
	"slices"
)

// ErrorEvent returns the data of an event that is named error as an object
// whose type says so, too: servers and gateways put a text, an object of any
// form, or nothing there. What is no object, or has no members, becomes a text
// under data. An object that has a type of its own is returned as it is.
func ErrorEvent(data []byte) []byte {
	data = Trim(data)
	members, err := Members(data)
	if err == nil && String(members["type"]) != "" {
		return data
	}
	delete(members, "type")
	if len(members) == 0 {
		text := ""
		if err != nil {
			text = cmp.Or(String(data), string(data))
		}
		members = map[string]json.RawMessage{"data": encodeText(text)}
	}
	rest, _ := json.Marshal(members) // which were read
	return slices.Concat([]byte(`{"type":"error",`), rest[1:])
}

func encodeText(text string) json.RawMessage {
	encoded, _ := json.Marshal(text) // which always can be
	return encoded
}
