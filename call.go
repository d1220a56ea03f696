package agentclients

import (
	"fmt"
	"net/http"
	"time"

	"github.com/agentclients/agentclients-go/internal/httpheader"
)

// CallOption changes one call. It is the last, variadic argument of every
// method that calls an API.
type CallOption func(*CallOptions)

// CallOptions collects the options of one call. CallOption functions fill it
// and the clients read it; a program has no use for it.
type CallOptions struct {
	// Header is sent besides the client's own headers.
	Header http.Header
	// Capture is filled with the response. Nil: it was not asked for.
	Capture *Response
	// Retry is laid over the client's policy. Nil: the client's own.
	Retry *RetryPolicy
	// Idempotent says that a request of the method Do may be repeated.
	Idempotent bool
	// Problems lists what is wrong with the options. A call with problems is
	// refused before anything is sent.
	Problems []FieldError
}

// WithHeader sends a header with this call, instead of the client's own one
// of that name. Refused are headers that carry credentials, headers that the
// client or net/http must set themselves (Host, Content-Type, Content-Length,
// Accept-Encoding and the hop-by-hop headers), and Idempotency-Key: none of the five APIs
// honours it, yet net/http repeats a POST that carries it. A refused header
// makes the call fail with [ErrInvalidRequest] before anything is sent.
func WithHeader(key, value string) CallOption {
	return func(o *CallOptions) {
		if problem := headerProblem(key, value); problem != "" {
			// The name may be anything, a misplaced key included: quote only
			// what can be a header name.
			path := "header"
			if httpheader.IsName(key) {
				path = "header " + key
			}
			o.Problems = append(o.Problems, FieldError{Path: path, Message: problem})
			return
		}
		if o.Header == nil {
			o.Header = make(http.Header)
		}
		o.Header.Set(key, value)
	}
}

// WithRetry changes the retry policy for this call. A field that is left zero
// keeps the client's value. A negative value makes the call fail with
// [ErrInvalidRequest] before anything is sent.
func WithRetry(policy RetryPolicy) CallOption {
	return func(o *CallOptions) { o.Retry = &policy }
}

// Idempotent says that the request of this call changes nothing when it is
// sent twice, so that it is repeated after every transient failure. It is for
// the method Do of the clients only: how any other method may be repeated is
// known, and it refuses the option with [ErrInvalidRequest].
func Idempotent() CallOption {
	return func(o *CallOptions) { o.Idempotent = true }
}

// Raw is a request body that the method Do of the clients sends as it is.
type Raw struct {
	// ContentType is the media type of Body, such as "text/csv". "" sends no
	// Content-Type.
	ContentType string
	// Body is what is sent. It must not be changed before the call is over.
	Body []byte
}

// CaptureResponse fills into with the response to this call, also when the
// call fails after a response came. A call that is refused before anything is sent
// leaves it as it is. One Response must not be shared by calls that run at the
// same time.
func CaptureResponse(into *Response) CallOption {
	return func(o *CallOptions) { o.Capture = into }
}

// Response describes the response to one call.
type Response struct {
	// StatusCode is the status of the last response, 0 if there was none.
	StatusCode int
	// Header is the header of the last response.
	Header http.Header
	// Body is the last response as it came, after decompression. Nil for a
	// stream.
	Body []byte
	// RequestID is what the server calls the request, "" if it does not say.
	RequestID string
	// Attempts is how often the request was sent.
	Attempts int
	// Elapsed is the time from the start of the call to its end, waits
	// included.
	Elapsed time.Duration
	// Settled reports that the response to a create, or to the message that
	// starts a run, left open whether it took effect, and that the agent or the
	// message was then read back. The other fields describe the last request;
	// Attempts counts all.
	Settled bool
}

// refusedHeaders maps the canonical names of headers that WithHeader refuses
// to the reason.
var refusedHeaders = func() map[string]string {
	reasons := make(map[string]string)
	for reason, names := range map[string][]string{
		"carries a credential; give the key to NewClient":                    {"Authorization", "X-Api-Key", "Proxy-Authorization", "Cookie"},
		"is set by the client":                                               {"Host", "Content-Type", "Content-Length", "Accept-Encoding"},
		"belongs to the connection, not to the request":                      {"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"},
		"would make net/http repeat the request, and no API here honours it": {"Idempotency-Key", "X-Idempotency-Key"},
	} {
		for _, name := range names {
			reasons[name] = reason
		}
	}
	return reasons
}()

func headerProblem(key, value string) string {
	if !httpheader.IsName(key) {
		return "must be a valid header name: letters, digits and -"
	}
	if reason, refused := refusedHeaders[http.CanonicalHeaderKey(key)]; refused {
		return reason
	}
	if !httpheader.IsValue(value) {
		return "must not hold line breaks or other control characters"
	}
	return ""
}

// String names what was captured, without headers and body.
func (r Response) String() string {
	status, settled := "no response", ""
	if r.StatusCode != 0 {
		status = fmt.Sprintf("%d %s", r.StatusCode, http.StatusText(r.StatusCode))
	}
	if r.Settled {
		settled = ", settled"
	}
	return fmt.Sprintf("%s (request id %q, attempts %d%s)", status, r.RequestID, r.Attempts, settled)
}
