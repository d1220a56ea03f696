//go:build unix

// Package redistest starts a real redis-server for a test, and stops, pauses
// and restarts it.
package redistest

import (
	"context"
	"net"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

// Server is a redis-server with data of its own, in the folder of a test. It
// writes every command to its disk, so a restart loses nothing.
type Server struct {
	t       testing.TB
	program string
	folder  string
	port    int
	process *exec.Cmd
}

// Start starts a server that ends with the test. Where redis-server is not
// installed, the test is skipped.
func Start(t testing.TB) *Server {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not on the PATH: install it to run this test against a real Redis")
	}
	logging.Disable() // it would report every failure to dial, which is what tests are about
	s := &Server{t: t, program: program, folder: t.TempDir(), port: freePort(t)}
	s.Start()
	t.Cleanup(func() {
		if s.process != nil {
			s.Kill()
		}
	})
	return s
}

// Addr is where the server is or was.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Client returns a client of the server, closed with the test.
func (s *Server) Client() *redis.Client { return client(s.t, s.Addr()) }

func client(t testing.TB, address string) *redis.Client {
	client := redis.NewClient(&redis.Options{Addr: address, MaxRetries: -1, ContextTimeoutEnabled: true})
	t.Cleanup(func() { client.Close() })
	return client
}

// Each runs a test against miniredis, and against a redis-server if there is
// one.
func Each(t *testing.T, test func(t *testing.T, client *redis.Client)) {
	t.Run("miniredis", func(t *testing.T) {
		t.Parallel()
		test(t, client(t, miniredis.RunT(t).Addr()))
	})
	t.Run("redis-server", func(t *testing.T) {
		t.Parallel()
		test(t, Start(t).Client())
	})
}

// Start starts the server with the data it had, after a Kill, and waits until
// it responds.
func (s *Server) Start() {
	s.t.Helper()
	process := exec.Command(s.program, "--port", strconv.Itoa(s.port), "--bind", "127.0.0.1", "--dir", s.folder,
		"--appendonly", "yes", "--appendfsync", "always", "--save", "", "--loglevel", "warning")
	if err := process.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.process = process
	client := redis.NewClient(&redis.Options{Addr: s.Addr(), MaxRetries: -1, DialerRetries: 1})
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for client.Ping(ctx).Err() != nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.t.Fatalf("redis-server on %s does not respond", s.Addr())
		}
	}
}

// Kill ends the server at once, as kill -9 does.
func (s *Server) Kill() {
	s.process.Process.Kill() //nolint:errcheck // it may have ended already
	s.process.Wait()         //nolint:errcheck // killed
	s.process = nil
}

// Pause stops the server: connections stay, and nothing responds.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume lets the server go on after Pause.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(signal syscall.Signal) {
	s.t.Helper()
	if err := s.process.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
}

func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
