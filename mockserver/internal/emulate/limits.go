package emulate

import "time"

// Limit is a number of requests in a span of time. The span begins with the
// first request in it or, if it is rolling, ends with every request.
type Limit struct {
	Requests int
	Per      time.Duration
	Rolling  bool
}

// Limits are how an API limits requests, and how its responses tell of it.
type Limits struct {
	Limits     []Limit
	Headers    bool   // X-RateLimit headers on every response
	Always     bool   // these also while the limits are not enforced
	RetryAfter bool   // Retry-After with 429
	Guess      string // what no source documents
}
