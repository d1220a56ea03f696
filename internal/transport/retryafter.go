package transport

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longestWait stands for any wait that is too long to count. It is far below
// the largest time.Duration, so that sums do not overflow.
const longestWait = 100 * 365 * 24 * time.Hour

// retryAfter reads how long the server asks to wait: seconds, with or without
// a fraction, or a date in one of the three forms of HTTP. ok is false if it
// does not say, or says nothing sensible. The wait is never negative.
func retryAfter(header http.Header, now time.Time) (wait time.Duration, ok bool) {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if text == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil || math.IsInf(seconds, 1) {
		return fromSeconds(seconds)
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(0, min(date.Sub(now), longestWait)), true
	}
	return 0, false
}

func fromSeconds(seconds float64) (time.Duration, bool) {
	switch {
	case math.IsNaN(seconds) || seconds < 0:
		return 0, false
	case seconds >= longestWait.Seconds():
		return longestWait, true
	}
	return time.Duration(seconds * float64(time.Second)), true
}

// rateLimitReset reads when the server's limit lets requests through again,
// as seconds since 1970: what some APIs send in the place of Retry-After.
func rateLimitReset(header http.Header, now time.Time) time.Duration {
	seconds, err := strconv.ParseFloat(strings.TrimSpace(header.Get("X-Ratelimit-Reset")), 64)
	if err != nil || math.IsNaN(seconds) || seconds < 1e9 || seconds > 1e11 {
		return 0
	}
	return max(0, time.Unix(int64(math.Ceil(seconds)), 0).Sub(now))
}
