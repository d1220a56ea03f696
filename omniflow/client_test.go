package omniflow

import (
	"fmt"
	"strings"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

const (
	testKey       = "tk_0123456789abcdef0123456789abcdef"
	testWorkspace = "01a0sda156scx5f8"
	testBaseURL   = "https://api.trillet.ai"
)

func newTestClient(t testing.TB, options agentclients.Options) *Client {
	t.Helper()
	if options.BaseURL == "" {
		options.BaseURL = testBaseURL
	}
	client, err := NewClient(Config{APIKey: testKey, WorkspaceID: testWorkspace, Options: options})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

var suite = testkit.Suite[*Client]{
	Provider: "omniflow",
	BaseURL:  testBaseURL,
	Header:   map[string]string{"X-Api-Key": testKey, "X-Workspace-Id": testWorkspace},
	New:      newTestClient,
}

func readFile(t testing.TB, name string) []byte { return testkit.ReadFile(t, name) }

func TestNewClientReportsEveryProblem(t *testing.T) {
	t.Setenv("OMNIFLOW_API_KEY", "")
	t.Setenv("OMNIFLOW_WORKSPACE_ID", "")
	t.Setenv("OMNIFLOW_BASE_URL", "ftp://api.trillet.ai")
	_, err := NewClient(Config{Options: agentclients.Options{MaxResponseBytes: -1}})
	testkit.ReportsProblems(t, err, "APIKey", "OMNIFLOW_API_KEY", "WorkspaceID", "OMNIFLOW_WORKSPACE_ID", "BaseURL", "MaxResponseBytes")
}

func TestNewClientReadsTheEnvironment(t *testing.T) {
	t.Setenv("OMNIFLOW_API_KEY", testKey)
	t.Setenv("OMNIFLOW_WORKSPACE_ID", testWorkspace)
	for _, base := range []struct{ env, want string }{
		{"", testBaseURL},
		{"https://proxy.example.com/trillet/", "https://proxy.example.com/trillet"},
	} {
		t.Setenv("OMNIFLOW_BASE_URL", base.env)
		recorder := testkit.NewRecorder(t).Answer(200, `[]`)
		client, err := NewClient(Config{Options: agentclients.Options{HTTPClient: recorder.Client()}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.ListAgents(t.Context()); err != nil {
			t.Fatal(err)
		}
		request := recorder.Last(t)
		if request.Header["X-Api-Key"] != testKey || request.Header["X-Workspace-Id"] != testWorkspace ||
			request.URL != base.want+"/v1/api/omni-flow-agents" {
			t.Errorf("request went out as %+v", request)
		}
	}
}

func TestNothingPrintsTheKey(t *testing.T) {
	config := Config{APIKey: testKey, WorkspaceID: testWorkspace, Options: agentclients.Options{BaseURL: testBaseURL}}
	client := newTestClient(t, agentclients.Options{})
	testkit.Hides(t, testKey, config, &config, client, *client)
	if text := fmt.Sprintf("%+v", config); !strings.Contains(text, testWorkspace) {
		t.Errorf("the workspace, which is no secret, is not in %s", text)
	}
}

func TestAnotherWorkspaceForOneCall(t *testing.T) {
	client, recorder := suite.Record(t)
	recorder.Answer(200, `[]`).Answer(200, `[]`)
	for _, test := range []struct {
		options []agentclients.CallOption
		want    string
	}{
		{[]agentclients.CallOption{agentclients.WithHeader("x-workspace-id", "other")}, "other"},
		{nil, testWorkspace},
	} {
		if _, err := client.ListAgents(t.Context(), test.options...); err != nil {
			t.Fatal(err)
		}
		if got := recorder.Last(t).Header["X-Workspace-Id"]; got != test.want {
			t.Errorf("asked workspace %q, not %q", got, test.want)
		}
	}
}

// The vendor's own variables are read if ours are not set.
func TestNewClientReadsTheVendorsVariables(t *testing.T) {
	t.Setenv("OMNIFLOW_API_KEY", "")
	t.Setenv("OMNIFLOW_WORKSPACE_ID", "")
	t.Setenv("TRILLET_API_KEY", testKey)
	t.Setenv("TRILLET_WORKSPACE_ID", testWorkspace)
	recorder := testkit.NewRecorder(t).Answer(200, `[]`)
	client, err := NewClient(Config{Options: agentclients.Options{HTTPClient: recorder.Client()}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.ListAgents(t.Context()); err != nil {
		t.Fatal(err)
	}
	if header := recorder.Last(t).Header; header["X-Api-Key"] != testKey || header["X-Workspace-Id"] != testWorkspace {
		t.Errorf("sent %v", header)
	}

	t.Setenv("TRILLET_API_KEY", "bad\nkey")
	_, err = NewClient(Config{})
	testkit.ReportsProblems(t, err, "APIKey", "TRILLET_API_KEY")
}
