package transport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/sse"
	"github.com/agentclients/agentclients-go/internal/validate"
)

const (
	// The delay before the next connection is the server's, within these.
	shortestDelay = 100 * time.Millisecond
	longestDelay  = 30 * time.Second
	// livedAWhile is how long a connection lives that did not fail, even if
	// nothing happened on it: servers close quiet streams.
	livedAWhile = 10 * time.Second
	// closingWait is how long the end of a connection is waited for that the
	// server said it would close.
	closingWait = time.Second
	// lookAfter is how long a run may be silent before somebody looks whether
	// it is still alive. Heartbeats do not tell.
	lookAfter = 30 * time.Second
)

// Frame is what one event of a resumable stream stands for.
type Frame[T any] struct {
	// Value is handed out, unless Control is set.
	Value T
	// ID is that of a stored event, by which the stream is resumed after it.
	// IDs are ordered: one that is not above the last one was handed out
	// before.
	ID string
	// Control marks an event that is about the connection only.
	Control bool
	// Closing says that the server is about to close the connection. Delay is
	// how long it asks to wait before the next one, 0 if it does not say.
	Closing bool
	Delay   time.Duration
	// Last says that nothing comes after this event.
	Last bool
}

// Resumable describes a stream that can be continued after any of its events.
type Resumable[T any] struct {
	// Op is the request for what comes after an event, "" for all.
	Op func(after string) Op
	// After is where to begin, "" at the first event.
	After string
	// Frame decodes an event. Its error ends the stream.
	Frame func(sse.Event) (Frame[T], error)
	// Look is asked when there was no event for 30 s, and again after 30 s
	// more. The stream ends if it says so, or with its error. May be nil.
	//
	// What is looked after is borne longer: the first connection counts like
	// the others, and no header is waited for longer than for a look.
	Look func(context.Context) (done bool, err error)
}

// Resume returns the events of a stream over as many connections as it takes.
// No event is lost and none comes twice. It can be ranged over again, and then
// begins again. It ends after the last event, with the error of the context,
// with a refusal of the server, or when too many connections in a row failed
// (StreamPolicy.MaxReconnects): those that broke within ten seconds and
// brought no event. An error names the event after which it came.
func Resume[T any](ctx context.Context, c *Client, stream Resumable[T], options []agentclients.CallOption) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		r := &resumer[T]{Resumable: stream, ctx: ctx, client: c, yield: yield, cursor: stream.After, heard: time.Now()}
		// What is wrong with the options is told by Open.
		r.policy = c.policy(apply(options), new(validate.Problems))
		// After the first connection one connection is one attempt: what fails
		// is counted here.
		within := time.Duration(0)
		if r.Look != nil {
			within = lookAfter
		}
		again := OneAttempt(c, options, within)
		first := options
		if r.Look != nil {
			first, r.opened = again, true
		}
		for on := r.connect(first); on; {
			on = r.connect(again)
		}
	}
}

// OneAttempt returns the options of a call that sends its request once, and
// waits for a response at most so long; 0 is as long as the options say.
func OneAttempt(c *Client, options []agentclients.CallOption, within time.Duration) []agentclients.CallOption {
	settings := apply(options)
	var single agentclients.RetryPolicy
	if settings.Retry != nil {
		single = *settings.Retry
	}
	single.MaxAttempts = 1
	// What is wrong with the policy is told by the call.
	if within > 0 && c.policy(settings, new(validate.Problems)).AttemptTimeout > within {
		single.AttemptTimeout = within
	}
	return append(slices.Clip(options), agentclients.WithRetry(single))
}

// resumer is one range over a resumable stream.
type resumer[T any] struct {
	Resumable[T]
	ctx    context.Context
	client *Client
	policy agentclients.RetryPolicy
	yield  func(T, error) bool

	cursor   string    // the last event that was handed out
	heard    time.Time // when there was an event, or a look
	failures int       // connections in a row
	opened   bool      // there was a connection: what fails now is borne
	delay    time.Duration
}

// connect makes one connection, hands out what it brings, and waits until it
// is time for the next one. It returns false when the stream is over.
func (r *resumer[T]) connect(options []agentclients.CallOption) bool {
	if r.Look != nil && time.Since(r.heard) >= lookAfter && r.look() {
		return false
	}
	start := time.Now()
	stream, err := Open(r.ctx, r.client, r.Op(r.cursor), options)
	planned := false
	if err == nil {
		r.opened = true
		var over bool
		over, planned, err = r.hear(stream)
		stream.Close()
		if over {
			return false
		}
	}
	var timeout *attemptTimeoutError
	patient := errors.As(err, &timeout) // the header may be held back until there is an event
	if r.isFinal(err) || !r.opened && !patient {
		return r.end(err)
	}
	if planned || patient || time.Since(start) >= livedAWhile {
		r.failures = 0
	} else {
		r.failures++
	}
	limit := r.client.stream.MaxReconnects
	if limit < 0 || r.failures > limit {
		return r.end(err)
	}
	return r.wait(err)
}

// hear hands out the events of one connection. over reports that the stream
// is over, planned that the server meant to close the connection.
func (r *resumer[T]) hear(stream *Stream) (over, planned bool, err error) {
	if stream.Object != nil {
		return false, false, stream.Unreadable(errors.New("it is an object and no stream"))
	}
	for {
		event, quiet, err := r.next(stream, planned)
		switch {
		case quiet && planned:
			return false, true, nil
		case quiet:
			if r.look() {
				return true, false, nil
			}
			continue
		case err != nil:
			return false, planned, err
		}
		if delay, ok := stream.Retry(); ok {
			r.delay = delay
		}
		frame, err := r.Frame(event)
		if err != nil {
			return false, false, stream.Unreadable(err)
		}
		if frame.Closing {
			// Whatever was read already is handed out first.
			planned = true
			r.delay = frame.Delay
		}
		if !frame.Control && (frame.ID == "" || frame.ID > r.cursor) {
			if !r.yield(frame.Value, nil) {
				return true, false, nil
			}
			r.cursor = cmp.Or(frame.ID, r.cursor)
			r.failures, r.heard = 0, time.Now()
		}
		if frame.Last {
			stream.Finish()
			return true, false, nil
		}
	}
}

// next returns the next event. quiet: none came in the time that matters.
func (r *resumer[T]) next(stream *Stream, closing bool) (event sse.Event, quiet bool, err error) {
	switch {
	case closing:
		return stream.NextWithin(closingWait)
	case r.Look != nil:
		return stream.NextWithin(max(0, lookAfter-time.Since(r.heard)))
	}
	event, err = stream.Next()
	return event, false, err
}

// look asks whether there is anything to wait for. over reports that there is
// not, or that an error was handed out.
func (r *resumer[T]) look() (over bool) {
	over, err := r.Look(r.ctx)
	r.heard = time.Now()
	if err != nil {
		r.end(err)
	}
	return over || err != nil
}

// isFinal reports whether another connection would end in the same way.
func (r *resumer[T]) isFinal(err error) bool {
	if err == nil {
		return false
	}
	var e *agentclients.Error
	if r.ctx == nil || r.ctx.Err() != nil || !errors.As(err, &e) {
		return true
	}
	switch {
	case errors.Is(err, agentclients.ErrStreamEnded):
		return false
	case errors.Is(err, agentclients.ErrResponseTooLarge), errors.Is(err, agentclients.ErrDecode), errors.Is(err, agentclients.ErrInvalidRequest):
		return true // it would be met again
	case e.StatusCode == 0:
		return e.Attempts == 0 || isCertificateError(err) || isFinalProxyError(err)
	case e.StatusCode >= 500, e.StatusCode == http.StatusRequestTimeout, e.StatusCode == http.StatusTooManyRequests:
		deadline, bounded := r.ctx.Deadline()
		return e.RetryAfter > r.policy.MaxRetryAfter || bounded && e.RetryAfter > 0 && time.Until(deadline) <= e.RetryAfter
	}
	return true
}

// end hands out the error that ends the stream.
func (r *resumer[T]) end(err error) bool {
	var e *agentclients.Error
	op := r.Op(r.cursor)
	if err == nil {
		e = &agentclients.Error{Provider: r.client.provider, Op: op.Name, Err: agentclients.ErrStreamEnded}
		err = e
	} else {
		errors.As(err, &e)
	}
	if e != nil && e.ResourceID == "" && !errors.Is(err, agentclients.ErrInvalidRequest) {
		e.ResourceID = op.ResourceID
	}
	if e != nil && r.cursor != "" {
		if e.Err == nil {
			e.Err = fmt.Errorf("cannot go on after event %s", r.cursor)
		} else {
			e.Err = fmt.Errorf("%w (the last event was %s)", e.Err, r.cursor)
		}
	}
	var zero T
	r.yield(zero, r.client.Clean(err))
	return false
}

// wait waits until it is time for the next connection. Looks go on meanwhile.
func (r *resumer[T]) wait(err error) bool {
	wait := min(max(r.delay, shortestDelay), longestDelay)
	r.delay = 0 // it was for this connection
	if r.failures > 0 {
		wait = max(wait, randomWait(r.policy, r.failures))
	}
	var e *agentclients.Error
	if errors.As(err, &e) {
		wait = max(wait, e.RetryAfter)
	}
	until := time.Now().Add(wait)
	for {
		part, looks := time.Until(until), false
		if left := lookAfter - time.Since(r.heard); r.Look != nil && left < part {
			part, looks = left, true
		}
		if !r.sleep(part) {
			return r.end(&agentclients.Error{Provider: r.client.provider, Op: r.Op(r.cursor).Name, Err: contextError(r.ctx)})
		}
		if !looks {
			return true
		}
		if r.look() {
			return false
		}
	}
}

// sleep waits, and reports whether the context is still good.
func (r *resumer[T]) sleep(wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.ctx.Done():
		return false
	}
}
