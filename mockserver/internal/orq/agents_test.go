package orq_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
)

func TestAcceptsTheDocumentedRequest(t *testing.T) {
	for _, path := range []string{"/v2/agents/", "/v2/agents"} {
		m := newMock(t, mockserver.Config{})
		request := httptest.NewRequest("POST", "/orq"+path, bytes.NewReader(sample(t, "create.json")))
		request.Header.Set("Authorization", "Bearer <token>")
		request.Header.Set("Content-Type", "application/json")
		response := httptest.NewRecorder()
		m.server.ServeHTTP(response, request)
		if response.Code != http.StatusCreated {
			t.Fatalf("%s: status %d: %s", path, response.Code, response.Body)
		}
		got := plainObject(t, response.Body.Bytes())
		for _, volatile := range []string{"_id", "project_id", "created_by_id", "updated_by_id", "version_hash"} {
			if text, _ := got[volatile].(string); text == "" {
				t.Errorf("%s: %s is %v", path, volatile, got[volatile])
			}
			delete(got, volatile)
		}
		evaluators := []any{map[string]any{"id": "<string>", "sample_rate": 50.0, "execute_on": "input"}}
		want := map[string]any{
			"key": "<string>", "display_name": "<string>", "role": "<string>", "description": "<string>",
			"instructions": "<string>", "system_prompt": "<string>", "path": "Default", "status": "live",
			"created": "2025-11-20T09:30:00.000Z", "updated": "2025-11-20T09:30:00.000Z",
			"settings": map[string]any{
				"max_execution_time": 300.0, "max_iterations": 15.0, "tool_approval_required": "respect_tool",
				"tools": []any{}, "evaluators": evaluators, "guardrails": evaluators,
			},
			"model": map[string]any{
				"id": "<string>", "integration_id": nil, "fallback_models": []any{"<string>"},
			},
			"memory_stores": []any{}, "team_of_agents": []any{}, "knowledge_bases": []any{},
			"variables": map[string]any{}, "metrics": map[string]any{"total_cost": 0.0},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: response (-want +got):\n%s", path, diff)
		}
	}
}

// The documented response must come back when the agent that it shows is made.
func TestGivesTheDocumentedResponse(t *testing.T) {
	documented := sample(t, "agent.json")
	var shown struct {
		Key            json.RawMessage `json:"key"`
		DisplayName    json.RawMessage `json:"display_name"`
		Role           json.RawMessage `json:"role"`
		Description    json.RawMessage `json:"description"`
		Instructions   json.RawMessage `json:"instructions"`
		SystemPrompt   json.RawMessage `json:"system_prompt"`
		Path           json.RawMessage `json:"path"`
		MemoryStores   json.RawMessage `json:"memory_stores"`
		TeamOfAgents   json.RawMessage `json:"team_of_agents"`
		KnowledgeBases json.RawMessage `json:"knowledge_bases"`
		Variables      json.RawMessage `json:"variables"`
		Settings       struct{}        `json:"settings"`
		Model          struct {
			ID         json.RawMessage `json:"id"`
			Parameters json.RawMessage `json:"parameters"`
			Retry      json.RawMessage `json:"retry"`
		} `json:"model"`
		FallbackModels json.RawMessage `json:"fallback_models"`
	}
	if err := json.Unmarshal(documented, &shown); err != nil {
		t.Fatal(err)
	}
	shown.FallbackModels = must(json.Marshal(plainObject(t, documented)["model"].(map[string]any)["fallback_models"]))
	request := must(json.Marshal(shown))
	m := newMock(t, mockserver.Config{})
	response := m.send("POST", "/v2/agents/", string(request))
	want, got := plainObject(t, documented), plainObject(t, response.Body.Bytes())
	for _, volatile := range []string{"_id", "project_id", "created_by_id", "updated_by_id", "created", "updated", "version_hash"} {
		if got[volatile] == "" {
			t.Errorf("%s is empty", volatile)
		}
		want[volatile] = got[volatile]
	}
	want["model"].(map[string]any)["integration_id"] = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("response (-want +got):\n%s", diff)
	}
	topLevel := regexp.MustCompile(`(?m)^  "(\w+)"`)
	var indented bytes.Buffer
	if err := json.Indent(&indented, response.Body.Bytes(), "", "  "); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(topLevel.FindAllString(string(documented), -1), topLevel.FindAllString(indented.String(), -1)); diff != "" {
		t.Errorf("order of members (-want +got):\n%s", diff)
	}
}

func TestProjects(t *testing.T) {
	m := newMock(t, mockserver.Config{})
	project := func(key, path string) any {
		t.Helper()
		body := agentBody(t, map[string]string{"key": fmt.Sprintf("%q", key), "path": fmt.Sprintf("%q", path)})
		agent := m.want(201, "POST", "/v2/agents", body)
		if agent["path"] != path {
			t.Errorf("path %q came back as %q", path, agent["path"])
		}
		return agent["project_id"]
	}
	if unnamed, named := project("d", "/Default/x"), project("e", ""); unnamed != named {
		t.Errorf("an empty path is in project %v, want %v", named, unnamed)
	}
	first, folder, other := project("a", "Default"), project("b", "Default/folder/deep"), project("c", "Sales/x")
	if first != folder || first == other {
		t.Errorf("projects %v, %v, %v; want the first two equal, the last another", first, folder, other)
	}
	if got := m.want(200, "PATCH", "/v2/agents/a", `{"path":"Sales"}`)["project_id"]; got != other {
		t.Errorf("moved to project %v, want %v", got, other)
	}
	if got := m.want(200, "PATCH", "/v2/agents/a", `{"project_id":"p1"}`)["project_id"]; got != "p1" {
		t.Errorf("project_id %v, want p1", got)
	}

	m = newMock(t, with(mockserver.OrqKnownProjects))
	project("a", "Default/folder")
	want := []string{`path: must begin with the project "Default", not "Sales"`}
	for _, response := range []*httptest.ResponseRecorder{
		m.send("POST", "/v2/agents", agentBody(t, map[string]string{"key": `"b"`, "path": `"Sales/x"`})),
		m.send("PATCH", "/v2/agents/a", `{"path":"Sales/x"}`),
	} {
		if diff := cmp.Diff(want, issuesOf(t, response)); diff != "" {
			t.Errorf("unknown project (-want +got):\n%s", diff)
		}
	}
}

func TestDefaults(t *testing.T) {
	m := newMock(t, mockserver.Config{})
	agent := m.want(201, "POST", "/v2/agents/", agentBody(t, map[string]string{
		"model": `{"id":"m","retry":{},"parameters":{"temperature":0.2}}`,
		"settings": `{"tools":[{"type":"http","key":"k","id":"not-a-ulid"},{"type":"code","id":"01HQZX0000000000000000000A","timeout":5,` +
			`"requires_approval":true,"configuration":{"a":[1, 2]}}],"evaluators":[{"id":"e","execute_on":"output"}],"max_cost":0}`,
	}))
	if agent["display_name"] != "support.agent" {
		t.Errorf("display_name %v, want the key", agent["display_name"])
	}
	for _, absent := range []string{"system_prompt", "fallback_models", "workspace_id", "version", "engine", "skills", "source"} {
		if value, there := agent[absent]; there {
			t.Errorf("%s is %v, want it absent", absent, value)
		}
	}
	settings := agent["settings"].(map[string]any)
	tools := settings["tools"].([]any)
	minted := tools[0].(map[string]any)["id"].(string)
	if !regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{26}$`).MatchString(minted) {
		t.Errorf("tool id %q is no ULID", minted)
	}
	want := map[string]any{
		"max_execution_time": 300.0, "max_iterations": 15.0, "tool_approval_required": "respect_tool", "max_cost": 0.0,
		"evaluators": []any{map[string]any{"id": "e", "sample_rate": 50.0, "execute_on": "output"}},
		"tools": []any{
			map[string]any{"id": minted, "key": "k", "action_type": "http", "requires_approval": false, "conditions": []any{}, "timeout": 120.0},
			map[string]any{"id": "01HQZX0000000000000000000A", "action_type": "code", "requires_approval": true,
				"conditions": []any{}, "timeout": 5.0, "configuration": map[string]any{"a": []any{1.0, 2.0}}},
		},
	}
	if diff := cmp.Diff(want, settings); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	wantModel := map[string]any{"id": "m", "integration_id": nil, "parameters": map[string]any{"temperature": 0.2},
		"retry": map[string]any{"count": 3.0, "on_codes": []any{429.0}}}
	if diff := cmp.Diff(wantModel, agent["model"]); diff != "" {
		t.Errorf("model (-want +got):\n%s", diff)
	}
}

func TestUpdate(t *testing.T) {
	m := newMock(t, with(mockserver.OrqWorkspaceID))
	before := m.want(201, "POST", "/v2/agents/", agentBody(t, map[string]string{
		"fallback_models": `["f"]`, "memory_stores": `["s"]`, "system_prompt": `"p"`, "skills": `["x"]`,
		"variables": `{"b":1, "a":"<&>"}`,
		"settings":  `{"max_iterations":20,"tools":[{"type":"current_date"}],"guardrails":[{"id":"g","execute_on":"input"}]}`,
	}))
	m.now = m.now.Add(time.Minute)
	change := func(body string) map[string]any {
		t.Helper()
		return m.want(200, "PATCH", "/v2/agents/support.agent", body)
	}
	if diff := cmp.Diff(before, change(`{}`)); diff != "" {
		t.Errorf("an empty change changed (-before +after):\n%s", diff)
	}

	want := maps.Clone(before)
	want["updated"] = "2025-11-20T09:31:00.000Z"
	same := change(`{"role":"Assistant","variables":{"a":"<&>","b":1},"settings":{"tools":[{"type":"current_date"}]}}`)
	if diff := cmp.Diff(want, same); diff != "" {
		t.Errorf("a change to what it was (-want +got):\n%s", diff)
	}

	after := change(`{"role":"r","description":"d","instructions":"i","display_name":"n","model":{"id":"m2"},` +
		`"memory_stores":[],"team_of_agents":[{"key":"t","role":"x"}],"knowledge_bases":[{"knowledge_id":"k"}],` +
		`"system_prompt":null,"skills":null,"settings":{"max_execution_time":2,"chat_exposed":true},"engine":"jinja"}`)
	if after["version_hash"] == before["version_hash"] {
		t.Error("version_hash did not follow the change")
	}
	want["version_hash"] = after["version_hash"]
	want["role"], want["description"], want["instructions"], want["display_name"] = "r", "d", "i", "n"
	want["model"] = map[string]any{"id": "m2", "integration_id": nil, "fallback_models": []any{"f"}}
	want["memory_stores"] = []any{}
	want["team_of_agents"] = []any{map[string]any{"key": "t", "role": "x"}}
	want["knowledge_bases"] = []any{map[string]any{"knowledge_id": "k"}}
	want["engine"] = "jinja"
	delete(want, "system_prompt")
	delete(want, "skills")
	settings := maps.Clone(want["settings"].(map[string]any))
	settings["max_execution_time"], settings["chat_exposed"] = 2.0, true
	want["settings"] = settings
	if diff := cmp.Diff(want, after); diff != "" {
		t.Errorf("changed agent (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(after, m.want(200, "GET", "/v2/agents/support.agent", "")); diff != "" {
		t.Errorf("read after the change (-changed +read):\n%s", diff)
	}

	renamed := change(`{"key":"helper","fallback_models":[]}`)
	if renamed["key"] != "helper" || renamed["_id"] != before["_id"] || renamed["created"] != before["created"] {
		t.Errorf("renamed agent: %v", renamed)
	}
	m.want(404, "GET", "/v2/agents/support.agent", "")
	m.want(200, "GET", "/v2/agents/helper", "")
	m.want(201, "POST", "/v2/agents/", agentBody(t, nil))
	wrong := issuesOf(t, m.send("PATCH", "/v2/agents/helper", `{"role":null,"versionIncrement":"huge","key":""}`))
	wantIssues := []string{"key: must have at least 1 character, has 0", "role: must be a string, not null",
		`versionIncrement: must be one of "major", "minor", "patch", not "huge"`}
	if diff := cmp.Diff(wantIssues, wrong); diff != "" {
		t.Errorf("issues (-want +got):\n%s", diff)
	}
}

func TestVersions(t *testing.T) {
	m := newMock(t, mockserver.Config{})
	m.want(201, "POST", "/v2/agents/", agentBody(t, nil))
	for _, step := range []struct{ increment, want string }{
		{"patch", "1.0.1"}, {"minor", "1.1.0"}, {"major", "2.0.0"}, {"minor", "2.1.0"},
	} {
		agent := m.want(200, "PATCH", "/v2/agents/support.agent", `{"versionIncrement":"`+step.increment+`","versionDescription":"why"}`)
		if agent["version"] != step.want {
			t.Errorf("after %s: version %v, want %s", step.increment, agent["version"], step.want)
		}
	}
}

func TestDelete(t *testing.T) {
	m := newMock(t, mockserver.Config{})
	m.want(201, "POST", "/v2/agents/", agentBody(t, nil))
	response := m.send("DELETE", "/v2/agents/support.agent", "")
	if response.Code != 204 || response.Body.Len() != 0 || response.Header().Get("Content-Type") != "" {
		t.Errorf("delete: %d %q, content type %q", response.Code, response.Body, response.Header().Get("Content-Type"))
	}
	for _, method := range []string{"DELETE", "GET"} {
		if got := m.want(404, method, "/v2/agents/support.agent", ""); got["message"] != "Agent not found" || len(got) != 1 {
			t.Errorf("%s: %v", method, got)
		}
	}
	m.want(201, "POST", "/v2/agents/", agentBody(t, nil))
}

func TestKeysAreUnescaped(t *testing.T) {
	m := newMock(t, mockserver.Config{})
	m.want(201, "POST", "/v2/agents/", agentBody(t, map[string]string{"key": `"a b/ç"`}))
	if got := m.want(200, "GET", "/v2/agents/a%20b%2F%C3%A7", "")["key"]; got != "a b/ç" {
		t.Errorf("key %v", got)
	}
}

// An agent says in which workspace it is, except to whoever has just made it.
func TestWorkspaceIDIsInEveryResponseButThatOfACreate(t *testing.T) {
	m := newMock(t, mockserver.Config{})
	if made := m.want(201, "POST", "/v2/agents/", agentBody(t, nil)); made["workspace_id"] != nil {
		t.Errorf("create: %v", made["workspace_id"])
	}
	want := m.want(200, "GET", "/v2/agents/support.agent", "")["workspace_id"]
	if id, _ := want.(string); id == "" {
		t.Fatalf("get: %v", want)
	}
	for _, body := range []string{`{}`, `{"role":"r"}`} {
		if got := m.want(200, "PATCH", "/v2/agents/support.agent", body)["workspace_id"]; got != want {
			t.Errorf("update with %s: %v, want %v", body, got, want)
		}
	}
	if got := m.want(200, "GET", "/v2/agents", "")["data"].([]any)[0].(map[string]any)["workspace_id"]; got != want {
		t.Errorf("list: %v, want %v", got, want)
	}
	if got := plainObject(t, m.server.Agents(mockserver.Orq)[0].JSON)["workspace_id"]; got != want {
		t.Errorf("Agents: %v, want %v", got, want)
	}
}

func TestWorkspaceIDVariant(t *testing.T) {
	m := newMock(t, with(mockserver.OrqWorkspaceID))
	created := m.want(201, "POST", "/v2/agents/", agentBody(t, nil))
	if id, _ := created["workspace_id"].(string); id == "" {
		t.Errorf("workspace_id is %v", created["workspace_id"])
	}
	list := m.want(200, "GET", "/v2/agents", "")
	if diff := cmp.Diff([]any{created}, list["data"]); diff != "" {
		t.Errorf("listed agent (-created +listed):\n%s", diff)
	}
}
