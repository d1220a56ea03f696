package mockserver

import (
	"net/http"
	"strings"
)

// The operations of agentloop.
const (
	AgentloopCreateAgent      Op = "agentloop.CreateAgent"
	AgentloopListAgents       Op = "agentloop.ListAgents"
	AgentloopGetAgent         Op = "agentloop.GetAgent"
	AgentloopUpdateAgent      Op = "agentloop.UpdateAgent"
	AgentloopPutAgent         Op = "agentloop.PutAgent"
	AgentloopArchiveAgent     Op = "agentloop.ArchiveAgent"
	AgentloopImportAgent      Op = "agentloop.ImportAgent"
	AgentloopExportAgent      Op = "agentloop.ExportAgent"
	AgentloopListCapabilities Op = "agentloop.ListCapabilities"
	AgentloopGetCapability    Op = "agentloop.GetCapability"
	AgentloopListModels       Op = "agentloop.ListModels"
)

// The variants of agentloop.
const (
	// AgentloopFebruary2026 takes a key that begins with evr_ only raw or
	// after the scheme ApiKey, as servers of that month did: after Bearer it
	// is answered with 401.
	AgentloopFebruary2026 Variant = "agentloop@2026-02"
	// AgentloopNull answers null where a member of an agent would otherwise
	// be left out.
	AgentloopNull Variant = "agentloop@null"
	// AgentloopPaged lists agents in pages, as servers since March 2026 do:
	// with the queries search, offset, limit (20, at most 100) and
	// include_archived, and with total, offset and limit in the answer.
	AgentloopPaged Variant = "agentloop@paged"
	// AgentloopKnownModels answers 500 to a default_model_id that ListModels
	// does not list, as early servers did.
	AgentloopKnownModels Variant = "agentloop@known-models"
)

// agentloopDialect emulates the agents of an Everruns server, as of the
// beginning of February 2026. The credential is also the organisation whose
// agents a request sees.
type agentloopDialect struct{}

// agentloopState is what agentloop remembers. Capabilities and models never
// change, so they are not in it.
type agentloopState struct {
	Agents collection[agentloopAgent] `json:"agents"`
}

func (agentloopDialect) api() API { return Agentloop }

func (d agentloopDialect) operations() []operation {
	const collection, one = "/v1/agents", "/v1/agents/{agent_id}"
	create := []string{"id", "name", "description", "system_prompt", "default_model_id", "tags", "capabilities"}
	update := []string{"name", "description", "system_prompt", "default_model_id", "tags", "capabilities", "status"}
	inner := shape{mayHave("capabilities", listRule(objectRule(membersOf("ref", "config")), 0, 0))}
	return []operation{
		{AgentloopCreateAgent, http.MethodPost, collection, create, d.createAgent, inner},
		{AgentloopListAgents, http.MethodGet, collection, nil, d.listAgents, nil},
		{AgentloopImportAgent, http.MethodPost, collection + "/import", nil, d.importAgent, nil},
		{AgentloopGetAgent, http.MethodGet, one, nil, d.getAgent, nil},
		{AgentloopUpdateAgent, http.MethodPatch, one, update, d.updateAgent, inner},
		{AgentloopPutAgent, http.MethodPut, one, create, d.putAgent, inner},
		{AgentloopArchiveAgent, http.MethodDelete, one, nil, d.archiveAgent, nil},
		{AgentloopExportAgent, http.MethodGet, one + "/export", nil, d.exportAgent, nil},
		{AgentloopListCapabilities, http.MethodGet, "/v1/capabilities", nil, d.listCapabilities, nil},
		{AgentloopGetCapability, http.MethodGet, "/v1/capabilities/{capability_id}", nil, d.getCapability, nil},
		{AgentloopListModels, http.MethodGet, "/v1/llm-models", nil, d.listModels, nil},
		{AgentloopListModels, http.MethodGet, "/v1/models", nil, d.listModels, nil}, // its name since the middle of 2026
	}
}

func (agentloopDialect) variants() []Variant {
	return []Variant{AgentloopFebruary2026, AgentloopNull, AgentloopPaged, AgentloopKnownModels}
}

// credentialHeaders has Cookie, too: browsers carry a token there, which is
// not emulated but must not be seen either.
func (agentloopDialect) credentialHeaders() []string { return []string{"Authorization", "Cookie"} }

func (agentloopDialect) credential(header http.Header) string {
	_, key := agentloopAuthorization(header)
	return key
}

// agentloopAuthorization splits the Authorization header into its scheme, in
// lower case, and the key. A raw key has no scheme.
func agentloopAuthorization(header http.Header) (scheme, key string) {
	value := strings.TrimSpace(header.Get("Authorization"))
	scheme, key, found := strings.Cut(value, " ")
	scheme = strings.ToLower(scheme)
	if !found && scheme != "bearer" && scheme != "apikey" {
		return "", value
	}
	return scheme, strings.TrimSpace(key)
}

func (agentloopDialect) newState() any { return new(agentloopState) }

func (agentloopDialect) agents(state any) []Agent {
	return agentsOf(&state.(*agentloopState).Agents, func(a *agentloopAgent) *Agent {
		if a.Status != agentloopActive {
			return nil
		}
		return &Agent{ID: a.ID, Name: a.Name, JSON: mustMarshal(a)}
	})
}

func (d agentloopDialect) serve(x *exchange) answer {
	if message, reason := d.authenticate(x); message != "" {
		return x.refuse(http.StatusUnauthorized, message, reason)
	}
	if a, over := x.limited(d.credential(x.header)); over {
		return a
	}
	return x.dispatch(func(status int, reason string) answer {
		a := bare(status, reason)
		if status == http.StatusMethodNotAllowed {
			a.header = http.Header{"Allow": {strings.Join(x.allowed, ",")}} // as the framework writes it
		}
		return a
	})
}

// authenticate sets the tenant. If the credential is refused it returns the
// message of the API, and the reason.
func (d agentloopDialect) authenticate(x *exchange) (message, reason string) {
	scheme, key := agentloopAuthorization(x.header)
	isAPIKey := strings.HasPrefix(key, "evr_")
	switch {
	case key == "" && scheme == "":
		return "Authentication required", "header Authorization: expected a key, got nothing"
	case key == "" || scheme != "" && scheme != "bearer" && scheme != "apikey":
		return "Invalid authorization header", "header Authorization: expected a key, alone or after a scheme that is known"
	case isAPIKey && scheme == "bearer" && x.variant(AgentloopFebruary2026):
		return "Invalid or expired token", "header Authorization: expected an API key raw or after ApiKey, got it after Bearer"
	case x.acceptsKey(key):
		x.tenant = fingerprint(key)
		return "", ""
	case isAPIKey:
		message = "Invalid API key"
	case scheme == "bearer":
		message = "Invalid or expired token"
	default:
		message = "Invalid API key format"
	}
	return message, "header Authorization: expected an accepted key, got another one"
}

// agentloopError is the body of every error that the handlers give. What the
// web framework refuses before them is plain text.
type agentloopError struct {
	Error string `json:"error"`
}

// agentloopErrors are the usual texts.
var agentloopErrors = map[int]string{
	http.StatusBadRequest:           "Input exceeds allowed limits",
	http.StatusUnauthorized:         "Authentication required",
	http.StatusNotFound:             "Agent not found",
	http.StatusConflict:             "Agent with this ID already exists",
	http.StatusUnsupportedMediaType: "Expected request with `Content-Type: application/json`",
	http.StatusUnprocessableEntity:  "Failed to deserialize the JSON body into the target type",
	http.StatusTooManyRequests:      "Too many requests. Please try again later.",
	http.StatusInternalServerError:  "Internal server error",
}

func (agentloopDialect) failure(x *exchange, status int, message string) answer {
	if message == "" {
		message = agentloopErrors[status]
	}
	if message == "" {
		message = http.StatusText(status)
	}
	switch status {
	case http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		x.guess("agentloop.plain-text-errors")
		return plainText(status, message)
	}
	return jsonAnswer(status, agentloopError{message})
}

// rejectSyntax refuses what the framework cannot even read: 400, but in plain
// text.
func (d agentloopDialect) rejectSyntax(x *exchange, message, reason string) answer {
	x.guess("agentloop.plain-text-errors")
	a := plainText(http.StatusBadRequest, message)
	a.reason = reason
	return a
}

// plainText answers with text that is not JSON.
func plainText(status int, text string) answer {
	return answer{
		status: status,
		header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
		body:   []byte(text),
	}
}

// bare answers with a status and an empty body.
func bare(status int, reason string) answer { return answer{status: status, reason: reason} }
