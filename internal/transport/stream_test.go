package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

const streamHeader = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Request-Id: req_1\r\nConnection: close\r\n\r\n"

// events sends the header of a stream, and then parts of it. A part that is a
// time is waited for, and the word "hold" leaves the connection open.
func events(parts ...any) step {
	return func(conn net.Conn) bool {
		io.WriteString(conn, streamHeader) //nolint:errcheck // the client tells
		gone := make(chan struct{})
		go func() {
			stall(conn)
			close(gone)
		}()
		for _, part := range parts {
			switch part := part.(type) {
			case time.Duration:
				select {
				case <-time.After(part):
				case <-gone:
					return false
				}
			case string:
				if part == "hold" {
					<-gone
					return false
				}
				if _, err := io.WriteString(conn, part); err != nil {
					return false
				}
			}
		}
		return false
	}
}

func data(texts ...string) string {
	var all strings.Builder
	for _, text := range texts {
		fmt.Fprintf(&all, "data: %s\n\n", text)
	}
	return all.String()
}

func streamOp(replay Replay) Op {
	return Op{Name: "stream run", Method: http.MethodPost, Path: "/runs", Body: map[string]string{"text": bodySecret}, Replay: replay, Query: map[string][]string{"token": {querySecret}}}
}

// readStream opens a stream and returns what came of it.
func readStream(ctx context.Context, client *Client, replay Replay) (got []string, err error) {
	stream, err := Open(ctx, client, streamOp(replay), nil)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	for {
		event, err := stream.Next()
		if err != nil {
			return got, err
		}
		got = append(got, string(event.Data))
	}
}

func TestStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, events(data("a", "b"), time.Second, data("c")))
		var response agentclients.Response
		stream, err := Open(t.Context(), n.client(), streamOp(ReplayNever), []agentclients.CallOption{agentclients.CaptureResponse(&response)})
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != 200 || response.RequestID != "req_1" || response.Body != nil || response.Attempts != 1 {
			t.Errorf("captured %+v before the first event", response)
		}
		for _, want := range []string{"a", "b", "c"} {
			if event, err := stream.Next(); err != nil || string(event.Data) != want {
				t.Fatalf("got %q, %v", event.Data, err)
			}
		}
		for range 2 {
			_, err = stream.Next()
			e := asError(t, err, agentclients.ErrStreamEnded)
			if e.StatusCode != 200 || e.RequestID != "req_1" || e.Method != "POST" || e.OutcomeUnknown {
				t.Errorf("error %+v", e)
			}
			checkError(t, err)
		}
		synctest.Wait()
		r := n.seen[0]
		if r.Header.Get("Accept") != "text/event-stream" || strings.Join(r.Header["Accept-Encoding"], ",") != "identity" || n.bodies[0] == "" {
			t.Errorf("asked with %v", r.Header)
		}
	})
}

// A break is not an end, and says what broke.
func TestStreamThatBreaks(t *testing.T) {
	for name, test := range map[string]struct {
		first step
		say   string
	}{
		"clean end":            {events(data("a")), "stream ended before its last event"},
		"within an event":      {events(data("a"), "data: b\n"), "unexpected EOF"},
		"within a chunk":       {chunked(data("a"), false), "unexpected EOF"},
		"silence":              {events(data("a"), "hold"), "nothing came for 10m0s"},
		"comments and a break": {events(data("a"), ": x\n\n: y\n\n"), "stream ended"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, test.first)
				got, err := readStream(t.Context(), n.client(), ReplaySafe)
				asError(t, err, agentclients.ErrStreamEnded)
				if len(got) != 1 || n.requests() != 1 || !strings.Contains(err.Error(), test.say) {
					t.Errorf("got %q, %d requests: %v", got, n.requests(), err)
				}
			})
		})
	}
}

// chunked sends a stream with the coding of HTTP/1.1, with or without its end.
func chunked(stream string, ended bool) step {
	return func(conn net.Conn) bool {
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream;charset=UTF-8\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(stream), stream)
		if ended {
			io.WriteString(conn, "0\r\n\r\n") //nolint:errcheck // the client tells
		}
		return ended
	}
}

// Before there is a header, the class says what is repeated; after it nothing
// is, whatever happens.
func TestStreamIsRepeatedBeforeItBegins(t *testing.T) {
	for name, first := range map[string]step{"drop": drop, "502": answer(502, ""), "stall": stall} {
		for replay, class := range classes {
			t.Run(name+" "+class, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					n := newNetwork(t, first, events(data("a")))
					got, err := readStream(t.Context(), n.client(), replay)
					if replay == ReplayNever {
						asError(t, err, agentclients.ErrOutcomeUnknown)
						if n.requests() != 1 {
							t.Errorf("%d requests", n.requests())
						}
						return
					}
					asError(t, err, agentclients.ErrStreamEnded)
					if len(got) != 1 || n.requests() != 2 {
						t.Errorf("got %q, %d requests", got, n.requests())
					}
				})
			})
		}
	}
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, answer(401, `{"message":"no"}`))
		_, err := readStream(t.Context(), n.client(), ReplayNever)
		if e := asError(t, err, agentclients.ErrUnauthorized); e.Message != "no" {
			t.Errorf("message %q", e.Message)
		}
	})
}

// A 200 that is no stream is never an empty success.
func TestStreamThatIsNone(t *testing.T) {
	typed := func(kind, body string) step { return answer(200, body, "Content-Type: "+kind) }
	for name, test := range map[string]struct {
		first   step
		message string
		object  string
	}{
		"an object":             {typed("application/json", `{"id":"task_1","status":"completed","error":null}`), "", `{"id":"task_1","status":"completed","error":null}`},
		"an object with a mark": {typed("application/json", "\xef\xbb\xbf{}"), "", `{}`},
		"an error":              {typed("application/json", `{"detail":"quota exceeded"}`), "quota exceeded", ""},
		"a failure":             {typed("application/json", `{"success":false,"error":"quota exceeded"}`), "quota exceeded", ""},
		"a login page":          {typed("text/html", "<html><title>Please log in</title></html>"), "Please log in", ""},
		"nothing":               {typed("application/json", ""), "", ""},
		"a list":                {typed("application/json", "[]"), "[]", ""},
		"compressed":            {answer(200, "\x1f\x8b\x08", "Content-Type: text/event-stream", "Content-Encoding: gzip"), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, test.first)
				stream, err := Open(t.Context(), n.client(), streamOp(ReplayNever), nil)
				if err == nil {
					if _, err := stream.Next(); err == nil {
						t.Error("it has an event")
					}
					if test.object != "" {
						if string(stream.Object) != test.object {
							t.Errorf("the object is %s", stream.Object)
						}
						stream.Close()
						return
					}
					err = stream.Unreadable(errors.New("it is no task"))
					stream.Finish()
					if err == nil {
						t.Fatal("no error")
					}
					asError(t, err, agentclients.ErrDecode, agentclients.ErrOutcomeUnknown)
				}
				if e := asError(t, err); test.message != "" && e.Message != test.message || e.StatusCode != 200 || n.requests() != 1 {
					t.Errorf("message %q, %d requests: %v", e.Message, n.requests(), err)
				}
			})
		})
	}
}

// The limits of short calls do not cut a stream.
func TestStreamOutlivesTheLimitsOfCalls(t *testing.T) {
	for name, change := range map[string]func(*agentclients.Options){
		"the timeout of an attempt":  func(o *agentclients.Options) { o.Retry.AttemptTimeout = 200 * time.Millisecond },
		"the timeout of http.Client": func(o *agentclients.Options) { o.HTTPClient.Timeout = 200 * time.Millisecond },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var parts []any
				for range 20 {
					parts = append(parts, data("a"), 50*time.Millisecond)
				}
				n := newNetwork(t, events(parts...))
				if got, err := readStream(t.Context(), n.client(change), ReplayNever); len(got) != 20 || !errors.Is(err, agentclients.ErrStreamEnded) {
					t.Errorf("%d events, %v", len(got), err)
				}
				// The header itself is bounded.
				n = newNetwork(t, stall)
				start := time.Now()
				_, err := readStream(t.Context(), n.client(change), ReplayNever)
				asError(t, err, agentclients.ErrOutcomeUnknown)
				if elapsed := time.Since(start); elapsed != 200*time.Millisecond {
					t.Errorf("the header was waited for %v", elapsed)
				}
			})
		})
	}
}

// Only time that a read is blocked is silence: neither the consumer's time,
// nor a stream with heartbeats.
func TestIdleTimeout(t *testing.T) {
	idle := func(o *agentclients.Options) { o.Stream.IdleTimeout = 200 * time.Millisecond }
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, events(data("1", "2", "3", "4", "5")))
		stream, err := Open(t.Context(), n.client(idle), streamOp(ReplayNever), nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if _, err := stream.Next(); err != nil {
				t.Fatal(err)
			}
			<-time.After(time.Second) // the consumer's time
		}
		stream.Close()
	})
	synctest.Test(t, func(t *testing.T) {
		var parts []any
		for range 50 {
			parts = append(parts, ": busy\n\n", 150*time.Millisecond)
		}
		n := newNetwork(t, events(append(parts, data("a"), "hold")...))
		start := time.Now()
		got, err := readStream(t.Context(), n.client(idle), ReplayNever)
		asError(t, err, agentclients.ErrStreamEnded)
		if elapsed := time.Since(start); len(got) != 1 || elapsed != 50*150*time.Millisecond+200*time.Millisecond {
			t.Errorf("got %q after %v: %v", got, elapsed, err)
		}
	})
	for heartbeats, want := range map[bool]time.Duration{true: 90 * time.Second, false: 10 * time.Minute} {
		config := testConfig(agentclients.Options{BaseURL: testBaseURL})
		config.Heartbeats = heartbeats
		client, err := New(config)
		if err != nil || client.stream.IdleTimeout != want || client.stream.MaxEventBytes != 4<<20 || client.stream.MaxReconnects != 5 {
			t.Errorf("heartbeats %v: %+v, %v", heartbeats, client.stream, err)
		}
	}
	_, err := New(testConfig(agentclients.Options{BaseURL: testBaseURL, Stream: agentclients.StreamPolicy{IdleTimeout: -1, MaxEventBytes: -1}}))
	if e := asError(t, err, agentclients.ErrInvalidRequest); len(e.Fields) != 2 {
		t.Error(err)
	}
}

// When the context ends, the stream does, with its error and its cause, at
// once, wherever it is.
func TestContextEndsAStream(t *testing.T) {
	why := errors.New("the shop closed")
	for name, next := range map[string]func(*Stream) error{
		"Next":       func(s *Stream) error { _, err := s.Next(); return err },
		"NextWithin": func(s *Stream) error { _, _, err := s.NextWithin(time.Hour); return err },
	} {
		t.Run("in a read of "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, events(data("a"), "hold"))
				ctx, cancel := context.WithCancelCause(t.Context())
				stream, err := Open(ctx, n.client(), streamOp(ReplayNever), nil)
				if err != nil {
					t.Fatal(err)
				}
				if err := next(stream); err != nil {
					t.Fatal(err)
				}
				time.AfterFunc(5*time.Second, func() { cancel(why) })
				start := time.Now()
				err = next(stream)
				asError(t, err, context.Canceled, why)
				if errors.Is(err, agentclients.ErrStreamEnded) || time.Since(start) != 5*time.Second {
					t.Errorf("after %v: %v", time.Since(start), err)
				}
				synctest.Wait() // no goroutine is left, or the bubble ends with a deadlock
			})
		})
		t.Run("between two events of "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, events(data("a", "b"), "hold"))
				ctx, cancel := context.WithCancelCause(t.Context())
				stream, err := Open(ctx, n.client(), streamOp(ReplayNever), nil)
				if err != nil {
					t.Fatal(err)
				}
				if err := next(stream); err != nil {
					t.Fatal(err)
				}
				cancel(why)
				asError(t, next(stream), context.Canceled, why)
			})
		})
	}
	t.Run("after a break that was not read yet", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, events(data("a")))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			stream, err := Open(ctx, n.client(), streamOp(ReplayNever), nil)
			if err != nil {
				t.Fatal(err)
			}
			stream.Next() //nolint:errcheck // the first event
			<-ctx.Done()
			_, err = stream.Next()
			asError(t, err, context.DeadlineExceeded)
		})
	})
}

// NextWithin gives up waiting, and the stream goes on.
func TestNextWithin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, events(data("a"), 5*time.Second, ": busy\n\n", 5*time.Second, data("b", "c"), "hold"))
		stream, err := Open(t.Context(), n.client(), streamOp(ReplayNever), nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for range 8 {
			event, quiet, err := stream.NextWithin(3 * time.Second)
			switch {
			case err != nil:
				t.Fatal(err)
			case quiet:
				got = append(got, "-")
			default:
				got = append(got, string(event.Data))
			}
			if len(got) == 4 { // Next takes up the read that goes on
				event, err := stream.Next()
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, string(event.Data))
			}
		}
		if text := strings.Join(got, ""); text != "a---bc---" {
			t.Errorf("got %s", text)
		}
		stream.Close()
	})
}

// An event beyond the limit is no break.
func TestEventThatIsTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, events(data("a", strings.Repeat("x", 2000)), "hold"))
		got, err := readStream(t.Context(), n.client(func(o *agentclients.Options) { o.Stream.MaxEventBytes = 1024 }), ReplaySafe)
		asError(t, err, agentclients.ErrResponseTooLarge)
		if errors.Is(err, agentclients.ErrStreamEnded) || len(got) != 1 || !strings.Contains(err.Error(), "1024 bytes") {
			t.Errorf("got %q: %v", got, err)
		}
	})
}

// After the last event the connection is used again; a stream that is left
// early, or does not end, costs its connection and nothing else.
func TestConnectionsOfStreams(t *testing.T) {
	var connections atomic.Int32
	gone := make(chan struct{}, 10)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, data("a", "last")) //nolint:errcheck // the client tells
		w.(http.Flusher).Flush()
		if r.URL.Query().Get("hold") != "" {
			<-r.Context().Done()
			gone <- struct{}{}
		}
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	pool := &http.Transport{}
	defer pool.CloseIdleConnections()
	client := newTestClient(t, pool, func(o *agentclients.Options) { o.BaseURL = server.URL })
	op := Op{Name: "stream", Method: "GET", Path: "/x", Replay: ReplaySafe}
	for range 5 {
		stream, err := Open(t.Context(), client, op, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := stream.Next(); err != nil {
				t.Fatal(err)
			}
		}
		stream.Finish()
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections for 5 streams that ended", n)
	}
	op.Query = map[string][]string{"hold": {"1"}}
	for _, leave := range []func(*Stream){(*Stream).Close, (*Stream).Finish} {
		stream, err := Open(t.Context(), client, op, nil)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		leave(stream)
		if elapsed := time.Since(start); elapsed > 10*drainWait {
			t.Errorf("leaving took %v", elapsed)
		}
		<-gone
	}
}

// Something on the way that would compress a stream, and hold it back for
// that, is told not to.
func TestStreamIsNotCompressed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, func(conn net.Conn) bool { return events(data("a"), time.Second, data("b"))(conn) })
		n.pool.DisableCompression = false
		if got, err := readStream(t.Context(), n.client(), ReplayNever); len(got) != 2 || !errors.Is(err, agentclients.ErrStreamEnded) {
			t.Errorf("got %q, %v", got, err)
		}
		if encoding := n.seen[0].Header.Get("Accept-Encoding"); encoding != "identity" {
			t.Errorf("asked for %q", encoding)
		}
	})
}
