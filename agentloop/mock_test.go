package agentloop_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/internal/testkit"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
)

const unknownID = "agent_ffffffffffffffffffffffffffffffff"

// startMock returns a mock in memory and a client of it. Inside a synctest
// bubble waits cost no time.
func startMock(t *testing.T, config mockserver.Config) (*mockserver.Server, *agentloop.Client) {
	t.Helper()
	mock := mockserver.StartInMemory(t, config)
	return mock, newMockClient(t, mock, agentloop.Config{APIKey: "evr_0123456789abcdef"})
}

func newMockClient(t *testing.T, mock *mockserver.Server, config agentloop.Config) *agentloop.Client {
	t.Helper()
	config.Options = testkit.MockOptions(mock, mockserver.Agentloop)
	client, err := agentloop.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// checkAgents fails the test unless the server has that many agents.
func checkAgents(t *testing.T, mock *mockserver.Server, want int) {
	t.Helper()
	testkit.CheckAgents(t, mock, mockserver.Agentloop, want)
}

func TestLifeOfAnAgent(t *testing.T) {
	for _, variants := range [][]string{
		nil,
		{mockserver.AgentloopFebruary2026},
		{mockserver.AgentloopNull},
		{mockserver.AgentloopPaged},
	} {
		mock, client := startMock(t, mockserver.Config{Variants: variants, Tenants: map[string]string{"evr_another_key": "another"}})
		ctx := t.Context()
		created, err := client.CreateAgent(ctx, supportAgent)
		if err != nil {
			t.Fatal(err)
		}
		if created.Status != agentloop.StatusActive || created.SystemPrompt != supportAgent.SystemPrompt {
			t.Errorf("created %+v", created)
		}
		read, err := client.GetAgent(ctx, created.ID)
		if diff := cmp.Diff(created, read); diff != "" || err != nil {
			t.Errorf("read %v (-created +read):\n%s", err, diff)
		}
		updated, err := client.UpdateAgent(ctx, created.ID, agentloop.UpdateAgentRequest{Name: new("Other"), Tags: []string{}})
		if err != nil || updated.Name != "Other" || len(updated.Tags) != 0 || len(updated.Capabilities) != 2 {
			t.Errorf("updated %+v, %v", updated, err)
		}
		list, err := client.ListAgents(ctx, agentloop.ListAgentsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]agentloop.Agent{*updated}, list.Agents); diff != "" {
			t.Errorf("listed (-updated +listed):\n%s", diff)
		}
		other := newMockClient(t, mock, agentloop.Config{APIKey: "evr_another_key"})
		if _, err := other.GetAgent(ctx, created.ID); !errors.Is(err, agentclients.ErrNotFound) {
			t.Errorf("another organisation's read: %v", err)
		}
		if err := client.ArchiveAgent(ctx, created.ID); err != nil {
			t.Error(err)
		}
		if err := client.ArchiveAgent(ctx, created.ID); !errors.Is(err, agentclients.ErrNotFound) {
			t.Errorf("second archiving: %v", err)
		}
		if list, err = client.ListAgents(ctx, agentloop.ListAgentsRequest{}); err != nil || len(list.Agents) != 0 {
			t.Errorf("listed after archiving: %+v, %v", list, err)
		}
		archived, err := client.GetAgent(ctx, created.ID)
		if err != nil || archived.Status != agentloop.StatusArchived {
			t.Errorf("read after archiving: %+v, %v", archived, err)
		}
		if revived, err := client.UpdateAgent(ctx, created.ID, agentloop.UpdateAgentRequest{Status: new(agentloop.StatusActive)}); err != nil || revived.Status != agentloop.StatusActive {
			t.Errorf("revived: %+v, %v", revived, err)
		}
		if _, err := client.UpdateAgent(ctx, unknownID, agentloop.UpdateAgentRequest{Name: new("x")}); !errors.Is(err, agentclients.ErrNotFound) {
			t.Errorf("updated an unknown agent: %v", err)
		}
	}
}

func TestBothSchemesOfTheKey(t *testing.T) {
	mock := mockserver.StartInMemory(t, mockserver.Config{Variants: []string{mockserver.AgentloopFebruary2026}})
	for bearer, want := range map[bool]error{false: nil, true: agentclients.ErrUnauthorized} {
		client := newMockClient(t, mock, agentloop.Config{APIKey: "evr_0123456789abcdef", Bearer: bearer})
		if _, err := client.ListCapabilities(t.Context()); !errors.Is(err, want) {
			t.Errorf("bearer %v: %v", bearer, err)
		}
	}
	mock = mockserver.StartInMemory(t, mockserver.Config{})
	client := newMockClient(t, mock, agentloop.Config{APIKey: "evr_0123456789abcdef", Bearer: true})
	if _, err := client.ListCapabilities(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestPutAgent(t *testing.T) {
	_, client := startMock(t, mockserver.Config{})
	ctx := t.Context()
	id := agentloop.NewAgentID()
	first, created, err := client.PutAgent(ctx, id, supportAgent)
	if err != nil || !created || first.ID != id {
		t.Fatalf("first put: %+v, %v, %v", first, created, err)
	}
	if err := client.ArchiveAgent(ctx, id); err != nil {
		t.Fatal(err)
	}
	second, created, err := client.PutAgent(ctx, id, agentloop.CreateAgentRequest{Name: "Other", SystemPrompt: "p"})
	if err != nil || created {
		t.Fatalf("second put: %v, %v", created, err)
	}
	if second.Name != "Other" || second.Description != "" || len(second.Tags) != 0 || second.Status != agentloop.StatusActive {
		t.Errorf("replaced by %+v", second)
	}
	if diff := cmp.Diff(first.Capabilities, second.Capabilities); diff != "" {
		t.Errorf("capabilities were not kept (-first +second):\n%s", diff)
	}
}

func TestExportAndImport(t *testing.T) {
	mock, client := startMock(t, mockserver.Config{})
	ctx := t.Context()
	original, err := client.CreateAgent(ctx, supportAgent)
	if err != nil {
		t.Fatal(err)
	}
	text, err := client.ExportAgent(ctx, original.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.ImportAgent(ctx, text); !errors.Is(err, agentclients.ErrConflict) {
		t.Errorf("import with a taken id: %v", err)
	}
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "id:") {
			lines = append(lines, line)
		}
	}
	imported, err := client.ImportAgent(ctx, strings.Join(lines, ""))
	if err != nil {
		t.Fatal(err)
	}
	want := *original
	want.ID, want.CreatedAt, want.UpdatedAt = imported.ID, imported.CreatedAt, imported.UpdatedAt
	if diff := cmp.Diff(&want, imported); diff != "" {
		t.Errorf("imported (-original +imported):\n%s", diff)
	}
	if _, err := client.ImportAgent(ctx, "---\nname: [\n---\n"); !errors.Is(err, agentclients.ErrBadRequest) {
		t.Errorf("import of a broken text: %v", err)
	}
	if _, err := client.ExportAgent(ctx, unknownID); !errors.Is(err, agentclients.ErrNotFound) {
		t.Errorf("export of an unknown agent: %v", err)
	}
	checkAgents(t, mock, 2)
}

func TestImportIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock, client := startMock(t, mockserver.Config{})
		mock.Fail(mockserver.AgentloopImportAgent, fault.Drop(fault.AfterCommit))
		if _, err := client.ImportAgent(t.Context(), "Be kind."); !errors.Is(err, agentclients.ErrOutcomeUnknown) {
			t.Errorf("error %v", err)
		}
		checkAgents(t, mock, 1)
	})
}

func TestLostAnswerIsSettled(t *testing.T) {
	for name, request := range map[string]agentloop.CreateAgentRequest{
		"without an id": supportAgent,
		"with an id":    withID(supportAgent, "agent_01933b5a000070008000000000000001"),
	} {
		for _, variants := range [][]string{nil, {mockserver.AgentloopNull}} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					mock, client := startMock(t, mockserver.Config{Variants: variants})
					mock.Fail(mockserver.AgentloopCreateAgent, fault.Drop(fault.AfterCommit))
					var response agentclients.Response
					agent, err := client.CreateAgent(t.Context(), request, agentclients.CaptureResponse(&response))
					if err != nil || agent.Name != request.Name {
						t.Fatalf("got %+v, %v", agent, err)
					}
					if !response.Settled || response.Attempts != 3 { // create, create, get
						t.Errorf("response %+v", response)
					}
					checkAgents(t, mock, 1)
				})
			})
		}
	}
}

// TestForeignAgentIsNotTaken: the response is lost before anything happened, and
// the id is somebody else's.
func TestForeignAgentIsNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock, client := startMock(t, mockserver.Config{})
		mine := withID(supportAgent, agentloop.NewAgentID())
		other := mine
		other.Capabilities = []agentloop.Capability{{Ref: "web_fetch", Config: json.RawMessage(`{"depth":2}`)}}
		if _, err := client.CreateAgent(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		mock.Fail(mockserver.AgentloopCreateAgent, fault.Drop(fault.BeforeCommit))
		_, err := client.CreateAgent(t.Context(), mine)
		if !errors.Is(err, agentclients.ErrConflict) || errors.Is(err, agentclients.ErrOutcomeUnknown) {
			t.Errorf("error %v", err)
		}
		checkAgents(t, mock, 1)
	})
}

// TestConflictIsNotSettled: a 409 to the first try is a conflict, even if the
// agent is the same.
func TestConflictIsNotSettled(t *testing.T) {
	mock, client := startMock(t, mockserver.Config{})
	request := withID(supportAgent, agentloop.NewAgentID())
	if _, err := client.CreateAgent(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateAgent(t.Context(), request); !errors.Is(err, agentclients.ErrConflict) {
		t.Errorf("with an active agent: %v", err)
	}
	if err := client.ArchiveAgent(t.Context(), request.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateAgent(t.Context(), request); !errors.Is(err, agentclients.ErrConflict) {
		t.Errorf("with an archived agent: %v", err)
	}
	mock.AssertCalls(t, mockserver.AgentloopGetAgent, 0)
}

func TestOutcomeStaysUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock, client := startMock(t, mockserver.Config{})
		lost := fault.Drop(fault.AfterCommit)
		mock.Fail(mockserver.AgentloopCreateAgent, lost, lost, lost)
		mock.Fail(mockserver.AgentloopGetAgent, fault.Status(403))
		_, err := client.CreateAgent(t.Context(), supportAgent)
		var e *agentclients.Error
		if !errors.As(err, &e) || !errors.Is(err, agentclients.ErrOutcomeUnknown) || e.Attempts != 3 {
			t.Fatalf("error %v", err)
		}
		checkAgents(t, mock, 1)
		// The client made the id: the error must say which.
		if agent, err := client.GetAgent(t.Context(), e.ResourceID); err != nil || agent.Name != supportAgent.Name {
			t.Errorf("looked and found %+v, %v", agent, err)
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
			{mockserver.AgentloopGetAgent, func() error {
				_, err := client.GetAgent(ctx, agent.ID)
				return err
			}},
			{mockserver.AgentloopListAgents, func() error {
				_, err := client.ListAgents(ctx, agentloop.ListAgentsRequest{})
				return err
			}},
			{mockserver.AgentloopUpdateAgent, func() error {
				_, err := client.UpdateAgent(ctx, agent.ID, agentloop.UpdateAgentRequest{Name: new("n")})
				return err
			}},
			{mockserver.AgentloopPutAgent, func() error {
				_, _, err := client.PutAgent(ctx, agent.ID, supportAgent)
				return err
			}},
			{mockserver.AgentloopExportAgent, func() error {
				_, err := client.ExportAgent(ctx, agent.ID)
				return err
			}},
			{mockserver.AgentloopListCapabilities, func() error {
				_, err := client.ListCapabilities(ctx)
				return err
			}},
			{mockserver.AgentloopGetCapability, func() error {
				_, err := client.GetCapability(ctx, "web_fetch")
				return err
			}},
			{mockserver.AgentloopListModels, func() error {
				_, err := client.ListModels(ctx, agentloop.ListModelsRequest{})
				return err
			}},
			{mockserver.AgentloopArchiveAgent, func() error { return client.ArchiveAgent(ctx, agent.ID) }}, // then 404
		} {
			testkit.CheckRepeated(t, mock, test.op, test.call)
		}
		checkAgents(t, mock, 0)
	})
}

func TestRefusedByTheServer(t *testing.T) {
	_, client := startMock(t, mockserver.Config{})
	request := supportAgent
	request.DefaultModelID = new("gpt-4o") // not an id of a model
	if _, err := client.CreateAgent(t.Context(), request); !errors.Is(err, agentclients.ErrBadRequest) {
		t.Errorf("error %v", err)
	}
}

func TestAllAgentsReadsEveryPage(t *testing.T) {
	for _, variants := range [][]string{nil, {mockserver.AgentloopPaged}} {
		_, client := startMock(t, mockserver.Config{Variants: variants})
		want := map[string]bool{}
		for range 45 {
			agent, err := client.CreateAgent(t.Context(), supportAgent)
			if err != nil {
				t.Fatal(err)
			}
			want[agent.ID] = true
		}
		for agent, err := range client.AllAgents(t.Context(), agentloop.ListAgentsRequest{}) {
			if err != nil {
				t.Fatal(err)
			}
			if !want[agent.ID] {
				t.Errorf("%s came unasked or twice", agent.ID)
			}
			delete(want, agent.ID)
		}
		if len(want) > 0 {
			t.Errorf("%d agents did not come with %v", len(want), variants)
		}
	}
}

func TestCatalog(t *testing.T) {
	_, client := startMock(t, mockserver.Config{})
	ctx := t.Context()
	capabilities, err := client.ListCapabilities(ctx)
	if err != nil || len(capabilities.Capabilities) == 0 {
		t.Fatalf("capabilities %+v, %v", capabilities, err)
	}
	first := capabilities.Capabilities[0]
	capability, err := client.GetCapability(ctx, first.ID)
	if diff := cmp.Diff(&first, capability); diff != "" || err != nil {
		t.Errorf("read %v (-listed +read):\n%s", err, diff)
	}
	if _, err := client.GetCapability(ctx, "a/b"); !errors.Is(err, agentclients.ErrNotFound) {
		t.Errorf("unknown capability: %v", err)
	}
	all, err := client.ListModels(ctx, agentloop.ListModelsRequest{IncludeStale: new(true)})
	if err != nil {
		t.Fatal(err)
	}
	favorites, err := client.ListModels(ctx, agentloop.ListModelsRequest{FavoritesOnly: true})
	if err != nil || len(favorites.Models) == 0 || len(favorites.Models) >= len(all.Models) {
		t.Errorf("favorites %+v, %v, all %+v", favorites, err, all)
	}
	if _, err := client.ListModels(ctx, agentloop.ListModelsRequest{Source: "found"}); !errors.Is(err, agentclients.ErrBadRequest) {
		t.Errorf("unknown source: %v", err)
	}
}

func TestNewerServer(t *testing.T) {
	mock, client := startMock(t, mockserver.Config{})
	mock.Fail(mockserver.AgentloopCreateAgent, fault.Then(
		fault.UnknownField(""), fault.UnknownEnum("/status"), fault.TimeDigits(9), fault.Null("/tags")))
	agent, err := client.CreateAgent(t.Context(), supportAgent)
	if err != nil || agent.Status == agentloop.StatusActive || agent.Status == "" || agent.Tags != nil {
		t.Fatalf("got %+v, %v", agent, err)
	}
	if _, err := agent.CreatedAt.Time(); err != nil {
		t.Error(err)
	}
}

func withID(request agentloop.CreateAgentRequest, id string) agentloop.CreateAgentRequest {
	request.ID = id
	return request
}
