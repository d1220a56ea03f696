package mockserver

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/google/go-cmp/cmp"
)

// getOmniflow lists the agents of omniflow under a path, with more headers.
func getOmniflow(server *Server, prefix string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", prefix+"/omniflow"+omniflowAgents, nil)
	r.Header.Set("X-Api-Key", "k")
	r.Header.Set("X-Workspace-Id", "w1")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	return w
}

func TestNamespaceIsChosen(t *testing.T) {
	for name, c := range map[string]struct {
		prefix string
		header []string
		want   string
	}{
		"none":                   {"", nil, ""},
		"path":                   {"/_ns/w1", nil, "w1"},
		"credential":             {"", []string{"X-Api-Key", "mock_ns_w1_anything"}, "w1"},
		"credential to the end":  {"", []string{"X-Api-Key", "mock_ns_w1"}, "w1"},
		"credential of a form":   {"", []string{"Authorization", "Bearer evr_mock_ns_w1_x"}, "w1"},
		"header":                 {"", []string{"X-Mock-Namespace", "w1"}, "w1"},
		"path before credential": {"/_ns/w1", []string{"X-Api-Key", "mock_ns_w2_x", "X-Mock-Namespace", "w3"}, "w1"},
		"credential, header":     {"", []string{"X-Api-Key", "mock_ns_w2_x", "X-Mock-Namespace", "w3"}, "w2"},
	} {
		t.Run(name, func(t *testing.T) {
			server := testServer(t, Config{})
			if got := getOmniflow(server, c.prefix, c.header...); got.Code != 200 {
				t.Fatalf("status %d: %s", got.Code, got.Body)
			}
			if n := server.Namespace(c.want).Count(journal.Match{Op: OmniflowListAgents}); n != 1 {
				t.Errorf("namespace %q has %d calls", c.want, n)
			}
			want := 1
			if c.want != "" {
				want = 2
			}
			if n := len(server.Namespaces()); n != want {
				t.Errorf("there are %d namespaces", n)
			}
		})
	}
}

func TestNamespacesAreApart(t *testing.T) {
	server := StartInMemory(t, Config{Deterministic: true, RateLimit: RateLimit{2, time.Minute}})
	a, b := server.Namespace("a"), server.Namespace("b")
	if a.URL(Omniflow) != "http://mock.localhost/_ns/a/omniflow" || a.Name() != "a" || server.Namespace("a").Name() != "a" {
		t.Errorf("URL is %s", a.URL(Omniflow))
	}
	a.Fail(OmniflowCreateAgent, fault.Status(503))
	if got := createOmniflow(a); got.status != 503 {
		t.Errorf("a answered %d", got.status)
	}
	first, second := createOmniflow(a), createOmniflow(b)
	if first.status != 200 || memberOf(first, "/_id") != memberOf(second, "/_id") {
		t.Errorf("ids differ: %s and %s", first.body, second.body)
	}
	if createOmniflow(a).status != 200 || createOmniflow(a).status != 429 || createOmniflow(b).status != 200 {
		t.Error("the limits are not apart")
	}
	a.Advance(time.Hour)
	if a.Now().Sub(b.Now()) < 59*time.Minute {
		t.Error("the clocks are not apart")
	}
	if err := a.Reset(); err != nil {
		t.Fatal(err)
	}
	if n, m := len(a.Agents(Omniflow)), len(b.Agents(Omniflow)); n != 0 || m != 2 {
		t.Errorf("a has %d agents, b %d", n, m)
	}
	if n, m := a.Count(journal.Match{}), b.Count(journal.Match{}); n != 0 || m != 2 {
		t.Errorf("a has %d calls, b %d", n, m)
	}
}

func TestRefusedNamespaces(t *testing.T) {
	server := testServer(t, Config{MaxNamespaces: 2})
	for _, c := range []struct {
		prefix string
		status int
		reason string
	}{
		{"/_ns/a_b", 400, `namespace name "a_b": allowed are 1 to 64 letters, digits, '-' and '.'`},
		{"/_ns/", 400, `namespace name ""`},
		{"/_ns/" + strings.Repeat("x", 65), 400, `allowed are 1 to 64`},
		{"/_ns/a", 200, ""},
		{"/_ns/b", 200, ""},
		{"/_ns/c", 503, `namespace "c" cannot be made: there are 2 already, and none was idle for its TTL, usually 30m0s`},
		{"/_ns/a", 200, ""},
	} {
		got := getOmniflow(server, c.prefix)
		if got.Code != c.status || !strings.Contains(got.Header().Get("X-Mock-Reason"), c.reason) {
			t.Errorf("%s: status %d, reason %q", c.prefix, got.Code, got.Header().Get("X-Mock-Reason"))
		}
		if c.status >= 400 && !strings.Contains(got.Body.String(), `{"error":{"code":`) {
			t.Errorf("%s: not in the API's shape: %s", c.prefix, got.Body)
		}
	}
	if n := server.Count(journal.Match{Op: OmniflowListAgents}); n != 0 {
		t.Errorf("%d refused requests count as calls of the default namespace", n)
	}
	if !server.DropNamespace("a") || server.DropNamespace("a") || server.DropNamespace("") {
		t.Error("dropping does not say whether it did")
	}
	if got := getOmniflow(server, "/_ns/a"); got.Code != 410 || !strings.Contains(got.Header().Get("X-Mock-Reason"), "it was deleted") {
		t.Errorf("status %d, reason %q", got.Code, got.Header().Get("X-Mock-Reason"))
	}
	if server.Namespace("a"); getOmniflow(server, "/_ns/a").Code != 200 {
		t.Error("a namespace that was made anew is still refused")
	}
}

func TestIdleNamespacesAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := testServer(t, Config{MaxNamespaces: 2, NamespaceTTL: time.Minute})
		getOmniflow(server, "/_ns/a")
		getOmniflow(server, "/_ns/b")
		<-time.After(50 * time.Second)
		getOmniflow(server, "/_ns/b")
		<-time.After(20 * time.Second)
		if got := getOmniflow(server, "/_ns/c").Code; got != 200 {
			t.Errorf("there was no room: %d", got)
		}
		var names []string
		for _, n := range server.Namespaces() {
			names = append(names, n.Name())
		}
		if diff := cmp.Diff([]string{"", "b", "c"}, names); diff != "" {
			t.Error(diff)
		}
		<-time.After(2 * time.Minute)
		got := getOmniflow(server, "/_ns/b")
		if got.Code != 410 || !strings.Contains(got.Header().Get("X-Mock-Reason"), `namespace "b" was dropped: it was idle for 1m0s`) {
			t.Errorf("status %d, reason %q", got.Code, got.Header().Get("X-Mock-Reason"))
		}
		if got := getOmniflow(server, ""); got.Code != 200 {
			t.Error("the default namespace was dropped")
		}
		if server.Namespace("c").Count(journal.Match{}) != 0 {
			t.Error("an idle namespace was not made anew")
		}
		// What is forgotten is bounded, too.
		for i := range 100 {
			server.Namespace(fmt.Sprintf("n%d", i))
			server.DropNamespace(fmt.Sprintf("n%d", i))
		}
		if getOmniflow(server, "/_ns/n0").Code == 410 || getOmniflow(server, "/_ns/n99").Code != 410 {
			t.Error("all dropped names are kept, or none")
		}
	})
}

func TestSeedAndSnapshot(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }
	first := StartInMemory(t, Config{Deterministic: true, Now: now})
	createOmniflow(first.Namespace(""))
	snapshot := first.Snapshot()
	if strings.Contains(string(snapshot), "tk_secret") {
		t.Errorf("the snapshot has the key: %s", snapshot)
	}

	second := StartInMemory(t, Config{Deterministic: true, Now: now, Seed: snapshot})
	check := func(step string, n *Namespace, want int) {
		t.Helper()
		if got := len(n.Agents(Omniflow)); got != want {
			t.Errorf("%s: %d agents, want %d", step, got, want)
		}
	}
	check("seed", second.Namespace(""), 1)
	check("seed of a namespace", second.Namespace("w"), 1)
	if diff := cmp.Diff(string(snapshot), string(second.Snapshot())); diff != "" {
		t.Error(diff)
	}
	createOmniflow(second.Namespace(""))
	check("create", second.Namespace(""), 2)
	agents := second.Agents(Omniflow)
	if agents[0].ID == agents[1].ID {
		t.Error("an id of the seed was made again")
	}
	if err := second.Reset(PartState, PartIDs); err != nil {
		t.Fatal(err)
	}
	check("reset", second.Namespace(""), 1)

	third := testServer(t, Config{})
	if err := third.Restore(snapshot); err != nil {
		t.Fatal(err)
	}
	check("restore", third.Namespace(""), 1)
	third.Reset() //nolint:errcheck // no parts
	check("reset after restore", third.Namespace(""), 0)
	if err := third.Load(snapshot); err != nil {
		t.Fatal(err)
	}
	third.Reset() //nolint:errcheck // no parts
	check("reset after load", third.Namespace(""), 1)

	for document, want := range map[string]string{
		`{`:                                    `snapshot: `,
		`{"version":2}`:                        `version is 2; this server reads version 1`,
		`{"versions":1}`:                       `"versions"`,
		`{"version":1,"apis":{"x":{}}}`:        `unknown API "x"; there are "omniflow"`,
		`{"version":1,"apis":{"omniflow":[]}}`: `apis.omniflow: `,
		`{"version":1,"apis":{"omniflow":{"nope":1}}}`: `apis.omniflow: `,
	} {
		if err := third.Load([]byte(document)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %s", document, err, want)
		}
		if _, err := New(Config{Seed: []byte(document)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %s", document, err, want)
		}
	}
	check("after refused loads", third.Namespace(""), 1)
}

func TestNamespaceConfig(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := testServer(t, Config{MaxNamespaces: 3, NamespaceTTL: time.Minute, APIKeys: []string{"k"}})
		of := func(name string, config NamespaceConfig) *Namespace {
			t.Helper()
			n, err := server.MakeNamespace(name, config)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		answers := func(want int, prefix string, header ...string) {
			t.Helper()
			if got := getOmniflow(server, prefix, header...); got.Code != want {
				t.Errorf("%s: status %d, want %d: %s", prefix, got.Code, want, got.Header().Get("X-Mock-Reason"))
			}
		}
		keys := []string{"own"}
		long := of("long", NamespaceConfig{TTL: time.Hour, APIKeys: keys})
		keys[0] = "changed later"
		of("short", NamespaceConfig{TTL: time.Second, Strictness: Reject})
		server.Namespace("usual")

		answers(200, "/_ns/long", "X-Api-Key", "own")
		answers(401, "/_ns/long")
		answers(200, "/_ns/short")
		answers(401, "", "X-Api-Key", "own")
		const broken = "%zz"
		with := func(prefix string) int {
			t.Helper()
			r := httptest.NewRequest("GET", prefix+"/omniflow"+omniflowAgents, nil)
			r.URL.RawQuery = broken
			r.Header.Set("X-Api-Key", "k")
			r.Header.Set("X-Workspace-Id", "w1")
			w := httptest.NewRecorder()
			server.ServeHTTP(w, r)
			return w.Code
		}
		if own, usual := with("/_ns/short"), with("/_ns/usual"); own != 400 || usual != 200 {
			t.Errorf("status %d where it is strict, %d where not", own, usual)
		}

		<-time.After(2 * time.Second)
		answers(410, "/_ns/short")
		<-time.After(2 * time.Minute)
		answers(410, "/_ns/usual")
		answers(200, "/_ns/long", "X-Api-Key", "own")
		if of("long", NamespaceConfig{Strictness: Report}).Name() != long.Name() || with("/_ns/long") != 401 {
			t.Error("what was not given has changed")
		}
		if n := of("default", NamespaceConfig{Strictness: Reject}); n.Name() != "" || with("") != 400 {
			t.Error("the default namespace is not strict")
		}
		if server.Namespace("short").w.TTL() != time.Minute {
			t.Error("a namespace that was made anew has the TTL of the old one")
		}
	})
	server := testServer(t, Config{})
	for want, config := range map[string]NamespaceConfig{
		"TTL: is -1s; it must not be negative":     {TTL: -time.Second},
		`unknown mode "very" in Strictness`:        {Strictness: "very"},
		"APIKeys: has an empty credential":         {APIKeys: []string{"s3cret", ""}},
		"TTL: the default namespace is never drop": {TTL: time.Second},
	} {
		if _, err := server.MakeNamespace("", config); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}

// A new seed changes what fault.Reset goes back to, and nothing before.
func TestSetSeed(t *testing.T) {
	source := StartInMemory(t, Config{Deterministic: true})
	createOmniflow(source.Namespace(""))
	one := source.Snapshot()
	createOmniflow(source.Namespace(""))
	two := source.Snapshot()

	server := testServer(t, Config{Seed: one})
	own, untouched := server.Namespace("own"), server.Namespace("untouched")
	if err := own.Load([]byte(`{"version":1}`)); err != nil {
		t.Fatal(err)
	}
	have := func(step string, want ...int) {
		t.Helper()
		var got []int
		for _, n := range []*Namespace{server.Namespace(""), untouched, own} {
			got = append(got, len(n.Agents(Omniflow)))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: agents (-want +got):\n%s", step, diff)
		}
	}
	reset := func() {
		for _, n := range server.Namespaces() {
			n.Reset() //nolint:errcheck // no parts
		}
	}
	if err := server.SetSeed(two); err != nil {
		t.Fatal(err)
	}
	have("set", 1, 1, 0)
	if n := len(server.Namespace("new").Agents(Omniflow)); n != 2 {
		t.Errorf("a new namespace has %d agents, want 2", n)
	}
	reset()
	have("reset", 2, 2, 0)
	if err := server.SetSeed([]byte(`{"version":7}`)); err == nil || !strings.Contains(err.Error(), "version is 7") {
		t.Errorf("error is %v", err)
	}
	if err := server.SetSeed(nil); err != nil {
		t.Fatal(err)
	}
	have("taken away", 2, 2, 0)
	reset()
	have("reset to nothing", 0, 0, 0)
}

func TestClock(t *testing.T) {
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	now := base
	server := testServer(t, Config{Now: func() time.Time { return now }})
	server.Advance(time.Hour)
	now = now.Add(time.Minute)
	if got := server.Now(); !got.Equal(base.Add(time.Hour + time.Minute)) {
		t.Errorf("it is %s", got)
	}
	server.SetTime(base)
	now = now.Add(time.Minute)
	server.Advance(time.Second)
	if got := server.Now(); !got.Equal(base.Add(time.Second)) {
		t.Errorf("it is %s", got)
	}
	server.Reset(PartClock) //nolint:errcheck // the part exists
	if got := server.Now(); !got.Equal(now) {
		t.Errorf("it is %s", got)
	}
}

func TestConfigErrors(t *testing.T) {
	for want, config := range map[string]Config{
		`unknown API "x" in APIs; there are "omniflow", "agentloop"`:             {APIs: []string{"x"}},
		`unknown API "orq" in Root; there are "omniflow"`:                        {APIs: []string{Omniflow}, Root: Orq},
		`unknown variant "orq@x" in Variants; there are "omniflow@`:              {Variants: []string{"orq@x"}},
		`unknown mode "strict" in Strictness; there are "as-api", "report", "re`: {Strictness: "strict"},
		`RateLimit: 5 requests per 0s; both must be positive`:                    {RateLimit: RateLimit{Requests: 5}},
		`JournalBytes: is -1; it must not be negative`:                           {JournalBytes: -1},
		`MaxNamespaces: is -1`: {MaxNamespaces: -1},
		`NamespaceTTL: is -1s`: {NamespaceTTL: -time.Second},
		`PublicURL: must be an address such as "http://127.0.0.1:8080"`: {PublicURL: "x"},
	} {
		if _, err := New(config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}

func TestSomeAPIsOnly(t *testing.T) {
	server := testServer(t, Config{APIs: []string{Omniflow}, Root: Omniflow, PublicURL: "http://x.test/"})
	r := httptest.NewRequest("GET", omniflowAgents, nil)
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	if w.Code != 401 {
		t.Errorf("without the prefix: %d", w.Code)
	}
	r = httptest.NewRequest("GET", "/orq/v2/agents", nil)
	w = httptest.NewRecorder()
	server.ServeHTTP(w, r)
	if w.Code == 200 || server.Count(journal.Match{API: Omniflow}) != 2 {
		t.Errorf("an string that is off: %d", w.Code)
	}
	if got := server.URL(Omniflow); got != "http://x.test/omniflow" {
		t.Errorf("URL is %s", got)
	}
}

func TestLongBody(t *testing.T) {
	body := `{"name":"` + strings.Repeat("x", 8<<20) + `"}`
	for _, s := range starts {
		for name, early := range map[string]bool{"plain": false, "delayed before it is read": true} {
			t.Run(s.name+"/"+name, func(t *testing.T) {
				server := s.start(t, Config{})
				if early {
					server.AddRule(fault.Rule{Op: OmniflowCreateAgent, Do: []fault.Fault{fault.Delay(time.Millisecond, fault.BeforeRead)}})
				}
				for name, length := range map[string]int64{"length": int64(len(body)), "chunks": -1} {
					r := omniflowRequest(server.Namespace(""), "POST", omniflowAgents, body)
					r.ContentLength = length
					got := exchangeWith(server.Client(), r)
					if got.err == nil && got.status != http.StatusRequestEntityTooLarge {
						t.Errorf("%s: %d %.100s", name, got.status, got.body)
					}
				}
				if n := server.Count(journal.Match{Status: 413}); n != 2 {
					t.Errorf("%d of 2 were refused", n)
				}
			})
		}
	}
}

// Namespaces come and go while requests are served.
func TestNamespacesUnderLoad(t *testing.T) {
	server := testServer(t, Config{MaxNamespaces: 5})
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 50 {
				name := fmt.Sprintf("n%d", (i+j)%8)
				switch j % 4 {
				case 0:
					server.DropNamespace(name)
				case 1:
					for _, n := range server.Namespaces() {
						n.Reset() //nolint:errcheck // no parts
						n.Snapshot()
					}
				case 2:
					server.MakeNamespace(name, NamespaceConfig{}) //nolint:errcheck // there may be too many
				}
				if code := getOmniflow(server, "/_ns/"+name).Code; code != 200 && code != 410 && code != 503 {
					t.Errorf("status %d", code)
				}
			}
		})
	}
	group.Wait()
}
