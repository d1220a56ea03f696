package engine

import "time"

// clock is what was done to the time of a world. The zero value follows the
// clock of the engine.
type clock struct {
	stopped time.Time // the time at which the clock stands; zero: it runs
	offset  time.Duration
	stepped bool // a request came: the next one is Config.ClockStep later
}

// now is the time of the world.
func (w *World) now() time.Time {
	if !w.clock.stopped.IsZero() {
		return w.clock.stopped
	}
	now := time.Now
	if w.engine.config.Now != nil {
		now = w.engine.config.Now
	}
	return now().UTC().Add(w.clock.offset)
}

// Now is the time by the clock of the world, in UTC: what records are stamped
// with and what rate limits count by. The waits of faults follow the real
// clock instead, as the client does.
func (w *World) Now() (now time.Time) {
	w.locked(func() { now = w.now() })
	return now
}

// Clock returns the time, and whether it stands until it is moved.
func (w *World) Clock() (now time.Time, stopped bool) {
	w.locked(func() { now, stopped = w.now(), !w.clock.stopped.IsZero() })
	return now, stopped
}

// SetTime stops the clock at a moment. It stands there until Advance, SetTime
// or a reset.
func (w *World) SetTime(t time.Time) {
	w.locked(func() {
		w.clock = clock{stopped: t.UTC()}
		w.tick()
	})
}

// Advance moves the clock, whether it runs or stands. A negative duration
// moves it back.
func (w *World) Advance(d time.Duration) {
	w.locked(func() {
		w.moveClock(d)
		w.tick()
	})
}

func (w *World) moveClock(d time.Duration) {
	if !w.clock.stopped.IsZero() {
		w.clock.stopped = w.clock.stopped.Add(d)
		return
	}
	w.clock.offset += d
}

// step moves the clock for a request.
func (w *World) step() {
	if w.clock.stepped {
		w.moveClock(w.engine.config.ClockStep)
	}
	w.clock.stepped = true
}
