package transport

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/hashicorp/go-retryablehttp"

	agentclients "github.com/agentclients/agentclients-go"
)

// Client sends requests to one provider. It is safe for concurrent use.
type Client struct {
	provider  string
	base      string            // without a slash at the end
	host      string            // of base, for logs
	setHeader func(http.Header) // closes over the key, so that no fmt verb can print it
	hide      func(string) string
	http      *http.Client
	retry     agentclients.RetryPolicy
	timedOut  error // of an attempt
	limiter   agentclients.Limiter
	logger    *slog.Logger
	maxBytes  int64
	readError func(*agentclients.Error)
}

// Call sends an operation and reads its answer with decode. Its error is
// always an *agentclients.Error.
func Call[T any](ctx context.Context, c *Client, op Op, options []agentclients.CallOption, decode func([]byte) (T, error)) (T, error) {
	var zero T
	call, err := c.send(ctx, op, options)
	if err != nil {
		return zero, err
	}
	value, err := decode(call.body)
	if err != nil {
		return zero, call.unreadable(fmt.Errorf("%w: %w", agentclients.ErrDecode, err))
	}
	return value, nil
}

// Do sends an operation whose answer says nothing but that it worked.
func Do(ctx context.Context, c *Client, op Op, options []agentclients.CallOption) error {
	_, err := c.send(ctx, op, options)
	return err
}

// send sends an operation, again if need be, until there is an answer that
// says it worked, or an error.
func (c *Client) send(ctx context.Context, op Op, options []agentclients.CallOption) (*call, error) {
	settings := apply(options)
	if ctx == nil {
		settings.Problems = append(settings.Problems, agentclients.FieldError{Path: "ctx", Message: "must not be nil"})
	}
	if len(settings.Problems) > 0 {
		return nil, c.invalid(&op, settings.Problems...)
	}
	target, body, contentType, err := op.request(c)
	if err != nil {
		return nil, err
	}
	call := newCall(ctx, c, op)
	// Only a body that exists may be handed over: a nil []byte in an
	// interface is a body of no bytes.
	var payload any
	if body != nil {
		payload = body
	}
	request, err := retryablehttp.NewRequestWithContext(call, op.Method, target, payload)
	if err != nil {
		return nil, c.invalid(&op, agentclients.FieldError{Path: "request", Message: c.hide(err.Error())})
	}
	c.fillHeader(request.Header, &op, contentType, settings.Header)
	call.run(request)

	if settings.Capture != nil {
		*settings.Capture = call.response()
	}
	if op.Status != nil {
		*op.Status = call.status
	}
	if err := call.err(); err != nil {
		return nil, err
	}
	return call, nil
}

// apply collects what the options of a call say.
func apply(options []agentclients.CallOption) agentclients.CallOptions {
	if len(options) == 0 {
		return agentclients.CallOptions{}
	}
	settings := new(agentclients.CallOptions)
	for _, option := range options {
		if option != nil {
			option(settings)
		}
	}
	return *settings
}
