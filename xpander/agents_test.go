package xpander

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

func sampleRequest() CreateAgentRequest {
	return CreateAgentRequest{
		Name:           "Customer Support Agent",
		DeploymentType: new(DeploymentServerless),
		EnvironmentID:  new("11968157-c0ed-4b8a-a05e-be1d4bb2e922"),
	}
}

func sampleAgent() *Agent {
	return &Agent{
		ID:             "new-agent-uuid-12345",
		Name:           "Customer Support Agent",
		Icon:           "🚀",
		Status:         StatusActive,
		DeploymentType: DeploymentServerless,
		CreatedAt:      "2026-02-07T10:00:00.000000Z",
		ModelProvider:  ModelProviderOpenAI,
		ModelName:      "gpt-4.1",
		Framework:      "agno",
		OrganizationID: "91fbe9bc-35b3-41e8-b59d-922fb5a0f031",
		Tools:          []Tool{},
		Graph:          []GraphItem{},
		KnowledgeBases: []KnowledgeBase{},
		Instructions:   Instructions{Role: []string{}, Goal: []string{}},
		WebhookURL:     "https://webhook.xpander.ai/?agent_id=new-agent-uuid-12345&asynchronous=false",
		UniqueName:     "emerald-emu",
		LLMSettings: []LLMSettings{
			{Type: LLMSettingsBefore, Provider: ModelProviderAnthropic, Model: "claude-sonnet-4-5-20250929", Temperature: new(0.0)},
		},
		AgnoSettings: AgnoSettings{
			SessionStorage: new(true),
			AgentMemories:  new(false),
			CoordinateMode: new(true),
			NumHistoryRuns: new(20),
			ToolCallLimit:  new(0),
		},
	}
}

// sampleAgentInFull is the agent of the longer documented response.
func sampleAgentInFull() *Agent {
	return &Agent{
		ID:             "<agent-id>",
		Name:           "Customer Support Agent",
		Icon:           "🚀",
		Status:         StatusActive,
		DeploymentType: DeploymentServerless,
		ModelProvider:  ModelProviderOpenAI,
		ModelName:      "gpt-5.2",
		Framework:      "agno",
		OrganizationID: "<org-id>",
		Tools:          []Tool{},
		KnowledgeBases: []KnowledgeBase{},
		Instructions:   Instructions{Role: []string{}, Goal: []string{}},
		WebhookURL:     "https://webhook.xpander.ai/?agent_id=<agent-id>&asynchronous=false",
		UniqueName:     "jade-bass",
		LLMSettings:    []LLMSettings{{Provider: ModelProviderOpenAI, Model: "gpt-5.2", Temperature: new(0.0)}},
		AgnoSettings: AgnoSettings{
			SessionStorage:                  new(true),
			AgentMemories:                   new(false),
			AgenticCulture:                  new(false),
			UserMemories:                    new(false),
			AgenticMemory:                   new(false),
			SessionSummaries:                new(false),
			NumHistoryRuns:                  new(10),
			MaxToolCallsFromHistory:         new(0),
			ToolCallLimit:                   new(0),
			CoordinateMode:                  new(true),
			PIIDetectionEnabled:             new(false),
			PIIDetectionMask:                new(true),
			PromptInjectionDetectionEnabled: new(false),
			OpenAIModerationEnabled:         new(false),
			ReasoningToolsEnabled:           new(true),
			ToolCallsCompression:            &ToolCallsCompression{Threshold: 3},
		},
		Version:  2,
		IsLatest: new(false),
	}
}

// everyMember is an agent with every member that the schema of the API has.
const everyMember = `{
	"id":"a1","name":"n","description":"d","icon":"📊","status":"DRAFT","deployment_type":"container",
	"created_at":"2026-02-07T10:00:00.000000Z","model_provider":"nim","model_name":"m","framework":"agno","organization_id":"o1",
	"tools":[{"id":"t1","name":"Send","method":"post","path":"/operation/x","parameters":{"type":"object"}},"bare"],
	"graph":[{"id":"g1","item_id":"i1","name":"Send Email","type":"mcp","sub_type":"operation","targets":["g2"],"is_first":true,
		"llm_settings":[{"type":"after","temperature":0.5}],
		"settings":{"instructions":"i","description":"d","use_cache":true,
			"schemas":{"input":{"type":"object"},"output":{"type":"string"}},
			"advanced_filtering_options":{"returnables":["r"],"searchables":["s"],"globally_enabled":true},
			"hitl_options":{"title":"t","description":"d","recipients":["p"],"hitl_type":"slack","slack_app":"s","should_approve_with_current_user":false},
			"a2a_options":{"url":"https://a2a.example"},
			"coding_agent_settings":{"type":"codex"},
			"mcp_settings":{"type":"remote","name":"n","command":"c","url":"https://mcp.example","transport":"sse","auth_type":"oauth2",
				"api_key":"k","client_id":"c","client_secret":"s","additional_scopes":["a"],"headers":{"h":"v"},"env_vars":{"E":"v"},
				"allowed_tools":["t"],"share_user_token_across_other_agents":false}}}],
	"knowledge_bases":[{"id":"k1","name":"n","description":"d","strategy":"agentic_rag","rw":true,"documents":["d1"]}],
	"instructions":{"role":["r"],"goal":["g"],"general":"x"},
	"webhook_url":"https://webhook.example","unique_name":"beige-swallow","llm_api_base":"https://llm.example","has_pending_changes":true,
	"llm_settings":[],"agno_settings":{"openai_moderation_categories":["hate"]},
	"version":3,"is_latest":true,"type":"curl","output_format":"json","output_schema":{"type":"object"},"expected_output":"a list",
	"environment_id":"e1","using_nemo":true,"is_coordinate_mode":false,"llm_extra_headers":{"X-A":"b"},
	"origin_template":"t","created_by_prompt":"p","created_by":"u","prompts":["p"],"avatar":"male-avatar",
	"source_nodes":[{"id":"s1","type":"webhook","targets":["g1"],"metadata":{"a":1}}],
	"attached_tools":[{"id":"c1","operation_ids":["o1"]}],"access_scope":"personal","oas":{"openapi":"3.1.0"},
	"delegation_type":"router","delegation_memory_strategy":"original-input","delegation_end_strategy":"finish-with-last",
	"sub_agents_continuous_thread":false,
	"connectivity_details":{"custom_headers":{"h":"v"},"auth_type":"bearer","api_key_header_name":"X","auth_value":"s","curl_command":"curl x",
		"invoke_url":"https://i.example","method":"PUT","prompt_field_name":"p","files_field_name":"f","task_id_field_name":"t"},
	"llm_credentials_key":"k","llm_credentials_key_type":"custom","llm_credentials":{"name":"n","description":"d","value":"v"},
	"is_ai_employee":true,"prompts_caching_enabled":true,"is_generalist":true,"deletable":false,"on_prem_event_streaming":false,
	"deployed_at":"2026-02-08T10:00:00.000000Z"}`

func agentWithEveryMember() *Agent {
	return &Agent{
		ID: "a1", Name: "n", Description: "d", Icon: "📊", Status: StatusDraft, DeploymentType: DeploymentContainer,
		CreatedAt: "2026-02-07T10:00:00.000000Z", ModelProvider: ModelProviderNIM, ModelName: "m", Framework: "agno", OrganizationID: "o1",
		Tools: []Tool{
			{ID: "t1", Name: "Send", Method: "post", Path: "/operation/x",
				Raw: json.RawMessage(`{"id":"t1","name":"Send","method":"post","path":"/operation/x","parameters":{"type":"object"}}`)},
			{Raw: json.RawMessage(`"bare"`)},
		},
		Graph: []GraphItem{{
			ID: "g1", ItemID: "i1", Name: "Send Email", Type: GraphItemMCP, SubType: GraphItemSubTypeOperation, Targets: []string{"g2"}, IsFirst: true,
			LLMSettings: []LLMSettings{{Type: LLMSettingsAfter, Temperature: new(0.5)}},
			Settings: &GraphItemSettings{
				Instructions: "i", Description: "d", UseCache: true,
				Schemas:                  &GraphItemSchemas{Input: json.RawMessage(`{"type":"object"}`), Output: json.RawMessage(`{"type":"string"}`)},
				AdvancedFilteringOptions: &AdvancedFilteringOptions{Returnables: []string{"r"}, Searchables: []string{"s"}, GloballyEnabled: true},
				HITLOptions: &HITLOptions{Title: "t", Description: "d", Recipients: []string{"p"}, HITLType: HITLSlack, SlackApp: "s",
					ShouldApproveWithCurrentUser: new(false)},
				A2AOptions:          &A2AOptions{URL: "https://a2a.example"},
				CodingAgentSettings: &CodingAgentSettings{Type: "codex"},
				MCPSettings: &MCPSettings{
					Type: MCPServerRemote, Name: "n", Command: "c", URL: "https://mcp.example", Transport: MCPTransportSSE, AuthType: MCPAuthOAuth2,
					APIKey: "k", ClientID: "c", ClientSecret: "s", AdditionalScopes: []string{"a"}, Headers: Secrets{"h": "v"}, EnvVars: Secrets{"E": "v"},
					AllowedTools: []string{"t"}, ShareUserTokenAcrossOtherAgents: new(false),
				},
			},
		}},
		KnowledgeBases: []KnowledgeBase{{ID: "k1", Name: "n", Description: "d", Strategy: KnowledgeBaseAgenticRAG, ReadWrite: true, Documents: []string{"d1"}}},
		Instructions:   Instructions{Role: []string{"r"}, Goal: []string{"g"}, General: "x"},
		WebhookURL:     "https://webhook.example", UniqueName: "beige-swallow", LLMAPIBase: "https://llm.example", HasPendingChanges: true,
		LLMSettings: []LLMSettings{}, AgnoSettings: AgnoSettings{OpenAIModerationCategories: []string{"hate"}},
		Version: 3, IsLatest: new(true), Type: AgentTypeCurl, OutputFormat: OutputFormatJSON, OutputSchema: json.RawMessage(`{"type":"object"}`), ExpectedOutput: "a list",
		EnvironmentID: "e1", UsingNemo: true, IsCoordinateMode: new(false), LLMExtraHeaders: Secrets{"X-A": "b"},
		OriginTemplate: "t", CreatedByPrompt: "p", CreatedBy: "u", Prompts: []string{"p"}, Avatar: "male-avatar",
		SourceNodes:   []SourceNode{{ID: "s1", Type: SourceNodeWebhook, Targets: []string{"g1"}, Metadata: json.RawMessage(`{"a":1}`)}},
		AttachedTools: []AttachedTool{{ID: "c1", OperationIDs: []string{"o1"}}}, AccessScope: AccessScopePersonal, OAS: json.RawMessage(`{"openapi":"3.1.0"}`),
		DelegationType: DelegationRouter, DelegationMemoryStrategy: DelegationMemoryOriginalInput, DelegationEndStrategy: DelegationEndFinishWithLast,
		SubAgentsContinuousThread: new(false),
		ConnectivityDetails: ConnectivityDetails{
			CustomHeaders: Secrets{"h": "v"}, AuthType: ConnectivityAuthBearer, APIKeyHeaderName: "X", AuthValue: "s", CurlCommand: "curl x",
			InvokeURL: "https://i.example", Method: "PUT", PromptFieldName: "p", FilesFieldName: "f", TaskIDFieldName: "t",
			Raw: json.RawMessage(`{"custom_headers":{"h":"v"},"auth_type":"bearer","api_key_header_name":"X","auth_value":"s","curl_command":"curl x",` +
				`"invoke_url":"https://i.example","method":"PUT","prompt_field_name":"p","files_field_name":"f","task_id_field_name":"t"}`),
		},
		LLMCredentialsKey: "k", LLMCredentialsKeyType: LLMCredentialsKeyCustom, LLMCredentials: &LLMCredentials{Name: "n", Description: "d", Value: "v"},
		IsAIEmployee: true, PromptsCachingEnabled: true, IsGeneralist: true, Deletable: new(false), OnPremEventStreaming: new(false),
		DeployedAt: "2026-02-08T10:00:00.000000Z",
	}
}

// compactRaw compares raw JSON without its white space.
var compactRaw = cmp.Comparer(func(a, b json.RawMessage) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && cmp.Equal(x, y)
})

// createSample creates the documented agent.
func createSample(ctx context.Context, c *Client) (*Agent, error) {
	return c.CreateAgent(ctx, sampleRequest())
}

func TestCreateAgentSendsTheDocumentedRequest(t *testing.T) {
	for _, test := range []struct {
		body, answer string // of testdata
		request      CreateAgentRequest
		want         *Agent
	}{
		{"create_request.json", "create_response.json", sampleRequest(), sampleAgent()},
		{"create_request_minimal.json", "create_response_full.json", CreateAgentRequest{
			Name:          "Customer Support Agent",
			ModelProvider: new(ModelProviderOpenAI),
			ModelName:     new("gpt-5.2"),
		}, sampleAgentInFull()},
		{"create_request_full.json", "create_response_full.json", CreateAgentRequest{
			Name:          "Customer Support Agent",
			ModelProvider: new(ModelProviderOpenAI),
			ModelName:     new("gpt-5.2"),
			Instructions: Instructions{
				Role:    []string{"Customer support specialist"},
				Goal:    []string{"Resolve customer issues efficiently"},
				General: "Be helpful, professional, and empathetic",
			},
		}, sampleAgentInFull()},
	} {
		t.Run(test.body, func(t *testing.T) {
			testkit.Documented(t, suite, func(ctx context.Context, c *Client) (*Agent, error) {
				return c.CreateAgent(ctx, test.request)
			}, "/v1/agents", readFile(t, test.body), readFile(t, test.answer), test.want)
		})
	}
}

func TestAgentEncodesBackToTheSample(t *testing.T) {
	for _, sample := range [][]byte{readFile(t, "create_response.json"), readFile(t, "create_response_full.json"), []byte(everyMember)} {
		agent, err := decodeAgent(sample)
		if err != nil {
			t.Fatal(err)
		}
		testkit.EncodesBack(t, sample, agent)
	}
}

func TestEveryMemberIsDecoded(t *testing.T) {
	agent, err := decodeAgent([]byte(everyMember))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(agentWithEveryMember(), agent, compactRaw); diff != "" {
		t.Errorf("agent (-want +got):\n%s", diff)
	}
}

// TestRequests checks what every other method sends.
func TestRequests(t *testing.T) {
	agent := string(readFile(t, "create_response.json"))
	const list = `{"items":[],"total":0,"page":1,"per_page":20,"total_pages":0}`
	for _, test := range []struct {
		name   string
		answer string
		call   func(context.Context, *Client) error
		want   string // method, URL below the base, body
	}{
		{"CreateAgent with everything", agent, func(ctx context.Context, c *Client) error {
			_, err := c.CreateAgent(ctx, CreateAgentRequest{
				Name:            "n",
				Description:     new("d"),
				DeploymentType:  new(DeploymentContainer),
				ModelProvider:   new(ModelProviderHuggingFace),
				ModelName:       new("m"),
				Icon:            new("📊"),
				Instructions:    Instructions{Role: []string{"r"}, Goal: []string{}},
				EnvironmentID:   new("e"),
				UsingNemo:       new(true),
				LLMAPIBase:      new("https://llm.example/v1?a=b&c=d"),
				LLMExtraHeaders: map[string]string{"X-B": "2", "X-A": "1"},
				Type:            new(AgentTypeRegular),
			})
			return err
		}, `POST /v1/agents {"name":"n","description":"d","deployment_type":"container","model_provider":"huggingFace","model_name":"m","icon":"📊",` +
			`"instructions":{"role":["r"],"goal":[],"general":""},"environment_id":"e","using_nemo":true,` +
			`"llm_api_base":"https://llm.example/v1?a=b&c=d","llm_extra_headers":{"X-A":"1","X-B":"2"},"type":"regular"}`},
		{"CreateAgent with zero values", agent, func(ctx context.Context, c *Client) error {
			_, err := c.CreateAgent(ctx, CreateAgentRequest{
				Name: "n", Description: new(""), Icon: new(""), UsingNemo: new(false), LLMAPIBase: new(""), LLMExtraHeaders: Secrets{},
			})
			return err
		}, `POST /v1/agents {"name":"n","description":"","icon":"","using_nemo":false,"llm_api_base":"","llm_extra_headers":{}}`},
		{"CreateAgent with extra fields", agent, func(ctx context.Context, c *Client) error {
			request := sampleRequest()
			request.ExtraFields = map[string]any{"name": "Other <&>", "environment_id": nil, "avatar": "robot"}
			_, err := c.CreateAgent(ctx, request)
			return err
		}, `POST /v1/agents {"name":"Other <&>","deployment_type":"serverless","environment_id":null,"avatar":"robot"}`},
		{"GetAgent", agent, func(ctx context.Context, c *Client) error {
			_, err := c.GetAgent(ctx, "a1")
			return err
		}, "GET /v1/agents/a1 "},
		{"GetAgent escapes", agent, func(ctx context.Context, c *Client) error {
			_, err := c.GetAgent(ctx, "a/b c?d#%2e")
			return err
		}, "GET /v1/agents/a%2Fb%20c%3Fd%23%252e "},
		{"ListAgents", list, func(ctx context.Context, c *Client) error {
			_, err := c.ListAgents(ctx, ListAgentsRequest{})
			return err
		}, "GET /v1/agents "},
		{"ListAgents with a page", list, func(ctx context.Context, c *Client) error {
			_, err := c.ListAgents(ctx, ListAgentsRequest{Page: 2, PerPage: 50})
			return err
		}, "GET /v1/agents?page=2&per_page=50 "},
		{"ListFullAgents", list, func(ctx context.Context, c *Client) error {
			_, err := c.ListFullAgents(ctx, ListAgentsRequest{Page: 3})
			return err
		}, "GET /v1/agents/full?page=3 "},
		{"UpdateAgent", agent, func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "a1", UpdateAgentRequest{Name: new("New")})
			return err
		}, `PATCH /v1/agents/a1 {"name":"New"}`},
		{"UpdateAgent with everything", agent, func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "a1", UpdateAgentRequest{
				Name: new("New"), Instructions: &Instructions{}, Icon: new(""), ModelProvider: new(ModelProviderGemini), ModelName: new("m"),
				EnvironmentID: new("e"), Status: new(StatusInactive), ShouldResetGraph: new(false),
			})
			return err
		}, `PATCH /v1/agents/a1 {"name":"New","instructions":{"general":""},"icon":"","model_provider":"gemini","model_name":"m",` +
			`"environment_id":"e","status":"INACTIVE","should_reset_graph":false}`},
		{"UpdateAgent with null", agent, func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "a1", UpdateAgentRequest{ExtraFields: map[string]any{"environment_id": nil}})
			return err
		}, `PATCH /v1/agents/a1 {"environment_id":null}`},
		{"UpdateAgent with a deploy", agent, func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "a1", UpdateAgentRequest{Name: new("New"), Deploy: true})
			return err
		}, `PATCH /v1/agents/a1?deploy=true {"name":"New"}`},
		{"DeployAgent", agent, func(ctx context.Context, c *Client) error {
			_, err := c.DeployAgent(ctx, "a1")
			return err
		}, "PUT /v1/agents/a1 "},
		{"DeleteAgent", "null", func(ctx context.Context, c *Client) error {
			return c.DeleteAgent(ctx, "a1")
		}, "DELETE /v1/agents/a1 "},
	} {
		t.Run(test.name, func(t *testing.T) { suite.Sends(t, test.answer, test.call, test.want) })
	}
}

func TestRefusedBeforeSending(t *testing.T) {
	type check struct {
		name string
		call func(context.Context, *Client) error
		want []string // wire names
	}
	checks := []check{
		{"CreateAgent", func(ctx context.Context, c *Client) error {
			_, err := c.CreateAgent(ctx, CreateAgentRequest{})
			return err
		}, []string{"name"}},
		{"ListAgents", func(ctx context.Context, c *Client) error {
			_, err := c.ListAgents(ctx, ListAgentsRequest{Page: -1, PerPage: -1})
			return err
		}, []string{"page", "per_page"}},
		{"ListFullAgents", func(ctx context.Context, c *Client) error {
			_, err := c.ListFullAgents(ctx, ListAgentsRequest{PerPage: -1})
			return err
		}, []string{"per_page"}},
		{"AllAgents", func(ctx context.Context, c *Client) error {
			for _, err := range c.AllAgents(ctx, ListAgentsRequest{PerPage: -1}) {
				return err
			}
			return nil
		}, []string{"per_page"}},
		{"UpdateAgent", func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "a1", UpdateAgentRequest{})
			return err
		}, []string{""}},
		{"UpdateAgent with a deploy only", func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "a1", UpdateAgentRequest{Deploy: true})
			return err
		}, []string{""}},
		{"UpdateAgent with an empty name", func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "a1", UpdateAgentRequest{Name: new("")})
			return err
		}, []string{"name"}},
		{"Validate of a list", func(context.Context, *Client) error {
			return ListAgentsRequest{Page: -1}.Validate()
		}, []string{"page"}},
		{"unsendable extra field", func(ctx context.Context, c *Client) error {
			request := sampleRequest()
			request.ExtraFields = map[string]any{"f": func() {}}
			_, err := c.CreateAgent(ctx, request)
			return err
		}, []string{"body"}},
	}
	for _, id := range []string{"", ".", "..", "full", "list", "omni", "template_import"} {
		checks = append(checks,
			check{"GetAgent " + id, func(ctx context.Context, c *Client) error {
				_, err := c.GetAgent(ctx, id)
				return err
			}, []string{"agent_id"}},
			check{"UpdateAgent " + id, func(ctx context.Context, c *Client) error {
				_, err := c.UpdateAgent(ctx, id, UpdateAgentRequest{Name: new("n")})
				return err
			}, []string{"agent_id"}},
			check{"DeployAgent " + id, func(ctx context.Context, c *Client) error {
				_, err := c.DeployAgent(ctx, id)
				return err
			}, []string{"agent_id"}},
			check{"DeleteAgent " + id, func(ctx context.Context, c *Client) error {
				return c.DeleteAgent(ctx, id)
			}, []string{"agent_id"}})
	}
	for _, test := range checks {
		t.Run(test.name, func(t *testing.T) { suite.Refuses(t, test.call, test.want) })
	}
}

// TestReplay checks how often each method sends a request that fails in a way
// that may have taken effect.
func TestReplay(t *testing.T) {
	for _, test := range []struct {
		name        string
		call        func(context.Context, *Client) error
		want        int
		wantUnknown bool
	}{
		{"CreateAgent", func(ctx context.Context, c *Client) error {
			_, err := createSample(ctx, c)
			return err
		}, 1, true},
		{"GetAgent", func(ctx context.Context, c *Client) error {
			_, err := c.GetAgent(ctx, "a1")
			return err
		}, 3, false},
		{"ListAgents", func(ctx context.Context, c *Client) error {
			_, err := c.ListAgents(ctx, ListAgentsRequest{})
			return err
		}, 3, false},
		{"ListFullAgents", func(ctx context.Context, c *Client) error {
			_, err := c.ListFullAgents(ctx, ListAgentsRequest{})
			return err
		}, 3, false},
		{"UpdateAgent", func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "a1", UpdateAgentRequest{Name: new("n")})
			return err
		}, 3, false},
		{"UpdateAgent with a deploy", func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "a1", UpdateAgentRequest{Name: new("n"), Deploy: true})
			return err
		}, 1, true},
		{"DeployAgent", func(ctx context.Context, c *Client) error {
			_, err := c.DeployAgent(ctx, "a1")
			return err
		}, 1, true},
		{"DeleteAgent", func(ctx context.Context, c *Client) error {
			return c.DeleteAgent(ctx, "a1")
		}, 3, false},
	} {
		t.Run(test.name, func(t *testing.T) { suite.Repeats(t, test.call, test.want, test.wantUnknown) })
	}
}

// TestUnreadableAnswers: a response of 2xx that cannot be read never passes for
// an agent or a list.
func TestUnreadableAnswers(t *testing.T) {
	for _, body := range []string{"", "null", "{}", "[]", `"x"`, "<html></html>", `{"id":`, `{"id":""}`, `{"id":null}`} {
		testkit.Unreadable(t, suite, body, true, createSample)
	}
	for _, body := range []string{"", "null", "{}", "[]", "<html></html>", `{"items":{}}`} {
		testkit.Unreadable(t, suite, body, false, func(ctx context.Context, c *Client) (*AgentList, error) {
			return c.ListAgents(ctx, ListAgentsRequest{})
		})
	}
}

func TestDeleteAgentTakesAnyAnswer(t *testing.T) {
	for status, body := range map[int]string{202: "null", 204: "", 200: `{"message":"deleted","agent_id":"a1"}`} {
		client, recorder := suite.Record(t)
		recorder.Answer(status, body)
		if err := client.DeleteAgent(t.Context(), "a1"); err != nil {
			t.Errorf("%d %q: %v", status, body, err)
		}
	}
}

func TestBothFormsOfInstructionsAreRead(t *testing.T) {
	for body, want := range map[string]Instructions{
		`{"role":["a","b"],"goal":[],"general":"x"}`: {Role: []string{"a", "b"}, Goal: []string{}, General: "x"},
		`{"role":"a","goal":"b\"c","general":"x"}`:   {Role: []string{"a"}, Goal: []string{`b"c`}, General: "x"},
		`{"role":null,"general":null}`:               {},
		`{"role":{"a":1},"goal":["b"],"general":7}`:  {Goal: []string{"b"}, General: "7"},
		`{"role":[1,"b"],"general":"x"}`:             {Role: []string{"1", "b"}, General: "x"},
		`"text"`:                                     {},
		`null`:                                       {},
	} {
		agent, err := decodeAgent([]byte(`{"id":"a","instructions":` + body + `,"version":3}`))
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		if diff := cmp.Diff(&Agent{ID: "a", Instructions: want, Version: 3}, agent); diff != "" {
			t.Errorf("%s (-want +got):\n%s", body, diff)
		}
	}
}

// TestOddAnswersAreRead: one value of an unexpected type does not spoil the
// rest of a response.
func TestOddAnswersAreRead(t *testing.T) {
	for _, sample := range [][]byte{readFile(t, "create_response.json"), readFile(t, "create_response_full.json"), []byte(everyMember)} {
		testkit.SurvivesOddValues(t, sample, decodeAgent, "id")
	}
	testkit.SurvivesOddValues(t, []byte(`{"items":[{"id":"a"}],"total":1,"page":1,"per_page":20,"total_pages":1}`), decodeAgentList, "items")
}

func TestNewerAnswersAreRead(t *testing.T) {
	client, recorder := suite.Record(t)
	const body = `{"id":"a1","name":7,"status":"PAUSED","model_provider":"azure_ai_foundary","output_format":"voice","type":"orchestration",` +
		`"nested":{"x":[1]},"created_at":1770458400,"tools":null,"graph":"?","version":2,` +
		`"connectivity_details":{"kind":"new","auth_value":5},"llm_settings":[{"type":"around"}],"agno_settings":null}`
	recorder.Answer(http.StatusOK, body)
	var response agentclients.Response
	agent, err := client.GetAgent(t.Context(), "a1", agentclients.CaptureResponse(&response))
	if err != nil {
		t.Fatal(err)
	}
	want := &Agent{
		ID: "a1", Name: "7", Status: "PAUSED", ModelProvider: "azure_ai_foundary", OutputFormat: "voice", Type: "orchestration",
		CreatedAt: "1770458400", Version: 2, LLMSettings: []LLMSettings{{Type: "around"}},
		ConnectivityDetails: ConnectivityDetails{AuthValue: "5", Raw: json.RawMessage(`{"kind":"new","auth_value":5}`)},
	}
	if diff := cmp.Diff(want, agent); diff != "" {
		t.Errorf("agent (-want +got):\n%s", diff)
	}
	if string(response.Body) != body {
		t.Errorf("the raw answer is lost: %s", response.Body)
	}
	encoded, err := json.Marshal(agent.ConnectivityDetails)
	if err != nil || string(encoded) != `{"kind":"new","auth_value":5}` {
		t.Errorf("details of an unknown shape became %s, %v", encoded, err)
	}
}

// TestBuiltValuesEncode: what was not read from a response has no raw form.
func TestBuiltValuesEncode(t *testing.T) {
	for want, value := range map[string]any{
		`{"id":"t","name":"n"}`:                        Tool{ID: "t", Name: "n"},
		`{"auth_type":"none","agent_url":"https://a"}`: ConnectivityDetails{AgentURL: "https://a", AuthType: ConnectivityAuthNone},
	} {
		if got, err := json.Marshal(value); err != nil || string(got) != want {
			t.Errorf("got %s, %v, not %s", got, err, want)
		}
	}
}

func TestAllAgentsFollowsPages(t *testing.T) {
	for _, test := range []struct {
		name    string
		request ListAgentsRequest
		answers []string
		want    []string
		queries []string
	}{
		{"to the last page", ListAgentsRequest{PerPage: 2},
			[]string{
				`{"items":[{"id":"1"},{"id":"2"}],"total":3,"page":1,"per_page":2,"total_pages":2}`,
				`{"items":[{"id":"3"}],"total":3,"page":2,"per_page":2,"total_pages":2}`,
			}, []string{"1", "2", "3"}, []string{"page=1&per_page=2", "page=2&per_page=2"}},
		{"without what comes twice", ListAgentsRequest{Page: 1, PerPage: 2},
			[]string{
				`{"items":[{"id":"1"},{"id":"2"}],"total":3,"page":1,"per_page":2,"total_pages":2}`,
				`{"items":[{"id":"2"},{"id":"3"}],"total":4,"page":2,"per_page":2,"total_pages":2}`,
			}, []string{"1", "2", "3"}, []string{"page=1&per_page=2", "page=2&per_page=2"}},
		{"over a page of nothing new", ListAgentsRequest{PerPage: 1},
			[]string{
				`{"items":[{"id":"1"}],"total":2,"page":1,"per_page":1,"total_pages":2}`,
				`{"items":[{"id":"1"}],"total":3,"page":2,"per_page":1,"total_pages":3}`,
				`{"items":[{"id":"2"}],"total":3,"page":3,"per_page":1,"total_pages":3}`,
			}, []string{"1", "2"}, []string{"page=1&per_page=1", "page=2&per_page=1", "page=3&per_page=1"}},
		{"from a page on", ListAgentsRequest{Page: 2},
			[]string{`{"items":[{"id":"3"}],"total":3,"page":2,"per_page":2,"total_pages":2}`},
			[]string{"3"}, []string{"page=2"}},
		{"when there are none", ListAgentsRequest{},
			[]string{`{"items":[],"total":0,"page":1,"per_page":20,"total_pages":0}`}, nil, []string{"page=1"}},
		{"up to an empty page", ListAgentsRequest{},
			[]string{`{"items":[],"total":9,"page":1,"per_page":20,"total_pages":9}`}, nil, []string{"page=1"}},
		{"without totals", ListAgentsRequest{PerPage: 1},
			[]string{`{"items":[{"id":"1"}]}`, `{"items":[{"id":"2"}]}`, `{"items":[]}`},
			[]string{"1", "2"}, []string{"page=1&per_page=1", "page=2&per_page=1", "page=3&per_page=1"}},
		{"with agents that have no id", ListAgentsRequest{},
			[]string{`{"items":[{"name":"a"},{"name":"b"}],"total":2,"page":1,"per_page":20,"total_pages":1}`},
			[]string{"", ""}, []string{"page=1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			testkit.Walks(t, suite, func(ctx context.Context, c *Client) iter.Seq2[Agent, error] {
				return c.AllAgents(ctx, test.request)
			}, agentID, testkit.Walk{Answers: test.answers, IDs: test.want, Queries: test.queries})
		})
	}
}

func TestAllFullAgentsReadsTheFullList(t *testing.T) {
	client, recorder := suite.Record(t)
	recorder.Answer(200, `{"items":[`+string(readFile(t, "create_response.json"))+`],"total":1,"page":1,"per_page":20,"total_pages":1}`)
	for agent, err := range client.AllFullAgents(t.Context(), ListAgentsRequest{}) {
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(*sampleAgent(), agent); diff != "" {
			t.Errorf("agent (-want +got):\n%s", diff)
		}
	}
	if got := recorder.Last(t).URL; got != testBaseURL+"/v1/agents/full?page=1" {
		t.Errorf("asked %s", got)
	}
}

func TestAllAgentsStops(t *testing.T) {
	for _, page := range []string{`{"items":[{"id":"1"}],"total":99,"page":1,"per_page":1,"total_pages":99}`, `{"items":[{"id":"1"}],"per_page":1}`} {
		testkit.Stops(t, suite, page, func(ctx context.Context, c *Client) iter.Seq2[Agent, error] {
			return c.AllAgents(ctx, ListAgentsRequest{})
		})
	}
}
