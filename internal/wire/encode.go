// Package wire turns Go values into the JSON of the APIs and back.
package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
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

// Line returns v as JSON in one line, for people.
func Line(v any) string {
	body, err := Encode(v, nil)
	if err != nil {
		return err.Error()
	}
	return escape(string(body))
}

// Names returns the names of the members that v and extra are encoded to, for
// people who must not see the values.
func Names(v any, extra map[string]any) string {
	body, err := Encode(v, extra)
	if err != nil {
		return err.Error()
	}
	members, err := splitObject(body)
	if err != nil {
		return err.Error()
	}
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = m.name
	}
	return Linef("{%s}", strings.Join(names, ", "))
}

// encode is json.Marshal without its escapes of HTML characters. An Encoder
// would not write them, but it allocates more, and a type that encodes its
// members with this function would have one at every level.
func encode(v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return unescapeHTML(body), nil
}

// unescapeHTML takes the escapes of <, > and & out of JSON, in place.
func unescapeHTML(body []byte) []byte {
	next := bytes.IndexByte(body, '\\')
	if next < 0 {
		return body
	}
	short := body[:next]
	for i := next; i < len(body); {
		if body[i] != '\\' {
			short = append(short, body[i])
			i++
			continue
		}
		switch string(body[i:min(i+6, len(body))]) {
		case `\u003c`:
			short = append(short, '<')
			i += 6
		case `\u003e`:
			short = append(short, '>')
			i += 6
		case `\u0026`:
			short = append(short, '&')
			i += 6
		default: // any other escape, of which the second byte may be a backslash
			short = append(short, body[i:i+2]...)
			i += 2
		}
	}
	return short
}

type member struct {
	name  string
	value json.RawMessage
}

// splitObject returns the members of a JSON object in their order.
func splitObject(object []byte) ([]member, error) {
	decoder := json.NewDecoder(bytes.NewReader(object))
	if start, err := decoder.Token(); err != nil || start != json.Delim('{') {
		return nil, errors.New("extra fields need a JSON object")
	}
	var members []member
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		m := member{name: name.(string)} // the name of a member is nothing else
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
