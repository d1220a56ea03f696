// Package shape tells what JSON documents look like, without their values:
// which members there are, of which types, and how times are written. Shapes
// of two documents can be compared.
package shape

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Shape is what the values at one place of a document look like. The items of
// an array have one shape together. A nil Shape is that of no value.
type Shape struct {
	kinds   kind
	times   []string // how times are written, sorted
	members map[string]*Shape
	items   *Shape // nil: no array had an item
}

// kind is a set of types.
type kind uint8

const (
	object kind = 1 << iota
	array
	text
	timestamp // a string that is a time
	number
	boolean
	null
)

var kindNames = []string{"object", "array", "string", "time", "number", "boolean", "null"}

// String names the types: "number or string".
func (k kind) String() string {
	var names []string
	for i, name := range kindNames {
		if k&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " or ")
}

// maxDepth is how deep a document is looked at.
const maxDepth = 100

// Of returns the shape of a value that package encoding/json decoded into an
// interface. What is nested deeper than 100 levels is left out.
func Of(value any) *Shape {
	s := new(Shape)
	s.Add(value)
	return s
}

// Add makes the shape that of one more value, too, as if both were items of
// one array.
func (s *Shape) Add(value any) { s.add(value, 0) }

func (s *Shape) add(value any, depth int) {
	switch v := value.(type) {
	case nil:
		s.kinds |= null
	case bool:
		s.kinds |= boolean
	case float64, json.Number:
		s.kinds |= number
	case string:
		s.addString(v)
	case []any:
		s.kinds |= array
		if len(v) == 0 || depth == maxDepth {
			return
		}
		if s.items == nil {
			s.items = new(Shape)
		}
		for _, item := range v {
			s.items.add(item, depth+1)
		}
	case map[string]any:
		s.kinds |= object
		if depth == maxDepth {
			return
		}
		if s.members == nil {
			s.members = make(map[string]*Shape, len(v))
		}
		for name, member := range v {
			if s.members[name] == nil {
				s.members[name] = new(Shape)
			}
			s.members[name].add(member, depth+1)
		}
	}
}

var timePattern = regexp.MustCompile(`^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.(\d+))?([Zz]|[+-]\d\d:?\d\d)?$`)

// longestTime is as long as a time can be that is looked for.
const longestTime = 40

func (s *Shape) addString(value string) {
	var parts []string
	if len(value) <= longestTime {
		parts = timePattern.FindStringSubmatch(value)
	}
	if parts == nil {
		s.kinds |= text
		return
	}
	s.kinds |= timestamp
	format := strconv.Itoa(len(parts[1])) + " digits, "
	switch zone := parts[2]; zone {
	case "":
		format += "no zone"
	case "Z", "z":
		format += "Z"
	default:
		format += "offset"
	}
	if at, found := slices.BinarySearch(s.times, format); !found {
		s.times = slices.Insert(s.times, at, format)
	}
}
