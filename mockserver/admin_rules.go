package mockserver

import (
	"bytes"
	"net/http"
	"slices"
)

// ruleView is what a Rule is written as.
type ruleView struct {
	ID string `json:"id"`
	RuleSpec
	Fired     int `json:"fired"`
	Remaining int `json:"remaining"`
}

type rulesView struct {
	Rules []*Rule `json:"rules"`
	// Unfired are the faults that never happened, for people.
	Unfired []string `json:"unfired"`
}

func (c *adminCall) addRule() error {
	if len(bytes.TrimSpace(c.body)) == 0 {
		return badRequest(errEmptyBody)
	}
	spec, err := ParseRule(c.body)
	if err != nil {
		return badRequest(err)
	}
	n, err := c.namespace(true)
	if err != nil {
		return err
	}
	rule, err := n.AddRule(spec)
	if err != nil {
		return badRequest(err)
	}
	return c.answer(http.StatusCreated, rule)
}

func (c *adminCall) listRules() error {
	unfired, err := c.flag("unfired")
	if err != nil {
		return err
	}
	n, err := c.namespace(false)
	if err != nil {
		return err
	}
	rules := n.Rules()
	if unfired {
		rules = slices.DeleteFunc(rules, func(r *Rule) bool { return !r.owes() })
	}
	return c.answer(http.StatusOK, rulesView{nonNil(rules), nonNil(n.Unfired())})
}

// owes reports whether a fault of the rule never happened.
func (r *Rule) owes() bool {
	return r.Fired() == 0 || len(r.spec.Queue) > 0 && r.Remaining() > 0
}

func (c *adminCall) rule() (*Rule, error) {
	n, err := c.namespace(false)
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
	return nil, refuse(http.StatusNotFound, "there is no rule %.40q; there are %s", c.params["id"], quoted(ids))
}

func (c *adminCall) getRule() error {
	rule, err := c.rule()
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, rule)
}

func (c *adminCall) removeRule() error {
	rule, err := c.rule()
	if err != nil {
		return err
	}
	rule.Remove()
	return c.done()
}

func (c *adminCall) removeRules() error {
	n, err := c.namespace(false)
	if err != nil {
		return err
	}
	if err := n.Reset(PartRules); err != nil {
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
