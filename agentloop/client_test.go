package agentloop

import (
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

const (
	testKey     = "evr_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	testBaseURL = "https://app.everruns.com/api"
	testID      = "agent_01933b5a000070008000000000000001"
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
	Provider: "agentloop",
	BaseURL:  testBaseURL,
	Header:   map[string]string{"Authorization": testKey},
	New:      newTestClient,
}

func readFile(t testing.TB, name string) []byte { return testkit.ReadFile(t, name) }

func TestNewClientReportsEveryProblem(t *testing.T) {
	t.Setenv("EVERRUNS_API_KEY", "")
	t.Setenv("EVERRUNS_API_URL", "app.everruns.com/api")
	_, err := NewClient(Config{Options: agentclients.Options{MaxResponseBytes: -1}})
	testkit.ReportsProblems(t, err, "APIKey", "EVERRUNS_API_KEY", "BaseURL", "MaxResponseBytes")
}

func TestNewClientReadsTheEnvironment(t *testing.T) {
	t.Setenv("EVERRUNS_API_KEY", testKey)
	for _, base := range []struct{ env, want string }{
		{"", testBaseURL},
		{"http://localhost:9000", "http://localhost:9000"},
		{"http://localhost:9000/api/", "http://localhost:9000/api"},
	} {
		t.Setenv("EVERRUNS_API_URL", base.env)
		recorder := testkit.NewRecorder(t).Answer(200, `{"data":[]}`)
		client, err := NewClient(Config{Options: agentclients.Options{HTTPClient: recorder.Client()}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.ListAgents(t.Context(), ListAgentsRequest{}); err != nil {
			t.Fatal(err)
		}
		request := recorder.Last(t)
		if request.Header["Authorization"] != testKey || request.URL != base.want+"/v1/agents" {
			t.Errorf("request went out as %+v", request)
		}
	}
}

func TestBearer(t *testing.T) {
	recorder := testkit.NewRecorder(t).Answer(200, `{"data":[]}`)
	client, err := NewClient(Config{APIKey: testKey, Bearer: true, Options: agentclients.Options{BaseURL: testBaseURL, HTTPClient: recorder.Client()}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.ListAgents(t.Context(), ListAgentsRequest{}); err != nil {
		t.Fatal(err)
	}
	if got := recorder.Last(t).Header["Authorization"]; got != "Bearer "+testKey {
		t.Errorf("Authorization is %q", got)
	}
}

func TestNothingPrintsTheKey(t *testing.T) {
	config := Config{APIKey: testKey, Options: agentclients.Options{BaseURL: testBaseURL}}
	client := newTestClient(t, agentclients.Options{})
	testkit.Hides(t, testKey, config, &config, client, *client)
}

func TestOrganization(t *testing.T) {
	for _, test := range []struct{ field, env, want string }{
		{"", "", ""}, {"", "org_env", "org_env"}, {"org_1", "org_env", "org_1"},
	} {
		t.Setenv("EVERRUNS_ORG_ID", test.env)
		recorder := testkit.NewRecorder(t).Answer(200, `{"data":[]}`)
		client, err := NewClient(Config{APIKey: testKey, OrganizationID: test.field, Options: agentclients.Options{BaseURL: testBaseURL, HTTPClient: recorder.Client()}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.ListAgents(t.Context(), ListAgentsRequest{}); err != nil {
			t.Fatal(err)
		}
		if got, sent := recorder.Last(t).Header["X-Org-Id"]; got != test.want || sent != (test.want != "") {
			t.Errorf("%+v: X-Org-Id is %q", test, got)
		}
	}
}
