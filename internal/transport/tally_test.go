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
		tally.Settled = true
		for range 2 {
			tally.Report()
			if response.StatusCode != 200 || response.Attempts != 3 || response.RequestID != "last" || !response.Settled || response.Elapsed < time.Minute {
				t.Errorf("%+v at the end", response)
			}
		}
	})
	tally, _ := NewTally(nil) // nobody wants it
	tally.Report()
}

func TestRunFailedHidesTheKey(t *testing.T) {
	e := RunFailed(newNetwork(t).client(), "run agent", "run_1", "llm_error", "no credit for "+testKey)
	asError(t, e, agentclients.ErrRunFailed)
	if got := e.Error(); got != "test: run agent: run failed: no credit for [redacted] (id run_1)" || e.Code != "llm_error" {
		t.Error(got)
	}
}
