package agentloop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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

// Status is where an agent is in its life. The API may add states.
type Status string

// The documented states.
const (
	// StatusActive: the agent can be used.
	StatusActive Status = "active"
	// StatusArchived: the agent is out of the lists and can still be read.
	StatusArchived Status = "archived"
)

// Agent is the configuration of an AI agent.
type Agent struct {
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
	// ID identifies the agent, such as "agent_01933b5a000070008000000000000001".
	ID string `json:"id"`
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
	// Capabilities are the capabilities that the agent gets, 250 at the most.
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

// CreateAgent creates an agent.
//
// It makes at most one agent. A lost answer is followed by another try, since
// the server refuses a second agent with the same id; if that try is refused
// with 409, the agent is read back and returned: if the request has an ID, only
// if the agent is not archived and has the content of the request.
//
// Errors: [agentclients.ErrConflict] if there is an agent with the ID of the
// request, archived or not, [agentclients.ErrBadRequest] if the server refuses
// the request, [agentclients.ErrServer] also for an unknown DefaultModelID,
// [agentclients.ErrOutcomeUnknown] if the agent may have been created: read
// the agent with the ID of the request, or create it again with that ID. The
// error's Fields name it.
//
// API reference: create_agent, POST /v1/agents.
func (c *Client) CreateAgent(ctx context.Context, request CreateAgentRequest, options ...agentclients.CallOption) (*Agent, error) {
	if err := request.Validate(); err != nil {
		return nil, err
	}
	compare := request.compare
	if request.ID == "" {
		request.ID = NewAgentID()
		compare = func(*Agent, *transport.Comparison) {} // nobody else's can have this id
	}
	agent, err := transport.Call(ctx, c.transport, transport.Op{
		Name:   "create agent",
		Method: http.MethodPost,
		Path:   "/v1/agents",
		Body:   request,
		Extra:  request.ExtraFields,
		Replay: transport.ReplayKeyed,
	}, options, decodeAgent)
	agent, err = transport.Settle(agent, err, options,
		func(options ...agentclients.CallOption) (*Agent, error) {
			return c.GetAgent(ctx, request.ID, options...)
		},
		compare)
	var doubt *agentclients.Error
	if err != nil && errors.As(err, &doubt) && doubt.OutcomeUnknown {
		// The caller may not know the id, which is what to look for.
		doubt.Fields = append(doubt.Fields, agentclients.FieldError{Path: "id", Message: request.ID + " is the agent, if it exists"})
	}
	return agent, err
}

// compare compares an agent with what the request, with its extra fields, asks
// for.
func (r CreateAgentRequest) compare(found *Agent, c *transport.Comparison) {
	sent, err := wire.Sent[Agent](r, r.ExtraFields)
	if err != nil { // it was sent, so it can be encoded
		c.Unclear()
		return
	}
	c.Equal(found.Status != StatusArchived)
	c.Text(sent.Name, found.Name)
	c.Text(sent.SystemPrompt, found.SystemPrompt)
	c.Equal(sent.Description == found.Description) // left out if there is none
	c.Equal(sent.DefaultModelID == found.DefaultModelID)
	c.Equal(slices.Equal(sent.Tags, found.Tags))
	c.Equal(slices.EqualFunc(sent.Capabilities, found.Capabilities, Capability.equal))
}

// equal reports whether two capabilities mean the same. The server may answer
// a config that is absent as null or {}, and the other way round.
func (c Capability) equal(other Capability) bool {
	return c.Ref == other.Ref && reflect.DeepEqual(configValue(c.Config), configValue(other.Config))
}

// configValue returns what a config says, nil if it says nothing.
func configValue(config json.RawMessage) any {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(config))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return nil
	}
	if members, ok := value.(map[string]any); ok && len(members) == 0 {
		return nil
	}
	return value
}

// PutAgent creates the agent with this id, or replaces what the agent with
// this id has. created tells which. The request is that of CreateAgent; its
// ID may be left empty.
//
// A replaced agent loses the description, the model and the tags that the
// request does not have, but keeps its capabilities if the request has none:
// UpdateAgent with an empty list removes them. An archived agent becomes
// active again.
//
// It is repeated after every failure that may pass: it sets values, so a
// repeat changes nothing but updated_at. After a repeat created may be false
// although an earlier try created the agent.
//
// Errors: [agentclients.ErrBadRequest] if the server refuses the request,
// [agentclients.ErrServer] also for an unknown DefaultModelID.
//
// API reference: PUT /v1/agents/{agent_id}.
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
		Body:   request,
		Extra:  request.ExtraFields,
		Replay: transport.ReplaySafe,
		Status: &status,
	}, options, decodeAgent)
	return agent, err == nil && status == http.StatusCreated, err
}

// GetAgent reads one agent, archived or not. It is repeated after every
// failure that may pass.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent.
//
// API reference: get_agent, GET /v1/agents/{agent_id}.
func (c *Client) GetAgent(ctx context.Context, agentID string, options ...agentclients.CallOption) (*Agent, error) {
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
	}, options, decodeAgent)
}

// ListAgentsRequest says which part of the list of agents to read. The zero
// value is what the server gives by itself. Servers of before March 2026
// ignore all of it and return every active agent.
type ListAgentsRequest struct {
	// Search lists only agents that have this text. "": all.
	Search string
	// Limit is how many agents to return at the most, up to 100. 0: as many
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
	// Limit is how many agents a page has at the most, if there are pages.
	Limit int `json:"limit,omitempty"`
}

// ListAgents reads the active agents, the newest first: all of them, or one
// page on servers that have pages. It is repeated after every failure that may
// pass.
//
// API reference: list_agents, GET /v1/agents.
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
// else in one go, beginning at Offset. An agent that moves to the next page
// meanwhile is not given twice. The loop ends after the last agent, or after
// one error.
//
// API reference: list_agents, GET /v1/agents.
func (c *Client) AllAgents(ctx context.Context, request ListAgentsRequest, options ...agentclients.CallOption) iter.Seq2[Agent, error] {
	return pages.Offsets(provider, "list agents", request.Offset, agentID, func(offset int) ([]Agent, bool, error) {
		request := request
		request.Offset = offset
		list, err := c.ListAgents(ctx, request, options...)
		if err != nil {
			return nil, false, err
		}
		n := len(list.Agents)
		return list.Agents, list.Total != nil && n > 0 && offset+n < *list.Total, nil
	})
}

func agentID(agent Agent) string { return agent.ID }

// UpdateAgentRequest says what to change. Nil fields stay as they are. The API
// takes null for the same, so that an update cannot remove a description or a
// model: an empty text replaces a description, and [Client.PutAgent] removes
// both.
type UpdateAgentRequest struct {
	// Capabilities replaces the capabilities as a whole, 250 at the most. An
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
	return problems.Err(provider, "update agent")
}

// UpdateAgent changes an agent. Only the fields that are set are sent. It is
// repeated after every failure that may pass: it sets values, so a repeat
// changes nothing but updated_at.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent,
// [agentclients.ErrBadRequest] if the server refuses a value, which newer
// servers also do if the agent is archived.
//
// API reference: update_agent, PATCH /v1/agents/{agent_id}.
func (c *Client) UpdateAgent(ctx context.Context, agentID string, request UpdateAgentRequest, options ...agentclients.CallOption) (*Agent, error) {
	const op = "update agent"
	if err := request.Validate(); err != nil {
		return nil, err
	}
	if err := checkAgentID(op, agentID); err != nil {
		return nil, err
	}
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   op,
		Method: http.MethodPatch,
		Path:   "/v1/agents/{agent_id}",
		Params: []string{agentID},
		Body:   request,
		Extra:  request.ExtraFields,
		Replay: transport.ReplaySafe,
	}, options, decodeAgent)
}

// ArchiveAgent takes an agent out of the lists. It can still be read, its id
// stays taken, and UpdateAgent or PutAgent make it active again. It is
// repeated after every failure that may pass; 404 to a repeat means that an
// earlier try archived the agent.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent, or if it is
// archived already.
//
// API reference: delete_agent, DELETE /v1/agents/{agent_id}.
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
	return wire.DecodeWith(body, "data", func(l *AgentList) bool { return l.Agents != nil })
}
