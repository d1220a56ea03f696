// Omniflow creates an agent in a Trillet workspace. It talks to a mock of the
// API in this process, or, if OMNIFLOW_API_KEY and OMNIFLOW_WORKSPACE_ID are
// set, to the real one:
//
//	go run ./examples/omniflow -name ExampleOmniFlowAgent -model gpt-4o-mini
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
	"github.com/agentclients/agentclients-go/omniflow"
)

func main() {
	log.SetFlags(0)
	var request omniflow.CreateAgentRequest
	flag.StringVar(&request.Name, "name", "ExampleOmniFlowAgent", "name of the agent")
	flag.StringVar(&request.LLMModel, "model", omniflow.DefaultLLMModel, "language model")
	flag.Parse()

	var config omniflow.Config // reads the environment
	if os.Getenv("OMNIFLOW_API_KEY") == "" {
		mock, err := mockserver.Listen(mockserver.Config{})
		if err != nil {
			log.Fatal(err)
		}
		defer mock.Close()
		config.APIKey = "tk_for_the_mock"
		config.WorkspaceID = "01a0sda156scx5f8"
		config.BaseURL = mock.URL(mockserver.Omniflow)
		fmt.Println("OMNIFLOW_API_KEY is not set: using the mock")
	}
	client, err := omniflow.NewClient(config)
	if err != nil {
		log.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	agent, err := client.CreateAgent(ctx, request)
	switch {
	case errors.Is(err, agentclients.ErrOutcomeUnknown):
		log.Fatalf("The agent may exist or not; list the agents and look for %q before you try again.\n%v", request.Name, err)
	case err != nil:
		log.Fatal(err)
	}
	fmt.Printf("%s: %q with %s is %s in workspace %s\n", agent.ID, agent.Name, agent.LLMModel, agent.Status, agent.WorkspaceID)
}
