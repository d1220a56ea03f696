package admin

import (
	"fmt"
	"net/http"
	"strings"
)

// metrics responds in the text format of Prometheus.
func (c *call) metrics() error {
	var out strings.Builder
	metric := func(name, kind, help string) {
		fmt.Fprintf(&out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
	}
	metric("agentmock_requests_total", "counter", "Requests that ended, by operation and outcome.")
	for _, one := range c.engine.Samples() {
		fmt.Fprintf(&out, "agentmock_requests_total{api=%q,op=%q,outcome=%q} %d\n", one.API, one.Operation, one.Outcome, one.Count)
	}
	metric("agentmock_foreign_requests_total", "counter", "Requests that were refused because web pages of others sent them.")
	fmt.Fprintf(&out, "agentmock_foreign_requests_total %d\n", c.engine.ForeignRequests())
	active, dropped := 0, 0
	worlds := c.engine.Worlds()
	for _, w := range worlds {
		activity := w.Activity()
		active += activity.Active
		dropped += activity.Dropped
	}
	metric("agentmock_requests_in_flight", "gauge", "Requests that are being served.")
	fmt.Fprintf(&out, "agentmock_requests_in_flight %d\n", active)
	metric("agentmock_journal_dropped", "gauge", "Requests that the journals have forgotten.")
	fmt.Fprintf(&out, "agentmock_journal_dropped %d\n", dropped)
	metric("agentmock_namespaces", "gauge", "Namespaces, with the default one.")
	fmt.Fprintf(&out, "agentmock_namespaces %d\n", len(worlds))
	metric("agentmock_uptime_seconds", "gauge", "How long the server has been running.")
	fmt.Fprintf(&out, "agentmock_uptime_seconds %.3f\n", c.engine.Uptime().Seconds())

	c.w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	c.w.WriteHeader(http.StatusOK)
	c.w.Write([]byte(out.String())) //nolint:errcheck // the client went away
	return nil
}
