package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

func TestCreate(t *testing.T) {
	checkClasses(t, answer(201, created), map[Replay]outcome{
		ReplayNever: {requests: 1, created: true},
		ReplayKeyed: {requests: 1, created: true},
		ReplaySafe:  {requests: 1, created: true},
	})
}

// The response is lost after the server acted: the request may be sent again
// only if its repeat is harmless.
func TestCommitThenDrop(t *testing.T) {
	checkClasses(t, drop, map[Replay]outcome{
		ReplayNever: {requests: 1, unknown: true},
		ReplayKeyed: {requests: 2, created: true},
		ReplaySafe:  {requests: 2, created: true},
	})
}

func TestCommitThenReset(t *testing.T) {
	for replay, want := range map[Replay]outcome{
		ReplayNever: {requests: 1},
		ReplayKeyed: {requests: 2, created: true},
		ReplaySafe:  {requests: 2, created: true},
	} {
		t.Run(classes[replay], func(t *testing.T) {
			var requests atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.ReadAll(r.Body) //nolint:errcheck // the count tells
				if requests.Add(1) > 1 {
					w.WriteHeader(201)
					io.WriteString(w, created) //nolint:errcheck // the client tells
					return
				}
				conn, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					panic(err)
				}
				conn.(*net.TCPConn).SetLinger(0) //nolint:errcheck // closes with a RST
				conn.Close()
			}))
			defer server.Close()
			client := newTestClient(t, nil, func(o *agentclients.Options) {
				o.BaseURL = server.URL
				o.HTTPClient = nil
				o.Retry = agentclients.RetryPolicy{MinWait: 1, MaxWait: 1}
			})
			_, err := create(t.Context(), client, replay)
			if int(requests.Load()) != want.requests || (err == nil) != want.created {
				t.Errorf("%d requests, %v", requests.Load(), err)
			}
			if !want.created {
				asError(t, err, agentclients.ErrOutcomeUnknown)
			}
		})
	}
}

func TestCommitThenResetOnHTTP2(t *testing.T) {
	var requests atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		panic(http.ErrAbortHandler)
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = nil
	server.StartTLS()
	defer server.Close()
	client := newTestClient(t, server.Client().Transport, func(o *agentclients.Options) { o.BaseURL = server.URL })
	_, err := create(t.Context(), client, ReplayNever)
	asError(t, err, agentclients.ErrOutcomeUnknown)
	if requests.Load() != 1 {
		t.Errorf("%d requests", requests.Load())
	}
}

func TestServerErrors(t *testing.T) {
	for _, status := range []int{500, 502, 503, 504, 408} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			checkClasses(t, answer(status, `{"message":"sorry"}`), map[Replay]outcome{
				ReplayNever: {requests: 1, unknown: true, status: status},
				ReplayKeyed: {requests: 2, created: true},
				ReplaySafe:  {requests: 2, created: true},
			})
		})
	}
}

func TestServerErrorsThatStay(t *testing.T) {
	checkClasses(t, answer(501, ""), map[Replay]outcome{
		ReplayNever: {requests: 1, unknown: true, status: 501},
		ReplayKeyed: {requests: 1, unknown: true, status: 501},
		ReplaySafe:  {requests: 1, status: 501},
	}, agentclients.ErrServer)
}

func TestServerErrorKeepsTheBody(t *testing.T) {
	for _, status := range []int{500, 502, 504} {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, answer(status, "<html><h1>Oops</h1></html>", "X-Request-Id: req_1"))
			_, err := create(t.Context(), n.client(), ReplayNever)
			e := asError(t, err, agentclients.ErrServer, agentclients.ErrOutcomeUnknown)
			if string(e.Body) != "<html><h1>Oops</h1></html>" || e.Message != "Oops" || e.RequestID != "req_1" {
				t.Errorf("error lacks what happened: %q %q %q", e.Body, e.Message, e.RequestID)
			}
		})
	}
}

// 503 is not taken at its word, whatever wait it names: a gateway says it
// after it lost a server that had done the work.
func TestUnavailableIsRepeatedOnlyWhereThatIsHarmless(t *testing.T) {
	for _, header := range []string{"Retry-After: 0", "Retry-After: 7", "Retry-After: soon"} {
		checkClasses(t, answer(503, "", header), map[Replay]outcome{
			ReplayNever: {requests: 1, unknown: true, status: 503},
			ReplayKeyed: {requests: 2, created: true},
			ReplaySafe:  {requests: 2, created: true},
		})
	}
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, answer(503, "", "Retry-After: 7"))
		_, err := create(t.Context(), n.client(), ReplayNever)
		if e := asError(t, err, agentclients.ErrServer, agentclients.ErrOutcomeUnknown); e.RetryAfter != 7*time.Second {
			t.Errorf("RetryAfter is %v", e.RetryAfter)
		}
	})
}

// hold sends what it is told and leaves the connection open until the client
// goes.
func hold(response string) step {
	return func(conn net.Conn) bool {
		io.WriteString(conn, response) //nolint:errcheck // the client tells
		return stall(conn)
	}
}

// A server that changes the protocol, or never comes to a final status, does
// not hang anybody. What it did with the request is open.
func TestStatusThatIsNotFinal(t *testing.T) {
	for name, response := range map[string]string{
		"101":         "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
		"101 alone":   "HTTP/1.1 101 Switching Protocols\r\n\r\n",
		"101, length": "HTTP/1.1 101 Switching Protocols\r\nContent-Length: 5\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			checkClasses(t, hold(response), map[Replay]outcome{
				ReplayNever: {requests: 1, unknown: true, status: 101},
				ReplayKeyed: {requests: 1, unknown: true, status: 101},
				ReplaySafe:  {requests: 1, status: 101},
			})
		})
	}
	for name, response := range map[string]string{"100": "HTTP/1.1 100 Continue\r\n\r\n", "103": "HTTP/1.1 103 Early Hints\r\n\r\n"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, hold(response))
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				start := time.Now()
				_, err := create(ctx, n.client(func(o *agentclients.Options) { o.Retry.AttemptTimeout = 300 * time.Millisecond }), ReplayNever)
				asError(t, err, agentclients.ErrOutcomeUnknown)
				if elapsed := time.Since(start); elapsed != 300*time.Millisecond {
					t.Errorf("it took %v", elapsed)
				}
			})
		})
	}
	t.Run("of a round tripper", func(t *testing.T) {
		for _, status := range []int{0, 100, 101, 199} {
			client := newTestClient(t, roundTrip(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: status, Body: endless{}}, nil
			}))
			_, err := create(t.Context(), client, ReplayNever)
			asError(t, err, agentclients.ErrOutcomeUnknown)
		}
	})
}

// endless is a body that must not be read.
type endless struct{}

func (endless) Read([]byte) (int, error) { panic("the body was read") }
func (endless) Close() error             { return nil }

// A server that refuses a request before it read all of it, and did what it
// says all the same, gets no second one.
func TestEarlyRefusals(t *testing.T) {
	for _, status := range []int{400, 408, 413, 425, 429} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				w.Header().Set("Connection", "close")
				w.WriteHeader(status) // the body is not read
			}))
			defer server.Close()
			client := newTestClient(t, nil, func(o *agentclients.Options) {
				o.BaseURL, o.HTTPClient, o.Retry.MaxRetryAfter = server.URL, nil, 1
				o.Retry.MinWait, o.Retry.MaxWait = 1, 1
			})
			op := createOp(ReplayNever)
			op.Body = map[string]string{"text": strings.Repeat("x", 2<<20)}
			_, err := Call(t.Context(), client, op, nil, decodeThing)
			e := asError(t, err)
			want := int32(1)
			if status == 429 && e.StatusCode == 429 {
				want = 3
			}
			if requests.Load() != want || (status == 408 || e.StatusCode == 0) != e.OutcomeUnknown {
				t.Errorf("%d requests: %v", requests.Load(), err)
			}
		})
	}
}

// A conflict that a repeat meets may be about the agent that an earlier
// attempt made, whatever that attempt came to.
func TestConflictOfARepeatIsOpen(t *testing.T) {
	for name, test := range map[string]struct {
		first step
		open  map[Replay]bool
	}{
		"rate limit":  {answer(429, "", "Retry-After: 0"), map[Replay]bool{ReplayKeyed: true}},
		"unavailable": {answer(503, ""), map[Replay]bool{ReplayKeyed: true}},
		"lost":        {drop, map[Replay]bool{ReplayKeyed: true}},
		"too early":   {answer(425, ""), map[Replay]bool{ReplayKeyed: true}},
		"none before": {nil, nil},
	} {
		for replay, class := range classes {
			t.Run(name+" "+class, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					n := newNetwork(t, answer(409, ""))
					if test.first != nil {
						n.steps = []step{test.first, answer(409, "")}
					}
					_, err := create(t.Context(), n.client(), replay)
					if e := asError(t, err); e.StatusCode == 409 && e.OutcomeUnknown != test.open[replay] {
						t.Errorf("outcome unknown: %v: %v", e.OutcomeUnknown, err)
					}
				})
			})
		}
	}
}

func TestTooEarly(t *testing.T) {
	checkClasses(t, answer(425, ""), map[Replay]outcome{
		ReplayNever: {requests: 1, status: 425},
		ReplayKeyed: {requests: 2, created: true},
		ReplaySafe:  {requests: 2, created: true},
	})
}

func TestRefusals(t *testing.T) {
	for status, kind := range map[int]error{
		400: agentclients.ErrBadRequest, 401: agentclients.ErrUnauthorized, 403: agentclients.ErrForbidden,
		404: agentclients.ErrNotFound, 409: agentclients.ErrConflict, 422: agentclients.ErrBadRequest,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			want := outcome{requests: 1, status: status}
			checkClasses(t, answer(status, ""), map[Replay]outcome{ReplayNever: want, ReplayKeyed: want, ReplaySafe: want}, kind)
		})
	}
}

// A server that turns a request away with 429 has done nothing.
func TestRateLimited(t *testing.T) {
	want := outcome{requests: 2, created: true}
	for name, first := range map[string]step{
		"429":                  answer(429, ""),
		"429 with Retry-After": answer(429, "", "Retry-After: 1"),
	} {
		t.Run(name, func(t *testing.T) {
			checkClasses(t, first, map[Replay]outcome{ReplayNever: want, ReplayKeyed: want, ReplaySafe: want})
		})
	}
}

func TestGarbageForAnAnswer(t *testing.T) {
	checkClasses(t, garbage, map[Replay]outcome{
		ReplayNever: {requests: 1, unknown: true},
		ReplayKeyed: {requests: 2, created: true},
		ReplaySafe:  {requests: 2, created: true},
	})
}

func TestDialRefusedThenUp(t *testing.T) {
	want := outcome{requests: 1, created: true}
	checkNetwork(t, func(n *network) { n.refuse, n.steps = 1, []step{answer(201, created)} },
		map[Replay]outcome{ReplayNever: want, ReplayKeyed: want, ReplaySafe: want})
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, answer(201, created))
		n.refuse = 1
		var response agentclients.Response
		if _, err := create(t.Context(), n.client(), ReplayNever, agentclients.CaptureResponse(&response)); err != nil {
			t.Fatal(err)
		}
		if response.Attempts != 2 || response.StatusCode != 201 || string(response.Body) != created {
			t.Errorf("captured %d attempts, %d %s", response.Attempts, response.StatusCode, response.Body)
		}
	})
}

func TestDialRefused(t *testing.T) {
	want := outcome{requests: 0, attempts: 3}
	checkNetwork(t, func(n *network) { n.refuse = 3 }, map[Replay]outcome{ReplayNever: want, ReplayKeyed: want, ReplaySafe: want})
}

func TestUnknownHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.DNSError{Err: "no such host", Name: "api.localhost", IsNotFound: true}
		}}
		_, err := create(t.Context(), newTestClient(t, pool), ReplayNever)
		if e := asError(t, err); e.Attempts != 3 || e.OutcomeUnknown {
			t.Errorf("%d attempts, outcome unknown %v: %v", e.Attempts, e.OutcomeUnknown, err)
		}
	})
}

func TestFailedHandshakeIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t) // speaks no TLS
		n.pool.DialContext = func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			go func() {
				far.Read(make([]byte, 1)) //nolint:errcheck // whatever came
				far.Close()
			}()
			return near, nil
		}
		client := n.client(func(o *agentclients.Options) { o.BaseURL = "https://api.localhost" })
		_, err := create(t.Context(), client, ReplayNever)
		if e := asError(t, err); e.Attempts != 3 || e.OutcomeUnknown {
			t.Errorf("%d attempts, outcome unknown %v: %v", e.Attempts, e.OutcomeUnknown, err)
		}
	})
}

func TestCertificateErrorsAreNotRepeated(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a request reached the server")
	}))
	server.Config.ErrorLog = nil
	server.StartTLS()
	defer server.Close()
	for replay, name := range classes {
		t.Run(name, func(t *testing.T) {
			client := newTestClient(t, &http.Transport{}, func(o *agentclients.Options) { o.BaseURL = server.URL })
			_, err := create(t.Context(), client, replay)
			e := asError(t, err)
			var verification *tls.CertificateVerificationError
			if e.Attempts != 1 || e.OutcomeUnknown || !errors.As(err, &verification) {
				t.Errorf("%d attempts, outcome unknown %v: %v", e.Attempts, e.OutcomeUnknown, err)
			}
		})
	}
}

// A round tripper of the user that does not say whether it had a connection
// is taken to have sent the request: the type of its error proves nothing.
func TestRoundTrippersThatSayNothing(t *testing.T) {
	for _, test := range []struct {
		name     string
		err      error
		attempts int
		unknown  bool
	}{
		{"any error", errors.New("it broke"), 1, true},
		{"dialing", &net.OpError{Op: "dial", Err: errors.New("refused")}, 1, true},
		{"reading", &net.OpError{Op: "read", Err: errors.New("reset")}, 1, true},
		{"name", &net.DNSError{Err: "no such host"}, 1, true},
		{"no answer and no error", nil, 1, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := newTestClient(t, roundTrip(func(*http.Request) (*http.Response, error) { return nil, test.err }))
				_, err := create(t.Context(), client, ReplayNever)
				if e := asError(t, err); e.Attempts != test.attempts || e.OutcomeUnknown != test.unknown {
					t.Errorf("%d attempts, outcome unknown %v: %v", e.Attempts, e.OutcomeUnknown, err)
				}
				if test.err != nil && !errors.Is(err, test.err) {
					t.Errorf("the cause is lost: %v", err)
				}
			})
		})
	}
}

// The hooks of the caller's own trace run once for each attempt.
func TestTraceOfTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, drop, drop, answer(201, created))
		var asked, connected int
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			GetConn: func(string) { asked++ },
			GotConn: func(httptrace.GotConnInfo) { connected++ },
		})
		if _, err := create(ctx, n.client(), ReplayKeyed); err != nil {
			t.Fatal(err)
		}
		if asked != 3 || connected != 3 {
			t.Errorf("GetConn ran %d times and GotConn %d times in 3 attempts", asked, connected)
		}
	})
}

func TestUnreadableAnswers(t *testing.T) {
	for name, first := range map[string]step{
		"empty":     answer(201, ""),
		"HTML":      answer(201, "<html>Welcome</html>"),
		"null":      answer(201, "null"),
		"no id":     answer(201, "{}"),
		"not JSON":  answer(201, `{"id":`),
		"oversized": answer(201, `{"id":"`+strings.Repeat("x", defaultMaxResponseBytes)+`"}`),
	} {
		t.Run(name, func(t *testing.T) {
			checkClasses(t, first, map[Replay]outcome{
				ReplayNever: {requests: 1, unknown: true, status: 201},
				ReplayKeyed: {requests: 1, unknown: true, status: 201},
				ReplaySafe:  {requests: 1, status: 201},
			})
		})
	}
	t.Run("no content", func(t *testing.T) {
		checkClasses(t, func(conn net.Conn) bool {
			_, err := io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n")
			return err == nil
		}, map[Replay]outcome{
			ReplayNever: {requests: 1, unknown: true, status: 204},
			ReplayKeyed: {requests: 1, unknown: true, status: 204},
			ReplaySafe:  {requests: 1, status: 204},
		}, agentclients.ErrDecode)
	})
}

// A read that broke off is repeated; a create that got 201 is
// done, whatever the rest of the response was.
func TestTruncatedAnswers(t *testing.T) {
	for name, first := range map[string]step{"cut": truncated(201, created, 5), "cut at once": truncated(201, created, 0), "stalled": stallBody(201)} {
		t.Run(name, func(t *testing.T) {
			checkClasses(t, first, map[Replay]outcome{
				ReplayNever: {requests: 1, unknown: true, status: 201},
				ReplayKeyed: {requests: 1, unknown: true, status: 201},
				ReplaySafe:  {requests: 2, created: true},
			}, agentclients.ErrDecode)
		})
	}
	t.Run("error", func(t *testing.T) {
		checkClasses(t, truncated(500, `{"message":"sorry"}`, 8), map[Replay]outcome{
			ReplayNever: {requests: 1, unknown: true, status: 500},
			ReplayKeyed: {requests: 2, created: true},
			ReplaySafe:  {requests: 2, created: true},
		})
	})
}

func TestOversizedAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 100
		small := func(o *agentclients.Options) { o.MaxResponseBytes = limit }
		body := `{"id":"agt_1","x":"` + strings.Repeat("x", limit) + `"}`
		fits := `{"id":"agt_1","x":"` + strings.Repeat("x", limit-21) + `"}`
		n := newNetwork(t, answer(201, body), answer(500, body), answer(201, fits))
		client := n.client(small)
		_, err := create(t.Context(), client, ReplayKeyed)
		e := asError(t, err, agentclients.ErrResponseTooLarge, agentclients.ErrOutcomeUnknown)
		if string(e.Body) != body[:limit] {
			t.Errorf("the beginning of the answer is lost: %q", e.Body)
		}
		_, err = create(t.Context(), client, ReplayNever)
		e = asError(t, err, agentclients.ErrServer)
		if errors.Is(err, agentclients.ErrResponseTooLarge) || string(e.Body) != body[:limit] {
			t.Errorf("a long error is an error like others: %v, %q", err, e.Body)
		}
		if len(fits) != limit {
			t.Fatalf("the test is wrong: %d bytes", len(fits))
		}
		if _, err = create(t.Context(), client, ReplayNever); err != nil {
			t.Errorf("an answer that just fits: %v", err)
		}
	})
}

// What a server says about the length of its response is not believed.
func TestLengthThatIsNotTrue(t *testing.T) {
	client := newTestClient(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 201, ContentLength: math.MaxInt64, Body: io.NopCloser(strings.NewReader(created))}, nil
	}), func(o *agentclients.Options) { o.MaxResponseBytes = math.MaxInt64 })
	if got, err := create(t.Context(), client, ReplayNever); err != nil || got.ID != "agt_1" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the other host saw a request")
	}))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, target := range []string{other.URL + "/x?k=" + answerSecret, "//u:" + answerSecret + "@" + other.Listener.Addr().String(), "://", ""} {
			for replay := range classes {
				synctest.Test(t, func(t *testing.T) {
					n := newNetwork(t, answer(status, "", "Location: "+target))
					_, err := create(t.Context(), n.client(), replay)
					e := asError(t, err)
					if e.StatusCode != status || e.OutcomeUnknown || n.requests() != 1 {
						t.Errorf("%d, outcome unknown %v, %d requests: %v", e.StatusCode, e.OutcomeUnknown, n.requests(), err)
					}
					if !strings.Contains(err.Error(), "redirects are not followed") || strings.Contains(err.Error(), answerSecret) {
						t.Errorf("error text: %v", err)
					}
				})
			}
		}
	}
}

// A redirect names its target, which tells what is wrong with the base URL.
func TestRedirectsNameTheirTarget(t *testing.T) {
	for location, want := range map[string]string{
		"https://api.example.com/v2/agents?k=1#f": "https://api.example.com/v2/agents",
		"/v3/agents":                  "http://api.localhost/v3/agents",
		"?k=1":                        "http://api.localhost/base/v1/users/u%201/agents",
		"https://u:p@api.example.com": "https://api.example.com",
		"https://api.example.com/" + testKey + "/": "https://api.example.com/[redacted]/",
	} {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, answer(307, "", "Location: "+location))
			_, err := create(t.Context(), n.client(), ReplayNever)
			if e := asError(t, err); e.Message != "redirects are not followed (to "+want+")" {
				t.Errorf("%s: %s", location, e.Message)
			}
		})
	}
}

// An error names the request that failed, without its query.
func TestErrorsNameTheRequest(t *testing.T) {
	for name, first := range map[string]step{"refused": answer(400, ""), "lost": drop, "unreadable": answer(201, "{"), "failed": answer(201, `{"success":false}`)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, first)
				_, err := create(t.Context(), n.client(), ReplayNever)
				const target = "http://api.localhost/base/v1/users/u%201/agents"
				if e := asError(t, err); e.Method != "POST" || e.URL != target || !strings.Contains(err.Error(), "(POST "+target+")") {
					t.Errorf("%s %s: %v", e.Method, e.URL, err)
				}
			})
		})
	}
}

// A byte order mark before the body is not a part of it.
func TestByteOrderMark(t *testing.T) {
	const mark = "\xef\xbb\xbf"
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, answer(201, mark+created), answer(400, mark+`{"message":"no good"}`), answer(201, mark+`{"success":false,"error":"taken"}`), answer(502, mark+"sorry"))
		client := n.client()
		var response agentclients.Response
		if got, err := create(t.Context(), client, ReplayNever, agentclients.CaptureResponse(&response)); err != nil || got.ID != "agt_1" || string(response.Body) != mark+created {
			t.Errorf("got %v, %v, captured %q", got, err, response.Body)
		}
		for _, want := range []string{"no good", "taken", "sorry"} {
			_, err := create(t.Context(), client, ReplayNever)
			if e := asError(t, err); e.Message != want || !strings.HasPrefix(string(e.Body), mark) {
				t.Errorf("message %q, body %q", e.Message, e.Body)
			}
		}
	})
}

func TestDeleteOfWhatIsGone(t *testing.T) {
	for _, test := range []struct {
		name   string
		steps  []step
		refuse int
		gone   bool
	}{
		{"the first time", []step{answer(404, "")}, 0, false},
		{"after a lost answer", []step{drop, answer(404, "")}, 0, true},
		{"after a server error", []step{answer(502, ""), answer(404, "")}, 0, true},
		{"after a timeout", []step{stall, answer(404, "")}, 0, true},
		{"after a refused dial", []step{answer(404, "")}, 1, false},
		{"after a rate limit that was not true", []step{answer(429, ""), answer(404, "")}, 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, test.steps...)
				n.refuse = test.refuse
				err := remove(t.Context(), n.client())
				if test.gone && err != nil {
					t.Errorf("the earlier attempt removed it: %v", err)
				}
				if !test.gone {
					asError(t, err, agentclients.ErrNotFound)
				}
				if n.requests() != len(test.steps) {
					t.Errorf("%d requests", n.requests())
				}
			})
		})
	}
}

func TestAllowDuplicates(t *testing.T) {
	allow := func(o *agentclients.Options) { o.Retry.AllowDuplicates = true }
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, drop, answer(500, ""), answer(201, created))
		if _, err := create(t.Context(), n.client(allow), ReplayNever); err != nil || n.requests() != 3 {
			t.Errorf("%d requests, %v", n.requests(), err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, answer(201, ""))
		_, err := create(t.Context(), n.client(allow), ReplayNever)
		asError(t, err, agentclients.ErrDecode, agentclients.ErrOutcomeUnknown)
	})
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, drop, answer(409, ""))
		_, err := create(t.Context(), n.client(allow), ReplayNever)
		asError(t, err, agentclients.ErrConflict, agentclients.ErrOutcomeUnknown)
	})
}

func TestOneAttempt(t *testing.T) {
	once := func(o *agentclients.Options) { o.Retry.MaxAttempts = 1 }
	for name, first := range map[string]step{"drop": drop, "500": answer(500, ""), "429": answer(429, "", "Retry-After: 1")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, first)
				start := time.Now()
				_, err := create(t.Context(), n.client(once), ReplaySafe)
				if e := asError(t, err); e.Attempts != 1 || n.requests() != 1 || time.Since(start) != 0 {
					t.Errorf("%d attempts, %d requests, %v", e.Attempts, n.requests(), time.Since(start))
				}
			})
		})
	}
}

func TestAttemptsAreCounted(t *testing.T) {
	for _, limit := range []int{1, 2, 5} {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, slices.Repeat([]step{answer(502, "")}, limit)...)
			_, err := create(t.Context(), n.client(func(o *agentclients.Options) { o.Retry.MaxAttempts = limit }), ReplayKeyed)
			if e := asError(t, err, agentclients.ErrOutcomeUnknown); e.Attempts != limit || n.requests() != limit {
				t.Errorf("%d attempts, %d requests, not %d", e.Attempts, n.requests(), limit)
			}
		})
	}
}

// Every attempt sends the same bytes.
func TestAttemptsAreAlike(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, drop, answer(500, "x"), answer(201, created))
		_, err := create(t.Context(), n.client(), ReplayKeyed, agentclients.WithHeader("X-Trace", headerSecret))
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range n.seen {
			if n.bodies[i] != `{"name":"body-secret"}` || r.RequestURI != "/base/v1/users/u%201/agents?token=query-secret" ||
				r.Header.Get("X-Api-Key") != testKey || r.Header.Get("X-Trace") != headerSecret || r.ContentLength != 22 {
				t.Errorf("attempt %d: %s %v %s", i+1, r.RequestURI, r.Header, n.bodies[i])
			}
			for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key"} {
				if r.Header[name] != nil {
					t.Errorf("%s was sent, so that net/http repeats the request", name)
				}
			}
		}
	})
}
