package admin

import (
	"net/http"
	"strconv"

	"github.com/agentclients/agentclients-go/mockserver/internal/engine"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// events streams the journal: one event for each request that ended, in the
// order of their ends; with open, also one for each change of a request that
// is being served, and one when the journal was reset.
func (c *call) events() error {
	w, match, since, err := c.journalFilter()
	if err != nil {
		return err
	}
	open, err := c.flag("open")
	if err != nil {
		return err
	}
	if text := c.r.Header.Get("Last-Event-ID"); text != "" && !c.query.Has("since") {
		since, _ = strconv.ParseUint(text, 10, 64) //nolint:errcheck // another server's id: from the beginning
	}
	c.w.Header().Set("Content-Type", "text/event-stream")
	c.w.WriteHeader(http.StatusOK)
	if c.r.Method == http.MethodHead {
		return nil
	}
	if err := c.stream(": the journal of " + nameOf(w) + "\n\n"); err != nil {
		return nil // the client went away
	}
	tell := engine.Follower{Call: c.event, Flush: c.flush, Open: open}
	if open {
		tell.Reset = func() error { return c.stream("event: reset\ndata: {}\n\n") }
	}
	w.Follow(c.r.Context(), match, since, tell) //nolint:errcheck // the client went away
	return nil
}

func (c *call) event(one journal.Call) error {
	return c.stream("event: call\nid: " + strconv.FormatUint(one.ID, 10) + "\ndata: " + string(jsontext.MustMarshal(one)) + "\n\n")
}

// stream writes a part of a stream. Who does not read it is cut off.
func (c *call) stream(text string) error {
	engine.LimitWrite(c.w, c.r, true)
	_, err := c.w.Write([]byte(text))
	return err
}

// flush sends what was written. Until there is more, nothing can be late.
func (c *call) flush() error {
	engine.LimitWrite(c.w, c.r, true)
	defer engine.LimitWrite(c.w, c.r, false)
	return http.NewResponseController(c.w).Flush()
}
