package transport

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

// What a call captures that takes several requests is the last response, with
// the attempts and the time of all of them.
func TestTally(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, drop, answer(200, created), answer(200, `{"id":"agt_2"}`))
		client := n.client()
		var tally Tally
		var response agentclients.Response
		options := []agentclients.CallOption{agentclients.CaptureResponse(&response)}
		read := func() {
			t.Helper()
			op := Op{Name: "get agent", Method: http.MethodGet, Path: "/agents", Replay: ReplaySafe, Tally: &tally}
			if _, err := Call(t.Context(), client, op, options, decodeThing); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		read()
		if response.Attempts != 2 || response.Settled {
			t.Errorf("captured %+v", response)
		}
		tally.Settle(options)
		if !response.Settled {
			t.Error("what was captured is not settled")
		}
		<-time.After(time.Minute)
		read()
		if response.Attempts != 3 || response.Elapsed != time.Since(start) || !response.Settled || string(response.Body) != `{"id":"agt_2"}` {
			t.Errorf("captured %+v after %v", response, time.Since(start))
		}
		tally.Settle(nil) // nothing to note it in
	})
}

// A response that succeeded names a wait, too.
func TestRetryAfterOfSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, answer(200, created, "Retry-After: 7"), answer(200, created))
		client := n.client()
		for _, want := range []time.Duration{7 * time.Second, 0} {
			wait := time.Hour
			op := Op{Name: "get agent", Method: http.MethodGet, Path: "/agents", Replay: ReplaySafe, RetryAfter: &wait}
			if _, err := Call(t.Context(), client, op, nil, decodeThing); err != nil || wait != want {
				t.Errorf("wait %v, not %v: %v", wait, want, err)
			}
		}
	})
}

// Check refuses what would be refused when it is sent, and sends nothing.
func TestCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		client := n.client()
		good := Op{Name: "start run", Method: http.MethodPost, Path: "/agents/{agent_id}", Params: []string{"a"}}
		if err := Check(t.Context(), client, good, nil); err != nil {
			t.Error(err)
		}
		var none context.Context
		bad := good
		bad.Params = []string{""}
		asError(t, Check(t.Context(), client, bad, nil), agentclients.ErrInvalidRequest)
		bad = good
		bad.Body = make(chan int)
		asError(t, Check(t.Context(), client, bad, nil), agentclients.ErrInvalidRequest)
		asError(t, Check(none, client, good, nil), agentclients.ErrInvalidRequest)
		asError(t, Check(t.Context(), client, good, []agentclients.CallOption{agentclients.Idempotent()}), agentclients.ErrInvalidRequest)
		asError(t, Check(t.Context(), client, good, []agentclients.CallOption{agentclients.WithHeader("Cookie", "x")}), agentclients.ErrInvalidRequest)
		if n.requests() != 0 {
			t.Errorf("%d requests", n.requests())
		}
	})
}
