// Quickstart creates one agent on each of the five APIs, all of them emulated
// in this process, and then shows what happens when the response to a create is
// lost. It needs no key and no network.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"text/tabwriter"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/omniflow"
	"github.com/agentclients/agentclients-go/orq"
	"github.com/agentclients/agentclients-go/phoneagents"
	"github.com/agentclients/agentclients-go/xpander"
)

func main() {
	log.SetFlags(0)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	mock, err := mockserver.Listen(mockserver.Config{Deterministic: true, Now: fixedClock})
	if err != nil {
		return err
	}
	defer mock.Close()

	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "API\tID\tNAME\tSTATUS\tATTEMPTS")
	for _, create := range []func(context.Context, *mockserver.Server) (created, error){
		createOnOmniflow, createOnAgentloop, createOnOrq, createOnPhoneagents, createOnXpander,
	} {
		agent, err := create(ctx, mock)
		if err != nil {
			return err
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\n", agent.api, agent.id, agent.name, agent.status, agent.attempts)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return loseAnAnswer(ctx, mock)
}

// fixedClock makes the ids, which hold the time, the same in every run.
func fixedClock() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// created is what the table shows of an agent.
type created struct {
	api              string
	id, name, status string
	attempts         int
}

// options lead a client to the mock. A real program leaves them out: the zero
// value is ready for production.
func options(mock *mockserver.Server, api string) agentclients.Options {
	return agentclients.Options{
		BaseURL: mock.URL(api),
		Retry:   agentclients.RetryPolicy{MinWait: 10 * time.Millisecond},
	}
}

func createOnOmniflow(ctx context.Context, mock *mockserver.Server) (created, error) {
	client, err := omniflow.NewClient(omniflow.Config{
		APIKey:      "tk_example_key",
		WorkspaceID: "01a0sda156scx5f8",
		Options:     options(mock, mockserver.Omniflow),
	})
	if err != nil {
		return created{}, err
	}
	var response agentclients.Response
	agent, err := client.CreateAgent(ctx, omniflow.CreateAgentRequest{
		Name:     "ExampleOmniFlowAgent",
		LLMModel: "gpt-4o-mini",
	}, agentclients.CaptureResponse(&response))
	if err != nil {
		return created{}, err
	}
	return created{mockserver.Omniflow, agent.ID, agent.Name, string(agent.Status), response.Attempts}, nil
}

func createOnAgentloop(ctx context.Context, mock *mockserver.Server) (created, error) {
	client, err := agentloop.NewClient(agentloop.Config{
		APIKey:  "evr_example_key",
		Options: options(mock, mockserver.Agentloop),
	})
	if err != nil {
		return created{}, err
	}
	var response agentclients.Response
	agent, err := client.CreateAgent(ctx, agentloop.CreateAgentRequest{
		ID:           "agent_01933b5a000070008000000000000001", // left out, the client makes one
		Name:         "Customer Support Agent",
		Description:  new("Handles customer inquiries and support tickets"),
		SystemPrompt: "You are a helpful customer support agent. Be polite and professional.",
		Tags:         []string{"support", "customer-facing"},
		Capabilities: []agentloop.Capability{
			{Ref: "current_time", Config: json.RawMessage(`{}`)},
			{Ref: "web_fetch", Config: json.RawMessage(`{}`)},
		},
	}, agentclients.CaptureResponse(&response))
	if err != nil {
		return created{}, err
	}
	return created{mockserver.Agentloop, agent.ID, agent.Name, string(agent.Status), response.Attempts}, nil
}

func createOnOrq(ctx context.Context, mock *mockserver.Server) (created, error) {
	client, err := newOrqClient(mock)
	if err != nil {
		return created{}, err
	}
	var response agentclients.Response
	agent, err := client.CreateAgent(ctx, orqAgent("support.agent"), agentclients.CaptureResponse(&response))
	if err != nil {
		return created{}, err
	}
	return created{mockserver.Orq, agent.ID, agent.DisplayName, string(agent.Status), response.Attempts}, nil
}

func newOrqClient(mock *mockserver.Server) (*orq.Client, error) {
	return orq.NewClient(orq.Config{APIKey: "sk-orq-example-key", Options: options(mock, mockserver.Orq)})
}

func orqAgent(key string) orq.CreateAgentRequest {
	return orq.CreateAgentRequest{
		Key:          key,
		DisplayName:  new("Customer Support Agent"),
		Role:         "Assistant",
		Description:  "Answers the questions of customers",
		Instructions: "Be polite and professional.",
		Path:         "Default",
		Model:        orq.Model{ID: "openai/gpt-4o"},
		Settings: orq.Settings{
			MaxIterations:        new(15),
			MaxExecutionTime:     new(300),
			ToolApprovalRequired: new(orq.ToolApprovalRespectTool),
		},
		KnowledgeBases: []orq.KnowledgeBase{{KnowledgeID: "customer-knowledge-base"}},
	}
}

func createOnPhoneagents(ctx context.Context, mock *mockserver.Server) (created, error) {
	client, err := phoneagents.NewClient(phoneagents.Config{
		APIKey:  "sk_live_example_key",
		Options: options(mock, mockserver.Phoneagents),
	})
	if err != nil {
		return created{}, err
	}
	var response agentclients.Response
	agent, err := client.CreateAgent(ctx, "usr_abc123", phoneagents.CreateAgentRequest{
		PhoneNumberID: "pn_abc123",
		PromptID:      "prompt_xyz789",
		Name:          "Customer Support Agent",
	}, agentclients.CaptureResponse(&response))
	if err != nil {
		return created{}, err
	}
	return created{mockserver.Phoneagents, agent.ID, agent.Name, "-", response.Attempts}, nil
}

func createOnXpander(ctx context.Context, mock *mockserver.Server) (created, error) {
	client, err := xpander.NewClient(xpander.Config{
		APIKey:  "xp_example_key",
		Options: options(mock, mockserver.Xpander),
	})
	if err != nil {
		return created{}, err
	}
	var response agentclients.Response
	agent, err := client.CreateAgent(ctx, xpander.CreateAgentRequest{
		Name:           "Customer Support Agent",
		DeploymentType: new(xpander.DeploymentServerless),
		EnvironmentID:  new("11968157-c0ed-4b8a-a05e-be1d4bb2e922"),
	}, agentclients.CaptureResponse(&response))
	if err != nil {
		return created{}, err
	}
	return created{mockserver.Xpander, agent.ID, agent.Name, string(agent.Status), response.Attempts}, nil
}

// loseAnAnswer has the server create an agent and break the connection before
// its response is out, which is when other clients create a second one.
func loseAnAnswer(ctx context.Context, mock *mockserver.Server) error {
	mock.Fail(mockserver.OrqCreateAgent, fault.Drop(fault.AfterCommit))
	before := len(mock.Agents(mockserver.Orq))

	client, err := newOrqClient(mock)
	if err != nil {
		return err
	}
	var response agentclients.Response
	agent, err := client.CreateAgent(ctx, orqAgent("night.agent"), agentclients.CaptureResponse(&response))
	if err != nil {
		return err
	}
	fmt.Printf("\nThe response to a create on orq was lost: create, 409 to the repeat, read back (%d requests).\n", response.Attempts)
	fmt.Printf("Settled: %t. Agents that this one call made: %d (%s).\n",
		response.Settled, len(mock.Agents(mockserver.Orq))-before, agent.Key)
	return nil
}
