package admin

import (
	"bytes"
	"net/http"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/engine"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

type rulesView struct {
	Rules []engine.RuleView `json:"rules"`
	// Unfired are the faults that never happened, for people.
	Unfired []string `json:"unfired"`
}

func (c *call) addRule() error {
	if len(bytes.TrimSpace(c.body)) == 0 {
		return badRequest(jsontext.ErrEmpty)
	}
	spec, err := fault.ParseRule(c.body)
	if err != nil {
		return badRequest(err)
	}
	n, err := c.namespace()
	if err != nil {
		return err
	}
	rule, err := n.AddRule(spec)
	if err != nil {
		return badRequest(err)
	}
	return c.respond(http.StatusCreated, rule.View())
}

func (c *call) listRules() error {
	unfired, err := c.flag("unfired")
	if err != nil {
		return err
	}
	n, err := c.namespace()
	if err != nil {
		return err
	}
	v := rulesView{Rules: []engine.RuleView{}, Unfired: nonNil(n.Unfired())}
	for _, rule := range n.Rules() {
		if !unfired || rule.Owes() {
			v.Rules = append(v.Rules, rule.View())
		}
	}
	return c.respond(http.StatusOK, v)
}

func (c *call) rule() (*engine.Rule, error) {
	n, err := c.namespace()
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, r := range n.Rules() {
		if r.ID() == c.params["id"] {
			return r, nil
		}
		ids = append(ids, r.ID())
	}
	if len(ids) == 0 {
		return nil, refuse(http.StatusNotFound, "there is no rule %.40q, and no other", c.params["id"])
	}
	return nil, refuse(http.StatusNotFound, "there is no rule %.40q; there are %s", c.params["id"], jsontext.Quote(ids))
}

func (c *call) getRule() error {
	rule, err := c.rule()
	if err != nil {
		return err
	}
	return c.respond(http.StatusOK, rule.View())
}

func (c *call) removeRule() error {
	rule, err := c.rule()
	if err != nil {
		return err
	}
	rule.Remove()
	return c.done()
}

func (c *call) removeRules() error {
	n, err := c.namespace()
	if err != nil {
		return err
	}
	if err := n.Reset(engine.PartRules); err != nil {
		return err
	}
	return c.done()
}

// nonNil makes an empty list an empty JSON array.
func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
