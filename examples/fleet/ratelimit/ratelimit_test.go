//go:build unix

package ratelimit

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	agentclients "github.com/agentclients/agentclients-go"
	"github.com/agentclients/agentclients-go/examples/fleet/internal/redistest"
	"github.com/agentclients/agentclients-go/mockserver"
	"github.com/agentclients/agentclients-go/orq"
)

var _ agentclients.Limiter = (*Limiter)(nil)

func isUnavailable(err error) bool {
	return errors.Is(err, ErrUnavailable) && strings.Contains(err.Error(), "nothing is sent")
}

func TestNewSaysWhatIsWrong(t *testing.T) {
	minute := []Limit{{100, time.Minute}}
	for want, config := range map[string]Config{
		"Key is empty":    {Limits: minute},
		"Limits is empty": {Key: "k"},
		"Limits[1] is 0 in 1h0m0s: at least 1 request": {Key: "k", Limits: []Limit{minute[0], {0, time.Hour}}},
		"Limits[0] is 1 in 0s":                         {Key: "k", Limits: []Limit{{1, 0}}},
		"Slack is -1s":                                 {Key: "k", Limits: minute, Slack: -time.Second},
		"Timeout is -1s":                               {Key: "k", Limits: minute, Timeout: -time.Second},
	} {
		if _, err := New(nil, config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	l, err := New(nil, Config{Key: "k", Limits: []Limit{{1000, time.Hour}, {100, time.Minute}}})
	if err != nil || l.Spacing() != 620*time.Millisecond {
		t.Errorf("%v %v", l.Spacing(), err)
	}
}

// TestDeadlineThatIsTooNear: the error comes at once, and no moment is taken.
func TestDeadlineThatIsTooNear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := newLimiter(t, newVirtualRedis(t).client, Config{Limits: []Limit{{1, time.Minute}}})
		if err := limiter.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		near, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for range 3 {
			err := limiter.Wait(near)
			if !errors.Is(err, ErrTooLate) || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "1m2s") {
				t.Error(err)
			}
		}
		if took := time.Since(start); took > 0 {
			t.Errorf("the refusal took %v", took)
		}
		if err := limiter.Wait(t.Context()); err != nil || time.Since(start) != 62*time.Second {
			t.Errorf("the next moment came after %v: %v", time.Since(start), err)
		}
	})
}

// TestContextEndsTheWait: for a moment, as for Redis.
func TestContextEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newVirtualRedis(t)
		limiter := newLimiter(t, server.client, Config{Limits: []Limit{{1, time.Minute}}, Timeout: time.Hour})
		if err := limiter.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, delay := range []time.Duration{0, 30 * time.Minute} { // Redis responds, or does not
			server.delay = func(int) time.Duration { return delay }
			start := time.Now()
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			if err := limiter.Wait(ctx); err != context.Canceled || time.Since(start) != time.Second {
				t.Errorf("ended after %v with %v", time.Since(start), err)
			}
			pass(t.Context(), delay) // until the call of Redis ends, too
		}
	})
}

// TestNoRedisNoRequest: where Redis is not, and where it accepts connections
// and never responds, a call ends soon with an error that says so, and nothing
// is sent.
func TestNoRedisNoRequest(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	logging.Disable() // it would report each failure to dial
	for name, address := range map[string]string{"absent": closed.Addr().String(), "silent": silent.Addr().String()} {
		t.Run(name, func(t *testing.T) {
			client := redis.NewClient(&redis.Options{Addr: address})
			defer client.Close()
			mock := mockserver.StartInMemory(t, mockserver.Config{})
			agents, err := orq.NewClient(orq.Config{APIKey: "any", Options: agentclients.Options{
				BaseURL: mock.URL(mockserver.Orq), HTTPClient: mock.Client(),
				Limiter: newLimiter(t, client, Config{Limits: []Limit{{100, time.Minute}}, Timeout: 200 * time.Millisecond}),
			}})
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			_, err = agents.GetAgent(t.Context(), "desk")
			if !isUnavailable(err) || time.Since(start) > 2*time.Second {
				t.Errorf("after %v: %v", time.Since(start), err)
			}
			mock.AssertCalls(t, mockserver.OrqGetAgent, 0)
		})
	}
}

// TestRealRedisStoppedAndRestarted: while it is stopped, every call fails soon;
// afterwards the limits still count what was before.
func TestRealRedisStoppedAndRestarted(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := server.Client()
	config := Config{Limits: []Limit{{5, 1500 * time.Millisecond}}, Slack: 300 * time.Millisecond, Timeout: 300 * time.Millisecond}
	limiter := newLimiter(t, client, config)
	fails := func(state string) {
		t.Helper()
		start := time.Now()
		if err := limiter.Wait(t.Context()); !isUnavailable(err) || time.Since(start) > time.Second {
			t.Errorf("%s: after %v: %v", state, time.Since(start), err)
		}
	}
	for range 3 {
		if err := limiter.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	server.Pause()
	fails("paused")
	server.Resume()
	server.Kill()
	fails("killed")
	server.Start()
	before := moments(t, client)
	if len(before) < 3 {
		t.Fatalf("the restarted server knows %v", before)
	}
	var workers sync.WaitGroup
	for range config.Limits[0].Requests - 1 {
		limiter := newLimiter(t, client, config)
		workers.Go(func() {
			if err := limiter.Wait(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	workers.Wait()
	after := moments(t, client) // the last one of before, and those behind it
	if !slices.Equal(before[len(before)-1:], after[:1]) {
		t.Fatalf("before the restart %v, now %v", before, after)
	}
	for i := range after[1:] {
		if distance := time.Duration(after[i+1]-after[i]) * time.Microsecond; distance < limiter.Spacing() {
			t.Errorf("two moments are %v apart, less than %v", distance, limiter.Spacing())
		}
	}
}

// moments reads the reserved moments.
func moments(t *testing.T, client *redis.Client) []int64 {
	t.Helper()
	var moments []int64
	if err := client.LRange(t.Context(), "limit", 0, -1).ScanSlice(&moments); err != nil {
		t.Fatal(err)
	}
	return moments
}
