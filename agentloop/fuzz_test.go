package agentloop

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/wire"
)

func FuzzDecodeAgent(f *testing.F) {
	f.Add(readFile(f, "create_response.json"))
	f.Add(readFile(f, "agent_with_usage.json"))
	f.Add([]byte(`{"id":"a","capabilities":[{"ref":"<&>","config":null}],"created_at":1}`))
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
	f.Add([]byte(`{"data":[{"id":"a"}],"total":1,"offset":0,"limit":20}`))
	f.Add([]byte(`{"data":[1,{}],"total":"x"}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if list, err := decodeAgentList(body); (list == nil) == (err == nil) {
			t.Fatalf("list %v and error %v", list, err)
		}
	})
}

func FuzzReadError(f *testing.F) {
	for _, name := range []string{"error_400.json", "error_500.json"} {
		f.Add(readFile(f, name))
	}
	f.Add([]byte(`{"title":"Too many requests","status":429,"retry_after_seconds":60}`))
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
