package phoneagents

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
)

// documentedTime is how times are written: UTC in whole seconds.
const documentedTime = "2006-01-02T15:04:05Z"

// codeTime is how the published code writes them: with milliseconds.
const codeTime = "2006-01-02T15:04:05.000Z"

func timeLayout(r *emulate.Request) string {
	if asInCode(r) {
		return codeTime
	}
	return documentedTime
}

// asInCode reports whether a response is as the published code writes it.
func asInCode(r *emulate.Request) bool {
	return r.Variant(upstream) || r.Operation != nil && slices.Contains(onlyInCode, r.Operation.Name)
}

// apiError is the body of every error.
type apiError struct {
	Error   string `json:"error"`
	Message string `json:"message"`
	stamp
}

// envelope is the body of a delete, of what only the published code has and,
// with the variant upstream, of every other success.
type envelope struct {
	Success    bool        `json:"success"`
	Data       any         `json:"data,omitempty"`
	Count      *int        `json:"count,omitempty"` // of this page
	Pagination *pagination `json:"pagination,omitempty"`
	Message    string      `json:"message,omitempty"`
	stamp
}

// stamp says in a body which request it responds to, and when.
type stamp struct {
	CorrelationID         string `json:"correlation_id,omitempty"`
	Timestamp             string `json:"timestamp"`
	UpstreamCorrelationID string `json:"correlationId,omitempty"`
}

// stampOf returns the stamp of a response that has a correlation id.
func stampOf(r *emulate.Request, id string) stamp {
	s := stamp{Timestamp: r.Now().Format(timeLayout(r))}
	if asInCode(r) {
		s.UpstreamCorrelationID = id
	} else {
		s.CorrelationID = id
	}
	return s
}

// correlationID returns the caller's own id, or a new one.
func correlationID(r *emulate.Request) string {
	if id := r.Header.Get("X-Correlation-Id"); id != "" {
		return id
	}
	if asInCode(r) {
		random, _ := strconv.ParseUint(emulate.HexID(r, "correlation", 8), 16, 64)
		return fmt.Sprintf("%d-%s", r.Now().UnixMilli(), strconv.FormatUint(random, 36))
	}
	return "req_" + emulate.HexID(r, "correlation", 12)
}

// correlated puts a correlation id into the headers of a response.
func correlated(response emulate.Response, id string) emulate.Response {
	return response.With("X-Correlation-Id", id)
}

// record responds with one agent or phone number.
func record(r *emulate.Request, status int, view any) (emulate.Response, error) {
	if r.Variant(upstream) {
		return enveloped(r, status, envelope{Data: view}), nil
	}
	return correlated(emulate.JSON(status, view), correlationID(r)), nil
}

// list responds with a page of agents or phone numbers. bare is the body of
// the documented form.
func list[T any](r *emulate.Request, bare any, page []T) (emulate.Response, error) {
	if r.Variant(upstream) {
		count := len(page)
		return enveloped(r, http.StatusOK, envelope{Data: page, Count: &count}), nil
	}
	return correlated(emulate.JSON(http.StatusOK, bare), correlationID(r)), nil
}

// deleted responds to a delete.
func deleted(r *emulate.Request, message string) (emulate.Response, error) {
	if r.Variant(delete204) {
		return correlated(emulate.Response{Status: http.StatusNoContent}, correlationID(r)), nil
	}
	return enveloped(r, http.StatusOK, envelope{Message: message}), nil
}

func enveloped(r *emulate.Request, status int, body envelope) emulate.Response {
	id := correlationID(r)
	body.Success, body.stamp = true, stampOf(r, id)
	return correlated(emulate.JSON(status, body), id)
}

// failure renders an error. An empty class or message stands for the usual
// one of the status.
func failure(r *emulate.Request, status int, class, message string) emulate.Response {
	usualClass, usualMessage := usual(r, status)
	if class == "" {
		class = usualClass
	}
	if message == "" {
		message = usualMessage
	}
	id := correlationID(r)
	return correlated(emulate.JSON(status, apiError{class, message, stampOf(r, id)}), id)
}

// refuse is the error of a handler that refuses a request; reason is for
// people.
func refuse(r *emulate.Request, status int, class, message, reason string) error {
	return failure(r, status, class, message).Because(reason).Refuse()
}

// usual returns what the API calls an error of this status and what it says
// about it.
func usual(r *emulate.Request, status int) (class, message string) {
	switch status {
	case http.StatusBadRequest:
		return "Validation error", "Invalid request"
	case http.StatusUnauthorized:
		return "Unauthorized", "Invalid API key"
	case http.StatusForbidden:
		if r.Params["phone_number_id"] != "" {
			return "Forbidden", "Phone number does not belong to this user"
		}
		if r.Params["conversation_id"] != "" {
			return "Forbidden", "Conversation does not belong to this user"
		}
		return "Forbidden", "Agent does not belong to this user"
	case http.StatusNotFound:
		return usualNotFound(r)
	case http.StatusMethodNotAllowed:
		if r.Operation == nil {
			return http.StatusText(status), "Method " + r.Method + " is not allowed here"
		}
	case http.StatusConflict:
		return "Conflict", "Phone number already has an active agent"
	case http.StatusTooManyRequests:
		r.Guess("429-text")
		return "Too Many Requests", "Rate limit exceeded"
	case http.StatusInternalServerError:
		return "Internal Server Error", "Something went wrong"
	}
	text := http.StatusText(status)
	if text == "" {
		text = fmt.Sprintf("Status %d", status)
	}
	return text, text
}

func usualNotFound(r *emulate.Request) (class, message string) {
	if r.Operation == nil {
		return "Not Found", "Route " + r.Method + " " + r.Path + " not found"
	}
	if id := r.Params["agent_id"]; id != "" {
		return "Agent not found", "Agent with ID " + id + " not found"
	}
	if id := r.Params["phone_number_id"]; id != "" {
		return "Phone number not found", "Phone number with ID " + id + " not found"
	}
	if r.Params["conversation_id"] != "" {
		return "Conversation not found", "The specified conversation does not exist"
	}
	if r.Params["message_id"] != "" {
		return "Message not found", "The specified message does not exist or does not belong to this user"
	}
	if id := r.Params["webchat_id"]; id != "" {
		return "Webchat channel not found", "Webchat channel " + id + " not found"
	}
	return "Not Found", "Phone number not found"
}
