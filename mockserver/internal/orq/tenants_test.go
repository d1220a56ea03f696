package orq_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
)

// All tokens are of one workspace unless tenants are configured.
func TestTokensShareAWorkspace(t *testing.T) {
	m := newMock(t, with(mockserver.OrqWorkspaceID))
	mine := m.want(201, "POST", "/v2/agents/", agentBody(t, nil))
	response := m.as("sk-orq-2", "GET", "/v2/agents/support.agent", "")
	if diff := cmp.Diff(mine, plainObject(t, response.Body.Bytes())); response.Code != 200 || diff != "" {
		t.Errorf("%d (-mine +theirs):\n%s", response.Code, diff)
	}
	if response := m.as("sk-orq-2", "POST", "/v2/agents/", agentBody(t, nil)); response.Code != 409 {
		t.Errorf("same key with another token: %d %s", response.Code, response.Body)
	}
	other := plainObject(t, m.as("sk-orq-2", "POST", "/v2/agents/", agentBody(t, map[string]string{"key": `"other"`})).Body.Bytes())
	for _, member := range []string{"project_id", "created_by_id"} {
		if other[member] != mine[member] {
			t.Errorf("%s: %v and %v", member, mine[member], other[member])
		}
	}
}

func TestWorkspaces(t *testing.T) {
	m := newMock(t, mockserver.Config{Tenants: map[string]string{"sk-orq-1": "acme", "sk-orq-2": "globex", "sk-orq-3": "acme"}})
	mine := m.want(201, "POST", "/v2/agents/", agentBody(t, nil))
	if response := m.as("sk-orq-3", "GET", "/v2/agents/support.agent", ""); response.Code != 200 {
		t.Errorf("GET with another token of the workspace: %d %s", response.Code, response.Body)
	}
	for _, target := range []string{"GET", "PATCH", "DELETE"} {
		body := ""
		if target == "PATCH" {
			body = `{}`
		}
		response := m.as("sk-orq-2", target, "/v2/agents/support.agent", body)
		if response.Code != 404 || response.Body.String() != `{"message":"Agent not found"}` {
			t.Errorf("%s from another workspace: %d %s", target, response.Code, response.Body)
		}
	}
	if response := m.as("sk-orq-2", "GET", "/v2/agents", ""); response.Body.String() != `{"object":"list","data":[],"has_more":false}` {
		t.Errorf("list of another workspace: %s", response.Body)
	}
	response := m.as("sk-orq-2", "POST", "/v2/agents/", agentBody(t, nil))
	if response.Code != 201 {
		t.Fatalf("same key in another workspace: %d %s", response.Code, response.Body)
	}
	theirs := plainObject(t, response.Body.Bytes())
	if theirs["_id"] == mine["_id"] || theirs["project_id"] == mine["project_id"] || theirs["created_by_id"] == mine["created_by_id"] {
		t.Errorf("the workspaces share ids: %v and %v", mine, theirs)
	}

	before := m.server.Agents(mockserver.Orq)
	if len(before) != 2 || before[0].Tenant != "acme" || before[1].Tenant != "globex" {
		t.Fatalf("agents: %+v", before)
	}
	if err := m.server.Restore(m.server.Snapshot()); err != nil {
		t.Fatal(err)
	}
	asPlain := cmp.Transformer("plain", func(raw json.RawMessage) any { return plainObject(t, raw) })
	if diff := cmp.Diff(before, m.server.Agents(mockserver.Orq), asPlain); diff != "" {
		t.Errorf("agents (-before +after a snapshot):\n%s", diff)
	}
}

// A seed that a person wrote has neither tenants nor a workspace nor what ids
// are counted from.
func TestSeedByHand(t *testing.T) {
	first := newMock(t, with(mockserver.OrqWorkspaceID)).want(201, "POST", "/v2/agents/", agentBody(t, nil))
	record, err := json.Marshal(first)
	if err != nil {
		t.Fatal(err)
	}
	seed := json.RawMessage(`{"version":1,"apis":{"orq":{"agents":[{"id":"support.agent","record":` + string(record) + `}]}}}`)
	m := newMock(t, mockserver.Config{Seed: seed})
	if diff := cmp.Diff(first, m.want(200, "GET", "/v2/agents/support.agent", "")); diff != "" {
		t.Errorf("seeded agent (-seed +read):\n%s", diff)
	}
	if second := m.want(201, "POST", "/v2/agents/", agentBody(t, map[string]string{"key": `"other"`})); second["_id"] == first["_id"] {
		t.Errorf("a new agent has the _id of the seeded one, %v", first["_id"])
	}
	listed := m.want(200, "GET", "/v2/agents", "")["data"].([]any)
	if len(listed) != 2 || listed[1].(map[string]any)["key"] != "support.agent" {
		t.Fatalf("listed: %v", listed)
	}
	workspace := listed[1].(map[string]any)["workspace_id"]
	if again := m.want(200, "GET", "/v2/agents", "")["data"].([]any)[1].(map[string]any)["workspace_id"]; workspace == "" || again != workspace {
		t.Errorf("workspace_id is %v, then %v", workspace, again)
	}
	if got := m.want(200, "PATCH", "/v2/agents/support.agent", `{"key":"renamed"}`); got["_id"] != first["_id"] {
		t.Errorf("renamed: %v", got)
	}
	m.want(404, "GET", "/v2/agents/support.agent", "")
	if response := m.send("DELETE", "/v2/agents/renamed", ""); response.Code != 204 {
		t.Errorf("delete: %d %s", response.Code, response.Body)
	}
}

// A new project never gets the id of a seeded one, although the seed does not
// say how many ids were made.
func TestProjectsOfASeedKeepTheirIDs(t *testing.T) {
	first := newMock(t, mockserver.Config{})
	first.want(201, "POST", "/v2/agents/", agentBody(t, nil))
	document := plainObject(t, first.server.Snapshot())
	delete(document, "ids")
	m := newMock(t, mockserver.Config{Seed: must(json.Marshal(document))})
	m.want(201, "POST", "/v2/agents/", agentBody(t, map[string]string{"key": `"a"`, "path": `"Sales"`}))
	m.want(201, "POST", "/v2/agents/", agentBody(t, map[string]string{"key": `"b"`, "path": `"Support"`}))
	seen := make(map[any]string)
	for _, a := range m.want(200, "GET", "/v2/agents", "")["data"].([]any) {
		agent := a.(map[string]any)
		if other, taken := seen[agent["project_id"]]; taken {
			t.Errorf("%v and %v are of one project", agent["path"], other)
		}
		seen[agent["project_id"]] = agent["path"].(string)
	}
}
