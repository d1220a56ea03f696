package main

import (
	"context"
	"errors"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/phoneagents"
)

// phoneAgent is told by its phone number. The file also says whose it is.
type phoneAgent struct {
	UserID string `json:"user_id"`
	phoneagents.CreateAgentRequest
}

func connectPhoneagents(c *clients, options agentclients.Options, mocked bool) (err error) {
	config := phoneagents.Config{Options: options}
	if mocked {
		config.APIKey = "sk_live_for_the_mock"
	}
	c.phoneagents, err = phoneagents.NewClient(config)
	return err
}

// Validate also looks for the user.
func (a *phoneAgent) Validate() error {
	var missing error
	if a.UserID == "" {
		missing = errors.New("user_id is required")
	}
	return errors.Join(missing, a.CreateAgentRequest.Validate())
}

func (a *phoneAgent) record() record {
	return record{API: mockserver.Phoneagents, User: a.UserID, Key: a.PhoneNumberID, Name: a.Name}
}

// onNumber returns the agent of a phone number, nil if there is none.
func onNumber(ctx context.Context, c *clients, user, number string) (*phoneagents.Agent, error) {
	for agent, err := range c.phoneagents.AllAgents(ctx, user, phoneagents.ListAgentsRequest{}) {
		if err != nil {
			return nil, err
		}
		if agent.PhoneNumberID == number {
			return &agent, nil
		}
	}
	return nil, nil
}

func (a *phoneAgent) look(ctx context.Context, c *clients) (finding, error) {
	agent, err := onNumber(ctx, c, a.UserID, a.PhoneNumberID)
	if agent == nil || err != nil {
		return finding{}, err
	}
	return finding{agent.ID, a.Diff(agent)}, nil
}

func (a *phoneAgent) ensure(ctx context.Context, c *clients) (string, agentclients.Change, error) {
	agent, change, err := c.phoneagents.EnsureAgent(ctx, a.UserID, a.CreateAgentRequest)
	if err != nil {
		return "", "", err
	}
	return agent.ID, change, nil
}

func removeFromPhoneagents(ctx context.Context, c *clients, r record) error {
	agent, err := onNumber(ctx, c, r.User, r.Key)
	switch {
	case err != nil:
		return err
	case agent == nil || r.ID != "" && agent.ID != r.ID: // somebody else's by now
		return agentclients.ErrNotFound
	}
	return c.phoneagents.DeleteAgent(ctx, r.User, agent.ID)
}
