// Package poll waits for the end of something by looking at it again and
// again: a task, a response, a turn. A provider says how to look and what the
// states mean:
//
//	task, err := poll.Wait(ctx, poll.Poll[*Task]{
//		Provider: provider, Op: "wait for task", ID: id, Ceiling: 15 * time.Second,
//		Look:     func(ctx context.Context) (*Task, time.Duration, error) { … },
//		State:    func(t *Task) (poll.State, string) { … },
//		Progress: progress,
//	})
package poll

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

// State says what a status means for who waits.
type State int

// The states. The zero value is the safe one: what is not known is not waited
// for.
const (
	Unknown       State = iota // a status that the package does not know
	Running                    // it goes on
	InputRequired              // it waits for the caller
	Ended                      // it is over, well or not
)

const (
	firstWait      = 500 * time.Millisecond
	defaultCeiling = 5 * time.Second
	maxFailures    = 5 // looks in a row that failed
	maxMissing     = 5 // looks before the first sight
)

// Poll describes what to wait for.
type Poll[T any] struct {
	Provider, Op string // of the error
	ID           string // of what is waited for
	// Ceiling is the longest wait between two looks. Default 5 s.
	Ceiling time.Duration
	// Look looks once. It also returns the wait that the server named, 0 if
	// it named none.
	Look func(context.Context) (T, time.Duration, error)
	// State says what a status means, and what the server calls it.
	State func(T) (State, string)
	// Progress is told of every look that succeeded. May be nil.
	Progress func(T)
	// Seen says that it was seen already: it cannot be missing any more.
	Seen bool
}

// Wait looks until the state is none that goes on, and returns what it saw
// last, also beside an error. An end, of whatever kind, is no error; what
// waits for the caller is ErrInputRequired; a status that is not known is an
// error that names it. Looks that fail in a transient way are borne, a few in
// a row. What is not there yet is borne a few times before it was first seen.
//
// Waits grow by half, from half a second to the ceiling, each at random
// between its half and its whole; a wait that the server names is longer only.
// When the context ends, the error matches it and has the last status. It is
// for Look to refuse a nil context.
func Wait[T any](ctx context.Context, p Poll[T]) (T, error) {
	if ctx == nil {
		value, _, err := p.Look(ctx)
		return value, err
	}
	p.Ceiling = cmp.Or(p.Ceiling, defaultCeiling)
	w := waiter[T]{Poll: p, wait: firstWait}
	for {
		if ctx.Err() != nil {
			return w.last, w.ended(ctx)
		}
		value, named, err := p.Look(ctx)
		if err == nil {
			if done, err := w.saw(value); done {
				return w.last, err
			}
		} else if err := w.bear(ctx, err); err != nil {
			return w.last, err
		}
		var e *agentclients.Error
		if errors.As(err, &e) {
			named = max(named, e.RetryAfter)
		}
		if !w.sleep(ctx, named) {
			return w.last, w.ended(ctx)
		}
	}
}

// waiter is one wait.
type waiter[T any] struct {
	Poll[T]
	wait              time.Duration
	last              T
	status            string // of last
	failures, missing int    // in a row
}

// saw takes a look that succeeded.
func (w *waiter[T]) saw(value T) (done bool, err error) {
	w.last, w.Seen, w.failures, w.missing = value, true, 0, 0
	if w.Progress != nil {
		w.Progress(value)
	}
	var state State
	state, w.status = w.State(value)
	switch state {
	case Running:
		return false, nil
	case Ended:
		return true, nil
	case InputRequired:
		err = fmt.Errorf("%w: the status is %q", agentclients.ErrInputRequired, w.status)
	default:
		err = fmt.Errorf("the status %q is not known, so it is not waited for", w.status)
	}
	failure := w.fail(err)
	failure.Code = w.status
	return true, failure
}

// bear returns nil if a look that failed is worth another one.
func (w *waiter[T]) bear(ctx context.Context, err error) error {
	var e *agentclients.Error
	if ctx.Err() != nil || !errors.As(err, &e) {
		if ctx.Err() != nil {
			return w.ended(ctx)
		}
		return err
	}
	bearable := false
	switch {
	case e.StatusCode == http.StatusNotFound:
		w.missing++
		bearable = !w.Seen && w.missing <= maxMissing
	case isTransient(e):
		w.failures++
		bearable = w.failures <= maxFailures
	}
	if bearable {
		return nil
	}
	if e.ResourceID == "" {
		e.ResourceID = w.ID
	}
	return err
}

// isTransient reports whether a look failed in a way that the next one may
// not.
func isTransient(e *agentclients.Error) bool {
	switch {
	case errors.Is(e, agentclients.ErrInvalidRequest), errors.Is(e, agentclients.ErrResponseTooLarge):
		return false
	case e.StatusCode == 0:
		return e.Attempts > 0
	case errors.Is(e, agentclients.ErrDecode):
		return true
	}
	return e.StatusCode >= 500 || e.StatusCode == http.StatusTooManyRequests || e.StatusCode == http.StatusRequestTimeout
}

// sleep waits until the next look. It returns false if the context ended.
func (w *waiter[T]) sleep(ctx context.Context, named time.Duration) bool {
	w.wait = min(w.wait, w.Ceiling)
	timer := time.NewTimer(max(w.wait/2+rand.N(w.wait/2+1), named))
	w.wait += w.wait / 2
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// ended returns the error of a context that ended.
func (w *waiter[T]) ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause != nil && !errors.Is(cause, err) {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	if w.status != "" {
		err = fmt.Errorf("%w (the last status was %q)", err, w.status)
	}
	return w.fail(err)
}

func (w *waiter[T]) fail(err error) *agentclients.Error {
	return &agentclients.Error{Provider: w.Provider, Op: w.Op, ResourceID: w.ID, Err: err}
}
