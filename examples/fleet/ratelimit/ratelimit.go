// Package ratelimit limits the requests of many processes together, on Redis.
//
// A request reserves the next free moment and waits for it. The moments are at
// least a span apart in which the shortest limit allows one request, and of
// every limit "n per d" the n-th next one comes later than d. So no time of
// length d has more than n, wherever it begins: a server that counts in fixed
// windows sees no window overfull, nor does one that counts in a rolling one.
// Moments are given out in the order in which they are asked for, so that no
// process can take the share of another.
//
// All clocks are that of Redis. The state is one list, so a cluster will do.
// It must outlive a restart of Redis (appendonly yes), else the limits begin
// anew.
package ratelimit

import (
	"context"
	_ "embed" // for the script
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Limit is a number of requests in a time.
type Limit struct {
	// Requests is how many there may be at most.
	Requests int
	// Per is in which time, at least a millisecond.
	Per time.Duration
}

// String returns the limit for people, such as "100 in 1m0s".
func (l Limit) String() string { return fmt.Sprintf("%d in %v", l.Requests, l.Per) }

// Config says what a Limiter keeps.
type Config struct {
	// Key is the list in Redis. All limiters of the same key share the same
	// limits. Required.
	Key string
	// Limits are kept all together. At least one.
	Limits []Limit
	// Slack is added to the time of every limit, since requests do not arrive
	// at the server at the distance at which they were sent: as long as one
	// takes not more than this longer than another, the limits are kept.
	// Default 2 s, which is 3 % of a minute.
	Slack time.Duration
	// Timeout bounds one call of Redis. Default 2 s.
	Timeout time.Duration
}

// Limiter is an agentclients.Limiter that is shared by all processes with the
// same Redis and the same key. It is safe for concurrent use.
type Limiter struct {
	client    redis.Scripter
	config    Config
	arguments []any // of the script, behind the longest wait
	spacing   time.Duration
}

var (
	// ErrUnavailable: Redis did not respond, or not in time, so nobody knows
	// whether there is room. Nothing may be sent.
	ErrUnavailable = errors.New("the shared rate limiter is unavailable, so nothing is sent")
	// ErrTooLate: the next free moment comes after the deadline of the
	// context. Nothing was reserved. It matches context.DeadlineExceeded, too.
	ErrTooLate = errors.New("no room under the rate limit before the deadline")
)

//go:embed reserve.lua
var source string

var reserve = redis.NewScript(source)

// New returns a limiter. It makes no call of Redis.
func New(client redis.Scripter, config Config) (*Limiter, error) {
	if config.Slack == 0 {
		config.Slack = 2 * time.Second
	}
	if config.Timeout == 0 {
		config.Timeout = 2 * time.Second
	}
	switch {
	case config.Key == "":
		return nil, errors.New("ratelimit: Key is empty")
	case len(config.Limits) == 0:
		return nil, errors.New("ratelimit: Limits is empty: at least one is needed")
	case config.Slack < 0:
		return nil, fmt.Errorf("ratelimit: Slack is %v, and must not be negative", config.Slack)
	case config.Timeout < 0:
		return nil, fmt.Errorf("ratelimit: Timeout is %v, and must not be negative", config.Timeout)
	}
	l := &Limiter{client: client, config: config}
	var windows []any
	var longest time.Duration
	for i, limit := range config.Limits {
		if limit.Requests < 1 || limit.Per < time.Millisecond {
			return nil, fmt.Errorf("ratelimit: Limits[%d] is %v: at least 1 request and 1 ms are needed", i, limit)
		}
		span := limit.Per + config.Slack
		windows = append(windows, limit.Requests, span.Microseconds())
		longest = max(longest, span)
		if spacing := span / time.Duration(limit.Requests); l.spacing == 0 || spacing < l.spacing {
			l.spacing = spacing
		}
	}
	l.arguments = append([]any{longest.Milliseconds() + 1}, windows...)
	return l, nil
}

// Spacing is the least distance of two requests.
func (l *Limiter) Spacing() time.Duration { return l.spacing }

// forever is longer than any limit, and its microseconds fit a number of Lua.
const forever = 100 * 365 * 24 * time.Hour

// Wait blocks until a request may be sent. It makes one call of Redis, and
// another one only if this process was stopped for so long that its moment is
// over. Its error matches [ErrUnavailable], [ErrTooLate] or that of the
// context.
func (l *Limiter) Wait(ctx context.Context) error {
	const tries = 10
	for range tries {
		asked := time.Now()
		wait, err := l.reserve(ctx)
		if err != nil {
			return err
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		// Half of the slack is for what is still to come: the way to the server.
		if time.Since(asked)-wait <= l.config.Slack/2 {
			return nil
		}
	}
	return fmt.Errorf("%w: %d reserved moments were missed by more than %v each: this process or Redis is too slow",
		ErrUnavailable, tries, l.config.Slack/2)
}

// reserve returns how long to wait for the reserved moment.
func (l *Limiter) reserve(ctx context.Context) (time.Duration, error) {
	patience := forever
	if deadline, ok := ctx.Deadline(); ok {
		patience = time.Until(deadline)
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	reserved, err := l.run(ctx, patience)
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case err != nil:
		return 0, fmt.Errorf("%w: %w", ErrUnavailable, err)
	case len(reserved) != 2:
		return 0, fmt.Errorf("%w: the script returned %v", ErrUnavailable, reserved)
	}
	wait := time.Duration(reserved[0]) * time.Microsecond
	if reserved[1] == 0 {
		return 0, fmt.Errorf("%w: it would be free in %v: %w", ErrTooLate, wait.Round(time.Millisecond), context.DeadlineExceeded)
	}
	return wait, nil
}

// run runs the script. It ends with the context or the timeout although a
// client of Redis may read on: that call then ends in the background by the
// client's own timeouts, and the moment that it may have reserved is not used.
func (l *Limiter) run(ctx context.Context, patience time.Duration) ([]int64, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, l.config.Timeout, fmt.Errorf("no response of Redis within %v", l.config.Timeout))
	defer cancel()
	type result struct {
		reserved []int64
		err      error
	}
	results := make(chan result, 1)
	go func() {
		arguments := append([]any{l.spacing.Microseconds(), patience.Microseconds()}, l.arguments...)
		reserved, err := reserve.Run(ctx, l.client, []string{l.config.Key}, arguments...).Int64Slice()
		results <- result{reserved, err}
	}()
	select {
	case r := <-results:
		return r.reserved, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// sleep waits, or until the context ends.
func sleep(ctx context.Context, wait time.Duration) error {
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
