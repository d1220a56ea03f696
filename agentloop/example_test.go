package agentloop_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
)

var supportAgent = agentloop.CreateAgentRequest{
	Capabilities: []agentloop.Capability{{Ref: "current_time"}, {Ref: "web_fetch"}},
	Description:  new("Handles customer inquiries and support tickets"),
	Name:         "Customer Support Agent",
	SystemPrompt: "You are a helpful customer support agent. Be polite and professional.",
	Tags:         []string{"support", "customer-facing"},
}

func ExampleNewClient() {
	client, err := agentloop.NewClient(agentloop.Config{APIKey: "evr_example"})
	fmt.Println(client != nil, err)

	_, err = agentloop.NewClient(agentloop.Config{
		APIKey:  "evr_example",
		Options: agentclients.Options{BaseURL: "http://everruns.example.com/api"},
	})
	fmt.Println(err)
	// Output:
	// true <nil>
	// agentloop: new client: invalid request: BaseURL uses plain http, which would show the key to the network: use https, or set AllowInsecureHTTP
}

func ExampleNewAgentID() {
	first, second := agentloop.NewAgentID(), agentloop.NewAgentID()
	fmt.Println(len(first), strings.HasPrefix(first, "agent_"), first < second)
	// Output:
	// 38 true true
}

// An operation that the package has no method for, or a member that it does
// not know, is in reach all the same.
func ExampleClient_Do() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := agentloop.NewClient(agentloop.Config{
		APIKey:  "evr_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Agentloop), HTTPClient: mock.Client()},
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
			Name string `json:"name"`
		} `json:"data"`
	}
	if err := client.Do(ctx, "GET", "/v1/agents?limit=1", nil, &list); err != nil {
		log.Fatal(err)
	}
	fmt.Println(list.Data[0].Name)

	err = client.Do(ctx, "GET", "/v1/agents/agent_00000000000000000000000000000000", nil, nil)
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
	client, err := agentloop.NewClient(agentloop.Config{
		APIKey:  "evr_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Agentloop), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}

	agent, err := client.CreateAgent(context.Background(), agentloop.CreateAgentRequest{
		Name:         "Customer Support Agent",
		SystemPrompt: "You are a helpful customer support agent. Be polite and professional.",
		Description:  new("Handles customer inquiries and support tickets"),
		Capabilities: []agentloop.Capability{{Ref: "current_time"}, {Ref: "web_fetch"}},
		Tags:         []string{"support", "customer-facing"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(agent.Name, "is", agent.Status, "since", agent.CreatedAt)
	for _, capability := range agent.Capabilities {
		fmt.Println("-", capability.Ref)
	}
	// Output:
	// Customer Support Agent is active since 2026-02-07T10:00:00Z
	// - current_time
	// - web_fetch
}

// An id that the caller chose belongs to one agent forever, also if that
// agent is archived.
func ExampleClient_CreateAgent_conflict() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := agentloop.NewClient(agentloop.Config{
		APIKey:  "evr_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Agentloop), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	request := supportAgent
	request.ID = "agent_01933b5a000070008000000000000001"
	if _, err := client.CreateAgent(ctx, request); err != nil {
		log.Fatal(err)
	}
	_, err = client.CreateAgent(ctx, request)
	var e *agentclients.Error
	if errors.As(err, &e) && errors.Is(err, agentclients.ErrConflict) {
		fmt.Println(e.StatusCode, e.Message)
	}

	request.ID = "agent_01933b5a00007000800000000000001"
	_, err = client.CreateAgent(ctx, request)
	fmt.Println(err)
	// Output:
	// 409 Agent with this ID already exists
	// agentloop: create agent: invalid request: id must be agent_ and 32 lower-case hexadecimal digits; it has 31 characters after agent_
}

// The server made the agent, and then the connection broke. The client sends
// the request again with the same id, is told that the id is taken, and finds
// that its agent is the one it wanted.
func ExampleClient_CreateAgent_lostAnswer() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := agentloop.NewClient(agentloop.Config{
		APIKey:  "evr_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Agentloop), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	mock.Fail(mockserver.AgentloopCreateAgent, fault.Drop(fault.AfterCommit))

	var response agentclients.Response
	agent, err := client.CreateAgent(context.Background(), supportAgent, agentclients.CaptureResponse(&response))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(agent.Name, "settled:", response.Settled)
	fmt.Println("agents on the server:", len(mock.Agents(mockserver.Agentloop)))
	// Output:
	// Customer Support Agent settled: true
	// agents on the server: 1
}

// A program that keeps the id of an agent can run as often as it likes.
func ExampleClient_PutAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := agentloop.NewClient(agentloop.Config{
		APIKey:  "evr_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Agentloop), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}

	const id = "agent_01933b5a000070008000000000000001"
	for range 2 {
		agent, created, err := client.PutAgent(context.Background(), id, supportAgent)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(agent.Name, "created:", created)
	}
	// Output:
	// Customer Support Agent created: true
	// Customer Support Agent created: false
}

func ExampleClient_GetAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := agentloop.NewClient(agentloop.Config{
		APIKey:  "evr_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Agentloop), HTTPClient: mock.Client()},
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

	_, err = client.GetAgent(ctx, agentloop.NewAgentID())
	fmt.Println(errors.Is(err, agentclients.ErrNotFound))
	// Output:
	// Customer Support Agent
	// true
}

func ExampleClient_ListAgents() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := agentloop.NewClient(agentloop.Config{
		APIKey:  "evr_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Agentloop), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	if _, err := client.CreateAgent(ctx, supportAgent); err != nil {
		log.Fatal(err)
	}
	list, err := client.ListAgents(ctx, agentloop.ListAgentsRequest{})
	if err != nil {
		log.Fatal(err)
	}
	for _, agent := range list.Agents {
		fmt.Println(agent.Name, agent.Tags)
	}
	// Output:
	// Customer Support Agent [support customer-facing]
}

func ExampleClient_AllAgents() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := agentloop.NewClient(agentloop.Config{
		APIKey:  "evr_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Agentloop), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	for _, name := range []string{"First", "Second", "Third"} {
		request := supportAgent
		request.Name = name
		if _, err := client.CreateAgent(ctx, request); err != nil {
			log.Fatal(err)
		}
	}
	for agent, err := range client.AllAgents(ctx, agentloop.ListAgentsRequest{Limit: 2}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(agent.Name)
	}
	// Output:
	// Third
	// Second
	// First
}

func ExampleClient_UpdateAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := agentloop.NewClient(agentloop.Config{
		APIKey:  "evr_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Agentloop), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	agent, err := client.CreateAgent(ctx, supportAgent)
	if err != nil {
		log.Fatal(err)
	}
	agent, err = client.UpdateAgent(ctx, agent.ID, agentloop.UpdateAgentRequest{
		Name: new("Night Shift"),
		Tags: []string{}, // removes all; nil would keep them
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(agent.Name, len(agent.Tags), len(agent.Capabilities))
	// Output:
	// Night Shift 0 2
}

func ExampleClient_ArchiveAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := agentloop.NewClient(agentloop.Config{
		APIKey:  "evr_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Agentloop), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	agent, err := client.CreateAgent(ctx, supportAgent)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.ArchiveAgent(ctx, agent.ID))
	agent, err = client.GetAgent(ctx, agent.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(agent.Status)
	// Output:
	// <nil>
	// archived
}

func ExampleClient_ImportAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := agentloop.NewClient(agentloop.Config{
		APIKey:  "evr_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Agentloop), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}

	agent, err := client.ImportAgent(context.Background(), `---
name: Customer Support Agent
tags:
  - support
---
You are a helpful customer support agent.
`)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(agent.Name, agent.Tags)
	fmt.Println(agent.SystemPrompt)
	// Output:
	// Customer Support Agent [support]
	// You are a helpful customer support agent.
}

func ExampleClient_ExportAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := agentloop.NewClient(agentloop.Config{
		APIKey:  "evr_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Agentloop), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	agent, err := client.CreateAgent(ctx, agentloop.CreateAgentRequest{
		ID:           "agent_01933b5a000070008000000000000001",
		Name:         "Customer Support Agent",
		SystemPrompt: "You are a helpful customer support agent.",
	})
	if err != nil {
		log.Fatal(err)
	}
	text, err := client.ExportAgent(ctx, agent.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(text)
	// Output:
	// ---
	// id: "agent_01933b5a000070008000000000000001"
	// name: "Customer Support Agent"
	// ---
	// You are a helpful customer support agent.
}

func ExampleClient_ListCapabilities() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := agentloop.NewClient(agentloop.Config{
		APIKey:  "evr_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Agentloop), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}

	list, err := client.ListCapabilities(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, capability := range list.Capabilities {
		if capability.Status != agentloop.CapabilityAvailable {
			fmt.Println(capability.ID, capability.Status)
		}
	}
	// Output:
	// research comingsoon
	// sandbox comingsoon
}

func ExampleClient_GetCapability() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := agentloop.NewClient(agentloop.Config{
		APIKey:  "evr_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Agentloop), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}

	capability, err := client.GetCapability(context.Background(), "web_fetch")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(capability.ID, capability.Status)
	// Output:
	// web_fetch available
}

func ExampleClient_ListModels() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := agentloop.NewClient(agentloop.Config{
		APIKey:  "evr_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Agentloop), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}

	list, err := client.ListModels(context.Background(), agentloop.ListModelsRequest{Source: agentloop.ModelSourceDiscovered})
	if err != nil {
		log.Fatal(err)
	}
	for _, model := range list.Models {
		fmt.Println(model.ID, model.ModelID, model.ProviderType)
	}
	// Output:
	// model_01933b5a000070008000000000000003 claude-sonnet-4 anthropic
}

func ExampleClient_EnsureAgent() {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	client, err := agentloop.NewClient(agentloop.Config{
		APIKey:  "evr_example",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Agentloop), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	request := supportAgent
	request.ID = agentloop.AgentIDFor("support")
	for _, prompt := range []string{"Be brief.", "Be polite.", "Be polite."} {
		request.SystemPrompt = prompt
		agent, change, err := client.EnsureAgent(ctx, request)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(agent.SystemPrompt, change)
	}
	// Output:
	// Be brief. created
	// Be polite. updated
	// Be polite. unchanged
}

func ExampleCreateAgentRequest_Diff() {
	agent := &agentloop.Agent{Name: "Desk", SystemPrompt: "Be brief.", Status: agentloop.StatusArchived}
	request := agentloop.CreateAgentRequest{Name: "Desk", SystemPrompt: "Be polite.", Tags: []string{}}
	for _, d := range request.Diff(agent) {
		fmt.Println(d)
	}
	// Output:
	// status: want "active", have "archived"
	// system_prompt: want "Be polite.", have "Be brief."
}
