package agentloop

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
		{"documented 400", 400, string(readFile(t, "error_400.json")),
			agentclients.Error{Message: "Input exceeds allowed limits"}, agentclients.ErrBadRequest},
		{"documented 500", 500, string(readFile(t, "error_500.json")),
			agentclients.Error{Message: "Internal server error"}, agentclients.ErrServer},
		{"conflict", 409, `{"error":"Agent with this ID already exists"}`,
			agentclients.Error{Message: "Agent with this ID already exists"}, agentclients.ErrConflict},
		{"code and message", 401, `{"error":{"code":"unauthorized","message":"Authentication required"}}`,
			agentclients.Error{Code: "unauthorized", Message: "Authentication required"}, agentclients.ErrUnauthorized},
		{"problem document", 403, `{"type":"about:blank","title":"Forbidden","status":403,"detail":"An admin must do that.","code":"admin_required"}`,
			agentclients.Error{Code: "admin_required", Message: "An admin must do that."}, agentclients.ErrForbidden},
		{"plain text", 422, "Failed to deserialize the JSON body into the target type: missing field `name`",
			agentclients.Error{Message: "Failed to deserialize the JSON body into the target type: missing field `name`"}, agentclients.ErrBadRequest},
		{"HTML", 400, "<html><head><style>p{}</style></head><body><h1>Bad</h1> gateway</body></html>",
			agentclients.Error{Message: "Bad gateway"}, agentclients.ErrBadRequest},
		{"empty", 404, "", agentclients.Error{}, agentclients.ErrNotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			testkit.Explains(t, suite, createSample, test.status, test.body, test.want, test.kind)
		})
	}
}
