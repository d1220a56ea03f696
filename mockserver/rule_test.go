package mockserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/google/go-cmp/cmp"
)

// hits sends that many creates and returns which of them were refused.
func hits(server *Server, count int) string {
	var out strings.Builder
	for range count {
		if createOmniflow(server.Namespace("")).status == 200 {
			out.WriteByte('.')
		} else {
			out.WriteByte('x')
		}
	}
	return out.String()
}

func TestRules(t *testing.T) {
	for name, c := range map[string]struct {
		rule func(*Server) *ActiveRule
		want string
		left int
	}{
		"queue": {func(s *Server) *ActiveRule { return s.Fail(OmniflowCreateAgent, fault.Status(500), fault.Status(503)) }, "xx......", 0},
		"always": {func(s *Server) *ActiveRule {
			return s.AddRule(fault.Rule{Op: OmniflowCreateAgent, Do: []fault.Fault{fault.Status(500)}})
		}, "xxxxxxxx", -1},
		"any operation": {func(s *Server) *ActiveRule {
			return s.AddRule(fault.Rule{Op: fault.AnyOp, Do: []fault.Fault{fault.Status(500)}})
		}, "xxxxxxxx", -1},
		"other operation": {func(s *Server) *ActiveRule {
			return s.AddRule(fault.Rule{Op: OmniflowGetAgent, Do: []fault.Fault{fault.Status(500)}})
		}, "........", -1},
		"skip": {func(s *Server) *ActiveRule {
			return s.AddRule(fault.Rule{Op: OmniflowCreateAgent, Skip: 3, Do: []fault.Fault{fault.Status(500)}})
		}, "...xxxxx", -1},
		"times": {func(s *Server) *ActiveRule {
			return s.AddRule(fault.Rule{Op: OmniflowCreateAgent, Times: 2, Do: []fault.Fault{fault.Status(500)}})
		}, "xx......", 0},
		"every": {func(s *Server) *ActiveRule {
			return s.AddRule(fault.Rule{Op: OmniflowCreateAgent, Every: 3, Do: []fault.Fault{fault.Status(500)}})
		}, "x..x..x.", -1},
		"all of them": {func(s *Server) *ActiveRule {
			return s.AddRule(fault.Rule{Op: OmniflowCreateAgent, Skip: 1, Every: 2, Times: 3, Do: []fault.Fault{fault.Status(500)}})
		}, ".x.x.x..", 0},
		"rate 1": {func(s *Server) *ActiveRule {
			return s.AddRule(fault.Rule{Op: OmniflowCreateAgent, Rate: 1, Seed: 1, Do: []fault.Fault{fault.Status(500)}})
		}, "xxxxxxxx", -1},
		"header": {func(s *Server) *ActiveRule {
			return s.AddRule(fault.Rule{Op: OmniflowCreateAgent, Match: journal.Match{Header: map[string]string{"x-workspace-id": "w1"}}, Do: []fault.Fault{fault.Status(500)}})
		}, "xxxxxxxx", -1},
		"credential": {func(s *Server) *ActiveRule {
			return s.AddRule(fault.Rule{Op: OmniflowCreateAgent, Match: journal.Match{Header: map[string]string{"X-Api-Key": "tk_secret"}}, Do: []fault.Fault{fault.Status(500)}})
		}, "xxxxxxxx", -1},
		"other header": {func(s *Server) *ActiveRule {
			return s.AddRule(fault.Rule{Op: OmniflowCreateAgent, Match: journal.Match{Header: map[string]string{"x-workspace-id": "w2"}}, Do: []fault.Fault{fault.Status(500)}})
		}, "........", -1},
		"value": {func(s *Server) *ActiveRule {
			return s.AddRule(fault.Rule{Op: OmniflowCreateAgent, Match: journal.Match{JSON: map[string]any{"/name": "Ada"}}, Do: []fault.Fault{fault.Status(500)}})
		}, "xxxxxxxx", -1},
		"other value": {func(s *Server) *ActiveRule {
			return s.AddRule(fault.Rule{Op: OmniflowCreateAgent, Match: journal.Match{JSON: map[string]any{"/name": "Bob"}}, Do: []fault.Fault{fault.Status(500)}})
		}, "........", -1},
		"value and header": {func(s *Server) *ActiveRule {
			return s.AddRule(fault.Rule{Op: OmniflowCreateAgent, Match: journal.Match{Header: map[string]string{"x-workspace-id": "w2"}, JSON: map[string]any{"/name": "Ada"}}, Do: []fault.Fault{fault.Status(500)}})
		}, "........", -1},
		"retried": {func(s *Server) *ActiveRule {
			return s.AddRule(fault.Rule{Op: OmniflowCreateAgent, Match: journal.Match{Retried: new(true)}, Do: []fault.Fault{fault.Status(500)}})
		}, ".xxxxxxx", -1},
		"method and path": {func(s *Server) *ActiveRule {
			return s.AddRule(fault.Rule{Op: fault.AnyOp, Match: journal.Match{Method: "post", Path: omniflowAgents}, Do: []fault.Fault{fault.Status(500)}})
		}, "xxxxxxxx", -1},
		"API": {func(s *Server) *ActiveRule {
			return s.AddRule(fault.Rule{Op: fault.AnyOp, Match: journal.Match{API: Orq}, Do: []fault.Fault{fault.Status(500)}})
		}, "........", -1},
		"stage": {func(s *Server) *ActiveRule {
			return s.AddRule(fault.Rule{Op: OmniflowCreateAgent, Stage: fault.AfterCommit, Times: 1, Do: []fault.Fault{fault.Status(500)}})
		}, "x.......", 0},
		"early after late": {func(s *Server) *ActiveRule {
			s.AddRule(fault.Rule{Op: OmniflowCreateAgent, Do: []fault.Fault{fault.Delay(0)}})
			return s.Fail(OmniflowCreateAgent, fault.Status(500, fault.BeforeRead), fault.Status(500))
		}, "x.......", 1},
	} {
		t.Run(name, func(t *testing.T) {
			server := StartInMemory(t, Config{AllowUnfired: true})
			rule := c.rule(server)
			if got := hits(server, len(c.want)); got != c.want {
				t.Errorf("hit %s, want %s", got, c.want)
			}
			if fired := strings.Count(c.want, "x"); rule.Fired() != fired || rule.Remaining() != c.left {
				t.Errorf("fired %d, want %d; remaining %d, want %d", rule.Fired(), fired, rule.Remaining(), c.left)
			}
			rule.Remove()
			if rule.Remaining() != 0 || name != "early after late" && len(server.Rules()) != 0 {
				t.Error("the rule is still there")
			}
			if got := hits(server, 2); got != ".." {
				t.Errorf("a removed rule hit %s", got)
			}
		})
	}
}

func TestRateIsReproducible(t *testing.T) {
	run := func(seed uint64) string {
		server := StartInMemory(t, Config{})
		server.AddRule(fault.Rule{Op: OmniflowCreateAgent, Rate: 0.5, Seed: seed, Do: []fault.Fault{fault.Status(500)}})
		return hits(server, 64)
	}
	first := run(1)
	if n := strings.Count(first, "x"); n < 16 || n > 48 {
		t.Errorf("rate 0.5 hit %d of 64", n)
	}
	if again := run(1); again != first {
		t.Errorf("the same seed hit %s and %s", first, again)
	}
	if other := run(2); other == first {
		t.Error("another seed hit the same")
	}
}

func TestRuleJSON(t *testing.T) {
	text := `{"op":"omniflow.CreateAgent","match":{"header":{"X-A":"b"},"json":{"/name":"Ada","/n":1},"retried":false},` +
		`"skip":1,"times":2,"every":3,"rate":0.5,"seed":7,"stage":"after-commit","do":[{"delay":"1ms"},{"drop":{}}]}`
	spec, err := fault.ParseRule([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	server := testServer(t, Config{})
	rule := server.AddRule(spec)
	written, err := json.Marshal(rule)
	if err != nil {
		t.Fatal(err)
	}
	var want, got map[string]any
	json.Unmarshal([]byte(text), &want) //nolint:errcheck // the compare shows it
	json.Unmarshal(written, &got)       //nolint:errcheck // the compare shows it
	want["id"], want["fired"], want["remaining"] = "r1", 0.0, 2.0
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if rule.ID() != "r1" || rule.Rule().Times != 2 {
		t.Errorf("rule is %s %+v", rule.ID(), rule.Rule())
	}
}

func TestRuleErrors(t *testing.T) {
	server := testServer(t, Config{})
	for text, want := range map[string]string{
		`[]`:                     `rule: the document: expected an object, got array`,
		`{"on":"x"}`:             `rule: unknown member "on"; there are "op", "match", "skip", "times", "every", "rate", "seed", "stage", "do", "stub", "queue"`,
		`{"op":5}`:               `rule: op: expected a string, got number`,
		`{}`:                     `op is missing; there are "omniflow.CreateAgent"`,
		`{"op":"x"}`:             `unknown op "x"; there are "omniflow.CreateAgent"`,
		`{"op":"orq.MakeAgent"}`: `unknown op "orq.MakeAgent"; there are "orq.CreateAgent"`,
		`{"op":"*"}`:             `do is missing`,
		`{"op":"*","skip":-1,"do":[{"drop":{}}]}`:                                                     `skip is -1`,
		`{"op":"*","times":-1,"do":[{"drop":{}}]}`:                                                    `times is -1`,
		`{"op":"*","every":-1,"do":[{"drop":{}}]}`:                                                    `every is -1`,
		`{"op":"*","rate":1.5,"do":[{"drop":{}}]}`:                                                    `rate is 1.5; allowed is 0 to 1`,
		`{"op":"*","stage":"x","do":[{"drop":{}}]}`:                                                   `unknown stage "x"; there are "before-read"`,
		`{"op":"*","do":[{"drop":{}}],"queue":[{"drop":{}}]}`:                                         `do and queue are both given`,
		`{"op":"*","times":1,"queue":[{"drop":{}}]}`:                                                  `times is given with queue`,
		`{"op":"*","match":{"heder":{}},"do":[{"drop":{}}]}`:                                          `unknown member "match.heder"; there are "op", "api", "method", "path", "header", "json", "prefix", "contains", "regexp", "retried"`,
		`{"op":"*","match":{"api":"x"},"do":[{"drop":{}}]}`:                                           `match: unknown API "x"; there are "omniflow"`,
		`{"op":"*","match":{"json":{"a":1}},"do":[{"drop":{}}]}`:                                      `match: json: "a" is not a JSON pointer`,
		`{"op":"*","match":{"status":200},"do":[{"drop":{}}]}`:                                        `are not known before the response`,
		`{"op":"*","match":{"retried":true},"do":[{"drop":{}}],"stage":"before-read"}`:                `json, body and retried are not known at stage "before-read"`,
		`{"op":"*","match":{"contains":{"json /name":"x"}},"do":[{"drop":{}}],"stage":"before-read"}`: `json, body and retried are not known at stage "before-read"`,
		`{"op":"*","match":{"prefix":{"bdy":"x"}},"do":[{"drop":{}}]}`:                                `match: prefix: unknown place "bdy"; a place is "path", "query", "body", "header NAME" or "json POINTER"`,
		`{"op":"*","match":{"contains":{"json a":"x"}},"do":[{"drop":{}}]}`:                           `match: contains: "a" is not a JSON pointer`,
		`{"op":"*","match":{"regexp":{"path":"("}},"do":[{"drop":{}}]}`:                               `match: regexp: path: error parsing regexp`,
		`{"op":"*","stub":true,"do":[{"drop":{}}]}`:                                                   `stub: it responds itself, so do needs a status, an html or a redirect`,
		`{"op":"*","stub":true,"queue":[{"status":200}]}`:                                             `stub: it responds itself, so do needs`,
		// What no request can meet.
		`{"op":"orq.CreateAgent","match":{"api":"xpander"},"do":[{"drop":{}}]}`: `match: api is "xpander"; orq.CreateAgent is an operation of "orq"`,
		`{"op":"orq.CreateAgent","match":{"method":"GET"},"do":[{"drop":{}}]}`:  `match: method is "GET"; that of orq.CreateAgent is POST`,
		`{"op":"orq.CreateAgent","match":{"path":"/v9/**"},"do":[{"drop":{}}]}`: `match: path: "/v9/**" is none of orq.CreateAgent, whose path is /v2/agents`,
		`{"op":"*","match":{"method":"G T"},"do":[{"drop":{}}]}`:                `match: method: "G T" is no HTTP method`,
		`{"op":"*","match":{"header":{"":"x"}},"do":[{"drop":{}}]}`:             `match: header: "" is not the name of a header`,
		`{"op":"*","match":{"prefix":{"header X Y":"x"}},"do":[{"drop":{}}]}`:   `match: prefix: "X Y" is not the name of a header`,
		`{"op":"*","match":{"contains":{"json /a~2":"x"}},"do":[{"drop":{}}]}`:  `match: contains: "/a~2" is not a JSON pointer: a "~" in a name is written "~0"`,
		`{"op":"*","do":[{"truncate":5}],"stage":"before-read"}`:                `fault "truncate" changes a response`,
	} {
		spec, err := fault.ParseRule([]byte(text))
		if err == nil {
			_, err = server.ReplaceRules(nil, spec)
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error is %v, want %s", text, err, want)
		}
	}
	if n := len(server.Rules()); n != 0 {
		t.Errorf("%d rules were added", n)
	}
}

// What is refused is only what no request can meet.
func TestRulesOfOneOperation(t *testing.T) {
	server := testServer(t, Config{AllowUnfired: true})
	for _, match := range []journal.Match{
		{API: Orq, Method: "get", Path: "/v2/agents/*"}, {Path: "/v2/agents/desk"}, {Path: "/*/agents/desk"}, {Path: "/v2/**"}, {Path: "**"},
		{Header: map[string]string{"host": "h"}}, {Regexp: map[string]string{"json /a~1b/~0": "x"}},
	} {
		if _, err := server.ReplaceRules(nil, fault.Rule{Op: OrqGetAgent, Match: match, Do: []fault.Fault{fault.Drop()}}); err != nil {
			t.Errorf("%+v: %v", match, err)
		}
	}
	for want, match := range map[string]journal.Match{
		"status is 99; allowed is 200 to 599":                          {Status: 99},
		`api is "xpander"; orq.GetAgent is an operation of "orq"`:      {Op: OrqGetAgent, API: Xpander},
		`path: "/v2/agents/" is none of orq.GetAgent, whose path is /`: {Op: OrqGetAgent, Path: "/v2/agents/"},
	} {
		if err := server.CheckMatches(match, journal.Exactly(0)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestRuleThatNeedsAJournal(t *testing.T) {
	again := true
	server := testServer(t, Config{JournalEntries: -1})
	_, err := server.ReplaceRules(nil, fault.Rule{Op: OrqGetAgent, Match: journal.Match{Retried: &again}, Do: []fault.Fault{fault.Drop()}})
	if err == nil || !strings.Contains(err.Error(), "match: retried is not known without a journal") {
		t.Error(err)
	}
}

// The header Host is one as all others, in rules and in the journal.
func TestRuleThatAsksForTheHost(t *testing.T) {
	server := StartInMemory(t, Config{})
	server.AddRule(fault.Rule{Op: OmniflowCreateAgent, Match: journal.Match{Header: map[string]string{"Host": "mock.localhost"}}, Do: []fault.Fault{fault.Status(503)}})
	if got := createOmniflow(server.Namespace("")); got.status != 503 {
		t.Errorf("%d %s", got.status, got.body)
	}
	server.AssertMatches(t, journal.Match{Prefix: map[string]string{"header host": "mock."}}, journal.Exactly(1))
}

func TestRulesAreAskedInOrder(t *testing.T) {
	server := StartInMemory(t, Config{})
	for i := range 3 {
		server.Fail(OmniflowCreateAgent, fault.Status(500+i))
	}
	var got []int
	for range 4 {
		got = append(got, createOmniflow(server.Namespace("")).status)
	}
	if diff := cmp.Diff([]int{500, 501, 502, 200}, got); diff != "" {
		t.Error(diff)
	}
	for i, rule := range server.Rules() {
		if rule.ID() != fmt.Sprintf("r%d", i+1) || rule.Fired() != 1 {
			t.Errorf("rule %s fired %d", rule.ID(), rule.Fired())
		}
	}
}

func TestRedirectKeepsRule(t *testing.T) {
	server := StartInMemory(t, Config{})
	server.Fail(OmniflowCreateAgent, fault.Redirect(307, omniflowAgents))
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	got := exchangeWith(client, omniflowRequest(server.Namespace(""), "POST", omniflowAgents, `{}`))
	if got.status != 307 || got.header.Get("Location") != omniflowAgents {
		t.Errorf("got %+v", got)
	}
}

func TestReplaceRules(t *testing.T) {
	server := testServer(t, Config{})
	add := func(op string) *ActiveRule {
		return server.AddRule(fault.Rule{Op: op, Do: []fault.Fault{fault.Status(503)}})
	}
	there := func(want string) {
		t.Helper()
		var ids []string
		for _, rule := range server.Rules() {
			ids = append(ids, rule.ID())
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("the rules are %s, want %s", got, want)
		}
	}
	first, second := add(OmniflowGetAgent), add(OmniflowGetAgent)
	third := add(OmniflowGetAgent)
	spec := func(status int) fault.Rule {
		return fault.Rule{Op: OmniflowListAgents, Do: []fault.Fault{fault.Status(status)}}
	}
	for _, wrong := range []struct {
		specs []fault.Rule
		says  string
	}{
		{[]fault.Rule{spec(500), {Op: "x"}}, `rule 2: unknown op "x"`},
		{slices.Repeat([]fault.Rule{spec(500)}, 10_000), "there would be 10001; 10000 are allowed"},
	} {
		if _, err := server.ReplaceRules([]*ActiveRule{first, second}, wrong.specs...); err == nil || !strings.Contains(err.Error(), wrong.says) {
			t.Errorf("error is %v, want %s", err, wrong.says)
		}
		there("r1 r2 r3")
	}
	replaced, err := server.ReplaceRules([]*ActiveRule{second}, spec(500), spec(502))
	if err != nil {
		t.Fatal(err)
	}
	there("r1 r4 r5 r3")
	if got := getOmniflow(server, "").Code; got != 500 || second.Remaining() != 0 || third.Remaining() != -1 {
		t.Errorf("status %d, %d and %d remaining", got, second.Remaining(), third.Remaining())
	}
	if _, err := server.ReplaceRules(append(replaced, first)); err != nil {
		t.Fatal(err)
	}
	there("r3")
	if _, err := server.ReplaceRules(replaced, spec(500)); err != nil {
		t.Fatal(err)
	}
	there("r3 r6")
}
