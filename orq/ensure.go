package orq

import (
	"context"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/ensure"
	"github.com/agentclients/agentclients-go/internal/transport"
)

// EnsureAgent makes the agent of a key be what the request says, and reports
// what it did: it reads the agent and creates it if there is none, or updates
// it if it lacks something (see [CreateAgentRequest.Diff]). It can be called
// again after any error, by any number of programs at a time: the key keeps it
// to one agent.
//
// An agent that exists keeps what the request leaves out. Lists and the model
// are replaced as a whole, other settings one by one. Models that the server
// names by ids of its own making are taken for those of the request, and are
// set only along with another difference: use UpdateAgent where nothing else
// changes. Reading does not tell the values of an agent's variables, nor, where
// the server names those by such ids, its knowledge bases, memory stores and
// evaluators: a request that sets them is sent as an update each time, and the
// agent is Unchanged if it is afterwards what it was before. ExtraFields that an Agent has no field for are sent with an update
// only.
//
// Errors: [agentclients.ErrConflict] if the key is taken by an agent that
// cannot be read, which may be the case if the credential must not see it;
// else as CreateAgent, GetAgent and UpdateAgent. What CaptureResponse captures
// is the last response; its Attempts and Elapsed count all.
//
// API reference: Get an agent, GET /v2/agents/{agent_key}; Create a new agent,
// POST /v2/agents/; Update an agent, PATCH /v2/agents/{agent_key},
// https://docs.orq.ai.
func (c *Client) EnsureAgent(ctx context.Context, request CreateAgentRequest, options ...agentclients.CallOption) (*Agent, agentclients.Change, error) {
	if err := request.Validate(); err != nil {
		return nil, "", err
	}
	tally, options := transport.NewTally(options)
	defer tally.Report()
	return ensure.Keyed[Agent]{
		Read:   func() (*Agent, error) { return ensure.IfThere(c.GetAgent(ctx, request.Key, options...)) },
		Create: func() (*Agent, error) { return c.CreateAgent(ctx, request, options...) },
		Change: func(before *Agent) (*Agent, agentclients.Change, error) {
			if result, sure := request.compareAll(before); sure && len(result.All()) == 0 {
				return before, agentclients.Unchanged, nil
			}
			after, err := c.UpdateAgent(ctx, request.Key, request.update(), options...)
			return ensure.Updated(before, after, err, "updated", "updated_by_id", "version", "version_hash", "metrics")
		},
	}.Ensure()
}

// update returns the request that changes an agent into what r says.
func (r CreateAgentRequest) update() UpdateAgentRequest {
	return UpdateAgentRequest{
		DisplayName:    r.DisplayName,
		Role:           &r.Role,
		Description:    &r.Description,
		Instructions:   &r.Instructions,
		SystemPrompt:   r.SystemPrompt,
		Path:           &r.Path,
		Model:          r.Model,
		FallbackModels: r.FallbackModels,
		Settings:       r.Settings,
		MemoryStores:   r.MemoryStores,
		KnowledgeBases: r.KnowledgeBases,
		TeamOfAgents:   r.TeamOfAgents,
		Variables:      r.Variables,
		Skills:         r.Skills,
		Engine:         r.Engine,
		ExtraFields:    r.ExtraFields,
	}
}
