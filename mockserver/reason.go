package mockserver

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// mismatch says for people what was wrong with one member of a request body:
// where, what was expected and what was there. Values are described, never
// quoted: some of them are secrets.
func mismatch(pointer, expected string, got json.RawMessage) string {
	return fmt.Sprintf("%s: expected %s, got %s", pointer, expected, kindOf(got))
}

// kindOf describes a JSON value.
func kindOf(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "nothing"
	}
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		text, _ := asString(raw)
		return fmt.Sprintf("a string of %d characters", utf8.RuneCountInString(text))
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}
