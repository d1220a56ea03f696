package pages

import (
	"iter"
	"slices"
)

// Window is a part of a list that is cut by position.
type Window[T any] struct {
	Items []T
	Start int  // the position of its first item
	End   int  // the position after it
	Total *int // how many items the list has, if it says so
	More  bool // whether the list goes on after it
}

// Windows yields the items of a list that is cut by position, newer ones
// first, beginning with the window that first is in. Items that come a second
// time are left out.
//
// What is removed before a position moves the rest up. A total that shrinks
// tells: the walk goes back by as much, so that nothing is lost which stays.
// (An item that is added at the front as another one is removed makes up for
// it.) The errors are those of [All].
func Windows[T any](provider, op string, first int, id func(T) string, fetch func(position int) (Window[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		var total *int
		items := newFresh(id)
		begin, covered := first, first // what is between was handed out
		for begun := false; items.stale < maxStale; begun = true {
			window, err := fetch(covered)
			if err != nil {
				yield(zero, err)
				return
			}
			if !begun {
				begin, covered = window.Start, window.Start
			}
			if total != nil && window.Total != nil && *window.Total < *total {
				covered = max(begin, covered-(*total-*window.Total))
			}
			total = window.Total
			if !items.yield(window.Items, yield) {
				return
			}
			if window.Start > covered {
				continue // there is something before it
			}
			covered = max(covered, window.End)
			if !window.More {
				return
			}
		}
		yield(zero, circle(provider, op))
	}
}

// Offsets yields the items of a list that is cut by offset and limit and does
// not say how many there are. It ends where there is nothing more, not at a
// page that is short. Items that come a second time are left out.
//
// Each page begins with the last item of the one before. If that is not so,
// something was removed and the rest moved up: the walk goes back until it
// meets what it knows, so that nothing is lost which stays. A server that does
// not know pages is recognized by more than limit items, or by the same ones
// again. The errors are those of [All], and one for an item without an id where
// a page ends.
func Offsets[T any](provider, op string, first, limit int, id func(T) string, fetch func(offset, limit int) ([]T, error)) iter.Seq2[T, error] {
	limit = max(limit, 2) // one of them is known
	return func(yield func(T, error) bool) {
		var zero T
		items := newFresh(id)
		var before []string
		for offset, back := first, limit-1; items.stale < maxStale; {
			page, err := fetch(offset, limit)
			if err != nil {
				yield(zero, err)
				return
			}
			known := offset == first || len(page) > 0 && items.seen[id(page[0])]
			if !items.yield(page, yield) {
				return
			}
			ids := make([]string, len(page))
			for i, item := range page {
				ids[i] = id(item)
			}
			again := items.stale > 0 && slices.Equal(ids, before)
			before = ids
			switch {
			case len(ids) > 0 && ids[len(ids)-1] == "":
				yield(zero, nameless(provider, op))
				return
			case !known:
				offset, back = max(first, offset-back), 2*back
			case len(page) == 0, len(page) > limit, len(page) == 1 && items.stale > 0, again && len(page) < limit:
				return
			default:
				offset, back = offset+len(page)-1, limit-1
			}
		}
		yield(zero, circle(provider, op))
	}
}
