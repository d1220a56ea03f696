// Program orq creates an agent on orq.ai and prints it.
//
// Without ORQ_API_KEY it talks to a mock of the API in the same process. With
// it, it talks to the real API, or to ORQ_BASE_URL. ORQ_AGENT_KEY is the key
// of the agent, ORQ_MODEL its model and ORQ_PATH where it is put.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/orq"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		if advice := adviceFor(err); advice != "" {
			fmt.Fprintln(os.Stderr, advice)
		}
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var config orq.Config // reads the environment
	if os.Getenv("ORQ_API_KEY") == "" {
		mock, err := mockserver.InMemory(mockserver.Config{})
		if err != nil {
			return err
		}
		defer mock.Close()
		config.APIKey = "sk-orq-any"
		config.BaseURL = mock.URL(mockserver.Orq)
		config.HTTPClient = mock.Client()
		fmt.Fprintln(os.Stderr, "ORQ_API_KEY is not set: using a mock")
	}
	client, err := orq.NewClient(config)
	if err != nil {
		return err
	}

	agent, err := client.CreateAgent(ctx, orq.CreateAgentRequest{
		Key:          cmp.Or(os.Getenv("ORQ_AGENT_KEY"), "support.agent"),
		DisplayName:  new("Support"),
		Role:         "Assistant",
		Description:  "Answers questions about orders",
		Instructions: "Be brief. Look the order up before you answer.",
		Path:         cmp.Or(os.Getenv("ORQ_PATH"), "Default"),
		Model:        orq.Model{ID: cmp.Or(os.Getenv("ORQ_MODEL"), "openai/gpt-4o")},
		Settings:     orq.Settings{Tools: []orq.Tool{{Type: orq.ToolCurrentDate}}},
	})
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(agent)
}

// adviceFor says what to do about an error, if there is something to do.
func adviceFor(err error) string {
	switch {
	case errors.Is(err, agentclients.ErrOutcomeUnknown):
		return "The agent may exist. Run the program again: the key keeps it to one agent."
	case errors.Is(err, agentclients.ErrConflict):
		return "Set ORQ_AGENT_KEY to another key, or use EnsureAgent to update the agent."
	}
	return ""
}
