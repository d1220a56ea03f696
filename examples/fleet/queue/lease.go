package queue

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Lease is the right to do a job for some time. It is safe for concurrent use.
type Lease struct {
	Job
	// Attempted reports that somebody else had begun the job, so that it may
	// have been done.
	Attempted bool

	consumer *Consumer
	id       string // of the job in the stream
	token    string // of the attempts under this lease
}

// Renew keeps the lease for its whole time from now on. It is ErrLost if it
// was over and somebody else has the job.
func (l *Lease) Renew(ctx context.Context) error { return l.hold(ctx, "", false) }

// Keep renews the lease until the context ends. If the lease is lost, it calls
// lost and returns. A call of Redis that fails is made again.
func (l *Lease) Keep(ctx context.Context, lost func(error)) {
	ticker := time.NewTicker(l.consumer.queue.lease / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := l.Renew(ctx); errors.Is(err, ErrLost) {
				lost(err)
				return
			}
		}
	}
}

// Begin records that the job is about to be done, and renews the lease. It may
// be called again under the same lease. After any error the job must not be
// done: [ErrLost], and [ErrAttempted] if somebody else has begun it, unless
// repeat says that this is harmless.
func (l *Lease) Begin(ctx context.Context, repeat bool) error {
	if err := l.hold(ctx, l.token, repeat); err != nil {
		return fmt.Errorf("the attempt is not recorded, so it must not be made: %w", err)
	}
	return nil
}

func (l *Lease) hold(ctx context.Context, token string, repeat bool) error {
	q := l.consumer.queue
	flag := "0"
	if repeat {
		flag = "1"
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	state, err := hold.Run(ctx, q.client, []string{q.jobs, q.attempts}, group, l.consumer.name, l.id, l.Name, token, flag).Text()
	switch {
	case err != nil:
		return forgotten(q.jobs, err)
	case state == "forgotten":
		return fmt.Errorf("%s: %w", q.attempts, ErrForgotten)
	case state == "lost":
		return fmt.Errorf("%s: %w", l.Name, ErrLost)
	case state == "attempted":
		return fmt.Errorf("%s: %w", l.Name, ErrAttempted)
	}
	return nil
}

// Withdraw says that nothing was done under this lease, although Begin was
// called: for sure, not only as far as is known.
func (l *Lease) Withdraw(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return withdraw.Run(ctx, l.consumer.queue.client, []string{l.consumer.queue.attempts}, l.Name, l.token).Err()
}

// Done ends the job with its result, such as the id of what was made. It
// counts although the lease may be over, since it is true. [ErrTwice] if the
// job has another result already.
func (l *Lease) Done(ctx context.Context, result string) error {
	there, err := l.settle(ctx, "done", result)
	if err == nil && there != result {
		return fmt.Errorf("%s: %w: %s and %s", l.Name, ErrTwice, there, result)
	}
	return err
}

// Fail ends the job: it was not done and will not be.
func (l *Lease) Fail(ctx context.Context, reason string) error {
	_, err := l.settle(ctx, "failed", reason)
	return err
}

// Doubt ends the job: it may have been done, and nothing can tell. It is
// [ErrWithdrawn] if whoever had begun the job has found out since that it did
// nothing; the job is open then.
func (l *Lease) Doubt(ctx context.Context, reason string) error {
	there, err := l.settle(ctx, "doubtful", reason)
	if err == nil && there == "" {
		return fmt.Errorf("%s: %w", l.Name, ErrWithdrawn)
	}
	return err
}

func (l *Lease) settle(ctx context.Context, outcome, text string) (string, error) {
	q := l.consumer.queue
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	there, err := settle.Run(ctx, q.client, q.keys(), group, l.id, l.Name, outcome, text).Text()
	return there, forgotten(q.jobs, err)
}
