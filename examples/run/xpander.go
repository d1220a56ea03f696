package main

import (
	"context"
	"fmt"
	"log"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/xpander"
)

func onXpander(ctx context.Context, mock *mockserver.Server) {
	client, err := xpander.NewClient(xpander.Config{APIKey: "for_the_mock", Options: agentclients.Options{BaseURL: mock.URL(mockserver.Xpander)}})
	if err != nil {
		log.Fatal(err)
	}
	agent, err := client.CreateAgent(ctx, xpander.CreateAgentRequest{Name: "Guide"})
	if err != nil {
		log.Fatal(err)
	}
	ask := func() {
		for event, err := range client.StreamRun(ctx, agent.ID, xpander.RunRequest{Text: question}) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Print(event.Text)
			if event.Run != nil {
				fmt.Printf(" (%s)\n", event.Run.Task.Status)
			}
		}
	}
	fmt.Print("xpander: ")
	ask()
	mock.Fail(mockserver.XpanderStreamTask, fault.CutStream(4))
	fmt.Print("xpander, its stream cut and the task read: ")
	ask()
	fmt.Printf("  tasks started: %d, tasks read: %v\n",
		mock.Count(journal.Match{Op: mockserver.XpanderStreamTask}), mock.Count(journal.Match{Op: mockserver.XpanderGetTask}) > 0)
}
