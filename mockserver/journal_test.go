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
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCall(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	server := StartInMemory(t, Config{Now: func() time.Time { return now }, Deterministic: true})
	rule := server.When(OmniflowCreateAgent, Retried()).Do(Status(500, AfterCommit))
	createOmniflow(server.defaultNamespace)
	createOmniflow(server.defaultNamespace)
	calls := server.Calls()
	if len(calls) != 2 {
		t.Fatalf("%d calls", len(calls))
	}
	want := Call{
		ID: 2, Received: now, Finished: now, API: Omniflow, Op: OmniflowCreateAgent, Method: "POST", Path: omniflowAgents,
		Host: "mock.localhost", Body: `{"name":"Ada","llmModel":"gpt-4o"}`, BodySize: 34, Retried: true,
		Rule: rule.ID(), Faults: []Fault{Status(500, AfterCommit)}, Committed: true, Status: 500,
		Answer: `{"error":{"code":"internal_error","message":"Internal server error"}}`, AnswerSize: 69, Sent: 69,
		Outcome: Complete, Guesses: []string{"omniflow.id", "omniflow.error-code"},
		Header: http.Header{
			"X-Api-Key": {redacted}, "X-Workspace-Id": {"w1"}, "Content-Type": {"application/json"},
			"User-Agent": {"Go-http-client/1.1"}, "Content-Length": {"34"},
		},
	}
	byText := cmp.Comparer(func(a, b Fault) bool { return a.String() == b.String() })
	if diff := cmp.Diff(want, calls[1], byText); diff != "" {
		t.Error(diff)
	}
	var back Call
	if err := json.Unmarshal(must(json.Marshal(calls[1])), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(calls[1], back, byText); diff != "" {
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
			if kept := server.Count(); kept != c.kept || server.DroppedCalls() != c.dropped {
				t.Errorf("kept %d, want %d; dropped %d, want %d", kept, c.kept, server.DroppedCalls(), c.dropped)
			}
			j := &server.journal
			size := 0
			for i, call := range server.Calls() {
				if want := uint64(c.calls - c.kept + i + 1); call.ID != want {
					t.Errorf("call %d has the id %d, want %d", i, call.ID, want)
				}
				if len(call.Body) > keptBody || call.BodySize != len(c.body) {
					t.Errorf("kept %d bytes of a body of %d", len(call.Body), call.BodySize)
				}
				if call.Retried != (call.ID > 1) && name != "one only" {
					t.Errorf("call %d: retried is %v", call.ID, call.Retried)
				}
			}
			for _, e := range j.ring[j.first:] {
				size += e.size
			}
			if size != j.size || len(j.ring) > 2*c.kept+32 || len(j.content) > 1 {
				t.Errorf("counts %d bytes for %d, %d slots, %d contents", j.size, size, len(j.ring), len(j.content))
			}
			err := server.CheckCalls(c.kept)
			if unknown := c.dropped > 0 || c.kept == 0; (err != nil) != unknown {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestCheckCalls(t *testing.T) {
	server := StartInMemory(t, Config{})
	createOmniflow(server.defaultNamespace)
	createOmniflow(server.defaultNamespace)
	for _, c := range []struct {
		count   int
		matches []Match
		want    string // "": it holds
	}{
		{2, nil, ""},
		{2, []Match{OpIs(OmniflowCreateAgent), StatusIs(200), JSONAt("/name", "Ada"), HeaderIs("X-Workspace-Id", "w1"), Committed()}, ""},
		{1, []Match{Retried()}, ""},
		{0, []Match{Unmatched()}, ""},
		{0, []Match{OpIs(OmniflowCreateAgent), OpIs(OmniflowGetAgent)}, ""},
		{2, []Match{JSONAt("", map[string]any{"llmModel": "gpt-4o", "name": "Ada"})}, ""},
		{1, []Match{OpIs(OmniflowCreateAgent)}, "2 calls match, want 1: op omniflow.CreateAgent\n  call 1: omniflow.CreateAgent POST /omniflow/v1/api/omni-flow-agents -> 200\n  call 2: omniflow.CreateAgent POST /omniflow/v1/api/omni-flow-agents -> 200"},
		{1, []Match{OpIs(OmniflowCreateAgent), JSONAt("/name", "Bob"), StatusIs(201)},
			"0 calls match, want 1: op omniflow.CreateAgent, json /name \"Bob\", status 201\n  nearest of 2 others: call 2: omniflow.CreateAgent POST /omniflow/v1/api/omni-flow-agents -> 200\n    json /name: want \"Bob\", got \"Ada\"\n    status: want 201, got 200"},
		{1, []Match{HeaderIs("X-Api-Key", "another")}, "header X-Api-Key: want [redacted], got [redacted]"},
		{1, []Match{JSONAt("/api_key", "s3cret")}, "json /api_key: want [redacted], got nothing"},
		{3, nil, "2 calls match, want 3: any call\n  the journal has 0 other calls"},
		{1, []Match{OpIs("x")}, `unknown op "x"`},
		{1, []Match{OutcomeIs("x")}, `unknown outcome "x"; there are "open", "complete"`},
		{1, []Match{JSONAt("/a", func() {})}, `the value cannot be written as JSON`},
	} {
		err := server.CheckCalls(c.count, c.matches...)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%d %v: error is %v, want %s", c.count, c.matches, err, c.want)
		}
	}
	r := &recorder{}
	server.AssertCalls(r, 2)
	server.AssertCalls(r, 3)
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
				createOmniflow(server.defaultNamespace)
			}
		}()
		begun := time.Now()
		calls, err := server.Wait(t.Context(), 3, OpIs(OmniflowCreateAgent), OutcomeIs(Complete))
		if err != nil || len(calls) != 3 || time.Since(begun) != 3*time.Second {
			t.Errorf("after %s: %d calls, %v", time.Since(begun), len(calls), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err = server.Wait(ctx, 1, StatusIs(500)); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "status: want 500, got 200") {
			t.Errorf("error is %v", err)
		}
		go func() {
			<-time.After(time.Second)
			server.Close()
		}()
		if _, err = server.Wait(t.Context(), 1, StatusIs(500)); err == nil || !strings.Contains(err.Error(), "the server closed") {
			t.Errorf("error is %v", err)
		}
		if _, err = server.Wait(t.Context(), 1, OpIs("x")); err == nil || !strings.Contains(err.Error(), "unknown op") {
			t.Errorf("error is %v", err)
		}
	})
}

func TestRedact(t *testing.T) {
	for text, want := range map[string]string{
		`{"name":"a","api_key":"s3cret"}`:       `{"name":"a","api_key":"[redacted]"}`,
		`{"access_token": "s3cret" , "a":1}`:    `{"access_token": "[redacted]" , "a":1}`,
		`{"apiKey":{"a":["s3cret"]},"b":2}`:     `{"apiKey":"[redacted]","b":2}`,
		`{"api\u005fkey":"s3cret"}`:             `{"api\u005fkey":"[redacted]"}`,
		`{"a":{"client_secret":5}}`:             `{"a":{"client_secret":"[redacted]"}}`,
		`{"token":null}`:                        `{"token":null}`,
		`{"max_tokens":5,"tokens":{"input":1}}`: `{"max_tokens":5,"tokens":{"input":1}}`,
		`{"llm_extra_headers":{"X-A":"s3cret","X-B":["s3cret",1,true,null]},"a":1}`: `{"llm_extra_headers":{"X-A":"[redacted]","X-B":["[redacted]","[redacted]","[redacted]",null]},"a":1}`,
		`{"headers":{"Authorization":{"value":"s3cret","encrypted":true}}}`:         `{"headers":{"Authorization":"[redacted]"}}`,
		`{"llm_credentials":{"name":"n","value":"s3cret"},"a":"b"}`:                 `{"llm_credentials":{"name":"n","value":"[redacted]"},"a":"b"}`,
		`{"llm_credentials":[{"value":"s3cret","name":"n"},{"value":"s3cret"}]}`:    `{"llm_credentials":[{"value":"[redacted]","name":"n"},{"value":"[redacted]"}]}`,
		`{"llm_credentials":"s3cret"}`:                                              `{"llm_credentials":"[redacted]"}`,
		`{"api_key":"s3cr`:                                                          `{"api_key":"[redacted]"`,
		`{"llm_credentials":{"value":"s3c`:                                          `{"llm_credentials":{"value":"[redacted]"`,
		`{"api_key":`:                                                               `{"api_key":"[redacted]"`,
		`not json`:                                                                  `not json`,
		``:                                                                          ``,
		`"just text"`:                                                               `"just text"`,
	} {
		if got := string(redact([]byte(text))); got != want {
			t.Errorf("%s became %s, want %s", text, got, want)
		}
	}
	if got := redactQuery("a=b&api_key=x&key=y&Access-Token=z&flag"); got != "a=b&api_key=[redacted]&key=[redacted]&Access-Token=[redacted]&flag" {
		t.Errorf("the query became %s", got)
	}
}

func FuzzRedact(f *testing.F) {
	f.Add([]byte(`{"llm_credentials":{"value":"x"},"a":[1,{"api_key":true}]}`), "/a/1/api_key")
	f.Add([]byte(`{"headers":{"a":"\"`), "/headers")
	f.Fuzz(func(t *testing.T, data []byte, pointer string) {
		out := redact(data)
		if json.Valid(data) && !json.Valid(out) {
			t.Errorf("%q became %q", data, out)
		}
		if checkJSONPointer(pointer) != nil {
			return
		}
		valueAt(data, pointer)
		for _, edited := range [][]byte{
			first(omit(data, pointer)), first(put(data, pointer, "null")), first(addUnknown(data, pointer)), first(setTimeDigits(data, 9)),
		} {
			if json.Valid(data) && !json.Valid(edited) {
				t.Errorf("%q at %q became %q", data, pointer, edited)
			}
		}
	})
}

func first[T any](value T, _ bool) T { return value }

func TestEdits(t *testing.T) {
	const text = ` {"a": {"b/c": [1, {"d": null}, "x,]}\""]}, "t":"2026-01-01T10:00:00.123456Z", "e": {} } `
	for _, c := range []struct {
		name string
		edit func([]byte) ([]byte, bool)
		want string
	}{
		{"omit first", func(d []byte) ([]byte, bool) { return omit(d, "/a") }, ` {"t":"2026-01-01T10:00:00.123456Z", "e": {} } `},
		{"omit item", func(d []byte) ([]byte, bool) { return omit(d, "/a/b~1c/1") }, ` {"a": {"b/c": [1, "x,]}\""]}, "t":"2026-01-01T10:00:00.123456Z", "e": {} } `},
		{"omit last", func(d []byte) ([]byte, bool) { return omit(d, "/e") }, ` {"a": {"b/c": [1, {"d": null}, "x,]}\""]}, "t":"2026-01-01T10:00:00.123456Z" } `},
		{"omit only", func(d []byte) ([]byte, bool) { return omit(d, "/a/b~1c/1/d") }, ` {"a": {"b/c": [1, {}, "x,]}\""]}, "t":"2026-01-01T10:00:00.123456Z", "e": {} } `},
		{"put", func(d []byte) ([]byte, bool) { return put(d, "/a", "5") }, ` {"a": 5, "t":"2026-01-01T10:00:00.123456Z", "e": {} } `},
		{"put new", func(d []byte) ([]byte, bool) { return put(d, "/e/f", "5") }, ` {"a": {"b/c": [1, {"d": null}, "x,]}\""]}, "t":"2026-01-01T10:00:00.123456Z", "e": {"f":5} } `},
		{"unknown", func(d []byte) ([]byte, bool) { return addUnknown(d, "/a/b~1c") }, ` {"a": {"b/c": [1, {"d": null,"mock_unknown_field":{"since":"a newer server"}}, "x,]}\""]}, "t":"2026-01-01T10:00:00.123456Z", "e": {} } `},
		{"digits", func(d []byte) ([]byte, bool) { return setTimeDigits(d, 0) }, strings.Replace(text, ".123456", "", 1)},
		{"more digits", func(d []byte) ([]byte, bool) { return setTimeDigits(d, 9) }, strings.Replace(text, ".123456", ".123456000", 1)},
	} {
		if got, ok := c.edit([]byte(text)); !ok || string(got) != c.want {
			t.Errorf("%s: %v %s, want %s", c.name, ok, got, c.want)
		}
	}
	for _, pointer := range []string{"/x", "/a/b", "/a/b~1c/3", "/t/0", "/x/y"} {
		if _, ok := valueAt([]byte(text), pointer); ok {
			t.Errorf("%s was found", pointer)
		}
		if _, ok := omit([]byte(text), pointer); ok {
			t.Errorf("%s was taken away", pointer)
		}
	}
	if _, ok := put([]byte(text), "/x/y", "1"); ok {
		t.Error("a member was put into an object that is not there")
	}
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
	server.mu.Lock()
	defer server.mu.Unlock()
	for _, e := range server.defaultNamespace.journal.ring {
		if text := fmt.Sprintf("%q %s %v", e.header, e.line(), e.problems); strings.Contains(text, "s3cret") {
			t.Errorf("the journal keeps %s", text)
		}
	}
}

func TestLogger(t *testing.T) {
	var out bytes.Buffer
	server := StartInMemory(t, Config{Logger: slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	exchangeWith(server.Client(), omniflowRequest(server.defaultNamespace, "POST", omniflowAgents+"?key=s3cret", `{"name":"s3cret"}`))
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

// Every field of a namespace is either kept by a reset or made new by it.
func TestResetForgetsNothing(t *testing.T) {
	keeps := map[string]bool{"server": true, "name": true, "own": true, "mu": true, "seed": true, "active": true, "used": true, "dropped": true, "changed": true}
	server := StartInMemory(t, Config{RateLimits: true, Deterministic: true, AllowUnfired: true})
	createOmniflow(server.defaultNamespace)
	server.When(OmniflowGetAgent).Do(Stall())
	server.Advance(time.Hour)
	go exchangeWith(server.Client(), omniflowRequest(server.defaultNamespace, "GET", omniflowAgents+"/x", ""))
	if _, err := server.Wait(t.Context(), 1, Match{Rule: "r1"}); err != nil {
		t.Fatal(err)
	}
	fields := reflect.ValueOf(server.defaultNamespace).Elem()
	empty := func() (names []string) {
		server.defaultNamespace.mu.Lock()
		defer server.defaultNamespace.mu.Unlock()
		for i := range fields.NumField() {
			if name := fields.Type().Field(i).Name; !keeps[name] && fields.Field(i).IsZero() {
				names = append(names, name)
			}
		}
		return names
	}
	if names := empty(); names != nil {
		t.Errorf("before the reset these are empty: %v", names)
	}
	if err := server.Reset("everything"); err == nil || !strings.Contains(err.Error(), `unknown part "everything"; there are "state", "rules"`) {
		t.Errorf("error is %v", err)
	}
	if names := empty(); names != nil {
		t.Errorf("after a refused reset these are empty: %v", names)
	}
	if err := server.Reset(); err != nil {
		t.Fatal(err)
	}
	if names := empty(); len(names) != fields.NumField()-len(keeps) {
		t.Errorf("after the reset only these are empty: %v", names)
	}
	createOmniflow(server.defaultNamespace)
	if calls := server.Calls(); calls[0].ID != 1 || len(server.Agents(Omniflow)) != 1 {
		t.Errorf("after the reset: %+v", calls)
	}
}
