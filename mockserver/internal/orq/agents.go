package orq

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/oklog/ulid/v2"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/schema"
)

func createAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	body, err := readBody(r)
	if err != nil {
		return emulate.Response{}, err
	}
	key, _ := jsontext.String(body["key"])
	if s.Agents.Get(r.Tenant, key) != nil {
		return emulate.Response{}, refuseKey(r, key)
	}

	w := s.workspaceOf(r)
	a := newAgent(s.freeID(r), key)
	a.CreatedByID, a.UpdatedByID = w.UserID, w.UserID
	a.Created = r.Now().Format(timeLayout)
	a.Updated = a.Created
	a.WorkspaceID = w.ID
	if !body.Has("display_name") {
		r.Guess("display-name-from-key")
	}
	a.change(r, w, body)
	jsontext.Assign(body, "source", &a.Source, jsontext.String)
	a.VersionHash = a.hash()
	r.Commit(func() {
		s.keep(r, w)
		s.Agents.Add(r.Tenant, key, a)
	})
	shown := *a
	if !r.Variant(withWorkspaceID) {
		shown.WorkspaceID = ""
	}
	return emulate.JSON(http.StatusCreated, shown), nil
}

// freeID makes an id that no agent of the workspace has.
func (s *state) freeID(r *emulate.Request) string {
	for {
		id := emulate.ULID(r, "agent")
		taken := false
		for a := range s.Agents.NewestFirst(r.Tenant) {
			if taken = a.ID == id; taken {
				break
			}
		}
		if !taken {
			return id
		}
	}
}

// read responds with an agent as every operation but a create does.
func (s *state) read(r *emulate.Request, a *agent) emulate.Response {
	w := s.workspaceOf(r)
	r.Remember(func() { s.keep(r, w) })
	return emulate.JSON(http.StatusOK, a.in(w))
}

// in is an agent with the workspace that it is in, also if a seed says nothing
// of it.
func (a *agent) in(w *workspace) agent {
	shown := *a
	shown.WorkspaceID = cmp.Or(shown.WorkspaceID, w.ID)
	if shown.ProjectID == "" && len(w.Projects) > 0 {
		named := slices.IndexFunc(w.Projects, func(p project) bool { return p.Name == projectName(shown.Path) })
		shown.ProjectID = w.Projects[max(named, 0)].ID
	}
	shown.CreatedByID = cmp.Or(shown.CreatedByID, w.UserID)
	shown.UpdatedByID = cmp.Or(shown.UpdatedByID, shown.CreatedByID)
	return shown
}

func getAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	a, err := s.find(r)
	if err != nil {
		return emulate.Response{}, err
	}
	return s.read(r, a), nil
}

func updateAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	body, err := readBody(r)
	if err != nil {
		return emulate.Response{}, err
	}
	stored, err := s.find(r)
	if err != nil {
		return emulate.Response{}, err
	}
	if len(body) == 0 {
		return s.read(r, stored), nil
	}
	a := *stored
	key := r.Params["agent_key"]
	a.Key = key
	jsontext.Assign(body, "key", &a.Key, jsontext.String)
	if a.Key != key && s.Agents.Get(r.Tenant, a.Key) != nil {
		r.Guess("409-on-rename")
		return emulate.Response{}, refuseKey(r, a.Key)
	}

	w := s.workspaceOf(r)
	a.change(r, w, body)
	jsontext.Assign(body, "project_id", &a.ProjectID, jsontext.String)
	if increment, ok := jsontext.String(body["versionIncrement"]); ok {
		r.Guess("version")
		a.Version = nextVersion(a.Version, increment)
	}
	a.UpdatedByID = w.UserID
	a.Updated = r.Now().Format(timeLayout)
	a.VersionHash = a.hash()
	r.Commit(func() {
		s.keep(r, w)
		if a.Version != stored.Version {
			s.Versions.Add(r.Tenant, versionID(stored), stored)
		}
		s.Agents.Rename(r.Tenant, key, a.Key)
		s.Agents.Add(r.Tenant, a.Key, &a)
	})
	return emulate.JSON(http.StatusOK, a.in(w)), nil
}

func deleteAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	a, err := s.find(r)
	if err != nil {
		return emulate.Response{}, err
	}
	r.Commit(func() {
		s.Agents.Remove(r.Tenant, r.Params["agent_key"])
		s.failTasksOf(r, r.Tenant, a.ID, wasDeleted)
		s.forget(r.Tenant, a)
	})
	return emulate.Response{Status: http.StatusNoContent}, nil
}

// find returns the agent that the path names, or the refusal if the workspace
// has none of that key.
func (s *state) find(r *emulate.Request) (*agent, error) {
	key := r.Params["agent_key"]
	if a := s.Agents.Get(r.Tenant, key); a != nil {
		return a, nil
	}
	return nil, refuse(r, http.StatusNotFound, "", "Agent not found",
		"path: the workspace of this token has no agent with the key "+jsontext.Excerpt(key))
}

func refuseKey(r *emulate.Request, key string) error {
	return refuse(r, http.StatusConflict, "", "Agent with this key already exists in the workspace",
		"/key must be unique in the workspace, got "+jsontext.Excerpt(key)+" again")
}

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
	page, more := pageOf(r, s.newestFirst(r.Tenant), func(a *agent) string { return a.ID }, limit)
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

// pageOf cuts the page out of all records, the newest first, that the cursors
// and the limit ask for, and reports whether there are more.
func pageOf[T any](r *emulate.Request, all []T, id func(T) string, limit int) (page []T, more bool) {
	from, to := 0, len(all)
	after, before := r.Query.Get("starting_after"), r.Query.Get("ending_before")
	if after != "" {
		_, from = cursor(r, all, id, after)
	}
	if before != "" {
		to, _ = cursor(r, all, id, before)
		to = max(from, to)
	}
	page = all[from:to]
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

// cursor returns where the records with the id of a cursor begin and end. None
// has it if it was deleted while somebody paged: then both are where it stood.
func cursor[T any](r *emulate.Request, all []T, id func(T) string, at string) (begin, end int) {
	begin, _ = slices.BinarySearchFunc(all, at, func(x T, at string) int { return strings.Compare(at, id(x)) })
	for end = begin; end < len(all) && id(all[end]) == at; end++ {
	}
	if begin == end {
		r.Guess("unknown-cursor")
	}
	return begin, end
}
