package phoneagents_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/phoneagents"
)

var supportAgent = phoneagents.CreateAgentRequest{
	PhoneNumberID: "pn_abc123",
	PromptID:      "prompt_xyz789",
	Name:          "Customer Support Agent",
}

func ExampleNewClient() {
	client, err := phoneagents.NewClient(phoneagents.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: "https://api.example.com/v1"},
	})
	fmt.Println(client != nil, err)

	_, err = phoneagents.NewClient(phoneagents.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: "http://api.example.com/v1"},
	})
	fmt.Println(err)
	// Output:
	// true <nil>
	// phoneagents: new client: invalid request: BaseURL uses plain http, which would show the key to the network: use https, or set AllowInsecureHTTP
}

// An operation that the package has no method for, or a member that it does
// not know, is in reach all the same.
func ExampleClient_Do() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := phoneagents.NewClient(phoneagents.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Phoneagents), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	if _, err := client.CreateAgent(ctx, "usr_abc123", supportAgent); err != nil {
		log.Fatal(err)
	}

	var list struct {
		Agents []struct {
			Name string `json:"name"`
		} `json:"agents"`
	}
	if err := client.Do(ctx, "GET", "/users/usr_abc123/agents", nil, &list); err != nil {
		log.Fatal(err)
	}
	fmt.Println(list.Agents[0].Name)

	err = client.Do(ctx, "GET", "/users/usr_abc123/agents/agt_0", nil, nil)
	fmt.Println(errors.Is(err, agentclients.ErrNotFound))
	// Output:
	// Customer Support Agent
	// true
}

func ExampleClient_CreateAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{Deterministic: true, Now: func() time.Time { return time.Date(2025, 2, 10, 10, 0, 0, 0, time.UTC) }})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := phoneagents.NewClient(phoneagents.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Phoneagents), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}

	agent, err := client.CreateAgent(context.Background(), "usr_abc123", phoneagents.CreateAgentRequest{
		PhoneNumberID: "pn_abc123",
		PromptID:      "prompt_xyz789",
		Name:          "Customer Support Agent",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(agent.Name, "answers on", agent.PhoneNumberID, "since", agent.CreatedAt)
	// Output:
	// Customer Support Agent answers on pn_abc123 since 2025-02-10T10:00:00Z
}

// A phone number has one agent. The client never replaces it by itself.
func ExampleClient_CreateAgent_conflict() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := phoneagents.NewClient(phoneagents.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Phoneagents), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	if _, err := client.CreateAgent(ctx, "usr_abc123", supportAgent); err != nil {
		log.Fatal(err)
	}
	_, err = client.CreateAgent(ctx, "usr_abc123", phoneagents.CreateAgentRequest{
		PhoneNumberID: "pn_abc123",
		PromptID:      "prompt_other",
		Name:          "Another Agent",
	})
	var e *agentclients.Error
	if errors.As(err, &e) && errors.Is(err, agentclients.ErrConflict) {
		fmt.Println(e.StatusCode, e.Code+":", e.Message)
	}
	// Output:
	// 409 Conflict: Phone number already has an active agent
}

// The server made the agent, and then the connection broke. The client sends
// the request again, is told that the number is taken, and finds that the
// agent on it is the one it wanted.
func ExampleClient_CreateAgent_lostAnswer() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := phoneagents.NewClient(phoneagents.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Phoneagents), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	mock.Fail(mockserver.PhoneagentsCreateAgent, fault.Drop(fault.AfterCommit))

	var response agentclients.Response
	agent, err := client.CreateAgent(context.Background(), "usr_abc123", supportAgent, agentclients.CaptureResponse(&response))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(agent.Name, "settled:", response.Settled)
	fmt.Println("agents on the server:", len(mock.Agents(mockserver.Phoneagents)))
	// Output:
	// Customer Support Agent settled: true
	// agents on the server: 1
}

func ExampleClient_GetAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := phoneagents.NewClient(phoneagents.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Phoneagents), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	created, err := client.CreateAgent(ctx, "usr_abc123", supportAgent)
	if err != nil {
		log.Fatal(err)
	}
	agent, err := client.GetAgent(ctx, "usr_abc123", created.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*agent == *created)

	_, err = client.GetAgent(ctx, "usr_abc123", "agt_unknown")
	fmt.Println(errors.Is(err, agentclients.ErrNotFound))
	// Output:
	// true
	// true
}

func ExampleClient_ListAgents() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := phoneagents.NewClient(phoneagents.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Phoneagents), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	if _, err := client.CreateAgent(ctx, "usr_abc123", supportAgent); err != nil {
		log.Fatal(err)
	}
	list, err := client.ListAgents(ctx, "usr_abc123", phoneagents.ListAgentsRequest{Limit: 10})
	if err != nil {
		log.Fatal(err)
	}
	for _, agent := range list.Agents {
		fmt.Println(agent.Name)
	}
	// Output:
	// Customer Support Agent
}

func ExampleClient_AllAgents() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := phoneagents.NewClient(phoneagents.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Phoneagents), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	for _, number := range []string{"pn_1", "pn_2", "pn_3"} {
		request := supportAgent
		request.PhoneNumberID = number
		if _, err := client.CreateAgent(ctx, "usr_abc123", request); err != nil {
			log.Fatal(err)
		}
	}
	for agent, err := range client.AllAgents(ctx, "usr_abc123", phoneagents.ListAgentsRequest{
		Limit: 2, OrderBy: "phone_number_id", OrderDirection: "ASC",
	}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(agent.PhoneNumberID)
	}
	// Output:
	// pn_1
	// pn_2
	// pn_3
}

func ExampleClient_UpdateAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := phoneagents.NewClient(phoneagents.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Phoneagents), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	agent, err := client.CreateAgent(ctx, "usr_abc123", supportAgent)
	if err != nil {
		log.Fatal(err)
	}
	agent, err = client.UpdateAgent(ctx, "usr_abc123", agent.ID, phoneagents.UpdateAgentRequest{Name: new("Night Shift")})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(agent.Name, agent.PromptID)
	// Output:
	// Night Shift prompt_xyz789
}

func ExampleClient_DeleteAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := phoneagents.NewClient(phoneagents.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Phoneagents), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	agent, err := client.CreateAgent(ctx, "usr_abc123", supportAgent)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.DeleteAgent(ctx, "usr_abc123", agent.ID))
	err = client.DeleteAgent(ctx, "usr_abc123", agent.ID)
	fmt.Println(errors.Is(err, agentclients.ErrNotFound))
	// Output:
	// <nil>
	// true
}

func ExampleClient_AddPhoneNumber() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := phoneagents.NewClient(phoneagents.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Phoneagents), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	number, err := client.AddPhoneNumber(ctx, "usr_abc123", phoneagents.AddPhoneNumberRequest{
		Platform:          phoneagents.PlatformWhatsApp,
		MetaPhoneNumberID: "836990829491415",
		AccessToken:       "EAAxxxx0123456789", // sent, and never printed
		DisplayName:       new("+1 (234) 567-8900"),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(number.Platform, number.DisplayName)
	// Output:
	// whatsapp +1 (234) 567-8900
}

func ExampleClient_ListPhoneNumbers() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := phoneagents.NewClient(phoneagents.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Phoneagents), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	for _, platform := range []phoneagents.Platform{phoneagents.PlatformWhatsApp, phoneagents.PlatformInstagram} {
		if _, err := client.AddPhoneNumber(ctx, "usr_abc123", phoneagents.AddPhoneNumberRequest{
			Platform:          platform,
			MetaPhoneNumberID: "17841234567890123",
			AccessToken:       "EAAxxxx0123456789",
			ID:                new("pn_" + string(platform)),
		}); err != nil {
			log.Fatal(err)
		}
	}
	list, err := client.ListPhoneNumbers(ctx, "usr_abc123", phoneagents.ListPhoneNumbersRequest{Platform: phoneagents.PlatformInstagram})
	if err != nil {
		log.Fatal(err)
	}
	for _, number := range list.PhoneNumbers {
		fmt.Println(number.ID)
	}
	// Output:
	// pn_instagram
}

func ExampleClient_DeletePhoneNumber() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := phoneagents.NewClient(phoneagents.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Phoneagents), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	if _, err := client.CreateAgent(ctx, "usr_abc123", supportAgent); err != nil {
		log.Fatal(err)
	}
	err = client.DeletePhoneNumber(ctx, "usr_abc123", "pn_abc123")
	fmt.Println("with an agent on it:", errors.Is(err, agentclients.ErrConflict))
	// Output:
	// with an agent on it: true
}
