package phoneagents

import (
	"cmp"
	"context"
	"iter"
	"net/http"
	"net/url"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/pages"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// Agent is an AI agent that answers on a phone number or an Instagram account.
type Agent struct {
	// ID identifies the agent, such as "agt_xyz789".
	ID string `json:"agent_id"`
	// UserID is the user that the agent belongs to.
	UserID string `json:"user_id"`
	// PhoneNumberID is the phone number or Instagram account that the agent
	// answers on. It never changes.
	PhoneNumberID string `json:"phone_number_id"`
	// PromptID is the OpenAI prompt that the agent follows.
	PromptID string `json:"prompt_id"`
	// Name is the agent's name for people.
	Name string `json:"name"`
	// CreatedAt is when the agent was created.
	CreatedAt agentclients.Timestamp `json:"created_at"`
	// UpdatedAt is when the agent was last changed.
	UpdatedAt agentclients.Timestamp `json:"updated_at"`
}

// CreateAgentRequest says what agent to create.
type CreateAgentRequest struct {
	// PhoneNumberID is the phone number or Instagram account to answer on.
	// Required. It must belong to the user and have no agent yet.
	PhoneNumberID string `json:"phone_number_id"`
	// PromptID is a prompt that was made in the OpenAI dashboard. Required.
	PromptID string `json:"prompt_id"`
	// Name is the agent's name for people. Required.
	Name string `json:"name"`
	// AgentID is an id chosen by the caller. The documented API makes ids
	// itself and ignores it; some servers of this API require it. Nil leaves
	// it out.
	AgentID *string `json:"agent_id,omitempty"`

	// ExtraFields are put into the request last: for fields that this package
	// does not know. A nil value sends null. The phone number cannot be set
	// here.
	ExtraFields map[string]any `json:"-"`
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. CreateAgent calls it.
func (r CreateAgentRequest) Validate() error {
	var problems validate.Problems
	problems.Required("phone_number_id", r.PhoneNumberID)
	problems.NotExtra("phone_number_id", r.ExtraFields)
	problems.Required("prompt_id", r.PromptID)
	problems.Required("name", r.Name)
	problems.NotEmpty("agent_id", r.AgentID)
	return problems.Err(provider, "create agent")
}

// CreateAgent creates an agent by binding an OpenAI prompt to a phone number
// or an Instagram account of a user.
//
// It makes at most one agent. A lost answer is followed by another try, since
// a number has one agent at the most; if that try is refused with 409, the
// agent of the number is read back and returned if it has the prompt and the
// name of the request.
//
// Errors: [agentclients.ErrConflict] if the number has an agent already,
// [agentclients.ErrNotFound] if the number does not exist or is another
// user's, [agentclients.ErrBadRequest] for an unknown prompt,
// [agentclients.ErrOutcomeUnknown] if the agent may have been created: list
// the agents of the user and look for the number.
//
// API reference: Create Agent, POST /users/{user_id}/agents.
func (c *Client) CreateAgent(ctx context.Context, userID string, request CreateAgentRequest, options ...agentclients.CallOption) (*Agent, error) {
	if err := request.Validate(); err != nil {
		return nil, err
	}
	agent, err := transport.Call(ctx, c.transport, transport.Op{
		Name:   "create agent",
		Method: http.MethodPost,
		Path:   "/users/{user_id}/agents",
		Params: []string{userID},
		Body:   request,
		Extra:  request.ExtraFields,
		Replay: transport.ReplayKeyed,
	}, options, decodeAgent)
	return transport.Settle(agent, err, options,
		func(options ...agentclients.CallOption) (*Agent, error) {
			return c.agentOfNumber(ctx, userID, request.PhoneNumberID, options)
		},
		request.compare)
}

// compare compares an agent with what the request, with its extra fields, asks
// for.
func (r CreateAgentRequest) compare(found *Agent, c *transport.Comparison) {
	sent, err := wire.Sent[Agent](r, r.ExtraFields)
	if err != nil { // it was sent, so it can be encoded
		c.Unclear()
		return
	}
	c.Text(sent.PromptID, found.PromptID)
	c.Text(sent.Name, found.Name)
}

// agentOfNumber returns the agent that answers on a phone number, nil if
// there is none.
func (c *Client) agentOfNumber(ctx context.Context, userID, phoneNumberID string, options []agentclients.CallOption) (*Agent, error) {
	for agent, err := range c.AllAgents(ctx, userID, ListAgentsRequest{}, options...) {
		if err != nil {
			return nil, err
		}
		if agent.PhoneNumberID == phoneNumberID {
			return &agent, nil
		}
	}
	return nil, nil
}

// GetAgent reads one agent. It is repeated after every failure that may pass.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent,
// [agentclients.ErrForbidden] if it is another user's.
//
// API reference: Get Agent, GET /users/{user_id}/agents/{agent_id}.
func (c *Client) GetAgent(ctx context.Context, userID, agentID string, options ...agentclients.CallOption) (*Agent, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "get agent",
		Method: http.MethodGet,
		Path:   "/users/{user_id}/agents/{agent_id}",
		Params: []string{userID, agentID},
		Replay: transport.ReplaySafe,
	}, options, decodeAgent)
}

// ListAgentsRequest says which part of the list of agents to read. The zero
// value is the first page.
type ListAgentsRequest struct {
	// Limit is how many agents to return at the most. 0: as many as the
	// server likes, which is 100.
	Limit int
	// Offset is how many agents to leave out at the beginning.
	Offset int
	// OrderBy is the field to sort by: created_at (default), updated_at,
	// name, agent_id, phone_number_id or prompt_id.
	OrderBy string
	// OrderDirection is ASC or DESC (default).
	OrderDirection string
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. ListAgents calls it.
func (r ListAgentsRequest) Validate() error {
	var problems validate.Problems
	validateListing(&problems, r.Limit, r.Offset, r.OrderBy, r.OrderDirection,
		"created_at", "updated_at", "name", "agent_id", "phone_number_id", "prompt_id")
	return problems.Err(provider, "list agents")
}

func (r ListAgentsRequest) query() url.Values {
	return listingQuery(r.Limit, r.Offset, r.OrderBy, r.OrderDirection)
}

// AgentList is one page of the agents of a user.
type AgentList struct {
	// Agents are the agents of this page.
	Agents []Agent `json:"agents"`
}

// ListAgents reads one page of the agents of a user, the newest first. A user
// without agents, and one that does not exist, has an empty list. It is
// repeated after every failure that may pass.
//
// API reference: List Agents, GET /users/{user_id}/agents.
func (c *Client) ListAgents(ctx context.Context, userID string, request ListAgentsRequest, options ...agentclients.CallOption) (*AgentList, error) {
	if err := request.Validate(); err != nil {
		return nil, err
	}
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "list agents",
		Method: http.MethodGet,
		Path:   "/users/{user_id}/agents",
		Params: []string{userID},
		Query:  request.query(),
		Replay: transport.ReplaySafe,
	}, options, decodeAgentList)
}

// AllAgents reads the agents of a user page by page, Limit of them at a time
// (100 by default), beginning at Offset. An agent that moves to the next page
// meanwhile is not given twice. The loop ends after the last agent, or after
// one error.
//
// API reference: List Agents, GET /users/{user_id}/agents.
func (c *Client) AllAgents(ctx context.Context, userID string, request ListAgentsRequest, options ...agentclients.CallOption) iter.Seq2[Agent, error] {
	request.Limit = cmp.Or(request.Limit, defaultLimit)
	return pages.Offsets(provider, "list agents", request.Offset, agentID, func(offset int) ([]Agent, bool, error) {
		request := request
		request.Offset = offset
		list, err := c.ListAgents(ctx, userID, request, options...)
		if err != nil {
			return nil, false, err
		}
		// The answer does not say how many there are. More than Limit come
		// from a server that has no pages.
		return list.Agents, len(list.Agents) == request.Limit, nil
	})
}

func agentID(agent Agent) string { return agent.ID }

// UpdateAgentRequest says what to change. Nil fields stay as they are.
type UpdateAgentRequest struct {
	// Name is the new name. Not empty.
	Name *string `json:"name,omitempty"`
	// PromptID is the new OpenAI prompt. Not empty. Conversations are kept.
	PromptID *string `json:"prompt_id,omitempty"`

	// ExtraFields are put into the request last: for fields that this package
	// does not know. A nil value sends null.
	ExtraFields map[string]any `json:"-"`
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. UpdateAgent calls it.
func (r UpdateAgentRequest) Validate() error {
	var problems validate.Problems
	if r.Name == nil && r.PromptID == nil && len(r.ExtraFields) == 0 {
		problems.Add("", "nothing to change: set name or prompt_id")
	}
	problems.NotEmpty("name", r.Name)
	problems.NotEmpty("prompt_id", r.PromptID)
	return problems.Err(provider, "update agent")
}

// UpdateAgent changes the name or the prompt of an agent. The phone number
// cannot be changed. It is repeated after every failure that may pass: it sets
// values, so a repeat changes nothing but updated_at.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent,
// [agentclients.ErrForbidden] if it is another user's.
//
// API reference: Update Agent, PATCH /users/{user_id}/agents/{agent_id}.
func (c *Client) UpdateAgent(ctx context.Context, userID, agentID string, request UpdateAgentRequest, options ...agentclients.CallOption) (*Agent, error) {
	if err := request.Validate(); err != nil {
		return nil, err
	}
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "update agent",
		Method: http.MethodPatch,
		Path:   "/users/{user_id}/agents/{agent_id}",
		Params: []string{userID, agentID},
		Body:   request,
		Extra:  request.ExtraFields,
		Replay: transport.ReplaySafe,
	}, options, decodeAgent)
}

// DeleteAgent removes an agent and archives its conversations. Its phone
// number is then free for a new agent. It is repeated after every failure
// that may pass; 404 to a repeat means that an earlier try removed the agent.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent,
// [agentclients.ErrForbidden] if it is another user's.
//
// API reference: Delete Agent, DELETE /users/{user_id}/agents/{agent_id}.
func (c *Client) DeleteAgent(ctx context.Context, userID, agentID string, options ...agentclients.CallOption) error {
	return transport.Do(ctx, c.transport, transport.Op{
		Name:   "delete agent",
		Method: http.MethodDelete,
		Path:   "/users/{user_id}/agents/{agent_id}",
		Params: []string{userID, agentID},
		Replay: transport.ReplaySafe,
	}, options)
}

// decodeAgent reads an agent, bare as documented or wrapped in
// {"success":true,"data":{…}} as some servers send it.
func decodeAgent(body []byte) (*Agent, error) {
	agent, err := wire.Decode[Agent](body)
	if err == nil && agent.ID == "" {
		agent, err = wire.Decode[Agent](unwrap(body))
	}
	if err == nil && agent.ID == "" {
		err = wire.Missing("agent_id")
	}
	if err != nil {
		return nil, err
	}
	return agent, nil
}

func decodeAgentList(body []byte) (*AgentList, error) {
	agents, err := decodeList[Agent](body, "agents")
	if err != nil {
		return nil, err
	}
	return &AgentList{Agents: agents}, nil
}

// unwrap returns the member data of a body that has one, else the body.
func unwrap(body []byte) []byte {
	if members, err := wire.Members(body); err == nil && members["data"] != nil {
		return members["data"]
	}
	return body
}
