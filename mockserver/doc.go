// Package mockserver emulates five APIs that create AI agents, well enough to
// test clients of them in any language: the Omni Flow agents of Trillet
// (omniflow), the agentic loop of Everruns (agentloop), orq.ai (orq), agents
// bound to phone numbers (phoneagents) and xpander.ai (xpander).
//
// Its state is real. What was created can be got, listed, changed and
// deleted, and is refused when the API would refuse it, with the API's own
// status, texts and order of checks.
//
// # In a Go test
//
// Start serves on a free port of this machine until the test ends;
// StartInMemory does the same without a network. Give the client the URL of
// its API and, in memory, the HTTP client:
//
//	mock := mockserver.StartInMemory(t, mockserver.Config{})
//	client, err := orq.NewClient(orq.Config{
//		APIKey:  "any",
//		Options: agentclients.Options{BaseURL: mock.URL(mockserver.Orq), HTTPClient: mock.Client()},
//	})
//
// Every API has its own prefix: /orq/v2/agents is the path /v2/agents of orq.
// New makes a server that is just an http.Handler, for everything else.
//
// Programs and examples use Listen, or InMemory, and Close. What the comments
// here say "fails the test" panics there, since there is no test; what Start
// looks for at the end of a test is not looked for.
//
// A request whose Host is a vendor's (Hosts lists them) goes to that API
// without a prefix, so that a client with a fixed base URL reaches the mock
// through a hosts file or a dialer.
//
// # Faults
//
// Package fault has what can go wrong. Fail makes the next requests of an
// operation go wrong, one fault each, in order; AddRule does it to requests
// that match, with Skip, Times, Every and Rate:
//
//	mock.Fail(mockserver.OrqCreateAgent, fault.Status(429), fault.Drop(fault.AfterCommit))
//	mock.AddRule(fault.Rule{Op: mockserver.OrqCreateAgent, Skip: 1, Times: 2, Do: []fault.Fault{fault.Reset()}})
//
// This rule loses every response once, whatever the program calls, so that a
// test sees how it takes that at each step:
//
//	mock.AddRule(fault.Rule{Op: fault.AnyOp, Match: journal.Match{Retried: new(false)}, Do: []fault.Fault{fault.Drop(fault.AfterCommit)}})
//
// The stage of a fault says what has happened by then. After AfterCommit the
// agent exists, although the client never learns of it: that is how clients
// that retry carelessly make a second one.
//
// # What is not emulated
//
// Stub responds to a path that the API has and the mock does not. Any other
// such request gets the 404 of the API, whose header X-Mock-Reason names the
// nearest operation and what is known and not emulated, and fails the test:
//
//	mock.Stub("GET", mockserver.Orq, "/v2/knowledge/*", 200, map[string]any{"_id": "k1"})
//
// # Agents that run
//
// Package script has what agents say. Script queues replies, each for one run;
// without any an agent says a fixed text of its API:
//
//	mock.Script(mockserver.Agentloop, script.Reply{Text: "Hello"}, script.Reply{Error: "the model is busy"})
//
// Streams of events follow a run as it goes, by the clock of the mock, and
// break as fault.CutStream and others want it. Receive lets a person write to
// an agent over the phone network, say. It goes on with the conversation of
// that person, and To begins one:
//
//	mock.Receive(mockserver.Omniflow, script.Inbound{From: "+12025550123", To: flow.ID, Text: "When do you open?"})
//
// # Looking back
//
// Package journal has the words for what was asked. Calls, Count, Wait,
// AssertCalls and AssertMatches look into the journal of requests. It never
// holds a credential, is bounded, and says when it has forgotten something
// that an assertion would need:
//
//	mock.AssertCalls(t, mockserver.OrqCreateAgent, 2)
//	mock.AssertMatches(t, journal.Match{Path: "/v2/agents/*", Status: 404}, journal.AtLeast(1))
//
// Agents lists the agents that exist now, and Snapshot has everything else,
// too. At its end, a test fails by itself if a
// request matched no operation or a fault never fired.
//
// # Seeds
//
// Snapshot is all that exists as a document, which a server can start from
// (Config.Seed, Load), except that the secrets of records are "[redacted]"
// there. A document is also easily written by hand: per API and kind, records
// with their id, in the form in which the API writes them:
//
//	{"version": 1, "apis": {"orq": {"agents": [
//		{"id": "desk", "record": {"display_name": "Desk", "role": "Assistant", "description": "Helps",
//			"instructions": "Be brief", "model": {"id": "openai/gpt-4o"}}}
//	]}}}
//
// What a record leaves out has the default of the API: it is live, its name
// is its id, it was made in 1970. A record belongs to the organization
// "tenant"; without one it belongs to all who use no Config.Tenants. One that
// names no workspace (omniflow) or user (phoneagents) is in all of them.
// An id twice is an error, and no new record ever gets the id of another.
//
// # Time
//
// Inside a testing/synctest bubble StartInMemory plays a minute of 429s in
// milliseconds: delays, stalls and the waits of the client are virtual. The
// clock that dates records and refills rate limits (Config.RateLimits) can
// be set with SetTime and Advance.
//
// # Many tests on one server
//
// A Namespace is a world of its own: state, rules, journal, ids, clock and
// rate limits. Requests choose theirs by the path, /_ns/NAME/orq/..., by a
// credential that contains mock_ns_NAME_, or by the header X-Mock-Namespace.
// MakeNamespace gives a namespace accepted credentials, a strictness and a
// TTL of its own.
//
// # From other languages
//
// The program in cmd/agentmock serves the same, and so does every Server: it
// can be driven over HTTP under /_mock, with the same words; /_mock/openapi.json
// lists every call, and GET /_mock/ is a page for people. What has another name
// there: Script is POST …/replies, Receive is POST …/messages, AssertMatches is
// POST …/journal/count, and Stub is a rule:
//
//	{"op": "*", "stub": true, "match": {"api": "orq", "method": "GET", "path": "/v2/knowledge/*"},
//		"do": [{"status": 200, "body": {"_id": "k1"}}]}
//
// Only callers on the
// same machine may use any of it, unless Config.AdminToken is set. Nothing but
// POST /_mock/namespaces and a request to an API makes a namespace: to one that
// does not exist, all else is 404.
//
// Web pages of others may use neither the admin API nor the emulated APIs:
// what a browser sends for them gets 403. Config.AllowOrigins names the pages
// that may, such as those of a front end under development.
package mockserver
