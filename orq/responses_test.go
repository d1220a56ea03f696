package orq

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

func TestResponseRequests(t *testing.T) {
	const answer = `{"id":"resp_1","object":"response","status":"completed","output":[]}`
	create := func(r CreateResponseRequest) func(context.Context, *Client) error {
		return func(ctx context.Context, c *Client) error {
			_, err := c.CreateResponse(ctx, r)
			return err
		}
	}
	for name, test := range map[string]struct {
		call func(context.Context, *Client) error
		want string
	}{
		"a text": {create(CreateResponseRequest{Model: "agent/calc@1.2.0", Input: ResponseInput{Text: "<2>"}}),
			`POST /v3/router/responses {"model":"agent/calc@1.2.0","input":"<2>"}`},
		"everything": {create(CreateResponseRequest{
			Model: "agent/calc", Input: ResponseInput{Items: []InputItem{
				UserInput(InputContent{Type: ContentInputText, Text: "Look"}, InputContent{Type: ContentInputImage, ImageURL: "https://x/y.png"}),
				FunctionCallOutput("call_1", ""), MCPApproval("apr_1", false), {Type: "item_reference", ExtraFields: map[string]any{"id": "i1"}},
			}},
			Instructions: new("Be brief."), PreviousResponseID: "resp_0", Conversation: &Conversation{ID: "conv_1"}, Background: new(true), Store: new(true),
			Variables: map[string]any{"name": "Ada"}, Metadata: map[string]string{"run": "7"}, Identity: &Identity{ID: "u1", Tags: []string{"x"}},
			Thread: &Thread{ID: "th_1"}, Memory: &Memory{EntityID: "e1"}, Limits: &ResponseLimits{MaxIterations: new(3), MaxCost: new(0.5)},
			Tools:     []ResponseTool{{Type: "function", Name: "add", Parameters: map[string]any{"type": "object"}}, {Type: "orq:current_date", ExtraFields: map[string]any{"tool_id": "t"}}},
			Reasoning: &Reasoning{Effort: "low"}, TemplateEngine: new(EngineJinja), ExtraFields: map[string]any{"temperature": 0, "tool_choice": "auto"},
		}), `POST /v3/router/responses {"model":"agent/calc","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"Look"},{"type":"input_image","image_url":"https://x/y.png"}]},` +
			`{"type":"function_call_output","call_id":"call_1","output":""},{"type":"mcp_approval_response","approval_request_id":"apr_1","approve":false},{"type":"item_reference","id":"i1"}],` +
			`"instructions":"Be brief.","previous_response_id":"resp_0","conversation":{"id":"conv_1"},"background":true,"store":true,"variables":{"name":"Ada"},"metadata":{"run":"7"},` +
			`"identity":{"id":"u1","tags":["x"]},"thread":{"id":"th_1"},"memory":{"entity_id":"e1"},"limits":{"max_iterations":3,"max_cost":0.5},` +
			`"tools":[{"type":"function","name":"add","parameters":{"type":"object"}},{"type":"orq:current_date","tool_id":"t"}],"reasoning":{"effort":"low"},"template_engine":"jinja","temperature":0,"tool_choice":"auto"}`},
		"GetResponse": {func(ctx context.Context, c *Client) error { _, err := c.GetResponse(ctx, "resp/1"); return err },
			"GET /v3/router/responses/resp%2F1 "},
	} {
		t.Run(name, func(t *testing.T) { suite.Sends(t, answer, test.call, test.want) })
	}
}

func TestAgentResponseRequests(t *testing.T) {
	const answer = `{"_id":"r1","task_id":"t1","output":[],"created_at":"2026-01-01T00:00:00.000Z","model":"m"}`
	suite.Sends(t, answer, func(ctx context.Context, c *Client) error {
		_, err := c.CreateAgentResponse(ctx, "calc@2.0.0", AgentResponseRequest{
			TaskID: "t1", Message: ToolMessage(ToolResult("call_1", map[string]any{"sum": 4}), Part{Kind: PartToolResult, ToolCallID: "call_2"}),
			Variables: map[string]any{"a": 1}, Identity: &Identity{ID: "u"}, Thread: &Thread{ID: "th", Tags: []string{"x"}}, Memory: &Memory{EntityID: "e"},
			Metadata: map[string]any{"n": 7}, Engine: new(EngineText), Background: new(true), Conversation: &AgentConversation{ID: "c1"}, ExtraFields: map[string]any{"x": nil},
		})
		return err
	}, `POST /v2/agents/calc@2.0.0/responses {"task_id":"t1","message":{"role":"tool","parts":[{"kind":"tool_result","tool_call_id":"call_1","result":{"sum":4}},{"kind":"tool_result","tool_call_id":"call_2"}]},`+
		`"variables":{"a":1},"identity":{"id":"u"},"thread":{"id":"th","tags":["x"]},"memory":{"entity_id":"e"},"metadata":{"n":7},"engine":"text","background":true,"conversation":{"_id":"c1"},"x":null}`)
	suite.Sends(t, answer, func(ctx context.Context, c *Client) error {
		_, err := c.GetAgentResponse(ctx, "calc", "t1")
		return err
	}, "GET /v2/agents/calc/responses/t1 ")
}

// Requests print as they are sent.
func TestRunRequestsPrint(t *testing.T) {
	for want, request := range map[string]any{
		`{"model":"agent/calc","input":"x","a":1}`:                                                CreateResponseRequest{Model: "agent/calc", Input: ResponseInput{Text: "x"}, ExtraFields: map[string]any{"a": 1}},
		`{"message":{"role":"user","parts":[{"kind":"text","text":"x"}]},"a":1}`:                  AgentResponseRequest{Message: UserMessage("x"), ExtraFields: map[string]any{"a": 1}},
		`{"task_id":"t","message":{"role":"user","parts":[{"kind":"text","text":"x"}]}}`:          InvokeRequest{TaskID: "t", Message: UserMessage("x")},
		`{"review":"approved","mock_output":{"a":1},"source":"cli"}`:                              ReviewActionRequest{Review: ReviewApproved, MockOutput: map[string]any{"a": 1}, Source: "cli"},
		`{"model":"agent/","input":"x","tools":[{"type":"function","name":"look"}]}`:              RunRequest{Text: "x", Tools: []ResponseTool{{Type: "function", Name: "look"}}},
		`{"model":"agent/","input":[{"type":"function_call_output","call_id":"c","output":"4"}]}`: RunRequest{Items: []InputItem{FunctionCallOutput("c", "4")}},
	} {
		if got := request.(interface{ String() string }).String(); got != want {
			t.Errorf("printed %s, not %s", got, want)
		}
		if _, runs := request.(RunRequest); runs {
			continue
		}
		encoded, err := json.Marshal(request)
		if err != nil || string(encoded) != want {
			t.Errorf("encoded %s, %v", encoded, err)
		}
	}
}

func TestWrongRunRequests(t *testing.T) {
	response := CreateResponseRequest{Model: "agent/calc", Input: ResponseInput{Text: "x"}}
	for name, test := range map[string]struct {
		call func(context.Context, *Client) error
		want []string
	}{
		"nothing to respond to": {func(ctx context.Context, c *Client) error {
			_, err := c.CreateResponse(ctx, CreateResponseRequest{})
			return err
		}, []string{"model", "input"}},
		"a text and items": {func(ctx context.Context, c *Client) error {
			r := response
			r.Input.Items = []InputItem{{}}
			_, err := c.CreateResponse(ctx, r)
			return err
		}, []string{"input", "input[0].type"}},
		"parts of a response": {func(ctx context.Context, c *Client) error {
			r := response
			r.Input = ResponseInput{Items: []InputItem{UserInput(InputContent{Text: "\xff"})}}
			r.Conversation, r.Identity, r.Thread, r.Memory = &Conversation{}, &Identity{}, &Thread{}, &Memory{}
			r.Tools = []ResponseTool{{}, {Type: "function"}}
			r.Background, r.Store = new(true), new(false)
			r.Metadata = map[string]string{"a": "\xff"}
			r.ExtraFields = map[string]any{"stream": true}
			_, err := c.CreateResponse(ctx, r)
			return err
		}, []string{"input[0].content[0].type", "conversation.id", "store", "identity.id", "thread.id", "memory.entity_id", "tools[0].type", "tools[1].name", "stream", "input[0].content[0].text", "metadata.a"}},
		"a run": {func(ctx context.Context, c *Client) error { _, err := c.RunAgent(ctx, "", RunRequest{}); return err },
			[]string{"agent_key", "input"}},
		"a streamed run": {func(ctx context.Context, c *Client) error {
			return last(c.StreamRun(ctx, "calc", RunRequest{Text: "\xff"}), func() {})
		}, []string{"input"}},
		"a streamed response": {func(ctx context.Context, c *Client) error {
			return last(c.StreamResponse(ctx, CreateResponseRequest{}), func() {})
		}, []string{"model", "input"}},
		"no message": {func(ctx context.Context, c *Client) error {
			_, err := c.InvokeAgent(ctx, "calc", InvokeRequest{})
			return err
		}, []string{"message.role", "message.parts"}},
		"parts of a task": {func(ctx context.Context, c *Client) error {
			return last(c.StreamTask(ctx, "calc", InvokeRequest{
				Message: Message{Role: "agent", Parts: []Part{{}, {Kind: PartText}, {Kind: PartFile, File: &File{}}, {Kind: PartToolResult}, {Kind: PartError}, {Raw: json.RawMessage(`{}`)}}},
				Contact: &Identity{}, StreamTimeoutSeconds: new(3601),
			}), func() {})
		}, []string{"message.role", "message.parts[0].kind", "message.parts[1].text", "message.parts[2].file", "message.parts[3].tool_call_id", "message.parts[4].error", "contact.id", "stream_timeout_seconds"}},
		"a tool that talks": {func(ctx context.Context, c *Client) error {
			_, err := c.CreateAgentResponse(ctx, "calc", AgentResponseRequest{Message: Message{Role: RoleTool, Parts: []Part{{Kind: PartText, Text: "x"}}}, Conversation: &AgentConversation{}})
			return err
		}, []string{"message.parts[0].kind", "conversation._id"}},
		"text that is not UTF-8": {func(ctx context.Context, c *Client) error {
			return last(c.StreamAgentResponse(ctx, "calc", AgentResponseRequest{Message: UserMessage("Gr\xfc\xdfe"), ExtraFields: map[string]any{"stream": false}}), func() {})
		}, []string{"stream", "message.parts[0].text"}},
		"lists of tasks": {func(ctx context.Context, c *Client) error {
			_, err := c.ListTasks(ctx, "calc", ListTasksRequest{Limit: 201, States: []TaskState{"working,failed", ""}})
			return err
		}, []string{"limit", "status[0]", "status[1]"}},
		"no review": {func(ctx context.Context, c *Client) error {
			return c.ReviewAction(ctx, "calc", "t", "a", ReviewActionRequest{ExtraFields: map[string]any{"review": "approved"}})
		}, []string{"review", "review"}},
	} {
		t.Run(name, func(t *testing.T) { suite.Refuses(t, test.call, test.want) })
	}
	if err := (RunRequest{}).Validate(); !errors.Is(err, agentclients.ErrInvalidRequest) {
		t.Error(err)
	}
	if err := (InvokeRequest{Message: UserMessage("x")}).Validate(); err != nil {
		t.Error(err)
	}
}

// everyResponse has every member that is documented.
const everyResponse = `{"id":"resp_1","object":"response","status":"completed","model":"agent/calc","created_at":1763712000,"completed_at":1763712002,
 "output":[{"type":"orq:current_date","id":"i1","call_id":"c1","name":"current_date","status":"completed","result":"2026-01-01"},
  {"type":"message","id":"msg_1","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Fo","annotations":[{"type":"url_citation"}]},{"type":"refusal","refusal":"No."},{"type":"output_text","text":"ur."}]},
  {"type":"function_call","id":"fc_1","call_id":"call_1","name":"add","arguments":"{}"},{"type":"function_call_output","call_id":"call_1","output":"4"},
  {"type":"reasoning","summary":[]}],
 "usage":{"input_tokens":9,"output_tokens":2,"total_tokens":11,"input_tokens_details":{"cached_tokens":1,"cache_creation_tokens":2,"cache_write_tokens":3},"output_tokens_details":{"reasoning_tokens":4},"input_cost":0.5,"output_cost":0.25,"total_cost":0.75,"web_search_requests":1},
 "error":null,"incomplete_details":null,"previous_response_id":"resp_0","conversation":{"id":"conv_1"},"instructions":"x","background":true,"store":true,"metadata":{"a":"b"},"variables":{"n":1},"memory":{"entity_id":"e"},"telemetry":{"trace_id":"t","span_id":"s"},"top_k":5}`

func TestReadingResponses(t *testing.T) {
	response, err := decodeResponse([]byte(everyResponse))
	if err != nil {
		t.Fatal(err)
	}
	if response.Text() != "Four." || len(response.Pending()) != 0 || response.Err() != nil || response.Output[0].Name != "current_date" || *response.Usage.TotalCost != 0.75 {
		t.Errorf("response %+v", response)
	}
	if !strings.Contains(string(response.Raw), `"top_k":5`) || !strings.Contains(string(response.Output[0].Raw), "2026-01-01") {
		t.Error("what has no field is lost")
	}
	if created, err := response.CreatedAt.Time(); err != nil || created.Unix() != 1763712000 {
		t.Errorf("created %v, %v", created, err)
	}
	encoded, err := json.Marshal(response)
	if err != nil {
		t.Fatal(err)
	}
	again, err := decodeResponse(encoded)
	if err != nil {
		t.Fatal(err)
	}
	again.Raw = response.Raw
	if diff := cmp.Diff(response, again); diff != "" {
		t.Errorf("it came back differently (-first +second):\n%s", diff)
	}
	testkit.SurvivesOddValues(t, []byte(everyResponse), decodeResponse, "id")
	testkit.SurvivesOddValues(t, []byte(agentResponseObject("t1")), decodeAgentResponse, "task_id")
	testkit.SurvivesOddValues(t, []byte(everyTask), decodeTask, "id")
	testkit.SurvivesOddValues(t, []byte(everyAction), decodeAction, "_id")
	for _, parts := range [][]any{ordinary(surfaceV3, "r1"), ordinary(surfaceV2, "r1"), ordinary(surfaceTasks, "r1")} {
		for _, part := range parts {
			text, ok := part.(string)
			if _, object, found := strings.Cut(text, "data: {"); ok && found {
				testkit.SurvivesOddValues(t, []byte("{"+object), decodeEvent[ResponseEvent])
				testkit.SurvivesOddValues(t, []byte("{"+object), decodeEvent[AgentResponseEvent])
				testkit.SurvivesOddValues(t, []byte("{"+object), decodeEvent[TaskEvent])
			}
		}
	}
}

func decodeEvent[E any, P event[E]](body []byte) (*E, error) {
	event := new(E)
	if err := P(event).UnmarshalJSON(body); err != nil {
		return nil, err
	}
	_ = P(event).isLast() && P(event).runID() == ""
	return event, nil
}

// What waits for the caller is told from what the platform did itself.
func TestPendingItems(t *testing.T) {
	for output, want := range map[string][]string{
		`[]`: nil,
		`[{"type":"orq:http","call_id":"c1"},{"type":"mcp_call","id":"m1"},{"type":"web_search_call","id":"w1"}]`:                                              nil,
		`[{"type":"function_call","call_id":"c1","id":"f1"}]`:                                                                                                  {"f1"},
		`[{"type":"function_call","call_id":"c1","id":"f1"},{"type":"function_call_output","call_id":"c1"}]`:                                                   nil,
		`[{"type":"function_call","call_id":"c1","id":"f1"},{"type":"function_call","call_id":"c2","id":"f2"},{"type":"function_call_output","call_id":"c1"}]`: {"f2"},
		`[{"type":"custom_tool_call","call_id":"c1","id":"f1"},{"type":"function_call_output","call_id":"c1"}]`:                                                {"f1"},
		`[{"type":"mcp_approval_request","id":"a1"},{"type":"mcp_approval_request","id":"a2"},{"type":"mcp_approval_response","approval_request_id":"a2"}]`:    {"a1"},
	} {
		response, err := decodeResponse([]byte(`{"id":"r","status":"completed","output":` + output + `}`))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, item := range response.Pending() {
			got = append(got, item.ID)
		}
		if !slices.Equal(got, want) || errors.Is(response.Err(), agentclients.ErrInputRequired) != (want != nil) {
			t.Errorf("%s: %q, %v", output, got, response.Err())
		}
	}
}

func TestErrOfAgentResponses(t *testing.T) {
	for text, want := range map[string]error{
		`"finish_reason":"stop"`: nil,
		`"status":"in_progress"`: nil,
		`"finish_reason":"function_call","pending_tool_calls":[{"id":"c","function":{"name":"add"}}]`: agentclients.ErrInputRequired,
		`"finish_reason":"max_time"`:                    agentclients.ErrRunFailed,
		`"status":"failed","error":"No model"`:          agentclients.ErrRunFailed,
		`"status":"completed","finish_reason":"length"`: agentclients.ErrRunFailed,
	} {
		response, err := decodeAgentResponse([]byte(`{"_id":"r","task_id":"t1",` + text + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Err(); !errors.Is(err, want) || (err == nil) != (want == nil) || err != nil && asError(t, err).ResourceID != "t1" {
			t.Errorf("%s: %v", text, err)
		}
	}
	response, err := decodeAgentResponse([]byte(`{"_id":"r","task_id":"t1","status":"abandoned"}`))
	if err != nil {
		t.Fatal(err)
	}
	if e := asError(t, response.Err()); e.Code != "abandoned" || !strings.Contains(e.Error(), `the status "abandoned" is not known`) || e.ResourceID != "t1" {
		t.Errorf("a status of tomorrow: %v", e)
	}
}

// statuses answers reads: each look gets the next response, and all after the
// last one get that.
func statuses(p *platform, op string, looks ...http.HandlerFunc) {
	for _, look := range looks {
		p.fail(op, before(look))
	}
	p.fail(op, slices.Repeat([]fault{before(looks[len(looks)-1])}, 1000)...)
}

func TestWaits(t *testing.T) {
	notFound := jsonResponse(404, `{"message":"not found"}`)
	badGateway := testkit.RespondWith(502, "text/html", "<html></html>")
	for call, wait := range map[string]struct {
		op                   string
		going, ended, failed string
		needs                string // input
		look                 func(word string) http.HandlerFunc
		wait                 func(context.Context, *Client, func(string), ...agentclients.CallOption) (string, error)
	}{
		"WaitResponse": {"GET v3", "in_progress", "completed", "incomplete", "", func(word string) http.HandlerFunc { return jsonResponse(200, responseObject("r1", word, "")) },
			func(ctx context.Context, c *Client, progress func(string), options ...agentclients.CallOption) (string, error) {
				response, err := c.WaitResponse(ctx, "r1", func(r *Response) { progress(string(r.Status)) }, options...)
				if response == nil {
					return "", err
				}
				return string(response.Status), err
			}},
		"WaitTask": {"GET task", "working", "completed", "canceled", "input-required", func(word string) http.HandlerFunc { return jsonResponse(200, taskObject("r1", word, "")) },
			func(ctx context.Context, c *Client, progress func(string), options ...agentclients.CallOption) (string, error) {
				task, err := c.WaitTask(ctx, "calc", "r1", func(t *Task) { progress(string(t.Status.State)) }, options...)
				if task == nil {
					return "", err
				}
				return string(task.Status.State), err
			}},
	} {
		going, ended := wait.look(wait.going), wait.look(wait.ended)
		for name, test := range map[string]struct {
			looks []http.HandlerFunc
			seen  []string // by progress
			kind  error    // nil: none
			says  string
		}{
			"to the end":         {[]http.HandlerFunc{going, going, ended}, []string{wait.going, wait.going, wait.ended}, nil, ""},
			"to another end":     {[]http.HandlerFunc{wait.look(wait.failed)}, []string{wait.failed}, nil, ""},
			"failed":             {[]http.HandlerFunc{wait.look("failed")}, []string{"failed"}, nil, ""},
			"a word of tomorrow": {[]http.HandlerFunc{going, wait.look("timed_out")}, []string{wait.going, "timed_out"}, nil, `"timed_out"`},
			"failures in a row":  {append([]http.HandlerFunc{going}, append(slices.Repeat([]http.HandlerFunc{badGateway}, 4), ended)...), []string{wait.going, wait.ended}, nil, ""},
			"late":               {[]http.HandlerFunc{notFound, notFound, going, ended}, []string{wait.going, wait.ended}, nil, ""},
			"gone":               {[]http.HandlerFunc{going, notFound}, []string{wait.going}, agentclients.ErrNotFound, "404"},
			"never there":        {[]http.HandlerFunc{notFound}, nil, agentclients.ErrNotFound, "404"},
			"refused":            {[]http.HandlerFunc{going, jsonResponse(401, "")}, []string{wait.going}, agentclients.ErrUnauthorized, "401"},
			"failing for good":   {[]http.HandlerFunc{going, badGateway}, []string{wait.going}, agentclients.ErrServer, "502"},
			"never done":         {[]http.HandlerFunc{going}, nil, context.DeadlineExceeded, `"` + wait.going + `"`},
			"told to come later": {[]http.HandlerFunc{testkit.RespondWith(429, "application/json", "", "Retry-After: 3600")}, nil, context.DeadlineExceeded, ""},
		} {
			t.Run(call+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newPlatform(t)
					statuses(p, wait.op, test.looks...)
					var seen []string
					var response agentclients.Response
					start := time.Now()
					word, err := wait.wait(t.Context(), p.open(t), func(word string) { seen = append(seen, word) }, agentclients.CaptureResponse(&response))
					if test.seen != nil && !slices.Equal(seen, test.seen) || response.Attempts != len(p.requests) || time.Since(start) > 10*time.Minute {
						t.Errorf("saw %q, captured %+v of %d requests after %v", seen, response, len(p.requests), time.Since(start))
					}
					if len(seen) > 0 && word != seen[len(seen)-1] {
						t.Errorf("returned %v", word)
					}
					if test.says == "" && test.kind == nil {
						if err != nil {
							t.Error(err)
						}
						return
					}
					e := asError(t, err)
					if test.kind != nil && !errors.Is(err, test.kind) || e.ResourceID != "r1" || !strings.Contains(err.Error(), test.says) {
						t.Errorf("error %v", err)
					}
				})
			})
		}
	}
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t)
		client := p.open(t)
		p.fail("GET task", before(jsonResponse(200, taskObject("r1", "working", ""))), before(jsonResponse(200, taskObject("r1", "input-required", ""))))
		task, err := client.WaitTask(t.Context(), "calc", "r1", nil)
		if asError(t, err, agentclients.ErrInputRequired); task == nil || !errors.Is(task.Err(), agentclients.ErrInputRequired) {
			t.Errorf("task %v, %v", task, err)
		}
		p.fail("GET v3", before(jsonResponse(200, `{"id":"r1","status":"completed","output":[{"type":"function_call","call_id":"c","name":"add"}]}`)))
		response, err := client.WaitResponse(t.Context(), "r1", nil)
		if asError(t, err, agentclients.ErrInputRequired); response == nil || len(response.Pending()) != 1 {
			t.Errorf("response %v, %v", response, err)
		}
	})
}
