package phoneagents

import (
	"errors"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/agentclients/agentclients-go/internal/pages"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// The lists of this API are cut by limit and offset, and their answers do not
// say how many items there are in all.

// defaultPage is how many items the server returns if no limit is set.
const defaultPage = 100

func validateListing(problems *validate.Problems, limit, offset int, orderBy, direction string, columns ...string) {
	if limit < 0 {
		problems.Add("limit", "must not be negative")
	}
	if offset < 0 {
		problems.Add("offset", "must not be negative")
	}
	// The server puts this one into its query language unchecked.
	if orderBy != "" && !slices.Contains(columns, orderBy) {
		problems.Addf("orderBy", "must be one of %s", strings.Join(columns, ", "))
	}
	if direction != "" && direction != "ASC" && direction != "DESC" {
		problems.Add("orderDirection", "must be ASC or DESC")
	}
}

func listingQuery(limit, offset int, orderBy, direction string) url.Values {
	query := url.Values{}
	if limit > 0 {
		query.Set("limit", strconv.Itoa(limit))
	}
	if offset > 0 {
		query.Set("offset", strconv.Itoa(offset))
	}
	if orderBy != "" {
		query.Set("orderBy", orderBy)
	}
	if direction != "" {
		query.Set("orderDirection", direction)
	}
	return query
}

// allOffsets walks a list in steps of limit, until a page is not full.
func allOffsets[T any](op string, limit, offset int, fetch func(limit, offset int) ([]T, error)) iter.Seq2[T, error] {
	if limit == 0 {
		limit = defaultPage
	}
	return pages.All(provider, op, offset, func(offset int) (pages.Page[T, int], error) {
		items, err := fetch(limit, offset)
		return pages.Page[T, int]{Items: items, Next: offset + len(items), More: len(items) >= limit}, err
	})
}

// decodeList reads a list in the shapes that servers of this API send: under
// its own name, under data, or bare.
func decodeList[T any](body []byte, name string) ([]T, error) {
	if items, err := wire.DecodeArray[T](body); err == nil {
		return items, nil
	}
	members, err := wire.Members(body)
	if err != nil {
		return nil, errors.New("the body is neither an object nor an array")
	}
	for _, member := range []string{name, "data"} {
		if raw, ok := members[member]; ok {
			items, err := wire.DecodeArray[T](raw)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", member, err)
			}
			return items, nil
		}
	}
	return nil, wire.Missing(name)
}
