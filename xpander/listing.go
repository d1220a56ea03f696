package xpander

import (
	"cmp"
	"iter"
	"net/url"
	"slices"
	"strconv"

	"github.com/agentclients/agentclients-go/internal/pages"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// The lists of this API are cut into numbered pages, the newest agent first.

// defaultPerPage is how many agents the server returns if PerPage is not set.
const defaultPerPage = 20

func (r ListAgentsRequest) query() url.Values {
	query := url.Values{}
	if r.Page > 0 {
		query.Set("page", strconv.Itoa(r.Page))
	}
	if r.PerPage > 0 {
		query.Set("per_page", strconv.Itoa(r.PerPage))
	}
	return query
}

// allPages walks a list from the page of the request on. An agent that is
// created meanwhile moves others to the next page, where they come a second
// time: they are left out.
func allPages(op string, request ListAgentsRequest, fetch func(ListAgentsRequest) (*AgentList, error)) iter.Seq2[Agent, error] {
	return func(yield func(Agent, error) bool) {
		seen := map[string]bool{}
		walk := pages.All(provider, op, max(request.Page, 1), func(page int) (pages.Page[Agent, int], error) {
			request.Page = page
			list, err := fetch(request)
			if err != nil {
				return pages.Page[Agent, int]{}, err
			}
			fresh := slices.DeleteFunc(slices.Clone(list.Agents), func(agent Agent) bool { return seen[agent.ID] })
			for _, agent := range fresh {
				if agent.ID != "" {
					seen[agent.ID] = true
				}
			}
			more := page < list.TotalPages
			if list.TotalPages == 0 { // not stated: a page that is not full is the last
				more = len(fresh) > 0 && len(list.Agents) >= cmp.Or(list.PerPage, request.PerPage, defaultPerPage)
			}
			return pages.Page[Agent, int]{
				Items: fresh,
				Next:  cmp.Or(list.Page, page) + 1,
				More:  more && len(list.Agents) > 0,
			}, nil
		})
		walk(yield)
	}
}

// decodeList reads one page of a list.
func decodeList(body []byte) (*AgentList, error) {
	list, err := wire.Decode[AgentList](body)
	if err == nil && list.Agents == nil {
		err = wire.Missing("items")
	}
	if err != nil {
		return nil, err
	}
	return list, nil
}
