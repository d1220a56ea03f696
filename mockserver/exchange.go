package mockserver

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// exchange is one request as a dialect sees it, and what the dialect says
// about it besides the answer.
type exchange struct {
	namespace *Namespace
	dialect   dialect
	op        *operation // nil: no operation matched
	allowed   []string   // the methods of the path, if only the method was wrong

	method string
	path   string // below the API's prefix, unescaped
	params map[string]string
	query  url.Values
	header http.Header
	host   string
	body   []byte
	state  any    // what dialect.newState returned for this namespace
	tenant string // set by the dialect: whose records the request may see

	committed bool     // the request changed the state
	guesses   []string // answers that no source documents

	entry *entry          // the request in the journal
	plan  []Fault         // what the rule that hit the request does to it
	stop  <-chan struct{} // closed when waits must end; nil without a plan
	limit limitStatus     // set by limited
}

// answer is what a dialect answers. A nil body is an empty one.
type answer struct {
	status int
	header http.Header
	body   []byte
	reason string // why a request was refused, for people: header X-Mock-Reason
}

// commit notes that the request changed the state.
func (x *exchange) commit() { x.committed = true }

// guess notes that the answer follows no source but our own judgement. The
// name starts with the API: "omniflow.404-other-workspace".
func (x *exchange) guess(name string) {
	if !slices.Contains(x.guesses, name) {
		x.guesses = append(x.guesses, name)
	}
}

// now is the time by the clock of the namespace, in UTC.
func (x *exchange) now() time.Time { return x.namespace.now() }

// variant reports whether a variant is switched on.
func (x *exchange) variant(v Variant) bool { return x.namespace.server.variants[v] }

// acceptsKey reports whether a credential is one that the namespace accepts:
// any that is not empty, unless keys are configured.
func (x *exchange) acceptsKey(credential string) bool {
	keys := x.namespace.apiKeys()
	if len(keys) == 0 {
		return credential != ""
	}
	return slices.Contains(keys, credential)
}

// refuse renders an error in the API's own shape, with the reason for people.
func (x *exchange) refuse(status int, message, reason string) answer {
	a := x.dialect.failure(x, status, message)
	a.reason = reason
	return a
}

// dispatch hands the request to its operation. If none matched, refuse renders
// 405 or 404 in the API's own shape.
func (x *exchange) dispatch(refuse func(status int, reason string) answer) answer {
	switch {
	case x.op != nil:
		return x.op.handle(x)
	case len(x.allowed) > 0:
		return x.methodNotAllowed(refuse, x.allowed)
	}
	return refuse(http.StatusNotFound, "path: no operation has it")
}

// methodNotAllowed answers a path that has only other methods. No API
// documents this.
func (x *exchange) methodNotAllowed(refuse func(status int, reason string) answer, allowed []string) answer {
	x.guess(string(x.dialect.api()) + ".405")
	a := refuse(http.StatusMethodNotAllowed, "method: expected "+strings.Join(allowed, " or ")+", got "+excerpt(x.method))
	if a.header == nil {
		a.header = make(http.Header)
	}
	if a.header.Get("Allow") == "" {
		a.header.Set("Allow", strings.Join(allowed, ", "))
	}
	return a
}

// jsonAnswer answers with v as JSON. HTML characters are not escaped: none
// of the five APIs does.
func jsonAnswer(status int, v any) answer {
	return answer{
		status: status,
		header: http.Header{"Content-Type": {"application/json"}},
		body:   mustMarshal(v),
	}
}
