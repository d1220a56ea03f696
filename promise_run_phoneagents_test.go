package agentclients_test

import (
	"context"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/phoneagents"
)

func phoneagentsRunCalls() []runCall {
	type run = func(context.Context, *phoneagents.Client, string) (string, bool, error)
	chat := func(run run) func(context.Context, agentclients.Options) (runFunc, error) {
		return connecting(func(ctx context.Context, options agentclients.Options) (*phoneagents.Client, string, error) {
			client, err := phoneagents.NewClient(phoneagents.Config{APIKey: "sk_live_test", Options: options})
			if err != nil {
				return nil, "", err
			}
			const webchat = "webchat_gate"
			number, err := client.AddPhoneNumber(ctx, "usr_1", phoneagents.AddPhoneNumberRequest{
				Platform: phoneagents.PlatformWebchat, MetaPhoneNumberID: webchat, AccessToken: "not_needed",
			})
			if err != nil {
				return nil, "", err
			}
			_, err = client.CreateAgent(ctx, "usr_1", phoneagents.CreateAgentRequest{PhoneNumberID: number.ID, PromptID: "prompt_1", Name: "Guide"})
			return client, webchat, err
		}, run)
	}
	agent := func(request phoneagents.RunRequest) run {
		return func(ctx context.Context, c *phoneagents.Client, webchat string) (string, bool, error) {
			run, err := c.RunAgent(ctx, webchat, request)
			if run == nil {
				return "", false, err
			}
			return run.Text, true, err
		}
	}
	stream := func(request phoneagents.RunRequest) run {
		return func(ctx context.Context, c *phoneagents.Client, webchat string) (string, bool, error) {
			return collect(c.StreamRun(ctx, webchat, request), func(e phoneagents.RunEvent) (string, bool) { return e.Text, e.Run != nil })
		}
	}
	const send = mockserver.PhoneagentsSendWebchatMessage
	others := []string{mockserver.PhoneagentsStreamWebchat, mockserver.PhoneagentsListWebchatMessages}
	return []runCall{
		{name: "phoneagents RunAgent", api: mockserver.Phoneagents, start: send, others: others, connect: chat(agent(phoneagents.RunRequest{Text: question}))},
		{name: "phoneagents RunAgent, known visitor", api: mockserver.Phoneagents, start: send, others: others,
			connect: chat(agent(phoneagents.RunRequest{Text: question, VisitorID: "v-81"}))},
		{name: "phoneagents StreamRun", api: mockserver.Phoneagents, start: send, others: others, connect: chat(stream(phoneagents.RunRequest{Text: question}))},
		{name: "phoneagents StreamRun, known visitor", api: mockserver.Phoneagents, start: send, others: others,
			connect: chat(stream(phoneagents.RunRequest{Text: question, VisitorID: "v-81"}))},
		{name: "phoneagents SendWebchatMessage", api: mockserver.Phoneagents, start: send, others: others[1:], connect: chat(func(ctx context.Context, c *phoneagents.Client, webchat string) (string, bool, error) {
			message, err := c.SendWebchatMessage(ctx, webchat, phoneagents.SendWebchatMessageRequest{Text: question})
			if err != nil {
				return "", false, err
			}
			return theReply, message.ConversationID != "", nil
		})},
	}
}

// phoneagentsTurns counts the messages of users, and those that no agent has
// read yet.
func phoneagentsTurns(t *testing.T, state []byte) (turns int) {
	t.Helper()
	var document struct {
		Conversations []struct {
			Record struct {
				Messages []struct{ Sender string }
				Turns    []struct{ Number int }
			}
		}
	}
	mustUnmarshal(t, state, &document)
	for _, conversation := range document.Conversations {
		for _, message := range conversation.Record.Messages {
			if message.Sender == "user" {
				turns++
			}
		}
		for _, turn := range conversation.Record.Turns {
			if turn.Number == 0 {
				turns++
			}
		}
	}
	return turns
}
