package main

import (
	"cmp"
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// strict reads YAML into types that are made for JSON. The strict mode of the
// YAML library knows yaml tags only, and that of encoding/json no lines.
type strict struct {
	file     string
	problems []error
}

func (s *strict) problem(node *yaml.Node, format string, args ...any) {
	s.problems = append(s.problems, fmt.Errorf("%s:%d: %s", s.file, node.Line, fmt.Sprintf(format, args...)))
}

// check notes what of a node a type has no place for. A nil type takes all.
func (s *strict) check(path string, node *yaml.Node, t reflect.Type) {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	members, ownReader := membersOf(t), readsItself(t)
	if t != nil && (t.Kind() == reflect.Interface || t == reflect.TypeFor[json.RawMessage]() || ownReader && members == nil && t.Kind() == reflect.Struct) {
		t = nil
	}
	want := ""
	switch {
	case node.Kind == yaml.AliasNode || node.Kind == yaml.MappingNode && slices.ContainsFunc(node.Content, func(n *yaml.Node) bool { return n.Tag == "!!merge" }):
		s.problem(node, "%s: aliases are not supported", path)
		return
	case node.Kind == yaml.ScalarNode:
		want = scalar(node, t, ownReader)
	case node.Kind == yaml.MappingNode && (t == nil || members != nil || t.Kind() == reflect.Map):
		s.checkMembers(path, node, t, members)
	case node.Kind == yaml.SequenceNode && (t == nil || t.Kind() == reflect.Slice):
		var item reflect.Type
		if t != nil {
			item = t.Elem()
		}
		for i, child := range node.Content {
			s.check(fmt.Sprintf("%s[%d]", path, i), child, item)
		}
	default:
		want = wanted(t)
	}
	if want != "" {
		s.problem(node, "%s: must be %s", cmp.Or(path, "the file"), want)
	}
}

// checkMembers checks what a mapping has, member by member.
func (s *strict) checkMembers(path string, node *yaml.Node, t reflect.Type, members map[string]reflect.Type) {
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, child := node.Content[i].Value, node.Content[i+1]
		inner := strings.TrimPrefix(path+"."+name, ".")
		member := members[name]
		switch {
		case node.Content[i].Kind != yaml.ScalarNode || node.Content[i].ShortTag() != "!!str":
			s.problem(node.Content[i], "%s: names must be strings", path)
			continue
		case seen[name]:
			s.problem(node.Content[i], "%s: is there twice", inner)
			continue
		case members != nil && member == nil:
			s.problem(node.Content[i], "%s: unknown member, there are %s", inner, strings.Join(slices.Sorted(maps.Keys(members)), ", "))
			continue
		case members == nil && t != nil:
			member = t.Elem()
		}
		seen[name] = true
		s.check(inner, child, member)
	}
}

// scalar returns what a scalar should be, "" if a type can take it.
func scalar(node *yaml.Node, t reflect.Type, ownReader bool) string {
	tag := node.ShortTag()
	if t == nil || ownReader && tag == "!!str" {
		return ""
	}
	ok := false
	switch t.Kind() {
	case reflect.String:
		ok = tag == "!!str" || tag == "!!timestamp"
	case reflect.Bool:
		ok = tag == "!!bool"
	case reflect.Float32, reflect.Float64:
		ok = tag == "!!int" || tag == "!!float"
	default:
		ok = t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64 && tag == "!!int"
	}
	if ok {
		return ""
	}
	return wanted(t)
}

// wanted says in words what a type takes.
func wanted(t reflect.Type) string {
	switch {
	case t == nil:
		return "a scalar, a list or a mapping"
	case t.Kind() == reflect.String:
		return "a string"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Slice:
		return "a list"
	case t.Kind() == reflect.Struct || t.Kind() == reflect.Map:
		return "a mapping"
	}
	return "a number"
}

// membersOf returns the types of the members that encoding/json knows of a
// struct, nil if it has none.
func membersOf(t reflect.Type) map[string]reflect.Type {
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	var members map[string]reflect.Type
	for _, field := range reflect.VisibleFields(t) { // those of embedded structs, too
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" || name == "-" || !field.IsExported() {
			continue
		}
		if members == nil {
			members = map[string]reflect.Type{}
		}
		members[name] = field.Type
	}
	return members
}

// readsItself reports whether a type reads its JSON by a method.
func readsItself(t reflect.Type) bool {
	if t == nil {
		return false
	}
	pointer := reflect.PointerTo(t)
	return pointer.Implements(reflect.TypeFor[json.Unmarshaler]()) || pointer.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// value returns what a node says as a value for encoding/json.
func value(node *yaml.Node) (any, error) {
	switch node.Kind {
	case yaml.MappingNode:
		object := map[string]any{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			member, err := value(node.Content[i+1])
			if err != nil {
				return nil, err
			}
			object[node.Content[i].Value] = member
		}
		return object, nil
	case yaml.SequenceNode:
		list := make([]any, len(node.Content))
		for i, child := range node.Content {
			var err error
			if list[i], err = value(child); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	switch node.ShortTag() {
	case "!!str", "!!timestamp":
		return node.Value, nil
	case "!!int", "!!float":
		if json.Valid([]byte(node.Value)) {
			return json.Number(node.Value), nil // as it is written
		}
	case "!!null", "!!bool":
	default:
		return nil, fmt.Errorf("line %d: %s has no meaning here", node.Line, node.Tag)
	}
	var v any
	err := node.Decode(&v)
	if f, ok := v.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
		return nil, fmt.Errorf("line %d: %s is no number in JSON", node.Line, node.Value)
	}
	return v, err
}
