package transport

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

// settle makes a keyed create and settles it with reads of as many pages.
func settle(ctx context.Context, client *Client, pages int, compare func(*thing, *Comparison), options ...agentclients.CallOption) (*thing, error) {
	value, err := create(ctx, client, ReplayKeyed, options...)
	return Settle(value, err, options, func(options ...agentclients.CallOption) (*thing, error) {
		var found *thing
		for range pages {
			var err error
			found, err = Call(ctx, client, Op{Name: "get agent", Method: http.MethodGet, Path: "/agents", Replay: ReplaySafe}, options, decodeThing)
			if err != nil {
				return nil, err
			}
		}
		return found, nil
	}, compare)
}

func isOurs(found *thing, c *Comparison) { c.Text("agt_1", found.ID) }

func TestSettle(t *testing.T) {
	for _, test := range []struct {
		name    string
		steps   []step
		pages   int
		created bool
		unknown bool
	}{
		{"no failure", []step{answer(201, created)}, 1, true, false},
		{"lost, then created", []step{drop, answer(201, created)}, 1, true, false},
		{"lost, then conflict, and it is ours", []step{drop, answer(409, ""), answer(200, created)}, 1, true, false},
		{"server error, then conflict, and it is ours", []step{answer(502, ""), answer(409, ""), answer(200, created)}, 1, true, false},
		{"timeout, then conflict, and it is ours", []step{stall, answer(409, ""), answer(200, created)}, 1, true, false},
		{"found on the second page", []step{drop, answer(409, ""), answer(200, `{"id":"agt_0"}`), answer(200, created)}, 2, true, false},
		{"lost, then conflict, and it is not ours", []step{drop, answer(409, ""), answer(200, `{"id":"agt_0"}`)}, 1, false, false},
		{"lost, then conflict, and nothing is found", []step{drop, answer(409, "")}, 0, false, true},
		{"lost, then conflict, and the read is refused", []step{drop, answer(409, ""), answer(404, "")}, 1, false, true},
		{"lost, then conflict, and the read fails", []step{drop, answer(409, ""), answer(500, ""), answer(500, ""), answer(500, "")}, 1, false, true},
		{"conflict at once", []step{answer(409, "")}, 1, false, false},
		{"rate limit, then conflict, and it is ours", []step{answer(429, ""), answer(409, ""), answer(200, created)}, 1, true, false},
		{"rate limit, then conflict, and it is not ours", []step{answer(429, ""), answer(409, ""), answer(200, `{"id":"agt_0"}`)}, 1, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, test.steps...)
				var response agentclients.Response
				start := time.Now()
				got, err := settle(t.Context(), n.client(), test.pages, isOurs, agentclients.CaptureResponse(&response))
				if n.requests() != len(test.steps) {
					t.Errorf("%d requests, not %d", n.requests(), len(test.steps))
				}
				if !test.created {
					if got != nil {
						t.Errorf("got %v beside an error", got)
					}
					e := asError(t, err, agentclients.ErrConflict)
					if e.OutcomeUnknown != test.unknown || response.StatusCode != 409 || response.Settled {
						t.Errorf("outcome unknown %v, captured %d: %v", e.OutcomeUnknown, response.StatusCode, err)
					}
					return
				}
				if err != nil || got.ID != "agt_1" {
					t.Fatalf("got %v, %v", got, err)
				}
				settled := response.StatusCode == 200
				if response.Settled != settled || response.Attempts != len(test.steps) ||
					response.Elapsed != time.Since(start) || string(response.Body) != created {
					t.Errorf("captured settled %v, %d attempts, %v of %v, %s", response.Settled, response.Attempts,
						response.Elapsed, time.Since(start), response.Body)
				}
			})
		})
	}
}

func TestComparison(t *testing.T) {
	for _, test := range []struct {
		compare func(*Comparison)
		want    Comparison
	}{
		{func(*Comparison) {}, Comparison{}},
		{func(c *Comparison) { c.Text("a", "a"); c.Text("", ""); c.Equal(true) }, Comparison{}},
		{func(c *Comparison) { c.Text("a", "b") }, Comparison{different: true}},
		{func(c *Comparison) { c.Text("", "b"); c.Text("a", "a") }, Comparison{different: true}},
		{func(c *Comparison) { c.Equal(false); c.Equal(true) }, Comparison{different: true}},
		{func(c *Comparison) { c.Text("a", "") }, Comparison{unclear: true}},
		{func(c *Comparison) { c.Unclear(); c.Equal(true) }, Comparison{unclear: true}},
		{func(c *Comparison) { c.Text("a", ""); c.Text("a", "b") }, Comparison{different: true, unclear: true}},
	} {
		var got Comparison
		test.compare(&got)
		if got != test.want {
			t.Errorf("%+v, not %+v", got, test.want)
		}
	}
}

// An answer that lacks what is compared leaves the doubt.
func TestSettleWithAnUnclearAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, drop, answer(409, ""), answer(200, created))
		got, err := settle(t.Context(), n.client(), 1, func(_ *thing, c *Comparison) { c.Text("name", "") })
		if got != nil {
			t.Errorf("got %v", got)
		}
		asError(t, err, agentclients.ErrConflict, agentclients.ErrOutcomeUnknown)
	})
}

func TestSettleLeavesOtherErrorsAlone(t *testing.T) {
	value := &thing{ID: "agt_0"}
	find := func(...agentclients.CallOption) (*thing, error) {
		t.Error("something was read")
		return nil, nil
	}
	for _, err := range []error{
		errors.New("any"),
		&agentclients.Error{StatusCode: 409},
		&agentclients.Error{StatusCode: 500, OutcomeUnknown: true},
	} {
		if got, settled := Settle(value, err, nil, find, isOurs); settled != err || got != nil {
			t.Errorf("%v became %v, %v", err, got, settled)
		}
	}
	if got, err := Settle(value, nil, nil, find, isOurs); err != nil || got != value {
		t.Errorf("a success became %v, %v", got, err)
	}
}

// The read back carries the same options as the create.
func TestSettleKeepsTheOptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, drop, answer(409, ""), answer(200, created))
		if _, err := settle(t.Context(), n.client(), 1, isOurs, agentclients.WithHeader("X-Trace", "t1")); err != nil {
			t.Fatal(err)
		}
		if got := n.seen[2].Header.Get("X-Trace"); got != "t1" {
			t.Errorf("read back with X-Trace %q", got)
		}
	})
}
