package mockserver

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

type namespaceView struct {
	Name     string         `json:"name"`
	BaseURLs map[API]string `json:"base_urls"`
	// Credential leads to the namespace where a base URL cannot be given.
	Credential string `json:"credential,omitempty"`
	// TTL is after how long without a request it is dropped; none: never.
	TTL        string     `json:"ttl,omitempty"`
	Strictness Strictness `json:"strictness"`
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
	Strictness Strictness `json:"strictness,omitempty"`
	// Keys are the credentials that are accepted.
	Keys []string `json:"keys,omitempty"`
}

// config is what the namespace is to have of its own. Its errors use the
// names of the members.
func (r namespaceRequest) config() (NamespaceConfig, error) {
	config := NamespaceConfig{APIKeys: r.Keys, Strictness: r.Strictness}
	if r.TTL != "" {
		var err error
		if config.TTL, err = time.ParseDuration(r.TTL); err != nil || config.TTL <= 0 {
			return config, refuse(http.StatusBadRequest, `ttl is %.40q; it must be a positive duration such as "90s" or "24h"`, r.TTL)
		}
		if r.Name == defaultName {
			return config, refuse(http.StatusBadRequest, "ttl: the default namespace is never dropped and has none")
		}
	}
	if i := slices.Index(r.Keys, ""); i >= 0 {
		return config, refuse(http.StatusBadRequest, "keys[%d] is empty; a credential has at least one character", i)
	}
	if r.Strictness.check() != nil {
		return config, refuse(http.StatusBadRequest, "strictness is %.40q; there are %s", r.Strictness, quoted(strictnesses))
	}
	return config, nil
}

type resetRequest struct {
	// Parts are the parts to reset; none: all.
	Parts []Part `json:"parts,omitempty"`
}

type resetView struct {
	Namespaces []string `json:"namespaces"`
	Parts      []Part   `json:"parts"`
}

type clockView struct {
	Now time.Time `json:"now"`
	// Stopped is whether the clock stands until it is moved.
	Stopped bool `json:"stopped"`
}

type clockRequest struct {
	// Now stops the clock at a moment.
	Now string `json:"now,omitempty"`
	// Advance moves the clock, after Now.
	Advance string `json:"advance,omitempty"`
}

func (c *adminCall) view(n *Namespace) namespaceView {
	v := namespaceView{Name: n.adminName(), BaseURLs: make(map[API]string, len(c.server.apis)), Strictness: n.strictness()}
	keys := n.apiKeys()
	v.Keys = slices.Repeat([]string{redacted}, len(keys))
	base := c.baseURL()
	if n.name != "" {
		base += "/_ns/" + n.name
		v.TTL = n.ttl().String()
		if len(keys) == 0 {
			v.Credential = credentialMark + n.name + "_key"
		}
	}
	for name := range c.server.apis {
		v.BaseURLs[name] = base + "/" + string(name)
	}
	return v
}

// baseURL is the address under which the caller reaches the server.
func (c *adminCall) baseURL() string {
	switch {
	case c.server.config.PublicURL != "":
		return c.server.config.PublicURL
	case c.r.TLS != nil:
		return "https://" + c.r.Host
	}
	return "http://" + c.r.Host
}

func (c *adminCall) listNamespaces() error {
	list := namespacesView{Namespaces: []namespaceView{}}
	for _, n := range c.server.Namespaces() {
		list.Namespaces = append(list.Namespaces, c.view(n))
	}
	return c.answer(http.StatusOK, list)
}

func (c *adminCall) makeNamespace() error {
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
		request.Name = c.server.freeName()
	}
	if err := checkNamespaceName(request.Name); err != nil {
		return badRequest(err)
	}
	if len(request.Seed) > 0 {
		if _, _, err := c.server.readSnapshot(request.Seed); err != nil {
			return refuse(http.StatusBadRequest, "seed: %s", badRequest(err).message)
		}
	}
	n, err := c.server.MakeNamespace(request.Name, config)
	if err != nil {
		return refuse(http.StatusServiceUnavailable, "%s", badRequest(err).message)
	}
	n.touch()
	if len(request.Seed) > 0 {
		if err := n.Load(request.Seed); err != nil {
			return badRequest(err)
		}
	}
	if !at.IsZero() {
		n.SetTime(at)
	}
	return c.answer(http.StatusCreated, c.view(n))
}

// freeName makes a name up that no namespace has or had.
func (s *Server) freeName() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		s.madeUp++
		name := fmt.Sprintf("ns-%d", s.madeUp)
		if _, dropped := s.dropped[name]; !dropped && s.namespaces[name] == nil {
			return name
		}
	}
}

func (c *adminCall) getNamespace() error {
	n, err := c.namespace(false)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, c.view(n))
}

func (c *adminCall) dropNamespace() error {
	n, err := c.namespace(false)
	if err != nil {
		return err
	}
	if n.name == "" {
		return refuse(http.StatusBadRequest, "the default namespace cannot be dropped; reset it instead")
	}
	c.server.DropNamespace(n.name)
	return c.done()
}

func (c *adminCall) resetNamespace() error {
	n, err := c.namespace(true)
	if err != nil {
		return err
	}
	return c.reset([]*Namespace{n})
}

func (c *adminCall) resetAll() error {
	all, err := c.flag("all")
	if err != nil {
		return err
	}
	if !all {
		return refuse(http.StatusBadRequest, "this resets every namespace, also those of others: add ?all=true, or POST %s/namespaces/{namespace}/reset", adminPrefix)
	}
	return c.reset(c.server.Namespaces())
}

func (c *adminCall) reset(namespaces []*Namespace) error {
	var request resetRequest
	if err := c.read(&request); err != nil {
		return err
	}
	v := resetView{Parts: request.Parts}
	for _, n := range namespaces {
		if err := n.Reset(request.Parts...); err != nil {
			return badRequest(err)
		}
		v.Namespaces = append(v.Namespaces, n.adminName())
	}
	if len(v.Parts) == 0 {
		v.Parts = Parts()
	}
	return c.answer(http.StatusOK, v)
}

func (c *adminCall) readClock() error {
	n, err := c.namespace(false)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, n.clockView())
}

func (c *adminCall) setClock() error {
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
	n, err := c.namespace(true)
	if err != nil {
		return err
	}
	if !at.IsZero() {
		n.SetTime(at)
	}
	n.Advance(step)
	return c.answer(http.StatusOK, n.clockView())
}

func (n *Namespace) clockView() clockView {
	n.mu.Lock()
	defer n.mu.Unlock()
	return clockView{n.now(), !n.clock.stopped.IsZero()}
}

// touch keeps a namespace from being dropped as idle.
func (n *Namespace) touch() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.used = time.Now()
}

// readTime reads a time. Years beyond what the ids of the APIs can hold are
// refused.
func readTime(member, text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || at.Year() < 1970 || at.Year() > 9999 {
		return time.Time{}, refuse(http.StatusBadRequest, `%s is %.40q; it must be a time from 1970 to 9999 such as "2026-01-01T00:00:00Z"`, member, text)
	}
	return at, nil
}
