package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

// reconciler makes the agents of the APIs be those of the file.
type reconciler struct {
	out      io.Writer
	clients  *clients
	state    *state
	prune    bool
	dryRun   bool
	patience time.Duration // with silence
}

// run plans, and then does it. Nothing is done if something cannot be read.
func (r *reconciler) run(ctx context.Context, agents []agent) error {
	stale := r.stale(agents)
	if err := r.plan(ctx, agents, stale); err != nil || r.dryRun {
		return err
	}
	return r.apply(ctx, agents, stale)
}

// stale returns the agents that are managed and not in the file any more.
func (r *reconciler) stale(agents []agent) []record {
	wanted := map[record]bool{}
	for _, a := range agents {
		wanted[a.record().identity()] = true
	}
	var stale []record
	for _, old := range r.state.Agents {
		if !wanted[old.identity()] {
			stale = append(stale, old)
		}
	}
	return stale
}

// plan prints what is there to do: + to create, ~ to update and in what, =
// nothing, - to remove, ! what cannot be done.
func (r *reconciler) plan(ctx context.Context, agents []agent, stale []record) error {
	fmt.Fprintln(r.out, "Plan:")
	var failed []error
	for _, a := range agents {
		done := r.waiting("reading", a.record())
		found, err := a.look(ctx, r.clients)
		done()
		switch {
		case err != nil:
			failed = append(failed, r.failed(a.record(), err))
		case found.id == "":
			fmt.Fprintf(r.out, "  + %v\n", a.record())
		case len(found.lacks) == 0:
			fmt.Fprintf(r.out, "  = %v\n", a.record())
		default:
			fmt.Fprintf(r.out, "  ~ %v\n", a.record())
			for _, lack := range found.lacks {
				fmt.Fprintf(r.out, "      %v\n", lack)
			}
		}
	}
	for _, old := range stale {
		k, known := kindOf(old.API)
		switch {
		case !known:
			failed = append(failed, r.failed(old, fmt.Errorf("unknown API, there are %s", apiNames())))
		case !r.prune:
			fmt.Fprintf(r.out, "    %v: not in the file any more; -prune removes it\n", old)
		case k.removes == "":
			fmt.Fprintf(r.out, "  ! %v: stays: %v\n", old, errNoDelete)
		default:
			fmt.Fprintf(r.out, "  - %v (%s)\n", old, k.removes)
		}
	}
	return errors.Join(failed...)
}

// failed prints what went wrong with an agent, and returns it as an error.
func (r *reconciler) failed(of record, err error) error {
	err = fmt.Errorf("%v: %w", of, err)
	if errors.Is(err, agentclients.ErrOutcomeUnknown) {
		fmt.Fprintf(r.out, "  ? %v\n    it may have been done or not; the next run looks first\n", err)
	} else {
		fmt.Fprintf(r.out, "  ! %v\n", err)
	}
	return err
}

// waiting prints now and then that something still takes time, until it is
// done.
func (r *reconciler) waiting(what string, of record) (done func()) {
	start, end, ended := time.Now(), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(r.patience)
		defer ticker.Stop()
		for {
			select {
			case <-end:
				return
			case <-ticker.C:
				fmt.Fprintf(r.out, "    still %s %v (%v)\n", what, of, time.Since(start).Round(time.Second))
			}
		}
	}()
	return func() {
		close(end)
		<-ended
	}
}
