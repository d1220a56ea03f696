package mockserver

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/engine"
	"github.com/agentclients/agentclients-go/mockserver/internal/pipenet"
)

// TB is the part of testing.TB that Start needs, so that programs with a
// Server in them do not link the package testing.
type TB interface {
	Helper()
	Name() string
	Cleanup(func())
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Failed() bool
}

// live is what serves the connections of a server that was started.
type live struct {
	tb        TB // nil: nobody to tell
	http      *http.Server
	transport *http.Transport
	ended     chan struct{}  // closed when no connection can come any more
	conns     sync.WaitGroup // connections that are served
}

// Start serves on a free port of the loopback interface until the test ends.
//
// At the end it fails the test if a request matched no operation, if a fault
// never fired, if strictness found problems or if serving a request panicked;
// Config can allow the first three. If the test failed it logs the last
// requests of the journal; a test that passes logs nothing.
func Start(tb TB, config Config) *Server {
	tb.Helper()
	return start(tb, config, emulations(), false)
}

// StartInMemory is Start without a network: its Client talks to it through
// pipes in memory, and only to it. Inside a testing/synctest bubble all time
// is virtual: delays, stalls and the waits of clients cost nothing. There,
// call it inside the bubble.
func StartInMemory(tb TB, config Config) *Server {
	tb.Helper()
	return start(tb, config, emulations(), true)
}

// Listen serves on a free port of the loopback interface until Close, for
// programs and examples; a test uses Start.
func Listen(config Config) (*Server, error) { return open(config, emulations(), false) }

// InMemory is Listen without a network: see StartInMemory.
func InMemory(config Config) (*Server, error) { return open(config, emulations(), true) }

func start(tb TB, config Config, all []*engine.Emulation, inMemory bool) *Server {
	tb.Helper()
	s, err := open(config, all, inMemory)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	s.live.tb, s.tb = tb, tb
	tb.Cleanup(func() {
		tb.Helper()
		s.verify(tb)
		s.Close()
	})
	return s
}

// open makes a server and serves it.
func open(config Config, all []*engine.Emulation, inMemory bool) (*Server, error) {
	s, err := newServer(config, all)
	if err != nil {
		return nil, err
	}
	l := &live{ended: make(chan struct{})}
	l.http = &http.Server{Handler: s, ErrorLog: silent, ConnState: l.count}
	l.transport = &http.Transport{MaxIdleConnsPerHost: 100, DisableCompression: true}
	var listener net.Listener
	if inMemory {
		pipes := pipenet.NewListener()
		l.transport.DialContext = pipes.Dial
		listener = pipes
		s.engine.SetPublicURL("http://" + pipenet.Host)
	} else {
		if listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return nil, fmt.Errorf("mockserver: %w", err)
		}
		s.engine.SetPublicURL("http://" + listener.Addr().String())
	}
	s.live = l
	go func() {
		defer close(l.ended)
		l.http.Serve(listener) //nolint:errcheck // it ends when the server closes
	}()
	return s, nil
}

var silent = log.New(io.Discard, "", 0)

func (l *live) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		l.conns.Add(1)
	case http.StateClosed, http.StateHijacked:
		l.conns.Done()
	}
}

// Close ends every wait and closes every connection. Later requests are not
// served any more after Start and StartInMemory; a server that New made still
// serves, but faults no longer wait. Closing again does nothing.
func (s *Server) Close() {
	s.closeOnce.Do(func() {
		s.engine.Close()
		if s.live != nil {
			s.live.close()
		}
	})
}

// closeTimeout is how long Close waits for its goroutines.
const closeTimeout = 5 * time.Second

func (l *live) close() {
	if l.tb != nil {
		l.tb.Helper()
	}
	l.transport.CloseIdleConnections()
	l.http.Close() //nolint:errcheck // the listener is gone either way
	<-l.ended
	done := make(chan struct{})
	go func() {
		l.conns.Wait()
		close(done)
	}()
	timer := time.NewTimer(closeTimeout)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		if l.tb == nil {
			break
		}
		l.tb.Errorf("mockserver: requests are still being served %s after Close", closeTimeout)
	}
	l.transport.CloseIdleConnections()
}

// verify fails the test for what went wrong unseen, and explains a test that
// failed.
func (s *Server) verify(tb TB) {
	tb.Helper()
	for _, n := range s.Namespaces() {
		n.verify(tb, s.allow)
	}
	if !tb.Failed() {
		return
	}
	for _, n := range s.Namespaces() {
		n.logJournal(tb)
	}
}

func (n *Namespace) verify(tb TB, allow allowances) {
	tb.Helper()
	where := n.title()
	if !allow.unfired {
		for _, line := range n.Unfired() {
			tb.Errorf("mockserver%s: %s", where, line)
		}
	}
	report := func(what string, r engine.Remarks) {
		if r.Count > 0 {
			tb.Errorf("mockserver%s: %d %s:\n  %s", where, r.Count, what, strings.Join(r.Lines, "\n  "))
		}
	}
	summary := n.w.Summary(0)
	if !allow.unmatched {
		report("requests matched no operation (Config.AllowUnmatched allows it)", summary.Unmatched)
	}
	if !allow.problems {
		report("problems with requests (Config.AllowProblems allows them)", summary.Problems)
	}
	if !allow.guesses {
		report("responses rest on guesses", summary.Guesses)
	}
	report("panics while serving", summary.Panics)
}

// title names the namespace in a message, unless it is the default one.
func (n *Namespace) title() string {
	if n.Name() == "" {
		return ""
	}
	return ": namespace " + n.Name()
}

// loggedCalls is how many requests are logged when a test failed.
const loggedCalls = 50

func (n *Namespace) logJournal(tb TB) {
	tb.Helper()
	summary := n.w.Summary(loggedCalls)
	if len(summary.Last) == 0 {
		return
	}
	tb.Logf("mockserver%s: the last %d of %d requests:\n  %s", n.title(), summary.Shown, summary.Requests, strings.Join(summary.Last, "\n  "))
}
