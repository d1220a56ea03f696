package admin

import (
	"net/http"
	"strconv"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// events streams the journal: one event for each request that ended, in the
// order of their ends.
func (c *call) events() error {
	w, match, since, err := c.journalFilter()
	if err != nil {
		return err
	}
	if text := c.r.Header.Get("Last-Event-ID"); text != "" && !c.query.Has("since") {
		since, _ = strconv.ParseUint(text, 10, 64) //nolint:errcheck // another server's id: from the beginning
	}
	c.w.Header().Set("Content-Type", "text/event-stream")
	c.w.WriteHeader(http.StatusOK)
	c.w.Write([]byte(": the journal of " + nameOf(w) + "\n\n")) //nolint:errcheck // the client went away
	if c.r.Method == http.MethodHead {
		return nil
	}
	w.Follow(c.r.Context(), match, since, c.event, http.NewResponseController(c.w).Flush) //nolint:errcheck // the client went away
	return nil
}

func (c *call) event(one journal.Call) error {
	event := "event: call\nid: " + strconv.FormatUint(one.ID, 10) + "\ndata: " + string(jsontext.MustMarshal(one)) + "\n\n"
	_, err := c.w.Write([]byte(event))
	return err
}
