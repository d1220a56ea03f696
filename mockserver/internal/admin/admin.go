// Package admin is the HTTP interface to the engine, under /_mock: what a test
// in another language, or a person, drives a mock with. It reads requests,
// calls methods of the engine, and writes responses; it keeps nothing.
package admin

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/engine"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// Prefix is where the admin API lives. Rules never apply to it, and the
// journal does not have its requests.
const Prefix = "/_mock"

// route is one operation of the admin API. The whole API is described by
// the table of them: what is served, what is allowed and what its OpenAPI
// document says are the same.
type route struct {
	method   string
	pattern  string // below Prefix
	summary  string
	query    []parameter
	body     any    // a value of the type that the body has; nil: no body
	status   int    // of a success
	response any    // a value of the type of the JSON response; nil: none
	media    string // the type of a response that is not JSON
	holds    bool   // 409 tells that what was asked does not hold
	open     bool   // everybody may have it, by a link too
	serve    func(*call) error
}

// parameter is a query parameter.
type parameter struct{ name, summary string }

var (
	table     []route
	tableOnce sync.Once
)

// routes is the admin API. It is made on first use, because a server
// that is never administered should cost nothing for it.
func routes() []route {
	tableOnce.Do(func() { table = newRoutes() })
	return table
}

func newRoutes() []route {
	const one = "/namespaces/{namespace}"
	since := parameter{"since", "Only what came after the request with this id."}
	op := parameter{"op", "Only requests of this operation."}
	outcome := parameter{"outcome", "Only requests that ended like this."}
	return []route{
		{method: "GET", pattern: "/health", summary: "Whether it serves. Needs no token.", status: 200, response: healthView{}, open: true, serve: (*call).health},
		{method: "GET", pattern: "/apis", summary: "What is emulated of each API, what is not, and the words for rules.", status: 200, response: apisView{}, serve: (*call).apis},
		{method: "GET", pattern: "/openapi.json", summary: "This document.", status: 200, response: map[string]any{}, serve: (*call).openAPI},
		{method: "GET", pattern: "/metrics", summary: "Counters for Prometheus.", status: 200, media: "text/plain; version=0.0.4; charset=utf-8", serve: (*call).metrics},
		{method: "POST", pattern: "/reset", summary: "Reset every namespace to its seed.", query: []parameter{{"all", "Must be true."}}, body: resetRequest{}, status: 200, response: resetView{}, serve: (*call).resetAll},

		{method: "GET", pattern: "/namespaces", summary: "List the namespaces.", status: 200, response: namespacesView{}, serve: (*call).listNamespaces},
		{method: "POST", pattern: "/namespaces", summary: "Make a namespace, or change what is given of the one of that name. No other call makes one.", body: namespaceRequest{}, status: 201, response: namespaceView{}, serve: (*call).makeNamespace},
		{method: "GET", pattern: one, summary: "Get a namespace.", status: 200, response: namespaceView{}, serve: (*call).getNamespace},
		{method: "DELETE", pattern: one, summary: "Drop a namespace. Later requests to it get 410.", status: 204, serve: (*call).dropNamespace},
		{method: "POST", pattern: one + "/reset", summary: "Reset a namespace, or parts of it, to its seed.", body: resetRequest{}, status: 200, response: resetView{}, serve: (*call).resetNamespace},

		{method: "GET", pattern: one + "/rules", summary: "List the rules, with what they have done.", query: []parameter{{"unfired", "true: only rules with a fault that never happened."}}, status: 200, response: rulesView{}, serve: (*call).listRules},
		{method: "POST", pattern: one + "/rules", summary: "Add a rule.", body: fault.Rule{}, status: 201, response: engine.RuleView{}, serve: (*call).addRule},
		{method: "DELETE", pattern: one + "/rules", summary: "Remove all rules.", status: 204, serve: (*call).removeRules},
		{method: "GET", pattern: one + "/rules/{id}", summary: "Get a rule.", status: 200, response: engine.RuleView{}, serve: (*call).getRule},
		{method: "DELETE", pattern: one + "/rules/{id}", summary: "Remove a rule.", status: 204, serve: (*call).removeRule},

		{method: "GET", pattern: one + "/replies", summary: "The replies that wait for a run, by API.", status: 200, response: repliesView{}, serve: (*call).listReplies},
		{method: "POST", pattern: one + "/replies", summary: "Put replies behind those that wait; each run takes the next one that is for it.", body: repliesRequest{}, status: 201, response: repliesView{}, serve: (*call).addReplies},
		{method: "DELETE", pattern: one + "/replies", summary: "Remove all replies.", status: 204, serve: (*call).removeReplies},
		{method: "POST", pattern: one + "/release", summary: "Let runs go on that are held, or that ask a person.", body: releaseRequest{}, status: 200, response: releaseView{}, serve: (*call).release},
		{method: "POST", pattern: one + "/messages", summary: "Let an API receive a message that a person writes to an agent.", body: messageRequest{}, status: 201, response: receivedView{}, serve: (*call).receive},

		{method: "GET", pattern: one + "/journal", summary: "The requests that came, oldest first.", query: []parameter{op, outcome, since,
			{"limit", "At most that many; 1 to 10000, usually 1000."}, {"format", "json, ndjson or curl; usually json."}}, status: 200, response: journalView{}, serve: (*call).readJournal},
		{method: "GET", pattern: one + "/journal/{id}", summary: "Get a request.", query: []parameter{{"format", "json or curl; usually json."}}, status: 200, response: journal.Call{}, serve: (*call).readCall},
		{method: "POST", pattern: one + "/journal/count", summary: "Count the requests that match; with count, at_least or at_most, check that it is that many.", body: callsRequest{}, status: 200, response: countView{}, holds: true, serve: (*call).countCalls},
		{method: "POST", pattern: one + "/journal/find", summary: "Find the requests that match; with count, at_least or at_most, check that it is that many.", body: callsRequest{}, status: 200, response: callsView{}, holds: true, serve: (*call).findCalls},
		{method: "POST", pattern: one + "/journal/wait", summary: "Wait until at least count requests match.", body: waitRequest{}, status: 200, response: callsView{}, holds: true, serve: (*call).waitForCalls},
		{method: "GET", pattern: one + "/events", summary: "The journal live: one event for each request that ended.", query: []parameter{op, outcome, since,
			{"open", "true: also an event call each time a request that is being served has changed, and an event reset when the journal was."}}, status: 200, media: "text/event-stream", serve: (*call).events},

		{method: "GET", pattern: one + "/differences", summary: "In what the mock differed from the real APIs that requests were sent on to: each difference once, in the order in which they showed.", status: 200, response: differencesView{}, serve: (*call).differences},

		{method: "GET", pattern: one + "/state", summary: "The state as a document.", status: 200, response: stateView{}, serve: (*call).readState},
		{method: "PUT", pattern: one + "/state", summary: "Replace the state.", query: []parameter{{"seed", "true: also make it the state that a reset goes back to."}}, body: stateView{}, status: 204, serve: (*call).writeState},
		{method: "GET", pattern: one + "/state/{api}/{kind}/{id}", summary: "Look up one record.", query: []parameter{{"tenant", "Whose record, if several have the same id."}}, status: 200, response: recordView{}, serve: (*call).readRecord},
		{method: "GET", pattern: one + "/records", summary: "List what there is: of each kind the newest records, oldest first.", query: []parameter{
			{"limit", "At most that many of a kind; 1 to 1000, usually 200."}}, status: 200, response: recordsView{}, serve: (*call).listRecords},
		{method: "GET", pattern: one + "/runs", summary: "List the runs of agents that are not over.", status: 200, response: runsView{}, serve: (*call).listRuns},
		{method: "GET", pattern: one + "/clock", summary: "What time it is.", status: 200, response: clockView{}, serve: (*call).readClock},
		{method: "PUT", pattern: one + "/clock", summary: "Stop the clock at a moment, or move it.", body: clockRequest{}, status: 200, response: clockView{}, serve: (*call).setClock},

		{method: "GET", pattern: "/", summary: "A page for people.", status: 200, media: "text/html; charset=utf-8", open: true, serve: (*call).page},
	}
}

// IsAdmin reports whether a request is for the admin API.
func IsAdmin(r *http.Request) bool {
	rest, ok := strings.CutPrefix(r.URL.Path, Prefix)
	return ok && (rest == "" || rest[0] == '/')
}

// call is one request to the admin API.
type call struct {
	*handler
	w      http.ResponseWriter
	r      *http.Request
	params map[string]string
	query  url.Values
	body   []byte
}

// refusal is a refusal. Its text is one line that says what is wrong and
// what is allowed.
type refusal struct {
	status  int
	message string
	detail  any // the response instead of the text alone
}

func (e *refusal) Error() string { return e.message }

func refuse(status int, format string, values ...any) *refusal {
	return &refusal{status: status, message: fmt.Sprintf(format, values...)}
}

// badRequest refuses what a caller wrote.
func badRequest(err error) *refusal {
	return &refusal{status: http.StatusBadRequest, message: err.Error()}
}

// errorView is the body of every refusal.
type errorView struct {
	Error string `json:"error"`
}

// handler is the admin API of an engine.
type handler struct {
	engine  *engine.Engine
	token   string // "": none is needed
	version string
}

// New returns the admin API of an engine. token must be brought by its
// callers; if it is empty, only callers on this machine may use it. version
// is what it says the version of the program is.
func New(e *engine.Engine, token, version string) http.Handler { return &handler{e, token, version} }

// ServeHTTP serves a request below Prefix.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	c := &call{handler: h, w: w, r: r}
	if err := c.dispatch(); err != nil {
		c.refuse(err)
	}
}

// dispatch finds the route and serves it.
func (c *call) dispatch() error {
	found, err := c.route()
	open := found != nil && found.open           // what does not exist is not told to strangers
	if !open || c.r.Header.Get("Origin") != "" { // a link may lead to what is open
		refusal, done := c.engine.AdmitPage(c.w.Header(), c.r)
		switch {
		case refusal != "":
			return refuse(http.StatusForbidden, "%s", refusal)
		case done: // browsers ask without the token
			return c.done()
		}
	}
	if !open {
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
	if c.body, err = c.engine.ReadBody(c.w, c.r); err != nil {
		if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
			return refuse(http.StatusRequestEntityTooLarge, "the body is larger than 8 MiB")
		}
		if stalled := (*engine.StalledError)(nil); errors.As(err, &stalled) {
			return refuse(http.StatusRequestTimeout, "%v", err)
		}
		return refuse(http.StatusBadRequest, "the body cannot be read")
	}
	if encoding := engine.ContentEncoding(c.r.Header); encoding != "" && len(c.body) > 0 {
		return refuse(http.StatusUnsupportedMediaType, "Content-Encoding %.40q is not read here; send the body as it is", encoding)
	}
	if found.body == nil && len(c.body) > 0 {
		return refuse(http.StatusBadRequest, "%s %s takes no body", found.method, Prefix+found.pattern)
	}
	return found.serve(c)
}

// route finds the route of the request.
func (c *call) route() (*route, error) {
	path := strings.TrimPrefix(c.r.URL.EscapedPath(), Prefix)
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
	found, allowed := c.lookUp(method, elements)
	if found == nil && len(allowed) == 0 { // what only namespaces have means the default one
		found, allowed = c.lookUp(method, slices.Concat([]string{"", "namespaces", engine.DefaultName}, elements[1:]))
	}
	switch {
	case found != nil:
		return found, nil
	case len(allowed) == 0:
		return nil, refuse(http.StatusNotFound, "there is no %.100q; %s/openapi.json lists what there is", c.r.URL.Path, Prefix)
	}
	c.w.Header().Set("Allow", strings.Join(allowed, ", "))
	return nil, refuse(http.StatusMethodNotAllowed, "%.100q has only %s", c.r.URL.Path, strings.Join(allowed, ", "))
}

// lookUp finds the route of a path, or else the methods that the path has.
func (c *call) lookUp(method string, elements []string) (found *route, allowed []string) {
	all := routes()
	for i := range all {
		params, ok := engine.MatchPath(strings.Split(all[i].pattern, "/"), elements)
		if !ok {
			continue
		}
		if all[i].method == method {
			c.params = params
			return &all[i], nil
		}
		allowed = append(allowed, all[i].method)
	}
	return nil, allowed
}

// readQuery reads the query and refuses parameters that the route does not
// have.
func (c *call) readQuery(route *route) error {
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
			return refuse(http.StatusBadRequest, "unknown query parameter %q; there are %s", name, jsontext.Quote(names))
		}
	}
	c.query = query
	return nil
}

// flag reads a query parameter that is true or false.
func (c *call) flag(name string) (bool, error) {
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
func (c *call) read(into any) error {
	body := c.body
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	if _, err := jsontext.ParseObject(body); err != nil {
		return badRequest(err)
	}
	if err := jsontext.DecodeStrict(body, into); err != nil {
		return badRequest(err)
	}
	return nil
}

// respond responds with v as JSON.
func (c *call) respond(status int, v any) error {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(status)
	engine.Write(c.w, c.r, append(jsontext.MustMarshal(v), '\n')) //nolint:errcheck // the client went away
	return nil
}

// done responds without a body.
func (c *call) done() error {
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (c *call) refuse(err error) {
	refused := (*refusal)(nil)
	if !errors.As(err, &refused) {
		refused = refuse(http.StatusInternalServerError, "%v", err)
	}
	if refused.status == http.StatusUnauthorized {
		c.w.Header().Set("WWW-Authenticate", "Bearer")
	}
	var body any = errorView{refused.message}
	if refused.detail != nil {
		body = refused.detail
	}
	c.respond(refused.status, body) //nolint:errcheck // it never fails
}

// namespace returns the namespace that the path names. Nothing here makes one
// but POST /namespaces: a name that was mistyped must not pass.
func (c *call) namespace() (*engine.World, error) {
	name := c.params["namespace"]
	if name != engine.DefaultName {
		if err := engine.CheckWorldName(name); err != nil {
			return nil, badRequest(err)
		}
	}
	w, err := c.engine.FindWorld(name)
	switch {
	case err != nil:
		return nil, refuse(http.StatusGone, "%v; POST %s/namespaces makes it anew", err, Prefix)
	case w == nil:
		return nil, refuse(http.StatusNotFound, "there is no namespace %q; POST %s/namespaces makes it, or its first request to an API", name, Prefix)
	}
	w.Touch()
	return w, nil
}

// nameOf is what a namespace is called here.
func nameOf(w *engine.World) string { return cmp.Or(w.Name(), engine.DefaultName) }

// raw is JSON of ours that is passed on as it is.
type raw = json.RawMessage
