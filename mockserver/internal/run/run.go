// Package run plays replies: a run is data in the state of an API, and moves
// on when somebody looks at it. So it survives snapshots, follows whatever
// clock the mock has, and needs no goroutine.
package run

import (
	"time"

	"github.com/agentclients/agentclients-go/mockserver/script"
)

// Run is one run of an agent: a turn, and the reply to it as far as it was
// played.
type Run struct {
	Turn  script.Turn   `json:"turn"`
	Reply *script.Reply `json:"reply,omitempty"` // nil: nobody has said yet
	Begun time.Time     `json:"begun"`
	Due   time.Time     `json:"due"`            // when the next step is
	Step  int           `json:"step,omitempty"` // how many were played
	Held  bool          `json:"held,omitempty"` // it waits to be released
	Over  bool          `json:"over,omitempty"`

	// Paused: it is held because of what Pause says, not because of its reply.
	Paused bool `json:"paused,omitempty"`

	// Otherwise is the reply if nobody is left who could decide one.
	Otherwise *script.Reply `json:"otherwise,omitempty"`

	asked  bool      // somebody is deciding the reply
	pieces []string  // of the reply, once it is played
	next   time.Time // when there is more, as far as it is known
}

// Kind is what happens in a step.
type Kind int

// The kinds of steps, in the order in which a run has them.
const (
	// Begin: the agent starts to work.
	Begin Kind = iota
	// ToolStart and ToolEnd: it calls a tool, and the tool is done.
	ToolStart
	ToolEnd
	// Ask: it waits for a person.
	Ask
	// Piece: it says a piece of the text.
	Piece
	// End: it is done, well or badly.
	End
)

// Step is one thing that happens in a run.
type Step struct {
	Kind  Kind
	After time.Duration   // since the step before it
	Tool  script.ToolCall // of ToolStart and ToolEnd
	Index int             // of the tool, or of the piece
	Text  string          // of Piece
	hold  bool            // the run is held before it
}

// Start begins a run. A nil reply is one that nobody has decided yet: Answer
// brings it.
func Start(now time.Time, turn script.Turn, reply *script.Reply) *Run {
	r := &Run{Turn: turn, Begun: now, Due: now}
	if reply != nil {
		r.Answer(*reply)
	}
	return r
}

// Latest is where every clock ends. A state, which is JSON, holds no later time.
var Latest = time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)

// Later is a moment after another one, or the last that there is.
func Later(t time.Time, d time.Duration) time.Time {
	if t = t.Add(d); t.After(Latest) {
		return Latest
	}
	return t
}

// Ask reports whether somebody has to decide the reply, and that only once.
func (r *Run) Ask() bool {
	ask := r.Reply == nil && !r.Over && !r.asked
	r.asked = r.asked || ask
	return ask
}

// Answer says what the reply is.
func (r *Run) Answer(reply script.Reply) {
	if r.Reply != nil {
		return
	}
	r.Reply, r.Otherwise = &reply, nil
	r.Due = Later(r.Due, reply.Delay)
}

// at is one step of the run; the last one is the End.
func (r *Run) at(i int) Step {
	reply := r.Reply
	if i == 0 {
		return Step{Kind: Begin}
	}
	i--
	pause := reply.Pace // none before the first thing that it does
	if tools := 2 * len(reply.Tools); i < tools {
		if i == 0 {
			pause = 0
		}
		return Step{Kind: ToolStart + Kind(i%2), Tool: reply.Tools[i/2], Index: i / 2, After: pause}
	} else if tools == 0 {
		pause = 0
	}
	i -= 2 * len(reply.Tools)
	if reply.Ask != "" {
		if i == 0 {
			return Step{Kind: Ask, Text: reply.Ask}
		}
		i--
	}
	held := i == 0 && !r.released()
	switch {
	case i >= len(r.pieces):
		return Step{Kind: End, hold: held}
	case i > 0:
		pause = reply.Pace
	}
	return Step{Kind: Piece, Text: r.pieces[i], Index: i, After: pause, hold: held}
}

// Waits reports whether nothing is due: Advance would do nothing.
func (r *Run) Waits(now time.Time) bool {
	return r.Over || r.Reply == nil || r.Held || r.next.After(now)
}

// Advance plays every step that is due, and returns when the next one is; the
// zero time if the run is over or waits for something else than time. A look
// at a run of which nothing is due costs next to nothing.
func (r *Run) Advance(now time.Time, play func(Step)) time.Time {
	switch {
	case r.Over || r.Reply == nil || r.Held:
		return time.Time{}
	case r.Waits(now):
		return r.next
	}
	if r.pieces == nil {
		r.pieces = r.Reply.Pieces()
	}
	for !r.Over && !r.Held { // play may also stop or pause it
		step := r.at(r.Step)
		if step.hold {
			r.Held = true
			return time.Time{}
		}
		due := r.Due.Add(step.After)
		if due.After(now) {
			r.next = due
			return due
		}
		r.Due = due
		r.Step++
		r.Over = step.Kind == End
		play(step)
	}
	r.pieces = nil
	return time.Time{}
}

// released reports whether there is no hold, or it was lifted: it is then no
// longer in the reply.
func (r *Run) released() bool { return !r.Reply.Hold && r.Reply.Ask == "" }

// Release lets a run go on that is held, or that will be. What it asked a
// person is answered.
func (r *Run) Release(now time.Time) {
	if r.Paused {
		r.resume(now)
		return
	}
	if r.Over || r.Reply == nil || r.released() {
		return
	}
	if r.Reply.Ask != "" && r.Held { // the step of the question is not there any more
		r.Step--
	}
	reply := *r.Reply
	reply.Hold, reply.Ask = false, ""
	r.Reply = &reply
	r.resume(now)
}

// resume lets a run go on that was held.
func (r *Run) resume(now time.Time) {
	if r.Held && r.Due.Before(now) {
		r.Due = now
	}
	r.Held, r.Paused, r.next = false, false, time.Time{}
}

// Pause holds the run behind the step that is being played, until Release: its
// API waits for something that the reply says nothing of.
func (r *Run) Pause() { r.Held, r.Paused = true, true }

// Stop ends the run where it is.
func (r *Run) Stop() { r.Over, r.Held, r.Paused = true, false, false }

// Earlier is the earlier of two times. The zero time is never.
func Earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
