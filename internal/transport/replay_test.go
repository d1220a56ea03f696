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

// The answer is lost after the server acted: the request may be sent again
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

// A server that asks to come back has done nothing yet.
func TestPostponed(t *testing.T) {
	want := outcome{requests: 2, created: true}
	for name, first := range map[string]step{
		"429":                  answer(429, ""),
		"429 with Retry-After": answer(429, "", "Retry-After: 1"),
		"503 with Retry-After": answer(503, "", "Retry-After: 1"),
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
// is taken to have sent the request, unless it failed to dial.
func TestRoundTrippersThatSayNothing(t *testing.T) {
	for _, test := range []struct {
		name     string
		err      error
		attempts int
		unknown  bool
	}{
		{"any error", errors.New("it broke"), 1, true},
		{"dialing", &net.OpError{Op: "dial", Err: errors.New("refused")}, 3, false},
		{"reading", &net.OpError{Op: "read", Err: errors.New("reset")}, 1, true},
		{"name", &net.DNSError{Err: "no such host"}, 3, false},
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

// A read that broke off is repeated; a create that was answered with 201 is
// done, whatever the rest of the answer was.
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

// What a server says about the length of its answer is not believed.
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
		{"after a rate limit", []step{answer(429, ""), answer(404, "")}, 0, false},
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
