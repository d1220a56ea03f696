package examples_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// goBlocks returns the Go code of the README, block by block.
func goBlocks(t *testing.T) []string {
	t.Helper()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for rest := string(readme); ; {
		_, after, ok := strings.Cut(rest, "```go\n")
		if !ok {
			return blocks
		}
		block, after, _ := strings.Cut(after, "```")
		blocks = append(blocks, block)
		rest = after
	}
}

// TestReadmeCode compiles the Go code of the README, and runs the tests in it.
func TestReadmeCode(t *testing.T) {
	var code strings.Builder
	code.WriteString(`package main_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/script"
	"github.com/agentclients/agentclients-go/omniflow"
	"github.com/agentclients/agentclients-go/orq"
	"github.com/agentclients/agentclients-go/phoneagents"
	"github.com/agentclients/agentclients-go/xpander"
)

var client *orq.Client

var request = orq.CreateAgentRequest{
	Key: "k", Role: "r", Description: "d", Path: "Default", Model: orq.Model{ID: "openai/gpt-4o"},
}
`)
	tests := 0
	for _, block := range goBlocks(t) {
		if strings.HasPrefix(block, "package ") {
			continue // see TestReadmeProgram
		}
		if strings.HasPrefix(block, "func ") {
			tests += strings.Count(block, "func Test")
			code.WriteString(block)
			continue
		}
		for part := range strings.SplitSeq(block, "\n\n") { // each stands for itself
			code.WriteString("\nfunc _(ctx context.Context) {\n" + part + "\n_, _, _ = agent, err, client\n}\n")
		}
	}
	if tests != 2 {
		t.Fatalf("the README has %d tests, want 2", tests)
	}

	overlay := overlaid(t, "quickstart/readme_test.go", code.String())
	watchSources(t)
	out, err := exec.CommandContext(t.Context(), "go", "test", "-v", "-count=1", "-overlay", overlay, "./quickstart").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestPatience") || !strings.Contains(string(out), "--- PASS: TestRun") {
		t.Errorf("%v\n%s\n%s", err, out, code.String())
	}
}

// TestReadmeProgram runs the program in the README.
func TestReadmeProgram(t *testing.T) {
	programs := slices.DeleteFunc(goBlocks(t), func(block string) bool { return !strings.HasPrefix(block, "package main") })
	if len(programs) != 1 {
		t.Fatalf("the README has %d programs, want 1", len(programs))
	}
	overlay := overlaid(t, "quickstart/main.go", programs[0])
	watchSources(t)
	out, err := exec.CommandContext(t.Context(), "go", "run", "-overlay", overlay, "./quickstart").CombinedOutput()
	if err != nil || string(out) != "Yes, until ten.\n" {
		t.Errorf("%v\n%s", err, out)
	}
}

// overlaid returns the name of an overlay that puts code into this module
// without writing into its tree.
func overlaid(t *testing.T, name, code string) string {
	t.Helper()
	folder := t.TempDir()
	source, overlay := filepath.Join(folder, "source"), filepath.Join(folder, "overlay.json")
	target, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{target: source}})
	if err != nil {
		t.Fatal(err)
	}
	for path, data := range map[string][]byte{source: []byte(code), overlay: replace} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return overlay
}
