// Package shape tells what JSON documents look like, without their values:
// which members there are, of which types, and how times are written. Shapes
// of two documents can be compared.
package shape

import (
	"cmp"
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
	times   []timeFormat // how times are written, sorted
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

// anyName stands for the names of members that are ids.
const anyName = "*"

var idPattern = regexp.MustCompile(`^(?:[A-Za-z]+[_-])?(?:[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{26}|[0-9a-fA-F]{24,64}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$`)

// isID reports whether a member has an id as its name, as that of a ULID, a
// UUID or 24 or more hexadecimal digits. Then the object is a map, and its
// members have one shape together, as the items of an array have.
func isID(name string) bool {
	return strings.ContainsAny(name, "0123456789") && idPattern.MatchString(name)
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
			if isID(name) {
				name = anyName
			}
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
	format := timeFormat{len(parts[1]), "offset"}
	switch zone := parts[2]; zone {
	case "":
		format.zone = "no zone"
	case "Z", "z":
		format.zone = "Z"
	}
	if at, found := slices.BinarySearchFunc(s.times, format, timeFormat.compare); !found {
		s.times = slices.Insert(s.times, at, format)
	}
}

// timeFormat is how a time is written.
type timeFormat struct {
	digits int // after the second
	zone   string
}

func (f timeFormat) String() string { return strconv.Itoa(f.digits) + " digits, " + f.zone }

func (f timeFormat) compare(other timeFormat) int {
	return cmp.Or(cmp.Compare(f.digits, other.digits), cmp.Compare(f.zone, other.zone))
}

// fits reports whether the same writer can write two times like these. A
// number of digits that is no multiple of three comes from one that leaves
// zeros at the end out, so that its next time may have more.
func (f timeFormat) fits(other timeFormat) bool {
	fewer := min(f.digits, other.digits)
	return f.zone == other.zone && (f.digits == other.digits || fewer%3 != 0)
}

// timesFit reports whether one writer can have written some of both.
func timesFit(one, other []timeFormat) bool {
	return slices.ContainsFunc(one, func(f timeFormat) bool { return slices.ContainsFunc(other, f.fits) })
}

func describeTimes(times []timeFormat) string {
	var texts []string
	for _, f := range times {
		texts = append(texts, f.String())
	}
	return strings.Join(texts, " or ")
}
