package examples_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// block is Go code of a page, and what the page says that it prints.
type block struct {
	page   string
	line   int
	code   string
	output string // "": the page does not say
}

// goBlocks returns the Go code of the README and of the pages in docs.
func goBlocks(t *testing.T) (blocks []block) {
	t.Helper()
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append([]string{"../README.md"}, pages...) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		before, rest, more := strings.Cut(string(text), "```go\n")
		for line := strings.Count(before, "\n"); more; {
			b := block{page: page, line: line + 2}
			b.code, rest, _ = strings.Cut(rest, "```\n")
			if after, ok := strings.CutPrefix(rest, "\n<!-- output -->\n```\n"); ok {
				b.output, _, _ = strings.Cut(after, "```")
			}
			blocks = append(blocks, b)
			before, rest, more = strings.Cut(rest, "```go\n")
			line += 2 + strings.Count(b.code, "\n") + strings.Count(before, "\n")
		}
	}
	return blocks
}

// TestReadmeCode pastes each block of Go code into an empty module, and runs it:
// what stands there is a whole program or a whole test.
func TestReadmeCode(t *testing.T) {
	watchSources(t)
	module := emptyModule(t)
	programs, tests := 0, 0
	for i, b := range goBlocks(t) {
		name, run := "main.go", []string{"run"}
		switch {
		case strings.HasPrefix(b.code, "package main\n"):
			programs++
		case strings.Contains(b.code, "\nfunc Test"):
			tests++
			name, run = "pasted_test.go", []string{"test", "-v", "-count=1"}
		default:
			t.Errorf("%s:%d is no whole program and no whole test:\n%s", b.page, b.line, b.code)
			continue
		}
		folder := filepath.Join(module, fmt.Sprintf("block%d", i))
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(folder, name), b.code)
		t.Run(fmt.Sprintf("%s:%d", filepath.Base(b.page), b.line), func(t *testing.T) {
			t.Parallel()
			command := exec.CommandContext(t.Context(), "go", append(run, ".")...)
			command.Dir = folder
			command.Env = append(os.Environ(), "OMNIFLOW_API_KEY=", "EVERRUNS_API_KEY=", "ORQ_API_KEY=", "PHONEAGENTS_API_KEY=", "XPANDER_API_KEY=")
			output, err := command.CombinedOutput()
			switch {
			case err != nil:
				t.Errorf("%v\n%s", err, output)
			case run[0] == "test" && !strings.Contains(string(output), "--- PASS: Test"):
				t.Errorf("no test was run:\n%s", output)
			case run[0] == "run" && string(output) != b.output:
				t.Errorf("it prints\n%s, and the page says\n%s", output, b.output)
			}
		})
	}
	if programs < 4 || tests < 2 {
		t.Errorf("%d programs and %d tests", programs, tests)
	}
}

// emptyModule makes a module that uses this one, and nothing else, and returns
// its folder. It lists what this one requires, so that nothing is fetched.
func emptyModule(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	requirements, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	const module = "module github.com/agentclients/agentclients-go\n"
	_, rest, ok := strings.Cut(string(requirements), module)
	if !ok {
		t.Fatalf("%s is not in go.mod", module)
	}
	folder := t.TempDir()
	write(t, filepath.Join(folder, "go.mod"), "module pasted\n"+rest+
		"\nrequire github.com/agentclients/agentclients-go v0.0.0\nreplace github.com/agentclients/agentclients-go => "+root+"\n")
	write(t, filepath.Join(folder, "go.sum"), string(sums))
	return folder
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
