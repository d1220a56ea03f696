// Package schema says what a JSON object must be, checks it, and reports what
// is wrong in a form that each API can put into words of its own.
package schema

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// Unlimited is the bound of a rule that has none on that side.
var Unlimited = math.Inf(1)

// A Rule checks one JSON value, which is known to be JSON, and reports to the
// verdict what is wrong.
type Rule func(v *Verdict, raw json.RawMessage)

// Rules that take no parameters.
var (
	// Text is a string of any length.
	Text = String(0, 0)
	// AnyNumber is a number without bounds.
	AnyNumber = Number(-Unlimited, Unlimited)
	// AnyInteger is a number without a fraction and without bounds.
	AnyInteger = Integer(-Unlimited, Unlimited)
	// AnyObject is an object of which nothing is known.
	AnyObject = Object(nil)
)

// Any lets everything through.
func Any(*Verdict, json.RawMessage) {}

// Boolean wants true or false.
func Boolean(v *Verdict, raw json.RawMessage) {
	if _, ok := jsontext.Bool(raw); !ok {
		wrongType(v, BooleanType, raw)
	}
}

func wrongType(v *Verdict, want Type, raw json.RawMessage) {
	v.Refuse(Violation{Problem: WrongType, Want: want, Got: raw})
}

// Object wants an object of a shape.
func Object(s Shape) Rule {
	return func(v *Verdict, raw json.RawMessage) {
		if len(raw) == 0 || raw[0] != '{' {
			wrongType(v, ObjectType, raw)
			return
		}
		if len(s) > 0 { // else nothing is known of its members
			members, _ := jsontext.Members(raw)
			s.check(v, members)
		}
	}
}

// Branch is one kind of object that Tagged tells apart.
type Branch struct {
	Name  string
	Shape Shape
}

// Tagged wants an object whose member tag says which branch it is.
func Tagged(tag string, branches ...Branch) Rule {
	names := make([]string, len(branches))
	for i, b := range branches {
		names[i] = b.Name
	}
	common := Shape{Required(tag, Enum(names...))}
	return func(v *Verdict, raw json.RawMessage) {
		whole := common
		members, _ := jsontext.Members(raw)
		name, _ := jsontext.String(members[tag])
		if i := slices.Index(names, name); i >= 0 {
			whole = common.With(branches[i].Shape...)
		}
		Object(whole)(v, raw)
	}
}

// String wants a string of minLength to maxLength characters; maxLength 0 is
// no limit.
func String(minLength, maxLength int) Rule {
	return func(v *Verdict, raw json.RawMessage) {
		length, ok := jsontext.Length(raw)
		switch {
		case !ok:
			wrongType(v, StringType, raw)
		case length < minLength:
			v.Refuse(Violation{Problem: TooShort, Limit: float64(minLength), Got: raw})
		case maxLength > 0 && length > maxLength:
			v.Refuse(Violation{Problem: TooLong, Limit: float64(maxLength), Got: raw})
		}
	}
}

// Pattern wants a string that an expression matches.
func Pattern(expression *regexp.Regexp) Rule {
	return func(v *Verdict, raw json.RawMessage) {
		if text, ok := jsontext.String(raw); !ok {
			wrongType(v, StringType, raw)
		} else if !expression.MatchString(text) {
			v.Refuse(Violation{Problem: NoMatch, Detail: expression.String(), Got: raw})
		}
	}
}

// Enum wants one of some strings.
func Enum(allowed ...string) Rule {
	return func(v *Verdict, raw json.RawMessage) {
		if text, ok := jsontext.String(raw); !ok {
			wrongType(v, StringType, raw)
		} else if !slices.Contains(allowed, text) {
			v.Refuse(Violation{Problem: NotAllowed, Allowed: allowed, Got: raw})
		}
	}
}

// Number wants a number within bounds, which belong to it.
func Number(least, most float64) Rule {
	return func(v *Verdict, raw json.RawMessage) {
		number, ok := jsontext.Number(raw)
		if !ok {
			wrongType(v, NumberType, raw)
			return
		}
		checkBounds(v, raw, number, least, most)
	}
}

// Integer wants a number without a fraction, within bounds.
func Integer(least, most float64) Rule {
	return func(v *Verdict, raw json.RawMessage) {
		number, ok := jsontext.Integer(raw)
		if !ok {
			wrongType(v, IntegerType, raw)
			return
		}
		checkBounds(v, raw, float64(number), least, most)
	}
}

func checkBounds(v *Verdict, raw json.RawMessage, number, least, most float64) {
	if number < least {
		v.Refuse(Violation{Problem: TooSmall, Limit: least, Got: raw})
	} else if number > most {
		v.Refuse(Violation{Problem: TooLarge, Limit: most, Got: raw})
	}
}

// List wants an array of minItems to maxItems items; maxItems 0 is no limit.
func List(item Rule, minItems, maxItems int) Rule {
	return func(v *Verdict, raw json.RawMessage) {
		items, ok := jsontext.Items(raw)
		switch {
		case !ok:
			wrongType(v, ArrayType, raw)
		case len(items) < minItems:
			v.Refuse(Violation{Problem: TooFew, Limit: float64(minItems), Got: raw})
		case maxItems > 0 && len(items) > maxItems:
			v.Refuse(Violation{Problem: TooMany, Limit: float64(maxItems), Got: raw})
		}
		for i, raw := range items {
			v.EnterItem(i, item, raw)
		}
	}
}

// Map wants an object whose members all keep one rule.
func Map(value Rule) Rule {
	return func(v *Verdict, raw json.RawMessage) {
		members, ok := jsontext.Members(raw)
		if !ok {
			wrongType(v, ObjectType, raw)
			return
		}
		for _, name := range members.Names() {
			v.Enter(name, value, members[name])
		}
	}
}

// Nullable lets null through.
func Nullable(r Rule) Rule {
	return func(v *Verdict, raw json.RawMessage) {
		if !jsontext.IsNull(raw) {
			r(v, raw)
		}
	}
}

// NotEmpty takes an empty string for a missing value, and leaves any other
// value to a rule.
func NotEmpty(r Rule) Rule {
	return func(v *Verdict, raw json.RawMessage) {
		if text, ok := jsontext.String(raw); ok && text == "" {
			missing(v, raw)
			return
		}
		r(v, raw)
	}
}

// StringOr wants a string that keeps one rule, or a value that begins with
// another character, '{' or '[', and keeps the other rule.
func StringOr(text Rule, first byte, other Rule) Rule {
	return func(v *Verdict, raw json.RawMessage) {
		switch {
		case len(raw) > 0 && raw[0] == '"':
			text(v, raw)
		case len(raw) > 0 && raw[0] == first:
			other(v, raw)
		default:
			wrongType(v, StringType+" or "+Type(jsontext.Kind(json.RawMessage{first})), raw)
		}
	}
}
