package phoneagents

import (
	"context"
	"encoding/json"
	"maps"
	"testing"

	"github.com/agentclients/agentclients-go/internal/testkit"
)

// made returns the agent that a server makes of the body of a create.
func made(body map[string]any) string {
	agent := maps.Clone(body)
	agent["agent_id"] = "agt_1"
	text, _ := json.Marshal(agent)
	return string(text)
}

var keyed = testkit.Keyed[*Client, Agent]{
	Create: createSample,
	Agent:  made,
	Read: func(agent string) string {
		return `{"agents":[{"agent_id":"agt_0","phone_number_id":"pn_0"},` + agent + `]}`
	},
	Other: `{"agent_id":"agt_2","phone_number_id":"pn_2"}`,
}

func TestCreateIsSettledWhateverLeavesItOpen(t *testing.T) { keyed.Settles(t, suite) }

func TestDoubtStaysOnlyIfTheAgentIsNotRead(t *testing.T) {
	const begin = `{"agents":[{"agent_id":"agt_1","phone_number_id":"pn_abc123","name":"Customer Support Agent"`
	none := `{"agents":[]}`
	for name, test := range map[string]struct {
		bodies  []string
		status  int
		unknown bool
	}{
		"forbidden":       {[]string{""}, 403, true},
		"there is none":   {[]string{none}, 200, true},
		"unreadable":      {[]string{"{"}, 200, true},
		"no prompt":       {[]string{begin + `}]}`}, 200, true},
		"another prompt":  {[]string{begin + `,"prompt_id":"x"}]}`}, 200, false},
		"another's first": {[]string{`{"agents":[{"agent_id":"agt_0","phone_number_id":"pn_0"}]}`, none, none}, 200, true},
	} {
		t.Run(name, func(t *testing.T) { keyed.Doubts(t, suite, test.bodies, test.status, test.unknown) })
	}
}

// A server that takes white space away has made the agent all the same.
func TestCreateIsSettledWithoutWhiteSpace(t *testing.T) {
	client, recorder := suite.Record(t)
	recorder.Answer(201, "{").Answer(200, `{"agents":[{"agent_id":"a","phone_number_id":"pn","prompt_id":"p","name":"Night desk"}]}`)
	agent, err := client.CreateAgent(t.Context(), "u", CreateAgentRequest{PhoneNumberID: "pn", PromptID: "p", Name: "Night desk\n"})
	if err != nil || agent.ID != "a" {
		t.Errorf("%v, %v", agent, err)
	}
}

var keyedNumber = testkit.Keyed[*Client, PhoneNumber]{
	Create: func(ctx context.Context, c *Client) (*PhoneNumber, error) {
		return c.AddPhoneNumber(ctx, "usr_1", AddPhoneNumberRequest{
			Platform: PlatformWhatsApp, MetaPhoneNumberID: "1", AccessToken: "EAAxxxx0123456789", DisplayName: new("Desk"), ID: new("pn_mine"),
		})
	},
	Agent: func(body map[string]any) string {
		number := maps.Clone(body)
		delete(number, "access_token")
		text, _ := json.Marshal(number)
		return string(text)
	},
	Read: func(number string) string {
		return `{"phone_numbers":[{"id":"pn_0","platform":"whatsapp","meta_phone_number_id":"0"},` + number + `]}`
	},
	Other: `{"id":"pn_2","platform":"whatsapp","meta_phone_number_id":"1"}`,
}

// A phone number with an id of the caller's is added once, and found.
func TestAddedPhoneNumberIsSettled(t *testing.T) { keyedNumber.Settles(t, suite) }

func TestDoubtStaysOnlyIfThePhoneNumberIsNotRead(t *testing.T) {
	const begin = `{"phone_numbers":[{"id":"pn_mine","platform":"whatsapp"`
	for name, test := range map[string]struct {
		body    string
		status  int
		unknown bool
	}{
		"forbidden":       {"", 403, true},
		"there is none":   {`{"phone_numbers":[]}`, 200, true},
		"no Meta id":      {begin + `,"display_name":"Desk"}]}`, 200, true},
		"another Meta id": {begin + `,"display_name":"Desk","meta_phone_number_id":"2"}]}`, 200, false},
		"another name":    {begin + `,"display_name":null,"meta_phone_number_id":"1"}]}`, 200, false},
	} {
		t.Run(name, func(t *testing.T) { keyedNumber.Doubts(t, suite, []string{test.body}, test.status, test.unknown) })
	}
}
