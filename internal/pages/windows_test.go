package pages

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
)

// server has a list, the newest item first, that changes while it is read.
type server struct {
	items    []string
	atMost   int // items in a page, whatever was asked for
	requests int
}

func newServer(n int) *server {
	s := &server{atMost: 50}
	for i := range n {
		s.items = append(s.items, fmt.Sprint(i))
	}
	return s
}

func (s *server) page(offset, limit int) ([]string, error) {
	s.requests++
	from := min(offset, len(s.items))
	return slices.Clone(s.items[from:min(from+min(limit, s.atMost), len(s.items))]), nil
}

func (s *server) remove(item string) {
	s.items = slices.DeleteFunc(s.items, func(other string) bool { return other == item })
}

func (s *server) add(item string) { s.items = slices.Insert(s.items, 0, item) }

func self(item string) string { return item }

func nobody(string) string { return "" }

// walks are the ways to walk the list of a server, pages of 10.
var walks = map[string]func(*server) iter.Seq2[string, error]{
	"with offsets": func(s *server) iter.Seq2[string, error] {
		return Offsets("test", "list things", 0, 10, self, s.page)
	},
	"with a total": func(s *server) iter.Seq2[string, error] {
		return Windows("test", "list things", 0, self, func(position int) (Window[string], error) {
			items, err := s.page(position, 10)
			end := position + len(items)
			return Window[string]{items, position, end, new(len(s.items)), end < len(s.items)}, err
		})
	},
	"with numbers": func(s *server) iter.Seq2[string, error] {
		return Windows("test", "list things", 0, self, func(position int) (Window[string], error) {
			start := position / 10 * 10
			items, err := s.page(start, 10)
			return Window[string]{items, start, start + 10, new(len(s.items)), start+10 < len(s.items)}, err
		})
	},
}

// Changing the list while walking loses nothing that stays, and repeats
// nothing.
func TestWalksOfAListThatChanges(t *testing.T) {
	changes := map[string]func(s *server, n int, item string){
		"nothing":                   func(*server, int, string) {},
		"each item is removed":      func(s *server, _ int, item string) { s.remove(item) },
		"each second item":          func(s *server, n int, item string) { remove(s, n%2 == 0, item) },
		"the last item of a page":   func(s *server, n int, item string) { remove(s, n%10 == 9, item) },
		"the first item":            func(s *server, n int, _ string) { remove(s, true, s.items[0]) },
		"whole pages":               func(s *server, n int, _ string) { remove(s, n == 15, s.items[:min(15, len(s.items))]...) },
		"nearly all":                func(s *server, n int, _ string) { remove(s, n == 45, s.items[:min(44, len(s.items))]...) },
		"items are added":           func(s *server, n int, _ string) { add(s, n) },
		"a page of items is added":  func(s *server, n int, _ string) { addPage(s, n) },
		"one is added, one removed": func(s *server, n int, item string) { s.remove(item); add(s, n) },
	}
	for name, walk := range walks {
		for change, apply := range changes {
			for _, size := range []int{0, 1, 2, 9, 10, 11, 50, 55} {
				t.Run(fmt.Sprintf("%s, %s, %d items", name, change, size), func(t *testing.T) {
					s := newServer(size)
					original := slices.Clone(s.items)
					var got []string
					for item, err := range walk(s) {
						if err != nil {
							t.Fatal(err)
						}
						if slices.Contains(got, item) {
							t.Fatalf("%s came again after %v", item, got)
						}
						got = append(got, item)
						if len(s.items) > 0 {
							apply(s, len(got)-1, item)
						}
					}
					for _, item := range s.items {
						if slices.Contains(original, item) && !slices.Contains(got, item) {
							t.Errorf("%s stays and did not come: %v", item, got)
						}
					}
				})
			}
		}
	}
}

func remove(s *server, now bool, items ...string) {
	if now {
		for _, item := range slices.Clone(items) {
			s.remove(item)
		}
	}
}

func add(s *server, n int) {
	if n < 60 { // else the list never ends
		s.add(fmt.Sprint("new ", n))
	}
}

func addPage(s *server, n int) {
	if n < 60 && n%10 == 9 {
		for i := range 10 {
			s.add(fmt.Sprint("new ", n, " ", i))
		}
	}
}

// A list ends where the server says so, not at a short page.
func TestOffsetsOfAServerWithSmallerPages(t *testing.T) {
	s := newServer(120)
	got := 0
	for _, err := range Offsets("test", "list things", 0, 100, self, s.page) {
		if err != nil {
			t.Fatal(err)
		}
		got++
	}
	if got != 120 || s.requests != 4 {
		t.Errorf("%d items in %d requests", got, s.requests)
	}
}

// A server that gives the same page for every offset, or empty ones forever,
// does not keep anybody forever.
func TestWalksEnd(t *testing.T) {
	same := []string{"a", "b"}
	for _, test := range []struct {
		name                  string
		walk                  func(fetched *int) iter.Seq2[string, error]
		items, errs, requests int
	}{
		{"a server without pages", func(n *int) iter.Seq2[string, error] {
			return Offsets("test", "list things", 0, 10, self, func(int, int) ([]string, error) { *n++; return same, nil })
		}, 2, 0, 2},
		{"a server without pages and limits", func(n *int) iter.Seq2[string, error] {
			return Offsets("test", "list things", 0, 2, self, func(int, int) ([]string, error) { *n++; return []string{"a", "b", "c"}, nil })
		}, 3, 0, 1},
		{"a full page again and again", func(n *int) iter.Seq2[string, error] {
			return Offsets("test", "list things", 5, 2, self, func(int, int) ([]string, error) { *n++; return same, nil })
		}, 2, 1, 1 + maxStale},
		{"windows of the same", func(n *int) iter.Seq2[string, error] {
			return Windows("test", "list things", 0, self, func(position int) (Window[string], error) {
				*n++
				return Window[string]{Items: same, Start: position, End: position + 2, More: true}, nil
			})
		}, 2, 1, 1 + maxStale},
		{"items without ids", func(n *int) iter.Seq2[string, error] {
			return Offsets("test", "list things", 0, 10, nobody, func(offset, _ int) ([]string, error) { *n++; return same[min(offset, 2):], nil })
		}, 2, 1, 1},
		{"windows of items without ids", func(n *int) iter.Seq2[string, error] {
			return Windows("test", "list things", 0, nobody, func(position int) (Window[string], error) {
				*n++
				return Window[string]{Items: same, Start: position, End: position + 2, More: true}, nil
			})
		}, 2 * maxStale, 1, maxStale},
		{"windows of items without ids that end", func(n *int) iter.Seq2[string, error] {
			return Windows("test", "list things", 0, nobody, func(position int) (Window[string], error) {
				*n++
				return Window[string]{Items: same, Start: position, End: position + 2, More: position < 6}, nil
			})
		}, 8, 0, 4},
		{"empty windows", func(n *int) iter.Seq2[string, error] {
			return Windows("test", "list things", 0, self, func(position int) (Window[string], error) {
				*n++
				return Window[string]{Start: position, End: position, More: true}, nil
			})
		}, 0, 1, maxStale},
		{"a total that shrinks forever", func(n *int) iter.Seq2[string, error] {
			return Windows("test", "list things", 0, self, func(position int) (Window[string], error) {
				*n++
				return Window[string]{Items: same, Start: position, End: position + 2, Total: new(1000 - *n), More: true}, nil
			})
		}, 2, 1, 1 + maxStale},
		{"a failure", func(n *int) iter.Seq2[string, error] {
			return Windows("test", "list things", 0, self, func(int) (Window[string], error) { *n++; return Window[string]{}, agentclients.ErrDecode })
		}, 0, 1, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			type outcome struct{ Items, Errs, Requests int }
			var got outcome
			for _, err := range test.walk(&got.Requests) {
				if err == nil {
					got.Items++
				} else if got.Errs++; !errors.Is(err, agentclients.ErrDecode) {
					t.Error(err)
				}
			}
			if diff := cmp.Diff(outcome{test.items, test.errs, test.requests}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
