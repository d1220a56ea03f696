package transport

import (
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

func TestCallsCaptureTheLastResponseAndCountAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, answer(502, ""), answer(201, created), drop, answer(409, ""), answer(200, created))
		client := n.client()
		var response agentclients.Response
		start := time.Now()
		calls := NewCalls([]agentclients.CallOption{agentclients.CaptureResponse(&response)})
		if _, err := create(t.Context(), client, ReplaySafe, calls.Next()...); err != nil {
			t.Fatal(err)
		}
		if _, err := settle(t.Context(), client, 1, byID, calls.Next()...); err != nil {
			t.Fatal(err)
		}
		calls.Next() // for a call that is refused before it is sent
		calls.Done()
		if response.Attempts != 5 || response.Elapsed != time.Since(start) || !response.Settled || response.StatusCode != 200 {
			t.Errorf("captured %+v", response)
		}
	})
}

func TestCallsWithoutACapture(t *testing.T) {
	calls := NewCalls(nil)
	if calls.Next() != nil {
		t.Error("options came from nowhere")
	}
	calls.Done()
}
