package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/agentclients/agentclients-go/examples/fleet/queue"
	"github.com/agentclients/agentclients-go/examples/fleet/ratelimit"
)

// workerCommand is the first argument of a worker process; the second one is
// its worker as JSON.
const workerCommand = "worker"

// worker is one process that makes agents.
type worker struct {
	Name     string            // of no other worker before or now
	Redis    string            // host:port
	Fleet    string            // name of the fleet
	URLs     map[string]string // base URL of each API that it works for
	Speed    float64           // how fast time runs on the APIs
	Lease    time.Duration     // after which another worker takes a job over
	Patience time.Duration     // how long to go on without any success

	hook   redis.Hook   // nil, or sees all calls of Redis
	client *http.Client // nil: the default one
}

// newRedis returns a client whose every call ends: by its context, or soon by
// itself. The password is no argument of a process, which everybody can see.
func newRedis(address string) *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr: address, Username: os.Getenv("REDIS_USERNAME"), Password: os.Getenv("REDIS_PASSWORD"),
		ContextTimeoutEnabled: true, MaxRetries: -1,
		DialTimeout: time.Second, DialerRetries: 1, ReadTimeout: 2 * time.Second, WriteTimeout: time.Second,
	})
}

// newQueue returns the jobs of a fleet on one API.
func newQueue(client *redis.Client, fleet, api string, lease time.Duration) *queue.Queue {
	return queue.New(client, fmt.Sprintf("fleet:{%s}:%s", fleet, api), lease)
}

// runWorker is a worker process. It ends, too, when its parent does.
func runWorker(ctx context.Context, settings string) error {
	var w worker
	if err := json.Unmarshal([]byte(settings), &w); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		io.Copy(io.Discard, os.Stdin) //nolint:errcheck // any end is the parent's
		cancel()
	}()
	return w.run(ctx)
}

// run works for all APIs at once until no job is left or the context ends; a
// request that is on its way is waited for.
func (w *worker) run(ctx context.Context) error {
	client := newRedis(w.Redis)
	defer client.Close()
	if w.hook != nil {
		client.AddHook(w.hook)
	}
	var lanes sync.WaitGroup
	errs := make([]error, len(apis))
	for i, a := range apis {
		if w.URLs[a.name] == "" {
			continue
		}
		limiter, err := ratelimit.New(client, a.limiter(w.Speed))
		if err != nil {
			return err
		}
		jobs := newQueue(client, w.Fleet, a.name, w.Lease)
		l := &lane{worker: w, api: a, limiter: limiter, jobs: jobs, consumer: jobs.Consumer(w.Name)}
		lanes.Go(func() {
			if err := l.run(ctx); err != nil {
				errs[i] = fmt.Errorf("%s: %s: %w", w.Name, a.name, err)
			}
		})
	}
	lanes.Wait()
	return errors.Join(errs...)
}
