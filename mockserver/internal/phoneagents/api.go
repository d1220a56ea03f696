// Package phoneagents emulates the API that binds OpenAI prompts to phone
// numbers, and the conversations that their agents have: by web chat, which
// takes no key, and by messages of persons that come from elsewhere. Records
// belong to the user of the path: another user of the same organization is
// told 403.
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
	lateHeader        = "late-header"        // a stream shows nothing, not even its header, before its first event
	lateHistory       = "late-history"       // a reply is stored a second after it was pushed
)

// API returns the emulated API.
func API() *emulate.API {
	return &emulate.API{
		Name:        "phoneagents",
		Operations:  operations(),
		NotEmulated: []string{"credits", "webhooks", "users", "extractions", "embed code of web chat"},
		Variants:    []string{registeredNumbers, upstream, replace, delete204, lateHeader, lateHistory},
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
		Runs:         runs,
		Advance:      advance,
		Receive:      receive,
		Refuse: func(r *emulate.Request, status int, message string) emulate.Response {
			return failure(r, status, "", message)
		},
	}
}

// operations lists every operation twice: the API is documented with and
// without its version in the path. The ones of web chat never have it, but it
// is a part of the base URL that people give.
func operations() []emulate.Operation {
	var all []emulate.Operation
	for _, version := range []string{"/v1", ""} {
		agents := version + "/users/{user_id}/agents"
		agent := agents + "/{agent_id}"
		numbers := version + "/users/{user_id}/phone_numbers"
		number := numbers + "/{phone_number_id}"
		messages := version + "/users/{user_id}/messages"
		conversations := version + "/users/{user_id}/conversations"
		conversation := conversations + "/{conversation_id}"
		webchat := version + "/api/webchat/{webchat_id}"
		all = append(all,
			emulate.Operation{Name: "CreateAgent", Method: http.MethodPost, Path: agents, Body: createAgentBody, Handler: withBody(createAgent)},
			emulate.Operation{Name: "ListAgents", Method: http.MethodGet, Path: agents, Handler: withUser(listAgents)},
			emulate.Operation{Name: "GetAgent", Method: http.MethodGet, Path: agent, Handler: withUser(getAgent)},
			emulate.Operation{Name: "UpdateAgent", Method: http.MethodPatch, Path: agent, Body: updateAgentBody, Handler: withBody(updateAgent)},
			emulate.Operation{Name: "DeleteAgent", Method: http.MethodDelete, Path: agent, Handler: withUser(deleteAgent)},
			emulate.Operation{Name: "AddPhoneNumber", Method: http.MethodPost, Path: numbers, Body: addNumberBody, Handler: withBody(addPhoneNumber)},
			emulate.Operation{Name: "ListPhoneNumbers", Method: http.MethodGet, Path: numbers, Handler: withUser(listPhoneNumbers)},
			emulate.Operation{Name: "DeletePhoneNumber", Method: http.MethodDelete, Path: number, Handler: withUser(deletePhoneNumber)},
			emulate.Operation{Name: "ListMessages", Method: http.MethodGet, Path: messages, Handler: withUser(listMessages)},
			emulate.Operation{Name: "GetMessageStats", Method: http.MethodGet, Path: messages + "/stats", Handler: withUser(getMessageStats)},
			emulate.Operation{Name: "GetMessageStatus", Method: http.MethodGet, Path: messages + "/{message_id}/status", Handler: withUser(getMessageStatus)},
			emulate.Operation{Name: "ListConversations", Method: http.MethodGet, Path: conversations, Handler: withUser(listConversations)},
			emulate.Operation{Name: "GetConversation", Method: http.MethodGet, Path: conversation, Handler: withUser(getConversation)},
			emulate.Operation{Name: "ListConversationMessages", Method: http.MethodGet, Path: conversation + "/messages", Handler: withUser(listConversationMessages)},
			emulate.Operation{Name: "CreateWebchatChannel", Method: http.MethodPost, Path: version + "/api/users/{user_id}/webchat/channels", Body: newChannelBody, Handler: withBody(createChannel)},
			emulate.Operation{Name: "SendWebchatMessage", Method: http.MethodPost, Path: webchat + "/messages", Public: true, Body: visitorMessageBody, Handler: withObject(sendWebchatMessage)},
			emulate.Operation{Name: "ListWebchatMessages", Method: http.MethodGet, Path: webchat + "/messages", Public: true, Handler: emulate.With(listWebchatMessages)},
			emulate.Operation{Name: "StreamWebchat", Method: http.MethodGet, Path: webchat + "/stream", Public: true, Handler: emulate.With(streamWebchat)},
			emulate.Operation{Name: "InitWebchat", Method: http.MethodPost, Path: webchat + "/init", Public: true, Body: visitorBody, Handler: withObject(initWebchat)},
			emulate.Operation{Name: "VerifyWebchatPhone", Method: http.MethodPost, Path: webchat + "/verify-phone", Public: true, Body: verifyPhoneBody, Handler: withObject(verifyWebchatPhone)},
		)
	}
	return all
}

// onlyInCode are the operations of which nothing but the published server code
// says what responses look like.
var onlyInCode = []string{
	"ListMessages", "GetMessageStats", "GetMessageStatus", "ListConversations", "GetConversation", "ListConversationMessages",
	"CreateWebchatChannel", "SendWebchatMessage", "ListWebchatMessages", "StreamWebchat", "InitWebchat", "VerifyWebchatPhone",
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
	Agents        emulate.Collection[agent]        `json:"agents"`
	PhoneNumbers  emulate.Collection[phoneNumber]  `json:"phone_numbers"`
	Conversations emulate.Collection[conversation] `json:"conversations"`

	index index // of Conversations
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
