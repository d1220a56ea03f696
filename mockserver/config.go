package mockserver

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
	"github.com/agentclients/agentclients-go/mockserver/internal/engine"
	"github.com/agentclients/agentclients-go/mockserver/internal/jsontext"
)

// Config configures a Server. The zero value emulates all five APIs, accepts
// every well-formed credential, follows the real clock and limits nothing.
type Config struct {
	// APIs are the APIs that are emulated, such as Orq. Empty: all of them.
	APIs []string

	// Root is an API that is served without a prefix, too, for clients whose
	// base URL cannot have a path. Empty: none.
	Root string

	// APIKeys are the credentials that are accepted; any other gets 401.
	// Empty: every well-formed credential is accepted. A missing credential is
	// always 401.
	APIKeys []string

	// Tenants tells organizations apart: it maps credentials to the names of
	// their organizations, and two credentials see the same records if they
	// have the same one. A credential that it does not name belongs to an
	// organization without a name. Empty: all credentials are of one
	// organization. Workspaces on omniflow and users on phoneagents stand
	// apart in any case.
	Tenants map[string]string

	// Variants switches APIs away from their default behaviour. The constants
	// with an "@" in their value, such as OrqNoDone, are those that there are.
	// Empty: the default behaviour of all.
	Variants []string

	// Strictness is what is done about requests that the API would let pass
	// although something is wrong with them. Empty: AsAPI.
	Strictness Strictness

	// RateLimits enforces the documented limits of the real APIs, which their
	// names (Omniflow and so on) tell, by the clock of the namespace and per
	// credential.
	RateLimits bool

	// RateLimit replaces the limits of all APIs by this one. Zero: the
	// documented limits if RateLimits is set, otherwise none.
	RateLimit RateLimit

	// Now is the clock. Nil: time.Now, which is the virtual clock inside a
	// testing/synctest bubble. Times before 1970 and after 9999 count as the
	// first and the last moment of these years.
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

	// AllowOrigins are the origins of web pages that may use the server, such
	// as "http://localhost:3000": their requests are served, on the emulated
	// APIs as on the admin API, and browsers let them read the responses.
	// A request with another Origin, or one without that a browser says came
	// from another site, gets 403 before a namespace is made or anything is
	// journalled for it. The server's own pages may use it anyway: those of
	// PublicURL, of the address that it listens on, and of localhost,
	// 127.0.0.1 and [::1] with the same port. Empty: no others may.
	AllowOrigins []string

	// ClockStep is by how much each request but the first moves the clock of
	// its namespace, so that what is made one after the other is dated one
	// after the other although Now stands still. At the end of the year 9999
	// it stands. Zero: not at all.
	ClockStep time.Duration

	// Compare sends the requests to an API on to the real one: it maps APIs, such
	// as Orq, to the base URLs of the real ones. A request goes there once, with
	// the credential that it brings, and the real response comes back. The mock
	// serves it, too, with its own ids in the place of the real ones, and
	// Differences lists in what its responses differ from the real ones. Rules
	// do not hit such requests. Of real responses only shapes are kept. Empty:
	// nothing is sent anywhere.
	Compare map[string]string

	// CompareKeep keeps what real APIs respond in the journal, without
	// credentials and secret members.
	CompareKeep bool

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

	// ForbidGuesses fails a test if it got a response that no source
	// documents and that is a guess at what the API would do.
	ForbidGuesses bool
}

// Strictness is what is done about requests that the API would let pass
// although something is wrong with them: a member of the body that no
// document has, at any depth that is documented, one that is deprecated or
// that is there twice, a key of orq that breaks the documented pattern, a body
// that is not declared as JSON, a body where none belongs, a query that cannot
// be read.
type Strictness string

// What can be done about such requests.
const (
	// AsAPI does what the API does: nothing, as far as is known.
	AsAPI Strictness = Strictness(engine.AsAPI)
	// Report lists the problems in the journal. Start fails the test at its
	// end, unless Config.AllowProblems is set.
	Report Strictness = Strictness(engine.Report)
	// Reject also responds with 400 in the API's own shape, to a request that
	// has an accepted credential and is within the rate limits.
	Reject Strictness = Strictness(engine.Reject)
)

// RateLimit is a number of requests in a span of time. The span begins with
// the first request in it.
type RateLimit struct {
	// Requests is how many requests may be made.
	Requests int
	// Per is how long they count.
	Per time.Duration
}

// choose returns the APIs that the configuration asks for.
func (c *Config) choose(all []*engine.Emulation) ([]*engine.Emulation, error) {
	var names []string
	var chosen []*engine.Emulation
	for _, api := range all {
		names = append(names, api.Name)
		if len(c.APIs) == 0 || slices.Contains(c.APIs, api.Name) {
			chosen = append(chosen, api)
		}
	}
	for _, name := range c.APIs {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("unknown API %q in APIs; there are %s", name, jsontext.Quote(names))
		}
	}
	return chosen, nil
}

// engine is what the engine is to know of the configuration.
func (c *Config) engine(apis []*engine.Emulation) engine.Config {
	return engine.Config{
		APIs:           apis,
		Root:           c.Root,
		APIKeys:        c.APIKeys,
		Tenants:        c.Tenants,
		Variants:       c.Variants,
		Strictness:     engine.Strictness(c.Strictness),
		RateLimits:     c.RateLimits,
		RateLimit:      emulate.Limit{Requests: c.RateLimit.Requests, Per: c.RateLimit.Per},
		Now:            c.Now,
		Deterministic:  c.Deterministic,
		Seed:           c.Seed,
		JournalEntries: c.JournalEntries,
		JournalBytes:   c.JournalBytes,
		MaxNamespaces:  c.MaxNamespaces,
		NamespaceTTL:   c.NamespaceTTL,
		PublicURL:      c.PublicURL,
		AllowOrigins:   c.AllowOrigins,
		ClockStep:      c.ClockStep,
		Compare:        c.Compare,
		CompareKeep:    c.CompareKeep,
		Logger:         c.Logger,
	}
}

// allowances say what a test does not fail for at its end.
type allowances struct{ unmatched, unfired, problems, guesses bool }

func (c *Config) allowances() allowances {
	return allowances{c.AllowUnmatched, c.AllowUnfired, c.AllowProblems, !c.ForbidGuesses}
}
