package transport

import (
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

// Tally captures the response to a call that takes several requests: it is the
// last one, and Attempts and Elapsed count all.
type Tally struct {
	// Settled says that the last request was one that settled.
	Settled bool

	into    *agentclients.Response // nil: nobody wants it
	start   time.Time
	before  int                   // attempts of all requests but the current one
	last    agentclients.Response // before the current one
	current agentclients.Response
}

// NewTally returns a Tally for a call with these options, and the options for
// its requests.
func NewTally(options []agentclients.CallOption) (*Tally, []agentclients.CallOption) {
	t := &Tally{into: apply(options).Capture, start: time.Now()}
	return t, append(options[:len(options):len(options)], t.take)
}

// take begins a request.
func (t *Tally) take(o *agentclients.CallOptions) {
	if t.current.Attempts > 0 {
		t.before += t.current.Attempts
		t.last, t.current = t.current, agentclients.Response{}
	}
	o.Capture = &t.current
}

// Report fills what the caller asked to be filled, unless nothing was sent yet.
func (t *Tally) Report() {
	response := t.current
	if response.Attempts == 0 {
		response = t.last
	}
	if t.into == nil || response.Attempts == 0 {
		return
	}
	response.Attempts = t.before + t.current.Attempts
	response.Elapsed = time.Since(t.start)
	response.Settled = t.Settled
	*t.into = response
}
