package engine

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// ServeHTTP serves a request to /{api}/... or /_ns/{namespace}/{api}/... as
// that API would. One that a web page of others lets a browser send gets 403,
// before anything is made or noted for it. A fault that closes the connection panics with
// http.ErrAbortHandler, which net/http understands.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if e.turnAway(w, r) {
		return
	}
	d := e.route(r)
	if real := e.real[d.api]; real != nil && d.refused == 0 {
		e.compare(w, r, d, real)
		return
	}
	x := newExchange(w, r, d)
	x.arrive()
	defer x.leave()
	switch {
	case d.api == nil:
		x.send(w, r, x.unknownAPI())
		return
	case d.refused != 0:
		x.send(w, r, x.refuse(d.refused, d.reason, d.reason))
		return
	}
	response := x.process(w, r)
	switch end := x.effects.end; end {
	case "":
		x.send(w, r, response)
	case journal.Reset:
		x.finish(nil, end, 0)
		resetConnection(w)
	default:
		x.finish(nil, end, 0)
		panic(http.ErrAbortHandler)
	}
}

// process does everything up to the response. If the effects of faults have
// an end by then, there is no response: the connection ends that way.
func (x *exchange) process(w http.ResponseWriter, r *http.Request) emulate.Response {
	x.effects.ctx = r.Context()
	if x.plan != nil {
		if x.waitsAt(fault.BeforeRead) {
			x.body.start() // net/http notices that a client went only when its request is read
		}
		if replaced := x.perform(fault.BeforeRead); replaced {
			x.body.abandon()
			return x.after()
		}
	}
	data, err := x.body.finish()
	if err != nil {
		return x.unreadable(err)
	}
	x.Body = data
	x.world.decideReplies(x.api)
	response, done := x.admit()
	if done {
		return x.await(response)
	}
	if replaced := x.perform(fault.BeforeCommit); !replaced {
		x.world.decideReplies(x.api) // a fault may have waited
		x.effects.response = x.commit()
	}
	return x.after()
}

// after does the faults that come when the request took effect, and those
// that change the response. A response that takes its time is lost or replaced
// while its run still goes on.
func (x *exchange) after() emulate.Response {
	if x.effects.end == "" {
		x.perform(fault.AfterCommit)
	}
	if x.effects.end == "" {
		x.effects.response = x.await(x.effects.response)
	}
	if x.effects.end == "" {
		x.edit()
	}
	return x.effects.response
}

// unreadable refuses a request whose body could not be read.
func (x *exchange) unreadable(err error) emulate.Response {
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		const reason = "request body is larger than 8 MiB"
		return x.refuse(http.StatusRequestEntityTooLarge, reason, reason)
	}
	if stalled := (*StalledError)(nil); errors.As(err, &stalled) {
		return x.refuse(http.StatusRequestTimeout, err.Error(), err.Error())
	}
	if x.effects.ctx.Err() == nil && !errors.Is(err, io.ErrUnexpectedEOF) && !isNetworkError(err) {
		const reason = "request body cannot be read" // broken chunks
		return x.refuse(http.StatusBadRequest, reason, reason)
	}
	x.effects.end = x.gone()
	return emulate.Response{}
}

func isNetworkError(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe)
}

// gone is the outcome when the connection broke.
func (x *exchange) gone() journal.Outcome {
	select {
	case <-x.world.engine.closed:
		return journal.Cancelled
	default:
		return journal.ClientGone
	}
}

// outcome is how a request ends that can be answered.
func (x *exchange) outcome(ctx context.Context) journal.Outcome {
	if ctx.Err() != nil && !x.body.givenUp.Load() {
		return x.gone()
	}
	return journal.Complete
}

// unknownAPI responds to a path that belongs to no API.
func (x *exchange) unknownAPI() emulate.Response {
	names := x.world.engine.Names()
	reason := "the path belongs to no API; paths begin with /" + names[0] + "/ or another of " + jsontext.Quote(names)
	return emulate.Text(http.StatusNotFound, "mockserver: "+reason+"\n").Because(reason)
}
