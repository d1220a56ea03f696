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
	"github.com/agentclients/agentclients-go/internal/redact"
)

// call is one call of a client method: the state that its attempts share, and
// the answer to the last one. It travels as the context of its requests, since
// go-retryablehttp hands its callbacks nothing else.
type call struct {
	context.Context // of the caller, with the trace
	client          *Client
	op              Op
	start           time.Time
	loop            retryablehttp.Client // one per call: its Backoff gets no context
	trace           httptrace.ClientTrace

	attempts int
	lost     bool // an attempt before the last one may have taken effect
	waiting  bool // between two attempts

	// The last attempt.
	asked, connected atomic.Bool // net/http began to get a connection, and had one
	status           int         // 0: no answer
	header           http.Header
	body             []byte
	failure          error               // of the transport, or of reading the body
	described        *agentclients.Error // the answer as an error, read at most once

	refusal   error // why the next attempt was not made: the limiter's or the context's word
	sentPath  string
	sentQuery string
}

func newCall(ctx context.Context, client *Client, op Op) *call {
	c := &call{client: client, op: op, start: time.Now()}
	c.trace.GetConn = func(string) { c.asked.Store(true) }
	c.trace.GotConn = func(httptrace.GotConnInfo) { c.connected.Store(true) }
	c.Context = httptrace.WithClientTrace(ctx, &c.trace)
	c.loop.HTTPClient = client.http
	c.loop.RetryMax = client.retry.MaxAttempts - 1
	c.loop.CheckRetry = checkRetry
	c.loop.Backoff = backoff
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
	c.sentPath, c.sentQuery = request.URL.EscapedPath(), request.URL.RawQuery
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

// contextError says why the context of the call is done, nil if it is not.
func (c *call) contextError() error {
	err, cause := c.Err(), context.Cause(c.Context)
	if err == nil || cause == nil || errors.Is(cause, err) {
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
	c := callOf(request.Context())
	if c.refusal = c.admit(); c.refusal != nil {
		return nil, c.refusal
	}
	response, err := c.attempt(request, base)
	if c.client.logger != nil {
		c.log(slog.LevelDebug, "attempt", slog.Duration("elapsed", time.Since(c.start)))
	}
	return response, err
}

// admit waits for the limiter. Its error means that nothing may be sent.
func (c *call) admit() error {
	if c.client.limiter != nil && c.Err() == nil {
		if err := c.client.limiter.Wait(c); err != nil && c.Err() == nil {
			return err
		}
	}
	return c.contextError()
}

// attempt sends the request once and reads the whole answer, so that the
// attempt's timeout covers the body and the connection can be used again.
func (c *call) attempt(request *http.Request, base http.RoundTripper) (*http.Response, error) {
	c.status, c.header, c.body, c.failure, c.described, c.waiting = 0, nil, nil, nil, nil, false
	c.asked.Store(false)
	c.connected.Store(false)
	c.attempts++
	ctx, cancel := context.WithTimeoutCause(request.Context(), c.client.retry.AttemptTimeout, c.client.timedOut)
	defer cancel()
	response, err := base.RoundTrip(request.WithContext(ctx))
	if err == nil && response == nil {
		err = errors.New("the RoundTripper returned neither an answer nor an error")
	}
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
// known and not huge.
func readAtMost(r io.Reader, limit, length int64) ([]byte, error) {
	size := int64(512)
	if length >= 0 {
		// One more, to meet the end without growing. What the server says is
		// trusted up to a point.
		size = min(length, limit, maxErrorBytes) + 1
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
		return timeout
	}
	var wrapped *url.Error
	for errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		if text := inner.Error(); c.clean(text) != text {
			return &cleanError{c.clean(err.Error()), func(target error) bool { return errors.Is(err, target) }}
		}
	}
	return err
}

// clean removes the key and the query of the request from a text.
func (c *call) clean(text string) string {
	text = c.client.hide(text)
	if c.sentQuery != "" {
		text = strings.ReplaceAll(text, c.sentQuery, redact.Placeholder)
	}
	return text
}

// cleanError is an error with a cleaned text. The original can be matched but
// not got hold of, since it would print what was cleaned away.
type cleanError struct {
	text string
	is   func(error) bool
}

func (e *cleanError) Error() string        { return e.text }
func (e *cleanError) Is(target error) bool { return e.is(target) }

// attemptTimeoutError ends one attempt. It is not a context.DeadlineExceeded:
// the deadline of the caller has not passed.
type attemptTimeoutError struct{ after time.Duration }

func (e attemptTimeoutError) Error() string { return fmt.Sprintf("no answer within %v", e.after) }
func (e attemptTimeoutError) Timeout() bool { return true }

// checkRetry and backoff are what go-retryablehttp asks after every attempt.
func checkRetry(ctx context.Context, _ *http.Response, _ error) (bool, error) {
	return callOf(ctx).retries(), nil
}

func backoff(wait, _ time.Duration, _ int, _ *http.Response) time.Duration { return wait }

// retries decides whether to send again, and how long to wait before.
func (c *call) retries() bool {
	if c.succeeded() && c.failure == nil {
		return false
	}
	if c.attempts >= c.client.retry.MaxAttempts || !c.mayReplay() || c.Err() != nil {
		return false
	}
	wait := c.jitter()
	described := c.describe()
	if described != nil && (described.RetryAfter > 0 || c.hasRetryAfter()) {
		wait = described.RetryAfter
		if wait > c.client.retry.MaxRetryAfter {
			return false
		}
	}
	if deadline, ok := c.Deadline(); ok && time.Until(deadline) <= wait {
		return false // the caller gets the answer now, not a timeout later
	}
	// A server that names a time to come back has not done anything yet: that
	// is why even ReplayNever sends again.
	postponed := c.op.Replay == ReplayNever && c.status == http.StatusServiceUnavailable && c.hasRetryAfter()
	c.lost = c.lost || c.doubtful() && !postponed
	c.waiting = true
	c.loop.RetryWaitMin = wait // which backoff returns
	if c.client.logger != nil {
		c.log(slog.LevelWarn, "retry", slog.Duration("wait", wait))
	}
	return true
}

// jitter is the wait before the next attempt if the server names none.
func (c *call) jitter() time.Duration {
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
	if c.refusal != nil || isCertificateError(c.failure) {
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
	case c.attempts == 0:
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
		slog.String("path", c.sentPath),
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
