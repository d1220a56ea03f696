package phoneagents

import (
	"context"
	"iter"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

func sampleRequest() CreateAgentRequest {
	return CreateAgentRequest{PhoneNumberID: "pn_abc123", PromptID: "prompt_xyz789", Name: "Customer Support Agent"}
}

func sampleAgent() *Agent {
	return &Agent{
		ID:            "agt_xyz789",
		UserID:        "usr_abc123",
		PhoneNumberID: "pn_abc123",
		PromptID:      "prompt_xyz789",
		Name:          "Customer Support Agent",
		CreatedAt:     "2025-02-10T10:00:00Z",
		UpdatedAt:     "2025-02-10T10:00:00Z",
	}
}

// createSample creates the documented agent.
func createSample(ctx context.Context, c *Client) (*Agent, error) {
	return c.CreateAgent(ctx, "usr_abc123", sampleRequest())
}

func TestCreateAgentSendsTheDocumentedRequest(t *testing.T) {
	testkit.Documented(t, suite, createSample, "/users/usr_abc123/agents",
		readFile(t, "create_request.json"), readFile(t, "create_response.json"), sampleAgent())
}

func TestAgentEncodesBackToTheSample(t *testing.T) {
	sample := readFile(t, "create_response.json")
	agent, err := decodeAgent(sample)
	if err != nil {
		t.Fatal(err)
	}
	testkit.EncodesBack(t, sample, agent)
}

// TestRequests checks what every other method sends.
func TestRequests(t *testing.T) {
	agent := string(readFile(t, "create_response.json"))
	const number = `{"id":"pn_1"}`
	for _, test := range []struct {
		name   string
		answer string
		call   func(context.Context, *Client) error
		want   string // method, URL below the base, body
	}{
		{"GetAgent", agent, func(ctx context.Context, c *Client) error {
			_, err := c.GetAgent(ctx, "u", "agt_1")
			return err
		}, "GET /users/u/agents/agt_1 "},
		{"GetAgent escapes", agent, func(ctx context.Context, c *Client) error {
			_, err := c.GetAgent(ctx, "u/1", "a b?c#%2e")
			return err
		}, "GET /users/u%2F1/agents/a%20b%3Fc%23%252e "},
		{"ListAgents", `{"agents":[]}`, func(ctx context.Context, c *Client) error {
			_, err := c.ListAgents(ctx, "u", ListAgentsRequest{Limit: 2, Offset: 4, OrderBy: "name", OrderDirection: "ASC"})
			return err
		}, "GET /users/u/agents?limit=2&offset=4&orderBy=name&orderDirection=ASC "},
		{"UpdateAgent", agent, func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "u", "agt_1", UpdateAgentRequest{Name: new("New")})
			return err
		}, `PATCH /users/u/agents/agt_1 {"name":"New"}`},
		{"UpdateAgent with null", agent, func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "u", "agt_1", UpdateAgentRequest{ExtraFields: map[string]any{"note": nil}})
			return err
		}, `PATCH /users/u/agents/agt_1 {"note":null}`},
		{"DeleteAgent", `{"success":true}`, func(ctx context.Context, c *Client) error {
			return c.DeleteAgent(ctx, "u", "agt_1")
		}, "DELETE /users/u/agents/agt_1 "},
		{"CreateAgent with extra fields", agent, func(ctx context.Context, c *Client) error {
			request := sampleRequest()
			request.AgentID = new("mine")
			request.ExtraFields = map[string]any{"name": "Other <&>", "voice": nil}
			_, err := c.CreateAgent(ctx, "u", request)
			return err
		}, `POST /users/u/agents {"phone_number_id":"pn_abc123","prompt_id":"prompt_xyz789","name":"Other <&>","agent_id":"mine","voice":null}`},
		{"CreateAgent on WhatsApp", `{"agent_id":"a"}`, func(ctx context.Context, c *Client) error {
			_, err := c.CreateAgent(ctx, "usr_abc123", CreateAgentRequest{PhoneNumberID: "pn_whatsapp_123", PromptID: "prompt_support_v1", Name: "WhatsApp Support Bot"})
			return err
		}, `POST /users/usr_abc123/agents {"phone_number_id":"pn_whatsapp_123","prompt_id":"prompt_support_v1","name":"WhatsApp Support Bot"}`},
		{"CreateAgent on Instagram", `{"agent_id":"a"}`, func(ctx context.Context, c *Client) error {
			_, err := c.CreateAgent(ctx, "usr_abc123", CreateAgentRequest{PhoneNumberID: "pn_instagram_456", PromptID: "prompt_sales_v2", Name: "Instagram Sales Assistant"})
			return err
		}, `POST /users/usr_abc123/agents {"phone_number_id":"pn_instagram_456","prompt_id":"prompt_sales_v2","name":"Instagram Sales Assistant"}`},
		{"AddPhoneNumber", number, func(ctx context.Context, c *Client) error {
			_, err := c.AddPhoneNumber(ctx, "u", AddPhoneNumberRequest{
				Platform: PlatformWhatsApp, MetaPhoneNumberID: "836990829491415", AccessToken: "EAAxxxx000", DisplayName: new("+1 (234) 567-8900"),
			})
			return err
		}, `POST /users/u/phone_numbers {"platform":"whatsapp","meta_phone_number_id":"836990829491415","access_token":"EAAxxxx000","display_name":"+1 (234) 567-8900"}`},
		{"ListPhoneNumbers", `{"phone_numbers":[]}`, func(ctx context.Context, c *Client) error {
			_, err := c.ListPhoneNumbers(ctx, "u", ListPhoneNumbersRequest{Platform: PlatformInstagram, Limit: 3})
			return err
		}, "GET /users/u/phone_numbers?limit=3&platform=instagram "},
		{"DeletePhoneNumber", "", func(ctx context.Context, c *Client) error {
			return c.DeletePhoneNumber(ctx, "u", "pn_1")
		}, "DELETE /users/u/phone_numbers/pn_1 "},
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
			_, err := c.CreateAgent(ctx, "u", CreateAgentRequest{})
			return err
		}, []string{"phone_number_id", "prompt_id", "name"}},
		{"CreateAgent with another number", func(ctx context.Context, c *Client) error {
			request := sampleRequest()
			request.ExtraFields = map[string]any{"phone_number_id": "pn_other"}
			_, err := c.CreateAgent(ctx, "u", request)
			return err
		}, []string{"phone_number_id"}},
		{"CreateAgent without a user", func(ctx context.Context, c *Client) error {
			_, err := c.CreateAgent(ctx, "", sampleRequest())
			return err
		}, []string{"user_id"}},
		{"GetAgent", func(ctx context.Context, c *Client) error {
			_, err := c.GetAgent(ctx, "..", "")
			return err
		}, []string{"user_id", "agent_id"}},
		{"ListAgents", func(ctx context.Context, c *Client) error {
			_, err := c.ListAgents(ctx, "u", ListAgentsRequest{Limit: -1, Offset: -1, OrderBy: "name; drop", OrderDirection: "up"})
			return err
		}, []string{"limit", "offset", "orderBy", "orderDirection"}},
		{"UpdateAgent", func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "u", "a", UpdateAgentRequest{})
			return err
		}, []string{""}},
		{"UpdateAgent with empty fields", func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "u", "a", UpdateAgentRequest{Name: new(""), PromptID: new("")})
			return err
		}, []string{"name", "prompt_id"}},
		{"DeleteAgent", func(ctx context.Context, c *Client) error {
			return c.DeleteAgent(ctx, "u", ".")
		}, []string{"agent_id"}},
		{"AddPhoneNumber", func(ctx context.Context, c *Client) error {
			_, err := c.AddPhoneNumber(ctx, "u", AddPhoneNumberRequest{})
			return err
		}, []string{"platform", "meta_phone_number_id", "access_token"}},
		{"ListPhoneNumbers", func(ctx context.Context, c *Client) error {
			_, err := c.ListPhoneNumbers(ctx, "u", ListPhoneNumbersRequest{Limit: -1, Offset: -1})
			return err
		}, []string{"limit", "offset"}},
		{"DeletePhoneNumber", func(ctx context.Context, c *Client) error {
			return c.DeletePhoneNumber(ctx, "u", "..")
		}, []string{"phone_number_id"}},
		{"unsendable extra field", func(ctx context.Context, c *Client) error {
			request := sampleRequest()
			request.ExtraFields = map[string]any{"f": func() {}}
			_, err := c.CreateAgent(ctx, "u", request)
			return err
		}, []string{"body"}},
	} {
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
		}, 6, true}, // three of them to read it back
		{"GetAgent", func(ctx context.Context, c *Client) error {
			_, err := c.GetAgent(ctx, "u", "a")
			return err
		}, 3, false},
		{"ListAgents", func(ctx context.Context, c *Client) error {
			_, err := c.ListAgents(ctx, "u", ListAgentsRequest{})
			return err
		}, 3, false},
		{"UpdateAgent", func(ctx context.Context, c *Client) error {
			_, err := c.UpdateAgent(ctx, "u", "a", UpdateAgentRequest{Name: new("n")})
			return err
		}, 3, false},
		{"DeleteAgent", func(ctx context.Context, c *Client) error {
			return c.DeleteAgent(ctx, "u", "a")
		}, 3, false},
		{"AddPhoneNumber", func(ctx context.Context, c *Client) error {
			_, err := c.AddPhoneNumber(ctx, "u", AddPhoneNumberRequest{Platform: PlatformWebchat, MetaPhoneNumberID: "m", AccessToken: "EAAxxxx000"})
			return err
		}, 1, true},
		{"ListPhoneNumbers", func(ctx context.Context, c *Client) error {
			_, err := c.ListPhoneNumbers(ctx, "u", ListPhoneNumbersRequest{})
			return err
		}, 3, false},
		{"DeletePhoneNumber", func(ctx context.Context, c *Client) error {
			return c.DeletePhoneNumber(ctx, "u", "pn_1")
		}, 3, false},
	} {
		t.Run(test.name, func(t *testing.T) { suite.Repeats(t, test.call, test.want, test.wantUnknown) })
	}
}

// TestUnreadableAnswers: a response of 2xx that cannot be read never passes for
// an agent or a list.
func TestUnreadableAnswers(t *testing.T) {
	for _, body := range []string{"", "null", "{}", "[]", `"x"`, "<html></html>", `{"agent_id":`, `{"agent_id":""}`, `{"success":true,"data":null}`} {
		testkit.Unreadable(t, suite, body, true, createSample)
	}
	for _, body := range []string{"", "null", "{}", `"x"`, "<html></html>", "[{", `{"data":{}}`} {
		testkit.Unreadable(t, suite, body, false, func(ctx context.Context, c *Client) (*AgentList, error) {
			return c.ListAgents(ctx, "u", ListAgentsRequest{})
		})
		testkit.Unreadable(t, suite, body, false, func(ctx context.Context, c *Client) (*PhoneNumberList, error) {
			return c.ListPhoneNumbers(ctx, "u", ListPhoneNumbersRequest{})
		})
	}
}

func TestBothBodyShapesAreRead(t *testing.T) {
	bare := string(readFile(t, "create_response.json"))
	for _, body := range []string{bare, `{"success":true,"data":` + bare + `,"timestamp":"2025-02-10T10:00:00.000Z","correlationId":"x"}`} {
		client, recorder := suite.Record(t)
		recorder.Answer(http.StatusOK, body)
		agent, err := client.GetAgent(t.Context(), "u", "a")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(sampleAgent(), agent); diff != "" {
			t.Errorf("agent (-want +got):\n%s", diff)
		}
	}
	for _, body := range []string{`{"agents":[` + bare + `]}`, `{"success":true,"data":[` + bare + `],"count":1}`, `[` + bare + `]`} {
		client, recorder := suite.Record(t)
		recorder.Answer(http.StatusOK, body)
		list, err := client.ListAgents(t.Context(), "u", ListAgentsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]Agent{*sampleAgent()}, list.Agents); diff != "" {
			t.Errorf("agents (-want +got):\n%s", diff)
		}
	}
}

// TestOddAnswersAreRead: one value of an unexpected type does not spoil the
// rest of a response.
func TestOddAnswersAreRead(t *testing.T) {
	testkit.SurvivesOddValues(t, readFile(t, "create_response.json"), decodeAgent, "agent_id")
	testkit.SurvivesOddValues(t, []byte(`{"id":"pn_1","platform":"whatsapp","meta_phone_number_id":"m","display_name":"d","created_at":"c"}`), decodePhoneNumber, "id")
	testkit.SurvivesOddValues(t, []byte(`{"agents":[{"agent_id":"a","name":"n"}]}`), decodeAgentList, "agents")
}

func TestNewerAnswersAreRead(t *testing.T) {
	client, recorder := suite.Record(t)
	const body = `{"agent_id":"agt_1","name":7,"status":"paused","nested":{"x":[1]},"created_at":1739181600}`
	recorder.Answer(http.StatusOK, body)
	var response agentclients.Response
	agent, err := client.GetAgent(t.Context(), "u", "agt_1", agentclients.CaptureResponse(&response))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&Agent{ID: "agt_1", Name: "7", CreatedAt: "1739181600"}, agent); diff != "" {
		t.Errorf("agent (-want +got):\n%s", diff)
	}
	if string(response.Body) != body {
		t.Errorf("the raw answer is lost: %s", response.Body)
	}
}

func TestAllAgentsFollowsPages(t *testing.T) {
	testkit.Walks(t, suite, func(ctx context.Context, c *Client) iter.Seq2[Agent, error] {
		return c.AllAgents(ctx, "u", ListAgentsRequest{Limit: 2})
	}, agentID, testkit.Walk{
		Answers: []string{`{"agents":[{"agent_id":"1"},{"agent_id":"2"}]}`, `{"agents":[{"agent_id":"2"},{"agent_id":"3"}]}`, `{"agents":[{"agent_id":"3"}]}`},
		IDs:     []string{"1", "2", "3"},
		Queries: []string{"limit=2", "limit=2&offset=1", "limit=2&offset=2"},
	})
}

func TestAllAgentsStops(t *testing.T) {
	testkit.Stops(t, suite, `{"agents":[{"agent_id":"1"},{"agent_id":"2"}]}`, func(ctx context.Context, c *Client) iter.Seq2[Agent, error] {
		return c.AllAgents(ctx, "u", ListAgentsRequest{Limit: 2})
	})
	t.Run("after more than was asked for", func(t *testing.T) { // the server has no pages
		client, recorder := suite.Record(t)
		recorder.Answer(200, `{"agents":[{"agent_id":"1"},{"agent_id":"2"},{"agent_id":"3"}]}`)
		items := 0
		for _, err := range client.AllAgents(t.Context(), "u", ListAgentsRequest{Limit: 2}) {
			if err != nil {
				t.Error(err)
			}
			items++
		}
		if items != 3 || len(recorder.Requests) != 1 {
			t.Errorf("%d items, %d requests", items, len(recorder.Requests))
		}
	})
}
