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

func (r ListAgentsRequest) query() url.Values {
	query := wire.NewQuery()
	query.Number("page", r.Page)
	query.Number("per_page", r.PerPage)
	return query.Values
}

// allPages walks a list from the page of the request on. An agent that is
// created meanwhile moves others to the next page, where they come a second
// time.
func allPages(op string, request ListAgentsRequest, fetch func(ListAgentsRequest) (*AgentList, error)) iter.Seq2[Agent, error] {
	return pages.All(provider, op, max(request.Page, 1), agentID, func(number int) (pages.Page[Agent, int], error) {
		request := request
		request.Page = number
		list, err := fetch(request)
		if err != nil {
			return pages.Page[Agent, int]{}, err
		}
		more := number < list.TotalPages
		if list.TotalPages == 0 { // not stated: a page that is not full is the last
			more = len(list.Agents) >= cmp.Or(list.PerPage, request.PerPage, defaultPerPage)
		}
		return pages.Page[Agent, int]{
			Items: list.Agents,
			Next:  cmp.Or(list.Page, number) + 1,
			More:  more && len(list.Agents) > 0,
		}, nil
	})
}

func agentID(agent Agent) string { return agent.ID }
