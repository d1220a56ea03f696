// Package omniflow emulates the Omni Flow agents of Trillet, and what they say
// to the contacts of their message flows. All of it belongs to the workspace
// that the request names, and nobody sees it from another.
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
	strict            = "strict"              // a create needs llmModel, and a generated message autopilot
	created           = "created"             // a create responds with 201
	flatErrors        = "flat-errors"         // an error is a string, not an object
	pending           = "pending"             // a new agent is ready only after a while
	objectPhoneNumber = "object-phone-number" // phoneNumberId is an object
	deletes           = "delete"              // DELETE works
)

// API returns the emulated API.
func API() *emulate.API {
	const collection, one = "/v1/api/omni-flow-agents", "/v1/api/omni-flow-agents/{id}"
	const flows, aFlow = "/v1/api/message-flows", "/v1/api/message-flows/{id}"
	const conversations, aConversation = "/v1/api/conversations", "/v1/api/conversations/{conversationId}"
	return &emulate.API{
		Name:    "omniflow",
		BaseURL: "https://api.trillet.ai",
		Operations: []emulate.Operation{
			{Name: createOperation, Method: http.MethodPost, Path: collection, Body: createBody, Handler: withBody(createAgent)},
			{Name: "ListAgents", Method: http.MethodGet, Path: collection, Handler: emulate.With(listAgents)},
			{Name: "GetAgent", Method: http.MethodGet, Path: one, Handler: emulate.With(getAgent)},
			{Name: updateOperation, Method: http.MethodPut, Path: one, Body: updateBody, Handler: withBody(updateAgent)},
			{Name: "DeleteAgent", Method: http.MethodDelete, Path: one, Handler: emulate.With(deleteAgent)},
			{Name: "CreateMessageFlow", Method: http.MethodPost, Path: flows, Body: createFlowBody, Handler: withBody(createFlow)},
			{Name: "ListMessageFlows", Method: http.MethodGet, Path: flows, Handler: emulate.With(listFlows)},
			{Name: "GetMessageFlow", Method: http.MethodGet, Path: aFlow, Handler: emulate.With(getFlow)},
			{Name: "UpdateMessageFlow", Method: http.MethodPut, Path: aFlow, Body: updateFlowBody, Handler: withBody(updateFlow)},
			{Name: "ToggleAutopilot", Method: http.MethodPut, Path: aFlow + "/toggle-autopilot", Handler: emulate.With(toggleAutopilot)},
			{Name: "DeleteMessageFlow", Method: http.MethodDelete, Path: aFlow, Handler: emulate.With(deleteFlow)},
			{Name: generateOperation, Method: http.MethodPost, Path: conversations + "/message/generate", Body: generateBody, Handler: withBody(generateMessage)},
			{Name: "ListConversations", Method: http.MethodGet, Path: conversations, Handler: emulate.With(listConversations)},
			{Name: "GetConversation", Method: http.MethodGet, Path: aConversation, Handler: emulate.With(getConversation)},
			{Name: "MessageAction", Method: http.MethodPost, Path: aConversation + "/message/{messageId}/action", Body: actionBody, Handler: withBody(messageAction)},
			{Name: "ListPhoneNumbers", Method: http.MethodGet, Path: "/v1/api/twilio/user-phone-numbers", Handler: emulate.With(listPhoneNumbers)},
		},
		NotEmulated: []string{"buying, configuring and registering phone numbers", "working hours of message flows", "call agents and calls",
			"workspaces", "credits (402)"},
		Variants:     []string{seedExact, strict, created, flatErrors, pending, objectPhoneNumber, deletes},
		Credentials:  emulate.KeyHeaders,
		Secrets:      jsontext.NewSecrets(nil, nil, nil),
		Limits:       emulate.Limits{Limits: []emulate.Limit{{Requests: 60, Per: time.Minute}}},
		NewState:     func() any { return new(state) },
		Agents:       func(s any) []emulate.Agent { return emulate.AgentsOf(&s.(*state).Agents, describe) },
		Runs:         runs,
		Advance:      advance,
		Receive:      receive,
		Authenticate: authenticate,
		Refuse:       failure,
	}
}

// The operations that are looked at by name.
const (
	createOperation   = "CreateAgent"
	updateOperation   = "UpdateAgent"
	generateOperation = "GenerateMessage"
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
