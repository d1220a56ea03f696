package xpander_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/xpander"
)

// startMock returns a mock in memory and a client of it. Inside a synctest
// bubble waits cost no time.
func startMock(t *testing.T, config mockserver.Config) (*mockserver.Server, *xpander.Client) {
	t.Helper()
	mock := mockserver.StartInMemory(t, config)
	return mock, newMockClient(t, mock, xpander.Config{APIKey: "sk_live_0123456789"})
}

func newMockClient(t *testing.T, mock *mockserver.Server, config xpander.Config) *xpander.Client {
	t.Helper()
	config.Options = testkit.MockOptions(mock, mockserver.Xpander)
	client, err := xpander.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// checkAgents fails the test unless the server has that many agents.
func checkAgents(t *testing.T, mock *mockserver.Server, want int) {
	t.Helper()
	testkit.CheckAgents(t, mock, mockserver.Xpander, want)
}

func TestLifeOfAnAgent(t *testing.T) {
	mock, client := startMock(t, mockserver.Config{Tenants: map[string]string{"sk_live_of_another": "another"}})
	ctx := t.Context()
	created, err := client.CreateAgent(ctx, supportAgent)
	if err != nil {
		t.Fatal(err)
	}
	if created.Version != 2 || created.Status != xpander.StatusActive || created.ModelName != "gpt-5.2" || created.HasPendingChanges {
		t.Errorf("created %+v", created)
	}
	read, err := client.GetAgent(ctx, created.ID)
	if diff := cmp.Diff(created, read); diff != "" || err != nil {
		t.Errorf("read (-created +read), %v:\n%s", err, diff)
	}
	full, err := client.ListFullAgents(ctx, xpander.ListAgentsRequest{})
	if err != nil || full.Total != 1 || full.TotalPages != 1 {
		t.Fatalf("listed %+v, %v", full, err)
	}
	if diff := cmp.Diff([]xpander.Agent{*created}, full.Agents); diff != "" {
		t.Errorf("full list (-created +listed):\n%s", diff)
	}
	list, err := client.ListAgents(ctx, xpander.ListAgentsRequest{})
	if err != nil || len(list.Agents) != 1 {
		t.Fatalf("listed %+v, %v", list, err)
	}
	if got := list.Agents[0]; got.ID != created.ID || got.IsCoordinateMode == nil || got.WebhookURL != "" {
		t.Errorf("minimal agent %+v", got)
	}

	updated, err := client.UpdateAgent(ctx, created.ID, xpander.UpdateAgentRequest{
		Instructions: &xpander.Instructions{Role: []string{"Poet"}},
	})
	if err != nil || !updated.HasPendingChanges || updated.Version != 2 || !slices.Equal(updated.Instructions.Role, []string{"Poet"}) || updated.Name != created.Name {
		t.Errorf("updated %+v, %v", updated, err)
	}
	deployed, err := client.DeployAgent(ctx, created.ID)
	if err != nil || deployed.HasPendingChanges || deployed.Version != 3 {
		t.Errorf("deployed %+v, %v", deployed, err)
	}
	updated, err = client.UpdateAgent(ctx, created.ID, xpander.UpdateAgentRequest{Name: new("Poet"), Deploy: true})
	if err != nil || updated.HasPendingChanges || updated.Version != 4 || updated.UniqueName != created.UniqueName {
		t.Errorf("updated and deployed %+v, %v", updated, err)
	}

	if _, err := newMockClient(t, mock, xpander.Config{APIKey: "sk_live_of_another"}).GetAgent(ctx, created.ID); !errors.Is(err, agentclients.ErrForbidden) {
		t.Errorf("another organization's read: %v", err)
	}
	if err := client.DeleteAgent(ctx, created.ID); err != nil {
		t.Error(err)
	}
	if err := client.DeleteAgent(ctx, created.ID); !errors.Is(err, agentclients.ErrNotFound) {
		t.Errorf("second delete: %v", err)
	}
	checkAgents(t, mock, 0)
}

func TestRefusedByTheServer(t *testing.T) {
	_, client := startMock(t, mockserver.Config{APIKeys: []string{"sk_live_0123456789"}})
	_, err := client.CreateAgent(t.Context(), xpander.CreateAgentRequest{Name: "n", DeploymentType: new(xpander.DeploymentType("vm"))})
	var e *agentclients.Error
	if !errors.As(err, &e) || !errors.Is(err, agentclients.ErrBadRequest) || len(e.Fields) != 1 || e.Fields[0].Path != "deployment_type" {
		t.Errorf("unknown deployment type: %v", err)
	}
	if _, err := client.ListAgents(t.Context(), xpander.ListAgentsRequest{PerPage: 51}); !errors.Is(err, agentclients.ErrBadRequest) {
		t.Errorf("page too large: %v", err)
	}
}

func TestStringInstructionsAreRead(t *testing.T) {
	_, client := startMock(t, mockserver.Config{Variants: []string{mockserver.XpanderStringInstructions}})
	agent, err := client.CreateAgent(t.Context(), xpander.CreateAgentRequest{
		Name:         "n",
		Instructions: xpander.Instructions{Role: []string{"Poet"}, Goal: []string{"Rhyme"}},
	})
	if err != nil || !slices.Equal(agent.Instructions.Role, []string{"Poet"}) || !slices.Equal(agent.Instructions.Goal, []string{"Rhyme"}) {
		t.Errorf("got %+v, %v", agent, err)
	}
}

// TestOutcomeStaysUnknown: a create whose answer is lost is sent once, whatever
// way it is lost in, and the error says that the agent may exist.
func TestOutcomeStaysUnknown(t *testing.T) {
	for _, lost := range []fault.Fault{
		fault.Drop(fault.AfterCommit),
		fault.Reset(fault.AfterCommit),
		fault.Stall(fault.AfterCommit),
		fault.Truncate(10),
		fault.Malformed(),
		fault.Status(500, fault.AfterCommit),
		fault.HTML(502, fault.AfterCommit),
		fault.Status(504, fault.AfterCommit),
	} {
		t.Run(fmt.Sprint(lost), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mock, client := startMock(t, mockserver.Config{})
				mock.Fail(mockserver.XpanderCreateAgent, lost)
				agent, err := client.CreateAgent(t.Context(), supportAgent)
				var e *agentclients.Error
				if agent != nil || !errors.As(err, &e) || !errors.Is(err, agentclients.ErrOutcomeUnknown) || e.Attempts != 1 {
					t.Errorf("got %v, %v", agent, err)
				}
				mock.AssertCalls(t, mockserver.XpanderCreateAgent, 1)
				checkAgents(t, mock, 1)

				// What the doc comment of CreateAgent advises.
				list, err := client.ListAgents(t.Context(), xpander.ListAgentsRequest{})
				if err != nil || len(list.Agents) != 1 || list.Agents[0].Name != supportAgent.Name {
					t.Errorf("looked and found %+v, %v", list, err)
				}
			})
		})
	}
}

// TestPostponedCreate: 429 says that nothing has happened yet; 503 does not,
// whatever wait it names.
func TestPostponedCreate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock, client := startMock(t, mockserver.Config{})
		mock.Fail(mockserver.XpanderCreateAgent,
			fault.Status(http.StatusTooManyRequests, fault.RetryAfter(7*time.Second)),
			fault.Status(http.StatusServiceUnavailable, fault.RetryAfter(5*time.Second)))
		start := time.Now()
		_, err := client.CreateAgent(t.Context(), supportAgent)
		var e *agentclients.Error
		if !errors.As(err, &e) || !e.OutcomeUnknown || e.RetryAfter != 5*time.Second {
			t.Errorf("error %v", err)
		}
		if waited := time.Since(start); waited < 7*time.Second || waited > 8*time.Second {
			t.Errorf("waited %v", waited)
		}
		checkAgents(t, mock, 0)
	})
}

func TestDeployIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock, client := startMock(t, mockserver.Config{})
		agent, err := client.CreateAgent(t.Context(), supportAgent)
		if err != nil {
			t.Fatal(err)
		}
		mock.Fail(mockserver.XpanderDeployAgent, fault.Drop(fault.AfterCommit))
		if _, err := client.DeployAgent(t.Context(), agent.ID); !errors.Is(err, agentclients.ErrOutcomeUnknown) {
			t.Errorf("deploy: %v", err)
		}
		mock.Fail(mockserver.XpanderUpdateAgent, fault.Status(502, fault.AfterCommit))
		if _, err := client.UpdateAgent(t.Context(), agent.ID, xpander.UpdateAgentRequest{Icon: new("📊"), Deploy: true}); !errors.Is(err, agentclients.ErrOutcomeUnknown) {
			t.Errorf("update with a deploy: %v", err)
		}
		agent, err = client.GetAgent(t.Context(), agent.ID)
		if err != nil || agent.Version != 4 {
			t.Errorf("got %+v, %v", agent, err)
		}
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
			{mockserver.XpanderGetAgent, func() error {
				_, err := client.GetAgent(ctx, agent.ID)
				return err
			}},
			{mockserver.XpanderListAgents, func() error {
				_, err := client.ListAgents(ctx, xpander.ListAgentsRequest{})
				return err
			}},
			{mockserver.XpanderListFullAgents, func() error {
				_, err := client.ListFullAgents(ctx, xpander.ListAgentsRequest{})
				return err
			}},
			{mockserver.XpanderUpdateAgent, func() error {
				_, err := client.UpdateAgent(ctx, agent.ID, xpander.UpdateAgentRequest{Name: new("n")})
				return err
			}},
			{mockserver.XpanderDeleteAgent, func() error { return client.DeleteAgent(ctx, agent.ID) }}, // then 404
		} {
			testkit.CheckRepeated(t, mock, test.op, test.call)
		}
		checkAgents(t, mock, 0)
	})
}

func TestAllAgentsReadsEveryPage(t *testing.T) {
	_, client := startMock(t, mockserver.Config{})
	ctx := t.Context()
	var want []string // the newest first
	for i := range 5 {
		agent, err := client.CreateAgent(ctx, xpander.CreateAgentRequest{Name: fmt.Sprint(i)})
		if err != nil {
			t.Fatal(err)
		}
		want = slices.Insert(want, 0, agent.Name)
	}
	var got []string
	for agent, err := range client.AllAgents(ctx, xpander.ListAgentsRequest{PerPage: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, agent.Name)
		if len(got) == 1 { // moves every agent by one place
			if _, err := client.CreateAgent(ctx, xpander.CreateAgentRequest{Name: "meanwhile"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("agents (-want +got):\n%s", diff)
	}
}

func TestNewerServer(t *testing.T) {
	mock, client := startMock(t, mockserver.Config{})
	mock.Fail(mockserver.XpanderCreateAgent, fault.Then(
		fault.UnknownField(""), fault.UnknownEnum("/status"), fault.TimeDigits(9), fault.Null("/tools"), fault.Omit("/agno_settings")))
	agent, err := client.CreateAgent(t.Context(), supportAgent)
	if err != nil || agent.Status == xpander.StatusActive || agent.Status == "" || agent.Tools != nil {
		t.Fatalf("got %+v, %v", agent, err)
	}
	if _, err := agent.CreatedAt.Time(); err != nil {
		t.Error(err)
	}
}
