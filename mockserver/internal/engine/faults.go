package engine

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// effects is what faults have done to a request.
type effects struct {
	ctx      context.Context   // of the request
	response emulate.Response  // that is ready, the API's own or a fault's
	replaced bool              // a fault responded at this stage
	end      journal.Outcome   // how the connection ends without a response
	cut      *int              // how many bytes of the response are sent
	slow     *pace             // how quickly
	stream   fault.StreamFault // what happens to its events
}

type pace struct {
	chunk int
	pause time.Duration
}

// waitsAt reports whether the plan waits at a stage.
func (x *exchange) waitsAt(stage fault.Stage) bool {
	return slices.ContainsFunc(x.plan, func(s fault.Step) bool { return s.Stage() == stage && s.Waits() })
}

// perform does the faults of one stage. It reports whether the API is not to
// be asked any more, because a fault responded or ended the request.
func (x *exchange) perform(stage fault.Stage) bool {
	x.effects.replaced = false
	for _, step := range x.plan {
		if step.Stage() != stage || step.Edits() {
			continue
		}
		if step.Do(target{x, step}); x.effects.end != "" {
			return true
		}
	}
	return x.effects.replaced
}

// edit does the faults that change the response.
func (x *exchange) edit() {
	for _, step := range x.plan {
		if step.Edits() {
			step.Do(target{x, step})
		}
	}
}

// target is a request as a fault sees it.
type target struct {
	x    *exchange
	step fault.Step
}

func (t target) Wait(d time.Duration) { t.x.effects.end = t.x.wait(t.x.effects.ctx, d) }

func (t target) End(outcome journal.Outcome) { t.x.effects.end = outcome }

func (t target) Failure(status int) fault.Response {
	r := t.x.refuse(status, "", "")
	if r.Type != "" {
		r = r.With("Content-Type", r.Type)
	}
	return fault.Response{Status: r.Status, Header: r.Header, Body: r.Body}
}

func (t target) Respond(r fault.Response) {
	t.x.effects.response = emulate.Response{Status: r.Status, Header: r.Header, Body: r.Body}
	t.x.effects.replaced = true
}

func (t target) Edit(edit func(body []byte) ([]byte, bool)) {
	response, ok := &t.x.effects.response, false
	if hasBody(response.Status) {
		response.Body, ok = edit(response.Body)
	}
	if !ok {
		t.miss()
	}
}

func (t target) Cut(bytes int) {
	t.x.effects.cut = &bytes
	t.missEmpty()
}

func (t target) Slow(chunk int, pause time.Duration) {
	t.x.effects.slow = &pace{chunk, pause}
	t.missEmpty()
}

func (t target) Stream(f fault.StreamFault) {
	if t.x.effects.response.Events == nil {
		t.miss()
		return
	}
	t.x.effects.stream = t.x.effects.stream.Join(f)
}

// missEmpty is miss for a response of which no body is sent.
func (t target) missEmpty() {
	response := &t.x.effects.response
	if len(response.Body) == 0 || !hasBody(response.Status) || t.x.Method == http.MethodHead {
		t.miss()
	}
}

// miss notes that the fault could not do its work.
func (t target) miss() {
	t.x.world.locked(func() { t.x.problem("fault " + t.step.Fault().String() + " found nothing to change in the response") })
}

// wait waits, forever if d is negative. It returns an outcome if something
// ended the wait: the client, a reset, or the end of the engine.
func (x *exchange) wait(ctx context.Context, d time.Duration) journal.Outcome {
	var over <-chan time.Time
	if d >= 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
		return ""
	case <-x.stop:
		return journal.Cancelled
	case <-x.world.engine.closed:
		return journal.Cancelled
	case <-ctx.Done():
		return x.gone()
	}
}

// resetConnection breaks the connection of a request: with a RST on TCP.
func resetConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil { // HTTP/2, or no connection at all
		panic(http.ErrAbortHandler)
	}
	bare := conn
	if encrypted, ok := conn.(*tls.Conn); ok {
		bare = encrypted.NetConn()
	}
	switch c := bare.(type) {
	case *net.TCPConn:
		c.SetLinger(0) //nolint:errcheck // then it is closed politely
	case interface{ Reset() }: // a pipe
		c.Reset()
	}
	bare.Close() //nolint:errcheck // it is gone either way
}
