package xpander_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// Everything that is wrong is told, in the order of the documented members,
// and where it is within them.
func TestEveryProblemIsTold(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	c.wantDetail("POST", "/v1/agents", `{"deletable":1,"agno_settings":{"user_memories":1,"tool_call_limit":"x","openai_moderation_categories":["a",1]},
		"attached_tools":[{"id":null,"operation_ids":["o",2]}],"icon":1,"source_nodes":{},"llm_credentials":"x"}`, http.StatusUnprocessableEntity,
		`[{"loc":["body","name"],"msg":"Field required","type":"missing"},`+
			`{"loc":["body","icon"],"msg":"Input should be a valid string","type":"string_type"},`+
			`{"loc":["body","agno_settings","user_memories"],"msg":"Input should be a valid boolean","type":"bool_type"},`+
			`{"loc":["body","agno_settings","tool_call_limit"],"msg":"Input should be a valid integer","type":"int_type"},`+
			`{"loc":["body","agno_settings","openai_moderation_categories",1],"msg":"Input should be a valid string","type":"string_type"},`+
			`{"loc":["body","attached_tools",0,"id"],"msg":"Field required","type":"missing"},`+
			`{"loc":["body","attached_tools",0,"operation_ids",1],"msg":"Input should be a valid string","type":"string_type"},`+
			`{"loc":["body","deletable"],"msg":"Input should be a valid boolean","type":"bool_type"},`+
			`{"loc":["body","llm_credentials"],"msg":"Input should be a valid dictionary or object to extract fields from","type":"model_attributes_type"},`+
			`{"loc":["body","source_nodes"],"msg":"Input should be a valid list","type":"list_type"}]`)

	c = newCaller(t, mockserver.Config{Variants: []string{mockserver.XpanderStringInstructions}})
	c.wantInvalid("POST", "/v1/agents", `{"name":"a","instructions":{"role":"r","goal":7}}`, "body.instructions.goal", "list_type")
	c.wantInvalid("POST", "/v1/agents", `{"name":"a","graph":"g","instructions":{"role":"r"}}`, "body.graph", "list_type")
}

// What a null or a number with an empty fraction means depends on the member.
func TestValuesOfMembers(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	made := c.create(`{"name":"a","agno_settings":{"num_history_runs":4.0,"coordinate_mode":null,"openai_moderation_categories":null,"tool_calls_compression":null},
		"llm_settings":[{"type":null,"provider":null,"temperature":1}]}`)
	if made.AgnoSettings["num_history_runs"] != 4.0 || made.AgnoSettings["coordinate_mode"] != true || made.AgnoSettings["openai_moderation_categories"] != nil {
		t.Errorf("settings %v", made.AgnoSettings)
	}
	if got := made.LLMSettings[0]; got.Type != "before" || got.Provider != "" || got.Model != "gpt-4.1" || got.Temperature != 1 {
		t.Errorf("settings %+v", got)
	}
	full := `{"name":"a","description":"d","type":"regular","output_format":"json","output_schema":{},"expected_output":"x",
		"attached_tools":[{"id":"t","operation_ids":[]}],"knowledge_bases":[{}]}`
	one := "/v1/agents/" + c.create(full).ID
	body := c.Do("PATCH", one, `{"description":null,"type":null,"output_format":null,"output_schema":null,"expected_output":null,"attached_tools":null,
		"knowledge_bases":null,"status":null,"deletable":null,"using_nemo":null,"llm_settings":null,"agno_settings":null}`, http.StatusOK).Body.String()
	for _, gone := range []string{`"type":"regular"`, "output_format", "output_schema", "expected_output", "attached_tools", "deletable"} {
		if strings.Contains(body, gone) {
			t.Errorf("%s is in %s", gone, body)
		}
	}
	for _, want := range []string{`"description":null`, `"knowledge_bases":null`, `"status":null`, `"num_history_runs":10`} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not in %s", want, body)
		}
	}
	calls := c.Server.Calls(journal.Match{Op: mockserver.XpanderUpdateAgent})
	for _, categories := range []string{`["a"]`, "null"} {
		body := c.Do("PATCH", one, `{"agno_settings":{"openai_moderation_categories":`+categories+`}}`, http.StatusOK).Body.String()
		if !strings.Contains(body, `"openai_moderation_categories":`+categories) {
			t.Errorf("%s is not in %s", categories, body)
		}
	}
	if diff := cmp.Diff([]string{"xpander.null-clears"}, calls[0].Guesses); diff != "" {
		t.Error(diff)
	}
}

// Each of the two bodies has members that the other does not have.
func TestMembersOfOneBodyAlone(t *testing.T) {
	c := newCaller(t, mockserver.Config{Strictness: mockserver.Report})
	made := c.create(`{"name":"a","created_by":"me","status":"DRAFT"}`)
	c.Do("PATCH", "/v1/agents/"+made.ID, `{"status":"ACTIVE","should_reset_graph":false,"agent_id":"x","output_schema":{"free":1},"created_by":"me"}`, http.StatusOK)
	for i, unknown := range []string{"/status: unknown member", "/created_by: unknown member"} {
		problems := c.Server.Calls(journal.Match{})[i].Problems
		if len(problems) != 1 || !strings.HasPrefix(problems[0], unknown) {
			t.Errorf("problems %q, want %s", problems, unknown)
		}
	}
}
