package mockserver

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Match says which requests are meant. Every field that is set must hold; the
// zero value means all of them. The functions that return a Match set one
// field each. Its JSON form is that of the HTTP interface.
type Match struct {
	// Op is the operation.
	Op Op `json:"op,omitempty"`
	// API is the API.
	API API `json:"api,omitempty"`
	// Method is the HTTP method.
	Method string `json:"method,omitempty"`
	// Path is the path below the API's prefix, unescaped.
	Path string `json:"path,omitempty"`
	// Header has values of request headers. Names have no case. In the
	// journal the values of credentials are not kept: they match rules only.
	Header map[string]string `json:"header,omitempty"`
	// JSON has values of the request body by JSON pointer (RFC 6901; "" is
	// the whole body). Numbers compare by value, objects by their members. Of
	// a body over 64 KiB the journal knows only the beginning.
	JSON map[string]any `json:"json,omitempty"`
	// Retried is whether the same request came before: same operation, path,
	// query and body.
	Retried *bool `json:"retried,omitempty"`
	// Status is the status that was answered.
	Status int `json:"status,omitempty"`
	// Outcome is how the request ended.
	Outcome Outcome `json:"outcome,omitempty"`
	// Committed is whether the request changed the state.
	Committed *bool `json:"committed,omitempty"`
	// Matched is whether the request matched an operation at all.
	Matched *bool `json:"matched,omitempty"`
	// Rule is the id of the rule that hit the request.
	Rule string `json:"rule,omitempty"`
}

// OpIs matches one operation.
func OpIs(op Op) Match { return Match{Op: op} }

// APIIs matches one API.
func APIIs(api API) Match { return Match{API: api} }

// MethodIs matches an HTTP method.
func MethodIs(method string) Match { return Match{Method: method} }

// PathIs matches the path below the API's prefix, unescaped.
func PathIs(path string) Match { return Match{Path: path} }

// HeaderIs matches the value of a request header.
func HeaderIs(name, value string) Match { return Match{Header: map[string]string{name: value}} }

// JSONAt matches the value at a JSON pointer of the request body.
func JSONAt(pointer string, value any) Match { return Match{JSON: map[string]any{pointer: value}} }

// Retried matches a request that came before: same operation, path, query
// and body.
func Retried() Match { return Match{Retried: new(true)} }

// StatusIs matches the status that was answered.
func StatusIs(code int) Match { return Match{Status: code} }

// OutcomeIs matches how the request ended.
func OutcomeIs(outcome Outcome) Match { return Match{Outcome: outcome} }

// Committed matches requests that changed the state.
func Committed() Match { return Match{Committed: new(true)} }

// Unmatched matches requests that matched no operation.
func Unmatched() Match { return Match{Matched: new(false)} }

// and returns a match for which both hold. Of a field that both set the other
// one counts.
func (m Match) and(other Match) Match {
	into, from := reflect.ValueOf(&m).Elem(), reflect.ValueOf(other)
	header, body := m.Header, m.JSON
	for i := range from.NumField() {
		if !from.Field(i).IsZero() {
			into.Field(i).Set(from.Field(i))
		}
	}
	m.Header, m.JSON = joined(header, other.Header), joined(body, other.JSON)
	return m
}

// withoutSecrets is the match as others may see it.
func (m Match) withoutSecrets() Match {
	m.Header, m.JSON = maps.Clone(m.Header), maps.Clone(m.JSON)
	for name := range m.Header {
		if isCredentialHeader(http.CanonicalHeaderKey(name), nil) {
			m.Header[name] = redacted
		}
	}
	for pointer, value := range m.JSON {
		shown := redactAt(mustMarshal(value), pointer)
		if !json.Valid(shown) {
			shown = mustMarshal(string(shown))
		}
		m.JSON[pointer] = json.RawMessage(shown)
	}
	return m
}

func joined[V any](a, b map[string]V) map[string]V {
	if len(a) == 0 {
		return b
	}
	a = maps.Clone(a)
	maps.Copy(a, b)
	return a
}

// matcher is a list of matches, ready for use.
type matcher []condition

// condition is one thing that must hold.
type condition struct {
	name string // as in JSON: "op", "json /name"
	want string
	// got describes what the entry has instead.
	got func(*entry) string
	// holds looks at an entry of the journal, or at a request that is being
	// served: then live is not nil and knows what the journal does not keep.
	holds func(e *entry, live *exchange) bool
}

// compile checks matches and makes them ready. All of them must hold.
func (s *Server) compile(matches []Match) (matcher, error) {
	var out matcher
	add := func(name, want string, got func(*entry) string) {
		out = append(out, condition{name, want, got, func(e *entry, _ *exchange) bool { return got(e) == want }})
	}
	for _, m := range matches {
		if m.Op != "" {
			if !slices.Contains(s.Ops(), m.Op) {
				return nil, fmt.Errorf("unknown op %q; there are %s", m.Op, quoted(s.Ops()))
			}
			add("op", string(m.Op), func(e *entry) string { return string(e.op) })
		}
		if m.API != "" {
			if _, ok := s.apis[m.API]; !ok {
				return nil, fmt.Errorf("unknown api %q; there are %s", m.API, quoted(s.names()))
			}
			add("api", string(m.API), func(e *entry) string { return string(e.api) })
		}
		if m.Method != "" {
			add("method", strings.ToUpper(m.Method), func(e *entry) string { return e.method })
		}
		if m.Path != "" {
			add("path", m.Path, func(e *entry) string { return e.path })
		}
		for _, name := range slices.Sorted(maps.Keys(m.Header)) {
			out = append(out, headerCondition(name, m.Header[name]))
		}
		for _, pointer := range slices.Sorted(maps.Keys(m.JSON)) {
			c, err := jsonCondition(pointer, m.JSON[pointer])
			if err != nil {
				return nil, err
			}
			out = append(out, c)
		}
		if m.Retried != nil {
			add("retried", strconv.FormatBool(*m.Retried), func(e *entry) string { return strconv.FormatBool(e.retried) })
		}
		if m.Status != 0 {
			add("status", strconv.Itoa(m.Status), func(e *entry) string { return strconv.Itoa(e.status) })
		}
		if m.Outcome != "" {
			if !slices.Contains(Outcomes(), m.Outcome) {
				return nil, fmt.Errorf("unknown outcome %q; there are %s", m.Outcome, quoted(Outcomes()))
			}
			add("outcome", string(m.Outcome), func(e *entry) string { return string(e.outcome) })
		}
		if m.Committed != nil {
			add("committed", strconv.FormatBool(*m.Committed), func(e *entry) string { return strconv.FormatBool(e.committed) })
		}
		if m.Matched != nil {
			add("matched", strconv.FormatBool(*m.Matched), func(e *entry) string { return strconv.FormatBool(e.op != "") })
		}
		if m.Rule != "" {
			add("rule", m.Rule, func(e *entry) string { return e.rule })
		}
	}
	return out, nil
}

func headerCondition(name, want string) condition {
	name = http.CanonicalHeaderKey(name)
	shown := want
	if isCredentialHeader(name, nil) {
		shown = redacted
	}
	return condition{
		name: "header " + name,
		want: shown,
		got:  func(e *entry) string { return strings.Join(e.headerValues(name), ", ") },
		holds: func(e *entry, live *exchange) bool {
			if live != nil {
				return slices.Contains(live.header[name], want)
			}
			return slices.Contains(e.headerValues(name), want)
		},
	}
}

func jsonCondition(pointer string, value any) (condition, error) {
	if err := checkJSONPointer(pointer); err != nil {
		return condition{}, fmt.Errorf("json: %w", err)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return condition{}, fmt.Errorf("json %s: the value cannot be written as JSON: %w", pointer, err)
	}
	var want any
	if err := json.Unmarshal(text, &want); err != nil {
		return condition{}, fmt.Errorf("json %s: %w", pointer, err)
	}
	return condition{
		name: "json " + pointer,
		want: string(redactAt(text, pointer)),
		got: func(e *entry) string {
			raw, ok := valueAt(e.body, pointer)
			if !ok {
				return "nothing"
			}
			return string(redactAt(raw, pointer))
		},
		holds: func(e *entry, live *exchange) bool {
			body := e.body
			if live != nil {
				body = live.body
			}
			raw, ok := valueAt(body, pointer)
			var got any
			return ok && json.Unmarshal(raw, &got) == nil && reflect.DeepEqual(got, want)
		},
	}, nil
}

// holds reports whether an entry matches. live is the request if it is being
// served.
func (m matcher) holds(e *entry, live *exchange) bool {
	for i := range m {
		if !m[i].holds(e, live) {
			return false
		}
	}
	return true
}

// failures returns the conditions that an entry does not meet.
func (m matcher) failures(e *entry) []condition {
	var failed []condition
	for _, c := range m {
		if !c.holds(e, nil) {
			failed = append(failed, c)
		}
	}
	return failed
}

func (m matcher) String() string {
	if len(m) == 0 {
		return "any call"
	}
	parts := make([]string, len(m))
	for i, c := range m {
		parts[i] = c.name + " " + c.want
	}
	return strings.Join(parts, ", ")
}
