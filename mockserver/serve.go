package mockserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"
)

// ServeHTTP answers a request to /{api}/... or /_ns/{namespace}/{api}/..., as
// that API would, and one to /_mock/... with the admin API. A fault that
// closes the connection panics with http.ErrAbortHandler, which net/http
// understands.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isAdmin(r) {
		s.serveAdmin(w, r)
		return
	}
	d := s.route(r)
	x := newExchange(r, d)
	x.arrive()
	defer x.leave()
	if d.emulated == nil {
		x.send(w, r, x.unknownAPI())
		return
	}
	if d.refused != 0 {
		a := x.failure(d.refused, d.reason)
		a.reason = d.reason
		x.send(w, r, a)
		return
	}
	a, end := x.process(w, r)
	switch end {
	case "":
		x.send(w, r, a)
	case WasReset:
		x.finish(nil, end, 0)
		resetConnection(w)
	default:
		x.finish(nil, end, 0)
		panic(http.ErrAbortHandler)
	}
}

func newExchange(r *http.Request, d destination) *exchange {
	x := &exchange{namespace: d.namespace, method: r.Method, path: d.path, header: r.Header, host: r.Host}
	if r.URL.RawQuery != "" {
		x.query, _ = url.ParseQuery(r.URL.RawQuery) // what is broken is dropped
	}
	elements := strings.Split(d.path, "/")
	if strings.IndexByte(d.path, '%') >= 0 {
		for i, element := range elements {
			if plain, err := url.PathUnescape(element); err == nil {
				elements[i] = plain
			}
		}
		x.path = strings.Join(elements, "/")
	}
	x.entry = &entry{
		emulated: d.emulated, method: x.method, path: x.path, query: r.URL.RawQuery, host: r.Host,
		outcome: Open,
	}
	if d.emulated == nil {
		x.entry.header = headerPairs(r.Header, nil)
		return x
	}
	x.dialect = d.emulated.dialect
	x.entry.api = d.emulated.name
	x.entry.header = headerPairs(r.Header, d.emulated.credentials)
	if d.refused != 0 { // it is no request to an operation of the default namespace
		x.entry.reason = d.reason
		return x
	}
	x.op, x.params, x.allowed = match(d.emulated.routes, r.Method, elements)
	if x.op != nil {
		x.entry.op = x.op.op
	}
	return x
}

// arrive puts the request into the journal and lets the rules have it that
// begin before it is read.
func (x *exchange) arrive() {
	n := x.namespace
	n.mu.Lock()
	defer n.mu.Unlock()
	n.active++
	n.used = time.Now()
	n.step()
	if x.entry.emulated != nil {
		x.state = n.state(x.entry.emulated)
	}
	x.entry.received = n.now()
	n.journal.add(x.entry, n.server.journalEntries, n.server.journalBytes)
	if x.op == nil {
		n.journal.unmatched.add(x.suggest())
	}
	n.claim(x, true)
	n.notify()
}

// leave marks the end of the request.
func (x *exchange) leave() {
	n := x.namespace
	n.mu.Lock()
	defer n.mu.Unlock()
	n.active--
	n.used = time.Now()
}

// process does everything up to the answer. If it returns an outcome there
// is no answer: the connection ends that way.
func (x *exchange) process(w http.ResponseWriter, r *http.Request) (answer, Outcome) {
	ctx := r.Context()
	body := bodyReader{w: w, r: r}
	if x.plan != nil {
		if x.waitsAt(BeforeRead) {
			body.start() // net/http notices that a client went only when its request is read
		}
		replacement, end := x.perform(ctx, BeforeRead)
		if replacement != nil || end != "" {
			body.abandon()
			return x.after(ctx, replacement, end)
		}
	}
	data, err := body.finish()
	if err != nil {
		return x.unreadable(ctx, err)
	}
	x.body = data
	a, done := x.admit()
	if done {
		return a, ""
	}
	replacement, end := x.perform(ctx, BeforeCommit)
	if replacement == nil && end == "" {
		a := x.serve()
		replacement = &a
	}
	return x.after(ctx, replacement, end)
}

// after does the faults that come when the answer is ready.
func (x *exchange) after(ctx context.Context, a *answer, end Outcome) (answer, Outcome) {
	if end != "" {
		return answer{}, end
	}
	replacement, end := x.perform(ctx, AfterCommit)
	if end != "" {
		return answer{}, end
	}
	if replacement != nil {
		a = replacement
	}
	x.edit(a)
	return *a, ""
}

// admit notes what was read, and lets the dialect answer at once unless a
// rule has the request: then the faults come first. One lock is enough for
// the request, the change of the state and its mark in the journal.
func (x *exchange) admit() (a answer, done bool) {
	n := x.namespace
	problems := x.problems()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.journal.read(x.entry, x.body, n.server.journalBytes)
	defer n.notify()
	for _, problem := range problems {
		x.problem(problem)
	}
	if len(problems) > 0 && n.strictness() == Reject {
		x.plan = nil // whatever a rule wanted to do: it is refused before anything else
		a = x.guarded(func() answer { return x.dialect.failure(x, http.StatusBadRequest, strings.Join(problems, "; ")) })
		a.reason = "strictness: " + strings.Join(problems, "; ")
		return a, true
	}
	n.claim(x, false)
	if x.plan != nil {
		return answer{}, false
	}
	return x.serveLocked(), true
}

// problem notes a problem. The caller holds the lock.
func (x *exchange) problem(text string) {
	n := x.namespace
	x.entry.problems = append(x.entry.problems, text)
	n.journal.grow(x.entry, len(text), n.server.journalBytes)
	n.journal.problems.add(x.entry.method + " " + x.entry.where() + ": " + text)
}

// serve lets the dialect answer.
func (x *exchange) serve() answer {
	x.namespace.mu.Lock()
	defer x.namespace.mu.Unlock()
	defer x.namespace.notify()
	if x.pretends() {
		return x.pretend()
	}
	return x.serveLocked()
}

func (x *exchange) serveLocked() answer {
	if x.namespace.dropped != "" { // since the request came
		reason := fmt.Sprintf("mockserver: namespace %q was dropped: %s", x.namespace.name, x.namespace.dropped)
		return x.guarded(func() answer { return x.dialect.failure(x, http.StatusGone, reason) })
	}
	x.state = x.namespace.state(x.entry.emulated) // a reset may have replaced it
	a := x.guarded(func() answer { return x.dialect.serve(x) })
	x.entry.committed = x.committed
	return a
}

// failure renders an error in the API's own shape.
func (x *exchange) failure(status int, message string) answer {
	x.namespace.mu.Lock()
	defer x.namespace.mu.Unlock()
	return x.guarded(func() answer { return x.dialect.failure(x, status, message) })
}

// guarded calls a dialect. A panic becomes a 500 in the API's own shape. The
// caller holds the lock.
func (x *exchange) guarded(call func() answer) (a answer) {
	defer func() {
		if cause := recover(); cause != nil {
			x.panicked(cause)
			a = x.afterPanic()
		}
	}()
	return call()
}

func (x *exchange) panicked(cause any) {
	n := x.namespace
	x.entry.panicked = fmt.Sprintf("panic: %v\n\n%s", cause, debug.Stack())
	n.journal.grow(x.entry, len(x.entry.panicked), n.server.journalBytes)
	n.journal.panics.add(x.entry.method + " " + x.entry.where() + ": " + x.entry.panicked)
}

func (x *exchange) afterPanic() (a answer) {
	defer func() {
		if recover() != nil {
			a = answer{status: http.StatusInternalServerError, reason: "panic"}
		}
	}()
	a = x.dialect.failure(x, http.StatusInternalServerError, "")
	a.reason = "panic in the mock server: see the journal"
	return a
}

// unreadable answers a request whose body could not be read.
func (x *exchange) unreadable(ctx context.Context, err error) (answer, Outcome) {
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		a := x.failure(http.StatusRequestEntityTooLarge, "request body is larger than 8 MiB")
		a.reason = "request body is larger than 8 MiB"
		return a, ""
	}
	if ctx.Err() == nil && !errors.Is(err, io.ErrUnexpectedEOF) && !isNetworkError(err) {
		a := x.failure(http.StatusBadRequest, "request body cannot be read") // broken chunks
		a.reason = "request body cannot be read"
		return a, ""
	}
	return answer{}, x.gone()
}

func isNetworkError(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe)
}

// gone is the outcome when the connection broke.
func (x *exchange) gone() Outcome {
	select {
	case <-x.namespace.server.closed:
		return Cancelled
	default:
		return ClientGone
	}
}

// unknownAPI answers a path that belongs to no API.
func (x *exchange) unknownAPI() answer {
	reason := "the path belongs to no API; paths begin with /" + string(x.namespace.server.names()[0]) +
		"/ or another of " + quoted(x.namespace.server.names())
	return answer{
		status: http.StatusNotFound,
		header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
		body:   []byte("mockserver: " + reason + "\n"),
		reason: reason,
	}
}
