package orq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

var streamHeader = http.Header{"Content-Type": {"text/event-stream"}}

// The documented stream of a task, frame by frame.
func TestDocumentedStreamOfATask(t *testing.T) {
	const (
		started  = `{"agent_task_id":"01KAJ0B4QZ7T3M8XW2N5C9D1E6","workspace_id":"ws-1","trace_id":"5c0a"}`
		input    = `{"workflowRunId":"5c0a","inputMessage":{"messageId":"01KAJ0B4R0","role":"user","parts":[{"kind":"text","text":"Two plus two?"}]},"modelId":"openai/gpt-4o","instructions":"Answer briefly.","system_prompt":"x","agent_manifest_id":"01KAHZZ","agent_key":"calc"}`
		thought  = `{"agent_id":"01KAHZZ","message_difference":{"01KAJ0B5A0":{"messageId":"01KAJ0B5A0","role":"agent","parts":[{"kind":"text","text":"Four."}],"agent_id":"01KAHZZ","agent_execution_id":"01KAJ0B4QZ","workspace_id":"ws-1"}},"iteration":1,"accumulated_execution_time":420,"choice":{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"Four."}},"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}`
		inactive = `{"last_message":"Four.","finish_reason":"stop","workflowRunId":"5c0a","usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11},"billing":{"total_cost":0,"input_cost":0,"output_cost":0,"billable":false,"integration_id":null}}`
	)
	event := func(kind TaskEventType, data string, set func(*TaskEvent)) TaskEvent {
		e := TaskEvent{Type: kind, Timestamp: "2025-11-21T08:00:00.000Z", TaskID: "01KAJ0B4QZ7T3M8XW2N5C9D1E6", Data: json.RawMessage(data)}
		set(&e)
		return e
	}
	usage := &TokenUsage{PromptTokens: 9, CompletionTokens: 2, TotalTokens: 11}
	want := []TaskEvent{
		event(TaskEventExecutionStarted, started, func(*TaskEvent) {}),
		event(TaskEventStarted, input, func(*TaskEvent) {}),
		event(TaskEventThought, thought, func(e *TaskEvent) {
			e.Text, e.Usage = four, usage
			e.Messages = []Message{{ID: "01KAJ0B5A0", Role: RoleAgent, Parts: []Part{{Kind: PartText, Text: four}}}}
		}),
		event(TaskEventInactive, inactive, func(e *TaskEvent) { e.Text, e.FinishReason, e.Usage = four, FinishStop, usage }),
	}
	stream := wrapped("agents.execution_started", started) + wrapped("event.agents.started", input) + wrapped("event.agents.thought", thought) +
		wrapped("event.agents.inactive", inactive) + data("[DONE]")
	client, recorder := suite.Record(t)
	recorder.AnswerWith(200, streamHeader, stream)
	var got []TaskEvent
	for event, err := range client.StreamTask(t.Context(), "calc", InvokeRequest{Message: UserMessage("Two plus two?")}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, event)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	sent := recorder.Last(t)
	if sent.URL != testBaseURL+"/v2/agents/calc/stream-task" || sent.Header["Accept"] != "text/event-stream" || sent.Header["Accept-Encoding"] != "identity" ||
		sent.Body != `{"message":{"role":"user","parts":[{"kind":"text","text":"Two plus two?"}]}}` {
		t.Errorf("sent %+v", sent)
	}
}

// The documented stream of an agent response, frame by frame.
func TestDocumentedStreamOfAnAgentResponse(t *testing.T) {
	const (
		started   = `{"responseId":"01KAJ1","taskId":"01KAJ0","model":"openai/gpt-4o","workflowRunId":"77de"}`
		partDelta = `{"partId":"text_01KAJ1","delta":{"kind":"text","text":"Fo"}}`
		partDone  = `{"partId":"text_01KAJ1","part":{"kind":"text","text":"Four."}}`
		done      = `{"finishReason":"stop","usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}`
		toolStart = `{"toolId":"t1","toolCallId":"call_1","arguments":{"a":1}}`
		toolFail  = `{"toolId":"t1","toolCallId":"call_1","error":"no such shelf"}`
	)
	event := func(kind AgentResponseEventType, data string, set func(*AgentResponseEvent)) AgentResponseEvent {
		e := AgentResponseEvent{Type: kind, Timestamp: "2025-11-21T08:00:00.000Z", TaskID: "01KAJ0", Data: json.RawMessage(data)}
		set(&e)
		return e
	}
	want := []AgentResponseEvent{
		event(AgentResponseEventStarted, started, func(e *AgentResponseEvent) { e.ResponseID = "01KAJ1" }),
		event(AgentResponseEventToolStarted, toolStart, func(e *AgentResponseEvent) { e.ToolID, e.ToolCallID = "t1", "call_1" }),
		event(AgentResponseEventToolFailed, toolFail, func(e *AgentResponseEvent) {
			e.ToolID, e.ToolCallID, e.Failure = "t1", "call_1", &Failure{Message: "no such shelf"}
		}),
		event(AgentResponseEventPartDelta, partDelta, func(e *AgentResponseEvent) {
			e.PartID, e.Text, e.Part = "text_01KAJ1", "Fo", &Part{Kind: PartText, Text: "Fo"}
		}),
		event(AgentResponseEventPartDone, partDone, func(e *AgentResponseEvent) { e.PartID, e.Part = "text_01KAJ1", &Part{Kind: PartText, Text: four} }),
		event(AgentResponseEventDone, done, func(e *AgentResponseEvent) {
			e.FinishReason, e.Usage = FinishStop, &TokenUsage{PromptTokens: 9, CompletionTokens: 2, TotalTokens: 11}
		}),
	}
	stream := wrapped("response.started", started) + wrapped("tool.started", toolStart) + wrapped("tool.failed", toolFail) +
		wrapped("part.delta", partDelta) + wrapped("part.done", partDone) + wrapped("response.done", done) + data("[DONE]")
	client, recorder := suite.Record(t)
	recorder.AnswerWith(200, streamHeader, stream)
	var got []AgentResponseEvent
	for event, err := range client.StreamAgentResponse(t.Context(), "calc", AgentResponseRequest{Message: UserMessage("Two plus two?")}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, event)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if sent := recorder.Last(t); sent.URL != testBaseURL+"/v2/agents/calc/responses" || sent.Body != `{"message":{"role":"user","parts":[{"kind":"text","text":"Two plus two?"}]},"stream":true}` {
		t.Errorf("sent %+v", sent)
	}
}

// The documented order of the events of a v3 response, frame by frame.
func TestDocumentedStreamOfAResponse(t *testing.T) {
	item := func(content string) string {
		return `{"type":"message","id":"msg_1","role":"assistant","status":"completed","content":[` + content + `]}`
	}
	const part = `{"type":"output_text","text":"Four.","annotations":[],"logprobs":[]}`
	text := func(kind string, number int, members string) string {
		return numbered(kind, number, `"item_id":"msg_1","output_index":0,"content_index":0,`+members)
	}
	stream := created("resp_1") + numbered("response.in_progress", 1, `"response":`+responseObject("resp_1", "in_progress", "")) +
		numbered("response.output_item.added", 2, `"output_index":0,"item":`+item("")) +
		text("response.content_part.added", 3, `"part":{"type":"output_text","text":"","annotations":[],"logprobs":[]}`) +
		text("response.output_text.delta", 4, `"delta":"Fo","logprobs":[]`) + text("response.output_text.delta", 5, `"delta":"ur.","logprobs":[]`) +
		text("response.output_text.done", 6, `"text":"Four.","logprobs":[]`) + text("response.content_part.done", 7, `"part":`+part) +
		numbered("response.output_item.done", 8, `"output_index":0,"item":`+item(part)) + completed(9, "resp_1") + data("[DONE]")
	client, recorder := suite.Record(t)
	recorder.AnswerWith(200, streamHeader, stream)
	var pieces []string
	var got []ResponseEvent
	for event, err := range client.StreamRun(t.Context(), "calc", sum) {
		if err != nil {
			t.Fatal(err)
		}
		if event.Text != "" {
			pieces = append(pieces, event.Text)
		}
		if event.Event.SequenceNumber != len(got) || event.Event.ResponseID != "resp_1" || (event.Run != nil) != (event.Event.Type == ResponseEventCompleted) {
			t.Errorf("event %+v", event)
		}
		got = append(got, event.Event)
	}
	if diff := cmp.Diff([]string{"Fo", "ur."}, pieces); diff != "" || len(got) != 10 {
		t.Fatalf("%d events, pieces (-want +got):\n%s", len(got), diff)
	}
	if added := got[2].Item; added.Type != ItemMessage || added.ID != "msg_1" || len(added.Content) != 0 || string(added.Raw) != item("") {
		t.Errorf("item %+v", added)
	}
	if done := got[7]; done.Part.Text != four || done.ItemID != "msg_1" || got[6].Text != four {
		t.Errorf("part %+v", done)
	}
	if end := got[9].Response; end.Status != ResponseCompleted || end.Text() != four || end.CreatedAt != "1763712000" || end.Usage.InputTokens != 9 || len(end.Pending()) != 0 {
		t.Errorf("response %+v", end)
	}
	sent := recorder.Last(t)
	if sent.URL != testBaseURL+"/v3/router/responses" || sent.Body != `{"model":"agent/calc","input":"Two plus two?","stream":true}` {
		t.Errorf("sent %+v", sent)
	}
}

// everyStream runs all streams on platforms of their own.
func everyStream(t *testing.T, change func(*platform), options func(*agentclients.Options), check func(t *testing.T, p *platform, call string, h heard, err error)) {
	t.Helper()
	if options == nil {
		options = func(*agentclients.Options) {}
	}
	for call, stream := range streams {
		t.Run(call, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlatform(t)
				change(p)
				h, err := stream.start(t.Context(), t, p.open(t, options))
				p.checkTurns(t, 1, 1)
				check(t, p, call, h, err)
			})
		})
	}
	t.Run("StreamRun", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newPlatform(t)
			change(p)
			text, types, run, err := hear(t, p.open(t, options).StreamRun(t.Context(), "calc", sum))
			p.checkTurns(t, 1, 1)
			h := heard{text: text, types: types}
			if run != nil {
				if h.id = run.ID; err == nil && run.Text != text {
					t.Errorf("the pieces are %q, and the answer is %q", text, run.Text)
				}
			}
			check(t, p, "StreamRun", h, err)
		})
	})
}

// well checks that all streams end well.
func well(t *testing.T, change func(*platform), options func(*agentclients.Options)) {
	t.Helper()
	everyStream(t, change, options, func(t *testing.T, _ *platform, _ string, h heard, err error) {
		if err != nil || h.text != four || h.id != "run_1" {
			t.Errorf("%+v, %v", h, err)
		}
	})
}

// What is no event, or an event in another form, is passed over or read.
func TestStreamsWithOddFrames(t *testing.T) {
	texts := func(surface, id string, change func(i int, text string) string) (parts []any) {
		i := 0
		for _, part := range ordinary(surface, id) {
			if text, ok := part.(string); ok {
				part = change(i, text)
				i++
			}
			parts = append(parts, part)
		}
		return parts
	}
	for name, frames := range map[string]func(surface, id string) []any{
		"pings and thousands of comments": func(surface, id string) []any {
			return append([]any{": busy\n\nretry: 3000\n\nevent: ping\n\n", strings.Repeat(": x\n\n", 10_000), "data:\n\n", "data\n\n", "data: null\n\n"}, ordinary(surface, id)...)
		},
		"no blank after the colon": func(surface, id string) []any {
			return texts(surface, id, func(_ int, text string) string { return strings.Replace(text, "data: ", "data:", 1) })
		},
		"objects on several lines, ended by CRLF": func(surface, id string) []any {
			return texts(surface, id, func(_ int, text string) string {
				return strings.ReplaceAll(strings.Replace(text, `{"type"`, "{\ndata:\ndata: \"type\"", 1), "\n", "\r\n")
			})
		},
		"a byte order mark": func(surface, id string) []any {
			return append([]any{"\ufeff"}, ordinary(surface, id)...)
		},
		"unknown events, null errors and failed tools": func(surface, id string) []any {
			parts := ordinary(surface, id)
			return append([]any{
				parts[0], data(`{"type":"response.of.tomorrow","sequence_number":100,"error":null,"data":{"error":"x"}}`),
				data(`{"type":"event.workflow_events.tool_execution_failed","data":{"error":{"message":"no such shelf"}}}`),
				data(`{"type":"tool.failed","data":{"error":"no such shelf","is_error":true}}`),
			}, parts[1:]...)
		},
		"a null error in each event": func(surface, id string) []any {
			return texts(surface, id, func(_ int, text string) string { return strings.Replace(text, `{"type"`, `{"error":null,"type"`, 1) })
		},
		"names of events": func(surface, id string) []any {
			return texts(surface, id, func(_ int, text string) string { return "id: 7\nevent: message\n" + text })
		},
		"the connection breaks after the last event": func(surface, id string) []any {
			parts := ordinary(surface, id)
			return append(parts[:len(parts)-1], "reset")
		},
		"the connection stays after the last event": func(surface, id string) []any {
			parts := ordinary(surface, id)
			return append(parts[:len(parts)-1], "hold")
		},
		"it ends without [DONE]": func(surface, id string) []any {
			parts := ordinary(surface, id)
			return parts[:len(parts)-1]
		},
		"more comes after the last event": func(surface, id string) []any {
			return append(ordinary(surface, id), delta(9, "more"), wrapped("part.delta", `{"delta":{"kind":"text","text":"more"}}`))
		},
		"a header that is held back": func(surface, id string) []any {
			return append([]any{"held", 50 * time.Second}, ordinary(surface, id)...)
		},
	} {
		t.Run(name, func(t *testing.T) { well(t, func(p *platform) { p.frames = frames }, nil) })
	}
}

// A numbered event that comes twice is one.
func TestRepeatedEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t)
		p.frames = func(_, id string) []any {
			return []any{created(id), delta(1, "Fo"), delta(1, "Fo"), delta(2, "ur."), completed(3, id)}
		}
		text, types, run, err := hear(t, p.open(t).StreamRun(t.Context(), "calc", sum))
		if err != nil || text != four || run.Text != four || len(types) != 4 {
			t.Errorf("%q, events %q, run %v, %v", text, types, run, err)
		}
	})
}

// An event beyond the limit is an error that names the limit, and is met once.
// The run is read.
func TestEventTooLarge(t *testing.T) {
	everyStream(t, func(p *platform) {
		p.frames = func(surface, id string) []any {
			parts := ordinary(surface, id)
			return append([]any{parts[0], data(`{"type":"x","data":{"result":"` + strings.Repeat("x", 2048) + `"}}`)}, parts[1:]...)
		}
	}, func(o *agentclients.Options) { o.Stream.MaxEventBytes = 1024 }, func(t *testing.T, p *platform, call string, h heard, err error) {
		if call == "StreamRun" {
			if err != nil || h.text != four {
				t.Errorf("%+v, %v", h, err)
			}
			return
		}
		if e := asError(t, err, agentclients.ErrResponseTooLarge); e.ResourceID != "run_1" || len(p.requests) != 1 || !strings.Contains(err.Error(), "1024 bytes") {
			t.Errorf("%q, %v", p.requests, err)
		}
	})
}

// An event that is no JSON is an error that keeps nothing back. The run is
// read.
func TestEventThatIsNoJSON(t *testing.T) {
	everyStream(t, func(p *platform) {
		p.frames = func(surface, id string) []any {
			parts := ordinary(surface, id)
			return append([]any{parts[0], data("<html>")}, parts[1:]...)
		}
	}, nil, func(t *testing.T, p *platform, call string, h heard, err error) {
		if call == "StreamRun" {
			if err != nil || h.text != four {
				t.Errorf("%+v, %v", h, err)
			}
		} else if e := asError(t, err, agentclients.ErrDecode); e.ResourceID != "run_1" || e.OutcomeUnknown || string(e.Body) != "<html>" {
			t.Errorf("%v, with the body %q", err, e.Body)
		}
	})
}

// The limits of short calls do not cut long runs and streams.
func TestLimitsOfShortCalls(t *testing.T) {
	for _, call := range []string{"CreateResponse", "CreateAgentResponse"} {
		t.Run(call, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlatform(t)
				client := p.open(t, func(o *agentclients.Options) {
					o.Retry.AttemptTimeout, o.Retry.RunTimeout = 100*time.Millisecond, 5*time.Second
				})
				if _, text, err := starts[call].start(t.Context(), t, client); err != nil || text != four {
					t.Errorf("%q, %v", text, err)
				}
				p.checkTurns(t, 1, 1)
			})
		})
	}
	t.Run("of the user's http.Client", func(t *testing.T) {
		well(t, func(*platform) {}, func(o *agentclients.Options) { o.HTTPClient.Timeout = 200 * time.Millisecond })
	})
	t.Run("time that the consumer takes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newPlatform(t)
			p.frames = func(_, id string) []any {
				return []any{created(id) + delta(1, "F") + delta(2, "our.") + completed(3, id)}
			}
			client := p.open(t, func(o *agentclients.Options) { o.Stream.IdleTimeout = 200 * time.Millisecond })
			seen := 0
			for _, err := range client.StreamRun(t.Context(), "calc", sum) {
				if err != nil {
					t.Error(err)
				}
				<-time.After(time.Second)
				seen++
			}
			if p.checkTurns(t, 1, 1); seen != 4 || len(p.requests) != 1 {
				t.Errorf("%d events by %q", seen, p.requests)
			}
		})
	})
}

// Minutes without an event are no failure: a run looks at its response now and
// then, and hears the end by whichever tells it first.
func TestSilentStreams(t *testing.T) {
	t.Run("healthy", func(t *testing.T) {
		well(t, func(p *platform) {
			p.forever = true
			p.frames = func(surface, id string) []any {
				parts := ordinary(surface, id)
				return append([]any{parts[0], 5 * time.Minute}, parts[1:]...)
			}
		}, nil)
	})
	forever := func(heartbeat string) func(surface, id string) []any {
		return func(_, id string) []any {
			parts := []any{created(id)}
			for range 100 {
				parts = append(parts, 15*time.Second, heartbeat)
			}
			return append(parts, "hold")
		}
	}
	for _, heartbeat := range []string{": heartbeat\n\n", "data:\n\n", "data: null\n\n", "event: ping\ndata: \n\n"} {
		t.Run("the last event is lost, and heartbeats come: "+heartbeat, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlatform(t)
				p.frames = forever(heartbeat)
				began := time.Now()
				text, types, run, err := hear(t, p.open(t).StreamRun(t.Context(), "calc", sum))
				if err != nil || text != four || run.Text != four || types[len(types)-1] != "response.completed" || time.Since(began) > silence+time.Second {
					t.Errorf("%q, events %q, run %v after %v, %v", text, types, run, time.Since(began), err)
				}
				p.checkTurns(t, 1, 1)
			})
		})
	}
	t.Run("the run never ends", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newPlatform(t)
			p.frames, p.forever = forever(": heartbeat\n\n"), true
			began := time.Now()
			_, _, run, err := hear(t, p.open(t).StreamRun(t.Context(), "calc", sum))
			e := asError(t, err, context.DeadlineExceeded)
			if run == nil || e.ResourceID != "run_1" || time.Since(began) != 10*time.Minute || !strings.Contains(err.Error(), "the run did not end within 10m0s") {
				t.Errorf("run %v after %v, %v", run, time.Since(began), err)
			}
			p.checkTurns(t, 1, 1)
		})
	})
	t.Run("nothing at all", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newPlatform(t)
			p.frames = func(string, string) []any { return []any{"hold"} }
			_, _, run, err := hear(t, p.open(t).StreamRun(t.Context(), "calc", sum))
			if asError(t, err, agentclients.ErrOutcomeUnknown); run != nil {
				t.Errorf("run %v", run)
			}
			p.checkTurns(t, 1, 1)
		})
	})
}

// A context that ends is told by the last pair, at once, and stops nothing on
// the server.
func TestCancelledStreams(t *testing.T) {
	cause := errors.New("the user went home")
	for name, test := range map[string]struct {
		frames func(surface, id string) []any
		at     time.Duration // to cancel; 0: in the loop
		known  bool          // that there is a run
	}{
		"in a read":              {func(surface, id string) []any { return []any{ordinary(surface, id)[0], "hold"} }, 1500 * time.Millisecond, true},
		"before the header":      {func(string, string) []any { return []any{"held", "hold"} }, 1500 * time.Millisecond, false},
		"before the first event": {func(string, string) []any { return []any{"hold"} }, 1500 * time.Millisecond, false},
		"in the loop":            {ordinary, 0, true},
		"after the break":        {func(surface, id string) []any { return []any{ordinary(surface, id)[0], "reset"} }, 1500 * time.Millisecond, true},
	} {
		check := func(t *testing.T, p *platform, call string, began time.Time, err error) {
			t.Helper()
			p.checkTurns(t, 1, 1)
			if call != "StreamRun" && name == "after the break" {
				asError(t, err, agentclients.ErrStreamEnded) // at once, before the context ended
				return
			}
			e := asError(t, err, context.Canceled, cause)
			if errors.Is(err, agentclients.ErrStreamEnded) || time.Since(began) != test.at || e.OutcomeUnknown == test.known || (e.ResourceID != "") != test.known {
				t.Errorf("ended after %v with %v", time.Since(began), err)
			}
		}
		for _, call := range []string{"StreamRun", "StreamResponse", "StreamAgentResponse", "StreamTask"} {
			t.Run(call+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newPlatform(t)
					p.frames, p.forever = test.frames, true
					ctx, cancel := context.WithCancelCause(t.Context())
					defer cancel(nil)
					in := func() {
						if test.at == 0 {
							cancel(cause)
						}
					}
					if test.at > 0 {
						timer := time.AfterFunc(test.at, func() { cancel(cause) })
						defer timer.Stop()
					}
					began := time.Now()
					client := p.open(t)
					var err error
					switch call {
					case "StreamRun":
						err = last(client.StreamRun(ctx, "calc", sum), in)
					case "StreamResponse":
						err = last(client.StreamResponse(ctx, sum.request("calc")), in)
					case "StreamAgentResponse":
						err = last(client.StreamAgentResponse(ctx, "calc", sumTurn()), in)
					case "StreamTask":
						err = last(client.StreamTask(ctx, "calc", sumMessage()), in)
					}
					check(t, p, call, began, err)
				})
			})
		}
	}
}

// last ranges over events, does something for each, and returns the last
// error.
func last[E any](events func(func(E, error) bool), in func()) (last error) {
	for _, err := range events {
		last = err
		in()
	}
	return last
}

// A 200 that is no stream is the finished run, or an error with the server's
// words.
func TestNoStream(t *testing.T) {
	finished := map[string]string{surfaceV3: responseObject("run_1", "completed", four), surfaceV2: agentResponseObject("run_1"), surfaceTasks: taskObject("run_1", "completed", four)}
	working := map[string]string{surfaceV3: responseObject("run_1", "queued", ""), surfaceV2: `{"_id":"r","task_id":"run_1","output":[]}`, surfaceTasks: taskObject("run_1", "submitted", "")}
	same := func(body string) map[string]string {
		return map[string]string{surfaceV3: body, surfaceV2: body, surfaceTasks: body}
	}
	for name, test := range map[string]struct {
		kind   string
		bodies map[string]string
		words  string
	}{
		"an object that says what is wrong": {"application/json", same(`{"error":{"message":"quota exceeded","code":"quota_exceeded"}}`), "quota exceeded"},
		"a page":                            {"text/html", same("<html><body>Sign in</body></html>"), "Sign in"},
		"the finished run":                  {"application/json", finished, ""},
		"a run that goes on":                {"application/json", working, ""},
	} {
		t.Run(name, func(t *testing.T) {
			everyStream(t, func(p *platform) {
				for _, stream := range streams {
					p.fail(stream.op, after(testkit.RespondWith(200, test.kind, test.bodies[stream.surface])))
				}
			}, nil, func(t *testing.T, p *platform, call string, h heard, err error) {
				switch {
				case test.words != "":
					asError(t, err)
					if len(h.types) > 0 || !strings.Contains(err.Error(), test.words) || !errors.Is(err, agentclients.ErrDecode) && errors.Is(err, agentclients.ErrOutcomeUnknown) {
						t.Errorf("%+v, %v", h, err)
					}
				case name == "the finished run":
					if err != nil || len(h.types) != 1 || h.id != "run_1" || h.verdict != nil || len(p.requests) != 1 {
						t.Errorf("%+v by %q, %v", h, p.requests, err)
					}
				case call == "StreamRun":
					if err != nil || h.text != four {
						t.Errorf("%+v, %v", h, err)
					}
				default:
					if e := asError(t, err, agentclients.ErrStreamEnded); e.ResourceID != "run_1" {
						t.Error(err)
					}
				}
			})
		})
	}
	t.Run("a stream in other letters", func(t *testing.T) {
		client, recorder := suite.Record(t)
		recorder.AnswerWith(200, http.Header{"Content-Type": {"Text/Event-Stream;charset=UTF-8"}}, created("r1")+completed(1, "r1"))
		if run, err := client.RunAgent(t.Context(), "calc", sum); err != nil || run.Text != four {
			t.Errorf("run %v, %v", run, err)
		}
	})
}

// What the server says in a stream is told if the stream ends after it. A run
// believes the response first.
func TestComplaintsInStreams(t *testing.T) {
	const named = "\n\nevent: error\ndata: " // after a ping
	for name, message := range map[string]struct{ text, code string }{
		"an event with data":      {`{"type":"error","data":{"code":"busy","message":"try later"}}`, "busy"},
		"with a text":             {`{"type":"error","data":"try later"}`, ""},
		"an object of a gateway":  {`{"error":{"message":"try later","code":429}}`, "429"},
		"flat":                    {`{"type":"error","code":"server_error","message":"try later","sequence_number":3}`, "server_error"},
		"with an error":           {`{"type":"error","error":{"code":"server_error","message":"try later"},"sequence_number":3}`, "server_error"},
		"a name and a text":       {named + "try later", ""},
		"a name and an object":    {named + `{"message":"try later","code":"busy"}`, "busy"},
		"a name and another type": {named + `{"type":"overloaded","message":"try later"}`, ""},
		"a name and nothing":      {named, ""},
	} {
		t.Run(name, func(t *testing.T) {
			words := "try later"
			if message.text == named {
				words = ""
			}
			frames := func(surface, id string) []any {
				parts := ordinary(surface, id)
				return []any{parts[0], parts[2], data(message.text), data("[DONE]")}
			}
			said := func(err error) {
				t.Helper()
				if e := asError(t, err, agentclients.ErrRunFailed); e.Message != words || e.Code != message.code || errors.Is(err, agentclients.ErrStreamEnded) || e.ResourceID != "run_1" {
					t.Errorf("error %v", err)
				}
			}
			everyStream(t, func(p *platform) { p.frames = frames }, nil, func(t *testing.T, _ *platform, call string, h heard, err error) {
				if call != "StreamRun" {
					if said(err); h.text != "Fo" {
						t.Errorf("%+v", h)
					}
				} else if err != nil || h.text != four { // it ended well all the same
					t.Errorf("%+v, %v", h, err)
				}
			})
			synctest.Test(t, func(t *testing.T) {
				p := newPlatform(t)
				p.frames = frames
				p.respond = func(map[string]any) bool { return false }
				text, _, run, err := hear(t, p.open(t).StreamRun(t.Context(), "calc", sum))
				if said(err); text != "Fo" || run.Text != "Fo" {
					t.Errorf("%q, run %+v", text, run)
				}
				p.checkTurns(t, 1, 1)
			})
			synctest.Test(t, func(t *testing.T) { // before an event named the run
				p := newPlatform(t)
				p.frames = func(string, string) []any { return []any{data(message.text), data("[DONE]")} }
				_, _, run, err := hear(t, p.open(t).StreamRun(t.Context(), "calc", sum))
				if e := asError(t, err, agentclients.ErrOutcomeUnknown); run != nil || e.Message != words || e.Code != message.code {
					t.Errorf("run %v, %v", run, err)
				}
				p.checkTurns(t, 1, 1)
			})
		})
	}
}

// An answer that was not streamed, or only in part, comes with the last pair.
func TestLastPairIsComplete(t *testing.T) {
	for name, test := range map[string]struct {
		frames func(id string) []any
		text   string
	}{
		"no response in the last event": {func(id string) []any {
			return []any{created(id), 3 * time.Second, delta(1, "Fo"), numbered("response.completed", 2, `"x":1`)}
		}, four},
		"one that goes on in it": {func(id string) []any {
			return []any{created(id), numbered("response.completed", 2, `"response":`+responseObject(id, "in_progress", ""))}
		}, four},
		"no pieces":    {func(id string) []any { return []any{created(id), completed(1, id)} }, four},
		"other pieces": {func(id string) []any { return []any{created(id), delta(1, "Let me see. "), completed(2, id)} }, "Let me see. "},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlatform(t)
				p.frames = func(_, id string) []any { return test.frames(id) }
				text, _, run, err := hear(t, p.open(t).StreamRun(t.Context(), "calc", sum))
				if err != nil || text != test.text || run.Text != four {
					t.Errorf("%q, run %+v, %v", text, run, err)
				}
				p.checkTurns(t, 1, 1)
			})
		})
	}
}

// A stream starts one run, whoever ranges over it how often.
func TestStreamsAreRangedOverOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t)
		client := p.open(t)
		runs := client.StreamRun(t.Context(), "calc", sum)
		for range runs {
			break
		}
		for name, err := range map[string]error{"StreamRun": last(runs, func() {})} {
			if asError(t, err, agentclients.ErrInvalidRequest); err == nil {
				t.Errorf("%s was ranged over twice", name)
			}
		}
		responses, turns, tasks := client.StreamResponse(t.Context(), sum.request("calc")), client.StreamAgentResponse(t.Context(), "calc", sumTurn()), client.StreamTask(t.Context(), "calc", sumMessage())
		p.checkTurns(t, 1, 1)
		for i := range 3 {
			done := make(chan error, 2)
			for range 2 {
				go func() {
					switch i {
					case 0:
						done <- last(responses, func() {})
					case 1:
						done <- last(turns, func() {})
					default:
						done <- last(tasks, func() {})
					}
				}()
			}
			one, other := <-done, <-done
			if (one == nil) == (other == nil) || !errors.Is(errors.Join(one, other), agentclients.ErrInvalidRequest) {
				t.Errorf("%v and %v", one, other)
			}
		}
		p.checkTurns(t, 4, 4)
	})
}

func TestRedactedStreamErrors(t *testing.T) {
	for _, end := range []string{
		`"status":"failed","error":{"code":"x","message":"key %s"}`,
		`"status":"failed","error":{"code":"%s"}`,
		`"status":"incomplete","incomplete_details":{"reason":"%s"}`,
		`"status":"completed","output":[{"type":"function_call","call_id":"c","name":"%s"}]`,
		`"status":"%s"`,
	} {
		client, recorder := suite.Record(t)
		recorder.AnswerWith(200, streamHeader, created("r1")+numbered("response.failed", 1, fmt.Sprintf(`"response":{"id":"r1",`+end+`}`, testKey)))
		_, err := client.RunAgent(t.Context(), "calc", sum)
		if e := asError(t, err); strings.Contains(err.Error(), testKey) || strings.Contains(e.Code, testKey) || e.ResourceID != "r1" {
			t.Errorf("%s: the error has the key: %v", end, err)
		}
	}
}

func TestRedactedStatuses(t *testing.T) {
	client, recorder := suite.Record(t)
	check := func(err error) {
		t.Helper()
		if e := asError(t, err); !strings.Contains(err.Error(), "is not known") || strings.Contains(err.Error(), testKey) || strings.Contains(e.Code, testKey) {
			t.Errorf("the error has the key: %v", err)
		}
	}
	recorder.Answer(200, responseObject("r1", testKey, ""))
	_, err := client.WaitResponse(t.Context(), "r1", nil)
	check(err)
	recorder.Answer(200, taskObject("t1", testKey, ""))
	_, err = client.WaitTask(t.Context(), "calc", "t1", nil)
	check(err)
}

// What a stream said is told if the context ends before the response tells
// more, and it is told without the key.
func TestWordsOfAStreamOutliveIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t)
		p.frames = func(surface, id string) []any {
			return []any{ordinary(surface, id)[0], "event: error\ndata: busy for " + testKey + "\n\n"}
		}
		p.respond = func(shown map[string]any) bool { shown["status"] = "in_progress"; return true }
		_, _, run, err := hear(t, p.open(t).StreamRun(t.Context(), "calc", sum))
		if e := asError(t, err, context.DeadlineExceeded); !strings.HasPrefix(e.Message, "busy for ") || strings.Contains(e.Message, testKey) || run == nil {
			t.Errorf("run %v, %v", run, err)
		}
	})
}
