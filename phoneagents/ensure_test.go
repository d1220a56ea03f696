package phoneagents

import (
	"context"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

func TestEnsureAgent(t *testing.T) {
	const (
		same   = `{"agent_id":"a","phone_number_id":"pn","prompt_id":"p","name":"n"}`
		other  = `{"agent_id":"a","phone_number_id":"pn","prompt_id":"q","name":"n"}`
		none   = `200 {"agents":[{"agent_id":"b","phone_number_id":"pn2"}]}`
		end    = none // the list ends where nothing new comes
		taken  = `409 {"error":"Conflict","message":"Phone number already has an active agent"}`
		update = `{"name":"n","prompt_id":"p"}`
	)
	list := func(agent string) string { return `200 {"agents":[` + agent + `]}` }
	request := CreateAgentRequest{PhoneNumberID: "pn", PromptID: "p", Name: "n", AgentID: new("mine")}
	testkit.Ensures(t, suite, func(ctx context.Context, c *Client, options ...agentclients.CallOption) (*Agent, agentclients.Change, error) {
		return c.EnsureAgent(ctx, "u", request, options...)
	}, []testkit.Ensured{
		testkit.Ends("there is none", []string{none, end, "201 " + same}, agentclients.Created, nil, []string{"GET", "GET", "POST"}, ""),
		testkit.Ends("it is what was asked for", []string{list(same)}, agentclients.Unchanged, nil, []string{"GET"}, ""),
		testkit.Ends("it lacks something", []string{list(other), "200 " + same}, agentclients.Updated, nil, []string{"GET", "PATCH"}, update),
		testkit.Ends("the server keeps its own way", []string{list(other), "200 " + other}, agentclients.Unchanged, nil, []string{"GET", "PATCH"}, update),
		testkit.Ends("somebody else creates it", []string{none, end, taken, list(same)}, agentclients.Unchanged, nil, []string{"GET", "GET", "POST", "GET"}, ""),
		testkit.Ends("somebody else creates it, in other words", []string{none, end, `400 {"error":"Failed to create agent","message":"Failed to archive existing conversations: insert violates foreign key"}`, list(same)},
			agentclients.Unchanged, nil, []string{"GET", "GET", "POST", "GET"}, ""),
		testkit.Ends("the number is another user's", []string{none, end, "404 "}, "", agentclients.ErrNotFound, []string{"GET", "GET", "POST"}, ""),
		testkit.Ends("it must not be listed", []string{"401 "}, "", agentclients.ErrUnauthorized, []string{"GET"}, ""),
	})
}

func TestEnsurePhoneNumber(t *testing.T) {
	const (
		number = `{"id":"pn","platform":"whatsapp","meta_phone_number_id":"1"}`
		none   = `200 {"phone_numbers":[]}`
	)
	named := func(name string) string {
		return `200 {"phone_numbers":[{"id":"pn","platform":"whatsapp","meta_phone_number_id":"1","display_name":"` + name + `"}]}`
	}
	list := `200 {"phone_numbers":[{"id":"pn2","platform":"whatsapp","meta_phone_number_id":"2"},` + number + `]}`
	request := AddPhoneNumberRequest{Platform: PlatformWhatsApp, MetaPhoneNumberID: "1", AccessToken: "EAAxxxx", DisplayName: new("d")}
	testkit.Ensures(t, suite, func(ctx context.Context, c *Client, options ...agentclients.CallOption) (*PhoneNumber, agentclients.Change, error) {
		return c.EnsurePhoneNumber(ctx, "u", request, options...)
	}, []testkit.Ensured{
		testkit.Ends("there is none", []string{none, "201 " + number}, agentclients.Created, nil, []string{"GET", "POST"}, ""),
		testkit.Ends("it is there", []string{list}, agentclients.Unchanged, nil, []string{"GET"}, ""),
		testkit.Ends("somebody else adds it", []string{none, "409 ", list}, agentclients.Unchanged, nil, []string{"GET", "POST", "GET"}, ""),
		testkit.Ends("the response is lost, and it is there", []string{none, "502 ", list}, agentclients.Created, nil, []string{"GET", "POST", "GET"}, ""),
		testkit.Ends("the response is lost, and it has the name without blanks", []string{none, "502 ", named(" d ")}, agentclients.Created, nil, []string{"GET", "POST", "GET"}, ""),
		testkit.Ends("the response is lost, and somebody else's is there", []string{none, "502 ", named("theirs")}, agentclients.Unchanged, nil, []string{"GET", "POST", "GET"}, ""),
		testkit.Ends("the response is lost, and it is not there", []string{none, "502 ", none}, "", agentclients.ErrOutcomeUnknown, []string{"GET", "POST", "GET"}, ""),
		testkit.Ends("another user has it", []string{none, "400 ", none}, "", agentclients.ErrBadRequest, []string{"GET", "POST", "GET"}, ""),
		testkit.Ends("another user has it, as the server says", []string{none, `400 {"error":"Failed to add phone number","message":"Meta phone number 1 is already registered for whatsapp"}`, none},
			"", agentclients.ErrConflict, []string{"GET", "POST", "GET"}, ""),
		testkit.Ends("it must not be added", []string{none, "403 "}, "", agentclients.ErrForbidden, []string{"GET", "POST"}, ""),
		testkit.Ends("it must not be listed", []string{"401 "}, "", agentclients.ErrUnauthorized, []string{"GET"}, ""),
	})
}

// What a phone number is looked for by is not an extra field.
func TestPhoneNumbersGoByTheirFields(t *testing.T) {
	for _, name := range []string{"id", "platform", "meta_phone_number_id"} {
		suite.Refuses(t, func(ctx context.Context, c *Client) error {
			_, _, err := c.EnsurePhoneNumber(ctx, "u", AddPhoneNumberRequest{
				Platform: PlatformWhatsApp, MetaPhoneNumberID: "1", AccessToken: "EAAxxxx", ExtraFields: map[string]any{name: "other"},
			})
			return err
		}, []string{name})
	}
}

func TestDiff(t *testing.T) {
	request := CreateAgentRequest{PhoneNumberID: "pn", PromptID: "p", Name: "n", AgentID: new("mine")}
	if d := request.Diff(&Agent{ID: "a", PhoneNumberID: "pn", PromptID: "p", Name: "n"}); d != nil {
		t.Errorf("got %v", d)
	}
	got := request.Diff(&Agent{ID: "a", PhoneNumberID: "pn", PromptID: "q"})
	want := []agentclients.FieldDiff{{Path: "name", Want: "n", Have: ""}, {Path: "prompt_id", Want: "p", Have: "q"}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %v", got)
	}
}
