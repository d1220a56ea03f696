package transport

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

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
		bad.Query = url.Values{"name": {"Gr\xfc\xdfe"}}
		if e := asError(t, Check(t.Context(), client, bad, nil), agentclients.ErrInvalidRequest); len(e.Fields) != 1 || e.Fields[0].Path != "name" {
			t.Errorf("%v", e)
		}
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
