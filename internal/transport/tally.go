package transport

import (
	"slices"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

// Tally captures the response to a call that takes several requests: it is the
// last one, and Attempts and Elapsed count all. Such a call may itself be one
// of the requests of another. A nil Tally, for a caller who captures nothing,
// costs nothing.
type Tally struct {
	into     *agentclients.Response
	start    time.Time
	attempts int                   // of shown and all before
	shown    agentclients.Response // the last one
	settled  bool
	current  agentclients.Response // where the request at work puts it
}

// NewTally returns a Tally for a call with these options, and the options for
// its requests.
func NewTally(options []agentclients.CallOption) (*Tally, []agentclients.CallOption) {
	into := apply(options).Capture
	if into == nil {
		return nil, options
	}
	t := &Tally{into: into, start: time.Now()}
	return t, append(slices.Clip(options), func(o *agentclients.CallOptions) {
		t.add()
		o.Capture = &t.current
	})
}

// add counts the response that came last, if it is not counted yet.
func (t *Tally) add() {
	if t.current.Attempts > 0 {
		t.attempts += t.current.Attempts
		t.shown, t.current = t.current, agentclients.Response{}
	}
}

// Settle notes that the last request found out what an earlier one left open.
func (t *Tally) Settle() {
	if t != nil {
		t.settled = true
	}
}

// Keep makes the response that came last the one that is captured, whatever
// comes until the function that it returns is called. What comes is counted.
func (t *Tally) Keep() (done func()) {
	if t == nil {
		return func() {}
	}
	t.add()
	kept := t.shown
	return func() {
		t.add()
		t.shown = kept
	}
}

// Report fills what the caller asked to be filled, unless nothing was sent
// yet. A call that may be a request of another one reports once.
func (t *Tally) Report() {
	if t == nil {
		return
	}
	t.add()
	if t.attempts == 0 {
		return
	}
	*t.into = t.shown
	t.into.Attempts = t.attempts
	t.into.Elapsed = time.Since(t.start)
	t.into.Settled = t.into.Settled || t.settled
}
