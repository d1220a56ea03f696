package omniflow

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// timeLayout is how times are written: UTC with milliseconds.
const timeLayout = "2006-01-02T15:04:05.000Z"

// defaultModel is the model of an agent that was created without one.
const defaultModel = "gpt-4o-mini"

// pendingTime is how long an agent stays pending with the variant pending.
const pendingTime = 2 * time.Second

// The states of an agent.
const (
	statusPending = "pending"
	statusReady   = "ready"
)

// state is everything that the API remembers.
type state struct {
	Agents        emulate.Collection[storedAgent]        `json:"agents"`
	MessageFlows  emulate.Collection[flow]               `json:"message_flows"`
	Conversations emulate.Collection[storedConversation] `json:"conversations"`
	PhoneNumbers  emulate.Collection[phoneNumber]        `json:"phone_numbers"`

	active []activeConversation // see listActive
	listed bool
}

// agent is an agent as responses have it.
type agent struct {
	ID            string          `json:"_id,omitempty"`
	WorkspaceID   string          `json:"workspaceId"`
	UserID        string          `json:"userId"`
	Name          string          `json:"name"`
	LLMModel      string          `json:"llmModel"`
	PhoneNumberID json.RawMessage `json:"phoneNumberId"`
	Settings      json.RawMessage `json:"settings,omitempty"`
	Status        string          `json:"status"`
	CreatedAt     string          `json:"createdAt"`
	UpdatedAt     string          `json:"updatedAt"`

	// MessageChannel is that of the flow which the agent has: only lists and
	// reads show it.
	MessageChannel string `json:"messageChannel,omitempty"`
}

// storedAgent is an agent with what is taken in but never in a response.
type storedAgent struct {
	agent
	TTSModel json.RawMessage `json:"ttsModel,omitempty"`
}

// ReadRecord reads an agent from a document. One without a workspace is in
// all of them.
func (a *storedAgent) ReadRecord(tenant, id string, document json.RawMessage) error {
	a.agent = agent{ID: id, UserID: userOf(tenant), Name: id, LLMModel: defaultModel, Status: statusReady,
		CreatedAt: time.Unix(0, 0).UTC().Format(timeLayout)}
	if err := json.Unmarshal(document, a); err != nil {
		return err
	}
	a.UpdatedAt = cmp.Or(a.UpdatedAt, a.CreatedAt)
	return nil
}

// isIn reports whether the agent is in a workspace.
func (a *storedAgent) isIn(workspace string) bool {
	return a.WorkspaceID == "" || a.WorkspaceID == workspace
}

// describe is the agent for people.
func describe(a *storedAgent) *emulate.Agent {
	return &emulate.Agent{ID: a.ID, Name: a.Name, Tenant: a.WorkspaceID, JSON: jsontext.MustMarshal(a.agent)}
}

// view is the agent as the response to this request has it.
func view(r *emulate.Request, a *storedAgent) agent {
	shown := a.agent
	shown.WorkspaceID = cmp.Or(shown.WorkspaceID, workspace(r))
	if r.Variant(seedExact) {
		shown.ID = ""
	} else if r.Operation.Name != updateOperation {
		r.Guess("id") // only the response of an update is documented with _id
	}
	if r.Variant(objectPhoneNumber) {
		shown.PhoneNumberID = json.RawMessage("{}")
	}
	return shown
}

func createAgent(r *emulate.Request, s *state, members jsontext.Object) (emulate.Response, error) {
	now := r.Now().Format(timeLayout)
	made := &storedAgent{agent: agent{
		ID:          s.Agents.FreeID(r.Tenant, func() string { return emulate.HexID(r, "agent", 24) }),
		WorkspaceID: workspace(r),
		UserID:      userOf(r.Tenant),
		LLMModel:    defaultModel,
		Status:      statusReady,
		CreatedAt:   now,
		UpdatedAt:   now,
	}}
	made.apply(members)
	if r.Variant(pending) {
		made.Status = statusPending
	}
	r.Commit(func() { s.Agents.Add(r.Tenant, made.ID, made) })

	status := http.StatusOK
	if r.Variant(created) {
		status = http.StatusCreated
	}
	return emulate.JSON(status, view(r, made)), nil
}

// onlyUser is the user of the organization that there is unless a
// configuration says otherwise.
var onlyUser = makeUser("")

// userOf is the id of the user whom the keys of an organization belong to.
func userOf(tenant string) string {
	if tenant == "" {
		return onlyUser
	}
	return makeUser(tenant)
}

func makeUser(tenant string) string {
	sum := sha256.Sum256([]byte("user of " + tenant))
	return hex.EncodeToString(sum[:12])
}

func listAgents(r *emulate.Request, s *state) (emulate.Response, error) {
	agents, channels := []agent{}, s.channels(r.Tenant, workspace(r))
	for a := range s.Agents.OldestFirst(r.Tenant) {
		if a.isIn(workspace(r)) {
			shown := view(r, settle(r, s, a))
			shown.MessageChannel = channels[a.ID]
			agents = append(agents, shown)
		}
	}
	r.Guess("list-order")
	return emulate.JSON(http.StatusOK, agents), nil
}

func getAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	found, err := find(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	shown := view(r, settle(r, s, found))
	shown.MessageChannel = s.channels(r.Tenant, workspace(r))[found.ID]
	return emulate.JSON(http.StatusOK, shown), nil
}

// updateAgent merges: members that are not given keep their value, and
// read-only ones are ignored.
func updateAgent(r *emulate.Request, s *state, members jsontext.Object) (emulate.Response, error) {
	found, err := find(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	changed := *settle(r, s, found)
	changed.apply(members)
	changed.UpdatedAt = r.Now().Format(timeLayout)
	r.Commit(func() { s.Agents.Add(r.Tenant, r.Params["id"], &changed) })
	return emulate.JSON(http.StatusOK, view(r, &changed)), nil
}

// deleteAgent is documented nowhere, so there is no DELETE unless a variant
// wants it.
func deleteAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	if !r.Variant(deletes) {
		r.Guess("405")
		return emulate.Response{}, failure(r, http.StatusMethodNotAllowed, "").
			Because("method: expected GET or PUT, got "+jsontext.Excerpt(r.Method)).
			With("Allow", "GET, PUT").Refuse()
	}
	r.Guess("delete")
	if _, err := find(r, s); err != nil {
		return emulate.Response{}, err
	}
	r.Commit(func() { s.Agents.Remove(r.Tenant, r.Params["id"]) })
	return emulate.Response{Status: http.StatusNoContent}, nil
}

// find returns the agent that the path names. One of another workspace is not
// found.
func find(r *emulate.Request, s *state) (*storedAgent, error) {
	found := s.Agents.Get(r.Tenant, r.Params["id"])
	if found == nil || !found.isIn(workspace(r)) {
		return nil, refuse(r, http.StatusNotFound, "", "the workspace has no agent with the id in the path")
	}
	return found, nil
}

// settle returns the agent as it is by now: a pending one is ready when its
// time has come.
func settle(r *emulate.Request, s *state, a *storedAgent) *storedAgent {
	created, err := time.Parse(timeLayout, a.CreatedAt)
	if a.Status != statusPending || err == nil && r.Now().Sub(created) < pendingTime {
		return a
	}
	ready := *a
	ready.Status = statusReady
	r.Remember(func() {
		if s.Agents.Get(r.Tenant, a.ID) == a { // a seed may have filed it under another id
			s.Agents.Add(r.Tenant, a.ID, &ready)
		}
	})
	return &ready
}
