package agentloop

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/diff"
	"github.com/agentclients/agentclients-go/internal/pages"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// Status is where an agent is in its life. The API may add states.
type Status string

// The documented states.
const (
	// StatusActive: the agent can be used.
	StatusActive Status = "active"
	// StatusArchived: the agent is out of the lists and can still be read.
	StatusArchived Status = "archived"

	// statusDeleted: newer servers keep what is left of a deleted agent.
	statusDeleted Status = "deleted"
)

// Agent is the configuration of an AI agent.
type Agent struct {
	// ID identifies the agent, such as "agent_01933b5a000070008000000000000001".
	ID string `json:"id"`
	// Capabilities are the capabilities that the agent has.
	Capabilities []Capability `json:"capabilities,omitzero"`
	// CreatedAt is when the agent was created.
	CreatedAt agentclients.Timestamp `json:"created_at"`
	// DefaultModelID is the language model of sessions that name none, such
	// as "model_01933b5a000070008000000000000001". "": the model that the
	// server prefers.
	DefaultModelID string `json:"default_model_id,omitempty"`
	// Description says for people what the agent does, "" if there is none.
	Description string `json:"description,omitempty"`
	// Name is the agent's name for people.
	Name string `json:"name"`
	// Status is where the agent is in its life.
	Status Status `json:"status"`
	// SystemPrompt defines how the agent behaves. It is the first message of
	// every conversation.
	SystemPrompt string `json:"system_prompt"`
	// Tags are words to find agents by.
	Tags []string `json:"tags,omitzero"`
	// UpdatedAt is when the agent was last changed.
	UpdatedAt agentclients.Timestamp `json:"updated_at"`
	// Usage counts the tokens of all sessions of the agent. Nil until some
	// were spent.
	Usage *TokenUsage `json:"usage,omitempty"`
}

// Capability is a capability that an agent has: a set of tools and an addition
// to its prompt.
type Capability struct {
	// Config configures the capability for this agent: JSON that the
	// capability defines, normally an object. Nil leaves it out.
	Config json.RawMessage `json:"config,omitempty"`
	// Ref is the id of the capability, such as "web_fetch". Required.
	// ListCapabilities knows the ids.
	Ref string `json:"ref"`
}

// TokenUsage counts tokens of language models.
type TokenUsage struct {
	// CacheCreationTokens is how many tokens were written to a cache.
	CacheCreationTokens int64 `json:"cache_creation_tokens,omitempty"`
	// CacheReadTokens is how many tokens were read from a cache.
	CacheReadTokens int64 `json:"cache_read_tokens,omitempty"`
	// InputTokens is how many tokens were read.
	InputTokens int64 `json:"input_tokens"`
	// OutputTokens is how many tokens were written.
	OutputTokens int64 `json:"output_tokens"`
}

// The limits of an agent. Each is itself allowed.
const (
	maxNameBytes         = 2048
	maxDescriptionBytes  = 10_240
	maxSystemPromptBytes = 1_048_576
	maxCapabilities      = 250
)

// CreateAgentRequest says what agent to create.
type CreateAgentRequest struct {
	// Capabilities are the capabilities that the agent gets, at most 250.
	// Nil leaves them out: the agent gets none.
	Capabilities []Capability `json:"capabilities,omitzero"`
	// DefaultModelID is the language model of sessions that name none, by its
	// id, such as "model_01933b5a000070008000000000000001". Nil: the model
	// that the server prefers.
	DefaultModelID *string `json:"default_model_id,omitempty"`
	// Description says for people what the agent does. At most 10,240 bytes.
	// Nil: none.
	Description *string `json:"description,omitempty"`
	// ID is the id to give to the agent: agent_ and 32 lower-case hexadecimal
	// digits. "" makes a new one, as [NewAgentID] does.
	ID string `json:"id,omitempty"`
	// Name is the agent's name for people. Required, at most 2,048 bytes.
	Name string `json:"name"`
	// SystemPrompt defines how the agent behaves. It is the first message of
	// every conversation. Required, at most 1,048,576 bytes.
	SystemPrompt string `json:"system_prompt"`
	// Tags are words to find agents by. Nil leaves them out: the agent gets
	// none.
	Tags []string `json:"tags,omitzero"`

	// ExtraFields are put into the request last: for fields that this package
	// does not know. A nil value sends null. The id cannot be set here.
	ExtraFields map[string]any `json:"-"`
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. CreateAgent calls it.
func (r CreateAgentRequest) Validate() error {
	var problems validate.Problems
	r.validate(&problems)
	if r.ID != "" {
		validateAgentID(&problems, "id", r.ID)
	}
	return problems.Err(provider, "create agent")
}

// validate checks all but the id.
func (r CreateAgentRequest) validate(problems *validate.Problems) {
	problems.Required("name", r.Name)
	problems.Required("system_prompt", r.SystemPrompt)
	validateContent(problems, &r.Name, &r.SystemPrompt, r.Description, r.Capabilities)
	problems.NotExtra("id", r.ExtraFields)
	problems.UTF8(createAgentBody(r))
}

// validateContent checks what a create and an update have in common.
func validateContent(problems *validate.Problems, name, systemPrompt, description *string, capabilities []Capability) {
	for _, text := range []struct {
		path  string
		value *string
		limit int
	}{
		{"name", name, maxNameBytes},
		{"system_prompt", systemPrompt, maxSystemPromptBytes},
		{"description", description, maxDescriptionBytes},
	} {
		if text.value != nil {
			problems.MaxBytes(text.path, *text.value, text.limit)
		}
	}
	if n := len(capabilities); n > maxCapabilities {
		problems.Addf("capabilities", "must have at most %d items, not %d", maxCapabilities, n)
	}
	for i, capability := range capabilities {
		problems.RequiredItem("capabilities", i, "ref", capability.Ref)
	}
}

// MarshalJSON returns the request as JSON, as it is sent: with ExtraFields.
func (r CreateAgentRequest) MarshalJSON() ([]byte, error) {
	return wire.Encode(createAgentBody(r), r.ExtraFields)
}

// createAgentBody is the request without its extra fields.
type createAgentBody CreateAgentRequest

// CreateAgent creates an agent.
//
// It makes at most one agent. After a lost response it is repeated, since
// the server refuses a second agent with the same id. If it stays open what
// became of it, the agent is read back, once, and returned: if the request has
// an ID, only if the agent is not archived and has what the request asks for
// (which proves that there is such an agent, not who made it). Nobody else can
// have an id that the client made.
//
// Errors: [agentclients.ErrConflict] if there is an agent with the ID of the
// request, archived or not, [agentclients.ErrBadRequest] if the server refuses
// the request, [agentclients.ErrServer] also for an unknown DefaultModelID,
// [agentclients.ErrOutcomeUnknown] if the agent may have been created and
// could not be read back: read the agent with the ID of the request, or create
// it again with that ID, which is the ResourceID of the error.
//
// API reference: create_agent, POST /v1/agents,
// https://github.com/everruns/everruns.
func (c *Client) CreateAgent(ctx context.Context, request CreateAgentRequest, options ...agentclients.CallOption) (*Agent, error) {
	if err := request.Validate(); err != nil {
		return nil, err
	}
	settling := transport.Settling[Agent]{Compare: request.compare}
	if request.ID == "" {
		request.ID = NewAgentID()
		settling.Own = true
		settling.Compare = compareStatus
	}
	decode := func(body []byte) (*Agent, error) {
		agent, err := decodeAgent(body)
		if err == nil && agent.ID != request.ID {
			return nil, wire.Other("id", agent.ID, request.ID)
		}
		return agent, err
	}
	settling.Find = func(options ...agentclients.CallOption) (*Agent, error) {
		return c.getAgent(ctx, request.ID, options, decode)
	}
	return transport.Create(ctx, c.transport, transport.Op{
		Name:   "create agent",
		Method: http.MethodPost,
		Path:   "/v1/agents",
		Body:   createAgentBody(request),
		Extra:  request.ExtraFields,
		Replay: transport.ReplayKeyed,

		ResourceID: request.ID,
	}, options, decode, settling)
}

// Diff lists what the agent lacks of what the request sets, extra fields
// included. An agent that is archived lacks the status. Nil: the agent is what
// the request asks for.
func (r CreateAgentRequest) Diff(agent *Agent) []agentclients.FieldDiff {
	return r.compare(agent).All()
}

var rules = diff.Rules{
	Unordered: []string{"tags"},
	Omitted:   []string{"description", "default_model_id"},
}

func (r CreateAgentRequest) compare(agent *Agent) diff.Result {
	result := diff.Compare[Agent](createAgentBody(r), r.ExtraFields, agent, rules)
	status := compareStatus(agent)
	result.Different = append(result.Different, status.Different...)
	result.Untold = append(result.Untold, status.Untold...)
	return result
}

// compareStatus notes that an agent is not there. Any state that is not known
// to say so is as good as active.
func compareStatus(agent *Agent) (result diff.Result) {
	if agent == nil {
		agent = new(Agent)
	}
	switch agent.Status {
	case StatusArchived, statusDeleted, "":
		result.Add("status", string(StatusActive), string(agent.Status))
	}
	return result
}

// PutAgent creates the agent with this id, or replaces what the agent with
// this id has. created tells which. The request is that of CreateAgent; its
// ID may be left empty.
//
// A replaced agent loses the description, the model and the tags that the
// request does not have. It keeps its capabilities if those of the request are
// nil. The server does so for an empty list, too; the client then follows up
// with an update that removes them. An archived agent becomes active again.
//
// It is repeated after every transient failure: it sets values, so a repeat
// changes nothing but updated_at. After a repeat created may be false although
// an earlier try created the agent.
//
// Errors: [agentclients.ErrBadRequest] if the server refuses the request,
// [agentclients.ErrServer] also for an unknown DefaultModelID.
//
// API reference: PUT /v1/agents/{agent_id},
// https://github.com/everruns/everruns.
func (c *Client) PutAgent(ctx context.Context, agentID string, request CreateAgentRequest, options ...agentclients.CallOption) (agent *Agent, created bool, err error) {
	const op = "put agent"
	var problems validate.Problems
	validateAgentID(&problems, "agent_id", agentID)
	request.validate(&problems)
	if request.ID != "" && request.ID != agentID {
		problems.Add("id", "must be empty or the same as agent_id")
	}
	if err := problems.Err(provider, op); err != nil {
		return nil, false, err
	}
	request.ID = ""
	var status int
	agent, err = transport.Call(ctx, c.transport, transport.Op{
		Name:   op,
		Method: http.MethodPut,
		Path:   "/v1/agents/{agent_id}",
		Params: []string{agentID},
		Body:   createAgentBody(request),
		Extra:  request.ExtraFields,
		Replay: transport.ReplaySafe,
		Status: &status,
	}, options, decodeAgent)
	created = err == nil && status == http.StatusCreated
	if err == nil && request.Capabilities != nil && len(request.Capabilities) == 0 && len(agent.Capabilities) > 0 {
		agent, err = c.UpdateAgent(ctx, agentID, UpdateAgentRequest{Capabilities: request.Capabilities}, options...)
	}
	return agent, created, err
}

// GetAgent reads one agent, archived or not. It is repeated after every
// transient failure.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent.
//
// API reference: get_agent, GET /v1/agents/{agent_id},
// https://github.com/everruns/everruns.
func (c *Client) GetAgent(ctx context.Context, agentID string, options ...agentclients.CallOption) (*Agent, error) {
	return c.getAgent(ctx, agentID, options, decodeAgent)
}

func (c *Client) getAgent(ctx context.Context, agentID string, options []agentclients.CallOption, decode func([]byte) (*Agent, error)) (*Agent, error) {
	const op = "get agent"
	if err := checkAgentID(op, agentID); err != nil {
		return nil, err
	}
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   op,
		Method: http.MethodGet,
		Path:   "/v1/agents/{agent_id}",
		Params: []string{agentID},
		Replay: transport.ReplaySafe,
	}, options, decode)
}

// ListAgentsRequest says which part of the list of agents to read. The zero
// value is what the server gives by itself. Servers of before March 2026
// ignore all of it and return every active agent.
type ListAgentsRequest struct {
	// Search lists only agents that have this text. "": all.
	Search string
	// Limit is how many agents to return at most, up to 100. 0: as many
	// as the server likes, which is 20.
	Limit int
	// Offset is how many agents to leave out at the beginning.
	Offset int
	// IncludeArchived lists archived agents, too.
	IncludeArchived bool
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. ListAgents calls it.
func (r ListAgentsRequest) Validate() error {
	var problems validate.Problems
	problems.NotNegative("limit", r.Limit)
	problems.NotNegative("offset", r.Offset)
	problems.Text("search", r.Search)
	return problems.Err(provider, "list agents")
}

func (r ListAgentsRequest) query() url.Values {
	query := wire.NewQuery()
	query.Text("search", r.Search)
	query.Number("limit", r.Limit)
	query.Number("offset", r.Offset)
	query.Flag("include_archived", r.IncludeArchived)
	return query.Values
}

// AgentList is a list of agents, or one page of it.
type AgentList struct {
	// Agents are the agents of this page.
	Agents []Agent `json:"data"`
	// Total is how many agents there are on all pages. Nil: the server has no
	// pages, and these are all agents.
	Total *int `json:"total,omitempty"`
	// Offset is how many agents come before this page, if there are pages.
	Offset int `json:"offset,omitempty"`
	// Limit is how many agents a page has at most, if there are pages.
	Limit int `json:"limit,omitempty"`
}

// ListAgents reads the active agents, the newest first: all of them, or one
// page on servers that have pages. It is repeated after every failure that may
// pass.
//
// API reference: list_agents, GET /v1/agents,
// https://github.com/everruns/everruns.
func (c *Client) ListAgents(ctx context.Context, request ListAgentsRequest, options ...agentclients.CallOption) (*AgentList, error) {
	if err := request.Validate(); err != nil {
		return nil, err
	}
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "list agents",
		Method: http.MethodGet,
		Path:   "/v1/agents",
		Query:  request.query(),
		Replay: transport.ReplaySafe,
	}, options, decodeAgentList)
}

// AllAgents reads the active agents page by page if the server has pages,
// else in one go, beginning at Offset. The loop ends after the last agent, or
// after one error.
//
// Agents may be changed and archived in the loop: none that stays is left out,
// and none is given twice. (If an agent is created at the very moment when
// another one leaves the list, the server's count does not tell.)
//
// API reference: list_agents, GET /v1/agents,
// https://github.com/everruns/everruns.
func (c *Client) AllAgents(ctx context.Context, request ListAgentsRequest, options ...agentclients.CallOption) iter.Seq2[Agent, error] {
	return pages.Windows(provider, "list agents", request.Offset, agentID, func(offset int) (pages.Window[Agent], error) {
		request := request
		request.Offset = offset
		list, err := c.ListAgents(ctx, request, options...)
		if err != nil {
			return pages.Window[Agent]{}, err
		}
		n := len(list.Agents)
		return pages.Window[Agent]{
			Items: list.Agents, Start: offset, End: offset + n, Total: list.Total,
			More: list.Total != nil && n > 0 && offset+n < *list.Total,
		}, nil
	})
}

func agentID(agent Agent) string { return agent.ID }

// UpdateAgentRequest says what to change. Nil fields stay as they are. The API
// takes null for the same, so that an update cannot remove a description or a
// model: an empty text replaces a description, and [Client.PutAgent] removes
// both.
type UpdateAgentRequest struct {
	// Capabilities replaces the capabilities as a whole, at most 250. An
	// empty list removes all.
	Capabilities []Capability `json:"capabilities,omitzero"`
	// DefaultModelID is the new language model of sessions that name none.
	DefaultModelID *string `json:"default_model_id,omitempty"`
	// Description is the new description. At most 10,240 bytes.
	Description *string `json:"description,omitempty"`
	// Name is the new name. At most 2,048 bytes.
	Name *string `json:"name,omitempty"`
	// Status archives the agent, or makes an archived one active again.
	Status *Status `json:"status,omitempty"`
	// SystemPrompt is the new system prompt. At most 1,048,576 bytes.
	SystemPrompt *string `json:"system_prompt,omitempty"`
	// Tags replaces the tags as a whole. An empty list removes all.
	Tags []string `json:"tags,omitzero"`

	// ExtraFields are put into the request last: for fields that this package
	// does not know. A nil value sends null.
	ExtraFields map[string]any `json:"-"`
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. UpdateAgent calls it.
func (r UpdateAgentRequest) Validate() error {
	var problems validate.Problems
	if r.Capabilities == nil && r.DefaultModelID == nil && r.Description == nil && r.Name == nil &&
		r.Status == nil && r.SystemPrompt == nil && r.Tags == nil && len(r.ExtraFields) == 0 {
		problems.Add("", "nothing to change: set capabilities, default_model_id, description, name, status, system_prompt or tags")
	}
	validateContent(&problems, r.Name, r.SystemPrompt, r.Description, r.Capabilities)
	problems.UTF8(updateAgentBody(r))
	return problems.Err(provider, "update agent")
}

// MarshalJSON returns the request as JSON, as it is sent: with ExtraFields.
func (r UpdateAgentRequest) MarshalJSON() ([]byte, error) {
	return wire.Encode(updateAgentBody(r), r.ExtraFields)
}

// updateAgentBody is the request without its extra fields.
type updateAgentBody UpdateAgentRequest

// UpdateAgent changes an agent. Only the fields that are set are sent. It is
// repeated after every transient failure: it sets values, so a repeat
// changes nothing but updated_at.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent,
// [agentclients.ErrBadRequest] if the server refuses a value, which newer
// servers also do if the agent is archived.
//
// API reference: update_agent, PATCH /v1/agents/{agent_id},
// https://github.com/everruns/everruns.
func (c *Client) UpdateAgent(ctx context.Context, agentID string, request UpdateAgentRequest, options ...agentclients.CallOption) (*Agent, error) {
	const op = "update agent"
	if err := refuse(op, checkAgentID(op, agentID), request.Validate()); err != nil {
		return nil, err
	}
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   op,
		Method: http.MethodPatch,
		Path:   "/v1/agents/{agent_id}",
		Params: []string{agentID},
		Body:   updateAgentBody(request),
		Extra:  request.ExtraFields,
		Replay: transport.ReplaySafe,
	}, options, decodeAgent)
}

// ArchiveAgent takes an agent out of the lists. It can still be read, its id
// stays taken, and UpdateAgent or PutAgent make it active again. It is
// repeated after every transient failure; 404 to a repeat means that an
// earlier try archived the agent.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent, or if it is
// archived already.
//
// API reference: delete_agent, DELETE /v1/agents/{agent_id},
// https://github.com/everruns/everruns.
func (c *Client) ArchiveAgent(ctx context.Context, agentID string, options ...agentclients.CallOption) error {
	const op = "archive agent"
	if err := checkAgentID(op, agentID); err != nil {
		return err
	}
	return transport.Do(ctx, c.transport, transport.Op{
		Name:   op,
		Method: http.MethodDelete,
		Path:   "/v1/agents/{agent_id}",
		Params: []string{agentID},
		Replay: transport.ReplaySafe,
	}, options)
}

func decodeAgent(body []byte) (*Agent, error) {
	return wire.DecodeWith(body, "id", func(a *Agent) bool { return a.ID != "" })
}

func decodeAgentList(body []byte) (*AgentList, error) {
	return wire.DecodeList(body, "data", func(l *AgentList) *[]Agent { return &l.Agents })
}
