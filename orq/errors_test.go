package orq

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
		{"documented 404", 404, `{"message":"Agent not found"}`,
			agentclients.Error{Message: "Agent not found"}, agentclients.ErrNotFound},
		{"documented 409", 409, `{"message":"Agent with this key already exists in the workspace"}`,
			agentclients.Error{Message: "Agent with this key already exists in the workspace"}, agentclients.ErrConflict},
		{"code that is a string of digits", 404, `{"code":"404","message":"Agent not found"}`,
			agentclients.Error{Code: "404", Message: "Agent not found"}, agentclients.ErrNotFound},
		{"code that is a number", 403, `{"code":7,"message":"project out of scope","details":[]}`,
			agentclients.Error{Code: "7", Message: "project out of scope"}, agentclients.ErrForbidden},
		{"401 with a request id", 401, `{"code":"authentication_required","message":"Log in","request_id":"req_1","doc_url":"https://docs","details":{"a":1}}`,
			agentclients.Error{Code: "authentication_required", Message: "Log in", RequestID: "req_1"}, agentclients.ErrUnauthorized},
		{"inside of error", 422, `{"error":{"code":"provider_credential_invalid","message":"Bad credential","doc_url":"https://docs"}}`,
			agentclients.Error{Code: "provider_credential_invalid", Message: "Bad credential"}, agentclients.ErrBadRequest},
		{"issues in details", 400, `{"message":"Invalid","details":{"issues":[{"path":["settings","tools",0,"type"],"message":"Required"}]}}`,
			agentclients.Error{Message: "Invalid", Fields: []agentclients.FieldError{{Path: "settings.tools[0].type", Message: "Required"}}}, agentclients.ErrBadRequest},
		{"issues", 400, `{"message":"Invalid","issues":[{"path":["key"],"message":"Required"}]}`,
			agentclients.Error{Message: "Invalid", Fields: []agentclients.FieldError{{Path: "key", Message: "Required"}}}, agentclients.ErrBadRequest},
		{"errors", 400, `{"message":"Invalid","errors":[{"path":"key","message":"Required"}]}`,
			agentclients.Error{Message: "Invalid", Fields: []agentclients.FieldError{{Path: "key", Message: "Required"}}}, agentclients.ErrBadRequest},
		{"text", 403, `{"error":"Workspace disabled"}`,
			agentclients.Error{Message: "Workspace disabled"}, agentclients.ErrForbidden},
		{"old page", 404, `{"id":"x","code":404,"error":"No such thing","source":"system"}`,
			agentclients.Error{Code: "404", Message: "No such thing"}, agentclients.ErrNotFound},
		{"HTML", 422, "<html><body><h1>Bad</h1> gateway</body></html>",
			agentclients.Error{Message: "Bad gateway"}, agentclients.ErrBadRequest},
		{"empty", 404, "", agentclients.Error{}, agentclients.ErrNotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			testkit.Explains(t, suite, createSample, test.status, test.body, test.want, test.kind)
		})
	}
}
