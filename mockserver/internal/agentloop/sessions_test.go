package agentloop_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/internal/roomtest"
)

const unknownSession = "/v1/sessions/session_00000000000000000000000000000000"

// withAgent is a caller with one agent.
func withAgent(t *testing.T, config mockserver.Config) caller {
	t.Helper()
	c := newCaller(t, config)
	c.Do("PUT", "/v1/agents/"+agentID, `{"name":"a","system_prompt":"b"}`, http.StatusCreated)
	return c
}

// newSession makes a session and returns the path to it.
func (c caller) newSession() string {
	c.T.Helper()
	var made sessionView
	c.Read("POST", "/v1/sessions", `{"agent_id":"`+agentID+`"}`, http.StatusCreated, &made)
	return "/v1/sessions/" + made.ID
}

func TestSessions(t *testing.T) {
	now := time.Date(2026, 2, 8, 9, 0, 0, 100e6, time.UTC)
	c := withAgent(t, mockserver.Config{Now: func() time.Time { return now }})
	got := c.Do("POST", "/v1/sessions", `{"agent_id":"`+agentID+`","title":"Gate","tags":["a","b"],"model_id":"model_01933b5a000070008000000000000001",
		"capabilities":[{"ref":"web_fetch","config":{"a":1}}],"unknown":1}`, http.StatusCreated).Body.String()
	var made sessionView
	if err := json.Unmarshal([]byte(got), &made); err != nil {
		t.Fatal(err)
	}
	want := roomtest.Squeeze(t, `{"id":"`+made.ID+`","organization_id":"org_00000000000000000000000000000001","agent_id":"`+agentID+`",
		"title":"Gate","tags":["a","b"],"model_id":"model_01933b5a000070008000000000000001",
		"capabilities":[{"config":{"a":1},"ref":"web_fetch"}],"status":"started",
		"created_at":"2026-02-08T09:00:00.1Z","updated_at":"2026-02-08T09:00:00.1Z"}`)
	if diff := cmp.Diff(want, got); diff != "" || !isID("session", made.ID) {
		t.Error(made.ID, diff)
	}
	one := "/v1/sessions/" + made.ID
	if again := c.Do("GET", one, "", http.StatusOK).Body.String(); again != got {
		t.Errorf("a read responds %s", again)
	}

	now = now.Add(time.Second)
	c.Read("PATCH", one, `{"title":"Fence","tags":null}`, http.StatusOK, &made)
	if *made.Title != "Fence" || len(made.Tags) != 2 || !made.UpdatedAt.Equal(now) {
		t.Errorf("after a change: %+v", made)
	}
	c.Read("PATCH", one, `{"tags":[]}`, http.StatusOK, &made)
	if *made.Title != "Fence" || len(made.Tags) != 0 {
		t.Errorf("after another change: %+v", made)
	}

	if minimal := c.Do("GET", c.newSession(), "", http.StatusOK).Body.String(); !strings.Contains(minimal, `"tags":[],"capabilities":[],"status":"started"`) || strings.Contains(minimal, "null") {
		t.Error(minimal)
	}
	c.Do("DELETE", one, "", http.StatusNoContent)
	for _, call := range [][3]string{
		{"GET", one, ""}, {"DELETE", one, ""}, {"PATCH", one, "{}"}, {"POST", one + "/cancel", ""}, {"POST", one + "/messages", textBody("x")},
		{"GET", one + "/messages", ""}, {"GET", one + "/events", ""}, {"GET", one + "/sse", ""},
	} {
		c.wantError(call[0], call[1], call[2], http.StatusNotFound, "Session not found")
	}
}

func TestListSessions(t *testing.T) {
	c := withAgent(t, mockserver.Config{Tenants: map[string]string{"evr_other": "them"}})
	const other = "agent_01933b5a000070008000000000000002"
	c.Do("PUT", "/v1/agents/"+other, `{"name":"a","system_prompt":"b"}`, http.StatusCreated)
	var all []string
	for i := range 105 {
		body := fmt.Sprintf(`{"agent_id":%q}`, agentID)
		if i == 3 {
			body = fmt.Sprintf(`{"agent_id":%q}`, other)
		}
		var made sessionView
		c.Read("POST", "/v1/sessions", body, http.StatusCreated, &made)
		all = append(all, made.ID)
	}
	slices.Reverse(all) // the newest first
	for query, want := range map[string]struct {
		ids           []string
		total         int
		offset, limit int
	}{
		"":                            {all[:20], 105, 0, 20},
		"?offset=100":                 {all[100:], 105, 100, 20},
		"?limit=1000":                 {all[:100], 105, 0, 100},
		"?limit=0":                    {[]string{}, 105, 0, 0},
		"?agent_id=" + other:          {all[101:102], 1, 0, 20},
		"?agent_id=" + unknownAgent(): {[]string{}, 0, 0, 20},
	} {
		var got listOf[sessionView]
		c.Read("GET", "/v1/sessions"+query, "", http.StatusOK, &got)
		ids := []string{}
		for _, x := range got.Data {
			ids = append(ids, x.ID)
		}
		if !slices.Equal(ids, want.ids) || *got.Total != want.total || *got.Offset != want.offset || *got.Limit != want.limit {
			t.Errorf("%s: %d sessions, total %d, offset %d, limit %d", query, len(ids), *got.Total, *got.Offset, *got.Limit)
		}
	}
	for _, query := range []string{"?offset=-1", "?limit=x", "?agent_id=x"} {
		c.wantText("GET", "/v1/sessions"+query, "", http.StatusBadRequest, "Failed to deserialize query string")
	}
	them := c.with("Authorization", "evr_other")
	them.wantError("GET", "/v1/sessions/"+all[0], "", http.StatusNotFound, "Session not found")
	them.wantError("POST", "/v1/sessions", `{"agent_id":"`+agentID+`"}`, http.StatusNotFound, "Agent not found")
	them.Do("PUT", "/v1/agents/"+agentID, `{"name":"a","system_prompt":"b"}`, http.StatusCreated)
	if got := them.Do("GET", them.newSession(), "", http.StatusOK).Body.String(); strings.Contains(got, "org_0000000000000000") {
		t.Errorf("their organization: %s", got)
	}
}

func unknownAgent() string { return "agent_" + strings.Repeat("0", 32) }

func TestSessionRefusals(t *testing.T) {
	c := withAgent(t, mockserver.Config{})
	create := func(body string) (string, string, string) { return "POST", "/v1/sessions", body }

	// One request that is wrong in every way, mended step by step.
	wrong := c.with("Authorization", "").with("Content-Type", "text/plain")
	method, path, body := create("{")
	wrong.wantError(method, path, body, http.StatusUnauthorized, "Authentication required")
	wrong = wrong.with("Authorization", validKey)
	wrong.wantText(method, path, body, http.StatusUnsupportedMediaType, "Expected request with")
	wrong = c
	wrong.wantText(method, path, body, http.StatusBadRequest, "Failed to parse the request body as JSON")
	const type422 = "Failed to deserialize the JSON body into the target type: "
	for body, text := range map[string]string{
		`{}`:                "missing field `agent_id`",
		`{"agent_id":"x"}`:  "agent_id: invalid prefix: expected 'agent', got 'x'",
		`{"agent_id":null}`: "agent_id: invalid type: expected a string",
		`{"agent_id":"` + agentID + `","tags":null}`:         "tags: invalid type: expected a sequence",
		`{"agent_id":"` + agentID + `","title":1}`:           "title: invalid type: expected a string",
		`{"agent_id":"` + agentID + `","model_id":"m"}`:      "model_id: invalid prefix: expected 'model', got 'm'",
		`{"agent_id":"` + agentID + `","capabilities":[{}]}`: "capabilities[0]: missing field `ref`",
	} {
		c.wantText("POST", "/v1/sessions", body, http.StatusUnprocessableEntity, type422+text)
	}
	c.wantError("POST", "/v1/sessions", `{"agent_id":"`+unknownAgent()+`"}`, http.StatusNotFound, "Agent not found")

	one := c.newSession()
	c.Do("DELETE", "/v1/agents/"+agentID, "", http.StatusNoContent)
	c.wantError("POST", "/v1/sessions", `{"agent_id":"`+agentID+`"}`, http.StatusNotFound, "Agent not found")
	c.Do("GET", one, "", http.StatusOK) // what there was stays

	// Of a session the path comes first, then the session, then the body.
	for method, rest := range map[string]string{"PATCH": "", "POST": "/messages"} {
		wrong := c.with("Content-Type", "text/plain")
		for path, message := range map[string]string{
			"/v1/sessions/x":         "Invalid session ID: invalid prefix: expected 'session', got 'x'",
			"/v1/sessions/session_1": "Invalid session ID: invalid length: expected 32, got 1",
			"/v1/sessions/session_" + strings.Repeat("g", 32): "Invalid session ID: invalid hex in ID: " + strings.Repeat("g", 32),
		} {
			wrong.wantError(method, path+rest, "{", http.StatusBadRequest, message)
		}
		wrong.wantError(method, unknownSession+rest, "{", http.StatusNotFound, "Session not found")
		wrong.wantText(method, one+rest, "{", http.StatusUnsupportedMediaType, "Expected request with")
		c.wantText(method, one+rest, "{", http.StatusBadRequest, "Failed to parse the request body as JSON")
	}
	c.wantText("PATCH", one, `{"tags":[1]}`, http.StatusUnprocessableEntity, type422+"tags[0]: invalid type: expected a string")
	for _, rest := range []string{"", "/messages", "/events", "/sse"} {
		c.wantError("GET", "/v1/sessions/x"+rest, "", http.StatusBadRequest, "Invalid session ID: invalid prefix: expected 'session', got 'x'")
		c.wantError("GET", unknownSession+rest, "", http.StatusNotFound, "Session not found")
	}
}
