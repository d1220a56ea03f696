package emulate

import (
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// World is what a namespace knows besides the states of its APIs.
type World interface {
	// Now is the time by the clock of the namespace, in UTC.
	Now() time.Time
	// Entropy returns n bytes for an id: random ones or, on a deterministic
	// mock, bytes that depend only on the kind and on how often they were
	// asked for. The functions of this package make ids of them.
	Entropy(kind string, n int) []byte
	// Variant reports whether a variant of the API is switched on.
	Variant(name string) bool
	// Reply takes the scripted reply to a turn: the next one that fits, else
	// otherwise. Nil: a function decides later. It is called where the run is
	// committed, so that a request that starts nothing takes none.
	Reply(turn script.Turn, otherwise script.Reply) *script.Reply
	// Accepts reports whether a credential is one that the namespace takes:
	// any that is not empty, unless some are configured.
	Accepts(credential string) bool
}

// Request is one request as an API sees it, and what the API says about it
// besides the response.
type Request struct {
	World

	Operation *Operation // nil: none matched
	Allowed   []string   // the methods of the path, if only the method was wrong

	Method string
	Path   string // below the API's prefix, unescaped
	Params map[string]string
	Query  url.Values
	Header http.Header
	Host   string
	Body   []byte

	State  any    // what NewState returned
	Tenant string // the organization that the credential belongs to

	// LimitReset is when the rate limit that refused the request ends. A fault
	// that responds in its place says in a minute.
	LimitReset time.Time

	// Pretends: the response must look as if the request had taken effect,
	// without it.
	Pretends bool

	committed bool
	guesses   []string

	object    jsontext.Object // what Object returned, and of which body
	objectErr error
	objectOf  []byte
}

// Object reads the body, which must be one JSON object. Its error is one of
// those of jsontext.ParseObject. Strictness and handlers share what was read.
func (r *Request) Object() (jsontext.Object, error) {
	if len(r.Body) == 0 || len(r.objectOf) != len(r.Body) || &r.objectOf[0] != &r.Body[0] {
		r.objectOf = r.Body
		r.object, r.objectErr = jsontext.ParseObject(r.Body)
	}
	return r.object, r.objectErr
}

// Commit makes a change of the state, and notes that the request took effect.
// A request that only pretends makes no change: so everything that changes
// the state happens in here, and the response does not depend on it.
func (r *Request) Commit(change func()) {
	if !r.Pretends {
		r.committed = true
		change()
	}
}

// Remember is Commit for what only had to be made up to give a response, and
// must be the same in the next one.
func (r *Request) Remember(change func()) {
	if !r.Pretends {
		change()
	}
}

// Committed reports whether the request changed the state.
func (r *Request) Committed() bool { return r.committed }

// Guess notes that the response follows no source but our own judgement:
// "404-other-workspace".
func (r *Request) Guess(name string) {
	if !slices.Contains(r.guesses, name) {
		r.guesses = append(r.guesses, name)
	}
}

// Guesses are what Guess noted.
func (r *Request) Guesses() []string { return r.guesses }

// MediaType is the type that the request says its body has, without
// parameters; "" if it says none that can be read.
func (r *Request) MediaType() string {
	value := r.Header.Get("Content-Type")
	if value == "application/json" { // as nearly all of them say
		return value
	}
	mediaType, _, _ := mime.ParseMediaType(value) // broken parameters do not matter
	return mediaType
}

// IsJSON reports whether the request says that its body is JSON. One that
// says nothing is taken at its best.
func (r *Request) IsJSON() bool {
	mediaType := r.MediaType()
	return mediaType == "" && r.Header.Get("Content-Type") == "" ||
		mediaType == "application/json" || strings.HasSuffix(mediaType, "+json")
}

// KeyHeaders are the credential headers of an API whose credential is a key
// in the header x-api-key. Authorization is ignored there, but people put
// their key into it by mistake.
var KeyHeaders = []string{"X-Api-Key", "Authorization"}

// Key returns the key of such an API and, for people, why it is not accepted;
// "" if it is.
func (r *Request) Key() (key, problem string) {
	key = r.Header.Get("X-Api-Key")
	switch {
	case r.Accepts(key):
		return key, ""
	case key == "":
		return "", "header x-api-key: expected a key, got nothing"
	}
	return "", "header x-api-key: expected an accepted key, got another one"
}
