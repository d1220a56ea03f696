package omniflow_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/omniflow"
)

var supportAgent = omniflow.CreateAgentRequest{Name: "ExampleOmniFlowAgent", LLMModel: "gpt-4o-mini"}

func ExampleNewClient() {
	client, err := omniflow.NewClient(omniflow.Config{APIKey: "tk_example", WorkspaceID: "01a0sda156scx5f8"})
	fmt.Println(client != nil, err)

	_, err = omniflow.NewClient(omniflow.Config{
		APIKey:      "tk_example",
		WorkspaceID: "01a0sda156scx5f8",
		Options:     agentclients.Options{BaseURL: "http://api.example.com"},
	})
	fmt.Println(err)
	// Output:
	// true <nil>
	// omniflow: new client: invalid request: BaseURL uses plain http, which would show the key to the network: use https, or set AllowInsecureHTTP
}

// An operation that the package has no method for, or a member that it does
// not know, is in reach all the same.
func ExampleClient_Do() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := omniflow.NewClient(omniflow.Config{
		APIKey:      "tk_example",
		WorkspaceID: "01a0sda156scx5f8",
		Options:     agentclients.Options{BaseURL: mock.URL(mockserver.Omniflow), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	if _, err := client.CreateAgent(ctx, supportAgent); err != nil {
		log.Fatal(err)
	}

	var list []struct {
		Name string `json:"name"`
	}
	if err := client.Do(ctx, "GET", "/v1/api/omni-flow-agents", nil, &list); err != nil {
		log.Fatal(err)
	}
	fmt.Println(list[0].Name)

	err = client.Do(ctx, "GET", "/v1/api/omni-flow-agents/000000000000000000000000", nil, nil)
	fmt.Println(errors.Is(err, agentclients.ErrNotFound))
	// Output:
	// ExampleOmniFlowAgent
	// true
}

func ExampleClient_CreateAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{Deterministic: true, Now: func() time.Time { return time.Date(2025, 1, 19, 3, 18, 22, 604e6, time.UTC) }})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := omniflow.NewClient(omniflow.Config{
		APIKey:      "tk_example",
		WorkspaceID: "01a0sda156scx5f8",
		Options:     agentclients.Options{BaseURL: mock.URL(mockserver.Omniflow), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}

	agent, err := client.CreateAgent(context.Background(), omniflow.CreateAgentRequest{
		Name:     "ExampleOmniFlowAgent",
		LLMModel: "gpt-4o-mini",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(agent.Name, "is", agent.Status, "and has a phone number:", agent.PhoneNumberID.Assigned())
	fmt.Println(agent.CreatedAt)
	// Output:
	// ExampleOmniFlowAgent is ready and has a phone number: false
	// 2025-01-19T03:18:22.604Z
}

// The server made the agent, and then the connection broke. The API cannot
// recognize a repeat, so the client does not send one: it says that the
// outcome is unknown, and a look at the list settles it.
func ExampleClient_CreateAgent_lostAnswer() {
	mock, err := mockserver.InMemory(mockserver.Config{Deterministic: true, Now: func() time.Time { return time.Date(2025, 1, 19, 3, 18, 22, 604e6, time.UTC) }})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := omniflow.NewClient(omniflow.Config{
		APIKey:      "tk_example",
		WorkspaceID: "01a0sda156scx5f8",
		Options:     agentclients.Options{BaseURL: mock.URL(mockserver.Omniflow), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	mock.Fail(mockserver.OmniflowCreateAgent, fault.Drop(fault.AfterCommit))
	ctx := context.Background()

	started := time.Date(2025, 1, 19, 3, 18, 20, 0, time.UTC) // time.Now(), in a real program
	_, err = client.CreateAgent(ctx, supportAgent)
	if !errors.Is(err, agentclients.ErrOutcomeUnknown) {
		log.Fatal(err)
	}
	list, err := client.ListAgents(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, agent := range list.Agents {
		created, err := agent.CreatedAt.Time()
		if err == nil && agent.Name == supportAgent.Name && !created.Before(started) {
			fmt.Println("it was created at", agent.CreatedAt)
		}
	}
	fmt.Println("agents on the server:", len(mock.Agents(mockserver.Omniflow)))
	// Output:
	// it was created at 2025-01-19T03:18:22.604Z
	// agents on the server: 1
}

func ExampleClient_GetAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := omniflow.NewClient(omniflow.Config{
		APIKey:      "tk_example",
		WorkspaceID: "01a0sda156scx5f8",
		Options:     agentclients.Options{BaseURL: mock.URL(mockserver.Omniflow), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	created, err := client.CreateAgent(ctx, supportAgent)
	if err != nil {
		log.Fatal(err)
	}
	agent, err := client.GetAgent(ctx, created.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(agent.Name)

	_, err = client.GetAgent(ctx, "674b9687d56a35c024db9cce")
	fmt.Println(errors.Is(err, agentclients.ErrNotFound))
	// Output:
	// ExampleOmniFlowAgent
	// true
}

func ExampleClient_ListAgents() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := omniflow.NewClient(omniflow.Config{
		APIKey:      "tk_example",
		WorkspaceID: "01a0sda156scx5f8",
		Options:     agentclients.Options{BaseURL: mock.URL(mockserver.Omniflow), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	if _, err := client.CreateAgent(ctx, supportAgent); err != nil {
		log.Fatal(err)
	}
	list, err := client.ListAgents(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, agent := range list.Agents {
		fmt.Println(agent.Name, agent.LLMModel)
	}
	// Another workspace, for this call only.
	list, err = client.ListAgents(ctx, agentclients.WithHeader("x-workspace-id", "another"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(list.Agents), "elsewhere")
	// Output:
	// ExampleOmniFlowAgent gpt-4o-mini
	// 0 elsewhere
}

func ExampleClient_UpdateAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := omniflow.NewClient(omniflow.Config{
		APIKey:      "tk_example",
		WorkspaceID: "01a0sda156scx5f8",
		Options:     agentclients.Options{BaseURL: mock.URL(mockserver.Omniflow), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	agent, err := client.CreateAgent(ctx, supportAgent)
	if err != nil {
		log.Fatal(err)
	}
	agent, err = client.UpdateAgent(ctx, agent.ID, omniflow.UpdateAgentRequest{LLMModel: new("gpt-4o")})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(agent.Name, agent.LLMModel)
	// Output:
	// ExampleOmniFlowAgent gpt-4o
}

func ExampleReference_Assigned() {
	fmt.Println(omniflow.Reference{}.Assigned())
	fmt.Println(omniflow.Reference{ID: "pn_1"}.Assigned())
	// Output:
	// false
	// true
}

func ExampleClient_EnsureAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := omniflow.NewClient(omniflow.Config{
		APIKey:      "tk_example",
		WorkspaceID: "01a0sda156scx5f8",
		Options:     agentclients.Options{BaseURL: mock.URL(mockserver.Omniflow), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	request := supportAgent
	for _, model := range []string{"gpt-4o-mini", "gpt-4o", "gpt-4o"} {
		request.LLMModel = model
		agent, change, err := client.EnsureAgent(ctx, request)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(agent.LLMModel, change)
	}
	// Output:
	// gpt-4o-mini created
	// gpt-4o updated
	// gpt-4o unchanged
}

func ExampleClient_FindAgents() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := omniflow.NewClient(omniflow.Config{
		APIKey:      "tk_example",
		WorkspaceID: "01a0sda156scx5f8",
		Options:     agentclients.Options{BaseURL: mock.URL(mockserver.Omniflow), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	if _, err := client.CreateAgent(ctx, supportAgent); err != nil {
		log.Fatal(err)
	}
	agents, err := client.FindAgents(ctx, supportAgent.Name)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(agents), agents[0].Status)
	// Output:
	// 1 ready
}
