package phoneagents

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

func TestByteOrderMarksAreSkipped(t *testing.T) {
	testkit.SkipsMarks(t, suite, `{"agent_id":"a"}`, func(ctx context.Context, c *Client) (*Agent, error) { return c.GetAgent(ctx, "u", "a") })
}

func TestNullIsAnEmptyList(t *testing.T) {
	for _, name := range []string{"agents", "phone_numbers", "data"} {
		body := `{"success":true,"` + name + `":null,"count":0}`
		if name != "phone_numbers" {
			testkit.ReadsNullAsNothing(t, suite, body, func(ctx context.Context, c *Client) ([]Agent, error) {
				list, err := c.ListAgents(ctx, "u", ListAgentsRequest{})
				if err != nil {
					return nil, err
				}
				return list.Agents, nil
			})
		}
		if name != "agents" {
			testkit.ReadsNullAsNothing(t, suite, body, func(ctx context.Context, c *Client) ([]PhoneNumber, error) {
				list, err := c.ListPhoneNumbers(ctx, "u", ListPhoneNumbersRequest{})
				if err != nil {
					return nil, err
				}
				return list.PhoneNumbers, nil
			})
		}
	}
}

// A body that says that it failed has the server's words, also in a 200.
func TestARefusalWithinASuccessHasTheServersWords(t *testing.T) {
	client, recorder := suite.Record(t)
	recorder.Answer(200, `{"success":false,"error":"Phone number already bound"}`).Answer(200, `{"agents":[]}`)
	_, err := createSample(t.Context(), client)
	var e *agentclients.Error
	if !errors.As(err, &e) || e.Message != "Phone number already bound" || e.OutcomeUnknown {
		t.Errorf("error %v", err)
	}
}

func TestRequestsEncodeAsTheyAreSent(t *testing.T) {
	extra := map[string]any{"extra": "e"}
	create := CreateAgentRequest{PhoneNumberID: "pn", PromptID: "p", Name: "n", ExtraFields: extra}
	suite.MarshalsAsSent(t, create, `{"agent_id":"a"}`, func(ctx context.Context, c *Client) error {
		_, err := c.CreateAgent(ctx, "u", create)
		return err
	})
	update := UpdateAgentRequest{Name: new("n"), ExtraFields: extra}
	suite.MarshalsAsSent(t, update, `{"agent_id":"a"}`, func(ctx context.Context, c *Client) error {
		_, err := c.UpdateAgent(ctx, "u", "a", update)
		return err
	})
	add := AddPhoneNumberRequest{Platform: PlatformWhatsApp, MetaPhoneNumberID: "1", AccessToken: "EAAxxxx", ExtraFields: extra}
	suite.MarshalsAsSent(t, add, `{"id":"pn"}`, func(ctx context.Context, c *Client) error {
		_, err := c.AddPhoneNumber(ctx, "u", add)
		return err
	})
}

func TestWhatIsPrintedIsOneLine(t *testing.T) {
	testkit.PrintsOneLine(t, `agt_1 "My agent" on pn_1`, Agent{ID: "agt_1", Name: "My agent", PhoneNumberID: "pn_1"})
	testkit.PrintsOneLine(t, `pn_1 "+1" whatsapp`, PhoneNumber{ID: "pn_1", DisplayName: "+1", Platform: PlatformWhatsApp})
	testkit.PrintsOneLine(t, `{"phone_number_id":"pn","prompt_id":"p","name":"n","agent_id":"a"}`, CreateAgentRequest{PhoneNumberID: "pn", PromptID: "p", Name: "n", AgentID: new("a")})
	testkit.PrintsOneLine(t, `{"name":"n"}`, UpdateAgentRequest{Name: new("n")})
	testkit.PrintsOneLine(t, `{"platform":"whatsapp","meta_phone_number_id":"1","access_token":"[redacted]","id":"pn","x":"[redacted]"}`,
		AddPhoneNumberRequest{Platform: PlatformWhatsApp, MetaPhoneNumberID: "1", AccessToken: "EAA", ID: new("pn"), ExtraFields: map[string]any{"x": "secret"}})
}

func TestTextThatIsNotUTF8IsNotSent(t *testing.T) {
	const bad = "Gr\xfc\xdfe"
	suite.Refuses(t, func(ctx context.Context, c *Client) error {
		_, err := c.CreateAgent(ctx, "u", CreateAgentRequest{PhoneNumberID: bad, PromptID: bad, Name: bad, AgentID: new(bad)})
		return err
	}, []string{"phone_number_id", "prompt_id", "name", "agent_id"})
	suite.Refuses(t, func(ctx context.Context, c *Client) error {
		_, err := c.UpdateAgent(ctx, "u", "a", UpdateAgentRequest{Name: new(bad)})
		return err
	}, []string{"name"})
	suite.Refuses(t, func(ctx context.Context, c *Client) error {
		_, err := c.AddPhoneNumber(ctx, "u", AddPhoneNumberRequest{Platform: "x", MetaPhoneNumberID: "1", AccessToken: bad, DisplayName: new(bad)})
		return err
	}, []string{"access_token", "display_name"})
}

func listPage(list *testkit.Listed, query url.Values) string {
	offset, _ := strconv.Atoi(query.Get("offset"))
	limit, _ := strconv.Atoi(query.Get("limit"))
	agents := []Agent{}
	for _, id := range list.Part(offset, limit) {
		agents = append(agents, Agent{ID: id})
	}
	text, _ := json.Marshal(agents)
	return fmt.Sprintf(`{"agents":%s}`, text)
}

func TestAllAgentsLosesNothingThatStays(t *testing.T) {
	testkit.WalksThroughChanges(t, suite, 55, listPage, func(ctx context.Context, c *Client) iter.Seq2[Agent, error] {
		return c.AllAgents(ctx, "u", ListAgentsRequest{Limit: 10})
	}, agentID)
}

// The server gives at most 50 agents, whatever was asked for.
func TestAllAgentsDoesNotEndAtAShortPage(t *testing.T) {
	testkit.WalksThroughChanges(t, suite, 120, listPage, func(ctx context.Context, c *Client) iter.Seq2[Agent, error] {
		return c.AllAgents(ctx, "u", ListAgentsRequest{})
	}, agentID)
}

// A loop that replaces each agent that it is given comes to an end.
func TestAllAgentsLeavesOutNewerOnes(t *testing.T) {
	var agents []Agent
	add := func(second int) {
		at := agentclients.Timestamp(fmt.Sprintf("2025-02-10T10:%02d:%02dZ", second/60, second%60))
		agents = append([]Agent{{ID: fmt.Sprint("a", second), CreatedAt: at}}, agents...)
	}
	for second := range 25 {
		add(second)
	}
	client, recorder := suite.Record(t)
	recorder.Then(func(request testkit.Request) (int, string) {
		target, _ := url.Parse(request.URL)
		offset, _ := strconv.Atoi(target.Query().Get("offset"))
		from := min(offset, len(agents))
		text, _ := json.Marshal(AgentList{Agents: agents[from:min(from+10, len(agents))]})
		return 200, string(text)
	})
	got := 0
	for agent, err := range client.AllAgents(t.Context(), "u", ListAgentsRequest{Limit: 10}) {
		if err != nil {
			t.Fatal(err)
		}
		got++
		agents = slices.DeleteFunc(agents, func(other Agent) bool { return other.ID == agent.ID })
		add(100 + got)
	}
	if got != 25 {
		t.Errorf("%d agents came", got)
	}
}
