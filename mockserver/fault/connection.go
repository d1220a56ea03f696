package fault

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// Delay waits, and then serves normally. Usual stage: BeforeCommit.
func Delay(d time.Duration, options ...Option) Fault {
	return newFault(delay, Fault{pause: d}, options)
}

var delay = &kind{
	name: "delay", usual: BeforeCommit, waits: true,
	check: checkPause,
	read: func(f *Fault, raw json.RawMessage) (err error) {
		f.pause, err = readDuration(raw)
		return err
	},
	write: func(f *Fault) any { return f.pause.String() },
	do:    func(f *Fault, t Target) { t.Wait(f.pause) },
}

func checkPause(f *Fault) error {
	if f.pause < 0 {
		return fmt.Errorf("duration is %s; it must not be negative", f.pause)
	}
	return nil
}

// Stall never responds. It ends when the client goes, on a reset and when the
// server closes. Usual stage: BeforeCommit.
func Stall(options ...Option) Fault { return newFault(stall, Fault{}, options) }

var stall = &kind{
	name: "stall", usual: BeforeCommit, ends: true, waits: true,
	check: fine, read: readNothing, write: nothing,
	do: func(_ *Fault, t Target) { t.Wait(-1) },
}

// Drop closes the connection without a byte of a response. Usual stage:
// BeforeCommit. Drop(AfterCommit) is the case that makes careless clients
// create a thing twice.
func Drop(options ...Option) Fault { return newFault(drop, Fault{}, options) }

var drop = &kind{
	name: "drop", usual: BeforeCommit, ends: true,
	check: fine, read: readNothing, write: nothing,
	do: func(_ *Fault, t Target) { t.End(journal.Dropped) },
}

// Reset breaks the connection without a byte of a response: with a RST on
// TCP, so that the client sees "connection reset by peer". Usual stage:
// BeforeCommit.
func Reset(options ...Option) Fault { return newFault(reset, Fault{}, options) }

var reset = &kind{
	name: "reset", usual: BeforeCommit, ends: true,
	check: fine, read: readNothing, write: nothing,
	do: func(_ *Fault, t Target) { t.End(journal.Reset) },
}
