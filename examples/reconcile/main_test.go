package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/agentclients/agentclients-go/mockserver"
)

// begin starts the program without its flags and returns what it prints.
func begin(t *testing.T, path string, mocked bool) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := start(t.Context(), &reconciler{out: &out, prune: true, patience: time.Minute}, path, mocked)
	return out.String(), err
}

// TestWithKeys: the real APIs are those of the environment, and what is managed
// stands beside the file.
func TestWithKeys(t *testing.T) {
	mock := mockserver.Start(t, mockserver.Config{})
	for _, k := range kinds {
		for _, name := range k.variables {
			t.Setenv(name, "")
		}
	}
	if hasKeys() {
		t.Error("there are keys")
	}
	t.Setenv("ORQ_API_KEY", "sk-orq-0123456789")
	t.Setenv("ORQ_BASE_URL", mock.URL(mockserver.Orq))
	if !hasKeys() {
		t.Error("there is no key")
	}

	path := filepath.Join(t.TempDir(), "shop.yaml")
	for _, step := range []struct{ file, want string }{
		{"orq:\n  - {key: k, role: r, description: d, instructions: i, path: Default, model: openai/gpt-4o}\n", "1 created"},
		{"orq: []\n", "  - orq k: deleted\n"},
	} {
		if err := os.WriteFile(path, []byte(step.file), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := begin(t, path, false)
		if err != nil {
			t.Fatal(err)
		}
		contains(t, out, step.want)
		if strings.Contains(out, "Once more") {
			t.Errorf("runs twice: %s", out)
		}
	}
	managed, err := os.ReadFile(filepath.Join(filepath.Dir(path), "shop.state.json"))
	if string(managed) != "[]\n" || err != nil {
		t.Errorf("managed: %s, %v", managed, err)
	}

	if err := os.WriteFile(path, []byte("xpander:\n  - {name: n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := begin(t, path, false); err == nil || !strings.Contains(err.Error(), "XPANDER_API_KEY") {
		t.Errorf("without the key: %v", err)
	}
	if _, err := begin(t, "", false); err == nil || !strings.Contains(err.Error(), "-file") {
		t.Errorf("the sample on the real APIs: %v", err)
	}
}

func TestOnTheMock(t *testing.T) {
	out, err := begin(t, "agents.yaml", true)
	if err != nil {
		t.Fatal(err)
	}
	contains(t, out, "6 created", "Once more", "6 unchanged", "The second run sent 16 requests, 0 of them writes.\n")
	if left, err := filepath.Glob("*.json"); len(left) > 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestFileThatIsNotThere(t *testing.T) {
	if _, err := begin(t, filepath.Join(t.TempDir(), "none.yaml"), true); err == nil {
		t.Error("no error")
	}
}
