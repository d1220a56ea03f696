package agentloop

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

func sampleRequest() CreateAgentRequest {
	return CreateAgentRequest{
		Capabilities: []Capability{
			{Config: json.RawMessage(`{}`), Ref: "current_time"},
			{Config: json.RawMessage(`{}`), Ref: "web_fetch"},
		},
		DefaultModelID: new("model_01933b5a000070008000000000000001"),
		Description:    new("Handles customer inquiries and support tickets"),
		ID:             testID,
		Name:           "Customer Support Agent",
		SystemPrompt:   "You are a helpful customer support agent. Be polite and professional.",
		Tags:           []string{"support", "customer-facing"},
	}
}

func sampleAgent() *Agent {
	return &Agent{
		Capabilities: []Capability{
			{Config: json.RawMessage(`{}`), Ref: "current_time"},
			{Config: json.RawMessage(`{}`), Ref: "web_fetch"},
		},
		CreatedAt:      "2026-02-07T10:00:00.123456Z",
		DefaultModelID: "model_01933b5a000070008000000000000001",
		Description:    "Handles customer inquiries and support tickets",
		ID:             testID,
		Name:           "Customer Support Agent",
		Status:         StatusActive,
		SystemPrompt:   "You are a helpful customer support agent. Be polite and professional.",
		Tags:           []string{"support", "customer-facing"},
		UpdatedAt:      "2026-02-07T10:00:00.123456Z",
	}
}

// createSample creates the documented agent.
func createSample(ctx context.Context, c *Client) (*Agent, error) {
	return c.CreateAgent(ctx, sampleRequest())
}

func TestCreateAgentSendsTheDocumentedRequest(t *testing.T) {
	testkit.Documented(t, suite, createSample, "/v1/agents",
		readFile(t, "create_request.json"), readFile(t, "create_response.json"), sampleAgent())
}

// TestCreateAgentMakesAnID: without an id of its own a repeat would make a
// second agent, so that every try must carry the same one.
func TestCreateAgentMakesAnID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, recorder := suite.Record(t)
		recorder.Answer(502, "")
		recorder.Then(func(request testkit.Request) (int, string) { return http.StatusCreated, request.Body })
		if _, err := client.CreateAgent(t.Context(), CreateAgentRequest{Name: "n", SystemPrompt: "p"}); err != nil {
			t.Fatal(err)
		}
		var sent struct{ ID, Name string }
		if err := json.Unmarshal([]byte(recorder.Requests[0].Body), &sent); err != nil {
			t.Fatal(err)
		}
		if err := checkAgentID("test", sent.ID); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(recorder.Requests[0], recorder.Requests[1]); diff != "" {
			t.Errorf("the repeat differs (-first +second):\n%s", diff)
		}
	})
}

func TestAgentEncodesBackToTheSample(t *testing.T) {
	for _, name := range []string{"create_response.json", "agent_with_usage.json"} {
		sample := readFile(t, name)
		agent, err := decodeAgent(sample)
		if err != nil {
			t.Fatal(err)
		}
		testkit.EncodesBack(t, sample, agent)
	}
}

func TestUsageIsRead(t *testing.T) {
	agent, err := decodeAgent(readFile(t, "agent_with_usage.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := &Agent{
		Capabilities: []Capability{},
		CreatedAt:    "2026-02-07T10:00:00Z",
		ID:           testID,
		Name:         "Customer Support Agent",
		Status:       StatusArchived,
		SystemPrompt: "You are a helpful customer support agent. Be polite and professional.",
		Tags:         []string{},
		UpdatedAt:    "2026-02-07T11:00:00.5Z",
		Usage:        &TokenUsage{CacheReadTokens: 128, InputTokens: 5_000_000_000, OutputTokens: 42},
	}
	if diff := cmp.Diff(want, agent); diff != "" {
		t.Errorf("agent (-want +got):\n%s", diff)
	}
}

// TestRequests checks what every other method sends.
func TestRequests(t *testing.T) {
	agent := string(readFile(t, "create_response.json"))
	const digits = "01933b5a000070008000000000000001"
	for _, test := range []struct {
		name   string
		answer string
		call   func(context.Context, *Client) error
		want   string // method, URL below the base, body
	}{
		{"GetAgent", agent, func(ctx context.Context, c *Client) error {
			_, err := c.GetAgent(ctx, testID)
			return err
		}, "GET /v1/agents/agent_" + digits + " "},
		{"ListAgents", `{"data":[]}`, func(ctx context.Context, c *Client) error {
			_, err := c.ListAgents(ctx, ListAgentsRequest{})
			return err
		}, "GET /v1/agents "},
		{"ListAgents with a page", `{"data":[]}`, func(ctx context.Context, c *Client) error {
			_, err := c.ListAgents(ctx, ListAgentsRequest{Search: "a&b c", Limit: 2, Offset: 4, IncludeArchived: true})
			return err
		}, "GET /v1/agents?include_archived=true&limit=2&offset=4&search=a%26b+c "},
		{"UpdateAgent", agent, func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, testID, UpdateAgentRequest{Name: new("New")})
			return err
		}, `PATCH /v1/agents/agent_` + digits + ` {"name":"New"}`},
		{"UpdateAgent with everything", agent, func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, testID, UpdateAgentRequest{
				Capabilities:   []Capability{{Ref: "web_fetch"}},
				DefaultModelID: new("model_1"),
				Description:    new("d"),
				Name:           new("n"),
				Status:         new(StatusArchived),
				SystemPrompt:   new("p"),
				Tags:           []string{"t"},
			})
			return err
		}, `PATCH /v1/agents/agent_` + digits + ` {"capabilities":[{"ref":"web_fetch"}],"default_model_id":"model_1","description":"d","name":"n","status":"archived","system_prompt":"p","tags":["t"]}`},
		{"UpdateAgent with zero values", agent, func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, testID, UpdateAgentRequest{Capabilities: []Capability{}, Description: new(""), Name: new(""), Tags: []string{}})
			return err
		}, `PATCH /v1/agents/agent_` + digits + ` {"capabilities":[],"description":"","name":"","tags":[]}`},
		{"UpdateAgent with null", agent, func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, testID, UpdateAgentRequest{ExtraFields: map[string]any{"max_iterations": nil}})
			return err
		}, `PATCH /v1/agents/agent_` + digits + ` {"max_iterations":null}`},
		{"PutAgent", agent, func(ctx context.Context, c *Client) error {
			_, _, err := c.PutAgent(ctx, testID, CreateAgentRequest{ID: testID, Name: "n", SystemPrompt: "p", ExtraFields: map[string]any{"description": nil}})
			return err
		}, `PUT /v1/agents/agent_` + digits + ` {"name":"n","system_prompt":"p","description":null}`},
		{"ArchiveAgent", "", func(ctx context.Context, c *Client) error {
			return c.ArchiveAgent(ctx, testID)
		}, "DELETE /v1/agents/agent_" + digits + " "},
		{"ImportAgent", agent, func(ctx context.Context, c *Client) error {
			_, err := c.ImportAgent(ctx, "---\nname: \"n\"\n---\nBe <kind>.\n")
			return err
		}, "POST /v1/agents/import ---\nname: \"n\"\n---\nBe <kind>.\n"},
		{"ExportAgent", "---\n---\n", func(ctx context.Context, c *Client) error {
			_, err := c.ExportAgent(ctx, testID)
			return err
		}, "GET /v1/agents/agent_" + digits + "/export "},
		{"ListCapabilities", `{"data":[]}`, func(ctx context.Context, c *Client) error {
			_, err := c.ListCapabilities(ctx)
			return err
		}, "GET /v1/capabilities "},
		{"GetCapability escapes", `{"id":"x"}`, func(ctx context.Context, c *Client) error {
			_, err := c.GetCapability(ctx, "mcp:a/b ?c#%2e")
			return err
		}, "GET /v1/capabilities/mcp:a%2Fb%20%3Fc%23%252e "},
		{"ListModels", `{"data":[]}`, func(ctx context.Context, c *Client) error {
			_, err := c.ListModels(ctx, ListModelsRequest{})
			return err
		}, "GET /v1/llm-models "},
		{"ListModels with filters", `{"data":[]}`, func(ctx context.Context, c *Client) error {
			_, err := c.ListModels(ctx, ListModelsRequest{FavoritesOnly: true, IncludeStale: new(false), Source: ModelSourceDiscovered})
			return err
		}, "GET /v1/llm-models?favorites_only=true&include_stale=false&source=discovered "},
		{"CreateAgent with the least", agent, func(ctx context.Context, c *Client) error {
			_, err := c.CreateAgent(ctx, CreateAgentRequest{ID: testID, Name: "n", SystemPrompt: "p"})
			return err
		}, `POST /v1/agents {"id":"agent_` + digits + `","name":"n","system_prompt":"p"}`},
		{"CreateAgent with zero values", agent, func(ctx context.Context, c *Client) error {
			_, err := c.CreateAgent(ctx, CreateAgentRequest{
				Capabilities: []Capability{}, Description: new(""), ID: testID, Name: "n", SystemPrompt: "p", Tags: []string{},
			})
			return err
		}, `POST /v1/agents {"capabilities":[],"description":"","id":"agent_` + digits + `","name":"n","system_prompt":"p","tags":[]}`},
		{"CreateAgent with extra fields", agent, func(ctx context.Context, c *Client) error {
			_, err := c.CreateAgent(ctx, CreateAgentRequest{
				ID: testID, Name: "n", SystemPrompt: "p", ExtraFields: map[string]any{"name": "Other <&>", "max_iterations": nil},
			})
			return err
		}, `POST /v1/agents {"id":"agent_` + digits + `","name":"Other <&>","system_prompt":"p","max_iterations":null}`},
	} {
		t.Run(test.name, func(t *testing.T) { suite.Sends(t, test.answer, test.call, test.want) })
	}
}

func TestTextIsSentAndReadAsText(t *testing.T) {
	client, recorder := suite.Record(t)
	text := string(readFile(t, "export.md"))
	recorder.Answer(http.StatusCreated, string(readFile(t, "create_response.json")))
	recorder.AnswerWith(http.StatusOK, http.Header{"Content-Type": {"text/markdown; charset=utf-8"}}, text)
	agent, err := client.ImportAgent(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sampleAgent(), agent); diff != "" {
		t.Errorf("agent (-want +got):\n%s", diff)
	}
	request := recorder.Last(t)
	if request.Header["Content-Type"] != "text/plain; charset=utf-8" || request.Body != text {
		t.Errorf("sent as %q: %s", request.Header["Content-Type"], request.Body)
	}
	exported, err := client.ExportAgent(t.Context(), testID)
	if err != nil || exported != text {
		t.Errorf("exported %q, %v", exported, err)
	}
	if got := recorder.Last(t).Header["Accept"]; got != "text/markdown" {
		t.Errorf("asked for %q", got)
	}
}

func TestPutAgentTellsCreatedFromReplaced(t *testing.T) {
	client, recorder := suite.Record(t)
	for status, want := range map[int]bool{http.StatusCreated: true, http.StatusOK: false} {
		recorder.Answer(status, string(readFile(t, "create_response.json")))
		var response agentclients.Response
		agent, created, err := client.PutAgent(t.Context(), testID, sampleRequest(), agentclients.CaptureResponse(&response))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(sampleAgent(), agent); diff != "" {
			t.Errorf("agent (-want +got):\n%s", diff)
		}
		if created != want || response.StatusCode != status {
			t.Errorf("status %d: created is %v, captured %d", status, created, response.StatusCode)
		}
	}
}

func TestRefusedBeforeSending(t *testing.T) {
	const short = "agent_01933b5a00007000800000000000001"
	long := func(n int) string { return strings.Repeat("é", n/2) + strings.Repeat("x", n%2) }
	for _, test := range []struct {
		name string
		call func(context.Context, *Client) error
		want []string // wire names
	}{
		{"CreateAgent", func(ctx context.Context, c *Client) error {
			_, err := c.CreateAgent(ctx, CreateAgentRequest{Capabilities: []Capability{{Ref: "a"}, {}}, ID: short})
			return err
		}, []string{"name", "system_prompt", "capabilities[1].ref", "id"}},
		{"CreateAgent with too much", func(ctx context.Context, c *Client) error {
			capabilities := make([]Capability, 251)
			for i := range capabilities {
				capabilities[i].Ref = "x"
			}
			_, err := c.CreateAgent(ctx, CreateAgentRequest{
				Capabilities: capabilities, Description: new(long(10_241)), Name: long(2049), SystemPrompt: long(1_048_577),
			})
			return err
		}, []string{"name", "system_prompt", "description", "capabilities"}},
		{"CreateAgent with the id as an extra field", func(ctx context.Context, c *Client) error {
			request := sampleRequest()
			request.ExtraFields = map[string]any{"id": nil}
			_, err := c.CreateAgent(ctx, request)
			return err
		}, []string{"id"}},
		{"CreateAgent with a config that is no JSON", func(ctx context.Context, c *Client) error {
			_, err := c.CreateAgent(ctx, CreateAgentRequest{Capabilities: []Capability{{Config: json.RawMessage("{"), Ref: "x"}}, Name: "n", SystemPrompt: "p"})
			return err
		}, []string{"capabilities[0].config"}},
		{"PutAgent", func(ctx context.Context, c *Client) error {
			_, _, err := c.PutAgent(ctx, short, CreateAgentRequest{ID: testID})
			return err
		}, []string{"agent_id", "name", "system_prompt", "id"}},
		{"GetAgent", func(ctx context.Context, c *Client) error {
			_, err := c.GetAgent(ctx, "..")
			return err
		}, []string{"agent_id"}},
		{"ListAgents", func(ctx context.Context, c *Client) error {
			_, err := c.ListAgents(ctx, ListAgentsRequest{Limit: -1, Offset: -1})
			return err
		}, []string{"limit", "offset"}},
		{"UpdateAgent", func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, testID, UpdateAgentRequest{})
			return err
		}, []string{""}},
		{"UpdateAgent with too much", func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, testID, UpdateAgentRequest{Name: new(long(2049)), Capabilities: []Capability{{}}})
			return err
		}, []string{"name", "capabilities[0].ref"}},
		{"UpdateAgent without an id", func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "", UpdateAgentRequest{Name: new("n")})
			return err
		}, []string{"agent_id"}},
		{"ArchiveAgent", func(ctx context.Context, c *Client) error {
			return c.ArchiveAgent(ctx, short)
		}, []string{"agent_id"}},
		{"ExportAgent", func(ctx context.Context, c *Client) error {
			_, err := c.ExportAgent(ctx, "import")
			return err
		}, []string{"agent_id"}},
		{"ImportAgent", func(ctx context.Context, c *Client) error {
			_, err := c.ImportAgent(ctx, " \n")
			return err
		}, []string{"text"}},
		{"GetCapability", func(ctx context.Context, c *Client) error {
			_, err := c.GetCapability(ctx, "..")
			return err
		}, []string{"capability_id"}},
		{"unsendable extra field", func(ctx context.Context, c *Client) error {
			request := sampleRequest()
			request.ExtraFields = map[string]any{"f": func() {}}
			_, err := c.CreateAgent(ctx, request)
			return err
		}, []string{"body"}},
	} {
		t.Run(test.name, func(t *testing.T) { suite.Refuses(t, test.call, test.want) })
	}
}

// TestLimitsAreInclusive: what is exactly as long as allowed is sent.
func TestLimitsAreInclusive(t *testing.T) {
	request := CreateAgentRequest{
		Capabilities: make([]Capability, maxCapabilities),
		Description:  new(strings.Repeat("d", 10_240)),
		Name:         strings.Repeat("n", 2048),
		SystemPrompt: strings.Repeat("p", 1_048_576),
	}
	for i := range request.Capabilities {
		request.Capabilities[i].Ref = "x"
	}
	if err := request.Validate(); err != nil {
		t.Error(err)
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
			_, err := c.CreateAgent(ctx, sampleRequest())
			return err
		}, 6, true}, // three of them to read it back
		{"ImportAgent", func(ctx context.Context, c *Client) error {
			_, err := c.ImportAgent(ctx, "Be kind.")
			return err
		}, 1, true},
		{"GetAgent", func(ctx context.Context, c *Client) error {
			_, err := c.GetAgent(ctx, testID)
			return err
		}, 3, false},
		{"ListAgents", func(ctx context.Context, c *Client) error {
			_, err := c.ListAgents(ctx, ListAgentsRequest{})
			return err
		}, 3, false},
		{"UpdateAgent", func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, testID, UpdateAgentRequest{Name: new("n")})
			return err
		}, 3, false},
		{"PutAgent", func(ctx context.Context, c *Client) error {
			_, _, err := c.PutAgent(ctx, testID, sampleRequest())
			return err
		}, 3, false},
		{"ArchiveAgent", func(ctx context.Context, c *Client) error {
			return c.ArchiveAgent(ctx, testID)
		}, 3, false},
		{"ExportAgent", func(ctx context.Context, c *Client) error {
			_, err := c.ExportAgent(ctx, testID)
			return err
		}, 3, false},
		{"ListCapabilities", func(ctx context.Context, c *Client) error {
			_, err := c.ListCapabilities(ctx)
			return err
		}, 3, false},
		{"GetCapability", func(ctx context.Context, c *Client) error {
			_, err := c.GetCapability(ctx, "web_fetch")
			return err
		}, 3, false},
		{"ListModels", func(ctx context.Context, c *Client) error {
			_, err := c.ListModels(ctx, ListModelsRequest{})
			return err
		}, 3, false},
	} {
		t.Run(test.name, func(t *testing.T) { suite.Repeats(t, test.call, test.want, test.wantUnknown) })
	}
}

// TestSettledCreate: after a lost response and a 409 only an agent that has the
// content of the request passes for the one that was to be created.
func TestSettledCreate(t *testing.T) {
	sample := string(readFile(t, "create_response.json"))
	for _, test := range []struct {
		name string
		old  string
		new  string
		same bool
	}{
		{"the same", "", "", true},
		{"config absent", `"config": {},`, "", true},
		{"config null", `"config": {}`, `"config": null`, true},
		{"other config", `"config": {}`, `"config": {"a": 1}`, false},
		{"other name", "Customer Support Agent", "Other", false},
		{"other prompt", "Be polite", "Be rude", false},
		{"other description", "Handles", "Ignores", false},
		{"other model", `"model_0`, `"model_1`, false},
		{"other tags", `"support",`, "", false},
		{"other capability", "web_fetch", "sandbox", false},
		{"archived", `"active"`, `"archived"`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, recorder := suite.Record(t)
				found := sample
				if test.old != "" {
					found = strings.ReplaceAll(sample, test.old, test.new)
				}
				recorder.Answer(502, "").Answer(409, `{"error":"Agent with this ID already exists"}`).Answer(200, found)
				var response agentclients.Response
				agent, err := client.CreateAgent(t.Context(), sampleRequest(), agentclients.CaptureResponse(&response))
				if got := recorder.Last(t); got.Method != "GET" || got.URL != testBaseURL+"/v1/agents/"+testID {
					t.Errorf("looked with %s %s", got.Method, got.URL)
				}
				if test.same {
					if err != nil || agent.ID != testID || !response.Settled || response.Attempts != 3 {
						t.Fatalf("got %v, %v, %+v", agent, err, response)
					}
					return
				}
				if agent != nil || !errors.Is(err, agentclients.ErrConflict) || errors.Is(err, agentclients.ErrOutcomeUnknown) {
					t.Fatalf("got %v, %v", agent, err)
				}
			})
		})
	}
	t.Run("with an extra field that overrides", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client, recorder := suite.Record(t)
			recorder.Answer(502, "").Answer(409, "").Answer(200, strings.ReplaceAll(sample, "Handles", "Ignores"))
			request := sampleRequest()
			request.ExtraFields = map[string]any{"description": "Ignores customer inquiries and support tickets"}
			if _, err := client.CreateAgent(t.Context(), request); err != nil {
				t.Error(err)
			}
		})
	})
}

// TestUnreadableAnswers: a response of 2xx that cannot be read never passes for
// an agent or a list.
func TestUnreadableAnswers(t *testing.T) {
	for _, body := range []string{"", "null", "{}", "[]", `"x"`, "<html></html>", `{"id":`, `{"id":""}`, `{"id":7}`, `{"id":"agent_1"}`} {
		testkit.Unreadable(t, suite, body, true, createSample)
	}
	for _, body := range []string{"", "null", "{}", "[]", `{"data":"x"}`, "<html></html>"} {
		testkit.Unreadable(t, suite, body, false, func(ctx context.Context, c *Client) (*AgentList, error) {
			return c.ListAgents(ctx, ListAgentsRequest{})
		})
		testkit.Unreadable(t, suite, body, false, func(ctx context.Context, c *Client) (*CapabilityList, error) {
			return c.ListCapabilities(ctx)
		})
		testkit.Unreadable(t, suite, body, false, func(ctx context.Context, c *Client) (*CapabilityInfo, error) {
			return c.GetCapability(ctx, "x")
		})
		testkit.Unreadable(t, suite, body, false, func(ctx context.Context, c *Client) (*ModelList, error) {
			return c.ListModels(ctx, ListModelsRequest{})
		})
		testkit.Unreadable(t, suite, body, false, func(ctx context.Context, c *Client) (*string, error) {
			text, err := c.ExportAgent(ctx, testID)
			if text == "" {
				return nil, err
			}
			return &text, err
		})
	}
}

// TestOddAnswersAreRead: one value of an unexpected type does not spoil the
// rest of a response.
func TestOddAnswersAreRead(t *testing.T) {
	for _, sample := range []string{"create_response.json", "agent_with_usage.json"} {
		testkit.SurvivesOddValues(t, readFile(t, sample), decodeAgent, "id")
	}
	testkit.SurvivesOddValues(t, readFile(t, "capability.json"), decodeCapability, "id")
	testkit.SurvivesOddValues(t, []byte(`{"data":[{"id":"a","name":"n"}],"total":1,"offset":0,"limit":20}`), decodeAgentList, "data")
	testkit.SurvivesOddValues(t, []byte(`{"data":[`+string(readFile(t, "model.json"))+`]}`), decodeModelList, "data")
}

func TestNewerAnswersAreRead(t *testing.T) {
	client, recorder := suite.Record(t)
	const body = `{"id":"agt-1","name":7,"status":"deleted","max_iterations":5,"capabilities":[{"ref":"x","config":[1]},{"ref":2}],"created_at":1739181600,"usage":"none"}`
	recorder.Answer(http.StatusOK, body)
	var response agentclients.Response
	agent, err := client.GetAgent(t.Context(), testID, agentclients.CaptureResponse(&response))
	if err != nil {
		t.Fatal(err)
	}
	want := &Agent{
		Capabilities: []Capability{{Ref: "x", Config: json.RawMessage("[1]")}, {Ref: "2"}},
		ID:           "agt-1", Name: "7", Status: "deleted", CreatedAt: "1739181600",
	}
	if diff := cmp.Diff(want, agent, cmpopts.IgnoreFields(Agent{}, "Usage")); diff != "" {
		t.Errorf("agent (-want +got):\n%s", diff)
	}
	if string(response.Body) != body {
		t.Errorf("the raw answer is lost: %s", response.Body)
	}
}

func TestCatalogIsRead(t *testing.T) {
	t.Run("capability", func(t *testing.T) {
		client, recorder := suite.Record(t)
		sample := readFile(t, "capability.json")
		recorder.Answer(200, `{"data":[`+string(sample)+`],"total":1}`).Answer(200, string(sample))
		list, err := client.ListCapabilities(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		one, err := client.GetCapability(t.Context(), "web_fetch")
		if err != nil {
			t.Fatal(err)
		}
		want := CapabilityInfo{
			Category: "network", Dependencies: []string{"session_file_system"}, Description: "Reads a page by its address.",
			Icon: "globe", ID: "web_fetch", Name: "Web fetch", Status: CapabilityAvailable, SystemPrompt: "You can read pages.",
			ToolDefinitions: []json.RawMessage{json.RawMessage(`{"name": "web_fetch", "parameters": {"type": "object"}}`)},
		}
		if diff := cmp.Diff([]CapabilityInfo{want}, list.Capabilities); diff != "" {
			t.Errorf("list (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(&want, one); diff != "" {
			t.Errorf("capability (-want +got):\n%s", diff)
		}
		testkit.EncodesBack(t, sample, one)
	})
	t.Run("model", func(t *testing.T) {
		client, recorder := suite.Record(t)
		sample := readFile(t, "model.json")
		recorder.Answer(200, `{"data":[`+string(sample)+`]}`)
		list, err := client.ListModels(t.Context(), ListModelsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		want := Model{
			Capabilities: []string{"chat", "tools"}, CreatedAt: "2026-01-15T09:00:00Z", DisplayName: "GPT-4o",
			ID: "model_01933b5a000070008000000000000001", IsDefault: true, ModelID: "gpt-4o",
			Profile: &ModelProfile{
				Attachment: true,
				Cost:       &ModelCost{CacheRead: new(1.25), Input: 2.5, Output: 10},
				Family:     "gpt-4o", Knowledge: "2023-10-01", LastUpdated: "2024-08-06",
				Limits:     &ModelLimits{Context: 128000, Output: 16384},
				Modalities: &ModelModalities{Input: []string{"text", "image"}, Output: []string{"text"}},
				Name:       "GPT-4o", Reasoning: true,
				ReasoningEffort: &ReasoningEffort{Default: "medium", Values: []ReasoningEffortValue{{Name: "Low", Value: "low"}, {Name: "Medium", Value: "medium"}}},
				ReleaseDate:     "2024-05-13", StructuredOutput: true, Temperature: true, ToolCall: true,
			},
			ProviderID: "provider_01933b5a000070008000000000000001", ProviderName: "OpenAI", ProviderType: ProviderOpenAI,
			Source: ModelSourcePredefined, Status: ModelActive, UpdatedAt: "2026-01-15T09:00:00Z",
		}
		if diff := cmp.Diff([]Model{want}, list.Models); diff != "" {
			t.Errorf("list (-want +got):\n%s", diff)
		}
		testkit.EncodesBack(t, sample, list.Models[0])
	})
}

func TestAllAgentsFollowsPages(t *testing.T) {
	testkit.Walks(t, suite, func(ctx context.Context, c *Client) iter.Seq2[Agent, error] {
		return c.AllAgents(ctx, ListAgentsRequest{Limit: 2})
	}, agentID, testkit.Walk{
		Answers: []string{`{"data":[{"id":"1"},{"id":"2"}],"total":3,"offset":0,"limit":2}`, `{"data":[{"id":"3"}],"total":3,"offset":2,"limit":2}`},
		IDs:     []string{"1", "2", "3"},
		Queries: []string{"limit=2", "limit=2&offset=2"},
	})
}

func TestAllAgentsStops(t *testing.T) {
	const page = `{"data":[{"id":"1"}],"total":99}`
	testkit.Stops(t, suite, page, func(ctx context.Context, c *Client) iter.Seq2[Agent, error] {
		return c.AllAgents(ctx, ListAgentsRequest{})
	})
	t.Run("after a list without pages", func(t *testing.T) {
		client, recorder := suite.Record(t)
		recorder.Answer(200, `{"data":[{"id":"1"},{"id":"2"}]}`)
		items := 0
		for range client.AllAgents(t.Context(), ListAgentsRequest{Limit: 2}) {
			items++
		}
		if items != 2 || len(recorder.Requests) != 1 {
			t.Errorf("%d items, %d requests", items, len(recorder.Requests))
		}
	})
	t.Run("after an empty page", func(t *testing.T) {
		client, recorder := suite.Record(t)
		recorder.Answer(200, page).Answer(200, `{"data":[],"total":99}`)
		items := 0
		for _, err := range client.AllAgents(t.Context(), ListAgentsRequest{}) {
			if err != nil {
				t.Error(err)
			}
			items++
		}
		if items != 1 || len(recorder.Requests) != 2 {
			t.Errorf("%d items, %d requests", items, len(recorder.Requests))
		}
	})
}
