package omniflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

func sampleRequest() CreateAgentRequest {
	return CreateAgentRequest{Name: "ExampleOmniFlowAgent", LLMModel: "gpt-4o-mini"}
}

func sampleAgent() *Agent {
	return &Agent{
		WorkspaceID: "01a0sda156scx5f8",
		UserID:      "01a0sda156scx5f8",
		Name:        "ExampleOmniFlowAgent",
		LLMModel:    "gpt-4o-mini",
		Status:      StatusReady,
		CreatedAt:   "2025-01-19T03:18:22.604Z",
		UpdatedAt:   "2025-01-19T03:18:22.604Z",
	}
}

// createSample creates the documented agent.
func createSample(ctx context.Context, c *Client) (*Agent, error) {
	return c.CreateAgent(ctx, sampleRequest())
}

func TestCreateAgentSendsTheDocumentedRequest(t *testing.T) {
	testkit.Documented(t, suite, createSample, "/v1/api/omni-flow-agents",
		readFile(t, "create_request.json"), readFile(t, "create_response.json"), sampleAgent())
}

func TestAgentEncodesBackToTheSample(t *testing.T) {
	full := `{"_id":"674b9687d56a35c024db9cce","workspaceId":"w","userId":"u","name":"n","llmModel":"gpt-4o",
		"phoneNumberId":{"_id":"p","number":"+1"},"status":"paused","createdAt":"2025-01-19T03:18:22Z",
		"updatedAt":"2025-01-19T03:18:22Z","settings":{"customSetting":"value","big":12345678901234567890},"messageChannel":"SMS"}`
	for _, sample := range [][]byte{readFile(t, "create_response.json"), []byte(full)} {
		agent, err := decodeAgent(sample)
		if err != nil {
			t.Fatal(err)
		}
		testkit.EncodesBack(t, sample, agent)
	}
}

// TestRequests checks what every other method sends.
func TestRequests(t *testing.T) {
	agent := string(readFile(t, "create_response.json"))
	for _, test := range []struct {
		name   string
		answer string
		call   func(context.Context, *Client) error
		want   string // method, URL below the base, body
	}{
		{"GetAgent", agent, func(ctx context.Context, c *Client) error {
			_, err := c.GetAgent(ctx, "674b9687d56a35c024db9cce")
			return err
		}, "GET /v1/api/omni-flow-agents/674b9687d56a35c024db9cce "},
		{"GetAgent escapes", agent, func(ctx context.Context, c *Client) error {
			_, err := c.GetAgent(ctx, "a/b ?c#%2e")
			return err
		}, "GET /v1/api/omni-flow-agents/a%2Fb%20%3Fc%23%252e "},
		{"ListAgents", "[]", func(ctx context.Context, c *Client) error {
			_, err := c.ListAgents(ctx)
			return err
		}, "GET /v1/api/omni-flow-agents "},
		{"UpdateAgent", agent, func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "a", UpdateAgentRequest{Name: new("New")})
			return err
		}, `PUT /v1/api/omni-flow-agents/a {"name":"New"}`},
		{"UpdateAgent with everything", agent, func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "a", UpdateAgentRequest{
				Name: new("New"), LLMModel: new("gpt-4o"),
				TTSModel: &TTSModel{Provider: new("elevenlabs"), VoiceID: new("v1")},
				Settings: map[string]any{"delay": 5},
			})
			return err
		}, `PUT /v1/api/omni-flow-agents/a {"name":"New","llmModel":"gpt-4o","ttsModel":{"provider":"elevenlabs","voiceId":"v1"},"settings":{"delay":5}}`},
		{"UpdateAgent with zero values", agent, func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "a", UpdateAgentRequest{TTSModel: &TTSModel{}, Settings: map[string]any{}})
			return err
		}, `PUT /v1/api/omni-flow-agents/a {"ttsModel":{},"settings":{}}`},
		{"UpdateAgent with null", agent, func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "a", UpdateAgentRequest{ExtraFields: map[string]any{"note": nil}})
			return err
		}, `PUT /v1/api/omni-flow-agents/a {"note":null}`},
		{"CreateAgent without a model", agent, func(ctx context.Context, c *Client) error {
			_, err := c.CreateAgent(ctx, CreateAgentRequest{Name: "n"})
			return err
		}, `POST /v1/api/omni-flow-agents {"name":"n","llmModel":"gpt-4o-mini"}`},
		{"CreateAgent with settings", agent, func(ctx context.Context, c *Client) error {
			_, err := c.CreateAgent(ctx, CreateAgentRequest{Name: "n", LLMModel: "gpt-4o-enterprise", Settings: map[string]any{}})
			return err
		}, `POST /v1/api/omni-flow-agents {"name":"n","llmModel":"gpt-4o-enterprise","settings":{}}`},
		{"CreateAgent with extra fields", agent, func(ctx context.Context, c *Client) error {
			request := sampleRequest()
			request.ExtraFields = map[string]any{"name": "Other <&>", "voice": nil}
			_, err := c.CreateAgent(ctx, request)
			return err
		}, `POST /v1/api/omni-flow-agents {"name":"Other <&>","llmModel":"gpt-4o-mini","voice":null}`},
	} {
		t.Run(test.name, func(t *testing.T) { suite.Sends(t, test.answer, test.call, test.want) })
	}
}

func TestRefusedBeforeSending(t *testing.T) {
	for _, test := range []struct {
		name string
		call func(context.Context, *Client) error
		want []string // wire names
	}{
		{"CreateAgent", func(ctx context.Context, c *Client) error {
			_, err := c.CreateAgent(ctx, CreateAgentRequest{})
			return err
		}, []string{"name"}},
		{"GetAgent without an id", func(ctx context.Context, c *Client) error {
			_, err := c.GetAgent(ctx, "")
			return err
		}, []string{"agentId"}},
		{"GetAgent", func(ctx context.Context, c *Client) error {
			_, err := c.GetAgent(ctx, "..")
			return err
		}, []string{"agentId"}},
		{"UpdateAgent", func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "a", UpdateAgentRequest{})
			return err
		}, []string{""}},
		{"UpdateAgent with empty fields", func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "a", UpdateAgentRequest{Name: new(""), LLMModel: new("")})
			return err
		}, []string{"name", "llmModel"}},
		{"UpdateAgent without an id", func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "", UpdateAgentRequest{Name: new("n")})
			return err
		}, []string{"agentId"}},
		{"unsendable settings", func(ctx context.Context, c *Client) error {
			_, err := c.CreateAgent(ctx, CreateAgentRequest{Name: "n", Settings: map[string]any{"f": func() {}}})
			return err
		}, []string{"body"}},
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

// TestRateLimit: the body names the time when requests are taken again, and no
// header does.
func TestRateLimit(t *testing.T) {
	limited := func(wait time.Duration) string {
		body := string(readFile(t, "error_429.json"))
		return strings.Replace(body, "2025-01-19T03:19:22Z", time.Now().Add(wait).UTC().Format(time.RFC3339), 1)
	}
	t.Run("a short wait is sat out", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client, recorder := suite.Record(t)
			recorder.Answer(429, limited(45*time.Second)).Answer(200, string(readFile(t, "create_response.json")))
			start := time.Now()
			if _, err := client.CreateAgent(t.Context(), sampleRequest()); err != nil {
				t.Fatal(err)
			}
			if waited := time.Since(start); waited < 45*time.Second || waited > 46*time.Second || len(recorder.Requests) != 2 {
				t.Errorf("%d requests after %v", len(recorder.Requests), waited)
			}
		})
	})
	t.Run("a long one is reported", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client, recorder := suite.Record(t)
			recorder.Answer(429, limited(time.Hour))
			_, err := client.CreateAgent(t.Context(), sampleRequest())
			var e *agentclients.Error
			if !errors.As(err, &e) || !errors.Is(err, agentclients.ErrRateLimited) || errors.Is(err, agentclients.ErrOutcomeUnknown) {
				t.Fatalf("error %v", err)
			}
			want := agentclients.Error{Code: "rate_limit_exceeded", Message: "Too many requests. Please try again in 60 seconds.", RetryAfter: time.Hour}
			if diff := cmp.Diff(want, agentclients.Error{Code: e.Code, Message: e.Message, RetryAfter: e.RetryAfter}); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	})
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
		}, 1, true},
		{"GetAgent", func(ctx context.Context, c *Client) error {
			_, err := c.GetAgent(ctx, "a")
			return err
		}, 3, false},
		{"ListAgents", func(ctx context.Context, c *Client) error {
			_, err := c.ListAgents(ctx)
			return err
		}, 3, false},
		{"UpdateAgent", func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "a", UpdateAgentRequest{Name: new("n")})
			return err
		}, 3, false},
	} {
		t.Run(test.name, func(t *testing.T) { suite.Repeats(t, test.call, test.want, test.wantUnknown) })
	}
}

// TestUnreadableAnswers: a response of 2xx that cannot be read never passes for
// an agent or a list.
func TestUnreadableAnswers(t *testing.T) {
	for _, body := range []string{"", "null", "{}", "[]", `"x"`, "<html></html>", `{"name":`, `{"name":true}`, `{"_id":""}`} {
		testkit.Unreadable(t, suite, body, true, createSample)
	}
	for _, body := range []string{"", "{}", `"x"`, "<html></html>", "[{", `{"data":[]}`} {
		testkit.Unreadable(t, suite, body, false, func(ctx context.Context, c *Client) (*AgentList, error) {
			return c.ListAgents(ctx)
		})
	}
}

// TestAgentID: the API has three names for the id, and does not always send
// it.
func TestAgentID(t *testing.T) {
	for body, want := range map[string]string{
		`{"name":"n","_id":"a","id":"b","agentId":"c"}`: "a",
		`{"name":"n","id":"b","agentId":"c"}`:           "b",
		`{"name":"n","agentId":"c"}`:                    "c",
		`{"name":"n"}`:                                  "",
		`{"name":"n","_id":7}`:                          "7",
		`{"name":"n","_id":true}`:                       "",
		`{"_id":"a"}`:                                   "a",
	} {
		client, recorder := suite.Record(t)
		recorder.Answer(http.StatusOK, body).Answer(http.StatusOK, "["+body+"]")
		agent, err := client.GetAgent(t.Context(), "x")
		if err != nil {
			t.Fatal(err)
		}
		list, err := client.ListAgents(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if agent.ID != want || list.Agents[0].ID != want {
			t.Errorf("%s: ids %q and %q, not %q", body, agent.ID, list.Agents[0].ID, want)
		}
	}
}

func TestReference(t *testing.T) {
	for _, test := range []struct {
		sent     string
		want     Reference
		assigned bool
	}{
		{`null`, Reference{}, false},
		{`"pn_1"`, Reference{ID: "pn_1"}, true},
		{`""`, Reference{Raw: json.RawMessage(`""`)}, false},
		{`{}`, Reference{Raw: json.RawMessage(`{}`)}, true},
		{`{"_id":"pn_1","sid":7}`, Reference{ID: "pn_1", Raw: json.RawMessage(`{"_id":"pn_1","sid":7}`)}, true},
		{`{"id":"pn_2"}`, Reference{ID: "pn_2", Raw: json.RawMessage(`{"id":"pn_2"}`)}, true},
		{`7`, Reference{ID: "7", Raw: json.RawMessage(`7`)}, true},
		{`[]`, Reference{Raw: json.RawMessage(`[]`)}, false},
	} {
		got := Reference{ID: "old", Raw: json.RawMessage(`"old"`)}
		if err := json.Unmarshal([]byte(test.sent), &got); err != nil {
			t.Errorf("%s: %v", test.sent, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.sent, diff)
		}
		if got.Assigned() != test.assigned {
			t.Errorf("%s: Assigned is %v", test.sent, got.Assigned())
		}
		if again, err := json.Marshal(got); err != nil || string(again) != test.sent {
			t.Errorf("%s came back as %s, %v", test.sent, again, err)
		}
	}
}

// TestOddAnswersAreRead: one value of an unexpected type does not spoil the
// rest of a response.
func TestOddAnswersAreRead(t *testing.T) {
	testkit.SurvivesOddValues(t, readFile(t, "create_response.json"), decodeAgent, "name")
	testkit.SurvivesOddValues(t, []byte(`{"_id":"a","settings":{"x":[1]},"phoneNumberId":{"_id":"p"},"messageChannel":"SMS"}`), decodeAgent, "_id")
	testkit.SurvivesOddValues(t, []byte(`[{"_id":"a","name":"n"}]`), decodeAgentList)
}

func TestNewerAnswersAreRead(t *testing.T) {
	client, recorder := suite.Record(t)
	const body = `{"_id":"a","name":7,"status":"paused","__v":0,"nested":{"x":[1]},"createdAt":1737256702604}`
	recorder.Answer(http.StatusOK, body)
	var response agentclients.Response
	agent, err := client.GetAgent(t.Context(), "a", agentclients.CaptureResponse(&response))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&Agent{ID: "a", Name: "7", Status: "paused", CreatedAt: "1737256702604"}, agent); diff != "" {
		t.Errorf("agent (-want +got):\n%s", diff)
	}
	if string(response.Body) != body {
		t.Errorf("the raw answer is lost: %s", response.Body)
	}
	if moment, err := agent.CreatedAt.Time(); err != nil || fmt.Sprint(moment.Year()) != "2025" {
		t.Errorf("created at %v, %v", moment, err)
	}
}
