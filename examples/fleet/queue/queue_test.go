//go:build unix

package queue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/agentclients/agentclients-go/examples/fleet/internal/redistest"
)

// jobs returns n jobs.
func jobs(n int) []Job {
	jobs := make([]Job, n)
	for i := range jobs {
		jobs[i] = Job{Name: fmt.Sprintf("job %d", i), Key: fmt.Sprintf("key-%d", i)}
	}
	return jobs
}

// filled returns a queue with n jobs.
func filled(t *testing.T, client *redis.Client, n int, lease time.Duration) *Queue {
	t.Helper()
	q := New(client, "fleet:{test}", lease)
	check(t, q.Fill(t.Context(), jobs(n)))
	return q
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// take takes a job as soon as there is one.
func take(t *testing.T, c *Consumer) *Lease {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		lease, err := c.Take(ctx)
		check(t, err)
		if lease != nil {
			return lease
		}
	}
}

// short is a lease that a test waits for.
const short = 150 * time.Millisecond

func TestEachJobIsTakenOnce(t *testing.T) {
	redistest.Each(t, func(t *testing.T, client *redis.Client) {
		q := filled(t, client, 40, time.Minute)
		taken := make(chan Job, 100)
		var workers sync.WaitGroup
		for worker := range 4 {
			consumer := q.Consumer(fmt.Sprint(worker))
			workers.Go(func() {
				for {
					count, err := q.Count(t.Context())
					if err != nil || count.Open() == 0 {
						return
					}
					lease, err := consumer.Take(t.Context())
					if err != nil {
						t.Error(err)
						return
					}
					if lease == nil {
						continue
					}
					taken <- lease.Job
					if err := errors.Join(lease.Begin(t.Context(), false), lease.Done(t.Context(), "id of "+lease.Name)); err != nil || lease.Attempted {
						t.Error(lease.Attempted, err)
					}
				}
			})
		}
		workers.Wait()
		close(taken)
		got := map[string]string{}
		for job := range taken {
			if got[job.Name] != "" {
				t.Errorf("%s was taken twice", job.Name)
			}
			got[job.Name] = job.Key
		}
		for _, job := range jobs(40) {
			if got[job.Name] != job.Key {
				t.Errorf("%s was taken with the key %q", job.Name, got[job.Name])
			}
		}
		count, err := q.Count(t.Context())
		if want := (Count{Wanted: 40, Done: 40}); err != nil || count != want {
			t.Errorf("%+v %v", count, err)
		}
		done, err := q.Done(t.Context())
		if err != nil || len(done) != 40 || done["job 7"] != "id of job 7" {
			t.Errorf("%v %v", done, err)
		}
	})
}

// TestLeaseThatIsOver: another worker gets the job, and is told whether the
// first one had begun it; the first one may not begin it any more.
func TestLeaseThatIsOver(t *testing.T) {
	redistest.Each(t, func(t *testing.T, client *redis.Client) {
		q := filled(t, client, 1, short)
		slow := take(t, q.Consumer("slow"))
		next := take(t, q.Consumer("next"))
		if next.Job != slow.Job || next.Attempted {
			t.Fatalf("%+v, attempted: %v", next.Job, next.Attempted)
		}
		for _, err := range []error{slow.Renew(t.Context()), slow.Begin(t.Context(), false), slow.Begin(t.Context(), true)} {
			if !errors.Is(err, ErrLost) {
				t.Errorf("the slow one: %v", err)
			}
		}
		check(t, next.Begin(t.Context(), false))
		check(t, next.Begin(t.Context(), false)) // a second try of its own

		third := take(t, q.Consumer("third"))
		if !third.Attempted {
			t.Error("the third one does not know that the job was begun")
		}
		if err := third.Begin(t.Context(), false); !errors.Is(err, ErrAttempted) {
			t.Error(err)
		}
		check(t, third.Begin(t.Context(), true))
	})
}

// TestRenewedLeaseIsKept: nobody else gets the job of a worker that lives.
func TestRenewedLeaseIsKept(t *testing.T) {
	redistest.Each(t, func(t *testing.T, client *redis.Client) {
		q := filled(t, client, 1, short)
		lease := take(t, q.Consumer("one"))
		ctx, cancel := context.WithCancel(t.Context())
		kept := make(chan error, 1)
		go func() {
			lease.Keep(ctx, func(err error) { kept <- err })
			kept <- nil
		}()
		other := q.Consumer("other")
		for start := time.Now(); time.Since(start) < 3*short; {
			if stolen, err := other.Take(t.Context()); stolen != nil || err != nil {
				t.Fatal(stolen, err)
			}
		}
		cancel()
		check(t, <-kept)

		if lease := take(t, other); lease.Attempted {
			t.Error("nothing was begun")
		}
		lease.Keep(t.Context(), func(err error) { kept <- err }) // ends by itself
		if err := <-kept; !errors.Is(err, ErrLost) {
			t.Error(err)
		}
	})
}

// TestWithdraw: what was surely not done is as if it had never been begun, but
// only for the one who began it.
func TestWithdraw(t *testing.T) {
	redistest.Each(t, func(t *testing.T, client *redis.Client) {
		q := filled(t, client, 1, short)
		first := take(t, q.Consumer("first"))
		check(t, first.Begin(t.Context(), false))
		check(t, first.Withdraw(t.Context()))
		second := take(t, q.Consumer("second"))
		if second.Attempted {
			t.Error("it was withdrawn")
		}
		check(t, second.Begin(t.Context(), false))
		check(t, first.Withdraw(t.Context()))
		if third := take(t, q.Consumer("third")); !third.Attempted {
			t.Error("somebody else withdrew it")
		} else {
			// It is withdrawn while the third one looks what became of it.
			check(t, second.Withdraw(t.Context()))
			if err := third.Doubt(t.Context(), "who knows"); !errors.Is(err, ErrWithdrawn) {
				t.Errorf("there is no doubt any more: %v", err)
			}
			if count, err := q.Count(t.Context()); err != nil || count.Open() != 1 {
				t.Errorf("the job is not open: %+v %v", count, err)
			}
		}
	})
}

// TestEnds: each job ends in one way, the surest one, and has one result.
func TestEnds(t *testing.T) {
	redistest.Each(t, func(t *testing.T, client *redis.Client) {
		q := filled(t, client, 4, time.Minute)
		ctx, c := t.Context(), q.Consumer("one")
		leases := []*Lease{take(t, c), take(t, c), take(t, c), take(t, c)}
		count := func(want Count) {
			t.Helper()
			want.Wanted = 4
			if got, err := q.Count(ctx); err != nil || got != want {
				t.Errorf("%+v, want %+v: %v", got, want, err)
			}
		}
		count(Count{})
		for _, lease := range leases {
			check(t, lease.Begin(ctx, false))
		}
		check(t, leases[0].Doubt(ctx, "who knows"))
		count(Count{Doubtful: 1})
		check(t, leases[0].Done(ctx, "a"))
		check(t, leases[0].Done(ctx, "a"))
		check(t, leases[0].Fail(ctx, "too late"))
		check(t, leases[0].Doubt(ctx, "too late"))
		count(Count{Done: 1})
		if err := leases[0].Done(ctx, "b"); !errors.Is(err, ErrTwice) || !strings.Contains(err.Error(), "a and b") {
			t.Error(err)
		}
		check(t, leases[1].Doubt(ctx, "who knows"))
		check(t, leases[1].Fail(ctx, "refused"))
		check(t, leases[1].Doubt(ctx, "too late"))
		count(Count{Done: 1, Failed: 1})
		check(t, leases[2].Doubt(ctx, "who knows"))
		count(Count{Done: 1, Failed: 1, Doubtful: 1})
		if err := leases[2].Begin(ctx, true); !errors.Is(err, ErrLost) {
			t.Errorf("a job that has ended was begun: %v", err)
		}
		failed, _ := q.Failed(ctx)
		doubtful, _ := q.Doubtful(ctx)
		if !maps.Equal(failed, map[string]string{leases[1].Name: "refused"}) || !maps.Equal(doubtful, map[string]string{leases[2].Name: "who knows"}) {
			t.Errorf("failed %v, doubtful %v", failed, doubtful)
		}
	})
}

func TestFill(t *testing.T) {
	redistest.Each(t, func(t *testing.T, client *redis.Client) {
		ctx, q := t.Context(), New(client, "fleet:{test}", time.Minute)
		if _, err := q.Count(ctx); !errors.Is(err, ErrForgotten) {
			t.Errorf("count before: %v", err)
		}
		if _, err := q.Consumer("one").Take(ctx); !errors.Is(err, ErrForgotten) {
			t.Errorf("take before: %v", err)
		}
		check(t, q.Fill(ctx, jobs(3)))
		check(t, take(t, q.Consumer("one")).Done(ctx, "a"))
		check(t, q.Fill(ctx, jobs(3)))
		if count, err := q.Count(ctx); err != nil || (count != Count{Wanted: 3, Done: 1}) {
			t.Errorf("after a second filling: %+v %v", count, err)
		}
		if err := q.Fill(ctx, jobs(4)); err == nil || !strings.Contains(err.Error(), "has 3 jobs, not 4") {
			t.Error(err)
		}
		others := jobs(3)
		others[2].Key = "another"
		if err := q.Fill(ctx, others); err == nil || !strings.Contains(err.Error(), `has another job than "job 2"`) {
			t.Error(err)
		}
		check(t, q.Remove(ctx))
		if keys, err := client.Keys(ctx, "*").Result(); err != nil || len(keys) > 0 {
			t.Errorf("left %v: %v", keys, err)
		}
	})
}

// TestListsThatAreWrong: what would be done twice, or never be found to be
// done, is refused before anything is there.
func TestListsThatAreWrong(t *testing.T) {
	redistest.Each(t, func(t *testing.T, client *redis.Client) {
		q := New(client, "fleet:{test}", time.Minute)
		for want, list := range map[string][]Job{
			"no jobs":                nil,
			"jobs[1] has no name":    {{Name: "a"}, {Key: "k"}},
			"name of jobs[0]: \"a\"": {{Name: "a", Key: "k"}, {Name: "b"}, {Name: "a", Key: "l"}},
			"key of jobs[1]: \"k\"":  {{Name: "a"}, {Name: "b", Key: "k"}, {Name: "c", Key: "k"}},
		} {
			if err := q.Fill(t.Context(), list); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v does not say %q", err, want)
			}
		}
		check(t, q.Fill(t.Context(), []Job{{Name: "a"}, {Name: "b"}})) // without keys
	})
}

// TestPartIsForgotten: a Redis that loses one of the keys, as it does to make
// room, does not make anybody begin a job again, or wait for its end forever.
func TestPartIsForgotten(t *testing.T) {
	redistest.Each(t, func(t *testing.T, client *redis.Client) {
		ctx := t.Context()
		for i := range 5 {
			q := filled(t, client, 2, short)
			first, second := take(t, q.Consumer("first")), take(t, q.Consumer("second"))
			check(t, first.Begin(ctx, false))
			check(t, second.Begin(ctx, false))
			check(t, client.Del(ctx, q.keys()[i]).Err())
			calls := map[string]error{"fill": q.Fill(ctx, jobs(2))}
			_, calls["count"] = q.Count(ctx)
			if q.keys()[i] == q.attempts {
				calls["begin"], calls["doubt"] = second.Begin(ctx, true), second.Doubt(ctx, "who knows")
				again := q.Consumer("third")
				for lease := (*Lease)(nil); calls["take"] == nil && lease == nil; {
					lease, calls["take"] = again.Take(ctx)
				}
			}
			for name, err := range calls {
				if !errors.Is(err, ErrForgotten) {
					t.Errorf("%s without %s: %v", name, q.keys()[i], err)
				}
			}
			check(t, q.Remove(ctx))
		}
	})
}

// TestRealRedisStoppedAndRestarted: every call ends with an error while it is
// stopped, and nothing that was recorded is lost.
func TestRealRedisStoppedAndRestarted(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	q := filled(t, server.Client(), 2, 500*time.Millisecond)
	ctx, c := t.Context(), q.Consumer("one")
	lease := take(t, c)
	check(t, lease.Begin(ctx, false))
	fails := func(state string, most time.Duration) {
		t.Helper()
		for name, call := range map[string]func() error{
			"take":  func() error { _, err := c.Take(ctx); return err },
			"begin": func() error { return lease.Begin(ctx, false) },
			"done":  func() error { return lease.Done(ctx, "a") },
			"count": func() error { _, err := q.Count(ctx); return err },
		} {
			start := time.Now()
			if err := call(); err == nil || errors.Is(err, ErrForgotten) || time.Since(start) > most {
				t.Errorf("%s, %s: after %v: %v", state, name, time.Since(start), err)
			}
		}
	}
	server.Pause()
	start := time.Now()
	if _, err := q.Count(ctx); err == nil || time.Since(start) > 3*time.Second {
		t.Errorf("paused: after %v: %v", time.Since(start), err)
	}
	server.Resume()
	server.Kill()
	fails("killed", 4*time.Second)
	server.Start()
	other := q.Consumer("other")
	names := []string{take(t, other).Name, take(t, other).Name}
	if !slices.Contains(names, lease.Name) || names[0] == names[1] {
		t.Errorf("after the restart there are %q, and %q had been begun", names, lease.Name)
	}
	attempted, err := q.client.HKeys(ctx, q.attempts).Result()
	slices.Sort(attempted)
	if err != nil || !slices.Equal(attempted, []string{"", lease.Name}) {
		t.Errorf("attempted: %v %v", attempted, err)
	}
}
