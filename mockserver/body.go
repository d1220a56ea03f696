package mockserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

// object is a JSON object whose members are still raw. Of a member that is
// there twice the last one counts.
type object map[string]json.RawMessage

// What can be wrong with a request body before any member is looked at.
var (
	errEmptyBody = errors.New("request body is empty")
	errNotUTF8   = errors.New("request body is not valid UTF-8")
	errNotJSON   = errors.New("request body is not valid JSON")
	errNotObject = errors.New("request body is not a JSON object")
)

// parseObject reads a request body that must be one JSON object. Its error is
// one of the four above.
func parseObject(body []byte) (object, error) {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return nil, errEmptyBody
	case !utf8.Valid(body):
		return nil, errNotUTF8
	case !json.Valid(body):
		return nil, errNotJSON
	}
	members, ok := asObject(body)
	if !ok {
		return nil, errNotObject
	}
	return members, nil
}

// mediaTypeOf is the type that a request says its body has, without
// parameters; "" if it says none that can be read.
func mediaTypeOf(header http.Header) string {
	value := header.Get("Content-Type")
	if value == "application/json" { // as nearly all of them say
		return value
	}
	mediaType, _, _ := mime.ParseMediaType(value) // of broken parameters nobody takes notice
	return mediaType
}

// isJSON reports whether a request says that its body is JSON. One that says
// nothing is taken at its best.
func isJSON(header http.Header) bool {
	mediaType := mediaTypeOf(header)
	return mediaType == "" && header.Get("Content-Type") == "" ||
		mediaType == "application/json" || strings.HasSuffix(mediaType, "+json")
}

// has reports whether a member is there and not null.
func (o object) has(name string) bool {
	raw, ok := o[name]
	return ok && !isNull(raw)
}

func isNull(raw json.RawMessage) bool { return string(bytes.TrimSpace(raw)) == "null" }

// asString reads a JSON string.
func asString(raw json.RawMessage) (value string, ok bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	if plain := raw[1 : len(raw)-1]; bytes.IndexByte(plain, '"') < 0 && bytes.IndexByte(plain, '\\') < 0 && utf8.Valid(plain) {
		return string(plain), raw[len(raw)-1] == '"'
	}
	return unescaped(raw)
}

// unescaped reads a JSON string that may have escapes.
func unescaped(raw json.RawMessage) (value string, ok bool) {
	return value, json.Unmarshal(raw, &value) == nil
}

// asBool reads a JSON boolean.
func asBool(raw json.RawMessage) (value, ok bool) {
	switch string(raw) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

// asNumber reads a JSON number that fits a float64.
func asNumber(raw json.RawMessage) (value float64, ok bool) {
	if len(raw) == 0 || raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return 0, false
	}
	return value, json.Unmarshal(raw, &value) == nil
}

// asInteger reads a JSON number without a fraction. 15.0 is one, too.
func asInteger(raw json.RawMessage) (value int64, ok bool) {
	number, ok := asNumber(raw)
	if !ok || number != math.Trunc(number) || math.Abs(number) > 1<<53 {
		return 0, false
	}
	return int64(number), true
}

// asObject reads a JSON object out of text that is known to be JSON. Its
// members are parts of that text, not copies.
func asObject(raw json.RawMessage) (members object, ok bool) {
	if len(raw) == 0 || raw[0] != '{' {
		return nil, false
	}
	members = make(object)
	return members, eachMember(raw, 0, func(name []byte, m member) bool {
		members[memberName(name)] = raw[m.value:m.end:m.end]
		return true
	})
}

// asArray reads a JSON array out of text that is known to be JSON. Its items
// are parts of that text, not copies.
func asArray(raw json.RawMessage) (items []json.RawMessage, ok bool) {
	if len(raw) == 0 || raw[0] != '[' {
		return nil, false
	}
	items = []json.RawMessage{}
	return items, eachMember(raw, 0, func(_ []byte, m member) bool {
		items = append(items, raw[m.value:m.end:m.end])
		return true
	})
}

// asStrings reads a JSON array of strings.
func asStrings(raw json.RawMessage) (values []string, ok bool) {
	items, ok := asArray(raw)
	if !ok {
		return nil, false
	}
	values = make([]string, len(items))
	for i, item := range items {
		if values[i], ok = asString(item); !ok {
			return nil, false
		}
	}
	return values, true
}

// compact returns raw without insignificant white space.
func compact(raw json.RawMessage) json.RawMessage {
	var out bytes.Buffer
	out.Grow(len(raw))
	if json.Compact(&out, raw) != nil {
		return raw
	}
	return out.Bytes()
}

// decodeStrict reads JSON into a struct and refuses members that it does not
// have. It is for the mock's own documents, never for the emulated APIs.
func decodeStrict(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return plainJSONError(err, data, into)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return errors.New("data after the JSON value")
	}
	return nil
}
