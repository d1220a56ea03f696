package main

import (
	"context"
	"fmt"
	"log"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/orq"
)

func onOrq(ctx context.Context, mock *mockserver.Server) {
	client, err := orq.NewClient(orq.Config{APIKey: "sk-orq-for-the-mock", Options: agentclients.Options{BaseURL: mock.URL(mockserver.Orq)}})
	if err != nil {
		log.Fatal(err)
	}
	agent, err := client.CreateAgent(ctx, orq.CreateAgentRequest{
		Key: "guide", Role: "Guide", Description: "Helps visitors", Instructions: "Answer visitors.", Path: "Default", Model: orq.Model{ID: "openai/gpt-4o"},
	})
	if err != nil {
		log.Fatal(err)
	}
	ask := func() {
		for event, err := range client.StreamRun(ctx, agent.Key, orq.RunRequest{Text: question}) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Print(event.Text)
			if event.Run != nil {
				fmt.Printf(" (%s)\n", event.Run.Response.Status)
			}
		}
	}
	fmt.Print("orq: ")
	ask()
	mock.Fail(mockserver.OrqCreateResponse, fault.CutStream(6))
	fmt.Print("orq, its stream cut and the response read: ")
	ask()
	fmt.Printf("  responses started: %d, responses read: %v\n",
		mock.Count(journal.Match{Op: mockserver.OrqCreateResponse}), mock.Count(journal.Match{Op: mockserver.OrqGetResponse}) > 0)
}
