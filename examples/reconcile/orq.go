package main

import (
	"context"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/orq"
)

// orqAgent is told by its key.
type orqAgent struct{ orq.CreateAgentRequest }

func connectOrq(c *clients, options agentclients.Options, mocked bool) (err error) {
	config := orq.Config{Options: options}
	if mocked {
		config.APIKey = "sk-orq-for-the-mock"
	}
	c.orq, err = orq.NewClient(config)
	return err
}

func (a *orqAgent) record() record { return record{API: mockserver.Orq, Key: a.Key} }

func (a *orqAgent) look(ctx context.Context, c *clients) (finding, error) {
	agent, err := c.orq.GetAgent(ctx, a.Key)
	if err != nil {
		return found("", nil, err)
	}
	return finding{agent.Key, a.Diff(agent)}, nil
}

func (a *orqAgent) ensure(ctx context.Context, c *clients) (string, agentclients.Change, error) {
	agent, change, err := c.orq.EnsureAgent(ctx, a.CreateAgentRequest)
	if err != nil {
		return "", "", err
	}
	return agent.ID, change, nil
}

func removeFromOrq(ctx context.Context, c *clients, r record) error {
	agent, err := c.orq.GetAgent(ctx, r.Key)
	switch {
	case err != nil:
		return err
	case r.ID != "" && agent.ID != r.ID: // somebody else's by now
		return agentclients.ErrNotFound
	}
	return c.orq.DeleteAgent(ctx, r.Key)
}
