package orq_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// streams are the requests that stream a run.
var streams = []struct{ op, path, body string }{
	{mockserver.OrqStreamTask, desk + "/stream-task", asks("hi")},
	{mockserver.OrqCreateAgentResponse, desk + "/responses", asks("hi", `"stream":true`)},
	{mockserver.OrqCreateResponse, router, routes("hi", `"stream":true`)},
}

// madeUp finds what is made up in the data of a stream, by the names of its
// members.
func madeUp(t *testing.T, data []string, members map[string]string) map[string]string {
	t.Helper()
	names := make(map[string]string)
	var walk func(value any)
	walk = func(value any) {
		switch value := value.(type) {
		case map[string]any:
			for name, inner := range value {
				if text, ok := inner.(string); ok && members[name] != "" && names[text] == "" {
					names[text] = members[name]
				}
				walk(inner)
			}
		case []any:
			for _, inner := range value {
				walk(inner)
			}
		}
	}
	for _, text := range data {
		var value any
		if text != "[DONE]" && json.Unmarshal([]byte(text), &value) != nil {
			t.Fatalf("%s is no JSON", text)
		}
		walk(value)
	}
	return names
}

func TestTaskStreamFrameByFrame(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.replies(script.Reply{Text: "Fo\r\nur.", Delay: time.Second})
		stream := m.do(200, "POST", desk+"/stream-task", strings.Replace(asks("Two plus two?"), `"role"`, `"messageId":"M1","role"`, 1))
		_, data := frames(t, stream)
		names := madeUp(t, data, map[string]string{
			"agent_task_id": "TASK", "workspace_id": "WS", "trace_id": "TRACE", "agent_manifest_id": "AGENT", "responseId": "R",
		})
		var thought struct {
			Data struct {
				Difference map[string]any `json:"message_difference"`
			}
		}
		if err := json.Unmarshal([]byte(data[2]), &thought); err != nil {
			t.Fatal(err)
		}
		for id := range thought.Data.Difference {
			names[id] = "M2"
		}
		context := m.tasks()[0].ContextID
		names[context] = "CONTEXT"
		const usage = `"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}`
		const parts = `"parts":[{"kind":"text","text":"Fo\r\nur."}]`
		want := []string{
			`{"type":"agents.execution_started","timestamp":"2000-01-01T00:00:00.000Z","data":{"agent_task_id":"TASK","workspace_id":"WS","trace_id":"TRACE"}}`,
			`{"type":"event.agents.started","timestamp":"2000-01-01T00:00:01.000Z","data":{"workflowRunId":"TRACE","inputMessage":{"messageId":"M1","role":"user","parts":[{"kind":"text","text":"Two plus two?"}]},` +
				`"modelId":"openai/gpt-4o","instructions":"","system_prompt":"","agent_manifest_id":"AGENT","agent_key":"desk","agent_description":"Answers","variables":{},"is_continuation":false,"stream":true,"responseId":"R"}}`,
			`{"type":"event.agents.thought","timestamp":"2000-01-01T00:00:01.000Z","data":{"agent_id":"AGENT","message_difference":{"M2":{"messageId":"M2","role":"agent",` + parts +
				`,"agent_id":"AGENT","agent_execution_id":"TASK","workspace_id":"WS"}},"iteration":1,"accumulated_execution_time":1000,` +
				`"choice":{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"Fo\r\nur."}},"responseId":"R",` + usage + `}}`,
			`{"type":"event.agents.inactive","timestamp":"2000-01-01T00:00:01.000Z","data":{"last_message":"Fo\r\nur.","last_message_full":{"kind":"message","messageId":"M2","role":"agent",` + parts +
				`,"taskId":"TASK","contextId":"CONTEXT"},"finish_reason":"stop","workflowRunId":"TRACE",` + usage +
				`,"billing":{"total_cost":0,"input_cost":0,"output_cost":0,"billable":false,"integration_id":null},"responseId":"R"}}`,
			"[DONE]",
		}
		var got []string
		for _, text := range data {
			got = append(got, masked(text, names))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestAgentResponseStreamFrameByFrame(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.replies(script.Reply{Chunks: []string{"Fo", "ur."}, Usage: &script.Usage{Input: 9, Output: 2}})
		_, data := frames(t, m.do(200, "POST", desk+"/responses", asks("Two plus two?", `"stream":true`)))
		names := madeUp(t, data, map[string]string{"taskId": "TASK", "responseId": "R", "workflowRunId": "TRACE", "span_id": "SPAN", "partId": "PART"})
		stamp := `"timestamp":"2000-01-01T00:00:00.000Z"`
		want := []string{
			`{"type":"response.started",` + stamp + `,"data":{"responseId":"R","taskId":"TASK","model":"openai/gpt-4o","workflowRunId":"TRACE"}}`,
			`{"type":"part.delta",` + stamp + `,"data":{"partId":"PART","delta":{"kind":"text","text":"Fo"}}}`,
			`{"type":"part.delta",` + stamp + `,"data":{"partId":"PART","delta":{"kind":"text","text":"ur."}}}`,
			`{"type":"part.done",` + stamp + `,"data":{"partId":"PART","part":{"kind":"text","text":"Four."}}}`,
			`{"type":"response.done",` + stamp + `,"data":{"finishReason":"stop","usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11},"telemetry":{"trace_id":"TRACE","span_id":"SPAN"}}}`,
			"[DONE]",
		}
		var got []string
		for _, text := range data {
			got = append(got, masked(text, names))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		for text, name := range names {
			if name == "PART" && !strings.HasPrefix(text, "text_") {
				t.Errorf("the part is %q", text)
			}
		}
	})
}

// A round of tools: one that fails, one that needs approval, one that the
// caller has to run.
func TestToolsInStreams(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		reply := script.Reply{Text: "done", Tools: []script.ToolCall{
			{Name: "current_date", Error: "no clock"}, {Name: "web_scraper", Result: "a page"}, {Name: "weather", ID: "c1"},
		}}
		for i, want := range []string{
			"agents.execution_started\nevent.agents.started\nevent.agents.thought\n" +
				"event.workflow_events.tool_execution_started\nevent.workflow_events.tool_execution_failed\n" +
				"event.agents.action_review_requested\nevent.agents.action_reviewed\n" +
				"event.workflow_events.tool_execution_started\nevent.workflow_events.tool_execution_finished\nevent.agents.inactive\n[DONE]",
			"response.started\ntool.started\ntool.failed\ntool.review.requested\ntool.review.done\ntool.started\ntool.done\nresponse.done\n[DONE]",
			"response.created\nresponse.in_progress\nresponse.output_item.added\nresponse.output_item.done\nresponse.output_item.added\nresponse.output_item.done\n" +
				"response.output_item.added\nresponse.function_call_arguments.delta\nresponse.function_call_arguments.done\nresponse.output_item.done\nresponse.completed\n[DONE]",
		} {
			m.replies(reply)
			var stream string
			var group sync.WaitGroup
			group.Go(func() { stream = m.do(200, "POST", streams[i].path, streams[i].body) })
			synctest.Wait()
			id := m.tasks()[0].ID
			if n := m.Release(mockserver.Orq, id); n != 1 {
				t.Errorf("released %d", n)
			}
			group.Wait()
			if got := kinds(t, stream); got != want {
				t.Errorf("%s:\n%s", streams[i].path, got)
			}
			if i == 1 && !strings.Contains(stream, `"data":{"finishReason":"function_call","usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2},"pendingToolCalls":[{"id":"c1","type":"function",`) {
				t.Error(stream)
			}
			if i == 0 {
				for _, want := range []string{
					`"requires_approval":true,"tool":{"id":`, `"input":{},"agent_tool_call_id":"call_`, `"review":"approved","workflowRunId":`,
					`"tool_key":"web_scraper","action_type":"web_scraper","tool_arguments":{},"tool_execution_context":{"action_id":`,
					`"result":"a page","action_type":"web_scraper"`, `"error":{"message":"no clock"},"action_type":"current_date"`, `"product":"agents"}`,
					`"finish_reason":"tool_calls","pending_tool_calls":[{"id":"c1","type":"function","function":{"name":"weather","arguments":"{}"}}]`,
				} {
					if !strings.Contains(stream, want) {
						t.Errorf("%s is not in %s", want, stream)
					}
				}
			}
			// The stream goes on with the result.
			more := m.do(200, "POST", desk+"/stream-task", returns(id, "c1", `"rain"`))
			if got := kinds(t, more); got != "agents.execution_started\nevent.agents.started\nevent.agents.thought\nevent.agents.inactive\n[DONE]" || !strings.Contains(more, `"last_message":"done"`) {
				t.Errorf("%s: %s", streams[i].path, more)
			}
		}
	})
}

// An agent that asks is reviewed as a whole.
func TestAsking(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.replies(script.Reply{Ask: "may I?", Text: "thanks"})
		var stream string
		var group sync.WaitGroup
		group.Go(func() { stream = m.do(200, "POST", desk+"/stream-task", asks("x")) })
		synctest.Wait()
		if got := m.tasks()[0]; got.line() != "input-required" {
			t.Error(got.line())
		}
		m.Release(mockserver.Orq, "")
		group.Wait()
		if got := kinds(t, stream); got != "agents.execution_started\nevent.agents.started\nevent.agents.execution_review_required\n"+
			"event.agents.execution_reviewed\nevent.agents.thought\nevent.agents.inactive\n[DONE]" {
			t.Error(got)
		}
	})
}

func TestEndsOfStreams(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		for _, c := range []struct {
			reply    script.Reply
			task, v2 string
		}{
			{script.Reply{Error: "busy"}, `{"error":"busy","code":500,`, `{"error":"busy","code":500}`},
			{script.Reply{Error: "busy", Code: "429"}, `{"error":"busy","code":429,`, `{"error":"busy","code":429}`},
			{script.Reply{Error: "-", Code: "max_iterations", Text: "x"}, `"finish_reason":"max_iterations"`, `"finishReason":"max_iterations"`},
		} {
			m.replies(c.reply, c.reply)
			for i, want := range []string{c.task, c.v2} {
				_, data := frames(t, m.do(200, "POST", streams[i].path, streams[i].body))
				if last := data[len(data)-2]; !strings.Contains(last, want) || data[len(data)-1] != "[DONE]" {
					t.Errorf("%s: %s, want %s", streams[i].path, last, want)
				}
			}
		}
	})
}

// A stream that lasts too long ends, and its run goes on.
func TestStreamTimeout(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.replies(script.Reply{Text: "late", Delay: time.Hour}, script.Reply{Text: "in time", Delay: 1799 * time.Second}, script.Reply{Hold: true})
		for i, c := range []struct {
			more []string
			last string
			took time.Duration
		}{
			{[]string{`"stream_timeout_seconds":2.5`}, "agents.timeout", 2500 * time.Millisecond}, {nil, "event.agents.inactive", 1799 * time.Second}, {nil, "agents.timeout", 30 * time.Minute},
		} {
			began := time.Now()
			got := kinds(t, m.do(200, "POST", desk+"/stream-task", asks("x", c.more...)))
			if !strings.HasSuffix(got, c.last+"\n[DONE]") || time.Since(began) != c.took {
				t.Errorf("%d: %s after %s", i, got, time.Since(began))
			}
		}
		<-time.After(time.Hour) // virtual
		if tasks := m.tasks(); tasks[2].line() != "completed agent: late" || tasks[0].line() != "working" {
			t.Errorf("%s, %s", tasks[2].line(), tasks[0].line())
		}
	})
}

func TestStreamsWithoutDone(t *testing.T) {
	withTasks(t, with(mockserver.OrqNoDone), func(m *taskMock) {
		for _, s := range streams {
			if got := kinds(t, m.do(200, "POST", s.path, s.body)); strings.Contains(got, "DONE") {
				t.Errorf("%s: %s", s.path, got)
			}
		}
	})
}

func TestFaultsOfStreams(t *testing.T) {
	for i, s := range streams {
		var whole []string // the types of all frames
		withTasks(t, mockserver.Config{}, func(m *taskMock) {
			m.replies(script.Reply{Chunks: []string{"a"}})
			whole = strings.Split(kinds(t, m.do(200, "POST", s.path, s.body)), "\n")
		})
		last := len(whole) - 1
		withoutLast := strings.Join(append(append([]string{}, whole[:last-1]...), "[DONE]"), "\n")
		for name, c := range map[string]struct {
			fault fault.Fault
			want  string
			cut   bool
		}{
			"cut after its id":      {fault.CutStream(1), whole[0], true},
			"cut before [DONE]":     {fault.CutStream(last), strings.Join(whole[:last], "\n"), true},
			"no last event":         {fault.NoLastEvent(), withoutLast, false},
			"split":                 {fault.SplitWrites(7), strings.Join(whole, "\n"), false},
			"paused":                {fault.PauseStream(2, time.Hour), strings.Join(whole, "\n"), false},
			"dropped":               {fault.Drop(fault.AfterCommit), "", true},
			"reset":                 {fault.Reset(fault.AfterCommit), "", true},
			"a gateway, instead":    {fault.Status(502, fault.AfterCommit), "502", false},
			"a gateway, beforehand": {fault.Status(502, fault.BeforeCommit), "502 before", false},
		} {
			withTasks(t, mockserver.Config{}, func(m *taskMock) {
				m.replies(script.Reply{Chunks: []string{"a"}})
				m.Fail(s.op, c.fault)
				status, tasks := 200, 1
				if strings.HasPrefix(c.want, "502") {
					status = 502
				}
				if c.want == "502 before" {
					tasks = 0
				}
				text, err := m.text(status, "POST", s.path, s.body)
				if (err != nil) != c.cut {
					t.Errorf("%d %s: error is %v", i, name, err)
				}
				if status == 200 {
					if got := kinds(t, text); got != c.want {
						t.Errorf("%d %s: %q, want %q", i, name, got, c.want)
					}
				}
				// The run goes on, whatever became of the connection.
				got := m.tasks()
				if len(got) != tasks || tasks == 1 && got[0].line() != "completed agent: a" {
					t.Errorf("%d %s: %+v", i, name, got)
				}
			})
		}
	}
}

func TestStreamsEndWithTheState(t *testing.T) {
	for name, end := range map[string]func(*taskMock) error{
		"reset":    func(m *taskMock) error { return m.Reset("state") },
		"restored": func(m *taskMock) error { return m.Restore(m.Snapshot()) },
	} {
		withTasks(t, mockserver.Config{}, func(m *taskMock) {
			for _, s := range streams {
				m.replies(script.Reply{Hold: true})
				var text string
				var err error
				var group sync.WaitGroup
				group.Go(func() { text, err = m.text(200, "POST", s.path, s.body) })
				<-time.After(time.Minute) // virtual
				if failed := end(m); failed != nil {
					t.Fatal(failed)
				}
				group.Wait()
				if err == nil || strings.Contains(text, "[DONE]") {
					t.Errorf("%s %s: %v %q", name, s.path, err, text)
				}
				if name == "reset" {
					m.do(201, "POST", "/v2/agents", agentBody(t, map[string]string{"key": `"desk"`}))
				}
			}
		})
	}
}

// A client that goes stops nothing, and the request is over at once.
func TestReadersThatGo(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		for _, s := range streams {
			m.replies(script.Reply{Text: "a b", Pace: time.Hour})
			ctx, cancel := context.WithCancel(m.t.Context())
			response, err := m.try(ctx, "POST", s.path, strings.Replace(s.body, "hi", strings.Repeat("x", 300_000), 1))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := bufio.NewReader(response.Body).ReadString('\n'); err != nil {
				t.Error(err)
			}
			cancel()
			synctest.Wait()
			response.Body.Close()
			if call := m.Calls(journal.Match{Op: s.op})[0]; call.Outcome != journal.ClientGone || !call.Committed {
				t.Errorf("%s: the journal has %v", s.path, call.Outcome)
			}
			<-time.After(time.Hour) // virtual
			if got := m.tasks()[0].line(); got != "completed agent: a b" {
				t.Errorf("%s: the task is %s", s.path, got)
			}
		}
		// The same for those that wait.
		for _, path := range []string{desk + "/responses", router} {
			m.replies(script.Reply{Text: "c", Delay: time.Hour})
			ctx, cancel := context.WithTimeout(m.t.Context(), time.Minute)
			body := asks("hi")
			if path == router {
				body = routes("hi")
			}
			if _, err := m.try(ctx, "POST", path, body); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			cancel()
			<-time.After(time.Hour) // virtual
			if got := m.tasks()[0].line(); got != "completed agent: c" {
				t.Errorf("%s: the task is %s", path, got)
			}
		}
	})
}

// Streams follow a clock that stands still and is moved by hand.
func TestStreamsFollowTheClock(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.SetTime(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
		m.replies(script.Reply{Text: "a b", Delay: time.Second, Pace: time.Hour})
		var got string
		var group sync.WaitGroup
		group.Go(func() { got = m.do(200, "POST", desk+"/responses", asks("hi", `"stream":true`)) })
		<-time.After(24 * time.Hour) // virtual: nothing moves the clock
		for _, move := range []struct {
			by   time.Duration
			told int
		}{{0, 1}, {time.Second, 2}, {time.Minute, 2}, {-time.Minute, 2}} {
			m.Advance(move.by)
			synctest.Wait()
			if told := m.Calls(journal.Match{Op: mockserver.OrqCreateAgentResponse})[0].Events; told != move.told {
				t.Errorf("after %s more %d events were sent, want %d", move.by, told, move.told)
			}
		}
		m.Advance(time.Hour)
		group.Wait()
		if !strings.Contains(got, `"type":"response.done","timestamp":"2030-01-01T01:00:01.000Z"`) {
			t.Error(got)
		}
	})
}

// Over a network and by the clock of the machine: a stream that is held shows
// what it has, and goes on when it is released.
func TestStreamsOverTheNetwork(t *testing.T) {
	m := &taskMock{t: t, Server: mockserver.Start(t, mockserver.Config{}), key: "k"}
	m.do(201, "POST", "/v2/agents", agentBody(t, map[string]string{"key": `"desk"`}))
	for _, s := range streams {
		m.replies(script.Reply{Text: "a b", Hold: true})
		response, err := m.try(t.Context(), "POST", s.path, s.body)
		if err != nil {
			t.Fatal(err)
		}
		body := bufio.NewReader(response.Body)
		if _, err := body.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		if call := m.Calls(journal.Match{Op: s.op})[0]; call.Outcome != journal.Open || call.Events == 0 {
			t.Errorf("%s: %+v", s.path, call)
		}
		if n := m.Release(mockserver.Orq, ""); n != 1 {
			t.Errorf("released %d", n)
		}
		rest, err := io.ReadAll(body)
		response.Body.Close()
		if err != nil || !strings.HasSuffix(string(rest), "data: [DONE]\n\n") {
			t.Errorf("%s: %v %s", s.path, err, rest)
		}
	}
}

// Every reply goes to one run, and every run gets one, however many there are
// at once, of whatever surface.
func TestRepliesOfRunsAtOnce(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		const rounds = 40
		requests := []struct{ path, body string }{
			{desk + "/task", asks("x", `"configuration":{"blocking":true}`)}, {desk + "/stream-task", asks("x")}, {desk + "/responses", asks("x")},
			{desk + "/responses", asks("x", `"stream":true`)}, {router, routes("x")}, {router, routes("x", `"stream":true`)}, {router, routes("x", `"background":true`)},
		}
		for i := range rounds * len(requests) {
			m.replies(script.Reply{Text: fmt.Sprintf("<%d>", i)})
		}
		for range rounds {
			var group sync.WaitGroup
			for _, r := range requests {
				group.Go(func() { m.do(200, "POST", r.path, r.body) })
			}
			group.Wait()
		}
		taken := map[string]bool{}
		query := ""
		for {
			page := read[struct {
				Tasks []aTask
				Total int `json:"overall_total"`
			}](m, "GET", desk+"/tasks?limit=200"+query, "")
			if page.Total != rounds*len(requests) {
				t.Fatalf("%d tasks are there", page.Total)
			}
			for _, task := range page.Tasks {
				if taken[task.line()] || !strings.HasPrefix(task.line(), "completed agent: <") {
					t.Errorf("%s", task.line())
				}
				taken[task.line()] = true
				query = "&starting_after=" + task.ID
			}
			if len(page.Tasks) < 200 {
				break
			}
		}
		if len(taken) != rounds*len(requests) {
			t.Errorf("%d replies were taken", len(taken))
		}
	})
}
