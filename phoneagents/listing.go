package phoneagents

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/pages"
	"github.com/agentclients/agentclients-go/internal/validate"
	"github.com/agentclients/agentclients-go/internal/wire"
)

// The lists of this API are cut by limit and offset. The responses to those of
// messages and conversations say how many items there are in all, the others do
// not.

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

// decodePagination returns what a list says about its parts, nil if it does not
// say whether it goes on.
func decodePagination(body []byte) *Pagination {
	members, err := wire.Members(body)
	if err != nil || !tellsTheEnd(members["pagination"]) {
		return nil
	}
	pagination, err := wire.Decode[Pagination](members["pagination"])
	if err != nil {
		return nil
	}
	return pagination
}

// tellsTheEnd reports whether what a list says about its parts tells where it
// ends.
func tellsTheEnd(pagination json.RawMessage) bool {
	told, err := wire.Members(pagination)
	if err != nil {
		return false
	}
	for _, name := range []string{"total", "hasMore"} {
		if value := string(told[name]); value != "" && value != "null" {
			return true
		}
	}
	return false
}

// window is a part of a list that was asked for from an offset on. A list that
// says nothing about its parts goes on as long as there are items.
func window[T any](items []T, offset int, pagination *Pagination) pages.Window[T] {
	part := pages.Window[T]{Items: items, Start: offset, End: offset + len(items), More: len(items) > 0}
	if pagination != nil {
		part.Total = &pagination.Total
		part.More = part.More && (pagination.HasMore || part.End < pagination.Total)
	}
	return part
}

// validateTime notes a problem with a time that is not empty and is none.
func validateTime(problems *validate.Problems, path string, moment agentclients.Timestamp) {
	if _, err := moment.Time(); err != nil && moment != "" {
		problems.Add(path, "must be a time, such as 2026-02-08T09:00:00Z")
	}
}
