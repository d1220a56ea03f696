package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// Found is what is in the journal.
type Found struct {
	Calls   []journal.Call
	Dropped int    // how many requests the journal has forgotten
	Next    uint64 // the id of the last one of Calls, to read on from
}

// Find returns the requests in the journal that match, oldest first; the
// zero Match matches all. A request that is still being served is among them,
// with the outcome Open.
func (w *World) Find(match journal.Match) (Found, error) { return w.Read(match, 0, -1) }

// Read is Find from behind a request on, for at most that many requests; a
// negative limit is none.
func (w *World) Read(match journal.Match, since uint64, limit int) (Found, error) {
	m, err := w.engine.compile(match)
	if err != nil {
		return Found{}, err
	}
	found := Found{Calls: []journal.Call{}, Next: since}
	w.locked(func() {
		found.Dropped = w.journal.dropped
		for _, e := range w.journal.entries() {
			if limit >= 0 && len(found.Calls) >= limit {
				break
			}
			if e.id > since && m.holds(e, nil) {
				found.Calls = append(found.Calls, e.call())
				found.Next = e.id
			}
		}
	})
	return found, nil
}

// Miss is the error of what does not hold: not as many requests match as
// should, or it cannot be known. Nearest is the request that comes nearest to
// matching, if too few match.
type Miss struct {
	message        string
	Count, Dropped int
	Want           string
	Nearest        *journal.Call
	Differences    []Difference
	cause          error
}

// Difference is one thing in which the nearest request differs.
type Difference struct{ Field, Want, Got string }

// Error says what does not hold, and in more lines what comes nearest.
func (m *Miss) Error() string { return m.message }

// Unwrap returns why nobody waits any longer, if somebody did.
func (m *Miss) Unwrap() error { return m.cause }

// Check returns a *Miss if not that many requests match, or if it cannot know,
// because the journal has dropped requests or is off.
func (w *World) Check(match journal.Match, want journal.Count) error {
	m, err := w.engine.compile(match)
	if err != nil {
		return fmt.Errorf("match: %w", err)
	}
	w.locked(func() {
		found, dropped := len(w.journal.find(m)), w.journal.dropped
		switch {
		case w.engine.config.JournalEntries < 0:
			err = errors.New("the journal is off: cannot tell how many calls were made")
		case want.Exceeded(found) || dropped == 0 && !want.Holds(found):
			err = w.journal.miss(m, want, "", nil)
		case dropped > 0 && !want.Certain(found):
			err = w.journal.miss(m, want, fmt.Sprintf("cannot tell how many calls match: the journal dropped %d older ones; "+
				"raise JournalEntries or JournalBytes, or reset the journal in between; ", dropped), nil)
		}
	})
	return err
}

// Wait waits until at least that many requests in the journal match, and
// returns them. It ends with a *Miss when the context ends, the engine closes
// or the world is dropped. A reset of the journal does not end it: it waits
// for requests that come afterwards.
func (w *World) Wait(ctx context.Context, match journal.Match, least int) (Found, error) {
	m, err := w.engine.compile(match)
	if err != nil {
		return Found{}, fmt.Errorf("match: %w", err)
	}
	for {
		var found Found
		var changed <-chan struct{}
		enough := false
		w.locked(func() {
			entries := w.journal.find(m)
			if enough = len(entries) >= least; enough {
				found = Found{Calls: make([]journal.Call, len(entries)), Dropped: w.journal.dropped}
				for i, e := range entries {
					found.Calls[i] = e.call()
				}
			} else if w.dropped == "" {
				changed = w.change()
			}
		})
		if enough {
			return found, nil
		}
		if changed == nil {
			return Found{}, w.missed(m, least, fmt.Sprintf("namespace %q was dropped while waiting: ", w.name), nil)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			cause := context.Cause(ctx)
			return Found{}, w.missed(m, least, cause.Error()+" while waiting: ", cause)
		case <-w.engine.closed:
			return Found{}, w.missed(m, least, "the server closed while waiting: ", nil)
		}
	}
}

func (w *World) missed(m matcher, least int, why string, cause error) (err error) {
	w.locked(func() { err = w.journal.miss(m, journal.Exactly(least), why, cause) })
	return err
}

// Follower is told of the requests of a world. It ends when one of its
// functions fails.
type Follower struct {
	// Call gets every request that matches, when it has ended.
	Call func(journal.Call) error
	// Flush is called whenever there is no more.
	Flush func() error
	// Open: Call gets the requests that are being served, too, each time
	// something of them has changed, but not more often than every followPause.
	Open bool
	// Reset is called when the journal was reset. Nil: it is not.
	Reset func() error
}

// followPause is how long one who follows open requests waits between two
// looks, so that a busy stream does not become busier by being looked at.
const followPause = 100 * time.Millisecond

// followed is a request that has not ended, with what was told of it.
type followed struct {
	*entry
	told  bool
	stamp stamp
}

// stamp is what changes of a request while it is served.
type stamp struct {
	rule             string
	committed        bool
	received, events int // bytes of the body and of the stream
}

func (e *entry) stamp() stamp { return stamp{e.rule, e.committed, e.bodySize, e.responseSize} }

// Follow tells of the requests that match, from behind a request on and in the
// order of their ends, until the context or the world ends or telling fails.
func (w *World) Follow(ctx context.Context, match journal.Match, since uint64, tell Follower) error {
	m, err := w.engine.compile(match)
	if err != nil {
		return err
	}
	seen := since
	var open []*followed
	cleared := -1
	for {
		var news []journal.Call
		var changed, stopped <-chan struct{}
		dropped, reset := false, false
		w.locked(func() {
			reset = cleared >= 0 && w.cleared != cleared
			if cleared = w.cleared; reset || w.journal.last < seen {
				seen, open = 0, nil
			}
			for _, e := range w.journal.entries() {
				if e.id > seen {
					open = append(open, &followed{entry: e})
				}
			}
			seen = max(seen, w.journal.last)
			open = slices.DeleteFunc(open, func(f *followed) bool {
				ended := f.outcome != journal.Open
				now := f.entry.stamp()
				if (ended || tell.Open && (!f.told || f.stamp != now)) && m.holds(f.entry, nil) {
					news = append(news, f.call())
				}
				f.told, f.stamp = true, now
				return ended
			})
			changed, stopped, dropped = w.change(), w.stopped(), w.dropped != ""
		})
		if reset && tell.Reset != nil {
			if err := tell.Reset(); err != nil {
				return err
			}
		}
		for _, call := range news {
			if err := tell.Call(call); err != nil {
				return err
			}
		}
		if err := tell.Flush(); err != nil || dropped {
			return err
		}
		if tell.Open && !pause(ctx, followPause) {
			return nil
		}
		select {
		case <-changed:
		case <-stopped:
		case <-ctx.Done():
			return nil
		case <-w.engine.closed:
			return nil
		}
	}
}

// pause waits, and reports whether the context has not ended by then.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Summary is what a test wants to know of a world at its end.
type Summary struct {
	Unmatched, Problems, Guesses, Panics Remarks
	Requests                             uint64   // how many came
	Shown                                int      // how many of them Last has
	Last                                 []string // the last ones, for people
}

// Remarks are lines for people: how many there were, and the first ones.
type Remarks struct {
	Count int
	Lines []string
}

// Summary describes what happened, and the last requests, that many of them.
func (w *World) Summary(calls int) (r Summary) {
	w.locked(func() {
		j := &w.journal
		r = Summary{Unmatched: j.unmatched, Problems: j.problems, Guesses: j.guesses, Panics: j.panics, Requests: j.last}
		entries := j.entries()
		entries = entries[max(0, len(entries)-calls):]
		r.Shown = len(entries)
		for _, e := range entries {
			r.Last = append(r.Last, e.line())
			for _, problem := range e.problems {
				r.Last = append(r.Last, "  problem: "+problem)
			}
		}
	})
	return r
}

// What follows are parts of a world, whose lock is held.

func (j *log) entries() []*entry { return j.ring[j.first:] }

func (j *log) find(m matcher) []*entry {
	var found []*entry
	for _, e := range j.entries() {
		if m.holds(e, nil) {
			found = append(found, e)
		}
	}
	return found
}

// miss says how many calls match, and shows the one that is nearest to
// matching.
func (j *log) miss(m matcher, want journal.Count, why string, cause error) *Miss {
	found := j.find(m)
	miss := &Miss{Count: len(found), Dropped: j.dropped, Want: want.String(), cause: cause}
	var out strings.Builder
	fmt.Fprintf(&out, "%s%s, want %s: %s", why, calls(len(found)), want, m)
	nearest, failed := j.nearest(m)
	switch {
	case want.Exceeded(len(found)):
		for _, e := range found[:min(len(found), 10)] {
			fmt.Fprintf(&out, "\n  %s", e.line())
		}
	case nearest == nil:
		fmt.Fprintf(&out, "\n  the journal has %d other calls", len(j.entries())-len(found))
	default:
		fmt.Fprintf(&out, "\n  nearest of %d others: %s", len(j.entries())-len(found), nearest.line())
		call := nearest.call()
		miss.Nearest = &call
		for _, c := range failed {
			fmt.Fprintf(&out, "\n    %s: want %s, got %s", c.name, c.want, c.got(nearest))
			miss.Differences = append(miss.Differences, Difference{c.name, c.want, c.got(nearest)})
		}
	}
	miss.message = out.String()
	return miss
}

// nearest finds the entry that fails the fewest conditions, the newest of
// them, that does not match.
func (j *log) nearest(m matcher) (nearest *entry, failed []condition) {
	for _, e := range slices.Backward(j.entries()) {
		f := m.failures(e)
		if len(f) > 0 && (nearest == nil || len(f) < len(failed)) {
			nearest, failed = e, f
		}
	}
	return nearest, failed
}

func calls(n int) string {
	if n == 1 {
		return "1 call matches"
	}
	return fmt.Sprintf("%d calls match", n)
}
