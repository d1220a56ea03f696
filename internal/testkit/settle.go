package testkit

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jarcoal/httpmock"

	agentclients "github.com/agentclients/agentclients-go"
)

// Keyed is a create that the server refuses to do twice.
type Keyed[C, T any] struct {
	Create func(context.Context, C) (*T, error)
	// Agent returns the agent that a server makes of the body of a create.
	Agent func(body map[string]any) string
	// Read returns what a server says when it is asked for the agent.
	Read func(agent string) string
	// Other is an agent with another key.
	Other string
}

// errLost is how a response gets lost.
var errLost = errors.New("connection reset by peer")

// response is what a server says after it has carried out a create.
type response struct {
	status int // 0: the response is lost
	body   string
}

// Settles checks that a keyed create succeeds that is carried out once, however
// open its responses leave that.
func (k Keyed[C, T]) Settles(t *testing.T, s Suite[C]) {
	lost, taken := response{}, response{409, `{"error":"Conflict","message":"it exists"}`}
	for name, responses := range map[string][]response{
		"half of the response comes":              {{201, `{"half":`}},
		"an empty response":                       {{201, ""}},
		"a page of a proxy":                       {{200, "<html></html>"}},
		"an object without an id":                 {{201, "{}"}},
		"an agent with another key":               {{201, k.Other}},
		"a body that says that it failed":         {{200, `{"success":false,"error":"it exists"}`}},
		"lost, then taken":                        {lost, taken},
		"lost, then refused":                      {lost, {400, ""}},
		"lost, then half":                         {lost, {201, "{"}},
		"lost, then a body that says it failed":   {lost, {200, `{"success":false,"error":"it exists"}`}},
		"every response is lost":                  {lost, lost, lost},
		"rate limited although done, then taken":  {{429, ""}, taken},
		"rate limited, lost, then taken":          {{429, ""}, lost, taken},
		"unavailable although done, then taken":   {{503, ""}, taken},
		"the server fails again and again":        {{500, ""}, {502, ""}, {504, ""}},
		"timeouts of a gateway, then unavailable": {{408, ""}, {504, ""}, {503, ""}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var agent string
				left, reads := responses, 0
				transport := httpmock.NewMockTransport()
				transport.RegisterNoResponder(func(request *http.Request) (*http.Response, error) {
					if request.Method != http.MethodPost {
						reads++
						return httpmock.NewStringResponse(http.StatusOK, k.Read(agent)), nil
					}
					if agent == "" {
						body, err := io.ReadAll(request.Body)
						if err != nil {
							return nil, err
						}
						agent = k.Agent(parse(t, body).(map[string]any))
					}
					if len(left) == 0 {
						t.Fatal("the create was sent too often")
					}
					next := left[0]
					left = left[1:]
					if next.status == 0 {
						return nil, errLost
					}
					return httpmock.NewStringResponse(next.status, next.body), nil
				})
				client := s.New(t, agentclients.Options{HTTPClient: &http.Client{Transport: transport}})
				value, err := k.Create(t.Context(), client)
				if err != nil || value == nil || len(left) > 0 || reads == 0 {
					t.Errorf("got %v, %v with %d responses left after %d reads", value, err, len(left), reads)
				}
			})
		})
	}
}

// Doubts checks the error of a keyed create whose response is lost each time:
// reads are the responses to the reads that settle it, and want is how it ends.
func (k Keyed[C, T]) Doubts(t *testing.T, s Suite[C], reads []string, status int, unknown bool) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		transport := httpmock.NewMockTransport()
		transport.RegisterNoResponder(func(request *http.Request) (*http.Response, error) {
			if request.Method == http.MethodPost {
				return nil, errLost
			}
			if len(reads) == 0 {
				t.Fatalf("unexpected read %s", request.URL)
			}
			body := reads[0]
			reads = reads[1:]
			return httpmock.NewStringResponse(status, body), nil
		})
		client := s.New(t, agentclients.Options{HTTPClient: &http.Client{Transport: transport}, Retry: agentclients.RetryPolicy{MaxAttempts: 1}})
		value, err := k.Create(t.Context(), client)
		if value != nil || errors.Is(err, agentclients.ErrOutcomeUnknown) != unknown || errors.Is(err, agentclients.ErrConflict) == unknown {
			t.Errorf("%s: got %v, %v", strings.Join(reads, " "), value, err)
		}
		var e *agentclients.Error
		if errors.As(err, &e); unknown && (e == nil || e.ResourceID == "") {
			t.Errorf("the error does not say what may exist: %v", err)
		}
	})
}
