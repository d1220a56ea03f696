package browsertest

import (
	"errors"
	"testing"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/script"
	"github.com/agentclients/agentclients-go/omniflow"
	"github.com/agentclients/agentclients-go/orq"
	"github.com/agentclients/agentclients-go/phoneagents"
	"github.com/agentclients/agentclients-go/xpander"
)

// space is a namespace of a mock, the default one included.
type space interface {
	URL(api string) string
	Fail(operation string, faults ...fault.Fault) *mockserver.ActiveRule
	Script(api string, replies ...script.Reply)
	Receive(api string, message script.Inbound) script.Received
}

func options(s space, api string) agentclients.Options {
	return agentclients.Options{BaseURL: s.URL(api), Retry: agentclients.RetryPolicy{MinWait: 5 * time.Millisecond, MaxWait: 10 * time.Millisecond}}
}

// must is the value of a call that has to succeed.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func orqClient(t *testing.T, s space) *orq.Client {
	t.Helper()
	return must(orq.NewClient(orq.Config{APIKey: "orq-secret-key", Options: options(s, mockserver.Orq)}))(t)
}

func agentloopClient(t *testing.T, s space) *agentloop.Client {
	t.Helper()
	return must(agentloop.NewClient(agentloop.Config{APIKey: "loop-secret-key", Options: options(s, mockserver.Agentloop)}))(t)
}

func xpanderClient(t *testing.T, s space) *xpander.Client {
	t.Helper()
	return must(xpander.NewClient(xpander.Config{APIKey: "xp-secret-key", Options: options(s, mockserver.Xpander)}))(t)
}

func orqAgent(key string) orq.CreateAgentRequest {
	return orq.CreateAgentRequest{
		Key: key, Role: "Answers questions", Description: "A desk", Instructions: "Be brief.", Path: "Default",
		Model: orq.Model{ID: "openai/gpt-4o"},
	}
}

// createOrq makes an agent on orq.
func createOrq(t *testing.T, s space, key string) {
	t.Helper()
	must(orqClient(t, s).CreateAgent(t.Context(), orqAgent(key)))(t)
}

// agentloopAgent makes an agent that runs, and returns its id.
func agentloopAgent(t *testing.T, s space) string {
	t.Helper()
	return must(agentloopClient(t, s).CreateAgent(t.Context(), agentloop.CreateAgentRequest{Name: "Gatekeeper", SystemPrompt: "Tell whether gates are open."}))(t).ID
}

// streamAgentloop runs an agent and reads its stream to the end.
func streamAgentloop(t *testing.T, s space, agent string) {
	t.Helper()
	for _, err := range agentloopClient(t, s).StreamRun(t.Context(), agent, agentloop.RunRequest{Text: "Is the north gate open?"}) {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// everything is a namespace full of activity: on every API something that went
// well, and something that did not.
func everything(t *testing.T, s space) {
	t.Helper()
	ctx := t.Context()
	createOrq(t, s, "support.agent")
	s.Fail(mockserver.OrqCreateAgent, fault.Drop(fault.AfterCommit))
	createOrq(t, s, "night.agent")
	s.Fail(mockserver.OrqGetAgent, fault.Status(429, fault.RetryAfter(0)), fault.Truncate(40))
	must(orqClient(t, s).GetAgent(ctx, "night.agent"))(t)

	phone := must(phoneagents.NewClient(phoneagents.Config{APIKey: "sk_live_secret", Options: options(s, mockserver.Phoneagents)}))(t)
	s.Fail(mockserver.PhoneagentsCreateAgent, fault.Reset(fault.AfterCommit))
	must(phone.CreateAgent(ctx, "usr_abc123", phoneagents.CreateAgentRequest{PhoneNumberID: "pn_abc123", PromptID: "prompt_xyz789", Name: "Front desk"}))(t)

	omni := must(omniflow.NewClient(omniflow.Config{APIKey: "tk_secret", WorkspaceID: "ws1", Options: options(s, mockserver.Omniflow)}))(t)
	s.Fail(mockserver.OmniflowCreateAgent, fault.Status(503, fault.AfterCommit))
	if _, err := omni.CreateAgent(ctx, omniflow.CreateAgentRequest{Name: "Booking line", LLMModel: "gpt-4o-mini"}); !errors.Is(err, agentclients.ErrOutcomeUnknown) {
		t.Fatal(err)
	}

	agent := agentloopAgent(t, s)
	s.Script(mockserver.Agentloop, script.Reply{
		Tools: []script.ToolCall{{Name: "look_up_gate", Arguments: map[string]any{"gate": "north"}, Result: map[string]any{"open": true}}},
		Text:  "The north gate is open until ten.", Pace: 15 * time.Millisecond,
	}, script.Reply{Text: "It closes at ten. Come before that, and bring the badge.", Pace: 15 * time.Millisecond})
	streamAgentloop(t, s, agent)
	s.Fail(mockserver.AgentloopStreamEvents, fault.CutStream(3))
	streamAgentloop(t, s, agent)

	xp := xpanderClient(t, s)
	helper := must(xp.CreateAgent(ctx, xpander.CreateAgentRequest{Name: "Report writer"}))(t)
	s.Script(mockserver.Xpander,
		script.Reply{Text: "The report is done: four gates, one of them closed.", Pace: 10 * time.Millisecond},
		script.Reply{Error: "the model is busy", Delay: 20 * time.Millisecond},
		script.Reply{Text: "Approved.", Hold: true})
	for _, err := range xp.StreamTask(ctx, helper.ID, xpander.InvokeRequest{Input: xpander.TaskInput{Text: "Write the report."}}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := xp.RunAgent(ctx, helper.ID, xpander.RunRequest{Text: "And the next one?"}); !errors.Is(err, agentclients.ErrRunFailed) {
		t.Fatal(err)
	}
	must(xp.StartTask(ctx, helper.ID, xpander.InvokeRequest{Input: xpander.TaskInput{Text: "May it be published?"}}))(t)
	if err := orqClient(t, s).Do(ctx, "GET", "/v2/agents/no.such.agent", nil, nil); err == nil {
		t.Fatal("an agent that does not exist was found")
	}
}
