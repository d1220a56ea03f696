package omniflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/script"
	"github.com/agentclients/agentclients-go/omniflow"
)

// ida is a contact.
const ida = "+12025550123"

// openMock returns a mock and a client of it.
func openMock(config mockserver.Config) (*mockserver.Server, *omniflow.Client) {
	mock, err := mockserver.InMemory(config)
	if err != nil {
		log.Fatal(err)
	}
	client, err := omniflow.NewClient(omniflow.Config{
		APIKey:      "tk_example",
		WorkspaceID: "01a0sda156scx5f8",
		Options:     agentclients.Options{BaseURL: mock.URL(mockserver.Omniflow), HTTPClient: mock.Client()},
	})
	if err != nil {
		log.Fatal(err)
	}
	return mock, client
}

// openFlow returns a mock with an agent that has a message flow, and a client
// of it.
func openFlow() (*mockserver.Server, *omniflow.Client, *omniflow.MessageFlow) {
	mock, client := openMock(mockserver.Config{})
	ctx := context.Background()
	agent, err := client.CreateAgent(ctx, supportAgent)
	if err != nil {
		log.Fatal(err)
	}
	flow, err := client.CreateMessageFlow(ctx, bakery(agent.ID))
	if err != nil {
		log.Fatal(err)
	}
	return mock, client, flow
}

// bakery is a message flow of an agent.
func bakery(agentID string) omniflow.CreateMessageFlowRequest {
	return omniflow.CreateMessageFlowRequest{
		Name: "Bakery", Direction: omniflow.DirectionBidirectional, AgentID: agentID,
		InitiationMessage: "Good day from the bakery", Prompt: "Answer questions about bread.",
		MessageChannel: omniflow.MessageChannelSMS, IsActive: new(true),
	}
}

func ExampleClient_CreateMessageFlow() {
	mock, client := openMock(mockserver.Config{})
	defer mock.Close()
	ctx := context.Background()
	agent, err := client.CreateAgent(ctx, supportAgent)
	if err != nil {
		log.Fatal(err)
	}

	flow, err := client.CreateMessageFlow(ctx, omniflow.CreateMessageFlowRequest{
		Name:              "Bakery",
		Direction:         omniflow.DirectionBidirectional,
		AgentID:           agent.ID,
		InitiationMessage: "Good day from the bakery",
		Prompt:            "Answer questions about bread.",
		MessageChannel:    omniflow.MessageChannelSMS,
		IsActive:          new(true),
		Settings:          &omniflow.MessageFlowSettings{ResponseSettings: &omniflow.ResponseSettings{Delay: new(2.5)}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(flow.Name, flow.MessageChannel, flow.Autopilot, flow.Settings)
	// Output:
	// Bakery SMS false {"responseSettings":{"delay":2.5}}
}

func ExampleClient_GetMessageFlow() {
	mock, client, flow := openFlow()
	defer mock.Close()

	read, err := client.GetMessageFlow(context.Background(), flow.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(read.Name, read.InitiationMessage)
	// Output:
	// Bakery Good day from the bakery
}

func ExampleClient_ListMessageFlows() {
	mock, client, _ := openFlow()
	defer mock.Close()

	list, err := client.ListMessageFlows(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, flow := range list.MessageFlows {
		fmt.Println(flow.Name, flow.Direction)
	}
	// Output:
	// Bakery bidirectional
}

func ExampleClient_UpdateMessageFlow() {
	mock, client, flow := openFlow()
	defer mock.Close()

	changed, err := client.UpdateMessageFlow(context.Background(), flow.ID, omniflow.UpdateMessageFlowRequest{
		Description: new("Sells bread by SMS"),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(changed.Name, changed.Description)
	// Output:
	// Bakery Sells bread by SMS
}

func ExampleClient_DeleteMessageFlow() {
	mock, client, flow := openFlow()
	defer mock.Close()
	ctx := context.Background()

	fmt.Println(client.DeleteMessageFlow(ctx, flow.ID))
	_, err := client.GetMessageFlow(ctx, flow.ID)
	fmt.Println(errors.Is(err, agentclients.ErrNotFound))
	// Output:
	// <nil>
	// true
}

// Whatever the autopilot was, it is on afterwards, although the response to
// the toggle is lost.
func ExampleClient_SetAutopilot() {
	mock, client, flow := openFlow()
	defer mock.Close()
	ctx := context.Background()

	mock.Fail(mockserver.OmniflowToggleAutopilot, fault.Drop(fault.AfterCommit))
	for range 2 {
		flow, err := client.SetAutopilot(ctx, flow.ID, true)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(flow.Autopilot)
	}
	// Output:
	// true
	// true
}

func ExampleClient_GenerateMessage() {
	mock, client, flow := openFlow()
	defer mock.Close()

	message, err := client.GenerateMessage(context.Background(), omniflow.GenerateMessageRequest{
		FlowID:       flow.ID,
		To:           "+12025550123",
		CustomerName: "Ida",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(message.Text) // it waits for a decision
	// Output:
	// Good day from the bakery
}

// One message is sent, although the responses of both steps are lost. The
// contact writes back, and the reply of the agent waits for a decision.
func ExampleClient_SendMessage() {
	mock, client, flow := openFlow()
	defer mock.Close()
	ctx := context.Background()

	mock.Fail(mockserver.OmniflowGenerateMessage, fault.Drop(fault.AfterCommit))
	mock.Fail(mockserver.OmniflowMessageAction, fault.Status(502, fault.AfterCommit))
	sent, err := client.SendMessage(ctx, omniflow.SendMessageRequest{FlowID: flow.ID, To: "+12025550123", CustomerName: "Ida"})
	if err != nil {
		log.Fatal(err)
	}

	mock.Script(mockserver.Omniflow, script.Reply{Text: "We open at nine."})
	mock.Receive(mockserver.Omniflow, script.Inbound{From: "+12025550123", Text: "When do you open?"})
	conversation, err := client.GetConversation(ctx, sent.ConversationID)
	if err != nil {
		log.Fatal(err)
	}
	for _, message := range conversation.Messages {
		fmt.Println(message.Direction, message.Status, message.Sent, message.Text)
	}
	// Output:
	// outbound approved true Good day from the bakery
	// inbound received false When do you open?
	// outbound pending false We open at nine.
}

// generated returns a mock with a message that is pending, and a client of it.
func generated() (*mockserver.Server, *omniflow.Client, *omniflow.GeneratedMessage) {
	mock, client, flow := openFlow()
	message, err := client.GenerateMessage(context.Background(), omniflow.GenerateMessageRequest{FlowID: flow.ID, To: ida})
	if err != nil {
		log.Fatal(err)
	}
	return mock, client, message
}

func ExampleClient_ApproveMessage() {
	mock, client, message := generated()
	defer mock.Close()
	ctx := context.Background()

	approved, err := client.ApproveMessage(ctx, message.ConversationID, message.MessageID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(approved.Status, approved.Sent, approved.To, approved.Text)

	_, err = client.ApproveMessage(ctx, message.ConversationID, message.MessageID)
	fmt.Println(errors.Is(err, agentclients.ErrConflict))
	// Output:
	// approved true +12025550123 Good day from the bakery
	// true
}

func ExampleClient_EditMessage() {
	mock, client, message := generated()
	defer mock.Close()

	edited, err := client.EditMessage(context.Background(), message.ConversationID, message.MessageID, "Good day, Ida")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(edited.Status, edited.Sent, edited.Text)
	// Output:
	// approved true Good day, Ida
}

func ExampleClient_RejectMessage() {
	mock, client, message := generated()
	defer mock.Close()

	rejected, err := client.RejectMessage(context.Background(), message.ConversationID, message.MessageID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(rejected.Status, rejected.Sent)
	// Output:
	// rejected false
}

func ExampleClient_ListConversations() {
	mock, client, _ := generated()
	defer mock.Close()

	list, err := client.ListConversations(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, conversation := range list.Conversations {
		fmt.Println(conversation.Customer.Contact(), len(conversation.Messages))
	}
	// Output:
	// +12025550123 1
}

func ExampleClient_GetConversation() {
	mock, client, message := generated()
	defer mock.Close()

	conversation, err := client.GetConversation(context.Background(), message.ConversationID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(conversation.Message(message.MessageID).Status)
	// Output:
	// pending
}

func ExampleClient_FindConversation() {
	mock, client, flow := openFlow()
	defer mock.Close()
	ctx := context.Background()

	_, err := client.FindConversation(ctx, flow.ID, "+12025550123")
	fmt.Println(errors.Is(err, agentclients.ErrNotFound))

	if _, err := client.GenerateMessage(ctx, omniflow.GenerateMessageRequest{FlowID: flow.ID, To: "+12025550123"}); err != nil {
		log.Fatal(err)
	}
	conversation, err := client.FindConversation(ctx, flow.ID, "+12025550123")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(conversation.Messages[0].Text)
	// Output:
	// true
	// Good day from the bakery
}

func ExampleClient_ListPhoneNumbers() {
	mock, client := openMock(mockserver.Config{Seed: json.RawMessage(`{"version": 1, "apis": {"omniflow": {"phone_numbers": [
		{"id": "pn_1", "record": {"phoneNumber": "+12025550100", "omniFlowAgentId": "674b9687d56a35c024db9cce"}}
	]}}}`)})
	defer mock.Close()

	list, err := client.ListPhoneNumbers(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, number := range list.PhoneNumbers {
		fmt.Println(number.PhoneNumber, number.Status, number.AgentID)
	}
	// Output:
	// +12025550100 active 674b9687d56a35c024db9cce
}
