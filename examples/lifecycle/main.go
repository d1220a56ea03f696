// Lifecycle creates an agent on each of the five APIs, reads it, lists it,
// changes it and removes it, against a mock of all five in this process.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/omniflow"
	"github.com/agentclients/agentclients-go/orq"
	"github.com/agentclients/agentclients-go/phoneagents"
	"github.com/agentclients/agentclients-go/xpander"
)

func main() {
	log.SetFlags(0)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	mock, err := mockserver.Listen(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()

	for _, live := range []func(context.Context, *mockserver.Server) error{
		liveOnOmniflow, liveOnAgentloop, liveOnOrq, liveOnPhoneagents, liveOnXpander,
	} {
		if err := live(ctx, mock); err != nil {
			log.Fatal(err)
		}
	}
}

// say prints one step in the life of an agent.
func say(api string, step, format string, args ...any) {
	fmt.Printf("%-12s %-8s %s\n", api, step, fmt.Sprintf(format, args...))
}

// gone turns the error of reading a removed agent into a word.
func gone(err error) string {
	if errors.Is(err, agentclients.ErrNotFound) {
		return "gone"
	}
	return fmt.Sprintf("not gone: %v", err)
}

func liveOnOmniflow(ctx context.Context, mock *mockserver.Server) error {
	client, err := omniflow.NewClient(omniflow.Config{
		APIKey:      "tk_example_key",
		WorkspaceID: "01a0sda156scx5f8",
		Options:     agentclients.Options{BaseURL: mock.URL(mockserver.Omniflow)},
	})
	if err != nil {
		return err
	}
	agent, err := client.CreateAgent(ctx, omniflow.CreateAgentRequest{Name: "ExampleOmniFlowAgent"})
	if err != nil {
		return err
	}
	say(mockserver.Omniflow, "create", "%s with %s", agent.Name, agent.LLMModel)
	if agent, err = client.GetAgent(ctx, agent.ID); err != nil {
		return err
	}
	say(mockserver.Omniflow, "read", "%s is %s", agent.Name, agent.Status)
	list, err := client.ListAgents(ctx)
	if err != nil {
		return err
	}
	say(mockserver.Omniflow, "list", "%d agent", len(list.Agents))
	if agent, err = client.UpdateAgent(ctx, agent.ID, omniflow.UpdateAgentRequest{LLMModel: new("gpt-4o")}); err != nil {
		return err
	}
	say(mockserver.Omniflow, "change", "%s with %s", agent.Name, agent.LLMModel)
	say(mockserver.Omniflow, "remove", "the API documents no way")
	return nil
}

func liveOnAgentloop(ctx context.Context, mock *mockserver.Server) error {
	client, err := agentloop.NewClient(agentloop.Config{
		APIKey:  "evr_example_key",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Agentloop)},
	})
	if err != nil {
		return err
	}
	agent, err := client.CreateAgent(ctx, agentloop.CreateAgentRequest{
		Name:         "Customer Support Agent",
		SystemPrompt: "You are a helpful customer support agent. Be polite and professional.",
	})
	if err != nil {
		return err
	}
	say(mockserver.Agentloop, "create", "%s", agent.Name)
	if agent, err = client.GetAgent(ctx, agent.ID); err != nil {
		return err
	}
	say(mockserver.Agentloop, "read", "%s is %s", agent.Name, agent.Status)
	list, err := client.ListAgents(ctx, agentloop.ListAgentsRequest{})
	if err != nil {
		return err
	}
	say(mockserver.Agentloop, "list", "%d agent", len(list.Agents))
	if agent, err = client.UpdateAgent(ctx, agent.ID, agentloop.UpdateAgentRequest{Tags: []string{"support"}}); err != nil {
		return err
	}
	say(mockserver.Agentloop, "change", "%s with tags %v", agent.Name, agent.Tags)
	if err := client.ArchiveAgent(ctx, agent.ID); err != nil {
		return err
	}
	if agent, err = client.GetAgent(ctx, agent.ID); err != nil {
		return err
	}
	say(mockserver.Agentloop, "remove", "%s is %s", agent.Name, agent.Status)
	return nil
}

func liveOnOrq(ctx context.Context, mock *mockserver.Server) error {
	client, err := orq.NewClient(orq.Config{
		APIKey:  "sk-orq-example-key",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Orq)},
	})
	if err != nil {
		return err
	}
	agent, err := client.CreateAgent(ctx, orq.CreateAgentRequest{
		Key:          "support.agent",
		Role:         "Assistant",
		Description:  "Answers the questions of customers",
		Instructions: "Be polite and professional.",
		Path:         "Default",
		Model:        orq.Model{ID: "openai/gpt-4o"},
	})
	if err != nil {
		return err
	}
	say(mockserver.Orq, "create", "%s with %s", agent.Key, agent.Model.ID)
	if agent, err = client.GetAgent(ctx, agent.Key); err != nil {
		return err
	}
	say(mockserver.Orq, "read", "%s is %s", agent.Key, agent.Status)
	count := 0
	for _, err := range client.AllAgents(ctx, orq.ListAgentsRequest{}) {
		if err != nil {
			return err
		}
		count++
	}
	say(mockserver.Orq, "list", "%d agent", count)
	if agent, err = client.UpdateAgent(ctx, agent.Key, orq.UpdateAgentRequest{Role: new("Night shift")}); err != nil {
		return err
	}
	say(mockserver.Orq, "change", "%s is the %s", agent.Key, agent.Role)
	if err := client.DeleteAgent(ctx, agent.Key); err != nil {
		return err
	}
	_, err = client.GetAgent(ctx, agent.Key)
	say(mockserver.Orq, "remove", "%s is %s", agent.Key, gone(err))
	return nil
}

func liveOnPhoneagents(ctx context.Context, mock *mockserver.Server) error {
	const user = "usr_abc123"
	client, err := phoneagents.NewClient(phoneagents.Config{
		APIKey:  "sk_live_example_key",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Phoneagents) + "/v1"},
	})
	if err != nil {
		return err
	}
	agent, err := client.CreateAgent(ctx, user, phoneagents.CreateAgentRequest{
		PhoneNumberID: "pn_abc123",
		PromptID:      "prompt_xyz789",
		Name:          "Customer Support Agent",
	})
	if err != nil {
		return err
	}
	say(mockserver.Phoneagents, "create", "%s on %s", agent.Name, agent.PhoneNumberID)
	if agent, err = client.GetAgent(ctx, user, agent.ID); err != nil {
		return err
	}
	say(mockserver.Phoneagents, "read", "%s follows %s", agent.Name, agent.PromptID)
	count := 0
	for _, err := range client.AllAgents(ctx, user, phoneagents.ListAgentsRequest{}) {
		if err != nil {
			return err
		}
		count++
	}
	say(mockserver.Phoneagents, "list", "%d agent", count)
	if agent, err = client.UpdateAgent(ctx, user, agent.ID, phoneagents.UpdateAgentRequest{PromptID: new("prompt_support_v1")}); err != nil {
		return err
	}
	say(mockserver.Phoneagents, "change", "%s follows %s", agent.Name, agent.PromptID)
	if err := client.DeleteAgent(ctx, user, agent.ID); err != nil {
		return err
	}
	_, err = client.GetAgent(ctx, user, agent.ID)
	say(mockserver.Phoneagents, "remove", "%s is %s", agent.Name, gone(err))
	return nil
}

func liveOnXpander(ctx context.Context, mock *mockserver.Server) error {
	client, err := xpander.NewClient(xpander.Config{
		APIKey:  "xp_example_key",
		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Xpander)},
	})
	if err != nil {
		return err
	}
	agent, err := client.CreateAgent(ctx, xpander.CreateAgentRequest{Name: "Customer Support Agent"})
	if err != nil {
		return err
	}
	say(mockserver.Xpander, "create", "%s, version %d", agent.Name, agent.Version)
	if agent, err = client.GetAgent(ctx, agent.ID); err != nil {
		return err
	}
	say(mockserver.Xpander, "read", "%s is %s", agent.Name, agent.Status)
	count := 0
	for _, err := range client.AllAgents(ctx, xpander.ListAgentsRequest{}) {
		if err != nil {
			return err
		}
		count++
	}
	say(mockserver.Xpander, "list", "%d agent", count)
	if agent, err = client.UpdateAgent(ctx, agent.ID, xpander.UpdateAgentRequest{Name: new("Night Shift")}); err != nil {
		return err
	}
	say(mockserver.Xpander, "change", "%s, pending changes: %t", agent.Name, agent.HasPendingChanges)
	if agent, err = client.DeployAgent(ctx, agent.ID); err != nil {
		return err
	}
	say(mockserver.Xpander, "deploy", "%s, version %d", agent.Name, agent.Version)
	if err := client.DeleteAgent(ctx, agent.ID); err != nil {
		return err
	}
	_, err = client.GetAgent(ctx, agent.ID)
	say(mockserver.Xpander, "remove", "%s is %s", agent.Name, gone(err))
	return nil
}
