package mockserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// plainJSONError says in plain words why a document could not be decoded:
// which member is wrong, and what is allowed.
func plainJSONError(err error, data []byte, into any) error {
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
		members, ok := asObject(data)
		if !ok {
			return nil
		}
		fields := jsonFields(t)
		for _, name := range sortedNames(members) {
			at := strings.TrimPrefix(path+"."+name, ".")
			field, ok := fieldNamed(fields, name)
			if !ok {
				names := make([]string, len(fields))
				for i := range fields {
					names[i] = fields[i].name
				}
				return fmt.Errorf("unknown member %q; there are %s", at, quoted(names))
			}
			if err := findUnknown(at, members[name], field.Type); err != nil {
				return err
			}
		}
	case reflect.Slice, reflect.Array:
		items, _ := asArray(data)
		for i, item := range items {
			if err := findUnknown(fmt.Sprintf("%s.%d", path, i), item, t.Elem()); err != nil {
				return err
			}
		}
	case reflect.Map:
		members, _ := asObject(data)
		for _, name := range sortedNames(members) {
			if err := findUnknown(path+"."+name, members[name], t.Elem()); err != nil {
				return err
			}
		}
	}
	return nil
}

// jsonField is a field with its name in JSON.
type jsonField struct {
	reflect.StructField
	name     string
	optional bool
}

// jsonFields are the fields of a struct that JSON has, those of embedded
// structs in their place.
func jsonFields(t reflect.Type) []jsonField {
	var fields []jsonField
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			fields = append(fields, jsonFields(f.Type)...)
		case !f.IsExported() || name == "-":
		default:
			if name == "" {
				name = f.Name
			}
			fields = append(fields, jsonField{f, name, strings.Contains(options, "omit")})
		}
	}
	return fields
}

// fieldNamed finds a field as encoding/json does: with case or without.
func fieldNamed(fields []jsonField, name string) (jsonField, bool) {
	for _, f := range fields {
		if f.name == name {
			return f, true
		}
	}
	for _, f := range fields {
		if strings.EqualFold(f.name, name) {
			return f, true
		}
	}
	return jsonField{}, false
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
