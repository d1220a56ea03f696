package jsontext

import "encoding/json"

// Assign reads a member into a variable. A member that is absent, null or of
// another type leaves the variable as it is.
func Assign[T any](members Object, name string, into *T, read func(json.RawMessage) (T, bool)) {
	if !members.Has(name) {
		return
	}
	if value, ok := read(members[name]); ok {
		*into = value
	}
}

// Raw takes any value as it is, without its white space.
func Raw(raw json.RawMessage) (json.RawMessage, bool) { return Compact(raw), true }

// ListOf reads an array whose items read reads.
func ListOf[T any](read func(json.RawMessage) (T, bool)) func(json.RawMessage) ([]T, bool) {
	return func(raw json.RawMessage) ([]T, bool) {
		items, ok := Items(raw)
		if !ok {
			return nil, false
		}
		values := make([]T, len(items))
		for i, item := range items {
			if values[i], ok = read(item); !ok {
				return nil, false
			}
		}
		return values, true
	}
}

// PointerTo reads a value whose absence matters.
func PointerTo[T any](read func(json.RawMessage) (T, bool)) func(json.RawMessage) (*T, bool) {
	return func(raw json.RawMessage) (*T, bool) {
		value, ok := read(raw)
		if !ok {
			return nil, false
		}
		return &value, true
	}
}
