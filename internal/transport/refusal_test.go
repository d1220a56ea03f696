package transport

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	agentclients "github.com/agentclients/agentclients-go"
)

// A 2xx that says that it failed is a refusal with the server's words.
func TestSuccessThatSaysItFailed(t *testing.T) {
	for body, want := range map[string]string{
		`{"success":false,"error":"Phone number already bound"}`:             "Phone number already bound",
		`{"success": false, "message":"No more agents"}`:                     "No more agents",
		`{"success":false,"error":{"code":"taken","message":"It is taken"}}`: "It is taken",
		`{"error":"Phone number already bound"}`:                             "Phone number already bound",
		`{"error":{"message":"It is taken"},"id":""}`:                        "It is taken",
		`{"success":false}`: "the response says that it failed",
		`{"success":false,"data":{"secret":"` + answerSecret + `"}}`:                "the response says that it failed",
		`{"success":false,"id":"agt_1","error":"It was made, and cannot be shown"}`: "It was made, and cannot be shown",
	} {
		for replay, class := range classes {
			t.Run(class+" "+body, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					n := newNetwork(t, answer(200, body))
					got, err := create(t.Context(), n.client(), replay)
					e := asError(t, err)
					if got != nil || e.Message != want || e.StatusCode != 200 || string(e.Body) != body || errors.Is(err, agentclients.ErrDecode) {
						t.Errorf("got %v, %+v", got, e)
					}
					if e.OutcomeUnknown != (replay == ReplayKeyed) || n.requests() != 1 {
						t.Errorf("%d requests, outcome unknown: %v", n.requests(), e.OutcomeUnknown)
					}
					checkNoSecrets(t, "the error", err.Error())
				})
			})
		}
	}
}

// What only looks like a failure is none.
func TestSuccessThatDoesNotSayItFailed(t *testing.T) {
	for _, body := range []string{
		`{"id":"agt_1","error":null}`, `{"id":"agt_1","error":"the agent failed last time"}`, `{"id":"agt_1","success":true,"error":"x"}`,
		`{"id":"agt_1","success":"false"}`, `{"id":"agt_1","success":null}`, `{"id":"agt_1","tool":{"success":false,"error":"x"}}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, answer(200, body))
			if got, err := create(t.Context(), n.client(), ReplayNever); err != nil || got.ID != "agt_1" {
				t.Errorf("%s: got %v, %v", body, got, err)
			}
		})
	}
	for _, body := range []string{`{}`, `{"error":null}`, `{"error":""}`, `{"error":false}`, `[]`, `null`, `"error"`} {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, answer(200, body))
			_, err := create(t.Context(), n.client(), ReplayNever)
			asError(t, err, agentclients.ErrDecode, agentclients.ErrOutcomeUnknown)
		})
	}
}

// A response that is not read says it, too.
func TestDeleteThatSaysItFailed(t *testing.T) {
	for body, failed := range map[string]bool{
		"": false, "{}": false, `{"success":true}`: false, `{"success":true,"error":"x"}`: false, "deleted": false,
		`{"success":false}`: true, `{"error":"in use"}`: true,
	} {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, answer(http.StatusOK, body))
			if err := remove(t.Context(), n.client()); (err != nil) != failed {
				t.Errorf("%q: %v", body, err)
			}
		})
	}
}
