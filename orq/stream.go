package orq

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/sse"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// The three ways to run an agent stream in the same way: messages of data,
// one of which names the run, one of which is its last one, and then [DONE].

// event is an event of one of them, of type E.
type event[E any] interface {
	*E
	UnmarshalJSON([]byte) error
	// kind is the type of the event.
	kind() string
	// runID is the run that the event names, "" if it names none.
	runID() string
	// setRunID notes the run in an event that does not name it.
	setRunID(string)
	// position is the place of the event in its stream, 0 if it does not say.
	position() int
	// isLast reports whether no event comes after it.
	isLast() bool
	// readObject makes the event of an object that came instead of a stream.
	// over says that it shows the end of the run.
	readObject([]byte) (over bool, err error)
}

// unmarshalEvent reads an event of the older surfaces. Where its data are not in a
// member of their own, they are all of it.
func unmarshalEvent[T any](text []byte, event *T, data *json.RawMessage) error {
	err := wire.DecodeInto(text, event)
	if err == nil && len(*data) == 0 {
		*data = slices.Clone(text)
	}
	return err
}

// eventStream is the stream of a run.
type eventStream[E any, P event[E]] struct {
	*transport.Stream
	id        string // of the run, as soon as an event names it
	position  int    // of the last event
	whole     *E     // the event of an object that came instead of a stream
	complaint *agentclients.Error
}

// openStream starts a run with a stream. The server may send an object of the
// run instead, which may or may not be over.
func openStream[E any, P event[E]](ctx context.Context, c *Client, op transport.Op, options []agentclients.CallOption) (s *eventStream[E, P], over bool, err error) {
	stream, err := transport.Open(ctx, c.transport, op, options)
	if err != nil {
		return nil, false, err
	}
	s = &eventStream[E, P]{Stream: stream}
	if stream.Object == nil {
		return s, false, nil
	}
	s.whole = new(E)
	if over, err = P(s.whole).readObject(stream.Object); err != nil {
		return nil, false, stream.Unreadable(err)
	}
	s.id = P(s.whole).runID()
	return s, over, nil
}

// failed is the type of an event, and the name of a message, that says that
// something went wrong.
const failed = "error"

// isEvent reports whether a message is an event, or the mark at the end, and no
// ping.
func isEvent(message sse.Event) bool {
	data := bytes.TrimSpace(message.Data)
	return len(data) > 0 && string(data) != "null" || message.Type == failed
}

// next returns the next event. If none comes by a time, quiet is true and the
// stream goes on; the zero time is no limit.
func (s *eventStream[E, P]) next(until time.Time) (event E, quiet bool, err error) {
	for {
		message, quiet, err := s.NextUntil(until, isEvent)
		if err != nil || quiet {
			return event, quiet, err
		}
		if string(bytes.TrimSpace(message.Data)) == "[DONE]" {
			return event, false, s.cut("it ended")
		}
		data, named := message.Data, message.Type == failed
		if named {
			data = wire.ErrorEvent(data)
		}
		// Not by json.Unmarshal, which would read all of it once more before.
		if err := P(&event).UnmarshalJSON(data); err != nil {
			return event, false, s.Unreadable(err)
		}
		if s.isRepeated(P(&event).position()) {
			continue
		}
		if code, text, ok := complaint(P(&event).kind(), data, named && !P(&event).isLast()); ok {
			s.complaint = s.Failed(code, text)
		}
		if id := P(&event).runID(); id != "" {
			s.id = id
		} else {
			P(&event).setRunID(s.id)
		}
		return event, false, nil
	}
}

// isRepeated reports whether an event is the one before, sent a second time.
// Not every event has a number.
func (s *eventStream[E, P]) isRepeated(position int) bool {
	if position <= 0 {
		return false
	}
	before := s.position
	s.position = position
	return position == before
}

// cut returns the error of a stream that has no last event.
func (s *eventStream[E, P]) cut(why string) error {
	e := s.Failed("", "")
	e.Err = fmt.Errorf("%w: %s", agentclients.ErrStreamEnded, why)
	return e
}

// broken returns the error of a stream that broke. As long as no event named
// the run, nothing can tell whether there is one.
func (s *eventStream[E, P]) broken(err error) error {
	var e *agentclients.Error
	if !errors.As(err, &e) {
		return err
	}
	known, cut := *e, errors.Is(e, agentclients.ErrStreamEnded)
	if s.complaint != nil && cut {
		known.Code, known.Message = s.complaint.Code, s.complaint.Message
	}
	switch {
	case s.id == "" && cut: // which says that it started
		known.OutcomeUnknown, known.Err = true, fmt.Errorf("no event named the run: %v", e.Err)
	case s.id == "":
		known.OutcomeUnknown = true
	case s.complaint != nil && cut:
		known.ResourceID, known.Err = s.id, agentclients.ErrRunFailed
	default:
		known.ResourceID = s.id
	}
	return &known
}

// streamEvents starts a run and hands out its events.
func streamEvents[E any, P event[E]](ctx context.Context, c *Client, op transport.Op, options []agentclients.CallOption, yield func(E, error) bool) {
	var none E
	s, over, err := openStream[E, P](ctx, c, op, options)
	if err != nil {
		yield(none, err)
		return
	}
	defer s.Close()
	if s.whole != nil {
		if over {
			yield(*s.whole, nil)
		} else {
			yield(none, s.broken(s.cut("the response is no stream")))
		}
		return
	}
	for {
		event, _, err := s.next(time.Time{})
		if err != nil {
			yield(none, s.broken(err))
			return
		}
		last := P(&event).isLast()
		if !yield(event, nil) {
			return
		}
		if last {
			s.Finish()
			return
		}
	}
}

// complaint returns what an event says that went wrong with the run, in a form
// that is none of the documented ends. named says that its message is named
// error, whatever its own kind is. ok is false if it says no such thing: the
// error of a tool is none.
func complaint(kind string, raw []byte, named bool) (code, message string, ok bool) {
	if !named && kind != failed && kind != "" {
		return "", "", false
	}
	members, _ := wire.Members(raw)
	switch string(members["error"]) {
	case "", "null", "false", `""`, "{}", "[]":
		if !named && kind != failed {
			return "", "", false
		}
	}
	data := members["data"]
	if len(data) > 0 && data[0] == '"' {
		return "", wire.String(data), true
	}
	if len(data) > 0 && string(data) != "null" {
		raw = data
	}
	code, message = words(raw)
	return code, message, true
}

// words reads what an object says is wrong.
func words(object []byte) (code, message string) {
	var e agentclients.Error
	wire.ReadErrorFrom(&e, object)
	return e.Code, e.Message
}
