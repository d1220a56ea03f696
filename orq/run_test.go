package orq

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/internal/testkit"
)

var sum = RunRequest{Text: "Two plus two?"}

func sumMessage() InvokeRequest { return InvokeRequest{Message: UserMessage(sum.Text)} }
func sumTurn() AgentResponseRequest {
	return AgentResponseRequest{Message: UserMessage(sum.Text)}
}

// start is a way to start a turn. It returns the id of the run and what the
// agent said, as far as the call tells.
type start func(context.Context, *testing.T, *Client, ...agentclients.CallOption) (id, text string, err error)

// streams are the ways that hand out events as they come.
var streams = map[string]struct {
	op, surface string
	start       func(context.Context, *testing.T, *Client, ...agentclients.CallOption) (heard, error)
}{
	"StreamResponse": {"POST v3 stream", surfaceV3, func(ctx context.Context, t *testing.T, c *Client, options ...agentclients.CallOption) (heard, error) {
		return hearAll(t, c.StreamResponse(ctx, sum.request("calc"), options...), func(e ResponseEvent) string { return e.Delta }, (*ResponseEvent).Err)
	}},
	"StreamAgentResponse": {"POST responses stream", surfaceV2, func(ctx context.Context, t *testing.T, c *Client, options ...agentclients.CallOption) (heard, error) {
		return hearAll(t, c.StreamAgentResponse(ctx, "calc", sumTurn(), options...), func(e AgentResponseEvent) string { return e.Text }, (*AgentResponseEvent).Err)
	}},
	"StreamTask": {"POST task stream", surfaceTasks, func(ctx context.Context, t *testing.T, c *Client, options ...agentclients.CallOption) (heard, error) {
		return hearAll(t, c.StreamTask(ctx, "calc", sumMessage(), options...), func(e TaskEvent) string { return e.Text }, (*TaskEvent).Err)
	}},
}

// starts are all ways to start a turn.
var starts = func() map[string]struct {
	op    string
	start start
} {
	all := map[string]struct {
		op    string
		start start
	}{
		"CreateResponse": {"POST v3", func(ctx context.Context, _ *testing.T, c *Client, options ...agentclients.CallOption) (string, string, error) {
			response, err := c.CreateResponse(ctx, sum.request("calc"), options...)
			if err != nil {
				return "", "", err
			}
			return response.ID, response.Text(), nil
		}},
		"CreateAgentResponse": {"POST responses", func(ctx context.Context, _ *testing.T, c *Client, options ...agentclients.CallOption) (string, string, error) {
			response, err := c.CreateAgentResponse(ctx, "calc", sumTurn(), options...)
			if err != nil {
				return "", "", err
			}
			return response.TaskID, response.Text(), nil
		}},
		"InvokeAgent": {"POST task", func(ctx context.Context, _ *testing.T, c *Client, options ...agentclients.CallOption) (string, string, error) {
			task, err := c.InvokeAgent(ctx, "calc", sumMessage(), options...)
			if err != nil {
				return "", "", err
			}
			if task, err = c.WaitTask(ctx, "calc", task.ID, nil); err != nil {
				return "", "", err
			}
			return task.ID, task.Text(), nil
		}},
		"RunAgent": {"POST v3 stream", func(ctx context.Context, _ *testing.T, c *Client, options ...agentclients.CallOption) (string, string, error) {
			run, err := c.RunAgent(ctx, "calc", sum, options...)
			if run == nil {
				return "", "", err
			}
			return run.ID, run.Text, err
		}},
		"StreamRun": {"POST v3 stream", func(ctx context.Context, t *testing.T, c *Client, options ...agentclients.CallOption) (string, string, error) {
			text, _, run, err := hear(t, c.StreamRun(ctx, "calc", sum, options...))
			if run == nil {
				return "", "", err
			}
			if err == nil && text != run.Text {
				t.Errorf("the pieces are %q, and the answer is %q", text, run.Text)
			}
			return run.ID, run.Text, err
		}},
	}
	for name, stream := range streams {
		all[name] = struct {
			op    string
			start start
		}{stream.op, func(ctx context.Context, t *testing.T, c *Client, options ...agentclients.CallOption) (string, string, error) {
			h, err := stream.start(ctx, t, c, options...)
			return h.id, h.text, err
		}}
	}
	return all
}()

func TestEveryWayToRun(t *testing.T) {
	for name, call := range starts {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlatform(t)
				began := time.Now()
				var response agentclients.Response
				id, text, err := call.start(t.Context(), t, p.open(t), agentclients.CaptureResponse(&response))
				if err != nil || id != "run_1" || text != four {
					t.Errorf("run %q says %q, %v", id, text, err)
				}
				if p.checkTurns(t, 1, 1); time.Since(began) > 5*time.Second || response.Attempts != 1 || response.StatusCode != 200 {
					t.Errorf("%v, captured %+v", time.Since(began), response)
				}
			})
		})
	}
}

func TestStreamRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t)
		var response agentclients.Response
		events := p.open(t).StreamRun(t.Context(), "calc", sum, agentclients.CaptureResponse(&response))
		if requests, _ := p.asked(); len(requests) != 0 {
			t.Errorf("%q were sent before the events were ranged over", requests)
		}
		text, types, run, err := hear(t, events)
		if err != nil || text != four || run.Text != four || run.Response.Status != ResponseCompleted || run.Usage.TotalTokens != 11 {
			t.Errorf("%q, run %+v, %v", text, run, err)
		}
		if diff := cmp.Diff([]string{"response.created", "response.output_text.delta", "response.output_text.delta", "response.completed"}, types); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if p.checkTurns(t, 1, 1); len(p.requests) != 1 || response.Attempts != 1 || response.Body != nil {
			t.Errorf("captured %+v", response)
		}
	})
}

// A call starts at most one turn, and says truly whether it did, whatever
// happens to the request that starts it.
func TestOneCallOneTurn(t *testing.T) {
	busy := before(jsonResponse(429, `{"message":"x"}`))
	for name, test := range map[string]struct {
		faults []fault
		turns  int
		sent   int // requests to start it
		kind   error
	}{
		"dropped before":           {[]fault{before(testkit.Drop)}, 0, 1, agentclients.ErrOutcomeUnknown},
		"dropped after":            {[]fault{after(testkit.Drop)}, 1, 1, agentclients.ErrOutcomeUnknown},
		"stalled after":            {[]fault{after(testkit.Stall)}, 1, 1, agentclients.ErrOutcomeUnknown},
		"cut off":                  {[]fault{after(testkit.CutOff)}, 1, 1, agentclients.ErrOutcomeUnknown},
		"500 before":               {[]fault{before(jsonResponse(500, `{"message":"x"}`))}, 0, 1, agentclients.ErrOutcomeUnknown},
		"502 after":                {[]fault{after(testkit.RespondWith(502, "text/plain", "Bad gateway"))}, 1, 1, agentclients.ErrOutcomeUnknown},
		"503 after":                {[]fault{after(testkit.RespondWith(503, "text/html", "", "Retry-After: 1"))}, 1, 1, agentclients.ErrOutcomeUnknown},
		"408 after":                {[]fault{after(jsonResponse(408, ""))}, 1, 1, agentclients.ErrOutcomeUnknown},
		"empty":                    {[]fault{after(jsonResponse(200, ""))}, 1, 1, agentclients.ErrOutcomeUnknown},
		"a page":                   {[]fault{after(testkit.RespondWith(200, "text/html", "<html>Sign in</html>"))}, 1, 1, agentclients.ErrOutcomeUnknown},
		"another object":           {[]fault{after(jsonResponse(200, `{"x":1}`))}, 1, 1, agentclients.ErrOutcomeUnknown},
		"429, then well":           {[]fault{busy}, 1, 2, nil},
		"429, then dropped after":  {[]fault{busy, after(testkit.Drop)}, 1, 2, agentclients.ErrOutcomeUnknown},
		"429 for good":             {[]fault{busy, busy, busy}, 0, 3, agentclients.ErrRateLimited},
		"unknown agent":            {[]fault{before(jsonResponse(404, `{"message":"Agent not found"}`))}, 0, 1, agentclients.ErrNotFound},
		"wrong":                    {[]fault{before(jsonResponse(400, `{"message":"x"}`))}, 0, 1, agentclients.ErrBadRequest},
		"the task works":           {[]fault{before(jsonResponse(409, `{"message":"x"}`))}, 0, 1, agentclients.ErrConflict},
		"duplicates allowed, lost": {[]fault{after(testkit.Drop)}, 1, 1, agentclients.ErrOutcomeUnknown},
	} {
		for call, start := range starts {
			t.Run(call+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newPlatform(t)
					p.fail(start.op, test.faults...)
					client := p.open(t, func(o *agentclients.Options) {
						o.Retry.AllowDuplicates = strings.HasPrefix(name, "duplicates")
					})
					id, text, err := start.start(t.Context(), t, client)
					p.checkTurns(t, test.turns, test.sent)
					if test.kind == nil {
						if err != nil || text != four || id == "" {
							t.Errorf("run %q says %q, %v", id, text, err)
						}
						return
					}
					asError(t, err, test.kind)
					if errors.Is(err, agentclients.ErrOutcomeUnknown) != (test.kind == agentclients.ErrOutcomeUnknown) || text != "" {
						t.Errorf("%q, error %v", text, err)
					}
				})
			})
		}
	}
}

// However a stream breaks, StreamRun ends as the response ends, the others say
// which run to look up, and as long as no event named it nobody knows.
func TestBrokenStreams(t *testing.T) {
	for _, end := range []string{"reset", "clean end", "done", "fragment", "whole fragment"} {
		for at := range 4 { // events before it
			broken := func(surface, id string) []any {
				var parts []any
				left := at
				for _, part := range ordinary(surface, id) {
					text, isText := part.(string)
					if isText && left == 0 {
						switch end {
						case "reset":
							parts = append(parts, "reset")
						case "done":
							parts = append(parts, "data: [DONE]\n\n", "hold")
						case "fragment":
							parts = append(parts, text[:len(text)/2])
						case "whole fragment":
							parts = append(parts, strings.TrimSuffix(text, "\n"))
						}
						return parts
					}
					if isText {
						left--
					}
					parts = append(parts, part)
				}
				return parts
			}
			for call, stream := range streams {
				t.Run(fmt.Sprintf("%s, %s after %d events", call, end, at), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						p := newPlatform(t)
						p.frames = broken
						h, err := stream.start(t.Context(), t, p.open(t))
						if p.checkTurns(t, 1, 1); len(h.types) != at || len(p.requests) != 1 {
							t.Errorf("events %q by %q", h.types, p.requests)
						}
						if at == 0 {
							asError(t, err, agentclients.ErrOutcomeUnknown)
						} else if e := asError(t, err, agentclients.ErrStreamEnded); e.ResourceID != "run_1" || e.OutcomeUnknown {
							t.Errorf("error %v", err)
						}
					})
				})
			}
			for _, call := range []string{"StreamRun", "RunAgent"} {
				t.Run(fmt.Sprintf("%s, %s after %d events", call, end, at), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						p := newPlatform(t)
						p.frames = broken
						id, text, err := starts[call].start(t.Context(), t, p.open(t))
						p.checkTurns(t, 1, 1)
						if at == 0 {
							if asError(t, err, agentclients.ErrOutcomeUnknown); id != "" {
								t.Errorf("run %q", id)
							}
						} else if err != nil || text != four {
							t.Errorf("run %q says %q, %v", id, text, err)
						}
					})
				})
			}
		}
	}
}

// Every end that is not a good one is an end, and the error tells which.
func TestEndsOfRuns(t *testing.T) {
	response := func(status, members string) string {
		return fmt.Sprintf(`"response":{"id":"run_1","status":%q,%s}`, status, members)
	}
	const call = `"output":[{"type":"message","id":"m","role":"assistant","content":[{"type":"output_text","text":"Fo"}]},{"type":"function_call","id":"fc_1","call_id":"call_1","name":"add","arguments":"{}"}]`
	for name, test := range map[string]struct {
		last          string
		kind          error
		code, message string
	}{
		"completed":           {numbered("response.completed", 2, response("completed", `"output":[]`)), nil, "", ""},
		"a limit":             {numbered("response.incomplete", 2, response("incomplete", `"output":[],"incomplete_details":{"reason":"max_output_tokens"}`)), agentclients.ErrRunFailed, "max_output_tokens", ""},
		"failed":              {numbered("response.failed", 2, response("failed", `"output":[],"error":{"code":"server_error","message":"No model"}`)), agentclients.ErrRunFailed, "server_error", "No model"},
		"failed, and no word": {numbered("response.failed", 2, response("failed", `"output":[]`)), agentclients.ErrRunFailed, "failed", ""},
		"failed, no status":   {numbered("response.failed", 2, `"response":{"id":"run_1"}`), agentclients.ErrRunFailed, "failed", ""},
		"a function":          {numbered("response.completed", 2, response("completed", call)), agentclients.ErrInputRequired, "function_call", ""},
		"an approval":         {numbered("response.completed", 2, response("completed", `"output":[{"type":"mcp_approval_request","id":"apr_1","name":"add"}]`)), agentclients.ErrInputRequired, "mcp_approval_request", ""},
		"a status of tomorrow": {numbered("response.completed", 2, response("abandoned", `"output":[]`)),
			nil, "abandoned", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlatform(t)
				p.frames = func(_, id string) []any { return []any{created(id), delta(1, "Fo"), test.last} }
				text, _, run, err := hear(t, p.open(t).StreamRun(t.Context(), "calc", sum))
				if text != "Fo" || run.Text != "Fo" || run.ID != "run_1" || len(p.requests) != 1 {
					t.Errorf("%q, run %+v by %q", text, run, p.requests)
				}
				if test.code == "" {
					if err != nil {
						t.Error(err)
					}
					return
				}
				e := asError(t, err)
				if test.kind != nil && !errors.Is(err, test.kind) || e.Code != test.code || e.Message != test.message || e.ResourceID != "run_1" {
					t.Errorf("error %v, code %q", err, e.Code)
				}
				if told := run.Response.Err(); told == nil || test.kind != nil && !errors.Is(told, test.kind) {
					t.Errorf("the response tells %v", told)
				}
				p = newPlatform(t)
				p.frames = func(_, id string) []any { return []any{created(id), delta(1, "Fo"), test.last} }
				if h, err := streams["StreamResponse"].start(t.Context(), t, p.open(t)); err != nil || h.verdict == nil || test.kind != nil && !errors.Is(h.verdict, test.kind) {
					t.Errorf("the stream tells %v, %v", h.verdict, err)
				}
			})
		})
	}
}

// The ends of the older streams are ends, whatever they say.
func TestEndsOfOlderStreams(t *testing.T) {
	for name, test := range map[string]struct {
		call, last string
		kind       error
		says       string
	}{
		"done":                 {"StreamAgentResponse", wrapped("response.done", `{"finishReason":"stop"}`), nil, ""},
		"a function is needed": {"StreamAgentResponse", wrapped("response.done", `{"finishReason":"function_call","pendingToolCalls":[{"id":"call_1","type":"function","function":{"name":"add","arguments":"{}"}}]}`), agentclients.ErrInputRequired, "add (call_1)"},
		"some tool is needed":  {"StreamAgentResponse", wrapped("response.done", `{"finishReason":"tool_calls"}`), agentclients.ErrInputRequired, "tool"},
		"a limit":              {"StreamAgentResponse", wrapped("response.done", `{"finishReason":"max_iterations"}`), agentclients.ErrRunFailed, "max_iterations"},
		"failed":               {"StreamAgentResponse", wrapped("response.failed", `{"error":"No model","code":502}`), agentclients.ErrRunFailed, "No model"},
		"inactive":             {"StreamTask", wrapped("event.agents.inactive", `{"last_message":"Four.","finish_reason":"stop"}`), nil, ""},
		"a function is waited": {"StreamTask", wrapped("event.agents.inactive", `{"finish_reason":"tool_calls","pending_tool_calls":[{"id":"call_1","type":"function","function":{"name":"add"}}]}`), agentclients.ErrInputRequired, "add (call_1)"},
		"time":                 {"StreamTask", wrapped("event.agents.inactive", `{"finish_reason":"max_time"}`), agentclients.ErrRunFailed, "max_time"},
		"errored":              {"StreamTask", wrapped("event.agents.errored", `{"error":"No model","code":500,"workflowRunId":"w"}`), agentclients.ErrRunFailed, "No model"},
		"error":                {"StreamTask", wrapped("agents.error", `{"error":"No agent","code":"not_found"}`), agentclients.ErrRunFailed, "No agent"},
		"the stream's time":    {"StreamTask", wrapped("agents.timeout", `{"message":"30 minutes"}`), agentclients.ErrStreamEnded, "goes on"},
	} {
		for _, then := range []string{"", "reset", "hold", data("[DONE]"), wrapped("part.delta", `{"delta":{"kind":"text","text":"more"}}`)} {
			t.Run(name+", then "+strings.TrimSpace(then), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newPlatform(t)
					p.frames = func(surface, id string) []any { return []any{ordinary(surface, id)[0], test.last, then} }
					began := time.Now()
					h, err := streams[test.call].start(t.Context(), t, p.open(t))
					if err != nil || len(h.types) != 2 || h.id != "run_1" || time.Since(began) > time.Second {
						t.Errorf("%+v, %v", h, err)
					}
					if test.kind == nil {
						if h.verdict != nil {
							t.Errorf("verdict %v", h.verdict)
						}
						return
					}
					if e := asError(t, h.verdict, test.kind); e.ResourceID != "run_1" || !strings.Contains(e.Error(), test.says) {
						t.Errorf("verdict %v", h.verdict)
					}
				})
			})
		}
	}
}

// A run goes on from what it waits for, by the id of the run.
func TestRunGoesOnWithResults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t)
		client := p.open(t)
		waits := true
		p.frames = func(surface, id string) []any {
			if waits {
				waits = false
				return []any{created(id), numbered("response.completed", 1, `"response":{"id":"`+id+`","status":"completed","output":[{"type":"function_call","call_id":"call_1","name":"add","arguments":"{\"a\":2}"}]}`)}
			}
			return ordinary(surface, id)
		}
		run, err := client.RunAgent(t.Context(), "calc", sum)
		asError(t, err, agentclients.ErrInputRequired)
		pending := run.Response.Pending()
		if len(pending) != 1 || pending[0].Name != "add" || pending[0].Arguments != `{"a":2}` {
			t.Fatalf("pending %+v", pending)
		}
		run, err = client.RunAgent(t.Context(), "calc", RunRequest{
			PreviousResponseID: run.ID, Items: []InputItem{FunctionCallOutput(pending[0].CallID, "4")},
		})
		if err != nil || run.Text != four {
			t.Errorf("run %v, %v", run, err)
		}
		want := `{"model":"agent/calc","input":[{"type":"function_call_output","call_id":"call_1","output":"4"}],"previous_response_id":"run_1","stream":true}`
		if diff := cmp.Diff(want, p.bodies[1]); diff != "" {
			t.Errorf("request (-want +sent):\n%s", diff)
		}
	})
}

// A server without v3 responses is not run on another surface: the error says
// which methods do that.
func TestNoFallbackToOlderSurfaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t)
		p.fail("POST v3 stream", before(jsonResponse(404, `{"message":"Cannot POST /v3/router/responses"}`)))
		_, _, run, err := hear(t, p.open(t).StreamRun(t.Context(), "calc", sum))
		asError(t, err, agentclients.ErrNotFound)
		if words, hint, _ := strings.Cut(err.Error(), "/v3/router/responses"); !strings.Contains(words, "Cannot POST") || !strings.Contains(hint, "StreamAgentResponse or StreamTask") {
			t.Errorf("the server's words do not come first: %v", err)
		}
		if run != nil || errors.Is(err, agentclients.ErrOutcomeUnknown) {
			t.Errorf("run %v, %v", run, err)
		}
		p.checkTurns(t, 0, 1)
	})
}

// A response that is not stored is told by its stream alone.
func TestRunThatIsNotStored(t *testing.T) {
	for name, test := range map[string]struct {
		frames []any
		kind   error
	}{
		"silent for a while": {[]any{created("run_1"), 2 * time.Minute, completed(1, "run_1")}, nil},
		"broken":             {[]any{created("run_1"), "reset"}, agentclients.ErrStreamEnded},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlatform(t)
				p.respond = func(map[string]any) bool { return false }
				p.frames = func(string, string) []any { return test.frames }
				request := sum
				request.ExtraFields = map[string]any{"store": false}
				_, _, run, err := hear(t, p.open(t).StreamRun(t.Context(), "calc", request))
				if p.checkTurns(t, 1, 1); run == nil || run.ID != "run_1" {
					t.Errorf("run %v", run)
				}
				if test.kind == nil {
					if err != nil || run.Text != four {
						t.Errorf("run %v, %v", run, err)
					}
				} else if e := asError(t, err, test.kind); e.ResourceID != "run_1" {
					t.Error(err)
				}
			})
		})
	}
}

// The id, the answer and the error are right when a stream cannot tell the
// end, and the looks after it fail for a while.
func TestRunIsReadAfterItsStreamBroke(t *testing.T) {
	gone := before(jsonResponse(404, ""))
	bad := before(testkit.RespondWith(502, "text/plain", "Bad gateway"))
	for name, test := range map[string]struct {
		looks []fault
		kind  error
	}{
		"at once":          {nil, nil},
		"late":             {slices.Repeat([]fault{gone}, 3), nil},
		"failing":          {slices.Repeat([]fault{bad}, 7), nil},
		"stalled":          {slices.Repeat([]fault{before(testkit.Stall)}, 2), nil},
		"refused":          {[]fault{before(jsonResponse(401, ""))}, agentclients.ErrUnauthorized},
		"failing for good": {slices.Repeat([]fault{bad}, 60), agentclients.ErrServer},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlatform(t)
				p.frames = func(_, id string) []any { return []any{created(id), delta(1, "Fo"), "reset"} }
				p.fail("GET v3", test.looks...)
				text, types, run, err := hear(t, p.open(t).StreamRun(t.Context(), "calc", sum))
				p.checkTurns(t, 1, 1)
				if test.kind == nil {
					if err != nil || text != four || run.Text != four || types[len(types)-1] != "response.completed" {
						t.Errorf("%q, events %q, run %v, %v", text, types, run, err)
					}
					return
				}
				if e := asError(t, err, test.kind, agentclients.ErrStreamEnded); e.ResourceID != "run_1" || run == nil || run.Text != "Fo" {
					t.Errorf("run %+v, %v", run, err)
				}
			})
		})
	}
}

// Once there is a run, a read that finds none does not say that nothing was
// started.
func TestRunThatCannotBeReadIsNotMissing(t *testing.T) {
	for name, start := range map[string]fault{
		"a last event without response": after(testkit.RespondWith(200, "text/event-stream", created("run_1")+numbered("response.completed", 1, `"x":1`))),
		"an object that goes on":        after(jsonResponse(200, responseObject("run_1", "queued", ""))),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlatform(t)
				p.respond = func(map[string]any) bool { return false }
				p.fail("POST v3 stream", start)
				run, err := p.open(t).RunAgent(t.Context(), "calc", sum)
				e := asError(t, err, agentclients.ErrStreamEnded)
				if run == nil || e.ResourceID != "run_1" || errors.Is(err, agentclients.ErrNotFound) {
					t.Errorf("run %v, %v", run, err)
				}
				p.checkTurns(t, 1, 1)
			})
		})
	}
}

// A status that is not known, in an event that is not the last one, does not
// keep a broken stream from being followed.
func TestRunIsReadAfterAnUnknownStatus(t *testing.T) {
	for name, response := range map[string]string{"none": `{"id":"run_1"}`, "another": `{"id":"run_1","status":"starting"}`} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlatform(t)
				p.frames = func(string, string) []any {
					return []any{numbered("response.created", 0, `"response":`+response), "reset"}
				}
				text, _, run, err := hear(t, p.open(t).StreamRun(t.Context(), "calc", sum))
				if err != nil || text != four || run.Text != four {
					t.Errorf("%q, run %v, %v", text, run, err)
				}
				p.checkTurns(t, 1, 1)
			})
		})
	}
}
