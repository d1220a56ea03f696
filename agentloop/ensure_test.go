package agentloop

import (
	"context"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

func TestEnsureAgent(t *testing.T) {
	const (
		begin    = `200 {"id":"` + testID + `","name":"n","status":"active",`
		same     = begin + `"system_prompt":"p","tags":["b","a"],"capabilities":[]}`
		other    = begin + `"system_prompt":"q","tags":[],"capabilities":[]}`
		archived = `200 {"id":"` + testID + `","name":"n","status":"archived","system_prompt":"p","tags":["a","b"],"capabilities":[]}`
		none     = `404 {"error":"Agent not found"}`
		taken    = `409 {"error":"Agent with this ID already exists"}`
		update   = `{"name":"n","system_prompt":"p","tags":["a","b"]}`
	)
	request := CreateAgentRequest{ID: testID, Name: "n", SystemPrompt: "p", Tags: []string{"a", "b"}}
	testkit.Ensures(t, suite, func(ctx context.Context, c *Client, options ...agentclients.CallOption) (*Agent, agentclients.Change, error) {
		return c.EnsureAgent(ctx, request, options...)
	}, []testkit.Ensured{
		testkit.Ends("there is none", []string{none, same}, agentclients.Created, nil, []string{"GET", "POST"}, ""),
		testkit.Ends("it is what was asked for", []string{same}, agentclients.Unchanged, nil, []string{"GET"}, ""),
		testkit.Ends("it lacks something", []string{other, same}, agentclients.Updated, nil, []string{"GET", "PATCH"}, update),
		testkit.Ends("the server keeps its own way", []string{other, other}, agentclients.Unchanged, nil, []string{"GET", "PATCH"}, update),
		testkit.Ends("it is archived", []string{archived, same}, agentclients.Created, nil, []string{"GET", "PUT"}, update),
		testkit.Ends("somebody else creates it", []string{none, taken, same}, agentclients.Unchanged, nil, []string{"GET", "POST", "GET"}, ""),
		testkit.Ends("it is gone meanwhile", []string{other, none, none, same}, agentclients.Created, nil, []string{"GET", "PATCH", "GET", "POST"}, ""),
		testkit.Ends("it is archived meanwhile", []string{other, archived, archived, same}, agentclients.Created, nil, []string{"GET", "PATCH", "GET", "PUT"}, ""),
		testkit.Ends("taken, and never found", []string{none, taken, none, taken, none, taken}, "", agentclients.ErrConflict, []string{"GET", "POST", "GET", "POST", "GET", "POST"}, ""),
		testkit.Ends("the create is lost, and another is there", []string{none, "502 ", taken, other, other, same}, agentclients.Updated, nil, []string{"GET", "POST", "POST", "GET", "GET", "PATCH"}, update),
		testkit.Ends("it must not be read", []string{"401 "}, "", agentclients.ErrUnauthorized, []string{"GET"}, ""),
	})
}

// A request without an id is about the agent of the name.
func TestEnsureAgentByName(t *testing.T) {
	client, recorder := suite.Record(t)
	recorder.Answer(404, "")
	recorder.Then(func(request testkit.Request) (int, string) { return 201, request.Body })
	agent, change, err := client.EnsureAgent(t.Context(), CreateAgentRequest{Name: "desk", SystemPrompt: "p"})
	if err != nil || change != agentclients.Created || agent.ID != AgentIDFor("desk") {
		t.Errorf("got %v, %q, %v", agent, change, err)
	}
}

// The id of a name never changes, for it is what agents are found by.
func TestAgentIDFor(t *testing.T) {
	if a, b := AgentIDFor("desk"), AgentIDFor("Desk"); a != "agent_1bf9e2027e085965beead09e6807f67a" || a == b || checkAgentID("test", a) != nil || checkAgentID("test", b) != nil {
		t.Errorf("ids %s, %s", a, b)
	}
}

func TestDiffCountsTheStatus(t *testing.T) {
	request := CreateAgentRequest{Name: "n", SystemPrompt: "p"}
	for status, want := range map[Status]int{StatusActive: 0, "paused": 0, StatusArchived: 1, "deleted": 1, "": 1} {
		got := request.Diff(&Agent{Name: "n", SystemPrompt: "p", Status: status, Tags: []string{"a"}})
		if len(got) != want || want == 1 && got[0].Path != "status" {
			t.Errorf("%q: %v", status, got)
		}
	}
}
