package transport

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/validate"
)

// Client sends requests to one provider. It is safe for concurrent use.
type Client struct {
	provider    string
	base        string            // without a slash at the end
	host        string            // of base, for logs
	setHeader   func(http.Header) // closes over the key, so that no fmt verb can print it
	credentials []string          // the names of the headers that carry them
	hide        func(string) string
	http        *http.Client
	retry       agentclients.RetryPolicy
	timeout     time.Duration // of the user's http.Client, 0 if it has none
	runTimeout  time.Duration // of a run of several requests
	stream      agentclients.StreamPolicy
	limiter     agentclients.Limiter
	logger      *slog.Logger
	maxBytes    int64
	readError   func(*agentclients.Error)
}

// Call sends an operation and reads its response with decode. Its error is
// always an *agentclients.Error.
func Call[T any](ctx context.Context, c *Client, op Op, options []agentclients.CallOption, decode func([]byte) (T, error)) (T, error) {
	var zero T
	call, err := c.send(ctx, op, options)
	if err != nil {
		return zero, err
	}
	body := withoutMark(call.body)
	value, err := decode(body)
	if call.succeeded() && saysFailed(body, err != nil) {
		return zero, call.refused()
	}
	if err != nil {
		return zero, call.unreadable(fmt.Errorf("%w: %w", agentclients.ErrDecode, err))
	}
	return value, nil
}

// Do sends an operation whose response says nothing but that it worked.
func Do(ctx context.Context, c *Client, op Op, options []agentclients.CallOption) error {
	call, err := c.send(ctx, op, options)
	if err == nil && call.succeeded() && saysFailed(withoutMark(call.body), true) {
		return call.refused()
	}
	return err
}

// send sends an operation, again if need be, until there is a response that
// says it worked, or an error.
func (c *Client) send(ctx context.Context, op Op, options []agentclients.CallOption) (*call, error) {
	settings := apply(options)
	retry, err := c.check(ctx, &op, settings)
	if err != nil {
		return nil, err
	}
	target, body, contentType, err := op.request(c)
	if err != nil {
		return nil, err
	}
	call := newCall(ctx, c, op)
	call.setPolicy(retry)
	call.contentType, call.ownHeader = contentType, settings.Header
	// Only a body that exists may be handed over: a nil []byte in an
	// interface is a body of no bytes.
	var payload any
	if body != nil {
		payload = body
	}
	request, err := retryablehttp.NewRequestWithContext(call, op.Method, target, payload)
	if err != nil {
		return nil, c.invalid(&op, agentclients.FieldError{Path: "request", Message: c.hide(withoutURL(err).Error())})
	}
	call.target = *request.URL
	call.setHeader(request.Header)
	call.run(request)

	if settings.Capture != nil {
		*settings.Capture = call.response()
	}
	if op.Status != nil {
		*op.Status = call.status
	}
	if op.RetryAfter != nil {
		*op.RetryAfter = call.namedWait()
	}
	if err := call.err(); err != nil {
		return nil, err
	}
	return call, nil
}

// Check reports what would keep an operation from being sent. It is for calls
// that send another one before it.
func Check(ctx context.Context, c *Client, op Op, options []agentclients.CallOption) error {
	if _, err := c.check(ctx, &op, apply(options)); err != nil {
		return err
	}
	_, _, _, err := op.request(c)
	return err
}

// check returns the retry policy of a call, or what is wrong with its context
// and its options.
func (c *Client) check(ctx context.Context, op *Op, settings agentclients.CallOptions) (agentclients.RetryPolicy, error) {
	var problems validate.Problems
	problems.Append(settings.Problems)
	if ctx == nil {
		problems.Add("ctx", "must not be nil")
	}
	if settings.Idempotent && !op.custom {
		problems.Add("Idempotent", "is an option of Do only: how this call may be repeated is known")
	}
	retry := c.policy(settings, &problems)
	return retry, problems.Err(c.provider, op.Name)
}

// policy returns the client's policy with that of a call laid over it.
func (c *Client) policy(settings agentclients.CallOptions, problems *validate.Problems) agentclients.RetryPolicy {
	if settings.Retry == nil {
		return c.retry
	}
	return lower(overlay(c.retry, *settings.Retry, problems), c.timeout)
}

// withoutURL returns what is wrong with a URL, without the URL.
func withoutURL(err error) error {
	if wrapped, ok := err.(*url.Error); ok {
		return wrapped.Err
	}
	return err
}

// setPolicy sets how often, when and for how long the call is tried.
func (c *call) setPolicy(policy agentclients.RetryPolicy) {
	c.retry = policy
	c.loop.RetryMax = policy.MaxAttempts - 1
	c.timedOut.after = policy.AttemptTimeout
	if c.op.Waits {
		c.timedOut.after = policy.RunTimeout
	}
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
