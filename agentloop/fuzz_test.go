package agentloop

import (
	"testing"

	"github.com/agentclients/agentclients-go/internal/testkit"
)

func FuzzDecodeAgent(f *testing.F) {
	testkit.FuzzAgent(f, decodeAgent, readFile(f, "create_response.json"), readFile(f, "agent_with_usage.json"),
		[]byte(`{"id":"a","capabilities":[{"ref":"<&>","config":null}],"created_at":1}`))
}

func FuzzDecodeList(f *testing.F) {
	testkit.FuzzList(f, decodeAgentList, `{"data":[{"id":"a"}],"total":1,"offset":0,"limit":20}`, `{"data":[1,{}],"total":"x"}`)
}

func FuzzReadError(f *testing.F) {
	testkit.FuzzError(f, readError, string(readFile(f, "error_400.json")), string(readFile(f, "error_500.json")),
		`{"title":"Too many requests","status":429,"retry_after_seconds":60}`)
}
