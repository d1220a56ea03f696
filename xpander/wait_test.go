package xpander

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

// statuses answers reads of a task: each look gets the next response, and all
// after the last one get that.
func statuses(p *platform, looks ...http.HandlerFunc) {
	for _, look := range looks {
		p.fail("GET task", before(look))
	}
	p.fail("GET task", slices.Repeat([]fault{before(looks[len(looks)-1])}, 1000)...)
}

func status(word string, header ...string) http.HandlerFunc {
	return respondWith(200, "application/json", `{"id":"t1","status":"`+word+`","finished_at":"2026-02-08T09:00:01.000000Z"}`, header...)
}

func TestWaitTask(t *testing.T) {
	notFound := jsonResponse(404, `{"detail":"Task not found"}`)
	badGateway := respondWith(502, "text/html", "<html></html>")
	for name, test := range map[string]struct {
		looks []http.HandlerFunc
		seen  []string // by progress
		kind  error    // nil: none
		says  string
	}{
		"to the end":         {[]http.HandlerFunc{status("pending"), status("executing"), status("completed")}, []string{"pending", "executing", "completed"}, nil, ""},
		"failed":             {[]http.HandlerFunc{status("failed")}, []string{"failed"}, nil, ""},
		"error":              {[]http.HandlerFunc{status("error")}, []string{"error"}, nil, ""},
		"stopped":            {[]http.HandlerFunc{status("executing"), status("stopped")}, []string{"executing", "stopped"}, nil, ""},
		"paused":             {[]http.HandlerFunc{status("executing"), status("paused")}, []string{"executing", "paused"}, agentclients.ErrInputRequired, `"paused"`},
		"a word of tomorrow": {[]http.HandlerFunc{status("executing"), status("timed_out")}, []string{"executing", "timed_out"}, nil, `"timed_out"`},
		"no word":            {[]http.HandlerFunc{status("")}, []string{""}, nil, `""`},
		"failures in a row":  {append([]http.HandlerFunc{status("executing")}, append(slices.Repeat([]http.HandlerFunc{badGateway}, 4), status("completed"))...), []string{"executing", "completed"}, nil, ""},
		"late":               {[]http.HandlerFunc{notFound, notFound, status("pending"), status("completed")}, []string{"pending", "completed"}, nil, ""},
		"gone":               {[]http.HandlerFunc{status("executing"), notFound}, []string{"executing"}, agentclients.ErrNotFound, "404"},
		"never there":        {[]http.HandlerFunc{notFound}, nil, agentclients.ErrNotFound, "404"},
		"refused":            {[]http.HandlerFunc{status("executing"), jsonResponse(401, "")}, []string{"executing"}, agentclients.ErrUnauthorized, "401"},
		"failing for good":   {[]http.HandlerFunc{status("executing"), badGateway}, []string{"executing"}, agentclients.ErrServer, "502"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlatform(t)
				statuses(p, test.looks...)
				var seen []string
				var response agentclients.Response
				task, err := p.open(t).WaitTask(t.Context(), "t1", func(task *Task) { seen = append(seen, string(task.Status)) }, agentclients.CaptureResponse(&response))
				if !slices.Equal(seen, test.seen) || response.Attempts != len(p.requests) {
					t.Errorf("saw %q, captured %+v of %d requests", seen, response, len(p.requests))
				}
				if len(seen) > 0 && (task == nil || string(task.Status) != seen[len(seen)-1]) {
					t.Errorf("returned %v", task)
				}
				if test.says == "" {
					if err != nil {
						t.Error(err)
					}
					return
				}
				e := asError(t, err)
				if test.kind != nil && !errors.Is(err, test.kind) || e.ResourceID != "t1" || !strings.Contains(err.Error(), test.says) {
					t.Errorf("error %v", err)
				}
			})
		})
	}
}

// Looks become rare, and heed what the server asks for.
func TestWaitTaskSparesTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t)
		statuses(p, status("executing"))
		start := time.Now()
		_, err := p.open(t).WaitTask(t.Context(), "t1", nil)
		asError(t, err, context.DeadlineExceeded)
		// At most one in 7.5 seconds, once the waits are at their longest.
		if looks := len(p.requests); time.Since(start) != 10*time.Minute || looks > 95 || looks < 40 {
			t.Errorf("%d looks in %v", looks, time.Since(start))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t)
		statuses(p, status("executing", "Retry-After: 40"), status("completed"))
		start := time.Now()
		if _, err := p.open(t).WaitTask(t.Context(), "t1", nil); err != nil || time.Since(start) < 40*time.Second {
			t.Errorf("it took %v, %v", time.Since(start), err)
		}
	})
}

// A wait ends with its deadline, whatever it is doing, and says what it saw.
func TestWaitTaskWithDeadline(t *testing.T) {
	for name, looks := range map[string][]http.HandlerFunc{
		"between two looks":       {status("executing", "Retry-After: 5")},
		"in a look":               {status("executing"), stall},
		"the server wants a rest": {status("executing"), jsonResponse(429, "")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlatform(t)
				statuses(p, looks...)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				start := time.Now()
				task, err := p.open(t).WaitTask(ctx, "t1", nil)
				e := asError(t, err, context.DeadlineExceeded)
				if time.Since(start) != time.Second || task == nil || e.ResourceID != "t1" || !strings.Contains(err.Error(), `"executing"`) {
					t.Errorf("returned %v after %v, %v", task, time.Since(start), err)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, call := range []func() error{
			func() error { _, err := p.open(t).WaitTask(ctx, "t1", nil); return err },
			func() error { _, err := p.open(t).RunAgent(ctx, "a1", count); return err },
			func() error { _, err := runOf(p.open(t).StreamRun(ctx, "a1", count)); return err },
		} {
			if e := asError(t, call(), context.Canceled); e.OutcomeUnknown || len(p.requests) > 0 {
				t.Errorf("%q were asked: %v", p.requests, e)
			}
		}
	})
}

// A run that does not end in time is handed back with what is known of it.
func TestRunThatTakesTooLong(t *testing.T) {
	for name, test := range map[string]struct {
		call   func(context.Context, *Client) (*Run, error)
		posted string
	}{
		"RunAgent": {func(ctx context.Context, c *Client) (*Run, error) { return c.RunAgent(ctx, "a1", count) }, "POST invoke/async"},
		"InvokeAgent": {func(ctx context.Context, c *Client) (*Run, error) {
			task, err := c.InvokeAgent(ctx, "a1", countTask())
			if task == nil {
				return nil, err
			}
			return &Run{ID: task.ID, Task: task}, err
		}, "POST invoke"},
	} {
		for lost, faults := range map[string][]fault{"": nil, ", its start lost": {after(drop)}} {
			t.Run(name+lost, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newPlatform(t)
					p.ends = func(c *conversation) { c.status, c.result = "executing", "" }
					p.fail(test.posted, faults...)
					client := p.open(t, func(o *agentclients.Options) { o.Retry.RunTimeout = time.Minute })
					start := time.Now()
					run, err := test.call(t.Context(), client)
					if name == "InvokeAgent" && lost == "" {
						if err != nil || run.Task.Status != TaskExecuting {
							t.Errorf("run %v, %v", run, err)
						}
						return
					}
					e := asError(t, err, context.DeadlineExceeded)
					if run == nil || run.Task.Status != TaskExecuting || e.ResourceID != run.ID || e.OutcomeUnknown || time.Since(start) != time.Minute {
						t.Errorf("run %v after %v, %v", run, time.Since(start), err)
					}
					p.checkTurns(t, 1)
				})
			})
		}
	}
	// A response that does not come within RunTimeout: the task is known all
	// the same.
	synctest.Test(t, func(t *testing.T) {
		p := newPlatform(t)
		p.ends = func(c *conversation) { c.status, c.result = "executing", "" }
		p.fail("POST invoke", after(stall))
		client := p.open(t, func(o *agentclients.Options) { o.Retry.RunTimeout = time.Minute })
		task, err := client.InvokeAgent(t.Context(), "a1", countTask())
		if e := asError(t, err, context.DeadlineExceeded); task == nil || task.Status != TaskExecuting || e.OutcomeUnknown || e.ResourceID != task.ID {
			t.Errorf("task %v, %v", task, err)
		}
		p.checkTurns(t, 1)
	})
}
