package wire

import (
	"bytes"
	"encoding/json"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// adapt returns JSON with the scalars in it turned into those that a type
// takes, where they say the same: numbers into texts, texts into numbers, true
// and false as texts into booleans, and 2.0 into 2. What decodes itself, and
// what the type does not know, stays as it is to the byte.
func adapt(raw json.RawMessage, t reflect.Type) json.RawMessage {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if raw = bytes.TrimSpace(raw); len(raw) == 0 || reflect.PointerTo(t).Implements(unmarshaler) {
		return raw
	}
	switch raw[0] {
	case '{':
		return adaptObject(raw, t)
	case '[':
		return adaptArray(raw, t)
	case '"':
		return adaptText(raw, t)
	}
	return adaptNumber(raw, t)
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

func adaptObject(raw json.RawMessage, t reflect.Type) json.RawMessage {
	if t.Kind() != reflect.Struct && t.Kind() != reflect.Map {
		return raw
	}
	members, err := splitObject(raw)
	if err != nil {
		return raw
	}
	for i := range members {
		if inner := memberType(t, members[i].name); inner != nil {
			members[i].value = adapt(members[i].value, inner)
		}
	}
	object, err := joinObject(members)
	if err != nil {
		return raw
	}
	return object
}

// memberType returns the type that a member of an object is read into, nil if
// it is not read.
func memberType(t reflect.Type, name string) reflect.Type {
	if t.Kind() == reflect.Map {
		return t.Elem()
	}
	for i := range t.NumField() {
		field := t.Field(i)
		tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if tag == name && tag != "-" {
			return field.Type
		}
		if field.Anonymous && tag == "" && field.Type.Kind() == reflect.Struct {
			if inner := memberType(field.Type, name); inner != nil {
				return inner
			}
		}
	}
	return nil
}

func adaptArray(raw json.RawMessage, t reflect.Type) json.RawMessage {
	var items []json.RawMessage
	if t.Kind() != reflect.Slice || json.Unmarshal(raw, &items) != nil {
		return raw
	}
	var out bytes.Buffer
	out.WriteByte('[')
	for i, item := range items {
		if i > 0 {
			out.WriteByte(',')
		}
		out.Write(adapt(item, t.Elem()))
	}
	out.WriteByte(']')
	return out.Bytes()
}

func adaptNumber(raw json.RawMessage, t reflect.Type) json.RawMessage {
	switch {
	case raw[0] != '-' && (raw[0] < '0' || raw[0] > '9'):
	case t.Kind() == reflect.String:
		return slices.Concat([]byte{'"'}, raw, []byte{'"'})
	case isInteger(t):
		if exact, ok := new(big.Float).SetString(string(raw)); ok && exact.IsInt() {
			if whole, accuracy := exact.Int64(); accuracy == big.Exact {
				return strconv.AppendInt(nil, whole, 10)
			}
		}
	}
	return raw
}

func adaptText(raw json.RawMessage, t reflect.Type) json.RawMessage {
	text := strings.TrimSpace(String(raw))
	switch {
	case t.Kind() == reflect.Bool && (text == "true" || text == "false"):
		return json.RawMessage(text)
	case isInteger(t), t.Kind() == reflect.Float64:
		var number json.Number
		if json.Unmarshal([]byte(text), &number) == nil && number != "" {
			return adaptNumber(json.RawMessage(text), t)
		}
	}
	return raw
}

func isInteger(t reflect.Type) bool { return t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64 }
