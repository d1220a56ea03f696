package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	agentclients "github.com/agentclients/agentclients-go"
)

// call is one call of a client method: the state that its attempts share, and
// the answer to the last one. It travels as the context of its requests, since
// go-retryablehttp hands its callbacks nothing else.
type call struct {
	context.Context
	client *Client
	op     Op
	start  time.Time
	trace  httptrace.ClientTrace

	attempts int
	lost     bool // an attempt before the last one may have taken effect
	waiting  bool // between two attempts
	wait     time.Duration

	// The last attempt.
	asked, connected atomic.Bool // net/http began to get a connection, and had one
	status           int         // 0: no answer
	header           http.Header
	body             []byte
	failure          error               // of the transport, of reading the body, or of the limiter
	refused          bool                // by the limiter: nothing was sent
	described        *agentclients.Error // the answer as an error, read at most once
	sentPath         string
	sentQuery        string
}

type callKey struct{}

// Value returns the call itself for callKey.
func (c *call) Value(key any) any {
	if key == (callKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// run sends the request until go-retryablehttp, which asks checkRetry, is
// done. What came of it is in c.
func (c *call) run(request *retryablehttp.Request) {
	c.sentPath, c.sentQuery = request.URL.EscapedPath(), request.URL.RawQuery
	if err := c.Err(); err != nil {
		c.failure, c.refused = err, true
		return
	}
	loop := &retryablehttp.Client{ // one per call: Backoff gets no context
		HTTPClient:   c.client.http,
		RetryMax:     c.client.retry.MaxAttempts - 1,
		CheckRetry:   c.checkRetry,
		Backoff:      func(time.Duration, time.Duration, int, *http.Response) time.Duration { return c.wait },
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	response, err := loop.Do(request)
	if response != nil && response.Body != nil {
		response.Body.Close()
	}
	switch {
	case c.waiting && c.Err() != nil && c.failure != nil:
		c.failure = fmt.Errorf("%w while waiting after: %w", c.contextError(), c.failure)
	case c.waiting && c.Err() != nil:
		c.failure = c.contextError()
	case err != nil && c.failure == nil && c.status == 0:
		c.failure = err // net/http refused to send it
	}
}

// contextError says why the context of the call is done.
func (c *call) contextError() error {
	err, cause := c.Err(), context.Cause(c.Context)
	if cause == nil || errors.Is(cause, err) {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// roundTripper sends one attempt of the call that the request belongs to. It
// has no CloseIdleConnections, so go-retryablehttp cannot drop the pool.
type roundTripper struct{ base http.RoundTripper }

func (t roundTripper) RoundTrip(request *http.Request) (*http.Response, error) {
	base := t.base
	if base == nil {
		base = http.DefaultTransport
	}
	c := request.Context().Value(callKey{}).(*call)
	response, err := c.attempt(request, base)
	if c.client.logger != nil {
		c.log(slog.LevelDebug, "attempt", slog.Duration("elapsed", time.Since(c.start)))
	}
	return response, err
}

// attempt sends the request once and reads the whole answer, so that the
// attempt's timeout covers the body and the connection can be used again.
func (c *call) attempt(request *http.Request, base http.RoundTripper) (*http.Response, error) {
	if c.client.limiter != nil {
		if err := c.client.limiter.Wait(request.Context()); err != nil {
			c.failure, c.refused = err, true
			return nil, err
		}
	}
	c.status, c.header, c.body, c.failure, c.described, c.waiting = 0, nil, nil, nil, nil, false
	c.asked.Store(false)
	c.connected.Store(false)
	c.attempts++
	timeout := c.client.retry.AttemptTimeout
	ctx, cancel := context.WithTimeoutCause(request.Context(), timeout, attemptTimeoutError{timeout})
	defer cancel()
	if c.trace.GetConn == nil {
		c.trace.GetConn = func(string) { c.asked.Store(true) }
		c.trace.GotConn = func(httptrace.GotConnInfo) { c.connected.Store(true) }
	}
	response, err := base.RoundTrip(request.WithContext(httptrace.WithClientTrace(ctx, &c.trace)))
	if err != nil {
		c.failure = c.cause(ctx, err)
		return nil, c.failure
	}
	c.status, c.header = response.StatusCode, response.Header
	if err := c.read(response); err != nil {
		c.failure = c.cause(ctx, err)
	}
	response.Body = http.NoBody
	return response, nil
}

// read reads the body of an answer, as far as it is wanted.
func (c *call) read(response *http.Response) error {
	body := response.Body
	if body == nil {
		return nil
	}
	defer body.Close()
	limit := c.client.maxBytes
	if !c.succeeded() {
		limit = min(limit, maxErrorBytes)
	}
	var err error
	c.body, err = readAtMost(body, limit+1, response.ContentLength)
	if int64(len(c.body)) > limit {
		c.body = c.body[:limit]
		if c.succeeded() {
			return fmt.Errorf("%w: more than %d bytes", agentclients.ErrResponseTooLarge, limit)
		}
		// The rest of an error is of no interest, but the connection is.
		io.CopyN(io.Discard, body, 64<<10) //nolint:errcheck // it is only a courtesy
		return nil
	}
	return err
}

// readAtMost is io.ReadAll with a limit, in one allocation if the length is
// known.
func readAtMost(r io.Reader, limit, length int64) ([]byte, error) {
	size := int64(512)
	if length >= 0 {
		size = min(length, limit) + 1 // one more, to meet the end without growing
	}
	body := make([]byte, 0, size)
	for int64(len(body)) < limit {
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
		n, err := r.Read(body[len(body):min(int64(cap(body)), limit)])
		body = body[:len(body)+n]
		if err == io.EOF {
			return body, nil
		}
		if err != nil {
			return body, err
		}
	}
	return body, nil
}

func (c *call) succeeded() bool { return c.status >= 200 && c.status < 300 }

// cause returns the error of an attempt without what the caller must not see:
// the URL with its query, and the key.
func (c *call) cause(attempt context.Context, err error) error {
	if c.Err() != nil {
		return c.contextError()
	}
	if timeout := context.Cause(attempt); timeout != nil {
		if timeout == context.DeadlineExceeded { // the Timeout of the user's http.Client
			timeout = attemptTimeoutError{c.client.http.Timeout}
		}
		return timeout
	}
	var wrapped *url.Error
	for errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	text := c.client.hide(err.Error())
	if c.sentQuery != "" {
		text = strings.ReplaceAll(text, "?"+c.sentQuery, "")
	}
	if text != err.Error() {
		return &cleanError{text, err}
	}
	return err
}

// cleanError is an error with a cleaned text. The original can be matched but
// not got hold of, since it would print what was cleaned away.
type cleanError struct {
	text     string
	original error
}

func (e *cleanError) Error() string        { return e.text }
func (e *cleanError) Is(target error) bool { return errors.Is(e.original, target) }

// attemptTimeoutError ends one attempt. It is not a context.DeadlineExceeded:
// the deadline of the caller has not passed.
type attemptTimeoutError struct{ after time.Duration }

func (e attemptTimeoutError) Error() string { return fmt.Sprintf("no answer within %v", e.after) }
func (e attemptTimeoutError) Timeout() bool { return true }

// checkRetry decides whether to send again, and how long to wait before.
func (c *call) checkRetry(context.Context, *http.Response, error) (bool, error) {
	if c.succeeded() && c.failure == nil {
		return false, nil
	}
	if c.attempts >= c.client.retry.MaxAttempts || !c.mayReplay() || c.Err() != nil {
		return false, nil
	}
	c.wait = c.backoff()
	described := c.describe()
	if described != nil && (described.RetryAfter > 0 || c.hasRetryAfter()) {
		c.wait = described.RetryAfter
		if c.wait > c.client.retry.MaxRetryAfter {
			return false, nil
		}
	}
	if deadline, ok := c.Deadline(); ok && time.Until(deadline) <= c.wait {
		return false, nil // the caller gets the answer now, not a timeout later
	}
	// A server that names a time to come back has not done anything yet: that
	// is why even ReplayNever sends again.
	postponed := c.op.Replay == ReplayNever && c.status == http.StatusServiceUnavailable && c.hasRetryAfter()
	c.lost = c.lost || c.doubtful() && !postponed
	c.waiting = true
	if c.client.logger != nil {
		c.log(slog.LevelWarn, "retry", slog.Duration("wait", c.wait))
	}
	return true, nil
}

// backoff is the wait before the next attempt if the server names none.
func (c *call) backoff() time.Duration {
	policy := c.client.retry
	ceiling := policy.MinWait
	for i := 1; i < c.attempts && ceiling < policy.MaxWait; i++ {
		ceiling *= 2
	}
	return rand.N(min(ceiling, policy.MaxWait) + 1)
}

// mayReplay reports whether the class of the operation allows to send again
// after what the last attempt came to.
func (c *call) mayReplay() bool {
	if c.refused || isCertificateError(c.failure) {
		return false
	}
	if c.status == http.StatusTooManyRequests || c.status == http.StatusServiceUnavailable && c.hasRetryAfter() {
		return true
	}
	if c.status == 0 && !c.mayHaveBeenSent() {
		return true
	}
	replay := c.op.Replay
	if replay == ReplayNever && c.client.retry.AllowDuplicates {
		replay = ReplayKeyed
	}
	if replay == ReplayNever {
		return false
	}
	if c.succeeded() { // and could not be read
		return replay == ReplaySafe && c.failure != nil && !errors.Is(c.failure, agentclients.ErrResponseTooLarge)
	}
	switch c.status {
	case 0, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// doubtful reports whether the last attempt may have taken effect although
// its answer does not say so.
func (c *call) doubtful() bool {
	switch {
	case c.refused:
		return false
	case c.status == 0:
		return c.mayHaveBeenSent()
	case c.succeeded():
		return c.failure != nil
	}
	return c.status >= 500 || c.status == http.StatusRequestTimeout
}

// mayHaveBeenSent reports whether the last attempt may have reached the
// server. It did not if net/http began to get a connection and never had one,
// or if dialing is what failed. A round tripper that says neither is not
// trusted.
func (c *call) mayHaveBeenSent() bool {
	if c.connected.Load() {
		return true
	}
	return !c.asked.Load() && !isDialError(c.failure)
}

// response describes the last answer.
func (c *call) response() agentclients.Response {
	return agentclients.Response{
		StatusCode: c.status,
		Header:     c.header,
		Body:       c.body,
		RequestID:  requestID(c.header),
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
		slog.String("path", c.sentPath),
		slog.Int("attempt", c.attempts),
		slog.Int("status", c.status),
		more,
	}
	if id := requestID(c.header); id != "" {
		attributes = append(attributes, slog.String("request_id", id))
	}
	if c.failure != nil {
		attributes = append(attributes, slog.String("error", c.client.hide(c.failure.Error())))
	}
	c.client.logger.LogAttrs(c.Context, level, message, attributes...)
}
