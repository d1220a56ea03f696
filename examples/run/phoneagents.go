package main

import (
	"context"
	"fmt"
	"log"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/phoneagents"
)

func onPhoneagents(ctx context.Context, mock *mockserver.Server) {
	client, err := phoneagents.NewClient(phoneagents.Config{APIKey: "sk_for_the_mock", Options: agentclients.Options{BaseURL: mock.URL(mockserver.Phoneagents)}})
	if err != nil {
		log.Fatal(err)
	}
	const user, webchat = "usr_gate", "webchat_gate"
	number, err := client.AddPhoneNumber(ctx, user, phoneagents.AddPhoneNumberRequest{
		Platform: phoneagents.PlatformWebchat, MetaPhoneNumberID: webchat, AccessToken: "not_needed",
	})
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.CreateAgent(ctx, user, phoneagents.CreateAgentRequest{PhoneNumberID: number.ID, PromptID: "prompt_gate", Name: "Guide"})
	if err != nil {
		log.Fatal(err)
	}
	ask := func() {
		for event, err := range client.StreamRun(ctx, webchat, phoneagents.RunRequest{Text: question}) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Print(event.Text)
			if event.Run != nil {
				fmt.Println()
			}
		}
	}
	fmt.Print("phoneagents, web chat: ")
	ask()
	mock.Fail(mockserver.PhoneagentsSendWebchatMessage, fault.Drop(fault.AfterCommit))
	mock.Fail(mockserver.PhoneagentsStreamWebchat, fault.CutStream(1))
	fmt.Print("phoneagents, the response lost, the stream cut and the history read: ")
	ask()
	stats, err := client.GetMessageStats(ctx, user, phoneagents.GetMessageStatsRequest{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("  messages sent: %d, of users: %d, of agents: %d\n",
		mock.Count(journal.Match{Op: mockserver.PhoneagentsSendWebchatMessage}), stats.BySender.User, stats.BySender.Agent)
}
