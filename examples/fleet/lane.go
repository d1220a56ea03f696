package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/examples/fleet/queue"
)

// lane is a worker's work for one API: one agent after the other, so that a
// slow API holds up no other one.
type lane struct {
	worker   *worker
	api      api
	limiter  agentclients.Limiter
	jobs     *queue.Queue
	consumer *queue.Consumer
}

// pause is between two tries of what failed.
const pause = 200 * time.Millisecond

// run takes and does jobs until none is left, the context ends, or nothing has
// worked for as long as the worker's patience.
func (l *lane) run(ctx context.Context) error {
	success := time.Now()
	for ctx.Err() == nil {
		lease, err := l.consumer.Take(ctx)
		switch {
		case err != nil:
		case lease != nil:
			if err = l.do(ctx, lease); err == nil {
				success = time.Now()
			}
		default:
			var count queue.Count
			if count, err = l.jobs.Count(ctx); err == nil && count.Open() == 0 {
				return nil
			}
		}
		switch {
		case err == nil || ctx.Err() != nil:
		case errors.Is(err, queue.ErrForgotten) || errors.Is(err, queue.ErrTwice):
			return err
		case time.Since(success) > l.worker.Patience:
			return fmt.Errorf("nothing has worked for %v: %w", l.worker.Patience, err)
		default:
			sleep(ctx, pause)
		}
	}
	return nil
}

// do brings a job to its end. After an error the job stays open: its lease
// ends, and whoever takes it next goes on from what is recorded.
func (l *lane) do(stop context.Context, lease *queue.Lease) error {
	// The end of the program does not cut off a request that is on its way.
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(stop))
	var keeping sync.WaitGroup
	defer keeping.Wait()
	defer cancel(nil)
	keeping.Go(func() { lease.Keep(ctx, cancel) })

	if lease.Attempted && l.api.key == nil {
		return l.look(stop, lease)
	}
	agents, err := l.connect(stop, lease)
	if err != nil {
		return err
	}
	id, err := agents.create(ctx, lease.Job)
	switch {
	case err == nil:
		return l.record(func(ctx context.Context) error { return lease.Done(ctx, id) })
	case errors.Is(err, agentclients.ErrOutcomeUnknown), errors.Is(err, queue.ErrAttempted),
		// The one who has the key may be the agent of the worker that died.
		lease.Attempted && errors.Is(err, agentclients.ErrConflict):
		return l.look(stop, lease)
	case isFinal(err):
		return l.record(func(ctx context.Context) error { return lease.Fail(ctx, err.Error()) })
	}
	if unrecorded := l.record(lease.Withdraw); unrecorded != nil {
		return fmt.Errorf("%w, and the attempt is not withdrawn: %w", err, unrecorded)
	}
	return err
}

// isFinal reports whether the server would refuse the same request again.
func isFinal(err error) bool {
	for _, kind := range []error{agentclients.ErrInvalidRequest, agentclients.ErrBadRequest, agentclients.ErrNotFound, agentclients.ErrConflict} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// look finds out what became of a create. Without a key nothing else may be
// done: another create could make a second agent. To look does no harm, so it
// goes on when the lease is lost.
func (l *lane) look(stop context.Context, lease *queue.Lease) error {
	ctx := context.WithoutCancel(stop)
	agents, err := l.connect(stop, nil)
	if err != nil {
		return err
	}
	const looks = 3 // a server may still be at work for somebody who died
	for n := range looks {
		ids, err := agents.find(ctx, lease.Job)
		switch {
		case errors.Is(err, errOther):
			return l.record(func(ctx context.Context) error { return lease.Fail(ctx, err.Error()) })
		case err != nil:
			return err
		case len(ids) == 1:
			return l.record(func(ctx context.Context) error { return lease.Done(ctx, ids[0]) })
		case len(ids) > 1:
			return l.record(func(ctx context.Context) error {
				return lease.Doubt(ctx, fmt.Sprintf("%d agents have its name: %s", len(ids), strings.Join(ids, ", ")))
			})
		case n < looks-1:
			sleep(stop, l.worker.Lease/2)
		}
	}
	if l.api.key != nil {
		return errors.New("the agent is not there yet, and will be created again")
	}
	return l.record(func(ctx context.Context) error {
		return lease.Doubt(ctx, "a create was begun, and no agent has its name: it may still come to be")
	})
}

// record records an outcome. What is true and not recorded costs a look later,
// so it is tried for as long as the worker's patience, whatever ends meanwhile.
func (l *lane) record(call func(context.Context) error) error {
	ctx := context.Background()
	for start := time.Now(); ; {
		err := call(ctx)
		switch {
		case err == nil, errors.Is(err, queue.ErrTwice), errors.Is(err, queue.ErrForgotten), errors.Is(err, queue.ErrWithdrawn),
			time.Since(start) > l.worker.Patience:
			return err
		}
		sleep(ctx, pause)
	}
}

// connect returns a client for one job. Clients share their connections, so it
// costs nothing. With a lease, every request is recorded before it is sent.
func (l *lane) connect(stop context.Context, lease *queue.Lease) (maker, error) {
	return l.api.connect(agentclients.Options{
		BaseURL:    l.worker.URLs[l.api.name],
		HTTPClient: l.worker.client,
		Retry:      agentclients.RetryPolicy{AttemptTimeout: l.worker.Lease / 2}, // over before the lease is
		Limiter:    gate{l.limiter, scaled(slack, l.worker.Speed) / 4, lease, l.api.key != nil, stop},
	})
}

// gate lets a request pass when the limit allows it and the lease is still
// valid, in this order: between the record and the request there is no wait,
// unless it took so long to record that the limit must be asked again.
type gate struct {
	limiter agentclients.Limiter
	within  time.Duration // in which the record must be made: then the moment is over
	lease   *queue.Lease  // nil: the request only reads
	keyed   bool
	stop    context.Context
}

// Wait implements agentclients.Limiter.
func (g gate) Wait(ctx context.Context) error {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(g.stop, cancel)()
	const tries = 10
	for range tries {
		if err := g.limiter.Wait(waiting); err != nil || g.lease == nil {
			return err
		}
		start := time.Now()
		if err := g.lease.Begin(ctx, g.keyed); err != nil || time.Since(start) <= g.within {
			return err
		}
	}
	return fmt.Errorf("nothing is sent: it took more than %v to record the attempt, %d times", g.within, tries)
}

// sleep waits, or until the context ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
