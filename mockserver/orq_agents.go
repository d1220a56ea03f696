package mockserver

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/oklog/ulid/v2"
)

const orqDefaultProject = "Default"

// orqTime is how the API writes a time.
const orqTime = "2006-01-02T15:04:05.000Z"

// orqState is what one namespace knows of the orq API.
type orqState struct {
	Workspaces collection[orqWorkspace] `json:"workspaces"` // one per tenant, with the id ""
	Agents     collection[orqAgent]     `json:"agents"`     // by key
}

// orqWorkspace is what belongs to a token.
type orqWorkspace struct {
	ID       string       `json:"id"`
	UserID   string       `json:"user_id"`
	Projects []orqProject `json:"projects"`
}

type orqProject struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// orqAgent is an agent as the API answers it.
type orqAgent struct {
	ID             string             `json:"_id"`
	Key            string             `json:"key"`
	DisplayName    string             `json:"display_name"`
	ProjectID      string             `json:"project_id"`
	CreatedByID    string             `json:"created_by_id"`
	UpdatedByID    string             `json:"updated_by_id"`
	Created        string             `json:"created"`
	Updated        string             `json:"updated"`
	Role           string             `json:"role"`
	Description    string             `json:"description"`
	SystemPrompt   string             `json:"system_prompt,omitempty"`
	Instructions   string             `json:"instructions"`
	Status         string             `json:"status"`
	Settings       orqSettings        `json:"settings"`
	Model          orqModel           `json:"model"`
	VersionHash    string             `json:"version_hash"`
	Path           string             `json:"path"`
	MemoryStores   []string           `json:"memory_stores"`
	TeamOfAgents   []orqTeamMember    `json:"team_of_agents"`
	Metrics        orqMetrics         `json:"metrics"`
	Variables      json.RawMessage    `json:"variables"`
	KnowledgeBases []orqKnowledgeBase `json:"knowledge_bases"`

	// What only newer or only older clients know. Absent unless asked for.
	Skills      []string `json:"skills,omitzero"`
	Source      string   `json:"source,omitempty"`
	Engine      string   `json:"engine,omitempty"`
	Version     string   `json:"version,omitempty"` // from the first versionIncrement on
	WorkspaceID string   `json:"workspace_id,omitempty"`
}

type orqSettings struct {
	MaxExecutionTime     int64          `json:"max_execution_time"`
	MaxIterations        int64          `json:"max_iterations"`
	ToolApprovalRequired string         `json:"tool_approval_required"`
	Tools                []orqTool      `json:"tools"`
	Evaluators           []orqEvaluator `json:"evaluators,omitzero"`
	Guardrails           []orqEvaluator `json:"guardrails,omitzero"`
	MaxCost              *float64       `json:"max_cost,omitempty"`
	ChatExposed          *bool          `json:"chat_exposed,omitempty"`
}

// orqTool is a tool as it is answered; a request calls its action type "type".
type orqTool struct {
	ID               string          `json:"id"`
	Key              string          `json:"key,omitempty"`
	ActionType       string          `json:"action_type"`
	RequiresApproval bool            `json:"requires_approval"`
	Conditions       []struct{}      `json:"conditions"` // no request can set any
	Timeout          float64         `json:"timeout"`
	Configuration    json.RawMessage `json:"configuration,omitempty"`
	ToolID           string          `json:"tool_id,omitempty"`
}

type orqEvaluator struct {
	ID         string          `json:"id"`
	SampleRate float64         `json:"sample_rate"`
	ExecuteOn  string          `json:"execute_on"`
	Options    json.RawMessage `json:"options,omitempty"`
}

type orqModel struct {
	ID             string            `json:"id"`
	IntegrationID  *string           `json:"integration_id"`
	Parameters     json.RawMessage   `json:"parameters,omitempty"`
	Retry          *orqRetry         `json:"retry,omitempty"`
	FallbackModels []json.RawMessage `json:"fallback_models,omitzero"`
}

type orqRetry struct {
	Count   float64   `json:"count"`
	OnCodes []float64 `json:"on_codes"`
}

type orqTeamMember struct {
	Key  string `json:"key"`
	Role string `json:"role,omitempty"`
}

type orqMetrics struct {
	TotalCost float64 `json:"total_cost"`
}

type orqKnowledgeBase struct {
	KnowledgeID string `json:"knowledge_id"`
}

func createOrqAgent(x *exchange) answer {
	body, refusal := readOrqBody(x, orqCreateShape)
	if refusal != nil {
		return *refusal
	}
	state := x.state.(*orqState)
	key, _ := asString(body["key"])
	if state.Agents.get(x.tenant, key) != nil {
		return refuseOrqKey(x, key)
	}

	workspace := orqWorkspaceOf(x)
	now := x.now().Format(orqTime)
	agent := &orqAgent{
		ID:          x.ulid("orq.agent"),
		Key:         key,
		DisplayName: key,
		CreatedByID: workspace.UserID,
		UpdatedByID: workspace.UserID,
		Created:     now,
		Updated:     now,
		Status:      "live",
		Settings: orqSettings{
			MaxExecutionTime:     300,
			MaxIterations:        15,
			ToolApprovalRequired: "respect_tool",
			Tools:                []orqTool{},
		},
		MemoryStores:   []string{},
		TeamOfAgents:   []orqTeamMember{},
		Variables:      json.RawMessage("{}"),
		KnowledgeBases: []orqKnowledgeBase{},
	}
	if x.variant(OrqWorkspaceID) {
		agent.WorkspaceID = workspace.ID
	}
	if !body.has("display_name") {
		x.guess("orq.display-name-from-key")
	}
	agent.change(x, workspace, body)
	assign(body, "source", &agent.Source, asString)
	agent.VersionHash = agent.hash()
	state.Agents.add(x.tenant, key, agent)
	x.commit()
	return jsonAnswer(http.StatusCreated, agent)
}

func getOrqAgent(x *exchange) answer {
	agent, refusal := findOrqAgent(x)
	if refusal != nil {
		return *refusal
	}
	return jsonAnswer(http.StatusOK, agent)
}

func updateOrqAgent(x *exchange) answer {
	body, refusal := readOrqBody(x, orqUpdateShape)
	if refusal != nil {
		return *refusal
	}
	agent, refusal := findOrqAgent(x)
	if refusal != nil {
		return *refusal
	}
	if len(body) == 0 {
		return jsonAnswer(http.StatusOK, agent)
	}
	if key, ok := asString(body["key"]); ok && key != agent.Key {
		if !x.state.(*orqState).Agents.rename(x.tenant, agent.Key, key) {
			x.guess("orq.409-on-rename")
			return refuseOrqKey(x, key)
		}
		agent.Key = key
	}

	workspace := orqWorkspaceOf(x)
	agent.change(x, workspace, body)
	assign(body, "project_id", &agent.ProjectID, asString)
	if increment, ok := asString(body["versionIncrement"]); ok {
		x.guess("orq.version")
		agent.Version = nextOrqVersion(agent.Version, increment)
	}
	agent.UpdatedByID = workspace.UserID
	agent.Updated = x.now().Format(orqTime)
	agent.VersionHash = agent.hash()
	x.commit()
	return jsonAnswer(http.StatusOK, agent)
}

func deleteOrqAgent(x *exchange) answer {
	agent, refusal := findOrqAgent(x)
	if refusal != nil {
		return *refusal
	}
	x.state.(*orqState).Agents.remove(x.tenant, agent.Key)
	x.commit()
	return answer{status: http.StatusNoContent}
}

// findOrqAgent returns the agent that the path names, or what to answer if the
// workspace has none of that key.
func findOrqAgent(x *exchange) (*orqAgent, *answer) {
	key := x.params["agent_key"]
	if agent := x.state.(*orqState).Agents.get(x.tenant, key); agent != nil {
		return agent, nil
	}
	a := refuseOrq(x, http.StatusNotFound, "", "Agent not found",
		"path: the workspace of this token has no agent with the key "+excerpt(key))
	return nil, &a
}

func refuseOrqKey(x *exchange, key string) answer {
	return refuseOrq(x, http.StatusConflict, "", "Agent with this key already exists in the workspace",
		"/key must be unique in the workspace, got "+excerpt(key)+" again")
}

// orqWorkspaceOf returns the workspace of the token, making it if need be.
func orqWorkspaceOf(x *exchange) *orqWorkspace {
	state := x.state.(*orqState)
	workspace := state.Workspaces.get(x.tenant, "")
	if workspace == nil {
		workspace = &orqWorkspace{ID: x.uuid("orq.workspace"), UserID: x.uuid("orq.user")}
		workspace.project(x, orqDefaultProject)
		state.Workspaces.add(x.tenant, "", workspace)
	}
	return workspace
}

// project returns the id of the project of that name, making it if need be.
func (w *orqWorkspace) project(x *exchange, name string) string {
	for _, project := range w.Projects {
		if project.Name == name {
			return project.ID
		}
	}
	project := orqProject{ID: x.uuid("orq.project"), Name: name}
	w.Projects = append(w.Projects, project)
	return project.ID
}

// orqProjectName is the first element of a path, or the default project.
func orqProjectName(path string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if name == "" {
		return orqDefaultProject
	}
	return name
}

// change sets what a checked body carries, of what create and update share.
// What it does not carry stays as it is.
func (a *orqAgent) change(x *exchange, workspace *orqWorkspace, body object) {
	assign(body, "display_name", &a.DisplayName, asString)
	assign(body, "role", &a.Role, asString)
	assign(body, "description", &a.Description, asString)
	assign(body, "instructions", &a.Instructions, asString)
	assign(body, "system_prompt", &a.SystemPrompt, asString)
	assign(body, "memory_stores", &a.MemoryStores, asStrings)
	assign(body, "knowledge_bases", &a.KnowledgeBases, asListOf(asOrqKnowledgeBase))
	assign(body, "team_of_agents", &a.TeamOfAgents, asListOf(asOrqTeamMember))
	assign(body, "variables", &a.Variables, asRaw)
	assign(body, "skills", &a.Skills, asStrings)
	assign(body, "engine", &a.Engine, asString)
	if raw, there := body["system_prompt"]; there && isNull(raw) {
		a.SystemPrompt = ""
	}
	if raw, there := body["skills"]; there && isNull(raw) {
		a.Skills = nil
	}
	if path, ok := asString(body["path"]); ok {
		a.Path = path
		a.ProjectID = workspace.project(x, orqProjectName(path))
	}
	if body.has("model") {
		// The fallbacks have a member of their own in a request.
		fallbacks := a.Model.FallbackModels
		assign(body, "model", &a.Model, asOrqModel)
		a.Model.FallbackModels = fallbacks
	}
	assign(body, "fallback_models", &a.Model.FallbackModels, asListOf(asRaw))
	if settings, ok := asObject(body["settings"]); ok {
		a.Settings.change(x, settings)
	}
}

func (s *orqSettings) change(x *exchange, body object) {
	assign(body, "max_iterations", &s.MaxIterations, asInteger)
	assign(body, "max_execution_time", &s.MaxExecutionTime, asInteger)
	assign(body, "tool_approval_required", &s.ToolApprovalRequired, asString)
	assign(body, "evaluators", &s.Evaluators, asListOf(asOrqEvaluator))
	assign(body, "guardrails", &s.Guardrails, asListOf(asOrqEvaluator))
	assign(body, "max_cost", &s.MaxCost, asPointer(asNumber))
	assign(body, "chat_exposed", &s.ChatExposed, asPointer(asBool))
	if items, ok := asArray(body["tools"]); ok {
		s.Tools = expandOrqTools(x, items, s.Tools)
	}
}

// expandOrqTools turns the tools of a request into those of an answer. A tool
// that the agent had before keeps its id.
func expandOrqTools(x *exchange, items []json.RawMessage, before []orqTool) []orqTool {
	before = slices.Clone(before)
	tools := make([]orqTool, len(items))
	for i, item := range items {
		members, _ := asObject(item)
		tool := orqTool{Conditions: []struct{}{}, Timeout: 120}
		assign(members, "type", &tool.ActionType, asString)
		assign(members, "key", &tool.Key, asString)
		assign(members, "id", &tool.ID, asString)
		assign(members, "requires_approval", &tool.RequiresApproval, asBool)
		assign(members, "timeout", &tool.Timeout, asNumber)
		assign(members, "configuration", &tool.Configuration, asRaw)
		assign(members, "tool_id", &tool.ToolID, asString)
		if _, err := ulid.ParseStrict(tool.ID); err != nil {
			same := slices.IndexFunc(before, func(b orqTool) bool {
				return b.ActionType == tool.ActionType && b.Key == tool.Key && b.ToolID == tool.ToolID
			})
			if same >= 0 {
				tool.ID = before[same].ID
				before = slices.Delete(before, same, same+1)
			} else {
				tool.ID = x.ulid("orq.tool")
			}
		}
		tools[i] = tool
	}
	return tools
}

func asOrqKnowledgeBase(raw json.RawMessage) (base orqKnowledgeBase, ok bool) {
	members, ok := asObject(raw)
	assign(members, "knowledge_id", &base.KnowledgeID, asString)
	return base, ok
}

func asOrqTeamMember(raw json.RawMessage) (agent orqTeamMember, ok bool) {
	members, ok := asObject(raw)
	assign(members, "key", &agent.Key, asString)
	assign(members, "role", &agent.Role, asString)
	return agent, ok
}

func asOrqEvaluator(raw json.RawMessage) (evaluator orqEvaluator, ok bool) {
	members, ok := asObject(raw)
	evaluator.SampleRate = 50
	assign(members, "id", &evaluator.ID, asString)
	assign(members, "sample_rate", &evaluator.SampleRate, asNumber)
	assign(members, "execute_on", &evaluator.ExecuteOn, asString)
	assign(members, "options", &evaluator.Options, asRaw)
	return evaluator, ok
}

// asOrqModel reads a model, which is an id or an object.
func asOrqModel(raw json.RawMessage) (model orqModel, ok bool) {
	if id, ok := asString(raw); ok {
		return orqModel{ID: id}, true
	}
	members, ok := asObject(raw)
	assign(members, "id", &model.ID, asString)
	assign(members, "parameters", &model.Parameters, asRaw)
	assign(members, "retry", &model.Retry, asOrqRetry)
	return model, ok
}

func asOrqRetry(raw json.RawMessage) (*orqRetry, bool) {
	members, ok := asObject(raw)
	retry := orqRetry{Count: 3, OnCodes: []float64{http.StatusTooManyRequests}}
	assign(members, "count", &retry.Count, asNumber)
	assign(members, "on_codes", &retry.OnCodes, asListOf(asNumber))
	return &retry, ok
}

// hash is a digest of the configuration: of everything that a request can set.
// The order of members within a free-form value makes no difference.
func (a *orqAgent) hash() string {
	configuration := *a
	configuration.ID, configuration.WorkspaceID, configuration.VersionHash = "", "", ""
	configuration.CreatedByID, configuration.UpdatedByID = "", ""
	configuration.Created, configuration.Updated = "", ""
	configuration.Version = ""

	var plain any
	decoder := json.NewDecoder(bytes.NewReader(jsonAnswer(http.StatusOK, configuration).body))
	decoder.UseNumber()
	if err := decoder.Decode(&plain); err != nil {
		panic(err) // jsonAnswer wrote no JSON
	}
	digest := sha256.Sum256(jsonAnswer(http.StatusOK, plain).body)
	return hex.EncodeToString(digest[:])
}

// nextOrqVersion counts a version up. An agent begins as 1.0.0.
func nextOrqVersion(version, increment string) string {
	major, minor, patch := 1, 0, 0
	fmt.Sscanf(version, "%d.%d.%d", &major, &minor, &patch) //nolint:errcheck // "" is the first one
	switch increment {
	case "major":
		return fmt.Sprintf("%d.0.0", major+1)
	case "minor":
		return fmt.Sprintf("%d.%d.0", major, minor+1)
	default:
		return fmt.Sprintf("%d.%d.%d", major, minor, patch+1)
	}
}

type orqList struct {
	Object  string     `json:"object"`
	Data    []orqAgent `json:"data"`
	HasMore bool       `json:"has_more"`
}

// listOrqAgents answers the agents of the workspace, the newest first. Without
// a limit it answers all of them.
func listOrqAgents(x *exchange) answer {
	limit, violations := readOrqListQuery(x)
	if len(violations) > 0 {
		return refuseOrqInput(x, "", "Invalid query parameters", violations)
	}
	agents := slices.Collect(x.state.(*orqState).Agents.newestFirst(x.tenant))

	from, to := 0, len(agents)
	after, before := x.query.Get("starting_after"), x.query.Get("ending_before")
	if after != "" {
		position, there := orqCursor(x, agents, after)
		from = position
		if there {
			from++
		}
	}
	if before != "" {
		position, _ := orqCursor(x, agents, before)
		to = max(from, position)
	}
	page, more := agents[from:to], false
	if limit > 0 && len(page) > limit {
		more = true
		if before != "" && after == "" {
			page = page[len(page)-limit:]
		} else {
			page = page[:limit]
		}
	}

	list := orqList{Object: "list", Data: make([]orqAgent, len(page)), HasMore: more}
	for i, agent := range page {
		list.Data[i] = *agent
		list.Data[i].WorkspaceID = orqWorkspaceOf(x).ID
	}
	return jsonAnswer(http.StatusOK, list)
}

// readOrqListQuery checks the query and returns the limit, 0 if there is none.
func readOrqListQuery(x *exchange) (limit int, violations []violation) {
	refuse := func(name, message string) {
		violations = append(violations, violation{[]any{name}, message})
	}
	if x.query.Has("limit") {
		text := x.query.Get("limit")
		number, err := strconv.Atoi(text)
		if err != nil || number < 1 || number > 200 {
			refuse("limit", "must be a whole number from 1 to 200, not "+excerpt(text))
		}
		limit = number
	}
	for _, name := range []string{"starting_after", "ending_before"} {
		if text := x.query.Get(name); text != "" {
			if _, err := ulid.ParseStrict(text); err != nil {
				x.guess("orq.unknown-cursor")
				refuse(name, "must be the _id of an agent, not "+excerpt(text))
			}
		}
	}
	if text := x.query.Get("type"); x.query.Has("type") && text != "internal" {
		refuse("type", `must be "internal", not `+excerpt(text))
	}
	return limit, violations
}

// orqCursor returns the position of the agent that a cursor names, and whether
// it is there. The position of one that is not, because it was deleted while
// somebody paged, is that of the first older agent.
func orqCursor(x *exchange, agents []*orqAgent, id string) (position int, there bool) {
	if i := slices.IndexFunc(agents, func(a *orqAgent) bool { return a.ID == id }); i >= 0 {
		return i, true
	}
	x.guess("orq.unknown-cursor")
	for i, agent := range agents {
		if agent.ID < id {
			return i, false
		}
	}
	return len(agents), false
}
