package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// StreamFault is what goes wrong with a stream of events. Mock servers work
// with it; a test has no use for it.
type StreamFault struct {
	// CutAfter breaks the connection behind that many events. Nil: not at all.
	CutAfter *int
	// PauseAfter is silent for Pause behind that many events. Nil: not at all.
	PauseAfter *int
	// Pause is how long it is silent.
	Pause time.Duration
	// Repeat sends one event twice, counted from 1. Nil: none.
	Repeat *int
	// Split writes pieces of that many bytes. 0: whatever there is, at once.
	Split int
	// NoLast leaves out the event that says that a run is over.
	NoLast bool
}

// Join is both faults together. Of what both say the other one counts.
func (f StreamFault) Join(other StreamFault) StreamFault {
	if other.CutAfter != nil {
		f.CutAfter = other.CutAfter
	}
	if other.PauseAfter != nil {
		f.PauseAfter, f.Pause = other.PauseAfter, other.Pause
	}
	if other.Repeat != nil {
		f.Repeat = other.Repeat
	}
	if other.Split > 0 {
		f.Split = other.Split
	}
	f.NoLast = f.NoLast || other.NoLast
	return f
}

// CutStream breaks the connection of a stream behind that many events. Frames
// that are no events, such as greetings and heartbeats, do not count. Usual
// stage: AfterCommit.
func CutStream(events int, options ...Option) Fault {
	return newFault(cutStream, Fault{count: events}, options)
}

var cutStream = &kind{
	name: "cut_stream", usual: AfterCommit, edits: true,
	read: readNumber, write: number, check: checkEvents(0),
	do: func(f *Fault, t Target) { t.Stream(StreamFault{CutAfter: &f.count}) },
}

// checkEvents wants at least that many events, and that the request took effect.
func checkEvents(least int) func(*Fault) error {
	return func(f *Fault) error {
		if f.count < least {
			return fmt.Errorf("number of events is %d; it must be at least %d", f.count, least)
		}
		return checkStream(f)
	}
}

// checkStream refuses a stage at which there is no stream yet.
func checkStream(f *Fault) error {
	if f.stage == BeforeCommit {
		return fmt.Errorf("it changes a stream, and there is none at stage %q; allowed is %q", BeforeCommit, AfterCommit)
	}
	return nil
}

// PauseStream is silent for a while behind that many events of a stream. Usual
// stage: AfterCommit.
func PauseStream(events int, d time.Duration, options ...Option) Fault {
	return newFault(pauseStream, Fault{count: events, pause: d}, options)
}

var pauseStream = &kind{
	name: "pause_stream", usual: AfterCommit, edits: true,
	check: func(f *Fault) error { return errors.Join(checkEvents(0)(f), checkPause(f)) },
	read: func(f *Fault, raw json.RawMessage) (err error) {
		var wire pauseStreamJSON
		if err := jsontext.DecodeStrict(raw, &wire); err != nil {
			return fmt.Errorf(`must be {"after":1,"pause":"10s"}: %w`, err)
		}
		f.count = wire.After
		f.pause, err = readDuration(wire.Pause)
		return err
	},
	write: func(f *Fault) any { return pauseStreamJSON{f.count, jsontext.MustMarshal(f.pause.String())} },
	do:    func(f *Fault, t Target) { t.Stream(StreamFault{PauseAfter: &f.count, Pause: f.pause}) },
}

type pauseStreamJSON struct {
	After int             `json:"after"`
	Pause json.RawMessage `json:"pause"`
}

// RepeatEvent sends one event of a stream twice, counted from 1. Usual stage:
// AfterCommit.
func RepeatEvent(event int, options ...Option) Fault {
	return newFault(repeatEvent, Fault{count: event}, options)
}

var repeatEvent = &kind{
	name: "repeat_event", usual: AfterCommit, edits: true,
	read: readNumber, write: number, check: checkEvents(1),
	do: func(f *Fault, t Target) { t.Stream(StreamFault{Repeat: &f.count}) },
}

// SplitWrites writes a stream in pieces of that many bytes, wherever they cut
// it. Usual stage: AfterCommit.
func SplitWrites(bytes int, options ...Option) Fault {
	return newFault(splitWrites, Fault{count: bytes}, options)
}

var splitWrites = &kind{
	name: "split_writes", usual: AfterCommit, edits: true,
	read: readNumber, write: number,
	check: func(f *Fault) error {
		if f.count < 1 {
			return fmt.Errorf("number of bytes is %d; it must be at least 1", f.count)
		}
		return checkStream(f)
	},
	do: func(f *Fault, t Target) { t.Stream(StreamFault{Split: f.count}) },
}

// NoLastEvent leaves out the event that says that a run is over; the stream
// ends as if it had been sent. Usual stage: AfterCommit.
func NoLastEvent(options ...Option) Fault { return newFault(noLastEvent, Fault{}, options) }

var noLastEvent = &kind{
	name: "no_last_event", usual: AfterCommit, edits: true,
	check: checkStream, read: readNothing, write: nothing,
	do: func(_ *Fault, t Target) { t.Stream(StreamFault{NoLast: true}) },
}
