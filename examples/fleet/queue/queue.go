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
// outlive Redis: it needs appendonly yes, appendfsync always where its whole
// machine may fail, and maxmemory-policy noeviction. A replica that takes over
// may lack the last records whatever the settings are: then a job may be begun
// twice.
package queue

import (
	"context"
	_ "embed" // for the scripts
	"errors"
	"fmt"
	"slices"
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
	// ErrForgotten: Redis has no such queue, or only a part of it. It was never
	// filled, or Redis has lost data: without appendonly, or to make room
	// (maxmemory-policy). Nothing may be done before somebody has found out
	// what was.
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
// work goes on where it stopped. It is an error if that one has other jobs, if
// Redis has only a part of it ([ErrForgotten]), and if two jobs have the same
// name or key, or one has no name.
func (q *Queue) Fill(ctx context.Context, jobs []Job) error {
	if err := validate(jobs); err != nil {
		return err
	}
	arguments := []any{group}
	for _, job := range jobs {
		arguments = append(arguments, job.Name, job.Key)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	there, err := fill.Run(ctx, q.client, q.keys(), arguments...).Int64Slice()
	switch {
	case err != nil:
		return err
	case len(there) != 2:
		return fmt.Errorf("%s: the script returned %v", q.jobs, there)
	case there[0] < 0:
		return fmt.Errorf("%s: %w: only a part of the list is there", q.jobs, ErrForgotten)
	case there[0] != int64(len(jobs)):
		return fmt.Errorf("%s has %d jobs, not %d: go on with the same ones, or choose another name", q.jobs, there[0], len(jobs))
	case there[1] > 0:
		return fmt.Errorf("%s has another job than %q: go on with the same ones, or choose another name", q.jobs, jobs[there[1]-1].Name)
	}
	return nil
}

// validate reports what is wrong with a list of jobs.
func validate(jobs []Job) error {
	if len(jobs) == 0 {
		return errors.New("there are no jobs")
	}
	names, keys := map[string]int{}, map[string]int{}
	for i, job := range jobs {
		switch {
		case job.Name == "":
			return fmt.Errorf("jobs[%d] has no name", i)
		case names[job.Name] > 0:
			return fmt.Errorf("jobs[%d] has the name of jobs[%d]: %q", i, names[job.Name]-1, job.Name)
		case job.Key != "" && keys[job.Key] > 0:
			return fmt.Errorf("jobs[%d] has the key of jobs[%d]: %q", i, keys[job.Key]-1, job.Key)
		}
		names[job.Name], keys[job.Key] = i+1, i+1
	}
	return nil
}

// keys are the keys of the queue, in the order in which scripts expect them.
func (q *Queue) keys() []string { return []string{q.jobs, q.attempts, q.done, q.failed, q.doubtful} }

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
	whole := make([]*redis.BoolCmd, 4) // of each key
	_, err := q.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		lengths[0] = p.XLen(ctx, q.jobs)
		whole[0] = p.HExists(ctx, q.attempts, "")
		for i, key := range []string{q.done, q.failed, q.doubtful} {
			lengths[i+1], whole[i+1] = p.HLen(ctx, key), p.HExists(ctx, key, "")
		}
		return nil
	})
	if err != nil {
		return Count{}, err
	}
	count := Count{
		Wanted: int(lengths[0].Val()), Done: int(lengths[1].Val()) - 1, Failed: int(lengths[2].Val()) - 1, Doubtful: int(lengths[3].Val()) - 1,
	}
	if count.Wanted == 0 || slices.ContainsFunc(whole, func(there *redis.BoolCmd) bool { return !there.Val() }) {
		return Count{}, fmt.Errorf("%s: %w", q.jobs, ErrForgotten)
	}
	return count, nil
}

// Done returns the results of the jobs that are done, by name.
func (q *Queue) Done(ctx context.Context) (map[string]string, error) { return q.ended(ctx, q.done) }

// Failed returns why jobs failed, by name.
func (q *Queue) Failed(ctx context.Context) (map[string]string, error) { return q.ended(ctx, q.failed) }

// Doubtful returns what is not known about jobs, by name.
func (q *Queue) Doubtful(ctx context.Context) (map[string]string, error) {
	return q.ended(ctx, q.doubtful)
}

func (q *Queue) ended(ctx context.Context, key string) (map[string]string, error) {
	jobs, err := q.client.HGetAll(ctx, key).Result()
	delete(jobs, "") // see fill.lua
	return jobs, err
}

// Remove deletes the list of jobs and all that is known about them.
func (q *Queue) Remove(ctx context.Context) error {
	return q.client.Del(ctx, q.keys()...).Err()
}

// forgotten tells the error of a queue that is not there from others. Older
// versions of Redis tell of an error in a script around it.
func forgotten(key string, err error) error {
	if err != nil && strings.Contains(err.Error(), "NOGROUP") {
		return fmt.Errorf("%s: %w", key, ErrForgotten)
	}
	return err
}
