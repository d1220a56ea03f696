package agentloop_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver/internal/agentloop"
	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// world accepts everything and makes ids that count up.
type world struct{ ids byte }

func (w *world) Now() time.Time                                            { return time.Date(2026, 2, 7, 10, 0, 0, 0, time.UTC) }
func (w *world) Variant(string) bool                                       { return false }
func (w *world) Accepts(string) bool                                       { return true }
func (w *world) Reply(_ script.Turn, otherwise script.Reply) *script.Reply { return &otherwise }
func (w *world) Entropy(_ string, n int) []byte {
	w.ids++
	return append(make([]byte, n-1), w.ids)
}

func (w *world) Later(_ string, id [16]byte) [16]byte { return id }

// ask sends a request to an operation of the API, past the engine.
func ask(t *testing.T, operation string, r *emulate.Request) emulate.Response {
	t.Helper()
	for _, o := range agentloop.API().Operations {
		if o.Name != operation {
			continue
		}
		r.World, r.Operation = new(world), &o
		r.Header = http.Header{"Content-Type": {"application/json"}}
		response, err := o.Handler(r)
		if err != nil {
			t.Fatalf("%s: %v", operation, err)
		}
		return response
	}
	t.Fatalf("there is no operation %s", operation)
	return emulate.Response{}
}

// TestRefusals: what faults, limits and unknown paths look like.
func TestRefusals(t *testing.T) {
	api := agentloop.API()
	routed := func() *emulate.Request { return &emulate.Request{Operation: &api.Operations[0]} }
	for status, want := range map[int]string{
		400: `{"error":"Input exceeds allowed limits"}`,
		401: `{"error":"Authentication required"}`,
		404: `{"error":"Agent not found"}`,
		413: "Request Entity Too Large",
		422: "Failed to deserialize the JSON body into the target type",
		429: `{"error":"Too many requests. Please try again later."}`,
		500: `{"error":"Internal server error"}`,
		503: `{"error":"Service Unavailable"}`,
	} {
		got := api.Refuse(routed(), status, "")
		if got.Status != status || string(got.Body) != want {
			t.Errorf("%d: %d %s, want %s", status, got.Status, got.Body, want)
		}
	}
	if got := api.Refuse(routed(), 503, "busy"); string(got.Body) != `{"error":"busy"}` {
		t.Errorf("%s", got.Body)
	}
	if got := api.Refuse(new(emulate.Request), 404, ""); got.Status != 404 || got.Body != nil {
		t.Errorf("unknown path: %+v", got)
	}
	got := api.Refuse(&emulate.Request{Allowed: []string{"POST", "GET"}}, 405, "")
	if got.Status != 405 || got.Body != nil || got.Header.Get("Allow") != "POST,GET" {
		t.Errorf("wrong method: %+v", got)
	}
	if got := api.Refuse(new(emulate.Request), 404, "gone"); string(got.Body) != `{"error":"gone"}` {
		t.Errorf("unknown path with a message: %s", got.Body)
	}
}

// TestPretendedRequestsChangeNothing: their responses are those of requests
// that take effect.
func TestPretendedRequestsChangeNothing(t *testing.T) {
	body := []byte(`{"name":"a","system_prompt":"b","description":"d","tags":["t"],"capabilities":[{"ref":"noop","config":{"a":1}}]}`)
	change := []byte(`{"name":"c","description":"e","tags":["u"],"capabilities":[{"ref":"web_fetch"}],"status":"archived"}`)
	for _, test := range []struct {
		operation, id string
		body          []byte
	}{
		{"CreateAgent", "", body},
		{"ImportAgent", "", []byte("---\nname: a\n---\nhello")},
		{"PutAgent", "agent_00000000000000000000000000000000", body},
		{"PutAgent", agentID, []byte(`{"name":"c","system_prompt":"d","tags":["u"],"capabilities":[{"ref":"web_fetch"}]}`)},
		{"UpdateAgent", agentID, change},
		{"ArchiveAgent", agentID, nil},
		{"CreateSession", "", []byte(`{"agent_id":"` + agentID + `","tags":["t"]}`)},
		{"UpdateSession", "", []byte(`{"title":"c"}`)},
		{"SendMessage", "", []byte(withClientID("c", clientID))},
		{"CancelTurn", "", nil},
		{"DeleteSession", "", nil},
	} {
		state := agentloop.API().NewState()
		ask(t, "PutAgent", &emulate.Request{State: state, Params: map[string]string{"agent_id": agentID}, Body: body})
		var session struct{ ID string }
		made := ask(t, "CreateSession", &emulate.Request{State: state, Body: []byte(`{"agent_id":"` + agentID + `"}`)})
		if err := json.Unmarshal(made.Body, &session); err != nil {
			t.Fatal(err)
		}
		ask(t, "SendMessage", &emulate.Request{State: state, Params: map[string]string{"session_id": session.ID}, Body: []byte(textBody("a"))})
		before := string(jsontext.MustMarshal(state))
		request := func(pretends bool) *emulate.Request {
			return &emulate.Request{State: state, Params: map[string]string{"agent_id": test.id, "session_id": session.ID}, Body: test.body, Pretends: pretends}
		}
		pretended := request(true)
		pretendedResponse := ask(t, test.operation, pretended)
		if diff := cmp.Diff(before, string(jsontext.MustMarshal(state))); diff != "" || pretended.Committed() {
			t.Errorf("%s changed the state:\n%s", test.operation, diff)
		}
		real := request(false)
		response := ask(t, test.operation, real)
		if diff := cmp.Diff(pretendedResponse, response); diff != "" {
			t.Errorf("%s (-pretended +real):\n%s", test.operation, diff)
		}
		if before == string(jsontext.MustMarshal(state)) || !real.Committed() {
			t.Errorf("%s changed nothing", test.operation)
		}
	}
}
