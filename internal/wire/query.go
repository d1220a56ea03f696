package wire

import (
	"net/url"
	"strconv"
)

// Query collects the query parameters of a request. Those with a zero value
// are left out.
type Query struct {
	url.Values
}

// NewQuery returns an empty Query.
func NewQuery() Query { return Query{url.Values{}} }

// Text adds a text.
func (q Query) Text(name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

// Number adds a whole number.
func (q Query) Number(name string, value int) {
	if value != 0 {
		q.Set(name, strconv.Itoa(value))
	}
}

// Flag adds the word true.
func (q Query) Flag(name string, value bool) {
	if value {
		q.Set(name, "true")
	}
}
