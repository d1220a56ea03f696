package orq

import (
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// ToolApproval says which calls of tools need the approval of a person. The
// API may add values.
type ToolApproval string

// The documented approvals.
const (
	// ToolApprovalAll: every call needs approval.
	ToolApprovalAll ToolApproval = "all"
	// ToolApprovalRespectTool: calls of the tools that require it.
	ToolApprovalRespectTool ToolApproval = "respect_tool"
	// ToolApprovalNone: no call does.
	ToolApprovalNone ToolApproval = "none"
)

// Settings are the limits, tools and checks of an agent, as a request sets
// them. What is not set is left to the server, or left as it is.
type Settings struct {
	// MaxIterations is how often the agent may call the model in one run, at
	// least 1. Default 15; newer servers have 100, which is then also the
	// most they allow.
	MaxIterations *int `json:"max_iterations,omitempty"`
	// MaxExecutionTime is how long the agent may think in one run, in
	// seconds, at least 2. The time of tools and other agents does not count.
	// Default 300; newer servers have 600, which is then also the most they
	// allow.
	MaxExecutionTime *int `json:"max_execution_time,omitempty"`
	// ToolApprovalRequired says which calls of tools need approval. Default
	// ToolApprovalRespectTool.
	ToolApprovalRequired *ToolApproval `json:"tool_approval_required,omitempty"`
	// Tools are the tools of the agent. Nil leaves them out; empty, not nil:
	// none.
	Tools []Tool `json:"tools,omitzero"`
	// Evaluators judge what the agent reads or writes.
	Evaluators []Evaluator `json:"evaluators,omitzero"`
	// Guardrails stop what the agent must not read or write.
	Guardrails []Evaluator `json:"guardrails,omitzero"`
	// MaxCost is the most that one run may cost, in US dollars. 0 is no
	// limit, and the default. Only newer servers know it.
	MaxCost *float64 `json:"max_cost,omitempty"`
	// ChatExposed offers the agent in the chat of the platform. Only newer
	// servers know it. Nil leaves it out.
	ChatExposed *bool `json:"chat_exposed,omitempty"`

	// ExtraFields are put into the settings last: for fields that this
	// package does not know. A nil value sends null.
	ExtraFields map[string]any `json:"-"`
}

// MarshalJSON returns the settings as JSON, with the extra fields.
func (s Settings) MarshalJSON() ([]byte, error) {
	type plain Settings
	return wire.Encode(plain(s), s.ExtraFields)
}

func (s Settings) validate(problems *validate.Problems) {
	for i, tool := range s.Tools {
		problems.RequiredItem("settings.tools", i, "type", string(tool.Type))
	}
	validateEvaluators(problems, "settings.evaluators", s.Evaluators)
	validateEvaluators(problems, "settings.guardrails", s.Guardrails)
}

// AgentSettings are the limits, tools and checks of an agent, as the server
// describes them.
type AgentSettings struct {
	// MaxExecutionTime is how long the agent may think in one run, in seconds.
	MaxExecutionTime int `json:"max_execution_time,omitempty"`
	// MaxIterations is how often the agent may call the model in one run.
	MaxIterations int `json:"max_iterations,omitempty"`
	// ToolApprovalRequired says which calls of tools need approval.
	ToolApprovalRequired ToolApproval `json:"tool_approval_required,omitempty"`
	// Tools are the tools of the agent.
	Tools []AgentTool `json:"tools,omitzero"`
	// Evaluators judge what the agent reads or writes.
	Evaluators []Evaluator `json:"evaluators,omitzero"`
	// Guardrails stop what the agent must not read or write.
	Guardrails []Evaluator `json:"guardrails,omitzero"`
	// MaxCost is the most that one run may cost, in US dollars. 0: no limit,
	// or not stated.
	MaxCost float64 `json:"max_cost,omitempty"`
	// ChatExposed reports that the agent is offered in the chat of the
	// platform.
	ChatExposed bool `json:"chat_exposed,omitempty"`
}

// ToolType names a tool or a kind of tools. The API may add types: newer
// servers also know tools of the model's provider, such as
// "openai:web_search".
type ToolType string

// Tools that are built in. They need no Key and no ID.
const (
	ToolGoogleSearch           ToolType = "google_search"
	ToolWebScraper             ToolType = "web_scraper"
	ToolCallSubAgent           ToolType = "call_sub_agent"
	ToolRetrieveAgents         ToolType = "retrieve_agents"
	ToolQueryMemoryStore       ToolType = "query_memory_store"
	ToolWriteMemoryStore       ToolType = "write_memory_store"
	ToolRetrieveMemoryStores   ToolType = "retrieve_memory_stores"
	ToolDeleteMemoryDocument   ToolType = "delete_memory_document"
	ToolRetrieveKnowledgeBases ToolType = "retrieve_knowledge_bases"
	ToolQueryKnowledgeBase     ToolType = "query_knowledge_base"
	ToolCurrentDate            ToolType = "current_date"
	// Newer servers have these, too.
	ToolAdvisor         ToolType = "advisor"
	ToolSidekick        ToolType = "sidekick"
	ToolCodeInterpreter ToolType = "code_interpreter"
	// ToolFileSystem needs a Configuration that says which file system.
	ToolFileSystem ToolType = "file_system"
)

// Tools that exist in the workspace. They are named by Key or ID.
const (
	ToolHTTP     ToolType = "http"
	ToolCode     ToolType = "code"
	ToolFunction ToolType = "function"
	// ToolMCP is a server of the Model Context Protocol. Newer servers want
	// the ToolID, too.
	ToolMCP ToolType = "mcp"
	// ToolJSONSchema is known to newer servers only.
	ToolJSONSchema ToolType = "json_schema"
)

// Tool is a tool of an agent, as a request names it.
type Tool struct {
	// Type is the kind of tool. Required.
	Type ToolType `json:"type"`
	// Key names a tool of the workspace. "" leaves it out.
	Key string `json:"key,omitempty"`
	// ID names a tool of the workspace by its id instead. "" leaves it out.
	ID string `json:"id,omitempty"`
	// RequiresApproval says whether a person must approve the calls of the
	// tool. Nil leaves it out.
	RequiresApproval *bool `json:"requires_approval,omitempty"`
	// ToolID names one tool of an MCP server. Only newer servers know it, and
	// they require it. "" leaves it out.
	ToolID string `json:"tool_id,omitempty"`
	// Timeout is how long a call may take, in seconds: 1 to 600, for code 1
	// to 120. Only newer servers know it, for tools of type http and code and
	// for those of the model's provider. Nil leaves it out.
	Timeout *float64 `json:"timeout,omitempty"`
	// Configuration configures a built-in tool or one of the model's
	// provider: members of any names, laid over the arguments of the model.
	// Only newer servers know it. Nil leaves it out.
	Configuration map[string]any `json:"configuration,omitzero"`

	// ExtraFields are put into the tool last: for fields that this package
	// does not know. A nil value sends null.
	ExtraFields map[string]any `json:"-"`
}

// MarshalJSON returns the tool as JSON, with the extra fields.
func (t Tool) MarshalJSON() ([]byte, error) {
	type plain Tool
	return wire.Encode(plain(t), t.ExtraFields)
}

// AgentTool is a tool of an agent, as the server describes it.
type AgentTool struct {
	// ID is the server's id of the tool, a ULID.
	ID string `json:"id"`
	// Key names the tool in its workspace, "" for a built-in one.
	Key string `json:"key,omitempty"`
	// ActionType is the kind of tool: what a request calls its type.
	ActionType ToolType `json:"action_type"`
	// DisplayName is the tool's name for people, "" if it has none.
	DisplayName string `json:"display_name,omitempty"`
	// Description is what the tool does, "" if nobody said it.
	Description string `json:"description,omitempty"`
	// RequiresApproval reports that a person must approve the calls.
	RequiresApproval bool `json:"requires_approval"`
	// Conditions say when the tool may be used.
	Conditions []ToolCondition `json:"conditions,omitzero"`
	// Timeout is how long a call may take, in seconds. 0: not stated.
	Timeout float64 `json:"timeout,omitempty"`
	// Configuration configures the tool. Nil: there is none.
	Configuration map[string]any `json:"configuration,omitzero"`
	// ToolID names one tool of an MCP server, "" if the server does not say.
	ToolID string `json:"tool_id,omitempty"`
}

// Tool returns the tool as a request names it. Lists of tools are replaced as
// a whole, so an update that adds a tool must name the others, too. A tool of
// the workspace is named by its key, or else by its id. The timeout is left
// out, for older servers do not take the one that they tell, and so are fields
// that AgentTool does not know.
func (t AgentTool) Tool() Tool {
	tool := Tool{
		Type: t.ActionType, Key: t.Key, RequiresApproval: &t.RequiresApproval,
		ToolID: t.ToolID, Configuration: t.Configuration,
	}
	switch t.ActionType {
	case ToolHTTP, ToolCode, ToolFunction, ToolMCP, ToolJSONSchema:
		if t.Key == "" {
			tool.ID = t.ID
		}
	}
	return tool
}

// ToolCondition is a condition for the use of a tool.
type ToolCondition struct {
	// Condition is what is compared.
	Condition string `json:"condition"`
	// Operator is how it is compared.
	Operator string `json:"operator"`
	// Value is what it is compared with.
	Value string `json:"value"`
}

// ExecuteOn says what an evaluator or guardrail looks at.
type ExecuteOn string

// The documented values.
const (
	// ExecuteOnInput: what the agent is given.
	ExecuteOnInput ExecuteOn = "input"
	// ExecuteOnOutput: what the agent answers.
	ExecuteOnOutput ExecuteOn = "output"
)

// Evaluator is an evaluator or a guardrail of an agent.
type Evaluator struct {
	// ID is the id or key of the evaluator. Required.
	ID string `json:"id"`
	// SampleRate is the share of runs to look at, in percent: 1 to 100.
	// Default 50.
	SampleRate *float64 `json:"sample_rate,omitempty"`
	// ExecuteOn says what to look at. Required.
	ExecuteOn ExecuteOn `json:"execute_on"`
	// Options are options of the evaluator, of any names. Only newer servers
	// know them. Nil leaves them out.
	Options map[string]any `json:"options,omitzero"`
}

func validateEvaluators(problems *validate.Problems, list string, evaluators []Evaluator) {
	for i, evaluator := range evaluators {
		problems.RequiredItem(list, i, "id", evaluator.ID)
		problems.RequiredItem(list, i, "execute_on", string(evaluator.ExecuteOn))
	}
}
