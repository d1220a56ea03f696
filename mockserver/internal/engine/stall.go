package engine

import (
	"fmt"
	"sync"
	"time"
)

// maxStall is for how long nothing of a body may come; then it gets 408.
const maxStall = 30 * time.Second

// StalledError says that nothing more of a body came.
type StalledError struct{}

// Error says for how long.
func (*StalledError) Error() string {
	return fmt.Sprintf("nothing came of the request body for %s", maxStall)
}

// stallWatch ends the reading of bodies that no longer come. It has one timer
// for all of them: a read deadline for each would be a timer for each, and
// setting one wakes the thread that waits for the network.
type stallWatch struct {
	mu      sync.Mutex
	reading map[*bodyReader]time.Time // since when nothing came
	set     bool                      // the timer is
}

// expect begins to wait for the next piece of a body.
func (s *stallWatch) expect(b *bodyReader) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reading == nil {
		s.reading = make(map[*bodyReader]time.Time)
	}
	s.reading[b] = time.Now()
	if !s.set {
		s.look(maxStall)
	}
}

// forget ends the waiting: nothing is done to the connection afterwards.
func (s *stallWatch) forget(b *bodyReader) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.reading, b)
}

// look looks after the bodies in a while, and then whenever the next one may
// have stalled, until no body is read.
func (s *stallWatch) look(in time.Duration) {
	s.set = true
	time.AfterFunc(in, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.set = false
		next := maxStall
		for b, since := range s.reading {
			left := maxStall - time.Since(since)
			if left <= 0 {
				b.stall()
				delete(s.reading, b)
				continue
			}
			next = min(next, left)
		}
		if len(s.reading) > 0 {
			s.look(next)
		}
	})
}
