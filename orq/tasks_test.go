package orq

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

// everyTask has every member that is documented.
const everyTask = `{"id":"t1","contextId":"c1","kind":"task","status":{"state":"completed","timestamp":"2025-11-21T08:00:00.000Z","message":{"kind":"message","messageId":"m9","role":"agent","parts":[{"kind":"text","text":"Four."}]}},
 "history":[{"kind":"message","messageId":"m1","role":"user","parts":[{"kind":"text","text":"2+2?"},{"kind":"file","file":{"uri":"https://x/y","mimeType":"text/plain","name":"y"},"metadata":{"a":1}}],"taskId":"t1","contextId":"c1","metadata":{"b":2}},
  {"kind":"message","messageId":"m2","role":"agent","parts":[{"kind":"tool_call","tool_name":"add","tool_call_id":"c1","arguments":{"a":2},"thought_signature":"s"},{"kind":"reasoning","_id":"x","reasoning":"hm","signature":"z"}]},
  {"kind":"message","messageId":"m3","role":"tool","parts":[{"kind":"tool_result","tool_call_id":"c1","result":4},{"kind":"error","error":"no","code":7},{"kind":"data","data":{"n":1}},{"kind":"hologram","of":"tomorrow"}]}],
 "messages":[],"artifacts":[{"artifactId":"a1","name":"sum","description":"d","parts":[{"kind":"data","data":{"sum":4}}],"extensions":["e"],"metadata":{}}],"metadata":{"orq_agent_key":"calc"}}`

const everyAction = `{"_id":"a1","agent_tool_call_id":"call_1","tool":{"id":"t1","display_name":"Add","requires_approval":true},"created":"2025-11-21T08:00:00.000Z","updated":"2025-11-21T08:00:00.000Z",
 "started":"2025-11-21T08:00:01.000Z","finished":"2025-11-21T08:00:02.000Z","agent_id":"ag1","action_type":"http","agent_execution_id":"t9","workspace_id":"w1",
 "state":{"review":"approved","review_source":"cli","reviewed_by_id":"u1","executed":true,"error":"x","input":{"a":1},"output":{"b":2}}}`

func TestTaskRequests(t *testing.T) {
	const action = "/v2/agents/calc/tasks/t1/actions"
	for name, test := range map[string]struct {
		answer string
		call   func(context.Context, *Client) error
		want   string
	}{
		"InvokeAgent": {everyTask, func(ctx context.Context, c *Client) error {
			_, err := c.InvokeAgent(ctx, "calc@1.0.0", InvokeRequest{
				TaskID: "t1", Message: Message{ID: "m1", Role: RoleUser, Parts: []Part{{Kind: PartText, Text: "2"}, {Kind: PartFile, File: &File{Bytes: "eA==", MIMEType: "text/plain"}}}},
				Variables: map[string]any{"a": 1}, Contact: &Identity{ID: "u", Email: "a@example.com"}, Thread: &Thread{ID: "th"}, Memory: &Memory{EntityID: "e"},
				Metadata: map[string]any{"n": 7}, Engine: new(EngineText), Configuration: &InvokeConfiguration{Blocking: new(false)}, ExtraFields: map[string]any{"x": 1},
			})
			return err
		}, `POST /v2/agents/calc@1.0.0/task {"task_id":"t1","message":{"messageId":"m1","role":"user","parts":[{"kind":"text","text":"2"},{"kind":"file","file":{"bytes":"eA==","mimeType":"text/plain"}}]},` +
			`"variables":{"a":1},"contact":{"id":"u","email":"a@example.com"},"thread":{"id":"th"},"memory":{"entity_id":"e"},"metadata":{"n":7},"engine":"text","configuration":{"blocking":false},"x":1}`},
		"GetTask": {everyTask, func(ctx context.Context, c *Client) error { _, err := c.GetTask(ctx, "a/b", "t/1"); return err }, "GET /v2/agents/a%2Fb/tasks/t%2F1 "},
		"ListTasks": {`{"tasks":[],"overall_total":0}`, func(ctx context.Context, c *Client) error {
			_, err := c.ListTasks(ctx, "calc", ListTasksRequest{})
			return err
		}, "GET /v2/agents/calc/tasks "},
		"ListTasks of some": {`{"tasks":null,"overall_total":0}`, func(ctx context.Context, c *Client) error {
			_, err := c.ListTasks(ctx, "calc", ListTasksRequest{Limit: 5, StartingAfter: "t1", EndingBefore: "t0", States: []TaskState{TaskWorking, TaskFailed}})
			return err
		}, "GET /v2/agents/calc/tasks?ending_before=t0&limit=5&starting_after=t1&status=working%2Cfailed "},
		"ListActions": {`{"object":"list","data":[` + everyAction + `],"has_more":false}`, func(ctx context.Context, c *Client) error { _, err := c.ListActions(ctx, "calc", "t1"); return err }, "GET " + action + " "},
		"GetAction":   {everyAction, func(ctx context.Context, c *Client) error { _, err := c.GetAction(ctx, "calc", "t1", "a1"); return err }, "GET " + action + "/a1 "},
		"ReviewAction": {`{"success":true,"message":"ok"}`, func(ctx context.Context, c *Client) error {
			return c.ReviewAction(ctx, "calc", "t1", "a1", ReviewActionRequest{Review: ReviewRejected, MockOutput: map[string]any{"a": 1}, Source: "cli", ExtraFields: map[string]any{"x": 1}})
		}, "POST " + action + `/a1/review {"review":"rejected","mock_output":{"a":1},"source":"cli","x":1}`},
	} {
		t.Run(name, func(t *testing.T) { suite.Sends(t, test.answer, test.call, test.want) })
	}
}

func TestReadingTasks(t *testing.T) {
	task, err := decodeTask([]byte(everyTask))
	if err != nil {
		t.Fatal(err)
	}
	testkit.EncodesBack(t, []byte(everyTask), task)
	tool := task.History[2]
	if task.Text() != "Four." || task.Err() != nil || len(tool.Parts) != 4 || tool.Parts[3].Kind != "hologram" || string(tool.Parts[3].Raw) != `{"kind":"hologram","of":"tomorrow"}` {
		t.Errorf("task %+v", task)
	}
	action, err := decodeAction([]byte(everyAction))
	if err != nil {
		t.Fatal(err)
	}
	testkit.EncodesBack(t, []byte(everyAction), action)
}

// The last word of the agent is the text of a task, wherever it stands.
func TestTextOfTasks(t *testing.T) {
	agent, user := `{"role":"agent","parts":[{"kind":"text","text":"Four."}]}`, `{"role":"user","parts":[{"kind":"text","text":"2+2?"}]}`
	for text, want := range map[string]string{
		`{"id":"t","status":{"state":"completed","message":` + agent + `}}`:                                       "Four.",
		`{"id":"t","status":{"state":"completed"},"messages":[` + agent + `]}`:                                    "Four.",
		`{"id":"t","status":{"state":"completed","message":` + user + `},"history":[` + user + `,` + agent + `]}`: "Four.",
		`{"id":"t","status":{"state":"working"},"history":[` + user + `,` + agent + `,` + user + `]}`:             "",
		`{"id":"t","status":{"state":"completed"},"history":[` + agent + `,{"role":"tool","parts":[]}]}`:          "Four.",
	} {
		task, err := decodeTask([]byte(text))
		if err != nil || task.Text() != want {
			t.Errorf("%s says %q, %v", text, task.Text(), err)
		}
	}
}

func TestErrOfTasks(t *testing.T) {
	for state, want := range map[TaskState]error{
		TaskSubmitted: nil, TaskWorking: nil, TaskCompleted: nil, TaskFailed: agentclients.ErrRunFailed, TaskCanceled: agentclients.ErrRunFailed,
		TaskRejected: agentclients.ErrRunFailed, TaskInputRequired: agentclients.ErrInputRequired, TaskAuthRequired: agentclients.ErrInputRequired,
	} {
		task := &Task{ID: "t1", Status: TaskStatus{State: state}}
		if err := task.Err(); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%s: %v", state, err)
		}
	}
	e := asError(t, (&Task{ID: "t1", Status: TaskStatus{State: "lost", Message: &Message{Role: RoleSystem, Parts: []Part{{Kind: PartText, Text: "where?"}}}}}).Err())
	if e.Code != "lost" || e.Message != "where?" || errors.Is(e, agentclients.ErrRunFailed) {
		t.Errorf("error %v", e)
	}
}

// The walk over the tasks ends where the API says that there are no more.
// Loops over one list do not disturb each other.
func TestAllTasksInALoopOfItself(t *testing.T) {
	client, recorder := suite.Record(t)
	recorder.Then(func(r testkit.Request) (int, string) {
		from := 5
		if _, after, found := strings.Cut(r.URL, "starting_after=t"); found {
			from = int(after[0]-'0') - 1
		}
		var tasks []string
		for n := from; n >= max(1, from-1); n-- {
			tasks = append(tasks, fmt.Sprintf(`{"id":"t%d","status":{"state":"completed"}}`, n))
		}
		return 200, `{"tasks":[` + strings.Join(tasks, ",") + `],"overall_total":5}`
	})
	all := client.AllTasks(t.Context(), "desk", ListTasksRequest{})
	outer := 0
	for _, err := range all {
		if outer++; err != nil {
			t.Fatal(err)
		}
		inner := 0
		for range all {
			inner++
		}
		if inner != 5 {
			t.Errorf("%d tasks within task %d", inner, outer)
		}
	}
	if outer != 5 {
		t.Errorf("%d tasks", outer)
	}
}

func TestAllTasks(t *testing.T) {
	for name, test := range map[string]struct {
		request  ListTasksRequest
		most     int  // that the server gives at a time
		total    bool // it says how many there are
		want     []string
		requests int
	}{
		"pages of its own": {ListTasksRequest{}, 2, true, []string{"t5", "t4", "t3", "t2", "t1"}, 3},
		"no total":         {ListTasksRequest{}, 2, false, []string{"t5", "t4", "t3", "t2", "t1"}, 4},
		"one page":         {ListTasksRequest{}, 200, true, []string{"t5", "t4", "t3", "t2", "t1"}, 1},
		"from the middle":  {ListTasksRequest{StartingAfter: "t4"}, 2, true, []string{"t3", "t2", "t1"}, 3},
		"the other way":    {ListTasksRequest{EndingBefore: "t2"}, 2, true, []string{"t3", "t4", "t5"}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			client, recorder := suite.Record(t)
			recorder.Then(func(r testkit.Request) (int, string) {
				_, query, _ := strings.Cut(r.URL, "?")
				values := map[string]string{}
				for pair := range strings.SplitSeq(query, "&") {
					name, value, _ := strings.Cut(pair, "=")
					values[name] = strings.TrimPrefix(value, "t")
				}
				from, step := 5, -1
				if after := values["starting_after"]; after != "" {
					from, _ = strconv.Atoi(after)
					from--
				}
				if before := values["ending_before"]; before != "" {
					from, _ = strconv.Atoi(before)
					from, step = from+1, 1
				}
				var tasks []string
				for n := from; n >= 1 && n <= 5 && len(tasks) < test.most; n += step {
					tasks = append(tasks, fmt.Sprintf(`{"id":"t%d","status":{"state":"completed"}}`, n))
				}
				if step > 0 { // the newest first, always
					for i, j := 0, len(tasks)-1; i < j; i, j = i+1, j-1 {
						tasks[i], tasks[j] = tasks[j], tasks[i]
					}
				}
				total := ""
				if test.total {
					total = `,"overall_total":5`
				}
				return 200, `{"tasks":[` + strings.Join(tasks, ",") + `]` + total + `}`
			})
			all := client.AllTasks(t.Context(), "calc", test.request)
			for range 2 { // it can be ranged over again
				recorder.Requests = nil
				var got []string
				for task, err := range all {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, task.ID)
				}
				if diff := cmp.Diff(test.want, got); diff != "" || len(recorder.Requests) != test.requests {
					t.Errorf("%d requests, tasks (-want +got):\n%s", len(recorder.Requests), diff)
				}
			}
		})
	}
}

// A review is sent once. If its response is lost the action tells.
func TestReviewIsSentOnce(t *testing.T) {
	action := func(review string) fault {
		return before(jsonResponse(200, `{"_id":"a1","state":{"review":`+review+`}}`))
	}
	for name, test := range map[string]struct {
		post, look fault
		kind       error // nil: it succeeds
		settled    bool
	}{
		"well":             {before(jsonResponse(200, `{"success":true,"message":"ok"}`)), fault{}, nil, false},
		"lost, and there":  {after(testkit.Drop), action(`"approved"`), nil, true},
		"lost, and not":    {before(testkit.Drop), action(`null`), agentclients.ErrOutcomeUnknown, false},
		"lost, another":    {before(testkit.Drop), action(`"rejected"`), agentclients.ErrConflict, false},
		"lost, unreadable": {before(testkit.Drop), before(jsonResponse(403, "")), agentclients.ErrOutcomeUnknown, false},
		"502":              {after(jsonResponse(502, "")), action(`"approved"`), nil, true},
		"refused":          {before(jsonResponse(400, `{"message":"x"}`)), fault{}, agentclients.ErrBadRequest, false},
		"refused in a 200": {before(jsonResponse(200, `{"success":false,"message":"already reviewed"}`)), fault{}, errors.ErrUnsupported, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlatform(t)
				p.fail("POST task", test.post)
				if test.look.do != nil {
					p.fail("GET task", test.look)
				}
				var response agentclients.Response
				err := p.open(t).ReviewAction(t.Context(), "calc", "t1", "a1", ReviewActionRequest{Review: ReviewApproved}, agentclients.CaptureResponse(&response))
				if response.Settled != test.settled || response.Attempts != len(p.requests) {
					t.Errorf("captured %+v of %q", response, p.requests)
				}
				posts := strings.Count(strings.Join(p.requests, " "), "POST")
				if posts != 1 {
					t.Errorf("requests %q", p.requests)
				}
				switch test.kind {
				case nil:
					if err != nil {
						t.Error(err)
					}
				case errors.ErrUnsupported: // of no kind
					if e := asError(t, err); e.Message != "already reviewed" || e.OutcomeUnknown {
						t.Error(err)
					}
				default:
					if e := asError(t, err, test.kind); e.OutcomeUnknown != (test.kind == agentclients.ErrOutcomeUnknown) || e.OutcomeUnknown && e.ResourceID != "a1" {
						t.Error(err)
					}
				}
			})
		})
	}
}

// A turn of a task that goes on names the task, whatever happens.
func TestTurnOfGivenTaskIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t)
		request := sumMessage()
		request.TaskID = "t1"
		p.fail("POST task", after(testkit.Drop))
		_, err := p.open(t).InvokeAgent(t.Context(), "calc", request)
		if e := asError(t, err, agentclients.ErrOutcomeUnknown); e.ResourceID != "t1" {
			t.Error(err)
		}
	})
}
