package orq_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

var matchAll = journal.Match{}

// The response to an invoke shows a task that is submitted, unless it blocks.
func TestInvoke(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		slow := script.Reply{Delay: time.Second, Text: "a b", Pace: time.Second}
		m.replies(slow, slow)
		got := read[aTask](m, "POST", desk+"/task", asks("hi", `"metadata":{"mark":7}`))
		if got.line() != "submitted" || got.Kind != "task" || got.ContextID == "" || got.Messages != nil || got.Status.Timestamp != "2000-01-01T00:00:00.000Z" {
			t.Errorf("%+v", got)
		}
		if got.Metadata["mark"] != 7.0 || got.Metadata["orq_agent_key"] != "desk" || got.Metadata["orq_workspace_id"] == "" || got.Metadata["orq_agent_id"] == "" {
			t.Errorf("%v", got.Metadata)
		}
		for _, want := range []string{"submitted", "working", "completed agent: a b"} {
			if got := m.task(got.ID); got.line() != want {
				t.Errorf("%s, want %s", got.line(), want)
			}
			<-time.After(time.Second) // virtual
		}
		blocked := read[aTask](m, "POST", desk+"/task", asks("hi", `"configuration":{"blocking":true}`))
		if blocked.line() != "completed agent: a b" || said(blocked.Messages) != "agent: a b" || blocked.Messages[0].TaskID != blocked.ID {
			t.Errorf("%+v", blocked)
		}
		// The id of the agent is as good as its key.
		id := read[struct {
			ID string `json:"_id"`
		}](m, "GET", desk, "").ID
		if got := read[aTask](m, "POST", "/v2/agents/"+id+"/task", asks("hi")); got.Metadata["orq_agent_id"] != id {
			t.Errorf("%v", got.Metadata)
		}
	})
}

// A run that any of the surfaces began is on all others.
func TestOneRunOnEverySurface(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		run := agentBody(t, map[string]string{"key": `"desk"`, "message": `{"role":"user","parts":[{"kind":"text","text":"hi"}]}`})
		for name, begin := range map[string][3]string{
			"task":             {desk + "/task", asks("hi"), "1"},
			"stream-task":      {desk + "/stream-task", asks("hi"), "1"},
			"responses":        {desk + "/responses", asks("hi"), "1"},
			"responses stream": {desk + "/responses", asks("hi", `"stream":true`), "1"},
			"background":       {desk + "/responses", asks("hi", `"background":true`), "1"},
			"run":              {"/v2/agents/run", run, "1"},
			"stream-run":       {"/v2/agents/stream-run", run, "1"},
			"router":           {router, routes("hi"), "1"},
			"router stream":    {router, routes("hi", `"stream":true`), "1"},
		} {
			before := len(m.tasks())
			m.replies(script.Reply{Text: "from " + name})
			m.do(200, "POST", begin[0], begin[1])
			tasks := m.tasks()
			if len(tasks) != before+1 || said(tasks[0].History) != "user: hi; agent: from "+name {
				t.Errorf("%s: %+v", name, tasks)
				continue
			}
			r := read[anAgentResponse](m, "GET", desk+"/responses/"+tasks[0].ID, "")
			if r.line() != "completed stop agent: from "+name || r.TaskID != tasks[0].ID || r.Model != "openai/gpt-4o" {
				t.Errorf("%s: %+v", name, r)
			}
			if v3 := read[aResponse](m, "GET", router+"/resp_"+r.ID, ""); v3.line() != "completed message(completed from "+name+")" || v3.Model != "agent/desk" {
				t.Errorf("%s: %+v", name, v3)
			}
		}
	})
}

func TestRefusedTasks(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.replies(script.Reply{Hold: true})
		held := read[aTask](m, "POST", desk+"/task", asks("hi"))
		m.replies(script.Reply{Text: "the first that runs"})
		m.do(201, "POST", "/v2/agents", agentBody(t, map[string]string{"key": `"other"`}))
		for _, op := range []string{"/task", "/stream-task", "/responses"} {
			for _, c := range []struct {
				path, body string
				status     int
				want       string
			}{
				{"/v2/agents/none", `{`, 404, `{"message":"Agent not found"}`},
				{desk + "@7.0.0", `{`, 404, `{"message":"Agent not found"}`},
				{desk, `{`, 400, `"code":"invalid_request_body"`},
				{desk, `{}`, 400, `"path":["message"]`},
				{desk, `{"message":{"role":"user"}}`, 400, `"path":["message","parts"]`},
				{desk, `{"message":{"role":"user","parts":[]}}`, 400, `"path":["message","parts"]`},
				{desk, `{"message":{"role":"agent","parts":[{"kind":"text","text":"x"}]}}`, 400, `"path":["message","role"]`},
				{desk, `{"message":{"role":"user","parts":[{"kind":"smell"}]}}`, 400, `"path":["message","parts",0,"kind"]`},
				{desk, `{"message":{"role":"user","parts":[{"kind":"text"}]}}`, 400, `"path":["message","parts",0,"text"]`},
				{desk, `{"task_id":"x","message":{"role":"tool","parts":[{"kind":"text","text":"x"}]}}`, 400, `"path":["message","parts",0,"kind"]`},
				{desk, `{"message":{"role":"tool","parts":[{"kind":"tool_result","tool_call_id":"c"}]}}`, 400, `"path":["task_id"]`},
				{desk, asks("x", `"task_id":"none"`), 404, `{"message":"Task not found"}`},
				{"/v2/agents/other", asks("x", fmt.Sprintf(`"task_id":%q`, held.ID)), 404, `{"message":"Task not found"}`},
				{desk, asks("x", fmt.Sprintf(`"task_id":%q`, held.ID)), 409, `{"message":"Task must be inactive to be continued, it is working"}`},
			} {
				if got := m.do(c.status, "POST", c.path+op, c.body); !strings.Contains(got, c.want) {
					t.Errorf("%s %s %s: %s, want %s", c.path, op, c.body, got, c.want)
				}
			}
			m.key = ""
			m.do(401, "POST", "/v2/agents/none"+op, `{`)
			m.key = "k"
		}
		m.do(400, "POST", desk+"/stream-task", asks("x", `"stream_timeout_seconds":0`))
		m.do(400, "POST", desk+"/stream-task", asks("x", `"stream_timeout_seconds":3601`))
		for _, path := range []string{"/tasks/none", "/responses/none", "/tasks/none/actions", "/tasks/none/actions/none"} {
			if got := m.do(404, "GET", desk+path, ""); got != `{"message":"Task not found"}` {
				t.Error(got)
			}
			if got := m.do(404, "GET", "/v2/agents/none"+path, ""); got != `{"message":"Agent not found"}` {
				t.Error(got)
			}
		}
		if got := m.do(404, "GET", desk+"/tasks/"+held.ID+"/actions/none", ""); got != `{"message":"Action not found"}` {
			t.Error(got)
		}
		if got := m.tasks(); len(got) != 1 {
			t.Errorf("%d tasks are there", len(got))
		}
		if got := read[anAgentResponse](m, "POST", desk+"/responses", asks("x")).line(); got != "stop agent: the first that runs" {
			t.Errorf("a refused request took a reply: %s", got)
		}
	})
}

func TestFollowUps(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.ScriptFunc(mockserver.Orq, func(asked script.Turn) script.Reply {
			return script.Reply{Text: fmt.Sprintf("%d before %s", len(asked.History), asked.Input)}
		})
		first := read[anAgentResponse](m, "POST", desk+"/responses", asks("one"))
		more := fmt.Sprintf(`"task_id":%q`, first.TaskID)
		second := read[aTask](m, "POST", desk+"/task", asks("two", more, `"metadata":{"more":"yes"}`))
		third := m.do(200, "POST", desk+"/stream-task", asks("three", more))
		if !strings.Contains(third, `"is_continuation":true`) {
			t.Error(third)
		}
		got := m.task(first.TaskID)
		if said(got.History) != "user: one; agent: 0 before one; user: two; agent: 2 before two; user: three; agent: 4 before three" || got.ContextID != second.ContextID || got.Metadata["more"] != "yes" {
			t.Errorf("%+v", got)
		}
		if latest := read[anAgentResponse](m, "GET", desk+"/responses/"+first.TaskID, ""); said(latest.Output) != "agent: 4 before three" || latest.ID == first.ID {
			t.Errorf("%+v", latest)
		}
		if v3 := read[aResponse](m, "GET", router+"/resp_"+first.ID, ""); v3.line() != "completed message(completed 0 before one)" {
			t.Error(v3.line())
		}
	})
}

// A function pends on the surfaces below /v2, too, and its result lets the
// rest of the reply follow.
func TestFunctionsOfTasks(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		calls := script.Reply{Tools: []script.ToolCall{{Name: "weather", ID: "c1"}, {Name: "weather", ID: "c2"}}, Text: "It rains."}
		m.replies(calls, calls)
		r := read[anAgentResponse](m, "POST", desk+"/responses", asks("weather?"))
		if r.line() != "function_call agent: weather{} weather{}" || len(r.PendingToolCalls) != 2 || r.PendingToolCalls[0].Type != "function" || r.PendingToolCalls[0].Function.Name != "weather" {
			t.Errorf("%+v", r)
		}
		if got := m.task(r.TaskID); got.line() != "input-required agent: weather{} weather{}" {
			t.Error(got.line())
		}
		got := m.do(400, "POST", desk+"/responses", returns(r.TaskID, "c3", `1`))
		for _, want := range []string{"have a result for \\\"c3\\\", which is no pending tool call", "must have a result for the pending tool call \\\"c1\\\""} {
			if !strings.Contains(got, want) {
				t.Errorf("%s, want %s", got, want)
			}
		}
		both := fmt.Sprintf(`{"task_id":%q,"message":{"role":"tool","parts":[{"kind":"tool_result","tool_call_id":"c1","result":{"sky":"grey"}},{"kind":"tool_result","tool_call_id":"c2"}]}}`, r.TaskID)
		if got := read[anAgentResponse](m, "POST", desk+"/responses", both).line(); got != "stop agent: It rains." {
			t.Error(got)
		}
		if got := m.task(r.TaskID); got.line() != "completed agent: It rains." {
			t.Error(got.line())
		}
		actions := m.do(200, "GET", desk+"/tasks/"+r.TaskID+"/actions", "")
		if !strings.Contains(actions, `"action_type":"function"`) || !strings.Contains(actions, `"executed":true,"input":{},"output":{"sky":"grey"}`) {
			t.Error(actions)
		}
		m.do(400, "POST", desk+"/task", both) // they pend no more
		// Who says something else goes by the functions.
		r = read[anAgentResponse](m, "POST", desk+"/responses", asks("weather?"))
		if got := read[aTask](m, "POST", desk+"/task", asks("never mind", fmt.Sprintf(`"task_id":%q`, r.TaskID), `"configuration":{"blocking":true}`)); got.line() != "completed agent: Hello! I'm a simulated reply." {
			t.Error(got.line())
		}
	})
}

// A tool that needs approval waits for a review. The task says so, and its
// action can be reviewed.
func TestApprovals(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		scrape := script.Reply{Tools: []script.ToolCall{{Name: "web_scraper", ID: "c1", Result: "a page"}, {Name: "current_date", Result: "today"}}, Text: "done"}
		type anAction struct {
			ID      string `json:"_id"`
			CallID  string `json:"agent_tool_call_id"`
			Started *string
			Tool    struct {
				RequiresApproval bool `json:"requires_approval"`
			}
			State struct {
				Review       *string
				ReviewSource string `json:"review_source"`
				Executed     bool
				Output       json.RawMessage
				Error        string
			}
		}
		for review, want := range map[string]string{
			`{"review":"approved"}`:                                  `user: x; agent: web_scraper{} current_date{}; tool: ="a page"; tool: ="today"; agent: done`,
			`{"review":"rejected","source":"desk"}`:                  `user: x; agent: web_scraper{} current_date{}; tool: ={"error":"The call was rejected"}; tool: ="today"; agent: done`,
			`{"review":"approved","mock_output":{"page":"made up"}}`: `user: x; agent: web_scraper{} current_date{}; tool: ={"page":"made up"}; tool: ="today"; agent: done`,
		} {
			m.replies(scrape)
			blocked := read[aTask](m, "POST", desk+"/task", asks("x", `"configuration":{"blocking":true}`))
			if blocked.line() != "input-required" {
				t.Errorf("%s: %s", review, blocked.line())
			}
			actions := read[struct {
				Data    []anAction
				HasMore bool `json:"has_more"`
			}](m, "GET", desk+"/tasks/"+blocked.ID+"/actions", "").Data
			if len(actions) != 2 || actions[0].CallID != "c1" || !actions[0].Tool.RequiresApproval || actions[0].State.Review != nil || actions[0].Started != nil || actions[1].Tool.RequiresApproval {
				t.Fatalf("%+v", actions)
			}
			path := desk + "/tasks/" + blocked.ID + "/actions/" + actions[0].ID
			m.do(400, "POST", path+"/review", `{"review":"maybe"}`)
			m.do(409, "POST", desk+"/tasks/"+blocked.ID+"/actions/"+actions[1].ID+"/review", `{"review":"approved"}`)
			if got := m.do(200, "POST", path+"/review", review); got != `{"message":"Action reviewed","success":true}` {
				t.Error(got)
			}
			if got := m.task(blocked.ID); got.line() != "completed agent: done" || said(got.History) != want {
				t.Errorf("%s: %s, %s", review, got.line(), said(got.History))
			}
			m.do(409, "POST", path+"/review", review)
			a := read[anAction](m, "GET", path, "")
			if rejected := strings.Contains(review, "rejected"); a.State.Executed == rejected || (a.State.Error != "") != rejected || a.State.Review == nil || !strings.Contains(review, *a.State.Review) {
				t.Errorf("%s: %+v", review, a)
			}
		}
		// Whoever lets all runs go on approves.
		m.replies(scrape)
		waiting := read[aTask](m, "POST", desk+"/task", asks("x"))
		if got := m.task(waiting.ID); got.line() != "input-required" {
			t.Error(got.line())
		}
		if n := m.Release(mockserver.Orq, ""); n != 1 {
			t.Errorf("released %d", n)
		}
		if got := m.task(waiting.ID); got.line() != "completed agent: done" {
			t.Error(got.line())
		}
	})
}

// The settings of the agent say which tools need approval.
func TestWhatNeedsApproval(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		for _, c := range []struct{ setting, tool, want string }{
			{"all", "current_date", "input-required"}, {"all", "weather", "input-required"}, {"respect_tool", "current_date", "completed agent: done"},
			{"none", "web_scraper", "completed agent: done"},
		} {
			m.do(200, "PATCH", desk, fmt.Sprintf(`{"settings":{"tool_approval_required":%q}}`, c.setting))
			m.replies(script.Reply{Tools: []script.ToolCall{{Name: c.tool}}, Text: "done"})
			got := read[aTask](m, "POST", desk+"/task", asks("x", `"configuration":{"blocking":true}`))
			if !strings.HasPrefix(got.line(), c.want) {
				t.Errorf("%s %s: %s", c.setting, c.tool, got.line())
			}
		}
	})
}

func TestIterationLimit(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		calls := script.Reply{Tools: []script.ToolCall{{Name: "current_date", Result: "today"}}, Text: "done"}
		m.replies(calls, calls, calls)
		if got := read[aResponse](m, "POST", router, routes("x", `"limits":{"max_iterations":1}`)).line(); got != `incomplete max_iterations orq:current_date="today"` {
			t.Error(got)
		}
		m.do(200, "PATCH", desk, `{"settings":{"max_iterations":1}}`)
		if got := read[anAgentResponse](m, "POST", desk+"/responses", asks("x")); got.FinishReason != "max_iterations" {
			t.Errorf("%+v", got)
		}
		m.do(200, "PATCH", desk, `{"settings":{"max_iterations":2}}`)
		if got := read[anAgentResponse](m, "POST", desk+"/responses", asks("x")); got.FinishReason != "stop" {
			t.Errorf("%+v", got)
		}
	})
}

func TestListTasks(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		var ids []string
		for i := range 12 {
			if i == 5 {
				m.replies(script.Reply{Error: "busy"})
			}
			ids = append(ids, read[aTask](m, "POST", desk+"/task", asks(fmt.Sprint(i))).ID)
			<-time.After(time.Second) // virtual
		}
		m.replies(script.Reply{Hold: true})
		held := read[aTask](m, "POST", desk+"/task", asks("held")).ID
		list := func(query string) (listed []string, total int) {
			t.Helper()
			page := read[struct {
				Tasks []aTask
				Total int `json:"overall_total"`
			}](m, "GET", desk+"/tasks"+query, "")
			for _, task := range page.Tasks {
				listed = append(listed, task.ID)
			}
			return listed, page.Total
		}
		for _, c := range []struct {
			query string
			want  []string
			total int
		}{
			{"", []string{held, ids[11], ids[10], ids[9], ids[8], ids[7], ids[6], ids[5], ids[4], ids[3]}, 13},
			{"?limit=2", []string{held, ids[11]}, 13},
			{"?limit=2&starting_after=" + ids[11], []string{ids[10], ids[9]}, 13},
			{"?limit=2&ending_before=" + ids[9], []string{ids[11], ids[10]}, 13},
			{"?status=working", []string{held}, 1},
			{"?status=failed,working", []string{held, ids[5]}, 2},
			{"?status=canceled", nil, 0},
		} {
			if listed, total := list(c.query); !cmp.Equal(listed, c.want) || total != c.total {
				t.Errorf("%s: %v of %d, want %v of %d", c.query, listed, total, c.want, c.total)
			}
		}
		for _, query := range []string{"?limit=0", "?limit=201", "?limit=x", "?status=done", "?starting_after=x"} {
			m.do(400, "GET", desk+"/tasks"+query, "")
		}
		m.do(404, "GET", "/v2/agents/none/tasks", "")
		m.do(201, "POST", "/v2/agents", agentBody(t, map[string]string{"key": `"other"`}))
		if got := m.do(200, "GET", "/v2/agents/other/tasks", ""); got != `{"tasks":[],"overall_total":0}` {
			t.Error(got)
		}
		m.do(200, "PATCH", desk, `{"key":"renamed"}`)
		if got := m.do(200, "GET", "/v2/agents/renamed/tasks/"+held, ""); !strings.Contains(got, `"working"`) {
			t.Error(got)
		}
	})
}

// Runs end with their agent, and a new one of the same key has none of them.
func TestTasksOfADeletedAgent(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.replies(script.Reply{Hold: true}, script.Reply{Hold: true})
		r := read[aResponse](m, "POST", router, routes("x", `"background":true`))
		var waited anAgentResponse
		var group sync.WaitGroup
		group.Go(func() { waited = read[anAgentResponse](m, "POST", desk+"/responses", asks("x")) })
		synctest.Wait()
		m.do(204, "DELETE", desk, "")
		group.Wait()
		if waited.line() != "failed Agent was deleted" {
			t.Error(waited.line())
		}
		if got := read[aResponse](m, "GET", router+"/"+r.ID, "").line(); got != "failed server_error Agent was deleted" {
			t.Error(got)
		}
		m.do(201, "POST", "/v2/agents", agentBody(t, map[string]string{"key": `"desk"`}))
		if n := len(m.tasks()); n != 0 {
			t.Errorf("the new agent has %d tasks", n)
		}
	})
}

// Tenants see only what is their own.
func TestTasksOfOthers(t *testing.T) {
	withTasks(t, mockserver.Config{Tenants: map[string]string{"other": "other"}}, func(m *taskMock) {
		r := read[anAgentResponse](m, "POST", desk+"/responses", asks("x"))
		m.key = "other"
		m.do(404, "GET", router+"/resp_"+r.ID, "")
		m.do(201, "POST", "/v2/agents", agentBody(t, map[string]string{"key": `"desk"`}))
		for _, path := range []string{"/tasks/", "/responses/"} {
			m.do(404, "GET", desk+path+r.TaskID, "")
		}
		m.do(404, "POST", desk+"/task", asks("x", fmt.Sprintf(`"task_id":%q`, r.TaskID)))
		m.do(404, "POST", router, routes("x", fmt.Sprintf(`"previous_response_id":"resp_%s"`, r.ID)))
	})
}
