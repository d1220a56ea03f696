// Package pages walks lists that come in pages.
package pages

import (
	"fmt"
	"iter"

	agentclients "github.com/agentclients/agentclients-go"
)

// Page is one page of a list and the cursor of the page after it.
type Page[T any, C comparable] struct {
	Items []T
	Next  C
	More  bool // whether there is a page after it
}

// maxStale is how many pages in a row may have nothing new. A list that grows
// at its beginning gives some items a second time, but not for ever.
const maxStale = 10

// All yields the items of all pages, beginning with the page at first. id is
// what identifies an item: one that came before is left out, unless it is "".
//
// An error is yielded once, with a zero item, and ends the walk. It is an
// error of the operation op of provider if the walk would never end: if a
// cursor was used before, or if page after page has nothing new.
func All[T any, C comparable](provider, op string, first C, id func(T) string, fetch func(C) (Page[T, C], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		used, seen := map[C]bool{}, map[string]bool{}
		stale := 0
		for cursor := first; !used[cursor] && stale < maxStale; {
			used[cursor] = true
			page, err := fetch(cursor)
			if err != nil {
				yield(zero, err)
				return
			}
			stale++
			for _, item := range page.Items {
				key := id(item)
				if key != "" && seen[key] {
					continue
				}
				seen[key] = true
				stale = 0
				if !yield(item, nil) {
					return
				}
			}
			if !page.More {
				return
			}
			cursor = page.Next
		}
		yield(zero, &agentclients.Error{
			Provider: provider,
			Op:       op,
			Err:      fmt.Errorf("%w: the list does not move on: its pages come again", agentclients.ErrDecode),
		})
	}
}

// Offsets is All for a list that is cut at any place: fetch returns the items
// from an offset on, and whether there are more.
func Offsets[T any](provider, op string, first int, id func(T) string, fetch func(offset int) (items []T, more bool, err error)) iter.Seq2[T, error] {
	return All(provider, op, first, id, func(offset int) (Page[T, int], error) {
		items, more, err := fetch(offset)
		return Page[T, int]{Items: items, Next: offset + len(items), More: more}, err
	})
}
