package omniflow

import (
	"context"
	"testing"

	"github.com/agentclients/agentclients-go/internal/testkit"
)

func TestByteOrderMarksAreSkipped(t *testing.T) {
	testkit.SkipsMarks(t, suite, `{"_id":"a","name":"n"}`, func(ctx context.Context, c *Client) (*Agent, error) { return c.GetAgent(ctx, "a") })
}

func TestNullIsAnEmptyList(t *testing.T) {
	testkit.ReadsNullAsNothing(t, suite, "null", func(ctx context.Context, c *Client) ([]Agent, error) {
		list, err := c.ListAgents(ctx)
		if err != nil {
			return nil, err
		}
		return list.Agents, nil
	})
}

func TestRequestsEncodeAsTheyAreSent(t *testing.T) {
	extra := map[string]any{"extra": "e"}
	create := CreateAgentRequest{Name: "n <&>", LLMModel: "m", Settings: map[string]any{"a": 1}, ExtraFields: extra}
	suite.MarshalsAsSent(t, create, `{"name":"n"}`, func(ctx context.Context, c *Client) error {
		_, err := c.CreateAgent(ctx, create)
		return err
	})
	update := UpdateAgentRequest{Name: new("n"), TTSModel: &TTSModel{VoiceID: new("v")}, ExtraFields: extra}
	suite.MarshalsAsSent(t, update, `{"name":"n"}`, func(ctx context.Context, c *Client) error {
		_, err := c.UpdateAgent(ctx, "a", update)
		return err
	})
}

func TestRequestsOfConversationsEncodeAsTheyAreSent(t *testing.T) {
	extra := map[string]any{"extra": "e"}
	flow := sampleFlow()
	flow.ExtraFields = extra
	suite.MarshalsAsSent(t, flow, flowSample, create(flow))
	change := UpdateMessageFlowRequest{Description: new("d"), ToggleAutopilot: true, ExtraFields: extra}
	suite.MarshalsAsSent(t, change, flowSample, update("f1", change))
	message := GenerateMessageRequest{FlowID: "f1", To: "t", CustomerName: "Ida", ExtraFields: extra}
	suite.MarshalsAsSent(t, message, generatedSample, generate(message))
}

func TestWhatIsPrintedIsOneLine(t *testing.T) {
	testkit.PrintsOneLine(t, `f "Bakery" SMS`, MessageFlow{ID: "f", Name: "Bakery", MessageChannel: MessageChannelSMS})
	testkit.PrintsOneLine(t, `c "+1" 2 messages`, Conversation{ID: "c", Customer: Customer{Phone: "+1"}, Messages: make([]Message, 2)})
	testkit.PrintsOneLine(t, `m outbound pending "Good\nday"`, Message{ID: "m", Direction: DirectionOutbound, Status: MessagePending, Text: "Good\nday"})
	testkit.PrintsOneLine(t, `m approved "Hi"`, DecidedMessage{ID: "m", Status: MessageApproved, Text: "Hi"})
	testkit.PrintsOneLine(t, `m "Hi"`, GeneratedMessage{MessageID: "m", Text: "Hi"})
	testkit.PrintsOneLine(t, `n +1 active`, PhoneNumber{ID: "n", PhoneNumber: "+1", Status: PhoneNumberActive})
	testkit.PrintsOneLine(t, `{"name":"n","direction":"","agent":"","initiationMessage":"","prompt":"","messageChannel":""}`, CreateMessageFlowRequest{Name: "n"})
	testkit.PrintsOneLine(t, `{"toggleAutopilot":true}`, UpdateMessageFlowRequest{ToggleAutopilot: true})
	testkit.PrintsOneLine(t, `{"flowId":"f","to":"t","autopilot":true}`, GenerateMessageRequest{FlowID: "f", To: "t", Autopilot: true})
	testkit.PrintsOneLine(t, `{"flowId":"f","to":"t","autopilot":false}`, SendMessageRequest{FlowID: "f", To: "t"})
	testkit.PrintsOneLine(t, `{"responseSettings":{"delay":1}}`, MessageFlowSettings{ResponseSettings: &ResponseSettings{Delay: new(1.0)}})
	testkit.PrintsOneLine(t, `a "My agent" ready`, Agent{ID: "a", Name: "My agent", Status: StatusReady})
	testkit.PrintsOneLine(t, `{"name":"n","llmModel":"","settings":{"a":1},"x":"<"}`, CreateAgentRequest{Name: "n", Settings: map[string]any{"a": 1}, ExtraFields: map[string]any{"x": "<"}})
	testkit.PrintsOneLine(t, `{"name":"n","ttsModel":{"voiceId":"v"}}`, UpdateAgentRequest{Name: new("n"), TTSModel: &TTSModel{VoiceID: new("v")}})
	testkit.PrintsOneLine(t, `{"voiceId":"v"}`, TTSModel{VoiceID: new("v")})
	testkit.PrintsOneLine(t, "pn_1", Reference{ID: "pn_1"})
	testkit.PrintsOneLine(t, "unknown", Reference{Raw: []byte("{}")})
	testkit.PrintsOneLine(t, "none", Reference{})
}

func TestTextThatIsNotUTF8IsNotSent(t *testing.T) {
	const bad = "Gr\xfc\xdfe"
	suite.Refuses(t, func(ctx context.Context, c *Client) error {
		_, err := c.CreateAgent(ctx, CreateAgentRequest{Name: bad, LLMModel: bad, Settings: map[string]any{"a": []string{bad}}, ExtraFields: map[string]any{"b": bad}})
		return err
	}, []string{"name", "llmModel", "settings.a[0]", "b"})
	suite.Refuses(t, func(ctx context.Context, c *Client) error {
		_, err := c.UpdateAgent(ctx, "a", UpdateAgentRequest{Name: new(bad), TTSModel: &TTSModel{VoiceID: new(bad)}})
		return err
	}, []string{"name", "ttsModel.voiceId"})
}
