package xpander_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/roomtest"
	"github.com/agentclients/agentclients-go/mockserver/internal/xpander"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

const key = "xp_test_of_the_mock"

// caller is a Caller with the words of this API.
type caller struct{ roomtest.Caller }

func (c caller) with(name, value string) caller { return caller{c.With(name, value)} }

func newCaller(t *testing.T, config mockserver.Config) caller {
	return caller{roomtest.Caller{T: t, Server: roomtest.NewServer(t, config), Prefix: "/xpander", Headers: map[string]string{
		"x-api-key": key, "Content-Type": "application/json",
	}}}
}

// agent is an agent as a client sees it.
type agent struct {
	ID             string
	Name           string
	Description    *string
	Icon           *string
	Status         *string
	DeploymentType *string `json:"deployment_type"`
	CreatedAt      string  `json:"created_at"`
	ModelProvider  *string `json:"model_provider"`
	ModelName      *string `json:"model_name"`
	OrganizationID string  `json:"organization_id"`
	Graph          []json.RawMessage
	KnowledgeBases []json.RawMessage `json:"knowledge_bases"`
	Instructions   struct {
		Role, Goal []string
		General    string
	}
	WebhookURL        string  `json:"webhook_url"`
	UniqueName        string  `json:"unique_name"`
	LLMAPIBase        *string `json:"llm_api_base"`
	HasPendingChanges bool    `json:"has_pending_changes"`
	Version           int
	LLMSettings       []struct {
		Type, Provider, Model string
		Temperature           float64
	} `json:"llm_settings"`
	AgnoSettings  map[string]any  `json:"agno_settings"`
	OutputFormat  *string         `json:"output_format"`
	OutputSchema  json.RawMessage `json:"output_schema"`
	AttachedTools json.RawMessage `json:"attached_tools"`
}

// wantDetail checks the whole body of a refusal.
func (c caller) wantDetail(method, path, body string, status int, detail string) {
	c.T.Helper()
	recorder := c.Do(method, path, body, status)
	want := `{"detail":` + detail + `}`
	if diff := cmp.Diff(want, recorder.Body.String()); diff != "" {
		c.T.Errorf("%s %s %.100s:\n%s", method, path, body, diff)
	}
	if recorder.Header().Get("X-Mock-Reason") == "" {
		c.T.Errorf("%s %s %.100s: no reason", method, path, body)
	}
}

// wantInvalid checks that a request is refused for one reason: where it is,
// and of which type.
func (c caller) wantInvalid(method, path, body string, loc, kind string) {
	c.T.Helper()
	var got struct {
		Detail []struct {
			Loc       []any
			Msg, Type string
		}
	}
	c.Read(method, path, body, http.StatusUnprocessableEntity, &got)
	if len(got.Detail) != 1 {
		c.T.Errorf("%s %s %.100s: %+v", method, path, body, got)
		return
	}
	where := strings.Join(strings.Fields(strings.Trim(fmt.Sprint(got.Detail[0].Loc), "[]")), ".")
	if where != loc || got.Detail[0].Type != kind || got.Detail[0].Msg == "" {
		c.T.Errorf("%s %s %.100s: %s %+v, want %s %s", method, path, body, where, got.Detail[0], loc, kind)
	}
}

func (c caller) create(body string) (made agent) {
	c.T.Helper()
	c.Read("POST", "/v1/agents", body, http.StatusCreated, &made)
	return made
}

// plainJSON decodes a JSON object without any type.
func plainJSON(t *testing.T, text string) (value map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return value
}

// keepOnly removes the members that another object does not have.
func keepOnly(members, other map[string]any) {
	maps.DeleteFunc(members, func(name string, _ any) bool {
		_, ok := other[name]
		return !ok
	})
}

func TestPublishedSamples(t *testing.T) {
	now := time.Date(2026, 2, 7, 10, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		request, answer string
		differs         func(want map[string]any) // where the published responses contradict the request or each other
	}{
		{"create.json", "agent.json", func(want map[string]any) {
			settings := want["llm_settings"].([]any)[0].(map[string]any)
			settings["provider"], settings["model"] = "openai", "gpt-4.1"
			want["agno_settings"].(map[string]any)["num_history_runs"] = 10.0
		}},
		{"create_minimal.json", "agent_of_version_2.json", func(map[string]any) {}},
		{"create_full.json", "agent_of_version_2.json", func(want map[string]any) {
			want["instructions"] = map[string]any{
				"role":    []any{"Customer support specialist"},
				"goal":    []any{"Resolve customer issues efficiently"},
				"general": "Be helpful, professional, and empathetic",
			}
		}},
	} {
		t.Run(test.request, func(t *testing.T) {
			c := newCaller(t, mockserver.Config{Now: func() time.Time { return now }})
			body := c.Do("POST", "/v1/agents", roomtest.Sample(t, test.request), http.StatusCreated).Body.String()
			got, want := plainJSON(t, body), plainJSON(t, roomtest.Sample(t, test.answer))
			test.differs(want)
			id := got["id"].(string)
			if uuid.Validate(id) != nil || uuid.Validate(got["organization_id"].(string)) != nil {
				t.Errorf("ids in %s", body)
			}
			if !regexp.MustCompile(`^[a-z]+-[a-z]+$`).MatchString(got["unique_name"].(string)) {
				t.Errorf("unique name %s", got["unique_name"])
			}
			want["webhook_url"] = strings.ReplaceAll(want["webhook_url"].(string), want["id"].(string), id)
			if !strings.Contains(body, "&asynchronous=false") {
				t.Errorf("the ampersand is escaped in %s", body)
			}
			for _, volatile := range []string{"id", "organization_id", "unique_name"} {
				want[volatile] = got[volatile]
			}
			// Each sample leaves out some of the members.
			keepOnly(got, want)
			keepOnly(got["agno_settings"].(map[string]any), want["agno_settings"].(map[string]any))
			if settings := want["llm_settings"].([]any)[0].(map[string]any); settings["type"] == nil {
				settings["type"] = "before"
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			again := c.Do("GET", "/v1/agents/"+id, "", http.StatusOK).Body.String()
			if again != body {
				t.Errorf("a read answers %s", again)
			}
		})
	}
}

func TestAnswersTheUnionOfTheSamples(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	got := plainJSON(t, c.Do("POST", "/v1/agents", `{"name":"a"}`, http.StatusCreated).Body.String())
	for _, name := range []string{"agent.json", "agent_of_version_2.json"} {
		for member := range plainJSON(t, roomtest.Sample(t, name)) {
			if _, ok := got[member]; !ok {
				t.Errorf("%s is not in the answer", member)
			}
		}
	}
}

func TestOrderOfChecks(t *testing.T) {
	c := newCaller(t, mockserver.Config{APIKeys: []string{key, "xp_of_somebody_else"}, Tenants: map[string]string{"xp_of_somebody_else": "another"}})
	made := c.create(`{"name":"a"}`)

	// One request that is wrong in every way, mended step by step.
	wrong := c.with("x-api-key", "")
	const unauthorized = `"Invalid or missing API key"`
	wrong.wantDetail("PATCH", "/v1/nothing", "{", http.StatusUnauthorized, unauthorized)
	wrong = wrong.with("x-api-key", "xp_that_is_not_accepted")
	wrong.wantDetail("PATCH", "/v1/nothing", "{", http.StatusUnauthorized, unauthorized)
	wrong = wrong.with("x-api-key", "xp_of_somebody_else")
	wrong.wantDetail("PATCH", "/v1/nothing", "{", http.StatusNotFound, `"Not Found"`)
	if got := wrong.Do("PATCH", "/v1/agents", "{", http.StatusMethodNotAllowed).Header().Get("Allow"); got != "POST, GET" {
		t.Errorf("Allow: %s", got)
	}
	path := "/v1/agents/unknown?deploy=perhaps"
	wrong.wantDetail("PATCH", path, "{", http.StatusUnprocessableEntity,
		`[{"loc":["query","deploy"],"msg":"Input should be a valid boolean, unable to interpret input","type":"bool_parsing"},`+
			`{"loc":["body",1],"msg":"JSON decode error","type":"json_invalid"}]`)
	path = strings.Replace(path, "perhaps", "1", 1)
	wrong.wantDetail("PATCH", path, `{"name":1,"icon":2,"using_nemo":"x"}`, http.StatusUnprocessableEntity,
		`[{"loc":["body","name"],"msg":"Input should be a valid string","type":"string_type"},`+
			`{"loc":["body","icon"],"msg":"Input should be a valid string","type":"string_type"},`+
			`{"loc":["body","using_nemo"],"msg":"Input should be a valid boolean","type":"bool_type"}]`)
	wrong.wantDetail("PATCH", path, `{"name":"b"}`, http.StatusNotFound, `"Agent not found"`)
	path = strings.Replace(path, "unknown", made.ID, 1)
	wrong.wantDetail("PATCH", path, `{"name":"b"}`, http.StatusForbidden, `"Forbidden"`)
	wrong.with("x-api-key", key).Do("PATCH", path, `{"name":"b"}`, http.StatusOK)
}

func TestRefusesBodies(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	made := c.create(`{"name":"a"}`)
	for _, call := range [][2]string{{"POST", "/v1/agents"}, {"PATCH", "/v1/agents/" + made.ID}} {
		for body, want := range map[string][2]string{
			"":             {"body", "missing"},
			"null":         {"body", "missing"},
			"{":            {"body.1", "json_invalid"},
			`{"name":"a",`: {"body.12", "json_invalid"},
			"[]":           {"body", "model_attributes_type"},
			`"x"`:          {"body", "model_attributes_type"},
			"7":            {"body", "model_attributes_type"},
		} {
			c.wantInvalid(call[0], call[1], body, want[0], want[1])
		}
		c.wantDetail(call[0], call[1], "{\"name\":\"\xff\"}", http.StatusBadRequest, `"There was an error parsing the body"`)
		c.with("Content-Type", "application/x-www-form-urlencoded").
			wantInvalid(call[0], call[1], `{"name":"a"}`, "body", "model_attributes_type")
		c.with("Content-Type", "").Do(call[0], call[1], `{"name":"a"}`, map[string]int{"POST": 201, "PATCH": 200}[call[0]])
	}
}

func TestRefusesMembers(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	made := c.create(`{"name":"a"}`)
	c.wantInvalid("POST", "/v1/agents", `{}`, "body.name", "missing")
	c.wantInvalid("POST", "/v1/agents", `{"name":null}`, "body.name", "string_type")
	c.wantInvalid("PATCH", "/v1/agents/"+made.ID, `{}`, "body", "value_error")
	c.wantInvalid("PATCH", "/v1/agents/"+made.ID, `{"unknown":1}`, "body", "value_error")
	c.wantInvalid("PATCH", "/v1/agents/"+made.ID, `{"status":"active"}`, "body.status", "enum")
	c.wantInvalid("PATCH", "/v1/agents/"+made.ID, `{"should_reset_graph":1}`, "body.should_reset_graph", "bool_type")
	for _, body := range []string{`{"name":"a","model_provider":"huggingface"}`, `{"name":"a","model_provider":"bedrock"}`} {
		c.wantInvalid("POST", "/v1/agents", body, "body.model_provider", "enum")
	}
	c.wantInvalid("POST", "/v1/agents", `{"name":"a","created_by":5}`, "body.created_by", "string_type")
	for _, test := range [][3]string{
		{`"organization_id":5`, "body.organization_id", "string_type"},
		{`"name":7`, "body.name", "string_type"},
		{`"name":""`, "body.name", "string_too_short"},
		{`"description":7`, "body.description", "string_type"},
		{`"icon":[]`, "body.icon", "string_type"},
		{`"model_name":{}`, "body.model_name", "string_type"},
		{`"llm_api_base":true`, "body.llm_api_base", "string_type"},
		{`"environment_id":7`, "body.environment_id", "string_type"},
		{`"deployment_type":"Serverless"`, "body.deployment_type", "enum"},
		{`"deployment_type":1`, "body.deployment_type", "enum"},
		{`"type":"boss"`, "body.type", "enum"},
		{`"output_format":"xml"`, "body.output_format", "enum"},
		{`"output_schema":"x"`, "body.output_schema", "dict_type"},
		{`"using_nemo":"true"`, "body.using_nemo", "bool_type"},
		{`"instructions":"be kind"`, "body.instructions", "model_attributes_type"},
		{`"instructions":{"role":"be kind"}`, "body.instructions.role", "list_type"},
		{`"instructions":{"goal":["a",1]}`, "body.instructions.goal.1", "string_type"},
		{`"instructions":{"general":[]}`, "body.instructions.general", "string_type"},
		{`"llm_extra_headers":[]`, "body.llm_extra_headers", "dict_type"},
		{`"llm_extra_headers":{"X-A":1}`, "body.llm_extra_headers.X-A", "string_type"},
		{`"graph":{}`, "body.graph", "list_type"},
		{`"graph":[1]`, "body.graph.0", "model_attributes_type"},
		{`"knowledge_bases":["a"]`, "body.knowledge_bases.0", "model_attributes_type"},
		{`"llm_settings":{}`, "body.llm_settings", "list_type"},
		{`"llm_settings":[1]`, "body.llm_settings.0", "model_attributes_type"},
		{`"llm_settings":[{"type":"during"}]`, "body.llm_settings.0.type", "enum"},
		{`"llm_settings":[{"temperature":"hot"}]`, "body.llm_settings.0.temperature", "float_type"},
		{`"agno_settings":[]`, "body.agno_settings", "model_attributes_type"},
		{`"agno_settings":{"agent_memories":1}`, "body.agno_settings.agent_memories", "bool_type"},
		{`"agno_settings":{"num_history_runs":1.5}`, "body.agno_settings.num_history_runs", "int_type"},
		{`"agno_settings":{"openai_moderation_categories":"x"}`, "body.agno_settings.openai_moderation_categories", "list_type"},
		{`"agno_settings":{"tool_calls_compression":7}`, "body.agno_settings.tool_calls_compression", "dict_type"},
		{`"agno_settings":{"tool_calls_compression":{"threshold":"x"}}`, "body.agno_settings.tool_calls_compression.threshold", "int_type"},
		{`"attached_tools":7`, "body.attached_tools", "list_type"},
		{`"attached_tools":[{"id":"a"}]`, "body.attached_tools.0.operation_ids", "missing"},
		{`"attached_tools":[{"id":1,"operation_ids":[]}]`, "body.attached_tools.0.id", "string_type"},
		{`"deletable":"no"`, "body.deletable", "bool_type"},
	} {
		body := `{"name":"a",` + test[0] + `}` // the last of two members counts
		c.wantInvalid("POST", "/v1/agents", body, test[1], test[2])
		c.wantInvalid("PATCH", "/v1/agents/"+made.ID, body, test[1], test[2])
	}
	want := c.create(`{"name":"a"}`)
	var got agent
	c.Read("GET", "/v1/agents/"+made.ID, "", http.StatusOK, &got)
	want.ID, want.UniqueName, want.WebhookURL, want.CreatedAt = got.ID, got.UniqueName, got.WebhookURL, got.CreatedAt
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a refused request changed the agent:\n%s", diff)
	}
	c.wantDetail("POST", "/v1/agents", `{"name":"a","deployment_type":"x"}`, http.StatusUnprocessableEntity,
		`[{"loc":["body","deployment_type"],"msg":"Input should be 'serverless' or 'container'","type":"enum"}]`)
}

func TestCreateTakesEverything(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	body := c.Do("POST", "/v1/agents", `{"name":"a","description":"d","deployment_type":"container","model_provider":"huggingFace",
		"model_name":"m","icon":"📊","instructions":{"role":["r"],"general":null},"environment_id":"e","using_nemo":true,
		"llm_api_base":"https://llm.example","llm_extra_headers":{"Authorization":"secret-of-the-gateway"},"type":"regular",
		"output_format":"json","output_schema":{"type": "object"},"expected_output":"x","framework":"langchain",
		"graph":[{"item_id":"g"}],"knowledge_bases":[{"id":"k"}],"attached_tools":[{"id":"t","operation_ids":["o"]}],
		"llm_settings":[{"type":"after","model":"n","temperature":0.5}],
		"agno_settings":{"agent_memories":true,"openai_moderation_categories":["hate"],"tool_calls_compression":{"enabled":true}},
		"id":"mine","organization_id":"mine","version":9,"status":"DRAFT","unique_name":"mine","unknown":1}`, http.StatusCreated).Body.String()
	for _, want := range []string{
		`"description":"d"`, `"deployment_type":"container"`, `"model_provider":"huggingFace"`, `"model_name":"m"`, `"icon":"📊"`,
		`"instructions":{"role":["r"],"goal":[],"general":""}`, `"llm_api_base":"https://llm.example"`, `"type":"regular"`,
		`"output_format":"json"`, `"output_schema":{"type":"object"}`, `"expected_output":"x"`, `"framework":"langchain"`,
		`"graph":[{"item_id":"g"}]`, `"knowledge_bases":[{"id":"k"}]`, `"attached_tools":[{"id":"t","operation_ids":["o"]}]`,
		`"llm_settings":[{"type":"after","provider":"openai","model":"n","temperature":0.5}]`,
		`"agent_memories":true`, `"openai_moderation_categories":["hate"]`, `"tool_calls_compression":{"enabled":true,"threshold":3,"instructions":""}`,
		`"version":2`, `"status":"ACTIVE"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not in %s", want, body)
		}
	}
	for _, never := range []string{"secret-of-the-gateway", "mine", "unknown"} {
		if strings.Contains(body, never) {
			t.Errorf("%s is in %s", never, body)
		}
	}

	// A null is as good as nothing.
	got := c.create(`{"name":"a","description":null,"deployment_type":null,"model_provider":null,"model_name":null,
		"icon":null,"instructions":null,"environment_id":null,"using_nemo":null,"llm_api_base":null,"llm_extra_headers":null,
		"graph":null,"llm_settings":null,"agno_settings":null,"type":null}`)
	plain := c.create(`{"name":"a"}`)
	plain.ID, plain.UniqueName, plain.WebhookURL, plain.CreatedAt = got.ID, got.UniqueName, got.WebhookURL, got.CreatedAt
	if diff := cmp.Diff(plain, got); diff != "" {
		t.Error(diff)
	}
	for _, provider := range []string{
		"openai", "nim", "amazon_bedrock", "huggingFace", "friendlyAI", "anthropic", "gemini", "fireworks",
		"google_ai_studio", "helicone", "open_router", "nebius",
		"azure_ai_foundary", "cloudflare_ai_gw", "bytedance", "tzafon_lightcone",
	} {
		c.create(`{"name":"a","model_provider":"` + provider + `"}`)
	}
}

func TestLife(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	made := c.create(`{"name":"a"}`)
	one := "/v1/agents/" + made.ID
	if made.Version != 2 || made.HasPendingChanges || *made.Status != "ACTIVE" {
		t.Errorf("made %+v", made)
	}

	// A change is pending until it is deployed.
	var got agent
	c.Read("PATCH", one, `{"name":"b","status":"INACTIVE","instructions":{"general":"Be kind."},"model_provider":"anthropic","model_name":"claude"}`, http.StatusOK, &got)
	if got.Name != "b" || !got.HasPendingChanges || got.Version != 2 || *got.Status != "INACTIVE" || got.UniqueName != made.UniqueName {
		t.Errorf("changed %+v", got)
	}
	if got.Instructions.General != "Be kind." || got.LLMSettings[0].Provider != "anthropic" || got.LLMSettings[0].Model != "claude" {
		t.Errorf("changed %+v", got)
	}
	c.Read("PUT", one, "ignored", http.StatusOK, &got)
	if got.HasPendingChanges || got.Version != 3 || *got.Status != "ACTIVE" || *got.Description != "Be kind." {
		t.Errorf("deployed %+v", got)
	}
	c.Read("PATCH", one+"?deploy=true", `{"description":"d"}`, http.StatusOK, &got)
	if got.HasPendingChanges || got.Version != 4 || *got.Description != "d" || *got.ModelName != "claude" {
		t.Errorf("changed and deployed %+v", got)
	}
	c.Read("PATCH", one+"?deploy=false", `{"llm_settings":[{"model":"x"}],"model_name":"y"}`, http.StatusOK, &got)
	if !got.HasPendingChanges || got.Version != 4 || got.LLMSettings[0].Model != "x" {
		t.Errorf("changed %+v", got)
	}
	c.Read("PUT", one, "", http.StatusOK, &got)
	c.Read("PUT", one, "", http.StatusOK, &got)
	if got.Version != 6 || *got.Description != "d" {
		t.Errorf("deployed %+v", got)
	}

	// A null clears what may be null, and leaves the rest.
	c.Read("PATCH", one, `{"graph":[{"item_id":"g"}],"llm_api_base":"https://llm.example","agno_settings":{"openai_moderation_categories":["a"]}}`, http.StatusOK, &got)
	c.Read("PATCH", one, `{"agno_settings":{"num_history_runs":4}}`, http.StatusOK, &got)
	if got.AgnoSettings["num_history_runs"] != 4.0 || fmt.Sprint(got.AgnoSettings["openai_moderation_categories"]) != "[a]" || len(got.Graph) != 1 {
		t.Errorf("changed %+v", got)
	}
	got = agent{}
	c.Read("PATCH", one, `{"name":null,"instructions":null,"llm_api_base":null,"icon":null,"should_reset_graph":true}`, http.StatusOK, &got)
	if got.Name != "b" || got.Instructions.General != "Be kind." || got.LLMAPIBase != nil || got.Icon != nil || got.Graph == nil || len(got.Graph) != 0 {
		t.Errorf("cleared %+v", got)
	}

	// A refused change leaves no trace, not even in lists inside.
	c.wantInvalid("PATCH", one, `{"icon":7,"agno_settings":{"openai_moderation_categories":["b"]}}`, "body.icon", "string_type")
	c.Read("GET", one, "", http.StatusOK, &got)
	if fmt.Sprint(got.AgnoSettings["openai_moderation_categories"]) != "[a]" {
		t.Errorf("got %+v", got)
	}

	if body := c.Do("DELETE", one, "", http.StatusAccepted).Body.String(); body != "null" {
		t.Errorf("delete answers %s", body)
	}
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		c.wantDetail(method, one, "", http.StatusNotFound, `"Agent not found"`)
	}
	if agents := c.Server.Agents(mockserver.Xpander); len(agents) != 0 {
		t.Errorf("agents %v", agents)
	}
}

// A change may name any provider; the words that a create takes are no list
// for it.
func TestAnyProviderInAChange(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	made := c.create(`{"name":"a"}`)
	var got agent
	c.Read("PATCH", "/v1/agents/"+made.ID, `{"model_provider":"moon"}`, http.StatusOK, &got)
	if got.ModelProvider == nil || *got.ModelProvider != "moon" {
		t.Errorf("the provider is %v", got.ModelProvider)
	}
	c.wantInvalid("PATCH", "/v1/agents/"+made.ID, `{"model_provider":5}`, "body.model_provider", "string_type")
}

func TestNotDeletable(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	made := c.create(`{"name":"a","deletable":false}`)
	c.wantDetail("DELETE", "/v1/agents/"+made.ID, "", http.StatusForbidden, `"Agent is not deletable"`)
	c.Do("PATCH", "/v1/agents/"+made.ID, `{"deletable":true}`, http.StatusOK)
	c.Do("DELETE", "/v1/agents/"+made.ID, "", http.StatusAccepted)
}

func TestLists(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	type page struct {
		Items      []map[string]any
		Total      int
		Page       int
		PerPage    int `json:"per_page"`
		TotalPages int `json:"total_pages"`
	}
	if got := c.Do("GET", "/v1/agents", "", http.StatusOK).Body.String(); got != `{"items":[],"total":0,"page":1,"per_page":20,"total_pages":0}` {
		t.Errorf("empty list %s", got)
	}
	for i := range 19 {
		c.create(fmt.Sprintf(`{"name":"Agent %02d","using_nemo":%v}`, i, i == 18))
	}
	for _, path := range []string{"/v1/agents", "/v1/agents/full"} {
		for _, test := range []struct {
			query, first               string
			n, page, perPage, allPages int
		}{
			{"", "Agent 18", 19, 1, 20, 1},
			{"?per_page=2", "Agent 18", 2, 1, 2, 10},
			{"?per_page=2&page=10", "Agent 00", 1, 10, 2, 10},
			{"?per_page=50&page=2", "", 0, 2, 50, 1},
			{"?page=2&per_page=8", "Agent 10", 8, 2, 8, 3},
		} {
			var got page
			c.Read("GET", path+test.query, "", http.StatusOK, &got)
			if len(got.Items) != test.n || got.Total != 19 || got.Page != test.page || got.PerPage != test.perPage || got.TotalPages != test.allPages {
				t.Errorf("%s%s: %d items, %+v", path, test.query, len(got.Items), got)
			}
			if test.first != "" && got.Items[0]["name"] != test.first {
				t.Errorf("%s%s: first is %v", path, test.query, got.Items[0]["name"])
			}
		}
		for query, kind := range map[string]string{
			"page=0": "greater_than_equal", "page=x": "int_parsing", "page=": "int_parsing", "page=99999999": "less_than_equal",
			"per_page=0": "greater_than_equal", "per_page=51": "less_than_equal", "per_page=1.5": "int_parsing",
		} {
			name, _, _ := strings.Cut(query, "=")
			c.wantInvalid("GET", path+"?"+query, "", "query."+name, kind)
		}
	}

	var short, full page
	c.Read("GET", "/v1/agents?per_page=1", "", http.StatusOK, &short)
	c.Read("GET", "/v1/agents/full?per_page=1", "", http.StatusOK, &full)
	names := []string{
		"created_at", "deployment_type", "description", "framework", "has_pending_changes", "icon", "id", "instructions",
		"is_coordinate_mode", "llm_api_base", "model_name", "model_provider", "name", "organization_id", "status", "using_nemo",
	}
	if diff := cmp.Diff(names, slices.Sorted(maps.Keys(short.Items[0]))); diff != "" {
		t.Error(diff)
	}
	if short.Items[0]["using_nemo"] != true || short.Items[0]["is_coordinate_mode"] != true {
		t.Errorf("short %v", short.Items[0])
	}
	one := plainJSON(t, c.Do("GET", "/v1/agents/"+full.Items[0]["id"].(string), "", http.StatusOK).Body.String())
	if diff := cmp.Diff(one, full.Items[0]); diff != "" {
		t.Error(diff)
	}
}

func TestOrganizationsAreSeparate(t *testing.T) {
	c := newCaller(t, mockserver.Config{Tenants: map[string]string{"another_key_of_the_test": "another"}})
	other := c.with("x-api-key", "another_key_of_the_test")
	mine, theirs := c.create(`{"name":"a"}`), other.create(`{"name":"b"}`)
	if mine.OrganizationID == theirs.OrganizationID || c.create(`{"name":"c"}`).OrganizationID != mine.OrganizationID {
		t.Errorf("organizations %s and %s", mine.OrganizationID, theirs.OrganizationID)
	}
	for _, call := range [][2]string{{"GET", ""}, {"PATCH", `{"name":"stolen"}`}, {"PUT", ""}, {"DELETE", ""}} {
		other.wantDetail(call[0], "/v1/agents/"+mine.ID, call[1], http.StatusForbidden, `"Forbidden"`)
	}
	var list struct{ Items []agent }
	other.Read("GET", "/v1/agents/full", "", http.StatusOK, &list)
	if len(list.Items) != 1 || list.Items[0].ID != theirs.ID {
		t.Errorf("list %+v", list)
	}
	for _, agent := range c.Server.Agents(mockserver.Xpander) {
		if strings.Contains(agent.Tenant, "key") || strings.Contains(string(agent.JSON), key) {
			t.Errorf("agent %+v", agent)
		}
	}
}

func TestModelUpgrade(t *testing.T) {
	c := newCaller(t, mockserver.Config{Variants: []string{mockserver.XpanderModelUpgrade}})
	for body, want := range map[string]string{
		`{"name":"a"}`:                           "gpt-5.2",
		`{"name":"a","model_name":"gpt-4.1"}`:    "gpt-5.2",
		`{"name":"a","model_name":"gpt-4o"}`:     "gpt-4o",
		`{"name":"a","model_provider":"gemini"}`: "gpt-5.2",
	} {
		made := c.create(body)
		if *made.ModelName != want || made.LLMSettings[0].Model != want {
			t.Errorf("%s: %s, %s", body, *made.ModelName, made.LLMSettings[0].Model)
		}
	}
	made := c.create(`{"name":"a","model_name":"gpt-4o"}`)
	var got agent
	c.Read("PATCH", "/v1/agents/"+made.ID, `{"model_name":"gpt-4.1"}`, http.StatusOK, &got)
	if *got.ModelName != "gpt-5.2" {
		t.Errorf("changed to %s", *got.ModelName)
	}
}

func TestStringInstructions(t *testing.T) {
	c := newCaller(t, mockserver.Config{Variants: []string{mockserver.XpanderStringInstructions}})
	for _, body := range []string{
		`{"name":"a","instructions":{"role":"r1\nr2","goal":"","general":"g"}}`,
		`{"name":"a","instructions":{"role":["r1","r2"],"goal":[],"general":"g"}}`,
	} {
		got := c.Do("POST", "/v1/agents", body, http.StatusCreated).Body.String()
		if strings.Count(got, `"instructions":`) != 2 || !strings.Contains(got, `"instructions":{"role":"r1\nr2","goal":"","general":"g"}`) {
			t.Errorf("made %s", got) // the other one is in agno_settings
		}
	}
	for _, path := range []string{"/v1/agents", "/v1/agents/full"} {
		if list := c.Do("GET", path, "", http.StatusOK).Body.String(); strings.Count(list, `{"role":"r1\nr2","goal":"","general":"g"}`) != 2 {
			t.Errorf("list %s", list)
		}
	}
}

func TestUniqueNames(t *testing.T) {
	for _, deterministic := range []bool{false, true} {
		server, err := mockserver.New(mockserver.Config{Deterministic: deterministic})
		if err != nil {
			t.Fatal(err)
		}
		c := newCaller(t, mockserver.Config{})
		c.Server = server
		seen := make(map[string]bool)
		for range 500 {
			name := c.create(`{"name":"a"}`).UniqueName
			if seen[name] {
				t.Fatalf("%s is there twice", name)
			}
			seen[name] = true
		}
	}
}

func TestRateLimit(t *testing.T) {
	c := newCaller(t, mockserver.Config{RateLimit: mockserver.RateLimit{Requests: 1, Per: time.Minute}})
	c.Do("GET", "/v1/agents", "", http.StatusOK)
	c.with("x-api-key", "").wantDetail("GET", "/v1/nothing", "", http.StatusUnauthorized, `"Invalid or missing API key"`)
	c.wantDetail("GET", "/v1/nothing", "", http.StatusTooManyRequests, `"Rate limit exceeded"`)
	c.with("x-api-key", "another_key_of_the_test").Do("GET", "/v1/agents", "", http.StatusOK)
}

func TestFailure(t *testing.T) {
	for status, want := range map[int]string{
		400: `{"detail":"Bad Request"}`,
		401: `{"detail":"Invalid or missing API key"}`,
		403: `{"detail":"Forbidden"}`,
		404: `{"detail":"Agent not found"}`,
		413: `{"detail":"Request Entity Too Large"}`,
		422: `{"detail":[{"loc":["body"],"msg":"Unprocessable Entity","type":"value_error"}]}`,
		429: `{"detail":"Rate limit exceeded"}`,
		500: `{"detail":"Internal Server Error"}`,
	} {
		if a := xpander.API().Refuse(&emulate.Request{Operation: new(emulate.Operation)}, status, ""); a.Status != status || string(a.Body) != want {
			t.Errorf("%d: %d %s, want %s", status, a.Status, a.Body, want)
		}
	}
	if a := xpander.API().Refuse(&emulate.Request{Operation: new(emulate.Operation)}, 500, "<oops>"); string(a.Body) != `{"detail":"<oops>"}` {
		t.Errorf("%s", a.Body)
	}
	gateway := xpander.API().Refuse(&emulate.Request{Operation: new(emulate.Operation)}, 502, "<oops>")
	if gateway.Header.Get("Content-Type") != "text/html" || !strings.Contains(string(gateway.Body), "<h1>&lt;oops&gt;</h1>") {
		t.Errorf("%v %s", gateway.Header, gateway.Body)
	}
}

func TestStateRoundTrip(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	c.Do("POST", "/v1/agents", roomtest.Sample(t, "create_full.json"), http.StatusCreated)
	c.create(`{"name":"a","using_nemo":true,"output_schema":{"type":"object"},"attached_tools":[{"id":"t","operation_ids":[]}],"graph":[{"item_id":"g"}]}`)
	copied := c.Restored(mockserver.Config{})
	for _, path := range []string{"/v1/agents", "/v1/agents/full"} {
		before, after := c.Do("GET", path, "", http.StatusOK), copied.Do("GET", path, "", http.StatusOK)
		if diff := cmp.Diff(before.Body.String(), after.Body.String()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestDeterministicIDs(t *testing.T) {
	config := mockserver.Config{Now: func() time.Time { return time.Date(2026, 2, 7, 10, 0, 0, 0, time.UTC) }}
	run := func() (answers string) {
		c := newCaller(t, config)
		for range 3 {
			answers += c.Do("POST", "/v1/agents", `{"name":"a"}`, http.StatusCreated).Body.String() + "\n"
		}
		return answers
	}
	if diff := cmp.Diff(run(), run()); diff != "" {
		t.Error(diff)
	}
}

func FuzzBodies(f *testing.F) {
	for _, body := range []string{
		`{"name":"a","instructions":{"role":[1]},"llm_settings":[{}],"agno_settings":{"tool_calls_compression":null}}`,
		`{"attached_tools":[null],"llm_extra_headers":{"a\r\nb":1}}`, "[]", "null", "{", "",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		c := newCaller(t, mockserver.Config{})
		made := c.create(`{"name":"a"}`)
		c.neverFails(body, [][2]string{{"POST", "/v1/agents"}, {"PATCH", "/v1/agents/" + made.ID}})
	})
}

// neverFails sends a body to some operations and wants any response but 5xx.
func (c caller) neverFails(body string, calls [][2]string) {
	c.T.Helper()
	for _, call := range calls {
		request := httptest.NewRequest(call[0], c.Prefix+call[1], strings.NewReader(body))
		for name, value := range c.Headers {
			request.Header.Set(name, value)
		}
		recorder := httptest.NewRecorder()
		if c.Server.ServeHTTP(recorder, request); recorder.Code >= 500 {
			c.T.Errorf("%s %s %q: %d %s", call[0], call[1], body, recorder.Code, recorder.Body)
		}
	}
}
