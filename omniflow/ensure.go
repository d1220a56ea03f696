package omniflow

import (
	"context"
	"fmt"
	"slices"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/diff"
	"github.com/agentclients/agentclients-go/internal/ensure"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// FindAgents reads the agents of the workspace and returns those with this
// name, in the order of the list. It helps to look after a create whose
// outcome is unknown: an agent of that call has a CreatedAt that is not before
// it. It is repeated after every transient failure.
//
// API reference: List Omni Flow Agents, GET /v1/api/omni-flow-agents,
// https://docs.trillet.ai.
func (c *Client) FindAgents(ctx context.Context, name string, options ...agentclients.CallOption) ([]Agent, error) {
	var problems validate.Problems
	problems.Required("name", name)
	if err := problems.Err(provider, "find agents"); err != nil {
		return nil, err
	}
	list, err := c.ListAgents(ctx, options...)
	if err != nil {
		return nil, err
	}
	found, ids := []Agent{}, map[string]bool{"": false}
	for _, agent := range list.Agents {
		if agent.Name == name && !ids[agent.ID] {
			found = append(found, agent)
			ids[agent.ID] = agent.ID != "" // a list may show one twice
		}
	}
	return found, nil
}

// EnsureAgent makes the agent of a name be what the request says, and reports
// what it did: it looks for the agent and creates it if there is none, or
// updates it if it lacks something (see [CreateAgentRequest.Diff]). It can be
// called again after any error, but two programs that call it at the same time
// may make two agents: the API does not know names that are unique. So the name
// must be one that is found again: without white space at its ends, and not
// among the ExtraFields.
//
// An agent that exists keeps what the request leaves out; Settings are replaced
// as a whole. Where the response does not tell the settings, only an update
// tells whether they are the same: it is sent, and the agent is Unchanged if it
// then is what it was before.
//
// Errors: [agentclients.ErrConflict] if several agents have the name,
// [agentclients.ErrDecode] if the API does not tell the id of the one that
// there is, else as CreateAgent, ListAgents, GetAgent and UpdateAgent. What
// CaptureResponse captures is the last response; its Attempts and Elapsed count
// all.
//
// API reference: List Omni Flow Agents, GET /v1/api/omni-flow-agents; Create
// Omni Flow Agent, POST /v1/api/omni-flow-agents; Update Omni Flow Agent, PUT
// /v1/api/omni-flow-agents/{agentId}, https://docs.trillet.ai.
func (c *Client) EnsureAgent(ctx context.Context, request CreateAgentRequest, options ...agentclients.CallOption) (*Agent, agentclients.Change, error) {
	if err := request.Validate(); err != nil {
		return nil, "", err
	}
	if err := ensure.CheckName(provider, request.Name, request.ExtraFields); err != nil {
		return nil, "", err
	}
	tally, options := transport.NewTally(options)
	defer tally.Report()
	return ensure.Named[Agent]{
		Provider: provider,
		Find:     func() ([]Agent, error) { return c.FindAgents(ctx, request.Name, options...) },
		Create:   func() (*Agent, error) { return c.CreateAgent(ctx, request, options...) },
		Change: func(found *Agent) (*Agent, agentclients.Change, error) {
			if found.ID == "" {
				return nil, "", ensure.Refuse(provider, fmt.Errorf("%w: %w", agentclients.ErrDecode, wire.Missing("_id")))
			}
			before, err := c.GetAgent(ctx, found.ID, options...)
			switch {
			case err != nil:
				return nil, "", err
			case before.Name != "" && before.Name != request.Name:
				return nil, "", ensure.Renamed(provider)
			case len(request.Diff(before)) == 0:
				return before, agentclients.Unchanged, nil
			}
			after, err := c.UpdateAgent(ctx, found.ID, request.update(), options...)
			return ensure.Updated(before, after, err, request.notChanged()...)
		},
	}.Ensure()
}

// notChanged are the members of an agent that an update does not change. The
// response to it leaves some of them out, and writes others in another way than
// a read does.
func (r CreateAgentRequest) notChanged() []string {
	return slices.DeleteFunc([]string{"_id", "workspaceId", "userId", "phoneNumberId", "status", "createdAt", "updatedAt", "messageChannel"}, func(name string) bool {
		_, set := r.ExtraFields[name]
		return set
	})
}

// update returns the request that changes an agent into what r says.
func (r CreateAgentRequest) update() UpdateAgentRequest {
	update := UpdateAgentRequest{Name: &r.Name, Settings: r.Settings, ExtraFields: r.ExtraFields}
	if r.LLMModel != "" {
		update.LLMModel = &r.LLMModel
	}
	return update
}

// Diff lists what the agent lacks of what the request sets, extra fields
// included. An LLMModel that is left empty is not compared. Nil: the agent is
// what the request asks for.
func (r CreateAgentRequest) Diff(agent *Agent) []agentclients.FieldDiff {
	want, err := diff.Object(createAgentBody(r), r.ExtraFields)
	if err != nil {
		return diff.Unsendable(err).All()
	}
	if want["llmModel"] == "" {
		delete(want, "llmModel")
	}
	have, err := diff.Object(agent, nil)
	if err != nil {
		return diff.Unsendable(err).All()
	}
	return diff.Of[Agent](want, have, diff.Rules{}).All()
}
