package omniflow

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/wire"
)

func FuzzDecodeAgent(f *testing.F) {
	f.Add(readFile(f, "create_response.json"))
	f.Add([]byte(`{"_id":"a","phoneNumberId":{"_id":"p"},"settings":{"x":1}}`))
	f.Add([]byte(`{"agentId":"a","phoneNumberId":"<&>","createdAt":1,"settings":null}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, body []byte) {
		agent, err := decodeAgent(body)
		if (agent == nil) == (err == nil) {
			t.Fatalf("agent %v and error %v", agent, err)
		}
		if err != nil {
			return
		}
		if agent.ID == "" && agent.Name == "" {
			t.Fatal("an agent without id and name")
		}
		second := decodeAgain(t, agent) // what it means is now written in one way
		if diff := cmp.Diff(second, decodeAgain(t, second)); diff != "" {
			t.Fatalf("it came back differently:\n%s", diff)
		}
	})
}

func decodeAgain(t *testing.T, agent *Agent) *Agent {
	body, err := wire.Encode(agent, nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := decodeAgent(body)
	if err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return again
}

func FuzzDecodeList(f *testing.F) {
	f.Add([]byte(`[{"_id":"a"},{"id":"b"},{}]`))
	f.Add([]byte(`[1,{"_id":2}]`))
	f.Add([]byte(`{"data":[]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if agents, err := decodeAgents(body); (agents == nil) == (err == nil) {
			t.Fatalf("agents %v and error %v", agents, err)
		}
	})
}

func FuzzReadError(f *testing.F) {
	f.Add(readFile(f, "error_429.json"))
	f.Add([]byte(`{"error":"Agent not found"}`))
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
