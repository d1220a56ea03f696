package main

import (
	"context"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/mockserver"
)

// agentloopAgent is told by its id, or the one that belongs to its name.
type agentloopAgent struct{ agentloop.CreateAgentRequest }

func connectAgentloop(c *clients, options agentclients.Options, mocked bool) (err error) {
	config := agentloop.Config{Options: options}
	if mocked {
		config.APIKey = "evr_for_the_mock"
	}
	c.agentloop, err = agentloop.NewClient(config)
	return err
}

func (a *agentloopAgent) record() record {
	id := a.ID
	if id == "" {
		id = agentloop.AgentIDFor(a.Name)
	}
	return record{API: mockserver.Agentloop, Key: id, Name: a.Name}
}

func (a *agentloopAgent) look(ctx context.Context, c *clients) (finding, error) {
	agent, err := c.agentloop.GetAgent(ctx, a.record().Key)
	if err != nil {
		return found("", nil, err)
	}
	if agent.Status == agentloop.StatusArchived { // as good as gone: it is created again
		return finding{}, nil
	}
	return finding{agent.ID, a.Diff(agent)}, nil
}

func (a *agentloopAgent) ensure(ctx context.Context, c *clients) (string, agentclients.Change, error) {
	agent, change, err := c.agentloop.EnsureAgent(ctx, a.CreateAgentRequest)
	if err != nil {
		return "", "", err
	}
	return agent.ID, change, nil
}

func removeFromAgentloop(ctx context.Context, c *clients, r record) error {
	agent, err := c.agentloop.GetAgent(ctx, r.Key)
	switch {
	case err != nil:
		return err
	case agent.Status == agentloop.StatusArchived:
		return agentclients.ErrNotFound
	}
	return c.agentloop.ArchiveAgent(ctx, r.Key)
}
