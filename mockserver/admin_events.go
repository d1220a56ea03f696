package mockserver

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
)

// events streams the journal: one event for each request that ended, in the
// order of their ends.
func (c *adminCall) events() error {
	n, m, since, err := c.journalFilter()
	if err != nil {
		return err
	}
	if text := c.r.Header.Get("Last-Event-ID"); text != "" && !c.query.Has("since") {
		since, _ = strconv.ParseUint(text, 10, 64) //nolint:errcheck // another server's id: from the beginning
	}
	c.w.Header().Set("Content-Type", "text/event-stream")
	c.w.WriteHeader(http.StatusOK)
	c.w.Write([]byte(": the journal of " + n.adminName() + "\n\n")) //nolint:errcheck // the client went away
	controller := http.NewResponseController(c.w)
	if c.r.Method == http.MethodHead {
		return nil
	}
	seen := since
	var open []*entry
	for {
		n.mu.Lock()
		if n.journal.last < seen { // it was reset
			seen, open = 0, nil
		}
		for _, e := range n.journal.ring[n.journal.first:] {
			if e.id > seen {
				open = append(open, e)
			}
		}
		seen = max(seen, n.journal.last)
		var ended []Call
		open = slices.DeleteFunc(open, func(e *entry) bool {
			if e.outcome != Open && m.holds(e, nil) {
				ended = append(ended, e.call())
			}
			return e.outcome != Open
		})
		if n.changed == nil {
			n.changed = make(chan struct{})
		}
		changed, stopped, dropped := n.changed, n.stopped(), n.dropped
		n.mu.Unlock()
		for _, call := range ended {
			data, err := json.Marshal(call)
			if err != nil {
				return err
			}
			event := append([]byte("event: call\nid: "+strconv.FormatUint(call.ID, 10)+"\ndata: "), data...)
			if _, err := c.w.Write(append(event, "\n\n"...)); err != nil {
				return nil // the client went away
			}
		}
		if err := controller.Flush(); err != nil || dropped != "" {
			return nil
		}
		select {
		case <-changed:
		case <-stopped:
		case <-c.r.Context().Done():
			return nil
		case <-c.server.closed:
			return nil
		}
	}
}
