package xpander

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// pythonToJSON returns the JSON of a list or an object that Python printed:
// {'detail': 'It is', 'ok': True, 'loc': ('body', 0)}. JSON itself is returned
// as it is. ok is false for any other text.
func pythonToJSON(text string) (value []byte, ok bool) {
	text = strings.TrimSpace(text)
	if text == "" || text[0] != '{' && text[0] != '[' {
		return nil, false
	}
	if json.Valid([]byte(text)) {
		return []byte(text), true
	}
	var out bytes.Buffer
	for text != "" {
		switch c := text[0]; {
		case c == '\'' || c == '"':
			literal, rest, ok := pythonString(text)
			if !ok {
				return nil, false
			}
			out.Write(literal)
			text = rest
		case strings.IndexByte("TFN", c) >= 0:
			word, found := "", false
			for python, name := range pythonWords {
				if strings.HasPrefix(text, python) {
					word, text, found = name, text[len(python):], true
				}
			}
			if !found {
				return nil, false
			}
			out.WriteString(word)
		case c == '(':
			out.WriteByte('[')
			text = text[1:]
		case c == ')': // ('body',) is a tuple of one
			out.Truncate(len(bytes.TrimSuffix(out.Bytes(), []byte(","))))
			out.WriteByte(']')
			text = text[1:]
		default:
			out.WriteByte(c)
			text = text[1:]
		}
	}
	return out.Bytes(), json.Valid(out.Bytes())
}

var pythonWords = map[string]string{"True": "true", "False": "false", "None": "null"}

// pythonString returns the JSON of the string literal that text begins with,
// and what comes after it.
func pythonString(text string) (literal []byte, rest string, ok bool) {
	quote, text := text[0], text[1:]
	var plain strings.Builder
	for text != "" && text[0] != quote {
		// Go and Python escape alike what Python escapes when it prints.
		r, _, tail, err := strconv.UnquoteChar(text, quote)
		if err != nil {
			return nil, "", false
		}
		plain.WriteRune(r)
		text = tail
	}
	if text == "" {
		return nil, "", false
	}
	literal, err := json.Marshal(plain.String())
	return literal, text[1:], err == nil
}
