package mockserver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/google/go-cmp/cmp"
)

func TestCall(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	server := StartInMemory(t, Config{Now: func() time.Time { return now }, Deterministic: true})
	rule := server.AddRule(fault.Rule{Op: OmniflowCreateAgent, Match: journal.Match{Retried: new(true)}, Do: []fault.Fault{fault.Status(500, fault.AfterCommit)}})
	createOmniflow(server.Namespace(""))
	createOmniflow(server.Namespace(""))
	calls := server.Calls(journal.Match{})
	if len(calls) != 2 {
		t.Fatalf("%d calls", len(calls))
	}
	want := journal.Call{
		ID: 2, Received: now, Finished: now, API: Omniflow, Op: OmniflowCreateAgent, Method: "POST", Path: omniflowAgents,
		Host: "mock.localhost", Body: `{"name":"Ada","llmModel":"gpt-4o"}`, BodySize: 34, Retried: true,
		Rule: rule.ID(), Faults: []json.RawMessage{json.RawMessage(`{"status":500,"stage":"after-commit"}`)}, Committed: true, Status: 500,
		Response: `{"error":{"code":"internal_error","message":"Internal server error"}}`, ResponseSize: 69, Sent: 69,
		Outcome: journal.Complete, Guesses: []string{"omniflow.id", "omniflow.error-code"},
		Header: http.Header{
			"X-Api-Key": {jsontext.Redacted}, "X-Workspace-Id": {"w1"}, "Content-Type": {"application/json"},
			"User-Agent": {"Go-http-client/1.1"}, "Content-Length": {"34"},
		},
	}
	if diff := cmp.Diff(want, calls[1]); diff != "" {
		t.Error(diff)
	}
	var back journal.Call
	if err := json.Unmarshal(must(json.Marshal(calls[1])), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(calls[1], back); diff != "" {
		t.Error(diff)
	}
	if calls[0].Retried || calls[0].Rule != "" || !calls[0].Committed {
		t.Errorf("first call is %+v", calls[0])
	}
}

func TestJournalBounds(t *testing.T) {
	long := strings.Repeat("x", 100<<10)
	for name, c := range map[string]struct {
		config        Config
		calls         int
		body          string
		kept, dropped int
	}{
		"default":  {Config{}, 1100, `{}`, 1000, 100},
		"count":    {Config{JournalEntries: 10}, 25, `{}`, 10, 15},
		"bytes":    {Config{JournalBytes: 1 << 20}, 100, `{"name":"` + long + `"}`, 15, 85},
		"one only": {Config{JournalBytes: 1}, 5, `{}`, 1, 4},
		"off":      {Config{JournalEntries: -1}, 5, `{}`, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			server := testServer(t, c.config)
			for range c.calls {
				r := httptest.NewRequest("PUT", "/omniflow"+omniflowAgents+"/none", strings.NewReader(c.body))
				server.ServeHTTP(httptest.NewRecorder(), r)
			}
			if kept := server.Count(journal.Match{}); kept != c.kept || server.DroppedCalls() != c.dropped {
				t.Errorf("kept %d, want %d; dropped %d, want %d", kept, c.kept, server.DroppedCalls(), c.dropped)
			}
			for i, call := range server.Calls(journal.Match{}) {
				if want := uint64(c.calls - c.kept + i + 1); call.ID != want {
					t.Errorf("call %d has the id %d, want %d", i, call.ID, want)
				}
				if len(call.Body) > 64<<10 || call.BodySize != len(c.body) {
					t.Errorf("kept %d bytes of a body of %d", len(call.Body), call.BodySize)
				}
				if call.Retried != (call.ID > 1) && name != "one only" {
					t.Errorf("call %d: retried is %v", call.ID, call.Retried)
				}
			}
			err := server.CheckMatches(journal.Match{}, journal.Exactly(c.kept))
			if unknown := c.dropped > 0 || c.kept == 0; (err != nil) != unknown {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestCheckCalls(t *testing.T) {
	server := StartInMemory(t, Config{})
	createOmniflow(server.Namespace(""))
	createOmniflow(server.Namespace(""))
	for _, c := range []struct {
		count int
		match journal.Match
		want  string // "": it holds
	}{
		{2, journal.Match{}, ""},
		{2, journal.Match{Op: OmniflowCreateAgent, Status: 200, Committed: new(true), Header: map[string]string{"X-Workspace-Id": "w1"}, JSON: map[string]any{"/name": "Ada"}}, ""},
		{1, journal.Match{Retried: new(true)}, ""},
		{0, journal.Match{Matched: new(false)}, ""},
		{0, journal.Match{Op: OmniflowGetAgent}, ""},
		{2, journal.Match{JSON: map[string]any{"": map[string]any{"llmModel": "gpt-4o", "name": "Ada"}}}, ""},
		{1, journal.Match{Op: OmniflowCreateAgent}, "2 calls match, want 1: op omniflow.CreateAgent\n  call 1: omniflow.CreateAgent POST /omniflow/v1/api/omni-flow-agents -> 200\n  call 2: omniflow.CreateAgent POST /omniflow/v1/api/omni-flow-agents -> 200"},
		{1, journal.Match{Op: OmniflowCreateAgent, Status: 201, JSON: map[string]any{"/name": "Bob"}},
			"0 calls match, want 1: op omniflow.CreateAgent, json /name \"Bob\", status 201\n  nearest of 2 others: call 2: omniflow.CreateAgent POST /omniflow/v1/api/omni-flow-agents -> 200\n    json /name: want \"Bob\", got \"Ada\"\n    status: want 201, got 200"},
		{1, journal.Match{Header: map[string]string{"X-Api-Key": "another"}}, "header X-Api-Key: want [redacted], got [redacted]"},
		{1, journal.Match{JSON: map[string]any{"/api_key": "s3cret"}}, "json /api_key: want [redacted], got nothing"},
		{3, journal.Match{}, "2 calls match, want 3: any call\n  the journal has 0 other calls"},
		{1, journal.Match{Op: "x"}, `unknown op "x"`},
		{1, journal.Match{Outcome: "x"}, `unknown outcome "x"; there are "open", "complete"`},
		{1, journal.Match{JSON: map[string]any{"/a": func() {}}}, `the value cannot be written as JSON`},
	} {
		err := server.CheckMatches(c.match, journal.Exactly(c.count))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%d %v: error is %v, want %s", c.count, c.match, err, c.want)
		}
	}
	r := &recorder{}
	server.AssertMatches(r, journal.Match{}, journal.Exactly(2))
	server.AssertMatches(r, journal.Match{}, journal.Exactly(3))
	if len(r.errors) != 1 || !strings.Contains(r.errors[0], "want 3") {
		t.Errorf("failed with %q", r.errors)
	}
}

func TestWaitForCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := StartInMemory(t, Config{})
		go func() {
			for range 3 {
				<-time.After(time.Second)
				createOmniflow(server.Namespace(""))
			}
		}()
		begun := time.Now()
		calls, err := server.Wait(t.Context(), 3, journal.Match{Op: OmniflowCreateAgent, Outcome: journal.Complete})
		if err != nil || len(calls) != 3 || time.Since(begun) != 3*time.Second {
			t.Errorf("after %s: %d calls, %v", time.Since(begun), len(calls), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err = server.Wait(ctx, 1, journal.Match{Status: 500}); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "status: want 500, got 200") {
			t.Errorf("error is %v", err)
		}
		go func() {
			<-time.After(time.Second)
			server.Close()
		}()
		if _, err = server.Wait(t.Context(), 1, journal.Match{Status: 500}); err == nil || !strings.Contains(err.Error(), "the server closed") {
			t.Errorf("error is %v", err)
		}
		if _, err = server.Wait(t.Context(), 1, journal.Match{Op: "x"}); err == nil || !strings.Contains(err.Error(), "unknown op") {
			t.Errorf("error is %v", err)
		}
	})
}

func TestCredentialsAreNotKept(t *testing.T) {
	server := testServer(t, Config{})
	for _, api := range APIs() {
		for _, name := range []string{"Authorization", "X-Api-Key", "x-api-key", "Cookie", "Proxy-Authorization"} {
			r := httptest.NewRequest("GET", "/"+string(api)+"/v1/agents", nil)
			r.Header.Set(name, "Bearer s3cret-credential")
			server.ServeHTTP(httptest.NewRecorder(), r)
		}
	}
	r := httptest.NewRequest("GET", "/nothing", nil)
	r.Header.Set("Authorization", "s3cret-credential")
	server.ServeHTTP(httptest.NewRecorder(), r)
	for _, call := range server.Calls(journal.Match{}) {
		if text := fmt.Sprintf("%+v", call); strings.Contains(text, "s3cret") {
			t.Errorf("the journal keeps %s", text)
		}
	}
}

func TestLogger(t *testing.T) {
	var out bytes.Buffer
	server := StartInMemory(t, Config{Logger: slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	exchangeWith(server.Client(), omniflowRequest(server.Namespace(""), "POST", omniflowAgents+"?key=s3cret", `{"name":"s3cret"}`))
	var record map[string]any
	if err := json.Unmarshal(out.Bytes(), &record); err != nil {
		t.Fatal(err)
	}
	delete(record, "time")
	want := map[string]any{
		"level": "DEBUG", "msg": "request", "op": "omniflow.CreateAgent", "method": "POST",
		"path": "/omniflow" + omniflowAgents, "status": 200.0, "outcome": "complete", "committed": true,
	}
	if diff := cmp.Diff(want, record); diff != "" {
		t.Error(diff)
	}
}
