package admin

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/engine"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

type namespaceView struct {
	Name     string            `json:"name"`
	BaseURLs map[string]string `json:"base_urls"`
	// Credential leads to the namespace where a base URL cannot be given.
	Credential string `json:"credential,omitempty"`
	// TTL is after how long without a request it is dropped; none: never.
	TTL        string            `json:"ttl,omitempty"`
	Strictness engine.Strictness `json:"strictness"`
	// Keys are as many as there are accepted credentials, none of which is
	// shown; none: any credential is accepted.
	Keys []string `json:"keys,omitempty"`
}

type namespacesView struct {
	Namespaces []namespaceView `json:"namespaces"`
}

type namespaceRequest struct {
	// Name is made up if it is empty.
	Name string `json:"name,omitempty"`
	// Seed is the state to start from and to reset to.
	Seed raw `json:"seed,omitempty"`
	// Clock is where the clock stands.
	Clock string `json:"clock,omitempty"`
	// TTL is after how long without a request to drop it.
	TTL string `json:"ttl,omitempty"`
	// Strictness is what is done about requests that the API lets pass.
	Strictness engine.Strictness `json:"strictness,omitempty"`
	// Keys are the credentials that are accepted.
	Keys []string `json:"keys,omitempty"`
}

// config is what the namespace is to have of its own. Its errors use the
// names of the members.
func (r namespaceRequest) config() (engine.WorldConfig, error) {
	config := engine.WorldConfig{APIKeys: r.Keys, Strictness: r.Strictness}
	if r.TTL != "" {
		var err error
		if config.TTL, err = time.ParseDuration(r.TTL); err != nil || config.TTL <= 0 {
			return config, refuse(http.StatusBadRequest, `ttl is %.40q; it must be a positive duration such as "90s" or "24h"`, r.TTL)
		}
		if r.Name == engine.DefaultName {
			return config, refuse(http.StatusBadRequest, "ttl: the default namespace is never dropped and has none")
		}
	}
	if i := slices.Index(r.Keys, ""); i >= 0 {
		return config, refuse(http.StatusBadRequest, "keys[%d] is empty; a credential has at least one character", i)
	}
	if r.Strictness.Check() != nil {
		return config, refuse(http.StatusBadRequest, "strictness is %.40q; there are %s", r.Strictness, jsontext.Quote(engine.Strictnesses))
	}
	return config, nil
}

type resetRequest struct {
	// Parts are the parts to reset; none: all.
	Parts []string `json:"parts,omitempty"`
}

type resetView struct {
	Namespaces []string `json:"namespaces"`
	Parts      []string `json:"parts"`
}

type clockView struct {
	Now time.Time `json:"now"`
	// Stopped is whether the clock stands until it is moved.
	Stopped bool `json:"stopped"`
}

type clockRequest struct {
	// Now stops the clock at a moment from 1970 to 9999.
	Now string `json:"now,omitempty"`
	// Advance moves the clock, after Now; it stays between 1970 and 9999.
	Advance string `json:"advance,omitempty"`
}

// given are the members that the request has.
func (r clockRequest) given() (names []string) {
	if r.Now != "" {
		names = append(names, "now")
	}
	if r.Advance != "" {
		names = append(names, "advance")
	}
	return names
}

func (c *call) view(w *engine.World) namespaceView {
	keys := w.APIKeys()
	v := namespaceView{
		Name:       nameOf(w),
		BaseURLs:   w.BaseURLs(c.baseURL()),
		Strictness: w.Strictness(),
		Keys:       slices.Repeat([]string{jsontext.Redacted}, len(keys)),
	}
	if w.Name() != "" {
		v.TTL = w.TTL().String()
		if len(keys) == 0 {
			v.Credential = engine.CredentialMark + w.Name() + "_key"
		}
	}
	return v
}

// baseURL is the address under which the caller reaches the server.
func (c *call) baseURL() string {
	switch {
	case c.engine.PublicURL() != "":
		return c.engine.PublicURL()
	case c.r.TLS != nil:
		return "https://" + c.r.Host
	}
	return "http://" + c.r.Host
}

func (c *call) listNamespaces() error {
	list := namespacesView{Namespaces: []namespaceView{}}
	for _, n := range c.engine.Worlds() {
		list.Namespaces = append(list.Namespaces, c.view(n))
	}
	return c.respond(http.StatusOK, list)
}

func (c *call) makeNamespace() error {
	var request namespaceRequest
	if err := c.read(&request); err != nil {
		return err
	}
	var at time.Time
	if request.Clock != "" {
		var err error
		if at, err = readTime("clock", request.Clock); err != nil {
			return err
		}
	}
	config, err := request.config()
	if err != nil {
		return err
	}
	if request.Name == "" {
		request.Name = c.engine.FreeName()
	}
	if err := engine.CheckWorldName(request.Name); err != nil {
		return badRequest(err)
	}
	if len(request.Seed) > 0 {
		if err := c.engine.CheckSnapshot(request.Seed); err != nil {
			return refuse(http.StatusBadRequest, "seed: %v", err)
		}
	}
	n, err := c.engine.MakeWorld(request.Name, config)
	if err != nil {
		return refuse(http.StatusServiceUnavailable, "%v", err)
	}
	n.Touch()
	if len(request.Seed) > 0 {
		if err := n.Load(request.Seed); err != nil {
			return badRequest(err)
		}
	}
	if request.Clock != "" {
		if err := n.SetTime(at); err != nil {
			return refuse(http.StatusBadRequest, "clock: %v", err)
		}
	}
	return c.respond(http.StatusCreated, c.view(n))
}

func (c *call) getNamespace() error {
	n, err := c.namespace()
	if err != nil {
		return err
	}
	return c.respond(http.StatusOK, c.view(n))
}

func (c *call) dropNamespace() error {
	n, err := c.namespace()
	if err != nil {
		return err
	}
	if n.Name() == "" {
		return refuse(http.StatusBadRequest, "the default namespace cannot be dropped; reset it instead")
	}
	c.engine.DropWorld(n.Name())
	return c.done()
}

func (c *call) resetNamespace() error {
	n, err := c.namespace()
	if err != nil {
		return err
	}
	return c.reset([]*engine.World{n})
}

func (c *call) resetAll() error {
	all, err := c.flag("all")
	if err != nil {
		return err
	}
	if !all {
		return refuse(http.StatusBadRequest, "this resets every namespace, also those of others: add ?all=true, or POST %s/namespaces/{namespace}/reset", Prefix)
	}
	return c.reset(c.engine.Worlds())
}

func (c *call) reset(namespaces []*engine.World) error {
	var request resetRequest
	if err := c.read(&request); err != nil {
		return err
	}
	v := resetView{Parts: request.Parts}
	for _, n := range namespaces {
		if err := n.Reset(request.Parts...); err != nil {
			return badRequest(err)
		}
		v.Namespaces = append(v.Namespaces, nameOf(n))
	}
	if len(v.Parts) == 0 {
		v.Parts = engine.Parts()
	}
	return c.respond(http.StatusOK, v)
}

func (c *call) readClock() error {
	n, err := c.namespace()
	if err != nil {
		return err
	}
	return c.respond(http.StatusOK, clockOf(n))
}

func (c *call) setClock() error {
	var request clockRequest
	if err := c.read(&request); err != nil {
		return err
	}
	if request == (clockRequest{}) {
		return refuse(http.StatusBadRequest, `nothing to do; give "now", "advance" or both`)
	}
	var at time.Time
	var step time.Duration
	var err error
	if request.Now != "" {
		if at, err = readTime("now", request.Now); err != nil {
			return err
		}
	}
	if request.Advance != "" {
		if step, err = time.ParseDuration(request.Advance); err != nil {
			return refuse(http.StatusBadRequest, `advance is %.40q; it must be a duration such as "90s" or "24h"`, request.Advance)
		}
	}
	n, err := c.namespace()
	if err != nil {
		return err
	}
	if request.Now != "" { // both at once, or neither
		err = n.SetTime(at.Add(step))
	} else {
		err = n.Advance(step)
	}
	if err != nil {
		return refuse(http.StatusBadRequest, "%s: %v", strings.Join(request.given(), ", "), err)
	}
	return c.respond(http.StatusOK, clockOf(n))
}

func clockOf(w *engine.World) clockView {
	now, stopped := w.Clock()
	return clockView{now, stopped}
}

// readTime reads a time at which a clock can be.
func readTime(member, text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, refuse(http.StatusBadRequest, `%s is %.40q; it must be a time from 1970 to 9999 such as "2026-01-01T00:00:00Z"`, member, text)
	}
	if err := engine.CheckTime(at); err != nil {
		return time.Time{}, refuse(http.StatusBadRequest, "%s: %v", member, err)
	}
	return at, nil
}
