package omniflow

import (
	"net/http"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
)

// apiError is the body of every error.
type apiError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	ResetAt string `json:"reset_at,omitempty"` // only with 429
}

// usualErrors are the usual codes and texts. The codes of 402 and 429 are
// documented.
var usualErrors = map[int]apiError{
	http.StatusBadRequest:          {Code: "validation_error", Message: "Bad request"},
	http.StatusUnauthorized:        {Code: "unauthorized", Message: "Invalid API key"},
	http.StatusPaymentRequired:     {Code: "insufficient_credits", Message: "Your account has insufficient credits"},
	http.StatusForbidden:           {Code: "forbidden", Message: "Forbidden"},
	http.StatusNotFound:            {Code: "not_found", Message: "Agent not found"},
	http.StatusTooManyRequests:     {Code: "rate_limit_exceeded", Message: "Too many requests. Please try again in 60 seconds."},
	http.StatusInternalServerError: {Code: "internal_error", Message: "Internal server error"},
}

// invalidNumber is the documented error about a contact without a phone number.
var invalidNumber = apiError{Code: "invalid_number", Message: "The provided phone number is invalid"}

// failure renders an error.
func failure(r *emulate.Request, status int, message string) emulate.Response {
	body, ok := usualErrors[status]
	if !ok {
		body.Message = http.StatusText(status)
		body.Code = strings.ToLower(strings.ReplaceAll(body.Message, " ", "_"))
	}
	switch {
	case message != "":
		body.Message = message
	case status == http.StatusNotFound && r.Operation == nil:
		body.Message = "Route not found"
	}
	switch status {
	case http.StatusPaymentRequired:
	case http.StatusTooManyRequests:
		body.ResetAt = r.LimitReset.Format(timeLayout)
	default:
		r.Guess("error-code")
	}
	return failureOf(r, status, body)
}

// failureOf renders an error with a code of its own.
func failureOf(r *emulate.Request, status int, body apiError) emulate.Response {
	if r.Variant(flatErrors) {
		return emulate.JSON(status, struct {
			Error string `json:"error"`
		}{body.Message})
	}
	return emulate.JSON(status, struct {
		Error apiError `json:"error"`
	}{body})
}

// refuse is the error of a handler that refuses a request. An empty message
// stands for the usual one of the status; reason is for people.
func refuse(r *emulate.Request, status int, message, reason string) error {
	return failure(r, status, message).Because(reason).Refuse()
}
