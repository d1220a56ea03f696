package compare

import (
	"net/url"
	"strings"
)

// The bounds of what is known of ids.
const (
	maxIDs      = 100_000
	longestID   = 256 // bytes
	deepestPair = 100 // levels
)

// ids knows which id of the real API is which one of the mock. Ids that are
// the same on both sides are in it, too. The oldest ones are forgotten beyond
// the bound. The zero value knows none.
type ids struct {
	mock   map[string]string // by the real one
	real   map[string]string // by the mock's
	oldest []string          // real ones, in the order in which they came
}

// add learns an id. What is known of either stays.
func (i *ids) add(real, mock string) {
	if real == "" || mock == "" || len(real) > longestID || len(mock) > longestID {
		return
	}
	if i.mock[real] != "" || i.real[mock] != "" {
		return
	}
	if i.mock == nil {
		i.mock, i.real = make(map[string]string), make(map[string]string)
	}
	if len(i.oldest) >= maxIDs {
		first := i.oldest[0]
		delete(i.real, i.mock[first])
		delete(i.mock, first)
		i.oldest = i.oldest[1:]
	}
	i.mock[real], i.real[mock] = mock, real
	i.oldest = append(i.oldest, real)
}

// of returns the mock's id for a real one.
func (i *ids) of(real string) (mock string, ok bool) {
	mock = i.mock[real]
	return mock, mock != ""
}

// inPath replaces real ids in an escaped path.
func (i *ids) inPath(path string) string {
	elements := strings.Split(path, "/")
	for at, element := range elements {
		if plain, err := url.PathUnescape(element); err == nil {
			if mock, ok := i.of(plain); ok && mock != plain {
				elements[at] = url.PathEscape(mock)
			}
		}
	}
	return strings.Join(elements, "/")
}

// inQuery replaces real ids in a raw query.
func (i *ids) inQuery(query string) string {
	parts := strings.Split(query, "&")
	for at, part := range parts {
		name, value, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(value); err == nil {
			if mock, ok := i.of(plain); ok && mock != plain {
				parts[at] = name + "=" + url.QueryEscape(mock)
			}
		}
	}
	return strings.Join(parts, "&")
}

// inValue replaces a string value.
func (i *ids) inValue(value string) (string, bool) {
	mock, ok := i.of(value)
	return mock, ok && mock != value
}

// isID reports whether a member has an id by its name, or something else that
// only the server that made it understands: where the next page begins.
func isID(name string) bool {
	switch name {
	case "id", "ids", "ID", "cursor", "next", "after", "before":
		return true
	}
	for _, end := range []string{"_id", "_ids", "Id", "Ids", "ID", "IDs", "_cursor", "Cursor", "page_token", "PageToken"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// isKey reports whether a member names its record with a word of the client's.
func isKey(name string) bool { return name == "key" }
