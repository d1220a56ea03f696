package mockserver

import (
	"encoding/json"
	"net/http"
	"strings"
)

// The operations of the orq API.
const (
	OrqCreateAgent Op = "orq.CreateAgent" // POST /v2/agents/ and /v2/agents
	OrqListAgents  Op = "orq.ListAgents"  // GET /v2/agents/ and /v2/agents
	OrqGetAgent    Op = "orq.GetAgent"    // GET /v2/agents/{agent_key}
	OrqUpdateAgent Op = "orq.UpdateAgent" // PATCH /v2/agents/{agent_key}
	OrqDeleteAgent Op = "orq.DeleteAgent" // DELETE /v2/agents/{agent_key}
)

// The variants of the orq API.
const (
	// OrqKeyPattern refuses keys that are not letters and digits in runs
	// joined by single dots, underscores or hyphens, a letter first. Without
	// it only the length of a key, 1 to 255 characters, is checked.
	OrqKeyPattern Variant = "orq@key-pattern"

	// OrqKnownProjects refuses a path whose first element is not the project
	// "Default". Without it such a project is made on the spot.
	OrqKnownProjects Variant = "orq@known-projects"

	// OrqWorkspaceID puts workspace_id into every agent, which orq's own
	// clients of 2025 need. Without it only the agents of a list carry it.
	OrqWorkspaceID Variant = "orq@workspace-id"
)

// orqDialect emulates the agents of orq.ai. A token is a workspace of its
// own.
type orqDialect struct{}

func (orqDialect) api() API { return Orq }

func (orqDialect) variants() []Variant {
	return []Variant{OrqKeyPattern, OrqKnownProjects, OrqWorkspaceID}
}

func (orqDialect) credentialHeaders() []string { return []string{"Authorization"} }

// credential returns the bearer token.
func (orqDialect) credential(header http.Header) string {
	scheme, token, _ := strings.Cut(header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

func (orqDialect) operations() []operation {
	create, update := orqCreateShape.names(), orqUpdateShape.names()
	return []operation{
		{op: OrqCreateAgent, method: "POST", pattern: "/v2/agents/", fields: create, handle: createOrqAgent, shape: orqCreateShape},
		{op: OrqCreateAgent, method: "POST", pattern: "/v2/agents", fields: create, handle: createOrqAgent, shape: orqCreateShape},
		{op: OrqListAgents, method: "GET", pattern: "/v2/agents/", handle: listOrqAgents},
		{op: OrqListAgents, method: "GET", pattern: "/v2/agents", handle: listOrqAgents},
		{op: OrqGetAgent, method: "GET", pattern: "/v2/agents/{agent_key}", handle: getOrqAgent},
		{op: OrqUpdateAgent, method: "PATCH", pattern: "/v2/agents/{agent_key}", fields: update, handle: updateOrqAgent, shape: orqUpdateShape},
		{op: OrqDeleteAgent, method: "DELETE", pattern: "/v2/agents/{agent_key}", handle: deleteOrqAgent},
	}
}

func (orqDialect) newState() any { return new(orqState) }

func (orqDialect) agents(state any) []Agent {
	return agentsOf(&state.(*orqState).Agents, func(a *orqAgent) *Agent {
		return &Agent{ID: a.Key, Name: a.DisplayName, JSON: mustMarshal(a)}
	})
}

func (orqDialect) serve(x *exchange) answer {
	token := x.dialect.credential(x.header)
	switch {
	case token == "":
		return refuseOrq(x, http.StatusUnauthorized, "authentication_required", "Authentication required",
			"header Authorization: expected Bearer and a token")
	case !x.acceptsKey(token):
		return refuseOrq(x, http.StatusUnauthorized, "invalid_api_key", "Invalid API key",
			"header Authorization: the token is none of the configured ones")
	}
	x.tenant = fingerprint(token)

	if a, over := x.limited(token); over {
		return a
	}

	return x.dispatch(func(status int, reason string) answer {
		x.guess("orq.unknown-route")
		return refuseOrq(x, status, "", http.StatusText(status), reason)
	})
}

// orqError is the body of every refusal. Agents answer 404 and 409 with the
// message alone.
type orqError struct {
	Code    string           `json:"code,omitempty"`
	Message string           `json:"message"`
	Details *orqErrorDetails `json:"details,omitempty"`
}

type orqErrorDetails struct {
	Issues []orqIssue `json:"issues"`
}

type orqIssue struct {
	Path    []any  `json:"path"`
	Message string `json:"message"`
}

// orqFailures are the code and the usual message of each status.
var orqFailures = map[int]struct{ code, message string }{
	http.StatusBadRequest:          {"invalid_request_body", "Invalid request body"},
	http.StatusUnauthorized:        {"authentication_required", "Authentication required"},
	http.StatusPaymentRequired:     {"quota_exceeded", "Quota exceeded"},
	http.StatusForbidden:           {"insufficient_scope", "Insufficient scope"},
	http.StatusNotFound:            {"", "Agent not found"},
	http.StatusRequestTimeout:      {"request_timeout", "Request timeout"},
	http.StatusConflict:            {"", "Agent with this key already exists in the workspace"},
	http.StatusUnprocessableEntity: {"model_configuration_missing", "Model configuration missing"},
	http.StatusTooManyRequests:     {"rate_limit_exceeded", "Rate limit exceeded"},
	http.StatusInternalServerError: {"internal_error", "Internal server error"},
	http.StatusNotImplemented:      {"not_implemented", "Not implemented"},
	http.StatusBadGateway:          {"provider_error", "Provider error"},
	http.StatusServiceUnavailable:  {"service_unavailable", "Service unavailable"},
	http.StatusGatewayTimeout:      {"provider_timeout", "Provider timeout"},
}

func (orqDialect) failure(x *exchange, status int, message string) answer {
	usual := orqFailures[status]
	if message == "" {
		message = usual.message
	}
	if message == "" {
		message = http.StatusText(status)
	}
	return jsonAnswer(status, orqError{Code: usual.code, Message: message})
}

// refuseOrq answers an error with a code of its own, or none.
func refuseOrq(x *exchange, status int, code, message, reason string) answer {
	if status == http.StatusUnauthorized {
		x.guess("orq.401-body") // seen on other resources, not described for agents
	}
	a := jsonAnswer(status, orqError{Code: code, Message: message})
	a.reason = reason
	return a
}

// refuseOrqInput answers 400 with everything that is wrong.
func refuseOrqInput(x *exchange, code, message string, violations []violation) answer {
	x.guess("orq.400-body") // seen on other resources, not described for agents
	issues := make([]orqIssue, len(violations))
	for i, v := range violations {
		issues[i] = orqIssue{Path: v.path, Message: v.message}
	}
	a := jsonAnswer(http.StatusBadRequest, orqError{Code: code, Message: message, Details: &orqErrorDetails{issues}})
	a.reason = describeViolations(violations)
	return a
}

// readOrqBody reads and checks a request body. refusal is nil if it is right.
func readOrqBody(x *exchange, s shape) (body object, refusal *answer) {
	body, err := parseObject(x.body)
	if err != nil {
		x.guess("orq.400-body")
		a := refuseOrq(x, http.StatusBadRequest, "invalid_request_body", "Invalid request body: "+err.Error(), "body: "+err.Error())
		return nil, &a
	}
	var v verdict
	s.check(&v, body)
	if key, ok := asString(body["key"]); ok && key != "" && x.variant(OrqKeyPattern) {
		v.enter("key", orqKeyRule, body["key"])
	}
	if path, ok := asString(body["path"]); ok && x.variant(OrqKnownProjects) {
		if name := orqProjectName(path); name != orqDefaultProject {
			x.guess("orq.unknown-project")
			v.enter("path", func(v *verdict, _ json.RawMessage) {
				v.refuse("must begin with the project %q, not %s", orqDefaultProject, excerpt(name))
			}, nil)
		}
	}
	if len(v.violations) > 0 {
		a := refuseOrqInput(x, "invalid_request_body", "Invalid request body", v.violations)
		return nil, &a
	}
	return body, nil
}
