package phoneagents

import (
	"encoding/json"
	"testing"

	agentclients "github.com/agentclients/agentclients-go"
)

func FuzzDecodeAgent(f *testing.F) {
	f.Add(readFile(f, "create_response.json"))
	f.Add([]byte(`{"success":true,"data":{"agent_id":"a"}}`))
	f.Add([]byte(`{"agent_id":1,"data":[]}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, body []byte) {
		agent, err := decodeAgent(body)
		if (agent == nil) == (err == nil) {
			t.Fatalf("agent %v and error %v", agent, err)
		}
		if err != nil {
			return
		}
		if agent.ID == "" {
			t.Fatal("an agent without an id")
		}
		again, err := json.Marshal(agent)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := decodeAgent(again); err != nil || *second != *agent {
			t.Fatalf("%+v came back as %+v, %v", agent, second, err)
		}
	})
}

func FuzzDecodeList(f *testing.F) {
	f.Add([]byte(`{"agents":[{"agent_id":"a"}]}`))
	f.Add([]byte(`{"data":[{}],"agents":null}`))
	f.Add([]byte(`[1,{"agent_id":2}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if agents, err := decodeList[Agent](body, "agents"); err != nil && agents != nil {
			t.Fatalf("both %v and %v", agents, err)
		}
	})
}

func FuzzReadError(f *testing.F) {
	for _, name := range []string{"error_400.json", "error_401.json", "error_409.json"} {
		f.Add(readFile(f, name))
	}
	f.Add([]byte(`<html><body>Bad gateway</body></html>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e := &agentclients.Error{Provider: provider, Op: "create agent", StatusCode: 400, Body: body}
		readError(e)
		if string(e.Body) != string(body) {
			t.Fatal("the body changed")
		}
		for _, c := range e.Error() {
			if c == '\n' || c == '\r' {
				t.Fatalf("more than one line: %q", e.Error())
			}
		}
	})
}
