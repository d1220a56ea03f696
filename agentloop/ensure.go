package agentloop

import (
	"context"
	"fmt"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/ensure"
	"github.com/agentclients/agentclients-go/internal/transport"
)

// EnsureAgent makes the agent of an id be what the request says, and reports
// what it did: it reads the agent and creates it if there is none, or updates
// it if it lacks something (see [CreateAgentRequest.Diff]). An archived agent
// becomes active again, which counts as Created. A request without an ID is
// about the agent [AgentIDFor] its Name. EnsureAgent can be called again after
// any error, by any number of programs at a time: the id keeps it to one agent.
//
// An agent that exists keeps what the request leaves out. Lists are replaced as
// a whole. ExtraFields that an Agent has no field for are sent with an update
// only.
//
// Errors: [agentclients.ErrConflict] if the id is taken by an agent that cannot
// be read; else as CreateAgent, GetAgent, PutAgent and UpdateAgent. What
// CaptureResponse captures is the last response; its Attempts and Elapsed count
// all.
//
// API reference: get_agent, GET /v1/agents/{agent_id}; create_agent, POST
// /v1/agents; update_agent, PATCH /v1/agents/{agent_id},
// https://github.com/everruns/everruns.
func (c *Client) EnsureAgent(ctx context.Context, request CreateAgentRequest, options ...agentclients.CallOption) (*Agent, agentclients.Change, error) {
	if err := request.Validate(); err != nil {
		return nil, "", err
	}
	if request.ID == "" {
		request.ID = AgentIDFor(request.Name)
	}
	tally, options := transport.NewTally(options)
	defer tally.Report()
	return ensure.Keyed[Agent]{
		Read:   func() (*Agent, error) { return ensure.IfThere(c.GetAgent(ctx, request.ID, options...)) },
		Create: func() (*Agent, error) { return c.CreateAgent(ctx, request, options...) },
		Change: func(before *Agent) (*Agent, agentclients.Change, error) {
			switch {
			case len(compareStatus(before).Different) > 0: // which makes it active, too
				agent, _, err := c.PutAgent(ctx, request.ID, request, options...)
				if err != nil {
					return nil, "", err
				}
				return agent, agentclients.Created, nil
			case len(request.Diff(before)) == 0:
				return before, agentclients.Unchanged, nil
			}
			after, err := c.UpdateAgent(ctx, request.ID, request.update(), options...)
			if err == nil && len(compareStatus(after).Different) > 0 {
				return nil, "", ensure.Refuse(provider, fmt.Errorf("%w: the agent was archived meanwhile", agentclients.ErrNotFound))
			}
			return ensure.Updated(before, after, err, "updated_at", "usage")
		},
	}.Ensure()
}

// update returns the request that changes an agent into what r says.
func (r CreateAgentRequest) update() UpdateAgentRequest {
	return UpdateAgentRequest{
		Capabilities:   r.Capabilities,
		DefaultModelID: r.DefaultModelID,
		Description:    r.Description,
		Name:           &r.Name,
		SystemPrompt:   &r.SystemPrompt,
		Tags:           r.Tags,
		ExtraFields:    r.ExtraFields,
	}
}
