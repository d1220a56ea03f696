package xpander_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/xpander"
)

var supportAgent = xpander.CreateAgentRequest{
	Name:          "Customer Support Agent",
	ModelProvider: new(xpander.ModelProviderOpenAI),
	ModelName:     new("gpt-5.2"),
}

func ExampleNewClient() {
	client, err := xpander.NewClient(xpander.Config{APIKey: "sk_live_example"})
	fmt.Println(client != nil, err)

	_, err = xpander.NewClient(xpander.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: "http://api.xpander.ai"},
	})
	fmt.Println(err)
	// Output:
	// true <nil>
	// xpander: new client: invalid request: BaseURL uses plain http, which would show the key to the network: use https, or set AllowInsecureHTTP
}

// An operation that the package has no method for, or a member that it does
// not know, is in reach all the same.
func ExampleClient_Do() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := xpander.NewClient(xpander.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Xpander), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	if _, err := client.CreateAgent(ctx, supportAgent); err != nil {
		log.Fatal(err)
	}

	var list struct {
		Items []struct {
			Name string `json:"name"`
		} `json:"items"`
	}
	if err := client.Do(ctx, "GET", "/v1/agents", nil, &list); err != nil {
		log.Fatal(err)
	}
	fmt.Println(list.Items[0].Name)

	err = client.Do(ctx, "GET", "/v1/agents/00000000-0000-4000-8000-000000000000", nil, nil)
	fmt.Println(errors.Is(err, agentclients.ErrNotFound))
	// Output:
	// Customer Support Agent
	// true
}

func ExampleClient_CreateAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{Deterministic: true, Now: func() time.Time { return time.Date(2026, 2, 7, 10, 0, 0, 0, time.UTC) }})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := xpander.NewClient(xpander.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Xpander), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}

	agent, err := client.CreateAgent(context.Background(), xpander.CreateAgentRequest{
		Name:          "Customer Support Agent",
		ModelProvider: new(xpander.ModelProviderOpenAI),
		ModelName:     new("gpt-5.2"),
		Instructions: xpander.Instructions{
			Role:    []string{"Customer support specialist"},
			Goal:    []string{"Resolve customer issues efficiently"},
			General: "Be helpful, professional, and empathetic",
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(agent.Name, "is", agent.Status, "since", agent.CreatedAt, "as version", agent.Version)
	// Output:
	// Customer Support Agent is ACTIVE since 2026-02-07T10:00:00.000000Z as version 2
}

// The server names every field that it does not like.
func ExampleClient_CreateAgent_refused() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := xpander.NewClient(xpander.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Xpander), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}

	_, err = client.CreateAgent(context.Background(), xpander.CreateAgentRequest{
		Name:           "Customer Support Agent",
		DeploymentType: new(xpander.DeploymentType("mainframe")),
	})
	var e *agentclients.Error
	if errors.As(err, &e) && errors.Is(err, agentclients.ErrBadRequest) {
		for _, field := range e.Fields {
			fmt.Println(field.Path+":", field.Message)
		}
	}
	// Output:
	// deployment_type: Input should be 'serverless' or 'container'
}

// The server made the agent, and then the connection broke. The client does
// not send the request again, since that would make a second agent: it says
// that it does not know, and a look at the newest agents tells.
func ExampleClient_CreateAgent_lostAnswer() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := xpander.NewClient(xpander.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Xpander), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	mock.Fail(mockserver.XpanderCreateAgent, fault.Drop(fault.AfterCommit))

	_, err = client.CreateAgent(ctx, supportAgent)
	if errors.Is(err, agentclients.ErrOutcomeUnknown) {
		list, err := client.ListAgents(ctx, xpander.ListAgentsRequest{})
		if err != nil {
			log.Fatal(err)
		}
		for _, agent := range list.Agents {
			if agent.Name == supportAgent.Name {
				fmt.Println("found:", agent.Name)
			}
		}
	}
	fmt.Println("agents on the server:", len(mock.Agents(mockserver.Xpander)))
	// Output:
	// found: Customer Support Agent
	// agents on the server: 1
}

func ExampleClient_GetAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := xpander.NewClient(xpander.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Xpander), HTTPClient: mock.Client()},
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
	fmt.Println(agent.Name, agent.ModelName)

	_, err = client.GetAgent(ctx, "unknown")
	fmt.Println(errors.Is(err, agentclients.ErrNotFound))
	// Output:
	// Customer Support Agent gpt-5.2
	// true
}

func ExampleClient_ListAgents() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := xpander.NewClient(xpander.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Xpander), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	if _, err := client.CreateAgent(ctx, supportAgent); err != nil {
		log.Fatal(err)
	}
	list, err := client.ListAgents(ctx, xpander.ListAgentsRequest{PerPage: 10})
	if err != nil {
		log.Fatal(err)
	}
	for _, agent := range list.Agents {
		fmt.Println(agent.Name, agent.Status)
	}
	fmt.Println("page", list.Page, "of", list.TotalPages)
	// Output:
	// Customer Support Agent ACTIVE
	// page 1 of 1
}

func ExampleClient_AllAgents() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := xpander.NewClient(xpander.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Xpander), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	for _, name := range []string{"Oldest", "Older", "Newest"} {
		if _, err := client.CreateAgent(ctx, xpander.CreateAgentRequest{Name: name}); err != nil {
			log.Fatal(err)
		}
	}
	for agent, err := range client.AllAgents(ctx, xpander.ListAgentsRequest{PerPage: 2}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(agent.Name)
	}
	// Output:
	// Newest
	// Older
	// Oldest
}

func ExampleClient_ListFullAgents() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := xpander.NewClient(xpander.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Xpander), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	if _, err := client.CreateAgent(ctx, supportAgent); err != nil {
		log.Fatal(err)
	}
	list, err := client.ListFullAgents(ctx, xpander.ListAgentsRequest{})
	if err != nil {
		log.Fatal(err)
	}
	for _, agent := range list.Agents {
		fmt.Println(agent.Name, "remembers", *agent.AgnoSettings.NumHistoryRuns, "runs")
	}
	// Output:
	// Customer Support Agent remembers 10 runs
}

func ExampleClient_AllFullAgents() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := xpander.NewClient(xpander.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Xpander), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	if _, err := client.CreateAgent(ctx, supportAgent); err != nil {
		log.Fatal(err)
	}
	for agent, err := range client.AllFullAgents(ctx, xpander.ListAgentsRequest{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(agent.Name, "is version", agent.Version)
	}
	// Output:
	// Customer Support Agent is version 2
}

func ExampleClient_UpdateAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := xpander.NewClient(xpander.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Xpander), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	agent, err := client.CreateAgent(ctx, supportAgent)
	if err != nil {
		log.Fatal(err)
	}
	agent, err = client.UpdateAgent(ctx, agent.ID, xpander.UpdateAgentRequest{Name: new("Night Shift")})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(agent.Name, "pending:", agent.HasPendingChanges, "version:", agent.Version)

	agent, err = client.UpdateAgent(ctx, agent.ID, xpander.UpdateAgentRequest{Icon: new("📊"), Deploy: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(agent.Name, "pending:", agent.HasPendingChanges, "version:", agent.Version)
	// Output:
	// Night Shift pending: true version: 2
	// Night Shift pending: false version: 3
}

func ExampleClient_DeployAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := xpander.NewClient(xpander.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Xpander), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	agent, err := client.CreateAgent(ctx, supportAgent)
	if err != nil {
		log.Fatal(err)
	}
	agent, err = client.DeployAgent(ctx, agent.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("version", agent.Version)
	// Output:
	// version 3
}

func ExampleClient_DeleteAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := xpander.NewClient(xpander.Config{
		APIKey:  "sk_live_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Xpander), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	agent, err := client.CreateAgent(ctx, supportAgent)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.DeleteAgent(ctx, agent.ID))
	err = client.DeleteAgent(ctx, agent.ID)
	fmt.Println(errors.Is(err, agentclients.ErrNotFound))
	// Output:
	// <nil>
	// true
}
