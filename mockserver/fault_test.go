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

	"github.com/google/go-cmp/cmp"
)

// lost reports whether the client got no answer, or not all of it.
func lost(e exchanged) bool { return e.err != nil }

func TestEveryFaultAtEveryStage(t *testing.T) {
	noFollow := func(c *http.Client) *http.Client {
		c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		return c
	}
	cases := []struct {
		name    string
		fault   func(...FaultOption) Fault
		edits   bool // not possible before the request was read
		goes    bool // the request is served after all
		outcome Outcome
		check   func(exchanged) bool
	}{
		{"status", func(o ...FaultOption) Fault {
			return Status(429, append(o, RetryAfter(1500*time.Millisecond), Header("X-Extra", "yes"))...)
		}, false, false, Complete, func(e exchanged) bool {
			return e.status == 429 && strings.Contains(e.body, `"code":"rate_limit_exceeded"`) &&
				e.header.Get("Retry-After") == "2" && e.header.Get("X-Extra") == "yes"
		}},
		{"status with a body", func(o ...FaultOption) Fault { return Status(500, append(o, Body("boom"))...) },
			false, false, Complete, func(e exchanged) bool { return e.status == 500 && e.body == "boom" }},
		{"status without a body", func(o ...FaultOption) Fault { return Status(204, o...) },
			false, false, Complete, func(e exchanged) bool { return e.status == 204 && e.body == "" && e.err == nil }},
		{"delay", func(o ...FaultOption) Fault { return Delay(time.Millisecond, o...) },
			false, true, Complete, func(e exchanged) bool { return e.status == 200 }},
		{"stall", Stall, false, false, ClientGone, func(e exchanged) bool { return errors.Is(e.err, context.Canceled) }},
		{"drop", Drop, false, false, Dropped, func(e exchanged) bool { return errors.Is(e.err, io.EOF) }},
		{"reset", Reset, false, false, WasReset, func(e exchanged) bool { return errors.Is(e.err, syscall.ECONNRESET) }},
		{"truncate", func(o ...FaultOption) Fault { return Truncate(10, o...) },
			true, false, Truncated, func(e exchanged) bool {
				return e.status == 200 && len(e.body) == 10 && errors.Is(e.err, io.ErrUnexpectedEOF)
			}},
		{"truncate nothing", func(o ...FaultOption) Fault { return Truncate(1<<20, o...) },
			true, false, Truncated, func(e exchanged) bool { return e.status == 200 && lost(e) && len(e.body) > 10 }},
		{"malformed", Malformed, true, false, Complete, func(e exchanged) bool {
			return e.status == 200 && e.err == nil && !json.Valid([]byte(e.body)) &&
				e.header.Get("Content-Type") == "application/json"
		}},
		{"html", func(o ...FaultOption) Fault { return HTML(502, o...) }, false, false, Complete, func(e exchanged) bool {
			return e.status == 502 && strings.Contains(e.body, "<h1>502 Bad Gateway</h1>") && e.header.Get("Content-Type") == "text/html"
		}},
		{"slow body", func(o ...FaultOption) Fault { return SlowBody(50, time.Microsecond, o...) },
			true, false, Complete, func(e exchanged) bool { return e.status == 200 && e.err == nil && json.Valid([]byte(e.body)) }},
		{"redirect", func(o ...FaultOption) Fault { return Redirect(307, "https://example.com/", o...) },
			false, false, Complete, func(e exchanged) bool {
				return e.status == 307 && e.header.Get("Location") == "https://example.com/"
			}},
		{"unknown field", func(o ...FaultOption) Fault { return UnknownField("", o...) }, true, false, Complete,
			func(e exchanged) bool { return memberOf(e, "/mock_unknown_field/since") == `"a newer server"` }},
		{"unknown enum", func(o ...FaultOption) Fault { return UnknownEnum("/status", o...) }, true, false, Complete,
			func(e exchanged) bool { return memberOf(e, "/status") == `"mock_unknown_value"` }},
		{"null", func(o ...FaultOption) Fault { return Null("/settings", o...) }, true, false, Complete,
			func(e exchanged) bool { return memberOf(e, "/settings") == "null" }},
		{"omit", func(o ...FaultOption) Fault { return Omit("/name", o...) }, true, false, Complete,
			func(e exchanged) bool { return memberOf(e, "/name") == "" && memberOf(e, "/_id") != "" }},
		{"time digits", func(o ...FaultOption) Fault { return TimeDigits(9, o...) }, true, false, Complete,
			func(e exchanged) bool {
				at := memberOf(e, "/createdAt")
				return len(at) == len(`"2026-01-01T00:00:00.000000000Z"`)
			}},
	}
	for _, s := range starts {
		for _, c := range cases {
			for _, stage := range Stages() {
				if c.edits && stage == BeforeRead {
					continue
				}
				t.Run(s.name+"/"+c.name+"/"+string(stage), func(t *testing.T) {
					server := s.start(t, Config{})
					rule := server.Fail(OmniflowCreateAgent, c.fault(stage))
					r := omniflowRequest(server.defaultNamespace, "POST", omniflowAgents, `{"name":"Ada","llmModel":"gpt-4o"}`)
					if c.name == "stall" {
						ctx, cancel := context.WithCancel(t.Context())
						r = r.WithContext(ctx)
						go func() {
							server.Wait(ctx, 1, Match{Rule: "r1"}) //nolint:errcheck // the request fails, too
							cancel()
						}()
					}
					got := exchangeWith(noFollow(server.Client()), r)
					if !c.check(got) {
						t.Errorf("got %+v", got)
					}
					calls, err := server.Wait(t.Context(), 1, OutcomeIs(c.outcome))
					if err != nil {
						t.Fatal(err)
					}
					made := stage == AfterCommit || c.goes
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
					if got := createOmniflow(server.defaultNamespace); got.status != 200 || got.err != nil {
						t.Errorf("afterwards: %+v", got)
					}
				})
			}
		}
	}
}

// memberOf is the value at a pointer of an answer; "" without one.
func memberOf(e exchanged, pointer string) string {
	if e.err != nil || !json.Valid([]byte(e.body)) {
		return ""
	}
	raw, _ := valueAt([]byte(e.body), pointer)
	return string(raw)
}

// An answer that pretends leaves no trace: the next ids are the same.
func TestPretendedAnswerChangesNothing(t *testing.T) {
	server := StartInMemory(t, Config{Deterministic: true})
	server.Fail(OmniflowCreateAgent, Truncate(1<<20, BeforeCommit), TimeDigits(3))
	lost := createOmniflow(server.defaultNamespace)
	got := createOmniflow(server.defaultNamespace)
	id, _ := valueAt([]byte(lost.body+"}"), "/_id")
	if want := memberOf(got, "/_id"); string(id) != want || want == "" {
		t.Errorf("ids are %s and %s, want the same", id, want)
	}
}

func TestFaultThatFindsNothing(t *testing.T) {
	server := StartInMemory(t, Config{AllowProblems: true})
	server.Fail(OmniflowCreateAgent, UnknownEnum("/no/such"))
	createOmniflow(server.defaultNamespace)
	calls := server.Calls()
	want := []string{`fault {"unknown_enum":"/no/such","stage":"after-commit"} found nothing to change in the answer`}
	if diff := cmp.Diff(want, calls[0].Problems); diff != "" {
		t.Error(diff)
	}
}

func TestFaultsCompose(t *testing.T) {
	for _, s := range starts {
		t.Run(s.name, func(t *testing.T) {
			server := s.start(t, Config{})
			server.Fail(OmniflowCreateAgent,
				Then(Status(500, AfterCommit), Truncate(5)),
				Then(SlowBody(3, time.Microsecond), Truncate(10)),
				Then(UnknownField(""), Null("/settings"), Delay(time.Microsecond, BeforeRead)))
			if got := createOmniflow(server.defaultNamespace); got.status != 500 || len(got.body) != 5 || got.err == nil {
				t.Errorf("got %+v", got)
			}
			if got := createOmniflow(server.defaultNamespace); got.status != 200 || len(got.body) != 10 || got.err == nil {
				t.Errorf("got %+v", got)
			}
			if got := createOmniflow(server.defaultNamespace); memberOf(got, "/settings") != "null" || memberOf(got, "/"+unknownMember) == "" {
				t.Errorf("got %+v", got)
			}
			if n := len(server.Agents(Omniflow)); n != 3 {
				t.Errorf("%d agents, want 3", n)
			}
		})
	}
}

func TestFaultJSON(t *testing.T) {
	for text, fault := range map[string]Fault{
		`{"status":429,"retry_after":"2s"}`:                                        Status(429, RetryAfter(2*time.Second)),
		`{"status":500,"header":{"X-A":"b"},"body":"text","stage":"after-commit"}`: Status(500, Header("x-a", "b"), Body("text"), AfterCommit),
		`{"delay":"50ms"}`:                                Delay(50 * time.Millisecond),
		`{"stall":{}}`:                                    Stall(),
		`{"drop":{}}`:                                     Drop(),
		`{"drop":{},"stage":"before-read"}`:               Drop(BeforeRead),
		`{"reset":{}}`:                                    Reset(),
		`{"truncate":10}`:                                 Truncate(10),
		`{"malformed":{}}`:                                Malformed(),
		`{"html":{},"status":502}`:                        HTML(502),
		`{"slow_body":{"chunk":1,"pause":"10ms"}}`:        SlowBody(1, 10*time.Millisecond),
		`{"redirect":"https://x.test/?a&b","status":308}`: Redirect(308, "https://x.test/?a&b"),
		`{"unknown_field":""}`:                            UnknownField(""),
		`{"unknown_enum":"/status"}`:                      UnknownEnum("/status"),
		`{"null":"/a~1b"}`:                                Null("/a~1b"),
		`{"omit":"/a/0"}`:                                 Omit("/a/0"),
		`{"time_digits":0}`:                               TimeDigits(0),
		`{"then":[{"delay":"1s"},{"drop":{},"stage":"after-commit"}]}`: Then(Delay(time.Second), Drop(AfterCommit)),
	} {
		if got := fault.String(); got != text {
			t.Errorf("written as %s, want %s", got, text)
		}
		var read Fault
		if err := json.Unmarshal([]byte(text), &read); err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := read.String(); got != text {
			t.Errorf("%s read and written is %s", text, got)
		}
	}
	var named []string
	for _, kind := range faultKinds {
		named = append(named, kind.name)
	}
	if diff := cmp.Diff(named, FaultNames()); diff != "" {
		t.Error(diff)
	}
}

func TestFaultErrors(t *testing.T) {
	server := testServer(t, Config{})
	for text, want := range map[string]string{
		`5`:                                      `a fault must be a JSON object such as {"status":503}`,
		`{}`:                                     `the object names no fault; there are "status", "delay", "stall", "drop"`,
		`{"dropp":{}}`:                           `unknown fault "dropp"; there are "status", "delay"`,
		`{"drop":{},"reset":{}}`:                 `one object names the faults "drop", "reset"; give one each and put them together with "then"`,
		`{"drop":{},"status":500}`:               `one object names the faults "drop", "status"`,
		`{"drop":5}`:                             `fault "drop": must be {}`,
		`{"drop":{"a":1}}`:                       `fault "drop": must be {}`,
		`{"drop":{},"stage":"after"}`:            `fault "drop": unknown stage "after"; there are "before-read", "before-commit", "after-commit"`,
		`{"drop":{},"stage":5}`:                  `stage must be one of "before-read"`,
		`{"drop":{},"retry_after":"1s"}`:         `fault "drop": it makes no answer`,
		`{"drop":{},"body":"x"}`:                 `fault "drop": it takes no "body"`,
		`{"status":99}`:                          `fault "status": status is 99; allowed is 200 to 599`,
		`{"status":"x"}`:                         `fault "status": must be a status code`,
		`{"status":429,"retry_after":2}`:         `retry_after must be a duration such as "50ms" or "2s"`,
		`{"status":429,"retry_after":"-2s"}`:     `retry_after is -2s; it must not be negative`,
		`{"status":429,"header":{"a":1}}`:        `header must be an object of strings`,
		`{"status":429,"header":{"a b":"x"}}`:    `is not a valid header`,
		`{"status":429,"header":{"a":"x\r\ny"}}`: `is not a valid header`,
		`{"status":429,"body":{}}`:               `body must be a string`,
		`{"delay":"soon"}`:                       `fault "delay": must be a duration such as "50ms" or "2s"`,
		`{"delay":"-1s"}`:                        `fault "delay": duration is -1s; it must not be negative`,
		`{"truncate":-1}`:                        `fault "truncate": number of bytes is -1`,
		`{"truncate":1.5}`:                       `fault "truncate": must be a whole number`,
		`{"truncate":1,"stage":"before-read"}`:   `fault "truncate": it changes an answer`,
		`{"slow_body":{"chunk":0,"pause":"1s"}}`: `fault "slow_body": chunk is 0; it must be at least 1 byte`,
		`{"slow_body":{}}`:                       `fault "slow_body": must be a duration`,
		`{"slow_body":{"chunks":1}}`:             `fault "slow_body": must be {"chunk":1,"pause":"10ms"}`,
		`{"redirect":"/x","status":200}`:         `fault "redirect": status is 200; allowed are 301, 302, 303, 307 and 308`,
		`{"redirect":""}`:                        `fault "redirect": the address is not a URL`,
		`{"redirect":5}`:                         `fault "redirect": must be a string`,
		`{"null":"a"}`:                           `fault "null": "a" is not a JSON pointer: it must begin with a slash`,
		`{"omit":""}`:                            `fault "omit": the JSON pointer is empty`,
		`{"time_digits":10}`:                     `fault "time_digits": number of digits is 10; allowed is 0 to 9`,
		`{"then":[]}`:                            `fault "then": the list is empty`,
		`{"then":{}}`:                            `fault "then": must be a list of faults`,
		`{"then":[{"drop":{}},{"x":1}]}`:         `fault "then": fault 2: unknown fault "x"`,
		`{"then":[{"drop":{}},{"delay":"1s"}]}`:  `fault "delay" can never happen: "drop" at stage "before-commit" ends the request before it`,
		`{"then":[{"malformed":{}}],"stage":"before-read"}`: `fault "malformed" changes an answer`,
	} {
		_, err := ParseRule([]byte(`{"op":"omniflow.CreateAgent","do":[` + text + `]}`))
		if err == nil { // what is wrong with the whole shows when the rule is added
			spec, _ := ParseRule([]byte(`{"op":"omniflow.CreateAgent","do":[` + text + `]}`))
			_, err = server.AddRule(spec)
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error is %v, want %s", text, err, want)
		}
	}
}

func TestOneOfThousandFails(t *testing.T) {
	for _, s := range starts {
		t.Run(s.name, func(t *testing.T) {
			server := s.start(t, Config{JournalEntries: 2000})
			rule := server.Fail(OmniflowCreateAgent, Status(503))
			var mu sync.Mutex
			statuses := map[int]int{}
			var group sync.WaitGroup
			slots := make(chan struct{}, 64)
			for range 1000 {
				group.Go(func() {
					slots <- struct{}{}
					defer func() { <-slots }()
					got := createOmniflow(server.defaultNamespace)
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
			server.AssertCalls(t, 999, Committed(), StatusIs(200))
			server.AssertCalls(t, 1, Match{Rule: rule.ID()}, StatusIs(503))
		})
	}
}
