package admin

import (
	"net/http"
	"slices"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/engine"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

type healthView struct {
	Status        string   `json:"status"`
	Version       string   `json:"version"`
	APIs          []string `json:"apis"`
	UptimeSeconds float64  `json:"uptime_seconds"`
}

func (c *call) health() error {
	return c.respond(http.StatusOK, healthView{"ok", c.version, c.engine.Names(), c.engine.Uptime().Seconds()})
}

type apisView struct {
	APIs []apiView `json:"apis"`
	// Faults, Stages, Outcomes and Parts are the words that rules, matches
	// and resets take.
	Faults     []string          `json:"faults"`
	Stages     []fault.Stage     `json:"stages"`
	Outcomes   []journal.Outcome `json:"outcomes"`
	Parts      []string          `json:"parts"`
	Strictness engine.Strictness `json:"strictness"`
}

type apiView struct {
	Name       string          `json:"name"`
	BaseURL    string          `json:"base_url"`
	Operations []operationView `json:"operations"`
	Variants   []variantView   `json:"variants"`
	// Receives is whether its agents get messages of persons.
	Receives bool `json:"receives"`
	// NotEmulated is what else the real API has.
	NotEmulated []string `json:"not_emulated"`
}

type operationView struct {
	Op     string `json:"op"`
	Method string `json:"method"`
	Path   string `json:"path"`
	// Members are those that a request body may have.
	Members []string `json:"members,omitempty"`
}

type variantView struct {
	Name string `json:"name"`
	On   bool   `json:"on"`
}

func (c *call) apis() error {
	v := apisView{Faults: fault.Names(), Stages: fault.Stages(), Outcomes: journal.Outcomes(), Parts: engine.Parts(),
		Strictness: c.engine.Main().Strictness()}
	receivers := c.engine.Receivers()
	urls := c.view(c.engine.Main()).BaseURLs
	for _, d := range c.engine.Describe() {
		one := apiView{Name: d.Name, BaseURL: urls[d.Name], Variants: []variantView{}, Receives: slices.Contains(receivers, d.Name), NotEmulated: nonNil(d.NotEmulated)}
		for _, o := range d.Operations {
			one.Operations = append(one.Operations, operationView{o.Name, o.Method, o.Path, o.Members})
		}
		for _, variant := range d.Variants {
			one.Variants = append(one.Variants, variantView{variant.Name, variant.On})
		}
		v.APIs = append(v.APIs, one)
	}
	return c.respond(http.StatusOK, v)
}
