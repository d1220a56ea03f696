package agentloop

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
)

// The states of an agent.
const (
	active   = "active"
	archived = "archived"
)

// agent is an agent as it is stored and as it stands in responses.
type agent struct {
	Capabilities   []capability    `json:"capabilities"`
	CreatedAt      time.Time       `json:"created_at"`
	DefaultModelID *string         `json:"default_model_id,omitempty"`
	Description    *string         `json:"description,omitempty"`
	ID             string          `json:"id"`
	Name           string          `json:"name"`
	Status         string          `json:"status"`
	SystemPrompt   string          `json:"system_prompt"`
	Tags           []string        `json:"tags"`
	UpdatedAt      time.Time       `json:"updated_at"`
	Usage          json.RawMessage `json:"usage,omitempty"`
}

// ReadRecord reads an agent from a document.
func (a *agent) ReadRecord(_, id string, document json.RawMessage) error {
	*a = agent{ID: id, Name: id, Status: active, CreatedAt: time.Unix(0, 0).UTC()}
	if err := json.Unmarshal(document, a); err != nil {
		return err
	}
	if a.Capabilities == nil {
		a.Capabilities = []capability{}
	}
	if a.Tags == nil {
		a.Tags = []string{}
	}
	if a.UpdatedAt.IsZero() {
		a.UpdatedAt = a.CreatedAt
	}
	return nil
}

// capability is a capability that an agent has.
type capability struct {
	Config json.RawMessage `json:"config,omitempty"`
	Ref    string          `json:"ref"`
}

// nullAgent is an agent whose members are never left out.
type nullAgent struct {
	Capabilities   []capability    `json:"capabilities"`
	CreatedAt      time.Time       `json:"created_at"`
	DefaultModelID *string         `json:"default_model_id"`
	Description    *string         `json:"description"`
	ID             string          `json:"id"`
	Name           string          `json:"name"`
	Status         string          `json:"status"`
	SystemPrompt   string          `json:"system_prompt"`
	Tags           []string        `json:"tags"`
	UpdatedAt      time.Time       `json:"updated_at"`
	Usage          json.RawMessage `json:"usage"`
}

// view is an agent as the variants want it.
func view(r *emulate.Request, a *agent) any {
	if !r.Variant(withNulls) {
		return a
	}
	whole := nullAgent(*a)
	whole.Capabilities = make([]capability, len(a.Capabilities))
	for i, c := range a.Capabilities {
		if c.Config == nil {
			c.Config = json.RawMessage("null")
		}
		whole.Capabilities[i] = c
	}
	return whole
}

// newAgent makes an agent of an input that was found good.
func newAgent(r *emulate.Request, id string, in input) *agent {
	now := timestamp(r.Now())
	a := &agent{
		Capabilities:   in.capabilities,
		CreatedAt:      now,
		DefaultModelID: in.defaultModelID,
		Description:    in.description,
		ID:             id,
		Name:           *in.name,
		Status:         active,
		SystemPrompt:   *in.systemPrompt,
		Tags:           in.tags,
		UpdatedAt:      now,
	}
	if a.Capabilities == nil {
		a.Capabilities = []capability{}
	}
	if a.Tags == nil {
		a.Tags = []string{}
	}
	return a
}

// timestamp is a time as precise as the server's database keeps it.
func timestamp(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// store keeps an agent, new or changed, and responds with it.
func store(r *emulate.Request, s *state, status int, a *agent) (emulate.Response, error) {
	r.Commit(func() { s.Agents.Add(r.Tenant, a.ID, a) })
	return emulate.JSON(status, view(r, a)), nil
}

func createAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	in, err := readBody(r)
	if err != nil {
		return emulate.Response{}, err
	}
	return add(r, s, in)
}

// add stores a new agent: the common end of create and import.
func add(r *emulate.Request, s *state, in input) (emulate.Response, error) {
	if err := checkLimits(r, in); err != nil {
		return emulate.Response{}, err
	}
	if in.id == nil {
		in.id = new(s.Agents.FreeID(r.Tenant, func() string { return "agent_" + emulate.TimeOrderedHex(r, "agent") }))
	} else if s.Agents.Get(r.Tenant, *in.id) != nil {
		return emulate.Response{}, refuse(r, http.StatusConflict, "", "/id: expected an id that no agent has had, got one that is taken")
	}
	return store(r, s, http.StatusCreated, newAgent(r, *in.id, in))
}

func putAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	in, err := readBody(r)
	if err != nil {
		return emulate.Response{}, err
	}
	id, err := pathID(r)
	if err != nil {
		return emulate.Response{}, err
	}
	if err := checkLimits(r, in); err != nil {
		return emulate.Response{}, err
	}
	a, status := newAgent(r, id, in), http.StatusCreated
	if old := s.Agents.Get(r.Tenant, id); old != nil {
		status = http.StatusOK
		a.CreatedAt, a.Usage = old.CreatedAt, old.Usage
		if len(a.Capabilities) == 0 { // an empty list keeps the old one
			a.Capabilities = old.Capabilities
		}
	}
	return store(r, s, status, a)
}

func getAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	a, err := find(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	return emulate.JSON(http.StatusOK, view(r, a)), nil
}

func updateAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	in, err := readBody(r)
	if err != nil {
		return emulate.Response{}, err
	}
	if _, err := pathID(r); err != nil {
		return emulate.Response{}, err
	}
	if err := checkLimits(r, in); err != nil {
		return emulate.Response{}, err
	}
	old, err := find(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	a := *old
	for _, member := range []struct{ value, to *string }{
		{&a.Name, in.name}, {&a.SystemPrompt, in.systemPrompt}, {&a.Status, in.status},
	} {
		if member.to != nil {
			*member.value = *member.to
		}
	}
	if in.description != nil {
		a.Description = in.description
	}
	if in.defaultModelID != nil {
		a.DefaultModelID = in.defaultModelID
	}
	if in.tags != nil {
		a.Tags = in.tags
	}
	if in.capabilities != nil {
		a.Capabilities = in.capabilities
	}
	a.UpdatedAt = timestamp(r.Now())
	return store(r, s, http.StatusOK, &a)
}

func archiveAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	old, err := find(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	if old.Status == archived {
		return emulate.Response{}, refuse(r, http.StatusNotFound, "", "agent_id: expected an active agent, got an archived one")
	}
	a := *old
	a.Status = archived
	a.UpdatedAt = timestamp(r.Now())
	r.Commit(func() { s.Agents.Add(r.Tenant, a.ID, &a) })
	return emulate.Response{Status: http.StatusNoContent}, nil
}

// find returns the agent that the path names, archived or not.
func find(r *emulate.Request, s *state) (*agent, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	a := s.Agents.Get(r.Tenant, id)
	if a == nil {
		return nil, refuse(r, http.StatusNotFound, "", "agent_id: expected the id of an agent of this organization, got another one")
	}
	return a, nil
}

// pathID returns the id in the path, if it has the form of one.
func pathID(r *emulate.Request) (string, error) {
	id := r.Params["agent_id"]
	if problem := idProblem("agent", id); problem != "" {
		return "", refuse(r, http.StatusBadRequest, "Invalid agent ID: "+problem, "agent_id: expected "+idForm("agent"))
	}
	return id, nil
}

// idForm says for people what an id looks like.
func idForm(prefix string) string { return prefix + "_ and 32 lower-case hexadecimal digits" }

// idProblem says what is wrong with an id, or "" if nothing is.
func idProblem(prefix, id string) string {
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
