package orq

import (
	"cmp"
	"context"
	"iter"
	"net/http"
	"net/url"
	"reflect"
	"slices"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/pages"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// Status says which version of an agent this is. The API may add statuses.
type Status string

// The documented statuses.
const (
	// StatusLive is the latest version of an agent.
	StatusLive Status = "live"
	// StatusDraft is a version that is not yet published.
	StatusDraft Status = "draft"
	// StatusPending is a version that waits for approval.
	StatusPending Status = "pending"
	// StatusPublished is a version that was live and has been replaced.
	StatusPublished Status = "published"
)

// Agent is an AI agent.
type Agent struct {
	// ID is the server's id of the agent, a ULID. It never changes, and it is
	// what pages of a list begin after.
	ID string `json:"_id"`
	// Key identifies the agent in its workspace. It is what the methods of
	// Client take.
	Key string `json:"key"`
	// DisplayName is the agent's name for people.
	DisplayName string `json:"display_name"`
	// ProjectID is the project that the agent belongs to.
	ProjectID string `json:"project_id"`
	// CreatedByID is who created the agent, "" if the server does not say.
	CreatedByID string `json:"created_by_id,omitempty"`
	// UpdatedByID is who changed the agent last, "" if the server does not say.
	UpdatedByID string `json:"updated_by_id,omitempty"`
	// Created is when the agent was created.
	Created agentclients.Timestamp `json:"created,omitempty"`
	// Updated is when the agent was last changed.
	Updated agentclients.Timestamp `json:"updated,omitempty"`
	// Role is what the agent is, in a word or two.
	Role string `json:"role"`
	// Description is what the agent does.
	Description string `json:"description"`
	// SystemPrompt is the template of the system prompt, "" if the agent has
	// the default one.
	SystemPrompt string `json:"system_prompt,omitempty"`
	// Instructions guide the agent.
	Instructions string `json:"instructions"`
	// Status says which version of the agent this is.
	Status Status `json:"status"`
	// Settings are the agent's limits, tools and checks.
	Settings AgentSettings `json:"settings,omitzero"`
	// Model is the agent's model, with its fallbacks.
	Model AgentModel `json:"model"`
	// VersionHash identifies the configuration of the agent. "": the server
	// has Version instead.
	VersionHash string `json:"version_hash,omitempty"`
	// Path is where the agent is: a project and folders, as in
	// "Default/support".
	Path string `json:"path"`
	// MemoryStores are the ids or keys of the memory stores that the agent
	// may use.
	MemoryStores []string `json:"memory_stores"`
	// TeamOfAgents are the agents that this one may hand tasks to.
	TeamOfAgents []TeamMember `json:"team_of_agents"`
	// Metrics are the agent's figures so far.
	Metrics Metrics `json:"metrics"`
	// Variables are the variables that the server found in the instructions.
	Variables map[string]any `json:"variables,omitzero"`
	// KnowledgeBases are the knowledge bases that the agent may use.
	KnowledgeBases []KnowledgeBase `json:"knowledge_bases,omitzero"`
	// WorkspaceID is the workspace that the agent belongs to. Only some
	// responses have it, above all lists.
	WorkspaceID string `json:"workspace_id,omitempty"`
	// Version is the semantic version of the agent, such as "1.2.0". "": the
	// server has VersionHash instead, or counts no versions.
	Version string `json:"version,omitempty"`
	// Skills are the skills of the agent. Only newer servers have them.
	Skills []string `json:"skills,omitzero"`
	// Source says where the agent comes from: "internal", "external" or
	// "experiment". "" if the server does not say.
	Source string `json:"source,omitempty"`
	// Engine fills in the variables of the instructions. "" if the server
	// does not say, which is EngineText.
	Engine Engine `json:"engine,omitempty"`
	// Type is "internal", or "a2a" for an agent that is reached by the A2A
	// protocol. "" if the server does not say, which is internal.
	Type string `json:"type,omitempty"`
}

// Engine is the language of the templates in instructions. The API may add
// engines.
type Engine string

// The documented engines.
const (
	EngineText     Engine = "text" // the default
	EngineJinja    Engine = "jinja"
	EngineMustache Engine = "mustache"
)

// TeamMember is an agent that another one may hand tasks to.
type TeamMember struct {
	// Key identifies the agent. Required.
	Key string `json:"key"`
	// Role tells the leading agent what this one is for. "" leaves it out.
	Role string `json:"role,omitempty"`
}

// KnowledgeBase is a knowledge base that an agent may use.
type KnowledgeBase struct {
	// KnowledgeID is the id or key of the knowledge base, such as
	// "customer-knowledge-base". Required.
	KnowledgeID string `json:"knowledge_id"`
}

// Metrics are figures about an agent.
type Metrics struct {
	// TotalCost is what the agent has cost so far, in US dollars.
	TotalCost float64 `json:"total_cost"`
}

// CreateAgentRequest says what agent to create.
type CreateAgentRequest struct {
	// Key identifies the agent in its workspace. Required, 1 to 255
	// characters: letters and digits in runs joined by single dots and
	// underscores, or hyphens on newer servers; a letter comes first.
	Key string `json:"key"`
	// DisplayName is the agent's name for people, at most 255 characters.
	// Nil leaves it out.
	DisplayName *string `json:"display_name,omitempty"`
	// Role is what the agent is, in a word or two. Required.
	Role string `json:"role"`
	// Description is what the agent does. Required.
	Description string `json:"description"`
	// Instructions guide the agent. They are always sent and may be empty.
	Instructions string `json:"instructions"`
	// SystemPrompt replaces the default template of the system prompt, which
	// is not the same as the instructions. Not empty. Nil: the default one.
	SystemPrompt *string `json:"system_prompt,omitempty"`
	// Path is where to put the agent: a project and folders, such as
	// "Default" or "Default/support". Required. Folders are made as needed.
	// With a key that belongs to a project, all of it names folders.
	Path string `json:"path"`
	// Model is the model that the agent runs on; it must support tool
	// calling. Required.
	Model Model `json:"model"`
	// FallbackModels are tried in their order if the model fails. They must
	// support tool calling. The response has them inside of its model. Nil
	// leaves them out.
	FallbackModels []Model `json:"fallback_models,omitzero"`
	// Settings are the agent's limits, tools and checks. They are always
	// sent; the zero value leaves everything to the server.
	Settings Settings `json:"settings"`
	// MemoryStores are the ids or keys of the memory stores that the agent
	// may use. Nil leaves them out, which means none.
	MemoryStores []string `json:"memory_stores,omitzero"`
	// KnowledgeBases are the knowledge bases that the agent may use. Nil
	// leaves them out, which means none.
	KnowledgeBases []KnowledgeBase `json:"knowledge_bases,omitzero"`
	// TeamOfAgents are the agents that this one may hand tasks to. Nil leaves
	// them out, which means none.
	TeamOfAgents []TeamMember `json:"team_of_agents,omitzero"`
	// Variables are values for the variables in the instructions. Nil leaves
	// them out.
	Variables map[string]any `json:"variables,omitzero"`
	// Skills are the skills of the agent. Only newer servers know them. Nil
	// leaves them out.
	Skills []string `json:"skills,omitzero"`
	// Source says where the agent comes from: "internal", "external" or
	// "experiment". Only newer servers know it. Nil leaves it out.
	Source *string `json:"source,omitempty"`
	// Engine fills in the variables of the instructions. Only newer servers
	// know it. Default EngineText.
	Engine *Engine `json:"engine,omitempty"`

	// ExtraFields are put into the request last: for fields that this package
	// does not know. A nil value sends null. The key cannot be set here.
	ExtraFields map[string]any `json:"-"`
}

// maxName is the longest key or display name, in characters.
const maxName = 255

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. CreateAgent calls it.
func (r CreateAgentRequest) Validate() error {
	var problems validate.Problems
	problems.Required("key", r.Key)
	problems.NotExtra("key", r.ExtraFields)
	problems.MaxCharacters("key", r.Key, maxName)
	if r.DisplayName != nil {
		problems.MaxCharacters("display_name", *r.DisplayName, maxName)
	}
	problems.Required("role", r.Role)
	problems.Required("description", r.Description)
	problems.NotEmpty("system_prompt", r.SystemPrompt)
	problems.Required("path", r.Path)
	if r.Model.isZero() {
		problems.Add("model", "is required")
	} else {
		r.Model.validate(&problems, "model", notAnItem)
	}
	validateParts(&problems, r.FallbackModels, r.Settings, r.KnowledgeBases, r.TeamOfAgents)
	problems.UTF8(createAgentBody(r))
	return problems.Err(provider, "create agent")
}

// MarshalJSON returns the request as JSON, as it is sent: with ExtraFields.
func (r CreateAgentRequest) MarshalJSON() ([]byte, error) {
	return wire.Encode(createAgentBody(r), r.ExtraFields)
}

// createAgentBody is the request without its extra fields.
type createAgentBody CreateAgentRequest

// validateParts checks the members that creating and updating share.
func validateParts(problems *validate.Problems, fallbacks []Model, settings Settings, bases []KnowledgeBase, team []TeamMember) {
	for i, model := range fallbacks {
		model.validate(problems, "fallback_models", i)
	}
	settings.validate(problems)
	for i, base := range bases {
		problems.RequiredItem("knowledge_bases", i, "knowledge_id", base.KnowledgeID)
	}
	for i, member := range team {
		problems.RequiredItem("team_of_agents", i, "key", member.Key)
	}
}

// CreateAgent creates an agent.
//
// It makes at most one agent. After a lost response it is repeated, since a
// workspace has at most one agent of a key. If it stays open what became of it,
// the agent of the key is read back, once, and returned if it is what the
// request asks for, as Diff compares it. (That proves that there is such an
// agent, not who made it.)
//
// Errors: [agentclients.ErrConflict] if the key is taken,
// [agentclients.ErrBadRequest] if the server finds the request wrong,
// [agentclients.ErrOutcomeUnknown] if the agent may have been created and
// could not be read back: read the agent of the key, or create it again.
//
// API reference: Create a new agent, POST /v2/agents/, https://docs.orq.ai.
func (c *Client) CreateAgent(ctx context.Context, request CreateAgentRequest, options ...agentclients.CallOption) (*Agent, error) {
	if err := request.Validate(); err != nil {
		return nil, err
	}
	decode := func(body []byte) (*Agent, error) {
		agent, err := decodeAgent(body)
		if err == nil && agent.Key != "" && agent.Key != request.Key {
			return nil, wire.Other("key", agent.Key, request.Key)
		}
		return agent, err
	}
	return transport.Create(ctx, c.transport, transport.Op{
		Name:   "create agent",
		Method: http.MethodPost,
		Path:   "/v2/agents/",
		Body:   createAgentBody(request),
		Extra:  request.ExtraFields,
		Replay: transport.ReplayKeyed,

		ResourceID: request.Key,
	}, options, decode, transport.Settling[Agent]{
		Find: func(options ...agentclients.CallOption) (*Agent, error) {
			return c.getAgent(ctx, request.Key, options, decode)
		},
		Compare: request.compare,
	})
}

// GetAgent reads one agent by its key. It is repeated after every transient
// failure.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent, or none that
// the credential may see.
//
// API reference: Get an agent, GET /v2/agents/{agent_key},
// https://docs.orq.ai.
func (c *Client) GetAgent(ctx context.Context, agentKey string, options ...agentclients.CallOption) (*Agent, error) {
	return c.getAgent(ctx, agentKey, options, decodeAgent)
}

func (c *Client) getAgent(ctx context.Context, agentKey string, options []agentclients.CallOption, decode func([]byte) (*Agent, error)) (*Agent, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "get agent",
		Method: http.MethodGet,
		Path:   "/v2/agents/{agent_key}",
		Params: []string{agentKey},
		Replay: transport.ReplaySafe,
	}, options, decode)
}

// ListAgentsRequest says which part of the list of agents to read. The zero
// value is all of it.
type ListAgentsRequest struct {
	// Limit is how many agents to return at most, 1 to 200. 0: all, in
	// one page.
	Limit int
	// StartingAfter is the ID of the agent before the first one to return.
	StartingAfter string
	// EndingBefore is the ID of the agent after the last one to return.
	EndingBefore string
}

// maxLimit is the largest page.
const maxLimit = 200

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. ListAgents calls it.
func (r ListAgentsRequest) Validate() error {
	var problems validate.Problems
	if r.Limit < 0 || r.Limit > maxLimit {
		problems.Addf("limit", "must be from 1 to %d, or 0 for all", maxLimit)
	}
	problems.Text("starting_after", r.StartingAfter)
	problems.Text("ending_before", r.EndingBefore)
	return problems.Err(provider, "list agents")
}

func (r ListAgentsRequest) query() url.Values {
	query := wire.NewQuery()
	query.Number("limit", r.Limit)
	query.Text("starting_after", r.StartingAfter)
	query.Text("ending_before", r.EndingBefore)
	return query.Values
}

// AgentList is one page of the agents of a workspace.
type AgentList struct {
	// Object is the kind of the response, always "list".
	Object string `json:"object"`
	// Agents are the agents of this page.
	Agents []Agent `json:"data"`
	// HasMore reports that there are more agents in the direction of the walk.
	HasMore bool `json:"has_more"`
}

// ListAgents reads one page of the agents of a workspace, the newest first.
// It is repeated after every transient failure.
//
// Errors: [agentclients.ErrBadRequest] for an id that cannot be one.
//
// API reference: List all agents, GET /v2/agents/, https://docs.orq.ai.
func (c *Client) ListAgents(ctx context.Context, request ListAgentsRequest, options ...agentclients.CallOption) (*AgentList, error) {
	if err := request.Validate(); err != nil {
		return nil, err
	}
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "list agents",
		Method: http.MethodGet,
		Path:   "/v2/agents/",
		Query:  request.query(),
		Replay: transport.ReplaySafe,
	}, options, decodeAgentList)
}

// AllAgents reads the agents of a workspace page by page, Limit of them at a
// time (200 by default), the newest first, beginning after StartingAfter. If
// EndingBefore alone is set it walks the other way: from there to the newest.
// The loop ends after the last agent, or after one error.
//
// A page begins after the last agent of the one before, so that nothing that
// stays is left out and nothing is given twice, whatever is created or deleted
// meanwhile. The API does not say what it does if that agent itself was
// deleted: to delete the agents of the loop, collect their keys first.
//
// API reference: List all agents, GET /v2/agents/, https://docs.orq.ai.
func (c *Client) AllAgents(ctx context.Context, request ListAgentsRequest, options ...agentclients.CallOption) iter.Seq2[Agent, error] {
	request.Limit = cmp.Or(request.Limit, maxLimit)
	back := request.StartingAfter == "" && request.EndingBefore != ""
	first := request.StartingAfter
	if back {
		first = request.EndingBefore
	}
	return pages.All(provider, "list agents", first, agentID, func(cursor string) (pages.Page[Agent, string], error) {
		request := request
		if back {
			request.EndingBefore = cursor
		} else {
			request.StartingAfter = cursor
		}
		list, err := c.ListAgents(ctx, request, options...)
		if err != nil {
			return pages.Page[Agent, string]{}, err
		}
		if back {
			slices.Reverse(list.Agents)
		}
		page := pages.Page[Agent, string]{Items: list.Agents, Next: cursor, More: list.HasMore}
		if n := len(list.Agents); n > 0 {
			page.Next = cmp.Or(list.Agents[n-1].ID, cursor)
		}
		return page, nil
	})
}

func agentID(agent Agent) string { return agent.ID }

// VersionIncrement says which part of the version of an agent to count up.
type VersionIncrement string

// The parts of a version.
const (
	VersionMajor VersionIncrement = "major"
	VersionMinor VersionIncrement = "minor"
	VersionPatch VersionIncrement = "patch"
)

// UpdateAgentRequest says what to change. Fields that are not set stay as
// they are.
type UpdateAgentRequest struct {
	// Key renames the agent: 1 to 255 characters, and not taken.
	Key *string `json:"key,omitempty"`
	// DisplayName is the new name for people, at most 255 characters.
	DisplayName *string `json:"display_name,omitempty"`
	// ProjectID moves the agent into another project.
	ProjectID *string `json:"project_id,omitempty"`
	// Role is what the agent is, in a word or two. Not empty.
	Role *string `json:"role,omitempty"`
	// Description is what the agent does. Newer servers want some text.
	Description *string `json:"description,omitempty"`
	// Instructions guide the agent.
	Instructions *string `json:"instructions,omitempty"`
	// SystemPrompt replaces the template of the system prompt. Not empty.
	SystemPrompt *string `json:"system_prompt,omitempty"`
	// Model replaces the model, with all of its parameters.
	Model Model `json:"model,omitzero"`
	// FallbackModels replace the fallback models. Empty, not nil: none.
	FallbackModels []Model `json:"fallback_models,omitzero"`
	// Settings change the settings that they set. Lists in them replace the
	// whole list: see [AgentTool.Tool].
	Settings Settings `json:"settings,omitzero"`
	// Path moves the agent: a project and folders.
	Path *string `json:"path,omitempty"`
	// MemoryStores replace the memory stores. Empty, not nil: none.
	MemoryStores []string `json:"memory_stores,omitzero"`
	// KnowledgeBases replace the knowledge bases. Empty, not nil: none.
	KnowledgeBases []KnowledgeBase `json:"knowledge_bases,omitzero"`
	// TeamOfAgents replace the team. Empty, not nil: none.
	TeamOfAgents []TeamMember `json:"team_of_agents,omitzero"`
	// Variables replace the variables. Empty, not nil: none.
	Variables map[string]any `json:"variables,omitzero"`
	// Skills replace the skills. Empty, not nil: none. Only newer servers
	// know them.
	Skills []string `json:"skills,omitzero"`
	// Engine fills in the variables of the instructions. Only newer servers
	// know it.
	Engine *Engine `json:"engine,omitempty"`
	// VersionIncrement publishes the change as a new version, on servers that
	// count versions. Nil leaves it out.
	VersionIncrement *VersionIncrement `json:"versionIncrement,omitempty"`
	// VersionDescription says what is new in the version that
	// VersionIncrement makes, in at most 300 characters. Nil leaves it out.
	VersionDescription *string `json:"versionDescription,omitempty"`

	// ExtraFields are put into the request last: for fields that this package
	// does not know. A nil value sends null.
	ExtraFields map[string]any `json:"-"`
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. UpdateAgent calls it.
func (r UpdateAgentRequest) Validate() error {
	var problems validate.Problems
	if r.isEmpty() {
		problems.Add("", "nothing to change: set a field or ExtraFields")
	}
	problems.NotEmpty("key", r.Key)
	if r.Key != nil {
		problems.MaxCharacters("key", *r.Key, maxName)
	}
	if r.DisplayName != nil {
		problems.MaxCharacters("display_name", *r.DisplayName, maxName)
	}
	problems.NotEmpty("role", r.Role)
	problems.NotEmpty("system_prompt", r.SystemPrompt)
	if !r.Model.isZero() {
		r.Model.validate(&problems, "model", notAnItem)
	}
	validateParts(&problems, r.FallbackModels, r.Settings, r.KnowledgeBases, r.TeamOfAgents)
	problems.UTF8(updateAgentBody(r))
	return problems.Err(provider, "update agent")
}

// MarshalJSON returns the request as JSON, as it is sent: with ExtraFields.
func (r UpdateAgentRequest) MarshalJSON() ([]byte, error) {
	return wire.Encode(updateAgentBody(r), r.ExtraFields)
}

// updateAgentBody is the request without its extra fields.
type updateAgentBody UpdateAgentRequest

func (r UpdateAgentRequest) isEmpty() bool {
	if len(r.ExtraFields) == 0 {
		r.ExtraFields = nil
	}
	if len(r.Settings.ExtraFields) == 0 {
		r.Settings.ExtraFields = nil
	}
	return reflect.ValueOf(r).IsZero()
}

// replay returns how the request may be repeated for the agent of a key. A
// repeat would count the version up once more; after a renaming it would not
// find the agent, and look as if there had been none.
func (r UpdateAgentRequest) replay(agentKey string) transport.Replay {
	_, key := r.ExtraFields["key"]
	_, version := r.ExtraFields["versionIncrement"]
	if key || version || r.VersionIncrement != nil || r.Key != nil && *r.Key != agentKey {
		return transport.ReplayNever
	}
	return transport.ReplaySafe
}

// UpdateAgent changes the agent of a key. It is repeated after every transient
// failure, since it sets values. The exceptions are a request with
// VersionIncrement and one that changes the key: they are not repeated when
// the response is lost, and the error then matches
// [agentclients.ErrOutcomeUnknown]. Read the agent to see what happened.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent, or none that
// the credential may see, [agentclients.ErrConflict] if the new key is taken,
// [agentclients.ErrBadRequest] if the server finds the request wrong.
//
// API reference: Update an agent, PATCH /v2/agents/{agent_key},
// https://docs.orq.ai.
func (c *Client) UpdateAgent(ctx context.Context, agentKey string, request UpdateAgentRequest, options ...agentclients.CallOption) (*Agent, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:    "update agent",
		Method:  http.MethodPatch,
		Path:    "/v2/agents/{agent_key}",
		Params:  []string{agentKey},
		Invalid: request.Validate(),
		Body:    updateAgentBody(request),
		Extra:   request.ExtraFields,
		Replay:  request.replay(agentKey),
	}, options, decodeAgent)
}

// DeleteAgent removes the agent of a key for good. The key is then free for
// a new agent. It is repeated after every transient failure; 404 to a
// repeat means that an earlier try removed the agent.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent, or none that
// the credential may see.
//
// API reference: Delete an agent, DELETE /v2/agents/{agent_key},
// https://docs.orq.ai.
func (c *Client) DeleteAgent(ctx context.Context, agentKey string, options ...agentclients.CallOption) error {
	return transport.Do(ctx, c.transport, transport.Op{
		Name:   "delete agent",
		Method: http.MethodDelete,
		Path:   "/v2/agents/{agent_key}",
		Params: []string{agentKey},
		Replay: transport.ReplaySafe,
	}, options)
}

func decodeAgent(body []byte) (*Agent, error) {
	return wire.DecodeWith(body, "_id", func(a *Agent) bool { return a.ID != "" })
}

func decodeAgentList(body []byte) (*AgentList, error) {
	return wire.DecodeList(body, "data", func(l *AgentList) *[]Agent { return &l.Agents })
}
