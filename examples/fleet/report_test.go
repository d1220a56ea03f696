package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/agentclients/agentclients-go/examples/fleet/queue"
)

func TestSharesAddUp(t *testing.T) {
	for _, agents := range []int{1, 7, 500, 9999} {
		sum := 0
		for _, share := range shares(agents) {
			sum += share
		}
		if sum != agents {
			t.Errorf("the shares of %d agents are %v", agents, shares(agents))
		}
	}
	if got := shares(500)["phoneagents"]; got != 120 {
		t.Errorf("phoneagents has %d of 500", got)
	}
}

// TestEachAgentHasANameAndAKeyOfItsOwn, and the keys stay the same.
func TestEachAgentHasANameAndAKeyOfItsOwn(t *testing.T) {
	for _, a := range apis {
		seen := map[string]bool{}
		for _, job := range append(a.jobs("one", 50), a.jobs("two", 50)...) {
			if seen[job.Name] || job.Key != "" && seen[job.Key] || (job.Key == "") != (a.key == nil) {
				t.Errorf("%s: %+v", a.name, job)
			}
			seen[job.Name], seen[job.Key] = true, true
		}
		if a.jobs("one", 2)[1] != a.jobs("one", 50)[1] {
			t.Errorf("%s: the second job depends on how many there are", a.name)
		}
	}
}

func TestProgress(t *testing.T) {
	half := queue.Count{Wanted: 4, Done: 1, Doubtful: 1}
	var out bytes.Buffer
	bar := &screen{out: &out, terminal: true}
	bar.progress(half)
	bar.line("worker 2 ended")
	bar.end()
	if want := "\r[" + strings.Repeat("#", 20) + strings.Repeat(".", 20) + "] 1 of 4 agents, 1 doubtful\x1b[K" + "\r\x1b[Kworker 2 ended\n\n"; out.String() != want {
		t.Errorf("a terminal gets %q, want %q", out.String(), want)
	}

	out.Reset()
	lines := &screen{out: &out}
	lines.progress(half)
	lines.progress(half)                                         // nothing new
	lines.progress(queue.Count{Wanted: 4, Done: 2, Doubtful: 1}) // too soon
	lines.next = time.Time{}
	lines.progress(queue.Count{Wanted: 4, Done: 2, Failed: 1})
	lines.progress(queue.Count{Wanted: 4, Done: 4}) // the end is always told
	lines.end()
	if want := "1 of 4 agents, 1 doubtful\n2 of 4 agents, 1 failed\n4 of 4 agents\n"; out.String() != want {
		t.Errorf("a file gets %q, want %q", out.String(), want)
	}
}

func TestVerdict(t *testing.T) {
	good := row{api: "orq", Count: queue.Count{Wanted: 2, Done: 2}, onServer: 2}
	if err := verdict([]row{good, good}); err != nil {
		t.Error(err)
	}
	for want, bad := range map[string]row{
		"orq: 1 doubtful":               {api: "orq", Count: queue.Count{Wanted: 2, Done: 1, Doubtful: 1}, onServer: 2},
		"orq: 1 failed":                 {api: "orq", Count: queue.Count{Wanted: 2, Done: 1, Failed: 1}, onServer: 1},
		"orq: 2 not made":               {api: "orq", Count: queue.Count{Wanted: 2}},
		"orq: 1 too many on the server": {api: "orq", Count: queue.Count{Wanted: 2, Done: 2}, onServer: 3},
	} {
		if err := verdict([]row{good, bad}); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
