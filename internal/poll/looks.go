package poll

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// looks are the waits before the looks of Looks.
var looks = [...]time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond}

// Looks looks for what a request did whose response was lost: up to three
// times in two seconds, since the server may be about to do it. It reports
// whether a look said that it found it; it stops when the context ends.
func Looks(ctx context.Context, look func() (found bool)) bool {
	for _, wait := range looks {
		if !pause(ctx, wait) {
			return false
		}
		if look() {
			return true
		}
	}
	return false
}

// pause waits, and reports whether the context is still good.
func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// Interrupted returns the cause of an error about a response that was lost: if
// the context kept it from being settled, that it ended while something was
// looked for, and what it was before, which may be nil.
func Interrupted(ctx context.Context, what string, cause error) error {
	ended, why := ctx.Err(), context.Cause(ctx)
	switch {
	case ended == nil || errors.Is(cause, ended):
		return cause
	case !errors.Is(why, ended):
		ended = fmt.Errorf("%w: %w", ended, why)
	}
	if cause == nil {
		return ended
	}
	return fmt.Errorf("%w while looking for the %s after: %w", ended, what, cause)
}
