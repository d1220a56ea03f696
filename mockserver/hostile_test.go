package mockserver

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// target is one operation of one string with a path that reaches it.
type target struct {
	api    string
	op     string
	method string
	path   string // with the API's prefix
	body   bool   // it takes one
	public bool   // it takes no credential
}

// targets are all operations of all APIs.
func targets() []target {
	var all []target
	for _, e := range emulations() {
		for _, r := range e.Operations {
			path := strings.NewReplacer(
				"{id}", "none", "{agent_id}", "none", "{agent_key}", "none", "{capability_id}", "none",
				"{user_id}", "u1", "{phone_number_id}", "none",
			).Replace(r.Path)
			if e.Name == Agentloop {
				path = strings.ReplaceAll(path, "none", "agent_00000000000000000000000000000000")
			}
			all = append(all, target{e.Name, e.Name + "." + r.Name, r.Method, "/" + e.Name + path, r.Body != nil || r.Name == "ImportAgent", r.Public})
		}
	}
	return all
}

// hostileHeader is a header that every string accepts.
func hostileHeader() http.Header {
	return http.Header{
		"Authorization": {"Bearer evr_s3cret"}, "X-Api-Key": {"evr_s3cret"}, "X-Workspace-Id": {"w1"},
		"Content-Type": {"application/json"},
	}
}

// inShape reports whether an error is in the shape of its API.
func inShape(api string, contentType string, body []byte) bool {
	if api == Agentloop && strings.HasPrefix(contentType, "text/plain") {
		return len(body) > 0
	}
	if _, ok := jsontext.ValueAt(body, "/correlationId"); ok && api == Phoneagents { // what its code has, and not its documents
		return json.Valid(body) && contentType == "application/json"
	}
	member := map[string]string{Omniflow: "/error/code", Agentloop: "/error", Orq: "/message", Phoneagents: "/correlation_id", Xpander: "/detail"}[api]
	_, ok := jsontext.ValueAt(body, member)
	if _, nested := jsontext.ValueAt(body, "/error/message"); nested && api == Orq { // below /v3
		ok = true
	}
	return ok && json.Valid(body) && contentType == "application/json"
}

// Whatever is wrong with a body, every string says so in its own shape.
func TestHostileBodies(t *testing.T) {
	deep := func(open, end string, depth int) string {
		return `{"name":` + strings.Repeat(open, depth) + "1" + strings.Repeat(end, depth) + "}"
	}
	bodies := map[string]string{
		"empty": "", "space": " \n", "open": "{", "list": "[]", "null": "null", "text": `"x"`, "number": "1e999",
		"two values": `{}{}`, "not UTF-8": "{\"name\":\"\xff\xfe\"}",
		"byte order mark": "\ufeff{}", "nul": "{\"name\":\"\x00\"}",
		"huge number":   `{"name":1e999,"key":-1e999,"phone_number_id":1e999,"settings":{"max_iterations":1e999}}`,
		"long number":   `{"name":` + strings.Repeat("9", 100_000) + `}`,
		"deep lists":    deep("[", "]", 12_000),
		"deep objects":  deep(`{"a":`, "}", 100_000),
		"twice":         `{"name":"a","name":1,"name":null}`,
		"9 MiB":         `{"name":"` + strings.Repeat("x", 9<<20) + `"}`,
		"many members":  "{" + strings.TrimSuffix(strings.Repeat(`"m":1,`, 12_000), ",") + "}",
		"many problems": `{"tags":[` + strings.Repeat("1,", 12_000) + `1],"memory_stores":[` + strings.Repeat("1,", 12_000) + `1],"graph":[` + strings.Repeat("1,", 12_000) + `1]}`,
	}
	server := testServer(t, Config{Strictness: Report, JournalBytes: 1 << 20})
	for name, body := range bodies {
		for _, target := range targets() {
			if !target.body || target.op == AgentloopImportAgent { // any text is an agent to that one
				continue
			}
			for _, chunked := range []bool{false, true} {
				if chunked && len(body) > 1000 && (name != "9 MiB" || target.op != OrqCreateAgent) {
					continue
				}
				r := httptest.NewRequest(target.method, target.path, strings.NewReader(body))
				if chunked {
					r.ContentLength = -1
				}
				r.Header = hostileHeader()
				w := httptest.NewRecorder()
				server.ServeHTTP(w, r)
				if w.Code < 400 || w.Code > 499 || !inShape(target.api, w.Header().Get("Content-Type"), w.Body.Bytes()) {
					t.Errorf("%s: %s %s: %d %.300s", name, target.method, target.path, w.Code, w.Body)
				}
				if name == "9 MiB" && w.Code != http.StatusRequestEntityTooLarge {
					t.Errorf("%s: %s %s: %d", name, target.method, target.path, w.Code)
				}
				if w.Body.Len() > 1<<20 || len(w.Header().Get("X-Mock-Reason")) > 1000+3 {
					t.Errorf("%s: %s %s: the answer has %d bytes, the reason %d", name, target.method, target.path, w.Body.Len(), len(w.Header().Get("X-Mock-Reason")))
				}
			}
		}
	}
	if size := server.w.Activity().Bytes; size > 1<<20 {
		t.Errorf("the journal has %d bytes", size)
	}
	for _, api := range APIs() {
		if agents := server.Agents(api); len(agents) > 0 {
			t.Errorf("%s has %d agents", api, len(agents))
		}
	}
	if panics := server.w.Summary(0).Panics; panics.Count > 0 {
		t.Errorf("panics: %s", panics.Lines[0])
	}
}

// A body that is too long is answered before it was sent, and clients get
// that response.
func TestClientsLearnThatABodyIsTooLong(t *testing.T) {
	server := Start(t, Config{})
	address := strings.TrimPrefix(strings.TrimSuffix(server.URL(Orq), "/orq"), "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go func() {
		fmt.Fprintf(conn, "POST /orq/v2/agents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\nContent-Length: %d\r\n\r\n", 9<<20)
		io.Copy(conn, io.LimitReader(zeros{}, 9<<20)) //nolint:errcheck // the server need not read it
	}()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status is %d", response.StatusCode)
	}
}

type zeros struct{}

func (zeros) Read(data []byte) (int, error) {
	clear(data)
	return len(data), nil
}

// Paths that mean harm get 4xx, and seen in the journal as they
// were.
func TestHostilePaths(t *testing.T) {
	server := Start(t, Config{AllowUnmatched: true, JournalEntries: 20_000, JournalBytes: 1 << 20})
	address := strings.TrimPrefix(strings.TrimSuffix(server.URL(Orq), "/orq"), "http://")
	long := strings.Repeat("x", 60_000)
	for _, prefix := range []string{"", "/_ns/w1", "/_ns/%2e%2e", "/_ns/" + long, "/_ns/w%00", "/_ns//", "http://user:pass@elsewhere.test", "/%5fns/w1"} {
		for _, path := range []string{
			"", "/", "//", "/orq", "/orq/", "//orq/v2/agents", "/orq//v2//agents", "/orq/v2/agents/..", "/orq/v2/../../_mock/health",
			"/orq/v2/agents/%2e%2e", "/orq/v2/agents/a%2Fb", "/orq/v2/agents/%00", "/orq/v2/agents/%ff%fe", "/orq/v2/agents/%e2%80%a8",
			"/orq/v2/agents/" + long, "/omniflow/v1/api/omni-flow-agents/%0d%0aX-Evil:%201", "/phoneagents/users/%00/agents", "/phoneagents/users/%2F/agents/%2F",
			"/agentloop/v1/agents/%7B", "/xpander/v1/agents/" + long, "/orq/v2/agents?" + long, "/orq/v2/agents?limit=%zz&limit=1;2",
			"/orq/v2/agents/%", "/orq%2Fv2%2Fagents", "/%6frq/v2/agents", "/orq/v2/agents#f",
		} {
			for _, method := range []string{"GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "PATCH", "DELETE"} {
				conn, err := net.Dial("tcp", address)
				if err != nil {
					t.Fatal(err)
				}
				target := prefix + path
				if target == "" {
					target = "/"
				}
				fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer evr_k\r\nX-Api-Key: k\r\nX-Workspace-Id: w\r\nConnection: close\r\n\r\n", method, target)
				answer, _ := io.ReadAll(conn)
				conn.Close()
				status, _, _ := strings.Cut(string(answer), "\r\n")
				code, _ := strconv.Atoi(strings.TrimPrefix(status, "HTTP/1.1 ")[:3])
				listed := (method == "GET") && code == 200
				if !listed && (code < 400 || code > 499) && code != 503 {
					t.Errorf("%s %.100s: %s", method, target, status)
				}
				if bytes.Contains(answer, []byte("\nX-Evil")) || bytes.Contains(answer, []byte("pass@")) {
					t.Errorf("%s %.100s: %.500q", method, target, answer)
				}
				if method == "HEAD" && !strings.HasSuffix(path, "%") && !bytes.HasSuffix(answer, []byte("\r\n\r\n")) {
					t.Errorf("HEAD %.100s has a body", target)
				}
			}
		}
	}
	for _, n := range server.Namespaces() {
		for _, call := range n.Calls(journal.Match{}) {
			if strings.Contains(call.Host+call.Path, "pass") {
				t.Errorf("the journal keeps a password: %+v", call)
			}
		}
		if size := n.w.Activity().Bytes; size > 1<<20 {
			t.Errorf("the journal has %d bytes", size)
		}
	}
}

// Requests that come one behind the other on a connection are answered in
// their order; one that is dropped ends the connection for the rest.
func TestPipelinedRequests(t *testing.T) {
	server := Start(t, Config{AllowUnfired: true})
	server.AddRule(fault.Rule{Op: OmniflowCreateAgent, Skip: 2, Do: []fault.Fault{fault.Drop(fault.AfterCommit)}})
	address := strings.TrimPrefix(strings.TrimSuffix(server.URL(Omniflow), "/omniflow"), "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const body = `{"name":"a"}`
	one := fmt.Sprintf("POST /omniflow%s HTTP/1.1\r\nHost: x\r\nX-Api-Key: k\r\nX-Workspace-Id: w\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", omniflowAgents, len(body), body)
	io.WriteString(conn, strings.Repeat(one, 5)) //nolint:errcheck // the responses show it
	answers := bufio.NewReader(conn)
	for i := range 3 {
		response, err := http.ReadResponse(answers, nil)
		if i == 2 {
			if err == nil {
				t.Errorf("the third is answered with %d", response.StatusCode)
			}
			break
		}
		if err != nil || response.StatusCode != 200 {
			t.Fatalf("answer %d: %v", i+1, err)
		}
		io.Copy(io.Discard, response.Body) //nolint:errcheck // it is known
	}
	if n := len(server.Agents(Omniflow)); n != 3 {
		t.Errorf("%d agents, want 3", n)
	}
}

func TestHugeHeaders(t *testing.T) {
	server := Start(t, Config{JournalBytes: 1 << 20})
	for _, size := range []int{100 << 10, 900 << 10, 4 << 20} {
		r := omniflowRequest(server.Namespace(""), "GET", omniflowAgents, "")
		r.Header.Set("X-Long", strings.Repeat("x", size))
		got := exchangeWith(server.Client(), r)
		if got.err == nil && got.status != 200 && got.status != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%d bytes: %d", size, got.status)
		}
	}
	createOmniflow(server.Namespace(""))
	if n := server.Count(journal.Match{}); n == 0 || server.w.Activity().Bytes > 1<<20 {
		t.Errorf("%d calls, %d bytes", n, server.w.Activity().Bytes)
	}
}

// No credential and no secret is ever seen outside the request that brought
// it: not in the journal, in snapshots, in the log, in events, in responses that
// are refusals, nor in what a test prints.
func TestSecretsAreSeenNowhere(t *testing.T) {
	var log bytes.Buffer
	r := &recorder{}
	server := StartInMemory(r, Config{
		Strictness: Report, AllowProblems: true,
		Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	const secret = "s3cret-canary"
	bodies := []string{
		// right as far as the secrets go
		`{"name":"a","platform":"whatsapp","meta_phone_number_id":"1","access_token":"s3cret-canary-1",
		  "llm_credentials":{"name":"n","value":"s3cret-canary"},"llm_extra_headers":{"X-Key":"s3cret-canary"},
		  "connectivity_details":{"auth_value":"s3cret-canary","custom_headers":{"a":"s3cret-canary"}},
		  "graph":[{"item_id":"m","type":"mcp","targets":[],"settings":{"mcp_settings":{"api_key":"s3cret-canary","client_secret":"s3cret-canary","headers":{"A":"s3cret-canary"},"env_vars":{"K":"s3cret-canary"}}}}],
		  "key":"k","role":"r","description":"d","instructions":{"general":"g"},"path":"Default","model":"m","settings":{"api_key":"s3cret-canary"},
		  "system_prompt":"p","phone_number_id":"pn","prompt_id":"pr","llmModel":"m"}`,
		`{"key":"k","role":"r","description":"d","instructions":"i","path":"Default","model":"m","settings":{"tools":[{"type":"http","configuration":{"headers":{"A":"s3cret-canary"},"token":"s3cret-canary"}}]},"variables":{"api_key":"s3cret-canary"}}`,
		`{"name":"a","system_prompt":"p","capabilities":[{"ref":"web_fetch","config":{"token":"s3cret-canary"}}]}`,
		// wrong
		`{"access_token":["s3cret-canary"],"llm_credentials":"s3cret-canary","llm_extra_headers":{"A":["s3cret-canary"]},"llm_extra_headers":["s3cret-canary"]}`,
		`{"platform":"whatsapp","meta_phone_number_id":"1","access_token":"s3cret-canary` + strings.Repeat("x", 2000) + `"}`,
		`{"name":"a","access_token":"s3cret-canary`,
	}
	for _, target := range targets() {
		for i, body := range bodies {
			if !target.body && i > 0 || target.op == AgentloopImportAgent && !json.Valid([]byte(body)) { // any text is a prompt
				continue
			}
			request, err := http.NewRequest(target.method, "http://mock.localhost"+target.path+"?api_key=s3cret-canary&access%5Ftoken=s3cret-canary&key=s3cret-canary", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			request.Header = http.Header{
				"Authorization": {"Bearer evr_s3cret-canary"}, "X-Api-Key": {"s3cret-canary"}, "X-Workspace-Id": {"w1"}, "Content-Type": {"application/json"},
				"Cookie": {"session=s3cret-canary"}, "Set-Cookie": {"session=s3cret-canary"}, "Proxy-Authorization": {"Basic s3cret-canary"},
				"X-Auth-Token": {"s3cret-canary"}, "Api-Key": {"s3cret-canary"}, "X-Goog-Api-Key": {"s3cret-canary"}, "X-Client-Secret": {"s3cret-canary"},
			}
			got := exchangeWith(server.Client(), request)
			reason := got.header.Get("X-Mock-Reason")
			if strings.Contains(reason, secret) || got.status >= 400 && strings.Contains(got.body, secret) {
				t.Errorf("%s %s: %d %s: %s", target.method, target.path, got.status, got.body, reason)
			}
		}
	}
	// Rules that match and answer with secrets.
	server.AddRule(fault.Rule{Op: OmniflowListAgents, Match: journal.Match{Header: map[string]string{"x-api-key": "s3cret-canary"}}, Do: []fault.Fault{fault.Status(401, fault.Header("Set-Cookie", "session=s3cret-canary"))}})
	server.AddRule(fault.Rule{Op: OmniflowCreateAgent, Match: journal.Match{JSON: map[string]any{"/access_token": "s3cret-canary", "/llm_credentials": map[string]any{"value": "s3cret-canary"}}}, Do: []fault.Fault{fault.Then(fault.Status(401, fault.Header("Set-Cookie", "session=s3cret-canary")))}})
	server.Fail(OrqGetAgent, fault.Status(401, fault.Header("X-Api-Key", "s3cret-canary")))
	list := omniflowRequest(server.Namespace(""), "GET", omniflowAgents, "")
	list.Header.Set("X-Api-Key", "s3cret-canary")
	if got := exchangeWith(server.Client(), list); got.header.Get("Set-Cookie") != "session=s3cret-canary" {
		t.Errorf("the rule answered %+v", got)
	}
	// A credential that names a namespace badly.
	bad, _ := http.NewRequest("GET", "http://mock.localhost/orq/v2/agents", nil)
	bad.Header.Set("Authorization", "Bearer mock_ns_s3cret-canary!_x")
	if got := exchangeWith(server.Client(), bad); got.status != 400 || strings.Contains(got.body+fmt.Sprint(got.header), secret) {
		t.Errorf("%d %s %v", got.status, got.body, got.header)
	}
	if len(server.Agents(Orq)) == 0 || len(server.Agents(Xpander)) == 0 || len(server.Agents(Agentloop)) == 0 || len(server.Agents(Omniflow)) == 0 {
		t.Error("not every API has an agent")
	}

	ctx, cancel := context.WithCancel(t.Context())
	events := httptest.NewRecorder()
	watch := httptest.NewRequest("GET", "http://localhost/_mock/namespaces/default/events?since=0", nil).WithContext(ctx)
	watch.RemoteAddr = "127.0.0.1:1"
	cancel()
	server.ServeHTTP(events, watch)
	read := func(path string) string {
		w := httptest.NewRecorder()
		request := httptest.NewRequest("GET", "http://localhost/_mock/namespaces/default"+path, nil)
		request.RemoteAddr = "127.0.0.1:1"
		server.ServeHTTP(w, request)
		if w.Code != 200 {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		return w.Body.String()
	}
	err := server.CheckMatches(journal.Match{Status: 599, Header: map[string]string{"X-Api-Key": "s3cret-canary"}, JSON: map[string]any{"/access_token": "s3cret-canary", "/graph/0/settings/mcp_settings/headers/A": "x"}}, journal.Exactly(-1))
	r.Errorf("something")
	server.verify(r)
	for where, text := range map[string]string{
		"journal": string(must(json.Marshal(server.Calls(journal.Match{})))), "snapshot": string(server.Snapshot()), "log": log.String(),
		"events": events.Body.String(), "error": err.Error(), "test": strings.Join(append(r.errors, r.logs...), "\n"),
		"admin journal": read("/journal"), "ndjson": read("/journal?format=ndjson"), "curl": read("/journal?format=curl"), "admin state": read("/state"),
		"admin record": read("/state/orq/agents/k"), "admin rules": read("/rules"), "rules": string(must(json.Marshal(server.Rules()))),
		"unfired faults": strings.Join(server.Unfired(), "\n"),
	} {
		if i := strings.Index(text, secret); i >= 0 {
			t.Errorf("the %s shows a secret: %s", where, text[max(0, i-200):min(len(text), i+50)])
		}
		if len(text) < 100 {
			t.Errorf("the %s is empty: %q", where, text)
		}
	}
	r.errors = nil
	r.end()
}

// A client that goes, at whatever moment, leaves no goroutine and no request
// behind.
func TestClientsThatGoLeaveNothing(t *testing.T) {
	server := Start(t, Config{AllowUnfired: true})
	address := strings.TrimPrefix(strings.TrimSuffix(server.URL(Omniflow), "/omniflow"), "http://")
	const body = `{"name":"a"}`
	head := func(length int) string {
		return fmt.Sprintf("POST /omniflow%s HTTP/1.1\r\nHost: x\r\nX-Api-Key: k\r\nX-Workspace-Id: w\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", omniflowAgents, length)
	}
	chunked := strings.Replace(head(0), "Content-Length: 0", "Transfer-Encoding: chunked", 1)
	for name, c := range map[string]struct {
		faults []fault.Fault
		sends  string
	}{
		"in the head":            {nil, "POST /omni"},
		"in the body":            {nil, head(1000) + "{"},
		"in a chunk":             {nil, chunked + "5\r\n{"},
		"in the body, delayed":   {[]fault.Fault{fault.Delay(time.Hour, fault.BeforeRead)}, head(1000) + "{"},
		"stalled before read":    {[]fault.Fault{fault.Stall(fault.BeforeRead)}, head(len(body)) + body},
		"stalled in a chunk":     {[]fault.Fault{fault.Stall(fault.BeforeRead)}, chunked + "5\r\n{"},
		"stalled before commit":  {[]fault.Fault{fault.Stall(fault.BeforeCommit)}, head(len(body)) + body},
		"stalled after commit":   {[]fault.Fault{fault.Stall(fault.AfterCommit)}, head(len(body)) + body},
		"delayed after commit":   {[]fault.Fault{fault.Delay(time.Hour, fault.AfterCommit)}, head(len(body)) + body},
		"slow body":              {[]fault.Fault{fault.SlowBody(1, time.Hour)}, head(len(body)) + body},
		"slow body, cut":         {[]fault.Fault{fault.Then(fault.SlowBody(1, time.Hour), fault.Truncate(5))}, head(len(body)) + body},
		"slow body after a drop": {[]fault.Fault{fault.Drop(fault.AfterCommit)}, head(len(body)) + body},
	} {
		t.Run(name, func(t *testing.T) {
			before := server.Count(journal.Match{})
			rule := (*ActiveRule)(nil)
			if c.faults != nil {
				rule = server.Fail(OmniflowCreateAgent, c.faults...)
			}
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(conn, c.sends) //nolint:errcheck // the journal shows it
			if name != "in the head" {
				if _, err := server.Wait(t.Context(), before+1, journal.Match{}); err != nil {
					t.Fatal(err)
				}
			}
			if rule != nil {
				if _, err := server.Wait(t.Context(), 1, journal.Match{Rule: rule.ID()}); err != nil {
					t.Fatal(err)
				}
			}
			conn.Close()
			server.Client().CloseIdleConnections()
			if left := ownGoroutines(t, "net/http.(*Server).Serve("); left != "" {
				t.Errorf("goroutines are left:\n%s", left)
			}
			if calls := server.Calls(journal.Match{Outcome: journal.Open}); len(calls) > 0 {
				t.Errorf("still open: %+v", calls)
			}
			if active := server.w.Activity().Active; active != 0 {
				t.Errorf("%d requests are being served", active)
			}
		})
	}
}

// A reset while requests are being served leaves the counts of the journal
// true: what was served before no longer counts.
func TestResetWhileRequestsAreServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := StartInMemory(t, Config{})
		server.AddRule(fault.Rule{Op: OmniflowCreateAgent, Times: 10, Do: []fault.Fault{fault.Delay(time.Hour, fault.BeforeRead)}})
		server.AddRule(fault.Rule{Op: OmniflowCreateAgent, Times: 10, Do: []fault.Fault{fault.Delay(time.Hour)}})
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() { createOmniflow(server.Namespace("")) })
		}
		synctest.Wait()
		if n := server.Count(journal.Match{Outcome: journal.Open}); n != 20 {
			t.Errorf("%d requests are being served", n)
		}
		if err := server.Reset(PartJournal); err != nil {
			t.Fatal(err)
		}
		group.Wait()
		checkJournal(t, server.Namespace(""), 0, 0)
		if n := len(server.Agents(Omniflow)); n != 20 || server.Count(journal.Match{}) != 0 {
			t.Errorf("%d agents, want 20; %d calls, want none", n, server.Count(journal.Match{}))
		}
	})
}

// checkJournal looks whether a journal is within its bounds.
func checkJournal(t *testing.T, n *Namespace, entries, bytes int) {
	t.Helper()
	if a := n.w.Activity(); a.Bytes > bytes && a.Entries > 1 || a.Entries > entries {
		t.Errorf("%d calls with %d bytes are beyond the bounds", a.Entries, a.Bytes)
	}
}

// Everything at once: requests, resets of every part, rules, waits, snapshots
// and reads of the journal, on a few namespaces with a small journal.
func TestEverythingAtOnce(t *testing.T) {
	server := StartInMemory(t, Config{
		JournalEntries: 20, JournalBytes: 20_000, MaxNamespaces: 3, RateLimits: true, Strictness: Report,
		AllowUnfired: true, AllowUnmatched: true, AllowProblems: true,
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var group, background sync.WaitGroup
	namespaces := func() []*Namespace { return server.Namespaces() }
	parts := []Part{PartState, PartRules, PartJournal, PartIDs, PartClock, PartRateLimits, PartStalls}
	for range 2 {
		background.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				for _, n := range namespaces() {
					if err := n.Reset(parts[i%len(parts)]); err != nil {
						t.Error(err)
					}
					n.Calls(journal.Match{Outcome: journal.Complete})
					n.Unfired()
					if err := n.Load(n.Snapshot()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	background.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			n := server.Namespaces()[0]
			rule := n.AddRule(fault.Rule{Op: fault.AnyOp, Every: 3, Times: 5, Do: []fault.Fault{[]fault.Fault{
				fault.Delay(time.Microsecond), fault.Stall(fault.AfterCommit), fault.Drop(fault.AfterCommit), fault.Reset(fault.BeforeRead), fault.Truncate(3, fault.BeforeCommit), fault.Status(503, fault.BeforeRead), fault.SlowBody(20, time.Microsecond),
			}[i%7]}})
			rule.Fired()
			short, cancel := context.WithTimeout(ctx, time.Millisecond)
			n.Wait(short, 1+i%30, journal.Match{Outcome: journal.Complete}) //nolint:errcheck // it may not come
			cancel()
			if i%2 == 0 {
				rule.Remove()
			}
			server.DropNamespace("w" + strconv.Itoa(i%4))
		}
	})
	all := targets()
	for i := range 6 {
		group.Go(func() {
			for j := range 150 {
				target := all[(i+j)%len(all)]
				prefix := []string{"", "/_ns/w0", "/_ns/w1", "/_ns/w2", "/_ns/w3"}[j%5]
				short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
				r, _ := http.NewRequestWithContext(short, target.method, "http://mock.localhost"+prefix+target.path, strings.NewReader(`{"name":"a","key":"k"}`))
				r.Header = hostileHeader()
				if got := exchangeWith(server.Client(), r); got.status == 500 {
					t.Errorf("%s %s: %s", target.method, target.path, got.body)
				}
				cancel()
			}
		})
	}
	group.Wait()
	cancel()
	background.Wait()
	for _, n := range namespaces() {
		checkJournal(t, n, 20, 20_000)
	}
}

// Waits end when their namespace is dropped, and outlive a reset.
func TestWaitsEndWithTheirNamespace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := StartInMemory(t, Config{})
		n := server.Namespace("w1")
		result := make(chan error, 1)
		go func() {
			_, err := n.Wait(t.Context(), 1, journal.Match{})
			result <- err
		}()
		synctest.Wait()
		n.Reset() //nolint:errcheck // no parts
		synctest.Wait()
		select {
		case err := <-result:
			t.Errorf("a reset ended the wait: %v", err)
		default:
		}
		server.DropNamespace("w1")
		if err := <-result; err == nil || !strings.Contains(err.Error(), `namespace "w1" was dropped while waiting: 0 calls match, want 1`) {
			t.Errorf("error is %v", err)
		}
	})
}

// Close ends what it must in the middle of every kind of wait, also while
// bodies are sent slowly.
func TestCloseDuringEveryWait(t *testing.T) {
	for _, s := range starts {
		for name, one := range map[string]fault.Fault{
			"stall before read": fault.Stall(fault.BeforeRead), "stall": fault.Stall(), "stall after commit": fault.Stall(fault.AfterCommit),
			"delay": fault.Delay(time.Hour), "slow body": fault.SlowBody(1, time.Hour),
		} {
			t.Run(s.name+"/"+name, func(t *testing.T) {
				r := &recorder{}
				server := s.start(r, Config{})
				server.AddRule(fault.Rule{Op: OmniflowCreateAgent, Do: []fault.Fault{one}})
				var group sync.WaitGroup
				for range 5 {
					group.Go(func() {
						if got := createOmniflow(server.Namespace("")); got.err == nil {
							t.Errorf("answered with %d", got.status)
						}
					})
				}
				if _, err := server.Wait(t.Context(), 5, journal.Match{Rule: "r1"}); err != nil {
					t.Fatal(err)
				}
				if failed := r.end(); failed != "" {
					t.Error(failed)
				}
				group.Wait()
				if left := ownGoroutines(t); left != "" {
					t.Errorf("goroutines are left:\n%s", left)
				}
			})
		}
	}
}

// The bounds of what a namespace and a server keep.
func TestBounds(t *testing.T) {
	server := testServer(t, Config{MaxNamespaces: 2})
	for range 10_000 {
		server.Fail(OmniflowCreateAgent, fault.Status(500))
	}
	if _, err := server.ReplaceRules(nil, fault.Rule{Op: OmniflowCreateAgent, Do: []fault.Fault{fault.Drop()}}); err == nil || !strings.Contains(err.Error(), "there would be 10001; 10000 are allowed") {
		t.Errorf("error is %v", err)
	}
	for range 100 { // the same name again and again is one name
		server.Namespace("a")
		server.DropNamespace("a")
	}
	for i := range 15 {
		server.Namespace(fmt.Sprintf("n%d", i))
		server.DropNamespace(fmt.Sprintf("n%d", i))
	}
	if code := getOmniflow(server, "/_ns/a").Code; code != 410 {
		t.Errorf("a dropped namespace: %d", code)
	}
}

// The rules of a namespace keep no more than 16 MiB, whatever way they come
// and go, and neither does what the journal remembers of those that are gone.
func TestRulesAreBoundedInBytes(t *testing.T) {
	server := testServer(t, Config{JournalBytes: 1 << 20})
	big := func(size int) fault.Rule {
		return fault.Rule{Op: OmniflowListAgents, Times: 1, Do: []fault.Fault{fault.Status(500, fault.Body(strings.Repeat("x", size)))}}
	}
	const want = "16777216 are allowed"
	first, err := server.ReplaceRules(nil, big(7<<20), big(7<<20))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.ReplaceRules(nil, big(7<<20)); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("one more: error is %v", err)
	}
	if _, err := server.ReplaceRules(first[:1], big(8<<20)); err != nil {
		t.Errorf("one instead: %v", err)
	}
	first[1].Remove()
	first[1].Remove()
	if _, err := server.ReplaceRules(nil, big(9<<20)); err == nil {
		t.Error("a rule that is removed twice makes room twice")
	}
	if err := server.Reset(PartRules); err != nil {
		t.Fatal(err)
	}
	matching := fault.Rule{Op: OmniflowCreateAgent, Match: journal.Match{JSON: map[string]any{"/name": strings.Repeat("x", 17<<20)}}, Do: []fault.Fault{fault.Drop()}}
	if _, err := server.ReplaceRules(nil, matching); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a long match: error is %v", err)
	}
	// What rules have in other namespaces counts, too, until they are gone.
	others := 0
	for i := range 30 {
		space, err := server.MakeNamespace(fmt.Sprint("w", i), NamespaceConfig{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := space.ReplaceRules(nil, big(7<<20), big(7<<20)); err == nil {
			others++
		} else if !strings.Contains(err.Error(), "67108864 are allowed") {
			t.Fatal(err)
		}
	}
	if others != 4 {
		t.Errorf("%d namespaces have 14 MiB of rules each", others)
	}
	for i := range 30 {
		server.DropNamespace(fmt.Sprint("w", i))
	}
	for range 20 {
		rule := server.AddRule(big(7 << 20))
		if got := getOmniflow(server, ""); got.Code != 500 {
			t.Fatalf("status %d", got.Code)
		}
		rule.Remove()
	}
	if n := len(server.Calls(journal.Match{})); n != 1 {
		t.Errorf("the journal has %d calls with faults of 7 MiB each, and 1 MiB to keep them in", n)
	}
}

// A rule sees the whole body, also of one that the journal cuts off.
func TestRulesSeeLongBodies(t *testing.T) {
	server := StartInMemory(t, Config{})
	server.AddRule(fault.Rule{Op: OmniflowCreateAgent, Match: journal.Match{JSON: map[string]any{"/llmModel": "last"}}, Do: []fault.Fault{fault.Status(500)}})
	body := `{"name":"` + strings.Repeat("x", 2*64<<10) + `","llmModel":"last"}`
	if got := exchangeWith(server.Client(), omniflowRequest(server.Namespace(""), "POST", omniflowAgents, body)); got.status != 500 {
		t.Errorf("status is %d", got.status)
	}
}

// fault.Malformed has nothing to spoil in a response without a body, and says so.
func TestMalformedWithoutABody(t *testing.T) {
	server := StartInMemory(t, Config{AllowProblems: true, Variants: []string{OmniflowDelete}})
	createOmniflow(server.Namespace(""))
	server.Fail(OmniflowDeleteAgent, fault.Malformed())
	exchangeWith(server.Client(), omniflowRequest(server.Namespace(""), "DELETE", omniflowAgents+"/"+server.Agents(Omniflow)[0].ID, ""))
	calls := server.Calls(journal.Match{Op: OmniflowDeleteAgent})
	if len(calls) != 1 || !slices.Equal(calls[0].Problems, []string{`fault {"malformed":{},"stage":"after-commit"} found nothing to change in the response`}) {
		t.Errorf("calls are %+v", calls)
	}
}

// What a snapshot leaves out, or has in a way that no server wrote, is no
// reason to panic.
func TestHostileSnapshots(t *testing.T) {
	kinds := map[string][]string{
		Omniflow: {"agents"}, Agentloop: {"agents"}, Orq: {"agents", "workspaces"},
		Phoneagents: {"agents", "phone_numbers"}, Xpander: {"agents", "unique_names"},
	}
	requests := targets()
	for api, names := range kinds {
		for _, record := range []string{"{}", "null", `{"_id":"none","id":"none","agent_id":"none","key":"none","user_id":"u1"}`} {
			server := testServer(t, Config{})
			id := "none"
			if api == Agentloop {
				id = "agent_00000000000000000000000000000000"
			}
			var parts []string
			for _, name := range names {
				if record[0] == '{' && name == "unique_names" {
					continue
				}
				var records []string
				for _, tenant := range []string{"", "w1"} {
					records = append(records, fmt.Sprintf(`{"tenant":%q,"id":%q,"record":%s}`, tenant, id, record), fmt.Sprintf(`{"tenant":%q,"id":"","record":%s}`, tenant, record))
				}
				parts = append(parts, fmt.Sprintf(`%q:[%s]`, name, strings.Join(records, ",")))
			}
			document := fmt.Sprintf(`{"version":1,"apis":{%q:{%s}}}`, api, strings.Join(parts, ","))
			if err := server.Load([]byte(document)); err != nil {
				t.Errorf("%s: %v", document, err)
				continue
			}
			server.Agents(api)
			for _, target := range requests {
				if target.api != api {
					continue
				}
				for _, body := range []string{"", `{}`, `{"name":"b","role":"r","key":"none","prompt_id":"p","phone_number_id":"none","system_prompt":"p","settings":{"tools":[{"type":"http"}]},"model":"m","versionIncrement":"major"}`} {
					r := httptest.NewRequest(target.method, target.path, strings.NewReader(body))
					r.Header = hostileHeader()
					w := httptest.NewRecorder()
					server.ServeHTTP(w, r)
					if w.Code >= 500 {
						t.Errorf("%s %s with %s: %d %s", target.method, target.path, record, w.Code, server.w.Summary(0).Panics.Lines)
					}
				}
			}
			if err := server.Load(server.Snapshot()); err != nil {
				t.Error(err)
			}
		}
	}
}

// A snapshot gives back what was stored byte by byte, with fault.HTML characters.
func TestSnapshotKeepsText(t *testing.T) {
	server := testServer(t, Config{})
	r := httptest.NewRequest("POST", "/omniflow"+omniflowAgents, strings.NewReader(`{"name":"a & <b>","settings":{"x":"<&>\u2028","n":1.50}}`))
	r.Header = hostileHeader()
	server.ServeHTTP(httptest.NewRecorder(), r)
	before := server.Agents(Omniflow)[0]
	if err := server.Load(server.Snapshot()); err != nil {
		t.Fatal(err)
	}
	if after := server.Agents(Omniflow)[0]; string(after.JSON) != string(before.JSON) {
		t.Errorf("%s became %s", before.JSON, after.JSON)
	}
}
