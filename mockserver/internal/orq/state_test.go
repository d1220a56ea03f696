package orq_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/internal/roomtest"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// orqOf is what a document has of this API.
func orqOf(t *testing.T, document json.RawMessage) string {
	t.Helper()
	var read struct{ APIs struct{ Orq json.RawMessage } }
	if err := json.Unmarshal(document, &read); err != nil {
		t.Fatal(err)
	}
	return string(read.APIs.Orq)
}

// Runs are data: they go on in whatever state they were.
func TestRunningTasksSurviveSnapshots(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		ids := map[string]string{}
		for name, reply := range map[string]script.Reply{
			"paced":    {Text: "a b", Pace: 10 * time.Minute},
			"held":     {Hold: true, Text: "held"},
			"asked":    {Ask: "?", Text: "asked"},
			"reviewed": {Tools: []script.ToolCall{{Name: "web_scraper", Result: "x"}}, Text: "reviewed"},
			"tooled":   {Tools: []script.ToolCall{{Name: "current_date", Result: "x"}}, Text: "tooled", Pace: 10 * time.Minute},
			"late":     {Delay: 10 * time.Minute, Text: "late"},
			"pends":    {Tools: []script.ToolCall{{Name: "weather", ID: "c1"}}, Text: "pended"},
		} {
			m.replies(reply)
			ids[name] = read[aTask](m, "POST", desk+"/task", asks("hi")).ID
		}
		version := read[aTask](m, "POST", "/v2/agents/run", runs(t, nil))
		m.replies(script.Reply{Hold: true})
		m.do(200, "POST", "/v2/agents/run", runs(t, map[string]string{"instructions": `"new"`}))
		m.ScriptFunc(mockserver.Orq, script.Echo)
		ids["undecided"] = read[aTask](m, "POST", desk+"/task", asks("hi")).ID
		document := m.Snapshot()
		other := m.Namespace("other")
		if err := other.Restore(document); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(orqOf(t, document), orqOf(t, other.Snapshot())); diff != "" {
			t.Error(diff)
		}
		if n := other.Release(mockserver.Orq, ""); n != 4 {
			t.Errorf("released %d", n)
		}
		<-time.After(20 * time.Minute) // virtual
		send := func(method, path, body string) string {
			t.Helper()
			r, err := http.NewRequestWithContext(m.t.Context(), method, other.URL(mockserver.Orq)+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer k")
			r.Header.Set("Content-Type", "application/json")
			response, err := m.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			var out strings.Builder
			if err := response.Write(&out); err != nil || response.StatusCode != 200 {
				t.Fatalf("%s %s: %v %s", method, path, err, out.String())
			}
			_, text, _ := strings.Cut(out.String(), "\r\n\r\n")
			return text
		}
		got := map[string]string{}
		for name, id := range ids {
			if name == "pends" {
				send("POST", desk+"/responses", returns(id, "c1", `1`))
			}
			var found aTask
			if err := json.Unmarshal([]byte(send("GET", desk+"/tasks/"+id, "")), &found); err != nil {
				t.Fatal(err)
			}
			got[name] = found.line()
		}
		if diff := cmp.Diff(map[string]string{
			"paced": "completed agent: a b", "held": "completed agent: held", "asked": "completed agent: asked", "reviewed": "completed agent: reviewed",
			"tooled": "completed agent: tooled", "late": "completed agent: late", "pends": "completed agent: pended",
			"undecided": "completed agent: Hello! I'm a simulated reply.",
		}, got); diff != "" {
			t.Error(diff)
		}
		if agent := send("GET", "/v2/agents/calc", ""); !strings.Contains(agent, `"instructions":"new"`) || version.ID == "" {
			t.Error(agent)
		}
	})
}

// A document of a time before there were tasks still loads.
func TestSnapshotsWithoutTasks(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		var document map[string]any
		if err := json.Unmarshal(m.Snapshot(), &document); err != nil {
			t.Fatal(err)
		}
		of := document["apis"].(map[string]any)["orq"].(map[string]any)
		for _, name := range []string{"tasks", "responses", "versions"} {
			delete(of, name)
		}
		old, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		m.do(200, "POST", desk+"/task", asks("hi"))
		if err := m.Restore(old); err != nil {
			t.Fatal(err)
		}
		if n := len(m.tasks()); n != 0 {
			t.Errorf("%d tasks are there", n)
		}
		if got := read[aResponse](m, "POST", router, routes("hi")).Status; got != "completed" {
			t.Error(got)
		}
	})
}

// A task that cannot be shown or cannot go on is refused when it is read, and
// not later.
func TestTasksByHand(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.replies(script.Reply{Hold: true}, script.Reply{Tools: []script.ToolCall{{Name: "weather", ID: "c1"}}})
		m.do(200, "POST", desk+"/task", asks("hi"))
		m.do(200, "POST", desk+"/responses", asks("hi"))
		m.do(200, "POST", desk+"/responses", asks("hi"))
		whole := string(m.Snapshot())
		if err := m.Restore(json.RawMessage(whole)); err != nil {
			t.Fatal(err)
		}
		for name, edit := range map[string]func(tasks []any){
			"no turns":         func(tasks []any) { delete(tasks[0].(map[string]any)["record"].(map[string]any), "turns") },
			"null as a turn":   func(tasks []any) { tasks[0].(map[string]any)["record"].(map[string]any)["turns"] = []any{nil} },
			"no run":           func(tasks []any) { delete(turnOf(tasks, 0), "run") },
			"no agent":         func(tasks []any) { delete(turnOf(tasks, 0), "agent") },
			"beyond the end":   func(tasks []any) { turnOf(tasks, 2)["to"] = 9 },
			"before it begins": func(tasks []any) { turnOf(tasks, 2)["from"] = -1 },
			"no rest":          func(tasks []any) { delete(turnOf(tasks, 1), "run") },
		} {
			var document map[string]any
			if err := json.Unmarshal([]byte(whole), &document); err != nil {
				t.Fatal(err)
			}
			edit(document["apis"].(map[string]any)["orq"].(map[string]any)["tasks"].([]any))
			text, err := json.Marshal(document)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Restore(text); err == nil || !strings.Contains(err.Error(), "task ") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func turnOf(tasks []any, i int) map[string]any {
	return tasks[i].(map[string]any)["record"].(map[string]any)["turns"].([]any)[0].(map[string]any)
}

// Replies and releases come over HTTP, too, and tasks can be looked up.
func TestTasksOverTheAdminAPI(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		admin := func(status int, method, path, body string) string {
			m.t.Helper()
			return roomtest.Admin(t, m.Server, status, method, path, body)
		}
		admin(201, "POST", "/replies", `{"api":"orq","replies":[{"chunks":["There are ","nine."],"hold":true,"agent":"desk"},{"error":"busy"}]}`)
		var got string
		var group sync.WaitGroup
		group.Go(func() { got = m.do(200, "POST", router, routes("x", `"stream":true`)) })
		synctest.Wait()
		id := m.tasks()[0].ID
		if text := admin(200, "POST", "/release", fmt.Sprintf(`{"api":"orq","thread":%q}`, id)); !strings.Contains(text, `"released":1`) {
			t.Error(text)
		}
		group.Wait()
		if !strings.Contains(got, `"text":"There are nine."`) {
			t.Error(got)
		}
		if got := read[aResponse](m, "POST", router, routes("x")).line(); got != "failed server_error busy" {
			t.Error(got)
		}
		if text := admin(200, "GET", "/state/orq/tasks/"+id, ""); !strings.Contains(text, `"There are nine."`) {
			t.Error(text)
		}
	})
}

// What no source documents is marked.
func TestGuessesOfRuns(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.replies(script.Reply{Hold: true})
		held := read[aTask](m, "POST", desk+"/task", asks("x"))
		m.do(409, "POST", desk+"/task", asks("x", fmt.Sprintf(`"task_id":%q`, held.ID)))
		m.do(404, "POST", desk+"/task", asks("x", `"task_id":"none"`))
		m.do(400, "POST", desk+"/task", `{"message":{"role":"tool","parts":[{"kind":"tool_result","tool_call_id":"c"}]}}`)
		m.do(400, "POST", router, routes("x", `"background":true,"store":false`))
		m.do(404, "POST", router, routes("x", `"previous_response_id":"resp_none"`))
		m.do(501, "POST", router, `{"model":"openai/gpt-4o","input":"x"}`)
		seen := map[string]bool{}
		for _, call := range m.Calls(matchAll) {
			for _, guess := range call.Guesses {
				seen[guess] = true
			}
		}
		for _, want := range []string{
			"orq.409-running-task", "orq.404-task", "orq.400-tool-message", "orq.400-background-without-store", "orq.404-previous-response", "orq.501-model",
		} {
			if !seen[want] {
				t.Errorf("%s is not among %v", want, seen)
			}
		}
	})
}
