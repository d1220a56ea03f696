package xpander

import (
	"cmp"
	"iter"
	"net/url"

	"github.com/agentclients/agentclients-go/internal/pages"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// The lists of this API are cut into numbered pages, the newest agent first.

// defaultPerPage is how many agents the server returns if PerPage is not set.
const defaultPerPage = 20

// maxPerPage is the largest page that the server gives.
const maxPerPage = 50

func (r ListAgentsRequest) query() url.Values {
	query := wire.NewQuery()
	query.Number("page", r.Page)
	query.Number("per_page", r.PerPage)
	return query.Values
}

// allPages walks a list from the page of the request on.
func allPages(op string, request ListAgentsRequest, fetch func(ListAgentsRequest) (*AgentList, error)) iter.Seq2[Agent, error] {
	first := (max(request.Page, 1) - 1) * cmp.Or(request.PerPage, defaultPerPage)
	return func(yield func(Agent, error) bool) {
		size := cmp.Or(request.PerPage, defaultPerPage) // of a page, as far as is known
		all := pages.Windows(provider, op, first, agentID, func(position int) (pages.Window[Agent], error) {
			request := request
			request.Page = position/size + 1
			list, err := fetch(request)
			if err != nil {
				return pages.Window[Agent]{}, err
			}
			number := cmp.Or(max(list.Page, 0), request.Page)
			if list.PerPage > 0 {
				size = list.PerPage
			}
			window := pages.Window[Agent]{Items: list.Agents, Start: (number - 1) * size, End: number * size}
			switch {
			case list.TotalPages > 0:
				window.More = number < list.TotalPages
			case list.Total > 0 && list.PerPage > 0:
				window.More = window.End < list.Total
			default: // not stated
				window.More = true
			}
			window.More = window.More && len(list.Agents) > 0
			if list.Total > 0 || len(list.Agents) == 0 {
				window.Total = &list.Total
			}
			return window, nil
		})
		for agent, err := range all {
			if !yield(agent, err) {
				return
			}
		}
	}
}

func agentID(agent Agent) string { return agent.ID }
