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
	window, problem := readPagination(query, limit)
	if problem != "" {
		return nil, problem
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
	return cutPage(&window, records), ""
}

// pagination is which part of a list there is, as newer lists tell it.
type pagination struct {
	Total   int  `json:"total"`
	Limit   int  `json:"limit"`
	Offset  int  `json:"offset"`
	HasMore bool `json:"hasMore"`
}

// readPagination reads the limit and the offset of a query.
func readPagination(query url.Values, limit int) (p pagination, problem string) {
	p.Limit = limit
	for _, parameter := range []struct {
		name  string
		value *int
	}{{"limit", &p.Limit}, {"offset", &p.Offset}} {
		if problem := readNumber(query, parameter.name, parameter.value); problem != "" {
			return p, problem
		}
	}
	return p, ""
}

// readNumber reads a parameter that is a number, if it is there.
func readNumber(query url.Values, name string, into *int) (problem string) {
	text := query.Get(name)
	if text == "" {
		return ""
	}
	number, err := strconv.Atoi(text)
	if err != nil || number < 0 {
		return name + " must be an integer that is not negative"
	}
	*into = number
	return ""
}

// cutPage cuts a page out of records, and notes what part of them it is.
func cutPage[T any](p *pagination, records []T) []T {
	p.Total = len(records)
	records = records[min(p.Offset, len(records)):]
	records = records[:min(p.Limit, len(records))]
	p.HasMore = p.Offset+len(records) < p.Total
	return records
}

// paginated is page for a list that tells of its parts. The error is a refusal.
func paginated[T any](r *emulate.Request, limit int, records []*T, columns []column[T]) ([]*T, pagination, error) {
	total := len(records)
	window, _ := readPagination(r.Query, limit)
	records, problem := page(r.Query, limit, records, columns)
	if problem != "" {
		return nil, window, refuseQuery(r, problem)
	}
	window.Total, window.HasMore = total, window.Offset+len(records) < total
	return records, window, nil
}

// refuseQuery refuses a parameter of which the published code says nothing but
// that the server fails.
func refuseQuery(r *emulate.Request, problem string) error {
	r.Guess("400-query")
	return refuse(r, http.StatusBadRequest, "", problem, "query: "+problem)
}

// refusePage refuses a list whose query is wrong.
func refusePage(r *emulate.Request, problem, what string) error {
	if r.Variant(upstream) {
		return refuse(r, http.StatusNotFound, "Failed to retrieve "+what, "Failed to get "+what, "query: "+problem)
	}
	r.Guess("400-query")
	return refuse(r, http.StatusBadRequest, "", problem, "query: "+problem)
}
