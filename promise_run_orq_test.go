package agentclients_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/orq"
)

func orqRunCalls() []runCall {
	o := func(run func(context.Context, *orq.Client, string) (string, bool, error)) func(context.Context, agentclients.Options) (runFunc, error) {
		return connecting(func(ctx context.Context, options agentclients.Options) (*orq.Client, string, error) {
			client, err := orq.NewClient(orq.Config{APIKey: "test", Options: options})
			if err != nil {
				return nil, "", err
			}
			agent, err := client.CreateAgent(ctx, orq.CreateAgentRequest{
				Key: "guide", Role: "Guide", Description: "Helps visitors", Instructions: "Be brief.", Path: "Default", Model: orq.Model{ID: "openai/gpt-4o"},
			})
			key, err := idOf(agent, err, func(a *orq.Agent) string { return a.Key })
			return client, key, err
		}, run)
	}
	response := func(key string) orq.CreateResponseRequest {
		return orq.CreateResponseRequest{Model: orq.AgentModelPrefix + key, Input: orq.ResponseInput{Text: question}}
	}
	message := orq.UserMessage(question)
	const get = mockserver.OrqGetResponse
	return []runCall{
		{name: "orq RunAgent", api: mockserver.Orq, start: mockserver.OrqCreateResponse, others: []string{get}, connect: o(func(ctx context.Context, c *orq.Client, key string) (string, bool, error) {
			run, err := c.RunAgent(ctx, key, orq.RunRequest{Text: question})
			if run == nil {
				return "", false, err
			}
			return run.Text, true, err
		}), unseen: pretends},
		{name: "orq StreamRun", api: mockserver.Orq, start: mockserver.OrqCreateResponse, others: []string{get}, connect: o(func(ctx context.Context, c *orq.Client, key string) (string, bool, error) {
			return collect(c.StreamRun(ctx, key, orq.RunRequest{Text: question}), func(e orq.RunEvent) (string, bool) { return e.Text, e.Run != nil })
		}), unseen: pretends},
		{name: "orq CreateResponse", api: mockserver.Orq, start: mockserver.OrqCreateResponse, connect: o(func(ctx context.Context, c *orq.Client, key string) (string, bool, error) {
			response, err := c.CreateResponse(ctx, response(key))
			if err != nil {
				return "", false, err
			}
			return response.Text(), true, nil
		})},
		{name: "orq CreateResponse in the background", api: mockserver.Orq, start: mockserver.OrqCreateResponse, others: []string{get}, connect: o(func(ctx context.Context, c *orq.Client, key string) (string, bool, error) {
			request := response(key)
			request.Background = new(true)
			begun, err := c.CreateResponse(ctx, request)
			if err != nil {
				return "", false, err
			}
			ended, err := c.WaitResponse(ctx, begun.ID, nil)
			if err != nil {
				return "", true, err
			}
			return ended.Text(), true, nil
		})},
		{name: "orq StreamResponse", api: mockserver.Orq, start: mockserver.OrqCreateResponse, connect: o(func(ctx context.Context, c *orq.Client, key string) (text string, known bool, err error) {
			for event, failure := range c.StreamResponse(ctx, response(key)) {
				if err = failure; event.Type == orq.ResponseEventTextDelta {
					text += event.Delta
				}
			}
			return text, errors.Is(err, agentclients.ErrStreamEnded), err
		}), unseen: pretends},
		{name: "orq CreateAgentResponse", api: mockserver.Orq, start: mockserver.OrqCreateAgentResponse, connect: o(func(ctx context.Context, c *orq.Client, key string) (string, bool, error) {
			response, err := c.CreateAgentResponse(ctx, key, orq.AgentResponseRequest{Message: message})
			if err != nil {
				return "", false, err
			}
			return response.Text(), true, nil
		})},
		{name: "orq StreamAgentResponse", api: mockserver.Orq, start: mockserver.OrqCreateAgentResponse, connect: o(func(ctx context.Context, c *orq.Client, key string) (text string, known bool, err error) {
			for event, failure := range c.StreamAgentResponse(ctx, key, orq.AgentResponseRequest{Message: message}) {
				text, err = text+event.Text, failure
			}
			return text, errors.Is(err, agentclients.ErrStreamEnded), err
		}), unseen: pretendsOrRepeats},
		{name: "orq InvokeAgent", api: mockserver.Orq, start: mockserver.OrqInvokeAgent, others: []string{mockserver.OrqGetTask}, connect: o(func(ctx context.Context, c *orq.Client, key string) (string, bool, error) {
			task, err := c.InvokeAgent(ctx, key, orq.InvokeRequest{Message: message})
			if err != nil {
				return "", false, err
			}
			if task, err = c.WaitTask(ctx, key, task.ID, nil); err != nil {
				return "", true, err
			}
			return task.Text(), true, nil
		})},
		{name: "orq InvokeAgent that blocks", api: mockserver.Orq, start: mockserver.OrqInvokeAgent, connect: o(func(ctx context.Context, c *orq.Client, key string) (string, bool, error) {
			task, err := c.InvokeAgent(ctx, key, orq.InvokeRequest{Message: message, Configuration: &orq.InvokeConfiguration{Blocking: new(true)}})
			if err != nil {
				return "", false, err
			}
			return task.Text(), true, nil
		})},
		{name: "orq StreamTask", api: mockserver.Orq, start: mockserver.OrqStreamTask, connect: o(func(ctx context.Context, c *orq.Client, key string) (text string, known bool, err error) {
			for event, failure := range c.StreamTask(ctx, key, orq.InvokeRequest{Message: message}) {
				if err = failure; event.Type == orq.TaskEventInactive {
					text = event.Text
				}
			}
			return text, errors.Is(err, agentclients.ErrStreamEnded), err
		}), unseen: pretends},
	}
}

// orqTurns counts the turns of tasks.
func orqTurns(t *testing.T, state []byte) (turns int) {
	t.Helper()
	var document struct {
		Tasks []struct {
			Record struct{ Turns []json.RawMessage }
		}
	}
	mustUnmarshal(t, state, &document)
	for _, task := range document.Tasks {
		turns += len(task.Record.Turns)
	}
	return turns
}
