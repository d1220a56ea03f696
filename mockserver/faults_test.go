package mockserver

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/google/go-cmp/cmp"
)

// lost reports whether the client got no response, or not all of it.
func lost(e exchanged) bool { return e.err != nil }

func TestEveryFaultAtEveryStage(t *testing.T) {
	noFollow := func(c *http.Client) *http.Client {
		c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		return c
	}
	cases := []struct {
		name    string
		fault   func(...fault.Option) fault.Fault
		edits   bool // not possible before the request was read
		goes    bool // the request is served after all
		outcome journal.Outcome
		check   func(exchanged) bool
	}{
		{"status", func(o ...fault.Option) fault.Fault {
			return fault.Status(429, append(o, fault.RetryAfter(1500*time.Millisecond), fault.Header("X-Extra", "yes"))...)
		}, false, false, journal.Complete, func(e exchanged) bool {
			return e.status == 429 && strings.Contains(e.body, `"code":"rate_limit_exceeded"`) &&
				e.header.Get("Retry-After") == "2" && e.header.Get("X-Extra") == "yes"
		}},
		{"status with a body", func(o ...fault.Option) fault.Fault { return fault.Status(500, append(o, fault.Body("boom"))...) },
			false, false, journal.Complete, func(e exchanged) bool { return e.status == 500 && e.body == "boom" }},
		{"status without a body", func(o ...fault.Option) fault.Fault { return fault.Status(204, o...) },
			false, false, journal.Complete, func(e exchanged) bool { return e.status == 204 && e.body == "" && e.err == nil }},
		{"delay", func(o ...fault.Option) fault.Fault { return fault.Delay(time.Millisecond, o...) },
			false, true, journal.Complete, func(e exchanged) bool { return e.status == 200 }},
		{"stall", fault.Stall, false, false, journal.ClientGone, func(e exchanged) bool { return errors.Is(e.err, context.Canceled) }},
		{"drop", fault.Drop, false, false, journal.Dropped, func(e exchanged) bool { return errors.Is(e.err, io.EOF) }},
		{"reset", fault.Reset, false, false, journal.Reset, func(e exchanged) bool { return errors.Is(e.err, syscall.ECONNRESET) }},
		{"truncate", func(o ...fault.Option) fault.Fault { return fault.Truncate(10, o...) },
			true, false, journal.Truncated, func(e exchanged) bool {
				return e.status == 200 && len(e.body) == 10 && errors.Is(e.err, io.ErrUnexpectedEOF)
			}},
		{"truncate nothing", func(o ...fault.Option) fault.Fault { return fault.Truncate(1<<20, o...) },
			true, false, journal.Truncated, func(e exchanged) bool { return e.status == 200 && lost(e) && len(e.body) > 10 }},
		{"malformed", fault.Malformed, true, false, journal.Complete, func(e exchanged) bool {
			return e.status == 200 && e.err == nil && !json.Valid([]byte(e.body)) &&
				e.header.Get("Content-Type") == "application/json"
		}},
		{"html", func(o ...fault.Option) fault.Fault { return fault.HTML(502, o...) }, false, false, journal.Complete, func(e exchanged) bool {
			return e.status == 502 && strings.Contains(e.body, "<h1>502 Bad Gateway</h1>") && e.header.Get("Content-Type") == "text/html"
		}},
		{"slow body", func(o ...fault.Option) fault.Fault { return fault.SlowBody(50, time.Microsecond, o...) },
			true, false, journal.Complete, func(e exchanged) bool { return e.status == 200 && e.err == nil && json.Valid([]byte(e.body)) }},
		{"redirect", func(o ...fault.Option) fault.Fault { return fault.Redirect(307, "https://example.com/", o...) },
			false, false, journal.Complete, func(e exchanged) bool {
				return e.status == 307 && e.header.Get("Location") == "https://example.com/"
			}},
		{"unknown field", func(o ...fault.Option) fault.Fault { return fault.UnknownField("", o...) }, true, false, journal.Complete,
			func(e exchanged) bool { return memberOf(e, "/mock_unknown_field/since") == `"a newer server"` }},
		{"unknown enum", func(o ...fault.Option) fault.Fault { return fault.UnknownEnum("/status", o...) }, true, false, journal.Complete,
			func(e exchanged) bool { return memberOf(e, "/status") == `"mock_unknown_value"` }},
		{"null", func(o ...fault.Option) fault.Fault { return fault.Null("/settings", o...) }, true, false, journal.Complete,
			func(e exchanged) bool { return memberOf(e, "/settings") == "null" }},
		{"omit", func(o ...fault.Option) fault.Fault { return fault.Omit("/name", o...) }, true, false, journal.Complete,
			func(e exchanged) bool { return memberOf(e, "/name") == "" && memberOf(e, "/_id") != "" }},
		{"time digits", func(o ...fault.Option) fault.Fault { return fault.TimeDigits(9, o...) }, true, false, journal.Complete,
			func(e exchanged) bool {
				at := memberOf(e, "/createdAt")
				return len(at) == len(`"2026-01-01T00:00:00.000000000Z"`)
			}},
	}
	for _, s := range starts {
		for _, c := range cases {
			for _, stage := range fault.Stages() {
				if c.edits && stage == fault.BeforeRead {
					continue
				}
				t.Run(s.name+"/"+c.name+"/"+string(stage), func(t *testing.T) {
					server := s.start(t, Config{})
					rule := server.Fail(OmniflowCreateAgent, c.fault(stage))
					r := omniflowRequest(server.Namespace(""), "POST", omniflowAgents, `{"name":"Ada","llmModel":"gpt-4o"}`)
					if c.name == "stall" {
						ctx, cancel := context.WithCancel(t.Context())
						r = r.WithContext(ctx)
						go func() {
							server.Wait(ctx, 1, journal.Match{Rule: "r1"}) //nolint:errcheck // the request fails, too
							cancel()
						}()
					}
					got := exchangeWith(noFollow(server.Client()), r)
					if !c.check(got) {
						t.Errorf("got %+v", got)
					}
					calls, err := server.Wait(t.Context(), 1, journal.Match{Outcome: c.outcome})
					if err != nil {
						t.Fatal(err)
					}
					made := stage == fault.AfterCommit || c.goes
					if n := len(server.Agents(Omniflow)); n > 1 || (n == 1) != made {
						t.Errorf("%d agents, made is %v", n, made)
					}
					if call := calls[0]; call.Committed != made || call.Rule != rule.ID() || len(call.Problems) > 0 || len(call.Faults) != 1 {
						t.Errorf("the journal has %+v", call)
					}
					if rule.Fired() != 1 || rule.Remaining() != 0 {
						t.Errorf("fired %d times, %d remain", rule.Fired(), rule.Remaining())
					}
					// Afterwards everything works.
					if got := createOmniflow(server.Namespace("")); got.status != 200 || got.err != nil {
						t.Errorf("afterwards: %+v", got)
					}
				})
			}
		}
	}
}

// memberOf is the value at a pointer of a response; "" without one.
func memberOf(e exchanged, pointer string) string {
	if e.err != nil || !json.Valid([]byte(e.body)) {
		return ""
	}
	raw, _ := jsontext.ValueAt([]byte(e.body), pointer)
	return string(raw)
}

// A response that pretends leaves no trace: the next ids are the same.
func TestPretendedAnswerChangesNothing(t *testing.T) {
	server := StartInMemory(t, Config{Deterministic: true})
	server.Fail(OmniflowCreateAgent, fault.Truncate(1<<20, fault.BeforeCommit), fault.TimeDigits(3))
	lost := createOmniflow(server.Namespace(""))
	got := createOmniflow(server.Namespace(""))
	id, _ := jsontext.ValueAt([]byte(lost.body+"}"), "/_id")
	if want := memberOf(got, "/_id"); string(id) != want || want == "" {
		t.Errorf("ids are %s and %s, want the same", id, want)
	}
}

func TestFaultThatFindsNothing(t *testing.T) {
	server := StartInMemory(t, Config{AllowProblems: true})
	server.Fail(OmniflowCreateAgent, fault.UnknownEnum("/no/such"))
	createOmniflow(server.Namespace(""))
	calls := server.Calls(journal.Match{})
	want := []string{`fault {"unknown_enum":"/no/such","stage":"after-commit"} found nothing to change in the response`}
	if diff := cmp.Diff(want, calls[0].Problems); diff != "" {
		t.Error(diff)
	}
}

// A fault of the body has nothing to do where no body is sent.
func TestFaultsOfABodyThatIsNotSent(t *testing.T) {
	for _, method := range []string{"GET", "HEAD"} {
		server := StartInMemory(t, Config{AllowProblems: true})
		status := map[string]int{"GET": 304, "HEAD": 200}[method]
		server.AddRule(fault.Rule{Op: fault.AnyOp, Match: journal.Match{Path: "/v1/other"}, Stub: true, Do: []fault.Fault{fault.Status(status), fault.Truncate(2)}})
		if got := exchangeWith(server.Client(), omniflowRequest(server.Namespace(""), method, "/v1/other", "")); got.status != status || got.err != nil {
			t.Errorf("%s: %+v", method, got)
		}
		want := []string{`fault {"truncate":2,"stage":"after-commit"} found nothing to change in the response`}
		if diff := cmp.Diff(want, server.Calls(journal.Match{})[0].Problems); diff != "" {
			t.Error(method, diff)
		}
	}
}

func TestFaultsCompose(t *testing.T) {
	for _, s := range starts {
		t.Run(s.name, func(t *testing.T) {
			server := s.start(t, Config{})
			server.Fail(OmniflowCreateAgent,
				fault.Then(fault.Status(500, fault.AfterCommit), fault.Truncate(5)),
				fault.Then(fault.SlowBody(3, time.Microsecond), fault.Truncate(10)),
				fault.Then(fault.SlowBody(3, time.Microsecond), fault.Truncate(0)),
				fault.Then(fault.UnknownField(""), fault.Null("/settings"), fault.Delay(time.Microsecond, fault.BeforeRead)))
			if got := createOmniflow(server.Namespace("")); got.status != 500 || len(got.body) != 5 || got.err == nil {
				t.Errorf("got %+v", got)
			}
			if got := createOmniflow(server.Namespace("")); got.status != 200 || len(got.body) != 10 || got.err == nil {
				t.Errorf("got %+v", got)
			}
			if got := createOmniflow(server.Namespace("")); got.status != 200 || len(got.body) != 0 || got.err == nil {
				t.Errorf("got %+v", got) // the journal says 200, too
			}
			if got := createOmniflow(server.Namespace("")); memberOf(got, "/settings") != "null" || memberOf(got, "/mock_unknown_field") == "" {
				t.Errorf("got %+v", got)
			}
			if n := len(server.Agents(Omniflow)); n != 4 {
				t.Errorf("%d agents, want 4", n)
			}
		})
	}
}

func TestOneOfThousandFails(t *testing.T) {
	for _, s := range starts {
		t.Run(s.name, func(t *testing.T) {
			server := s.start(t, Config{JournalEntries: 2000})
			rule := server.Fail(OmniflowCreateAgent, fault.Status(503))
			var mu sync.Mutex
			statuses := map[int]int{}
			var group sync.WaitGroup
			slots := make(chan struct{}, 64)
			for range 1000 {
				group.Go(func() {
					slots <- struct{}{}
					defer func() { <-slots }()
					got := createOmniflow(server.Namespace(""))
					mu.Lock()
					defer mu.Unlock()
					statuses[got.status]++
				})
			}
			group.Wait()
			if diff := cmp.Diff(map[int]int{200: 999, 503: 1}, statuses); diff != "" {
				t.Error(diff)
			}
			if n := len(server.Agents(Omniflow)); n != 999 {
				t.Errorf("%d agents, want 999", n)
			}
			if rule.Fired() != 1 {
				t.Errorf("fired %d times", rule.Fired())
			}
			server.AssertMatches(t, journal.Match{Committed: new(true), Status: 200}, journal.Exactly(999))
			server.AssertMatches(t, journal.Match{Rule: rule.ID(), Status: 503}, journal.Exactly(1))
		})
	}
}
