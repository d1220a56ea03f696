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
// # Faults
//
// Fail makes the next requests of an operation go wrong, one fault each, in
// order; afterwards it works normally:
//
//	mock.Fail(mockserver.OrqCreateAgent,
//		mockserver.Status(429, mockserver.RetryAfter(2*time.Second)),
//		mockserver.Drop(mockserver.AfterCommit))
//
// The stage of a fault says what has happened by then. After AfterCommit the
// agent exists, although the client never learns of it: that is how clients
// that retry carelessly make a second one. When makes rules that last, for
// requests that match, with Skip, Times, Every and Rate:
//
//	mock.When(mockserver.OrqCreateAgent, mockserver.JSONAt("/key", "desk")).
//		Skip(1).Times(2).Do(mockserver.Delay(time.Second), mockserver.Reset())
//
// Besides faults of the connection there are those of the answer: Truncate,
// Malformed, HTML and SlowBody, and valid answers of a newer server:
// UnknownField, UnknownEnum, Null, Omit and TimeDigits.
//
// # Looking back
//
// Calls, Count, Wait and AssertCalls look into the journal of requests. It
// never holds a credential, is bounded, and says when it has forgotten
// something that an assertion would need:
//
//	mock.AssertCalls(t, 2, mockserver.OpIs(mockserver.OrqCreateAgent))
//
// Agents lists what exists now. Snapshot is all of it as a document that a
// server can start from, except that the secrets of records are "[redacted]"
// there. At its end, a test fails by itself if a request matched no operation
// or a fault never fired.
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
// A Namespace is a world of its own: state, faults, journal, ids, clock and
// rate limits. Requests choose theirs by the path, /_ns/NAME/orq/..., by a
// credential that contains mock_ns_NAME_, or by the header X-Mock-Namespace.
// A Server is its own default namespace. MakeNamespace gives a namespace
// accepted credentials, a strictness and a TTL of its own.
//
// # From other languages
//
// The program in cmd/mockserver serves the same, and so does every Server: it
// can be driven over HTTP under /_mock. Operations, faults, matches and rules
// have the same names there; RuleSpec, Fault, Match and Call say what their
// JSON is, and /_mock/openapi.json lists every call. The default namespace is
// called "default":
//
//	POST   /_mock/namespaces                     {"name":"w1","ttl":"1h","strictness":"report","keys":["k1"]}
//	POST   /_mock/namespaces/w1/rules            {"op":"orq.CreateAgent","times":1,"stage":"after-commit","do":[{"drop":{}}]}
//	GET    /_mock/namespaces/w1/rules?unfired=true
//	GET    /_mock/namespaces/w1/journal?op=orq.CreateAgent&format=curl
//	POST   /_mock/namespaces/w1/journal/count    {"match":{"op":"orq.CreateAgent"},"count":2}
//	GET    /_mock/namespaces/w1/state
//	PUT    /_mock/namespaces/w1/clock            {"advance":"1h"}
//	POST   /_mock/namespaces/w1/reset
//
// GET /_mock/ is a page that shows the journal, the rules and the state. Only
// callers on the same machine may use any of it, unless Config.AdminToken is
// set; web pages of others may never.
package mockserver
