package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

// roundTripper sends one attempt of the call that the request belongs to. It
// has no CloseIdleConnections, so go-retryablehttp cannot drop the pool.
type roundTripper struct{ base http.RoundTripper } // nil: the pool of the process

func (t roundTripper) RoundTrip(request *http.Request) (*http.Response, error) {
	base := t.base
	if base == nil {
		base = sharedPool()
	}
	c := callOf(request.Context())
	if c.refusal = c.admit(); c.refusal != nil {
		return nil, c.refusal
	}
	start := time.Now() // without the wait for the limiter, so that it tells of the server
	response, err := c.attempt(request, base)
	if c.client.logger != nil {
		c.log(slog.LevelDebug, "attempt", slog.Duration("elapsed", time.Since(start)))
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

// attempt sends the request once and reads the whole response, so that the
// attempt's timeout covers the body and the connection can be used again.
func (c *call) attempt(request *http.Request, base http.RoundTripper) (*http.Response, error) {
	c.status, c.header, c.body, c.failure, c.described, c.waiting = 0, nil, nil, nil, nil, false
	// net/http may report about an attempt when the next one is at work: each
	// has a connection of its own. There is hardly ever more than one.
	c.connection = &c.first
	if c.attempts > 0 {
		c.connection = new(connection)
	}
	c.connection.begin(base, request.Method)
	c.attempts++
	if c.op.stream {
		return c.openStream(request, base)
	}
	ctx, cancel := context.WithTimeoutCause(request.Context(), c.timedOut.after, &c.timedOut)
	defer cancel()
	response, err := c.exchange(ctx, request, base)
	if err == nil {
		err = c.read(response)
	}
	if err != nil {
		c.failure = c.cause(ctx, err)
	}
	if c.status == 0 {
		return nil, c.failure
	}
	response.Body = http.NoBody
	return response, nil
}

// exchange sends the request and waits for the header of the response. An
// error beside a status is one of the response's own.
func (c *call) exchange(ctx context.Context, request *http.Request, base http.RoundTripper) (*http.Response, error) {
	ctx = httptrace.WithClientTrace(ctx, &c.connection.trace)
	request = request.WithContext(ctx)
	c.connection.watch(request)
	response, err := base.RoundTrip(request)
	if err == nil && response == nil {
		err = errors.New("the RoundTripper returned neither a response nor an error")
	}
	if err != nil {
		return nil, err
	}
	c.status, c.header = response.StatusCode, response.Header
	if c.status < 200 {
		// The connection was handed over to another protocol, in which
		// nothing ends by itself.
		if response.Body != nil {
			response.Body.Close()
		}
		response.Body = nil
		return response, errNotFinal
	}
	return response, nil
}

// errNotFinal is what is wrong with a response such as 101.
var errNotFinal = errors.New("the server did not send a final status")

// read reads the body of a response, as far as it is wanted.
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

// attemptTimeoutError ends one attempt. It is not a context.DeadlineExceeded:
// the deadline of the caller has not passed.
type attemptTimeoutError struct{ after time.Duration }

func (e *attemptTimeoutError) Error() string { return fmt.Sprintf("no response within %v", e.after) }
func (e *attemptTimeoutError) Timeout() bool { return true }
