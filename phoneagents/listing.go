package phoneagents

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// The lists of this API are cut by limit and offset, and their answers do not
// say how many items there are in all.

// defaultLimit is how many items the server returns if no limit is set.
const defaultLimit = 100

func validateListing(problems *validate.Problems, limit, offset int, orderBy, direction string, columns ...string) {
	problems.NotNegative("limit", limit)
	problems.NotNegative("offset", offset)
	// The server puts this one into its query language unchecked.
	if orderBy != "" && !slices.Contains(columns, orderBy) {
		problems.Addf("orderBy", "must be one of %s", strings.Join(columns, ", "))
	}
	if direction != "" && direction != "ASC" && direction != "DESC" {
		problems.Add("orderDirection", "must be ASC or DESC")
	}
}

func listingQuery(limit, offset int, orderBy, direction string) url.Values {
	query := wire.NewQuery()
	query.Number("limit", limit)
	query.Number("offset", offset)
	query.Text("orderBy", orderBy)
	query.Text("orderDirection", direction)
	return query.Values
}

// decodeList reads a list in the shapes that servers of this API send: under
// its own name, under data, or bare.
func decodeList[T any](body []byte, name string) ([]T, error) {
	if bytes.HasPrefix(wire.Trim(body), []byte("[")) {
		return wire.DecodeArray[T](body)
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
