package phoneagents

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

// newRecordedClient returns a client whose requests go to a Recorder.
func newRecordedClient(t testing.TB) (*Client, *testkit.Recorder) {
	t.Helper()
	recorder := testkit.NewRecorder(t)
	return newTestClient(t, agentclients.Options{HTTPClient: recorder.Client()}), recorder
}

func readFile(t testing.TB, name string) []byte { return testkit.ReadFile(t, name) }

func TestNewClientReportsEveryProblem(t *testing.T) {
	t.Setenv("PHONEAGENTS_API_KEY", "")
	t.Setenv("PHONEAGENTS_BASE_URL", "")
	_, err := NewClient(Config{Options: agentclients.Options{MaxResponseBytes: -1}})
	if !errors.Is(err, agentclients.ErrInvalidRequest) {
		t.Fatalf("error %v is not ErrInvalidRequest", err)
	}
	for _, want := range []string{"APIKey", "PHONEAGENTS_API_KEY", "BaseURL", "PHONEAGENTS_BASE_URL", "MaxResponseBytes"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error does not name %s: %v", want, err)
		}
	}
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
	var logged strings.Builder
	logger := slog.New(slog.NewJSONHandler(&logged, nil))
	logger.Info("all", "config", config, "client", client, "number", number)
	slog.New(slog.NewTextHandler(&logged, nil)).Info("all", "config", config, "client", client, "number", number)
	texts := []string{logged.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		texts = append(texts, fmt.Sprintf(verb, config), fmt.Sprintf(verb, &config), fmt.Sprintf(verb, client),
			fmt.Sprintf(verb, *client), fmt.Sprintf(verb, number), fmt.Sprintf(verb, &number))
	}
	for _, text := range texts {
		if strings.Contains(text, testKey) || strings.Contains(text, fmt.Sprintf("%x", testKey)) {
			t.Errorf("the key is in %s", text)
		}
	}
}
