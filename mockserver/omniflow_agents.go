package mockserver

import (
	"encoding/json"
	"net/http"
	"time"
)

// omniflowTime is how timestamps are written: UTC with milliseconds.
const omniflowTime = "2006-01-02T15:04:05.000Z"

// omniflowDefaultModel is the model of an agent that was created without one.
const omniflowDefaultModel = "gpt-4o-mini"

// omniflowPendingTime is how long an agent stays pending with the variant
// OmniflowPending.
const omniflowPendingTime = 2 * time.Second

// omniflowState is everything that omniflow remembers. The tenant is the
// workspace.
type omniflowState struct {
	Agents collection[omniflowRecord] `json:"agents"`
}

// omniflowAgent is an agent as it is answered.
type omniflowAgent struct {
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
}

// omniflowRecord is an agent with what is taken in but never answered.
type omniflowRecord struct {
	omniflowAgent
	TTSModel json.RawMessage `json:"ttsModel,omitempty"`
}

// settle makes a pending agent ready when its time has come.
func (r *omniflowRecord) settle(now time.Time) {
	created, err := time.Parse(omniflowTime, r.CreatedAt)
	if r.Status == "pending" && (err != nil || now.Sub(created) >= omniflowPendingTime) {
		r.Status = "ready"
	}
}

// set takes over the members that a create or update gave.
func (r *omniflowRecord) set(c omniflowChange) {
	if c.name != nil {
		r.Name = *c.name
	}
	if c.llmModel != nil {
		r.LLMModel = *c.llmModel
	}
	if c.settings != nil {
		r.Settings = c.settings
	}
	if c.ttsModel != nil {
		r.TTSModel = c.ttsModel
	}
}

// view is the agent as this exchange shows it.
func (omniflowDialect) view(x *exchange, r *omniflowRecord) omniflowAgent {
	agent := r.omniflowAgent
	if x.variant(OmniflowSeedExact) {
		agent.ID = ""
	} else if x.op.op != OmniflowUpdateAgent {
		x.guess("omniflow.id") // only the answer of an update is documented with _id
	}
	if x.variant(OmniflowObjectPhoneNumber) {
		agent.PhoneNumberID = json.RawMessage("{}")
	}
	return agent
}

func (d omniflowDialect) createAgent(x *exchange, members object) answer {
	change, problem := omniflowReadCreate(members, x.variant(OmniflowStrict))
	if problem != nil {
		return x.refuse(http.StatusBadRequest, problem.message, problem.reason)
	}
	now := x.now().Format(omniflowTime)
	record := &omniflowRecord{omniflowAgent: omniflowAgent{
		ID:          x.hexID("omniflow.agent", 24),
		WorkspaceID: x.tenant,
		UserID:      fingerprint(d.credential(x.header)),
		LLMModel:    omniflowDefaultModel,
		Status:      "ready",
		CreatedAt:   now,
		UpdatedAt:   now,
	}}
	record.set(change)
	if x.variant(OmniflowPending) {
		record.Status = "pending"
	}
	x.state.(*omniflowState).Agents.add(x.tenant, record.ID, record)
	x.commit()

	status := http.StatusOK
	if x.variant(OmniflowCreated) {
		status = http.StatusCreated
	}
	return jsonAnswer(status, d.view(x, record))
}

func (d omniflowDialect) listAgents(x *exchange) answer {
	agents := []omniflowAgent{}
	for record := range x.state.(*omniflowState).Agents.oldestFirst(x.tenant) {
		record.settle(x.now())
		agents = append(agents, d.view(x, record))
	}
	x.guess("omniflow.list-order")
	return jsonAnswer(http.StatusOK, agents)
}

func (d omniflowDialect) getAgent(x *exchange) answer {
	record := d.find(x)
	if record == nil {
		return d.notFound(x)
	}
	return jsonAnswer(http.StatusOK, d.view(x, record))
}

// updateAgent merges: members that are not given keep their value, and
// read-only ones are ignored.
func (d omniflowDialect) updateAgent(x *exchange, members object) answer {
	change, problem := omniflowReadUpdate(members)
	if problem != nil {
		return x.refuse(http.StatusBadRequest, problem.message, problem.reason)
	}
	record := d.find(x)
	if record == nil {
		return d.notFound(x)
	}
	record.set(change)
	record.UpdatedAt = x.now().Format(omniflowTime)
	x.commit()
	return jsonAnswer(http.StatusOK, d.view(x, record))
}

func (d omniflowDialect) deleteAgent(x *exchange) answer {
	if !x.variant(OmniflowDelete) {
		return x.methodNotAllowed(d.refuseRoute(x), []string{http.MethodGet, http.MethodPut})
	}
	x.guess("omniflow.delete")
	if !x.state.(*omniflowState).Agents.remove(x.tenant, x.params["id"]) {
		return d.notFound(x)
	}
	x.commit()
	return answer{status: http.StatusNoContent, header: http.Header{}}
}

// find returns the agent that the path names, or nil if the workspace has
// none with this id.
func (omniflowDialect) find(x *exchange) *omniflowRecord {
	record := x.state.(*omniflowState).Agents.get(x.tenant, x.params["id"])
	if record != nil {
		record.settle(x.now())
	}
	return record
}

// notFound is also the answer for an agent of another workspace.
func (d omniflowDialect) notFound(x *exchange) answer {
	return x.refuse(http.StatusNotFound, "", "the workspace has no agent with the id in the path")
}
