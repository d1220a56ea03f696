package mockserver

import (
	"net/http"
	"strings"
)

// phoneagentsAgent is an agent as it is kept.
type phoneagentsAgent struct {
	ID            string `json:"agent_id"`
	UserID        string `json:"user_id"`
	PhoneNumberID string `json:"phone_number_id"`
	PromptID      string `json:"prompt_id"`
	Name          string `json:"name"`
	phoneagentsStamps
}

// phoneagentsAgentView is an agent as it is answered.
type phoneagentsAgentView struct {
	AgentID       string `json:"agent_id"`
	UserID        string `json:"user_id"`
	PhoneNumberID string `json:"phone_number_id"`
	PromptID      string `json:"prompt_id"`
	Name          string `json:"name"`
	CreatedAt     string `json:"created_at"`
	UpdatedAt     string `json:"updated_at"`
}

func (a *phoneagentsAgent) view(timeLayout string) phoneagentsAgentView {
	return phoneagentsAgentView{
		AgentID:       a.ID,
		UserID:        a.UserID,
		PhoneNumberID: a.PhoneNumberID,
		PromptID:      a.PromptID,
		Name:          a.Name,
		CreatedAt:     a.CreatedAt.Format(timeLayout),
		UpdatedAt:     a.UpdatedAt.Format(timeLayout),
	}
}

func (d phoneagentsDialect) createAgent(x *exchange, members object) answer {
	rules := []phoneagentsRule{
		{name: "phone_number_id", longest: 50, identifier: true, required: true},
		{name: "prompt_id", longest: 100, required: true},
		{name: "name", longest: 255, required: true},
	}
	upstream := x.variant(PhoneagentsUpstream)
	if upstream {
		rules = append(rules, phoneagentsRule{name: "agent_id", longest: 50, identifier: true})
	}
	values, refusal := d.read(x, members, rules)
	if refusal != nil {
		return *refusal
	}
	if !upstream && strings.ContainsFunc(values["prompt_id"], isBlankOrControl) {
		x.guess("phoneagents.invalid-prompt-id")
		return d.refuse(x, http.StatusBadRequest, "", "Invalid prompt_id",
			mismatch("/prompt_id", "an id without white space", members["prompt_id"]))
	}

	state := x.state.(*phoneagentsState)
	id := values["agent_id"]
	if id != "" && state.Agents.get(x.tenant, id) != nil {
		return d.refuse(x, http.StatusBadRequest, "Failed to create agent", "Agent with ID "+id+" already exists",
			"/agent_id: there is an agent with this id")
	}
	number, refusal := d.numberForAgent(x, values["phone_number_id"])
	if refusal != nil {
		return *refusal
	}
	if number.AgentID != "" {
		if !x.variant(PhoneagentsReplace) {
			return d.refuse(x, http.StatusConflict, "", "", "/phone_number_id: the phone number has an agent already")
		}
		state.Agents.remove(x.tenant, number.AgentID)
	}

	if id == "" {
		id = "agt_" + x.hexID("phoneagents.agent", 12)
	}
	now := x.now()
	agent := &phoneagentsAgent{
		ID:                id,
		UserID:            x.params["user_id"],
		PhoneNumberID:     number.ID,
		PromptID:          values["prompt_id"],
		Name:              values["name"],
		phoneagentsStamps: phoneagentsStamps{now, now},
	}
	state.Agents.add(x.tenant, agent.ID, agent)
	number.AgentID = agent.ID
	x.commit()
	return d.record(x, http.StatusCreated, agent.view(d.timeLayout(x)))
}

func (d phoneagentsDialect) listAgents(x *exchange) answer {
	var agents []*phoneagentsAgent
	for agent := range x.state.(*phoneagentsState).Agents.oldestFirst(x.tenant) {
		if agent.UserID == x.params["user_id"] {
			agents = append(agents, agent)
		}
	}
	agents, problem := phoneagentsPage(x.query, 100, agents, []phoneagentsColumn[phoneagentsAgent]{
		{"created_at", func(a, b *phoneagentsAgent) int { return a.CreatedAt.Compare(b.CreatedAt) }},
		{"updated_at", func(a, b *phoneagentsAgent) int { return a.UpdatedAt.Compare(b.UpdatedAt) }},
		{"name", func(a, b *phoneagentsAgent) int { return strings.Compare(a.Name, b.Name) }},
		{"agent_id", func(a, b *phoneagentsAgent) int { return strings.Compare(a.ID, b.ID) }},
		{"phone_number_id", func(a, b *phoneagentsAgent) int { return strings.Compare(a.PhoneNumberID, b.PhoneNumberID) }},
		{"prompt_id", func(a, b *phoneagentsAgent) int { return strings.Compare(a.PromptID, b.PromptID) }},
	})
	if problem != "" {
		return d.badPage(x, problem, "agents")
	}
	views := make([]phoneagentsAgentView, len(agents))
	for i, agent := range agents {
		views[i] = agent.view(d.timeLayout(x))
	}
	return d.list(x, struct {
		Agents []phoneagentsAgentView `json:"agents"`
	}{views}, views, len(views))
}

func (d phoneagentsDialect) getAgent(x *exchange) answer {
	agent, refusal := d.findAgent(x)
	if refusal != nil {
		return *refusal
	}
	return d.record(x, http.StatusOK, agent.view(d.timeLayout(x)))
}

// updateAgent checks the body before it looks for the agent.
func (d phoneagentsDialect) updateAgent(x *exchange, members object) answer {
	if !members.has("name") && !members.has("prompt_id") {
		return d.refuse(x, http.StatusBadRequest, "Missing update fields",
			"At least one field (name or prompt_id) must be provided",
			"body: expected /name or /prompt_id, got neither")
	}
	values, refusal := d.read(x, members, []phoneagentsRule{
		{name: "name", longest: 255},
		{name: "prompt_id", longest: 100},
	})
	if refusal != nil {
		return *refusal
	}
	agent, refusal := d.findAgent(x)
	if refusal != nil {
		return *refusal
	}
	if name, given := values["name"]; given {
		agent.Name = name
	}
	if promptID, given := values["prompt_id"]; given {
		agent.PromptID = promptID
	}
	agent.UpdatedAt = x.now()
	x.commit()
	return d.record(x, http.StatusOK, agent.view(d.timeLayout(x)))
}

func (d phoneagentsDialect) deleteAgent(x *exchange) answer {
	agent, refusal := d.findAgent(x)
	if refusal != nil {
		return *refusal
	}
	state := x.state.(*phoneagentsState)
	if number := state.PhoneNumbers.get(x.tenant, agent.PhoneNumberID); number != nil {
		number.AgentID = ""
	}
	state.Agents.remove(x.tenant, agent.ID)
	x.commit()
	return d.deleted(x, "Agent deleted successfully")
}

// findAgent returns the agent that the path names, or the refusal.
func (d phoneagentsDialect) findAgent(x *exchange) (*phoneagentsAgent, *answer) {
	agent := x.state.(*phoneagentsState).Agents.get(x.tenant, x.params["agent_id"])
	switch {
	case agent == nil:
		return nil, new(d.refuse(x, http.StatusNotFound, "", "", "there is no agent with the id in the path"))
	case agent.UserID != x.params["user_id"]:
		return nil, new(d.refuse(x, http.StatusForbidden, "", "", "the agent belongs to another user than the one in the path"))
	}
	return agent, nil
}
