package engine

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// maxStall is for how long nothing of a body may come; then it gets 408.
const maxStall = 30 * time.Second

// StalledError says that nothing more of a body came.
type StalledError struct {
	whole time.Duration // in which all of it had to come; 0: no part may take longer than maxStall
}

// Error says for how long.
func (s *StalledError) Error() string {
	if s.whole > 0 {
		return fmt.Sprintf("the request body did not come within %s", s.whole)
	}
	return fmt.Sprintf("nothing came of the request body for %s", maxStall)
}

// stallWatch ends the reading of bodies that no longer come. It has one timer
// for all those of a server: a read deadline for each would be a timer for
// each, and setting one wakes the thread that waits for the network. A server
// has a timer of its own because it may have a time of its own: that of a
// testing/synctest bubble, which ends with all its timers.
type stallWatch struct {
	mu      sync.Mutex
	servers map[*http.Server]bodies // those whose timer is set
}

// bodies are those that are read, with the time since when nothing came.
type bodies map[*bodyReader]time.Time

// expect begins to wait for the next piece of a body.
func (s *stallWatch) expect(b *bodyReader, server *http.Server) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.servers[server] == nil {
		if s.servers == nil {
			s.servers = make(map[*http.Server]bodies)
		}
		s.servers[server] = make(bodies)
		s.look(server, maxStall)
	}
	s.servers[server][b] = time.Now()
}

// forget ends the waiting: nothing is done to the connection afterwards.
func (s *stallWatch) forget(b *bodyReader, server *http.Server) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.servers[server], b)
}

// look looks after the bodies of a server in a while, and then whenever the
// next one may have stalled, until no body is read.
func (s *stallWatch) look(server *http.Server, in time.Duration) {
	time.AfterFunc(in, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		reading, next := s.servers[server], maxStall
		for b, since := range reading {
			left := maxStall - time.Since(since)
			if left <= 0 {
				b.stall()
				delete(reading, b)
				continue
			}
			next = min(next, left)
		}
		if len(reading) == 0 {
			delete(s.servers, server)
			return
		}
		s.look(server, next)
	})
}
