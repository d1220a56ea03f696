package jsontext

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// DecodeStrict reads JSON into a struct and refuses members that it does not
// have. It is for the mock's own documents, never for the emulated APIs.
func DecodeStrict(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return explain(err, data, into)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return errors.New("data after the JSON value")
	}
	return nil
}

// explain says in plain words why a document could not be decoded:
// which member is wrong, and what is allowed.
func explain(err error, data []byte, into any) error {
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrongType):
		where := wrongType.Field
		if where == "" {
			where = "the document"
		}
		return fmt.Errorf("%s: expected %s, got %s", where, kindOfType(wrongType.Type), wrongType.Value)
	case errors.As(err, &syntax):
		return fmt.Errorf("not valid JSON at byte %d: %w", syntax.Offset, err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("not valid JSON: it ends too soon")
	case strings.HasPrefix(err.Error(), "json: unknown field"):
		if unknown := findUnknown("", data, reflect.TypeOf(into)); unknown != nil {
			return unknown
		}
	}
	return err
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// findUnknown looks for a member that a type does not have. path is where the
// value stands.
func findUnknown(path string, data json.RawMessage, t reflect.Type) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(unmarshaler) {
		return nil // it has its own words
	}
	switch t.Kind() {
	case reflect.Struct:
		members, ok := Members(data)
		if !ok {
			return nil
		}
		fields := Fields(t)
		for _, name := range members.Names() {
			at := strings.TrimPrefix(path+"."+name, ".")
			field, ok := fieldNamed(fields, name)
			if !ok {
				names := make([]string, len(fields))
				for i := range fields {
					names[i] = fields[i].Name
				}
				return fmt.Errorf("unknown member %q; there are %s", at, Quote(names))
			}
			if err := findUnknown(at, members[name], field.Type); err != nil {
				return err
			}
		}
	case reflect.Slice, reflect.Array:
		items, _ := Items(data)
		for i, item := range items {
			if err := findUnknown(fmt.Sprintf("%s.%d", path, i), item, t.Elem()); err != nil {
				return err
			}
		}
	case reflect.Map:
		members, _ := Members(data)
		for _, name := range members.Names() {
			if err := findUnknown(path+"."+name, members[name], t.Elem()); err != nil {
				return err
			}
		}
	}
	return nil
}

// Field is a field of a struct as JSON has it.
type Field struct {
	reflect.StructField
	Name     string // of the member
	Optional bool   // it may be left out
}

// Fields are the fields of a struct that JSON has, those of embedded
// structs in their place.
func Fields(t reflect.Type) []Field {
	var fields []Field
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			fields = append(fields, Fields(f.Type)...)
		case !f.IsExported() || name == "-":
		default:
			if name == "" {
				name = f.Name
			}
			fields = append(fields, Field{f, name, strings.Contains(options, "omit")})
		}
	}
	return fields
}

// fieldNamed finds a field as encoding/json does: with case or without.
func fieldNamed(fields []Field, name string) (Field, bool) {
	for _, f := range fields {
		if f.Name == name {
			return f, true
		}
	}
	for _, f := range fields {
		if strings.EqualFold(f.Name, name) {
			return f, true
		}
	}
	return Field{}, false
}

// kindOfType says for people what a Go type is in JSON.
func kindOfType(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Float32, reflect.Float64:
		return "a number"
	}
	return "a whole number"
}
