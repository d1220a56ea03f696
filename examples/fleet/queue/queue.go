// Package queue is a list of jobs that many processes work off together, on
// Redis: a stream with a consumer group. It is for jobs that must not be done
// twice and cannot be undone, such as a request to somebody else's server.
//
// A worker takes a job under a lease and renews it while it works. If it dies,
// the lease ends and another worker takes the job. It then must know whether
// the dead one had begun: so a worker records the attempt ([Lease.Begin])
// right before it does what cannot be undone. The record, not the lease, is
// what keeps two workers from doing the same: one that was only slow, and goes
// on when its lease is over, finds that it may not begin any more.
//
// All decisions are short scripts, by the clock of Redis. What is recorded must
// outlive Redis: it needs appendonly yes, and appendfsync always where its
// whole machine may fail.
package queue

import (
	"context"
	_ "embed" // for the scripts
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Job is one piece of work.
type Job struct {
	// Name identifies the job in its queue.
	Name string
	// Key is what makes a repetition of the job harmless, "" if nothing does.
	// It is kept with the job, so that whoever repeats it uses the same one.
	Key string
}

// Queue is a list of jobs. It is safe for concurrent use.
type Queue struct {
	client                                 redis.UniversalClient
	jobs, attempts, done, failed, doubtful string // keys
	lease                                  time.Duration
}

// group is the consumer group of all workers.
const group = "workers"

// callTimeout bounds one call of Redis, if the client heeds contexts
// (ContextTimeoutEnabled).
const callTimeout = 2 * time.Second

var (
	// ErrForgotten: Redis has no such queue. It was never filled, or Redis has
	// lost its data. Nothing may be done before somebody has found out what
	// was.
	ErrForgotten = errors.New("redis does not know these jobs")
	// ErrLost: the lease is over, and somebody else may have the job.
	ErrLost = errors.New("the lease of the job is over")
	// ErrAttempted: somebody else has begun the job, and it may have been done.
	ErrAttempted = errors.New("somebody else has begun this job")
	// ErrWithdrawn: the attempt was withdrawn, so there is no doubt.
	ErrWithdrawn = errors.New("the attempt of the job was withdrawn")
	// ErrTwice: the job was done before, with another result.
	ErrTwice = errors.New("the job was done twice")
)

//go:embed fill.lua
var fillSource string

//go:embed hold.lua
var holdSource string

//go:embed withdraw.lua
var withdrawSource string

//go:embed settle.lua
var settleSource string

var (
	fill     = redis.NewScript(fillSource)
	hold     = redis.NewScript(holdSource)
	withdraw = redis.NewScript(withdrawSource)
	settle   = redis.NewScript(settleSource)
)

// New returns the queue whose keys begin with prefix. In a cluster the prefix
// must have a hash tag, such as "fleet:{night}". The lease is after how long
// without a renewal a job is given to another worker; it must be longer than
// one attempt can take. New makes no call of Redis.
func New(client redis.UniversalClient, prefix string, lease time.Duration) *Queue {
	return &Queue{
		client: client, lease: lease,
		jobs: prefix + ":jobs", attempts: prefix + ":attempts",
		done: prefix + ":done", failed: prefix + ":failed", doubtful: prefix + ":doubtful",
	}
}

// Fill makes the list of jobs. If there is one already, nothing changes: the
// work goes on where it stopped. It is an error if that one has not as many
// jobs.
func (q *Queue) Fill(ctx context.Context, jobs []Job) error {
	arguments := []any{group}
	for _, job := range jobs {
		arguments = append(arguments, job.Name, job.Key)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	there, err := fill.Run(ctx, q.client, []string{q.jobs}, arguments...).Int()
	if err == nil && there != len(jobs) {
		return fmt.Errorf("%s has %d jobs, not %d: go on with the same ones, or choose another name", q.jobs, there, len(jobs))
	}
	return err
}

// Count says how far the work is.
type Count struct {
	// Wanted is how many jobs there are.
	Wanted int
	// Done, Failed and Doubtful are how many have ended in each of these ways.
	Done, Failed, Doubtful int
}

// Open is how many jobs have not ended.
func (c Count) Open() int { return c.Wanted - c.Done - c.Failed - c.Doubtful }

// Count counts the jobs.
func (q *Queue) Count(ctx context.Context) (Count, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	lengths := make([]*redis.IntCmd, 4)
	_, err := q.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		lengths[0] = p.XLen(ctx, q.jobs)
		for i, key := range []string{q.done, q.failed, q.doubtful} {
			lengths[i+1] = p.HLen(ctx, key)
		}
		return nil
	})
	if err != nil {
		return Count{}, err
	}
	count := Count{Wanted: int(lengths[0].Val()), Done: int(lengths[1].Val()), Failed: int(lengths[2].Val()), Doubtful: int(lengths[3].Val())}
	if count.Wanted == 0 {
		return Count{}, fmt.Errorf("%s: %w", q.jobs, ErrForgotten)
	}
	return count, nil
}

// Done returns the results of the jobs that are done, by name.
func (q *Queue) Done(ctx context.Context) (map[string]string, error) {
	return q.client.HGetAll(ctx, q.done).Result()
}

// Failed returns why jobs failed, by name.
func (q *Queue) Failed(ctx context.Context) (map[string]string, error) {
	return q.client.HGetAll(ctx, q.failed).Result()
}

// Doubtful returns what is not known about jobs, by name.
func (q *Queue) Doubtful(ctx context.Context) (map[string]string, error) {
	return q.client.HGetAll(ctx, q.doubtful).Result()
}

// Remove deletes the list of jobs and all that is known about them.
func (q *Queue) Remove(ctx context.Context) error {
	return q.client.Del(ctx, q.jobs, q.attempts, q.done, q.failed, q.doubtful).Err()
}

// forgotten tells the error of a queue that is not there from others.
func forgotten(key string, err error) error {
	if err != nil && strings.HasPrefix(err.Error(), "NOGROUP") {
		return fmt.Errorf("%s: %w", key, ErrForgotten)
	}
	return err
}
