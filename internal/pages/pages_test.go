package pages

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
)

func letter(item int) string { return string(rune('a' + item)) }

// walk collects what All yields, until stop items came.
func walk(list map[string]Page[int, string], stop int) (items, cursors []string, errs []error) {
	fetch := func(cursor string) (Page[int, string], error) {
		cursors = append(cursors, cursor)
		page, ok := list[cursor]
		if !ok {
			return page, errBroken
		}
		return page, nil
	}
	for item, err := range All("test", "list things", "", letter, fetch) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		items = append(items, letter(item))
		if len(items) == stop {
			break
		}
	}
	return items, cursors, errs
}

var errBroken = errors.New("broken")

func TestAll(t *testing.T) {
	list := map[string]Page[int, string]{
		"":  {Items: []int{0, 1}, Next: "2", More: true},
		"2": {Next: "3", More: true}, // an empty page is not the end
		"3": {Items: []int{2}, Next: "4"},
	}
	for stop, want := range map[int]struct{ items, cursors []string }{
		0: {[]string{"a", "b", "c"}, []string{"", "2", "3"}},
		1: {[]string{"a"}, []string{""}},
		2: {[]string{"a", "b"}, []string{""}},
		3: {[]string{"a", "b", "c"}, []string{"", "2", "3"}},
	} {
		items, cursors, errs := walk(list, stop)
		if diff := cmp.Diff(want.items, items) + cmp.Diff(want.cursors, cursors); diff != "" || len(errs) > 0 {
			t.Errorf("stop after %d: %v, (-want +got):\n%s", stop, errs, diff)
		}
	}
}

func TestAllGivesAnErrorOnce(t *testing.T) {
	items, cursors, errs := walk(map[string]Page[int, string]{"": {Items: []int{0}, Next: "2", More: true}}, 0)
	if len(items) != 1 || len(cursors) != 2 || len(errs) != 1 || !errors.Is(errs[0], errBroken) {
		t.Errorf("%v %v %v", items, cursors, errs)
	}
}

// A list whose pages lead back to one that was read is an error, not an
// endless loop.
func TestAllNoticesCircles(t *testing.T) {
	for _, back := range []string{"", "2"} {
		items, cursors, errs := walk(map[string]Page[int, string]{
			"":  {Items: []int{0}, Next: "2", More: true},
			"2": {Items: []int{1}, Next: back, More: true},
		}, 0)
		if len(items) != 2 || len(cursors) != 2 || len(errs) != 1 || !errors.Is(errs[0], agentclients.ErrDecode) {
			t.Errorf("back to %q: %v %v %v", back, items, cursors, errs)
		}
		var e *agentclients.Error
		if !errors.As(errs[0], &e) || e.Provider != "test" || e.Op != "list things" {
			t.Errorf("error does not say where: %v", errs[0])
		}
	}
}

// The sequence can be walked again.
func TestAllStartsAnew(t *testing.T) {
	all := All("test", "list things", 0, letter, func(int) (Page[int, int], error) { return Page[int, int]{Items: []int{7}}, nil })
	for range 2 {
		count := 0
		for range all {
			count++
		}
		if count != 1 {
			t.Errorf("%d items", count)
		}
	}
}

// Items that come a second time are left out, except for those without an id.
func TestAllLeavesOutWhatCameBefore(t *testing.T) {
	list := map[int]Page[string, int]{
		1: {Items: []string{"a", "b", "b", ""}, Next: 2, More: true},
		2: {Items: []string{"b", "c", ""}, Next: 3, More: true},
		3: {Items: []string{"a"}},
	}
	var got []string
	for item, err := range All("test", "list things", 1, func(item string) string { return item }, func(n int) (Page[string, int], error) { return list[n], nil }) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, item)
	}
	if diff := cmp.Diff([]string{"a", "b", "", "c", ""}, got); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
}
