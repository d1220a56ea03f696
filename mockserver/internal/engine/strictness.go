package engine

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
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

// Strictnesses are all modes.
var Strictnesses = []Strictness{AsAPI, Report, Reject}

// Check refuses a mode that does not exist.
func (s Strictness) Check() error {
	switch s {
	case "", AsAPI, Report, Reject:
		return nil
	}
	return fmt.Errorf("unknown mode %q in Strictness; there are %s", s, jsontext.Quote(Strictnesses))
}

// findProblems says what is wrong with the request, one line each.
func (x *exchange) findProblems() []string {
	if x.route == nil || x.world.Strictness() == AsAPI {
		return nil
	}
	var problems []string
	if raw := x.entry.query; raw != "" {
		if _, err := url.ParseQuery(raw); err != nil {
			problems = append(problems, "the query cannot be read")
		}
	}
	if x.Operation.Body == nil {
		if len(x.Body) > 0 && x.takesNoBody() {
			problems = append(problems, "the operation takes no body")
		}
		return problems
	}
	if len(x.Body) == 0 {
		return problems
	}
	if x.encoding() != "" {
		return append(problems, "header Content-Encoding: must not be there")
	}
	if x.MediaType() != "application/json" {
		problems = append(problems, "header Content-Type: must be application/json")
	}
	if !utf8.Valid(x.Body) {
		return append(problems, "the body is not valid UTF-8")
	}
	problems = append(problems, x.memberProblems()...)
	return append(problems, x.innerProblems()...)
}

// isRejected reports whether the request is refused for its problems.
func (x *exchange) isRejected() bool {
	return len(x.problems) > 0 && x.world.Strictness() == Reject
}

// innerProblems looks at what the members hold: at those that are unknown or
// deprecated.
func (x *exchange) innerProblems() []string {
	members, err := x.Object()
	if err != nil {
		return nil // the API says so itself
	}
	var problems []string
	for _, remark := range x.Operation.Body.Remarks(members) {
		if len(remark.Path) == 1 && !slices.Contains(x.route.members, fmt.Sprint(remark.Path[0])) {
			continue // looked at in the text, where it may be there twice
		}
		problems = append(problems, headerText(clip(remark.Pointer(), 200))+": "+remark.Message())
	}
	return problems[:min(len(problems), 20)]
}

// takesNoBody reports whether the operation is of a kind that never has a
// body. Others may have one that is not JSON.
func (x *exchange) takesNoBody() bool {
	return slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodDelete}, x.Method)
}

// memberProblems looks for members that the operation does not have.
func (x *exchange) memberProblems() []string {
	if x.hasOnlyItsMembers() {
		return nil
	}
	var problems, seen []string
	jsontext.EachMember(x.Body, func(name string) bool {
		switch {
		case slices.Contains(seen, name):
			problems = append(problems, "/"+excerptName(name)+": is there twice")
		case !slices.Contains(x.route.members, name):
			problems = append(problems, "/"+excerptName(name)+": unknown member; there are "+strings.Join(x.route.members, ", "))
		}
		seen = append(seen, name)
		return len(problems) < 20
	})
	return problems
}

// hasOnlyItsMembers reports whether the body is an object with no member that
// the operation does not have, and none twice. It allocates nothing, and nearly
// all bodies are so.
func (x *exchange) hasOnlyItsMembers() bool {
	members, err := x.Object()
	if err != nil {
		return false
	}
	for name := range members {
		if !slices.Contains(x.route.members, name) {
			return false
		}
	}
	return jsontext.Count(x.Body) == len(members)
}

// excerptName is a member name, shortened and without control characters.
func excerptName(name string) string {
	return headerText(name[:min(len(name), 80)])
}
