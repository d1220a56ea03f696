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
