package transport

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// Replay says when an operation may be sent again. The zero value is the
// safe one.
type Replay int

const (
	// ReplayNever is for requests whose repeat does the thing twice: creates
	// without a natural key, and whatever starts work or counts up. They are
	// sent again after a request that was never sent, and after 429. Nothing
	// else: a gateway says 503 when it lost a server that had done the work.
	ReplayNever Replay = iota
	// ReplayKeyed is for creates that the server refuses to do twice. They
	// are sent again after the above and after any error of the network, 408,
	// 425, 500, 502, 503 and 504. What that leaves open is left to [Settle]:
	// a 409 to a repeat, a last response that was lost, and a 2xx that cannot
	// be read or says that it failed.
	ReplayKeyed
	// ReplaySafe is for requests whose repeat changes nothing: reads, and
	// writes that set a state. They are sent again like ReplayKeyed, and
	// after a 2xx that was cut off. 404 to a repeated DELETE means done.
	ReplaySafe
)

// Op is one operation of an API.
type Op struct {
	Name   string // for people: "create agent"
	Method string
	Path   string   // with named parameters: "/v2/agents/{agent_key}"
	Params []string // their values, in order
	Query  url.Values
	// Body is encoded as JSON, with Extra merged into it. Nil: no body.
	Body  any
	Extra map[string]any
	// Text is sent as it is, as TextType, instead of Body.
	Text, TextType string
	Accept         string // the media type to ask for; "": application/json
	Replay         Replay
	// Waits says that the response comes only when an agent is done: one
	// attempt is bounded by RunTimeout and not by AttemptTimeout.
	Waits bool
	// Public says that the operation is one for everybody: it takes no
	// credential, and its path stands beside the version in which the base URL
	// may end, "/v1", and not below it.
	Public bool
	// ResourceID is the id or the key of what the operation makes or starts,
	// if it is known before. Errors have it, unless it surely does not exist.
	ResourceID string
	// Starts says that the operation starts a turn of an agent: it is not
	// repeated even if AllowDuplicates is set, which is about creates.
	Starts bool
	// Status is set to the status of the response. May be nil.
	Status *int
	// RetryAfter is set to the wait that the response names, also that of a
	// success, 0 if it names none. May be nil.
	RetryAfter *time.Duration
	// Invalid is what is wrong with the request of the caller, nil if nothing.
	// It is reported with what is wrong with the parameters, after that.
	Invalid error
	// Reserved lists values that a path parameter must not have, since the
	// API gives them another meaning.
	Reserved []string

	stream bool              // the response is a stream of events, see Open
	custom bool              // of the caller's own making, see Request
	raw    *agentclients.Raw // of a custom one: the body
}

// request returns what to send: the URL below base, and the body.
func (op *Op) request(c *Client) (target string, body []byte, contentType string, err error) {
	var problems validate.Problems
	if op.custom {
		target = c.base + op.Path
	} else {
		base := c.base
		if op.Public {
			base = strings.TrimSuffix(base, "/v1")
		}
		target = op.expand(base, &problems)
	}
	if op.Invalid != nil {
		problems.AppendOf(op.Invalid) // also of the query, which is made from the request
	} else if len(op.Query) > 0 {
		op.checkQuery(&problems)
	}
	if err := problems.Err(c.provider, op.Name); err != nil {
		return "", nil, "", err
	}
	if len(op.Query) > 0 {
		target += "?" + op.Query.Encode()
	}
	switch {
	case op.raw != nil:
		return target, op.raw.Body, op.raw.ContentType, nil
	case op.TextType != "":
		return target, []byte(op.Text), op.TextType, nil
	case op.Body == nil:
		return target, nil, "", nil
	}
	body, err = wire.Encode(op.Body, op.Extra)
	if err != nil {
		problems.Addf("body", "cannot be written as JSON: %v", err)
		return "", nil, "", problems.Err(c.provider, op.Name)
	}
	return target, body, jsonType, nil
}

// expand returns base and the path with the values of its parameters,
// escaped.
func (op *Op) expand(base string, problems *validate.Problems) string {
	if len(op.Params) == 0 {
		return base + op.Path
	}
	var target strings.Builder
	target.Grow(len(base) + len(op.Path) + 64)
	target.WriteString(base)
	params := op.Params
	for rest := op.Path; rest != ""; {
		before, after, ok := strings.Cut(rest, "{")
		target.WriteString(before)
		if !ok {
			break
		}
		name, after, _ := strings.Cut(after, "}")
		op.check(name, params[0], problems)
		target.WriteString(url.PathEscape(params[0]))
		params, rest = params[1:], after
	}
	return target.String()
}

// check notes a value that would make a path with another meaning.
func (op *Op) check(name, value string, problems *validate.Problems) {
	switch {
	case value == "":
		problems.Add(name, "is required")
	case value == "." || value == "..":
		problems.Add(name, `must not be "." or "..", which have a meaning of their own in a path`)
	case !utf8.ValidString(value):
		problems.Add(name, "must be UTF-8")
	case slices.Contains(op.Reserved, value):
		problems.Addf(name, "must not be %q, which names another resource of the API", value)
	}
}

// checkQuery notes values that are not UTF-8: a server would read another text.
func (op *Op) checkQuery(problems *validate.Problems) {
	for _, name := range slices.Sorted(maps.Keys(op.Query)) {
		for _, value := range op.Query[name] {
			problems.Text(name, value)
		}
	}
}

// changesState reports whether a response that got lost leaves a doubt behind.
func (op *Op) changesState() bool { return op.Replay != ReplaySafe }

// invalid returns the error of a call that is refused before it is sent.
func (c *Client) invalid(op *Op, fields ...agentclients.FieldError) error {
	var problems validate.Problems
	problems.Append(fields)
	return problems.Err(c.provider, op.Name)
}

const jsonType = "application/json"
