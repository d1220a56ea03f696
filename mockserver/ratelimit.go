package mockserver

import (
	"hash/maphash"
	"net/http"
	"strconv"
	"time"
)

// RateLimit is a number of requests in a span of time. The span begins with
// the first request in it.
type RateLimit struct {
	// Requests is how many requests may be made.
	Requests int
	// Per is how long they count.
	Per time.Duration
}

// apiLimits is how one API limits requests and tells about it.
type apiLimits struct {
	limits     []RateLimit
	headers    bool   // X-RateLimit headers on every answer
	always     bool   // these also while the limits are not enforced
	retryAfter bool   // Retry-After with 429
	guess      string // what no source documents
}

// documentedLimits are the limits of the real APIs.
var documentedLimits = map[API]apiLimits{
	Omniflow:    {limits: []RateLimit{{60, time.Minute}}},
	Agentloop:   {limits: []RateLimit{{1200, time.Minute}}, retryAfter: true},
	Orq:         {limits: []RateLimit{{100, time.Minute}}, headers: true, retryAfter: true, guess: "orq.rate-limit"},
	Phoneagents: {limits: []RateLimit{{100, time.Minute}, {1000, time.Hour}}, headers: true, guess: "phoneagents.429-body"},
	Xpander:     {limits: []RateLimit{{100, time.Minute}, {1000, time.Hour}}, headers: true, always: true},
}

// maxLimited is how many credentials are counted at a time in a namespace.
const maxLimited = 10_000

// limitKey is whose requests are counted. The credential is hashed: none is
// kept.
type limitKey struct {
	api        API
	credential uint64
}

var credentialSeed = maphash.MakeSeed()

// window counts the requests of one limit.
type window struct {
	used int
	ends time.Time
}

// limitStatus is what an answer tells about the limit that is nearest.
type limitStatus struct {
	limit, remaining int
	reset            time.Time
	headers          bool
	retryAfter       int // seconds; 0: not told
}

// limited counts a request against the limits of its API, if there are any
// or if its answers tell of them all the time. It reports true, with the API's
// own 429, for one that is over limits that are enforced; that one does not
// count. Dialects call it right after they checked the credential.
func (x *exchange) limited(credential string) (answer, bool) {
	config := &x.namespace.server.config
	api := x.dialect.api()
	rules := documentedLimits[api]
	enforced := config.RateLimits
	switch {
	case config.RateLimit.Requests > 0:
		rules.limits, enforced = []RateLimit{config.RateLimit}, true
	case !enforced && !rules.always, len(rules.limits) == 0:
		return answer{}, false
	}
	now := x.now()
	windows := x.namespace.windows(limitKey{api, maphash.String(credentialSeed, credential)}, len(rules.limits), now)
	over := -1
	nearest := 0
	for i, limit := range rules.limits {
		if !now.Before(windows[i].ends) {
			windows[i] = window{ends: now.Add(limit.Per)}
		}
		left := limit.Requests - windows[i].used
		if left <= 0 && (over < 0 || windows[i].ends.After(windows[over].ends)) {
			over = i // of several the one that lasts longest
		}
		if left < rules.limits[nearest].Requests-windows[nearest].used {
			nearest = i
		}
	}
	if over >= 0 {
		nearest = over
	} else {
		for i := range windows {
			windows[i].used++
		}
	}
	x.limit = limitStatus{
		limit:     rules.limits[nearest].Requests,
		remaining: rules.limits[nearest].Requests - windows[nearest].used,
		reset:     windows[nearest].ends,
		headers:   rules.headers,
	}
	if over < 0 || !enforced {
		return answer{}, false
	}
	if rules.guess != "" {
		x.guess(rules.guess)
	}
	if rules.retryAfter {
		x.limit.retryAfter = ceilSeconds(x.limit.reset.Sub(now))
	}
	a := x.dialect.failure(x, http.StatusTooManyRequests, "")
	a.reason = "rate limit: " + strconv.Itoa(x.limit.limit) + " requests in " + rules.limits[over].Per.String() +
		", used up until " + x.limit.reset.Format(time.RFC3339)
	return a, true
}

// limitReset is when the limit that refused the request ends: in a minute if
// none did, because a fault answers in its place.
func (x *exchange) limitReset() time.Time {
	if x.limit.reset.IsZero() {
		return x.now().Add(time.Minute)
	}
	return x.limit.reset
}

// addTo writes the headers that tell about the limit.
func (l *limitStatus) addTo(header http.Header, status int) {
	if l.headers {
		// Spelled as the canonical form of net/http: header names have no case.
		header["X-Ratelimit-Limit"] = []string{strconv.Itoa(l.limit)}
		header["X-Ratelimit-Remaining"] = []string{strconv.Itoa(l.remaining)}
		header["X-Ratelimit-Reset"] = []string{strconv.FormatInt(l.reset.Unix(), 10)}
	}
	if l.retryAfter > 0 && status == http.StatusTooManyRequests {
		header["Retry-After"] = []string{strconv.Itoa(l.retryAfter)}
	}
}

// windows returns the counters of one credential. The caller holds the lock.
func (n *Namespace) windows(key limitKey, count int, now time.Time) []window {
	if found, ok := n.limits[key]; ok {
		return found
	}
	if n.limits == nil {
		n.limits = make(map[limitKey][]window)
	}
	if len(n.limits) >= maxLimited {
		n.forgetLimits(now)
	}
	made := make([]window, count)
	n.limits[key] = made
	return made
}

// forgetLimits makes room: it drops the counters whose time is over, or all
// of them if there is none.
func (n *Namespace) forgetLimits(now time.Time) {
	for key, windows := range n.limits {
		running := false
		for _, w := range windows {
			running = running || now.Before(w.ends)
		}
		if !running {
			delete(n.limits, key)
		}
	}
	if len(n.limits) >= maxLimited {
		clear(n.limits)
	}
}

// ceilSeconds is a duration in whole seconds, rounded up.
func ceilSeconds(d time.Duration) int {
	return int((max(d, 0) + time.Second - 1) / time.Second)
}
