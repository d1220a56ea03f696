package orq

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
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

// newRecordedClient returns a client whose requests go to a Recorder.
func newRecordedClient(t testing.TB) (*Client, *testkit.Recorder) {
	t.Helper()
	recorder := testkit.NewRecorder(t)
	return newTestClient(t, agentclients.Options{HTTPClient: recorder.Client()}), recorder
}

func readFile(t testing.TB, name string) []byte { return testkit.ReadFile(t, name) }

func TestNewClientReportsEveryProblem(t *testing.T) {
	t.Setenv("ORQ_API_KEY", "")
	t.Setenv("ORQ_BASE_URL", "")
	_, err := NewClient(Config{Options: agentclients.Options{BaseURL: "ftp://x", MaxResponseBytes: -1}})
	if !errors.Is(err, agentclients.ErrInvalidRequest) {
		t.Fatalf("error %v is not ErrInvalidRequest", err)
	}
	for _, want := range []string{"APIKey", "ORQ_API_KEY", "BaseURL", "MaxResponseBytes"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error does not name %s: %v", want, err)
		}
	}
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
	var logged strings.Builder
	logger := slog.New(slog.NewJSONHandler(&logged, nil))
	logger.Info("all", "config", config, "client", client)
	slog.New(slog.NewTextHandler(&logged, nil)).Info("all", "config", config, "client", client)
	texts := []string{logged.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		texts = append(texts, fmt.Sprintf(verb, config), fmt.Sprintf(verb, &config), fmt.Sprintf(verb, client),
			fmt.Sprintf(verb, *client))
	}
	for _, text := range texts {
		if strings.Contains(text, testKey) || strings.Contains(text, fmt.Sprintf("%x", testKey)) {
			t.Errorf("the key is in %s", text)
		}
	}
}
