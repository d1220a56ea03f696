package agentclients_test

import (
	"context"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/mockserver"
)

func agentloopRunCalls() []runCall {
	loop := func(run func(context.Context, *agentloop.Client, string) (string, bool, error)) func(context.Context, agentclients.Options) (runFunc, error) {
		return connecting(func(ctx context.Context, options agentclients.Options) (*agentloop.Client, string, error) {
			client, err := agentloop.NewClient(agentloop.Config{APIKey: "evr_test", Options: options})
			if err != nil {
				return nil, "", err
			}
			agent, err := client.CreateAgent(ctx, agentloop.CreateAgentRequest{Name: "Guide", SystemPrompt: "Be brief."})
			id, err := idOf(agent, err, func(a *agentloop.Agent) string { return a.ID })
			return client, id, err
		}, run)
	}
	ofLoop := []string{mockserver.AgentloopCreateSession, mockserver.AgentloopStreamEvents, mockserver.AgentloopListEvents, mockserver.AgentloopGetSession}
	return []runCall{
		{name: "agentloop RunAgent", api: mockserver.Agentloop, start: mockserver.AgentloopSendMessage, others: ofLoop, connect: loop(func(ctx context.Context, c *agentloop.Client, id string) (string, bool, error) {
			run, err := c.RunAgent(ctx, id, agentloop.RunRequest{Text: question})
			if run == nil {
				return "", false, err
			}
			return run.Text, true, err
		})},
		{name: "agentloop StreamRun", api: mockserver.Agentloop, start: mockserver.AgentloopSendMessage, others: ofLoop, connect: loop(func(ctx context.Context, c *agentloop.Client, id string) (string, bool, error) {
			return collect(c.StreamRun(ctx, id, agentloop.RunRequest{Text: question}), func(e agentloop.RunEvent) (string, bool) { return e.Text, e.Run != nil })
		})},
		{name: "agentloop SendMessage", api: mockserver.Agentloop, start: mockserver.AgentloopSendMessage, others: []string{mockserver.AgentloopListMessages}, connect: loop(func(ctx context.Context, c *agentloop.Client, id string) (string, bool, error) {
			session, err := c.CreateSession(ctx, agentloop.CreateSessionRequest{AgentID: id})
			if err != nil {
				return "", false, err
			}
			message, err := c.SendMessage(ctx, session.ID, agentloop.SendMessageRequest{Text: question})
			if err != nil {
				return "", false, err
			}
			return theReply, message.ID != "", nil
		})},
	}
}

// agentloopTurns counts the messages of users.
func agentloopTurns(t *testing.T, state []byte) (turns int) {
	t.Helper()
	var document struct {
		Sessions []struct {
			Record struct{ Messages []struct{ Role string } }
		}
	}
	mustUnmarshal(t, state, &document)
	for _, session := range document.Sessions {
		for _, message := range session.Record.Messages {
			if message.Role == "user" {
				turns++
			}
		}
	}
	return turns
}
