// Lifecycle creates an agent on each of the five APIs, reads it, lists it,
// changes it and removes it, against a mock of all five in this process.
//
// With -through it does that on the real APIs, by way of an agentmock that is
// compared with them, and with the keys of the environment. On omniflow, which
// documents no way to remove one, the agent stays:
//
//	agentmock -compare orq=https://api.orq.ai
//	ORQ_API_KEY=… go run ./examples/lifecycle -through http://127.0.0.1:4141 -apis orq
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"slices"
	"strings"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/omniflow"
	"github.com/agentclients/agentclients-go/orq"
	"github.com/agentclients/agentclients-go/phoneagents"
	"github.com/agentclients/agentclients-go/xpander"
)

// place is where the agents live.
type place struct {
	url  func(api string) string
	real bool // the keys are those of the environment
}

// unlessReal is an example of something that only the environment knows if the
// API is the real one.
func (p place) unlessReal(example string) string {
	if p.real {
		return ""
	}
	return example
}

// lives has what happens on each API, in the order of the output.
var lives = []struct {
	api  string
	live func(context.Context, place) error
}{
	{mockserver.Omniflow, liveOnOmniflow},
	{mockserver.Agentloop, liveOnAgentloop},
	{mockserver.Orq, liveOnOrq},
	{mockserver.Phoneagents, liveOnPhoneagents},
	{mockserver.Xpander, liveOnXpander},
}

// What phoneagents has to have already.
var (
	user        = flag.String("user", "usr_abc123", "`id` of the user on phoneagents")
	phoneNumber = flag.String("phone-number", "pn_abc123", "`id` of a phone number on phoneagents that has no agent")
	prompt      = flag.String("prompt", "prompt_xyz789", "`id` of a prompt on phoneagents")
)

func main() {
	log.SetFlags(0)
	through := flag.String("through", "", "`URL` of an agentmock that goes on to the real APIs (default a mock in this process)")
	apis := flag.String("apis", strings.Join(mockserver.APIs(), ","), "`APIs`, separated by commas")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()

	here := place{real: *through != ""}
	if here.real {
		here.url = func(api string) string { return strings.TrimRight(*through, "/") + "/" + api }
	} else {
		mock, err := mockserver.Listen(mockserver.Config{})
		if err != nil {
			log.Fatal(err)
		}
		defer mock.Close()
		here.url = mock.URL
	}

	chosen := strings.Split(*apis, ",")
	for _, api := range chosen {
		if !slices.Contains(mockserver.APIs(), api) {
			log.Fatalf("-apis: there is no API %q; there are %s", api, strings.Join(mockserver.APIs(), ", "))
		}
	}
	for _, one := range lives {
		if !slices.Contains(chosen, one.api) {
			continue
		}
		if err := one.live(ctx, here); err != nil {
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

func liveOnOmniflow(ctx context.Context, here place) error {
	client, err := omniflow.NewClient(omniflow.Config{
		APIKey:      here.unlessReal("tk_example_key"),
		WorkspaceID: here.unlessReal("01a0sda156scx5f8"),
		Options:     agentclients.Options{BaseURL: here.url(mockserver.Omniflow)},
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

func liveOnAgentloop(ctx context.Context, here place) error {
	client, err := agentloop.NewClient(agentloop.Config{
		APIKey:  here.unlessReal("evr_example_key"),
		Options: agentclients.Options{BaseURL: here.url(mockserver.Agentloop)},
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

func liveOnOrq(ctx context.Context, here place) error {
	client, err := orq.NewClient(orq.Config{
		APIKey:  here.unlessReal("sk-orq-example-key"),
		Options: agentclients.Options{BaseURL: here.url(mockserver.Orq)},
	})
	if err != nil {
		return err
	}
	key := "support.agent"
	if here.real { // where somebody may have one of that name
		key += time.Now().UTC().Format(".20060102150405")
	}
	agent, err := client.CreateAgent(ctx, orq.CreateAgentRequest{
		Key:          key,
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

func liveOnPhoneagents(ctx context.Context, here place) error {
	client, err := phoneagents.NewClient(phoneagents.Config{
		APIKey:  here.unlessReal("sk_live_example_key"),
		Options: agentclients.Options{BaseURL: here.url(mockserver.Phoneagents) + "/v1"},
	})
	if err != nil {
		return err
	}
	agent, err := client.CreateAgent(ctx, *user, phoneagents.CreateAgentRequest{
		PhoneNumberID: *phoneNumber,
		PromptID:      *prompt,
		Name:          "Customer Support Agent",
	})
	if err != nil {
		return err
	}
	say(mockserver.Phoneagents, "create", "%s on %s", agent.Name, agent.PhoneNumberID)
	if agent, err = client.GetAgent(ctx, *user, agent.ID); err != nil {
		return err
	}
	say(mockserver.Phoneagents, "read", "%s follows %s", agent.Name, agent.PromptID)
	count := 0
	for _, err := range client.AllAgents(ctx, *user, phoneagents.ListAgentsRequest{}) {
		if err != nil {
			return err
		}
		count++
	}
	say(mockserver.Phoneagents, "list", "%d agent", count)
	if agent, err = client.UpdateAgent(ctx, *user, agent.ID, phoneagents.UpdateAgentRequest{PromptID: new("prompt_support_v1")}); err != nil {
		return err
	}
	say(mockserver.Phoneagents, "change", "%s follows %s", agent.Name, agent.PromptID)
	if err := client.DeleteAgent(ctx, *user, agent.ID); err != nil {
		return err
	}
	_, err = client.GetAgent(ctx, *user, agent.ID)
	say(mockserver.Phoneagents, "remove", "%s is %s", agent.Name, gone(err))
	return nil
}

func liveOnXpander(ctx context.Context, here place) error {
	client, err := xpander.NewClient(xpander.Config{
		APIKey:  here.unlessReal("xp_example_key"),
		Options: agentclients.Options{BaseURL: here.url(mockserver.Xpander)},
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
