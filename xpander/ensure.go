package xpander

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/diff"
	"github.com/agentclients/agentclients-go/internal/ensure"
	"github.com/agentclients/agentclients-go/internal/redact"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
)

// FindAgents reads the list of agents page by page and returns those with this
// name, the newest first, with the fields that ListAgents reads. It helps to
// look after a create whose outcome is unknown: an agent of that call has a
// CreatedAt that is not before it. It is repeated after every transient
// failure.
//
// API reference: List Agents (Minimal), GET /v1/agents,
// https://docs.xpander.ai.
func (c *Client) FindAgents(ctx context.Context, name string, options ...agentclients.CallOption) ([]Agent, error) {
	var problems validate.Problems
	problems.Required("name", name)
	if err := problems.Err(provider, "find agents"); err != nil {
		return nil, err
	}
	tally, options := transport.NewTally(options)
	defer tally.Report()
	found := []Agent{}
	all := allPages("list agents", ListAgentsRequest{PerPage: maxPerPage}, func(request ListAgentsRequest) (*AgentList, error) {
		return c.ListAgents(ctx, request, options...)
	})
	for agent, err := range all {
		if err != nil {
			return nil, err
		}
		if agent.Name == name {
			found = append(found, agent)
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
// An agent that exists keeps what the request leaves out. An update sends what
// differs, and is staged until the agent is deployed. With Deploy that is done
// after an update, and if an agent that lacks nothing has pending changes: an
// earlier deploy may have been lost. Such a deploy counts as Updated; it also
// deploys what others have staged. Members that the response does not tell
// (older servers do not tell UsingNemo and LLMExtraHeaders) cannot be compared,
// and are sent with a create only. So are ExtraFields that an Agent has no field
// for. An agent is Unchanged if it is after an update what it was before, and
// is not deployed then.
//
// If the response to a deploy is lost, the agent is read: a higher version
// without pending changes is deployed.
//
// Errors: [agentclients.ErrConflict] if several agents have the name, else as
// CreateAgent, ListAgents, GetAgent, UpdateAgent and DeployAgent. What
// CaptureResponse captures is the last response; its Attempts and Elapsed count
// all.
//
// API reference: List Agents (Minimal), GET /v1/agents; Create Ai Agent, POST
// /v1/agents; Update Ai Agent, PATCH /v1/agents/{agent_id},
// https://docs.xpander.ai.
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
			before, err := c.GetAgent(ctx, found.ID, options...)
			switch {
			case err != nil:
				return nil, "", err
			case before.Name != "" && before.Name != request.Name:
				return nil, "", ensure.Renamed(provider)
			}
			differences := request.Diff(before)
			if len(differences) == 0 {
				if !request.Deploy || !before.HasPendingChanges {
					return before, agentclients.Unchanged, nil
				}
				after, err := c.deployed(ctx, before, options)
				return ensure.Updated(before, after, err, "deployed_at", "is_latest", "version")
			}
			after, err := c.UpdateAgent(ctx, before.ID, request.update(differences), options...)
			after, change, err := ensure.Updated(before, after, err, "has_pending_changes", "is_latest", "version")
			if change == agentclients.Updated && request.Deploy {
				if after, err = c.deployed(ctx, after, options); err != nil {
					return nil, "", err
				}
			}
			return after, change, err
		},
	}.Ensure()
}

// deployed deploys an agent. If the response is lost, the version tells
// whether it was done.
func (c *Client) deployed(ctx context.Context, before *Agent, options []agentclients.CallOption) (*Agent, error) {
	after, err := c.DeployAgent(ctx, before.ID, options...)
	if !errors.Is(err, agentclients.ErrOutcomeUnknown) {
		return after, err
	}
	found, lost := c.GetAgent(ctx, before.ID, options...)
	if lost != nil || before.Version == 0 || found.Version <= before.Version || found.HasPendingChanges {
		return nil, err
	}
	return found, nil
}

// update returns the request that removes the differences.
func (r CreateAgentRequest) update(differences []agentclients.FieldDiff) UpdateAgentRequest {
	update := UpdateAgentRequest{ExtraFields: r.ExtraFields}
	for _, d := range differences {
		member, _, _ := strings.Cut(d.Path, ".")
		switch member {
		case "name":
			update.Name = &r.Name
		case "description":
			update.Description = r.Description
		case "deployment_type":
			update.DeploymentType = r.DeploymentType
		case "model_provider":
			update.ModelProvider = r.ModelProvider
		case "model_name":
			update.ModelName = r.ModelName
		case "icon":
			update.Icon = r.Icon
		case "instructions":
			update.Instructions = &r.Instructions
		case "environment_id":
			update.EnvironmentID = r.EnvironmentID
		case "using_nemo":
			update.UsingNemo = r.UsingNemo
		case "llm_api_base":
			update.LLMAPIBase = r.LLMAPIBase
		case "llm_extra_headers":
			update.LLMExtraHeaders = r.LLMExtraHeaders
		case "type":
			update.Type = r.Type
		}
	}
	if update.changesNothing() { // an extra field of another name
		update.Name = &r.Name
	}
	return update
}

// told are members that every response to a read tells.
var told = []string{"name", "description", "icon", "deployment_type", "model_provider", "model_name", "instructions"}

// Diff lists what the agent lacks of what the request sets, extra fields
// included, as far as the agent tells: agents of ListAgents tell less than
// those of GetAgent. Not a difference is a newer model of the same family than
// was asked for, which the API may choose by itself. The values of
// LLMExtraHeaders are not shown. Nil: the agent is what the request asks for.
func (r CreateAgentRequest) Diff(agent *Agent) []agentclients.FieldDiff {
	all := diff.Compare(createAgentBody(r), r.ExtraFields, agent, diff.Rules{}).All()
	differences := slices.DeleteFunc(all, func(d agentclients.FieldDiff) bool {
		member, _, _ := strings.Cut(d.Path, ".")
		asked, _ := d.Want.(string)
		have, _ := d.Have.(string)
		return d.Have == nil && !slices.Contains(told, member) || d.Path == "model_name" && isUpgrade(asked, have)
	})
	for i, d := range differences {
		if d.Path == "llm_extra_headers" {
			differences[i].Want, differences[i].Have = redact.Placeholder, redact.Placeholder
		}
	}
	if len(differences) == 0 {
		return nil
	}
	return differences
}

// isUpgrade reports whether a model is a newer one of the family of another:
// the names are the same up to the version.
func isUpgrade(asked, have string) bool {
	family, version := splitModel(asked)
	newFamily, newVersion := splitModel(have)
	return family != "" && family == newFamily && newVersion > version
}

// splitModel splits the name of a model into what comes before its version,
// and the version: "gpt-4.1" into "gpt-" and 4.1.
func splitModel(name string) (family string, version float64) {
	start := strings.IndexAny(name, "0123456789")
	if start < 0 {
		return "", 0
	}
	end := start
	for end < len(name) && strings.IndexByte("0123456789.", name[end]) >= 0 {
		end++
	}
	version, err := strconv.ParseFloat(strings.TrimRight(name[start:end], "."), 64)
	if err != nil {
		return "", 0
	}
	return name[:start], version
}
