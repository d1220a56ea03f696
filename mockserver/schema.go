package mockserver

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// unlimited is the bound of a rule that has none on that side.
var unlimited = math.Inf(1)

// A rule checks one JSON value and reports to the verdict what is wrong.
type rule func(v *verdict, raw json.RawMessage)

// violation is one thing that is wrong with a JSON document.
type violation struct {
	path    []any  // member names and array indexes, from the outside in
	message string // "must be at least 1, not 0"
}

// verdict collects what the rules find. The zero value is ready.
type verdict struct {
	path       []any
	violations []violation

	// strict asks for remarks: what the API lets pass although no document
	// has it, or although it is deprecated.
	strict  bool
	remarks []violation
}

// remark notes something about the present value that the API lets pass.
func (v *verdict) remark(format string, arguments ...any) {
	if v.strict && len(v.remarks) < maxViolations {
		v.remarks = append(v.remarks, violation{slices.Clone(v.path), fmt.Sprintf(format, arguments...)})
	}
}

// maxViolations is how many things that are wrong with one request are told.
// A body of 8 MiB has room for millions.
const maxViolations = 1000

// refuse reports that the present value breaks a rule.
func (v *verdict) refuse(format string, arguments ...any) {
	if len(v.violations) >= maxViolations {
		return
	}
	v.violations = append(v.violations, violation{slices.Clone(v.path), fmt.Sprintf(format, arguments...)})
}

// enter applies a rule to a member or an item of the present value.
func (v *verdict) enter(element any, r rule, raw json.RawMessage) {
	v.path = append(v.path, element)
	r(v, raw)
	v.path = v.path[:len(v.path)-1]
}

// pointer is the JSON pointer to the value.
func (p violation) pointer() string {
	var out strings.Builder
	for _, element := range p.path {
		out.WriteByte('/')
		name := fmt.Sprint(element)
		out.WriteString(strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1"))
	}
	return out.String()
}

// describeViolations says in one short line what is wrong, for people.
func describeViolations(violations []violation) string {
	const shown = 5
	var lines []string
	for i, p := range violations {
		if i == shown {
			lines = append(lines, fmt.Sprintf("and %d more", len(violations)-shown))
			break
		}
		lines = append(lines, p.pointer()+" "+p.message)
	}
	return strings.Join(lines, "; ")
}

// memberRule is the rule for one member of an object.
type memberRule struct {
	name     string
	required bool // null counts as missing
	rule     rule
	instead  string // what to use instead of it; "": it is not deprecated
}

func mustHave(name string, r rule) memberRule { return memberRule{name: name, required: true, rule: r} }
func mayHave(name string, r rule) memberRule  { return memberRule{name: name, rule: r} }

// deprecated is a member that may be there, but another one is better.
func deprecated(name, instead string, r rule) memberRule {
	return memberRule{name: name, rule: r, instead: instead}
}

// shape is what is known of an object. Members that it does not name are let
// through; a strict verdict remarks on them, unless the shape is empty.
type shape []memberRule

// check applies the shape to the members of the present value.
func (s shape) check(v *verdict, members object) {
	for _, m := range s {
		raw, there := members[m.name]
		switch {
		case m.required && (!there || isNull(raw)):
			v.enter(m.name, func(v *verdict, _ json.RawMessage) { v.refuse("is required") }, nil)
		case there:
			v.enter(m.name, m.rule, raw)
			if m.instead != "" {
				v.enter(m.name, func(v *verdict, _ json.RawMessage) { v.remark("is deprecated; use %s", m.instead) }, nil)
			}
		}
	}
	if v.strict && len(s) > 0 {
		names := s.names()
		for _, name := range sortedNames(members) {
			if !slices.Contains(names, name) {
				v.enter(name, func(v *verdict, _ json.RawMessage) {
					v.remark("unknown member; there are %s", strings.Join(names, ", "))
				}, nil)
			}
		}
	}
}

// optional is the shape with every member of the top level optional: that of
// a partial update.
func (s shape) optional() shape {
	all := slices.Clone(s)
	for i := range all {
		all[i].required = false
	}
	return all
}

// names lists the members that the shape knows.
func (s shape) names() []string {
	names := make([]string, len(s))
	for i, m := range s {
		names[i] = m.name
	}
	return names
}

// objectRule wants an object of a shape.
func objectRule(s shape) rule {
	return func(v *verdict, raw json.RawMessage) {
		members, ok := asObject(raw)
		if !ok {
			v.refuse("must be an object, not %s", kindOf(raw))
			return
		}
		s.check(v, members)
	}
}

// taggedRule wants an object whose member tag says which branch it is.
func taggedRule(tag string, branches ...branch) rule {
	names := make([]string, len(branches))
	for i, b := range branches {
		names[i] = b.name
	}
	common := shape{mustHave(tag, enumRule(names...))}
	return func(v *verdict, raw json.RawMessage) {
		whole := common
		members, _ := asObject(raw)
		name, _ := asString(members[tag])
		if i := slices.Index(names, name); i >= 0 {
			whole = slices.Concat(common, branches[i].shape)
		}
		objectRule(whole)(v, raw)
	}
}

// branch is one kind of object that a taggedRule tells apart.
type branch struct {
	name  string
	shape shape
}

// stringRule wants a string of min to max characters; max 0 is no limit.
func stringRule(minLength, maxLength int) rule {
	return func(v *verdict, raw json.RawMessage) {
		text, ok := asString(raw)
		length := utf8.RuneCountInString(text)
		switch {
		case !ok:
			v.refuse("must be a string, not %s", kindOf(raw))
		case length < minLength:
			v.refuse("must have at least %s, has %d", plural(minLength, "character"), length)
		case maxLength > 0 && length > maxLength:
			v.refuse("must have at most %s, has %d", plural(maxLength, "character"), length)
		}
	}
}

// patternRule wants a string that an expression matches.
func patternRule(expression *regexp.Regexp) rule {
	return func(v *verdict, raw json.RawMessage) {
		if text, ok := asString(raw); !ok {
			v.refuse("must be a string, not %s", kindOf(raw))
		} else if !expression.MatchString(text) {
			v.refuse("must match %s, not %s", expression, excerpt(text))
		}
	}
}

// enumRule wants one of some strings.
func enumRule(allowed ...string) rule {
	quoted := make([]string, len(allowed))
	for i, value := range allowed {
		quoted[i] = strconv.Quote(value)
	}
	list := strings.Join(quoted, ", ")
	return func(v *verdict, raw json.RawMessage) {
		if text, ok := asString(raw); !ok {
			v.refuse("must be a string, not %s", kindOf(raw))
		} else if !slices.Contains(allowed, text) {
			v.refuse("must be one of %s, not %s", list, excerpt(text))
		}
	}
}

// numberRule wants a number within bounds, which belong to it.
func numberRule(least, most float64) rule {
	return func(v *verdict, raw json.RawMessage) {
		if number, ok := readNumber(v, "a number", raw); ok {
			checkBounds(v, number, least, most)
		}
	}
}

// integerRule wants a number without a fraction, within bounds.
func integerRule(least, most float64) rule {
	return func(v *verdict, raw json.RawMessage) {
		number, ok := readNumber(v, "an integer", raw)
		if !ok {
			return
		}
		if _, whole := asInteger(raw); !whole {
			v.refuse("must be an integer, not %v", number)
			return
		}
		checkBounds(v, number, least, most)
	}
}

func readNumber(v *verdict, wanted string, raw json.RawMessage) (number float64, ok bool) {
	number, ok = asNumber(raw)
	switch {
	case ok:
	case kindOf(raw) == kindOf(json.RawMessage("0")):
		v.refuse("must be %s that fits 64 bits", wanted)
	default:
		v.refuse("must be %s, not %s", wanted, kindOf(raw))
	}
	return number, ok
}

func checkBounds(v *verdict, number, least, most float64) {
	if number < least {
		v.refuse("must be at least %v, not %v", least, number)
	} else if number > most {
		v.refuse("must be at most %v, not %v", most, number)
	}
}

// membersOf is the shape of an object of which only the names of its members
// are looked at.
func membersOf(names ...string) shape {
	s := make(shape, len(names))
	for i, name := range names {
		s[i] = mayHave(name, anyValue)
	}
	return s
}

// anyValue lets everything through.
func anyValue(*verdict, json.RawMessage) {}

// booleanRule wants true or false.
func booleanRule(v *verdict, raw json.RawMessage) {
	if _, ok := asBool(raw); !ok {
		v.refuse("must be a boolean, not %s", kindOf(raw))
	}
}

// listRule wants an array of min to max items; max 0 is no limit.
func listRule(item rule, minItems, maxItems int) rule {
	return func(v *verdict, raw json.RawMessage) {
		items, ok := asArray(raw)
		switch {
		case !ok:
			v.refuse("must be an array, not %s", kindOf(raw))
		case len(items) < minItems:
			v.refuse("must have at least %s, has %d", plural(minItems, "item"), len(items))
		case maxItems > 0 && len(items) > maxItems:
			v.refuse("must have at most %s, has %d", plural(maxItems, "item"), len(items))
		}
		for i, raw := range items {
			v.enter(i, item, raw)
		}
	}
}

// nullableRule lets null through.
func nullableRule(r rule) rule {
	return func(v *verdict, raw json.RawMessage) {
		if !isNull(raw) {
			r(v, raw)
		}
	}
}

// stringOrRule wants a string that keeps one rule, or a value that begins with
// another character, '{' or '[', and keeps the other rule.
func stringOrRule(text rule, first byte, other rule) rule {
	return func(v *verdict, raw json.RawMessage) {
		switch {
		case len(raw) > 0 && raw[0] == '"':
			text(v, raw)
		case len(raw) > 0 && raw[0] == first:
			other(v, raw)
		default:
			v.refuse("must be a string or %s, not %s", kindOf(json.RawMessage{first}), kindOf(raw))
		}
	}
}

// excerpt quotes the beginning of a text, in ASCII, so that it can stand in a
// header.
func excerpt(text string) string {
	const shown = 40
	if runes := []rune(text); len(runes) > shown {
		text = string(runes[:shown]) + "..."
	}
	return strconv.QuoteToASCII(text)
}

func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// assign reads a member into a variable. A member that is absent, null or of
// another type leaves the variable as it is.
func assign[T any](members object, name string, into *T, read func(json.RawMessage) (T, bool)) {
	if !members.has(name) {
		return
	}
	if value, ok := read(members[name]); ok {
		*into = value
	}
}

// asRaw takes any JSON value as it is, without its white space.
func asRaw(raw json.RawMessage) (json.RawMessage, bool) { return compact(raw), true }

// asListOf reads a JSON array whose items read reads.
func asListOf[T any](read func(json.RawMessage) (T, bool)) func(json.RawMessage) ([]T, bool) {
	return func(raw json.RawMessage) ([]T, bool) {
		items, ok := asArray(raw)
		if !ok {
			return nil, false
		}
		values := make([]T, len(items))
		for i, item := range items {
			if values[i], ok = read(item); !ok {
				return nil, false
			}
		}
		return values, true
	}
}

// asPointer reads a value whose absence matters.
func asPointer[T any](read func(json.RawMessage) (T, bool)) func(json.RawMessage) (*T, bool) {
	return func(raw json.RawMessage) (*T, bool) {
		value, ok := read(raw)
		if !ok {
			return nil, false
		}
		return &value, true
	}
}
