package phoneagents

import (
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
