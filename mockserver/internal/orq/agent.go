package orq

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// timeLayout is how the API writes a time.
const timeLayout = "2006-01-02T15:04:05.000Z"

// usualTimeout is that of a tool, in seconds.
const usualTimeout = 120

// agent is an agent as the API has it in responses.
type agent struct {
	ID             string          `json:"_id"`
	Key            string          `json:"key"`
	DisplayName    string          `json:"display_name"`
	ProjectID      string          `json:"project_id"`
	CreatedByID    string          `json:"created_by_id"`
	UpdatedByID    string          `json:"updated_by_id"`
	Created        string          `json:"created"`
	Updated        string          `json:"updated"`
	Role           string          `json:"role"`
	Description    string          `json:"description"`
	SystemPrompt   string          `json:"system_prompt,omitempty"`
	Instructions   string          `json:"instructions"`
	Status         string          `json:"status"`
	Settings       settings        `json:"settings"`
	Model          model           `json:"model"`
	VersionHash    string          `json:"version_hash"`
	Path           string          `json:"path"`
	MemoryStores   []string        `json:"memory_stores"`
	TeamOfAgents   []teamMember    `json:"team_of_agents"`
	Metrics        metrics         `json:"metrics"`
	Variables      json.RawMessage `json:"variables"`
	KnowledgeBases []knowledgeBase `json:"knowledge_bases"`

	// What only newer or only older clients know. Absent unless asked for.
	Skills      []string `json:"skills,omitzero"`
	Source      string   `json:"source,omitempty"`
	Engine      string   `json:"engine,omitempty"`
	Version     string   `json:"version,omitempty"` // from the first versionIncrement on
	WorkspaceID string   `json:"workspace_id,omitempty"`
}

type settings struct {
	MaxExecutionTime     int64       `json:"max_execution_time"`
	MaxIterations        int64       `json:"max_iterations"`
	ToolApprovalRequired string      `json:"tool_approval_required"`
	Tools                []tool      `json:"tools"`
	Evaluators           []evaluator `json:"evaluators,omitzero"`
	Guardrails           []evaluator `json:"guardrails,omitzero"`
	MaxCost              *float64    `json:"max_cost,omitempty"`
	ChatExposed          *bool       `json:"chat_exposed,omitempty"`
}

// tool is a tool as it is in responses; a request calls its action type
// "type".
type tool struct {
	ID               string          `json:"id"`
	Key              string          `json:"key,omitempty"`
	ActionType       string          `json:"action_type"`
	RequiresApproval bool            `json:"requires_approval"`
	Conditions       []struct{}      `json:"conditions"` // no request can set any
	Timeout          float64         `json:"timeout"`
	Configuration    json.RawMessage `json:"configuration,omitempty"`
	ToolID           string          `json:"tool_id,omitempty"`
}

type evaluator struct {
	ID         string          `json:"id"`
	SampleRate float64         `json:"sample_rate"`
	ExecuteOn  string          `json:"execute_on"`
	Options    json.RawMessage `json:"options,omitempty"`
}

type teamMember struct {
	Key  string `json:"key"`
	Role string `json:"role,omitempty"`
}

type metrics struct {
	TotalCost float64 `json:"total_cost"`
}

type knowledgeBase struct {
	KnowledgeID string `json:"knowledge_id"`
}

// newAgent is an agent of which nothing was said but its key.
func newAgent(id, key string) *agent {
	return &agent{
		ID:          id,
		Key:         key,
		DisplayName: key,
		Status:      "live",
		Settings: settings{
			MaxExecutionTime:     300,
			MaxIterations:        15,
			ToolApprovalRequired: "respect_tool",
			Tools:                []tool{},
		},
		MemoryStores:   []string{},
		TeamOfAgents:   []teamMember{},
		Variables:      json.RawMessage("{}"),
		KnowledgeBases: []knowledgeBase{},
	}
}

// ReadRecord reads an agent from a document. One without an _id gets one that
// sorts before all others.
func (a *agent) ReadRecord(tenant, key string, document json.RawMessage) error {
	*a = *newAgent(derivedID(tenant, key), key)
	a.Path = defaultProject
	if err := json.Unmarshal(document, a); err != nil {
		return err
	}
	a.Created = cmp.Or(a.Created, time.Unix(0, 0).UTC().Format(timeLayout))
	a.Updated = cmp.Or(a.Updated, a.Created)
	a.Settings.Tools = orEmpty(a.Settings.Tools)
	for i := range a.Settings.Tools {
		t := &a.Settings.Tools[i]
		t.ID = cmp.Or(t.ID, derivedID(tenant, key, t.ActionType, t.Key, strconv.Itoa(i)))
		t.Timeout = cmp.Or(t.Timeout, usualTimeout)
		t.Conditions = orEmpty(t.Conditions)
	}
	a.MemoryStores, a.TeamOfAgents, a.KnowledgeBases = orEmpty(a.MemoryStores), orEmpty(a.TeamOfAgents), orEmpty(a.KnowledgeBases)
	a.VersionHash = cmp.Or(a.VersionHash, a.hash())
	return nil
}

// orEmpty is a list that is not nil.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// derivedID is an id of something that has none, always the same one. It says
// that it was made in 1970.
func derivedID(parts ...string) string {
	digest := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	var id ulid.ULID
	copy(id[6:], digest[:])
	return id.String()
}

// change sets what a checked body carries, of what create and update share.
// What it does not carry stays as it is. Lists are replaced, never written
// into, so that copies of an agent can share them.
func (a *agent) change(r *emulate.Request, w *workspace, body jsontext.Object) {
	jsontext.Assign(body, "display_name", &a.DisplayName, jsontext.String)
	jsontext.Assign(body, "role", &a.Role, jsontext.String)
	jsontext.Assign(body, "description", &a.Description, jsontext.String)
	jsontext.Assign(body, "instructions", &a.Instructions, jsontext.String)
	jsontext.Assign(body, "system_prompt", &a.SystemPrompt, jsontext.String)
	jsontext.Assign(body, "memory_stores", &a.MemoryStores, jsontext.Strings)
	jsontext.Assign(body, "knowledge_bases", &a.KnowledgeBases, jsontext.ListOf(readKnowledgeBase))
	jsontext.Assign(body, "team_of_agents", &a.TeamOfAgents, jsontext.ListOf(readTeamMember))
	jsontext.Assign(body, "variables", &a.Variables, jsontext.Raw)
	jsontext.Assign(body, "skills", &a.Skills, jsontext.Strings)
	jsontext.Assign(body, "engine", &a.Engine, jsontext.String)
	if raw, there := body["system_prompt"]; there && jsontext.IsNull(raw) {
		a.SystemPrompt = ""
	}
	if raw, there := body["skills"]; there && jsontext.IsNull(raw) {
		a.Skills = nil
	}
	if path, ok := jsontext.String(body["path"]); ok {
		a.Path = path
		a.ProjectID = w.project(r, projectName(path))
	}
	if body.Has("model") {
		// The fallbacks have a member of their own in a request.
		fallbacks := a.Model.FallbackModels
		jsontext.Assign(body, "model", &a.Model, readModel)
		a.Model.FallbackModels = fallbacks
	}
	jsontext.Assign(body, "fallback_models", &a.Model.FallbackModels, jsontext.ListOf(jsontext.Raw))
	if members, ok := jsontext.Members(body["settings"]); ok {
		a.Settings.change(r, members)
	}
}

func (s *settings) change(r *emulate.Request, body jsontext.Object) {
	jsontext.Assign(body, "max_iterations", &s.MaxIterations, jsontext.Integer)
	jsontext.Assign(body, "max_execution_time", &s.MaxExecutionTime, jsontext.Integer)
	jsontext.Assign(body, "tool_approval_required", &s.ToolApprovalRequired, jsontext.String)
	jsontext.Assign(body, "evaluators", &s.Evaluators, jsontext.ListOf(readEvaluator))
	jsontext.Assign(body, "guardrails", &s.Guardrails, jsontext.ListOf(readEvaluator))
	jsontext.Assign(body, "max_cost", &s.MaxCost, jsontext.PointerTo(jsontext.Number))
	jsontext.Assign(body, "chat_exposed", &s.ChatExposed, jsontext.PointerTo(jsontext.Bool))
	if items, ok := jsontext.Items(body["tools"]); ok {
		s.Tools = expandTools(r, items, s.Tools)
	}
}

// expandTools turns the tools of a request into those of a response. A tool
// that the agent had before keeps its id.
func expandTools(r *emulate.Request, items []json.RawMessage, before []tool) []tool {
	before = slices.Clone(before)
	tools := make([]tool, len(items))
	for i, item := range items {
		members, _ := jsontext.Members(item)
		t := tool{Conditions: []struct{}{}, Timeout: usualTimeout}
		jsontext.Assign(members, "type", &t.ActionType, jsontext.String)
		jsontext.Assign(members, "key", &t.Key, jsontext.String)
		jsontext.Assign(members, "id", &t.ID, jsontext.String)
		jsontext.Assign(members, "requires_approval", &t.RequiresApproval, jsontext.Bool)
		jsontext.Assign(members, "timeout", &t.Timeout, jsontext.Number)
		jsontext.Assign(members, "configuration", &t.Configuration, jsontext.Raw)
		jsontext.Assign(members, "tool_id", &t.ToolID, jsontext.String)
		if _, err := ulid.ParseStrict(t.ID); err != nil {
			same := slices.IndexFunc(before, func(b tool) bool {
				return b.ActionType == t.ActionType && b.Key == t.Key && b.ToolID == t.ToolID
			})
			if same >= 0 {
				t.ID = before[same].ID
				before = slices.Delete(before, same, same+1)
			} else {
				t.ID = emulate.ULID(r, "tool")
			}
		}
		tools[i] = t
	}
	return tools
}

func readKnowledgeBase(raw json.RawMessage) (base knowledgeBase, ok bool) {
	members, ok := jsontext.Members(raw)
	jsontext.Assign(members, "knowledge_id", &base.KnowledgeID, jsontext.String)
	return base, ok
}

func readTeamMember(raw json.RawMessage) (m teamMember, ok bool) {
	members, ok := jsontext.Members(raw)
	jsontext.Assign(members, "key", &m.Key, jsontext.String)
	jsontext.Assign(members, "role", &m.Role, jsontext.String)
	return m, ok
}

func readEvaluator(raw json.RawMessage) (e evaluator, ok bool) {
	members, ok := jsontext.Members(raw)
	e.SampleRate = 50
	jsontext.Assign(members, "id", &e.ID, jsontext.String)
	jsontext.Assign(members, "sample_rate", &e.SampleRate, jsontext.Number)
	jsontext.Assign(members, "execute_on", &e.ExecuteOn, jsontext.String)
	jsontext.Assign(members, "options", &e.Options, jsontext.Raw)
	return e, ok
}

// hash is a digest of the configuration: of everything that a request can set.
// The order of members within a free-form value makes no difference.
func (a *agent) hash() string {
	configuration := *a
	configuration.ID, configuration.WorkspaceID, configuration.VersionHash = "", "", ""
	configuration.CreatedByID, configuration.UpdatedByID = "", ""
	configuration.Created, configuration.Updated = "", ""
	configuration.Version = ""

	var plain any
	decoder := json.NewDecoder(bytes.NewReader(jsontext.MustMarshal(configuration)))
	decoder.UseNumber()
	if err := decoder.Decode(&plain); err != nil {
		panic(err) // MustMarshal wrote no JSON
	}
	digest := sha256.Sum256(jsontext.MustMarshal(plain))
	return hex.EncodeToString(digest[:])
}

// nextVersion counts a version up. An agent begins as 1.0.0.
func nextVersion(version, increment string) string {
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
