// Xpander creates an agent on xpander.ai. It talks to a mock of the API in
// this process, or, if XPANDER_API_KEY is set, to the real one:
//
//	go run ./examples/xpander -name "Customer Support Agent" -provider openai -model gpt-5.2
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
	"github.com/agentclients/agentclients-go/xpander"
)

func main() {
	log.SetFlags(0)
	name := flag.String("name", "Customer Support Agent", "name of the agent")
	provider := flag.String("provider", "openai", "who runs the model")
	model := flag.String("model", "gpt-5.2", "name of the model")
	flag.Parse()

	var config xpander.Config // reads the environment
	if os.Getenv("XPANDER_API_KEY") == "" {
		mock, err := mockserver.Listen(mockserver.Config{})
		if err != nil {
			log.Fatal(err)
		}
		defer mock.Close()
		config.APIKey = "sk_live_for_the_mock"
		config.BaseURL = mock.URL(mockserver.Xpander)
		fmt.Println("XPANDER_API_KEY is not set: using the mock")
	}
	client, err := xpander.NewClient(config)
	if err != nil {
		log.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	agent, err := client.CreateAgent(ctx, xpander.CreateAgentRequest{
		Name:          *name,
		ModelProvider: new(xpander.ModelProvider(*provider)),
		ModelName:     model,
		Instructions: xpander.Instructions{
			Role:    []string{"Customer support specialist"},
			Goal:    []string{"Resolve customer issues efficiently"},
			General: "Be helpful, professional, and empathetic",
		},
	})
	switch {
	case errors.Is(err, agentclients.ErrOutcomeUnknown):
		log.Fatalf("The agent may exist or not; look for it among the newest agents before you try again.\n%v", err)
	case errors.Is(err, agentclients.ErrRateLimited):
		log.Fatalf("Too many requests, or the plan allows no more agents.\n%v", err)
	case err != nil:
		log.Fatal(err)
	}
	fmt.Printf("%s: %q (%s) is %s with %s of %s, version %d\n",
		agent.ID, agent.Name, agent.UniqueName, agent.Status, agent.ModelName, agent.ModelProvider, agent.Version)
	fmt.Println("webhook:", agent.WebhookURL)
}
