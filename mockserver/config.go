package mockserver

import (
	"log/slog"
	"time"
)

// Config configures a Server. The zero value emulates all five APIs, accepts
// every well-formed credential and follows the real clock.
type Config struct {
	// APIKeys are the credentials that are accepted; any other is answered
	// with 401. Empty: every well-formed credential is accepted. A missing
	// credential is always 401.
	APIKeys []string

	// Variants switches APIs away from their default behaviour.
	Variants []Variant

	// Now is the clock. Nil: time.Now, which is the virtual clock inside a
	// testing/synctest bubble.
	Now func() time.Time

	// Deterministic makes the ids of a namespace the same in every run: they
	// are counted instead of drawn. Off: random ids.
	Deterministic bool

	// Logger gets one record per request at level Debug and one per panic at
	// level Error. Nil: silent. Credentials, queries and bodies are never
	// logged.
	Logger *slog.Logger
}
