package orq_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/orq"
)

// startMock returns a mock in memory and a client of it. Inside a synctest
// bubble waits cost no time.
func startMock(t *testing.T, config mockserver.Config) (*mockserver.Server, *orq.Client) {
	t.Helper()
	mock := mockserver.StartInMemory(t, config)
	return mock, newMockClient(t, mock, orq.Config{APIKey: "sk-orq-key1-0123456789"})
}

func newMockClient(t *testing.T, mock *mockserver.Server, config orq.Config) *orq.Client {
	t.Helper()
	config.Options = testkit.MockOptions(mock, mockserver.Orq)
	client, err := orq.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// checkAgents fails the test unless the server has that many agents.
func checkAgents(t *testing.T, mock *mockserver.Server, want int) {
	t.Helper()
	testkit.CheckAgents(t, mock, mockserver.Orq, want)
}

func TestLifeOfAnAgent(t *testing.T) {
	for _, variants := range [][]string{
		nil,
		{mockserver.OrqKeyPattern, mockserver.OrqKnownProjects, mockserver.OrqWorkspaceID},
	} {
		mock, client := startMock(t, mockserver.Config{Variants: variants, Tenants: map[string]string{"sk-orq-key2-0123456789": "another"}})
		ctx := t.Context()
		request := supportAgent
		request.DisplayName = new("Support")
		request.Settings = orq.Settings{
			MaxIterations: new(5),
			Tools:         []orq.Tool{{Type: orq.ToolCurrentDate}, {Type: orq.ToolHTTP, Key: "orders", RequiresApproval: new(true)}},
			Evaluators:    []orq.Evaluator{{ID: "tone", ExecuteOn: orq.ExecuteOnOutput}},
		}
		request.Model.Parameters = &orq.ModelParameters{Temperature: new(0.0), Stop: orq.Stop{Sequences: []string{"END"}}}
		request.FallbackModels = []orq.Model{{ID: "openai/gpt-4o-mini"}}
		created, err := client.CreateAgent(ctx, request)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(request.FallbackModels, created.Model.FallbackModels); diff != "" {
			t.Errorf("fallbacks (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(request.Model.Parameters, created.Model.Parameters); diff != "" {
			t.Errorf("parameters (-want +got):\n%s", diff)
		}
		read, err := client.GetAgent(ctx, request.Key)
		if err != nil {
			t.Fatal(err)
		}
		if read.WorkspaceID == "" {
			t.Error("an agent that is read has no workspace")
		}
		created.WorkspaceID = read.WorkspaceID // that of a create is optional
		if diff := cmp.Diff(created, read); diff != "" {
			t.Errorf("agent (-created +read):\n%s", diff)
		}

		tools := []orq.Tool{{Type: orq.ToolGoogleSearch}}
		for _, tool := range read.Settings.Tools {
			tools = append(tools, tool.Tool())
		}
		updated, err := client.UpdateAgent(ctx, request.Key, orq.UpdateAgentRequest{
			Instructions: new(""), Settings: orq.Settings{Tools: tools}, VersionIncrement: new(orq.VersionMinor),
		})
		if err != nil {
			t.Fatal(err)
		}
		want := *read
		want.Instructions, want.VersionHash, want.Updated, want.Version = "", updated.VersionHash, updated.Updated, updated.Version
		if len(updated.Settings.Tools) == 3 {
			want.Settings.Tools = append([]orq.AgentTool{updated.Settings.Tools[0]}, read.Settings.Tools...)
		}
		if diff := cmp.Diff(&want, updated); diff != "" {
			t.Errorf("agent (-want +updated):\n%s", diff)
		}
		if updated.VersionHash == read.VersionHash || updated.Version == "" {
			t.Errorf("version %q with hash %q", updated.Version, updated.VersionHash)
		}

		list, err := client.ListAgents(ctx, orq.ListAgentsRequest{})
		if err != nil || len(list.Agents) != 1 || list.HasMore || list.Object != "list" {
			t.Errorf("listed %+v, %v", list, err)
		} else if list.Agents[0].WorkspaceID == "" {
			t.Error("an agent of a list has no workspace")
		}

		other := newMockClient(t, mock, orq.Config{APIKey: "sk-orq-key2-0123456789"})
		if _, err := other.GetAgent(ctx, request.Key); !errors.Is(err, agentclients.ErrNotFound) {
			t.Errorf("another workspace's read: %v", err)
		}
		if err := client.DeleteAgent(ctx, request.Key); err != nil {
			t.Error(err)
		}
		if err := client.DeleteAgent(ctx, request.Key); !errors.Is(err, agentclients.ErrNotFound) {
			t.Errorf("second delete: %v", err)
		}
	}
}

func TestRefusedByTheServer(t *testing.T) {
	_, client := startMock(t, mockserver.Config{})
	request := supportAgent
	request.Settings = orq.Settings{MaxIterations: new(0), Tools: []orq.Tool{{Type: "no_such_tool"}}}
	_, err := client.CreateAgent(t.Context(), request)
	var e *agentclients.Error
	if !errors.As(err, &e) || !errors.Is(err, agentclients.ErrBadRequest) {
		t.Fatalf("error %v", err)
	}
	var paths []string
	for _, field := range e.Fields {
		paths = append(paths, field.Path)
	}
	if diff := cmp.Diff([]string{"settings.max_iterations", "settings.tools[0].type"}, paths); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestAllAgentsReadsEveryPage(t *testing.T) {
	_, client := startMock(t, mockserver.Config{})
	ctx := t.Context()
	var newestFirst []string
	ids := map[string]string{}
	for i := range 7 {
		request := supportAgent
		request.Key = fmt.Sprintf("agent%d", i)
		agent, err := client.CreateAgent(ctx, request)
		if err != nil {
			t.Fatal(err)
		}
		ids[agent.Key] = agent.ID
		newestFirst = append([]string{agent.Key}, newestFirst...)
	}
	walk := func(request orq.ListAgentsRequest) (keys []string) {
		for agent, err := range client.AllAgents(ctx, request) {
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, agent.Key)
		}
		return keys
	}
	for _, limit := range []int{0, 1, 2, 3, 7, 8} {
		if diff := cmp.Diff(newestFirst, walk(orq.ListAgentsRequest{Limit: limit})); diff != "" {
			t.Errorf("limit %d (-want +got):\n%s", limit, diff)
		}
	}
	if diff := cmp.Diff(newestFirst[4:], walk(orq.ListAgentsRequest{Limit: 2, StartingAfter: ids["agent3"]})); diff != "" {
		t.Errorf("after (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"agent4", "agent5", "agent6"}, walk(orq.ListAgentsRequest{Limit: 2, EndingBefore: ids["agent3"]})); diff != "" {
		t.Errorf("before (-want +got):\n%s", diff)
	}
}

func TestLostAnswerIsSettled(t *testing.T) {
	for name, fault := range map[string]fault.Fault{
		"drop": fault.Drop(fault.AfterCommit),
		"502":  fault.Status(502, fault.AfterCommit),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mock, client := startMock(t, mockserver.Config{})
				mock.Fail(mockserver.OrqCreateAgent, fault)
				request := supportAgent
				request.DisplayName, request.SystemPrompt = new("Support"), new("You are {{role}}.")
				var response agentclients.Response
				agent, err := client.CreateAgent(t.Context(), request, agentclients.CaptureResponse(&response))
				if err != nil || agent.Key != request.Key {
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

// TestExtraFieldsAreSettled: what was sent counts, not what the fields say.
func TestExtraFieldsAreSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock, client := startMock(t, mockserver.Config{})
		mock.Fail(mockserver.OrqCreateAgent, fault.Drop(fault.AfterCommit))
		request := supportAgent
		request.ExtraFields = map[string]any{"role": "Another"}
		agent, err := client.CreateAgent(t.Context(), request)
		if err != nil || agent.Role != "Another" {
			t.Errorf("got %+v, %v", agent, err)
		}
		checkAgents(t, mock, 1)
	})
}

// TestForeignAgentIsNotTaken: the response is lost before anything happened, and
// meanwhile somebody else took the key.
func TestForeignAgentIsNotTaken(t *testing.T) {
	for name, change := range map[string]func(*orq.CreateAgentRequest){
		"role":          func(r *orq.CreateAgentRequest) { r.Role = "Other" },
		"description":   func(r *orq.CreateAgentRequest) { r.Description = "Other" },
		"instructions":  func(r *orq.CreateAgentRequest) { r.Instructions = "Other" },
		"display_name":  func(r *orq.CreateAgentRequest) { r.DisplayName = new("Other") },
		"system_prompt": func(r *orq.CreateAgentRequest) { r.SystemPrompt = new("Other") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mock, client := startMock(t, mockserver.Config{})
				request := supportAgent
				if _, err := client.CreateAgent(t.Context(), request); err != nil {
					t.Fatal(err)
				}
				change(&request)
				mock.Fail(mockserver.OrqCreateAgent, fault.Drop(fault.BeforeCommit))
				_, err := client.CreateAgent(t.Context(), request)
				if !errors.Is(err, agentclients.ErrConflict) || errors.Is(err, agentclients.ErrOutcomeUnknown) {
					t.Errorf("error %v", err)
				}
				checkAgents(t, mock, 1)
			})
		})
	}
}

// TestConflictIsNotSettled: an agent that is just the same was there
// before.
func TestConflictIsNotSettled(t *testing.T) {
	mock, client := startMock(t, mockserver.Config{})
	if _, err := client.CreateAgent(t.Context(), supportAgent); err != nil {
		t.Fatal(err)
	}
	_, err := client.CreateAgent(t.Context(), supportAgent)
	if !errors.Is(err, agentclients.ErrConflict) || errors.Is(err, agentclients.ErrOutcomeUnknown) {
		t.Errorf("error %v", err)
	}
	mock.AssertCalls(t, mockserver.OrqGetAgent, 0)
}

func TestOutcomeStaysUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock, client := startMock(t, mockserver.Config{})
		lost := fault.Drop(fault.AfterCommit)
		mock.Fail(mockserver.OrqCreateAgent, lost, lost, lost)
		mock.Fail(mockserver.OrqGetAgent, fault.Status(403))
		_, err := client.CreateAgent(t.Context(), supportAgent)
		var e *agentclients.Error
		if !errors.As(err, &e) || !errors.Is(err, agentclients.ErrOutcomeUnknown) || e.Attempts != 3 {
			t.Errorf("error %v", err)
		}
		checkAgents(t, mock, 1)
	})
	synctest.Test(t, func(t *testing.T) { // the agent of the key cannot be read
		mock, client := startMock(t, mockserver.Config{})
		mock.Fail(mockserver.OrqCreateAgent, fault.Drop(fault.AfterCommit))
		mock.Fail(mockserver.OrqGetAgent, fault.Status(403))
		_, err := client.CreateAgent(t.Context(), supportAgent)
		if !errors.Is(err, agentclients.ErrConflict) || !errors.Is(err, agentclients.ErrOutcomeUnknown) {
			t.Errorf("error %v", err)
		}
		checkAgents(t, mock, 1)
	})
}

func TestVersionIsNotCountedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock, client := startMock(t, mockserver.Config{})
		if _, err := client.CreateAgent(t.Context(), supportAgent); err != nil {
			t.Fatal(err)
		}
		mock.Fail(mockserver.OrqUpdateAgent, fault.Drop(fault.AfterCommit))
		_, err := client.UpdateAgent(t.Context(), supportAgent.Key, orq.UpdateAgentRequest{VersionIncrement: new(orq.VersionMajor)})
		if !errors.Is(err, agentclients.ErrOutcomeUnknown) {
			t.Errorf("error %v", err)
		}
		mock.AssertCalls(t, mockserver.OrqUpdateAgent, 1)
	})
}

// TestHarmlessCallsAreRepeated: what changes nothing a second time is sent
// until it works.
func TestHarmlessCallsAreRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock, client := startMock(t, mockserver.Config{})
		ctx := t.Context()
		if _, err := client.CreateAgent(ctx, supportAgent); err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			op   string
			call func() error
		}{
			{mockserver.OrqGetAgent, func() error {
				_, err := client.GetAgent(ctx, supportAgent.Key)
				return err
			}},
			{mockserver.OrqListAgents, func() error {
				_, err := client.ListAgents(ctx, orq.ListAgentsRequest{})
				return err
			}},
			{mockserver.OrqUpdateAgent, func() error {
				_, err := client.UpdateAgent(ctx, supportAgent.Key, orq.UpdateAgentRequest{Role: new("r")})
				return err
			}},
			{mockserver.OrqDeleteAgent, func() error { return client.DeleteAgent(ctx, supportAgent.Key) }}, // then 404
		} {
			testkit.CheckRepeated(t, mock, test.op, test.call)
		}
		checkAgents(t, mock, 0)
	})
}

func TestNewerServer(t *testing.T) {
	mock, client := startMock(t, mockserver.Config{})
	mock.Fail(mockserver.OrqCreateAgent, fault.Then(
		fault.UnknownField(""), fault.UnknownEnum("/status"), fault.TimeDigits(9), fault.Null("/memory_stores"), fault.Omit("/version_hash")))
	agent, err := client.CreateAgent(t.Context(), supportAgent)
	if err != nil || agent.Status == orq.StatusLive || agent.Status == "" || agent.MemoryStores != nil {
		t.Fatalf("got %+v, %v", agent, err)
	}
	if _, err := agent.Created.Time(); err != nil {
		t.Error(err)
	}
}

// TestEnsureAgentFromManyPlaces: one of them creates the agent, the others
// find it.
func TestEnsureAgentFromManyPlaces(t *testing.T) {
	mock, client := startMock(t, mockserver.Config{})
	var creations atomic.Int32
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			agent, change, err := client.EnsureAgent(t.Context(), supportAgent)
			if err != nil || agent.Key != supportAgent.Key {
				t.Errorf("got %+v, %v", agent, err)
			}
			if change == agentclients.Created {
				creations.Add(1)
			}
		})
	}
	group.Wait()
	if creations.Load() != 1 {
		t.Errorf("created %d times", creations.Load())
	}
	checkAgents(t, mock, 1)
}

func TestEnsureAgentAfterALostAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock, client := startMock(t, mockserver.Config{})
		mock.Fail(mockserver.OrqCreateAgent, fault.Drop(fault.AfterCommit))
		_, change, err := client.EnsureAgent(t.Context(), supportAgent)
		if err != nil || change != agentclients.Created {
			t.Errorf("got %v, %v", change, err)
		}
		mock.AssertCalls(t, mockserver.OrqUpdateAgent, 0)
		checkAgents(t, mock, 1)
	})
}
