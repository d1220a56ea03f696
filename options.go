package agentclients

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// Options is what every client can be configured with; the Config of each
// provider embeds it. The zero value is ready for production.
type Options struct {
	// BaseURL is where the API is. It wins over the provider's environment
	// variable and default. A path prefix is kept, with or without a slash at
	// the end. It must be an absolute http or https URL without user, query
	// and fragment.
	BaseURL string

	// HTTPClient sends the requests. It is copied and never changed: its
	// Transport, Jar and Timeout are used, its CheckRedirect is not, since
	// redirects are never followed. A Timeout lowers what AttemptTimeout
	// and RunTimeout of Retry allow one attempt; a stream and a wait for a run
	// may take longer.
	//
	// If it or its Transport is nil, the requests go through one connection
	// pool that all clients of the process share, so that a client costs no
	// connections of its own. The pool is a clone of http.DefaultTransport
	// with its dialers, proxy and TLS settings, or http.DefaultTransport
	// itself if a program put something else than an *http.Transport there.
	// An idle connection of it is closed after 90 s. A program that wants to
	// close connections earlier gives an HTTPClient with a Transport of its
	// own and calls CloseIdleConnections on that; and so does a test inside a
	// testing/synctest bubble, which must not share connections with others.
	HTTPClient *http.Client

	// Retry says how often and when a request is sent again.
	Retry RetryPolicy

	// Stream bounds the streams of events.
	Stream StreamPolicy

	// Limiter is asked before every attempt, retries included. Nil: no limit.
	Limiter Limiter

	// Logger gets one record per attempt at level Debug ("attempt"), and one
	// per retry at level Warn ("retry"). Both have the attributes provider, op
	// (what was tried, such as "create agent"), method, host, path, attempt
	// (the first is 1), status (0: no response), and request_id and error if
	// there are any; an attempt has elapsed, how long it took without the wait
	// for the Limiter, to the header if the response is a stream; a retry has
	// wait. Never headers, queries, bodies or keys. Nil: silent.
	Logger *slog.Logger

	// UserAgent is put before the module's own User-Agent, such as
	// "billing/1.4".
	UserAgent string

	// MaxResponseBytes bounds the response that is read, after decompression.
	// A longer one is an error that matches [ErrResponseTooLarge].
	// Default 16 MiB.
	MaxResponseBytes int64

	// AllowInsecureHTTP allows a base URL with plain http to any host.
	// Without it plain http is refused except to loopback hosts, since it
	// would show the key to the network.
	AllowInsecureHTTP bool
}

// RetryPolicy says how often and when a request is sent again. The zero value
// stands for the defaults.
type RetryPolicy struct {
	// MaxAttempts is how often a request is sent at most, the first time
	// included. 1 turns retries off. Default 3.
	MaxAttempts int

	// MinWait and MaxWait bound the wait between two attempts when the server
	// names none: a random time of up to MinWait, doubled with every attempt,
	// and never more than MaxWait. Defaults 500 ms and 8 s. A wait that the
	// server names is never cut shorter than this one, and up to a tenth of
	// it, at most a second, is added at random.
	MinWait, MaxWait time.Duration

	// MaxRetryAfter is the longest wait named by the server that is sat out.
	// If the server asks for more, the call returns the error at once, with
	// RetryAfter set. Default 60 s.
	MaxRetryAfter time.Duration

	// AttemptTimeout bounds one attempt, from dialing to the last byte of the
	// response. The whole call is bounded by its context. Default 60 s.
	AttemptTimeout time.Duration

	// RunTimeout is the AttemptTimeout of an operation whose response comes
	// only when an agent is done. A call that takes several requests to run an
	// agent ends after it, too, unless its context has a deadline; the error
	// then matches [context.DeadlineExceeded], and the agent goes on. Default
	// 10 min.
	RunTimeout time.Duration

	// AllowDuplicates also repeats creates whose response was lost on APIs
	// that cannot recognize a repeat. One call may then make several agents.
	// What starts a turn of an agent is not repeated all the same.
	AllowDuplicates bool
}

// StreamPolicy bounds the streams of events. The zero value stands for the
// defaults.
type StreamPolicy struct {
	// IdleTimeout breaks a connection on which nothing was read for so long,
	// not even a heartbeat. Only time that is spent waiting for the server
	// counts. Default 90 s where heartbeats are documented (agentloop,
	// phoneagents), elsewhere RetryPolicy.RunTimeout.
	IdleTimeout time.Duration

	// MaxEventBytes bounds one event. A longer one is an error that matches
	// [ErrResponseTooLarge]. Default 4 MiB.
	MaxEventBytes int

	// MaxReconnects is how many connections in a row may fail of a stream
	// that can be resumed where it broke. Default 5; negative: such a stream
	// is not resumed either, and a break is [ErrStreamEnded].
	MaxReconnects int
}

// Limiter delays requests. A *rate.Limiter of golang.org/x/time/rate is one.
type Limiter interface {
	// Wait blocks until a request may be sent. Its error ends the call, and
	// nothing is sent.
	Wait(ctx context.Context) error
}
