package orq

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

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
	page, more := pageOf(r, s.newestFirst(r.Tenant), limit)
	found := list{Object: "list", Data: make([]agent, len(page)), HasMore: more}
	if len(page) > 0 {
		w := s.workspaceOf(r)
		r.Remember(func() { s.keep(r, w) })
		for i, a := range page {
			found.Data[i] = a.in(w)
		}
	}
	return emulate.JSON(http.StatusOK, found), nil
}

// newestFirst are the agents of a workspace in the order of their _id, which
// begins with the time and is what a cursor tells: so an agent that is gone
// still says where it stood. New agents are made in this order; only a seed
// may have others.
func (s *state) newestFirst(tenant string) []*agent {
	agents := slices.Collect(s.Agents.NewestFirst(tenant))
	slices.SortStableFunc(agents, func(a, b *agent) int { return strings.Compare(b.ID, a.ID) })
	return agents
}

// pageOf cuts the page out of all agents that the cursors and the limit ask
// for, and reports whether there are more.
func pageOf(r *emulate.Request, agents []*agent, limit int) (page []*agent, more bool) {
	from, to := 0, len(agents)
	after, before := r.Query.Get("starting_after"), r.Query.Get("ending_before")
	if after != "" {
		_, from = cursor(r, agents, after)
	}
	if before != "" {
		to, _ = cursor(r, agents, before)
		to = max(from, to)
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

// cursor returns where the agents with the _id of a cursor begin and end. None
// has it if it was deleted while somebody paged: then both are where it stood.
func cursor(r *emulate.Request, agents []*agent, id string) (begin, end int) {
	begin, _ = slices.BinarySearchFunc(agents, id, func(a *agent, id string) int { return strings.Compare(id, a.ID) })
	for end = begin; end < len(agents) && agents[end].ID == id; end++ {
	}
	if begin == end {
		r.Guess("unknown-cursor")
	}
	return begin, end
}
