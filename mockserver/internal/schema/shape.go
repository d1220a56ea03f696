package schema

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// Member is what is known of one member of an object.
type Member struct {
	Name     string
	Required bool // it must be there
	NotNull  bool // with Required: null counts as missing
	Rule     Rule
	Instead  string // what to use instead of it; "": it is not deprecated
}

// Required is a member that must be there and not null.
func Required(name string, r Rule) Member {
	return Member{Name: name, Required: true, NotNull: true, Rule: r}
}

// Present is a member that must be there. Its rule decides about null.
func Present(name string, r Rule) Member { return Member{Name: name, Required: true, Rule: r} }

// Optional is a member that may be left out. Its rule decides about null.
func Optional(name string, r Rule) Member { return Member{Name: name, Rule: r} }

// Deprecated is a member that may be there, but another one is better.
func Deprecated(name, instead string, r Rule) Member {
	return Member{Name: name, Rule: r, Instead: instead}
}

// Shape is what is known of an object: its members, in the order in which
// they are looked at. Members that it does not name are let through.
type Shape []Member

// Check returns everything that is wrong with an object, in the order of the
// shape, up to MaxViolations.
func (s Shape) Check(members jsontext.Object) []Violation {
	v := newVerdict(false)
	s.check(v, members)
	return v.violations
}

// Remarks returns what the API lets pass in an object although no document
// has it, or although it is deprecated: at every depth whose members are
// known.
func (s Shape) Remarks(members jsontext.Object) []Violation {
	v := newVerdict(true)
	s.check(v, members)
	return v.remarks
}

func (s Shape) check(v *Verdict, members jsontext.Object) {
	for _, m := range s {
		raw, there := members[m.Name]
		switch {
		case m.Required && (!there || m.NotNull && jsontext.IsNull(raw)):
			v.Enter(m.Name, missing, raw)
		case there:
			v.Enter(m.Name, m.Rule, raw)
			if m.Instead != "" {
				v.remark(m.Name, "is deprecated; use %s", m.Instead)
			}
		}
	}
	if v.strict && len(s) > 0 && !s.HasAll(members) {
		for _, name := range members.Names() {
			if !s.Has(name) {
				v.remark(name, "unknown member; there are %s", strings.Join(s.Names(), ", "))
			}
		}
	}
}

// Has reports whether the shape knows a member.
func (s Shape) Has(name string) bool {
	return slices.ContainsFunc(s, func(m Member) bool { return m.Name == name })
}

// HasAll reports whether the shape knows all members of an object.
func (s Shape) HasAll(members jsontext.Object) bool {
	for name := range members {
		if !s.Has(name) {
			return false
		}
	}
	return true
}

func missing(v *Verdict, raw json.RawMessage) { v.Refuse(Violation{Problem: Missing, Got: raw}) }

// Partial is the shape with every member of the top level optional: that of
// a partial update.
func (s Shape) Partial() Shape {
	all := slices.Clone(s)
	for i := range all {
		all[i].Required = false
	}
	return all
}

// Without is the shape without some members.
func (s Shape) Without(names ...string) Shape {
	return slices.DeleteFunc(slices.Clone(s), func(m Member) bool { return slices.Contains(names, m.Name) })
}

// With is the shape with more members behind its own.
func (s Shape) With(more ...Member) Shape { return slices.Concat(s, more) }

// Names lists the members that the shape knows.
func (s Shape) Names() []string {
	names := make([]string, len(s))
	for i, m := range s {
		names[i] = m.Name
	}
	return names
}

// Names is the shape of an object of which only the names of its members are
// looked at.
func Names(names ...string) Shape {
	s := make(Shape, len(names))
	for i, name := range names {
		s[i] = Optional(name, Any)
	}
	return s
}
