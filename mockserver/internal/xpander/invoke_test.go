package xpander_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

func TestInvokeWaitsForTheEnd(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.replies(script.Reply{Text: "a b", Delay: time.Minute, Pace: time.Second}, script.Reply{Error: "the model is busy"},
			script.Reply{Error: "it broke", Code: "error"}, script.Reply{Hold: true, Text: "late"}, script.Reply{Ask: "may I?", Text: "thanks"})
		invoke := func(id string) aTask { return m.task("POST", m.agent+"/invoke", asks(id, "hi")) }
		began := time.Now()
		got := invoke("one")
		if got.line() != "completed a b" || time.Since(began) != 61*time.Second {
			t.Errorf("%s after %s", got.line(), time.Since(began))
		}
		if after(t, got.StartedAt) != time.Minute || after(t, got.FinishedAt) != 61*time.Second || after(t, &got.CreatedAt) != 0 || got.Tokens.Total != 2 || *got.AgentVersion != "2" {
			t.Errorf("%+v", got)
		}
		// A run that fails is no error of HTTP.
		if got := invoke("two").line(); got != "failed the model is busy" {
			t.Error(got)
		}
		if got := invoke("three").line(); got != "error it broke" {
			t.Error(got)
		}
		for _, held := range []struct{ id, want string }{{"four", "completed late"}, {"five", "completed thanks"}} { // in the order of the replies
			id, want := held.id, held.want
			var group sync.WaitGroup
			group.Go(func() {
				if got := invoke(id).line(); got != want {
					t.Errorf("%s: %s", id, got)
				}
			})
			synctest.Wait()
			if n := m.Release(mockserver.Xpander, id); n != 1 {
				t.Errorf("%s: released %d", id, n)
			}
			group.Wait()
		}
	})
}

// The response to a start never shows what comes after it, and the task goes
// on by itself: with the clock that runs, and with one that is moved by hand.
func TestStartedTasksGoOn(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		if got := m.start("now", "hi"); got.line() != "pending" || got.StartedAt != nil || got.Input.Text != "hi" {
			t.Errorf("%+v", got)
		}
		if got := m.get("now").line(); got != "completed Hello! I'm a simulated reply." {
			t.Error(got)
		}
		look := func(id string, want string) {
			t.Helper()
			if got := m.get(id).line(); got != want {
				t.Errorf("%s: %s, want %s", id, got, want)
			}
		}
		m.replies(script.Reply{Delay: time.Second, Text: "a b", Pace: time.Second}, script.Reply{Delay: time.Second, Text: "a b", Pace: time.Second})
		m.start("runs", "hi")
		look("runs", "pending")
		<-time.After(time.Second) // virtual
		look("runs", "executing")
		<-time.After(time.Second)
		look("runs", "completed a b")
		m.SetTime(m.Now())
		m.start("stands", "hi")
		<-time.After(time.Hour)
		look("stands", "pending")
		m.Advance(time.Second)
		look("stands", "executing")
		m.Advance(time.Second)
		look("stands", "completed a b")
	})
}

// A task has what was asked for, and no token of a user.
func TestTaskShowsTheRequest(t *testing.T) {
	withTasks(t, mockserver.Config{Strictness: mockserver.Report}, func(m *taskMock) {
		body := `{"id":"t","title":"T","output_format":"markdown","output_schema":{"a":[1, 2]},"additional_context":"ctx","expected_output":"out",
			"instructions_override":"over","think_mode":"harder","disable_attachment_injection":true,"events_streaming":true,"payload_extension":{"p":1},
			"triggering_agent_id":"tr","worker_id":"w","source":"sdk","mcp_servers":[{"name":"m"}],"run_locally":false,"user_oidc_token":"tok-1",
			"user_tokens":{"x":"tok-2"},"test_run_node_id":"n","return_metrics":true,"llm_model_provider":"nim","llm_model_name":"mm","llm_reasoning_effort":"xhigh",
			"input":{"text":null,"files":["https://x/f"],"user":{"email":"a@b","first_name":"Ada","last_name":"L","id":"u","additional_attributes":{"k":1},"timezone":"UTC","role":"member","is_super_admin":false}}}`
		got := m.do(200, "POST", m.agent+"/invoke/async?version=draft", body)
		for _, want := range []string{
			`"input":{"text":"","files":["https://x/f"],"user":{"id":"u","first_name":"Ada","last_name":"L","display_name":"Ada L","email":"a@b","additional_attributes":{"k":1},"timezone":"UTC","role":"member","is_super_admin":false}}`,
			`"title":"T"`, `"output_format":"markdown"`, `"output_schema":{"a":[1,2]}`, `"additional_context":"ctx"`, `"expected_output":"out"`,
			`"instructions_override":"over"`, `"think_mode":"harder"`, `"disable_attachment_injection":true`, `"events_streaming":true`, `"payload_extension":{"p":1}`,
			`"triggering_agent_id":"tr"`, `"worker_id":"w"`, `"source":"sdk"`, `"mcp_servers":[{"name":"m"}]`, `"test_run_node_id":"n"`, `"return_metrics":true`,
			`"llm_model_provider":"nim"`, `"llm_model_name":"mm"`, `"llm_reasoning_effort":"xhigh"`, `"agent_version":"draft"`,
		} {
			if !strings.Contains(got, want) {
				t.Errorf("%s is not in %s", want, got)
			}
		}
		if everything := got + string(m.Snapshot()) + fmt.Sprint(m.Calls(matchAll)); strings.Contains(everything, "tok-") {
			t.Errorf("a token is shown: %s", everything)
		}
	})
}

func TestRefusedInvokes(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.replies(script.Reply{Text: "the first that runs"}, script.Reply{Hold: true})
		field := func(loc string) string { return `"loc":["body",` + loc + `]` }
		for _, op := range []string{"/invoke", "/invoke/async", "/invoke/stream"} {
			for _, c := range []struct {
				path, body string
				status     int
				want       string
			}{
				{"/v1/agents/none", `{`, 404, `{"detail":"Agent not found"}`},
				{m.agent, `{`, 422, `"loc":["body",`},
				{m.agent, ``, 422, `"loc":["body"]`},
				{m.agent, `[]`, 422, `"loc":["body"]`},
				{m.agent, `{}`, 422, field(`"input"`)},
				{m.agent, `{"input":null}`, 422, field(`"input"`)},
				{m.agent, `{"input":"hi"}`, 422, field(`"input"`)},
				{m.agent, `{"input":{}}`, 422, field(`"input"`)},
				{m.agent, `{"input":{"text":"","files":[]}}`, 422, field(`"input"`)},
				{m.agent, `{"input":{"text":5}}`, 422, field(`"input","text"`)},
				{m.agent, `{"input":{"text":"x","files":[1]}}`, 422, field(`"input","files",0`)},
				{m.agent, `{"input":{"text":"x","user":{}}}`, 422, field(`"input","user","email"`)},
				{m.agent, `{"input":{"text":"x","user":{"email":null}}}`, 422, field(`"input","user","email"`)},
				{m.agent, `{"input":{"text":"x"},"output_format":"html"}`, 422, `Input should be 'text', 'markdown' or 'json'`},
				{m.agent, `{"input":{"text":"x"},"think_mode":"hard"}`, 422, field(`"think_mode"`)},
				{m.agent, `{"input":{"text":"x"},"id":7}`, 422, field(`"id"`)},
				{m.agent, `{"input":{"text":"x"},"mcp_servers":["x"]}`, 422, field(`"mcp_servers",0`)},
				{m.agent + "?", "{\"input\":{\"text\":\"\xff\"}}", 400, `There was an error parsing the body`},
			} {
				response, err := m.try(m.t.Context(), "POST", strings.TrimSuffix(c.path, "?")+op, c.body)
				if err != nil {
					t.Fatal(err)
				}
				response.Body.Close()
				if kind := response.Header.Get("Content-Type"); kind != "application/json" {
					t.Errorf("%s: %s", op, kind)
				}
				if got := m.do(c.status, "POST", strings.TrimSuffix(c.path, "?")+op, c.body); !strings.Contains(got, c.want) {
					t.Errorf("%s %s %s: %s, want %s", c.path, op, c.body, got, c.want)
				}
			}
			for _, version := range []string{"3", "0", "x", ""} {
				m.do(404, "POST", m.agent+op+"?version="+version, asks("", "x"))
			}
			m.key = ""
			if got := m.do(401, "POST", "/v1/agents/none"+op, `{`); got != `{"detail":"Invalid or missing API key"}` {
				t.Error(got)
			}
			m.key = "k"
			m.do(200, "PATCH", m.agent, `{"status":"INACTIVE"}`)
			m.do(422, "POST", m.agent+op, `{}`) // the body comes first
			m.do(400, "POST", m.agent+op, asks("", "x"))
			m.do(200, "PATCH", m.agent, `{"status":"ACTIVE"}`)
		}
		if tasks, _ := m.tasks(); tasks != 0 {
			t.Errorf("%d tasks are there", tasks)
		}
		// None of them took a reply.
		if got := m.task("POST", m.agent+"/invoke?version=2", asks("t", "x")).line(); got != "completed the first that runs" {
			t.Error(got)
		}
		// A task that runs, and one of another agent.
		m.start("held", "x")
		other, _ := m.newAgent()
		for _, op := range []string{"/invoke", "/invoke/async", "/invoke/stream"} {
			if got := m.do(409, "POST", m.agent+op, asks("held", "y")); got != `{"detail":"Task is already running"}` {
				t.Error(got)
			}
			m.do(409, "POST", other+op, asks("t", "y"))
		}
		if tasks, turns := m.tasks(); tasks != 2 || turns != 2 {
			t.Errorf("%d tasks, %d turns", tasks, turns)
		}
	})
}

// A turn that follows is one more on the same task.
func TestFollowUps(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		var histories []int
		m.ScriptFunc(mockserver.Xpander, func(turn script.Turn) script.Reply {
			histories = append(histories, len(turn.History))
			if turn.Agent != m.id || turn.Thread != "t" || turn.API != mockserver.Xpander {
				t.Errorf("%+v", turn)
			}
			return script.Echo(turn)
		})
		first := m.task("POST", m.agent+"/invoke", asks("t", "one", `"title":"T"`))
		<-time.After(time.Hour) // virtual
		if again := m.start("t", "two"); again.line() != "pending" || again.StartedAt != nil || again.FinishedAt != nil || again.Tokens != nil || again.Input.Text != "two" || again.CreatedAt != first.CreatedAt || *again.Title != "T" {
			t.Errorf("%+v", again)
		}
		if got := m.get("t"); got.line() != "completed Echo: two" || after(t, got.StartedAt) != time.Hour {
			t.Errorf("%+v", got)
		}
		if got := m.stream(asks("t", "one")); got != "task_created pending\ntask_updated executing\nchunk \"Echo: \"\nchunk \"one\"\ntask_finished completed Echo: one" {
			t.Error(got)
		}
		if tasks, turns := m.tasks(); tasks != 1 || turns != 3 {
			t.Errorf("%d tasks, %d turns", tasks, turns)
		}
		if diff := cmp.Diff([]int{0, 2, 4}, histories); diff != "" {
			t.Error(diff)
		}
		if got := m.messages("t"); got != "user: one\nassistant: Echo: one\nuser: two\nassistant: Echo: two\nuser: one\nassistant: Echo: one" {
			t.Error(got)
		}
		m.task("POST", "/v1/tasks/t/stop", "") // is over: stays as it is
		if got := m.get("t").line(); got != "completed Echo: one" {
			t.Error(got)
		}
	})
}

func TestQueuedFollowUps(t *testing.T) {
	withTasks(t, mockserver.Config{Variants: []string{mockserver.XpanderQueueFollowUps}}, func(m *taskMock) {
		m.replies(script.Reply{Hold: true, Text: "A"}, script.Reply{Text: "B", Delay: time.Hour}, script.Reply{Text: "C"}, script.Reply{Hold: true})
		m.start("t", "one")
		var streamed string
		var waited aTask
		var group sync.WaitGroup
		group.Go(func() { streamed = m.stream(asks("t", "two")) })
		synctest.Wait()
		group.Go(func() { waited = m.task("POST", m.agent+"/invoke", asks("t", "three")) })
		synctest.Wait()
		if got := m.get("t"); got.line() != "executing" || got.Input.Text != "one" {
			t.Errorf("%+v", got)
		}
		document := m.Snapshot()
		m.Release(mockserver.Xpander, "t")
		group.Wait()
		if streamed != "task_created pending\ntask_updated executing\nchunk \"B\"\ntask_finished completed B" || waited.line() != "completed C" || after(t, waited.StartedAt) != time.Hour {
			t.Errorf("%s\n%+v", streamed, waited)
		}
		if got := m.messages("t"); got != "user: one\nassistant: A\nuser: two\nassistant: B\nuser: three\nassistant: C" {
			t.Error(got)
		}
		// What waits is in a snapshot, too.
		if err := m.Restore(document); err != nil {
			t.Fatal(err)
		}
		m.Release(mockserver.Xpander, "t")
		if got := m.get("t"); got.line() != "pending" || got.Input.Text != "two" {
			t.Errorf("%+v", got)
		}
		<-time.After(time.Hour) // virtual
		if got := m.get("t"); got.line() != "completed C" {
			t.Errorf("%+v", got)
		}
		// A stop ends also what waits.
		m.start("s", "one")
		group.Go(func() { streamed = m.stream(asks("s", "two")) })
		synctest.Wait()
		if got := m.task("POST", "/v1/tasks/s/stop", ""); got.line() != "stopped" || got.Input.Text != "two" {
			t.Errorf("%+v", got)
		}
		group.Wait()
		if streamed != "task_created pending\ntask_finished stopped" {
			t.Error(streamed)
		}
	})
}

// Ids are any texts: they neither break frames nor get lost in paths.
func TestTaskIDsOfAnyCharacters(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		for _, id := range []string{"a/b", "a b", "a\r\nevent: x\n\ndata: {}", "%2F", "ünï", "..", "?x=#", "\x00", "\u2028", strings.Repeat("x", 1000)} {
			all := events(t, m.do(200, "POST", m.agent+"/invoke/stream", asks(id, "hi")))
			for _, e := range all {
				if e.TaskID != id {
					t.Errorf("%q became %q", id, e.TaskID)
				}
			}
			if got := m.get(url.PathEscape(id)); got.ID != id {
				t.Errorf("%q: %q", id, got.ID)
			}
		}
		// Without one, or with one that is empty, each is a task of its own.
		ids := map[string]bool{}
		for _, body := range []string{`{"input":{"text":"x"}}`, `{"id":null,"input":{"text":"x"}}`, `{"id":"","input":{"text":"x"}}`} {
			ids[m.task("POST", m.agent+"/invoke", body).ID] = true
		}
		if len(ids) != 3 || ids[""] {
			t.Errorf("%v", ids)
		}
	})
}

// Without a script JSON is said where it was asked for: the least that fits.
func TestDefaultReplyIsJSONIfAskedFor(t *testing.T) {
	for schema, want := range map[string]string{
		``:                  `{}`,
		`{"type":"object"}`: `{}`,
		`{"type":"object","required":["a","n","l","e","b"],"properties":{"a":{"type":"string","minLength":2},"n":{"type":"integer","minimum":3},"l":{"type":"array","minItems":2,"items":{"type":"number","maximum":-1}},"e":{"enum":["x","y"]},"b":{"type":["boolean","null"]},"z":{"type":"string"}}}`: `{"a":"aa","b":false,"e":"x","l":[-1,-1],"n":3}`,
		`{"properties":{"a":{"const":1}},"required":["a"]}`:         `{"a":1}`,
		`{"anyOf":[{"type":"array","items":{}},{"type":"string"}]}`: `[]`,
		`{"type":"null"}`:                                           `null`,
		`{"$ref":"#/x"}`:                                            `{}`,
		`{"type":"array","minItems":1000000000}`:                    `{}`,
		`{"type":"string","minLength":900000000}`:                   `{}`,
		`{"type":"object","required":["a"]}`:                        `{}`,
		strings.Repeat(`{"anyOf":[`, 40) + strings.Repeat(`]}`, 40): `{}`,
	} {
		withTasks(t, mockserver.Config{}, func(m *taskMock) {
			more := `"output_format":"json"`
			if schema != "" {
				more += `,"output_schema":` + schema
			}
			got := m.task("POST", m.agent+"/invoke", asks("t", "x", more))
			if got.line() != "completed "+want || !json.Valid([]byte(*got.Result)) {
				t.Errorf("%.100s: %s, want %s", schema, got.line(), want)
			}
			m.replies(script.Reply{Text: "as scripted"})
			if got := m.task("POST", m.agent+"/invoke", asks("u", "x", more)); got.line() != "completed as scripted" {
				t.Error(got.line())
			}
		})
	}
}

// One that is carried out is one, whatever becomes of its response; one that
// is not is none, and takes no reply.
func TestFaultsOfInvokes(t *testing.T) {
	for _, c := range []struct{ op, path string }{
		{mockserver.XpanderInvokeAgent, "/invoke"}, {mockserver.XpanderStartTask, "/invoke/async"}, {mockserver.XpanderStreamTask, "/invoke/stream"},
	} {
		for name, f := range map[string]struct {
			fault  fault.Fault
			status int // 0: the connection breaks
			turns  int
		}{
			"dropped before":        {fault.Drop(fault.BeforeCommit), 0, 0},
			"dropped after":         {fault.Drop(fault.AfterCommit), 0, 1},
			"429":                   {fault.Status(429), 429, 0},
			"500 before":            {fault.Status(500, fault.BeforeCommit), 500, 0},
			"500 after":             {fault.Status(500, fault.AfterCommit), 500, 1},
			"502 after":             {fault.Status(502, fault.AfterCommit), 502, 1},
			"503 after":             {fault.Status(503, fault.AfterCommit), 503, 1},
			"a response of nothing": {fault.Omit("/id", fault.BeforeCommit), 200, 0},
		} {
			if name == "a response of nothing" && c.path == "/invoke/stream" {
				continue // an edit of a body, which a stream has not
			}
			withTasks(t, mockserver.Config{}, func(m *taskMock) {
				m.replies(script.Reply{Text: "A"}, script.Reply{Text: "B"})
				m.Fail(c.op, f.fault)
				response, err := m.try(m.t.Context(), "POST", m.agent+c.path, asks("t", "hi"))
				if (err != nil) != (f.status == 0) || err == nil && response.StatusCode != f.status {
					t.Errorf("%s %s: %v %v", c.path, name, response, err)
				}
				if err == nil {
					response.Body.Close()
				}
				if tasks, turns := m.tasks(); tasks != f.turns || turns != f.turns {
					t.Errorf("%s %s: %d tasks, %d turns", c.path, name, tasks, turns)
				}
				want := "completed " + string("AB"[f.turns])
				if got := m.task("POST", m.agent+"/invoke", asks("u", "hi")).line(); got != want {
					t.Errorf("%s %s: the next is %s, want %s", c.path, name, got, want)
				}
			})
		}
	}
}

// A response that only pretends looks like any other: also that of a turn
// that follows, and of one that waits.
func TestPretendedInvokes(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.task("POST", m.agent+"/invoke", asks("t", "one"))
		before := string(m.Snapshot())
		for _, id := range []string{"t", "new"} {
			m.Fail(mockserver.XpanderInvokeAgent, fault.UnknownField("", fault.BeforeCommit))
			if got := m.task("POST", m.agent+"/invoke", asks(id, "two")); got.line() != "completed Hello! I'm a simulated reply." || got.Input.Text != "two" {
				t.Errorf("%+v", got)
			}
			m.Fail(mockserver.XpanderStartTask, fault.UnknownField("", fault.BeforeCommit))
			if got := m.start(id, "two"); got.line() != "pending" || got.Input.Text != "two" {
				t.Errorf("%+v", got)
			}
		}
		m.Fail(mockserver.XpanderStopTask, fault.UnknownField("", fault.BeforeCommit))
		m.task("POST", "/v1/tasks/t/stop", "")
		if after := string(m.Snapshot()); after != before {
			t.Errorf("the state changed from\n%s\nto\n%s", before, after)
		}
		m.replies(script.Reply{Hold: true})
		m.start("held", "hi")
		m.Fail(mockserver.XpanderStopTask, fault.UnknownField("", fault.BeforeCommit))
		if got := m.task("POST", "/v1/tasks/held/stop", ""); got.line() != "stopped" || !got.IsManuallyStopped {
			t.Errorf("%+v", got)
		}
		if got := m.get("held").line(); got != "executing" {
			t.Error(got)
		}
	})
}

func TestShortTasks(t *testing.T) {
	withTasks(t, mockserver.Config{Variants: []string{mockserver.XpanderShortTasks}}, func(m *taskMock) {
		const rest = `"result":null,"created_at":"2000-01-01T00:00:00.000000Z","started_at":null,"finished_at":null}`
		started := m.do(200, "POST", m.agent+"/invoke/async", asks("t", "hi"))
		if i := strings.Index(started, `"status"`); i < 0 || started[i:] != `"status":"pending",`+rest {
			t.Error(started)
		}
		if got := m.do(200, "GET", "/v1/tasks/t", ""); !strings.Contains(got, `"input":{"text":"hi","files":[]},"result":"Hello`) {
			t.Error(got)
		}
		if got := m.stream(asks("u", "hi")); !strings.HasPrefix(got, "task_created pending\n") {
			t.Error(got)
		}
	})
}
