package xpander

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/internal/testkit"
)

func TestByteOrderMarksAreSkipped(t *testing.T) {
	testkit.SkipsMarks(t, suite, `{"id":"a"}`, func(ctx context.Context, c *Client) (*Agent, error) { return c.GetAgent(ctx, "a") })
}

func TestNullIsAnEmptyList(t *testing.T) {
	for _, read := range []func(*Client, context.Context) (*AgentList, error){
		func(c *Client, ctx context.Context) (*AgentList, error) {
			return c.ListAgents(ctx, ListAgentsRequest{})
		},
		func(c *Client, ctx context.Context) (*AgentList, error) {
			return c.ListFullAgents(ctx, ListAgentsRequest{})
		},
	} {
		testkit.ReadsNullAsNothing(t, suite, `{"items":null,"total":0}`, func(ctx context.Context, c *Client) ([]Agent, error) {
			list, err := read(c, ctx)
			if err != nil {
				return nil, err
			}
			return list.Agents, nil
		})
	}
}

func TestNumbersAndTextsAreReadAsEachOther(t *testing.T) {
	list, err := decodeAgentList([]byte(`{"items":[{"id":7,"version":"3","has_pending_changes":"true","instructions":{"role":[1],"general":2},
		"llm_settings":[{"temperature":"0.5"}],"agno_settings":{"num_history_runs":10.0},"tools":[{"id":8,"x": 1}]}],"total":"1","page":"1","per_page":20.0,"total_pages":"1"}`))
	if err != nil {
		t.Fatal(err)
	}
	want := &AgentList{Total: 1, Page: 1, PerPage: 20, TotalPages: 1, Agents: []Agent{{
		ID: "7", Version: 3, HasPendingChanges: true, Instructions: Instructions{Role: []string{"1"}, General: "2"},
		LLMSettings: []LLMSettings{{Temperature: new(0.5)}}, AgnoSettings: AgnoSettings{NumHistoryRuns: new(10)},
		Tools: []Tool{{ID: "8", Raw: json.RawMessage(`{"id":8,"x": 1}`)}},
	}}}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRequestsEncodeAsTheyAreSent(t *testing.T) {
	extra := map[string]any{"extra": "e"}
	create := CreateAgentRequest{Name: "n", LLMExtraHeaders: Secrets{"a": "b"}, Deploy: true, ExtraFields: extra}
	suite.MarshalsAsSent(t, create, `{"id":"a"}`, func(ctx context.Context, c *Client) error {
		_, err := c.CreateAgent(ctx, create)
		return err
	})
	update := UpdateAgentRequest{Name: new("n"), Graph: []GraphItem{}, Deploy: true, ExtraFields: extra}
	suite.MarshalsAsSent(t, update, `{"id":"a"}`, func(ctx context.Context, c *Client) error {
		_, err := c.UpdateAgent(ctx, "a", update)
		return err
	})
}

// An update can change whatever a create can set.
func TestUpdateHasTheMembersOfCreate(t *testing.T) {
	names := func(t reflect.Type) map[string]bool {
		all := map[string]bool{}
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			all[name] = true
		}
		return all
	}
	update := names(reflect.TypeFor[UpdateAgentRequest]())
	for name := range names(reflect.TypeFor[CreateAgentRequest]()) {
		if !update[name] {
			t.Errorf("an update cannot change %s", name)
		}
	}
	suite.Sends(t, `{"id":"a"}`, func(ctx context.Context, c *Client) error {
		_, err := c.UpdateAgent(ctx, "a", UpdateAgentRequest{
			Description: new(""), Type: new(AgentTypeRegular), LLMExtraHeaders: Secrets{}, OutputSchema: json.RawMessage(`{"type":"object"}`),
			KnowledgeBases: []KnowledgeBase{}, AgnoSettings: &AgnoSettings{NumHistoryRuns: new(3)},
		})
		return err
	}, `PATCH /v1/agents/a {"description":"","type":"regular","llm_extra_headers":{},"output_schema":{"type":"object"},"agno_settings":{"num_history_runs":3},"knowledge_bases":[]}`)
}

func TestWhatIsPrintedIsOneLine(t *testing.T) {
	agent := Agent{ID: "a1", Name: "My agent", Status: StatusActive, LLMCredentials: &LLMCredentials{Value: "s"}}
	testkit.PrintsOneLine(t, `a1 "My agent" ACTIVE`, agent)
	testkit.PrintsOneLine(t, `1 of 3 agents [a1 "My agent" ACTIVE]`, AgentList{Agents: []Agent{agent}, Total: 3})
	testkit.PrintsOneLine(t, `{name, icon, llm_extra_headers, x}`, CreateAgentRequest{Name: "n", Icon: new("i"), LLMExtraHeaders: Secrets{"a": "s"}, ExtraFields: map[string]any{"x": "s"}})
	testkit.PrintsOneLine(t, `{status}`, UpdateAgentRequest{Status: new(StatusInactive)})
	testkit.PrintsOneLine(t, `g "Send" tool`, GraphItem{ID: "g", Name: "Send", Type: GraphItemTool, Settings: &GraphItemSettings{}})
	testkit.PrintsOneLine(t, `{"num_history_runs":3}`, AgnoSettings{NumHistoryRuns: new(3)})
	testkit.PrintsOneLine(t, `{"model":"m","temperature":0}`, LLMSettings{Model: "m", Temperature: new(0.0)})
}

func TestTextThatIsNotUTF8IsNotSent(t *testing.T) {
	const bad = "Gr\xfc\xdfe"
	suite.Refuses(t, func(ctx context.Context, c *Client) error {
		_, err := c.CreateAgent(ctx, CreateAgentRequest{
			Name: bad, Instructions: Instructions{Role: []string{"a", bad}}, LLMExtraHeaders: Secrets{"h": bad}, ExtraFields: map[string]any{"b": []any{bad}},
		})
		return err
	}, []string{"name", "instructions.role[1]", "llm_extra_headers.h", "b[0]"})
	suite.Refuses(t, func(ctx context.Context, c *Client) error {
		_, err := c.UpdateAgent(ctx, "a", UpdateAgentRequest{Instructions: &Instructions{General: bad}, Graph: []GraphItem{{Name: bad}}})
		return err
	}, []string{"instructions.general", "graph[0].name"})
}

func TestAllAgentsLosesNothingThatStays(t *testing.T) {
	page := func(list *testkit.Listed, query url.Values) string {
		number, _ := strconv.Atoi(query.Get("page"))
		size, _ := strconv.Atoi(query.Get("per_page"))
		agents := []Agent{}
		for _, id := range list.Part((number-1)*size, size) {
			agents = append(agents, Agent{ID: id})
		}
		text, _ := json.Marshal(agents)
		return fmt.Sprintf(`{"items":%s,"total":%d,"page":%d,"per_page":%d,"total_pages":%d}`, text, len(list.IDs), number, size, (len(list.IDs)+size-1)/size)
	}
	for name, walk := range map[string]func(*Client, context.Context, ListAgentsRequest) iter.Seq2[Agent, error]{
		"minimal": func(c *Client, ctx context.Context, r ListAgentsRequest) iter.Seq2[Agent, error] {
			return c.AllAgents(ctx, r)
		},
		"full": func(c *Client, ctx context.Context, r ListAgentsRequest) iter.Seq2[Agent, error] {
			return c.AllFullAgents(ctx, r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			testkit.WalksThroughChanges(t, suite, 50, page, func(ctx context.Context, c *Client) iter.Seq2[Agent, error] {
				return walk(c, ctx, ListAgentsRequest{PerPage: 10})
			}, agentID)
		})
	}
}
