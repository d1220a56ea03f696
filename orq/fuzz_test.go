package orq

import (
	"fmt"
	"strings"
	"testing"

	"github.com/agentclients/agentclients-go/internal/testkit"
)

func FuzzDecodeAgent(f *testing.F) {
	testkit.FuzzAgent(f, decodeAgent, readFile(f, "create_response.json"), readFile(f, "create_request.json"),
		[]byte(`{"_id":"1","model":"m","settings":7}`),
		[]byte(`{"_id":"1","model":{"id":"m","parameters":{"stop":[1],"tool_choice":{},"response_format":"x","seed":1.5},"fallback_models":["a",{"id":"b"},3,null]}}`))
}

func FuzzDecodeList(f *testing.F) {
	testkit.FuzzList(f, decodeAgentList, `{"object":"list","data":[{"_id":"a"}],"has_more":false}`, `{"data":[null,1],"has_more":"x"}`)
}

func FuzzReadError(f *testing.F) {
	testkit.FuzzError(f, readError,
		`{"message":"Agent with this key already exists in the workspace"}`,
		`{"code":"authentication_required","message":"no","request_id":"r","doc_url":"u","details":{}}`,
		`{"code":7,"message":"project out of scope","details":[]}`,
		`{"message":"no","details":{"issues":[{"path":["settings","tools",0,"type"],"message":"bad"}]}}`,
		`{"id":"x","code":404,"error":"gone","source":"system"}`)
}

func FuzzDecodeResponse(f *testing.F) {
	testkit.FuzzAgent(f, decodeResponse, []byte(everyResponse), []byte(`{"id":"r","status":7,"output":[null,1,{"type":"message","content":[{}]}]}`))
}

func FuzzDecodeAgentResponse(f *testing.F) {
	testkit.FuzzAgent(f, decodeAgentResponse, []byte(agentResponseObject("t1")), []byte(`{"task_id":"t","output":[{"parts":[{"kind":"x"},7,null]}],"usage":[]}`))
}

func FuzzDecodeTask(f *testing.F) {
	testkit.FuzzAgent(f, decodeTask, []byte(everyTask), []byte(`{"id":"t","status":"working","history":{}}`))
}

func FuzzDecodeAction(f *testing.F) {
	testkit.FuzzAgent(f, decodeAction, []byte(everyAction))
}

func FuzzEvents(f *testing.F) {
	for _, sample := range []string{
		`{"type":"response.completed","sequence_number":3,"response":{"id":"r","output":[]}}`,
		`{"type":"response.done","timestamp":"x","data":{"finishReason":"stop","pendingToolCalls":[{}]}}`,
		`{"type":"event.agents.thought","data":{"message_difference":{"a":{"role":"agent","parts":[{"kind":"text","text":"x"}]}}}}`,
		`{"type":"error","error":{"message":"x"}}`, `"ping"`, `[]`, ``,
	} {
		f.Add([]byte(sample))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		readsEvent[ResponseEvent](t, body)
		readsEvent[AgentResponseEvent](t, body)
		readsEvent[TaskEvent](t, body)
	})
}

// readsEvent checks that an event that was read can be asked everything.
func readsEvent[E any, P event[E]](t *testing.T, body []byte) {
	read, err := decodeEvent[E, P](body)
	if err != nil {
		return
	}
	complaint(P(read).kind(), body, false)
	if text := fmt.Sprint(read); strings.ContainsAny(text, "\n\r") && !strings.ContainsAny(P(read).kind()+P(read).runID(), "\n\r") {
		t.Errorf("more than one line: %q", text)
	}
}
