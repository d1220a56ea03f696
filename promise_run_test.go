package agentclients_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// The promise about runs: one call starts at most one turn, what it reports is
// true, and the answer that it returns is the whole one.

// runCall is a way to run an agent.
type runCall struct {
	name    string
	api     string
	start   string   // the operation that starts the turn
	others  []string // the operations by which it is followed
	connect func(context.Context, agentclients.Options) (runFunc, error)
	unseen  func(fault.Fault) bool // faults that nothing in the stream tells of; nil: none
}

// runFunc runs an agent. text is what the agent said, and known says that the
// run came back, if only beside the error.
type runFunc func(context.Context) (text string, known bool, err error)

// connecting returns what makes an agent and runs it.
func connecting[C any](open func(context.Context, agentclients.Options) (client C, agent string, err error), run func(context.Context, C, string) (string, bool, error)) func(context.Context, agentclients.Options) (runFunc, error) {
	return func(ctx context.Context, options agentclients.Options) (runFunc, error) {
		client, agent, err := open(ctx, options)
		return func(ctx context.Context) (string, bool, error) { return run(ctx, client, agent) }, err
	}
}

// collect ranges over the events of a run.
func collect[E any](events iter.Seq2[E, error], of func(E) (text string, last bool)) (text string, known bool, err error) {
	for event, failure := range events {
		piece, last := of(event)
		text += piece
		known, err = last, failure
	}
	return text, known, err
}

// question is what every agent is asked here.
const question = "Is the gate open?"

func runCalls() []runCall {
	return slices.Concat(agentloopRunCalls(), xpanderRunCalls(), omniflowRunCalls())
}

// theReply is what every agent says here.
const theReply = "Yes, until ten."

// try makes the call on a server with faults, by operation, and checks the
// promise. It returns how many requests to start a turn there were.
func (c runCall) try(t *testing.T, faults map[string][]fault.Fault) (starts int) {
	t.Helper()
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer mock.Close()
	mock.Script(c.api, script.Reply{Text: theReply, Pace: 100 * time.Millisecond})
	run, err := c.connect(t.Context(), agentclients.Options{BaseURL: mock.URL(c.api), HTTPClient: mock.Client()})
	if err != nil {
		t.Fatal(err)
	}
	for op, list := range faults {
		mock.Fail(op, list...)
	}
	text, known, err := run(t.Context())
	mock.Close() // whatever is still being served can do nothing any more

	turns := turnsIn(t, mock)
	var e *agentclients.Error
	switch {
	case turns != mock.Count(journal.Match{Op: c.start, Committed: new(true)}):
		t.Errorf("%s, %v: %d turns of %v", c.name, faults, turns, mock.Calls(journal.Match{Op: c.start}))
	case turns > 1:
		t.Errorf("%s, %v: %d turns", c.name, faults, turns)
	case err == nil:
		if turns != 1 || text != theReply {
			t.Errorf("%s, %v: it succeeded with %q, and there are %d turns", c.name, faults, text, turns)
		}
	case !errors.As(err, &e):
		t.Errorf("%s, %v: %v is a %T", c.name, faults, err, err)
	case !e.OutcomeUnknown && turns == 1 && !known:
		t.Errorf("%s, %v: a turn was started, and the error leaves no doubt: %v", c.name, faults, err)
	case errors.Is(err, agentclients.ErrRunFailed):
		t.Errorf("%s, %v: the run did not fail: %v", c.name, faults, err)
	}
	return mock.Count(journal.Match{Op: c.start})
}

// turnsIn counts the turns in the state of a mock, of whatever API they are.
func turnsIn(t *testing.T, mock *mockserver.Server) (turns int) {
	t.Helper()
	var document struct {
		APIs map[string]json.RawMessage
	}
	if err := json.Unmarshal(mock.Snapshot(), &document); err != nil {
		t.Fatal(err)
	}
	for api, count := range turnCounts {
		if state := document.APIs[api]; state != nil {
			turns += count(t, state)
		}
	}
	return turns
}

// turnCounts has, by API, what counts the turns in a state.
var turnCounts = map[string]func(t *testing.T, state []byte) int{
	mockserver.Agentloop: agentloopTurns,
	mockserver.Omniflow:  omniflowTurns,
	mockserver.Xpander:   xpanderTurns,
}

// mustUnmarshal reads a state, or a part of one.
func mustUnmarshal(t *testing.T, state []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(state, into); err != nil {
		t.Fatal(err)
	}
}

// streamFaults are those of streams.
func streamFaults() []fault.Fault {
	var faults []fault.Fault
	for n := range 6 {
		faults = append(faults, fault.CutStream(n), fault.PauseStream(n, time.Minute), fault.RepeatEvent(n+1))
	}
	return append(faults, fault.SplitWrites(1), fault.NoLastEvent())
}

// pretends reports whether a fault makes the mock tell of work that it did not
// do. A stream of that shows a whole run, which nobody could see through.
func pretends(f fault.Fault) bool {
	text := f.String()
	return strings.Contains(text, string(fault.BeforeCommit)) && (strings.Contains(text, "truncate") || strings.Contains(text, "malformed"))
}

// repeats reports whether a fault sends an event twice. Where events have no
// ids, a piece of text that comes again looks like one that is new.
func repeats(f fault.Fault) bool { return strings.Contains(f.String(), "repeat_event") }

// pretendsOrRepeats is what no client can see in a stream without ids.
func pretendsOrRepeats(f fault.Fault) bool { return pretends(f) || repeats(f) }

func TestPromiseOfRunsUnderEveryFault(t *testing.T) {
	for _, c := range runCalls() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c.try(t, nil)
				for _, one := range append(everyFault(), streamFaults()...) {
					if c.unseen != nil && c.unseen(one) {
						continue
					}
					c.try(t, map[string][]fault.Fault{c.start: {one}})
					c.try(t, map[string][]fault.Fault{c.start: {one, one, one}})
				}
			})
		})
	}
}

func TestPromiseOfRunsUnderEverySequence(t *testing.T) {
	matter := append(faultsThatMatter(), fault.CutStream(0), fault.CutStream(2), fault.PauseStream(1, time.Minute), fault.NoLastEvent())
	for _, c := range runCalls() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for _, first := range matter {
					for _, second := range matter {
						c.try(t, map[string][]fault.Fault{c.start: {first, second}})
					}
				}
			})
		})
	}
}

// The response to the start is lost, or all is well, and then what follows the
// turn meets a fault.
func TestPromiseOfRunsWhileTheyAreFollowed(t *testing.T) {
	for _, c := range runCalls() {
		for _, op := range c.others {
			t.Run(fmt.Sprint(c.name, " ", op), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					for _, one := range append(everyFault(), streamFaults()...) {
						c.try(t, map[string][]fault.Fault{op: {one}})
						c.try(t, map[string][]fault.Fault{op: {one, one, one}, c.start: {fault.Drop(fault.AfterCommit)}})
					}
				})
			})
		}
	}
}

// AllowDuplicates is about creates: no turn is ever started twice.
func TestNoTurnIsDuplicated(t *testing.T) {
	for _, c := range runCalls() {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				connect := c.connect
				c.connect = func(ctx context.Context, options agentclients.Options) (runFunc, error) {
					options.Retry.AllowDuplicates = true
					return connect(ctx, options)
				}
				for _, one := range []fault.Fault{fault.Drop(fault.AfterCommit), fault.Status(502, fault.AfterCommit), fault.Stall(fault.AfterCommit)} {
					if starts := c.try(t, map[string][]fault.Fault{c.start: {one, one}}); starts != 1 {
						t.Errorf("%v: %d requests", one, starts)
					}
				}
			})
		})
	}
}
