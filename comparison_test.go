package agentclients_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/omniflow"
	"github.com/agentclients/agentclients-go/orq"
	"github.com/agentclients/agentclients-go/phoneagents"
	"github.com/agentclients/agentclients-go/xpander"
)

// The clients against a mock that is compared: a second mock stands for the
// real APIs.

// startCompared returns a mock that sends the requests to an API on to a second
// one.
func startCompared(t *testing.T, api string, real mockserver.Config) (standIn, compared *mockserver.Server) {
	t.Helper()
	real.Now = inMicroseconds
	standIn = mockserver.Start(t, real)
	return standIn, mockserver.Start(t, mockserver.Config{Now: inMicroseconds, Compare: map[string]string{api: standIn.URL(api)}, CompareKeep: true})
}

// inMicroseconds is a clock whose times have always six digits, also where an
// API leaves zeros out.
func inMicroseconds() time.Time {
	return time.Now().Truncate(time.Millisecond).Add(456 * time.Microsecond)
}

// comparisonResult is what the admin API tells of the differences.
type comparisonResult struct {
	Differences []journal.Finding `json:"differences"`
	Compared    int               `json:"compared"`
	NotCompared map[string]int    `json:"not_compared"`
}

// readComparison reads what is known when all requests have ended.
func readComparison(t *testing.T, mock *mockserver.Server) (result comparisonResult) {
	t.Helper()
	admin := strings.TrimSuffix(mock.URL(mockserver.Orq), "/orq") + "/_mock/namespaces/default"
	ended, err := http.Get(admin + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer ended.Body.Close()
	lines := bufio.NewScanner(ended.Body)
	lines.Buffer(nil, 1<<20)
	for range mock.Calls(journal.Match{}) {
		for lines.Scan() && !strings.HasPrefix(lines.Text(), "data:") {
		}
	}
	response, err := http.Get(admin + "/differences")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&result); err != nil || response.StatusCode != 200 {
		t.Fatalf("%s: %v", response.Status, err)
	}
	if diff := cmp.Diff(mock.Differences(), result.Differences); diff != "" {
		t.Errorf("Differences and the admin API say different things:\n%s", diff)
	}
	return result
}

// lifecycles are programs that make, read, list, change and remove an agent.
var lifecycles = map[string]func(context.Context, agentclients.Options) error{
	mockserver.Omniflow: func(ctx context.Context, options agentclients.Options) error {
		client, err := omniflow.NewClient(omniflow.Config{APIKey: apiKey, WorkspaceID: "ws_1", Options: options})
		if err != nil {
			return err
		}
		agent, err := client.CreateAgent(ctx, omniflow.CreateAgentRequest{Name: "a"})
		if err != nil {
			return err
		}
		if _, err := client.GetAgent(ctx, agent.ID); err != nil {
			return err
		}
		if _, err := client.ListAgents(ctx); err != nil {
			return err
		}
		_, err = client.UpdateAgent(ctx, agent.ID, omniflow.UpdateAgentRequest{LLMModel: new("gpt-4o")})
		return err
	},
	mockserver.Agentloop: func(ctx context.Context, options agentclients.Options) error {
		client, err := agentloop.NewClient(agentloop.Config{APIKey: apiKey, Options: options})
		if err != nil {
			return err
		}
		agent, err := client.CreateAgent(ctx, agentloop.CreateAgentRequest{Name: "a", SystemPrompt: "b"})
		if err != nil {
			return err
		}
		if _, err := client.GetAgent(ctx, agent.ID); err != nil {
			return err
		}
		if _, err := client.ListAgents(ctx, agentloop.ListAgentsRequest{}); err != nil {
			return err
		}
		if _, err := client.UpdateAgent(ctx, agent.ID, agentloop.UpdateAgentRequest{Tags: []string{"x"}}); err != nil {
			return err
		}
		return client.ArchiveAgent(ctx, agent.ID)
	},
	mockserver.Orq: func(ctx context.Context, options agentclients.Options) error {
		client, err := orq.NewClient(orq.Config{APIKey: apiKey, Options: options})
		if err != nil {
			return err
		}
		agent, err := client.CreateAgent(ctx, orq.CreateAgentRequest{
			Key: "desk", Role: "r", Description: "d", Instructions: "i", Path: "Default", Model: orq.Model{ID: "openai/gpt-4o"},
		})
		if err != nil {
			return err
		}
		if _, err := client.GetAgent(ctx, agent.Key); err != nil {
			return err
		}
		for _, err := range client.AllAgents(ctx, orq.ListAgentsRequest{}) {
			if err != nil {
				return err
			}
		}
		if _, err := client.UpdateAgent(ctx, agent.Key, orq.UpdateAgentRequest{Role: new("s")}); err != nil {
			return err
		}
		return client.DeleteAgent(ctx, agent.Key)
	},
	mockserver.Phoneagents: func(ctx context.Context, options agentclients.Options) error {
		client, err := phoneagents.NewClient(phoneagents.Config{APIKey: apiKey, Options: options})
		if err != nil {
			return err
		}
		agent, err := client.CreateAgent(ctx, "usr_1", phoneagents.CreateAgentRequest{PhoneNumberID: "pn_1", PromptID: "p", Name: "a"})
		if err != nil {
			return err
		}
		if _, err := client.GetAgent(ctx, "usr_1", agent.ID); err != nil {
			return err
		}
		for _, err := range client.AllAgents(ctx, "usr_1", phoneagents.ListAgentsRequest{}) {
			if err != nil {
				return err
			}
		}
		if _, err := client.UpdateAgent(ctx, "usr_1", agent.ID, phoneagents.UpdateAgentRequest{PromptID: new("q")}); err != nil {
			return err
		}
		return client.DeleteAgent(ctx, "usr_1", agent.ID)
	},
	mockserver.Xpander: func(ctx context.Context, options agentclients.Options) error {
		client, err := xpander.NewClient(xpander.Config{APIKey: apiKey, Options: options})
		if err != nil {
			return err
		}
		agent, err := client.CreateAgent(ctx, xpander.CreateAgentRequest{Name: "a"})
		if err != nil {
			return err
		}
		if _, err := client.GetAgent(ctx, agent.ID); err != nil {
			return err
		}
		for _, err := range client.AllAgents(ctx, xpander.ListAgentsRequest{}) {
			if err != nil {
				return err
			}
		}
		if _, err := client.UpdateAgent(ctx, agent.ID, xpander.UpdateAgentRequest{Name: new("b")}); err != nil {
			return err
		}
		return client.DeleteAgent(ctx, agent.ID)
	},
}

func TestComparisonOfTheSameFindsNothing(t *testing.T) {
	check := func(t *testing.T, api string, run func(agentclients.Options) error) {
		t.Parallel()
		standIn, mock := startCompared(t, api, mockserver.Config{AllowProblems: true})
		if err := run(agentclients.Options{BaseURL: mock.URL(api)}); err != nil {
			t.Fatal(err)
		}
		calls := len(standIn.Calls(journal.Match{}))
		result := readComparison(t, mock)
		if len(result.Differences) > 0 || result.NotCompared != nil || result.Compared != calls || calls != len(mock.Calls(journal.Match{})) {
			t.Errorf("%d calls, %d in the journal: %+v", calls, len(mock.Calls(journal.Match{})), result)
		}
	}
	for api, live := range lifecycles {
		t.Run(api, func(t *testing.T) {
			check(t, api, func(options agentclients.Options) error { return live(t.Context(), options) })
		})
	}
	for _, call := range runCalls() {
		t.Run(call.name, func(t *testing.T) {
			check(t, call.api, func(options agentclients.Options) error {
				run, err := call.connect(t.Context(), options)
				if err != nil {
					return err
				}
				_, _, err = run(t.Context())
				return err
			})
		})
	}
}

// The differences that are made are found, and no others.
func TestComparisonFindsWhatDiffers(t *testing.T) {
	standIn, mock := startCompared(t, mockserver.Orq, mockserver.Config{})
	standIn.Fail(mockserver.OrqCreateAgent, fault.Then(fault.UnknownField("/settings"), fault.TimeDigits(0), fault.Omit("/version_hash"), fault.Null("/role")))
	standIn.Fail(mockserver.OrqGetAgent, fault.UnknownEnum("/status"))
	standIn.Fail(mockserver.OrqDeleteAgent, fault.Status(403))
	if err := lifecycles[mockserver.Orq](t.Context(), agentclients.Options{BaseURL: mock.URL(mockserver.Orq)}); err == nil {
		t.Error("the real 403 did not come back")
	}
	var lines []string
	for _, f := range mock.Differences() {
		lines = append(lines, f.String())
	}
	want := []string{
		"orq.CreateAgent 201: time /created: real 0 digits, Z, mock 3 digits, Z (call 1)",
		"orq.CreateAgent 201: null /role: real null, mock string (call 1)",
		"orq.CreateAgent 201: missing /settings/mock_unknown_field: only the real API has it: object (call 1)",
		"orq.CreateAgent 201: time /updated: real 0 digits, Z, mock 3 digits, Z (call 1)",
		"orq.CreateAgent 201: extra /version_hash: only the mock has it: string (call 1)",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
}

// A run streams through, and an event that the real stream lacks is told.
func TestComparisonOfStreams(t *testing.T) {
	standIn, mock := startCompared(t, mockserver.Xpander, mockserver.Config{})
	standIn.Fail(mockserver.XpanderStreamTask, fault.NoLastEvent())
	calls := runCalls()
	call := calls[slices.IndexFunc(calls, func(c runCall) bool { return c.name == "xpander StreamTask" })]
	run, err := call.connect(t.Context(), agentclients.Options{BaseURL: mock.URL(mockserver.Xpander)})
	if err != nil {
		t.Fatal(err)
	}
	run(t.Context()) //nolint:errcheck // the stream has no end
	found := readComparison(t, mock).Differences
	if len(found) != 1 || found[0].String() != "xpander.StreamTask 200: event-extra: only the mock has it: task_finished (call 2)" {
		t.Errorf("%v", found)
	}
	last := mock.Calls(journal.Match{Op: mockserver.XpanderStreamTask})
	if len(last) != 1 || last[0].RealStatus != 200 || !strings.Contains(last[0].RealResponse, "data:") {
		t.Errorf("%+v", last)
	}
}

// Whatever goes wrong, the real API gets a request once.
func TestComparisonSendsOnce(t *testing.T) {
	for name, broken := range map[string]fault.Fault{
		"drop":            fault.Drop(fault.AfterCommit),
		"drop before":     fault.Drop(fault.BeforeCommit),
		"reset":           fault.Reset(),
		"truncate":        fault.Truncate(5),
		"429":             fault.Status(429, fault.RetryAfter(0)),
		"redirect":        fault.Redirect(307, "/orq/v2/agents"),
		"malformed":       fault.Malformed(),
		"unknown outcome": fault.Status(502, fault.AfterCommit),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			standIn, mock := startCompared(t, mockserver.Orq, mockserver.Config{AllowUnmatched: true})
			standIn.Fail(mockserver.OrqListAgents, broken)
			for range 2 { // the second one would find a connection that was used
				r, err := http.NewRequestWithContext(t.Context(), "GET", mock.URL(mockserver.Orq)+"/v2/agents?limit=5", nil)
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Authorization", "Bearer "+apiKey)
				client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
				if response, err := client.Do(r); err == nil {
					io.Copy(io.Discard, response.Body) //nolint:errcheck // it may be cut off
					response.Body.Close()
				}
			}
			if n := len(standIn.Calls(journal.Match{})); n != 2 {
				t.Errorf("the real API got %d requests, want 2", n)
			}
			if text := mustJSON(t, mock.Calls(journal.Match{})); strings.Contains(text, apiKey) {
				t.Errorf("the journal has the credential: %s", text)
			}
		})
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
