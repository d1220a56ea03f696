package mockserver

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// The operations of phoneagents.
const (
	PhoneagentsCreateAgent       Op = "phoneagents.CreateAgent"
	PhoneagentsListAgents        Op = "phoneagents.ListAgents"
	PhoneagentsGetAgent          Op = "phoneagents.GetAgent"
	PhoneagentsUpdateAgent       Op = "phoneagents.UpdateAgent"
	PhoneagentsDeleteAgent       Op = "phoneagents.DeleteAgent"
	PhoneagentsAddPhoneNumber    Op = "phoneagents.AddPhoneNumber"
	PhoneagentsListPhoneNumbers  Op = "phoneagents.ListPhoneNumbers"
	PhoneagentsDeletePhoneNumber Op = "phoneagents.DeletePhoneNumber"
)

// The variants of phoneagents.
const (
	// PhoneagentsRegisteredNumbers answers 404 to an agent on a phone number
	// that nobody added, instead of adding the number on its first use.
	PhoneagentsRegisteredNumbers Variant = "phoneagents@registered-numbers"
	// PhoneagentsUpstream writes bodies as the published server code does:
	// in an envelope of success, data, timestamp and correlationId, lists
	// with a count, times with milliseconds. It takes the caller's agent_id.
	PhoneagentsUpstream Variant = "phoneagents@upstream"
	// PhoneagentsReplace lets a second agent on a phone number take the place
	// of the first, instead of refusing it with 409.
	PhoneagentsReplace Variant = "phoneagents@replace"
	// PhoneagentsDelete204 answers a delete with 204 and no body, instead of
	// 200 and a message.
	PhoneagentsDelete204 Variant = "phoneagents@delete-204"
)

// phoneagentsDialect emulates the API that binds OpenAI prompts to phone
// numbers. Records belong to a credential, and within it to the user of the
// path: another user of the same credential is told 403, another credential
// sees nothing at all.
type phoneagentsDialect struct{ keyHeader }

func (phoneagentsDialect) api() API { return Phoneagents }

// operations lists every operation twice: the API is documented with and
// without its version in the path.
func (d phoneagentsDialect) operations() []operation {
	var all []operation
	for _, prefix := range []string{"/v1", ""} {
		agents := prefix + "/users/{user_id}/agents"
		numbers := prefix + "/users/{user_id}/phone_numbers"
		all = append(all,
			operation{PhoneagentsCreateAgent, http.MethodPost, agents, []string{"agent_id", "phone_number_id", "prompt_id", "name"}, d.withBody(d.createAgent), nil},
			operation{PhoneagentsListAgents, http.MethodGet, agents, nil, d.withUser(d.listAgents), nil},
			operation{PhoneagentsGetAgent, http.MethodGet, agents + "/{agent_id}", nil, d.withUser(d.getAgent), nil},
			operation{PhoneagentsUpdateAgent, http.MethodPatch, agents + "/{agent_id}", []string{"name", "prompt_id"}, d.withBody(d.updateAgent), nil},
			operation{PhoneagentsDeleteAgent, http.MethodDelete, agents + "/{agent_id}", nil, d.withUser(d.deleteAgent), nil},
			operation{PhoneagentsAddPhoneNumber, http.MethodPost, numbers, []string{"id", "platform", "meta_phone_number_id", "access_token", "display_name"}, d.withBody(d.addPhoneNumber), nil},
			operation{PhoneagentsListPhoneNumbers, http.MethodGet, numbers, nil, d.withUser(d.listPhoneNumbers), nil},
			operation{PhoneagentsDeletePhoneNumber, http.MethodDelete, numbers + "/{phone_number_id}", nil, d.withUser(d.deletePhoneNumber), nil},
		)
	}
	return all
}

func (phoneagentsDialect) variants() []Variant {
	return []Variant{PhoneagentsRegisteredNumbers, PhoneagentsUpstream, PhoneagentsReplace, PhoneagentsDelete204}
}

func (phoneagentsDialect) newState() any { return new(phoneagentsState) }

func (phoneagentsDialect) agents(state any) []Agent {
	return agentsOf(&state.(*phoneagentsState).Agents, func(a *phoneagentsAgent) *Agent {
		return &Agent{ID: a.ID, Name: a.Name, Tenant: a.UserID, JSON: mustMarshal(a.view(phoneagentsTime))}
	})
}

func (d phoneagentsDialect) serve(x *exchange) answer {
	key := d.credential(x.header)
	if !x.acceptsKey(key) {
		return d.refuse(x, http.StatusUnauthorized, "", "", d.refused(key))
	}
	x.tenant = fingerprint(key)
	if a, over := x.limited(key); over {
		return a
	}
	return x.dispatch(func(status int, reason string) answer {
		if status == http.StatusMethodNotAllowed {
			return d.refuse(x, status, "", "Method "+x.method+" is not allowed here", reason)
		}
		return d.refuse(x, status, "Not Found", "Route "+x.method+" "+x.path+" not found", reason)
	})
}

// phoneagentsError is the body of every error.
type phoneagentsError struct {
	Error   string `json:"error"`
	Message string `json:"message"`
	phoneagentsStamp
}

// phoneagentsStamp says in a body which request it answers, and when.
type phoneagentsStamp struct {
	CorrelationID         string `json:"correlation_id,omitempty"`
	Timestamp             string `json:"timestamp"`
	UpstreamCorrelationID string `json:"correlationId,omitempty"`
}

// stamp returns the stamp of an answer, and its correlation id.
func (d phoneagentsDialect) stamp(x *exchange) (stamp phoneagentsStamp, id string) {
	id = d.correlationID(x)
	stamp.Timestamp = x.now().Format(d.timeLayout(x))
	if x.variant(PhoneagentsUpstream) {
		stamp.UpstreamCorrelationID = id
	} else {
		stamp.CorrelationID = id
	}
	return stamp, id
}

// refuse answers with an error. An empty class or message stands for the
// usual one of the status.
func (d phoneagentsDialect) refuse(x *exchange, status int, class, message, reason string) answer {
	usualClass, usualMessage := d.usual(x, status)
	if class == "" {
		class = usualClass
	}
	if message == "" {
		message = usualMessage
	}
	stamp, id := d.stamp(x)
	a := jsonAnswer(status, phoneagentsError{class, message, stamp})
	a.header.Set("X-Correlation-Id", id)
	a.reason = reason
	return a
}

func (d phoneagentsDialect) failure(x *exchange, status int, message string) answer {
	return d.refuse(x, status, "", message, "")
}

// usual returns what the API calls an error of this status and what it says
// about it.
func (phoneagentsDialect) usual(x *exchange, status int) (class, message string) {
	switch status {
	case http.StatusBadRequest:
		return "Validation error", "Invalid request"
	case http.StatusUnauthorized:
		return "Unauthorized", "Invalid API key"
	case http.StatusForbidden:
		if x.params["phone_number_id"] != "" {
			return "Forbidden", "Phone number does not belong to this user"
		}
		return "Forbidden", "Agent does not belong to this user"
	case http.StatusNotFound:
		if id := x.params["agent_id"]; id != "" {
			return "Agent not found", "Agent with ID " + id + " not found"
		}
		if id := x.params["phone_number_id"]; id != "" {
			return "Phone number not found", "Phone number with ID " + id + " not found"
		}
		return "Not Found", "Phone number not found"
	case http.StatusConflict:
		return "Conflict", "Phone number already has an active agent"
	case http.StatusTooManyRequests:
		x.guess("phoneagents.429-text")
		return "Too Many Requests", "Rate limit exceeded"
	case http.StatusInternalServerError:
		return "Internal Server Error", "Something went wrong"
	}
	text := http.StatusText(status)
	if text == "" {
		text = fmt.Sprintf("Status %d", status)
	}
	return text, text
}

// phoneagentsEnvelope is the body of a delete and, with the variant
// PhoneagentsUpstream, of every other success.
type phoneagentsEnvelope struct {
	Success bool   `json:"success"`
	Data    any    `json:"data,omitempty"`
	Count   *int   `json:"count,omitempty"` // of this page
	Message string `json:"message,omitempty"`
	phoneagentsStamp
}

// record answers with one agent or phone number.
func (d phoneagentsDialect) record(x *exchange, status int, record any) answer {
	if x.variant(PhoneagentsUpstream) {
		return d.envelope(x, status, phoneagentsEnvelope{Data: record})
	}
	return d.correlated(x, jsonAnswer(status, record))
}

// list answers with a page of agents or phone numbers. bare is the body of
// the documented form.
func (d phoneagentsDialect) list(x *exchange, bare, page any, count int) answer {
	if x.variant(PhoneagentsUpstream) {
		return d.envelope(x, http.StatusOK, phoneagentsEnvelope{Data: page, Count: &count})
	}
	return d.correlated(x, jsonAnswer(http.StatusOK, bare))
}

// deleted answers a delete.
func (d phoneagentsDialect) deleted(x *exchange, message string) answer {
	if x.variant(PhoneagentsDelete204) {
		return d.correlated(x, answer{status: http.StatusNoContent, header: http.Header{}})
	}
	return d.envelope(x, http.StatusOK, phoneagentsEnvelope{Message: message})
}

func (d phoneagentsDialect) envelope(x *exchange, status int, body phoneagentsEnvelope) answer {
	var id string
	body.Success = true
	body.phoneagentsStamp, id = d.stamp(x)
	a := jsonAnswer(status, body)
	a.header.Set("X-Correlation-Id", id)
	return a
}

// correlated puts the correlation id into the headers of an answer whose body
// has no place for it.
func (d phoneagentsDialect) correlated(x *exchange, a answer) answer {
	a.header.Set("X-Correlation-Id", d.correlationID(x))
	return a
}

// correlationID returns the caller's own id, or a new one.
func (phoneagentsDialect) correlationID(x *exchange) string {
	if id := x.header.Get("X-Correlation-Id"); id != "" {
		return id
	}
	if x.variant(PhoneagentsUpstream) {
		random, _ := strconv.ParseUint(x.hexID("phoneagents.correlation", 8), 16, 64)
		return fmt.Sprintf("%d-%s", x.now().UnixMilli(), strconv.FormatUint(random, 36))
	}
	return "req_" + x.hexID("phoneagents.correlation", 12)
}

// phoneagentsTime is how timestamps are written: UTC in whole seconds.
const phoneagentsTime = "2006-01-02T15:04:05Z"

func (phoneagentsDialect) timeLayout(x *exchange) string {
	if x.variant(PhoneagentsUpstream) {
		return "2006-01-02T15:04:05.000Z"
	}
	return phoneagentsTime
}

// phoneagentsState is everything that phoneagents remembers. The tenant is
// the fingerprint of the credential.
type phoneagentsState struct {
	Agents       collection[phoneagentsAgent]  `json:"agents"`
	PhoneNumbers collection[phoneagentsNumber] `json:"phone_numbers"`
}

// phoneagentsStamps are the times of a record.
type phoneagentsStamps struct {
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}
