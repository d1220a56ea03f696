package orq

import (
	"slices"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
)

const defaultProject = "Default"

// state is what one namespace has of the API.
type state struct {
	Workspaces emulate.Collection[workspace] `json:"workspaces"` // one per tenant, with the id ""
	Agents     emulate.Collection[agent]     `json:"agents"`     // by key
}

// workspace is what belongs to an organization.
type workspace struct {
	ID       string    `json:"id"`
	UserID   string    `json:"user_id"`
	Projects []project `json:"projects"`
}

type project struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// workspaceOf returns a copy of the workspace of a request, made up if there
// is none yet. The copy is for keep.
func (s *state) workspaceOf(r *emulate.Request) *workspace {
	if stored := s.Workspaces.Get(r.Tenant, ""); stored != nil {
		w := *stored
		w.Projects = slices.Clip(w.Projects) // what is appended is not the stored one's
		return &w
	}
	w := &workspace{ID: emulate.UUID(r, "workspace"), UserID: emulate.UUID(r, "user")}
	w.project(r, defaultProject)
	return w
}

// keep stores the workspace of a request.
func (s *state) keep(r *emulate.Request, w *workspace) { s.Workspaces.Add(r.Tenant, "", w) }

// project returns the id of the project of that name, making it if need be.
func (w *workspace) project(r *emulate.Request, name string) string {
	for _, p := range w.Projects {
		if p.Name == name {
			return p.ID
		}
	}
	p := project{Name: name}
	for p.ID == "" || slices.ContainsFunc(w.Projects, func(other project) bool { return other.ID == p.ID }) {
		p.ID = emulate.UUID(r, "project")
	}
	w.Projects = append(w.Projects, p)
	return p.ID
}

// projectName is the first element of a path, or the default project.
func projectName(path string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if name == "" {
		return defaultProject
	}
	return name
}
