package omniflow_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/internal/roomtest"
)

const flows = "/v1/api/message-flows"

// flow is a message flow as responses have it.
type flow struct {
	ID                string          `json:"_id"`
	WorkspaceID       string          `json:"workspaceId"`
	Name              string          `json:"name"`
	Description       string          `json:"description"`
	Direction         string          `json:"direction"`
	Agent             string          `json:"agent"`
	InitiationMessage string          `json:"initiationMessage"`
	Prompt            string          `json:"prompt"`
	MessageChannel    string          `json:"messageChannel"`
	IsActive          bool            `json:"isActive"`
	Autopilot         bool            `json:"autopilot"`
	Settings          json.RawMessage `json:"settings"`
	CreatedAt         string          `json:"createdAt"`
	UpdatedAt         string          `json:"updatedAt"`
	Version           int             `json:"__v"`
}

// makeAgent creates an agent and returns its id.
func makeAgent(c roomtest.Caller) string {
	c.T.Helper()
	var made agent
	c.Read("POST", path, `{"name":"Ann"}`, 200, &made)
	return made.ID
}

// makeFlow creates an active flow of an agent, with more members.
func makeFlow(c roomtest.Caller, agentID, more string) flow {
	c.T.Helper()
	var made flow
	c.Read("POST", flows, flowBody(agentID, `"isActive":true`+more), 201, &made)
	return made
}

// flowBody is what a create of a flow needs, and more members.
func flowBody(agentID, more string) string {
	if more != "" {
		more = "," + more
	}
	return fmt.Sprintf(`{"name":"Bakery","direction":"bidirectional","agent":%q,"initiationMessage":"Good day from the bakery","prompt":"Sell bread","messageChannel":"SMS"%s}`, agentID, more)
}

// message says what an error says.
func message(t *testing.T, body []byte) string {
	t.Helper()
	var got struct {
		Error struct{ Code, Message string } `json:"error"`
	}
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return got.Error.Code + ": " + got.Error.Message
}

func TestLifeOfMessageFlow(t *testing.T) {
	now := time.Date(2025, 1, 19, 3, 18, 22, 0, time.UTC)
	c := newCaller(t, mockserver.Config{Now: func() time.Time { return now }})
	if got := c.Do("GET", flows, "", 200).Body.String(); got != "[]" {
		t.Errorf("empty list: %s", got)
	}
	agentID := makeAgent(c)
	var made flow
	c.Read("POST", flows, flowBody(agentID, ""), 201, &made)
	want := flow{ID: made.ID, WorkspaceID: "01a0sda156scx5f8", Name: "Bakery", Direction: "bidirectional", Agent: agentID,
		InitiationMessage: "Good day from the bakery", Prompt: "Sell bread", MessageChannel: "SMS",
		CreatedAt: now.Format(timeLayout), UpdatedAt: now.Format(timeLayout)}
	if diff := cmp.Diff(want, made); diff != "" || len(made.ID) != 24 {
		t.Errorf("created (-want +got):\n%s", diff)
	}

	second := makeFlow(c, agentID, `,"autopilot":true,"description":"x"`)
	var list []flow
	c.Read("GET", flows, "", 200, &list)
	if diff := cmp.Diff([]flow{second, made}, list); diff != "" {
		t.Errorf("the newest first (-want +got):\n%s", diff)
	}

	now = now.Add(time.Second)
	var changed, got flow
	c.Read("PUT", flows+"/"+made.ID, `{"description":"Rolls","settings":{"responseSettings":{"delay":5}}}`, 200, &changed)
	want.Description, want.Settings, want.UpdatedAt = "Rolls", json.RawMessage(`{"responseSettings":{"delay":5}}`), now.Format(timeLayout)
	if diff := cmp.Diff(want, changed, roomtest.AsText); diff != "" {
		t.Errorf("updated (-want +got):\n%s", diff)
	}
	c.Read("PUT", flows+"/"+made.ID, `{"toggleAutopilot":false}`, 200, &changed)
	if changed.Autopilot {
		t.Error("toggleAutopilot false toggled")
	}
	c.Read("PUT", flows+"/"+made.ID, `{"toggleAutopilot":true}`, 200, &changed)
	if !changed.Autopilot {
		t.Error("toggleAutopilot did not toggle")
	}
	c.Read("PUT", flows+"/"+made.ID+"/toggle-autopilot", ``, 200, &changed)
	c.Read("GET", flows+"/"+made.ID, "", 200, &got)
	if changed.Autopilot || got.Autopilot {
		t.Error("toggle-autopilot did not toggle")
	}

	if body := c.Do("DELETE", flows+"/"+made.ID, "", 204).Body; body.Len() != 0 {
		t.Errorf("the response to a delete has a body: %s", body)
	}
	for _, method := range []string{"DELETE", "GET"} {
		if got := message(t, c.Do(method, flows+"/"+made.ID, "", 404).Body.Bytes()); got != "not_found: Message flow not found" {
			t.Errorf("%s: %s", method, got)
		}
	}
}

// Working hours are read where either page has them, and shown where
// responses do.
func TestWorkingHours(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	agentID := makeAgent(c)
	for given, want := range map[string]string{
		`{"responseSettings":{"delay":3,"enabled":true,"start":"09:00"},"x":1}`:                 `{"responseSettings":{"delay":3,"workingHours":{"enabled":true,"start":"09:00"}},"x":1}`,
		`{"responseSettings":{"workingHours":{"enabled":true,"end":"17:00"}}}`:                  `{"responseSettings":{"workingHours":{"enabled":true,"end":"17:00"}}}`,
		`{"responseSettings":{"start":"08:00","workingHours":{"start":"09:00","end":"17:00"}}}`: `{"responseSettings":{"workingHours":{"end":"17:00","start":"09:00"}}}`,
		`{"security":{"hipaaCompliance":true},"knowledgeBases":[]}`:                             `{"security":{"hipaaCompliance":true},"knowledgeBases":[]}`,
	} {
		made := makeFlow(c, agentID, `,"settings":`+given)
		if string(made.Settings) != want {
			t.Errorf("%s became %s, want %s", given, made.Settings, want)
		}
	}
}

func TestOrderOfChecksOfMessageFlows(t *testing.T) {
	c := newCaller(t, mockserver.Config{APIKeys: []string{"tk_good"}})
	c = c.With("x-api-key", "tk_good")
	agentID := makeAgent(c)
	made := makeFlow(c, agentID, "")
	foreign := makeAgent(c.With("x-workspace-id", "other"))
	for _, step := range []struct {
		key, workspace, method, path, body string
		status                             int
		says                               string
	}{
		{"bad", "", "POST", flows, `{`, 401, "unauthorized: Invalid API key"},
		{"tk_good", "", "POST", flows, `{`, 400, "validation_error: x-workspace-id header is required"},
		{"tk_good", "another", "POST", flows + "/a/b", `{`, 404, "not_found: Route not found"},
		{"tk_good", "another", "POST", flows, `{`, 400, "validation_error: request body is not valid JSON"},
		{"tk_good", "another", "POST", flows, `{"direction":7}`, 400, "validation_error: name is required"},
		{"tk_good", "another", "POST", flows, `{"name":"a","direction":"up"}`, 400, "validation_error: agent is required"},
		{"tk_good", "another", "POST", flows, `{"name":"a"}`, 400, "validation_error: direction is required"},
		{"tk_good", "another", "POST", flows, strings.Replace(flowBody("a", ""), "bidirectional", "up", 1), 400, "validation_error: direction must be one of inbound, outbound, bidirectional"},
		{"tk_good", "another", "POST", flows, strings.Replace(flowBody("a", ""), "SMS", "Fax", 1), 400, "validation_error: messageChannel must be one of SMS, Email"},
		{"tk_good", "another", "POST", flows, flowBody("a", `"isActive":1`), 400, "validation_error: isActive must be a boolean"},
		{"tk_good", "another", "POST", flows, flowBody("a", `"settings":{"responseSettings":{"delay":-1}}`), 400, "validation_error: settings.responseSettings.delay must not be negative"},
		{"tk_good", "another", "POST", flows, flowBody("a", `"settings":{"responseSettings":{"workingHours":{"start":9}}}`), 400, "validation_error: settings.responseSettings.workingHours.start must be a string"},
		{"tk_good", "another", "POST", flows, flowBody(foreign, ""), 404, "not_found: Agent not found"},
		{"tk_good", "another", "GET", flows + "/" + made.ID, "", 404, "not_found: Message flow not found"},
		{"tk_good", "another", "PUT", flows + "/" + made.ID, `{"name":""}`, 400, "validation_error: name must not be empty"},
		{"tk_good", "another", "PUT", flows + "/" + made.ID, `{}`, 404, "not_found: Message flow not found"},
		{"tk_good", "another", "PUT", flows + "/" + made.ID + "/toggle-autopilot", ``, 404, "not_found: Message flow not found"},
		{"tk_good", "another", "DELETE", flows + "/" + made.ID, "", 404, "not_found: Message flow not found"},
		{"tk_good", "01a0sda156scx5f8", "PUT", flows + "/" + made.ID, fmt.Sprintf(`{"agent":%q}`, foreign), 404, "not_found: Agent not found"},
	} {
		recorder := c.With("x-api-key", step.key).With("x-workspace-id", step.workspace).Do(step.method, step.path, step.body, step.status)
		if got := message(t, recorder.Body.Bytes()); got != step.says {
			t.Errorf("%s %s %s: %s, want %s", step.method, step.path, step.body, got, step.says)
		}
	}
	var list []flow
	c.Read("GET", flows, "", 200, &list)
	if diff := cmp.Diff([]flow{made}, list); diff != "" {
		t.Errorf("refused requests changed something (-want +got):\n%s", diff)
	}
}

// Lists and reads of agents show the channel of the flow that an agent has;
// no other response does.
func TestMessageChannelOfAgents(t *testing.T) {
	c := newCaller(t, mockserver.Config{})
	agentID := makeAgent(c)
	has := func(method, at, body string) bool {
		return strings.Contains(c.Do(method, at, body, 200).Body.String(), `"messageChannel":"SMS"`)
	}
	if has("GET", path, "") || has("GET", path+"/"+agentID, "") {
		t.Error("without a flow there is a channel")
	}
	makeFlow(c, agentID, "")
	if !has("GET", path, "") || !has("GET", path+"/"+agentID, "") {
		t.Error("with a flow there is no channel")
	}
	if has("PUT", path+"/"+agentID, `{"name":"b"}`) {
		t.Error("the response to an update has a channel")
	}
}

// Phone numbers come from a seed, and belong to workspaces.
func TestPhoneNumbers(t *testing.T) {
	const numbers = "/v1/api/twilio/user-phone-numbers"
	c := newCaller(t, mockserver.Config{})
	if got := c.Do("GET", numbers, "", 200).Body.String(); got != "[]" {
		t.Errorf("empty list: %s", got)
	}
	c = newCaller(t, mockserver.Config{Seed: json.RawMessage(`{"version":1,"apis":{"omniflow":{"phone_numbers":[
		{"id":"n1","record":{"phoneNumber":"+12025550100","omniFlowAgentId":"a1","agentId":{"_id":"c1"},"monthlyPrice":1.15}},
		{"id":"n2","record":{"phoneNumber":"+12025550101","workspaceId":"other"}}]}}}`)})
	var got []map[string]any
	c.Read("GET", numbers, "", 200, &got)
	if len(got) != 1 {
		t.Fatalf("%v", got)
	}
	for name, want := range map[string]any{"_id": "n1", "phoneNumber": "+12025550100", "omniFlowAgentId": "a1", "agentId": map[string]any{"_id": "c1"},
		"monthlyPrice": 1.15, "workspaceId": "01a0sda156scx5f8", "status": "active", "type": "local", "messagePathwayId": nil} {
		if diff := cmp.Diff(want, got[0][name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	c.Restored(mockserver.Config{})
}
