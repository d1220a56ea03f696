package xpander

import (
	"encoding/json"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// The defaults of an agent.
const (
	active          = "ACTIVE"
	inactive        = "INACTIVE"
	serverless      = "serverless"
	defaultIcon     = "🚀"
	defaultProvider = "openai"
	defaultModel    = "gpt-4.1"
	upgradedModel   = "gpt-5.2"
	firstVersion    = 2
)

// agent is an agent as responses have it. A nil pointer or list is null.
type agent struct {
	ID                string            `json:"id"`
	Name              string            `json:"name"`
	Description       *string           `json:"description"`
	Icon              *string           `json:"icon"`
	Status            *string           `json:"status"`
	DeploymentType    *string           `json:"deployment_type"`
	CreatedAt         string            `json:"created_at"`
	ModelProvider     *string           `json:"model_provider"`
	ModelName         *string           `json:"model_name"`
	Framework         *string           `json:"framework"`
	OrganizationID    string            `json:"organization_id"`
	Tools             []json.RawMessage `json:"tools"`
	Graph             []json.RawMessage `json:"graph"`
	KnowledgeBases    []json.RawMessage `json:"knowledge_bases"`
	Instructions      instructions      `json:"instructions"`
	WebhookURL        string            `json:"webhook_url"`
	UniqueName        string            `json:"unique_name"`
	LLMAPIBase        *string           `json:"llm_api_base"`
	HasPendingChanges bool              `json:"has_pending_changes"`
	Version           int               `json:"version"`
	IsLatest          bool              `json:"is_latest"`
	LLMSettings       []llmSettings     `json:"llm_settings"`
	AgnoSettings      agnoSettings      `json:"agno_settings"`
	Type              *string           `json:"type,omitempty"` // what follows is shown once it was sent
	OutputFormat      *string           `json:"output_format,omitempty"`
	OutputSchema      json.RawMessage   `json:"output_schema,omitempty"`
	ExpectedOutput    *string           `json:"expected_output,omitempty"`
	AttachedTools     []attachedTool    `json:"attached_tools,omitempty"`
	Deletable         *bool             `json:"deletable,omitempty"`
}

// instructions tell an agent what it is and does.
type instructions struct {
	Role    []string `json:"role"`
	Goal    []string `json:"goal"`
	General string   `json:"general"`
}

// llmSettings are the model settings of one node of the graph.
type llmSettings struct {
	Type        string  `json:"type"`
	Provider    *string `json:"provider"`
	Model       *string `json:"model"`
	Temperature float64 `json:"temperature"`
}

// attachedTool is a tool that an agent may use.
type attachedTool struct {
	ID           string   `json:"id"`
	OperationIDs []string `json:"operation_ids"`
}

// agnoSettings are the settings of the framework.
type agnoSettings struct {
	SessionStorage                  bool                `json:"session_storage"`
	AgentMemories                   bool                `json:"agent_memories"`
	AgenticCulture                  bool                `json:"agentic_culture"`
	UserMemories                    bool                `json:"user_memories"`
	AgenticMemory                   bool                `json:"agentic_memory"`
	SessionSummaries                bool                `json:"session_summaries"`
	NumHistoryRuns                  int64               `json:"num_history_runs"`
	MaxToolCallsFromHistory         int64               `json:"max_tool_calls_from_history"`
	ToolCallLimit                   int64               `json:"tool_call_limit"`
	CoordinateMode                  bool                `json:"coordinate_mode"`
	PIIDetectionEnabled             bool                `json:"pii_detection_enabled"`
	PIIDetectionMask                bool                `json:"pii_detection_mask"`
	PromptInjectionDetectionEnabled bool                `json:"prompt_injection_detection_enabled"`
	OpenAIModerationEnabled         bool                `json:"openai_moderation_enabled"`
	OpenAIModerationCategories      []string            `json:"openai_moderation_categories"`
	ReasoningToolsEnabled           bool                `json:"reasoning_tools_enabled"`
	ToolCallsCompression            toolCallCompression `json:"tool_calls_compression"`
}

// toolCallCompression says when the results of tool calls are shortened.
type toolCallCompression struct {
	Enabled      bool   `json:"enabled"`
	Threshold    int64  `json:"threshold"`
	Instructions string `json:"instructions"`
}

// record is an agent as it is stored. Its lists are replaced, never written
// into: copies of it share them.
type record struct {
	agent
	UsingNemo bool `json:"using_nemo"` // only the short list shows it
}

// newRecord is an agent of which nothing was said.
func newRecord() record {
	return record{agent: agent{
		Description:    new(""),
		Icon:           new(defaultIcon),
		Status:         new(active),
		DeploymentType: new(serverless),
		ModelProvider:  new(defaultProvider),
		ModelName:      new(defaultModel),
		Framework:      new("agno"),
		Tools:          []json.RawMessage{},
		Graph:          []json.RawMessage{},
		KnowledgeBases: []json.RawMessage{},
		Instructions:   instructions{Role: []string{}, Goal: []string{}},
		Version:        firstVersion,
		LLMSettings:    []llmSettings{{Type: before}},
		AgnoSettings: agnoSettings{
			SessionStorage:        true,
			NumHistoryRuns:        10,
			CoordinateMode:        true,
			PIIDetectionMask:      true,
			ReasoningToolsEnabled: true,
			ToolCallsCompression:  toolCallCompression{Threshold: 3},
		},
	}}
}

// followModel makes the settings of the first node name the agent's own
// model, unless the request set them, too.
func (r *record) followModel(request *emulate.Request, members jsontext.Object, created bool) {
	asked := created || members.Has("model_name")
	if asked && request.Variant(modelUpgrade) && r.ModelName != nil && *r.ModelName == defaultModel {
		r.ModelName = new(upgradedModel)
	}
	_, provider := members["model_provider"]
	_, model := members["model_name"]
	if (created || provider || model) && !members.Has("llm_settings") && len(r.LLMSettings) > 0 {
		first := r.LLMSettings[0]
		first.Provider, first.Model = r.ModelProvider, r.ModelName
		r.LLMSettings = append([]llmSettings{first}, r.LLMSettings[1:]...)
	}
}

// deploy publishes the pending changes as the next version.
func (r *record) deploy(request *emulate.Request) {
	r.Version++
	r.HasPendingChanges = false
	r.Status = new(active)
	if r.Description != nil && *r.Description != "" {
		return
	}
	i := r.Instructions
	for _, text := range []string{i.General, strings.Join(i.Role, ". "), strings.Join(i.Goal, ". ")} {
		if text != "" {
			request.Guess("description-of-deploy") // its words are documented nowhere
			r.Description = &text
			return
		}
	}
}

// view is an agent as the variants want it shown.
func view(r *emulate.Request, a *record) any {
	if !r.Variant(stringInstructions) {
		return a.agent
	}
	return struct {
		agent
		Instructions plainInstructions `json:"instructions"` // hides the one of the agent
	}{a.agent, a.Instructions.plain()}
}

// plainInstructions are instructions with a line for each item.
type plainInstructions struct {
	Role    string `json:"role"`
	Goal    string `json:"goal"`
	General string `json:"general"`
}

func (i instructions) plain() plainInstructions {
	return plainInstructions{strings.Join(i.Role, "\n"), strings.Join(i.Goal, "\n"), i.General}
}

// minimalAgent is an agent in the short list.
type minimalAgent struct {
	ID                string  `json:"id"`
	Name              string  `json:"name"`
	Description       *string `json:"description"`
	Icon              *string `json:"icon"`
	Status            *string `json:"status"`
	OrganizationID    string  `json:"organization_id"`
	DeploymentType    *string `json:"deployment_type"`
	CreatedAt         string  `json:"created_at"`
	Instructions      any     `json:"instructions"`
	ModelProvider     *string `json:"model_provider"`
	LLMAPIBase        *string `json:"llm_api_base"`
	ModelName         *string `json:"model_name"`
	Framework         *string `json:"framework"`
	UsingNemo         bool    `json:"using_nemo"`
	IsCoordinateMode  bool    `json:"is_coordinate_mode"`
	HasPendingChanges bool    `json:"has_pending_changes"`
}

func minimalView(r *emulate.Request, a *record) any {
	minimal := minimalAgent{
		ID:                a.ID,
		Name:              a.Name,
		Description:       a.Description,
		Icon:              a.Icon,
		Status:            a.Status,
		OrganizationID:    a.OrganizationID,
		DeploymentType:    a.DeploymentType,
		CreatedAt:         a.CreatedAt,
		Instructions:      a.Instructions,
		ModelProvider:     a.ModelProvider,
		LLMAPIBase:        a.LLMAPIBase,
		ModelName:         a.ModelName,
		Framework:         a.Framework,
		UsingNemo:         a.UsingNemo,
		IsCoordinateMode:  a.AgnoSettings.CoordinateMode,
		HasPendingChanges: a.HasPendingChanges,
	}
	if r.Variant(stringInstructions) {
		minimal.Instructions = a.Instructions.plain()
	}
	return minimal
}
