package mockserver

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// makers are how each API makes a record, under its kind. A number keeps apart
// what must not be the same twice.
var makers = []struct{ api, kind, path, body string }{
	{Omniflow, "agents", omniflowAgents, `{"name":"a%d"}`},
	{Agentloop, "agents", "/v1/agents", `{"name":"a%d","system_prompt":"p"}`},
	{Orq, "agents", "/v2/agents", `{"key":"a%d","role":"r","description":"d","instructions":"i","path":"Default","model":"m","settings":{}}`},
	{Phoneagents, "agents", "/v1/users/u1/agents", `{"name":"a","prompt_id":"p","phone_number_id":"n%d"}`},
	{Phoneagents, "phone_numbers", "/v1/users/u1/phone_numbers", `{"platform":"whatsapp","meta_phone_number_id":"m%d","access_token":"0123456789"}`},
	{Xpander, "agents", "/v1/agents", `{"name":"a%d"}`},
}

// send sends a request to an API of a server.
func send(server *Server, method, path, key, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header = hostileHeader()
	r.Header.Set("X-Api-Key", key)
	r.Header.Set("Authorization", "Bearer "+key)
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	return w
}

// idsOf are the ids of the records of a kind.
func idsOf(t *testing.T, server *Server, api, kind string) (ids []string) {
	t.Helper()
	var document struct {
		APIs map[string]map[string][]struct {
			ID     string          `json:"id"`
			Record json.RawMessage `json:"record"`
		} `json:"apis"`
	}
	if err := json.Unmarshal(server.Snapshot(), &document); err != nil {
		t.Fatal(err)
	}
	for _, r := range document.APIs[api][kind] {
		ids = append(ids, r.ID)
		if api == Orq { // its records are filed by key
			var record struct {
				ID string `json:"_id"`
			}
			if json.Unmarshal(r.Record, &record) == nil && record.ID != "" {
				ids[len(ids)-1] = record.ID
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// On a mock that counts its ids, a seed that does not say how far they were
// counted has ids that come again: whichever way the seed comes in, no new
// record takes the place of one that is there.
func TestSeededRecordsAreNeverOverwritten(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	config := Config{Deterministic: true, Now: func() time.Time { return now }}
	for _, m := range makers {
		t.Run(m.api+" "+m.kind, func(t *testing.T) {
			first := testServer(t, config)
			if !slices.ContainsFunc(first.Operations(), func(op string) bool { return strings.HasPrefix(op, m.api+".") }) {
				t.Skip("it is not emulated")
			}
			fill := func(server *Server, from int) {
				t.Helper()
				for i := range 3 {
					if got := send(server, "POST", "/"+m.api+m.path, "evr_k", fmt.Sprintf(m.body, from+i)); got.Code != 200 && got.Code != 201 {
						t.Fatalf("%d %s", got.Code, got.Body)
					}
				}
			}
			fill(first, 0)
			var document map[string]json.RawMessage
			if err := json.Unmarshal(first.Snapshot(), &document); err != nil {
				t.Fatal(err)
			}
			delete(document, "ids")
			seed := jsontext.MustMarshal(document)
			for name, load := range map[string]func(*Server) error{
				"Config.Seed": func(s *Server) error { return nil },
				"SetSeed": func(s *Server) error {
					if err := s.SetSeed(seed); err != nil {
						return err
					}
					return s.Reset()
				},
				"Load":    func(s *Server) error { return s.Load(seed) },
				"Restore": func(s *Server) error { return s.Restore(seed) },
			} {
				begin := config
				if name == "Config.Seed" {
					begin.Seed = seed
				}
				server := testServer(t, begin)
				if err := load(server); err != nil {
					t.Fatal(err)
				}
				before := idsOf(t, server, m.api, m.kind)
				fill(server, 3)
				after := idsOf(t, server, m.api, m.kind)
				if len(before) != 3 || len(slices.Compact(after)) != 6 {
					t.Errorf("%s: %q, then %q", name, before, after)
				}
				for _, id := range before {
					if !slices.Contains(after, id) {
						t.Errorf("%s: %s is gone", name, id)
					}
				}
			}
		})
	}
}

// All keys are of one organization, unless tenants are configured.
func TestKeysShareOneOrganization(t *testing.T) {
	server := testServer(t, Config{})
	for _, m := range makers {
		made := send(server, "POST", "/"+m.api+m.path, "evr_k1", fmt.Sprintf(m.body, 1))
		if m.api == Xpander && made.Code == 404 {
			continue // it is not emulated
		}
		got := send(server, "GET", "/"+m.api+m.path, "evr_k2", "")
		if id := idsOf(t, server, m.api, m.kind); got.Code != 200 || len(id) == 0 || !strings.Contains(got.Body.String(), id[0]) {
			t.Errorf("%s %s: made %d %s, listed %d %s", m.api, m.kind, made.Code, made.Body, got.Code, got.Body)
		}
	}
}

// A record that a person wrote is live, and has all that a client must find in
// it, however little was said: in lists, when it is read and when it is
// changed, and no less after a snapshot.
func TestSeedsByHandAreLive(t *testing.T) {
	const agentloopID = "agent_00000000000000000000000000000007"
	for _, c := range []struct {
		api, kind, id   string
		list, one       string // "": there is no such operation
		method, change  string
		required, empty string // members that a response must have, and those that may be empty
	}{
		{Omniflow, "agents", "a1", omniflowAgents, omniflowAgents + "/a1", "PUT", `{"name":"b"}`,
			"_id workspaceId userId name llmModel status createdAt updatedAt", ""},
		{Agentloop, "agents", agentloopID, "/v1/agents", "/v1/agents/" + agentloopID, "PATCH", `{"name":"b"}`,
			"id name status created_at updated_at", "system_prompt tags capabilities"},
		{Orq, "agents", "desk", "/v2/agents", "/v2/agents/desk", "PATCH", `{"role":"b"}`,
			"_id key display_name project_id workspace_id created_by_id updated_by_id created updated status settings version_hash path",
			"role description instructions memory_stores team_of_agents variables knowledge_bases"},
		{Phoneagents, "agents", "agt_1", "/v1/users/u1/agents", "/v1/users/u1/agents/agt_1", "PATCH", `{"name":"b"}`,
			"agent_id user_id name created_at updated_at", "phone_number_id prompt_id"},
		{Phoneagents, "phone_numbers", "pn_1", "/v1/users/u1/phone_numbers", "", "", "",
			"id user_id platform meta_phone_number_id created_at updated_at", ""},
	} {
		t.Run(c.api+" "+c.kind, func(t *testing.T) {
			seed := fmt.Sprintf(`{"version":1,"apis":{%q:{%q:[{"id":%q,"record":{}}]}}}`, c.api, c.kind, c.id)
			server := testServer(t, Config{Seed: json.RawMessage(seed)})
			check := func(what string, got *httptest.ResponseRecorder) {
				t.Helper()
				body := got.Body.Bytes()
				if what == "list" {
					for _, pointer := range []string{"/0", "/data/0", "/agents/0", "/phone_numbers/0"} {
						if first, ok := jsontext.ValueAt(body, pointer); ok {
							body = first
						}
					}
				}
				if got.Code != 200 {
					t.Fatalf("%s: %d %s", what, got.Code, got.Body)
				}
				for _, name := range strings.Fields(c.required + " " + c.empty) {
					value, ok := jsontext.ValueAt(body, "/"+name)
					if !ok || jsontext.IsNull(value) || string(value) == `""` && !slices.Contains(strings.Fields(c.empty), name) ||
						strings.HasPrefix(string(value), `"0001-`) {
						t.Errorf("%s: %s is %q", what, name, value)
					}
				}
			}
			for _, round := range []string{"at first", "after a snapshot"} {
				check("list", send(server, "GET", "/"+c.api+c.list, "evr_k", ""))
				if c.one != "" {
					check("get", send(server, "GET", "/"+c.api+c.one, "evr_k", ""))
				}
				if round == "at first" && c.method != "" {
					check("change", send(server, c.method, "/"+c.api+c.one, "evr_k", c.change))
				}
				if c.kind == "agents" && len(server.Agents(c.api)) != 1 {
					t.Errorf("%s: agents are %+v", round, server.Agents(c.api))
				}
				if err := server.Restore(server.Snapshot()); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// What a record does say stays as it is.
func TestSeedsByHandKeepWhatTheySay(t *testing.T) {
	for _, c := range []struct{ api, kind, id, record string }{
		{Omniflow, "agents", "a1", `{"_id":"other","workspaceId":"w9","status":"pending","name":"","llmModel":"m","createdAt":"2020-01-01T00:00:00.000Z"}`},
		{Agentloop, "agents", "agent_00000000000000000000000000000007", `{"status":"archived","name":"","tags":["t"],"created_at":"2020-01-01T00:00:00Z"}`},
		{Orq, "agents", "desk", `{"_id":"01JA0000000000000000000000","key":"desk","display_name":"","status":"draft","settings":{"max_iterations":3},"workspace_id":"w"}`},
		{Phoneagents, "agents", "agt_1", `{"user_id":"u9","name":"","created_at":"2020-01-01T00:00:00+02:00"}`},
	} {
		seed := fmt.Sprintf(`{"version":1,"apis":{%q:{%q:[{"id":%q,"record":%s}]}}}`, c.api, c.kind, c.id, c.record)
		server := testServer(t, Config{Seed: json.RawMessage(seed)})
		server.Agents(c.api) // a state is made when it is first used
		var want map[string]any
		if err := json.Unmarshal([]byte(c.record), &want); err != nil {
			t.Fatal(err)
		}
		snapshot := server.Snapshot()
		for name, value := range want {
			pointer := "/apis/" + c.api + "/" + c.kind + "/0/record/" + name
			if name == "settings" {
				pointer, value = pointer+"/max_iterations", 3.0
			}
			got, _ := jsontext.ValueAt(snapshot, pointer)
			if string(got) != string(jsontext.MustMarshal(value)) {
				t.Errorf("%s: %s is %s, want %v", c.api, name, got, value)
			}
		}
	}
	twice := `{"version":1,"apis":{"orq":{"agents":[{"id":"a"},{"tenant":"t","id":"a"},{"id":"a"}]}}}`
	if _, err := New(Config{Seed: json.RawMessage(twice)}); err == nil || !strings.Contains(err.Error(), `record 2: there is one with the id "a" already`) {
		t.Errorf("an id twice: %v", err)
	}
}
