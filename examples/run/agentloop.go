package main

import (
	"context"
	"fmt"
	"log"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

func onAgentloop(ctx context.Context, mock *mockserver.Server) {
	client, err := agentloop.NewClient(agentloop.Config{APIKey: "evr_for_the_mock", Options: agentclients.Options{BaseURL: mock.URL(mockserver.Agentloop)}})
	if err != nil {
		log.Fatal(err)
	}
	agent, err := client.CreateAgent(ctx, agentloop.CreateAgentRequest{Name: "Guide", SystemPrompt: "Answer visitors."})
	if err != nil {
		log.Fatal(err)
	}
	ask := func() {
		for event, err := range client.StreamRun(ctx, agent.ID, agentloop.RunRequest{Text: question}) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Print(event.Text)
			if event.Run != nil {
				fmt.Printf(" (%s)\n", event.Run.End)
			}
		}
	}
	fmt.Print("agentloop: ")
	ask()
	mock.Fail(mockserver.AgentloopStreamEvents, fault.CutStream(6))
	fmt.Print("agentloop, its stream cut and resumed: ")
	ask()
	fmt.Printf("  messages sent: %d, streams opened: %d\n",
		mock.Count(journal.Match{Op: mockserver.AgentloopSendMessage}), mock.Count(journal.Match{Op: mockserver.AgentloopStreamEvents}))
}
