// Agentloop creates an agent on an Everruns server. It talks to a mock of the
// API in this process, or, if EVERRUNS_API_KEY is set, to the real one (at
// EVERRUNS_API_URL, if that is set):
//
//	go run ./examples/agentloop -name "Customer Support Agent" -prompt "Be polite." -capabilities current_time,web_fetch
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/mockserver"
)

func main() {
	log.SetFlags(0)
	var request agentloop.CreateAgentRequest
	flag.StringVar(&request.ID, "id", agentloop.NewAgentID(), "`id` of the agent")
	flag.StringVar(&request.Name, "name", "Customer Support Agent", "name of the agent")
	flag.StringVar(&request.SystemPrompt, "prompt", "You are a helpful customer support agent. Be polite and professional.", "system prompt")
	capabilities := flag.String("capabilities", "current_time,web_fetch", "`ids` of capabilities, with commas between")
	flag.Parse()
	for ref := range strings.SplitSeq(*capabilities, ",") {
		if ref != "" {
			request.Capabilities = append(request.Capabilities, agentloop.Capability{Ref: ref})
		}
	}

	var config agentloop.Config // reads the environment
	if os.Getenv("EVERRUNS_API_KEY") == "" {
		mock, err := mockserver.Listen(mockserver.Config{})
		if err != nil {
			log.Fatal(err)
		}
		defer mock.Close()
		config.APIKey = "evr_for_the_mock"
		config.BaseURL = mock.URL(mockserver.Agentloop)
		fmt.Println("EVERRUNS_API_KEY is not set: using the mock")
	}
	client, err := agentloop.NewClient(config)
	if err != nil {
		log.Fatal(err)
	}

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	agent, err := client.CreateAgent(ctx, request)
	switch {
	case errors.Is(err, agentclients.ErrOutcomeUnknown):
		log.Fatalf("The agent may exist or not; run this again with -id %s, which cannot make a second one.\n%v", request.ID, err)
	case errors.Is(err, agentclients.ErrConflict):
		log.Fatalf("The id belongs to another agent, which may be archived; leave -id out to get a new one.\n%v", err)
	case err != nil:
		log.Fatal(err)
	}
	fmt.Printf("%s: %q is %s and can %s\n", agent.ID, agent.Name, agent.Status, *capabilities)
}
