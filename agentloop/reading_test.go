package agentloop

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/internal/testkit"
)

func TestByteOrderMarksAreSkipped(t *testing.T) {
	testkit.SkipsMarks(t, suite, `{"id":"`+testID+`"}`, func(ctx context.Context, c *Client) (*Agent, error) { return c.GetAgent(ctx, testID) })
	client, recorder := suite.Record(t)
	recorder.Answer(200, "\xef\xbb\xbf---\n---\nBe kind.")
	if text, err := client.ExportAgent(t.Context(), testID); err != nil || text == "" {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestNullIsAnEmptyList(t *testing.T) {
	testkit.ReadsNullAsNothing(t, suite, `{"data":null,"total":0}`, func(ctx context.Context, c *Client) ([]Agent, error) {
		list, err := c.ListAgents(ctx, ListAgentsRequest{})
		if err != nil {
			return nil, err
		}
		return list.Agents, nil
	})
	testkit.ReadsNullAsNothing(t, suite, `{"data":null}`, func(ctx context.Context, c *Client) ([]CapabilityInfo, error) {
		list, err := c.ListCapabilities(ctx)
		if err != nil {
			return nil, err
		}
		return list.Capabilities, nil
	})
	testkit.ReadsNullAsNothing(t, suite, `{"data":null}`, func(ctx context.Context, c *Client) ([]Model, error) {
		list, err := c.ListModels(ctx, ListModelsRequest{})
		if err != nil {
			return nil, err
		}
		return list.Models, nil
	})
}

func TestNumbersAndTextsAreReadAsEachOther(t *testing.T) {
	list, err := decodeAgentList([]byte(`{"data":[{"id":7,"tags":[1],"capabilities":[{"ref":2,"config":{"b":1,"a": 2}}],"usage":{"input_tokens":"3","output_tokens":4.0}}],"total":"1"}`))
	if err != nil {
		t.Fatal(err)
	}
	want := &AgentList{Total: new(1), Agents: []Agent{{
		ID: "7", Tags: []string{"1"}, Capabilities: []Capability{{Ref: "2", Config: json.RawMessage(`{"b":1,"a": 2}`)}}, Usage: &TokenUsage{InputTokens: 3, OutputTokens: 4},
	}}}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRequestsEncodeAsTheyAreSent(t *testing.T) {
	extra := map[string]any{"extra": "e"}
	create := sampleRequest()
	create.ExtraFields = extra
	suite.MarshalsAsSent(t, create, `{"id":"`+testID+`"}`, func(ctx context.Context, c *Client) error {
		_, err := c.CreateAgent(ctx, create)
		return err
	})
	update := UpdateAgentRequest{Name: new("n"), Tags: []string{}, ExtraFields: extra}
	suite.MarshalsAsSent(t, update, `{"id":"`+testID+`"}`, func(ctx context.Context, c *Client) error {
		_, err := c.UpdateAgent(ctx, testID, update)
		return err
	})
}

func TestWhatIsPrintedIsOneLine(t *testing.T) {
	agent := Agent{ID: "agent_1", Name: "My agent", Status: StatusActive, Usage: &TokenUsage{}}
	testkit.PrintsOneLine(t, `agent_1 "My agent" active`, agent)
	testkit.PrintsOneLine(t, `1 of 3 agents [agent_1 "My agent" active]`, AgentList{Agents: []Agent{agent}, Total: new(3)})
	testkit.PrintsOneLine(t, `0 agents []`, AgentList{})
	testkit.PrintsOneLine(t, "web_fetch", Capability{Ref: "web_fetch"})
	testkit.PrintsOneLine(t, `web_fetch {"a":1}`, Capability{Ref: "web_fetch", Config: json.RawMessage(`{"a":1}`)})
	testkit.PrintsOneLine(t, `web_fetch "Web fetch" available`, CapabilityInfo{ID: "web_fetch", Name: "Web fetch", Status: CapabilityAvailable})
	testkit.PrintsOneLine(t, `model_1 "GPT" active`, Model{ID: "model_1", DisplayName: "GPT", Status: ModelActive, Profile: &ModelProfile{}})
	testkit.PrintsOneLine(t, `{"input":1,"output":2}`, ModelCost{Input: 1, Output: 2})
	testkit.PrintsOneLine(t, `{"description":"d","name":"n","system_prompt":"p"}`, CreateAgentRequest{Description: new("d"), Name: "n", SystemPrompt: "p"})
	testkit.PrintsOneLine(t, `{"status":"archived"}`, UpdateAgentRequest{Status: new(StatusArchived)})
}

func TestTextThatIsNotUTF8IsNotSent(t *testing.T) {
	const bad = "Gr\xfc\xdfe"
	suite.Refuses(t, func(ctx context.Context, c *Client) error {
		_, err := c.CreateAgent(ctx, CreateAgentRequest{Name: bad, SystemPrompt: bad, Tags: []string{"a", bad}, Capabilities: []Capability{{Ref: "x", Config: json.RawMessage(`"` + bad + `"`)}}})
		return err
	}, []string{"capabilities[0].config", "name", "system_prompt", "tags[1]"})
	suite.Refuses(t, func(ctx context.Context, c *Client) error {
		_, err := c.UpdateAgent(ctx, testID, UpdateAgentRequest{Description: new(bad)})
		return err
	}, []string{"description"})
	suite.Refuses(t, func(ctx context.Context, c *Client) error {
		_, _, err := c.PutAgent(ctx, testID, CreateAgentRequest{Name: "n", SystemPrompt: bad})
		return err
	}, []string{"system_prompt"})
	suite.Refuses(t, func(ctx context.Context, c *Client) error {
		_, err := c.ImportAgent(ctx, bad)
		return err
	}, []string{"text"})
	suite.Refuses(t, func(ctx context.Context, c *Client) error {
		_, err := c.ListAgents(ctx, ListAgentsRequest{Search: bad})
		return err
	}, []string{"search"})
}

// The server keeps the capabilities if the list that is put is empty.
func TestPutAgentWithAnEmptyListRemovesTheCapabilities(t *testing.T) {
	has := `{"id":"` + testID + `","capabilities":[{"ref":"web_fetch"}]}`
	for name, test := range map[string]struct {
		capabilities []Capability
		response     string
		requests     int
	}{
		"empty":                     {[]Capability{}, has, 2},
		"empty, and there are none": {[]Capability{}, `{"id":"` + testID + `","capabilities":[]}`, 1},
		"nil":                       {nil, has, 1},
		"some":                      {[]Capability{{Ref: "web_fetch"}}, has, 1},
	} {
		t.Run(name, func(t *testing.T) {
			client, recorder := suite.Record(t)
			recorder.Answer(200, test.response).Answer(200, `{"id":"`+testID+`","capabilities":[]}`)
			_, created, err := client.PutAgent(t.Context(), testID, CreateAgentRequest{Name: "n", SystemPrompt: "p", Capabilities: test.capabilities})
			if err != nil || created || len(recorder.Requests) != test.requests {
				t.Fatalf("got %v, %v, %d requests", created, err, len(recorder.Requests))
			}
			if last := recorder.Last(t); test.requests == 2 && (last.Method != "PATCH" || last.Body != `{"capabilities":[]}`) {
				t.Errorf("sent %+v", last)
			}
		})
	}
}

func TestAllAgentsLosesNothingThatStays(t *testing.T) {
	page := func(list *testkit.Listed, query url.Values) string {
		offset, _ := strconv.Atoi(query.Get("offset"))
		limit, _ := strconv.Atoi(query.Get("limit"))
		agents := []Agent{}
		for _, id := range list.Part(offset, limit) {
			agents = append(agents, Agent{ID: id})
		}
		text, _ := json.Marshal(agents)
		return fmt.Sprintf(`{"data":%s,"total":%d,"offset":%d,"limit":%d}`, text, len(list.IDs), offset, limit)
	}
	testkit.WalksThroughChanges(t, suite, 55, page, func(ctx context.Context, c *Client) iter.Seq2[Agent, error] {
		return c.AllAgents(ctx, ListAgentsRequest{Limit: 10})
	}, agentID)
}
