// Orq creates an agent on orq.ai. It talks to a mock of the API in this
// process, or, if ORQ_API_KEY is set, to the real one:
//
//	go run ./examples/orq -key support.agent -path Default -model openai/gpt-4o
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/orq"
)

func main() {
	log.SetFlags(0)
	key := flag.String("key", "support.agent", "key of the agent, unique in the workspace")
	path := flag.String("path", "Default", "project and folders to put the agent into")
	model := flag.String("model", "openai/gpt-4o", "model of the agent")
	flag.Parse()

	var config orq.Config // reads the environment
	if os.Getenv("ORQ_API_KEY") == "" {
		mock, err := mockserver.Listen(mockserver.Config{})
		if err != nil {
			log.Fatal(err)
		}
		defer mock.Close()
		config.APIKey = "sk-orq-for-the-mock"
		config.BaseURL = mock.URL(mockserver.Orq)
		fmt.Println("ORQ_API_KEY is not set: using the mock")
	}
	client, err := orq.NewClient(config)
	if err != nil {
		log.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	agent, err := client.CreateAgent(ctx, orq.CreateAgentRequest{
		Key:          *key,
		DisplayName:  new("Support"),
		Role:         "Assistant",
		Description:  "Answers questions about orders",
		Instructions: "Be brief. Look the order up before you answer.",
		Path:         *path,
		Model:        orq.Model{ID: *model},
		Settings:     orq.Settings{Tools: []orq.Tool{{Type: orq.ToolCurrentDate}}},
	})
	switch {
	case errors.Is(err, agentclients.ErrOutcomeUnknown):
		log.Fatalf("The agent may exist or not; run the program again, the key keeps it to one agent.\n%v", err)
	case errors.Is(err, agentclients.ErrConflict):
		log.Fatalf("The key is taken; choose another one, or use EnsureAgent to update the agent.\n%v", err)
	case err != nil:
		log.Fatal(err)
	}
	fmt.Printf("%s: %q in %s is %s with %s\n", agent.Key, agent.DisplayName, agent.Path, agent.Status, agent.Model.ID)
}
