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
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// Every member that a client of the router refuses to miss is there.
func TestResponseWordForWord(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		got := m.do(200, "POST", router, routes("Two plus two?", `"metadata":{"a":"b"}`))
		var made struct {
			ID        string
			Telemetry struct {
				TraceID string `json:"trace_id"`
				SpanID  string `json:"span_id"`
			}
			Output []struct{ ID string }
		}
		if err := json.Unmarshal([]byte(got), &made); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(made.ID, "resp_") || len(made.ID) != 31 {
			t.Errorf("id %q", made.ID)
		}
		want := `{"id":"ID","object":"response","background":false,"frequency_penalty":0,` +
			`"input":[{"content":[{"text":"Two plus two?","type":"input_text"}],"role":"user","type":"message"}],"instructions":null,` +
			`"max_output_tokens":null,"max_tool_calls":null,"metadata":{"a":"b"},"model":"agent/desk","parallel_tool_calls":true,"presence_penalty":0,` +
			`"previous_response_id":null,"prompt_cache_key":null,"reasoning":null,"safety_identifier":null,"service_tier":"default","store":true,` +
			`"temperature":1,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_logprobs":0,"top_p":1,` +
			`"created_at":946684800,"completed_at":946684800,"status":"completed","error":null,"incomplete_details":null,` +
			`"output":[{"type":"message","id":"ITEM","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Hello! I'm a simulated reply.","annotations":[],"logprobs":[]}]}],` +
			`"prompt_cache_options":null,"prompt_cache_retention":null,"telemetry":{"trace_id":"TRACE","span_id":"SPAN"},"truncation":"disabled",` +
			`"usage":{"input_tokens":3,"input_tokens_details":{"cached_tokens":0,"cache_creation_tokens":0,"cache_write_tokens":0},` +
			`"output_tokens":7,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":10},"user":null}`
		names := map[string]string{made.ID: "ID", made.Output[0].ID: "ITEM", made.Telemetry.TraceID: "TRACE", made.Telemetry.SpanID: "SPAN"}
		if diff := cmp.Diff(want, masked(got, names)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if again := m.do(200, "GET", router+"/"+made.ID, ""); again != got {
			t.Errorf("read: %s", again)
		}
	})
}

func TestResponseShowsTheRequest(t *testing.T) {
	withTasks(t, mockserver.Config{Strictness: mockserver.Report}, func(m *taskMock) {
		body := routes("x", `"instructions":"be brief","max_output_tokens":5,"max_tool_calls":2,"memory":{"entity_id":"e"},"parallel_tool_calls":false,
			"presence_penalty":1,"frequency_penalty":-1,"prompt_cache_key":"p","reasoning":{"effort":"low"},"safety_identifier":"s","service_tier":"flex",
			"temperature":0,"text":{"verbosity":"low"},"tool_choice":"none","tools":[{"type":"mcp","key":"m","headers":{"Authorization":"tok-1"}}],
			"top_k":3,"top_logprobs":2,"top_p":0.5,"variables":{"v":1},"conversation":{"id":"c"},"identity":{"id":"i"},"thread":{"id":"t"},"limits":{"max_iterations":3}`)
		got := m.do(200, "POST", router, body)
		for _, want := range []string{
			`"instructions":"be brief"`, `"max_output_tokens":5`, `"max_tool_calls":2`, `"memory":{"entity_id":"e"}`, `"parallel_tool_calls":false`,
			`"presence_penalty":1`, `"frequency_penalty":-1`, `"prompt_cache_key":"p"`, `"reasoning":{"effort":"low"}`, `"safety_identifier":"s"`,
			`"service_tier":"flex"`, `"temperature":0`, `"text":{"verbosity":"low"}`, `"tool_choice":"none"`, `"tools":[{"key":"m","type":"mcp"}]`,
			`"top_k":3`, `"top_logprobs":2`, `"top_p":0.5`, `"variables":{"v":1}`, `"conversation":{"id":"c"}`,
		} {
			if !strings.Contains(got, want) {
				t.Errorf("%s is not in %s", want, got)
			}
		}
		if everything := got + string(m.Snapshot()) + fmt.Sprint(m.Calls(matchAll)); strings.Contains(everything, "tok-1") {
			t.Errorf("a token is shown: %s", everything)
		}
	})
}

// The frames are those that clients put together to a response: names, types,
// numbers without gaps, and the items of the response.
func TestResponseStreamFrameByFrame(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.replies(script.Reply{Chunks: []string{"Fo", "ur\r\n."}})
		stream := m.do(200, "POST", router, routes("Two plus two?", `"stream":true`))
		if got := kinds(t, stream); got != strings.Join([]string{
			"response.created", "response.in_progress", "response.output_item.added", "response.content_part.added", "response.output_text.delta+",
			"response.output_text.done", "response.content_part.done", "response.output_item.done", "response.completed", "[DONE]",
		}, "\n") {
			t.Error(got)
		}
		names, data := frames(t, stream)
		var first, last struct{ Response aResponse }
		if err := json.Unmarshal([]byte(data[0]), &first); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(data[len(data)-2]), &last); err != nil {
			t.Fatal(err)
		}
		if first.Response.line() != "in_progress" || last.Response.line() != "completed message(completed Four\r\n.)" || first.Response.ID != last.Response.ID {
			t.Errorf("%s, then %s", first.Response.line(), last.Response.line())
		}
		item := last.Response.Output[0].ID
		want := []string{
			`{"type":"response.output_item.added","sequence_number":2,"output_index":0,"item":{"type":"message","id":"ITEM","role":"assistant","status":"in_progress","content":[]}}`,
			`{"type":"response.content_part.added","sequence_number":3,"item_id":"ITEM","output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[],"logprobs":[]}}`,
			`{"type":"response.output_text.delta","sequence_number":4,"item_id":"ITEM","output_index":0,"content_index":0,"delta":"Fo","logprobs":[]}`,
			`{"type":"response.output_text.delta","sequence_number":5,"item_id":"ITEM","output_index":0,"content_index":0,"delta":"ur\r\n.","logprobs":[]}`,
			`{"type":"response.output_text.done","sequence_number":6,"item_id":"ITEM","output_index":0,"content_index":0,"text":"Four\r\n.","logprobs":[]}`,
			`{"type":"response.content_part.done","sequence_number":7,"item_id":"ITEM","output_index":0,"content_index":0,"part":{"type":"output_text","text":"Four\r\n.","annotations":[],"logprobs":[]}}`,
			`{"type":"response.output_item.done","sequence_number":8,"output_index":0,"item":{"type":"message","id":"ITEM","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Four\r\n.","annotations":[],"logprobs":[]}]}}`,
		}
		for i, frame := range data[2 : len(data)-2] {
			if got := strings.ReplaceAll(frame, item, "ITEM"); got != want[i] {
				t.Errorf("frame %d: %s\nwant %s", i+2, got, want[i])
			}
		}
		if names[len(names)-1] != "" {
			t.Errorf("[DONE] has the name %q", names[len(names)-1])
		}
		if got := read[aResponse](m, "GET", router+"/"+last.Response.ID, ""); !cmp.Equal(got, last.Response) {
			t.Errorf("read: %+v", got)
		}
	})
}

func TestEndsOfResponses(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		for _, c := range []struct {
			reply      script.Reply
			last, line string
			task, v2   string
		}{
			{script.Reply{Error: "busy"}, "response.failed", "failed server_error busy", "failed agent: busy", "failed busy"},
			{script.Reply{Error: "busy", Code: "429", Text: "so far"}, "response.failed", "failed 429 busy message(incomplete so far)", "failed agent: busy", "failed busy agent: so far"},
			{script.Reply{Error: "-", Code: "length", Text: "cut"}, "response.incomplete", "incomplete max_output_tokens message(incomplete cut)", "completed agent: cut", "completed length agent: cut"},
			{script.Reply{Error: "-", Code: "max_time"}, "response.incomplete", "incomplete max_time", "completed", "completed max_time"},
			{script.Reply{}, "response.completed", "completed", "completed", "completed stop"},
		} {
			m.replies(c.reply, c.reply)
			stream := m.do(200, "POST", router, routes("x", `"stream":true`))
			if !strings.HasSuffix(kinds(t, stream), "\n"+c.last+"\n[DONE]") {
				t.Errorf("%+v: %s", c.reply, kinds(t, stream))
			}
			got := read[aResponse](m, "POST", router, routes("x"))
			if got.line() != c.line {
				t.Errorf("%+v: %s", c.reply, got.line())
			}
			newest := m.tasks()[0]
			if newest.line() != c.task {
				t.Errorf("%+v: the task is %s", c.reply, newest.line())
			}
			if got := read[anAgentResponse](m, "GET", desk+"/responses/"+newest.ID, ""); got.line() != c.v2 {
				t.Errorf("%+v: the response of the agent is %q", c.reply, got.line())
			}
		}
	})
}

// In the background a response is queued, in progress and completed, by a
// clock that runs and by one that is moved by hand.
func TestBackgroundResponses(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		look := func(id, want string) {
			t.Helper()
			if got := read[aResponse](m, "GET", router+"/"+id, "").line(); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		slow := script.Reply{Delay: time.Second, Text: "a b", Pace: time.Second}
		m.replies(slow, slow)
		first := read[aResponse](m, "POST", router, routes("x", `"background":true`))
		if first.line() != "queued" || first.Usage != nil || !first.Background {
			t.Errorf("%+v", first)
		}
		look(first.ID, "queued")
		<-time.After(time.Second) // virtual
		look(first.ID, "in_progress")
		<-time.After(time.Second)
		look(first.ID, "completed message(completed a b)")
		m.SetTime(m.Now())
		second := read[aResponse](m, "POST", router, routes("x", `"background":true`))
		<-time.After(time.Hour)
		look(second.ID, "queued")
		m.Advance(time.Second)
		look(second.ID, "in_progress")
		m.Advance(time.Second)
		look(second.ID, "completed message(completed a b)")
	})
}

// What the response to a request does not wait for is not shown in it.
func TestStreamOfAResponseInTheBackground(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		stream := m.do(200, "POST", router, routes("x", `"stream":true,"background":true`))
		if got := kinds(t, stream); !strings.HasPrefix(got, "response.created\nresponse.queued\nresponse.in_progress\n") {
			t.Error(got)
		}
	})
}

func TestRefusedResponses(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.replies(script.Reply{Text: "the first that runs"})
		for _, c := range []struct {
			body   string
			status int
			want   string
		}{
			{`{`, 400, `{"error":{"code":"invalid_request_body","message":"Invalid request body: request body is not valid JSON","type":"invalid_request_error","param":null}}`},
			{`{}`, 400, `{"error":{"code":"invalid_request_body","message":"Invalid request body: model is required","type":"invalid_request_error","param":"model"}}`},
			{`{"model":"agent/none"}`, 400, `"param":"input"`},
			{`{"model":"agent/none","input":[]}`, 400, `"param":"input"`},
			{`{"model":"agent/none","input":[{"role":"boss","content":"x"}]}`, 400, `"param":"input/0/role"`},
			{`{"model":"agent/none","input":[{"role":"user"}]}`, 400, `"param":"input/0/content"`},
			{`{"model":"agent/none","input":[{"type":"function_call_output","call_id":""}]}`, 400, `"param":"input/0/call_id"`},
			{`{"model":"agent/none","input":"x","metadata":{"a":1}}`, 400, `"Invalid request body: metadata/a must be a string, not a number"`},
			{`{"model":"agent/none","input":"x","background":true,"store":false}`, 400, `"param":"store"`},
			{`{"model":"agent/none","input":"x"}`, 404, `{"error":{"code":"agent_not_found","message":"Agent not found","type":"invalid_request_error","param":"model"}}`},
			{`{"model":"agent/none","input":"x","stream":true}`, 404, `"agent_not_found"`},
			{`{"model":"agent/desk@9.9.9","input":"x"}`, 404, `"agent_not_found"`},
			{`{"model":"openai/gpt-4o","input":"x"}`, 501, `{"error":{"code":"not_implemented","message":"Only agents are emulated, not models","type":"server_error","param":"model"}}`},
			{routes("x", `"previous_response_id":"resp_none"`), 404, `{"error":{"code":"previous_response_not_found","message":"Previous response with id 'resp_none' not found.","type":"invalid_request_error","param":"previous_response_id"}}`},
			{`{"model":"agent/desk","input":[{"type":"function_call_output","call_id":"c","output":"x"}]}`, 400, `"No tool call found for function call output with call_id c."`},
		} {
			if got := m.do(c.status, "POST", router, c.body); !strings.Contains(got, c.want) {
				t.Errorf("%s: %s, want %s", c.body, got, c.want)
			}
		}
		m.key = ""
		if got := m.do(401, "POST", router, `{`); got != `{"error":{"code":"authentication_required","message":"Authentication required","type":"authentication_error","param":null}}` {
			t.Error(got)
		}
		m.key = "k"
		if got := m.do(404, "GET", router+"/resp_none", ""); got != `{"error":{"code":"response_not_found","message":"Response not found","type":"invalid_request_error","param":null}}` {
			t.Error(got)
		}
		if n := len(m.tasks()); n != 0 {
			t.Errorf("%d tasks are there", n)
		}
		if got := read[aResponse](m, "POST", router, routes("x")).line(); got != "completed message(completed the first that runs)" {
			t.Errorf("a refused request took a reply: %s", got)
		}
	})
}

// What is not emulated says so, in the shape of its surface.
func TestSchedules(t *testing.T) {
	withTasks(t, mockserver.Config{AllowUnmatched: true}, func(m *taskMock) {
		for _, path := range []string{"/v3/agents/desk/schedules", "/v3/agents/desk/schedules/s1/execution"} {
			response, err := m.try(m.t.Context(), "POST", path, `{}`)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if got := response.Header.Get("X-Mock-Reason"); response.StatusCode != 404 || !strings.Contains(got, "not emulated are schedules") {
				t.Errorf("%d %s", response.StatusCode, got)
			}
			if got := m.do(404, "POST", path, `{}`); got != `{"error":{"code":"not_found","message":"Not Found"}}` {
				t.Error(got)
			}
		}
	})
}

// A response goes on with the task of the one before. From one that is not the
// latest it branches.
func TestPreviousResponses(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.ScriptFunc(mockserver.Orq, func(asked script.Turn) script.Reply {
			var before []string
			for _, said := range asked.History {
				before = append(before, said.Text)
			}
			return script.Reply{Text: strings.Join(append(before, asked.Input), "/")}
		})
		next := func(text, previous string) aResponse {
			t.Helper()
			return read[aResponse](m, "POST", router, routes(text, fmt.Sprintf(`"previous_response_id":%q`, previous)))
		}
		a := read[aResponse](m, "POST", router, routes("a"))
		b := next("b", a.ID)
		c := next("c", a.ID)
		d := next("d", b.ID)
		if b.PreviousResponseID != a.ID || b.Output[0].Content[0].Text != "a/a/b" || c.Output[0].Content[0].Text != "a/a/c" || d.Output[0].Content[0].Text != "a/a/b/a/a/b/d" {
			t.Errorf("%s, %s, %s", b.line(), c.line(), d.line())
		}
		if tasks := m.tasks(); len(tasks) != 2 || len(tasks[0].History) != 4 || len(tasks[1].History) != 6 || tasks[0].ContextID != tasks[1].ContextID {
			t.Errorf("%+v", tasks)
		}
		m.do(404, "GET", router+"/"+read[aResponse](m, "POST", router, routes("x", `"store":false`)).ID, "")
		// One that runs cannot be followed yet, one of another agent never.
		m.do(201, "POST", "/v2/agents", agentBody(t, map[string]string{"key": `"other"`}))
		m.do(404, "POST", router, strings.Replace(routes("x", fmt.Sprintf(`"previous_response_id":%q`, a.ID)), "desk", "other", 1))
		m.replies(script.Reply{Hold: true})
		held := read[aResponse](m, "POST", router, routes("x", `"background":true`))
		if got := m.do(409, "POST", router, routes("y", fmt.Sprintf(`"previous_response_id":%q`, held.ID))); !strings.Contains(got, "still in progress") {
			t.Error(got)
		}
		// What was said before can be in the input, too.
		got := read[aResponse](m, "POST", router, `{"model":"agent/desk","input":[{"role":"user","content":"one"},
			{"type":"message","role":"assistant","content":[{"type":"output_text","text":"two"}]},{"role":"developer","content":"-"},{"role":"user","content":[{"type":"input_text","text":"three"}]}]}`)
		if got.Output[0].Content[0].Text != "one/two/three" {
			t.Error(got.line())
		}
	})
}

// A function pends until its output is there. Then the rest of the reply
// follows, and if there is none the next reply.
func TestFunctionsOfResponses(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		tools := []script.ToolCall{{Name: "current_date", Result: "today"}, {Name: "weather", Arguments: map[string]string{"city": "Oslo"}, ID: "c1"}}
		m.replies(script.Reply{Tools: tools, Text: "It rains."})
		stream := m.do(200, "POST", router, routes("weather?", `"stream":true`))
		if got := kinds(t, stream); got != strings.Join([]string{
			"response.created", "response.in_progress", "response.output_item.added", "response.output_item.done", "response.output_item.added",
			"response.function_call_arguments.delta", "response.function_call_arguments.done", "response.output_item.done", "response.completed", "[DONE]",
		}, "\n") {
			t.Error(got)
		}
		_, data := frames(t, stream)
		var last struct {
			Response aResponse
			Number   int `json:"sequence_number"`
		}
		if err := json.Unmarshal([]byte(data[len(data)-2]), &last); err != nil {
			t.Fatal(err)
		}
		r := last.Response
		if r.line() != `completed orq:current_date="today" weather({"city":"Oslo"})` || last.Number != len(data)-2 {
			t.Errorf("%s, number %d of %d", r.line(), last.Number, len(data))
		}
		if got := m.tasks()[0].Status.State; got != "input-required" {
			t.Errorf("the task is %s", got)
		}
		output := func(id, value string) string {
			return fmt.Sprintf(`{"model":"agent/desk","previous_response_id":%q,"input":[{"type":"function_call_output","call_id":%q,"output":%q}]}`, r.ID, id, value)
		}
		if got := m.do(400, "POST", router, output("c2", "rain")); !strings.Contains(got, "No tool call found for function call output with call_id c2.") {
			t.Error(got)
		}
		if got := m.do(400, "POST", router, routes("and?", fmt.Sprintf(`"previous_response_id":%q`, r.ID))); !strings.Contains(got, "No tool output found for function call c1.") {
			t.Error(got)
		}
		m.replies(script.Reply{Text: "the next reply"})
		if got := read[aResponse](m, "POST", router, output("c1", "rain")).line(); got != "completed message(completed It rains.)" {
			t.Error(got)
		}
		if got := m.tasks()[0]; got.line() != "completed agent: It rains." || said(got.History) !=
			`user: weather?; agent: current_date{} weather{"city":"Oslo"}; tool: ="today"; tool: ="rain"; agent: It rains.` {
			t.Errorf("%s, %s", got.line(), said(got.History))
		}
		// A function of the request, without a rest of the reply.
		if got := read[aResponse](m, "POST", router, routes("x")).line(); got != "completed message(completed the next reply)" {
			t.Error(got)
		}
		m.replies(script.Reply{Tools: []script.ToolCall{{Name: "mine", ID: "c1"}}}, script.Reply{Text: "other", Input: "snow"})
		r = read[aResponse](m, "POST", router, routes("x", `"tools":[{"type":"function","name":"mine"}]`))
		if r.line() != "completed mine({})" {
			t.Error(r.line())
		}
		if got := read[aResponse](m, "POST", router, output("c1", "snow")).line(); got != "completed message(completed other)" {
			t.Error(got)
		}
	})
}

// Of several wrong outputs a refusal always names the same one.
func TestRefusalOfSeveralOutputsIsDeterministic(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		var outputs []string
		for _, id := range []string{"e", "d", "c", "b", "a"} {
			outputs = append(outputs, fmt.Sprintf(`{"type":"function_call_output","call_id":%q,"output":"x"}`, id))
		}
		for range 20 {
			if got := m.do(400, "POST", router, `{"model":"agent/desk","input":[`+strings.Join(outputs, ",")+`]}`); !strings.Contains(got, "call_id a.") {
				t.Fatal(got)
			}
		}
	})
}

// Functions that the input brings with their outputs need no earlier response.
func TestFunctionsInTheInput(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.replies(script.Reply{Text: "ok", Input: "rain"})
		got := read[aResponse](m, "POST", router, `{"model":"agent/desk","store":false,"input":[{"role":"user","content":"weather?"},
			{"type":"function_call","call_id":"c","name":"weather","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"rain"}]}`)
		if got.line() != "completed message(completed ok)" {
			t.Error(got.line())
		}
	})
}

// Who streams a response sees each piece when it is due, and a hold ends it
// nowhere.
func TestResponsesFollowTheClock(t *testing.T) {
	withTasks(t, mockserver.Config{}, func(m *taskMock) {
		m.replies(script.Reply{Hold: true, Text: "late"}, script.Reply{Text: "a b", Delay: time.Minute, Pace: time.Second})
		var stream string
		var group sync.WaitGroup
		group.Go(func() { stream = m.do(200, "POST", router, routes("x", `"stream":true`)) })
		synctest.Wait()
		if n := m.Release(mockserver.Orq, m.tasks()[0].ID); n != 1 {
			t.Errorf("released %d", n)
		}
		group.Wait()
		if !strings.Contains(kinds(t, stream), "response.completed") {
			t.Error(stream)
		}
		began := time.Now()
		got := read[aResponse](m, "POST", router, routes("x"))
		if got.line() != "completed message(completed a b)" || time.Since(began) != 61*time.Second || *got.CompletedAt-got.CreatedAt != 61 {
			t.Errorf("%s after %s", got.line(), time.Since(began))
		}
	})
}
