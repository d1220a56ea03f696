package omniflow

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

const (
	flowSample = `{"_id":"66f0aa11bb22cc33dd44ee55","workspaceId":"w","name":"Bakery","description":"Bread","direction":"bidirectional","agent":"66f0a900",
		"initiationMessage":"Good day","prompt":"Sell bread","messageChannel":"SMS","isActive":true,"autopilot":false,
		"settings":{"responseSettings":{"delay":2.5,"workingHours":{"enabled":true,"start":"09:00","end":"17:00","timezone":"UTC","outOfHoursMessage":"Later","days":["mon"]},"tone":"kind"},
			"security":{"hipaaCompliance":false,"retention":30},"emailSettings":{"subjectLine":"Bread","signature":"Ida","replyTo":"b@example.com"},"knowledgeBases":["kb_1",{"id":7}],"big":12345678901234567890},
		"createdAt":"2025-01-19T03:18:22.604Z","updatedAt":"2025-01-19T03:18:22.604Z","__v":2}`
	generatedSample    = `{"status":"success","conversation_id":"c1","message_id":"m1","message":"Good day from the bakery"}`
	conversationSample = `{"_id":"c1","userId":"u1","pathwayId":"f1","agentId":"a1","customer":{"name":"Ida","email":"ida@example.com","phone":"+12025550123"},
		"messages":[{"_id":"m1","direction":"outbound","sent":true,"message":"Good day","status":"approved","createdAt":"2025-01-19T03:18:22.604Z","updatedAt":"2025-01-19T03:18:22.604Z"},
			{"_id":"m2","direction":"inbound","sent":false,"message":"Hi","status":"received","createdAt":"2025-01-19T03:18:23.604Z","updatedAt":"2025-01-19T03:18:23.604Z"}],
		"createdAt":"2025-01-19T03:18:22.604Z","updatedAt":"2025-01-19T03:18:23.604Z"}`
	decidedSample = `{"status":"success","message":{"_id":"m1","message":"Good day, Ida","to":"+12025550123","sent":true,"status":"approved","timestamp":"2025-01-19T03:18:22.604Z"}}`
	numberSample  = `{"_id":"n1","workspaceId":"w","userId":"u","phoneNumber":"+12025550100","sid":"PN1","country":"US","type":"local","status":"active",
		"trunkTerminationUrl":"sip:x","recordingEnabled":true,"pathwayId":"p1","monthlyPrice":1.15,"expiresAt":"2026-01-19T03:18:22.604Z","isExternal":true,
		"provider":"twilio","transferEnabled":true,"createdAt":"2025-01-19T03:18:22.604Z","updatedAt":"2025-01-19T03:18:22.604Z","__v":1,
		"agentId":{"_id":"a7","name":"Call"},"flowType":"message","messagePathwayId":"f1","omniFlowAgentId":"a1"}`
)

func sampleFlow() CreateMessageFlowRequest {
	return CreateMessageFlowRequest{Name: "Bakery", Direction: DirectionBidirectional, AgentID: "a1", InitiationMessage: "Good day <&>", Prompt: "Sell bread", MessageChannel: MessageChannelSMS}
}

func delayedFlow(delay float64) CreateMessageFlowRequest {
	request := sampleFlow()
	request.Settings = &MessageFlowSettings{ResponseSettings: &ResponseSettings{Delay: &delay}}
	return request
}

// call is a method of the client whose result does not matter.
type call = func(context.Context, *Client) error

func callOf[T any](method func(context.Context, *Client) (*T, error)) call {
	return func(ctx context.Context, c *Client) error {
		_, err := method(ctx, c)
		return err
	}
}

func create(request CreateMessageFlowRequest) call {
	return callOf(func(ctx context.Context, c *Client) (*MessageFlow, error) { return c.CreateMessageFlow(ctx, request) })
}

func update(flowID string, request UpdateMessageFlowRequest) call {
	return callOf(func(ctx context.Context, c *Client) (*MessageFlow, error) {
		return c.UpdateMessageFlow(ctx, flowID, request)
	})
}

func generate(request GenerateMessageRequest) call {
	return callOf(func(ctx context.Context, c *Client) (*GeneratedMessage, error) {
		return c.GenerateMessage(ctx, request)
	})
}

func send(request SendMessageRequest) call {
	return callOf(func(ctx context.Context, c *Client) (*DecidedMessage, error) { return c.SendMessage(ctx, request) })
}

func approve(conversationID, messageID string) call {
	return callOf(func(ctx context.Context, c *Client) (*DecidedMessage, error) {
		return c.ApproveMessage(ctx, conversationID, messageID)
	})
}

func edit(text string) call {
	return callOf(func(ctx context.Context, c *Client) (*DecidedMessage, error) {
		return c.EditMessage(ctx, "c1", "m1", text)
	})
}

func TestRequestsOfConversations(t *testing.T) {
	const flows, conversations = "/v1/api/message-flows", "/v1/api/conversations"
	all := sampleFlow()
	all.Description, all.IsActive, all.Autopilot = new(""), new(false), new(true)
	all.Settings = &MessageFlowSettings{
		ResponseSettings: &ResponseSettings{
			Delay:        new(0.5),
			WorkingHours: &WorkingHours{Enabled: new(true), Start: new("09:00"), End: new("17:00"), Timezone: new("UTC"), OutOfHoursMessage: new("Later")},
			ExtraFields:  map[string]any{"tone": "kind"},
		},
		Security:       &SecuritySettings{HIPAACompliance: new(true)},
		EmailSettings:  &EmailSettings{SubjectLine: new("Bread"), Signature: new("Ida")},
		KnowledgeBases: []json.RawMessage{},
		ExtraFields:    map[string]any{"big": json.Number("12345678901234567890")},
	}
	all.ExtraFields = map[string]any{"name": "Other", "voice": nil}
	for _, test := range []struct {
		name     string
		response string
		call     call
		want     string // method, URL below the base, body
	}{
		{"CreateMessageFlow", flowSample, create(sampleFlow()), "POST " + flows +
			` {"name":"Bakery","direction":"bidirectional","agent":"a1","initiationMessage":"Good day <&>","prompt":"Sell bread","messageChannel":"SMS"}`},
		{"CreateMessageFlow with everything", flowSample, create(all), "POST " + flows +
			` {"name":"Other","direction":"bidirectional","agent":"a1","initiationMessage":"Good day <&>","prompt":"Sell bread","messageChannel":"SMS",` +
			`"description":"","isActive":false,"autopilot":true,"settings":{"responseSettings":{"delay":0.5,"workingHours":{"enabled":true,"start":"09:00","end":"17:00","timezone":"UTC","outOfHoursMessage":"Later"},"tone":"kind"},` +
			`"security":{"hipaaCompliance":true},"emailSettings":{"subjectLine":"Bread","signature":"Ida"},"knowledgeBases":[],"big":12345678901234567890},"voice":null}`},
		{"GetMessageFlow", flowSample, callOf(func(ctx context.Context, c *Client) (*MessageFlow, error) { return c.GetMessageFlow(ctx, "a/b") }), "GET " + flows + "/a%2Fb "},
		{"ListMessageFlows", "[]", callOf(func(ctx context.Context, c *Client) (*MessageFlowList, error) { return c.ListMessageFlows(ctx) }), "GET " + flows + " "},
		{"UpdateMessageFlow", flowSample, update("f1", UpdateMessageFlowRequest{Description: new(""), Settings: &MessageFlowSettings{}, ExtraFields: map[string]any{"name": "New"}}),
			"PUT " + flows + `/f1 {"description":"","settings":{},"name":"New"}`},
		{"UpdateMessageFlow that toggles", flowSample, update("f1", UpdateMessageFlowRequest{ToggleAutopilot: true}), "PUT " + flows + `/f1 {"toggleAutopilot":true}`},
		{"DeleteMessageFlow", "", func(ctx context.Context, c *Client) error { return c.DeleteMessageFlow(ctx, "f1") }, "DELETE " + flows + "/f1 "},
		{"GenerateMessage", generatedSample, generate(GenerateMessageRequest{FlowID: "f1", To: "+12025550123"}), "POST " + conversations +
			`/message/generate {"flowId":"f1","to":"+12025550123","autopilot":false}`},
		{"GenerateMessage with everything", generatedSample, generate(GenerateMessageRequest{FlowID: "f1", To: "ida@example.com", Autopilot: true, CustomerName: "Ida",
			Dynamic: map[string]any{"city": "Graz"}, ExtraFields: map[string]any{"x": 1}}), "POST " + conversations +
			`/message/generate {"flowId":"f1","to":"ida@example.com","autopilot":true,"metadata":{"customerDetails":{"name":"Ida"}},"dynamic":{"city":"Graz"},"x":1}`},
		{"GenerateMessage with empty values", generatedSample, generate(GenerateMessageRequest{FlowID: "f1", To: "x", Dynamic: map[string]any{}}), "POST " + conversations +
			`/message/generate {"flowId":"f1","to":"x","autopilot":false,"dynamic":{}}`},
		{"ListConversations", "[]", callOf(func(ctx context.Context, c *Client) (*ConversationList, error) { return c.ListConversations(ctx) }), "GET " + conversations + " "},
		{"GetConversation", conversationSample, callOf(func(ctx context.Context, c *Client) (*Conversation, error) { return c.GetConversation(ctx, "c1") }), "GET " + conversations + "/c1 "},
		{"FindConversation", "[" + conversationSample + "]", callOf(func(ctx context.Context, c *Client) (*Conversation, error) {
			return c.FindConversation(ctx, "f1", "+12025550123")
		}), "GET " + conversations + " "},
		{"FindConversation by mail", "[" + conversationSample + "]", callOf(func(ctx context.Context, c *Client) (*Conversation, error) {
			return c.FindConversation(ctx, "f1", "Ida@Example.com")
		}), "GET " + conversations + " "},
		{"ApproveMessage", decidedSample, approve("c1", "m1"), "POST " + conversations + `/c1/message/m1/action {"metadata":{"action":"Approve"}}`},
		{"EditMessage", decidedSample, edit("Good day, Ida"), "POST " + conversations + `/c1/message/m1/action {"metadata":{"action":"Edit","editedMessage":"Good day, Ida"}}`},
		{"RejectMessage", `{"message":{"_id":"m1","status":"rejected"}}`, callOf(func(ctx context.Context, c *Client) (*DecidedMessage, error) { return c.RejectMessage(ctx, "c1", "m1") }),
			"POST " + conversations + `/c1/message/m1/action {"metadata":{"action":"Reject"}}`},
		{"ListPhoneNumbers", "[]", callOf(func(ctx context.Context, c *Client) (*PhoneNumberList, error) { return c.ListPhoneNumbers(ctx) }), "GET /v1/api/twilio/user-phone-numbers "},
	} {
		t.Run(test.name, func(t *testing.T) { suite.Sends(t, test.response, test.call, test.want) })
	}
}

func TestConversationsRefusedBeforeSending(t *testing.T) {
	const bad = "Gr\xfc\xdfe"
	unsendable := map[string]any{"f": func() {}}
	badFlow := sampleFlow()
	badFlow.Name, badFlow.Settings = bad, &MessageFlowSettings{ResponseSettings: &ResponseSettings{Delay: new(-1.0), ExtraFields: map[string]any{"tone": bad}}}
	for name, test := range map[string]struct {
		call call
		want []string // wire names
	}{
		"CreateMessageFlow":                {create(CreateMessageFlowRequest{}), []string{"name", "direction", "agent", "initiationMessage", "prompt", "messageChannel"}},
		"CreateMessageFlow, no number":     {create(delayedFlow(math.NaN())), []string{"settings.responseSettings.delay"}},
		"UpdateMessageFlow, endless":       {update("f", UpdateMessageFlowRequest{Settings: delayedFlow(math.Inf(1)).Settings}), []string{"settings.responseSettings.delay"}},
		"CreateMessageFlow, values":        {create(badFlow), []string{"settings.responseSettings.delay", "name", "settings.responseSettings.tone"}},
		"UpdateMessageFlow":                {update("f1", UpdateMessageFlowRequest{}), []string{""}},
		"UpdateMessageFlow without an id":  {update("", UpdateMessageFlowRequest{ToggleAutopilot: true}), []string{"id"}},
		"UpdateMessageFlow, hidden toggle": {update("f1", UpdateMessageFlowRequest{ExtraFields: map[string]any{"toggleAutopilot": true}}), []string{"toggleAutopilot"}},
		"SetAutopilot":                     {callOf(func(ctx context.Context, c *Client) (*MessageFlow, error) { return c.SetAutopilot(ctx, "..", true) }), []string{"id"}},
		"GenerateMessage":                  {generate(GenerateMessageRequest{CustomerName: bad, Dynamic: map[string]any{"a": bad}, ExtraFields: map[string]any{"b": bad}}), []string{"flowId", "to", "metadata.customerDetails.name", "dynamic.a", "b"}},
		"FindConversation":                 {callOf(func(ctx context.Context, c *Client) (*Conversation, error) { return c.FindConversation(ctx, "", "") }), []string{"flowId", "to"}},
		"ApproveMessage":                   {approve("", ".."), []string{"conversationId", "messageId"}},
		"EditMessage":                      {edit(""), []string{"metadata.editedMessage"}},
		"EditMessage, not UTF-8":           {edit(bad), []string{"metadata.editedMessage"}},
		"SendMessage":                      {send(SendMessageRequest{}), []string{"flowId", "to"}},
		"SendMessage, on its own way":      {send(SendMessageRequest{FlowID: "f", To: "t", ExtraFields: map[string]any{"autopilot": true, "to": "u", "flowId": "g"}}), []string{"autopilot", "flowId", "to"}},
		"SendMessage, unsendable":          {send(SendMessageRequest{FlowID: "f", To: "t", Dynamic: unsendable}), []string{"body"}},
		"SendMessage, an option of Do": {callOf(func(ctx context.Context, c *Client) (*DecidedMessage, error) {
			return c.SendMessage(ctx, SendMessageRequest{FlowID: "f", To: "t"}, agentclients.Idempotent())
		}), []string{"Idempotent"}},
	} {
		t.Run(name, func(t *testing.T) { suite.Refuses(t, test.call, test.want) })
	}
}

// What responses have is all there, also what this package does not know.
func TestConversationsEncodeBackToTheSamples(t *testing.T) {
	flow, err := decodeMessageFlow([]byte(flowSample))
	if err != nil {
		t.Fatal(err)
	}
	testkit.EncodesBack(t, []byte(flowSample), flow)
	conversation, err := decodeConversation([]byte(conversationSample))
	if err != nil {
		t.Fatal(err)
	}
	testkit.EncodesBack(t, []byte(conversationSample), conversation)
	numbers, err := decodePhoneNumberList([]byte("[" + numberSample + "]"))
	if err != nil {
		t.Fatal(err)
	}
	testkit.EncodesBack(t, []byte(numberSample), numbers.PhoneNumbers[0])
	if got := numbers.PhoneNumbers[0]; got.CallAgentID.ID != "a7" || got.AgentID.ID != "a1" {
		t.Errorf("agents %v and %v", got.CallAgentID, got.AgentID)
	}
	one, err := decodePhoneNumberList([]byte(numberSample)) // as the documents show it
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(numbers, one); diff != "" {
		t.Errorf("one phone number (-list +one):\n%s", diff)
	}
	decided, err := (decision{Action: actionApprove}).decode([]byte(decidedSample), "c1", "m1")
	want := &DecidedMessage{ConversationID: "c1", ID: "m1", Text: "Good day, Ida", To: "+12025550123", Sent: true, Status: MessageApproved, Timestamp: "2025-01-19T03:18:22.604Z"}
	if diff := cmp.Diff(want, decided); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// A value of another type than the documented one does not fail the rest.
func TestOddValuesOfConversations(t *testing.T) {
	testkit.SurvivesOddValues(t, []byte(flowSample), decodeMessageFlow, "_id")
	testkit.SurvivesOddValues(t, []byte(generatedSample), decodeGeneratedMessage, "message_id", "conversation_id")
	testkit.SurvivesOddValues(t, []byte(conversationSample), decodeConversation, "_id")
	flow, err := decodeMessageFlow([]byte(`{"_id":7,"settings":{"responseSettings":{"delay":"5","workingHours":7},"security":[]}}`))
	if err != nil || flow.ID != "7" || *flow.Settings.ResponseSettings.Delay != 5 {
		t.Errorf("%v, %v", flow, err)
	}
	flow, err = decodeMessageFlow([]byte(`{"_id":"f","settings":"none"}`))
	if err != nil || flow.Settings == nil || flow.Settings.ResponseSettings != nil {
		t.Errorf("%+v, %v", flow, err)
	}
}

func TestUnreadableResponsesOfConversations(t *testing.T) {
	for _, body := range []string{``, `{`, `[]`, `7`, `null`, `{}`, `{"status":"success","message":"Good day"}`} {
		testkit.Unreadable(t, suite, body, true, func(ctx context.Context, c *Client) (*MessageFlow, error) {
			return c.CreateMessageFlow(ctx, sampleFlow())
		})
		testkit.Unreadable(t, suite, body, true, func(ctx context.Context, c *Client) (*GeneratedMessage, error) {
			return c.GenerateMessage(ctx, GenerateMessageRequest{FlowID: "f", To: "t"})
		})
		testkit.Unreadable(t, suite, body, false, func(ctx context.Context, c *Client) (*Conversation, error) { return c.GetConversation(ctx, "c1") })
	}
	for _, body := range []string{`{`, `{}`, `7`} {
		testkit.Unreadable(t, suite, body, false, func(ctx context.Context, c *Client) (*ConversationList, error) { return c.ListConversations(ctx) })
		testkit.Unreadable(t, suite, body, false, func(ctx context.Context, c *Client) (*MessageFlowList, error) { return c.ListMessageFlows(ctx) })
		testkit.Unreadable(t, suite, body, false, func(ctx context.Context, c *Client) (*PhoneNumberList, error) { return c.ListPhoneNumbers(ctx) })
	}
}

// TestRepeatsOfConversations: how often a request that is never answered well
// is sent, and whether a doubt is left.
func TestRepeatsOfConversations(t *testing.T) {
	for name, test := range map[string]struct {
		call    call
		want    int
		unknown bool
	}{
		"CreateMessageFlow":              {create(sampleFlow()), 1, true},
		"GetMessageFlow":                 {callOf(func(ctx context.Context, c *Client) (*MessageFlow, error) { return c.GetMessageFlow(ctx, "f") }), 3, false},
		"UpdateMessageFlow":              {update("f", UpdateMessageFlowRequest{Description: new("d")}), 3, false},
		"UpdateMessageFlow that toggles": {update("f", UpdateMessageFlowRequest{Description: new("d"), ToggleAutopilot: true}), 1, true},
		"DeleteMessageFlow":              {func(ctx context.Context, c *Client) error { return c.DeleteMessageFlow(ctx, "f") }, 3, false},
		"GenerateMessage":                {generate(GenerateMessageRequest{FlowID: "f", To: "t"}), 1, true},
		"ListPhoneNumbers":               {callOf(func(ctx context.Context, c *Client) (*PhoneNumberList, error) { return c.ListPhoneNumbers(ctx) }), 3, false},
	} {
		t.Run(name, func(t *testing.T) { suite.Repeats(t, test.call, test.want, test.unknown) })
	}
}

// A contact is the same without the blanks that a server takes away, and blanks
// are nobody.
func TestContactWithoutBlanks(t *testing.T) {
	customer := Customer{Phone: "+12025550123"}
	for contact, want := range map[string]bool{"+12025550123": true, " +12025550123\n": true, "+1": false, "": false, " ": false} {
		if customer.is(contact) != want {
			t.Errorf("%q: %v", contact, !want)
		}
	}
}

func TestFindConversationThatDoesNotExist(t *testing.T) {
	client, recorder := suite.Record(t)
	recorder.Answer(200, `[{"_id":"c1","pathwayId":"f1"},{"_id":"c2","pathwayId":"f2","customer":{"phone":"+1"}}]`)
	_, err := client.FindConversation(t.Context(), "f1", "+1")
	var e *agentclients.Error
	if !errors.Is(err, agentclients.ErrNotFound) || !errors.As(err, &e) || e.Provider != "omniflow" {
		t.Errorf("%v", err)
	}
}
