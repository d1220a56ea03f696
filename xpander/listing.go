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
	return walk(op, request.Page, request.PerPage, agentID, func(page int) (numberedPage[Agent], error) {
		request := request
		request.Page = page
		list, err := fetch(request)
		if err != nil {
			return numberedPage[Agent]{}, err
		}
		return numberedPage[Agent]{list.Agents, list.Page, list.PerPage, list.Total, list.TotalPages}, nil
	})
}

// numberedPage is a page of a list. What the response does not tell is 0.
type numberedPage[T any] struct {
	items      []T
	number     int
	perPage    int
	total      int
	totalPages int
}

// walk walks a list from a page on. perPage is what the caller asks for, 0 for
// the server's own.
func walk[T any](op string, first, perPage int, id func(T) string, fetch func(page int) (numberedPage[T], error)) iter.Seq2[T, error] {
	start := (max(first, 1) - 1) * cmp.Or(perPage, defaultPerPage)
	return func(yield func(T, error) bool) {
		size := cmp.Or(perPage, defaultPerPage) // of a page, as far as is known
		all := pages.Windows(provider, op, start, id, func(position int) (pages.Window[T], error) {
			asked := position/size + 1
			page, err := fetch(asked)
			if err != nil {
				return pages.Window[T]{}, err
			}
			number := cmp.Or(max(page.number, 0), asked)
			if page.perPage > 0 {
				size = page.perPage
			}
			window := pages.Window[T]{Items: page.items, Start: (number - 1) * size, End: number * size}
			switch {
			case page.totalPages > 0:
				window.More = number < page.totalPages
			case page.total > 0 && page.perPage > 0:
				window.More = window.End < page.total
			default: // not stated
				window.More = true
			}
			window.More = window.More && len(page.items) > 0
			if page.total > 0 || len(page.items) == 0 {
				window.Total = &page.total
			}
			return window, nil
		})
		for item, err := range all {
			if !yield(item, err) {
				return
			}
		}
	}
}

func agentID(agent Agent) string { return agent.ID }
