package main

import (
	"context"
	"fmt"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/examples/fleet/queue"
)

type agentloopMaker struct{ client *agentloop.Client }

func connectAgentloop(options agentclients.Options) (maker, error) {
	client, err := agentloop.NewClient(agentloop.Config{APIKey: "evr_fleet", Options: options})
	return agentloopMaker{client}, err
}

// agentloopKey is the id of the agent, which the client may choose.
func agentloopKey(fleet string, number int) string {
	return agentloop.AgentIDFor(fmt.Sprintf("fleet %s %d", fleet, number))
}

func (m agentloopMaker) request(job queue.Job) agentloop.CreateAgentRequest {
	return agentloop.CreateAgentRequest{ID: job.Key, Name: job.Name, SystemPrompt: "You are one of many."}
}

func (m agentloopMaker) create(ctx context.Context, job queue.Job) (string, error) {
	agent, err := m.client.CreateAgent(ctx, m.request(job))
	if err != nil {
		return "", err
	}
	return agent.ID, nil
}

func (m agentloopMaker) find(ctx context.Context, job queue.Job) ([]string, error) {
	agent, err := m.client.GetAgent(ctx, job.Key)
	if err != nil {
		return found("", nil, err)
	}
	return found(agent.ID, m.request(job).Diff(agent), nil)
}
