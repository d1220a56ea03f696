package mockserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
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

// send writes the answer. The request is marked as finished before its last
// byte goes out, so that a client that has the answer finds it in the journal.
func (x *exchange) send(w http.ResponseWriter, r *http.Request, a answer) {
	header := w.Header()
	for name, values := range a.header {
		header[name] = values
	}
	x.limit.addTo(header, a.status)
	if a.reason != "" {
		header["X-Mock-Reason"] = []string{headerText(clip(a.reason, longestReason))}
	}
	if hasBody(a.status) {
		header["Content-Length"] = []string{strconv.Itoa(len(a.body))}
	} else {
		a.body = nil
	}
	if len(a.body) == 0 || r.Method == http.MethodHead {
		x.finish(&a, x.outcome(r), 0)
		w.WriteHeader(a.status)
		return
	}
	last := len(a.body) - 1
	w.WriteHeader(a.status)
	if x.plan != nil {
		if f := x.planned("slow_body"); f != nil {
			x.sendSlowly(w, r, a, f)
			return
		}
		if f := x.planned("truncate"); f != nil {
			cut := min(f.count, last)
			x.finish(&a, Truncated, cut)
			w.Write(a.body[:cut])                 //nolint:errcheck // the client went away
			http.NewResponseController(w).Flush() //nolint:errcheck // a writer that cannot has nothing to flush
			panic(http.ErrAbortHandler)
		}
	}
	sent, err := w.Write(a.body[:last])
	if err != nil {
		x.finish(&a, x.gone(), sent)
		return
	}
	x.finish(&a, x.outcome(r), len(a.body))
	w.Write(a.body[last:]) //nolint:errcheck // the client went away
}

// hasBody reports whether an answer of this status can have a body.
func hasBody(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}

// longestReason is how long the header X-Mock-Reason can be, in bytes. Clients
// refuse answers with headers that are much longer.
const longestReason = 1000

// outcome is how a request ends that can be answered.
func (x *exchange) outcome(r *http.Request) Outcome {
	if r.Context().Err() != nil {
		return x.gone()
	}
	return Complete
}

// sendSlowly writes the body piece by piece, and no further than a Truncate
// fault allows.
func (x *exchange) sendSlowly(w http.ResponseWriter, r *http.Request, a answer, slow *Fault) {
	controller := http.NewResponseController(w)
	most, end := len(a.body), Complete
	if f := x.planned("truncate"); f != nil {
		most, end = min(f.count, len(a.body)-1), Truncated
	}
	for sent := 0; sent < most; {
		if ended := x.wait(r.Context(), slow.pause); ended != "" {
			x.finish(&a, ended, sent)
			panic(http.ErrAbortHandler)
		}
		next := min(sent+slow.count, most)
		if next == most {
			x.finish(&a, end, most)
		}
		if _, err := w.Write(a.body[sent:next]); err != nil {
			x.finish(&a, x.gone(), sent)
			panic(http.ErrAbortHandler)
		}
		controller.Flush() //nolint:errcheck // a writer that cannot has nothing to flush
		sent = next
	}
	if end == Truncated {
		x.finish(&a, end, most)
		panic(http.ErrAbortHandler)
	}
}

// finish marks the request as finished. Only the first call counts.
func (x *exchange) finish(a *answer, outcome Outcome, sent int) {
	if !x.mark(a, outcome, sent) {
		return
	}
	logger, ctx := x.namespace.server.config.Logger, context.Background()
	if logger == nil {
		return
	}
	e := x.entry // nobody changes it any more
	if e.panicked != "" {
		logger.Error("panic", "op", e.op, "method", e.method, "path", e.where(), "stack", e.panicked)
	}
	if logger.Enabled(ctx, slog.LevelDebug) {
		logger.LogAttrs(ctx, slog.LevelDebug, "request",
			slog.String("op", string(e.op)), slog.String("method", e.method), slog.String("path", e.where()),
			slog.Int("status", e.status), slog.String("outcome", string(outcome)), slog.Bool("committed", e.committed))
	}
}

// mark is finish without the log. It reports whether it was the first call.
func (x *exchange) mark(a *answer, outcome Outcome, sent int) bool {
	n, e := x.namespace, x.entry
	n.mu.Lock()
	defer n.mu.Unlock()
	if e.outcome != Open {
		return false
	}
	e.finished, e.outcome, e.sent, e.guesses = n.now(), outcome, sent, x.guesses
	if n.server.config.ForbidGuesses {
		for _, guess := range x.guesses {
			n.journal.guesses.add(e.method + " " + e.where() + ": " + guess)
		}
	}
	if a != nil {
		e.status, e.reason = a.status, clip(a.reason, 4*longestReason)
		e.answer, e.answerSize = kept(a.body), len(a.body)
		n.journal.grow(e, len(e.answer)+len(e.reason), n.server.journalBytes)
	}
	n.notify()
	n.server.counts.add(e)
	return true
}

// headerText makes a text fit for a header.
func headerText(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return ' '
		}
		return c
	}, text)
}

// bodyReader reads the body of a request, in the background if asked.
type bodyReader struct {
	w      http.ResponseWriter
	r      *http.Request
	result chan bodyResult // nil: nothing was started
}

type bodyResult struct {
	data []byte
	err  error
}

// start reads in the background.
func (b *bodyReader) start() {
	b.result = make(chan bodyResult, 1)
	go func() {
		data, err := (&bodyReader{r: b.r}).read() // the response belongs to the handler
		b.result <- bodyResult{data, err}
		if err != nil { // read on, so that a client that goes is still noticed
			io.Copy(io.Discard, b.r.Body) //nolint:errcheck // nothing more to be known
		}
	}()
}

// finish returns the whole body.
func (b *bodyReader) finish() ([]byte, error) {
	if b.result == nil {
		return b.read()
	}
	result := <-b.result
	return result.data, result.err
}

// abandon ends the reading, so that the request can be answered although its
// body is still coming: net/http would read on before it answers. The
// connection cannot be used again.
func (b *bodyReader) abandon() {
	if b.result != nil {
		select {
		case <-b.result:
			return
		default:
		}
	} else if b.r.ContentLength == 0 {
		return
	}
	b.w.Header().Set("Connection", "close")
	if http.NewResponseController(b.w).SetReadDeadline(time.Unix(1, 0)) == nil && b.result != nil {
		<-b.result
	}
}

// read reads all of the body, up to the limit.
func (b *bodyReader) read() ([]byte, error) {
	if b.r.Body == nil || b.r.Body == http.NoBody {
		return nil, nil
	}
	if b.r.ContentLength > maxBody {
		return nil, &http.MaxBytesError{Limit: maxBody}
	}
	reader := http.MaxBytesReader(b.w, b.r.Body, maxBody)
	if b.r.ContentLength < 0 {
		return io.ReadAll(reader)
	}
	data := make([]byte, b.r.ContentLength)
	n, err := io.ReadFull(reader, data)
	switch {
	case err == nil: // net/http wants to see the end of the body, too
		var more [1]byte
		if extra, _ := reader.Read(more[:]); extra > 0 {
			return io.ReadAll(io.MultiReader(bytes.NewReader(append(data, more[:extra]...)), reader))
		}
		return data, nil
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		// Less than announced: over a network the client went away, but a
		// request that a test made by hand may just count wrongly.
		if b.r.Context().Value(http.ServerContextKey) == nil {
			return data[:n], nil
		}
	}
	return nil, err
}
