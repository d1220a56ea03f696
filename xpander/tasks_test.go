package xpander

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

const (
	taskBody = `{"id":"t1","status":"completed"}`
	taskPage = `{"items":[{"id":"t1","agent_id":"a1","organization_id":"o1","status":"completed"}],"total":1,"page":1,"per_page":20,"total_pages":1}`
)

func TestRunRequests(t *testing.T) {
	for _, test := range []struct {
		name, answer string
		call         func(context.Context, *Client) error
		want         string
	}{
		{"GetTask", taskBody, func(ctx context.Context, c *Client) error { _, err := c.GetTask(ctx, "t1"); return err }, "GET /v1/tasks/t1 "},
		{"GetTask escapes", taskBody, func(ctx context.Context, c *Client) error { _, err := c.GetTask(ctx, "a/b c?\r\n%2e"); return err },
			"GET /v1/tasks/a%2Fb%20c%3F%0D%0A%252e "},
		{"WaitTask", taskBody, func(ctx context.Context, c *Client) error { _, err := c.WaitTask(ctx, "t1", nil); return err }, "GET /v1/tasks/t1 "},
		{"StopTask", taskBody, func(ctx context.Context, c *Client) error { _, err := c.StopTask(ctx, "t1"); return err }, "POST /v1/tasks/t1/stop "},
		{"DeleteTask", "", func(ctx context.Context, c *Client) error { return c.DeleteTask(ctx, "t1") }, "DELETE /v1/tasks/t1 "},
		{"DeleteTask with a message", `{"message":"Task deleted"}`, func(ctx context.Context, c *Client) error { return c.DeleteTask(ctx, "t1") }, "DELETE /v1/tasks/t1 "},
		{"ListTasks", taskPage, func(ctx context.Context, c *Client) error {
			_, err := c.ListTasks(ctx, ListTasksRequest{})
			return err
		}, "GET /v1/tasks "},
		{"ListTasks with everything", taskPage, func(ctx context.Context, c *Client) error {
			_, err := c.ListTasks(ctx, ListTasksRequest{
				Page: 2, PerPage: 50, AgentID: "a1", UserID: "u&1", ParentTaskID: "p1", TriggeringAgentID: "a2", Status: TaskPaused, InternalStatus: "i",
			})
			return err
		}, "GET /v1/tasks?agent_id=a1&internal_status=i&page=2&parent_task_id=p1&per_page=50&status=paused&triggering_agent_id=a2&user_id=u%261 "},
		{"ListAgentTasks", taskPage, func(ctx context.Context, c *Client) error {
			_, err := c.ListAgentTasks(ctx, "a1", ListTasksRequest{Page: 2, Status: TaskFailed})
			return err
		}, "GET /v1/agents/a1/tasks?page=2&status=failed "},
		{"GetThread", `[]`, func(ctx context.Context, c *Client) error { _, err := c.GetThread(ctx, "t1"); return err }, "GET /v1/tasks/t1/thread "},
		{"GetFullThread", `{"root":[]}`, func(ctx context.Context, c *Client) error { _, err := c.GetFullThread(ctx, "t1"); return err }, "GET /v1/tasks/t1/thread/full "},
	} {
		t.Run(test.name, func(t *testing.T) { suite.Sends(t, test.answer, test.call, test.want) })
	}
}

// everything is an InvokeRequest with every field, and what is sent of it.
func everything() (InvokeRequest, string) {
	return InvokeRequest{
			Input: TaskInput{Text: "Count <the> boxes", Files: []string{"https://files.example/a.pdf"}, User: &User{
				Email: "ada@example.com", ID: "u1", FirstName: "Ada", LastName: "L", AdditionalAttributes: json.RawMessage(`{"a":1}`),
				Timezone: "Europe/Berlin", Role: "member", IsSuperAdmin: new(false),
			}},
			ID: "t1", Title: new("Boxes"), OutputFormat: new(OutputFormatJSON), OutputSchema: json.RawMessage(`{"type":"object"}`),
			AdditionalContext: new("c"), ExpectedOutput: new("e"), InstructionsOverride: new("i"), ThinkMode: new(ThinkModeHarder),
			DisableAttachmentInjection: new(false), EventsStreaming: new(true), PayloadExtension: json.RawMessage(`{"p":1}`),
			ParentExecutionID: new("p1"), TriggeringAgentID: new("a2"), WorkerID: new("w"), Source: new("s"),
			MCPServers: []MCPSettings{{URL: "https://mcp.example"}}, RunLocally: new(false), Version: "draft",
			ExtraFields: map[string]any{"return_metrics": true, "title": nil},
		}, `{"input":{"text":"Count <the> boxes","files":["https://files.example/a.pdf"],"user":{"email":"ada@example.com","id":"u1","first_name":"Ada",` +
			`"last_name":"L","additional_attributes":{"a":1},"timezone":"Europe/Berlin","role":"member","is_super_admin":false}},"id":"t1","title":null,` +
			`"output_format":"json","output_schema":{"type":"object"},"additional_context":"c","expected_output":"e","instructions_override":"i","think_mode":"harder",` +
			`"disable_attachment_injection":false,"events_streaming":true,"payload_extension":{"p":1},"parent_execution_id":"p1","triggering_agent_id":"a2",` +
			`"worker_id":"w","source":"s","mcp_servers":[{"url":"https://mcp.example"}],"run_locally":false,"return_metrics":true}`
}

// invocations are the methods that start a turn, with the paths they post to.
var invocations = map[string]struct {
	path   string
	answer string // to the POST; %s is the id
	call   func(context.Context, *Client, InvokeRequest, ...agentclients.CallOption) error
}{
	"InvokeAgent": {"/invoke", `{"id":%q,"status":"completed","result":"r"}`, func(ctx context.Context, c *Client, r InvokeRequest, options ...agentclients.CallOption) error {
		_, err := c.InvokeAgent(ctx, "a1", r, options...)
		return err
	}},
	"StartTask": {"/invoke/async", `{"id":%q,"status":"pending"}`, func(ctx context.Context, c *Client, r InvokeRequest, options ...agentclients.CallOption) error {
		_, err := c.StartTask(ctx, "a1", r, options...)
		return err
	}},
	"StreamTask": {"/invoke/stream", `{"id":%q,"status":"completed","result":"r"}`, func(ctx context.Context, c *Client, r InvokeRequest, options ...agentclients.CallOption) (last error) {
		for _, err := range c.StreamTask(ctx, "a1", r, options...) {
			last = err
		}
		return last
	}},
}

// A turn with an ID of its own is sent with it, after its task was read.
func TestInvocationsSend(t *testing.T) {
	request, body := everything()
	for name, test := range invocations {
		t.Run(name, func(t *testing.T) {
			client, recorder := suite.Record(t)
			recorder.Answer(http.StatusNotFound, `{"detail":"Task not found"}`).Answer(http.StatusOK, fmt.Sprintf(test.answer, "t1"))
			if err := test.call(t.Context(), client, request); err != nil {
				t.Fatal(err)
			}
			var sent []string
			for _, r := range recorder.Requests {
				sent = append(sent, r.Method+" "+strings.TrimPrefix(r.URL, testBaseURL)+" "+r.Body)
			}
			if diff := cmp.Diff([]string{"GET /v1/tasks/t1 ", "POST /v1/agents/a1" + test.path + "?version=draft " + body}, sent); diff != "" {
				t.Errorf("requests (-want +sent):\n%s", diff)
			}
			header := recorder.Last(t).Header
			accept := "application/json"
			if name == "StreamTask" {
				accept = "text/event-stream"
				if header["Accept-Encoding"] != "identity" {
					t.Errorf("asked for the encoding %q", header["Accept-Encoding"])
				}
			}
			if header["Accept"] != accept || header["Content-Type"] != "application/json" || header["X-Api-Key"] != testKey {
				t.Errorf("sent with %v", header)
			}
		})
	}
}

// A new task has an id before its first byte is sent: a random UUID, another
// one for each call.
func TestNewTasksHaveIDs(t *testing.T) {
	form := regexp.MustCompile(`^\{"input":\{"text":"Count the boxes"\},"id":"([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"\}$`)
	seen := map[string]bool{}
	for name, test := range invocations {
		client, recorder := suite.Record(t)
		for range 2 {
			recorder.Answer(http.StatusBadRequest, "")
			if err := test.call(t.Context(), client, countTask()); err == nil {
				t.Errorf("%s: no error", name)
			}
			found := form.FindStringSubmatch(recorder.Last(t).Body)
			if found == nil || seen[found[1]] || recorder.Last(t).URL != testBaseURL+"/v1/agents/a1"+test.path {
				t.Fatalf("%s sent %+v", name, recorder.Last(t))
			}
			seen[found[1]] = true
		}
	}
}

func TestRunAgentSends(t *testing.T) {
	request := RunRequest{
		Text: "Count", Files: []string{"https://f.example"}, User: &User{Email: "a@b.example"}, TaskID: "t1", Version: "3",
		OutputFormat: new(OutputFormatMarkdown), OutputSchema: json.RawMessage(`{}`), ExtraFields: map[string]any{"think_mode": "harder"},
	}
	body := `{"input":{"text":"Count","files":["https://f.example"],"user":{"email":"a@b.example"}},"id":"t1","output_format":"markdown","output_schema":{},"think_mode":"harder"}`
	client, recorder := suite.Record(t)
	recorder.Answer(200, `{"id":"t1","status":"completed","input":{"text":"Hello"}}`).Answer(200, `{"id":"t1","status":"pending"}`).
		Answer(200, `{"id":"t1","status":"completed","result":"r","tokens":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}`)
	run, err := client.RunAgent(t.Context(), "a1", request)
	if err != nil || run.Text != "r" || run.ID != "t1" || *run.Usage != (TokenUsage{PromptTokens: 3, CompletionTokens: 4, TotalTokens: 7}) {
		t.Errorf("run %+v, %v", run, err)
	}
	if got := recorder.Requests[1]; got.URL != testBaseURL+"/v1/agents/a1/invoke/async?version=3" || got.Body != body {
		t.Errorf("sent %+v", got)
	}
	// A response to the start may be short although the task is done.
	recorder.Answer(404, "").Answer(200, `{"id":"t1","status":"completed"}`).Answer(200, `{"id":"t1","status":"completed","result":"r"}`)
	if run, err := client.RunAgent(t.Context(), "a1", request); err != nil || run.Text != "r" {
		t.Errorf("run %+v, %v", run, err)
	}
	recorder.Requests = nil
	// One that has everything needs no look.
	recorder.Answer(404, "").Answer(200, `{"id":"t1","status":"completed","result":"r"}`)
	if run, err := client.RunAgent(t.Context(), "a1", request); err != nil || run.Text != "r" || len(recorder.Requests) != 2 {
		t.Errorf("run %+v, %v", run, err)
	}
}

func TestInvocationsRefuse(t *testing.T) {
	bad := "\xff"
	for name, test := range map[string]struct {
		request InvokeRequest
		want    []string
	}{
		"nothing":          {InvokeRequest{}, []string{"input.text"}},
		"everything wrong": {InvokeRequest{ID: "..", Input: TaskInput{Text: bad, Files: []string{"", bad}, User: &User{}}, ExtraFields: map[string]any{"id": "x"}}, []string{"input.files[0]", "input.user.email", "id", "id", "input.text", "input.files[1]"}},
		"an id of bytes":   {InvokeRequest{ID: bad, Input: TaskInput{Text: "x"}}, []string{"id"}},
		"a bad schema":     {InvokeRequest{Input: TaskInput{Text: "x"}, OutputSchema: json.RawMessage(`{`)}, []string{"output_schema"}},
		"a title":          {InvokeRequest{Input: TaskInput{Text: "x"}, Title: new("\xff")}, []string{"title"}},
		"and with an id":   {InvokeRequest{ID: "t1", Input: TaskInput{Text: "x"}, OutputSchema: json.RawMessage(`{`)}, []string{"output_schema"}},
	} {
		for method, call := range invocations {
			t.Run(method+", "+name, func(t *testing.T) {
				suite.Refuses(t, func(ctx context.Context, c *Client) error { return call.call(ctx, c, test.request) }, test.want)
			})
		}
	}
	for _, id := range []string{"", "t1"} {
		for _, test := range []struct {
			agent string
			ctx   context.Context
			want  []string
		}{
			{"", t.Context(), []string{"agent_id"}}, {"full", t.Context(), []string{"agent_id"}}, {"..", t.Context(), []string{"agent_id"}}, {"a1", nil, []string{"ctx"}},
		} {
			request := RunRequest{Text: "x", TaskID: id}
			for name, call := range map[string]func(*Client) error{
				"RunAgent":    func(c *Client) error { _, err := c.RunAgent(test.ctx, test.agent, request); return err },
				"InvokeAgent": func(c *Client) error { _, err := c.InvokeAgent(test.ctx, test.agent, request.invoke()); return err },
				"StreamRun": func(c *Client) (last error) {
					for _, err := range c.StreamRun(test.ctx, test.agent, request) {
						last = err
					}
					return last
				},
			} {
				t.Run(fmt.Sprintf("%s of %q with id %q", name, test.agent, id), func(t *testing.T) {
					suite.Refuses(t, func(_ context.Context, c *Client) error { return call(c) }, test.want)
				})
			}
		}
	}
}

func TestTaskCallsRefuse(t *testing.T) {
	var none context.Context
	for name, test := range map[string]struct {
		call func(context.Context, *Client) error
		want []string
	}{
		"ListTasks": {func(ctx context.Context, c *Client) error {
			_, err := c.ListTasks(ctx, ListTasksRequest{Page: -1, PerPage: -1})
			return err
		}, []string{"page", "per_page"}},
		"ListAgentTasks": {func(ctx context.Context, c *Client) error {
			_, err := c.ListAgentTasks(ctx, "a1", ListTasksRequest{Page: -1, AgentID: "a2"})
			return err
		}, []string{"page", "agent_id"}},
		"ListAgentTasks of 0": {func(ctx context.Context, c *Client) error {
			_, err := c.ListAgentTasks(ctx, "", ListTasksRequest{})
			return err
		}, []string{"agent_id"}},
		"GetTask":              {func(ctx context.Context, c *Client) error { _, err := c.GetTask(ctx, ""); return err }, []string{"task_id"}},
		"WaitTask":             {func(ctx context.Context, c *Client) error { _, err := c.WaitTask(ctx, "", nil); return err }, []string{"task_id"}},
		"WaitTask without ctx": {func(_ context.Context, c *Client) error { _, err := c.WaitTask(none, "t1", nil); return err }, []string{"ctx"}},
		"StopTask":             {func(ctx context.Context, c *Client) error { _, err := c.StopTask(ctx, ".."); return err }, []string{"task_id"}},
		"DeleteTask":           {func(ctx context.Context, c *Client) error { return c.DeleteTask(ctx, "") }, []string{"task_id"}},
		"GetThread":            {func(ctx context.Context, c *Client) error { _, err := c.GetThread(ctx, ""); return err }, []string{"task_id"}},
		"GetFullThread":        {func(ctx context.Context, c *Client) error { _, err := c.GetFullThread(ctx, ""); return err }, []string{"task_id"}},
		"an option of Do": {func(ctx context.Context, c *Client) error {
			_, err := c.RunAgent(ctx, "a1", RunRequest{Text: "x", TaskID: "t1"}, agentclients.Idempotent())
			return err
		}, []string{"Idempotent"}},
	} {
		t.Run(name, func(t *testing.T) { suite.Refuses(t, test.call, test.want) })
	}
}

func TestTaskCallsRepeat(t *testing.T) {
	for name, call := range map[string]func(context.Context, *Client) error{
		"GetTask":    func(ctx context.Context, c *Client) error { _, err := c.GetTask(ctx, "t1"); return err },
		"StopTask":   func(ctx context.Context, c *Client) error { _, err := c.StopTask(ctx, "t1"); return err },
		"DeleteTask": func(ctx context.Context, c *Client) error { return c.DeleteTask(ctx, "t1") },
		"ListTasks":  func(ctx context.Context, c *Client) error { _, err := c.ListTasks(ctx, ListTasksRequest{}); return err },
		"ListAgentTasks": func(ctx context.Context, c *Client) error {
			_, err := c.ListAgentTasks(ctx, "a1", ListTasksRequest{})
			return err
		},
		"GetThread":     func(ctx context.Context, c *Client) error { _, err := c.GetThread(ctx, "t1"); return err },
		"GetFullThread": func(ctx context.Context, c *Client) error { _, err := c.GetFullThread(ctx, "t1"); return err },
	} {
		t.Run(name, func(t *testing.T) { suite.Repeats(t, call, 3, false) })
	}
}

// 404 to the repeat of a delete whose response was lost means done.
func TestDeleteTaskThatIsGone(t *testing.T) {
	client, recorder := suite.Record(t)
	recorder.Answer(502, "").Answer(404, `{"detail":"Task not found"}`)
	if err := client.DeleteTask(t.Context(), "t1"); err != nil {
		t.Error(err)
	}
	recorder.Answer(404, `{"detail":"Task not found"}`)
	if err := client.DeleteTask(t.Context(), "t1"); !errors.Is(err, agentclients.ErrNotFound) {
		t.Error(err)
	}
}

func TestUnreadableTasks(t *testing.T) {
	for _, body := range []string{"", "null", "[]", `{}`, `{"id":""}`, "<html></html>"} {
		testkit.Unreadable(t, suite, body, false, func(ctx context.Context, c *Client) (*Task, error) { return c.GetTask(ctx, "t1") })
		testkit.Unreadable(t, suite, body, false, func(ctx context.Context, c *Client) (*Task, error) { return c.StopTask(ctx, "t1") })
		testkit.Unreadable(t, suite, body, false, func(ctx context.Context, c *Client) (*TaskList, error) { return c.ListTasks(ctx, ListTasksRequest{}) })
		testkit.Unreadable(t, suite, body, false, func(ctx context.Context, c *Client) (*FullThread, error) { return c.GetFullThread(ctx, "t1") })
	}
	for _, body := range []string{"", "{}", "<html></html>"} {
		testkit.Unreadable(t, suite, body, false, func(ctx context.Context, c *Client) (*[]ThreadMessage, error) {
			messages, err := c.GetThread(ctx, "t1")
			if messages == nil {
				return nil, err
			}
			return &messages, err
		})
	}
}

func TestAllTasks(t *testing.T) {
	pages := []string{
		`{"items":[{"id":"t3"},{"id":"t2"}],"total":3,"page":1,"per_page":2,"total_pages":2}`,
		`{"items":[{"id":"t2"},{"id":"t1"}],"total":4,"page":2,"per_page":2,"total_pages":2}`, // t4 was started meanwhile
	}
	for name, walk := range map[string]func(context.Context, *Client) iter.Seq2[TaskSummary, error]{
		"AllTasks": func(ctx context.Context, c *Client) iter.Seq2[TaskSummary, error] {
			return c.AllTasks(ctx, ListTasksRequest{PerPage: 2, Status: TaskCompleted})
		},
		"AllAgentTasks": func(ctx context.Context, c *Client) iter.Seq2[TaskSummary, error] {
			return c.AllAgentTasks(ctx, "a1", ListTasksRequest{PerPage: 2, Status: TaskCompleted})
		},
	} {
		t.Run(name, func(t *testing.T) {
			testkit.Walks(t, suite, walk, func(task TaskSummary) string { return task.ID }, testkit.Walk{
				Answers: pages, IDs: []string{"t3", "t2", "t1"},
				Queries: []string{"page=1&per_page=2&status=completed", "page=2&per_page=2&status=completed"},
			})
			testkit.Walks(t, suite, walk, func(task TaskSummary) string { return task.ID }, testkit.Walk{
				Answers: []string{`{"items":[{"id":"t2"},{"id":"t1"}]}`, `{"items":[{"id":"t0"}]}`, `{"items":[]}`}, IDs: []string{"t2", "t1", "t0"},
				Queries: []string{"page=1&per_page=2&status=completed", "page=2&per_page=2&status=completed", "page=3&per_page=2&status=completed"},
			})
			testkit.Stops(t, suite, `{"items":[{"id":"t1"}],"total":99,"page":1,"per_page":1,"total_pages":99}`, walk)
		})
	}
}

// everyTaskMember is a task with every member that the API has.
const everyTaskMember = `{
	"id":"t1","agent_id":"a1","organization_id":"o1","status":"executing","internal_status":"i","result":"r",
	"input":{"text":"x","files":["f"],"user":{"email":"e","id":"u","first_name":"f","last_name":"l","display_name":"d",
		"additional_attributes":{"a":1},"timezone":"z","role":"member","is_super_admin":false}},
	"created_at":"2026-02-08T09:00:00.000000Z","started_at":"2026-02-08T09:00:01.000000Z","paused_at":"2026-02-08T09:00:02.000000Z","finished_at":"2026-02-08T09:00:03.000000Z",
	"title":"t","source":"api","worker_id":"w","agent_version":"3","additional_context":"c","expected_output":"e","instructions_override":"i",
	"output_format":"json","output_schema":{"type":"object"},"think_mode":"harder","payload_extension":{"p":1},"mcp_servers":[{"url":"https://m.example"}],
	"parent_execution":"p","triggering_agent_id":"a2","sub_executions":["s1","s2"],"finished_sub_executions":["s1"],"last_executed_node_id":"n",
	"is_manually_stopped":true,"events_streaming":true,"used_mutating_tools":true,"is_continuous":true,"is_orchestration":true,"return_metrics":true,
	"disable_attachment_injection":true,
	"hitl_request":{"operation_id":"o","wait_node_id":"w","content":"c","title":"Sure?","description":"d","approved_by":"a","rejected_by":"r"},
	"pending_eca_request":{"connector_name":"c","auth_url":"https://auth.example"},
	"deep_planning":{"enabled":true,"enforce":true,"started":true,"question_raised":true,"tasks":[{"id":"1","title":"t","completed":true}]},
	"execution_attempts":2,"tokens":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3},
	"llm_model_provider":"openai","llm_model_name":"m","llm_reasoning_effort":"high","test_run_node_id":"n","voice_id":"v",
	"user_oidc_token":"secret","user_tokens":{"t":"secret"}}`

func TestEveryTaskMember(t *testing.T) {
	task, err := decodeTask([]byte(everyTaskMember))
	if err != nil {
		t.Fatal(err)
	}
	testkit.EncodesBack(t, []byte(everyTaskMember), task)
	testkit.SurvivesOddValues(t, []byte(everyTaskMember), decodeTask, "id")
	if task.ID != "t1" || task.Input.User.DisplayName != "d" || task.HITLRequest.Title != "Sure?" || task.DeepPlanning.Tasks[0].Title != "t" || task.PendingECARequest.ConnectorName != "c" {
		t.Errorf("task %+v", task)
	}
	short, err := decodeTask([]byte(`{"id":"t1","agent_id":"a1","status":"queued","input":null,"tokens":null}`))
	if diff := cmp.Diff(&Task{ID: "t1", AgentID: "a1", Status: "queued"}, short); err != nil || diff != "" {
		t.Errorf("%v: short task (-want +got):\n%s", err, diff)
	}
	const list = `{"items":[{"id":"t1","agent_id":"a1","organization_id":"o1","status":"stopped","user_id":"u","parent_task_id":"p","triggering_agent_id":"a2",
		"created_at":"2026-02-08T09:00:00.000000Z","updated_at":"2026-02-08T09:00:01.000000Z","source_node_type":"api","result":"r","title":"t"}],"total":1,"page":1,"per_page":20,"total_pages":1}`
	read, err := decodeTaskList([]byte(list))
	if err != nil {
		t.Fatal(err)
	}
	testkit.EncodesBack(t, []byte(list), read)
	testkit.SurvivesOddValues(t, []byte(list), decodeTaskList, "items")
}

func TestThreads(t *testing.T) {
	const thread = `[{"id":"m1","role":"user","content":"Count","created_at":1770541200},
		{"id":"m2","role":"assistant","content":"Nine.","created_at":1770541201,"metrics":{"input_tokens":3},"reasoning":null,"extra":[1]},
		{"role":"tool","content":[{"type":"text"}]},"odd"]`
	client, recorder := suite.Record(t)
	recorder.Answer(200, thread).Answer(200, `{"s1":[{"id":"m3"}],"root":`+thread+`,"s2":null}`)
	messages, err := client.GetThread(t.Context(), "t1")
	if err != nil || len(messages) != 4 || messages[0].CreatedAt != "1770541200" || string(messages[1].Metrics) != `{"input_tokens":3}` || messages[2].Content != "" || string(messages[3].Raw) != `"odd"` {
		t.Fatalf("thread %v, %v", messages, err)
	}
	if written, err := messages[0].CreatedAt.Time(); err != nil || written.Unix() != 1770541200 {
		t.Errorf("written at %v, %v", written, err)
	}
	testkit.EncodesBack(t, []byte(thread), messages)
	full, err := client.GetFullThread(t.Context(), "t1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&FullThread{Root: messages, SubTasks: map[string][]ThreadMessage{"s1": {{ID: "m3", Raw: json.RawMessage(`{"id":"m3"}`)}}, "s2": nil}}, full); diff != "" {
		t.Errorf("full thread (-want +got):\n%s", diff)
	}
	testkit.EncodesBack(t, []byte(`{"s1":[{"id":"m3"}],"root":`+thread+`,"s2":null}`), full)
	testkit.SurvivesOddValues(t, []byte(`{"root":[{"id":"m1","role":"user","content":"x","created_at":1}],"s":[]}`), decodeFullThread)
	if got := (ThreadMessage{Role: RoleUser, Content: strings.Repeat("ä\n", 50)}).String(); got != `user: "`+strings.Repeat(`ä\n`, 30)+`"…` {
		t.Errorf("it prints as %s", got)
	}
}

// Tasks, requests and events print in one line, and without secrets.
func TestRunsHideSecrets(t *testing.T) {
	task, err := decodeTask([]byte(strings.ReplaceAll(everyTaskMember, `"secret"`, `"`+testKey+`"`)))
	if err != nil {
		t.Fatal(err)
	}
	task.PayloadExtension = json.RawMessage(`{"token":"` + testKey + `"}`)
	task.MCPServers = []MCPSettings{{APIKey: testKey}}
	request := InvokeRequest{PayloadExtension: task.PayloadExtension, MCPServers: task.MCPServers, ExtraFields: map[string]any{"user_oidc_token": testKey}}
	run := RunRequest{ExtraFields: request.ExtraFields}
	var event TaskEvent
	if err := json.Unmarshal([]byte(`{"type":"auth_event","task_id":"t1","data":{"type":"token_ready","data":{"access_token":"`+testKey+`"}}}`), &event); err != nil || string(event.Auth.Data.AccessToken) != testKey {
		t.Fatalf("event %v, %v", event.Auth, err)
	}
	finished := finishedEvent(task)
	testkit.Hides(t, testKey, task, *task, request, &request, run, &run, event, &event, finished, event.Auth.Data,
		Run{Task: task}, &Run{Task: task}, RunEvent{Event: event}, &RunEvent{Event: finished, Run: &Run{Task: task}})
	testkit.HidesInText(t, testKey, event.Auth, struct{ T *Task }{task}, struct{ E *TaskEvent }{&event}, []TaskEvent{event})
	for want, value := range map[string]any{
		`task t1 (executing) "t"`:               task,
		"auth_event of task t1 (token_ready)":   event,
		"task_finished of task t1 (executing)":  finished,
		"run of task t1 (executing)":            Run{ID: "t1", Task: task},
		"run of task t2":                        Run{ID: "t2"},
		`chunk of task t1: "a\nb"`:              RunEvent{Event: TaskEvent{Type: TaskEventChunk, TaskID: "t1", Text: "a\nb"}},
		`tool_call_request of task t1 (search)`: TaskEvent{Type: TaskEventToolCallRequest, TaskID: "t1", ToolCall: &ToolCall{ToolName: "search"}},
		`sub_agent_trigger of task t1`:          TaskEvent{Type: TaskEventSubAgentTrigger, TaskID: "t1"},
		`task t1 (failed)`:                      TaskSummary{ID: "t1", Status: TaskFailed},
		`page 1 of 2: 0 of 3 tasks`:             TaskList{Page: 1, TotalPages: 2, Total: 3},
	} {
		if got := fmt.Sprint(value); got != want {
			t.Errorf("it prints as %q, not %q", got, want)
		}
		if got := fmt.Sprintf("%q", value); got != fmt.Sprintf("%q", want) {
			t.Errorf("it is quoted as %s", got)
		}
	}
	if plain := fmt.Sprintf("%+v", Task{ID: "t1", Result: "r"}); !strings.Contains(plain, "Result:r") {
		t.Errorf("in full it prints as %s", plain)
	}
}

// What the server says about a run is an error's text, and no key is in it.
func TestRunErrorsHideTheKey(t *testing.T) {
	client, recorder := suite.Record(t)
	recorder.Answer(404, "").Answer(200, `{"id":"t1","status":"failed","result":"bad key `+testKey+`"}`)
	run, err := client.RunAgent(t.Context(), "a1", RunRequest{Text: "x", TaskID: "t1"})
	if run == nil || !errors.Is(err, agentclients.ErrRunFailed) || strings.Contains(err.Error(), testKey) || !strings.Contains(err.Error(), "bad key") {
		t.Errorf("run %v, %v", run, err)
	}
}
