package main

import (
	"context"
	"fmt"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/xpander"
)

// xpanderAgent is told by its name. The file also says whether changes are
// deployed.
type xpanderAgent struct {
	Deploy bool `json:"deploy"`
	xpander.CreateAgentRequest
}

func connectXpander(c *clients, options agentclients.Options, mocked bool) (err error) {
	config := xpander.Config{Options: options}
	if mocked {
		config.APIKey = "xp_for_the_mock"
	}
	c.xpander, err = xpander.NewClient(config)
	return err
}

func (a *xpanderAgent) record() record { return record{API: mockserver.Xpander, Key: a.Name} }

func (a *xpanderAgent) look(ctx context.Context, c *clients) (finding, error) {
	id, err := named(ctx, c, a.Name)
	if id == "" || err != nil {
		return finding{}, err
	}
	agent, err := c.xpander.GetAgent(ctx, id) // tells more than the list
	if err != nil {
		return finding{}, err
	}
	lacks := a.Diff(agent)
	if a.Deploy && agent.HasPendingChanges {
		lacks = append(lacks, agentclients.FieldDiff{Path: "has_pending_changes", Want: false, Have: true})
	}
	return finding{id, lacks}, nil
}

// named returns the id of the agent of a name, "" if there is none.
func named(ctx context.Context, c *clients, name string) (string, error) {
	all, err := c.xpander.FindAgents(ctx, name)
	if len(all) == 0 || err != nil {
		return "", err
	} else if len(all) > 1 {
		return "", fmt.Errorf("%w: %d agents have the name", agentclients.ErrConflict, len(all))
	}
	return all[0].ID, nil
}

func (a *xpanderAgent) ensure(ctx context.Context, c *clients) (string, agentclients.Change, error) {
	request := a.CreateAgentRequest
	request.Deploy = a.Deploy
	agent, change, err := c.xpander.EnsureAgent(ctx, request)
	if err != nil {
		return "", "", err
	}
	return agent.ID, change, nil
}

func removeFromXpander(ctx context.Context, c *clients, r record) error {
	if r.ID == "" { // the response to its create was lost
		id, err := named(ctx, c, r.Key)
		if err != nil {
			return err
		} else if id == "" {
			return agentclients.ErrNotFound
		}
		r.ID = id
	}
	return c.xpander.DeleteAgent(ctx, r.ID)
}
