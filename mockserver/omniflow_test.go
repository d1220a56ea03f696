package mockserver

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// caller sends requests to one API of a server, always with the same headers.
type caller struct {
	t       *testing.T
	server  *Server
	prefix  string
	headers map[string]string
}

// with returns a caller with one header changed; "" leaves it out.
func (c caller) with(name, value string) caller {
	headers := map[string]string{name: value}
	for other, kept := range c.headers {
		if other != name {
			headers[other] = kept
		}
	}
	c.headers = headers
	return c
}

// do sends a request and checks the status of the answer.
func (c caller) do(method, path, body string, status int) *httptest.ResponseRecorder {
	c.t.Helper()
	request := httptest.NewRequest(method, c.prefix+path, strings.NewReader(body))
	for name, value := range c.headers {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	recorder := httptest.NewRecorder()
	c.server.ServeHTTP(recorder, request)
	if recorder.Code != status {
		c.t.Fatalf("%s %s %.300s: status %d, want %d; %.500s", method, path, body, recorder.Code, status, recorder.Body)
	}
	for _, value := range c.headers {
		if value == "application/json" {
			continue
		}
		if strings.Contains(recorder.Header().Get("X-Mock-Reason"), value) && value != "" {
			c.t.Errorf("the reason quotes a header: %q", recorder.Header().Get("X-Mock-Reason"))
		}
	}
	return recorder
}

// read sends a request and decodes the answer.
func (c caller) read(method, path, body string, status int, into any) {
	c.t.Helper()
	recorder := c.do(method, path, body, status)
	if err := json.Unmarshal(recorder.Body.Bytes(), into); err != nil {
		c.t.Fatalf("%s %s: %v in %.300s", method, path, err, recorder.Body)
	}
}

// testServer returns a server that makes the same ids every time.
func testServer(t *testing.T, config Config) *Server {
	t.Helper()
	config.Deterministic = true
	server, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// sample reads a published JSON sample.
func sample(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// squeeze removes insignificant white space.
func squeeze(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, []byte(text)); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return out.String()
}

// roundTrip writes the state of an API and reads it back into a fresh server.
func roundTrip(t *testing.T, server *Server, api API, config Config) *Server {
	t.Helper()
	data, err := json.Marshal(server.state(server.apis[api]))
	if err != nil {
		t.Fatal(err)
	}
	copied := testServer(t, config)
	if err := json.Unmarshal(data, copied.state(copied.apis[api])); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(server.Agents(api), copied.Agents(api)); diff != "" {
		t.Errorf("agents after a round trip of the state (-before +after):\n%s", diff)
	}
	return copied
}

const omniflowPath = "/v1/api/omni-flow-agents"

func omniflowCaller(t *testing.T, config Config) caller {
	return caller{t, testServer(t, config), "/omniflow", map[string]string{
		"x-api-key": "tk_test_of_the_mock", "x-workspace-id": "01a0sda156scx5f8", "Content-Type": "application/json",
	}}
}

func TestOmniflowPublishedSample(t *testing.T) {
	clock := func() time.Time { return time.Date(2025, 1, 19, 3, 18, 22, 604e6, time.UTC) }
	want := squeeze(t, sample(t, "omniflow/agent.json"))
	user := regexp.MustCompile(`"userId":"[0-9a-f]{24}"`)
	id := regexp.MustCompile(`"_id":"[0-9a-f]{24}",`)

	for name, config := range map[string]Config{
		"default":    {Now: clock},
		"seed-exact": {Now: clock, Variants: []Variant{OmniflowSeedExact}},
	} {
		t.Run(name, func(t *testing.T) {
			c := omniflowCaller(t, config)
			got := c.do("POST", omniflowPath, `{"name":"ExampleOmniFlowAgent","llmModel":"gpt-4o-mini"}`, 200).Body.String()
			if hasID := id.MatchString(got); hasID == (name == "seed-exact") {
				t.Errorf("has _id: %v; %s", hasID, got)
			}
			got = user.ReplaceAllString(id.ReplaceAllString(got, ""), `"userId":"01a0sda156scx5f8"`)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOmniflowOrderOfChecks(t *testing.T) {
	c := omniflowCaller(t, Config{APIKeys: []string{"tk_good"}})
	for _, step := range []struct {
		key, workspace, path, contentType, body string
		status                                  int
		code, message                           string
	}{
		{"", "", "/nowhere", "text/plain", `{`, 401, "unauthorized", "Invalid API key"},
		{"tk_bad", "", "/nowhere", "text/plain", `{`, 401, "unauthorized", "Invalid API key"},
		{"tk_good", "", "/nowhere", "text/plain", `{`, 400, "validation_error", "x-workspace-id header is required"},
		{"tk_good", "ws", "/nowhere", "text/plain", `{`, 404, "not_found", "Route not found"},
		{"tk_good", "ws", omniflowPath + "/x", "text/plain", `{`, 400, "validation_error", "Content-Type must be application/json"},
		{"tk_good", "ws", omniflowPath + "/x", "application/json", `{`, 400, "validation_error", "request body is not valid JSON"},
		{"tk_good", "ws", omniflowPath + "/x", "application/json", `{"name":1,"llmModel":2,"ttsModel":3,"settings":4}`, 400, "validation_error", "name must be a string"},
		{"tk_good", "ws", omniflowPath + "/x", "application/json", `{"llmModel":2,"ttsModel":3,"settings":4}`, 400, "validation_error", "llmModel must be a string"},
		{"tk_good", "ws", omniflowPath + "/x", "application/json", `{"ttsModel":3,"settings":4}`, 400, "validation_error", "ttsModel must be an object"},
		{"tk_good", "ws", omniflowPath + "/x", "application/json", `{"settings":4}`, 400, "validation_error", "settings must be an object"},
		{"tk_good", "ws", omniflowPath + "/x", "application/json; charset=utf-8", `{}`, 404, "not_found", "Agent not found"},
	} {
		var got struct{ Error map[string]string }
		c.with("x-api-key", step.key).with("x-workspace-id", step.workspace).with("Content-Type", step.contentType).
			read("PUT", step.path, step.body, step.status, &got)
		if diff := cmp.Diff(map[string]string{"code": step.code, "message": step.message}, got.Error); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", step, diff)
		}
	}
}

func TestOmniflowRefusesBodies(t *testing.T) {
	c := omniflowCaller(t, Config{})
	strict := omniflowCaller(t, Config{Variants: []Variant{OmniflowStrict}})
	for _, step := range []struct {
		caller          caller
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
		recorder := step.caller.do("POST", omniflowPath, step.body, 400)
		want := `{"error":{"code":"validation_error","message":"` + step.message + `"}}`
		if got := recorder.Body.String(); got != want {
			t.Errorf("%s: %s, want %s", step.body, got, want)
		}
		if reason := recorder.Header().Get("X-Mock-Reason"); !strings.HasPrefix(reason, step.reason) {
			t.Errorf("%s: reason %q, want %q", step.body, reason, step.reason)
		}
	}
	if agents := c.server.Agents(Omniflow); len(agents) != 0 {
		t.Errorf("refused creates made agents: %v", agents)
	}
	strict.do("POST", omniflowPath, `{"name":"a","llmModel":"gpt-4o"}`, 200)
}

func TestOmniflowLife(t *testing.T) {
	now := time.Date(2025, 1, 19, 3, 18, 22, 0, time.UTC)
	c := omniflowCaller(t, Config{Now: func() time.Time { return now }})
	if got := c.do("GET", omniflowPath, "", 200).Body.String(); got != "[]" {
		t.Errorf("empty list: %s", got)
	}
	var made, second, got omniflowAgent
	c.read("POST", omniflowPath, `{"name":"Tom & <Ann>", "settings": {"b": 1, "a": [ 1.50, "x&y" ]}, "unknown": 1, "ttsModel": 7}`, 200, &made)
	c.read("POST", omniflowPath, `{"name":"Tom & <Ann>","llmModel":"my-model"}`, 200, &second)
	if made.LLMModel != "gpt-4o-mini" || second.LLMModel != "my-model" {
		t.Errorf("models %q and %q", made.LLMModel, second.LLMModel)
	}
	if string(made.Settings) != `{"b":1,"a":[1.50,"x&y"]}` || second.Settings != nil {
		t.Errorf("settings %s and %s", made.Settings, second.Settings)
	}
	if made.ID == second.ID || made.UserID != second.UserID || made.WorkspaceID != "01a0sda156scx5f8" {
		t.Errorf("ids: %+v, %+v", made, second)
	}
	if body := c.do("GET", omniflowPath+"/"+made.ID, "", 200).Body.String(); !strings.Contains(body, `"name":"Tom & <Ann>"`) {
		t.Errorf("characters escaped: %s", body)
	}

	now = now.Add(time.Second)
	c.read("PUT", omniflowPath+"/"+made.ID,
		`{"name":"New","ttsModel":{"provider":"p","voiceId":"v"},"_id":"no","workspaceId":"no","createdAt":"no"}`, 200, &got)
	want := made
	want.Name, want.UpdatedAt = "New", now.Format(omniflowTime)
	if diff := cmp.Diff(want, got); diff != "" || want.UpdatedAt == made.UpdatedAt {
		t.Errorf("update (-want +got):\n%s", diff)
	}
	if body := c.do("PUT", omniflowPath+"/"+made.ID, `{"settings":{}}`, 200).Body.String(); !strings.Contains(body, `"settings":{},`) || strings.Contains(body, "ttsModel") {
		t.Errorf("settings are to be replaced as a whole, ttsModel not to be shown: %s", body)
	}
	want.Settings = json.RawMessage("{}")

	var list []omniflowAgent
	c.read("GET", omniflowPath, "", 200, &list)
	if diff := cmp.Diff([]omniflowAgent{want, second}, list, cmp.Transformer("text", func(raw json.RawMessage) string { return string(raw) })); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	c.do("PUT", omniflowPath+"/"+made.ID, `{"ttsModel":{"provider":1}}`, 400)

	agents := c.server.Agents(Omniflow)
	if len(agents) != 2 || agents[0].ID != made.ID || agents[0].Name != "New" || agents[0].Tenant != "01a0sda156scx5f8" {
		t.Errorf("agents: %+v", agents)
	}
	if body := c.do("GET", omniflowPath+"/"+made.ID, "", 200).Body.String(); body != string(agents[0].JSON) {
		t.Errorf("a read answers %s, Agents says %s", body, agents[0].JSON)
	}
}

func TestOmniflowWorkspacesAreSeparate(t *testing.T) {
	c := omniflowCaller(t, Config{})
	var made omniflowAgent
	c.read("POST", omniflowPath, `{"name":"a"}`, 200, &made)
	other := c.with("x-workspace-id", "another")
	other.do("GET", omniflowPath+"/"+made.ID, "", 404)
	other.do("PUT", omniflowPath+"/"+made.ID, `{"name":"b"}`, 404)
	if body := other.do("GET", omniflowPath, "", 200).Body.String(); body != "[]" {
		t.Errorf("the other workspace sees %s", body)
	}
	// A second key of the same workspace sees the same agents.
	c.with("x-api-key", "tk_second").do("GET", omniflowPath+"/"+made.ID, "", 200)
}

func TestOmniflowVariants(t *testing.T) {
	variant := func(v Variant) caller { return omniflowCaller(t, Config{Variants: []Variant{v}}) }

	if body := variant(OmniflowCreated).do("POST", omniflowPath, `{"name":"a"}`, 201).Body.String(); !strings.Contains(body, `"_id"`) {
		t.Errorf("created: %s", body)
	}
	if body := variant(OmniflowFlatErrors).do("POST", omniflowPath, `{}`, 400).Body.String(); body != `{"error":"name is required"}` {
		t.Errorf("flat: %s", body)
	}

	c := variant(OmniflowObjectPhoneNumber)
	var made omniflowAgent
	c.read("POST", omniflowPath, `{"name":"a"}`, 200, &made)
	for _, path := range []string{omniflowPath, omniflowPath + "/" + made.ID} {
		if body := c.do("GET", path, "", 200).Body.String(); !strings.Contains(body, `"phoneNumberId":{}`) {
			t.Errorf("object phone number: %s", body)
		}
	}

	c = variant(OmniflowSeedExact)
	c.do("POST", omniflowPath, `{"name":"a"}`, 200)
	id := c.server.Agents(Omniflow)[0].ID
	for _, path := range []string{omniflowPath, omniflowPath + "/" + id} {
		if body := c.do("GET", path, "", 200).Body.String(); strings.Contains(body, "_id") {
			t.Errorf("seed-exact: %s", body)
		}
	}

	c = variant(OmniflowDelete)
	c.read("POST", omniflowPath, `{"name":"a"}`, 200, &made)
	c.with("x-workspace-id", "another").do("DELETE", omniflowPath+"/"+made.ID, "", 404)
	if body := c.do("DELETE", omniflowPath+"/"+made.ID, "", 204).Body.String(); body != "" {
		t.Errorf("delete: %s", body)
	}
	c.do("DELETE", omniflowPath+"/"+made.ID, "", 404)
	c.do("GET", omniflowPath+"/"+made.ID, "", 404)

	for _, method := range []string{"DELETE", "PATCH"} {
		recorder := omniflowCaller(t, Config{}).do(method, omniflowPath+"/x", "", 405)
		if allow := recorder.Header().Get("Allow"); !strings.Contains(allow, "GET") || !strings.Contains(allow, "PUT") {
			t.Errorf("%s: Allow %q", method, allow)
		}
	}
}

func TestOmniflowPending(t *testing.T) {
	now := time.Date(2025, 1, 19, 3, 18, 22, 0, time.UTC)
	c := omniflowCaller(t, Config{Variants: []Variant{OmniflowPending}, Now: func() time.Time { return now }})
	var agent omniflowAgent
	c.read("POST", omniflowPath, `{"name":"a"}`, 200, &agent)
	for _, want := range []string{"pending", "pending", "ready"} {
		if agent.Status != want {
			t.Errorf("status %q, want %q", agent.Status, want)
		}
		c.read("GET", omniflowPath+"/"+agent.ID, "", 200, &agent)
		now = now.Add(omniflowPendingTime)
	}
}

func TestOmniflowFailure(t *testing.T) {
	now := time.Date(2025, 1, 19, 3, 18, 22, 604e6, time.UTC)
	server := testServer(t, Config{Now: func() time.Time { return now }})
	for _, step := range []struct {
		status        int
		message, want string
	}{
		{400, "", `{"error":{"code":"validation_error","message":"Bad request"}}`},
		{402, "", `{"error":{"code":"insufficient_credits","message":"Your account has insufficient credits"}}`},
		{403, "", `{"error":{"code":"forbidden","message":"Forbidden"}}`},
		{404, "own text", `{"error":{"code":"not_found","message":"own text"}}`},
		{429, "", `{"error":{"code":"rate_limit_exceeded","message":"Too many requests. Please try again in 60 seconds.","reset_at":"2025-01-19T03:19:22.604Z"}}`},
		{500, "", `{"error":{"code":"internal_error","message":"Internal server error"}}`},
		{503, "", `{"error":{"code":"service_unavailable","message":"Service Unavailable"}}`},
	} {
		x := &exchange{namespace: server.defaultNamespace, header: http.Header{}}
		a := omniflowDialect{}.failure(x, step.status, step.message)
		if a.status != step.status || string(a.body) != step.want {
			t.Errorf("%d %q: %d %s, want %s", step.status, step.message, a.status, a.body, step.want)
		}
	}
}

func TestOmniflowStateRoundTrip(t *testing.T) {
	config := Config{}
	c := omniflowCaller(t, config)
	var made omniflowAgent
	c.read("POST", omniflowPath, `{"name":"a","settings":{"deep":{"x":[1,2.50]}}}`, 200, &made)
	c.with("x-workspace-id", "another").do("POST", omniflowPath, `{"name":"b"}`, 200)
	c.do("PUT", omniflowPath+"/"+made.ID, `{"ttsModel":{"provider":"p"}}`, 200)
	before := c.do("GET", omniflowPath+"/"+made.ID, "", 200).Body.String()

	c.server = roundTrip(t, c.server, Omniflow, config)
	if after := c.do("GET", omniflowPath+"/"+made.ID, "", 200).Body.String(); after != before {
		t.Errorf("after the round trip %s, before %s", after, before)
	}
	if tts := string(c.server.states[Omniflow].(*omniflowState).Agents.get("01a0sda156scx5f8", made.ID).TTSModel); tts != `{"provider":"p"}` {
		t.Errorf("ttsModel after the round trip: %s", tts)
	}
}

func TestOmniflowDeterministicIDs(t *testing.T) {
	config := Config{Now: func() time.Time { return time.Unix(1, 0) }}
	first, second := omniflowCaller(t, config), omniflowCaller(t, config)
	for range 2 {
		a := first.do("POST", omniflowPath, `{"name":"a"}`, 200).Body.String()
		b := second.do("POST", omniflowPath, `{"name":"a"}`, 200).Body.String()
		if a != b {
			t.Errorf("%s and %s", a, b)
		}
	}
	if agents := first.server.Agents(Omniflow); len(agents) != 2 || agents[0].ID == agents[1].ID {
		t.Errorf("agents: %+v", agents)
	}
}
