package orq

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

// FuzzDecodeAgent: an answer is an agent with an id, or an error that has the
// answer. What was read can be written, and read again as the same.
func FuzzDecodeAgent(f *testing.F) {
	f.Add(readFile(f, "create_response.json"))
	f.Add(readFile(f, "create_request.json"))
	for _, seed := range []string{
		"", "null", "{}", "[]", `"x"`, `{"_id":`, `{"_id":"1","model":"m","settings":7}`,
		`{"_id":"1","model":{"id":"m","parameters":{"stop":[1],"tool_choice":{},"response_format":"x","seed":1.5},"fallback_models":["a",{"id":"b"},3,null]}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		client, recorder := newRecordedClient(t)
		recorder.Answer(http.StatusCreated, string(body))
		agent, err := client.CreateAgent(t.Context(), sampleRequest())
		var e *agentclients.Error
		if errors.As(err, &e) {
			if agent != nil || string(e.Body) != string(body) {
				t.Fatalf("agent %v, body %q", agent, e.Body)
			}
			return
		}
		if err != nil || agent == nil || agent.ID == "" {
			t.Fatalf("got %v, %v", agent, err)
		}
		encoded, err := json.Marshal(agent)
		if err != nil {
			t.Fatal(err)
		}
		again, err := decodeAgent(encoded)
		if err != nil {
			t.Fatal(err)
		}
		reencoded, err := json.Marshal(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(encoded), string(reencoded)); diff != "" {
			t.Errorf("not stable (-first +second):\n%s", diff)
		}
	})
}

// FuzzReadError: an error always has the answer, and prints in one line.
func FuzzReadError(f *testing.F) {
	f.Add(409, []byte(`{"message":"Agent with this key already exists in the workspace"}`))
	f.Add(401, []byte(`{"code":"authentication_required","message":"no","request_id":"r","doc_url":"u","details":{}}`))
	f.Add(403, []byte(`{"code":7,"message":"project out of scope","details":[]}`))
	f.Add(400, []byte(`{"message":"no","details":{"issues":[{"path":["settings","tools",0,"type"],"message":"bad"}]}}`))
	f.Add(404, []byte(`{"id":"x","code":404,"error":"gone","source":"system"}`))
	f.Add(422, []byte("<html>no</html>"))
	f.Add(404, []byte(nil))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 400 || status > 499 || status == http.StatusRequestTimeout || status == http.StatusTooEarly || status == http.StatusTooManyRequests {
			t.Skip("these are sent again")
		}
		recorder := testkit.NewRecorder(t).Answer(status, string(body))
		client := newTestClient(t, agentclients.Options{HTTPClient: recorder.Client()})
		_, err := client.GetAgent(t.Context(), "k")
		var e *agentclients.Error
		if !errors.As(err, &e) || e.StatusCode != status || string(e.Body) != string(body) {
			t.Fatalf("the answer is lost: %v", err)
		}
		for _, r := range err.Error() {
			if r == '\n' || r == '\r' {
				t.Fatalf("more than one line: %q", err)
			}
		}
	})
}
