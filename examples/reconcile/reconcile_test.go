package main

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// trial is a mock, and what is managed on it.
type trial struct {
	*mockserver.Server
	state *state
}

func newTrial(t *testing.T) trial {
	return trial{mockserver.StartInMemory(t, mockserver.Config{}), new(state)}
}

// run reconciles with a file and returns what was printed.
func (tr trial) run(t *testing.T, file string, change func(*reconciler)) (string, error) {
	t.Helper()
	agents, err := readFile("agents.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	r := &reconciler{out: &out, state: tr.state, patience: 5 * time.Second}
	if change != nil {
		change(r)
	}
	if err := r.connect(agents, mockOptions(tr.Server), true); err != nil {
		t.Fatal(err)
	}
	err = r.run(t.Context(), agents)
	return out.String(), err
}

// expect runs and fails the test unless these texts are printed.
func (tr trial) expect(t *testing.T, file string, change func(*reconciler), texts ...string) {
	t.Helper()
	out, err := tr.run(t, file, change)
	if err != nil {
		t.Error(err)
	}
	contains(t, out, texts...)
}

func contains(t *testing.T, out string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(out, text) {
			t.Errorf("does not print %q:\n%s", text, out)
		}
	}
}

// writes counts the requests that are no reads.
func (tr trial) writes() int {
	calls := tr.Calls(journal.Match{})
	return len(slices.DeleteFunc(calls, func(c journal.Call) bool { return c.Method == "GET" }))
}

func pruning(r *reconciler) { r.prune = true }

func TestSecondRunOnlyReads(t *testing.T) {
	tr := newTrial(t)
	tr.expect(t, string(sample), nil, "  + orq night.agent\n", "6 created, 0 updated, 0 unchanged, 0 removed, 0 failed\n")
	before := tr.writes()
	tr.expect(t, string(sample), pruning, "  = xpander Researcher\n", "0 created, 0 updated, 6 unchanged, 0 removed, 0 failed\n")
	if after := tr.writes(); before != 6 || after != before {
		t.Errorf("%d writes, then %d", before, after-before)
	}
}

func TestPlanShowsWhatDiffers(t *testing.T) {
	tr := newTrial(t)
	tr.expect(t, string(sample), nil)
	file := strings.NewReplacer(
		"tone: friendly", "tone: stern",
		"tags: [support, orders]", "tags: [support]",
		"max_iterations: 5", "max_iterations: 6",
		"prompt_support_v1", "prompt_support_v2",
		"Looks things up", "Looks everything up",
	).Replace(string(sample))
	plan := []string{
		"  ~ omniflow Reminders\n      settings: want map[tone:stern], have map[tone:friendly]\n",
		"  ~ agentloop Order desk\n      tags: want [support], have [support orders]\n",
		"  ~ orq support.agent\n      settings.max_iterations: want 6, have 5\n",
		"  = orq night.agent\n",
		"  ~ phoneagents WhatsApp desk\n      prompt_id: want \"prompt_support_v2\", have \"prompt_support_v1\"\n",
		"  ~ xpander Researcher\n      description: want \"Looks everything up\", have \"Looks things up\"\n",
	}
	before := tr.writes()
	tr.expect(t, file, func(r *reconciler) { r.dryRun = true }, plan...)
	if tr.writes() != before {
		t.Error("a dry run writes")
	}
	tr.expect(t, file, nil, append(plan, "0 created, 5 updated, 1 unchanged, 0 removed, 0 failed\n")...)
	tr.AssertCalls(t, mockserver.XpanderDeployAgent, 1)
	tr.expect(t, file, nil, "0 created, 0 updated, 6 unchanged, 0 removed, 0 failed\n")
}

// TestPrune takes agents out of the file, and puts them back.
func TestPrune(t *testing.T) {
	tr := newTrial(t)
	tr.expect(t, string(sample), nil)
	const others = "orq:\n  - {key: foreign, role: r, description: d, instructions: i, path: Default, model: openai/gpt-4o}\n"
	foreign := trial{tr.Server, new(state)} // somebody else's
	foreign.expect(t, others, nil, "1 created")

	const empty = "orq: []\n"
	tr.expect(t, empty, nil, "orq night.agent: not in the file any more; -prune removes it\n", "0 removed")
	tr.expect(t, empty, func(r *reconciler) { r.prune, r.dryRun = true, true }, "  - orq support.agent (deleted)\n")
	tr.expect(t, empty, pruning,
		"  ! omniflow Reminders: stays: the API documents no way to delete an agent: delete it by hand\n",
		"  - agentloop Order desk (archived)\n",
		"  - phoneagents WhatsApp desk: deleted\n",
		"  - xpander Researcher: deleted\n",
		"5 removed, 0 failed\n")
	for api, want := range map[string]int{mockserver.Omniflow: 1, mockserver.Orq: 1, mockserver.Phoneagents: 0, mockserver.Xpander: 0} {
		if got := len(tr.Agents(api)); got != want {
			t.Errorf("%d agents left on %s, want %d", got, api, want)
		}
	}
	before := tr.writes()
	tr.expect(t, empty, pruning, "  ! omniflow Reminders: stays", "0 removed, 0 failed\n")
	if tr.writes() != before {
		t.Error("the second run writes")
	}

	tr.expect(t, string(sample), pruning, "  = omniflow Reminders\n", "  + agentloop Order desk\n", "5 created, 0 updated, 1 unchanged, 0 removed, 0 failed\n")
	tr.AssertCalls(t, mockserver.AgentloopPutAgent, 1) // the archived one
	tr.expect(t, string(sample), pruning, "0 created, 0 updated, 6 unchanged, 0 removed, 0 failed\n")
}

// TestPruneLetsOthersBe: an agent that somebody else made in the place of a
// removed one is not the one that was managed.
func TestPruneLetsOthersBe(t *testing.T) {
	tr := newTrial(t)
	const file = "orq:\n  - {key: k, role: r, description: d, instructions: i, path: Default, model: openai/gpt-4o}\n" +
		"phoneagents:\n  - {user_id: u, phone_number_id: pn, prompt_id: p, name: n}\n" +
		"xpander:\n  - {name: x}\n"
	tr.expect(t, file, nil, "3 created")
	old := slices.Clone(tr.state.Agents)
	tr.expect(t, "{}", pruning, "3 removed")
	trial{tr.Server, new(state)}.expect(t, file, nil, "3 created")
	tr.state.Agents = old
	tr.expect(t, "{}", pruning, "orq k: was gone already", "phoneagents n: was gone already", "xpander x: was gone already", "0 removed, 0 failed\n")
	if len(tr.state.Agents) != 0 || len(tr.Agents(mockserver.Orq)) != 1 || len(tr.Agents(mockserver.Phoneagents)) != 1 || len(tr.Agents(mockserver.Xpander)) != 1 {
		t.Errorf("still managed: %v", tr.state.Agents)
	}
}

// TestOutcomeUnknown: the error says so, the others go on, nothing is removed,
// and the next run finds the agent, even if that is to remove it.
func TestOutcomeUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrial(t)
		tr.expect(t, "orq:\n  - {key: k, role: r, description: d, instructions: i, path: Default, model: openai/gpt-4o}\n", nil, "1 created")
		tr.Fail(mockserver.OmniflowCreateAgent, fault.Status(400))
		tr.Fail(mockserver.XpanderCreateAgent, fault.Drop(fault.AfterCommit))
		const file = "omniflow:\n  - {name: a, llmModel: gpt-4o}\nxpander:\n  - {name: b}\n  - {name: c}\n"
		out, err := tr.run(t, file, pruning)
		if !errors.Is(err, agentclients.ErrOutcomeUnknown) || !errors.Is(err, agentclients.ErrBadRequest) {
			t.Errorf("error %v", err)
		}
		contains(t, out, "  ! omniflow a: omniflow: create agent: 400", "  ? xpander b: xpander: create agent: ", "it may have been done or not", "[3/3] xpander c: created\n",
			"1 created, 0 updated, 0 unchanged, 0 removed, 2 failed\n")
		var managed []string
		for _, r := range tr.state.Agents {
			managed = append(managed, r.String())
		}
		if !slices.Equal(managed, []string{"orq k", "xpander b", "xpander c"}) { // of a there is nothing
			t.Errorf("managed: %v", managed)
		}
		tr.expect(t, "xpander: []\n", pruning, "  - xpander b: deleted\n", "  - xpander c: deleted\n", "3 removed")
	})
}

func TestNothingIsDoneIfThePlanFails(t *testing.T) {
	tr := newTrial(t)
	tr.Fail(mockserver.OrqGetAgent, fault.Status(403))
	out, err := tr.run(t, string(sample), nil)
	if !errors.Is(err, agentclients.ErrForbidden) || tr.writes() > 0 || len(tr.state.Agents) > 0 {
		t.Errorf("%d writes, error %v", tr.writes(), err)
	}
	contains(t, out, "  ! orq support.agent: orq: get agent: 403 Forbidden")
}

func TestLongRunsShowThatTheyGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := newTrial(t)
		tr.Fail(mockserver.XpanderCreateAgent, fault.Delay(12*time.Second))
		tr.expect(t, "xpander:\n  - {name: a}\n", nil, "still working on xpander a (5s)\n", "still working on xpander a (10s)\n", "[1/1] xpander a: created\n")
	})
}

func TestStateIsKeptInAFile(t *testing.T) {
	tr := newTrial(t)
	path := filepath.Join(t.TempDir(), "agents.state.json")
	for _, step := range []struct{ file, want string }{
		{string(sample), "6 created"}, {"{}", "5 removed"}, {"{}", "0 removed"},
	} {
		var err error
		if tr.state, err = readState(path); err != nil {
			t.Fatal(err)
		}
		tr.expect(t, step.file, pruning, step.want)
	}
	left, err := filepath.Glob(path + ".*")
	if len(left) > 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
