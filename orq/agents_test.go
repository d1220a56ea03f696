package orq

import (
	"context"
	"errors"
	"iter"
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
				ResponseFormat:      ResponseFormat{Type: ResponseFormatText},
				ReasoningEffort:     new("<string>"),
				Verbosity:           new("<string>"),
				Seed:                new(123),
				Stop:                Stop{Sequences: []string{"<string>"}},
				StreamOptions:       &StreamOptions{IncludeUsage: new(true)},
				Thinking:            &Thinking{Type: ThinkingEnabled, BudgetTokens: new(123), ThinkingLevel: new(ThinkingLevelLow)},
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

// createSample creates the documented agent.
func createSample(ctx context.Context, c *Client) (*Agent, error) {
	return c.CreateAgent(ctx, sampleRequest())
}

func TestCreateAgentSendsTheDocumentedRequest(t *testing.T) {
	testkit.Documented(t, suite, createSample, "/v2/agents/",
		readFile(t, "create_request.json"), readFile(t, "create_response.json"), sampleAgent())
}

func TestAgentEncodesBackToTheSample(t *testing.T) {
	sample := readFile(t, "create_response.json")
	agent, err := decodeAgent(sample)
	if err != nil {
		t.Fatal(err)
	}
	testkit.EncodesBack(t, sample, agent)
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
	const agent = `{"_id":"1"}`
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
					ResponseFormat: ResponseFormat{Type: ResponseFormatJSONSchema, JSONSchema: &JSONSchema{
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
	} {
		t.Run(test.name, func(t *testing.T) { suite.Sends(t, test.answer, test.call, test.want) })
	}
}

func TestRefusedBeforeSending(t *testing.T) {
	long := strings.Repeat("é", 256)
	incomplete := Model{ID: "m", Parameters: &ModelParameters{
		Audio:          &Audio{},
		ResponseFormat: ResponseFormat{Type: ResponseFormatJSONSchema, JSONSchema: &JSONSchema{}},
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
		t.Run(test.name, func(t *testing.T) { suite.Refuses(t, test.call, test.want) })
	}
}

// TestUnreadableAnswers: a response of 2xx that cannot be read never passes for
// an agent or a list.
func TestUnreadableAnswers(t *testing.T) {
	for _, body := range []string{"", "null", "{}", "[]", `"x"`, "<html></html>", `{"_id":`, `{"_id":""}`, `{"_id":true}`, `{"_id":"1","key":"other"}`} {
		testkit.Unreadable(t, suite, body, true, createSample)
	}
	for _, body := range []string{"", "null", "{}", "[]", `{"data":{}}`, "<html></html>"} {
		testkit.Unreadable(t, suite, body, false, func(ctx context.Context, c *Client) (*AgentList, error) {
			return c.ListAgents(ctx, ListAgentsRequest{})
		})
	}
}

// TestOddAnswersAreRead: one value of an unexpected type does not spoil the
// rest of a response.
func TestOddAnswersAreRead(t *testing.T) {
	testkit.SurvivesOddValues(t, readFile(t, "create_response.json"), decodeAgent, "_id")
	testkit.SurvivesOddValues(t, []byte(`{"_id":"1","settings":{"tools":[{"id":"t","action_type":"http","conditions":[{"condition":"c"}],"timeout":120}],"evaluators":[{"id":"e","sample_rate":50}]},
		"model":{"id":"m","parameters":{"stop":["a","b"],"tool_choice":{"type":"function","function":{"name":"f"}},"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{}}}},
		"fallback_models":["a",{"id":"b","parameters":{"n":2}}]}}`), decodeAgent, "_id")
	testkit.SurvivesOddValues(t, []byte(`{"object":"list","data":[{"_id":"1"}],"has_more":true}`), decodeAgentList, "data")
}

func TestNewerAnswersAreRead(t *testing.T) {
	client, recorder := suite.Record(t)
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
		ID: "1", Key: "7", Status: "archived", Created: "1739181600", Version: "1.2.0", Model: AgentModel{ID: "m"},
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
		name    string
		request ListAgentsRequest
		want    testkit.Walk
	}{
		{"from the newest", ListAgentsRequest{Limit: 2}, testkit.Walk{
			Answers: []string{`{"data":[{"_id":"9"},{"_id":"8"}],"has_more":true}`, `{"data":[{"_id":"7"}],"has_more":false}`},
			IDs:     []string{"9", "8", "7"},
			Queries: []string{"limit=2", "limit=2&starting_after=8"},
		}},
		{"after an agent", ListAgentsRequest{StartingAfter: "9"}, testkit.Walk{
			Answers: []string{`{"data":[{"_id":"8"},{"_id":"7"}],"has_more":true}`, `{"data":[{"_id":"6"}],"has_more":false}`},
			IDs:     []string{"8", "7", "6"},
			Queries: []string{"limit=200&starting_after=9", "limit=200&starting_after=7"},
		}},
		{"back to the newest", ListAgentsRequest{Limit: 2, EndingBefore: "5"}, testkit.Walk{
			Answers: []string{`{"data":[{"_id":"7"},{"_id":"6"}],"has_more":true}`, `{"data":[{"_id":"9"},{"_id":"8"}],"has_more":false}`},
			IDs:     []string{"6", "7", "8", "9"},
			Queries: []string{"ending_before=5&limit=2", "ending_before=7&limit=2"},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			testkit.Walks(t, suite, func(ctx context.Context, c *Client) iter.Seq2[Agent, error] {
				return c.AllAgents(ctx, test.request)
			}, agentID, test.want)
		})
	}
}

func TestAllAgentsStops(t *testing.T) {
	testkit.Stops(t, suite, `{"object":"list","data":[{"_id":"1"},{"_id":"2"}],"has_more":true}`, func(ctx context.Context, c *Client) iter.Seq2[Agent, error] {
		return c.AllAgents(ctx, ListAgentsRequest{})
	})
	t.Run("if an empty page has more", func(t *testing.T) {
		client, recorder := suite.Record(t)
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
}

// TestReplay checks how often each method sends a request that fails in a way
// that may have taken effect.
func TestReplay(t *testing.T) {
	update := func(request UpdateAgentRequest) func(context.Context, *Client) error {
		return func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "k", request)
			return err
		}
	}
	for _, test := range []struct {
		name        string
		call        func(context.Context, *Client) error
		want        int
		wantUnknown bool
	}{
		{"CreateAgent", func(ctx context.Context, c *Client) error {
			_, err := createSample(ctx, c)
			return err
		}, 6, true}, // three of them to read it back
		{"EnsureAgent", func(ctx context.Context, c *Client) error {
			_, _, err := c.EnsureAgent(ctx, sampleRequest())
			return err
		}, 3, false},
		{"GetAgent", func(ctx context.Context, c *Client) error {
			_, err := c.GetAgent(ctx, "k")
			return err
		}, 3, false},
		{"ListAgents", func(ctx context.Context, c *Client) error {
			_, err := c.ListAgents(ctx, ListAgentsRequest{})
			return err
		}, 3, false},
		{"DeleteAgent", func(ctx context.Context, c *Client) error {
			return c.DeleteAgent(ctx, "k")
		}, 3, false},
		{"UpdateAgent", update(UpdateAgentRequest{Role: new("r")}), 3, false},
		{"UpdateAgent with the same key", update(UpdateAgentRequest{Key: new("k"), Role: new("r")}), 3, false},
		{"UpdateAgent with a new key", update(UpdateAgentRequest{Key: new("l")}), 1, true},
		{"UpdateAgent with a new key as an extra field", update(UpdateAgentRequest{ExtraFields: map[string]any{"key": "l"}}), 1, true},
		{"UpdateAgent with a version", update(UpdateAgentRequest{VersionIncrement: new(VersionPatch)}), 1, true},
		{"UpdateAgent with a version as an extra field", update(UpdateAgentRequest{ExtraFields: map[string]any{"versionIncrement": "major"}}), 1, true},
	} {
		t.Run(test.name, func(t *testing.T) { suite.Repeats(t, test.call, test.want, test.wantUnknown) })
	}
}
