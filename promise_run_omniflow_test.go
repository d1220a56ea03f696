package agentclients_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/omniflow"
)

// customer is whom the agents of omniflow write to.
const customer = "+12025550123"

// omniflowRunCalls are the calls that send something or change what cannot be
// changed twice. A turn is a message that was sent or rejected, an autopilot
// that was turned on, or a flow that was asked for.
func omniflowRunCalls() []runCall {
	// of makes an agent with an active flow, and the call is about the flow.
	of := func(run func(context.Context, *omniflow.Client, *omniflow.MessageFlow) error) func(context.Context, agentclients.Options) (runFunc, error) {
		return func(ctx context.Context, options agentclients.Options) (runFunc, error) {
			client, flow, err := openOmniflow(ctx, options)
			return func(ctx context.Context) (string, bool, error) {
				if err := run(ctx, client, flow); err != nil {
					return "", false, err
				}
				return theReply, true, nil
			}, err
		}
	}
	// about also generates a message, and the call is about that.
	about := func(decide func(context.Context, *omniflow.Client, *omniflow.GeneratedMessage) (*omniflow.DecidedMessage, error)) func(context.Context, agentclients.Options) (runFunc, error) {
		return func(ctx context.Context, options agentclients.Options) (runFunc, error) {
			client, flow, err := openOmniflow(ctx, options)
			if err != nil {
				return nil, err
			}
			message, err := client.GenerateMessage(ctx, omniflow.GenerateMessageRequest{FlowID: flow.ID, To: customer})
			return func(ctx context.Context) (string, bool, error) {
				if _, err := decide(ctx, client, message); err != nil {
					return "", false, err
				}
				return theReply, true, nil
			}, err
		}
	}
	decides := []string{mockserver.OmniflowGetConversation}
	return []runCall{
		{name: "omniflow SendMessage", api: mockserver.Omniflow, start: mockserver.OmniflowMessageAction,
			others: []string{mockserver.OmniflowGenerateMessage, mockserver.OmniflowListConversations, mockserver.OmniflowGetConversation, mockserver.OmniflowGetMessageFlow},
			connect: of(func(ctx context.Context, c *omniflow.Client, flow *omniflow.MessageFlow) error {
				_, err := c.SendMessage(ctx, omniflow.SendMessageRequest{FlowID: flow.ID, To: customer})
				return err
			})},
		{name: "omniflow GenerateMessage", api: mockserver.Omniflow, start: mockserver.OmniflowGenerateMessage,
			connect: of(func(ctx context.Context, c *omniflow.Client, flow *omniflow.MessageFlow) error {
				_, err := c.GenerateMessage(ctx, omniflow.GenerateMessageRequest{FlowID: flow.ID, To: customer, Autopilot: true})
				return err
			})},
		{name: "omniflow ApproveMessage", api: mockserver.Omniflow, start: mockserver.OmniflowMessageAction, others: decides,
			connect: about(func(ctx context.Context, c *omniflow.Client, m *omniflow.GeneratedMessage) (*omniflow.DecidedMessage, error) {
				return c.ApproveMessage(ctx, m.ConversationID, m.MessageID)
			})},
		{name: "omniflow EditMessage", api: mockserver.Omniflow, start: mockserver.OmniflowMessageAction, others: decides,
			connect: about(func(ctx context.Context, c *omniflow.Client, m *omniflow.GeneratedMessage) (*omniflow.DecidedMessage, error) {
				return c.EditMessage(ctx, m.ConversationID, m.MessageID, theReply)
			})},
		{name: "omniflow RejectMessage", api: mockserver.Omniflow, start: mockserver.OmniflowMessageAction, others: decides,
			connect: about(func(ctx context.Context, c *omniflow.Client, m *omniflow.GeneratedMessage) (*omniflow.DecidedMessage, error) {
				return c.RejectMessage(ctx, m.ConversationID, m.MessageID)
			})},
		{name: "omniflow SetAutopilot", api: mockserver.Omniflow, start: mockserver.OmniflowToggleAutopilot, others: []string{mockserver.OmniflowGetMessageFlow},
			connect: of(func(ctx context.Context, c *omniflow.Client, flow *omniflow.MessageFlow) error {
				_, err := c.SetAutopilot(ctx, flow.ID, true)
				return err
			})},
		{name: "omniflow UpdateMessageFlow", api: mockserver.Omniflow, start: mockserver.OmniflowUpdateMessageFlow,
			connect: of(func(ctx context.Context, c *omniflow.Client, flow *omniflow.MessageFlow) error {
				_, err := c.UpdateMessageFlow(ctx, flow.ID, omniflow.UpdateMessageFlowRequest{ToggleAutopilot: true})
				return err
			})},
	}
}

// openOmniflow makes an agent with an active flow.
func openOmniflow(ctx context.Context, options agentclients.Options) (*omniflow.Client, *omniflow.MessageFlow, error) {
	client, err := omniflow.NewClient(omniflow.Config{APIKey: "tk_test", WorkspaceID: "w", Options: options})
	if err != nil {
		return nil, nil, err
	}
	agent, err := client.CreateAgent(ctx, omniflow.CreateAgentRequest{Name: "Guide"})
	if err != nil {
		return nil, nil, err
	}
	flow, err := client.CreateMessageFlow(ctx, omniflowFlow("Gate", agent.ID))
	return client, flow, err
}

func omniflowFlow(name, agentID string) omniflow.CreateMessageFlowRequest {
	return omniflow.CreateMessageFlowRequest{
		Name: name, Direction: omniflow.DirectionBidirectional, AgentID: agentID, InitiationMessage: question, Prompt: "Be brief.",
		MessageChannel: omniflow.MessageChannelSMS, IsActive: new(true),
	}
}

// omniflowState is what the promise is about in a state.
type omniflowState struct {
	Flows []struct {
		Record struct {
			Name      string
			Autopilot bool
		}
	} `json:"message_flows"`
	Conversations []struct {
		Record struct {
			Messages []struct {
				Sent   bool
				Status string
			}
		}
	}
}

// omniflowTurns counts what was done once and for all.
func omniflowTurns(t *testing.T, state []byte) (turns int) {
	t.Helper()
	var document omniflowState
	mustUnmarshal(t, state, &document)
	for _, flow := range document.Flows {
		if flow.Record.Autopilot {
			turns++
		}
	}
	for _, conversation := range document.Conversations {
		for _, message := range conversation.Record.Messages {
			if message.Sent || message.Status == "rejected" {
				turns++
			}
		}
	}
	return turns
}

// readOmniflow reads the state of a mock.
func readOmniflow(t *testing.T, mock *mockserver.Server) (state omniflowState) {
	t.Helper()
	var document struct {
		APIs struct{ Omniflow *omniflowState }
	}
	document.APIs.Omniflow = &state
	mustUnmarshal(t, mock.Snapshot(), &document)
	return state
}

// tryOmniflow makes a call on a mock with faults, and returns the state, which
// had nothing but an agent and a flow in it, and the error.
func tryOmniflow(t *testing.T, faults map[string][]fault.Fault, call func(context.Context, *omniflow.Client, *omniflow.MessageFlow) error) (omniflowState, error) {
	t.Helper()
	mock, err := mockserver.InMemory(mockserver.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer mock.Close()
	client, flow, err := openOmniflow(t.Context(), agentclients.Options{BaseURL: mock.URL(mockserver.Omniflow), HTTPClient: mock.Client()})
	if err != nil {
		t.Fatal(err)
	}
	for op, list := range faults {
		mock.Fail(op, list...)
	}
	err = call(t.Context(), client, flow)
	mock.Close() // whatever is still being served can do nothing any more
	return readOmniflow(t, mock), err
}

// One call of SendMessage generates at most one message, and sends at most that
// one, whatever happens to both of its steps. If it succeeded, one was sent; if
// one was sent and it did not, the error says that it may be.
func TestPromiseOfOneSentMessage(t *testing.T) {
	send := func(ctx context.Context, c *omniflow.Client, flow *omniflow.MessageFlow) error {
		_, err := c.SendMessage(ctx, omniflow.SendMessageRequest{FlowID: flow.ID, To: customer})
		return err
	}
	check := func(t *testing.T, faults map[string][]fault.Fault) {
		t.Helper()
		state, err := tryOmniflow(t, faults, send)
		generated, sent := 0, 0
		for _, conversation := range state.Conversations {
			for _, message := range conversation.Record.Messages {
				generated++
				if message.Sent {
					sent++
				}
			}
		}
		switch {
		case generated > 1 || sent > 1 || len(state.Conversations) > 1:
			t.Errorf("%v: %d messages in %d conversations, %d were sent", faults, generated, len(state.Conversations), sent)
		case err == nil && sent != 1:
			t.Errorf("%v: it succeeded, and %d were sent", faults, sent)
		case err != nil && sent == 1 && !errors.Is(err, agentclients.ErrOutcomeUnknown):
			t.Errorf("%v: a message was sent, and the error leaves no doubt: %v", faults, err)
		}
	}
	first := faultsThatMatter()
	if *full {
		first = everyFault()
	}
	synctest.Test(t, func(t *testing.T) {
		for _, one := range everyFault() {
			check(t, map[string][]fault.Fault{mockserver.OmniflowGenerateMessage: {one}})
		}
		for _, first := range first {
			for _, second := range faultsThatMatter() {
				check(t, map[string][]fault.Fault{mockserver.OmniflowGenerateMessage: {first}, mockserver.OmniflowMessageAction: {second}})
				check(t, map[string][]fault.Fault{mockserver.OmniflowGenerateMessage: {first, second}, mockserver.OmniflowMessageAction: {first, second}})
				check(t, map[string][]fault.Fault{mockserver.OmniflowGenerateMessage: {first}, mockserver.OmniflowListConversations: {second, second}, mockserver.OmniflowMessageAction: {second}})
			}
		}
	})
}

// One call of CreateMessageFlow makes at most one flow, and what it reports is
// true.
func TestPromiseOfOneMessageFlow(t *testing.T) {
	create := func(ctx context.Context, c *omniflow.Client, flow *omniflow.MessageFlow) error {
		_, err := c.CreateMessageFlow(ctx, omniflowFlow("Second", flow.AgentID))
		return err
	}
	check := func(t *testing.T, faults ...fault.Fault) {
		t.Helper()
		state, err := tryOmniflow(t, map[string][]fault.Fault{mockserver.OmniflowCreateMessageFlow: faults}, create)
		made := len(state.Flows) - 1
		switch {
		case made > 1:
			t.Errorf("%v: %d flows", faults, made)
		case err == nil && made != 1:
			t.Errorf("%v: it succeeded, and made %d flows", faults, made)
		case err != nil && made == 1 && !errors.Is(err, agentclients.ErrOutcomeUnknown):
			t.Errorf("%v: a flow was made, and the error leaves no doubt: %v", faults, err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		for _, one := range everyFault() {
			check(t, one)
			check(t, one, one, one)
		}
		for _, first := range faultsThatMatter() {
			for _, second := range faultsThatMatter() {
				check(t, first, second)
			}
		}
	})
}
