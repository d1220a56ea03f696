package orq_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// runs is the body that makes an agent and runs it.
func runs(t *testing.T, changes map[string]string) string {
	t.Helper()
	all := map[string]string{"key": `"calc"`, "message": `{"role":"user","parts":[{"kind":"text","text":"hi"}]}`}
	maps.Copy(all, changes)
	return agentBody(t, all)
}

// version is what tells the versions of an agent apart.
type version struct {
	ID           string `json:"_id"`
	VersionHash  string `json:"version_hash"`
	Version      string
	Instructions string
	DisplayName  string `json:"display_name"`
	Settings     struct {
		Approval string `json:"tool_approval_required"`
		Tools    []struct {
			ID, Key       string
			ActionType    string `json:"action_type"`
			Configuration json.RawMessage
		}
	}
}

func (m *taskMock) version(key string) version {
	m.t.Helper()
	return read[version](m, "GET", "/v2/agents/"+key, "")
}

// A run makes the agent, and uses it again while it is the same.
func TestRunMakesTheAgent(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		task := read[aTask](m, "POST", "/v2/agents/run", runs(t, map[string]string{"description": ""}))
		if task.line() != "submitted" || task.Metadata["orq_agent_key"] != "calc" {
			t.Errorf("%+v", task)
		}
		first := m.version("calc")
		if first.Settings.Approval != "none" || first.DisplayName != "calc" || task.Metadata["orq_agent_id"] != first.ID {
			t.Errorf("%+v", first)
		}
		stream := m.do(200, "POST", "/v2/agents/stream-run", runs(t, map[string]string{"description": ""}))
		if got := kinds(t, stream); got != "agents.execution_started\nevent.agents.started\nevent.agents.thought\nevent.agents.inactive\n[DONE]" {
			t.Error(got)
		}
		if again := m.version("calc"); !cmp.Equal(again, first) {
			t.Errorf("%+v, then %+v", first, again)
		}
	})
}

// Another configuration runs at once, and is a version of the same agent when
// the run is over. Each version can still be run.
func TestRunMakesAVersion(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.do(200, "POST", "/v2/agents/run", runs(t, nil))
		before := m.version("calc")
		m.replies(script.Reply{Hold: true})
		task := read[aTask](m, "POST", "/v2/agents/run", runs(t, map[string]string{"instructions": `"be brief"`, "model": `"openai/gpt-5"`}))
		if got := m.version("calc"); !cmp.Equal(got, before) {
			t.Errorf("during the run it became %+v", got)
		}
		m.Release(mockserver.Orq, task.ID)
		after := m.version("calc")
		if after.ID != before.ID || after.VersionHash == before.VersionHash || after.Version != "1.0.1" || after.Instructions != "be brief" {
			t.Errorf("%+v, then %+v", before, after)
		}
		m.do(200, "PATCH", "/v2/agents/calc", `{"model":"openai/gpt-6","versionIncrement":"major"}`)
		for name, model := range map[string]string{"calc@1.0.0": "openai/gpt-4o", "calc@1.0.1": "openai/gpt-5", "calc@2.0.0": "openai/gpt-6", "calc@latest": "openai/gpt-6", "calc": "openai/gpt-6"} {
			for _, path := range []string{"/v2/agents/" + name, "/v2/agents/" + strings.Replace(name, "@", "%40", 1)} {
				if got := read[anAgentResponse](m, "POST", path+"/responses", asks("x")).Model; got != model {
					t.Errorf("%s runs %s, want %s", path, got, model)
				}
			}
			if got := read[aResponse](m, "POST", router, strings.Replace(routes("x"), "agent/desk", "agent/"+name, 1)); got.Model != "agent/"+name {
				t.Errorf("%s: %+v", name, got)
			}
		}
		m.do(404, "POST", "/v2/agents/calc@3.0.0/task", asks("x"))
		if got := read[aTask](m, "GET", "/v2/agents/calc@1.0.0/tasks/"+task.ID, ""); got.ID != task.ID { // they have the tasks in common
			t.Errorf("%+v", got)
		}
		// An agent that is deleted while it runs stays deleted, with its versions.
		m.replies(script.Reply{Hold: true})
		m.do(200, "POST", "/v2/agents/run", runs(t, map[string]string{"instructions": `"other"`}))
		m.do(204, "DELETE", "/v2/agents/calc", "")
		m.do(404, "GET", "/v2/agents/calc", "")
		m.do(200, "POST", "/v2/agents/run", runs(t, nil))
		m.do(404, "POST", "/v2/agents/calc@2.0.0/task", asks("x")) // of the one before
	})
}

// The project that a run makes up is the same the next time.
func TestProjectsOfRuns(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.do(200, "POST", "/v2/agents/run", runs(t, nil))
		project := func(key, changes string) string {
			t.Helper()
			m.do(200, "POST", "/v2/agents/run", runs(t, map[string]string{"key": key, "path": changes}))
			return read[struct {
				ID string `json:"project_id"`
			}](m, "GET", "/v2/agents/"+strings.Trim(key, `"`), "").ID
		}
		if calc, other := project(`"calc"`, `"Sales"`), project(`"other"`, `"Sales"`); calc != other {
			t.Errorf("%s and %s", calc, other)
		}
	})
}

// The tools of a run are defined in place, and keep their ids.
func TestToolsOfRuns(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		settings := `{"tools":[{"type":"current_date"},
			{"type":"function","key":"sky","function":{"name":"look_up","parameters":{}}},
			{"type":"mcp","key":"m","description":"d","mcp":{"server_url":"https://x","connection_type":"http","headers":{"Authorization":{"value":"tok-1","encrypted":false}}}}]}`
		m.replies(script.Reply{Tools: []script.ToolCall{{Name: "look_up", ID: "c1"}}, Text: "grey"})
		task := read[aTask](m, "POST", "/v2/agents/run", runs(t, map[string]string{"settings": settings, "configuration": `{"blocking":true}`}))
		if got := read[aTask](m, "GET", "/v2/agents/calc/tasks/"+task.ID, "").Status.State; got != "input-required" {
			t.Error(got)
		}
		first := m.version("calc")
		if len(first.Settings.Tools) != 3 || first.Settings.Tools[1].ActionType != "function" || string(first.Settings.Tools[1].Configuration) != `{"function":{"name":"look_up","parameters":{}}}` {
			t.Errorf("%+v", first)
		}
		if got := read[anAgentResponse](m, "POST", "/v2/agents/calc/responses", returns(task.ID, "c1", `1`)).line(); got != "stop agent: grey" {
			t.Error(got)
		}
		m.do(200, "POST", "/v2/agents/run", runs(t, map[string]string{"settings": settings}))
		if again := m.version("calc"); !cmp.Equal(again, first) {
			t.Errorf("%+v, then %+v", first, again)
		}
		if everything := string(m.Snapshot()) + fmt.Sprint(m.Calls(matchAll)); strings.Contains(everything, "tok-1") {
			t.Errorf("a token is shown: %s", everything)
		}
	})
}

// What is wrong with a run makes no agent and takes no reply.
func TestRefusedRuns(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.replies(script.Reply{Text: "the first that runs"})
		for _, path := range []string{"/v2/agents/run", "/v2/agents/stream-run"} {
			for _, c := range []struct {
				changes map[string]string
				status  int
				want    string
			}{
				{map[string]string{"message": "", "path": ""}, 400, `[{"path":["path"],"message":"is required"},{"path":["message"],"message":"is required"}]`},
				{map[string]string{"message": `{"role":"user","parts":[]}`}, 400, `"path":["message","parts"]`},
				{map[string]string{"settings": `{"tools":[{"type":"http","key":"Bad Key","description":"d"}]}`}, 400, `[{"path":["settings","tools",0,"http"],"message":"is required"},{"path":["settings","tools",0,"key"],"message":"must match `},
				{map[string]string{"task_id": `"none"`}, 404, `{"message":"Task not found"}`},
			} {
				if got := m.do(c.status, "POST", path, runs(t, c.changes)); !strings.Contains(got, c.want) {
					t.Errorf("%s %v: %s, want %s", path, c.changes, got, c.want)
				}
			}
			m.do(404, "GET", "/v2/agents/calc", "")
			m.key = ""
			m.do(401, "POST", path, `{`)
			m.key = "k"
		}
		m.do(200, "POST", "/v2/agents/run", runs(t, nil))
		got := read[struct{ Tasks []aTask }](m, "GET", "/v2/agents/calc/tasks", "").Tasks
		if len(got) != 1 || got[0].line() != "completed agent: the first that runs" {
			t.Errorf("%+v", got)
		}
	})
}

// starts are all requests that start a run, by their operation.
func starts(t *testing.T) []struct{ op, path, body string } {
	return []struct{ op, path, body string }{
		{mockserver.OrqInvokeAgent, desk + "/task", asks("hi")},
		{mockserver.OrqStreamTask, desk + "/stream-task", asks("hi")},
		{mockserver.OrqRunAgent, "/v2/agents/run", runs(t, map[string]string{"key": `"desk"`})},
		{mockserver.OrqStreamRun, "/v2/agents/stream-run", runs(t, map[string]string{"key": `"desk"`})},
		{mockserver.OrqCreateAgentResponse, desk + "/responses", asks("hi")},
		{mockserver.OrqCreateAgentResponse, desk + "/responses", asks("hi", `"stream":true`)},
		{mockserver.OrqCreateResponse, router, routes("hi")},
		{mockserver.OrqCreateResponse, router, routes("hi", `"stream":true`)},
	}
}

func TestFaultsOfStarts(t *testing.T) {
	for _, start := range starts(t) {
		for name, f := range map[string]struct {
			fault  fault.Fault
			status int // 0: the connection breaks
			tasks  int
		}{
			"dropped before": {fault.Drop(fault.BeforeCommit), 0, 0},
			"dropped after":  {fault.Drop(fault.AfterCommit), 0, 1},
			"429":            {fault.Status(429), 429, 0},
			"500 before":     {fault.Status(500, fault.BeforeCommit), 500, 0},
			"500 after":      {fault.Status(500, fault.AfterCommit), 500, 1},
			"503 after":      {fault.Status(503, fault.AfterCommit), 503, 1},
		} {
			withTasks(t, mockserver.Config{}, func(m *taskMock) {
				m.replies(script.Reply{Text: "A"}, script.Reply{Text: "B"})
				m.Fail(start.op, f.fault)
				response, err := m.try(m.t.Context(), "POST", start.path, start.body)
				if (err != nil) != (f.status == 0) || err == nil && response.StatusCode != f.status {
					t.Errorf("%s %s: %v %v", start.path, name, response, err)
				}
				if err == nil {
					response.Body.Close()
				}
				if got := m.tasks(); len(got) != f.tasks || f.tasks == 1 && got[0].line() != "completed agent: A" {
					t.Errorf("%s %s: %+v", start.path, name, got)
				}
				want := "stop agent: " + string("AB"[f.tasks])
				if got := read[anAgentResponse](m, "POST", desk+"/responses", asks("x")).line(); got != want {
					t.Errorf("%s %s: the next is %s, want %s", start.path, name, got, want)
				}
			})
		}
	}
}

// A response that only pretends looks like any other, and leaves no trace:
// also that of a turn that follows, and of a review.
func TestPretendedRuns(t *testing.T) {
	withTasks(t, mockserver.Config{AllowProblems: true}, func(m *taskMock) {
		m.replies(script.Reply{Tools: []script.ToolCall{{Name: "weather", ID: "c1"}}, Text: "It rains."}, script.Reply{Tools: []script.ToolCall{{Name: "web_scraper"}}})
		pends := read[anAgentResponse](m, "POST", desk+"/responses", asks("x"))
		review := read[aTask](m, "POST", desk+"/task", asks("x"))
		action := read[struct {
			Data []struct {
				ID string `json:"_id"`
			}
		}](m, "GET", desk+"/tasks/"+review.ID+"/actions", "").Data[0].ID
		before := string(m.Snapshot())
		pretended := append(starts(t), []struct{ op, path, body string }{
			{mockserver.OrqRunAgent, "/v2/agents/run", runs(t, nil)},
			{mockserver.OrqInvokeAgent, desk + "/task", asks("x", fmt.Sprintf(`"task_id":%q`, pends.TaskID))},
			{mockserver.OrqCreateAgentResponse, desk + "/responses", returns(pends.TaskID, "c1", `"rain"`)},
			{mockserver.OrqCreateAgentResponse, desk + "/responses", asks("x", `"background":true`)},
			{mockserver.OrqCreateResponse, router, fmt.Sprintf(`{"model":"agent/desk","previous_response_id":"resp_%s","input":[{"type":"function_call_output","call_id":"c1","output":"rain"}]}`, pends.ID)},
			{mockserver.OrqReviewAction, desk + "/tasks/" + review.ID + "/actions/" + action + "/review", `{"review":"approved"}`},
		}...)
		for _, p := range pretended {
			m.Fail(p.op, fault.UnknownField("", fault.BeforeCommit))
			got := m.do(200, "POST", p.path, p.body)
			if p.op == mockserver.OrqCreateResponse && !strings.Contains(got, "completed") || strings.Contains(p.body, `"c1"`) && !strings.Contains(got, "It rains.") {
				t.Errorf("%s: %s", p.path, got)
			}
			if after := string(m.Snapshot()); after != before {
				t.Errorf("%s: the state changed:\n%s", p.path, cmp.Diff(before, after))
			}
		}
	})
}
