package schema

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// Problem is what kind of thing is wrong with a value. An API that has words
// of its own chooses them by it.
type Problem int

// What can be wrong with a value.
const (
	// Other is what only its Detail says.
	Other Problem = iota
	// Missing: a required member is not there.
	Missing
	// WrongType: the value is not of the type Want.
	WrongType
	// NotAllowed: the string is none of Allowed.
	NotAllowed
	// NoMatch: the string does not match the expression Detail.
	NoMatch
	// TooShort and TooLong: the string has fewer or more characters than Limit.
	TooShort
	TooLong
	// TooSmall and TooLarge: the number is beyond Limit.
	TooSmall
	TooLarge
	// TooFew and TooMany: the array has fewer or more items than Limit.
	TooFew
	TooMany
)

// Type is a type of JSON values, in words that people read.
type Type string

// The types.
const (
	StringType  Type = "a string"
	NumberType  Type = "a number"
	IntegerType Type = "an integer"
	BooleanType Type = "a boolean"
	ObjectType  Type = "an object"
	ArrayType   Type = "an array"
)

// Violation is one thing that is wrong with a JSON document.
type Violation struct {
	Path    []any // member names and array indexes, from the outside in
	Problem Problem
	Want    Type            // of WrongType
	Allowed []string        // of NotAllowed
	Limit   float64         // of TooShort to TooMany
	Got     json.RawMessage // the value; nil: nothing is there
	Detail  string          // of Other: the whole message; of NoMatch: the expression
}

// Pointer is the JSON pointer to the value.
func (p Violation) Pointer() string {
	var out strings.Builder
	for _, element := range p.Path {
		out.WriteByte('/')
		name := fmt.Sprint(element)
		out.WriteString(strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1"))
	}
	return out.String()
}

// Message says in plain words what is wrong: "must be at least 1, not 0".
func (p Violation) Message() string {
	switch p.Problem {
	case Missing:
		return "is required"
	case WrongType:
		number, isNumber := jsontext.Number(p.Got)
		switch {
		case p.Want == IntegerType && isNumber:
			return fmt.Sprintf("must be an integer, not %v", number)
		case (p.Want == IntegerType || p.Want == NumberType) && jsontext.Kind(p.Got) == string(NumberType):
			return fmt.Sprintf("must be %s that fits 64 bits", p.Want)
		}
		return fmt.Sprintf("must be %s, not %s", p.Want, jsontext.Kind(p.Got))
	case NotAllowed:
		return fmt.Sprintf("must be one of %s, not %s", jsontext.Quote(p.Allowed), p.excerpt())
	case NoMatch:
		return fmt.Sprintf("must match %s, not %s", p.Detail, p.excerpt())
	case TooShort:
		return fmt.Sprintf("must have at least %s, has %d", plural(p.Limit, "character"), p.length())
	case TooLong:
		return fmt.Sprintf("must have at most %s, has %d", plural(p.Limit, "character"), p.length())
	case TooSmall:
		number, _ := jsontext.Number(p.Got)
		return fmt.Sprintf("must be at least %v, not %v", p.Limit, number)
	case TooLarge:
		number, _ := jsontext.Number(p.Got)
		return fmt.Sprintf("must be at most %v, not %v", p.Limit, number)
	case TooFew:
		return fmt.Sprintf("must have at least %s, has %d", plural(p.Limit, "item"), p.count())
	case TooMany:
		return fmt.Sprintf("must have at most %s, has %d", plural(p.Limit, "item"), p.count())
	}
	return p.Detail
}

// MissingFirst returns the violation that an API tells which looks whether all
// required members are there before it looks at any value, and tells only the
// first thing that is wrong. There must be a violation.
func MissingFirst(violations []Violation) Violation {
	for _, p := range violations {
		if p.Problem == Missing {
			return p
		}
	}
	return violations[0]
}

func (p Violation) excerpt() string {
	text, _ := jsontext.String(p.Got)
	return jsontext.Excerpt(text)
}

func (p Violation) length() int {
	text, _ := jsontext.String(p.Got)
	return len([]rune(text))
}

func (p Violation) count() int {
	items, _ := jsontext.Items(p.Got)
	return len(items)
}

func plural(n float64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%v %s", n, noun)
}

// Describe says in one short line what is wrong, for people.
func Describe(violations []Violation) string {
	const shown = 5
	var lines []string
	for i, p := range violations {
		if i == shown {
			lines = append(lines, fmt.Sprintf("and %d more", len(violations)-shown))
			break
		}
		lines = append(lines, p.Pointer()+" "+p.Message())
	}
	return strings.Join(lines, "; ")
}

// MaxViolations is how many things that are wrong with one document are
// told. A body of 8 MiB has room for millions.
const MaxViolations = 1000

// Verdict collects what rules find.
type Verdict struct {
	path       []step
	violations []Violation

	strict  bool // remarks are wanted
	remarks []Violation

	room [4]step // for path, which is hardly ever longer
}

func newVerdict(strict bool) *Verdict {
	v := &Verdict{strict: strict}
	v.path = v.room[:0]
	return v
}

// step leads to a member or to an item.
type step struct {
	name   string
	index  int
	member bool
}

// where is the path to the present value.
func (v *Verdict) where() []any {
	path := make([]any, len(v.path))
	for i, s := range v.path {
		if path[i] = s.name; !s.member {
			path[i] = s.index
		}
	}
	return path
}

// Refuse reports that the present value breaks a rule. The path is filled in.
func (v *Verdict) Refuse(violation Violation) {
	if len(v.violations) < MaxViolations {
		violation.Path = v.where()
		v.violations = append(v.violations, violation)
	}
}

// Refusef reports in words of its own that the present value breaks a rule.
func (v *Verdict) Refusef(format string, arguments ...any) {
	v.Refuse(Violation{Detail: fmt.Sprintf(format, arguments...)})
}

// remark notes something about a member of the present value that the API
// lets pass.
func (v *Verdict) remark(name, format string, arguments ...any) {
	if v.strict && len(v.remarks) < MaxViolations {
		v.remarks = append(v.remarks, Violation{Path: append(v.where(), name), Detail: fmt.Sprintf(format, arguments...)})
	}
}

// Advised applies a rule, and lets pass what breaks another one, which only
// remarks tell of: documents have it, and the API does not insist.
func Advised(rule, advice Rule) Rule {
	return func(v *Verdict, raw json.RawMessage) {
		before := len(v.violations)
		rule(v, raw)
		if !v.strict || len(v.violations) > before {
			return
		}
		advice(v, raw)
		broken := v.violations[before:]
		v.remarks = append(v.remarks, broken[:min(len(broken), max(0, MaxViolations-len(v.remarks)))]...)
		v.violations = v.violations[:before]
	}
}

// Enter applies a rule to a member of the present value.
func (v *Verdict) Enter(name string, r Rule, raw json.RawMessage) {
	v.enter(step{name: name, member: true}, r, raw)
}

// EnterItem applies a rule to an item of the present value.
func (v *Verdict) EnterItem(index int, r Rule, raw json.RawMessage) {
	v.enter(step{index: index}, r, raw)
}

func (v *Verdict) enter(s step, r Rule, raw json.RawMessage) {
	v.path = append(v.path, s)
	r(v, raw)
	v.path = v.path[:len(v.path)-1]
}
