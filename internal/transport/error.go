package transport

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

// err returns the error of the call as far as the transport can tell, nil if
// there is a 2xx answer that was read.
func (c *call) err() error {
	if c.succeeded() && c.failure == nil {
		return nil
	}
	if c.op.Method == http.MethodDelete && c.status == http.StatusNotFound && c.lost {
		return nil // the attempt whose answer was lost removed it
	}
	if c.succeeded() && !c.waiting {
		return c.unreadable(c.failure)
	}
	e := c.describe()
	if e == nil {
		e = c.newError()
	}
	if c.failure != nil {
		e.Err = c.failure
	}
	e.Attempts = c.attempts
	e.OutcomeUnknown = c.op.changesState() && (c.lost || c.doubtful())
	return e
}

// unreadable returns the error of a 2xx answer that cannot be read.
func (c *call) unreadable(cause error) error {
	e := c.newError()
	if !errors.Is(cause, agentclients.ErrDecode) && !errors.Is(cause, agentclients.ErrResponseTooLarge) {
		cause = fmt.Errorf("%w: %w", agentclients.ErrDecode, cause)
	}
	e.Err = cause
	e.OutcomeUnknown = c.op.changesState()
	return e
}

// newError returns an error with what is known without reading the body.
func (c *call) newError() *agentclients.Error {
	return &agentclients.Error{
		Provider:   c.client.provider,
		Op:         c.op.Name,
		StatusCode: c.status,
		RequestID:  c.requestID(),
		Attempts:   c.attempts,
		Header:     withoutCookies(c.header),
		Body:       c.body[:min(len(c.body), maxErrorBytes)],
	}
}

// describe returns the last answer as an error, nil if there was none.
func (c *call) describe() *agentclients.Error {
	if c.status == 0 || c.described != nil {
		return c.described
	}
	e := c.newError()
	if c.client.readError != nil && len(c.body) > 0 && !c.succeeded() {
		c.client.readError(e)
	}
	if c.status >= 300 && c.status < 400 {
		e.Message = cmp.Or(e.Message, redirectMessage(c.header.Get("Location")))
	}
	if wait, ok := retryAfter(c.header, time.Now()); ok {
		e.RetryAfter = wait // whatever else the answer says
	} else if e.RetryAfter == 0 && c.status == http.StatusTooManyRequests {
		e.RetryAfter = rateLimitReset(c.header, time.Now())
	}
	e.Code, e.Message, e.RequestID = c.client.hide(e.Code), c.client.hide(e.Message), c.client.hide(e.RequestID)
	for i := range e.Fields {
		e.Fields[i].Path, e.Fields[i].Message = c.client.hide(e.Fields[i].Path), c.client.hide(e.Fields[i].Message)
	}
	c.described = e
	return e
}

// redirectMessage names the host only: the rest may hold a secret.
func redirectMessage(location string) string {
	const message = "redirects are not followed"
	if target, err := url.Parse(location); err == nil && target.Host != "" {
		return message + " (to " + target.Host + ")"
	}
	return message
}

// requestIDHeaders are the headers in which servers name a request.
var requestIDHeaders = []string{"X-Request-Id", "Request-Id", "X-Correlation-Id"}

// requestID returns what the server calls the request, "" if it does not say.
func (c *call) requestID() string {
	for _, name := range requestIDHeaders {
		if id := c.header.Get(name); id != "" {
			return c.client.hide(id)
		}
	}
	return ""
}

func withoutCookies(header http.Header) http.Header {
	if header.Get("Set-Cookie") == "" {
		return header
	}
	header = header.Clone()
	header.Del("Set-Cookie")
	return header
}
