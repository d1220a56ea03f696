package transport

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/diff"
)

// settle makes a keyed create and settles it with reads of as many pages.
func settle(ctx context.Context, client *Client, pages int, s Settling[thing], options ...agentclients.CallOption) (*thing, error) {
	s.Find = func(options ...agentclients.CallOption) (*thing, error) {
		var found *thing
		for range pages {
			var err error
			found, err = Call(ctx, client, Op{Name: "get agent", Method: http.MethodGet, Path: "/agents", Replay: ReplaySafe}, options, decodeThing)
			if err != nil {
				return nil, err
			}
		}
		return found, nil
	}
	return Create(ctx, client, createOp(ReplayKeyed), options, decodeThing, s)
}

// isOurs compares the id.
func isOurs(found *thing) (result diff.Result) {
	if found.ID != "agt_1" {
		result.Add("id", "agt_1", found.ID)
	}
	return result
}

var byID = Settling[thing]{Compare: isOurs}

func TestSettle(t *testing.T) {
	// What a create comes to. Only conflict and unknown come with an error.
	const (
		success  = "success"
		conflict = "conflict"
		unknown  = "unknown"
		refused  = "refused"
	)
	unreadable := answer(201, `{"half":`)
	notOurs, ours := answer(200, `{"id":"agt_0"}`), answer(200, created)
	for _, test := range []struct {
		name  string
		steps []step
		pages int
		want  string
	}{
		{"no failure", []step{answer(201, created)}, 1, success},
		{"lost, then created", []step{drop, answer(201, created)}, 1, success},
		{"lost, then conflict, and it is ours", []step{drop, answer(409, ""), ours}, 1, success},
		{"server error, then conflict, and it is ours", []step{answer(502, ""), answer(409, ""), ours}, 1, success},
		{"timeout, then conflict, and it is ours", []step{stall, answer(409, ""), ours}, 1, success},
		{"found on the second page", []step{drop, answer(409, ""), notOurs, ours}, 2, success},
		{"every response is lost, and it is ours", []step{drop, drop, drop, ours}, 1, success},
		{"server errors, and it is ours", []step{answer(500, ""), answer(502, ""), answer(503, ""), ours}, 1, success},
		{"a response that cannot be read, and it is ours", []step{unreadable, ours}, 1, success},
		{"lost, then refused, and it is ours", []step{drop, answer(400, ""), ours}, 1, success},
		{"lost, then conflict, and it is not ours", []step{drop, answer(409, ""), notOurs}, 1, conflict},
		{"every response is lost, and it is not ours", []step{drop, drop, drop, notOurs}, 1, conflict},
		{"server errors, and it is not ours", []step{answer(500, ""), answer(502, ""), answer(503, ""), notOurs}, 1, conflict},
		{"a response that cannot be read, and it is not ours", []step{unreadable, notOurs}, 1, conflict},
		{"lost, then conflict, and nothing is found", []step{drop, answer(409, "")}, 0, unknown},
		{"lost, then conflict, and there is none", []step{drop, answer(409, ""), answer(404, "")}, 1, unknown},
		{"every response is lost, and there is none", []step{drop, drop, drop, answer(404, "")}, 1, unknown},
		{"lost, then conflict, and the read is forbidden", []step{drop, answer(409, ""), answer(403, "")}, 1, unknown},
		{"lost, then conflict, and the read fails", []step{drop, answer(409, ""), answer(500, ""), answer(500, ""), answer(500, "")}, 1, unknown},
		{"unreadable, and so is the read", []step{unreadable, answer(200, `{}`)}, 1, unknown},
		{"rate limit, then conflict, and it is ours", []step{answer(429, ""), answer(409, ""), ours}, 1, success},
		{"rate limit, then conflict, and it is not ours", []step{answer(429, ""), answer(409, ""), notOurs}, 1, conflict},
		{"a body that says it failed, and it is ours", []step{answer(200, `{"success":false,"error":"taken"}`), ours}, 1, success},
		{"a body that says it failed, and it is not ours", []step{answer(200, `{"success":false,"error":"taken"}`), notOurs}, 1, conflict},
		{"a body that says it failed, and there is none", []step{answer(200, `{"success":false,"error":"taken"}`), answer(404, "")}, 1, refused},
		{"conflict at once", []step{answer(409, "")}, 1, conflict},
		{"refused at once", []step{answer(400, "")}, 1, refused},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, test.steps...)
				var response agentclients.Response
				start := time.Now()
				got, err := settle(t.Context(), n.client(), test.pages, byID, agentclients.CaptureResponse(&response))
				if n.requests() != len(test.steps) {
					t.Errorf("%d requests, not %d", n.requests(), len(test.steps))
				}
				if test.want != success {
					if got != nil || err == nil {
						t.Fatalf("got %v, %v", got, err)
					}
					var e *agentclients.Error // which describes the response that left it open
					if !errors.As(err, &e) || response.StatusCode != e.StatusCode || response.Elapsed != time.Since(start) {
						t.Errorf("captured status %d after %v, error %v", response.StatusCode, response.Elapsed, err)
					}
					if errors.Is(err, agentclients.ErrOutcomeUnknown) != (test.want == unknown) ||
						test.want == conflict && !errors.Is(err, agentclients.ErrConflict) || response.Settled || response.Attempts != len(test.steps) {
						t.Errorf("not %s: %v", test.want, err)
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

// A conflict tells what differs, and keeps what happened before.
func TestSettleTellsWhatDiffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, answer(201, "{"), answer(200, `{"id":"agt_0"}`))
		_, err := settle(t.Context(), n.client(), 1, byID)
		e := asError(t, err, agentclients.ErrConflict, agentclients.ErrDecode)
		if len(e.Fields) != 1 || e.Fields[0].Path != "id" || e.StatusCode != 201 || string(e.Body) != "{" {
			t.Errorf("error %v", err)
		}
	})
}

// A response that lacks what is compared leaves the doubt.
func TestSettleWithAnUnclearResponse(t *testing.T) {
	untold := Settling[thing]{Compare: func(*thing) (result diff.Result) {
		result.Add("name", "n", "")
		return result
	}}
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, drop, answer(409, ""), answer(200, created))
		got, err := settle(t.Context(), n.client(), 1, untold)
		if got != nil {
			t.Errorf("got %v", got)
		}
		asError(t, err, agentclients.ErrConflict, agentclients.ErrOutcomeUnknown)
	})
}

// A conflict at once is open if nobody else can have the key.
func TestSettleAKeyOfOnesOwn(t *testing.T) {
	own := byID
	own.Own = true
	for _, test := range []struct {
		name     string
		read     step
		success  bool
		unknown  bool
		requests int
	}{
		{"it is ours", answer(200, created), true, false, 2},
		{"it is not ours", answer(200, `{"id":"agt_0"}`), false, false, 2},
		{"there is none", answer(404, ""), false, false, 2},
		{"the read fails", answer(403, ""), false, true, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, answer(409, ""), test.read)
				got, err := settle(t.Context(), n.client(), 1, own)
				if n.requests() != test.requests || test.success != (err == nil) || test.success != (got != nil) {
					t.Errorf("%d requests, got %v, %v", n.requests(), got, err)
				}
				if !test.success && (!errors.Is(err, agentclients.ErrConflict) || errors.Is(err, agentclients.ErrOutcomeUnknown) != test.unknown) {
					t.Errorf("error %v", err)
				}
			})
		})
	}
}

// A 2xx that says that it failed is believed if there is nothing.
func TestSettleARefusalWithinASuccess(t *testing.T) {
	none := Settling[thing]{Find: func(...agentclients.CallOption) (*thing, error) { return nil, nil }}
	for _, test := range []struct {
		err     agentclients.Error
		unknown bool
	}{
		{agentclients.Error{StatusCode: 200, Attempts: 1, Message: "taken", OutcomeUnknown: true}, false},
		{agentclients.Error{StatusCode: 200, Attempts: 2, Message: "taken", OutcomeUnknown: true}, true}, // the first one may come yet
		{agentclients.Error{StatusCode: 200, Attempts: 1, Err: agentclients.ErrDecode, OutcomeUnknown: true}, true},
		{agentclients.Error{StatusCode: 502, Attempts: 1, OutcomeUnknown: true}, true},
	} {
		e := test.err
		if got, err := none.Settle(&e, nil, nil); got != nil || errors.Is(err, agentclients.ErrOutcomeUnknown) != test.unknown {
			t.Errorf("%v became %v, %v", test.err, got, err)
		}
	}
}

func TestSettleLeavesOtherErrorsAlone(t *testing.T) {
	never := Settling[thing]{Own: false, Compare: isOurs, Find: func(...agentclients.CallOption) (*thing, error) {
		t.Error("something was read")
		return nil, nil
	}}
	for _, err := range []error{
		errors.New("any"),
		&agentclients.Error{StatusCode: 409},
		&agentclients.Error{StatusCode: 500},
	} {
		if got, settled := never.Settle(err, nil, nil); settled != err || got != nil {
			t.Errorf("%v became %v, %v", err, got, settled)
		}
	}
}

// The read back carries the same options as the create.
func TestSettleKeepsTheOptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, drop, answer(409, ""), answer(200, created))
		if _, err := settle(t.Context(), n.client(), 1, byID, agentclients.WithHeader("X-Trace", "t1")); err != nil {
			t.Fatal(err)
		}
		if got := n.seen[2].Header.Get("X-Trace"); got != "t1" {
			t.Errorf("read back with X-Trace %q", got)
		}
	})
}
