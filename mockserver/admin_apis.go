package mockserver

import (
	"net/http"
	"runtime/debug"
	"slices"
	"time"
)

// Version is the version of this module in the program that is running, or
// "(devel)" where Go does not know it.
func Version() string {
	const module = "github.com/agentclients/agentclients-go"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(devel)"
	}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path == module && m.Version != "" {
			return m.Version
		}
	}
	return "(devel)"
}

type healthView struct {
	Status        string  `json:"status"`
	Version       string  `json:"version"`
	APIs          []API   `json:"apis"`
	UptimeSeconds float64 `json:"uptime_seconds"`
}

func (c *adminCall) health() error {
	return c.answer(http.StatusOK, healthView{"ok", Version(), c.server.names(), time.Since(c.server.began).Seconds()})
}

type apisView struct {
	APIs []apiView `json:"apis"`
	// Faults, Stages, Outcomes and Parts are the words that rules, matches
	// and resets take.
	Faults     []string   `json:"faults"`
	Stages     []Stage    `json:"stages"`
	Outcomes   []Outcome  `json:"outcomes"`
	Parts      []Part     `json:"parts"`
	Strictness Strictness `json:"strictness"`
}

type apiView struct {
	Name       API             `json:"name"`
	BaseURL    string          `json:"base_url"`
	Operations []operationView `json:"operations"`
	Variants   []variantView   `json:"variants"`
	// NotEmulated is what else the real API has.
	NotEmulated []string `json:"not_emulated"`
}

type operationView struct {
	Op     Op     `json:"op"`
	Method string `json:"method"`
	Path   string `json:"path"`
	// Members are those that a request body may have.
	Members []string `json:"members,omitempty"`
}

type variantView struct {
	Name Variant `json:"name"`
	On   bool    `json:"on"`
}

// notEmulated is what the real APIs have besides.
var notEmulated = map[API][]string{
	Omniflow:    {"message flows", "conversations", "phone numbers", "workspaces", "credits (402)"},
	Agentloop:   {"sessions", "messages", "events and their stream", "agent preview and copy", "files, providers, schedules, budgets"},
	Orq:         {"tasks, runs and streams", "responses", "schedules", "agents of other versions", "projects and API keys"},
	Phoneagents: {"messages", "conversations", "credits", "webhooks", "users"},
	Xpander:     {"tasks and invocations", "threads", "knowledge bases", "tools and toolkits", "export and templates"},
}

func (c *adminCall) apis() error {
	v := apisView{Faults: FaultNames(), Stages: Stages(), Outcomes: Outcomes(), Parts: Parts(), Strictness: c.server.config.Strictness}
	if v.Strictness == "" {
		v.Strictness = AsAPI
	}
	urls := c.view(c.server.defaultNamespace).BaseURLs
	for _, name := range c.server.names() {
		emulated := c.server.apis[name]
		one := apiView{Name: name, BaseURL: urls[name], Variants: []variantView{}, NotEmulated: nonNil(notEmulated[name])}
		for _, r := range emulated.routes {
			one.Operations = append(one.Operations, operationView{r.op, r.method, r.pattern, r.fields})
		}
		for _, variant := range emulated.variants() {
			one.Variants = append(one.Variants, variantView{variant, c.server.variants[variant]})
		}
		v.APIs = append(v.APIs, one)
	}
	v.APIs = slices.Clip(v.APIs)
	return c.answer(http.StatusOK, v)
}
