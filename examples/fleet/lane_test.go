package main

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// slowRedis delays some calls of scripts.
type slowRedis struct{ delays []time.Duration }

func (s *slowRedis) DialHook(next redis.DialHook) redis.DialHook { return next }
func (s *slowRedis) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
func (s *slowRedis) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, command redis.Cmder) error {
		if len(s.delays) > 0 && strings.HasPrefix(command.Name(), "evalsha") {
			<-time.After(s.delays[0])
			s.delays = s.delays[1:]
		}
		return next(ctx, command)
	}
}

// counter is a limiter that lets everything pass.
type counter int

func (c *counter) Wait(context.Context) error { *c++; return nil }

// TestMomentThatIsOverWhenTheAttemptIsRecorded: the limiter's moment is no good
// any more when Redis was slow to record the attempt, so another one is waited
// for.
func TestMomentThatIsOverWhenTheAttemptIsRecorded(t *testing.T) {
	const late, forever = 300 * time.Millisecond, 20
	for _, test := range []struct {
		delays []time.Duration
		waits  counter
		fails  bool
	}{
		{nil, 1, false},
		{[]time.Duration{late, late}, 3, false},
		{slices.Repeat([]time.Duration{late}, forever), 10, true},
	} {
		client := newRedis(miniredis.RunT(t).Addr())
		t.Cleanup(func() { client.Close() })
		jobs := newQueue(client, "test", "orq", time.Minute)
		if err := jobs.Fill(t.Context(), apis[2].jobs("test", 1)); err != nil {
			t.Fatal(err)
		}
		lease, err := jobs.Consumer("one").Take(t.Context())
		if err != nil || lease == nil {
			t.Fatal(lease, err)
		}
		if err := lease.Begin(t.Context(), false); err != nil { // the script is there
			t.Fatal(err)
		}
		client.AddHook(&slowRedis{test.delays})
		var waits counter
		err = gate{&waits, late / 2, lease, false, t.Context()}.Wait(t.Context())
		if waits != test.waits || (err != nil) != test.fails {
			t.Errorf("%d moments, want %d: %v", waits, test.waits, err)
		}
	}
}
