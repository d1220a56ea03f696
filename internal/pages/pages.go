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
// at its beginning gives some items a second time, but not forever.
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
		used, items := map[C]bool{}, newFresh(id)
		for cursor := first; !used[cursor] && items.stale < maxStale; {
			used[cursor] = true
			page, err := fetch(cursor)
			if err != nil {
				yield(zero, err)
				return
			}
			if !items.yield(page.Items, yield) {
				return
			}
			if !page.More {
				return
			}
			cursor = page.Next
		}
		yield(zero, circle(provider, op))
	}
}

// nameless is the error of a walk that cannot go on after an item without an
// id.
func nameless(provider, op string) error {
	return &agentclients.Error{
		Provider: provider,
		Op:       op,
		Err:      fmt.Errorf("%w: an item has no id, so that it cannot be told where the list goes on", agentclients.ErrDecode),
	}
}

// circle is the error of a walk that would never end.
func circle(provider, op string) error {
	return &agentclients.Error{
		Provider: provider,
		Op:       op,
		Err:      fmt.Errorf("%w: the list does not move on: its pages come again", agentclients.ErrDecode),
	}
}

// fresh tells items that came before from new ones.
type fresh[T any] struct {
	id    func(T) string
	seen  map[string]bool
	stale int // pages in a row without anything new
}

func newFresh[T any](id func(T) string) *fresh[T] { return &fresh[T]{id: id, seen: map[string]bool{}} }

// yield hands out the new ones of the items of a page, and reports whether to
// go on.
func (f *fresh[T]) yield(items []T, yield func(T, error) bool) bool {
	f.stale++
	for _, item := range items {
		key := f.id(item)
		if key != "" && f.seen[key] {
			continue
		}
		f.seen[key] = true
		if key != "" { // nobody knows whether one without an id is new
			f.stale = 0
		}
		if !yield(item, nil) {
			return false
		}
	}
	return true
}
