package phoneagents

import (
	"testing"

	"github.com/agentclients/agentclients-go/internal/testkit"
)

func FuzzDecodeAgent(f *testing.F) {
	testkit.FuzzAgent(f, decodeAgent, readFile(f, "create_response.json"),
		[]byte(`{"success":true,"data":{"agent_id":"a"}}`), []byte(`{"agent_id":1,"data":[]}`))
}

func FuzzDecodeList(f *testing.F) {
	testkit.FuzzList(f, decodeAgentList, `{"agents":[{"agent_id":"a"}]}`, `{"data":[{}],"agents":null}`, `[1,{"agent_id":2}]`)
}

func FuzzReadError(f *testing.F) {
	testkit.FuzzError(f, readError, string(readFile(f, "error_400.json")), string(readFile(f, "error_401.json")), string(readFile(f, "error_409.json")))
}
