// Package ensure makes what exists on a server be what a request says. A
// provider says how to read, create and change it.
package ensure

import (
	"errors"
	"fmt"
	"strings"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/diff"
	"github.com/agentclients/agentclients-go/internal/validate"
)

// Keyed is something of which a server has at most one under a key.
type Keyed[T any] struct {
	// Read returns nil if there is none.
	Read func() (*T, error)
	// Create fails with a conflict if there is one.
	Create func() (*T, error)
	// Change makes what there is be what was asked for.
	Change func(before *T) (*T, agentclients.Change, error)
}

// rounds is how often Ensure looks again when the thing appears or is gone
// while it works.
const rounds = 3

// Ensure returns the thing as it is then, and what was done.
func (k Keyed[T]) Ensure() (*T, agentclients.Change, error) {
	var err error
	for range rounds {
		var before, after *T
		var change agentclients.Change
		if before, err = k.Read(); err != nil {
			return nil, "", err
		}
		if before == nil {
			if after, change, err = created(k.Create()); !isThere(err) {
				return after, change, err
			}
			continue
		}
		if after, change, err = k.Change(before); !errors.Is(err, agentclients.ErrNotFound) {
			return after, change, err
		}
	}
	return nil, "", err
}

// Named is something that is told by its name, of which a server may have many.
type Named[T any] struct {
	Provider string
	// Find returns all that have the name.
	Find func() ([]T, error)
	// Create makes one more. On a server whose names are unique it fails with a
	// conflict if there is one.
	Create func() (*T, error)
	// Change makes what was found be what was asked for.
	Change func(found *T) (*T, agentclients.Change, error)
}

// Ensure returns the thing as it is then, and what was done. Several of one
// name are a conflict.
func (n Named[T]) Ensure() (*T, agentclients.Change, error) {
	var err error
	for range rounds {
		var found []T
		var after *T
		var change agentclients.Change
		found, err = n.Find()
		switch {
		case err != nil:
			return nil, "", err
		case len(found) > 1:
			return nil, "", Refuse(n.Provider, fmt.Errorf("%w: %d agents have the name", agentclients.ErrConflict, len(found)))
		case len(found) == 1:
			if after, change, err = n.Change(&found[0]); !errors.Is(err, agentclients.ErrNotFound) {
				return after, change, err
			}
		default:
			if after, change, err = created(n.Create()); !isThere(err) {
				return after, change, err
			}
		}
	}
	return nil, "", err
}

// CheckName reports what would keep a thing from being found by its name the
// next time, so that another one would be made each time.
func CheckName(provider, name string, extra map[string]any) error {
	var problems validate.Problems
	problems.NotExtra("name", extra)
	if strings.TrimSpace(name) != name {
		problems.Add("name", "must not have white space at its ends: a server that takes it away has no agent of this name")
	}
	return problems.Err(provider, op)
}

const op = "ensure agent"

// Renamed returns the error of a change of what has another name by now, which
// is as good as gone.
func Renamed(provider string) error {
	return Refuse(provider, fmt.Errorf("%w: the agent was renamed meanwhile", agentclients.ErrNotFound))
}

// Refuse returns the error of an Ensure that found what it cannot change.
func Refuse(provider string, err error) error {
	return &agentclients.Error{Provider: provider, Op: op, Err: err}
}

// IfThere makes of what a read returned what Keyed.Read returns.
func IfThere[T any](value *T, err error) (*T, error) {
	if errors.Is(err, agentclients.ErrNotFound) {
		return nil, nil
	}
	return value, err
}

// isThere reports whether the error of a create says that somebody else made
// the thing meanwhile.
func isThere(err error) bool {
	return errors.Is(err, agentclients.ErrConflict) && !errors.Is(err, agentclients.ErrOutcomeUnknown)
}

func created[T any](value *T, err error) (*T, agentclients.Change, error) {
	if err != nil {
		return nil, "", err
	}
	return value, agentclients.Created, nil
}

// Updated says what an update came to: nothing, if after is what before was
// but for members that change by themselves.
func Updated[T any](before, after *T, err error, own ...string) (*T, agentclients.Change, error) {
	switch {
	case err != nil:
		return nil, "", err
	case diff.Same(after, before, own...):
		return after, agentclients.Unchanged, nil
	}
	return after, agentclients.Updated, nil
}
