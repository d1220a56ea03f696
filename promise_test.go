package agentclients_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/agentloop"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/fault"
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
func everyFault() []fault.Fault {
	var faults []fault.Fault
	for _, stage := range fault.Stages() {
		for _, status := range []int{400, 401, 403, 404, 408, 409, 413, 422, 425, 429, 451, 500, 501, 502, 503, 504, 520} {
			if stage == fault.AfterCommit && refuses(status) {
				continue
			}
			faults = append(faults, fault.Status(status, stage), fault.HTML(status, stage))
		}
		for _, wait := range []time.Duration{0, 2 * time.Second, time.Hour} { // 503 says nothing about what was done
			faults = append(faults, fault.Status(503, stage, fault.RetryAfter(wait)))
		}
		if stage != fault.AfterCommit {
			faults = append(faults,
				fault.Status(429, stage, fault.RetryAfter(2*time.Second)), fault.Status(429, stage, fault.RetryAfter(time.Hour)),
				fault.Redirect(302, "http://other.localhost/", stage), fault.Redirect(307, "http://other.localhost/", stage))
		}
		faults = append(faults,
			fault.Drop(stage), fault.Reset(stage), fault.Stall(stage),
			fault.Delay(time.Second, stage), fault.Delay(2*time.Minute, stage))
		if stage == fault.BeforeRead {
			continue
		}
		faults = append(faults, fault.Malformed(stage))
		for _, length := range []int{0, 1, 20, 1 << 20} {
			faults = append(faults, fault.Truncate(length, stage))
		}
		// Answers that say it worked, and nothing else.
		for _, body := range []string{"", "null", "{}", "[]", "true", `"x"`, "<html>", `{"data":null}`, `{"success":true,"data":{}}`, "\x00"} {
			faults = append(faults, fault.HTML(201, fault.Body(body), stage))
		}
	}
	for _, pointer := range []string{
		"/id", "/_id", "/agent_id", "/name", "/key", "/role", "/instructions", "/prompt_id", "/phone_number_id", "/status", "/created_at", "/settings", "/model", "/tools",
		"/agents", "/agents/0", "/agents/0/agent_id", "/agents/0/prompt_id", "/agents/0/name", "/agents/0/phone_number_id",
	} {
		faults = append(faults, fault.Omit(pointer), fault.Null(pointer))
	}
	return append(faults, fault.SlowBody(8, time.Second), fault.SlowBody(1, time.Minute),
		fault.UnknownField(""), fault.UnknownEnum("/status"), fault.TimeDigits(0), fault.TimeDigits(9))
}

// faultsThatMatter are those of which every sequence is tried.
func faultsThatMatter() []fault.Fault {
	return []fault.Fault{
		fault.Drop(fault.BeforeCommit),
		fault.Drop(fault.AfterCommit),
		fault.Stall(fault.AfterCommit),
		fault.Status(502, fault.BeforeCommit),
		fault.Status(500, fault.AfterCommit),
		fault.Status(429),
		fault.Status(503, fault.AfterCommit, fault.RetryAfter(time.Second)),
		fault.Status(400),
		fault.Status(409),
		fault.Truncate(20),
	}
}

// reads are the operations by which a create is settled.
var reads = map[string]string{
	mockserver.Agentloop:   mockserver.AgentloopGetAgent,
	mockserver.Orq:         mockserver.OrqGetAgent,
	mockserver.Phoneagents: mockserver.PhoneagentsListAgents,
}

// trial is one create call that meets faults.
type trial struct {
	onCreate, onRead []fault.Fault
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
	case e.OutcomeUnknown && a.keyed && len(agents) == 1 && tr.onRead == nil && tr.end == 0 && tr.change == nil:
		t.Errorf("%s, %v: the agent could be read back, and a doubt is left: %v", a.name, tr, err)
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
		for _, one := range everyFault() {
			trials = append(trials, trial{onCreate: []fault.Fault{one}}, trial{onCreate: []fault.Fault{one, one, one}})
		}
		return trials
	})
}

var full = flag.Bool("promise.full", false, "try all sequences of three faults, and every fault while a run is followed, too")

func TestPromiseUnderEverySequence(t *testing.T) {
	try(t, func(api) []trial {
		var trials []trial
		for _, first := range faultsThatMatter() {
			for _, second := range faultsThatMatter() {
				trials = append(trials, trial{onCreate: []fault.Fault{first, second}})
				if !*full {
					continue
				}
				for _, third := range faultsThatMatter() {
					trials = append(trials, trial{onCreate: []fault.Fault{first, second, third}})
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
		limited := fault.Status(429, fault.AfterCommit, fault.RetryAfter(0))
		return []trial{
			{onCreate: []fault.Fault{limited}},
			{onCreate: []fault.Fault{limited, limited}},
			{onCreate: []fault.Fault{limited, fault.Drop(fault.AfterCommit)}},
			{onCreate: []fault.Fault{limited, fault.Status(502)}},
		}
	})
}

// TestPromiseWhileSettling: the response is lost, the repeat is refused as a
// duplicate, and then the read fails.
func TestPromiseWhileSettling(t *testing.T) {
	try(t, func(a api) []trial {
		if !a.keyed {
			return nil
		}
		lost := []fault.Fault{fault.Drop(fault.AfterCommit)}
		var trials []trial
		for _, one := range everyFault() {
			trials = append(trials, trial{onCreate: lost, onRead: []fault.Fault{one}}, trial{onCreate: lost, onRead: []fault.Fault{one, one, one}})
		}
		return trials
	})
}

// TestPromiseWhenTheContextEnds ends the call at many moments.
func TestPromiseWhenTheContextEnds(t *testing.T) {
	try(t, func(a api) []trial {
		var trials []trial
		for _, end := range []time.Duration{1, time.Millisecond, 100 * time.Millisecond, time.Second, 1500 * time.Millisecond, 3 * time.Second, 59 * time.Second, 61 * time.Second, 3 * time.Minute} {
			for _, stage := range fault.Stages() {
				slow := fault.Delay(time.Second, stage)
				for _, one := range []fault.Fault{
					slow, fault.Stall(stage), fault.Drop(stage), fault.Status(502, stage),
					fault.Then(slow, fault.Drop(fault.AfterCommit)),
				} {
					trials = append(trials, trial{onCreate: []fault.Fault{one, slow}, end: end})
					if a.keyed {
						trials = append(trials, trial{onCreate: []fault.Fault{one}, onRead: []fault.Fault{slow, fault.Stall()}, end: end})
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
			for _, one := range faultsThatMatter() {
				trials = append(trials, trial{
					onCreate: slices.Repeat([]fault.Fault{one}, 3),
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
						onCreate: []fault.Fault{first, second},
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
	variants := map[string][]string{
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
						onCreate: []fault.Fault{first, second},
						server:   mockserver.Config{Variants: []string{variant}},
					})
				}
			}
		}
		return trials
	})
}
