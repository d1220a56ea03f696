package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

// countingServer counts the connections that are made to it.
func countingServer(t *testing.T) (server *httptest.Server, connections *atomic.Int32) {
	connections = new(atomic.Int32)
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, created) //nolint:errcheck // the client tells
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return server, connections
}

// A client per tenant costs nothing: all share one pool.
func TestManyClientsShareOnePool(t *testing.T) {
	server, connections := countingServer(t)
	var before int
	for i := range 300 {
		client := newTestClient(t, nil, func(o *agentclients.Options) {
			o.BaseURL = server.URL
			if o.HTTPClient = nil; i%2 == 1 {
				o.HTTPClient = &http.Client{Timeout: time.Minute} // without a Transport of its own
			}
		})
		if _, err := create(t.Context(), client, ReplaySafe); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			before = runtime.NumGoroutine()
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
	if after := runtime.NumGoroutine(); after > before+5 {
		t.Errorf("%d goroutines, %d after the first client", after, before)
	}
}

// A variable that was never set counts as none, although it makes an interface
// that is not nil.
func TestOptionsThatWereNeverSet(t *testing.T) {
	server, _ := countingServer(t)
	var (
		limiter   *countingLimiter
		transport *http.Transport
		jar       *cookiejar.Jar
	)
	client := newTestClient(t, nil, func(o *agentclients.Options) {
		o.BaseURL, o.Limiter = server.URL, limiter
		o.HTTPClient = &http.Client{Transport: transport, Jar: jar}
	})
	if _, err := create(t.Context(), client, ReplayNever); err != nil {
		t.Error(err)
	}
}

// countingLimiter is a Limiter that is of no use as nil.
type countingLimiter struct{ n int }

func (l *countingLimiter) Wait(context.Context) error { l.n++; return nil }

// The pool is looked up when a request is sent: a test that puts something
// else into http.DefaultTransport gets the requests, and gives them back.
func TestPoolFollowsTheDefaultTransport(t *testing.T) {
	server, connections := countingServer(t)
	client := newTestClient(t, nil, func(o *agentclients.Options) { o.BaseURL, o.HTTPClient = server.URL, nil })
	call := func() {
		t.Helper()
		if _, err := create(t.Context(), client, ReplayNever); err != nil {
			t.Fatal(err)
		}
	}
	standard := http.DefaultTransport
	defer func() { http.DefaultTransport = standard }()
	call()
	var swapped int
	http.DefaultTransport = roundTrip(func(r *http.Request) (*http.Response, error) {
		swapped++
		return standard.RoundTrip(r)
	})
	call()
	if swapped != 1 {
		t.Errorf("the wrapped default transport was asked %d times", swapped)
	}
	dials := 0
	//lint:ignore SA1019 somebody may still set it
	http.DefaultTransport = &http.Transport{Dial: func(network, address string) (net.Conn, error) {
		dials++
		return net.Dial(network, address)
	}, ResponseHeaderTimeout: time.Nanosecond}
	call()
	call()
	if dials != 1 {
		t.Errorf("the dialer of another default transport was used %d times for 2 calls", dials)
	}
	http.DefaultTransport = standard
	call()
	if n := connections.Load(); n != 3 {
		t.Errorf("%d connections", n)
	}
}

// The pool's own limit does not cut what a call may wait for.
func TestRunTimeout(t *testing.T) {
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(150 * time.Millisecond):
		case <-r.Context().Done():
		}
		io.WriteString(w, created) //nolint:errcheck // the client tells
	}))
	defer slow.Close()
	op := createOp(ReplayNever)
	op.Waits = true
	client := newTestClient(t, nil, func(o *agentclients.Options) {
		o.BaseURL, o.HTTPClient = slow.URL, nil
		o.Retry.AttemptTimeout, o.Retry.RunTimeout = 20*time.Millisecond, 10*time.Second
	})
	if _, err := Call(t.Context(), client, op, nil, decodeThing); err != nil {
		t.Errorf("a run was cut: %v", err)
	}
	if _, err := create(t.Context(), client, ReplayNever); !errors.Is(err, agentclients.ErrOutcomeUnknown) {
		t.Errorf("a short call was not cut: %v", err)
	}
	if _, err := Call(t.Context(), client, op, []agentclients.CallOption{agentclients.WithRetry(agentclients.RetryPolicy{RunTimeout: 20 * time.Millisecond})}, decodeThing); err == nil {
		t.Error("the call's own RunTimeout did not hold")
	}
}
