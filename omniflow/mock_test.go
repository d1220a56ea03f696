package omniflow_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/omniflow"
)

// startMock returns a mock in memory and a client of it. Inside a synctest
// bubble waits cost no time.
func startMock(t *testing.T, config mockserver.Config) (*mockserver.Server, *omniflow.Client) {
	t.Helper()
	mock := mockserver.StartInMemory(t, config)
	return mock, newMockClient(t, mock, omniflow.Config{APIKey: "tk_0123456789", WorkspaceID: "01a0sda156scx5f8"})
}

func newMockClient(t *testing.T, mock *mockserver.Server, config omniflow.Config) *omniflow.Client {
	t.Helper()
	config.Options = testkit.MockOptions(mock, mockserver.Omniflow)
	client, err := omniflow.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// checkAgents fails the test unless the server has that many agents.
func checkAgents(t *testing.T, mock *mockserver.Server, want int) {
	t.Helper()
	testkit.CheckAgents(t, mock, mockserver.Omniflow, want)
}

func TestLifeOfAnAgent(t *testing.T) {
	for _, variants := range [][]string{
		nil,
		{mockserver.OmniflowStrict, mockserver.OmniflowCreated, mockserver.OmniflowFlatErrors},
		{mockserver.OmniflowObjectPhoneNumber},
	} {
		_, client := startMock(t, mockserver.Config{Variants: variants})
		ctx := t.Context()
		created, err := client.CreateAgent(ctx, omniflow.CreateAgentRequest{Name: "ExampleOmniFlowAgent", Settings: map[string]any{"delay": 5}})
		if err != nil {
			t.Fatal(err)
		}
		if created.ID == "" || created.LLMModel != "gpt-4o-mini" || string(created.Settings) != `{"delay":5}` {
			t.Errorf("created %+v", created)
		}
		read, err := client.GetAgent(ctx, created.ID)
		if diff := cmp.Diff(created, read); diff != "" || err != nil {
			t.Errorf("read %v (-created +read):\n%s", err, diff)
		}
		updated, err := client.UpdateAgent(ctx, created.ID, omniflow.UpdateAgentRequest{
			LLMModel: new("gpt-4o"), TTSModel: &omniflow.TTSModel{VoiceID: new("v1")},
		})
		if err != nil || updated.LLMModel != "gpt-4o" || updated.Name != created.Name {
			t.Errorf("updated %+v, %v", updated, err)
		}
		list, err := client.ListAgents(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]omniflow.Agent{*updated}, list.Agents); diff != "" {
			t.Errorf("listed (-updated +listed):\n%s", diff)
		}
		elsewhere := agentclients.WithHeader("x-workspace-id", "other")
		if _, err := client.GetAgent(ctx, created.ID, elsewhere); !errors.Is(err, agentclients.ErrNotFound) {
			t.Errorf("read from another workspace: %v", err)
		}
		if list, err := client.ListAgents(ctx, elsewhere); err != nil || len(list.Agents) != 0 {
			t.Errorf("listed in another workspace: %v, %v", list, err)
		}
	}
}

// TestAgentWithoutID is the documented response to a create: nothing in it can
// be used to read the agent again.
func TestAgentWithoutID(t *testing.T) {
	_, client := startMock(t, mockserver.Config{Variants: []string{mockserver.OmniflowSeedExact}})
	created, err := client.CreateAgent(t.Context(), supportAgent)
	if err != nil || created.ID != "" {
		t.Fatalf("created %+v, %v", created, err)
	}
	if _, err := client.GetAgent(t.Context(), created.ID); !errors.Is(err, agentclients.ErrInvalidRequest) {
		t.Errorf("read without an id: %v", err)
	}
	list, err := client.ListAgents(t.Context())
	if err != nil || len(list.Agents) != 1 || list.Agents[0].Name != created.Name || list.Agents[0].CreatedAt != created.CreatedAt {
		t.Errorf("listed %+v, %v", list, err)
	}
}

// TestOutcomeStaysUnknown: a create whose answer is lost is sent once, whatever
// way it is lost in, and the error says that the agent may exist.
func TestOutcomeStaysUnknown(t *testing.T) {
	for name, fault := range map[string]fault.Fault{
		"drop":      fault.Drop(fault.AfterCommit),
		"reset":     fault.Reset(fault.AfterCommit),
		"500":       fault.Status(500, fault.AfterCommit),
		"502":       fault.HTML(502, fault.AfterCommit),
		"truncated": fault.Truncate(20),
		"malformed": fault.Malformed(),
		"stall":     fault.Stall(fault.AfterCommit),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mock, client := startMock(t, mockserver.Config{})
				mock.Fail(mockserver.OmniflowCreateAgent, fault)
				if agent, err := client.CreateAgent(t.Context(), supportAgent); agent != nil || !errors.Is(err, agentclients.ErrOutcomeUnknown) {
					t.Errorf("got %+v, %v", agent, err)
				}
				checkAgents(t, mock, 1)
				mock.AssertMatches(t, journal.Match{}, journal.Exactly(1))
			})
		})
	}
}

func TestRateLimitIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock, client := startMock(t, mockserver.Config{})
		limited := fault.Status(429)
		mock.Fail(mockserver.OmniflowCreateAgent, limited, limited)
		start := time.Now()
		var response agentclients.Response
		if _, err := client.CreateAgent(t.Context(), supportAgent, agentclients.CaptureResponse(&response)); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited < 119*time.Second || response.Attempts != 3 {
			t.Errorf("%d attempts in %v", response.Attempts, waited)
		}
		checkAgents(t, mock, 1)
	})
}

// TestHarmlessCallsAreRepeated: what changes nothing a second time is sent
// until it works.
func TestHarmlessCallsAreRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock, client := startMock(t, mockserver.Config{})
		ctx := t.Context()
		agent, err := client.CreateAgent(ctx, supportAgent)
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			op   string
			call func() error
		}{
			{mockserver.OmniflowGetAgent, func() error {
				_, err := client.GetAgent(ctx, agent.ID)
				return err
			}},
			{mockserver.OmniflowListAgents, func() error {
				_, err := client.ListAgents(ctx)
				return err
			}},
			{mockserver.OmniflowUpdateAgent, func() error {
				updated, err := client.UpdateAgent(ctx, agent.ID, omniflow.UpdateAgentRequest{Name: new("Other")})
				if err == nil && updated.Name != "Other" {
					t.Errorf("updated %+v", updated)
				}
				return err
			}},
		} {
			testkit.CheckRepeated(t, mock, test.op, test.call)
		}
	})
}

func TestRefusedByTheServer(t *testing.T) {
	_, client := startMock(t, mockserver.Config{})
	request := supportAgent
	request.ExtraFields = map[string]any{"settings": "none"}
	_, err := client.CreateAgent(t.Context(), request)
	var e *agentclients.Error
	if !errors.As(err, &e) || !errors.Is(err, agentclients.ErrBadRequest) || e.Code == "" || e.Message != "settings must be an object" {
		t.Errorf("error %v", err)
	}
}

func TestNewerServer(t *testing.T) {
	mock, client := startMock(t, mockserver.Config{})
	mock.Fail(mockserver.OmniflowCreateAgent, fault.Then(
		fault.UnknownField(""), fault.UnknownEnum("/status"), fault.TimeDigits(9), fault.Omit("/userId")))
	agent, err := client.CreateAgent(t.Context(), supportAgent)
	if err != nil || agent.ID == "" || agent.Status == omniflow.StatusReady || agent.Status == "" {
		t.Errorf("got %+v, %v", agent, err)
	}
}
