package transport

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

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
	if c.attempts == 0 || c.attempts >= c.retry.MaxAttempts || !c.mayReplay() || c.Err() != nil {
		return false
	}
	wait, ok := c.wait()
	if !ok {
		return false
	}
	c.lost = c.lost || c.doubtful()
	c.arrived = c.arrived || !c.neverSent()
	c.waiting = true
	c.loop.RetryWaitMin = wait // which backoff returns
	if c.client.logger != nil {
		c.log(slog.LevelWarn, "retry", slog.Duration("wait", wait))
	}
	return true
}

// wait returns how long to wait before the next attempt. ok is false if the
// wait is longer than the policy or the caller's deadline allows: the caller
// then gets the response now, and not a timeout later.
func (c *call) wait() (wait time.Duration, ok bool) {
	named := c.namedWait()
	if named > c.retry.MaxRetryAfter {
		return 0, false
	}
	// The server's wait may be no wait at all.
	wait = max(c.jitter(), named)
	deadline, bounded := c.Deadline()
	left := time.Until(deadline)
	if bounded && left <= wait {
		return 0, false
	}
	// Everybody whom the server turned away comes back after the same wait.
	spread := rand.N(min(named/10, time.Second) + 1)
	if bounded {
		spread = min(spread, left-wait-1)
	}
	return wait + spread, true
}

// namedWait returns the wait that the server asks for, 0 if it asks for none.
func (c *call) namedWait() time.Duration {
	if described := c.describe(); described != nil {
		return described.RetryAfter
	}
	return 0
}

// jitter is the wait before the next attempt if the server names none.
func (c *call) jitter() time.Duration { return randomWait(c.retry, c.attempts) }

// randomWait returns the wait after a number of failures in a row, as the
// policy bounds it.
func randomWait(policy agentclients.RetryPolicy, failures int) time.Duration {
	ceiling := policy.MinWait
	for i := 1; i < failures && ceiling < policy.MaxWait; i++ {
		ceiling *= 2
	}
	return rand.N(min(ceiling, policy.MaxWait) + 1)
}

// mayReplay reports whether the class of the operation allows to send again
// after what the last attempt came to.
func (c *call) mayReplay() bool {
	if c.refusal != nil || isCertificateError(c.failure) || isFinalProxyError(c.failure) {
		return false
	}
	if c.status == http.StatusTooManyRequests || c.neverSent() {
		return true
	}
	replay := c.op.Replay
	if replay == ReplayNever && c.retry.AllowDuplicates && !c.op.Starts {
		replay = ReplayKeyed
	}
	if replay == ReplayNever {
		return false
	}
	if c.succeeded() && c.op.stream {
		return false
	}
	if c.succeeded() {
		// It did what was asked. Only a read whose response was cut off is
		// worth another try.
		return replay == ReplaySafe && !errors.Is(c.failure, agentclients.ErrResponseTooLarge)
	}
	switch c.status {
	case 0, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// doubtful reports whether the last attempt may have taken effect although
// its response does not say so.
func (c *call) doubtful() bool {
	switch {
	case c.attempts == 0:
		return false
	case c.status == 0:
		return !c.neverSent()
	case c.status < 200:
		return true
	case c.succeeded():
		return c.failure != nil
	}
	return c.status >= 500 || c.status == http.StatusRequestTimeout
}

// neverSent reports whether the last attempt surely did not reach the server.
func (c *call) neverSent() bool { return c.status == 0 && c.connection.neverSent() }

// leavesOpen reports whether it is open what became of a request that changes
// something.
func (c *call) leavesOpen() bool {
	if !c.op.changesState() {
		return false
	}
	// A server that turned an earlier attempt away may have carried it out
	// all the same, and then finds its own work in the way.
	duplicate := c.op.Replay == ReplayKeyed && c.attempts > 1 && c.conflicts()
	return c.lost || c.doubtful() || duplicate
}

// conflicts reports whether the last response says that something like it
// exists, which some APIs do with another status than 409.
func (c *call) conflicts() bool {
	e := c.describe()
	return e != nil && errors.Is(e, agentclients.ErrConflict)
}
