package orq

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// choice reads a T and writes it again.
func checkChoice[T any](t *testing.T, text string, want T, written string) {
	t.Helper()
	var got T
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", text, diff)
	}
	encoded, err := json.Marshal(got)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if string(encoded) != written {
		t.Errorf("%s is written as %s, not %s", text, encoded, written)
	}
}

// TestChoices: every documented form is read into its fields, and anything
// else is kept and written as it came.
func TestChoices(t *testing.T) {
	same := func(text string) (string, string) { return text, text }
	raw := func(text string) json.RawMessage { return json.RawMessage(text) }

	text, written := same(`"openai/gpt-4o"`)
	checkChoice(t, text, Model{ID: "openai/gpt-4o"}, written)
	text, written = same(`{"id":"m","parameters":{}}`)
	checkChoice(t, text, Model{ID: "m", Parameters: &ModelParameters{}}, written)
	text, written = same(`{"id":"m","retry":{"count":3,"on_codes":[429]}}`)
	checkChoice(t, text, Model{ID: "m", Retry: &ModelRetry{Count: new(3), OnCodes: []int{429}}}, written)
	checkChoice(t, `{"id":"m"}`, Model{ID: "m"}, `"m"`)
	checkChoice(t, `null`, Model{}, `""`)
	for _, odd := range []string{`7`, `""`, `["m"]`, `{"id":7}`, `{"name":"m","x":[1.50]}`} {
		checkChoice(t, odd, Model{Raw: raw(odd)}, odd)
	}

	text, written = same(`"a"`)
	checkChoice(t, text, Stop{Sequences: []string{"a"}}, written)
	checkChoice(t, `["a"]`, Stop{Sequences: []string{"a"}}, `"a"`)
	text, written = same(`["a","b"]`)
	checkChoice(t, text, Stop{Sequences: []string{"a", "b"}}, written)
	text, written = same(`[]`)
	checkChoice(t, text, Stop{Sequences: []string{}}, written)
	checkChoice(t, `null`, Stop{}, `null`)
	for _, odd := range []string{`7`, `{"a":1}`, `["a",7]`} {
		checkChoice(t, odd, Stop{Raw: raw(odd)}, odd)
	}

	text, written = same(`"auto"`)
	checkChoice(t, text, ToolChoice{Mode: ToolChoiceAuto}, written)
	text, written = same(`"validated"`)
	checkChoice(t, text, ToolChoice{Mode: "validated"}, written)
	text, written = same(`{"type":"function","function":{"name":"f"}}`)
	checkChoice(t, text, ToolChoice{Function: "f"}, written)
	checkChoice(t, `{"function":{"name":"f"}}`, ToolChoice{Function: "f"}, text)
	for _, odd := range []string{`7`, `""`, `[]`, `{"type":"custom","custom":{"name":"c"}}`, `{"type":"function","function":{}}`} {
		checkChoice(t, odd, ToolChoice{Raw: raw(odd)}, odd)
	}

	text, written = same(`{"type":"json_object"}`)
	checkChoice(t, text, ResponseFormat{Type: ResponseFormatJSONObject}, written)
	text, written = same(`{"type":"json_schema","json_schema":{"description":"d","name":"n","schema":{"type":"object"},"strict":false}}`)
	checkChoice(t, text, ResponseFormat{Type: ResponseFormatJSONSchema, JSONSchema: &JSONSchema{
		Description: "d", Name: "n", Schema: map[string]any{"type": "object"}, Strict: new(false),
	}}, written)
	checkChoice(t, `null`, ResponseFormat{}, `{"type":""}`)
	for _, odd := range []string{`7`, `"text"`, `{}`} {
		checkChoice(t, odd, ResponseFormat{Raw: raw(odd)}, odd)
	}
	text, written = same(`{"type":"grammar","grammar":"x"}`)
	checkChoice(t, text, ResponseFormat{Type: "grammar", Raw: raw(text)}, written)
}

// TestToolGoesBackIntoARequest: what the server says about a tool is enough to
// name it in an update.
func TestToolGoesBackIntoARequest(t *testing.T) {
	for _, test := range []struct {
		tool AgentTool
		want string
	}{
		{AgentTool{ID: "01J", ActionType: ToolGoogleSearch}, `{"type":"google_search","requires_approval":false}`},
		{AgentTool{ID: "01J", ActionType: ToolHTTP, Key: "orders", RequiresApproval: true}, `{"type":"http","key":"orders","requires_approval":true}`},
		{AgentTool{ID: "01J", ActionType: ToolMCP}, `{"type":"mcp","id":"01J","requires_approval":false}`},
	} {
		got, err := json.Marshal(test.tool.Tool())
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != test.want {
			t.Errorf("%+v becomes %s, not %s", test.tool, got, test.want)
		}
	}
}
