package orq

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	agentclients "github.com/agentclients/agentclients-go"
)

// smallAgent is the agent that smallRequest asks for.
const smallAgent = `{"_id":"1","key":"support.agent","role":"Assistant","description":"Answers","instructions":"","path":"Default","model":{"id":"openai/gpt-4o"},"settings":{"max_iterations":15},"updated":"1"}`

// otherAgent has another role.
const otherAgent = `{"_id":"1","key":"support.agent","role":"Other","description":"Answers","instructions":"","path":"Default","model":{"id":"openai/gpt-4o"}}`

// foreignModel has a model by an id of the server's own making.
const foreignModel = `{"_id":"1","key":"support.agent","role":"Assistant","description":"Answers","instructions":"","path":"Default","model":{"id":"01JRQ5Z8Y9S6M3C5Q4V2X7W1T0"},"updated":"1"}`

func TestEnsureAgent(t *testing.T) {
	type response struct {
		status int
		body   string
	}
	none, taken := response{404, `{"message":"not found"}`}, response{409, `{"message":"taken"}`}
	for _, test := range []struct {
		name      string
		responses []response
		change    agentclients.Change
		err       error
		methods   []string
	}{
		{"there is none", []response{none, {201, smallAgent}}, agentclients.Created, nil, []string{"GET", "POST"}},
		{"it is what was asked for", []response{{200, smallAgent}}, agentclients.Unchanged, nil, []string{"GET"}},
		{"it lacks something", []response{{200, otherAgent}, {200, smallAgent}}, agentclients.Updated, nil, []string{"GET", "PATCH"}},
		{"the server keeps its own way", []response{{200, otherAgent}, {200, otherAgent}}, agentclients.Unchanged, nil, []string{"GET", "PATCH"}},
		{"the server names the model in its own way", []response{{200, foreignModel}}, agentclients.Unchanged, nil, []string{"GET"}},
		{"somebody else creates it", []response{none, taken, {200, smallAgent}}, agentclients.Unchanged, nil, []string{"GET", "POST", "GET"}},
		{"somebody else creates another", []response{none, taken, {200, otherAgent}, {200, smallAgent}}, agentclients.Updated, nil, []string{"GET", "POST", "GET", "PATCH"}},
		{"it is deleted meanwhile", []response{{200, otherAgent}, none, none, {201, smallAgent}}, agentclients.Created, nil, []string{"GET", "PATCH", "GET", "POST"}},
		{"taken, and never found", []response{none, taken, none, taken, none, taken}, "", agentclients.ErrConflict, []string{"GET", "POST", "GET", "POST", "GET", "POST"}},
		{"it must not be read", []response{{401, ""}}, "", agentclients.ErrUnauthorized, []string{"GET"}},
		{"it must not be changed", []response{{200, otherAgent}, {400, ""}}, "", agentclients.ErrBadRequest, []string{"GET", "PATCH"}},
		// The response to the create is lost before it arrives, and there is
		// an agent by then.
		{"the create is lost, and another is there", []response{none, {502, ""}, taken, {200, otherAgent}, {200, otherAgent}, {200, smallAgent}},
			agentclients.Updated, nil, []string{"GET", "POST", "POST", "GET", "GET", "PATCH"}},
		{"the create is lost, and it is there", []response{none, {502, ""}, taken, {200, smallAgent}}, agentclients.Created, nil, []string{"GET", "POST", "POST", "GET"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, recorder := suite.Record(t)
				for _, r := range test.responses {
					recorder.Answer(r.status, r.body)
				}
				var response agentclients.Response
				agent, change, err := client.EnsureAgent(t.Context(), smallRequest(), agentclients.CaptureResponse(&response))
				var methods []string
				for _, request := range recorder.Requests {
					methods = append(methods, request.Method)
				}
				if change != test.change || !errors.Is(err, test.err) || (agent == nil) != (err != nil) || !slices.Equal(methods, test.methods) {
					t.Errorf("got %v, %q, %v after %v", agent, change, err, methods)
				}
				if response.Attempts != len(methods) {
					t.Errorf("captured %d attempts, not %d", response.Attempts, len(methods))
				}
			})
		})
	}
}

// A server that names models by ids of its own is written to once.
func TestEnsureAgentTwiceWithAModelOfTheServersOwn(t *testing.T) {
	client, recorder := suite.Record(t)
	foreign := strings.Replace(smallAgent, "openai/gpt-4o", "01JRQ5Z8Y9S6M3C5Q4V2X7W1T0", 1)
	recorder.Answer(404, "").Answer(201, foreign).Answer(200, foreign)
	for _, want := range []agentclients.Change{agentclients.Created, agentclients.Unchanged} {
		if _, change, err := client.EnsureAgent(t.Context(), smallRequest()); change != want || err != nil {
			t.Errorf("got %q, %v", change, err)
		}
	}
	if last := recorder.Last(t); last.Method != "GET" || len(recorder.Requests) != 3 {
		t.Errorf("%d requests, at last %+v", len(recorder.Requests), last)
	}
}

// Only an update tells whether the agent has the variables of the request, and
// what the server names by ids of its own.
func TestEnsureAgentWhereOnlyAnUpdateTells(t *testing.T) {
	const foreignStore = `"memory_stores":["01JRQ5Z8Y9S6M3C5Q4V2X7W1T0"],"updated"`
	same := strings.Replace(smallAgent, `"updated"`, foreignStore, 1)
	request := smallRequest()
	request.MemoryStores = []string{"customers"}
	variables := smallRequest()
	variables.Variables = map[string]any{"v": 1}
	for _, test := range []struct {
		request       CreateAgentRequest
		before, after string
		want          agentclients.Change
	}{
		{request, same, same, agentclients.Unchanged},
		{request, same, strings.Replace(same, "01JRQ5Z8Y9S6M3C5Q4V2X7W1T0", "01JRQ5Z8Y9S6M3C5Q4V2X7W1T1", 1), agentclients.Updated},
		{variables, smallAgent, smallAgent, agentclients.Unchanged},
	} {
		client, recorder := suite.Record(t)
		recorder.Answer(200, test.before).Answer(200, test.after)
		_, change, err := client.EnsureAgent(t.Context(), test.request)
		if last := recorder.Last(t); change != test.want || err != nil || last.Method != "PATCH" || len(recorder.Requests) != 2 {
			t.Errorf("got %q, %v after %d requests, at last %s", change, err, len(recorder.Requests), last.Method)
		}
	}
}

func TestEnsureAgentSendsWhatTheRequestSets(t *testing.T) {
	client, recorder := suite.Record(t)
	recorder.Answer(200, otherAgent).Answer(200, smallAgent)
	request := smallRequest()
	request.ExtraFields = map[string]any{"new": 1}
	if _, _, err := client.EnsureAgent(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	last := recorder.Last(t)
	const want = `{"role":"Assistant","description":"Answers","instructions":"","model":"openai/gpt-4o","path":"Default","new":1}`
	if last.Method != "PATCH" || last.URL != testBaseURL+"/v2/agents/support.agent" || last.Body != want {
		t.Errorf("sent %+v", last)
	}
}
