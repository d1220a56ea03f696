package agentloop

import (
	"strings"
	"testing"

	"github.com/agentclients/agentclients-go/internal/validate"
)

func TestNewAgentID(t *testing.T) {
	last := ""
	for range 1000 {
		id := NewAgentID()
		var problems validate.Problems
		validateAgentID(&problems, "id", id)
		if err := problems.Err(provider, "test"); err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		if id <= last {
			t.Fatalf("%s does not sort after %s", id, last)
		}
		last = id
	}
}

func TestAgentIDProblems(t *testing.T) {
	const digits = "01933b5a000070008000000000000001"
	for id, want := range map[string]string{
		"agent_" + digits:                  "",
		"":                                 "agent_id is required",
		digits:                             "it does not begin with agent_",
		"agt_" + digits:                    "it does not begin with agent_",
		"Agent_" + digits:                  "it does not begin with agent_",
		"agent_":                           "it has 0 characters after agent_",
		"agent_" + digits + "0":            "it has 33 characters after agent_",
		"agent_" + strings.ToUpper(digits): "it has other characters",
		"agent_0193-" + digits[5:]:         "it has other characters",
		"agent_g" + digits[1:]:             "it has other characters",
		"agent_" + digits[:31] + "\n":      "it has other characters",
		// The documented example of an id has a digit too few.
		"agent_01933b5a00007000800000000000001": "agent_id must be agent_ and 32 lower-case hexadecimal digits; it has 31 characters after agent_",
	} {
		err := checkAgentID("get agent", id)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", id, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: error %v does not say %q", id, err, want)
		}
	}
}
