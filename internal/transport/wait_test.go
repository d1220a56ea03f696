package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	agentclients "github.com/agentclients/agentclients-go"
)

func TestRetryAfterTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now().UTC() // a whole second
		later := now.Add(90 * time.Second)
		for _, test := range []struct {
			text string
			wait time.Duration
			ok   bool
		}{
			{"", 0, false},
			{"0", 0, true},
			{"1", time.Second, true},
			{"3600", time.Hour, true},
			{"1.5", 1500 * time.Millisecond, true},
			{" 5 ", 5 * time.Second, true},
			{"+2", 2 * time.Second, true},
			{"-1", 0, false},
			{"-0.5", 0, false},
			{"1e30", longestWait, true},
			{"1e400", longestWait, true},
			{"-1e400", 0, false},
			{"9223372036854775807", longestWait, true},
			{"10000000000", longestWait, true},
			{"NaN", 0, false},
			{"Inf", longestWait, true},
			{"-Inf", 0, false},
			{"soon", 0, false},
			{"1, 2", 0, false},
			{later.Format(http.TimeFormat), 90 * time.Second, true},
			{later.Format("Monday, 02-Jan-06 15:04:05 GMT"), 90 * time.Second, true},
			{later.Format(time.ANSIC), 90 * time.Second, true},
			{now.Add(-time.Hour).Format(http.TimeFormat), 0, true},
			{"Fri, 31 Dec 9999 23:59:59 GMT", longestWait, true},
		} {
			wait, ok := retryAfter(http.Header{"Retry-After": {test.text}}, now)
			if wait != test.wait || ok != test.ok {
				t.Errorf("Retry-After %q: %v, %v, not %v, %v", test.text, wait, ok, test.wait, test.ok)
			}
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	for _, text := range []string{"3600", "-1", "1.5", " 5 ", "1e30", "9223372036854775807", "NaN", "Inf", "0x1p62",
		"Sun, 06 Nov 2094 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		header := http.Header{"Retry-After": {text}, "X-Ratelimit-Reset": {text}}
		wait, ok := retryAfter(header, time.Now())
		if wait < 0 || wait > longestWait || !ok && wait != 0 {
			t.Errorf("%q: %v, %v", text, wait, ok)
		}
		if reset := rateLimitReset(header, time.Now()); reset < 0 {
			t.Errorf("%q: reset in %v", text, reset)
		}
	})
}

// checkWait checks a wait that the server named: it is sat out, and a little
// more, so that not everybody comes back at the same moment. It is never
// shorter than the wait that it replaces.
func checkWait(t *testing.T, what string, wait, named time.Duration) {
	t.Helper()
	longest := max(named, defaultMinWait) + min(named/10, time.Second)
	if wait < named || wait > longest {
		t.Errorf("%s: waited %v, not %v … %v", what, wait, named, longest)
	}
}

// The waits that servers name are sat out.
func TestRetryAfterIsHonoured(t *testing.T) {
	for _, status := range []int{429, 503} {
		for _, text := range []string{"1", "1.5", " 5 ", "60"} {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, answer(status, "", "Retry-After: "+text), answer(status, "", "Retry-After: "+text), answer(201, created))
				if _, err := create(t.Context(), n.client(), ReplayKeyed); err != nil {
					t.Fatal(err)
				}
				named, _ := retryAfter(http.Header{"Retry-After": {text}}, time.Now())
				if n.requests() != 3 {
					t.Fatalf("%d with Retry-After %q: %d requests", status, text, n.requests())
				}
				checkWait(t, text, n.arrived[1], named)
				checkWait(t, text, n.arrived[2]-n.arrived[1], named)
			})
		}
	}
}

// A wait of no time at all, or one that is over already, makes no storm: the
// usual backoff stays.
func TestNoStorm(t *testing.T) {
	for _, text := range []string{"0", "0.001", "Fri, 31 Dec 1999 23:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"} {
		for _, status := range []int{429, 503} {
			t.Run(fmt.Sprint(status, " ", text), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					const attempts = 60
					n := newNetwork(t, slices.Repeat([]step{answer(status, "", "Retry-After: "+text)}, attempts)...)
					_, err := create(t.Context(), n.client(func(o *agentclients.Options) { o.Retry.MaxAttempts = attempts }), ReplayKeyed)
					asError(t, err)
					perSecond := map[time.Duration]int{}
					for _, at := range n.arrived {
						perSecond[at/time.Second]++
					}
					for second, requests := range perSecond {
						if requests > 8 {
							t.Errorf("%d requests in second %d", requests, second)
						}
					}
					if average := n.arrived[attempts-1] / attempts; average < 2*time.Second {
						t.Errorf("a request every %v on average", average)
					}
				})
			})
		}
	}
}

// Who waits for the same moment does not come back at the same moment, and
// the deadline is not missed for that.
func TestWaitsThatServersNameAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		different := map[time.Duration]bool{}
		for range 20 {
			n := newNetwork(t, answer(429, "", "Retry-After: 30"), answer(201, created))
			if _, err := create(t.Context(), n.client(), ReplayNever); err != nil {
				t.Fatal(err)
			}
			checkWait(t, "30", n.arrived[1], 30*time.Second)
			different[n.arrived[1]] = true
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second+time.Millisecond)
			n = newNetwork(t, answer(429, "", "Retry-After: 30"), answer(201, created))
			if _, err := create(ctx, n.client(), ReplayNever); err != nil {
				t.Errorf("the wait fits, and it failed: %v", err)
			}
			cancel()
		}
		if len(different) < 10 {
			t.Errorf("the waits are alike: %v", different)
		}
	})
}

// What is no wait is not honoured, and the wait is our own.
func TestRetryAfterThatIsNone(t *testing.T) {
	for _, text := range []string{"-1", "NaN", "soon"} {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, answer(429, "", "Retry-After: "+text), answer(201, created))
			if _, err := create(t.Context(), n.client(), ReplayNever); err != nil {
				t.Fatal(err)
			}
			if n.arrived[1] > defaultMinWait {
				t.Errorf("Retry-After %q: waited %v", text, n.arrived[1])
			}
		})
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, answer(503, "", "Retry-After: "+text))
			_, err := create(t.Context(), n.client(), ReplayNever)
			asError(t, err, agentclients.ErrServer, agentclients.ErrOutcomeUnknown)
		})
	}
}

// A wait that is too long for the policy is not begun.
func TestRetryAfterBeyondTheLimit(t *testing.T) {
	for text, wait := range map[string]time.Duration{"61": 61 * time.Second, "3600": time.Hour, "1e30": longestWait, "9223372036854775807": longestWait} {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, answer(429, `{"message":"slow down"}`, "Retry-After: "+text))
			start := time.Now()
			_, err := create(t.Context(), n.client(), ReplaySafe)
			e := asError(t, err, agentclients.ErrRateLimited)
			if e.RetryAfter != wait || time.Since(start) != 0 || e.Message != "slow down" || n.requests() != 1 {
				t.Errorf("Retry-After %s: %v after %v, %d requests: %v", text, e.RetryAfter, time.Since(start), n.requests(), err)
			}
		})
	}
}

// A wait that does not fit the deadline is not begun.
func TestRetryAfterBeyondTheDeadline(t *testing.T) {
	for replay, name := range classes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, answer(429, "", "Retry-After: 30"))
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				start := time.Now()
				_, err := create(ctx, n.client(), replay)
				e := asError(t, err, agentclients.ErrRateLimited)
				if e.RetryAfter != 30*time.Second || time.Since(start) != 0 || errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("RetryAfter %v after %v: %v", e.RetryAfter, time.Since(start), err)
				}
			})
		})
	}
}

// The header wins over the body, also when it says to come back at once.
func TestRetryAfterWinsOverTheBody(t *testing.T) {
	for text, named := range map[string]time.Duration{"0": 0, "2": 2 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, answer(429, `{"title":"x","retry_after_seconds":7}`, "Retry-After: "+text), answer(201, created))
			if _, err := create(t.Context(), n.client(), ReplayNever); err != nil {
				t.Fatal(err)
			}
			checkWait(t, text, n.arrived[1], named)
		})
	}
}

// The moment at which a limit ends can also be said in other ways.
func TestWaitsNamedOtherwise(t *testing.T) {
	for name, step := range map[string]func(now time.Time) step{
		"body": func(now time.Time) step {
			return answer(429, `{"error":{"message":"x","reset_at":"`+now.Add(7*time.Second).Format(time.RFC3339)+`"}}`)
		},
		"seconds": func(time.Time) step { return answer(429, `{"title":"x","retry_after_seconds":7}`) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, step(time.Now()), answer(201, created))
				if _, err := create(t.Context(), n.client(), ReplayNever); err != nil {
					t.Fatal(err)
				}
				checkWait(t, name, n.arrived[1], 7*time.Second)
			})
		})
	}
}

// A moment that a response names is one by the clock of its server, which may
// be ahead of ours, or behind.
func TestWaitsByTheClockOfTheServer(t *testing.T) {
	for name, step := range map[string]func(server time.Time) step{
		"in the body": func(server time.Time) step {
			return answer(429, `{"error":{"message":"x","reset_at":"`+server.Add(7*time.Second).Format(time.RFC3339)+`"}}`, "Date: "+server.Format(http.TimeFormat))
		},
		"as a date": func(server time.Time) step {
			return answer(429, "", "Retry-After: "+server.Add(7*time.Second).Format(http.TimeFormat), "Date: "+server.Format(http.TimeFormat))
		},
		"as seconds since 1970": func(server time.Time) step {
			return answer(429, "", "X-RateLimit-Reset: "+strconv.FormatInt(server.Unix()+7, 10), "Date: "+server.Format(http.TimeFormat))
		},
	} {
		for _, ahead := range []time.Duration{0, time.Hour, -time.Hour} {
			synctest.Test(t, func(t *testing.T) {
				// Seconds since 1970 count from 2001 on only.
				<-time.After(10 * 365 * 24 * time.Hour) // virtual
				n := newNetwork(t, step(time.Now().UTC().Add(ahead)), answer(201, created))
				if _, err := create(t.Context(), n.client(), ReplayNever); err != nil {
					t.Fatalf("%s, %v ahead: %v", name, ahead, err)
				}
				checkWait(t, fmt.Sprintf("%s, %v ahead", name, ahead), n.arrived[1], 7*time.Second)
			})
		}
	}
}

func TestRateLimitReset(t *testing.T) {
	now := time.Unix(1_739_181_600, 0)
	for text, want := range map[string]time.Duration{
		"": 0, "soon": 0, "NaN": 0, "7": 0, "1739181607": 7 * time.Second, "1739181606.5": 7 * time.Second,
		"1739181000": 0, "1739181607000": 0, "1e300": 0,
	} {
		if got := rateLimitReset(http.Header{"X-Ratelimit-Reset": {text}}, now); got != want {
			t.Errorf("X-RateLimit-Reset %q: %v, not %v", text, got, want)
		}
	}
}

// The waits that the server does not name are random, and bounded.
func TestWaitsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var steps []step
		for range 40 {
			steps = append(steps, answer(500, ""))
		}
		n := newNetwork(t, steps...)
		_, err := create(t.Context(), n.client(func(o *agentclients.Options) {
			o.Retry = agentclients.RetryPolicy{MaxAttempts: 40, MinWait: time.Second, MaxWait: 8 * time.Second}
		}), ReplayKeyed)
		asError(t, err, agentclients.ErrServer)
		different := map[time.Duration]bool{}
		for i := 1; i < len(n.arrived); i++ {
			wait := n.arrived[i] - n.arrived[i-1]
			if limit := time.Second << min(i-1, 3); wait < 0 || wait > limit {
				t.Errorf("wait %d is %v, more than %v", i, wait, limit)
			}
			different[wait] = true
		}
		if len(different) < 10 {
			t.Errorf("the waits are not random: %v", n.arrived)
		}
	})
}

// A policy without bounds does not overflow.
func TestWaitsDoNotOverflow(t *testing.T) {
	const forever = time.Duration(1<<63 - 1)
	client := newTestClient(t, nil, func(o *agentclients.Options) {
		o.Retry = agentclients.RetryPolicy{MaxAttempts: 1000, MinWait: time.Second, MaxWait: forever, MaxRetryAfter: forever, AttemptTimeout: forever}
	})
	c := &call{client: client, retry: client.retry}
	for c.attempts = 1; c.attempts < 1000; c.attempts++ {
		if wait := c.jitter(); wait < 0 || wait > longestWait {
			t.Fatalf("wait %d is %v", c.attempts, wait)
		}
	}
}

// When the context ends during a wait, the call returns at once and still
// tells what it was waiting after.
func TestContextEndsTheWait(t *testing.T) {
	for name, first := range map[string]step{"answer": answer(429, `{"message":"slow down"}`, "Retry-After: 30", "X-Request-Id: req_1"), "lost": drop} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, first)
				ctx, cancel := context.WithCancelCause(t.Context())
				why := errors.New("the shop closed")
				time.AfterFunc(10*time.Second, func() { cancel(why) })
				start := time.Now()
				_, err := create(ctx, n.client(func(o *agentclients.Options) {
					o.Retry.MinWait, o.Retry.MaxWait = 24*time.Hour, 24*time.Hour
				}), ReplayKeyed)
				e := asError(t, err, context.Canceled, why)
				if time.Since(start) != 10*time.Second || e.Attempts != 1 || n.requests() != 1 {
					t.Errorf("returned after %v, %d attempts, %d requests", time.Since(start), e.Attempts, n.requests())
				}
				if name == "answer" {
					asError(t, err, agentclients.ErrRateLimited)
					if e.Message != "slow down" || e.RequestID != "req_1" || e.RetryAfter != 30*time.Second || e.OutcomeUnknown {
						t.Errorf("the answer is lost: %+v", err)
					}
				} else if !e.OutcomeUnknown || !strings.Contains(err.Error(), "EOF") {
					t.Errorf("the failure is lost: %v", err)
				}
			})
		})
	}
}

// The response to a read that broke off is not shown when the wait after it
// ends early.
func TestContextEndsTheWaitAfterATruncatedAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, truncated(200, `{"id":"`+answerSecret+`"}`, 20))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := create(ctx, n.client(func(o *agentclients.Options) {
			o.Retry.MinWait, o.Retry.MaxWait = 24*time.Hour, 24*time.Hour
		}), ReplaySafe)
		asError(t, err, context.Canceled)
		if strings.Contains(err.Error(), answerSecret) {
			t.Errorf("error shows the answer: %v", err)
		}
	})
}

func TestContextThatIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		asked := limiterFunc(func(context.Context) error {
			t.Error("the limiter was asked")
			return nil
		})
		_, err := create(ctx, n.client(func(o *agentclients.Options) { o.Limiter = asked }), ReplayNever)
		if e := asError(t, err, context.Canceled); e.Attempts != 0 || e.OutcomeUnknown || n.requests() != 0 {
			t.Errorf("%d attempts, %d requests: %v", e.Attempts, n.requests(), err)
		}
	})
}

func TestContextIsMissing(t *testing.T) {
	n := newNetwork(t)
	var ctx context.Context
	_, err := create(ctx, n.client(), ReplayNever)
	asError(t, err, agentclients.ErrInvalidRequest)
}

// The caller's deadline ends the call, and leaves a doubt.
func TestDeadlineDuringAnAttempt(t *testing.T) {
	for replay, name := range classes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, stall)
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				start := time.Now()
				_, err := create(ctx, n.client(), replay)
				e := asError(t, err, context.DeadlineExceeded)
				if time.Since(start) != 5*time.Second || n.requests() != 1 || e.OutcomeUnknown != (replay != ReplaySafe) {
					t.Errorf("after %v, %d requests: %v", time.Since(start), n.requests(), err)
				}
			})
		})
	}
}

// The timeout of one attempt is not the caller's deadline: it is repeated
// where that is harmless.
func TestAttemptTimeout(t *testing.T) {
	checkClasses(t, stall, map[Replay]outcome{
		ReplayNever: {requests: 1, unknown: true},
		ReplayKeyed: {requests: 2, created: true},
		ReplaySafe:  {requests: 2, created: true},
	})
	for name, change := range map[string]func(*agentclients.Options){
		"of the policy":           func(o *agentclients.Options) { o.Retry.AttemptTimeout = 7 * time.Second },
		"of the user's client":    func(o *agentclients.Options) { o.HTTPClient.Timeout = 7 * time.Second },
		"the shorter one":         func(o *agentclients.Options) { o.HTTPClient.Timeout, o.Retry.AttemptTimeout = 7*time.Second, time.Hour },
		"the shorter one, inside": func(o *agentclients.Options) { o.HTTPClient.Timeout, o.Retry.AttemptTimeout = time.Hour, 7*time.Second },
	} {
		t.Run(name, func(t *testing.T) {
			for _, first := range []step{stall, stallBody(500)} {
				synctest.Test(t, func(t *testing.T) {
					n := newNetwork(t, first)
					start := time.Now()
					_, err := create(t.Context(), n.client(change), ReplayNever)
					asError(t, err, agentclients.ErrOutcomeUnknown)
					var timeout interface{ Timeout() bool }
					if time.Since(start) != 7*time.Second || errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
						t.Errorf("after %v: %v", time.Since(start), err)
					}
					if !strings.Contains(err.Error(), "no response within 7s") {
						t.Errorf("error text: %v", err)
					}
				})
			}
		})
	}
}

type limiterFunc func(context.Context) error

func (f limiterFunc) Wait(ctx context.Context) error { return f(ctx) }

func TestLimiterIsAskedBeforeEachAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, drop, answer(500, ""), answer(201, created))
		var asked []int
		limiter := limiterFunc(func(context.Context) error {
			asked = append(asked, n.requests())
			return nil
		})
		if _, err := create(t.Context(), n.client(func(o *agentclients.Options) { o.Limiter = limiter }), ReplayKeyed); err != nil {
			t.Fatal(err)
		}
		if len(asked) != 3 || asked[0] != 0 || asked[1] != 1 || asked[2] != 2 {
			t.Errorf("asked after these numbers of requests: %v", asked)
		}
	})
}

func TestLimiterThatFails(t *testing.T) {
	full := errors.New("the limiter is full")
	for _, test := range []struct {
		name    string
		steps   []step // before the limiter fails
		unknown bool
		status  int
	}{
		{"at once", nil, false, 0},
		{"after a rate limit", []step{answer(429, `{"message":"slow down"}`)}, false, 429},
		{"after a server error", []step{answer(500, `{"message":"slow down"}`)}, true, 500},
		{"after a lost answer", []step{drop}, true, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, test.steps...)
				limiter := limiterFunc(func(context.Context) error {
					if n.requests() == len(test.steps) {
						return full
					}
					return nil
				})
				_, err := create(t.Context(), n.client(func(o *agentclients.Options) { o.Limiter = limiter }), ReplayKeyed)
				e := asError(t, err, full)
				if e.OutcomeUnknown != test.unknown || e.StatusCode != test.status || e.Attempts != len(test.steps) {
					t.Errorf("outcome unknown %v, status %d, %d attempts: %v", e.OutcomeUnknown, e.StatusCode, e.Attempts, err)
				}
				if test.name == "after a lost answer" && !strings.Contains(err.Error(), "EOF") {
					t.Errorf("the failure before is lost: %v", err)
				}
			})
		})
	}
}

// A limiter that waits on although the context is done does not make anybody
// send, nor does it leave a doubt.
func TestContextEndsInTheLimiter(t *testing.T) {
	for name, result := range map[string]error{"unnoticed": nil, "noticed": context.Canceled} {
		t.Run(name, func(t *testing.T) {
			for _, steps := range [][]step{nil, {answer(429, "", "Retry-After: 1")}} {
				synctest.Test(t, func(t *testing.T) {
					n := newNetwork(t, steps...)
					ctx, cancel := context.WithCancel(t.Context())
					limiter := limiterFunc(func(context.Context) error {
						if n.requests() < len(steps) {
							return nil
						}
						cancel()
						return result
					})
					_, err := create(ctx, n.client(func(o *agentclients.Options) { o.Limiter = limiter }), ReplayNever)
					e := asError(t, err, context.Canceled)
					if e.OutcomeUnknown || e.Attempts != len(steps) || n.requests() != len(steps) {
						t.Errorf("%d attempts, %d requests: %v", e.Attempts, n.requests(), err)
					}
					if strings.Count(err.Error(), "context canceled") != 1 {
						t.Errorf("error says it twice: %v", err)
					}
				})
			}
		})
	}
}
