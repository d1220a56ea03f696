package agentloop

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
)

// list is the body of every list. The numbers are there in pages only.
type list struct {
	Data   any  `json:"data"`
	Total  *int `json:"total,omitempty"`
	Offset *int `json:"offset,omitempty"`
	Limit  *int `json:"limit,omitempty"`
}

func listAgents(r *emulate.Request, s *state) (emulate.Response, error) {
	if r.Variant(paged) {
		return listPage(r, s)
	}
	data := []any{}
	for a := range s.Agents.NewestFirst(r.Tenant) {
		if a.Status == active {
			data = append(data, view(r, a))
		}
	}
	return emulate.JSON(http.StatusOK, list{Data: data}), nil
}

func listPage(r *emulate.Request, s *state) (emulate.Response, error) {
	page, err := readPage(r)
	if err != nil {
		return emulate.Response{}, err
	}
	withArchived, err := strconv.ParseBool(query(r, "include_archived", "false"))
	if err != nil {
		return emulate.Response{}, refuseQuery(r, "include_archived")
	}
	search := strings.ToLower(r.Query.Get("search"))
	if search != "" {
		r.Guess("search")
	}
	for a := range s.Agents.NewestFirst(r.Tenant) {
		if (a.Status == active || withArchived) && a.mentions(search) {
			page.add(func() any { return view(r, a) })
		}
	}
	return page.response(), nil
}

// page is a part of a list.
type page struct {
	offset, limit, total int
	data                 []any
}

// query is a parameter of the query, or something else if it is not there.
func query(r *emulate.Request, name, otherwise string) string {
	if r.Query.Has(name) {
		return r.Query.Get(name)
	}
	return otherwise
}

// readPage reads which part of a list a request wants.
func readPage(r *emulate.Request) (*page, error) {
	offset, err := strconv.Atoi(query(r, "offset", "0"))
	if err != nil || offset < 0 {
		return nil, refuseQuery(r, "offset")
	}
	limit, err := strconv.Atoi(query(r, "limit", "20"))
	if err != nil || limit < 0 {
		return nil, refuseQuery(r, "limit")
	}
	return &page{offset: offset, limit: min(limit, 100), data: []any{}}, nil
}

// add puts the next one of all into the page, if it belongs there.
func (p *page) add(item func() any) {
	if p.total >= p.offset && len(p.data) < p.limit {
		p.data = append(p.data, item())
	}
	p.total++
}

func (p *page) response() emulate.Response {
	return emulate.JSON(http.StatusOK, list{p.data, &p.total, &p.offset, &p.limit})
}

// mentions reports whether the name or the description has a text, which is
// in lower case.
func (a *agent) mentions(text string) bool {
	if strings.Contains(strings.ToLower(a.Name), text) {
		return true
	}
	return a.Description != nil && strings.Contains(strings.ToLower(*a.Description), text)
}
