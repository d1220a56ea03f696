package orq

import (
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
