package main

import (
	"context"
	"fmt"
	"log"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/mockserver/script"
	"github.com/agentclients/agentclients-go/omniflow"
)

// visitor is whom the agent of omniflow writes to. It is asked nothing by a
// request: it answers what the visitor writes back.
const visitor = "+12025550123"

func onOmniflow(ctx context.Context, mock *mockserver.Server) {
	client, err := omniflow.NewClient(omniflow.Config{
		APIKey: "tk_for_the_mock", WorkspaceID: "gates", Options: agentclients.Options{BaseURL: mock.URL(mockserver.Omniflow)},
	})
	if err != nil {
		log.Fatal(err)
	}
	agent, err := client.CreateAgent(ctx, omniflow.CreateAgentRequest{Name: "Guide"})
	if err != nil {
		log.Fatal(err)
	}
	flow, err := client.CreateMessageFlow(ctx, omniflow.CreateMessageFlowRequest{
		Name: "Gates", Direction: omniflow.DirectionBidirectional, AgentID: agent.ID, InitiationMessage: "Welcome to the north gate.",
		Prompt: "Answer visitors.", MessageChannel: omniflow.MessageChannelSMS, IsActive: new(true),
	})
	if err != nil {
		log.Fatal(err)
	}

	message, err := client.GenerateMessage(ctx, omniflow.GenerateMessageRequest{FlowID: flow.ID, To: visitor, CustomerName: "Ida"})
	if err != nil {
		log.Fatal(err)
	}
	approved, err := client.ApproveMessage(ctx, message.ConversationID, message.MessageID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("omniflow: %s (%s)\n", approved.Text, approved.Status)

	mock.Script(mockserver.Omniflow, script.Reply{Text: "The north gate is open until ten."})
	mock.Receive(mockserver.Omniflow, script.Inbound{From: visitor, Text: question})
	conversation, err := client.GetConversation(ctx, message.ConversationID)
	if err != nil {
		log.Fatal(err)
	}
	for _, m := range conversation.Messages[1:] {
		fmt.Printf("  %s: %s (%s)\n", m.Direction, m.Text, m.Status)
	}

	mock.Fail(mockserver.OmniflowGenerateMessage, fault.Drop(fault.AfterCommit))
	mock.Fail(mockserver.OmniflowMessageAction, fault.Drop(fault.AfterCommit))
	sent, err := client.SendMessage(ctx, omniflow.SendMessageRequest{FlowID: flow.ID, To: "+12025550124"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("omniflow, both responses lost and the conversation read: %s (%s)\n", sent.Text, sent.Status)
	fmt.Printf("  messages generated: %d, decisions sent: %d\n",
		mock.Count(journal.Match{Op: mockserver.OmniflowGenerateMessage}), mock.Count(journal.Match{Op: mockserver.OmniflowMessageAction}))
}
