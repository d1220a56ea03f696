package phoneagents

import (
	"context"
	"errors"
	"iter"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/poll"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// RunRequest says what to ask an agent.
type RunRequest struct {
	// Text is what to ask. Required.
	Text string
	// VisitorID goes on with the conversation of this visitor: Run.ID of an
	// earlier run. "" makes a new one.
	VisitorID string

	// ExtraFields are put into the request of the message last: for fields that
	// this package does not know. A nil value sends null. The visitor cannot be
	// set here.
	ExtraFields map[string]any
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. RunAgent and StreamRun call
// it.
func (r RunRequest) Validate() error { return r.message().validate(runAgent) }

// message returns the message that asks it.
func (r RunRequest) message() SendWebchatMessageRequest {
	return SendWebchatMessageRequest(r)
}

// Run is what came of a message to an agent.
type Run struct {
	// Text is what the agent answered. A server that has too much to do may say
	// so in its place. "" if there is no answer.
	Text string
	// ID is the visitor who asked, by which the run can be looked up with
	// ListWebchatMessages, and for RunRequest.VisitorID to go on.
	ID string
	// ConversationID is the conversation of the visitor and the agent.
	ConversationID string
	// MessageID is the message that asked. "" if its response was lost and the
	// history does not show it yet.
	MessageID string
	// Message is the answer as it came: from the stream with an ID of its own
	// and without a SequenceNo, or from the history. Nil if there is none.
	Message *WebchatMessage
}

// RunEvent is one event of a run.
type RunEvent struct {
	// Text is new text of the agent, to be printed.
	Text string
	// Event is what happened. It is empty if only the history showed it.
	Event WebchatEvent
	// Run is what came of it, on the last event only.
	Run *Run
}

const (
	runAgent  = "run agent"
	streamRun = "stream run"
)

// RunAgent asks an agent as a visitor of a web page, and returns what it
// answered. webchatID is the MetaPhoneNumberID of a phone number of the
// platform [PlatformWebchat] that has an agent.
//
// One call sends at most one message. It opens the stream of a new visitor,
// sends the message, and takes the first thing that the agent says. The message
// is not repeated when its response is lost: the history of the visitor tells
// whether it is there, since nobody else knows that visitor. With a VisitorID
// the history is read before, too, and a lost message is found by its text
// behind all that was there; the answer is what the history has behind the
// message. If that does not settle it the error matches
// [agentclients.ErrOutcomeUnknown].
//
// A stream that cannot be had within 5 s, breaks, or brings no answer for 30 s
// is no failure: the history is read instead.
//
// A server that fails to answer says nothing about it. If ctx has no
// deadline, the call ends after RunTimeout of the retry policy (10 minutes by
// default); an answer may come later all the same.
//
// The Run is returned beside an error, too, once the message is known to be
// there. Errors: [agentclients.ErrNotFound] if there is no such web chat, or no
// agent on it; [agentclients.ErrOutcomeUnknown] if the message may have been
// sent; [agentclients.ErrRunFailed] with the server's words if the stream tells
// of an error; the error of the context. Their ResourceID is the visitor.
//
// Experimental: only the code of the server documents web chat. See
// [Client.SendWebchatMessage].
//
// API reference: Stream Messages, GET /api/webchat/{webchat_id}/stream; Send
// Message, POST /api/webchat/{webchat_id}/messages; Get Messages, GET
// /api/webchat/{webchat_id}/messages.
func (c *Client) RunAgent(ctx context.Context, webchatID string, request RunRequest, options ...agentclients.CallOption) (*Run, error) {
	var run *Run
	var failure error
	c.run(ctx, runAgent, webchatID, request, options, func(event RunEvent, err error) bool {
		run, failure = event.Run, err
		return true
	})
	return run, failure
}

// StreamRun is RunAgent that shows what happens meanwhile, which is that the
// agent is typing: the answer comes in one piece. The last pair has the Run,
// beside the error if the run did not end well. Breaking out of the loop leaves
// the agent working.
//
// Nothing is sent before the stream is ranged over. That can be done once; a
// second time yields one error that matches [agentclients.ErrInvalidRequest].
// What is repeated, and which errors there are, is as with RunAgent.
//
// Experimental: only the code of the server documents web chat. See
// [Client.SendWebchatMessage].
//
// API reference: Stream Messages, GET /api/webchat/{webchat_id}/stream; Send
// Message, POST /api/webchat/{webchat_id}/messages; Get Messages, GET
// /api/webchat/{webchat_id}/messages.
func (c *Client) StreamRun(ctx context.Context, webchatID string, request RunRequest, options ...agentclients.CallOption) iter.Seq2[RunEvent, error] {
	return transport.Once(c.transport, streamRun, func(yield func(RunEvent, error) bool) {
		c.run(ctx, streamRun, webchatID, request, options, yield)
	})
}

func (c *Client) run(ctx context.Context, op, webchatID string, request RunRequest, options []agentclients.CallOption, yield func(RunEvent, error) bool) {
	message := request.message()
	ctx, cancel := transport.RunContext(ctx, c.transport, options)
	defer cancel()
	tally, options := transport.NewTally(options)
	r := &runner{client: c, op: op, webchatID: webchatID, message: message, options: options, tally: tally, yield: yield}
	if r.isNew = message.VisitorID == ""; r.isNew {
		r.message.VisitorID = newVisitorID()
	}
	err := r.start(ctx)
	if err == nil {
		err = r.follow(ctx)
	}
	if r.stream != nil {
		r.stream.Close()
	}
	r.end(err)
}

// runner carries out one run.
type runner struct {
	client    *Client
	op        string
	webchatID string
	message   SendWebchatMessageRequest
	isNew     bool // the visitor is: nobody else knows it
	options   []agentclients.CallOption
	tally     *transport.Tally
	yield     func(RunEvent, error) bool

	stream *transport.Stream // nil: there is none
	before int               // the last number in the history before the message
	sent   bool              // the message is there
	gone   bool              // the caller broke out of the loop
	run    Run
	last   WebchatEvent // that brought the answer
}

// start sends the message.
func (r *runner) start(ctx context.Context) error {
	op := r.client.webchatOp(r.op, r.webchatID, r.message)
	if err := transport.Check(ctx, r.client.transport, op, r.options); err != nil {
		return err
	}
	if !r.isNew {
		history, err := r.client.webchatHistory(ctx, r.webchatID, r.visitor(), r.options)
		if err != nil {
			return err
		}
		r.before = history.last()
	}
	r.connect(ctx)
	queued, err := r.client.postWebchat(ctx, op, r.message, r.options)
	if err != nil {
		queued, err = r.client.settleWebchat(ctx, r.webchatID, err, r.tally, r.options, func(history *WebchatHistory) *QueuedMessage {
			return history.queued(r.message, r.before, r.isNew)
		})
	}
	if err != nil {
		return err
	}
	r.sent = true
	r.run.ID, r.run.ConversationID, r.run.MessageID = r.message.VisitorID, queued.ConversationID, queued.MessageID
	return nil
}

func (r *runner) visitor() ListWebchatMessagesRequest {
	return ListWebchatMessagesRequest{VisitorID: r.message.VisitorID}
}

// connectWithin bounds how long the message waits for the stream. Something on
// the way may hold the stream back until it has something to tell.
const connectWithin = 5 * time.Second

// connect opens the stream, if that is possible in time. Whatever is wrong with
// it, the message and the history do without.
func (r *runner) connect(ctx context.Context) {
	start := time.Now()
	once := transport.OneAttempt(r.client.transport, r.options, connectWithin)
	stream, err := r.client.openWebchat(ctx, r.op, r.webchatID, r.message.VisitorID, once)
	if err != nil {
		return
	}
	r.stream = stream
	// It tells when it hears. Whatever comes before the message is not about it.
	frame, quiet, err := stream.NextWithin(connectWithin - time.Since(start))
	for err == nil && !quiet && frame.Type != string(WebchatEventConnected) {
		frame, quiet, err = stream.NextWithin(connectWithin - time.Since(start))
	}
	if err != nil {
		r.stream = nil
	}
}

// silence is how long a stream may show no answer before the history is read.
// Heartbeats do not tell, nor does an agent that is typing.
const silence = 30 * time.Second

// soon is how long after an event that is about something else, or about a
// message that is not stored yet, the history is read again.
const soon = time.Second

// longestWait is the longest wait between two looks at the history.
const longestWait = 15 * time.Second

// follow waits for the answer: from the stream as long as there is one, then
// from the history.
func (r *runner) follow(ctx context.Context) error {
	wait := silence
	for look := time.Now().Add(wait); r.stream != nil && !r.over(); {
		frame, quiet, err := r.stream.NextWithin(max(0, time.Until(look)))
		switch {
		case quiet:
			err = r.look(ctx)
			if ctx.Err() == nil && !errors.Is(err, agentclients.ErrNotFound) {
				err = nil // the stream goes on
			}
			wait = min(2*wait, silence)
			look = time.Now().Add(wait)
		case err == nil && !saysNothing(frame):
			var event WebchatEvent
			if event, err = readWebchatEvent(r.stream, frame); err == nil && !r.hear(ctx, event) {
				wait = soon
				look = time.Now().Add(wait)
			}
		}
		switch {
		case errors.Is(err, agentclients.ErrRunFailed), err != nil && ctx.Err() != nil, quiet && err != nil:
			return r.about(err)
		case err != nil:
			r.stream.Close()
			r.stream = nil
		}
	}
	if r.over() {
		return nil
	}
	_, err := poll.Wait(ctx, poll.Poll[bool]{
		Provider: provider, Op: r.op, ID: r.message.VisitorID, Ceiling: longestWait, Seen: true,
		Look: func(ctx context.Context) (bool, time.Duration, error) {
			err := r.look(ctx)
			return r.over(), 0, err
		},
		State: func(over bool) (poll.State, string) {
			if over {
				return poll.Ended, ""
			}
			return poll.Running, ""
		},
	})
	return r.about(err)
}

// over reports whether there is nothing more to wait for.
func (r *runner) over() bool { return r.run.Message != nil || r.gone }

// hear takes an event of the stream. What the agent says to a visitor whom
// somebody else may know can be the answer to something else: the history tells.
// known is false if that does not tell yet.
func (r *runner) hear(ctx context.Context, event WebchatEvent) (known bool) {
	switch {
	case event.Type == WebchatEventConnected:
		return true
	case event.Message == nil || event.Message.Sender != SenderAgent && event.Message.Sender != "":
		r.tally.Report()
		r.gone = !r.yield(RunEvent{Event: event}, nil)
		return true
	case r.isNew:
		r.answer(event.Message)
	default:
		r.look(ctx) //nolint:errcheck // there will be others
	}
	if r.run.Message != nil && r.run.Message.Text == event.Message.Text {
		r.last = event
	}
	return r.run.Message != nil
}

func (r *runner) answer(message *WebchatMessage) { r.run.Message, r.run.Text = message, message.Text }

// look reads the history.
func (r *runner) look(ctx context.Context) error {
	history, err := r.client.webchatHistory(ctx, r.webchatID, r.visitor(), r.options)
	if err != nil {
		return err
	}
	asked, number := false, 0
	for i, m := range history.Messages {
		switch {
		case r.isOurs(m):
			r.run.MessageID, asked, number = m.ID, true, m.SequenceNo
		case m.Sender == SenderAgent && (r.isNew || asked && (m.SequenceNo == 0 || m.SequenceNo > number)):
			r.answer(&history.Messages[i])
			return nil
		}
	}
	return nil
}

// isOurs reports whether a message of the history is the one that was sent.
func (r *runner) isOurs(m WebchatMessage) bool {
	if r.run.MessageID != "" {
		return m.ID == r.run.MessageID
	}
	return m.Sender == SenderUser && m.SequenceNo > r.before && wire.SameText(m.Text, r.message.Text)
}

// about names the visitor in an error.
func (r *runner) about(err error) error {
	var e *agentclients.Error
	if errors.As(err, &e) {
		e.ResourceID = r.message.VisitorID
	}
	return err
}

// end hands out what came of the run.
func (r *runner) end(err error) {
	r.tally.Report()
	if r.gone {
		return
	}
	last := RunEvent{Event: r.last, Text: r.run.Text}
	if r.sent {
		last.Run = &r.run
	}
	r.yield(last, transport.InRun(err, r.op))
}
