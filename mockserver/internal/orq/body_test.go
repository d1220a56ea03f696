package orq_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// A body that is not declared as JSON is refused, as on the other APIs.
func TestRefusesOtherContentTypes(t *testing.T) {
	m := newMock(t, mockserver.Config{})
	m.want(201, "POST", "/v2/agents/", agentBody(t, nil))
	for _, contentType := range []string{"text/plain", "", "application/x-www-form-urlencoded", "text/json;"} {
		for path, method := range map[string]string{"/v2/agents/": "POST", "/v2/agents": "POST", "/v2/agents/support.agent": "PATCH"} {
			r := httptest.NewRequest(method, "/orq"+path, strings.NewReader(agentBody(t, map[string]string{"key": `"other"`})))
			r.Header = http.Header{"Authorization": {"Bearer k"}, "Content-Type": {contentType}}
			if contentType == "" {
				r.Header.Del("Content-Type")
			}
			w := httptest.NewRecorder()
			m.server.ServeHTTP(w, r)
			if want := `{"code":"unsupported_media_type","message":"Content-Type must be application/json"}`; w.Code != 415 || w.Body.String() != want {
				t.Errorf("%s %s with %q: %d %s", method, path, contentType, w.Code, w.Body)
			}
		}
	}
	calls := m.server.Calls(journal.Match{Status: 415})
	if len(calls) != 12 || !slices.Contains(calls[0].Guesses, "orq.415") {
		t.Errorf("%d calls, guesses %q", len(calls), calls[0].Guesses)
	}
	for _, contentType := range []string{"application/json; charset=utf-8", "application/merge-patch+json"} {
		r := httptest.NewRequest("PATCH", "/orq/v2/agents/support.agent", strings.NewReader(`{"role":"r"}`))
		r.Header = http.Header{"Authorization": {"Bearer k"}, "Content-Type": {contentType}}
		w := httptest.NewRecorder()
		m.server.ServeHTTP(w, r)
		if w.Code != 200 {
			t.Errorf("%q: %d %s", contentType, w.Code, w.Body)
		}
	}
}

func TestRefusesBodiesThatAreNoObject(t *testing.T) {
	m := newMock(t, mockserver.Config{})
	m.want(201, "POST", "/v2/agents/", agentBody(t, nil))
	for _, body := range []string{"", " ", "{", "[]", "null", `"x"`, "7", "{}{}", "\xff", "{\"key\":\"\xff\"}", `{"key":"a",}`} {
		for _, target := range []string{"POST /v2/agents/", "PATCH /v2/agents/support.agent"} {
			method, path, _ := strings.Cut(target, " ")
			response := m.send(method, path, body)
			refusal := plainObject(t, response.Body.Bytes())
			if response.Code != 400 || refusal["code"] != "invalid_request_body" || refusal["message"] == "" {
				t.Errorf("%s %q: %d %s", target, body, response.Code, response.Body)
			}
		}
	}
}

func TestValidation(t *testing.T) {
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
			m := newMock(t, mockserver.Config{})
			response := m.send("POST", "/v2/agents/", agentBody(t, test.changes))
			if diff := cmp.Diff(test.want, issuesOf(t, response)); diff != "" {
				t.Errorf("issues (-want +got):\n%s", diff)
			}
			if len(m.server.Agents(mockserver.Orq)) != 0 {
				t.Error("a refused request made an agent")
			}
		})
	}
}

func TestReasonNamesTheFirstViolations(t *testing.T) {
	m := newMock(t, mockserver.Config{})
	response := m.send("POST", "/v2/agents/", `{}`)
	want := "/key is required; /role is required; /description is required; /instructions is required; /path is required; and 2 more"
	if got := response.Header().Get("X-Mock-Reason"); got != want {
		t.Errorf("reason %q, want %q", got, want)
	}
}

func TestAccepts(t *testing.T) {
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
			newMock(t, mockserver.Config{}).want(201, "POST", "/v2/agents/", agentBody(t, changes))
		})
	}
}

func TestKeyPattern(t *testing.T) {
	m := newMock(t, with(mockserver.OrqKeyPattern))
	for key, right := range map[string]bool{
		"a": true, "support.agent": true, "My_agent-2": true, "<string>": false, "2a": false, "a..b": false, "a.": false, "a b": false,
	} {
		response := m.send("POST", "/v2/agents/", agentBody(t, map[string]string{"key": fmt.Sprintf("%q", key)}))
		if right && response.Code != 201 {
			t.Errorf("%q: %d %s", key, response.Code, response.Body)
		}
		if !right {
			if issues := issuesOf(t, response); len(issues) != 1 || !strings.HasPrefix(issues[0], "key: must match ^") {
				t.Errorf("%q: %q", key, issues)
			}
		}
	}
	if issues := issuesOf(t, m.send("PATCH", "/v2/agents/a", `{"key":"no good"}`)); len(issues) != 1 {
		t.Errorf("PATCH: %q", issues)
	}
	want := []string{"key: must have at least 1 character, has 0"}
	if diff := cmp.Diff(want, issuesOf(t, m.send("POST", "/v2/agents/", agentBody(t, map[string]string{"key": `""`})))); diff != "" {
		t.Errorf("empty key (-want +got):\n%s", diff)
	}
}

// Without the variant a key that breaks the pattern is taken, and is a problem
// of the request where problems are looked for.
func TestKeyPatternIsAdvice(t *testing.T) {
	for strictness, problems := range map[mockserver.Strictness]int{mockserver.AsAPI: 0, mockserver.Report: 1} {
		m := newMock(t, mockserver.Config{Strictness: strictness, AllowProblems: true})
		for _, key := range []string{"no good", "good"} {
			if response := m.send("POST", "/v2/agents/", agentBody(t, map[string]string{"key": fmt.Sprintf("%q", key)})); response.Code != 201 {
				t.Errorf("%s, %q: %d %s", strictness, key, response.Code, response.Body)
			}
		}
		calls := m.server.Calls(journal.Match{Op: mockserver.OrqCreateAgent})
		if len(calls[0].Problems) != problems || problems == 1 && !strings.HasPrefix(calls[0].Problems[0], "/key: must match ^") {
			t.Errorf("%s: %q", strictness, calls[0].Problems)
		}
		if len(calls[1].Problems) != 0 {
			t.Errorf("%s: %q", strictness, calls[1].Problems)
		}
	}
}

// A strict server takes the documented members, and no body where none belongs.
func TestStrictServerTakesTheDocumentedMembers(t *testing.T) {
	m := newMock(t, mockserver.Config{Strictness: mockserver.Reject})
	body := strings.Replace(string(sample(t, "create.json")), `"<string>"`, `"desk"`, 1) // the key, for which "<string>" only holds the place
	m.want(201, "POST", "/v2/agents/", body)
	m.want(200, "PATCH", "/v2/agents/desk", body)
	for _, target := range []string{"GET /v2/agents", "GET /v2/agents/", "GET /v2/agents/desk", "DELETE /v2/agents/desk"} {
		method, path, _ := strings.Cut(target, " ")
		if got := m.want(400, method, path, "{}")["message"]; got != "the operation takes no body" {
			t.Errorf("%s with a body: %v", target, got)
		}
		if response := m.send(method, path, ""); response.Code >= 300 {
			t.Errorf("%s without one: %d %s", target, response.Code, response.Body)
		}
	}
}

// Members are looked at as deep as they are documented.
func TestStrictnessLooksInside(t *testing.T) {
	for name, c := range map[string]struct {
		method, path, body string
		want               []string
	}{
		"create": {"POST", "/v2/agents", `{"key":"k","role":"r","description":"d","instructions":"i","path":"p","settings":{"max_iteration":5,"tools":[{"type":"http","nmae":1}]},
			"model":{"id":"m","parameters":{"max_tokens":5,"response_format":{"type":"text","schema":1}}},"fallback_models":["f",{"id":"g","parameters":{"max_tokens":6}}],"variables":{"anything":1}}`, []string{
			"/model/parameters/max_tokens: is deprecated; use max_completion_tokens",
			"/model/parameters/response_format/schema: unknown member; there are type",
			"/fallback_models/1/parameters/max_tokens: is deprecated; use max_completion_tokens",
			"/settings/tools/0/nmae: unknown member; there are type, key, id, requires_approval, timeout, configuration, tool_id",
			"/settings/max_iteration: unknown member; there are max_iterations, max_execution_time, tool_approval_required, tools, evaluators, guardrails, max_cost, chat_exposed",
		}},
		"the published response": {"PATCH", "/v2/agents/k", `{"model":{"id":"m","parameters":{"audio":{"voice":"alloy","format":"wav"},"thinking":{"type":"enabled","budget_tokens":123,"thinking_level":"low"}},"retry":{"count":3,"on_codes":[429]}}}`, nil},
		"what only create takes": {"PATCH", "/v2/agents/k", `{"source":"internal"}`, []string{"/source: unknown member; there are key, display_name, role, description, instructions, system_prompt, path, model, fallback_models, settings, memory_stores, knowledge_bases, team_of_agents, variables, skills, engine, project_id, versionIncrement, versionDescription"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMock(t, mockserver.Config{Strictness: mockserver.Report})
			m.send(c.method, c.path, c.body)
			if diff := cmp.Diff(c.want, m.server.Calls(journal.Match{})[0].Problems); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzBodies(f *testing.F) {
	f.Add(`{"key":"a","role":"r","description":"d","instructions":"i","path":"p","model":"m","settings":{"tools":[{"type":"http"}]}}`)
	f.Add(`{"model":{"id":"m","retry":{"count":3,"on_codes":[429]},"parameters":{"stop":["."]}},"fallback_models":["m",{"id":"n"}]}`)
	f.Add(`{"settings":{"evaluators":[{"id":"e","execute_on":"input"}]},"variables":{"a":[1]},"versionIncrement":"minor"}`)
	f.Fuzz(func(t *testing.T, body string) {
		m := newMock(t, mockserver.Config{})
		m.want(201, "POST", "/v2/agents/", agentBody(t, map[string]string{"key": `"first"`}))
		for _, response := range []*httptest.ResponseRecorder{
			m.send("POST", "/v2/agents/", body), m.send("PATCH", "/v2/agents/first", body),
		} {
			plainObject(t, response.Body.Bytes())
			if !slices.Contains([]int{200, 201, 400, 409}, response.Code) {
				t.Errorf("status %d: %s", response.Code, response.Body)
			}
		}
	})
}
