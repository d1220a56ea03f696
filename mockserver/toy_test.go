package mockserver

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/engine"
	"github.com/agentclients/agentclients-go/mockserver/internal/toy"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// What a sixth API adds to the mock: a folder below internal, constants such
// as these, and one line in emulations, which withToys stands for.
const (
	Toy          = "toy"
	ToyCreateToy = "toy.CreateToy"
	ToyGetToy    = "toy.GetToy"
	ToyLoud      = "toy@loud"
)

func withToys() []*engine.Emulation { return append(emulations(), engine.Emulate(toy.API())) }

// A sixth API has all that the five have without a line outside of its own:
// faults, the journal, secrets, strictness, limits, organizations, variants,
// snapshots and the admin API.
func TestSixthAPI(t *testing.T) {
	s := start(t, Config{
		RateLimits: true, Strictness: Report, Variants: []string{ToyLoud}, Tenants: map[string]string{"other": "them"},
		AllowProblems: true, AllowUnmatched: true, Now: func() time.Time { return time.Unix(0, 0) },
	}, withToys(), true)
	send := func(method, path, key, body string) exchanged {
		t.Helper()
		r, err := http.NewRequest(method, s.URL(Toy)+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Api-Key", key)
		r.Header.Set("Content-Type", "application/json")
		return exchangeWith(s.Client(), r)
	}
	expect := func(got exchanged, status int, part string) {
		t.Helper()
		if got.status != status || !strings.Contains(got.body, part) {
			t.Errorf("%d %s %v, want %d with %s", got.status, got.body, got.err, status, part)
		}
	}
	s.Fail(ToyCreateToy, fault.Drop(fault.AfterCommit), fault.Status(503))
	if got := send("POST", "/toys", "k", `{"name":"a","hiding_place":"s3cret"}`); got.err == nil {
		t.Errorf("got %+v", got)
	}
	expect(send("POST", "/toys", "k", `{"name":"a"}`), 503, `{"oops":"Service Unavailable"}`)
	expect(send("POST", "/toys", "k", `{"name":""}`), 400, "/name must have at least 1 character")
	expect(send("GET", "/toys", "k", ""), 405, "Method Not Allowed")
	expect(send("GET", "/nowhere", "", ""), 401, "Unauthorized")
	agents := s.Agents(Toy)
	if len(agents) != 1 || agents[0].Name != "a!" {
		t.Fatalf("toys are %+v", agents)
	}
	expect(send("GET", "/toys/"+agents[0].ID, "another key", ""), 200, `"a!"`)
	expect(send("GET", "/toys/"+agents[0].ID, "other", ""), 404, "no such toy")
	for range 10 {
		send("GET", "/toys/x", "k", "")
	}
	expect(send("GET", "/toys/x", "k", ""), 429, "Too Many Requests")
	first := s.Calls(journal.Match{Op: ToyCreateToy})[0]
	if strings.Contains(first.Body, "s3cret") || len(first.Problems) != 1 || !first.Committed || first.Outcome != journal.Dropped {
		t.Errorf("the first call is %+v", first)
	}
	restored := start(t, Config{Seed: s.Snapshot()}, withToys(), true)
	if agents := restored.Agents(Toy); len(agents) != 1 {
		t.Errorf("after a restart toys are %+v", agents)
	}
	got := exchangeWith(s.Client(), must(http.NewRequest("GET", s.engine.PublicURL()+"/_mock/apis", nil)))
	expect(got, 200, ToyGetToy)
}

// The rooms of the emulated APIs stay small.
func TestRoomsHaveFewFiles(t *testing.T) {
	for _, api := range APIs() {
		files, err := filepath.Glob(filepath.Join("internal", api, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		for _, name := range files {
			if !strings.HasSuffix(name, "_test.go") {
				count++
			}
		}
		if count == 0 || count > 12 {
			t.Errorf("%s has %d files; at most 12 are wanted", api, count)
		}
		if _, err := os.Stat(api + ".go"); err != nil {
			t.Errorf("the constants of %s: %v", api, err)
		}
	}
}
