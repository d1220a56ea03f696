// Package examples_test runs the example programs as a reader would.
package examples_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// watchSources looks at the sources so that go test knows what its cached
// result depends on: it does not see what another go command reads.
func watchSources(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".go" {
			_, err = os.Stat(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// build compiles all example programs and returns the folder they are in.
func build(t *testing.T) string {
	t.Helper()
	watchSources(t)
	bin := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "./...").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

// run runs a program without any key in its environment and returns what it
// printed.
func run(t *testing.T, program string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	command := exec.CommandContext(ctx, program)
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if !strings.HasSuffix(name, "_API_KEY") && !strings.HasSuffix(name, "_BASE_URL") && !strings.HasSuffix(name, "_API_URL") {
			command.Env = append(command.Env, variable)
		}
	}
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", filepath.Base(program), err, out, stderr.Bytes())
	}
	return string(out)
}

func TestPrograms(t *testing.T) {
	bin := build(t)

	t.Run("quickstart prints what the README shows", func(t *testing.T) {
		readme, err := os.ReadFile("../README.md")
		if err != nil {
			t.Fatal(err)
		}
		_, after, ok := strings.Cut(string(readme), "<!-- quickstart output -->\n```\n")
		want, _, closed := strings.Cut(after, "```")
		if !ok || !closed {
			t.Fatal("the README does not show the output")
		}
		start := time.Now()
		if got := run(t, filepath.Join(bin, "quickstart")); got != want {
			t.Errorf("printed\n%s\nnot\n%s", got, want)
		}
		if elapsed := time.Since(start); elapsed > 2*time.Second {
			t.Errorf("took %v", elapsed)
		}
	})

	for program, want := range map[string][]string{
		"lifecycle": {
			"omniflow     change   ExampleOmniFlowAgent with gpt-4o\n",
			"agentloop    remove   Customer Support Agent is archived\n",
			"orq          remove   support.agent is gone\n",
			"phoneagents  remove   Customer Support Agent is gone\n",
			"xpander      deploy   Night Shift, version 3\n",
			"xpander      remove   Night Shift is gone\n",
		},
		"run": {
			"agentloop: The north gate is open until ten. (turn.completed)\n",
			"agentloop, its stream cut and resumed: The north gate is open until ten. (turn.completed)\n  messages sent: 2, streams opened: 3\n",
			"xpander: The north gate is open until ten. (completed)\n",
			"xpander, its stream cut and the task read: The north gate is open until ten. (completed)\n  tasks started: 2, tasks read: true\n",
			"omniflow: Welcome to the north gate. (approved)\n  inbound: Is the north gate open? (received)\n  outbound: The north gate is open until ten. (pending)\n",
			"omniflow, both responses lost and the conversation read: Welcome to the north gate. (approved)\n  messages generated: 2, decisions sent: 2\n",
		},
		"reconcile": {
			"  + orq support.agent\n", "6 created, 0 updated, 0 unchanged, 0 removed, 0 failed\n",
			"Once more:\n", "  = orq support.agent\n", "0 created, 0 updated, 6 unchanged, 0 removed, 0 failed\n", "0 of them writes.\n",
		},
		"omniflow":    {"mock"},
		"agentloop":   {"mock", "agent_"},
		"orq":         {"mock", "support.agent"},
		"phoneagents": {"mock", "agt_"},
		"xpander":     {"mock"},
	} {
		t.Run(program, func(t *testing.T) {
			got := run(t, filepath.Join(bin, program))
			for _, want := range want {
				if !strings.Contains(got, want) {
					t.Errorf("does not print %q:\n%s", want, got)
				}
			}
		})
	}

	t.Run("lifecycle through a mock that is compared", func(t *testing.T) {
		now := func() time.Time { return time.Now().Truncate(time.Millisecond).Add(123456) } // without zeros at the end
		real := mockserver.Start(t, mockserver.Config{Now: now})
		bases := make(map[string]string)
		for _, api := range mockserver.APIs() {
			bases[api] = real.URL(api)
		}
		mock := mockserver.Start(t, mockserver.Config{Compare: bases, Now: now})
		command := exec.CommandContext(t.Context(), filepath.Join(bin, "lifecycle"), "-through", strings.TrimSuffix(mock.URL(mockserver.Orq), "/orq"))
		command.Env = append(os.Environ(), "TRILLET_API_KEY=k", "TRILLET_WORKSPACE_ID=w", "EVERRUNS_API_KEY=k", "ORQ_API_KEY=k", "PHONEAGENTS_API_KEY=k", "XPANDER_API_KEY=k")
		if out, err := command.CombinedOutput(); err != nil || !strings.Contains(string(out), "xpander      remove   Night Shift is gone\n") {
			t.Errorf("%v\n%s", err, out)
		}
		for _, difference := range mock.Differences() {
			t.Errorf("%v", difference)
		}
		if sent, came := real.Count(journal.Match{}), mock.Count(journal.Match{}); sent != came || sent < 25 {
			t.Errorf("%d requests came, and %d were sent on", came, sent)
		}
	})

	t.Run("reconcile fails", func(t *testing.T) { // an error has its line, and shows in the exit code
		file := filepath.Join(t.TempDir(), "agents.yaml")
		if err := os.WriteFile(file, []byte("orq:\n  - keys: k\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), filepath.Join(bin, "reconcile"), "-mock", "-file", file).CombinedOutput()
		var failed *exec.ExitError
		if !errors.As(err, &failed) || failed.ExitCode() != 1 || !strings.Contains(string(out), file+":2: orq[0].keys: unknown member") {
			t.Errorf("%v:\n%s", err, out)
		}
	})
}
