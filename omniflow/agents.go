package omniflow

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// Status is the state of an agent. The API may add states.
type Status string

// The documented states.
const (
	// StatusPending: the agent is being set up.
	StatusPending Status = "pending"
	// StatusReady: the agent can be used.
	StatusReady Status = "ready"
	// StatusError: the agent could not be set up.
	StatusError Status = "error"
)

// DefaultLLMModel is the language model of an agent that was asked for
// without one.
const DefaultLLMModel = "gpt-4o-mini"

// Agent is an Omni Flow agent: an AI agent that answers messages for a
// workspace.
type Agent struct {
	// ID identifies the agent. It is read from _id, else id, else agentId.
	// The API does not document it for every response, so it may be "": then
	// look for the agent in the list by Name and CreatedAt.
	ID string `json:"_id,omitempty"`
	// WorkspaceID is the workspace that the agent belongs to.
	WorkspaceID string `json:"workspaceId"`
	// UserID is the user that created the agent, "" if the API does not say.
	UserID string `json:"userId,omitempty"`
	// Name is the agent's name for people. Several agents may share one.
	Name string `json:"name"`
	// LLMModel is the language model that writes the responses.
	LLMModel string `json:"llmModel"`
	// PhoneNumberID is the phone number that the agent answers on.
	PhoneNumberID Reference `json:"phoneNumberId"`
	// Status is the state of the agent, StatusReady for a usable one.
	Status Status `json:"status"`
	// CreatedAt is when the agent was created.
	CreatedAt agentclients.Timestamp `json:"createdAt"`
	// UpdatedAt is when the agent was last changed.
	UpdatedAt agentclients.Timestamp `json:"updatedAt"`
	// Settings is the JSON object that was set on the agent, as it came. Nil
	// if the response has none.
	Settings json.RawMessage `json:"settings,omitempty"`
	// MessageChannel is how messages reach the agent, that of its message flow.
	// "" if the response does not say.
	MessageChannel MessageChannel `json:"messageChannel,omitempty"`
}

// CreateAgentRequest says what agent to create.
type CreateAgentRequest struct {
	// Name is the agent's name for people. Required. It need not be unique.
	Name string `json:"name"`
	// LLMModel is the language model that writes the responses, such as
	// "gpt-4o-mini", "gpt-4o" or "gpt-4o-enterprise". "" stands for
	// [DefaultLLMModel], which is then sent.
	LLMModel string `json:"llmModel"`
	// Settings are settings of any names. Nil leaves them out, an empty map
	// sends {}.
	Settings map[string]any `json:"settings,omitzero"`

	// ExtraFields are put into the request last: for fields that this package
	// does not know. A nil value sends null.
	ExtraFields map[string]any `json:"-"`
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. CreateAgent calls it.
func (r CreateAgentRequest) Validate() error {
	var problems validate.Problems
	problems.Required("name", r.Name)
	problems.UTF8(createAgentBody(r))
	return problems.Err(provider, "create agent")
}

// MarshalJSON returns the request as JSON, as it is sent: with ExtraFields.
func (r CreateAgentRequest) MarshalJSON() ([]byte, error) {
	return wire.Encode(createAgentBody(r), r.ExtraFields)
}

// createAgentBody is the request without its extra fields.
type createAgentBody CreateAgentRequest

// CreateAgent creates an agent in the workspace.
//
// It makes at most one agent. It is not repeated when the response is lost,
// since the API would make a second one. The error then matches
// [agentclients.ErrOutcomeUnknown]: look with FindAgents for one with the Name
// of the request and a CreatedAt that is not before the call. If there is
// none, nothing was created.
//
// Errors: [agentclients.ErrBadRequest] if the API refuses the request,
// [agentclients.ErrUnauthorized] for a wrong key, [agentclients.ErrForbidden]
// if the key may not use the workspace, [agentclients.ErrOutcomeUnknown] if
// the agent may have been created.
//
// API reference: Create Omni Flow Agent, POST /v1/api/omni-flow-agents,
// https://docs.trillet.ai.
func (c *Client) CreateAgent(ctx context.Context, request CreateAgentRequest, options ...agentclients.CallOption) (*Agent, error) {
	if err := request.Validate(); err != nil {
		return nil, err
	}
	request.LLMModel = cmp.Or(request.LLMModel, DefaultLLMModel)
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "create agent",
		Method: http.MethodPost,
		Path:   "/v1/api/omni-flow-agents",
		Body:   createAgentBody(request),
		Extra:  request.ExtraFields,
		Replay: transport.ReplayNever,
	}, options, decodeAgent)
}

// GetAgent reads one agent. It is repeated after every transient failure.
//
// Errors: [agentclients.ErrNotFound] if the workspace has no such agent.
//
// API reference: Get Omni Flow Agent, GET /v1/api/omni-flow-agents/{agentId},
// https://docs.trillet.ai.
func (c *Client) GetAgent(ctx context.Context, agentID string, options ...agentclients.CallOption) (*Agent, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "get agent",
		Method: http.MethodGet,
		Path:   "/v1/api/omni-flow-agents/{agentId}",
		Params: []string{agentID},
		Replay: transport.ReplaySafe,
	}, options, decodeAgent)
}

// AgentList is the list of the agents of a workspace.
type AgentList struct {
	// Agents are all agents: the API has no pages.
	Agents []Agent `json:"agents"`
}

// ListAgents reads all agents of the workspace: the API has no pages. A
// workspace without agents has an empty list. It is repeated after every
// transient failure.
//
// API reference: List Omni Flow Agents, GET /v1/api/omni-flow-agents,
// https://docs.trillet.ai.
func (c *Client) ListAgents(ctx context.Context, options ...agentclients.CallOption) (*AgentList, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "list agents",
		Method: http.MethodGet,
		Path:   "/v1/api/omni-flow-agents",
		Replay: transport.ReplaySafe,
	}, options, decodeAgentList)
}

// UpdateAgentRequest says what to change. Nil fields stay as they are.
type UpdateAgentRequest struct {
	// Name is the new name. Not empty.
	Name *string `json:"name,omitempty"`
	// LLMModel is the new language model. Not empty.
	LLMModel *string `json:"llmModel,omitempty"`
	// TTSModel is the new voice.
	TTSModel *TTSModel `json:"ttsModel,omitempty"`
	// Settings replaces the settings as a whole; an empty map sends {}. The
	// API returns settings but does not document that they can be changed.
	Settings map[string]any `json:"settings,omitzero"`

	// ExtraFields are put into the request last: for fields that this package
	// does not know. A nil value sends null.
	ExtraFields map[string]any `json:"-"`
}

// TTSModel is the voice of an agent. The API takes it and does not return it.
type TTSModel struct {
	// Provider is who makes the voice. Nil leaves it out.
	Provider *string `json:"provider,omitempty"`
	// VoiceID is the voice, as the provider calls it. Nil leaves it out.
	VoiceID *string `json:"voiceId,omitempty"`
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. UpdateAgent calls it.
func (r UpdateAgentRequest) Validate() error {
	var problems validate.Problems
	if r.Name == nil && r.LLMModel == nil && r.TTSModel == nil && r.Settings == nil && len(r.ExtraFields) == 0 {
		problems.Add("", "nothing to change: set name, llmModel, ttsModel or settings")
	}
	problems.NotEmpty("name", r.Name)
	problems.NotEmpty("llmModel", r.LLMModel)
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
// changes nothing but updatedAt.
//
// Errors: [agentclients.ErrNotFound] if the workspace has no such agent,
// [agentclients.ErrBadRequest] if the API refuses a value.
//
// API reference: Update Omni Flow Agent, PUT
// /v1/api/omni-flow-agents/{agentId}, https://docs.trillet.ai.
func (c *Client) UpdateAgent(ctx context.Context, agentID string, request UpdateAgentRequest, options ...agentclients.CallOption) (*Agent, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:    "update agent",
		Method:  http.MethodPut,
		Path:    "/v1/api/omni-flow-agents/{agentId}",
		Params:  []string{agentID},
		Invalid: request.Validate(),
		Body:    updateAgentBody(request),
		Extra:   request.ExtraFields,
		Replay:  transport.ReplaySafe,
	}, options, decodeAgent)
}

// foundAgent is an agent with the other names that its id may have.
type foundAgent struct {
	Agent
	PlainID string `json:"id"`
	AgentID string `json:"agentId"`
}

func (a *foundAgent) agent() *Agent {
	a.ID = cmp.Or(a.ID, a.PlainID, a.AgentID)
	return &a.Agent
}

// decodeAgent reads an agent. The only member that all documented responses
// have is the name; an agent with an id is accepted without it.
func decodeAgent(body []byte) (*Agent, error) {
	read, err := wire.Decode[foundAgent](body)
	if err != nil {
		return nil, err
	}
	agent := read.agent()
	if agent.ID == "" && agent.Name == "" {
		return nil, wire.Missing("name")
	}
	return agent, nil
}

func decodeAgentList(body []byte) (*AgentList, error) {
	read, err := wire.DecodeArray[foundAgent](body)
	if err != nil {
		return nil, err
	}
	list := &AgentList{Agents: make([]Agent, len(read))}
	for i := range read {
		list.Agents[i] = *read[i].agent()
	}
	return list, nil
}
