package phoneagents

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
			agentclients.Error{Code: "Validation error", Message: "prompt_id is required", RequestID: "req_abc123"}, agentclients.ErrBadRequest},
		{"documented 401", 401, string(readFile(t, "error_401.json")),
			agentclients.Error{Code: "Unauthorized", Message: "Invalid API key", RequestID: "req_abc123"}, agentclients.ErrUnauthorized},
		{"documented 409", 409, string(readFile(t, "error_409.json")),
			agentclients.Error{Code: "Conflict", Message: "Phone number already has an active agent", RequestID: "req_abc123"}, agentclients.ErrConflict},
		{"camel-case id", 403, `{"error":"Forbidden","message":"Agent does not belong to this user","correlationId":"17-x"}`,
			agentclients.Error{Code: "Forbidden", Message: "Agent does not belong to this user", RequestID: "17-x"}, agentclients.ErrForbidden},
		{"code and message", 404, `{"success":false,"error":{"code":"MESSAGE_NOT_FOUND","message":"gone"}}`,
			agentclients.Error{Code: "MESSAGE_NOT_FOUND", Message: "gone"}, agentclients.ErrNotFound},
		{"an agent in the way", 400, `{"error":"Failed to create agent","message":"Failed to archive existing conversations: insert violates foreign key"}`,
			agentclients.Error{Code: "Failed to create agent", Message: "Failed to archive existing conversations: insert violates foreign key"}, agentclients.ErrConflict},
		{"without message", 401, `{"error":"Missing API key"}`,
			agentclients.Error{Message: "Missing API key"}, agentclients.ErrUnauthorized},
		{"HTML", 422, "<html><head><style>p{}</style></head><body><h1>Bad</h1> gateway</body></html>",
			agentclients.Error{Message: "Bad gateway"}, agentclients.ErrBadRequest},
		{"empty", 404, "", agentclients.Error{}, agentclients.ErrNotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			testkit.Explains(t, suite, createSample, test.status, test.body, test.want, test.kind)
		})
	}
}
