package orq

import (
	"net/http"

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
	if r.Variant(withWorkspaceID) {
		a.WorkspaceID = w.ID
	}
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
	return emulate.JSON(http.StatusCreated, a), nil
}

// freeID makes an id that no agent of the workspace has. An id begins with the
// time at which it was made, so that only the last agents can have the same.
func (s *state) freeID(r *emulate.Request) string {
	const timeLength = 10
	for {
		id := emulate.ULID(r, "agent")
		taken := false
		for a := range s.Agents.NewestFirst(r.Tenant) {
			if taken = a.ID == id; taken || a.ID < id[:timeLength] {
				break
			}
		}
		if !taken {
			return id
		}
	}
}

func getAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	a, err := s.find(r)
	if err != nil {
		return emulate.Response{}, err
	}
	return emulate.JSON(http.StatusOK, a), nil
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
		return emulate.JSON(http.StatusOK, stored), nil
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
	return emulate.JSON(http.StatusOK, &a), nil
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
