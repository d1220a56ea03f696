// Package phoneagents emulates the API that binds OpenAI prompts to phone
// numbers. Records belong to the user of the path: another user of the same
// organization is told 403.
package phoneagents

import (
	"net/http"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// The variants.
const (
	registeredNumbers = "registered-numbers" // an agent needs a phone number that was added before
	upstream          = "upstream"           // bodies are those of the published server code
	replace           = "replace"            // a second agent on a phone number takes the place of the first
	delete204         = "delete-204"         // a delete responds with 204 and no body
)

// API returns the emulated API.
func API() *emulate.API {
	return &emulate.API{
		Name:        "phoneagents",
		Operations:  operations(),
		NotEmulated: []string{"messages", "conversations", "credits", "webhooks", "users"},
		Variants:    []string{registeredNumbers, upstream, replace, delete204},
		Credentials: emulate.KeyHeaders,
		Secrets:     jsontext.NewSecrets(nil, nil, nil),
		Limits: emulate.Limits{
			Limits:  []emulate.Limit{{Requests: 100, Per: time.Minute}, {Requests: 1000, Per: time.Hour}},
			Headers: true,
			Guess:   "429-body",
		},
		NewState:     func() any { return new(state) },
		Agents:       func(s any) []emulate.Agent { return emulate.AgentsOf(&s.(*state).Agents, describe) },
		Authenticate: authenticate,
		Refuse: func(r *emulate.Request, status int, message string) emulate.Response {
			return failure(r, status, "", message)
		},
	}
}

// operations lists every operation twice: the API is documented with and
// without its version in the path.
func operations() []emulate.Operation {
	var all []emulate.Operation
	for _, version := range []string{"/v1", ""} {
		agents := version + "/users/{user_id}/agents"
		agent := agents + "/{agent_id}"
		numbers := version + "/users/{user_id}/phone_numbers"
		number := numbers + "/{phone_number_id}"
		all = append(all,
			emulate.Operation{Name: "CreateAgent", Method: http.MethodPost, Path: agents, Body: createAgentBody, Handler: withBody(createAgent)},
			emulate.Operation{Name: "ListAgents", Method: http.MethodGet, Path: agents, Handler: withUser(listAgents)},
			emulate.Operation{Name: "GetAgent", Method: http.MethodGet, Path: agent, Handler: withUser(getAgent)},
			emulate.Operation{Name: "UpdateAgent", Method: http.MethodPatch, Path: agent, Body: updateAgentBody, Handler: withBody(updateAgent)},
			emulate.Operation{Name: "DeleteAgent", Method: http.MethodDelete, Path: agent, Handler: withUser(deleteAgent)},
			emulate.Operation{Name: "AddPhoneNumber", Method: http.MethodPost, Path: numbers, Body: addNumberBody, Handler: withBody(addPhoneNumber)},
			emulate.Operation{Name: "ListPhoneNumbers", Method: http.MethodGet, Path: numbers, Handler: withUser(listPhoneNumbers)},
			emulate.Operation{Name: "DeletePhoneNumber", Method: http.MethodDelete, Path: number, Handler: withUser(deletePhoneNumber)},
		)
	}
	return all
}

func authenticate(r *emulate.Request) (string, error) {
	key, problem := r.Key()
	if problem != "" {
		return "", refuse(r, http.StatusUnauthorized, "", "", problem)
	}
	return key, nil
}

// state is everything that the API remembers.
type state struct {
	Agents       emulate.Collection[agent]       `json:"agents"`
	PhoneNumbers emulate.Collection[phoneNumber] `json:"phone_numbers"`
}

// stamps are the times of a record.
type stamps struct {
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// complete sets the times that a document left out.
func (s *stamps) complete() {
	if s.CreatedAt.IsZero() {
		s.CreatedAt = time.Unix(0, 0).UTC()
	}
	if s.UpdatedAt.IsZero() {
		s.UpdatedAt = s.CreatedAt
	}
}
