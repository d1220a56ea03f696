package phoneagents

import (
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

const (
	testKey     = "sk_live_0123456789abcdef"
	testBaseURL = "https://phone.example.com/v1"
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
	Provider: "phoneagents",
	BaseURL:  testBaseURL,
	Header:   map[string]string{"X-Api-Key": testKey},
	New:      newTestClient,
}

func readFile(t testing.TB, name string) []byte { return testkit.ReadFile(t, name) }

func TestNewClientReportsEveryProblem(t *testing.T) {
	t.Setenv("PHONEAGENTS_API_KEY", "")
	t.Setenv("PHONEAGENTS_BASE_URL", "")
	_, err := NewClient(Config{Options: agentclients.Options{MaxResponseBytes: -1}})
	testkit.ReportsProblems(t, err, "APIKey", "PHONEAGENTS_API_KEY", "BaseURL", "PHONEAGENTS_BASE_URL", "MaxResponseBytes")
}

func TestNewClientReadsTheEnvironment(t *testing.T) {
	t.Setenv("PHONEAGENTS_API_KEY", testKey)
	t.Setenv("PHONEAGENTS_BASE_URL", testBaseURL)
	recorder := testkit.NewRecorder(t).Answer(200, `{"agents":[]}`)
	client, err := NewClient(Config{Options: agentclients.Options{HTTPClient: recorder.Client()}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.ListAgents(t.Context(), "usr_abc123", ListAgentsRequest{}); err != nil {
		t.Fatal(err)
	}
	request := recorder.Last(t)
	if request.Header["X-Api-Key"] != testKey || request.URL != testBaseURL+"/users/usr_abc123/agents" {
		t.Errorf("request went out as %+v", request)
	}
}

func TestNothingPrintsTheKey(t *testing.T) {
	config := Config{APIKey: testKey, Options: agentclients.Options{BaseURL: testBaseURL}}
	client := newTestClient(t, agentclients.Options{})
	number := AddPhoneNumberRequest{Platform: PlatformWhatsApp, AccessToken: testKey, ExtraFields: map[string]any{"app_secret": testKey}}
	testkit.Hides(t, testKey, config, &config, client, *client, number, &number)
}
