package compare

import (
	"maps"
	"slices"
)

// pair goes through two documents side by side, learns which ids correspond,
// and returns them with those items of lists that do: a real account has
// records that the mock was never asked to make, and they say nothing about
// it. name is that of the member which they are.
func (i *ids) pair(name string, real, mock any, depth int) (pairedReal, pairedMock any) {
	if depth == deepestPair {
		return real, mock
	}
	switch r := real.(type) {
	case string:
		if m, ok := mock.(string); ok && (isID(name) || isKey(name) && r == m) {
			i.add(r, m)
		}
	case map[string]any:
		m, ok := mock.(map[string]any)
		if !ok {
			break
		}
		for _, member := range slices.Sorted(maps.Keys(r)) { // always the same ids of the same documents
			if other, ok := m[member]; ok {
				r[member], m[member] = i.pair(member, r[member], other, depth+1)
			}
		}
	case []any:
		m, ok := mock.([]any)
		if !ok {
			break
		}
		realItems, mockItems := i.align(r, m)
		for at := range min(len(realItems), len(mockItems)) {
			if len(realItems) == len(mockItems) { // else it is not known which one is which
				realItems[at], mockItems[at] = i.pair(name, realItems[at], mockItems[at], depth+1)
			}
		}
		return realItems, mockItems
	}
	return real, mock
}

// align returns the items of two lists of records that are known to be the
// same ones, in the same order; all items if none are.
func (i *ids) align(real, mock []any) (alignedReal, alignedMock []any) {
	name := recordID(real, mock)
	if name == "" {
		return real, mock
	}
	ofMock := make(map[string]any, len(mock))
	for _, item := range mock {
		ofMock[idOf(item, name)] = item
	}
	var newReal []any
	for _, item := range real {
		id, known := i.of(idOf(item, name))
		same, there := ofMock[id]
		switch {
		case !known:
			newReal = append(newReal, item)
		case there:
			alignedReal, alignedMock = append(alignedReal, item), append(alignedMock, same)
		}
	}
	var newMock []any
	for _, item := range mock {
		if i.real[idOf(item, name)] == "" {
			newMock = append(newMock, item)
		}
	}
	switch {
	case len(newReal) == len(newMock): // they came about in the same order
		return append(alignedReal, newReal...), append(alignedMock, newMock...)
	case len(alignedReal) == 0:
		return real, mock
	}
	return alignedReal, alignedMock
}

// recordID returns the name of the member by which the items of two lists can
// be told apart; "" if they are no records.
func recordID(real, mock []any) string {
	if len(real) == 0 || len(mock) == 0 {
		return ""
	}
	first, ok := real[0].(map[string]any)
	if !ok {
		return ""
	}
	names := []string{"id", "_id", "key"}
	for _, name := range slices.Sorted(maps.Keys(first)) {
		if isID(name) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if areDistinct(real, name) && areDistinct(mock, name) {
			return name
		}
	}
	return ""
}

// areDistinct reports whether all items have that member, and no two of them
// the same.
func areDistinct(items []any, name string) bool {
	seen := make(map[string]bool, len(items))
	for _, item := range items {
		id := idOf(item, name)
		if id == "" || seen[id] {
			return false
		}
		seen[id] = true
	}
	return true
}

// idOf is a member of an item, "" if it is no string.
func idOf(item any, name string) string {
	record, _ := item.(map[string]any)
	id, _ := record[name].(string)
	return id
}
