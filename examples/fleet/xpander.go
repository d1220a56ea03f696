package main

import (
	"context"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/examples/fleet/queue"
	"github.com/agentclients/agentclients-go/xpander"
)

type xpanderMaker struct{ client *xpander.Client }

func connectXpander(options agentclients.Options) (maker, error) {
	client, err := xpander.NewClient(xpander.Config{APIKey: "xp_fleet", Options: options})
	return xpanderMaker{client}, err
}

func (m xpanderMaker) create(ctx context.Context, job queue.Job) (string, error) {
	agent, err := m.client.CreateAgent(ctx, xpander.CreateAgentRequest{Name: job.Name})
	if err != nil {
		return "", err
	}
	return agent.ID, nil
}

func (m xpanderMaker) find(ctx context.Context, job queue.Job) ([]string, error) {
	agents, err := m.client.FindAgents(ctx, job.Name)
	var ids []string
	for _, agent := range agents {
		ids = append(ids, agent.ID)
	}
	return ids, err
}
