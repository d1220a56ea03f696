package orq

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
	agent["_id"] = "01JRQ5Z8Y9S6M3C5Q4V2X7W1T0"
	model := modelObject(agent["model"])
	model["fallback_models"] = agent["fallback_models"]
	delete(agent, "fallback_models")
	agent["model"] = model
	alignTools(member(agent, "settings"))
	text, _ := json.Marshal(agent)
	return string(text)
}

var keyed = testkit.Keyed[*Client, Agent]{
	Create: func(ctx context.Context, c *Client) (*Agent, error) { return c.CreateAgent(ctx, fullRequest()) },
	Agent:  made,
	Read:   func(agent string) string { return agent },
	Other:  `{"_id":"2","key":"other"}`,
}

func TestCreateIsSettledWhateverLeavesItOpen(t *testing.T) { keyed.Settles(t, suite) }

func TestDoubtStaysOnlyIfTheAgentIsNotRead(t *testing.T) {
	const begin = `{"_id":"1","key":"support.agent"`
	for name, test := range map[string]struct {
		body    string
		status  int
		unknown bool
	}{
		"forbidden":         {"", 403, true},
		"there is none":     {"", 404, true},
		"unreadable":        {"{", 200, true},
		"another agent":     {`{"_id":"1","key":"other"}`, 200, true},
		"nothing is told":   {begin + `}`, 200, true},
		"another role":      {begin + `,"role":"x"}`, 200, false},
		"another model":     {begin + `,"role":"Assistant","model":{"id":"openai/x"}}`, 200, false},
		"no knowledge base": {begin + `,"role":"Assistant","knowledge_bases":[]}`, 200, false},
		"another setting":   {begin + `,"settings":{"max_iterations":15}}`, 200, false},
	} {
		t.Run(name, func(t *testing.T) { keyed.Doubts(t, suite, []string{test.body}, test.status, test.unknown) })
	}
}
