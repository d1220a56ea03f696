package xpander_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// What only looks as if it took effect leaves no trace, not even in lists
// that the stored agent has.
func TestPretendedRequestsChangeNothing(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	one := "/v1/agents/" + c.create(`{"name":"a","agno_settings":{"openai_moderation_categories":["a"]},"instructions":{"general":"g"}}`).ID
	before := c.Server.Snapshot()
	for _, test := range []struct {
		op, method, path, body string
		status                 int
		want                   string
	}{
		{mockserver.XpanderCreateAgent, "POST", "/v1/agents", `{"name":"b"}`, http.StatusCreated, `"name":"b"`},
		{mockserver.XpanderUpdateAgent, "PATCH", one + "?deploy=1",
			`{"name":"b","description":null,"agno_settings":{"openai_moderation_categories":["b"]},"llm_settings":[{"type":"after"}]}`, http.StatusOK, `"version":3`},
		{mockserver.XpanderDeployAgent, "PUT", one, "", http.StatusOK, `"description":"g"`},
		{mockserver.XpanderDeleteAgent, "DELETE", one, "", http.StatusAccepted, "null"},
	} {
		c.Server.Fail(test.op, fault.UnknownField("/unknown", fault.BeforeCommit))
		if got := c.Do(test.method, test.path, test.body, test.status).Body.String(); !strings.Contains(got, test.want) {
			t.Errorf("%s %s: %s is not in %s", test.method, test.path, test.want, got)
		}
		calls := c.Server.Calls(journal.Match{Op: test.op})
		if calls[len(calls)-1].Committed {
			t.Errorf("%s %s took effect", test.method, test.path)
		}
		c.Do("GET", one, "", http.StatusOK)
	}
	if diff := cmp.Diff(string(before), string(c.Server.Snapshot())); diff != "" {
		t.Error(diff)
	}
}

// TestGuesses: what no source documents is marked.
func TestGuesses(t *testing.T) {
	c := newCaller(t, mockserver.Config{Tenants: map[string]string{otherKey: "globex"}})
	c.Do("GET", "/v1/agents", "", http.StatusOK)
	one := "/v1/agents/" + c.create(`{"name":"a","deletable":false,"instructions":{"goal":["g"]}}`).ID
	c.Do("POST", "/v1/agents", `{"name":""}`, http.StatusUnprocessableEntity)
	c.Do("PATCH", one, `{}`, http.StatusUnprocessableEntity)
	c.Do("PATCH", one, `{"icon":null}`, http.StatusOK)
	c.Do("PUT", one, "", http.StatusOK)
	c.Do("DELETE", one, "", http.StatusForbidden)
	c.with("x-api-key", otherKey).Do("GET", one, "", http.StatusForbidden)
	var got []string
	for _, call := range c.Server.Calls(journal.Match{}) {
		got = append(got, call.Guesses...)
	}
	want := []string{
		"xpander.no-pages-of-nothing", "xpander.422-empty-name", "xpander.empty-update", "xpander.null-clears",
		"xpander.description-of-deploy", "xpander.403-not-deletable", "xpander.403-other-organization",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What only xpander calls a secret is seen nowhere.
func TestSecretsAreSeenNowhere(t *testing.T) {
	const secret = "s3cret-canary"
	c := newCaller(t, mockserver.Config{})
	c.create(`{"name":"a","llm_credentials":{"name":"n","value":"` + secret + `"},"llm_extra_headers":{"X-Gateway":"` + secret + `"}}`)
	call := c.Server.Calls(journal.Match{Op: mockserver.XpanderCreateAgent})[0]
	if want := `{"name":"a","llm_credentials":{"name":"n","value":"[redacted]"},"llm_extra_headers":{"X-Gateway":"[redacted]"}}`; call.Body != want {
		t.Errorf("the journal has %s", call.Body)
	}
	if strings.Contains(string(c.Server.Snapshot()), secret) || strings.Contains(call.Response, secret) {
		t.Error("the secret is in the state or in the response")
	}
}
