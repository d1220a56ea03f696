package omniflow_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/internal/roomtest"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

const (
	path = "/v1/api/omni-flow-agents"

	timeLayout = "2006-01-02T15:04:05.000Z"
)

// agent is an agent as responses have it.
type agent struct {
	ID            string          `json:"_id"`
	WorkspaceID   string          `json:"workspaceId"`
	UserID        string          `json:"userId"`
	Name          string          `json:"name"`
	LLMModel      string          `json:"llmModel"`
	PhoneNumberID json.RawMessage `json:"phoneNumberId"`
	Settings      json.RawMessage `json:"settings"`
	Status        string          `json:"status"`
	CreatedAt     string          `json:"createdAt"`
	UpdatedAt     string          `json:"updatedAt"`
}

func newCaller(t *testing.T, config mockserver.Config) roomtest.Caller {
	return roomtest.Caller{T: t, Server: roomtest.NewServer(t, config), Prefix: "/omniflow", Headers: map[string]string{
		"x-api-key": "tk_test_of_the_mock", "x-workspace-id": "01a0sda156scx5f8", "Content-Type": "application/json",
	}}
}

func TestPublishedSample(t *testing.T) {
	clock := func() time.Time { return time.Date(2025, 1, 19, 3, 18, 22, 604e6, time.UTC) }
	want := roomtest.Squeeze(t, roomtest.Sample(t, "agent.json"))
	user := regexp.MustCompile(`"userId":"[0-9a-f]{24}"`)
	id := regexp.MustCompile(`"_id":"[0-9a-f]{24}",`)

	for name, config := range map[string]mockserver.Config{
		"default":    {Now: clock},
		"seed-exact": {Now: clock, Variants: []string{mockserver.OmniflowSeedExact}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCaller(t, config)
			got := c.Do("POST", path, `{"name":"ExampleOmniFlowAgent","llmModel":"gpt-4o-mini"}`, 200).Body.String()
			if hasID := id.MatchString(got); hasID == (name == "seed-exact") {
				t.Errorf("has _id: %v; %s", hasID, got)
			}
			got = user.ReplaceAllString(id.ReplaceAllString(got, ""), `"userId":"01a0sda156scx5f8"`)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("response (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOrderOfChecks(t *testing.T) {
	c := newCaller(t, mockserver.Config{APIKeys: []string{"tk_good"}})
	for _, step := range []struct {
		key, workspace, path, contentType, body string
		status                                  int
		code, message                           string
	}{
		{"", "", "/nowhere", "text/plain", `{`, 401, "unauthorized", "Invalid API key"},
		{"tk_bad", "", "/nowhere", "text/plain", `{`, 401, "unauthorized", "Invalid API key"},
		{"tk_good", "", "/nowhere", "text/plain", `{`, 400, "validation_error", "x-workspace-id header is required"},
		{"tk_good", "w-7f", "/nowhere", "text/plain", `{`, 404, "not_found", "Route not found"},
		{"tk_good", "w-7f", path + "/x", "text/plain", `{`, 400, "validation_error", "Content-Type must be application/json"},
		{"tk_good", "w-7f", path + "/x", "application/json", `{`, 400, "validation_error", "request body is not valid JSON"},
		{"tk_good", "w-7f", path + "/x", "application/json", `{"name":1,"llmModel":2,"ttsModel":3,"settings":4}`, 400, "validation_error", "name must be a string"},
		{"tk_good", "w-7f", path + "/x", "application/json", `{"llmModel":2,"ttsModel":3,"settings":4}`, 400, "validation_error", "llmModel must be a string"},
		{"tk_good", "w-7f", path + "/x", "application/json", `{"ttsModel":3,"settings":4}`, 400, "validation_error", "ttsModel must be an object"},
		{"tk_good", "w-7f", path + "/x", "application/json", `{"settings":4}`, 400, "validation_error", "settings must be an object"},
		{"tk_good", "w-7f", path + "/x", "application/json; charset=utf-8", `{}`, 404, "not_found", "Agent not found"},
	} {
		var got struct{ Error map[string]string }
		c.With("x-api-key", step.key).With("x-workspace-id", step.workspace).With("Content-Type", step.contentType).
			Read("PUT", step.path, step.body, step.status, &got)
		if diff := cmp.Diff(map[string]string{"code": step.code, "message": step.message}, got.Error); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", step, diff)
		}
	}
}

func TestRefusesBodies(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	strict := newCaller(t, mockserver.Config{Variants: []string{mockserver.OmniflowStrict}})
	for _, step := range []struct {
		caller          roomtest.Caller
		body            string
		message, reason string
	}{
		{c, ``, "request body is empty", "body: "},
		{c, "{\"name\":\"\xff\"}", "request body is not valid UTF-8", "body: "},
		{c, `{`, "request body is not valid JSON", "body: "},
		{c, `[]`, "request body is not a JSON object", "body: "},
		{c, `null`, "request body is not a JSON object", "body: "},
		{c, `"x"`, "request body is not a JSON object", "body: "},
		{c, `{}`, "name is required", "/name: expected a string that is not empty, got nothing"},
		{c, `{"name":null}`, "name is required", "/name: expected a string that is not empty, got null"},
		{c, `{"name":""}`, "name is required", "/name: expected a string that is not empty, got a string of 0 characters"},
		{c, `{"name":true}`, "name must be a string", "/name: expected a string that is not empty, got a boolean"},
		{c, `{"name":"a","llmModel":""}`, "llmModel must not be empty", "/llmModel: "},
		{c, `{"name":"a","llmModel":null}`, "llmModel must be a string", "/llmModel: "},
		{c, `{"name":"a","llmModel":[]}`, "llmModel must be a string", "/llmModel: expected a string that is not empty, got an array"},
		{c, `{"name":"a","settings":[]}`, "settings must be an object", "/settings: expected an object, got an array"},
		{c, `{"name":"a","settings":null}`, "settings must be an object", "/settings: expected an object, got null"},
		{strict, `{}`, "name is required", "/name: "},
		{strict, `{"name":"a"}`, "llmModel is required", "/llmModel: expected a string that is not empty, got nothing"},
		{strict, `{"name":"a","llmModel":""}`, "llmModel is required", "/llmModel: "},
		{strict, `{"name":"a","llmModel":3}`, "llmModel must be a string", "/llmModel: expected a string that is not empty, got a number"},
	} {
		recorder := step.caller.Do("POST", path, step.body, 400)
		want := `{"error":{"code":"validation_error","message":"` + step.message + `"}}`
		if got := recorder.Body.String(); got != want {
			t.Errorf("%s: %s, want %s", step.body, got, want)
		}
		if reason := recorder.Header().Get("X-Mock-Reason"); !strings.HasPrefix(reason, step.reason) {
			t.Errorf("%s: reason %q, want %q", step.body, reason, step.reason)
		}
	}
	if agents := c.Server.Agents(mockserver.Omniflow); len(agents) != 0 {
		t.Errorf("refused creates made agents: %v", agents)
	}
	strict.Do("POST", path, `{"name":"a","llmModel":"gpt-4o"}`, 200)
}

func TestLife(t *testing.T) {
	now := time.Date(2025, 1, 19, 3, 18, 22, 0, time.UTC)
	c := newCaller(t, mockserver.Config{Now: func() time.Time { return now }})
	if got := c.Do("GET", path, "", 200).Body.String(); got != "[]" {
		t.Errorf("empty list: %s", got)
	}
	var made, second, got agent
	c.Read("POST", path, `{"name":"Tom & <Ann>", "settings": {"b": 1, "a": [ 1.50, "x&y" ]}, "unknown": 1, "ttsModel": 7}`, 200, &made)
	c.Read("POST", path, `{"name":"Tom & <Ann>","llmModel":"my-model"}`, 200, &second)
	if made.LLMModel != "gpt-4o-mini" || second.LLMModel != "my-model" {
		t.Errorf("models %q and %q", made.LLMModel, second.LLMModel)
	}
	if string(made.Settings) != `{"b":1,"a":[1.50,"x&y"]}` || second.Settings != nil {
		t.Errorf("settings %s and %s", made.Settings, second.Settings)
	}
	if made.ID == second.ID || made.UserID != second.UserID || made.WorkspaceID != "01a0sda156scx5f8" {
		t.Errorf("ids: %+v, %+v", made, second)
	}
	if body := c.Do("GET", path+"/"+made.ID, "", 200).Body.String(); !strings.Contains(body, `"name":"Tom & <Ann>"`) {
		t.Errorf("characters escaped: %s", body)
	}

	now = now.Add(time.Second)
	c.Read("PUT", path+"/"+made.ID,
		`{"name":"New","ttsModel":{"provider":"p","voiceId":"v"},"_id":"no","workspaceId":"no","createdAt":"no"}`, 200, &got)
	want := made
	want.Name, want.UpdatedAt = "New", now.Format(timeLayout)
	if diff := cmp.Diff(want, got); diff != "" || want.UpdatedAt == made.UpdatedAt {
		t.Errorf("update (-want +got):\n%s", diff)
	}
	if body := c.Do("PUT", path+"/"+made.ID, `{"settings":{}}`, 200).Body.String(); !strings.Contains(body, `"settings":{},`) || strings.Contains(body, "ttsModel") {
		t.Errorf("settings are to be replaced as a whole, ttsModel not to be shown: %s", body)
	}
	want.Settings = json.RawMessage("{}")

	var list []agent
	c.Read("GET", path, "", 200, &list)
	if diff := cmp.Diff([]agent{want, second}, list, roomtest.AsText); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	c.Do("PUT", path+"/"+made.ID, `{"ttsModel":{"provider":1}}`, 400)

	agents := c.Server.Agents(mockserver.Omniflow)
	if len(agents) != 2 || agents[0].ID != made.ID || agents[0].Name != "New" || agents[0].Tenant != "01a0sda156scx5f8" {
		t.Errorf("agents: %+v", agents)
	}
	if body := c.Do("GET", path+"/"+made.ID, "", 200).Body.String(); body != string(agents[0].JSON) {
		t.Errorf("a read responds %s, Agents says %s", body, agents[0].JSON)
	}
}

func TestWorkspacesAreSeparate(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	var made agent
	c.Read("POST", path, `{"name":"a"}`, 200, &made)
	other := c.With("x-workspace-id", "another")
	other.Do("GET", path+"/"+made.ID, "", 404)
	other.Do("PUT", path+"/"+made.ID, `{"name":"b"}`, 404)
	if body := other.Do("GET", path, "", 200).Body.String(); body != "[]" {
		t.Errorf("the other workspace sees %s", body)
	}
	// A second key of the same workspace sees the same agents.
	c.With("x-api-key", "tk_second").Do("GET", path+"/"+made.ID, "", 200)
}

func TestVariants(t *testing.T) {
	if body := newCaller(t, mockserver.Config{Variants: []string{mockserver.OmniflowCreated}}).Do("POST", path, `{"name":"a"}`, 201).Body.String(); !strings.Contains(body, `"_id"`) {
		t.Errorf("created: %s", body)
	}
	if body := newCaller(t, mockserver.Config{Variants: []string{mockserver.OmniflowFlatErrors}}).Do("POST", path, `{}`, 400).Body.String(); body != `{"error":"name is required"}` {
		t.Errorf("flat: %s", body)
	}

	c := newCaller(t, mockserver.Config{Variants: []string{mockserver.OmniflowObjectPhoneNumber}})
	var made agent
	c.Read("POST", path, `{"name":"a"}`, 200, &made)
	for _, path := range []string{path, path + "/" + made.ID} {
		if body := c.Do("GET", path, "", 200).Body.String(); !strings.Contains(body, `"phoneNumberId":{}`) {
			t.Errorf("object phone number: %s", body)
		}
	}

	c = newCaller(t, mockserver.Config{Variants: []string{mockserver.OmniflowSeedExact}})
	c.Do("POST", path, `{"name":"a"}`, 200)
	id := c.Server.Agents(mockserver.Omniflow)[0].ID
	for _, path := range []string{path, path + "/" + id} {
		if body := c.Do("GET", path, "", 200).Body.String(); strings.Contains(body, "_id") {
			t.Errorf("seed-exact: %s", body)
		}
	}

	c = newCaller(t, mockserver.Config{Variants: []string{mockserver.OmniflowDelete}})
	c.Read("POST", path, `{"name":"a"}`, 200, &made)
	c.With("x-workspace-id", "another").Do("DELETE", path+"/"+made.ID, "", 404)
	if body := c.Do("DELETE", path+"/"+made.ID, "", 204).Body.String(); body != "" {
		t.Errorf("delete: %s", body)
	}
	c.Do("DELETE", path+"/"+made.ID, "", 404)
	c.Do("GET", path+"/"+made.ID, "", 404)

	for _, method := range []string{"DELETE", "PATCH"} {
		recorder := newCaller(t, mockserver.Config{}).Do(method, path+"/x", "", 405)
		if allow := recorder.Header().Get("Allow"); !strings.Contains(allow, "GET") || !strings.Contains(allow, "PUT") {
			t.Errorf("%s: Allow %q", method, allow)
		}
	}
}

func TestPending(t *testing.T) {
	now := time.Date(2025, 1, 19, 3, 18, 22, 0, time.UTC)
	c := newCaller(t, mockserver.Config{Variants: []string{mockserver.OmniflowPending}, Now: func() time.Time { return now }})
	var agent agent
	c.Read("POST", path, `{"name":"a"}`, 200, &agent)
	for _, want := range []string{"pending", "pending", "ready"} {
		if agent.Status != want {
			t.Errorf("status %q, want %q", agent.Status, want)
		}
		c.Read("GET", path+"/"+agent.ID, "", 200, &agent)
		now = now.Add(2 * time.Second)
	}
}

// Errors that the API did not make itself have its shape, too.
func TestInjectedFailures(t *testing.T) {
	now := time.Date(2025, 1, 19, 3, 18, 22, 604e6, time.UTC)
	c := newCaller(t, mockserver.Config{Now: func() time.Time { return now }})
	for _, step := range []struct {
		status int
		want   string
	}{
		{400, `{"error":{"code":"validation_error","message":"Bad request"}}`},
		{402, `{"error":{"code":"insufficient_credits","message":"Your account has insufficient credits"}}`},
		{403, `{"error":{"code":"forbidden","message":"Forbidden"}}`},
		{404, `{"error":{"code":"not_found","message":"Agent not found"}}`},
		{429, `{"error":{"code":"rate_limit_exceeded","message":"Too many requests. Please try again in 60 seconds.","reset_at":"2025-01-19T03:19:22.604Z"}}`},
		{500, `{"error":{"code":"internal_error","message":"Internal server error"}}`},
		{503, `{"error":{"code":"service_unavailable","message":"Service Unavailable"}}`},
	} {
		c.Fail("omniflow.ListAgents", fmt.Sprintf(`{"status":%d}`, step.status))
		if got := c.Do("GET", path, "", step.status).Body.String(); got != step.want {
			t.Errorf("%d: %s, want %s", step.status, got, step.want)
		}
	}
}

// A request that is lost before it takes effect looks as if it had, but
// changes nothing.
func TestLostRequestsChangeNothing(t *testing.T) {
	now := time.Date(2025, 1, 19, 3, 18, 22, 0, time.UTC)
	c := newCaller(t, mockserver.Config{Variants: []string{mockserver.OmniflowDelete}, Now: func() time.Time { return now }})
	var made agent
	c.Read("POST", path, `{"name":"a","settings":{"k":[1]}}`, 200, &made)
	one := path + "/" + made.ID
	before := string(c.Server.Snapshot())
	now = now.Add(time.Second)
	const lost = `{"unknown_field":"/x","stage":"before-commit"}`

	c.Fail("omniflow.CreateAgent", lost)
	c.Fail("omniflow.UpdateAgent", lost)
	c.Fail("omniflow.DeleteAgent", lost)
	var second, updated agent
	c.Read("POST", path, `{"name":"b"}`, 200, &second)
	c.Read("PUT", one, `{"name":"c","settings":{},"ttsModel":{}}`, 200, &updated)
	c.Do("DELETE", one, "", 204)
	if second.Name != "b" || updated.Name != "c" || string(updated.Settings) != "{}" || updated.UpdatedAt == made.UpdatedAt {
		t.Errorf("responses: %+v, %+v", second, updated)
	}
	if after := string(c.Server.Snapshot()); after != before {
		t.Errorf("the state is %s, was %s", after, before)
	}
}

func TestStateRoundTrip(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	var made agent
	c.Read("POST", path, `{"name":"a","settings":{"deep":{"x":[1,2.50]}}}`, 200, &made)
	c.With("x-workspace-id", "another").Do("POST", path, `{"name":"b"}`, 200)
	c.Do("PUT", path+"/"+made.ID, `{"ttsModel":{"provider":"p"}}`, 200)
	before := c.Do("GET", path+"/"+made.ID, "", 200).Body.String()

	copied := c.Restored(mockserver.Config{})
	if after := copied.Do("GET", path+"/"+made.ID, "", 200).Body.String(); after != before {
		t.Errorf("after the round trip %s, before %s", after, before)
	}
	if diff := cmp.Diff(c.Server.Agents(mockserver.Omniflow), copied.Server.Agents(mockserver.Omniflow)); diff != "" {
		t.Errorf("agents after the round trip (-before +after):\n%s", diff)
	}
	if state := string(copied.Server.Snapshot()); !strings.Contains(state, `"ttsModel":{"provider":"p"}`) {
		t.Errorf("ttsModel is not in the state after the round trip: %s", state)
	}
}

// A seed that a person writes needs no more than what responses have.
func TestSeedByHand(t *testing.T) {
	c := newCaller(t, mockserver.Config{Seed: json.RawMessage(`{"version":1,"apis":{"omniflow":{"agents":[
		{"id":"0123456789abcdef01234567","record":{"_id":"0123456789abcdef01234567","workspaceId":"01a0sda156scx5f8","name":"Ada","llmModel":"gpt-4o","status":"ready"}},
		{"id":"other","record":{"_id":"other","workspaceId":"another","name":"Bob"}}
	]}}}`)})
	var agents []agent
	c.Read("GET", path, "", 200, &agents)
	if len(agents) != 1 || agents[0].Name != "Ada" || agents[0].ID != "0123456789abcdef01234567" {
		t.Errorf("agents: %+v", agents)
	}
	c.Do("PUT", path+"/0123456789abcdef01234567", `{"name":"Eve"}`, 200)
	c.Do("GET", path+"/other", "", 404)
	if agents := c.Server.Agents(mockserver.Omniflow); len(agents) != 2 || agents[0].Name != "Eve" || agents[1].Tenant != "another" {
		t.Errorf("agents: %+v", agents)
	}
}

// A new agent never takes the id of one that was there before.
func TestSeededAgentsAreNotOverwritten(t *testing.T) {
	first := newCaller(t, mockserver.Config{})
	var seeded, made agent
	first.Read("POST", path, `{"name":"seeded"}`, 200, &seeded)
	document := fmt.Sprintf(`{"version":1,"apis":{"omniflow":{"agents":[{"id":%q,"record":{"_id":%[1]q,"workspaceId":"w"}}]}}}`, seeded.ID)
	second := newCaller(t, mockserver.Config{Seed: json.RawMessage(document)})
	second.Read("POST", path, `{"name":"new"}`, 200, &made)
	if agents := second.Server.Agents(mockserver.Omniflow); len(agents) != 2 || made.ID == seeded.ID {
		t.Errorf("agents: %+v", agents)
	}
}

// The same workspace of another organization is another workspace.
func TestOrganizationsAreSeparate(t *testing.T) {
	c := newCaller(t, mockserver.Config{Tenants: map[string]string{"tk_a": "acme", "tk_a2": "acme", "tk_b": "bolt"}})
	var made, colleague, stranger agent
	c.With("x-api-key", "tk_a").Read("POST", path, `{"name":"a"}`, 200, &made)
	c.With("x-api-key", "tk_a2").Read("POST", path, `{"name":"a"}`, 200, &colleague)
	c.With("x-api-key", "tk_b").Read("POST", path, `{"name":"a"}`, 200, &stranger)
	c.With("x-api-key", "tk_a2").Do("GET", path+"/"+made.ID, "", 200)
	c.With("x-api-key", "tk_b").Do("GET", path+"/"+made.ID, "", 404)
	if made.UserID != colleague.UserID || made.UserID == stranger.UserID {
		t.Errorf("users %q, %q and %q", made.UserID, colleague.UserID, stranger.UserID)
	}
}

func TestDocumentedLimit(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	c := newCaller(t, mockserver.Config{RateLimits: true, Now: func() time.Time { return now }})
	for range 60 {
		c.Do("GET", path, "", 200)
	}
	now = now.Add(10 * time.Second)
	refused := c.Do("GET", path, "", 429)
	want := `{"error":{"code":"rate_limit_exceeded","message":"Too many requests. Please try again in 60 seconds.","reset_at":"2026-01-01T12:01:00.000Z"}}`
	if got := refused.Body.String(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, name := range []string{"Retry-After", "X-RateLimit-Limit"} {
		if value := refused.Header().Get(name); value != "" {
			t.Errorf("%s: %s, which the API does not have", name, value)
		}
	}
	c.With("x-workspace-id", "").Do("GET", path, "", 400) // looked at before the limit
	now = now.Add(time.Minute)
	c.Do("GET", path, "", 200)
}

// What the API ignores is told to those who ask for it.
func TestUnknownMembers(t *testing.T) {
	c := newCaller(t, mockserver.Config{Strictness: "report"})
	c.Do("POST", path, `{"name":"a","ttsModel":{},"settings":{"free":1}}`, 200)
	c.Do("PUT", path+"/x", `{"ttsModel":{"provider":"p","voice":"v"},"settings":{"free":1},"_id":"x"}`, 404)
	var problems []string
	for _, call := range c.Server.Calls(journal.Match{}) {
		problems = append(problems, call.Problems...)
	}
	if diff := cmp.Diff([]string{
		"/ttsModel: unknown member; there are name, llmModel, settings",
		"/_id: unknown member; there are name, llmModel, ttsModel, settings",
		"/ttsModel/voice: unknown member; there are provider, voiceId",
	}, problems); diff != "" {
		t.Error(diff)
	}
}

func TestDeterministicIDs(t *testing.T) {
	config := mockserver.Config{Now: func() time.Time { return time.Unix(1, 0) }}
	first, second := newCaller(t, config), newCaller(t, config)
	for range 2 {
		a := first.Do("POST", path, `{"name":"a"}`, 200).Body.String()
		b := second.Do("POST", path, `{"name":"a"}`, 200).Body.String()
		if a != b {
			t.Errorf("%s and %s", a, b)
		}
	}
	if agents := first.Server.Agents(mockserver.Omniflow); len(agents) != 2 || agents[0].ID == agents[1].ID {
		t.Errorf("agents: %+v", agents)
	}
}
