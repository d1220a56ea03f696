// Package diff compares what a request asks for with what there is.
package diff

import (
	"encoding/json"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"strings"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// Rules are what an API does with what it is sent.
type Rules struct {
	// Own lists members, by their paths, that the server keeps in a spelling
	// of its own. They are not compared.
	Own []string
	// Unordered lists lists, by their paths, in which the order of the items
	// means nothing.
	Unordered []string
	// Omitted lists members that the server leaves out when there is nothing
	// in them. Any other one that is missing was not told.
	Omitted []string
}

// Result is what a comparison found.
type Result struct {
	// Different are members that have another value.
	Different []agentclients.FieldDiff
	// Untold are members that the server ought to tell and did not.
	Untold []agentclients.FieldDiff
}

// All returns all differences, sorted by their paths.
func (r Result) All() []agentclients.FieldDiff {
	return slices.SortedFunc(slices.Values(slices.Concat(r.Different, r.Untold)), func(a, b agentclients.FieldDiff) int {
		return strings.Compare(a.Path, b.Path)
	})
}

// Add adds a difference.
func (r *Result) Add(path string, want, have any) {
	d := agentclients.FieldDiff{Path: path, Want: want, Have: have}
	if isNothing(have) {
		r.Untold = append(r.Untold, d)
	} else {
		r.Different = append(r.Different, d)
	}
}

// Object returns what v, with extra members, encodes to.
func Object(v any, extra map[string]any) (map[string]any, error) {
	body, err := wire.Encode(v, extra)
	if err != nil {
		return nil, err
	}
	value, err := wire.Parse(body)
	if err != nil {
		return nil, err
	}
	object, _ := value.(map[string]any)
	return object, nil
}

// Compare is [Of] for a request with its extra members, and a T that was found.
func Compare[T any](request any, extra map[string]any, found *T, rules Rules) Result {
	want, err := Object(request, extra)
	if err != nil {
		return Unsendable(err)
	}
	have, err := Object(found, nil)
	if err != nil {
		return Unsendable(err)
	}
	return Of[T](want, have, rules)
}

// Unsendable is the result for a request that cannot be encoded. It could not
// be sent either.
func Unsendable(err error) Result {
	return Result{Untold: []agentclients.FieldDiff{{Want: err.Error()}}}
}

// Of lists what have lacks of want. Both are JSON objects as [Object] returns
// them: what was sent, and a T as it was found, whose encoding may leave zero
// values out. Only what want sets is compared, and of that only what a T has a
// member for: a server may keep more than it tells. Zero values are the same as
// nothing.
func Of[T any](want, have map[string]any, rules Rules) Result {
	c := comparison{rules: rules}
	c.object("", want, have, reflect.TypeFor[T]())
	var result Result
	var omitted []agentclients.FieldDiff
	for _, d := range c.found {
		member, _, _ := strings.Cut(d.Path, ".")
		_, list := have[member].([]any)
		switch {
		case list || !isNothing(have[member]):
			result.Different = append(result.Different, d)
		case slices.Contains(rules.Omitted, member):
			omitted = append(omitted, d)
		default:
			result.Untold = append(result.Untold, d)
		}
	}
	if len(result.Untold) > 0 { // this may not be all that there is
		result.Untold = append(result.Untold, omitted...)
	} else {
		result.Different = append(result.Different, omitted...)
	}
	return result
}

// anything is the type of what is read as it is.
var anything = reflect.TypeFor[any]()

type comparison struct {
	rules Rules
	found []agentclients.FieldDiff
}

// compare compares two values that are read into a type.
func (c *comparison) compare(path string, want, have any, t reflect.Type) {
	if slices.Contains(c.rules.Own, path) {
		return
	}
	object, ok := want.(map[string]any)
	other, same := have.(map[string]any)
	if ok && len(object) > 0 && (same || have == nil) && hasMembers(t) {
		c.object(path, object, other, t)
		return
	}
	if !c.same(path, want, have, t) {
		c.found = append(c.found, agentclients.FieldDiff{Path: path, Want: want, Have: have})
	}
}

// object compares the members that a type has of two objects.
func (c *comparison) object(path string, want, have map[string]any, t reflect.Type) {
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if member := memberType(t, name); member != nil {
			inner := name
			if path != "" {
				inner = path + "." + name
			}
			c.compare(inner, want[name], have[name], member)
		}
	}
}

// same reports whether two values that are read into a type are the same.
func (c *comparison) same(path string, want, have any, t reflect.Type) bool {
	if isNothing(want) && isNothing(have) || have == nil && isZero(want) {
		return true
	}
	switch want := want.(type) {
	case map[string]any:
		have, ok := have.(map[string]any)
		return ok && c.sameObject(path, want, have, t)
	case []any:
		have, ok := have.([]any)
		if !ok || len(want) != len(have) {
			return false
		}
		item := anything
		if t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8 {
			item = t.Elem()
		}
		same := func(i, j int) bool { return c.same(path, want[i], have[j], item) }
		if slices.Contains(c.rules.Unordered, path) {
			return sameItems(len(want), same)
		}
		for i := range want {
			if !same(i, i) {
				return false
			}
		}
		return true
	case json.Number:
		have, ok := have.(json.Number)
		return ok && sameNumber(want, have)
	}
	return want == have
}

// sameObject compares the members that a type has, and all members of an
// object that may be anything.
func (c *comparison) sameObject(path string, want, have map[string]any, t reflect.Type) bool {
	if hasMembers(t) {
		inner := comparison{rules: c.rules}
		inner.object(path, want, have, t)
		return len(inner.found) == 0
	}
	for _, names := range []map[string]any{want, have} {
		for name := range names {
			if !c.same(path, want[name], have[name], anything) {
				return false
			}
		}
	}
	return true
}

// sameItems reports whether two lists of a length have the same items, in any
// order.
func sameItems(length int, same func(i, j int) bool) bool {
	taken := make([]bool, length)
	for i := range length {
		j := 0
		for j < length && (taken[j] || !same(i, j)) {
			j++
		}
		if j == length {
			return false
		}
		taken[j] = true
	}
	return true
}

// hasMembers reports whether a type reads objects member by member. Any other
// one takes them as they are.
func hasMembers(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	for i := range t.NumField() {
		if tag, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); tag != "" && tag != "-" {
			return true
		}
	}
	return false
}

// memberType returns the type that a member is read into by a type that has
// members, nil if it does not have that one.
func memberType(t reflect.Type, name string) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	for i := range t.NumField() {
		field := t.Field(i)
		tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if tag == name {
			return field.Type
		}
		if field.Anonymous && tag == "" {
			if inner := memberType(field.Type, name); inner != nil {
				return inner
			}
		}
	}
	return nil
}

// Same reports whether two things encode to the same, but for some members.
func Same(a, b any, except ...string) bool {
	x, err := Object(a, nil)
	if err != nil {
		return false
	}
	y, err := Object(b, nil)
	if err != nil {
		return false
	}
	for _, name := range except {
		delete(x, name)
		delete(y, name)
	}
	return new(comparison).sameObject("", x, y, anything)
}

// isNothing reports whether a value says no more than an absent one.
func isNothing(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	case []any:
		return len(value) == 0
	case map[string]any:
		return len(value) == 0
	}
	return false
}

// isZero reports whether a value may have been left out for being zero.
func isZero(value any) bool {
	switch value := value.(type) {
	case bool:
		return !value
	case json.Number:
		return sameNumber(value, "0")
	}
	return false
}

// sameNumber compares by value: 0 and 0.0 are one number.
func sameNumber(a, b json.Number) bool {
	if a == b {
		return true
	}
	x, ok := new(big.Float).SetString(a.String())
	y, okay := new(big.Float).SetString(b.String())
	return ok && okay && x.Cmp(y) == 0
}
