package omniflow

import (
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

func TestErrorBodies(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		body   string
		want   agentclients.Error
		kind   error
	}{
		{"documented", 400, `{"error":{"code":"invalid_number","message":"The provided phone number is invalid"}}`,
			agentclients.Error{Code: "invalid_number", Message: "The provided phone number is invalid"}, agentclients.ErrBadRequest},
		{"flat error", 401, `{"error":"Invalid API key"}`,
			agentclients.Error{Message: "Invalid API key"}, agentclients.ErrUnauthorized},
		{"flat message", 403, `{"message":"Not your workspace"}`,
			agentclients.Error{Message: "Not your workspace"}, agentclients.ErrForbidden},
		{"not found", 404, `{"error":{"code":"not_found","message":"Agent not found"}}`,
			agentclients.Error{Code: "not_found", Message: "Agent not found"}, agentclients.ErrNotFound},
		{"HTML", 422, "<html><head><style>p{}</style></head><body><h1>Bad</h1> gateway</body></html>",
			agentclients.Error{Message: "Bad gateway"}, agentclients.ErrBadRequest},
		{"empty", 404, "", agentclients.Error{}, agentclients.ErrNotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			testkit.Explains(t, suite, createSample, test.status, test.body, test.want, test.kind)
		})
	}
}
