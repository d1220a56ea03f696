package orq

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unicode"

	agentclients "github.com/agentclients/agentclients-go"
)

// What a run says of its end is one line that is not too long, and has no key
// of a client, whatever words the server finds.
func TestErrorsOfRunsAreCleanLines(t *testing.T) {
	client := newTestClient(t, agentclients.Options{})
	words, err := json.Marshal("a\nb\x1b[2J " + testKey + strings.Repeat(" and more", 1000))
	if err != nil {
		t.Fatal(err)
	}
	response := func(members string) error {
		var r Response
		if err := json.Unmarshal([]byte(`{"id":"r1",`+members+`}`), &r); err != nil {
			t.Fatal(err)
		}
		return r.Err()
	}
	one := func(value interface{ Err() error }, text string) error {
		if err := json.Unmarshal([]byte(text), value); err != nil {
			t.Fatal(err)
		}
		return value.Err()
	}
	for form, err := range map[string]error{
		"status":       response(`"status":` + string(words)),
		"error":        response(`"status":"failed","error":{"code":` + string(words) + `,"message":` + string(words) + `}`),
		"reason":       response(`"status":"incomplete","incomplete_details":{"reason":` + string(words) + `}`),
		"function":     response(`"status":"completed","output":[{"type":"function_call","call_id":"c","name":` + string(words) + `}]`),
		"event":        one(new(ResponseEvent), `{"type":"response.failed","response":{"id":"r1","status":"failed","error":{"message":`+string(words)+`}}}`),
		"task":         one(new(Task), `{"id":"t1","status":{"state":"failed","message":{"role":"agent","parts":[{"kind":"text","text":`+string(words)+`}]}}}`),
		"task state":   one(new(Task), `{"id":"t1","status":{"state":`+string(words)+`}}`),
		"task event":   one(new(TaskEvent), `{"type":"event.agents.errored","data":{"error":`+string(words)+`,"code":500}}`),
		"task end":     one(new(TaskEvent), `{"type":"event.agents.inactive","data":{"finish_reason":`+string(words)+`}}`),
		"task tool":    one(new(TaskEvent), `{"type":"event.agents.inactive","data":{"finish_reason":"tool_calls","pending_tool_calls":[{"id":`+string(words)+`,"function":{"name":`+string(words)+`}}]}}`),
		"older":        one(new(AgentResponse), `{"task_id":"t1","status":"failed","error":`+string(words)+`}`),
		"older status": one(new(AgentResponse), `{"task_id":"t1","status":`+string(words)+`}`),
		"older event":  one(new(AgentResponseEvent), `{"type":"response.done","data":{"finishReason":`+string(words)+`}}`),
		"older error":  one(new(AgentResponseEvent), `{"type":"`+string(AgentResponseEventErrored)+`","data":{"error":`+string(words)+`}}`),
	} {
		e := asError(t, err)
		if e == nil {
			t.Errorf("%s: no error", form)
			continue
		}
		for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err)} {
			if len(text) > 2000 || strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0 {
				t.Errorf("%s: %d bytes: %.200q", form, len(text), text)
			}
		}
		if strings.Contains(err.Error()+e.Code+e.Message+fmt.Sprint(e.Err), testKey) {
			t.Errorf("%s has the key: %.300v", form, err)
		}
	}
	runtime.KeepAlive(client)
}
