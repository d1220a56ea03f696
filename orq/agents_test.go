package orq

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

func sampleRequest() CreateAgentRequest {
	check := []Evaluator{{ID: "<string>", SampleRate: new(50.0), ExecuteOn: ExecuteOnInput}}
	return CreateAgentRequest{
		Key:            "<string>",
		DisplayName:    new("<string>"),
		Role:           "<string>",
		Description:    "<string>",
		Instructions:   "<string>",
		SystemPrompt:   new("<string>"),
		Path:           "Default",
		Model:          Model{ID: "<string>"},
		FallbackModels: []Model{{ID: "<string>"}},
		Settings: Settings{
			MaxIterations:        new(15),
			MaxExecutionTime:     new(300),
			ToolApprovalRequired: new(ToolApprovalRespectTool),
			Tools:                []Tool{},
			Evaluators:           check,
			Guardrails:           check,
		},
		MemoryStores:   []string{},
		KnowledgeBases: []KnowledgeBase{},
		TeamOfAgents:   []TeamMember{},
		Variables:      map[string]any{},
	}
}

func sampleAgent() *Agent {
	return &Agent{
		ID:           "<string>",
		Key:          "<string>",
		DisplayName:  "<string>",
		ProjectID:    "<string>",
		CreatedByID:  "<string>",
		UpdatedByID:  "<string>",
		Created:      "<string>",
		Updated:      "<string>",
		Role:         "<string>",
		Description:  "<string>",
		SystemPrompt: "<string>",
		Instructions: "<string>",
		Status:       StatusLive,
		Settings: AgentSettings{
			MaxExecutionTime:     300,
			MaxIterations:        15,
			ToolApprovalRequired: ToolApprovalRespectTool,
			Tools:                []AgentTool{},
		},
		Model: AgentModel{
			ID:            "<string>",
			IntegrationID: "<string>",
			Parameters: &ModelParameters{
				Audio:               &Audio{Voice: VoiceAlloy, Format: AudioWAV},
				FrequencyPenalty:    new(123.0),
				MaxTokens:           new(123),
				MaxCompletionTokens: new(123),
				Logprobs:            new(true),
				TopLogprobs:         new(10),
				N:                   new(2),
				PresencePenalty:     new(123.0),
				ResponseFormat:      ResponseFormat{Type: ResponseText},
				ReasoningEffort:     new("<string>"),
				Verbosity:           new("<string>"),
				Seed:                new(123),
				Stop:                Stop{Sequences: []string{"<string>"}},
				StreamOptions:       &StreamOptions{IncludeUsage: new(true)},
				Thinking:            &Thinking{Type: ThinkingEnabled, BudgetTokens: new(123), ThinkingLevel: new(ThinkingLow)},
				Temperature:         new(1.0),
				TopP:                new(123.0),
				TopK:                new(123),
				ToolChoice:          ToolChoice{Mode: ToolChoiceNone},
				ParallelToolCalls:   new(true),
				Modalities:          []Modality{ModalityText},
			},
			Retry:          &ModelRetry{Count: new(3), OnCodes: []int{429, 500, 502, 503, 504}},
			FallbackModels: []Model{{ID: "<string>"}},
		},
		VersionHash:    "<string>",
		Path:           "Default",
		MemoryStores:   []string{"<string>"},
		TeamOfAgents:   []TeamMember{{Key: "<string>", Role: "<string>"}},
		Metrics:        Metrics{TotalCost: 0},
		Variables:      map[string]any{},
		KnowledgeBases: []KnowledgeBase{{KnowledgeID: "customer-knowledge-base"}},
	}
}

func TestCreateAgentSendsTheDocumentedRequest(t *testing.T) {
	client, recorder := newRecordedClient(t)
	recorder.Answer(http.StatusCreated, string(readFile(t, "create_response.json")))
	agent, err := client.CreateAgent(t.Context(), sampleRequest())
	if err != nil {
		t.Fatal(err)
	}
	want := testkit.Request{
		Method: "POST",
		URL:    testBaseURL + "/v2/agents/",
		Header: map[string]string{
			"Accept":        "application/json",
			"Content-Type":  "application/json",
			"User-Agent":    "agentclients-go/0.1.0 (orq)",
			"Authorization": "Bearer " + testKey,
		},
		Body: testkit.Compact(t, readFile(t, "create_request.json")),
	}
	if diff := cmp.Diff(want, recorder.Last(t)); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(sampleAgent(), agent); diff != "" {
		t.Errorf("agent (-want +got):\n%s", diff)
	}
}

func TestAgentEncodesBackToTheSample(t *testing.T) {
	sample := readFile(t, "create_response.json")
	agent, err := decodeAgent(sample)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(agent)
	if err != nil {
		t.Fatal(err)
	}
	if diff := testkit.DiffJSON(t, sample, encoded); diff != "" {
		t.Errorf("JSON (-sample +encoded):\n%s", diff)
	}
}

// smallRequest has what is required and nothing else.
func smallRequest() CreateAgentRequest {
	return CreateAgentRequest{
		Key: "support.agent", Role: "Assistant", Description: "Answers", Path: "Default", Model: Model{ID: "openai/gpt-4o"},
	}
}

const smallBody = `{"key":"support.agent","role":"Assistant","description":"Answers","instructions":"","path":"Default","model":"openai/gpt-4o","settings":{}}`

// TestRequests checks what every other method, and every other form of a
// request, sends.
func TestRequests(t *testing.T) {
	agent := string(readFile(t, "create_response.json"))
	const list = `{"object":"list","data":[],"has_more":false}`
	create := func(change func(*CreateAgentRequest)) func(context.Context, *Client) error {
		return func(ctx context.Context, c *Client) error {
			request := smallRequest()
			change(&request)
			_, err := c.CreateAgent(ctx, request)
			return err
		}
	}
	update := func(request UpdateAgentRequest) func(context.Context, *Client) error {
		return func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "support.agent", request)
			return err
		}
	}
	for _, test := range []struct {
		name   string
		answer string
		call   func(context.Context, *Client) error
		want   string // method, URL below the base, body
	}{
		{"CreateAgent with what is required", agent, create(func(*CreateAgentRequest) {}), "POST /v2/agents/ " + smallBody},
		{"CreateAgent with zero values", agent, create(func(r *CreateAgentRequest) {
			r.DisplayName = new("")
			r.Settings.Tools = []Tool{}
			r.Settings.Evaluators = []Evaluator{}
			r.FallbackModels = []Model{}
			r.Model.Parameters = &ModelParameters{Temperature: new(0.0), Seed: new(0), Logprobs: new(false)}
		}), `POST /v2/agents/ {"key":"support.agent","display_name":"","role":"Assistant","description":"Answers","instructions":"","path":"Default",` +
			`"model":{"id":"openai/gpt-4o","parameters":{"logprobs":false,"seed":0,"temperature":0}},"fallback_models":[],"settings":{"tools":[],"evaluators":[]}}`},
		{"CreateAgent with objects", agent, create(func(r *CreateAgentRequest) {
			r.Model.Retry = &ModelRetry{Count: new(2), OnCodes: []int{429, 503}}
			r.FallbackModels = []Model{
				{ID: "openai/gpt-4o-mini"},
				{ID: "anthropic/claude", Parameters: &ModelParameters{
					ResponseFormat: ResponseFormat{Type: ResponseJSONSchema, JSONSchema: &JSONSchema{
						Name: "answer", Schema: map[string]any{"type": "object"}, Strict: new(true),
					}},
					Stop:       Stop{Sequences: []string{"a", "b"}},
					ToolChoice: ToolChoice{Function: "look_up"},
				}},
			}
			r.Settings.Tools = []Tool{
				{Type: ToolGoogleSearch},
				{Type: ToolHTTP, Key: "orders", RequiresApproval: new(false)},
				{Type: "openai:web_search", ExtraFields: map[string]any{"configuration": map[string]any{"depth": 2}}},
			}
		}), `POST /v2/agents/ {"key":"support.agent","role":"Assistant","description":"Answers","instructions":"","path":"Default",` +
			`"model":{"id":"openai/gpt-4o","retry":{"count":2,"on_codes":[429,503]}},` +
			`"fallback_models":["openai/gpt-4o-mini",{"id":"anthropic/claude","parameters":{` +
			`"response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"},"strict":true}},` +
			`"stop":["a","b"],"tool_choice":{"type":"function","function":{"name":"look_up"}}}}],` +
			`"settings":{"tools":[{"type":"google_search"},{"type":"http","key":"orders","requires_approval":false},` +
			`{"type":"openai:web_search","configuration":{"depth":2}}]}}`},
		{"CreateAgent with extra fields", agent, create(func(r *CreateAgentRequest) {
			r.ExtraFields = map[string]any{"role": "Other <&>", "skills": nil, "engine": "jinja"}
			r.Settings.ExtraFields = map[string]any{"max_cost": 1.5}
			r.Model.Parameters = &ModelParameters{ExtraFields: map[string]any{"prompt_cache_key": "<k>", "temperature": nil}}
		}), `POST /v2/agents/ {"key":"support.agent","role":"Other <&>","description":"Answers","instructions":"","path":"Default",` +
			`"model":{"id":"openai/gpt-4o","parameters":{"prompt_cache_key":"<k>","temperature":null}},"settings":{"max_cost":1.5},"engine":"jinja","skills":null}`},
		{"GetAgent", agent, func(ctx context.Context, c *Client) error {
			_, err := c.GetAgent(ctx, "support.agent")
			return err
		}, "GET /v2/agents/support.agent "},
		{"GetAgent escapes", agent, func(ctx context.Context, c *Client) error {
			_, err := c.GetAgent(ctx, "a/b c?d#%2e")
			return err
		}, "GET /v2/agents/a%2Fb%20c%3Fd%23%252e "},
		{"ListAgents", list, func(ctx context.Context, c *Client) error {
			_, err := c.ListAgents(ctx, ListAgentsRequest{})
			return err
		}, "GET /v2/agents/ "},
		{"ListAgents with all parameters", list, func(ctx context.Context, c *Client) error {
			_, err := c.ListAgents(ctx, ListAgentsRequest{Limit: 2, StartingAfter: "a&b", EndingBefore: "c"})
			return err
		}, "GET /v2/agents/?ending_before=c&limit=2&starting_after=a%26b "},
		{"UpdateAgent", agent, update(UpdateAgentRequest{DisplayName: new("New")}), `PATCH /v2/agents/support.agent {"display_name":"New"}`},
		{"UpdateAgent with everything", agent, update(UpdateAgentRequest{
			Key: new("new.key"), DisplayName: new("d"), ProjectID: new("p"), Role: new("r"), Description: new("de"), Instructions: new("i"),
			SystemPrompt: new("s"), Model: Model{ID: "m"}, FallbackModels: []Model{{ID: "f"}}, Settings: Settings{MaxIterations: new(1)},
			Path: new("Default/x"), MemoryStores: []string{"ms"}, KnowledgeBases: []KnowledgeBase{{KnowledgeID: "kb"}},
			TeamOfAgents: []TeamMember{{Key: "t"}}, Variables: map[string]any{"v": 1}, VersionIncrement: new(VersionMinor), VersionDescription: new("better"),
		}), `PATCH /v2/agents/support.agent {"key":"new.key","display_name":"d","project_id":"p","role":"r","description":"de","instructions":"i",` +
			`"system_prompt":"s","model":"m","fallback_models":["f"],"settings":{"max_iterations":1},"path":"Default/x","memory_stores":["ms"],` +
			`"knowledge_bases":[{"knowledge_id":"kb"}],"team_of_agents":[{"key":"t"}],"variables":{"v":1},"versionIncrement":"minor","versionDescription":"better"}`},
		{"UpdateAgent with zero values", agent, update(UpdateAgentRequest{
			DisplayName: new(""), Instructions: new(""), FallbackModels: []Model{}, Settings: Settings{Tools: []Tool{}}, MemoryStores: []string{},
			KnowledgeBases: []KnowledgeBase{}, TeamOfAgents: []TeamMember{}, Variables: map[string]any{},
		}), `PATCH /v2/agents/support.agent {"display_name":"","instructions":"","fallback_models":[],"settings":{"tools":[]},"memory_stores":[],` +
			`"knowledge_bases":[],"team_of_agents":[],"variables":{}}`},
		{"UpdateAgent with null", agent, update(UpdateAgentRequest{ExtraFields: map[string]any{"system_prompt": nil}}),
			`PATCH /v2/agents/support.agent {"system_prompt":null}`},
		{"DeleteAgent", "", func(ctx context.Context, c *Client) error {
			return c.DeleteAgent(ctx, "support.agent")
		}, "DELETE /v2/agents/support.agent "},
		{"EnsureAgent", agent, func(ctx context.Context, c *Client) error {
			_, created, err := c.EnsureAgent(ctx, smallRequest())
			if !created {
				return errors.New("the agent was not created")
			}
			return err
		}, "POST /v2/agents/ " + smallBody},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, recorder := newRecordedClient(t)
			recorder.Answer(http.StatusOK, test.answer)
			if err := test.call(t.Context(), client); err != nil {
				t.Fatal(err)
			}
			last := recorder.Last(t)
			got := last.Method + " " + strings.TrimPrefix(last.URL, testBaseURL) + " " + last.Body
			if got != test.want {
				t.Errorf("sent\n%s\nnot\n%s", got, test.want)
			}
			if last.Header["Authorization"] != "Bearer "+testKey {
				t.Errorf("the key was not sent: %v", last.Header)
			}
		})
	}
}

func TestRefusedBeforeSending(t *testing.T) {
	long := strings.Repeat("é", 256)
	incomplete := Model{ID: "m", Parameters: &ModelParameters{
		Audio:          &Audio{},
		ResponseFormat: ResponseFormat{Type: ResponseJSONSchema, JSONSchema: &JSONSchema{}},
		Thinking:       &Thinking{},
	}}
	settings := Settings{Tools: []Tool{{Type: ToolHTTP}, {Key: "x"}}, Evaluators: []Evaluator{{}}, Guardrails: []Evaluator{{ID: "g"}}}
	nested := []string{
		"fallback_models[0].id", "settings.tools[1].type", "settings.evaluators[0].id", "settings.evaluators[0].execute_on",
		"settings.guardrails[0].execute_on", "knowledge_bases[1].knowledge_id", "team_of_agents[0].key",
	}
	for _, test := range []struct {
		name string
		call func(context.Context, *Client) error
		want []string // wire names
	}{
		{"CreateAgent", func(ctx context.Context, c *Client) error {
			_, err := c.CreateAgent(ctx, CreateAgentRequest{})
			return err
		}, []string{"key", "role", "description", "path", "model"}},
		{"CreateAgent with everything wrong", func(ctx context.Context, c *Client) error {
			_, err := c.CreateAgent(ctx, CreateAgentRequest{
				Key: long, DisplayName: new(long), SystemPrompt: new(""), Model: incomplete, FallbackModels: []Model{{}}, Settings: settings,
				KnowledgeBases: []KnowledgeBase{{KnowledgeID: "k"}, {}}, TeamOfAgents: []TeamMember{{Role: "r"}},
			})
			return err
		}, append([]string{
			"key", "display_name", "role", "description", "system_prompt", "path", "model.parameters.audio.voice", "model.parameters.audio.format",
			"model.parameters.response_format.json_schema.name", "model.parameters.thinking.type",
		}, nested...)},
		{"CreateAgent with a model without id", func(ctx context.Context, c *Client) error {
			request := smallRequest()
			request.Model = Model{Retry: &ModelRetry{}}
			_, err := c.CreateAgent(ctx, request)
			return err
		}, []string{"model.id"}},
		{"CreateAgent with another key", func(ctx context.Context, c *Client) error {
			request := smallRequest()
			request.ExtraFields = map[string]any{"key": "other"}
			_, err := c.CreateAgent(ctx, request)
			return err
		}, []string{"key"}},
		{"EnsureAgent", func(ctx context.Context, c *Client) error {
			_, _, err := c.EnsureAgent(ctx, CreateAgentRequest{Key: "k", Role: "r"})
			return err
		}, []string{"description", "path", "model"}},
		{"GetAgent", func(ctx context.Context, c *Client) error {
			_, err := c.GetAgent(ctx, "")
			return err
		}, []string{"agent_key"}},
		{"ListAgents", func(ctx context.Context, c *Client) error {
			_, err := c.ListAgents(ctx, ListAgentsRequest{Limit: 201})
			return err
		}, []string{"limit"}},
		{"AllAgents", func(ctx context.Context, c *Client) error {
			for _, err := range c.AllAgents(ctx, ListAgentsRequest{Limit: -1}) {
				return err
			}
			return nil
		}, []string{"limit"}},
		{"UpdateAgent", func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "k", UpdateAgentRequest{ExtraFields: map[string]any{}, Settings: Settings{ExtraFields: map[string]any{}}})
			return err
		}, []string{""}},
		{"UpdateAgent with everything wrong", func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "k", UpdateAgentRequest{
				Key: new(""), DisplayName: new(long), Role: new(""), SystemPrompt: new(""), Model: Model{Retry: &ModelRetry{}}, FallbackModels: []Model{{}},
				Settings: settings, KnowledgeBases: []KnowledgeBase{{KnowledgeID: "k"}, {}}, TeamOfAgents: []TeamMember{{}},
			})
			return err
		}, append([]string{"key", "display_name", "role", "system_prompt", "model.id"}, nested...)},
		{"UpdateAgent without a key", func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "..", UpdateAgentRequest{Role: new("r")})
			return err
		}, []string{"agent_key"}},
		{"DeleteAgent", func(ctx context.Context, c *Client) error {
			return c.DeleteAgent(ctx, ".")
		}, []string{"agent_key"}},
		{"unsendable extra field", func(ctx context.Context, c *Client) error {
			request := smallRequest()
			request.Settings.ExtraFields = map[string]any{"f": func() {}}
			_, err := c.CreateAgent(ctx, request)
			return err
		}, []string{"body"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, recorder := newRecordedClient(t)
			err := test.call(t.Context(), client)
			var e *agentclients.Error
			if !errors.As(err, &e) || !errors.Is(err, agentclients.ErrInvalidRequest) {
				t.Fatalf("error %v is not ErrInvalidRequest", err)
			}
			var got []string
			for _, field := range e.Fields {
				got = append(got, field.Path)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
			if len(recorder.Requests) > 0 {
				t.Errorf("%d requests were sent", len(recorder.Requests))
			}
		})
	}
}

func TestErrorBodies(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		body   string
		want   agentclients.Error
		kind   error
	}{
		{"documented 404", 404, `{"message":"Agent not found"}`,
			agentclients.Error{Message: "Agent not found"}, agentclients.ErrNotFound},
		{"documented 409", 409, `{"message":"Agent with this key already exists in the workspace"}`,
			agentclients.Error{Message: "Agent with this key already exists in the workspace"}, agentclients.ErrConflict},
		{"code that is a string of digits", 404, `{"code":"404","message":"Agent not found"}`,
			agentclients.Error{Code: "404", Message: "Agent not found"}, agentclients.ErrNotFound},
		{"code that is a number", 403, `{"code":7,"message":"project out of scope","details":[]}`,
			agentclients.Error{Code: "7", Message: "project out of scope"}, agentclients.ErrForbidden},
		{"401 with a request id", 401, `{"code":"authentication_required","message":"Log in","request_id":"req_1","doc_url":"https://docs","details":{"a":1}}`,
			agentclients.Error{Code: "authentication_required", Message: "Log in", RequestID: "req_1"}, agentclients.ErrUnauthorized},
		{"inside of error", 422, `{"error":{"code":"provider_credential_invalid","message":"Bad credential","doc_url":"https://docs"}}`,
			agentclients.Error{Code: "provider_credential_invalid", Message: "Bad credential"}, agentclients.ErrBadRequest},
		{"issues in details", 400, `{"message":"Invalid","details":{"issues":[{"path":["settings","tools",0,"type"],"message":"Required"}]}}`,
			agentclients.Error{Message: "Invalid", Fields: []agentclients.FieldError{{Path: "settings.tools[0].type", Message: "Required"}}}, agentclients.ErrBadRequest},
		{"issues", 400, `{"message":"Invalid","issues":[{"path":["key"],"message":"Required"}]}`,
			agentclients.Error{Message: "Invalid", Fields: []agentclients.FieldError{{Path: "key", Message: "Required"}}}, agentclients.ErrBadRequest},
		{"errors", 400, `{"message":"Invalid","errors":[{"path":"key","message":"Required"}]}`,
			agentclients.Error{Message: "Invalid", Fields: []agentclients.FieldError{{Path: "key", Message: "Required"}}}, agentclients.ErrBadRequest},
		{"text", 403, `{"error":"Workspace disabled"}`,
			agentclients.Error{Message: "Workspace disabled"}, agentclients.ErrForbidden},
		{"old page", 404, `{"id":"x","code":404,"error":"No such thing","source":"system"}`,
			agentclients.Error{Code: "404", Message: "No such thing"}, agentclients.ErrNotFound},
		{"HTML", 422, "<html><body><h1>Bad</h1> gateway</body></html>",
			agentclients.Error{Message: "Bad gateway"}, agentclients.ErrBadRequest},
		{"empty", 404, "", agentclients.Error{}, agentclients.ErrNotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, recorder := newRecordedClient(t)
			recorder.Answer(test.status, test.body)
			_, err := client.CreateAgent(t.Context(), smallRequest())
			var e *agentclients.Error
			if !errors.As(err, &e) || !errors.Is(err, test.kind) {
				t.Fatalf("error %v is not %v", err, test.kind)
			}
			if errors.Is(err, agentclients.ErrOutcomeUnknown) {
				t.Errorf("outcome unknown after %v", err)
			}
			got := agentclients.Error{Code: e.Code, Message: e.Message, Fields: e.Fields, RequestID: e.RequestID}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if e.Provider != "orq" || e.Op != "create agent" || e.StatusCode != test.status || string(e.Body) != test.body {
				t.Errorf("error lacks what happened: %q %q %d %q", e.Provider, e.Op, e.StatusCode, e.Body)
			}
		})
	}
}

// TestUnreadableAnswers: an answer of 201 that cannot be read never passes for
// an agent, never causes a second request, and is kept.
func TestUnreadableAnswers(t *testing.T) {
	for _, body := range []string{"", "null", "{}", "[]", `"x"`, "<html></html>", `{"_id":`, `{"_id":""}`, `{"_id":7}`} {
		t.Run(body, func(t *testing.T) {
			client, recorder := newRecordedClient(t)
			recorder.Answer(http.StatusCreated, body)
			agent, err := client.CreateAgent(t.Context(), smallRequest())
			if agent != nil || !errors.Is(err, agentclients.ErrDecode) || !errors.Is(err, agentclients.ErrOutcomeUnknown) {
				t.Fatalf("got %v, %v", agent, err)
			}
			var e *agentclients.Error
			if errors.As(err, &e); string(e.Body) != body || e.StatusCode != http.StatusCreated {
				t.Errorf("the answer is lost: %d %q", e.StatusCode, e.Body)
			}
			if len(recorder.Requests) != 1 {
				t.Errorf("%d requests were sent", len(recorder.Requests))
			}
		})
	}
	for _, body := range []string{"", "null", "{}", "[]", `{"data":null}`, `{"data":{}}`, "<html></html>"} {
		t.Run("list "+body, func(t *testing.T) {
			client, recorder := newRecordedClient(t)
			recorder.Answer(http.StatusOK, body)
			list, err := client.ListAgents(t.Context(), ListAgentsRequest{})
			if list != nil || !errors.Is(err, agentclients.ErrDecode) || errors.Is(err, agentclients.ErrOutcomeUnknown) {
				t.Fatalf("got %v, %v", list, err)
			}
		})
	}
}

func TestNewerAnswersAreRead(t *testing.T) {
	client, recorder := newRecordedClient(t)
	const body = `{"_id":"1","key":7,"status":"archived","nested":{"x":[1]},"created":1739181600,"created_by_id":null,"version":"1.2.0",
		"settings":{"max_iterations":"many","max_cost":0,"tools":[{"id":"t","action_type":"anthropic:web_search","requires_approval":true,"conditions":[]}]},
		"model":{"id":"m","integration_id":null,"parameters":null,"fallback_models":null}}`
	recorder.Answer(http.StatusOK, body)
	var response agentclients.Response
	agent, err := client.GetAgent(t.Context(), "k", agentclients.CaptureResponse(&response))
	if err != nil {
		t.Fatal(err)
	}
	want := &Agent{
		ID: "1", Status: "archived", Created: "1739181600", Version: "1.2.0", Model: AgentModel{ID: "m"},
		Settings: AgentSettings{Tools: []AgentTool{{ID: "t", ActionType: "anthropic:web_search", RequiresApproval: true, Conditions: []ToolCondition{}}}},
	}
	if diff := cmp.Diff(want, agent); diff != "" {
		t.Errorf("agent (-want +got):\n%s", diff)
	}
	if string(response.Body) != body {
		t.Errorf("the raw answer is lost: %s", response.Body)
	}
}

func TestAllAgentsFollowsPages(t *testing.T) {
	for _, test := range []struct {
		name     string
		request  ListAgentsRequest
		pages    []string // ids, the newest first
		want     []string
		wantURLs []string
	}{
		{"from the newest", ListAgentsRequest{Limit: 2}, []string{"9 8", "7"}, []string{"9", "8", "7"},
			[]string{"?limit=2", "?limit=2&starting_after=8"}},
		{"after an agent", ListAgentsRequest{StartingAfter: "9"}, []string{"8 7", "6"}, []string{"8", "7", "6"},
			[]string{"?limit=200&starting_after=9", "?limit=200&starting_after=7"}},
		{"back to the newest", ListAgentsRequest{Limit: 2, EndingBefore: "5"}, []string{"7 6", "9 8"}, []string{"6", "7", "8", "9"},
			[]string{"?ending_before=5&limit=2", "?ending_before=7&limit=2"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, recorder := newRecordedClient(t)
			for i, page := range test.pages {
				list := AgentList{Object: "list", HasMore: i < len(test.pages)-1}
				for id := range strings.FieldsSeq(page) {
					list.Agents = append(list.Agents, Agent{ID: id})
				}
				body, err := json.Marshal(list)
				if err != nil {
					t.Fatal(err)
				}
				recorder.Answer(200, string(body))
			}
			all := client.AllAgents(t.Context(), test.request)
			var ids, urls []string
			for agent, err := range all {
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, agent.ID)
			}
			for _, request := range recorder.Requests {
				urls = append(urls, strings.TrimPrefix(request.URL, testBaseURL+"/v2/agents/"))
			}
			if diff := cmp.Diff(test.want, ids); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.wantURLs, urls); diff != "" {
				t.Errorf("URLs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAllAgentsStops(t *testing.T) {
	const page = `{"object":"list","data":[{"_id":"1"},{"_id":"2"}],"has_more":true}`
	t.Run("at a break", func(t *testing.T) {
		client, recorder := newRecordedClient(t)
		recorder.Answer(200, page)
		for range client.AllAgents(t.Context(), ListAgentsRequest{}) {
			break
		}
		if len(recorder.Requests) != 1 {
			t.Errorf("%d requests", len(recorder.Requests))
		}
	})
	for name, second := range map[string]struct {
		status int
		body   string
	}{
		"with one error":                 {403, ""},
		"if the list does not move on":   {200, page},
		"if a page with more has no end": {200, `{"data":[],"has_more":true}`},
	} {
		t.Run(name, func(t *testing.T) {
			client, recorder := newRecordedClient(t)
			recorder.Answer(200, page).Answer(second.status, second.body)
			var errs int
			for _, err := range client.AllAgents(t.Context(), ListAgentsRequest{}) {
				if err != nil {
					errs++
				}
			}
			if errs != 1 || len(recorder.Requests) != 2 {
				t.Errorf("%d errors, %d requests", errs, len(recorder.Requests))
			}
		})
	}
	t.Run("if an empty page has more", func(t *testing.T) {
		client, recorder := newRecordedClient(t)
		recorder.Answer(200, `{"data":[],"has_more":true}`)
		var errs int
		for _, err := range client.AllAgents(t.Context(), ListAgentsRequest{StartingAfter: "1"}) {
			if !errors.Is(err, agentclients.ErrDecode) {
				t.Errorf("got %v", err)
			}
			errs++
		}
		if errs != 1 || len(recorder.Requests) != 1 {
			t.Errorf("%d errors, %d requests", errs, len(recorder.Requests))
		}
	})
	t.Run("when the context ends", func(t *testing.T) {
		client, recorder := newRecordedClient(t)
		recorder.Answer(200, page)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var last error
		for _, err := range client.AllAgents(ctx, ListAgentsRequest{}) {
			cancel()
			last = err
		}
		if !errors.Is(last, context.Canceled) {
			t.Errorf("ended with %v", last)
		}
	})
	t.Run("and can be walked again", func(t *testing.T) {
		client, recorder := newRecordedClient(t)
		all := client.AllAgents(t.Context(), ListAgentsRequest{})
		for range 2 {
			recorder.Answer(200, page).Answer(200, `{"data":[],"has_more":false}`)
			n := 0
			for _, err := range all {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			if n != 2 {
				t.Errorf("%d agents", n)
			}
		}
		if recorder.Requests[2].URL != recorder.Requests[0].URL {
			t.Errorf("the second walk begins at %s", recorder.Requests[2].URL)
		}
	})
}

func TestEnsureAgentUpdatesWhatExists(t *testing.T) {
	agent := string(readFile(t, "create_response.json"))
	client, recorder := newRecordedClient(t)
	recorder.Answer(409, `{"message":"taken"}`).Answer(200, agent)
	request := smallRequest()
	request.ExtraFields = map[string]any{"engine": "jinja"}
	got, created, err := client.EnsureAgent(t.Context(), request)
	if err != nil || created || got == nil {
		t.Fatalf("got %v, %v, %v", got, created, err)
	}
	last := recorder.Last(t)
	const want = `{"role":"Assistant","description":"Answers","instructions":"","model":"openai/gpt-4o","path":"Default","engine":"jinja"}`
	if last.Method != "PATCH" || last.URL != testBaseURL+"/v2/agents/support.agent" || last.Body != want {
		t.Errorf("sent %+v", last)
	}
}

// TestEnsureAgentInARace: the agent is deleted between the two requests.
func TestEnsureAgentInARace(t *testing.T) {
	agent := string(readFile(t, "create_response.json"))
	client, recorder := newRecordedClient(t)
	recorder.Answer(409, "").Answer(404, "").Answer(201, agent)
	_, created, err := client.EnsureAgent(t.Context(), smallRequest())
	if err != nil || !created {
		t.Fatalf("got %v, %v", created, err)
	}

	// A key that is taken and never found: somebody else's agent.
	for range ensureRounds {
		recorder.Answer(409, `{"message":"taken"}`).Answer(404, "")
	}
	got, created, err := client.EnsureAgent(t.Context(), smallRequest())
	if got != nil || created || !errors.Is(err, agentclients.ErrConflict) {
		t.Fatalf("got %v, %v, %v", got, created, err)
	}
}

func TestEnsureAgentReturnsOtherErrors(t *testing.T) {
	client, recorder := newRecordedClient(t)
	recorder.Answer(401, "")
	if _, _, err := client.EnsureAgent(t.Context(), smallRequest()); !errors.Is(err, agentclients.ErrUnauthorized) {
		t.Errorf("create: %v", err)
	}
	recorder.Answer(409, "").Answer(400, "")
	if _, _, err := client.EnsureAgent(t.Context(), smallRequest()); !errors.Is(err, agentclients.ErrBadRequest) {
		t.Errorf("update: %v", err)
	}
}

// TestReplay counts the requests after an answer of 500.
func TestReplay(t *testing.T) {
	update := func(request UpdateAgentRequest) func(*Client) error {
		return func(c *Client) error {
			_, err := c.UpdateAgent(t.Context(), "k", request)
			return err
		}
	}
	for _, test := range []struct {
		name     string
		call     func(*Client) error
		requests int
		unknown  bool
	}{
		{"CreateAgent", func(c *Client) error { _, err := c.CreateAgent(t.Context(), smallRequest()); return err }, 3, true},
		{"GetAgent", func(c *Client) error { _, err := c.GetAgent(t.Context(), "k"); return err }, 3, false},
		{"ListAgents", func(c *Client) error { _, err := c.ListAgents(t.Context(), ListAgentsRequest{}); return err }, 3, false},
		{"DeleteAgent", func(c *Client) error { return c.DeleteAgent(t.Context(), "k") }, 3, false},
		{"UpdateAgent", update(UpdateAgentRequest{Role: new("r")}), 3, false},
		{"UpdateAgent with the same key", update(UpdateAgentRequest{Key: new("k"), Role: new("r")}), 3, false},
		{"UpdateAgent with a new key", update(UpdateAgentRequest{Key: new("l")}), 1, true},
		{"UpdateAgent with a version", update(UpdateAgentRequest{VersionIncrement: new(VersionPatch)}), 1, true},
		{"UpdateAgent with a version as an extra field", update(UpdateAgentRequest{ExtraFields: map[string]any{"versionIncrement": "major"}}), 1, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			recorder := testkit.NewRecorder(t)
			for range test.requests {
				recorder.AnswerWith(500, nil, "")
			}
			client := newTestClient(t, agentclients.Options{
				HTTPClient: recorder.Client(),
				Retry:      agentclients.RetryPolicy{MinWait: 1, MaxWait: 1},
			})
			err := test.call(client)
			if !errors.Is(err, agentclients.ErrServer) || errors.Is(err, agentclients.ErrOutcomeUnknown) != test.unknown {
				t.Errorf("error %v", err)
			}
			if len(recorder.Requests) != test.requests {
				t.Errorf("%d requests", len(recorder.Requests))
			}
		})
	}
}
