package xpander

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/poll"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// A turn is sent once. What became of it after a response that was lost is
// read from its task, whose id is known before: nobody else has an id that the
// client made, so a task with it is this turn's. A task whose id the caller
// gave may have had other turns; it shows the input of the latest.

// turn is one turn of an agent.
type turn struct {
	client  *Client
	op      transport.Op
	request InvokeRequest             // with an id
	options []agentclients.CallOption // of the tally
	tally   *transport.Tally

	made   bool     // the id is of the client's own making
	text   string   // what the agent is told; only if the id was given
	before *earlier // the turn before; nil: not known
}

// earlier is a turn that a task showed, the zero value if there was no task.
type earlier struct {
	text  string
	ended agentclients.Timestamp // "": it had not
}

// newTurn prepares a turn that is started at a path below the agent's. Of a
// given id it reads what its task shows now. What cannot be sent is refused
// before that.
func (c *Client) newTurn(ctx context.Context, op, path, agentID string, request InvokeRequest, options []agentclients.CallOption) (*turn, error) {
	t := &turn{client: c, request: request, made: request.ID == ""}
	t.tally, t.options = transport.NewTally(options)
	if t.made {
		t.request.ID = uuid.NewString()
	}
	t.op = transport.Op{
		Name:       op,
		Method:     http.MethodPost,
		Path:       "/v1/agents/{agent_id}" + path,
		Params:     []string{agentID},
		Invalid:    request.validate(op),
		Body:       t.request,
		Extra:      request.ExtraFields,
		Replay:     transport.ReplayNever,
		Starts:     true,
		Waits:      path == "/invoke",
		ResourceID: t.request.ID,
		Reserved:   reservedIDs,
	}
	if request.Version != "" {
		t.op.Query = url.Values{"version": {request.Version}}
	}
	if !t.made {
		if err := transport.Check(ctx, c.transport, t.op, t.options); err != nil {
			return nil, err
		}
		t.readBefore(ctx)
	}
	return t, nil
}

// readBefore reads what the task shows before the turn. If that fails, a lost
// response will leave open what happened, and no more.
func (t *turn) readBefore(ctx context.Context) {
	sent, err := wire.Sent[InvokeRequest](t.request, t.request.ExtraFields)
	if err != nil {
		return
	}
	t.text = sent.Input.Text
	task, _, err := t.read(ctx)
	switch {
	case err == nil:
		t.before = &earlier{task.Input.Text, task.FinishedAt}
	case errors.Is(err, agentclients.ErrNotFound):
		t.before = new(earlier)
	}
}

// read reads the task.
func (t *turn) read(ctx context.Context) (*Task, time.Duration, error) {
	return t.client.readTask(ctx, t.op.Name, t.request.ID, t.options)
}

// start sends the turn.
func (t *turn) start(ctx context.Context) (*Task, error) {
	return transport.Call(ctx, t.client.transport, t.op, t.options, t.decode)
}

// decode reads a response to the turn. One about another task, or about the
// turn before, says nothing.
func (t *turn) decode(body []byte) (*Task, error) {
	task, err := decodeTask(body)
	if err != nil {
		return nil, err
	}
	if !t.has(task.ID) {
		return nil, errors.New("it is about another task")
	}
	if state, _ := task.state(); state == poll.Ended && t.isBefore(task) {
		return nil, errors.New("it shows the turn before")
	}
	return task, nil
}

// has reports whether an id is that of the turn's task.
func (t *turn) has(id string) bool { return strings.EqualFold(id, t.request.ID) }

// isKnown reports whether a task that was read tells whether it is this turn's.
func (t *turn) isKnown() bool {
	return t.made || t.before != nil && !wire.SameText(t.before.text, t.text)
}

// isOurs reports whether a task shows this turn.
func (t *turn) isOurs(task *Task) bool {
	return t.made || t.isKnown() && wire.SameText(task.Input.Text, t.text)
}

// isBefore reports whether a task still shows the turn before, as a copy may
// for a moment: it has its end, or, as far as there is none, its text.
func (t *turn) isBefore(task *Task) bool {
	switch {
	case t.made || t.before == nil || t.isOurs(task):
		return false
	case t.before.ended != "" && task.FinishedAt != "":
		return task.FinishedAt == t.before.ended
	}
	return t.isKnown() && t.before.text != "" && wire.SameText(task.Input.Text, t.before.text)
}

// findWithin bounds how long the task of a turn is looked for.
const findWithin = 30 * time.Second

// find looks for the task of a turn whose response was lost, a few times, since
// the request may still be on its way. A conflict about an id that nobody else
// can have, or after an attempt that was turned away, may be with the turn
// itself, and is looked after, too. The error is the one that it is given if
// that leaves nothing open, and if it finds nothing.
func (t *turn) find(ctx context.Context, lost error) (*Task, error) {
	var e *agentclients.Error
	if !errors.As(lost, &e) {
		return nil, lost
	}
	conflict := e.StatusCode == http.StatusConflict && !e.OutcomeUnknown
	if !e.OutcomeUnknown && !(conflict && (t.made || e.Attempts > 1)) || !t.isKnown() || ctx.Err() != nil {
		return nil, lost
	}
	limited, cancel := context.WithTimeout(ctx, findWithin)
	defer cancel()
	task, err := poll.Wait(limited, poll.Poll[*Task]{
		Provider: provider, Op: t.op.Name, ID: t.request.ID,
		Look: func(ctx context.Context) (*Task, time.Duration, error) {
			task, wait, err := t.read(ctx)
			if err == nil && !t.isOurs(task) { // it shows the turn before
				err = &agentclients.Error{StatusCode: http.StatusNotFound}
			}
			return task, wait, err
		},
		State: func(*Task) (poll.State, string) { return poll.Ended, "" },
	})
	if err == nil {
		t.tally.Settle()
		return task, nil
	}
	if conflict && !errors.Is(err, agentclients.ErrNotFound) {
		e.OutcomeUnknown, e.ResourceID = true, t.request.ID
	}
	if ctx.Err() != nil { // which is what ended it
		if errors.Unwrap(err) != nil {
			err = errors.Unwrap(err)
		}
		if e.Err != nil {
			err = fmt.Errorf("%w while looking for the task after: %w", err, e.Err)
		}
		e.Err = err
	}
	return nil, lost
}

// wait waits until the task goes on no more. It returns what was seen last,
// which is at first what it is given, also beside an error.
func (t *turn) wait(ctx context.Context, task *Task, state func(*Task) (poll.State, string)) (*Task, error) {
	seen, err := poll.Wait(ctx, poll.Poll[*Task]{
		Provider: provider, Op: t.op.Name, ID: t.request.ID, Ceiling: longestWait,
		Look: t.read,
		State: func(task *Task) (poll.State, string) {
			if t.isBefore(task) {
				return poll.Running, string(task.Status)
			}
			return state(task)
		},
	})
	if seen == nil {
		seen = task
	}
	return seen, t.client.transport.Clean(err)
}
