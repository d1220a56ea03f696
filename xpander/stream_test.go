package xpander

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

// The documented stream, frame by frame.
func TestDocumentedStream(t *testing.T) {
	const (
		id      = "7d0c1c0e-5a55-4f0a-9a3e-0b6d2f6f1a01"
		created = `{"id":"7d0c1c0e-5a55-4f0a-9a3e-0b6d2f6f1a01","agent_id":"c41e","status":"pending","input":{"text":"Count the boxes","files":[],"user":null},"result":null}`
		running = `{"id":"7d0c1c0e-5a55-4f0a-9a3e-0b6d2f6f1a01","status":"executing"}`
		request = `{"request_id":"r1","operation_id":"o1","tool_call_id":"c1","tool_name":"count","payload":{"shelf":"A"},"reasoning":{"title":"t","description":"d"}}`
		result  = `{"request_id":"r1","operation_id":"o1","tool_call_id":"c1","tool_name":"count","result":{"boxes":9},"is_error":false}`
		done    = `{"id":"7d0c1c0e-5a55-4f0a-9a3e-0b6d2f6f1a01","status":"completed","result":"There are nine.","finished_at":"2026-02-08T09:00:01.150000Z"}`
	)
	frame := func(kind, data string) string {
		return `data: {"type":"` + kind + `","task_id":"` + id + `","organization_id":"3b8f","time":"2026-02-08T09:00:00.000000Z","data":` + data + "}\n\n"
	}
	stream := frame("task_created", created) + frame("task_updated", running) + frame("tool_call_request", request) + frame("tool_call_result", result) +
		frame("chunk", `"There are "`) + frame("chunk", `"nine."`) + frame("task_finished", done)
	event := func(kind TaskEventType, data string, set func(*TaskEvent)) TaskEvent {
		e := TaskEvent{Type: kind, TaskID: id, OrganizationID: "3b8f", Time: "2026-02-08T09:00:00.000000Z", Data: json.RawMessage(data)}
		set(&e)
		return e
	}
	want := []TaskEvent{
		event(TaskEventCreated, created, func(e *TaskEvent) {
			e.Task = &Task{ID: id, AgentID: "c41e", Status: TaskPending, Input: TaskInput{Text: "Count the boxes", Files: []string{}}}
		}),
		event(TaskEventUpdated, running, func(e *TaskEvent) { e.Task = &Task{ID: id, Status: TaskExecuting} }),
		event(TaskEventToolCallRequest, request, func(e *TaskEvent) {
			e.ToolCall = &ToolCall{RequestID: "r1", OperationID: "o1", ToolCallID: "c1", ToolName: "count", Payload: json.RawMessage(`{"shelf":"A"}`), Reasoning: &ToolCallReasoning{Title: "t", Description: "d"}}
		}),
		event(TaskEventToolCallResult, result, func(e *TaskEvent) {
			e.ToolCall = &ToolCall{RequestID: "r1", OperationID: "o1", ToolCallID: "c1", ToolName: "count", Result: json.RawMessage(`{"boxes":9}`)}
		}),
		event(TaskEventChunk, `"There are "`, func(e *TaskEvent) { e.Text = "There are " }),
		event(TaskEventChunk, `"nine."`, func(e *TaskEvent) { e.Text = "nine." }),
		event(TaskEventFinished, done, func(e *TaskEvent) {
			e.Task = &Task{ID: id, Status: TaskCompleted, Result: nine, FinishedAt: "2026-02-08T09:00:01.150000Z"}
		}),
	}
	stored := http.Header{"Content-Type": {"text/event-stream"}}
	client, recorder := suite.Record(t)
	recorder.Answer(404, "").AnswerWith(200, stored, stream)
	var got []TaskEvent
	for event, err := range client.StreamTask(t.Context(), "a1", InvokeRequest{ID: id, Input: TaskInput{Text: "Count the boxes"}}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, event)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	recorder.Answer(404, "").AnswerWith(200, stored, stream)
	var pieces []string
	for event, err := range client.StreamRun(t.Context(), "a1", RunRequest{TaskID: id, Text: "Count the boxes"}) {
		if err != nil {
			t.Fatal(err)
		}
		if event.Text != "" {
			pieces = append(pieces, event.Text)
		}
		if diff := cmp.Diff(want[0], event.Event); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
		if want = want[1:]; (event.Run != nil) != (len(want) == 0) {
			t.Errorf("%v has the run %v", event, event.Run)
		}
	}
	if diff := cmp.Diff([]string{"There are ", "nine."}, pieces); diff != "" {
		t.Errorf("pieces (-want +got):\n%s", diff)
	}
}

func TestTaskEvents(t *testing.T) {
	for text, check := range map[string]func(TaskEvent) bool{
		`{"type":"think","data":"hm"}`:                           func(e TaskEvent) bool { return e.Text == "hm" },
		`{"type":"think","data":{"title":"t"}}`:                  func(e TaskEvent) bool { return e.Text == "" && string(e.Data) == `{"title":"t"}` },
		`{"type":"analyze","data":"so"}`:                         func(e TaskEvent) bool { return e.Text == "so" },
		`{"type":"plan_updated","data":{"started":true}}`:        func(e TaskEvent) bool { return e.Plan.Started },
		`{"type":"sub_agent_trigger","data":{"a":1}}`:            func(e TaskEvent) bool { return string(e.Data) == `{"a":1}` },
		`{"type":"task_compactization","data":{"type":"retry"}}`: func(e TaskEvent) bool { return string(e.Data) == `{"type":"retry"}` },
		`{"type":"auth_event","data":{"type":"login_required","data":{"url":"u","server_url":"s","server_name":"n"}}}`: func(e TaskEvent) bool {
			return *e.Auth == AuthEvent{AuthEventLoginRequired, AuthEventData{URL: "u", ServerURL: "s", ServerName: "n"}}
		},
		`{"type":"tool_call_result","data":{"is_error":true,"result":"x"},"error":null}`: func(e TaskEvent) bool { return e.ToolCall.IsError },
		`{"type":"content_chunk","data":{"text":"x"}}`:                                   func(e TaskEvent) bool { return e.Type == "content_chunk" && e.Text == "" },
		`{"event":"x","status":"running"}`:                                               func(e TaskEvent) bool { return e.Type == "" && string(e.Data) == `{"event":"x","status":"running"}` },
		`{"type":"chunk","data":null}`:                                                   func(e TaskEvent) bool { return e.Text == "" },
		`{"type":"chunk","data":7,"task_id":7,"time":7}`:                                 func(e TaskEvent) bool { return e.Time == "7" && string(e.Data) == "7" },
		`{"type":"task_finished","data":[]}`:                                             func(e TaskEvent) bool { return e.Task == nil },
		`"ping"`:                                                                         func(e TaskEvent) bool { return string(e.Data) == `"ping"` },
	} {
		var event TaskEvent
		if err := json.Unmarshal([]byte(text), &event); err != nil || !check(event) {
			t.Errorf("%s became %+v, %v", text, event, err)
		}
		if _, err := json.Marshal(event); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	testkit.SurvivesOddValues(t, []byte(`{"type":"tool_call_request","task_id":"t","organization_id":"o","time":"x","data":{"tool_name":"n","payload":{},"reasoning":{"title":"t"}}}`), decodeTaskEvent)
}

func decodeTaskEvent(body []byte) (*TaskEvent, error) {
	var event TaskEvent
	if err := json.Unmarshal(body, &event); err != nil {
		return nil, err
	}
	return &event, nil
}

// streamed ranges over a task's stream and over a run's with the same messages,
// each on a platform of its own.
func streamed(t *testing.T, change func(*platform), options func(*agentclients.Options), task func(*platform, []string, error), run func(*platform, string, *Run, error)) {
	t.Helper()
	if options == nil {
		options = func(*agentclients.Options) {}
	}
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t)
		change(p)
		types, err := hearTask(t, p.open(t, options).StreamTask(t.Context(), "a1", countTask()))
		task(p, types, err)
		p.checkTurns(t, 1)
	})
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t)
		change(p)
		text, _, r, err := hear(t, p.open(t, options).StreamRun(t.Context(), "a1", count))
		run(p, text, r, err)
		p.checkTurns(t, 1)
	})
}

// well checks that a stream and a run end well, with one request.
func well(t *testing.T, change func(*platform), options func(*agentclients.Options)) {
	t.Helper()
	streamed(t, change, options, func(p *platform, types []string, err error) {
		if err != nil || len(types) == 0 || types[len(types)-1] != "task_finished" {
			t.Errorf("events %q, %v", types, err)
		}
	}, func(p *platform, text string, run *Run, err error) {
		if err != nil || text != nine || run.Text != nine {
			t.Errorf("%q, run %v, %v", text, run, err)
		}
		posts := 0
		for _, request := range p.requests {
			if strings.HasPrefix(request, "POST") {
				posts++
			}
		}
		if posts != 1 {
			t.Errorf("requests %q", p.requests)
		}
	})
}

// withFrames sets the messages of streams, without the usual beginning.
func withFrames(frames func(id string) []any) func(*platform) {
	return func(p *platform) { p.frames = frames }
}

// What is no event, or an event in another form, is passed over or read.
func TestStreamsWithOddFrames(t *testing.T) {
	for name, frames := range map[string]func(id string) []any{
		"pings and thousands of comments": func(id string) []any {
			return append([]any{": busy\n\nretry: 3000\n\nevent: ping\n\n", strings.Repeat(": x\n\n", 10_000), "data:\n\n", "data\n\n", "data: null\n\n"}, ordinary(id)...)
		},
		"no blank after the colon": func(id string) []any {
			var parts []any
			for _, part := range ordinary(id) {
				if text, ok := part.(string); ok {
					part = strings.Replace(text, "data: ", "data:", 1)
				}
				parts = append(parts, part)
			}
			return parts
		},
		"an object on several lines, ended by CRLF": func(id string) []any {
			parts := ordinary(id)
			parts[0] = strings.ReplaceAll(strings.Replace(parts[0].(string), `,"task_id"`, "\ndata:,\ndata: \"task_id\"", 1), "\n", "\r\n")
			return parts
		},
		"marks of an end before the end": func(id string) []any {
			parts := ordinary(id)
			return append(append(parts[:2:2], "data: [DONE]\n\n", "data:[DONE]\n\n"), parts[2:]...)
		},
		"unknown events and null errors": func(id string) []any {
			return append([]any{
				event("content_chunk", id, `{"text":"x"}`),
				`data: {"type":"task_updated","task_id":"` + id + `","error":null,"detail":null,"data":{"id":"` + id + `","status":"queued"}}` + "\n\n",
				event("tool_call_result", id, `{"tool_name":"t","is_error":true,"error":"no such shelf","result":"boom"}`),
			}, ordinary(id)...)
		},
		"parts of the task": func(id string) []any {
			return append([]any{taskEvent("task_created", "part", "pending", ""), event("chunk", "part", `"not this"`), taskEvent("task_finished", "part", "failed", "x")}, ordinary(id)...)
		},
		"a complaint, and all goes well": func(id string) []any {
			return append([]any{event("error", id, `{"message":"a tool is slow"}`)}, ordinary(id)...)
		},
		"the connection breaks after the last event": func(id string) []any { return append(ordinary(id), "reset") },
		"the connection stays after the last event":  func(id string) []any { return append(ordinary(id), "hold") },
		"more comes after the last event":            func(id string) []any { return append(ordinary(id), event("chunk", id, `"more"`)) },
	} {
		t.Run(name, func(t *testing.T) { well(t, withFrames(frames), nil) })
	}
}

// An event beyond the limit is an error that names the limit, and is met once.
// The run is read from its task.
func TestEventTooLarge(t *testing.T) {
	frames := func(id string) []any {
		parts := ordinary(id)
		return append(append(parts[:3:3], event("tool_call_result", id, `{"result":"`+strings.Repeat("x", 2048)+`"}`)), parts[3:]...)
	}
	streamed(t, withFrames(frames), func(o *agentclients.Options) { o.Stream.MaxEventBytes = 1024 }, func(p *platform, types []string, err error) {
		if e := asError(t, err, agentclients.ErrResponseTooLarge); len(types) != 2 || len(p.requests) != 1 || !strings.Contains(err.Error(), "1024 bytes") || p.tasks[e.ResourceID] == nil {
			t.Errorf("events %q by %q, %v", types, p.requests, err)
		}
	}, func(p *platform, text string, run *Run, err error) {
		if err != nil || text != nine || run.Text != nine {
			t.Errorf("%q, run %v, %v", text, run, err)
		}
	})
}

// The limits of short calls do not cut long runs and streams.
func TestLimitsOfShortCalls(t *testing.T) {
	t.Run("invocation", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newPlatform(t)
			client := p.open(t, func(o *agentclients.Options) {
				o.Retry.AttemptTimeout, o.Retry.RunTimeout = 100*time.Millisecond, 5*time.Second
			})
			if task, err := client.InvokeAgent(t.Context(), "a1", countTask()); err != nil || task.Result != nine {
				t.Errorf("task %v, %v", task, err)
			}
			if requests, _ := p.asked(); len(requests) != 1 {
				t.Errorf("requests %q", requests)
			}
		})
	})
	t.Run("of the user's http.Client", func(t *testing.T) {
		well(t, func(*platform) {}, func(o *agentclients.Options) { o.HTTPClient.Timeout = 200 * time.Millisecond })
	})
	t.Run("time that the consumer takes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newPlatform(t)
			p.frames = func(id string) []any {
				parts := ordinary(id)
				return []any{parts[0], parts[2], parts[4], parts[5], parts[7]} // at once
			}
			client := p.open(t, func(o *agentclients.Options) { o.Stream.IdleTimeout = 200 * time.Millisecond })
			seen := 0
			for _, err := range client.StreamRun(t.Context(), "a1", count) {
				if err != nil {
					t.Error(err)
				}
				<-time.After(time.Second)
				seen++
			}
			if requests, turns := p.asked(); seen != 5 || turns != 1 || len(requests) != 1 {
				t.Errorf("%d events by %q", seen, requests)
			}
		})
	})
}

// Minutes without an event are no failure: a run looks at its task now and
// then, and hears the end by whichever tells it first.
func TestSilentStreams(t *testing.T) {
	slow := func(id string) []any {
		return []any{taskEvent("task_created", id, "pending", ""), 5 * time.Minute, taskEvent("task_finished", id, "completed", nine)}
	}
	long := func(p *platform) {
		p.frames = slow
		p.respond = func(task map[string]any) bool { // it goes on as long as the stream
			if time.Since(p.tasks[task["id"].(string)].began) < 5*time.Minute {
				task["status"], task["result"] = "executing", nil
			}
			return true
		}
	}
	t.Run("healthy", func(t *testing.T) { well(t, long, nil) })
	t.Run("healthy, and the looks fail", func(t *testing.T) {
		well(t, func(p *platform) {
			long(p)
			for range 40 {
				p.fail("GET task", before(jsonResponse(500, "")), before(jsonResponse(401, "")))
			}
		}, nil)
	})
	forever := func(heartbeat string) func(id string) []any {
		return func(id string) []any {
			parts := []any{taskEvent("task_created", id, "pending", "")}
			for range 100 {
				parts = append(parts, 15*time.Second, heartbeat)
			}
			return append(parts, "hold")
		}
	}
	for _, heartbeat := range []string{": heartbeat\n\n", "data:\n\n", "event: ping\ndata: \n\n"} {
		t.Run("the last event is lost, and heartbeats come: "+heartbeat, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlatform(t)
				p.frames = forever(heartbeat)
				start := time.Now()
				text, types, run, err := hear(t, p.open(t).StreamRun(t.Context(), "a1", count))
				if err != nil || text != nine || run.Text != nine || types[len(types)-1] != "task_finished" || time.Since(start) > silence+time.Second {
					t.Errorf("%q, events %q, run %v after %v, %v", text, types, run, time.Since(start), err)
				}
				p.checkTurns(t, 1)
			})
		})
	}
	t.Run("the run never ends", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newPlatform(t)
			p.frames = forever(": heartbeat\n\n")
			p.ends = func(c *conversation) { c.status, c.result = "executing", "" }
			start := time.Now()
			_, _, run, err := hear(t, p.open(t).StreamRun(t.Context(), "a1", count))
			e := asError(t, err, context.DeadlineExceeded)
			if run == nil || run.Task.Status != TaskExecuting || e.ResourceID != run.ID || time.Since(start) != 10*time.Minute || !strings.Contains(err.Error(), "the run did not end within 10m0s") {
				t.Errorf("run %v after %v, %v", run, time.Since(start), err)
			}
			p.checkTurns(t, 1)
		})
	})
	t.Run("the task is gone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newPlatform(t)
			p.frames = forever(": heartbeat\n\n")
			p.respond = func(map[string]any) bool { return false }
			_, _, run, err := hear(t, p.open(t).StreamRun(t.Context(), "a1", count))
			if e := asError(t, err, agentclients.ErrNotFound); run == nil || e.ResourceID != run.ID {
				t.Errorf("run %v, %v", run, err)
			}
		})
	})
	t.Run("nothing at all, and the task is done", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newPlatform(t)
			p.frames = func(string) []any { return []any{"hold"} }
			text, _, run, err := hear(t, p.open(t).StreamRun(t.Context(), "a1", count))
			if err != nil || text != nine || run.Text != nine {
				t.Errorf("%q, run %v, %v", text, run, err)
			}
			p.checkTurns(t, 1)
		})
	})
}

// A header that is held back is waited for as long as one attempt may take;
// then the task tells.
func TestHeldBackHeader(t *testing.T) {
	t.Run("for a while", func(t *testing.T) {
		well(t, withFrames(func(id string) []any {
			return append([]any{"held", 50 * time.Second}, ordinary(id)...)
		}), nil)
	})
	streamed(t, withFrames(func(string) []any { return []any{"held", "hold"} }), nil, func(p *platform, types []string, err error) {
		if e := asError(t, err, agentclients.ErrStreamEnded); len(types) > 0 || p.tasks[e.ResourceID] == nil {
			t.Errorf("events %q, %v", types, err)
		}
	}, func(p *platform, text string, run *Run, err error) {
		if err != nil || text != nine || run.Text != nine {
			t.Errorf("%q, run %v, %v", text, run, err)
		}
	})
}

// A context that ends is told by the last pair, at once, and stops nothing on
// the server.
func TestCancelledStreams(t *testing.T) {
	cause := errors.New("the user went home")
	for name, test := range map[string]struct {
		frames func(id string) []any
		at     time.Duration // to cancel; 0: in the loop
	}{
		"in a read":              {func(id string) []any { return []any{taskEvent("task_created", id, "pending", ""), "hold"} }, 1500 * time.Millisecond},
		"before the header":      {func(id string) []any { return []any{"held", "hold"} }, 1500 * time.Millisecond},
		"before the first event": {func(id string) []any { return []any{"hold"} }, 1500 * time.Millisecond},
		"in the loop":            {ordinary, 0},
		"after the break":        {func(id string) []any { return []any{taskEvent("task_created", id, "pending", ""), "reset"} }, 1500 * time.Millisecond},
		"looking for the task":   {func(id string) []any { return []any{"reset"} }, 1500 * time.Millisecond},
	} {
		for call, open := range map[string]func(context.Context, *Client, func()) error{
			"StreamRun": func(ctx context.Context, c *Client, in func()) (last error) {
				for event, err := range c.StreamRun(ctx, "a1", count) {
					if last != nil {
						t.Errorf("%v comes after the last pair", event)
					}
					last = err
					in()
				}
				return last
			},
			"StreamTask": func(ctx context.Context, c *Client, in func()) (last error) {
				for event, err := range c.StreamTask(ctx, "a1", countTask()) {
					if last != nil {
						t.Errorf("%v comes after the last pair", event)
					}
					last = err
					in()
				}
				return last
			},
		} {
			t.Run(call+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newPlatform(t)
					p.frames = test.frames
					if name == "looking for the task" {
						p.respond = func(map[string]any) bool { return false }
					}
					if name == "after the break" {
						p.ends = func(c *conversation) { c.status, c.result = "executing", "" }
					}
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
					start := time.Now()
					err := open(ctx, p.open(t), in)
					p.checkTurns(t, 1)
					if call == "StreamTask" && name == "after the break" {
						asError(t, err, agentclients.ErrStreamEnded) // at once, before the context ended
						return
					}
					e := asError(t, err, context.Canceled, cause)
					if p.tasks[e.ResourceID] == nil || errors.Is(err, agentclients.ErrStreamEnded) || time.Since(start) != test.at {
						t.Errorf("ended after %v with %v", time.Since(start), err)
					}
					unsure := name == "before the header" || name == "before the first event" || name == "looking for the task"
					if e.OutcomeUnknown != unsure {
						t.Errorf("outcome unknown %v: %v", e.OutcomeUnknown, err)
					}
				})
			})
		}
	}
}

// A 200 that is no stream is the finished task, or an error with the server's
// words; what it leaves open is looked up.
func TestNoStream(t *testing.T) {
	for name, test := range map[string]struct {
		kind, body string // %s: the id
		words      string // of the server
		done       bool   // it is the finished task
	}{
		"an object that says what is wrong": {"application/json", `{"detail":"quota exceeded"}`, "quota exceeded", false},
		"a page":                            {"text/html", "<html><body>Sign in</body></html>", "Sign in", false},
		"the finished task":                 {"application/json", `{"id":"%s","status":"completed","result":"There are nine."}`, "", true},
		"a task that goes on":               {"application/json", `{"id":"%s","status":"pending"}`, "", false},
		"a task with a mark before it":      {"application/json", "\ufeff" + `{"id":"%s","status":"completed","result":"There are nine."}`, "", true},
	} {
		for _, found := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				change := func(p *platform) {
					p.fail("POST invoke/stream", after(func(w http.ResponseWriter, r *http.Request) {
						id := ""
						for id = range p.tasks {
						}
						respondWith(200, test.kind, strings.ReplaceAll(test.body, "%s", id))(w, r)
					}))
					if !found && test.words != "" {
						p.respond = func(map[string]any) bool { return false }
					}
				}
				streamed(t, change, nil, func(p *platform, types []string, err error) {
					switch {
					case test.done:
						if err != nil || len(types) != 1 || types[0] != "task_finished" || len(p.requests) != 1 {
							t.Errorf("events %q by %q, %v", types, p.requests, err)
						}
						return
					case found || test.words == "":
						asError(t, err, agentclients.ErrStreamEnded)
					default:
						asError(t, err, agentclients.ErrOutcomeUnknown, agentclients.ErrDecode)
					}
					if e := asError(t, err); len(types) > 0 || p.tasks[e.ResourceID] == nil || !strings.Contains(err.Error(), test.words) {
						t.Errorf("events %q, %v", types, err)
					}
				}, func(p *platform, text string, run *Run, err error) {
					if found || test.words == "" {
						if err != nil || text != nine || run.Text != nine || test.done && len(p.requests) != 1 {
							t.Errorf("%q, run %v by %q, %v", text, run, p.requests, err)
						}
						return
					}
					if asError(t, err, agentclients.ErrOutcomeUnknown); run != nil || !strings.Contains(err.Error(), test.words) {
						t.Errorf("run %v, %v", run, err)
					}
				})
			})
		}
	}
	t.Run("a stream in other letters", func(t *testing.T) {
		stored := http.Header{"Content-Type": {"Text/Event-Stream;charset=UTF-8"}}
		client, recorder := suite.Record(t)
		recorder.Answer(404, "").AnswerWith(200, stored, taskEvent("task_finished", "t1", "completed", nine))
		if run, err := runOf(client.StreamRun(t.Context(), "a1", RunRequest{TaskID: "t1", Text: "x"})); err != nil || run.Text != nine {
			t.Errorf("run %v, %v", run, err)
		}
	})
}

func runOf(events func(func(RunEvent, error) bool)) (run *Run, err error) {
	for event, e := range events {
		run, err = event.Run, e
	}
	return run, err
}

// What the server says in a stream is told if the stream breaks after it. A
// run believes the task first.
func TestComplaintsInStreams(t *testing.T) {
	const named = "\n\nevent: error\ndata: " // after a ping
	for name, message := range map[string]string{
		"an event of an older form": `{"type":"error","data":{"code":"busy","message":"try later"}}`,
		"with a text":               `{"type":"error","data":"try later"}`,
		"an object of a gateway":    `{"error":{"message":"try later","code":429}}`,
		"a detail":                  `{"detail":"try later"}`,
		"flat":                      `{"type":"error","message":"try later","sequence_number":3}`,
		"a name and a text":         named + "try later",
		"a name and an object":      named + `{"message":"try later"}`,
		"a name and another type":   named + `{"type":"overloaded","message":"try later"}`,
		"a name and nothing":        named,
	} {
		t.Run(name, func(t *testing.T) {
			words := "try later"
			if message == named {
				words = ""
			}
			frames := func(id string) []any {
				return []any{taskEvent("task_created", id, "pending", ""), event("chunk", id, `"There "`), "data: " + message + "\n\n", "data: [DONE]\n\n"}
			}
			said := func(p *platform, err error) {
				t.Helper()
				if e := asError(t, err, agentclients.ErrRunFailed); e.Message != words || errors.Is(err, agentclients.ErrStreamEnded) || p.tasks[e.ResourceID] == nil {
					t.Errorf("error %v", err)
				}
			}
			streamed(t, withFrames(frames), nil, func(p *platform, types []string, err error) { said(p, err) }, func(p *platform, text string, run *Run, err error) {
				if err != nil || text != nine || run.Text != nine { // it ended well all the same
					t.Errorf("%q, run %v, %v", text, run, err)
				}
			})
			for _, change := range []func(*platform){
				func(p *platform) { p.respond = func(map[string]any) bool { return false } },
				func(p *platform) { p.ends = func(c *conversation) { c.status, c.result = "error", "" } },
			} {
				synctest.Test(t, func(t *testing.T) {
					p := newPlatform(t)
					p.frames = frames
					change(p)
					text, _, run, err := hear(t, p.open(t).StreamRun(t.Context(), "a1", count))
					if said(p, err); text != "There " || run.Text != "There " {
						t.Errorf("%q, run %+v", text, run)
					}
					p.checkTurns(t, 1)
				})
			}
		})
	}
}

// An end that does not say how it ended is looked up; an answer that was not
// streamed, or only in part, comes with the last pair.
func TestLastPairIsComplete(t *testing.T) {
	for name, test := range map[string]struct {
		frames func(id string) []any
		text   string
	}{
		"no task in the last event": {func(id string) []any {
			return []any{event("chunk", id, `"There "`), event("task_finished", id, `null`)}
		}, nine},
		"a state that goes on in it": {func(id string) []any { return []any{taskEvent("task_finished", id, "executing", "")} }, nine},
		"no pieces":                  {func(id string) []any { return []any{taskEvent("task_finished", id, "completed", nine)} }, nine},
		"other pieces": {func(id string) []any {
			return []any{event("chunk", id, `"Let me see. "`), taskEvent("task_finished", id, "completed", nine)}
		}, "Let me see. "},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlatform(t)
				p.frames = test.frames
				text, types, run, err := hear(t, p.open(t).StreamRun(t.Context(), "a1", count))
				if err != nil || text != test.text || run.Text != nine || types[len(types)-1] != "task_finished" {
					t.Errorf("%q, events %q, run %+v, %v", text, types, run, err)
				}
				p.checkTurns(t, 1)
			})
		})
	}
}

// Breaking out of a loop ends the connection, and the task goes on.
func TestBreakLeavesTheTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t)
		client := p.open(t)
		id := ""
		for event := range client.StreamRun(t.Context(), "a1", count) {
			id = event.Event.TaskID
			break
		}
		task, err := client.WaitTask(t.Context(), id, nil)
		if err != nil || task.Result != nine {
			t.Errorf("task %v, %v", task, err)
		}
		p.checkTurns(t, 1)
	})
}

func FuzzTaskEvent(f *testing.F) {
	for _, sample := range []string{
		strings.TrimPrefix(event("chunk", "t1", `"x"`), "data: "), `{"type":"auth_event","data":{"data":{"access_token":"x"}}}`, `{"error":{"message":"x"}}`, `[]`, `{"type":"task_finished","data":` + everyTaskMember + `}`,
	} {
		f.Add([]byte(sample))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var event TaskEvent
		if json.Unmarshal(data, &event) != nil {
			return
		}
		event.complaint(data, false)
		if line := event.String(); strings.ContainsAny(line, "\r\n") {
			t.Errorf("more than one line: %q", line)
		}
		if _, err := json.Marshal(event); err != nil {
			t.Error(err)
		}
	})
}

func FuzzDecodeTask(f *testing.F) {
	testkit.FuzzAgent(f, decodeTask, []byte(everyTaskMember), []byte(taskBody))
}

// The end of another task is not that of this one, whatever its event says.
func TestEndOfAnotherTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t)
		p.frames = func(id string) []any {
			return []any{
				taskEvent("task_created", id, "pending", ""),
				event("task_finished", id, `{"id":"other","status":"completed","result":"No."}`),
				taskEvent("task_finished", id, "completed", nine),
			}
		}
		run, err := runOf(p.open(t).StreamRun(t.Context(), "a1", count))
		if err != nil || run.Text != nine {
			t.Errorf("run %+v, %v", run, err)
		}
	})
}

// A status of the server's own words does not carry the key into an error.
func TestRedactedStatuses(t *testing.T) {
	client, recorder := suite.Record(t)
	recorder.Answer(200, fmt.Sprintf(`{"id":"t1","status":%q}`, testKey))
	_, waited := client.WaitTask(t.Context(), "t1", nil)
	recorder.AnswerWith(200, http.Header{"Content-Type": {"text/event-stream"}}, fmt.Sprintf(`data: {"type":"task_finished","data":{"status":%q}}`+"\n\n", testKey))
	var ran error
	for _, ran = range client.StreamRun(t.Context(), "a1", RunRequest{Text: "x"}) {
	}
	for _, err := range []error{waited, ran} {
		if e := asError(t, err); !strings.Contains(err.Error(), "is not known") || strings.Contains(err.Error(), testKey) || strings.Contains(e.Code, testKey) {
			t.Errorf("the error has the key: %v", err)
		}
	}
}

// What a stream said is told if the context ends before the task tells more,
// and it is told without the key.
func TestWordsOfAStreamOutliveIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t)
		p.frames = func(id string) []any {
			return []any{taskEvent("task_created", id, "pending", ""), "event: error\ndata: busy for " + testKey + "\n\n"}
		}
		p.ends = func(c *conversation) { c.status = "executing" }
		_, _, run, err := hear(t, p.open(t).StreamRun(t.Context(), "a1", count))
		if e := asError(t, err, context.DeadlineExceeded); !strings.HasPrefix(e.Message, "busy for ") || strings.Contains(e.Message, testKey) || run == nil {
			t.Errorf("run %v, %v", run, err)
		}
	})
}
