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

	asked bool // somebody is deciding the reply
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
	r.Reply = &reply
	r.Due = r.Due.Add(reply.Delay)
}

// steps are all steps of the run.
func (r *Run) steps() []Step {
	reply := r.Reply
	steps := []Step{{Kind: Begin}}
	pause := time.Duration(0) // none before the first thing that it does
	for i, tool := range reply.Tools {
		steps = append(steps, Step{Kind: ToolStart, Tool: tool, Index: i, After: pause})
		pause = reply.Pace
		steps = append(steps, Step{Kind: ToolEnd, Tool: tool, Index: i, After: pause})
	}
	if reply.Ask != "" {
		steps = append(steps, Step{Kind: Ask, Text: reply.Ask})
	}
	held := reply.Hold || reply.Ask != ""
	for i, piece := range reply.Pieces() {
		steps = append(steps, Step{Kind: Piece, Text: piece, Index: i, After: pause, hold: held})
		pause, held = reply.Pace, false
	}
	return append(steps, Step{Kind: End, hold: held})
}

// Advance plays every step that is due, and returns when the next one is; the
// zero time if the run is over or waits for something else than time.
func (r *Run) Advance(now time.Time, play func(Step)) time.Time {
	if r.Over || r.Reply == nil || r.Held {
		return time.Time{}
	}
	steps := r.steps()
	for r.Step < len(steps) {
		step := steps[r.Step]
		if step.hold && !r.released() {
			r.Held = true
			return time.Time{}
		}
		if due := r.Due.Add(step.After); due.After(now) {
			return due
		} else {
			r.Due = due
		}
		r.Step++
		r.Over = step.Kind == End
		play(step)
		if r.Over { // play may also have stopped it
			break
		}
	}
	return time.Time{}
}

// released reports whether a hold was lifted: it is then no longer in the
// reply.
func (r *Run) released() bool { return !r.Reply.Hold && r.Reply.Ask == "" }

// Release lets a run go on that is held, or that will be. What it asked a
// person is answered.
func (r *Run) Release(now time.Time) {
	if r.Over || r.Reply == nil || !r.Reply.Hold && r.Reply.Ask == "" {
		return
	}
	before := len(r.steps())
	reply := *r.Reply
	reply.Hold, reply.Ask = false, ""
	asked := r.Reply.Ask != "" && r.Held
	r.Reply = &reply
	if asked { // the step of the question is not in the list any more
		r.Step -= before - len(r.steps())
	}
	if r.Held && r.Due.Before(now) {
		r.Due = now
	}
	r.Held = false
}

// Stop ends the run where it is.
func (r *Run) Stop() { r.Over, r.Held = true, false }
