package orq

import (
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

const (
	testKey     = "sk-orq-key1-0123456789abcdef"
	testBaseURL = "https://orq.example.com"
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
	Provider: "orq",
	BaseURL:  testBaseURL,
	Header:   map[string]string{"Authorization": "Bearer " + testKey},
	New:      newTestClient,
}

func readFile(t testing.TB, name string) []byte { return testkit.ReadFile(t, name) }

func TestNewClientReportsEveryProblem(t *testing.T) {
	t.Setenv("ORQ_API_KEY", "")
	t.Setenv("ORQ_BASE_URL", "")
	_, err := NewClient(Config{Options: agentclients.Options{BaseURL: "ftp://x", MaxResponseBytes: -1}})
	testkit.ReportsProblems(t, err, "APIKey", "ORQ_API_KEY", "BaseURL", "MaxResponseBytes")
}

func TestNewClientReadsTheEnvironment(t *testing.T) {
	for _, test := range []struct{ env, given, want string }{
		{"", "", "https://api.orq.ai/v2/agents/"},
		{testBaseURL + "/", "", testBaseURL + "/v2/agents/"},
		{testBaseURL, "https://given.example.com/proxy", "https://given.example.com/proxy/v2/agents/"},
	} {
		t.Setenv("ORQ_API_KEY", testKey)
		t.Setenv("ORQ_BASE_URL", test.env)
		recorder := testkit.NewRecorder(t).Answer(200, `{"object":"list","data":[],"has_more":false}`)
		client, err := NewClient(Config{Options: agentclients.Options{BaseURL: test.given, HTTPClient: recorder.Client()}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.ListAgents(t.Context(), ListAgentsRequest{}); err != nil {
			t.Fatal(err)
		}
		request := recorder.Last(t)
		if request.Header["Authorization"] != "Bearer "+testKey || request.URL != test.want {
			t.Errorf("request went out as %+v", request)
		}
	}
}

func TestNothingPrintsTheKey(t *testing.T) {
	config := Config{APIKey: testKey, Options: agentclients.Options{BaseURL: testBaseURL}}
	client := newTestClient(t, agentclients.Options{})
	testkit.Hides(t, testKey, config, &config, client, *client)
}
