package transport

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/sse"
	"github.com/agentclients/agentclients-go/internal/wire"
)

const eventStream = "text/event-stream"

// drainWait bounds how long the end of a stream is waited for after its last
// event, so that its connection can be used again.
const drainWait = 100 * time.Millisecond

// Stream is the response to an operation that streams events. It is not safe
// for concurrent use.
type Stream struct {
	call   *call
	ctx    context.Context // of the connection; its cause tells what ended it
	cancel context.CancelCauseFunc
	body   io.ReadCloser
	reader *sse.Reader
	idle   *time.Timer // runs while a read is blocked
	quiet  chan read   // a read that goes on after NextWithin gave up
	ended  error       // what Next returns from now on
	data   []byte      // of the last event, until the next one is read

	// Object is the body of a response that is no stream but one object of
	// JSON, nil otherwise. There are then no events. It is what a server sends
	// that does not stream: the finished object, or what went wrong.
	Object []byte
}

type read struct {
	event sse.Event
	err   error
}

// Open sends an operation whose response is a stream of events. It returns
// when the header is there, which the attempt's timeout bounds; what comes
// after it is bounded by the context and by StreamPolicy. Until there is a
// header that says 2xx, the request is repeated as its class says, and after
// it never. Its error, and those of the Stream, are *agentclients.Error.
//
// The caller ends with Close, or with Finish after the last event.
func Open(ctx context.Context, c *Client, op Op, options []agentclients.CallOption) (*Stream, error) {
	op.stream = true
	call, err := c.send(ctx, op, options)
	if err != nil {
		return nil, err
	}
	if call.opened != nil {
		return call.opened, nil
	}
	body := withoutMark(call.body)
	if saysFailed(body, false) {
		return nil, call.refused()
	}
	s := &Stream{call: call, Object: body, ended: io.EOF}
	if _, err := wire.Members(body); err != nil {
		return nil, s.Unreadable(errors.New("it is neither a stream of events nor an object"))
	}
	return s, nil
}

// openStream is attempt for an operation that streams.
func (c *call) openStream(request *http.Request, base http.RoundTripper) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(request.Context())
	limit := time.AfterFunc(c.timedOut.after, func() { cancel(&c.timedOut) })
	response, err := c.exchange(ctx, request, base)
	if err == nil && c.succeeded() && isEventStream(response) && limit.Stop() {
		c.opened = c.newStream(ctx, cancel, response.Body)
		response.Body = http.NoBody
		return response, nil
	}
	if err == nil {
		err = c.read(response)
	}
	if err != nil {
		c.failure = c.cause(ctx, err)
	}
	limit.Stop()
	cancel(nil)
	if c.status == 0 {
		return nil, c.failure
	}
	response.Body = http.NoBody
	return response, nil
}

// isEventStream reports whether a response is a stream that can be read. One
// that does not say what it is gets the benefit of the doubt.
func isEventStream(response *http.Response) bool {
	named := response.Header.Get("Content-Type")
	kind, _, err := mime.ParseMediaType(named)
	if err != nil {
		kind, _, _ = strings.Cut(named, ";")
		kind = strings.ToLower(strings.TrimSpace(kind))
	}
	encoding := response.Header.Get("Content-Encoding")
	return response.Body != nil && response.StatusCode != http.StatusNoContent &&
		(kind == eventStream || kind == "") && (encoding == "" || strings.EqualFold(encoding, "identity"))
}

func (c *call) newStream(ctx context.Context, cancel context.CancelCauseFunc, body io.ReadCloser) *Stream {
	s := &Stream{call: c, ctx: ctx, cancel: cancel, body: body}
	after := c.client.stream.IdleTimeout
	s.idle = time.AfterFunc(after, func() { cancel(&idleError{after}) })
	s.idle.Stop()
	s.reader = sse.NewReader(blockedReader{s}, c.client.stream.MaxEventBytes)
	return s
}

// blockedReader reads the body, and counts the time that a read is blocked.
// What the consumer of the events spends on them is not the server's silence.
type blockedReader struct{ *Stream }

func (r blockedReader) Read(p []byte) (int, error) {
	r.idle.Reset(r.call.client.stream.IdleTimeout)
	defer r.idle.Stop()
	return r.body.Read(p)
}

// idleError ends a connection that shows no sign of life.
type idleError struct{ after time.Duration }

func (e *idleError) Error() string { return fmt.Sprintf("nothing came for %v", e.after) }
func (e *idleError) Timeout() bool { return true }

// Next returns the next event, whose Data is good until the one after it is
// read. The error matches ErrStreamEnded if the stream broke or ended (only
// the caller knows whether its last event was there), ErrResponseTooLarge for
// an event beyond the limit, or the error of the context.
func (s *Stream) Next() (sse.Event, error) {
	if s.stopped() {
		return sse.Event{}, s.ended
	}
	var got read
	if s.quiet != nil {
		got = <-s.quiet
		s.quiet = nil
	} else {
		got.event, got.err = s.reader.Next()
	}
	return s.take(got)
}

// NextWithin is Next that waits no longer than d. If no event comes in that
// time, though there may be heartbeats, quiet is true and the stream goes on.
func (s *Stream) NextWithin(d time.Duration) (event sse.Event, quiet bool, err error) {
	if s.stopped() {
		return sse.Event{}, false, s.ended
	}
	if s.quiet == nil {
		if event, ok, err := s.reader.Buffered(); ok || err != nil {
			event, err = s.take(read{event, err})
			return event, false, err
		}
		next := make(chan read, 1)
		s.quiet = next
		go func() {
			event, err := s.reader.Next()
			next <- read{event, err}
		}()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case got := <-s.quiet:
		s.quiet = nil
		event, err = s.take(got)
		return event, false, err
	case <-timer.C:
		return sse.Event{}, true, nil
	case <-s.ctx.Done():
		_, err = s.take(read{err: s.ctx.Err()})
		return sse.Event{}, false, err
	}
}

// NextUntil is Next that passes over what is no event of the API, such as
// pings, and waits no longer than until; the zero time is no limit. If no event
// comes by then, whatever is passed over, quiet is true and the stream goes on.
func (s *Stream) NextUntil(until time.Time, isEvent func(sse.Event) bool) (event sse.Event, quiet bool, err error) {
	for {
		if until.IsZero() {
			event, err = s.Next()
		} else {
			event, quiet, err = s.NextWithin(time.Until(until))
		}
		if err != nil || quiet || isEvent(event) {
			return event, quiet, err
		}
	}
}

// stopped reports whether there is nothing more to read, since the stream or
// the context has ended.
func (s *Stream) stopped() bool {
	if s.ended == nil && s.call.Err() != nil {
		s.take(read{err: s.call.Err()}) //nolint:errcheck // it is in ended
	}
	return s.ended != nil
}

// take returns what was read, and closes a stream that ended.
func (s *Stream) take(got read) (sse.Event, error) {
	if got.err == nil {
		s.data = got.event.Data
		return got.event, nil
	}
	e := s.call.newError()
	switch cause := s.call.cause(s.ctx, got.err); {
	case s.call.Err() != nil:
		e.Err = cause
	case errors.Is(cause, sse.ErrTooLong):
		e.Err = fmt.Errorf("%w: more than %d bytes in one event", agentclients.ErrResponseTooLarge, s.call.client.stream.MaxEventBytes)
	case cause == io.EOF:
		e.Err = agentclients.ErrStreamEnded
	default:
		e.Err = fmt.Errorf("%w: %w", agentclients.ErrStreamEnded, cause)
	}
	s.call.nameResource(e)
	s.ended = e
	s.Close()
	return sse.Event{}, e
}

// Retry returns the delay before the next connection that the stream named
// since the last call, ok is false if it named none.
func (s *Stream) Retry() (delay time.Duration, ok bool) {
	if s.reader == nil || s.quiet != nil {
		return 0, false
	}
	return s.reader.Retry()
}

// errClosed is why reads fail after Close.
var errClosed = errors.New("the stream was closed")

// Close ends the stream at once. What the server does is not stopped by it.
func (s *Stream) Close() {
	if s.body == nil {
		return
	}
	s.idle.Stop()
	s.cancel(errClosed)
	s.body.Close()
	s.ended = cmp.Or(s.ended, errClosed)
}

// Finish is Close after the last event. It gives the server a moment to end
// the response, so that the connection can be used again. How the rest ends
// does not matter: the last event decides.
func (s *Stream) Finish() {
	if s.body != nil && s.ended == nil && s.quiet == nil {
		limit := time.AfterFunc(drainWait, func() { s.cancel(errClosed) })
		io.CopyN(io.Discard, s.body, 64<<10) //nolint:errcheck // it is only a courtesy
		limit.Stop()
	}
	s.Close()
}

// Unreadable returns the error of a stream that does not say what it should:
// of an Object that is not the finished one, or of the last event, which cannot
// be decoded. It has the server's words if there are any: those of the cause,
// if that is an event that says what is wrong as an *agentclients.Error.
func (s *Stream) Unreadable(cause error) error {
	if s.Object == nil {
		e := s.call.newError()
		e.Body = bytes.Clone(s.data[:min(len(s.data), maxErrorBytes)])
		e.Err = fmt.Errorf("%w: %w", agentclients.ErrDecode, cause)
		var told *agentclients.Error
		if errors.As(cause, &told) {
			e.Code, e.Message = told.Code, told.Message
			e.Err = fmt.Errorf("%w: the server reports an error", agentclients.ErrDecode)
		}
		s.call.nameResource(e)
		return s.call.client.Clean(e)
	}
	if saysFailed(s.Object, true) {
		return s.call.refused()
	}
	e := s.call.unreadable(fmt.Errorf("%w: %w", agentclients.ErrDecode, cause))
	var described *agentclients.Error
	if errors.As(e, &described) {
		if _, err := wire.Members(s.Object); err == nil {
			s.call.readWords(described)
		} else if len(s.Object) > 0 {
			s.call.readError(described) // a page of HTML, which nobody asked for
		}
	}
	return e
}

// Failed returns the error of a stream in which the server says that
// something failed: code and message are its words.
func (s *Stream) Failed(code, message string) *agentclients.Error {
	e := s.call.newError()
	e.Code, e.Message = s.call.client.hide(code), s.call.client.hide(message)
	e.Err = agentclients.ErrRunFailed
	s.call.nameResource(e)
	return e
}
