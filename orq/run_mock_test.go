package orq_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/script"
	"github.com/agentclients/agentclients-go/orq"
)

// withCalc runs a test in a bubble, on a mock with the agent calc of the
// examples.
func withCalc(t *testing.T, test func(*testing.T, *mockserver.Server, *orq.Client), replies ...script.Reply) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		mock, client := openAgent(replies...)
		defer mock.Close()
		test(t, mock, client)
	})
}

// A run that one surface began is a task and a response for the others.
func TestOneRunOnEverySurface(t *testing.T) {
	withCalc(t, func(t *testing.T, _ *mockserver.Server, client *orq.Client) {
		ctx := t.Context()
		turn := orq.AgentResponseRequest{Message: orq.UserMessage("Two plus two?")}
		begun, err := client.CreateAgentResponse(ctx, "calc", turn)
		if err != nil {
			t.Fatal(err)
		}
		task, err := client.GetTask(ctx, "calc", begun.TaskID)
		if err != nil || task.Text() != twoPlusTwo.Text || task.Err() != nil {
			t.Errorf("task %+v, %v", task, err)
		}
		turn.TaskID = begun.TaskID
		if again, err := client.CreateAgentResponse(ctx, "calc", turn); err != nil || again.TaskID != begun.TaskID || again.ID == begun.ID {
			t.Errorf("the task went on as %+v, %v", again, err)
		}
		if task, err = client.GetTask(ctx, "calc", begun.TaskID); err != nil || len(task.History) != 4 {
			t.Errorf("task %+v, %v", task, err)
		}
		turn.TaskID = "01KAJ0B4QZ7T3M8XW2N5C9D1E6"
		if _, err := client.CreateAgentResponse(ctx, "calc", turn); !errors.Is(err, agentclients.ErrNotFound) {
			t.Errorf("a task that is none: %v", err)
		}
	}, twoPlusTwo, twoPlusTwo)
}

// A task that streams waits for a review, and goes on in the same stream.
func TestReviewWhileATaskStreams(t *testing.T) {
	for review, want := range map[orq.Review]string{
		orq.ReviewApproved: "event.workflow_events.tool_execution_finished",
		orq.ReviewRejected: "event.workflow_events.tool_execution_failed",
	} {
		withCalc(t, func(t *testing.T, _ *mockserver.Server, client *orq.Client) {
			ctx := t.Context()
			var types []string
			var text string
			for event, err := range client.StreamTask(ctx, "calc", orq.InvokeRequest{Message: orq.UserMessage("Look it up")}) {
				if err != nil {
					t.Fatal(err)
				}
				types, text = append(types, string(event.Type)), event.Text
				if event.Type == orq.TaskEventActionReviewRequested {
					if err := client.ReviewAction(ctx, "calc", event.TaskID, event.ActionID, orq.ReviewActionRequest{Review: review}); err != nil {
						t.Fatal(err)
					}
				}
				if event.Type == orq.TaskEventActionReviewed && event.Review != review {
					t.Errorf("reviewed: %+v", event)
				}
			}
			if !slices.Contains(types, want) || text != asksFirst.Text {
				t.Errorf("%q after the events %q", text, types)
			}
		}, asksFirst)
	}
}

// A response does not show that a tool waits for a review: the error of who
// waited too long says where to see it, and the run goes on from there.
func TestDeadlineOfAResponseThatMayWaitForAReview(t *testing.T) {
	withCalc(t, func(t *testing.T, _ *mockserver.Server, client *orq.Client) {
		ctx := t.Context()
		const hint = "may wait for the review of a tool: see ListTasks and ListActions"
		short := agentclients.WithRetry(agentclients.RetryPolicy{RunTimeout: 2 * time.Minute})
		run, err := client.RunAgent(ctx, "calc", orq.RunRequest{Text: "Look it up"}, short)
		if run == nil || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), hint) {
			t.Fatalf("run %v, %v", run, err)
		}
		if _, err := client.WaitResponse(ctx, run.ID, nil, short); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), hint) {
			t.Errorf("waited: %v", err)
		}
		cancelled, cancel := context.WithCancel(ctx)
		if _, err := client.WaitResponse(cancelled, run.ID, func(*orq.Response) { cancel() }); !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), hint) {
			t.Errorf("cancelled: %v", err)
		}
		tasks, err := client.ListTasks(ctx, "calc", orq.ListTasksRequest{States: []orq.TaskState{orq.TaskInputRequired}})
		if err != nil || len(tasks.Tasks) != 1 {
			t.Fatalf("tasks %v, %v", tasks, err)
		}
		actions, err := client.ListActions(ctx, "calc", tasks.Tasks[0].ID)
		if err != nil || len(actions.Actions) != 1 {
			t.Fatalf("actions %v, %v", actions, err)
		}
		if err := client.ReviewAction(ctx, "calc", tasks.Tasks[0].ID, actions.Actions[0].ID, orq.ReviewActionRequest{Review: orq.ReviewApproved}); err != nil {
			t.Fatal(err)
		}
		if response, err := client.WaitResponse(ctx, run.ID, nil); err != nil || response.Text() != asksFirst.Text {
			t.Errorf("response %v, %v", response, err)
		}
	}, asksFirst)
}

// A review whose response is lost is not sent again, and counts.
func TestLostReview(t *testing.T) {
	withCalc(t, func(t *testing.T, mock *mockserver.Server, client *orq.Client) {
		ctx := t.Context()
		task, err := client.InvokeAgent(ctx, "calc", orq.InvokeRequest{Message: orq.UserMessage("Look it up")})
		if err != nil {
			t.Fatal(err)
		}
		actions, err := client.ListActions(ctx, "calc", task.ID)
		if err != nil {
			t.Fatal(err)
		}
		mock.Fail(mockserver.OrqReviewAction, fault.Drop(fault.AfterCommit))
		if err := client.ReviewAction(ctx, "calc", task.ID, actions.Actions[0].ID, orq.ReviewActionRequest{Review: orq.ReviewApproved}); err != nil {
			t.Error(err)
		}
		mock.AssertCalls(t, mockserver.OrqReviewAction, 1)
		if task, err = client.WaitTask(ctx, "calc", task.ID, nil); err != nil || task.Text() != asksFirst.Text {
			t.Errorf("task %v, %v", task, err)
		}
	}, asksFirst)
}

// How a run ended is told in the same way by all that can run one.
func TestRunsThatEndBadly(t *testing.T) {
	for name, test := range map[string]struct {
		reply script.Reply
		code  string
	}{
		"failed":  {script.Reply{Text: "Well", Error: "the model is busy", Code: "provider_overloaded"}, "provider_overloaded"},
		"a limit": {script.Reply{Text: "Well", Error: "too often", Code: "max_iterations"}, "max_iterations"},
	} {
		withCalc(t, func(t *testing.T, _ *mockserver.Server, client *orq.Client) {
			ctx := t.Context()
			run, err := client.RunAgent(ctx, "calc", orq.RunRequest{Text: "Two plus two?"})
			var e *agentclients.Error
			if !errors.As(err, &e) || !errors.Is(err, agentclients.ErrRunFailed) || e.Code != test.code || run == nil || run.Text != "Well" || e.ResourceID != run.ID {
				t.Errorf("%s: run %+v, %v", name, run, err)
			}
			response, err := client.CreateAgentResponse(ctx, "calc", orq.AgentResponseRequest{Message: orq.UserMessage("Two plus two?")})
			if err != nil || !errors.Is(response.Err(), agentclients.ErrRunFailed) {
				t.Errorf("%s: response %+v, %v", name, response, err)
			}
			var verdict error
			for event, err := range client.StreamTask(ctx, "calc", orq.InvokeRequest{Message: orq.UserMessage("Two plus two?")}) {
				if err != nil {
					t.Error(err)
				}
				verdict = event.Err()
			}
			if !errors.Is(verdict, agentclients.ErrRunFailed) {
				t.Errorf("%s: the stream of the task tells %v", name, verdict)
			}
		}, test.reply, test.reply, test.reply)
	}
}

// A stream of a task that takes too long ends, and the task goes on.
func TestStreamOfATaskTakesTooLong(t *testing.T) {
	withCalc(t, func(t *testing.T, _ *mockserver.Server, client *orq.Client) {
		ctx := t.Context()
		var last orq.TaskEvent
		for event, err := range client.StreamTask(ctx, "calc", orq.InvokeRequest{Message: orq.UserMessage("Two plus two?"), StreamTimeoutSeconds: new(5)}) {
			if err != nil {
				t.Fatal(err)
			}
			last = event
		}
		if last.Type != orq.TaskEventTimeout || !errors.Is(last.Err(), agentclients.ErrStreamEnded) {
			t.Fatalf("last event %+v", last)
		}
		if task, err := client.WaitTask(ctx, "calc", last.TaskID, nil); err != nil || task.Text() != twoPlusTwo.Text {
			t.Errorf("task %v, %v", task, err)
		}
	}, script.Reply{Text: twoPlusTwo.Text, Delay: time.Minute})
}

// A run that nobody releases is left alone after RunTimeout.
func TestRunThatIsHeld(t *testing.T) {
	withCalc(t, func(t *testing.T, _ *mockserver.Server, client *orq.Client) {
		start := time.Now()
		run, err := client.RunAgent(t.Context(), "calc", orq.RunRequest{Text: "Two plus two?"}, agentclients.WithRetry(agentclients.RetryPolicy{RunTimeout: 2 * time.Minute}))
		var e *agentclients.Error
		if !errors.As(err, &e) || run == nil || e.ResourceID != run.ID || !strings.Contains(err.Error(), "2m0s") || time.Since(start) != 2*time.Minute {
			t.Errorf("run %v after %v, %v", run, time.Since(start), err)
		}
	}, script.Reply{Hold: true})
}
