package xpander

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
)

func FuzzDecodeAgent(f *testing.F) {
	f.Add(readFile(f, "create_response.json"))
	f.Add(readFile(f, "create_response_full.json"))
	f.Add([]byte(everyMember))
	f.Add([]byte(`{"id":"a","instructions":{"role":"r","goal":[1]},"tools":[1,{"id":2}],"connectivity_details":[]}`))
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
		first, err := json.Marshal(agent)
		if err != nil {
			t.Fatal(err)
		}
		agent, err = decodeAgent(first)
		if err != nil {
			t.Fatalf("%s does not come back: %v", first, err)
		}
		second, err := json.Marshal(agent)
		if diff := cmp.Diff(string(first), string(second)); diff != "" || err != nil {
			t.Fatalf("encodes differently the second time: %s, %v", diff, err)
		}
	})
}

func FuzzDecodeList(f *testing.F) {
	f.Add([]byte(`{"items":[{"id":"a"}],"total":1,"page":1,"per_page":20,"total_pages":1}`))
	f.Add([]byte(`{"items":[null,1],"total":"x"}`))
	f.Add([]byte(`[1,{"id":2}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if list, err := decodeAgentList(body); (list == nil) == (err == nil) {
			t.Fatalf("list %v and error %v", list, err)
		}
	})
}

func FuzzReadError(f *testing.F) {
	for _, test := range errorBodies {
		f.Add([]byte(test.body))
	}
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

func FuzzPythonToJSON(f *testing.F) {
	f.Add(`{'detail': "it's", 'n': [1, -2.5e3], 'x': None, 'ok': True}`)
	f.Add(`['\x41\u00e9\\']`)
	f.Fuzz(func(t *testing.T, text string) {
		if value, ok := pythonToJSON(text); ok && (!json.Valid(value) || value[0] != '{' && value[0] != '[') {
			t.Fatalf("%q became %q", text, value)
		}
	})
}
