package xpander

import (
	"encoding/json"
	"net/http"

	"github.com/google/uuid"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

func createAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	members, err := readBody(r)
	if err != nil {
		return emulate.Response{}, err
	}
	made := newRecord()
	made.apply(withoutNulls(members))
	made.followModel(r, members, true)
	made.ID = s.Agents.FreeID(r.Tenant, func() string { return emulate.UUID(r, "agent") })
	made.OrganizationID = organizationID(r)
	made.CreatedAt = r.Now().Format("2006-01-02T15:04:05.000000Z")
	made.WebhookURL = "https://webhook.xpander.ai/?agent_id=" + made.ID + "&asynchronous=false"
	made.UniqueName = uniqueName(r, &s.UniqueNames)
	r.Commit(func() {
		s.UniqueNames.Add(r.Tenant, made.UniqueName, new(made.ID))
		s.Agents.Add(r.Tenant, made.ID, &made)
	})
	return emulate.JSON(http.StatusCreated, view(r, &made)), nil
}

// organizationID is the same one for every agent of an organization.
func organizationID(r *emulate.Request) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(r.Tenant)).String()
}

func getAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	found, err := find(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	return emulate.JSON(http.StatusOK, view(r, found)), nil
}

func updateAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	members, err := readBody(r) // is checked even if there is no agent
	if err != nil {
		return emulate.Response{}, err
	}
	found, err := find(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	changed := *found
	changed.apply(members)
	set(members, "status", &changed.Status, nullableText)
	if reset, _ := jsontext.Bool(members["should_reset_graph"]); reset {
		changed.Graph = []json.RawMessage{}
	}
	changed.followModel(r, members, false)
	changed.HasPendingChanges = true
	if deploy, _ := parseBool(r.Query.Get("deploy")); deploy {
		changed.deploy(r)
	}
	return store(r, s, &changed), nil
}

func deployAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	found, err := find(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	deployed := *found
	deployed.deploy(r)
	return store(r, s, &deployed), nil
}

// store puts an agent in the place of the one that the path names, and
// responds with it.
func store(r *emulate.Request, s *state, changed *record) emulate.Response {
	r.Commit(func() { s.Agents.Add(r.Tenant, r.Params["agent_id"], changed) })
	return emulate.JSON(http.StatusOK, view(r, changed))
}

func deleteAgent(r *emulate.Request, s *state) (emulate.Response, error) {
	found, err := find(r, s)
	if err != nil {
		return emulate.Response{}, err
	}
	if found.Deletable != nil && !*found.Deletable {
		r.Guess("403-not-deletable")
		return emulate.Response{}, refuse(r, http.StatusForbidden, "Agent is not deletable").
			Because("agent_id: expected an agent that is deletable").Refuse()
	}
	r.Commit(func() {
		s.UniqueNames.Remove(r.Tenant, found.UniqueName)
		s.Agents.Remove(r.Tenant, r.Params["agent_id"])
		s.removeTasksOf(r, found.ID)
	})
	return emulate.JSON(http.StatusAccepted, nil), nil
}

// find returns the agent that the path names.
func find(r *emulate.Request, s *state) (*record, error) {
	id := r.Params["agent_id"]
	if found := s.Agents.Get(r.Tenant, id); found != nil {
		return found, nil
	}
	if len(s.Agents.Find(id)) > 0 {
		r.Guess("403-other-organization")
		return nil, refuse(r, http.StatusForbidden, "").
			Because("agent_id: expected an agent of this organization, got one of another").Refuse()
	}
	return nil, refuse(r, http.StatusNotFound, "").
		Because("agent_id: expected the id of an agent, got another one").Refuse()
}

// page is the body of a list.
type page struct {
	Items      []any `json:"items"`
	Total      int   `json:"total"`
	Page       int   `json:"page"`
	PerPage    int   `json:"per_page"`
	TotalPages int   `json:"total_pages"`
}

// maxPage is the highest page that can be asked for. It keeps page times size
// within an int; the API states no bound.
const maxPage = 1 << 24

func listAgents(r *emulate.Request, s *state) (emulate.Response, error) {
	return list(r, s, minimalView)
}

func listFullAgents(r *emulate.Request, s *state) (emulate.Response, error) {
	return list(r, s, view)
}

func list(r *emulate.Request, s *state, show func(*emulate.Request, *record) any) (emulate.Response, error) {
	var wrong problems
	p := wrong.page(r)
	if len(wrong) > 0 {
		return emulate.Response{}, wrong.refuse()
	}
	for found := range s.Agents.NewestFirst(r.Tenant) {
		if p.wants() {
			p.Items = append(p.Items, show(r, found))
		}
		p.Total++
	}
	return p.respond(r), nil
}

// page reads which page a query asks for.
func (p *problems) page(r *emulate.Request) page {
	return page{
		Items:   []any{},
		Page:    p.queryInteger(r, "page", 1, 1, maxPage),
		PerPage: p.queryInteger(r, "per_page", 20, 1, 50),
	}
}

// wants reports whether the next item is on the page.
func (p *page) wants() bool {
	return p.Total >= (p.Page-1)*p.PerPage && len(p.Items) < p.PerPage
}

// respond responds with the page, once all items were counted.
func (p *page) respond(r *emulate.Request) emulate.Response {
	p.TotalPages = (p.Total + p.PerPage - 1) / p.PerPage
	if p.Total == 0 {
		r.Guess("no-pages-of-nothing")
	}
	return emulate.JSON(http.StatusOK, p)
}
