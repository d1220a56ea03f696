package mockserver

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Strictness is what is done about requests that the API would let pass
// although something is wrong with them: a member of the body that no
// document has, at any depth that is documented, one that is deprecated or
// that is there twice, a body that is not declared as JSON, a body where none
// belongs, a query that cannot be read.
type Strictness string

// What can be done about such requests.
const (
	// AsAPI does what the API does: nothing, as far as is known.
	AsAPI Strictness = "as-api"
	// Report lists the problems in the journal. Start fails the test at its
	// end, unless Config.AllowProblems is set.
	Report Strictness = "report"
	// Reject also answers with 400 in the API's own shape, before anything
	// else is looked at.
	Reject Strictness = "reject"
)

var strictnesses = []Strictness{AsAPI, Report, Reject}

// check refuses a mode that does not exist.
func (s Strictness) check() error {
	switch s {
	case "", AsAPI, Report, Reject:
		return nil
	}
	return fmt.Errorf("unknown mode %q in Strictness; there are %s", s, quoted(strictnesses))
}

// problems says what is wrong with the request, one line each.
func (x *exchange) problems() []string {
	if x.op == nil || x.namespace.strictness() == AsAPI {
		return nil
	}
	var problems []string
	if raw := x.entry.query; raw != "" {
		if _, err := url.ParseQuery(raw); err != nil {
			problems = append(problems, "the query cannot be read")
		}
	}
	if x.op.fields == nil {
		if len(x.body) > 0 && x.takesNoBody() {
			problems = append(problems, "the operation takes no body")
		}
		return problems
	}
	if len(x.body) == 0 {
		return problems
	}
	if mediaTypeOf(x.header) != "application/json" {
		problems = append(problems, "header Content-Type: must be application/json")
	}
	if !utf8.Valid(x.body) {
		return append(problems, "the body is not valid UTF-8")
	}
	problems = append(problems, x.memberProblems()...)
	return append(problems, x.innerProblems()...)
}

// innerProblems looks at what the members hold: at those that are unknown or
// deprecated.
func (x *exchange) innerProblems() []string {
	if x.op.shape == nil {
		return nil
	}
	members, err := parseObject(x.body)
	if err != nil {
		return nil // the API says so itself
	}
	check := verdict{strict: true}
	x.op.shape.check(&check, members)
	var problems []string
	for _, remark := range check.remarks {
		if len(remark.path) > 1 { // the others are looked at in the text, where they may be there twice
			problems = append(problems, headerText(clip(remark.pointer(), 200))+": "+remark.message)
		}
	}
	return problems[:min(len(problems), 20)]
}

// takesNoBody reports whether the operation is of a kind that never has a
// body. Others may have one that is not JSON.
func (x *exchange) takesNoBody() bool {
	return slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodDelete}, x.method)
}

// memberProblems looks for members that the operation does not have.
func (x *exchange) memberProblems() []string {
	var problems, seen []string
	start := skipSpace(x.body, 0)
	if start >= len(x.body) || x.body[start] != '{' {
		return nil // the API says so itself
	}
	eachMember(x.body, start, func(raw []byte, _ member) bool {
		name := memberName(raw)
		switch {
		case slices.Contains(seen, name):
			problems = append(problems, "/"+excerptName(name)+": is there twice")
		case !slices.Contains(x.op.fields, name):
			problems = append(problems, "/"+excerptName(name)+": unknown member; there are "+strings.Join(x.op.fields, ", "))
		}
		seen = append(seen, name)
		return len(problems) < 20
	})
	return problems
}

// excerptName is a member name, shortened and without control characters.
func excerptName(name string) string {
	return headerText(name[:min(len(name), 80)])
}
