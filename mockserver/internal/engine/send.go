package engine

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// send writes the response. The request is marked as finished before its last
// byte goes out, so that a client that has the response finds it in the journal.
func (x *exchange) send(w http.ResponseWriter, r *http.Request, response emulate.Response) {
	header := w.Header()
	for name, values := range response.Header {
		header[name] = values
	}
	if response.Type != "" {
		header["Content-Type"] = []string{response.Type}
	}
	x.limit.addTo(header, response.Status)
	if response.Reason != "" {
		header["X-Mock-Reason"] = []string{headerText(clip(response.Reason, longestReason))}
	}
	if response.Events != nil && r.Method != http.MethodHead {
		x.sendEvents(w, response)
		return
	}
	if hasBody(response.Status) {
		header["Content-Length"] = []string{strconv.Itoa(len(response.Body))}
	} else {
		response.Body = nil
	}
	if len(response.Body) == 0 || r.Method == http.MethodHead {
		x.finish(&response, x.outcome(r.Context()), 0)
		w.WriteHeader(response.Status)
		return
	}
	last := len(response.Body) - 1
	w.WriteHeader(response.Status)
	switch {
	case x.effects.slow != nil:
		x.sendSlowly(w, r, response)
		return
	case x.effects.cut != nil:
		cut := min(*x.effects.cut, last)
		x.finish(&response, journal.Truncated, cut)
		Write(w, r, response.Body[:cut])      //nolint:errcheck // the client went away
		http.NewResponseController(w).Flush() //nolint:errcheck // a writer that cannot has nothing to flush
		panic(http.ErrAbortHandler)
	}
	sent, err := Write(w, r, response.Body[:last])
	if err != nil {
		x.finish(&response, x.gone(), sent)
		return
	}
	x.finish(&response, x.outcome(r.Context()), len(response.Body))
	w.Write(response.Body[last:]) //nolint:errcheck // the client went away
}

// hasBody reports whether a response of this status can have a body.
func hasBody(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}

// longestReason is how long the header X-Mock-Reason can be, in bytes. Clients
// refuse responses with headers that are much longer.
const longestReason = 1000

// sendSlowly writes the body piece by piece, and no further than a Truncate
// fault allows.
func (x *exchange) sendSlowly(w http.ResponseWriter, r *http.Request, response emulate.Response) {
	controller, slow := http.NewResponseController(w), x.effects.slow
	most, end := len(response.Body), journal.Complete
	if x.effects.cut != nil {
		most, end = min(*x.effects.cut, len(response.Body)-1), journal.Truncated
	}
	for sent := 0; sent < most; {
		if ended := x.wait(r.Context(), slow.pause); ended != "" {
			x.finish(&response, ended, sent)
			panic(http.ErrAbortHandler)
		}
		next := min(sent+slow.chunk, most)
		if next == most {
			x.finish(&response, end, most)
		}
		LimitWrite(w, r, true)
		if _, err := w.Write(response.Body[sent:next]); err != nil {
			x.finish(&response, x.gone(), sent)
			panic(http.ErrAbortHandler)
		}
		controller.Flush() //nolint:errcheck // a writer that cannot has nothing to flush
		LimitWrite(w, r, false)
		sent = next
	}
	if end == journal.Truncated {
		x.finish(&response, end, most)
		controller.Flush() //nolint:errcheck // as above; the header, if nothing follows it
		panic(http.ErrAbortHandler)
	}
}

// finish marks the request as finished. Only the first call counts.
func (x *exchange) finish(response *emulate.Response, outcome journal.Outcome, sent int) {
	if !x.mark(response, outcome, sent) {
		return
	}
	logger, ctx := x.world.engine.config.Logger, context.Background()
	if logger == nil {
		return
	}
	e := x.entry // nobody changes it any more
	if e.panicked != "" {
		logger.Error("panic", "op", e.op, "method", e.method, "path", e.where(), "stack", e.panicked)
	}
	if logger.Enabled(ctx, slog.LevelDebug) {
		logger.LogAttrs(ctx, slog.LevelDebug, "request",
			slog.String("op", e.op), slog.String("method", e.method), slog.String("path", e.where()),
			slog.Int("status", e.status), slog.String("outcome", string(outcome)), slog.Bool("committed", e.committed))
	}
}

// mark is finish without the log. It reports whether it was the first call.
func (x *exchange) mark(response *emulate.Response, outcome journal.Outcome, sent int) (first bool) {
	w, e := x.world, x.entry
	w.locked(func() {
		if first = e.outcome == journal.Open; !first {
			return
		}
		e.finished, e.outcome, e.sent = w.now(), outcome, sent
		e.guesses = x.Guesses()
		for _, guess := range e.guesses {
			w.journal.guesses.add(func() string { return e.method + " " + e.where() + ": " + e.api() + "." + guess })
		}
		if response != nil {
			e.status, e.reason = response.Status, clip(response.Reason, 4*longestReason)
			if response.Events == nil {
				e.response, e.responseSize = kept(response.Body), len(response.Body)
			}
			w.journal.grow(e, len(response.Body)+len(e.reason), w.engine.config.JournalBytes)
		}
		w.notify()
		w.engine.counts.add(e)
	})
	return first
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
