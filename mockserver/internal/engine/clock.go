package engine

import (
	"fmt"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/run"
)

// The bounds of every clock. The ids of some APIs hold no earlier time, and
// JSON holds no later one.
var (
	earliest = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = run.Latest
)

// CheckTime refuses a time at which no clock can be.
func CheckTime(t time.Time) error {
	if t.Before(earliest) || t.After(latest) {
		return fmt.Errorf("the clock would be at %s; allowed is 1970 to 9999", t.UTC().Format(time.RFC3339))
	}
	return nil
}

// clamp is the time within the bounds that is nearest.
func clamp(t time.Time) time.Time {
	switch {
	case t.Before(earliest):
		return earliest
	case t.After(latest):
		return latest
	}
	return t
}

// clock is what was done to the time of a world. The zero value follows the
// clock of the engine.
type clock struct {
	at      time.Time // what it was when it was moved; zero: it follows the engine's
	since   time.Time // when that was by the clock of the engine, from where it runs on
	stopped bool      // it stands at that moment instead
	stepped bool      // a request came: the next one is Config.ClockStep later
}

// now is the time of the engine, in UTC.
func (e *Engine) now() time.Time {
	if e.config.Now != nil {
		return e.config.Now().UTC()
	}
	return time.Now().UTC()
}

// now is the time of the world, in UTC and within the bounds.
func (w *World) now() time.Time {
	switch c := w.clock; {
	case c.at.IsZero():
		return clamp(w.engine.now())
	case c.stopped:
		return c.at
	default:
		return clamp(c.at.Add(w.engine.now().Sub(c.since)))
	}
}

// Now is the time by the clock of the world, in UTC: what records are stamped
// with and what rate limits count by. It is always from 1970 to 9999. The
// waits of faults follow the real clock instead, as the client does.
func (w *World) Now() (now time.Time) {
	w.locked(func() { now = w.now() })
	return now
}

// Clock returns the time, and whether it stands until it is moved.
func (w *World) Clock() (now time.Time, stopped bool) {
	w.locked(func() { now, stopped = w.now(), w.clock.stopped })
	return now, stopped
}

// SetTime stops the clock at a moment. It stands there until Advance, SetTime
// or a reset. The error says that the moment is not from 1970 to 9999; then
// nothing was changed.
func (w *World) SetTime(t time.Time) error {
	if err := CheckTime(t); err != nil {
		return err
	}
	w.locked(func() {
		w.clock = clock{at: t.UTC(), stopped: true}
		w.tick()
	})
	return nil
}

// Advance moves the clock, whether it runs or stands. A negative duration
// moves it back. The error says that it would not stay between 1970 and 9999;
// then nothing was changed.
func (w *World) Advance(d time.Duration) (err error) {
	w.locked(func() {
		to := w.now().Add(d)
		if err = CheckTime(to); err == nil {
			w.move(to)
			w.tick()
		}
	})
	return err
}

// move lets the clock go on from another time.
func (w *World) move(to time.Time) {
	w.clock.at = clamp(to)
	if !w.clock.stopped {
		w.clock.since = w.engine.now()
	}
}

// step moves the clock for a request. At the end of time it stands.
func (w *World) step() {
	if w.clock.stepped && w.engine.config.ClockStep > 0 {
		w.move(w.now().Add(w.engine.config.ClockStep))
	}
	w.clock.stepped = true
}
