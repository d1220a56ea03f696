package mockserver

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Calls returns the requests in the journal that match, oldest first. All of
// the matches must hold; without any, all requests are returned. A request
// that is still being served is among them, with the outcome Open. It panics,
// or fails the test of Start, if a match names something unknown.
func (n *Namespace) Calls(matches ...Match) []Call {
	m, err := n.server.compile(matches)
	n.server.must(err)
	n.mu.Lock()
	defer n.mu.Unlock()
	found := n.journal.find(m)
	calls := make([]Call, len(found))
	for i, e := range found {
		calls[i] = e.call()
	}
	return calls
}

// Count returns how many requests in the journal match.
func (n *Namespace) Count(matches ...Match) int {
	m, err := n.server.compile(matches)
	n.server.must(err)
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.journal.find(m))
}

// DroppedCalls is how many requests the journal has forgotten because it was
// full.
func (n *Namespace) DroppedCalls() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.journal.dropped
}

func (j *journal) find(m matcher) []*entry {
	var found []*entry
	for _, e := range j.ring[j.first:] {
		if m.holds(e, nil) {
			found = append(found, e)
		}
	}
	return found
}

// Wait waits until at least so many requests in the journal match, and
// returns them. It ends with an error that names the nearest request when
// the context ends, the server closes or the namespace is dropped. A reset of
// the journal does not end it: it waits for requests that come afterwards.
func (n *Namespace) Wait(ctx context.Context, count int, matches ...Match) ([]Call, error) {
	m, err := n.server.compile(matches)
	if err != nil {
		return nil, fmt.Errorf("mockserver: match: %w", err)
	}
	for {
		calls, changed, nearest := n.look(count, m)
		if calls != nil {
			return calls, nil
		}
		if changed == nil {
			return nil, fmt.Errorf("mockserver: namespace %q was dropped while waiting: %s", n.name, nearest())
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("mockserver: %w while waiting: %s", context.Cause(ctx), nearest())
		case <-n.server.closed:
			return nil, fmt.Errorf("mockserver: the server closed while waiting: %s", nearest())
		}
	}
}

// look returns the calls that match if there are enough of them, and else
// what to wait for, nil if nothing can come any more, and how to explain it.
func (n *Namespace) look(count int, m matcher) ([]Call, <-chan struct{}, func() string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	found := n.journal.find(m)
	if len(found) >= count {
		calls := make([]Call, len(found))
		for i, e := range found {
			calls[i] = e.call()
		}
		return calls, nil, nil
	}
	explain := func() string {
		n.mu.Lock()
		defer n.mu.Unlock()
		return n.journal.explain(count, m)
	}
	if n.dropped != "" {
		return nil, nil, explain
	}
	if n.changed == nil {
		n.changed = make(chan struct{})
	}
	return nil, n.changed, explain
}

// CheckCalls returns an error if not exactly so many requests match, one that
// shows the nearest other request and how it differs. It also returns one if
// it cannot know, because the journal has dropped requests or is off.
func (n *Namespace) CheckCalls(count int, matches ...Match) error {
	m, err := n.server.compile(matches)
	if err != nil {
		return fmt.Errorf("mockserver: match: %w", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	found := len(n.journal.find(m))
	switch {
	case n.server.journalEntries < 0:
		return fmt.Errorf("mockserver: the journal is off: cannot tell how many calls were made")
	case found > count || found < count && n.journal.dropped == 0:
		return fmt.Errorf("mockserver: %s", n.journal.explain(count, m))
	case n.journal.dropped > 0:
		return fmt.Errorf("mockserver: cannot tell how many calls match: the journal dropped %d older ones; raise JournalEntries or JournalBytes, or reset the journal in between; %s",
			n.journal.dropped, n.journal.explain(count, m))
	}
	return nil
}

// AssertCalls fails the test if not exactly so many requests match. It prints
// the nearest other request and how it differs.
func (n *Namespace) AssertCalls(tb TB, count int, matches ...Match) {
	tb.Helper()
	if err := n.CheckCalls(count, matches...); err != nil {
		tb.Errorf("%v", err)
	}
}

// explain says how many calls match, and shows the one that is nearest to
// matching. The caller holds the lock.
func (j *journal) explain(count int, m matcher) string {
	var out strings.Builder
	found := j.find(m)
	fmt.Fprintf(&out, "%s, want %d: %s", calls(len(found)), count, m)
	if len(found) > count {
		for _, e := range found[:min(len(found), 10)] {
			fmt.Fprintf(&out, "\n  %s", e.line())
		}
		return out.String()
	}
	nearest, failed := j.nearest(m)
	if nearest == nil {
		fmt.Fprintf(&out, "\n  the journal has %d other calls", j.len()-len(found))
		return out.String()
	}
	fmt.Fprintf(&out, "\n  nearest of %d others: %s", j.len()-len(found), nearest.line())
	for _, c := range failed {
		fmt.Fprintf(&out, "\n    %s: want %s, got %s", c.name, c.want, c.got(nearest))
	}
	return out.String()
}

// nearest finds the entry that fails the fewest conditions, the newest of
// them, that does not match.
func (j *journal) nearest(m matcher) (nearest *entry, failed []condition) {
	for _, e := range slices.Backward(j.ring[j.first:]) {
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
