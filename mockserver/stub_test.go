package mockserver

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// get reads what the orq API responds on a path, with a key of orq's or none.
func get(server *Server, path, key string) exchanged {
	request, _ := http.NewRequest("GET", server.URL(Orq)+path, nil)
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	return exchangeWith(server.Client(), request)
}

func TestStub(t *testing.T) {
	recorded := &recorder{TB: t}
	mock := StartInMemory(recorded, Config{})
	mock.Stub("GET", Orq, "/v2/knowledge/*", 200, map[string]any{"_id": "k1"})
	mock.Stub("get", Orq, "/v2/files/**", 404, `{"message":"no file"}`)
	mock.Stub("GET", Orq, "/v2/empty", 204, nil)
	mock.Stub("GET", Orq, "/v2/never-asked", 200, nil)
	for path, want := range map[string]exchanged{
		"/v2/knowledge/k1": {status: 200, body: `{"_id":"k1"}`},
		"/v2/files/a/b/c":  {status: 404, body: `{"message":"no file"}`},
		"/v2/files/":       {status: 404, body: `{"message":"no file"}`},
		"/v2/empty":        {status: 204},
	} {
		got := get(mock, path, "") // a stub asks for no key
		if got.status != want.status || got.body != want.body {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
		if want.status == 200 && got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v", path, got.header)
		}
	}
	mock.AssertMatches(t, journal.Match{Path: "/v2/knowledge/k1", Status: 200, Rule: "r1"}, journal.Exactly(1))
	if failed := recorded.end(); failed != "" {
		t.Errorf("stubs fail the test:\n%s", failed)
	}
}

// A stub, a rule or a match that no request can meet, or a stub of everything
// by mistake, is refused.
func TestStubsThatAreWrong(t *testing.T) {
	for want, stub := range map[string]func(*Server){
		"stub: path is missing":                func(m *Server) { m.Stub("GET", Orq, "", 200, nil) },
		"stub: method is missing":              func(m *Server) { m.Stub("", Orq, "/v2/x", 200, nil) },
		"stub: api is missing":                 func(m *Server) { m.Stub("GET", "", "/v2/x", 200, nil) },
		`stub: path "/v2/x?y=1" has more than`: func(m *Server) { m.Stub("GET", Orq, "/v2/x?y=1", 200, nil) },
		`path: "/orq/v2/x" begins with the prefix of an API; paths are below it: "/v2/x"`: func(m *Server) { m.Stub("GET", Orq, "/orq/v2/x", 200, nil) },
		`path: "v2/x" does not begin with`:                                                func(m *Server) { m.Stub("GET", Orq, "v2/x", 200, nil) },
		`path: "https://api.orq.ai/v2" does`:                                              func(m *Server) { m.Count(journal.Match{Path: "https://api.orq.ai/v2"}) },
		`path: "/v2/**/x" has a "**" before`: func(m *Server) {
			m.AddRule(fault.Rule{Op: fault.AnyOp, Match: journal.Match{Path: "/v2/**/x"}, Do: []fault.Fault{fault.Status(500)}})
		},
	} {
		recorded := &recorder{TB: t}
		mock := StartInMemory(recorded, Config{})
		func() {
			defer func() {
				if failed := fmt.Sprint(recover()); !strings.Contains(failed, want) || len(mock.Rules()) != 0 {
					t.Errorf("%q is not in %q", want, failed)
				}
			}()
			stub(mock)
		}()
		recorded.end()
	}
	StartInMemory(t, Config{}).Stub("GET", Orq, "/**", 200, nil)
}

// What no stub has still fails a test, and tells what there is.
func TestUnknownOperations(t *testing.T) {
	recorded := &recorder{TB: t}
	mock := StartInMemory(recorded, Config{})
	mock.Stub("GET", Orq, "/v2/knowledge/*", 200, nil)
	mock.AddRule(fault.Rule{Op: fault.AnyOp, Match: journal.Match{Path: "/v2/datasets/*"}, Do: []fault.Fault{fault.Status(502)}})
	mock.AddRule(fault.Rule{Op: fault.AnyOp, Times: 1, Do: []fault.Fault{fault.Status(500)}})
	got := get(mock, "/v2/agentz/a", "key")
	reason := got.header.Get("X-Mock-Reason")
	if got.status != 404 || !strings.Contains(reason, "nearest is GET /v2/agents/{agent_key} (orq.GetAgent)") || !strings.Contains(reason, "not emulated are ") {
		t.Errorf("%d %v", got.status, got.header)
	}
	if got := get(mock, "/v2/datasets/d1", "key"); got.status != 502 {
		t.Errorf("a rule that asks for a path leaves an unknown operation alone: %d", got.status)
	}
	if got := get(mock, "/v2/agents/a", "key"); got.status != 500 {
		t.Errorf("the rule for all operations was used up by a path that has none: %d", got.status)
	}
	failed := recorded.end()
	for _, want := range []string{"GET /orq/v2/agentz/a: nearest is", "GET /orq/v2/datasets/d1: nearest is"} {
		if strings.Count(failed, want) != 1 {
			t.Errorf("%q stands %d times in:\n%s", want, strings.Count(failed, want), failed)
		}
	}
	if strings.Contains(failed, "knowledge") {
		t.Errorf("a stub that was not used fails the test:\n%s", failed)
	}
}

// Texts can be matched by how they begin, what they have in them and what
// they look like, in rules and in the journal.
func TestMatchesOfTexts(t *testing.T) {
	mock := StartInMemory(t, Config{})
	body := func(key, instructions string) string {
		return `{"key":"` + key + `","role":"r","description":"d","instructions":"` + instructions + `","path":"Default","model":"openai/gpt-4o","settings":{}}`
	}
	create := func(key, instructions string) {
		request, _ := http.NewRequest("POST", mock.URL(Orq)+"/v2/agents/?trace=t-17", strings.NewReader(body(key, instructions)))
		request.Header.Set("Authorization", "Bearer orq_secret_key")
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("X-Trace", "abc-123")
		if got := exchangeWith(mock.Client(), request); got.status != 201 {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	create("desk.north", "Be polite, and brief.")
	create("desk.south", "Be rude.")
	texts := func(place, text string) map[string]string { return map[string]string{place: text} }
	for name, c := range map[string]struct {
		match journal.Match
		want  int
	}{
		"path prefix":       {journal.Match{Prefix: texts("path", "/v2/")}, 2},
		"path in":           {journal.Match{Contains: texts("path", "gents")}, 2},
		"path end":          {journal.Match{Regexp: texts("path", "agents/$")}, 2},
		"open path":         {journal.Match{Path: "/v2/**"}, 2},
		"other open path":   {journal.Match{Path: "/v3/**"}, 0},
		"query":             {journal.Match{Regexp: texts("query", `trace=t-\d+`)}, 2},
		"body":              {journal.Match{Contains: texts("body", `"desk.north"`)}, 1},
		"json prefix":       {journal.Match{Prefix: texts("json /key", "desk.")}, 2},
		"json in":           {journal.Match{Contains: texts("json /instructions", "polite")}, 1},
		"json of a value":   {journal.Match{Regexp: texts("json /settings", `^\{\}$`)}, 2},
		"json that is none": {journal.Match{Contains: texts("json /nothing", "")}, 0},
		"header":            {journal.Match{Regexp: texts("header x-trace", `^[a-z]+-\d+$`)}, 2},
		"all of them":       {journal.Match{Prefix: texts("json /key", "desk."), Contains: texts("json /instructions", "rude"), Regexp: texts("path", "^/v2")}, 1},
	} {
		if got := mock.Count(c.match); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	err := mock.CheckMatches(journal.Match{Contains: texts("json /instructions", "kind")}, journal.Exactly(1))
	if err == nil || !strings.Contains(err.Error(), "contains of json /instructions: want kind, got ") {
		t.Errorf("%v", err)
	}
	// A credential can be matched while it is there, and is never shown.
	rule := mock.AddRule(fault.Rule{Op: OrqGetAgent, Match: journal.Match{Prefix: texts("header Authorization", "Bearer orq_secret")}, Do: []fault.Fault{fault.Status(503)}})
	if got := get(mock, "/v2/agents/desk.north", "orq_secret_key"); got.status != 503 {
		t.Errorf("%d %s", got.status, got.body)
	}
	if shown, err := rule.MarshalJSON(); err != nil || strings.Contains(string(shown), "orq_secret") {
		t.Errorf("%s %v", shown, err)
	}
	for place, text := range map[string]string{
		"query": "a=1&api_key=orq_secret", "body": `"api_key":"orq_secret"`, "json ": `{"api_key": "orq_secret`, "json /settings": `"token":"orq_secret"`,
	} {
		match := journal.Match{Contains: texts(place, text)}
		shown, err := mock.AddRule(fault.Rule{Op: OrqCreateAgent, Times: 1, Match: match, Do: []fault.Fault{fault.Status(503)}, Stub: true}).MarshalJSON()
		if said := mock.CheckMatches(match, journal.Exactly(1)); err != nil || strings.Contains(string(shown)+said.Error(), "orq_secret") {
			t.Errorf("%s: %s %v, %v", place, shown, err, said)
		}
	}
}

// A vendor's host leads to that vendor's API, without a prefix.
func TestVendorsHosts(t *testing.T) {
	mock := StartInMemory(t, Config{AllowUnmatched: true})
	for url, want := range map[string]struct {
		status int
		op     string
	}{
		"https://api.orq.ai/v2/agents/":                  {200, OrqListAgents},
		"https://API.ORQ.AI:443/v2/agents/":              {200, OrqListAgents},
		"https://api.orq.ai/_ns/w1/v2/agents/":           {200, OrqListAgents},
		"https://app.everruns.com/api/v1/agents":         {200, AgentloopListAgents},
		"https://app.everruns.com/v1/agents":             {404, ""},
		"https://api.xpander.ai/v1/agents":               {200, XpanderListAgents},
		"https://api.trillet.ai/v1/api/omni-flow-agents": {200, OmniflowListAgents},
		"https://example.com/orq/v2/agents/":             {200, OrqListAgents},
		"https://api.orq.ai/orq/v2/agents/":              {404, ""},
	} {
		request := httptest.NewRequest("GET", url, nil)
		for _, name := range []string{"Authorization", "x-api-key", "x-workspace-id"} {
			request.Header.Set(name, "Bearer key")
		}
		w := httptest.NewRecorder()
		mock.ServeHTTP(w, request)
		calls := mock.Calls(journal.Match{})
		if strings.Contains(url, "/_ns/w1/") {
			calls = mock.Namespace("w1").Calls(journal.Match{})
		}
		if op := calls[len(calls)-1].Op; w.Code != want.status || op != want.op {
			t.Errorf("%s: %d %s %v %s", url, w.Code, op, w.Header(), w.Body)
		}
	}
	if hosts := strings.Join(Hosts(), " "); hosts != "api.trillet.ai app.everruns.com api.orq.ai api.xpander.ai" {
		t.Error(hosts)
	}
}
