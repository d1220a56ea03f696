package transport

import (
	"errors"
	"testing"
	"testing/synctest"

	agentclients "github.com/agentclients/agentclients-go"
)

// An error names what exists or may exist, and not what surely does not.
func TestErrorsNameTheResource(t *testing.T) {
	for name, test := range map[string]struct {
		first step
		named bool
	}{
		"lost":       {drop, true},
		"failed":     {answer(500, ""), true},
		"unreadable": {answer(201, "{"), true},
		"conflict":   {answer(409, ""), true},
		"refused":    {answer(400, ""), false},
		"limited":    {answer(429, "", "Retry-After: 3600"), false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, test.first)
				op := createOp(ReplayNever)
				op.ResourceID = "support.agent"
				_, err := Call(t.Context(), n.client(), op, nil, decodeThing)
				if e := asError(t, err); (e.ResourceID == "support.agent") != test.named {
					t.Errorf("named %q: %v", e.ResourceID, err)
				}
			})
		})
	}
}

// What a server says inside of a stream is an error with its words, and the
// run that it is about is named.
func TestErrorInsideAStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, events(data("a"), "hold"))
		op := streamOp(ReplayNever)
		op.ResourceID = "task_1"
		stream, err := Open(t.Context(), n.client(), op, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer stream.Close()
		failed := stream.Failed("server_error", "no model for "+testKey)
		if failed.Code != "server_error" || failed.Message != "no model for [redacted]" || failed.ResourceID != "task_1" ||
			!errors.Is(failed, agentclients.ErrRunFailed) || errors.Is(failed, agentclients.ErrStreamEnded) || failed.OutcomeUnknown {
			t.Errorf("error %+v", failed)
		}
		if e := asError(t, stream.Unreadable(errors.New("no type")), agentclients.ErrDecode); e.ResourceID != "task_1" || e.OutcomeUnknown {
			t.Errorf("error %+v", e)
		}
	})
}
