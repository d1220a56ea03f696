package mockserver_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

const (
	comparedKey = "sk-orq-of-the-user-1234567890"
	deskAgent   = `{"key":"desk","role":"Assistant","description":"d","instructions":"i","path":"Default","model":"openai/gpt-4o","settings":{}}`
)

// compareWith returns a mock that is compared with what stands for the real
// orq.
func compareWith(t *testing.T, base string, config mockserver.Config) *mockserver.Server {
	t.Helper()
	config.Compare = map[string]string{mockserver.Orq: base}
	return mockserver.Start(t, config)
}

// ask sends a request to orq on a mock, and returns the whole response.
func ask(t *testing.T, mock *mockserver.Server, method, path, body string, header ...string) (*http.Response, string) {
	t.Helper()
	response, text, err := tryToAsk(t.Context(), mock, method, path, body, header...)
	if err != nil {
		t.Fatal(err)
	}
	return response, text
}

func tryToAsk(ctx context.Context, mock *mockserver.Server, method, path, body string, header ...string) (*http.Response, string, error) {
	r, err := http.NewRequestWithContext(ctx, method, mock.URL(mockserver.Orq)+path, strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	r.Header.Set("Authorization", "Bearer "+comparedKey)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := mock.Client().Transport.RoundTrip(r)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response, string(text), err
}

// differ are the differences of a mock as lines.
func differ(mock *mockserver.Server) (lines []string) {
	for _, found := range mock.Differences() {
		lines = append(lines, found.String())
	}
	return lines
}

// onlyCall is the one request in the journal of a mock, once it has ended.
func onlyCall(t *testing.T, mock *mockserver.Server) journal.Call {
	t.Helper()
	for _, outcome := range journal.Outcomes() {
		if calls := mock.Calls(journal.Match{Outcome: outcome}); outcome != journal.Open && len(calls) == 1 {
			return calls[0]
		}
	}
	t.Fatalf("the journal has %+v", mock.Calls(journal.Match{}))
	return journal.Call{}
}

func TestCompareReportsWhatDiffers(t *testing.T) {
	real := mockserver.Start(t, mockserver.Config{Variants: []string{"orq@workspace-id"}})
	every := func(op string, faults ...fault.Fault) {
		real.AddRule(fault.Rule{Op: op, Do: faults})
	}
	every(mockserver.OrqCreateAgent, fault.UnknownField(""), fault.TimeDigits(9), fault.UnknownEnum("/status"))
	every(mockserver.OrqGetAgent, fault.Omit("/instructions"), fault.Null("/model"))
	every(mockserver.OrqListAgents, fault.UnknownField("/data"))
	every(mockserver.OrqUpdateAgent, fault.Status(404))
	every(mockserver.OrqDeleteAgent, fault.HTML(200, fault.AfterCommit))
	mock := compareWith(t, real.URL(mockserver.Orq), mockserver.Config{})
	for range 2 {
		ask(t, mock, "POST", "/v2/agents/", deskAgent)
		ask(t, mock, "GET", "/v2/agents/desk", "")
		ask(t, mock, "GET", "/v2/agents/", "")
		ask(t, mock, "PATCH", "/v2/agents/desk", `{"role":"r"}`)
		ask(t, mock, "DELETE", "/v2/agents/desk", "")
	}
	want := []string{
		"orq.CreateAgent 201: time /created: real 9 digits, Z, mock 3 digits, Z (2 calls, 1 to 6)",
		"orq.CreateAgent 201: missing /mock_unknown_field: only the real API has it: object (2 calls, 1 to 6)",
		"orq.CreateAgent 201: time /updated: real 9 digits, Z, mock 3 digits, Z (2 calls, 1 to 6)",
		"orq.CreateAgent 201: missing /workspace_id: only the real API has it: string (2 calls, 1 to 6)",
		"orq.GetAgent 200: extra /instructions: only the mock has it: string (2 calls, 2 to 7)",
		"orq.GetAgent 200: null /model: real null, mock object (2 calls, 2 to 7)",
		"orq.ListAgents 200: missing /data/*/mock_unknown_field: only the real API has it: object (2 calls, 3 to 8)",
		"orq.UpdateAgent 404: status: real 404, mock 200 (2 calls, 4 to 9)",
		"orq.DeleteAgent 200: status: real 200, mock 204 (2 calls, 5 to 10)",
		"orq.DeleteAgent 200: content-type: real text/html, mock none (2 calls, 5 to 10)",
		"orq.DeleteAgent 200: type: real no JSON, mock nothing (2 calls, 5 to 10)",
	}
	if diff := cmp.Diff(want, differ(mock)); diff != "" {
		t.Error(diff)
	}
	call := mock.Calls(journal.Match{Op: mockserver.OrqUpdateAgent})[0]
	if call.RealStatus != 404 || call.Status != 200 || len(call.Differences) != 1 || call.Differences[0].Kind != journal.StatusDiffers {
		t.Errorf("the journal has %+v", call)
	}
}

// The ids of the real API are those of the client, and the mock has its own:
// in paths, queries and bodies one stands for the other.
func TestCompareMapsIDs(t *testing.T) {
	real := mockserver.Start(t, mockserver.Config{})
	mock := compareWith(t, real.URL(mockserver.Orq), mockserver.Config{Now: real.Now}) // the same digits
	for _, other := range []string{"a", "b", "c"} {                                    // that were there before
		ask(t, real, "POST", "/v2/agents/", strings.Replace(deskAgent, "desk", other, 1))
	}
	_, text := ask(t, mock, "POST", "/v2/agents/", deskAgent)
	ask(t, mock, "POST", "/v2/agents/", strings.Replace(deskAgent, "desk", "night", 1))
	var agent struct {
		ID string `json:"_id"`
	}
	if err := json.Unmarshal([]byte(text), &agent); err != nil || agent.ID == "" {
		t.Fatalf("%s: %v", text, err)
	}
	ask(t, mock, "GET", "/v2/agents/?limit=1&starting_after="+agent.ID, "")
	ask(t, mock, "GET", "/v2/agents/", "")
	ask(t, mock, "PATCH", "/v2/agents/desk", `{"description":"`+agent.ID+`","role":"not `+agent.ID+`"}`)
	ask(t, mock, "GET", "/v2/agents/a", "") // which the mock cannot know
	if lines := differ(mock); lines != nil {
		t.Errorf("differences: %q", lines)
	}
	calls := mock.Calls(journal.Match{})
	own := calls[0].Response
	listed, changed := calls[2], calls[4]
	_, id, _ := strings.Cut(listed.Query, "starting_after=")
	if id == agent.ID || !strings.Contains(own, id) || listed.Status != 200 {
		t.Errorf("the mock was asked %q (%d) and has %s", listed.Query, listed.Status, own)
	}
	if !strings.Contains(changed.Body, `{"description":"`+id+`","role":"not `+agent.ID+`"}`) {
		t.Errorf("the mock got %s", changed.Body)
	}
	if unknown := calls[5]; unknown.RealStatus != 200 || unknown.Status != 404 || unknown.NotCompared != "the mock has no such record" {
		t.Errorf("the journal has %+v", unknown)
	}
}

// An account has records that the mock never saw. That one of them is in the way
// of a new one says nothing about the mock; that both refuse it can be compared.
func TestCompareKnowsNoRecordsOfTheAccount(t *testing.T) {
	real := mockserver.Start(t, mockserver.Config{})
	ask(t, real, "POST", "/v2/agents/", deskAgent)
	mock := compareWith(t, real.URL(mockserver.Orq), mockserver.Config{})
	for _, want := range []string{"the real account has a record that is in the way of this one (409), and the mock does not know it", ""} {
		if response, text := ask(t, mock, "POST", "/v2/agents/", deskAgent); response.StatusCode != 409 {
			t.Fatalf("%d %s", response.StatusCode, text)
		}
		calls := mock.Calls(journal.Match{})
		if call := calls[len(calls)-1]; call.NotCompared != want {
			t.Errorf("%+v, want %q", call, want)
		}
	}
	if lines := differ(mock); lines != nil {
		t.Error(lines)
	}
	real.AddRule(fault.Rule{Op: mockserver.OrqUpdateAgent, Do: []fault.Fault{fault.Status(409)}})
	ask(t, mock, "PATCH", "/v2/agents/desk", `{"role":"r"}`)
	if diff := cmp.Diff([]string{"orq.UpdateAgent 409: status: real 409, mock 200 (call 3)"}, differ(mock)); diff != "" {
		t.Error(diff)
	}
}

// A client that follows a redirect asks twice, and the mock does once what the
// real API did once. Where nothing is done the redirect is a difference.
func TestCompareFollowsRedirects(t *testing.T) {
	real := mockserver.Start(t, mockserver.Config{})
	real.Fail(mockserver.OrqCreateAgent, fault.Redirect(308, "/orq/v2/agents/"))
	real.Fail(mockserver.OrqGetAgent, fault.Redirect(302, "/orq/v2/agents/desk"))
	mock := compareWith(t, real.URL(mockserver.Orq), mockserver.Config{})
	for range 2 {
		ask(t, mock, "POST", "/v2/agents", deskAgent)
	}
	ask(t, mock, "GET", "/v2/agents/desk", "")
	if diff := cmp.Diff([]string{"orq.GetAgent 302: status: real 302, mock 200 (call 3)"}, differ(mock)); diff != "" {
		t.Error(diff)
	}
	if call := mock.Calls(journal.Match{})[0]; call.NotCompared != "the real API did nothing and redirected (307 or 308), so the mock was not asked" || call.RealStatus != 308 {
		t.Errorf("%+v", call)
	}
}

// A request goes to the real API once, whatever happens there: also one that
// net/http would repeat by itself.
func TestCompareSendsOnce(t *testing.T) {
	for _, method := range []string{"GET", "PUT", "POST", "DELETE"} {
		for end, close := range map[string]func(net.Conn){
			"close": func(c net.Conn) { c.Close() },
			"reset": func(c net.Conn) { c.(*net.TCPConn).SetLinger(0); c.Close() },
			"half":  func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Le"); c.Close() },
		} {
			t.Run(method+" "+end, func(t *testing.T) {
				listener, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				defer listener.Close()
				var came atomic.Int32
				go func() {
					for {
						c, err := listener.Accept()
						if err != nil {
							return
						}
						if n, _ := c.Read(make([]byte, 64<<10)); n > 0 {
							came.Add(1)
						}
						close(c)
					}
				}()
				mock := compareWith(t, "http://"+listener.Addr().String(), mockserver.Config{})
				response, text := ask(t, mock, method, "/v2/agents/desk", "")
				if response.StatusCode != 502 || !strings.HasPrefix(text, "mockserver: no response of the real API of orq: the connection broke") {
					t.Errorf("%d %s", response.StatusCode, text)
				}
				if n := came.Load(); n != 1 {
					t.Errorf("it came %d times", n)
				}
				if call := onlyCall(t, mock); call.NotCompared != "the real API did not respond" || call.Committed {
					t.Errorf("the journal has %+v", call)
				}
			})
		}
	}
	for name, faults := range map[string]fault.Fault{
		"drop before": fault.Drop(fault.BeforeCommit), "drop after": fault.Drop(fault.AfterCommit),
		"reset": fault.Reset(), "429": fault.Status(429), "503": fault.Status(503, fault.AfterCommit), "redirect": fault.Redirect(307, "/v2/other"),
	} {
		t.Run(name, func(t *testing.T) {
			real := mockserver.Start(t, mockserver.Config{AllowUnmatched: true})
			real.Fail(mockserver.OrqCreateAgent, faults)
			mock := compareWith(t, real.URL(mockserver.Orq), mockserver.Config{})
			ask(t, mock, "POST", "/v2/agents/", deskAgent)
			if n := real.Count(journal.Match{}); n != 1 {
				t.Errorf("%d requests", n)
			}
			if len(mock.Agents(mockserver.Orq)) != 0 {
				t.Error("the mock did what the real API may not have done")
			}
		})
	}
}

// What the client sends and gets is what the real API gets and sends, but for
// what is about one connection, or the mock's own.
func TestComparePassesOn(t *testing.T) {
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	io.WriteString(zip, `{"key":"desk","odd":true}`)
	zip.Close()
	seen := make(chan *http.Request, 1)
	body := make(chan string, 1)
	real := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		seen <- r
		body <- string(text)
		w.Header().Set("Content-Type", "application/vnd.api+json; charset=UTF-8")
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("X-Request-Id", "req_1")
		w.Header().Set("X-Mock-Reason", "not mine")
		w.Header().Add("Set-Cookie", "a=1")
		w.Header().Add("Set-Cookie", "b=2")
		w.WriteHeader(299)
		w.Write(packed.Bytes())
	}))
	defer real.Close()
	mock := compareWith(t, real.URL+"/api/", mockserver.Config{AllowUnmatched: true})
	response, text := ask(t, mock, "POST", "/v2/agents/a%2Fb?x=%41&y", ` {"a": 1.0, "a":2}`,
		"X-Mock-Namespace", "n1", "Accept-Encoding", "gzip", "Connection", "X-Hop", "X-Hop", "1", "User-Agent", "mine/1", "Idempotency-Key", "k")
	r := <-seen
	if r.Method != "POST" || r.RequestURI != "/api/v2/agents/a%2Fb?x=%41&y" || r.Host != strings.TrimPrefix(real.URL, "http://") {
		t.Errorf("%s %s at %s", r.Method, r.RequestURI, r.Host)
	}
	want := http.Header{
		"Authorization": {"Bearer " + comparedKey}, "Content-Type": {"application/json"}, "Content-Length": {"18"},
		"Accept-Encoding": {"gzip"}, "User-Agent": {"mine/1"}, "Idempotency-Key": {"k"}, "Connection": {"close"},
	}
	// By this the mock knows its own requests: one that leads back to it ends.
	if via := r.Header.Get("Via"); !strings.HasPrefix(via, "1.1 agentmock-") {
		t.Errorf("Via is %q", via)
	}
	r.Header.Del("Via")
	if diff := cmp.Diff(want, r.Header); diff != "" {
		t.Error(diff)
	}
	if text := <-body; text != ` {"a": 1.0, "a":2}` {
		t.Errorf("the body is %s", text)
	}
	if response.StatusCode != 299 || text != packed.String() {
		t.Errorf("%d %q", response.StatusCode, text)
	}
	response.Header.Del("Date")
	back := http.Header{
		"Content-Type": {"application/vnd.api+json; charset=UTF-8"}, "Content-Encoding": {"gzip"}, "X-Request-Id": {"req_1"},
		"Set-Cookie": {"a=1", "b=2"}, "Content-Length": {fmt.Sprint(packed.Len())},
	}
	if diff := cmp.Diff(back, response.Header); diff != "" {
		t.Error(diff)
	}
	if calls := mock.Namespace("n1").Calls(journal.Match{}); len(calls) != 1 || calls[0].RealStatus != 299 {
		t.Errorf("%+v", calls)
	}
}

// What comes before the response and behind its body is passed on, too, and a
// body whose length is not known before its end goes on as that.
func TestComparePassesOnWhatSurroundsTheBody(t *testing.T) {
	for _, kind := range []string{"application/json", "text/event-stream"} {
		real := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", "</style.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			w.Header().Del("Link")
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Trailer", "X-Checksum")
			io.WriteString(w, "{}")
			w.Header().Set("X-Checksum", "99")
			w.Header().Set(http.TrailerPrefix+"X-Unannounced", "yes")
			w.Header().Set(http.TrailerPrefix+"X-Mock-Reason", "not mine")
		}))
		defer real.Close()
		mock := compareWith(t, real.URL, mockserver.Config{AllowUnmatched: true})
		var hints []string
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(status int, header textproto.MIMEHeader) error {
			hints = append(hints, fmt.Sprint(status, header))
			return nil
		}})
		response, text, err := tryToAsk(ctx, mock, "GET", "/v2/other", "")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"103 map[Link:[</style.css>; rel=preload]]"}, hints); diff != "" {
			t.Error(kind, diff)
		}
		if diff := cmp.Diff(http.Header{"X-Checksum": {"99"}, "X-Unannounced": {"yes"}}, response.Trailer); diff != "" {
			t.Error(kind, diff)
		}
		response.Header.Del("Date")
		if diff := cmp.Diff(http.Header{"Content-Type": {kind}}, response.Header); diff != "" || text != "{}" {
			t.Error(kind, text, diff)
		}
	}
}

// Secrets of either side show nowhere, and nothing else of a real response is
// kept unless that was asked for.
func TestCompareKeepsNoSecrets(t *testing.T) {
	const secret = "s3cret-of-the-vendor"
	real := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"key":"desk","api_key":%q,"headers":{"x":%q},"echo":"you sent %s and %s","private":"of a person"}`,
			secret, secret, r.Header.Get("Authorization"), r.Header.Get("X-Other-Token"))
	}))
	defer real.Close()
	for _, keep := range []bool{false, true} {
		t.Run(fmt.Sprint("keep ", keep), func(t *testing.T) {
			mock := compareWith(t, real.URL, mockserver.Config{CompareKeep: keep})
			ask(t, mock, "POST", "/v2/agents/", deskAgent, "X-Other-Token", secret)
			var all strings.Builder
			for _, path := range []string{"journal", "journal?format=curl", "differences", "state"} {
				response, err := mock.Client().Get(strings.TrimSuffix(mock.URL(mockserver.Orq), "/orq") + "/_mock/" + path)
				if err != nil {
					t.Fatal(err)
				}
				io.Copy(&all, response.Body)
				response.Body.Close()
			}
			fmt.Fprintf(&all, "%+v", mock.Differences())
			for _, hidden := range []string{secret, comparedKey} {
				if strings.Contains(all.String(), hidden) {
					t.Errorf("%s shows in %s", hidden, all.String())
				}
			}
			call := onlyCall(t, mock)
			if kept := strings.Contains(all.String(), "of a person"); kept != keep || (call.RealResponse != "") != keep {
				t.Errorf("kept: %v, %s", kept, call.RealResponse)
			}
			if keep && !strings.Contains(call.RealResponse, "you sent [redacted] and [redacted]") {
				t.Errorf("kept is %s", call.RealResponse)
			}
		})
	}
	mock := compareWith(t, "http://127.0.0.1:1", mockserver.Config{})
	response, text := ask(t, mock, "POST", "/v2/agents/?token="+secret, deskAgent)
	if response.StatusCode != 502 || !strings.Contains(text, "it cannot be reached: dial tcp 127.0.0.1:1") || strings.Contains(text, secret) || strings.Contains(text, comparedKey) {
		t.Errorf("%d %s", response.StatusCode, text)
	}
}

func TestCompareIsBounded(t *testing.T) {
	long := `{"a":"` + strings.Repeat("x", 20<<20) + `"}`
	var bomb bytes.Buffer
	zip := gzip.NewWriter(&bomb)
	for range 40 {
		zip.Write(make([]byte, 1<<20))
	}
	zip.Close()
	real := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/v2/agents/long":
			io.WriteString(w, long)
		case "/v2/agents/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(bomb.Bytes())
		case "/v2/agents/br":
			w.Header().Set("Content-Encoding", "br")
			io.WriteString(w, "?")
		}
	}))
	defer real.Close()
	mock := compareWith(t, real.URL, mockserver.Config{Seed: json.RawMessage(nil)})
	for key, want := range map[string]struct{ body, why string }{
		"long": {long, "the real response is longer than 16 MiB"},
		"bomb": {bomb.String(), "the real response has a Content-Encoding other than gzip, or is broken"},
		"br":   {"?", "the real response has a Content-Encoding other than gzip, or is broken"},
	} {
		mock.Reset(mockserver.PartJournal)
		if _, text := ask(t, mock, "GET", "/v2/agents/"+key, ""); text != want.body {
			t.Errorf("%s: %d bytes came back, want %d", key, len(text), len(want.body))
		}
		// The mock has no such agent, which is found out first.
		if call := onlyCall(t, mock); call.NotCompared != "the mock has no such record" {
			t.Errorf("%s: %+v", key, call.NotCompared)
		}
		mock.Reset(mockserver.PartJournal)
		if _, text := ask(t, mock, "HEAD", "/v2/agents/"+key, ""); text != "" {
			t.Errorf("a response to HEAD has %q", text)
		}
	}
	response, _ := ask(t, mock, "POST", "/v2/agents/", strings.Repeat("x", 9<<20))
	if response.StatusCode != 413 {
		t.Errorf("a long request got %d", response.StatusCode)
	}
}

// A response that is cut off is cut off for the client, too.
func TestCompareCutsWhatIsCut(t *testing.T) {
	real := mockserver.Start(t, mockserver.Config{})
	real.Fail(mockserver.OrqCreateAgent, fault.Truncate(40))
	mock := compareWith(t, real.URL(mockserver.Orq), mockserver.Config{})
	_, text, err := tryToAsk(t.Context(), mock, "POST", "/v2/agents/", deskAgent)
	if !errors.Is(err, io.ErrUnexpectedEOF) || len(text) != 40 {
		t.Errorf("%q, %v", text, err)
	}
	if call := onlyCall(t, mock); call.NotCompared != "the real response was cut off" || call.Outcome != journal.Truncated {
		t.Errorf("%+v", call)
	}
	// It was a success all the same, so that the client finds the agent on both.
	if response, _ := ask(t, mock, "GET", "/v2/agents/desk", ""); response.StatusCode != 200 {
		t.Errorf("%d", response.StatusCode)
	}
	if call := mock.Calls(journal.Match{Op: mockserver.OrqGetAgent})[0]; call.Status != 200 || call.NotCompared != "" || differ(mock) != nil {
		t.Errorf("%+v", call)
	}
}

// A client that goes takes its request along, and nothing is left of it.
func TestCompareEndsWithItsClient(t *testing.T) {
	came, ended := make(chan struct{}), make(chan struct{})
	real := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(came) // a second time it panics
		<-r.Context().Done()
		close(ended)
	}))
	defer real.Close()
	mock := compareWith(t, real.URL, mockserver.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-came
		cancel()
	}()
	if _, _, err := tryToAsk(ctx, mock, "GET", "/v2/agents/", ""); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	<-ended
	if calls, err := mock.Wait(t.Context(), 1, journal.Match{Outcome: journal.ClientGone}); err != nil || calls[0].RealStatus != 0 {
		t.Errorf("%+v, %v", calls, err)
	}
}

// The end of the mock ends what is still waited for.
func TestCompareEndsWithTheMock(t *testing.T) {
	came := make(chan struct{})
	real := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(came)
		<-r.Context().Done()
	}))
	defer real.Close()
	mock := compareWith(t, real.URL, mockserver.Config{})
	go func() {
		<-came
		mock.Close()
	}()
	if _, _, err := tryToAsk(t.Context(), mock, "GET", "/v2/agents/", ""); err == nil {
		t.Error("there is a response")
	}
}

func TestCompareRefusesPagesOfOthers(t *testing.T) {
	var came atomic.Int32
	real := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		came.Add(1)
		w.Header().Set("Access-Control-Allow-Origin", "http://vendor.example")
	}))
	defer real.Close()
	mock := compareWith(t, real.URL, mockserver.Config{AllowOrigins: []string{"http://mine.example"}})
	response, _ := ask(t, mock, "POST", "/v2/agents/", deskAgent, "Origin", "http://evil.example")
	if response.StatusCode != 403 || came.Load() != 0 {
		t.Errorf("%d, and %d requests went on", response.StatusCode, came.Load())
	}
	response, _ = ask(t, mock, "POST", "/v2/agents/", deskAgent, "Origin", "http://mine.example")
	if got := response.Header["Access-Control-Allow-Origin"]; !slices.Equal(got, []string{"http://mine.example"}) {
		t.Errorf("the page gets %v", got)
	}
}

// Rules are about the mock: they would make differences that are none.
func TestRulesDoNotHitWhatIsCompared(t *testing.T) {
	real := mockserver.Start(t, mockserver.Config{})
	mock := compareWith(t, real.URL(mockserver.Orq), mockserver.Config{AllowUnfired: true, Now: real.Now})
	mock.Fail(mockserver.OrqCreateAgent, fault.Status(500))
	if response, _ := ask(t, mock, "POST", "/v2/agents/", deskAgent); response.StatusCode != 201 || differ(mock) != nil {
		t.Errorf("%d, %q", response.StatusCode, differ(mock))
	}
}

func TestAResetForgetsWhatWasCompared(t *testing.T) {
	real := mockserver.Start(t, mockserver.Config{})
	real.AddRule(fault.Rule{Op: mockserver.OrqCreateAgent, Do: []fault.Fault{fault.UnknownField("")}})
	mock := compareWith(t, real.URL(mockserver.Orq), mockserver.Config{})
	ask(t, mock, "POST", "/v2/agents/", deskAgent)
	if len(mock.Differences()) == 0 {
		t.Fatal("there is no difference")
	}
	mock.Reset(mockserver.PartJournal)
	if lines := differ(mock); lines != nil {
		t.Errorf("%q", lines)
	}
	ask(t, mock, "GET", "/v2/agents/desk", "")
	mock.Reset(mockserver.PartState)
	ask(t, mock, "GET", "/v2/agents/desk", "") // the mock has it no more, and does not know that it had
	if call := mock.Calls(journal.Match{Status: 404}); len(call) != 1 || call[0].NotCompared != "the mock has no such record" {
		t.Errorf("%+v", call)
	}
}

func TestCompareIsConfigured(t *testing.T) {
	for base, want := range map[string]string{
		"":                        "Compare: orq: must be an http or https URL",
		"api.orq.ai":              "Compare: orq: must be an http or https URL",
		"https://u:hush@h.ai":     "Compare: orq: must be an http or https URL",
		"https://h.ai?key=hush":   "Compare: orq: must be an http or https URL",
		"ftp://api.orq.ai":        "Compare: orq: must be an http or https URL",
		"https://api.orq.ai/base": "",
	} {
		_, err := mockserver.New(mockserver.Config{Compare: map[string]string{mockserver.Orq: base}})
		if got := fmt.Sprint(err); want == "" && err != nil || !strings.Contains(got, want) || strings.Contains(got, "hush") {
			t.Errorf("%q: %v", base, err)
		}
	}
	if _, err := mockserver.New(mockserver.Config{Compare: map[string]string{"ork": "https://h"}}); err == nil || !strings.Contains(err.Error(), `Compare: unknown API "ork"; there are "omniflow"`) {
		t.Error(err)
	}
}

// stream serves one stream of events, piece by piece as told.
func stream(t *testing.T, pieces <-chan string) *httptest.Server {
	real := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // only then a server notices that its client went
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		for {
			select {
			case piece, ok := <-pieces:
				if !ok {
					return
				}
				io.WriteString(w, piece)
				w.(http.Flusher).Flush()
			case <-r.Context().Done():
				return
			}
		}
	}))
	t.Cleanup(real.Close)
	return real
}

// streamFrom asks for a stream on a mock with an agent.
func streamFrom(t *testing.T, mock *mockserver.Server) io.ReadCloser {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", mock.URL(mockserver.Orq)+"/v3/router/responses",
		strings.NewReader(`{"model":"agent/desk","input":"Is the gate open?","stream":true}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+comparedKey)
	r.Header.Set("Content-Type", "application/json")
	response, err := mock.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response.Body
}

// Bytes of a stream come on as they come, in whatever pieces.
func TestCompareStreamsAsItComes(t *testing.T) {
	pieces := make(chan string)
	mock := compareWith(t, stream(t, pieces).URL, mockserver.Config{})
	body := streamFrom(t, mock)
	for _, piece := range []string{": hello\n\n", "data: {\"type\":\"resp", "onse.created\"}\n", "\n", "data: [DONE]\r\n\r\n"} {
		pieces <- piece // and nothing more before it was read
		got := make([]byte, len(piece))
		if _, err := io.ReadFull(body, got); err != nil || string(got) != piece {
			t.Fatalf("%q, %v", got, err)
		}
	}
	close(pieces)
	if rest, err := io.ReadAll(body); err != nil || len(rest) > 0 {
		t.Errorf("%q, %v", rest, err)
	}
}

// Streams of JSON documents come on as they come, too. Of them and of the mock's
// events only the header can be compared.
func TestCompareStreamsDocumentsAsTheyCome(t *testing.T) {
	lines := make(chan string)
	real := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		w.(http.Flusher).Flush()
		for line := range lines {
			io.WriteString(w, line)
			w.(http.Flusher).Flush()
		}
	}))
	defer real.Close()
	mock := seeded(t, real.URL, mockserver.Config{})
	body := bufio.NewReader(streamFrom(t, mock))
	for _, line := range []string{"{\"a\":1}\n", "{\"a\":2}\n"} {
		lines <- line // and nothing more before it was read
		if got, err := body.ReadString('\n'); err != nil || got != line {
			t.Fatalf("%q, %v", got, err)
		}
	}
	close(lines)
	if rest, err := io.ReadAll(body); err != nil || len(rest) > 0 {
		t.Errorf("%q, %v", rest, err)
	}
	if diff := cmp.Diff([]string{"orq.CreateResponse 200: content-type: real application/x-ndjson, mock text/event-stream (call 1)"}, differ(mock)); diff != "" {
		t.Error(diff)
	}
}

// seeded is a mock that has the agent that the real API has.
func seeded(t *testing.T, real string, config mockserver.Config) *mockserver.Server {
	t.Helper()
	source := mockserver.Start(t, mockserver.Config{})
	ask(t, source, "POST", "/v2/agents/", deskAgent)
	config.Seed = source.Snapshot()
	return compareWith(t, real, config)
}

func TestCompareReportsEventsThatDiffer(t *testing.T) {
	pieces := make(chan string, 10)
	mock := seeded(t, stream(t, pieces).URL, mockserver.Config{})
	pieces <- `data: {"type":"response.output_text.delta","delta":7,"new":true}` + "\n\n"
	pieces <- `data: {"type":"response.created","response":{}}` + "\n\n"
	pieces <- `data: {"type":"response.unheard_of"}` + "\n\n"
	close(pieces)
	if _, err := io.ReadAll(streamFrom(t, mock)); err != nil {
		t.Fatal(err)
	}
	lines := differ(mock)
	for _, want := range []string{
		"orq.CreateResponse 200: event-missing: only the real API has it: response.unheard_of (call 1)",
		"orq.CreateResponse 200: event-extra: only the mock has it: response.completed (call 1)",
		"orq.CreateResponse 200: event-order: real response.output_text.delta, response.created, mock response.created, response.output_text.delta (call 1)",
		"orq.CreateResponse 200 event response.output_text.delta: type /delta: real number, mock string (call 1)",
		"orq.CreateResponse 200 event response.output_text.delta: missing /new: only the real API has it: boolean (call 1)",
		"orq.CreateResponse 200 event response.created: extra /response/id: only the mock has it: string (call 1)",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("not reported: %s", want)
		}
	}
	if t.Failed() {
		t.Logf("reported:\n%s", strings.Join(lines, "\n"))
	}
}

// Of a stream that the client left nobody knows what would have come.
func TestCompareReportsNothingThatAClientDidNotWaitFor(t *testing.T) {
	pieces := make(chan string, 1)
	mock := seeded(t, stream(t, pieces).URL, mockserver.Config{})
	pieces <- `data: {"type":"response.unheard_of"}` + "\n\n"
	body := streamFrom(t, mock)
	if _, err := body.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	body.Close()
	if _, err := mock.Wait(t.Context(), 1, journal.Match{Outcome: journal.ClientGone}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"orq.CreateResponse 200: event-missing: only the real API has it: response.unheard_of (call 1)"}, differ(mock)); diff != "" {
		t.Error(diff)
	}
}

// A mock that holds its reply holds up nobody.
func TestCompareDoesNotWaitForever(t *testing.T) {
	pieces := make(chan string)
	close(pieces)
	mock := seeded(t, stream(t, pieces).URL, mockserver.Config{})
	rule := []byte(`{"api":"orq","replies":[{"hold":true}]}`)
	response, err := mock.Client().Post(strings.TrimSuffix(mock.URL(mockserver.Orq), "/orq")+"/_mock/replies", "application/json", bytes.NewReader(rule))
	if err != nil || response.StatusCode != 201 {
		t.Fatal(err, response)
	}
	response.Body.Close()
	start := time.Now()
	if _, err := io.ReadAll(streamFrom(t, mock)); err != nil || time.Since(start) > 4*time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
}

// compared sends one request through a mock to a handler that stands for orq.
func compared(t *testing.T, config mockserver.Config, real http.HandlerFunc) (*mockserver.Server, *http.Response, string) {
	t.Helper()
	server := httptest.NewServer(real)
	t.Cleanup(server.Close)
	config.Compare = map[string]string{mockserver.Orq: server.URL}
	mock := mockserver.Start(t, config)
	r, err := http.NewRequest("GET", mock.URL(mockserver.Orq)+"/v2/agents/a1", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer sk-very-secret")
	r.Header.Set("Accept-Encoding", "gzip")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return mock, response, string(body)
}

func TestComparisonKeepsNoSecretOfAGzippedResponse(t *testing.T) {
	for _, keep := range []bool{true, false} {
		mock, response, _ := compared(t, mockserver.Config{CompareKeep: keep}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("X-Real", "yes")
			packed := gzip.NewWriter(w)
			io.WriteString(packed, `{"echo":"sk-very-secret","api_key":"other-secret","name":"shown"}`) //nolint:errcheck // checked below
			packed.Close()
		})
		call := mock.Calls(journal.Match{})[0]
		if response.Header.Get("X-Real") != "yes" || response.Header.Get("Content-Encoding") != "gzip" {
			t.Errorf("headers are %v", response.Header)
		}
		if strings.Contains(call.RealResponse, "secret") || strings.Contains(call.RealResponse, "shown") != keep {
			t.Errorf("keep %t: %s", keep, call.RealResponse)
		}
		if call.NotCompared != "the mock has no such record" || len(mock.Differences()) > 0 {
			t.Errorf("%q, %v", call.NotCompared, mock.Differences())
		}
	}
}

func TestComparisonWithAnAPIThatCannotBeReached(t *testing.T) {
	mock, response, body := compared(t, mockserver.Config{}, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	call := mock.Calls(journal.Match{})[0]
	if response.StatusCode != 502 || !strings.Contains(body, "may have taken effect or not") || strings.Contains(body, "secret") || call.RealStatus != 0 {
		t.Errorf("%s %s %+v", response.Status, body, call)
	}
}

func TestComparisonNamesAnUnknownAPI(t *testing.T) {
	_, err := mockserver.New(mockserver.Config{Compare: map[string]string{"orc": "https://h"}})
	if err == nil || !strings.Contains(err.Error(), `Compare: unknown API "orc"`) {
		t.Error(err)
	}
}
