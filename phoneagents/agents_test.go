package phoneagents

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
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

func TestCreateAgentSendsTheDocumentedRequest(t *testing.T) {
	client, recorder := newRecordedClient(t)
	recorder.Answer(http.StatusCreated, string(readFile(t, "create_response.json")))
	agent, err := client.CreateAgent(t.Context(), "usr_abc123", sampleRequest())
	if err != nil {
		t.Fatal(err)
	}
	want := testkit.Request{
		Method: "POST",
		URL:    testBaseURL + "/users/usr_abc123/agents",
		Header: map[string]string{
			"Accept":       "application/json",
			"Content-Type": "application/json",
			"User-Agent":   "agentclients-go/0.1.0 (phoneagents)",
			"X-Api-Key":    testKey,
		},
		Body: testkit.Compact(t, readFile(t, "create_request.json")),
	}
	if diff := cmp.Diff(want, recorder.Last(t)); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(sampleAgent(), agent); diff != "" {
		t.Errorf("agent (-want +got):\n%s", diff)
	}
}

func TestAgentEncodesBackToTheSample(t *testing.T) {
	sample := readFile(t, "create_response.json")
	agent, err := decodeAgent(sample)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(agent)
	if err != nil {
		t.Fatal(err)
	}
	if diff := testkit.DiffJSON(t, sample, encoded); diff != "" {
		t.Errorf("JSON (-sample +encoded):\n%s", diff)
	}
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
		t.Run(test.name, func(t *testing.T) {
			client, recorder := newRecordedClient(t)
			recorder.Answer(http.StatusOK, test.answer)
			if err := test.call(t.Context(), client); err != nil {
				t.Fatal(err)
			}
			last := recorder.Last(t)
			got := last.Method + " " + strings.TrimPrefix(last.URL, testBaseURL) + " " + last.Body
			if got != test.want {
				t.Errorf("sent\n%s\nnot\n%s", got, test.want)
			}
			if last.Header["X-Api-Key"] != testKey {
				t.Errorf("the key was not sent: %v", last.Header)
			}
		})
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
		{"unsendable extra field", func(ctx context.Context, c *Client) error {
			request := sampleRequest()
			request.ExtraFields = map[string]any{"f": func() {}}
			_, err := c.CreateAgent(ctx, "u", request)
			return err
		}, []string{"body"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, recorder := newRecordedClient(t)
			err := test.call(t.Context(), client)
			var e *agentclients.Error
			if !errors.As(err, &e) || !errors.Is(err, agentclients.ErrInvalidRequest) {
				t.Fatalf("error %v is not ErrInvalidRequest", err)
			}
			var got []string
			for _, field := range e.Fields {
				got = append(got, field.Path)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
			if len(recorder.Requests) > 0 {
				t.Errorf("%d requests were sent", len(recorder.Requests))
			}
		})
	}
}

func TestErrorBodies(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		body   string
		want   agentclients.Error
		kind   error
	}{
		{"documented 400", 400, string(readFile(t, "error_400.json")),
			agentclients.Error{Code: "Validation error", Message: "prompt_id is required", RequestID: "req_abc123"}, agentclients.ErrBadRequest},
		{"documented 401", 401, string(readFile(t, "error_401.json")),
			agentclients.Error{Code: "Unauthorized", Message: "Invalid API key", RequestID: "req_abc123"}, agentclients.ErrUnauthorized},
		{"documented 409", 409, string(readFile(t, "error_409.json")),
			agentclients.Error{Code: "Conflict", Message: "Phone number already has an active agent", RequestID: "req_abc123"}, agentclients.ErrConflict},
		{"camel-case id", 403, `{"error":"Forbidden","message":"Agent does not belong to this user","correlationId":"17-x"}`,
			agentclients.Error{Code: "Forbidden", Message: "Agent does not belong to this user", RequestID: "17-x"}, agentclients.ErrForbidden},
		{"code and message", 404, `{"success":false,"error":{"code":"MESSAGE_NOT_FOUND","message":"gone"}}`,
			agentclients.Error{Code: "MESSAGE_NOT_FOUND", Message: "gone"}, agentclients.ErrNotFound},
		{"without message", 401, `{"error":"Missing API key"}`,
			agentclients.Error{Message: "Missing API key"}, agentclients.ErrUnauthorized},
		{"HTML", 422, "<html><head><style>p{}</style></head><body><h1>Bad</h1> gateway</body></html>",
			agentclients.Error{Message: "Bad gateway"}, agentclients.ErrBadRequest},
		{"empty", 404, "", agentclients.Error{}, agentclients.ErrNotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, recorder := newRecordedClient(t)
			recorder.Answer(test.status, test.body)
			_, err := client.CreateAgent(t.Context(), "u", sampleRequest())
			var e *agentclients.Error
			if !errors.As(err, &e) || !errors.Is(err, test.kind) {
				t.Fatalf("error %v is not %v", err, test.kind)
			}
			if errors.Is(err, agentclients.ErrOutcomeUnknown) {
				t.Errorf("outcome unknown after %v", err)
			}
			got := agentclients.Error{Code: e.Code, Message: e.Message, Fields: e.Fields, RequestID: e.RequestID}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if e.Provider != "phoneagents" || e.Op != "create agent" || e.StatusCode != test.status || string(e.Body) != test.body {
				t.Errorf("error lacks what happened: %q %q %d %q", e.Provider, e.Op, e.StatusCode, e.Body)
			}
		})
	}
}

// TestUnreadableAnswers: an answer of 201 that cannot be read never passes for
// an agent, never causes a second request, and is kept.
func TestUnreadableAnswers(t *testing.T) {
	for _, body := range []string{"", "null", "{}", "[]", `"x"`, "<html></html>", `{"agent_id":`, `{"agent_id":""}`, `{"success":true,"data":null}`} {
		t.Run(body, func(t *testing.T) {
			client, recorder := newRecordedClient(t)
			recorder.Answer(http.StatusCreated, body)
			agent, err := client.CreateAgent(t.Context(), "u", sampleRequest())
			if agent != nil || !errors.Is(err, agentclients.ErrDecode) || !errors.Is(err, agentclients.ErrOutcomeUnknown) {
				t.Fatalf("got %v, %v", agent, err)
			}
			var e *agentclients.Error
			if errors.As(err, &e); string(e.Body) != body || e.StatusCode != http.StatusCreated {
				t.Errorf("the answer is lost: %d %q", e.StatusCode, e.Body)
			}
			if len(recorder.Requests) != 1 {
				t.Errorf("%d requests were sent", len(recorder.Requests))
			}
		})
	}
}

func TestBothBodyShapesAreRead(t *testing.T) {
	bare := string(readFile(t, "create_response.json"))
	for _, body := range []string{bare, `{"success":true,"data":` + bare + `,"timestamp":"2025-02-10T10:00:00.000Z","correlationId":"x"}`} {
		client, recorder := newRecordedClient(t)
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
		client, recorder := newRecordedClient(t)
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

func TestNewerAnswersAreRead(t *testing.T) {
	client, recorder := newRecordedClient(t)
	const body = `{"agent_id":"agt_1","name":7,"status":"paused","nested":{"x":[1]},"created_at":1739181600}`
	recorder.Answer(http.StatusOK, body)
	var response agentclients.Response
	agent, err := client.GetAgent(t.Context(), "u", "agt_1", agentclients.CaptureResponse(&response))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&Agent{ID: "agt_1", CreatedAt: "1739181600"}, agent); diff != "" {
		t.Errorf("agent (-want +got):\n%s", diff)
	}
	if string(response.Body) != body {
		t.Errorf("the raw answer is lost: %s", response.Body)
	}
}

func TestAllAgentsFollowsPages(t *testing.T) {
	client, recorder := newRecordedClient(t)
	recorder.Answer(200, `{"agents":[{"agent_id":"1"},{"agent_id":"2"}]}`)
	recorder.Answer(200, `{"agents":[{"agent_id":"3"}]}`)
	var ids []string
	for agent, err := range client.AllAgents(t.Context(), "u", ListAgentsRequest{Limit: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, agent.ID)
	}
	if diff := cmp.Diff([]string{"1", "2", "3"}, ids); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	if got := recorder.Last(t).URL; !strings.HasSuffix(got, "?limit=2&offset=2") {
		t.Errorf("second page asked for as %s", got)
	}
}

func TestAllAgentsStops(t *testing.T) {
	t.Run("at a break", func(t *testing.T) {
		client, recorder := newRecordedClient(t)
		recorder.Answer(200, `{"agents":[{"agent_id":"1"},{"agent_id":"2"}]}`)
		for range client.AllAgents(t.Context(), "u", ListAgentsRequest{Limit: 2}) {
			break
		}
		if len(recorder.Requests) != 1 {
			t.Errorf("%d requests", len(recorder.Requests))
		}
	})
	t.Run("with one error", func(t *testing.T) {
		client, recorder := newRecordedClient(t)
		recorder.Answer(200, `{"agents":[{"agent_id":"1"}]}`).Answer(403, "")
		var errs, items int
		for _, err := range client.AllAgents(t.Context(), "u", ListAgentsRequest{Limit: 1}) {
			if err != nil {
				errs++
			} else {
				items++
			}
		}
		if errs != 1 || items != 1 {
			t.Errorf("%d errors, %d items", errs, items)
		}
	})
	t.Run("when the context ends", func(t *testing.T) {
		client, recorder := newRecordedClient(t)
		recorder.Answer(200, `{"agents":[{"agent_id":"1"}]}`)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var last error
		for _, err := range client.AllAgents(ctx, "u", ListAgentsRequest{Limit: 1}) {
			cancel()
			last = err
		}
		if !errors.Is(last, context.Canceled) {
			t.Errorf("ended with %v", last)
		}
	})
}
