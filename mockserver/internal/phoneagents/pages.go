package phoneagents

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
)

// column is a column that a list can be ordered by.
type column[T any] struct {
	name    string
	compare func(a, b *T) int
}

// page cuts the page that the query asks for out of records that come oldest
// first, ordered by the first column unless the query says otherwise. problem
// is what is wrong with the query, or "".
func page[T any](query url.Values, limit int, records []*T, columns []column[T]) (cut []*T, problem string) {
	offset := 0
	for _, parameter := range []struct {
		name  string
		value *int
	}{{"limit", &limit}, {"offset", &offset}} {
		if text := query.Get(parameter.name); text != "" {
			number, err := strconv.Atoi(text)
			if err != nil || number < 0 {
				return nil, parameter.name + " must be an integer that is not negative"
			}
			*parameter.value = number
		}
	}
	by := columns[0]
	if name := query.Get("orderBy"); name != "" {
		i := slices.IndexFunc(columns, func(c column[T]) bool { return c.name == name })
		if i < 0 {
			return nil, "orderBy names no column to order by"
		}
		by = columns[i]
	}
	switch strings.ToUpper(query.Get("orderDirection")) {
	case "ASC":
		slices.SortStableFunc(records, by.compare)
	case "DESC", "":
		slices.Reverse(records)
		slices.SortStableFunc(records, func(a, b *T) int { return by.compare(b, a) })
	default:
		return nil, "orderDirection must be ASC or DESC"
	}
	records = records[min(offset, len(records)):]
	return records[:min(limit, len(records))], ""
}

// refusePage refuses a list whose query is wrong.
func refusePage(r *emulate.Request, problem, what string) error {
	if r.Variant(upstream) {
		return refuse(r, http.StatusNotFound, "Failed to retrieve "+what, "Failed to get "+what, "query: "+problem)
	}
	r.Guess("400-query")
	return refuse(r, http.StatusBadRequest, "", problem, "query: "+problem)
}
