package xpander_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
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

func TestStreamFrameByFrame(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.replies(script.Reply{Delay: 200 * time.Millisecond, Chunks: []string{"There are ", "nine."}, Pace: 100 * time.Millisecond})
		response, err := m.try(m.t.Context(), "POST", m.agent+"/invoke/stream", asks("boxes", "Count the boxes"))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if kind := response.Header.Get("Content-Type"); kind != "text/event-stream" || response.StatusCode != 200 {
			t.Errorf("%d %s", response.StatusCode, kind)
		}
		if response.Header.Get("X-RateLimit-Limit") == "" {
			t.Error("the stream tells of no rate limit")
		}
		stream, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		all := events(t, string(stream))
		var got []string
		for _, e := range all {
			got = append(got, after(t, &e.Time).String()+" "+e.line(t))
			if e.TaskID != "boxes" || e.OrganizationID != all[0].OrganizationID || e.OrganizationID == "" {
				t.Errorf("%+v", e)
			}
		}
		if diff := cmp.Diff([]string{
			"0s task_created pending",
			"200ms task_updated executing",
			`200ms chunk "There are "`,
			`300ms chunk "nine."`,
			"300ms task_finished completed There are nine.",
		}, got); diff != "" {
			t.Error(diff)
		}
		// The first and the last frame hold the whole task.
		const created = `{"type":"task_created","task_id":"boxes","organization_id":"ORG","time":"2000-01-01T00:00:00.000000Z","data":{` +
			`"id":"boxes","agent_id":"AGENT","organization_id":"ORG","input":{"text":"Count the boxes","files":[],"user":null},"status":"pending",` +
			`"internal_status":null,"last_executed_node_id":null,"agent_version":"2","created_at":"2000-01-01T00:00:00.000000Z","started_at":null,"paused_at":null,"finished_at":null,` +
			`"result":null,"parent_execution":null,"sub_executions":[],"finished_sub_executions":[],"is_manually_stopped":false,"payload_extension":null,"hitl_request":null,` +
			`"pending_eca_request":null,"source":"api","worker_id":null,"additional_context":null,"expected_output":null,"output_format":"text","output_schema":null,` +
			`"events_streaming":false,"used_mutating_tools":false,"is_continuous":false,"mcp_servers":[],"triggering_agent_id":null,"title":null,"think_mode":"default",` +
			`"disable_attachment_injection":false,"instructions_override":null,"test_run_node_id":null,"return_metrics":false,"execution_attempts":1,"tokens":null,` +
			`"llm_model_provider":"openai","llm_model_name":"gpt-4.1","llm_reasoning_effort":null}}`
		frames := strings.SplitAfter(string(stream), "\n\n")
		want := "data: " + strings.NewReplacer("ORG", all[0].OrganizationID, "AGENT", m.id).Replace(created) + "\n\n"
		if diff := cmp.Diff(want, frames[0]); diff != "" {
			t.Error(diff)
		}
		if last := string(all[4].Data); last != m.do(200, "GET", "/v1/tasks/boxes", "") {
			t.Errorf("the last event and the task differ: %s", last)
		}
		if call := m.Calls(journal.Match{Op: mockserver.XpanderStreamTask})[0]; call.Events != 5 || call.Outcome != journal.Complete || call.Response != string(stream) {
			t.Errorf("the journal has %+v", call)
		}
	})
}

func TestEndsOfStreams(t *testing.T) {
	for name, c := range map[string]struct {
		reply script.Reply
		want  string
	}{
		"nothing said":           {script.Reply{}, "task_finished completed "},
		"default":                {script.Reply{Text: "a  b"}, "chunk \"a  \"\nchunk \"b\"\ntask_finished completed a  b"},
		"failed":                 {script.Reply{Error: "the model is busy"}, "task_finished failed the model is busy"},
		"failed after a word":    {script.Reply{Text: "well", Error: "no"}, "chunk \"well\"\ntask_finished failed no"},
		"error":                  {script.Reply{Error: "no", Code: "error"}, "task_finished error no"},
		"a word for no failure":  {script.Reply{Error: "no", Code: "completed"}, "task_finished failed no"},
		"a word for no end":      {script.Reply{Error: "no", Code: "executing"}, "task_finished failed no"},
		"a word that is unknown": {script.Reply{Error: "no", Code: "timed_out"}, "task_finished timed_out no"},
		"line breaks":            {script.Reply{Chunks: []string{"a\r\nevent: x\r\ndata: {}\r\n\r\n", "\u2028"}}, `chunk "a\r\nevent: x\r\ndata: {}\r\n\r\n"` + "\nchunk \"\\u2028\"\ntask_finished completed a\r\nevent: x\r\ndata: {}\r\n\r\n\u2028"},
	} {
		withTasks(t, mockserver.Config{}, func(m *taskMock) {
			m.replies(c.reply)
			if got, want := m.stream(asks("t", "hi")), "task_created pending\ntask_updated executing\n"+c.want; got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		})
	}
}

// Events of tools come only where they were asked for.
func TestToolsInStreams(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		tools := []script.ToolCall{
			{ID: "c1", Name: "look\nup", Arguments: map[string]any{"q": "x"}, Result: []int{1}},
			{Name: "sum", Error: "too large"},
		}
		m.replies(script.Reply{Tools: tools, Text: "ok"}, script.Reply{Tools: tools, Text: "ok"})
		if got := m.stream(asks("quiet", "hi")); got != "task_created pending\ntask_updated executing\nchunk \"ok\"\ntask_finished completed ok" {
			t.Error(got)
		}
		all := events(t, m.do(200, "POST", m.agent+"/invoke/stream", asks("loud", "hi", `"events_streaming":true`)))
		type call struct {
			RequestID   string `json:"request_id"`
			OperationID string `json:"operation_id"`
			ToolCallID  string `json:"tool_call_id"`
			ToolName    string `json:"tool_name"`
			Payload     any
			Result      any
			IsError     *bool `json:"is_error"`
		}
		var got []call
		for _, e := range all[2:6] {
			var one call
			if err := json.Unmarshal(e.Data, &one); err != nil {
				t.Fatal(err)
			}
			got = append(got, one)
		}
		if got[0].RequestID == "" || got[2].RequestID == got[0].RequestID || got[2].ToolCallID == "" {
			t.Errorf("%+v", got)
		}
		if all[2].Type != "tool_call_request" || all[3].Type != "tool_call_result" || len(all) != 8 {
			t.Errorf("%+v", all)
		}
		want := []call{
			{got[0].RequestID, "look\nup", "c1", "look\nup", map[string]any{"q": "x"}, nil, nil},
			{got[0].RequestID, "look\nup", "c1", "look\nup", map[string]any{"q": "x"}, []any{1.0}, new(false)},
			{got[2].RequestID, "sum", got[2].ToolCallID, "sum", map[string]any{}, nil, nil},
			{got[2].RequestID, "sum", got[2].ToolCallID, "sum", map[string]any{}, "too large", new(true)},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// What is done to a task from outside shows in its stream, which ends with the
// task: also one that was deleted.
func TestStreamsFollowTheirTask(t *testing.T) {
	for name, c := range map[string]struct {
		reply script.Reply
		act   func(*taskMock)
		want  string
	}{
		"released": {script.Reply{Hold: true, Text: "ok"}, func(m *taskMock) { m.Release(mockserver.Xpander, "t") }, "chunk \"ok\"\ntask_finished completed ok"},
		"answered": {script.Reply{Ask: "may I?", Text: "ok"}, func(m *taskMock) {
			if paused := m.get("t"); paused.Status != "paused" || paused.HITLRequest == nil || paused.HITLRequest.Content != "may I?" || paused.PausedAt == nil {
				m.t.Errorf("%+v", paused)
			}
			m.Release(mockserver.Xpander, "t")
		}, "task_updated paused\ntask_updated executing\nchunk \"ok\"\ntask_finished completed ok"},
		"stopped":       {script.Reply{Hold: true}, func(m *taskMock) { m.task("POST", "/v1/tasks/t/stop", "") }, "task_finished stopped"},
		"stopped early": {script.Reply{Delay: time.Hour}, func(m *taskMock) { m.task("POST", "/v1/tasks/t/stop", "") }, "task_finished stopped"},
		"deleted":       {script.Reply{Hold: true}, func(m *taskMock) { m.do(204, "DELETE", "/v1/tasks/t", "") }, "task_finished stopped"},
		"agent deleted": {script.Reply{Ask: "?"}, func(m *taskMock) { m.do(202, "DELETE", m.agent, "") }, "task_updated paused\ntask_finished stopped"},
	} {
		withTasks(t, mockserver.Config{}, func(m *taskMock) {
			m.replies(c.reply)
			var got string
			var group sync.WaitGroup
			group.Go(func() { got = m.stream(asks("t", "hi")) })
			synctest.Wait()
			c.act(m)
			group.Wait()
			want := "task_created pending\n"
			if c.reply.Delay == 0 {
				want += "task_updated executing\n"
			}
			if want += c.want; got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		})
	}
}

// A stream of nothing but silence is not kept alive by anything, and is ended
// by what takes its state away.
func TestStreamsEndWithTheState(t *testing.T) {
	for name, end := range map[string]func(*taskMock) error{
		"reset":    func(m *taskMock) error { return m.Reset("state") },
		"restored": func(m *taskMock) error { return m.Restore(m.Snapshot()) },
	} {
		withTasks(t, mockserver.Config{}, func(m *taskMock) {
			m.replies(script.Reply{Hold: true})
			var text string
			var err error
			var group sync.WaitGroup
			group.Go(func() { text, err = m.text(200, "POST", m.agent+"/invoke/stream", asks("t", "hi")) })
			<-time.After(10 * time.Minute) // virtual
			if failed := end(m); failed != nil {
				t.Fatal(failed)
			}
			group.Wait()
			if err == nil || lines(t, text) != "task_created pending\ntask_updated executing" {
				t.Errorf("%s: %v %q", name, err, text)
			}
		})
	}
}

func TestStreamFaultsOfTasks(t *testing.T) {
	const begin, end = "task_created pending\ntask_updated executing", "\nchunk \"a \"\nchunk \"b\"\ntask_finished completed a b"
	for name, c := range map[string]struct {
		fault fault.Fault
		want  string
		cut   bool
	}{
		"cut after its id":  {fault.CutStream(1), "task_created pending", true},
		"cut at the end":    {fault.CutStream(5), begin + end, true},
		"no last event":     {fault.NoLastEvent(), begin + "\nchunk \"a \"\nchunk \"b\"", false},
		"repeated":          {fault.RepeatEvent(3), begin + "\nchunk \"a \"" + end, false},
		"split":             {fault.SplitWrites(7), begin + end, false},
		"paused":            {fault.PauseStream(2, time.Hour), begin + end, false},
		"dropped":           {fault.Drop(fault.AfterCommit), "", true},
		"reset":             {fault.Reset(fault.AfterCommit), "", true},
		"a status, instead": {fault.Status(502, fault.AfterCommit), "502", false},
	} {
		withTasks(t, mockserver.Config{}, func(m *taskMock) {
			m.replies(script.Reply{Text: "a b"})
			m.Fail(mockserver.XpanderStreamTask, c.fault)
			status := 200
			if c.want == "502" {
				status = 502
			}
			text, err := m.text(status, "POST", m.agent+"/invoke/stream", asks("t", "hi"))
			if (err != nil) != c.cut {
				t.Errorf("%s: error is %v", name, err)
			}
			if status == 502 {
				if !strings.HasPrefix(text, "<html>") {
					t.Errorf("%s: %q", name, text)
				}
			} else if got := lines(t, text); got != c.want {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
			// The run goes on, whatever became of the connection.
			if got := m.get("t"); got.line() != "completed a b" {
				t.Errorf("%s: the task is %s", name, got.line())
			}
			if tasks, turns := m.tasks(); tasks != 1 || turns != 1 {
				t.Errorf("%s: %d tasks, %d turns", name, tasks, turns)
			}
		})
	}
}

// A client that goes stops nothing, and the request is over at once.
func TestReadersThatGo(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.replies(script.Reply{Text: "a b", Pace: time.Hour})
		ctx, cancel := context.WithCancel(m.t.Context())
		defer cancel()
		response, err := m.try(ctx, "POST", m.agent+"/invoke/stream", asks("t", strings.Repeat("x", 300_000)))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		first, err := bufio.NewReader(response.Body).ReadString('\n')
		if err != nil || !strings.Contains(first, "task_created") {
			t.Errorf("%v %.100q", err, first)
		}
		cancel()
		synctest.Wait()
		if call := m.Calls(journal.Match{Op: mockserver.XpanderStreamTask})[0]; call.Outcome != journal.ClientGone || !call.Committed {
			t.Errorf("the journal has %v", call.Outcome)
		}
		if got := m.get("t"); got.Status != "executing" {
			t.Errorf("the task is %s", got.line())
		}
		<-time.After(time.Hour) // virtual
		if got := m.get("t"); got.line() != "completed a b" {
			t.Errorf("the task is %s", got.line())
		}
		// The same for one that waits.
		m.replies(script.Reply{Text: "c", Delay: time.Hour})
		ctx, cancel = context.WithTimeout(m.t.Context(), time.Minute)
		defer cancel()
		if _, err := m.try(ctx, "POST", m.agent+"/invoke", asks("u", "hi")); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		<-time.After(time.Hour) // virtual
		if got := m.get("u"); got.line() != "completed c" {
			t.Errorf("the task is %s", got.line())
		}
	})
}

// Streams follow a clock that stands still and is moved by hand.
func TestStreamsOfTasksFollowTheClock(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.SetTime(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
		m.replies(script.Reply{Text: "a b", Delay: time.Second, Pace: time.Hour})
		var got string
		var group sync.WaitGroup
		group.Go(func() { got = m.stream(asks("t", "hi")) })
		told := func() int {
			synctest.Wait()
			return m.Calls(journal.Match{Op: mockserver.XpanderStreamTask})[0].Events
		}
		<-time.After(24 * time.Hour) // virtual: nothing moves the clock
		for _, move := range []struct {
			by   time.Duration
			told int
		}{{0, 1}, {time.Second, 3}, {time.Minute, 3}, {-time.Minute, 3}} {
			if m.Advance(move.by); told() != move.told {
				t.Errorf("after %s more %d events were sent, want %d", move.by, told(), move.told)
			}
		}
		m.Advance(time.Hour)
		group.Wait()
		if !strings.HasSuffix(got, "task_finished completed a b") {
			t.Error(got)
		}
		if finished := m.get("t"); *finished.FinishedAt != "2030-01-01T01:00:01.000000Z" || *finished.StartedAt != "2030-01-01T00:00:01.000000Z" {
			t.Errorf("%+v", finished)
		}
	})
}
