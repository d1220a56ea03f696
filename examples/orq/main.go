// Orq creates an agent on orq.ai. It talks to a mock of the API in this
// process, or, if ORQ_API_KEY is set, to the real one:
//
//	go run ./examples/orq -key support.agent -role Assistant -model openai/gpt-4o -path Default
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
	request := orq.CreateAgentRequest{
		Description:  "Answers questions about orders",
		Instructions: "Be brief. Look the order up before you answer.",
		Settings:     orq.Settings{Tools: []orq.Tool{{Type: orq.ToolCurrentDate}}},
	}
	flag.StringVar(&request.Key, "key", "support.agent", "`key` of the agent")
	flag.StringVar(&request.Role, "role", "Assistant", "what the agent is")
	flag.StringVar(&request.Model.ID, "model", "openai/gpt-4o", "provider and `model`")
	flag.StringVar(&request.Path, "path", "Default", "project and folders to put the agent in")
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
	agent, err := client.CreateAgent(ctx, request)
	switch {
	case errors.Is(err, agentclients.ErrOutcomeUnknown):
		log.Fatalf("The agent may exist or not; run this again with the same -key, which cannot make a second one.\n%v", err)
	case errors.Is(err, agentclients.ErrConflict):
		log.Fatalf("The key is taken; choose another -key, or change the agent with EnsureAgent.\n%v", err)
	case err != nil:
		log.Fatal(err)
	}
	fmt.Printf("%s: %q is %s with %s in %s\n", agent.ID, agent.Key, agent.Status, agent.Model.ID, agent.Path)
}
