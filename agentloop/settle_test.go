package agentloop

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"testing"
	"testing/synctest"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

// made returns the agent that a server makes of the body of a create.
func made(body map[string]any) string {
	agent := maps.Clone(body)
	agent["status"] = StatusActive
	for _, name := range []string{"tags", "capabilities"} {
		if agent[name] == nil {
			agent[name] = []any{}
		}
	}
	text, _ := json.Marshal(agent)
	return string(text)
}

func asItIs(agent string) string { return agent }

var (
	keyed = testkit.Keyed[*Client, Agent]{Create: createSample, Agent: made, Read: asItIs, Other: `{"id":"agent_0"}`}
	// ownKey is a create whose id the client makes.
	ownKey = testkit.Keyed[*Client, Agent]{Create: createWithoutID, Agent: made, Read: asItIs, Other: `{"id":"agent_0"}`}
)

func createWithoutID(ctx context.Context, c *Client) (*Agent, error) {
	request := sampleRequest()
	request.ID = ""
	return c.CreateAgent(ctx, request)
}

func TestCreateIsSettledWhateverLeavesItOpen(t *testing.T) {
	t.Run("with an id", func(t *testing.T) { keyed.Settles(t, suite) })
	t.Run("without one", func(t *testing.T) { ownKey.Settles(t, suite) })
}

func TestDoubtStaysOnlyIfTheAgentIsNotRead(t *testing.T) {
	active := func(members string) string {
		return `{"id":"` + testID + `","status":"active","name":"Customer Support Agent","system_prompt":"p"` + members + `}`
	}
	for name, test := range map[string]struct {
		body    string
		status  int
		unknown bool
	}{
		"forbidden":              {"", 403, true},
		"there is none":          {"", 404, true},
		"unreadable":             {"{", 200, true},
		"another agent":          {`{"id":"agent_0"}`, 200, true},
		"not all is told":        {`{"id":"` + testID + `","status":"active"}`, 200, true},
		"another prompt":         {active(`,"tags":[],"capabilities":[]`), 200, false},
		"another prompt, no tag": {active(""), 200, false},
		"archived":               {`{"id":"` + testID + `","status":"archived"}`, 200, false},
		"deleted":                {`{"id":"` + testID + `","status":"deleted"}`, 200, false},
	} {
		t.Run(name, func(t *testing.T) { keyed.Doubts(t, suite, []string{test.body}, test.status, test.unknown) })
	}
}

// Something on the way sent the request twice: the first response that is seen
// is that to the second one. Nobody else can have the id.
func TestConflictAboutAnIDOfTheClientsOwnIsSettled(t *testing.T) {
	for name, test := range map[string]struct {
		status  int
		read    string // "": the agent
		want    error
		unknown bool
	}{
		"it is there":      {200, "", nil, false},
		"it is archived":   {200, "archived", agentclients.ErrConflict, false},
		"it is not there":  {404, "{}", agentclients.ErrConflict, false}, // the name is taken, or a quota is used up
		"it must not be":   {403, "{}", agentclients.ErrConflict, true},
		"it is unreadable": {200, "{}", agentclients.ErrConflict, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, recorder := suite.Record(t)
				recorder.Answer(409, `{"error":"Agent with this ID already exists"}`)
				recorder.Then(func(request testkit.Request) (int, string) {
					id := request.URL[len(testBaseURL+"/v1/agents/"):]
					switch test.read {
					case "":
						return test.status, `{"id":"` + id + `","name":"as the server likes it","status":"new"}`
					case "archived":
						return test.status, `{"id":"` + id + `","status":"archived"}`
					}
					return test.status, test.read
				})
				agent, err := createWithoutID(t.Context(), client)
				if (agent == nil) != (test.want != nil) || !errors.Is(err, test.want) || errors.Is(err, agentclients.ErrOutcomeUnknown) != test.unknown {
					t.Errorf("got %v, %v", agent, err)
				}
			})
		})
	}
}
