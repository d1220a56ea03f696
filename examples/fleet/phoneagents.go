package main

import (
	"context"
	"fmt"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/examples/fleet/queue"
	"github.com/agentclients/agentclients-go/phoneagents"
)

type phoneagentsMaker struct{ client *phoneagents.Client }

// phoneagentsUser is the user that the agents belong to.
const phoneagentsUser = "usr_fleet"

func connectPhoneagents(options agentclients.Options) (maker, error) {
	client, err := phoneagents.NewClient(phoneagents.Config{APIKey: "pa_fleet", Options: options})
	return phoneagentsMaker{client}, err
}

// phoneagentsKey is the phone number, which has at most one agent.
func phoneagentsKey(fleet string, number int) string {
	return fmt.Sprintf("pn_%s_%04d", fleet, number)
}

func (m phoneagentsMaker) request(job queue.Job) phoneagents.CreateAgentRequest {
	return phoneagents.CreateAgentRequest{PhoneNumberID: job.Key, PromptID: "prompt_fleet", Name: job.Name}
}

func (m phoneagentsMaker) create(ctx context.Context, job queue.Job) (string, error) {
	agent, err := m.client.CreateAgent(ctx, phoneagentsUser, m.request(job))
	if err != nil {
		return "", err
	}
	return agent.ID, nil
}

func (m phoneagentsMaker) find(ctx context.Context, job queue.Job) ([]string, error) {
	for agent, err := range m.client.AllAgents(ctx, phoneagentsUser, phoneagents.ListAgentsRequest{}) {
		if err != nil {
			return nil, err
		}
		if agent.PhoneNumberID == job.Key {
			return found(agent.ID, m.request(job).Diff(&agent), nil)
		}
	}
	return nil, nil
}
