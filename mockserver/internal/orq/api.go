// Package orq emulates the agents of orq.ai.
package orq

import (
	"net/http"
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
		},
		NotEmulated: []string{"tasks, runs and streams", "responses", "schedules", "agents of other versions", "projects and API keys"},
		Variants:    []string{keyPattern, knownProjects, withWorkspaceID},
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
