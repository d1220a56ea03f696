package orq_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
)

// Whoever pages through the agents, forth or back, sees each one that stays
// exactly once, whatever is deleted meanwhile, although all were made within
// one millisecond.
func TestPagesAreStableUnderDeletes(t *testing.T) {
	type listed struct {
		Data []struct {
			ID  string `json:"_id"`
			Key string `json:"key"`
		}
		HasMore bool `json:"has_more"`
	}
	for _, deterministic := range []bool{true, false} {
		for _, back := range []bool{false, true} {
			m := newMock(t, mockserver.Config{})
			if !deterministic {
				m.server = must(mockserver.New(mockserver.Config{Now: func() time.Time { return m.now }}))
			}
			var want []string
			for i := range 30 {
				key := fmt.Sprintf("a%02d", i)
				m.want(201, "POST", "/v2/agents/", agentBody(t, map[string]string{"key": `"` + key + `"`}))
				want = append(want, key)
			}
			if !back {
				slices.Reverse(want)
			}
			var got []string
			query := "starting_after=7ZZZZZZZZZZZZZZZZZZZZZZZZZ"
			if back {
				query = "ending_before=00000000000000000000000000"
			}
			for more := true; more; {
				var page listed
				if err := json.Unmarshal(m.send("GET", "/v2/agents?limit=3&"+query, "").Body.Bytes(), &page); err != nil {
					t.Fatal(err)
				}
				if back {
					slices.Reverse(page.Data)
				}
				for _, a := range page.Data { // also the one that is the cursor is gone by then
					got = append(got, a.Key)
					m.send("DELETE", "/v2/agents/"+a.Key, "")
				}
				query = strings.Split(query, "=")[0] + "=" + page.Data[len(page.Data)-1].ID
				more = page.HasMore
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("deterministic %t, back %t (-want +got):\n%s", deterministic, back, diff)
			}
		}
	}
}

// A seed may list agents in any order, and with an _id twice: pages go by
// _id, and miss none.
func TestPagesOfASeedInAnyOrder(t *testing.T) {
	var records []string
	for i, id := range []string{"01JA0000000000000000000003", "01JA0000000000000000000001", "01JA0000000000000000000004", "01JA0000000000000000000001", "01JA0000000000000000000002"} {
		records = append(records, fmt.Sprintf(`{"id":"k%d","record":{"_id":%q}}`, i, id))
	}
	m := newMock(t, mockserver.Config{Seed: json.RawMessage(`{"version":1,"apis":{"orq":{"agents":[` + strings.Join(records, ",") + `]}}}`)})
	keys := func(query string) (keys []string) {
		for _, a := range m.want(200, "GET", "/v2/agents"+query, "")["data"].([]any) {
			keys = append(keys, a.(map[string]any)["key"].(string))
		}
		return keys
	}
	for query, want := range map[string][]string{
		"": {"k2", "k0", "k4", "k3", "k1"},
		"?starting_after=01JA0000000000000000000003": {"k4", "k3", "k1"},
		"?starting_after=01JA0000000000000000000001": nil,
		"?ending_before=01JA0000000000000000000001":  {"k2", "k0", "k4"},
	} {
		if got := keys(query); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}
}

func TestList(t *testing.T) {
	m := newMock(t, mockserver.Config{})
	ids := make(map[string]string)
	for i := range 7 {
		key := fmt.Sprintf("a%d", i)
		ids[key] = m.want(201, "POST", "/v2/agents/", agentBody(t, map[string]string{"key": `"` + key + `"`}))["_id"].(string)
		m.now = m.now.Add(time.Second)
	}
	tests := []struct {
		query string
		want  []string
		more  bool
	}{
		{"", []string{"a6", "a5", "a4", "a3", "a2", "a1", "a0"}, false},
		{"?type=internal&limit=200", []string{"a6", "a5", "a4", "a3", "a2", "a1", "a0"}, false},
		{"?limit=3", []string{"a6", "a5", "a4"}, true},
		{"?limit=3&starting_after=" + ids["a4"], []string{"a3", "a2", "a1"}, true},
		{"?limit=3&starting_after=" + ids["a1"], []string{"a0"}, false},
		{"?starting_after=" + ids["a0"], nil, false},
		{"?limit=2&ending_before=" + ids["a2"], []string{"a4", "a3"}, true},
		{"?limit=2&ending_before=" + ids["a4"], []string{"a6", "a5"}, false},
		{"?ending_before=" + ids["a6"], nil, false},
		{"?starting_after=" + ids["a6"] + "&ending_before=" + ids["a2"], []string{"a5", "a4", "a3"}, false},
		{"?limit=1&starting_after=" + ids["a6"] + "&ending_before=" + ids["a2"], []string{"a5"}, true},
		{"?starting_after=" + ids["a2"] + "&ending_before=" + ids["a6"], nil, false},
	}
	check := func(query string, want []string, more bool) {
		t.Helper()
		for _, path := range []string{"/v2/agents", "/v2/agents/"} {
			var got struct {
				Object string
				Data   []struct {
					Key         string `json:"key"`
					ProjectID   string `json:"project_id"`
					WorkspaceID string `json:"workspace_id"`
				}
				HasMore bool `json:"has_more"`
			}
			response := m.send("GET", path+query, "")
			if err := json.Unmarshal(response.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			var keys []string
			for _, agent := range got.Data {
				keys = append(keys, agent.Key)
				if agent.WorkspaceID == "" || agent.ProjectID == "" {
					t.Errorf("%s: agent %s without workspace or project", path+query, agent.Key)
				}
			}
			if response.Code != 200 || got.Object != "list" || got.HasMore != more || !slices.Equal(keys, want) {
				t.Errorf("%s: %d, object %q, keys %q, more %t; want %q, %t", path+query, response.Code, got.Object, keys, got.HasMore, want, more)
			}
		}
	}
	for _, test := range tests {
		check(test.query, test.want, test.more)
	}
	m.send("DELETE", "/v2/agents/a4", "")
	check("?limit=3&starting_after="+ids["a4"], []string{"a3", "a2", "a1"}, true)
	check("?limit=1&ending_before="+ids["a4"], []string{"a5"}, true)
	check("?starting_after=00000000000000000000000000", nil, false)

	for query, want := range map[string]string{
		"limit=0":            `limit: must be a whole number from 1 to 200, not "0"`,
		"limit=201":          `limit: must be a whole number from 1 to 200, not "201"`,
		"limit=":             `limit: must be a whole number from 1 to 200, not ""`,
		"limit=ten":          `limit: must be a whole number from 1 to 200, not "ten"`,
		"starting_after=a4":  `starting_after: must be the _id of an agent, not "a4"`,
		"ending_before=nine": `ending_before: must be the _id of an agent, not "nine"`,
		"type=a2a":           `type: must be "internal", not "a2a"`,
	} {
		if diff := cmp.Diff([]string{want}, issuesOf(t, m.send("GET", "/v2/agents?"+query, ""))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
}
