package phoneagents

import (
	"cmp"
	"context"
	"iter"
	"net/http"
	"net/url"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/diff"
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
	problems.UTF8(r)
	return problems.Err(provider, "create agent")
}

// MarshalJSON returns the request as JSON, as it is sent: with ExtraFields.
func (r CreateAgentRequest) MarshalJSON() ([]byte, error) {
	return wire.Encode(createAgentBody(r), r.ExtraFields)
}

// createAgentBody is the request without its extra fields.
type createAgentBody CreateAgentRequest

// CreateAgent creates an agent by binding an OpenAI prompt to a phone number
// or an Instagram account of a user.
//
// It makes at most one agent. After a lost response it is repeated, since a
// number has at most one agent. If it stays open what became of it, the agent
// of the number is read back, once, and returned if it has the prompt and the
// name of the request. (That proves that there is such an agent, not who made
// it.)
//
// Errors: [agentclients.ErrConflict] if the number has an agent already,
// [agentclients.ErrNotFound] if the number does not exist or is another
// user's, [agentclients.ErrBadRequest] for an unknown prompt,
// [agentclients.ErrOutcomeUnknown] if the agent may have been created and
// could not be read back: list the agents of the user and look for the number.
//
// API reference: Create Agent, POST /users/{user_id}/agents.
func (c *Client) CreateAgent(ctx context.Context, userID string, request CreateAgentRequest, options ...agentclients.CallOption) (*Agent, error) {
	return transport.Create(ctx, c.transport, request.op(userID), options, func(body []byte) (*Agent, error) {
		agent, err := decodeAgent(body)
		if err == nil && agent.PhoneNumberID != "" && agent.PhoneNumberID != request.PhoneNumberID {
			return nil, wire.Other("phone_number_id", agent.PhoneNumberID, request.PhoneNumberID)
		}
		return agent, err
	}, transport.Settling[Agent]{
		Find: func(options ...agentclients.CallOption) (*Agent, error) {
			return c.agentOfNumber(ctx, userID, request.PhoneNumberID, options)
		},
		Compare: request.compare,
	})
}

// op is the operation that creates the agent.
func (r CreateAgentRequest) op(userID string) transport.Op {
	return transport.Op{
		Name:       "create agent",
		Method:     http.MethodPost,
		Path:       "/users/{user_id}/agents",
		Params:     []string{userID},
		Invalid:    r.Validate(),
		Body:       createAgentBody(r),
		Extra:      r.ExtraFields,
		Replay:     transport.ReplayKeyed,
		ResourceID: r.PhoneNumberID,
	}
}

// Diff lists what the agent lacks of what the request sets, extra fields
// included. The AgentID is not compared, since the documented API makes ids
// itself. Nil: the agent is what the request asks for.
func (r CreateAgentRequest) Diff(agent *Agent) []agentclients.FieldDiff {
	return r.compare(agent).All()
}

func (r CreateAgentRequest) compare(agent *Agent) diff.Result {
	return diff.Compare[Agent](createAgentBody(r), r.ExtraFields, agent, diff.Rules{Own: []string{"agent_id"}})
}

// agentOfNumber returns the agent that answers on a phone number, nil if
// there is none.
func (c *Client) agentOfNumber(ctx context.Context, userID, phoneNumberID string, options []agentclients.CallOption) (*Agent, error) {
	for agent, err := range c.allAgents(ctx, userID, ListAgentsRequest{}, options) {
		if err != nil {
			return nil, err
		}
		if agent.PhoneNumberID == phoneNumberID {
			return &agent, nil
		}
	}
	return nil, nil
}

// GetAgent reads one agent. It is repeated after every transient failure.
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
	// Limit is how many agents to return at most. 0: as many as the
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
// repeated after every transient failure.
//
// API reference: List Agents, GET /users/{user_id}/agents.
func (c *Client) ListAgents(ctx context.Context, userID string, request ListAgentsRequest, options ...agentclients.CallOption) (*AgentList, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:    "list agents",
		Method:  http.MethodGet,
		Path:    "/users/{user_id}/agents",
		Params:  []string{userID},
		Invalid: request.Validate(),
		Query:   request.query(),
		Replay:  transport.ReplaySafe,
	}, options, decodeAgentList)
}

// AllAgents reads the agents of a user page by page, Limit of them at a time
// (100 by default), beginning at Offset. The loop ends after the last agent, or
// after one error. The API does not say how many there are, so that the last
// agent is the one after which a further page has no more.
//
// The agents may be changed and deleted in the loop: none that stays is left
// out, and none is given twice. In the order by created_at, newest first, which
// is the default, that holds whoever deletes agents, and agents that are
// created during the loop are left out. In another order an agent that moves
// to a place that was read already is missed: collect the agents first.
//
// API reference: List Agents, GET /users/{user_id}/agents.
func (c *Client) AllAgents(ctx context.Context, userID string, request ListAgentsRequest, options ...agentclients.CallOption) iter.Seq2[Agent, error] {
	all := c.allAgents(ctx, userID, request, options)
	if cmp.Or(request.OrderBy, "created_at") != "created_at" || request.OrderDirection == "ASC" {
		return all
	}
	return withoutNewer(all)
}

func (c *Client) allAgents(ctx context.Context, userID string, request ListAgentsRequest, options []agentclients.CallOption) iter.Seq2[Agent, error] {
	return pages.Offsets(provider, "list agents", request.Offset, cmp.Or(request.Limit, defaultLimit), agentID, func(offset, limit int) ([]Agent, error) {
		request := request
		request.Offset, request.Limit = offset, limit
		list, err := c.ListAgents(ctx, userID, request, options...)
		if err != nil {
			return nil, err
		}
		return list.Agents, nil
	})
}

// withoutNewer leaves out agents that were created after the first one of a
// list that begins with the newest. A loop that makes an agent for each that
// it is given would never end.
func withoutNewer(all iter.Seq2[Agent, error]) iter.Seq2[Agent, error] {
	return func(yield func(Agent, error) bool) {
		var newest time.Time
		for agent, err := range all {
			created, unknown := agent.CreatedAt.Time()
			switch {
			case unknown != nil:
			case newest.IsZero():
				newest = created
			case created.After(newest):
				continue
			}
			if !yield(agent, err) {
				return
			}
		}
	}
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
	problems.UTF8(r)
	return problems.Err(provider, "update agent")
}

// MarshalJSON returns the request as JSON, as it is sent: with ExtraFields.
func (r UpdateAgentRequest) MarshalJSON() ([]byte, error) {
	return wire.Encode(updateAgentBody(r), r.ExtraFields)
}

// updateAgentBody is the request without its extra fields.
type updateAgentBody UpdateAgentRequest

// UpdateAgent changes the name or the prompt of an agent. The phone number
// cannot be changed. It is repeated after every transient failure: it sets
// values, so a repeat changes nothing but updated_at.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent,
// [agentclients.ErrForbidden] if it is another user's.
//
// API reference: Update Agent, PATCH /users/{user_id}/agents/{agent_id}.
func (c *Client) UpdateAgent(ctx context.Context, userID, agentID string, request UpdateAgentRequest, options ...agentclients.CallOption) (*Agent, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:    "update agent",
		Method:  http.MethodPatch,
		Path:    "/users/{user_id}/agents/{agent_id}",
		Params:  []string{userID, agentID},
		Invalid: request.Validate(),
		Body:    updateAgentBody(request),
		Extra:   request.ExtraFields,
		Replay:  transport.ReplaySafe,
	}, options, decodeAgent)
}

// DeleteAgent removes an agent and archives its conversations. Its phone
// number is then free for a new agent. It is repeated after every transient
// failure; 404 to a repeat means that an earlier try removed the agent.
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
