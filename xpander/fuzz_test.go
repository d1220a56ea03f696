package xpander

import (
	"encoding/json"
	"testing"

	"github.com/agentclients/agentclients-go/internal/testkit"
)

func FuzzDecodeAgent(f *testing.F) {
	testkit.FuzzAgent(f, decodeAgent, readFile(f, "create_response.json"), readFile(f, "create_response_full.json"), []byte(everyMember),
		[]byte(`{"id":"a","instructions":{"role":"r","goal":[1]},"tools":[1,{"id":2}],"connectivity_details":[]}`))
}

func FuzzDecodeList(f *testing.F) {
	testkit.FuzzList(f, decodeAgentList, `{"items":[{"id":"a"}],"total":1,"page":1,"per_page":20,"total_pages":1}`, `{"items":[null,1],"total":"x"}`)
}

func FuzzReadError(f *testing.F) {
	samples := make([]string, len(errorBodies))
	for i, test := range errorBodies {
		samples[i] = test.body
	}
	testkit.FuzzError(f, readError, samples...)
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
