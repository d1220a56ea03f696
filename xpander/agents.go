package xpander

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/redact"
	"github.com/agentclients/agentclients-go/internal/transport"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// Status says whether an agent can be used. The API may add states.
type Status string

// The documented states of an agent.
const (
	StatusDraft    Status = "DRAFT"
	StatusActive   Status = "ACTIVE"
	StatusInactive Status = "INACTIVE"
)

// DeploymentType says what an agent runs on. The API may add types.
type DeploymentType string

// The documented types of deployment. Container is in beta.
const (
	DeploymentServerless DeploymentType = "serverless"
	DeploymentContainer  DeploymentType = "container"
)

// AgentType says what kind of agent an agent is. The API may add types.
type AgentType string

// The documented kinds of agents. Those of type a2a and curl are external:
// they are reached by the A2A protocol and by a curl command.
const (
	AgentTypeManager AgentType = "manager"
	AgentTypeRegular AgentType = "regular"
	AgentTypeA2A     AgentType = "a2a"
	AgentTypeCurl    AgentType = "curl"
)

// OutputFormat is the form of an agent's answers. The API may add formats.
type OutputFormat string

// The documented output formats.
const (
	OutputFormatText     OutputFormat = "text"
	OutputFormatMarkdown OutputFormat = "markdown"
	OutputFormatJSON     OutputFormat = "json"
)

// AccessScope says who may use an agent. The API may add scopes.
type AccessScope string

// The documented scopes.
const (
	AccessScopePersonal       AccessScope = "personal"
	AccessScopeOrganizational AccessScope = "organizational"
)

// DelegationType says how an agent hands work to its sub-agents. The API may
// add types.
type DelegationType string

// The documented types of delegation.
const (
	DelegationRouter   DelegationType = "router"
	DelegationSequence DelegationType = "sequence"
)

// DelegationMemoryStrategy says what a sub-agent learns of the work so far.
// The API may add strategies.
type DelegationMemoryStrategy string

// The documented memory strategies.
const (
	DelegationMemoryFull          DelegationMemoryStrategy = "full"
	DelegationMemorySummarization DelegationMemoryStrategy = "summarization"
	DelegationMemoryOriginalInput DelegationMemoryStrategy = "original-input"
)

// DelegationEndStrategy says who ends the work that sub-agents did. The API
// may add strategies.
type DelegationEndStrategy string

// The documented end strategies.
const (
	DelegationEndReturnToStart  DelegationEndStrategy = "return-to-start"
	DelegationEndFinishWithLast DelegationEndStrategy = "finish-with-last"
)

// Agent is an AI agent. Responses differ in what they carry, and a member that
// is absent or null leaves its field zero: those of ListAgents have no more
// than ID, Name, Description, Icon, Status, OrganizationID, DeploymentType,
// CreatedAt, Instructions, ModelProvider, LLMAPIBase, ModelName, Framework,
// UsingNemo, IsCoordinateMode and HasPendingChanges.
type Agent struct {
	// ID identifies the agent.
	ID string `json:"id"`
	// Name is the agent's name for people.
	Name string `json:"name"`
	// Description says what the agent is for. A deploy may fill it in.
	// Default "".
	Description string `json:"description"`
	// Icon is an emoji. Default 🚀.
	Icon string `json:"icon,omitempty"`
	// Status says whether the agent can be used. Default ACTIVE.
	Status Status `json:"status,omitempty"`
	// DeploymentType says what the agent runs on. Default serverless.
	DeploymentType DeploymentType `json:"deployment_type,omitempty"`
	// CreatedAt is when the agent was created.
	CreatedAt agentclients.Timestamp `json:"created_at,omitempty"`
	// ModelProvider runs the agent's model. Default openai.
	ModelProvider ModelProvider `json:"model_provider,omitempty"`
	// ModelName is the agent's model. It may be a newer one than was asked
	// for. Default "gpt-4.1".
	ModelName string `json:"model_name,omitempty"`
	// Framework is what the agent is built on. Default "agno".
	Framework string `json:"framework,omitempty"`
	// OrganizationID is the organization that the agent belongs to.
	OrganizationID string `json:"organization_id"`
	// Tools are the tools that the agent can use.
	Tools []Tool `json:"tools,omitzero"`
	// Graph says what the agent does, node by node.
	Graph []GraphItem `json:"graph,omitzero"`
	// KnowledgeBases are the knowledge bases that the agent can search.
	KnowledgeBases []KnowledgeBase `json:"knowledge_bases,omitzero"`
	// Instructions tell the agent who it is and what to do. The response to a
	// create may have them empty although some were sent.
	Instructions Instructions `json:"instructions,omitzero"`
	// WebhookURL is where the agent can be invoked by a webhook.
	WebhookURL string `json:"webhook_url,omitempty"`
	// UniqueName is the name that the server made up, such as "emerald-emu".
	// It never changes.
	UniqueName string `json:"unique_name,omitempty"`
	// LLMAPIBase is the base URL of a gateway that models are called through,
	// "" if there is none.
	LLMAPIBase string `json:"llm_api_base,omitempty"`
	// HasPendingChanges reports that the agent was changed since it was
	// deployed.
	HasPendingChanges bool `json:"has_pending_changes"`
	// LLMSettings choose the models of the nodes.
	LLMSettings []LLMSettings `json:"llm_settings,omitzero"`
	// AgnoSettings configure the agno framework.
	AgnoSettings AgnoSettings `json:"agno_settings,omitzero"`
	// Version begins at 2 and increments with every deploy. 0 if the response
	// does not say.
	Version int `json:"version,omitempty"`
	// IsLatest reports whether this is the latest version. Responses to
	// a create have false here, or nothing (nil).
	IsLatest *bool `json:"is_latest,omitempty"`
	// Type says what kind of agent it is.
	Type AgentType `json:"type,omitempty"`
	// OutputFormat is the form of its answers. Default markdown.
	OutputFormat OutputFormat `json:"output_format,omitempty"`
	// OutputSchema is the JSON Schema of its answers if OutputFormat is json.
	OutputSchema json.RawMessage `json:"output_schema,omitempty"`
	// ExpectedOutput describes in words what its answers should be. Default
	// "".
	ExpectedOutput string `json:"expected_output,omitempty"`

	// EnvironmentID is the environment that the agent is in.
	EnvironmentID string `json:"environment_id,omitempty"`
	// UsingNemo reports that the agent uses Nvidia NeMo. Default false.
	UsingNemo bool `json:"using_nemo,omitempty"`
	// IsCoordinateMode reports that the agent coordinates sub-agents. Nil if
	// the response does not say.
	IsCoordinateMode *bool `json:"is_coordinate_mode,omitempty"`
	// LLMExtraHeaders are sent with calls of models. Their values are
	// secrets.
	LLMExtraHeaders Secrets `json:"llm_extra_headers,omitzero"`
	// OriginTemplate is the template that the agent was made from, if any.
	OriginTemplate string `json:"origin_template,omitempty"`
	// CreatedByPrompt is the prompt that the agent was made from, if any.
	CreatedByPrompt string `json:"created_by_prompt,omitempty"`
	// CreatedBy is who created the agent.
	CreatedBy string `json:"created_by,omitempty"`
	// Prompts are prompts to begin with.
	Prompts []string `json:"prompts,omitzero"`
	// Avatar is the agent's picture. Default "male-avatar".
	Avatar string `json:"avatar,omitempty"`
	// SourceNodes are the ways by which tasks come to the agent.
	SourceNodes []SourceNode `json:"source_nodes,omitzero"`
	// AttachedTools are the connectors whose operations the agent may use.
	AttachedTools []AttachedTool `json:"attached_tools,omitzero"`
	// AccessScope says who may use the agent.
	AccessScope AccessScope `json:"access_scope,omitempty"`
	// OAS is the OpenAPI document of the agent.
	OAS json.RawMessage `json:"oas,omitempty"`
	// DelegationType says how work is handed to sub-agents. Default router.
	DelegationType DelegationType `json:"delegation_type,omitempty"`
	// DelegationMemoryStrategy says what sub-agents learn of the work so far.
	// Default summarization.
	DelegationMemoryStrategy DelegationMemoryStrategy `json:"delegation_memory_strategy,omitempty"`
	// DelegationEndStrategy says who ends the work of sub-agents. Default
	// return-to-start.
	DelegationEndStrategy DelegationEndStrategy `json:"delegation_end_strategy,omitempty"`
	// SubAgentsContinuousThread lets sub-agents go on in one thread. Default
	// true; nil if the response does not say.
	SubAgentsContinuousThread *bool `json:"sub_agents_continuous_thread,omitempty"`
	// ConnectivityDetails say how an external agent is reached.
	ConnectivityDetails ConnectivityDetails `json:"connectivity_details,omitzero"`
	// LLMCredentialsKey names the credentials that models are called with.
	LLMCredentialsKey string `json:"llm_credentials_key,omitempty"`
	// LLMCredentialsKeyType says whose credentials they are. Default xpander.
	LLMCredentialsKeyType LLMCredentialsKeyType `json:"llm_credentials_key_type,omitempty"`
	// LLMCredentials are the credentials that models are called with, if the
	// response has them.
	LLMCredentials *LLMCredentials `json:"llm_credentials,omitempty"`
	// IsAIEmployee marks an agent that works like an employee. Default false.
	IsAIEmployee bool `json:"is_ai_employee,omitempty"`
	// PromptsCachingEnabled lets the model provider cache prompts. Default
	// false.
	PromptsCachingEnabled bool `json:"prompts_caching_enabled,omitempty"`
	// IsGeneralist marks an agent without a special task. Default false.
	IsGeneralist bool `json:"is_generalist,omitempty"`
	// Deletable reports whether DeleteAgent works on the agent. Default true;
	// nil if the response does not say.
	Deletable *bool `json:"deletable,omitempty"`
	// OnPremEventStreaming lets agents on own servers stream events. Default
	// true; nil if the response does not say.
	OnPremEventStreaming *bool `json:"on_prem_event_streaming,omitempty"`
	// DeployedAt is when the agent was deployed, if the response says so.
	DeployedAt agentclients.Timestamp `json:"deployed_at,omitempty"`
}

// Format prints the text of String, whatever the verb.
func (a Agent) Format(state fmt.State, verb rune) { redact.Format(state, verb, a.String()) }

// String returns the id, the name and the status in one line.
func (a Agent) String() string { return wire.Linef("%s %q %s", a.ID, a.Name, a.Status) }

// LogValue describes the agent to log/slog: what identifies it, and no
// secret.
func (a Agent) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", a.ID),
		slog.String("name", a.Name),
		slog.String("unique_name", a.UniqueName),
		slog.String("status", string(a.Status)),
		slog.Int("version", a.Version),
	)
}

// CreateAgentRequest says what agent to create.
type CreateAgentRequest struct {
	// Name is the agent's name for people. Required. Newer servers want it to
	// be unique in the organization.
	Name string `json:"name"`
	// Description says what the agent is for. Default "".
	Description *string `json:"description,omitempty"`
	// DeploymentType says what the agent runs on. Default serverless.
	DeploymentType *DeploymentType `json:"deployment_type,omitempty"`
	// ModelProvider runs the agent's model. Default openai.
	ModelProvider *ModelProvider `json:"model_provider,omitempty"`
	// ModelName is the agent's model, such as "gpt-4o". The server may choose
	// a newer one. Default "gpt-4.1".
	ModelName *string `json:"model_name,omitempty"`
	// Icon is one emoji. Default 🚀.
	Icon *string `json:"icon,omitempty"`
	// Instructions tell the agent who it is and what to do. The server may
	// respond with empty ones: read the agent, and set them with UpdateAgent
	// if need be. Default none.
	Instructions Instructions `json:"instructions,omitzero"`
	// EnvironmentID is the environment to create the agent in. Default: the
	// organization's own.
	EnvironmentID *string `json:"environment_id,omitempty"`
	// UsingNemo lets the agent use Nvidia NeMo. Default false.
	UsingNemo *bool `json:"using_nemo,omitempty"`
	// LLMAPIBase is the base URL of a gateway to call models through. Default
	// none.
	LLMAPIBase *string `json:"llm_api_base,omitempty"`
	// LLMExtraHeaders are sent with calls of models, for gateways. Their
	// values are secrets: they are sent and never printed. Default none.
	LLMExtraHeaders Secrets `json:"llm_extra_headers,omitzero"`
	// Type says what kind of agent to create. Default manager.
	Type *AgentType `json:"type,omitempty"`

	// Deploy makes EnsureAgent deploy the agent after it changed it, or if it
	// has pending changes, so that what is asked for runs. A new agent runs
	// without, and CreateAgent ignores it.
	Deploy bool `json:"-"`

	// ExtraFields are put into the request last: for fields that this package
	// does not know. A nil value sends null. Their values are never printed.
	ExtraFields map[string]any `json:"-"`
}

// Format prints the text of String, whatever the verb.
func (r CreateAgentRequest) Format(state fmt.State, verb rune) {
	redact.Format(state, verb, r.String())
}

// String returns the names of the members that the request sets, without their
// values: some of them may be secrets.
func (r CreateAgentRequest) String() string { return wire.Names(createAgentBody(r), r.ExtraFields) }

// LogValue describes the request to log/slog without secrets.
func (r CreateAgentRequest) LogValue() slog.Value {
	return slog.StringValue(fmt.Sprintf("%+v", r))
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. CreateAgent calls it.
func (r CreateAgentRequest) Validate() error {
	var problems validate.Problems
	problems.Required("name", r.Name)
	problems.UTF8(createAgentBody(r))
	return problems.Err(provider, "create agent")
}

// MarshalJSON returns the request as JSON, as it is sent: with ExtraFields, and
// with the values of secrets.
func (r CreateAgentRequest) MarshalJSON() ([]byte, error) {
	return wire.Encode(createAgentBody(r), r.ExtraFields)
}

// createAgentBody is the request without its extra fields.
type createAgentBody CreateAgentRequest

// CreateAgent creates an agent, which can be invoked at once.
//
// It makes at most one agent. It is not repeated when the response is lost,
// since the API cannot recognize a repeat. The error then matches
// [agentclients.ErrOutcomeUnknown]: look with FindAgents for one with the name
// and a CreatedAt of after the call, before you create the agent again.
//
// Errors: [agentclients.ErrBadRequest] for a value that the server does not
// know, [agentclients.ErrRateLimited] also if the plan allows no more,
// [agentclients.ErrOutcomeUnknown] if the agent may have been created.
//
// API reference: Create Ai Agent, POST /v1/agents, https://docs.xpander.ai.
func (c *Client) CreateAgent(ctx context.Context, request CreateAgentRequest, options ...agentclients.CallOption) (*Agent, error) {
	if err := request.Validate(); err != nil {
		return nil, err
	}
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   "create agent",
		Method: http.MethodPost,
		Path:   "/v1/agents",
		Body:   createAgentBody(request),
		Extra:  request.ExtraFields,
		Replay: transport.ReplayNever,
	}, options, decodeAgent)
}

// GetAgent reads one agent. It is repeated after every transient failure.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent,
// [agentclients.ErrForbidden] if it is another organization's.
//
// API reference: Get Agent, GET /v1/agents/{agent_id},
// https://docs.xpander.ai.
func (c *Client) GetAgent(ctx context.Context, agentID string, options ...agentclients.CallOption) (*Agent, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:     "get agent",
		Method:   http.MethodGet,
		Path:     "/v1/agents/{agent_id}",
		Params:   []string{agentID},
		Replay:   transport.ReplaySafe,
		Reserved: reservedIDs,
	}, options, decodeAgent)
}

// reservedIDs are what the API has in the place of an agent's id.
var reservedIDs = []string{"full", "list", "omni", "template_import"}

// ListAgentsRequest says which part of a list of agents to read. The zero
// value is the first page.
type ListAgentsRequest struct {
	// Page is the number of the page, the first one is 1. 0: the first.
	Page int
	// PerPage is how many agents a page has, at most 50. 0: as many as
	// the server likes, which is 20.
	PerPage int
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. The methods that read lists
// call it.
func (r ListAgentsRequest) Validate() error { return r.validate("list agents") }

func (r ListAgentsRequest) validate(op string) error {
	var problems validate.Problems
	problems.NotNegative("page", r.Page)
	problems.NotNegative("per_page", r.PerPage)
	return problems.Err(provider, op)
}

// AgentList is one page of the agents of an organization.
type AgentList struct {
	// Agents are the agents of this page, the newest first.
	Agents []Agent `json:"items"`
	// Total is how many agents there are on all pages.
	Total int `json:"total"`
	// Page is the number of this page, the first one is 1.
	Page int `json:"page"`
	// PerPage is how many agents a full page has.
	PerPage int `json:"per_page"`
	// TotalPages is how many pages there are.
	TotalPages int `json:"total_pages"`
}

// Format prints the text of String, whatever the verb.
func (l AgentList) Format(state fmt.State, verb rune) { redact.Format(state, verb, l.String()) }

// String returns how many agents there are, and which, in one line.
func (l AgentList) String() string {
	return wire.Linef("%d of %d agents %v", len(l.Agents), l.Total, l.Agents)
}

// LogValue describes the page to log/slog, without its agents.
func (l AgentList) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Int("agents", len(l.Agents)),
		slog.Int("total", l.Total),
		slog.Int("page", l.Page),
		slog.Int("per_page", l.PerPage),
		slog.Int("total_pages", l.TotalPages),
	)
}

// ListAgents reads one page of the agents of the organization, the newest
// first, with the most important of their fields ([Agent] names them). A page
// after the last one is empty. It is repeated after every failure that may
// pass.
//
// Errors: [agentclients.ErrBadRequest] for a PerPage that the server does not
// allow.
//
// API reference: List Agents (Minimal), GET /v1/agents,
// https://docs.xpander.ai.
func (c *Client) ListAgents(ctx context.Context, request ListAgentsRequest, options ...agentclients.CallOption) (*AgentList, error) {
	return c.list(ctx, "list agents", "/v1/agents", request, options)
}

// AllAgents reads the agents of the organization page by page, PerPage of
// them at a time (20 by default), beginning with Page, with the fields that
// ListAgents reads. The loop ends after the last agent, or after one error.
//
// Agents may be changed and deleted in the loop: none that stays is left out,
// and none is given twice. (If an agent is created at the very moment when
// another one is deleted, the server's count does not tell.) If the loop begins
// with a Page after the first one, the agents before it should stay.
//
// API reference: List Agents (Minimal), GET /v1/agents,
// https://docs.xpander.ai.
func (c *Client) AllAgents(ctx context.Context, request ListAgentsRequest, options ...agentclients.CallOption) iter.Seq2[Agent, error] {
	return allPages("list agents", request, func(request ListAgentsRequest) (*AgentList, error) {
		return c.ListAgents(ctx, request, options...)
	})
}

// ListFullAgents reads one page of the agents of the organization, the newest
// first, with all their fields. A page after the last one is empty. It is
// repeated after every transient failure.
//
// Errors: [agentclients.ErrBadRequest] for a PerPage that the server does not
// allow.
//
// API reference: List Agents (Full), GET /v1/agents/full,
// https://docs.xpander.ai.
func (c *Client) ListFullAgents(ctx context.Context, request ListAgentsRequest, options ...agentclients.CallOption) (*AgentList, error) {
	return c.list(ctx, "list full agents", "/v1/agents/full", request, options)
}

// AllFullAgents reads the agents of the organization like AllAgents, with all
// their fields.
//
// API reference: List Agents (Full), GET /v1/agents/full,
// https://docs.xpander.ai.
func (c *Client) AllFullAgents(ctx context.Context, request ListAgentsRequest, options ...agentclients.CallOption) iter.Seq2[Agent, error] {
	return allPages("list full agents", request, func(request ListAgentsRequest) (*AgentList, error) {
		return c.ListFullAgents(ctx, request, options...)
	})
}

func (c *Client) list(ctx context.Context, op, path string, request ListAgentsRequest, options []agentclients.CallOption) (*AgentList, error) {
	if err := request.validate(op); err != nil {
		return nil, err
	}
	return transport.Call(ctx, c.transport, transport.Op{
		Name:   op,
		Method: http.MethodGet,
		Path:   path,
		Query:  request.query(),
		Replay: transport.ReplaySafe,
	}, options, decodeAgentList)
}

// UpdateAgentRequest says what to change. Nil fields stay as they are.
type UpdateAgentRequest struct {
	// Name is the new name. Not empty.
	Name *string `json:"name,omitempty"`
	// Instructions replace the old ones as a whole.
	Instructions *Instructions `json:"instructions,omitempty"`
	// Icon is the new icon, one emoji.
	Icon *string `json:"icon,omitempty"`
	// ModelProvider runs the agent's model from now on.
	ModelProvider *ModelProvider `json:"model_provider,omitempty"`
	// ModelName is the new model.
	ModelName *string `json:"model_name,omitempty"`
	// EnvironmentID is the new environment.
	EnvironmentID *string `json:"environment_id,omitempty"`
	// Status is the new status.
	Status *Status `json:"status,omitempty"`
	// ShouldResetGraph empties the graph. Default false.
	ShouldResetGraph *bool `json:"should_reset_graph,omitempty"`

	// Servers before March 2026 ignore the fields from here on.

	// Description says what the agent is for.
	Description *string `json:"description,omitempty"`
	// Type says what kind of agent it is.
	Type *AgentType `json:"type,omitempty"`
	// DeploymentType says what the agent runs on.
	DeploymentType *DeploymentType `json:"deployment_type,omitempty"`
	// Framework is what the agent is built on.
	Framework *string `json:"framework,omitempty"`
	// Avatar is the agent's picture.
	Avatar *string `json:"avatar,omitempty"`
	// AccessScope says who may use the agent.
	AccessScope *AccessScope `json:"access_scope,omitempty"`
	// UsingNemo lets the agent use Nvidia NeMo.
	UsingNemo *bool `json:"using_nemo,omitempty"`
	// LLMAPIBase is the base URL of a gateway to call models through.
	LLMAPIBase *string `json:"llm_api_base,omitempty"`
	// LLMExtraHeaders replace those that are sent with calls of models. Their
	// values are secrets: they are sent and never printed. Empty, not nil:
	// none.
	LLMExtraHeaders Secrets `json:"llm_extra_headers,omitzero"`
	// LLMReasoningEffort is how much the model thinks: "low", "medium",
	// "high", or "xhigh" on newer servers.
	LLMReasoningEffort *string `json:"llm_reasoning_effort,omitempty"`
	// LLMCredentialsKey names the credentials that models are called with.
	LLMCredentialsKey *string `json:"llm_credentials_key,omitempty"`
	// LLMCredentialsKeyType says whose credentials they are.
	LLMCredentialsKeyType *LLMCredentialsKeyType `json:"llm_credentials_key_type,omitempty"`
	// LLMSettings replace the models of the nodes. Empty, not nil: none.
	LLMSettings []LLMSettings `json:"llm_settings,omitzero"`
	// OutputFormat is the form of the agent's answers.
	OutputFormat *OutputFormat `json:"output_format,omitempty"`
	// OutputSchema is the JSON Schema of its answers if OutputFormat is json.
	OutputSchema json.RawMessage `json:"output_schema,omitempty"`
	// ExpectedOutput describes in words what its answers should be.
	ExpectedOutput *string `json:"expected_output,omitempty"`
	// DelegationType says how work is handed to sub-agents.
	DelegationType *DelegationType `json:"delegation_type,omitempty"`
	// DelegationMemoryStrategy says what sub-agents learn of the work so far.
	DelegationMemoryStrategy *DelegationMemoryStrategy `json:"delegation_memory_strategy,omitempty"`
	// DelegationEndStrategy says who ends the work of sub-agents.
	DelegationEndStrategy *DelegationEndStrategy `json:"delegation_end_strategy,omitempty"`
	// SubAgentsContinuousThread lets sub-agents go on in one thread.
	SubAgentsContinuousThread *bool `json:"sub_agents_continuous_thread,omitempty"`
	// DeepPlanning lets the agent plan before it works.
	DeepPlanning *bool `json:"deep_planning,omitempty"`
	// EnforceDeepPlanning makes it do so.
	EnforceDeepPlanning *bool `json:"enforce_deep_planning,omitempty"`
	// AgnoSettings replace the settings of the agno framework.
	AgnoSettings *AgnoSettings `json:"agno_settings,omitempty"`
	// AttachedTools replace the connectors whose operations the agent may
	// use. Empty, not nil: none.
	AttachedTools []AttachedTool `json:"attached_tools,omitzero"`
	// Graph replaces the graph. Empty, not nil: none.
	Graph []GraphItem `json:"graph,omitzero"`
	// KnowledgeBases replace the knowledge bases. Empty, not nil: none.
	KnowledgeBases []KnowledgeBase `json:"knowledge_bases,omitzero"`
	// SourceNodes replace the ways by which tasks come to the agent. Empty,
	// not nil: none.
	SourceNodes []SourceNode `json:"source_nodes,omitzero"`
	// ConnectivityDetails say how an external agent is reached.
	ConnectivityDetails *ConnectivityDetails `json:"connectivity_details,omitempty"`

	// Deploy also deploys the agent, with everything that was changed since
	// the last deploy. The call is then not repeated when the response is lost,
	// since a deploy makes a new version.
	Deploy bool `json:"-"`

	// ExtraFields are put into the request last: for fields that this package
	// does not know. A nil value sends null. Their values are never printed.
	ExtraFields map[string]any `json:"-"`
}

// Format prints the text of String, whatever the verb.
func (r UpdateAgentRequest) Format(state fmt.State, verb rune) {
	redact.Format(state, verb, r.String())
}

// String returns the names of the members that the request sets, without their
// values: some of them may be secrets.
func (r UpdateAgentRequest) String() string { return wire.Names(updateAgentBody(r), r.ExtraFields) }

// LogValue describes the request to log/slog without secrets.
func (r UpdateAgentRequest) LogValue() slog.Value {
	return slog.StringValue(fmt.Sprintf("%+v", r))
}

// Validate reports everything that is wrong with the request, as an error
// that matches [agentclients.ErrInvalidRequest]. UpdateAgent calls it.
func (r UpdateAgentRequest) Validate() error {
	var problems validate.Problems
	if r.changesNothing() {
		problems.Add("", "nothing to change: set at least one field (DeployAgent deploys without a change)")
	}
	problems.NotEmpty("name", r.Name)
	problems.UTF8(updateAgentBody(r))
	return problems.Err(provider, "update agent")
}

func (r UpdateAgentRequest) changesNothing() bool {
	r.Deploy = false
	if len(r.ExtraFields) == 0 {
		r.ExtraFields = nil
	}
	return reflect.ValueOf(r).IsZero()
}

// MarshalJSON returns the request as JSON, as it is sent: with ExtraFields, and
// with the values of secrets.
func (r UpdateAgentRequest) MarshalJSON() ([]byte, error) {
	return wire.Encode(updateAgentBody(r), r.ExtraFields)
}

// updateAgentBody is the request without its extra fields.
type updateAgentBody UpdateAgentRequest

// UpdateAgent changes an agent. The change is staged until the agent is
// deployed, which Deploy does at once.
//
// It is repeated after every transient failure: it sets values, so a
// repeat changes nothing. With Deploy it is not repeated when the response is
// lost. The error then matches [agentclients.ErrOutcomeUnknown]: read the
// agent and compare its Version with the one before the call.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent,
// [agentclients.ErrForbidden] if it is another organization's,
// [agentclients.ErrBadRequest] for a value that the server does not know.
//
// API reference: Update Ai Agent, PATCH /v1/agents/{agent_id},
// https://docs.xpander.ai.
func (c *Client) UpdateAgent(ctx context.Context, agentID string, request UpdateAgentRequest, options ...agentclients.CallOption) (*Agent, error) {
	op := transport.Op{
		Name:     "update agent",
		Method:   http.MethodPatch,
		Path:     "/v1/agents/{agent_id}",
		Params:   []string{agentID},
		Invalid:  request.Validate(),
		Body:     updateAgentBody(request),
		Extra:    request.ExtraFields,
		Replay:   transport.ReplaySafe,
		Reserved: reservedIDs,
	}
	if request.Deploy {
		op.Query = url.Values{"deploy": {"true"}}
		op.Replay = transport.ReplayNever
	}
	return transport.Call(ctx, c.transport, op, options, decodeAgent)
}

// DeployAgent makes the staged configuration of an agent the one that runs,
// as a new version.
//
// It is not repeated when the response is lost, although it is a PUT: every
// deploy makes a version. The error then matches
// [agentclients.ErrOutcomeUnknown]: read the agent and compare its Version
// with the one before the call.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent,
// [agentclients.ErrForbidden] if it is another organization's.
//
// API reference: Deploy Ai Agent, PUT /v1/agents/{agent_id},
// https://docs.xpander.ai.
func (c *Client) DeployAgent(ctx context.Context, agentID string, options ...agentclients.CallOption) (*Agent, error) {
	return transport.Call(ctx, c.transport, transport.Op{
		Name:     "deploy agent",
		Method:   http.MethodPut,
		Path:     "/v1/agents/{agent_id}",
		Params:   []string{agentID},
		Replay:   transport.ReplayNever,
		Reserved: reservedIDs,
	}, options, decodeAgent)
}

// DeleteAgent removes an agent and its tasks. It is repeated after every
// transient failure; 404 to a repeat means that an earlier try removed
// the agent.
//
// Errors: [agentclients.ErrNotFound] if there is no such agent,
// [agentclients.ErrForbidden] if it is another organization's or if it is not
// Deletable.
//
// API reference: Delete Ai Agent, DELETE /v1/agents/{agent_id},
// https://docs.xpander.ai.
func (c *Client) DeleteAgent(ctx context.Context, agentID string, options ...agentclients.CallOption) error {
	return transport.Do(ctx, c.transport, transport.Op{
		Name:     "delete agent",
		Method:   http.MethodDelete,
		Path:     "/v1/agents/{agent_id}",
		Params:   []string{agentID},
		Replay:   transport.ReplaySafe,
		Reserved: reservedIDs,
	}, options)
}

func decodeAgent(body []byte) (*Agent, error) {
	return wire.DecodeWith(body, "id", func(a *Agent) bool { return a.ID != "" })
}

func decodeAgentList(body []byte) (*AgentList, error) {
	return wire.DecodeList(body, "items", func(l *AgentList) *[]Agent { return &l.Agents })
}
