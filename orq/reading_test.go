package orq

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/internal/testkit"
)

func TestByteOrderMarksAreSkipped(t *testing.T) {
	testkit.SkipsMarks(t, suite, `{"_id":"1"}`, func(ctx context.Context, c *Client) (*Agent, error) { return c.GetAgent(ctx, "k") })
}

func TestNullIsAnEmptyList(t *testing.T) {
	testkit.ReadsNullAsNothing(t, suite, `{"object":"list","data":null,"has_more":false}`, func(ctx context.Context, c *Client) ([]Agent, error) {
		list, err := c.ListAgents(ctx, ListAgentsRequest{})
		if err != nil {
			return nil, err
		}
		return list.Agents, nil
	})
}

func TestNumbersAndTextsAreReadAsEachOther(t *testing.T) {
	agent, err := decodeAgent([]byte(`{"_id":7,"key":"k","version":3,"settings":{"max_iterations":"15","max_execution_time":300.0,"tools":[{"id":8,"timeout":"120","requires_approval":"true"}]},
		"model":{"id":9,"retry":{"count":"3","on_codes":["429"]}},"metrics":{"total_cost":"0.5"}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := &Agent{
		ID: "7", Key: "k", Version: "3", Metrics: Metrics{TotalCost: 0.5}, Model: AgentModel{ID: "9", Retry: &ModelRetry{Count: new(3), OnCodes: []int{429}}},
		Settings: AgentSettings{MaxIterations: 15, MaxExecutionTime: 300, Tools: []AgentTool{{ID: "8", Timeout: 120, RequiresApproval: true}}},
	}
	if diff := cmp.Diff(want, agent); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRequestsEncodeAsTheyAreSent(t *testing.T) {
	extra := map[string]any{"extra": "e"}
	create := fullRequest()
	create.ExtraFields = extra
	suite.MarshalsAsSent(t, create, `{"_id":"1"}`, func(ctx context.Context, c *Client) error {
		_, err := c.CreateAgent(ctx, create)
		return err
	})
	update := UpdateAgentRequest{Role: new("r"), Settings: Settings{Tools: []Tool{}}, ExtraFields: extra}
	suite.MarshalsAsSent(t, update, `{"_id":"1"}`, func(ctx context.Context, c *Client) error {
		_, err := c.UpdateAgent(ctx, "k", update)
		return err
	})
}

// The members that the API got in 2026.
func TestNewMembersAreSentAndRead(t *testing.T) {
	tool := Tool{Type: ToolMCP, Key: "m", ToolID: "t1", Timeout: new(30.0), Configuration: map[string]any{"a": "b"}}
	const sent = `{"type":"mcp","key":"m","tool_id":"t1","timeout":30,"configuration":{"a":"b"}}`
	if got, err := json.Marshal(tool); err != nil || string(got) != sent {
		t.Errorf("%s, %v", got, err)
	}
	agent, err := decodeAgent([]byte(`{"_id":"1","engine":"jinja","source":"internal","type":"a2a","skills":["s"],
		"settings":{"max_cost":1.5,"chat_exposed":true,"tools":[{"id":"t","action_type":"mcp","key":"m","tool_id":"t1","timeout":30,"configuration":{"a":"b"}}],
		"evaluators":[{"id":"e","execute_on":"input","options":{"x":"y"}}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := &Agent{ID: "1", Engine: EngineJinja, Source: "internal", Type: "a2a", Skills: []string{"s"}, Settings: AgentSettings{
		MaxCost: 1.5, ChatExposed: true, Tools: []AgentTool{{ID: "t", ActionType: ToolMCP, Key: "m", ToolID: "t1", Timeout: 30, Configuration: map[string]any{"a": "b"}}},
		Evaluators: []Evaluator{{ID: "e", ExecuteOn: ExecuteOnInput, Options: map[string]any{"x": "y"}}},
	}}
	if diff := cmp.Diff(want, agent); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	again := Tool{Type: ToolMCP, Key: "m", ToolID: "t1", RequiresApproval: new(false), Configuration: map[string]any{"a": "b"}}
	if diff := cmp.Diff(again, agent.Settings.Tools[0].Tool()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatIsPrintedIsOneLine(t *testing.T) {
	testkit.PrintsOneLine(t, `support.agent "Desk" live`, Agent{Key: "support.agent", DisplayName: "Desk", Status: StatusLive, Model: AgentModel{Parameters: &ModelParameters{}}})
	testkit.PrintsOneLine(t, `{"id":"m","parameters":{"temperature":0.5}}`, Model{ID: "m", Parameters: &ModelParameters{Temperature: new(0.5)}})
	testkit.PrintsOneLine(t, `{"id":"m","parameters":{"top_k":1}}`, AgentModel{ID: "m", Parameters: &ModelParameters{TopK: new(1)}})
	testkit.PrintsOneLine(t, `{"top_k":1}`, ModelParameters{TopK: new(1)})
	testkit.PrintsOneLine(t, `{"max_iterations":3}`, Settings{MaxIterations: new(3)})
	testkit.PrintsOneLine(t, `{"max_iterations":3}`, AgentSettings{MaxIterations: 3})
	testkit.PrintsOneLine(t, `{"type":"http","key":"k","requires_approval":true}`, Tool{Type: ToolHTTP, Key: "k", RequiresApproval: new(true)})
	testkit.PrintsOneLine(t, `http k`, AgentTool{ActionType: ToolHTTP, ID: "1", Key: "k"})
	testkit.PrintsOneLine(t, `current_date 1`, AgentTool{ActionType: ToolCurrentDate, ID: "1"})
	testkit.PrintsOneLine(t, `{"id":"e","sample_rate":50,"execute_on":"input"}`, Evaluator{ID: "e", SampleRate: new(50.0), ExecuteOn: ExecuteOnInput})
	testkit.PrintsOneLine(t, smallBody, smallRequest())
	testkit.PrintsOneLine(t, `{"role":"r"}`, UpdateAgentRequest{Role: new("r")})
}

func TestTextThatIsNotUTF8IsNotSent(t *testing.T) {
	const bad = "Gr\xfc\xdfe"
	suite.Refuses(t, func(ctx context.Context, c *Client) error {
		request := smallRequest()
		request.Instructions, request.DisplayName = bad, new(bad)
		request.Model.Parameters = &ModelParameters{Stop: Stop{Sequences: []string{bad}}, ExtraFields: map[string]any{"x": bad}}
		request.Settings = Settings{Tools: []Tool{{Type: ToolHTTP, Key: bad}}, ExtraFields: map[string]any{"y": []any{bad}}}
		request.Variables, request.TeamOfAgents = map[string]any{"v": bad}, []TeamMember{{Key: "a", Role: bad}}
		_, err := c.CreateAgent(ctx, request)
		return err
	}, []string{"display_name", "instructions", "model.parameters.stop[0]", "model.parameters.x", "settings.tools[0].key", "settings.y[0]", "team_of_agents[0].role", "variables.v"})
	suite.Refuses(t, func(ctx context.Context, c *Client) error {
		_, err := c.UpdateAgent(ctx, "k", UpdateAgentRequest{Description: new(bad)})
		return err
	}, []string{"description"})
	suite.Refuses(t, func(ctx context.Context, c *Client) error {
		_, err := c.ListAgents(ctx, ListAgentsRequest{StartingAfter: bad, EndingBefore: bad})
		return err
	}, []string{"starting_after", "ending_before"})
}

// The server goes on after the place of an agent that is gone.
func TestAllAgentsLosesNothingThatStays(t *testing.T) {
	page := func(list *testkit.Listed, query url.Values) string {
		limit, _ := strconv.Atoi(query.Get("limit"))
		after := query.Get("starting_after")
		start := slices.IndexFunc(list.IDs, func(id string) bool { return id > after })
		if start < 0 {
			start = len(list.IDs)
		}
		agents := []Agent{}
		for _, id := range list.Part(start, limit) {
			agents = append(agents, Agent{ID: id})
		}
		text, _ := json.Marshal(agents)
		return fmt.Sprintf(`{"object":"list","data":%s,"has_more":%v}`, text, start+len(agents) < len(list.IDs))
	}
	testkit.WalksThroughChanges(t, suite, 120, page, func(ctx context.Context, c *Client) iter.Seq2[Agent, error] {
		return c.AllAgents(ctx, ListAgentsRequest{})
	}, agentID)
}
