package orq

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
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
		s.Agents.Rename(r.Tenant, key, a.Key)
		s.Agents.Add(r.Tenant, a.Key, &a)
	})
	return emulate.JSON(http.StatusOK, a.in(w)), nil
}

func deleteAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	if _, err := s.find(r); err != nil {
		return emulate.Response{}, err
	}
	r.Commit(func() { s.Agents.Remove(r.Tenant, r.Params["agent_key"]) })
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
