package orq

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/agentclients/agentclients-go/internal/poll"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// ResponseEventType says what happened to a response. The API has about fifty
// types and may add more.
type ResponseEventType string

// The types of events that have fields here. A stream begins with created, and
// ends with completed, failed or incomplete.
const (
	ResponseEventCreated            ResponseEventType = "response.created"
	ResponseEventQueued             ResponseEventType = "response.queued"
	ResponseEventInProgress         ResponseEventType = "response.in_progress"
	ResponseEventCompleted          ResponseEventType = "response.completed"
	ResponseEventFailed             ResponseEventType = "response.failed"
	ResponseEventIncomplete         ResponseEventType = "response.incomplete"
	ResponseEventItemAdded          ResponseEventType = "response.output_item.added"
	ResponseEventItemDone           ResponseEventType = "response.output_item.done"
	ResponseEventPartAdded          ResponseEventType = "response.content_part.added"
	ResponseEventPartDone           ResponseEventType = "response.content_part.done"
	ResponseEventTextDelta          ResponseEventType = "response.output_text.delta"
	ResponseEventTextDone           ResponseEventType = "response.output_text.done"
	ResponseEventRefusalDelta       ResponseEventType = "response.refusal.delta"
	ResponseEventRefusalDone        ResponseEventType = "response.refusal.done"
	ResponseEventArgumentsDelta     ResponseEventType = "response.function_call_arguments.delta"
	ResponseEventArgumentsDone      ResponseEventType = "response.function_call_arguments.done"
	ResponseEventReasoningTextDelta ResponseEventType = "response.reasoning_text.delta"
	ResponseEventReasoningTextDone  ResponseEventType = "response.reasoning_text.done"
	// ResponseEventError: something failed. The stream ends after it, though
	// not properly.
	ResponseEventError ResponseEventType = "error"
)

// ResponseEvent is one event of the stream of a response. Which fields are set
// depends on Type; Data has what no field has.
type ResponseEvent struct {
	// Type says what happened.
	Type ResponseEventType `json:"type"`
	// SequenceNumber counts the events of the stream, from 0.
	SequenceNumber int `json:"sequence_number"`
	// Response is the response as it is now: of created, queued, in_progress,
	// completed, failed and incomplete.
	Response *Response `json:"response,omitempty"`
	// OutputIndex is the place of the item in the output: of events about one.
	OutputIndex int `json:"output_index,omitempty"`
	// ItemID is the item that the event is about.
	ItemID string `json:"item_id,omitempty"`
	// Item is the item: of output_item.added and output_item.done.
	Item *OutputItem `json:"item,omitempty"`
	// ContentIndex is the place of the part in its message: of events about
	// one.
	ContentIndex int `json:"content_index,omitempty"`
	// Part is the part: of content_part.added and content_part.done.
	Part *OutputContent `json:"part,omitempty"`
	// Delta is what is new: of all events that end with .delta. In
	// output_text.delta it is text of the agent.
	Delta string `json:"delta,omitempty"`
	// Text is the whole text: of output_text.done and the like.
	Text string `json:"text,omitempty"`
	// Arguments are all that a function is given: of
	// function_call_arguments.done.
	Arguments string `json:"arguments,omitempty"`

	// ResponseID is the response, once an event of the stream has named it.
	ResponseID string `json:"-"`
	// Data is the event as the API wrote it.
	Data json.RawMessage `json:"-"`
}

// UnmarshalJSON reads an event. A member of an unexpected type leaves its
// field zero.
func (e *ResponseEvent) UnmarshalJSON(data []byte) error {
	type plain ResponseEvent
	*e = ResponseEvent{}
	if err := wire.DecodeInto(data, (*plain)(e)); err != nil {
		return err
	}
	e.Data = slices.Clone(data)
	if e.Response == nil || e.Response.Raw == nil {
		e.Response = nil
		return nil
	}
	e.ResponseID = e.Response.ID
	if e.isLast() && e.Response.Status == "" { // the type says it
		e.Response.Status = ResponseStatus(strings.TrimPrefix(string(e.Type), "response."))
	}
	return nil
}

// Err tells how the response ended: [Response.Err] of an event after which
// nothing comes, nil of any other one.
func (e *ResponseEvent) Err() error {
	if !e.isLast() || e.Response == nil {
		return nil
	}
	return e.Response.Err()
}

// String describes the event in one line.
func (e ResponseEvent) String() string {
	switch {
	case e.Response != nil:
		return wire.Linef("%s %s", e.Type, e.Response.ID)
	case e.Item != nil:
		return wire.Linef("%s %v", e.Type, e.Item)
	case e.Delta != "":
		return wire.Linef("%s: %q", e.Type, e.Delta)
	}
	return wire.Linef("%s", e.Type)
}

// The methods by which the events of a stream are read.

func (e *ResponseEvent) kind() string       { return string(e.Type) }
func (e *ResponseEvent) runID() string      { return e.ResponseID }
func (e *ResponseEvent) setRunID(id string) { e.ResponseID = id }
func (e *ResponseEvent) position() int      { return e.SequenceNumber }

func (e *ResponseEvent) isLast() bool {
	switch e.Type {
	case ResponseEventCompleted, ResponseEventFailed, ResponseEventIncomplete:
		return true
	}
	return false
}

// readObject makes the last event of a response that came instead of a stream.
func (e *ResponseEvent) readObject(object []byte) (over bool, err error) {
	response, err := decodeResponse(object)
	if err != nil {
		return false, err
	}
	*e = endOf(response)
	state, _ := response.state()
	return state == poll.Ended || state == poll.InputRequired, nil
}

// endOf returns the last event of a response.
func endOf(response *Response) ResponseEvent {
	return ResponseEvent{
		Type: ResponseEventType("response." + string(response.Status)), Response: response, ResponseID: response.ID, Data: response.Raw,
	}
}
