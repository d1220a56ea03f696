package transport

import (
	"slices"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

// Calls are several calls that are one to the caller. What the caller captures
// is the last response, with the Attempts and the Elapsed of all.
type Calls struct {
	options  []agentclients.CallOption
	into     *agentclients.Response // nil: nobody asked
	last     agentclients.Response  // of the call at work
	captured agentclients.Response
	attempts int
	elapsed  time.Duration
}

// NewCalls returns Calls that share the options of the caller.
func NewCalls(options []agentclients.CallOption) *Calls {
	return &Calls{options: options, into: apply(options).Capture}
}

// Next returns the options of the next call.
func (c *Calls) Next() []agentclients.CallOption {
	if c.into == nil {
		return c.options
	}
	c.add()
	return append(slices.Clip(c.options), agentclients.CaptureResponse(&c.last))
}

// Done captures for the caller what came of the calls.
func (c *Calls) Done() {
	if c.into == nil {
		return
	}
	c.add()
	if c.attempts > 0 {
		c.captured.Attempts, c.captured.Elapsed = c.attempts, c.elapsed
		*c.into = c.captured
	}
}

func (c *Calls) add() {
	if c.last.Attempts > 0 {
		c.captured = c.last
		c.attempts += c.last.Attempts
		c.elapsed += c.last.Elapsed
	}
	c.last = agentclients.Response{}
}
