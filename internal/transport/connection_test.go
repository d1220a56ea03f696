package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

// deadWrites is a connection on which, once it is dead, no byte can be
// written. The reader does not notice before.
type deadWrites struct {
	net.Conn
	dead *atomic.Bool
}

func (c deadWrites) Write(p []byte) (int, error) {
	if c.dead.Load() {
		return 0, syscall.EPIPE
	}
	return c.Conn.Write(p)
}

// A kept connection turns out to be dead at the first byte, net/http dials
// again by itself, and that fails: nothing was ever sent, so the create is
// repeated.
func TestDeadConnectionAndRefusedDial(t *testing.T) {
	for replay, class := range classes {
		t.Run(class, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, answer(201, created), answer(201, created))
				var dead atomic.Bool
				dial := n.pool.DialContext
				n.pool.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
					conn, err := dial(ctx, network, address)
					if err != nil || n.dials > 1 {
						return conn, err
					}
					return deadWrites{conn, &dead}, nil
				}
				client := n.client()
				if _, err := create(t.Context(), client, replay); err != nil {
					t.Fatal(err)
				}
				dead.Store(true)
				n.refuse = 2 // the second dial of all
				var response agentclients.Response
				if _, err := create(t.Context(), client, replay, agentclients.CaptureResponse(&response)); err != nil {
					t.Fatal(err)
				}
				if response.Attempts != 2 || n.requests() != 2 || n.dials != 3 {
					t.Errorf("%d attempts, %d requests, %d dials", response.Attempts, n.requests(), n.dials)
				}
			})
		})
	}
}

// A server that is restarted under load: what HTTP/2 leaves open is what may
// have been sent, and nothing else.
func TestServerThatIsRestartedOnHTTP2(t *testing.T) {
	var made atomic.Int32
	start := func(listener net.Listener) *httptest.Server {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body) //nolint:errcheck // the count tells
			made.Add(1)
			w.WriteHeader(201)
			io.WriteString(w, created) //nolint:errcheck // the client tells
		}))
		server.Listener.Close()
		server.Listener, server.EnableHTTP2 = listener, true
		server.StartTLS()
		return server
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := start(listener)
	pool := server.Client().Transport.(*http.Transport)
	client := newTestClient(t, pool, func(o *agentclients.Options) {
		o.BaseURL = server.URL
		o.Retry = agentclients.RetryPolicy{MaxAttempts: 50, MinWait: 10 * time.Millisecond, MaxWait: 20 * time.Millisecond}
	})
	var succeeded, unknown, failed atomic.Int32
	var group sync.WaitGroup
	stop := make(chan struct{})
	for range 8 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				_, err := create(t.Context(), client, ReplayNever)
				switch {
				case err == nil:
					succeeded.Add(1)
				case errors.Is(err, agentclients.ErrOutcomeUnknown):
					unknown.Add(1)
				default:
					failed.Add(1)
				}
			}
		})
	}
	for range 3 {
		for before := made.Load(); made.Load() < before+50; {
			runtime.Gosched()
		}
		address := server.Listener.Addr().String()
		server.CloseClientConnections()
		server.Close()
		listener, err = net.Listen("tcp", address)
		if err != nil {
			break // somebody else took the port
		}
		server = start(listener)
	}
	close(stop)
	group.Wait()
	server.Close()
	if failed.Load() > 0 || made.Load() > succeeded.Load()+unknown.Load() {
		t.Errorf("%d made, %d succeeded, %d unknown, %d failed", made.Load(), succeeded.Load(), unknown.Load(), failed.Load())
	}
	t.Logf("%d made, %d succeeded, %d unknown", made.Load(), succeeded.Load(), unknown.Load())
}

// repeating is a middleware that sends a failed request again by itself.
type repeating struct{ base http.RoundTripper }

func (m repeating) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := m.base.RoundTrip(r)
	if err == nil {
		return response, nil
	}
	again := r.Clone(r.Context())
	if again.Body, err = r.GetBody(); err != nil {
		return nil, err
	}
	return m.base.RoundTrip(again)
}

// wrapping is a middleware that only looks on, as those for tracing do.
type wrapping struct{ base http.RoundTripper }

func (m wrapping) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {}})
	return m.base.RoundTrip(r.Clone(ctx))
}

// Between us and net/http there may be a middleware that sends the request
// more than once. Then the last thing that happened proves nothing.
func TestMiddlewareThatRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, drop)
		dial := n.pool.DialContext
		n.pool.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			if n.dials > 0 {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
			}
			return dial(ctx, network, address)
		}
		client := newTestClient(t, repeating{&n.pool})
		_, err := create(t.Context(), client, ReplayNever)
		if e := asError(t, err, agentclients.ErrOutcomeUnknown, syscall.ECONNREFUSED); e.Attempts != 1 || n.requests() != 1 {
			t.Errorf("%d attempts, %d requests: %v", e.Attempts, n.requests(), err)
		}
	})
}

// hiding is a middleware that tries another way first, of which we hear
// nothing: HTTP/3, say.
type hiding struct{ first, base http.RoundTripper }

func (m hiding) RoundTrip(r *http.Request) (*http.Response, error) {
	again := r.Clone(r.Context())
	var err error
	if again.Body, err = r.GetBody(); err != nil {
		return nil, err
	}
	if response, err := m.first.RoundTrip(r.WithContext(context.WithoutCancel(untraced{r.Context()}))); err == nil {
		return response, nil
	}
	return m.base.RoundTrip(again)
}

// untraced is a context that carries nothing.
type untraced struct{ context.Context }

func (untraced) Value(any) any { return nil }

func TestMiddlewareThatHides(t *testing.T) {
	refused := roundTrip(func(r *http.Request) (*http.Response, error) {
		trace := httptrace.ContextClientTrace(r.Context())
		trace.GetConn("")
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	})
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, drop, drop, drop)
		_, err := create(t.Context(), newTestClient(t, hiding{&n.pool, refused}), ReplayNever)
		if asError(t, err, agentclients.ErrOutcomeUnknown, syscall.ECONNREFUSED); n.requests() != 1 {
			t.Errorf("%d requests: %v", n.requests(), err)
		}
	})
}

// A middleware that only wraps does not hide that nothing was sent.
func TestMiddlewareThatWraps(t *testing.T) {
	for name, wrap := range map[string]func(http.RoundTripper) http.RoundTripper{
		"wraps":               func(base http.RoundTripper) http.RoundTripper { return wrapping{base} },
		"repeats in vain":     func(base http.RoundTripper) http.RoundTripper { return repeating{base} },
		"wraps what wraps it": func(base http.RoundTripper) http.RoundTripper { return wrapping{wrapping{base}} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, answer(201, created))
				n.refuse = 2
				if _, err := create(t.Context(), newTestClient(t, wrap(&n.pool)), ReplayNever); err != nil || n.requests() != 1 {
					t.Errorf("%d requests, %v", n.requests(), err)
				}
			})
		})
	}
}

// A middleware hides whether the connection that net/http threw away had
// carried the request, so there the second rule does not hold.
func TestMiddlewareOverADeadConnection(t *testing.T) {
	for class, test := range map[string]struct {
		direct, replays, neverSent bool
	}{
		"direct":             {true, false, true},
		"through middleware": {false, false, false},
		"a read":             {true, true, false},
	} {
		var c connection
		c.begin(wrapping{}, http.MethodPost)
		c.direct, c.replays = test.direct, test.replays
		c.trace.GetConn("")
		c.trace.GotConn(httptrace.GotConnInfo{Reused: true})
		if c.neverSent() {
			t.Errorf("%s: a request on a connection was not sent", class)
		}
		c.trace.GetConn("")
		if c.neverSent() != test.neverSent {
			t.Errorf("%s: never sent is %v", class, !test.neverSent)
		}
	}
}

// What an earlier attempt still does in the background says nothing about a
// later one.
func TestAttemptsDoNotShareTheirConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var attempts int
		var late func(string)
		client := newTestClient(t, roundTrip(func(r *http.Request) (*http.Response, error) {
			attempts++
			trace := httptrace.ContextClientTrace(r.Context())
			if attempts == 1 {
				trace.GetConn("")
				late = trace.GetConn
				return nil, errors.New("no connection")
			}
			late("") // of the first attempt
			return nil, errors.New("broke")
		}))
		_, err := create(t.Context(), client, ReplayNever)
		if e := asError(t, err, agentclients.ErrOutcomeUnknown); e.Attempts != 2 {
			t.Errorf("%d attempts: %v", e.Attempts, err)
		}
	})
}

// mutating is a round tripper that changes the request that it is given.
type mutating struct {
	mu   sync.Mutex
	seen []string
}

func (m *mutating) RoundTrip(r *http.Request) (*http.Response, error) {
	m.mu.Lock()
	m.seen = append(m.seen, fmt.Sprintf("%v %v %v %v %v", r.URL, r.Header["X-Api-Key"], r.Header["Accept"], r.Header["X-Own"], r.Header["X-Signed"]))
	m.mu.Unlock()
	for _, values := range r.Header {
		for i := range values {
			values[i] = "changed"
		}
	}
	r.Header.Add("X-Signed", "1")
	r.Header.Add("Accept", "text/html")
	r.URL.Host, r.URL.RawQuery = "elsewhere", "changed"
	header := r.Header
	go func() { header.Set("X-Late", "1") }() // as a writer that is still at work
	return &http.Response{StatusCode: 502, Body: http.NoBody}, nil
}

// What a round tripper does to a request is not seen by the next attempt, nor
// by another call or client.
func TestAttemptsHaveHeadersOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mutating{}
		client, other := newTestClient(t, m), newTestClient(t, m)
		own := []string{"mine"}
		var group sync.WaitGroup
		for _, c := range []*Client{client, other, client} {
			group.Go(func() {
				_, err := create(t.Context(), c, ReplayKeyed, func(o *agentclients.CallOptions) { o.Header = http.Header{"X-Own": own} })
				asError(t, err, agentclients.ErrServer)
			})
		}
		group.Wait()
		want := fmt.Sprintf("%s/users/u%%201/agents?token=%s [%s] [%s] [mine] []", testBaseURL, querySecret, testKey, jsonType)
		if len(m.seen) != 9 {
			t.Errorf("%d attempts", len(m.seen))
		}
		for _, seen := range m.seen {
			if seen != want {
				t.Errorf("sent %s, not %s", seen, want)
			}
		}
		if own[0] != "mine" {
			t.Error("the caller's own header was changed")
		}
	})
}

// The cookies of a jar are sent once by each attempt.
func TestCookiesDoNotPileUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, answer(502, "", "Set-Cookie: s=1"), answer(502, ""), answer(201, created))
		_, err := create(t.Context(), n.client(func(o *agentclients.Options) { o.HTTPClient.Jar = oneCookie{} }), ReplayKeyed)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range n.seen {
			if got := r.Header["Cookie"]; len(got) != 1 || got[0] != "s=1" {
				t.Errorf("attempt %d sent %q", i+1, got)
			}
		}
	})
}

// oneCookie is a jar with one cookie for everybody.
type oneCookie struct{}

func (oneCookie) SetCookies(*url.URL, []*http.Cookie) {}
func (oneCookie) Cookies(*url.URL) []*http.Cookie     { return []*http.Cookie{{Name: "s", Value: "1"}} }
