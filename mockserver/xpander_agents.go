package mockserver

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/google/uuid"
)

// The defaults of an agent.
const (
	xpanderActive          = "ACTIVE"
	xpanderServerless      = "serverless"
	xpanderDefaultIcon     = "🚀"
	xpanderDefaultProvider = "openai"
	xpanderDefaultModel    = "gpt-4.1"
	xpanderUpgradedModel   = "gpt-5.2"
	xpanderFirstVersion    = 2
)

// xpanderAgent is an agent as it is answered. A nil pointer or list is null.
type xpanderAgent struct {
	ID                string                `json:"id"`
	Name              string                `json:"name"`
	Description       *string               `json:"description"`
	Icon              *string               `json:"icon"`
	Status            *string               `json:"status"`
	DeploymentType    *string               `json:"deployment_type"`
	CreatedAt         string                `json:"created_at"`
	ModelProvider     *string               `json:"model_provider"`
	ModelName         *string               `json:"model_name"`
	Framework         *string               `json:"framework"`
	OrganizationID    string                `json:"organization_id"`
	Tools             []json.RawMessage     `json:"tools"`
	Graph             []json.RawMessage     `json:"graph"`
	KnowledgeBases    []json.RawMessage     `json:"knowledge_bases"`
	Instructions      xpanderInstructions   `json:"instructions"`
	WebhookURL        string                `json:"webhook_url"`
	UniqueName        string                `json:"unique_name"`
	LLMAPIBase        *string               `json:"llm_api_base"`
	HasPendingChanges bool                  `json:"has_pending_changes"`
	Version           int                   `json:"version"`
	IsLatest          bool                  `json:"is_latest"`
	LLMSettings       []xpanderLLMSettings  `json:"llm_settings"`
	AgnoSettings      xpanderAgnoSettings   `json:"agno_settings"`
	Type              *string               `json:"type,omitempty"` // what follows is answered once it was sent
	OutputFormat      *string               `json:"output_format,omitempty"`
	OutputSchema      json.RawMessage       `json:"output_schema,omitempty"`
	ExpectedOutput    *string               `json:"expected_output,omitempty"`
	AttachedTools     []xpanderAttachedTool `json:"attached_tools,omitempty"`
	Deletable         *bool                 `json:"deletable,omitempty"`
}

// xpanderInstructions tells an agent what it is and does.
type xpanderInstructions struct {
	Role    []string `json:"role"`
	Goal    []string `json:"goal"`
	General string   `json:"general"`
}

// xpanderLLMSettings are the model settings of one node of the graph.
type xpanderLLMSettings struct {
	Type        string  `json:"type"`
	Provider    *string `json:"provider"`
	Model       *string `json:"model"`
	Temperature float64 `json:"temperature"`
}

// xpanderAttachedTool is a tool that an update attached.
type xpanderAttachedTool struct {
	ID           string   `json:"id"`
	OperationIDs []string `json:"operation_ids"`
}

// xpanderAgnoSettings are the settings of the framework.
type xpanderAgnoSettings struct {
	SessionStorage                  bool                       `json:"session_storage"`
	AgentMemories                   bool                       `json:"agent_memories"`
	AgenticCulture                  bool                       `json:"agentic_culture"`
	UserMemories                    bool                       `json:"user_memories"`
	AgenticMemory                   bool                       `json:"agentic_memory"`
	SessionSummaries                bool                       `json:"session_summaries"`
	NumHistoryRuns                  int                        `json:"num_history_runs"`
	MaxToolCallsFromHistory         int                        `json:"max_tool_calls_from_history"`
	ToolCallLimit                   int                        `json:"tool_call_limit"`
	CoordinateMode                  bool                       `json:"coordinate_mode"`
	PIIDetectionEnabled             bool                       `json:"pii_detection_enabled"`
	PIIDetectionMask                bool                       `json:"pii_detection_mask"`
	PromptInjectionDetectionEnabled bool                       `json:"prompt_injection_detection_enabled"`
	OpenAIModerationEnabled         bool                       `json:"openai_moderation_enabled"`
	OpenAIModerationCategories      []string                   `json:"openai_moderation_categories"`
	ReasoningToolsEnabled           bool                       `json:"reasoning_tools_enabled"`
	ToolCallsCompression            xpanderToolCallCompression `json:"tool_calls_compression"`
}

// xpanderToolCallCompression says when the results of tool calls are
// shortened.
type xpanderToolCallCompression struct {
	Enabled      bool   `json:"enabled"`
	Threshold    int    `json:"threshold"`
	Instructions string `json:"instructions"`
}

// xpanderRecord is an agent as it is stored.
type xpanderRecord struct {
	xpanderAgent
	UsingNemo bool `json:"using_nemo"` // answered in the short list only
}

// newXpanderRecord is an agent of which nothing was said.
func newXpanderRecord() xpanderRecord {
	return xpanderRecord{xpanderAgent: xpanderAgent{
		Description:    new(""),
		Icon:           new(xpanderDefaultIcon),
		Status:         new(xpanderActive),
		DeploymentType: new(xpanderServerless),
		ModelProvider:  new(xpanderDefaultProvider),
		ModelName:      new(xpanderDefaultModel),
		Framework:      new("agno"),
		Tools:          []json.RawMessage{},
		Graph:          []json.RawMessage{},
		KnowledgeBases: []json.RawMessage{},
		Instructions:   xpanderInstructions{Role: []string{}, Goal: []string{}},
		Version:        xpanderFirstVersion,
		LLMSettings:    []xpanderLLMSettings{{Type: "before"}},
		AgnoSettings: xpanderAgnoSettings{
			SessionStorage:        true,
			NumHistoryRuns:        10,
			CoordinateMode:        true,
			PIIDetectionMask:      true,
			ReasoningToolsEnabled: true,
			ToolCallsCompression:  xpanderToolCallCompression{Threshold: 3},
		},
	}}
}

// view is an agent as the variants want it answered.
func (xpanderDialect) view(x *exchange, record *xpanderRecord) any {
	if !x.variant(XpanderStringInstructions) {
		return record.xpanderAgent
	}
	return struct {
		xpanderAgent
		Instructions xpanderPlainInstructions `json:"instructions"` // hides the one of the agent
	}{record.xpanderAgent, record.Instructions.plain()}
}

// xpanderPlainInstructions are instructions with a line for each item.
type xpanderPlainInstructions struct {
	Role    string `json:"role"`
	Goal    string `json:"goal"`
	General string `json:"general"`
}

func (i xpanderInstructions) plain() xpanderPlainInstructions {
	return xpanderPlainInstructions{strings.Join(i.Role, "\n"), strings.Join(i.Goal, "\n"), i.General}
}

func (d xpanderDialect) createAgent(x *exchange) answer {
	record := newXpanderRecord()
	change, refusal := d.readBody(x, &record, false)
	if refusal != nil {
		return *refusal
	}
	record.followModel(x, change, true)
	state := x.state.(*xpanderState)
	record.ID = x.uuid("xpander.agent")
	record.OrganizationID = uuid.NewSHA1(uuid.NameSpaceURL, []byte(x.tenant)).String()
	record.CreatedAt = x.now().Format("2006-01-02T15:04:05.000000Z")
	record.WebhookURL = "https://webhook.xpander.ai/?agent_id=" + record.ID + "&asynchronous=false"
	record.UniqueName = xpanderUniqueName(x)
	state.UniqueNames.add(x.tenant, record.UniqueName, new(record.ID))
	state.Agents.add(x.tenant, record.ID, &record)
	x.commit()
	return jsonAnswer(http.StatusCreated, d.view(x, &record))
}

// followModel makes the settings of the first node name the agent's own
// model, unless the request set them, too.
func (r *xpanderRecord) followModel(x *exchange, change object, created bool) {
	asked := created || change.has("model_name")
	if asked && x.variant(XpanderModelUpgrade) && r.ModelName != nil && *r.ModelName == xpanderDefaultModel {
		r.ModelName = new(xpanderUpgradedModel)
	}
	_, provider := change["model_provider"]
	_, model := change["model_name"]
	if (created || provider || model) && !change.has("llm_settings") && len(r.LLMSettings) > 0 {
		first := r.LLMSettings[0]
		first.Provider, first.Model = r.ModelProvider, r.ModelName
		r.LLMSettings = append([]xpanderLLMSettings{first}, r.LLMSettings[1:]...)
	}
}

func (d xpanderDialect) getAgent(x *exchange) answer {
	record, refusal := d.find(x)
	if refusal != nil {
		return *refusal
	}
	return jsonAnswer(http.StatusOK, d.view(x, record))
}

func (d xpanderDialect) updateAgent(x *exchange) answer {
	existing := x.state.(*xpanderState).Agents.get(x.tenant, x.params["agent_id"])
	draft := newXpanderRecord() // the body is checked even if there is no agent
	if existing != nil {
		draft = *existing
	}
	change, refusal := d.readBody(x, &draft, true)
	if refusal != nil {
		return *refusal
	}
	record, refusal := d.find(x)
	if refusal != nil {
		return *refusal
	}
	draft.followModel(x, change, false)
	draft.HasPendingChanges = true
	if deploy, _ := xpanderBool(x.query.Get("deploy")); deploy {
		draft.deploy(x)
	}
	*record = draft
	x.commit()
	return jsonAnswer(http.StatusOK, d.view(x, record))
}

func (d xpanderDialect) deployAgent(x *exchange) answer {
	record, refusal := d.find(x)
	if refusal != nil {
		return *refusal
	}
	record.deploy(x)
	x.commit()
	return jsonAnswer(http.StatusOK, d.view(x, record))
}

// deploy publishes the pending changes as the next version.
func (r *xpanderRecord) deploy(x *exchange) {
	r.Version++
	r.HasPendingChanges = false
	r.Status = new(xpanderActive)
	if r.Description != nil && *r.Description != "" {
		return
	}
	i := r.Instructions
	for _, text := range []string{i.General, strings.Join(i.Role, ". "), strings.Join(i.Goal, ". ")} {
		if text != "" {
			x.guess("xpander.description-of-deploy") // its words are documented nowhere
			r.Description = &text
			return
		}
	}
}

func (d xpanderDialect) deleteAgent(x *exchange) answer {
	record, refusal := d.find(x)
	if refusal != nil {
		return *refusal
	}
	if record.Deletable != nil && !*record.Deletable {
		x.guess("xpander.403-not-deletable")
		return x.refuse(http.StatusForbidden, "Agent is not deletable", "agent_id: expected an agent that is deletable")
	}
	state := x.state.(*xpanderState)
	state.UniqueNames.remove(x.tenant, record.UniqueName)
	state.Agents.remove(x.tenant, record.ID)
	x.commit()
	return jsonAnswer(http.StatusAccepted, nil)
}

// find returns the agent that the path names.
func (d xpanderDialect) find(x *exchange) (*xpanderRecord, *answer) {
	state, id := x.state.(*xpanderState), x.params["agent_id"]
	if record := state.Agents.get(x.tenant, id); record != nil {
		return record, nil
	}
	for _, record := range state.Agents.all() {
		if record.ID == id {
			x.guess("xpander.403-other-organization")
			a := x.refuse(http.StatusForbidden, "", "agent_id: expected an agent of this organization, got one of another")
			return nil, &a
		}
	}
	a := x.refuse(http.StatusNotFound, "", "agent_id: expected the id of an agent, got another one")
	return nil, &a
}

// xpanderMinimalAgent is an agent in the short list.
type xpanderMinimalAgent struct {
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

func (xpanderDialect) minimalView(x *exchange, r *xpanderRecord) any {
	minimal := xpanderMinimalAgent{
		ID:                r.ID,
		Name:              r.Name,
		Description:       r.Description,
		Icon:              r.Icon,
		Status:            r.Status,
		OrganizationID:    r.OrganizationID,
		DeploymentType:    r.DeploymentType,
		CreatedAt:         r.CreatedAt,
		Instructions:      r.Instructions,
		ModelProvider:     r.ModelProvider,
		LLMAPIBase:        r.LLMAPIBase,
		ModelName:         r.ModelName,
		Framework:         r.Framework,
		UsingNemo:         r.UsingNemo,
		IsCoordinateMode:  r.AgnoSettings.CoordinateMode,
		HasPendingChanges: r.HasPendingChanges,
	}
	if x.variant(XpanderStringInstructions) {
		minimal.Instructions = r.Instructions.plain()
	}
	return minimal
}

// xpanderPage is the body of a list.
type xpanderPage struct {
	Items      []any `json:"items"`
	Total      int   `json:"total"`
	Page       int   `json:"page"`
	PerPage    int   `json:"per_page"`
	TotalPages int   `json:"total_pages"`
}

func (d xpanderDialect) listAgents(x *exchange) answer { return d.list(x, d.minimalView) }

func (d xpanderDialect) listFullAgents(x *exchange) answer { return d.list(x, d.view) }

func (d xpanderDialect) list(x *exchange, view func(*exchange, *xpanderRecord) any) answer {
	var check xpanderChecker
	page := xpanderPage{
		Items:   []any{},
		Page:    check.queryInteger(x, "page", 1, 1, xpanderMaxPage),
		PerPage: check.queryInteger(x, "per_page", 20, 1, 50),
	}
	if len(check.problems) > 0 {
		return check.refuse()
	}
	skip := (page.Page - 1) * page.PerPage
	for record := range x.state.(*xpanderState).Agents.newestFirst(x.tenant) {
		if page.Total >= skip && len(page.Items) < page.PerPage {
			page.Items = append(page.Items, view(x, record))
		}
		page.Total++
	}
	page.TotalPages = (page.Total + page.PerPage - 1) / page.PerPage
	if page.Total == 0 {
		x.guess("xpander.no-pages-of-nothing")
	}
	return jsonAnswer(http.StatusOK, page)
}
