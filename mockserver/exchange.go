package mockserver

import (
	"net/http"
	"net/url"
	"slices"
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

// jsonAnswer answers with v as JSON. HTML characters are not escaped: none
// of the five APIs does.
func jsonAnswer(status int, v any) answer {
	return answer{
		status: status,
		header: http.Header{"Content-Type": {"application/json"}},
		body:   mustMarshal(v),
	}
}
