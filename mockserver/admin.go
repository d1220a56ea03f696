package mockserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// adminPrefix is where the admin API lives. Rules never apply to it, and the
// journal does not have its requests.
const adminPrefix = "/_mock"

// defaultName is what the default namespace is called where it needs a name.
const defaultName = "default"

// adminRoute is one operation of the admin API. The whole API is described by
// the table of them: what is served, what is allowed and what its OpenAPI
// document says are the same.
type adminRoute struct {
	method  string
	pattern string // below adminPrefix
	summary string
	query   []adminQuery
	body    any    // a value of the type that the body has; nil: no body
	status  int    // of a success
	answer  any    // a value of the type that is answered as JSON; nil: none
	media   string // the type of an answer that is not JSON
	holds   bool   // 409 tells that what was asked does not hold
	open    bool   // nothing is guarded here
	serve   func(*adminCall) error
}

// adminQuery is a query parameter.
type adminQuery struct{ name, summary string }

var (
	adminTable     []adminRoute
	adminTableOnce sync.Once
)

// adminRoutes is the admin API. It is made on first use, because a server
// that is never administered should cost nothing for it.
func adminRoutes() []adminRoute {
	adminTableOnce.Do(func() { adminTable = newAdminRoutes() })
	return adminTable
}

func newAdminRoutes() []adminRoute {
	const one = "/namespaces/{namespace}"
	since := adminQuery{"since", "Only what came after the request with this id."}
	op := adminQuery{"op", "Only requests of this operation."}
	outcome := adminQuery{"outcome", "Only requests that ended like this."}
	return []adminRoute{
		{method: "GET", pattern: "/health", summary: "Whether it serves. Needs no token.", status: 200, answer: healthView{}, open: true, serve: (*adminCall).health},
		{method: "GET", pattern: "/apis", summary: "What is emulated of each API, what is not, and the words for rules.", status: 200, answer: apisView{}, serve: (*adminCall).apis},
		{method: "GET", pattern: "/openapi.json", summary: "This document.", status: 200, answer: map[string]any{}, serve: (*adminCall).openAPI},
		{method: "GET", pattern: "/metrics", summary: "Counters for Prometheus.", status: 200, media: "text/plain; version=0.0.4; charset=utf-8", serve: (*adminCall).metrics},
		{method: "POST", pattern: "/reset", summary: "Reset every namespace to its seed.", query: []adminQuery{{"all", "Must be true."}}, body: resetRequest{}, status: 200, answer: resetView{}, serve: (*adminCall).resetAll},

		{method: "GET", pattern: "/namespaces", summary: "List the namespaces.", status: 200, answer: namespacesView{}, serve: (*adminCall).listNamespaces},
		{method: "POST", pattern: "/namespaces", summary: "Make a namespace, or change what is given of the one of that name.", body: namespaceRequest{}, status: 201, answer: namespaceView{}, serve: (*adminCall).makeNamespace},
		{method: "GET", pattern: one, summary: "Get a namespace.", status: 200, answer: namespaceView{}, serve: (*adminCall).getNamespace},
		{method: "DELETE", pattern: one, summary: "Drop a namespace. Later requests to it are answered with 410.", status: 204, serve: (*adminCall).dropNamespace},
		{method: "POST", pattern: one + "/reset", summary: "Reset a namespace, or parts of it, to its seed.", body: resetRequest{}, status: 200, answer: resetView{}, serve: (*adminCall).resetNamespace},

		{method: "GET", pattern: one + "/rules", summary: "List the rules, with what they have done.", query: []adminQuery{{"unfired", "true: only rules with a fault that never happened."}}, status: 200, answer: rulesView{}, serve: (*adminCall).listRules},
		{method: "POST", pattern: one + "/rules", summary: "Add a rule.", body: RuleSpec{}, status: 201, answer: ruleView{}, serve: (*adminCall).addRule},
		{method: "DELETE", pattern: one + "/rules", summary: "Remove all rules.", status: 204, serve: (*adminCall).removeRules},
		{method: "GET", pattern: one + "/rules/{id}", summary: "Get a rule.", status: 200, answer: ruleView{}, serve: (*adminCall).getRule},
		{method: "DELETE", pattern: one + "/rules/{id}", summary: "Remove a rule.", status: 204, serve: (*adminCall).removeRule},

		{method: "GET", pattern: one + "/journal", summary: "The requests that came, oldest first.", query: []adminQuery{op, outcome, since,
			{"limit", "At most so many; 1 to 10000, usually 1000."}, {"format", "json, ndjson or curl; usually json."}}, status: 200, answer: journalView{}, serve: (*adminCall).readJournal},
		{method: "POST", pattern: one + "/journal/count", summary: "Count the requests that match; with count, check that it is so many.", body: callsRequest{}, status: 200, answer: countView{}, holds: true, serve: (*adminCall).countCalls},
		{method: "POST", pattern: one + "/journal/find", summary: "Find the requests that match; with count, check that it is so many.", body: callsRequest{}, status: 200, answer: callsView{}, holds: true, serve: (*adminCall).findCalls},
		{method: "POST", pattern: one + "/journal/wait", summary: "Wait until at least count requests match.", body: waitRequest{}, status: 200, answer: callsView{}, holds: true, serve: (*adminCall).waitForCalls},
		{method: "GET", pattern: one + "/events", summary: "The journal live: one event for each request that ended.", query: []adminQuery{op, outcome, since}, status: 200, media: "text/event-stream", serve: (*adminCall).events},

		{method: "GET", pattern: one + "/state", summary: "The state as a document.", status: 200, answer: snapshot{}, serve: (*adminCall).readState},
		{method: "PUT", pattern: one + "/state", summary: "Replace the state.", query: []adminQuery{{"seed", "true: also make it the state that a reset goes back to."}}, body: snapshot{}, status: 204, serve: (*adminCall).writeState},
		{method: "GET", pattern: one + "/state/{api}/{kind}/{id}", summary: "Look up one record.", query: []adminQuery{{"tenant", "Whose record, if several have the same id."}}, status: 200, answer: recordView{}, serve: (*adminCall).readRecord},
		{method: "GET", pattern: one + "/clock", summary: "What time it is.", status: 200, answer: clockView{}, serve: (*adminCall).readClock},
		{method: "PUT", pattern: one + "/clock", summary: "Stop the clock at a moment, or move it.", body: clockRequest{}, status: 200, answer: clockView{}, serve: (*adminCall).setClock},

		{method: "GET", pattern: "/", summary: "A page for people.", status: 200, media: "text/html; charset=utf-8", open: true, serve: (*adminCall).page},
	}
}

// isAdmin reports whether a request is for the admin API.
func isAdmin(r *http.Request) bool {
	rest, ok := strings.CutPrefix(r.URL.Path, adminPrefix)
	return ok && (rest == "" || rest[0] == '/')
}

// adminCall is one request to the admin API.
type adminCall struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
	params map[string]string
	query  url.Values
	body   []byte
}

// adminError is a refusal. Its text is one line that says what is wrong and
// what is allowed.
type adminError struct {
	status  int
	message string
	detail  any // answered instead of the text alone
}

func (e *adminError) Error() string { return e.message }

func refuse(status int, format string, values ...any) *adminError {
	return &adminError{status: status, message: fmt.Sprintf(format, values...)}
}

// badRequest refuses what a caller wrote.
func badRequest(err error) *adminError {
	return &adminError{status: http.StatusBadRequest, message: strings.TrimPrefix(err.Error(), "mockserver: ")}
}

// errorView is the body of every refusal.
type errorView struct {
	Error string `json:"error"`
}

// serveAdmin answers a request to the admin API.
func (s *Server) serveAdmin(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	c := &adminCall{server: s, w: w, r: r}
	if err := c.dispatch(); err != nil {
		c.refuse(err)
	}
}

// dispatch finds the route and serves it.
func (c *adminCall) dispatch() error {
	found, err := c.route()
	if found == nil || !found.open { // what does not exist is not told to strangers
		if refused := c.guard(); refused != nil {
			return refused
		}
	}
	if err != nil {
		return err
	}
	if err := c.readQuery(found); err != nil {
		return err
	}
	if c.body, err = (&bodyReader{w: c.w, r: c.r}).read(); err != nil {
		if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
			return refuse(http.StatusRequestEntityTooLarge, "the body is larger than 8 MiB")
		}
		return refuse(http.StatusBadRequest, "the body cannot be read")
	}
	if found.body == nil && len(c.body) > 0 {
		return refuse(http.StatusBadRequest, "%s %s takes no body", found.method, adminPrefix+found.pattern)
	}
	return found.serve(c)
}

// route finds the route of the request.
func (c *adminCall) route() (*adminRoute, error) {
	path := strings.TrimPrefix(c.r.URL.EscapedPath(), adminPrefix)
	if path == "" {
		path = "/"
	}
	elements := strings.Split(path, "/")
	for i, element := range elements {
		if plain, err := url.PathUnescape(element); err == nil {
			elements[i] = plain
		}
	}
	method := c.r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	var allowed []string
	routes := adminRoutes()
	for i := range routes {
		params, ok := matchPath(strings.Split(routes[i].pattern, "/"), elements)
		if !ok {
			continue
		}
		if routes[i].method == method {
			c.params = params
			return &routes[i], nil
		}
		allowed = append(allowed, routes[i].method)
	}
	if len(allowed) == 0 {
		return nil, refuse(http.StatusNotFound, "there is no %.100q; %s/openapi.json lists what there is", c.r.URL.Path, adminPrefix)
	}
	c.w.Header().Set("Allow", strings.Join(allowed, ", "))
	return nil, refuse(http.StatusMethodNotAllowed, "%.100q has only %s", c.r.URL.Path, strings.Join(allowed, ", "))
}

// readQuery reads the query and refuses parameters that the route does not
// have.
func (c *adminCall) readQuery(route *adminRoute) error {
	query, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return refuse(http.StatusBadRequest, "the query cannot be read: %v", err)
	}
	names := make([]string, len(route.query))
	for i, q := range route.query {
		names[i] = q.name
	}
	for name := range query {
		switch {
		case slices.Contains(names, name):
		case len(names) == 0:
			return refuse(http.StatusBadRequest, "unknown query parameter %q; there are none here", name)
		default:
			return refuse(http.StatusBadRequest, "unknown query parameter %q; there are %s", name, quoted(names))
		}
	}
	c.query = query
	return nil
}

// flag reads a query parameter that is true or false.
func (c *adminCall) flag(name string) (bool, error) {
	switch c.query.Get(name) {
	case "":
		return false, nil
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, refuse(http.StatusBadRequest, "%s is %q; allowed are true and false", name, c.query.Get(name))
}

// read decodes the body strictly. An empty body is an empty object.
func (c *adminCall) read(into any) error {
	body := c.body
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	if _, err := parseObject(body); err != nil {
		return badRequest(err)
	}
	if err := decodeStrict(body, into); err != nil {
		return badRequest(err)
	}
	return nil
}

// answer answers with v as JSON.
func (c *adminCall) answer(status int, v any) error {
	a := jsonAnswer(status, v)
	c.w.Header()["Content-Type"] = a.header["Content-Type"]
	c.w.WriteHeader(status)
	c.w.Write(append(a.body, '\n')) //nolint:errcheck // the client went away
	return nil
}

// done answers without a body.
func (c *adminCall) done() error {
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (c *adminCall) refuse(err error) {
	refusal := (*adminError)(nil)
	if !errors.As(err, &refusal) {
		refusal = refuse(http.StatusInternalServerError, "%v", err)
	}
	if refusal.status == http.StatusUnauthorized {
		c.w.Header().Set("WWW-Authenticate", "Bearer")
	}
	var body any = errorView{refusal.message}
	if refusal.detail != nil {
		body = refusal.detail
	}
	c.answer(refusal.status, body) //nolint:errcheck // it never fails
}

// namespace returns the namespace that the path names. One that does not
// exist is made if create says so: what is done to it comes before its first
// request.
func (c *adminCall) namespace(create bool) (*Namespace, error) {
	name := c.params["namespace"]
	if name == defaultName {
		return c.server.defaultNamespace, nil
	}
	if err := checkNamespaceName(name); err != nil {
		return nil, badRequest(err)
	}
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.namespaces[name]; !ok && !create && s.dropped[name] == "" {
		return nil, refuse(http.StatusNotFound, "there is no namespace %q; its first request makes it, or POST %s/namespaces", name, adminPrefix)
	}
	n, err := s.find(name)
	switch {
	case err != nil:
		return nil, refuse(http.StatusServiceUnavailable, "%s", strings.TrimPrefix(err.Error(), "mockserver: "))
	case n == nil:
		return nil, refuse(http.StatusGone, "namespace %q was dropped: %s; POST %s/namespaces makes it anew", name, s.dropped[name], adminPrefix)
	}
	n.touch()
	return n, nil
}

// adminName is what a namespace is called in the admin API.
func (n *Namespace) adminName() string {
	if n.name == "" {
		return defaultName
	}
	return n.name
}

// raw is JSON of ours that is answered as it is.
type raw = json.RawMessage
