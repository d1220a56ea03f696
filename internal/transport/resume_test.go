package transport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/sse"
)

// stored is a stored event of the stream in these tests.
func stored(ids ...string) string {
	var all strings.Builder
	for _, id := range ids {
		fmt.Fprintf(&all, "event: stored\nid: %s\ndata: {\"id\":%q}\n\n", id, id)
	}
	return all.String()
}

const (
	connected = "event: connected\ndata: {}\n\n"
	lastOne   = "event: last\nid: e9\ndata: {\"id\":\"e9\"}\n\n"
)

// closing is the frame by which the server says that it closes a connection.
func closing(milliseconds int) string {
	return fmt.Sprintf("event: disconnecting\nid: zzz\ndata: {\"retry_ms\":%d}\n\n", milliseconds)
}

func numbers() Resumable[string] {
	return Resumable[string]{
		Op: func(after string) Op {
			op := Op{Name: "stream events", Method: http.MethodGet, Path: "/events", Replay: ReplaySafe}
			if after != "" {
				op.Query = url.Values{"since_id": {after}}
			}
			return op
		},
		Frame: func(event sse.Event) (Frame[string], error) {
			var body struct {
				ID    string `json:"id"`
				Delay int    `json:"retry_ms"`
			}
			if err := json.Unmarshal(event.Data, &body); err != nil {
				return Frame[string]{}, err
			}
			return Frame[string]{
				Value: body.ID, ID: body.ID, Control: event.Type != "stored" && event.Type != "last",
				Closing: event.Type == "disconnecting", Delay: time.Duration(body.Delay) * time.Millisecond, Last: event.Type == "last",
			}, nil
		},
	}
}

// resumed is what came of one range over a resumable stream.
type resumed struct {
	got   []string
	since []string // of each request
	waits []time.Duration
	err   error
}

// resume ranges over a stream whose server does what the steps say.
func resume(t *testing.T, ctx context.Context, stream Resumable[string], steps []step, change ...func(*agentclients.Options)) resumed {
	t.Helper()
	n := newNetwork(t, steps...)
	var r resumed
	for event, err := range Resume(ctx, n.client(change...), stream, nil) {
		if err != nil {
			r.err = err
			continue
		}
		r.got = append(r.got, event)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, request := range n.seen {
		r.since = append(r.since, request.URL.Query().Get("since_id"))
		if i > 0 {
			r.waits = append(r.waits, n.arrived[i]-n.arrived[i-1])
		}
	}
	return r
}

func TestResume(t *testing.T) {
	for name, test := range map[string]struct {
		steps []step
		got   string
		since string
	}{
		"one connection":                      {[]step{events(connected, stored("e1", "e2"), lastOne, "hold")}, "e1 e2 e9", ""},
		"a reset after the last event":        {[]step{events(stored("e1"), lastOne)}, "e1 e9", ""},
		"a break":                             {[]step{events(connected, stored("e1", "e2")), events(connected, stored("e3"), lastOne)}, "e1 e2 e3 e9", ",e2"},
		"a break within an event":             {[]step{events(stored("e1"), "event: stored\nid: e2\ndata: {\"id\":\"e2\"}\n"), events(stored("e2"), lastOne)}, "e1 e2 e9", ",e1"},
		"a connection that brings nothing":    {[]step{events(stored("e1", "e2")), events(connected), events(stored("e3"), lastOne)}, "e1 e2 e3 e9", ",e2,e2"},
		"a repeated event":                    {[]step{events(stored("e1", "e2")), events(stored("e2", "e3"), lastOne)}, "e1 e2 e3 e9", ",e2"},
		"all from the beginning":              {[]step{events(stored("e1", "e2", "e3")), events(stored("e1", "e2", "e3", "e4"), lastOne)}, "e1 e2 e3 e4 e9", ",e3"},
		"a planned close":                     {[]step{events(stored("e1"), closing(100)), events(stored("e2"), lastOne)}, "e1 e2 e9", ",e1"},
		"events in the chunk of the close":    {[]step{events(stored("e1")+closing(100)+stored("e2", "e3"), "hold"), events(lastOne)}, "e1 e2 e3 e9", ",e3"},
		"a close that does not come":          {[]step{events(stored("e1"), closing(100), "hold"), events(lastOne)}, "e1 e9", ",e1"},
		"the id of a control frame":           {[]step{events(stored("e2"), closing(100)), events(stored("e3"), lastOne)}, "e2 e3 e9", ",e2"},
		"a refusal that is transient":         {[]step{events(stored("e1")), answer(502, ""), answer(429, ""), answer(408, ""), drop, events(lastOne)}, "e1 e9", ",e1,e1,e1,e1,e1"},
		"a first connection that is repeated": {[]step{answer(502, ""), drop, events(lastOne)}, "e9", ",,"},
		"the last event in a break":           {[]step{events(lastOne)}, "e9", ""},
		"a header that is held back":          {[]step{stall, stall, stall, stall, events(lastOne)}, "e9", ",,,,"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := resume(t, t.Context(), numbers(), test.steps)
				if r.err != nil {
					t.Errorf("ended with %v", r.err)
				}
				if diff := cmp.Diff(test.got+"|"+test.since, strings.Join(r.got, " ")+"|"+strings.Join(r.since, ",")); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

// Servers close quiet streams. That is no failure, however often.
func TestQuietStreamIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var steps []step
		for range 20 {
			steps = append(steps, events(connected, 150*time.Second, ": busy\n\n", 150*time.Second))
		}
		r := resume(t, t.Context(), numbers(), append(steps, events(lastOne)), func(o *agentclients.Options) { o.Stream.IdleTimeout = 200 * time.Second })
		if r.err != nil || len(r.since) != 21 {
			t.Errorf("%d connections, %v", len(r.since), r.err)
		}
	})
}

// A server that accepts and closes at once is left alone after a while, and
// not asked without a pause before.
func TestConnectionsThatBringNothing(t *testing.T) {
	for name, useless := range map[string]step{
		"connected":      events(connected, ": hello\n\n", "retry: 0\n\n"),
		"a repeated one": events(stored("e1")),
		"refusals":       answer(503, ""),
		"drops":          drop,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				r := resume(t, t.Context(), numbers(), append([]step{events(stored("e1"))}, useless, useless, useless, useless, useless, useless)[:6])
				e := asError(t, r.err)
				if len(r.since) != 6 || strings.Join(r.got, " ") != "e1" || !strings.Contains(r.err.Error(), "e1") {
					t.Errorf("%d connections, got %q: %v", len(r.since), r.got, e)
				}
				for i, wait := range r.waits {
					if wait < shortestDelay {
						t.Errorf("wait %d is %v", i, wait)
					}
				}
				if elapsed := time.Since(start); elapsed > time.Minute {
					t.Errorf("it took %v", elapsed)
				}
			})
		})
	}
	t.Run("none", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := resume(t, t.Context(), numbers(), []step{events(stored("e1"))}, func(o *agentclients.Options) { o.Stream.MaxReconnects = -1 })
			asError(t, r.err, agentclients.ErrStreamEnded)
			r = resume(t, t.Context(), numbers(), []step{events(stored("e1"), closing(100))}, func(o *agentclients.Options) { o.Stream.MaxReconnects = -1 })
			asError(t, r.err, agentclients.ErrStreamEnded)
		})
	})
}

// The server's delay is for the next connection only, and within bounds.
func TestDelaysOfServers(t *testing.T) {
	for name, test := range map[string]struct {
		frame    string
		min, max time.Duration
	}{
		"none":       {closing(0), shortestDelay, shortestDelay},
		"short":      {closing(1), shortestDelay, shortestDelay},
		"negative":   {closing(-5), shortestDelay, shortestDelay},
		"named":      {closing(7000), 7 * time.Second, 7 * time.Second},
		"a day":      {closing(86400000), longestDelay, longestDelay},
		"retry":      {"retry: 4000\n" + stored("e0"), 4 * time.Second, 4 * time.Second},
		"retry long": {"retry: 99999999999999999999\n" + stored("e0"), longestDelay, longestDelay},
		"retry none": {"retry: 1e3\n" + stored("e0"), shortestDelay, defaultMinWait},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := resume(t, t.Context(), numbers(), []step{events(test.frame), events(stored("e1")), events(lastOne)})
				if r.err != nil || r.waits[0] < test.min || r.waits[0] > test.max || r.waits[1] < shortestDelay || r.waits[1] > defaultMinWait {
					t.Errorf("waits %v: %v", r.waits, r.err)
				}
			})
		})
	}
}

// What would be met again by the next connection ends the stream, and the
// error names the last event.
func TestWhatIsNotResumed(t *testing.T) {
	for name, test := range map[string]struct {
		second step
		kind   error
	}{
		"400":            {answer(400, `{"message":"unknown since_id"}`), agentclients.ErrBadRequest},
		"404":            {answer(404, ""), agentclients.ErrNotFound},
		"410":            {answer(410, ""), nil},
		"401":            {answer(401, ""), agentclients.ErrUnauthorized},
		"redirect":       {answer(302, "", "Location: /login"), nil},
		"HTML":           {answer(200, "<html>", "Content-Type: text/html"), agentclients.ErrDecode},
		"an object":      {answer(200, "{}", "Content-Type: application/json"), agentclients.ErrDecode},
		"a bad event":    {events("event: stored\ndata: {\n\n", "hold"), agentclients.ErrDecode},
		"a long event":   {events(data(strings.Repeat("x", 3000)), "hold"), agentclients.ErrResponseTooLarge},
		"a long pause":   {answer(429, "", "Retry-After: 3600"), agentclients.ErrRateLimited},
		"a long failure": {answer(503, "", "Retry-After: 3600"), agentclients.ErrServer},
		"no such stream": {answer(403, ""), agentclients.ErrForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				small := func(o *agentclients.Options) { o.Stream.MaxEventBytes = 1024 }
				r := resume(t, t.Context(), numbers(), []step{events(stored("e1", "e2")), test.second}, small)
				asError(t, r.err)
				if len(r.since) != 2 || test.kind != nil && !errors.Is(r.err, test.kind) || !strings.Contains(r.err.Error(), "event e2") && !strings.Contains(r.err.Error(), "event was e2") {
					t.Errorf("%d connections: %v", len(r.since), r.err)
				}
			})
		})
	}
	for name, first := range map[string]step{"404": answer(404, ""), "401": answer(401, "")} {
		t.Run("first "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if r := resume(t, t.Context(), numbers(), []step{first}); r.err == nil || len(r.since) != 1 {
					t.Errorf("%d connections, %v", len(r.since), r.err)
				}
			})
		})
	}
}

// A pause that does not fit the deadline is not begun.
func TestPauseBeyondTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began := time.Now()
		r := resume(t, ctx, numbers(), []step{events(stored("e1")), answer(429, `{"message":"slow down"}`, "Retry-After: 20")})
		if e := asError(t, r.err); e.Message != "slow down" || !errors.Is(r.err, agentclients.ErrRateLimited) || time.Since(began) > 5*time.Second {
			t.Errorf("after %v: %v", time.Since(began), r.err)
		}
	})
}

// The context ends a stream wherever it is.
func TestContextEndsAResumedStream(t *testing.T) {
	why := errors.New("the shop closed")
	for name, first := range map[string]step{
		"in a read":            events(connected, "hold"),
		"in a wait":            events(stored("e1"), closing(30000)),
		"while it waits for a": stall,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				time.AfterFunc(5*time.Second, func() { cancel(why) })
				start := time.Now()
				r := resume(t, ctx, numbers(), []step{first})
				asError(t, r.err, context.Canceled, why)
				if errors.Is(r.err, agentclients.ErrStreamEnded) || time.Since(start) != 5*time.Second || len(r.since) != 1 {
					t.Errorf("after %v, %d connections: %v", time.Since(start), len(r.since), r.err)
				}
			})
		})
	}
	t.Run("in the loop", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, events(stored("e1", "e2", "e3"), "hold"))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var got []string
			var last error
			for event, err := range Resume(ctx, n.client(), numbers(), nil) {
				if err != nil {
					last = err
					break
				}
				got = append(got, event)
				cancel()
			}
			if len(got) != 1 || !errors.Is(last, context.Canceled) {
				t.Errorf("got %q, %v", got, last)
			}
		})
	})
	t.Run("a break out of it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, events(stored("e1", "e2"), "hold"), events(stored("e1"), lastOne))
			all := Resume(t.Context(), n.client(), numbers(), nil)
			for range all {
				break
			}
			count := 0
			for range all { // begins again
				count++
			}
			if count != 2 || n.requests() != 2 {
				t.Errorf("%d events, %d requests", count, n.requests())
			}
		})
	})
}

// Heartbeats do not hide a run that is dead: after thirty seconds without an
// event somebody looks, over any number of connections.
func TestLookAfterSilence(t *testing.T) {
	var quiet []any
	quiet = append(quiet, connected)
	for range 100 {
		quiet = append(quiet, 15*time.Second, ": busy\n\n")
	}
	looking := func(results ...any) (Resumable[string], *[]time.Duration) {
		stream, start, at := numbers(), time.Now(), new([]time.Duration)
		stream.Look = func(context.Context) (bool, error) {
			*at = append(*at, time.Since(start).Round(time.Second))
			switch result := results[min(len(*at), len(results))-1].(type) {
			case error:
				return false, result
			case bool:
				return result, nil
			}
			return false, nil
		}
		return stream, at
	}
	synctest.Test(t, func(t *testing.T) {
		stream, at := looking(false, false, true)
		r := resume(t, t.Context(), stream, []step{events(append([]any{stored("e1")}, quiet...)...)})
		if diff := cmp.Diff([]time.Duration{30 * time.Second, 60 * time.Second, 90 * time.Second}, *at); diff != "" || r.err != nil || len(r.since) != 1 {
			t.Errorf("%d connections, %v, looks (-want +got):\n%s", len(r.since), r.err, diff)
		}
	})
	synctest.Test(t, func(t *testing.T) { // cut again and again
		stream, at := looking(true)
		short := events(connected, 12*time.Second)
		r := resume(t, t.Context(), stream, []step{short, short, short})
		if len(*at) != 1 || (*at)[0] != 30*time.Second || r.err != nil {
			t.Errorf("looked at %v, %v", *at, r.err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		gone := &agentclients.Error{Provider: "test", Op: "get session", StatusCode: 404}
		stream, at := looking(gone)
		r := resume(t, t.Context(), stream, []step{events(quiet...)})
		if len(*at) != 1 || !errors.Is(r.err, agentclients.ErrNotFound) {
			t.Errorf("looked at %v, %v", *at, r.err)
		}
	})
	synctest.Test(t, func(t *testing.T) { // events put it off
		stream, at := looking(true)
		r := resume(t, t.Context(), stream, []step{events(stored("e1"), 20*time.Second, stored("e2"), 20*time.Second, stored("e3"), 20*time.Second, lastOne)})
		if len(*at) != 0 || len(r.got) != 4 {
			t.Errorf("looked at %v, got %q", *at, r.got)
		}
	})
}

// What is looked after is borne longer: its first connection may fail like any
// other, and a header that is held back does not hold back the look.
func TestFirstConnectionOfWhatIsLookedAfter(t *testing.T) {
	for name, test := range map[string]struct {
		first step
		after time.Duration // of the look
	}{
		"a refusal that is transient": {answer(503, ""), 30 * time.Second},
		"a drop":                      {drop, 30 * time.Second},
		"a header that is held back":  {stall, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stream, start := numbers(), time.Now()
				var at time.Duration
				stream.Look = func(context.Context) (bool, error) {
					at = time.Since(start)
					return true, nil
				}
				r := resume(t, t.Context(), stream, []step{test.first, events(connected, "hold")})
				if r.err != nil || at < test.after || at > test.after+time.Second {
					t.Errorf("looked after %v, %v", at, r.err)
				}
			})
		})
	}
}

// An error of a stream says what it was about, also if it came between two
// connections.
func TestResumedStreamNamesItsResource(t *testing.T) {
	stream := numbers()
	op := stream.Op
	stream.Op = func(after string) Op {
		op := op(after)
		op.ResourceID = "thing_1"
		return op
	}
	for name, steps := range map[string][]step{
		"a refusal":     {events(stored("e1")), answer(410, "")},
		"a wait":        {events(stored("e1"), closing(30000))},
		"a first drop":  {drop, drop, drop},
		"no reconnects": {events(stored("e1")), drop, drop, drop, drop, drop, drop},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				if e := asError(t, resume(t, ctx, stream, steps).err); e.ResourceID != "thing_1" {
					t.Errorf("%q in %v", e.ResourceID, e)
				}
			})
		})
	}
}

// The response is captured again after each connection.
func TestCaptureOfAResumedStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, events(stored("e1")), events(lastOne))
		var response agentclients.Response
		for event, err := range Resume(t.Context(), n.client(), numbers(), []agentclients.CallOption{agentclients.CaptureResponse(&response)}) {
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != 200 {
				t.Errorf("captured %v at %s", response, event)
			}
			response = agentclients.Response{}
		}
	})
}

// A stream that starts work is ranged over once.
func TestOnce(t *testing.T) {
	n := newNetwork(t)
	starts := 0
	runs := Once(n.client(), "stream run", func(yield func(string, error) bool) {
		starts++
		_ = yield("a", nil) && yield("b", nil)
	})
	if starts != 0 {
		t.Error("it started before it was ranged over")
	}
	for range runs {
		break
	}
	done := make(chan error)
	for range 2 {
		go func() {
			count := 0
			var last error
			for _, err := range runs {
				count, last = count+1, err
			}
			if count != 1 {
				last = fmt.Errorf("%d pairs", count)
			}
			done <- last
		}()
	}
	for range 2 {
		if err := <-done; !errors.Is(err, agentclients.ErrInvalidRequest) {
			t.Errorf("a second range ended with %v", err)
		}
	}
	if starts != 1 {
		t.Errorf("it started %d times", starts)
	}
}

// Who sets no deadline waits for RunTimeout.
func TestRunContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newNetwork(t).client(func(o *agentclients.Options) {
			o.Retry.RunTimeout = time.Hour
			o.HTTPClient.Timeout = time.Second // which is for one request
		})
		for name, test := range map[string]struct {
			options []agentclients.CallOption
			own     time.Duration
			want    time.Duration
		}{
			"the client's":   {nil, 0, time.Hour},
			"the call's":     {[]agentclients.CallOption{agentclients.WithRetry(agentclients.RetryPolicy{RunTimeout: time.Minute})}, 0, time.Minute},
			"the deadline's": {nil, 2 * time.Hour, 2 * time.Hour},
		} {
			ctx := t.Context()
			if test.own > 0 {
				var stop context.CancelFunc
				ctx, stop = context.WithTimeout(ctx, test.own)
				defer stop()
			}
			ctx, cancel := RunContext(ctx, client, test.options)
			start := time.Now()
			<-ctx.Done()
			if elapsed := time.Since(start); elapsed != test.want {
				t.Errorf("%s: ended after %v", name, elapsed)
			}
			if test.own == 0 && !strings.Contains(contextError(ctx).Error(), "the run did not end within "+test.want.String()) {
				t.Errorf("%s: %v", name, contextError(ctx))
			}
			cancel()
		}
	})
	var none context.Context // the request that follows refuses it
	RunContext(none, newNetwork(t).client(), nil)
}
