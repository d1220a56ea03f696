package mockserver

import (
	"encoding/json"
	"log/slog"
	"time"
)

// Config configures a Server. The zero value emulates all five APIs, accepts
// every well-formed credential, follows the real clock and limits nothing.
type Config struct {
	// APIs are the APIs that are emulated. Empty: all of them.
	APIs []API

	// Root is an API that is served without a prefix, too, for clients whose
	// base URL cannot have a path. Empty: none.
	Root API

	// APIKeys are the credentials that are accepted; any other is answered
	// with 401. Empty: every well-formed credential is accepted. A missing
	// credential is always 401.
	APIKeys []string

	// Variants switches APIs away from their default behaviour.
	Variants []Variant

	// Strictness is what is done about requests that the API would let pass
	// although something is wrong with them. Empty: AsAPI.
	Strictness Strictness

	// RateLimits enforces the documented limits of the real APIs, by the
	// clock of the namespace and per credential: 60 requests a minute on
	// omniflow, 1,200 a minute on agentloop, 100 a minute on orq, and 100 a
	// minute and 1,000 an hour on phoneagents and xpander. Without it xpander
	// still counts in its X-RateLimit headers, which are on every answer.
	RateLimits bool

	// RateLimit replaces the limits of all APIs by this one. Zero: the
	// documented limits if RateLimits is set, otherwise none.
	RateLimit RateLimit

	// Now is the clock. Nil: time.Now, which is the virtual clock inside a
	// testing/synctest bubble.
	Now func() time.Time

	// Deterministic makes the ids of a namespace the same in every run: they
	// are counted instead of drawn. Off: random ids.
	Deterministic bool

	// Seed is the state that every namespace starts from and that Reset goes
	// back to: a document that Namespace.Snapshot made. Empty: no records.
	Seed json.RawMessage

	// JournalEntries is how many requests the journal of a namespace keeps.
	// 0: 1,000. Negative: there is no journal.
	JournalEntries int

	// JournalBytes is how many bytes the journal of a namespace keeps.
	// 0: 16 MiB. Of one body 64 KiB are kept at most.
	JournalBytes int

	// MaxNamespaces is how many namespaces there can be at a time, the
	// default one not counted. 0: 1,000.
	MaxNamespaces int

	// NamespaceTTL is after how long without a request a namespace is
	// dropped, unless it has a TTL of its own. 0: 30 minutes. The default
	// namespace is never dropped.
	NamespaceTTL time.Duration

	// PublicURL is the address under which clients reach a server that New
	// made, such as "http://127.0.0.1:8080"; URL puts it before its paths.
	// Start and StartInMemory know their own.
	PublicURL string

	// ClockStep is by how much each request but the first moves the clock of
	// its namespace, so that what is made one after the other is dated one
	// after the other although Now stands still. Zero: not at all.
	ClockStep time.Duration

	// AdminToken must be brought by those who use the admin API under /_mock/,
	// as "Authorization: Bearer TOKEN". Empty: it is open to callers on this
	// machine, and to nobody else.
	AdminToken string

	// Logger gets one record per request at level Debug and one per panic at
	// level Error. Nil: silent. Credentials, queries and bodies are never
	// logged.
	Logger *slog.Logger

	// AllowUnmatched lets a test pass that Start or StartInMemory serves
	// although a request matched no operation.
	AllowUnmatched bool

	// AllowUnfired lets a test pass although a fault never fired.
	AllowUnfired bool

	// AllowProblems lets a test pass although Strictness found problems.
	AllowProblems bool

	// ForbidGuesses fails a test if it got an answer that no source
	// documents and that is our guess of what the API would do.
	ForbidGuesses bool
}

// The defaults of Config.
const (
	defaultJournalEntries = 1000
	defaultJournalBytes   = 16 << 20
	defaultMaxNamespaces  = 1000
	defaultNamespaceTTL   = 30 * time.Minute
)
