package orq_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/orq"
)

var supportAgent = orq.CreateAgentRequest{
	Key:          "support.agent",
	Role:         "Assistant",
	Description:  "Answers questions about orders",
	Instructions: "Be brief. Look the order up before you answer.",
	Path:         "Default",
	Model:        orq.Model{ID: "openai/gpt-4o"},
}

func ExampleNewClient() {
	client, err := orq.NewClient(orq.Config{APIKey: "sk-orq-example"})
	fmt.Println(client != nil, err)

	_, err = orq.NewClient(orq.Config{
		APIKey:  "sk-orq-example",
		Options: agentclients.Options{BaseURL: "http://api.orq.ai"},
	})
	fmt.Println(err)
	// Output:
	// true <nil>
	// orq: new client: invalid request: BaseURL uses plain http, which would show the key to the network: use https, or set AllowInsecureHTTP
}

// An operation that the package has no method for, or a member that it does
// not know, is in reach all the same.
func ExampleClient_Do() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := orq.NewClient(orq.Config{
		APIKey:  "sk-orq-example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Orq), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	if _, err := client.CreateAgent(ctx, supportAgent); err != nil {
		log.Fatal(err)
	}

	var list struct {
		Data []struct {
			Key string `json:"key"`
		} `json:"data"`
	}
	if err := client.Do(ctx, "GET", "/v2/agents/?limit=1", nil, &list); err != nil {
		log.Fatal(err)
	}
	fmt.Println(list.Data[0].Key)

	err = client.Do(ctx, "GET", "/v2/agents/nobody", nil, nil)
	fmt.Println(errors.Is(err, agentclients.ErrNotFound))
	// Output:
	// support.agent
	// true
}

func ExampleClient_CreateAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{Deterministic: true, Now: func() time.Time { return time.Date(2025, 11, 20, 10, 0, 0, 0, time.UTC) }})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := orq.NewClient(orq.Config{
		APIKey:  "sk-orq-example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Orq), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}

	agent, err := client.CreateAgent(context.Background(), orq.CreateAgentRequest{
		Key:          "support.agent",
		DisplayName:  new("Support"),
		Role:         "Assistant",
		Description:  "Answers questions about orders",
		Instructions: "Be brief. Look the order up before you answer.",
		Path:         "Default",
		Model: orq.Model{
			ID:         "openai/gpt-4o",
			Parameters: &orq.ModelParameters{Temperature: new(0.2)},
		},
		FallbackModels: []orq.Model{{ID: "openai/gpt-4o-mini"}},
		Settings: orq.Settings{
			MaxIterations: new(5),
			Tools:         []orq.Tool{{Type: orq.ToolCurrentDate}},
		},
		KnowledgeBases: []orq.KnowledgeBase{{KnowledgeID: "customer-knowledge-base"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(agent.DisplayName, "is", agent.Status, "since", agent.Created)
	fmt.Println(agent.Model.ID, "or else", agent.Model.FallbackModels[0].ID)
	// Output:
	// Support is live since 2025-11-20T10:00:00.000Z
	// openai/gpt-4o or else openai/gpt-4o-mini
}

// A key names one agent of a workspace.
func ExampleClient_CreateAgent_conflict() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := orq.NewClient(orq.Config{
		APIKey:  "sk-orq-example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Orq), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	if _, err := client.CreateAgent(ctx, supportAgent); err != nil {
		log.Fatal(err)
	}
	_, err = client.CreateAgent(ctx, supportAgent)
	var e *agentclients.Error
	if errors.As(err, &e) && errors.Is(err, agentclients.ErrConflict) {
		fmt.Println(e.StatusCode, e.Message)
	}
	// Output:
	// 409 Agent with this key already exists in the workspace
}

// The server made the agent, and then the connection broke. The client sends
// the request again, is told that the key is taken, and finds that the agent
// of the key is the one it wanted.
func ExampleClient_CreateAgent_lostAnswer() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := orq.NewClient(orq.Config{
		APIKey:  "sk-orq-example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Orq), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	mock.Fail(mockserver.OrqCreateAgent, fault.Drop(fault.AfterCommit))

	var response agentclients.Response
	agent, err := client.CreateAgent(context.Background(), supportAgent, agentclients.CaptureResponse(&response))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(agent.Key, "settled:", response.Settled)
	fmt.Println("agents on the server:", len(mock.Agents(mockserver.Orq)))
	// Output:
	// support.agent settled: true
	// agents on the server: 1
}

func ExampleClient_EnsureAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := orq.NewClient(orq.Config{
		APIKey:  "sk-orq-example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Orq), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	request := supportAgent
	for _, role := range []string{"Assistant", "Senior Assistant"} {
		request.Role = role
		agent, change, err := client.EnsureAgent(ctx, request)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(agent.Role, change)
	}
	// Output:
	// Assistant created
	// Senior Assistant updated
}

func ExampleClient_GetAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := orq.NewClient(orq.Config{
		APIKey:  "sk-orq-example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Orq), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	if _, err := client.CreateAgent(ctx, supportAgent); err != nil {
		log.Fatal(err)
	}
	agent, err := client.GetAgent(ctx, "support.agent")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(agent.Role, agent.Model.ID)

	_, err = client.GetAgent(ctx, "unknown.agent")
	fmt.Println(errors.Is(err, agentclients.ErrNotFound))
	// Output:
	// Assistant openai/gpt-4o
	// true
}

func ExampleClient_ListAgents() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := orq.NewClient(orq.Config{
		APIKey:  "sk-orq-example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Orq), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	if _, err := client.CreateAgent(ctx, supportAgent); err != nil {
		log.Fatal(err)
	}
	list, err := client.ListAgents(ctx, orq.ListAgentsRequest{Limit: 10})
	if err != nil {
		log.Fatal(err)
	}
	for _, agent := range list.Agents {
		fmt.Println(agent.Key)
	}
	fmt.Println("more:", list.HasMore)
	// Output:
	// support.agent
	// more: false
}

func ExampleClient_AllAgents() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := orq.NewClient(orq.Config{
		APIKey:  "sk-orq-example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Orq), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	for _, key := range []string{"first", "second", "third"} {
		request := supportAgent
		request.Key = key
		if _, err := client.CreateAgent(ctx, request); err != nil {
			log.Fatal(err)
		}
	}
	for agent, err := range client.AllAgents(ctx, orq.ListAgentsRequest{Limit: 2}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(agent.Key)
	}
	// Output:
	// third
	// second
	// first
}

func ExampleClient_UpdateAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := orq.NewClient(orq.Config{
		APIKey:  "sk-orq-example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Orq), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	if _, err := client.CreateAgent(ctx, supportAgent); err != nil {
		log.Fatal(err)
	}
	agent, err := client.UpdateAgent(ctx, "support.agent", orq.UpdateAgentRequest{
		Model:    orq.Model{ID: "anthropic/claude-haiku-4-5-20251001"},
		Settings: orq.Settings{MaxExecutionTime: new(60)},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(agent.Model.ID, agent.Settings.MaxExecutionTime, agent.Role)
	// Output:
	// anthropic/claude-haiku-4-5-20251001 60 Assistant
}

func ExampleClient_DeleteAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := orq.NewClient(orq.Config{
		APIKey:  "sk-orq-example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Orq), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	if _, err := client.CreateAgent(ctx, supportAgent); err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.DeleteAgent(ctx, "support.agent"))
	err = client.DeleteAgent(ctx, "support.agent")
	fmt.Println(errors.Is(err, agentclients.ErrNotFound))
	// Output:
	// <nil>
	// true
}

// A list of tools is replaced as a whole: to add one, send the others, too.
func ExampleAgentTool_Tool() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := orq.NewClient(orq.Config{
		APIKey:  "sk-orq-example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Orq), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	request := supportAgent
	request.Settings.Tools = []orq.Tool{{Type: orq.ToolHTTP, Key: "order-lookup"}}
	agent, err := client.CreateAgent(ctx, request)
	if err != nil {
		log.Fatal(err)
	}
	tools := []orq.Tool{{Type: orq.ToolCurrentDate}}
	for _, tool := range agent.Settings.Tools {
		tools = append(tools, tool.Tool())
	}
	agent, err = client.UpdateAgent(ctx, agent.Key, orq.UpdateAgentRequest{Settings: orq.Settings{Tools: tools}})
	if err != nil {
		log.Fatal(err)
	}
	for _, tool := range agent.Settings.Tools {
		fmt.Printf("%s %q\n", tool.ActionType, tool.Key)
	}
	// Output:
	// current_date ""
	// http "order-lookup"
}
