package xpander

import (
	"fmt"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

const (
	testKey     = "sk_live_0123456789abcdef"
	testBaseURL = "https://xpander.example.com"
)

func newTestClient(t testing.TB, options agentclients.Options) *Client {
	t.Helper()
	if options.BaseURL == "" {
		options.BaseURL = testBaseURL
	}
	client, err := NewClient(Config{APIKey: testKey, Options: options})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

var suite = testkit.Suite[*Client]{
	Provider: "xpander",
	BaseURL:  testBaseURL,
	Header:   map[string]string{"X-Api-Key": testKey},
	New:      newTestClient,
}

func readFile(t testing.TB, name string) []byte { return testkit.ReadFile(t, name) }

func TestNewClientReportsEveryProblem(t *testing.T) {
	t.Setenv("XPANDER_API_KEY", "")
	t.Setenv("XPANDER_BASE_URL", "ftp://xpander.example.com")
	_, err := NewClient(Config{OrganizationID: "org\n", Options: agentclients.Options{MaxResponseBytes: -1}})
	testkit.ReportsProblems(t, err, "APIKey", "XPANDER_API_KEY", "BaseURL", "OrganizationID", "MaxResponseBytes")
}

func TestNewClientReadsTheEnvironment(t *testing.T) {
	t.Setenv("XPANDER_API_KEY", testKey)
	t.Setenv("XPANDER_BASE_URL", testBaseURL)
	for _, organization := range []string{"", "91fbe9bc-35b3-41e8-b59d-922fb5a0f031"} {
		t.Setenv("XPANDER_ORGANIZATION_ID", organization)
		recorder := testkit.NewRecorder(t).Answer(200, `{"items":[]}`)
		client, err := NewClient(Config{Options: agentclients.Options{HTTPClient: recorder.Client()}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.ListAgents(t.Context(), ListAgentsRequest{}); err != nil {
			t.Fatal(err)
		}
		request := recorder.Last(t)
		if request.Header["X-Api-Key"] != testKey || request.URL != testBaseURL+"/v1/agents" {
			t.Errorf("request went out as %+v", request)
		}
		if got, sent := request.Header["X-Organization-Id"]; got != organization || sent != (organization != "") {
			t.Errorf("organization %q was sent as %q (%v)", organization, got, sent)
		}
	}
}

func TestOrganizationOfTheConfig(t *testing.T) {
	t.Setenv("XPANDER_ORGANIZATION_ID", "of the environment")
	recorder := testkit.NewRecorder(t).Answer(200, `{"items":[]}`)
	client, err := NewClient(Config{APIKey: testKey, OrganizationID: "org_1", Options: agentclients.Options{BaseURL: testBaseURL, HTTPClient: recorder.Client()}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.ListAgents(t.Context(), ListAgentsRequest{}); err != nil {
		t.Fatal(err)
	}
	if got := recorder.Last(t).Header["X-Organization-Id"]; got != "org_1" {
		t.Errorf("sent %q", got)
	}
}

func TestBaseURLForms(t *testing.T) {
	t.Setenv("XPANDER_BASE_URL", "")
	for base, want := range map[string]string{
		"":                             "https://api.xpander.ai/v1/agents",
		"https://api.xpander.ai":       "https://api.xpander.ai/v1/agents",
		"https://api.xpander.ai/":      "https://api.xpander.ai/v1/agents",
		"https://api.xpander.ai/v1":    "https://api.xpander.ai/v1/agents",
		"https://api.xpander.ai/v1/":   "https://api.xpander.ai/v1/agents",
		"api.stg.xpander.ai":           "https://api.stg.xpander.ai/v1/agents",
		"api.stg.xpander.ai/v1/":       "https://api.stg.xpander.ai/v1/agents",
		"localhost:8443/xpander":       "https://localhost:8443/xpander/v1/agents",
		"http://127.0.0.1:8080/a/":     "http://127.0.0.1:8080/a/v1/agents",
		"https://gateway.example/v1/x": "https://gateway.example/v1/x/v1/agents",
		"https://v1":                   "https://v1/v1/agents",
		"https://api.xpander.ai/av1":   "https://api.xpander.ai/av1/v1/agents",
	} {
		recorder := testkit.NewRecorder(t).Answer(200, `{"items":[]}`)
		client, err := NewClient(Config{APIKey: testKey, Options: agentclients.Options{BaseURL: base, HTTPClient: recorder.Client()}})
		if err != nil {
			t.Errorf("%q: %v", base, err)
			continue
		}
		if _, err := client.ListAgents(t.Context(), ListAgentsRequest{}); err != nil {
			t.Errorf("%q: %v", base, err)
		}
		if got := recorder.Last(t).URL; got != want {
			t.Errorf("%q asks %s, not %s", base, got, want)
		}
	}
}

// TestNothingPrintsTheKey covers every secret: the key, the headers for
// gateways, and what an agent's configuration may hold.
func TestNothingPrintsTheKey(t *testing.T) {
	config := Config{APIKey: testKey, Options: agentclients.Options{BaseURL: testBaseURL}}
	client := newTestClient(t, agentclients.Options{})
	create := CreateAgentRequest{
		Name:            "n",
		LLMExtraHeaders: Secrets{"X-Gateway": testKey},
		ExtraFields:     map[string]any{"llm_credentials": map[string]string{"value": testKey}},
	}
	update := UpdateAgentRequest{ExtraFields: create.ExtraFields}
	agent := Agent{
		ID:                  "a",
		LLMExtraHeaders:     Secrets{"X-Gateway": testKey},
		LLMCredentials:      &LLMCredentials{Name: "n", Value: testKey},
		ConnectivityDetails: ConnectivityDetails{AuthValue: testKey, CurlCommand: "curl -H 'x: " + testKey + "'", Raw: []byte(`{"auth_value":"` + testKey + `"}`)},
		Graph: []GraphItem{{Settings: &GraphItemSettings{MCPSettings: &MCPSettings{
			APIKey: testKey, ClientSecret: testKey, Headers: Secrets{"a": testKey}, EnvVars: Secrets{"b": testKey},
		}}}},
	}
	testkit.Hides(t, testKey,
		config, &config, client, *client, create, &create, update, &update, agent, &agent, AgentList{Agents: []Agent{agent}},
		*agent.LLMCredentials, agent.LLMCredentials, agent.ConnectivityDetails, &agent.ConnectivityDetails,
		*agent.Graph[0].Settings.MCPSettings, agent.Graph[0].Settings.MCPSettings, agent.LLMExtraHeaders, Secret(testKey))
	testkit.HidesInText(t, testKey,
		agent.Graph, agent.Graph[0].Settings, []*Agent{&agent}, map[string]any{"a": &agent},
		struct {
			A *Agent
			L *AgentList
			C *CreateAgentRequest
			U *UpdateAgentRequest
			D *ConnectivityDetails
			G *GraphItem
			S *GraphItemSettings
			M *MCPSettings
			K *LLMCredentials
		}{&agent, &AgentList{Agents: []Agent{agent}}, &create, &update, &agent.ConnectivityDetails,
			&agent.Graph[0], agent.Graph[0].Settings, agent.Graph[0].Settings.MCPSettings, agent.LLMCredentials})
	if got := fmt.Sprint(create.LLMExtraHeaders); got != "map[X-Gateway:[redacted]]" {
		t.Errorf("the names of headers print as %s", got)
	}
}
