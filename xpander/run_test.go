package xpander

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
)

var count = RunRequest{Text: "Count the boxes"}

func countTask() InvokeRequest { return InvokeRequest{Input: TaskInput{Text: "Count the boxes"}} }

func TestRunAgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t)
		var response agentclients.Response
		start := time.Now()
		run, err := p.open(t).RunAgent(t.Context(), "a1", count, agentclients.CaptureResponse(&response))
		if err != nil || run.Text != nine || run.ID == "" || run.ID != run.Task.ID || run.Task.Status != TaskCompleted {
			t.Fatalf("run %+v, %v", run, err)
		}
		requests, turns := p.asked()
		if turns != 1 || requests[0] != "POST invoke/async" || slices.Index(requests[1:], "POST invoke/async") >= 0 {
			t.Errorf("%d turns by %q", turns, requests)
		}
		if response.Attempts != len(requests) || response.Elapsed != time.Since(start) || response.Settled || !strings.Contains(string(response.Body), nine) {
			t.Errorf("captured %+v of %d requests", response, len(requests))
		}
	})
}

func TestInvokeAgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t)
		task, err := p.open(t).InvokeAgent(t.Context(), "a1", countTask())
		if err != nil || task.Result != nine || task.Err() != nil {
			t.Fatalf("task %+v, %v", task, err)
		}
		if requests, _ := p.asked(); len(requests) != 1 {
			t.Errorf("requests %q", requests)
		}
	})
}

func TestStreamRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t)
		var response agentclients.Response
		events := p.open(t).StreamRun(t.Context(), "a1", count, agentclients.CaptureResponse(&response))
		if requests, _ := p.asked(); len(requests) != 0 {
			t.Errorf("%q were sent before the events were ranged over", requests)
		}
		text, types, run, err := hear(t, events)
		if err != nil || text != nine || run.Text != nine || run.Task.Status != TaskCompleted {
			t.Errorf("%q, run %+v, %v", text, run, err)
		}
		if diff := cmp.Diff([]string{"task_created", "task_updated", "chunk", "chunk", "task_finished"}, types); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if requests, turns := p.asked(); turns != 1 || len(requests) != 1 || response.Attempts != 1 || response.Body != nil {
			t.Errorf("%d turns by %q, captured %+v", turns, requests, response)
		}
	})
}

// The ways to start a turn, and whether what came of it is known to have its
// answer.
var starts = map[string]struct {
	op    string
	start func(context.Context, *testing.T, *Client, RunRequest, ...agentclients.CallOption) (id, text string, err error)
}{
	"InvokeAgent": {"POST invoke", func(ctx context.Context, _ *testing.T, c *Client, r RunRequest, options ...agentclients.CallOption) (string, string, error) {
		task, err := c.InvokeAgent(ctx, "a1", r.invoke(), options...)
		if task == nil {
			return "", "", err
		}
		return task.ID, task.Result, err
	}},
	"StartTask": {"POST invoke/async", func(ctx context.Context, _ *testing.T, c *Client, r RunRequest, options ...agentclients.CallOption) (string, string, error) {
		task, err := c.StartTask(ctx, "a1", r.invoke(), options...)
		if err != nil {
			return "", "", err
		}
		task, err = c.WaitTask(ctx, task.ID, nil)
		if err != nil {
			return "", "", err
		}
		return task.ID, task.Result, nil
	}},
	"RunAgent": {"POST invoke/async", func(ctx context.Context, _ *testing.T, c *Client, r RunRequest, options ...agentclients.CallOption) (string, string, error) {
		run, err := c.RunAgent(ctx, "a1", r, options...)
		if run == nil {
			return "", "", err
		}
		return run.ID, run.Text, err
	}},
	"StreamTask": {"POST invoke/stream", func(ctx context.Context, t *testing.T, c *Client, r RunRequest, options ...agentclients.CallOption) (id, text string, err error) {
		for event, e := range c.StreamTask(ctx, "a1", r.invoke(), options...) {
			if err != nil {
				t.Errorf("%v comes after an error", event)
			}
			if err = e; event.Type == TaskEventFinished {
				id, text = event.TaskID, event.Task.Result
			}
		}
		return id, text, err
	}},
	"StreamRun": {"POST invoke/stream", func(ctx context.Context, t *testing.T, c *Client, r RunRequest, options ...agentclients.CallOption) (string, string, error) {
		text, _, run, err := hear(t, c.StreamRun(ctx, "a1", r, options...))
		if run == nil {
			return "", "", err
		}
		if err == nil && text != run.Text {
			t.Errorf("the pieces are %q, and the answer is %q", text, run.Text)
		}
		return run.ID, run.Text, err
	}},
}

// A call starts at most one turn, and says truly whether it did, whatever
// happens to the request that starts it.
func TestOneCallOneTurn(t *testing.T) {
	for name, test := range map[string]struct {
		faults []fault
		began  bool // a turn
		sent   int  // requests to start it
		known  error
	}{
		"dropped before":            {[]fault{before(drop)}, false, 1, agentclients.ErrOutcomeUnknown},
		"dropped after":             {[]fault{after(drop)}, true, 1, nil},
		"stalled before":            {[]fault{before(stall)}, false, 1, agentclients.ErrOutcomeUnknown},
		"stalled after":             {[]fault{after(stall)}, true, 1, nil},
		"cut off":                   {[]fault{after(cutOff)}, true, 1, nil},
		"500 before":                {[]fault{before(jsonResponse(500, `{"detail":"x"}`))}, false, 1, agentclients.ErrOutcomeUnknown},
		"500 after":                 {[]fault{after(jsonResponse(500, `{"detail":"x"}`))}, true, 1, nil},
		"502 after":                 {[]fault{after(respondWith(502, "text/html", "<html>Bad gateway</html>"))}, true, 1, nil},
		"503 after":                 {[]fault{after(respondWith(503, "text/html", "", "Retry-After: 1"))}, true, 1, nil},
		"408 after":                 {[]fault{after(jsonResponse(408, ""))}, true, 1, nil},
		"empty":                     {[]fault{after(jsonResponse(200, ""))}, true, 1, nil},
		"a page":                    {[]fault{after(respondWith(200, "text/html", "<html>Sign in</html>"))}, true, 1, nil},
		"an error, and nothing":     {[]fault{before(jsonResponse(200, `{"detail":"quota exceeded"}`))}, false, 1, agentclients.ErrOutcomeUnknown},
		"an error, and a turn":      {[]fault{after(jsonResponse(200, `{"detail":"quota exceeded"}`))}, true, 1, nil},
		"another task":              {[]fault{after(jsonResponse(200, `{"id":"other","status":"completed","result":"no"}`))}, true, 1, nil},
		"429, then well":            {[]fault{before(jsonResponse(429, `{"detail":"x"}`))}, true, 2, nil},
		"429, then dropped after":   {[]fault{before(jsonResponse(429, `{"detail":"x"}`)), after(drop)}, true, 2, nil},
		"429, then dropped before":  {[]fault{before(jsonResponse(429, `{"detail":"x"}`)), before(drop)}, false, 2, agentclients.ErrOutcomeUnknown},
		"429 for good":              {slices.Repeat([]fault{before(jsonResponse(429, `{"detail":"x"}`))}, 3), false, 3, agentclients.ErrRateLimited},
		"unknown agent":             {[]fault{before(jsonResponse(404, `{"detail":"Agent not found"}`))}, false, 1, agentclients.ErrNotFound},
		"wrong":                     {[]fault{before(jsonResponse(422, `{"detail":[]}`))}, false, 1, agentclients.ErrBadRequest},
		"409 after":                 {[]fault{after(jsonResponse(409, `{"detail":"Task is already running"}`))}, true, 1, nil},
		"429 after, then a 409":     {[]fault{after(jsonResponse(429, `{"detail":"x"}`)), before(jsonResponse(409, `{"detail":"Task is already running"}`))}, true, 2, nil},
		"the task runs":             {[]fault{before(jsonResponse(409, `{"detail":"Task is already running"}`))}, false, 1, agentclients.ErrConflict},
		"a refusal in a 200":        {[]fault{before(jsonResponse(200, `{"success":false,"error":"no credit"}`))}, false, 1, nil},
		"a redirect":                {[]fault{before(respondWith(307, "text/html", "", "Location: /elsewhere"))}, false, 1, nil},
		"duplicates allowed, after": {[]fault{after(drop)}, true, 1, nil},
	} {
		for call, start := range starts {
			t.Run(call+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newPlatform(t)
					p.fail(start.op, test.faults...)
					client := p.open(t, func(o *agentclients.Options) {
						o.Retry.AllowDuplicates = strings.HasPrefix(name, "duplicates")
					})
					var response agentclients.Response
					id, text, err := start.start(t.Context(), t, client, count, agentclients.CaptureResponse(&response))
					turns := 0
					if test.began {
						turns = 1
					}
					p.checkTurns(t, turns)
					requests, _ := p.asked()
					sent := 0
					for _, request := range requests {
						if request == start.op {
							sent++
						}
					}
					if sent != test.sent {
						t.Errorf("it was sent %d times, not %d: %q", sent, test.sent, requests)
					}
					unknown := errors.Is(err, agentclients.ErrOutcomeUnknown)
					if !test.began {
						if err == nil || unknown != (test.known == agentclients.ErrOutcomeUnknown) || test.known != nil && !errors.Is(err, test.known) || text != "" {
							t.Errorf("got %q, and error %v", text, err)
						}
						asError(t, err)
						return
					}
					if unknown {
						t.Fatalf("the turn began: %v", err)
					}
					lost := len(test.faults) > 0 && test.faults[len(test.faults)-1].after || strings.HasPrefix(name, "429 after")
					if call == "StreamTask" && lost {
						if e := asError(t, err, agentclients.ErrStreamEnded); e.ResourceID == "" || p.tasks[e.ResourceID] == nil {
							t.Errorf("error %v does not name the task", err)
						}
						return
					}
					if err != nil || text != nine || p.tasks[id] == nil {
						t.Errorf("got %q of task %q: %v", text, id, err)
					}
					if response.Settled != lost {
						t.Errorf("settled %v: %+v", response.Settled, response)
					}
				})
			})
		}
	}
}

// The task may be seen only some time after a response was lost, and the first
// looks may fail.
func TestLostTurnIsLookedForAWhile(t *testing.T) {
	for name, test := range map[string]struct {
		faults []fault
		found  bool
	}{
		"late":              {slices.Repeat([]fault{before(jsonResponse(404, `{"detail":"Task not found"}`))}, 3), true},
		"failing":           {slices.Repeat([]fault{before(respondWith(502, "text/html", ""))}, 7), true},
		"late and failing":  {[]fault{before(jsonResponse(404, "")), before(drop), before(jsonResponse(404, ""))}, true},
		"refused":           {[]fault{before(jsonResponse(403, ""))}, false},
		"stalled for good":  {slices.Repeat([]fault{before(stall)}, 20), false},
		"failing for good":  {slices.Repeat([]fault{before(drop)}, 40), false},
		"never seen at all": {slices.Repeat([]fault{before(jsonResponse(404, ""))}, 40), false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlatform(t)
				p.fail("POST invoke/async", after(drop))
				p.fail("GET task", test.faults...)
				start := time.Now()
				run, err := p.open(t).RunAgent(t.Context(), "a1", count)
				p.checkTurns(t, 1)
				if test.found {
					if err != nil || run.Text != nine {
						t.Errorf("run %+v, %v", run, err)
					}
					return
				}
				e := asError(t, err, agentclients.ErrOutcomeUnknown)
				if run != nil || p.tasks[e.ResourceID] == nil || time.Since(start) > findWithin {
					t.Errorf("run %v after %v, %v", run, time.Since(start), err)
				}
			})
		})
	}
}

// A turn in a task that the caller named is known to have begun only if the
// task shows another text than before, and ours now.
func TestTurnInGivenTask(t *testing.T) {
	for name, test := range map[string]struct {
		exists string // what the task was told before
		before []fault
		post   fault
		known  bool
		text   string // "": that of count
	}{
		"no loss":                          {"Hello", nil, fault{}, true, ""},
		"lost, another text than before":   {"Hello", nil, after(drop), true, ""},
		"lost, the same text as before":    {count.Text, nil, after(drop), false, ""},
		"lost, stored without blanks":      {"Hello", nil, after(drop), true, count.Text + "\n"},
		"lost, the same but for blanks":    {count.Text, nil, after(drop), false, " " + count.Text},
		"lost, no task before":             {"", nil, after(drop), true, ""},
		"lost, what was before not known":  {"Hello", slices.Repeat([]fault{before(jsonResponse(500, ""))}, 3), after(drop), false, ""},
		"not begun, another text":          {"Hello", nil, before(drop), false, ""},
		"not begun, the same text":         {count.Text, nil, before(drop), false, ""},
		"not begun, and no task there":     {"", nil, before(drop), false, ""},
		"not begun, what was not known":    {"Hello", []fault{before(jsonResponse(403, ""))}, before(drop), false, ""},
		"refused, since the task may run":  {"Hello", nil, before(jsonResponse(409, "")), false, ""},
		"not known before, but not needed": {"Hello", []fault{before(jsonResponse(403, ""))}, fault{}, true, ""},
	} {
		for call, start := range starts {
			t.Run(call+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newPlatform(t)
					client := p.open(t)
					if test.exists != "" {
						if _, err := client.RunAgent(t.Context(), "a1", RunRequest{TaskID: "t/1", Text: test.exists}); err != nil {
							t.Fatal(err)
						}
						p.requests, p.turns = nil, 0
					}
					p.fail("GET task", test.before...)
					if test.post.do != nil {
						p.fail(start.op, test.post)
					}
					request := count
					request.TaskID = "t/1"
					if test.text != "" {
						request.Text = test.text
					}
					id, text, err := start.start(t.Context(), t, client, request)
					requests, turns := p.asked()
					if began := test.post.do == nil || test.post.after; began != (turns == 1) || turns > 1 {
						t.Errorf("%d turns by %q", turns, requests)
					}
					if requests[0] != "GET task" || slices.Index(requests, start.op) != max(1, len(test.before)) {
						t.Errorf("requests %q", requests)
					}
					switch {
					case test.known && call == "StreamTask" && test.post.do != nil:
						if e := asError(t, err, agentclients.ErrStreamEnded); e.ResourceID != "t/1" {
							t.Errorf("error %v", err)
						}
					case test.known:
						if err != nil || text != nine || id != "t/1" {
							t.Errorf("got %q of task %q: %v", text, id, err)
						}
					case strings.HasPrefix(name, "refused"):
						if asError(t, err, agentclients.ErrConflict); errors.Is(err, agentclients.ErrOutcomeUnknown) {
							t.Errorf("error %v", err)
						}
					default:
						if e := asError(t, err, agentclients.ErrOutcomeUnknown); e.ResourceID != "t/1" {
							t.Errorf("error %v", err)
						}
					}
				})
			})
		}
	}
}

// What a task showed before a turn is not taken for the end of the turn, though
// it may still be shown for a moment.
func TestTurnIsNotTakenForTheOneBefore(t *testing.T) {
	for name, call := range map[string]func(*testing.T, *platform, *Client, RunRequest) (*Run, error){
		"RunAgent": func(t *testing.T, _ *platform, c *Client, r RunRequest) (*Run, error) {
			return c.RunAgent(t.Context(), "a1", r)
		},
		"broken StreamRun": func(t *testing.T, p *platform, c *Client, r RunRequest) (*Run, error) {
			p.frames = func(id string) []any { return []any{taskEvent("task_created", id, "pending", ""), "reset"} }
			return runOf(c.StreamRun(t.Context(), "a1", r))
		},
		"silent StreamRun": func(t *testing.T, p *platform, c *Client, r RunRequest) (*Run, error) {
			p.frames = func(id string) []any { return []any{taskEvent("task_created", id, "pending", ""), "hold"} }
			return runOf(c.StreamRun(t.Context(), "a1", r))
		},
	} {
		for how, text := range map[string]string{"of another text": "Hello", "of the same text": count.Text} {
			t.Run(name+" "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newPlatform(t)
					old := jsonResponse(200, `{"id":"t1","status":"completed","input":{"text":"`+text+`"},"result":"Good day","finished_at":"1999-02-08T09:00:02.000000Z"}`)
					p.fail("GET task", before(old), before(old), before(old))
					run, err := call(t, p, p.open(t), RunRequest{TaskID: "t1", Text: count.Text})
					if err != nil || run.Text != nine {
						t.Errorf("run %+v, %v", run, err)
					}
				})
			})
		}
	}
}

// The response to the start may itself show the turn before.
func TestStartThatShowsTheTurnBefore(t *testing.T) {
	old := jsonResponse(200, `{"id":"t1","status":"completed","input":{"text":"Hello"},"result":"Good day","finished_at":"1999-02-08T09:00:02.000000Z"}`)
	for name, start := range map[string]struct {
		op  string
		run func(context.Context, *Client) (string, error)
	}{
		"RunAgent": {"POST invoke/async", func(ctx context.Context, c *Client) (string, error) {
			run, err := c.RunAgent(ctx, "a1", RunRequest{TaskID: "t1", Text: count.Text})
			return run.Text, err
		}},
		"StreamRun": {"POST invoke/stream", func(ctx context.Context, c *Client) (string, error) {
			run, err := runOf(c.StreamRun(ctx, "a1", RunRequest{TaskID: "t1", Text: count.Text}))
			return run.Text, err
		}},
		"InvokeAgent": {"POST invoke", func(ctx context.Context, c *Client) (string, error) {
			request := countTask()
			request.ID = "t1"
			task, err := c.InvokeAgent(ctx, "a1", request)
			return task.Result, err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlatform(t)
				p.fail("GET task", before(old))
				p.fail(start.op, after(old))
				if text, err := start.run(t.Context(), p.open(t)); err != nil || text != nine {
					t.Errorf("%q, %v", text, err)
				}
				p.checkTurns(t, 1)
			})
		})
	}
}

// A server may go on showing the text that a task began with.
func TestTaskThatKeepsItsFirstText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t)
		p.respond = func(task map[string]any) bool {
			task["input"] = map[string]any{"text": "Hello"}
			return true
		}
		p.fail("GET task", before(jsonResponse(200, `{"id":"t1","status":"completed","input":{"text":"Hello"},"result":"Good day","finished_at":"1999-02-08T09:00:02.000000Z"}`)))
		start := time.Now()
		run, err := p.open(t).RunAgent(t.Context(), "a1", RunRequest{TaskID: "t1", Text: count.Text})
		if err != nil || run.Text != nine || time.Since(start) > time.Minute {
			t.Errorf("run %+v, %v after %v", run, err, time.Since(start))
		}
	})
}

// However a stream breaks, StreamRun ends as the task ends, and StreamTask
// says which task to look up.
func TestBrokenStream(t *testing.T) {
	for _, end := range []string{"reset", "clean end", "held back, then reset", "fragment", "whole fragment"} {
		for at := range 6 {
			t.Run(fmt.Sprintf("%s after %d events", end, at), func(t *testing.T) {
				frames := func(id string) []any {
					var parts []any
					if strings.HasPrefix(end, "held") {
						parts = append(parts, "held")
					}
					seen := 0
					for _, part := range ordinary(id) {
						text, isEvent := part.(string)
						if isEvent && seen == at {
							switch end {
							case "fragment":
								parts = append(parts, text[:len(text)/2])
							case "whole fragment":
								parts = append(parts, strings.TrimSuffix(text, "\n"))
							}
							break
						}
						if parts = append(parts, part); isEvent {
							seen++
						}
					}
					if strings.HasSuffix(end, "reset") {
						return append(parts, "reset")
					}
					return append(parts, time.Duration(0))
				}
				synctest.Test(t, func(t *testing.T) {
					p := newPlatform(t)
					p.frames = frames
					text, types, run, err := hear(t, p.open(t).StreamRun(t.Context(), "a1", count))
					if err != nil || text != nine || run.Text != nine || run.Task.Status != TaskCompleted {
						t.Errorf("%q, run %+v, %v", text, run, err)
					}
					finished := 0
					for _, name := range types {
						if name == string(TaskEventFinished) {
							finished++
						}
					}
					requests, turns := p.asked()
					if finished != 1 || types[len(types)-1] != string(TaskEventFinished) || turns != 1 {
						t.Errorf("%d turns by %q, events %q", turns, requests, types)
					}
					if at == 5 && len(requests) != 1 {
						t.Errorf("%q were asked although the last event was there", requests)
					}
				})
				synctest.Test(t, func(t *testing.T) {
					p := newPlatform(t)
					p.frames = frames
					types, err := hearTask(t, p.open(t).StreamTask(t.Context(), "a1", countTask()))
					p.checkTurns(t, 1)
					if len(types) != at {
						t.Errorf("events %q", types)
					}
					if at == 5 {
						if err != nil {
							t.Error(err)
						}
						return
					}
					if e := asError(t, err, agentclients.ErrStreamEnded); p.tasks[e.ResourceID] == nil {
						t.Errorf("error %v does not name the task", err)
					}
				})
			})
		}
	}
}

// A stream that broke before its first event, and whose task is not found, is
// a turn of which nobody knows.
func TestStreamThatBreaksBeforeAnyKnowledge(t *testing.T) {
	for call, start := range map[string]func(*testing.T, *Client) error{
		"StreamRun": func(t *testing.T, c *Client) error {
			_, _, run, err := hear(t, c.StreamRun(t.Context(), "a1", count))
			if run != nil {
				t.Errorf("run %v", run)
			}
			return err
		},
		"StreamTask": func(t *testing.T, c *Client) error {
			_, err := hearTask(t, c.StreamTask(t.Context(), "a1", countTask()))
			return err
		},
	} {
		for name, frames := range map[string][]any{
			"nothing":        {"reset"},
			"only comments":  {": hello\n\n", "reset"},
			"only a word":    {`data: {"error":{"message":"busy","code":429}}` + "\n\n", "data: [DONE]\n\n"},
			"somebody else":  {taskEvent("task_finished", "other", "completed", "no"), "reset"},
			"not even JSON":  {"data: {\n\n", "hold"},
			"silence at all": {"hold"},
		} {
			t.Run(call+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newPlatform(t)
					p.frames = func(string) []any { return frames }
					p.respond = func(map[string]any) bool { return false }
					err := start(t, p.open(t))
					e := asError(t, err, agentclients.ErrOutcomeUnknown)
					if p.checkTurns(t, 1); p.tasks[e.ResourceID] == nil {
						t.Errorf("error %v", err)
					}
					if name == "only a word" && e.Message != "busy" {
						t.Errorf("error %v does not say what the server said", err)
					}
				})
			})
		}
	}
}

// Each end is an end: no break, no further request, and what there is of the
// answer.
func TestEnds(t *testing.T) {
	for _, test := range []struct {
		status, result string
		kind           error
		text           string
	}{
		{"completed", nine, nil, nine},
		{"stopped", "There are ", agentclients.ErrRunFailed, "There are "},
		{"stopped", "", agentclients.ErrRunFailed, "There"},
		{"failed", "no model", agentclients.ErrRunFailed, "There"},
		{"error", "no model", agentclients.ErrRunFailed, "There"},
		{"error", "", agentclients.ErrRunFailed, "There"},
		{"timed_out", "", nil, "There"},
	} {
		t.Run(test.status+" "+test.result, func(t *testing.T) {
			check := func(t *testing.T, run *Run, err error, text string) {
				t.Helper()
				if run == nil || run.Text != text || string(run.Task.Status) != test.status {
					t.Errorf("run %+v, not %q", run, text)
				}
				if test.status == "completed" {
					if err != nil {
						t.Error(err)
					}
					return
				}
				e := asError(t, err)
				if test.kind != nil && (!errors.Is(err, test.kind) || e.Code != test.status || e.Message != test.result) || !strings.Contains(err.Error(), test.status) ||
					e.ResourceID != run.ID || errors.Is(err, agentclients.ErrStreamEnded) {
					t.Errorf("error %v", err)
				}
				if test.kind == nil && errors.Is(err, agentclients.ErrRunFailed) {
					t.Errorf("error %v of a status that nobody knows", err)
				}
				if taskErr := run.Task.Err(); !errors.Is(taskErr, agentclients.ErrRunFailed) != (test.kind == nil) {
					t.Errorf("the task says %v", taskErr)
				}
			}
			for _, end := range []string{"clean", "reset"} {
				synctest.Test(t, func(t *testing.T) {
					p := newPlatform(t)
					p.frames = func(id string) []any {
						parts := []any{taskEvent("task_created", id, "pending", ""), event("chunk", id, `"There"`), taskEvent("task_finished", id, test.status, test.result)}
						if end == "reset" {
							parts = append(parts, "reset")
						}
						return parts
					}
					_, _, run, err := hear(t, p.open(t).StreamRun(t.Context(), "a1", count))
					check(t, run, err, test.text)
					if requests, _ := p.asked(); len(requests) != 1 {
						t.Errorf("requests %q", requests)
					}
				})
			}
			synctest.Test(t, func(t *testing.T) {
				p := newPlatform(t)
				p.ends = func(c *conversation) { c.status, c.result = test.status, test.result }
				run, err := p.open(t).RunAgent(t.Context(), "a1", count)
				check(t, run, err, test.result)
				task, err := p.open(t).InvokeAgent(t.Context(), "a1", countTask())
				if err != nil || string(task.Status) != test.status {
					t.Errorf("invoked task %v, %v", task, err)
				}
				p.fail("POST invoke", after(drop))
				if task, err = p.open(t).InvokeAgent(t.Context(), "a1", countTask()); err != nil || string(task.Status) != test.status {
					t.Errorf("invoked task whose response was lost: %v, %v", task, err)
				}
			})
		})
	}
}

// A run that waits for a person is handed back at once, and has not failed.
func TestPaused(t *testing.T) {
	paused := func(map[string]any) bool { return true }
	for name, call := range map[string]func(*testing.T, *platform, *Client) (*Run, error){
		"RunAgent": func(t *testing.T, _ *platform, c *Client) (*Run, error) { return c.RunAgent(t.Context(), "a1", count) },
		"StreamRun": func(t *testing.T, p *platform, c *Client) (*Run, error) {
			p.frames = func(id string) []any {
				return []any{taskEvent("task_created", id, "pending", ""), event("chunk", id, `"One "`), taskEvent("task_updated", id, "paused", ""), "hold"}
			}
			_, _, run, err := hear(t, c.StreamRun(t.Context(), "a1", count))
			return run, err
		},
		"StreamRun that broke": func(t *testing.T, p *platform, c *Client) (*Run, error) {
			p.frames = func(id string) []any { return []any{taskEvent("task_created", id, "pending", ""), "reset"} }
			_, _, run, err := hear(t, c.StreamRun(t.Context(), "a1", count))
			return run, err
		},
		"silent StreamRun": func(t *testing.T, p *platform, c *Client) (*Run, error) {
			p.frames = func(id string) []any { return []any{taskEvent("task_created", id, "pending", ""), "hold"} }
			_, _, run, err := hear(t, c.StreamRun(t.Context(), "a1", count))
			return run, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlatform(t)
				p.respond = paused
				p.ends = func(c *conversation) { c.status, c.result = "paused", "" }
				start := time.Now()
				run, err := call(t, p, p.open(t))
				e := asError(t, err, agentclients.ErrInputRequired)
				if run == nil || run.Task.Status != TaskPaused || e.ResourceID != run.ID || e.Code != "paused" || errors.Is(err, agentclients.ErrRunFailed) ||
					time.Since(start) > time.Minute || name == "StreamRun" && time.Since(start) > 0 {
					t.Errorf("run %v after %v: %v", run, time.Since(start), err)
				}
				p.checkTurns(t, 1)
				if task, err := p.open(t).WaitTask(t.Context(), run.ID, nil); task == nil || !errors.Is(err, agentclients.ErrInputRequired) || !errors.Is(task.Err(), agentclients.ErrInputRequired) {
					t.Errorf("waited for %v: %v", task, err)
				}
			})
		})
	}
}

// A stream that starts a turn can be ranged over once.
func TestRangedOnce(t *testing.T) {
	for name, run := range map[string]struct {
		open func(context.Context, *Client) func() error // each call ranges
		stop func(context.Context, *Client) func() error // and breaks out
	}{
		"StreamRun": {
			func(ctx context.Context, c *Client) func() error {
				events := c.StreamRun(ctx, "a1", count)
				return func() (last error) {
					for _, err := range events {
						last = err
					}
					return last
				}
			},
			func(ctx context.Context, c *Client) func() error {
				events := c.StreamRun(ctx, "a1", count)
				return func() error {
					for _, err := range events {
						return err
					}
					return nil
				}
			},
		},
		"StreamTask": {
			func(ctx context.Context, c *Client) func() error {
				events := c.StreamTask(ctx, "a1", countTask())
				return func() (last error) {
					for _, err := range events {
						last = err
					}
					return last
				}
			},
			func(ctx context.Context, c *Client) func() error {
				events := c.StreamTask(ctx, "a1", countTask())
				return func() error {
					for _, err := range events {
						return err
					}
					return nil
				}
			},
		},
	} {
		for kind, open := range map[string]func(context.Context, *Client) func() error{"twice": run.open, "after a break": run.stop} {
			t.Run(name+" "+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newPlatform(t)
					r := open(t.Context(), p.open(t))
					if err := r(); err != nil {
						t.Error(err)
					}
					if err := r(); !errors.Is(err, agentclients.ErrInvalidRequest) {
						t.Errorf("the second range ends with %v", err)
					}
					if p.checkTurns(t, 1); len(p.requests) != 1 {
						t.Errorf("requests %q", p.requests)
					}
				})
			})
		}
		t.Run(name+" at once", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlatform(t)
				r := run.open(t.Context(), p.open(t))
				errs := make(chan error, 2)
				for range 2 {
					go func() { errs <- r() }()
				}
				first, second := <-errs, <-errs
				if !errors.Is(first, agentclients.ErrInvalidRequest) || second != nil { // the refused one is quicker
					t.Errorf("ended with %v and %v", first, second)
				}
				p.checkTurns(t, 1)
			})
		})
	}
}
