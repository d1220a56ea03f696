package agentclients_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/omniflow"
	"github.com/agentclients/agentclients-go/orq"
	"github.com/agentclients/agentclients-go/phoneagents"
	"github.com/agentclients/agentclients-go/xpander"
)

// nobody is a server that no request may reach.
type nobody struct{ t *testing.T }

func (n nobody) RoundTrip(request *http.Request) (*http.Response, error) {
	n.t.Errorf("%s %s was sent", request.Method, request.URL)
	return nil, errors.New("sent")
}

// TestAllThatIsMissingIsNamedAtOnce: a call without the id of what it is about
// and with a request that is wrong is refused once, for both.
func TestAllThatIsMissingIsNamedAtOnce(t *testing.T) {
	options := agentclients.Options{BaseURL: "https://api.example.com/v1", HTTPClient: &http.Client{Transport: nobody{t}}}
	client := func(c any, err error) any {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	flows := client(omniflow.NewClient(omniflow.Config{APIKey: "k", WorkspaceID: "w", Options: options})).(*omniflow.Client)
	loop := client(agentloop.NewClient(agentloop.Config{APIKey: "k", Options: options})).(*agentloop.Client)
	responses := client(orq.NewClient(orq.Config{APIKey: "k", Options: options})).(*orq.Client)
	phones := client(phoneagents.NewClient(phoneagents.Config{APIKey: "k", Options: options})).(*phoneagents.Client)
	tasks := client(xpander.NewClient(xpander.Config{APIKey: "k", Options: options})).(*xpander.Client)

	ctx := t.Context()
	of := func(_ any, err error) error { return err }
	ensured := func(_, _ any, err error) error { return err }
	for name, test := range map[string]struct {
		err  error
		want []string
	}{
		"omniflow UpdateAgent":                 {of(flows.UpdateAgent(ctx, "", omniflow.UpdateAgentRequest{Name: new("")})), []string{"agentId", "name"}},
		"omniflow UpdateMessageFlow":           {of(flows.UpdateMessageFlow(ctx, "", omniflow.UpdateMessageFlowRequest{Description: new("\xff")})), []string{"id", "description"}},
		"omniflow EditMessage":                 {of(flows.EditMessage(ctx, "", "", "")), []string{"conversationId", "messageId", "metadata.editedMessage"}},
		"agentloop UpdateAgent":                {of(loop.UpdateAgent(ctx, "", agentloop.UpdateAgentRequest{Description: new("\xff")})), []string{"agent_id", "description"}},
		"agentloop UpdateSession":              {of(loop.UpdateSession(ctx, "", agentloop.UpdateSessionRequest{Title: new("\xff")})), []string{"session_id", "title"}},
		"agentloop SendMessage":                {of(loop.SendMessage(ctx, "", agentloop.SendMessageRequest{})), []string{"session_id", "message.content"}},
		"agentloop ListEvents":                 {of(loop.ListEvents(ctx, "", agentloop.ListEventsRequest{Types: []agentloop.EventType{""}})), []string{"session_id", "types[0]"}},
		"agentloop RunAgent":                   {of(loop.RunAgent(ctx, "", agentloop.RunRequest{})), []string{"agent_id", "message.content"}},
		"orq UpdateAgent":                      {of(responses.UpdateAgent(ctx, "", orq.UpdateAgentRequest{DisplayName: new("\xff")})), []string{"agent_key", "display_name"}},
		"orq CreateAgentResponse":              {of(responses.CreateAgentResponse(ctx, "", orq.AgentResponseRequest{})), []string{"agent_key", "message.role", "message.parts"}},
		"orq InvokeAgent":                      {of(responses.InvokeAgent(ctx, "", orq.InvokeRequest{})), []string{"key", "message.role", "message.parts"}},
		"orq ListTasks":                        {of(responses.ListTasks(ctx, "", orq.ListTasksRequest{Limit: -1, StartingAfter: "\xff"})), []string{"agent_key", "limit", "starting_after"}},
		"orq ReviewAction":                     {responses.ReviewAction(ctx, "", "", "", orq.ReviewActionRequest{}), []string{"agent_key", "task_id", "action_id", "review"}},
		"orq RunAgent":                         {of(responses.RunAgent(ctx, "", orq.RunRequest{})), []string{"agent_key", "input"}},
		"phoneagents CreateAgent":              {of(phones.CreateAgent(ctx, "", phoneagents.CreateAgentRequest{})), []string{"user_id", "phone_number_id", "prompt_id", "name"}},
		"phoneagents EnsureAgent":              {ensured(phones.EnsureAgent(ctx, "", phoneagents.CreateAgentRequest{})), []string{"user_id", "phone_number_id", "prompt_id", "name"}},
		"phoneagents EnsurePhoneNumber":        {ensured(phones.EnsurePhoneNumber(ctx, "", phoneagents.AddPhoneNumberRequest{})), []string{"user_id", "platform", "meta_phone_number_id", "access_token"}},
		"phoneagents UpdateAgent":              {of(phones.UpdateAgent(ctx, "", "", phoneagents.UpdateAgentRequest{Name: new("")})), []string{"user_id", "agent_id", "name"}},
		"phoneagents ListAgents":               {of(phones.ListAgents(ctx, "", phoneagents.ListAgentsRequest{Limit: -1})), []string{"user_id", "limit"}},
		"phoneagents AddPhoneNumber":           {of(phones.AddPhoneNumber(ctx, "", phoneagents.AddPhoneNumberRequest{ID: new("")})), []string{"user_id", "platform", "meta_phone_number_id", "access_token", "id"}},
		"phoneagents ListPhoneNumbers":         {of(phones.ListPhoneNumbers(ctx, "", phoneagents.ListPhoneNumbersRequest{Limit: -1})), []string{"user_id", "limit"}},
		"phoneagents ListMessages":             {of(phones.ListMessages(ctx, "", phoneagents.ListMessagesRequest{Limit: -1})), []string{"user_id", "limit"}},
		"phoneagents GetMessageStats":          {of(phones.GetMessageStats(ctx, "", phoneagents.GetMessageStatsRequest{AgentID: "\xff"})), []string{"user_id", "agent_id"}},
		"phoneagents ListConversations":        {of(phones.ListConversations(ctx, "", phoneagents.ListConversationsRequest{Limit: -1})), []string{"user_id", "limit"}},
		"phoneagents ListConversationMessages": {of(phones.ListConversationMessages(ctx, "", "", phoneagents.ListConversationMessagesRequest{Limit: -1})), []string{"user_id", "conversation_id", "limit"}},
		"phoneagents SendWebchatMessage":       {of(phones.SendWebchatMessage(ctx, "", phoneagents.SendWebchatMessageRequest{})), []string{"webchat_id", "message"}},
		"phoneagents ListWebchatMessages":      {of(phones.ListWebchatMessages(ctx, "", phoneagents.ListWebchatMessagesRequest{})), []string{"webchat_id", "visitor_phone"}},
		"phoneagents RunAgent":                 {of(phones.RunAgent(ctx, "", phoneagents.RunRequest{})), []string{"webchat_id", "message"}},
		"xpander UpdateAgent":                  {of(tasks.UpdateAgent(ctx, "", xpander.UpdateAgentRequest{Name: new("")})), []string{"agent_id", "name"}},
		"xpander StartTask":                    {of(tasks.StartTask(ctx, "", xpander.InvokeRequest{})), []string{"agent_id", "input.text"}},
		"xpander ListAgentTasks":               {of(tasks.ListAgentTasks(ctx, "", xpander.ListTasksRequest{AgentID: "a"})), []string{"agent_id", "agent_id"}},
		"xpander RunAgent":                     {of(tasks.RunAgent(ctx, "", xpander.RunRequest{TaskID: "t1"})), []string{"agent_id", "input.text"}},
	} {
		var e *agentclients.Error
		if !errors.Is(test.err, agentclients.ErrInvalidRequest) || !errors.As(test.err, &e) {
			t.Errorf("%s: %v", name, test.err)
			continue
		}
		var got []string
		for _, field := range e.Fields {
			got = append(got, field.Path)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s names %q, not %q", name, got, test.want)
		}
	}
}
