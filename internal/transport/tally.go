package transport

import (
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

// Tally adds up the requests of a call that takes several of them. What
// CaptureResponse fills describes the last one, and counts them all. The zero
// value is ready. It is not safe for concurrent use.
type Tally struct {
	start    time.Time
	attempts int
	settled  bool
}

// add counts a response, and puts the sums into it. A nil Tally has none.
func (t *Tally) add(response *agentclients.Response, start time.Time) {
	if t == nil {
		return
	}
	if t.start.IsZero() {
		t.start = start
	}
	t.attempts += response.Attempts
	response.Attempts, response.Elapsed, response.Settled = t.attempts, time.Since(t.start), t.settled
}

// Settle notes that a response left open what happened, and that the last
// request found it out.
func (t *Tally) Settle(options []agentclients.CallOption) {
	t.settled = true
	if capture := apply(options).Capture; capture != nil {
		capture.Settled = true
	}
}
