package orq_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// One request that is wrong in every way is mended step by step.
func TestOrderOfChecks(t *testing.T) {
	m := newMock(t, mockserver.Config{APIKeys: []string{"sk-orq-1", "sk-orq-2"}})
	wrong := agentBody(t, map[string]string{"role": `""`})
	check := func(what string, response *httptest.ResponseRecorder, status int, body string) {
		t.Helper()
		if response.Code != status || response.Body.String() != body {
			t.Errorf("%s: %d %s, want %d %s", what, response.Code, response.Body, status, body)
		}
		if response.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: content type %q", what, response.Header().Get("Content-Type"))
		}
		if response.Header().Get("X-Mock-Reason") == "" {
			t.Errorf("%s: no reason", what)
		}
	}
	check("no token", m.as("", "PUT", "/v2/agents/none", wrong), 401,
		`{"code":"authentication_required","message":"Authentication required"}`)
	check("unknown token", m.as("secret", "PUT", "/v2/agents/none", wrong), 401,
		`{"code":"invalid_api_key","message":"Invalid API key"}`)
	check("wrong path", m.send("PUT", "/v2/robots/none", wrong), 404, `{"message":"Not Found"}`)
	response := m.send("PUT", "/v2/agents/none", wrong)
	check("wrong method", response, 405, `{"message":"Method Not Allowed"}`)
	if allow := response.Header().Get("Allow"); allow != "GET, PATCH, DELETE" {
		t.Errorf("Allow: %q", allow)
	}
	check("invalid body", m.send("PATCH", "/v2/agents/none", wrong), 400,
		`{"code":"invalid_request_body","message":"Invalid request body","details":{"issues":`+
			`[{"path":["role"],"message":"must have at least 1 character, has 0"}]}}`)
	check("no such agent", m.send("PATCH", "/v2/agents/none", `{"role":"r"}`), 404, `{"message":"Agent not found"}`)

	m.want(201, "POST", "/v2/agents/", agentBody(t, map[string]string{"key": `"one"`}))
	m.want(201, "POST", "/v2/agents/", agentBody(t, map[string]string{"key": `"two"`}))
	check("invalid and taken", m.send("POST", "/v2/agents/", agentBody(t, map[string]string{"key": `"one"`, "path": ""})), 400,
		`{"code":"invalid_request_body","message":"Invalid request body","details":{"issues":[{"path":["path"],"message":"is required"}]}}`)
	taken := `{"message":"Agent with this key already exists in the workspace"}`
	check("taken", m.send("POST", "/v2/agents/", agentBody(t, map[string]string{"key": `"one"`})), 409, taken)
	check("renamed to a taken key", m.send("PATCH", "/v2/agents/one", `{"key":"two","role":"changed"}`), 409, taken)
	if got := m.want(200, "GET", "/v2/agents/one", "")["role"]; got != "Assistant" {
		t.Errorf("a refused rename changed the role to %v", got)
	}
}

func TestCredentials(t *testing.T) {
	m := newMock(t, mockserver.Config{})
	for header, status := range map[string]int{
		"": 401, "sk-orq-1": 401, "Bearer": 401, "Bearer  ": 401, "Basic c2s6": 401,
		"Bearer sk-orq-1": 200, "bearer sk-orq-1": 200,
	} {
		request := httptest.NewRequest("GET", "/orq/v2/agents", nil)
		if header != "" {
			request.Header.Set("Authorization", header)
		}
		response := httptest.NewRecorder()
		m.server.ServeHTTP(response, request)
		if response.Code != status {
			t.Errorf("%q: status %d, want %d", header, response.Code, status)
		}
		if strings.Contains(response.Header().Get("X-Mock-Reason"), "sk-orq-1") {
			t.Errorf("%q: the reason shows the token", header)
		}
	}
}

func TestWrongMethod(t *testing.T) {
	m := newMock(t, mockserver.Config{})
	response := m.send("PATCH", "/v2/agents", "")
	if allow := response.Header().Get("Allow"); response.Code != 405 || allow != "POST, GET" {
		t.Errorf("%d with Allow %q", response.Code, allow)
	}
	if want := `{"message":"Method Not Allowed"}`; response.Body.String() != want {
		t.Errorf("%s, want %s", response.Body, want)
	}
	if diff := cmp.Diff([]string{"orq.405", "orq.unknown-route"}, m.server.Calls(journal.Match{})[0].Guesses); diff != "" {
		t.Errorf("guesses (-want +got):\n%s", diff)
	}
}

// Errors that are not the API's own have its shape, too.
func TestErrorsOfFaults(t *testing.T) {
	for status, want := range map[int]string{
		400: `{"code":"invalid_request_body","message":"Invalid request body"}`,
		404: `{"message":"Agent not found"}`,
		409: `{"message":"Agent with this key already exists in the workspace"}`,
		418: `{"message":"I'm a teapot"}`,
		429: `{"code":"rate_limit_exceeded","message":"Rate limit exceeded"}`,
		500: `{"code":"internal_error","message":"Internal server error"}`,
		503: `{"code":"service_unavailable","message":"Service unavailable"}`,
	} {
		m := newMock(t, mockserver.Config{})
		m.want(201, "POST", "/v2/agents/", agentBody(t, nil))
		m.rule(fmt.Sprintf(`{"op":"orq.GetAgent","do":[{"status":%d}]}`, status))
		if response := m.send("GET", "/v2/agents/support.agent", ""); response.Code != status || response.Body.String() != want {
			t.Errorf("%d: %d %s, want %s", status, response.Code, response.Body, want)
		}
	}
	m := newMock(t, mockserver.Config{Strictness: mockserver.Reject})
	want := `{"code":"invalid_request_body","message":"the operation takes no body"}`
	if response := m.send("GET", "/v2/agents/support.agent", "{}"); response.Code != 400 || response.Body.String() != want {
		t.Errorf("400 with a message: %d %s, want %s", response.Code, response.Body, want)
	}
}

func TestRateLimits(t *testing.T) {
	m := newMock(t, mockserver.Config{RateLimits: true})
	for left := 99; left >= 0; left-- {
		response := m.send("GET", "/v2/agents", "")
		if got := response.Header().Get("X-RateLimit-Remaining"); response.Code != 200 || got != strconv.Itoa(left) {
			t.Fatalf("%d with %q remaining, want 200 with %d", response.Code, got, left)
		}
	}
	m.now = m.now.Add(20 * time.Second)
	refused := m.send("GET", "/v2/agents", "")
	if want := `{"code":"rate_limit_exceeded","message":"Rate limit exceeded"}`; refused.Code != 429 || refused.Body.String() != want {
		t.Errorf("%d %s, want 429 %s", refused.Code, refused.Body, want)
	}
	for name, want := range map[string]string{
		"Retry-After": "40", "X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "0",
		"X-RateLimit-Reset": fmt.Sprint(m.now.Add(40 * time.Second).Unix()),
	} {
		if got := refused.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	calls := m.server.Calls(journal.Match{})
	if guesses := calls[len(calls)-1].Guesses; !slices.Contains(guesses, "orq.rate-limit") {
		t.Errorf("guesses %q", guesses)
	}
	m.now = m.now.Add(40 * time.Second)
	m.want(200, "GET", "/v2/agents", "")
}

// The limit counts the requests of the last 60 seconds, whenever a minute
// begins, and by whichever way the clock goes.
func TestLimitIsARollingMinute(t *testing.T) {
	m := newMock(t, mockserver.Config{RateLimits: true})
	served := func(requests int) (count int) {
		for range requests {
			if m.send("GET", "/v2/agents", "").Code == 200 {
				count++
			}
		}
		return count
	}
	served(1)
	m.now = m.now.Add(59 * time.Second)
	if got := served(150); got != 99 {
		t.Errorf("%d more in the first minute, want 99", got)
	}
	m.now = m.now.Add(2 * time.Second) // 61 s after the first, 2 s after the others
	if got := served(150); got != 1 {
		t.Errorf("%d when the first is a minute ago, want 1", got)
	}
	refused := m.send("GET", "/v2/agents", "")
	if got := refused.Header().Get("Retry-After"); got != "58" {
		t.Errorf("Retry-After is %q, want 58", got)
	}
	m.now = m.now.Add(58 * time.Second)
	if got := served(150); got != 99 {
		t.Errorf("%d when those of the first minute are gone, want 99", got)
	}
	m.now = m.now.Add(-24 * time.Hour)
	if got := served(150); got != 100 {
		t.Errorf("%d on the day before, want 100", got)
	}
}

// What no source documents is in the journal as a guess.
func TestGuesses(t *testing.T) {
	for _, c := range []struct {
		method, path, body string
		want               []string
	}{
		{"POST", "/v2/agents/", agentBody(t, map[string]string{"key": `"a"`}), []string{"orq.display-name-from-key"}},
		{"POST", "/v2/agents/", agentBody(t, map[string]string{"key": `"b"`, "display_name": `"B"`}), nil},
		{"POST", "/v2/agents/", `{}`, []string{"orq.400-body"}},
		{"POST", "/v2/agents/", agentBody(t, map[string]string{"key": `"c"`, "path": `"Sales"`}), []string{"orq.unknown-project", "orq.400-body"}},
		{"PATCH", "/v2/agents/a", `{"key":"b"}`, []string{"orq.409-on-rename"}},
		{"PATCH", "/v2/agents/a", `{"versionIncrement":"minor"}`, []string{"orq.version"}},
		{"GET", "/v2/agents?starting_after=00000000000000000000000000", "", []string{"orq.unknown-cursor"}},
		{"GET", "/v2/agents?starting_after=x", "", []string{"orq.unknown-cursor", "orq.400-body"}},
		{"GET", "/v2/robots", "", []string{"orq.unknown-route"}},
		{"GET", "/v2/agents/none", "", nil},
	} {
		m := newMock(t, with(mockserver.OrqKnownProjects))
		for _, key := range []string{"a", "b"} {
			if c.method != "POST" {
				m.want(201, "POST", "/v2/agents/", agentBody(t, map[string]string{"key": `"` + key + `"`}))
			}
		}
		m.send(c.method, c.path, c.body)
		calls := m.server.Calls(journal.Match{})
		if diff := cmp.Diff(c.want, calls[len(calls)-1].Guesses); diff != "" {
			t.Errorf("%s %s %s (-want +got):\n%s", c.method, c.path, c.body, diff)
		}
	}
}

// A request whose effect a fault takes away gets the response of one that had
// it, and changes nothing.
func TestFaultsBeforeTheCommitKeepTheState(t *testing.T) {
	m := newMock(t, mockserver.Config{})
	m.want(201, "POST", "/v2/agents/", agentBody(t, map[string]string{
		"settings": `{"tools":[{"type":"http"},{"type":"code"}]}`, "fallback_models": `["f"]`, "memory_stores": `["s"]`}))
	m.want(201, "POST", "/v2/agents/", agentBody(t, map[string]string{"key": `"other"`}))
	before := string(m.server.Snapshot())
	for _, c := range []struct {
		op, method, path, body string
		status                 int
	}{
		{"CreateAgent", "POST", "/v2/agents/", agentBody(t, map[string]string{"key": `"new"`, "path": `"Sales"`}), 201},
		{"UpdateAgent", "PATCH", "/v2/agents/support.agent", `{"key":"renamed","path":"Support","role":"r","memory_stores":["t"],"fallback_models":["g","h"],` +
			`"settings":{"tools":[{"type":"mcp"},{"type":"code"}],"max_cost":1},"versionIncrement":"major"}`, 200},
		{"UpdateAgent", "PATCH", "/v2/agents/support.agent", `{"key":"other"}`, 409},
		{"DeleteAgent", "DELETE", "/v2/agents/support.agent", "", 204},
	} {
		m.rule(`{"op":"orq.` + c.op + `","times":1,"do":[{"slow_body":{"chunk":100000,"pause":"0s"},"stage":"before-commit"}]}`)
		if response := m.send(c.method, c.path, c.body); response.Code != c.status {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, response.Code, response.Body, c.status)
		}
		if diff := cmp.Diff(before, string(m.server.Snapshot())); diff != "" {
			t.Errorf("%s %s changed (-before +after):\n%s", c.method, c.path, diff)
		}
	}
}

// What a snapshot holds must serve on as if nothing had happened.
func TestStateRoundTrip(t *testing.T) {
	m := newMock(t, with(mockserver.OrqWorkspaceID))
	m.want(201, "POST", "/v2/agents/", agentBody(t, map[string]string{"variables": `{"a":"<&>"}`,
		"settings": `{"tools":[{"type":"http","key":"k"}],"evaluators":[]}`, "model": `{"id":"m","retry":{}}`}))
	m.want(201, "POST", "/v2/agents/", agentBody(t, map[string]string{"key": `"other"`, "path": `"Sales"`, "fallback_models": `["f",{"id":"g"}]`}))
	before := m.server.Agents(mockserver.Orq)
	if len(before) != 2 || before[0].ID != "support.agent" || before[0].Name != "support.agent" || before[1].ID != "other" {
		t.Fatalf("agents: %+v", before)
	}
	hash := m.want(200, "GET", "/v2/agents/support.agent", "")["version_hash"]

	snapshot := m.server.Snapshot()
	if err := m.server.Restore(snapshot); err != nil {
		t.Fatal(err)
	}
	after := m.server.Agents(mockserver.Orq)
	asPlain := cmp.Transformer("plain", func(raw json.RawMessage) any { return plainObject(t, raw) })
	if diff := cmp.Diff(before, after, asPlain); diff != "" {
		t.Errorf("agents (-before +after):\n%s", diff)
	}
	if got := m.want(200, "PATCH", "/v2/agents/support.agent", `{"role":"Assistant"}`)["version_hash"]; got != hash {
		t.Errorf("version_hash %v after the round trip, want %v", got, hash)
	}
	first := m.want(200, "GET", "/v2/agents/support.agent", "")["project_id"]
	if got := m.want(200, "PATCH", "/v2/agents/other", `{"path":"Default"}`)["project_id"]; got != first {
		t.Errorf("the project Default is %v now, want %v", got, first)
	}
}

func TestIsDeterministic(t *testing.T) {
	run := func() string {
		m := newMock(t, mockserver.Config{})
		var all strings.Builder
		for _, key := range []string{"a", "b"} {
			all.WriteString(m.send("POST", "/v2/agents/", agentBody(t, map[string]string{"key": `"` + key + `"`,
				"settings": `{"tools":[{"type":"http"},{"type":"http"}]}`})).Body.String())
		}
		all.WriteString(m.send("GET", "/v2/agents", "").Body.String())
		return all.String()
	}
	first, second := run(), run()
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("two runs differ (-first +second):\n%s", diff)
	}
	ids := regexp.MustCompile(`"_?id":"([0-9A-HJKMNP-TV-Z]{26})"`).FindAllString(first, -1)
	slices.Sort(ids)
	if distinct := len(slices.Compact(ids)); distinct != 6 {
		t.Errorf("%d distinct ULIDs, want those of 2 agents and 4 tools", distinct)
	}
}
