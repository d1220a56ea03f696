package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// Decode reads a response that must be a JSON object into a T. A member of
// another type is read as far as it says the same: a number as the text of its
// digits, a text of digits as a number. Any other one keeps its zero value and
// does not fail the rest: the caller checks the members that it cannot do
// without.
func Decode[T any](body []byte) (*T, error) {
	return decode[T](body, '{', "an object")
}

// DecodeInto is Decode into a value that is there, and is zero: of an event of
// a stream, of which there are many. After an error the value is of no use.
func DecodeInto[T any](body []byte, value *T) error {
	return decodeInto(body, '{', "an object", value)
}

// DecodeArray is Decode for a response that must be a JSON array. null is an
// empty one: that is how many servers write a list that has nothing in it.
func DecodeArray[T any](body []byte) ([]T, error) {
	if isNull(Trim(body)) {
		return []T{}, nil
	}
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

// DecodeList is Decode for an object that has a list under a name. items
// returns where the list is read into. null is an empty list.
func DecodeList[L, T any](body []byte, name string, items func(*L) *[]T) (*L, error) {
	list, err := Decode[L](body)
	if err != nil {
		return nil, err
	}
	if read := items(list); *read == nil {
		members, err := Members(body)
		if err != nil {
			return nil, err
		}
		if !isNull(members[name]) {
			return nil, Missing(name)
		}
		*read = []T{}
	}
	return list, nil
}

func decode[T any](body []byte, first byte, kind string) (*T, error) {
	value := new(T)
	if err := decodeInto(body, first, kind, value); err != nil {
		return nil, err
	}
	return value, nil
}

func decodeInto[T any](body []byte, first byte, kind string, value *T) error {
	body = Trim(body)
	if len(body) == 0 {
		return errors.New("the body is empty")
	}
	if err := json.Unmarshal(body, value); err != nil {
		var mismatch *json.UnmarshalTypeError
		if !errors.As(err, &mismatch) {
			return err
		}
		if body[0] == first {
			decodeAdapted(body, value)
		}
	}
	if body[0] != first {
		return fmt.Errorf("the body is not %s", kind)
	}
	return nil
}

// decodeAdapted reads a body with its values adapted to the types of T, and
// leaves value as it is if that is not possible.
func decodeAdapted[T any](body []byte, value *T) {
	adapted := new(T)
	var mismatch *json.UnmarshalTypeError
	if err := json.Unmarshal(adapt(body, reflect.TypeFor[T]()), adapted); err == nil || errors.As(err, &mismatch) {
		*value = *adapted
	}
}

// Parse reads JSON into maps, lists and scalars. Numbers keep their digits, as
// a json.Number.
func Parse(body []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	err := decoder.Decode(&value)
	return value, err
}

// Rest returns the members of a JSON object that T, a struct, has no field for;
// nil if there are none. Numbers keep their digits.
func Rest[T any](object []byte) map[string]any {
	value, err := Parse(object)
	if err != nil {
		return nil
	}
	members, _ := value.(map[string]any)
	for name := range members {
		if memberType(reflect.TypeFor[T](), name) != nil {
			delete(members, name)
		}
	}
	if len(members) == 0 {
		return nil
	}
	return members
}

// byteOrderMark is what some servers write before a text.
var byteOrderMark = []byte("\xef\xbb\xbf")

// Trim returns a body without a byte order mark and white space around it.
func Trim(body []byte) []byte { return bytes.TrimSpace(bytes.TrimPrefix(body, byteOrderMark)) }

func isNull(raw []byte) bool { return string(raw) == "null" }

// Missing is the error of a response that lacks a member which it must have.
func Missing(name string) error {
	return fmt.Errorf("the response has no %q", name)
}

// Other is the error of a response that is about something else than the
// request.
func Other(name, got, want string) error {
	return fmt.Errorf("the response is about another %s: %q, not %q", name, got, want)
}
