package mockserver

import (
	"net/http"
	"strings"
)

// The operations of omniflow.
const (
	OmniflowCreateAgent Op = "omniflow.CreateAgent"
	OmniflowListAgents  Op = "omniflow.ListAgents"
	OmniflowGetAgent    Op = "omniflow.GetAgent"
	OmniflowUpdateAgent Op = "omniflow.UpdateAgent"
	// OmniflowDeleteAgent is documented nowhere. Without the variant
	// OmniflowDelete it is answered with 405.
	OmniflowDeleteAgent Op = "omniflow.DeleteAgent"
)

// The variants of omniflow.
const (
	// OmniflowSeedExact leaves _id out of every answer, as the published
	// answer of a create does. The ids are still known to Namespace.Agents.
	OmniflowSeedExact Variant = "omniflow@seed-exact"
	// OmniflowStrict refuses a create without llmModel with 400, instead of
	// filling in gpt-4o-mini.
	OmniflowStrict Variant = "omniflow@strict"
	// OmniflowCreated answers a create with 201 instead of 200.
	OmniflowCreated Variant = "omniflow@created"
	// OmniflowFlatErrors answers errors as {"error":"text"} instead of
	// {"error":{"code":"…","message":"text"}}.
	OmniflowFlatErrors Variant = "omniflow@flat-errors"
	// OmniflowPending gives a new agent the status pending. It is ready two
	// seconds later by the server's clock.
	OmniflowPending Variant = "omniflow@pending"
	// OmniflowObjectPhoneNumber answers phoneNumberId as an empty object
	// instead of null.
	OmniflowObjectPhoneNumber Variant = "omniflow@object-phone-number"
	// OmniflowDelete makes DELETE of one agent work: 204, and 404 the second
	// time.
	OmniflowDelete Variant = "omniflow@delete"
)

// omniflowDialect emulates the Omni Flow agents of Trillet. Its records
// belong to the workspace that the request names.
type omniflowDialect struct{ keyHeader }

func (omniflowDialect) api() API { return Omniflow }

func (d omniflowDialect) operations() []operation {
	const collection, one = "/v1/api/omni-flow-agents", "/v1/api/omni-flow-agents/{id}"
	voice := shape{mayHave("ttsModel", objectRule(membersOf("provider", "voiceId")))}
	return []operation{
		{op: OmniflowCreateAgent, method: http.MethodPost, pattern: collection, fields: []string{"name", "llmModel", "settings"}, handle: d.withBody(d.createAgent)},
		{op: OmniflowListAgents, method: http.MethodGet, pattern: collection, handle: d.listAgents},
		{op: OmniflowGetAgent, method: http.MethodGet, pattern: one, handle: d.getAgent},
		{op: OmniflowUpdateAgent, method: http.MethodPut, pattern: one, fields: []string{"name", "llmModel", "ttsModel", "settings"}, handle: d.withBody(d.updateAgent), shape: voice},
		{op: OmniflowDeleteAgent, method: http.MethodDelete, pattern: one, handle: d.deleteAgent},
	}
}

func (omniflowDialect) variants() []Variant {
	return []Variant{
		OmniflowSeedExact, OmniflowStrict, OmniflowCreated, OmniflowFlatErrors,
		OmniflowPending, OmniflowObjectPhoneNumber, OmniflowDelete,
	}
}

func (omniflowDialect) newState() any { return new(omniflowState) }

func (omniflowDialect) agents(state any) []Agent {
	return agentsOf(&state.(*omniflowState).Agents, func(r *omniflowRecord) *Agent {
		return &Agent{ID: r.ID, Name: r.Name, JSON: mustMarshal(r.omniflowAgent)}
	})
}

func (d omniflowDialect) serve(x *exchange) answer {
	key := d.credential(x.header)
	if !x.acceptsKey(key) {
		return x.refuse(http.StatusUnauthorized, "", d.refused(key))
	}
	x.tenant = x.header.Get("X-Workspace-Id")
	if x.tenant == "" {
		return x.refuse(http.StatusBadRequest, "x-workspace-id header is required",
			"header x-workspace-id: expected a workspace id, got nothing")
	}
	if a, over := x.limited(key); over {
		return a
	}
	return x.dispatch(d.refuseRoute(x))
}

// refuseRoute renders a request that is for no operation.
func (omniflowDialect) refuseRoute(x *exchange) func(status int, reason string) answer {
	return func(status int, reason string) answer {
		message := ""
		if status == http.StatusNotFound {
			message = "Route not found"
		}
		return x.refuse(status, message, reason)
	}
}

// omniflowError is the body of every error.
type omniflowError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	ResetAt string `json:"reset_at,omitempty"` // only with 429
}

// omniflowErrors are the usual codes and texts. The codes of 402 and 429 are
// documented.
var omniflowErrors = map[int]omniflowError{
	http.StatusBadRequest:          {Code: "validation_error", Message: "Bad request"},
	http.StatusUnauthorized:        {Code: "unauthorized", Message: "Invalid API key"},
	http.StatusPaymentRequired:     {Code: "insufficient_credits", Message: "Your account has insufficient credits"},
	http.StatusForbidden:           {Code: "forbidden", Message: "Forbidden"},
	http.StatusNotFound:            {Code: "not_found", Message: "Agent not found"},
	http.StatusTooManyRequests:     {Code: "rate_limit_exceeded", Message: "Too many requests. Please try again in 60 seconds."},
	http.StatusInternalServerError: {Code: "internal_error", Message: "Internal server error"},
}

func (omniflowDialect) failure(x *exchange, status int, message string) answer {
	body, ok := omniflowErrors[status]
	if !ok {
		body.Message = http.StatusText(status)
		body.Code = strings.ToLower(strings.ReplaceAll(body.Message, " ", "_"))
	}
	if message != "" {
		body.Message = message
	}
	switch status {
	case http.StatusPaymentRequired:
	case http.StatusTooManyRequests:
		body.ResetAt = x.limitReset().Format(omniflowTime)
	default:
		x.guess("omniflow.error-code")
	}
	if x.variant(OmniflowFlatErrors) {
		return jsonAnswer(status, struct {
			Error string `json:"error"`
		}{body.Message})
	}
	return jsonAnswer(status, struct {
		Error omniflowError `json:"error"`
	}{body})
}
