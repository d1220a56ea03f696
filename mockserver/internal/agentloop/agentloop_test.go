package agentloop_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/internal/roomtest"
)

const (
	validKey = "evr_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	agentID  = "agent_01933b5a000070008000000000000001"

	maxBody         = 2 << 20
	maxName         = 2 << 10
	maxSystemPrompt = 1 << 20
)

// caller is a Caller with the words of this API.
type caller struct{ roomtest.Caller }

func (c caller) with(name, value string) caller { return caller{c.With(name, value)} }

func newCaller(t *testing.T, config mockserver.Config) caller {
	return caller{roomtest.Caller{T: t, Server: roomtest.NewServer(t, config), Prefix: "/agentloop", Headers: map[string]string{
		"Authorization": validKey, "Content-Type": "application/json",
	}}}
}

// named lists variants.
func named[T ~string](variants ...T) []T { return variants }

// isID reports whether an id has the documented form.
func isID(prefix, id string) bool {
	return regexp.MustCompile("^" + prefix + "_[0-9a-f]{32}$").MatchString(id)
}

// response is an agent as a client sees it.
type response struct {
	ID             string
	Name           string
	Description    *string
	SystemPrompt   string `json:"system_prompt"`
	DefaultModelID string `json:"default_model_id"`
	Status         string
	Tags           []string
	Capabilities   []struct {
		Ref    string
		Config json.RawMessage
	}
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// wantError checks the whole body of a refusal.
func (c caller) wantError(method, path, body string, status int, message string) {
	c.T.Helper()
	recorder := c.Do(method, path, body, status)
	want := fmt.Sprintf(`{"error":%q}`, message)
	if got := recorder.Body.String(); got != want {
		c.T.Errorf("%s %s %.100s: body %s, want %s", method, path, body, got, want)
	}
	if recorder.Header().Get("X-Mock-Reason") == "" {
		c.T.Errorf("%s %s %.100s: no reason", method, path, body)
	}
}

// wantText checks the beginning of a refusal in plain text.
func (c caller) wantText(method, path, body string, status int, beginning string) {
	c.T.Helper()
	recorder := c.Do(method, path, body, status)
	if got := recorder.Body.String(); !strings.HasPrefix(got, beginning) {
		c.T.Errorf("%s %s %.100s: body %q, want %q at its beginning", method, path, body, got, beginning)
	}
	if got := recorder.Header().Get("Content-Type"); !strings.HasPrefix(got, "text/plain") {
		c.T.Errorf("%s %s %.100s: Content-Type %q", method, path, body, got)
	}
}

func TestPublishedSample(t *testing.T) {
	now := time.Date(2026, 2, 7, 10, 0, 0, 123456789, time.UTC)
	c := newCaller(t, mockserver.Config{Now: func() time.Time { return now }})
	body := roomtest.Sample(t, "create.json")
	got := c.Do("POST", "/v1/agents", body, http.StatusCreated).Body.String()
	var made response
	if err := json.Unmarshal([]byte(got), &made); err != nil {
		t.Fatal(err)
	}
	want := roomtest.Squeeze(t, `{
		"capabilities": [{"config": {}, "ref": "current_time"}, {"config": {}, "ref": "web_fetch"}],
		"created_at": "2026-02-07T10:00:00.123456Z",
		"description": "Handles customer inquiries and support tickets",
		"id": "`+made.ID+`",
		"name": "Customer Support Agent",
		"status": "active",
		"system_prompt": "You are a helpful customer support agent. Be polite and professional.",
		"tags": ["support", "customer-facing"],
		"updated_at": "2026-02-07T10:00:00.123456Z"
	}`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !isID("agent", made.ID) {
		t.Errorf("id %s", made.ID)
	}
	if again := c.Do("GET", "/v1/agents/"+made.ID, "", http.StatusOK).Body.String(); again != got {
		t.Errorf("a read responds %s", again)
	}
}

func TestDefaults(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	got := c.Do("POST", "/v1/agents", `{"name":"","system_prompt":"","id":null,"description":null,"default_model_id":null,
		"capabilities":[{"ref":"x","config":null},{"ref":"y"}],"unknown":{"a":1}}`, http.StatusCreated).Body.String()
	if !strings.Contains(got, `"capabilities":[{"ref":"x"},{"ref":"y"}]`) || !strings.Contains(got, `"tags":[]`) {
		t.Error(got)
	}
	for _, absent := range []string{"description", "default_model_id", "usage", "unknown", "null"} {
		if strings.Contains(got, absent) {
			t.Errorf("%s is in %s", absent, got)
		}
	}
}

func TestOrderOfChecks(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	c.Do("PUT", "/v1/agents/"+agentID, `{"name":"a","system_prompt":"b"}`, http.StatusCreated)
	wrong := c.with("Authorization", "").with("Content-Type", "text/plain")

	// One request that is wrong in every way, mended step by step.
	wrong.wantError("PATCH", "/v1/agents/x", "{", http.StatusUnauthorized, "Authentication required")
	wrong = wrong.with("Authorization", validKey)
	wrong.wantText("PATCH", "/v1/agents/x", "{", http.StatusUnsupportedMediaType, "Expected request with")
	wrong = wrong.with("Content-Type", "application/json; charset=utf-8")
	wrong.wantText("PATCH", "/v1/agents/x", "{", http.StatusBadRequest, "Failed to parse the request body as JSON")
	wrong.wantText("PATCH", "/v1/agents/x", `{"name":1}`, http.StatusUnprocessableEntity,
		"Failed to deserialize the JSON body into the target type: name: ")
	long := `{"name":"` + strings.Repeat("x", maxName+1) + `"}`
	wrong.wantError("PATCH", "/v1/agents/x", long, http.StatusBadRequest, "Invalid agent ID: invalid prefix: expected 'agent', got 'x'")
	unknown := "/v1/agents/agent_00000000000000000000000000000000"
	wrong.wantError("PATCH", unknown, long, http.StatusBadRequest, "Input exceeds allowed limits")
	wrong.wantError("PATCH", unknown, `{"name":"c"}`, http.StatusNotFound, "Agent not found")
	wrong.Do("PATCH", "/v1/agents/"+agentID, `{"name":"c"}`, http.StatusOK)

	// The same for a create.
	wrong.wantText("POST", "/v1/agents", `{"id":"`+agentID+`","name":"a"}`, http.StatusUnprocessableEntity,
		"Failed to deserialize the JSON body into the target type: missing field `system_prompt`")
	wrong.wantError("POST", "/v1/agents", `{"id":"`+agentID+`","system_prompt":"",`+long[1:], http.StatusBadRequest, "Input exceeds allowed limits")
	wrong.wantError("POST", "/v1/agents", `{"id":"`+agentID+`","system_prompt":"","name":""}`, http.StatusConflict, "Agent with this ID already exists")
}

func TestRoutes(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	if got := c.Do("GET", "/v1/nothing", "", http.StatusNotFound).Body.String(); got != "" {
		t.Errorf("body %q", got)
	}
	recorder := c.Do("DELETE", "/v1/agents", "", http.StatusMethodNotAllowed)
	if got := recorder.Header().Get("Allow"); got != "POST,GET" {
		t.Errorf("Allow: %s", got)
	}
	c.with("Authorization", "").wantError("GET", "/v1/nothing", "", http.StatusUnauthorized, "Authentication required")
}

func TestCredentials(t *testing.T) {
	tests := []struct {
		name, value string
		early       bool
		message     string // "": accepted
	}{
		{"none", "", false, "Authentication required"},
		{"raw", validKey, false, ""},
		{"ApiKey", "ApiKey " + validKey, false, ""},
		{"Bearer", "Bearer " + validKey, false, ""},
		{"lower case", "bearer " + validKey, false, ""},
		{"scheme without key", "Bearer", false, "Invalid authorization header"},
		{"other scheme", "Basic " + validKey, false, "Invalid authorization header"},
		{"other key", "evr_other", false, "Invalid API key"},
		{"other form", "sk-other", false, "Invalid API key format"},
		{"other token", "Bearer aaa.bbb.ccc", false, "Invalid or expired token"},
		{"early, raw", validKey, true, ""},
		{"early, ApiKey", "ApiKey " + validKey, true, ""},
		{"early, Bearer", "Bearer " + validKey, true, "Invalid or expired token"},
		{"early, login token", "Bearer login.token.here", true, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			config := mockserver.Config{APIKeys: []string{validKey, "login.token.here"}}
			if test.early {
				config.Variants = named(mockserver.AgentloopFebruary2026)
			}
			c := newCaller(t, config).with("Authorization", test.value)
			if test.message == "" {
				c.Do("GET", "/v1/agents", "", http.StatusOK)
			} else {
				c.wantError("GET", "/v1/agents", "", http.StatusUnauthorized, test.message)
			}
		})
	}
}

func TestRefusesBodies(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	c.Do("PUT", "/v1/agents/"+agentID, `{"name":"a","system_prompt":"b"}`, http.StatusCreated)
	const type422 = "Failed to deserialize the JSON body into the target type"
	for _, test := range []struct {
		body   string
		status int
		text   string
	}{
		{"", http.StatusBadRequest, "Failed to parse the request body as JSON: EOF while parsing a value at line 1 column 0"},
		{"{", http.StatusBadRequest, "Failed to parse the request body as JSON: syntax error at line 1 column 1"},
		{"{\n\"a\":,}", http.StatusBadRequest, "Failed to parse the request body as JSON: syntax error at line 2 column 5"},
		{"{\"name\":\"\xff\"}", http.StatusBadRequest, "Failed to parse the request body as JSON: invalid unicode code point"},
		{"[]", http.StatusUnprocessableEntity, type422},
		{"null", http.StatusUnprocessableEntity, type422},
		{`"x"`, http.StatusUnprocessableEntity, type422},
		{"7", http.StatusUnprocessableEntity, type422},
		{strings.Repeat(" ", maxBody) + "{}", http.StatusRequestEntityTooLarge, "Failed to buffer the request body"},
	} {
		for _, call := range [][2]string{{"POST", "/v1/agents"}, {"PUT", "/v1/agents/" + agentID}, {"PATCH", "/v1/agents/" + agentID}} {
			c.wantText(call[0], call[1], test.body, test.status, test.text)
		}
	}
	c.with("Content-Type", "").wantText("POST", "/v1/agents", "{}", http.StatusUnsupportedMediaType, "Expected request with `Content-Type: application/json`")
}

func TestRefusesMembers(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	for _, test := range []struct{ members, problem string }{
		{`"name":null`, "name: invalid type"},
		{`"name":1`, "name: invalid type"},
		{`"system_prompt":null`, "system_prompt: invalid type"},
		{`"description":[]`, "description: invalid type"},
		{`"tags":null`, "tags: invalid type: expected a sequence"},
		{`"tags":"a"`, "tags: invalid type: expected a sequence"},
		{`"tags":["a",1]`, "tags[1]: invalid type: expected a string"},
		{`"capabilities":null`, "capabilities: invalid type: expected a sequence"},
		{`"capabilities":["web_fetch"]`, "capabilities[0]: invalid type: expected a map"},
		{`"capabilities":[{"ref":"a"},{"config":{}}]`, "capabilities[1]: missing field `ref`"},
		{`"capabilities":[{"ref":null}]`, "capabilities[0].ref: invalid type"},
		{`"id":1`, "id: invalid type"},
		{`"id":"agent_01933b5a00007000800000000000001"`, "id: invalid length: expected 32, got 31"},
		{`"id":"agt_01933b5a000070008000000000000001"`, "id: invalid prefix: expected 'agent', got 'agt'"},
		{`"id":"agent_01933B5A000070008000000000000001"`, "id: invalid hex in ID: "},
		{`"default_model_id":"model_01933b5a00007000800000000000001"`, "default_model_id: invalid length"},
		{`"default_model_id":"gpt-4o"`, "default_model_id: invalid prefix: expected 'model', got 'gpt-4o'"},
	} {
		body := `{"name":"a","system_prompt":"b",` + test.members + `}` // the last of two members counts
		c.wantText("POST", "/v1/agents", body, http.StatusUnprocessableEntity,
			"Failed to deserialize the JSON body into the target type: "+test.problem)
	}
	c.wantText("POST", "/v1/agents", `{"system_prompt":"b"}`, http.StatusUnprocessableEntity,
		"Failed to deserialize the JSON body into the target type: missing field `name`")
	c.Do("PUT", "/v1/agents/"+agentID, `{"name":"a","system_prompt":"b"}`, http.StatusCreated)
	c.wantText("PATCH", "/v1/agents/"+agentID, `{"status":"deleted"}`, http.StatusUnprocessableEntity,
		"Failed to deserialize the JSON body into the target type: status: unknown variant")
}

func TestLimits(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	text := func(n int) string { return `"` + strings.Repeat("é", n/2) + strings.Repeat("x", n%2) + `"` } // n bytes
	capabilities := func(n int) string {
		return "[" + strings.TrimSuffix(strings.Repeat(`{"ref":"a"},`, n), ",") + "]"
	}
	for _, test := range []struct {
		member string
		limit  int
		value  func(int) string
	}{
		{"name", 2048, text},
		{"description", 10240, text},
		{"system_prompt", 1048576, text},
		{"capabilities", 250, capabilities},
	} {
		body := func(n int) string {
			return fmt.Sprintf(`{"name":"a","system_prompt":"b",%q:%s}`, test.member, test.value(n))
		}
		c.Do("POST", "/v1/agents", body(test.limit), http.StatusCreated)
		c.wantError("POST", "/v1/agents", body(test.limit+1), http.StatusBadRequest, "Input exceeds allowed limits")
	}
}

func TestPathIDs(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	for id, problem := range map[string]string{
		"x":                          "invalid prefix: expected 'agent', got 'x'",
		"session_0":                  "invalid prefix: expected 'agent', got 'session'",
		"agent_1":                    "invalid length: expected 32, got 1",
		"agent_" + agentID[7:] + "G": "invalid hex in ID: " + agentID[7:] + "G",
	} {
		for _, call := range [][2]string{{"GET", ""}, {"DELETE", ""}, {"GET", "/export"}} {
			c.wantError(call[0], "/v1/agents/"+id+call[1], "", http.StatusBadRequest, "Invalid agent ID: "+problem)
		}
		c.wantError("PUT", "/v1/agents/"+id, `{"name":"a","system_prompt":"b"}`, http.StatusBadRequest, "Invalid agent ID: "+problem)
	}
}

func TestLife(t *testing.T) {
	now := time.Date(2026, 2, 7, 10, 0, 0, 0, time.UTC)
	c := newCaller(t, mockserver.Config{Now: func() time.Time { now = now.Add(time.Second); return now }})
	one := "/v1/agents/" + agentID
	var made, got response
	c.Read("POST", "/v1/agents", `{"id":"`+agentID+`","name":"a","system_prompt":"b","description":"d","tags":["t"],"capabilities":[{"ref":"noop"}]}`,
		http.StatusCreated, &made)
	if made.ID != agentID || made.Status != "active" {
		t.Errorf("made %+v", made)
	}

	// A change: null and absence are the same, lists are replaced.
	c.Read("PATCH", one, `{"name":"a2","description":null,"tags":null,"capabilities":[],"status":null}`, http.StatusOK, &got)
	if got.Name != "a2" || *got.Description != "d" || !slices.Equal(got.Tags, []string{"t"}) || len(got.Capabilities) != 0 {
		t.Errorf("changed %+v", got)
	}
	if !got.UpdatedAt.After(made.UpdatedAt) || !got.CreatedAt.Equal(made.CreatedAt) {
		t.Errorf("times %v, %v", got.CreatedAt, got.UpdatedAt)
	}
	c.Read("PATCH", one, `{"system_prompt":"b2","description":"d2","default_model_id":"model_`+agentID[6:]+`","tags":[],"capabilities":[{"ref":"web_fetch","config":{"a":1}}]}`,
		http.StatusOK, &got)
	if got.SystemPrompt != "b2" || *got.Description != "d2" || len(got.Tags) != 0 || string(got.Capabilities[0].Config) != `{"a":1}` {
		t.Errorf("changed %+v", got)
	}

	// Archiving keeps the agent readable and its id taken.
	c.Do("DELETE", one, "", http.StatusNoContent)
	c.wantError("DELETE", one, "", http.StatusNotFound, "Agent not found")
	c.Read("GET", one, "", http.StatusOK, &got)
	if got.Status != "archived" {
		t.Errorf("status %s", got.Status)
	}
	if list := c.Do("GET", "/v1/agents", "", http.StatusOK).Body.String(); list != `{"data":[]}` {
		t.Errorf("list %s", list)
	}
	if agents := c.Server.Agents(mockserver.Agentloop); len(agents) != 0 {
		t.Errorf("agents %v", agents)
	}
	c.wantError("POST", "/v1/agents", `{"id":"`+agentID+`","name":"a","system_prompt":"b"}`, http.StatusConflict, "Agent with this ID already exists")

	// A PUT revives it, clears what it does not say and keeps capabilities.
	got = response{}
	c.Read("PUT", one, `{"id":"agent_00000000000000000000000000000000","name":"a3","system_prompt":"b3"}`, http.StatusOK, &got)
	if got.ID != agentID || got.Status != "active" || got.Description != nil || got.DefaultModelID != "" || len(got.Tags) != 0 {
		t.Errorf("replaced %+v", got)
	}
	if len(got.Capabilities) != 1 || got.Capabilities[0].Ref != "web_fetch" || !got.CreatedAt.Equal(made.CreatedAt) {
		t.Errorf("replaced %+v", got)
	}
	c.Read("PUT", one, `{"name":"a3","system_prompt":"b3","capabilities":[{"ref":"noop"}]}`, http.StatusOK, &got)
	if got.Capabilities[0].Ref != "noop" {
		t.Errorf("replaced %+v", got)
	}

	// So does a change of the status.
	c.Do("PATCH", one, `{"status":"archived"}`, http.StatusOK)
	c.Read("PATCH", one, `{"status":"active"}`, http.StatusOK, &got)
	if got.Status != "active" {
		t.Errorf("status %s", got.Status)
	}
}

func TestListsNewestFirst(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	var ids []string
	for i := range 3 {
		var made response
		c.Read("POST", "/v1/agents", fmt.Sprintf(`{"name":"a%d","system_prompt":""}`, i), http.StatusCreated, &made)
		ids = append(ids, made.ID)
	}
	if !slices.IsSorted(ids) {
		t.Errorf("ids are not in the order of time: %v", ids)
	}
	var list struct{ Data []response }
	c.Read("GET", "/v1/agents?limit=1&offset=1", "", http.StatusOK, &list) // no pages at that time
	slices.Reverse(ids)
	for i, agent := range list.Data {
		if agent.ID != ids[i] {
			t.Errorf("agent %d is %s, want %s", i, agent.ID, ids[i])
		}
	}
	if len(list.Data) != 3 {
		t.Errorf("%d agents", len(list.Data))
	}
}

func TestPages(t *testing.T) {
	c := newCaller(t, mockserver.Config{Variants: named(mockserver.AgentloopPaged)})
	for i := range 25 {
		c.Do("POST", "/v1/agents", fmt.Sprintf(`{"name":"Agent %02d","system_prompt":"","description":"odd %v"}`, i, i%2 == 1), http.StatusCreated)
	}
	type page struct {
		Data                 []response
		Total, Offset, Limit int
	}
	for _, test := range []struct {
		query                   string
		first                   string
		n, total, offset, limit int
	}{
		{"", "Agent 24", 20, 25, 0, 20},
		{"?offset=20", "Agent 04", 5, 25, 20, 20},
		{"?limit=3&offset=1", "Agent 23", 3, 25, 1, 3},
		{"?limit=1000", "Agent 24", 25, 25, 0, 100},
		{"?offset=99", "", 0, 25, 99, 20},
		{"?search=ODD%20TRUE", "Agent 23", 12, 12, 0, 20},
		{"?search=agent%2007", "Agent 07", 1, 1, 0, 20},
	} {
		var got page
		c.Read("GET", "/v1/agents"+test.query, "", http.StatusOK, &got)
		if len(got.Data) != test.n || got.Total != test.total || got.Offset != test.offset || got.Limit != test.limit {
			t.Errorf("%s: %d of %d, offset %d, limit %d", test.query, len(got.Data), got.Total, got.Offset, got.Limit)
		}
		if test.first != "" && got.Data[0].Name != test.first {
			t.Errorf("%s: first is %s", test.query, got.Data[0].Name)
		}
	}
	var newest page
	c.Read("GET", "/v1/agents?limit=1", "", http.StatusOK, &newest)
	c.Do("DELETE", "/v1/agents/"+newest.Data[0].ID, "", http.StatusNoContent)
	var active, all page
	c.Read("GET", "/v1/agents", "", http.StatusOK, &active)
	c.Read("GET", "/v1/agents?include_archived=true", "", http.StatusOK, &all)
	if active.Total != 24 || all.Total != 25 {
		t.Errorf("%d active of %d", active.Total, all.Total)
	}
	for _, query := range []string{"limit=x", "limit=-1", "offset=-1", "offset=", "include_archived=perhaps"} {
		c.wantText("GET", "/v1/agents?"+query, "", http.StatusBadRequest, "Failed to deserialize query string")
	}
}

// All credentials belong to one organization, unless it is said otherwise.
func TestCredentialsShareAnOrganization(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	body := `{"id":"` + agentID + `","name":"a","system_prompt":"b"}`
	c.Do("POST", "/v1/agents", body, http.StatusCreated)
	other := c.with("Authorization", "evr_other")
	other.Do("GET", "/v1/agents/"+agentID, "", http.StatusOK)
	other.Do("PATCH", "/v1/agents/"+agentID, `{"name":"renamed"}`, http.StatusOK)
	other.wantError("POST", "/v1/agents", body, http.StatusConflict, "Agent with this ID already exists")
	var list struct{ Data []response }
	c.Read("GET", "/v1/agents", "", http.StatusOK, &list)
	if len(list.Data) != 1 || list.Data[0].Name != "renamed" {
		t.Errorf("agents %+v", list.Data)
	}
}

func TestOrganizationsAreSeparate(t *testing.T) {
	config := mockserver.Config{}
	config.Tenants = map[string]string{validKey: "one", "evr_other": "two"}
	c := newCaller(t, config)
	body := `{"id":"` + agentID + `","name":"a","system_prompt":"b"}`
	c.Do("POST", "/v1/agents", body, http.StatusCreated)
	other := c.with("Authorization", "evr_other")
	for _, call := range [][3]string{{"GET", ""}, {"DELETE", ""}, {"GET", "/export"}, {"PATCH", "", `{"name":"stolen"}`}} {
		other.wantError(call[0], "/v1/agents/"+agentID+call[1], call[2], http.StatusNotFound, "Agent not found")
	}
	if list := other.Do("GET", "/v1/agents", "", http.StatusOK).Body.String(); list != `{"data":[]}` {
		t.Errorf("list %s", list)
	}
	other.Do("POST", "/v1/agents", body, http.StatusCreated) // an id is taken within its organization only
	c.with("Authorization", "Bearer "+validKey).Do("GET", "/v1/agents/"+agentID, "", http.StatusOK)
	agents := c.Server.Agents(mockserver.Agentloop)
	if len(agents) != 2 || agents[0].Tenant != "one" || agents[1].Tenant != "two" {
		t.Errorf("agents %+v", agents)
	}
}

func TestNullVariant(t *testing.T) {
	c := newCaller(t, mockserver.Config{Variants: named(mockserver.AgentloopNull)})
	got := c.Do("POST", "/v1/agents", `{"name":"a","system_prompt":"b","capabilities":[{"ref":"noop"}]}`, http.StatusCreated).Body.String()
	for _, want := range []string{`"description":null`, `"default_model_id":null`, `"usage":null`, `[{"config":null,"ref":"noop"}]`, `"tags":[]`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
}

func TestKnownModels(t *testing.T) {
	body := func(model string) string {
		return `{"name":"a","system_prompt":"b","default_model_id":"` + model + `"}`
	}
	const unknown = "model_ffffffffffffffffffffffffffffffff"
	newCaller(t, mockserver.Config{}).Do("POST", "/v1/agents", body(unknown), http.StatusCreated)
	c := newCaller(t, mockserver.Config{Variants: named(mockserver.AgentloopKnownModels)})
	c.wantError("POST", "/v1/agents", body(unknown), http.StatusInternalServerError, "Internal server error")
	c.Do("POST", "/v1/agents", body("model_01933b5a000070008000000000000002"), http.StatusCreated)
}

func TestImport(t *testing.T) {
	now := time.Date(2026, 2, 7, 10, 20, 30, 0, time.UTC)
	model := "model_" + agentID[6:]
	full := response{
		ID: agentID, Name: `The "Helper": one`, Description: new("It's here to help # really"), SystemPrompt: "Be kind.\n\n---\nAlways.",
		DefaultModelID: model, Status: "active", Tags: []string{"a", "b, c", "d: e"},
		Capabilities: []struct {
			Ref    string
			Config json.RawMessage
		}{{Ref: "web_fetch", Config: json.RawMessage(`{"depth":2}`)}, {Ref: "noop"}},
		CreatedAt: now, UpdatedAt: now,
	}
	simple := func(name, prompt string) response {
		return response{Name: name, SystemPrompt: prompt, Status: "active", Tags: []string{}, CreatedAt: now, UpdatedAt: now,
			Capabilities: []struct {
				Ref    string
				Config json.RawMessage
			}{}}
	}
	for _, test := range []struct {
		name, text string
		want       response
	}{
		{"Markdown", `---
id: ` + agentID + `
name: "The \"Helper\": one" # a comment
description: 'It''s here to help # really'
default_model_id: ` + model + `

# what it is for
tags:
  - a
  - "b, c"
  - 'd: e'
capabilities:
- ref: web_fetch
  config: {"depth": 2}
- noop
status: archived
---

Be kind.

---
Always.
`, full},
		{"Markdown with CRLF", "---\r\nname: x\r\n---\r\nhello\r\nworld\r\n", simple("x", "hello\nworld")},
		{"Markdown without body", "---\nname: x\nsystem_prompt: |\n  one\n\n    two\n---", simple("x", "one\n\n  two\n")},
		{"JSON", `{"name":"x","system_prompt":"hello","tags":[],"capabilities":[]}`, simple("x", "hello")},
		{"YAML", "# agent\nname: x\nsystem_prompt: >-\n  hello\n  there\n\n  world\ntags: []\n", simple("x", "hello there\nworld")},
		{"text", "  You help: always.\nname: no\n", simple("agent-20260207-102030", "You help: always.\nname: no")},
		{"text that begins with a brace", "{{name}} is here", simple("agent-20260207-102030", "{{name}} is here")},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCaller(t, mockserver.Config{Now: func() time.Time { return now }}).with("Content-Type", "text/plain")
			var got response
			c.Read("POST", "/v1/agents/import", test.text, http.StatusCreated, &got)
			if test.want.ID == "" {
				test.want.ID = got.ID
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestImportReadsYAML: front matter is YAML, with everything that belongs to
// it.
func TestImportReadsYAML(t *testing.T) {
	const file = `---
"id": ` + agentID + `
'name': &name Fetcher
description: *name
tags: [
  web,   # a list
  "2",   # over lines
  *name,
]
capabilities:
  - &fetch
    ref: web_fetch
    config: {max_bytes: 5, cache: true}
  - <<: *fetch
    ref: current_time
  - {ref: research, config: {until: 2026-02-07T10:00:00Z, share: .5, "note": ~, order: [b, a]}}
---
Fetch pages.
`
	c := newCaller(t, mockserver.Config{}).with("Content-Type", "text/plain")
	got := c.Do("POST", "/v1/agents/import", file, http.StatusCreated).Body.String()
	for _, want := range []string{
		`"id":"` + agentID + `","name":"Fetcher"`, `"description":"Fetcher"`, `"system_prompt":"Fetch pages."`, `"tags":["web","2","Fetcher"]`,
		`[{"config":{"max_bytes":5,"cache":true},"ref":"web_fetch"},{"config":{"max_bytes":5,"cache":true},"ref":"current_time"},` +
			`{"config":{"until":"2026-02-07T10:00:00Z","share":0.5,"note":null,"order":["b","a"]},"ref":"research"}]`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}

	for text, message := range map[string]string{
		"name: 7":                          "name: invalid type: expected a string",
		"tags: [a, 1]":                     "tags[1]: invalid type: expected a string",
		"name: a\nname: b":                 `front matter line 3: key "name" is there twice`,
		"capabilities: [{ref: a, 1: b}]":   `front matter line 2: a key must be a string: put "1" in quotes`,
		"name: *x":                         "front matter cannot be read: unknown anchor 'x' referenced",
		"name: &x [*x]":                    "front matter line 2: the value of anchor x contains itself",
		"name: \"a":                        "front matter line 2: found unexpected end of stream",
		"capabilities: [{config: {a: b}}]": "capabilities[0]: missing field `ref`",
	} {
		c.wantError("POST", "/v1/agents/import", "---\n"+text+"\n---\nhello", http.StatusBadRequest, "Invalid format: "+message)
	}
}

func TestImportRefuses(t *testing.T) {
	c := newCaller(t, mockserver.Config{}).with("Content-Type", "text/plain")
	const missing = "System prompt is required (provide in front matter or as markdown body)"
	for _, test := range []struct{ text, message string }{
		{"", missing},
		{" \n ", missing},
		{"{}", missing},
		{"---\nname: x\n---\n", missing},
		{"name: x", missing},
		{"---\nname: x\n", "Invalid format: missing closing front matter delimiter (---)"},
		{"---\nname x\n---\nhello", "Invalid format: front matter line 2: expected key: value"},
		{"---\nid: agent_1\n---\nhello", "Invalid format: id: invalid length: expected 32, got 1"},
		{`{"system_prompt":"a","tags":7}`, "Invalid format: tags: invalid type: expected a sequence"},
		{"---\nname: " + strings.Repeat("x", 2049) + "\n---\nhello", "Input exceeds allowed limits"},
		{strings.Repeat("x", maxSystemPrompt+1), "Input exceeds allowed limits"},
	} {
		c.wantError("POST", "/v1/agents/import", test.text, http.StatusBadRequest, test.message)
	}
	c.wantText("POST", "/v1/agents/import", "\xff", http.StatusBadRequest, "Request body didn't contain valid UTF-8")
	c.wantText("POST", "/v1/agents/import", strings.Repeat("x", maxBody+1), http.StatusRequestEntityTooLarge, "Failed to buffer")
	file := "---\nid: " + agentID + "\n---\nhello"
	c.Do("POST", "/v1/agents/import", file, http.StatusCreated)
	c.wantError("POST", "/v1/agents/import", file, http.StatusConflict, "Agent with this ID already exists")
}

func TestExport(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	var made response
	c.Read("POST", "/v1/agents", `{"name":"Über \"A & B\" 2","description":"two\nlines","system_prompt":"Be kind.\n\nAlways.","default_model_id":"model_`+agentID[6:]+`",
		"tags":["x: y","<z>"],"capabilities":[{"ref":"noop"},{"ref":"web_fetch","config":{"a":[1,{"b":"& c"}]}}]}`, http.StatusCreated, &made)
	export := c.Do("GET", "/v1/agents/"+made.ID+"/export", "", http.StatusOK)
	want := `---
id: "` + made.ID + `"
name: "Über \"A & B\" 2"
description: "two\nlines"
default_model_id: "model_01933b5a000070008000000000000001"
tags:
  - "x: y"
  - "<z>"
capabilities:
  - ref: "noop"
  - ref: "web_fetch"
    config: {"a":[1,{"b":"& c"}]}
---
Be kind.

Always.`
	if diff := cmp.Diff(want, export.Body.String()); diff != "" {
		t.Error(diff)
	}
	wantHeader := http.Header{
		"Content-Type":        {"text/markdown; charset=utf-8"},
		"Content-Disposition": {`attachment; filename="ber-a-b-2.md"`},
	}
	for name := range wantHeader {
		if got := export.Header().Get(name); got != wantHeader.Get(name) {
			t.Errorf("%s: %s", name, got)
		}
	}

	// Imported elsewhere it is the same agent.
	var copied response
	newCaller(t, mockserver.Config{}).Read("POST", "/v1/agents/import", export.Body.String(), http.StatusCreated, &copied)
	copied.CreatedAt, copied.UpdatedAt = made.CreatedAt, made.UpdatedAt
	if diff := cmp.Diff(made, copied); diff != "" {
		t.Error(diff)
	}
}

func TestCatalogues(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	var capabilities struct{ Data []map[string]any }
	c.Read("GET", "/v1/capabilities", "", http.StatusOK, &capabilities)
	if len(capabilities.Data) != 14 {
		t.Errorf("%d capabilities", len(capabilities.Data))
	}
	for _, want := range capabilities.Data {
		var got map[string]any
		c.Read("GET", "/v1/capabilities/"+want["id"].(string), "", http.StatusOK, &got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	if got := c.Do("GET", "/v1/capabilities/unknown", "", http.StatusNotFound).Body.String(); got != "" {
		t.Errorf("body %q", got)
	}

	for query, names := range map[string][]string{
		"":                                       {"llmsim-model", "gpt-4o", "claude-sonnet-4"},
		"?include_stale=false":                   {"llmsim-model", "gpt-4o", "claude-sonnet-4"},
		"?source=predefined":                     {"llmsim-model", "gpt-4o"},
		"?source=manual":                         nil,
		"?favorites_only=true":                   {"gpt-4o"},
		"?source=discovered&favorites_only=true": nil,
	} {
		for _, path := range []string{"/v1/llm-models", "/v1/models"} {
			var models struct {
				Data []struct {
					ID      string
					ModelID string `json:"model_id"`
				}
			}
			c.Read("GET", path+query, "", http.StatusOK, &models)
			var got []string
			for _, model := range models.Data {
				got = append(got, model.ModelID)
				if !isID("model", model.ID) {
					t.Errorf("id %s", model.ID)
				}
			}
			if diff := cmp.Diff(names, got); diff != "" {
				t.Errorf("%s: %s", query, diff)
			}
		}
	}
	for _, query := range []string{"source=other", "favorites_only=x", "include_stale=x"} {
		c.wantText("GET", "/v1/llm-models?"+query, "", http.StatusBadRequest, "Failed to deserialize query string: ")
	}
}

func TestRateLimit(t *testing.T) {
	c := newCaller(t, mockserver.Config{RateLimit: mockserver.RateLimit{Requests: 1, Per: time.Minute}})
	c.Do("GET", "/v1/agents", "", http.StatusOK)
	c.with("Authorization", "").wantError("GET", "/v1/nothing", "", http.StatusUnauthorized, "Authentication required")
	c.wantError("GET", "/v1/nothing", "", http.StatusTooManyRequests, "Too many requests. Please try again later.")
	c.with("Authorization", "evr_other").Do("GET", "/v1/agents", "", http.StatusOK)
}

func TestStateRoundTrip(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	c.Do("POST", "/v1/agents", roomtest.Sample(t, "create.json"), http.StatusCreated)
	c.Do("PUT", "/v1/agents/"+agentID, `{"name":"archived","system_prompt":"b"}`, http.StatusCreated)
	c.Do("DELETE", "/v1/agents/"+agentID, "", http.StatusNoContent)
	copied := c
	copied.Server = newCaller(t, mockserver.Config{}).Server
	if err := copied.Server.Restore(c.Server.Snapshot()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c.Server.Agents(mockserver.Agentloop), copied.Server.Agents(mockserver.Agentloop)); diff != "" {
		t.Errorf("agents (-before +after):\n%s", diff)
	}
	for _, path := range []string{"/v1/agents", "/v1/agents/" + agentID} {
		before, after := c.Do("GET", path, "", http.StatusOK), copied.Do("GET", path, "", http.StatusOK)
		if diff := cmp.Diff(before.Body.String(), after.Body.String()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestDeterministicIDs(t *testing.T) {
	config := mockserver.Config{Now: func() time.Time { return time.Date(2026, 2, 7, 10, 0, 0, 0, time.UTC) }}
	run := func() (responses string) {
		c := newCaller(t, config)
		for range 3 {
			responses += c.Do("POST", "/v1/agents", `{"name":"a","system_prompt":"b"}`, http.StatusCreated).Body.String() + "\n"
		}
		return responses
	}
	if diff := cmp.Diff(run(), run()); diff != "" {
		t.Error(diff)
	}
}

func FuzzBodies(f *testing.F) {
	for _, body := range []string{
		`{"name":"a","system_prompt":"b","tags":[null],"capabilities":[{"ref":1}]}`, `{"id":{}}`, "[]", "null", "---\na: b\n---", "{", "",
		`{"agent_id":"` + agentID + `","capabilities":[{"ref":"x"}]}`, withClientID("hello", clientID), `{"message":{"content":[{"type":"text","text":1}]},"metadata":{"everruns_client_message_id":[]}}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		c := newCaller(t, mockserver.Config{})
		c.Do("PUT", "/v1/agents/"+agentID, `{"name":"a","system_prompt":"b"}`, http.StatusCreated)
		c.neverFails(body, [][2]string{
			{"POST", "/v1/agents"}, {"POST", "/v1/agents/import"}, {"PUT", "/v1/agents/" + agentID}, {"PATCH", "/v1/agents/" + agentID},
		})
		one := c.newSession()
		c.neverFails(body, [][2]string{{"POST", "/v1/sessions"}, {"PATCH", one}, {"POST", one + "/messages"}, {"POST", one + "/messages"}, {"POST", one + "/cancel"}, {"GET", one + "/events"}})
	})
}

// neverFails sends a body to some operations and wants any response but 5xx.
func (c caller) neverFails(body string, calls [][2]string) {
	for _, call := range calls {
		recorder := c.Send(call[0], call[1], body)
		if recorder.Code >= 500 {
			c.T.Errorf("%s %s %q: status %d", call[0], call[1], body, recorder.Code)
		}
		if reason := recorder.Header().Get("X-Mock-Reason"); strings.ContainsAny(reason, "\r\n") {
			c.T.Errorf("%s %s %q: reason %q", call[0], call[1], body, reason)
		}
	}
}
