package transport

import (
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

// The response to a call of several requests is the last one, and counts all.
func TestTally(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, answer(429, ""), answer(201, created), answer(200, created, "X-Request-Id: last"))
		var response agentclients.Response
		tally, options := NewTally([]agentclients.CallOption{agentclients.CaptureResponse(&response)})
		tally.Report()
		if response.Attempts != 0 {
			t.Errorf("%+v before anything was sent", response)
		}
		client := n.client()
		if _, err := create(t.Context(), client, ReplayNever, options...); err != nil {
			t.Fatal(err)
		}
		tally.Report()
		if response.StatusCode != 201 || response.Attempts != 2 {
			t.Errorf("%+v after the first", response)
		}
		<-time.After(time.Minute)
		if _, err := create(t.Context(), client, ReplayNever, options...); err != nil {
			t.Fatal(err)
		}
		tally.Settle()
		for range 2 {
			tally.Report()
			if response.StatusCode != 200 || response.Attempts != 3 || response.RequestID != "last" || !response.Settled || response.Elapsed < time.Minute {
				t.Errorf("%+v at the end", response)
			}
		}
	})
}

// A call that takes several requests can be one of those of another call.
func TestTallyWithinATally(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, answer(502, ""), answer(201, created), drop, answer(409, ""), answer(200, created))
		client := n.client()
		var response agentclients.Response
		start := time.Now()
		tally, options := NewTally([]agentclients.CallOption{agentclients.CaptureResponse(&response)})
		if _, err := create(t.Context(), client, ReplaySafe, options...); err != nil {
			t.Fatal(err)
		}
		if _, err := settle(t.Context(), client, 1, byID, options...); err != nil {
			t.Fatal(err)
		}
		if _, err := create(t.Context(), client, ReplaySafe, append(options, agentclients.Idempotent())...); err == nil {
			t.Fatal("a call was not refused")
		}
		tally.Report()
		if response.Attempts != 5 || response.Elapsed != time.Since(start) || !response.Settled || response.StatusCode != 200 {
			t.Errorf("captured %+v", response)
		}
	})
}

// Who captures nothing has no Tally, and pays nothing.
func TestNoTally(t *testing.T) {
	tally, options := NewTally(nil)
	if tally != nil || options != nil {
		t.Errorf("%v, %v", tally, options)
	}
	tally.Settle()
	tally.Keep()()
	tally.Report()
}

func TestRunFailedHidesTheKey(t *testing.T) {
	e := RunFailed(newNetwork(t).client(), "run agent", "run_1", "llm_error", "no credit for "+testKey)
	asError(t, e, agentclients.ErrRunFailed)
	if got := e.Error(); got != "test: run agent: run failed: no credit for [redacted] (id run_1)" || e.Code != "llm_error" {
		t.Error(got)
	}
}
