package emulate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// Response is what an API responds. A nil body is an empty one.
type Response struct {
	Status int
	Header http.Header // may be nil
	Type   string      // the media type of Body; "" if Header says it, or nothing does
	Body   []byte
	Reason string // why a request was refused, for people: header X-Mock-Reason

	// Events are what follows the header instead of Body.
	Events *Events
	// Wait is asked for the response until it has one. Nil: this is it.
	Wait func(now time.Time) (response Response, next time.Time, done bool)

	// Stream is what the API calls the thing that is streamed, if it counts how
	// often that is done at a time.
	Stream string

	// Alone: the next that Events and Wait return counts in what is due of the
	// runs that they follow. The other runs then do not wake them, which
	// matters to a thousand streams, and what the request began is followed by
	// nobody else.
	Alone bool
}

// Events is a stream of events: a cursor on a log in the state. It holds
// nothing that a snapshot would miss.
type Events struct {
	// Next returns the frames that are to be sent now, and when there may be
	// more although nothing changes; the zero time if never. done: the stream
	// ends behind the frames.
	Next func(now time.Time) (frames []Frame, next time.Time, done bool)
}

// Frame is one event, or something else, as it stands in the stream.
type Frame struct {
	Data    []byte
	Control bool // no event of the API's log: a greeting, a heartbeat
	Last    bool // the event that says that a run is over
}

// JSON responds with v as JSON. HTML characters are not escaped: none of the
// emulated APIs does.
func JSON(status int, v any) Response {
	return Response{Status: status, Type: "application/json", Body: jsontext.MustMarshal(v)}
}

// Text responds with text that is not JSON.
func Text(status int, text string) Response {
	return Response{Status: status, Type: "text/plain; charset=utf-8", Body: []byte(text)}
}

// ContentType is what the header Content-Type of the response says.
func (r Response) ContentType() string { return cmp.Or(r.Type, r.Header.Get("Content-Type")) }

// With is the response with a header.
func (r Response) With(name, value string) Response {
	if r.Header == nil {
		r.Header = make(http.Header)
	}
	r.Header.Set(name, value)
	return r
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
