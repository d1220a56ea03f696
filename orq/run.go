package orq

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/poll"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// RunRequest says what to ask an agent.
type RunRequest struct {
	// Text is what the agent is told, if it is nothing but a text. It or
	// Items is required.
	Text string
	// Items are what the agent is told: messages with pictures and files
	// ([UserInput]), or the answers to what a run waits for
	// ([FunctionCallOutput], [MCPApproval]). Nil: Text.
	Items []InputItem
	// PreviousResponseID goes on from a response: Run.ID of an earlier run. ""
	// begins a new thread.
	PreviousResponseID string
	// Instructions are told to the agent besides its own. Nil leaves them
	// out.
	Instructions *string
	// Tools are tools that the agent may use besides its own: functions of the
	// caller, for one. They are those of this request only.
	Tools []ResponseTool
	// Variables replace the variables in the instructions, by name.
	Variables map[string]any
	// Metadata is noted on the response.
	Metadata map[string]string
	// Identity is who the agent works for. Default nobody.
	Identity *Identity
	// Thread groups the run with others. Nil leaves it out.
	Thread *Thread
	// Memory says whose memories the agent uses. Nil leaves it out.
	Memory *Memory
	// Limits end a run that takes too much. Nil leaves them out.
	Limits *ResponseLimits

	// ExtraFields are put into the request last: for the other fields of a
	// [CreateResponseRequest], by their wire names, and for those that this
	// package does not know. A nil value sends null. A run that is not stored
	// cannot be read if its stream breaks.
	ExtraFields map[string]any
}

const (
	runAgent  = "run agent"
	streamRun = "stream run"
)

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. RunAgent and StreamRun call
// it.
func (r RunRequest) Validate() error {
	var problems validate.Problems
	r.request("").validateRest(&problems)
	return problems.Err(provider, runAgent)
}

// String returns the request as JSON in one line, as it is sent but for the
// agent.
func (r RunRequest) String() string { return wire.Line(r.request("")) }

// request returns what is sent for the request.
func (r RunRequest) request(agentKey string) CreateResponseRequest {
	return CreateResponseRequest{
		Model:              AgentModelPrefix + agentKey,
		Input:              ResponseInput{Text: r.Text, Items: r.Items},
		PreviousResponseID: r.PreviousResponseID,
		Instructions:       r.Instructions,
		Tools:              r.Tools,
		Variables:          r.Variables,
		Metadata:           r.Metadata,
		Identity:           r.Identity,
		Thread:             r.Thread,
		Memory:             r.Memory,
		Limits:             r.Limits,
		ExtraFields:        r.ExtraFields,
	}
}

// Run is what came of asking an agent.
type Run struct {
	// Text is the agent's answer: the texts of its messages, joined. Of a run
	// that did not end well it is what there is of it.
	Text string
	// ID is the response of the run, for GetResponse, and for
	// RunRequest.PreviousResponseID to go on.
	ID string
	// Usage counts the tokens. Nil if the server did not tell.
	Usage *ResponseUsage
	// Response is the response as it was seen last. Nil if it was not.
	Response *Response
}

// String describes the run in one line: its response and the status of it,
// without the answer.
func (r Run) String() string {
	if r.Response == nil {
		return wire.Linef("run of response %s", r.ID)
	}
	return wire.Linef("run of response %s %s", r.ID, r.Response.Status)
}

// RunEvent is one event of a run.
type RunEvent struct {
	// Text is a new piece of the agent's answer, to be printed. The pieces
	// together are Run.Text of a run that ended well.
	Text string
	// Event is the event of the response. It is zero beside an error that no
	// event brought.
	Event ResponseEvent
	// Run is what came of the run. It is set in the last pair only; beside an
	// error it is nil if it is not known that there is a run.
	Run *Run
}

// String describes the event in one line.
func (e RunEvent) String() string { return e.Event.String() }

// RunAgent asks an agent something and waits for the answer, as StreamRun
// does. agentKey is the key of the agent, and may end with "@" and a version.
// If ctx has no deadline, it ends after RunTimeout of the retry policy (10
// minutes by default), and the agent goes on.
//
// It starts at most one run. It is not repeated when the HTTP response is lost;
// what happens then is as with StreamRun. The run is returned also beside an error,
// if it is known to exist.
//
// Errors: those of StreamRun.
//
// API reference: Create response, POST /v3/router/responses, and Retrieve
// response, GET /v3/router/responses/{response_id}, https://docs.orq.ai.
func (c *Client) RunAgent(ctx context.Context, agentKey string, request RunRequest, options ...agentclients.CallOption) (*Run, error) {
	var run *Run
	var failure error
	c.run(ctx, runAgent, agentKey, request, options, func(event RunEvent, err error) bool {
		run, failure = event.Run, err
		return true
	})
	return run, failure
}

// StreamRun asks an agent something and returns what happens, event by event,
// with the pieces of the answer. The last pair has the Run. agentKey is the key
// of the agent, and may end with "@" and a version. Nothing is sent before the
// events are ranged over. That can be done once; a second time yields one error
// that matches [agentclients.ErrInvalidRequest]. Breaking out of the loop leaves
// the agent working. If ctx has no deadline, the stream ends after RunTimeout
// of the retry policy (10 minutes by default), and the agent goes on, too.
//
// It starts at most one run, and the request is never repeated when the HTTP
// response to it is lost. The first event names the response of the run: if the
// stream breaks after it, the response is read until it is done, and the last
// pair is made from that: it has the rest of the answer. A stream that is silent for 30 seconds is checked in the
// same way. If it breaks before its first event, nothing can tell whether there
// is a run.
//
// Errors, all of them in the last pair: [agentclients.ErrRunFailed] with the
// server's words if the run failed or came to a limit,
// [agentclients.ErrInputRequired] if it waits for the result of a function or
// for an approval: see [Response.Pending] of Run.Response, and go on with Items
// and PreviousResponseID; [agentclients.ErrNotFound] if there is no such agent
// or previous response, or if the server has no v3 responses: then
// [Client.StreamAgentResponse] or [Client.StreamTask] run the agent;
// [agentclients.ErrOutcomeUnknown] if the run may have been started,
// [agentclients.ErrStreamEnded] if it was started and cannot be read, and the
// error of the context, these with the id of the response as ResourceID.
//
// A run in which a tool waits for the review of a person is not among them: no
// response shows that, and it is waited for as one that works. If ctx meets its
// deadline, the error says where to look. [Client.StreamTask] and
// [Client.WaitTask] tell it at once.
//
// API reference: Create response, POST /v3/router/responses, and Retrieve
// response, GET /v3/router/responses/{response_id}, https://docs.orq.ai.
func (c *Client) StreamRun(ctx context.Context, agentKey string, request RunRequest, options ...agentclients.CallOption) iter.Seq2[RunEvent, error] {
	return transport.Once(c.transport, streamRun, func(yield func(RunEvent, error) bool) {
		c.run(ctx, streamRun, agentKey, request, options, yield)
	})
}

func (c *Client) run(ctx context.Context, op, agentKey string, request RunRequest, options []agentclients.CallOption, yield func(RunEvent, error) bool) {
	sent := request.request(agentKey)
	var problems validate.Problems
	problems.Required("agent_key", agentKey)
	sent.validateRest(&problems)
	if err := problems.Err(provider, op); err != nil {
		yield(RunEvent{}, err)
		return
	}
	ctx, cancel := transport.RunContext(ctx, c.transport, options)
	defer cancel()
	tally, options := transport.NewTally(options)
	r := &runner{client: c, op: op, options: options}
	r.yield = func(event RunEvent, err error) bool {
		tally.Report()
		return yield(event, err)
	}
	r.start(ctx, sent.op(op, true))
}

// responseStream is the stream of a response.
type responseStream = eventStream[ResponseEvent, *ResponseEvent]

// runner carries out one run.
type runner struct {
	client    *Client
	op        string
	options   []agentclients.CallOption // of the tally
	yield     func(RunEvent, error) bool
	id        string    // of the response
	response  *Response // as it was seen last
	text      strings.Builder
	complaint *agentclients.Error // of the stream
}

// start starts the response and hands out what happens. The last pair has the
// run, an error, or both.
func (r *runner) start(ctx context.Context, op transport.Op) {
	s, _, err := openStream[ResponseEvent, *ResponseEvent](ctx, r.client, op, r.options)
	if err != nil {
		r.yield(RunEvent{}, withOtherMethods(err))
		return
	}
	defer s.Close()
	if s.whole != nil {
		r.id, r.response = s.id, s.whole.Response
		r.follow(ctx, s.broken(s.cut("the response is no stream")))
		return
	}
	for r.hear(ctx, s) {
	}
}

// withOtherMethods adds to a 404 what else runs agents: a server that does not
// know the operation says so in the same way as one that does not know the
// agent.
func withOtherMethods(err error) error {
	var e *agentclients.Error
	if errors.As(err, &e) && e.StatusCode == http.StatusNotFound {
		e.Fields = append(e.Fields, agentclients.FieldError{Message: "if the server has no v3 responses, StreamAgentResponse or StreamTask run the agent"})
	}
	return err
}

// silence is how long a stream may show no event before somebody looks whether
// its response still goes on. Comments of the stream do not tell.
const silence = 30 * time.Second

// hear hands out one event. It returns false after the last one.
func (r *runner) hear(ctx context.Context, s *responseStream) bool {
	event, quiet, err := s.next(time.Now().Add(silence))
	r.id, r.complaint = s.id, s.complaint
	switch {
	case quiet:
		return r.look(ctx, s)
	case err != nil && r.id == "":
		r.yield(RunEvent{}, s.broken(err))
		return false
	case err != nil:
		r.follow(ctx, s.broken(err))
		return false
	}
	if event.Response != nil {
		r.response = event.Response
	}
	part := RunEvent{Event: event}
	switch {
	case event.isLast() && (event.Response == nil || r.goesOn()): // it does not say how it ended
		if r.id == "" {
			r.yield(RunEvent{}, s.broken(s.cut("its last event names no response")))
			return false
		}
		r.follow(ctx, s.broken(s.cut("its last event does not tell the end")))
		return false
	case event.isLast():
		part.Text, part.Run = r.rest(), r.result()
		if r.yield(part, r.verdict()) {
			s.Finish()
		}
		return false
	case event.Type == ResponseEventTextDelta:
		part.Text = event.Delta
		r.text.WriteString(event.Delta)
	}
	return r.yield(part, nil)
}

// look reads the response while its stream is silent. It returns false if the
// response goes on no more. A failure is for the stream to show: a response
// that is not stored cannot be read.
func (r *runner) look(ctx context.Context, s *responseStream) bool {
	if r.id == "" {
		return true
	}
	response, _, err := r.client.readResponse(ctx, r.op, r.id, r.options)
	if err != nil {
		return true
	}
	if r.response = response; r.goesOn() {
		return true
	}
	s.Close()
	r.follow(ctx, nil)
	return false
}

// state says how far the response is, as far as it was seen.
func (r *runner) state() poll.State {
	if r.response == nil {
		return poll.Running
	}
	state, _ := r.response.state()
	return state
}

// goesOn reports whether the response has not come to its end.
func (r *runner) goesOn() bool { return r.state() == poll.Running }

// isOver reports whether the response has come to an end that is known. What
// only an event in the middle of a stream shows may be neither.
func (r *runner) isOver() bool { return r.state() == poll.Ended || r.state() == poll.InputRequired }

// follow waits until the response goes on no more, and hands out the last
// pair, which is made of it. broke is why there is no stream any more.
func (r *runner) follow(ctx context.Context, broke error) {
	err := r.finish(ctx, broke)
	last := RunEvent{Text: r.rest(), Run: r.result()}
	if r.isOver() {
		last.Event = endOf(r.response)
	}
	r.yield(last, err)
}

// finish waits until the response goes on no more. Its error is the verdict.
func (r *runner) finish(ctx context.Context, broke error) error {
	if r.isOver() {
		return r.verdict()
	}
	response, err := poll.Wait(ctx, poll.Poll[*Response]{
		Provider: provider, Op: r.op, ID: r.id,
		Look: func(ctx context.Context) (*Response, time.Duration, error) {
			return r.client.readResponse(ctx, r.op, r.id, r.options)
		},
		State: (*Response).state,
	})
	err = r.client.transport.Clean(err)
	if response != nil {
		r.response = response
	}
	switch {
	case response != nil && !r.goesOn():
		return r.verdict()
	case err == nil || ctx.Err() != nil:
		return transport.Explain(mayWait(ctx, r.response, err), r.complaint)
	case r.complaint != nil:
		r.complaint.ResourceID = r.id
		return r.complaint // which tells more
	case broke != nil && errors.Is(err, agentclients.ErrNotFound): // it was not stored
		return broke
	}
	return unread(broke, err)
}

// unread says in the error of a look that the run was started, if its stream
// is why it was looked for.
func unread(broke, err error) error {
	var e *agentclients.Error
	switch {
	case !errors.Is(broke, agentclients.ErrStreamEnded) || !errors.As(err, &e):
	case e.Err == nil:
		e.Err = agentclients.ErrStreamEnded
	default:
		e.Err = fmt.Errorf("%w: %w", agentclients.ErrStreamEnded, e.Err)
	}
	return err
}

// verdict returns the error of a run whose response goes on no more, nil if it
// ended well.
func (r *runner) verdict() error {
	e := r.response.verdict(r.op)
	if e == nil {
		return nil
	}
	e.ResourceID = r.id
	if r.complaint != nil && e.Message == "" {
		e.Message = r.complaint.Message
	}
	return r.client.transport.Clean(e)
}

// result returns what there is of the run.
func (r *runner) result() *Run {
	run := &Run{ID: r.id, Response: r.response, Text: r.text.String()}
	if r.response == nil {
		return run
	}
	run.Usage = r.response.Usage
	if text := r.response.Text(); text != "" && (r.response.Status == ResponseCompleted || len(text) >= len(run.Text)) {
		run.Text = text
	}
	return run
}

// rest returns what was not streamed of the answer.
func (r *runner) rest() string {
	if r.response == nil {
		return ""
	}
	rest, ok := strings.CutPrefix(r.response.Text(), r.text.String())
	if !ok {
		return "" // something else was streamed
	}
	return rest
}
