package mockserver

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// counts are how many requests ended in which way, in all namespaces since
// the server began. There are as many of them as operations and outcomes:
// nothing that a client sends makes more.
type counts struct {
	mu sync.Mutex
	of map[countKey]uint64
}

type countKey struct {
	api     API
	op      Op
	outcome Outcome
}

func (c *counts) add(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = make(map[countKey]uint64)
	}
	c.of[countKey{e.api, e.op, e.outcome}]++
}

// metrics answers in the text format of Prometheus.
func (c *adminCall) metrics() error {
	s := c.server
	type sample struct {
		countKey
		count uint64
	}
	var samples []sample
	s.counts.mu.Lock()
	for key, count := range s.counts.of {
		samples = append(samples, sample{key, count})
	}
	s.counts.mu.Unlock()
	slices.SortFunc(samples, func(a, b sample) int {
		return cmp.Or(cmp.Compare(a.api, b.api), cmp.Compare(a.op, b.op), cmp.Compare(a.outcome, b.outcome))
	})

	var out strings.Builder
	metric := func(name, kind, help string) {
		fmt.Fprintf(&out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
	}
	metric("mockserver_requests_total", "counter", "Requests that ended, by operation and outcome.")
	for _, one := range samples {
		fmt.Fprintf(&out, "mockserver_requests_total{api=%q,op=%q,outcome=%q} %d\n", one.api, one.op, one.outcome, one.count)
	}
	active, dropped := 0, 0
	namespaces := s.Namespaces()
	for _, n := range namespaces {
		n.mu.Lock()
		active += n.active
		dropped += n.journal.dropped
		n.mu.Unlock()
	}
	metric("mockserver_requests_in_flight", "gauge", "Requests that are being served.")
	fmt.Fprintf(&out, "mockserver_requests_in_flight %d\n", active)
	metric("mockserver_journal_dropped", "gauge", "Requests that the journals have forgotten.")
	fmt.Fprintf(&out, "mockserver_journal_dropped %d\n", dropped)
	metric("mockserver_namespaces", "gauge", "Namespaces, with the default one.")
	fmt.Fprintf(&out, "mockserver_namespaces %d\n", len(namespaces))
	metric("mockserver_uptime_seconds", "gauge", "How long the server has been running.")
	fmt.Fprintf(&out, "mockserver_uptime_seconds %.3f\n", time.Since(s.began).Seconds())

	c.w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	c.w.WriteHeader(http.StatusOK)
	c.w.Write([]byte(out.String())) //nolint:errcheck // the client went away
	return nil
}
