// Phoneagents binds an OpenAI prompt to a phone number. It talks to a mock of
// the API in this process, or, if PHONEAGENTS_API_KEY and
// PHONEAGENTS_BASE_URL are set, to the real one:
//
//	go run ./examples/phoneagents -user usr_abc123 -number pn_abc123 -prompt prompt_xyz789 -name "Customer Support Agent"
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
	"github.com/agentclients/agentclients-go/phoneagents"
)

func main() {
	log.SetFlags(0)
	user := flag.String("user", "usr_abc123", "user `id`")
	var request phoneagents.CreateAgentRequest
	flag.StringVar(&request.PhoneNumberID, "number", "pn_abc123", "phone number or Instagram account `id`")
	flag.StringVar(&request.PromptID, "prompt", "prompt_xyz789", "OpenAI prompt `id`")
	flag.StringVar(&request.Name, "name", "Customer Support Agent", "name of the agent")
	flag.Parse()

	var config phoneagents.Config // reads the environment
	if os.Getenv("PHONEAGENTS_API_KEY") == "" {
		mock, err := mockserver.Listen(mockserver.Config{})
		if err != nil {
			log.Fatal(err)
		}
		defer mock.Close()
		config.APIKey = "sk_live_for_the_mock"
		config.BaseURL = mock.URL(mockserver.Phoneagents)
		fmt.Println("PHONEAGENTS_API_KEY is not set: using the mock")
	}
	client, err := phoneagents.NewClient(config)
	if err != nil {
		log.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	agent, err := client.CreateAgent(ctx, *user, request)
	switch {
	case errors.Is(err, agentclients.ErrOutcomeUnknown):
		log.Fatalf("The agent may exist or not; list the agents of %s before you try again.\n%v", *user, err)
	case errors.Is(err, agentclients.ErrConflict):
		log.Fatalf("The number has an agent already; update or delete that one first.\n%v", err)
	case err != nil:
		log.Fatal(err)
	}
	fmt.Printf("%s: %q answers on %s with %s\n", agent.ID, agent.Name, agent.PhoneNumberID, agent.PromptID)
}
