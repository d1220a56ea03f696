package transport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/validate"
)

// RunContext returns a context that ends after RunTimeout, unless the given
// one has a deadline of its own. It is for calls that wait for an agent to be
// done, whatever number of requests that takes: the Timeout of an http.Client
// is for one of them, and has no part in it.
func RunContext(ctx context.Context, c *Client, options []agentclients.CallOption) (context.Context, context.CancelFunc) {
	if ctx == nil {
		return nil, func() {} // the first request tells that it must not be nil
	}
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	limit := c.runTimeout
	if retry := apply(options).Retry; retry != nil && retry.RunTimeout > 0 {
		limit = retry.RunTimeout
	}
	return context.WithTimeoutCause(ctx, limit, &runTimeoutError{limit})
}

// runTimeoutError is why a run is not waited for any longer.
type runTimeoutError struct{ after time.Duration }

func (e *runTimeoutError) Error() string {
	return fmt.Sprintf("the run did not end within %v", e.after)
}
func (e *runTimeoutError) Timeout() bool { return true }

// Once returns the events of a stream that starts work: it can be ranged over
// once. Nothing happens before that, and a second range, also one at the same
// time, yields one error that matches ErrInvalidRequest.
func Once[T any](c *Client, op string, events iter.Seq2[T, error]) iter.Seq2[T, error] {
	var used atomic.Bool
	return func(yield func(T, error) bool) {
		if used.CompareAndSwap(false, true) {
			events(yield)
			return
		}
		var zero T
		var problems validate.Problems
		problems.Add("stream", "can be ranged over once, since that starts a run: call the method again for another one")
		yield(zero, problems.Err(c.provider, op))
	}
}

// RunFailed returns the error of a run that did not end well. code and message
// are the server's words for it.
func RunFailed(c *Client, op, id, code, message string) *agentclients.Error {
	return &agentclients.Error{
		Provider: c.provider, Op: op, ResourceID: id,
		Code: c.hide(code), Message: c.hide(message), Err: agentclients.ErrRunFailed,
	}
}

// InRun names the run in the error of one of its requests: which one that was,
// Method and URL tell. It returns err.
func InRun(err error, op string) error {
	var e *agentclients.Error
	if errors.As(err, &e) {
		e.Op = op
	}
	return err
}

// Explain puts the server's words of an earlier error of the same run into an
// error that has none: the end of a context does not tell what the stream said
// before. It returns err.
func Explain(err error, earlier *agentclients.Error) error {
	var e *agentclients.Error
	if earlier != nil && errors.As(err, &e) && e.Message == "" {
		e.Code, e.Message = cmp.Or(e.Code, earlier.Code), earlier.Message
	}
	return err
}
