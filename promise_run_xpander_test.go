package agentclients_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/xpander"
)

func xpanderRunCalls() []runCall {
	x := func(run func(context.Context, *xpander.Client, string) (string, bool, error)) func(context.Context, agentclients.Options) (runFunc, error) {
		return connecting(func(ctx context.Context, options agentclients.Options) (*xpander.Client, string, error) {
			client, err := xpander.NewClient(xpander.Config{APIKey: "test", Options: options})
			if err != nil {
				return nil, "", err
			}
			agent, err := client.CreateAgent(ctx, xpander.CreateAgentRequest{Name: "Guide"})
			id, err := idOf(agent, err, func(a *xpander.Agent) string { return a.ID })
			return client, id, err
		}, run)
	}
	return []runCall{
		{name: "xpander StartTask", api: mockserver.Xpander, start: mockserver.XpanderStartTask, others: []string{mockserver.XpanderGetTask}, connect: x(func(ctx context.Context, c *xpander.Client, id string) (string, bool, error) {
			task, err := c.StartTask(ctx, id, xpander.InvokeRequest{Input: xpander.TaskInput{Text: question}})
			if err != nil {
				return "", false, err
			}
			return theReply, task.ID != "", nil
		})},
		{name: "xpander StreamTask", api: mockserver.Xpander, start: mockserver.XpanderStreamTask, others: []string{mockserver.XpanderGetTask}, connect: x(func(ctx context.Context, c *xpander.Client, id string) (text string, known bool, err error) {
			for event, failure := range c.StreamTask(ctx, id, xpander.InvokeRequest{Input: xpander.TaskInput{Text: question}}) {
				text, err = text+event.Text, failure
			}
			return text, errors.Is(err, agentclients.ErrStreamEnded), err
		}), unseen: pretendsOrRepeats},
		{name: "xpander InvokeAgent", api: mockserver.Xpander, start: mockserver.XpanderInvokeAgent, others: []string{mockserver.XpanderGetTask}, connect: x(func(ctx context.Context, c *xpander.Client, id string) (string, bool, error) {
			task, err := c.InvokeAgent(ctx, id, xpander.InvokeRequest{Input: xpander.TaskInput{Text: question}})
			if task == nil {
				return "", false, err
			}
			return task.Result, true, err
		})},
		{name: "xpander RunAgent", api: mockserver.Xpander, start: mockserver.XpanderStartTask, others: []string{mockserver.XpanderGetTask}, connect: x(func(ctx context.Context, c *xpander.Client, id string) (string, bool, error) {
			run, err := c.RunAgent(ctx, id, xpander.RunRequest{Text: question})
			if run == nil {
				return "", false, err
			}
			return run.Text, true, err
		})},
		{name: "xpander StreamRun", api: mockserver.Xpander, start: mockserver.XpanderStreamTask, others: []string{mockserver.XpanderGetTask}, connect: x(func(ctx context.Context, c *xpander.Client, id string) (string, bool, error) {
			return collect(c.StreamRun(ctx, id, xpander.RunRequest{Text: question}), func(e xpander.RunEvent) (string, bool) { return e.Text, e.Run != nil })
		}), unseen: pretendsOrRepeats},
	}
}

// xpanderTurns counts the messages of users, and the turns that have not begun.
func xpanderTurns(t *testing.T, state []byte) (turns int) {
	t.Helper()
	var document struct {
		Tasks []struct {
			Record struct {
				Thread []struct{ Role string }
				Turn   *struct{ Order json.RawMessage }
				Queue  []json.RawMessage
			}
		}
	}
	mustUnmarshal(t, state, &document)
	for _, task := range document.Tasks {
		for _, message := range task.Record.Thread {
			if message.Role == "user" {
				turns++
			}
		}
		if turns += len(task.Record.Queue); task.Record.Turn != nil && task.Record.Turn.Order != nil {
			turns++
		}
	}
	return turns
}
