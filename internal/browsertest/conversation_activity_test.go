package browsertest

import (
	"errors"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/script"
	"github.com/agentclients/agentclients-go/omniflow"
	"github.com/agentclients/agentclients-go/orq"
	"github.com/agentclients/agentclients-go/phoneagents"
)

// omniflowActivity is a flow whose messages are decided about, and a contact
// who writes back.
func omniflowActivity(t *testing.T, s space) {
	t.Helper()
	ctx := t.Context()
	client := must(omniflow.NewClient(omniflow.Config{APIKey: "tk_secret", WorkspaceID: "ws1", Options: options(s, mockserver.Omniflow)}))(t)
	agent := must(client.CreateAgent(ctx, omniflow.CreateAgentRequest{Name: "Baker", LLMModel: "gpt-4o-mini"}))(t)
	flow := must(client.CreateMessageFlow(ctx, bakery(agent.ID)))(t)
	must(client.SendMessage(ctx, omniflow.SendMessageRequest{FlowID: flow.ID, To: "+12025550123", CustomerName: "Ida"}))(t)
	s.Receive(mockserver.Omniflow, script.Inbound{From: "+12025550123", Text: "When do you open?"})
	conversation := must(client.FindConversation(ctx, flow.ID, "+12025550123"))(t)
	last := conversation.Messages[len(conversation.Messages)-1]
	must(client.EditMessage(ctx, conversation.ID, last.ID, "At six."))(t)
	generated := must(client.GenerateMessage(ctx, omniflow.GenerateMessageRequest{FlowID: flow.ID, To: "+12025550177"}))(t)
	must(client.RejectMessage(ctx, generated.ConversationID, generated.MessageID))(t)
	must(client.GetConversation(ctx, generated.ConversationID))(t)
	must(client.SetAutopilot(ctx, flow.ID, true))(t)
	must(client.ListPhoneNumbers(ctx))(t)
}

// bakery is a message flow that contacts can open.
func bakery(agentID string) omniflow.CreateMessageFlowRequest {
	return omniflow.CreateMessageFlowRequest{
		Name: "Bakery", Direction: omniflow.DirectionBidirectional, AgentID: agentID,
		InitiationMessage: "Good day from the bakery", Prompt: "Answer questions about bread.",
		MessageChannel: omniflow.MessageChannelSMS, IsActive: new(true),
	}
}

// webchatClient makes an agent for the visitors of webchat_widget_001, and
// returns the client.
func webchatClient(t *testing.T, s space) *phoneagents.Client {
	t.Helper()
	ctx := t.Context()
	client := must(phoneagents.NewClient(phoneagents.Config{APIKey: "sk_live_secret", Options: options(s, mockserver.Phoneagents)}))(t)
	number := must(client.AddPhoneNumber(ctx, "usr_abc123", phoneagents.AddPhoneNumberRequest{
		Platform: phoneagents.PlatformWebchat, MetaPhoneNumberID: "webchat_widget_001", AccessToken: "not_needed",
	}))(t)
	must(client.CreateAgent(ctx, "usr_abc123", phoneagents.CreateAgentRequest{PhoneNumberID: number.ID, PromptID: "prompt_xyz789", Name: "Shop"}))(t)
	return client
}

// phoneagentsActivity is a visitor of a web page, and a person who writes to a
// phone number.
func phoneagentsActivity(t *testing.T, s space) {
	t.Helper()
	ctx := t.Context()
	client := webchatClient(t, s)
	s.Script(mockserver.Phoneagents, script.Reply{Text: "We open at nine."}, script.Reply{Text: "Yes, until noon."}, script.Reply{Text: "Bread."})
	for _, err := range client.StreamRun(ctx, "webchat_widget_001", phoneagents.RunRequest{Text: "When do you open?", VisitorID: "visitor-81"}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(client.RunAgent(ctx, "webchat_widget_001", phoneagents.RunRequest{Text: "On Saturdays, too?", VisitorID: "visitor-81"}))(t)
	must(client.RunAgent(ctx, "webchat_widget_001", phoneagents.RunRequest{Text: "What do you sell?", VisitorID: "visitor-82"}))(t)
	list := must(client.ListConversations(ctx, "usr_abc123", phoneagents.ListConversationsRequest{}))(t)
	must(client.GetConversation(ctx, "usr_abc123", list.Conversations[0].ID))(t)
	messages := must(client.ListConversationMessages(ctx, "usr_abc123", list.Conversations[0].ID, phoneagents.ListConversationMessagesRequest{}))(t)
	must(client.GetMessageStatus(ctx, "usr_abc123", messages.Messages[0].ID))(t)
	must(client.GetMessageStats(ctx, "usr_abc123", phoneagents.GetMessageStatsRequest{}))(t)
}

// orqActivity are runs of an agent on each surface: one that goes on from
// another, one that waits for a review, one that fails.
func orqActivity(t *testing.T, s space) {
	t.Helper()
	ctx := t.Context()
	client := orqClient(t, s)
	calc := orqAgent("calc")
	calc.Settings = orq.Settings{Tools: []orq.Tool{{Type: orq.ToolFunction, Key: "add"}, {Type: orq.ToolWebScraper, RequiresApproval: new(true)}}}
	must(client.CreateAgent(ctx, calc))(t)
	s.Script(mockserver.Orq, script.Reply{Text: "Four."}, script.Reply{Text: "Eight."})
	first := must(client.RunAgent(ctx, "calc", orq.RunRequest{Text: "Two plus two?"}))(t)
	must(client.RunAgent(ctx, "calc", orq.RunRequest{Text: "And twice that?", PreviousResponseID: first.ID}))(t)
	must(client.GetResponse(ctx, first.ID))(t)
	s.Script(mockserver.Orq, script.Reply{Text: "The page says four.", Tools: []script.ToolCall{{Name: "web_scraper", Result: "2 + 2 = 4"}}})
	task := must(client.InvokeAgent(ctx, "calc", orq.InvokeRequest{Message: orq.UserMessage("What does the page say?")}))(t)
	must(client.GetTask(ctx, "calc", task.ID))(t)
	actions := must(client.ListActions(ctx, "calc", task.ID))(t)
	if err := client.ReviewAction(ctx, "calc", task.ID, actions.Actions[0].ID, orq.ReviewActionRequest{Review: orq.ReviewApproved}); err != nil {
		t.Fatal(err)
	}
	must(client.WaitTask(ctx, "calc", task.ID, nil))(t)
	s.Script(mockserver.Orq, script.Reply{Error: "the model is busy"})
	if _, err := client.RunAgent(ctx, "calc", orq.RunRequest{Text: "Three plus three?"}); !errors.Is(err, agentclients.ErrRunFailed) {
		t.Fatal(err)
	}
	s.Script(mockserver.Orq, script.Reply{Text: "Seven.", Ask: "May I say it?"}, script.Reply{Text: "Nine.", Hold: true})
	must(client.InvokeAgent(ctx, "calc", orq.InvokeRequest{Message: orq.UserMessage("Three plus four?")}))(t)
	must(client.CreateResponse(ctx, orq.CreateResponseRequest{Model: "agent/calc", Input: orq.ResponseInput{Text: "Four plus five?"}, Background: new(true)}))(t)
	must(client.ListTasks(ctx, "calc", orq.ListTasksRequest{}))(t)
}
