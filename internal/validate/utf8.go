package validate

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

// UTF8 notes a problem for every text in a request that is not UTF-8: JSON
// cannot carry it, and the encoder would replace it by something else. It does
// so, too, for what is JSON already and is not valid: the encoder would not say
// where. request is what is going to be encoded; its fields are named by their
// JSON names.
func (p *Problems) UTF8(request any) { p.utf8(reflect.ValueOf(request), maxDepth) }

// Text is UTF8 for one text.
func (p *Problems) Text(path, value string) {
	if !utf8.ValidString(value) {
		p.Add(path, notUTF8)
	}
}

const notUTF8 = "must be UTF-8"

// maxDepth bounds how deep is looked, for values that contain themselves. The
// encoder refuses those.
const maxDepth = 100

// utf8 notes problems with paths that begin at value. Whoever calls it puts
// the path of value before them, if there are any.
func (p *Problems) utf8(value reflect.Value, depth int) {
	if depth == 0 {
		return
	}
	switch value.Kind() {
	case reflect.String:
		p.Text("", value.String())
	case reflect.Pointer, reflect.Interface:
		p.utf8(value.Elem(), depth-1)
	case reflect.Struct:
		for i := range value.NumField() {
			// Most fields are fine texts. To ask the type takes longer than that.
			if inner := value.Field(i); inner.Kind() == reflect.String && utf8.ValidString(inner.String()) {
				continue
			}
			if field := value.Type().Field(i); field.IsExported() {
				before := len(p.fields)
				p.utf8(value.Field(i), depth-1)
				p.within(before, func() string { return jsonName(field) })
			}
		}
	case reflect.Map:
		for members := value.MapRange(); members.Next(); {
			if name := members.Key(); name.Kind() == reflect.String && !utf8.ValidString(name.String()) {
				p.Add("", "must have names in UTF-8")
				continue
			}
			before := len(p.fields)
			p.utf8(members.Value(), depth-1)
			p.within(before, func() string { return fmt.Sprint(members.Key()) })
		}
	case reflect.Slice, reflect.Array:
		if value.Type().Elem().Kind() == reflect.Uint8 {
			if value.Type() == reflect.TypeFor[json.RawMessage]() {
				p.json(value.Bytes())
			}
			return
		}
		for i := range value.Len() {
			before := len(p.fields)
			p.utf8(value.Index(i), depth-1)
			p.within(before, func() string { return fmt.Sprintf("[%d]", i) })
		}
	}
}

// json notes what is wrong with JSON that is there. An empty one is left out.
func (p *Problems) json(text []byte) {
	switch {
	case len(text) == 0:
	case !utf8.Valid(text):
		p.Add("", notUTF8)
	case !json.Valid(text):
		p.Add("", "must be valid JSON")
	}
}

// within puts the name of what they are in before the paths of the problems
// from an index on.
func (p *Problems) within(first int, name func() string) {
	for i := first; i < len(p.fields); i++ {
		prefix, path := name(), p.fields[i].Path
		if prefix != "" && path != "" && path[0] != '[' {
			prefix += "."
		}
		p.fields[i].Path = prefix + path
	}
}

// jsonName returns the JSON name of a field, "" if it has none of its own:
// what is in ExtraFields and Raw stands in the place of what they are in.
func jsonName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	if name == "-" {
		return ""
	}
	return name
}
