package xpander

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"strings"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/poll"
	"github.com/agentclients/agentclients-go/internal/redact"
	"github.com/agentclients/agentclients-go/internal/transport"
)

// RunRequest says what to ask an agent.
type RunRequest struct {
	// Text is what the agent is told. Required, unless there are Files.
	Text string
	// Files are URLs of files that the agent can read. Default none.
	Files []string
	// User is who the agent works for. Default nobody.
	User *User
	// TaskID continues the thread of a task: Run.ID of an earlier run. ""
	// begins a new one.
	TaskID string
	// Version is the version of the agent to run: a number, or "draft" for
	// what was changed since the last deploy. Default the deployed one.
	Version string
	// OutputFormat is the form of the answer. Default text.
	OutputFormat *OutputFormat
	// OutputSchema is the JSON Schema of the answer, for OutputFormatJSON.
	// Default none.
	OutputSchema json.RawMessage

	// ExtraFields are put into the request last: for the other fields of an
	// [InvokeRequest], by their wire names, and for those that this package
	// does not know. A nil value sends null. Their values are never printed.
	ExtraFields map[string]any
}

// Format prints the request without secrets.
func (r RunRequest) Format(state fmt.State, verb rune) {
	type plain RunRequest
	r.ExtraFields = redact.Values(r.ExtraFields) // may hold tokens of the user
	redact.Format(state, verb, plain(r))
}

// LogValue describes the request to log/slog without secrets.
func (r RunRequest) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", r)) }

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. RunAgent and StreamRun call
// it.
func (r RunRequest) Validate() error { return r.invoke().validate("run agent") }

// invoke returns what is sent for the request.
func (r RunRequest) invoke() InvokeRequest {
	return InvokeRequest{
		Input:        TaskInput{Text: r.Text, Files: r.Files, User: r.User},
		ID:           r.TaskID,
		OutputFormat: r.OutputFormat,
		OutputSchema: r.OutputSchema,
		Version:      r.Version,
		ExtraFields:  r.ExtraFields,
	}
}

// Run is what came of asking an agent.
type Run struct {
	// Text is the agent's answer. Of a run that did not end well it is what was
	// streamed of it, or, if nothing was or the task was stopped, the result of
	// the task, which may be words about the failure.
	Text string
	// ID is the task of the run, for GetTask, and for RunRequest.TaskID to go
	// on.
	ID string
	// Usage is what the models used, nil if the server does not say.
	Usage *TokenUsage
	// Task is the task as it was seen last, nil if it was not.
	Task *Task
}

// String describes the run in one line: its task and the status of it, without
// the answer.
func (r Run) String() string {
	line := "run of task " + word(r.ID)
	if r.Task == nil {
		return line
	}
	return fmt.Sprintf("%s (%s)", line, word(string(r.Task.Status)))
}

// Format prints the line of String for %v and %s, and for other verbs the run
// without secrets.
func (r Run) Format(state fmt.State, verb rune) {
	type plain Run
	format(state, verb, r.String(), plain(r))
}

// LogValue describes the run to log/slog, without its text.
func (r Run) LogValue() slog.Value { return slog.StringValue(r.String()) }

// RunEvent is one event of a run.
type RunEvent struct {
	// Text is a new piece of the agent's answer, to be printed. The pieces
	// together are Run.Text of a run that ended well.
	Text string
	// Event is the event of the task. It is zero beside an error that no
	// event brought.
	Event TaskEvent
	// Run is what came of the run. It is set in the last pair only; beside an
	// error it is nil if it is not known that there is a run.
	Run *Run
}

// String describes the event in one line.
func (e RunEvent) String() string { return e.Event.String() }

// Format prints the line of String for %v and %s, and for other verbs the
// event without secrets.
func (e RunEvent) Format(state fmt.State, verb rune) {
	type plain RunEvent
	format(state, verb, e.String(), plain(e))
}

// LogValue describes the event to log/slog.
func (e RunEvent) LogValue() slog.Value { return e.Event.LogValue() }

// RunAgent asks an agent something and waits for the answer: it starts a task
// as StartTask does, and waits for it as WaitTask does. If ctx has no deadline,
// it ends after RunTimeout of the retry policy (10 minutes by default), and the
// task goes on.
//
// It starts at most one turn. It is not repeated when the response is lost:
// the task is then looked up by its id, as InvokeAgent does. The run is
// returned also beside an error, if it is known to exist.
//
// Errors: those of InvokeAgent, and [agentclients.ErrRunFailed] with the
// status as Code and what the server says as Message if the task failed or was
// stopped, [agentclients.ErrInputRequired] if it is paused (what a person is
// asked is the HITLRequest of Run.Task; it is answered outside of this API, and
// then WaitTask waits for the rest),
// [agentclients.ErrOutcomeUnknown] if the turn may have been started, the
// error of the context with the id of the task as ResourceID.
//
// API reference: Invoke Agent (Async), POST
// /v1/agents/{agent_id}/invoke/async, and Get Task, GET /v1/tasks/{task_id},
// https://docs.xpander.ai.
func (c *Client) RunAgent(ctx context.Context, agentID string, request RunRequest, options ...agentclients.CallOption) (*Run, error) {
	t, err := c.newTurn(ctx, "run agent", "/invoke/async", agentID, request.invoke(), options)
	if err != nil {
		return nil, err
	}
	defer t.tally.Report()
	ctx, cancel := transport.RunContext(ctx, c.transport, options)
	defer cancel()
	r := run{turn: t}
	if r.task, err = t.start(ctx); err != nil {
		if r.task, err = t.find(ctx, err); err != nil {
			return nil, err
		}
		r.whole = true
	}
	err = r.finish(ctx)
	return r.result(), err
}

// StreamRun asks an agent something and returns what happens, event by event,
// with the pieces of the answer. The last pair has the Run. Nothing is sent
// before the events are ranged over. That can be done once; a second time yields
// one error that matches [agentclients.ErrInvalidRequest]. Breaking out of the
// loop leaves the task going on: StopTask stops it. If ctx has no deadline, the
// stream ends after RunTimeout of the retry policy (10 minutes by default), and
// the task goes on, too.
//
// It starts at most one turn and is never repeated when a response is lost. If
// the stream breaks, the task is read until it is done, and the last pair is
// made from that: it has the rest of the answer. A stream that is silent for
// 30 seconds is checked in the same way. If it breaks before its first event,
// the task is looked up by its id, as InvokeAgent does.
//
// Errors, all of them in the last pair: those of RunAgent.
//
// API reference: Invoke Agent (Stream), POST
// /v1/agents/{agent_id}/invoke/stream, and Get Task, GET /v1/tasks/{task_id},
// https://docs.xpander.ai.
func (c *Client) StreamRun(ctx context.Context, agentID string, request RunRequest, options ...agentclients.CallOption) iter.Seq2[RunEvent, error] {
	const op = "stream run"
	return transport.Once(c.transport, op, func(yield func(RunEvent, error) bool) {
		t, err := c.newTurn(ctx, op, "/invoke/stream", agentID, request.invoke(), options)
		if err != nil {
			yield(RunEvent{}, err)
			return
		}
		ctx, cancel := transport.RunContext(ctx, c.transport, options)
		defer cancel()
		r := run{turn: t}
		r.stream(ctx, func(event RunEvent, err error) bool {
			t.tally.Report()
			return yield(event, err)
		})
	})
}

// run is a turn with what was seen of it.
type run struct {
	*turn
	task      *Task
	whole     bool                // the task was read: the response to a start may be short
	text      strings.Builder     // that was streamed
	complaint *agentclients.Error // of the stream
}

// finish waits until the task goes on no more. Its error is the verdict.
func (r *run) finish(ctx context.Context) error {
	if state, _ := r.state(); state != poll.Ended || !r.whole && r.task.Result == "" {
		task, err := r.wait(ctx, r.task, (*Task).state)
		r.task = task
		switch {
		case err == nil:
		case r.complaint != nil && ctx.Err() == nil && !errors.Is(err, agentclients.ErrInputRequired):
			return r.complaint // which tells more
		default:
			return transport.Explain(err, r.complaint)
		}
	}
	return r.verdict()
}

// state is that of the task as far as it was seen.
func (r *run) state() (poll.State, string) {
	if r.task == nil {
		return poll.Running, ""
	}
	return r.task.state()
}

// verdict returns the error of a run whose task goes on no more, nil if it
// ended well.
func (r *run) verdict() error {
	e := r.task.verdict(r.op.Name)
	if e == nil {
		return nil
	}
	if r.complaint != nil && e.Message == "" {
		e.Message = r.complaint.Message
	}
	return r.client.transport.Clean(e)
}

// result returns what there is of the run.
func (r *run) result() *Run {
	result := &Run{ID: r.request.ID, Task: r.task, Text: r.text.String()}
	if r.task == nil {
		return result
	}
	result.Usage = r.task.Tokens
	if r.hasAnswer() || result.Text == "" {
		result.Text = r.task.Result
	}
	return result
}

// hasAnswer reports whether the result of the task is the agent's answer, and
// not why there is none.
func (r *run) hasAnswer() bool {
	return r.task != nil && r.task.Result != "" && (r.task.Status == TaskCompleted || r.task.Status == TaskStopped)
}

// rest returns what was not streamed of the answer.
func (r *run) rest() string {
	if !r.hasAnswer() {
		return ""
	}
	rest, ok := strings.CutPrefix(r.task.Result, r.text.String())
	if !ok {
		return "" // something else was streamed
	}
	return rest
}

// silence is how long a stream may show no event before somebody looks whether
// its task still goes on. Comments of the stream do not tell.
const silence = 30 * time.Second

// stream starts the turn and hands out what happens. The last pair has the run,
// an error, or both.
func (r *run) stream(ctx context.Context, yield func(RunEvent, error) bool) {
	s, err := r.open(ctx)
	if err != nil {
		if r.task, err = r.find(ctx, err); err != nil {
			yield(RunEvent{}, err)
			return
		}
		r.whole = true
		r.follow(ctx, yield)
		return
	}
	defer s.Close()
	if s.whole != nil {
		r.task = s.whole
		r.follow(ctx, yield)
		return
	}
	for r.hear(ctx, s, yield) {
	}
}

// hear hands out one event. It returns false after the last one.
func (r *run) hear(ctx context.Context, s *taskStream, yield func(RunEvent, error) bool) bool {
	event, quiet, err := s.next(time.Now().Add(silence))
	r.complaint = s.complaint
	switch {
	case quiet:
		return r.look(ctx, s, yield)
	case err != nil:
		r.goOn(ctx, s, err, yield)
		return false
	case !s.isOwn(&event):
		return yield(RunEvent{Event: event}, nil)
	}
	if event.Task != nil {
		r.task = event.Task
	}
	part := RunEvent{Event: event}
	state, _ := r.state()
	switch {
	case s.isLast(&event) && state == poll.Running: // it does not say how it ended
		r.follow(ctx, yield)
		return false
	case s.isLast(&event), event.Task != nil && state == poll.InputRequired:
		part.Text, part.Run = r.rest(), r.result()
		if yield(part, r.verdict()) && s.isLast(&event) {
			s.Finish()
		}
		return false
	case event.Type == TaskEventChunk:
		part.Text = event.Text
		r.text.WriteString(event.Text)
	}
	return yield(part, nil)
}

// look reads the task while its stream is silent. It returns false if the task
// goes on no more, or is gone. Any other failure is for the stream to show.
func (r *run) look(ctx context.Context, s *taskStream, yield func(RunEvent, error) bool) bool {
	task, _, err := r.read(ctx)
	var e *agentclients.Error
	switch {
	case err == nil && (s.started && !r.isBefore(task) || r.isOurs(task)):
		r.task, r.whole, s.started = task, true, true
		if state, _ := r.state(); state == poll.Running {
			return true
		}
		s.Close()
		r.follow(ctx, yield)
		return false
	case s.started && errors.As(err, &e) && e.StatusCode == http.StatusNotFound:
		e.ResourceID = r.request.ID
		yield(RunEvent{Run: r.result()}, err)
		return false
	}
	return true
}

// goOn goes on without the stream, which broke.
func (r *run) goOn(ctx context.Context, s *taskStream, broke error, yield func(RunEvent, error) bool) {
	task, err := s.find(ctx, broke)
	if err != nil {
		yield(RunEvent{}, err)
		return
	}
	if task != nil {
		r.task, r.whole = task, true
	}
	r.follow(ctx, yield)
}

// follow hands out the last pair, which is made of the task.
func (r *run) follow(ctx context.Context, yield func(RunEvent, error) bool) {
	err := r.finish(ctx)
	last := RunEvent{Text: r.rest(), Run: r.result()}
	if state, _ := r.state(); state == poll.Ended {
		last.Event = finishedEvent(r.task)
	}
	yield(last, err)
}
