package agentloop

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/poll"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
)

// RunRequest says what to ask an agent.
type RunRequest struct {
	// Text is what to ask, if it is nothing but a text. It or Content is
	// required.
	Text string
	// Content are the parts of what to ask: texts and pictures. Nil: Text.
	Content []ContentPart
	// SessionID goes on in this session, which must be one of the agent: Run.ID
	// of an earlier run. "" makes a new one.
	SessionID string
	// Controls are what the message asks for besides. Nil: nothing.
	Controls *Controls
	// Metadata is stored with the message. Names that begin with "everruns_"
	// are the server's own, and [ClientMessageKey] is the client's. Nil: none
	// of yours.
	Metadata map[string]any

	// ExtraFields are put into the request of the message last: for fields
	// that this package does not know. A nil value sends null. The id and the
	// metadata cannot be set here.
	ExtraFields map[string]any
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. RunAgent and StreamRun call
// it.
func (r RunRequest) Validate() error {
	var problems validate.Problems
	r.validate(&problems)
	return problems.Err(provider, runAgent)
}

func (r RunRequest) validate(problems *validate.Problems) {
	if r.SessionID != "" {
		validateID(problems, "session_id", sessionPrefix, r.SessionID)
	}
	r.message().validate(problems)
}

// message returns the message that asks it.
func (r RunRequest) message() SendMessageRequest {
	return SendMessageRequest{Text: r.Text, Content: r.Content, Controls: r.Controls, Metadata: r.Metadata, ExtraFields: r.ExtraFields}
}

// Run is what came of a message to an agent.
type Run struct {
	// Text is the text of the agent's last message, which of a failed run may
	// be an apology of the server's; of a run that did not come to its end, what
	// there is of it.
	Text string
	// ID is the session, by which the run can be looked up, and for
	// RunRequest.SessionID to go on.
	ID string
	// MessageID is the message that asked. "" if it is not known to be stored.
	MessageID string
	// TurnID is the turn that answered. "" if none is known to have begun.
	TurnID string
	// End is the kind of the event that ended the turn, such as
	// [EventTurnCompleted]. "" if the turn has not ended, or if its end shows
	// only in the session.
	End EventType
	// Message is the agent's last message. Nil if there is none.
	Message *Message
	// Usage counts the tokens of the turn. Nil if the server did not tell.
	Usage *TokenUsage
}

// String returns the ids, the end and the beginning of the text in one line.
func (r Run) String() string { return line(r.ID, r.TurnID, string(r.End), quoted(r.Text)) }

// RunEvent is one event of a run.
type RunEvent struct {
	// Text is new text of the agent, to be printed after the text before. A
	// message after another one begins with an empty line, so that the pieces
	// together are Run.Text only of a run with one message.
	Text string
	// Event is what happened. It is empty if the run went on without its
	// event, which only reading showed.
	Event Event
	// Run is what came of it, on the last event only.
	Run *Run
}

// String describes the event in one line.
func (e RunEvent) String() string { return e.Event.String() }

const (
	runAgent  = "run agent"
	streamRun = "stream run"
)

// RunAgent asks an agent, and returns what it answered: it creates a session,
// or goes on in the one of the request, sends the message, and waits until its
// turn has ended.
//
// One call starts at most one turn. The message is never sent twice: if its
// response was lost it is looked for, as [Client.SendMessage] does, and if it
// is not found the error matches [agentclients.ErrOutcomeUnknown]. From then on
// everything is read, and repeated as need be: the stream of events, and the
// session and its events if that breaks for good or brings nothing for 30 s.
// Only the session may be created again, once, if the response to that was lost
// and it is not in the list; one without messages may then be left behind,
// which runs nothing. It has a tag that begins with "run:".
//
// If ctx has no deadline, the call ends after RunTimeout of the retry policy (10
// minutes by default). When it ends early, the agent goes on: CancelTurn stops it. A turn
// that never starts, which can happen, is waited for until then.
//
// In a session in which a turn is running already, that one may answer the
// message, too. If the server does not tell, this is taken to be so when that
// turn read the messages again and ended, and the session then came to rest
// without a turn of the message's own. It takes 30 s of silence to see that.
//
// The Run is returned beside an error, too, as far as it is known, and once
// there is a session the error names it in ResourceID. Errors:
// [agentclients.ErrRunFailed], with the server's words, if the turn failed, was
// cancelled or sealed; [agentclients.ErrInputRequired] if it waits for results
// of tools or is paused; [agentclients.ErrNotFound] if there is no such agent
// or session; [agentclients.ErrOutcomeUnknown] if the message may have been
// stored; the error of the context.
//
// API reference: create_session, POST /v1/sessions; create_message, POST
// /v1/sessions/{session_id}/messages; stream_sse, GET
// /v1/sessions/{session_id}/sse, https://github.com/everruns/everruns.
func (c *Client) RunAgent(ctx context.Context, agentID string, request RunRequest, options ...agentclients.CallOption) (*Run, error) {
	var run *Run
	var failure error
	c.run(ctx, runAgent, agentID, request, options, func(event RunEvent, err error) bool {
		run, failure = event.Run, err
		return true
	})
	return run, failure
}

// StreamRun is RunAgent that shows the events of the turn as they come. The last
// pair has the Run, beside the error if the run did not end well.
// Breaking out of the loop leaves the agent working.
//
// Nothing is sent before the stream is ranged over. That can be done once; a
// second time yields one error that matches [agentclients.ErrInvalidRequest].
// What is repeated, and which errors there are, is as with RunAgent.
//
// API reference: create_session, POST /v1/sessions; create_message, POST
// /v1/sessions/{session_id}/messages; stream_sse, GET
// /v1/sessions/{session_id}/sse, https://github.com/everruns/everruns.
func (c *Client) StreamRun(ctx context.Context, agentID string, request RunRequest, options ...agentclients.CallOption) iter.Seq2[RunEvent, error] {
	return transport.Once(c.transport, streamRun, func(yield func(RunEvent, error) bool) {
		c.run(ctx, streamRun, agentID, request, options, yield)
	})
}

func (c *Client) run(ctx context.Context, op, agentID string, request RunRequest, options []agentclients.CallOption, yield func(RunEvent, error) bool) {
	var problems validate.Problems
	validateAgentID(&problems, "agent_id", agentID)
	request.validate(&problems)
	if err := problems.Err(provider, op); err != nil {
		yield(RunEvent{}, err)
		return
	}
	ctx, cancel := transport.RunContext(ctx, c.transport, options)
	defer cancel()
	tally, options := transport.NewTally(options)
	r := &runner{client: c, op: op, options: options, tally: tally, yield: yield}
	if err := r.start(ctx, agentID, request); err != nil {
		r.end(err)
		return
	}
	if err := r.follow(ctx); err != nil {
		r.end(r.unfinished(err))
		return
	}
	r.end(r.verdict())
}

// runner carries out one run.
type runner struct {
	turn
	client  *Client
	op      string
	options []agentclients.CallOption // of the tally
	tally   *transport.Tally
	yield   func(RunEvent, error) bool
	gone    bool      // the caller broke out of the loop
	pending *RunEvent // the event that ended the turn: it is handed out with the Run
	status  SessionStatus
}

// start sends the message.
func (r *runner) start(ctx context.Context, agentID string, request RunRequest) error {
	message := request.message()
	message.ClientMessageID = newClientMessageID()
	var err error
	if request.SessionID == "" {
		r.run.ID, err = r.client.sessionFor(ctx, agentID, message.ClientMessageID, r.options)
	} else {
		r.run.ID = request.SessionID
		r.last, err = r.client.lastEvent(ctx, request.SessionID, r.options)
	}
	if err != nil {
		return err
	}
	sent, err := r.client.postMessage(ctx, r.run.ID, message, r.tally, r.options)
	var open *agentclients.Error
	if errors.As(err, &open) && open.OutcomeUnknown {
		open.ResourceID = r.run.ID
		open.Fields = append(open.Fields, agentclients.FieldError{
			Path: "client_message_id", Message: message.ClientMessageID + " is the message, if it exists",
		})
	}
	if err == nil {
		r.run.MessageID, r.delivery = sent.ID, sent.Delivery
	}
	return err
}

// sessionFor creates a session for one run. A session whose response was lost
// is found by its tag; if it is not there another one is created.
func (c *Client) sessionFor(ctx context.Context, agentID, name string, options []agentclients.CallOption) (id string, err error) {
	request := CreateSessionRequest{AgentID: agentID, Tags: []string{"run:" + name}}
	var open *agentclients.Error
	for range 2 {
		session, err := c.CreateSession(ctx, request, options...)
		if err == nil {
			return session.ID, nil
		}
		if !errors.As(err, &open) || !open.OutcomeUnknown {
			return "", err
		}
		list, err := c.ListSessions(ctx, ListSessionsRequest{AgentID: agentID, Limit: 20}, options...)
		if err != nil {
			continue
		}
		for _, found := range list.Sessions {
			if len(found.Tags) == 1 && found.Tags[0] == request.Tags[0] {
				return found.ID, nil
			}
		}
	}
	open.OutcomeUnknown = false // of the run: there is no message
	return "", open
}

// bulky are kinds of events that do not matter for where a session stands.
var bulky = []EventType{EventOutputMessageDelta, EventThinkingDelta, EventLLMGeneration}

// lastEvent returns the id of the last event of a session, or of one a little
// before it. "" if there is none.
func (c *Client) lastEvent(ctx context.Context, sessionID string, options []agentclients.CallOption) (string, error) {
	list, err := c.ListEvents(ctx, sessionID, ListEventsRequest{Exclude: bulky}, options...)
	if errors.Is(err, agentclients.ErrResponseTooLarge) {
		return "", nil // the stream has all of them, too
	}
	if err != nil {
		return "", err
	}
	last := ""
	for _, event := range list.Events {
		last = max(last, event.ID)
	}
	return last, nil
}

// follow hands out the events of the turn until it has ended. Its error means
// that it does not know the end.
func (r *runner) follow(ctx context.Context) error {
	var failure error
	for event, err := range r.client.resumeEvents(ctx, r.run.ID, ListEventsRequest{SinceID: r.last}, r.lookBeside, r.options) {
		if err != nil {
			failure = err
		} else if r.hear(event); r.over() {
			break
		}
	}
	if r.over() {
		return nil
	}
	if ctx.Err() != nil {
		return failure
	}
	// The stream is of no use any more. What it would tell can be read.
	_, err := poll.Wait(ctx, poll.Poll[bool]{
		Provider: provider, Op: r.op, ID: r.run.ID, Seen: true,
		Look: func(ctx context.Context) (bool, time.Duration, error) { return r.over(), 0, r.look(ctx) },
		State: func(bool) (poll.State, string) {
			if r.over() {
				return poll.Ended, string(r.status)
			}
			return poll.Running, string(r.status)
		},
	})
	var said *agentclients.Error
	errors.As(failure, &said)
	return r.client.transport.Clean(transport.Explain(err, said))
}

// over reports whether there is nothing more to wait for.
func (r *runner) over() bool { return r.ended || r.waits || r.gone }

// hear takes an event and hands it out, if it is one of the turn.
func (r *runner) hear(event Event) {
	text, ours := r.take(event)
	switch {
	case !ours:
	case r.ended:
		r.pending = &RunEvent{Text: text, Event: event}
	default:
		r.tally.Report()
		r.gone = !r.yield(RunEvent{Text: text, Event: event}, nil)
	}
}

// lookBeside looks after a turn whose stream is silent. A look that fails for
// the moment says nothing: the stream goes on.
func (r *runner) lookBeside(ctx context.Context) (over bool, err error) {
	err = r.look(ctx)
	if !errors.Is(err, agentclients.ErrNotFound) {
		err = nil
	}
	return r.over(), err
}

// look reads what the stream may have kept back.
func (r *runner) look(ctx context.Context) error {
	begun := r.began() // before the session was seen
	session, err := r.client.GetSession(ctx, r.run.ID, r.options...)
	if err != nil {
		return err
	}
	r.status = session.Status
	if err := r.catchUp(ctx); err != nil || r.over() {
		return err
	}
	switch {
	case session.Status.waitsForCaller():
		r.waits = true
	case !session.Status.isAtRest():
	case r.other.ended:
		r.pending = &RunEvent{Text: r.adopt()}
	case begun || !r.stored:
		return r.readReply(ctx, begun)
	}
	return nil
}

// catchUp reads the events that have not come.
func (r *runner) catchUp(ctx context.Context) error {
	list, err := r.client.ListEvents(ctx, r.run.ID, ListEventsRequest{SinceID: r.last}, r.options...)
	var refused *agentclients.Error
	if r.last != "" && errors.As(err, &refused) {
		switch refused.StatusCode {
		case http.StatusBadRequest, http.StatusNotFound, http.StatusGone, http.StatusUnprocessableEntity: // the event is too old
			list, err = r.client.ListEvents(ctx, r.run.ID, ListEventsRequest{}, r.options...)
		}
	}
	if errors.Is(err, agentclients.ErrResponseTooLarge) {
		return nil // the messages will do
	}
	if err != nil {
		return err
	}
	for _, event := range list.Events {
		if r.hear(event); r.over() {
			break
		}
	}
	return nil
}

// readReply reads the agent's answer from the messages, in a session that is
// at rest though there is no event that says so. begun: the turn had begun.
func (r *runner) readReply(ctx context.Context, begun bool) error {
	list, err := r.client.ListMessages(ctx, r.run.ID, r.options...)
	if err != nil {
		return err
	}
	reply := replyTo(list.Messages, r.run.MessageID)
	if reply == nil && !begun {
		return nil // it may be about to begin
	}
	// The turn may have begun after the session was seen at rest.
	session, err := r.client.GetSession(ctx, r.run.ID, r.options...)
	if err != nil || !session.Status.isAtRest() {
		return err
	}
	r.ended, r.pending = true, &RunEvent{}
	if seen := r.run.Message; reply != nil && (seen == nil || seen.ID != reply.ID) {
		r.pending.Text = r.complete(reply)
	}
	return nil
}

// replyTo returns the last message of the agent between a message and the next
// one of the user, nil if there is none.
func replyTo(messages []Message, id string) *Message {
	var reply *Message
	asked := false
	for i := range messages {
		message := &messages[i]
		switch {
		case message.ID == id:
			asked = true
		case asked && message.Role == RoleUser:
			return reply
		case asked && message.fromAgent() && message.Text() != "":
			reply = message
		}
	}
	return reply
}

// verdict returns the error of a run whose end is known, nil if it ended well.
func (r *runner) verdict() error {
	failed := func(code, message string) error {
		return transport.RunFailed(r.client.transport, r.op, r.run.ID, code, message)
	}
	switch {
	case r.waits:
		return &agentclients.Error{
			Provider: provider, Op: r.op, ResourceID: r.run.ID, Code: string(r.status),
			Err: fmt.Errorf("%w: the status of the session is %q", agentclients.ErrInputRequired, r.status),
		}
	case r.run.End == EventTurnCompleted, r.run.Message != nil && (r.run.End == "" || r.run.End == EventSessionIdled):
		return nil
	case r.run.End == EventTurnFailed:
		return failed(r.detail.ErrorCode, r.detail.Error)
	case r.run.End == "", r.run.End == EventSessionIdled:
		return failed("", "the session is idle, and the turn left neither an end nor a message")
	}
	return failed("", line(string(r.run.End), r.detail.Reason, r.detail.Error))
}

// unfinished returns the error of a run whose end is not known.
func (r *runner) unfinished(err error) error {
	var e *agentclients.Error
	if errors.As(err, &e) {
		e.ResourceID = r.run.ID
		if e.Err == nil {
			e.Err = errors.New("the end of the run is not known")
		}
		e.Err = fmt.Errorf("%w (the run is message %s)", e.Err, r.run.MessageID)
	}
	return err
}

// end hands out what came of the run.
func (r *runner) end(err error) {
	r.tally.Report()
	if r.gone {
		return
	}
	last := RunEvent{}
	if r.pending != nil {
		last = *r.pending
	}
	if r.run.ID != "" {
		last.Run = &r.run
	}
	r.yield(last, transport.InRun(err, r.op))
}
