// Run creates an agent on each API that can run one, asks it something and
// prints the answer as it streams. Then it does that again while the stream is
// cut in its middle, which the answer does not show. All of it happens on a
// mock in this process:
//
//	go run ./examples/run
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/mockserver/script"
	"github.com/agentclients/agentclients-go/xpander"
)

const question = "Is the north gate open?"

func main() {
	log.SetFlags(0)
	mock, err := mockserver.Listen(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer mock.Close()
	for _, api := range []string{mockserver.Agentloop, mockserver.Xpander} {
		reply := script.Reply{Text: "The north gate is open until ten.", Pace: 30 * time.Millisecond}
		mock.Script(api, reply, reply)
	}

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	onAgentloop(ctx, mock)
	onXpander(ctx, mock)
}

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
