package emulate

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// Response is what an API responds. A nil body is an empty one.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	Reason string // why a request was refused, for people: header X-Mock-Reason
}

// JSON responds with v as JSON. HTML characters are not escaped: none of the
// emulated APIs does.
func JSON(status int, v any) Response {
	return Response{
		Status: status,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   jsontext.MustMarshal(v),
	}
}

// Text responds with text that is not JSON.
func Text(status int, text string) Response {
	return Response{
		Status: status,
		Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
		Body:   []byte(text),
	}
}

// Because is the response with a reason for people.
func (r Response) Because(reason string) Response {
	r.Reason = reason
	return r
}

// Refusal is the error of a handler that refuses a request.
type Refusal struct{ Response Response }

// Refuse returns the response as the error of a handler.
func (r Response) Refuse() error { return &Refusal{r} }

// Error says why the request was refused.
func (e *Refusal) Error() string {
	if e.Response.Reason != "" {
		return e.Response.Reason
	}
	return fmt.Sprintf("status %d", e.Response.Status)
}

// Mismatch says for people what was wrong with one member of a request body:
// where, what was expected and what was there.
func Mismatch(pointer, expected string, got json.RawMessage) string {
	return fmt.Sprintf("%s: expected %s, got %s", pointer, expected, jsontext.Kind(got))
}
