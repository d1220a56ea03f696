// Package orq emulates the agents of orq.ai.
package orq

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// The variants.
const (
	// keyPattern refuses keys that are not letters and digits in runs joined
	// by single dots, underscores or hyphens, a letter first.
	keyPattern = "key-pattern"
	// knownProjects refuses a path whose first element is not the default
	// project. Without it such a project is made on the spot.
	knownProjects = "known-projects"
	// withWorkspaceID puts workspace_id into the response of a create, too.
	// Without it only the other responses have it.
	withWorkspaceID = "workspace-id"
	// noDone ends streams without [DONE].
	noDone = "no-done"
)

// API returns the agents of orq.ai. An organization is a workspace.
func API() *emulate.API {
	create, list := emulate.With(createAgent), emulate.With(listAgents)
	return &emulate.API{
		Name:    "orq",
		BaseURL: "https://api.orq.ai",
		Operations: []emulate.Operation{
			{Name: "CreateAgent", Method: "POST", Path: "/v2/agents/", Body: createBody, Handler: create},
			{Name: "CreateAgent", Method: "POST", Path: "/v2/agents", Body: createBody, Handler: create},
			{Name: "ListAgents", Method: "GET", Path: "/v2/agents/", Handler: list},
			{Name: "ListAgents", Method: "GET", Path: "/v2/agents", Handler: list},
			{Name: "GetAgent", Method: "GET", Path: "/v2/agents/{agent_key}", Handler: emulate.With(getAgent)},
			{Name: "UpdateAgent", Method: "PATCH", Path: "/v2/agents/{agent_key}", Body: updateBody, Handler: emulate.With(updateAgent)},
			{Name: "DeleteAgent", Method: "DELETE", Path: "/v2/agents/{agent_key}", Handler: emulate.With(deleteAgent)},
			{Name: "CreateResponse", Method: "POST", Path: "/v3/router/responses", Body: responseBody, Handler: emulate.With(createResponse)},
			{Name: "GetResponse", Method: "GET", Path: "/v3/router/responses/{response_id}", Handler: emulate.With(getResponse)},
			{Name: "CreateAgentResponse", Method: "POST", Path: "/v2/agents/{agent_key}/responses", Body: agentResponseBody, Handler: emulate.With(createAgentResponse)},
			{Name: "GetAgentResponse", Method: "GET", Path: "/v2/agents/{agent_key}/responses/{task_id}", Handler: emulate.With(getAgentResponse)},
			{Name: "InvokeAgent", Method: "POST", Path: "/v2/agents/{agent_key}/task", Body: invokeBody, Handler: emulate.With(invokeAgent)},
			{Name: "StreamTask", Method: "POST", Path: "/v2/agents/{agent_key}/stream-task", Body: streamBody, Handler: emulate.With(streamTask)},
			{Name: "RunAgent", Method: "POST", Path: "/v2/agents/run", Body: runBody, Handler: emulate.With(runAgent)},
			{Name: "StreamRun", Method: "POST", Path: "/v2/agents/stream-run", Body: streamRunBody, Handler: emulate.With(streamRun)},
			{Name: "ListTasks", Method: "GET", Path: "/v2/agents/{agent_key}/tasks", Handler: emulate.With(listTasks)},
			{Name: "GetTask", Method: "GET", Path: "/v2/agents/{agent_key}/tasks/{task_id}", Handler: emulate.With(getTask)},
			{Name: "ListActions", Method: "GET", Path: "/v2/agents/{agent_key}/tasks/{task_id}/actions", Handler: emulate.With(listActions)},
			{Name: "GetAction", Method: "GET", Path: "/v2/agents/{agent_key}/tasks/{task_id}/actions/{action_id}", Handler: emulate.With(getAction)},
			{Name: "ReviewAction", Method: "POST", Path: "/v2/agents/{agent_key}/tasks/{task_id}/actions/{action_id}/review", Body: reviewBody, Handler: emulate.With(reviewAction)},
		},
		NotEmulated: []string{"schedules", "models without an agent", "conversations", "projects and API keys"},
		Variants:    []string{keyPattern, knownProjects, withWorkspaceID, noDone},
		Credentials: []string{"Authorization"},
		Secrets:     jsontext.NewSecrets(nil, nil, nil),
		Limits: emulate.Limits{
			Limits:     []emulate.Limit{{Requests: 100, Per: time.Minute, Rolling: true}},
			Headers:    true,
			RetryAfter: true,
			Guess:      "rate-limit",
		},
		NewState: func() any { return new(state) },
		Agents: func(s any) []emulate.Agent {
			return emulate.AgentsOf(&s.(*state).Agents, func(a *agent) *emulate.Agent {
				return &emulate.Agent{ID: a.Key, Name: a.DisplayName, JSON: jsontext.MustMarshal(a)}
			})
		},
		Runs:         runs,
		Advance:      advance,
		Authenticate: authenticate,
		Refuse:       refuseByStatus,
	}
}

// authenticate returns the bearer token.
func authenticate(r *emulate.Request) (credential string, refusal error) {
	token := bearerToken(r.Header)
	switch {
	case token == "":
		return "", refuse(r, http.StatusUnauthorized, "authentication_required", "Authentication required",
			"header Authorization: expected Bearer and a token")
	case !r.Accepts(token):
		return "", refuse(r, http.StatusUnauthorized, "invalid_api_key", "Invalid API key",
			"header Authorization: the token is none of the configured ones")
	}
	return token, nil
}

// bearerToken is the token in the header Authorization, or "".
func bearerToken(header http.Header) string {
	scheme, token, _ := strings.Cut(header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

const defaultProject = "Default"

// state is what one namespace has of the API.
type state struct {
	Workspaces emulate.Collection[workspace] `json:"workspaces"` // one per tenant, with the id ""
	Agents     emulate.Collection[agent]     `json:"agents"`     // by key

	// Versions are the agents as they were before, by _id@version.
	Versions emulate.Collection[agent] `json:"versions"`
	// Tasks are by id.
	Tasks emulate.Collection[task] `json:"tasks"`
	// Responses maps the ids of responses to those of their tasks.
	Responses emulate.Collection[string] `json:"responses"`

	running []activeTask // see active
	listed  bool
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
