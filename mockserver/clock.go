package mockserver

import "time"

// clock is what was done to the time of a namespace. The zero value follows
// the clock of the server.
type clock struct {
	stopped time.Time // the time at which the clock stands; zero: it runs
	offset  time.Duration
	stepped bool // a request came: the next one is Config.ClockStep later
}

// now is the time of the namespace. The caller holds the lock.
func (n *Namespace) now() time.Time {
	if !n.clock.stopped.IsZero() {
		return n.clock.stopped
	}
	now := time.Now
	if n.server.config.Now != nil {
		now = n.server.config.Now
	}
	return now().UTC().Add(n.clock.offset)
}

// Now is the time by the clock of the namespace, in UTC: what records are
// stamped with and what rate limits count by. The waits of faults follow the
// real clock instead, as the client does.
func (n *Namespace) Now() time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.now()
}

// SetTime stops the clock at a moment. It stands there until Advance,
// SetTime or a reset.
func (n *Namespace) SetTime(t time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.clock = clock{stopped: t.UTC()}
}

// Advance moves the clock, whether it runs or stands. A negative duration
// moves it back.
func (n *Namespace) Advance(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.advance(d)
}

// advance is Advance for those who hold the lock.
func (n *Namespace) advance(d time.Duration) {
	if !n.clock.stopped.IsZero() {
		n.clock.stopped = n.clock.stopped.Add(d)
		return
	}
	n.clock.offset += d
}

// step moves the clock for a request. The caller holds the lock.
func (n *Namespace) step() {
	if n.clock.stepped {
		n.advance(n.server.config.ClockStep)
	}
	n.clock.stepped = true
}
