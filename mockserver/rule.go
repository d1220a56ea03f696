package mockserver

import (
	"encoding/json"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/engine"
)

// ActiveRule is a rule that a namespace has. It is safe for concurrent use.
type ActiveRule struct{ rule *engine.Rule }

func activeRules(rules []*engine.Rule) []*ActiveRule {
	active := make([]*ActiveRule, len(rules))
	for i, r := range rules {
		active[i] = &ActiveRule{r}
	}
	return active
}

// ID names the rule within its namespace, such as "r1".
func (r *ActiveRule) ID() string { return r.rule.ID() }

// Rule is what the rule was made of.
func (r *ActiveRule) Rule() fault.Rule { return r.rule.Spec() }

// Fired is how many requests the rule has hit.
func (r *ActiveRule) Fired() int { return r.rule.Fired() }

// Remaining is how many requests the rule will still hit; -1: any number.
func (r *ActiveRule) Remaining() int { return r.rule.Remaining() }

// Remove takes the rule out of its namespace. What it has already hit goes
// on.
func (r *ActiveRule) Remove() { r.rule.Remove() }

// MarshalJSON writes the rule with its id and with what it has done so far.
// Where it has a credential, to match or to respond with, it has
// "[redacted]".
func (r *ActiveRule) MarshalJSON() ([]byte, error) { return json.Marshal(r.rule.View()) }
