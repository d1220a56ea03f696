package testkit

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	agentclients "github.com/agentclients/agentclients-go"
)

// Ensured is what an Ensure method must come to.
type Ensured struct {
	Name      string
	Responses []string // each a status, a space and a body
	Change    agentclients.Change
	Err       error
	Methods   []string // of the requests
	LastBody  string   // of the last request that has one; "": whatever
}

// Ends returns an Ensured.
func Ends(name string, responses []string, change agentclients.Change, err error, methods []string, lastBody string) Ensured {
	return Ensured{Name: name, Responses: responses, Change: change, Err: err, Methods: methods, LastBody: lastBody}
}

// Ensures checks an Ensure method.
func Ensures[C, T any](t *testing.T, s Suite[C], ensure func(context.Context, C, ...agentclients.CallOption) (*T, agentclients.Change, error), tests []Ensured) {
	for _, test := range tests {
		t.Run(test.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, recorder := s.Record(t)
				for _, response := range test.Responses {
					status, body, _ := strings.Cut(response, " ")
					recorder.Answer(parseStatus(t, status), body)
				}
				var response agentclients.Response
				value, change, err := ensure(t.Context(), client, agentclients.CaptureResponse(&response))
				var methods []string
				var last string
				for _, request := range recorder.Requests {
					methods = append(methods, request.Method)
					if request.Body != "" {
						last = request.Body
					}
				}
				if change != test.Change || !errors.Is(err, test.Err) || (value == nil) != (err != nil) || !slices.Equal(methods, test.Methods) {
					t.Errorf("got %v, %q, %v after %v", value, change, err, methods)
				}
				if test.LastBody != "" && last != test.LastBody {
					t.Errorf("sent %s, not %s", last, test.LastBody)
				}
				if err == nil && response.Attempts != len(methods) {
					t.Errorf("captured %d attempts, not %d", response.Attempts, len(methods))
				}
			})
		})
	}
}

func parseStatus(t *testing.T, text string) int {
	t.Helper()
	status := 0
	for _, digit := range text {
		status = 10*status + int(digit-'0')
	}
	return status
}
