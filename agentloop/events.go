package agentloop

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/sse"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// Event is one thing that happened in a session.
type Event struct {
	// ID identifies the event, such as
	// "event_01933b5a000070008000000000000001". IDs sort by time.
	ID string `json:"id"`
	// Context says what the event belongs to.
	Context EventContext `json:"context"`
	// Data is what happened, as it came. Which members it has depends on Type:
	// [Event.Detail] reads it.
	Data json.RawMessage `json:"data"`
	// Metadata is more about the event, as it came. Nil if there is none.
	Metadata json.RawMessage `json:"metadata,omitempty"`
	// Sequence is the number of the event in its session, from 1 on. 0 if the
	// server does not tell.
	Sequence int64 `json:"sequence,omitempty"`
	// SessionID is the session in which it happened.
	SessionID string `json:"session_id"`
	// Tags are the tags of the event.
	Tags []string `json:"tags,omitzero"`
	// Time is when it happened.
	Time agentclients.Timestamp `json:"ts"`
	// Type says what kind of event it is.
	Type EventType `json:"type"`
}

// String returns the id, the type and the turn in one line.
func (e Event) String() string { return line(e.ID, string(e.Type), e.Context.TurnID) }

// EventContext says what an event belongs to. "" is what is not told; an
// [EventInputMessage] belongs to nothing.
type EventContext struct {
	// ExecID is the step of the turn.
	ExecID string `json:"exec_id,omitempty"`
	// InputMessageID is the message that started the turn.
	InputMessageID string `json:"input_message_id,omitempty"`
	// ParentSpanID, SpanID and TraceID place the event in a trace.
	ParentSpanID string `json:"parent_span_id,omitempty"`
	SpanID       string `json:"span_id,omitempty"`  // see ParentSpanID
	TraceID      string `json:"trace_id,omitempty"` // see ParentSpanID
	// TurnID is the turn.
	TurnID string `json:"turn_id,omitempty"`
}

// ListEventsRequest says which events of a session to read. The zero value is
// all.
type ListEventsRequest struct {
	// SinceID returns only events after the one with this id. "": from the
	// first one on.
	SinceID string
	// Exclude leaves out events of these types. Nil: none.
	Exclude []EventType
	// Types returns only events of these types. Nil: all. Newer servers only;
	// older ones ignore it.
	Types []EventType
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. ListEvents and StreamEvents
// call it.
func (r ListEventsRequest) Validate() error {
	var problems validate.Problems
	for name, types := range r.lists() {
		for i, one := range types {
			problems.Required(fmt.Sprintf("%s[%d]", name, i), string(one))
		}
	}
	return problems.Err(provider, "list events")
}

// lists returns the lists of types by their wire names.
func (r ListEventsRequest) lists() iter.Seq2[string, []EventType] {
	return func(yield func(string, []EventType) bool) {
		_ = yield("exclude", r.Exclude) && yield("types", r.Types)
	}
}

func (r ListEventsRequest) query() url.Values {
	query := wire.NewQuery()
	query.Text("since_id", r.SinceID)
	for name, types := range r.lists() {
		for _, one := range types {
			query.Add(name, string(one))
		}
	}
	return query.Values
}

// EventList is a list of events.
type EventList struct {
	// Events are the events, the oldest first.
	Events []Event `json:"data"`
}

// ListEvents reads the events of a session, the oldest first. It is repeated
// after every transient failure.
//
// A long session has many: leave out [EventOutputMessageDelta] and
// [EventLLMGeneration] if they are not needed.
//
// Errors: [agentclients.ErrNotFound] if there is no such session,
// [agentclients.ErrBadRequest] for a type that the server does not know, or
// for more than 25 types.
//
// API reference: list_events, GET /v1/sessions/{session_id}/events,
// https://github.com/everruns/everruns.
func (c *Client) ListEvents(ctx context.Context, sessionID string, request ListEventsRequest, options ...agentclients.CallOption) (*EventList, error) {
	const op = "list events"
	if err := refuse(op, checkSessionID(op, sessionID), request.Validate()); err != nil {
		return nil, err
	}
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   op,
		Method: http.MethodGet,
		Path:   "/v1/sessions/{session_id}/events",
		Params: []string{sessionID},
		Query:  request.query(),
		Replay: transport.ReplaySafe,
	}, options, decodeEventList)
}

const streamEvents = "stream events"

// StreamEvents returns the events of a session: those that there are after
// SinceID, and then those that come. It does not end by itself: break out of
// the loop, or end the context. It can be ranged over again, and then begins
// again.
//
// A connection that breaks, or that the server closes (every five minutes), is
// followed by another one, which goes on after the last event: none is lost
// and none comes twice. An error ends the loop. It is the error of the context;
// [agentclients.ErrStreamEnded] if as many connections in a row failed as
// Options.Stream allows; a refusal of the server, which is not repeated, such
// as [agentclients.ErrNotFound] if the session was deleted; or
// [agentclients.ErrResponseTooLarge] for an event beyond the limit;
// [agentclients.ErrDecode], with the server's words if it has any, for an event
// named error, and for one that cannot be read. It names the last event.
//
// API reference: stream_sse, GET /v1/sessions/{session_id}/sse,
// https://github.com/everruns/everruns.
func (c *Client) StreamEvents(ctx context.Context, sessionID string, request ListEventsRequest, options ...agentclients.CallOption) iter.Seq2[Event, error] {
	if err := refuse(streamEvents, checkSessionID(streamEvents, sessionID), request.Validate()); err != nil {
		return func(yield func(Event, error) bool) { yield(Event{}, err) }
	}
	return c.resumeEvents(ctx, sessionID, request, nil, options)
}

// resumeEvents is StreamEvents without its checks. look may be nil.
func (c *Client) resumeEvents(ctx context.Context, sessionID string, request ListEventsRequest, look func(context.Context) (bool, error), options []agentclients.CallOption) iter.Seq2[Event, error] {
	return transport.Resume(ctx, c.transport, transport.Resumable[Event]{
		Op: func(after string) transport.Op {
			request := request
			request.SinceID = after
			return transport.Op{
				Name:       streamEvents,
				Method:     http.MethodGet,
				Path:       "/v1/sessions/{session_id}/sse",
				Params:     []string{sessionID},
				Query:      request.query(),
				Replay:     transport.ReplaySafe,
				ResourceID: sessionID,
			}
		},
		After: request.SinceID,
		Frame: readFrame,
		Look:  look,
	}, options)
}

// readFrame reads one frame of a stream. Its data is a whole event, unless the
// frame is about the connection: those have no id.
func readFrame(frame sse.Event) (transport.Frame[Event], error) {
	control := transport.Frame[Event]{Control: true}
	switch {
	case frame.Type == "disconnecting":
		control.Closing, control.Delay = true, readDelay(frame.Data)
		return control, nil
	case frame.Type == "connected", len(frame.Data) == 0 && frame.Type != "error":
		return control, nil
	}
	event, err := wire.Decode[Event](frame.Data)
	switch {
	case frame.Type == "error" && (err != nil || event.ID == "" || event.SessionID == ""): // no event of the session
		told := &agentclients.Error{}
		if len(wire.Trim(frame.Data)) > 0 {
			wire.ReadErrorFrom(told, frame.Data)
		}
		return control, told
	case err == nil && cmp.Or(event.ID, frame.ID) != "":
		event.ID = cmp.Or(event.ID, frame.ID)
		event.Type = cmp.Or(event.Type, EventType(frame.Type))
		return transport.Frame[Event]{Value: *event, ID: event.ID}, nil
	case frame.ID != "":
		return control, err
	}
	return control, nil
}

// readDelay returns how long the server asks to wait before the next
// connection, 0 if it does not say.
func readDelay(data []byte) time.Duration {
	var body struct {
		Delay int64 `json:"retry_ms"`
	}
	const day = 24 * time.Hour / time.Millisecond // so that nothing overflows
	if json.Unmarshal(data, &body) != nil {
		return 0
	}
	return time.Duration(max(0, min(body.Delay, int64(day)))) * time.Millisecond
}

func decodeEventList(body []byte) (*EventList, error) {
	return wire.DecodeList(body, "data", func(l *EventList) *[]Event { return &l.Events })
}
