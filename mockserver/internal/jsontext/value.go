// Package jsontext works on JSON as text: it reads values out of it, finds and
// edits members by JSON pointer, and takes secrets out, without changing a
// byte that it has no reason to change. A standard package may replace it one
// day; nothing outside of it looks at the text of JSON.
package jsontext

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Object is a JSON object whose members are still raw. Of a member that is
// there twice the last one counts.
type Object map[string]json.RawMessage

// What can be wrong with a request body before any member is looked at.
var (
	ErrEmpty     = errors.New("request body is empty")
	ErrNotUTF8   = errors.New("request body is not valid UTF-8")
	ErrNotJSON   = errors.New("request body is not valid JSON")
	ErrNotObject = errors.New("request body is not a JSON object")
)

// ParseObject reads a request body that must be one JSON object. Its error is
// one of the four above.
func ParseObject(body []byte) (Object, error) {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return nil, ErrEmpty
	case !utf8.Valid(body):
		return nil, ErrNotUTF8
	case !json.Valid(body):
		return nil, ErrNotJSON
	}
	members, ok := Members(body)
	if !ok {
		return nil, ErrNotObject
	}
	return members, nil
}

// Has reports whether a member is there and not null.
func (o Object) Has(name string) bool {
	raw, ok := o[name]
	return ok && !IsNull(raw)
}

// IsNull reports whether a value is null.
func IsNull(raw json.RawMessage) bool { return string(bytes.TrimSpace(raw)) == "null" }

// String reads a JSON string.
func String(raw json.RawMessage) (value string, ok bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	if plain := raw[1 : len(raw)-1]; bytes.IndexByte(plain, '"') < 0 && bytes.IndexByte(plain, '\\') < 0 && utf8.Valid(plain) {
		return string(plain), raw[len(raw)-1] == '"'
	}
	return unescaped(raw)
}

// Length is how many characters a JSON string has.
func Length(raw json.RawMessage) (characters int, ok bool) {
	if len(raw) >= 2 && raw[0] == '"' && raw[len(raw)-1] == '"' && bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw) {
		return utf8.RuneCount(raw) - 2, true
	}
	text, ok := String(raw)
	return utf8.RuneCountInString(text), ok
}

// unescaped reads a JSON string that may have escapes.
func unescaped(raw json.RawMessage) (value string, ok bool) {
	return value, json.Unmarshal(raw, &value) == nil
}

// Bool reads a JSON boolean.
func Bool(raw json.RawMessage) (value, ok bool) {
	switch string(raw) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

// Number reads a JSON number that fits a float64.
func Number(raw json.RawMessage) (value float64, ok bool) {
	if len(raw) == 0 || raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return 0, false
	}
	return value, json.Unmarshal(raw, &value) == nil
}

// Integer reads a JSON number without a fraction. 15.0 is one, too.
func Integer(raw json.RawMessage) (value int64, ok bool) {
	number, ok := Number(raw)
	if !ok || number != math.Trunc(number) || math.Abs(number) > 1<<53 {
		return 0, false
	}
	return int64(number), true
}

// Members reads a JSON object out of text that is known to be JSON. Its
// members are parts of that text, not copies.
func Members(raw json.RawMessage) (members Object, ok bool) {
	if len(raw) == 0 || raw[0] != '{' {
		return nil, false
	}
	members = make(Object)
	return members, eachMember(raw, 0, func(name []byte, m member) bool {
		members[memberName(name)] = raw[m.value:m.end:m.end]
		return true
	})
}

// Items reads a JSON array out of text that is known to be JSON. Its items
// are parts of that text, not copies.
func Items(raw json.RawMessage) (items []json.RawMessage, ok bool) {
	if len(raw) == 0 || raw[0] != '[' {
		return nil, false
	}
	items = []json.RawMessage{}
	return items, eachMember(raw, 0, func(_ []byte, m member) bool {
		items = append(items, raw[m.value:m.end:m.end])
		return true
	})
}

// Strings reads a JSON array of strings.
func Strings(raw json.RawMessage) (values []string, ok bool) {
	items, ok := Items(raw)
	if !ok {
		return nil, false
	}
	values = make([]string, len(items))
	for i, item := range items {
		if values[i], ok = String(item); !ok {
			return nil, false
		}
	}
	return values, true
}

// Compact returns text that is known to be JSON without insignificant white
// space. (json.Compact checks all of it once more, which takes much longer.)
func Compact(raw json.RawMessage) json.RawMessage {
	out := make(json.RawMessage, 0, len(raw))
	for at := 0; at < len(raw); {
		switch raw[at] {
		case ' ', '\t', '\n', '\r':
			at++
		case '"':
			end := skipString(raw, at)
			if end < 0 {
				return raw
			}
			out = append(out, raw[at:end]...)
			at = end
		default:
			out = append(out, raw[at])
			at++
		}
	}
	return out
}

// Names returns the names of the members, sorted.
func (o Object) Names() []string {
	names := make([]string, 0, len(o))
	for name := range o {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// MustMarshal writes a value of a type that JSON can hold.
func MustMarshal(v any) json.RawMessage {
	out, err := Marshal(v)
	if err != nil {
		panic(err) // a type of ours that JSON cannot hold
	}
	return out
}

// Marshal is json.Marshal without the escapes of HTML characters, so that
// free-form values come back as they were.
func Marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// Kind describes a value for people. Values are described, never quoted: some
// of them are secrets.
func Kind(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "nothing"
	}
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		text, _ := String(raw)
		return fmt.Sprintf("a string of %d characters", utf8.RuneCountInString(text))
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}

// Quote lists names for an error: "a", "b".
func Quote[T ~string](names []T) string {
	var out strings.Builder
	for i, name := range names {
		if i > 0 {
			out.WriteString(", ")
		}
		fmt.Fprintf(&out, "%q", string(name))
	}
	return out.String()
}

// Excerpt quotes the beginning of a text, in ASCII, so that it can stand in a
// header.
func Excerpt(text string) string {
	const shown = 40
	if runes := []rune(text); len(runes) > shown {
		text = string(runes[:shown]) + "..."
	}
	return strconv.QuoteToASCII(text)
}
