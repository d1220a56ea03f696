package orq

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/oklog/ulid/v2"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
)

type list struct {
	Object  string  `json:"object"`
	Data    []agent `json:"data"`
	HasMore bool    `json:"has_more"`
}

// listAgents responds with the agents of the workspace, the newest first.
// Without a limit it lists all of them.
func listAgents(r *emulate.Request, s *state) (emulate.Response, error) {
	limit, violations := readListQuery(r)
	if len(violations) > 0 {
		return emulate.Response{}, refuseInput(r, "", "Invalid query parameters", violations)
	}
	page, more := pageOf(r, slices.Collect(s.Agents.NewestFirst(r.Tenant)), limit)
	found := list{Object: "list", Data: make([]agent, len(page)), HasMore: more}
	if len(page) > 0 {
		w := s.workspaceOf(r)
		r.Remember(func() { s.keep(r, w) })
		for i, a := range page {
			found.Data[i] = *a
			found.Data[i].WorkspaceID = w.ID
		}
	}
	return emulate.JSON(http.StatusOK, found), nil
}

// pageOf cuts the page out of all agents that the cursors and the limit ask
// for, and reports whether there are more.
func pageOf(r *emulate.Request, agents []*agent, limit int) (page []*agent, more bool) {
	from, to := 0, len(agents)
	after, before := r.Query.Get("starting_after"), r.Query.Get("ending_before")
	if after != "" {
		position, there := cursor(r, agents, after)
		from = position
		if there {
			from++
		}
	}
	if before != "" {
		position, _ := cursor(r, agents, before)
		to = max(from, position)
	}
	page = agents[from:to]
	switch {
	case limit == 0 || len(page) <= limit:
		return page, false
	case before != "" && after == "":
		return page[len(page)-limit:], true
	}
	return page[:limit], true
}

// readListQuery checks the query and returns the limit, 0 if there is none.
func readListQuery(r *emulate.Request) (limit int, violations []schema.Violation) {
	wrong := func(name, message string) {
		violations = append(violations, schema.Violation{Path: []any{name}, Detail: message})
	}
	if r.Query.Has("limit") {
		text := r.Query.Get("limit")
		number, err := strconv.Atoi(text)
		if err != nil || number < 1 || number > 200 {
			wrong("limit", "must be a whole number from 1 to 200, not "+jsontext.Excerpt(text))
		}
		limit = number
	}
	for _, name := range []string{"starting_after", "ending_before"} {
		if text := r.Query.Get(name); text != "" {
			if _, err := ulid.ParseStrict(text); err != nil {
				r.Guess("unknown-cursor")
				wrong(name, "must be the _id of an agent, not "+jsontext.Excerpt(text))
			}
		}
	}
	if text := r.Query.Get("type"); r.Query.Has("type") && text != "internal" {
		wrong("type", `must be "internal", not `+jsontext.Excerpt(text))
	}
	return limit, violations
}

// cursor returns the position of the agent that a cursor names, and whether it
// is there. The position of one that is not, because it was deleted while
// somebody paged, is that of the first older agent.
func cursor(r *emulate.Request, agents []*agent, id string) (position int, there bool) {
	if i := slices.IndexFunc(agents, func(a *agent) bool { return a.ID == id }); i >= 0 {
		return i, true
	}
	r.Guess("unknown-cursor")
	for i, a := range agents {
		if a.ID < id {
			return i, false
		}
	}
	return len(agents), false
}
