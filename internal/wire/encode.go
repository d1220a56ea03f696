// Package wire turns Go values into the JSON of the APIs and back.
package wire

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Encode returns v as JSON. v must encode to an object if there are extra
// members, which are then put into it: one that v has already is replaced in
// its place, the others follow at the end, sorted by name. HTML characters
// are not escaped.
func Encode(v any, extra map[string]any) ([]byte, error) {
	body, err := encode(v)
	if err != nil || len(extra) == 0 {
		return body, err
	}
	members, err := splitObject(body)
	if err != nil {
		return nil, err
	}
	for _, name := range sortedKeys(extra) {
		value, err := encode(extra[name])
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(members, func(m member) bool { return m.name == name })
		if i < 0 {
			members = append(members, member{name: name, value: value})
		} else {
			members[i].value = value
		}
	}
	return joinObject(members)
}

func encode(v any) ([]byte, error) {
	buffer := bytes.NewBuffer(make([]byte, 0, 512))
	encoder := json.NewEncoder(buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
}

type member struct {
	name  string
	value json.RawMessage
}

// splitObject returns the members of a JSON object in their order.
func splitObject(object []byte) ([]member, error) {
	decoder := json.NewDecoder(bytes.NewReader(object))
	if _, err := decoder.Token(); err != nil { // {
		return nil, err
	}
	var members []member
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		text, ok := name.(string)
		if !ok {
			return nil, &json.UnsupportedValueError{Str: "extra fields need a JSON object"}
		}
		m := member{name: text}
		if err := decoder.Decode(&m.value); err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	return members, nil
}

func joinObject(members []member) ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, m := range members {
		if i > 0 {
			out.WriteByte(',')
		}
		name, err := encode(m.name)
		if err != nil {
			return nil, err
		}
		out.Write(name)
		out.WriteByte(':')
		out.Write(m.value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
