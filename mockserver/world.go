package mockserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/fault"
	"github.com/agentclients/agentclients-go/mockserver/internal/engine"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/mockserver/script"
)

// world is what a Server and a Namespace have in common. Both embed it, so
// that its methods, with their documentation, are theirs.
//
// A call that is wrong in itself fails the test of Start and StartInMemory at
// the line of the caller; without a test it panics.
type world struct {
	w    *engine.World
	tb   TB    // never nil: where there is no test, it panics
	live *live // what serves the connections; nil for New
}

// must ends the test if a call of this package was wrong in itself.
func (w world) must(err error) {
	w.tb.Helper()
	if err != nil {
		w.tb.Fatalf("mockserver: %v", err)
	}
}

// wrapped says of an error whose it is.
func wrapped(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("mockserver: %w", err)
}

// Name is the name of the namespace; "" is the default one.
func (w world) Name() string { return w.w.Name() }

// URL returns the base URL of one API, such as mockserver.Orq, to be given to
// a client. An unknown API fails the test.
func (w world) URL(api string) string {
	w.tb.Helper()
	url, err := w.w.BaseURL(api)
	w.must(err)
	return url
}

// Client returns an HTTP client that reaches the server: in memory after
// StartInMemory, over the network otherwise. Its connections end with Close.
func (w world) Client() *http.Client {
	if w.live == nil {
		return &http.Client{}
	}
	return &http.Client{Transport: w.live.transport}
}

// Fail makes the next requests of an operation fail: the first one gets the
// first fault, and so on; afterwards the operation works normally. An
// operation or a fault that is not valid fails the test.
func (w world) Fail(operation string, faults ...fault.Fault) *ActiveRule {
	w.tb.Helper()
	return w.AddRule(fault.Rule{Op: operation, Queue: faults})
}

// AddRule adds a rule behind those that there are. A request is hit by the
// first rule that wants it. A rule that is not valid fails the test; so does
// the 10,001st, and one with which they have more than 16 MiB as JSON, or those
// of all namespaces 64 MiB.
func (w world) AddRule(rule fault.Rule) *ActiveRule {
	w.tb.Helper()
	added, err := w.w.AddRule(rule)
	w.must(err)
	return &ActiveRule{added}
}

// Stub responds to a request that the API has and the mock does not emulate:
// to the method and the path below the API's prefix, where an element that is
// "*" stands for any one and "**" at the end for whatever follows, with a
// status and a body. A string, a []byte or a json.RawMessage is the body as it
// is, nil none, and anything else is written as JSON. Requests need no
// credential for it, and count against no limit. It lasts until a reset of the
// rules; of several rules the first that wants a request has it, so a stub of
// an operation that is emulated hides it. A method or a path that is missing, a
// path that has a query or does not begin with a slash, an unknown API, a status
// that is not 200 to 599, or a body that cannot be written fails the test.
//
//	mock.Stub("GET", mockserver.Orq, "/v2/knowledge/*", 200, map[string]any{"_id": "k1"})
func (w world) Stub(method, api, path string, status int, body any) *ActiveRule {
	w.tb.Helper()
	w.must(checkStub(method, api, path))
	var text []byte
	switch body := body.(type) {
	case nil:
	case string:
		text = []byte(body)
	case []byte:
		text = body
	case json.RawMessage:
		text = body
	default:
		var err error
		text, err = json.Marshal(body)
		w.must(err)
	}
	return w.AddRule(fault.Rule{
		Op: fault.AnyOp, Match: journal.Match{Method: method, API: api, Path: path}, Stub: true,
		Do: []fault.Fault{fault.Status(status, fault.Body(string(text)))},
	})
}

// checkStub refuses what would be a stub of more than was meant, or of nothing.
func checkStub(method, api, path string) error {
	switch {
	case method == "":
		return errors.New("stub: method is missing")
	case api == "":
		return errors.New("stub: api is missing")
	case path == "":
		return errors.New(`stub: path is missing; "/**" stands for all of them`)
	case strings.ContainsAny(path, "?#"):
		return fmt.Errorf("stub: path %.80q has more than a path; to ask for a query, add a rule with Match.Contains", path)
	}
	return nil
}

// ReplaceRules takes rules out and puts others in their place: where the
// first of them stood or, if none is there any more, behind all. No request
// comes in between. The error says which rule is wrong, what is wrong with it
// and what is allowed; also that there would be more than 10,000 rules or 16 MiB of
// them, or 64 MiB in all namespaces. Then nothing was changed.
func (w world) ReplaceRules(old []*ActiveRule, rules ...fault.Rule) ([]*ActiveRule, error) {
	before := make([]*engine.Rule, len(old))
	for i, r := range old {
		before[i] = r.rule
	}
	added, err := w.w.ReplaceRules(before, rules...)
	return activeRules(added), wrapped(err)
}

// Rules returns the rules in the order in which they are asked, those that
// are used up included.
func (w world) Rules() []*ActiveRule { return activeRules(w.w.Rules()) }

// Unfired returns, for people, the faults that never happened: one line each.
func (w world) Unfired() []string { return w.w.Unfired() }

// Script queues replies for the runs of an API's agents: each run takes the
// next one that is for it. A run for which there is none gets the fixed text
// of the API. An API whose agents do not run here, or a reply that is not
// valid, fails the test.
func (w world) Script(api string, replies ...script.Reply) {
	w.tb.Helper()
	w.must(w.w.Script(api, replies...))
}

// ScriptFunc lets a function decide the replies of an API for which the queue
// has none: script.Echo, for one. It is called without any lock.
func (w world) ScriptFunc(api string, decide script.Func) {
	w.tb.Helper()
	w.must(w.w.ScriptFunc(api, decide))
}

// Release lets the runs of an API go on that a script holds, or that ask a
// person: those in one thread (a session, a task), or all if it is empty. It
// returns how many there were.
func (w world) Release(api, thread string) int {
	w.tb.Helper()
	released, err := w.w.Release(api, thread)
	w.must(err)
	return released
}

// Receive lets an API receive a message that a person writes to one of its
// agents, over the phone network, say. The agent replies to it as Script says.
// A message to a conversation that does not exist fails the test; so does an
// API whose agents get no such messages here.
func (w world) Receive(api string, message script.Inbound) script.Received {
	w.tb.Helper()
	received, err := w.w.Receive(api, message)
	w.must(err)
	return received
}

// Calls returns the requests in the journal that match, oldest first; the
// zero Match matches all. A request that is still being served is among them,
// with the outcome journal.Open. A match that names something unknown fails
// the test.
func (w world) Calls(match journal.Match) []journal.Call {
	w.tb.Helper()
	found, err := w.w.Find(match)
	w.must(err)
	return found.Calls
}

// Count returns how many requests in the journal match.
func (w world) Count(match journal.Match) int {
	w.tb.Helper()
	return len(w.Calls(match))
}

// DroppedCalls is how many requests the journal has forgotten because it was
// full.
func (w world) DroppedCalls() int { return w.w.Activity().Dropped }

// Wait waits until at least that many requests in the journal match, and
// returns them. It ends with an error that names the nearest request when
// the context ends, the server closes or the namespace is dropped. A reset of
// the journal does not end it: it waits for requests that come afterwards.
func (w world) Wait(ctx context.Context, least int, match journal.Match) ([]journal.Call, error) {
	found, err := w.w.Wait(ctx, match, least)
	return found.Calls, wrapped(err)
}

// CheckMatches returns an error if not that many requests match, one that shows
// the nearest other request and how it differs. It also returns one if it
// cannot know, because the journal has dropped requests or is off.
func (w world) CheckMatches(match journal.Match, count journal.Count) error {
	return wrapped(w.w.Check(match, count))
}

// AssertMatches fails the test if not that many requests match. It prints the
// nearest other request and how it differs.
func (w world) AssertMatches(tb TB, match journal.Match, count journal.Count) {
	tb.Helper()
	if err := w.CheckMatches(match, count); err != nil {
		tb.Errorf("%v", err)
	}
}

// AssertCalls fails the test if an operation was not called exactly that many
// times, every try of a client counted. It prints the nearest other request
// and how it differs.
func (w world) AssertCalls(tb TB, operation string, count int) {
	tb.Helper()
	w.AssertMatches(tb, journal.Match{Op: operation}, journal.Exactly(count))
}

// Differences returns in what the mock's responses differed from those of the
// real APIs that Config.Compare names: each difference once, in the order in
// which they showed, with the ids of the first and the last call. It keeps
// 1,000 of them, until PartJournal is reset. Without Config.Compare it is
// empty.
func (w world) Differences() []journal.Finding { return w.w.Differences().Findings }

// Agents returns a copy of the agents of an API that exist now, in the order
// of their creation. Archived and deleted ones are not among them. An unknown
// API fails the test.
func (w world) Agents(api string) []Agent {
	w.tb.Helper()
	found, err := w.w.Agents(api)
	w.must(err)
	agents := make([]Agent, len(found))
	for i, a := range found {
		agents[i] = Agent(a)
	}
	return agents
}

// Agent is an agent as the server knows it.
type Agent struct {
	// ID is what the API calls the agent: its id, or its key on orq.
	ID string
	// Name is the agent's display name.
	Name string
	// Tenant is whose agent it is: the workspace on omniflow, the user on
	// phoneagents, elsewhere the organization, "" without Config.Tenants.
	Tenant string
	// JSON is the agent as a read of it responds.
	JSON json.RawMessage
}

// Snapshot returns the records of the namespace, and what its next ids are
// made from, as a JSON document for Load, Restore and Config.Seed. It holds
// no credentials: those of requests are never stored, and where a record has
// a secret by name, such as "api_key" in a free-form member, the document has
// "[redacted]". Rules and journal are not in it.
func (w world) Snapshot() json.RawMessage { return w.w.Snapshot() }

// Load replaces the records of the namespace by those of a snapshot, and
// makes them the state that Reset goes back to. The error says what is wrong
// with the snapshot; then nothing was changed.
func (w world) Load(snapshot json.RawMessage) error { return wrapped(w.w.Load(snapshot)) }

// Restore replaces the records of the namespace by those of a snapshot. Reset
// still goes back to the seed that there was before. The error says what is
// wrong with the snapshot; then nothing was changed.
func (w world) Restore(snapshot json.RawMessage) error { return wrapped(w.w.Restore(snapshot)) }

// Reset takes the namespace back to what it was at its beginning: the state
// to the seed, everything else to nothing. Without parts, all of it. Requests
// that a fault keeps waiting end without a response. The error names a part
// that does not exist; then nothing was reset.
func (w world) Reset(parts ...Part) error {
	names := make([]string, len(parts))
	for i, part := range parts {
		names[i] = string(part)
	}
	return wrapped(w.w.Reset(names...))
}

// Part is a part of a namespace that can be reset alone.
type Part string

// The parts of a namespace.
const (
	// PartState is the records of all APIs.
	PartState Part = engine.PartState
	// PartReplies is the scripted replies.
	PartReplies Part = engine.PartReplies
	// PartRules is the rules.
	PartRules Part = engine.PartRules
	// PartJournal is the journal, and what a test fails on at its end.
	PartJournal Part = engine.PartJournal
	// PartIDs is the counters that deterministic ids are made from.
	PartIDs Part = engine.PartIDs
	// PartClock is what SetTime and Advance did.
	PartClock Part = engine.PartClock
	// PartRateLimits is the requests that count against rate limits.
	PartRateLimits Part = engine.PartRateLimits
	// PartStalls is the requests that wait because of a fault. They end
	// without a response.
	PartStalls Part = engine.PartStalls
)

// Now is the time by the clock of the namespace, in UTC: what records are
// stamped with and what rate limits count by. It is always from 1970 to 9999,
// whatever Config.Now says. The waits of faults follow the real clock
// instead, as the client does.
func (w world) Now() time.Time { return w.w.Now() }

// SetTime stops the clock at a moment. It stands there until Advance, SetTime
// or a reset. A moment that is not from 1970 to 9999 fails the test.
func (w world) SetTime(t time.Time) {
	w.tb.Helper()
	w.must(w.w.SetTime(t))
}

// Advance moves the clock, whether it runs or stands. A negative duration
// moves it back. If the clock would not stay between 1970 and 9999, it fails
// the test.
func (w world) Advance(d time.Duration) {
	w.tb.Helper()
	w.must(w.w.Advance(d))
}
