package main

import (
	"cmp"
	"context"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/examples/fleet/queue"
	"github.com/agentclients/agentclients-go/omniflow"
)

type omniflowMaker struct{ client *omniflow.Client }

func connectOmniflow(options agentclients.Options) (maker, error) {
	client, err := omniflow.NewClient(omniflow.Config{APIKey: "tk_fleet", WorkspaceID: "workspace", Options: options})
	return omniflowMaker{client}, err
}

func (m omniflowMaker) create(ctx context.Context, job queue.Job) (string, error) {
	agent, err := m.client.CreateAgent(ctx, omniflow.CreateAgentRequest{Name: job.Name})
	if err != nil {
		return "", err
	}
	return cmp.Or(agent.ID, agent.Name), nil // not every response has the id
}

func (m omniflowMaker) find(ctx context.Context, job queue.Job) ([]string, error) {
	agents, err := m.client.FindAgents(ctx, job.Name)
	var ids []string
	for _, agent := range agents {
		ids = append(ids, cmp.Or(agent.ID, agent.Name))
	}
	return ids, err
}
