package engine

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// exchange is one request on its way through a world.
type exchange struct {
	emulate.Request
	world *World
	api   *Emulation // nil: the path belongs to none
	route *route     // nil: no operation matched
	view  view       // what the request has of the world
	body  bodyReader

	entry    *entry          // the request in the journal
	problems []string        // what strictness has against it
	plan     []fault.Step    // what the rule that hit the request does to it
	stop     <-chan struct{} // closed when waits must end; nil without a plan
	limit    limitStatus     // set by limited
	effects  effects         // what the plan has done so far
	refused  bool            // its world cannot be had
	stubbed  bool            // the rule that hit it stands for what is not emulated
	lost     bool            // it is counted among those that matched no operation
	alone    bool            // nobody else follows what the request began
	compared bool            // the real API has it, too: no rule hits it
	stream   string          // what it streams, if that is counted
}

func newExchange(w http.ResponseWriter, r *http.Request, d destination) *exchange {
	x := &exchange{
		Request: emulate.Request{Method: r.Method, Path: d.path, Header: r.Header, Host: r.Host},
		world:   d.world,
		api:     d.api,
		view:    view{d.world, d.api},
		body:    bodyReader{w: w, r: r, stalls: &d.world.engine.stalls},
	}
	x.World = &x.view
	if r.URL.RawQuery != "" {
		x.Query, _ = url.ParseQuery(r.URL.RawQuery) // what is broken is dropped
	}
	elements := strings.Split(d.path, "/")
	if strings.IndexByte(d.path, '%') >= 0 {
		for i, element := range elements {
			if plain, err := url.PathUnescape(element); err == nil {
				elements[i] = plain
			}
		}
		x.Path = strings.Join(elements, "/")
	}
	x.entry = newEntry(r, x)
	if d.api == nil {
		return x
	}
	if d.refused != 0 { // it is no request to an operation of the default world
		x.entry.reason = d.reason
		x.refused = true
		return x
	}
	x.route, x.Params, x.Allowed = d.api.match(r.Method, elements)
	if x.route != nil {
		x.Operation = x.route.Operation
		x.entry.op = x.route.name
	}
	return x
}

// The phases of a request that change the world. Between them its lock is
// free.

// arrive puts the request into the journal and lets the rules have it that
// begin before it is read.
func (x *exchange) arrive() {
	w := x.world
	w.locked(func() {
		w.active++
		w.used = time.Now()
		w.step()
		x.entry.received = w.now()
		w.journal.add(x.entry, &w.engine.config)
		if w.claim(x, true); x.api == nil || x.refused || x.plan != nil {
			x.countUnmatched()
		}
		w.notify()
	})
}

// countUnmatched notes a request that matched no operation, unless a stub has
// it.
func (x *exchange) countUnmatched() {
	if x.route == nil && !x.stubbed && !x.lost && !x.compared {
		x.lost = true
		x.world.journal.unmatched.add(x.suggest)
	}
}

// leave marks the end of the request.
func (x *exchange) leave() {
	w := x.world
	w.locked(func() {
		w.active--
		w.used = time.Now()
		x.countUnmatched() // its body was never read
		if x.stream != "" {
			w.count(x.api.Name, x.stream, -1)
		}
		if x.Committed() && !x.alone {
			w.tick() // what this request began is not told before its own response
		}
	})
}

// admit notes what was read and serves the request at once, unless a rule has
// it: then the faults come first. One lock is enough for the request, the
// change of the state and its mark in the journal.
func (x *exchange) admit() (response emulate.Response, done bool) {
	w := x.world
	x.problems = x.findProblems()
	w.locked(func() {
		w.journal.read(x.entry, x.Body, w.engine.config.JournalBytes)
		for _, problem := range x.problems {
			x.problem(problem)
		}
		if x.isRejected() {
			x.plan = nil // whatever a rule wanted to do: the request never gets to where it happens
		} else {
			w.claim(x, false)
		}
		x.countUnmatched()
		if done = x.plan == nil; done {
			response = x.serve()
		}
		w.notify()
	})
	return response, done
}

// commit serves a request that a rule has.
func (x *exchange) commit() (response emulate.Response) {
	w := x.world
	w.locked(func() {
		x.Pretends = slices.ContainsFunc(x.plan, func(s fault.Step) bool { return s.Edits() && s.Stage() == fault.BeforeCommit })
		w.advance(x.api) // what happens by itself is no pretence
		before := w.ids
		if x.Pretends {
			w.ids = w.ids.clone()
		}
		response = x.serve()
		if x.Pretends {
			w.ids = before
		}
		w.notify()
	})
	return response
}

// refuse renders an error in the API's own shape.
func (x *exchange) refuse(status int, message, reason string) (response emulate.Response) {
	x.world.locked(func() { response = x.refusal(status, message, reason) })
	return response
}

// serve does what all APIs have in common, in the order that they have in
// common: the credential, the rate limit, the route, strictness; and then the
// operation itself.
func (x *exchange) serve() emulate.Response {
	if reason := x.world.dropped; reason != "" { // since the request came
		gone := GoneError{x.world.name, reason}
		return x.refusal(http.StatusGone, "mockserver: "+gone.Error(), "mockserver: "+gone.Error())
	}
	x.State = x.world.state(x.api)
	response := x.guarded(func() (emulate.Response, error) {
		if refusal := x.authenticate(); refusal != nil {
			return emulate.Response{}, refusal
		}
		switch encoding := x.encoding(); {
		case x.route == nil:
			return x.refuseRoute(), nil
		case encoding != "":
			return x.refuseEncoding(encoding), nil
		case x.isRejected():
			problems := strings.Join(x.problems, "; ")
			return x.api.Refuse(&x.Request, http.StatusBadRequest, problems).Because("strictness: " + problems), nil
		}
		if x.api.Advance != nil {
			x.api.Advance(x.World, x.State)
		}
		x.Enforced, x.Streams = x.world.engine.config.RateLimits, x.world.streams[x.api.Name]
		return x.Operation.Handler(&x.Request)
	})
	if x.stream = response.Stream; x.stream != "" {
		x.world.count(x.api.Name, x.stream, 1)
	}
	x.entry.committed = x.Committed()
	return response
}

// authenticate finds out who asks, and counts the request. Its error is a
// refusal.
func (x *exchange) authenticate() error {
	if x.route != nil && x.Operation.Public {
		return nil
	}
	credential, err := x.api.Authenticate(&x.Request)
	if err != nil {
		return err
	}
	x.Tenant = x.world.tenant(credential)
	return x.limited(credential)
}

// refuseRoute refuses a request that is for no operation. No API documents
// what it does about a wrong method.
func (x *exchange) refuseRoute() emulate.Response {
	if len(x.Allowed) == 0 {
		return x.api.Refuse(&x.Request, http.StatusNotFound, "").Because("path: no operation has it; " + x.nearest())
	}
	x.Guess("405")
	response := x.api.Refuse(&x.Request, http.StatusMethodNotAllowed, "").
		Because("method: expected " + strings.Join(x.Allowed, " or ") + ", got " + jsontext.Excerpt(x.Method))
	if response.Header.Get("Allow") == "" {
		response = response.With("Allow", strings.Join(x.Allowed, ", "))
	}
	return response
}

// refusal renders an error in the API's own shape.
func (x *exchange) refusal(status int, message, reason string) emulate.Response {
	if x.LimitReset.IsZero() {
		x.LimitReset = x.world.now().Add(time.Minute)
	}
	return x.guarded(func() (emulate.Response, error) {
		return x.api.Refuse(&x.Request, status, message).Because(reason), nil
	})
}

// guarded calls an API. An error that is no refusal and a panic become a 500
// in the API's own shape.
func (x *exchange) guarded(call func() (emulate.Response, error)) (response emulate.Response) {
	defer func() {
		if cause := recover(); cause != nil {
			x.panicked(fmt.Sprintf("panic: %v\n\n%s", cause, debug.Stack()))
			response = x.afterPanic()
		}
	}()
	response, err := call()
	if err == nil {
		return response
	}
	if refusal := (*emulate.Refusal)(nil); errors.As(err, &refusal) {
		return refusal.Response
	}
	x.panicked("error: " + err.Error())
	return x.afterPanic()
}

func (x *exchange) panicked(text string) {
	w := x.world
	x.entry.panicked = text
	w.journal.grow(x.entry, len(text), w.engine.config.JournalBytes)
	w.journal.panics.add(func() string { return x.entry.method + " " + x.entry.where() + ": " + text })
}

func (x *exchange) afterPanic() (response emulate.Response) {
	defer func() {
		if recover() != nil {
			response = emulate.Response{Status: http.StatusInternalServerError, Reason: "panic"}
		}
	}()
	return x.api.Refuse(&x.Request, http.StatusInternalServerError, "").Because("panic in the mock server: see the journal")
}

// problem notes a problem with the request.
func (x *exchange) problem(text string) {
	w := x.world
	x.entry.problems = append(x.entry.problems, text)
	w.journal.grow(x.entry, len(text), w.engine.config.JournalBytes)
	w.journal.problems.add(func() string { return x.entry.method + " " + x.entry.where() + ": " + text })
}
