package admin_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/mockserver/script"
	"github.com/google/go-cmp/cmp"
)

// watch follows the journal with the requests that are being served. next
// returns the name of an event and its call.
func watch(t *testing.T, s *mockserver.Server, path string) (next func() (string, journal.Call)) {
	t.Helper()
	response, err := s.Client().Get(base(s) + "/_mock" + path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	return func() (name string, call journal.Call) {
		t.Helper()
		for lines.Scan() {
			if event, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				name = event
			}
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				if err := json.Unmarshal([]byte(data), &call); err != nil {
					t.Error(err)
				}
				return name, call
			}
		}
		t.Fatal("the stream ended")
		return "", call
	}
}

func send(t *testing.T, s *mockserver.Server, method, api, path, body string) exchanged {
	t.Helper()
	r, err := http.NewRequest(method, s.URL(api)+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "key")
	if api == mockserver.Orq {
		r.Header.Set("Authorization", "Bearer key")
	}
	r.Header.Set("X-API-Key", "key")
	r.Header.Set("Content-Type", "application/json")
	return exchangeWith(s.Client(), r)
}

// Who watches sees a request come, what a rule does to it, and its end.
func TestOpenRequestsAreToldAsTheyChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.StartInMemory(t, mockserver.Config{})
		next := watch(t, s, "/namespaces/default/events?open=true")
		s.Fail(mockserver.OrqCreateAgent, fault.Delay(time.Hour, fault.AfterCommit))
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			if r, err := http.NewRequest("POST", s.URL(mockserver.Orq)+"/v2/agents/", strings.NewReader(orqAgentBody("desk"))); err == nil {
				r.Header.Set("Authorization", "Bearer key")
				r.Header.Set("Content-Type", "application/json")
				exchangeWith(s.Client(), r)
			}
		}()
		name, came := next()
		for name == "call" && came.Outcome == journal.Open && !came.Committed {
			name, came = next()
		}
		if name != "call" || came.ID != 1 || came.Outcome != journal.Open || came.Rule != "r1" || !came.Committed {
			t.Errorf("first: %s %+v", name, came)
		}
		if _, ended := next(); ended.ID != 1 || ended.Outcome != journal.Complete || ended.Finished.Sub(ended.Received) != time.Hour {
			t.Errorf("last: %+v", ended)
		}
		<-ended
		s.Reset() //nolint:errcheck // without parts it cannot fail
		createOrq(t, s, s.URL(mockserver.Orq), "desk")
		if name, _ := next(); name != "reset" {
			t.Errorf("after a reset: %s", name)
		}
		if _, again := next(); again.ID != 1 || again.Outcome != journal.Complete {
			t.Errorf("after a reset: %+v", again)
		}
	})
}

// The journal says when each part of a stream was written.
func TestJournalTimesTheEventsOfAStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mockserver.StartInMemory(t, mockserver.Config{})
		s.Script(mockserver.Xpander, script.Reply{Chunks: []string{"one ", "two"}, Pace: time.Minute})
		created := send(t, s, "POST", mockserver.Xpander, "/v1/agents", `{"name":"a"}`)
		var agent struct{ ID string }
		if err := json.Unmarshal([]byte(created.body), &agent); err != nil {
			t.Fatalf("%v: %s", err, created.body)
		}
		began := time.Now()
		streamed := send(t, s, "POST", mockserver.Xpander, "/v1/agents/"+agent.ID+"/invoke/stream", `{"input":{"text":"hi"}}`)
		calls := s.Calls(journal.Match{Op: mockserver.XpanderStreamTask})
		if len(calls) != 1 {
			t.Fatal(calls)
		}
		call := calls[0]
		if call.Response != streamed.body || len(call.Writes) < 2 {
			t.Fatalf("response %q, writes %v, sent %q", call.Response, call.Writes, streamed.body)
		}
		size := 0
		for _, write := range call.Writes {
			size += write.Size
			if !strings.HasSuffix(call.Response[:size], "\n\n") {
				t.Errorf("a write ends in %q", call.Response[:size])
			}
		}
		last := call.Writes[len(call.Writes)-1]
		if size != len(call.Response) || last.At.Sub(began) != time.Minute {
			t.Errorf("%d of %d bytes, the last ones after %s", size, len(call.Response), last.At.Sub(began))
		}
	})
}

// A request is had by its number, also as the command that repeats it.
func TestOneRequest(t *testing.T) {
	s := mockserver.StartInMemory(t, mockserver.Config{JournalEntries: 2})
	for _, key := range []string{"a", "b", "it's"} {
		createOrq(t, s, s.URL(mockserver.Orq), key)
	}
	if call := adminJSON(t, s, 200, "GET", "/namespaces/default/journal/2", ""); call["id"] != 2.0 || call["op"] != mockserver.OrqCreateAgent {
		t.Errorf("%v", call)
	}
	got := callAdmin(t, s, "GET", "/namespaces/default/journal/3?format=curl", "")
	want := "curl -X 'POST' '" + s.URL(mockserver.Orq) + "/v2/agents/' \\\n  -H 'Authorization: <authorization>' \\\n" +
		"  -H 'Content-Type: application/json' \\\n  --data-binary '" + strings.ReplaceAll(orqAgentBody("it's"), "'", `'\''`) + "'\n"
	if diff := cmp.Diff(want, got.body); diff != "" {
		t.Error(diff)
	}
	for path, want := range map[string]string{
		"/1": "the journal has no request 1", "/4": "the journal has no request 4", "/0": "must be the number of a request",
		"/first": "must be the number of a request", "/2?format=har": "there are json and curl",
	} {
		if got := callAdmin(t, s, "GET", "/namespaces/default/journal"+path, ""); got.status < 400 || !strings.Contains(got.body, want) {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

// Records and runs are listed with what people look for.
func TestRecordsAndRuns(t *testing.T) {
	s := mockserver.StartInMemory(t, mockserver.Config{})
	if got := adminJSON(t, s, 200, "GET", "/namespaces/default/records", ""); len(got["records"].([]any)) != 0 {
		t.Errorf("before anything was made: %v", got)
	}
	s.Script(mockserver.Agentloop, script.Reply{Text: "Hello", Hold: true})
	const agent = "agent_00000000000000000000000000000001"
	if got := send(t, s, "POST", mockserver.Agentloop, "/v1/agents", `{"id":"`+agent+`","name":"desk","display_name":"Desk","system_prompt":"p"}`); got.status != 201 {
		t.Fatal(got)
	}
	var session struct{ ID string }
	made := send(t, s, "POST", mockserver.Agentloop, "/v1/sessions", `{"agent_id":"`+agent+`"}`)
	if err := json.Unmarshal([]byte(made.body), &session); err != nil {
		t.Fatal(err)
	}
	if got := send(t, s, "POST", mockserver.Agentloop, "/v1/sessions/"+session.ID+"/messages", `{"message":{"content":[{"type":"text","text":"hi"}]}}`); got.status != 201 {
		t.Fatal(got)
	}
	records := adminJSON(t, s, 200, "GET", "/namespaces/default/records", "")["records"].([]any)
	var lines []string
	for _, r := range records {
		r := r.(map[string]any)
		lines = append(lines, strings.Join([]string{r["api"].(string), r["kind"].(string), r["id"].(string), r["status"].(string)}, " "))
	}
	want := []string{"agentloop agents " + agent + " active", "agentloop sessions " + session.ID + " active"}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	runs := func() []any { return adminJSON(t, s, 200, "GET", "/namespaces/default/runs", "")["runs"].([]any) }
	active := runs()
	if len(active) != 1 {
		t.Fatalf("%v", active)
	}
	if run := active[0].(map[string]any); run["agent"] != agent || run["thread"] != session.ID || run["input"] != "hi" || run["held"] != true {
		t.Errorf("%v", run)
	}
	adminJSON(t, s, 200, "POST", "/namespaces/default/release", `{"api":"agentloop","thread":"`+session.ID+`"}`)
	if left := runs(); len(left) != 0 {
		t.Errorf("after the release: %v", left)
	}
	if got := callAdmin(t, s, "GET", "/namespaces/default/records?limit=0", ""); got.status != 400 || !strings.Contains(got.body, "allowed is 1 to 1000") {
		t.Errorf("%d %s", got.status, got.body)
	}
	for i := range 3 {
		createOrq(t, s, s.URL(mockserver.Orq), string(rune('a'+i)))
	}
	var keys []string
	for _, r := range adminJSON(t, s, 200, "GET", "/namespaces/default/records?limit=2", "")["records"].([]any) {
		if r := r.(map[string]any); r["api"] == "orq" && r["kind"] == "agents" {
			keys = append(keys, r["id"].(string))
		}
	}
	if diff := cmp.Diff([]string{"b", "c"}, keys); diff != "" {
		t.Error(diff)
	}
}

// A task and a conversation say in what state they are and what requests call
// them, whatever their members are; what only leads to another record is not
// listed.
func TestRecordsTellTheirState(t *testing.T) {
	s := mockserver.StartInMemory(t, mockserver.Config{})
	state := func(records string) {
		t.Helper()
		adminJSON(t, s, 204, "PUT", "/namespaces/default/state", `{"version":1,"apis":`+records+`}`)
	}
	lines := func() (lines []string) {
		t.Helper()
		for _, r := range adminJSON(t, s, 200, "GET", "/namespaces/default/records", "")["records"].([]any) {
			if r := r.(map[string]any); r["kind"] != "agents" && r["kind"] != "workspaces" {
				ids, _ := r["ids"].([]any)
				lines = append(lines, fmt.Sprintf("%v %v: %v %v, %v, %d ids", r["api"], r["kind"], r["name"], r["status"], r["agent"], len(ids)))
			}
		}
		return lines
	}
	state(`{"omniflow":{
		"message_flows":[{"id":"f1","record":{"name":"Bakery","isActive":true,"agent":"a1"}},{"id":"f2","record":{"name":"Closed","isActive":false,"agent":"a1"}}],
		"conversations":[
			{"id":"c1","record":{"pathwayId":"f1","agentId":"a1","customer":{"name":"Ida","phone":"+12025550123"},"messages":[{"message":"Hi","status":"pending"},{"direction":"inbound","message":"Who?"}]}},
			{"id":"c2","record":{"pathwayId":"f1","agentId":"a1","customer":{"email":"ida@example.com"},"messages":[{"message":"Hi","status":"pending"},{"message":"Hi","status":"rejected"}]}},
			{"id":"c3","record":{"pathwayId":"f1","agentId":"a1","customer":{"phone":"+12025550177"},"messages":[{"message":"Hi","status":"approved"},{"message":"No","status":"rejected"}]}}],
		"phone_numbers":[{"id":"n1","record":{"phoneNumber":"+12025550100","status":"active"}}]},
	"phoneagents":{
		"phone_numbers":[{"id":"pn_1","record":{"platform":"webchat","meta_phone_number_id":"widget"}}],
		"conversations":[{"id":"conv_1","record":{"agent_id":"agt_1","customer_phone":"v-81","is_active":true}},{"id":"conv_2","record":{"agent_id":"agt_1","customer_phone":"v-82","is_active":false}}]}}`)
	want := []string{
		"omniflow conversations: Ida +12025550123 pending, a1, 0 ids",
		"omniflow conversations: ida@example.com pending, a1, 0 ids",
		"omniflow conversations: +12025550177 rejected, a1, 0 ids",
		"omniflow message_flows: Bakery active, a1, 0 ids",
		"omniflow message_flows: Closed inactive, a1, 0 ids",
		"omniflow phone_numbers: +12025550100 active, <nil>, 0 ids",
		"phoneagents conversations: v-81 active, agt_1, 0 ids",
		"phoneagents conversations: v-82 archived, agt_1, 0 ids",
		"phoneagents phone_numbers: webchat widget <nil>, <nil>, 0 ids",
	}
	if diff := cmp.Diff(want, lines()); diff != "" {
		t.Error(diff)
	}

	state(`{}`)
	createOrq(t, s, s.URL(mockserver.Orq), "desk")
	s.Script(mockserver.Orq, script.Reply{Text: "One."}, script.Reply{Error: "busy"}, script.Reply{Text: "Two.", Hold: true})
	first := send(t, s, "POST", mockserver.Orq, "/v3/router/responses", `{"model":"agent/desk","input":"First"}`)
	var response struct{ ID string }
	if err := json.Unmarshal([]byte(first.body), &response); err != nil {
		t.Fatal(err)
	}
	send(t, s, "POST", mockserver.Orq, "/v3/router/responses", `{"model":"agent/desk","input":"Second","previous_response_id":"`+response.ID+`"}`)
	send(t, s, "POST", mockserver.Orq, "/v2/agents/desk/task", `{"message":{"role":"user","parts":[{"kind":"text","text":"Third"}]}}`)
	states := []string{}
	for _, line := range lines() {
		fields := strings.Fields(line)
		states = append(states, strings.Join([]string{fields[1], fields[3], fields[5], fields[6]}, " "))
	}
	if diff := cmp.Diff([]string{"tasks: failed, 2 ids", "tasks: working, 0 ids"}, states); diff != "" {
		t.Error(diff)
	}
	ids := adminJSON(t, s, 200, "GET", "/namespaces/default/records", "")["records"].([]any)
	if !slices.ContainsFunc(ids, func(r any) bool {
		of, _ := r.(map[string]any)["ids"].([]any)
		return slices.Contains(of, any(response.ID))
	}) {
		t.Errorf("no task has the response %s: %v", response.ID, ids)
	}
}

// The page offers persons' messages where an API takes them.
func TestAPIsTellWhoReceives(t *testing.T) {
	s := mockserver.StartInMemory(t, mockserver.Config{})
	var receive []string
	for _, api := range adminJSON(t, s, 200, "GET", "/apis", "")["apis"].([]any) {
		if api := api.(map[string]any); api["receives"] == true {
			receive = append(receive, api["name"].(string))
		}
	}
	if diff := cmp.Diff([]string{mockserver.Omniflow, mockserver.Phoneagents}, receive); diff != "" {
		t.Error(diff)
	}
}

// A browser that opens the address of the server is led to the page, and the
// journal does not have it. Clients get what they got.
func TestFrontLeadsToThePage(t *testing.T) {
	s := mockserver.StartInMemory(t, mockserver.Config{AllowUnmatched: true})
	open := func(accept string) exchanged {
		r, err := http.NewRequest("GET", base(s)+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", accept)
		return exchangeWith(s.Client(), r)
	}
	if got := open("text/html,*/*;q=0.8"); got.status != 200 || !strings.Contains(got.body, `href="/_mock/"`) || !strings.Contains(got.header.Get("Content-Security-Policy"), "default-src 'none'; style-src 'sha256-") {
		t.Errorf("%+v", got)
	}
	if n := s.Count(journal.Match{}); n != 0 {
		t.Errorf("the journal has %d requests", n)
	}
	if got := open("application/json"); got.status != 404 {
		t.Errorf("%+v", got)
	}
}
