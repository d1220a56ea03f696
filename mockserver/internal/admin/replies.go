package admin

import (
	"net/http"

	"github.com/agentclients/agentclients-go/mockserver/internal/engine"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

type repliesRequest struct {
	// API is whose agents reply.
	API string `json:"api"`
	// Replies are what they do, one run after the other.
	Replies []script.Reply `json:"replies"`
}

type repliesView struct {
	// Replies are those that wait for a run, by API.
	Replies map[string][]script.Reply `json:"replies"`
}

type releaseRequest struct {
	// API is whose runs go on.
	API string `json:"api"`
	// Thread is the session or the task that they belong to; none: all.
	Thread string `json:"thread,omitempty"`
}

type releaseView struct {
	// Released is how many runs were held.
	Released int `json:"released"`
}

// repliesOf lists what waits in a namespace.
func (c *call) repliesOf(w *engine.World) repliesView {
	v := repliesView{Replies: map[string][]script.Reply{}}
	for _, api := range c.engine.Names() {
		if replies, err := w.Replies(api); err == nil {
			v.Replies[api] = nonNil(replies)
		}
	}
	return v
}

func (c *call) listReplies() error {
	w, err := c.namespace()
	if err != nil {
		return err
	}
	return c.respond(http.StatusOK, c.repliesOf(w))
}

func (c *call) addReplies() error {
	var request repliesRequest
	if err := c.read(&request); err != nil {
		return err
	}
	switch {
	case request.API == "":
		return refuse(http.StatusBadRequest, "api is missing; agents run on %s", jsontext.Quote(c.engine.Runners()))
	case len(request.Replies) == 0:
		return refuse(http.StatusBadRequest, `replies is missing: a list such as [{"text":"Hello"}]`)
	}
	w, err := c.namespace()
	if err != nil {
		return err
	}
	if err := w.Script(request.API, request.Replies...); err != nil {
		return badRequest(err)
	}
	return c.respond(http.StatusCreated, c.repliesOf(w))
}

func (c *call) removeReplies() error {
	w, err := c.namespace()
	if err != nil {
		return err
	}
	if err := w.Reset(engine.PartReplies); err != nil {
		return err
	}
	return c.done()
}

func (c *call) release() error {
	var request releaseRequest
	if err := c.read(&request); err != nil {
		return err
	}
	if request.API == "" {
		return refuse(http.StatusBadRequest, "api is missing; agents run on %s", jsontext.Quote(c.engine.Runners()))
	}
	w, err := c.namespace()
	if err != nil {
		return err
	}
	released, err := w.Release(request.API, request.Thread)
	if err != nil {
		return badRequest(err)
	}
	return c.respond(http.StatusOK, releaseView{released})
}
