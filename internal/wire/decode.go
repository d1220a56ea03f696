package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Decode reads an answer that must be a JSON object into a T. A member of an
// unexpected type keeps its zero value and does not fail the rest: the
// caller checks the members that it cannot do without.
func Decode[T any](body []byte) (*T, error) {
	return decode[T](body, '{', "an object")
}

// DecodeArray is Decode for an answer that must be a JSON array.
func DecodeArray[T any](body []byte) ([]T, error) {
	items, err := decode[[]T](body, '[', "an array")
	if err != nil {
		return nil, err
	}
	return *items, nil
}

// DecodeWith is Decode for an object that is of no use without a member. has
// reports whether it is there.
func DecodeWith[T any](body []byte, member string, has func(*T) bool) (*T, error) {
	value, err := Decode[T](body)
	if err == nil && !has(value) {
		err = Missing(member)
	}
	if err != nil {
		return nil, err
	}
	return value, nil
}

// Sent returns what a request says, read into a T: what v encodes to, with
// the extra members in it.
func Sent[T any](v any, extra map[string]any) (*T, error) {
	body, err := Encode(v, extra)
	if err != nil {
		return nil, err
	}
	return Decode[T](body)
}

func decode[T any](body []byte, first byte, kind string) (*T, error) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil, errors.New("the body is empty")
	}
	value := new(T)
	if err := json.Unmarshal(body, value); err != nil {
		var mismatch *json.UnmarshalTypeError
		if !errors.As(err, &mismatch) {
			return nil, err
		}
	}
	if body[0] != first {
		return nil, fmt.Errorf("the body is not %s", kind)
	}
	return value, nil
}

// Missing is the error of an answer that lacks a member which it must have.
func Missing(name string) error {
	return fmt.Errorf("the answer has no %q", name)
}
