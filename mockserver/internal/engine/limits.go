package engine

import (
	"hash/maphash"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/agentclients/agentclients-go/mockserver/internal/emulate"
)

// maxLimited is how many credentials are counted at a time in a world.
const maxLimited = 10_000

// limitKey is whose requests are counted. The credential is hashed: none is
// kept.
type limitKey struct {
	api        string
	credential uint64
}

var credentialSeed = maphash.MakeSeed()

// window counts the requests of one limit.
type window struct {
	used int
	ends time.Time   // when there is room again
	came []time.Time // of a rolling limit: when each of used did, oldest first
}

// move forgets what does not count any more. Nor does what came later than
// now: the clock was moved back.
func (w *window) move(limit emulate.Limit, now time.Time) {
	if !limit.Rolling {
		if begins := w.ends.Add(-limit.Per); !now.Before(w.ends) || now.Before(begins) {
			*w = window{ends: now.Add(limit.Per)}
		}
		return
	}
	w.came = slices.DeleteFunc(w.came, func(came time.Time) bool {
		return came.After(now) || now.Sub(came) >= limit.Per
	})
	w.settle(limit, now)
}

// count counts a request.
func (w *window) count(limit emulate.Limit, now time.Time) {
	if limit.Rolling {
		w.came = append(w.came, now)
		w.settle(limit, now)
		return
	}
	w.used++
}

// settle says how a rolling window stands.
func (w *window) settle(limit emulate.Limit, now time.Time) {
	w.used, w.ends = len(w.came), now.Add(limit.Per)
	if w.used > 0 {
		w.ends = w.came[0].Add(limit.Per)
	}
}

// limitStatus is what a response tells about the limit that is nearest.
type limitStatus struct {
	limit, remaining int
	reset            time.Time
	headers          bool
	retryAfter       int // seconds; 0: not told
}

// limited counts a request against the limits of its API, if there are any
// or if its responses tell of them all the time. Its error is the API's own
// 429, for a request that is over limits that are enforced; that one does not
// count.
func (x *exchange) limited(credential string) error {
	config := &x.world.engine.config
	rules := x.api.Limits
	enforced := config.RateLimits
	switch {
	case config.RateLimit.Requests > 0:
		rules.Limits, enforced = []emulate.Limit{config.RateLimit}, true
	case !enforced && !rules.Always, len(rules.Limits) == 0:
		return nil
	}
	now := x.world.now()
	windows := x.world.windows(limitKey{x.api.Name, maphash.String(credentialSeed, credential)}, len(rules.Limits), now)
	over := -1
	nearest := 0
	for i, limit := range rules.Limits {
		windows[i].move(limit, now)
		left := limit.Requests - windows[i].used
		if left <= 0 && (over < 0 || windows[i].ends.After(windows[over].ends)) {
			over = i // of several the one that lasts longest
		}
		if left < rules.Limits[nearest].Requests-windows[nearest].used {
			nearest = i
		}
	}
	if over >= 0 {
		nearest = over
	} else {
		for i := range windows {
			windows[i].count(rules.Limits[i], now)
		}
	}
	x.limit = limitStatus{
		limit:     rules.Limits[nearest].Requests,
		remaining: rules.Limits[nearest].Requests - windows[nearest].used,
		reset:     windows[nearest].ends,
		headers:   rules.Headers,
	}
	if over < 0 || !enforced {
		return nil
	}
	if rules.Guess != "" {
		x.Guess(rules.Guess)
	}
	if rules.RetryAfter {
		x.limit.retryAfter = ceilSeconds(x.limit.reset.Sub(now))
	}
	x.LimitReset = x.limit.reset
	return x.api.Refuse(&x.Request, http.StatusTooManyRequests, "").
		Because("rate limit: " + strconv.Itoa(x.limit.limit) + " requests in " + rules.Limits[over].Per.String() +
			", used up until " + x.limit.reset.Format(time.RFC3339)).Refuse()
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

// windows returns the counters of one credential.
func (w *World) windows(key limitKey, count int, now time.Time) []window {
	if found, ok := w.limits[key]; ok {
		return found
	}
	if w.limits == nil {
		w.limits = make(map[limitKey][]window)
	}
	if len(w.limits) >= maxLimited {
		w.forgetLimits(now)
	}
	made := make([]window, count)
	w.limits[key] = made
	return made
}

// forgetLimits makes room: it drops the counters whose time is over, or all
// of them if there is none.
func (w *World) forgetLimits(now time.Time) {
	for key, windows := range w.limits {
		running := false
		for _, one := range windows {
			running = running || now.Before(one.ends)
		}
		if !running {
			delete(w.limits, key)
		}
	}
	if len(w.limits) >= maxLimited {
		clear(w.limits)
	}
}

// ceilSeconds is a duration in whole seconds, rounded up.
func ceilSeconds(d time.Duration) int {
	return int((max(d, 0) + time.Second - 1) / time.Second)
}
