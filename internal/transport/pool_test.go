package transport

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

// Failing calls, and long errors, do not cost the connection.
func TestConnectionsAreKept(t *testing.T) {
	long := strings.Repeat("x", 64<<10)
	for name, body := range map[string]string{"short errors": `{"error":"no"}`, "errors of 64 KiB": long} {
		for replay, class := range classes {
			t.Run(name+" "+class, func(t *testing.T) {
				var requests, connections atomic.Int32
				server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					io.Copy(io.Discard, r.Body) //nolint:errcheck // nobody looks at it
					if requests.Add(1)%2 == 1 {
						w.WriteHeader(501)
						io.WriteString(w, body) //nolint:errcheck // the client tells
						return
					}
					w.WriteHeader(201)
					io.WriteString(w, created) //nolint:errcheck // the client tells
				}))
				server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
					if state == http.StateNew {
						connections.Add(1)
					}
				}
				server.Start()
				defer server.Close()
				client := newTestClient(t, nil, func(o *agentclients.Options) { o.BaseURL, o.HTTPClient = server.URL, nil })
				for range 100 {
					_, err := create(t.Context(), client, replay)
					asError(t, err, agentclients.ErrServer)
					if _, err := create(t.Context(), client, replay); err != nil {
						t.Fatal(err)
					}
				}
				if requests.Load() != 200 || connections.Load() != 1 {
					t.Errorf("%d requests on %d connections", requests.Load(), connections.Load())
				}
			})
		}
	}
}

// A retry uses the connection of the attempt before it.
func TestRetriesKeepTheConnection(t *testing.T) {
	var requests, connections atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		http.Error(w, strings.Repeat("x", 64<<10), http.StatusServiceUnavailable)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	client := newTestClient(t, nil, func(o *agentclients.Options) {
		o.BaseURL, o.HTTPClient, o.Retry = server.URL, nil, agentclients.RetryPolicy{MinWait: 1, MaxWait: 1}
	})
	_, err := create(t.Context(), client, ReplayKeyed)
	asError(t, err, agentclients.ErrServer)
	if requests.Load() != 3 || connections.Load() != 1 {
		t.Errorf("%d requests on %d connections", requests.Load(), connections.Load())
	}
}

// TestConcurrentCreates has one client create from many goroutines.
func TestConcurrentCreates(t *testing.T) {
	const workers, each = 64, 100
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		n := requests.Add(1)
		if n%50 == 0 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(429)
			return
		}
		w.WriteHeader(201)
		fmt.Fprintf(w, `{"id":%q}`, body)
	}))
	defer server.Close()
	client := newTestClient(t, nil, func(o *agentclients.Options) {
		o.BaseURL, o.HTTPClient = server.URL, nil
		o.Retry = agentclients.RetryPolicy{MaxAttempts: 20, MinWait: time.Millisecond, MaxWait: time.Millisecond}
	})
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			for i := range each {
				name := fmt.Sprintf("%d-%d", worker, i)
				op := createOp(ReplayNever)
				op.Body = name
				var response agentclients.Response
				got, err := Call(t.Context(), client, op, []agentclients.CallOption{agentclients.WithHeader("X-Name", name), agentclients.CaptureResponse(&response)}, decodeThing)
				if err != nil || got.ID != `"`+name+`"` || response.StatusCode != 201 {
					t.Errorf("%s: got %v, %v", name, got, err)
					return
				}
			}
		})
	}
	group.Wait()
	if n := requests.Load(); n < workers*each {
		t.Errorf("%d requests", n)
	}
}

// go-retryablehttp closes the idle connections of its client after every
// failure, if it can.
func TestNobodyClosesThePool(t *testing.T) {
	client := newTestClient(t, &http.Transport{})
	if _, ok := client.http.Transport.(interface{ CloseIdleConnections() }); ok {
		t.Error("go-retryablehttp can close the idle connections")
	}
}
