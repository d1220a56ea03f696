package orq

import (
	"net/http"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
)

// errorBody is the body of every refusal. For agents, 404 and 409 have the
// message alone.
type errorBody struct {
	Code    string        `json:"code,omitempty"`
	Message string        `json:"message"`
	Details *errorDetails `json:"details,omitempty"`
}

type errorDetails struct {
	Issues []issue `json:"issues"`
}

type issue struct {
	Path    []any  `json:"path"`
	Message string `json:"message"`
}

// usualErrors are the code and the message that each status usually has.
var usualErrors = map[int]struct{ code, message string }{
	http.StatusBadRequest:           {"invalid_request_body", "Invalid request body"},
	http.StatusUnauthorized:         {"authentication_required", "Authentication required"},
	http.StatusPaymentRequired:      {"quota_exceeded", "Quota exceeded"},
	http.StatusForbidden:            {"insufficient_scope", "Insufficient scope"},
	http.StatusNotFound:             {"", "Agent not found"},
	http.StatusRequestTimeout:       {"request_timeout", "Request timeout"},
	http.StatusConflict:             {"", "Agent with this key already exists in the workspace"},
	http.StatusUnsupportedMediaType: {"unsupported_media_type", "Content-Type must be application/json"},
	http.StatusUnprocessableEntity:  {"model_configuration_missing", "Model configuration missing"},
	http.StatusTooManyRequests:      {"rate_limit_exceeded", "Rate limit exceeded"},
	http.StatusInternalServerError:  {"internal_error", "Internal server error"},
	http.StatusNotImplemented:       {"not_implemented", "Not implemented"},
	http.StatusBadGateway:           {"provider_error", "Provider error"},
	http.StatusServiceUnavailable:   {"service_unavailable", "Service unavailable"},
	http.StatusGatewayTimeout:       {"provider_timeout", "Provider timeout"},
}

// refuseByStatus renders an error of which no more than the status is known,
// and perhaps a message.
func refuseByStatus(r *emulate.Request, status int, message string) emulate.Response {
	usual := usualErrors[status]
	if r.Operation == nil && (status == http.StatusNotFound || status == http.StatusMethodNotAllowed) {
		r.Guess("unknown-route")
		usual.message = "" // it is not an agent that was not found
	}
	if message == "" {
		message = usual.message
	}
	if message == "" {
		message = http.StatusText(status)
	}
	return emulate.JSON(status, errorBody{Code: usual.code, Message: message})
}

// refuse is an error with a code of its own, or none.
func refuse(r *emulate.Request, status int, code, message, reason string) error {
	if status == http.StatusUnauthorized {
		r.Guess("401-body") // seen on other resources, not described for agents
	}
	return emulate.JSON(status, errorBody{Code: code, Message: message}).Because(reason).Refuse()
}

// refuseInput is a 400 with everything that is wrong.
func refuseInput(r *emulate.Request, code, message string, violations []schema.Violation) error {
	r.Guess("400-body") // seen on other resources, not described for agents
	issues := make([]issue, len(violations))
	for i, v := range violations {
		issues[i] = issue{Path: v.Path, Message: v.Message()}
	}
	body := errorBody{Code: code, Message: message, Details: &errorDetails{issues}}
	return emulate.JSON(http.StatusBadRequest, body).Because(schema.Describe(violations)).Refuse()
}
