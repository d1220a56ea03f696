package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	agentclients "github.com/agentclients/agentclients-go"
)

// call is one call of a client method: the state that its attempts share, and
// the response to the last one. It travels as the context of its requests,
// since go-retryablehttp hands its callbacks nothing else.
type call struct {
	context.Context // of the caller
	client          *Client
	op              Op
	start           time.Time
	loop            retryablehttp.Client // one per call: its Backoff gets no context
	retry           agentclients.RetryPolicy
	timedOut        attemptTimeoutError // ends an attempt
	target          url.URL
	contentType     string
	ownHeader       http.Header // of this call, beside the client's

	attempts int
	lost     bool // an attempt before the last one may have taken effect
	arrived  bool // an attempt before the last one may have reached the server, even if it was refused
	waiting  bool // between two attempts

	first connection // of the first attempt

	// The last attempt.
	connection *connection
	status     int // 0: no response
	header     http.Header
	body       []byte
	failure    error               // of the transport, or of reading the body
	described  *agentclients.Error // the response as an error, read at most once

	opened *Stream // of an operation that streams

	refusal error // why the next attempt was not made: the limiter's or the context's word
}

func newCall(ctx context.Context, client *Client, op Op) *call {
	c := &call{Context: ctx, client: client, op: op, start: time.Now()}
	c.loop.HTTPClient = client.http
	c.loop.CheckRetry = checkRetry
	c.loop.Backoff = backoff
	c.loop.PrepareRetry = prepareRetry
	c.loop.ErrorHandler = retryablehttp.PassthroughErrorHandler
	return c
}

type callKey struct{}

// Value returns the call itself for callKey.
func (c *call) Value(key any) any {
	if key == (callKey{}) {
		return c
	}
	return c.Context.Value(key)
}

func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// run sends the request until go-retryablehttp, which asks checkRetry, is
// done. What came of it is in c.
func (c *call) run(request *retryablehttp.Request) {
	response, err := c.loop.Do(request)
	if response != nil && response.Body != nil {
		response.Body.Close()
	}
	if c.refusal == nil && c.waiting {
		c.refusal = c.contextError() // it ended the wait
	}
	switch {
	case c.refusal != nil && c.failure != nil:
		c.failure = fmt.Errorf("%w while waiting after: %w", c.refusal, c.failure)
	case c.refusal != nil:
		c.failure = c.refusal
	case err != nil && c.attempts == 0:
		c.refusal = c.cause(c.Context, err) // net/http's: it asked no round tripper
		c.failure = c.refusal
	}
}

// setHeader sets the headers of one attempt. They are its own: whatever a
// round tripper does to them, the next attempt does not see it.
func (c *call) setHeader(header http.Header) {
	c.client.setHeader(header)
	if c.op.Public {
		for _, name := range c.client.credentials {
			delete(header, name)
		}
	}
	if c.op.stream {
		header["Accept"] = []string{eventStream}
		header["Accept-Encoding"] = []string{"identity"} // whoever compresses a stream holds it back
	} else if c.op.Accept != "" {
		header["Accept"] = []string{c.op.Accept}
	}
	switch c.contentType {
	case jsonType:
	case "":
		delete(header, "Content-Type")
	default:
		header["Content-Type"] = []string{c.contentType}
	}
	for name, values := range c.ownHeader {
		header[name] = slices.Clone(values)
	}
}

// prepareRetry gives the next attempt a header and a URL of its own.
func prepareRetry(request *http.Request) error {
	c := callOf(request.Context())
	request.Header = make(http.Header)
	c.setHeader(request.Header)
	target := c.target
	request.URL = &target
	return nil
}

// contextError says why the context of the call is done, nil if it is not.
func (c *call) contextError() error { return contextError(c.Context) }

func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if err == nil || cause == nil || errors.Is(cause, err) {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}

func (c *call) succeeded() bool { return c.status >= 200 && c.status < 300 }

// response describes the last response.
func (c *call) response() agentclients.Response {
	return agentclients.Response{
		StatusCode: c.status,
		Header:     c.header,
		Body:       c.body,
		RequestID:  c.requestID(),
		Attempts:   c.attempts,
		Elapsed:    time.Since(c.start),
	}
}

// log writes one record about the last attempt.
func (c *call) log(level slog.Level, message string, more slog.Attr) {
	if !c.client.logger.Enabled(c.Context, level) {
		return
	}
	attributes := []slog.Attr{
		slog.String("provider", c.client.provider),
		slog.String("op", c.op.Name),
		slog.String("method", c.op.Method),
		slog.String("host", c.client.host),
		slog.String("path", c.client.hide(c.target.EscapedPath())),
		slog.Int("attempt", c.attempts),
		slog.Int("status", c.status),
		more,
	}
	if id := c.requestID(); id != "" {
		attributes = append(attributes, slog.String("request_id", id))
	}
	if c.failure != nil {
		attributes = append(attributes, slog.String("error", c.failure.Error()))
	}
	c.client.logger.LogAttrs(c.Context, level, message, attributes...)
}
