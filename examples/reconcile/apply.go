package main

import (
	"context"
	"errors"
	"fmt"

	agentclients "github.com/agentclients/agentclients-go"
)

// apply does what is there to do, one agent after the other. It goes on after
// an error, but removes nothing then.
func (r *reconciler) apply(ctx context.Context, agents []agent, stale []record) error {
	fmt.Fprintln(r.out, "Apply:")
	var failed []error
	counts := map[string]int{}
	for i, a := range agents {
		change, err := r.applyOne(ctx, a)
		if err != nil {
			failed = append(failed, r.failed(a.record(), err))
			continue
		}
		counts[string(change)]++
		fmt.Fprintf(r.out, "  [%d/%d] %v: %s\n", i+1, len(agents), a.record(), change)
	}
	if r.prune && len(failed) == 0 {
		for _, old := range stale {
			if err := r.remove(ctx, old, counts); err != nil {
				failed = append(failed, r.failed(old, err))
			}
		}
	}
	fmt.Fprintf(r.out, "%d created, %d updated, %d unchanged, %d removed, %d failed\n",
		counts[string(agentclients.Created)], counts[string(agentclients.Updated)], counts[string(agentclients.Unchanged)], counts["removed"], len(failed))
	return errors.Join(failed...)
}

// applyOne notes that an agent is managed before there may be one: whatever
// happens then, it can be found again.
func (r *reconciler) applyOne(ctx context.Context, a agent) (agentclients.Change, error) {
	managed := a.record()
	old := r.state.find(managed)
	if old != nil {
		managed.ID = old.ID
	}
	if err := r.state.put(managed); err != nil {
		return "", err
	}
	done := r.waiting("working on", managed)
	id, change, err := a.ensure(ctx, r.clients)
	done()
	switch {
	case err == nil:
		managed.ID = id
		err = r.state.put(managed)
	case old == nil && !errors.Is(err, agentclients.ErrOutcomeUnknown):
		err = errors.Join(err, r.state.drop(managed)) // nothing was made
	}
	return change, err
}

// remove removes an agent that is not in the file any more.
func (r *reconciler) remove(ctx context.Context, old record, counts map[string]int) error {
	k, _ := kindOf(old.API)
	done := r.waiting("removing", old)
	err := k.remove(ctx, r.clients, old)
	done()
	switch {
	case errors.Is(err, errNoDelete):
		fmt.Fprintf(r.out, "  ! %v: stays: %v\n", old, err)
		return nil // the plan said so; it is told again until somebody deleted it
	case errors.Is(err, agentclients.ErrNotFound):
		fmt.Fprintf(r.out, "  - %v: was gone already\n", old)
	case err != nil:
		return err
	default:
		counts["removed"]++
		fmt.Fprintf(r.out, "  - %v: %s\n", old, k.removes)
	}
	return r.state.drop(old)
}
