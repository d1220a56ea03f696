package main

import (
	"context"
	"fmt"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/omniflow"
)

// omniflowAgent is told by its name.
type omniflowAgent struct{ omniflow.CreateAgentRequest }

func connectOmniflow(c *clients, options agentclients.Options, mocked bool) (err error) {
	config := omniflow.Config{Options: options}
	if mocked {
		config.APIKey, config.WorkspaceID = "tk_for_the_mock", "ws_for_the_mock"
	}
	c.omniflow, err = omniflow.NewClient(config)
	return err
}

func (a *omniflowAgent) record() record { return record{API: mockserver.Omniflow, Key: a.Name} }

func (a *omniflowAgent) look(ctx context.Context, c *clients) (finding, error) {
	all, err := c.omniflow.FindAgents(ctx, a.Name)
	if len(all) == 0 || err != nil {
		return finding{}, err
	} else if len(all) > 1 {
		return finding{}, fmt.Errorf("%w: %d agents have the name", agentclients.ErrConflict, len(all))
	}
	agent, err := c.omniflow.GetAgent(ctx, all[0].ID) // tells more than the list
	if err != nil {
		return finding{}, err
	}
	return finding{agent.ID, a.Diff(agent)}, nil
}

func (a *omniflowAgent) ensure(ctx context.Context, c *clients) (string, agentclients.Change, error) {
	agent, change, err := c.omniflow.EnsureAgent(ctx, a.CreateAgentRequest)
	if err != nil {
		return "", "", err
	}
	return agent.ID, change, nil
}

// removeFromOmniflow finds out whether somebody has removed the agent.
func removeFromOmniflow(ctx context.Context, c *clients, r record) error {
	all, err := c.omniflow.FindAgents(ctx, r.Key)
	if err != nil {
		return err
	}
	for _, agent := range all {
		if agent.ID == r.ID || r.ID == "" {
			return errNoDelete
		}
	}
	return agentclients.ErrNotFound
}
