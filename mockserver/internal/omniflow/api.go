// Package omniflow emulates the Omni Flow agents of Trillet. Agents belong to
// the workspace that the request names, and nobody sees them from another.
package omniflow

import (
	"net/http"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// The variants.
const (
	seedExact         = "seed-exact"          // no response has _id, as the published one of a create
	strict            = "strict"              // a create needs llmModel
	created           = "created"             // a create responds with 201
	flatErrors        = "flat-errors"         // an error is a string, not an object
	pending           = "pending"             // a new agent is ready only after a while
	objectPhoneNumber = "object-phone-number" // phoneNumberId is an object
	deletes           = "delete"              // DELETE works
)

// API returns the emulated API.
func API() *emulate.API {
	const collection, one = "/v1/api/omni-flow-agents", "/v1/api/omni-flow-agents/{id}"
	return &emulate.API{
		Name:    "omniflow",
		BaseURL: "https://api.trillet.ai",
		Operations: []emulate.Operation{
			{Name: createOperation, Method: http.MethodPost, Path: collection, Body: createBody, Handler: withBody(createAgent)},
			{Name: "ListAgents", Method: http.MethodGet, Path: collection, Handler: emulate.With(listAgents)},
			{Name: "GetAgent", Method: http.MethodGet, Path: one, Handler: emulate.With(getAgent)},
			{Name: updateOperation, Method: http.MethodPut, Path: one, Body: updateBody, Handler: withBody(updateAgent)},
			{Name: "DeleteAgent", Method: http.MethodDelete, Path: one, Handler: emulate.With(deleteAgent)},
		},
		NotEmulated:  []string{"message flows", "conversations", "phone numbers", "workspaces", "credits (402)"},
		Variants:     []string{seedExact, strict, created, flatErrors, pending, objectPhoneNumber, deletes},
		Credentials:  emulate.KeyHeaders,
		Secrets:      jsontext.NewSecrets(nil, nil, nil),
		Limits:       emulate.Limits{Limits: []emulate.Limit{{Requests: 60, Per: time.Minute}}},
		NewState:     func() any { return new(state) },
		Agents:       func(s any) []emulate.Agent { return emulate.AgentsOf(&s.(*state).Agents, describe) },
		Authenticate: authenticate,
		Refuse:       failure,
	}
}

// The operations that are looked at by name.
const (
	createOperation = "CreateAgent"
	updateOperation = "UpdateAgent"
)

// authenticate also wants the workspace, which every operation needs.
func authenticate(r *emulate.Request) (string, error) {
	key, problem := r.Key()
	if problem != "" {
		return "", refuse(r, http.StatusUnauthorized, "", problem)
	}
	if workspace(r) == "" {
		return "", refuse(r, http.StatusBadRequest, "x-workspace-id header is required",
			"header x-workspace-id: expected a workspace id, got nothing")
	}
	return key, nil
}

// workspace is the id of the workspace that the request names.
func workspace(r *emulate.Request) string { return r.Header.Get("X-Workspace-Id") }
