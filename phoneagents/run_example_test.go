package phoneagents_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/script"
	"github.com/agentclients/agentclients-go/phoneagents"
)

// webchatID is the web chat of openShop.
const webchatID = "webchat_widget_001"

// openShop returns a mock with an agent of usr_abc123 who answers visitors of a
// web page, and a client of it.
func openShop() (*mockserver.Server, *phoneagents.Client) {
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	mock.Script(mockserver.Phoneagents, script.Reply{Text: "We open at nine."}, script.Reply{Text: "Yes, until noon."})
	client, err := phoneagents.NewClient(phoneagents.Config{APIKey: "sk_live_example", Options: agentclients.Options{
		BaseURL: mock.URL(mockserver.Phoneagents), HTTPClient: mock.Client(),
	}})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	number, err := client.AddPhoneNumber(ctx, "usr_abc123", phoneagents.AddPhoneNumberRequest{
		Platform: phoneagents.PlatformWebchat, MetaPhoneNumberID: webchatID, AccessToken: "not_needed",
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.CreateAgent(ctx, "usr_abc123", phoneagents.CreateAgentRequest{
		PhoneNumberID: number.ID, PromptID: "prompt_xyz789", Name: "Shop",
	}); err != nil {
		log.Fatal(err)
	}
	return mock, client
}

// ask asks the agent of openShop something.
func ask(client *phoneagents.Client, text string) *phoneagents.Run {
	run, err := client.RunAgent(context.Background(), webchatID, phoneagents.RunRequest{Text: text, VisitorID: "v-81"})
	if err != nil {
		log.Fatal(err)
	}
	return run
}

// Run.ID is the visitor, who can go on asking.
func ExampleClient_RunAgent() {
	mock, client := openShop()
	defer mock.Close()
	ctx := context.Background()

	run, err := client.RunAgent(ctx, webchatID, phoneagents.RunRequest{Text: "When do you open?"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(run.Text)

	run, err = client.RunAgent(ctx, webchatID, phoneagents.RunRequest{Text: "On Saturdays, too?", VisitorID: run.ID})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(run.Text)
	// Output:
	// We open at nine.
	// Yes, until noon.
}

// A message whose response is lost is not sent again: the history of the
// visitor tells that it is there.
func ExampleClient_RunAgent_lostResponse() {
	mock, client := openShop()
	defer mock.Close()

	mock.Fail(mockserver.PhoneagentsSendWebchatMessage, fault.Drop(fault.AfterCommit))
	run, err := client.RunAgent(context.Background(), webchatID, phoneagents.RunRequest{Text: "When do you open?"})
	if errors.Is(err, agentclients.ErrOutcomeUnknown) {
		log.Fatal("look whether it was sent: ", err)
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(run.Text)
	// Output:
	// We open at nine.
}

func ExampleClient_StreamRun() {
	mock, client := openShop()
	defer mock.Close()

	for event, err := range client.StreamRun(context.Background(), webchatID, phoneagents.RunRequest{Text: "When do you open?"}) {
		if err != nil {
			log.Fatal(err)
		}
		if event.Event.IsTyping {
			fmt.Println("…")
		}
		fmt.Print(event.Text)
		if event.Run != nil {
			fmt.Println()
		}
	}
	// Output:
	// …
	// We open at nine.
}

func ExampleClient_SendWebchatMessage() {
	mock, client := openShop()
	defer mock.Close()

	message, err := client.SendWebchatMessage(context.Background(), webchatID, phoneagents.SendWebchatMessageRequest{
		Text: "When do you open?", VisitorID: "v-81",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(message.Status, "for", message.VisitorID)
	// Output:
	// queued for v-81
}

func ExampleClient_ListWebchatMessages() {
	mock, client := openShop()
	defer mock.Close()
	ask(client, "When do you open?")

	history, err := client.ListWebchatMessages(context.Background(), webchatID, phoneagents.ListWebchatMessagesRequest{VisitorID: "v-81"})
	if err != nil {
		log.Fatal(err)
	}
	for _, message := range history.Messages {
		fmt.Println(message.SequenceNo, message.Sender, message.Text)
	}
	// Output:
	// 1 user When do you open?
	// 2 agent We open at nine.
}

// The stream is to be open before the message is sent: what was said before is
// not told.
func ExampleClient_StreamWebchat() {
	mock, client := openShop()
	defer mock.Close()
	ctx := context.Background()

	for event, err := range client.StreamWebchat(ctx, webchatID, phoneagents.StreamWebchatRequest{VisitorID: "v-81"}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(event)
		switch event.Type {
		case phoneagents.WebchatEventConnected:
			if _, err := client.SendWebchatMessage(ctx, webchatID, phoneagents.SendWebchatMessageRequest{
				Text: "When do you open?", VisitorID: "v-81",
			}); err != nil {
				log.Fatal(err)
			}
		case phoneagents.WebchatEventMessageSent:
			return
		}
	}
	// Output:
	// connected
	// typing
	// message "We open at nine."
}

func ExampleClient_ListMessages() {
	mock, client := openShop()
	defer mock.Close()
	ask(client, "When do you open?")

	list, err := client.ListMessages(context.Background(), "usr_abc123", phoneagents.ListMessagesRequest{
		Sender: phoneagents.SenderAgent, Limit: 10,
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, message := range list.Messages {
		fmt.Printf("%s, to %s on %s: %s\n", message.AgentName, message.CustomerPhone, message.Platform, message.Text)
	}
	fmt.Println(list.Pagination.Total)
	// Output:
	// Shop, to v-81 on webchat: We open at nine.
	// 1
}

// What persons write on a phone number is a message, too. In the mock Receive
// lets them write.
func ExampleClient_AllMessages() {
	mock, client := openShop()
	defer mock.Close()
	ctx := context.Background()
	agent, err := client.CreateAgent(ctx, "usr_abc123", supportAgent)
	if err != nil {
		log.Fatal(err)
	}
	mock.Receive(mockserver.Phoneagents, script.Inbound{From: "+15550100", To: agent.PhoneNumberID, Text: "Are you there?"})

	for message, err := range client.AllMessages(ctx, "usr_abc123", phoneagents.ListMessagesRequest{
		AgentID: agent.ID, OrderBy: "sequence_no", OrderDirection: "ASC",
	}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(message.Sender, message.Text)
	}
	// Output:
	// user Are you there?
	// agent We open at nine.
}

func ExampleClient_GetMessageStats() {
	mock, client := openShop()
	defer mock.Close()
	ask(client, "When do you open?")

	stats, err := client.GetMessageStats(context.Background(), "usr_abc123", phoneagents.GetMessageStatsRequest{TimeRange: phoneagents.TimeRangeWeek})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stats)
	// Output:
	// 2 messages of the last week: 1 of users, 1 of agents, 0 failed; 1 active conversations
}

// A message that the platform refused says why.
func ExampleClient_GetMessageStatus() {
	mock, client := openShop()
	defer mock.Close()
	ctx := context.Background()
	agent, err := client.CreateAgent(ctx, "usr_abc123", supportAgent)
	if err != nil {
		log.Fatal(err)
	}
	ask(client, "When do you open?")
	ask(client, "On Saturdays, too?")
	mock.Script(mockserver.Phoneagents, script.Reply{Text: "Here I am.", Error: "the window of 24 hours is over", Code: "failed"})
	mock.Receive(mockserver.Phoneagents, script.Inbound{From: "+15550100", To: agent.PhoneNumberID, Text: "Hello?"})

	list, err := client.ListMessages(ctx, "usr_abc123", phoneagents.ListMessagesRequest{Status: phoneagents.MessageFailed})
	if err != nil {
		log.Fatal(err)
	}
	report, err := client.GetMessageStatus(ctx, "usr_abc123", list.Messages[0].ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Text, report.Delivery.Status)
	fmt.Println(report.FailureReason)
	// Output:
	// Here I am. failed
	// the window of 24 hours is over
}

func ExampleClient_ListConversations() {
	mock, client := openShop()
	defer mock.Close()
	ask(client, "When do you open?")

	list, err := client.ListConversations(context.Background(), "usr_abc123", phoneagents.ListConversationsRequest{IsActive: new(true)})
	if err != nil {
		log.Fatal(err)
	}
	for _, conversation := range list.Conversations {
		fmt.Println(conversation.CustomerPhone, conversation.MessageCount, conversation.LastMessageText)
	}
	// Output:
	// v-81 2 We open at nine.
}

func ExampleClient_AllConversations() {
	mock, client := openShop()
	defer mock.Close()
	ask(client, "When do you open?")

	for conversation, err := range client.AllConversations(context.Background(), "usr_abc123", phoneagents.ListConversationsRequest{
		CustomerPhone: "v-81", OrderBy: "created_at",
	}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(conversation.AgentName, conversation.IsActive)
	}
	// Output:
	// Shop true
}

func ExampleClient_GetConversation() {
	mock, client := openShop()
	defer mock.Close()
	run := ask(client, "When do you open?")

	conversation, err := client.GetConversation(context.Background(), "usr_abc123", run.ConversationID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(conversation.PromptID, conversation.UserMessageCount, conversation.AgentMessageCount)
	// Output:
	// prompt_xyz789 1 1
}

func ExampleClient_ListConversationMessages() {
	mock, client := openShop()
	defer mock.Close()
	ask(client, "When do you open?")
	run := ask(client, "On Saturdays, too?")

	list, err := client.ListConversationMessages(context.Background(), "usr_abc123", run.ConversationID, phoneagents.ListConversationMessagesRequest{
		BeforeSequence: 4, Limit: 2,
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, message := range list.Messages {
		fmt.Println(message.SequenceNo, message.Text)
	}
	fmt.Println(list.Pagination.HasMore)
	// Output:
	// 2 We open at nine.
	// 3 On Saturdays, too?
	// true
}

func ExampleClient_AllConversationMessages() {
	mock, client := openShop()
	defer mock.Close()
	ask(client, "When do you open?")
	run := ask(client, "On Saturdays, too?")

	for message, err := range client.AllConversationMessages(context.Background(), "usr_abc123", run.ConversationID, phoneagents.ListConversationMessagesRequest{Limit: 2}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(message.Sender, message.Text)
	}
	// Output:
	// user When do you open?
	// agent We open at nine.
	// user On Saturdays, too?
	// agent Yes, until noon.
}
