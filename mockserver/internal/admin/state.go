package admin

import (
	"net/http"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// stateView is the state of a namespace, as engine.World.Snapshot writes it.
type stateView struct {
	Version int            `json:"version"`
	APIs    map[string]raw `json:"apis"`
	// IDs are how many ids of a kind were made; only of deterministic ids.
	IDs map[string]uint64 `json:"ids,omitempty"`
}

type recordView struct {
	Tenant string `json:"tenant"`
	ID     string `json:"id"`
	Record raw    `json:"record"`
}

func (c *call) readState() error {
	n, err := c.namespace()
	if err != nil {
		return err
	}
	return c.respond(http.StatusOK, n.Snapshot())
}

func (c *call) writeState() error {
	asSeed, err := c.flag("seed")
	if err != nil {
		return err
	}
	if _, err := jsontext.ParseObject(c.body); err != nil {
		return badRequest(err)
	}
	n, err := c.namespace()
	if err != nil {
		return err
	}
	load := n.Restore
	if asSeed {
		load = n.Load
	}
	if err := load(c.body); err != nil {
		return badRequest(err)
	}
	return c.done()
}

// readRecord looks up one record of whatever kind.
func (c *call) readRecord() error {
	w, err := c.namespace()
	if err != nil {
		return err
	}
	api, kind, id := c.params["api"], c.params["kind"], c.params["id"]
	records, err := w.Records(api, kind, id)
	if err != nil {
		return refuse(http.StatusNotFound, "%v", err)
	}
	var found []recordView
	var tenants []string
	for _, r := range records {
		if !c.query.Has("tenant") || r.Tenant == c.query.Get("tenant") {
			found = append(found, recordView{r.Tenant, r.ID, r.JSON})
			tenants = append(tenants, r.Tenant)
		}
	}
	switch len(found) {
	case 0:
		return refuse(http.StatusNotFound, "%s has no %s with the id %.80q", api, kind, id)
	case 1:
		return c.respond(http.StatusOK, found[0])
	}
	return refuse(http.StatusConflict, "%d tenants have such a record; add ?tenant= with one of %s", len(found), jsontext.Quote(tenants))
}
