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

// All yields the items of all pages, beginning with the page at first. An
// error is yielded once, with a zero item, and ends the walk. A cursor that
// was used before is an error of the operation op of provider, since the walk
// would never end.
func All[T any, C comparable](provider, op string, first C, fetch func(C) (Page[T, C], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		seen := map[C]bool{}
		for cursor := first; !seen[cursor]; {
			seen[cursor] = true
			page, err := fetch(cursor)
			if err != nil {
				yield(zero, err)
				return
			}
			for _, item := range page.Items {
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
			Err:      fmt.Errorf("%w: the list does not move on: the next page is one that was read before", agentclients.ErrDecode),
		})
	}
}
