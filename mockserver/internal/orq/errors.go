package orq

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
)

// errorBody is the body of every refusal below /v2. For agents, 404 and 409 have the
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
	return errorOf(r, status, usual.code, message, "")
}

// nestedError is the body of errors below /v3. Those of the router say more.
type nestedError struct {
	Error errorDetail `json:"error"`
}

type errorDetail struct {
	Code    string     `json:"code"`
	Message string     `json:"message"`
	Type    string     `json:"type,omitempty"`
	Param   *parameter `json:"param,omitempty"`
}

// parameter is the member that is wrong. If it is not known it is null.
type parameter string

// MarshalJSON writes null for none.
func (p parameter) MarshalJSON() ([]byte, error) {
	if p == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(p))
}

// errorTypes are the types of errors of the router.
var errorTypes = map[int]string{
	http.StatusUnauthorized:    "authentication_error",
	http.StatusForbidden:       "permission_error",
	http.StatusTooManyRequests: "rate_limit_error",
}

// errorOf is an error in the shape of the surface that the path belongs to.
func errorOf(r *emulate.Request, status int, code, message, param string) emulate.Response {
	if !strings.HasPrefix(r.Path, "/v3/") {
		return emulate.JSON(status, errorBody{Code: code, Message: message})
	}
	detail := errorDetail{Code: cmp.Or(code, usualCodes[status], strconv.Itoa(status)), Message: message}
	if strings.HasPrefix(r.Path, "/v3/router/") {
		detail.Type = cmp.Or(errorTypes[status], "invalid_request_error")
		if status >= http.StatusInternalServerError {
			detail.Type = "server_error"
		}
		detail.Param = new(parameter(param))
	}
	return emulate.JSON(status, nestedError{detail})
}

// usualCodes are the codes of errors below /v3 that have none elsewhere.
var usualCodes = map[int]string{
	http.StatusNotFound:         "not_found",
	http.StatusMethodNotAllowed: "method_not_allowed",
	http.StatusConflict:         "conflict",
}

// refuse is an error with a code of its own, or none.
func refuse(r *emulate.Request, status int, code, message, reason string) error {
	if status == http.StatusUnauthorized {
		r.Guess("401-body") // seen on other resources, not described for agents
	}
	return errorOf(r, status, code, message, "").Because(reason).Refuse()
}

// refuseMember is an error about one member of the body of the router.
func refuseMember(r *emulate.Request, status int, code, message, member, reason string) error {
	return errorOf(r, status, code, message, member).Because(reason).Refuse()
}

// refuseInput is a 400 with everything that is wrong.
func refuseInput(r *emulate.Request, code, message string, violations []schema.Violation) error {
	r.Guess("400-body") // seen on other resources, not described for agents
	issues := make([]issue, len(violations))
	for i, v := range violations {
		issues[i] = issue{Path: v.Path, Message: v.Message()}
	}
	if strings.HasPrefix(r.Path, "/v3/") {
		member := strings.TrimPrefix(violations[0].Pointer(), "/")
		return refuseMember(r, http.StatusBadRequest, code, message+": "+member+" "+violations[0].Message(), member, schema.Describe(violations))
	}
	body := errorBody{Code: code, Message: message, Details: &errorDetails{issues}}
	return emulate.JSON(http.StatusBadRequest, body).Because(schema.Describe(violations)).Refuse()
}
