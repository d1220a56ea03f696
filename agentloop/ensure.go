package agentloop

import (
	"context"
	"errors"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/diff"
	"github.com/agentclients/agentclients-go/internal/transport"
)

// ensureRounds is how often EnsureAgent looks again when the agent appears or
// is gone while it works.
const ensureRounds = 3

// measured are members of an agent that change by themselves.
var measured = []string{"updated_at", "usage"}

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
// API reference: get_agent, GET /v1/agents/{agent_id}; create_agent,
// POST /v1/agents; update_agent, PATCH /v1/agents/{agent_id}.
func (c *Client) EnsureAgent(ctx context.Context, request CreateAgentRequest, options ...agentclients.CallOption) (*Agent, agentclients.Change, error) {
	if err := request.Validate(); err != nil {
		return nil, "", err
	}
	if request.ID == "" {
		request.ID = AgentIDFor(request.Name)
	}
	tally, options := transport.NewTally(options)
	defer tally.Report()
	var err error
	for range ensureRounds {
		var before, agent *Agent
		before, err = c.GetAgent(ctx, request.ID, options...)
		if errors.Is(err, agentclients.ErrNotFound) {
			agent, err = c.CreateAgent(ctx, request, options...)
			if err == nil {
				return agent, agentclients.Created, nil
			}
			if errors.Is(err, agentclients.ErrConflict) && !errors.Is(err, agentclients.ErrOutcomeUnknown) {
				continue // it is there now
			}
		}
		if err != nil {
			return nil, "", err
		}
		if len(compareStatus(before).Different) > 0 {
			agent, _, err = c.PutAgent(ctx, request.ID, request, options...)
			if err != nil {
				return nil, "", err
			}
			return agent, agentclients.Created, nil
		}
		if len(request.Diff(before)) == 0 {
			return before, agentclients.Unchanged, nil
		}
		agent, err = c.UpdateAgent(ctx, request.ID, request.update(), options...)
		switch {
		case err == nil && diff.Same(agent, before, measured...):
			return agent, agentclients.Unchanged, nil
		case err == nil:
			return agent, agentclients.Updated, nil
		case !errors.Is(err, agentclients.ErrNotFound):
			return nil, "", err
		}
	}
	return nil, "", err
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
