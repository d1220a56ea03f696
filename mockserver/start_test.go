package mockserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
)

// recorder is a test whose failures are looked at.
type recorder struct {
	testing.TB
	mu       sync.Mutex
	errors   []string
	logs     []string
	cleanups []func()
}

func (r *recorder) Helper()          {}
func (r *recorder) Name() string     { return "recorded" }
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

func (r *recorder) Logf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.logs = append(r.logs, fmt.Sprintf(format, args...))
}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

// Fatalf panics, for want of a goroutine that may end.
func (r *recorder) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.errors) > 0
}

// end runs what the end of a test runs, and returns what failed.
func (r *recorder) end() string {
	for len(r.cleanups) > 0 {
		last := r.cleanups[len(r.cleanups)-1]
		r.cleanups = r.cleanups[:len(r.cleanups)-1]
		last()
	}
	return strings.Join(r.errors, "\n")
}

func testServer(t testing.TB, config Config) *Server {
	t.Helper()
	s, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const omniflowAgents = "/v1/api/omni-flow-agents"

// omniflowRequest is a request of omniflow, create unless the method says
// otherwise.
func omniflowRequest(n *Namespace, method, path, body string) *http.Request {
	r, err := http.NewRequest(method, n.URL(Omniflow)+path, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	r.Header.Set("X-Api-Key", "tk_secret")
	r.Header.Set("X-Workspace-Id", "w1")
	r.Header.Set("Content-Type", "application/json")
	return r
}

// exchanged is what a client saw.
type exchanged struct {
	status int
	header http.Header
	body   string
	err    error // of the request or of reading the body
}

func exchangeWith(client *http.Client, r *http.Request) exchanged {
	response, err := client.Do(r)
	if err != nil {
		return exchanged{err: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return exchanged{response.StatusCode, response.Header, string(body), err}
}

// createOmniflow makes an agent.
func createOmniflow(n *Namespace) exchanged {
	return exchangeWith(n.Client(), omniflowRequest(n, http.MethodPost, omniflowAgents, `{"name":"Ada","llmModel":"gpt-4o"}`))
}

// starts are the two ways to start a server.
var starts = []struct {
	name  string
	start func(TB, Config) *Server
}{{"network", Start}, {"memory", StartInMemory}}

func TestStart(t *testing.T) {
	for _, s := range starts {
		t.Run(s.name, func(t *testing.T) {
			server := s.start(t, Config{})
			got := createOmniflow(server.Namespace(""))
			if got.err != nil || got.status != http.StatusOK {
				t.Fatalf("create: %+v", got)
			}
			if agents := server.Agents(Omniflow); len(agents) != 1 || agents[0].Name != "Ada" {
				t.Errorf("agents are %v, want Ada", agents)
			}
			server.AssertMatches(t, journal.Match{Op: OmniflowCreateAgent, Committed: new(true), Outcome: journal.Complete, Status: 200, JSON: map[string]any{"/name": "Ada"}}, journal.Exactly(1))
		})
	}
}

func TestInMemoryClientReachesNothingElse(t *testing.T) {
	server := StartInMemory(t, Config{})
	_, err := server.Client().Get("http://127.0.0.1:1/")
	if err == nil || !strings.Contains(err.Error(), "reaches only http://mock.localhost") {
		t.Errorf("error is %v", err)
	}
}

func TestCloseLeavesNothingBehind(t *testing.T) {
	for _, s := range starts {
		t.Run(s.name, func(t *testing.T) {
			r := &recorder{}
			server := s.start(r, Config{AllowUnfired: true})
			server.AddRule(fault.Rule{Op: OmniflowCreateAgent, Do: []fault.Fault{fault.Stall()}})
			var group sync.WaitGroup
			for range 20 {
				group.Go(func() { createOmniflow(server.Namespace("")) })
			}
			if _, err := server.Wait(t.Context(), 20, journal.Match{}); err != nil {
				t.Fatal(err)
			}
			exchangeWith(server.Client(), omniflowRequest(server.Namespace(""), http.MethodGet, omniflowAgents, ""))
			begun := time.Now()
			if failed := r.end(); failed != "" {
				t.Errorf("the test failed: %s", failed)
			}
			if took := time.Since(begun); took > time.Second {
				t.Errorf("closing took %s", took)
			}
			group.Wait()
			server.Close() // again
			if left := ownGoroutines(t); left != "" {
				t.Errorf("goroutines are left:\n%s", left)
			}
			if got := createOmniflow(server.Namespace("")); got.err == nil {
				t.Errorf("a closed server answered %d", got.status)
			}
		})
	}
}

// ownGoroutines returns the stacks of goroutines that serve something. Those
// that are about to end are given the time; those that have one of the texts
// may stay.
func ownGoroutines(t *testing.T, may ...string) string {
	t.Helper()
	var left []string
	for range 10_000 {
		buffer := make([]byte, 1<<20)
		left = nil
		for _, stack := range strings.Split(string(buffer[:runtime.Stack(buffer, true)]), "\n\n") {
			if strings.Contains(stack, "ownGoroutines") ||
				slices.ContainsFunc(may, func(text string) bool { return strings.Contains(stack, text) }) {
				continue
			}
			if strings.Contains(stack, "net/http.(*conn)") || strings.Contains(stack, "net/http.(*persistConn)") ||
				strings.Contains(stack, "net/http.(*Server)") || strings.Contains(stack, "mockserver.(*") {
				left = append(left, stack)
			}
		}
		if len(left) == 0 {
			return ""
		}
		runtime.Gosched()
	}
	return strings.Join(left, "\n\n")
}

func TestCleanupFailsTheTest(t *testing.T) {
	unmatched := func(s *Server) {
		exchangeWith(s.Client(), omniflowRequest(s.Namespace(""), "POST", "/v1/api/agents", ""))
	}
	elsewhere := func(s *Server) {
		n := s.Namespace("w1")
		exchangeWith(n.Client(), omniflowRequest(n, "POST", "/v1/api/agents", ""))
	}
	unknownMember := func(s *Server) {
		exchangeWith(s.Client(), omniflowRequest(s.Namespace(""), "POST", omniflowAgents, `{"name":"a","nmae":"b"}`))
	}
	unfired := func(s *Server) {
		s.Fail(OmniflowCreateAgent, fault.Status(503), fault.Drop(fault.AfterCommit))
		createOmniflow(s.Namespace(""))
	}
	guess := func(s *Server) {
		exchangeWith(s.Client(), omniflowRequest(s.Namespace(""), "POST", omniflowAgents, `{`))
	}
	for name, c := range map[string]struct {
		config Config
		do     func(*Server)
		want   []string // nothing: it passes
	}{
		"good":                     {Config{}, func(s *Server) { createOmniflow(s.Namespace("")) }, nil},
		"nothing at all":           {Config{}, func(*Server) {}, nil},
		"unmatched":                {Config{}, unmatched, []string{"1 requests matched no operation", "POST /omniflow/v1/api/agents: nearest is POST /v1/api/omni-flow-agents (omniflow.CreateAgent)"}},
		"unmatched, allowed":       {Config{AllowUnmatched: true}, unmatched, nil},
		"unmatched in a namespace": {Config{}, elsewhere, []string{"mockserver: namespace w1: 1 requests"}},
		"no API": {Config{}, func(s *Server) {
			exchangeWith(s.Client(), must(http.NewRequest("GET", strings.TrimSuffix(s.URL(Omniflow), "/omniflow")+"/x", nil)))
		}, []string{"GET /x: the path belongs to no API"}},
		"wrong method": {Config{}, func(s *Server) {
			exchangeWith(s.Client(), omniflowRequest(s.Namespace(""), "PATCH", omniflowAgents, ""))
		}, []string{"the path has only POST, GET"}},
		"unfired":          {Config{}, unfired, []string{`rule r1 on omniflow.CreateAgent: fault 2 of 2 never fired: {"drop":{},"stage":"after-commit"}`}},
		"unfired, allowed": {Config{AllowUnfired: true}, unfired, nil},
		"unfired rule": {Config{}, func(s *Server) { s.AddRule(fault.Rule{Op: OmniflowGetAgent, Do: []fault.Fault{fault.Status(500)}}) },
			[]string{`rule r1 on omniflow.GetAgent never fired (0 requests matched): [{"status":500}]`}},
		"removed rule":     {Config{}, func(s *Server) { s.Fail(OmniflowGetAgent, fault.Status(500)).Remove() }, nil},
		"problem":          {Config{Strictness: Report}, unknownMember, []string{"1 problems with requests", "POST /omniflow/v1/api/omni-flow-agents: /nmae: unknown member; there are name, llmModel, settings"}},
		"problem, allowed": {Config{Strictness: Report, AllowProblems: true}, unknownMember, nil},
		"problem as API":   {Config{}, unknownMember, nil},
		"guess":            {Config{}, guess, nil},
		"guess, forbidden": {Config{ForbidGuesses: true}, guess, []string{"1 responses rest on guesses", "omniflow.error-code"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := &recorder{}
			c.do(StartInMemory(r, c.config))
			failed := r.end()
			for _, want := range c.want {
				if !strings.Contains(failed, want) {
					t.Errorf("failed with %q, want %q", failed, want)
				}
			}
			if c.want == nil && (failed != "" || r.logs != nil) {
				t.Errorf("failed with %q and logged %q", failed, r.logs)
			}
		})
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func TestJournalIsLoggedWhenTheTestFailed(t *testing.T) {
	r := &recorder{}
	server := StartInMemory(r, Config{})
	server.Fail(OmniflowCreateAgent, fault.Drop(fault.AfterCommit))
	createOmniflow(server.Namespace(""))
	r.Errorf("something")
	r.end()
	logged := strings.Join(r.logs, "\n")
	for _, want := range []string{"the last 1 of 1 requests", "call 1: omniflow.CreateAgent POST /omniflow/v1/api/omni-flow-agents dropped (rule r1)"} {
		if !strings.Contains(logged, want) {
			t.Errorf("logged %q, want %q", logged, want)
		}
	}
	if strings.Contains(logged, "tk_secret") {
		t.Error("the log shows the key")
	}
}

func TestMisuseFailsTheTest(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(*Server)
		want string
	}{
		"op":        {func(s *Server) { s.Fail("omniflow.Create", fault.Drop()) }, `unknown op "omniflow.Create"; there are "omniflow.CreateAgent"`},
		"fault":     {func(s *Server) { s.Fail(OmniflowCreateAgent, fault.Fault{}) }, `fault is empty; there are "status"`},
		"match":     {func(s *Server) { s.Calls(journal.Match{Op: "x"}) }, `unknown op "x"`},
		"api":       {func(s *Server) { s.URL("x") }, `unknown API "x"; there are "omniflow"`},
		"time":      {func(s *Server) { s.SetTime(time.Time{}) }, `the clock would be at 0001-01-01T00:00:00Z; allowed is 1970 to 9999`},
		"step":      {func(s *Server) { s.Advance(-100 * 365 * 24 * time.Hour) }, `; allowed is 1970 to 9999`},
		"namespace": {func(s *Server) { s.Namespace("a_b") }, `namespace name "a_b": allowed are 1 to 64 letters, digits, '-' and '.'`},
	} {
		t.Run(name, func(t *testing.T) {
			try := func(s *Server) (text string) {
				defer func() { text = fmt.Sprint(recover()) }()
				c.do(s)
				return ""
			}
			r := &recorder{}
			if got := try(StartInMemory(r, Config{})); !strings.Contains(got, c.want) {
				t.Errorf("failed with %q, want %q", got, c.want)
			}
			r.end()
			if got := try(testServer(t, Config{})); !strings.Contains(got, c.want) {
				t.Errorf("panicked with %q, want %q", got, c.want)
			}
		})
	}
	r := &recorder{}
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, `unknown variant "x"`) {
			t.Errorf("failed with %q", got)
		}
	}()
	Start(r, Config{Variants: []string{"x"}})
}

// A minute of 429s passes in no time.
func TestMinuteOf429s(t *testing.T) {
	begun := time.Now()
	synctest.Test(t, func(t *testing.T) {
		server := StartInMemory(t, Config{RateLimits: true})
		virtual := time.Now()
		statuses := map[int]int{}
		for len(server.Agents(Omniflow)) < 61 {
			got := createOmniflow(server.Namespace(""))
			if got.err != nil {
				t.Fatal(got.err)
			}
			if statuses[got.status]++; got.status == http.StatusTooManyRequests {
				<-time.After(time.Second) // virtual
			}
		}
		if statuses[200] != 61 || statuses[429] != 60 {
			t.Errorf("statuses are %v, want 61 times 200 and 60 times 429", statuses)
		}
		if took := time.Since(virtual); took != time.Minute {
			t.Errorf("it took %s, want a minute", took)
		}
	})
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it took %s of real time", took)
	}
}

func TestWaitsInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := StartInMemory(t, Config{})
		server.Fail(OmniflowCreateAgent, fault.Delay(time.Hour), fault.Stall(), fault.Then(fault.Delay(time.Minute, fault.BeforeRead), fault.Drop(fault.AfterCommit)))
		begun := time.Now()
		if got := createOmniflow(server.Namespace("")); got.status != 200 || time.Since(begun) != time.Hour {
			t.Errorf("after %s: %+v", time.Since(begun), got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		begun = time.Now()
		got := exchangeWith(server.Client(), omniflowRequest(server.Namespace(""), "POST", omniflowAgents, `{"name":"b"}`).WithContext(ctx))
		if !errors.Is(got.err, context.DeadlineExceeded) || time.Since(begun) != 40*time.Second {
			t.Errorf("after %s: %+v", time.Since(begun), got)
		}
		begun = time.Now()
		if got := createOmniflow(server.Namespace("")); !errors.Is(got.err, io.EOF) || time.Since(begun) != time.Minute {
			t.Errorf("after %s: %+v", time.Since(begun), got)
		}
		if _, err := server.Wait(t.Context(), 1, journal.Match{Outcome: journal.ClientGone}); err != nil {
			t.Error(err)
		}
		if n := len(server.Agents(Omniflow)); n != 2 {
			t.Errorf("%d agents, want 2", n)
		}
	})
}

func TestResetEndsWaits(t *testing.T) {
	for _, s := range starts {
		for _, stage := range fault.Stages() {
			t.Run(s.name+"/"+string(stage), func(t *testing.T) {
				server := s.start(t, Config{})
				server.Fail(OmniflowCreateAgent, fault.Stall(stage))
				result := make(chan exchanged, 1)
				go func() { result <- createOmniflow(server.Namespace("")) }()
				if _, err := server.Wait(t.Context(), 1, journal.Match{Rule: "r1"}); err != nil {
					t.Fatal(err)
				}
				if err := server.Reset(PartStalls); err != nil {
					t.Fatal(err)
				}
				if got := <-result; got.err == nil {
					t.Errorf("answered %d", got.status)
				}
				if _, err := server.Wait(t.Context(), 1, journal.Match{Outcome: journal.Cancelled}); err != nil {
					t.Error(err)
				}
				want := 0
				if stage == fault.AfterCommit {
					want = 1
				}
				if n := len(server.Agents(Omniflow)); n != want {
					t.Errorf("%d agents, want %d", n, want)
				}
			})
		}
	}
}

// A stall before the request was read notices a client that goes, although
// the body never comes to its end.
func TestStallNoticesGoneClient(t *testing.T) {
	server := Start(t, Config{})
	server.Fail(OmniflowCreateAgent, fault.Stall(fault.BeforeRead))
	address := strings.TrimPrefix(strings.TrimSuffix(server.URL(Omniflow), "/omniflow"), "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST /omniflow%s HTTP/1.1\r\nHost: x\r\nX-Api-Key: k\r\nContent-Length: 1000\r\n\r\n{", omniflowAgents)
	if _, err := server.Wait(t.Context(), 1, journal.Match{Rule: "r1"}); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if _, err := server.Wait(t.Context(), 1, journal.Match{Outcome: journal.ClientGone}); err != nil {
		t.Error(err)
	}
}

// A fault before the request was read answers while the body is still coming.
func TestStatusBeforeTheBodyCame(t *testing.T) {
	for name, fault := range map[string]fault.Fault{
		"at once":      fault.Status(503, fault.BeforeRead),
		"after a wait": fault.Then(fault.Delay(time.Millisecond, fault.BeforeRead), fault.Status(503, fault.BeforeRead)),
	} {
		for _, s := range starts {
			t.Run(name+"/"+s.name, func(t *testing.T) {
				server := s.start(t, Config{})
				server.Fail(OmniflowCreateAgent, fault)
				body, writer := io.Pipe()
				defer writer.Close()
				r := omniflowRequest(server.Namespace(""), "POST", omniflowAgents, "")
				r.Body, r.ContentLength = body, -1
				go writer.Write(bytes.Repeat([]byte(" "), 100)) //nolint:errcheck // nobody may read it
				response, err := server.Client().Do(r)
				if err != nil {
					t.Fatal(err)
				}
				response.Body.Close()
				if response.StatusCode != 503 {
					t.Errorf("status is %d", response.StatusCode)
				}
			})
		}
	}
}
