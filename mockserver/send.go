package mockserver

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
)

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
