package agentclients_test

import (
	"context"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/omniflow"
	"github.com/agentclients/agentclients-go/orq"
	"github.com/agentclients/agentclients-go/phoneagents"
	"github.com/agentclients/agentclients-go/xpander"
)

// ensurers are the Ensure methods of all clients.
var ensurers = []ensurer{
	{
		name: "omniflow", api: mockserver.Omniflow,
		reads:    []string{mockserver.OmniflowListAgents, mockserver.OmniflowGetAgent},
		writes:   []string{mockserver.OmniflowCreateAgent, mockserver.OmniflowUpdateAgent},
		variants: []string{mockserver.OmniflowPending},
		states:   []state{nothing, same, other},
		connect:  ensureOnOmniflow,
	},
	{
		name: "agentloop", api: mockserver.Agentloop, keyed: true,
		reads:    []string{mockserver.AgentloopGetAgent},
		writes:   []string{mockserver.AgentloopCreateAgent, mockserver.AgentloopUpdateAgent, mockserver.AgentloopPutAgent},
		variants: []string{mockserver.AgentloopFebruary2026},
		states:   []state{nothing, same, other, archived},
		connect:  ensureOnAgentloop,
	},
	{
		name: "orq", api: mockserver.Orq, keyed: true,
		reads:    []string{mockserver.OrqGetAgent},
		writes:   []string{mockserver.OrqCreateAgent, mockserver.OrqUpdateAgent},
		variants: []string{mockserver.OrqWorkspaceID},
		states:   []state{nothing, same, other},
		connect:  ensureOnOrq,
	},
	{
		name: "phoneagents", api: mockserver.Phoneagents, keyed: true,
		reads:    []string{mockserver.PhoneagentsListAgents},
		writes:   []string{mockserver.PhoneagentsCreateAgent, mockserver.PhoneagentsUpdateAgent},
		variants: []string{mockserver.PhoneagentsUpstream},
		states:   []state{nothing, same, other},
		connect:  ensureOnPhoneagents,
	},
	{
		name: "a phone number", api: mockserver.Phoneagents, keyed: true,
		reads:    []string{mockserver.PhoneagentsListPhoneNumbers},
		writes:   []string{mockserver.PhoneagentsAddPhoneNumber},
		variants: []string{mockserver.PhoneagentsUpstream},
		states:   []state{nothing, same},
		connect:  ensurePhoneNumber(nil),
	},
	{
		name: "a phone number with an id", api: mockserver.Phoneagents, keyed: true,
		reads:    []string{mockserver.PhoneagentsListPhoneNumbers},
		writes:   []string{mockserver.PhoneagentsAddPhoneNumber},
		variants: []string{mockserver.PhoneagentsUpstream},
		states:   []state{nothing, same},
		connect:  ensurePhoneNumber(new("pn_mine")),
	},
	{
		name: "xpander", api: mockserver.Xpander,
		reads:    []string{mockserver.XpanderListAgents, mockserver.XpanderGetAgent},
		writes:   []string{mockserver.XpanderCreateAgent, mockserver.XpanderUpdateAgent, mockserver.XpanderDeployAgent},
		variants: []string{mockserver.XpanderModelUpgrade},
		states:   []state{nothing, same, other, staged},
		connect:  ensureOnXpander,
	},
}

func ensureOnOmniflow(t *testing.T, options agentclients.Options) ensured {
	client, err := omniflow.NewClient(omniflow.Config{APIKey: apiKey, WorkspaceID: "ws_1", Options: options})
	if err != nil {
		t.Fatal(err)
	}
	want := omniflow.CreateAgentRequest{Name: "desk", LLMModel: "gpt-4o", Settings: map[string]any{"tone": "kind"}}
	return ensured{
		func(ctx context.Context) (agentclients.Change, error) {
			_, change, err := client.EnsureAgent(ctx, want)
			return change, err
		},
		func(ctx context.Context, s state) error {
			request := want
			if s == other {
				request.LLMModel = "gpt-4o-mini"
			}
			_, err := client.CreateAgent(ctx, request)
			return err
		},
		func(ctx context.Context) (count int, lacks []agentclients.FieldDiff, err error) {
			found, err := client.FindAgents(ctx, want.Name)
			for _, listed := range found {
				count++
				agent, err := client.GetAgent(ctx, listed.ID)
				if err != nil {
					return count, nil, err
				}
				lacks = want.Diff(agent)
			}
			return count, lacks, err
		},
	}
}

func ensureOnAgentloop(t *testing.T, options agentclients.Options) ensured {
	client, err := agentloop.NewClient(agentloop.Config{APIKey: apiKey, Options: options})
	if err != nil {
		t.Fatal(err)
	}
	want := agentloop.CreateAgentRequest{
		Name: "desk", SystemPrompt: "Be kind.", Tags: []string{"a", "b"}, Capabilities: []agentloop.Capability{{Ref: "web_fetch"}},
	}
	id := agentloop.AgentIDFor(want.Name)
	return ensured{
		func(ctx context.Context) (agentclients.Change, error) {
			_, change, err := client.EnsureAgent(ctx, want)
			return change, err
		},
		func(ctx context.Context, s state) error {
			request := want
			request.ID = id
			if s != same {
				request.SystemPrompt = "Be brief."
			}
			if _, err := client.CreateAgent(ctx, request); err != nil || s != archived {
				return err
			}
			return client.ArchiveAgent(ctx, id)
		},
		func(ctx context.Context) (count int, lacks []agentclients.FieldDiff, err error) {
			for agent, err := range client.AllAgents(ctx, agentloop.ListAgentsRequest{}) {
				if err != nil {
					return count, nil, err
				}
				count++
				lacks = want.Diff(&agent)
			}
			return count, lacks, nil
		},
	}
}

func ensureOnOrq(t *testing.T, options agentclients.Options) ensured {
	client, err := orq.NewClient(orq.Config{APIKey: apiKey, Options: options})
	if err != nil {
		t.Fatal(err)
	}
	want := orq.CreateAgentRequest{
		Key: "desk", Role: "Support", Description: "Answers", Instructions: "Be kind.", Path: "Default",
		Model: orq.Model{ID: "openai/gpt-4o"}, Settings: orq.Settings{MaxIterations: new(3)},
	}
	return ensured{
		func(ctx context.Context) (agentclients.Change, error) {
			_, change, err := client.EnsureAgent(ctx, want)
			return change, err
		},
		func(ctx context.Context, s state) error {
			request := want
			if s == other {
				request.Model.ID = "openai/gpt-4o-mini"
				request.Settings.MaxIterations = new(15)
			}
			_, err := client.CreateAgent(ctx, request)
			return err
		},
		func(ctx context.Context) (count int, lacks []agentclients.FieldDiff, err error) {
			for agent, err := range client.AllAgents(ctx, orq.ListAgentsRequest{}) {
				if err != nil {
					return count, nil, err
				}
				count++
				lacks = want.Diff(&agent)
			}
			return count, lacks, nil
		},
	}
}

func ensureOnPhoneagents(t *testing.T, options agentclients.Options) ensured {
	client, err := phoneagents.NewClient(phoneagents.Config{APIKey: apiKey, Options: options})
	if err != nil {
		t.Fatal(err)
	}
	want := phoneagents.CreateAgentRequest{PhoneNumberID: "pn_1", PromptID: "prompt_1", Name: "desk"}
	return ensured{
		func(ctx context.Context) (agentclients.Change, error) {
			_, change, err := client.EnsureAgent(ctx, "usr_1", want)
			return change, err
		},
		func(ctx context.Context, s state) error {
			request := want
			if s == other {
				request.PromptID = "prompt_2"
			}
			_, err := client.CreateAgent(ctx, "usr_1", request)
			return err
		},
		func(ctx context.Context) (count int, lacks []agentclients.FieldDiff, err error) {
			for agent, err := range client.AllAgents(ctx, "usr_1", phoneagents.ListAgentsRequest{}) {
				if err != nil {
					return count, nil, err
				}
				count++
				lacks = want.Diff(&agent)
			}
			return count, lacks, nil
		},
	}
}

func ensurePhoneNumber(id *string) func(*testing.T, agentclients.Options) ensured {
	return func(t *testing.T, options agentclients.Options) ensured {
		client, err := phoneagents.NewClient(phoneagents.Config{APIKey: apiKey, Options: options})
		if err != nil {
			t.Fatal(err)
		}
		want := phoneagents.AddPhoneNumberRequest{Platform: phoneagents.PlatformWhatsApp, MetaPhoneNumberID: "1", AccessToken: "EAAxxxx0123456789", ID: id}
		return ensured{
			func(ctx context.Context) (agentclients.Change, error) {
				_, change, err := client.EnsurePhoneNumber(ctx, "usr_1", want)
				return change, err
			},
			func(ctx context.Context, _ state) error {
				_, err := client.AddPhoneNumber(ctx, "usr_1", want)
				return err
			},
			func(ctx context.Context) (count int, lacks []agentclients.FieldDiff, err error) {
				list, err := client.ListPhoneNumbers(ctx, "usr_1", phoneagents.ListPhoneNumbersRequest{})
				if err != nil {
					return 0, nil, err
				}
				for _, number := range list.PhoneNumbers {
					if number.MetaPhoneNumberID != want.MetaPhoneNumberID {
						lacks = append(lacks, agentclients.FieldDiff{Path: "meta_phone_number_id", Want: want.MetaPhoneNumberID, Have: number.MetaPhoneNumberID})
					}
				}
				return len(list.PhoneNumbers), lacks, nil
			},
		}
	}
}

func ensureOnXpander(t *testing.T, options agentclients.Options) ensured {
	client, err := xpander.NewClient(xpander.Config{APIKey: apiKey, Options: options})
	if err != nil {
		t.Fatal(err)
	}
	want := xpander.CreateAgentRequest{
		Name: "desk", Description: new("Answers"), ModelName: new("gpt-4.1"), Instructions: xpander.Instructions{Role: []string{"Be kind."}}, Deploy: true,
	}
	return ensured{
		func(ctx context.Context) (agentclients.Change, error) {
			_, change, err := client.EnsureAgent(ctx, want)
			return change, err
		},
		func(ctx context.Context, s state) error {
			request := want
			if s != same {
				request.Description = new("Asks")
			}
			agent, err := client.CreateAgent(ctx, request)
			if err == nil && s == staged {
				_, err = client.UpdateAgent(ctx, agent.ID, xpander.UpdateAgentRequest{Description: want.Description})
			}
			return err
		},
		func(ctx context.Context) (count int, lacks []agentclients.FieldDiff, err error) {
			for agent, err := range client.AllFullAgents(ctx, xpander.ListAgentsRequest{}) {
				if err != nil {
					return count, nil, err
				}
				count++
				lacks = want.Diff(&agent)
				if agent.HasPendingChanges {
					lacks = append(lacks, agentclients.FieldDiff{Path: "has_pending_changes", Want: false, Have: true})
				}
			}
			return count, lacks, nil
		},
	}
}

// An agent that is not there lacks everything.
func TestDiffOfNoAgent(t *testing.T) {
	for name, lacks := range map[string][]agentclients.FieldDiff{
		"omniflow":    omniflow.CreateAgentRequest{Name: "desk"}.Diff(nil),
		"agentloop":   agentloop.CreateAgentRequest{Name: "desk"}.Diff(nil),
		"orq":         orq.CreateAgentRequest{Key: "desk", Role: "Support", Model: orq.Model{ID: "openai/gpt-4o"}}.Diff(nil),
		"phoneagents": phoneagents.CreateAgentRequest{Name: "desk"}.Diff(nil),
		"xpander":     xpander.CreateAgentRequest{Name: "desk"}.Diff(nil),
	} {
		if len(lacks) == 0 {
			t.Errorf("%s: it lacks nothing", name)
		}
	}
}
