package main

import (
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/agentclients/agentclients-go/mockserver"
)

// hangUp makes the program read its files again, and returns what it logs.
func (r *running) hangUp() string {
	r.t.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		r.t.Fatal(err)
	}
	return r.stderr.next(r.t, "the files were read again")
}

func TestFilesAreReadAgain(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no SIGHUP")
	}
	one, two := mockserver.StartInMemory(t, mockserver.Config{}), mockserver.StartInMemory(t, mockserver.Config{})
	createThrough(t, one)
	createThrough(t, two)
	createThrough(t, two)
	seed, rules := filepath.Join(t.TempDir(), "seed.json"), filepath.Join(t.TempDir(), "rules.json")
	write(t, seed, string(one.Snapshot()))
	write(t, rules, `[{"op":"orq.CreateAgent","do":[{"status":503}]}]`)

	r := launch(t, "-seed", seed, "-rules", rules)
	agents := func(want int, prefix string) {
		t.Helper()
		got := send(t, http.DefaultClient, "GET", r.ready.URL+prefix+"/orq/v2/agents", "", "Authorization", "Bearer k")
		if n := strings.Count(string(got.body), `"key":`); got.status != 200 || n != want {
			t.Errorf("%d agents in %q, want %d: %d %s", n, prefix, want, got.status, got.body)
		}
	}
	creates := func(want int) {
		t.Helper()
		if got := createOrq(t, http.DefaultClient, r.ready.BaseURLs["orq"], "a"); got.status != want {
			t.Errorf("the create got %d, want %d: %s", got.status, want, got.body)
		}
	}
	admin := func(want int, method, path, body string) string {
		t.Helper()
		got := send(t, http.DefaultClient, method, r.ready.Admin+path, body)
		if got.status != want {
			t.Errorf("%s %s: %d %s", method, path, got.status, got.body)
		}
		return string(got.body)
	}
	admin(201, "POST", "/namespaces", `{"name":"w1"}`) // nothing asks for its agents before the seed is another
	admin(201, "POST", "/namespaces/default/rules", `{"op":"orq.ListAgents","skip":1000,"do":[{"status":500}]}`)
	creates(503)

	write(t, seed, string(two.Snapshot()))
	write(t, rules, `[{"op":"orq.CreateAgent","do":[{"status":502}]},{"op":"orq.GetAgent","do":[{"drop":{}}]}]`)
	if logged := r.hangUp(); strings.Contains(logged, "ERROR") {
		t.Error(logged)
	}
	creates(502)
	if list := admin(200, "GET", "/namespaces/default/rules", ""); strings.Count(list, `"id":`) != 3 || strings.Contains(list, "503") ||
		strings.Index(list, "orq.GetAgent") > strings.Index(list, "orq.ListAgents") {
		t.Errorf("the rules are %s", list)
	}
	agents(1, "")
	agents(1, "/_ns/w1")
	agents(2, "/_ns/w2")
	admin(200, "POST", "/namespaces/default/reset", `{"parts":["state"]}`)
	agents(2, "")
	agents(1, "/_ns/w1")

	// What is broken changes nothing, in the other file neither.
	empty := `{"version":1,"apis":{}}`
	for _, broken := range []struct{ seed, rules, says string }{
		{empty, `[{"op":"orq.CreateAgent"}]`, "rules.json: rule 1: do is missing"},
		{empty, `[{"op":"orq.CreateAgent","do":[{"explode":{}}]}]`, "rules.json: rule 1: "},
		{empty, `{}`, "must be a JSON array of rules: it is of the type object"},
		{`{"version":1,`, `[]`, "seed.json: "},
		{`{"version":1,"apis":{"orq":{"agent":[]}}}`, `[]`, "seed.json: "},
		{"", "[]", "seed.json: "},
	} {
		write(t, seed, broken.seed)
		write(t, rules, broken.rules)
		logged := r.hangUp()
		if !strings.Contains(logged, "ERROR") || !strings.Contains(logged, broken.says) || strings.Count(logged, "\n") != 1 {
			t.Errorf("with %s and %s the log is %s", broken.seed, broken.rules, logged)
		}
		creates(502)
		admin(200, "POST", "/namespaces/default/reset", `{"parts":["state"]}`)
		agents(2, "")
	}

	// After a reset of the rules those of the file are new ones.
	admin(200, "POST", "/namespaces/default/reset", "")
	write(t, seed, empty)
	write(t, rules, `[{"op":"orq.CreateAgent","times":1,"do":[{"status":502}]}]`)
	r.hangUp()
	creates(502)
	creates(201)
	agents(3, "")
	admin(200, "POST", "/namespaces/default/reset", "")
	agents(0, "")
	r.terminate()
}

// Without files to read again the signal means what it always did.
func TestHangUpWithoutFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no SIGHUP")
	}
	r := launch(t)
	if err := r.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if code, _ := r.end(); code != -1 {
		t.Errorf("exit code %d; want an end by the signal", code)
	}
}
