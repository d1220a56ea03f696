package transport

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/wire"
)

const (
	testKey     = "sk_live_0123456789abcdef"
	testBaseURL = "http://api.localhost/base/v1"
	created     = `{"id":"agt_1"}`
)

// network is a server in memory behind a real http.Transport: what lies
// between the client and the wire is net/http's own. It does what its steps
// say, one for each request.
type network struct {
	t       *testing.T
	pool    http.Transport
	mu      sync.Mutex
	steps   []step
	refuse  int // dials to refuse
	dials   int
	seen    []*http.Request // their bodies are in bodies
	bodies  []string
	arrived []time.Duration // since the start of the test
	start   time.Time
}

// step answers one request. It returns whether the connection stays open.
type step func(net.Conn) bool

func newNetwork(t *testing.T, steps ...step) *network {
	n := &network{t: t, steps: steps, start: time.Now()}
	n.pool.DialContext = n.dial
	n.pool.DisableCompression = true
	t.Cleanup(n.pool.CloseIdleConnections)
	return n
}

func (n *network) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dials++
	if n.dials <= n.refuse {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	near, far := net.Pipe()
	go n.serve(far)
	return near, nil
}

func (n *network) serve(conn net.Conn) {
	defer conn.Close()
	reader := bufio.NewReader(conn)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return
		}
		if !n.next(request, string(body))(conn) {
			return
		}
	}
}

func (n *network) next(request *http.Request, body string) step {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seen, n.bodies = append(n.seen, request), append(n.bodies, body)
	n.arrived = append(n.arrived, time.Since(n.start))
	if len(n.steps) == 0 {
		n.t.Errorf("unexpected request %s %s", request.Method, request.URL)
		return answer(http.StatusNotImplemented, "")
	}
	next := n.steps[0]
	n.steps = n.steps[1:]
	return next
}

func (n *network) requests() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.seen)
}

// answer answers with a status, headers ("Name: value") and a body.
func answer(status int, body string, header ...string) step {
	return answerPart(status, body, len(body), header...)
}

// truncated announces a body and sends only its first bytes.
func truncated(status int, body string, bytes int) step {
	return answerPart(status, body, bytes)
}

func answerPart(status int, body string, bytes int, header ...string) step {
	return func(conn net.Conn) bool {
		fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nContent-Length: %d\r\n", status, http.StatusText(status), len(body))
		for _, line := range header {
			fmt.Fprintf(conn, "%s\r\n", line)
		}
		fmt.Fprintf(conn, "\r\n%s", body[:bytes])
		return bytes == len(body)
	}
}

// drop closes the connection when the request has arrived whole.
func drop(net.Conn) bool { return false }

// stall says nothing until the client goes.
func stall(conn net.Conn) bool {
	io.Copy(io.Discard, conn) //nolint:errcheck // it ends with an error
	return false
}

// stallBody sends a status and half a body, and then nothing until the client
// goes.
func stallBody(status int) step {
	return func(conn net.Conn) bool {
		fmt.Fprintf(conn, "HTTP/1.1 %d X\r\nContent-Length: 100\r\n\r\n{", status)
		return stall(conn)
	}
}

// garbage answers with something that is not HTTP.
func garbage(conn net.Conn) bool {
	io.WriteString(conn, "SSH-2.0-OpenSSH_9.9\r\n") //nolint:errcheck // the client notices
	return false
}

// newTestClient returns a client that sends through a round tripper.
func newTestClient(t testing.TB, base http.RoundTripper, change ...func(*agentclients.Options)) *Client {
	t.Helper()
	options := agentclients.Options{BaseURL: testBaseURL, HTTPClient: &http.Client{Transport: base}}
	for _, f := range change {
		f(&options)
	}
	client, err := New(testConfig(options))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func testConfig(options agentclients.Options) Config {
	return Config{
		Provider:    "test",
		Options:     options,
		BaseURL:     BaseURL{Env: "TRANSPORT_TEST_BASE_URL"},
		Credentials: []Credential{{Field: "APIKey", Value: testKey, Env: []string{"TRANSPORT_TEST_KEY"}, Header: "x-api-key"}},
		ReadError:   wire.ReadError,
	}
}

func (n *network) client(change ...func(*agentclients.Options)) *Client {
	n.t.Helper()
	return newTestClient(n.t, &n.pool, change...)
}

// thing is what the server of the tests creates.
type thing struct {
	ID string `json:"id"`
}

func decodeThing(body []byte) (*thing, error) {
	value, err := wire.Decode[thing](body)
	if err == nil && value.ID == "" {
		err = wire.Missing("id")
	}
	if err != nil {
		return nil, err
	}
	return value, nil
}

// createOp is a create of one class, or what stands for it.
func createOp(replay Replay) Op {
	method := http.MethodPost
	if replay == ReplaySafe {
		method = http.MethodPut
	}
	return Op{
		Name: "create agent", Method: method, Path: "/users/{user_id}/agents", Params: []string{"u 1"},
		Query: url.Values{"token": {querySecret}}, Body: map[string]string{"name": bodySecret}, Replay: replay,
	}
}

// Values that must not be printed.
const (
	querySecret  = "query-secret"
	bodySecret   = "body-secret"
	headerSecret = "header-secret"
	answerSecret = "answer-secret"
)

func create(ctx context.Context, client *Client, replay Replay, options ...agentclients.CallOption) (*thing, error) {
	return Call(ctx, client, createOp(replay), options, decodeThing)
}

func remove(ctx context.Context, client *Client) error {
	return Do(ctx, client, Op{Name: "delete agent", Method: http.MethodDelete, Path: "/agents/{id}", Params: []string{"1"}, Replay: ReplaySafe}, nil)
}

// outcome is what comes of one call.
type outcome struct {
	requests int // that the server saw
	created  bool
	unknown  bool // whether the error matches ErrOutcomeUnknown
	status   int  // of the error
	attempts int  // 0: as many as requests
}

// The classes in the order of the outcomes that checkClasses takes.
var classes = map[Replay]string{ReplayNever: "never", ReplayKeyed: "keyed", ReplaySafe: "safe"}

// checkClasses makes a create of each class to a server that does what first
// says and then creates whatever is asked for.
func checkClasses(t *testing.T, first step, want map[Replay]outcome, kinds ...error) {
	checkNetwork(t, func(n *network) { n.steps = []step{first, answer(201, created), answer(201, created)} }, want, kinds...)
}

func checkNetwork(t *testing.T, prepare func(*network), want map[Replay]outcome, kinds ...error) {
	t.Helper()
	for replay, name := range classes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t)
				prepare(n)
				got, err := create(t.Context(), n.client(), replay)
				checkOutcome(t, n, got, err, want[replay], kinds...)
			})
		})
	}
}

func checkOutcome(t *testing.T, n *network, got *thing, err error, want outcome, kinds ...error) {
	t.Helper()
	if n.requests() != want.requests {
		t.Errorf("%d requests, not %d", n.requests(), want.requests)
	}
	if (got == nil) != (err != nil) {
		t.Fatalf("got %v, %v: there must be one of them", got, err)
	}
	if want.created {
		if err != nil {
			t.Errorf("not created: %v", err)
		} else if got.ID != "agt_1" {
			t.Errorf("got %+v", got)
		}
		return
	}
	e := asError(t, err, kinds...)
	if errors.Is(err, agentclients.ErrOutcomeUnknown) != want.unknown {
		t.Errorf("outcome unknown: %v, not %v: %v", !want.unknown, want.unknown, err)
	}
	if e.StatusCode != want.status {
		t.Errorf("status %d, not %d", e.StatusCode, want.status)
	}
	if want.attempts == 0 {
		want.attempts = want.requests
	}
	if e.Attempts != want.attempts {
		t.Errorf("%d attempts, not %d", e.Attempts, want.attempts)
	}
}

// asError returns err as the error that it must be, and checks its kinds.
func asError(t *testing.T, err error, kinds ...error) *agentclients.Error {
	t.Helper()
	var e *agentclients.Error
	if !errors.As(err, &e) {
		t.Fatalf("%T is not an *agentclients.Error: %v", err, err)
	}
	for _, kind := range kinds {
		if !errors.Is(err, kind) {
			t.Errorf("error is not %q: %v", kind, err)
		}
	}
	return e
}

// roundTrip makes a round tripper of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
