package agentclients_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// The promise about Ensure methods: whatever state they find and whatever
// happens to their requests, what they report is true, and the next one puts
// right what is left to do. The one after that only reads.

// state is what an Ensure method finds.
type state string

const (
	nothing  state = "nothing"
	same     state = "the same"
	other    state = "another"
	archived state = "an archived one"
	staged   state = "one that is not deployed"
)

// change is what an Ensure method that succeeds has to do about it.
func (s state) change() agentclients.Change {
	switch s {
	case nothing, archived:
		return agentclients.Created
	case same:
		return agentclients.Unchanged
	}
	return agentclients.Updated
}

// ensurer is an Ensure method.
type ensurer struct {
	name          string
	api           string
	keyed         bool // two programs cannot make two
	reads, writes []string
	variants      []string // of the server, each tried beside the documented one
	states        []state
	connect       func(t *testing.T, options agentclients.Options) ensured
}

// ensured is what it is called on.
type ensured struct {
	ensure func(context.Context) (agentclients.Change, error)
	// put makes a state that is not nothing.
	put func(context.Context, state) error
	// lacks says how many there are, and what the last one lacks.
	lacks func(context.Context) (count int, lacks []agentclients.FieldDiff, err error)
}

// mocked returns a mock and what is called on it.
func (e ensurer) mocked(t *testing.T, found state, variants ...string) (*mockserver.Server, ensured) {
	t.Helper()
	mock, err := mockserver.InMemory(mockserver.Config{Variants: variants})
	if err != nil {
		t.Fatal(err)
	}
	on := e.connect(t, agentclients.Options{BaseURL: mock.URL(e.api), HTTPClient: mock.Client()})
	if found != nothing {
		if err := on.put(t.Context(), found); err != nil {
			t.Fatal(err)
		}
	}
	return mock, on
}

// written returns how many writes a mock has seen.
func (e ensurer) written(mock *mockserver.Server) (n int) {
	for _, op := range e.writes {
		n += mock.Count(journal.Match{Op: op})
	}
	return n
}

// check fails the test unless there is one, and it is what was asked for.
func (on ensured) check(t *testing.T, when string) {
	t.Helper()
	if count, lacks, err := on.lacks(t.Context()); count != 1 || len(lacks) > 0 || err != nil {
		t.Errorf("%s: %d, which lacks %v, %v", when, count, lacks, err)
	}
}

// run makes one call that meets a fault so often, and then two that do not.
func (e ensurer) run(t *testing.T, found state, op string, faults []fault.Fault, variants ...string) {
	t.Helper()
	mock, on := e.mocked(t, found, variants...)
	defer mock.Close()
	rule := mock.Fail(op, faults...)
	when := fmt.Sprintf("%s, finds %s on %v, %s %v", e.name, found, variants, op, faults)

	change, err := on.ensure(t.Context())
	rule.Remove()
	if err == nil {
		on.check(t, when)
		if change != found.change() {
			t.Errorf("%s: said %s", when, change)
		}
	} else if count, _, lost := on.lacks(t.Context()); found == nothing && count > 0 && !errors.Is(err, agentclients.ErrOutcomeUnknown) || lost != nil {
		t.Errorf("%s: there are %d after %v, %v", when, count, err, lost)
	}

	if _, err := on.ensure(t.Context()); err != nil {
		t.Errorf("%s: the next one: %v", when, err)
	}
	on.check(t, when+", and the next one")
	before := e.written(mock)
	change, err = on.ensure(t.Context())
	if after := e.written(mock); change != agentclients.Unchanged || err != nil || after != before {
		t.Errorf("%s: the third one: %s, %v, %d writes", when, change, err, after-before)
	}
}

func TestEnsurePromise(t *testing.T) {
	for _, e := range ensurers {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for _, found := range e.states {
					for _, op := range slices.Concat(e.reads, e.writes) {
						for _, one := range faultsThatMatter() {
							e.run(t, found, op, []fault.Fault{one}, e.variants...)
							e.run(t, found, op, []fault.Fault{one, one, one})
						}
					}
				}
			})
		})
	}
}

// TestEnsureOnlyReadsWhatIsThere: nothing is written to what is as it should
// be, from the first call on.
func TestEnsureOnlyReadsWhatIsThere(t *testing.T) {
	for _, e := range ensurers {
		for _, variants := range [][]string{nil, e.variants} {
			mock, on := e.mocked(t, same, variants...)
			before := e.written(mock)
			if change, err := on.ensure(t.Context()); change != agentclients.Unchanged || err != nil || e.written(mock) != before {
				t.Errorf("%s: %s, %v, %d writes", e.name, change, err, e.written(mock)-before)
			}
			mock.Close()
		}
	}
}

// TestEnsureFromManyPrograms: where the API has a key there is one, and one
// program has made it. Where it has none there may be several, and the next
// Ensure refuses them.
func TestEnsureFromManyPrograms(t *testing.T) {
	for _, e := range ensurers {
		for _, found := range e.states {
			t.Run(e.name+", finds "+string(found), func(t *testing.T) {
				mock, on := e.mocked(t, found)
				defer mock.Close()
				var created atomic.Int32
				var group sync.WaitGroup
				for range 8 {
					group.Go(func() {
						change, err := on.ensure(t.Context())
						if change == agentclients.Created {
							created.Add(1)
						}
						if err != nil && (e.keyed || !errors.Is(err, agentclients.ErrConflict)) {
							t.Error(err)
						}
					})
				}
				group.Wait()
				if count, _, err := on.lacks(t.Context()); err != nil || count != 1 && e.keyed {
					t.Fatalf("%d of them, %v", count, err)
				} else if count > 1 {
					if _, err := on.ensure(t.Context()); !errors.Is(err, agentclients.ErrConflict) {
						t.Errorf("%d of them: %v", count, err)
					}
					return
				}
				on.check(t, "afterwards")
				if n := created.Load(); found == nothing && n != 1 || found.change() != agentclients.Created && n != 0 {
					t.Errorf("created %d times", n)
				}
			})
		}
	}
}
