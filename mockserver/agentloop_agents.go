package mockserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The states of an agent.
const (
	agentloopActive   = "active"
	agentloopArchived = "archived"
)

// agentloopAgent is an agent as it is stored and answered.
type agentloopAgent struct {
	Capabilities   []agentloopCapability `json:"capabilities"`
	CreatedAt      time.Time             `json:"created_at"`
	DefaultModelID *string               `json:"default_model_id,omitempty"`
	Description    *string               `json:"description,omitempty"`
	ID             string                `json:"id"`
	Name           string                `json:"name"`
	Status         string                `json:"status"`
	SystemPrompt   string                `json:"system_prompt"`
	Tags           []string              `json:"tags"`
	UpdatedAt      time.Time             `json:"updated_at"`
	Usage          json.RawMessage       `json:"usage,omitempty"` // no session runs here, so nothing is ever spent
}

// agentloopCapability is a capability that an agent has.
type agentloopCapability struct {
	Config json.RawMessage `json:"config,omitempty"`
	Ref    string          `json:"ref"`
}

// agentloopNullAgent is an agentloopAgent whose members are never left out.
type agentloopNullAgent struct {
	Capabilities   []agentloopCapability `json:"capabilities"`
	CreatedAt      time.Time             `json:"created_at"`
	DefaultModelID *string               `json:"default_model_id"`
	Description    *string               `json:"description"`
	ID             string                `json:"id"`
	Name           string                `json:"name"`
	Status         string                `json:"status"`
	SystemPrompt   string                `json:"system_prompt"`
	Tags           []string              `json:"tags"`
	UpdatedAt      time.Time             `json:"updated_at"`
	Usage          json.RawMessage       `json:"usage"`
}

// view is an agent as the variants want it answered.
func (agentloopDialect) view(x *exchange, agent *agentloopAgent) any {
	if !x.variant(AgentloopNull) {
		return agent
	}
	whole := agentloopNullAgent(*agent)
	whole.Capabilities = make([]agentloopCapability, len(agent.Capabilities))
	for i, capability := range agent.Capabilities {
		if capability.Config == nil {
			capability.Config = json.RawMessage("null")
		}
		whole.Capabilities[i] = capability
	}
	return whole
}

func (d agentloopDialect) createAgent(x *exchange) answer {
	input, refusal := d.readBody(x, true)
	if refusal != nil {
		return *refusal
	}
	return d.add(x, input)
}

// add stores a new agent: the common end of create and import.
func (d agentloopDialect) add(x *exchange, input agentloopInput) answer {
	if refusal := d.checkLimits(x, input); refusal != nil {
		return *refusal
	}
	state := x.state.(*agentloopState)
	id := "agent_" + x.timeOrderedHex("agentloop.agent")
	if input.id != nil {
		id = *input.id
	}
	if state.Agents.get(x.tenant, id) != nil {
		return x.refuse(http.StatusConflict, "", "/id: expected an id that no agent has had, got one that is taken")
	}
	return jsonAnswer(http.StatusCreated, d.view(x, d.store(x, id, input)))
}

// store makes an agent of an input that was found good.
func (d agentloopDialect) store(x *exchange, id string, input agentloopInput) *agentloopAgent {
	now := agentloopTime(x.now())
	agent := &agentloopAgent{
		Capabilities:   input.capabilities,
		CreatedAt:      now,
		DefaultModelID: input.defaultModelID,
		Description:    input.description,
		ID:             id,
		Name:           *input.name,
		Status:         agentloopActive,
		SystemPrompt:   *input.systemPrompt,
		Tags:           input.tags,
		UpdatedAt:      now,
	}
	if agent.Capabilities == nil {
		agent.Capabilities = []agentloopCapability{}
	}
	if agent.Tags == nil {
		agent.Tags = []string{}
	}
	x.state.(*agentloopState).Agents.add(x.tenant, id, agent)
	x.commit()
	return agent
}

// agentloopTime is a time as precise as the server's database keeps it.
func agentloopTime(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

func (d agentloopDialect) putAgent(x *exchange) answer {
	input, refusal := d.readBody(x, true)
	if refusal != nil {
		return *refusal
	}
	id, refusal := d.pathID(x)
	if refusal != nil {
		return *refusal
	}
	if refusal := d.checkLimits(x, input); refusal != nil {
		return *refusal
	}
	agent := x.state.(*agentloopState).Agents.get(x.tenant, id)
	if agent == nil {
		return jsonAnswer(http.StatusCreated, d.view(x, d.store(x, id, input)))
	}
	replaced := *agent
	replaced.Name, replaced.SystemPrompt = *input.name, *input.systemPrompt
	replaced.Description, replaced.DefaultModelID = input.description, input.defaultModelID
	replaced.Tags = input.tags
	if replaced.Tags == nil {
		replaced.Tags = []string{}
	}
	if len(input.capabilities) > 0 { // an empty list keeps the old one
		replaced.Capabilities = input.capabilities
	}
	replaced.Status = agentloopActive
	replaced.UpdatedAt = agentloopTime(x.now())
	*agent = replaced
	x.commit()
	return jsonAnswer(http.StatusOK, d.view(x, agent))
}

func (d agentloopDialect) getAgent(x *exchange) answer {
	agent, refusal := d.find(x)
	if refusal != nil {
		return *refusal
	}
	return jsonAnswer(http.StatusOK, d.view(x, agent))
}

func (d agentloopDialect) updateAgent(x *exchange) answer {
	input, refusal := d.readBody(x, false)
	if refusal != nil {
		return *refusal
	}
	if _, refusal := d.pathID(x); refusal != nil {
		return *refusal
	}
	if refusal := d.checkLimits(x, input); refusal != nil {
		return *refusal
	}
	agent, refusal := d.find(x)
	if refusal != nil {
		return *refusal
	}
	change := func(member *string, to *string) {
		if to != nil {
			*member = *to
		}
	}
	change(&agent.Name, input.name)
	change(&agent.SystemPrompt, input.systemPrompt)
	change(&agent.Status, input.status)
	if input.description != nil {
		agent.Description = input.description
	}
	if input.defaultModelID != nil {
		agent.DefaultModelID = input.defaultModelID
	}
	if input.tags != nil {
		agent.Tags = input.tags
	}
	if input.capabilities != nil {
		agent.Capabilities = input.capabilities
	}
	agent.UpdatedAt = agentloopTime(x.now())
	x.commit()
	return jsonAnswer(http.StatusOK, d.view(x, agent))
}

func (d agentloopDialect) archiveAgent(x *exchange) answer {
	agent, refusal := d.find(x)
	if refusal != nil {
		return *refusal
	}
	if agent.Status == agentloopArchived {
		return x.refuse(http.StatusNotFound, "", "agent_id: expected an active agent, got an archived one")
	}
	agent.Status = agentloopArchived
	agent.UpdatedAt = agentloopTime(x.now())
	x.commit()
	return answer{status: http.StatusNoContent}
}

// agentloopList is the body of every list. The numbers are there in pages
// only.
type agentloopList struct {
	Data   any  `json:"data"`
	Total  *int `json:"total,omitempty"`
	Offset *int `json:"offset,omitempty"`
	Limit  *int `json:"limit,omitempty"`
}

func (d agentloopDialect) listAgents(x *exchange) answer {
	if x.variant(AgentloopPaged) {
		return d.listPage(x)
	}
	data := []any{}
	for agent := range x.state.(*agentloopState).Agents.newestFirst(x.tenant) {
		if agent.Status == agentloopActive {
			data = append(data, d.view(x, agent))
		}
	}
	return jsonAnswer(http.StatusOK, agentloopList{Data: data})
}

func (d agentloopDialect) listPage(x *exchange) answer {
	query := func(name, otherwise string) string {
		if x.query.Has(name) {
			return x.query.Get(name)
		}
		return otherwise
	}
	offset, err := strconv.Atoi(query("offset", "0"))
	if err != nil || offset < 0 {
		return d.rejectQuery(x, "offset")
	}
	limit, err := strconv.Atoi(query("limit", "20"))
	if err != nil || limit < 0 {
		return d.rejectQuery(x, "limit")
	}
	limit = min(limit, 100)
	archived, err := strconv.ParseBool(query("include_archived", "false"))
	if err != nil {
		return d.rejectQuery(x, "include_archived")
	}
	search := strings.ToLower(x.query.Get("search"))
	if search != "" {
		x.guess("agentloop.search")
	}
	data, total := []any{}, 0
	for agent := range x.state.(*agentloopState).Agents.newestFirst(x.tenant) {
		if agent.Status != agentloopActive && !archived || !agent.mentions(search) {
			continue
		}
		if total >= offset && len(data) < limit {
			data = append(data, d.view(x, agent))
		}
		total++
	}
	return jsonAnswer(http.StatusOK, agentloopList{data, &total, &offset, &limit})
}

// mentions reports whether the name or the description has a text, which is
// in lower case.
func (a *agentloopAgent) mentions(text string) bool {
	if strings.Contains(strings.ToLower(a.Name), text) {
		return true
	}
	return a.Description != nil && strings.Contains(strings.ToLower(*a.Description), text)
}

func (d agentloopDialect) rejectQuery(x *exchange, name string) answer {
	return d.rejectSyntax(x, "Failed to deserialize query string: "+name+": invalid value",
		"query "+name+": expected a value of its type, got another one")
}

// find returns the agent that the path names, archived or not.
func (d agentloopDialect) find(x *exchange) (*agentloopAgent, *answer) {
	id, refusal := d.pathID(x)
	if refusal != nil {
		return nil, refusal
	}
	agent := x.state.(*agentloopState).Agents.get(x.tenant, id)
	if agent == nil {
		a := x.refuse(http.StatusNotFound, "", "agent_id: expected the id of an agent of this organisation, got another one")
		return nil, &a
	}
	return agent, nil
}

// pathID returns the id in the path, if it has the form of one.
func (d agentloopDialect) pathID(x *exchange) (string, *answer) {
	id := x.params["agent_id"]
	if problem := agentloopIDProblem("agent", id); problem != "" {
		a := x.refuse(http.StatusBadRequest, "Invalid agent ID: "+problem,
			"agent_id: expected agent_ and 32 lower-case hexadecimal digits")
		return "", &a
	}
	return id, nil
}

// agentloopIDProblem says what is wrong with an id, or "" if nothing is.
func agentloopIDProblem(prefix, id string) string {
	digits, ok := strings.CutPrefix(id, prefix+"_")
	switch {
	case !ok:
		got, _, _ := strings.Cut(id, "_")
		return fmt.Sprintf("invalid prefix: expected '%s', got '%s'", prefix, got)
	case len(digits) != 32:
		return fmt.Sprintf("invalid length: expected 32, got %d", len(digits))
	case strings.Trim(digits, "0123456789abcdef") != "":
		return "invalid hex in ID: " + digits
	}
	return ""
}
