package mockserver

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/engine"
	"github.com/agentclients/agentclients-go/mockserver/internal/omniflow"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/google/go-cmp/cmp"
)

// broken is an API that panics: where it serves and, if asked to, also where
// it refuses.
func broken(inRefuse bool) *emulate.API {
	api := *omniflow.API()
	api.Operations = []emulate.Operation{{Name: "ListAgents", Method: http.MethodGet, Path: omniflowAgents,
		Handler: func(*emulate.Request) (emulate.Response, error) { panic("a bug") }}}
	if inRefuse {
		api.Refuse = func(*emulate.Request, int, string) emulate.Response { panic("another bug") }
	}
	return &api
}

func TestPanicIsAnswered(t *testing.T) {
	for name, c := range map[string]struct {
		inRefuse bool
		body     string
	}{
		"while serving": {false, `{"error":{"code":"internal_error","message":"Internal server error"}}`},
		"twice":         {true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := &recorder{}
			server := start(r, Config{}, []*engine.Emulation{engine.Emulate(broken(c.inRefuse))}, true)
			for range 2 { // the lock is free again
				got := exchangeWith(server.Client(), omniflowRequest(server.Namespace(""), "GET", omniflowAgents, ""))
				if got.status != 500 || got.body != c.body {
					t.Errorf("got %+v", got)
				}
			}
			call := server.Calls(journal.Match{})[0]
			if !strings.Contains(call.Panic, "panic: a bug") || !strings.Contains(call.Panic, "serve_test.go") {
				t.Errorf("the journal has %q", call.Panic)
			}
			if failed := r.end(); !strings.Contains(failed, "2 panics while serving") || !strings.Contains(failed, "a bug") {
				t.Errorf("the test failed with %q", failed)
			}
		})
	}
}

func TestUnknownAPI(t *testing.T) {
	server := testServer(t, Config{})
	for _, path := range []string{"/", "/nothing", "/nothing/at/all", "//orq/v2/agents", "/_ns/w1/nothing"} {
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != 404 || !strings.Contains(w.Body.String(), `"omniflow", "agentloop", "orq", "phoneagents", "xpander"`) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if n, m := server.Count(journal.Match{Matched: new(false)}), server.Namespace("w1").Count(journal.Match{Matched: new(false)}); n != 4 || m != 1 {
		t.Errorf("the journals have %d and %d", n, m)
	}
}

func TestStrictness(t *testing.T) {
	const good = `{"name":"Ada","llmModel":"gpt-4o"}`
	for name, c := range map[string]struct {
		method, path, kind, body string
		want                     []string
	}{
		"good":           {"POST", omniflowAgents, "application/json; charset=utf-8", good, nil},
		"unknown member": {"POST", omniflowAgents, "application/json", `{"name":"a","x":1,"na\u006de":"b"}`, []string{"/x: unknown member; there are name, llmModel, settings", "/name: is there twice"}},
		"type":           {"POST", omniflowAgents, "text/plain", good, []string{"header Content-Type: must be application/json"}},
		"no type":        {"POST", omniflowAgents, "", good, []string{"header Content-Type: must be application/json"}},
		"not UTF-8":      {"POST", omniflowAgents, "application/json", "{\"name\":\"\xff\"}", []string{"the body is not valid UTF-8"}},
		"body of a get":  {"GET", omniflowAgents, "application/json", good, []string{"the operation takes no body"}},
		"query":          {"GET", omniflowAgents + "?a=%zz", "", "", []string{"the query cannot be read"}},
		"not an object":  {"POST", omniflowAgents, "application/json", "[", nil},
		"no operation":   {"POST", "/nothing", "application/json", good, nil},
	} {
		for _, mode := range []Strictness{"", AsAPI, Report, Reject} {
			t.Run(name+"/"+string(mode), func(t *testing.T) {
				server := testServer(t, Config{Strictness: mode})
				r := httptest.NewRequest(c.method, "/omniflow"+c.path, strings.NewReader(c.body))
				r.Header.Set("X-Api-Key", "k")
				r.Header.Set("X-Workspace-Id", "w1")
				r.Header.Set("Content-Type", c.kind)
				w := httptest.NewRecorder()
				server.ServeHTTP(w, r)
				want := c.want
				if mode == "" || mode == AsAPI {
					want = nil
				}
				call := server.Calls(journal.Match{})[0]
				if diff := cmp.Diff(want, call.Problems); diff != "" {
					t.Error(diff)
				}
				reason := w.Header().Get("X-Mock-Reason")
				rejected := strings.HasPrefix(reason, "strictness: ")
				if rejected != (mode == Reject && want != nil) || rejected && (w.Code != 400 || call.Committed) {
					t.Errorf("status %d, reason %q, committed %v", w.Code, reason, call.Committed)
				}
				if rejected && !strings.Contains(w.Body.String(), `{"error":{"code":"validation_error","message":"`) {
					t.Errorf("not in the API's shape: %s", w.Body)
				}
			})
		}
	}
}

// A refused request does not use up a fault.
func TestRejectedRequestKeepsFault(t *testing.T) {
	server := testServer(t, Config{Strictness: Reject})
	rule := server.Fail(OmniflowListAgents, fault.Status(500))
	r := httptest.NewRequest("GET", "/omniflow"+omniflowAgents, strings.NewReader("x"))
	server.ServeHTTP(httptest.NewRecorder(), r)
	if rule.Fired() != 0 {
		t.Error("the fault fired")
	}
}

// The journal marks a request as finished before its client has the response,
// long or short.
func TestCallIsFinishedWhenTheClientHasIt(t *testing.T) {
	for _, s := range starts {
		t.Run(s.name, func(t *testing.T) {
			server := s.start(t, Config{})
			for _, size := range []int{1, 100, 2000, 4096, 5000, 100_000, 1 << 20} {
				body := `{"name":"` + strings.Repeat("x", size) + `"}`
				got := exchangeWith(server.Client(), omniflowRequest(server.Namespace(""), "POST", omniflowAgents, body))
				calls := server.Calls(journal.Match{})
				call := calls[len(calls)-1]
				if got.err != nil || call.Outcome != journal.Complete || call.Finished.IsZero() || call.Sent != len(got.body) {
					t.Errorf("%d bytes: outcome %s, sent %d, status %d, %v", size, call.Outcome, call.Sent, got.status, got.err)
				}
			}
		})
	}
}

// The head of a TCP connection that speaks HTTP badly is no harm.
func TestRawConnections(t *testing.T) {
	server := Start(t, Config{AllowUnmatched: true, JournalEntries: 10})
	address := strings.TrimSuffix(strings.TrimPrefix(server.URL(Omniflow), "http://"), "/omniflow")
	for text, want := range map[string]string{
		"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n":                                                                "HTTP/1.1 ",
		"GET http://x/omniflow" + omniflowAgents + " HTTP/1.1\r\nHost: x\r\n\r\n":                              "HTTP/1.1 401",
		"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n":                                                             "HTTP/1.1 404",
		"HEAD /omniflow" + omniflowAgents + " HTTP/1.1\r\nHost: x\r\n\r\n":                                     "HTTP/1.1 401",
		"POST /omniflow" + omniflowAgents + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n": "HTTP/1.1 400",
		"nonsense\r\n\r\n": "HTTP/1.1 400",
	} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, text) //nolint:errcheck // the response shows it
		line, _ := bufio.NewReader(conn).ReadString('\n')
		conn.Close()
		if !strings.HasPrefix(line, want) {
			t.Errorf("%q was answered %q, want %s", text, line, want)
		}
	}
}

func FuzzServe(f *testing.F) {
	paths := []string{"/", "/_ns/w1/orq/v2/agents", "/%2e%2e/x", "//", "/_ns/", "/_ns/%zz/orq/"}
	for _, e := range emulations() {
		for _, r := range e.Operations {
			paths = append(paths, "/"+e.Name+r.Path)
		}
	}
	for i, path := range paths {
		f.Add("GET", path, "X-Api-Key", "mock_ns_w1_x", []byte(`{"name":"a","key":5}`), i%2 == 0)
		f.Add("POST", path, "Authorization", "Bearer evr_k", []byte(`{"name":null,"settings":[{}]}`), i%2 == 0)
		f.Add("PATCH", path, "X-Mock-Namespace", "w1", []byte("{\"name\":\"\xff\",\"name\":[[[["), true)
	}
	server := must(New(Config{Strictness: Report, RateLimits: true, MaxNamespaces: 3}))
	rejecting := must(New(Config{Strictness: Reject, Variants: []string{OmniflowDelete}, JournalEntries: 5}))
	f.Fuzz(func(t *testing.T, method, path, name, value string, body []byte, reject bool) {
		s := server
		if reject {
			s = rejecting
		}
		target, err := http.NewRequest("GET", "http://x", bytes.NewReader(body))
		if err != nil {
			t.Skip()
		}
		target.Method = method
		if u, err := target.URL.Parse(path); err == nil {
			target.URL = u
		} else {
			target.URL.Path = path
		}
		if strings.Contains(target.URL.Path, "_mock") {
			t.Skip() // the admin API is not the emulated one
		}
		target.Header = http.Header{
			"Authorization": {"Bearer evr_key"}, "X-Api-Key": {"key"}, "X-Workspace-Id": {"w"}, "Content-Type": {"application/json"},
			http.CanonicalHeaderKey(name): {value},
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, target)
		if w.Code == 500 {
			t.Errorf("%s %q: 500 %s", method, path, w.Body)
		}
		for _, n := range s.Namespaces() {
			if panics := n.w.Summary(0).Panics.Lines; panics != nil {
				t.Fatalf("%s %q %q: %s", method, path, body, panics)
			}
			for _, call := range n.Calls(journal.Match{}) {
				if _, err := json.Marshal(call); err != nil {
					t.Fatalf("the journal cannot be written: %v", err)
				}
			}
			n.Reset(PartJournal) //nolint:errcheck // the part exists
		}
	})
}

// Members are looked at as deep as they are documented.
func TestStrictnessLooksInside(t *testing.T) {
	const agent = "/agents/agent_00000000000000000000000000000000"
	for name, c := range map[string]struct {
		method, path, body string
		want               []string
	}{
		"orq": {"POST", "/orq/v2/agents", `{"key":"k","role":"r","description":"d","instructions":"i","path":"p","settings":{"max_iteration":5,"tools":[{"type":"http","nmae":1}]},
			"model":{"id":"m","parameters":{"max_tokens":5,"response_format":{"type":"text","schema":1}}},"fallback_models":["f",{"id":"g","parameters":{"max_tokens":6}}],"variables":{"anything":1}}`, []string{
			"/model/parameters/max_tokens: is deprecated; use max_completion_tokens",
			"/model/parameters/response_format/schema: unknown member; there are type",
			"/fallback_models/1/parameters/max_tokens: is deprecated; use max_completion_tokens",
			"/settings/tools/0/nmae: unknown member; there are type, key, id, requires_approval, timeout, configuration, tool_id",
			"/settings/max_iteration: unknown member; there are max_iterations, max_execution_time, tool_approval_required, tools, evaluators, guardrails, max_cost, chat_exposed",
		}},
		"the published orq answer": {"PATCH", "/orq/v2/agents/k", `{"model":{"id":"m","parameters":{"audio":{"voice":"alloy","format":"wav"},"thinking":{"type":"enabled","budget_tokens":123,"thinking_level":"low"}},"retry":{"count":3,"on_codes":[429]}}}`, nil},
		"omniflow":                 {"PUT", "/omniflow" + omniflowAgents + "/x", `{"ttsModel":{"provider":"p","voice":"v"},"settings":{"free":1}}`, []string{"/ttsModel/voice: unknown member; there are provider, voiceId"}},
		"agentloop":                {"PATCH", "/agentloop/v1" + agent, `{"capabilities":[{"ref":"a","config":{"free":1}},{"ref":"b","conf":{}}]}`, []string{"/capabilities/1/conf: unknown member; there are ref, config"}},
		"xpander": {"POST", "/xpander/v1/agents", `{"name":"a","instructions":{"roles":[]},"agno_settings":{"learning":true,"tool_calls_compression":{"on":true}},"graph":[{"item_id":"i","settings":{"free":1},"llm_settings":[{"name":"x"}]}]}`, []string{
			"/instructions/roles: unknown member; there are role, goal, general",
			"/graph/0/llm_settings/0/name: unknown member; there are type, provider, model, temperature",
			"/agno_settings/tool_calls_compression/on: unknown member; there are enabled, threshold, instructions",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			server := testServer(t, Config{Strictness: Report})
			r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
			r.Header = hostileHeader()
			server.ServeHTTP(httptest.NewRecorder(), r)
			if diff := cmp.Diff(c.want, server.Calls(journal.Match{})[0].Problems); diff != "" {
				t.Error(diff)
			}
		})
	}
}
