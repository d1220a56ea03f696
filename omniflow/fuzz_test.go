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

func FuzzDecodeMessageFlow(f *testing.F) {
	testkit.FuzzAgent(f, decodeMessageFlow, []byte(flowSample), []byte(`{"_id":"f","settings":{"responseSettings":{"x":1}}}`))
}

func FuzzDecodeConversation(f *testing.F) {
	testkit.FuzzAgent(f, decodeConversation, []byte(conversationSample), []byte(`{"_id":"c","messages":[7]}`))
}

func FuzzDecodePhoneNumbers(f *testing.F) {
	testkit.FuzzList(f, decodePhoneNumberList, "["+numberSample+"]", numberSample, `[1,{"_id":2,"agentId":{}}]`)
}

func FuzzDecodeDecided(f *testing.F) {
	testkit.FuzzList(f, func(body []byte) (*DecidedMessage, error) {
		return decision{Action: actionApprove}.decode(body, "c1", "m1")
	}, decidedSample, `{"message":{"_id":"m1"}}`)
}

func FuzzReadError(f *testing.F) {
	testkit.FuzzError(f, readError, string(readFile(f, "error_429.json")), `{"error":"Agent not found"}`)
}
