package phoneagents

import (
	"encoding/json"
	"net/http"
	"strings"
	"unicode"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// agent is an agent as it is kept.
type agent struct {
	ID            string `json:"agent_id"`
	UserID        string `json:"user_id"`
	PhoneNumberID string `json:"phone_number_id"`
	PromptID      string `json:"prompt_id"`
	Name          string `json:"name"`
	stamps
}

// agentView is an agent as responses have it.
type agentView struct {
	AgentID       string `json:"agent_id"`
	UserID        string `json:"user_id"`
	PhoneNumberID string `json:"phone_number_id"`
	PromptID      string `json:"prompt_id"`
	Name          string `json:"name"`
	CreatedAt     string `json:"created_at"`
	UpdatedAt     string `json:"updated_at"`
}

func (a *agent) view(timeLayout string) agentView {
	return agentView{
		AgentID:       a.ID,
		UserID:        a.UserID,
		PhoneNumberID: a.PhoneNumberID,
		PromptID:      a.PromptID,
		Name:          a.Name,
		CreatedAt:     a.CreatedAt.UTC().Format(timeLayout),
		UpdatedAt:     a.UpdatedAt.UTC().Format(timeLayout),
	}
}

// ReadRecord reads an agent from a document. One without a user belongs to
// all of them.
func (a *agent) ReadRecord(_, id string, document json.RawMessage) error {
	*a = agent{ID: id, Name: id}
	if err := json.Unmarshal(document, a); err != nil {
		return err
	}
	a.stamps.complete()
	return nil
}

// of is the agent as one of a user; nil if it is another's.
func (a *agent) of(user string) *agent {
	if a.UserID == "" {
		shared := *a
		shared.UserID = user
		return &shared
	}
	if a.UserID != user {
		return nil
	}
	return a
}

// describe is the agent for people.
func describe(a *agent) *emulate.Agent {
	return &emulate.Agent{ID: a.ID, Name: a.Name, Tenant: a.UserID, JSON: jsontext.MustMarshal(a.view(documentedTime))}
}

func createAgent(r *emulate.Request, s *state, members jsontext.Object) (emulate.Response, error) {
	made, err := newAgent(r, s, members)
	if err != nil {
		return emulate.Response{}, err
	}
	added, err := numberForAgent(r, s, made.PhoneNumberID)
	if err != nil {
		return emulate.Response{}, err
	}
	replaced := s.agentOn(r.Tenant, made.PhoneNumberID)
	if replaced != nil && !r.Variant(replace) {
		return emulate.Response{}, refuse(r, http.StatusConflict, "", "", "/phone_number_id: the phone number has an agent already")
	}
	if made.ID == "" {
		made.ID = s.Agents.FreeID(r.Tenant, func() string { return "agt_" + emulate.HexID(r, "agent", 12) })
	}
	r.Commit(func() {
		if added != nil {
			s.PhoneNumbers.Add(r.Tenant, added.ID, added)
		}
		if replaced != nil {
			s.removeAgent(r.Tenant, replaced)
		}
		s.Agents.Add(r.Tenant, made.ID, made)
	})
	return record(r, http.StatusCreated, made.view(timeLayout(r)))
}

// newAgent returns the agent that a create asks for. It has no id yet unless
// the caller chose one.
func newAgent(r *emulate.Request, s *state, members jsontext.Object) (*agent, error) {
	shape, chosenID := r.Operation.Body, ""
	if r.Variant(upstream) {
		shape, chosenID = upstreamCreateAgentBody, stringOf(members, "agent_id")
	}
	if err := check(r, shape, members); err != nil {
		return nil, err
	}
	now := r.Now()
	made := &agent{
		ID:            chosenID,
		UserID:        r.Params["user_id"],
		PhoneNumberID: stringOf(members, "phone_number_id"),
		PromptID:      stringOf(members, "prompt_id"),
		Name:          stringOf(members, "name"),
		stamps:        stamps{now, now},
	}
	if !r.Variant(upstream) && strings.ContainsFunc(made.PromptID, isBlankOrControl) {
		r.Guess("invalid-prompt-id")
		return nil, refuse(r, http.StatusBadRequest, "", "Invalid prompt_id",
			emulate.Mismatch("/prompt_id", "an id without white space", members["prompt_id"]))
	}
	if chosenID != "" && s.Agents.Get(r.Tenant, chosenID) != nil {
		return nil, refuse(r, http.StatusBadRequest, "Failed to create agent", "Agent with ID "+chosenID+" already exists",
			"/agent_id: there is an agent with this id")
	}
	return made, nil
}

func isBlankOrControl(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }

func listAgents(r *emulate.Request, s *state) (emulate.Response, error) {
	var agents []*agent
	for a := range s.Agents.OldestFirst(r.Tenant) {
		if a = a.of(r.Params["user_id"]); a != nil {
			agents = append(agents, a)
		}
	}
	agents, problem := page(r.Query, 100, agents, []column[agent]{
		{"created_at", func(a, b *agent) int { return a.CreatedAt.Compare(b.CreatedAt) }},
		{"updated_at", func(a, b *agent) int { return a.UpdatedAt.Compare(b.UpdatedAt) }},
		{"name", func(a, b *agent) int { return strings.Compare(a.Name, b.Name) }},
		{"agent_id", func(a, b *agent) int { return strings.Compare(a.ID, b.ID) }},
		{"phone_number_id", func(a, b *agent) int { return strings.Compare(a.PhoneNumberID, b.PhoneNumberID) }},
		{"prompt_id", func(a, b *agent) int { return strings.Compare(a.PromptID, b.PromptID) }},
	})
	if problem != "" {
		return emulate.Response{}, refusePage(r, problem, "agents")
	}
	views := make([]agentView, len(agents))
	for i, a := range agents {
		views[i] = a.view(timeLayout(r))
	}
	return list(r, struct {
		Agents []agentView `json:"agents"`
	}{views}, views)
}

func getAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	found, err := findAgent(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	return record(r, http.StatusOK, found.view(timeLayout(r)))
}

// updateAgent checks the body before it looks for the agent.
func updateAgent(r *emulate.Request, s *state, members jsontext.Object) (emulate.Response, error) {
	if !members.Has("name") && !members.Has("prompt_id") {
		return emulate.Response{}, refuse(r, http.StatusBadRequest, "Missing update fields",
			"At least one field (name or prompt_id) must be provided",
			"body: expected /name or /prompt_id, got neither")
	}
	if err := check(r, r.Operation.Body, members); err != nil {
		return emulate.Response{}, err
	}
	found, err := findAgent(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	changed := *found
	jsontext.Assign(members, "name", &changed.Name, jsontext.String)
	jsontext.Assign(members, "prompt_id", &changed.PromptID, jsontext.String)
	changed.UpdatedAt = r.Now()
	r.Commit(func() { s.Agents.Add(r.Tenant, r.Params["agent_id"], &changed) })
	return record(r, http.StatusOK, changed.view(timeLayout(r)))
}

func deleteAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	found, err := findAgent(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	r.Commit(func() { s.removeAgent(r.Tenant, found) })
	return deleted(r, "Agent deleted successfully")
}

// removeAgent removes an agent. Its conversations stay, without it.
func (s *state) removeAgent(tenant string, a *agent) {
	s.Agents.Remove(tenant, a.ID)
	for c := range s.Conversations.OldestFirst(tenant) {
		if c.AgentID == a.ID {
			c.AgentName, c.PromptID = a.Name, a.PromptID
			s.archive(tenant, c)
		}
	}
}

// findAgent returns the agent that the path names.
func findAgent(r *emulate.Request, s *state) (*agent, error) {
	found := s.Agents.Get(r.Tenant, r.Params["agent_id"])
	if found == nil {
		return nil, refuse(r, http.StatusNotFound, "", "", "there is no agent with the id in the path")
	}
	if found = found.of(r.Params["user_id"]); found == nil {
		return nil, refuse(r, http.StatusForbidden, "", "", "the agent belongs to another user than the one in the path")
	}
	return found, nil
}

// agentOn returns the agent on a phone number, or nil.
func (s *state) agentOn(tenant, number string) *agent {
	for a := range s.Agents.OldestFirst(tenant) {
		if a.PhoneNumberID == number {
			return a
		}
	}
	return nil
}
