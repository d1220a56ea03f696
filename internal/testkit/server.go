package testkit

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// Serve serves requests in memory, behind a real http.Transport, until the
// test ends. Inside a synctest bubble waits cost no time.
func Serve(t testing.TB, handler http.Handler) *http.Client {
	t.Helper()
	listener := &pipes{accept: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: handler}
	served := make(chan struct{})
	go func() {
		server.Serve(listener) //nolint:errcheck // it ends with ErrServerClosed
		close(served)
	}()
	pool := &http.Transport{DialContext: listener.dial}
	t.Cleanup(func() {
		pool.CloseIdleConnections()
		server.Close()
		<-served
	})
	return &http.Client{Transport: pool}
}

// pipes is a listener in memory.
type pipes struct {
	accept chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accept:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }
func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.accept <- far:
		return near, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Drop breaks the connection without a response.
func Drop(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// Stall does not respond as long as the client waits.
func Stall(_ http.ResponseWriter, r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

// CutOff begins a response of 200, and breaks the connection.
func CutOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", "1000")
	io.WriteString(w, `{"id":"`) //nolint:errcheck // the client tells
	panic(http.ErrAbortHandler)
}

// RespondWith responds with a body of a kind. Each header is a whole line.
func RespondWith(status int, kind, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		for _, line := range header {
			name, value, _ := strings.Cut(line, ": ")
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		io.WriteString(w, body) //nolint:errcheck // the client tells
	}
}

// SendStream sends the parts of a stream of events: texts, times to wait, and
// the words "reset", which breaks the connection, "hold", which leaves it open,
// and "held" before all others, which holds the header back.
func SendStream(w http.ResponseWriter, r *http.Request, parts []any) {
	w.Header().Set("Content-Type", "text/event-stream")
	if len(parts) == 0 || parts[0] != "held" {
		w.(http.Flusher).Flush()
	}
	for _, part := range parts {
		switch part := part.(type) {
		case time.Duration:
			select {
			case <-time.After(part):
			case <-r.Context().Done():
				panic(http.ErrAbortHandler)
			}
		case string:
			switch part {
			case "held":
			case "reset":
				panic(http.ErrAbortHandler)
			case "hold":
				<-r.Context().Done()
				panic(http.ErrAbortHandler)
			default:
				io.WriteString(w, part) //nolint:errcheck // the client tells
				w.(http.Flusher).Flush()
			}
		}
	}
}
