package mockserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// orqMock is a server with the orq API and a workspace to speak for.
type orqMock struct {
	*testing.T
	server *Server
	now    time.Time
}

func newOrqMock(t *testing.T, config Config) *orqMock {
	t.Helper()
	m := &orqMock{T: t, now: time.Date(2025, 11, 20, 9, 30, 0, 0, time.UTC)}
	config.Deterministic = true
	config.Now = func() time.Time { return m.now }
	server, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	m.server = server
	return m
}

// as sends a request with a token.
func (m *orqMock) as(token, method, path, body string) *httptest.ResponseRecorder {
	m.Helper()
	request := httptest.NewRequest(method, "/orq"+path, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	recorder := httptest.NewRecorder()
	m.server.ServeHTTP(recorder, request)
	return recorder
}

func (m *orqMock) send(method, path, body string) *httptest.ResponseRecorder {
	m.Helper()
	return m.as("sk-orq-1", method, path, body)
}

// want sends a request, checks the status, and returns the body as plain JSON.
func (m *orqMock) want(status int, method, path, body string) map[string]any {
	m.Helper()
	answer := m.send(method, path, body)
	if answer.Code != status {
		m.Fatalf("%s %s: status %d, want %d: %s", method, path, answer.Code, status, answer.Body)
	}
	return plainObject(m.T, answer.Body.Bytes())
}

func plainObject(t *testing.T, data []byte) map[string]any {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal(data, &members); err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	return members
}

// orqBody is the smallest body that makes an agent, with some members changed.
// A member whose new value is "" is dropped.
func orqBody(t *testing.T, changes map[string]string) string {
	t.Helper()
	members := map[string]json.RawMessage{
		"key":          json.RawMessage(`"support.agent"`),
		"role":         json.RawMessage(`"Assistant"`),
		"description":  json.RawMessage(`"Answers"`),
		"instructions": json.RawMessage(`""`),
		"path":         json.RawMessage(`"Default"`),
		"model":        json.RawMessage(`"openai/gpt-4o"`),
		"settings":     json.RawMessage(`{}`),
	}
	for name, value := range changes {
		members[name] = json.RawMessage(value)
		if value == "" {
			delete(members, name)
		}
	}
	body, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func orqSample(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// issuesOf lists the issues of a 400 as "path message".
func issuesOf(t *testing.T, answer *httptest.ResponseRecorder) []string {
	t.Helper()
	var refusal orqError
	if err := json.Unmarshal(answer.Body.Bytes(), &refusal); err != nil {
		t.Fatalf("%v: %s", err, answer.Body)
	}
	if answer.Code != http.StatusBadRequest || refusal.Message == "" || refusal.Details == nil {
		t.Fatalf("status %d, want a 400 with issues: %s", answer.Code, answer.Body)
	}
	var issues []string
	for _, issue := range refusal.Details.Issues {
		issues = append(issues, strings.Trim(fmt.Sprint(issue.Path), "[]")+": "+issue.Message)
	}
	return issues
}

func TestOrqAcceptsTheDocumentedRequest(t *testing.T) {
	for _, path := range []string{"/v2/agents/", "/v2/agents"} {
		m := newOrqMock(t, Config{})
		request := httptest.NewRequest("POST", "/orq"+path, bytes.NewReader(orqSample(t, "orq/create.json")))
		request.Header.Set("Authorization", "Bearer <token>")
		request.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		m.server.ServeHTTP(answer, request)
		if answer.Code != http.StatusCreated {
			t.Fatalf("%s: status %d: %s", path, answer.Code, answer.Body)
		}
		got := plainObject(t, answer.Body.Bytes())
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
			t.Errorf("%s: answer (-want +got):\n%s", path, diff)
		}
	}
}

// The documented answer must come back when the agent that it shows is made.
func TestOrqGivesTheDocumentedAnswer(t *testing.T) {
	sample := orqSample(t, "orq/agent.json")
	var shown orqAgent
	if err := json.Unmarshal(sample, &shown); err != nil {
		t.Fatal(err)
	}
	model := map[string]any{"id": shown.Model.ID, "parameters": shown.Model.Parameters, "retry": shown.Model.Retry}
	request, err := json.Marshal(map[string]any{
		"key": shown.Key, "display_name": shown.DisplayName, "role": shown.Role, "description": shown.Description,
		"instructions": shown.Instructions, "system_prompt": shown.SystemPrompt, "path": shown.Path,
		"model": model, "fallback_models": shown.Model.FallbackModels, "settings": map[string]any{},
		"memory_stores": shown.MemoryStores, "team_of_agents": shown.TeamOfAgents,
		"knowledge_bases": shown.KnowledgeBases, "variables": shown.Variables,
	})
	if err != nil {
		t.Fatal(err)
	}
	m := newOrqMock(t, Config{})
	answer := m.send("POST", "/v2/agents/", string(request))
	want, got := plainObject(t, sample), plainObject(t, answer.Body.Bytes())
	for _, volatile := range []string{"_id", "project_id", "created_by_id", "updated_by_id", "created", "updated", "version_hash"} {
		if got[volatile] == "" {
			t.Errorf("%s is empty", volatile)
		}
		want[volatile] = got[volatile]
	}
	want["model"].(map[string]any)["integration_id"] = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	topLevel := regexp.MustCompile(`(?m)^  "(\w+)"`)
	var indented bytes.Buffer
	if err := json.Indent(&indented, answer.Body.Bytes(), "", "  "); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(topLevel.FindAllString(string(sample), -1), topLevel.FindAllString(indented.String(), -1)); diff != "" {
		t.Errorf("order of members (-want +got):\n%s", diff)
	}
}

// One request that is wrong in every way is mended step by step.
func TestOrqOrderOfChecks(t *testing.T) {
	m := newOrqMock(t, Config{APIKeys: []string{"sk-orq-1", "sk-orq-2"}})
	wrong := orqBody(t, map[string]string{"role": `""`})
	check := func(what string, answer *httptest.ResponseRecorder, status int, body string) {
		t.Helper()
		if answer.Code != status || answer.Body.String() != body {
			t.Errorf("%s: %d %s, want %d %s", what, answer.Code, answer.Body, status, body)
		}
		if answer.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: content type %q", what, answer.Header().Get("Content-Type"))
		}
		if answer.Header().Get("X-Mock-Reason") == "" {
			t.Errorf("%s: no reason", what)
		}
	}
	check("no token", m.as("", "PUT", "/v2/agents/none", wrong), 401,
		`{"code":"authentication_required","message":"Authentication required"}`)
	check("unknown token", m.as("secret", "PUT", "/v2/agents/none", wrong), 401,
		`{"code":"invalid_api_key","message":"Invalid API key"}`)
	check("wrong path", m.send("PUT", "/v2/robots/none", wrong), 404, `{"message":"Not Found"}`)
	answer := m.send("PUT", "/v2/agents/none", wrong)
	check("wrong method", answer, 405, `{"message":"Method Not Allowed"}`)
	if allow := answer.Header().Get("Allow"); allow != "GET, PATCH, DELETE" {
		t.Errorf("Allow: %q", allow)
	}
	check("invalid body", m.send("PATCH", "/v2/agents/none", wrong), 400,
		`{"code":"invalid_request_body","message":"Invalid request body","details":{"issues":`+
			`[{"path":["role"],"message":"must have at least 1 character, has 0"}]}}`)
	check("no such agent", m.send("PATCH", "/v2/agents/none", `{"role":"r"}`), 404, `{"message":"Agent not found"}`)

	m.want(201, "POST", "/v2/agents/", orqBody(t, map[string]string{"key": `"one"`}))
	m.want(201, "POST", "/v2/agents/", orqBody(t, map[string]string{"key": `"two"`}))
	check("invalid and taken", m.send("POST", "/v2/agents/", orqBody(t, map[string]string{"key": `"one"`, "path": ""})), 400,
		`{"code":"invalid_request_body","message":"Invalid request body","details":{"issues":[{"path":["path"],"message":"is required"}]}}`)
	taken := `{"message":"Agent with this key already exists in the workspace"}`
	check("taken", m.send("POST", "/v2/agents/", orqBody(t, map[string]string{"key": `"one"`})), 409, taken)
	check("renamed to a taken key", m.send("PATCH", "/v2/agents/one", `{"key":"two","role":"changed"}`), 409, taken)
	if got := m.want(200, "GET", "/v2/agents/one", "")["role"]; got != "Assistant" {
		t.Errorf("a refused rename changed the role to %v", got)
	}
}

func TestOrqCredentials(t *testing.T) {
	m := newOrqMock(t, Config{})
	for header, status := range map[string]int{
		"": 401, "sk-orq-1": 401, "Bearer": 401, "Bearer  ": 401, "Basic c2s6": 401,
		"Bearer sk-orq-1": 200, "bearer sk-orq-1": 200,
	} {
		request := httptest.NewRequest("GET", "/orq/v2/agents", nil)
		if header != "" {
			request.Header.Set("Authorization", header)
		}
		answer := httptest.NewRecorder()
		m.server.ServeHTTP(answer, request)
		if answer.Code != status {
			t.Errorf("%q: status %d, want %d", header, answer.Code, status)
		}
		if strings.Contains(answer.Header().Get("X-Mock-Reason"), "sk-orq-1") {
			t.Errorf("%q: the reason shows the token", header)
		}
	}
}

func TestOrqRefusesBodiesThatAreNoObject(t *testing.T) {
	m := newOrqMock(t, Config{})
	m.want(201, "POST", "/v2/agents/", orqBody(t, nil))
	for _, body := range []string{"", " ", "{", "[]", "null", `"x"`, "7", "{}{}", "\xff", "{\"key\":\"\xff\"}", `{"key":"a",}`} {
		for _, target := range []string{"POST /v2/agents/", "PATCH /v2/agents/support.agent"} {
			method, path, _ := strings.Cut(target, " ")
			answer := m.send(method, path, body)
			refusal := plainObject(t, answer.Body.Bytes())
			if answer.Code != 400 || refusal["code"] != "invalid_request_body" || refusal["message"] == "" {
				t.Errorf("%s %q: %d %s", target, body, answer.Code, answer.Body)
			}
		}
	}
}

func TestOrqValidation(t *testing.T) {
	long := `"` + strings.Repeat("é", 256) + `"`
	model := func(parameters string) map[string]string {
		return map[string]string{"model": `{"id":"m","parameters":` + parameters + `}`}
	}
	settings := func(members string) map[string]string { return map[string]string{"settings": members} }
	tests := []struct {
		name    string
		changes map[string]string
		want    []string
	}{
		{"everything missing", map[string]string{"key": "", "role": "null", "description": "", "instructions": "",
			"path": "", "model": "null", "settings": ""}, []string{
			"key: is required", "role: is required", "description: is required", "instructions: is required",
			"path: is required", "model: is required", "settings: is required"}},
		{"empty", map[string]string{"key": `""`, "role": `""`, "description": `""`, "system_prompt": `""`}, []string{
			"key: must have at least 1 character, has 0", "role: must have at least 1 character, has 0",
			"description: must have at least 1 character, has 0", "system_prompt: must have at least 1 character, has 0"}},
		{"too long", map[string]string{"key": long, "display_name": long}, []string{
			"key: must have at most 255 characters, has 256", "display_name: must have at most 255 characters, has 256"}},
		{"wrong types", map[string]string{"key": "1", "display_name": "null", "instructions": "{}", "path": "[]",
			"model": "7", "settings": "[]", "fallback_models": "{}", "memory_stores": "[1]", "knowledge_bases": "[{}]",
			"team_of_agents": `[{"role":"r"},"x"]`, "variables": "[]"}, []string{
			"key: must be a string, not a number", "display_name: must be a string, not null",
			"instructions: must be a string, not an object", "path: must be a string, not an array",
			"model: must be a string or an object, not a number", "fallback_models: must be an array, not an object",
			"settings: must be an object, not an array", "memory_stores 0: must be a string, not a number",
			"knowledge_bases 0 knowledge_id: is required", "team_of_agents 0 key: is required",
			"team_of_agents 1: must be an object, not a string of 1 characters", "variables: must be an object, not an array"}},
		{"settings below the limits", settings(`{"max_iterations":0,"max_execution_time":1,"tool_approval_required":"never","max_cost":-1}`), []string{
			"settings max_iterations: must be at least 1, not 0", "settings max_execution_time: must be at least 2, not 1",
			`settings tool_approval_required: must be one of "all", "respect_tool", "none", not "never"`,
			"settings max_cost: must be at least 0, not -1"}},
		{"settings of wrong types", settings(`{"max_iterations":1.5,"max_execution_time":"300","tools":null,"chat_exposed":1}`), []string{
			"settings max_iterations: must be an integer, not 1.5",
			"settings max_execution_time: must be an integer, not a string of 3 characters",
			"settings tools: must be an array, not null", "settings chat_exposed: must be a boolean, not a number"}},
		{"evaluators", settings(`{"evaluators":[{"sample_rate":0}],"guardrails":[{"id":"g","execute_on":"both","sample_rate":101}]}`), []string{
			"settings evaluators 0 id: is required", "settings evaluators 0 sample_rate: must be at least 1, not 0",
			"settings evaluators 0 execute_on: is required", "settings guardrails 0 sample_rate: must be at most 100, not 101",
			`settings guardrails 0 execute_on: must be one of "input", "output", not "both"`}},
		{"tools", settings(`{"tools":[{},{"type":"teleport"},{"type":"http","requires_approval":"yes","timeout":601}]}`), []string{
			"settings tools 0 type: is required",
			`settings tools 1 type: must be a known type of tool or "<provider>:<tool>", not "teleport"`,
			"settings tools 2 requires_approval: must be a boolean, not a string of 3 characters",
			"settings tools 2 timeout: must be at most 600, not 601"}},
		{"model without an id", map[string]string{"model": `{"retry":{"count":6,"on_codes":["429"]}}`, "fallback_models": `[{}]`}, []string{
			"model id: is required", "model retry count: must be at most 5, not 6",
			"model retry on_codes 0: must be a number, not a string of 3 characters", "fallback_models 0 id: is required"}},
		{"parameters out of range", model(`{"temperature":2.1,"top_logprobs":21,"n":0,"stop":["1","2","3","4","5"]}`), []string{
			"model parameters top_logprobs: must be at most 20, not 21", "model parameters n: must be at least 1, not 0",
			"model parameters stop: must have at most 4 items, has 5", "model parameters temperature: must be at most 2, not 2.1"}},
		{"parameters that say which they are", model(`{"thinking":{},"response_format":{"type":"json_schema"},"tool_choice":"maybe","audio":{"voice":"bell"}}`), []string{
			`model parameters audio voice: must be one of "alloy", "echo", "fable", "onyx", "nova", "shimmer", not "bell"`,
			"model parameters audio format: is required", "model parameters response_format json_schema: is required",
			"model parameters thinking type: is required",
			`model parameters tool_choice: must be one of "none", "auto", "required", not "maybe"`}},
		{"values of no kind that is known", map[string]string{"settings": `{"tools":[{"type":7}],"tool_approval_required":true}`,
			"source": `"` + strings.Repeat("s", 50) + `"`,
			"model":  `{"id":"m","parameters":{"response_format":{"type":"json_schema","json_schema":{"name":1}},"modalities":{}}}`}, []string{
			"model parameters response_format json_schema name: must be a string, not a number",
			"model parameters modalities: must be an array, not an object",
			"settings tool_approval_required: must be a string, not a boolean",
			"settings tools 0 type: must be a string, not a number",
			`source: must be one of "internal", "external", "experiment", not "` + strings.Repeat("s", 40) + `..."`}},
		{"newer parameters", model(`{"load_balancer":{"type":"weight_based","models":[{"model":"m","weight":0}]},"cache":{"type":"fuzzy"}}`), []string{
			`model parameters cache type: must be one of "exact_match", not "fuzzy"`,
			"model parameters load_balancer models 0 weight: must be at least 0.001, not 0"}},
		{"thinking without a budget", model(`{"thinking":{"type":"enabled"}}`), []string{
			"model parameters thinking budget_tokens: is required"}},
		{"a number beyond all bounds", model(`{"temperature":1e999}`), []string{
			"model parameters temperature: must be a number that fits 64 bits"}},
		{"members that are newer", map[string]string{"source": `"moon"`, "engine": `"mako"`, "skills": "7"}, []string{
			"skills: must be an array, not a number",
			`source: must be one of "internal", "external", "experiment", not "moon"`,
			`engine: must be one of "text", "jinja", "mustache", not "mako"`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := newOrqMock(t, Config{})
			answer := m.send("POST", "/v2/agents/", orqBody(t, test.changes))
			if diff := cmp.Diff(test.want, issuesOf(t, answer)); diff != "" {
				t.Errorf("issues (-want +got):\n%s", diff)
			}
			if len(m.server.Agents(Orq)) != 0 {
				t.Error("a refused request made an agent")
			}
		})
	}
}

func TestOrqReasonNamesTheFirstViolations(t *testing.T) {
	m := newOrqMock(t, Config{})
	answer := m.send("POST", "/v2/agents/", `{}`)
	want := "/key is required; /role is required; /description is required; /instructions is required; /path is required; and 2 more"
	if got := answer.Header().Get("X-Mock-Reason"); got != want {
		t.Errorf("reason %q, want %q", got, want)
	}
}

func TestOrqAccepts(t *testing.T) {
	tests := map[string]map[string]string{
		"unknown members":           {"flavour": `"mint"`, "settings": `{"flavour":1}`},
		"a null prompt and skills":  {"system_prompt": "null", "skills": "null"},
		"an empty display name":     {"display_name": `""`},
		"the newest limits":         {"settings": `{"max_iterations":1000,"max_execution_time":6000}`},
		"whole numbers with a dot":  {"settings": `{"max_iterations":20.0,"max_execution_time":3e2}`},
		"every known tool":          {"settings": `{"tools":[{"type":"current_date"},{"type":"file_system"},{"type":"mcp","key":"k","tool_id":"t"},{"type":"openai:web_search"}]}`},
		"adaptive thinking":         {"model": `{"id":"m","parameters":{"thinking":{"type":"adaptive"}}}`},
		"thinking that is disabled": {"model": `{"id":"m","parameters":{"thinking":{"type":"disabled","budget_tokens":1}}}`},
		"null parameters":           {"model": `{"id":"m","parameters":{"temperature":null,"stop":null,"audio":null,"n":null}}`},
		"one stop":                  {"model": `{"id":"m","parameters":{"stop":"."}}`},
		"a tool choice by name":     {"model": `{"id":"m","parameters":{"tool_choice":{"type":"function","function":{"name":"f"}}}}`},
		"a JSON schema":             {"model": `{"id":"m","parameters":{"response_format":{"type":"json_schema","json_schema":{"name":"n","strict":null,"schema":{}}}}}`},
		"fallbacks of both kinds":   {"fallback_models": `["a",{"id":"b","parameters":{"top_p":123}}]`},
		"keys of any character":     {"key": `"a b/ç"`},
	}
	for name, changes := range tests {
		t.Run(name, func(t *testing.T) {
			newOrqMock(t, Config{}).want(201, "POST", "/v2/agents/", orqBody(t, changes))
		})
	}
}

func TestOrqKeyPattern(t *testing.T) {
	m := newOrqMock(t, Config{Variants: []Variant{OrqKeyPattern}})
	for key, right := range map[string]bool{
		"a": true, "support.agent": true, "My_agent-2": true, "<string>": false, "2a": false, "a..b": false, "a.": false, "a b": false,
	} {
		answer := m.send("POST", "/v2/agents/", orqBody(t, map[string]string{"key": fmt.Sprintf("%q", key)}))
		if right && answer.Code != 201 {
			t.Errorf("%q: %d %s", key, answer.Code, answer.Body)
		}
		if !right {
			if issues := issuesOf(t, answer); len(issues) != 1 || !strings.HasPrefix(issues[0], "key: must match ^") {
				t.Errorf("%q: %q", key, issues)
			}
		}
	}
	if issues := issuesOf(t, m.send("PATCH", "/v2/agents/a", `{"key":"no good"}`)); len(issues) != 1 {
		t.Errorf("PATCH: %q", issues)
	}
	want := []string{"key: must have at least 1 character, has 0"}
	if diff := cmp.Diff(want, issuesOf(t, m.send("POST", "/v2/agents/", orqBody(t, map[string]string{"key": `""`})))); diff != "" {
		t.Errorf("empty key (-want +got):\n%s", diff)
	}
}

func TestOrqProjects(t *testing.T) {
	m := newOrqMock(t, Config{})
	project := func(key, path string) any {
		t.Helper()
		body := orqBody(t, map[string]string{"key": fmt.Sprintf("%q", key), "path": fmt.Sprintf("%q", path)})
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

	m = newOrqMock(t, Config{Variants: []Variant{OrqKnownProjects}})
	project("a", "Default/folder")
	want := []string{`path: must begin with the project "Default", not "Sales"`}
	for _, answer := range []*httptest.ResponseRecorder{
		m.send("POST", "/v2/agents", orqBody(t, map[string]string{"key": `"b"`, "path": `"Sales/x"`})),
		m.send("PATCH", "/v2/agents/a", `{"path":"Sales/x"}`),
	} {
		if diff := cmp.Diff(want, issuesOf(t, answer)); diff != "" {
			t.Errorf("unknown project (-want +got):\n%s", diff)
		}
	}
}

func TestOrqDefaults(t *testing.T) {
	m := newOrqMock(t, Config{})
	agent := m.want(201, "POST", "/v2/agents/", orqBody(t, map[string]string{
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

func TestOrqUpdate(t *testing.T) {
	m := newOrqMock(t, Config{})
	before := m.want(201, "POST", "/v2/agents/", orqBody(t, map[string]string{
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
	m.want(201, "POST", "/v2/agents/", orqBody(t, nil))
	wrong := issuesOf(t, m.send("PATCH", "/v2/agents/helper", `{"role":null,"versionIncrement":"huge","key":""}`))
	wantIssues := []string{"key: must have at least 1 character, has 0", "role: must be a string, not null",
		`versionIncrement: must be one of "major", "minor", "patch", not "huge"`}
	if diff := cmp.Diff(wantIssues, wrong); diff != "" {
		t.Errorf("issues (-want +got):\n%s", diff)
	}
}

func TestOrqVersions(t *testing.T) {
	m := newOrqMock(t, Config{})
	m.want(201, "POST", "/v2/agents/", orqBody(t, nil))
	for _, step := range []struct{ increment, want string }{
		{"patch", "1.0.1"}, {"minor", "1.1.0"}, {"major", "2.0.0"}, {"minor", "2.1.0"},
	} {
		agent := m.want(200, "PATCH", "/v2/agents/support.agent", `{"versionIncrement":"`+step.increment+`","versionDescription":"why"}`)
		if agent["version"] != step.want {
			t.Errorf("after %s: version %v, want %s", step.increment, agent["version"], step.want)
		}
	}
}

func TestOrqDelete(t *testing.T) {
	m := newOrqMock(t, Config{})
	m.want(201, "POST", "/v2/agents/", orqBody(t, nil))
	answer := m.send("DELETE", "/v2/agents/support.agent", "")
	if answer.Code != 204 || answer.Body.Len() != 0 || answer.Header().Get("Content-Type") != "" {
		t.Errorf("delete: %d %q, content type %q", answer.Code, answer.Body, answer.Header().Get("Content-Type"))
	}
	for _, method := range []string{"DELETE", "GET"} {
		if got := m.want(404, method, "/v2/agents/support.agent", ""); got["message"] != "Agent not found" || len(got) != 1 {
			t.Errorf("%s: %v", method, got)
		}
	}
	m.want(201, "POST", "/v2/agents/", orqBody(t, nil))
}

func TestOrqKeysAreUnescaped(t *testing.T) {
	m := newOrqMock(t, Config{})
	m.want(201, "POST", "/v2/agents/", orqBody(t, map[string]string{"key": `"a b/ç"`}))
	if got := m.want(200, "GET", "/v2/agents/a%20b%2F%C3%A7", "")["key"]; got != "a b/ç" {
		t.Errorf("key %v", got)
	}
}

func TestOrqWorkspaces(t *testing.T) {
	m := newOrqMock(t, Config{})
	mine := m.want(201, "POST", "/v2/agents/", orqBody(t, nil))
	for _, target := range []string{"GET", "PATCH", "DELETE"} {
		answer := m.as("sk-orq-2", target, "/v2/agents/support.agent", `{}`)
		if answer.Code != 404 || answer.Body.String() != `{"message":"Agent not found"}` {
			t.Errorf("%s from another workspace: %d %s", target, answer.Code, answer.Body)
		}
	}
	if answer := m.as("sk-orq-2", "GET", "/v2/agents", ""); answer.Body.String() != `{"object":"list","data":[],"has_more":false}` {
		t.Errorf("list of another workspace: %s", answer.Body)
	}
	answer := m.as("sk-orq-2", "POST", "/v2/agents/", orqBody(t, nil))
	if answer.Code != 201 {
		t.Fatalf("same key in another workspace: %d %s", answer.Code, answer.Body)
	}
	theirs := plainObject(t, answer.Body.Bytes())
	if theirs["_id"] == mine["_id"] || theirs["project_id"] == mine["project_id"] || theirs["created_by_id"] == mine["created_by_id"] {
		t.Errorf("the workspaces share ids: %v and %v", mine, theirs)
	}
}

func TestOrqList(t *testing.T) {
	m := newOrqMock(t, Config{})
	ids := make(map[string]string)
	for i := range 7 {
		key := fmt.Sprintf("a%d", i)
		ids[key] = m.want(201, "POST", "/v2/agents/", orqBody(t, map[string]string{"key": `"` + key + `"`}))["_id"].(string)
		m.now = m.now.Add(time.Second)
	}
	tests := []struct {
		query string
		want  []string
		more  bool
	}{
		{"", []string{"a6", "a5", "a4", "a3", "a2", "a1", "a0"}, false},
		{"?type=internal&limit=200", []string{"a6", "a5", "a4", "a3", "a2", "a1", "a0"}, false},
		{"?limit=3", []string{"a6", "a5", "a4"}, true},
		{"?limit=3&starting_after=" + ids["a4"], []string{"a3", "a2", "a1"}, true},
		{"?limit=3&starting_after=" + ids["a1"], []string{"a0"}, false},
		{"?starting_after=" + ids["a0"], nil, false},
		{"?limit=2&ending_before=" + ids["a2"], []string{"a4", "a3"}, true},
		{"?limit=2&ending_before=" + ids["a4"], []string{"a6", "a5"}, false},
		{"?ending_before=" + ids["a6"], nil, false},
		{"?starting_after=" + ids["a6"] + "&ending_before=" + ids["a2"], []string{"a5", "a4", "a3"}, false},
		{"?limit=1&starting_after=" + ids["a6"] + "&ending_before=" + ids["a2"], []string{"a5"}, true},
		{"?starting_after=" + ids["a2"] + "&ending_before=" + ids["a6"], nil, false},
	}
	check := func(query string, want []string, more bool) {
		t.Helper()
		for _, path := range []string{"/v2/agents", "/v2/agents/"} {
			var got struct {
				Object  string
				Data    []orqAgent
				HasMore bool `json:"has_more"`
			}
			answer := m.send("GET", path+query, "")
			if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			var keys []string
			for _, agent := range got.Data {
				keys = append(keys, agent.Key)
				if agent.WorkspaceID == "" || agent.ProjectID == "" {
					t.Errorf("%s: agent %s without workspace or project", path+query, agent.Key)
				}
			}
			if answer.Code != 200 || got.Object != "list" || got.HasMore != more || !slices.Equal(keys, want) {
				t.Errorf("%s: %d, object %q, keys %q, more %t; want %q, %t", path+query, answer.Code, got.Object, keys, got.HasMore, want, more)
			}
		}
	}
	for _, test := range tests {
		check(test.query, test.want, test.more)
	}
	m.send("DELETE", "/v2/agents/a4", "")
	check("?limit=3&starting_after="+ids["a4"], []string{"a3", "a2", "a1"}, true)
	check("?limit=1&ending_before="+ids["a4"], []string{"a5"}, true)
	check("?starting_after=00000000000000000000000000", nil, false)

	for query, want := range map[string]string{
		"limit=0":            `limit: must be a whole number from 1 to 200, not "0"`,
		"limit=201":          `limit: must be a whole number from 1 to 200, not "201"`,
		"limit=":             `limit: must be a whole number from 1 to 200, not ""`,
		"limit=ten":          `limit: must be a whole number from 1 to 200, not "ten"`,
		"starting_after=a4":  `starting_after: must be the _id of an agent, not "a4"`,
		"ending_before=nine": `ending_before: must be the _id of an agent, not "nine"`,
		"type=a2a":           `type: must be "internal", not "a2a"`,
	} {
		if diff := cmp.Diff([]string{want}, issuesOf(t, m.send("GET", "/v2/agents?"+query, ""))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
}

func TestOrqWorkspaceIDVariant(t *testing.T) {
	m := newOrqMock(t, Config{Variants: []Variant{OrqWorkspaceID}})
	created := m.want(201, "POST", "/v2/agents/", orqBody(t, nil))
	if id, _ := created["workspace_id"].(string); id == "" {
		t.Errorf("workspace_id is %v", created["workspace_id"])
	}
	list := m.want(200, "GET", "/v2/agents", "")
	if diff := cmp.Diff([]any{created}, list["data"]); diff != "" {
		t.Errorf("listed agent (-created +listed):\n%s", diff)
	}
}

func TestOrqFailureShapes(t *testing.T) {
	x := &exchange{}
	for status, want := range map[int]string{
		400: `{"code":"invalid_request_body","message":"Invalid request body"}`,
		404: `{"message":"Agent not found"}`,
		409: `{"message":"Agent with this key already exists in the workspace"}`,
		418: `{"message":"I'm a teapot"}`,
		429: `{"code":"rate_limit_exceeded","message":"Rate limit exceeded"}`,
		500: `{"code":"internal_error","message":"Internal server error"}`,
		503: `{"code":"service_unavailable","message":"Service unavailable"}`,
	} {
		if a := (orqDialect{}).failure(x, status, ""); a.status != status || string(a.body) != want {
			t.Errorf("%d: %d %s, want %s", status, a.status, a.body, want)
		}
	}
	if a := (orqDialect{}).failure(x, 429, "slow down"); string(a.body) != `{"code":"rate_limit_exceeded","message":"slow down"}` {
		t.Errorf("429 with a message: %s", a.body)
	}
}

// What a snapshot holds must serve on as if nothing had happened.
func TestOrqStateRoundTrip(t *testing.T) {
	m := newOrqMock(t, Config{Variants: []Variant{OrqWorkspaceID}})
	m.want(201, "POST", "/v2/agents/", orqBody(t, map[string]string{"variables": `{"a":"<&>"}`,
		"settings": `{"tools":[{"type":"http","key":"k"}],"evaluators":[]}`, "model": `{"id":"m","retry":{}}`}))
	m.want(201, "POST", "/v2/agents/", orqBody(t, map[string]string{"key": `"other"`, "path": `"Sales"`, "fallback_models": `["f",{"id":"g"}]`}))
	m.as("sk-orq-2", "POST", "/v2/agents/", orqBody(t, nil))
	before := m.server.Agents(Orq)
	if len(before) != 3 || before[0].ID != "support.agent" || before[0].Name != "support.agent" || before[2].Tenant == before[0].Tenant {
		t.Fatalf("agents: %+v", before)
	}
	hash := m.want(200, "GET", "/v2/agents/support.agent", "")["version_hash"]

	snapshot, err := json.Marshal(m.server.states[Orq])
	if err != nil {
		t.Fatal(err)
	}
	state := orqDialect{}.newState()
	if err := json.Unmarshal(snapshot, state); err != nil {
		t.Fatal(err)
	}
	m.server.states[Orq] = state
	after := m.server.Agents(Orq)
	asPlain := cmp.Transformer("plain", func(raw json.RawMessage) any { return plainObject(t, raw) })
	if diff := cmp.Diff(before, after, asPlain); diff != "" {
		t.Errorf("agents (-before +after):\n%s", diff)
	}
	if got := m.want(200, "PATCH", "/v2/agents/support.agent", `{"role":"Assistant"}`)["version_hash"]; got != hash {
		t.Errorf("version_hash %v after the round trip, want %v", got, hash)
	}
	first := m.want(200, "GET", "/v2/agents/support.agent", "")["project_id"]
	if got := m.want(200, "PATCH", "/v2/agents/other", `{"path":"Default"}`)["project_id"]; got != first {
		t.Errorf("the project Default is %v now, want %v", got, first)
	}
}

func TestOrqIsDeterministic(t *testing.T) {
	run := func() string {
		m := newOrqMock(t, Config{})
		var all strings.Builder
		for _, key := range []string{"a", "b"} {
			all.WriteString(m.send("POST", "/v2/agents/", orqBody(t, map[string]string{"key": `"` + key + `"`,
				"settings": `{"tools":[{"type":"http"},{"type":"http"}]}`})).Body.String())
		}
		all.WriteString(m.send("GET", "/v2/agents", "").Body.String())
		return all.String()
	}
	first, second := run(), run()
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("two runs differ (-first +second):\n%s", diff)
	}
	ids := regexp.MustCompile(`"_?id":"([0-9A-HJKMNP-TV-Z]{26})"`).FindAllString(first, -1)
	slices.Sort(ids)
	if distinct := len(slices.Compact(ids)); distinct != 6 {
		t.Errorf("%d distinct ULIDs, want those of 2 agents and 4 tools", distinct)
	}
}

// A strict server refuses members that are not in this list.
func TestOrqFieldsNameTheDocumentedMembers(t *testing.T) {
	sample := plainObject(t, orqSample(t, "orq/create.json"))
	for _, o := range (orqDialect{}).operations() {
		switch o.op {
		case OrqCreateAgent, OrqUpdateAgent:
			for name := range sample {
				if !slices.Contains(o.fields, name) {
					t.Errorf("%s does not know %s", o.op, name)
				}
			}
		default:
			if o.fields != nil {
				t.Errorf("%s takes no body", o.op)
			}
		}
	}
}

func FuzzOrqBodies(f *testing.F) {
	f.Add(`{"key":"a","role":"r","description":"d","instructions":"i","path":"p","model":"m","settings":{"tools":[{"type":"http"}]}}`)
	f.Add(`{"model":{"id":"m","retry":{"count":3,"on_codes":[429]},"parameters":{"stop":["."]}},"fallback_models":["m",{"id":"n"}]}`)
	f.Add(`{"settings":{"evaluators":[{"id":"e","execute_on":"input"}]},"variables":{"a":[1]},"versionIncrement":"minor"}`)
	f.Fuzz(func(t *testing.T, body string) {
		m := newOrqMock(t, Config{})
		m.want(201, "POST", "/v2/agents/", orqBody(t, map[string]string{"key": `"first"`}))
		for _, answer := range []*httptest.ResponseRecorder{
			m.send("POST", "/v2/agents/", body), m.send("PATCH", "/v2/agents/first", body),
		} {
			plainObject(t, answer.Body.Bytes())
			if !slices.Contains([]int{200, 201, 400, 409}, answer.Code) {
				t.Errorf("status %d: %s", answer.Code, answer.Body)
			}
		}
	})
}
