//go:build unix

package ratelimit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/mockserver/journal"
	"github.com/agentclients/agentclients-go/phoneagents"
)

// virtualRedis is a Redis inside of a bubble: its clock is the virtual one.
type virtualRedis struct {
	server *miniredis.Miniredis
	client *redis.Client
	calls  int // EVALSHA and EVAL
	delay  func(call int) time.Duration
	lock   sync.Mutex
}

func newVirtualRedis(t *testing.T) *virtualRedis {
	v := &virtualRedis{server: miniredis.NewMiniRedis()}
	v.server.ClockTTL(true)
	v.client = redis.NewClient(&redis.Options{
		Addr:                     "virtual",
		Dialer:                   func(context.Context, string, string) (net.Conn, error) { return v.server.Dial() },
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	v.client.AddHook(v)
	t.Cleanup(func() {
		v.client.Close()
		v.server.Close()
	})
	return v
}

func (v *virtualRedis) DialHook(next redis.DialHook) redis.DialHook { return next }
func (v *virtualRedis) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
func (v *virtualRedis) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, command redis.Cmder) error {
		v.lock.Lock()
		v.calls++
		call, delay := v.calls, v.delay
		v.lock.Unlock()
		err := next(ctx, command)
		if delay != nil {
			pass(context.WithoutCancel(ctx), delay(call)) // a network does not know who waits
		}
		return err
	}
}

// pass lets virtual time go by, until the context ends.
func pass(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func newLimiter(t *testing.T, client redis.Scripter, config Config) *Limiter {
	t.Helper()
	if config.Key == "" {
		config.Key = "limit"
	}
	l, err := New(client, config)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestNoTimeHasMoreThanTheLimit: wherever a server lets its windows begin, and
// however the ways of the requests differ, within the slack.
func TestNoTimeHasMoreThanTheLimit(t *testing.T) {
	limits := []Limit{{10, time.Second}, {45, 10 * time.Second}}
	const slack, requests = 50 * time.Millisecond, 200
	synctest.Test(t, func(t *testing.T) {
		server := newVirtualRedis(t)
		var arrivals []time.Time
		var lock sync.Mutex
		var workers sync.WaitGroup
		start := time.Now()
		for worker := range 4 {
			random := rand.New(rand.NewPCG(1, uint64(worker)))
			limiter := newLimiter(t, server.client, Config{Limits: limits, Slack: slack})
			workers.Go(func() {
				for range requests / 4 {
					if err := limiter.Wait(t.Context()); err != nil {
						t.Error(err)
						return
					}
					pass(t.Context(), time.Duration(random.Int64N(int64(slack)))) // the way to the server
					lock.Lock()
					arrivals = append(arrivals, time.Now())
					lock.Unlock()
				}
			})
		}
		workers.Wait()

		slices.SortFunc(arrivals, time.Time.Compare)
		for _, limit := range limits {
			for i := limit.Requests; i < len(arrivals); i++ {
				if span := arrivals[i].Sub(arrivals[i-limit.Requests]); span < limit.Per {
					t.Errorf("%d requests within %v, the limit is %v", limit.Requests+1, span, limit)
				}
			}
		}
		// And it is not slower than it must be: four full spans of the longer
		// limit, and the rest at the rate of the shorter one.
		most := 4*(10*time.Second+slack) + 2*(time.Second+slack) + slack
		if took := time.Since(start); took > most {
			t.Errorf("%d requests took %v, more than %v", requests, took, most)
		}
	})
}

// delayed sends requests after a random time.
type delayed struct {
	base http.RoundTripper
	most time.Duration
}

func (d delayed) RoundTrip(request *http.Request) (*http.Response, error) {
	pass(request.Context(), rand.N(d.most))
	return d.base.RoundTrip(request)
}

// TestBothDocumentedWindowsAreKept: more agents of phoneagents than the limit of
// an hour, by four clients, under the mock's own limits of 100 requests a minute
// and 1,000 an hour, without one 429.
func TestBothDocumentedWindowsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const agents = 1120
		server := newVirtualRedis(t)
		mock := mockserver.StartInMemory(t, mockserver.Config{RateLimits: true, JournalEntries: 2 * agents})
		start := time.Now()
		var workers sync.WaitGroup
		for worker := range 4 {
			limiter := newLimiter(t, server.client, Config{Limits: []Limit{{100, time.Minute}, {1000, time.Hour}}})
			client, err := phoneagents.NewClient(phoneagents.Config{APIKey: "any", Options: agentclients.Options{
				BaseURL:    mock.URL(mockserver.Phoneagents),
				HTTPClient: &http.Client{Transport: delayed{mock.Client().Transport, 2 * time.Second}},
				Limiter:    limiter,
			}})
			if err != nil {
				t.Fatal(err)
			}
			workers.Go(func() {
				for i := range agents / 4 {
					number := fmt.Sprintf("pn_%d_%d", worker, i)
					if _, err := client.CreateAgent(t.Context(), "usr", phoneagents.CreateAgentRequest{PhoneNumberID: number, PromptID: "prompt", Name: number}); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		workers.Wait()
		mock.AssertCalls(t, mockserver.PhoneagentsCreateAgent, agents)
		mock.AssertMatches(t, journal.Match{Status: http.StatusTooManyRequests}, journal.Exactly(0))
		if took := time.Since(start); took < time.Hour || took > 64*time.Minute {
			t.Errorf("took %v, want a little over an hour", took)
		}
	})
}

// TestFair: no process takes the share of another, and one that asks for less
// gets all that it asks for.
func TestFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newVirtualRedis(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var got [4]int
		var workers sync.WaitGroup
		for worker := range got {
			limiter := newLimiter(t, server.client, Config{Limits: []Limit{{100, 10 * time.Second}}, Slack: 100 * time.Millisecond})
			workers.Go(func() {
				for limiter.Wait(ctx) == nil {
					got[worker]++
					if worker == 0 {
						pass(ctx, time.Second) // asks once a second
					}
				}
			})
		}
		workers.Wait()
		if got[0] < 40 { // of 60 at most: it also waits for its turn
			t.Errorf("the one that asks once a second got %d in a minute", got[0])
		}
		rest := got[1:]
		if slices.Max(rest)-slices.Min(rest) > 2 {
			t.Errorf("the others got %v", rest)
		}
	})
}

// TestOneCallOfRedisPerRequest: the script is sent once, and then named.
func TestOneCallOfRedisPerRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newVirtualRedis(t)
		limiter := newLimiter(t, server.client, Config{Limits: []Limit{{10, time.Second}}})
		if err := limiter.Wait(t.Context()); err != nil { // loads the script
			t.Fatal(err)
		}
		before := server.calls
		for range 50 {
			if err := limiter.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if calls := server.calls - before; calls != 50 {
			t.Errorf("%d calls for 50 requests", calls)
		}
		if ttl := server.server.TTL("limit"); ttl <= 0 || ttl > 3100*time.Millisecond {
			t.Errorf("the list is kept for %v", ttl)
		}
		if kept, _ := server.server.List("limit"); len(kept) != 10 {
			t.Errorf("%d moments are kept", len(kept))
		}
	})
}

// TestMomentThatWasMissedIsNotUsed: a process that was stopped between its
// reservation and its request asks again, and gives up when it always is.
func TestMomentThatWasMissedIsNotUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newVirtualRedis(t)
		limiter := newLimiter(t, server.client, Config{Limits: []Limit{{10, time.Second}}, Slack: 100 * time.Millisecond, Timeout: 10 * time.Second})
		if err := limiter.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := server.calls
		server.delay = func(call int) time.Duration {
			if call == before+1 {
				return time.Second
			}
			return 0
		}
		if err := limiter.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if calls := server.calls - before; calls != 2 {
			t.Errorf("%d calls, want a second one after the missed moment", calls)
		}
		server.delay = func(int) time.Duration { return time.Second }
		if err := limiter.Wait(t.Context()); !isUnavailable(err) {
			t.Errorf("always too late: %v", err)
		}
	})
}
