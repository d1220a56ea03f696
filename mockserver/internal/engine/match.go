package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/credential"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// redacted is a match as others may see it.
func redacted(m journal.Match, secrets jsontext.Secrets) journal.Match {
	m.Header, m.JSON = maps.Clone(m.Header), maps.Clone(m.JSON)
	m.Prefix, m.Contains, m.Regexp = redactedTexts(m.Prefix, secrets), redactedTexts(m.Contains, secrets), redactedTexts(m.Regexp, secrets)
	for name := range m.Header {
		if credential.IsHeader(http.CanonicalHeaderKey(name), nil) {
			m.Header[name] = jsontext.Redacted
		}
	}
	for pointer, value := range m.JSON {
		shown := secrets.RedactAt(jsontext.MustMarshal(value), pointer)
		if !json.Valid(shown) {
			shown = jsontext.MustMarshal(string(shown))
		}
		m.JSON[pointer] = json.RawMessage(shown)
	}
	return m
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

// compile checks a match and makes it ready.
func (e *Engine) compile(m journal.Match) (matcher, error) {
	var out matcher
	add := func(name, want string, got func(*entry) string) {
		out = append(out, condition{name, want, got, func(e *entry, _ *exchange) bool { return got(e) == want }})
	}
	if m.Op != "" {
		if err := e.checkOperation(m.Op); err != nil {
			return nil, err
		}
		add("op", m.Op, func(e *entry) string { return e.op })
	}
	if m.API != "" {
		if _, err := e.api(m.API); err != nil {
			return nil, err
		}
		add("api", m.API, (*entry).api)
	}
	if m.Method != "" {
		if !isToken(m.Method) {
			return nil, fmt.Errorf("method: %.40q is no HTTP method", m.Method)
		}
		add("method", strings.ToUpper(m.Method), func(e *entry) string { return e.method })
	}
	if m.Path != "" {
		if err := e.checkPattern(m.Path); err != nil {
			return nil, err
		}
		out = append(out, pathCondition(m.Path))
	}
	if m.Op != "" {
		if err := e.checkOfOperation(m); err != nil {
			return nil, err
		}
	}
	texts, err := textConditions(m, e.secrets())
	if err != nil {
		return nil, err
	}
	out = append(out, texts...)
	for _, name := range slices.Sorted(maps.Keys(m.Header)) {
		if err := checkHeaderName(name); err != nil {
			return nil, fmt.Errorf("header: %w", err)
		}
		out = append(out, headerCondition(name, m.Header[name]))
	}
	for _, pointer := range slices.Sorted(maps.Keys(m.JSON)) {
		c, err := jsonCondition(pointer, m.JSON[pointer], e.secrets())
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	if m.Retried != nil {
		add("retried", strconv.FormatBool(*m.Retried), func(e *entry) string { return strconv.FormatBool(e.retried) })
	}
	if m.Status != 0 {
		if m.Status < 200 || m.Status > 599 {
			return nil, fmt.Errorf("status is %d; allowed is 200 to 599", m.Status)
		}
		add("status", strconv.Itoa(m.Status), func(e *entry) string { return strconv.Itoa(e.status) })
	}
	if m.Outcome != "" {
		if !slices.Contains(journal.Outcomes(), m.Outcome) {
			return nil, fmt.Errorf("unknown outcome %q; there are %s", m.Outcome, jsontext.Quote(journal.Outcomes()))
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
	return out, nil
}

// CheckMatch says what is unknown in a match.
func (e *Engine) CheckMatch(m journal.Match) error {
	_, err := e.compile(m)
	return err
}

// checkPattern refuses a pattern of paths that no path can have.
func (e *Engine) checkPattern(pattern string) error {
	elements := strings.Split(pattern, "/")
	i := slices.Index(elements, "**")
	switch {
	case len(elements) > 2 && e.byName[elements[1]] != nil:
		return fmt.Errorf("path: %.80q begins with the prefix of an API; paths are below it: %.80q", pattern, strings.TrimPrefix(pattern, "/"+elements[1]))
	case i >= 0 && i < len(elements)-1:
		return fmt.Errorf(`path: %.80q has a "**" before its end; "*" stands for one element`, pattern)
	case elements[0] != "" && pattern != "**":
		return fmt.Errorf("path: %.80q does not begin with a slash, as paths below the prefix of an API do", pattern)
	}
	return nil
}

// checkOfOperation refuses a match that no request to its operation can meet.
func (e *Engine) checkOfOperation(m journal.Match) error {
	api, _, _ := strings.Cut(m.Op, ".")
	if m.API != "" && m.API != api {
		return fmt.Errorf("api is %q; %s is an operation of %q", m.API, m.Op, api)
	}
	var methods, paths []string
	for _, r := range e.byName[api].routes {
		if r.name != m.Op {
			continue
		}
		ofMethod, ofPath := m.Method == "" || strings.EqualFold(m.Method, r.Method), m.Path == "" || canMeet(m.Path, r.elements)
		if ofMethod && ofPath {
			return nil
		}
		if !ofMethod {
			methods = append(methods, r.Method)
		}
		paths = append(paths, r.Path)
	}
	if len(methods) == len(paths) {
		return fmt.Errorf("method is %.40q; that of %s is %s", m.Method, m.Op, strings.Join(slices.Compact(methods), " or "))
	}
	return fmt.Errorf("path: %.80q is none of %s, whose path is %s", m.Path, m.Op, strings.Join(paths, " or "))
}

// canMeet reports whether a path that has the elements of a route can meet a
// pattern.
func canMeet(want string, route []string) bool {
	pattern := strings.Split(want, "/")
	if last := len(pattern) - 1; pattern[last] == "**" {
		pattern = pattern[:last]
		route = route[:min(len(route), last)]
	}
	return slices.EqualFunc(pattern, route, func(want, have string) bool {
		return want == have || want == "*" && have != "" || strings.HasPrefix(have, "{") && want != ""
	})
}

// checkHeaderName refuses what no header is called.
func checkHeaderName(name string) error {
	if !isToken(name) {
		return fmt.Errorf("%.80q is not the name of a header", name)
	}
	return nil
}

// isToken reports whether a text can be a method or the name of a header.
func isToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(c rune) bool {
		return c <= ' ' || c > '~' || strings.ContainsRune("\"(),/:;<=>?@[\\]{}", c)
	})
}

// pathCondition compares paths element by element: "*" is any one, and "**" at
// the end is all that follow.
func pathCondition(want string) condition {
	pattern := strings.Split(want, "/")
	open := pattern[len(pattern)-1] == "**"
	if open {
		pattern = pattern[:len(pattern)-1]
	}
	return condition{
		name: "path", want: want,
		got: func(e *entry) string { return e.path },
		holds: func(e *entry, _ *exchange) bool {
			path := strings.Split(e.path, "/")
			if open && len(path) > len(pattern) {
				path = path[:len(pattern)]
			}
			return slices.EqualFunc(pattern, path, func(want, got string) bool {
				return want == got || want == "*" && got != ""
			})
		},
	}
}

func headerCondition(name, want string) condition {
	name = http.CanonicalHeaderKey(name)
	shown := want
	if credential.IsHeader(name, nil) {
		shown = jsontext.Redacted
	}
	return condition{
		name:  "header " + name,
		want:  shown,
		got:   func(e *entry) string { return strings.Join(e.valuesOf(name, nil), ", ") },
		holds: func(e *entry, live *exchange) bool { return slices.Contains(e.valuesOf(name, live), want) },
	}
}

func jsonCondition(pointer string, value any, secrets jsontext.Secrets) (condition, error) {
	at, err := jsontext.ParsePointer(pointer)
	if err != nil {
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
		want: string(secrets.RedactAt(text, pointer)),
		got: func(e *entry) string {
			raw, ok := at.In(e.body)
			if !ok {
				return "nothing"
			}
			return string(secrets.RedactAt(raw, pointer))
		},
		holds: func(e *entry, live *exchange) bool {
			body := e.body
			if live != nil {
				body = live.Body
			}
			raw, ok := at.In(body)
			if !ok || jsontext.Kind(raw[:1]) != jsontext.Kind(text[:1]) { // nothing needs to be read of it
				return false
			}
			var got any
			return json.Unmarshal(raw, &got) == nil && reflect.DeepEqual(got, want)
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
