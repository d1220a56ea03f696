package mockserver

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

type recordView struct {
	Tenant string `json:"tenant"`
	ID     string `json:"id"`
	Record raw    `json:"record"`
}

func (c *adminCall) readState() error {
	n, err := c.namespace(false)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, n.Snapshot())
}

func (c *adminCall) writeState() error {
	asSeed, err := c.flag("seed")
	if err != nil {
		return err
	}
	if _, err := parseObject(c.body); err != nil {
		return badRequest(err)
	}
	n, err := c.namespace(true)
	if err != nil {
		return err
	}
	if err := n.load(c.body, asSeed); err != nil {
		return badRequest(err)
	}
	return c.done()
}

// readRecord finds a record in what the state is written as, so that every
// kind of record of every API can be looked up.
func (c *adminCall) readRecord() error {
	n, err := c.namespace(false)
	if err != nil {
		return err
	}
	api, kind, id := API(c.params["api"]), c.params["kind"], c.params["id"]
	emulated, ok := c.server.apis[api]
	if !ok {
		return refuse(http.StatusNotFound, "unknown API %.40q; there are %s", api, quoted(c.server.names()))
	}
	n.mu.Lock()
	written := n.written(emulated)
	n.mu.Unlock()
	var kinds map[string][]recordView
	if err := json.Unmarshal(written, &kinds); err != nil {
		return fmt.Errorf("state of %s: %w", api, err)
	}
	records, ok := kinds[kind]
	if !ok {
		return refuse(http.StatusNotFound, "%s has no %.40q; it has %s", api, kind, quoted(sortedKeys(kinds)))
	}
	tenant, named := c.query.Get("tenant"), c.query.Has("tenant")
	found := slices.DeleteFunc(records, func(r recordView) bool { return r.ID != id || named && r.Tenant != tenant })
	switch len(found) {
	case 0:
		return refuse(http.StatusNotFound, "%s has no %s with the id %.80q", api, kind, id)
	case 1:
		return c.answer(http.StatusOK, found[0])
	}
	var tenants []string
	for _, r := range found {
		tenants = append(tenants, r.Tenant)
	}
	return refuse(http.StatusConflict, "%d tenants have such a record; add ?tenant= with one of %s", len(found), quoted(tenants))
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
