package transport

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/httpheader"
)

// err returns the error of the call as far as the transport can tell, nil if
// there is a 2xx response that was read.
func (c *call) err() error {
	if c.succeeded() && c.failure == nil {
		return nil
	}
	if c.op.Method == http.MethodDelete && c.op.Replay == ReplaySafe && c.status == http.StatusNotFound && c.arrived {
		return nil // an earlier attempt removed it
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
	e.OutcomeUnknown = c.leavesOpen()
	c.nameResource(e)
	return e
}

// unreadable returns the error of a 2xx response that cannot be read.
func (c *call) unreadable(cause error) error {
	e := c.newError()
	if !errors.Is(cause, agentclients.ErrDecode) && !errors.Is(cause, agentclients.ErrResponseTooLarge) {
		cause = fmt.Errorf("%w: %w", agentclients.ErrDecode, cause)
	}
	e.Err = cause
	e.OutcomeUnknown = c.op.changesState()
	c.nameResource(e)
	return c.client.Clean(e) // the cause may have words of the response
}

// nameResource says what exists or may exist.
func (c *call) nameResource(e *agentclients.Error) {
	if e.OutcomeUnknown || c.conflicts() || c.opened != nil {
		e.ResourceID = c.op.ResourceID
	}
}

// newError returns an error with what is known without reading the body.
func (c *call) newError() *agentclients.Error {
	target := url.URL{Scheme: c.target.Scheme, Host: c.target.Host, Path: c.target.Path, RawPath: c.target.RawPath}
	return &agentclients.Error{
		Provider:   c.client.provider,
		Op:         c.op.Name,
		Method:     c.op.Method,
		URL:        c.client.hide(target.String()),
		StatusCode: c.status,
		RequestID:  c.requestID(),
		Attempts:   c.attempts,
		Header:     withoutCookies(c.header),
		Body:       c.body[:min(len(c.body), maxErrorBytes)],
	}
}

// describe returns the last response as an error, nil if there was none.
func (c *call) describe() *agentclients.Error {
	if c.status == 0 || c.described != nil {
		return c.described
	}
	e := c.newError()
	if len(c.body) > 0 && !c.succeeded() {
		c.readError(e)
	}
	if c.status >= 300 && c.status < 400 {
		e.Message = cmp.Or(e.Message, c.redirectMessage())
	}
	if wait, ok := retryAfter(c.header, httpheader.Now(c.header)); ok {
		e.RetryAfter = wait // whatever else the response says
	} else if e.RetryAfter == 0 && c.status == http.StatusTooManyRequests {
		e.RetryAfter = rateLimitReset(c.header, httpheader.Now(c.header))
	}
	c.described = e
	return e
}

// readError reads what the body says is wrong. Keys are taken out before, so
// that none is cut in half, and after, where JSON had escaped them.
func (c *call) readError(e *agentclients.Error) {
	if c.client.readError == nil {
		return
	}
	body := e.Body
	e.Body = []byte(c.client.hide(string(withoutMark(body))))
	c.client.readError(e)
	e.Body = body
	for _, text := range []*string{&e.Code, &e.Message, &e.RequestID} {
		*text = c.client.hide(*text)
	}
	for i := range e.Fields {
		e.Fields[i].Path, e.Fields[i].Message = c.client.hide(e.Fields[i].Path), c.client.hide(e.Fields[i].Message)
	}
}

// redirectMessage names the target without what may hold a secret: its user,
// query and fragment.
func (c *call) redirectMessage() string {
	const message = "redirects are not followed"
	location := c.header.Get("Location")
	if location == "" {
		return message
	}
	target, err := c.target.Parse(location)
	if err != nil {
		return message
	}
	named := url.URL{Scheme: target.Scheme, Host: target.Host, Path: target.Path, RawPath: target.RawPath}
	return c.client.hide(message + " (to " + named.String() + ")")
}

// withoutMark returns a body without the byte order mark that some servers
// put before it.
func withoutMark(body []byte) []byte { return bytes.TrimPrefix(body, []byte("\ufeff")) }

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
