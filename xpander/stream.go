package xpander

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/poll"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// taskStream is the stream of a turn.
type taskStream struct {
	*transport.Stream
	turn      *turn
	whole     *Task               // what came instead of a stream
	started   bool                // an event was about the task
	complaint *agentclients.Error // what an event says is wrong
}

// open starts the turn with a stream. The server may send the whole task
// instead.
func (t *turn) open(ctx context.Context) (*taskStream, error) {
	stream, err := transport.Open(ctx, t.client.transport, t.op, t.options)
	if err != nil {
		return nil, err
	}
	s := &taskStream{Stream: stream, turn: t}
	if stream.Object != nil {
		if s.whole, err = t.decode(stream.Object); err != nil {
			return nil, stream.Unreadable(err)
		}
	}
	return s, nil
}

// next returns the next event. If none comes by a time, quiet is true and the
// stream goes on; the zero time is no limit.
func (s *taskStream) next(until time.Time) (event TaskEvent, quiet bool, err error) {
	message, quiet, err := s.NextUntil(until, isEvent)
	if err != nil || quiet {
		return TaskEvent{}, quiet, err
	}
	data, named := message.Data, message.Type == string(taskEventError)
	if named {
		data = wire.ErrorEvent(data)
	}
	// Not by json.Unmarshal, which would read all of it once more before.
	if err := event.UnmarshalJSON(data); err != nil {
		return TaskEvent{}, false, s.Unreadable(err)
	}
	if code, text, ok := event.complaint(data, named); ok {
		s.complaint = s.Failed(code, text)
	} else if event.Type != "" && s.isOwn(&event) {
		s.started = true
	}
	return event, false, nil
}

// isOwn reports whether an event is about the task of the turn, and not about
// a part of it.
func (s *taskStream) isOwn(event *TaskEvent) bool {
	return (event.TaskID == "" || s.turn.has(event.TaskID)) && (event.Task == nil || event.Task.ID == "" || s.turn.has(event.Task.ID))
}

// isLast reports whether an event is the last one.
func (s *taskStream) isLast(event *TaskEvent) bool {
	return event.Type == TaskEventFinished && s.isOwn(event)
}

// find looks for the task after the stream broke. An event that was about it
// proves that there is one; else it is looked up. The error is then one that
// says what is not known.
func (s *taskStream) find(ctx context.Context, broke error) (*Task, error) {
	if s.started {
		return nil, nil
	}
	var e *agentclients.Error
	if !errors.As(broke, &e) {
		return nil, broke
	}
	open := *e
	open.OutcomeUnknown, open.ResourceID = true, s.turn.request.ID
	if errors.Is(e, agentclients.ErrStreamEnded) { // which says that it started
		open.Err = fmt.Errorf("there was no event: %v", e.Err)
	}
	if s.complaint != nil {
		open.Code, open.Message = s.complaint.Code, s.complaint.Message
	}
	return s.turn.find(ctx, &open)
}

// stream starts the turn and hands out its events. It returns nil after the
// last one, and if yield wants no more.
func (t *turn) stream(ctx context.Context, yield func(TaskEvent) bool) error {
	s, err := t.open(ctx)
	if err != nil {
		if _, err := t.find(ctx, err); err != nil {
			return err
		}
		return t.ended(err)
	}
	defer s.Close()
	if s.whole != nil {
		if state, _ := s.whole.state(); state != poll.Ended {
			return t.ended(&agentclients.Error{Provider: provider, Op: t.op.Name, Err: errNoStream})
		}
		yield(finishedEvent(s.whole))
		return nil
	}
	for {
		event, _, err := s.next(time.Time{})
		if err != nil {
			if _, err := s.find(ctx, err); err != nil {
				return err
			}
			if s.complaint != nil && ctx.Err() == nil {
				return s.complaint
			}
			return err
		}
		if !yield(event) {
			return nil
		}
		if s.isLast(&event) {
			s.Finish()
			return nil
		}
	}
}

// errNoStream is what is wrong with a response that is a task that goes on.
var errNoStream = errors.New("the response is no stream")

// ended returns the error of a stream that was lost although its task exists.
func (t *turn) ended(lost error) error {
	var e *agentclients.Error
	if !errors.As(lost, &e) {
		return lost
	}
	known := *e
	known.OutcomeUnknown, known.ResourceID = false, t.request.ID
	known.Err = agentclients.ErrStreamEnded
	if e.Err != nil {
		known.Err = fmt.Errorf("%w: %w", agentclients.ErrStreamEnded, e.Err)
	}
	return &known
}

// finishedEvent returns the last event of a task that is done.
func finishedEvent(task *Task) TaskEvent {
	event := TaskEvent{
		Type: TaskEventFinished, TaskID: task.ID, OrganizationID: task.OrganizationID, Time: task.FinishedAt, Task: task,
	}
	event.Data, _ = json.Marshal(task) // a task that was read can be written
	return event
}
