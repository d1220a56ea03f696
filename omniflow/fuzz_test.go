package omniflow

import (
	"testing"

	"github.com/agentclients/agentclients-go/internal/testkit"
)

func FuzzDecodeAgent(f *testing.F) {
	testkit.FuzzAgent(f, decodeAgent, readFile(f, "create_response.json"),
		[]byte(`{"_id":"a","phoneNumberId":{"_id":"p"},"settings":{"x":1}}`),
		[]byte(`{"agentId":"a","phoneNumberId":"<&>","createdAt":1,"settings":null}`))
}

func FuzzDecodeList(f *testing.F) {
	testkit.FuzzList(f, decodeAgentList, `[{"_id":"a"},{"id":"b"},{}]`, `[1,{"_id":2}]`, `{"data":[]}`)
}

func FuzzReadError(f *testing.F) {
	testkit.FuzzError(f, readError, string(readFile(f, "error_429.json")), `{"error":"Agent not found"}`)
}
