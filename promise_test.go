package agentclients_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/mockserver"
)

// The promise about creates: one call makes at most one agent, and what it
// reports is true. Here it meets every fault at every stage, and every
// sequence of the faults that matter.

// refuses reports whether a status says that the request was not carried out.
// A server that carries it out and answers that way misleads everybody.
func refuses(status int) bool {
	return status >= 300 && status < 500 && status != 408
}

// everyFault returns every fault at every stage that leaves the server
// truthful: it does not refuse what it carried out, and does not describe an
// agent that it did not make.
func everyFault() []mockserver.Fault {
	var faults []mockserver.Fault
	for _, stage := range mockserver.Stages() {
		for _, status := range []int{400, 401, 403, 404, 408, 409, 413, 422, 425, 429, 451, 500, 501, 502, 503, 504, 520} {
			if stage == mockserver.AfterCommit && refuses(status) {
				continue
			}
			faults = append(faults, mockserver.Status(status, stage), mockserver.HTML(status, stage))
		}
		for _, wait := range []time.Duration{0, 2 * time.Second, time.Hour} { // 503 says nothing about what was done
			faults = append(faults, mockserver.Status(503, stage, mockserver.RetryAfter(wait)))
		}
		if stage != mockserver.AfterCommit {
			faults = append(faults,
				mockserver.Status(429, stage, mockserver.RetryAfter(2*time.Second)), mockserver.Status(429, stage, mockserver.RetryAfter(time.Hour)),
				mockserver.Redirect(302, "http://other.localhost/", stage), mockserver.Redirect(307, "http://other.localhost/", stage))
		}
		faults = append(faults,
			mockserver.Drop(stage), mockserver.Reset(stage), mockserver.Stall(stage),
			mockserver.Delay(time.Second, stage), mockserver.Delay(2*time.Minute, stage))
		if stage == mockserver.BeforeRead {
			continue
		}
		faults = append(faults, mockserver.Malformed(stage))
		for _, length := range []int{0, 1, 20, 1 << 20} {
			faults = append(faults, mockserver.Truncate(length, stage))
		}
		// Answers that say it worked, and nothing else.
		for _, body := range []string{"", "null", "{}", "[]", "true", `"x"`, "<html>", `{"data":null}`, `{"success":true,"data":{}}`, "\x00"} {
			faults = append(faults, mockserver.HTML(201, mockserver.Body(body), stage))
		}
	}
	for _, pointer := range []string{
		"/id", "/_id", "/agent_id", "/name", "/key", "/role", "/instructions", "/prompt_id", "/phone_number_id", "/status", "/created_at", "/settings", "/model", "/tools",
		"/agents", "/agents/0", "/agents/0/agent_id", "/agents/0/prompt_id", "/agents/0/name", "/agents/0/phone_number_id",
	} {
		faults = append(faults, mockserver.Omit(pointer), mockserver.Null(pointer))
	}
	return append(faults, mockserver.SlowBody(8, time.Second), mockserver.SlowBody(1, time.Minute),
		mockserver.UnknownField(""), mockserver.UnknownEnum("/status"), mockserver.TimeDigits(0), mockserver.TimeDigits(9))
}

// faultsThatMatter are those of which every sequence is tried.
func faultsThatMatter() []mockserver.Fault {
	return []mockserver.Fault{
		mockserver.Drop(mockserver.BeforeCommit),
		mockserver.Drop(mockserver.AfterCommit),
		mockserver.Stall(mockserver.AfterCommit),
		mockserver.Status(502, mockserver.BeforeCommit),
		mockserver.Status(500, mockserver.AfterCommit),
		mockserver.Status(429),
		mockserver.Status(503, mockserver.AfterCommit, mockserver.RetryAfter(time.Second)),
		mockserver.Status(400),
		mockserver.Status(409),
		mockserver.Truncate(20),
	}
}

// reads are the operations by which a create is settled.
var reads = map[mockserver.API]mockserver.Op{
	mockserver.Agentloop:   mockserver.AgentloopGetAgent,
	mockserver.Orq:         mockserver.OrqGetAgent,
	mockserver.Phoneagents: mockserver.PhoneagentsListAgents,
}

// trial is one create call that meets faults.
type trial struct {
	onCreate, onRead []mockserver.Fault
	end              time.Duration // of the context; 0: none
	change           func(*agentclients.Options)
	server           mockserver.Config
}

func (tr trial) String() string {
	text := fmt.Sprintf("create %v", tr.onCreate)
	if tr.onRead != nil {
		text += fmt.Sprintf(", read %v", tr.onRead)
	}
	if tr.end != 0 {
		text += fmt.Sprintf(", ends after %v", tr.end)
	}
	if tr.server.Variants != nil {
		text += fmt.Sprintf(" on %v", tr.server.Variants)
	}
	return text
}

// run makes the call and checks the promise.
func (tr trial) run(t *testing.T, a api) {
	t.Helper()
	mock, err := mockserver.InMemory(tr.server)
	if err != nil {
		t.Fatal(err)
	}
	defer mock.Close()
	options := agentclients.Options{BaseURL: mock.URL(a.name), HTTPClient: mock.Client()}
	if tr.change != nil {
		tr.change(&options)
	}
	client, err := a.connect(apiKey, options)
	if err != nil {
		t.Fatal(err)
	}
	mock.Fail(a.op, tr.onCreate...)
	if tr.onRead != nil {
		mock.Fail(reads[a.name], tr.onRead...)
	}
	ctx := t.Context()
	if tr.end != 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, tr.end)
		defer cancel()
	}
	id, err := client.create(ctx, 1)
	mock.Close() // whatever is still being served can do nothing any more

	agents := mock.Agents(a.name)
	var e *agentclients.Error
	switch {
	case len(agents) > 1:
		t.Errorf("%s, %v: %d agents", a.name, tr, len(agents))
	case err == nil:
		// Omniflow does not always say what the id is.
		if len(agents) != 1 || !strings.Contains(string(agents[0].JSON), agentName(1)) || id != agents[0].ID && id != "" {
			t.Errorf("%s, %v: it succeeded with %q, and the server has %v", a.name, tr, id, agents)
		}
	case !errors.As(err, &e):
		t.Errorf("%s, %v: %v is a %T", a.name, tr, err, err)
	case errors.Is(err, agentclients.ErrOutcomeUnknown) != e.OutcomeUnknown:
		t.Errorf("%s, %v: OutcomeUnknown is %v in %v", a.name, tr, e.OutcomeUnknown, err)
	case !e.OutcomeUnknown && len(agents) > 0:
		t.Errorf("%s, %v: an agent was made, and the error leaves no doubt: %v", a.name, tr, err)
	}
}

// agentloopWithID is agentloop with an id of the caller's, so that somebody
// else's agent may have it.
var agentloopWithID = api{mockserver.Agentloop, mockserver.AgentloopCreateAgent, true, func(key string, options agentclients.Options) (connection, error) {
	client, err := agentloop.NewClient(agentloop.Config{APIKey: key, Options: options})
	return connection{create: func(ctx context.Context, n int, options ...agentclients.CallOption) (string, error) {
		agent, err := client.CreateAgent(ctx, agentloop.CreateAgentRequest{
			ID: fmt.Sprintf("agent_%032x", n), Name: agentName(n), SystemPrompt: "Be kind.", Tags: []string{"a"}, Capabilities: []agentloop.Capability{{Ref: "web_fetch"}},
		}, options...)
		return idOf(agent, err, func(a *agentloop.Agent) string { return a.ID })
	}}, err
}}

// try runs trials on every client.
func try(t *testing.T, trials func(api) []trial) {
	for i, a := range append(slices.Clone(apis), agentloopWithID) {
		name := string(a.name)
		if i == len(apis) {
			name += " with an id"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for _, tr := range trials(a) {
					tr.run(t, a)
				}
			})
		})
	}
}

func TestPromiseUnderEveryFault(t *testing.T) {
	try(t, func(api) []trial {
		var trials []trial
		for _, fault := range everyFault() {
			trials = append(trials, trial{onCreate: []mockserver.Fault{fault}}, trial{onCreate: []mockserver.Fault{fault, fault, fault}})
		}
		return trials
	})
}

func TestPromiseUnderEverySequence(t *testing.T) {
	try(t, func(api) []trial {
		var trials []trial
		for _, first := range faultsThatMatter() {
			for _, second := range faultsThatMatter() {
				trials = append(trials, trial{onCreate: []mockserver.Fault{first, second}})
				for _, third := range faultsThatMatter() {
					trials = append(trials, trial{onCreate: []mockserver.Fault{first, second, third}})
				}
			}
		}
		return trials
	})
}

// TestPromiseUnderAFalseRateLimit: the server made the agent and then says
// 429. Where a create has a key, the conflict that its repeat meets is found
// to be its own work.
func TestPromiseUnderAFalseRateLimit(t *testing.T) {
	try(t, func(a api) []trial {
		if !a.keyed {
			return nil
		}
		limited := mockserver.Status(429, mockserver.AfterCommit, mockserver.RetryAfter(0))
		return []trial{
			{onCreate: []mockserver.Fault{limited}},
			{onCreate: []mockserver.Fault{limited, limited}},
			{onCreate: []mockserver.Fault{limited, mockserver.Drop(mockserver.AfterCommit)}},
			{onCreate: []mockserver.Fault{limited, mockserver.Status(502)}},
		}
	})
}

// TestPromiseWhileSettling: the answer is lost, the repeat is refused as a
// duplicate, and then the read fails.
func TestPromiseWhileSettling(t *testing.T) {
	try(t, func(a api) []trial {
		if !a.keyed {
			return nil
		}
		lost := []mockserver.Fault{mockserver.Drop(mockserver.AfterCommit)}
		var trials []trial
		for _, fault := range everyFault() {
			trials = append(trials, trial{onCreate: lost, onRead: []mockserver.Fault{fault}}, trial{onCreate: lost, onRead: []mockserver.Fault{fault, fault, fault}})
		}
		return trials
	})
}

// TestPromiseWhenTheContextEnds ends the call at many moments.
func TestPromiseWhenTheContextEnds(t *testing.T) {
	try(t, func(a api) []trial {
		var trials []trial
		for _, end := range []time.Duration{1, time.Millisecond, 100 * time.Millisecond, time.Second, 1500 * time.Millisecond, 3 * time.Second, 59 * time.Second, 61 * time.Second, 3 * time.Minute} {
			for _, stage := range mockserver.Stages() {
				slow := mockserver.Delay(time.Second, stage)
				for _, fault := range []mockserver.Fault{
					slow, mockserver.Stall(stage), mockserver.Drop(stage), mockserver.Status(502, stage),
					mockserver.Then(slow, mockserver.Drop(mockserver.AfterCommit)),
				} {
					trials = append(trials, trial{onCreate: []mockserver.Fault{fault, slow}, end: end})
					if a.keyed {
						trials = append(trials, trial{onCreate: []mockserver.Fault{fault}, onRead: []mockserver.Fault{slow, mockserver.Stall()}, end: end})
					}
				}
			}
		}
		return trials
	})
}

// refusingLimiter lets a number of attempts pass.
type refusingLimiter struct{ left int }

func (l *refusingLimiter) Wait(context.Context) error {
	if l.left == 0 {
		return errors.New("no more")
	}
	l.left--
	return nil
}

// TestPromiseWhenTheLimiterRefuses: the first attempt was sent, the next one
// is not.
func TestPromiseWhenTheLimiterRefuses(t *testing.T) {
	try(t, func(api) []trial {
		var trials []trial
		for attempts := range 4 {
			for _, fault := range faultsThatMatter() {
				trials = append(trials, trial{
					onCreate: slices.Repeat([]mockserver.Fault{fault}, 3),
					change:   func(o *agentclients.Options) { o.Limiter = &refusingLimiter{attempts} },
				})
			}
		}
		return trials
	})
}

// TestPromiseWithOtherPolicies: how often and how long is tried makes no
// difference.
func TestPromiseWithOtherPolicies(t *testing.T) {
	try(t, func(api) []trial {
		var trials []trial
		for _, policy := range []agentclients.RetryPolicy{
			{MaxAttempts: 1}, {MaxAttempts: 2}, {MaxAttempts: 6}, {AttemptTimeout: time.Second}, {MaxRetryAfter: time.Millisecond}, {MinWait: time.Minute, MaxWait: time.Hour},
		} {
			for _, first := range faultsThatMatter() {
				for _, second := range faultsThatMatter() {
					trials = append(trials, trial{
						onCreate: []mockserver.Fault{first, second},
						change:   func(o *agentclients.Options) { o.Retry = policy },
					})
				}
			}
		}
		return trials
	})
}

// TestPromiseOnOtherServers: an API has several kinds of servers.
func TestPromiseOnOtherServers(t *testing.T) {
	variants := map[mockserver.API][]mockserver.Variant{
		mockserver.Omniflow: {
			mockserver.OmniflowSeedExact, mockserver.OmniflowStrict, mockserver.OmniflowCreated, mockserver.OmniflowFlatErrors,
			mockserver.OmniflowPending, mockserver.OmniflowObjectPhoneNumber,
		},
		mockserver.Agentloop: {
			mockserver.AgentloopFebruary2026, mockserver.AgentloopNull, mockserver.AgentloopPaged, mockserver.AgentloopKnownModels,
		},
		mockserver.Orq: {mockserver.OrqKeyPattern, mockserver.OrqKnownProjects, mockserver.OrqWorkspaceID},
		mockserver.Phoneagents: {
			mockserver.PhoneagentsRegisteredNumbers, mockserver.PhoneagentsUpstream, mockserver.PhoneagentsReplace, mockserver.PhoneagentsDelete204,
		},
		mockserver.Xpander: {mockserver.XpanderModelUpgrade, mockserver.XpanderStringInstructions},
	}
	try(t, func(a api) []trial {
		var trials []trial
		for _, variant := range variants[a.name] {
			for _, first := range faultsThatMatter() {
				for _, second := range faultsThatMatter() {
					trials = append(trials, trial{
						onCreate: []mockserver.Fault{first, second},
						server:   mockserver.Config{Variants: []mockserver.Variant{variant}},
					})
				}
			}
		}
		return trials
	})
}
