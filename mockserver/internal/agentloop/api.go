// Package agentloop emulates an Everruns server: agents as of the beginning of
// February 2026, and the sessions in which they run, which also know the ids
// that later clients give their messages. The credential decides whose agents
// and sessions a request sees: those of its organization.
package agentloop

import (
	"net/http"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// The variants. The face documents them.
const (
	february2026 = "2026-02"
	withNulls    = "null"
	paged        = "paged"
	knownModels  = "known-models"

	strictFeb       = "strict-feb"
	noFollowUp      = "no-follow-up"
	cancelIDs       = "cancel-ids"
	cancelStuck     = "cancel-stuck"
	shortCycles     = "short-cycle"
	disconnecting   = "disconnecting"
	laterHeartbeats = "heartbeat-30s"
	lateHeader      = "late-header"
	sinceInclusive  = "since-inclusive"
	sinceIgnored    = "since-ignored"
	crlf            = "crlf"
	multiline       = "multiline"
)

// state is what agentloop remembers. Capabilities and models never change, so
// they are not in it.
type state struct {
	Agents   emulate.Collection[agent]   `json:"agents"`
	Sessions emulate.Collection[session] `json:"sessions"`

	index index // of Sessions
}

// API returns the emulated API.
func API() *emulate.API {
	const (
		collection, one   = "/v1/agents", "/v1/agents/{agent_id}"
		sessions, session = "/v1/sessions", "/v1/sessions/{session_id}"
	)
	return &emulate.API{
		Name:    "agentloop",
		BaseURL: "https://app.everruns.com/api",
		Operations: []emulate.Operation{
			{Name: "CreateAgent", Method: http.MethodPost, Path: collection, Body: wholeAgent, Handler: emulate.With(createAgent)},
			{Name: "ListAgents", Method: http.MethodGet, Path: collection, Handler: emulate.With(listAgents)},
			{Name: "ImportAgent", Method: http.MethodPost, Path: collection + "/import", Handler: emulate.With(importAgent)},
			{Name: "GetAgent", Method: http.MethodGet, Path: one, Handler: emulate.With(getAgent)},
			{Name: "UpdateAgent", Method: http.MethodPatch, Path: one, Body: agentChange, Handler: emulate.With(updateAgent)},
			{Name: "PutAgent", Method: http.MethodPut, Path: one, Body: wholeAgent, Handler: emulate.With(putAgent)},
			{Name: "ArchiveAgent", Method: http.MethodDelete, Path: one, Handler: emulate.With(archiveAgent)},
			{Name: "ExportAgent", Method: http.MethodGet, Path: one + "/export", Handler: emulate.With(exportAgent)},
			{Name: "CreateSession", Method: http.MethodPost, Path: sessions, Body: newSession, Handler: emulate.With(createSession)},
			{Name: "ListSessions", Method: http.MethodGet, Path: sessions, Handler: emulate.With(listSessions)},
			{Name: "GetSession", Method: http.MethodGet, Path: session, Handler: emulate.With(getSession)},
			{Name: "UpdateSession", Method: http.MethodPatch, Path: session, Body: sessionChange, Handler: emulate.With(updateSession)},
			{Name: "DeleteSession", Method: http.MethodDelete, Path: session, Handler: emulate.With(deleteSession)},
			{Name: "CancelTurn", Method: http.MethodPost, Path: session + "/cancel", Handler: emulate.With(cancelTurn)},
			{Name: "SendMessage", Method: http.MethodPost, Path: session + "/messages", Body: newMessage, Handler: emulate.With(sendMessage)},
			{Name: "ListMessages", Method: http.MethodGet, Path: session + "/messages", Handler: emulate.With(listMessages)},
			{Name: "ListEvents", Method: http.MethodGet, Path: session + "/events", Handler: emulate.With(listEvents)},
			{Name: "StreamEvents", Method: http.MethodGet, Path: session + "/sse", Handler: emulate.With(streamEvents)},
			{Name: "ListCapabilities", Method: http.MethodGet, Path: "/v1/capabilities", Handler: listCapabilities},
			{Name: "GetCapability", Method: http.MethodGet, Path: "/v1/capabilities/{capability_id}", Handler: getCapability},
			{Name: "ListModels", Method: http.MethodGet, Path: "/v1/llm-models", Handler: listModels},
			{Name: "ListModels", Method: http.MethodGet, Path: "/v1/models", Handler: listModels}, // its name since the middle of 2026
		},
		NotEmulated: []string{"agent preview and copy", "single models", "results of tools from the client", "files, providers, schedules, budgets"},
		Variants: []string{
			february2026, withNulls, paged, knownModels, strictFeb, noFollowUp, cancelIDs, cancelStuck, shortCycles, disconnecting,
			laterHeartbeats, lateHeader, sinceInclusive, sinceIgnored, crlf, multiline,
		},
		Credentials: []string{"Authorization", "Cookie"}, // browsers carry a token in a cookie: not emulated, but not to be seen either
		Secrets:     jsontext.NewSecrets(nil, nil, nil),
		Limits: emulate.Limits{
			Limits:     []emulate.Limit{{Requests: 1200, Per: time.Minute}},
			RetryAfter: true,
		},
		NewState:     func() any { return new(state) },
		Agents:       activeAgents,
		Runs:         runs,
		Advance:      advance,
		Authenticate: authenticate,
		Refuse:       render,
	}
}

func activeAgents(s any) []emulate.Agent {
	return emulate.AgentsOf(&s.(*state).Agents, func(a *agent) *emulate.Agent {
		if a.Status != active {
			return nil
		}
		return &emulate.Agent{ID: a.ID, Name: a.Name, JSON: jsontext.MustMarshal(a)}
	})
}

// authorization splits the Authorization header into its scheme, in lower
// case, and the key. A raw key has no scheme.
func authorization(header http.Header) (scheme, key string) {
	value := strings.TrimSpace(header.Get("Authorization"))
	scheme, key, found := strings.Cut(value, " ")
	scheme = strings.ToLower(scheme)
	if !found && scheme != "bearer" && scheme != "apikey" {
		return "", value
	}
	return scheme, strings.TrimSpace(key)
}

func authenticate(r *emulate.Request) (credential string, refusal error) {
	scheme, key := authorization(r.Header)
	isAPIKey := strings.HasPrefix(key, "evr_")
	message, reason := "", "header Authorization: expected an accepted key, got another one"
	switch {
	case key == "" && scheme == "":
		message, reason = "Authentication required", "header Authorization: expected a key, got nothing"
	case key == "" || scheme != "" && scheme != "bearer" && scheme != "apikey":
		message, reason = "Invalid authorization header", "header Authorization: expected a key, alone or after a scheme that is known"
	case isAPIKey && scheme == "bearer" && r.Variant(february2026):
		message, reason = "Invalid or expired token", "header Authorization: expected an API key raw or after ApiKey, got it after Bearer"
	case r.Accepts(key):
		return key, nil
	case isAPIKey:
		message = "Invalid API key"
	case scheme == "bearer":
		message = "Invalid or expired token"
	default:
		message = "Invalid API key format"
	}
	return "", refuse(r, http.StatusUnauthorized, message, reason)
}

// errorBody is the body of every error that the handlers give. What the web
// framework refuses before them is plain text.
type errorBody struct {
	Error string `json:"error"`
}

// usualErrors are the usual texts.
var usualErrors = map[int]string{
	http.StatusBadRequest:           "Input exceeds allowed limits",
	http.StatusUnauthorized:         "Authentication required",
	http.StatusNotFound:             "Agent not found",
	http.StatusConflict:             "Agent with this ID already exists",
	http.StatusUnsupportedMediaType: "Expected request with `Content-Type: application/json`",
	http.StatusUnprocessableEntity:  "Failed to deserialize the JSON body into the target type",
	http.StatusTooManyRequests:      "Too many requests. Please try again later.",
	http.StatusInternalServerError:  "Internal server error",
}

// render writes an error as the API does.
func render(r *emulate.Request, status int, message string) emulate.Response {
	if r.Operation == nil && message == "" && (status == http.StatusNotFound || status == http.StatusMethodNotAllowed) {
		return unrouted(r, status)
	}
	if message == "" {
		message = usualErrors[status]
	}
	if message == "" {
		message = http.StatusText(status)
	}
	switch status {
	case http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		r.Guess("plain-text-errors")
		return emulate.Text(status, message)
	}
	return emulate.JSON(status, errorBody{message})
}

// unrouted is how the framework refuses what matches no operation: with
// nothing.
func unrouted(r *emulate.Request, status int) emulate.Response {
	response := emulate.Response{Status: status}
	if status == http.StatusMethodNotAllowed {
		response.Header = http.Header{"Allow": {strings.Join(r.Allowed, ",")}} // as the framework writes it
	}
	return response
}

// refuse refuses a request. An empty message stands for the usual one.
func refuse(r *emulate.Request, status int, message, reason string) error {
	return render(r, status, message).Because(reason).Refuse()
}

// refuseSyntax refuses what the framework cannot even read: with 400, but in
// plain text.
func refuseSyntax(r *emulate.Request, message, reason string) error {
	r.Guess("plain-text-errors")
	return emulate.Text(http.StatusBadRequest, message).Because(reason).Refuse()
}

// refuseQuery refuses a parameter of the query that is not of its type.
func refuseQuery(r *emulate.Request, name string) error {
	return refuseSyntax(r, "Failed to deserialize query string: "+name+": invalid value",
		"query "+name+": expected a value of its type, got another one")
}
