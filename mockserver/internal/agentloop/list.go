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
	query := func(name, otherwise string) string {
		if r.Query.Has(name) {
			return r.Query.Get(name)
		}
		return otherwise
	}
	offset, err := strconv.Atoi(query("offset", "0"))
	if err != nil || offset < 0 {
		return emulate.Response{}, refuseQuery(r, "offset")
	}
	limit, err := strconv.Atoi(query("limit", "20"))
	if err != nil || limit < 0 {
		return emulate.Response{}, refuseQuery(r, "limit")
	}
	limit = min(limit, 100)
	withArchived, err := strconv.ParseBool(query("include_archived", "false"))
	if err != nil {
		return emulate.Response{}, refuseQuery(r, "include_archived")
	}
	search := strings.ToLower(r.Query.Get("search"))
	if search != "" {
		r.Guess("search")
	}
	data, total := []any{}, 0
	for a := range s.Agents.NewestFirst(r.Tenant) {
		if a.Status != active && !withArchived || !a.mentions(search) {
			continue
		}
		if total >= offset && len(data) < limit {
			data = append(data, view(r, a))
		}
		total++
	}
	return emulate.JSON(http.StatusOK, list{data, &total, &offset, &limit}), nil
}

// mentions reports whether the name or the description has a text, which is
// in lower case.
func (a *agent) mentions(text string) bool {
	if strings.Contains(strings.ToLower(a.Name), text) {
		return true
	}
	return a.Description != nil && strings.Contains(strings.ToLower(*a.Description), text)
}
