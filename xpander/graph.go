package xpander

import (
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/agentclients/agentclients-go/internal/redact"
)

// GraphItemType says what a node of the graph is. The API may add types.
type GraphItemType string

// The documented types of nodes.
const (
	GraphItemSourceNode     GraphItemType = "source_node"
	GraphItemAgent          GraphItemType = "agent"
	GraphItemTool           GraphItemType = "tool"
	GraphItemHumanInTheLoop GraphItemType = "human_in_the_loop"
	GraphItemDelay          GraphItemType = "xpsleep-agent-delay"
	GraphItemCustomAgent    GraphItemType = "custom_agent"
	GraphItemStorage        GraphItemType = "storage"
	GraphItemCodingAgent    GraphItemType = "coding_agent"
	GraphItemMCP            GraphItemType = "mcp"
)

// GraphItemSubType is the finer type of a node. The API may add types.
type GraphItemSubType string

// The documented finer types.
const (
	GraphItemSubTypeSDK            GraphItemSubType = "sdk"
	GraphItemSubTypeTask           GraphItemSubType = "task"
	GraphItemSubTypeAssistant      GraphItemSubType = "assistant"
	GraphItemSubTypeWebhook        GraphItemSubType = "webhook"
	GraphItemSubTypeOperation      GraphItemSubType = "operation"
	GraphItemSubTypeCustomFunction GraphItemSubType = "custom_function"
	GraphItemSubTypeLocalTool      GraphItemSubType = "local_tool"
)

// GraphItem is a node of the graph that says what an agent does.
type GraphItem struct {
	// ID identifies the node.
	ID string `json:"id,omitempty"`
	// ItemID is the tool, the agent or the MCP server that the node stands
	// for.
	ItemID string `json:"item_id"`
	// Name is the name for people, such as "Send Email".
	Name string `json:"name,omitempty"`
	// Type says what the node is.
	Type GraphItemType `json:"type"`
	// SubType is its finer type, "" if it has none.
	SubType GraphItemSubType `json:"sub_type,omitempty"`
	// Targets are the ids of the nodes that may come after it.
	Targets []string `json:"targets"`
	// Settings configure the node.
	Settings *GraphItemSettings `json:"settings,omitempty"`
	// LLMSettings choose the models of the node.
	LLMSettings []LLMSettings `json:"llm_settings,omitzero"`
	// IsFirst marks the node that the graph begins with. Default false.
	IsFirst bool `json:"is_first,omitempty"`
}

// GraphItemSettings configure a node of the graph.
type GraphItemSettings struct {
	// Instructions tell the model how to use the node.
	Instructions string `json:"instructions,omitempty"`
	// Description says what the node does.
	Description string `json:"description,omitempty"`
	// Schemas are the schemas of its input and output.
	Schemas *GraphItemSchemas `json:"schemas,omitempty"`
	// AdvancedFilteringOptions cut down what the node returns.
	AdvancedFilteringOptions *AdvancedFilteringOptions `json:"advanced_filtering_options,omitempty"`
	// HITLOptions configure a node that asks a person.
	HITLOptions *HITLOptions `json:"hitl_options,omitempty"`
	// A2AOptions configure an agent that is reached by the A2A protocol.
	A2AOptions *A2AOptions `json:"a2a_options,omitempty"`
	// CodingAgentSettings configure an agent that writes code.
	CodingAgentSettings *CodingAgentSettings `json:"coding_agent_settings,omitempty"`
	// MCPSettings configure an MCP server.
	MCPSettings *MCPSettings `json:"mcp_settings,omitempty"`
	// UseCache lets the node answer from a cache. Default false.
	UseCache bool `json:"use_cache,omitempty"`
}

// GraphItemSchemas are the schemas of a node.
type GraphItemSchemas struct {
	// Input is the JSON Schema of what goes in.
	Input json.RawMessage `json:"input,omitempty"`
	// Output is the JSON Schema of what comes out.
	Output json.RawMessage `json:"output,omitempty"`
}

// AdvancedFilteringOptions cut down what a node returns.
type AdvancedFilteringOptions struct {
	// Returnables are the fields that are returned.
	Returnables []string `json:"returnables,omitzero"`
	// Searchables are the fields that can be searched.
	Searchables []string `json:"searchables,omitzero"`
	// GloballyEnabled applies them everywhere. Default false.
	GloballyEnabled bool `json:"globally_enabled,omitempty"`
}

// HITLType is how a person is asked. The API may add types.
type HITLType string

// HITLSlack asks in Slack. It is the only documented way.
const HITLSlack HITLType = "slack"

// HITLOptions configure a node that asks a person (human in the loop).
type HITLOptions struct {
	// Title is the title of the question.
	Title string `json:"title,omitempty"`
	// Description is the text of the question.
	Description string `json:"description,omitempty"`
	// Recipients are who is asked.
	Recipients []string `json:"recipients,omitzero"`
	// HITLType is how they are asked.
	HITLType HITLType `json:"hitl_type,omitempty"`
	// SlackApp is the Slack app that asks.
	SlackApp string `json:"slack_app,omitempty"`
	// ShouldApproveWithCurrentUser asks the user of the task. Default true;
	// nil if the response does not say.
	ShouldApproveWithCurrentUser *bool `json:"should_approve_with_current_user,omitempty"`
}

// A2AOptions configure an agent that is reached by the A2A protocol.
type A2AOptions struct {
	// URL is where the agent is.
	URL string `json:"url,omitempty"`
}

// CodingAgentSettings configure an agent that writes code.
type CodingAgentSettings struct {
	// Type is the coding agent. Default "codex", the only documented one.
	Type string `json:"type,omitempty"`
}

// MCPServerType says where an MCP server runs. The API may add types.
type MCPServerType string

// The documented places.
const (
	MCPServerLocal  MCPServerType = "local"
	MCPServerRemote MCPServerType = "remote"
)

// MCPTransport is how an MCP server is spoken to. The API may add transports.
type MCPTransport string

// The documented transports.
const (
	MCPTransportStdio          MCPTransport = "stdio"
	MCPTransportSSE            MCPTransport = "sse"
	MCPTransportStreamableHTTP MCPTransport = "streamable-http"
)

// MCPAuthType is how an MCP server knows its caller. The API may add types.
type MCPAuthType string

// The documented ways.
const (
	MCPAuthAPIKey        MCPAuthType = "api_key"
	MCPAuthOAuth2        MCPAuthType = "oauth2"
	MCPAuthCustomHeaders MCPAuthType = "custom_headers"
	MCPAuthNone          MCPAuthType = "none"
)

// MCPSettings configure an MCP server.
type MCPSettings struct {
	// Type says where the server runs. Default remote.
	Type MCPServerType `json:"type,omitempty"`
	// Name is the name of the server.
	Name string `json:"name,omitempty"`
	// Command starts a local server.
	Command string `json:"command,omitempty"`
	// URL is where a remote server is.
	URL string `json:"url,omitempty"`
	// Transport is how it is spoken to. Default streamable-http.
	Transport MCPTransport `json:"transport,omitempty"`
	// AuthType is how it knows its caller. Default none.
	AuthType MCPAuthType `json:"auth_type,omitempty"`
	// APIKey is the key for api_key. It is a secret.
	APIKey Secret `json:"api_key,omitempty"`
	// ClientID is the client for oauth2.
	ClientID string `json:"client_id,omitempty"`
	// ClientSecret is the secret of the client for oauth2.
	ClientSecret Secret `json:"client_secret,omitempty"`
	// AdditionalScopes are asked for with oauth2, besides the usual ones.
	AdditionalScopes []string `json:"additional_scopes,omitzero"`
	// Headers are sent to a remote server. Their values are secrets.
	Headers Secrets `json:"headers,omitzero"`
	// EnvVars is the environment of a local server. Its values are secrets.
	EnvVars Secrets `json:"env_vars,omitzero"`
	// AllowedTools are the tools that may be used. Empty: all.
	AllowedTools []string `json:"allowed_tools,omitzero"`
	// ShareUserTokenAcrossOtherAgents lets other agents use the token that a
	// user gave. Default true; nil if the response does not say.
	ShareUserTokenAcrossOtherAgents *bool `json:"share_user_token_across_other_agents,omitempty"`
}

// Format prints the settings without secrets.
func (s MCPSettings) Format(state fmt.State, verb rune) {
	type plain MCPSettings
	redact.Format(state, verb, plain(s))
}

// LogValue describes the settings to log/slog without secrets.
func (s MCPSettings) LogValue() slog.Value {
	return slog.StringValue(fmt.Sprintf("%+v", s))
}
