package engine

import (
	"cmp"
	"slices"
	"sync"

	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// Sample is how many requests to an operation ended in one way.
type Sample struct {
	API, Operation string
	Outcome        journal.Outcome
	Count          uint64
}

// counts are how many requests ended in which way, in all worlds since the
// engine began. There are as many of them as operations and outcomes: nothing
// that a client sends makes more.
type counts struct {
	mu sync.Mutex
	of map[Sample]uint64 // by samples without a count
}

func (c *counts) add(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = make(map[Sample]uint64)
	}
	c.of[Sample{API: e.api(), Operation: e.op, Outcome: e.outcome}]++
}

// Samples returns the counts, ordered by API, operation and outcome.
func (e *Engine) Samples() []Sample {
	e.counts.mu.Lock()
	defer e.counts.mu.Unlock()
	var samples []Sample
	for sample, count := range e.counts.of {
		sample.Count = count
		samples = append(samples, sample)
	}
	slices.SortFunc(samples, func(a, b Sample) int {
		return cmp.Or(cmp.Compare(a.API, b.API), cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Outcome, b.Outcome))
	})
	return samples
}
