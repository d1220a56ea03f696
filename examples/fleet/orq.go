package main

import (
	"context"
	"fmt"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/examples/fleet/queue"
	"github.com/agentclients/agentclients-go/orq"
)

type orqMaker struct{ client *orq.Client }

func connectOrq(options agentclients.Options) (maker, error) {
	client, err := orq.NewClient(orq.Config{APIKey: "sk-orq-fleet", Options: options})
	return orqMaker{client}, err
}

func orqKey(fleet string, number int) string { return fmt.Sprintf("fleet.%s.%04d", fleet, number) }

func (m orqMaker) request(job queue.Job) orq.CreateAgentRequest {
	return orq.CreateAgentRequest{
		Key: job.Key, DisplayName: &job.Name, Role: "Assistant", Description: "One of many.", Instructions: "Be brief.",
		Path: "Default", Model: orq.Model{ID: "openai/gpt-4o"},
	}
}

func (m orqMaker) create(ctx context.Context, job queue.Job) (string, error) {
	agent, err := m.client.CreateAgent(ctx, m.request(job))
	if err != nil {
		return "", err
	}
	return agent.Key, nil
}

func (m orqMaker) find(ctx context.Context, job queue.Job) ([]string, error) {
	agent, err := m.client.GetAgent(ctx, job.Key)
	if err != nil {
		return found("", nil, err)
	}
	return found(agent.Key, m.request(job).Diff(agent), nil)
}
