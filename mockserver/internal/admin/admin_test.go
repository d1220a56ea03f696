package admin_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/admin"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/internal/pipenet"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/google/go-cmp/cmp"
)

// exchanged is what a client saw.
type exchanged struct {
	status int
	header http.Header
	body   string
	err    error // of the request or of reading the body
}

func exchangeWith(client *http.Client, r *http.Request) exchanged {
	response, err := client.Do(r)
	if err != nil {
		return exchanged{err: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return exchanged{response.StatusCode, response.Header, string(body), err}
}

func testServer(t testing.TB, config mockserver.Config) *mockserver.Server {
	t.Helper()
	s, err := mockserver.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// base is the address of a server.
func base(s *mockserver.Server) string {
	return strings.TrimSuffix(s.URL(mockserver.Orq), "/"+mockserver.Orq)
}

// Paths without a namespace mean the default one.
func TestDefaultNamespaceNeedsNoName(t *testing.T) {
	s := mockserver.StartInMemory(t, mockserver.Config{AllowUnfired: true})
	for _, call := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/rules", `{"op":"orq.CreateAgent","do":[{"status":503}]}`, 201},
		{"GET", "/rules/r1", "", 200},
		{"DELETE", "/rules/r1", "", 204},
		{"POST", "/replies", `{"api":"agentloop","replies":[{"text":"Yes"}]}`, 201},
		{"GET", "/journal", "", 200},
		{"POST", "/journal/count", `{"match":{"op":"orq.CreateAgent"}}`, 200},
		{"POST", "/journal/count", `{"at_least":1}`, 409},
		{"POST", "/journal/count", `{"at_most":0}`, 200},
		{"POST", "/journal/count", `{"at_most":0,"count":0}`, 400},
		{"POST", "/journal/find", `{"at_least":-1}`, 400},
		{"GET", "/state", "", 200},
		{"PUT", "/clock", `{"advance":"1s"}`, 200},
		{"PATCH", "/rules", "", 405},
		{"GET", "/rulez", "", 404},
	} {
		if got := callAdmin(t, s, call.method, call.path, call.body); got.status != call.status {
			t.Errorf("%s %s: %d %s", call.method, call.path, got.status, got.body)
		}
	}
}

// callAdmin calls the admin API of a server that was started.
func callAdmin(t testing.TB, s *mockserver.Server, method, path, body string, headers ...string) exchanged {
	t.Helper()
	r, err := http.NewRequest(method, base(s)+"/_mock"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	got := exchangeWith(s.Client(), r)
	if got.err != nil {
		t.Fatal(got.err)
	}
	return got
}

// adminJSON is callAdmin for a response that must have that status and is JSON.
func adminJSON(t testing.TB, s *mockserver.Server, status int, method, path, body string) map[string]any {
	t.Helper()
	got := callAdmin(t, s, method, path, body)
	if got.status != status {
		t.Fatalf("%s %s: %d %s", method, path, got.status, got.body)
	}
	var members map[string]any
	if got.body != "" {
		if err := json.Unmarshal([]byte(got.body), &members); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, got.body)
		}
	}
	return members
}

// orqAgentBody is a request that orq accepts.
func orqAgentBody(key string) string {
	return `{"key":"` + key + `","role":"r","description":"d","instructions":"i","path":"Default","model":"openai/gpt-4o","settings":{"tools":[]}}`
}

func createOrq(t testing.TB, s *mockserver.Server, base, key string) exchanged {
	t.Helper()
	r, err := http.NewRequest("POST", base+"/v2/agents/", strings.NewReader(orqAgentBody(key)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer sk-very-secret")
	r.Header.Set("Content-Type", "application/json")
	r.Header["User-Agent"] = nil
	return exchangeWith(s.Client(), r)
}

// What a script does: a namespace, a fault, a request, the journal, the
// state, a reset.
func TestAdminFromBeginningToEnd(t *testing.T) {
	s := mockserver.StartInMemory(t, mockserver.Config{AllowUnmatched: true}) // the last request comes too late
	space := adminJSON(t, s, 201, "POST", "/namespaces", `{"name":"w1"}`)
	base := "http://" + pipenet.Host + "/_ns/w1/orq"
	want := map[string]any{"name": "w1", "credential": "mock_ns_w1_key", "ttl": "30m0s", "strictness": "as-api", "base_urls": map[string]any{
		"omniflow": "http://mock.localhost/_ns/w1/omniflow", "agentloop": "http://mock.localhost/_ns/w1/agentloop",
		"orq": base, "phoneagents": "http://mock.localhost/_ns/w1/phoneagents", "xpander": "http://mock.localhost/_ns/w1/xpander",
	}}
	if diff := cmp.Diff(want, space); diff != "" {
		t.Errorf("namespace (-want +got):\n%s", diff)
	}

	rule := adminJSON(t, s, 201, "POST", "/namespaces/w1/rules",
		`{"op":"orq.CreateAgent","match":{"json":{"/key":"front-desk"}},"skip":0,"times":1,"stage":"after-commit","do":[{"drop":{}}]}`)
	if rule["id"] != "r1" || rule["fired"] != 0.0 || rule["remaining"] != 1.0 {
		t.Errorf("rule: %v", rule)
	}
	if got := adminJSON(t, s, 200, "GET", "/namespaces/w1/rules?unfired=true", ""); len(got["rules"].([]any)) != 1 || len(got["unfired"].([]any)) != 1 {
		t.Errorf("unfired: %v", got)
	}
	if got := createOrq(t, s, base, "front-desk"); got.err == nil {
		t.Errorf("the first create was answered: %+v", got)
	}
	if got := createOrq(t, s, base, "front-desk"); got.status != 409 {
		t.Errorf("the second create: %+v", got)
	}
	if got := adminJSON(t, s, 200, "GET", "/namespaces/w1/rules", "")["rules"].([]any)[0].(map[string]any); got["fired"] != 1.0 || got["remaining"] != 0.0 {
		t.Errorf("rule: %v", got)
	}
	if got := adminJSON(t, s, 200, "GET", "/namespaces/w1/rules?unfired=true", ""); len(got["rules"].([]any)) != 0 {
		t.Errorf("unfired: %v", got)
	}

	journal := adminJSON(t, s, 200, "GET", "/namespaces/w1/journal", "")
	calls := journal["calls"].([]any)
	if len(calls) != 2 || journal["next"] != 2.0 || journal["dropped"] != 0.0 {
		t.Fatalf("journal: %v", journal)
	}
	first := calls[0].(map[string]any)
	if first["op"] != "orq.CreateAgent" || first["outcome"] != "dropped" || first["committed"] != true || first["rule"] != "r1" {
		t.Errorf("first call: %v", first)
	}
	if text := fmt.Sprint(journal); strings.Contains(text, "very-secret") {
		t.Errorf("the journal has the key: %s", text)
	}
	if got := adminJSON(t, s, 200, "POST", "/namespaces/w1/journal/count", `{"match":{"op":"orq.CreateAgent","retried":true},"count":1}`); got["count"] != 1.0 {
		t.Errorf("count: %v", got)
	}

	record := adminJSON(t, s, 200, "GET", "/namespaces/w1/state/orq/agents/front-desk", "")
	if record["record"].(map[string]any)["key"] != "front-desk" {
		t.Errorf("record: %v", record)
	}
	if got := callAdmin(t, s, "GET", "/namespaces/default/state", ""); got.status != 200 || strings.Contains(got.body, "front-desk") {
		t.Errorf("the default namespace has it, too: %s", got.body)
	}
	state := callAdmin(t, s, "GET", "/namespaces/w1/state", "")
	if strings.Contains(state.body, "very-secret") {
		t.Errorf("the state has the key: %s", state.body)
	}

	adminJSON(t, s, 200, "POST", "/namespaces/w1/reset", "")
	if got := adminJSON(t, s, 200, "GET", "/namespaces/w1/journal", ""); len(got["calls"].([]any)) != 0 {
		t.Errorf("the journal after a reset: %v", got)
	}
	if n := len(s.Namespace("w1").Agents(mockserver.Orq)); n != 0 {
		t.Errorf("%d agents after a reset", n)
	}
	adminJSON(t, s, 204, "PUT", "/namespaces/w1/state", state.body)
	if n := len(s.Namespace("w1").Agents(mockserver.Orq)); n != 1 {
		t.Errorf("%d agents after the state was put back", n)
	}
	adminJSON(t, s, 201, "POST", "/namespaces", `{"name":"w2"}`)
	adminJSON(t, s, 204, "PUT", "/namespaces/w2/state?seed=true", state.body)
	adminJSON(t, s, 200, "POST", "/namespaces/w2/reset", `{"parts":["state","ids"]}`)
	if n := len(s.Namespace("w2").Agents(mockserver.Orq)); n != 1 {
		t.Errorf("%d agents after a reset to the seed", n)
	}
	adminJSON(t, s, 204, "DELETE", "/namespaces/w1", "")
	if got := createOrq(t, s, base, "late"); got.status != 410 {
		t.Errorf("a request to a dropped namespace: %+v", got)
	}
	adminJSON(t, s, 410, "GET", "/namespaces/w1/journal", "")
	adminJSON(t, s, 201, "POST", "/namespaces", `{"name":"w1"}`)
	adminJSON(t, s, 200, "GET", "/namespaces/w1/journal", "")
}

// Every refusal is one line that names what is wrong and what is allowed.
func TestAdminRefusals(t *testing.T) {
	s := mockserver.StartInMemory(t, mockserver.Config{})
	for _, test := range []struct {
		method, path, body string
		status             int
		says               []string
	}{
		{"GET", "/nothing", "", 404, []string{"/_mock/nothing", "openapi.json"}},
		{"POST", "/health", "", 405, []string{"only GET"}},
		{"GET", "/health?x=1", "", 400, []string{`"x"`, "there are none"}},
		{"POST", "/reset", "", 400, []string{"?all=true"}},
		{"POST", "/reset?all=yes", "", 400, []string{`"yes"`, "true and false"}},
		{"POST", "/namespaces", `{"nam":"w1"}`, 400, []string{`"nam"`, `"name"`}},
		{"POST", "/namespaces", `{"name":"a/b"}`, 400, []string{"a/b", "letters, digits"}},
		{"POST", "/namespaces", `{"name":7}`, 400, []string{"name", "expected a string", "number"}},
		{"POST", "/namespaces", `{`, 400, []string{"not valid JSON"}},
		{"POST", "/namespaces", `[]`, 400, []string{"not a JSON object"}},
		{"POST", "/namespaces", `{} {}`, 400, []string{"not valid JSON"}},
		{"POST", "/namespaces", `{"seed":{"version":9}}`, 400, []string{"seed", "version is 9"}},
		{"POST", "/namespaces", `{"clock":"noon"}`, 400, []string{"clock", "noon", "2026-01-01T00:00:00Z"}},
		{"POST", "/namespaces", `{"ttl":"soon"}`, 400, []string{"ttl", "soon", "90s"}},
		{"POST", "/namespaces", `{"ttl":"0s"}`, 400, []string{"ttl", "positive"}},
		{"POST", "/namespaces", `{"name":"default","ttl":"1h"}`, 400, []string{"ttl", "never dropped"}},
		{"POST", "/namespaces", `{"strictness":"very"}`, 400, []string{"strictness", `"very"`, `"reject"`}},
		{"POST", "/namespaces", `{"keys":["k",""]}`, 400, []string{"keys[1] is empty"}},
		{"POST", "/namespaces", `{"keys":"k"}`, 400, []string{"keys"}},
		{"GET", "/namespaces/none", "", 404, []string{`"none"`, "POST /_mock/namespaces"}},
		{"GET", "/namespaces/none/rules", "", 404, []string{`"none"`}},
		{"DELETE", "/namespaces/none", "", 404, []string{`"none"`}},
		{"POST", "/namespaces/none/reset", "", 404, []string{`"none"`, "POST /_mock/namespaces"}},
		{"POST", "/namespaces/none/rules", `{"op":"orq.CreateAgent","do":[{"drop":{}}]}`, 404, []string{`"none"`, "POST /_mock/namespaces"}},
		{"DELETE", "/namespaces/none/rules", "", 404, []string{`"none"`}},
		{"PUT", "/namespaces/none/clock", `{"advance":"1h"}`, 404, []string{`"none"`, "POST /_mock/namespaces"}},
		{"PUT", "/namespaces/none/state", `{"version":1,"apis":{}}`, 404, []string{`"none"`, "POST /_mock/namespaces"}},
		{"POST", "/namespaces/none/journal/wait", `{}`, 404, []string{`"none"`, "POST /_mock/namespaces"}},
		{"POST", "/namespaces/none/journal/count", `{}`, 404, []string{`"none"`}},
		{"POST", "/namespaces/none/journal/find", `{}`, 404, []string{`"none"`}},
		{"GET", "/namespaces/none/events", "", 404, []string{`"none"`}},
		{"DELETE", "/namespaces/default", "", 400, []string{"reset it"}},
		{"GET", "/namespaces/a%2Fb/rules", "", 400, []string{"letters, digits"}},
		{"POST", "/namespaces/default/reset", `{"parts":["everything"]}`, 400, []string{`"everything"`, `"state"`}},
		{"POST", "/namespaces/default/rules", "", 400, []string{"empty"}},
		{"POST", "/namespaces/default/rules", `{"do":[{"drop":{}}]}`, 400, []string{"op is missing", `"orq.CreateAgent"`}},
		{"POST", "/namespaces/default/rules", `{"op":"orq.MakeAgent","do":[{"drop":{}}]}`, 400, []string{`"orq.MakeAgent"`, `"orq.CreateAgent"`}},
		{"POST", "/namespaces/default/rules", `{"op":"orq.CreateAgent","do":[{"explode":{}}]}`, 400, []string{`"explode"`, `"drop"`, `"truncate"`}},
		{"POST", "/namespaces/default/rules", `{"op":"orq.CreateAgent","stage":"later","do":[{"drop":{}}]}`, 400, []string{`"later"`, `"after-commit"`}},
		{"POST", "/namespaces/default/rules", `{"op":"orq.CreateAgent","time":1,"do":[{"drop":{}}]}`, 400, []string{`"time"`, `"times"`}},
		{"POST", "/namespaces/default/rules", `{"op":"orq.CreateAgent","times":"1","do":[{"drop":{}}]}`, 400, []string{"times", "expected a whole number", "string"}},
		{"POST", "/namespaces/default/rules", `{"op":"orq.CreateAgent","match":{"heder":{}},"do":[{"drop":{}}]}`, 400, []string{`"match.heder"`, `"header"`}},
		{"POST", "/namespaces/default/rules", `{"op":"orq.CreateAgent"}`, 400, []string{"do is missing"}},
		{"GET", "/namespaces/default/rules/r7", "", 404, []string{`"r7"`}},
		{"DELETE", "/namespaces/default/rules/r7", "", 404, []string{`"r7"`}},
		{"GET", "/namespaces/default/rules?unfired=1", "", 400, []string{"unfired", "true and false"}},
		{"GET", "/namespaces/default/journal?op=x", "", 400, []string{`"x"`, `"orq.CreateAgent"`}},
		{"GET", "/namespaces/default/journal?outcome=x", "", 400, []string{`"x"`, `"complete"`}},
		{"GET", "/namespaces/default/journal?since=x", "", 400, []string{"since", `"x"`}},
		{"GET", "/namespaces/default/journal?limit=0", "", 400, []string{"limit", "1 to 10000"}},
		{"GET", "/namespaces/default/journal?format=xml", "", 400, []string{`"xml"`, "json, ndjson and curl"}},
		{"GET", "/namespaces/default/journal", "{}", 400, []string{"takes no body"}},
		{"POST", "/namespaces/default/journal/count", `{"match":{"status":"200"}}`, 400, []string{"match.status", "whole number"}},
		{"POST", "/namespaces/default/journal/find", `{"count":-1}`, 400, []string{"count is -1"}},
		{"POST", "/namespaces/default/journal/wait", `{"timeout":"1h"}`, 400, []string{"timeout", "5m"}},
		{"PUT", "/namespaces/default/state", ``, 400, []string{"empty"}},
		{"PUT", "/namespaces/default/state", `{"version":1,"apis":{"orc":{}}}`, 400, []string{`"orc"`, `"orq"`}},
		{"PUT", "/namespaces/default/state", `{"version":1,"apis":{"orq":{"agent":[]}}}`, 400, []string{`"agent"`, `"agents"`}},
		{"GET", "/namespaces/default/state/orc/agents/a", "", 404, []string{`"orc"`, `"orq"`}},
		{"GET", "/namespaces/default/state/orq/agent/a", "", 404, []string{`"agent"`, `"agents"`}},
		{"GET", "/namespaces/default/state/orq/agents/a", "", 404, []string{`"a"`}},
		{"PUT", "/namespaces/default/clock", `{}`, 400, []string{`"now"`, `"advance"`}},
		{"PUT", "/namespaces/default/clock", `{"now":"1850-01-01T00:00:00Z"}`, 400, []string{"1970 to 9999"}},
		{"PUT", "/namespaces/default/clock", `{"now":"9999-12-31T23:59:59Z","advance":"1h"}`, 400, []string{"now, advance", "1970 to 9999", "10000-01-01T00:59:59Z"}},
		{"PUT", "/namespaces/default/clock", `{"now":"1970-01-01T00:00:00Z","advance":"-1ns"}`, 400, []string{"1970 to 9999"}},
		{"PUT", "/namespaces/default/clock", `{"now":"9999-12-31T23:59:59-01:00"}`, 400, []string{"1970 to 9999"}},
		{"PUT", "/namespaces/default/clock", `{"advance":"-876000h"}`, 400, []string{"advance", "1970 to 9999"}},
		{"POST", "/namespaces", `{"name":"w9","clock":"0001-01-01T00:00:00Z"}`, 400, []string{"clock", "1970 to 9999"}},
		{"PUT", "/namespaces/default/clock", `{"advance":"a day"}`, 400, []string{"advance", "24h"}},
		{"POST", "/namespaces/none/messages", `{"api":"orq","from":"+1","text":"Hi"}`, 404, []string{`"none"`}},
		{"POST", "/namespaces/default/messages", `{"from":"+1","text":"Hi"}`, 400, []string{"api is missing"}},
		{"POST", "/namespaces/default/messages", `{"api":"orc","from":"+1","text":"Hi"}`, 400, []string{`"orc"`, `"orq"`}},
		{"POST", "/namespaces/default/messages", `{"api":"orq","from":"+1","text":"Hi"}`, 400, []string{"orq receives no messages"}},
		{"POST", "/namespaces/default/messages", `{"api":"orq","sender":"+1","text":"Hi"}`, 400, []string{`"sender"`, `"from"`}},
		{"PUT", "/namespaces/default/state", `"` + strings.Repeat("x", 8<<20) + `"`, 413, []string{"8 MiB"}},
	} {
		got := callAdmin(t, s, test.method, test.path, test.body)
		name := fmt.Sprintf("%s %s %.60s", test.method, test.path, test.body)
		if got.status != test.status {
			t.Errorf("%s: status %d, want %d: %s", name, got.status, test.status, got.body)
		}
		var refusal admin.ErrorView
		if err := json.Unmarshal([]byte(got.body), &refusal); err != nil || refusal.Error == "" || strings.Contains(refusal.Error, "\n") {
			t.Errorf("%s: not one line of error: %q", name, got.body)
		}
		for _, part := range test.says {
			if !strings.Contains(refusal.Error, part) {
				t.Errorf("%s: %q does not say %q", name, refusal.Error, part)
			}
		}
	}
	if n := len(s.Namespaces()); n != 1 {
		t.Errorf("refused calls made namespaces: there are %d", n)
	}
}

// What a namespace has of its own is shown, its credentials excepted, and is
// changed by what is given later.
func TestAdminNamespaceOfItsOwn(t *testing.T) {
	s := mockserver.StartInMemory(t, mockserver.Config{APIKeys: []string{"of-all"}, Strictness: mockserver.Report, AllowProblems: true})
	shows := func(space map[string]any, ttl, strictness string, keys int) {
		t.Helper()
		hidden := []any{}
		for range keys {
			hidden = append(hidden, jsontext.Redacted)
		}
		want := map[string]any{"name": "w1", "ttl": ttl, "strictness": strictness, "keys": hidden}
		delete(space, "base_urls")
		if diff := cmp.Diff(want, space); diff != "" {
			t.Errorf("namespace (-want +got):\n%s", diff)
		}
	}
	shows(adminJSON(t, s, 201, "POST", "/namespaces", `{"name":"w1"}`), "30m0s", "report", 1)
	shows(adminJSON(t, s, 201, "POST", "/namespaces", `{"name":"w1","ttl":"1h","keys":["s3cret","sk-very-secret"]}`), "1h0m0s", "report", 2)
	shows(adminJSON(t, s, 201, "POST", "/namespaces", `{"name":"w1","strictness":"reject"}`), "1h0m0s", "reject", 2)
	adminJSON(t, s, 200, "POST", "/namespaces/w1/reset", "")
	shows(adminJSON(t, s, 200, "GET", "/namespaces/w1", ""), "1h0m0s", "reject", 2)
	if got := createOrq(t, s, s.Namespace("w1").URL(mockserver.Orq), "a"); got.status != 201 {
		t.Errorf("with a key of the namespace: %d %s", got.status, got.body)
	}
	if got := createOrq(t, s, s.URL(mockserver.Orq), "a"); got.status != 401 {
		t.Errorf("with that key elsewhere: %d %s", got.status, got.body)
	}
	adminJSON(t, s, 201, "POST", "/namespaces", `{"name":"default","keys":["sk-very-secret"]}`)
	if got := createOrq(t, s, s.URL(mockserver.Orq), "a"); got.status != 201 {
		t.Errorf("with a key of the default namespace: %d %s", got.status, got.body)
	}
	space := adminJSON(t, s, 200, "GET", "/namespaces/default", "")
	if _, ok := space["ttl"]; ok || space["strictness"] != "report" {
		t.Errorf("the default namespace: %v", space)
	}
	adminJSON(t, s, 204, "DELETE", "/namespaces/w1", "")
	shows(adminJSON(t, s, 201, "POST", "/namespaces", `{"name":"w1"}`), "30m0s", "report", 1)
	var document struct {
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal(admin.OpenAPI(), &document); err != nil {
		t.Fatal(err)
	}
	properties := document.Components.Schemas["NamespaceRequest"].Properties
	for _, name := range []string{"ttl", "strictness", "keys"} {
		if properties[name] == nil {
			t.Errorf("the OpenAPI document does not have %s: %v", name, properties)
		}
	}
}

// No web page can use the admin string, and nobody from another machine without
// the token.
func TestAdminGuard(t *testing.T) {
	const path = admin.Prefix + "/namespaces/default/reset"
	for _, test := range []struct {
		name, token, host, caller string
		header                    []string
		want                      int
	}{
		{"this machine", "", "localhost:8080", "127.0.0.1:5000", nil, 200},
		{"this machine by address", "", "127.0.0.1:8080", "127.0.0.1:5000", nil, 200},
		{"this machine over IPv6", "", "[::1]:8080", "[::1]:5000", nil, 200},
		{"another machine", "", "localhost:8080", "192.0.2.1:5000", nil, 403},
		{"another name", "", "evil.example:8080", "127.0.0.1:5000", nil, 403},
		{"a name that looks like ours", "", "localhost.evil.example", "127.0.0.1:5000", nil, 403},
		{"no name", "", "", "127.0.0.1:5000", nil, 403},
		{"a page of another site", "", "localhost:8080", "127.0.0.1:5000", []string{"Origin", "https://evil.example"}, 403},
		{"a page of another port", "", "localhost:8080", "127.0.0.1:5000", []string{"Origin", "http://localhost:3000"}, 403},
		{"a page that had its name point here", "", "evil.example:8080", "127.0.0.1:5000", []string{"Origin", "http://evil.example:8080"}, 403},
		{"a page that had its name point here, with the token", "t0ken", "evil.example:8080", "127.0.0.1:5000", []string{"Authorization", "Bearer t0ken", "Origin", "http://evil.example:8080"}, 403},
		{"a sandboxed page", "", "localhost:8080", "127.0.0.1:5000", []string{"Origin", "null"}, 403},
		{"our page", "", "localhost:8080", "127.0.0.1:5000", []string{"Origin", "http://localhost:8080", "Sec-Fetch-Site", "same-origin"}, 200},
		{"a browser that says cross-site", "", "localhost:8080", "127.0.0.1:5000", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a browser that says same-site", "", "localhost:8080", "127.0.0.1:5000", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"no token", "t0ken", "localhost:8080", "127.0.0.1:5000", nil, 401},
		{"wrong token", "t0ken", "localhost:8080", "127.0.0.1:5000", []string{"Authorization", "Bearer token"}, 401},
		{"half the token", "t0ken", "localhost:8080", "127.0.0.1:5000", []string{"Authorization", "Bearer t0"}, 401},
		{"the token", "t0ken", "mock:8080", "192.0.2.1:5000", []string{"Authorization", "Bearer t0ken"}, 200},
		{"the token in its own header", "t0ken", "mock:8080", "192.0.2.1:5000", []string{"X-Mock-Token", "t0ken"}, 200},
		{"a page with the token", "t0ken", "mock:8080", "192.0.2.1:5000", []string{"Authorization", "Bearer t0ken", "Origin", "https://evil.example"}, 403},
	} {
		s := testServer(t, mockserver.Config{AdminToken: test.token})
		r := httptest.NewRequest("POST", path, nil)
		r.Host, r.RemoteAddr = test.host, test.caller
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}))
		for i := 0; i < len(test.header); i += 2 {
			r.Header.Set(test.header[i], test.header[i+1])
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != test.want {
			t.Errorf("%s: status %d, want %d: %s", test.name, w.Code, test.want, w.Body)
		}
		for name := range w.Header() {
			if strings.HasPrefix(name, "Access-Control-") && test.want != 200 {
				t.Errorf("%s: the answer has the header %s", test.name, name)
			}
		}
		if test.token != "" && strings.Contains(w.Body.String(), test.token) {
			t.Errorf("%s: the answer has the token: %s", test.name, w.Body)
		}
	}
	s := testServer(t, mockserver.Config{AdminToken: "t0ken"})
	for _, method := range []string{"GET", "HEAD"} {
		r := httptest.NewRequest(method, admin.Prefix+"/health", nil)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != 200 {
			t.Errorf("%s health without a token: %d", method, w.Code)
		}
	}
}

func TestAdminJournal(t *testing.T) {
	s := mockserver.StartInMemory(t, mockserver.Config{AllowUnmatched: true})
	base := s.URL(mockserver.Orq)
	for _, key := range []string{"a", "b", "c"} {
		createOrq(t, s, base, key)
	}
	r, _ := http.NewRequest("GET", base+"/v2/agents/it's?x=1&api_key=hidden", nil)
	r.Header.Set("Authorization", "Bearer sk-very-secret")
	exchangeWith(s.Client(), r)

	page := adminJSON(t, s, 200, "GET", "/namespaces/default/journal?limit=2", "")
	if page["next"] != 2.0 || len(page["calls"].([]any)) != 2 {
		t.Errorf("first page: %v", page)
	}
	page = adminJSON(t, s, 200, "GET", "/namespaces/default/journal?since=2&op=orq.CreateAgent&outcome=complete", "")
	if page["next"] != 3.0 || len(page["calls"].([]any)) != 1 {
		t.Errorf("second page: %v", page)
	}
	lines := callAdmin(t, s, "GET", "/namespaces/default/journal?format=ndjson", "")
	var ids []uint64
	for line := range strings.Lines(lines.body) {
		var call journal.Call
		if err := json.Unmarshal([]byte(line), &call); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, call.ID)
	}
	if !slices.Equal(ids, []uint64{1, 2, 3, 4}) || lines.header.Get("X-Mock-Next") != "4" {
		t.Errorf("ids are %v, next %q", ids, lines.header.Get("X-Mock-Next"))
	}
	commands := callAdmin(t, s, "GET", "/namespaces/default/journal?format=curl&since=3", "")
	const want = `curl -X 'GET' 'http://mock.localhost/orq/v2/agents/it%27s?x=1&api_key=[redacted]' \
  -H 'Authorization: <authorization>'
`
	if diff := cmp.Diff(want, commands.body); diff != "" {
		t.Errorf("curl (-want +got):\n%s", diff)
	}
	commands = callAdmin(t, s, "GET", "/namespaces/default/journal?format=curl&limit=1", "")
	if !strings.Contains(commands.body, "--data-binary '"+orqAgentBody("a")+"'\n") {
		t.Errorf("curl: %s", commands.body)
	}
	if strings.Contains(lines.body+commands.body, "very-secret") || strings.Contains(lines.body, "hidden") {
		t.Error("the journal has the key")
	}
}

func TestAdminMiss(t *testing.T) {
	s := mockserver.StartInMemory(t, mockserver.Config{})
	createOrq(t, s, s.URL(mockserver.Orq), "a")
	for _, path := range []string{"count", "find", "wait"} {
		miss := adminJSON(t, s, 409, "POST", "/namespaces/default/journal/"+path, map[string]string{
			"count": `{"match":{"op":"orq.CreateAgent","json":{"/key":"b"}},"count":1}`,
			"find":  `{"match":{"op":"orq.CreateAgent","json":{"/key":"b"}},"count":1}`,
			"wait":  `{"match":{"op":"orq.CreateAgent","json":{"/key":"b"}},"timeout":"1ms"}`,
		}[path])
		if miss["count"] != 0.0 || miss["want"] != 1.0 || miss["nearest"].(map[string]any)["id"] != 1.0 {
			t.Errorf("%s: %v", path, miss)
		}
		want := []any{map[string]any{"field": "json /key", "want": `"b"`, "got": `"a"`}}
		if diff := cmp.Diff(want, miss["diff"]); diff != "" {
			t.Errorf("%s: diff (-want +got):\n%s", path, diff)
		}
	}
	if got := adminJSON(t, s, 409, "POST", "/namespaces/default/journal/count", `{"count":0}`); got["count"] != 1.0 {
		t.Errorf("too many: %v", got)
	}

	small := mockserver.StartInMemory(t, mockserver.Config{JournalEntries: 1})
	createOrq(t, small, small.URL(mockserver.Orq), "a")
	createOrq(t, small, small.URL(mockserver.Orq), "b")
	got := adminJSON(t, small, 409, "POST", "/namespaces/default/journal/count", `{"count":1}`)
	if !strings.Contains(got["error"].(string), "dropped 1") {
		t.Errorf("a journal that forgot: %v", got)
	}
}

func TestAdminWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.StartInMemory(t, mockserver.Config{})
		answers := make(chan exchanged, 1)
		adminJSON(t, s, 201, "POST", "/namespaces", `{"name":"later"}`)
		go func() {
			answers <- callAdmin(t, s, "POST", "/namespaces/later/journal/wait", `{"match":{"op":"orq.CreateAgent","status":201},"count":2,"timeout":"30s"}`)
		}()
		synctest.Wait()
		base := s.Namespace("later").URL(mockserver.Orq)
		createOrq(t, s, base, "a")
		synctest.Wait()
		if len(answers) > 0 {
			t.Errorf("it did not wait: %+v", <-answers)
		}
		createOrq(t, s, base, "b")
		got := <-answers
		var v admin.CallsView
		if err := json.Unmarshal([]byte(got.body), &v); err != nil || got.status != 200 || v.Count != 2 {
			t.Errorf("%v %+v", err, got)
		}
		began := time.Now()
		adminJSON(t, s, 409, "POST", "/namespaces/later/journal/wait", `{"count":3,"timeout":"30s"}`)
		if waited := time.Since(began); waited != 30*time.Second {
			t.Errorf("it waited %s", waited)
		}
	})
}

// events reads a stream of events until it ends.
func events(t *testing.T, s *mockserver.Server, path string, headers ...string) (next func() (journal.Call, bool), end func()) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", base(s)+"/_mock"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != 200 || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s %v", response.Status, response.Header)
	}
	lines := bufio.NewScanner(response.Body)
	return func() (call journal.Call, ok bool) {
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok {
				continue
			}
			if err := json.Unmarshal([]byte(data), &call); err != nil {
				t.Error(err)
			}
			return call, true
		}
		return call, false
	}, func() { response.Body.Close() }
}

func TestAdminEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.StartInMemory(t, mockserver.Config{})
		n := s.Namespace("w1")
		createOrq(t, s, n.URL(mockserver.Orq), "a")
		next, end := events(t, s, "/namespaces/w1/events")
		expect := func(key string, outcome journal.Outcome) {
			t.Helper()
			call, ok := next()
			if !ok || call.Outcome != outcome || !strings.Contains(call.Body, `"key":"`+key+`"`) {
				t.Errorf("event %+v, %t; want the %s request for %s", call, ok, outcome, key)
			}
		}
		expect("a", journal.Complete)
		n.Fail(mockserver.OrqCreateAgent, fault.Then(fault.Delay(time.Minute), fault.Drop(fault.AfterCommit)))
		var slow sync.WaitGroup
		slow.Go(func() { createOrq(t, s, n.URL(mockserver.Orq), "slow") })
		synctest.Wait()
		createOrq(t, s, n.URL(mockserver.Orq), "quick")
		expect("quick", journal.Complete) // the slow one has not ended
		slow.Wait()
		expect("slow", journal.Dropped)
		if err := n.Reset(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		createOrq(t, s, n.URL(mockserver.Orq), "new")
		expect("new", journal.Complete)

		again, endAgain := events(t, s, "/namespaces/w1/events?outcome=complete", "Last-Event-ID", "1")
		createOrq(t, s, n.URL(mockserver.Orq), "newer")
		if call, _ := again(); !strings.Contains(call.Body, "newer") {
			t.Errorf("event %+v after the one that was seen", call)
		}
		s.DropNamespace("w1")
		expect("newer", journal.Complete)
		if call, ok := next(); ok {
			t.Errorf("event %+v of a namespace that is gone", call)
		}
		if call, ok := again(); ok {
			t.Errorf("event %+v of a namespace that is gone", call)
		}
		end()
		endAgain()
		_, end = events(t, s, "/namespaces/default/events")
		defer end()
		s.Close() // ends the stream, or synctest finds a goroutine that waits forever
	})
}

func TestAdminClock(t *testing.T) {
	s := mockserver.StartInMemory(t, mockserver.Config{})
	adminJSON(t, s, 201, "POST", "/namespaces", `{"name":"w1"}`)
	got := adminJSON(t, s, 200, "PUT", "/namespaces/w1/clock", `{"now":"2026-01-01T00:00:00Z","advance":"90s"}`)
	if got["now"] != "2026-01-01T00:01:30Z" || got["stopped"] != true {
		t.Errorf("%v", got)
	}
	if agent := createOrq(t, s, s.Namespace("w1").URL(mockserver.Orq), "a"); !strings.Contains(agent.body, `"created":"2026-01-01T00:01:30.000Z"`) {
		t.Errorf("%+v", agent)
	}
	adminJSON(t, s, 200, "POST", "/namespaces/w1/reset", `{"parts":["clock"]}`)
	if got := adminJSON(t, s, 200, "GET", "/namespaces/w1/clock", ""); got["stopped"] != false {
		t.Errorf("%v", got)
	}
	made := adminJSON(t, s, 201, "POST", "/namespaces", `{"clock":"2026-02-03T04:05:06Z"}`)
	if got := adminJSON(t, s, 200, "GET", "/namespaces/"+made["name"].(string)+"/clock", ""); got["now"] != "2026-02-03T04:05:06Z" {
		t.Errorf("%v", got)
	}
}

func TestClockStep(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := mockserver.StartInMemory(t, mockserver.Config{Now: func() time.Time { return at }, ClockStep: time.Minute})
	for i, key := range []string{"a", "b", "c"} {
		want := at.Add(time.Duration(i) * time.Minute).Format("2006-01-02T15:04:05.000Z")
		if got := createOrq(t, s, s.URL(mockserver.Orq), key); !strings.Contains(got.body, `"created":"`+want+`"`) {
			t.Errorf("agent %s: %s, want it created at %s", key, got.body, want)
		}
	}
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	if got := createOrq(t, s, s.URL(mockserver.Orq), "a"); !strings.Contains(got.body, `"created":"2026-01-01T00:00:00.000Z"`) {
		t.Errorf("after a reset: %s", got.body)
	}
}

func TestAdminResetAll(t *testing.T) {
	s := mockserver.StartInMemory(t, mockserver.Config{})
	createOrq(t, s, s.URL(mockserver.Orq), "a")
	createOrq(t, s, s.Namespace("w1").URL(mockserver.Orq), "a")
	got := adminJSON(t, s, 200, "POST", "/reset?all=true", `{"parts":["state"]}`)
	if diff := cmp.Diff(map[string]any{"namespaces": []any{"default", "w1"}, "parts": []any{"state"}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(s.Agents(mockserver.Orq))+len(s.Namespace("w1").Agents(mockserver.Orq)) > 0 {
		t.Error("agents are left")
	}
	if s.Count(journal.Match{}) != 1 {
		t.Error("the journal was reset, too")
	}
}

func TestAdminMetrics(t *testing.T) {
	s := mockserver.StartInMemory(t, mockserver.Config{AllowUnmatched: true})
	s.Fail(mockserver.OrqCreateAgent, fault.Drop())
	createOrq(t, s, s.URL(mockserver.Orq), "a")
	createOrq(t, s, s.URL(mockserver.Orq), "a")
	createOrq(t, s, s.Namespace("w1").URL(mockserver.Orq), "a")
	createOrq(t, s, s.URL(mockserver.Orq)+"/x", "a")
	createOrq(t, s, base(s)+"/unknown", "a")
	got := callAdmin(t, s, "GET", "/metrics", "").body
	for _, line := range []string{
		`agentmock_requests_total{api="orq",op="orq.CreateAgent",outcome="complete"} 2`,
		`agentmock_requests_total{api="orq",op="orq.CreateAgent",outcome="dropped"} 1`,
		`agentmock_requests_total{api="orq",op="",outcome="complete"} 1`,
		`agentmock_requests_total{api="",op="",outcome="complete"} 1`,
		`agentmock_namespaces 2`,
		`# TYPE agentmock_requests_total counter`,
	} {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("no line %s in\n%s", line, got)
		}
	}
}

func TestAdminAPIs(t *testing.T) {
	s := mockserver.StartInMemory(t, mockserver.Config{Variants: []string{mockserver.PhoneagentsUpstream}})
	var v admin.APIsView
	if err := jsontext.DecodeStrict([]byte(callAdmin(t, s, "GET", "/apis", "").body), &v); err != nil {
		t.Fatal(err)
	}
	var names []string
	ops := make(map[string]bool)
	for _, api := range v.APIs {
		names = append(names, api.Name)
		if api.BaseURL != s.URL(api.Name) || len(api.NotEmulated) == 0 {
			t.Errorf("%+v", api)
		}
		for _, o := range api.Operations {
			ops[o.Op] = true
		}
		for _, variant := range api.Variants {
			if variant.On != (variant.Name == mockserver.PhoneagentsUpstream) {
				t.Errorf("%+v", variant)
			}
		}
	}
	if !slices.Equal(names, mockserver.APIs()) {
		t.Errorf("APIs are %v", names)
	}
	for _, op := range s.Operations() {
		if !ops[op] {
			t.Errorf("%s is not listed", op)
		}
	}
}

// The OpenAPI document describes what is really answered.
func TestOpenAPI(t *testing.T) {
	s := mockserver.StartInMemory(t, mockserver.Config{})
	var document struct {
		OpenAPI    string `json:"openapi"`
		Paths      map[string]map[string]any
		Components struct{ Schemas map[string]map[string]any }
	}
	text := callAdmin(t, s, "GET", "/openapi.json", "").body
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	ids := make(map[string]bool)
	for _, route := range admin.Routes() {
		operation, _ := document.Paths[admin.Prefix+route.Pattern][strings.ToLower(route.Method)].(map[string]any)
		id, _ := operation["operationId"].(string)
		if id == "" || ids[id] {
			t.Errorf("%s %s: operation id %q", route.Method, route.Pattern, id)
		}
		ids[id] = true
	}
	for reference := range strings.SplitSeq(text, `"#/components/schemas/`) {
		name, _, _ := strings.Cut(reference, `"`)
		if strings.HasPrefix(reference, "{") {
			continue
		}
		if document.Components.Schemas[name] == nil {
			t.Errorf("there is no schema %q", name)
		}
	}

	createOrq(t, s, s.URL(mockserver.Orq), "a")
	adminJSON(t, s, 201, "POST", "/namespaces/default/rules", `{"op":"*","match":{"method":"PUT"},"times":1,"do":[{"delay":"1ms"}]}`)
	defer s.Reset() //nolint:errcheck // without parts it cannot fail
	for _, route := range admin.Routes() {
		if route.Method != "GET" || route.Response == nil {
			continue
		}
		path := strings.NewReplacer("{namespace}", "default", "{api}", "orq", "{kind}", "agents", "rules/{id}", "rules/r1", "{id}", "a").Replace(route.Pattern)
		got := callAdmin(t, s, "GET", path, "")
		into := reflect.New(reflect.TypeOf(route.Response)).Interface()
		if err := jsontext.DecodeStrict([]byte(got.body), into); err != nil || got.status != route.Status {
			t.Errorf("GET %s: %d, %v: %s", path, got.status, err, got.body)
		}
	}
}

func TestAdminPage(t *testing.T) {
	s := mockserver.StartInMemory(t, mockserver.Config{AdminToken: "t0ken"})
	for _, path := range []string{"", "/"} {
		got := callAdmin(t, s, "GET", path, "")
		policy := got.header.Get("Content-Security-Policy")
		if got.status != 200 || !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") || strings.Count(policy, "sha256-") != 2 {
			t.Errorf("%d %v", got.status, got.header)
		}
		for _, outside := range []string{"http://", "https://", "innerHTML", "eval("} {
			if strings.Contains(got.body, outside) {
				t.Errorf("the page has %q", outside)
			}
		}
		if len(got.body) > 20<<10 {
			t.Errorf("the page has %d bytes", len(got.body))
		}
	}
}

// A rule for everything does not hit those who could remove it.
func TestRulesSpareTheAdminAPI(t *testing.T) {
	s := mockserver.StartInMemory(t, mockserver.Config{AllowUnfired: true})
	s.AddRule(fault.Rule{Op: fault.AnyOp, Do: []fault.Fault{fault.Drop()}})
	if got := callAdmin(t, s, "GET", "/health", ""); got.status != 200 {
		t.Errorf("%+v", got)
	}
	if s.Count(journal.Match{}) != 0 {
		t.Error("the journal has a call of the admin API")
	}
}

// Whatever comes is answered, and no response is a failure of the server.
func FuzzAdmin(f *testing.F) {
	for _, route := range admin.Routes() {
		f.Add(route.Method, admin.Prefix+strings.ReplaceAll(route.Pattern, "{namespace}", "default"), "", `{"op":"orq.CreateAgent","do":[{"drop":{}}]}`)
	}
	f.Add("GET", "/_mock/namespaces/%2e%2e/state", "since=1", "")
	for _, api := range mockserver.APIs() {
		f.Add("PUT", "/_mock/namespaces/default/state", "", `{"version":1,"apis":{"`+api+`":{"agents":[{"tenant":"t","id":"x","record":{}}]}}}`)
	}
	f.Add("PUT", "/_mock/namespaces/default/state", "seed=true", `{"version":1,"apis":{"orq":{"agents":[{"tenant":"","id":"","record":null}]}}}`)
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		if strings.HasSuffix(path, "/events") || strings.HasSuffix(path, "/wait") {
			return // they wait
		}
		r, err := http.NewRequest(method, "http://localhost/", strings.NewReader(body))
		if err != nil {
			return
		}
		target, err := r.URL.Parse(path)
		if err != nil {
			return
		}
		r.URL, r.URL.RawQuery, r.RemoteAddr, r.Host = target, query, "127.0.0.1:1", "localhost"
		s := testServer(t, mockserver.Config{})
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if _, err := io.ReadAll(w.Body); err != nil || w.Code >= 500 {
			t.Errorf("%s %s: %d", method, path, w.Code)
		}
		// What was put in can be read out again.
		w = httptest.NewRecorder()
		r = httptest.NewRequest("GET", "http://localhost"+admin.Prefix+"/namespaces/default/state", nil)
		r.RemoteAddr = "127.0.0.1:1"
		s.ServeHTTP(w, r)
		if w.Code != 200 {
			t.Errorf("the state after %s %s: %d %s", method, path, w.Code, w.Body)
		}
		for _, api := range mockserver.APIs() {
			s.Agents(api)
		}
	})
}
